"""Net reach: brute force, hand-worked sets, bounds, refusals."""

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
from audiences import PEOPLE, drawn_audience, drawn_patterns, thin_patterns
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.proportions import wilson
from campaignbook.net_reach import additions, net_reach, share_reached
from campaignbook.reach_bounds import reach_bounds
from campaignbook.reach_choice import best_alone, best_set

# Sums of the same numbers in another order.
CLOSE = 1e-9


@pytest.fixture
def table():
    """Four items: a and b reach nearly the same people, c and d others."""
    return pd.DataFrame(
        {
            "a": [1, 1, 0, 0, 0, 0],
            "b": [1, 0, 1, 0, 0, 0],
            "c": [0, 0, 0, 1, 0, 0],
            "d": [0, 0, 0, 1, 1, 0],
            "people": [500, 100, 80, 200, 50, 70],
        }
    )


def brute(table, costs, budget, most, required=()):
    """Return the largest reach of any affordable set, one by one."""
    items = [c for c in table.columns if c != "people"]
    best = -1.0
    for k in range(min(most, len(items)) + 1):
        for chosen in combinations(items, k):
            fits = sum(costs[c] for c in chosen) <= budget
            if fits and set(required) <= set(chosen):
                hit = table[list(chosen)].any(axis=1)
                best = max(best, table.loc[hit, "people"].sum())
    return best


@st.composite
def cases(draw):
    """Return a random table with whole costs and a budget."""
    size = draw(st.integers(1, 7)), draw(st.integers(1, 12))
    made, costs = drawn_patterns(draw(st.integers(0, 2**32 - 1)), *size)
    return made, costs, draw(st.integers(1, 30)), draw(st.integers(1, 7))


@settings(max_examples=500, deadline=None)
@given(cases())
def test_best_set_equals_brute_force(case):
    table, costs, budget, most = case
    found = best_set(table, costs=costs, budget=budget, at_most=most)
    assert found.reach == brute(table, costs, budget, most)
    assert found.cost == sum(costs[i] for i in found.items) <= budget
    assert len(found.items) <= most
    assert found.reach == net_reach(table, found.items).reach


@settings(max_examples=200, deadline=None)
@given(cases())
def test_step_by_step_is_affordable_and_its_bound_holds(case):
    table, costs, budget, most = case
    found = best_set(table, costs=costs, budget=budget, at_most=most, most_sets=0)
    best = brute(table, costs, budget, most)
    assert found.sets is None
    assert found.cost <= budget and len(found.items) <= most
    assert found.reach <= best <= found.upper * (1 + CLOSE)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_required_items_are_in_the_best_set(case):
    table, costs, budget, most = case
    if costs["i0"] > budget:
        return
    asked = {"costs": costs, "budget": budget, "at_most": most, "required": ["i0"]}
    best = brute(table, costs, budget, most, ["i0"])
    whole, steps = best_set(table, **asked), best_set(table, **asked, most_sets=0)
    assert "i0" in whole.items and "i0" in steps.items
    assert whole.reach == best
    assert steps.reach <= best <= steps.upper * (1 + CLOSE)


def test_more_than_18_items_equal_brute_force():
    made = thin_patterns(3, 20, 400)
    costs = dict.fromkeys(made.columns, 1)
    found = best_set(made, costs=costs, budget=3)
    assert found.sets == 1 + 20 + 190 + 1140
    assert found.reach == brute(made, costs, 3, 20)
    steps = best_set(made, costs=costs, budget=3, most_sets=10)
    assert 0.9 * found.reach <= steps.reach <= found.reach <= steps.upper


def test_more_than_25_items_equal_brute_force():
    made = thin_patterns(4, 30, 300)
    costs = dict.fromkeys(made.columns, 1)
    found = best_set(made, costs=costs, at_most=2)
    assert found.sets == 1 + 30 + 435
    assert found.reach == brute(made, costs, 99, 2)
    fewer = made.drop(columns=[c for c in found.items])
    again = best_set(fewer, at_most=2, required=["i0"])
    assert again.reach == brute(fewer, costs, 99, 2, ["i0"])
    assert "i0" in again.items


def test_all_of_33_million_sets_are_compared():
    """With every item at hand the best set is known without any search."""
    names = [f"i{k}" for k in range(25)]
    each = pd.DataFrame(np.eye(25, dtype=int), columns=names)
    people = np.arange(1, 26)
    found = best_set(each.assign(people=people))
    assert (found.sets, found.reach) == (1 << 25, people.sum())
    costs = dict.fromkeys(names, 1)
    some = best_set(each.assign(people=people), costs=costs, budget=12)
    assert some.items == tuple(names[-12:])
    assert some.sets == sum(comb(25, k) for k in range(13))


def test_the_best_two_are_not_the_two_best(table):
    alone = best_alone(table, at_most=2)
    best = best_set(table, at_most=2)
    assert (alone.items, alone.reach) == (("a", "b"), 680)
    assert (best.items, best.reach, best.audience) == (("a", "d"), 850, 1000)
    assert best.sentence() == (
        "a, d: 850 of 1,000 people (85.0%); the best of 11 sets."
    )


def test_equal_reach_takes_the_cheaper_and_useless_items_are_left():
    table = pd.DataFrame({"a": [1, 0], "b": [1, 0], "c": [0, 0]})
    found = best_set(table, costs={"a": 5, "b": 4, "c": 0}, budget=20)
    assert (found.items, found.reach, found.cost) == (("b",), 1, 4)


