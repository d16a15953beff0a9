"""The cells of exports as numbers, days and ids, each in its platform's form."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, compress

import numpy as np
import pandas as pd

from campaignbook.tables import MISSING

NOTHING = frozenset({*MISSING, "--", "-", "\u2013", "\u2014", "n/a", "Lifetime"})
"""Texts that stand for no value in exports."""
DESTROYED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
"""A long number as a spreadsheet program writes it: its last digits are lost."""
NOT_DIGITS = re.compile(r"[\s\u00a0\u202f\u2009'\u2019$€£¥]+")
POINT = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)?(?:\.\d+)?(?:[eE]\+?\d+)?")
COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d+)?(?:[eE]\+?\d+)?")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
ZONE = re.compile(r"(?<=:\d{2})\s*(?:Z|[+-]\d{2}:?\d{2})$")


class _Known(dict[str, float]):
    """Numbers by their texts; each text is read once."""

    def __init__(self, decimal: str) -> None:
        self.decimal = decimal

    def __missing__(self, text: str) -> float:
        self[text] = value = number(text, decimal=self.decimal)
        return value


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
    text = text.strip()
    if text in NOTHING:
        return np.nan
    percent = text.endswith("%")
    digits = NOT_DIGITS.sub("", text.removesuffix("%"))
    pattern = POINT if decimal == "." else COMMA
    if not digits.isascii() or not pattern.fullmatch(digits) or digits in "+-":
        return np.inf
    other = "," if decimal == "." else "."
    value = float(digits.replace(other, "").replace(",", "."))
    return value / 100 if percent else value


def numbers(cells: Sequence[str], *, decimal: str = ".") -> np.ndarray:
    """Return cells as numbers; missing ones are NaN, what is no number is infinite."""
    if decimal == ".":
        try:
            found = np.array(list(map(float, cells)), dtype=float)
        except ValueError:
            pass
        else:
            if not np.isnan(found).any():  # the word "nan" is looked at below
                return found
    known = _Known(decimal)
    return np.array([known[cell] for cell in cells], dtype=float)


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


def day(text: str, forms: Sequence[str]) -> datetime | None:
    """Return a day, with its hour if it has one; None if it is none of the forms.

    ISO dates, which workbooks give, are read beside the platform's forms. Hours stay
    as the file has them: a time zone is left out.

    Examples
    --------
    >>> day("03/09/2026 19:00", ["%m/%d/%Y %H:%M"]).isoformat()
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


def days(cells: Sequence[str], forms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return cells as times, and which cells hold something that is none."""
    known = {
        cell: None if cell.strip() in NOTHING else day(cell, forms)
        for cell in set(cells)
    }
    odd = {c for c, v in known.items() if v is None and c.strip() not in NOTHING}
    found = {c: np.datetime64(v or "NaT", "us") for c, v in known.items()}
    times = np.array([found[cell] for cell in cells], dtype="datetime64[us]")
    return times, np.array([cell in odd for cell in cells], dtype=bool)


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
    made = [day(text, ["%Y%m%d"]) if text else None for text in texts]
    return tuple(d.date() if d else None for d in made)


def ids(cells: Sequence[str]) -> tuple[list[str | None], int]:
    """Return ids as text, and how many were destroyed by a spreadsheet program.

    Examples
    --------
    >>> ids(["0012", "1.22158E+17"])
    (['0012', None], 1)
    """
    texts = [cell.strip() for cell in cells]
    lost = {t for t in set(texts) if DESTROYED.fullmatch(t)}
    kept = [None if t in lost or not t else t for t in texts]
    return kept, sum(t in lost for t in texts) if lost else 0


def rates_differ(
    cells: Sequence[str],
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
    >>> rates_differ(["2.5%", "2.5"], np.array([5, 50]), np.array([200, 200]),
    ...              percent=True).tolist()
    [False, True]
    """
    printed = numbers(cells, decimal=decimal)
    if percent:
        signed = np.array(["%" in cell for cell in cells])
        printed = np.where(signed, printed, printed / 100)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = part / whole
        return np.abs(printed - own) > 0.0051 + 0.01 * np.abs(own)


def joined(
    parts: Sequence[Mapping[str, object]], name: str, rows: int, kind: object
) -> np.ndarray:
    """Return one column of parts of a table, all missing where none of them has it."""
    missing = {float: np.nan, object: None}.get(kind, np.datetime64("NaT"))
    if not any(name in p for p in parts):
        return np.broadcast_to(np.array(missing, dtype=kind), rows)
    cells = [p[name] for p in parts]
    if kind is object:
        return np.array(list(chain.from_iterable(cells)), dtype=object)
    return np.concatenate(cells)


def kept_cells(values: object, kept: np.ndarray) -> object:
    """Return the values, an array or a list, for which `kept` is true."""
    if isinstance(values, np.ndarray):
        return values[kept]
    return list(compress(values, kept))


def doubled_posts(frame: pd.DataFrame) -> pd.Series:
    """Return which rows of posts stand again later: by id and day, else wholly."""
    doubled = pd.Series(False, index=frame.index)
    posts = frame[frame["level"] == "post"]
    named = posts[posts["id"].notna()]
    again = named.duplicated(["platform", "kind", "id", "date"], keep="last")
    doubled[again.index] = again
    rest = posts[posts["id"].isna()].drop(columns=["source", "table"])
    again = rest.duplicated(keep="last")
    doubled[again.index] = again
    return doubled


def one_period(parts: Sequence[Mapping[str, object]]) -> tuple[date, date] | None:
    """Return the first and last day that all rows share, where they are several days.

    `parts` have the times ``date`` and ``period_end``.
    """
    ends = [
        {d for part in parts for d in np.unique(part[name]).tolist()}
        for name in ("date", "period_end")
    ]
    if not len(ends[0]) == len(ends[1]) == 1 or ends[0] == ends[1]:
        return None
    first, last = (e.pop() for e in ends)
    return (first.date(), last.date()) if first and last else None
