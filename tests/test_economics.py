"""Tests of the money: hand-worked figures, carried intervals, and honest sentences."""

import json
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaignbook.cost_effectiveness import compare_with_alternative
from campaignbook.costs import Alternative, Cost, Value
from campaignbook.economics import assess, total_cost
from campaignbook.files import read_cases
from campaignbook.further_figures import further_figures
from campaignbook.money_figures import outcome_words
from campaignbook.results import Estimate
from campaignbook.returns import cost_parts, return_on_ad_spend, several_years

EXACT = 1e-12  # the same formula in another order: rounding only
LOOSE = 1e-9  # differences of products of five factors
IF_DUE = "If all of the change were due to the campaign: "
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
DEDUCTIONS = {"deadweight": 0.2, "displacement": 0.25, "due_to_others": 0.1}  # x 0.54


def effect(estimate, low=None, high=None, *, unit="share", level=0.95):
    return Estimate(
        name="effect",
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        level=level,
        unit=unit,
        null_value=1.0 if unit == "ratio" else 0.0,
        method="by hand",
        assumptions=("made",),
    )


def money(cost, found, *, direction="increase", causal=True, **value):
    costs = [] if cost is None else [Cost(item="All", amount=cost)]
    words = {"direction": direction, "currency": "EUR", "causal": causal}
    return assess(costs, Value(**value), found, **words)


def ends(figure):
    return figure.estimate, figure.ci_low, figure.ci_high


def near(*numbers):
    return tuple(n if n is None else pytest.approx(n, rel=EXACT) for n in numbers)


def test_total_cost_counts_labour():
    costs = [
        Cost(item="Posters", amount=120.5),
        Cost(item="Volunteers", amount=79.5, labour=True),
    ]
    assert total_cost(costs) == 200.0
    assert total_cost([]) == 0.0


def test_hand_worked_with_all_deductions():
    # 0.02 x 100,000 x 0.8 x 0.75 x 0.9 = 1,080; 27,000 back from 20,000 spent.
    found = money(
        20_000,
        effect(0.02, 0.01, 0.04),
        people=100_000,
        per_outcome=50,
        margin=0.5,
        **DEDUCTIONS,
    )
    assert found.cost == 20_000
    assert ends(found.outcomes) == near(1080, 540, 2160)
    assert ends(found.cost_per_outcome) == near(20_000 / 1080, 20_000 / 2160, 1000 / 27)
    assert ends(found.roi) == near(0.35, -0.325, 1.7)
    units = [found.outcomes.unit, found.cost_per_outcome.unit, found.roi.unit]
    assert units == ["outcomes", "EUR per outcome", "ratio"]
    assert "1,080 outcomes (95% interval 540 to 2,160)" in found.outcomes.sentence
    assert "18.5 EUR per outcome" in found.cost_per_outcome.sentence
    assert "9.26 to 37" in found.cost_per_outcome.sentence
    assert "0.35 for each 1 spent" in found.roi.sentence
    assert "-0.325 to 1.7" in found.roi.sentence


def test_organ_donors_of_the_design_page():
    # The effect is on the wrong side: people were lost, money too.
    found = money(
        250_000,
        effect(-0.0225, -0.142, 0.106),
        people=1_200_000,
        per_outcome=3500,
        due_to_others=0.10,
    )
    assert ends(found.outcomes) == near(-24_300, -153_360, 114_480)
    assert ends(found.roi) == near(-341.2, -2148.04, 1601.72)
    assert ends(found.cost_per_outcome) == (None, None, None)
    assert "not in the wished direction" in found.cost_per_outcome.sentence


def test_decrease_counts_the_other_way():
    found = money(
        600, effect(-2, -3, -1), direction="decrease", people=100, per_outcome=6
    )
    assert ends(found.outcomes) == near(200, 100, 300)
    assert ends(found.cost_per_outcome) == near(3, 2, 6)
    assert ends(found.roi) == near(1, 0, 2)


