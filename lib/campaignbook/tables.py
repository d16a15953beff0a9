"""Tables as the analyses see them: cell sums, their account, and periods in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

import pandas as pd

from campaignbook.errors import DataError, nearest
from campaignbook.period_texts import (
    number_in,
    numbers_in,
    open_dates,
    period_date,
    places,
)

MISSING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", ".")
"""Texts that mean "no value" in a column of numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A table summed into cells, with an account of every row that was read.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row a cell: the key columns (text, or bool for a flag), ``n`` (rows) and
        sums of the numbers. For numbers called ``y`` and ``x``: ``sum_y``, ``sum_x``,
        ``sum_y_y``, ``sum_x_y``, ``sum_x_x``. Only `frame` is needed by an analysis:
        it holds no person's row. In a large table a ``cluster`` may stand for several
        (``clusters``) of which one is called ``example``; all sums are theirs together.
    extremes : tuple of float, or None
        Least and greatest ``y`` of a row, known where clusters stand for several.
    centre : float
        What was subtracted from ``y`` before summing, in the unit of ``y``.
    rows_read : int
        Data rows in the file.
    rows_dropped : tuple of (str, int)
        Reason and number of rows, for every row that is not in `frame`.
    """

    frame: pd.DataFrame
    extremes: tuple[float, float] | None = None
    centre: float = 0.0
    rows_read: int
    rows_dropped: tuple[tuple[str, int], ...] = ()

    @property
    def rows_used(self) -> int:
        """Rows behind the cells."""
        return round(self.frame["n"].sum())

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest mean of a cell (value of a row in merged ones) of y."""
        means = self.frame["sum_y"] / self.frame["n"]
        low, high = self.extremes or (means.min(), means.max())
        return low + self.centre, high + self.centre

    def without(self, mask: pd.Series, reason: str) -> "Cells":
        """Return the cells where `mask` is False, the others counted as dropped."""
        rows = round(self.frame.loc[mask, "n"].sum())
        if rows == 0:
            return self
        kept = self.frame.loc[~mask].reset_index(drop=True)
        return replace(
            self, frame=kept, rows_dropped=(*self.rows_dropped, (reason, rows))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The usable rows of a table, for analyses that need each of them.

    `frame` holds them in the file's order; `rows_read` and `rows_dropped` are as in
    `Cells`.
    """

    frame: pd.DataFrame
    rows_read: int
    rows_dropped: tuple[tuple[str, int], ...] = ()

    @property
    def rows_used(self) -> int:
        """Rows of `frame`."""
        return len(self.frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one evaluation reads from its file.

    Attributes
    ----------
    file, sha256 : str
        Name and fingerprint of the file.
    cells : mapping of str to Cells
        By outcome column, the deciding one first.
    rows : mapping of str to Rows
        The same for designs that need each row.
    beside : mapping of str to Cells
        By other column, as ``y``: covariates of a trial by arm, predictors of a
        synthetic control by unit and period.
    adjusted : mapping of str to Cells
        By outcome: a trial's rows that have all covariates too, with their sums.
    """

    file: str
    sha256: str
    cells: Mapping[str, Cells] = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)
    beside: Mapping[str, Cells] = field(default_factory=dict)
    adjusted: Mapping[str, Cells] = field(default_factory=dict)


def require_columns(frame: pd.DataFrame, *names: str) -> None:
    """Raise DataError, one sentence a name, unless every name is a column."""
    known = [str(c) for c in frame.columns]
    problems = [
        f"the table has no column '{name}' ({nearest(name, known)})."
        for name in names
        if name not in known
    ]
    if problems:
        raise DataError(*problems)


