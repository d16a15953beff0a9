"""Difference-in-differences and cluster inference: numbers, laws, refusals."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from causaldata import organ_donations
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.errors import DataError
from campaignbook.evaluation.clusters import cluster_regression
from campaignbook.evaluation.difference_in_differences import evaluate, usable
from campaignbook.tables import Cells

PRINTED = 1e-9  # methods.md R1 prints ten decimals
EXACT = 1e-10  # the same number by another road: rounding only
SEEDS = range(6)


def to_cells(rows, *, unit=None, cluster="cluster", treated="treated"):
    """Return rows with columns period and y as cells of one row each."""
    keys = {"cluster": rows[cluster].astype(str), "period": rows["period"].astype(str)}
    keys |= {"treated": rows[treated].astype(bool)}
    if unit:
        keys["unit"] = rows[unit].astype(str)
    centre = float(rows["y"].mean())
    y = rows["y"] - centre
    frame = pd.DataFrame({**keys, "n": 1, "sum_y": y, "sum_y_y": y**2})
    return Cells(frame=frame, centre=centre, rows_read=len(rows))


def run(cells, **changes):
    """Return ({name: estimate}, {name: check}, level, details)."""
    periods = sorted(cells.frame["period"].unique())
    options = {"start": "2", "end": None, "last": "2", "level": 0.95}
    options |= {"periods": periods, "unit": "kg", "unit_name": "State", **changes}
    found, checks, level, details = evaluate(cells, **options)
    return {e.name: e for e in found}, {c.name: c for c in checks}, level, details


def people(seed, *, clusters=12, treated=6, periods=4, most=9):
    """Return rows of people in clusters with shared shocks, unequal sizes."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, most + 1, clusters * periods)
    code = np.repeat(np.arange(clusters * periods), size)
    cluster, period = code // periods, code % periods
    y = rng.normal(size=clusters * periods)[code] + rng.normal(size=clusters)[cluster]
    y += rng.normal(size=len(code))
    return pd.DataFrame(
        {"cluster": cluster, "treated": cluster < treated, "period": period, "y": y}
    )


def panel(seed, **options):
    return people(seed, most=1, **options)


def organ_donors():
    table = organ_donations.load_pandas().data
    order = list(table.sort_values("Quarter_Num")["Quarter"].unique())
    rows = table.rename(columns={"State": "cluster", "Quarter": "period", "Rate": "y"})
    rows = rows.assign(treated=rows["cluster"] == "California", state=rows["cluster"])
    options = {"periods": order, "start": "Q32011", "last": "Q12012", "unit": "share"}
    return to_cells(rows, unit="state"), options


def test_organ_donations_as_published():
    """methods.md R1 (Kessler and Roth 2014; The Effect ch. 18)."""
    cells, options = organ_donors()
    found, checks, level, details = run(cells, **options)
    effect = found["effect"]
    assert effect.estimate == pytest.approx(-0.0224589744, abs=PRINTED)
    assert effect.p_value == pytest.approx(5 / 27)
    assert (effect.ci_low, effect.ci_high) == pytest.approx((-0.142, 0.106), abs=5e-4)
    assert (effect.std_error, effect.statistic, effect.df) == (None, None, None)
    assert (effect.n, effect.clusters, effect.unit) == (162, 27, "share")
    assert effect.method.startswith(
        "placebo over 27 states (one treated), rank 5 of 27"
    )
    assert found["cr1"].std_error == pytest.approx(0.0060347, abs=5e-8)  # pyfixest
    assert found["cr1"].estimate == pytest.approx(effect.estimate, abs=EXACT)
    assert (found["cr1"].ci_low, found["cr1"].p_value) == (None, None)
    assert "far too narrow" in found["cr1"].method
    assert "no clustered interval exists" in checks["treated clusters"].sentence
    assert checks["treated clusters"].answer == "unknown"
    assert level.estimate == pytest.approx(0.2641) and level.ci_low is None
    assert (details["rank"], details["assignments"]) == (5, 27)
    assert list(found)[:4] == ["effect", "cr1", "collapsed_t", "placebo"]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_by_two_equals_statsmodels(seed):
    rows = people(seed, periods=2)
    after = rows["period"] == 1
    x = np.column_stack(
        [np.ones(len(rows)), rows["treated"], after, rows["treated"] & after]
    )
    reference = sm.OLS(rows["y"], x.astype(float)).fit(
        cov_type="cluster", cov_kwds={"groups": rows["cluster"]}, use_t=True
    )
    cr1 = run(to_cells(rows), start="1", last="1")[0]["cr1"]
    assert cr1.estimate == pytest.approx(reference.params["x3"], rel=EXACT)
    assert cr1.std_error == pytest.approx(reference.bse["x3"], rel=EXACT)
    assert cr1.p_value == pytest.approx(reference.pvalues["x3"], rel=1e-8)
    by_row = cluster_regression(
        x, np.ones(len(rows)), rows["y"], rows["cluster"], column=3
    )
    assert by_row.cr1 == pytest.approx(cr1.std_error, rel=EXACT)


