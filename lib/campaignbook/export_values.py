"""The cells of exports as numbers, days and ids, each in its platform's form."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np
import pandas as pd

from campaignbook.tables import MISSING

NOTHING = frozenset({*MISSING, "--", "-", "\u2013", "\u2014", "n/a", "Lifetime"})
"""Texts that stand for no value in exports."""
DESTROYED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
"""A long number as a spreadsheet program writes it: its last digits are lost."""
NOT_DIGITS = re.compile(r"[\s\u00a0\u202f\u2009'\u2019$€£¥]+")
POINT = re.compile(
    r"[-+]?(?:(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?",
    re.ASCII,
)
COMMA = re.compile(
    r"[-+]?(?:(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d*)?|,\d+)(?:[eE][-+]?\d+)?",
    re.ASCII,
)
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
ZONE = re.compile(r"(?<=:\d{2})\s*(?:Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The cells of a column: each text once, and for each row the place of its text."""

    texts: Sequence[str]
    codes: np.ndarray

    @classmethod
    def of(cls, cells: Sequence[str] | np.ndarray) -> "Column":
        """Return the column that some cells make."""
        codes, texts = pd.factorize(np.asarray(cells, dtype=object))
        return cls(texts=texts.tolist(), codes=codes)

    def each(self, values: Sequence[object] | np.ndarray) -> np.ndarray:
        """Return for each row the value of its text."""
        return np.asarray(values)[self.codes]


@lru_cache(1 << 15)
def number(text: str, *, decimal: str = ".") -> float:
    """Return a number as a platform writes it; NaN if missing, infinite if it is none.

    Percent become shares.

    Examples
    --------
    >>> number("1,234.50"), number("1.234,5 €", decimal=","), number("2.5%")
    (1234.5, 1234.5, 0.025)
    >>> number("--"), number("many")
    (nan, inf)
    """
    pattern, other = (POINT, ",") if decimal == "." else (COMMA, ".")
    digits, percent = text, False
    if not pattern.fullmatch(digits):
        text = text.strip()
        if text in NOTHING:
            return np.nan
        percent = text.endswith("%")
        digits = NOT_DIGITS.sub("", text.removesuffix("%"))
        if not pattern.fullmatch(digits):
            return np.inf
    value = float(digits.replace(other, "").replace(",", "."))
    return value / 100 if percent else value


def numbers(column: Column | np.ndarray, *, decimal: str = ".") -> np.ndarray:
    """Return cells as numbers; missing ones are NaN, what is no number is infinite.

    A column that was read as numbers stays as it is.
    """
    if isinstance(column, np.ndarray):
        return column
    found = [number(text, decimal=decimal) for text in column.texts]
    return column.each(np.array(found, dtype=float))


def all_bare(cells: Iterable[str], decimal: str) -> bool:
    """Return whether all numbers have digits and a mark of decimals only.

    >>> all_bare(["12.50", "-3", "--"], "."), all_bare(["1,234"], ".")
    (True, False)
    """
    digits = (cell.strip().lstrip("-").replace(decimal, "", 1) for cell in cells)
    return all(cell.isdigit() or cell in NOTHING for cell in digits)


def decimal_of(cells: Iterable[str], *, likely: str = ".") -> str:
    """Return what separates decimals in a file: a point or a comma.

    Cells that can be read one way only decide, by their majority; where there is none,
    it is `likely`.

    Examples
    --------
    >>> decimal_of(["1,234", "12.5"]), decimal_of(["1.234,50", "3"])
    ('.', ',')
    """
    votes = {".": 0, ",": 0}
    for cell in cells:
        points, commas = cell.count("."), cell.count(",")
        if not (points or commas) or number(cell) == number(cell, decimal=","):
            continue
        if points and commas:
            votes["." if cell.rfind(".") > cell.rfind(",") else ","] += 1
        elif points + commas > 1:
            votes["," if points else "."] += 1
        elif not re.search(r"[.,]\d{3}\D*$", cell):
            votes["." if points else ","] += 1
    if votes["."] == votes[","]:
        return likely
    return max(votes, key=lambda mark: votes[mark])


@lru_cache(1 << 14)
def day(text: str, forms: tuple[str, ...]) -> datetime | None:
    """Return a day, with its hour if it has one; None if it is none of the forms.

    ISO dates, which workbooks give, are read beside the platform's forms. Hours stay
    as the file has them: a time zone is left out.

    Examples
    --------
    >>> day("03/09/2026 19:00", ("%m/%d/%Y %H:%M",)).isoformat()
    '2026-03-09T19:00:00'
    """
    text = " ".join(text.split()).removeprefix("Week of ")
    try:
        local = ZONE.sub("", text)
        if ISO.fullmatch(local):
            return datetime.fromisoformat(local)
        for form in forms:
            try:
                return datetime.strptime(text, form).replace(tzinfo=None)
            except ValueError:
                continue
    except ValueError:
        pass
    return None


