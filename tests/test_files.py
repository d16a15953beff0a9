"""The disk: tables summed straight from the file, plans read, texts written whole."""

import csv
import io
import json
import subprocess
import sys
import time

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.errors import DataError, PlanError
from campaignbook.files import read_plan, results_text, write_text
from campaignbook.table_files import read_cells
from campaignbook.tables import MISSING, order_periods

SIMPLE = {"keys": {"k": "g"}, "numbers": {"y": "v"}}

# --- sums -------------------------------------------------------------------------

KEYS = ["a", "b c", 'd "e"', "f, g", "h\ni", "j;k", "l\tm", "ü 語", "1", "1.0", "NA"]
NUMBER = st.floats(-1e6, 1e6).map(lambda x: f"{x:.6g}") | st.integers(-99, 99).map(str)
ROW = st.tuples(
    st.sampled_from([*KEYS, "", "  "]),
    NUMBER | st.sampled_from(MISSING),
    NUMBER | st.just(""),
    st.sampled_from(["yes", "no", " yes ", "1", "1.0", "2", "true", ""]),
)


def csv_text(header, rows, **dialect):
    text = io.StringIO()
    writer = csv.writer(text, **{"lineterminator": "\n", **dialect})
    writer.writerows([header, *rows])
    return text.getvalue()


def by_pandas(rows):
    """Return the rows that can be used, text and numbers as the package reads them."""
    frame = pd.DataFrame(rows, columns=["k", "y", "x", "treated"])
    frame = frame.apply(lambda column: column.str.strip())
    for name, words in [("k", [""]), ("treated", [""]), ("y", MISSING), ("x", MISSING)]:
        frame = frame.assign(**{name: frame[name].where(~frame[name].isin(words))})
    frame = frame.dropna().assign(y=lambda f: f["y"].astype(float), n=1)
    meant = frame["treated"].isin(["yes", "1", "1.0"])
    return frame.assign(x=frame["x"].astype(float), treated=meant)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=40), delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]), mark=st.sampled_from(["", "\ufeff"]),
    centred=st.booleans(),
)  # fmt: skip
def test_sums_are_those_of_pandas(
    tmp_path_factory, rows, delimiter, end, mark, centred
):
    if centred:  # words for missing: test_missing_words_are_no_text_in_numbers
        rows = [[k, "" if y in MISSING else y, x, t] for k, y, x, t in rows]
    path = tmp_path_factory.getbasetemp() / "random.csv"
    text = csv_text(["g", "v", "w", "t"], rows, delimiter=delimiter, lineterminator=end)
    path.write_bytes((mark + text).encode())
    asked = {
        "keys": {"k": "g"}, "numbers": {"y": "v", "x": "w"},
        "flags": {"treated": ("t", ("yes", 1))}, "centred": centred,
    }  # fmt: skip
    used = by_pandas(rows)
    if used.empty:
        with pytest.raises(DataError, match="no row can be used"):
            read_cells(path, **asked)
        return
    cells = read_cells(path, **asked)
    assert cells.rows_used == len(used)
    assert cells.rows_read == len(rows)
    assert cells.rows_read == cells.rows_used + sum(n for _, n in cells.rows_dropped)
    x, y = used["x"], used["y"] - cells.centre
    used = used.assign(sum_x=x, sum_y=y, sum_x_x=x * x, sum_x_y=x * y, sum_y_y=y * y)
    columns = ["n", "sum_x", "sum_y", "sum_x_x", "sum_x_y", "sum_y_y"]
    wanted = used.groupby(["k", "treated"])[columns].sum()
    found = cells.frame.set_index(["k", "treated"]).sort_index()[columns]
    assert list(found.index) == list(wanted.index)
    for name in columns:
        # sums in another order: the last digits of the largest differ
        close = 1e-9 * max(1.0, float(wanted[name].abs().max()))
        assert list(found[name]) == pytest.approx(list(wanted[name]), abs=close)


