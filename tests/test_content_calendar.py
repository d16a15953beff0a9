"""The content calendar: rhythm, checks, links, picture, files read by other eyes."""

import csv
import datetime as dt
import io
import re
import zipfile
from urllib.parse import parse_qsl, urlsplit

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.calendar_checks import calendar_checks
from campaignbook.calendar_files import calendar_csv, calendar_ics, write_calendar
from campaignbook.calendar_picture import channel_letters, draw_month, month_picture
from campaignbook.content_calendar import activity_table, cadence
from campaignbook.errors import PlanError
from campaignbook.social_media import Activity
from campaignbook.utm import Tags, link_problems, read_tags, tag_word, tagged_link

LINK = "https://a.org/?utm_source=facebook&utm_medium=social&utm_campaign=quit"
START, END = dt.date(2026, 1, 5), dt.date(2026, 1, 25)  # three weeks from a Monday


def entry(day, channel="Facebook", **more):
    given = {"status": "approved", "utm_link": LINK, "approved_by": "Ann"} | more
    return Activity(date=dt.date(2026, 1, day), channel=channel, **given)


def answers(activities, **options):
    made = calendar_checks(activities, **options)
    return {c.name: c for c in made}


# --- tables -----------------------------------------------------------------------


def test_table_is_in_order_and_holds_every_field():
    table = activity_table([entry(9), entry(6, "Radio"), entry(6)])
    assert table["channel"].tolist() == ["Facebook", "Radio", "Facebook"]
    assert list(table.columns) == list(Activity.model_fields)
    assert table["date"].dt.day.tolist() == [6, 6, 9]
    assert len(activity_table([])) == 0


def test_cadence_by_hand():
    posts = [entry(5), entry(7), entry(25), entry(12, "Radio"), entry(31, "Radio")]
    made = cadence(posts, start=START, end=END).set_index("channel")
    assert made.loc["Facebook"].tolist() == [3, 3, 1.0, 1, 18]
    assert made.loc["Radio"].tolist() == [1, 3, pytest.approx(1 / 3), 2, 13]


def test_cadence_refuses_an_empty_calendar_and_a_turned_period():
    with pytest.raises(PlanError, match="calendar is empty"):
        cadence([])
    with pytest.raises(PlanError, match="before the start"):
        cadence([entry(5)], start=END, end=START)


# --- checks -----------------------------------------------------------------------


def test_a_sound_calendar_answers_yes():
    whole = {"behaviour": "call", "stage": "preparation", "barrier": "cost"}
    posts = [entry(6, **whole), entry(13, "X", **whole), entry(20, **whole)]
    made = answers(
        posts, kind="social", start=START, end=END, today=dt.date(2026, 1, 5)
    )
    assert {c.answer for c in made.values()} == {"yes"}
    assert len(made) == 8


@pytest.mark.parametrize(
    ("posts", "name", "words"),
    [
        ([entry(6), entry(20)], "every week has content", "beginning 2026-01-12"),
        ([entry(6), entry(31)], "entries within the period", "2026-01-31 Facebook"),
        ([entry(6), entry(7)], "several channels", "one channel (Facebook)"),
        (
            [entry(6, status="scheduled", approved_by=" ")],
            "approved before going out",
            "nobody is named",
        ),
        ([entry(6, utm_link="")], "tagged links", "1 of 1 entries (2026-01-06"),
        ([entry(6, utm_link="https://a.org")], "tagged links", "utm_source"),
        ([entry(6), entry(6, "facebook ")], "one entry a day and channel", "a copy"),
        ([entry(6, behaviour="call")], "behaviour, stage and barrier", "stands in the"),
        ([entry(6, status="draft")], "status fits the date", "Late ones"),
        ([entry(20, status="published")], "status fits the date", "said to be out"),
    ],
)
def test_each_fault_is_found_and_named(posts, name, words):
    today = dt.date(2026, 1, 10)
    found = answers(posts, kind="social", start=START, end=END, today=today)[name]
    assert found.answer == "no"
    assert words in found.sentence


