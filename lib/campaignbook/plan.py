"""The plan of one campaign: what all topics write into and all analyses read from."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from campaignbook.audiences import Segment
from campaignbook.costs import Cost, Value
from campaignbook.errors import nearest, twice
from campaignbook.evaluation.re_aim_spec import ReAim
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation.units import unit_problem
from campaignbook.goals import Goal, what_it_shows
from campaignbook.partnerships import Partner
from campaignbook.raci import Task
from campaignbook.social_media import Activity
from campaignbook.strategies import Strategy

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Period(BaseModel, frozen=True, extra="forbid"):
    """When the campaign runs."""

    start: dt.date = Field(title="Start", description="First day.")
    end: dt.date = Field(title="End", description="Last day.")


class CampaignPlan(BaseModel, frozen=True, extra="forbid"):
    """One campaign, from its purpose to its evaluations."""

    campaignbook: Literal[1] = Field(
        1, title="Format", description="Version of this format."
    )
    id: Id | None = Field(
        None, title="Id", description="Names the output folder.", max_length=80
    )
    name: str = Field(
        title="Name", description="Name of the campaign.", min_length=1, max_length=200
    )
    kind: Literal["social", "social_media"] | None = Field(
        None, title="Kind", description="Social marketing or social media marketing."
    )
    purpose: str = Field(
        "", title="Purpose", description="Why it exists.", max_length=2000
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        None, title="Currency", description="Three letters, for example EUR."
    )
    period: Period | None = Field(None, title="Period", description="First, last day.")
    goals: tuple[Goal, ...] = Field(
        (), title="Goals", description="What is to change.", max_length=50
    )
    segments: tuple[Segment, ...] = Field(
        (), title="Segments", description="Who it is for.", max_length=100
    )
    strategy: Strategy = Field(
        Strategy(), title="Strategy", description="How it means to win."
    )
    activities: tuple[Activity, ...] = Field(
        (), title="Activities", description="The calendar.", max_length=5000
    )
    partners: tuple[Partner, ...] = Field(
        (), title="Partners", description="Who works with it.", max_length=500
    )
    raci: tuple[Task, ...] = Field(
        (), title="Who does what", description="Tasks, and who has which part (RACI).",
        max_length=500,
    )  # fmt: skip
    costs: tuple[Cost, ...] = Field(
        (), title="Costs", description="Totals by item.", max_length=1000
    )
    value: Value | None = Field(
        None, title="Value", description="What outcomes are worth."
    )
    evaluations: tuple[EvaluationSpec, ...] = Field(
        (), title="Evaluations", description="How it is found out.", max_length=50
    )
    re_aim: ReAim | None = Field(
        None, title="RE-AIM", description="Reach, adoption, delivery, what lasts."
    )

    @model_validator(mode="after")
    def _hangs_together(self, info: ValidationInfo) -> "CampaignPlan":
        known = {"goal_ids": [g.id for g in self.goals], "given": set()}
        placed = list(_cross_problems(self, **known | dict(info.context or {})))
        if placed and not (info.context or {}).get("lenient"):
            text = "\n".join(sentence for _, sentence in placed)
            raise PydanticCustomError(
                "plan", "{problems}", {"problems": text, "placed": placed}
            )
        return self


def _cross_problems(
    plan: CampaignPlan,
    *,
    goal_ids: Sequence[str] | None,
    given: Set[str],
    lenient: bool = False,
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield place and sentence of what is wrong between the parts of a plan.

    `goal_ids` are those that the file names (None: unreadable), `given` its sections.
    """
    specs = plan.evaluations
    yield from id_problems(goal_ids, [s.id for s in specs], [s.goal for s in specs])
    behaviour = {g.id for g in plan.goals if g.type == "behaviour"}
    for i, spec in enumerate(plan.evaluations):
        yield from _percent_problems(i, spec, plan.goals)
        yield from _unit_problems(i, spec, plan)
        for outcome in spec.outcome_columns() if spec.goal in behaviour else ():
            shows = what_it_shows(outcome)
            if shows:
                yield (
                    ("evaluations", i),
                    f"evaluations.{spec.id}.outcome: '{outcome}' cannot decide a goal "
                    f"of type behaviour: {shows}",
                )
    for i, sentence in twice("segments", "segment", [s.name for s in plan.segments]):
        yield ("segments", i, "name"), sentence
    channels = [c.name for c in plan.strategy.channels]
    for i, sentence in twice("strategy.channels", "channel", channels):
        yield ("strategy", "channels", i, "name"), sentence
    for i, sentence in twice("partners", "partner", [p.name for p in plan.partners]):
        yield ("partners", i, "name"), sentence
    for i, sentence in twice("raci", "task", [t.task for t in plan.raci]):
        yield ("raci", i, "task"), sentence
    if plan.re_aim:
        yield from plan.re_aim.unknown_evaluations([s.id for s in specs])
    period = plan.period
    if period and period.end < period.start:
        yield (
            ("period", "end"),
            f"period: the end {period.end} is before the start {period.start}.",
        )
    for i, goal in enumerate(plan.goals):
        if period and goal.deadline and goal.deadline < period.start:
            yield (
                ("goals", i, "deadline"),
                f"goals.{goal.id}.deadline: {goal.deadline} is before the campaign "
                f"starts ({period.start}); write a date on or after the start.",
            )
    if plan.costs and plan.currency is None and "currency" not in given:
        yield (
            ("costs",),
            "currency: the plan has costs; write their currency, for example EUR.",
        )


