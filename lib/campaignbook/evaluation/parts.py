"""The parts of an evaluation in the plan: data, who, when, arms, counts, covariates."""

from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError


def no_address(value: object) -> object:
    """Return the value, or raise where a text is an address instead of a file."""
    if isinstance(value, str) and "://" in value:
        raise PydanticCustomError(
            "address",
            "a plan reads files, never addresses; save the table beside the plan and "
            "write its file name",
        )
    return value


def _text_not_list(value: object) -> object:
    if isinstance(value, (str, int, float, bool, date)):
        raise PydanticCustomError(
            "list_type", "write a list, also for one value: [{value}]", {"value": value}
        )
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Value = bool | int | float | date | str
Values = Annotated[
    tuple[Value, ...], BeforeValidator(_text_not_list), Field(min_length=1)
]


def _named_by_text(value: object) -> object:
    """Return a mapping with its keys as text: YAML reads the arm ``0:`` as a number."""
    if not isinstance(value, dict):
        return value
    return {str(k) if isinstance(k, (int, float)) else k: v for k, v in value.items()}


T = TypeVar("T")
ByName = Annotated[dict[str, T], BeforeValidator(_named_by_text)]


class Data(BaseModel, frozen=True, extra="forbid"):
    """The file that an evaluation reads."""

    file: Annotated[str, BeforeValidator(no_address)] = Field(
        title="File",
        description="Path of the table, relative to the plan.",
        min_length=1,
        max_length=500,
    )
    sheet: str | None = Field(
        None, title="Sheet", description="Sheet of an xlsx file.", max_length=100
    )


class Treated(BaseModel, frozen=True, extra="forbid"):
    """Which rows belong to the campaign: those whose column holds one of the values."""

    column: Column = Field(title="Column", description="Column that tells who.")
    values: Values = Field(title="Values", description="Values that mean treated.")


class Time(BaseModel, frozen=True, extra="forbid"):
    """The periods, their order, and when the campaign ran."""

    column: Column = Field(title="Column", description="Column with the period.")
    order: Annotated[tuple[Value, ...], Field(min_length=2)] | Column | None = Field(
        None,
        title="Order",
        description="All periods first to last, or the name of a numeric column.",
    )
    start: Value | None = Field(
        None, title="Start", description="First treated period."
    )
    end: Value | None = Field(
        None, title="End", description="Last treated period, inclusive."
    )
    start_column: Column | None = Field(
        None,
        title="Start column",
        description="Column with each unit's first treated period; empty is never.",
    )

    @model_validator(mode="after")
    def _one_start(self) -> "Time":
        if self.start is not None and self.start_column is not None:
            raise PydanticCustomError(
                "start", "give either start or start_column, not both"
            )
        return self


class Arms(BaseModel, frozen=True, extra="forbid"):
    """The arms of a trial."""

    column: Column | None = Field(
        None, title="Column", description="Column with the arm of each row."
    )
    control: Value = Field(
        "control", title="Control", description="Value that means control."
    )
    treated: Values | None = Field(
        None, title="Treated", description="Treated arms; left out: all the others."
    )
    headline: Value | None = Field(
        None, title="Headline", description="The arm that decides; else the first."
    )


class Covariate(BaseModel, frozen=True, extra="forbid", populate_by_name=True):
    """A column to adjust for: plain, as a power, as categories, or as a product."""

    column: Column | None = Field(
        None, title="Column", description="Column to adjust for."
    )
    power: int | None = Field(
        None, title="Power", description="2 for the square.", ge=2, le=5
    )
    as_: Literal["category"] | None = Field(
        None, alias="as", title="As", description="category: one level each."
    )
    interact: tuple[Column, Column] | None = Field(
        None, title="Interact", description="Two columns to multiply."
    )

    @model_validator(mode="after")
    def _one_form(self) -> "Covariate":
        if (self.column is None) == (self.interact is None):
            raise PydanticCustomError(
                "covariate", "write either column or interact: [a, b]"
            )
        return self


