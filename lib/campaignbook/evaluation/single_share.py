"""One share: what a survey of some people can tell from a baseline, and how closely."""

import math
from typing import Literal

from scipy import stats
from scipy.optimize import brentq

from campaignbook.errors import PlanError
from campaignbook.evaluation.detection import MOST, Detection, refuse_outside, solve
from campaignbook.evaluation.proportions import wilson


def one_share(
    baseline: float,
    *,
    change: float | None = None,
    n: float | None = None,
    power: float | None = None,
    level: float = 0.95,
    direction: Literal["increase", "decrease"] = "increase",
) -> Detection:
    """Return people, power or the visible distance of one share from a known one.

    Parameters
    ----------
    baseline : float
        Share that is taken as known, 0-1.
    change, n, power : float
        Exactly two of them: share minus `baseline`, people in all, chance that
        Wilson's interval leaves out `baseline`.
    level : float
        Confidence level, 0-1.
    direction : {"increase", "decrease"}
        On which side of `baseline` a change is sought.

    Raises
    ------
    PlanError
        Where a share leaves 0-1, not two of three are given, or nothing is enough.

    Notes
    -----
    Wilson's interval leaves out p0 where the score test refuses it, so power =
    Phi((|p1 - p0| sqrt(n) - z sqrt(p0 q0)) / sqrt(p1 q1)). Beside it, exact power goes
    up and down in small steps, as events are whole.

    References
    ----------
    Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, ch. 2.

    Examples
    --------
    >>> round(one_share(0.5, change=0.1, power=0.8).n)
    194
    """
    refuse_outside("the share without the campaign", baseline)
    room = 1 - baseline if direction == "increase" else baseline
    if change is not None and not 0 <= baseline + change <= 1:
        raise PlanError(
            f"power: a change of {change:g} from {baseline:g} leaves 0 to 1; write 5 "
            "percentage points as 0.05."
        )
    z = float(stats.norm.isf((1 - level) / 2))
    none = z * math.sqrt(baseline * (1 - baseline))

    def chance(gap: float, size: float) -> float:
        share = baseline + gap
        spread = math.sqrt(max(share * (1 - share), 1e-300))
        return float(stats.norm.cdf((abs(gap) * math.sqrt(size) - none) / spread))

    sign = 1 if direction == "increase" else -1
    return solve(
        chance, change, n, power, level, least=1.0, most=room * sign, unit="share",
        method="one proportion, score test", per="in all",
    )  # fmt: skip


def half_width(share: float, n: float, *, level: float = 0.95) -> float:
    """Return half the width of Wilson's interval at an expected share, a share.

    Examples
    --------
    >>> round(half_width(0.5, 1000), 4)
    0.0309
    """
    low, high = wilson(share * n, n, level=level)
    return (high - low) / 2


def people_for(share: float, half: float, *, level: float = 0.95) -> int:
    """Return how many people make half of Wilson's interval at most `half`, a share.

    Raises
    ------
    PlanError
        Unless both are between 0 and 1, `half` below 0.5.

    Examples
    --------
    >>> people_for(0.5, 0.03), people_for(0.1, 0.03)
    (1064, 388)
    """
    refuse_outside("the expected share", share)
    if not 0 < half < 0.5:
        raise PlanError(
            f"power: half the interval's width lies between 0 and 0.5, got {half:g}; "
            "write 3 percentage points as 0.03."
        )
    if half_width(share, 1.0, level=level) <= half:
        return 1
    found = brentq(lambda n: half_width(share, n, level=level) - half, 1.0, MOST)
    return math.ceil(found)
