"""Whether the dates of an export begin with the day or with the month."""

import re
from collections.abc import Iterable

import numpy as np

from campaignbook.errors import DataError
from campaignbook.export_values import Column, day, days
from campaignbook.platforms import Kind, PlatformBook

MONTH_FIRST, DAY_FIRST = "%m/%d/%Y", "%d/%m/%Y"
READ = "Dates are read"
"""How a note on the order begins."""
OPEN = f"{READ} with the month first, as the platform writes them; all of them fit"
"""How it begins where the file leaves the order open."""
_NUMBERS = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}", re.ASCII)


class DateOrder:
    """Reads cells as times, and keeps count of the orders that each of them fits.

    Attributes
    ----------
    told : tuple of str
        What to bear in mind of the file, one sentence each.
    """

    def __init__(self) -> None:
        self.told: tuple[str, ...] = ()
        self._rows = {"own": 0, "other": 0, "either": 0}
        self._first: dict[str, str] = {}

    def days(
        self, column: Column, forms: tuple[str, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return cells as times, and which cells hold something that is none."""
        turned = tuple(map(_turned, forms))
        if turned != forms:
            rows = np.bincount(column.codes, minlength=len(column.texts))
            for text, often in zip(column.texts, rows.tolist(), strict=True):
                if fit := _fit(text, forms, turned):
                    self._rows[fit] += often
                    self._first.setdefault(fit, " ".join(text.split()))
        return days(column, forms)

    def __add__(self, more: "DateOrder") -> "DateOrder":
        """Return the counts of both."""
        both = DateOrder()
        both._rows = {fit: n + more._rows[fit] for fit, n in self._rows.items()}
        both._first = more._first | self._first
        return both

    def is_turned(self, file: str) -> bool:
        """Return whether the dates fit the other order only.

        Raises
        ------
        DataError
            Some dates of the file fit one order only, and some the other.
        """
        if self._rows["own"] and self._rows["other"]:
            raise DataError(
                f"{file}: its dates contradict each other: '{self._first['own']}' "
                f"begins with the month, '{self._first['other']}' with the day; "
                "download the export again, or write all of its dates as 2025-12-31."
            )
        return self._rows["other"] > 0

    def note(self) -> tuple[str, ...]:
        """Return what to bear in mind of dates that fit one order, or both."""
        if self._rows["other"]:
            return (
                f"{READ} with the day first, unlike the platform's own: in "
                f"{self._rows['other']:,} of them ('{self._first['other']}') the first "
                "number is above 12, in none the second.",
            )
        if self._rows["either"] and not self._rows["own"]:
            return (
                f"{OPEN} the day first as well ('{self._first['either']}'): see that "
                "the months are right.",
            )
        return ()


def turned_book(book: PlatformBook) -> PlatformBook:
    """Return the known kinds with their dates in the other order."""
    return PlatformBook(kinds=tuple(map(_turned_kind, book.kinds)))


def total(orders: Iterable[DateOrder]) -> DateOrder:
    """Return the counts of several tables of a file."""
    return sum(orders, start=DateOrder())


def _turned_kind(kind: Kind) -> Kind:
    forms = {n: tuple(map(_turned, getattr(kind, n))) for n in ("dates", "times")}
    return kind.model_copy(update=forms)


def _turned(form: str) -> str:
    if MONTH_FIRST in form:
        return form.replace(MONTH_FIRST, DAY_FIRST)
    return form.replace(DAY_FIRST, MONTH_FIRST)


def _fit(text: str, forms: tuple[str, ...], turned: tuple[str, ...]) -> str:
    """Return which of the orders a date fits: its own, the other, either or none."""
    match = _NUMBERS.search(text)
    if match is None or match[1].zfill(2) == match[2].zfill(2):
        return ""
    own = day(text, forms) is not None
    if max(int(match[1]), int(match[2])) <= 12:
        return "either" if own else ""
    return "own" if own else "other" if day(text, turned) is not None else ""
