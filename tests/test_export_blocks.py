"""Rows that are read many at once are read as they are one by one, exactly."""

import io
from pathlib import Path
from unittest.mock import patch

import exports as benchmark
import numpy as np
import pandas as pd
import pytest
from export_files import make_files
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaignbook import export_rows, export_tables
from campaignbook.errors import DataError
from campaignbook.export_blocks import plain_rows, read_plain_rows
from campaignbook.export_values import Column, number, numbers
from campaignbook.exports import read_exports

SHIPPED = Path(__file__).parents[1] / "data" / "tables" / "exports"
META = (
    "Day,Campaign name,Ad ID,Ad name,Impressions,Link clicks,Amount spent (EUR),"
    "CTR (link click-through rate)"
)
LINES = (
    "2026-03-0{i},Quit,12020{i},Ad {i},{i}000,2{i},12.5{i},2.0",
    '2026-03-0{i},"Quit, now",12020{i},"Say ""no""",1000,20,12.50,2.0%',
    '"2026-03-0{i}","Quit","12020{i}","Two\nlines","1000","20","0.1","2"',
    '2026-03-0{i},Quit,007,Ad,"1,000",20,"1,234.5",9.0',
    "2026-03-0{i},Quit,1.22158E+17,Ad,1000,--,12.50,",
    "2026-03-0{i},Quit,,,0,true,1e400,inf",
    "2026-03-0{i}, , , ,1000,20,12.50,2",
    "2026-03-0{i},Quit,1,Ad,many,NaN,1_0,2",
    "2026-03-0{i},Überall,true,\ufeffAd,.5,5.,1e-3,nan",
    "03/0{i}/2026,Quit,1,Ad,1000,20,12.50,2.0",
    "2026-03-0{i},Quit,1,Ad 5\" wide,1000,20,12.50,2",
    '2026-03-0{i},"Quit"x,1,Ad,1000,20,12.50,2',
    '2026-03-0{i}, "Quit",1,Ad,1000,20,12.50,2',
    '2026-03-0{i},"Quit,1,Ad,1000,20,12.50,2',
    "\ufeff2026-03-0{i},Quit,1,Ad,1000,20,12.50,2",
    "2026-03-0{i},Quit,1,Ad,1000",
    "2026-03-0{i},Quit,1,Ad,1000,20,12.50,2.0,more",
    "2026-03-0{i},Quit,1,Ad,1000,20,12.50,2.0,,",
    ",,,,61000,120,1.0,2",
    '"",,,,61000,120,1.0,2',
    ",,,,,,,",
    "",
    META,
    META.replace("Day", '"Day"'),
)  # fmt: skip


def outcome(path):
    """Return the table and the accounts of a file, or what is said of it."""
    try:
        found = read_exports([path])
    except DataError as error:
        return None, error.problems
    return found.frame.assign(table=found.table), found.accounts


def both_ways(path, letters):
    """Return what comes of a file in blocks of so many letters, and row by row."""
    small = {"FIRST": 2, "FEW": 1, "BLOCK": letters}
    with patch.multiple(export_rows, **small), patch.object(export_tables, "SAMPLE", 9):
        in_blocks = outcome(path)
        with patch.object(export_rows, "plain_rows", return_value=(0, 0)):
            return in_blocks, outcome(path)


def refuse_difference(path, letters):
    (frame, accounts), (other, told) = both_ways(path, letters)
    assert accounts == told
    if other is not None:
        pd.testing.assert_frame_equal(frame, other, check_exact=True)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(range(2 * len(LINES) + 20)), min_size=1, max_size=30),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_no_file_depends_on_its_size(tmp_path_factory, numbers, ends, mark, whole):
    # most lines are plain; the odd ones stand among them
    lines = [LINES[n] if n < len(LINES) else LINES[n % 5] for n in numbers]
    lines = [line.replace("{i}", str(i % 9 + 1)) for i, line in enumerate(lines)]
    text = ends.join([META, *LINES[:1], *lines]).replace(",", mark)
    path = tmp_path_factory.getbasetemp() / "export.csv"
    path.write_bytes((text + ends * whole).encode())
    refuse_difference(path, 200)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.[czx]*")), ids=lambda p: p.name)
def test_the_shipped_exports_come_out_the_same(path):
    refuse_difference(path, 5000)


