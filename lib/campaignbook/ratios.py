"""Ratios of two uncertain numbers: cost per outcome, return per unit spent.

Where the denominator may be zero, no honest interval of a ratio is bounded. Fieller's
says so: it can leave a gap in the middle, or be the whole line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.results import say_number

Shape = Literal["interval", "complement", "whole line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioInterval:
    """A ratio with the values that the data allow.

    Attributes
    ----------
    ratio : float or None
        Numerator by denominator; None where the denominator is zero.
    shape : {"interval", "complement", "whole line"}
        ``interval``: from `low` to `high`. ``complement``: all values up to `low` and
        all from `high` on, but none between. ``whole line``: every value.
    low, high : float or None
        The ends; None is unbounded. Both None on the whole line.
    level : float
        Confidence level, 0-1.
    df : float
        Degrees of freedom of t.
    unit : str
        Unit of the ratio, in words.
    method : str
        How it was made.
    """

    ratio: float | None
    shape: Shape
    low: float | None
    high: float | None
    level: float
    df: float
    unit: str
    method: str

    @property
    def bounded(self) -> bool:
        """Whether both ends exist and the values lie between them."""
        return self.shape == "interval" and None not in (self.low, self.high)

    def holds(self, value: float) -> bool:
        """Return whether the interval allows a value."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if self.shape == "complement":
            return value <= low or value >= high
        return low <= value <= high

    def sentence(self, subject: str = "Ratio") -> str:
        """Return the ratio and what the data allow, in words.

        Examples
        --------
        >>> fieller(10, 2, 1, 0.01, df=18, unit="EUR per outcome").sentence("Cost")
        'Cost: 5 EUR per outcome (95% interval 3.87 to 6.24).'
        """
        size = "no ratio exists, the denominator is zero"
        if self.ratio is not None:
            size = f"{say_number(self.ratio)} {self.unit}".rstrip()
        low, high = (
            None if e is None else say_number(e) for e in (self.low, self.high)
        )
        allowed = {
            "interval": f"{low or 'unbounded below'} to {high or 'unbounded above'}",
            "complement": f"unbounded: up to {low}, or {high} and more; the "
            "denominator may be zero",
            "whole line": "unbounded: the data exclude no value at all",
        }[self.shape]
        return f"{subject}: {size} ({100 * self.level:g}% interval {allowed})."


def fieller(
    numerator: float,
    denominator: float,
    variance_numerator: float,
    variance_denominator: float,
    *,
    covariance: float = 0.0,
    df: float = math.inf,
    level: float = 0.95,
    unit: str = "",
) -> RatioInterval:
    """Return a ratio of two estimates with Fieller's interval.

    Parameters
    ----------
    numerator, denominator : float
        The two estimates.
    variance_numerator, variance_denominator, covariance : float
        Squared standard errors of the estimates, and their covariance.
    df : float
        Degrees of freedom of t; infinite takes the normal.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the ratio, in words.

    Raises
    ------
    DataError
        Where a variance is negative, a number is missing, or both estimates are
        exactly zero.

    Notes
    -----
    All rho with (a - rho b)^2 <= t^2 (v_a - 2 rho c + rho^2 v_b): a quadratic. It is an
    interval where the denominator differs from zero at this level; else the complement
    of one, or the whole line. With a certain denominator it is the usual t-interval.

    References
    ----------
    Fieller (1954), Journal of the Royal Statistical Society B 16:175-185.
    """
    a, b, var_a, var_b = (
        numerator,
        denominator,
        variance_numerator,
        variance_denominator,
    )
    _refuse(a, b, var_a, var_b, covariance, level)
    t = _quantile(level, df)
    # scaled to their own sizes, so that the comparisons with zero mean something
    size_a = max(abs(a), math.sqrt(var_a)) or 1.0
    size_b = max(abs(b), math.sqrt(var_b)) or 1.0
    scale = size_a / size_b
    a, b, t2 = a / size_a, b / size_b, t * t
    var_a, var_b = var_a / size_a**2, var_b / size_b**2
    shared = covariance / (size_a * size_b)
    square, middle = b * b - t2 * var_b, a * b - t2 * shared
    rest = a * a - t2 * var_a
    low, high, shape = _roots(square, middle, rest)
    return RatioInterval(
        ratio=numerator / denominator if denominator else None,
        shape=shape,
        low=None if low is None else low * scale,
        high=None if high is None else high * scale,
        level=level,
        df=df,
        unit=unit,
        method="Fieller, " + ("normal" if math.isinf(df) else f"t with {df:.4g} df"),
    )


