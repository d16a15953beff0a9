"""A return as a function of its assumptions, so that these can be varied."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from campaignbook.costs import SroiOutcome, Value
from campaignbook.results import Estimate

Range = tuple[float, float]
Ranges = Mapping[str, Range]
Number = float | np.ndarray

SHARES = frozenset(
    {"deadweight", "displacement", "due_to_others", "drop_off", "discount_rate"}
)

TOGETHER = (
    "An assumption moves all outcomes alike, each between its own ends; told are the "
    "lowest and the highest of them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A return that can be computed anew with other assumptions.

    Attributes
    ----------
    what : str
        Which return, in words.
    break_even : float
        The return that gives the cost back.
    ranges : dict of str to (low, high)
        What can be varied, and how far; an infinite end is unbounded.
    shares : frozenset of str
        Those of them that must lie between 0 and 1.
    at : callable
        The return with the named assumptions replaced by numbers or arrays; what is
        not named stays as in the plan.
    note : str
        What a reader of the ranges must know beside them.
    """

    what: str
    break_even: float
    ranges: dict[str, Range]
    shares: frozenset[str]
    at: Callable[[Mapping[str, Number]], Number]
    note: str = ""


def default_range(name: str, number: float) -> Range:
    """Return 50% below to 50% above a number, a share within 0-1.

    Examples
    --------
    >>> default_range("deadweight", 0.8), default_range("per_outcome", 100.0)
    ((0.4, 1.0), (50.0, 150.0))
    """
    low, high = sorted((0.5 * number, 1.5 * number))
    return (low, min(high, 1.0)) if name in SHARES else (low, high)


def effect_return(
    value: Value, cost: float, effect: Estimate, direction: str, ranges: Ranges
) -> Returned | None:
    """Return the ROI of an effect; None where the plan or the effect gives none.

    Notes
    -----
    One year: the ROI of the results, not discounted. Several years: that of
    `returns.several_years`.
    """
    counted = effect.unit == "count"
    missing = (not counted and value.people is None) or value.per_outcome is None
    if effect.estimate is None or effect.unit == "ratio" or missing or cost <= 0:
        return None
    people = (1.0 if counted else value.people) * (1 if direction == "increase" else -1)
    names = ["deadweight", "displacement", "due_to_others", "per_outcome"]
    names += ["drop_off", "discount_rate"] if value.years > 1 else []
    base = {name: float(getattr(value, name)) for name in names}
    base["effect"] = effect.estimate
    used = {n: ranges.get(n, default_range(n, base[n])) for n in names}
    used["effect"] = effect.ends()
    at_start = bool(value.sroi and value.sroi.timing == "start_of_year")

    def at(changed: Mapping[str, Number]) -> Number:
        now = {**base, **changed}
        back = now["effect"] * people * _kept(now) * now["per_outcome"] * value.margin
        if value.years > 1:
            back = back * _years(value.years, now, at_start=at_start)
        return back / cost - 1

    over = f", {value.years} years, discounted" if value.years > 1 else ""
    return Returned(
        what=f"Return on investment{over}", break_even=0.0, ranges=used,
        shares=SHARES, at=at,
    )  # fmt: skip


def social_ratio(value: Value, cost: float, ranges: Ranges) -> Returned | None:
    """Return the ratio of `value.sroi`; None where the plan has none.

    Notes
    -----
    An assumption moves all outcomes alike: from each one's own low end to its own high
    end, or through the given range. Its range is told as the lowest and highest of all
    outcomes. The return is then read at positions between these two.
    """
    if value.sroi is None or cost <= 0:
        return None
    outcomes, at_start = value.sroi.outcomes, value.sroi.timing == "start_of_year"
    names = ["quantity", "proxy", "deadweight", "displacement", "due_to_others"]
    names.append("drop_off")
    own = {n: [ranges.get(n, default_range(n, getattr(o, n))) for o in outcomes]
           for n in names}  # fmt: skip
    told = {n: (min(r[0] for r in own[n]), max(r[1] for r in own[n])) for n in names}
    rate = value.discount_rate
    told["discount_rate"] = ranges.get(
        "discount_rate", default_range("discount_rate", rate)
    )

    def at(changed: Mapping[str, Number]) -> Number:
        present: Number = 0.0
        for i, outcome in enumerate(outcomes):
            now = {n: _moved(n, i, outcome, changed) for n in names}
            now["discount_rate"] = changed.get("discount_rate", rate)
            value_now = now["quantity"] * now["proxy"] * _kept(now)
            present = present + value_now * _years(
                outcome.years, now, at_start=at_start
            )
        return present / cost

    def _moved(name: str, i: int, outcome: SroiOutcome, changed: Mapping) -> Number:
        if name not in changed:
            return float(getattr(outcome, name))
        (bottom, top), (low, high) = told[name], own[name][i]
        width = top - bottom
        position = (changed[name] - bottom) / width if width else 0.0
        return low + position * (high - low)

    return Returned(
        what="Social return on investment", break_even=1.0, ranges=told, shares=SHARES,
        at=at, note=TOGETHER if len(outcomes) > 1 else "",
    )  # fmt: skip


def _kept(now: Mapping[str, Number]) -> Number:
    kept = (1 - now["deadweight"]) * (1 - now["displacement"])
    return kept * (1 - now["due_to_others"])


def _years(years: int, now: Mapping[str, Number], *, at_start: bool) -> Number:
    """Return the sum over the years of what is left, discounted."""
    total: Number = 0.0
    for year in range(years):
        power = year if at_start else year + 1
        left = (1 - now["drop_off"]) ** year if year else 1.0
        total = total + left * (1 + now["discount_rate"]) ** -power
    return total
