"""Tests of before and after without a comparison group."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.answers import answer
from campaignbook.campaign import as_document
from campaignbook.errors import DataError
from campaignbook.evaluation import pre_post, proportions
from campaignbook.evaluation.parts import Count
from campaignbook.files import results_text
from campaignbook.tables import Cells

EXACT = 1e-12  # the same formula in another order: rounding only

BEFORE, AFTER = Count(n=2435, events=157), Count(n=2435, events=235)


def test_the_change_is_the_difference_of_two_shares():
    (change,), checks, level, details = pre_post.evaluate_counts(
        BEFORE, AFTER, level=0.95
    )
    assert round(change.statistic, 6) == 4.108412
    assert [round(x, 6) for x in change.ends()] == [0.016782, 0.047383]
    assert (change.name, change.unit, change.n) == ("change", "share", 4870)
    assert level.name == "level" and level.null_value is None
    assert level.ends() == proportions.wilson(235, 2435, level=0.95)
    assert details["before"]["share"] == pytest.approx(157 / 2435, rel=EXACT)
    assert details["after"]["ci_high"] == level.ci_high
    assert [c.name for c in checks] == ["comparison group", "trend"]


PLAN = """
campaignbook: 1
name: Homes without smoke
kind: social
period: {start: 2025-07-01, end: 2025-12-31}
goals:
  - {id: homes, type: behaviour, measure: share of homes, unit: share,
     direction: increase, baseline: 0.3, target: 0.35, deadline: 2025-12-31}
evaluations:
  - {id: asked, goal: homes, question: Did it change?, design: pre_post,
     data: {file: asked.csv}, outcome: free,
     time: {column: wave, order: [before, after], start: after}}
