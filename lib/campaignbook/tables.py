"""Tables as the analyses see them: cell sums, their account, and periods in order."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pandas as pd

from campaignbook.errors import DataError, nearest

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
        it holds no person's row.
    centre : float
        What was subtracted from ``y`` before summing, in the unit of ``y``.
    rows_read : int
        Data rows in the file.
    rows_dropped : tuple of (str, int)
        Reason and number of rows, for every row that is not in `frame`.
    """

    frame: pd.DataFrame
    centre: float = 0.0
    rows_read: int
    rows_dropped: tuple[tuple[str, int], ...] = ()

    @property
    def rows_used(self) -> int:
        """Rows behind the cells."""
        return int(self.frame["n"].sum())

    def without(self, mask: pd.Series, reason: str) -> "Cells":
        """Return the cells where `mask` is False, the others counted as dropped."""
        rows = int(self.frame.loc[mask, "n"].sum())
        if rows == 0:
            return self
        kept = self.frame.loc[~mask].reset_index(drop=True)
        return replace(
            self, frame=kept, rows_dropped=(*self.rows_dropped, (reason, rows))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one evaluation reads from its file.

    Attributes
    ----------
    file, sha256 : str
        Name and fingerprint of the file.
    cells : mapping of str to Cells
        By outcome column, the deciding one first.
    balance : mapping of str to Cells
        By covariate of a trial: its sums by arm, as ``y``.
    """

    file: str
    sha256: str
    cells: Mapping[str, Cells]
    balance: Mapping[str, Cells] = field(default_factory=dict)


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


def cells_query(
    source: str,
    types: Mapping[str, str],
    *,
    keys: Mapping[str, str],
    numbers: Mapping[str, str],
    flags: Mapping[str, tuple[str, Sequence[object]]],
    centre: float = 0.0,
) -> str:
    """Return the SQL that sums a table into cells in one pass.

    Parameters
    ----------
    source : str
        What stands after FROM: a quoted table function call.
    types : mapping of str to str
        Name of every column and its DuckDB type.
    keys : mapping of str to str
        Name of a key in the result and the column it is read from.
    numbers : mapping of str to str
        Name of a number in the result and its column.
    flags : mapping of str to (str, sequence)
        Name of a flag, its column, and the values for which it is true.
    centre : float
        Subtracted from the number called ``y`` before it is summed.

    Returns
    -------
    str
        A query whose rows are cells; ``reason`` is NULL where the rows are used.

    Notes
    -----
    Rows that cannot be used are cells too: their ``reason`` says why, so that one
    pass gives both the sums and the account. Text that should be a number has the
    reason ``not a number: <column>``.
    """
    columns, reasons, sums = [], [], []
    needed = {**keys, **{name: column for name, (column, _) in flags.items()}}
    for name, column in needed.items():
        text = f"trim(CAST({_name(column)} AS VARCHAR))"
        value = _is_one_of(text, flags[name][1]) if name in flags else text
        columns.append(f"{value} AS {_name(name)}")
        reasons.append((f"nullif({text}, '') IS NULL", f"no value in '{column}'"))
    for name, column in numbers.items():
        raw = _name(column)
        number = f"TRY_CAST({raw} AS DOUBLE)"
        absent = f"({raw} IS NULL)"
        if types[column] == "VARCHAR":
            listed = ", ".join(_text(m) for m in MISSING)
            absent = f"({raw} IS NULL OR trim({raw}) IN ({listed}))"
            number = f"TRY_CAST(trim({raw}) AS DOUBLE)"
        elif types[column] in ("DOUBLE", "FLOAT"):
            absent = f"({raw} IS NULL OR isnan({raw}))"
        shift = f" - ({centre!r})" if name == "y" and centre else ""
        columns.append(f"{number}{shift} AS {_name(name)}")
        reasons.append((absent, f"no value in '{column}'"))
        reasons.append((f"NOT isfinite({number})", f"not a number: {column}"))
        reasons.append((f"{number} IS NULL", f"not a number: {column}"))
    names = sorted(numbers)
    for i, a in enumerate(names):
        sums.append(f"sum({_name(a)}) AS {_name(f'sum_{a}')}")
        for b in names[i:]:
            product = f"sum({_name(a)} * {_name(b)})"
            sums.append(f"{product} AS {_name(f'sum_{a}_{b}')}")
    cases = " ".join(f"WHEN {test} THEN {_text(why)}" for test, why in reasons)
    marked = f"SELECT CASE {cases} END AS reason, {', '.join(columns)} FROM {source}"
    shown = ", ".join(
        f"CASE WHEN reason IS NULL THEN {_name(n)} END AS {_name(n)}" for n in needed
    )
    return (
        f"SELECT reason, {shown + ', ' if shown else ''}count(*) AS n"
        f"{', ' + ', '.join(sums) if sums else ''} "
        f"FROM ({marked}) GROUP BY ALL ORDER BY ALL"
    )


def same_value(text: str, value: object) -> bool:
    """Return whether a table's text is the plan's value (``1.0`` is 1, TRUE is true).

    Examples
    --------
    >>> same_value("1.0", 1), same_value("True", True), same_value("a", "b")
    (True, True, False)
    """
    text = text.strip()
    if isinstance(value, bool):
        return text.casefold() in (("true", "1", "1.0") if value else _FALSE)
    if text == str(value).strip():
        return True
    number = _number(text)
    return number is not None and number == _number(str(value))


_FALSE = ("false", "0", "0.0")


def order_periods(
    values: Iterable[str], order: Sequence[object] | None = None, *, place: str = "time"
) -> list[str]:
    """Return the distinct period texts in time order.

    Parameters
    ----------
    values : iterable of str
        The period texts that the table holds.
    order : sequence, optional
        All periods in order; needed for texts that are neither numbers nor ISO dates.
    place : str
        Where the plan says so, for the error text.

    Raises
    ------
    DataError
        If the texts do not order themselves and `order` is missing or incomplete.

    Examples
    --------
    >>> order_periods(["10", "9"]), order_periods(["b", "a"], ["b", "a"])
    (['9', '10'], ['b', 'a'])
    """
    found = sorted(set(values))
    if order is not None:
        ranks = {v: i for v in found for i, o in enumerate(order) if same_value(v, o)}
        lost = [v for v in found if v not in ranks]
        if lost:
            raise DataError(
                f"{place}.order: the table holds {_some(lost)}, which the order does "
                "not list; write every period of the table, first to last."
            )
        return sorted(found, key=ranks.__getitem__)
    for parse in (_number, period_date):
        parsed = {v: parse(v) for v in found}
        if all(p is not None for p in parsed.values()):
            return sorted(found, key=parsed.__getitem__)
    raise DataError(
        f"{place}.order: the periods are text that does not order itself; sorted as "
        f"text they would be {_some(found)}. Write them in their true order: "
        f"order: [{', '.join(found[:8])}{', ...' if len(found) > 8 else ''}], "
        "or name a numeric column that orders them."
    )


def period_date(text: str) -> date | None:
    """Return the first day of an ISO date, date-time, month or year; else None.

    Examples
    --------
    >>> period_date("2012-03"), period_date("2012"), period_date("Q1")
    (datetime.date(2012, 3, 1), datetime.date(2012, 1, 1), None)
    """
    text = text.strip()
    if re.fullmatch(r"(1[5-9]|2\d)\d\d(\.0)?", text):
        return date(int(text[:4]), 1, 1)
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        return date(int(text[:4]), int(text[5:]), 1)
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _some(values: Sequence[object], most: int = 8) -> str:
    shown = ", ".join(f"'{v}'" for v in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_one_of(text: str, values: Sequence[object]) -> str:
    tests = []
    for value in values:
        if isinstance(value, bool):
            words = ("true", "1", "1.0") if value else _FALSE
            tests.append(f"lower({text}) IN ({', '.join(map(_text, words))})")
            continue
        tests.append(f"{text} = {_text(str(value).strip())}")
        number = _number(str(value))
        if number is not None:
            tests.append(f"coalesce(TRY_CAST({text} AS DOUBLE) = {number!r}, false)")
    return f"({' OR '.join(tests) or 'false'})"
