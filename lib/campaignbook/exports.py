"""Platforms' exports on disk as one tidy table, with an account of every row."""

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from campaignbook.errors import DataError
from campaignbook.export_dates import total, turned_book
from campaignbook.export_frames import (
    TIMES,
    Words,
    coded_table,
    doubled_posts,
    repeated_rows,
    tidy_table,
)
from campaignbook.export_rows import Lines, opened_lines
from campaignbook.export_tables import TableReader
from campaignbook.files import DATA, read_yaml
from campaignbook.platforms import (
    KEYS,
    METRICS,
    PlatformBook,
    closest,
    plain,
    recognise,
)
from campaignbook.reading import parse_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of the rows of one table of a file.

    Attributes
    ----------
    file, kind, platform, sha256 : str
        Name of the file, what it was recognised as, its fingerprint.
    rows_read, rows_used : int
        All lines that hold anything and are no header, and those in the tidy table.
    rows_dropped : tuple of (str, int)
        Reasons and how many rows each took.
    notes : tuple of str
        What to bear in mind, one sentence each.
    span : tuple of datetime.date, or None
        First and last day of a table that is one period without days.
    """

    file: str
    kind: str
    platform: str
    sha256: str
    rows_read: int
    rows_used: int
    rows_dropped: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    span: tuple[dt.date, dt.date] | None = None

    def sentence(self) -> str:
        """Return the account in words."""
        lost = "; ".join(f"{rows:,} dropped, {why}" for why, rows in self.rows_dropped)
        told = f"{self.file}, {self.kind}: {self.rows_read:,} rows read, "
        told += f"{self.rows_used:,} used" + (f"; {lost}" if lost else "") + "."
        return "\n  ".join([told, *self.notes])


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Exports as one tidy table (data/README.md tells its columns), with accounts.

    `table` tells for each row its place in `accounts`.
    """

    frame: pd.DataFrame
    accounts: tuple[Account, ...]
    table: pd.Series


@cache
def read_platforms() -> PlatformBook:
    """Return what the workbook knows of the platforms' exports."""
    return parse_data(PlatformBook, read_yaml(DATA / "platforms.yml")[0])


def read_aliases(path: str | Path) -> dict[str, str]:
    """Return a user's own headers: each with the header or standard name it stands for.

    Raises
    ------
    DataError
        The file holds anything else.
    """
    path = Path(path)
    raw = read_yaml(path)[0]
    if not isinstance(raw, dict) or not all(isinstance(v, str) for v in raw.values()):
        raise DataError(
            f"{path.name}: write one 'header: name' a line, where name is a header of "
            "the platform or a standard name, for example 'Couverture: reach'."
        )
    return {plain(str(name)): meaning for name, meaning in raw.items()}


def read_exports(
    paths: Iterable[str | Path],
    *,
    aliases: Mapping[str, str] | None = None,
    metrics: Collection[str] = METRICS,
) -> Imported:
    """Return the exports of platforms as one tidy table.

    Parameters
    ----------
    paths : iterable of str or Path
        The files, of any kinds.
    aliases : mapping of str to str, optional
        As `read_aliases` gives them.
    metrics : collection of str
        Those that are wanted; the others are empty, and take no memory.

    Raises
    ------
    DataError
        A file cannot be read, is of no known kind (with the kind it comes closest to)
        or has no usable row.
    """
    book, readers, shas, problems = read_platforms(), [], {}, []
    words = {name: Words() for name in KEYS if name not in TIMES}
    for path in map(Path, paths):
        try:
            found = _read_file(path, book, aliases, words)
            with path.open("rb") as file:
                sha = hashlib.file_digest(file, "sha256").hexdigest()
        except DataError as error:
            problems += error.problems
            continue
        copy_of = next((n for n, s in shas.items() if s == sha), None)
        shas.setdefault(path.name, sha)
        for reader in found:
            if copy_of is not None:
                reader.drop_all(f"the file is a copy of {copy_of}")
            readers.append((reader, path.name, sha))
    if problems:
        raise DataError(*problems)
    if not readers:
        raise DataError("name at least one export.")
    taken = [({**r.constants(), "source": n}, r.take_out()) for r, n, _ in readers]
    coded = coded_table(taken, words)
    doubled = doubled_posts(coded, words)
    for i, rows in coded.loc[doubled, "table"].value_counts().items():
        readers[i][0].dropped["the same post stands again, later"] += int(rows)
    place = list(dict.fromkeys(s for _, _, s in readers)).index
    origin = [(r.header.kind.id, place(s)) for r, _, s in readers]
    again = repeated_rows(coded, words, origin)
    for i, rows in coded.loc[again, "table"].value_counts().items():
        readers[i][0].dropped["the same row stands in another file"] += int(rows)
    doubled |= again
    coded = coded[~doubled].reset_index(drop=True) if doubled.any() else coded
    used = coded["table"].value_counts()
    accounts = tuple(
        Account(
            file=name,
            kind=r.header.kind.name,
            platform=r.header.kind.platform,
            sha256=sha,
            rows_read=r.rows_read,
            rows_used=int(used.get(i, 0)),
            rows_dropped=tuple(sorted(r.dropped.items())),
            notes=r.notes(),
            span=r.span(),
        )
        for i, (r, name, sha) in enumerate(readers)
    )
    if coded.empty:
        raise DataError(*(f"No row can be used. {a.sentence()}" for a in accounts))
    frame = tidy_table(coded, words, metrics)
    return Imported(frame=frame, accounts=accounts, table=coded["table"])


