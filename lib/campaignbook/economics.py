"""Money: what the campaign cost, what an outcome cost, what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from campaignbook.costs import Cost, Value
from campaignbook.results import Estimate, say_number


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFigure:
    """A figure of the economics with the effect's interval carried through.

    Attributes
    ----------
    estimate, ci_low, ci_high : float or None
        In `unit`; an end that is None is unbounded, an estimate that is None does not
        exist; the sentence says which and why.
    unit : str
        ``outcomes``, ``<currency> per outcome`` or ``ratio``.
    sentence : str
        The figure in words.
    """

    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    unit: str
    sentence: str


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

    Notes
    -----
    outcomes = effect x people x (1 - deadweight)(1 - displacement)(1 - due to others);
    ROI = (outcomes x value of one x margin - cost) / cost. Both are linear in the
    effect, so their intervals are the maps of its ends; cost per outcome is the map of
    the outcomes' ends, unbounded where the interval holds zero.
    """
    cost = total_cost(costs)
    outcomes = _outcomes(value, effect, direction, causal)
    return Economics(
        cost=cost,
        outcomes=outcomes,
        cost_per_outcome=_cost_per_outcome(cost, outcomes, currency, causal),
        roi=_roi(cost, value, outcomes, causal),
    )


def _outcomes(
    value: Value, effect: Estimate | None, direction: str, causal: bool
) -> MoneyFigure:
    missing = _why_no_outcomes(value, effect)
    if missing:
        return MoneyFigure(estimate=None, unit="outcomes", sentence=missing)
    kept = (1 - value.deadweight) * (1 - value.displacement) * (1 - value.due_to_others)
    people = 1.0 if effect.unit == "count" else value.people
    factor = people * kept * (1 if direction == "increase" else -1)
    low, high = _mapped(effect.ci_low, effect.ci_high, factor, 0.0)
    estimate = effect.estimate * factor
    sentence = (
        f"{_if_due(causal)}{say_number(estimate)} outcomes "
        f"({_interval(low, high, effect.level)})."
    )
    return MoneyFigure(
        estimate=estimate, ci_low=low, ci_high=high, unit="outcomes", sentence=sentence
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
    cost: float, outcomes: MoneyFigure, currency: str, causal: bool
) -> MoneyFigure:
    unit = f"{currency} per outcome"
    if outcomes.estimate is None:
        return MoneyFigure(estimate=None, unit=unit, sentence=outcomes.sentence)
    if outcomes.estimate <= 0:
        why = (
            "The estimated change is not in the wished direction, so a cost per "
            "outcome does not exist."
        )
        return MoneyFigure(estimate=None, unit=unit, sentence=why)
    estimate = cost / outcomes.estimate
    high = outcomes.ci_high
    best = None if high is None or high <= 0 else cost / high
    best = 0.0 if high is None else best
    certain = outcomes.ci_low is not None and outcomes.ci_low > 0
    worst = cost / outcomes.ci_low if certain else None
    end = (
        f"to {say_number(worst)}"
        if worst is not None
        else "and unbounded above: no outcome at all is compatible with the data"
    )
    sentence = (
        f"{_if_due(causal)}{say_number(estimate)} {unit} "
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
        return MoneyFigure(estimate=None, unit="ratio", sentence=why)
    factor = value.per_outcome * value.margin / cost
    estimate = outcomes.estimate * factor - 1
    low, high = _mapped(outcomes.ci_low, outcomes.ci_high, factor, -1.0)
    years = " Only the first year's value is counted." if value.years > 1 else ""
    sentence = (
        f"{_if_due(causal)}a return of {say_number(estimate)} for each 1 spent "
        f"({_interval(low, high, None)}).{years}"
    )
    return MoneyFigure(
        estimate=estimate, ci_low=low, ci_high=high, unit="ratio", sentence=sentence
    )


def _mapped(
    low: float | None, high: float | None, factor: float, shift: float
) -> tuple[float | None, float | None]:
    ends = [None if e is None else e * factor + shift for e in (low, high)]
    first, last = ends if factor >= 0 else ends[::-1]
    return first, last


def _if_due(causal: bool) -> str:
    return "" if causal else "If all of the change were due to the campaign: "


def _interval(low: float | None, high: float | None, level: float | None) -> str:
    name = "interval" if level is None else f"{100 * level:g}% interval"
    start = "unbounded below" if low is None else say_number(low)
    return (
        f"{name} {start} to {'unbounded above' if high is None else say_number(high)}"
    )