@pytest.mark.parametrize(("clusters", "treated"), [(10, 5), (20, 2)])
def test_size(clusters, treated):
    """methods.md section 3: at most .07, and three Monte-Carlo errors."""
    draws = 300
    cells = (
        to_cells(panel(s, clusters=clusters, treated=treated)) for s in range(draws)
    )
    size = np.mean([run(c)[0]["effect"].p_value < 0.05 for c in cells])
    assert size <= 0.07 + 3 * sqrt(0.07 * 0.93 / draws)


@pytest.mark.parametrize(
    ("clusters", "treated", "names"),
    [
        (12, 6, ["effect", "cr1", "collapsed_t", "randomisation_inference"]),
        (12, 3, ["effect", "randomisation_inference", "cr1", "collapsed_t"]),
        (12, 11, ["effect", "cr1", "collapsed_t", "placebo"]),
    ],
)
def test_headline_by_number_of_clusters(clusters, treated, names):
    found, checks, _, _ = run(to_cells(people(1, clusters=clusters, treated=treated)))
    assert list(found) == [*names, "event:-2", "event:0", "event:1"]
    twin = {6: None, 3: "collapsed_t", 11: "placebo"}[treated]
    assert twin is None or found["effect"].ci_low == found[twin].ci_low
    assert (checks["treated clusters"].answer == "yes") == (treated >= 5)
    assert all(e.assumptions and e.method and e.level == 0.95 for e in found.values())


def test_events_by_hand():
    y = {"a": (1, 2, 5), "b": (2, 2, 6), "c": (4, 3, 4), "d": (1, 1, 2)}
    rows = pd.DataFrame(
        [(k, k < "c", p, v) for k, ys in y.items() for p, v in enumerate(ys)],
        columns=["cluster", "treated", "period", "y"],
    )
    found, checks, level, details = run(to_cells(rows, unit="cluster"), level=0.9)
    assert found["event:-2"].estimate == pytest.approx(-0.5 - 0.5)
    assert found["event:0"].estimate == pytest.approx(3.5 - 1)
    assert found["effect"].estimate == pytest.approx((3.5 + 4) / 2 - (0.5 + 1) / 2)
    assert [e["event"] for e in details["events"]] == [-2, 0]
    assert details["series"][2] == {"period": "2", "treated": 5.5, "control": 3.0}
    assert (level.estimate, level.ci_low) == (pytest.approx(5.5), None)
    assert checks["attainable p"].answer == "unknown"  # 2 of 6 assignments: .33


def test_arms_within_clusters_are_compared_within():
    rows = people(2, periods=4).assign(
        treated=lambda t: t.groupby("period").cumcount() % 2
    )
    rows = rows[rows.groupby(["cluster", "treated"])["period"].transform("nunique") > 3]
    found = run(to_cells(rows))[0]
    after = rows["period"] >= 2
    parts = {
        (arm, late): rows[(rows["treated"] == arm) & (after == late)]
        .groupby("cluster")["y"]
        .mean()
        for arm in (0, 1)
        for late in (False, True)
    }
    change = parts[1, True] - parts[1, False] - parts[0, True] + parts[0, False]
    change = change.dropna()
    assert found["collapsed_t"].estimate == pytest.approx(change.mean())
    assert found["collapsed_t"].df == len(change) - 1
    assert "randomisation_inference" not in found


def test_level_is_the_cluster_robust_mean():
    rows = people(3)
    _, _, level, _ = run(to_cells(rows))
    last = rows[rows["treated"] & (rows["period"] == 2)]
    reference = sm.OLS(last["y"], np.ones(len(last))).fit(
        cov_type="cluster", cov_kwds={"groups": last["cluster"]}, use_t=True
    )
    assert level.estimate == pytest.approx(last["y"].mean())
    assert [level.ci_low, level.ci_high] == pytest.approx(reference.conf_int().iloc[0])
    _, _, alone, _ = run(to_cells(people(3, treated=1)))
    assert alone.clusters == 1 and "one state" in alone.method
    assert level.null_value is None and not level.assumptions


def test_pre_trend_that_differs_is_seen():
    rows = panel(4, periods=6, clusters=30, treated=15)
    rows["y"] += 3 * rows["treated"] * rows["period"]
    check = run(to_cells(rows, unit="cluster"), start="4")[1]["parallel pre-trends"]
    assert check.answer == "no" and "apart before the start" in check.sentence
    calm = run(to_cells(panel(5, periods=6), unit="cluster"), start="4")[1]
    assert calm["parallel pre-trends"].answer == "yes"
    short = run(to_cells(panel(5)), start="1")[1]["parallel pre-trends"]
    assert short.answer == "unknown"


