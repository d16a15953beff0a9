"""What follows from an answer: strengths, weaknesses, next steps."""

from collections.abc import Sequence

from campaignbook.plan import CampaignPlan
from campaignbook.results import Check, Evaluation
from campaignbook.verdict import Verdict

_STEPS: dict[tuple[str, ...], str] = {
    ("parallel pre-trends", "no"): (
        "Look for a comparison group that moved like the treated one before the "
        "start; with this one the difference may be older than the campaign."
    ),
    ("parallel pre-trends", "unknown"): (
        "Collect more periods before the start, and more places, so that the trends "
        "before it can be compared."
    ),
    ("treated clusters", "unknown"): (
        "Next time run the campaign in at least five places and leave at least five "
        "alone: with fewer, only a very large effect can be seen."
    ),
    ("control clusters", "unknown"): (
        "Find more comparison places: with fewer than five, only a very large effect "
        "can be seen."
    ),
    ("attainable p", "no"): (
        "Add places or periods: as it stands, this design cannot reach the level asked "
        "for, whatever the campaign does."
    ),
    ("comparison group", "no"): (
        "Find a comparison group before the next wave, or randomise who gets it first: "
        "only then can the change be told from what would have happened anyway."
    ),
    ("sample ratio", "no"): (
        "Find out why the arms do not have the planned sizes before believing the "
        "result: assignment or recording is broken somewhere."
    ),
    ("balance", "no"): (
        "The arms differ at the start: check the assignment, and report an adjusted "
        "result beside this one."
    ),
    ("balance", "no", "observational"): (
        "The groups stay unlike, whatever their weights: compare with people who are "
        "more like those who took part, or name fewer covariates."
    ),
    ("attrition", "no"): (
        "Find out who is missing at the end and why; the result may be about those who "
        "stayed."
    ),
}


def strengths(
    verdicts: Sequence[Verdict], evaluations: Sequence[Evaluation]
) -> tuple[str, ...]:
    """Return what speaks for the campaign and its evaluation, one sentence each."""
    met = [f"Goal '{v.id}': met." for v in verdicts if v.verdict == "met"]
    good = [c.sentence for c in _checks(evaluations) if c.answer == "yes"]
    return tuple(dict.fromkeys([*met, *good]))


def weaknesses(
    verdicts: Sequence[Verdict], evaluations: Sequence[Evaluation]
) -> tuple[str, ...]:
    """Return what speaks against them or stays unknown, one sentence each."""
    short = [f"Goal '{v.id}': {v.verdict}." for v in verdicts if v.verdict != "met"]
    bad = [c.sentence for c in _checks(evaluations) if c.answer != "yes"]
    return tuple(dict.fromkeys([*short, *bad]))


def next_steps(
    plan: CampaignPlan,
    verdicts: Sequence[Verdict],
    evaluations: Sequence[Evaluation],
    *,
    planned: Sequence[Evaluation] = (),
) -> tuple[str, ...]:
    """Return what follows, most decisive first, each once.

    `planned` are evaluations without data: what they will see is a step of its own.
    """
    steps: list[str] = []
    goals = {g.id: g for g in plan.goals}
    for verdict in verdicts:
        ahead = [e for e in planned if e.goal == verdict.id]
        if verdict.evaluation is None and ahead:
            steps += [_before_data(e) for e in ahead]
        elif goals[verdict.id].target is not None or verdict.evaluation is None:
            steps += _after_verdict(verdict, goals[verdict.id].measure)
        if goals[verdict.id].target is None:
            steps.append(
                f"Write a target for '{verdict.id}': without one no report can say "
                "whether it was met."
            )
    for evaluation in evaluations:
        steps += evaluation.details.get("steps", [])
        for check in evaluation.checks:
            key = (check.name, check.answer)
            step = _STEPS.get((*key, evaluation.design), _STEPS.get(key))
            steps += [step] if step else []
    return tuple(dict.fromkeys(steps))


def _before_data(evaluation: Evaluation) -> str:
    """Return what a planned evaluation will see, and what follows."""
    check = evaluation.checks[0]
    then = (
        "Collect the data as planned."
        if check.answer == "yes"
        else "Settle this before the launch: afterwards it cannot be repaired."
    )
    return f"Evaluation '{evaluation.id}': {check.sentence} {then}"


def _after_verdict(verdict: Verdict, measure: str) -> list[str]:
    if verdict.evaluation is None:
        return [
            f"Plan an evaluation of '{verdict.id}' before the launch: who is compared "
            "with whom, measured when."
        ]
    if verdict.verdict == "met" and verdict.due_to_campaign != "yes":
        return [
            f"The target for '{measure}' is reached; to learn what did it, compare "
            "with people or places without the campaign next time."
        ]
    if verdict.verdict == "met":
        return [
            f"Keep what worked, and measure '{measure}' again in six months to see "
            "whether it lasts."
        ]
    if verdict.verdict == "not met":
        again = f"Ask the audience what still keeps '{measure}' from moving"
        if verdict.due_to_campaign == "yes":
            return [
                f"The campaign moved '{measure}', but not far enough: look at reach "
                "and at the segments where it worked, or set the next target by it."
            ]
        return [
            f"{again}: barriers, benefits, the competing behaviour; change the offer "
            "before spending more on the message."
        ]
    if verdict.reached and verdict.due_to_campaign != "yes":
        return [
            f"The target for '{measure}' is reached; find out whether the campaign did "
            "it before paying for it again."
        ]
    return [
        f"Measure '{measure}' with more people, places or periods: the data leave the "
        "answer open."
    ]


def _checks(evaluations: Sequence[Evaluation]) -> list[Check]:
    return [c for e in evaluations for c in e.checks]
