"""The forms of a table: workbooks, encodings, delimiters and decimal commas."""

import csv
import hashlib
import io
import re
import tracemalloc
import zipfile
from datetime import date, datetime

import duckdb
import openpyxl
import pandas as pd
import pytest

from campaignbook.errors import DataError
from campaignbook.files import read_plan
from campaignbook.table_files import read_cells, read_rows, read_tables
from campaignbook.table_forms import readable
from campaignbook.tables import MISSING

HEADER = ["town", "year", "rate"]
ROWS = [
    [town, year, i * 1000.25 + year / 8 - 250]
    for i, town in enumerate(["Málaga", "Köln", "Âge", "Zürich"])
    for year in (2020, 2021, 2022)
]
ASKED = {"keys": {"k": "town", "p": "year"}, "numbers": {"y": "rate"}, "centred": True}


def text_of(rows=ROWS, *, number=repr, **dialect):
    text = io.StringIO()
    writer = csv.writer(text, **{"lineterminator": "\n", **dialect})
    writer.writerows([HEADER, *([t, y, number(r)] for t, y, r in rows)])
    return text.getvalue()


def comma(number):
    """Return a number as a German program writes it: 1.234,5."""
    return f"{number:,.3f}".replace(",", "_").replace(".", ",").replace("_", ".")


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


