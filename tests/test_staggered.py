"""Different start dates: the numbers, their size and what is said of them."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation.group_time import group_time_averages
from campaignbook.evaluation.panels import make_panel
from campaignbook.evaluation.parts import Covariate
from campaignbook.evaluation.staggered import evaluate, usable
from campaignbook.tables import Cells

EXACT = 1e-10  # the same number by another road: rounding only
NEVER = 99
PERIODS = [str(2000 + p) for p in range(10)]


def rows_of(seed, counts=(4, 4, 4, 8), *, starts=(3, 5, 8), effect=None, most=1):
    """Return rows: counts[i] clusters start in 2000 + starts[i], the last never."""
    rng = np.random.default_rng(seed)
    start = np.repeat([*starts, NEVER], counts)
    size = rng.integers(1, most + 1, len(start) * 10)
    code = np.repeat(np.arange(len(start) * 10), size)
    cluster, period = code // 10, code % 10
    y = rng.normal(size=len(start))[cluster] + 0.2 * period
    y += rng.normal(size=len(start) * 10)[code]
    if most > 1:
        y += rng.normal(size=len(code))
    true = np.zeros(len(code))
    on = period >= start[cluster]
    if effect:
        true[on] = effect(start[cluster], period)[on]
    first = start[cluster]
    return pd.DataFrame(
        {
            "cluster": [f"c{c:02}" for c in cluster],
            "period": (2000 + period).astype(str),
            "start": np.where(first == NEVER, "", (2000 + first).astype(str)),
            "y": y + true,
            "true": true,
            "on": on,
        }
    )


def to_cells(rows, *, unit=None):
    """Return rows as cells of one row each."""
    keys = {k: rows[k] for k in ("cluster", "period", "start")}
    keys |= {"unit": rows[unit]} if unit else {}
    centre = float(rows["y"].mean())
    y = rows["y"] - centre
    frame = pd.DataFrame({**keys, "n": 1, "sum_y": y, "sum_y_y": y**2})
    return Cells(frame=frame, centre=centre, rows_read=len(rows))


def run(cells, **changes):
    """Return ({name: estimate}, {name: check}, level, details)."""
    options = {"periods": PERIODS, "last": "2009", "level": 0.95, "unit": "kg"}
    options |= {"unit_name": "State", **changes}
    found, checks, level, details = evaluate(cells, **options)
    return {e.name: e for e in found}, {c.name: c for c in checks}, level, details


def growing(start, period):
    """Return an effect that grows with time, and more for early starts."""
    return (1.1 - 0.1 * start) * (1 + period - start)


def two_way(rows):
    """Return the coefficient of two-way fixed effects, as the usual software does."""
    dummies = pd.get_dummies(rows[["cluster", "period"]], drop_first=True)
    x = sm.add_constant(dummies.assign(on=rows["on"]).astype(float))
    return sm.OLS(rows["y"], x).fit().params["on"]


@pytest.mark.parametrize("seed", range(3))
def test_two_way_fixed_effects_is_wrong_and_this_is_right(seed):
    """methods.md 1.8: truth 2.30, TWFE 1.57, group-time 2.31 in its own draw."""
    rows = rows_of(seed, (10, 10, 10, 10), effect=growing)
    truth = rows.loc[rows["on"], "true"].mean()
    found, checks, _, details = run(to_cells(rows, unit="cluster"))
    effect = found["effect"]
    assert two_way(rows) < truth - 0.5
    assert effect.ci_low < truth < effect.ci_high
    assert not effect.ci_low < two_way(rows) < effect.ci_high
    assert effect.estimate == pytest.approx(truth, abs=0.5)
    assert effect.clusters == 40 and effect.assumptions
    groups = ["group:2003", "group:2005", "group:2008"]
    assert list(found)[:4] == ["effect", *groups]
    covered = 0
    for name in groups:
        own = rows[rows["start"].eq(name.partition(":")[2]) & rows["on"]]
        covered += found[name].ci_low < own["true"].mean() < found[name].ci_high
    assert covered >= 2
    assert [e["event"] for e in details["events"]] == [
        e for e in range(-7, 7) if e != -1
    ]
    same = checks["same start for all treated"]
    assert same.answer == "yes" and "group-time averages" in same.sentence
    assert checks["parallel pre-trends"].answer == "yes"


def test_numbers_by_hand():
    """Balanced panel: plain means of each group, and the weights of the overview."""
    rows = rows_of(4)
    mean = rows.pivot_table(index="start", columns="period", values="y")

    def effect(g, t):
        change = mean[str(t)] - mean[str(g - 1)]
        return change[str(g)] - change[""]

    found = run(to_cells(rows, unit="cluster"))[0]
    pairs = [(g, t) for g in (2003, 2005, 2008) for t in range(g, 2010)]
    wanted = np.mean([effect(*p) for p in pairs])  # equal groups
    assert found["effect"].estimate == pytest.approx(wanted, abs=EXACT)
    wanted = np.mean([effect(2005, t) for t in range(2005, 2010)])
    assert found["group:2005"].estimate == pytest.approx(wanted, abs=EXACT)
    wanted = np.mean([effect(g, g - 3) for g in (2003, 2005, 2008)])
    assert found["event:-3"].estimate == pytest.approx(wanted, abs=EXACT)
    assert found["event:4"].estimate == pytest.approx(
        (effect(2003, 2007) + effect(2005, 2009)) / 2, abs=EXACT
    )
    assert found["event:4"].n == 4 * 2 * 2 + 8 * 4
    assert "event:-1" not in found


def test_doubt_by_hand():
    """Five clusters a side: the variance of the mean of changes, side by side."""
    rows = rows_of(5, (6, 5, 5, 7))
    wide = rows.pivot_table(index=["start", "cluster"], columns="period", values="y")
    change = (wide["2008"] + wide["2009"]) / 2 - wide["2007"]
    own, never = change["2008"], change[""]
    parts = own.var() / len(own), never.var() / len(never)
    found = run(to_cells(rows, unit="cluster"))[0]["group:2008"]
    assert found.std_error == pytest.approx(sqrt(sum(parts)))
    assert found.df == pytest.approx(
        sum(parts) ** 2 / (parts[0] ** 2 / 4 + parts[1] ** 2 / 6)
    )
    two = rows["cluster"].isin(["c11", "c12"]) | ~rows["start"].eq("2008")
    found = run(to_cells(rows[two], unit="cluster"))[0]["group:2008"]
    squares = own[:2].var() + 6 * never.var()
    assert found.std_error == pytest.approx(sqrt(squares / 7 / 2 + never.var() / 7))
    assert found.df == 6 and "pooled with the never-treated" in found.method


def simple(cells, **changes):
    """Return what the design with one start, 2003, makes of the same cells."""
    treated = cells.frame["start"].fillna("") != ""
    options = {"start": "2003", "end": None, "last": "2009", "level": 0.95}
    options |= {"periods": PERIODS, "unit": "kg", "unit_name": "State"} | changes
    return did.evaluate(
        replace(cells, frame=cells.frame.assign(treated=treated)), **options
    )


@pytest.mark.parametrize("counts", [(6, 0, 0, 8), (3, 0, 0, 8), (1, 0, 0, 26)])
def test_one_start_is_the_simple_difference_in_differences(counts):
    cells = to_cells(rows_of(6, counts), unit="cluster")
    found, checks, level, details = run(cells)
    theirs = simple(cells)
    assert tuple(found.values()) == theirs[0] and tuple(checks.values()) == theirs[1]
    assert (level, details) == theirs[2:]
    text = checks["same start for all treated"].sentence
    assert "All treated start in '2003'" in text


def test_one_treated_unit_has_its_placebo_rank_and_no_clustered_interval():
    """methods.md section 1, rule 1; the start may be written as a number."""
    rows = rows_of(17, (1, 0, 0, 26))
    cells = to_cells(rows, unit="cluster")
    found, checks, _, details = run(
        replace(cells, frame=cells.frame.assign(start=rows["start"].replace("", None)))
    )
    effect = found["effect"]
    change = rows.pivot_table(index="cluster", columns="period", values="y")
    change = change.loc[:, "2003":].mean(axis=1) - change.loc[:, :"2002"].mean(axis=1)
    effects = (change - (change.sum() - change) / 26).abs()
    assert details["rank"] == (effects >= effects["c00"] * (1 - 1e-12)).sum()
    assert effect.p_value == details["rank"] / 27
    assert effect.std_error is None and effect.df is None
    assert effect.ci_low < effect.estimate < effect.ci_high
    assert "interval by inverting the test" in effect.method
    text = checks["treated clusters"].sentence
    assert "no clustered interval exists" in text and "1 treated state" in text
    assert found["cr1"].ci_low is None


def test_one_treated_unit_and_covariates_are_answered_by_the_placebo_rank_too():
    rows = rows_of(18, (1, 0, 0, 26))
    z = np.random.default_rng(18).normal(size=len(rows))
    cells = to_cells(rows.assign(y=rows["y"] + z), unit="cluster")
    y = cells.frame["sum_y"]
    summed = {"sum_z0": z, "sum_z0_z0": z**2, "sum_y_z0": y * z}
    cells = replace(cells, frame=cells.frame.assign(**summed))
    named = [Covariate(column="z")]
    assert (
        run(cells, covariates=named)[0]["effect"]
        == simple(cells, covariates=named)[0][0]
    )


def test_one_treated_cluster_of_units_with_two_starts_has_no_interval_and_says_so():
    rows = rows_of(19, (2, 2, 0, 20)).rename(columns={"cluster": "unit"})
    home = rows["unit"].where(rows["start"] == "", "one")
    found, checks, _, _ = run(to_cells(rows.assign(cluster=home), unit="unit"))
    assert found["effect"].ci_low is None
    text = checks["treated clusters"].sentence
    assert "with one treated state no interval exists" in text


@pytest.mark.parametrize(
    ("counts", "most"),
    [((4, 4, 4, 8), 1), ((8, 8, 8, 16), 1), ((1, 2, 3, 14), 1), ((6, 6, 6, 12), 9)],
)
def test_size(counts, most):
    """methods.md section 3: at most .07, and three Monte-Carlo errors."""
    draws, false = 200, 0
    for seed in range(draws):
        rows = rows_of(seed, counts, most=most)
        cells = to_cells(rows, unit="cluster" if most == 1 else None)
        flagged = Cells(
            frame=cells.frame.assign(treated=rows["start"] != ""), rows_read=1
        )
        panel = make_panel(flagged, periods=PERIODS, start="2003")
        starts = rows["start"].map(lambda s: int(s) - 2000 if s else 10).to_numpy()
        false += (
            group_time_averages(panel, starts, level=0.95)["effect"].t.p_value < 0.05
        )
    assert false / draws <= 0.07 + 3 * sqrt(0.07 * 0.93 / draws)


def test_level_counts_those_that_have_started():
    rows = rows_of(7)
    level = run(to_cells(rows, unit="cluster"), last="2006")[2]
    now = rows[(rows["period"] == "2006") & rows["on"]]
    assert level.estimate == pytest.approx(now["y"].mean()) and level.n == 8
    assert run(to_cells(rows), last="2001")[2].estimate is None


def test_end_and_late_starts():
    """What starts after the end has not been treated by then: it is a control."""
    rows = rows_of(8)
    cells = to_cells(rows, unit="cluster")
    cut = rows[rows["period"] <= "2006"]
    late = cut.assign(start=cut["start"].replace("2008", ""))
    one, other = run(cells, end="2006"), run(to_cells(late, unit="cluster"))
    assert one[0]["effect"].estimate == pytest.approx(other[0]["effect"].estimate)
    assert one[3]["control_clusters"] == 12 and "group:2008" not in one[0]
    used = usable(cells, periods=PERIODS, end="2006")
    assert used.rows_dropped == (("after the end ('2006')", 60),)


def test_treated_from_the_first_period_on_are_dropped_and_counted():
    rows = rows_of(9, starts=(0, 5, 8))
    used = usable(to_cells(rows), periods=PERIODS, end=None)
    assert used.rows_dropped == (("treated from the first period on", 40),)
    kept = rows[rows["start"] != "2000"]
    one, other = run(to_cells(rows))[0], run(to_cells(kept))[0]
    assert one["effect"].estimate == pytest.approx(other["effect"].estimate)


def test_missing_unit_periods_compare_like_with_like():
    """Unit levels that differ wildly cannot leak through a missing row."""
    rows = rows_of(10)
    rows["y"] += 1000 * rows["cluster"].str[1:].astype(int)
    found, checks, _, _ = run(to_cells(rows.drop(index=[4, 37, 155]), unit="cluster"))
    whole = run(to_cells(rows, unit="cluster"))[0]
    assert found["effect"].estimate == pytest.approx(whole["effect"].estimate, abs=1)
    assert checks["balanced panel"].answer == "unknown"
    assert "Missing unit-periods: 3" in checks["balanced panel"].sentence


def test_a_start_without_rows_before_it_is_said():
    rows = rows_of(11)
    rows = rows[~((rows["start"] == "2005") & (rows["period"] == "2004"))]
    found, checks, _, _ = run(to_cells(rows))
    assert "group:2005" not in found and "group:2003" in found
    check = checks["same start for all treated"]
    assert check.answer == "unknown" and "left out: 2005" in check.sentence


def test_pre_trend_that_differs_is_seen():
    rows = rows_of(12, (8, 8, 8, 16))
    rows["y"] += (rows["start"] != "") * rows["period"].astype(int)
    check = run(to_cells(rows, unit="cluster"))[1]["parallel pre-trends"]
    assert check.answer == "no" and "moved apart before" in check.sentence
    rows = rows_of(12, starts=(1, 1, 1))
    assert run(to_cells(rows))[1]["parallel pre-trends"].answer == "unknown"


def test_one_control_cluster_gives_no_interval():
    found, checks, _, _ = run(to_cells(rows_of(13, (4, 4, 4, 1)), unit="cluster"))
    effect = found["effect"]
    assert effect.ci_low is None and "no interval exists" in effect.method
    assert checks["control clusters"].answer == "unknown"
    assert checks["parallel pre-trends"].answer == "unknown"


def test_units_of_one_cluster_may_start_at_different_times():
    """Units in clusters: the cluster's influences are summed before squaring."""
    rows = rows_of(14, (8, 8, 8, 16)).rename(columns={"cluster": "unit"})
    twelve = rows["unit"].str[1:].astype(int) % 12
    rows = rows.assign(cluster=twelve.astype(str))
    found = run(to_cells(rows, unit="unit"))[0]["effect"]
    alone = run(to_cells(rows.assign(cluster=rows["unit"]), unit="unit"))[0]["effect"]
    assert found.estimate == pytest.approx(alone.estimate)
    assert (found.df, found.clusters) == (11, 12) and "t(G-1)" in found.method
    assert found.std_error == pytest.approx(alone.std_error, rel=0.6)
