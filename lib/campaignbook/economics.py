"""Money: what the campaign cost, what an outcome cost, what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from campaignbook.costs import Cost, Value, kept_share
from campaignbook.money_figures import (
    MoneyFigure,
    if_due,
    interval_words,
    mapped,
    missing_figure,
    unhaired,
)
from campaignbook.results import Estimate, say_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Economics:
    """Cost, outcomes, cost per outcome and return on investment of a campaign."""

    cost: float
    outcomes: MoneyFigure
    cost_per_outcome: MoneyFigure
    roi: MoneyFigure


def total_cost(costs: Sequence[Cost]) -> float:
    """Return the sum of all costs, labour included, in the plan's currency.

    Examples
    --------
    >>> total_cost([Cost(item="Posters", amount=100), Cost(item="Staff", amount=50)])
    150.0
    """
    return float(sum(c.amount for c in costs))


def assess(
    costs: Sequence[Cost],
    value: Value,
    effect: Estimate | None,
    *,
    direction: Literal["increase", "decrease"],
    currency: str,
    causal: bool,
    words: tuple[str, str] = ("outcome", "outcomes"),
) -> Economics:
    """Return the economics of an effect.

    Parameters
    ----------
    costs : sequence of Cost
        Totals in `currency`.
    value : Value
        People, value of an outcome, and what is taken off.
    effect : Estimate or None
        The headline effect; a ``count`` is the outcomes themselves, anything else is
        per person and multiplied by `value.people`.
    direction : {"increase", "decrease"}
        Which way is good; outcomes are counted in that direction.
    currency : str
        Three letters.
    causal : bool
        Whether the verdict allows to say that the campaign did it; else every
        sentence says "if all of the change were due to the campaign".
    words : tuple of str
        What one outcome and several are called (`money_figures.outcome_words`): cost
        per QALY or life-year where the goal counts those.

    Notes
    -----
    outcomes = effect x people x (1 - deadweight)(1 - displacement)(1 - due to others);
    ROI = (outcomes x value of one x margin - cost) / cost. Both are linear in the
    effect, so their intervals are the maps of its ends; cost per outcome is the map of
    the outcomes' ends, unbounded where the interval holds zero.
    """
    cost = total_cost(costs)
    outcomes = _outcomes(value, effect, direction, causal, words)
    return Economics(
        cost=cost,
        outcomes=outcomes,
        cost_per_outcome=_cost_per_outcome(
            cost, outcomes, f"{currency} per {words[0]}", causal
        ),
        roi=_roi(cost, value, outcomes, causal),
    )


def _outcomes(
    value: Value,
    effect: Estimate | None,
    direction: str,
    causal: bool,
    words: tuple[str, str],
) -> MoneyFigure:
    missing = _why_no_outcomes(value, effect)
    if missing:
        return missing_figure(words[1], missing)
    people = 1.0 if effect.unit == "count" else value.people
    factor = people * kept_share(value) * (1 if direction == "increase" else -1)
    low, high = mapped(effect.ci_low, effect.ci_high, factor, 0.0)
    estimate = effect.estimate * factor
    sentence = (
        f"{if_due(causal)}{say_number(estimate)} {words[1]} "
        f"({interval_words(low, high, effect.level)})."
    )
    return MoneyFigure(
        estimate=estimate, ci_low=low, ci_high=high, unit=words[1], sentence=sentence
    )


def _why_no_outcomes(value: Value, effect: Estimate | None) -> str:
    if effect is None or effect.estimate is None:
        return "No effect was estimated, so outcomes cannot be counted."
    if effect.unit == "ratio":
        return "The effect is a ratio; outcomes need an effect in the measure's unit."
    if effect.unit != "count" and value.people is None:
        return (
            "How many people the effect applies to is not in the plan; write "
            "value: {people: ...}."
        )
    return ""


def _cost_per_outcome(
    cost: float, outcomes: MoneyFigure, unit: str, causal: bool
) -> MoneyFigure:
    if outcomes.estimate is None:
        return missing_figure(unit, outcomes.sentence)
    if outcomes.estimate <= 0:
        why = (
            "The estimated outcomes are zero or not in the wished direction, so a cost "
            "per outcome does not exist."
        )
        if outcomes.estimate == 0:
            why = "No outcome is left, so a cost per outcome does not exist."
        return missing_figure(unit, why)
    estimate = cost / outcomes.estimate
    few, many = outcomes.ci_low, outcomes.ci_high
    worst = cost / few if few is not None and few > 0 else None
    best = 0.0 if many is None else cost / max(many, outcomes.estimate)
    if worst is not None:
        end = f"to {say_number(worst)}"
    elif few is None:
        end = "and unbounded above: the effect's interval has no such end"
    else:
        end = "and unbounded above: no outcome at all is compatible with the data"
    sentence = (
        f"{if_due(causal)}{say_number(estimate)} {unit} "
        f"(interval {say_number(best)} {end})."
    )
    return MoneyFigure(
        estimate=estimate, ci_low=best, ci_high=worst, unit=unit, sentence=sentence
    )


def _roi(cost: float, value: Value, outcomes: MoneyFigure, causal: bool) -> MoneyFigure:
    why = outcomes.sentence if outcomes.estimate is None else ""
    if not why and value.per_outcome is None:
        why = (
            "What an outcome is worth is not in the plan; write "
            "value: {per_outcome: ...}."
        )
    if not why and cost == 0:
        why = "Nothing was spent, so a return on investment does not exist."
    if why:
        return missing_figure("ratio", why)
    factor = value.per_outcome * value.margin / cost
    estimate = unhaired(outcomes.estimate * factor - 1)
    low, high = mapped(outcomes.ci_low, outcomes.ci_high, factor, -1.0)
    years = " Only the first year's value is counted." if value.years > 1 else ""
    sentence = (
        f"{if_due(causal)}a net return of {say_number(estimate)} for each 1 spent "
        f"({interval_words(low, high, None)}).{years}"
    )
    return MoneyFigure(
        estimate=estimate, ci_low=low, ci_high=high, unit="ratio", sentence=sentence
    )