FORMS = {
    "csv": (".csv", text_of().encode()),
    "tsv": (".tsv", text_of(delimiter="\t").encode()),
    "utf-8-sig": (".csv", text_of().encode("utf-8-sig")),
    "utf-16": (".csv", text_of().encode("utf-16")),
    "utf-16 big end": (".csv", b"\xfe\xff" + text_of().encode("utf-16-be")),
    "utf-16 tab, as Excel writes it": (
        ".txt.csv", text_of(delimiter="\t", lineterminator="\r\n").encode("utf-16")
    ),
    "latin-1": (".csv", text_of().encode("latin-1")),
    "latin-1, ends of line of Windows": (
        ".csv", text_of(lineterminator="\r\n").encode("latin-1")
    ),
    "; and commas": (".csv", text_of(number=comma, delimiter=";").encode()),
    "; and points": (".csv", text_of(delimiter=";").encode()),
    "tab and commas": (".tsv", text_of(number=comma, delimiter="\t").encode()),
    "; and commas in latin-1": (
        ".csv", text_of(number=comma, delimiter=";").encode("latin-1")
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", [*FORMS, "xlsx", "xlsx second", "parquet"])
def test_every_form_gives_the_same_sums(tmp_path, form):
    sheet = None
    if form == "parquet":
        (tmp_path / "t.csv").write_text(text_of(), encoding="utf-8")
        path = tmp_path / "t.parquet"
        duckdb.sql(f"COPY (FROM '{tmp_path / 't.csv'}') TO '{path}' (FORMAT parquet)")
    elif form.startswith("xlsx"):
        other = [["town"], ["x"]]
        sheets = {"Wave 1": [HEADER, *ROWS], "Notes": other}
        if form == "xlsx second":
            sheets, sheet = {"Notes": other, "Wave 1": [HEADER, *ROWS]}, "Wave 1"
        path = workbook(tmp_path / "t.XLSX", **sheets)
    else:
        suffix, whole = FORMS[form]
        path = tmp_path / f"t{suffix}"
        path.write_bytes(whole)
    with readable(path, sheet) as file:
        cells = read_cells(file, **ASKED)
        rows = read_rows(file, texts={"k": "town"}, numbers={"y": "rate"})
    wanted = pd.DataFrame(ROWS, columns=["k", "p", "y"]).astype({"p": str})
    wanted = wanted.sort_values(["k", "p"], ignore_index=True)
    assert (cells.rows_read, cells.rows_used) == (12, 12)
    assert cells.frame[["k", "p"]].equals(wanted[["k", "p"]])
    assert list(cells.frame["sum_y"] + cells.centre) == pytest.approx(list(wanted["y"]))
    assert list(rows.frame["y"]) == pytest.approx([y for *_, y in ROWS])
    assert list(rows.frame["k"]) == [k for k, *_ in ROWS]


# --- plans ------------------------------------------------------------------------

PLAN = """\
name: A
goals:
  - {id: g, type: behaviour, measure: m, unit: m, direction: increase}
evaluations:
  - {id: e, goal: g, design: difference_in_differences, data: {file: t.xlsx%s},
    outcome: rate, unit: town, cluster: town,
    treated: {column: town, values: [Köln, Âge]}, time: {column: year, start: 2022}}
"""


def tables_of(folder, sheet=""):
    (folder / "plan.yml").write_text(PLAN % sheet, encoding="utf-8")
    return read_tables(read_plan(folder / "plan.yml"), folder)


@pytest.mark.parametrize("sheet", ["", ", sheet: Panel"])
def test_a_plan_reads_a_sheet_and_keeps_the_files_own_fingerprint(tmp_path, sheet):
    notes = [["Notes"], ["x"]]
    sheets = {"Panel": [HEADER, *ROWS], "Notes": notes}
    if sheet:
        sheets = dict(reversed(sheets.items()))
    path = workbook(tmp_path / "t.xlsx", **sheets)
    tables, problems = tables_of(tmp_path, sheet)
    assert problems == [] and tables["e"].cells["rate"].rows_used == 12
    assert tables["e"].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert tables["e"].file == "t.xlsx"


def test_a_sheet_that_is_not_there(tmp_path):
    workbook(tmp_path / "t.xlsx", Panel=[HEADER, *ROWS], Notes=[["x"]])
    tables, problems = tables_of(tmp_path, ", sheet: panle")
    assert tables == {} and len(problems) == 1
    for words in ("evaluations.e", "t.xlsx", "'panle'", "did you mean 'Panel'?"):
        assert words in problems[0]


# --- workbooks --------------------------------------------------------------------


def keys_in(path):
    """Return the texts that a sheet's column k holds, in its order."""
    return list(read_rows(path, texts={"k": "k"}, numbers={"y": "y"}).frame["k"])


def cells_in(path):
    return read_cells(path, keys={"k": "k"}, numbers={"y": "y"})


def test_values_of_a_sheet_as_text(tmp_path):
    values = {
        "a, \"b\"\nc": "a, \"b\"\nc", 2011: "2011", 2012.0: "2012", 0.1: "0.1",
        -3.5: "-3.5", True: "true", False: "false", " ü 語 ": "ü 語", "1,5": "1,5",
        date(2012, 3, 1): "2012-03-01", datetime(2012, 3, 2): "2012-03-02",
        datetime(2012, 3, 1, 9, 30): "2012-03-01 09:30:00", "a;b": "a;b",
    }  # fmt: skip
    rows = [["k", "y"], *([v, 1] for v in values)]
    assert keys_in(workbook(tmp_path / "t.xlsx", A=rows)) == [
        v.strip(" ") for v in values.values()
    ]


def test_rows_and_columns_around_the_table_of_a_sheet(tmp_path):
    rows = [[], [None, "k", "y; z", "y"], [], [None, "a", None, 1, None, "a note"]]
    rows += [[None, "b", None, 2], [], [None, None, " "], [None, "c"]]
    path = workbook(tmp_path / "t.xlsx", A=rows)
    cells = cells_in(path)
    assert list(cells.frame["k"]) == ["a", "b"]
    assert list(cells.frame["sum_y"]) == [1, 2]
    assert dict(cells.rows_dropped) == {"no value in 'k'": 1, "no value in 'y'": 1}


def changed(path, old, new):
    """Replace a text in the first sheet of a workbook."""
    with zipfile.ZipFile(path) as book:
        parts = {n: book.read(n) for n in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    # lxml, where it is there, writes an empty element in another way
    sheet = re.sub(rb"<v ?/>|<v></v>", b"<v />", parts[name])
    assert old in sheet
    parts[name] = sheet.replace(old, new)
    with zipfile.ZipFile(path, "w") as book:
        for part, whole in parts.items():
            book.writestr(part, whole)


def test_formulas_by_their_values(tmp_path):
    path = workbook(tmp_path / "t.xlsx", A=[["k", "y"], ["a", "=1+1"], ["b", 3]])
    with pytest.raises(DataError, match="row 2 holds a formula without its value"):
        keys_in(path)
    changed(path, b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    cells = cells_in(path)
    assert list(cells.frame["sum_y"]) == [2, 3]
    # the empty text is a value
    changed(
        path, b'<c r="B2"><f>1+1</f><v>2</v>', b'<c r="B2" t="str"><f>""</f><v></v>'
    )
    assert keys_in(path) == ["b"]


def test_a_size_that_is_wrong_loses_no_row(tmp_path):
    path = workbook(tmp_path / "t.xlsx", A=[["k", "y"], ["a", 1], ["b", 3]])
    changed(path, b'<dimension ref="A1:B3"', b'<dimension ref="A1"')
    assert keys_in(path) == ["a", "b"]


def test_commas_in_a_sheet_are_text(tmp_path):
    path = workbook(tmp_path / "t.xlsx", A=[["k", "y"], ["a", 1], ["b", "1,5"]])
    with pytest.raises(DataError, match=r"t\.xlsx: column 'y'.*data row 2 holds '1,5'"):
        keys_in(path)


def test_an_empty_sheet(tmp_path):
    with pytest.raises(DataError, match=r"t\.xlsx: the table is empty"):
        keys_in(workbook(tmp_path / "t.xlsx", A=[]))


@pytest.mark.parametrize(
    "whole", [b"", b"PK", b"\xd0\xcf\x11\xe0" * 200, b"k,y\na,1\n"]
)
def test_no_workbook(tmp_path, whole):
    (tmp_path / "t.xlsx").write_bytes(whole)
    with pytest.raises(DataError, match="cannot be read as a workbook"):
        keys_in(tmp_path / "t.xlsx")


# --- encodings --------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "utf-16"])
def test_a_letter_late_in_the_file(tmp_path, encoding):
    late = "ä" if encoding == "latin-1" else "ä€"
    text = "k,y\n" + "a,1\n" * 700_000 + f"{late},2\n"
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    cells = cells_in(tmp_path / "t.csv")
    assert list(cells.frame["k"]) == ["a", late]
    assert list(cells.frame["sum_y"]) == [700_000, 2]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_memory_stays_flat(tmp_path, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(("k,y\n" + "ä,1\n" * 4_000_000).encode(encoding))
    tracemalloc.start()
    with readable(path):
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000 < path.stat().st_size


@pytest.mark.parametrize(
    "whole",
    [
        b"k,y\na\0,1\n", b"k,y\n" + b"a,1\n" * 400_000 + b"\0,1\n",
        "k,y\nä,1\n".encode("utf-16-le"), "k,y\nä,1\n".encode("utf-32"),
        "k,y\nä,1\n".encode("utf-16")[:-1], b"\xff\xfek\0\0\xd8,\0",
        b"k,y\n\x81\x8d\x8f,1\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    ],
)  # fmt: skip
def test_bytes_that_are_no_text(tmp_path, whole):
    (tmp_path / "t.csv").write_bytes(whole)
    with pytest.raises(DataError, match=r"t\.csv: not a text file in UTF-8.*save it"):
        keys_in(tmp_path / "t.csv")


# --- decimal commas ---------------------------------------------------------------


def sum_of(folder, values, delimiter=";"):
    text = f"k{delimiter}y\n" + "".join(f"a{delimiter}{v}\n" for v in values)
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return cells_in(folder / "t.csv").frame["sum_y"].sum()


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["1,5", "2"], 3.5), (["1.234,5", "1.234"], 2468.5), (["1.234", "2"], 3.234),
        (["1.234", "0,5"], 1234.5), (["1.234.567,25", "-1.000"], 1233567.25),
        ([" -1,5 ", "+,25"], -1.25), (["1,5", "NA", "", "."], 1.5),
        (["0,125", "1,250"], 1.375), (["1234,5", "1,234"], 1235.734),
        (["1.5", "2"], 3.5), (["1e3", "2.5"], 1002.5),
    ],
)  # fmt: skip
def test_decimal_commas(tmp_path, values, wanted, delimiter):
    assert sum_of(tmp_path, values, delimiter) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "row", "value"),
    [
        (["1.5", "1,5"], 2, "1,5"), (["0.123", "1,5"], 2, "1,5"),  # both
        (["1e3", "1,5"], 2, "1,5"), (["1", "1,234"], 2, "1,234"),  # thousands?
        (["1,5", "ca. 3"], 2, "ca. 3"), (["1,5", "1,2,3"], 2, "1,2,3"),  # the text
        (["1,5", "12.34,5"], 2, "12.34,5"), (["1,5 €"], 1, "1,5 €"),
        (["1,5", "inf"], 2, "inf"),
    ],
)  # fmt: skip
def test_commas_that_are_not_guessed(tmp_path, values, row, value):
    with pytest.raises(DataError) as caught:
        sum_of(tmp_path, values)
    assert f"data row {row} holds '{value}'" in str(caught.value)


def test_each_column_decides_for_itself_and_keys_stay_text(tmp_path):
    text = "k;x;y\n1,5;1.5;1,5\n1.234;2.25;1.234\n1,5;.;0,5\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    asked = {"keys": {"k": "k"}, "numbers": {"x": "x", "y": "y"}}
    frame = read_cells(tmp_path / "t.csv", **asked).frame
    assert list(frame["k"]) == ["1,5", "1.234"]
    assert list(frame["sum_x"]) == [1.5, 2.25] and list(frame["sum_y"]) == [1.5, 1234]


@pytest.mark.parametrize("word", MISSING)
def test_missing_words_beside_decimal_commas(tmp_path, word):
    assert sum_of(tmp_path, ["1,5", word]) == 1.5