def test_what_cannot_be_known_is_unknown():
    made = answers([entry(6)])
    unknown = {n for n, c in made.items() if c.answer == "unknown"}
    assert unknown == {
        "every week has content", "entries within the period", "status fits the date",
    }  # fmt: skip
    assert "behaviour, stage and barrier" not in made
    assert answers([entry(6, "Radio", utm_link="")])["tagged links"].answer == "yes"
    assert answers([])["calendar"].answer == "no"


# --- links ------------------------------------------------------------------------

words = st.from_regex(r"[a-z0-9äß_.+%&=-]{1,20}", fullmatch=True).filter(
    lambda w: w == w.lower()
)


@given(words, words, words, st.one_of(st.just(""), words))
def test_tags_come_back_as_they_were(source, medium, campaign, content):
    tags = Tags(source=source, medium=medium, campaign=campaign, content=content)
    link = tagged_link("https://example.org/p?a=1&b=%20#top", tags)
    assert read_tags(link) == tags
    assert tagged_link(link, tags) == link
    parts = urlsplit(link)
    assert parse_qsl(parts.query)[:2] == [("a", "1"), ("b", " ")]
    assert parts.fragment == "top"


@given(st.text(max_size=30))
def test_a_tag_word_is_sound_or_empty(text):
    word = tag_word(text)
    assert word == word.lower() or word == word.casefold()
    assert not re.search(r"\s", word)


@pytest.mark.parametrize(
    ("address", "tags", "message"),
    [
        ("example.org", {}, "is no link; write it whole"),
        ("https:///page", {}, "is no link"),
        ("javascript:alert(1)", {}, "is no link"),
        ("https://[bad", {}, "is no link"),
        ("https://a.org/?utm_source=x", {}, "already says utm_source=x"),
        ("https://a.org", {"source": "Face book"}, "as 'face-book'"),
        ("https://a.org", {"medium": ""}, "has no utm_medium"),
    ],
)
def test_wrong_links_are_refused(address, tags, message):
    given_tags = {"source": "facebook", "medium": "social", "campaign": "quit"} | tags
    with pytest.raises(PlanError, match=re.escape(message)):
        tagged_link(address, Tags(**given_tags))


def test_a_tag_that_stands_twice_is_told():
    assert link_problems(LINK) == []
    twice = link_problems(f"{LINK}&utm_source=x")
    assert twice == ["the link has utm_source 2 times; keep one."]


# --- picture ----------------------------------------------------------------------


def test_month_shows_a_marker_and_letters_for_each_entry():
    posts = [entry(6), entry(6, "Radio"), entry(31, "Radio"), entry(7)]
    picture = month_picture(posts, year=2026, month=1)
    ax = picture.figure.axes[0]
    at = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines
          if len(line.get_xdata())]  # fmt: skip
    # 1 January 2026 is a Thursday: the 6th stands in row 1, column 1.
    assert [(int(x), int(y)) for x, y in at] == [(1, 1), (1, 1), (2, 1), (5, 4)]
    markers = {line.get_label(): line.get_marker() for line in ax.lines}
    assert markers["F  Facebook"] != markers["R  Radio"]
    letters = [t.get_text() for t in ax.texts if not t.get_text().isdigit()]
    assert sorted(letters) == ["F", "F", "R", "R"]
    assert "6: Facebook; 6: Radio; 7: Facebook; 31: Radio" in picture.alt


def test_a_full_day_tells_how_many_more():
    posts = [entry(6, name) for name in ("A", "B", "C", "D", "E")]
    ax = month_picture(posts, year=2026, month=1).figure.axes[0]
    assert "+3 more" in [t.get_text() for t in ax.texts]
    assert draw_month([], year=2026, month=2, ax=ax) is ax


@given(st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=12))
def test_no_two_channels_share_letters(names):
    posts = [entry(6, name) for name in names]
    letters = channel_letters(posts)
    assert len(set(letters.values())) == len(letters) == len(names)


def test_there_is_no_month_13():
    with pytest.raises(PlanError, match="no month 13"):
        month_picture([], year=2026, month=13)


# --- files ------------------------------------------------------------------------


