"""How many, how large, how often: two of the three given, the third found."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scipy import stats
from scipy.optimize import brentq

from campaignbook.errors import PlanError
from campaignbook.results import say_apart, say_number

MANY = 1e5  # degrees of freedom from which t is the normal to six digits
MOST = 1e12  # people, clusters or change at which the search gives up


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How many it takes to see how large a change how often.

    Attributes
    ----------
    change : float
        Treated minus control, in `unit`.
    n : float
        `counted` a group, not rounded; `needed` is the next whole number.
    power : float
        Chance of an interval that leaves out "no change" when `change` is the truth.
    level : float
        Confidence level of that interval, 0-1.
    solved : {"change", "n", "power"}
        Which of the three was asked for.
    counted : str
        ``people``, ``clusters`` ...
    unit : str
        Unit of `change`: ``share`` or words.
    method : str
        The formula by its name, or how it was simulated.
    per : str
        What follows `counted`.
    error : float or None
        Monte-Carlo standard error of `power`, 0-1; None for a formula.
    """

    change: float
    n: float
    power: float
    level: float
    solved: Literal["change", "n", "power"]
    counted: str
    unit: str
    method: str
    per: str = "a group"
    error: float | None = None

    @property
    def needed(self) -> int:
        """Whole people or clusters a group; rounding alone adds none."""
        return math.ceil(self.n * (1 - 1e-12))

    @property
    def number(self) -> str:
        """How many it takes, in words."""
        return f"{self.needed:,} {self.counted} {self.per}"

    def sentence(self) -> str:
        """Return what was solved for, in words.

        Examples
        --------
        >>> Detection(change=0.05, n=1093.7, power=0.8, level=0.95, solved="n",
        ...           counted="people", unit="share", method="pooled").sentence()
        'A change of 5.0 percentage points is seen with power 80% by 1,094 people a \
group (two-sided, level 95%; pooled).'
        """
        # as many digits as tell it from a tenth less and a tenth more
        near = [self.change * f for f in (1, 0.9, 1.1)]
        change = say_apart(near, self.unit, change=True)[0]
        who = self.number
        power, how = f"{100 * self.power:.3g}%", f"{100 * self.level:g}%; {self.method}"
        said = {
            "n": f"A change of {change} is seen with power {power} by {who}",
            "power": f"{who} see a change of {change} with power {power}",
            "change": f"{who} see with power {power} a change of {change} or more",
        }[self.solved]
        return f"{said} (two-sided, level {how})."


def solve(
    chance: Callable[[float, float], float],
    change: float | None,
    n: float | None,
    power: float | None,
    level: float,
    *,
    least: float,
    most: float,
    unit: str,
    method: str,
    counted: str = "people",
    per: str = "a group",
) -> Detection:
    """Return the answer with what was missing of change, n and power filled in.

    Parameters
    ----------
    chance : callable
        Power as a function of change and n, rising in the size of each.
    change, n, power : float or None
        Exactly two of them.
    level : float
        Confidence level, 0-1.
    least : float
        Fewest `counted` a group.
    most : float
        Largest change that can be, with its sign.
    unit, method, counted, per : str
        As in `Detection`.
    """
    solved = what_is_asked(change, n, power, level)
    if n is not None and n < least:
        raise PlanError(f"power: at least {least:g} {counted} {per}, got {n:g}.")
    if n is None:
        n = _crossing(lambda size: chance(change, size) - power, least, MOST)
    elif change is None:
        sign, bound = math.copysign(1.0, most), min(abs(most), MOST)
        change = sign * _crossing(
            lambda size: chance(sign * size, n) - power, 1e-9, bound
        )
    return Detection(
        change=change, n=n, power=chance(change, n), level=level, solved=solved,
        counted=counted, unit=unit, method=method, per=per,
    )  # fmt: skip


