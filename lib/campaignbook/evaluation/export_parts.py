"""The parts of an evaluation of indicators in the plan: what it reads beside KPIs."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from campaignbook.evaluation.parts import Data, no_address

FileName = Annotated[str, BeforeValidator(no_address)]


class Enquiries(Data, frozen=True, extra="forbid"):
    """The messages that came in, and the hours in which they are answered.

    The table has ``received``, ``answered`` (empty where not), ``needs_answer`` (true
    or false) and ``topic``, one row a message.
    """

    opens: float = Field(
        9,
        title="Opens",
        description="Hour of the day; 9.5 is 9:30.",
        ge=0,
        lt=24,
    )
    closes: float = Field(
        17, title="Closes", description="Hour of the day.", gt=0, lt=24
    )


class Influencers(BaseModel, frozen=True, extra="forbid"):
    """Tables of the influencers who are paid, or may be; relative to the plan."""

    accounts: FileName = Field(
        title="Accounts", description="One row an account: name, followers, fee ..."
    )
    posts: FileName | None = Field(
        None, title="Posts", description="One row a post: name, engagements."
    )
    followers: FileName | None = Field(
        None, title="Followers by day", description="name, date, followers, event."
    )
    audiences: FileName | None = Field(
        None,
        title="Audiences",
        description="A survey: a column of 1 and 0 an account, and people.",
    )
