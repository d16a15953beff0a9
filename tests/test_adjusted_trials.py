"""Tests of randomized trials within strata, against regressions on the rows."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from test_trials import evaluate, named

from campaignbook.errors import DataError
from campaignbook.evaluation import adjusted_trials
from campaignbook.tables import Cells

ROWS = 1e-9  # sums of squares by cell against rows


def cells(frame, *, zs=(), clustered=True):
    """Return the cells that the door makes of rows, products in its order."""
    keys = ["arm", "stratum", *(["cluster"] if clustered else [])]
    numbers, used = ["y", *zs], frame.assign(n=1)
    for i, a in enumerate(numbers):
        used[f"sum_{a}"] = used[a]
        for b in numbers[i:]:
            used[f"sum_{a}_{b}"] = used[a] * used[b]
    wanted = [c for c in used if c == "n" or c.startswith("sum_")]
    sums = used.groupby(keys)[wanted].sum().reset_index()
    return Cells(frame=sums, rows_read=len(frame))


def people(seed, *, strata=6, clusters=30, mixed=True, nested=False, n=400):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.integers(0, clusters, n)})
    s = frame["g"] % strata if nested else rng.integers(0, strata, n)
    share = 0.2 + 0.6 * s / strata
    chance = rng.random(n) if mixed else rng.random(clusters)[frame["g"]]
    frame["d"] = (chance < (share if mixed else 0.5)).astype(float)
    frame["arm"] = np.where(frame["d"] == 1, "t", "c")
    frame["s"], frame["z0"] = s, rng.normal(50, 9, n)
    frame["z1"] = rng.random(n) + 0.3 * frame["d"]
    frame["y"] = s + frame["d"] + 0.1 * frame["z0"] + rng.normal(0, 2, n)
    frame["y"] += rng.normal(0, 1, clusters)[frame["g"]]
    frame["stratum"], frame["cluster"] = s.astype(str), frame["g"].astype(str)
    both = frame.groupby("stratum")["arm"].transform("nunique") == 2
    return frame[both].reset_index(drop=True)


def row_level_cr2(frame, zs):
    """Return CR2 and its degrees of freedom with dense matrices of all rows."""
    dummies = pd.get_dummies(frame["stratum"]).to_numpy(dtype=float)
    x = np.column_stack([frame["d"], frame[list(zs)], dummies])
    inverse = np.linalg.inv(x.T @ x)
    hat = x @ inverse @ x.T
    contrast, residual = x @ inverse[0], frame["y"] - hat @ frame["y"]
    apart, scores, vectors = np.eye(len(x)) - hat, [], []
    for cluster in frame["cluster"].unique():
        own = np.flatnonzero(frame["cluster"] == cluster)
        values, basis = np.linalg.eigh(apart[np.ix_(own, own)])
        power = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0)
        half = (basis * power) @ basis.T @ contrast[own]
        scores.append(half @ residual[own])
        vectors.append(half @ apart[own])
    p = np.array(vectors) @ np.array(vectors).T
    return np.sqrt(np.sum(np.square(scores))), np.trace(p) ** 2 / (p**2).sum()


@pytest.mark.parametrize("zs", [(), ("z0", "z1")])
@pytest.mark.parametrize("options", [{}, {"mixed": False}, {"nested": True}])
def test_clusters_equal_statsmodels_and_dense_cr2(options, zs):
    for seed in range(4):
        frame = people(seed, **options)
        formula = " + ".join(["y ~ d", *zs, "C(stratum)"])
        wanted = smf.ols(formula, frame).fit(
            cov_type="cluster", cov_kwds={"groups": frame["g"]}
        )
        found = named(evaluate(cells(frame, zs=zs), "mean")[0])
        assert found["cr1"].estimate == pytest.approx(wanted.params["d"], rel=ROWS)
        assert found["cr1"].std_error == pytest.approx(wanted.bse["d"], rel=ROWS)
        assert f"k = {wanted.df_model + 1:.0f}, all" in found["cr1"].method
        error, df = row_level_cr2(frame, zs)
        headline = found["difference"]
        assert headline.estimate == found["cr1"].estimate
        assert headline.std_error == pytest.approx(error, rel=ROWS)
        assert headline.df == pytest.approx(df, rel=1e-7)
        assert headline.n == len(frame) and headline.clusters == frame["g"].nunique()


def test_the_order_of_estimates_and_what_is_not_adjusted():
    frame = people(0)
    frame["y"] = (frame["y"] > frame["y"].median()).astype(float)
    estimates, checks, *_ = evaluate(cells(frame), "binary")
    names = [e.name for e in estimates]
    assert names == ["difference", "unadjusted", "risk_ratio", "cr1", "collapsed_t"]
    without = cells(frame).frame.drop(columns="stratum")
    without = without.groupby(["arm", "cluster"], as_index=False).sum()
    plain = evaluate(Cells(frame=without, rows_read=1), "binary")[0][0]
    unadjusted = named(estimates)["unadjusted"]
    assert unadjusted.estimate == plain.estimate
    assert unadjusted.std_error == pytest.approx(plain.std_error, rel=ROWS)
    assert "not adjusted" in named(estimates)["risk_ratio"].method
    assert "6 strata" in named(estimates)["difference"].method
    assert named(checks)["strata"].answer == "yes"


def test_people_equal_the_weighted_mean_of_the_strata():
    frame = people(1)
    found = evaluate(cells(frame, clustered=False), "mean")[0][0]
    parts = frame.groupby(["stratum", "arm"])["y"].agg(["size", "mean", "var"])
    parts = {k: {a: parts[k].xs(a, level="arm") for a in "ct"} for k in parts}
    n1, n0 = parts["size"]["t"], parts["size"]["c"]
    weight = n1 * n0 / (n1 + n0) / (n1 * n0 / (n1 + n0)).sum()
    difference = (weight * (parts["mean"]["t"] - parts["mean"]["c"])).sum()
    one, zero = (weight**2 * parts["var"][a] / parts["size"][a] for a in "tc")
    variance = (one + zero).sum()
    below = (one**2 / (n1 - 1) + zero**2 / (n0 - 1)).sum()
    assert found.estimate == pytest.approx(difference, rel=ROWS)
    assert found.std_error == pytest.approx(np.sqrt(variance), rel=ROWS)
    assert found.df == pytest.approx(variance**2 / below, rel=ROWS)
    ols = smf.ols("y ~ d + C(stratum)", frame).fit()
    assert found.estimate == pytest.approx(ols.params["d"], rel=ROWS)


def test_people_with_covariates_equal_the_rows():
    frame = people(2)
    found = evaluate(cells(frame, zs=("z0", "z1"), clustered=False), "mean")[0][0]
    ols = smf.ols("y ~ d + z0 + z1 + C(stratum)", frame).fit()
    assert found.estimate == pytest.approx(ols.params["d"], rel=ROWS)
    weight = smf.ols("d ~ z0 + z1 + C(stratum)", frame).fit().resid
    weight /= (weight**2).sum()
    by = [frame["stratum"], frame["arm"]]
    variance = ols.resid.groupby(by).transform("var")
    error = np.sqrt((weight**2 * variance).sum())
    assert found.std_error == pytest.approx(error, rel=ROWS)


def test_cells_of_one_row_take_the_variance_of_their_arm():
    frame = people(3, strata=3, n=60)
    extra = pd.DataFrame({"arm": ["c", "t"], "stratum": "x", "y": [3.0, 5.0]})
    table = cells(pd.concat([frame, extra]), clustered=False)
    found = evaluate(table, "mean")[0][0]
    assert found.std_error > 0 and found.n == len(frame) + 2
    pairs = pd.DataFrame({"stratum": np.repeat(list("abcd"), 2), "y": np.arange(8.0)})
    pairs["arm"] = ["c", "t"] * 4
    alone = evaluate(cells(pairs, clustered=False), "mean")[0][0]
    assert alone.estimate == pytest.approx(1) and alone.ci_low is None
    assert "too few rows" in alone.method


@pytest.mark.parametrize("clustered", [True, False])
def test_order_and_labels_change_nothing(clustered):
    frame = people(4)
    first = evaluate(cells(frame, zs=("z0",), clustered=clustered), "mean")[0]
    other = frame.sample(frac=1, random_state=1)
    other = other.assign(stratum=other["stratum"].map(lambda s: f"q{9 - int(s)}"))
    table = cells(other, zs=("z0",), clustered=clustered)
    shuffled = table.frame.sample(frac=1, random_state=2)
    again = evaluate(Cells(frame=shuffled, rows_read=1), "mean")[0]
    assert [e.name for e in first] == [e.name for e in again]
    for one, two in zip(first, again, strict=True):
        assert two.estimate == pytest.approx(one.estimate, rel=ROWS)
        if one.std_error is not None:
            assert two.std_error == pytest.approx(one.std_error, rel=ROWS)
            assert two.df == pytest.approx(one.df, rel=1e-7)


def whole_clusters(held, seed=0):
    """Return rows of whole clusters; held: by stratum, treated and control ones."""
    rng, rows = np.random.default_rng(seed), []
    for stratum, counts in held.items():
        for arm, count in zip("tc", counts, strict=True):
            for i in range(count):
                name, level = f"{stratum}{arm}{i}", rng.normal()
                for _ in range(rng.integers(3, 9)):
                    rows.append((stratum, arm, name, level + rng.normal()))
    return pd.DataFrame(rows, columns=["stratum", "arm", "cluster", "y"])


def test_few_clusters_are_collapsed_within_strata():
    frame = whole_clusters({"a": (2, 3), "b": (1, 2)})
    estimates, checks, *_ = evaluate(cells(frame), "mean")
    means = frame.groupby(["stratum", "arm", "cluster"])["y"].mean().reset_index()
    ols = smf.ols("y ~ C(arm) + C(stratum)", means).fit()
    headline = estimates[0]
    assert headline.estimate == pytest.approx(ols.params["C(arm)[T.t]"], rel=ROWS)
    assert headline.std_error == pytest.approx(ols.bse["C(arm)[T.t]"], rel=ROWS)
    assert headline.df == ols.df_resid
    assert "cluster means within strata" in headline.method
    assert named(checks)["strata"].answer == "yes"


@pytest.mark.parametrize(
    "frame", [whole_clusters({"a": (1, 4)}), people(0, clusters=4)]
)
def test_too_few_clusters_to_compare_within_strata(frame):
    estimates, checks, *_ = evaluate(cells(frame), "mean")
    assert estimates[0].method.endswith("not adjusted for strata")
    assert estimates[0].estimate == named(estimates)["unadjusted"].estimate
    assert named(checks)["strata"].answer == "unknown"


def test_strata_with_one_arm_are_left_out_and_counted():
    frame = people(6)
    alone = frame.head(7).assign(stratum="only", arm="t", d=1.0)
    table = adjusted_trials.usable(cells(pd.concat([frame, alone])), "c")
    assert table.rows_dropped[0][1] == 7 and table.rows_used == len(frame)
    wanted = evaluate(cells(frame), "mean")[0][0]
    # a comparison leaves them out by itself as well, and says so
    found, checks, *_ = evaluate(cells(pd.concat([frame, alone])), "mean")
    assert found[0].estimate == pytest.approx(wanted.estimate)
    assert "7 rows" in named(checks)["strata"].sentence
    split = frame.assign(stratum=frame["arm"])
    with pytest.raises(DataError, match="strata: no stratum holds"):
        adjusted_trials.usable(cells(split), "c")
    with pytest.raises(DataError, match="strata: no stratum holds"):
        evaluate(cells(split), "mean")


def test_strata_with_one_arm_show_the_slopes_of_covariates():
    frame = people(6)
    alone = frame.head(40).assign(stratum="only", arm="t", d=1.0)
    frame = pd.concat([frame, alone], ignore_index=True)
    table = adjusted_trials.usable(cells(frame, zs=("z0",)), "c")
    assert table.rows_used == len(frame) and not table.rows_dropped
    found, checks, *_ = evaluate(table, "mean")
    wanted = smf.ols("y ~ d + z0 + C(stratum)", frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["g"]}
    )
    cr1 = named(found)["cr1"]
    assert cr1.estimate == pytest.approx(wanted.params["d"], rel=ROWS)
    assert cr1.std_error == pytest.approx(wanted.bse["d"], rel=ROWS)
    error, _ = row_level_cr2(frame, ("z0",))
    assert found[0].std_error == pytest.approx(error, rel=ROWS)
    assert "40 rows" in named(checks)["strata"].sentence


def test_covariates_that_say_nothing_or_everything():
    frame = people(7)
    frame["z0"] = frame["stratum"].astype(float)  # constant within strata
    wanted = evaluate(cells(frame), "mean")[0]
    found = evaluate(cells(frame, zs=("z0",)), "mean")[0]
    for one, two in zip(wanted, found, strict=True):
        assert two.estimate == pytest.approx(one.estimate, rel=ROWS)
        assert two.std_error == pytest.approx(one.std_error, rel=ROWS)
    with pytest.raises(DataError, match="cannot be told apart"):
        evaluate(cells(frame.assign(z0=frame["d"]), zs=("z0",)), "mean")


def test_several_arms_are_each_adjusted():
    frame = people(8)
    third = frame.sample(100, random_state=0).assign(arm="u")
    table = cells(pd.concat([frame, third]))
    found = named(evaluate(table, "mean", treated=["t", "u"])[0])
    alone = evaluate(cells(frame), "mean")[0][0]
    assert found["arm:t"].estimate == pytest.approx(alone.estimate, rel=ROWS)
    assert "strata" in found["arm:u"].method


PLAN = """
campaignbook: 1
name: Strata
goals:
  - {{id: g, type: behaviour, measure: it, unit: units, direction: increase}}
