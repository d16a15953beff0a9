"""How unsure a best split is, when its curves were fitted to data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from campaignbook.allocation import Optimum
from campaignbook.best_split import Use, best_split, over_forms
from campaignbook.errors import PlanError, as_found, is_number, nearest, refuse_level
from campaignbook.fitted_curves import FittedCurve
from campaignbook.response_curves import brought
from campaignbook.results import Check, Estimate, say

Bounds = Mapping[str, tuple[float, float]]
_DRAWS = 2000
_ASSUMPTIONS = (
    "money was moved for reasons that have nothing to do with what was about to come",
    "the form of the curves is right, and stays so",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationDoubt:
    """What the doubt in the curves means for the best split.

    Attributes
    ----------
    shares : tuple of Estimate
        By use: its best share of the budget.
    gain : Estimate
        What the split found brings more than the present one, under the curves that
        the data allow.
    better : float
        Share of these curves, 0-1, under which it brings more.
    draws : int
        How many were drawn.
    """

    shares: tuple[Estimate, ...]
    gain: Estimate
    better: float
    draws: int

    def sentence(self) -> str:
        """Return the gain with its interval, and how often it is one."""
        held = f"{say(self.better, 'share')} of {self.draws:,}"
        held = f"all {self.draws:,}" if self.better == 1 else held
        return (
            f"{self.gain.sentence('Gain in a period')} The split found is "
            f"better than the present one under {held} curves drawn as the data allow."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a use: its best share of the budget with the interval."""
        return pd.DataFrame(
            {
                "name": [e.group for e in self.shares],
                "best_share": [e.estimate for e in self.shares],
                "ci_low": [e.ci_low for e in self.shares],
                "ci_high": [e.ci_high for e in self.shares],
            }
        )


def uses_of(
    fits: Sequence[FittedCurve], *, bounds: Bounds | None = None
) -> tuple[Use, ...]:
    """Return fitted channels as uses of money, with their mean spend as the present.

    Parameters
    ----------
    fits : sequence of FittedCurve
        The channels.
    bounds : mapping of str to (float, float), optional
        Least and most money of a channel in a period.

    Raises
    ------
    PlanError
        If a bound is for a channel that is not there.
    """
    names = [f.channel for f in fits]
    lost = [n for n in bounds or {} if n not in names]
    if lost:
        raise PlanError(
            *(f"bounds: there is no channel '{n}' ({nearest(n, names)})." for n in lost)
        )
    limits = {n: (bounds or {}).get(n, (0.0, np.inf)) for n in names}
    return tuple(
        Use(
            name=f.channel, curve=f.curve, current=float(f.spend.mean()),
            low=limits[f.channel][0], high=limits[f.channel][1],
            seen=(float(f.spend.min()), float(f.spend.max())),
            came=float((f.response - f.baseline).mean()),
        )
        for f in fits
    )  # fmt: skip


def reproduced(fits: Sequence[FittedCurve]) -> Check:
    """Return whether the curves give back what came in the data, in sum."""
    off = [
        f.channel
        for f in fits
        if abs(f.fitted.sum() - f.response.sum()) > 1e-6 * f.response.sum()
    ]
    if off:
        named = ", ".join(f"'{n}'" for n in off)
        sentence = f"The curves of {named} do not give back the total of their data."
        return Check(name="data reproduced", answer="no", sentence=sentence)
    total = sum(f.response.sum() for f in fits)
    sentence = f"With the money of the data the curves give back all {total:,.0f}."
    return Check(name="data reproduced", answer="yes", sentence=sentence)