def test_count_is_the_outcomes_themselves():
    found = money(100, effect(50, 40, 80, unit="count"), per_outcome=4)
    assert ends(found.outcomes) == near(50, 40, 80)
    assert ends(found.cost_per_outcome) == near(2, 1.25, 2.5)
    assert ends(found.roi) == near(1, 0.6, 2.2)
    again = money(100, effect(50, 40, 80, unit="count"), per_outcome=4, people=1000)
    assert again == found


@pytest.mark.parametrize(
    ("interval", "outcomes", "per_outcome", "words"),
    [
        ((-10, 40), (20, -10, 40), (5, 2.5, None), "unbounded above"),
        ((0, 40), (20, 0, 40), (5, 2.5, None), "unbounded above"),
        ((10, None), (20, 10, None), (5, 0, 10), "interval 0 to 10"),
        ((10, 40), (20, 10, 40), (5, 2.5, 10), "interval 2.5 to 10"),
    ],
)
def test_unbounded_ends(interval, outcomes, per_outcome, words):
    found = money(100, effect(20, *interval, unit="count"), per_outcome=5)
    assert ends(found.outcomes) == near(*outcomes)
    assert ends(found.cost_per_outcome) == near(*per_outcome)
    assert words in found.cost_per_outcome.sentence


def test_unbounded_end_changes_side_with_the_direction():
    found = money(
        100, effect(-20, None, -10, unit="count"), direction="decrease", per_outcome=5
    )
    assert ends(found.outcomes) == near(20, 10, None)
    assert ends(found.cost_per_outcome) == near(5, 0, 10)
    assert ends(found.roi) == near(0, -0.5, None)
    assert "10 to unbounded above" in found.outcomes.sentence


@pytest.mark.parametrize(
    ("cost", "found", "value", "figures", "words"),
    [
        (9, None, {}, "outcomes cost_per_outcome roi", "No effect was estimated"),
        (9, effect(0.1), {}, "outcomes cost_per_outcome roi", "people"),
        (9, effect(2, unit="ratio"), {"people": 5}, "outcomes roi", "ratio"),
        (9, effect(5, unit="count"), {}, "roi", "per_outcome"),
        (0, effect(5, unit="count"), {"per_outcome": 2}, "roi", "Nothing was spent"),
        (None, effect(5, unit="count"), {"per_outcome": 2}, "roi", "Nothing was"),
        (9, effect(-5, unit="count"), {}, "cost_per_outcome", "wished direction"),
    ],
)
def test_what_does_not_exist_says_why(cost, found, value, figures, words):
    answer = money(cost, found, **value)
    for name in figures.split():
        figure = getattr(answer, name)
        assert ends(figure) == (None, None, None)
        assert words in figure.sentence
        assert "unbounded" not in figure.sentence


@pytest.mark.parametrize("name", ["outcomes", "cost_per_outcome", "roi"])
def test_only_a_causal_design_drops_the_if(name):
    for causal in (True, False):
        found = money(9, effect(5, 4, 6, unit="count"), per_outcome=2, causal=causal)
        assert getattr(found, name).sentence.startswith(IF_DUE) is not causal


def test_several_years_are_told():
    found = money(100, effect(5, 4, 6, unit="count"), per_outcome=2, years=3)
    assert "first year" in found.roi.sentence


def test_taking_everything_off_is_not_the_wrong_direction():
    """The change was wished; the plan's deductions leave nothing of it."""
    found = money(100, effect(0.1, 0.05, 0.2), people=1000, deadweight=1.0)
    assert found.cost_per_outcome.estimate is None
    assert "not in the wished direction" not in found.cost_per_outcome.sentence


def test_without_an_interval_the_data_are_not_said_to_allow_nothing():
    found = money(100, effect(20, unit="count")).cost_per_outcome
    assert (found.estimate, found.ci_high) == (5, None)
    assert "compatible with the data" not in found.sentence


def test_interval_beside_its_estimate_is_no_crash():
    found = money(100, effect(2, -3, -1, unit="count"), per_outcome=1)
    assert found.roi.estimate == pytest.approx(-0.98)


@pytest.mark.parametrize("cost", [49, 98, 103])
def test_break_even_is_zero_and_not_minus_zero(cost):
    found = money(cost, effect(cost, cost, cost, unit="count"), per_outcome=1)
    assert ends(found.roi) == pytest.approx((0, 0, 0), abs=EXACT)
    assert "-0" not in found.roi.sentence


