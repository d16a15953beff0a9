"""The lines of an export, whatever its form: text of any encoding, workbook or zip."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from campaignbook.errors import DataError, nearest
from campaignbook.export_blocks import plain_rows
from campaignbook.table_forms import (
    NO_TEXT,
    cell_text,
    encoding_of,
    sheet_names,
    sheet_rows,
    told_faulty,
)

TABLE_IN_ZIP = "Table data.csv"
"""The table in what YouTube Studio gives."""
LONGEST_PREAMBLE = 60
"""Lines of the start of a file that are looked at first for its header."""
LARGEST_MEMBER = 1 << 30
"""Bytes of the largest table that is read out of a zip file."""
FIRST = 1_000
"""So many rows of a table are read one by one, to see how it writes numbers."""
FEW, MANY = 200, 8_000
"""So many are where a row is not plain, and where rows seldom are."""
BLOCK = 1 << 21
"""So many letters are looked at for plain rows."""


class Lines:
    """The lines of an export, given row by row, or many at once where they are plain.

    Parameters
    ----------
    rows : iterator of list of str, or TextIO
        Cells, line by line, or the text that holds them.
    delimiter : str
        What separates them; empty in a workbook.
    notes : tuple of str
        What to bear in mind, one sentence each.
    """

    def __init__(
        self,
        rows: Iterator[list[str]] | TextIO,
        delimiter: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        self.delimiter, self.notes = delimiter, notes
        self._rows, self._ahead, self._few = rows, io.StringIO(), FEW

    def rows(self, *, first: bool) -> list[list[str]]:
        """Return the next rows, at the end none; `first` of a table are more."""
        most = FIRST if first else self._few
        if not self.delimiter:
            return list(islice(self._rows, most))
        text = chain(self._ahead, self._rows)
        return list(islice(csv.reader(text, delimiter=self.delimiter), most))

    def block(self, width: int, header: str, comment: str) -> tuple[bytes, int]:
        """Return plain rows (`plain_rows`) and how many; none where the next is not."""
        if not self.delimiter:
            return b"", 0
        text = self._ahead.read()
        if len(text) < BLOCK:
            text += self._rows.read(BLOCK) + self._rows.readline()
        block = text.encode()
        rows, size = plain_rows(
            block, delimiter=self.delimiter, width=width, header=header, comment=comment
        )
        self._ahead = io.StringIO(block[size:].decode(), newline="")
        # where rows are seldom plain, more of them are taken one by one
        self._few = FEW if rows > FEW else min(2 * self._few, MANY)
        return block[:size], rows


@contextmanager
def opened_lines(
    path: str | Path, is_header: Callable[[Sequence[str]], int]
) -> Iterator[Lines]:
    """Open an export for reading it line by line.

    Parameters
    ----------
    path : str or Path
        The file.
    is_header : callable
        How many cells of a line are headers of a known export: it tells the
        delimiter.

    Raises
    ------
    DataError
        The file is not there or cannot be read as a table.
    """
    path = Path(path)
    with ExitStack() as stack:
        try:
            yield _lines(path, is_header, stack)
        except UnicodeError as error:
            raise DataError(NO_TEXT.format(path.name)) from error
        except csv.Error as error:
            raise DataError(f"{path.name}: cannot be read as a table: {error}.") from (
                error
            )


def _lines(
    path: Path, is_header: Callable[[Sequence[str]], int], stack: ExitStack
) -> Lines:
    if path.is_dir():
        raise DataError(f"{path.name} is a folder; name a file in it.")
    if not path.is_file():
        near = [p.name for p in path.parent.glob("*.*")]
        hint = f" ({nearest(path.name, near)})" if near else ""
        raise DataError(f"there is no file {path.name} in {path.parent}{hint}.")
    with path.open("rb") as file:
        start = file.read(512)
    if not start.strip():
        raise DataError(f"{path.name}: the file is empty; download it again.")
    if start.startswith(b"PK"):
        return _packed(path, is_header, stack)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError(
            f"{path.name}: a workbook of the old form (.xls); open it in a spreadsheet "
            "program and save it as .xlsx."
        )
    encoding = encoding_of(path)
    if start.decode(encoding, "ignore").lstrip("\ufeff \r\n\t").startswith("<"):
        raise DataError(
            f"{path.name}: a web page, not a table (often one that asks to sign in); "
            "download the export again."
        )
    encoding = "utf-8-sig" if encoding == "utf-8" else encoding
    notes = []
    if encoding == "cp1252":
        notes.append("The encoding is a guess: not UTF-8, read as Windows-1252.")
    with path.open("rb") as file:
        file.seek(-min(4, path.stat().st_size), io.SEEK_END)
        if not {10, 13} & set(file.read()):
            notes.append(
                "The file does not end with an end of line: see that its last row is "
                "whole."
            )
    text = stack.enter_context(path.open(encoding=encoding, newline=""))
    head = text.read(1 << 16)
    text.seek(0)
    delimiter = _delimiter(head, is_header)
    return Lines(text, delimiter, tuple(notes))


def _delimiter(head: str, is_header: Callable[[Sequence[str]], int]) -> str:
    """Return what separates the cells: with it, most headers are found in a line."""
    found: dict[str, tuple[int, int]] = {}
    for lines in (LONGEST_PREAMBLE, None):
        for mark in (",", "\t", ";"):
            rows = csv.reader(io.StringIO(head, newline=""), delimiter=mark)
            sizes = ((is_header(row), len(row)) for row in islice(rows, lines))
            found[mark] = max(sizes, default=(0, 0))
        if max(found.values()) > (1, 0):
            break
    return max(found, key=lambda mark: found[mark])


def _packed(
    path: Path, is_header: Callable[[Sequence[str]], int], stack: ExitStack
) -> Lines:
    """Return the lines of a workbook, or of the table in a zip file."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
        names = archive.namelist()
        if any(name.startswith("xl/") for name in names):
            return _workbook(path, is_header)
        inside = [n for n in names if Path(n).name == TABLE_IN_ZIP]
        if not inside or archive.getinfo(inside[0]).file_size > LARGEST_MEMBER:
            raise DataError(
                f"{path.name}: a zip file without '{TABLE_IN_ZIP}'; unpack it and name "
                "the table in it."
            )
        text = archive.read(inside[0])
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
        raise DataError(
            f"{path.name}: a damaged workbook or zip file; download it again."
        ) from error
    except RuntimeError as error:  # so does zipfile tell of both
        raise DataError(
            f"{path.name}: a zip file with a password, or packed in a way that cannot "
            "be read; unpack it and name the table in it."
        ) from error
    wide = text[:2] in (b"\xff\xfe", b"\xfe\xff")
    whole = text.decode("utf-16" if wide else "utf-8-sig")
    delimiter = _delimiter(whole[: 1 << 16], is_header)
    return Lines(io.StringIO(whole, newline=""), delimiter)


def _workbook(path: Path, is_header: Callable[[Sequence[str]], int]) -> Lines:
    """Return the lines of the sheet that holds most headers of a known export."""
    names = sheet_names(path)
    best, *others = names or [None]
    if others:
        heads = {n: islice(_sheet(path, n), LONGEST_PREAMBLE) for n in names}
        hits = {n: max(map(is_header, rows), default=0) for n, rows in heads.items()}
        best = max(names, key=lambda name: hits[name])
        others = [f"'{name}'" for name in names if name != best]
    notes = (f"Sheets that were not read: {', '.join(others)}.",) if others else ()
    return Lines(_sheet(path, best), notes=notes)


def _sheet(path: Path, name: str | None) -> Iterator[list[str]]:
    """Yield the rows of a sheet as text."""
    with told_faulty(path):
        for row in sheet_rows(path, name):
            values = [cell.value for cell in row]
            # a workbook keeps 15 digits of a number: a longer id has lost its end
            yield [
                f"{v:.5E}"
                if isinstance(v, int | float) and not isinstance(v, bool) and v >= 1e15
                else cell_text(v)
                for v in values
            ]
