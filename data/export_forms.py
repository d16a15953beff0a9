"""Rows as cells, text, workbooks and zip files, as platforms write them."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence

import openpyxl
import pandas as pd

MADE_AT = (2026, 6, 1, 9, 0, 0)
"""In workbooks and zip files, so that they are the same each time."""

# --- cells ------------------------------------------------------------------------


def cell(value: object) -> str:
    """Return a value as a platform prints it: whole numbers without a point."""
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def commas(value: object, places: int = 0) -> str:
    """Return a number with commas between thousands; "--" where there is none."""
    return "--" if pd.isna(value) else f"{value:,.{places}f}"


def short(day: pd.Timestamp) -> str:
    """Return a day as YouTube writes it: Mar 9, 2026."""
    return f"{day:%b} {day.day}, {day.year}"


def long(day: pd.Timestamp) -> str:
    """Return a day as lines above a table write it: March 9, 2026."""
    return f"{day:%B} {day.day}, {day.year}"


def ratio(part: pd.Series, whole: pd.Series, places: int = 6) -> pd.Series:
    """Return shares, 0 where there is nothing to share."""
    return (part / whole.where(whole > 0)).fillna(0.0).round(places)


def text_of(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    """Return rows as text; an empty row is an empty line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    for row in rows:
        writer.writerow([cell(v) for v in row])
    return out.getvalue()


def rows_of(columns: dict[str, object]) -> list[list[object]]:
    """Return the header, then the rows; a single value is that of each row."""
    table = pd.DataFrame(columns)
    return [[*table], *table.astype(object).to_numpy().tolist()]


# --- files ------------------------------------------------------------------------


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a zip file that is the same each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, MADE_AT), content,
                             zipfile.ZIP_DEFLATED)  # fmt: skip
    return out.getvalue()


def workbook(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    """Return a workbook that is the same each time."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if pd.isna(v) else v for v in row])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    moment = "{}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*MADE_AT).encode()
    dated = rb"(<dcterms:\w+ [^>]*>)[^<]*"
    core = re.sub(dated, rb"\g<1>" + moment, members["docProps/core.xml"])
    return zipped(members | {"docProps/core.xml": core})
