"""Sampling weights in difference-in-differences: the regression on weighted rows."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from campaignbook.errors import DataError
from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation import staggered
from campaignbook.evaluation.clusters import cluster_regression
from campaignbook.tables import Cells

EXACT = 1e-9  # the same number by another road: rounding only
OPTIONS = {"periods": ["0", "1", "2", "3"], "last": "3", "level": 0.95}
OPTIONS |= {"unit": "kg", "unit_name": "Town"}


def people(seed, *, treated=7, clusters=15, most=9):
    """Return weighted rows of people in clusters of unequal size."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, most + 1, clusters * 4)
    code = np.repeat(np.arange(clusters * 4), size)
    cluster, period = code // 4, code % 4
    y = rng.normal(size=clusters * 4)[code] + rng.normal(size=clusters)[cluster]
    return pd.DataFrame(
        {
            "cluster": cluster.astype(str),
            "treated": cluster < treated,
            "start": np.select([cluster < 3, cluster < treated], ["1", "2"], ""),
            "period": period.astype(str),
            "y": y + rng.normal(size=len(code)) + 3,
            "w": rng.uniform(0.2, 5, len(code)) * 1e4,
        }
    )


def to_cells(rows, *, unit=None):
    """Return rows summed into cells as the reader sums them."""
    keys = ["cluster", "treated", "start", "period", *([unit] if unit else [])]
    centre = float(rows["y"].mean())
    y = rows["y"] - centre
    sums = {"n": 1, "sum_y": y, "sum_y_y": y**2}
    sums |= {"sum_w": rows["w"], "sum_w_y": rows["w"] * y}
    frame = rows[keys].assign(**sums).groupby(keys, as_index=False, sort=False).sum()
    return Cells(frame=frame, centre=centre, rows_read=len(rows))


def run(cells, *, weights=True):
    found, checks, level, _ = did.evaluate(
        cells, start="2", end=None, weights=weights, **OPTIONS
    )
    return {e.name: e for e in found}, {c.name: c for c in checks}, level


def design_of(rows):
    """Return constant, group, periods and, last, the effect, by row."""
    late = rows["period"].isin(["2", "3"])
    x = [np.ones(len(rows)), rows["treated"], *(rows["period"] == p for p in "123")]
    return np.column_stack([*x, rows["treated"] & late]).astype(float)


def reference_fit(rows, x):
    groups = {"groups": rows["cluster"].astype(int)}
    model = sm.WLS(rows["y"], x, weights=rows["w"])
    return model.fit(cov_type="cluster", cov_kwds=groups, use_t=True)


@pytest.mark.parametrize("seed", range(6))
def test_equals_statsmodels_on_weighted_rows(seed):
    rows = people(seed)
    reference = reference_fit(rows, design_of(rows))
    found, _, level = run(to_cells(rows))
    cr1 = found["cr1"]
    assert cr1.estimate == pytest.approx(reference.params["x5"], rel=EXACT)
    assert cr1.std_error == pytest.approx(reference.bse["x5"], rel=EXACT)
    assert cr1.p_value == pytest.approx(reference.pvalues["x5"], rel=1e-7)
    assert (cr1.n, cr1.clusters) == (len(rows), 15)
    assert "weighted regression" in cr1.method
    last = rows[rows["treated"] & (rows["period"] == "3")]
    mean = reference_fit(last, np.ones(len(last)))
    assert level.estimate == pytest.approx(mean.params.iloc[0], rel=EXACT)
    assert [level.ci_low, level.ci_high] == pytest.approx(mean.conf_int().iloc[0])
    assert level.n == len(last) and level.method.startswith("weighted mean")


