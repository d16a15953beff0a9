"""Tables on disk, of any size, summed into cells by DuckDB straight from the file."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from campaignbook.errors import CampaignError, DataError
from campaignbook.evaluation.wanted import Wanted, what_to_read
from campaignbook.plan import CampaignPlan
from campaignbook.table_forms import Readable, TablePath, readable
from campaignbook.table_merging import (
    are_fixed,
    can_be_merged,
    clusters_query,
    merged_clusters,
    patterns_of,
    too_many,
)
from campaignbook.table_refusals import (
    Flags,
    refuse_unknown_values,
    refuse_wrong_numbers,
    shown_name,
)
from campaignbook.table_sources import EXACT_ROWS, Source, opened
from campaignbook.table_sql import (
    Number,
    cells_query,
    factors,
    product,
    rows_query,
)
from campaignbook.tables import Cells, Rows, Table


def read_tables(
    plan: CampaignPlan, folder: str | Path
) -> tuple[dict[str, Table], list[str]]:
    """Return what each evaluation with data reads, and what is wrong with the tables.

    Parameters
    ----------
    plan : CampaignPlan
        Its evaluations name files relative to `folder`.
    folder : str or Path
        Folder of the plan.

    Returns
    -------
    tables : dict of str to Table
        By evaluation id; evaluations without a readable file are not in it.
    problems : list of str
        One sentence each, for all evaluations.
    """
    tables, problems = {}, []
    files: dict[tuple[Path, str | None], Readable] = {}
    prints: dict[Path, Future[str]] = {}
    # one copy and one fingerprint of each file, for all evaluations
    with ExitStack() as copies, ThreadPoolExecutor(1) as beside:
        for spec in plan.evaluations:
            if spec.data is None:
                continue
            path, sheet = Path(folder) / spec.data.file, spec.data.sheet
            if sheet is not None and path.suffix.lower() != ".xlsx":
                problems.append(
                    f"evaluations.{spec.id}.data.sheet: {path.name} has no sheets; "
                    "leave the key out."
                )
            try:
                wanted = what_to_read(spec)
                if (path, sheet) not in files:
                    file = copies.enter_context(readable(path, sheet))
                    files[path, sheet] = file
                if path not in prints:
                    prints[path] = beside.submit(fingerprint, path)
                read = _read(files[path, sheet], wanted)
            except CampaignError as error:
                problems += [
                    p if p.startswith("evaluations.") else f"evaluations.{spec.id}: {p}"
                    for p in error.problems
                ]
                continue
            told = prints[path].result()
            tables[spec.id] = Table(file=path.name, sha256=told, **read)
    return tables, problems


def _read(file: Readable, wanted: Wanted) -> dict[str, dict[str, Any]]:
    read = {
        kind: {name: reader(file, **how) for name, how in asked.items()}
        for kind, reader, asked in (
            ("cells", read_cells, wanted.cells),
            ("rows", read_rows, wanted.rows),
            ("beside", read_cells, wanted.beside),
            ("adjusted", read_cells, wanted.adjusted),
        )
    }
    frames = [
        found.frame for kind in ("cells", "rows") for found in read[kind].values()
    ]
    unseen = {
        flag: (column, values)
        for flag, (column, values) in wanted.flags.items()
        if len(values) > 1 or not any(f[flag].any() for f in frames if flag in f)
    }
    if unseen:
        refuse_unknown_values(file, unseen)
    return read


def read_cells(
    path: TablePath,
    *,
    keys: Mapping[str, str],
    numbers: Mapping[str, Number],
    flags: Flags | None = None,
    optional: Sequence[str] = (),
    centred: bool = False,
    centred_too: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
    merge: str | None = None,
) -> Cells:
    """Return a table file summed into cells, whatever its size.

    Parameters
    ----------
    path : str, Path or Readable
        A file of one of the forms of `table_forms`.
    keys, numbers, flags, optional, kinds
        As in `table_sql.rows_query`.
    centred : bool
        Whether to subtract a round number near the mean of ``y`` before summing, so
        that squares lose no digits.
    centred_too : sequence of str
        Other numbers to treat so; what is subtracted from them is not told.
    merge : str, optional
        Key whose values, if they are very many in a large file, may be replaced by few
        with the same means and covariances (`table_merging`).

    Raises
    ------
    DataError
        The file cannot be read, lacks a column, holds text where numbers belong, or
        has no usable row.
    """
    flags, name = flags or {}, shown_name(path)
    read = [c for number in numbers.values() for c in factors(number)]
    needed = [*keys.values(), *read, *(c for c, _ in flags.values())]
    with opened(path, needed, read) as source:
        wanted = [*(["y"] if centred else []), *centred_too]
        centres = {name: _centre(source, numbers[name]) for name in wanted}
        marked = rows_query(
            source.table,
            source.columns,
            keys=keys,
            numbers=numbers,
            flags=flags,
            optional=optional,
            centres=centres,
            kinds=kinds,
            as_text=False,
        )
        if merge in keys and [*numbers] == ["y"] and source.rows > EXACT_ROWS:
            others = [k for k in keys if k != merge]
            merged = _merged(source, marked, merge, others, flags, name)
            if merged is not None:
                return replace(merged, centre=centres.get("y", 0.0))
        query = cells_query(marked, keys, numbers, flags=flags)
        frame = source.connection.execute(query).df()
        refuse_wrong_numbers(source, frame, name)
    return Cells(
        frame=_used(frame), centre=centres.get("y", 0.0), **_account(frame, name)
    )


def _merged(
    source: Source,
    marked: str,
    cluster: str,
    keys: Sequence[str],
    flags: Iterable[str],
    name: str,
) -> Cells | None:
    """Return the cells of merged clusters; None where each must keep its own."""
    ends = ("min(y) AS least", "max(y) AS most")
    query = cells_query(marked, keys, ["y"], flags=flags, also=ends)
    frame = source.connection.execute(query).df()
    refuse_wrong_numbers(source, frame, name)
    account, cells = _account(frame, name), _used(frame)
    extremes = float(cells["least"].min()), float(cells["most"].max())
    cells = cells.drop(columns=["least", "most"]).astype(dict.fromkeys(flags, bool))
    if frame["reason"].notna().any():
        marked = f"SELECT * FROM ({marked}) WHERE reason IS NULL"
    if too_many(cells):
        return None
    # a cluster is of one group or arm, as a rule; if not, its cells are told apart
    for fixed in ([*flags] or [*keys], []):
        query = clusters_query(marked, cluster=cluster, cells=cells, fixed=fixed)
        clusters = source.connection.execute(query).df()
        found = patterns_of(clusters, cells, fixed)
        if found is None or are_fixed(found[1], cells, fixed):
            break
    if found is None or not can_be_merged(*found, cells):
        return None
    merged = merged_clusters(*found, cells, cluster=cluster, fixed=fixed)
    return Cells(frame=merged, extremes=extremes, **account)


def _used(frame: Any) -> Any:
    return frame[frame["reason"].isna()].drop(columns="reason").reset_index(drop=True)


def read_rows(
    path: TablePath,
    *,
    numbers: Mapping[str, str],
    texts: Mapping[str, str] | None = None,
    flags: Flags | None = None,
    optional: Sequence[str] = (),
) -> Rows:
    """Return the rows of a table file, the named columns only, in the file's order.

    `numbers`, `texts`, `flags` and `optional` are read as `numbers`, `keys`, `flags`
    and `optional` of `read_cells` are, with the same missing values and refusals.
    """
    asked = {"keys": texts or {}, "flags": flags or {}, "numbers": numbers}
    names = [name for given in asked.values() for name in given]
    columns = [*asked["keys"].values(), *(c for c, _ in asked["flags"].values())]
    # A column's own name could be ours, or differ from another in capitals only.
    short = {name: f"c{i}" for i, name in enumerate(names)}
    aliased = {k: {short[n]: c for n, c in g.items()} for k, g in asked.items()}
    with opened(path, [*columns, *numbers.values()], numbers.values()) as source:
        marked = rows_query(
            source.table, source.columns, optional=[short[n] for n in optional],
            **aliased,
        )  # fmt: skip
        account = source.connection.execute(cells_query(marked, [], [])).df()
        refuse_wrong_numbers(source, account, shown_name(path))
        frame = source.connection.execute(
            f"SELECT * EXCLUDE reason FROM ({marked}) WHERE reason IS NULL"
        ).df()
    return Rows(
        frame=frame.set_axis(names, axis=1), **_account(account, shown_name(path))
    )


def _account(frame: Any, name: str) -> dict[str, Any]:
    """Return the rows read and dropped, with reasons; raise DataError if none is left.

    `frame` has the columns ``reason`` (missing where used) and ``n``.
    """
    lost = frame[frame["reason"].notna()].groupby("reason", sort=True)["n"].sum()
    if frame["reason"].notna().all():
        why = "; ".join(f"{r}: {n} rows" for r, n in lost.items()) or "no data rows"
        raise DataError(f"{name}: no row can be used ({why}).")
    dropped = tuple((str(r), int(n)) for r, n in lost.items())
    return {"rows_read": int(frame["n"].sum()), "rows_dropped": dropped}


def _centre(source: Source, number: Number) -> float:
    value = product(source.columns, number)
    row = source.connection.execute(
        f"SELECT avg(v) FROM (SELECT {value} AS v FROM {source.table} LIMIT 10000) "
        "WHERE abs(v) < 1e100"
    ).fetchone()
    return float(f"{row[0]:.3g}") if row and row[0] is not None else 0.0


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
