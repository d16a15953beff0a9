"""Strategies: competition, marketing mix, positioning and channels."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

FORMS = ("log", "power", "saturation")
"""Forms of a response curve; `response_curves.brought` has their formulas."""


class Competitor(BaseModel, frozen=True, extra="forbid"):
    """What the audience does or hears instead."""

    name: str = Field(
        title="Name", description="Behaviour or voice.", min_length=1, max_length=200
    )
    kind: Literal["behaviour", "voice"] = Field(
        "behaviour", title="Kind", description="A competing behaviour or voice."
    )
    barriers: tuple[str, ...] = Field(
        (), title="Barriers", description="What makes it hard."
    )
    benefits: tuple[str, ...] = Field(
        (), title="Benefits", description="What it gives."
    )


class Mix(BaseModel, frozen=True, extra="forbid"):
    """The marketing mix."""

    product: str = Field(
        "", title="Product", description="What is offered.", max_length=2000
    )
    price: str = Field("", title="Price", description="What it asks.", max_length=2000)
    place: str = Field(
        "", title="Place", description="Where and when.", max_length=2000
    )
    promotion: str = Field(
        "", title="Promotion", description="How it is told.", max_length=2000
    )


class Response(BaseModel, frozen=True, extra="forbid"):
    """How a channel answers to money: a curve that flattens."""

    form: Literal[FORMS] = Field(title="Form", description="Shape of the curve.")
    scale: float = Field(
        title="Scale", description="How high it goes.", gt=0, allow_inf_nan=False
    )
    shape: float = Field(
        title="Shape",
        description="How soon it flattens: money, or for power an exponent below 1.",
        gt=0,
        allow_inf_nan=False,
    )


def convex(curve: Response) -> str | None:
    """Return why no best amount can be found on a curve, or None where one can."""
    if curve.form != "power" or curve.shape < 1:
        return None
    bends = "a straight line" if curve.shape == 1 else "convex, ever steeper"
    return (
        f"a power curve with shape {curve.shape:g} is {bends}, so that the money would "
        "all go to one channel; write a shape below 1, or leave the curve out"
    )


class Channel(BaseModel, frozen=True, extra="forbid"):
    """A way to the audience, with its money."""

    name: str = Field(
        title="Name", description="What it is.", min_length=1, max_length=200
    )
    budget: float | None = Field(
        None,
        title="Budget",
        description="In the plan's currency.",
        ge=0,
        allow_inf_nan=False,
    )
    response: Response | None = Field(
        None, title="Response", description="What money does there."
    )

    @model_validator(mode="after")
    def _flattens(self) -> "Channel":
        problem = None if self.response is None else convex(self.response)
        if problem:
            raise PydanticCustomError("design_keys", "{p}", {"p": problem})
        return self


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Strategy(BaseModel, frozen=True, extra="forbid"):
    """How the campaign means to win."""

    competition: tuple[Annotated[Competitor, BeforeValidator(_named)], ...] = Field(
        (), title="Competition", description="What the audience does or hears instead."
    )
    mix: Mix = Field(Mix(), title="Marketing mix", description="The four Ps.")
    positioning: str = Field(
        "",
        title="Positioning",
        description="How the audience is to see the behaviour or the brand.",
        max_length=2000,
    )
    channels: tuple[Annotated[Channel, BeforeValidator(_named)], ...] = Field(
        (), title="Channels", description="Ways to the audience, with budget."
    )
