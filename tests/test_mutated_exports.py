"""Two hundred spoilt exports: a sentence or a result, and every row accounted for."""

import csv
import io
import json
import struct

import numpy as np
import pytest
from simulated_exports import (
    SHORT,
    WRITE,
    commas_for_points,
    is_header,
    make_exports,
    read_accounted,
    renamed,
    rows_in,
    written,
)

from campaignbook import export_rows, export_tables
from campaignbook.errors import CampaignError

NUMBER = 200
KINDS = [*WRITE]
ROWS = {kind: rows_in(WRITE[kind](SHORT[kind])) for kind in KINDS}
JUNK = [
    "#REF!", "=1+1", "n/a", "NaN", "inf", "-Infinity", "1e999", "9" * 400, "١٢٣",
    "1.2.3", "1,2,3", "%", "--", "\u200b", "TRUE", "0x1F", "1_000", "999999999999",
    "02/30/2026", "31.12.2026", "00/00/0000", "9999-12-31", "0001-01-01", "20260230",
    "2026-02-30", "Mon, Feb 30, 2026", "Total", "Grand total", "Lifetime", "# note",
    '"', "a\nb", ";", "\t", "\ufeff", "x" * 200_000, "-1e30", "1E+17",
]  # fmt: skip
GERMAN = {"impressions": "Impressionen", "reach": "Reichweite", "date": "Datum",
          "post id": "Beitrags-ID", "views": "Aufrufe"}  # fmt: skip


# Each takes the rows of a table and random numbers. It gives the content of a file, or
# new rows, of which each must be in the account.


def drop_columns(rows, rng):
    width = max(map(len, rows))
    gone = set(rng.choice(width, rng.integers(1, width), replace=False).tolist())
    return [[c for i, c in enumerate(r) if i not in gone] for r in rows]


def reorder_columns(rows, rng):
    order = rng.permutation(max(map(len, rows)))
    return [[r[i] for i in order if i < len(r)] for r in rows]


def rename_columns(rows, rng):
    return renamed(
        rows, lambda c: c if rng.random() < 0.7 else f"Column {rng.random()}"
    )


def mix_languages(rows, rng):
    return renamed(rows, lambda c: GERMAN.get(c.casefold(), c))


def cut_off(rows, rng):
    whole = written(rows)
    return whole[: rng.integers(1, len(whole))]


def cut_in_a_character(rows, rng):
    whole = written([*rows, ["é" * 40] * 3, *rows])
    at = whole.index("é".encode()) + 1 + 2 * int(rng.integers(0, 20))
    return whole[:at]


def cut_utf16(rows, rng):
    whole = written(rows, "\t", "utf-16")
    return whole[: rng.integers(3, len(whole)) | 1]


def as_cp1252(rows, rng):
    return written([[f"{c} é" if len(c) > 30 else c for c in r] for r in rows]).decode(
    ).encode("cp1252", "replace")  # fmt: skip


def without_mark(rows, rng):
    return written(rows, encoding=str(rng.choice(["utf-16-le", "utf-16-be", "utf-32"])))


def web_page(rows, rng):
    cells = "".join(f"<td>{c}</td>" for c in rows[-1])
    starts = ["<!DOCTYPE html>", "\n\n <html>", "<table>", '<?xml version="1.0"?>']
    return f"{rng.choice(starts)}<tr>{cells}</tr>".encode()


def other_text(rows, rng):
    texts = ["Dear all,\n\nplease find it attached.\n", "%PDF-1.7 âãÏÓ"]
    texts += ["{\\rtf1 ansi}", json.dumps(rows[:9])]
    return texts[rng.integers(len(texts))].encode()


def spoilt_by_a_spreadsheet(rows, rng):
    def spoilt(cell):
        if cell.isdigit() and len(cell) > 11:
            return f"{float(cell):.5E}"
        parts = cell[:10].split("/")
        return f"{parts[1]}.{parts[0]}.{parts[2]}" if len(parts) == 3 else cell

    return written(
        [[*map(spoilt, r)] for r in commas_for_points(rows)], ";", "utf-8-sig"
    )


def nothing_or_little(rows, rng):
    little = [b"", b"\n\n", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", written(rows[:1]),
              written([rows[0]] * 3), b"PK", b"\0", b"sep=,\n"]  # fmt: skip
    return little[rng.integers(len(little))]


def random_bytes(rows, rng):
    return bytes(rng.integers(0, 256, int(rng.integers(1, 4000)), dtype=np.uint8))


def changed_bytes(rows, rng):
    whole = bytearray(written(rows))
    for at in rng.integers(0, len(whole), 20):
        whole[at] = int(rng.integers(0, 256))
    return bytes(whole)


def junk(rows, rng):
    return [[JUNK[rng.integers(len(JUNK))] if rng.random() < 0.03 else c for c in r]
            for r in rows]  # fmt: skip


def junk_in_one_column(rows, rng):
    at = rng.integers(0, len(rows[-1]))
    return [[JUNK[rng.integers(len(JUNK))] if i == at and not is_header(r) else c
             for i, c in enumerate(r)] for r in rows]  # fmt: skip


def lone_quote(rows, rng):
    lines = written(rows).split(b"\n")
    at = rng.integers(0, len(lines))
    lines[at] = b'"' + lines[at]
    return b"\n".join(lines)


def uneven_rows(rows, rng):
    return [r + ["9"] * int(rng.integers(0, 3)) if rng.random() < 0.2 else
            r[: rng.integers(0, len(r) + 1)] if rng.random() < 0.2 else r
            for r in rows]  # fmt: skip


