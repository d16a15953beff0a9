"""Tables on disk opened for DuckDB: which columns there are, and where they stand."""

import csv
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from campaignbook.errors import DataError, nearest
from campaignbook.memory import give_back
from campaignbook.table_forms import NO_TEXT, Readable, TablePath, readable
from campaignbook.table_sql import Column, commas_query

EXACT_ROWS = 1_000_000
"""Up to so many rows one thread sums in a fixed order: the same bytes every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table file that is open.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Where queries run.
    table : str
        What stands after FROM.
    columns : dict of str to Column
        The needed columns by their names in the file.
    rows : int
        Rows of the file; of a text file its lines, counted to little over `EXACT_ROWS`.
    """

    connection: duckdb.DuckDBPyConnection
    table: str
    columns: dict[str, Column]
    rows: int


@contextmanager
def opened(
    path: TablePath, needed: Sequence[str], numbers: Iterable[str] = ()
) -> Iterator[Source]:
    """Open a table file of any size for queries on the needed columns.

    Parameters
    ----------
    path : str, Path or Readable
        The file, or what `table_forms.readable` made of it.
    needed : sequence of str
        Columns that must be there.
    numbers : iterable of str
        Those that hold numbers. Where a comma does not separate the cells, each of
        them may be written with decimal commas.

    Raises
    ------
    DataError
        The file is not there, cannot be read (also while it is open), or lacks a
        column.
    """
    with (
        readable(path) as file,
        tempfile.TemporaryDirectory() as spill,
        _connect(spill) as connection,
    ):
        try:
            if file.path.suffix.lower() == ".parquet":
                source = _parquet(file.path, needed, connection)
            else:
                source = _text_file(file, needed, numbers, connection)
            threads = 1 if source.rows <= EXACT_ROWS else _cores()
            connection.execute(f"SET threads = {threads}")
            # a million clusters numbered one after another are summed without hashing
            connection.execute("SET perfect_ht_threshold = 20")
            yield source
        except duckdb.Error as error:
            raise DataError(_sentence(file.shown, error)) from error
    give_back()


def _connect(spill: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "threads": "1",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": spill,
        }
    )


def _cores() -> int:
    """Return how many threads sum large files; each takes its own memory."""
    return min(os.cpu_count() or 1, 2)


def _literal(path: Path) -> str:
    """Return a path as SQL text in which nothing stands for other files."""
    plain = re.sub(r"([\[*?])", r"[\1]", str(path))
    return "'" + plain.replace("'", "''") + "'"


def _parquet(
    path: Path, needed: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> Source:
    table = f"read_parquet({_literal(path)})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    columns = {
        name: Column(sql='"' + name.replace('"', '""') + '"', kind=kind)
        for name, kind, *_ in described
    }
    _require(path, needed, list(columns))
    rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return Source(connection=connection, table=table, columns=columns, rows=rows[0])


def _text_file(
    file: Readable,
    needed: Sequence[str],
    numbers: Iterable[str],
    connection: duckdb.DuckDBPyConnection,
) -> Source:
    header, delimiter = _header(file)
    _require(file.shown, needed, header)
    rows, mixed = _lines(file.path)
    # names of our own: those of the file may differ in capitals only
    listed = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    # ends of line of two kinds (a break within a cell may be one) break strict reading
    strict = "false" if mixed else "true"
    table = (
        f"read_csv({_literal(file.path)}, auto_detect=false, header=true, quote='\"', "
        f"delim='{delimiter}', escape='\"', strict_mode={strict}, columns={{{listed}}})"
    )
    columns = {n: Column(sql=f"c{i}", kind="VARCHAR") for i, n in enumerate(header)}
    source = Source(connection=connection, table=table, columns=columns, rows=rows)
    asked = sorted(set(numbers))
    if delimiter != "," and asked:
        query = commas_query(table, [columns[n] for n in asked])
        found = connection.execute(query).fetchone() or ()
        for name, commas in zip(asked, found, strict=True):
            columns[name] = replace(columns[name], commas=bool(commas))
    return source


def _header(file: Readable) -> tuple[list[str], str]:
    """Return the names of the columns and the delimiter that gives most of them."""
    found: dict[str, list[str]] = {}
    try:
        for delimiter in [file.delimiter] if file.delimiter else (",", ";", "\t"):
            with file.path.open(encoding="utf-8-sig", newline="") as text:
                found[delimiter] = next(csv.reader(text, delimiter=delimiter), [])
    except csv.Error as error:
        raise DataError(
            f"{file.shown.name}: the first line does not name columns ({error})."
        ) from error
    delimiter = max(found, key=lambda d: len(found[d]))
    names = [name.strip() for name in found[delimiter]]
    if not any(names):
        raise DataError(
            f"{file.shown.name}: the table is empty; its first line must name the "
            "columns."
        )
    return names, delimiter


def _require(path: Path, needed: list[str], known: list[str]) -> None:
    problems = []
    for name in dict.fromkeys(needed):
        if known.count(name) == 1:
            continue
        if known.count(name) > 1:
            problems.append(
                f"{path.name}: the column '{name}' stands twice; rename one."
            )
            continue
        odd = re.search(r"[()~*^:+]", name)
        formula = " No formula is ever evaluated: name columns." if odd else ""
        problems.append(
            f"{path.name}: there is no column '{name}' ({nearest(name, known)})."
            f"{formula}"
        )
    if problems:
        raise DataError(*problems)


def _lines(path: Path) -> tuple[int, bool]:
    """Return the number of lines, and whether they end in different ways.

    Neither is looked for further than `EXACT_ROWS`.
    """
    feeds = pairs = returns = 0
    last = b""
    with path.open("rb") as file:
        while feeds <= EXACT_ROWS and (block := file.read(1 << 20)):
            feeds += block.count(b"\n")
            pairs += block.count(b"\r\n") + (last == b"\r" and block[:1] == b"\n")
            returns += block.count(b"\r")
            last = block[-1:]
    lone = returns - pairs - (last == b"\r")
    return max(feeds, returns), (pairs not in (0, feeds)) or (lone > 0 < feeds)


def _sentence(path: Path, error: duckdb.Error) -> str:
    """Return a sentence for what DuckDB says of a file."""
    text = str(error).split("Possible", 1)[0]
    line = re.search(r"[Ll]ine:? (\d+)", text)
    where = f" line {line.group(1)}:" if line else ""
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if "not utf-8" in text:
        return NO_TEXT.format(f"{path.name}:{where}".rstrip(":"))
    if "unterminated quote" in text:
        return f'{path.name}:{where} a quote (") opens and does not close; mend it.'
    if columns:
        wanted, found = columns.groups()
        return (
            f"{path.name}:{where} {found} columns where the header names {wanted}; "
            "mend the line or put text with commas in quotes."
        )
    first = text.strip().splitlines()[0].split(": ", 1)[-1]
    return f"{path.name}:{where} cannot be read: {first.rstrip('.')}."