def cells_of(folder, text, *, name="t.csv", **asked):
    """Write a text to a file and return its cells."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_cells(folder / name, **(asked or SIMPLE))


def test_dropped_rows_are_counted_with_their_reason(tmp_path):
    cells = cells_of(tmp_path, "g,v\na,1\n,2\n,\na,\na,NA\n , 3\n")
    assert (cells.rows_read, cells.rows_used) == (6, 1)
    assert dict(cells.rows_dropped) == {"no value in 'g'": 3, "no value in 'v'": 2}


@pytest.mark.parametrize("word", MISSING)
def test_missing_words_are_no_text_in_numbers(tmp_path, word):
    asked = {**SIMPLE, "centred": True}
    cells = cells_of(tmp_path, f"g,v\na,100\na,102\na,{word}\n", **asked)
    assert cells.rows_dropped == (("no value in 'v'", 1),)
    total = cells.frame["sum_y"].sum() + cells.centre * cells.rows_used
    assert total == pytest.approx(202)


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("value", ["x", "1,5", "inf", "true", "5%", "€ 3"])
def test_text_in_numbers_is_shown(tmp_path, value, centred):
    text = f'g,v\na,1\na,"{value}"\na,"{value}"\n'
    with pytest.raises(DataError) as caught:
        cells_of(tmp_path, text, **SIMPLE, centred=centred)
    for words in ("'v'", "data row 2", f"'{value}'", "2 such rows"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *["a b", "a 'b'", 'a "b"', "a, b", "a; b", "[a]", "{a}", "a(b)", "ü 🙂", "#1"],
        *["select", "n", "reason", "y", "sum_y", "count(*)", "a.b", "%", "\\", "a--b"],
        *["the\nshare", "G2"],
    ],
)
def test_any_column_name(tmp_path, name):
    other = name.swapcase() if name == "G2" else "other"
    text = csv_text([name, other, "v", "#0"], [["a", "z", 1, 5], ["b", "z", 2, 5]])
    asked = {"keys": {"k": name, "o": other}, "numbers": {"y": "v"}}
    frame = cells_of(tmp_path, text, **asked).frame
    assert list(frame["k"]) == ["a", "b"] and list(frame["sum_y"]) == [1, 2]


@pytest.mark.parametrize("name", ["it's.csv", "b;c.csv", "a [1].csv", "ü.CSV", "*.csv"])
def test_any_file_name_and_no_other_file(tmp_path, name):
    cells_of(tmp_path, "g,v\nb,1\n", name="a 1.csv")
    assert cells_of(tmp_path, "g,v\na,1\n", name=name).rows_read == 1


@pytest.mark.parametrize(
    "text",
    [
        *["g,v\na,1\nb,2", "g,v\na,1\nb,2\n\n\n", "g,v\n\na,1\n\nb,2\n"],
        *["g,v\ra,1\rb,2\r", "g,v\r\na,1\nb,2\r\n", 'v,"g"\n1,"a"\n"2",b\n'],
        "\ufeffg,v\na,1\nb,2\n", '\ufeff"g","v"\na,1\nb,2\n', " g , v \n a , 1 \nb,2\n",
    ],
)  # fmt: skip
def test_files_as_programs_write_them(tmp_path, text):
    frame = cells_of(tmp_path, text).frame
    assert list(frame["k"]) == ["a", "b"] and list(frame["sum_y"]) == [1, 2]


def test_a_quote_that_does_not_end_is_told(tmp_path):
    with pytest.raises(DataError, match="quote"):
        cells_of(tmp_path, 'g,v\na,1\n"b,2\na,3\n')


@pytest.mark.parametrize("centred", [False, True])
def test_parquet_gives_the_same_cells(tmp_path, centred):
    rng = np.random.default_rng(1)
    rows = [[KEYS[i % 5], rng.normal() if i % 7 else "", i % 3] for i in range(200)]
    one, two = tmp_path / "t.csv", tmp_path / "a b.parquet"
    one.write_text(csv_text(["g g", "v", "t"], rows))
    duckdb.sql(f"COPY (FROM read_csv('{one}')) TO '{two}' (FORMAT parquet)")
    asked = {"keys": {"k": "g g", "t": "t"}, "numbers": {"y": "v"}, "centred": centred}
    one, two = (read_cells(p, **asked, flags={"f": ("t", (1,))}) for p in (one, two))
    pd.testing.assert_frame_equal(one.frame, two.frame)
    assert (one.centre, one.rows_dropped) == (two.centre, two.rows_dropped)


ONE = ["1", "1.0", " 1 "]


@pytest.mark.parametrize(
    ("value", "true"),
    [
        *[(1, ONE), (1.0, ONE), ("1", ONE), (True, [*ONE, "true", "TRUE"])],
        *[(False, ["0", "false"]), ("true", ["true"]), ("a'b", ["a'b"])],
    ],
)
def test_values_match_as_they_are_meant(tmp_path, value, true):
    texts = ["1", "1.0", " 1 ", "true", "TRUE", "0", "false", "a'b", "11", "2"]
    text = csv_text(["t", "v"], [[t, i] for i, t in enumerate(texts)])
    asked = {"keys": {}, "numbers": {"y": "v"}, "flags": {"f": ("t", (value,))}}
    frame = cells_of(tmp_path, text, **asked).frame
    wanted = sum(i for i, t in enumerate(texts) if t in true)
    assert frame.loc[frame["f"], "sum_y"].sum() == wanted


# --- periods ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "order", "wanted"),
    [
        (["10", "9", "-1"], None, ["-1", "9", "10"]),
        (["2012-10", "2012-9"], ["2012-9", "2012-10"], ["2012-9", "2012-10"]),
        (["2012-01-10", "2011-12-31"], None, ["2011-12-31", "2012-01-10"]),
        (["2012-01-10 09:00:00", "2011-12-31"], None,
         ["2011-12-31", "2012-01-10 09:00:00"]),
        (["Q1", "Q2", "Q1"], ["Q2", "Q1", "Q0"], ["Q2", "Q1"]),
    ],
)  # fmt: skip
def test_periods_in_order(found, order, wanted):
    assert order_periods(found, order) == wanted


@pytest.mark.parametrize(
    ("found", "order", "words"),
    [
        (
            ["Jan", "Feb"],
            None,
            "'Feb', 'Jan'.*put in their own order, the earliest first",
        ),
        (["1", "Q2"], None, "do not order themselves"),
        (["2012-13", "2012-02"], None, "do not order themselves"),
        (["a", "b", "c"], ["a", "b"], "'c'.*does not list"),
        (["a", "b"], ["a", "b", "a"], "'a'"),
    ],
)
def test_periods_without_order_are_refused(found, order, words):
    with pytest.raises(DataError, match=words):
        order_periods(found, order)


# --- plans ------------------------------------------------------------------------


def problems(folder, text):
    (folder / "p.yml").write_text(text)
    with pytest.raises(PlanError) as caught:
        read_plan(folder / "p.yml")
    return caught.value.problems


def test_a_faulty_neighbour_does_not_shift_the_places(tmp_path):
    costs = "costs:\n- 5\n- {item: x, amount: -1}\n- {itme: y}\n"
    first, *others = problems(tmp_path, f"name: a\ncurrency: EUR\n{costs}")
    assert first.startswith("line 4: costs[1]")
    assert not [p for p in others if "costs[1]" in p or "line 4" in p], others


def test_rules_after_a_faulty_neighbour_name_their_own_line(tmp_path):
    row = "- {id: %s, goal: g, design: proportion, counts: {all: {n: 9, events: 1}},"
    rows = row % "a" + " unit: x}\n" + row % "b" + " unit: x, level: 95}\n"
    goal = "{id: g, type: sales, measure: m, unit: u, direction: increase}"
    told = problems(tmp_path, f"name: a\ngoals: [{goal}]\nevaluations:\n{rows}")
    assert [p.split(".")[0] for p in told if ".a:" in p] == ["line 4: evaluations"]
    assert {p.split(".")[0] for p in told if ".b" in p} == {"line 5: evaluations"}


def test_nesting_too_deep_is_told(tmp_path):
    """In a process of its own, which such a plan can take down."""
    (tmp_path / "p.yml").write_text("a: " + "[" * 300_000)
    read = "import sys, campaignbook.files as f; f.read_plan(sys.argv[1])"
    words = [sys.executable, "-c", read, str(tmp_path / "p.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "nested too deeply" in done.stderr, done.returncode


def test_a_calendar_with_a_misspelt_column_is_told_in_seconds(tmp_path):
    row = "- {date: 2024-01-01, channel: web, contnt: x}\n"
    begin = time.perf_counter()
    told = problems(tmp_path, f"name: a\nactivities:\n{100 * row}")
    assert "activities[100].contnt" in told[-1]
    assert time.perf_counter() - begin < 2, "5,000 rows are allowed"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: a\ngoals:\nperiod:\n", []),
        ("name:\n", ["line 1: plan: the key 'name' is missing"]),
        (
            "name: a\ncosts:\n  - item:\n    amount: 3\n",
            ["line 3: costs[1]: the key 'item' is missing"],
        ),
        (
            "name: a\nsegments: [{name: s, scores: {reach: }}]\n",
            ["line 2: segments.s.scores.reach: must be a number"],
        ),
    ],
)
def test_a_key_without_a_value_counts_as_left_out(tmp_path, text, told):
    (tmp_path / "p.yml").write_text(text)
    try:
        problems = () if read_plan(tmp_path / "p.yml").name == "a" else ("no name",)
    except PlanError as error:
        problems = error.problems
    assert [p.partition(";")[0] for p in problems] == told


# --- writing ----------------------------------------------------------------------


def test_a_text_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "a.txt"
    write_text(path, "old\nü\n")
    assert path.read_bytes() == "old\nü\n".encode()
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "x" * 100_000 + "\ud800")
    assert path.read_bytes() == "old\nü\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_results_hold_twelve_digits_and_no_infinity():
    numbers = [1 / 3, 1e-20 / 3, 1e20 / 3, 2, True, None, np.float64(0.1) + 0.2]
    odd = [float("nan"), float("inf"), -np.inf, np.float64("nan")]
    text = results_text({"b": numbers, "a": (odd, "ü")})
    assert "NaN" not in text and "Infinity" not in text and text.endswith("}\n")
    found = json.loads(text)
    assert list(found) == ["b", "a"] and found["a"] == [[None] * 4, "ü"]
    wanted = [0.333333333333, 3.33333333333e-21, 33333333333300000000.0, 2, True]
    assert found["b"] == [*wanted, None, 0.3]
