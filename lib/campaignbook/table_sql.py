"""The SQL that reads a table's columns and sums them into cells."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from campaignbook.period_texts import number_in
from campaignbook.tables import FALSE, MISSING, TRUE

WEIGHTS = ("w", "weights")
"""Numbers that are sampling weights: rows count only with one above 0."""

NO_NUMBER = "coalesce(NOT abs({0}) < 1e100, true)"
"""The SQL that tells what is no number, or too large to be squared and summed."""
NOT_OF_KIND = {"count": "{0} < 0 OR {0} <> floor({0})", "binary": "{0} NOT IN (0, 1)"}
"""By kind of a number, the SQL that tells what is not of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of an open file.

    Attributes
    ----------
    sql, kind : str
        Its name in SQL and its DuckDB type.
    commas : bool
        Whether its numbers are written as ``1.234,5``.
    """

    sql: str
    kind: str
    commas: bool = False

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers, each with one text only."""
        return (
            re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", self.kind) is not None
        )


_GROUPED = r"[1-9]\d{0,2}(\.\d{3})+"
_COMMAS = rf"[+-]?((\d+|{_GROUPED})(,\d+)?|,\d+)"
"""Numbers that may be meant with decimal commas."""
_THOUSANDS = r"[+-]?[1-9]\d{0,2}(,\d{3})+"
"""What could as well be a whole number with commas between its thousands."""


def key_text(column: Column) -> str:
    """Return the SQL for a column as trimmed text; a whole day is its date alone."""
    text = f"trim(CAST({column.sql} AS VARCHAR))"
    if column.kind.startswith("TIMESTAMP"):
        return f"regexp_replace({text}, ' 00:00:00(\\+00)?$', '')"
    return text


def number_in_text(column: Column) -> str:
    """Return the SQL for the number that a column holds, NULL where it holds none."""
    if column.kind != "VARCHAR":
        return f"TRY_CAST({column.sql} AS DOUBLE)"
    text = f"trim({column.sql})"
    if not column.commas:
        return f"TRY_CAST({text} AS DOUBLE)"
    pointed = f"replace(replace({text}, '.', ''), ',', '.')"
    return (
        f"CASE WHEN regexp_full_match({text}, {sql_text(_COMMAS)}) "
        f"THEN TRY_CAST({pointed} AS DOUBLE) END"
    )


def commas_query(source: str, columns: Iterable[Column]) -> str:
    """Return the SQL that tells for each text column if its numbers have commas.

    They do where at least one value can only be meant so (``1,5``, ``1.234,5``), and
    none can only be meant with a decimal point (``1.5``). Columns with both, and those
    where every comma may stand between thousands (``1,234``), are not guessed: their
    commas are no numbers.
    """
    tests = []
    for column in columns:
        text = f"trim({column.sql})"
        comma = f"regexp_full_match({text}, {sql_text(_COMMAS)})"
        sure = (
            f"contains({text}, ',') AND {comma} AND "
            f"NOT regexp_full_match({text}, {sql_text(_THOUSANDS)})"
        )
        point = f"isfinite(TRY_CAST({text} AS DOUBLE)) AND NOT {comma}"
        tests.append(f"bool_or({sure}) AND NOT coalesce(bool_or({point}), false)")
    return f"SELECT {', '.join(tests)} FROM {source}"


Number = str | tuple[str, ...]
"""A column of numbers, or columns whose product is meant (twice: the square)."""


def factors(number: Number) -> tuple[str, ...]:
    """Return the columns of a number."""
    return (number,) if isinstance(number, str) else number


def product(columns: Mapping[str, Column], number: Number) -> str:
    """Return the SQL for a number: a column, or the product of several."""
    return " * ".join(number_in_text(columns[c]) for c in factors(number))


