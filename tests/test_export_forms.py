"""Every kind of export: simulated numbers -> file -> import -> the same numbers."""

import io
import re
import zipfile

import numpy as np
import pytest
from simulated_exports import (
    BOOK,
    DATA,
    FILES,
    SHORT,
    WORLD,
    WRITE,
    commas_for_points,
    is_header,
    make_exports,
    name_of,
    read_accounted,
    renamed,
    rows_in,
    written,
)

from campaignbook.errors import DataError
from campaignbook.exports import read_aliases, read_exports
from campaignbook.platforms import KEYS, METRICS, plain

SHIPPED = DATA / "tables" / "exports"
TIDY = [name for name in (*KEYS, *METRICS) if name != "source"]
WITH_IDS = ["meta_ads", "facebook_posts", "instagram_posts", "x_content"]
POSTS = ["facebook_posts", "instagram_posts", "linkedin_page", "x_content", "youtube"]


def refuse_difference(found, truth, *, but=()):
    """Fail where a tidy table is not the simulated one, to the last digit."""
    truth = truth.reindex(columns=TIDY)
    numbers = [name for name in METRICS if truth[name].notna().any()]
    assert len(truth) > 20, "too little to compare"
    assert numbers, "no number to compare"
    assert len(found) == len(truth)
    for name in TIDY:
        own, want = found[name], truth[name]
        if name in METRICS:
            own, want = own.to_numpy(float), want.to_numpy(float)
            assert np.array_equal(own, want, equal_nan=True), name
        elif name not in but:
            same = (own == want) | (own.isna() & want.isna())
            assert same.fillna(False).all(), name


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a file's content and checks its account."""

    def read(content, name="export.csv", **options):
        return read_accounted(tmp_path / name, content, **options)

    return read


# --- the round trip ---------------------------------------------------------------


def test_the_generator_writes_each_kind_that_is_known():
    assert WRITE.keys() == WORLD.keys()
    assert WRITE.keys() == {kind.id for kind in BOOK.kinds} - {"x_legacy"}


@pytest.mark.parametrize("kind", WRITE)
def test_the_numbers_come_back_exactly(read, kind):
    found = read(FILES[name_of(kind)], name_of(kind))
    refuse_difference(found.frame, WORLD[kind])


def test_all_files_at_once(tmp_path):
    names = [name_of(kind) for kind in WRITE]
    for name in names:
        (tmp_path / name).write_bytes(FILES[name])
    frame = read_exports([tmp_path / name for name in names]).frame
    for kind in WRITE:
        rows = frame[frame["kind"] == kind].reset_index(drop=True)
        refuse_difference(rows, WORLD[kind])


def test_a_difference_would_be_seen():
    wrong = WORLD["meta_ads"].reindex(columns=TIDY)
    wrong.loc[5, "spend"] += 0.01
    with pytest.raises(AssertionError, match="spend"):
        refuse_difference(wrong, WORLD["meta_ads"])