def days(column: Column, forms: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return cells as times, and which cells hold something that is none."""
    empty = [text.strip() in NOTHING for text in column.texts]
    made = [
        None if nothing else day(text, forms)
        for text, nothing in zip(column.texts, empty, strict=True)
    ]
    odd = [v is None and not e for v, e in zip(made, empty, strict=True)]
    times = np.array([v or "NaT" for v in made], dtype="datetime64[us]")
    return column.each(times), column.each(np.array(odd, dtype=bool))


def told_days(lines: Iterable[str]) -> tuple[date | None, date | None]:
    """Return first and last day that the lines above a table tell.

    Examples
    --------
    >>> told_days(["# Start date: 20260302", "# End date: 20260329"])
    (datetime.date(2026, 3, 2), datetime.date(2026, 3, 29))
    """
    above = " ".join(lines)
    found = re.search(r"(\d{8})-(\d{8})", above)
    texts = list(found.groups()) if found else [
        m[1] if (m := re.search(rf"{word} date:\s*(\d{{8}})", above)) else None
        for word in ("[Ss]tart", "[Ee]nd")
    ]  # fmt: skip
    made = [day(text, ("%Y%m%d",)) if text else None for text in texts]
    return tuple(d.date() if d else None for d in made)


def days_after(first: date | None, counts: np.ndarray) -> np.ndarray:
    """Return the days that are so many after the first, none where that is not told."""
    dates = np.full(len(counts), "NaT", dtype="datetime64[us]")
    fine = np.isfinite(counts)
    if first:
        passed = counts[fine].astype("timedelta64[D]")
        dates[fine] = np.datetime64(first, "us") + passed
    return dates


def one_period(
    begins: Collection[datetime | None], ends: Collection[datetime | None]
) -> tuple[date, date] | None:
    """Return the first and last day that all rows share, where they are several days.

    Parameters
    ----------
    begins, ends : collection of datetime or None
        The different times at which rows begin and end.
    """
    if not len(begins) == len(ends) == 1 or begins == ends:
        return None
    (first,), (last,) = begins, ends
    return (first.date(), last.date()) if first and last else None


def all_blank(columns: Sequence[Column]) -> np.ndarray:
    """Return which rows have an empty cell in each of some columns."""
    blank = [c.each([not text.strip() for text in c.texts]) for c in columns]
    return np.logical_and.reduce(blank)


def any_text(
    columns: Iterable[Column | np.ndarray], holds: Callable[[str], bool], rows: int
) -> np.ndarray:
    """Return which of some rows hold a certain text in one of their columns."""
    found = np.zeros(rows, dtype=bool)
    for column in columns:
        held = [holds(t) for t in column.texts] if isinstance(column, Column) else ()
        if any(held):
            found |= column.each(held)
    return found


def ids(column: Column) -> tuple[Column, int]:
    """Return ids, and how many were destroyed by a spreadsheet program: left empty.

    Examples
    --------
    >>> ids(Column.of(["0012", "1.22158E+17"]))[0].texts
    ['0012', '']
    """
    letters = "".join(column.texts)
    if "e" not in letters and "E" not in letters:
        return column, 0
    lost = [bool(DESTROYED.fullmatch(text.strip())) for text in column.texts]
    kept = ["" if gone else t for t, gone in zip(column.texts, lost, strict=True)]
    destroyed = int(column.each(np.array(lost, dtype=bool)).sum())
    return Column(texts=kept, codes=column.codes), destroyed


def rates_differ(
    column: Column | np.ndarray,
    part: np.ndarray,
    whole: np.ndarray,
    *,
    percent: bool,
    decimal: str = ".",
) -> np.ndarray:
    """Return where printed rates are not those of their parts, rounding allowed.

    A cell with a percent sign is in percent; one without is so if `percent`.

    Examples
    --------
    >>> rates_differ(Column.of(["2.5%", "2.5"]), np.array([5, 50]),
    ...              np.array([200, 200]), percent=True).tolist()
    [False, True]
    """
    printed = numbers(column, decimal=decimal)
    if percent and isinstance(column, Column):
        signed = column.each(np.array(["%" in text for text in column.texts]))
        printed = np.where(signed, printed, printed / 100)
    elif percent:
        printed = printed / 100
    with np.errstate(divide="ignore", invalid="ignore"):
        own = part / whole
        return np.abs(printed - own) > 0.0051 + 0.01 * np.abs(own)
