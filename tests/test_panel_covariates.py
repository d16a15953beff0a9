"""Covariates in difference-in-differences: the regression on rows, laws, refusals."""

import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation.parts import Covariate
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation.wanted import what_to_read
from campaignbook.table_files import read_cells
from campaignbook.tables import Cells

ROWS = 1e-8  # sums by cell against rows, through text in a file
ALL = [
    {"column": "age"},
    {"column": "age", "power": 2},
    {"column": "town", "as": "category"},
    {"interact": ["age", "hours"]},
]
FORMULA = "y ~ treated:late + C(treated) + C(period) + age + I(age**2) + C(town) + "
FORMULA += "age:hours"


def people(seed, *, clusters=14, treated=7, periods=4, most=9):
    """Return rows of people; the covariates differ by cluster and move in time."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, most + 1, clusters * periods)
    code = np.repeat(np.arange(clusters * periods), size)
    rows = pd.DataFrame({"cluster": code // periods, "period": code % periods})
    rows["treated"] = (rows["cluster"] < treated).astype(int)
    rows["late"] = (rows["period"] >= 2).astype(int)
    shock = rng.normal(size=clusters * periods)[code]
    rows["age"] = 40 + 3 * shock + rows["treated"] * rows["late"] * 4
    rows["age"] += rng.normal(0, 9, len(code))
    rows["hours"] = rng.normal(20, 5, len(code)) + rows["period"]
    rows["town"] = rng.choice(["Bath", "Leeds", "York"], len(code))
    rows["w"] = rng.uniform(0.5, 4, len(code))
    rows["y"] = 2 * rows["treated"] * rows["late"] + 0.3 * rows["age"]
    rows["y"] += (rows["town"] == "York") + rng.normal(size=clusters)[rows["cluster"]]
    rows["y"] += 0.5 * rng.normal(size=clusters * periods)[code]
    rows["y"] += rng.normal(0, 2, len(code))
    return rows


def run(tmp_path, rows, covariates=ALL, *, unit=None, **changes):
    """Return ({name: estimate}, {name: check}, details) of rows read from a file."""
    spec = EvaluationSpec.model_validate({
        "id": "e", "goal": "g", "question": "q", "design": "difference_in_differences",
        "data": {"file": "t.csv"}, "outcome": "y", "cluster": "cluster", "unit": unit,
        "treated": {"column": "treated", "values": [1]},
        "time": {"column": "period", "start": 2}, "covariates": covariates, **changes,
    })  # fmt: skip
    rows.to_csv(tmp_path / "t.csv", index=False)
    cells = read_cells(tmp_path / "t.csv", **what_to_read(spec).cells["y"])
    periods = sorted(cells.frame["period"].unique())
    found, checks, _, details = did.evaluate(
        cells, periods=periods, start="2", end=None, last=periods[-1], level=0.95,
        unit="kg", unit_name="Town", weights=spec.weights is not None,
        covariates=spec.covariates,
    )  # fmt: skip
    return {e.name: e for e in found}, {c.name: c for c in checks}, details


def reference(rows, formula, weights):
    """Return statsmodels' fit on the rows, its design, and where the effect stands."""
    model = smf.ols(formula, rows)
    w = rows["w"].to_numpy() if weights else np.ones(len(rows))
    fit = sm.WLS(rows["y"].to_numpy(), model.exog, weights=w).fit(
        cov_type="cluster", cov_kwds={"groups": rows["cluster"].to_numpy()}, use_t=True
    )
    return fit, model.exog, model.exog_names.index("treated:late")


def row_level_cr2(x, y, codes, column, weight=None):
    """Return CR2 and its degrees of freedom with dense matrices of all rows."""
    root = np.sqrt(np.ones(len(y)) if weight is None else np.asarray(weight))
    x, y = x * root[:, None], y * root
    inverse = np.linalg.pinv(x.T @ x)
    hat = x @ inverse @ x.T
    contrast, residual = x @ inverse[column], y - hat @ y
    apart, scores, vectors = np.eye(len(x)) - hat, [], []
    for code in np.unique(codes):
        own = np.flatnonzero(codes == code)
        values, basis = np.linalg.eigh(apart[np.ix_(own, own)])
        power = np.where(values > 1e-9, 1 / np.sqrt(np.maximum(values, 1e-9)), 0)
        half = (basis * power) @ basis.T @ contrast[own]
        scores.append(half @ residual[own])
        vectors.append(half @ apart[own])
    p = np.array(vectors) @ np.array(vectors).T
    return np.sqrt(np.sum(np.square(scores))), np.trace(p) ** 2 / (p**2).sum()


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("seed", range(3))
def test_people_equal_the_regression_on_rows(tmp_path, seed, weights):
    rows = people(seed)
    wanted, x, at = reference(rows, FORMULA, weights)
    found, checks, _ = run(tmp_path, rows, weights=weights)
    cr1, effect = found["cr1"], found["effect"]
    assert cr1.estimate == pytest.approx(wanted.params[at], rel=ROWS)
    assert cr1.std_error == pytest.approx(wanted.bse[at], rel=ROWS)
    assert cr1.p_value == pytest.approx(wanted.pvalues[at], rel=1e-6)
    y, codes = rows["y"].to_numpy(), rows["cluster"].to_numpy()
    error, df = row_level_cr2(x, y, codes, at, rows["w"] if weights else None)
    assert effect.estimate == cr1.estimate
    assert effect.std_error == pytest.approx(error, rel=1e-7)
    assert effect.df == pytest.approx(df, rel=1e-6)
    assert (effect.n, effect.clusters) == (len(rows), 14)
    assert "5 covariate(s)" in effect.method
    assert "'town=York', 'age x hours'" in checks["covariates"].sentence
    if not weights:
        formula = FORMULA.replace("treated:late", "I(treated*late)")
        with warnings.catch_warnings():  # of pandas' next version
            warnings.simplefilter("ignore")
            row = pf.feols(formula, rows, vcov={"CRV1": "cluster"}).tidy()
        row = row.loc["I(treated * late)"]
        assert cr1.std_error == pytest.approx(row["Std. Error"], rel=1e-7)