def test_status_column_is_the_same_as_a_group_column():
    rows = panel(6)
    status = rows.assign(treated=rows["treated"] & (rows["period"] >= 2))
    for unit in ("cluster", None):
        one, other = to_cells(rows, unit=unit), to_cells(status, unit=unit)
        assert run(one)[0] == run(other)[0]


def test_periods_after_the_end_are_dropped_and_counted():
    cells = to_cells(panel(7))
    used = usable(cells, periods=["0", "1", "2", "3"], end="2")
    assert used.rows_dropped == (("after the end ('2')", 12),)
    assert run(cells, end="2")[0] == run(used, end="2")[0]
    assert run(cells, end="2", last="3")[2].method.startswith(
        "mean of the treated group in '2'"
    )


def test_missing_rows_are_said():
    rows = panel(8).drop(index=[0, 1])
    check = run(to_cells(rows, unit="cluster"))[1]["balanced panel"]
    assert check.answer == "unknown"
    assert "unit-periods: 2;" in check.sentence
    assert "states that hold only one side of the comparison: 1" in check.sentence


def staggered(rows):
    start = np.where(rows["cluster"] < 3, 2, 3)
    return rows.assign(treated=rows["treated"] & (rows["period"] >= start))


@pytest.mark.parametrize(
    ("change", "unit", "options", "words"),
    [
        (lambda t: t, None, {"start": "20"}, "time.start: '20' is not among"),
        (lambda t: t, None, {"start": "0"}, "no period before it"),
        (lambda t: t, None, {"end": "7"}, "time.end: '7'"),
        (lambda t: t, None, {"end": "1"}, "before time.start"),
        (lambda t: t.assign(treated=False), None, {}, "no row holds one of"),
        (lambda t: t.assign(treated=True), None, {}, "every row belongs to"),
        (lambda t: t.assign(cluster=1), "period", {}, "'1' is the only cluster"),
        (lambda t: t.assign(y=3.1), None, {}, "every row has the same value"),
        (
            lambda t: pd.concat([t, t[:5]]),
            "cluster",
            {},
            r"\('0', '0'\), .* and 2 more occur",
        ),
        (staggered, "cluster", {}, "'0' is first|'3' is first .* time.start_column"),
        (staggered, None, {}, "for different start dates name their column"),
        (lambda t: t, "period", {}, "a panel has one row a unit and period"),
        (
            lambda t: t[~t["treated"] | (t["period"] > 1)],
            "cluster",
            {},
            "no rows before",
        ),
        (lambda t: t[:0], None, {"periods": ["0", "1", "2", "3"]}, "no usable row"),
        (lambda t: t, None, {"periods": ["0", "2", "3"]}, "period '1' of the table"),
    ],
)
def test_refusals(change, unit, options, words):
    with pytest.raises(DataError, match=words):
        run(to_cells(change(panel(9)), unit=unit), **options)


def test_a_unit_stays_in_one_cluster():
    rows = panel(9).assign(unit=lambda t: t["cluster"])
    rows["cluster"] = rows["cluster"].where(rows.index != 5, 0)
    with pytest.raises(DataError, match="unit '1' lies in"):
        run(to_cells(rows, unit="unit"))


def test_the_table_is_untouched():
    cells = to_cells(panel(10), unit="cluster")
    before = cells.frame.copy(deep=True)
    run(cells, end="2")
    pd.testing.assert_frame_equal(cells.frame, before)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), treated=st.integers(1, 7), shift=st.floats(-50, 50))
def test_laws(seed, treated, shift):
    """Swapping flips the sign, a constant changes nothing, cells are their rows."""
    rows = people(seed, clusters=8, treated=treated)
    one = run(to_cells(rows))[0]
    swapped = run(to_cells(rows.assign(treated=~rows["treated"])))[0]
    moved = run(to_cells(rows.assign(y=rows["y"] + shift)))[0]
    keys = ["cluster", "treated", "period"]
    frame = to_cells(rows).frame.groupby(keys, as_index=False).sum()
    summed = run(Cells(frame=frame, rows_read=len(rows)))[0]
    for name, e in one.items():
        assert swapped[name].estimate == pytest.approx(-e.estimate, abs=1e-9)
        for other in (moved, summed):
            assert other[name].estimate == pytest.approx(e.estimate, abs=1e-9)
            assert other[name].ci_low == pytest.approx(e.ci_low, abs=1e-8)
            assert other[name].p_value == pytest.approx(e.p_value, abs=1e-8)
        if e.ci_low is not None:
            assert swapped[name].ci_high == pytest.approx(-e.ci_low, abs=1e-8)
            assert e.ci_low - 1e-9 <= e.estimate <= e.ci_high + 1e-9