def test_cr2_is_that_of_the_weighted_rows():
    """(I - H)^(-1/2) of each cluster by numpy, on rows times the root of the weight."""
    rows = people(7)
    root = np.sqrt(rows["w"].to_numpy())
    x, y = design_of(rows) * root[:, None], rows["y"].to_numpy() * root
    bread = np.linalg.inv(x.T @ x)
    residual, variance = y - x @ (bread @ (x.T @ y)), 0.0
    for name in rows["cluster"].unique():
        own = (rows["cluster"] == name).to_numpy()
        hat = np.eye(own.sum()) - x[own] @ bread @ x[own].T
        values, vectors = np.linalg.eigh(hat)
        power = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0)
        adjusted = vectors @ (power * (vectors.T @ residual[own]))
        variance += (bread @ x[own].T @ adjusted)[-1] ** 2
    effect = run(to_cells(rows))[0]["effect"]
    assert effect.std_error == pytest.approx(np.sqrt(variance), rel=1e-8)
    codes, w = rows["cluster"].astype(int).to_numpy(), rows["w"].to_numpy()
    by_row = cluster_regression(design_of(rows), w, w * rows["y"], codes, column=5)
    assert effect.df == pytest.approx(by_row.df, rel=1e-6)


def test_panel_of_weighted_units_equals_statsmodels():
    rows = people(8, most=1).assign(unit=lambda t: t["cluster"])
    late = rows["treated"] & rows["period"].isin(["2", "3"])
    dummies = pd.get_dummies(rows[["unit", "period"]], drop_first=True).astype(float)
    x = sm.add_constant(dummies.assign(effect=late.astype(float)))
    reference = reference_fit(rows, x)
    found = run(to_cells(rows, unit="unit"))[0]
    assert found["effect"].estimate == pytest.approx(reference.params["effect"])
    # The score is the same; statsmodels counts the dummies in the correction.
    rows_less_columns = len(rows) - np.linalg.matrix_rank(x)
    same = reference.bse["effect"] * np.sqrt(rows_less_columns / (len(rows) - 2))
    assert found["cr1"].std_error == pytest.approx(same, rel=EXACT)


@pytest.mark.parametrize("seed", [1, 2])
def test_equal_weights_change_nothing_and_scale_does_not_matter(seed):
    rows = people(seed)
    plain = run(to_cells(rows), weights=False)[0]
    equal = run(to_cells(rows.assign(w=0.37)))[0]
    scaled = run(to_cells(rows.assign(w=rows["w"] / 1e7)))[0]
    weighted = run(to_cells(rows))[0]
    for name, e in plain.items():
        assert equal[name].estimate == pytest.approx(e.estimate, rel=EXACT)
        assert equal[name].p_value == pytest.approx(e.p_value, rel=1e-6)
        assert equal[name].n == weighted[name].n == e.n
        assert scaled[name].estimate == pytest.approx(weighted[name].estimate)
    assert weighted["effect"].estimate != pytest.approx(plain["effect"].estimate)


def test_group_time_averages_weigh_rows():
    """With clusters as what varies, a weight of 3 is three rows."""
    rows = people(9, clusters=20, treated=9)
    rows["w"] = np.random.default_rng(0).integers(1, 4, len(rows)).astype(float)
    found = staggered.evaluate(to_cells(rows), weights=True, **OPTIONS)[0]
    copies = rows.loc[rows.index.repeat(rows["w"].astype(int))]
    copied = staggered.evaluate(to_cells(copies), **OPTIONS)[0]
    for one, other in zip(found, copied, strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=EXACT)
        assert one.std_error == pytest.approx(other.std_error, rel=EXACT)
    unused = (rows["start"] == "2") & (rows["period"] == "0")  # two before its start
    assert found[0].n == (~unused).sum() and "their weights" in found[0].method


def test_refusals():
    frame = to_cells(people(10)).frame
    with pytest.raises(DataError, match="no column 'sum_w'"):
        run(Cells(frame=frame.drop(columns="sum_w"), rows_read=1))
    zero = frame.assign(sum_w=frame["sum_w"].where(frame.index != 3, 0))
    with pytest.raises(DataError, match="weights: the rows of '0' in '3'"):
        run(Cells(frame=zero, rows_read=1))


def test_one_weighted_treated_cluster_has_a_level_without_interval():
    _, checks, level = run(to_cells(people(11, treated=1)))
    assert level.ci_low is None and level.clusters == 1
    assert checks["treated clusters"].answer == "unknown"