def same_value(text: str, value: object) -> bool:
    """Return whether a table's text is the plan's value (``1.0`` is 1, TRUE is true).

    Examples
    --------
    >>> same_value("1.0", 1), same_value("True", True), same_value("a", "b")
    (True, True, False)
    """
    text = text.strip()
    if isinstance(value, bool):
        return text.casefold() in (TRUE if value else FALSE)
    if text == str(value).strip():
        return True
    if isinstance(value, date):
        return period_date(text) == value
    number = number_in(text)
    return number is not None and number == number_in(str(value))


TRUE, FALSE = ("true", "1", "1.0"), ("false", "0", "0.0")
"""Texts of a table that mean true and false."""


def order_periods(
    values: Iterable[str], order: Sequence[object] | None = None, *, place: str = "time"
) -> list[str]:
    """Return the distinct period texts in time order.

    Parameters
    ----------
    values : iterable of str
        The period texts that the table holds.
    order : sequence, optional
        All periods in order; needed for texts that are neither numbers nor dates,
        months, quarters or years (`period_texts`).
    place : str
        Where the plan says so, for the error text.

    Raises
    ------
    DataError
        If the texts do not order themselves and `order` is missing or incomplete, or
        dates leave open which part is the day.

    Examples
    --------
    >>> order_periods(["10", "9"]), order_periods(["b", "a"], ["b", "a"])
    (['9', '10'], ['b', 'a'])
    """
    found = sorted(set(values))
    if order is not None:
        twice = [o for i, o in enumerate(order) if o in order[:i]]
        if twice:
            raise DataError(f"{place}.order: it lists {_some(twice)} twice; keep one.")
        ranks = {v: i for v in found for i, o in enumerate(order) if same_value(v, o)}
        lost = [v for v in found if v not in ranks]
        if lost:
            raise DataError(
                f"{place}.order: the table holds {_some(lost)}, which the order does "
                "not list; write every period of the table, first to last."
            )
        return sorted(found, key=ranks.__getitem__)
    if (numbers := numbers_in(found)) is not None:
        return [v for _, v in sorted(zip(numbers, found, strict=True))]
    if told := open_dates(found):
        raise DataError(f"{place}.column: {told}")
    at = dict(zip(found, places(found), strict=True))
    strange = [v for v, p in at.items() if p is None]
    if strange:
        raise DataError(_without_order(found, strange, place))
    found = sorted(found, key=lambda v: at[v].day)
    for one, other in pairwise(found):
        if at[one].day == at[other].day and ":" not in one + other:
            raise DataError(
                f"{place}.column: '{one}' and '{other}' begin on the same day: if they "
                "are the same period, write it in one way; else write every period as "
                "2025-12-31."
            )
    return found


def _without_order(found: Sequence[str], strange: Sequence[str], place: str) -> str:
    """Return why periods do not order themselves, and what to write."""
    odd = f"; {_some(strange, 3)} is none" if len(strange) < len(found) else ""
    return (
        f"{place}.order: the periods do not order themselves as numbers, dates, months "
        f"or quarters do{odd}. Sorted as text they would be {_some(found)}, which is "
        f"seldom their order in time. Write order: [{', '.join(found[:8])}"
        f"{', ...' if len(found) > 8 else ''}] put in their own order, the earliest "
        "first, or the name of a numeric column that orders them; or in the table "
        "2025-12-31, 2025-12, Dec 2025 or 2025-Q4."
    )


def find_period(periods: Sequence[str], value: object) -> int | None:
    """Return where a plan's period stands among a table's, whichever way it is spelt.

    A day also finds the month, quarter or year that it begins; a month, quarter or
    year finds the only period in it.

    Examples
    --------
    >>> find_period(["Jun 2025", "Jul 2025"], "2025-07")
    1
    """
    for i, period in enumerate(periods):
        if same_value(period, value):
            return i
    *at, wanted = places([*periods, str(value)])
    found = [i for i, place in enumerate(at) if place and wanted and place in wanted]
    return found[0] if len(found) == 1 else None


def _some(values: Sequence[object], most: int = 8) -> str:
    shown = ", ".join(f"'{v}'" for v in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")
