"""Tests of what a trial's lost rows can have done to its result."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from campaignbook.answers import answer
from campaignbook.evaluation import attrition, trials
from campaignbook.evaluation.arms import Arm
from campaignbook.evaluation.attrition import Lost
from campaignbook.results import Estimate
from campaignbook.tables import Cells

EXACT = 1e-12  # shares of counts
PLANS = Path(__file__).parents[1] / "data/plans"


def table(lost, *, groups, **sums):
    """Return cells of two arms, with so many rows of the outcome dropped."""
    n = [n for n, _ in groups]
    frame = pd.DataFrame({"arm": ["c", "t"], "n": n, "sum_y": [y for _, y in groups]})
    frame = frame.assign(**{"sum_y_y": frame["sum_y"], **sums})
    why = "no value in 'y'"
    return Cells(frame=frame, rows_read=sum(n) + lost, rows_dropped=((why, lost),))


def asked(cells, assigned, *, kind="binary", level=0.95):
    """Return the attrition check, the bounds and the headline of a trial."""
    found, checks, _, details = trials.evaluate(
        {"y": cells}, control="c", treated=["t"], headline="t", outcome_type=kind,
        level=level, unit="kg", assigned=assigned,
    )  # fmt: skip
    check = next(c for c in checks if c.name == "attrition")
    return check, details["attrition_bounds"], found[0]


@pytest.mark.parametrize(
    ("lost", "answer", "words"),
    [
        (0, "yes", "No row lost the outcome 'got'. 50 more rows"),
        (4, "unknown", r"4 rows \(4%\) have no outcome"),
        (10, "unknown", "enough to matter"),
        (30, "no", "no longer be alike"),
    ],
)
def test_the_five_and_twenty_rule_without_bounds(lost, answer, words):
    frame = pd.DataFrame({"n": [100 - lost]})
    dropped = (("no value in 'any'", 50), ("no value in 'got'", lost))
    cells = Cells(frame=frame, rows_read=150, rows_dropped=dropped)
    check = attrition.check(Lost.of(cells, "got", {}, None), None, None)
    assert check.answer == answer
    assert re.search(words, check.sentence)


def test_the_worst_case_of_shares_by_hand():
    """600 of 679 controls known, 200 of them with the outcome; 2,200 of 2,222."""
    cells = table(101, groups=[(600, 200.0), (2200, 1760.0)])
    check, bounds, headline = asked(cells, {"c": 679, "t": 2222})
    assert headline.estimate == pytest.approx(0.8 - 1 / 3)
    assert bounds["low"] == pytest.approx(1760 / 2222 - 279 / 679, rel=EXACT)
    assert bounds["high"] == pytest.approx(1782 / 2222 - 200 / 679, rel=EXACT)
    worst = confint_proportions_2indep(1760, 2222, 279, 679, method="newcomb")
    best = confint_proportions_2indep(1782, 2222, 200, 679, method="newcomb")
    assert bounds["ci_low"] == pytest.approx(worst[0], rel=1e-9)
    assert bounds["ci_high"] == pytest.approx(best[1], rel=1e-9)
    assert (bounds["level_low"], bounds["level_high"]) == (1760 / 2222, 1782 / 2222)
    assert check.answer == "yes" and "does not undo the result" in check.sentence
    assert "'c' lost 79 of 679 (11.6%), 't' lost 22 of 2,222 (0.99%)" in check.sentence
    assert "the level is 79.2% to 80.2%" in check.sentence


def test_a_small_difference_does_not_outlast_the_loss():
    cells = table(101, groups=[(600, 400.0), (2200, 1590.0)])
    check, bounds, headline = asked(cells, {"c": 679, "t": 2222})
    assert headline.ci_low > 0 > bounds["ci_low"]
    assert check.answer == "no" and "could have made the result" in check.sentence


def test_clusters_widen_the_worst_case():
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"cluster": [f"k{i}" for i in range(24)], "n": 50})
    rows["arm"] = np.where(rows.index < 12, "c", "t")
    share = np.where(rows["arm"] == "t", 0.75, 0.25) + rng.uniform(-0.2, 0.2, 24)
    rows["sum_y"] = rows["sum_y_y"] = np.round(50 * share)
    lost = {"rows_read": 1280, "rows_dropped": (("no value in 'y'", 80),)}
    alone = rows.drop(columns="cluster").groupby("arm", as_index=False).sum()
    assigned = {"c": 670, "t": 610}
    check, bounds, headline = asked(Cells(frame=rows, **lost), assigned)
    _, plain, people = asked(Cells(frame=alone, **lost), assigned)
    assert [bounds[k] for k in ("low", "high")] == pytest.approx(
        [plain[k] for k in ("low", "high")]
    )
    stretch = headline.ci_high - headline.ci_low
    stretch /= people.ci_high - people.ci_low
    assert stretch > 1.5 and check.answer == "yes"
    wanted = stretch * (plain["low"] - plain["ci_low"])
    assert bounds["low"] - bounds["ci_low"] == pytest.approx(wanted)


@given(st.lists(st.floats(-50, 50), min_size=20, max_size=40), st.integers(1, 9))
def test_no_trimming_of_rows_passes_the_bounds_of_sums(values, gone):
    """Lee's own bounds, from the sorted rows, lie within those from sums."""
    y = np.sort(np.array(values))
    arm = Arm(
        name="t", n=len(y), total=y.sum(), exposure=len(y), spread=y.var() * len(y)
    )
    control = Arm(name="c", n=len(y) - gone, total=0.0, exposure=1, spread=1.0)
    by_arm = {"t": (0, len(y)), "c": (gone, len(y))}
    lost = Lost(outcome="y", rows=gone, other=0, used=2 * len(y) - gone, by_arm=by_arm)
    headline = Estimate(name="e", estimate=y.mean(), unit="kg", method="", level=0.95)
    found = attrition.bounds(lost, arm, control, headline, kind="mean")
    assert found.low <= y[: len(y) - gone].mean() + 1e-6
    assert found.high >= y[gone:].mean() - 1e-6
    assert found.ci_low is None and not found.holds


