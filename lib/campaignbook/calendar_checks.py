"""What is wrong with a content calendar: gaps, approval, tags, behaviour, dates."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Literal

from campaignbook.content_calendar import weeks_of
from campaignbook.results import Check
from campaignbook.social_media import Activity
from campaignbook.utm import link_problems

LINK_CHANNELS = frozenset(
    {
        "facebook", "linkedin", "x", "twitter", "pinterest", "threads", "mastodon",
        "bluesky", "youtube", "email", "e-mail", "newsletter", "whatsapp", "telegram",
        "website", "blog", "google ads", "meta ads", "tiktok ads", "linkedin ads",
    }
)  # fmt: skip
"""Channels whose entries can carry a link; this book's choice, in small letters."""

OUT = ("scheduled", "published")


def calendar_checks(
    activities: Sequence[Activity],
    *,
    kind: Literal["social", "social_media"] | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    today: dt.date | None = None,
    link_channels: Collection[str] = LINK_CHANNELS,
) -> tuple[Check, ...]:
    """Return what holds of a content calendar; each "no" names the entries.

    Parameters
    ----------
    activities : sequence of Activity
        The calendar.
    kind : {"social", "social_media"}, optional
        Of the plan: entries of social marketing need behaviour, stage and barrier.
    start, end : date, optional
        The plan's period, both included.
    today : date, optional
        Needed to know whether a status fits its date.
    link_channels : collection of str
        Channels whose entries are to carry a tagged link, in small letters.

    Examples
    --------
    >>> post = Activity(date=dt.date(2026, 1, 5), channel="Facebook")
    >>> [c.name for c in calendar_checks([post]) if c.answer == "no"]
    ['several channels', 'tagged links']
    """
    if not activities:
        return (
            Check(
                name="calendar", answer="no",
                sentence="The calendar is empty: write when what goes out.",
            ),
        )  # fmt: skip
    made = [
        _weeks(activities, start, end),
        _inside(activities, start, end),
        _channels(activities),
        _approval(activities),
        _links(activities, {c.casefold() for c in link_channels}),
        _once(activities),
        _status(activities, today),
    ]
    if kind == "social":
        made.append(_behaviour(activities))
    return tuple(made)


def _weeks(
    activities: Sequence[Activity], start: dt.date | None, end: dt.date | None
) -> Check:
    name = "every week has content"
    if start is None or end is None:
        return _unknown(name, "The plan has no period: its weeks cannot be counted.")
    held = {a.date - dt.timedelta(days=a.date.weekday()) for a in activities
            if start <= a.date <= end}  # fmt: skip
    weeks = weeks_of(start, end)
    empty = [str(week) for week in weeks if week not in held]
    if not empty:
        return _yes(name, f"Each of the {len(weeks)} weeks has content.")
    return _no(
        name,
        f"No content in {len(empty)} of {len(weeks)} weeks (beginning {_some(empty)}). "
        "Fill such weeks, or say why they rest.",
    )


def _inside(
    activities: Sequence[Activity], start: dt.date | None, end: dt.date | None
) -> Check:
    name = "entries within the period"
    if start is None or end is None:
        return _unknown(name, "The plan has no period: write its start and end.")
    return _all(
        name, activities, lambda a: start <= a.date <= end,
        good=f"All entries lie between {start} and {end}.",
        bad=f"outside {start} to {end}. Move them, or the period.",
    )  # fmt: skip


def _channels(activities: Sequence[Activity]) -> Check:
    channels = sorted({a.channel.strip().casefold() for a in activities})
    if len(channels) > 1:
        return _yes("several channels", f"The calendar uses {len(channels)} channels.")
    return _no(
        "several channels",
        f"All entries go out on one channel ({activities[0].channel}): those who are "
        "not there hear nothing, and a fault of the channel stops everything.",
    )


def _approval(activities: Sequence[Activity]) -> Check:
    return _all(
        "approved before going out", activities,
        lambda a: a.status not in OUT or a.approved_by.strip() != "",
        good="Nothing is scheduled or published without the name of who approved it.",
        bad="scheduled or published, and nobody is named who approved.",
    )  # fmt: skip


def _links(activities: Sequence[Activity], channels: set[str]) -> Check:
    def sound(a: Activity) -> bool:
        link = a.utm_link.strip()
        if not link:
            return a.channel.strip().casefold() not in channels
        return not link_problems(link)

    return _all(
        "tagged links", activities, sound,
        good="Every entry that can carry a link has one with sound campaign tags.",
        bad="no link with sound campaign tags (utm_source, utm_medium, "
        "utm_campaign), so that visits from there cannot be told from others.",
    )  # fmt: skip


def _behaviour(activities: Sequence[Activity]) -> Check:
    fields = ("behaviour", "stage", "barrier")
    return _all(
        "behaviour, stage and barrier", activities,
        lambda a: all(getattr(a, field).strip() for field in fields),
        good="Every entry names its behaviour, stage of change and barrier.",
        bad="without behaviour, stage of change or barrier. What is to change, in "
        "whom, and what stands in the way?",
    )  # fmt: skip


def _once(activities: Sequence[Activity]) -> Check:
    counts = Counter((a.date, a.channel.strip().casefold()) for a in activities)
    return _all(
        "one entry a day and channel", activities,
        lambda a: counts[a.date, a.channel.strip().casefold()] == 1,
        good="No channel has two entries on one day.",
        bad="same day and channel as another. Is one of them a copy?",
    )  # fmt: skip


def _status(activities: Sequence[Activity], today: dt.date | None) -> Check:
    name = "status fits the date"
    if today is None:
        return _unknown(name, "Without today's date nothing is late or too early.")

    def fits(a: Activity) -> bool:
        if a.date > today:
            return a.status not in ("published", "archived")
        return a.date == today or a.status in ("published", "archived")

    return _all(
        name, activities, fits,
        good=f"On {today} all past entries are out, and no later one is.",
        bad=f"the status does not fit the date on {today}. Late ones are not out "
        "yet, or later ones are said to be out.",
    )  # fmt: skip


def _all(
    name: str,
    activities: Sequence[Activity],
    holds: Callable[[Activity], bool],
    *,
    good: str,
    bad: str,
) -> Check:
    """Return "yes" if something holds of all entries, else the entries and `bad`."""
    wrong = [f"{a.date} {a.channel}" for a in activities if not holds(a)]
    if not wrong:
        return _yes(name, good)
    return _no(
        name, f"{len(wrong)} of {len(activities)} entries ({_some(wrong)}): {bad}"
    )


def _some(words: Sequence[str], most: int = 5) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _yes(name: str, sentence: str) -> Check:
    return Check(name=name, answer="yes", sentence=sentence)


def _no(name: str, sentence: str) -> Check:
    return Check(name=name, answer="no", sentence=sentence)


def _unknown(name: str, sentence: str) -> Check:
    return Check(name=name, answer="unknown", sentence=sentence)