def delta(
    numerator: float,
    denominator: float,
    variance_numerator: float,
    variance_denominator: float,
    *,
    covariance: float = 0.0,
    df: float = math.inf,
    level: float = 0.95,
    unit: str = "",
) -> RatioInterval:
    """Return the same with the delta method's interval, for comparison only.

    Notes
    -----
    Parameters as in `fieller`; variance = (v_a - 2 r c + r^2 v_b) / b^2. Always bounded
    and symmetric, so wrong where the denominator is not well away from zero.
    """
    _refuse(
        numerator, denominator, variance_numerator, variance_denominator, covariance,
        level,
    )  # fmt: skip
    method = "delta method, " + ("normal" if math.isinf(df) else f"t with {df:.4g} df")
    common = {"level": level, "df": df, "unit": unit, "method": method}
    if denominator == 0:
        return RatioInterval(
            ratio=None, shape="whole line", low=None, high=None, **common
        )
    ratio = numerator / denominator
    variance = variance_numerator - 2 * ratio * covariance
    variance += ratio * ratio * variance_denominator
    half = _quantile(level, df) * math.sqrt(max(variance, 0.0)) / abs(denominator)
    return RatioInterval(
        ratio=ratio, shape="interval", low=ratio - half, high=ratio + half, **common
    )


def ratio_of_means(
    numerator: Sequence[float],
    denominator: Sequence[float],
    *,
    paired: bool,
    level: float = 0.95,
    unit: str = "",
    method: Literal["fieller", "delta"] = "fieller",
) -> RatioInterval:
    """Return the ratio of two means, both of which vary, with its interval.

    Parameters
    ----------
    numerator, denominator : sequence of float
        Values, for example cost and outcomes of each site.
    paired : bool
        Whether both numbers come from the same sites, in the same order.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the ratio, in words.
    method : {"fieller", "delta"}
        Which interval.

    Raises
    ------
    DataError
        With fewer than two values a side, missing ones, or pairs of unequal length.

    Notes
    -----
    Paired: n - 1 degrees of freedom. Independent: each mean has its own variance, and
    Satterthwaite's degrees of freedom of a - r b at the estimated r.

    Examples
    --------
    >>> ratio_of_means([12, 9, 11, 10], [4, 3, 3, 4], paired=True).sentence()
    'Ratio: 3 (95% interval 2.36 to 3.93).'
    """
    a, b = (np.asarray(v, dtype=float) for v in (numerator, denominator))
    if min(len(a), len(b)) < 2:
        raise DataError("a ratio of means needs at least two values a side.")
    if paired and len(a) != len(b):
        raise DataError(
            f"a paired ratio needs as many numerators as denominators, got {len(a)} "
            f"and {len(b)}."
        )
    mean_a, mean_b = float(a.mean()), float(b.mean())
    var_a, var_b = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    shared, df = 0.0, float(len(a) - 1)
    if paired:
        shared = float(np.cov(a, b)[0, 1]) / len(a)
    else:
        df = _satterthwaite(mean_a, mean_b, var_a, var_b, len(a), len(b))
    made = fieller if method == "fieller" else delta
    return made(
        mean_a, mean_b, var_a, var_b, covariance=shared, df=df, level=level, unit=unit
    )


def _roots(
    square: float, middle: float, rest: float
) -> tuple[float | None, float | None, Shape]:
    """Return where square x^2 - 2 middle x + rest <= 0, and its shape."""
    under = middle * middle - square * rest
    if abs(square) < 1e-14:  # a ray: the denominator is just at the edge
        if abs(middle) < 1e-14:
            return None, None, "whole line"
        edge = rest / (2 * middle)
        return (edge, None, "interval") if middle > 0 else (None, edge, "interval")
    if square < 0 and under <= 0:
        return None, None, "whole line"
    # the root that does not cancel, then the other from their product
    far = middle + math.copysign(math.sqrt(max(under, 0.0)), middle)
    ends = sorted([far / square, rest / far if far else 0.0])
    return ends[0], ends[1], "interval" if square > 0 else "complement"


def _satterthwaite(a, b, var_a, var_b, n_a, n_b) -> float:
    if not b:
        return float(min(n_a, n_b) - 1)
    part_a, part_b = var_a, (a / b) ** 2 * var_b
    if part_a + part_b == 0:
        return float(n_a + n_b - 2)
    below = part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1)
    return (part_a + part_b) ** 2 / below


def _quantile(level: float, df: float) -> float:
    tail = (1 - level) / 2
    return float(stats.norm.isf(tail) if math.isinf(df) else stats.t.isf(tail, df))


def _refuse(a, b, var_a, var_b, covariance, level) -> None:
    if not all(math.isfinite(v) for v in (a, b, var_a, var_b, covariance)):
        raise DataError("a ratio needs finite numbers; leave missing values out.")
    if var_a < 0 or var_b < 0:
        raise DataError(f"a variance cannot be negative, got {min(var_a, var_b):g}.")
    if a == 0 and b == 0 and var_b == 0:
        raise DataError("0 by 0: a ratio needs a denominator that is not always 0.")
    if not 0 < level < 1:
        raise DataError(f"the level must lie between 0 and 1, got {level:g}.")
