"""Which rows of exports an evaluation of indicators counts, each of them once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.influencer_findings import InfluencerTables
from campaignbook.kpis import Kpi, KpiBook, parts
from campaignbook.platforms import MONEY_METRICS, PlatformBook
from campaignbook.row_groups import mondays, together

REASONS = (
    "before the period (compared and drawn only)",
    "after the period",
    "no day, so that the period cannot be told",
    "a time that only partly lies in the period",
    "the same numbers at another level",
)
LEVELS = ("post", "ad", "campaign", "channel", "day", "account")
"""What a row can be of, the finest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """One table of an export, as it was read.

    Attributes
    ----------
    file, kind, sha256 : str
        Name of the file, what it was recognised as, its fingerprint.
    rows_read : int
        Lines that hold anything and are no header.
    rows_dropped : tuple of (str, int)
        Reasons, and how many rows each took when the file was read.
    notes : tuple of str
        What to bear in mind.
    span : tuple of date, or None
        First and last day of a table that is one period without days.
    """

    file: str
    kind: str
    sha256: str
    rows_read: int
    rows_dropped: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    span: tuple[dt.date, dt.date] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiData:
    """What an evaluation of indicators reads.

    Attributes
    ----------
    frame : pandas.DataFrame
        The tidy table of all exports, with ``table``: place of its row in `files`.
    files : tuple of ExportFile
        The tables that were read.
    book : KpiBook
        The registry of indicators.
    platforms : PlatformBook
        What is known of the exports.
    messages : pandas.DataFrame or None
        Enquiries, as `enquiries.answering` takes them.
    influencers : InfluencerTables or None
        Accounts, and what is known of them.
    further : tuple of dict
        Accounts of the other tables, as in results.json.
    """

    frame: pd.DataFrame
    files: tuple[ExportFile, ...]
    book: KpiBook
    platforms: PlatformBook
    messages: pd.DataFrame | None = None
    influencers: InfluencerTables | None = None
    further: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The rows of the period, and those of before and of the period before it.

    Attributes
    ----------
    now, last, until : pandas.DataFrame
        Rows of the period, of as many days directly before, and all until its end.
    start, end : datetime.date
        First and last day of the period.
    bounded : bool
        Whether the plan named the period; else it is what the files hold.
    currency : str or None
        The one currency of the rows; None where no row tells one.
    unnamed : tuple of str
        Files with money that tell no currency.
    lost : tuple of tuple of (str, int)
        For each table: reasons and rows that are not of the period.
    """

    now: pd.DataFrame
    last: pd.DataFrame
    until: pd.DataFrame
    start: dt.date
    end: dt.date
    bounded: bool
    currency: str | None
    unnamed: tuple[str, ...] = ()
    lost: tuple[tuple[tuple[str, int], ...], ...] = field(default=())

    @property
    def days(self) -> int:
        """Length of the period."""
        return (self.end - self.start).days + 1

    @property
    def last_start(self) -> dt.date:
        """First day of the period before."""
        return self.start - dt.timedelta(days=self.days)


def rows_of(data: KpiData, *, start: dt.date | None, end: dt.date | None) -> Counted:
    """Return the rows that count, each of the same numbers once.

    Parameters
    ----------
    data : KpiData
        What was read.
    start, end : datetime.date or None
        The plan's period; None: all days that the files hold.

    Raises
    ------
    DataError
        No row is of the period; two currencies; the same numbers stand in two files
        at two levels.

    Notes
    -----
    A table without days belongs to a period that holds all of its own; of tables at
    several levels in one file the dated, then the finest, is kept.
    """
    frame, why = data.frame, np.full(len(data.frame), -1)
    when, bounded = frame["date"], start is not None
    if not bounded:
        days = [d.date() for d in (when.min(), when.max()) if not pd.isna(d)]
        days += [d for f in data.files for d in f.span or ()]
        if not days:
            raise DataError(
                "exports: no row tells its day; write the period in the plan "
                "(period: {start: , end: }) and export with days."
            )
        start, end = min(days), max(days)
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    length = last - first + pd.Timedelta(days=1)
    spans = {i: f.span for i, f in enumerate(data.files) if f.span}
    low, high = when.copy(), when.copy()
    for i, (begins, ends) in spans.items():
        undated = (frame["table"] == i) & when.isna()
        low = low.mask(undated, pd.Timestamp(begins))
        high = high.mask(undated, pd.Timestamp(ends))
    now = (low >= first) & (high <= last)
    before = (low >= first - length) & (high < first)
    why[high < first] = 0
    why[low > last] = 1
    why[low.isna()] = 2
    why[(low < first) & (high >= first) | (low <= last) & (high > last)] = 3
    keys, doubled = frame[["kind", "level", "source", "date", "table"]], pd.Index([])
    for stretch in (now, before, high < first - length):
        doubled = doubled.append(_doubled(keys[stretch], data.files))
    again = frame.index.isin(doubled)
    why[again] = 4
    now, before = now & ~again, before & ~again
    if not now.any():
        held = "no days at all"
        if low.notna().any():
            held = f"{low.min():%Y-%m-%d} to {high.max():%Y-%m-%d}"
        raise DataError(
            f"exports: no row lies in the period {start} to {end}; the files hold "
            f"{held}. Write the period of the plan, or export it."
        )
    currency, unnamed = _currency(frame, now | before)
    lost = [why[(frame["table"] == i) & (why >= 0)] for i in range(len(data.files))]
    return Counted(
        now=_only(frame, now), last=_only(frame, before),
        until=_only(frame, when.le(last) & ~again), start=start, end=end,
        bounded=bounded, currency=currency, unnamed=unnamed,
        lost=tuple(map(_counted, lost)),
    )  # fmt: skip


def accounts(data: KpiData, counted: Counted, evaluation: str) -> list[dict[str, Any]]:
    """Return the account of each file as plain data, for results.json."""
    used = counted.now["table"].value_counts()
    return [
        {
            "file": f.file,
            "sha256": f.sha256,
            "rows_read": f.rows_read,
            "rows_used": int(used.get(i, 0)),
            "rows_dropped": [
                {"reason": r, "rows": n} for r, n in (*f.rows_dropped, *lost)
            ],
            "evaluation": evaluation,
            "outcome": f.kind,
        }
        for i, (f, lost) in enumerate(zip(data.files, counted.lost, strict=True))
    ] + [{**told, "evaluation": evaluation} for told in data.further]


def told_once(frame: pd.DataFrame, kpi: Kpi, files: Sequence[ExportFile]) -> None:
    """Raise DataError where a platform tells an indicator at more than one level."""
    ab = parts(frame, kpi)
    both = (ab["a"].notna() & (ab["b"] > 0)).to_numpy()
    rows = frame[["platform", "kind", "level", "table"]]
    told = together(rows if both.all() else rows[both], [*rows.columns])
    for platform, rows in told.groupby("platform", observed=True):
        if len(rows[["kind", "level"]].drop_duplicates()) > 1:
            raise DataError(
                f"'{kpi.id}' would be counted twice: {platform} tells it "
                f"{_by_level(rows, files)}. Leave one of them out of exports."
            )


def with_weeks(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with ``week``, the Monday of each."""
    return frame.assign(week=mondays(frame["date"]))


