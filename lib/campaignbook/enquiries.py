"""Answering enquiries: response rate, first reply in business hours, backlog."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.evaluation.proportions import wilson
from campaignbook.results import Estimate
from campaignbook.tables import require_columns

WEEKDAYS = (0, 1, 2, 3, 4)
"""Monday to Friday."""
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How the messages of one topic were answered.

    Attributes
    ----------
    topic : str
        The topic; ``all`` is every message.
    messages, needed, answered, backlog : int
        Received; of these, needing an answer; of these, answered; and not answered.
    response_rate : Estimate or None
        Answered by needed, a share; None where none needed an answer.
    first_reply : Estimate or None
        Median business hours to the first reply of those answered; None without one.
    """

    topic: str
    messages: int
    needed: int
    answered: int
    backlog: int
    response_rate: Estimate | None
    first_reply: Estimate | None


def answering(
    messages: pd.DataFrame,
    *,
    as_of: dt.datetime,
    opens: dt.time = dt.time(9),
    closes: dt.time = dt.time(17),
    days: Collection[int] = WEEKDAYS,
    level: float = 0.95,
) -> list[Answering]:
    """Return how messages were answered, all of them first, then by topic.

    Parameters
    ----------
    messages : pandas.DataFrame
        ``received`` and ``answered`` (dates with hours, empty where not answered),
        ``needs_answer`` (true or false), ``topic``; one row a message.
    as_of : datetime.datetime
        When it is looked at; what came or was answered later is not known yet.
    opens, closes, days
        Business hours and days (0 is Monday), in the time of the table.
    level : float
        Confidence level, 0-1.

    Raises
    ------
    DataError
        A column is missing, an answer came before its message, or the business is
        never open.

    Notes
    -----
    Only messages that need an answer count. The median is of those answered, so that it
    says nothing of the backlog. Its interval is that of order statistics, exact or
    wider; with few answers it does not exist.

    References
    ----------
    David & Nagaraja (2003), Order Statistics, section 7.1.
    """
    require_columns(messages, "received", "needs_answer", "answered", "topic")
    known = messages[messages["received"] <= as_of]
    early = known["answered"] < known["received"]
    if early.any():
        raise DataError(
            f"messages: {int(early.sum())} were answered before they were received, "
            f"the first of them at {known.loc[early, 'received'].iloc[0]}."
        )
    done = known["answered"].notna() & (known["answered"] <= as_of)
    hours = business_hours(
        known["received"], known["answered"].where(done), opens=opens, closes=closes,
        days=days,
    )  # fmt: skip
    table = known.assign(done=done, hours=hours)
    groups = [(ALL, table), *table.groupby("topic", sort=True)]
    return [_one(str(topic), rows, level) for topic, rows in groups]


def business_hours(
    start: pd.Series,
    end: pd.Series,
    *,
    opens: dt.time,
    closes: dt.time,
    days: Collection[int] = WEEKDAYS,
) -> pd.Series:
    """Return the open hours between two times of each row; NaN where one is missing.

    Raises
    ------
    DataError
        The business is never open.

    Examples
    --------
    >>> friday, monday = pd.to_datetime(["2026-03-06 16:00", "2026-03-09 10:30"])
    >>> business_hours(pd.Series([friday]), pd.Series([monday]), opens=dt.time(9),
    ...                closes=dt.time(17)).tolist()
    [2.5]
    """
    first, last = (t.hour + t.minute / 60 for t in (opens, closes))
    if last <= first or not days or not set(days) <= set(range(7)):
        raise DataError(
            f"business hours: from {opens:%H:%M} to {closes:%H:%M} on the days "
            f"{sorted(days)} it is never open, or a day is none; write 0 for Monday to "
            "6 for Sunday, and an opening before the closing."
        )
    return _open_until(end, first, last, days) - _open_until(start, first, last, days)


def _open_until(
    when: pd.Series, first: float, last: float, days: Collection[int]
) -> pd.Series:
    """Return the open hours since a Monday long ago."""
    since = (when - pd.Timestamp("1970-01-05")) / pd.Timedelta(hours=1)
    day = np.floor(since / 24)
    hour = (since - 24 * day).clip(first, last) - first
    is_open = np.array([d in set(days) for d in range(7)], dtype=float)
    before = np.concatenate([[0.0], np.cumsum(is_open)])
    weekday = (day % 7).fillna(0).astype(int)
    whole = np.floor(day / 7) * is_open.sum() + before[weekday]
    return whole * (last - first) + hour * is_open[weekday]


def _one(topic: str, rows: pd.DataFrame, level: float) -> Answering:
    needed = rows[rows["needs_answer"].astype(bool)]
    answered = needed[needed["done"]]
    n, events = len(needed), len(answered)
    rate = None
    if n:
        low, high = wilson(events, n, level=level)
        rate = Estimate(
            name="response_rate", estimate=events / n, ci_low=low, ci_high=high,
            level=level, null_value=None, n=n, unit="share", group=topic,
            method="answered / messages that need an answer; Wilson's interval",
        )  # fmt: skip
    return Answering(
        topic=topic, messages=len(rows), needed=n, answered=events, backlog=n - events,
        response_rate=rate,
        first_reply=_median(answered["hours"].to_numpy(), topic, level),
    )  # fmt: skip


def _median(hours: np.ndarray, topic: str, level: float) -> Estimate | None:
    if not len(hours):
        return None
    ordered, n = np.sort(hours), len(hours)
    below = int(stats.binom.ppf((1 - level) / 2, n, 0.5))
    ends = (None, None)
    if below >= 1:  # P(fewer than `below` under the median) <= half of 1 - level
        ends = float(ordered[below - 1]), float(ordered[n - below])
    return Estimate(
        name="first_reply", estimate=float(np.median(ordered)), ci_low=ends[0],
        ci_high=ends[1], level=level, null_value=None, n=n, unit="business hours",
        group=topic, method="median of those answered; order statistics",
    )  # fmt: skip
