"""Simulated exports for tests: the truth, the files, and their cells."""

import csv
import io
import sys
import zipfile
from pathlib import Path

import openpyxl

from campaignbook.exports import read_exports, read_platforms
from campaignbook.platforms import plain

DATA = Path(__file__).parents[1] / "data"
sys.path.insert(0, str(DATA))

import export_world  # noqa: E402
import make_exports  # noqa: E402

WRITE = {write.__name__: write for write in make_exports.FORMS}
SEED = 7  # not that of the files that are kept
WORLD = export_world.simulate(SEED)
FILES = make_exports.files(SEED)
SHORT = {
    kind: table.groupby("level", sort=False).head(21).reset_index(drop=True)
    for kind, table in WORLD.items()
}
BOOK = read_platforms()


def name_of(kind):
    return kind + make_exports.ENDS.get(kind, ".csv")


def read_accounted(path, content, **options):
    """Return what a file of some content is read as; no row is without an account."""
    path.write_bytes(content)
    found = read_exports([path], **options)
    for account in found.accounts:
        lost = sum(rows for _, rows in account.rows_dropped)
        assert account.rows_read == account.rows_used + lost, account
    assert sum(a.rows_used for a in found.accounts) == len(found.frame)
    return found


def rows_in(content):
    """Return the cells of a file of any form."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "Table data.csv" in archive.namelist():
                return rows_in(archive.read("Table data.csv"))
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[-1]
        rows = sheet.iter_rows(values_only=True)
        return [["" if v is None else str(v) for v in row] for row in rows]
    wide = content.startswith(b"\xff\xfe")
    text = content.decode("utf-16" if wide else "utf-8-sig")
    delimiter = "\t" if "\t" in text else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def written(rows, delimiter=",", encoding="utf-8", ends="\n"):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ends).writerows(rows)
    return out.getvalue().encode(encoding)


def commas_for_points(rows):
    """Return rows with decimal commas, and points between thousands."""
    swap = str.maketrans(",.", ".,")

    def swapped(cell):
        digits = cell.replace(",", "").replace(".", "").removesuffix("%")
        return cell.translate(swap) if digits.isdigit() else cell

    return [[swapped(c) for c in row] for row in rows]


def is_header(row):
    return len(row) > 1 and all(plain(cell) in BOOK.known for cell in row[:2])


def renamed(rows, change):
    """Return rows with their headers changed."""
    assert any(map(is_header, rows))
    return [[*map(change, r)] if is_header(r) else r for r in rows]
