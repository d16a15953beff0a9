"""Tables on disk, of any size, summed into cells by DuckDB straight from the file."""

import csv
import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation.designs import columns_to_read
from campaignbook.plan import CampaignPlan
from campaignbook.tables import MISSING, Cells, Table, cells_query

EXACT_ROWS = 1_000_000
"""Up to so many rows one thread sums in a fixed order: the same bytes every time."""


def read_tables(plan: CampaignPlan, folder: str | Path) -> dict[str, Table]:
    """Return what each evaluation with data reads, summed into cells.

    Parameters
    ----------
    plan : CampaignPlan
        Its evaluations name files relative to `folder`.
    folder : str or Path
        Folder of the plan.

    Returns
    -------
    dict of str to Table
        By evaluation id; evaluations without a file are not in it.

    Raises
    ------
    DataError
        Every problem of every table at once.
    """
    tables, problems = {}, []
    for spec in plan.evaluations:
        if spec.data is None:
            continue
        path = Path(folder) / spec.data.file
        try:
            wanted = columns_to_read(spec)
            cells = {o: read_cells(path, **w) for o, w in wanted.outcomes.items()}
            balance = {c: read_cells(path, **w) for c, w in wanted.balance.items()}
        except DataError as error:
            problems += [f"evaluations.{spec.id}: {p}" for p in error.problems]
            continue
        tables[spec.id] = Table(
            file=path.name, sha256=_fingerprint(path), cells=cells, balance=balance
        )
    if problems:
        raise DataError(*dict.fromkeys(problems))
    return tables


def read_cells(
    path: str | Path,
    *,
    keys: Mapping[str, str],
    numbers: Mapping[str, str],
    flags: Mapping[str, tuple[str, tuple[object, ...]]] | None = None,
    centred: bool = False,
) -> Cells:
    """Return a table file summed into cells, whatever its size.

    Parameters
    ----------
    path : str or Path
        A .csv or .parquet file.
    keys, numbers, flags : mapping
        As in `tables.cells_query`.
    centred : bool
        Whether to subtract a round number near the mean of ``y`` before summing, so
        that squares lose no digits.

    Raises
    ------
    DataError
        The file cannot be read, lacks a column, holds text where numbers belong, or
        has no usable row.
    """
    path, flags = Path(path), flags or {}
    needed = [*keys.values(), *numbers.values(), *(c for c, _ in flags.values())]
    with tempfile.TemporaryDirectory() as spill, _connect(spill) as connection:
        try:
            source, types, rows = _source(path, needed, connection)
            connection.execute(f"SET threads = {1 if rows <= EXACT_ROWS else _cores()}")
            centre = _centre(connection, source, numbers["y"]) if centred else 0.0
            query = cells_query(
                source, types, keys=keys, numbers=numbers, flags=flags, centre=centre
            )
            frame = connection.execute(query).df()
            _refuse_text(connection, source, frame, path)
        except duckdb.Error as error:
            raise DataError(_duckdb_sentence(path, error)) from error
    dropped = frame[frame["reason"].notna()].groupby("reason", sort=True)["n"].sum()
    used = frame[frame["reason"].isna()].drop(columns="reason").reset_index(drop=True)
    if used.empty:
        why = "; ".join(f"{r}: {n} rows" for r, n in dropped.items()) or "no data rows"
        raise DataError(f"{path.name}: no row can be used ({why}).")
    return Cells(
        frame=used,
        centre=centre,
        rows_read=int(frame["n"].sum()),
        rows_dropped=tuple((str(r), int(n)) for r, n in dropped.items()),
    )


def _connect(spill: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": spill,
        }
    )


def _cores() -> int:
    return os.cpu_count() or 1