def content_of(content):
    """Return what a file holds, whatever its compression."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name: re.sub(rb'(AppVersion|generator)[^<>]*', b"", archive.read(name))
            for name in archive.namelist()
            if not name.startswith("docProps/") and "theme" not in name
        }  # fmt: skip


def test_the_files_that_are_kept_are_what_the_generator_writes():
    made = make_exports.files()
    assert {p.name for p in SHIPPED.iterdir()} == made.keys()
    for name, content in made.items():
        kept = (SHIPPED / name).read_bytes()
        assert content_of(kept) == content_of(content), name
    assert sum(map(len, made.values())) < 1_500_000


# --- one form, many ways to write it ----------------------------------------------


def words(change):
    """Return a change of each word of a header, but for a currency."""

    def changed(cell):
        parts = cell.split(" ")
        money = [bool(re.fullmatch(r"\([A-Z]{3}\)", p)) for p in parts]
        return " ".join(
            p if m else change(p) for p, m in zip(parts, money, strict=True)
        )

    return changed


def preamble(lines):
    return [*([f"Line {i} of a preamble, with commas; and more"] for i in range(lines))]


WAYS = {
    "utf-16 and tabs": lambda rows: written(rows, "\t", "utf-16"),
    "semicolons and decimal commas": lambda rows: written(commas_for_points(rows), ";"),
    "a long preamble": lambda rows: written([*preamble(500), *rows]),
    "a preamble and semicolons": lambda rows: written([*preamble(90), [], *rows], ";"),
    "capitals, empty lines": lambda rows: written(
        [[], *renamed(rows, words(str.capitalize)), [], [""], []]
    ),
    "lower case, odd blanks": lambda rows: written(
        renamed(rows, lambda cell: f"\u00a0 {words(str.lower)(cell)} ")
    ),
    "columns backwards, empty ones, Windows' ends of line": lambda rows: written(
        [[*r[::-1], "", ""] for r in rows], ends="\r\n"
    ),
    "a workbook": lambda rows: make_exports.workbook({"Notes": [["-"]], "A": rows}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", WRITE)
def test_however_the_same_table_is_written(read, kind, way):
    rows = rows_in(WRITE[kind](SHORT[kind]))
    refuse_difference(read(WAYS[way](rows)).frame, SHORT[kind])


SPELLINGS = [
    ("meta_ads", {"Amount spent (GBP)": "Montant dépensé (GBP)"}),
    ("meta_ads", {"Reporting starts": "Début des rapports"}),
    ("meta_ads", {"Reporting starts": "Day", "Day": "Reporting starts"}),
    ("facebook_posts",
     {"Reactions, comments and shares": "Reactions, Comments and Shares"}),
    ("instagram_posts", {"Publish time": "Publish Time", "Saves": "saves"}),
    ("ga4", {make_exports.CHANNEL: make_exports.CHANNEL.replace("Group)", "group)")}),
    ("ga4", {"Key events": "Conversions",
             make_exports.CHANNEL: "Session source / medium"}),
    ("linkedin_ads", {"Start Date (in UTC)": "Start date (in UTC)"}),
    ("tiktok_ads", {"By Day": "Date", "Cost": "Spend"}),
    ("tiktok_ads", {"Cost": "Spend", "Ad group name": "Ad Group Name"}),
    ("x_content", {"Post Link": "Post link", "URL Clicks": "URL clicks"}),
    ("google_ads", {"Day": "Week"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "names"), SPELLINGS)
def test_each_spelling_of_a_header(read, kind, names):
    rows = rows_in(WRITE[kind](SHORT[kind]))
    assert all(any(name in row for row in rows) for name in names)
    if "Reporting starts" in names and "Day" in names:
        names = {"Reporting starts": "x", "Day": "Reporting starts"}  # no column 'Day'
    found = read(written(renamed(rows, lambda cell: names.get(cell, cell))))
    refuse_difference(found.frame, SHORT[kind])


@pytest.mark.parametrize("kind", WRITE)
def test_headers_of_any_language_by_an_alias_file(read, tmp_path, kind):
    """Headers that nobody knows, with the user's word for what each stands for."""
    rows = rows_in(WRITE[kind](SHORT[kind]))
    names = {c: f"Spalte {i} ä" for i, c in enumerate({c: 0 for r in rows if
             is_header(r) for c in r})}  # fmt: skip
    own = tmp_path / "own.yml"
    lines = [f'"{new}": "{plain(old)}"' for old, new in names.items()]
    own.write_text("\n".join(lines), encoding="utf-8")
    given = {c: f"{n} (GBP)" if c.endswith("(GBP)") else n for c, n in names.items()}
    aliases = read_aliases(own)
    found = read(written(renamed(rows, given.get)), aliases=aliases)
    refuse_difference(found.frame, SHORT[kind])


# --- what happens to files --------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_IDS)
def test_ids_that_a_spreadsheet_destroyed_are_told_and_no_row_is_lost(read, kind):
    rows = rows_in(WRITE[kind](SHORT[kind]))
    damaged = [[f"{float(c):.5E}" if re.fullmatch(r"\d{15,}", c) else c for c in row]
               for row in rows]  # fmt: skip
    assert damaged != rows
    found = read(written(damaged))
    refuse_difference(found.frame, SHORT[kind], but=["id"])
    assert found.frame["id"].isna().all()
    assert "ids were destroyed" in " ".join(found.accounts[0].notes)


@pytest.mark.parametrize("kind", WITH_IDS)
def test_ids_that_a_workbook_holds_as_numbers_are_told(read, kind):
    rows = rows_in(WRITE[kind](SHORT[kind]))
    numbers = [[int(c) if re.fullmatch(r"\d{15,}", c) else c for c in r] for r in rows]
    found = read(make_exports.workbook({"A": numbers}), "a.xlsx")
    assert found.frame["id"].isna().all()
    assert "ids were destroyed" in " ".join(found.accounts[0].notes)


@pytest.mark.parametrize("kind", POSTS)
def test_a_post_that_stands_twice_counts_once(read, kind):
    rows = rows_in(WRITE[kind](SHORT[kind]))
    again = [r for r in rows[1:] if r[0] != "Total"]
    found = read(written([*rows, *again]))
    refuse_difference(found.frame, SHORT[kind])
    assert ("the same post stands again, later", len(SHORT[kind])) in (
        found.accounts[0].rows_dropped
    ) or kind == "facebook_posts"


