"""Texts that name periods (dates, months, quarters, years), put on the calendar."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

_NAMES = (
    "january february march april may june july august september october november "
    "december"
).split()
_MONTH = {name[:n]: i + 1 for i, name in enumerate(_NAMES) for n in {3, len(name)}}
_MONTH["sept"] = 9
_FORMS = [
    re.compile(form, re.ASCII)
    for form in (
        r"(?P<y>\d{4})([/.-])(?P<m>\d\d?)\2(?P<d>\d\d?)",
        r"(?P<d>\d\d?)\. ?(?P<m>\d\d?)\. ?(?P<y>\d{4})",
        r"(?P<d>\d\d?)[ .-]+(?P<m>[a-z]+)[ .,-]+(?P<y>\d{4})",
        r"(?P<m>[a-z]+)[ .]+(?P<d>\d\d?),? +(?P<y>\d{4})",
        r"(?P<y>\d{4})-(?P<m>\d\d?)",
        r"(?P<m>\d\d?)[/-](?P<y>\d{4})",
        r"(?P<m>0[1-9]|1[0-2])\.(?P<y>(?:19|20)\d\d)",
        r"(?P<m>[a-z]+)[ .,/-]+(?P<y>\d{4})",
        r"(?P<y>\d{4})[ /-]+(?P<m>[a-z]+)\.?",
        r"(?P<y>\d{4})[ /-]*q(?P<q>[1-4])",
        r"q(?P<q>[1-4])[ /-]+(?P<y>\d{4})",
    )
]
_YEAR = re.compile(r"(1[5-9]|2\d)\d\d(\.0)?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DOTTED_MONTH = re.compile(r"(0[1-9]|1[0-2])\.(19|20)\d\d", re.ASCII)
_EITHER = re.compile(r"(\d\d?)([/-])(\d\d?)\2(\d{4})", re.ASCII)
"""A date that begins with its day or with its month."""


@dataclass(frozen=True, slots=True)
class Place:
    """A period's first day, and how many months it has: none is a day."""

    day: date
    months: int

    def __contains__(self, other: "Place") -> bool:
        """Return whether a period as short lies in this one; in a day, what it begins.

        Examples
        --------
        >>> Place(date(2025, 7, 1), 0) in Place(date(2025, 7, 1), 1)
        True
        """
        if self.months == 0:
            return self.day == other.day
        later = _months(other.day) - _months(self.day)
        return 0 <= later < self.months and other.months <= self.months


def period_date(text: str) -> date | None:
    """Return the first day of a date, month, quarter or year; None where it is none.

    One that begins with two numbers and slashes is left open: its column decides
    (`places`).

    Examples
    --------
    >>> period_date("2012-03"), period_date("Mar 2012"), period_date("1.3.2012")
    (datetime.date(2012, 3, 1), datetime.date(2012, 3, 1), datetime.date(2012, 3, 1))
    >>> period_date("2012"), period_date("Q1"), period_date("01/03/2012")
    (datetime.date(2012, 1, 1), None, None)
    """
    place = _place(text)
    return place and place.day


def places(texts: Sequence[str], among: Sequence[str] = ()) -> list[Place | None]:
    """Return where the periods of a column lie; None for what is not on the calendar.

    Parameters
    ----------
    texts : sequence of str
        The periods.
    among : sequence of str, optional
        The whole column, where `texts` are only some of it: it decides whether
        01/03/2012 is in March or in January. Where it cannot, such dates are None.

    Examples
    --------
    >>> [p.day.month for p in places(["01/03/2012", "31/03/2012"])]
    [3, 3]
    >>> places(["01/03/2012", "02/03/2012"])
    [None, None]
    """
    pairs = _pairs(among or texts)
    faulty = _problem(pairs) != ""
    day_first = any(first > 12 for first, _ in pairs.values())
    found = []
    for text in texts:
        match = _EITHER.fullmatch(text.strip())
        if match is None:
            found.append(_place(text))
            continue
        day, month = (match[1], match[3]) if day_first else (match[3], match[1])
        made = None if faulty else _made(int(match[4]), int(month), int(day))
        found.append(made and Place(made, 0))
    return found


def open_dates(texts: Iterable[str]) -> str:
    """Return why a column does not tell day from month; nothing where it does.

    Examples
    --------
    >>> open_dates(["31/12/2025", "01/12/2025"])
    ''
    """
    return _problem(_pairs(texts))


def number_in(text: str) -> float | None:
    """Return the number that a text says, None where it says none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def numbers_in(texts: Sequence[str]) -> list[float] | None:
    """Return the numbers that texts say; None where one says none, or all are months.

    Examples
    --------
    >>> numbers_in(["1", "2.5"]), numbers_in(["1", "Q2"]), numbers_in(["07.2025"])
    ([1.0, 2.5], None, None)
    """
    if all(_DOTTED_MONTH.fullmatch(text.strip()) for text in texts):
        return None
    found = [number_in(text) for text in texts]
    return None if None in found else found


def _pairs(texts: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the first two numbers of the dates that begin with day or month."""
    matches = [m for text in texts if (m := _EITHER.fullmatch(text.strip()))]
    return {m[0]: (int(m[1]), int(m[3])) for m in matches}


def _problem(pairs: dict[str, tuple[int, int]]) -> str:
    day_first = [text for text, (first, _) in pairs.items() if first > 12]
    month_first = [text for text, (_, second) in pairs.items() if second > 12]
    either = [text for text, (first, second) in pairs.items() if first != second]
    if day_first and month_first:
        return (
            f"the dates contradict each other: '{day_first[0]}' begins with its day, "
            f"'{month_first[0]}' with its month; write 2025-12-31 for the last of "
            "December, and all dates so."
        )
    if day_first or month_first or not either:
        return ""
    first, second = pairs[either[0]]
    return (
        f"both readings are possible of dates such as '{either[0]}': day {first} of "
        f"month {second}, and day {second} of month {first}; no date has a part above "
        "12, which would tell. In the table write 2025-12-31 for the last of December, "
        "and all dates so."
    )


def _place(text: str) -> Place | None:
    text = text.strip()
    if _YEAR.fullmatch(text):
        return Place(date(int(text[:4]), 1, 1), 12)
    if _ISO.match(text):
        try:
            return Place(datetime.fromisoformat(text).date(), 0)
        except ValueError:
            return None
    text = " ".join(text.casefold().split())
    for form in _FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            made = _made(int(parts["y"]), _month(parts), int(parts.get("d", 1)))
            return made and Place(made, 3 if "q" in parts else int("d" not in parts))
    return None


def _months(day: date) -> int:
    return 12 * day.year + day.month


def _month(parts: dict[str, str]) -> int:
    """Return the month that a text tells; 0 where it names none."""
    if "q" in parts:
        return 3 * int(parts["q"]) - 2
    return int(parts["m"]) if parts["m"].isdigit() else _MONTH.get(parts["m"], 0)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
