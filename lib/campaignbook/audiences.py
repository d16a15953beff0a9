"""Audiences: who the campaign is for, in segments."""

from typing import Literal

from pydantic import BaseModel, Field


class Segment(BaseModel, frozen=True, extra="forbid"):
    """A part of the audience that is alike in what matters for the behaviour."""

    name: str = Field(
        title="Name", description="What we call it.", min_length=1, max_length=200
    )
    basis: Literal["demographic", "psychographic", "behavioural"] = Field(
        "demographic", title="Basis", description="What makes its members alike."
    )
    size: float | None = Field(
        None, title="Size", description="How many people.", ge=0, allow_inf_nan=False
    )
    criteria: str = Field(
        "", title="Criteria", description="Who belongs to it.", max_length=1000
    )
    barriers: tuple[str, ...] = Field(
        (), title="Barriers", description="What keeps them from the behaviour."
    )
    benefits: tuple[str, ...] = Field(
        (), title="Benefits", description="What they would gain in their own eyes."
    )
    competition: tuple[str, ...] = Field(
        (), title="Competition", description="What they do instead."
    )
    scores: dict[str, float] = Field(
        {}, title="Scores", description="Points by criterion of choice."
    )
