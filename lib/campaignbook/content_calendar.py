"""The content calendar: a plan's activities as tables, with the rhythm by channel."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from campaignbook.errors import PlanError
from campaignbook.social_media import Activity

COLUMNS = tuple(Activity.model_fields)


def activity_table(activities: Sequence[Activity]) -> pd.DataFrame:
    """Return a row an activity by date and channel, with the columns of `Activity`.

    Dates are pandas dates, all else is text; empty text means "not said".
    """
    rows = [a.model_dump() for a in activities]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.assign(date=pd.to_datetime(table["date"]))
    return table.sort_values(["date", "channel"], kind="stable", ignore_index=True)


def weeks_of(start: dt.date, end: dt.date) -> list[dt.date]:
    """Return the Mondays of all weeks that hold a day from `start` to `end`.

    >>> [str(d) for d in weeks_of(dt.date(2026, 1, 1), dt.date(2026, 1, 5))]
    ['2025-12-29', '2026-01-05']
    """
    monday = start - dt.timedelta(days=start.weekday())
    count = (end - monday).days // 7 + 1
    return [monday + dt.timedelta(weeks=i) for i in range(count)]


def cadence(
    activities: Sequence[Activity],
    *,
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> pd.DataFrame:
    """Return how often each channel speaks, and how long it is silent.

    Parameters
    ----------
    activities : sequence of Activity
        The calendar.
    start, end : date, optional
        Days looked at, both included; without them from the first to the last entry.

    Returns
    -------
    DataFrame
        A row a channel by name: `channel`, `entries`, `weeks` (those that hold a day
        of the period), `per_week` (entries a seven days of the period), `empty_weeks`,
        `longest_gap` (days between two entries of the channel, or between an end of
        the period and the nearest entry).

    Raises
    ------
    PlanError
        If there are no activities, or the end is before the start.
    """
    days = [a.date for a in activities]
    if not days:
        raise PlanError("activities: the calendar is empty; write when what goes out.")
    start, end = start or min(days), end or max(days)
    if end < start:
        raise PlanError(f"the end {end} is before the start {start}; exchange them.")
    weeks, length = weeks_of(start, end), (end - start).days + 1
    rows = []
    for channel in sorted({a.channel for a in activities}, key=str.casefold):
        at = sorted(
            a.date for a in activities
            if a.channel == channel and start <= a.date <= end
        )  # fmt: skip
        held = {d - dt.timedelta(days=d.weekday()) for d in at}
        ends = [start, *at, end]
        gaps = [(b - a).days for a, b in pairwise(ends)]
        rows.append(
            {
                "channel": channel,
                "entries": len(at),
                "weeks": len(weeks),
                "per_week": 7 * len(at) / length,
                "empty_weeks": len(weeks) - len(held),
                "longest_gap": max(gaps) if at else length,
            }
        )
    return pd.DataFrame(rows)