def _source(
    path: Path, needed: list[str], connection: duckdb.DuckDBPyConnection
) -> tuple[str, dict[str, str], int]:
    """Return what stands after FROM, the columns' types, and the number of rows."""
    if not path.is_file():
        siblings = (
            [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
        )
        hint = f" ({nearest(path.name, siblings)})" if siblings else ""
        raise DataError(f"there is no file {path.name} in {path.parent}{hint}.")
    quoted = "'" + str(path).replace("'", "''") + "'"
    if path.suffix.lower() == ".parquet":
        source = f"read_parquet({quoted})"
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        types = {name: kind for name, kind, *_ in described}
        _require(path, needed, list(types))
        rows = connection.execute(f"SELECT count(*) FROM {source}").fetchone()
        return source, types, rows[0] if rows else 0
    if path.suffix.lower() != ".csv":
        raise DataError(
            f"{path.name}: tables are read from .csv and .parquet files; save it as "
            "one of these."
        )
    header = _csv_header(path)
    delimiter = header[1]
    _require(path, needed, header[0])
    names = [h if h in needed else f"#{i}" for i, h in enumerate(header[0])]
    columns = ", ".join("'{}': 'VARCHAR'".format(n.replace("'", "''")) for n in names)
    source = (
        f"read_csv({quoted}, auto_detect=false, header=true, delim='{delimiter}', "
        f"quote='\"', escape='\"', columns={{{columns}}})"
    )
    return source, dict.fromkeys(names, "VARCHAR"), _lines(path)


def _csv_header(path: Path) -> tuple[list[str], str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(1_000_000)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}: not a text file in UTF-8; save it as 'CSV UTF-8'."
        ) from error
    if not first.strip():
        raise DataError(
            f"{path.name}: the file is empty; its first line must name the columns."
        )
    rows = {d: next(csv.reader([first], delimiter=d)) for d in (",", ";", "\t")}
    delimiter = max(rows, key=lambda d: len(rows[d]))
    return [name.strip() for name in rows[delimiter]], delimiter


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
        formula = (
            " No formula is ever evaluated: name columns."
            if re.search(r"[()~*^:+]", name)
            else ""
        )
        problems.append(
            f"{path.name}: there is no column '{name}' ({nearest(name, known)})."
            f"{formula}"
        )
    if problems:
        raise DataError(*problems)


def _lines(path: Path) -> int:
    """Return the number of lines, counted no further than `EXACT_ROWS`."""
    count = 0
    with path.open("rb") as file:
        while count <= EXACT_ROWS and (block := file.read(1 << 20)):
            count += block.count(b"\n")
    return count


def _centre(connection: duckdb.DuckDBPyConnection, source: str, column: str) -> float:
    name = '"' + column.replace('"', '""') + '"'
    row = connection.execute(
        f"SELECT avg(v) FROM (SELECT TRY_CAST({name} AS DOUBLE) AS v FROM {source} "
        "LIMIT 10000) WHERE isfinite(v)"
    ).fetchone()
    return float(f"{row[0]:.3g}") if row and row[0] is not None else 0.0


def _refuse_text(
    connection: duckdb.DuckDBPyConnection, source: str, frame: Any, path: Path
) -> None:
    """Raise DataError where a column of numbers holds text, with the first example."""
    problems = []
    for reason, rows in zip(frame["reason"], frame["n"], strict=True):
        column = str(reason).removeprefix("not a number: ")
        if column == str(reason):
            continue
        name = '"' + column.replace('"', '""') + '"'
        value = f"trim(CAST({name} AS VARCHAR))"
        row = connection.execute(
            f"SELECT i, v FROM (SELECT row_number() OVER () AS i, {value} AS v FROM "
            f"{source}) WHERE NOT coalesce(isfinite(TRY_CAST(v AS DOUBLE)), false) "
            f"AND v IS NOT NULL AND NOT list_contains({list(MISSING)!r}, v) LIMIT 1"
        ).fetchone()
        example = f"data row {row[0]} holds '{row[1]}'" if row else "some rows do not"
        problems.append(
            f"{path.name}: column '{column}' must hold numbers; {example} ({rows} such "
            "rows). Write numbers, and leave unknown ones empty."
        )
    if problems:
        raise DataError(*problems)


def _duckdb_sentence(path: Path, error: duckdb.Error) -> str:
    text = str(error)
    line = re.search(r"[Ll]ine:? (\d+)", text)
    where = f" line {line.group(1)}:" if line else ""
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if columns:
        wanted, found = columns.groups()
        return (
            f"{path.name}:{where} {found} columns where the header names {wanted}; "
            "mend the line or put text with commas in quotes."
        )
    first = text.splitlines()[0].split(": ", 1)[-1]
    return f"{path.name}:{where} cannot be read: {first}"


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