"""


@pytest.mark.parametrize("number", ["{}", "{}.0"])
def test_people_asked_before_and_after_give_results(tmp_path, number):
    people = [("before", n % 10 < 3) for n in range(200)]
    people += [("after", n % 10 < 4) for n in range(200)]
    rows = "\n".join(f"{wave},{number.format(int(free))}" for wave, free in people)
    (tmp_path / "asked.csv").write_text(f"wave,free\n{rows}\n")
    (tmp_path / "plan.yml").write_text(PLAN)
    document = as_document(answer(tmp_path / "plan.yml"))
    [evaluation] = json.loads(results_text(document))["evaluations"]
    [change], level = evaluation["estimates"], evaluation["details"]["level"]
    assert (level["estimate"], level["n"], level["df"]) == (0.4, 200, 199)
    assert change["estimate"] == pytest.approx(0.1, rel=EXACT)


def test_money_is_told_in_the_plan_s_currency(tmp_path):
    rows = "\n".join(f"{w},{9 + n % 4}" for w in ("before", "after") for n in range(40))
    (tmp_path / "asked.csv").write_text(f"wave,free\n{rows}\n")
    text = PLAN.replace("unit: share", "unit: money").replace("0.3", "1")
    (tmp_path / "plan.yml").write_text(text.replace("kind:", "currency: EUR\nkind:"))
    [verdict] = answer(tmp_path / "plan.yml").verdicts
    assert "10.5 EUR" in verdict.sentence and "money" not in verdict.sentence


def test_nothing_makes_it_an_effect():
    (change,), (group, trend), *_ = pre_post.evaluate_counts(BEFORE, AFTER, level=0.9)
    assert change.assumptions == ()
    assert group.answer == "no"
    assert group.sentence.startswith("There is no comparison group")
    assert trend.answer == "unknown"


def test_a_trend_is_taken_off_estimate_and_ends():
    (plain,), *_ = pre_post.evaluate_counts(BEFORE, AFTER, level=0.95)
    (change,), checks, *_ = pre_post.evaluate_counts(
        BEFORE, AFTER, level=0.95, trend=0.02
    )
    assert change.estimate == pytest.approx(plain.estimate - 0.02, abs=EXACT)
    assert change.ends() == pytest.approx([e - 0.02 for e in plain.ends()], abs=EXACT)
    assert change.p_value > 0.05 > plain.p_value
    assert change.statistic == pytest.approx(change.estimate / change.std_error)
    assert "minus the trend of 0.02" in change.method
    assert checks[1].answer == "yes" and "2 percentage points" in checks[1].sentence


def test_no_events_at_all_have_no_test_but_an_interval():
    none = Count(n=20, events=0)
    (change,), *_ = pre_post.evaluate_counts(none, none, level=0.95)
    assert (change.estimate, change.p_value, change.std_error) == (0, None, None)
    assert change.ci_low < 0 < change.ci_high


@given(st.tuples(*[st.integers(0, 300), st.integers(1, 300)] * 2))
def test_time_turned_round_turns_the_sign(drawn):
    e1, more1, e0, more0 = drawn
    one, zero = Count(n=e1 + more1, events=e1), Count(n=e0 + more0, events=e0)
    (there,), *_ = pre_post.evaluate_counts(zero, one, level=0.95)
    (back,), *_ = pre_post.evaluate_counts(one, zero, level=0.95)
    assert there.estimate == pytest.approx(-back.estimate, abs=EXACT)
    assert there.ci_low == pytest.approx(-back.ci_high, abs=EXACT)
    assert there.ci_low <= there.estimate <= there.ci_high


def test_more_events_than_people_are_refused():
    with pytest.raises(DataError, match="30 events among 20 people"):
        pre_post.evaluate_counts(BEFORE, Count(n=20, events=30), level=0.95)


# --- from a series -----------------------------------------------------------------


def run(means, *, start, level=0.95, trend=None, unit="share", centre=0.0, n=1):
    """Return what a series finds whose periods are numbered from 0."""
    periods = [str(i) for i in range(len(means))]
    sums = n * (np.asarray(means, dtype=float) - centre)
    frame = pd.DataFrame({"period": periods, "n": n, "sum_y": sums})
    before = frame.copy(deep=True)
    estimates, checks, measure, details = pre_post.evaluate_series(
        Cells(frame=frame, centre=centre, rows_read=len(means)),
        periods=periods,
        start=str(start),
        last=periods[-1],
        level=level,
        unit=unit,
        trend=trend,
    )
    pd.testing.assert_frame_equal(frame, before)
    found = {e.name: e for e in estimates}
    return found, {c.name: c for c in checks}, measure, details


@pytest.fixture
def falling():
    """40 periods that fall by 0.1 each, and by 2 more from period 20 on."""
    at = np.arange(40)
    noise = np.random.default_rng(3).normal(0, 0.3, 40)
    return 30 - 0.1 * at - 2 * (at >= 20) + noise


def test_most_of_the_fall_in_youth_smoking_would_have_come_anyway():
    # Farrelly et al. (2005): 25.3% to 18.0%, 22% of the fall due to the campaign
    found, checks, level, details = run([0.253, 0.180], start=1, trend=-0.057)
    assert round(found["change"].estimate, 3) == -0.016
    assert round(found["share_left"].estimate, 2) == 0.22
    assert found["share_left"].sentence().startswith("share_left: 21.9% (no interval")
    assert found["change"].ends() == (-math.inf, math.inf)
    assert found["change"].p_value is None
    assert checks["comparison group"].answer == "no"
    assert checks["enough points"].answer == "no"
    assert "-5.7 percentage points anyway" in checks["trend"].sentence
    assert "leaves -1.6 percentage points" in checks["trend"].sentence
    assert (level.estimate, level.name) == (pytest.approx(0.18), "level")
    assert details["change"] == pytest.approx(-0.073)


def test_the_change_of_a_series_is_the_difference_of_its_means(falling):
    found, checks, level, details = run(falling, start=20, unit="points", centre=25)
    change = found["change"]
    raw = falling[20:].mean() - falling[:20].mean()
    assert change.estimate == pytest.approx(raw, rel=1e-9)
    assert change.ci_low < -4 < change.ci_high < 0
    assert (change.unit, change.df, change.assumptions) == ("points", 38, ())
    assert level.estimate == pytest.approx(falling[-1])
    assert details["mean_before"] == pytest.approx(falling[:20].mean())
    assert details["series"][3] == {
        "period": "3", "observed": falling[3], "mean": details["mean_before"],
    }  # fmt: skip
    assert details["series"][20]["mean"] == details["mean_after"]
    answers = {name: c.answer for name, c in checks.items()}
    assert answers == {
        "comparison group": "no",
        "trend": "unknown",
        "enough points": "yes",
        "equal spacing": "yes",
    }


def test_a_line_through_the_periods_before_leaves_the_rest(falling):
    found, checks, _, details = run(falling, start=20, unit="points")
    line = np.polyval(np.polyfit(np.arange(20), falling[:20], 1), np.arange(20, 40))
    beyond = found["change_beyond_trend"]
    assert beyond.estimate == pytest.approx((falling[20:] - line).mean(), rel=1e-9)
    assert beyond.ci_low < -2 < beyond.ci_high
    share = found["share_left"]
    assert share.estimate == pytest.approx(beyond.estimate / found["change"].estimate)
    assert share.ci_low is None and share.null_value is None
    assert details["left"] == beyond.estimate
    assert "It is not taken off the change" in checks["trend"].sentence


def test_a_given_trend_moves_change_and_share_with_their_ends(falling):
    plain, *_ = run(falling, start=20, unit="points")
    found, checks, *_ = run(falling, start=20, unit="points", trend=-2.0)
    assert list(found) == ["change", "share_left"]
    ends = [e + 2 for e in plain["change"].ends()]
    assert found["change"].ends() == pytest.approx(ends, abs=EXACT)
    share = found["share_left"]
    shares = [1 + 2 / e for e in plain["change"].ends()]
    assert share.ends() == pytest.approx(sorted(shares), abs=EXACT)
    assert share.ci_low < share.estimate < share.ci_high
    assert checks["trend"].answer == "yes"


def test_no_share_is_left_of_no_change():
    found, *_ = run([5, 5], start=1, unit="points", trend=1.0)
    assert list(found) == ["change"] and found["change"].estimate == -1


def test_short_series_have_neither_line_nor_interval(falling):
    found, checks, *_ = run(falling[15:25], start=5, unit="points")
    assert list(found) == ["change"]
    assert found["change"].std_error is None
    assert "too few for a line" in checks["trend"].sentence


def test_correlated_errors_widen_the_interval_of_a_change():
    rng, draws, bar = np.random.default_rng(5), 100, 0.92
    hits = 0
    for _ in range(draws):
        y = rng.normal(size=36)
        for i in range(1, 36):
            y[i] += 0.5 * y[i - 1]
        change = run(y, start=18, unit="points")[0]["change"]
        hits += change.ci_low <= 0 <= change.ci_high
    assert hits / draws >= bar - 3 * math.sqrt(bar * (1 - bar) / draws)


def test_a_start_without_a_before_is_refused(falling):
    with pytest.raises(DataError, match="periods with data before '0': 0"):
        run(falling, start=0)
    with pytest.raises(DataError, match=r"time.start: '50' is not among"):
        run(falling, start=50)