def test_additions_by_hand(table):
    costs = {"a": 600, "b": 100, "c": 400, "d": 500}
    made = additions(table, ["b", "a", "d"], costs=costs).set_index("item")
    assert made.index.tolist() == ["a", "d", "b"]
    assert made["alone"].tolist() == [600, 250, 580]
    assert made["added"].tolist() == [600, 250, 80]
    assert made["only_it"].tolist() == [100, 250, 80]
    assert made["cost_per_additional"].tolist() == [1.0, 2.0, 1.25]
    nobody = additions(table, ["c", "d"], costs=costs).set_index("item")
    assert nobody.loc["c", "added"] == 0
    assert np.isnan(nobody.loc["c", "cost_per_additional"])


def test_a_budget_holds_what_costs_just_as_much(table):
    costs = {"a": 0.1, "b": 0.7, "c": 0.2, "d": 0.7}
    found = best_set(table, costs=costs, budget=0.3)
    assert found.items == ("a", "c")  # 0.1 + 0.2 is a little above 0.3 in binary


def test_step_by_step_says_its_gap(table):
    found = best_set(table, at_most=2, most_sets=0)
    assert (found.items, found.upper, found.gap) == (("a", "d"), 850 + 80, 80 / 930)
    assert "no set reaches more than 930" in found.sentence()
    assert "8.6% at most" in found.sentence()


def test_a_survey_share_has_the_interval_of_its_effective_number():
    # Weights 1, 1, 2 and 2: (sum 6)^2 / (sum of squares 10) = 3.6 respondents.
    survey = pd.DataFrame({"a": [1, 0, 1, 0], "people": [1, 1, 2, 2]})
    found = share_reached(survey, ["a"])
    assert (found.estimate, found.n) == (0.5, 4)
    assert found.ends() == pytest.approx(wilson(1.8, 3.6, level=0.95))


def test_its_interval_covers_the_true_share():
    rng = np.random.default_rng(3)
    draws, truth, held = 400, 0.4, 0
    for _ in range(draws):
        people = rng.choice([20.0, 45.0], 300, p=[0.6, 0.4])
        survey = pd.DataFrame({"a": rng.binomial(1, truth, 300), "people": people})
        low, high = share_reached(survey, ["a"]).ends()
        held += low <= truth <= high
    assert abs(held / draws - 0.95) < 3 * (0.95 * 0.05 / draws) ** 0.5


def test_table_comes_out_untouched(table):
    before = table.copy()
    best_set(table, at_most=2)
    additions(table, ["a", "b"])
    pd.testing.assert_frame_equal(table, before)


def test_bounds_by_hand():
    found = reach_bounds([("a", 100), ("b", 80), ("c", 60)], population=200)
    assert (found.low, found.high, found.total) == (100, 200, 240)
    pairs = {("a", "b"): 0.5, ("c", "b"): 0.25, ("a", "c"): 0.5}
    known = reach_bounds([("a", 100), ("b", 80), ("c", 60)], overlaps=pairs)
    # 240 - (40 + 15 + 30) = 155; the tree of the two largest overlaps: 240 - 70.
    assert (known.low, known.high) == (155, 170)
    assert known.sentence().startswith("Together they reach 155 to 170 people; ")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.floats(0, 1))
def test_bounds_hold_in_simulation(seed, n, known):
    hits, overlaps = drawn_audience(seed, n, known)
    reaches = [(str(i), s) for i, s in enumerate(hits.sum(axis=0))]
    reach = hits.any(axis=1).sum()
    for given_overlaps in (None, overlaps):
        found = reach_bounds(reaches, population=PEOPLE, overlaps=given_overlaps)
        assert found.low <= reach * (1 + CLOSE)
        assert reach <= found.high * (1 + CLOSE)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"budget": 0, "costs": {}}, "'a' has no cost"),
        ({"budget": 0, "costs": dict.fromkeys("abcd", 1)}, "the budget is 0; write"),
        ({"budget": 5, "costs": dict.fromkeys("abcd", -1)}, "cost of 'a' is -1"),
        ({"budget": 5}, "a budget but no costs"),
        ({"at_most": 0}, "at_most is 0"),
        ({"required": ["e"]}, "no item 'e' to require"),
        ({"required": ["a", "b"], "at_most": 1}, "require fewer"),
    ],
)
def test_wrong_choices_are_refused(table, asked, words):
    with pytest.raises(PlanError, match=words):
        best_set(table, **asked)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.rename(columns={"b": "a"}), "item 'a' stands 2 times"),
        (lambda t: t.assign(a=2), "'a' has values other than 0 and 1"),
        (lambda t: t.assign(people=-1), "no number of people"),
        (lambda t: t.assign(people=0), "nobody can be reached"),
        (lambda t: t[["people"]], "has 0 items"),
    ],
)
def test_wrong_patterns_are_refused(table, change, words):
    with pytest.raises(DataError, match=words):
        best_set(change(table), at_most=1)


@pytest.mark.parametrize(
    ("reaches", "more", "words"),
    [
        ([], {}, "nobody whose reach"),
        ([("a", 5), ("a", 6)], {}, "'a' stands 2 times"),
        ([("a", None)], {}, "'a' has no reach"),
        ([("a", 0)], {}, "reach of 'a' is 0"),
        ([("a", 50)], {"population": 10}, "50 people of 10"),
        ([("a", 5), ("b", 5)], {"overlaps": {("a", "b"): 1.2}}, "is 1.2; write a sh"),
        ([("a", 5), ("b", 5)], {"overlaps": {("a", "c"): 0.2}}, "not of two of"),
        (
            [("a", 9), ("b", 9)],
            {"overlaps": {("a", "b"): 0.0}, "population": 10},
            "contradict the reaches",
        ),
    ],
)
def test_wrong_reaches_are_refused(reaches, more, words):
    with pytest.raises(PlanError, match=words):
        reach_bounds(reaches, **more)
