"""Tests of the social return, its payback, and what it hangs on."""

import re
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.costs import Sroi, Value
from campaignbook.economics import assess
from campaignbook.errors import PlanError
from campaignbook.money_figures import MoneyFigure
from campaignbook.results import Estimate
from campaignbook.returns import several_years
from campaignbook.sensitivity import monte_carlo, tornado
from campaignbook.social_return import payback_time, social_return

EXACT = 1e-12  # the same products in another order
CAUSAL_WORDS = re.compile(r"\b(caused|led to|lifted|thanks to|brought about)\b")
R13 = (
    {
        "name": "First",
        "quantity": 100,
        "proxy": 500,
        "deadweight": 0.20,
        "due_to_others": 0.25,
        "drop_off": 0.10,
        "years": 3,
    },
    {
        "name": "Second",
        "quantity": 40,
        "proxy": 1200,
        "deadweight": 0.30,
        "due_to_others": 0.10,
        "displacement": 0.05,
        "drop_off": 0.20,
        "years": 5,
    },
)


def value(*outcomes, timing="end_of_year", **more):
    return Value(sroi=Sroi(outcomes=outcomes or R13, timing=timing), **more)


def returned(*outcomes, cost=60_000, timing="end_of_year", rate=0.035, causal=False):
    sroi = value(*outcomes, timing=timing).sroi
    return social_return(sroi, cost, discount_rate=rate, currency="EUR", causal=causal)


def effect(estimate, low=None, high=None, *, unit="count", df=None):
    return Estimate(
        name="effect", estimate=estimate, ci_low=low, ci_high=high, df=df, level=0.95,
        unit=unit, method="by hand",
    )  # fmt: skip


# --- the social return ------------------------------------------------------------


def test_r13_the_arithmetic_case():
    found = returned()
    assert f"{found.present_value:.2f}" == "164626.69"
    assert f"{found.ratio:.6f}" == "2.743778"
    assert found.net_present_value == pytest.approx(found.present_value - 60_000)
    assert len(found.rows) == 3 + 5
    assert sum(r.present_value for r in found.rows) == pytest.approx(
        found.present_value, rel=EXACT
    )
    assert "2.74 EUR" in found.sentence
    assert "3.5% a year (end of year)" in found.sentence


def test_rows_by_hand():
    first, second = returned(R13[0], rate=0.25).rows[:2]
    assert (first.outcome, first.year, second.year) == ("First", 1, 2)
    assert first.value == pytest.approx(100 * 500 * 0.8 * 0.75)
    assert second.value == pytest.approx(first.value * 0.9)
    assert (first.discount_factor, second.discount_factor) == pytest.approx((0.8, 0.64))


def test_start_of_year_is_worth_one_year_more():
    early, late = returned(timing="start_of_year"), returned()
    assert early.present_value == pytest.approx(late.present_value * 1.035, rel=EXACT)
    assert "start of year" in early.sentence
    assert early.rows[0].discount_factor == 1


def test_payback_between_two_years():
    found = returned()
    first = sum(r.present_value for r in found.rows if r.year == 1)
    second = sum(r.present_value for r in found.rows if r.year == 2)
    assert found.payback_years == pytest.approx(1 + (60_000 - first) / second)
    assert returned(cost=164_627).payback_years is None
    assert "never adds up" in returned(cost=164_627).sentence


@pytest.mark.parametrize(
    ("values", "cost", "years"),
    [
        ([100], 50, 0.5),
        ([100, 100], 200, 2.0),
        ([100, -50, 100], 125, 2.75),
        ([], 1, None),
        ([0, 0], 1, None),
        ([100], 0, 0.0),
    ],
)
def test_payback_time(values, cost, years):
    assert payback_time(values, cost) == years


def test_without_cost_there_is_no_ratio():
    found = returned(cost=0)
    assert (found.ratio, found.payback_years) == (None, 0)
    assert "does not exist" in found.sentence


def test_only_a_causal_design_drops_the_if():
    assert returned(causal=False).sentence.startswith("If all of the change")
    assert "If all" not in returned(causal=True).sentence
    assert not CAUSAL_WORDS.search(returned().sentence)


shares = st.integers(0, 20).map(lambda n: n / 20)


@settings(max_examples=60, deadline=None)
@given(
    dead=shares, others=shares, away=shares, drop=shares, years=st.integers(1, 8),
    rate=st.integers(0, 19).map(lambda n: n / 20),
)  # fmt: skip
def test_several_years_and_a_social_return_agree(dead, others, away, drop, years, rate):
    same = {
        "deadweight": dead,
        "due_to_others": others,
        "displacement": away,
        "drop_off": drop,
        "years": years,
    }
    one = {"name": "One", "quantity": 40, "proxy": 25.0, **same}
    social = returned(one, rate=rate, cost=700)
    plan = Value(per_outcome=25.0, discount_rate=rate, **same)
    outcomes = assess(
        [], plan, effect(40), direction="increase", currency="EUR", causal=True
    ).outcomes
    found = several_years(700, plan, outcomes, currency="EUR", causal=True)
    assert found.present_value.estimate == pytest.approx(social.present_value)
    assert found.roi.estimate == pytest.approx(social.ratio - 1, abs=1e-9)
    assert (found.payback.estimate is None) == (social.payback_years is None)


# --- what it hangs on -------------------------------------------------------------

PLAN = {"people": 100_000, "per_outcome": 50, "margin": 0.5, "deadweight": 0.2}


