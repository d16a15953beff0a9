"""Tests of ratios: shapes of Fieller's interval, coverage, refusals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaignbook.errors import DataError
from campaignbook.ratios import delta, fieller, ratio_of_means

COVERAGE = (0.93, 0.97)  # methods.md section 3, at ten values a side
DRAWS = 2000
EXACT = 1e-9  # the quadratic's rounding
WIDENED = 3 * math.sqrt(0.05 * 0.95 / DRAWS)


def test_a_certain_denominator_gives_the_t_interval():
    found = fieller(10, 2, 4, 0, df=8)
    half = 2.306004135 * 2
    assert (found.low, found.high) == pytest.approx(((10 - half) / 2, (10 + half) / 2))
    again = delta(10, 2, 4, 0, df=8)
    assert (again.low, again.high) == pytest.approx((found.low, found.high))


def test_hand_worked_quadratic():
    # (9 - x 3)^2 = 4 (1 + x^2 / 4): 8 x^2 - 54 x + 77 = 0, x = 54 +- sqrt(452) / 16.
    t = 2.0
    level = 2 * 0.9772498680518208 - 1  # the normal's two-sided level at exactly 2
    found = fieller(9, 3, 1, 0.25, level=level)
    roots = [(54 - math.sqrt(452)) / 16, (54 + math.sqrt(452)) / 16]
    assert t == 2.0
    assert [found.low, found.high] == pytest.approx(roots, rel=1e-6)
    assert (found.shape, found.ratio, found.bounded) == ("interval", 3, True)


@pytest.mark.parametrize(
    ("numbers", "shape", "words"),
    [
        ((10, 3, 1, 0.1), "interval", "95% interval"),
        ((10, 1, 1, 1), "complement", "up to -"),
        ((1, 1, 1, 1), "whole line", "exclude no value"),
        ((10, 0, 1, 1), "complement", "the denominator is zero"),
        ((0, 0, 1, 1), "whole line", "the denominator is zero"),
    ],
)
def test_shapes(numbers, shape, words):
    found = fieller(*numbers, unit="EUR per outcome")
    assert found.shape == shape
    assert words in found.sentence("Cost")
    assert found.bounded is (shape == "interval")
    assert (found.low is None) is (shape == "whole line")
    assert ("unbounded" in found.sentence()) is (shape != "interval")
    if found.ratio is not None:
        assert found.holds(found.ratio)
    if shape == "complement":
        assert found.low < found.high
        assert not found.holds((found.low + found.high) / 2)
        assert found.holds(1e9)
        assert found.holds(-1e9)


def test_just_at_the_edge_one_end_is_open():
    t = 1.959963984540054
    found = fieller(10, t, 1, 1)
    assert found.shape == "interval"
    assert (found.low is None, found.high is None) == (False, True)
    assert "unbounded above" in found.sentence()
    assert found.holds(found.ratio)
    assert not found.holds(found.low - 0.01)


def coverage(*, paired, method, seed, mean=(100.0, 10.0), sd=(20.0, 3.0), rho=0.5):
    rng = np.random.default_rng(seed)
    shared = rho if paired else 0.0
    draws = rng.multivariate_normal(
        [0, 0], [[1, shared], [shared, 1]], size=(DRAWS, 10)
    )
    held = 0
    for draw in draws:
        cost, outcomes = mean[0] + sd[0] * draw[:, 0], mean[1] + sd[1] * draw[:, 1]
        found = ratio_of_means(cost, outcomes, paired=paired, method=method)
        held += found.holds(mean[0] / mean[1])
    return held / DRAWS


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("sd", [(20.0, 3.0), (60.0, 9.0), (10.0, 8.0)])
def test_coverage_at_ten_a_side(paired, sd):
    found = coverage(paired=paired, method="fieller", seed=20260104, sd=sd)
    assert COVERAGE[0] - WIDENED <= found <= COVERAGE[1] + WIDENED
    assert COVERAGE[0] <= found <= COVERAGE[1]


numbers = st.floats(-100, 100).map(lambda v: round(v, 3))
sizes = st.floats(0.001, 50).map(lambda v: round(v, 3))


@settings(max_examples=200, deadline=None)
@given(a=numbers, b=numbers, va=sizes, vb=sizes, r=st.floats(-0.95, 0.95))
def test_ends_lie_on_the_bound_and_the_ratio_inside(a, b, va, vb, r):
    cov = r * math.sqrt(va * vb)
    found = fieller(a, b, va, vb, covariance=cov, df=9)
    t = 2.2621571628540993
    for end in (found.low, found.high):
        if end is None:
            continue
        left = (a - end * b) ** 2
        right = t * t * (va - 2 * end * cov + end * end * vb)
        size = a * a + (end * b) ** 2 + right
        assert left == pytest.approx(right, abs=1e-7 * size)
    if b:
        assert found.holds(found.ratio)
    differs = abs(b) > t * math.sqrt(vb)
    assume(abs(abs(b) - t * math.sqrt(vb)) > 1e-6)
    assert (found.shape == "interval") is differs


@settings(max_examples=60, deadline=None)
@given(a=numbers, b=numbers, va=sizes, vb=sizes, k=st.floats(0.001, 1000))
def test_the_unit_of_the_money_does_not_matter(a, b, va, vb, k):
    one, other = fieller(a, b, va, vb), fieller(a * k, b, va * k * k, vb)
    assert one.shape == other.shape
    for end, scaled in ((one.low, other.low), (one.high, other.high)):
        assert (end is None) is (scaled is None)
        if end is not None:
            assert scaled == pytest.approx(end * k, rel=1e-6, abs=1e-9 * k)


def test_turned_round_it_is_the_turned_interval():
    one, other = (
        fieller(10, 4, 1, 0.2, covariance=0.1),
        fieller(4, 10, 0.2, 1, covariance=0.1),
    )
    assert (1 / one.high, 1 / one.low) == pytest.approx((other.low, other.high))


def test_pairs_are_used():
    cost = [100, 120, 80, 140, 90]
    outcomes = [10, 12, 8.5, 13.5, 9]
    paired = ratio_of_means(cost, outcomes, paired=True)
    apart = ratio_of_means(cost, outcomes, paired=False)
    assert paired.ratio == apart.ratio
    assert paired.high - paired.low < (apart.high - apart.low) / 2
    assert (paired.df, apart.df > 4) == (4, True)
    assert cost == [100, 120, 80, 140, 90]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fieller(1, 2, -1, 1), "negative"),
        (lambda: fieller(math.nan, 2, 1, 1), "finite"),
        (lambda: fieller(0, 0, 1, 0), "0 by 0"),
        (lambda: fieller(1, 2, 1, 1, level=95), "between 0 and 1"),
        (lambda: ratio_of_means([1], [2, 3], paired=False), "at least two"),
        (lambda: ratio_of_means([1, 2, 3], [2, 3], paired=True), "as many"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(DataError, match=words):
        call()