@pytest.mark.parametrize("kind", ["facebook_posts", "instagram_posts"])
def test_rows_of_days_of_a_post_are_no_copies(read, kind):
    rows = rows_in(WRITE[kind](SHORT[kind]))
    at = rows[0].index("Date")
    days = [
        [*r[:at], f"03/{d:02}/2026", *r[at + 1 :]] for r in rows[1:] for d in (1, 2)
    ]
    found = read(written([rows[0], *days]))
    assert len(found.frame) == 2 * len(SHORT[kind])
    assert set(found.frame["date"].dt.day) == {1, 2}


def test_one_period_without_days_has_no_dates(read):
    rows = rows_in(WRITE["meta_ads"](SHORT["meta_ads"]))
    found = read(written(renamed(rows, lambda c: "Ad set ID" if c == "Day" else c)))
    assert found.frame["date"].isna().all()
    assert found.frame["spend"].tolist() == SHORT["meta_ads"]["spend"].tolist()
    assert "one period without days" in " ".join(found.accounts[0].notes)


@pytest.mark.parametrize("code", ["EUR", "INR", "DZD"])
def test_the_currency_is_that_of_the_header(read, code):
    content = WRITE["meta_ads"](SHORT["meta_ads"]).replace(
        b"(GBP)", f"({code})".encode()
    )
    assert set(read(content).frame["currency"]) == {code}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_table_in_youtubes_zip_may_be_in_each_encoding(read, encoding):
    text = written(rows_in(FILES["youtube.zip"])).decode().encode(encoding)
    found = read(make_exports.zipped({"Table data.csv": text}), "y.zip")
    refuse_difference(found.frame, WORLD["youtube"])


def test_google_writes_days_and_weeks_in_words_too(read):
    rows = rows_in(WRITE["google_ads"](SHORT["google_ads"]))
    days = dict(
        zip(
            SHORT["google_ads"]["date"].dt.strftime("%Y-%m-%d"),
            SHORT["google_ads"]["date"].map(make_exports.short),
            strict=True,
        )
    )
    for form in ("{}", "Week of {}"):
        told = [[form.format(days[c]) if c in days else c for c in r] for r in rows]
        refuse_difference(read(written(told)).frame, SHORT["google_ads"])


def test_the_sheet_that_is_an_export_is_read_and_the_others_are_told(read):
    found = read(FILES["linkedin_page.xlsx"], "page.xlsx")
    assert "Sheets that were not read: 'Metrics'." in found.accounts[0].notes


# --- files that are not known -----------------------------------------------------

UNKNOWN = [
    ("meta_ads", {"Amount spent (GBP)": "Ausgegebener Betrag (GBP)"},
     r"closest to Meta Ads Manager.*missing: 'Amount spent' or .*"
     r"'Ausgegebener Betrag \(GBP\)'"),
    ("facebook_posts", {"Publish time": "Publiceringstid"},
     r"closest to Meta Business Suite, Facebook.*missing: 'Publish time'.*"
     r"'Publiceringstid'"),
    ("instagram_posts", {"Likes": "Gefällt mir", "Saves": "Gespeichert"},
     r"closest to Meta Business Suite, .*'Gefällt mir'.*'Gespeichert'"),
    ("ga4", {make_exports.CHANNEL: "Kanal", "Nth day": "Tag", "Session campaign": "K"},
     r"closest to Google Analytics 4.*missing: 'Session primary.*'Kanal'"),
    ("linkedin_ads", {"Total Spent": "Ausgaben"},
     r"closest to LinkedIn Campaign Manager.*missing: 'Total Spent'.*'Ausgaben'"),
    ("linkedin_page", {"Created date": "Created dat"},
     r"closest to LinkedIn page.*missing: 'Created date'.*"
     r"'Created dat' \(did you mean 'Created date'"),
    ("tiktok_ads", {"Cost": "Kosten"},
     r"closest to TikTok Ads.*'Cost' or 'Spend'.*'Kosten'"),
    ("x_content", {"Post id": "Id"},
     r"closest to X analytics, content.*'Post id'.*'Id'"),
    ("x_overview", {"New follows": "a", "Unfollows": "b", "Create Post": "c"},
     r"closest to X analytics.*'a'.*'b'"),
    ("youtube", {"Views": "Aufrufe"},
     r"closest to YouTube Studio.*missing: 'Views'.*'Aufrufe'"),
    ("google_ads", {"Impr.": "Impressionen"},
     r"closest to Google Ads.*missing: 'Impr.'.*'Impressionen'"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "names", "told"), UNKNOWN)
def test_an_unknown_file_hears_what_it_comes_closest_to(read, kind, names, told):
    rows = rows_in(WRITE[kind](SHORT[kind]))
    with pytest.raises(DataError, match=told):
        read(written(renamed(rows, lambda cell: names.get(cell, cell))))
