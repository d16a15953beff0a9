"""Resource allocation: curves given and fitted, the best split and its doubt."""

import math

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from campaignbook.allocation import Allocation, _equal, allocate
from campaignbook.allocation_doubt import doubt, reproduced, uses_of
from campaignbook.best_split import Use
from campaignbook.errors import DataError, PlanError
from campaignbook.fitted_curves import fit_curves
from campaignbook.reading import parse_plan
from campaignbook.response_curves import brought, marginal, money_at
from campaignbook.strategies import FORMS, Response

EXACT = 1e-6  # the bar for a known curve
TRUTH = {  # as in data/README.md
    "Instagram": (60, 400),
    "TikTok": (35, 500),
    "search adverts": (80, 900),
    "local radio": (70, 2500),
    "pharmacies": (160, 1500),
}
WORDS = {"currency": "GBP", "unit": "enrolments"}
TABLE = pd.read_csv(ROOT / "data" / "tables" / "channel_spending.csv")


def curve(form="log", scale=10.0, shape=100.0):
    return Response(form=form, scale=scale, shape=shape)


def use(name, form="log", scale=10.0, shape=100.0, **more):
    return Use(name=name, curve=curve(form, scale, shape), **more)


def amounts(optimum):
    return [a.optimal for a in optimum.allocations]


def fitted(table=TABLE, **options):
    return fit_curves(table, response="enrolments", **WORDS, **options)


def answers(optimum):
    return {c.name: c.answer for c in optimum.checks}


# --- curves -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "shape", "there", "slope"),
    [
        ("log", 50, 10 * math.log(2), 0.1),
        ("power", 0.5, 10 * math.sqrt(50), 5 / math.sqrt(50)),
        ("saturation", 50, 5, 0.05),
    ],
)
def test_curves_by_hand(form, shape, there, slope):
    at = curve(form, 10, shape)
    assert brought(at, 50) == pytest.approx(there)
    assert marginal(at, 50) == pytest.approx(slope)
    assert money_at(at, slope) == pytest.approx(50)
    assert brought(at, 0) == 0
    assert money_at(at, 1e9) == pytest.approx(0, abs=1e-9)


@given(
    st.sampled_from(FORMS),
    st.floats(0.1, 1e3),
    st.floats(0.05, 0.95),
    st.floats(1, 1e4),
)
def test_the_marginal_is_the_slope_and_falls(form, scale, bend, money):
    at = curve(form, scale, bend if form == "power" else 1000 * bend)
    step = money * 1e-5
    slope = (brought(at, money + step) - brought(at, money - step)) / (2 * step)
    assert marginal(at, money) == pytest.approx(float(slope), rel=1e-4)
    assert marginal(at, 1.1 * money) < marginal(at, money)


# --- the best split ---------------------------------------------------------------


def test_log_curves_as_worked_out():
    """x = scale / m - shape with m = sum(scale) / (budget + sum(shape))."""
    scales, shapes = (30.0, 20.0, 10.0), (100.0, 50.0, 200.0)
    optimum = allocate(
        [use(f"{a:g}", "log", a, b) for a, b in zip(scales, shapes, strict=True)],
        budget=1000,
    )  # fmt: skip
    m = 60 / 1350
    assert amounts(optimum) == pytest.approx(
        [a / m - b for a, b in zip(scales, shapes, strict=True)], rel=EXACT
    )
    assert optimum.marginal == pytest.approx(m, rel=EXACT)


def test_power_curves_as_worked_out():
    """Equal exponents s: the money is split as scale to the power of 1 / (1 - s)."""
    scales = np.array([1.0, 2.0, 4.0])
    optimum = allocate(
        [use(str(i), "power", a, 0.4) for i, a in enumerate(scales)], budget=500
    )
    parts = scales ** (1 / 0.6)
    assert amounts(optimum) == pytest.approx(list(500 * parts / parts.sum()), rel=EXACT)