decimals = st.builds(
    lambda n, k: n / 10**k, st.integers(-(10**6), 10**6), st.integers(0, 5)
)
shares = st.integers(0, 19).map(lambda n: n / 20)


@st.composite
def accounts(draw):
    """Return the keywords of `money` for an effect with its interval around it."""
    low, estimate, high = sorted(draw(st.tuples(decimals, decimals, decimals)))
    low, high = draw(st.sampled_from([low, None])), draw(st.sampled_from([high, None]))
    unit = draw(st.sampled_from(["share", "count", "money", "litres a day"]))
    return {
        "cost": draw(st.integers(1, 10**8).map(lambda n: n / 100)),
        "found": effect(estimate, low, high, unit=unit),
        "direction": draw(st.sampled_from(["increase", "decrease"])),
        "causal": draw(st.booleans()),
        "people": draw(st.integers(1, 10**7)),
        "per_outcome": draw(decimals),
        "margin": draw(st.integers(1, 20)) / 20,
        "deadweight": draw(shares),
        "displacement": draw(shares),
        "due_to_others": draw(shares),
    }


def by_the_page(account, value):
    """Return (outcomes, ROI) of an effect of `value`, as design.md has it."""
    take = account.__getitem__
    kept = 1.0
    for name in DEDUCTIONS:
        kept *= 1 - take(name)
    outcomes = value * kept * (1 if take("direction") == "increase" else -1)
    outcomes *= 1 if take("found").unit == "count" else take("people")
    back = outcomes * take("per_outcome") * take("margin")
    return outcomes, (back - take("cost")) / take("cost")


@settings(max_examples=100, deadline=None)
@given(account=accounts())
def test_figures_are_those_of_the_page(account):
    found, given_effect = money(**account), account["found"]
    size = abs(by_the_page(account, given_effect.estimate)[1]) + 1
    for which, figure in enumerate((found.outcomes, found.roi)):
        wanted = by_the_page(account, given_effect.estimate)[which]
        assert figure.estimate == pytest.approx(wanted, rel=LOOSE, abs=LOOSE * size)
        sign = 1 if account["direction"] == "increase" else -1
        sign *= 1 if which == 0 or account["per_outcome"] >= 0 else -1
        pair = (given_effect.ci_low, given_effect.ci_high)[::sign]
        for end, source in zip((figure.ci_low, figure.ci_high), pair, strict=True):
            wanted = source if source is None else by_the_page(account, source)[which]
            assert end == (
                wanted and pytest.approx(wanted, rel=LOOSE, abs=LOOSE * size)
            )


@settings(max_examples=60, deadline=None)
@given(account=accounts(), first=decimals, second=decimals)
def test_roi_is_linear_in_the_effect(account, first, second):
    def roi(value):
        changed = effect(value, unit=account["found"].unit)
        return money(**(account | {"found": changed})).roi.estimate

    size = 1 + abs(roi(first)) + abs(roi(second))
    assert roi(first) + roi(second) - roi(0) == pytest.approx(
        roi(first + second), abs=LOOSE * size
    )
    assert roi(0) == -1


@settings(max_examples=100, deadline=None)
@given(account=accounts())
def test_cost_per_outcome_holds_its_estimate(account):
    found = money(**account)
    figure, outcomes = found.cost_per_outcome, found.outcomes
    assert (figure.estimate is not None) == (outcomes.estimate > 0)
    assume(figure.estimate is not None)
    assert figure.estimate * outcomes.estimate == pytest.approx(found.cost)
    assert 0 <= figure.ci_low <= figure.estimate
    assert figure.ci_high is None or figure.ci_high >= figure.estimate
    holds_null = outcomes.ci_low is None or outcomes.ci_low <= 0
    assert (figure.ci_high is None) == holds_null


