"""Cost-effectiveness against an alternative: the ICER and its four quadrants."""

import math
from dataclasses import dataclass
from typing import Literal

from campaignbook.costs import Alternative
from campaignbook.money_figures import (
    MoneyFigure,
    if_due,
    interval_words,
    mapped,
    missing_figure,
)
from campaignbook.results import say_number

Dominance = Literal["dominant", "dominated", "neither", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incremental:
    """The campaign beside its alternative.

    Attributes
    ----------
    difference_in_cost : float
        Campaign minus alternative, in the plan's currency.
    difference_in_outcomes : float or None
        Campaign minus alternative; None where outcomes do not exist.
    ci_low, ci_high : float or None
        Ends of the difference in outcomes; None is unbounded.
    icer : MoneyFigure
        Difference in cost by difference in outcomes; no estimate where one of the two
        dominates, because the ratio then means nothing.
    quadrant : str
        Where the estimates lie, in words.
    possible : tuple of str
        Every quadrant that the interval allows.
    dominance : {"dominant", "dominated", "neither", "unknown"}
        Of the campaign, by the estimates.
    sentence : str
        The answer in words.
    """

    difference_in_cost: float
    difference_in_outcomes: float | None
    ci_low: float | None
    ci_high: float | None
    icer: MoneyFigure
    quadrant: str
    possible: tuple[str, ...]
    dominance: Dominance
    sentence: str


def compare_with_alternative(
    cost: float,
    outcomes: MoneyFigure,
    alternative: Alternative,
    *,
    currency: str,
    causal: bool,
    words: tuple[str, str] = ("outcome", "outcomes"),
) -> Incremental:
    """Return the incremental cost-effectiveness ratio and what it means.

    Parameters
    ----------
    cost : float
        All costs of the campaign, in `currency`.
    outcomes : MoneyFigure
        `Economics.outcomes`.
    alternative : Alternative
        Its cost and outcomes, taken as known exactly.
    currency : str
        Three letters.
    causal : bool
        Whether the "if" may be left out.
    words : tuple of str
        One outcome, several.

    Notes
    -----
    ICER = difference in cost / difference in outcomes. It speaks only where one of the
    two costs more and achieves more. Its interval is the map of the outcomes' ends,
    unbounded where they leave open which of the two achieves more.

    References
    ----------
    Drummond et al. (2015), Methods for the Economic Evaluation of Health Care
    Programmes, ch. 2 (the cost-effectiveness plane).
    """
    unit = f"{currency} per additional {words[0]}"
    more_cost = cost - alternative.cost
    if outcomes.estimate is None:
        return Incremental(
            difference_in_cost=more_cost, difference_in_outcomes=None, ci_low=None,
            ci_high=None, icer=missing_figure(unit, outcomes.sentence),
            quadrant="unknown", possible=(), dominance="unknown",
            sentence=outcomes.sentence,
        )  # fmt: skip
    more = outcomes.estimate - alternative.outcomes
    low, high = mapped(outcomes.ci_low, outcomes.ci_high, 1.0, -alternative.outcomes)
    place, dominance = _place(more_cost, more)
    possible = _possible(more_cost, low, more, high)
    icer = _icer(more_cost, more, low, high, dominance, unit, causal)
    meaning = {
        "dominant": "by the estimates it dominates the alternative",
        "dominated": "by the estimates the alternative dominates it",
        "neither": "neither dominates",
        "unknown": "",
    }[dominance]
    gap = interval_words(low, high, None)
    said = (
        f"{if_due(causal)}beside the alternative the campaign {place} (difference in "
        f"cost {say_number(more_cost)} {currency}, in {words[1]} {say_number(more)}, "
        f"{gap}): {meaning}. {icer.sentence}"
    )
    others = [p for p in possible if p != place]
    if others:
        said += f" The interval also allows that it {' or '.join(others)}."
    said += " The alternative's own figures are taken as known exactly."
    return Incremental(
        difference_in_cost=more_cost, difference_in_outcomes=more, ci_low=low,
        ci_high=high, icer=icer, quadrant=place, possible=possible,
        dominance=dominance, sentence=said[:1].upper() + said[1:],
    )  # fmt: skip


def _place(more_cost: float, more: float) -> tuple[str, Dominance]:
    """Return the quadrant in words, and whether the campaign dominates there."""
    spends = _word(more_cost, "costs more", "costs less", "costs the same")
    gets = _word(more, "achieves more", "achieves less", "achieves the same")
    better, cheaper = _sign(more), -_sign(more_cost)
    if better == cheaper == 0 or better * cheaper < 0:
        dominance: Dominance = "neither"
    else:
        dominance = "dominant" if better + cheaper > 0 else "dominated"
    return f"{spends} and {gets}", dominance


def _possible(
    more_cost: float, low: float | None, more: float, high: float | None
) -> tuple[str, ...]:
    bottom = -math.inf if low is None else low
    top = math.inf if high is None else high
    places = [_place(more_cost, more)[0]]
    if top > 0:
        places.append(_place(more_cost, 1.0)[0])
    if bottom < 0:
        places.append(_place(more_cost, -1.0)[0])
    return tuple(dict.fromkeys(places))


def _icer(
    more_cost: float,
    more: float,
    low: float | None,
    high: float | None,
    dominance: Dominance,
    unit: str,
    causal: bool,
) -> MoneyFigure:
    if dominance != "neither" or more == 0:
        return missing_figure(
            unit, "A ratio is not given, because here it would mean nothing."
        )
    estimate = more_cost / more
    ends = (low, high) if more > 0 else (high, low)  # from near zero outwards
    near = ends[0] if ends[0] is not None and ends[0] * more > 0 else None
    far = ends[1] if ends[1] is None or ends[1] * more > 0 else more
    cheap = 0.0 if far is None else min(more_cost / far, estimate)
    dear = None if near is None else max(more_cost / near, estimate)
    what = "for each additional one" if more > 0 else "saved for each one given up"
    said = (
        f"{if_due(causal)}{say_number(estimate)} {unit.split(' per ')[0]} {what} "
        f"({interval_words(cheap, dear, None)})."
    )
    return MoneyFigure(
        estimate=estimate, ci_low=cheap, ci_high=dear, unit=unit,
        sentence=said[:1].upper() + said[1:],
    )  # fmt: skip


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _word(value: float, more: str, less: str, same: str) -> str:
    return same if value == 0 else more if value > 0 else less
