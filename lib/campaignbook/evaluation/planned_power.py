"""What an evaluation that is planned will be able to see, by its design."""

import math
from typing import Any, Literal

from campaignbook.errors import CampaignError, PlanError
from campaignbook.evaluation import power, simulated_power, single_share
from campaignbook.evaluation.detection import Detection, told
from campaignbook.evaluation.parts import Power
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.results import Answer, Check, say

Direction = Literal["increase", "decrease"]
NOTHING_TO_PLAN = {
    "pooled": "A pooled estimate takes studies as they are: what they can see is "
    "known from their intervals, and nothing here can be planned.",
    "kpis": "KPIs are counted, not sampled: they tell a level, and no change that a "
    "campaign made.",
}
"""Designs that have no power of their own, and why."""


def detection(
    spec: EvaluationSpec,
    *,
    unit: str,
    baseline: float | None,
    change: float | None = None,
    chance: float | None = None,
    direction: Direction = "increase",
) -> Detection:
    """Return what the design of an evaluation can see, by its one power function.

    Parameters
    ----------
    spec : EvaluationSpec
        With ``power``; its level is that of `power`, else of the evaluation.
    unit : str
        Unit of the goal's measure.
    baseline : float or None
        Level without the campaign, in `unit`.
    change, chance : float
        Change to be seen and the chance of it. Where `power` has no number of people,
        clusters or periods, both are given and the number is found; else one of them.
    direction : {"increase", "decrease"}
        On which side of the baseline a change is sought.

    Raises
    ------
    PlanError
        A key is missing, or nothing is enough; the sentence says which.
    DataError
        The design cannot be analysed as planned.
    """
    plan = spec.power or Power()
    two = {"change": change, "power": chance, "level": plan.level or spec.level}
    clustered = spec.cluster is not None or plan.cluster_size is not None
    shares = {"direction": direction}
    match spec.design:
        case "proportion":
            share = _given(baseline, unit, "the goal's baseline")
            return single_share.one_share(share, n=plan.n, **two, **shares)
        case "randomized_trial" if clustered:
            return power.cluster_trial(
                icc=_given(plan.icc, unit, "power.icc"),
                cluster_size=_given(plan.cluster_size, unit, "power.cluster_size"),
                std_dev=_spread(plan, unit, baseline),
                clusters=plan.clusters,
                unit=unit,
                **two,
            )
        case "randomized_trial" | "observational" | "pre_post":
            n = None if plan.n is None else plan.n / plan.design_effect
            if unit == "share" and plan.std_dev is None:
                share = _given(baseline, unit, "the goal's baseline")
                found = power.two_shares(share, n=n, **two, **shares)
            else:
                spread = _spread(plan, unit, baseline)
                found = power.two_means(std_dev=spread, n=n, unit=unit, **two)
            return _inflated(found, plan.design_effect)
        case "difference_in_differences":
            if plan.cluster_size is not None:
                _given(plan.shock, unit, "power.shock")
            return simulated_power.difference_in_differences(
                std_dev=_spread(plan, unit, baseline if plan.cluster_size else None),
                clusters=plan.clusters,
                control_clusters=plan.control_clusters,
                before=plan.before or 1,
                after=plan.after or 1,
                people=plan.cluster_size,
                icc=plan.icc or 0.0,
                shock=plan.shock or 0.0,
                autocorrelation=plan.autocorrelation,
                unit=unit,
                **two,
            )
        case "interrupted_time_series" if spec.outcome_type != "count":
            return simulated_power.interrupted_time_series(
                std_dev=_spread(plan, unit, None),
                before=plan.before,
                after=plan.after,
                autocorrelation=plan.autocorrelation,
                season=spec.season,
                terms=spec.terms or "level+slope",
                unit=unit,
                **two,
            )
        case "interrupted_time_series":
            raise PlanError(
                "power: a series of counts is not simulated; write outcome_type: mean "
                "for the rate a period, with power.std_dev from earlier periods."
            )
        case "synthetic_control":
            raise PlanError(_donors(plan, two["level"]))
    raise PlanError(NOTHING_TO_PLAN[spec.design])


