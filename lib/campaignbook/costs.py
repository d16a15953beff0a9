"""Costs and value: the plan's words for money."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Deadweight = Annotated[
    float,
    Field(
        title="Deadweight",
        description="Share that would have happened anyway.",
        ge=0,
        le=1,
    ),
]
Displacement = Annotated[
    float,
    Field(
        title="Displacement", description="Share that moved from elsewhere.", ge=0, le=1
    ),
]
DueToOthers = Annotated[
    float,
    Field(title="Due to others", description="Share caused by others.", ge=0, le=1),
]
DropOff = Annotated[
    float,
    Field(title="Drop-off", description="Share lost each year.", ge=0, le=1),
]
Years = Annotated[
    int, Field(title="Years", description="How long it lasts.", ge=1, le=100)
]


class Cost(BaseModel, frozen=True, extra="forbid"):
    """One cost of the campaign, as a total in the plan's currency."""

    item: str = Field(
        title="Item", description="What was paid for.", min_length=1, max_length=200
    )
    amount: float = Field(
        title="Amount",
        description="Total in the plan's currency.",
        ge=0,
        allow_inf_nan=False,
    )
    labour: bool = Field(
        False, title="Labour", description="Whether it is people's working time."
    )


class SroiOutcome(BaseModel, frozen=True, extra="forbid"):
    """One outcome of a social return on investment, with its proxy and deductions."""

    name: str = Field(title="Name", description="The outcome.", max_length=200)
    quantity: float = Field(
        title="Quantity", description="How many.", ge=0, allow_inf_nan=False
    )
    proxy: float = Field(
        title="Proxy", description="Money value of one.", allow_inf_nan=False
    )
    deadweight: Deadweight = 0.0
    displacement: Displacement = 0.0
    due_to_others: DueToOthers = 0.0
    drop_off: DropOff = 0.0
    years: Years = 1


class Sroi(BaseModel, frozen=True, extra="forbid"):
    """A social return on investment: outcomes and when their value arises."""

    timing: Literal["end_of_year", "start_of_year"] = Field(
        "end_of_year", title="Timing", description="When a year's value arises."
    )
    outcomes: tuple[SroiOutcome, ...] = Field(
        title="Outcomes", description="All outcomes.", min_length=1
    )


class Alternative(BaseModel, frozen=True, extra="forbid"):
    """What else the money could have bought."""

    cost: float = Field(
        title="Cost",
        description="In the plan's currency.",
        ge=0,
        allow_inf_nan=False,
    )
    outcomes: float = Field(
        title="Outcomes", description="Of the same kind.", allow_inf_nan=False
    )


class Value(BaseModel, frozen=True, extra="forbid"):
    """What the outcomes are worth, and what must be taken off them."""

    people: float | None = Field(
        None,
        title="People",
        description="How many the effect applies to.",
        gt=0,
        allow_inf_nan=False,
    )
    per_outcome: float | None = Field(
        None,
        title="Value of an outcome",
        description="In the plan's currency.",
        allow_inf_nan=False,
    )
    margin: float = Field(
        1.0, title="Margin", description="Share of revenue kept.", gt=0, le=1
    )
    deadweight: Deadweight = 0.0
    displacement: Displacement = 0.0
    due_to_others: DueToOthers = 0.0
    drop_off: DropOff = 0.0
    years: Years = 1
    discount_rate: float = Field(
        0.035, title="Discount rate", description="A year; 3.5% is 0.035.", ge=0, lt=1
    )
    sroi: Sroi | None = Field(
        None, title="Social return", description="Outcomes with proxies."
    )
    alternative: Alternative | None = Field(
        None, title="Alternative", description="What it is compared with."
    )


def kept_share(value: Value | SroiOutcome) -> float:
    """Return the share of outcomes that the plan's deductions leave, 0-1.

    Notes
    -----
    (1 - deadweight)(1 - displacement)(1 - due to others): what would have happened
    anyway, moved from elsewhere, or was done by others is taken off in turn.

    Examples
    --------
    >>> round(kept_share(Value(deadweight=0.2, due_to_others=0.1)), 2)
    0.72
    """
    return (1 - value.deadweight) * (1 - value.displacement) * (1 - value.due_to_others)
