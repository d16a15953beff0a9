"""Goals: what is to change, by how much, for whom and until when."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Evidence(BaseModel, frozen=True, extra="forbid"):
    """What makes a goal look achievable: a published effect, or the author's words."""

    key: str | None = Field(
        None, title="Benchmark", description="Key of a published effect."
    )
    text: str | None = Field(
        None, title="In words", description="Own evidence.", max_length=2000
    )

    @model_validator(mode="after")
    def _something(self) -> "Evidence":
        if (self.key is None) == (self.text is None):
            raise PydanticCustomError("evidence", "write either key or text")
        return self


class Goal(BaseModel, frozen=True, extra="forbid"):
    """What the campaign wants to have changed, by how much and until when."""

    id: Id = Field(title="Id", description="Short name, used by evaluations.")
    type: Literal[
        "behaviour", "knowledge", "attitude", "awareness", "traffic", "leads", "sales"
    ] = Field(title="Type", description="What kind of thing is to change.")
    statement: str = Field(
        "", title="Statement", description="The goal in one sentence.", max_length=1000
    )
    measure: str = Field(
        title="Measure", description="What is counted.", min_length=1, max_length=200
    )
    unit: str = Field(
        title="Unit",
        description="share (0-1), count, money, or any unit in words.",
        min_length=1,
        max_length=60,
    )
    direction: Literal["increase", "decrease"] = Field(
        title="Direction", description="Which way is good."
    )
    baseline: float | None = Field(
        None,
        title="Baseline",
        description="Level before the campaign; a share is 0-1.",
        allow_inf_nan=False,
    )
    target: float | None = Field(
        None,
        title="Target",
        description="Level (or change) that is wanted; a share is 0-1.",
        allow_inf_nan=False,
    )
    target_is: Literal["level", "change"] = Field(
        "level",
        title="Target is a",
        description="level, or change due to the campaign.",
    )
    audience: str = Field(
        "", title="Audience", description="Whose behaviour it is.", max_length=500
    )
    deadline: date | None = Field(None, title="Deadline", description="Until when.")
    evidence: Evidence | None = Field(
        None, title="Evidence", description="Why it can be reached."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "Goal":
        problems = _share_problems(self) or _direction_problems(self)
        if problems:
            raise PydanticCustomError(
                "goal", "{problems}", {"problems": "\n".join(problems)}
            )
        return self


def _share_problems(goal: Goal) -> list[str]:
    if goal.unit != "share":
        return []
    lowest = -1 if goal.target_is == "change" else 0
    fields = [("baseline", goal.baseline, 0), ("target", goal.target, lowest)]
    problems = []
    for name, value, low in fields:
        if value is None or low <= value <= 1:
            continue
        hint = "100% is 1"
        if low <= value / 100 <= 1:
            hint = f"write {value:g}% as {value / 100:g}"
        problems.append(
            f"{name} must be a share between {low} and 1, got {value:g}; {hint}"
        )
    return problems


def _direction_problems(goal: Goal) -> list[str]:
    if goal.target is None:
        return []
    sign = 1 if goal.direction == "increase" else -1
    if goal.target_is == "change":
        none = 1 if goal.unit == "ratio" else 0
        if sign * (goal.target - none) > 0:
            return []
        below = "above" if sign > 0 else "below"
        return [
            f"target {goal.target:g} is a change in the wrong direction; to "
            f"{goal.direction}, write a change {below} {none}, or direction: "
            f"{'decrease' if sign > 0 else 'increase'}"
        ]
    if goal.baseline is None or sign * (goal.target - goal.baseline) > 0:
        return []
    side = "above" if sign > 0 else "below"
    return [
        f"target {goal.target:g} is not {side} the baseline {goal.baseline:g}, but the "
        f"direction is {goal.direction}; write a target {side} the baseline, or "
        "target_is: change when the target is a change"
    ]