@settings(max_examples=150, deadline=None)
@given(account=accounts())
def test_sentences_print_the_figures(account):
    found = money(**account)
    for figure in (found.outcomes, found.cost_per_outcome, found.roi):
        missing = None in (figure.ci_low, figure.ci_high)
        told = missing and figure.estimate is not None
        assert ("unbounded" in figure.sentence) == told
        if figure.estimate is None:
            continue
        assert figure.sentence.startswith(IF_DUE) is not account["causal"]
        text = re.sub(r"95% |for each 1 spent", "", figure.sentence)
        printed = NUMBER.findall(text)
        wanted = [n for n in ends(figure) if n is not None]
        for shown, number in zip(printed, wanted, strict=True):
            value = float(shown.replace(",", ""))
            places = len(shown.partition(".")[2])
            assert abs(value - number) <= 0.5000001 * 10**-places, figure.sentence
            assert value == pytest.approx(number, rel=0.006, abs=1e-8), figure.sentence


# --- published figures (methods.md section 2; inputs from domain/evidence.md) -------


def printed(value, step):
    """Return a number as printed to the nearest `step`."""
    return round(value / step) * step


def counted(cost, number, words=("outcome", "outcomes"), **value):
    return assess(
        [Cost(item="All", amount=cost)],
        Value(**value),
        effect(number, unit="count"),
        direction="increase",
        currency="USD",
        causal=True,
        words=words,
    )


def test_r11_tips_quits_with_both_ends():
    """1.64 M additional attempts, 13.4% (9.7 to 17.2) of them abstinent."""
    found = money(48e6, effect(0.134, 0.097, 0.172), people=1_640_000).outcomes
    assert [printed(n, 1000) for n in ends(found)] == [220_000, 159_000, 282_000]


@pytest.mark.parametrize(
    ("number", "published", "tolerance", "measure"),
    [
        (100_000, 480, 0, "sustained quits"),
        (179_099, 268, 0, "QALYs gained"),
        (17_109, 2819, 0.005, "deaths averted"),
    ],
)
def test_r11_tips_cost_of_an_outcome(number, published, tolerance, measure):
    words = outcome_words(measure, "count")
    figure = counted(48_000_000, number, words).cost_per_outcome
    if tolerance:
        assert figure.estimate == pytest.approx(published, rel=tolerance)
    else:
        assert round(figure.estimate) == published
    assert figure.unit == f"USD per {'QALY' if 'QALY' in measure else 'outcome'}"
    assert figure.unit in figure.sentence


def test_r12_truth_and_holtgrave():
    assert round(counted(245e6, 450_000).cost_per_outcome.estimate) == 544
    found = counted(324e6, 1.9e9, per_outcome=1)
    assert f"{found.outcomes.estimate / found.cost:.2f}" == "5.86"
    assert f"{100 * found.roi.estimate:.0f}" == "486"


def test_r12_road_crew():
    value = Value(per_outcome=231_000, discount_rate=0.0)
    found = counted(140 * 6400, 140)
    net = several_years(
        found.cost, value, found.outcomes, currency="USD", causal=True
    ).net_present_value
    assert f"{net.estimate / 1e6:.2f}" == "31.44"
    assert net.estimate == 140 * (231_000 - 6_400)


def test_r12_athey_within_the_rounding_of_what_was_printed():
    found = money(40e6, effect(0.60, 0.595, 0.605), people=11_700_000)
    assert f"{found.outcomes.estimate / 1e6:.1f}" == "7.0"
    figure = found.cost_per_outcome
    assert figure.ci_low < 5.68 < figure.ci_high
    assert figure.estimate == pytest.approx(5.68, rel=0.005)


def test_r12_bond_2012_is_not_what_its_abstract_multiplies_to():
    """60,055,176 people, 0.39% more turnout, 60,000 votes: one of them means else."""
    found = money(None, effect(0.0039), people=60_055_176).outcomes
    assert round(found.estimate) == 234_215
    assert "234,215 outcomes" in found.sentence and found.estimate > 3.9 * 60_000
    case = next(c for c in read_cases().cases if c.id == "i-voted")
    told = " ".join(f.text for f in case.facts)
    for figure in ("60,055,176", "0.39%", "60,000", "234,215", "do not fit"):
        assert figure in told


