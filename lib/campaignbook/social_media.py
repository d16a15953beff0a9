"""Social media marketing: the content calendar's activities."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

Status = Literal[
    "concept", "draft", "review", "approved", "scheduled", "published", "archived"
]


class Activity(BaseModel, frozen=True, extra="forbid"):
    """One entry of the calendar: what goes out when, where and for whom."""

    date: dt.date = Field(title="Date", description="When it goes out.")
    channel: str = Field(
        title="Channel", description="Where it goes out.", min_length=1, max_length=100
    )
    format: str = Field(
        "", title="Format", description="Post, video, event ...", max_length=100
    )
    content: str = Field(
        "", title="Content", description="What it says.", max_length=5000
    )
    status: Status = Field(
        "concept", title="Status", description="How far it is, concept to archived."
    )
    owner: str = Field("", title="Owner", description="Who does it.", max_length=200)
    approved_by: str = Field(
        "", title="Approved by", description="Who said yes.", max_length=200
    )
    segment: str = Field(
        "", title="Segment", description="For which segment.", max_length=200
    )
    behaviour: str = Field(
        "", title="Behaviour", description="Which behaviour it asks.", max_length=500
    )
    stage: str = Field(
        "", title="Stage of change", description="Whom it meets.", max_length=100
    )
    barrier: str = Field(
        "", title="Barrier", description="Which barrier it lowers.", max_length=500
    )
    utm_link: Annotated[str, StringConstraints(max_length=2000)] = Field(
        "", title="UTM link", description="Link with its campaign tags."
    )