def _doubled(frame: pd.DataFrame, files: Sequence[ExportFile]) -> pd.Index:
    """Return the rows whose numbers are told by other rows of the same file."""
    lost = []
    for kind, rows in frame.groupby("kind"):
        if rows["level"].nunique() < 2:
            continue
        levels = rows.groupby("source")["level"].nunique()
        if len(levels) > 1 and levels.max() == 1:
            raise DataError(
                f"exports: the same numbers would be counted twice: {kind} stands "
                f"{_by_level(rows, files)}. Leave one of them out."
            )
        order = [
            (bool(r["date"].isna().all()), LEVELS.index(str(level)), str(level))
            for level, r in rows.groupby("level")
        ]
        lost.append(rows.index[rows["level"] != min(order)[2]])
    return lost[0].append(lost[1:]) if lost else pd.Index([])


def _counted(why: np.ndarray) -> tuple[tuple[str, int], ...]:
    told = zip(REASONS, np.bincount(why, minlength=len(REASONS)), strict=True)
    return tuple(sorted((reason, int(n)) for reason, n in told if n))


def _only(frame: pd.DataFrame, mask: pd.Series) -> pd.DataFrame:
    return frame if mask.all() else frame[mask]


def _by_level(rows: pd.DataFrame, files: Sequence[ExportFile]) -> str:
    named = {
        f"by {level} ({files[int(t)].file})"
        for level, t in zip(rows["level"], rows["table"], strict=True)
    }
    return " and ".join(sorted(named))


def _currency(frame: pd.DataFrame, rows: pd.Series) -> tuple[str | None, tuple[str]]:
    paid = rows & frame[[*MONEY_METRICS]].notna().any(axis=1)
    money = frame.loc[paid, ["currency", "source"]]
    found = money.dropna(subset=["currency"]).groupby("currency")["source"]
    if len(found) > 1:
        named = "; ".join(f"{c} in {', '.join(sorted({*s}))}" for c, s in found)
        raise DataError(
            f"exports: money in several currencies is not added up ({named}). Export "
            "them in one currency, or write an evaluation for each."
        )
    lacking = tuple(sorted({*money.loc[money["currency"].isna(), "source"]}))
    return next(iter(found.groups), None), lacking