evaluations:
  - {{id: e, goal: g, design: randomized_trial, data: {{file: t.csv}}, outcome: y,
     outcome_type: {kind}, strata: stratum, cluster: cluster,
     arms: {{column: arm, control: c, treated: [t]}}{more}}}
"""


def test_a_plan_counts_rows_left_out(results_of, plan_file, tmp_path):
    frame = people(9)
    frame.loc[:4, "stratum"] = None
    frame.loc[5:7, "z0"] = np.nan
    alone = frame.tail(3).assign(stratum="only", arm="t", d=1.0)
    frame = pd.concat([frame, alone])
    frame.to_csv(tmp_path / "t.csv", index=False)
    plan = PLAN.format(kind="mean", more=", covariates: [z0, z1]")
    document = results_of(plan_file(plan))
    account = document["inputs"][0]
    lost = sum(d["rows"] for d in account["rows_dropped"])
    assert (lost, account["rows_used"]) == (8, len(frame) - 8)
    left = frame.dropna(subset=["stratum", "z0"])
    ols = smf.ols("y ~ d + z0 + z1 + C(stratum)", left).fit()
    headline = document["evaluations"][0]["estimates"][0]
    assert headline["estimate"] == pytest.approx(ols.params["d"], rel=1e-8)
    again = results_of(plan_file(PLAN.format(kind="mean", more="")))
    dropped = again["inputs"][0]["rows_dropped"]
    assert {d["rows"] for d in dropped if "two arms" in d["reason"]} == {3}


def test_powers_products_and_categories_equal_the_rows(results_of, plan_file, tmp_path):
    frame = people(10).assign(town=lambda t: t["g"] % 3)
    frame.to_csv(tmp_path / "t.csv", index=False)
    more = ", covariates: [z0, {column: z0, power: 2}, {column: town, as: category}, "
    more += "{interact: [z0, z1]}]"
    document = results_of(plan_file(PLAN.format(kind="mean", more=more)))
    formula = "y ~ d + z0 + I(z0**2) + C(town) + z0:z1 + C(stratum)"
    wanted = smf.ols(formula, frame).fit(
        cov_type="cluster", cov_kwds={"groups": frame["g"]}
    )
    found = {e["name"]: e for e in document["evaluations"][0]["estimates"]}
    assert found["difference"]["estimate"] == pytest.approx(wanted.params["d"])
    assert found["cr1"]["std_error"] == pytest.approx(wanted.bse["d"])


@pytest.mark.parametrize(
    ("kind", "more", "sentence"),
    [
        ("count", ", offset: z1", "not adjusted for strata"),
        ("mean", ", covariates: [{interact: [z0, z1], power: 2}]", "is a product"),
        ("mean", ", covariates: [y]", "cannot be a covariate"),
    ],
)
def test_refused_plans(results_of, plan_file, tmp_path, kind, more, sentence):
    people(0).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(Exception, match=sentence):
        results_of(plan_file(PLAN.format(kind=kind, more=more)))