def test_tornado_by_hand():
    found = tornado(
        Value(**PLAN),
        20_000,
        causal=True,
        effect=effect(0.02, 0.01, 0.04, unit="share"),
    )
    # 0.02 x 100,000 x 0.8 x 25 / 20,000 - 1 = 1
    assert found.result == pytest.approx(1)
    bars = {b.name: b for b in found.bars}
    assert [b.name for b in found.bars] == ["effect", "per_outcome", "deadweight"]
    assert (bars["effect"].low_result, bars["effect"].high_result) == pytest.approx(
        (0, 3)
    )
    assert (bars["per_outcome"].low_value, bars["per_outcome"].high_value) == (25, 75)
    assert bars["deadweight"].swing == pytest.approx(0.5)
    assert "hangs most on effect: 0 at its low end" in found.sentence
    assert "50% below to 50% above" in found.sentence


def test_tornado_of_a_decrease_and_of_an_open_interval():
    found = tornado(
        Value(per_outcome=2), 10, causal=False, effect=effect(-10, None, -5),
        direction="decrease",
    )  # fmt: skip
    first = found.bars[0]
    assert (first.name, first.low_value, first.swing) == ("effect", None, None)
    assert (first.low_result, first.high_result) == (None, 0)
    assert "unbounded" in found.sentence
    assert "If all of the change" in found.sentence


def test_tornado_of_the_social_return():
    found = tornado(value(), 60_000, causal=False)
    assert found.result == pytest.approx(returned().ratio, rel=EXACT)
    swings = [b.swing for b in found.bars]
    assert swings == sorted(swings, reverse=True)
    assert {b.name for b in found.bars} == {
        *("quantity", "proxy", "deadweight", "displacement", "due_to_others"),
        *("drop_off", "discount_rate"),
    }
    halves = [dict(o, proxy=o["proxy"] / 2) for o in R13]
    low = next(b.low_result for b in found.bars if b.name == "proxy")
    assert low == pytest.approx(returned(*halves).ratio, rel=1e-9)


def test_a_given_range_holds_for_all_outcomes():
    found = tornado(value(), 60_000, causal=True, ranges={"deadweight": (0.0, 0.5)})
    bar = next(b for b in found.bars if b.name == "deadweight")
    wanted = [returned(*(dict(o, deadweight=d) for o in R13)).ratio for d in (0.0, 0.5)]
    assert [bar.low_result, bar.high_result] == pytest.approx(wanted, rel=1e-9)


def test_over_several_years_drop_off_and_discounting_count():
    plan = Value(per_outcome=10, years=4, drop_off=0.25, discount_rate=0.05)
    found = tornado(plan, 100, causal=True, effect=effect(20, 10, 30))
    outcomes = MoneyFigure(estimate=20.0, unit="outcomes", sentence="")
    wanted = several_years(100, plan, outcomes, currency="EUR", causal=True)
    assert found.result == pytest.approx(wanted.roi.estimate)
    assert {"drop_off", "discount_rate"} <= {b.name for b in found.bars}
    assert "4 years, discounted" in found.what


def test_monte_carlo_holds_the_effects_interval():
    plan = Value(per_outcome=1)
    fixed = {"per_outcome": (1.0, 1.0)}
    for df, near in ((None, 0.02), (8.0, 0.03)):
        found = monte_carlo(
            plan, 100, causal=True, effect=effect(100, 0, 200, df=df), ranges=fixed,
            draws=40_000, seed=7,
        )  # fmt: skip
        assert found.share_paying == pytest.approx(0.5, abs=near)
        assert found.median == pytest.approx(0, abs=near)
        # the t and the normal put the same ends at 95%, so their 90% differ little
        tail = 1.859548 / 2.306004 if df else 1.644854 / 1.959964
        assert (found.p5, found.p95) == pytest.approx((-tail, tail), abs=near)


def test_monte_carlo_is_repeatable_and_says_its_seed():
    one, again = (monte_carlo(value(), 60_000, causal=False) for _ in range(2))
    other = monte_carlo(value(), 60_000, causal=False, seed=2)
    assert one == again
    assert one != other
    assert f"seed {one.seed}" in one.sentence
    assert one.p5 < one.median < one.p95
    assert asdict(one)["draws"] == 10_000
    assert np.isfinite(one.share_paying)


def test_from_an_unbounded_interval_nothing_is_drawn():
    found = monte_carlo(
        Value(per_outcome=1), 10, causal=True, effect=effect(10, 5, None)
    )
    assert (found.share_paying, found.p5) == (None, None)
    assert "nothing can be drawn" in found.sentence


@pytest.mark.parametrize("ask", [tornado, monte_carlo])
def test_what_has_no_return_has_none_to_vary(ask):
    assert ask(Value(), 10, causal=True) is None
    assert ask(value(), 0, causal=True) is None
    assert ask(Value(), 10, causal=True, effect=effect(5)) is None


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ({"deadwieght": (0, 1)}, "did you mean 'deadweight'"),
        ({"deadweight": (0.5, 0.1)}, "write \\(low, high\\)"),
        ({"deadweight": (5, 35)}, "35% is 0.35"),
        ({"effect": (0, 1)}, "cannot be varied"),
    ],
)
def test_wrong_ranges_are_refused(ranges, words):
    with pytest.raises(PlanError, match=words):
        tornado(
            Value(per_outcome=1, deadweight=0.1), 10, causal=True,
            effect=effect(5, 4, 6), ranges=ranges,
        )  # fmt: skip
