"""Shares and rates from counts: how many of how many, and how sure we are.

A share is people with an event among people, 0-1; a rate is events by unit of
exposure (people, person-years). Intervals are never Wald's: with few people or few
events they cover far less than they say.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson, confint_poisson_2indep

from campaignbook.errors import DataError
from campaignbook.results import Check, Estimate

Interval = tuple[float, float]
Test = tuple[float | None, float | None, float | None]


class CountLike(Protocol):
    """Anything that holds people (or exposure) as ``n`` and their ``events``."""

    @property
    def n(self) -> int:
        """People, or exposure."""

    @property
    def events(self) -> int:
        """Events among them."""


def wilson(events: float, n: float, *, level: float) -> Interval:
    """Return Wilson's score interval of one share, both ends 0-1.

    Raises
    ------
    DataError
        Unless 0 <= events <= n and n > 0.

    References
    ----------
    Wilson (1927), JASA 22:209-212; Newcombe (1998), Statistics in Medicine 17:857-872.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(81, 263, level=0.95)]
    [0.2553, 0.3662]
    """
    _refuse_share(events, n)
    z, share = float(special.ndtri((1 + level) / 2)), events / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z**2 / n)
    low = 0.0 if events == 0 else middle - half
    return low, 1.0 if events == n else middle + half


def newcombe(e1: float, n1: float, e0: float, n0: float, *, level: float) -> Interval:
    """Return the hybrid score interval of the difference of shares e1/n1 - e0/n0.

    Wilson's limits of the two shares, put together by the square root rule (MOVER).

    Raises
    ------
    DataError
        Unless 0 <= events <= n and n > 0 in both groups.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873-890, method 10.

    Examples
    --------
    >>> [round(end, 4) for end in newcombe(56, 70, 48, 80, level=0.95)]
    [0.0524, 0.3339]
    """
    one, zero = (wilson(e, n, level=level) for e, n in ((e1, n1), (e0, n0)))
    p1, p0 = e1 / n1, e0 / n0
    down, up = (
        math.hypot(p1 - one[0], zero[1] - p0),
        math.hypot(one[1] - p1, p0 - zero[0]),
    )
    return max(-1.0, p1 - p0 - down), min(1.0, p1 - p0 + up)


def pooled_z(e1: float, n1: float, e0: float, n0: float) -> Test:
    """Return standard error, z and two-sided p of "both shares are the same".

    The variance is pooled under the null. All three are None where it is 0: no
    events at all, or events in everybody.

    Examples
    --------
    >>> se, z, p = pooled_z(235, 2435, 157, 2435)
    >>> round(z, 6), f"{p:.3e}", pooled_z(0, 10, 0, 10)
    (4.108412, '3.984e-05', (None, None, None))
    """
    share = (e1 + e0) / (n1 + n0)
    std_error = math.sqrt(share * (1 - share) * (1 / n1 + 1 / n0))
    return z_test(e1 / n1 - e0 / n0, std_error)


def z_test(difference: float, std_error: float) -> Test:
    """Return (std_error, z, two-sided p), all None where the error is 0."""
    if not std_error > 0:
        return None, None, None
    z = difference / std_error
    return std_error, z, float(2 * special.ndtr(-abs(z)))


def risk_ratio(
    e1: float, n1: float, e0: float, n0: float, *, level: float
) -> tuple[float | None, float | None, float | None]:
    """Return the ratio of shares (e1/n1) / (e0/n0) with its log interval.

    The ratio is None without events in the second group; the ends are None where
    a group has no events, or where all people of both have one.

    References
    ----------
    Katz, Baptista, Azen & Pike (1978), Biometrics 34:469-474.

    Examples
    --------
    >>> [round(x, 6) for x in risk_ratio(235, 2435, 157, 2435, level=0.95)]
    [1.496815, 1.23279, 1.817387]
    >>> risk_ratio(3, 10, 0, 10, level=0.95), risk_ratio(0, 10, 3, 10, level=0.95)
    ((None, None, None), (0.0, None, None))
    """
    _refuse_share(e1, n1)
    _refuse_share(e0, n0)
    if e0 == 0:
        return None, None, None
    ratio = (e1 / n1) / (e0 / n0)
    if e1 == 0 or (e1 == n1 and e0 == n0):
        return ratio, None, None
    error = math.sqrt(1 / e1 - 1 / n1 + 1 / e0 - 1 / n0)
    factor = math.exp(float(special.ndtri((1 + level) / 2)) * error)
    return ratio, ratio / factor, ratio * factor


def poisson_rate(events: float, exposure: float, *, level: float) -> Interval:
    """Return Garwood's exact interval of a Poisson rate, in events by exposure.

    Raises
    ------
    DataError
        Unless events >= 0 and exposure > 0.

    References
    ----------
    Garwood (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> [round(end, 3) for end in poisson_rate(10, 1, level=0.95)]
    [4.795, 18.39]
    """
    _refuse_rate(events, exposure)
    low, high = confint_poisson(events, exposure, method="exact-c", alpha=1 - level)
    return float(low), float(high)


def rate_difference(
    e1: float, x1: float, e0: float, x0: float, *, level: float
) -> Interval:
    """Return the interval of the difference of Poisson rates e1/x1 - e0/x0.

    Garwood's limits of the two rates, put together by the square root rule (MOVER).

    Raises
    ------
    DataError
        Unless events >= 0 and exposure > 0 in both groups.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27:1693-1702.

    Examples
    --------
    >>> [round(end, 4) for end in rate_difference(30, 100, 10, 100, level=0.95)]
    [0.0713, 0.3384]
    """
    _refuse_rate(e1, x1)
    _refuse_rate(e0, x0)
    low, high = confint_poisson_2indep(
        e1,
        x1,
        e0,
        x0,
        method="mover",
        method_mover="exact-c",
        compare="diff",
        alpha=1 - level,
    )
    return float(low), float(high)


def rate_ratio(
    e1: float, x1: float, e0: float, x0: float, *, level: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Return (ratio, low, high, p) of the Poisson rates e1/x1 and e0/x0.

    Given all events, those of the first group are binomial: the interval maps
    Clopper and Pearson's, and p doubles the smaller tail, so that the two agree. The
    ratio and its high end are None without events in the second group.

    Raises
    ------
    DataError
        Unless events >= 0 and exposure > 0 in both groups.

    References
    ----------
    Przyborowski & Wilenski (1940), Biometrika 31:313-323; Fay (2010), R Journal
    2(1):53-58 (central intervals).

    Examples
    --------
    >>> [round(x, 4) for x in rate_ratio(30, 100, 10, 100, level=0.95)]
    [3.0, 1.4274, 6.8793, 0.0022]
    """
    _refuse_rate(e1, x1)
    _refuse_rate(e0, x0)
    if e1 + e0 == 0:
        return None, None, None, None
    low, high = proportion_confint(e1, e1 + e0, alpha=1 - level, method="beta")
    law = stats.binom(e1 + e0, x1 / (x1 + x0))
    p_value = min(1.0, 2 * float(min(law.cdf(e1), law.sf(e1 - 1))))
    scale = x0 / x1
    ratio = None if e0 == 0 else e1 / e0 * scale
    top = None if e0 == 0 else float(high) / (1 - float(high)) * scale
    bottom = 0.0 if e1 == 0 else float(low) / (1 - float(low)) * scale
    return ratio, bottom, top, p_value


def share(count: CountLike, *, name: str, level: float) -> Estimate:
    """Return one share with Wilson's interval as an Estimate that claims no effect."""
    low, high = wilson(count.events, count.n, level=level)
    return Estimate(
        name=name,
        estimate=count.events / count.n,
        ci_low=low,
        ci_high=high,
        level=level,
        null_value=None,
        n=count.n,
        unit="share",
        method="share of people, Wilson's score interval",
    )


def evaluate_proportion(
    counts: Mapping[str, CountLike], *, level: float
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]:
    """Return (estimates, checks, level, details) of the design ``proportion``.

    Parameters
    ----------
    counts : mapping
        One group ``all`` with people ``n`` and ``events``.
    level : float
        Confidence level, 0-1.

    Raises
    ------
    DataError
        If there is not exactly one group, or events exceed people.
    """
    if len(counts) != 1:
        raise DataError(
            f"counts: a proportion needs one group, got {len(counts)}; "
            "write counts: {all: {n: , events: }}."
        )
    ((name, count),) = counts.items()
    found = share(count, name="share", level=level)
    details = {"counts": {name: {"n": count.n, "events": count.events}}}
    return (found,), (), share(count, name="level", level=level), details


def _refuse_share(events: float, n: float) -> None:
    if not (n > 0 and 0 <= events <= n):
        raise DataError(
            f"counts: {events} events among {n} people; events must lie between 0 "
            "and the number of people, and there must be people."
        )


def _refuse_rate(events: float, exposure: float) -> None:
    if not (exposure > 0 and events >= 0 and np.isfinite(events + exposure)):
        raise DataError(
            f"counts: {events} events by an exposure of {exposure}; events must be 0 "
            "or more and the exposure above 0."
        )