def test_saturation_curves_as_worked_out():
    """sqrt(scale x shape) shares out the budget and all the shapes."""
    a, b = np.array([100.0, 80.0, 60.0]), np.array([50.0, 200.0, 100.0])
    optimum = allocate(
        [use(str(i), "saturation", *p) for i, p in enumerate(zip(a, b, strict=True))],
        budget=900,
    )
    roots = np.sqrt(a * b)
    expected = roots * (900 + b.sum()) / roots.sum() - b
    assert amounts(optimum) == pytest.approx(list(expected), rel=EXACT)


def test_bounds_hold_and_a_channel_that_is_not_worth_it_gets_nothing():
    uses = [
        use("full", scale=100, high=50), use("kept", scale=1, low=30),
        use("a", scale=20), use("b", scale=10), use("poor", scale=0.1),
    ]  # fmt: skip
    optimum = allocate(uses, budget=400)
    by_name = {a.name: a for a in optimum.allocations}
    assert [by_name[n].at for n in ("full", "kept", "poor")] == [
        "most",
        "least",
        "least",
    ]
    assert by_name["full"].optimal == 50 and by_name["kept"].optimal == 30
    assert by_name["poor"].optimal == 0
    m = 30 / (320 + 200)
    assert by_name["a"].optimal == pytest.approx(20 / m - 100, rel=EXACT)
    assert by_name["full"].marginal > m > by_name["kept"].marginal
    assert answers(optimum)["equal marginal returns"] == "yes"
    assert "in 2 of 5 uses; 3 are held by a bound" in optimum.checks[1].sentence


def test_more_money_than_can_be_spent():
    optimum = allocate([use("a", high=10), use("b", high=20)], budget=100)
    assert amounts(optimum) == [10, 20]
    assert answers(optimum)["budget and bounds"] == "unknown"
    assert "the rest cannot be spent" in optimum.checks[0].sentence
    assert optimum.marginal == 0 and "money is left over" in optimum.sentence()


def test_a_budget_of_just_the_least_amounts():
    optimum = allocate([use("a", low=10), use("b", low=20)], budget=30)
    assert amounts(optimum) == [10, 20]
    assert answers(optimum)["equal marginal returns"] == "yes"


def test_what_a_response_is_worth_moves_money():
    """One attic is worth five heatings: the same as a curve five times as high."""
    worth = allocate(
        [use("attic", scale=2, worth=5), use("heating", scale=10)], budget=99
    )
    assert amounts(worth) == pytest.approx([49.5, 49.5], rel=EXACT)
    assert worth.allocations[0].response == worth.allocations[1].response


