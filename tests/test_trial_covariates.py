"""Tests of a trial's difference adjusted for covariates, against the rows."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from test_adjusted_trials import cells, people
from test_panel_covariates import row_level_cr2
from test_trials import evaluate, named

from campaignbook.answers import answer
from campaignbook.errors import DataError
from campaignbook.evaluation.trial_covariates import TrialCovariates

ROWS = 1e-9  # sums of squares by cell against rows
LIN = "y ~ d + z0 + z1 + d:I(z0 - z0.mean()) + d:I(z1 - z1.mean())"
NAMES = {"z0": "age", "z1": "income"}


def adjusted(frame, *, clustered, names=NAMES, kind="mean"):
    """Return the estimates of a trial by name, with those adjusted for covariates."""
    table = cells(frame.assign(stratum=""), zs=names, clustered=clustered)
    covariates = TrialCovariates(cells=table, names=names)
    plain = cells(frame.assign(stratum=""), clustered=clustered)
    plain = plain.__class__(
        frame=plain.frame.drop(columns="stratum"), rows_read=len(frame)
    )
    return evaluate(plain, kind, covariates={"y": covariates})


@pytest.mark.parametrize("seed", range(3))
def test_clusters_equal_lins_regression_on_rows(seed):
    frame = people(seed)
    found = adjusted(frame, clustered=True)[0]
    assert [e.name for e in found[:2]] == ["difference", "adjusted"]
    one, model = found[1], smf.ols(LIN, frame)
    wanted = model.fit()
    at = model.exog_names.index("d")
    assert one.estimate == pytest.approx(wanted.params["d"], rel=ROWS)
    codes = frame["g"].to_numpy()
    error, df = row_level_cr2(model.exog, frame["y"].to_numpy(), codes, at)
    assert one.std_error == pytest.approx(error, rel=1e-7)
    assert one.df == pytest.approx(df, rel=1e-6)
    assert (one.n, one.clusters) == (len(frame), 30) and "Lin 2013" in one.method


def test_people_have_the_variance_of_two_regressions():
    frame = people(4)
    one = named(adjusted(frame, clustered=False)[0])["adjusted"]
    centred = frame.assign(
        z0=frame["z0"] - frame["z0"].mean(), z1=frame["z1"] - frame["z1"].mean()
    )
    fits = [
        smf.ols("y ~ z0 + z1", centred[centred["arm"] == arm]).fit() for arm in "tc"
    ]
    means = [f.params["Intercept"] for f in fits]
    errors = [f.bse["Intercept"] for f in fits]
    assert one.estimate == pytest.approx(means[0] - means[1], rel=ROWS)
    assert one.std_error == pytest.approx(np.hypot(*errors), rel=ROWS)
    below = sum(e**4 / f.df_resid for e, f in zip(errors, fits, strict=True))
    assert one.df == pytest.approx(one.std_error**4 / below, rel=ROWS)


def test_small_arms_share_their_slopes():
    frame = people(5, n=30)
    one = named(adjusted(frame, clustered=False)[0])["adjusted"]
    wanted = smf.ols("y ~ d + z0 + z1", frame).fit()
    assert one.estimate == pytest.approx(wanted.params["d"], rel=ROWS)
    assert "slopes of both arms" in one.method


def test_few_clusters_have_no_interval():
    frame = people(6, mixed=False, clusters=7)
    one = named(adjusted(frame, clustered=True)[0])["adjusted"]
    assert one.std_error is None and one.ci_low is None
    assert "fewer than 5 clusters" in one.method


def test_adjusting_sharpens_and_recovers_the_truth():
    rng, covered = np.random.default_rng(1), 0
    narrower = []
    for _ in range(300):
        d = rng.permutation(np.repeat([0.0, 1.0], 60))
        frame = pd.DataFrame({"d": d, "z0": rng.normal(50, 10, 120)})
        frame["arm"] = np.where(d == 1, "t", "c")
        frame["y"] = 1.5 * d + 0.4 * frame["z0"] + rng.normal(0, 2, 120)
        found = adjusted(frame, clustered=False, names={"z0": "age"})[0]
        covered += found[1].ci_low < 1.5 < found[1].ci_high
        narrower.append(found[1].std_error / found[0].std_error)
    assert covered / 300 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)
    assert np.mean(narrower) == pytest.approx(2 / np.hypot(2, 4), rel=0.1)


PLAN = """
name: Adjusted
goals: [{id: g, type: behaviour, measure: it, unit: units, direction: increase}]
evaluations:
  - {id: e, goal: g, design: randomized_trial, data: {file: t.csv}, outcome: y,
     outcome_type: mean, arms: {column: arm, control: c, treated: [t]},
     covariates: [{column: z0}, {column: z0, power: 2}, {column: s, as: category}]}
"""


def test_the_headline_keeps_rows_that_lack_a_covariate(plan_file, tmp_path):
    frame = people(7)
    frame.loc[:9, "z0"] = np.nan
    frame.to_csv(tmp_path / "t.csv", index=False)
    evaluation = answer(plan_file(PLAN)).evaluations[0]
    first, one = evaluation.estimates[:2]
    gap = frame.groupby("arm")["y"].mean()
    assert first.estimate == pytest.approx(gap["t"] - gap["c"])
    assert first.n == len(frame) and one.n == len(frame) - 10
    assert one.name == "adjusted" and one.method.endswith("10 rows lack a covariate")
    left = frame.dropna(subset=["z0"])
    z = pd.get_dummies(left["s"].astype(str), drop_first=True).astype(float)
    z = z.assign(age=left["z0"], age2=left["z0"] ** 2)
    z = (z - z.mean()).to_numpy()
    x = np.column_stack([left["d"], np.ones(len(left)), z, z * left[["d"]].to_numpy()])
    wanted = np.linalg.lstsq(x, left["y"].to_numpy(), rcond=None)[0][0]
    assert one.estimate == pytest.approx(wanted, rel=1e-7)


def test_a_covariate_that_tells_the_arm_is_refused():
    frame = people(8)
    with pytest.raises(DataError, match="cannot be told apart"):
        adjusted(frame.assign(z0=frame["d"]), clustered=False)
