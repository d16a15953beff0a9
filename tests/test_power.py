"""Tests of power: printed numbers of the field, and simulations with the analysis."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.errors import PlanError
from campaignbook.evaluation.clusters import two_sample_t
from campaignbook.evaluation.power import (
    advertising,
    cluster_trial,
    error_of_difference,
    two_means,
    two_shares,
)
from campaignbook.evaluation.proportions import newcombe

CLOSE = 1e-9  # back and forth through the root finder
SHARES_WITHIN = 0.01  # the bar of methods.md section 3, plus Monte-Carlo error
CLUSTERS_WITHIN = 0.02
DRAWS = 3000


def monte_carlo_error(share):
    return 3 * math.sqrt(share * (1 - share) / DRAWS)


def seen_by_t(treated, control):
    """Whether the workbook's own t-test of (cluster) means sees a difference."""
    arm = np.repeat([True, False], [len(treated), len(control)])
    found = two_sample_t(np.concatenate([treated, control]), arm, level=0.95)
    return found.p_value < 0.05


@pytest.mark.parametrize(
    ("control", "change", "power", "formula", "printed"),
    [
        (0.50, 0.25, 0.9, "pooled", "76.7"),
        (0.20, 0.05, 0.8, "pooled", "1094"),
        (0.20, 0.05, 0.8, "baseline", "1030"),
        (0.10, 0.02, 0.8, "pooled", "3841"),
        (0.05, 0.01, 0.8, "pooled", "8158"),
    ],
)
def test_r9_two_shares(control, change, power, formula, printed):
    found = two_shares(control, change=change, power=power, formula=formula)
    digits = len(printed.partition(".")[2])
    assert f"{found.n:.{digits}f}" == printed
    assert formula in found.sentence()


@pytest.mark.parametrize(
    ("change", "printed"), [(0.2, "393.406"), (0.5, "63.766"), (0.8, "25.525")]
)
def test_r9_two_means(change, printed):
    assert f"{two_means(change=change, power=0.8).n:.3f}" == printed


def test_r10_the_advertising_power_problem():
    found = advertising(std_dev=75, cost=0.14, margin=0.5, return_goal=0.25)
    assert f"{found.r_squared:.2e}" == "5.44e-06"
    assert f"{error_of_difference(75, 200_000):.5f}" == "0.33541"
    assert f"{found.people_effect / 1e6:.2f}" == "1.44"
    assert f"{found.people_return / 1e6:.1f}" == "36.0"
    assert "1,441," in found.sentence()


def test_newcombe_sees_what_was_promised():
    control, change, n = 0.10, 0.04, 1000
    rng = np.random.default_rng(20260101)
    treated = rng.binomial(n, control + change, DRAWS)
    untreated = rng.binomial(n, control, DRAWS)
    seen = 0
    for a, b in zip(treated, untreated, strict=True):
        low, high = newcombe(int(a), n, int(b), n, level=0.95)
        seen += low > 0 or high < 0
    promised = two_shares(control, change=change, n=n).power
    assert seen / DRAWS == pytest.approx(
        promised, abs=SHARES_WITHIN + monte_carlo_error(promised)
    )


def test_the_t_test_sees_what_was_promised():
    rng = np.random.default_rng(20260102)
    promised = two_means(change=0.6, n=30).power
    treated = rng.normal(0.6, 1, (DRAWS, 30))
    untreated = rng.normal(0, 1, (DRAWS, 30))
    seen = sum(seen_by_t(a, b) for a, b in zip(treated, untreated, strict=True))
    assert seen / DRAWS == pytest.approx(
        promised, abs=SHARES_WITHIN + monte_carlo_error(promised)
    )


@pytest.mark.parametrize(
    ("clusters", "icc", "change"), [(4, 0.05, 0.6), (10, 0.1, 0.4)]
)
def test_cluster_means_see_what_was_promised(clusters, icc, change):
    size = 20
    rng = np.random.default_rng(20260103)

    def means(shift):
        own = rng.normal(shift, math.sqrt(icc), (DRAWS, clusters))
        people = rng.normal(0, math.sqrt(1 - icc), (DRAWS, clusters, size))
        return own + people.mean(axis=2)

    seen = sum(seen_by_t(a, b) for a, b in zip(means(change), means(0), strict=True))
    found = cluster_trial(
        icc=icc, cluster_size=size, change=change, clusters=clusters
    ).power
    assert seen / DRAWS == pytest.approx(
        found, abs=CLUSTERS_WITHIN + monte_carlo_error(found)
    )


def test_few_clusters_see_less_than_z_with_a_design_effect_says():
    found = cluster_trial(icc=0.05, cluster_size=20, change=0.6, clusters=4).power
    people = 4 * 20 / (1 + 19 * 0.05)
    assert found < two_means(change=0.6, n=people).power - 0.05


designs = st.sampled_from(
    [
        lambda **k: two_means(std_dev=3.0, **k),
        lambda **k: two_shares(0.3, **k),
        lambda **k: two_shares(0.3, formula="baseline", **k),
        lambda n=None, **k: cluster_trial(icc=0.02, cluster_size=30, clusters=n, **k),
    ]
)


@settings(max_examples=40, deadline=None)
@given(design=designs, change=st.floats(0.05, 0.3), power=st.floats(0.3, 0.95))
def test_each_of_the_three_gives_the_others_back(design, change, power):
    n = design(change=change, power=power).n
    if n <= 2:
        return
    assert design(change=change, n=n).power == pytest.approx(power, rel=CLOSE)
    assert design(n=n, power=power).change == pytest.approx(change, rel=1e-6)


def test_the_wished_direction_may_be_down():
    down = two_shares(0.3, n=400, power=0.8, direction="decrease")
    up = two_shares(0.7, n=400, power=0.8, direction="increase")
    assert down.change == pytest.approx(-up.change)
    assert "-" in down.sentence()
    assert two_shares(0.3, n=400, change=down.change).power == pytest.approx(0.8)
    assert two_means(change=-0.5, power=0.8).n == two_means(change=0.5, power=0.8).n


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: two_shares(0.2, n=100), "exactly two"),
        (lambda: two_shares(0.2, n=9, change=0.1, power=0.8), "exactly two"),
        (lambda: two_shares(20, n=9, change=0.1), "35% as 0.35"),
        (lambda: two_shares(0.2, n=9, change=5), "5 percentage points as 0.05"),
        (lambda: two_shares(0.98, n=10, power=0.8), "large enough"),
        (lambda: two_shares(0.2, change=0, power=0.8), "no number can see 0"),
        (lambda: two_means(change=0.2, power=0.01), "above 0.05"),
        (lambda: two_means(change=0.2, n=1), "at least 2 people"),
        (lambda: two_means(std_dev=0, change=0.2, n=9), "above 0"),
        (
            lambda: cluster_trial(icc=2, cluster_size=9, change=0.2, clusters=9),
            "intracluster correlation",
        ),
        (
            lambda: cluster_trial(icc=0.1, cluster_size=0, change=0.2, clusters=9),
            "at least 1",
        ),
        (
            lambda: advertising(std_dev=75, cost=0, margin=0.5, return_goal=0.25),
            "cost",
        ),
    ],
)
def test_refusals_say_what_to_write(call, words):
    with pytest.raises(PlanError, match=words):
        call()
