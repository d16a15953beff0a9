"""Partnerships: who works with the campaign, what each gives and gets."""

from datetime import date

from pydantic import BaseModel, Field


class Partner(BaseModel, frozen=True, extra="forbid"):
    """An organisation or person that works with the campaign, or has a stake in it."""

    name: str = Field(
        title="Name", description="Who it is.", min_length=1, max_length=200
    )
    kind: str = Field(
        "",
        title="Kind",
        description="Community organisation, influencer, authority, company ...",
        max_length=100,
    )
    role: str = Field("", title="Role", description="What it does.", max_length=500)
    reach: float | None = Field(
        None, title="Reach", description="People it reaches.", ge=0, allow_inf_nan=False
    )
    cost: float | None = Field(
        None,
        title="Cost",
        description="In the plan's currency.",
        ge=0,
        allow_inf_nan=False,
    )
    gives: str = Field("", title="Gives", description="What it brings.", max_length=500)
    gets: str = Field(
        "", title="Gets", description="What it has from it.", max_length=500
    )
    power: int | None = Field(
        None, title="Power", description="1 (little) to 5 (much).", ge=1, le=5
    )
    interest: int | None = Field(
        None, title="Interest", description="1 (little) to 5 (much).", ge=1, le=5
    )
    review_date: date | None = Field(
        None, title="Review date", description="When the partnership is looked at."
    )