# --- words, labour, ad spend ------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "unit", "one"),
    [
        ("QALYs", "count", "QALY"),
        ("health gained", "quality-adjusted life years", "QALY"),
        ("life-years gained", "count", "life-year"),
        ("DALYs averted", "count", "DALY averted"),
        ("registrations", "share", "outcome"),
        ("qualified leads", "count", "outcome"),
    ],
)
def test_outcomes_have_the_names_of_the_goal(measure, unit, one):
    assert outcome_words(measure, unit)[0] == one


SPENT = [
    Cost(item="Ads", amount=1000),
    Cost(item="Editor", amount=500, labour=True),
]


def test_labour_is_told_apart():
    parts = cost_parts(SPENT, currency="EUR")
    assert (parts.total, parts.labour, parts.without_labour) == (1500, 500, 1000)
    assert "1,500 EUR with labour, 1,000 EUR without" in parts.sentence()


def test_return_on_ad_spend_by_hand():
    value = Value(per_outcome=40, margin=0.4)
    sales = assess(
        SPENT, value, effect(100, 60, 140, unit="count"), direction="increase",
        currency="EUR", causal=False,
    )  # fmt: skip
    found = return_on_ad_spend(
        SPENT, value, sales.outcomes, currency="EUR", causal=False
    )
    assert found.break_even == 2.5
    assert ends(found.without_labour) == near(4, 2.4, 5.6)
    assert ends(found.with_labour) == near(8 / 3, 1.6, 56 / 15)
    # what is kept of the return on ad spend is the return on investment
    kept = found.with_labour.estimate * value.margin - 1
    assert kept == pytest.approx(sales.roi.estimate)
    assert "attributed revenue" in found.sentence
    assert "the interval leaves it open" in found.sentence
    assert IF_DUE in found.sentence


def test_money_is_worth_itself():
    revenue = counted(1000, 4000).outcomes
    words = {"currency": "EUR", "causal": True}
    found = return_on_ad_spend(SPENT, Value(), revenue, money_unit=True, **words)
    assert found.without_labour.estimate == 4
    missing = return_on_ad_spend(SPENT, Value(), revenue, **words)
    assert missing.with_labour.estimate is None
    assert "per_outcome" in missing.sentence


@settings(max_examples=50, deadline=None)
@given(margin=st.integers(1, 100).map(lambda n: n / 100))
def test_at_break_even_roas_the_roi_is_zero(margin):
    revenue = 1500 / margin
    value = Value(per_outcome=1, margin=margin)
    found = money(1500, effect(revenue, unit="count"), per_outcome=1, margin=margin)
    roas = return_on_ad_spend(SPENT, value, found.outcomes, currency="EUR", causal=True)
    assert roas.with_labour.estimate == pytest.approx(roas.break_even)
    assert found.roi.estimate == pytest.approx(0, abs=LOOSE)


# --- several years, payback -------------------------------------------------------


def years_of(low=None, high=None, *, cost=1500, causal=True, **value):
    value = {"per_outcome": 10, "years": 3, "discount_rate": 0.0} | value
    found = money(cost, effect(100, low, high, unit="count"), **value)
    words = {"currency": "EUR", "causal": causal}
    return several_years(cost, Value(**value), found.outcomes, **words)


def test_several_years_by_hand():
    # 1,000 + 800 + 640 = 2,440; back after 1 year and 500 of 800.
    found = years_of(50, 150, drop_off=0.2)
    assert ends(found.present_value) == near(2440, 1220, 3660)
    assert ends(found.net_present_value) == near(940, -280, 2160)
    assert ends(found.roi) == near(940 / 1500, -280 / 1500, 2160 / 1500)
    assert ends(found.payback) == near(1.625, 1.0, None)
    assert "20 months (interval 12 months to never)" in found.payback.sentence
    assert "Drop-off 20% a year" in found.sentence


def test_payback_never():
    found = years_of(50, 200, cost=5000)
    assert found.payback.estimate is None
    assert "never adds up" in found.payback.sentence
    assert "better end of the interval after 2.5 years" in found.payback.sentence


def test_one_year_without_discount_is_the_roi_of_the_page():
    found = years_of(60, 200, years=1)
    roi = money(1500, effect(100, 60, 200, unit="count"), per_outcome=10).roi
    assert ends(found.roi) == near(*ends(roi))


