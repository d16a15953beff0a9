"""What a table on disk is refused for, with an example of what it holds instead."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from campaignbook.errors import DataError, nearest
from campaignbook.table_forms import Readable, TablePath
from campaignbook.table_sources import Source, opened
from campaignbook.table_sql import (
    NO_NUMBER,
    NOT_OF_KIND,
    is_one_of,
    key_text,
    number_in_text,
)
from campaignbook.tables import MISSING

Flags = Mapping[str, tuple[str, tuple[object, ...]]]
"""Column and values by flag: a row with one of the values has the flag."""


def shown_name(path: TablePath) -> str:
    """Return the name of the user's file."""
    return path.shown.name if isinstance(path, Readable) else Path(path).name


def refuse_unknown_values(path: TablePath, flags: Flags) -> None:
    """Raise DataError for a value of a flag that its column does not hold."""
    problems, name = [], shown_name(path)
    with opened(path, [column for column, _ in flags.values()]) as source:
        for flag, (column, values) in flags.items():
            found = source.columns[column]
            # values are few where rows are many, so that texts are made of few
            distinct = f"(SELECT DISTINCT {found.sql} FROM {source.table})"
            tests = ", ".join(f"bool_or({is_one_of(found, [v])})" for v in values)
            query = f"SELECT {tests} FROM {distinct}"
            held = source.connection.execute(query).fetchone() or ()
            lost = [v for v, there in zip(values, held, strict=True) if not there]
            known = source.connection.execute(
                f"SELECT DISTINCT {key_text(found)} AS v FROM {distinct} "
                f"WHERE v IS NOT NULL ORDER BY v LIMIT {10_000 if lost else 0}"
            ).fetchall()
            problems += [
                f"{name}: {flag} value '{value}' is nowhere in column '{column}' "
                f"({nearest(value, [row[0] for row in known])})."
                for value in (lost if known else [])
            ]
    if problems:
        raise DataError(*problems)


WRONG = {
    "not a number": (
        "must hold numbers",
        NO_NUMBER.format("x"),
        "Write numbers, and leave unknown ones empty.",
    ),
    "not count": (
        "must hold counts, whole numbers from 0 on",
        NOT_OF_KIND["count"].format("x"),
        "Mend them, or write outcome_type: mean for an outcome that is no count.",
    ),
    "not binary": (
        "must hold 0 and 1 only, as outcome_type is binary",
        NOT_OF_KIND["binary"].format("x"),
        "Mend them, or write outcome_type: mean for an outcome of other numbers.",
    ),
}
"""By reason of `rows_query`: what belongs there, its opposite in SQL, the remedy."""


def refuse_wrong_numbers(source: Source, frame: Any, name: str) -> None:
    """Raise DataError where a column holds what is no number, or no count.

    `frame` has ``reason`` and ``n``; the sentence shows the first example.
    """
    problems = []
    for reason, rows in zip(frame["reason"], frame["n"], strict=True):
        kind, _, column = str(reason).partition(": ")
        if kind not in WRONG:
            continue
        belongs, test, remedy = WRONG[kind]
        value = f"trim(CAST({source.columns[column].sql} AS VARCHAR))"
        number = number_in_text(source.columns[column])
        row = source.connection.execute(
            f"SELECT i, v FROM (SELECT row_number() OVER () AS i, {value} AS v, "
            f"{number} AS x FROM {source.table}) WHERE ({test}) "
            f"AND v IS NOT NULL AND NOT list_contains({list(MISSING)!r}, v) LIMIT 1"
        ).fetchone()
        example = f"data row {row[0]} holds '{row[1]}'" if row else "some rows do not"
        problems.append(
            f"{name}: column '{column}' {belongs}; {example} ({rows} such rows). "
            f"{remedy}"
        )
    if problems:
        raise DataError(*problems)
