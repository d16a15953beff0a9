"""Partnerships: who works with the campaign, what each gives and gets."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType

import pandas as pd
from pydantic import BaseModel, Field

from campaignbook.errors import PlanError, twice
from campaignbook.results import Check


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


FACTORS: Mapping[str, str] = MappingProxyType(
    {
        "new people": "how many of the audience it reaches whom nobody else reaches",
        "trust": "how far the audience trusts it",
        "shared purpose": "how far its own aims are those of the campaign",
        "strengths": "how much it brings that the campaign lacks",
        "resources required": "what working with it takes in time and money",
    }
)
"""Criteria this book uses to choose partners, for `segment_choice.criteria_of`."""

HIGH = 3
"""Points of power or interest, 1 to 5, from which they count as high."""
ENGAGEMENT: Mapping[tuple[bool, bool], tuple[str, str]] = MappingProxyType(
    {
        (True, True): (
            "work closely",
            "Meet often; decide with those who share the aim.",
        ),
        (True, False): ("keep satisfied", "Ask what they need; take little time."),
        (False, True): ("keep informed", "Tell them early; let them help."),
        (False, False): ("watch", "Look again at each review."),
    }
)
"""By high power and high interest: the place, and the engagement it asks for."""


def stakeholder_map(partners: Sequence[Partner], *, high: int = HIGH) -> pd.DataFrame:
    """Return where each partner stands by power and interest, and what that asks for.

    Columns `name`, `power`, `interest` (1 to 5; empty: not told), `place`,
    `engagement`; the most powerful first.

    Raises
    ------
    PlanError
        If a partner stands twice, or `high` is not between 2 and 5.

    Notes
    -----
    The grid of four is a habit of the field; the limit is this book's.

    Examples
    --------
    >>> clinic = Partner(name="Clinic", power=4, interest=2)
    >>> stakeholder_map([clinic])["place"].tolist()
    ['keep satisfied']
    """
    _refuse_twice(partners)
    if not 2 <= high <= 5:
        raise PlanError(f"high is {high}; power and interest are high from 2 to 5.")
    rows = []
    for one in partners:
        place = ("not known", "Find out how much power and interest it has.")
        if one.power is not None and one.interest is not None:
            place = ENGAGEMENT[one.power >= high, one.interest >= high]
        rows.append((one.name, one.power, one.interest, *place))
    columns = ["name", "power", "interest", "place", "engagement"]
    made = pd.DataFrame(rows, columns=columns)
    made = made.astype({"power": "Int64", "interest": "Int64"})
    return made.sort_values(
        ["power", "interest"], ascending=False, kind="stable", ignore_index=True
    )


def gives_and_gets(partners: Sequence[Partner]) -> pd.DataFrame:
    """Return what each partner brings and has from it, and what is left to agree.

    Columns `name`, `kind`, `role`, `gives`, `gets`, `open` (empty: nothing).

    Raises
    ------
    PlanError
        If a partner stands twice.
    """
    _refuse_twice(partners)
    rows = [
        (p.name, p.kind, p.role, p.gives, p.gets, ", ".join(_open(p))) for p in partners
    ]
    columns = ["name", "kind", "role", "gives", "gets", "open"]
    return pd.DataFrame(rows, columns=columns)


def _open(partner: Partner) -> Iterator[str]:
    for name in ("role", "gives", "gets"):
        if not getattr(partner, name).strip():
            yield name
    for name in ("reach", "cost", "review_date"):
        if getattr(partner, name) is None:
            yield name.replace("_", " ")


def agreement_checks(
    partners: Sequence[Partner], *, today: date | None = None, end: date | None = None
) -> tuple[Check, ...]:
    """Return whether the partners' agreements are whole and looked at in time.

    Parameters
    ----------
    partners : sequence of Partner
        Those of a plan.
    today : date, optional
        Reviews before it are overdue; without it this is not looked at.
    end : date, optional
        Last day of the campaign; a review after it changes nothing.

    Raises
    ------
    PlanError
        If a partner stands twice.
    """
    _refuse_twice(partners)
    if not partners:
        told = "There are no partners in the plan yet."
        return (Check(name="partners", answer="unknown", sentence=told),)
    dated = [p for p in partners if p.review_date is not None]
    late = [p for p in dated if today is not None and p.review_date < today]
    after = [p for p in dated if end is not None and p.review_date > end]
    checks = [
        _each("what each gives", [p for p in partners if not p.gives.strip()],
              "Each brings something.", "Write what they bring."),
        _each("what each gets", [p for p in partners if not p.gets.strip()],
              "Each gets something from it.", "Write what they get from it."),
        _each("reach of each", [p for p in partners if p.reach is None],
              "The reach of each is told.", "Ask how many people they reach."),
        _each("a review date for each", [p for p in partners if p not in dated],
              "Each has a day on which it is looked at.", "Set a review date."),
    ]  # fmt: skip
    if today is not None:
        checks.append(
            _each("no review is overdue", late, f"No review was due before {today}.",
                  f"Their review was due before {today}.")
        )  # fmt: skip
    if end is not None:
        checks.append(
            _each("reviews before the end", after, f"All reviews are due by {end}.",
                  f"Their review comes after the end, {end}: nothing can change then.")
        )  # fmt: skip
    return tuple(checks)


def _each(name: str, wrong: Sequence[Partner], good: str, bad: str) -> Check:
    if not wrong:
        return Check(name=name, answer="yes", sentence=good)
    more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    named = ", ".join(p.name for p in wrong[:5])
    return Check(name=name, answer="no", sentence=f"{named}{more}: {bad}")


def _refuse_twice(partners: Sequence[Partner]) -> None:
    found = twice("partners", "partner", [p.name for p in partners])
    problems = [sentence for _, sentence in found]
    if problems:
        raise PlanError(*problems)