def test_means_suppose_that_the_loss_has_one_direction():
    n, assigned = np.array([900, 990]), {"c": 1000, "t": 1000}
    groups = [(900, 0), (990, 0)]
    sums = {"sum_y": n * [1.0, 3.0], "sum_y_y": n * [2.0, 10.0]}
    cells = table(110, groups=groups, **sums)
    check, bounds, _ = asked(cells, assigned, kind="mean")
    # 1 in 11 of 't' is cut off: its mean moves by at most 1 sd x sqrt(1 / 10).
    assert bounds["low"] == pytest.approx(2 - np.sqrt(0.1))
    assert check.answer == "unknown" and "Lee 2009" in check.sentence
    sums = {"sum_y": n * [1.0, 1.3], "sum_y_y": n * [2.0, 2.69]}
    cells = table(110, groups=groups, **sums)
    check, bounds, headline = asked(cells, assigned, kind="mean")
    assert headline.ci_low > 0 > bounds["low"] and check.answer == "no"


def test_rates_have_no_bounds():
    cells = table(300, groups=[(700, 100.0), (1000, 900.0)], sum_y_y=[200.0, 2000])
    check, bounds, _ = asked(cells, {"c": 1000, "t": 1000}, kind="count")
    assert bounds is None and check.answer == "no"


def test_the_shipped_trial_is_met_by_its_rule():
    found = answer(PLANS / "hiv_results.yml")
    assert found.verdicts[0].verdict == "met"
    for evaluation in found.evaluations:
        bounds = evaluation.details["attrition_bounds"]
        assert bounds["low"] == pytest.approx(0.392103201, abs=1e-9)
        assert 0.34 < bounds["ci_low"] < bounds["low"]


def test_rows_lost_in_one_arm_are_attrition_and_not_a_broken_ratio(tmp_path):
    rows = "".join(
        f"{i % 2},{'' if i % 2 and i < 600 else i % 3}\n" for i in range(2000)
    )
    (tmp_path / "t.csv").write_text("arm,y\n" + rows)
    (tmp_path / "p.yml").write_text(
        "name: Lost\ngoals: [{id: g, type: sales, measure: m, unit: u, direction: "
        "increase}]\nevaluations: [{id: e, goal: g, design: randomized_trial, data: "
        "{file: t.csv}, outcome: y, outcome_type: mean, arms: {column: arm, control: 0}"
        ", allocation: {0: 0.5, 1: 0.5}}]"
    )
    checks = {c.name: c for c in answer(tmp_path / "p.yml").evaluations[0].checks}
    assert checks["sample ratio"].answer == "yes"
    assert checks["attrition"].answer == "no"
    assert "'1' lost 300 of 1,000 (30%)" in checks["attrition"].sentence
