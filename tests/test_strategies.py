"""Strategies: competing behaviours and voices, the mix, the map and the KPI tree."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from campaignbook.errors import DataError, PlanError
from campaignbook.exchange import (
    COMPONENTS,
    TOOLS,
    Offer,
    diagnose,
    exchange,
    tools_for,
)
from campaignbook.kpi_tree import (
    Branch,
    leaves,
    leaves_sentence,
    tree_frame,
    worked_out,
)
from campaignbook.perceptual_map import perceptual_map
from campaignbook.strategies import Strategy, positioning, strategy_checks
from campaignbook.voices import (
    Opportunity,
    content_gaps,
    gap_sentence,
    rank_opportunities,
    share_of_voice,
)

PRINTED = 5e-4  # the published coordinates are printed with three decimals

# --- competing behaviours ---------------------------------------------------------

WALK = Offer(
    name="walk",
    benefits={"friends": 6, "fresh air": 3},
    barriers={"rain": 7, "early": 4},
)
RIDE = Offer(name="car", benefits={"warm": 8, "quick": 5}, barriers={"jam": 3})
BUS = Offer(name="bus", benefits={"dry": 4}, barriers={"crowd": 5})


def test_exchange_by_hand():
    found = exchange(WALK, [BUS, RIDE])
    assert [o.name for o in found.rivals] == ["car", "bus"]
    assert found.shortfall == 10 - (-2)
    assert found.to_frame()["remains"].tolist() == [-2, 10, -1]
    levers = found.levers()
    assert levers["of"].tolist() == [
        "warm", "rain", "quick", "early", "friends", "fresh air", "jam",
    ]  # fmt: skip
    said = found.sentence()
    assert "'car' is the better deal in the segment's own eyes, by 12 points" in said
    assert "match or outdo the benefit 'warm'" in said


def test_the_sentence_turns_with_the_deal():
    assert "ask what still keeps them" in exchange(RIDE, [WALK]).sentence()
    assert "equally good deals" in exchange(WALK, [WALK]).sentence()


def test_exchange_refusals():
    wrong = Offer(name="x", benefits={"a": 11}, barriers={"b": -1})
    with pytest.raises(PlanError) as told:
        exchange(wrong, [])
    assert len(told.value.problems) == 3
    assert "'a' weighs 11; write 0 to 10" in str(told.value)


def test_what_is_lacking_leads_to_what_serves_it():
    there = dict.fromkeys(COMPONENTS, True) | {"physical opportunity": False}
    found = diagnose(there)
    assert found.lacking == ("physical opportunity",) and not found.unknown
    serving = [name for name, _ in found.functions]
    assert serving == ["environmental restructuring", "enablement", "restriction"]
    assert "it is not persuasion that is missing" in found.sentence()
    table = found.to_frame().set_index("intervention")
    assert table.loc["restriction", "voluntary"] == "no: needs a rule"


def test_the_widest_intervention_comes_first_and_rules_last():
    found = diagnose({"social opportunity": False, "automatic motivation": False})
    assert found.functions[0][1] == ("social opportunity", "automatic motivation")
    assert [n for n, _ in found.functions][-2:] == ["restriction", "coercion"]
    assert "Not known, so ask first: psychological capability" in found.sentence()
    assert "Nothing is known yet" in diagnose({}).sentence()
    there = diagnose(dict.fromkeys(COMPONENTS, True))
    assert "Nothing is lacking" in there.sentence() and there.to_frame().empty


@given(
    st.dictionaries(st.sampled_from(list(COMPONENTS)), st.sampled_from([True, False]))
)
def test_each_lacking_component_is_served_by_a_voluntary_intervention(there):
    found = diagnose(there)
    served = {
        c
        for name, parts in found.functions
        if name not in ("coercion", "restriction")
        for c in parts
    }
    assert served == set(found.lacking) == {c for c, yes in there.items() if not yes}


def test_tools_and_misspelt_names():
    assert all(tools_for(kind) for kind in TOOLS)
    with pytest.raises(PlanError, match="did you mean 'forgetting'"):
        tools_for("forgeting")
    with pytest.raises(PlanError, match="did you mean 'social opportunity'"):
        diagnose({"social oportunity": True})


# --- competing voices -------------------------------------------------------------


def test_share_of_voice_is_wilsons_and_sums_to_one():
    """81 of 263: Wilson [.2553, .3662] (Newcombe 1998)."""
    counts = pd.DataFrame({"voice": ["us", "them"], "mentions": [81, 182]})
    them, us = share_of_voice(counts)
    assert (round(us.ci_low, 4), round(us.ci_high, 4)) == (0.2553, 0.3662)
    assert us.estimate + them.estimate == 1


def bursts(seed, days=30, burst=10):
    """Mentions by day that come in bursts of so many; a third of them are ours."""
    rng = np.random.default_rng(seed)
    ours, others = (burst * rng.poisson(m, days) for m in (1, 2))
    rows = [("us", ours), ("them", others)]
    return pd.concat(
        pd.DataFrame({"voice": v, "day": range(days), "mentions": n}) for v, n in rows
    )


def test_an_interval_by_day_allows_for_bursts():
    """150 draws: within three Monte-Carlo errors (0.053) of 95%; Wilson is far off."""
    held = {"day": 0, None: 0}
    for seed in range(150):
        table = bursts(seed)
        for period in held:
            us = next(
                e for e in share_of_voice(table, period=period) if e.group == "us"
            )
            held[period] += us.ci_low < 1 / 3 < us.ci_high
    assert held["day"] / 150 >= 0.95 - 0.053
    assert held[None] / 150 < 0.7


def test_a_voice_that_nobody_mentions_has_an_interval():
    table = bursts(1).assign(
        mentions=lambda t: t["mentions"].where(t["voice"] == "us", 0)
    )
    them = share_of_voice(table, period="day")[1]
    assert them.estimate == 0 and them.ci_low == 0 and 0 < them.ci_high < 0.1


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ({"voice": ["a", "b"], "mentions": [1, -2]}, "1 values are missing or below 0"),
        ({"voice": ["a"], "mentions": [0]}, "nobody was mentioned"),
        ({"voice": ["a"]}, "no column 'mentions'"),
    ],
)
def test_share_of_voice_refusals(table, match):
    with pytest.raises(DataError, match=match):
        share_of_voice(pd.DataFrame(table))


def test_too_few_periods_are_refused():
    with pytest.raises(DataError, match="2 periods; bursts can be seen from 3 on"):
        share_of_voice(bursts(1, days=2), period="day")


POSTS = pd.DataFrame(
    {"us": [6, 2, 2], "them": [34, 6, 0]}, index=["harms", "money", "cravings"]
)
ASKED = {"harms": 20, "money": 30, "cravings": 50}


def test_content_gaps_by_hand():
    before = POSTS.copy()
    gaps = content_gaps(POSTS, ASKED, own="us")
    assert [g.topic for g in gaps] == ["cravings", "money", "harms"]
    first = gaps[0]
    assert (first.asked, first.told, first.own) == (0.5, 2 / 50, 0.2)
    assert first.gap == pytest.approx(0.46) and first.silent == ("them",)
    assert sum(g.gap for g in gaps) == pytest.approx(0)
    assert "50.0% of the questions and 4.0% of the posts" in gap_sentence(gaps)
    pd.testing.assert_frame_equal(POSTS, before)


def test_content_gap_refusals():
    with pytest.raises(DataError, match=r"'sleep' is not in both[\s\S]*no 'me'; known"):
        content_gaps(POSTS, {**ASKED, "sleep": 1}, own="me")
    with pytest.raises(DataError, match="questions: write 0 or more"):
        content_gaps(POSTS, dict.fromkeys(ASKED, 0), own="us")
    with pytest.raises(DataError, match="posts: write counts"):
        content_gaps(POSTS * 0, ASKED, own="us")


def test_opportunities_by_need_and_neglect():
    options = [
        Opportunity(name="a", need=0.6, served=0.9),
        Opportunity(name="b", need=0.4, served=0.2),
        Opportunity(name="c", need=0.3, served=0.1),
    ]
    table, ranking = rank_opportunities(options, seed=1)
    assert table["opportunity"].tolist() == ["b", "c", "a"]  # .6, .6 -> tie, .35
    assert table["rank"].tolist() == [1, 1, 3]
    assert table["unmet"].tolist() == pytest.approx([0.32, 0.27, 0.06])
    assert ranking.first == ("b", "c")
    only_need, _ = rank_opportunities(options, seed=1, neglect=0)
    assert only_need["opportunity"][0] == "a"
    with pytest.raises(
        PlanError, match="served must be a share between 0 and 1, got 9"
    ):
        rank_opportunities([Opportunity(name="x", need=0.1, served=9)], seed=1)


# --- the map ----------------------------------------------------------------------

SMOKERS = pd.DataFrame(
    [[4, 2, 3, 2], [4, 3, 7, 4], [25, 10, 12, 4], [18, 24, 33, 13], [10, 6, 7, 2]],
    index=["SM", "JM", "SE", "JE", "SC"],
    columns=["none", "light", "medium", "heavy"],
)


def test_the_map_of_greenacres_smokers():
    """Greenacre 1984: inertias .0748 and .0100 of .0852; first axis as printed."""
    found = perceptual_map(SMOKERS)
    assert found.inertia == pytest.approx(0.0852, abs=PRINTED)
    assert found.shown == pytest.approx((0.878, 0.118), abs=PRINTED)
    first = found.rows["x"] * np.sign(found.rows.loc["JM", "x"])
    assert first.to_dict() == pytest.approx(
        {"SM": -0.066, "JM": 0.259, "SE": -0.381, "JE": 0.233, "SC": -0.201},
        abs=PRINTED,
    )
    chi_squared = stats.chi2_contingency(SMOKERS).statistic
    assert found.inertia * 193 == pytest.approx(chi_squared)
    assert found.check.answer == "no" and "do not read it" in found.sentence()


def test_distances_on_a_full_map_are_those_of_the_profiles():
    """With three columns two axes show all, and distances are chi-squared distances."""
    table = SMOKERS[["none", "light", "medium"]]
    found = perceptual_map(table)
    assert sum(found.shown) == pytest.approx(1)
    profiles = table.div(table.sum(axis=1), axis=0)
    masses = table.sum() / table.to_numpy().sum()
    one = ((profiles.loc["SM"] - profiles.loc["SE"]) ** 2 / masses).sum()
    two = ((found.rows.loc["SM"] - found.rows.loc["SE"]) ** 2).sum()
    assert two == pytest.approx(one)
    weights = table.sum(axis=1) / table.to_numpy().sum()
    assert found.rows.mul(weights, axis=0).sum().abs().max() < 1e-12


def test_the_map_knows_neighbours_and_differences():
    table = pd.DataFrame(
        [[40, 5, 5], [38, 6, 6], [5, 40, 30]], index=list("abc"), columns=list("xyz")
    )
    found = perceptual_map(table)
    assert found.nearest("a") == "b" and found.check.answer == "yes"
    assert perceptual_map(table).rows.equals(found.rows)
    assert perceptual_map((table > 9).astype(int) + 1).check.answer in ("no", "unknown")


def test_map_refusals():
    with pytest.raises(DataError, match="2 voices and 4 attributes"):
        perceptual_map(SMOKERS.head(2))
    with pytest.raises(DataError, match="'SM' has no mention"):
        perceptual_map(
            SMOKERS.assign(**dict.fromkeys(SMOKERS, 0)).mask(
                SMOKERS.index.to_series().ne("SM"), SMOKERS
            )
        )
    with pytest.raises(DataError, match="0 or more in every cell"):
        perceptual_map(SMOKERS.replace(25, math.nan))
    with pytest.raises(DataError, match="'SM' stands twice"):
        perceptual_map(pd.concat([SMOKERS, SMOKERS.head(1)]))


# --- positioning and checks -------------------------------------------------------


def test_an_empty_part_of_the_positioning_is_refused():
    with pytest.raises(PlanError, match="write 'seen_as'"):
        positioning(audience="a", behaviour="b", seen_as=" ", instead_of="c")


def test_the_checks_follow_the_strategy():
    empty = strategy_checks(Strategy())
    assert [c.answer for c in empty] == ["no"] * 5
    full = Strategy(
        competition=[{"name": "the car", "barriers": ["jam"], "benefits": ["warm"]}],
        mix={"product": "a", "price": "b", "place": "c", "promotion": "d"},
        positioning="For teenagers, walking beats the car.",
        channels=[
            {
                "name": "x",
                "budget": 1,
                "response": {"form": "log", "scale": 1, "shape": 1},
            }
        ],
    )
    assert [c.answer for c in strategy_checks(full)] == ["yes"] * 5
    told = full.model_copy(
        update={"mix": Strategy(mix={"promotion": "d"}).mix, "positioning": "Walk!"}
    )
    told = {c.name: c for c in strategy_checks(told)}
    assert "Promotion alone" in told["marketing mix"].sentence
    assert "has to beat: 'the car'" in told["positioning"].sentence


# --- the KPI tree -----------------------------------------------------------------


def tree():
    posts = Branch(name="posts a day", level="daily", value=2)
    reach = Branch(name="people a post", level="daily", value=1000)
    clicks = Branch(
        name="clicks",
        level="step",
        parts=(
            posts,
            reach,
            Branch(name="click", level="daily", value=0.02, unit="share"),
        ),
    )
    walk_in = Branch(name="walk-ins", level="step", value=10)
    visits = Branch(name="visits", level="step", parts=(clicks, walk_in), how="plus")
    enrol = Branch(name="enrol", level="behaviour", value=0.1, unit="share")
    return Branch(
        name="enrolments", level="purpose", parts=(visits, enrol)
    )  # fmt: skip


def test_the_tree_by_hand():
    """(2 x 1000 x 0.02 + 10) x 0.1 = 5."""
    assert worked_out(tree()) == pytest.approx(5)
    found = {leaf.name: leaf for leaf in leaves(tree(), target=6)}
    assert found["posts a day"].top_after == pytest.approx(5.4)
    assert found["posts a day"].needed == pytest.approx(2.5)
    assert found["enrol"].needed == pytest.approx(0.12)
    assert found["walk-ins"].needed == pytest.approx(20)
    table = tree_frame(tree())
    assert table["value"].tolist()[:2] == ["5", "50"]
    assert "decides nothing" in table["what it can decide"].iloc[-4]


def test_a_share_cannot_exceed_one():
    found = {leaf.name: leaf for leaf in leaves(tree(), target=60)}
    assert found["enrol"].needed is None and found["posts a day"].needed > 2
    assert "Not alone: enrol." in leaves_sentence(tree(), target=60)
    zero = Branch(
        name="t",
        level="step",
        parts=(
            Branch(name="a", level="daily", value=0),
            Branch(name="b", level="daily", value=2),
        ),
    )
    assert [leaf.needed for leaf in leaves(zero, target=6)] == [None, None]


def test_tree_refusals_are_told_at_once():
    bad = Branch(name="t", level="daily", how="over", value=1, parts=(
        Branch(name="a", level="purpose", value=-1),
        Branch(name="a", level="x", value=35, unit="share"),
        Branch(name="b", level="step"),
    ))  # fmt: skip
    with pytest.raises(PlanError) as told:
        tree_frame(bad)
    text = str(told.value)
    for part in (
        "'a' stands 2 times", "level 'x'", "made by 'over'", "has a value and parts",
        "neither a value nor parts", "is -1; write 0 or more", "write 35% as 0.35",
        "'a' stands below 't' and claims to decide more",
    ):  # fmt: skip
        assert part in text
    with pytest.raises(PlanError, match="target: it is 0"):
        leaves(tree(), target=0)