def doubt(
    fits: Sequence[FittedCurve],
    optimum: Optimum,
    *,
    seed: int,
    bounds: Bounds | None = None,
    draws: int = _DRAWS,
    level: float = 0.95,
) -> AllocationDoubt:
    """Return how unsure a best split and its gain are.

    Parameters
    ----------
    fits : sequence of FittedCurve
        The curves behind the split.
    optimum : Optimum
        ``allocate(uses_of(fits, bounds=bounds), ...)``.
    seed : int
        Of the draws.
    bounds : mapping of str to (float, float), optional
        As they were given there.
    draws : int
        Curves drawn from each fit.
    level : float
        Of the intervals, 0-1.

    Raises
    ------
    PlanError
        If the split is of other channels or outside the bounds, or there are no draws.
    DataError
        If the level is no share.

    Notes
    -----
    Parameters are drawn from the multivariate t of each fit, and the budget is split
    anew under each draw; the intervals are percentiles. The gain is that of the split
    found, not of each draw's own best one: that is what somebody gets who follows it.
    """
    uses = uses_of(fits, bounds=bounds)
    _refuse_others(fits, optimum)
    outside = [
        u.name
        for u, a in zip(uses, optimum.allocations, strict=True)
        if not u.low - 1e-6 <= a.optimal <= u.high + 1e-6
    ]
    if outside:
        named = ", ".join(f"'{n}'" for n in outside)
        raise PlanError(
            f"bounds: the best split of {named} lies outside; give the bounds with "
            "which it was found."
        )
    forms, scale, shape = _drawn(fits, draws, seed)
    low, high = (np.array([getattr(u, k) for u in uses]) for k in ("low", "high"))
    best = best_split(forms, scale, shape, low, high, optimum.budget)
    ends = np.quantile(best / optimum.budget, _tails(level), axis=0)
    found = np.array([a.optimal for a in optimum.allocations])
    now = np.array([u.current for u in uses])
    now = now * optimum.budget / now.sum()
    gains, gain = _compared(fits, found, now, (forms, scale, shape), level)
    return AllocationDoubt(
        shares=tuple(
            Estimate(
                name="best share", group=u.name, estimate=float(x / optimum.budget),
                ci_low=float(a), ci_high=float(b), unit="share", null_value=None,
                level=level, method=gain.method,
            )
            for u, x, a, b in zip(uses, found, *ends, strict=True)
        ),
        gain=replace(gain, unit=optimum.unit),
        better=float((gains > 0).mean()),
        draws=draws,
    )  # fmt: skip


def difference(
    fits: Sequence[FittedCurve],
    first: Optimum,
    second: Optimum,
    *,
    seed: int,
    draws: int = _DRAWS,
    level: float = 0.95,
) -> Estimate:
    """Return how much more one split brings than another, with its interval.

    Both are splits over the fitted channels; `seed` is that of the draws.

    Raises
    ------
    PlanError
        If a split is of other channels, or there are no draws.
    """
    for split in (first, second):
        _refuse_others(fits, split)
    amounts = (np.array([a.optimal for a in o.allocations]) for o in (first, second))
    drawn = _drawn(fits, draws, seed)
    return replace(_compared(fits, *amounts, drawn, level)[1], unit=first.unit)


_Drawn = tuple[list[str], np.ndarray, np.ndarray]


def _drawn(fits: Sequence[FittedCurve], draws: int, seed: int) -> _Drawn:
    """Return the forms, and drawn scales and shapes, shape (draws, channels)."""
    if not is_number(draws, 1, whole=True):
        raise PlanError(f"draws: {as_found(draws)}; write a whole number from 1 on.")
    pairs = [f.drawn(draws, seed=[seed, i]) for i, f in enumerate(fits)]
    scale, shape = (np.column_stack([p[k] for p in pairs]) for k in (0, 1))
    return [f.curve.form for f in fits], scale, shape


def _refuse_others(fits: Sequence[FittedCurve], split: Optimum) -> None:
    if [a.name for a in split.allocations] != [f.channel for f in fits]:
        raise PlanError("the best split is of other channels than the fitted curves.")


def _tails(level: float) -> list[float]:
    refuse_level(level)
    return [(1 - level) / 2, (1 + level) / 2]


def _compared(
    fits: Sequence[FittedCurve],
    money: np.ndarray,
    other: np.ndarray,
    drawn: _Drawn,
    level: float,
) -> tuple[np.ndarray, Estimate]:
    """Return what one split brings more than another: by draw, and as an estimate."""
    gains = over_forms(brought, *drawn, money).sum(axis=1)
    gains = gains - over_forms(brought, *drawn, other).sum(axis=1)
    at = [
        sum(float(brought(f.curve, x)) for f, x in zip(fits, split, strict=True))
        for split in (money, other)
    ]
    low, high = np.quantile(gains, _tails(level))
    return gains, Estimate(
        name="gain", estimate=at[0] - at[1], ci_low=float(low), ci_high=float(high),
        level=level, method=f"{len(gains)} draws from the fitted curves",
        assumptions=_ASSUMPTIONS,
    )  # fmt: skip
