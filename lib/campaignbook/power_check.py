"""Whether an evaluation can see the change that the goal asks for."""

from dataclasses import replace
from statistics import harmonic_mean

from campaignbook.evaluation.parts import Power
from campaignbook.evaluation.planned_power import NOTHING_TO_PLAN, foresee, is_open
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation.visible_change import sees
from campaignbook.goals import Goal
from campaignbook.results import Check, Evaluation, say


def change_asked(goal: Goal, *, as_ratio: bool = False) -> float | None:
    """Return the change that a goal asks for, None where the plan does not tell.

    Parameters
    ----------
    goal : Goal
        Its target minus its baseline, or the target where that is a change.
    as_ratio : bool
        As the ratio of level with to level without the campaign.

    Examples
    --------
    >>> goal = Goal(id="a", type="behaviour", measure="share who walk", unit="share",
    ...             direction="increase", baseline=0.20, target=0.25)
    >>> round(change_asked(goal), 3), round(change_asked(goal, as_ratio=True), 3)
    (0.05, 1.25)
    """
    target, base = goal.target, goal.baseline
    if target is None:
        return None
    if goal.unit == "ratio" and goal.target_is == "change":
        return target if as_ratio else None
    if goal.target_is == "level" and base is None:
        return None
    change = target if goal.target_is == "change" else target - base
    if not as_ratio:
        return change
    known = base is not None and base > 0 and base + change > 0
    return 1 + change / base if known else None


def can_see(goal: Goal, spec: EvaluationSpec) -> Evaluation:
    """Return what a planned evaluation will be able to see of a goal's change.

    Parameters
    ----------
    goal : Goal
        Gives unit, baseline, direction and the change that is asked for.
    spec : EvaluationSpec
        With ``power``, or with counts whose people are taken as those planned.

    Returns
    -------
    Evaluation
        Without estimates, as there are no data; its one check is ``power`` (yes, or
        unknown), its numbers are ``details["power"]``.
    """
    plan = spec.power or Power()
    if plan.n is None and spec.counts:
        counted = plan.model_copy(update={"n": _people(spec)})
        spec = spec.model_copy(update={"power": counted})
    check, details = foresee(
        spec, unit=goal.unit, baseline=goal.baseline, change=change_asked(goal),
        direction=goal.direction,
    )  # fmt: skip
    return Evaluation(
        id=spec.id, goal=spec.goal, design=spec.design, estimates=(), checks=(check,),
        details={"power": details}, sentence=check.sentence,
    )  # fmt: skip


def _people(spec: EvaluationSpec) -> int:
    """Return people a group behind the counts of two groups, or of all."""
    counts = {name: c.n for name, c in spec.counts.items()}
    if len(counts) == 1:
        return next(iter(counts.values()))
    arms = spec.arms
    first = "before" if "before" in counts else str(arms.control if arms else "control")
    others = [name for name in counts if name != first]
    head = str(arms.headline) if arms and arms.headline is not None else others[0]
    return int(harmonic_mean([counts[first], counts[head]]))


def with_power(goal: Goal, spec: EvaluationSpec, evaluation: Evaluation) -> Evaluation:
    """Return an evaluation with the check ``power``: what it sees beside the goal.

    What the plan's ``power`` holds of people, clusters or periods is answered first,
    as planned; then what the data allow. Unchanged where nothing can be told.
    """
    if not evaluation.estimates:
        return evaluation
    ratio = evaluation.estimates[0].unit == "ratio"
    plan = spec.power or Power()
    change, asks = change_asked(goal, as_ratio=ratio), "the goal asks for"
    if plan.change is not None and (plan.change > 0 or not ratio):
        change, asks = plan.change, "the plan asks for"
    none = 1.0 if ratio else 0.0
    if change == none:
        change = None
    wished = 1 if goal.direction == "increase" else -1
    sign = wished if change is None else 1 if change > none else -1
    found = sees(
        evaluation, change=change, sign=sign, baseline=goal.baseline, power=plan,
        asks=asks,
    )  # fmt: skip
    if found is None:
        return evaluation
    check, details = found
    sentence = check.sentence
    smallest = details["smallest_change"]
    comparable = ratio == (goal.unit == "ratio")
    if goal.target_is == "change" and goal.target and smallest and comparable:
        most = goal.target * smallest if ratio else goal.target + smallest
        details["change_to_meet"] = most
        sentence += (
            " To show the target itself, its whole interval beyond it, with that "
            f"chance takes an effect of {say(most, goal.unit, change=True)}."
        )
    if spec.power is not None and spec.design not in NOTHING_TO_PLAN:
        if not is_open(spec):
            planned = can_see(goal, spec)
            details["planned"] = planned.details["power"]
            sentence = f"As planned: {planned.sentence} With the data: {sentence}"
    check = Check(name=check.name, answer=check.answer, sentence=sentence)
    return replace(
        evaluation,
        checks=(*evaluation.checks, check),
        details={**evaluation.details, "power": details},
    )