class Count(BaseModel, frozen=True, extra="forbid"):
    """People and events in one group."""

    n: int = Field(title="People", description="How many people.", ge=1)
    events: int = Field(title="Events", description="How many events.", ge=0)


class Treatment(BaseModel, frozen=True, extra="forbid"):
    """Who took part, where nobody was assigned."""

    column: Column = Field(title="Column", description="Column that tells who.")
    treated: Values = Field(title="Treated", description="Values that mean took part.")


class Predictor(BaseModel, frozen=True, extra="forbid", populate_by_name=True):
    """A column averaged over periods, matched by a synthetic control."""

    column: Column = Field(title="Column", description="Column to match on.")
    from_: Value | None = Field(
        None, alias="from", title="From", description="First period."
    )
    to: Value | None = Field(None, title="To", description="Last period.")


class Comparison(BaseModel, frozen=True, extra="forbid"):
    """The series without the campaign."""

    column: Column = Field(title="Column", description="Column that tells which.")
    values: Values = Field(title="Values", description="Values of the comparison.")


class StudyEstimate(BaseModel, frozen=True, extra="forbid"):
    """One study's published result."""

    name: str = Field(title="Name", description="Study.", max_length=200)
    estimate: float = Field(title="Estimate", description="Published effect.")
    std_error: float | None = Field(
        None, title="Standard error", description="Its standard error.", gt=0
    )
    ci_low: float | None = Field(None, title="From", description="Interval, low end.")
    ci_high: float | None = Field(None, title="To", description="Interval, high end.")
    times: float | None = Field(
        None,
        title="Times",
        description="Standard errors from the estimate to an end; else 1.96.",
        gt=0,
    )


class StudyTable(BaseModel, frozen=True, extra="forbid"):
    """One study's counts."""

    name: str = Field(title="Name", description="Study.", max_length=200)
    counts: ByName[Count] = Field(title="Counts", description="By group.")


class Power(BaseModel, frozen=True, extra="forbid"):
    """What the evaluation should be able to see, and what is planned for it."""

    change: float | None = Field(
        None,
        title="Change",
        description="Change to be seen, in the measure's unit; else the goal's.",
        allow_inf_nan=False,
    )
    power: float = Field(
        0.8, title="Power", description="Chance of seeing it.", gt=0, lt=1
    )
    level: float | None = Field(
        None,
        title="Level",
        description="Confidence level; else that of the evaluation.",
        gt=0.5,
        lt=1,
    )
    n: int | None = Field(None, title="People", description="People an arm.", ge=2)
    clusters: int | None = Field(
        None, title="Clusters", description="Clusters an arm; treated ones.", ge=1
    )
    control_clusters: int | None = Field(
        None,
        title="Control clusters",
        description="Without the campaign (donors); else as many as treated.",
        ge=1,
    )
    cluster_size: float | None = Field(
        None, title="Cluster size", description="People a cluster (and period).", ge=1
    )
    icc: float | None = Field(
        None,
        title="Intracluster correlation",
        description="How alike people of a cluster are.",
        ge=0,
        le=1,
    )
    std_dev: float | None = Field(
        None,
        title="Standard deviation",
        description="Of the outcome between people; of a series around its course.",
        gt=0,
    )
    shock: float | None = Field(
        None,
        title="Shocks",
        description="Standard deviation of what moves one cluster in one period.",
        ge=0,
    )
    before: int | None = Field(
        None, title="Periods before", description="Before the start.", ge=1
    )
    after: int | None = Field(
        None, title="Periods after", description="From the start on.", ge=1
    )
    autocorrelation: float = Field(
        0.0,
        title="Autocorrelation",
        description="Of neighbouring periods, beyond trend and season.",
        gt=-1,
        lt=1,
    )
    design_effect: float = Field(
        1.0,
        title="Design effect",
        description="How many times more people weights or adjustment take.",
        ge=1,
    )