def rows_query(
    source: str,
    columns: Mapping[str, Column],
    *,
    keys: Mapping[str, str],
    numbers: Mapping[str, Number],
    flags: Mapping[str, tuple[str, Sequence[object]]],
    optional: Sequence[str] = (),
    centres: Mapping[str, float] | None = None,
    kinds: Mapping[str, str] | None = None,
    as_text: bool = True,
) -> str:
    """Return the SQL that reads the needed columns and marks what cannot be used.

    Parameters
    ----------
    source : str
        What stands after FROM: a quoted table function call.
    columns : mapping of str to Column
        The columns of the file by name.
    keys, numbers : mapping of str to str
        Name of a key or number in the result and the column it is read from; a number
        may be the product of several.
    flags : mapping of str to (str, sequence)
        Name of a flag, its column, and the values for which it is true.
    optional : sequence of str
        Keys that may be empty; they are then the empty text.
    centres : mapping of str to float, optional
        What to subtract from numbers, by name.
    kinds : mapping of str to str, optional
        Numbers that are a ``count`` or ``binary``, as `NOT_OF_KIND` asks.
    as_text : bool
        Whether keys that are whole numbers become text too; sums by numbers are faster.

    Notes
    -----
    ``reason`` is NULL where a row is used and says why where it is not. Text that
    should be a number has the reason ``not a number: <column>``, and a number that
    should be a count ``not count: <column>``.
    """
    shown, reasons = [], []
    needed = {**keys, **{name: column for name, (column, _) in flags.items()}}
    for name, column in needed.items():
        found = columns[column]
        text, whole = key_text(found), found.whole
        value = found.sql if whole and not as_text else text
        if name in flags:
            value = is_one_of(found, flags[name][1])
        if name in optional:
            shown.append(f"coalesce({text}, '') AS {sql_name(name)}")
            continue
        shown.append(f"{value} AS {sql_name(name)}")
        empty = f"({found.sql} IS NULL)" if whole else f"nullif({text}, '') IS NULL"
        reasons.append((empty, f"no value in '{column}'"))
    for name, number in numbers.items():
        centre = (centres or {}).get(name)
        shift = f" - ({centre!r})" if centre else ""
        shown.append(f"{product(columns, number)}{shift} AS {sql_name(name)}")
        for column in dict.fromkeys(factors(number)):
            value = number_in_text(columns[column])
            absent, wrong = _absent(columns[column]), f"not a number: {column}"
            reasons.append((absent, f"no value in '{column}'"))
            reasons.append((NO_NUMBER.format(value), wrong))
            if kind := (kinds or {}).get(name):
                test = NOT_OF_KIND[kind].format(value)
                reasons.append((test, f"not {kind}: {column}"))
            if name in WEIGHTS:
                reasons.append((f"{value} <= 0", f"no weight above 0 in '{column}'"))
    cases = " ".join(f"WHEN {test} THEN {sql_text(why)}" for test, why in reasons)
    return f"SELECT CASE {cases} END AS reason, {', '.join(shown)} FROM {source}"


def _absent(column: Column) -> str:
    """Return the SQL that tells whether a number is missing."""
    raw = column.sql
    if column.kind == "VARCHAR":
        listed = ", ".join(sql_text(m) for m in MISSING)
        return f"({raw} IS NULL OR trim({raw}) IN ({listed}))"
    if column.kind in ("DOUBLE", "FLOAT"):
        return f"({raw} IS NULL OR isnan({raw}))"
    return f"({raw} IS NULL)"


def cells_query(
    marked: str,
    keys: Iterable[str],
    numbers: Iterable[str],
    *,
    flags: Iterable[str] = (),
    also: Sequence[str] = (),
) -> str:
    """Return the SQL that sums what `rows_query` marked into cells, in one pass.

    Rows that cannot be used are cells too, one a ``reason``, so that one pass gives
    both the sums by `keys` (which become text) and `flags`, and the account. `also`
    are further aggregates. With weights ``w`` products of the other numbers are also
    summed weighted (``sum_w_y_z0``).
    """
    names, sums = sorted(numbers), list(also)
    for i, a in enumerate(names):
        sums.append(f"sum({sql_name(a)}) AS {sql_name(f'sum_{a}')}")
        for b in names[i:]:
            times = f"{sql_name(a)} * {sql_name(b)}"
            sums.append(f"sum({times}) AS {sql_name(f'sum_{a}_{b}')}")
            if "w" in names and "w" not in (a, b):
                sums.append(f'sum("w" * {times}) AS {sql_name(f"sum_w_{a}_{b}")}')
    keys, flags = [sql_name(k) for k in keys], [sql_name(f) for f in flags]
    shown = [f"CASE WHEN reason IS NULL THEN {k} END AS {k}" for k in (*keys, *flags)]
    listed = ", ".join(["reason", *shown, "count(*) AS n", *sums])
    texts = "".join(f", CAST({k} AS VARCHAR) AS {k}" for k in keys)
    return (
        f"SELECT reason{texts}, * EXCLUDE ({', '.join(['reason', *keys])}) "
        f"FROM (SELECT {listed} FROM ({marked}) GROUP BY ALL) ORDER BY ALL"
    )


def sql_name(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def is_one_of(column: Column, values: Sequence[object]) -> str:
    """Return the SQL that tells whether a column holds one of the plan's values."""
    tests, text = [], key_text(column)
    for value in values:
        number = number_in(str(int(value) if isinstance(value, bool) else value))
        if column.whole:
            same = f"CAST({column.sql} AS DOUBLE) = {number!r}"
            tests += [] if number is None else [same]
        elif isinstance(value, bool):
            words = TRUE if value else FALSE
            tests.append(f"lower({text}) IN ({', '.join(map(sql_text, words))})")
        else:
            tests.append(f"{text} = {sql_text(str(value).strip())}")
            if number is not None:
                same = f"TRY_CAST({text} AS DOUBLE) = {number!r}"
                tests.append(f"coalesce({same}, false)")
    return f"({' OR '.join(tests) or 'false'})"
