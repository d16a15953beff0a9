"""Which rows of exports an evaluation of indicators counts, each of them once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from campaignbook.errors import DataError
from campaignbook.influencer_findings import InfluencerTables
from campaignbook.kpis import Kpi, KpiBook, parts
from campaignbook.platforms import PlatformBook

MONEY = ("spend", "conversion_value", "revenue")
"""Metrics in the row's currency."""
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
    frame, why = data.frame, pd.Series(pd.NA, index=data.frame.index, dtype="string")
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
    why[high < first] = "before the period (compared and drawn only)"
    why[low > last] = "after the period"
    why[low.isna()] = "no day, so that the period cannot be told"
    why[(low < first) & (high >= first) | (low <= last) & (high > last)] = (
        "a time that only partly lies in the period"
    )
    doubled = pd.Index([])
    for stretch in (now, before, high < first - length):
        doubled = doubled.append(_doubled(frame[stretch], data.files))
    why[doubled] = "the same numbers at another level"
    now &= ~frame.index.isin(doubled)
    before &= ~frame.index.isin(doubled)
    if not now.any():
        held = "no days at all"
        if low.notna().any():
            held = f"{low.min():%Y-%m-%d} to {high.max():%Y-%m-%d}"
        raise DataError(
            f"exports: no row lies in the period {start} to {end}; the files hold "
            f"{held}. Write the period of the plan, or export it."
        )
    until = frame[when.le(last) & ~frame.index.isin(doubled)]
    currency, unnamed = _currency(frame[now | before])
    lost = why.groupby(frame["table"]).value_counts()
    return Counted(
        now=frame[now], last=frame[before], until=until, start=start, end=end,
        bounded=bounded, currency=currency, unnamed=unnamed,
        lost=tuple(
            tuple((str(r), int(n)) for r, n in sorted(lost[i].items()))
            if i in lost.index.get_level_values(0) else ()
            for i in range(len(data.files))
        ),
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
    told = frame[ab["a"].notna() & (ab["b"] > 0)]
    for platform, rows in told.groupby("platform"):
        pairs = rows[["kind", "level"]].drop_duplicates()
        if len(pairs) > 1:
            raise DataError(
                f"'{kpi.id}' would be counted twice: {platform} tells it "
                f"{_by_level(rows, files)}. Leave one of them out of exports."
            )


def with_weeks(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with ``week``, the Monday of each."""
    day = frame["date"]
    return frame.assign(week=day - pd.to_timedelta(day.dt.day_of_week, unit="D"))


def without_part(data: KpiData, kpi: Kpi) -> str:
    """Return what to export for an indicator that no row tells."""
    needed = {kpi.denominator} - {None, "posts"}
    holding = []
    for kind in data.platforms.kinds:
        has = {*kind.columns, *kind.sums}
        if needed <= has and has & {*kpi.numerator}:
            if "posts" != kpi.denominator or "post" in kind.levels:
                holding.append(kind.name)
    if kpi.denominator == "followers":
        return (
            f"no row of the exports tells both its parts ({kpi.shown()}), and no known "
            "export does; write them in the evaluation, for example followers: "
            "{facebook: 12000}."
        )
    if not holding:
        return (
            f"no row of the exports tells both its parts ({kpi.shown()}), and no known "
            "export does; leave it out of kpis."
        )
    return (
        f"no row of the exports tells both its parts ({kpi.shown()}). It would be in "
        f"an export of {'; '.join(holding)}."
    )


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


def _by_level(rows: pd.DataFrame, files: Sequence[ExportFile]) -> str:
    named = {
        f"by {level} ({files[int(t)].file})"
        for level, t in zip(rows["level"], rows["table"], strict=True)
    }
    return " and ".join(sorted(named))


def _currency(frame: pd.DataFrame) -> tuple[str | None, tuple[str, ...]]:
    money = frame[frame[[*MONEY]].notna().any(axis=1)]
    found = money.dropna(subset=["currency"]).groupby("currency")["source"]
    if len(found) > 1:
        named = "; ".join(f"{c} in {', '.join(sorted({*s}))}" for c, s in found)
        raise DataError(
            f"exports: money in several currencies is not added up ({named}). Export "
            "them in one currency, or write an evaluation for each."
        )
    lacking = tuple(sorted({*money.loc[money["currency"].isna(), "source"]}))
    return next(iter(found.groups), None), lacking
