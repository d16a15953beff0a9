"""The six steps of CDC's evaluation framework, asked of a plan."""

from collections.abc import Callable
from dataclasses import dataclass

from campaignbook.plan import CampaignPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkStep:
    """One step, and what the plan holds of it.

    Attributes
    ----------
    name, question : str
        The framework's name of the step; what it asks, in our words.
    there, missing : tuple of str
        Parts of the plan that answer it, and what still has to be written.
    """

    name: str
    question: str
    there: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether the plan holds all of the step."""
        return not self.missing


def framework_steps(plan: CampaignPlan) -> tuple[FrameworkStep, ...]:
    """Return the six steps of the framework with what a plan holds of each.

    Notes
    -----
    The steps have the names of the 2024 framework. Which part of a plan answers which
    step is this book's judgement.

    References
    ----------
    Kidder et al. (2024), CDC program evaluation framework, 2024, MMWR Recommendations
    and Reports 73(6):1-37.
    """
    return tuple(
        FrameworkStep(
            name=name,
            question=question,
            there=tuple(text for holds, text, _ in asked if holds(plan)),
            missing=tuple(text for holds, _, text in asked if not holds(plan)),
        )
        for name, question, asked in _STEPS
    )


def _every_goal(has: Callable[..., bool]) -> Callable[[CampaignPlan], bool]:
    """Return whether a plan has goals, and each of them has something."""
    return lambda plan: bool(plan.goals) and all(has(plan, g) for g in plan.goals)


def _evaluations(plan: CampaignPlan, goal: object) -> list:
    return [e for e in plan.evaluations if e.goal == goal.id]


def _has_data(spec: object) -> bool:
    return not spec.planned


_Asked = tuple[Callable[[CampaignPlan], bool], str, str]

_STEPS: tuple[tuple[str, str, tuple[_Asked, ...]], ...] = (
    (
        "Assess the context", "For whom is it, and who has a say?",
        (
            (lambda p: bool(p.purpose), "a purpose", "why the campaign exists"),
            (lambda p: bool(p.segments), "segments", "whom it is for, as segments"),
            (lambda p: bool(p.partners), "partners", "who has a say or takes part"),
        ),
    ),
    (
        "Describe the program", "What will be done, at what cost?",
        (
            (lambda p: bool(p.activities), "activities", "what is done, and when"),
            (lambda p: bool(p.costs), "costs", "what it costs, with working time"),
        ),
    ),
    (
        "Focus the evaluation question and design", "What is asked, by which design?",
        (
            (_every_goal(lambda p, g: bool(_evaluations(p, g))),
             "an evaluation for each goal", "an evaluation for each goal"),
            (_every_goal(lambda p, g: any(e.question for e in _evaluations(p, g))),
             "a question for each goal", "the question of each evaluation, in words"),
        ),
    ),
    (
        "Gather credible evidence", "Which data, and can they see the change?",
        (
            (_every_goal(lambda p, g: any(
                _has_data(e) or e.power for e in _evaluations(p, g))),
             "data, or how many people are planned",
             "data, or under power how many people are planned"),
            (_every_goal(lambda p, g: g.baseline is not None),
             "a baseline for each goal", "the level before the start, of each goal"),
        ),
    ),
    (
        "Generate and support conclusions", "What would count as met?",
        (
            (_every_goal(lambda p, g: g.target is not None),
             "a target for each goal", "what would be enough: the target of each goal"),
            (_every_goal(lambda p, g: g.evidence is not None),
             "why each target is in reach", "evidence that each target is in reach"),
        ),
    ),
    (
        "Act on findings", "Who does what with the answer, and when?",
        (
            (_every_goal(lambda p, g: g.deadline is not None),
             "a day on which the answer is due", "the deadline of each goal"),
            (lambda p: any(a.owner for a in p.activities),
             "people who own activities", "who acts on it: owners of activities"),
        ),
    ),
)  # fmt: skip
