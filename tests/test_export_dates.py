"""Exports whose dates begin with the day, with the month, or with either."""

import re
from types import SimpleNamespace

import pytest
from simulated_exports import (
    FILES,
    SHORT,
    WRITE,
    name_of,
    read_accounted,
    rows_in,
    written,
)

from campaignbook import export_rows, export_tables
from campaignbook.errors import DataError
from campaignbook.exports import read_exports
from campaignbook.kpi_checks import _dates_in_order

SLASHED = "facebook_posts instagram_posts linkedin_ads linkedin_page".split()
DATE = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})")
TURNED, EITHER = "Dates are read with the day first", "Dates are read with the month"


def with_days_first(rows, *, only=lambda number, cell: True):
    """Return rows with day and month exchanged, in those that are named."""
    return [[DATE.sub(r"\2/\1/\3", c) if only(i, c) else c for c in row]
            for i, row in enumerate(rows)]  # fmt: skip


def early(rows):
    """Return rows of which all dates have a day up to 12."""
    return [[DATE.sub(lambda m: f"{m[1]}/{int(m[2]) % 12 + 1:02}/{m[3]}", c)
             for c in row] for row in rows]  # fmt: skip


def notes_of(found):
    return " ".join(note for account in found.accounts for note in account.notes)


@pytest.fixture
def read(tmp_path):
    def read(content, name="export.csv"):
        return read_accounted(tmp_path / name, content)

    return read


@pytest.mark.parametrize("kind", SLASHED)
def test_days_first_are_read_so_and_told(read, kind):
    own, name = FILES[name_of(kind)], name_of(kind)
    truth = read(own, name)
    assert "Dates are read" not in notes_of(truth)
    found = read(written(with_days_first(rows_in(own))), "turned.csv")
    assert TURNED in notes_of(found)
    same = [c for c in truth.frame if c != "source"]
    assert found.frame[same].equals(truth.frame[same])
    assert [a.rows_used for a in found.accounts] == [
        a.rows_used for a in truth.accounts
    ]


def test_rows_beyond_the_first_ones_decide_as_well(read, monkeypatch):
    rows = rows_in(FILES[name_of("linkedin_page")])
    days = [[int(m[2]) for c in row if (m := DATE.fullmatch(c))] for row in rows]
    rows = [rows[i] for i in sorted(range(len(rows)), key=days.__getitem__)]
    content = written(with_days_first(rows))
    monkeypatch.setattr(export_rows, "FIRST", 5)
    monkeypatch.setattr(export_tables, "SAMPLE", 4)
    found = read(content)
    assert TURNED in notes_of(found)
    assert not any(rows for why, rows in found.accounts[0].rows_dropped
                   if "date" in why)  # fmt: skip


@pytest.mark.parametrize("kind", SLASHED)
def test_dates_that_contradict_each_other_are_refused(tmp_path, kind):
    rows = with_days_first(rows_in(FILES[name_of(kind)]), only=lambda i, c: i % 3)
    (tmp_path / "mixed.csv").write_bytes(written(rows))
    with pytest.raises(DataError) as caught:
        read_exports([tmp_path / "mixed.csv"])
    assert re.match(r"mixed.csv: its dates contradict each other: '", str(caught.value))
    assert "2025-12-31" in str(caught.value)


@pytest.mark.parametrize("kind", SLASHED)
def test_the_platforms_order_is_kept_and_told_where_both_fit(read, kind):
    rows = early(rows_in(WRITE[kind](SHORT[kind])))
    found = read(written(rows))
    assert EITHER in notes_of(found)
    column = "published" if found.frame["published"].notna().any() else "date"
    months = {int(m[1]) for row in rows for c in row if (m := DATE.match(c))}
    assert {*found.frame[column].dropna().dt.month} <= months
    assert {*found.frame[column].dropna().dt.day} <= {*range(1, 13)}


def test_dates_with_day_and_month_alike_leave_nothing_open(read):
    rows = rows_in(WRITE["linkedin_page"](SHORT["linkedin_page"]))
    rows = [[DATE.sub(r"\1/\1/\3", c) for c in row] for row in rows]
    assert "Dates are read" not in notes_of(read(written(rows)))


def test_what_is_no_date_at_all_decides_nothing(read):
    rows = rows_in(WRITE["linkedin_page"](SHORT["linkedin_page"]))
    at = next(i for i, row in enumerate(rows) if any(map(DATE.fullmatch, row)))
    rows[at] = [DATE.sub("31/02/2026", c) for c in rows[at]]
    found = read(written(rows))
    assert "Dates are read" not in notes_of(found)
    assert sum(n for why, n in found.accounts[0].rows_dropped if "date" in why) == 1


@pytest.mark.parametrize(("change", "answer"), [
    (with_days_first, "yes"), (early, "unknown"), (list, None)
])  # fmt: skip
def test_an_evaluation_tells_how_dates_were_read(read, change, answer):
    rows = change(rows_in(FILES["instagram_posts.csv"]))
    (account,) = read(written(rows)).accounts
    made = list(_dates_in_order(SimpleNamespace(files=[account])))
    assert [check.answer for check in made] == ([answer] if answer else [])
    assert all("export.csv: Dates are read with" in check.sentence for check in made)