def _read_file(
    path: Path,
    book: PlatformBook,
    aliases: Mapping[str, str] | None,
    words: Mapping[str, Words],
) -> list[TableReader]:
    """Return a reader for each table of a file, all of its lines read.

    A file whose dates fit only the other order is read again in that order.
    """
    readers = _read_in_order(path, book, aliases, words)
    order = total(reader.dates for reader in readers)
    if order.is_turned(path.name):
        readers = _read_in_order(path, turned_book(book), aliases, words)
    for reader in readers[:1]:
        reader.dates.told = order.note()
    return readers


def _read_in_order(
    path: Path,
    book: PlatformBook,
    aliases: Mapping[str, str] | None,
    words: Mapping[str, Words],
) -> list[TableReader]:
    known = book.known | frozenset(aliases or ())

    def hits(cells: Sequence[str]) -> int:
        return sum(plain(cell) in known for cell in cells)

    with opened_lines(path, hits) as lines:
        readers = _tables(path, lines, lambda c: recognise(c, book, aliases=aliases),
                          hits, book, words)  # fmt: skip
    for reader in readers:
        reader.take_waiting()
    return readers


def _tables(
    path: Path,
    lines: Lines,
    header_of: Callable[[Sequence[str]], object],
    hits: Callable[[Sequence[str]], int],
    book: PlatformBook,
    words: Mapping[str, Words],
) -> list[TableReader]:
    readers: list[TableReader] = []
    before: list[list[str]] = []
    gap = True
    while readers or len(before) <= 10_000:
        known = readers[-1] if readers else None
        first = known is None or not known.takes_blocks
        if not (first or gap):
            names, comment = known.header.names, known.header.kind.comments
            block, count = lines.block(len(names), names[0], comment)
            if count:
                known.add_block(block, count)
                continue
        rows = lines.rows(first=first)
        if not rows:
            break
        chunk: list[list[str]] = []
        for cells in rows:
            if not (cells and cells[0]) and not any(map(str.strip, cells)):
                gap = True
                continue
            reader = readers[-1] if readers else None
            mark = reader.header.kind.comments if reader else ""
            if mark and cells[0].startswith(mark):
                before.append(cells)
                gap = True
                continue
            may_be = reader is None or gap or cells[0] == reader.header.names[0]
            if may_be and hits(cells) > 1 and (header := header_of(cells)) is not None:
                if reader:
                    reader.add(chunk)
                    chunk = []
                notes = lines.notes if reader is None else ()
                start = [*(readers[0].before if readers else ()), *before]
                readers.append(TableReader(header, start, len(before), lines.delimiter,
                                           notes, words))  # fmt: skip
                before = []
            elif reader is None:
                before.append(cells)
            elif gap and mark and _names_columns(cells):
                reader.add(chunk)
                chunk = []
                readers.append(reader.stranger(cells, before))
                before = []
            else:
                chunk.append(cells)
            gap = False
        if readers:
            readers[-1].add(chunk)
    if not readers:
        raise DataError(
            f"{path.name}: not recognised as an export: {closest(before, book)}."
        )
    if before:
        readers[-1].rows_read += len(before)
        readers[-1].dropped["comment after the table"] += len(before)
    return readers


def _names_columns(cells: Sequence[str]) -> bool:
    """Return whether a line of a further table looks like its header."""
    texts = [c for c in cells if c.strip()]
    return len(texts) > 1 and not any(re.search(r"\d", c) for c in texts)
