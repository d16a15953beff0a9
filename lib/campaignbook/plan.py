"""The plan of one campaign: what all topics write into and all analyses read from."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
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
from campaignbook.errors import nearest
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.goals import Goal
from campaignbook.partnerships import Partner
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
    costs: tuple[Cost, ...] = Field(
        (), title="Costs", description="Totals by item.", max_length=1000
    )
    value: Value | None = Field(
        None, title="Value", description="What outcomes are worth."
    )
    evaluations: tuple[EvaluationSpec, ...] = Field(
        (), title="Evaluations", description="How it is found out.", max_length=50
    )

    @model_validator(mode="after")
    def _hangs_together(self, info: ValidationInfo) -> "CampaignPlan":
        ids = (info.context or {}).get("goal_ids") or [g.id for g in self.goals]
        problems = list(_cross_problems(self, ids))
        if problems:
            raise PydanticCustomError(
                "plan", "{problems}", {"problems": "\n".join(problems)}
            )
        return self


def _cross_problems(plan: CampaignPlan, goal_ids: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong between the parts of a plan."""
    for section, items in (("goals", plan.goals), ("evaluations", plan.evaluations)):
        counts = Counter(item.id for item in items)
        for name, times in counts.items():
            if times > 1:
                yield (
                    f"{section}: the id '{name}' is used {times} times; "
                    "give each its own."
                )
    for spec in plan.evaluations:
        if spec.goal not in goal_ids:
            hint = nearest(spec.goal, goal_ids) if goal_ids else "the plan has no goals"
            yield (
                f"evaluations.{spec.id}.goal: there is no goal '{spec.goal}' ({hint})."
            )
    period = plan.period
    if period and period.end < period.start:
        yield f"period: the end {period.end} is before the start {period.start}."
    for goal in plan.goals:
        if period and goal.deadline and goal.deadline < period.start:
            yield (
                f"goals.{goal.id}.deadline: {goal.deadline} is before the campaign "
                f"starts ({period.start}); write a date on or after the start."
            )
    if plan.costs and plan.currency is None:
        yield "currency: the plan has costs; write their currency, for example EUR."