@pytest.mark.parametrize("weights", [None, "w"])
def test_a_panel_of_units_equals_the_regression_on_rows(tmp_path, weights):
    rows = people(3, clusters=40, treated=18, most=1)
    rows["unit"], rows["cluster"] = rows["cluster"], rows["cluster"] // 2
    formula = FORMULA.replace("C(treated)", "C(unit)")
    wanted, x, at = reference(rows, formula, weights)
    found, _, _ = run(tmp_path, rows, unit="unit", weights=weights)
    cr1 = found["cr1"]
    assert cr1.estimate == pytest.approx(wanted.params[at], rel=ROWS)
    # The score is the same; statsmodels counts the dummies in the correction.
    same = wanted.bse[at] * np.sqrt(wanted.df_resid / (len(rows) - 7))
    assert cr1.std_error == pytest.approx(same, rel=ROWS) and "k = 7" in cr1.method
    y, codes = rows["y"].to_numpy(), rows["cluster"].to_numpy()
    error, df = row_level_cr2(x, y, codes, at, rows["w"] if weights else None)
    assert found["effect"].std_error == pytest.approx(error, rel=1e-7)
    assert found["effect"].df == pytest.approx(df, rel=1e-6)


def test_without_the_covariate_the_effect_is_biased(tmp_path):
    """The treated grow older by 4 from the start on, and a year counts 0.3: 2 + 1.2."""
    rows = people(5, clusters=60, treated=30, most=30)
    with_age, checks, details = run(tmp_path, rows, [{"column": "age"}])
    without, _, _ = run(tmp_path, rows, [])
    assert with_age["effect"].ci_low < 2 < with_age["effect"].ci_high
    assert without["effect"].ci_low > 2.2
    assert with_age["collapsed_t"].ci_low < 2 < with_age["collapsed_t"].ci_high
    (row,) = details["covariates"]
    assert row["covariate"] == "age" and row["slope"] == pytest.approx(0.3, abs=0.02)
    assert checks["covariates"].answer == "unknown"
    assert "'age' moved otherwise among the treated" in checks["covariates"].sentence
    assert "the campaign did not change the covariates" in with_age["cr1"].assumptions


@pytest.mark.parametrize("treated", [1, 3])
def test_few_treated_are_compared_on_adjusted_values(tmp_path, treated):
    rows = people(8, clusters=24, treated=treated, most=1)
    rows["unit"], rows["side"] = rows["cluster"], rows["treated"].map({0: "c", 1: "t"})
    found, _, details = run(tmp_path, rows, [{"column": "age"}], unit="unit")
    both = [rows["unit"].astype(str), rows["period"].astype(str) + rows["side"]]
    x = pd.get_dummies(pd.concat(both, axis=1, keys=["u", "p"])).to_numpy(dtype=float)
    x = np.column_stack([rows["age"], x])
    slope = np.linalg.lstsq(x, rows["y"].to_numpy(), rcond=1e-10)[0][0]
    assert details["covariates"][0]["slope"] == pytest.approx(slope, rel=1e-7)
    rows["y"] -= slope * rows["age"]
    plain, _, _ = run(tmp_path, rows, [], unit="unit")
    for name, estimate in plain.items():
        if name != "cr1":
            assert found[name].estimate == pytest.approx(estimate.estimate)
            assert found[name].p_value == pytest.approx(estimate.p_value)
            assert found[name].ci_low == pytest.approx(estimate.ci_low)
            assert "slopes found within units" in found[name].method
    if treated == 1:  # the treated unit says nothing of the slope
        controls = smf.ols("y ~ age + C(unit) + C(period)", rows[rows["treated"] == 0])
        assert controls.fit().params["age"] == pytest.approx(0, abs=1e-9)
        assert found["effect"].method.startswith("placebo")