some_uses = st.lists(
    st.tuples(
        st.sampled_from(FORMS), st.floats(0.1, 100), st.floats(0.05, 0.95),
        st.floats(0, 50), st.floats(0, 500),
    ),
    min_size=1, max_size=7,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(some_uses, st.floats(1, 1000), st.integers(0, 10**6))
def test_no_other_split_brings_more(rows, extra, seed):
    uses = [
        use(str(i), f, a, b if f == "power" else 500 * b, low=low, high=low + more)
        for i, (f, a, b, low, more) in enumerate(rows)
    ]
    budget = sum(u.low for u in uses) + extra
    optimum = allocate(uses, budget=budget)
    assert answers(optimum)["equal marginal returns"] == "yes"
    assert answers(optimum)["budget and bounds"] in ("yes", "unknown")
    rng = np.random.default_rng(seed)
    best = np.array(amounts(optimum))
    for _ in range(20):
        shift = rng.normal(size=len(best)) * rng.choice([1e-3, 1, 50])
        other = best + shift - shift.mean()
        inside = all(u.low <= x <= u.high for u, x in zip(uses, other, strict=True))
        if inside:
            value = sum(
                float(brought(u.curve, x)) for u, x in zip(uses, other, strict=True)
            )
            assert value <= optimum.response * (1 + 1e-9)


def test_a_general_optimiser_finds_the_same():
    uses = [
        use("a", "log", 30, 100), use("b", "power", 3, 0.5),
        use("c", "saturation", 90, 300, low=20, high=150),
    ]  # fmt: skip
    found = optimize.minimize(
        lambda x: (
            -sum(float(brought(u.curve, v)) for u, v in zip(uses, x, strict=True))
        ),
        [200.0, 200.0, 100.0],
        bounds=[(1e-6, 500), (1e-6, 500), (20, 150)],
        constraints={"type": "eq", "fun": lambda x: x.sum() - 500},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert amounts(allocate(uses, budget=500)) == pytest.approx(list(found.x), rel=1e-3)


def test_the_conditions_notice_a_split_that_is_not_best():
    def row(name, at, slope):
        return Allocation(
            name=name, current=None, optimal=1, came=None, response_now=None,
            response=1, marginal_now=None, marginal=slope, at=at,
        )  # fmt: skip

    for wrong in (("x", "inside", 1.01), ("x", "least", 1.1), ("x", "most", 0.9)):
        check = _equal([row("a", "inside", 1.0), row(*wrong)], 1.0, "people")
        assert check.answer == "no" and "'x' would help" in check.sentence
    right = [row("a", "inside", 1.0), row("b", "least", 0.9), row("c", "most", 1.1)]
    assert _equal(right, 1.0, "people").answer == "yes"


def test_now_against_the_best():
    uses = [use("a", scale=20, current=10), use("b", scale=10, current=90)]
    optimum = allocate(uses, **WORDS)
    assert optimum.budget == 100
    now = 20 * math.log(1.1) + 10 * math.log(1.9)
    assert optimum.response_now == pytest.approx(now)
    assert optimum.gain == pytest.approx(optimum.response - now) and optimum.gain > 0
    assert optimum.allocations[0].marginal_now == pytest.approx(20 / 110)
    assert "more than the same money as it is split now" in optimum.sentence()
    assert allocate(uses, budget=120).gain is None
    assert answers(optimum)["spend seen before"] == "unknown"


def test_hundreds_of_channels_are_split():
    rng = np.random.default_rng(5)
    uses = [
        use(str(i), FORMS[i % 3], rng.uniform(1, 100),
            rng.uniform(0.1, 0.9) * (1 if i % 3 == 1 else 1000), current=50.0)
        for i in range(600)
    ]  # fmt: skip
    optimum = allocate(uses)
    assert sum(amounts(optimum)) == pytest.approx(30_000, rel=1e-9)
    assert answers(optimum)["equal marginal returns"] == "yes"


def test_refusals_are_told_at_once():
    uses = [
        use("a", low=50, high=40), use("b", low=-1), use("b", worth=0),
        use("c", "power", 1, 1.5), use("d", "power", 1, 1.0), use("e", current=-3),
    ]  # fmt: skip
    with pytest.raises(PlanError) as told:
        allocate(uses, budget=20)
    text = str(told.value)
    assert "'c': a power curve with shape 1.5 is convex, ever steeper" in text
    assert "'d': a power curve with shape 1 is a straight line" in text
    assert "'a': it may take 50 to 40" in text and "'b': it may take -1" in text
    assert "channel 'b' stands 2 times" in text
    assert "one response is worth 0; write more than 0" in text
    assert "'e': -3 spent; write 0 or more" in text
    assert "budget: 20 is below the 49 that the channels take at least" in text


@pytest.mark.parametrize(
    ("uses", "budget", "match"),
    [
        ([], 10, "at least one"),
        ([use("a")], 0, "it is 0; write an amount above 0"),
        ([use("a")], math.nan, "it is nan"),
        ([use("a"), use("b", current=1)], None, "nothing is known of what 'a' has now"),
        ([use("a", low=60), use("b", low=50)], 100, "100 is below the 110"),
    ],
)
def test_refusals(uses, budget, match):
    with pytest.raises(PlanError, match=match):
        allocate(uses, budget=budget)


def test_a_plan_with_a_convex_curve_is_refused_at_its_place():
    response = {"form": "power", "scale": 1, "shape": 1.5}
    plan = {
        "campaignbook": 1, "name": "x", "kind": "social", "purpose": "y",
        "strategy": {"channels": [{"name": "web", "response": response}]},
    }  # fmt: skip
    wrong = r"strategy\.channels\.web\.response: .*shape 1\.5 is convex"
    with pytest.raises(PlanError, match=wrong):
        parse_plan(plan)
    web = plan["strategy"]["channels"][0]
    web["budget"] = -5
    plan["strategy"]["channels"].append({"name": "Web "})
    plan["segments"] = [{"name": "Weary"}, {"name": "weary"}]
    with pytest.raises(PlanError, match=wrong) as told:
        parse_plan(plan)
    for said in ("web.budget: must be", "'web' stands 2", "'weary' stands 2"):
        assert said in str(told.value)


# --- curves from data -------------------------------------------------------------


def simulated(seed, truth=TRUTH, weeks=52, base=0.0, extra=400):
    rng = np.random.default_rng(seed)
    made = []
    for channel, (scale, half) in truth.items():
        spend = rng.choice(half * np.array([0.2, 0.5, 1.0, 1.5, 2.5]), weeks)
        spend[:: 5 if base else weeks + 1] = 0.0
        mean = base + scale * spend / (half + spend)
        came = rng.poisson(mean * rng.gamma(extra, 1 / extra, weeks))
        made.append(
            pd.DataFrame({"channel": channel, "spend": spend, "enrolments": came})
        )
    return pd.concat(made)


def test_the_shipped_table_gives_back_its_truth():
    before = TABLE.copy()
    fits = fitted()
    assert [f.channel for f in fits] == list(TRUTH)
    for fit in fits:
        for estimate, true in zip(fit.estimates, TRUTH[fit.channel], strict=True):
            assert estimate.ci_low < true < estimate.ci_high
        assert 0.5 < fit.dispersion < 2
    pd.testing.assert_frame_equal(TABLE, before)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("base", [0.0, 15.0])
def test_the_curves_give_back_the_total_of_the_data(form, base):
    fits = fitted(simulated(3, base=base), form=form)
    for fit in fits:
        assert fit.fitted.sum() == pytest.approx(fit.response.sum(), rel=1e-8)
        assert (fit.baseline > 0) == (base > 0)
    assert reproduced(fits).answer == "yes"


def test_what_comes_without_money_is_told_apart():
    """60 intervals of 95%: within three Monte-Carlo errors (0.085)."""
    found = [
        fit.estimates[2]
        for seed in range(12)
        for fit in fitted(simulated(seed, base=15.0))
    ]
    assert {e.name for e in found} == {"baseline"}
    assert np.mean([e.ci_low < 15 < e.ci_high for e in found]) >= 0.95 - 0.085


def test_exact_data_give_the_exact_curve():
    spend = np.tile([100.0, 300.0, 800.0, 2000.0], 3)
    for form, shape in (("log", 250.0), ("power", 0.6), ("saturation", 400.0)):
        true = curve(form, 50, shape)
        table = pd.DataFrame(
            {"channel": "a", "spend": spend, "enrolments": brought(true, spend)}
        )
        fit = fitted(table, form=form)[0]
        assert fit.curve.scale == pytest.approx(50, rel=EXACT)
        assert fit.curve.shape == pytest.approx(shape, rel=EXACT)


def test_intervals_of_curve_share_and_gain_hold_the_truth():
    """30 tables: 95% intervals, within three Monte-Carlo errors (0.119) of 0.95."""
    truth = {n: TRUTH[n] for n in ("Instagram", "search adverts", "pharmacies")}
    held = []
    for seed in range(30):
        fits = fitted(simulated(seed, truth))
        optimum = allocate(uses_of(fits))
        found = doubt(fits, optimum, seed=seed, draws=400)
        true = [
            Use(name=n, curve=curve("saturation", *truth[n]), current=u.current)
            for n, u in zip(truth, uses_of(fits), strict=True)
        ]
        best = allocate(true)
        gain = sum(
            float(brought(t.curve, a.optimal) - brought(t.curve, a.current))
            for t, a in zip(true, optimum.allocations, strict=True)
        )
        row = [
            e.ci_low <= a.optimal / best.budget <= e.ci_high
            for e, a in zip(found.shares, best.allocations, strict=True)
        ]
        at = np.array([500.0])
        row += [
            f.band(at)[0, 0] <= brought(t.curve, 500) <= f.band(at)[1, 0]
            for f, t in zip(fits, true, strict=True)
        ]
        held.append([*row, found.gain.ci_low <= gain <= found.gain.ci_high])
    share = np.mean(held, axis=0)
    assert (share >= 0.95 - 0.119).all(), share


def test_now_is_the_mean_of_the_data_and_the_guess_is_warned_of():
    fits = fitted()
    uses = uses_of(fits)
    means = TABLE.groupby("channel", sort=False)[["spend", "enrolments"]].mean()
    assert [u.current for u in uses] == pytest.approx(list(means["spend"]))
    assert [u.came for u in uses] == pytest.approx(list(means["enrolments"]))
    optimum = allocate(uses, **WORDS)
    check = optimum.checks[2]
    assert (
        check.answer == "no"
        and "pharmacies (1,743; seen 100 to 1,600)" in check.sentence
    )
    kept = {f.channel: (float(f.spend.min()), float(f.spend.max())) for f in fits}
    inside = allocate(uses_of(fits, bounds=kept))
    assert answers(inside)["spend seen before"] == "yes"
    assert inside.response < optimum.response


def test_doubt_of_the_shipped_table():
    fits = fitted()
    optimum = allocate(uses_of(fits), **WORDS)
    found = doubt(fits, optimum, seed=1)
    assert doubt(fits, optimum, seed=1) == found
    assert sum(e.estimate for e in found.shares) == pytest.approx(1)
    assert all(e.ci_low < e.estimate < e.ci_high for e in found.shares)
    assert found.gain.estimate == pytest.approx(optimum.gain)
    assert 0 < found.gain.ci_low < optimum.gain < found.gain.ci_high
    assert "better than the present one under all 2,000 curves" in found.sentence()
    assert list(found.to_frame()["name"]) == list(TRUTH)
    bounds = {"pharmacies": (0.0, 700.0)}
    held = doubt(fits, allocate(uses_of(fits, bounds=bounds)), seed=1, bounds=bounds)
    assert held.shares[-1].ci_high * optimum.budget <= 700 + 1e-6


def test_convex_data_are_refused():
    spend = np.tile([100.0, 200.0, 400.0, 800.0], 8)
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"channel": "tv", "spend": spend})
    convex = table.assign(enrolments=rng.poisson(spend**1.6 / 200))
    with pytest.raises(
        DataError, match=r"'tv': its response grows faster than its money"
    ):
        fitted(convex)
    straight = table.assign(enrolments=spend / 10)
    for form in FORMS:
        with pytest.raises(DataError, match="shows no bend"):
            fitted(straight, form=form)


