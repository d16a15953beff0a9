"""The forms of table files: workbooks and other encodings become UTF-8 text."""

import codecs
import csv
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

from campaignbook.errors import DataError, nearest

FORMS = (".csv", ".tsv", ".xlsx", ".parquet")
BLOCK = 1 << 20
"""So many bytes or letters are held at a time, whatever the size of the file."""
NO_TEXT = (
    "{}: not a text file in UTF-8, UTF-16 (with its byte order mark) or Latin-1; save "
    "it as 'CSV UTF-8'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A table file in a form that DuckDB reads.

    Attributes
    ----------
    shown : Path
        The user's file, for sentences.
    path : Path
        The same file, or its copy as UTF-8 text.
    delimiter : str or None
        What separates the cells of a copy; None where it is still to be found.
    """

    shown: Path
    path: Path
    delimiter: str | None = None


TablePath: TypeAlias = str | Path | Readable


@contextmanager
def readable(path: TablePath, sheet: str | None = None) -> Iterator[Readable]:
    """Give a table file in a form that DuckDB reads; copies last as long as this.

    Parameters
    ----------
    path : str, Path or Readable
        A file of one of the `FORMS`; what is readable already stays as it is.
    sheet : str, optional
        Name of the sheet of a workbook; its first one if not given.

    Raises
    ------
    DataError
        The file is not there, is of another form, or cannot be read.
    """
    if isinstance(path, Readable):
        yield path
        return
    path = Path(path)
    form = _form(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "table.csv"
        if form == ".parquet":
            yield Readable(shown=path, path=path)
        elif form == ".xlsx":
            _copy_sheet(path, sheet, copy)
            yield Readable(shown=path, path=copy, delimiter=",")
        elif (encoding := encoding_of(path)) == "utf-8":
            yield Readable(shown=path, path=path)
        else:
            transcode(path, encoding, copy)
            yield Readable(shown=path, path=copy)


def _form(path: Path) -> str:
    if path.is_dir():
        raise DataError(f"{path.name} is a folder; name a file in it.")
    form = path.suffix.lower()
    if form not in FORMS:
        raise DataError(
            f"{path.name}: tables are read from {', '.join(FORMS)} files; save it as "
            "one of these."
        )
    if not path.is_file():
        near = [p.name for p in path.parent.glob("*") if p.suffix.lower() in FORMS]
        hint = f" ({nearest(path.name, near)})" if near else ""
        raise DataError(f"there is no file {path.name} in {path.parent}{hint}.")
    return form


# --- encodings --------------------------------------------------------------------


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file; every byte of it is looked at.

    Latin-1 is read as Windows writes it (cp1252), with its euro sign and quotes.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    found = "utf-8"
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        while block := file.read(BLOCK):
            if b"\0" in block:
                raise DataError(NO_TEXT.format(path.name))
            if found == "utf-8":
                found = _still_utf8(decoder, block)
        if found == "utf-8":
            found = _still_utf8(decoder, b"", final=True)
    return found


def _still_utf8(decoder: Any, block: bytes, *, final: bool = False) -> str:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def transcode(path: Path, encoding: str, copy: Path) -> None:
    """Write a text file again in UTF-8, ends of line as they are."""
    try:
        with (
            path.open(encoding=encoding, newline="") as file,
            copy.open("w", encoding="utf-8", newline="") as new,
        ):
            while text := file.read(BLOCK):
                if "\0" in text:
                    raise DataError(NO_TEXT.format(path.name))
                new.write(text)
    except UnicodeError as error:
        raise DataError(NO_TEXT.format(path.name)) from error


# --- workbooks --------------------------------------------------------------------


def _copy_sheet(path: Path, sheet: str | None, copy: Path) -> None:
    """Write a sheet of a workbook as comma-separated text in UTF-8."""
    with (
        told_faulty(path),
        warnings.catch_warnings(),
        copy.open("w", encoding="utf-8", newline="") as file,
    ):
        warnings.simplefilter("ignore")  # of decoration that is not read
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        gaps = False
        for row in _table(sheet_rows(path, sheet)):
            gaps = gaps or "" in row
            writer.writerow(row)
        if gaps:
            _refuse_uncomputed(path, sheet)


@contextmanager
def told_faulty(path: Path) -> Iterator[None]:
    """Turn whatever a faulty workbook makes its reader raise into a DataError."""
    try:
        yield
    except (DataError, MemoryError):
        raise
    except Exception as error:  # a faulty workbook fails anywhere in its reader
        raise DataError(
            f"{path.name}: cannot be read as a workbook; open it in a spreadsheet "
            "program and save it as .xlsx, without a password."
        ) from error


def sheet_rows(
    path: Path, sheet: str | None, *, formulas: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of a sheet row by row, with their values or their formulas."""
    from openpyxl import load_workbook  # slow to import, and rarely needed

    with (
        path.open("rb") as file,  # by its name, a workbook of another ending is refused
        closing(load_workbook(file, read_only=True, data_only=not formulas)) as book,
    ):
        sheets = {s.title: s for s in book.worksheets}
        name = next(iter(sheets)) if sheet is None else sheet
        if name not in sheets:
            raise DataError(
                f"{path.name}: there is no sheet '{name}' ({nearest(name, sheets)})."
            )
        # some programs write a wrong size, and rows would be lost
        sheets[name].reset_dimensions()
        yield from sheets[name].iter_rows()


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets of cells, in their order."""
    from openpyxl import load_workbook

    with (
        told_faulty(path),
        path.open("rb") as file,
        closing(load_workbook(file, read_only=True)) as book,
    ):
        return [sheet.title for sheet in book.worksheets]


def _table(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[str]]:
    """Yield the rows that hold anything as text, as wide as the first of them."""
    width = 0
    for cells in rows:
        texts = [cell_text(cell.value) for cell in cells]
        if not width:
            width = max((i for i, t in enumerate(texts, 1) if t.strip()), default=0)
        texts = texts[:width]
        if any(texts):
            yield texts + [""] * (width - len(texts))


def cell_text(value: object) -> str:
    """Return a cell's value as text: numbers with a point, dates as ISO writes them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return str(int(value) if whole else value)
    if isinstance(value, datetime):
        day = value.time() == time()
        return value.date().isoformat() if day else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _refuse_uncomputed(path: Path, sheet: str | None) -> None:
    """Raise DataError for a formula without a stored value: it would look empty."""
    both = zip(
        sheet_rows(path, sheet), sheet_rows(path, sheet, formulas=True), strict=True
    )
    for i, (values, formulas) in enumerate(both, 1):
        for value, formula in zip(values, formulas, strict=True):
            # a formula whose value is the empty text has the type of texts
            unknown = value.value is None and value.data_type == "n"
            if unknown and formula.value is not None:
                raise DataError(
                    f"{path.name}: row {i} holds a formula without its value; open the "
                    "workbook in a spreadsheet program and save it."
                )