def test_the_placebo_on_adjusted_values_keeps_its_size():
    """One treated unit of 20 without effect: p of .05 is reached in 5 % of draws."""
    hits, keys = 0, ["cluster", "unit", "period"]
    for seed in range(200):
        rows = people(seed + 100, clusters=20, treated=1, most=1)
        y, z = rows["y"] - 2 * rows["treated"] * rows["late"], rows["age"] - 40
        frame = rows.assign(unit=rows["cluster"])[keys].astype(str)
        frame = frame.assign(
            treated=rows["treated"] == 1, n=1, sum_y=y, sum_y_y=y**2, sum_z0=z,
            sum_z0_z0=z**2, sum_y_z0=y * z,
        )  # fmt: skip
        found = did.evaluate(
            Cells(frame=frame, rows_read=80), periods=list("0123"), start="2",
            end=None, last="3", level=0.95, unit="kg", unit_name="Town",
            covariates=[Covariate(column="age")],
        )[0]  # fmt: skip
        hits += found[0].p_value <= 0.05 + 1e-9
    assert hits / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


@settings(max_examples=15, deadline=None)
@given(st.floats(-1e4, 1e4), st.floats(0.01, 100), st.booleans())
def test_shifting_and_scaling_a_covariate_changes_nothing(
    tmp_path_factory, shift, scale, paired
):
    folder, rows = tmp_path_factory.mktemp("law"), people(9, most=1 if paired else 4)
    rows["unit"] = rows["cluster"]
    unit = "unit" if paired else None
    covariates = [{"column": "age"}, {"column": "town", "as": "category"}]
    first, _, _ = run(folder, rows, covariates, unit=unit)
    moved = rows.assign(age=shift + scale * rows["age"])
    second, _, _ = run(folder, moved, covariates, unit=unit)
    for name, estimate in first.items():
        assert second[name].estimate == pytest.approx(estimate.estimate, rel=1e-5)
        assert second[name].p_value == pytest.approx(estimate.p_value, rel=1e-4)


def test_what_is_absorbed_or_follows_is_told(tmp_path):
    rows = people(10, most=1)
    rows["unit"], rows["late2"] = rows["cluster"], 5 + 2.5 * rows["period"]
    rows["home"] = rows["cluster"] * 0.37
    rows["months"] = 12 * rows["age"] - 7
    columns = [{"column": c} for c in ("home", "age", "late2", "months")]
    found, checks, _ = run(tmp_path, rows, columns, unit="unit")
    check = checks["covariates"]
    assert check.answer == "unknown"
    assert "Adjusted for 'age'; 'home', 'late2' left out" in check.sentence
    assert "'months' left out, as it follows from the others" in check.sentence
    alone, _, _ = run(tmp_path, rows, [{"column": "age"}], unit="unit")
    assert found["effect"].estimate == pytest.approx(alone["effect"].estimate)
    assert found["cr1"].std_error == pytest.approx(alone["cr1"].std_error)
    none, checks, _ = run(tmp_path, rows, [{"column": "home"}], unit="unit")
    plain, _, _ = run(tmp_path, rows, [], unit="unit")
    assert none["effect"].std_error == pytest.approx(plain["effect"].std_error)
    assert "None of the covariates is adjusted for" in checks["covariates"].sentence


def test_categories_that_hold_the_same_rows_are_one(tmp_path):
    """A category as numbers 1, 2 by hand: the same dummies, the same result."""
    rows = people(11)
    rows["york"], rows["leeds"] = rows["town"] == "York", rows["town"] == "Leeds"
    rows = rows.astype({"york": int, "leeds": int})
    found, _, _ = run(tmp_path, rows, [{"column": "town", "as": "category"}])
    by_hand, _, _ = run(tmp_path, rows, [{"column": "leeds"}, {"column": "york"}])
    for name, estimate in by_hand.items():
        assert found[name].estimate == pytest.approx(estimate.estimate)
        assert found[name].std_error == pytest.approx(estimate.std_error)


def test_refusals(tmp_path):
    rows = people(12).assign(one=5.25, text="a")
    rows["follows"] = rows["treated"] * rows["late"] * 3.0 + 1
    one = [{"column": "one"}]
    with pytest.raises(DataError, match="'one' holds the same value in every row"):
        run(tmp_path, rows, one)
    with pytest.raises(DataError, match="same value, a, in every row"):
        run(tmp_path, rows, [{"column": "text", "as": "category"}])
    with pytest.raises(DataError, match="'follows' and the fixed effects tell who"):
        run(tmp_path, rows, [{"column": "follows"}])
    with pytest.raises(DataError, match="column 'town' must hold numbers"):
        run(tmp_path, rows, [{"column": "town"}])
    with pytest.raises(PlanError, match="outcome 'y' cannot be a covariate"):
        run(tmp_path, rows, [{"column": "y"}])
    with pytest.raises(PlanError, match="power goes with a plain column"):
        run(tmp_path, rows, [{"column": "age", "power": 2, "as": "category"}])
