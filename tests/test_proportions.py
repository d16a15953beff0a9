"""Tests of shares and rates from counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from campaignbook.errors import DataError
from campaignbook.evaluation import proportions
from campaignbook.evaluation.parts import Count

EXACT = 1e-12  # the same formula in another order: rounding only


@pytest.mark.parametrize(
    ("found", "published"),
    [
        (proportions.wilson(81, 263, level=0.95), (0.2553, 0.3662)),
        (proportions.wilson(0, 20, level=0.95), (0, 0.1611)),
        (proportions.wilson(1, 29, level=0.95), (0.0061, 0.1718)),
        (proportions.newcombe(56, 70, 48, 80, level=0.95), (0.0524, 0.3339)),
        (proportions.newcombe(9, 10, 3, 10, level=0.95), (0.1705, 0.8090)),
        (proportions.newcombe(10, 10, 0, 20, level=0.95), (0.6791, 1)),
    ],
)
def test_intervals_r7(found, published):
    assert tuple(round(x, 4) for x in found) == published


def test_splash_page_r8():
    counts = (1500, 12933, 1068, 12933)
    assert round(proportions.pooled_z(*counts)[1], 3) == 8.982
    low, high = proportions.newcombe(*counts, level=0.95)
    assert (round(low, 5), round(high, 5)) == (0.02613, 0.04069)
    assert round(proportions.risk_ratio(*counts, level=0.95)[0], 4) == 1.4045


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("e1", "n1", "e0", "n0"), [(3, 20, 9, 31), (0, 12, 12, 12)])
def test_shares_are_those_of_statsmodels(e1, n1, e0, n0, level):
    low, high = proportion_confint(e1, n1, alpha=1 - level, method="wilson")
    found = proportions.wilson(e1, n1, level=level)
    assert found == pytest.approx((low, high), abs=EXACT)
    wanted = confint_proportions_2indep(e1, n1, e0, n0, "newcomb", alpha=1 - level)
    found = proportions.newcombe(e1, n1, e0, n0, level=level)
    assert found == pytest.approx(wanted, abs=EXACT)


def test_poisson_rates():
    low, high = proportions.poisson_rate(0, 10, level=0.95)
    assert (low, high) == (0, pytest.approx(-np.log(0.025) / 10, rel=EXACT))
    ratio, low, high, _ = proportions.rate_ratio(12, 50, 5, 40, level=0.95)
    assert (low * ratio < ratio**2 < high * ratio) and ratio == pytest.approx(1.92)
    # At each end of the exact interval, a tail of the binomial holds 2.5 %.
    for end, tail in ((low, stats.binom.sf), (high, stats.binom.cdf)):
        share = end * 50 / (end * 50 + 40)
        assert tail(12 - (end == low), 17, share) == pytest.approx(0.025, rel=1e-9)


def test_a_test_that_cannot_be_made_is_none():
    nothing = (None, None, None)
    assert proportions.pooled_z(0, 10, 0, 10) == nothing
    assert proportions.pooled_z(10, 10, 7, 7) == nothing
    assert proportions.risk_ratio(10, 10, 7, 7, level=0.9) == (1, None, None)
    assert proportions.rate_ratio(0, 1, 0, 1, level=0.9) == (None,) * 4
    ratio, low, high, p = proportions.rate_ratio(4, 1, 0, 1, level=0.9)
    assert (ratio, high) == (None, None) and low > 0 and p == 2 / 16


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.5, 0.999))
@settings(max_examples=60, deadline=None)
def test_intervals_hold_their_estimates(events, others, level):
    n = events + others + 1
    low, high = proportions.wilson(events, n, level=level)
    assert 0 <= low <= events / n <= high <= 1
    low, high = proportions.poisson_rate(events, n, level=level)
    assert 0 <= low <= events / n <= high
    low, high = proportions.rate_difference(events, n, others, 7, level=level)
    assert low <= events / n - others / 7 <= high


def test_a_proportion_is_a_share_and_claims_nothing():
    counts = {"all": Count(n=263, events=81)}
    (share,), checks, level, details = proportions.evaluate_proportion(
        counts, level=0.95
    )
    assert (share.name, level.name, checks) == ("share", "level", ())
    assert (share.null_value, share.unit, share.assumptions) == (None, "share", ())
    assert share.ends() == level.ends() == proportions.wilson(81, 263, level=0.95)
    assert details == {"counts": {"all": {"n": 263, "events": 81}}}
    assert share.sentence() == "share: 30.8% (95% interval 25.5% to 36.6%, n = 263)."


def test_refusals():
    with pytest.raises(DataError, match="30 events among 20 people"):
        proportions.wilson(30, 20, level=0.95)
    with pytest.raises(DataError, match="exposure above 0"):
        proportions.poisson_rate(3, 0, level=0.95)
    with pytest.raises(DataError, match="needs one group, got 0"):
        proportions.evaluate_proportion({}, level=0.95)