def test_blocks_are_what_is_read(tmp_path):
    """The tests above would pass if no block were ever taken."""
    rows = [LINES[i % 3].replace("{i}", str(i % 9 + 1)) for i in range(300)]
    path = tmp_path / "export.csv"
    path.write_text("\n".join([META, *rows, ""]))
    taken = []

    def noting(block, **options):
        taken.append(plain_rows(block, **options)[0])
        return plain_rows(block, **options)

    small = {"FIRST": 2, "FEW": 1, "BLOCK": 2000}
    with (
        patch.multiple(export_rows, **small, plain_rows=noting),
        patch.object(export_tables, "SAMPLE", 9),
    ):
        assert len(read_exports([path]).frame) == 300
    assert sum(taken) > 290


CELLS = st.one_of(
    st.text("0123456789.,+-eE %nNaAiIfFtrusx_'\t", max_size=7),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(["--", "NaN", "nan", "true", "False", "Lifetime", "\u0661"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=6), st.sampled_from([".", ","]))
@example(["true", "false"], ".")
@example(["1", "0x1"], ".")
@example(["1e400", "2"], ".")
def test_a_number_is_the_same_in_any_company(cells, decimal):
    rows = "".join(f'a;"{cell}"\n' for cell in cells).encode()
    read = read_plain_rows(
        rows, delimiter=";", width=2, texts=[0], figures=[1], decimal=decimal
    )
    alone = np.array([number(cell, decimal=decimal) for cell in cells])
    for column in (read[1], Column.of(cells)):
        found = numbers(column, decimal=decimal)
        same = (found == alone) | (np.isnan(found) & np.isnan(alone))
        assert same.all(), (cells, found, alone)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
@example([("007", "7"), ("1.0", "1")])
def test_texts_stay_as_they_are(pairs):
    quoted = [[f'"{cell.replace(chr(34), 2 * chr(34))}"' for cell in p] for p in pairs]
    rows = "".join(",".join(["a", *cells]) + "\n" for cells in quoted).encode()
    assert plain_rows(rows, delimiter=",", width=3) == (len(pairs), len(rows))
    read = read_plain_rows(
        rows, delimiter=",", width=3, texts=[1, 2], figures=[], decimal="."
    )
    assert [*zip(*(read[i].each(read[i].texts) for i in (1, 2)), strict=True)] == pairs


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ("1,2\n3,4\n", 2),
        ("1,2\n3,4", 1),  # the last line may go on
        ("1,2\n3\n4,5\n", 1),
        ("1,2\n3,4,5\n", 1),
        ("1,2\n\n3,4\n", 1),
        ("1,2\n,4\n", 1),
        ('1,2\n"",4\n', 1),
        ('1,2\n"3,4\n5,6\n', 1),
        ('1,2\n3,a"b"\n', 1),
        ('1,2\n3,"a"b\n', 1),
        ("1,2\n3,4\r5,6\n", 1),
        ("1,2\r\n3,4\r\n", 2),
        ('"1","2"\r\n"3",""""\r\n', 2),
        ("1,2\nDay,4\n", 1),
        ('1,2\n"Day",4\n', 1),
        ("1,2\nDay 1,4\n", 2),
        ("1,2\n# end\n", 1),
    ],
)
def test_plain_rows_end_where_one_could_be_read_in_two_ways(rows, count):
    found, size = plain_rows(
        rows.encode(), delimiter=",", width=2, header="Day", comment="#"
    )
    assert found == count
    plain = io.StringIO(rows, newline="").readlines()[:count]
    assert size == len("".join(plain))


# --- the benchmark ----------------------------------------------------------------


def test_sums_of_large_exports_are_those_of_pandas(tmp_path):
    """The benchmark itself on 10,000 rows: no time or memory is judged."""
    make_files(tmp_path, rows=10_000)
    found = {
        (job, who): [{"sums": work(tmp_path)}]
        for job, who, work in (
            ("large", "campaignbook", benchmark.our_large),
            ("large", "pandas", benchmark.pandas_large),
            ("ten", "campaignbook", benchmark.our_ten),
            ("ten", "pandas", benchmark.pandas_ten),
        )
    }
    assert benchmark.failures(found, only_equal=True) == []
    assert len(found["ten", "pandas"][0]["sums"]) == 21


def test_a_missed_bar_is_a_failure():
    run = {"seconds": 14.0, "megabytes": 900.0, "sums": {"a spend": 1.0}}
    found = {("large", "campaignbook"): [run], ("large", "pandas"): [run]}
    assert benchmark.failures(found, only_equal=False) == []
    for change in (
        {"seconds": 15.1},
        {"megabytes": 1001.0},
        {"sums": {"a spend": 1.0 + 1e-8}},
        {"sums": {"a spend": float("nan")}},
        {"sums": {}},
    ):
        wrong = {**found, ("large", "campaignbook"): [{**run, **change}]}
        assert benchmark.failures(wrong, only_equal=False)
