"""The verdict on a goal: met, not met or cannot tell, in a word and a sentence."""

from dataclasses import dataclass
from typing import Literal

from campaignbook.goals import Goal
from campaignbook.results import Answer, Check, Estimate, Evaluation, say_apart

VerdictWord = Literal["met", "not met", "cannot tell"]
LEVEL_ONLY = ("proportion", "kpis")
"""Designs that measure a level and claim no effect."""
CAUSAL_CHECKS = ("unmeasured confounding",)
"""Checks that the causal reading rests on; where one is unknown the verdict says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to a goal.

    Attributes
    ----------
    id : str
        The goal's id.
    verdict : {"met", "not met", "cannot tell"}
        By the rule of `judge`.
    level : float or None
        The measure in the treated group, in the goal's unit.
    reached : bool or None
        Whether the level (its whole interval, where it has one) reaches the target;
        None where that cannot be told or the target is a change.
    due_to_campaign : {"yes", "no", "unknown"}
        Whether the effect's whole interval lies on the wished side of no effect, with
        a design that allows to say so.
    evaluation : str or None
        Id of the evaluation that decides.
    sentence : str
        The verdict in words; it says nothing that the numbers do not.
    """

    id: str
    verdict: VerdictWord
    level: float | None
    reached: bool | None
    due_to_campaign: Answer
    evaluation: str | None
    sentence: str


def judge(goal: Goal, evaluation: Evaluation | None) -> Verdict:
    """Return the verdict on a goal from the evaluation that decides it.

    Parameters
    ----------
    goal : Goal
        With a target; without one nothing can be told.
    evaluation : Evaluation or None
        The first evaluation that names the goal; None if there is none.

    Notes
    -----
    Signs are turned so that the wished direction is up. For a level: not met when the
    level, or its whole interval where it has one, is short of the target; met when it
    reaches the target, the effect's whole interval is above its null value and no
    check answered no; else cannot tell. For a change: met, not met or cannot tell as
    the effect's whole interval is at least the target, below it, or neither. A
    missing end of an interval is infinite. Designs that measure a level only
    (`LEVEL_ONLY`) are judged by the level alone.
    """
    if evaluation is None:
        return _cannot_tell(goal, None, "no evaluation of this goal has data yet.")
    if goal.target is None:
        why = "the goal names no target; write one, and the next report can tell."
        return _cannot_tell(goal, evaluation, why)
    effect = _effect(evaluation)
    due = _due(goal, effect, evaluation.checks)
    if goal.target_is == "change":
        return _judge_change(goal, evaluation, effect, due)
    return _judge_level(goal, evaluation, effect, due)


def _judge_change(
    goal: Goal, evaluation: Evaluation, effect: Estimate | None, due: Answer
) -> Verdict:
    if effect is None or effect.estimate is None:
        why = (
            "the target is a change, and this evaluation measures none; a comparison "
            "is needed."
        )
        return _cannot_tell(goal, evaluation, why)
    if (effect.unit == "ratio") != (goal.unit == "ratio"):
        why = (
            f"the target is a change in {goal.unit}, and the evaluation gives "
            f"{'a ratio' if effect.unit == 'ratio' else effect.unit}; write both alike."
        )
        return _cannot_tell(goal, evaluation, why)
    low, high = _turned(effect, goal)
    target = _sign(goal) * goal.target
    met, short = low >= target, high < target
    word: VerdictWord = "met" if met else "not met" if short else "cannot tell"
    size, interval = effect.words([goal.target])
    nulls = [] if effect.null_value is None else [effect.null_value]
    ends = [e for e in (effect.ci_low, effect.ci_high) if e is not None]
    told = [goal.target, effect.estimate, *ends, *nulls]
    asked = say_apart(told, effect.unit, change=effect.is_change)[0]
    where = (
        f"the whole interval reaches the change of {asked}"
        if met
        else f"the whole interval is short of the change of {asked}"
        if short
        else f"the interval holds values on both sides of the change of {asked}"
        if ends
        else f"it cannot be compared with the change of {asked}"
    )
    noun = "effect" if effect.assumptions else "change"
    sentence = (
        f"{_head(word)}: the {noun} in {goal.measure} is {size} ({interval}); "
        f"{where} that the goal asks for. {_why_not_due(evaluation, effect, due)}"
    )
    return _verdict(goal, evaluation, word, None, due, sentence)


def _judge_level(
    goal: Goal, evaluation: Evaluation, effect: Estimate | None, due: Answer
) -> Verdict:
    level = evaluation.level
    if level is None or level.estimate is None:
        why = "the evaluation does not measure the level itself."
        return _cannot_tell(goal, evaluation, why)
    sampled = level.ci_low is not None or level.ci_high is not None
    point = _sign(goal) * level.estimate
    low, high = _turned(level, goal) if sampled else (point, point)
    target = _sign(goal) * goal.target
    reached = True if low >= target else False if high < target else None
    alone = evaluation.design in LEVEL_ONLY
    failed = any(c.answer == "no" for c in evaluation.checks)
    above = effect is not None and _turned(effect, goal)[0] > _null(effect, goal)
    word: VerdictWord = "cannot tell"
    if reached is False:
        word = "not met"
    elif reached and (alone or (above and not failed)):
        word = "met"
    about = _level_words(goal, evaluation, level, sampled, reached)
    why = "Only the level was judged; what moved it was not measured."
    if not alone:
        why = _effect_words(goal, evaluation, effect, due)
    open_half = ""
    if word == "cannot tell":
        halves = [] if reached else ["whether the target is reached"]
        halves += [] if alone or due != "unknown" else ["whether the campaign did it"]
        halves += ["what else moved it"] if reached and due == "no" else []
        open_half = f" Open: {' and '.join(halves)}."
    sentence = f"{_head(word)}: {about} {why}".strip() + open_half
    return _verdict(goal, evaluation, word, reached, due, sentence)


