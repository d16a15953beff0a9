"""Weighted scores: reversal, ties, the stability of the first place, refusals."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.errors import PlanError
from campaignbook.scoring import Criterion, rank_items

SEGMENTS = {
    "young": {"size": 4, "need": 2, "effort": 1},
    "parents": {"size": 2, "need": 5, "effort": 4},
    "old": {"size": 3, "need": 4, "effort": 2},
}


def criteria(size=1.0, need=1.0, effort=1.0):
    return [
        Criterion(name="size", weight=size),
        Criterion(name="need", weight=need),
        Criterion(name="effort", weight=effort, cost=True),
    ]


def shares(ranking, field="first_near"):
    return {i.name: getattr(i, field) for i in ranking.items}


def test_score_by_hand():
    """Points 1-5 as 0-1, effort reversed: young (.75 + .25 + 1) / 3, and so on."""
    ranking = rank_items(SEGMENTS, criteria(size=2, need=2, effort=2), seed=1)
    found = {i.name: i.score for i in ranking.items}
    assert found == pytest.approx(
        {"young": 2 / 3, "parents": 1.5 / 3, "old": 2 / 3}, abs=1e-12
    )
    assert {i.name: i.rank for i in ranking.items} == {
        "young": 1,
        "old": 1,
        "parents": 3,
    }
    assert ranking.first == ("young", "old")
    assert "'young', 'old' share the first place with 0.67 of 1" in ranking.sentence()


def test_a_cost_counts_the_other_way():
    only = {"dear": {"effort": 5}, "cheap": {"effort": 1}}
    cost = rank_items(only, [Criterion(name="effort", cost=True)], seed=1)
    gain = rank_items(only, [Criterion(name="effort")], seed=1)
    assert cost.first == ("cheap",) and gain.first == ("dear",)
    assert [i.score for i in cost.items] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("weights", "first"),
    [((1, 0, 0), "young"), ((0, 3, 0), "parents"), ((0, 0, 0.1), "young")],
)
def test_one_criterion_with_all_the_weight_decides_alone(weights, first):
    ranking = rank_items(SEGMENTS, criteria(*weights), seed=1)
    assert ranking.first == (first,)
    assert shares(ranking)[first] == 1.0
    assert ranking.spread == 0


def test_twins_share_every_weighting():
    twins = {**SEGMENTS, "young twin": SEGMENTS["young"]}
    found = shares(rank_items(twins, criteria(), seed=1), "first_any")
    assert found["young"] == found["young twin"] > 0
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)


def test_all_weightings_of_two_criteria_as_geometry_says():
    """a wins where 0.75 w > 0.5 (1 - w): above w = 0.4, six tenths of the line."""
    points = {"a": {"size": 4, "need": 1}, "b": {"size": 1, "need": 3}}
    two = [Criterion(name="size"), Criterion(name="need")]
    item = rank_items(points, two, seed=4, draws=40_000).items[0]
    assert item.name == "a"
    assert item.first_any == pytest.approx(0.6, abs=4 * item.error_any)
    assert item.error_any == pytest.approx(math.sqrt(0.24 / 40_000), rel=0.01)


def test_all_weightings_agree_with_a_grid_over_the_simplex():
    steps = 300
    grid = [
        (i / steps, j / steps, (steps - i - j) / steps)
        for i in range(1, steps)
        for j in range(1, steps - i)
    ]
    table = np.array([[0.75, 0.25, 1.0], [0.25, 1.0, 0.25], [0.5, 0.75, 0.75]])
    winners = (np.array(grid) @ table.T).argmax(axis=1)
    brute = np.bincount(winners, minlength=3) / len(grid)
    ranking = rank_items(SEGMENTS, criteria(), seed=2, draws=40_000)
    found, errors = shares(ranking, "first_any"), shares(ranking, "error_any")
    for name, share in zip(SEGMENTS, brute, strict=True):
        assert found[name] == pytest.approx(share, abs=4 * errors[name] + 0.004)


def test_near_weightings_agree_with_brute_force_sampling():
    """Gamma draws, one weighting at a time, another generator and another seed."""
    rng = np.random.default_rng(99)
    weights = {"size": 4.0, "need": 2.0, "effort": 1.0}
    wins = dict.fromkeys(SEGMENTS, 0)
    draws = 20_000
    for _ in range(draws):
        w = {c: rng.gamma(50 * x / 7) for c, x in weights.items()}
        scores = {
            s: sum(w[c] * (6 - p[c] if c == "effort" else p[c]) for c in w)
            for s, p in SEGMENTS.items()
        }  # fmt: skip
        wins[max(scores, key=scores.get)] += 1
    ranking = rank_items(SEGMENTS, criteria(4, 2, 1), seed=7, draws=draws)
    found, errors = shares(ranking), shares(ranking, "error_near")
    assert max(found.values()) < 0.95
    for name, won in wins.items():
        assert found[name] == pytest.approx(won / draws, abs=4 * 1.42 * errors[name])


def test_the_monte_carlo_error_is_that_of_repeated_runs():
    runs = [
        rank_items(SEGMENTS, criteria(4, 2, 1), seed=s, draws=500) for s in range(60)
    ]
    found = [shares(r)["young"] for r in runs]
    assert np.std(found, ddof=1) == pytest.approx(
        shares(runs[0], "error_near")["young"], rel=0.3
    )


def test_same_seed_same_ranking_and_points_stay_untouched():
    before = {k: dict(v) for k, v in SEGMENTS.items()}
    assert rank_items(SEGMENTS, criteria(), seed=3) == rank_items(
        SEGMENTS, criteria(), seed=3
    )
    assert before == SEGMENTS


points = st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=1, max_size=6)
some_weights = st.tuples(*[st.floats(0, 10)] * 3).filter(lambda w: sum(w) > 0.01)


@settings(max_examples=60)
@given(points, some_weights)
def test_laws(rows, weights):
    items = {
        str(i): dict(zip(("size", "need", "effort"), r, strict=True))
        for i, r in enumerate(rows)
    }
    ranking = rank_items(items, criteria(*weights), seed=1, draws=50)
    scores = [i.score for i in ranking.items]
    assert all(b <= a + 1e-9 for a, b in pairwise(scores))
    assert all(-1e-12 <= s <= 1 + 1e-12 for s in scores)
    for field in ("first_near", "first_any"):
        assert sum(shares(ranking, field).values()) == pytest.approx(1)
    ten = rank_items(items, criteria(*(10 * w for w in weights)), seed=1, draws=50)
    assert [i.name for i in ten.items] == [i.name for i in ranking.items]
    turned = {k: {**v, "effort": 6 - v["effort"]} for k, v in items.items()}
    as_gain = [*criteria(*weights)[:2], Criterion(name="effort", weight=weights[2])]
    same = rank_items(turned, as_gain, seed=1, draws=50)
    assert [i.score for i in same.items] == pytest.approx(scores)


def test_many_items_are_ranked_at_once():
    rng = np.random.default_rng(1)
    many = {
        f"partner {i}": {c: int(rng.integers(1, 6)) for c in ("size", "need", "effort")}
        for i in range(500)
    }
    assert len(rank_items(many, criteria(), seed=1).to_frame()) == 500


def test_the_sentence_says_whether_the_weights_decide():
    held = rank_items(
        {"a": {"size": 5, "need": 5}, "b": {"size": 1, "need": 4}},
        criteria()[:2], seed=1,
    )  # fmt: skip
    assert "'a' comes first with 1.00 of 1" in held.sentence()
    assert "does not hang on the exact weights" in held.sentence()
    open_one = rank_items(SEGMENTS, criteria(4, 2, 1), seed=1)
    assert "hangs on the weights: next comes 'old'" in open_one.sentence()
    alone = rank_items({"a": {"x": 2}}, [Criterion(name="x")], seed=1)
    assert "there is no other" in alone.sentence()


def test_refusals_are_told_at_once():
    with pytest.raises(PlanError) as told:
        rank_items({"a": {"size": 9, "sice": 1}}, criteria(size=-1), seed=1)
    text = str(told.value)
    assert len(told.value.problems) == 5
    assert "its weight is -1; write 0 or more. Set cost: true" in text
    assert "there is no criterion 'sice' (did you mean 'size'?)" in text
    assert "'a': 9 points for 'size'; give 1 to 5." in text
    assert "'a': no points for 'need'; give 1 to 5." in text


@pytest.mark.parametrize(
    ("items", "made", "match"),
    [
        ({}, criteria(), "at least one item"),
        (SEGMENTS, [], "criteria: write at least one"),
        (SEGMENTS, criteria(0, 0, 0), "all weights are 0"),
        ({"a": {"x": 1}}, [Criterion(name="x")] * 2, "stands 2 times"),
        ({"a": {"x": 1}}, [Criterion(name="x", low=5, high=1)], "fewest first"),
        ({"a": {"x": math.nan}}, [Criterion(name="x")], "nan points"),
    ],
)
def test_refusals(items, made, match):
    with pytest.raises(PlanError, match=match):
        rank_items(items, made, seed=1)


def test_the_draws_are_checked():
    with pytest.raises(PlanError, match="at least 1"):
        rank_items(SEGMENTS, criteria(), seed=1, draws=0)