def _percent_problems(
    at: int, spec: EvaluationSpec, goals: Sequence[Goal]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield place and sentence of changes of a share that are no share."""
    share = any(g.id == spec.goal and g.unit == "share" for g in goals)
    changes: dict[str, float | None] = {}
    if share or spec.counts:
        changes["trend"] = spec.trend
    if share and spec.power:
        changes["power.change"] = spec.power.change
    if spec.measure == "risk_difference" or (share and spec.measure is None):
        changes |= {f"estimates.{e.name}": e.estimate for e in spec.estimates}
    for name, value in changes.items():
        if value is not None and 1 < abs(value) < math.inf:
            yield (
                ("evaluations", at),
                f"evaluations.{spec.id}.{name}: a change of a share lies between -1 "
                f"and 1, got {value:g}; write {value:g} percentage points as "
                f"{value / 100:g}.",
            )


def _unit_problems(
    at: int, spec: EvaluationSpec, plan: CampaignPlan
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield place and sentence of a goal in a unit that its evaluation cannot give."""
    goal = next((g for g in plan.goals if g.id == spec.goal), None)
    if goal is None:
        return
    rivals = (s for s in plan.evaluations if s.goal == spec.goal and not s.planned)
    target = goal.target if next(rivals, None) is spec else None
    asked = {"change": None, "level": None, goal.target_is: target}
    problem = unit_problem(spec, unit=goal.unit, **asked)
    if problem:
        yield ("evaluations", at), problem


def evidence_problems(
    goals: object, known: Collection[str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield place and sentence of the published effects named that are not known.

    `goals` is what the file holds there, also where it cannot be read.
    """
    for i, goal in enumerate(goals if isinstance(goals, list) else ()):
        evidence = goal.get("evidence") if isinstance(goal, Mapping) else None
        key = evidence.get("key") if isinstance(evidence, Mapping) else None
        if isinstance(key, str) and key not in known:
            yield (
                ("goals", i, "evidence", "key"),
                f"goals.{goal.get('id', i + 1)}.evidence.key: there is no published "
                f"effect '{key}' ({nearest(key, known)}); write one of them, or your "
                "own words as evidence: {text: ...}.",
            )


def id_problems(
    goal_ids: Sequence[str] | None,
    evaluation_ids: Sequence[str],
    evaluation_goals: Sequence[str],
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield place and sentence of ids used twice and of goals that are not there.

    `evaluation_goals` are the goals that the evaluations name, in their order; where
    `goal_ids` cannot be read (None) they are not looked for.
    """
    sections = {"goals": goal_ids or [], "evaluations": evaluation_ids}
    for section, ids in sections.items():
        for name, times in Counter(ids).items():
            if times > 1:
                yield (
                    (section,),
                    f"{section}: the id '{name}' is used {times} times; give each its "
                    "own.",
                )
    for i, goal in enumerate(evaluation_goals if goal_ids is not None else []):
        if goal not in goal_ids:
            hint = nearest(goal, goal_ids) if goal_ids else "the plan has no goals"
            name = evaluation_ids[i] if i < len(evaluation_ids) else i + 1
            yield (
                ("evaluations", i, "goal"),
                f"evaluations.{name}.goal: there is no goal '{goal}' ({hint}).",
            )