def _level_words(
    goal: Goal,
    evaluation: Evaluation,
    level: Estimate,
    sampled: bool,
    reached: bool | None,
) -> str:
    size, words = level.words([goal.target])
    ends = [e for e in (level.ci_low, level.ci_high) if e is not None]
    told = [goal.target, level.estimate, *ends]
    target = say_apart(told, goal.unit, change=False)[0]
    interval = f" ({words})" if sampled else ""
    relation = {
        True: "which reaches",
        False: "short of",
        None: "and the interval holds values on both sides of",
    }[reached]
    arm = _arm_words(evaluation)
    return (
        f"the measure '{goal.measure}' stood at {size}{interval}{arm}, {relation} the "
        f"target of {target}."
    )


def _arm_words(evaluation: Evaluation) -> str:
    """Return which arm decides, where a trial has several."""
    if len(evaluation.details.get("arms") or ()) < 3:
        return ""
    return f" in the arm '{evaluation.details['headline']}'"


def _effect_words(
    goal: Goal, evaluation: Evaluation, effect: Estimate | None, due: Answer
) -> str:
    if effect is None:
        return "What changed was not measured."
    if effect.estimate is None:
        return "How large the effect is cannot be estimated from these data."
    size, interval = effect.words()
    noun = "effect of the campaign" if effect.assumptions else "change"
    if evaluation.details.get("trend") is not None:
        noun = "change beyond the trend expected anyway"
    if effect.unit == "ratio":
        noun += ", as a ratio,"
    stated = f"The {noun} is {size} ({interval})"
    return f"{stated}. {_why_not_due(evaluation, effect, due)}"


def _why_not_due(evaluation: Evaluation, effect: Estimate, due: Answer) -> str:
    failed = [c.name for c in evaluation.checks if c.answer == "no"]
    if due == "yes":
        unknown = [c.name for c in evaluation.checks if c.answer == "unknown"]
        names = [name for name in unknown if name in CAUSAL_CHECKS]
        told = f"but {' and '.join(names)} is not known" if names else ""
        told = told or "and no check failed"
        return f"The whole interval is in the wished direction, {told}."
    if due == "no":
        return "No part of the interval is in the wished direction."
    if failed:
        names = ", ".join(dict.fromkeys(failed))
        return (
            f"Whether the campaign did it cannot be told (check that answered no: "
            f"{names})."
        )
    if not effect.assumptions:
        return "Whether the campaign did it cannot be told by this design."
    if effect.ci_low is None and effect.ci_high is None:
        return "Without an interval it cannot be told whether the campaign did it."
    none = "1, no effect" if effect.null_value == 1 else "zero, no effect"
    return f"The interval holds {none}, so whether the campaign did it is open."


def _effect(evaluation: Evaluation) -> Estimate | None:
    if evaluation.design in LEVEL_ONLY or not evaluation.estimates:
        return None
    return evaluation.estimates[0]


def _due(goal: Goal, effect: Estimate | None, checks: tuple[Check, ...]) -> Answer:
    if effect is None or not effect.assumptions:
        return "unknown"
    if any(c.answer == "no" for c in checks):
        return "unknown"
    low, high = _turned(effect, goal)
    null = _null(effect, goal)
    return "yes" if low > null else "no" if high <= null else "unknown"


def _sign(goal: Goal) -> int:
    return 1 if goal.direction == "increase" else -1


def _null(effect: Estimate, goal: Goal) -> float:
    return _sign(goal) * (effect.null_value or 0.0)


def _turned(estimate: Estimate, goal: Goal) -> tuple[float, float]:
    low, high = sorted(_sign(goal) * end for end in estimate.ends())
    return low, high


def _head(word: VerdictWord) -> str:
    return word.capitalize()


def _cannot_tell(goal: Goal, evaluation: Evaluation | None, why: str) -> Verdict:
    due: Answer = "unknown"
    if evaluation is not None:
        due = _due(goal, _effect(evaluation), evaluation.checks)
    return _verdict(goal, evaluation, "cannot tell", None, due, f"Cannot tell: {why}")


def _verdict(
    goal: Goal,
    evaluation: Evaluation | None,
    word: VerdictWord,
    reached: bool | None,
    due: Answer,
    sentence: str,
) -> Verdict:
    level = evaluation.level if evaluation else None
    return Verdict(
        id=goal.id,
        verdict=word,
        level=level.estimate if level else None,
        reached=reached,
        due_to_campaign=due,
        evaluation=evaluation.id if evaluation else None,
        sentence=sentence.strip(),
    )
