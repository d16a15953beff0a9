"""How much a return hangs on what was assumed: one at a time, and all together."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy import stats

from campaignbook.assumptions import (
    Range,
    Ranges,
    Returned,
    effect_return,
    social_ratio,
)
from campaignbook.costs import Value
from campaignbook.errors import PlanError, nearest
from campaignbook.money_figures import if_due
from campaignbook.results import Estimate, say_number

DRAWS = 10_000
SEED = 20_250_101
DEFAULT = (
    "Ranges that are not given are 50% below to 50% above the plan's number, shares "
    "between 0 and 1; a share of 0 stays 0 unless a range is given."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TornadoBar:
    """What one assumption does to the return, all others left as they are.

    Attributes
    ----------
    name : str
        The plan's word: ``deadweight``, ``effect`` ...
    low_value, high_value : float or None
        Ends of its range; None is unbounded (the effect's interval).
    low_result, high_result : float or None
        The return at these ends; None where the end is unbounded.
    swing : float or None
        Size of the difference; None is unbounded.
    """

    name: str
    low_value: float | None
    high_value: float | None
    low_result: float | None
    high_result: float | None
    swing: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """Bars, the widest first, round the return that the plan gives.

    Attributes
    ----------
    what : str
        Which return.
    result : float
        With every assumption as in the plan.
    break_even : float
        The return that gives the cost back: 0 for ROI, 1 for SROI.
    bars : tuple of TornadoBar
        Sorted by swing; unbounded ones first, those without any left out.
    sentence : str
        What it hangs on most, and how the ranges were made.
    """

    what: str
    result: float
    break_even: float
    bars: tuple[TornadoBar, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonteCarlo:
    """The return when all assumptions vary together.

    Attributes
    ----------
    what : str
        Which return.
    draws, seed : int
        How it can be made again.
    share_paying : float or None
        Share of draws above break-even, 0-1; None where nothing could be drawn.
    p5, median, p95 : float or None
        Percentiles of the return.
    sentence : str
        All of it in words.
    """

    what: str
    draws: int
    seed: int
    share_paying: float | None
    p5: float | None
    median: float | None
    p95: float | None
    sentence: str


def tornado(
    value: Value,
    cost: float,
    *,
    causal: bool,
    effect: Estimate | None = None,
    direction: Literal["increase", "decrease"] = "increase",
    ranges: Mapping[str, Range] | None = None,
) -> Tornado | None:
    """Return what each assumption does to the return; None where none exists.

    Parameters
    ----------
    value : Value
        The plan's assumptions.
    cost : float
        All costs, above 0.
    causal : bool
        Whether the "if all of the change were due to the campaign" may be left out.
    effect : Estimate, optional
        With it the return is the ROI of the effect (over `value.years`, discounted,
        where these are more than one); without it the ratio of `value.sroi`.
    direction : {"increase", "decrease"}
        Which way is good.
    ranges : mapping of str to (low, high)
        Instead of the default ranges. The effect's range is its interval. In a social
        return a range holds for all its outcomes.

    Raises
    ------
    PlanError
        Where a range has an unknown name or its ends the wrong way round.

    References
    ----------
    Eschenbach (1992), Interfaces 22:40-46.
    """
    found = _returned(value, cost, effect, direction, ranges)
    if found is None:
        return None
    centre = float(found.at({}))
    bars = []
    for name, (low, high) in found.ranges.items():
        ends = [
            None if math.isinf(v) else float(found.at({name: v})) for v in (low, high)
        ]
        swing = None if None in ends else abs(ends[1] - ends[0])
        values = [None if math.isinf(v) else v for v in (low, high)]
        if swing is None or swing > 1e-12:
            bar = TornadoBar(
                name=name, low_value=values[0], high_value=values[1],
                low_result=ends[0], high_result=ends[1], swing=swing,
            )  # fmt: skip
            bars.append(bar)
    bars.sort(key=lambda b: (-math.inf if b.swing is None else -b.swing, b.name))
    return Tornado(
        what=found.what,
        result=centre,
        break_even=found.break_even,
        bars=tuple(bars),
        sentence=_tornado_words(found, centre, bars, causal),
    )


def monte_carlo(
    value: Value,
    cost: float,
    *,
    causal: bool,
    effect: Estimate | None = None,
    direction: Literal["increase", "decrease"] = "increase",
    ranges: Mapping[str, Range] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> MonteCarlo | None:
    """Return the return when all assumptions vary; None where none exists.

    Parameters
    ----------
    value, cost, causal, effect, direction, ranges
        As in `tornado`.
    draws, seed : int
        How many, and where chance starts.

    Notes
    -----
    Assumptions are drawn evenly from their ranges, each on its own; in a social return
    one draw moves all outcomes alike (whoever is too hopeful about one is about all).
    The effect is its estimate plus t (its degrees of freedom, else normal) times a
    standard error that puts each end of its interval where it is; so an unequal
    interval gives an unequal spread. An unbounded one cannot be drawn from.
    """
    found = _returned(value, cost, effect, direction, ranges)
    if found is None:
        return None
    common = {"what": found.what, "draws": draws, "seed": seed}
    rng = np.random.default_rng(seed)
    drawn: dict[str, np.ndarray] = {}
    for name, (low, high) in found.ranges.items():
        if name != "effect":
            drawn[name] = rng.uniform(low, high, draws)
        elif math.isinf(low) or math.isinf(high):
            nothing = dict.fromkeys(("share_paying", "p5", "median", "p95"))
            why = (
                f"{found.what}: the effect's interval is unbounded or missing, so "
                "nothing can be drawn from it."
            )
            return MonteCarlo(**common, **nothing, sentence=why)
        else:
            drawn[name] = _effects(effect, low, high, rng, draws)
    results = np.broadcast_to(found.at(drawn), (draws,))
    paying = float((results > found.break_even).mean())
    p5, median, p95 = (float(v) for v in np.percentile(results, [5, 50, 95]))
    sentence = (
        f"{found.what}: {if_due(causal)}in {100 * paying:.1f}% of {draws:,} draws "
        f"(seed {seed}) it is above {found.break_even:g}, where the cost is back; 90% "
        f"of the draws lie between {say_number(p5)} and {say_number(p95)}, half below "
        f"{say_number(median)}. {DEFAULT} {found.note}"
    ).rstrip()
    return MonteCarlo(
        **common, share_paying=paying, p5=p5, median=median, p95=p95, sentence=sentence
    )


def _returned(
    value: Value,
    cost: float,
    effect: Estimate | None,
    direction: str,
    ranges: Mapping[str, Range] | None,
) -> Returned | None:
    make: Callable[[Ranges], Returned | None]
    if effect is not None:
        make = partial(effect_return, value, cost, effect, direction)
    else:
        make = partial(social_ratio, value, cost)
    found = make({})
    if found is None:
        return None
    for name, (low, high) in (ranges or {}).items():
        if name not in found.ranges or name == "effect":
            known = [n for n in found.ranges if n != "effect"]
            raise PlanError(f"ranges.{name}: cannot be varied; {nearest(name, known)}.")
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise PlanError(f"ranges.{name}: write (low, high), got ({low}, {high}).")
        if name in found.shares and not 0 <= low <= high <= 1:
            raise PlanError(f"ranges.{name}: shares lie between 0 and 1; 35% is 0.35.")
    return make(dict(ranges or {}))


def _effects(
    effect: Estimate, low: float, high: float, rng: np.random.Generator, draws: int
) -> np.ndarray:
    tail = (1 - effect.level) / 2
    if effect.df is not None:
        bound, unit = stats.t.isf(tail, effect.df), rng.standard_t(effect.df, draws)
    else:
        bound, unit = stats.norm.isf(tail), rng.standard_normal(draws)
    below = max(effect.estimate - low, 0.0) / bound
    above = max(high - effect.estimate, 0.0) / bound
    return effect.estimate + unit * np.where(unit < 0, below, above)


def _tornado_words(
    found: Returned, centre: float, bars: list[TornadoBar], causal: bool
) -> str:
    said = (
        f"{found.what}: {if_due(causal)}{say_number(centre)} with the plan's numbers."
    )
    if not bars:
        return f"{said} No assumption moves it. {DEFAULT}"
    top = bars[0]
    if top.swing is None:
        said += f" It hangs most on {top.name}, whose range is unbounded."
    else:
        said += (
            f" It hangs most on {top.name}: {say_number(top.low_result)} at its "
            f"low end ({say_number(top.low_value)}), {say_number(top.high_result)} at "
            f"its high end ({say_number(top.high_value)})."
        )
    return " ".join(filter(None, [said, DEFAULT, found.note]))
