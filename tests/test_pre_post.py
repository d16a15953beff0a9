"""Tests of before and after without a comparison group."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.errors import DataError
from campaignbook.evaluation import pre_post, proportions
from campaignbook.evaluation.parts import Count

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