def test_data_that_cannot_be_used_are_told_at_once():
    good = pd.DataFrame({"spend": [1.0, 2, 3] * 3, "enrolments": [3.0, 5, 6] * 3})
    parts = {
        "idle": good.assign(spend=0.0), "in vain": good.assign(enrolments=0.0),
        "one amount": good.assign(spend=5.0), "short": good.head(4),
        "gaps": good.assign(enrolments=[math.nan, *[1.0] * 8]),
        "minus": good.assign(spend=[-1.0, *[1.0] * 8]),
    }  # fmt: skip
    table = pd.concat([t.assign(channel=n) for n, t in parts.items()])
    with pytest.raises(DataError) as told:
        fitted(table)
    text = str(told.value)
    assert len(told.value.problems) == 6
    assert "channel 'idle': nothing was ever spent there" in text
    assert "channel 'in vain': its money brought nothing" in text
    assert "channel 'one amount': it has 1 different amounts in 9 periods" in text
    assert "channel 'gaps': 1 values of 'enrolments' are missing or below 0" in text
    with pytest.raises(DataError, match="no column 'money'"):
        fitted(good.assign(channel="a"), spend="money")
    with pytest.raises(DataError, match="has no rows"):
        fitted(TABLE.head(0))
    with pytest.raises(PlanError, match="'cubic' is not known; write log, power"):
        fitted(form="cubic")


def test_bounds_and_splits_of_other_channels_are_refused():
    fits = fitted()
    with pytest.raises(PlanError, match=r"no channel 'radio' \(did you mean"):
        uses_of(fits, bounds={"radio": (0, 1)})
    other = allocate([use("x")], budget=5)
    with pytest.raises(PlanError, match="other channels"):
        doubt(fits, other, seed=1)