def read_ics(text):
    """Read RFC 5545 by its own rules, apart from the library that wrote it."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    head, *events = "\n".join(lines[1:-1]).split("BEGIN:VEVENT\n")
    assert {"VERSION:2.0"} <= set(head.split("\n"))
    assert head.count("PRODID:") == 1
    found = []
    for event in events:
        body, _, tail = event.rstrip("\n").rpartition("END:VEVENT")
        assert tail == ""
        fields = {}
        for line in body.strip("\n").split("\n"):
            name, value = re.fullmatch(r"([A-Z-]+(?:;[A-Z-]+=[^:;]+)*):(.*)", line)\
                .groups()  # fmt: skip
            assert name not in fields
            fields[name] = re.sub(
                r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value
            )
            raw = re.sub(r"\\.", "", value)
            assert name in ("CATEGORIES", "URL") or not re.search(r"[,;\\]", raw)
        assert {"UID", "DTSTAMP", "DTSTART;VALUE=DATE"} <= fields.keys()
        assert re.fullmatch(r"\d{8}T\d{6}Z", fields["DTSTAMP"])
        found.append(fields)
    assert len({f["UID"] for f in found}) == len(found)
    return found


def test_ics_by_hand():
    posts = [entry(6, content="Free, quick; yes\\no\nTwo", format="video"), entry(6)]
    first, second = read_ics(calendar_ics(posts, name="Quit; now"))
    assert first["SUMMARY"] == "Facebook: video, Free, quick; yes\\no"
    assert first["DTSTART;VALUE=DATE"] == "20260106"
    assert first["DTEND;VALUE=DATE"] == "20260107"
    assert first["DTSTAMP"] == "20260106T000000Z"
    assert "content: Free, quick; yes\\no\nTwo\n" in first["DESCRIPTION"]
    assert f"utm link: {LINK}" in first["DESCRIPTION"]
    assert first["UID"] != second["UID"]
    draft = read_ics(calendar_ics([entry(6, status="draft")], name=""))[0]
    assert (first["STATUS"], draft["STATUS"]) == ("CONFIRMED", "TENTATIVE")


def test_an_entry_keeps_its_identifier_when_others_come():
    alone = read_ics(calendar_ics([entry(9)], name="q"))[0]["UID"]
    more = read_ics(calendar_ics([entry(6), entry(9, owner="Bo")], name="q"))
    assert more[1]["UID"] == alone


printable = st.text(
    st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=90
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 28), printable), min_size=1, max_size=4))
def test_ics_of_any_text_is_sound_and_the_same_twice(drawn):
    posts = [entry(day, content=text) for day, text in drawn]
    text = calendar_ics(posts, name="x")
    assert len(read_ics(text)) == len(posts)
    assert text == calendar_ics(posts, name="x")


@pytest.mark.parametrize("risky", ["=1+1", "+1", "-1", "@x", '=HYPERLINK("x")'])
def test_no_text_becomes_a_formula(tmp_path, risky):
    posts = [entry(6, content=risky, owner=risky)]
    path = write_calendar(posts, tmp_path / "c.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    sheet = openpyxl.load_workbook(path).active
    cells = {c.value: sheet.cell(2, c.column) for c in sheet[1]}
    assert (cells["content"].value, cells["content"].data_type) == (risky, "s")
    assert cells["date"].value == dt.datetime(2026, 1, 6)
    assert sheet.freeze_panes == "A2"
    rows = list(csv.DictReader(io.StringIO(calendar_csv(posts))))
    assert rows[0]["content"] == f"'{risky}"
    assert rows[0]["date"] == "2026-01-06"


@pytest.mark.parametrize("ending", ["ics", "csv"])
def test_the_same_plan_gives_the_same_bytes(tmp_path, ending):
    posts = [entry(6), entry(9, "Radio")]
    first = write_calendar(posts, tmp_path / f"a.{ending}").read_bytes()
    again = write_calendar(posts[::-1], tmp_path / f"b.{ending}").read_bytes()
    assert first == again


def test_other_files_and_an_empty_calendar_are_refused(tmp_path):
    with pytest.raises(PlanError, match=r"\.ics, \.csv or \.xlsx"):
        write_calendar([entry(6)], tmp_path / "c.doc")
    with pytest.raises(PlanError, match="calendar is empty"):
        write_calendar([], tmp_path / "c.ics")
    assert list(tmp_path.iterdir()) == []
