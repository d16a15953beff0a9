"""Strategies: competition, marketing mix, positioning and channels."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from campaignbook.errors import PlanError
from campaignbook.results import Check

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

    @field_validator("response")
    @classmethod
    def _flattens(cls, response: Response | None) -> Response | None:
        problem = None if response is None else convex(response)
        if problem:
            raise PydanticCustomError("design_keys", "{p}", {"p": problem})
        return response


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


def positioning(*, audience: str, behaviour: str, seen_as: str, instead_of: str) -> str:
    """Return a positioning sentence in the form that this book uses.

    Parameters
    ----------
    audience, behaviour : str
        Who, and what they are to do or to choose.
    seen_as : str
        The short phrase that they should have in mind.
    instead_of : str
        What it competes with.

    Raises
    ------
    PlanError
        One sentence for each part that is empty.

    Examples
    --------
    >>> positioning(audience="teenagers", behaviour="walking to school",
    ...             seen_as="time with friends", instead_of="the lift by car")
    'For teenagers, walking to school is time with friends, and beats the lift by car.'
    """
    parts = {
        "audience": audience, "behaviour": behaviour, "seen_as": seen_as,
        "instead_of": instead_of,
    }  # fmt: skip
    empty = [f"positioning: write '{k}'." for k, v in parts.items() if not v.strip()]
    if empty:
        raise PlanError(*empty)
    return f"For {audience}, {behaviour} is {seen_as}, and beats {instead_of}."


def strategy_checks(strategy: Strategy) -> tuple[Check, ...]:
    """Return what a strategy still lacks: competition, mix, positioning, channels.

    Notes
    -----
    The questions look for what is written, not for how good it is.
    """
    return tuple(
        Check(name=name, answer="no" if lack else "yes", sentence=lack or found)
        for name, lack, found in _looked_for(strategy)
    )


def _looked_for(strategy: Strategy) -> Iterator[tuple[str, str, str]]:
    """Yield what is asked, what is missing (or nothing), and what is there."""
    rivals = strategy.competition
    bare = [c.name for c in rivals if not c.benefits or not c.barriers]
    lack = "" if rivals else "No competition is named: what do they do or hear instead?"
    if bare:
        lack = f"Benefits or barriers are missing for {_listed(bare)}."
    yield "competition", lack, f"{len(rivals)} named, each with benefits and barriers."
    ps = strategy.mix.model_dump()
    empty = [p for p, text in ps.items() if not text.strip()]
    lack = f"Not written: {', '.join(empty)}." if empty else ""
    if empty == ["product", "price", "place"]:
        lack = "Promotion alone: nothing makes the behaviour easier, nearer or cheaper."
    yield "marketing mix", lack, "All four Ps are written."
    words = strategy.positioning.casefold()
    lack = "" if words.strip() else "The positioning is not written."
    if words and rivals and not any(c.name.casefold() in words for c in rivals):
        names = _listed([c.name for c in rivals])
        lack = f"The positioning does not name what it has to beat: {names}."
    yield "positioning", lack, "Written, and it names what it has to beat."
    channels = strategy.channels
    without = [c.name for c in channels if c.budget is None]
    lack = "" if channels else "No channel is named."
    if without:
        lack = f"No budget for {_listed(without)}."
    yield "channels", lack, f"{len(channels)} with a budget."
    open_ones = [c.name for c in channels if c.response is None]
    lack = "" if channels else "Without channels there is no response to money."
    if open_ones:
        lack = f"Nothing is said of what money does in {_listed(open_ones)}."
    yield "response", lack, "Each channel says what money does there."


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{n}'" for n in names)