def another_below(rows, rng):
    other = ROWS[KINDS[rng.integers(len(KINDS))]]
    gap = [[]] * int(rng.integers(0, 2))
    return [*rows, *gap, *other[int(rng.integers(0, 2)) :]]


def header_again(rows, rng):
    at = int(rng.integers(1, len(rows)))
    header = next(r for r in rows if is_header(r))
    return [*rows[:at], header, *rows[at:]]


def two_delimiters(rows, rng):
    half = len(rows) // 2
    return written(rows[:half]) + written(rows[half:], ";")


def one_line(rows, rng):
    return written(rows).replace(b"\n", b",")


def nul_bytes(rows, rng):
    return written(rows).replace(b"1", b"\0", int(rng.integers(1, 5)))


def spoilt_workbook(rows, rng):
    whole = bytearray(make_exports.workbook({"A": rows}))
    for at in rng.integers(4, len(whole), 3):
        whole[at] ^= int(rng.integers(1, 256))
    return bytes(whole) if rng.random() < 0.5 else bytes(whole[: len(whole) // 2])


def uneven_workbook(rows, rng):
    values = [[None if rng.random() < 0.1 else float(c) if c.isdigit() and
               len(c) < 300 else c for c in r] for r in rows]  # fmt: skip
    return make_exports.workbook({"A": values, "B": values[:3], "C": []})


def zip_of_something_else(rows, rng):
    inside = [
        {"holiday.jpg": b"\xff\xd8\xff"}, {},
        {"Table data.csv": random_bytes(rows, rng)},
        {"a/b/Table data.csv": written(rows, encoding="utf-16")[:-1]},
        {"Table data.csv": b""}, {"xl/workbook.xml": b"<x/>"},
        {"Chart data.csv": written(rows)},
    ]  # fmt: skip
    return make_exports.zipped(inside[rng.integers(len(inside))])


def locked_zip(rows, rng):
    """Return a zip file that asks for a password, or is packed in an unknown way."""
    whole = bytearray(make_exports.zipped({"Table data.csv": written(rows)}))
    second = whole.index(b"PK\x01\x02")
    if rng.random() < 0.5:
        whole[6] |= 1
        whole[second + 8] |= 1
    else:
        whole[8:10] = whole[second + 10 : second + 12] = struct.pack("<H", 99)
    return bytes(whole)


MUTATIONS = [
    drop_columns, reorder_columns, rename_columns, mix_languages, cut_off,
    cut_in_a_character, cut_utf16, as_cp1252, without_mark, web_page, other_text,
    spoilt_by_a_spreadsheet, nothing_or_little, random_bytes, changed_bytes, junk,
    junk_in_one_column, lone_quote, uneven_rows, another_below, header_again,
    two_delimiters, one_line, nul_bytes, spoilt_workbook, uneven_workbook,
    zip_of_something_else, locked_zip,
]  # fmt: skip


def mutated(number):
    """Return the name, the content and, where it is one table of text, its rows."""
    rng = np.random.default_rng([20260601, number])
    change = MUTATIONS[number % len(MUTATIONS)]
    kind = KINDS[(number + number // len(MUTATIONS)) % len(KINDS)]
    made = change(ROWS[kind], rng)
    rows = made if isinstance(made, list) else None
    return f"{kind}, {change.__name__}", made if rows is None else written(rows), rows


def lines_that_hold_anything(content, rows):
    """Return how many there are, not counted by the reader; None if unknown."""
    if rows is None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None
        if "\0" in text or content.startswith(b"PK"):
            return None
        delimiter = max(",;\t", key=text.count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return sum(any(cell.strip() for cell in row) for row in rows)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Return for each spoilt export its name, its lines, and a result or an error.

    Rows are taken in blocks, as those of a long file, from every second one.
    """
    path, found = tmp_path_factory.mktemp("spoilt") / "export.csv", []
    for number in range(NUMBER):
        name, content, rows = mutated(number)
        with pytest.MonkeyPatch.context() as patch:
            if number // len(MUTATIONS) % 2:
                patch.setattr(export_tables, "SAMPLE", 60)
                for limit, size in {"FIRST": 6, "FEW": 2, "BLOCK": 700}.items():
                    patch.setattr(export_rows, limit, size)
            try:
                result = read_accounted(path, content)
            except CampaignError as error:
                result = error
        found.append((name, lines_that_hold_anything(content, rows), result))
    return found


def test_each_gives_a_result_or_a_sentence(outcomes):
    assert len(outcomes) == NUMBER
    for name, _, result in outcomes:
        if isinstance(result, CampaignError):
            assert str(result).startswith(("export.csv: ", "No row can be used.")), name
            assert str(result).endswith("."), (name, str(result))
            assert len(str(result)) < 4000, name


def test_no_line_disappears_without_an_account(outcomes):
    counted = 0
    for name, lines, result in outcomes:
        if lines is None or isinstance(result, CampaignError):
            continue
        headers = len(result.accounts)
        read = sum(account.rows_read for account in result.accounts)
        assert read + headers == lines, (name, result.accounts)
        counted += 1
    assert counted > 60, "too few were counted to say anything"


def test_spoilt_files_are_of_many_sorts(outcomes):
    read = [r for _, _, r in outcomes if not isinstance(r, CampaignError)]
    assert 60 < len(read) < NUMBER - 60
    reasons = {why for r in read for a in r.accounts for why, _ in a.rows_dropped}
    assert len(reasons) > 12