def what_is_asked(
    change: float | None, n: float | None, power: float | None, level: float
) -> Literal["change", "n", "power"]:
    """Return which of the three is missing; PlanError where two are not given."""
    given = {"change": change, "n": n, "power": power}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) != 1:
        raise PlanError("power: give exactly two of change, number and power.")
    refuse_outside("the level", level)
    if power is not None and not 1 - level < power < 1:
        raise PlanError(
            f"power: write a power above {1 - level:.3g} and below 1, got {power:g}."
        )
    if change == 0:
        raise PlanError("power: write a change other than 0; no number can see 0.")
    return missing[0]


def _crossing(excess: Callable[[float], float], low: float, most: float) -> float:
    """Return where a rising function crosses zero, or `low` where it starts above."""
    if excess(low) >= 0:
        return low
    high = min(2 * low, most)
    while excess(high) < 0:
        if high >= most:
            raise PlanError("power: no number and no change is large enough for this.")
        low, high = high, min(2 * high, most)
    return float(brentq(excess, low, high, xtol=1e-12, rtol=1e-12))


def told(
    smallest: float,
    change: float | None,
    chance: float | None,
    power_asked: float,
    unit: str,
    asks: str,
) -> str:
    """Return what is seen, and what is asked for, in words without a full stop.

    Parameters
    ----------
    smallest, change : float, float or None
        Smallest change that is seen, and the one asked for, in `unit`.
    chance, power_asked : float or None, float
        Of seeing `change`; with which `smallest` is seen, 0-1.
    unit : str
        Unit of both; a ``ratio`` is itself the change.
    asks : str
        Who asks, for example ``the goal asks for``.

    Examples
    --------
    >>> told(0.04, 0.03, 0.56, 0.8, "share", "the goal asks for")
    'sees a change of 4.0 percentage points or more with a chance of 80%; the goal \
asks for 3.0 percentage points, which it sees with a chance of 56%'
    """
    size, *rest = say_apart(
        [smallest, *([] if change is None else [change])], unit, change=True
    )
    what = "a ratio" if unit == "ratio" else "a change"
    more = "more" if smallest > (unit == "ratio") else "beyond"
    text = f"sees {what} of {size} or {more} with a chance of {100 * power_asked:.3g}%"
    if not rest:
        return f"{text}; how much change the goal asks for is not in the plan"
    return f"{text}; {asks} {rest[0]}, which it sees with a chance of {percent(chance)}"


def percent(chance: float) -> str:
    """Return a chance in words; none is told as certain or impossible.

    Examples
    --------
    >>> percent(0.561), percent(0.9999), percent(0.0)
    ('56%', 'over 99%', 'under 1%')
    """
    if chance > 0.99:
        return "over 99%"
    return "under 1%" if chance < 0.01 else f"{100 * chance:.0f}%"


def t_power(shift: float, df: float, level: float) -> float:
    """Return the chance that a t with this noncentrality is beyond its bounds."""
    shift = abs(shift)
    if df > MANY:
        z = stats.norm.isf((1 - level) / 2)
        return float(stats.norm.sf(z - shift) + stats.norm.cdf(-z - shift))
    bound = stats.t.isf((1 - level) / 2, df)
    if shift - bound > 12:  # beyond any doubt; the noncentral t underflows there
        return 1.0
    return float(stats.nct.sf(bound, df, shift) + stats.nct.cdf(-bound, df, shift))


def refuse_outside(what: str, share: float, *, ends: bool = False) -> None:
    """Refuse what is no share; `ends` allows 0 and 1."""
    if not (0 <= share <= 1 if ends else 0 < share < 1):
        raise PlanError(
            f"power: {what} must lie between 0 and 1, got {say_number(share)}; write "
            "35% as 0.35."
        )


def refuse_spread(std_dev: float) -> None:
    """Refuse a standard deviation that is not above 0."""
    if not 0 < std_dev < math.inf:
        raise PlanError(f"power: std_dev must be above 0, got {std_dev:g}.")