def foresee(
    spec: EvaluationSpec,
    *,
    unit: str,
    baseline: float | None,
    change: float | None,
    direction: Direction,
) -> tuple[Check, dict[str, Any]]:
    """Return whether a planned evaluation can see a change, and the numbers.

    Parameters
    ----------
    change : float or None
        What the goal asks for; ``power.change`` beats it.
    spec, unit, baseline, direction
        As in `detection`.

    Returns
    -------
    check : Check
        ``power``: yes where the change is seen with the chance asked for; else
        unknown, never no.
    details : dict
        Plain data: change asked for, smallest change, chance, number; None where
        unknown.
    """
    plan = spec.power or Power()
    own = plan.change is not None
    change = plan.change if own else change
    asks = "the plan asks for" if own else "the goal asks for"
    common = {"unit": unit, "baseline": baseline, "direction": direction}
    details: dict[str, Any] = {
        "change_asked": change, "power": plan.power, "level": plan.level or spec.level,
        "smallest_change": None, "chance": None, "number": None, "counted": None,
        "sees": None,
    }  # fmt: skip
    answer: Answer = "unknown"
    try:
        if is_open(spec):
            if change is None:
                raise PlanError(
                    "power: write how many (n, clusters, before and after), or a "
                    "target and a baseline of the goal, so that it can be told."
                )
            found = detection(spec, change=change, chance=plan.power, **common)
            size = say(change, unit, change=True)
            text = (
                f"To see the change of {size} that {asks} with a chance of "
                f"{100 * plan.power:.3g}%, it takes {found.number}"
            )
            details["smallest_change"] = change
        else:
            found = detection(spec, chance=plan.power, **common)
            smallest = math.copysign(found.change, _sign(change, direction))
            chance = None
            if change is not None:
                chance = detection(spec, change=change, **common).power
                answer = "yes" if chance >= plan.power else "unknown"
            details["smallest_change"], details["chance"] = smallest, chance
            details["sees"] = None if chance is None else answer == "yes"
            head = f"With {found.number} this evaluation"
            text = f"{head} {told(smallest, change, chance, plan.power, unit, asks)}"
    except CampaignError as error:
        text = " ".join(p.removeprefix("power: ") for p in error.problems)
        text = text[:1].upper() + text[1:]
        return Check(name="power", answer=answer, sentence=text), details
    details["number"], details["counted"] = found.needed, found.counted
    details["method"] = found.method
    text += f" (level {100 * found.level:g}%; {found.method}"
    if found.error:
        text += f", to about {200 * found.error:.1f} percentage points"
    text += ")."
    if spec.design in ("pre_post", "observational"):
        text += f" {_CAVEATS[spec.design]}"
    return Check(name="power", answer=answer, sentence=text), details


_CAVEATS = {
    "pre_post": "Counted as two groups of different people; whatever else changes "
    "between the two times looks the same.",
    "observational": "Without assignment the groups differ to begin with, and more "
    "people do not cure that.",
}


def _sign(change: float | None, direction: Direction) -> int:
    if change:
        return 1 if change > 0 else -1
    return 1 if direction == "increase" else -1


def is_open(spec: EvaluationSpec) -> bool:
    """Return whether the plan leaves the number to be found."""
    plan = spec.power or Power()
    match spec.design:
        case "proportion" | "observational" | "pre_post":
            return plan.n is None
        case "randomized_trial" if spec.cluster or plan.cluster_size:
            return plan.clusters is None
        case "randomized_trial":
            return plan.n is None
        case "difference_in_differences":
            return plan.clusters is None
        case "interrupted_time_series":
            return plan.before is None or plan.after is None
    return False


def _given(value: float | None, unit: str, name: str) -> float:
    if value is None:
        raise PlanError(f"power: to tell what can be seen, write {name}.")
    return value


def _spread(plan: Power, unit: str, share: float | None) -> float:
    """Return the standard deviation; between people a share tells its own."""
    if plan.std_dev is not None:
        return plan.std_dev
    if unit == "share" and share is not None and 0 < share < 1:
        return math.sqrt(share * (1 - share))
    raise PlanError(
        "power: to tell what can be seen, write power.std_dev, in the measure's unit."
    )


def _inflated(found: Detection, effect: float) -> Detection:
    """Return the detection with the people that it takes, not those that count."""
    if effect == 1:
        return found
    fields = {name: getattr(found, name) for name in Detection.__slots__}
    fields["n"] *= effect
    fields["per"] = f"a group (design effect {effect:g})"
    return Detection(**fields)


def _donors(plan: Power, level: float) -> str:
    donors, least = plan.control_clusters, math.ceil(1 / (1 - level) - 1 - 1e-9)
    if donors is None:
        return "power: write power.control_clusters, how many donors there are."
    text = f"power: with {donors:,} donors no p below {1 / (donors + 1):.3g} can occur"
    if donors < least:
        return (
            f"{text}, so at level {100 * level:g}% this design can see no change, "
            f"whatever its size; it takes {least:,} donors."
        )
    return (
        f"{text}, so level {100 * level:g}% can be reached; how large a change it sees "
        "depends on how well the donors fit before the start, which the data will tell."
    )