def test_several_years_say_if():
    assert years_of(causal=False).sentence.count(IF_DUE) == 3
    assert IF_DUE not in years_of(causal=True).sentence


# --- against an alternative -------------------------------------------------------


def beside(cost, outcomes, low=60, high=140, *, causal=True):
    found = money(1500, effect(100, low, high, unit="count"))
    alternative = Alternative(cost=cost, outcomes=outcomes)
    words = {"currency": "EUR", "causal": causal}
    return compare_with_alternative(1500, found.outcomes, alternative, **words)


@pytest.mark.parametrize(
    ("alternative", "quadrant", "dominance", "icer"),
    [
        ((1000, 50), "costs more and achieves more", "neither", (10, 500 / 90, 50)),
        ((2000, 50), "costs less and achieves more", "dominant", (None, None, None)),
        ((1000, 150), "costs more and achieves less", "dominated", (None, None, None)),
        ((2000, 150), "costs less and achieves less", "neither", (10, 50 / 9, 50)),
        ((1500, 50), "costs the same and achieves more", "dominant", (None,) * 3),
        ((1000, 100), "costs more and achieves the same", "dominated", (None,) * 3),
        ((2000, 100), "costs less and achieves the same", "dominant", (None,) * 3),
        ((1500, 100), "costs the same and achieves the same", "neither", (None,) * 3),
    ],
)
def test_the_quadrants(alternative, quadrant, dominance, icer):
    found = beside(*alternative)
    assert (found.quadrant, found.dominance) == (quadrant, dominance)
    assert quadrant in found.sentence
    assert ends(found.icer) == near(*icer)
    assert ("dominates the alternative" in found.sentence) == (dominance == "dominant")
    assert ("alternative dominates" in found.sentence) == (dominance == "dominated")


def test_an_open_comparison_is_unbounded_and_says_what_else_may_be():
    found = beside(1000, 80)
    assert ends(found.icer) == near(25, 500 / 60, None)
    assert "unbounded above" in found.sentence
    assert found.possible == (
        "costs more and achieves more",
        "costs more and achieves less",
    )
    assert "also allows that it costs more and achieves less" in found.sentence


def test_comparison_without_outcomes_or_cause():
    none = money(1500, None).outcomes
    found = compare_with_alternative(
        1500, none, Alternative(cost=1, outcomes=1), currency="EUR", causal=True
    )
    assert (found.dominance, found.icer.estimate) == ("unknown", None)
    assert beside(1000, 50, causal=False).sentence.startswith(IF_DUE)


# --- all of it together -----------------------------------------------------------


def further(value, *, sells=False, causal=False):
    found = effect(100, 60, 140, unit="count")
    words = {"direction": "increase", "currency": "EUR", "causal": causal}
    known = assess(SPENT, value, found, **words)
    return further_figures(SPENT, value, known, found, sells=sells, **words)


def test_further_figures_are_those_that_the_plan_asks_for():
    assert [name for name, _ in further(Value()).rows()] == ["Labour"]
    sold = further(Value(per_outcome=40, margin=0.4), sells=True)
    names = [name for name, _ in sold.rows()]
    assert names == [
        *("Labour", "Return on ad spend", "Over the years"),
        *("What it hangs on", "If all assumptions vary"),
    ]
    assert sold.social_return_data() == {}
    assert sold.tornado.what == "Return on investment"


def test_the_social_return_of_results_json():
    outcome = {"name": "Quits", "quantity": 10, "proxy": 300}
    value = Value(sroi={"outcomes": [outcome]}, alternative={"cost": 1, "outcomes": 2})
    found = further(value)
    data = found.social_return_data()
    wanted = "present_value ratio net_present_value payback_years sentence rows"
    assert {*wanted.split(), "tornado", "monte_carlo"} <= data.keys()
    assert data["rows"][0]["outcome"] == "Quits"
    assert data["tornado"]["what"] == "Social return on investment"
    assert json.loads(json.dumps(data, allow_nan=False))["ratio"] == data["ratio"]
    assert all(IF_DUE in s or name == "Labour" for name, s in found.rows())
