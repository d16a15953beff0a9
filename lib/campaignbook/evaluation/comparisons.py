"""Two groups of people compared: shares, means and rates, without clusters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from campaignbook.evaluation import proportions
from campaignbook.evaluation.arms import ASSUMPTIONS, Arm, Kind, log_reading, t_reading
from campaignbook.evaluation.proportions import CountLike
from campaignbook.results import Estimate


def compare_shares(
    second: CountLike,
    first: CountLike,
    *,
    name: str,
    level: float,
    expected: float | None = None,
    assumptions: tuple[str, ...] = (),
) -> Estimate:
    """Return the difference of two shares, `second` minus `first`, as an Estimate.

    Parameters
    ----------
    second, first : count-like
        People and events: treated and control, or after and before.
    name : str
        What the estimate is called.
    level : float
        Confidence level, 0-1.
    expected : float, optional
        Difference expected anyway, a share; taken off the estimate and its ends.
    assumptions : tuple of str
        What must hold for the number to be an effect.

    Notes
    -----
    The pooled variance holds under "no difference" only; where a difference is
    expected, z uses the two shares as observed.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873-890.
    """
    e1, n1, e0, n0 = second.events, second.n, first.events, first.n
    low, high = proportions.newcombe(e1, n1, e0, n0, level=level)
    p1, p0, anyway = e1 / n1, e0 / n0, expected or 0.0
    method = "difference of two shares, Newcombe's hybrid score interval; z and p "
    if expected is None:
        std_error, z, p_value = proportions.pooled_z(e1, n1, e0, n0)
        method += "with the variance pooled under no difference"
    else:
        unpooled = math.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
        std_error, z, p_value = proportions.z_test(p1 - p0 - anyway, unpooled)
        method += (
            f"with both variances; minus the trend of {expected:g} expected anyway"
        )
    return Estimate(
        name=name,
        estimate=p1 - p0 - anyway,
        std_error=std_error,
        statistic=z,
        ci_low=low - anyway,
        ci_high=high - anyway,
        level=level,
        p_value=p_value,
        n=n1 + n0,
        unit="share",
        method=method,
        assumptions=assumptions,
    )


def compare_people(
    arm: Arm, control: Arm, *, kind: Kind, level: float, unit: str
) -> tuple[Estimate, ...]:
    """Return difference and, but for means, ratio of two arms of people.

    Notes
    -----
    Rates of rows use the residual outcome - rate x exposure (the ratio estimator), so
    that their variance needs no Poisson law; rates of counts alone must assume it.

    References
    ----------
    Welch (1947), Biometrika 34:28-35; Cochran (1977), Sampling Techniques, ch. 6.
    """
    common = {"n": arm.n + control.n, "assumptions": ASSUMPTIONS}
    if kind == "binary":
        return _shares(arm, control, level=level)
    gap = arm.mean - control.mean
    ratio = arm.mean / control.mean if control.total else None
    name = "difference" if kind == "mean" else "rate_difference"
    if arm.spread is None or control.spread is None:
        return _poisson(arm, control, level=level, unit=unit)
    what = "means" if kind == "mean" else "rates, variance between rows"
    parts = [(arm.variance, arm.n), (control.variance, control.n)]
    difference = Estimate(
        name=name,
        estimate=gap,
        level=level,
        unit=unit,
        method=f"difference of two {what}; Welch's t",
        **t_reading(gap, *_welch(parts), level=level),
        **common,
    )
    if kind == "mean":
        return (difference,)
    logs = [
        (v / a.mean**2 if v is not None and a.total else None, a.n)
        for a, v in ((arm, arm.variance), (control, control.variance))
    ]
    return difference, Estimate(
        name="rate_ratio",
        level=level,
        method="ratio of two rates, variance between rows; t on the log (delta method)",
        **log_reading(ratio, *_welch(logs), level=level),
        **common,
    )


@dataclass(frozen=True, slots=True)
class _Count:
    n: int
    events: int


def _shares(arm: Arm, control: Arm, *, level: float) -> tuple[Estimate, Estimate]:
    second, first = (_Count(a.n, a.events) for a in (arm, control))
    difference = compare_shares(
        second, first, name="difference", level=level, assumptions=ASSUMPTIONS
    )
    ratio, _, high = proportions.risk_ratio(
        second.events, second.n, first.events, first.n, level=level
    )
    error = None
    if ratio and high is not None:
        error = math.log(high / ratio) / float(special.ndtri((1 + level) / 2))
    return difference, Estimate(
        name="risk_ratio",
        level=level,
        n=difference.n,
        method="ratio of two shares, normal interval of the log (Katz)",
        assumptions=ASSUMPTIONS,
        **log_reading(ratio, error, math.inf, level=level),
    )


def _poisson(
    arm: Arm, control: Arm, *, level: float, unit: str
) -> tuple[Estimate, Estimate]:
    counts = (arm.events, arm.exposure, control.events, control.exposure)
    ratio, bottom, top, p_value = proportions.rate_ratio(*counts, level=level)
    low, high = proportions.rate_difference(*counts, level=level)
    common = {
        "level": level,
        "p_value": p_value,
        "n": arm.n + control.n,
        "assumptions": ASSUMPTIONS,
    }
    exact = "p exact given all events (events follow Poisson's law)"
    difference = Estimate(
        name="rate_difference",
        estimate=arm.mean - control.mean,
        ci_low=low,
        ci_high=high,
        unit=unit,
        method=f"difference of two rates, Garwood's limits by MOVER; {exact}",
        **common,
    )
    return difference, Estimate(
        name="rate_ratio",
        estimate=ratio,
        ci_low=bottom,
        ci_high=top,
        unit="ratio",
        null_value=1.0,
        method=f"ratio of two rates, exact interval given all events; {exact}",
        **common,
    )


def _welch(
    parts: Sequence[tuple[float | None, int]],
) -> tuple[float | None, float | None]:
    """Return standard error and degrees of freedom of a sum of (variance, n) parts."""
    if any(v is None for v, _ in parts):
        return None, None
    whole = sum(v for v, _ in parts)
    below = sum(v**2 / (n - 1) for v, n in parts)
    return (math.sqrt(whole), whole**2 / below) if below else (None, None)
