"""Exports of platforms: recognised, read exactly, every row accounted for."""

import shutil
from pathlib import Path

import duckdb
import openpyxl
import pytest
from click.testing import CliRunner

from campaignbook.cli import main
from campaignbook.errors import DataError
from campaignbook.exports import read_aliases, read_exports
from campaignbook.platforms import KEYS, METRICS

META = "Reporting starts,Reporting ends,Campaign name,Ad ID,Reach,Impressions,{}\n"
ADS = META.format("Amount spent (EUR)")
DAYS = "2026-03-01,2026-03-01,Quit,120201,800,1000,12.50\n"
DAYS += "2026-03-02,2026-03-02,Quit,120201,900,2000,7.25\n"
POSTS = (
    "Post ID,Description,Publish time,Post type,Date,Views,Reach,"
    '"Reactions, Comments and Shares",Reactions,Comments,Shares\n'
)


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a text as an export and checks its account."""

    def read(text, *, name="export.csv", encoding="utf-8", **options):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        found = read_exports([path], **options)
        for account in found.accounts:
            lost = sum(rows for _, rows in account.rows_dropped)
            assert account.rows_read == account.rows_used + lost
        assert sum(a.rows_used for a in found.accounts) == len(found.frame)
        return found

    return read


def test_metrics_that_are_not_wanted_are_empty_and_still_told_apart(read):
    post = "{},Text,03/02/2026 19:00,Photo,Lifetime,9,8,{},1,1,1\n"
    text = POSTS + post.format("", 5) + post.format("", 6) + post.format("", 6)
    found = read(text, metrics={"views"})
    assert found.frame["views"].tolist() == [9.0, 9.0]  # one of three stood again
    assert found.frame["reactions"].isna().all()
    assert list(found.frame) == [*KEYS, *METRICS]
    whole = read(text).frame
    assert found.frame["views"].equals(whole["views"])


def test_the_tidy_table_has_all_columns(read):
    frame = read(ADS + DAYS).frame
    assert list(frame) == [*KEYS, *METRICS]
    assert frame["spend"].tolist() == [12.5, 7.25]
    assert frame["currency"].tolist() == ["EUR", "EUR"]
    assert frame["id"].tolist() == ["120201", "120201"]
    assert frame["date"].dt.day.tolist() == [1, 2]
    assert set(frame["level"]) == {"ad"}
    assert frame["saves"].isna().all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters(read, encoding, delimiter):
    text = (ADS + DAYS).replace(",", delimiter)
    assert read(text, encoding=encoding).frame["impressions"].tolist() == [1000, 2000]


@pytest.mark.parametrize("name", ["Amount Spent (EUR)", "Montant dépensé (EUR)"])
def test_both_spellings_and_a_localised_header(read, name):
    frame = read(META.format(name) + DAYS).frame
    assert frame["spend"].sum() == 19.75
    assert set(frame["currency"]) == {"EUR"}


def test_one_period_has_no_day(read):
    found = read(ADS + "2026-03-01,2026-03-31,Quit,120201,800,1000,12.50\n")
    assert found.frame["date"].isna().all()
    assert any("one period" in note for note in found.accounts[0].notes)


def test_thousands_and_decimal_commas(read):
    row = '2026-03-01,2026-03-01,Quit,1,"1,800","12,000","1,234.50"\n'
    assert read(ADS + row).frame["spend"].tolist() == [1234.5]
    text = (ADS + "2026-03-01,2026-03-01,Quit,1,1.800,12.000,1.234|50\n").replace(
        ",", ";"
    )
    frame = read(text.replace("|", ",")).frame
    assert frame[["reach", "impressions", "spend"]].values.tolist() == [
        [1800, 12000, 1234.5]
    ]


def test_destroyed_ids_are_told_and_left_empty(read):
    row = "1.22158E+17,Hello,03/09/2026 19:00,Photo,Lifetime,10,8,3,1,1,1\n"
    found = read(POSTS + row + row.replace("Hello", "Bye"))
    assert found.frame["id"].isna().all()
    assert len(found.frame) == 2
    assert "2 ids were destroyed" in found.accounts[0].sentence()
    assert found.frame["published"].dt.hour.tolist() == [19, 19]
    assert found.frame["date"].dt.strftime("%m-%d").tolist() == ["03-09", "03-09"]


@pytest.mark.parametrize("spelling", ["and Shares", "and shares"])
def test_a_post_twice_counts_once(read, spelling):
    row = "122,Hello,03/09/2026 19:00,Photo,Lifetime,10,8,{},1,1,1\n"
    found = read(POSTS.replace("and Shares", spelling) + row.format(3) + row.format(4))
    assert found.frame["engagements"].tolist() == [4]
    assert found.accounts[0].rows_dropped == (("the same post stands again, later", 1),)


def test_a_daily_chart_is_named_by_the_lines_above(read):
    text = 'sep=,\n"Facebook follows"\n"Date","Primary"\n'
    text += '"2026-03-01T00:00:00","5"\n"2026-03-02T00:00:00","7"\n'
    frame = read(text, encoding="utf-16").frame
    assert frame["follows"].tolist() == [5, 7]
    assert set(frame["level"]) == {"day"}


GA4 = """# ----
# Traffic acquisition
# Start date: 20260301
# End date: 20260303
Session primary channel group (Default {}),Sessions,Engaged sessions,Engagement rate
Organic Social,100,50,0.5
Direct,60,20,0.3333
,160,70,Grand total

# Start date: 20260301
Nth day,Sessions
0000,90
0001,70
"""


@pytest.mark.parametrize("name", ["Channel Group", "Channel group"])
def test_several_tables_a_grand_total_and_numbered_days(read, name):
    found = read(GA4.format(name))
    by_level = found.frame.groupby("level")["sessions"].sum()
    assert by_level.to_dict() == {"channel": 160, "day": 160}
    days = found.frame.loc[found.frame["level"] == "day", "date"]
    assert days.dt.strftime("%Y-%m-%d").tolist() == ["2026-03-01", "2026-03-02"]
    assert dict(found.accounts[0].rows_dropped) == {
        "line before the header": 4,
        "row of totals": 1,
    }


@pytest.mark.parametrize("number", ["999999999999", "2.7", "-5", "first"])
def test_a_day_that_is_no_number_of_days_is_dropped(read, number):
    found = read(GA4.format("Channel group").replace("0001,70", f"{number},70"))
    assert found.frame.loc[found.frame["level"] == "day", "sessions"].tolist() == [90]
    assert ("'Nth day' is no date in the platform's form", 1) in (
        found.accounts[1].rows_dropped
    )


def test_rows_that_a_lone_quotation_mark_took_in_are_told(read):
    found = read(ADS + DAYS + '2026-03-03,2026-03-03,"Quit,1,9,9,3\n' + 30 * DAYS)
    assert len(found.frame) == 2
    assert found.accounts[0].rows_dropped == (
        ("runs over many lines: a quotation mark is missing or too much", 1),
    )


def test_a_further_table_that_is_not_known_is_accounted_for(read):
    found = read(GA4.format("Channel Group") + "\n# More\nCountry,Things\nPeru,3\n")
    assert len(found.accounts) == 3
    lost = dict(found.accounts[2].rows_dropped)
    assert lost["in a table that is not known ('Country', 'Things')"] == 1


LINKEDIN = """Campaign Performance Report (in UTC)
"Report Start: March 1, 2026, Report End: March 2, 2026"

Start Date (in UTC),Account Name,Campaign Name,Campaign ID,Currency,Total Spent,\
Impressions,Clicks,Clicks to Landing Page
3/1/2026,We,Quit,77,EUR,"1,000.50","12,345",30,20
3/13/2026,We,Quit,77,EUR,10,100,3,2
Total,,,,,"1,010.50","12,445",33,22
"""


def test_linkedin_preamble_and_total(read):
    frame = read(LINKEDIN).frame
    assert frame["spend"].tolist() == [1000.5, 10]
    assert frame["date"].dt.day.tolist() == [1, 13]
    assert frame["link_clicks"].sum() == 22


def test_google_footers_and_dashes(read):
    text = (
        "Campaign report\nMarch 1, 2026 - March 31, 2026\n"
        "Campaign\tDay\tCurrency code\tCost\tImpr.\tClicks\tConversions\n"
        "Quit\t2026-03-01\tEUR\t1,200.00\t30,000\t90\t--\n"
        "Total: Campaigns\t--\tEUR\t1,200.00\t30,000\t90\t--\n"
        "Total: Account\t--\tEUR\t1,200.00\t30,000\t90\t--\n"
    )
    found = read(text, encoding="utf-16")
    assert found.frame["impressions"].tolist() == [30000]
    assert found.frame["conversions"].isna().all()
    assert ("row of totals", 2) in found.accounts[0].rows_dropped


def test_youtube_total_comes_first_and_a_video_may_be_called_total(read):
    text = (
        "Content,Video title,Video publish time,Duration,Views,Watch time (hours),"
        "Likes,Comments added,Shares,Average view duration\n"
        "Total,,,,300,20.5,6,3,1,0:01:30\n"
        'ab_c-1,Total,"Mar 9, 2026",90,300,20.5,6,3,1,0:01:30\n'
    )
    frame = read(text).frame
    assert frame["views"].tolist() == [300]
    assert frame["watch_hours"].tolist() == [20.5]
    assert frame["engagements"].tolist() == [10]


def test_x_content_in_its_date_form(read):
    text = (
        "Post id,Date,Post text,Post Link,Impressions,Likes,Engagements,Bookmarks,"
        "Shares,New follows,Replies,Reposts,Profile visits,Detail Expands,URL Clicks,"
        "Hashtag Clicks,Permalink Clicks\n"
        '1944,"Tue, Jul 14, 2026","#quit, now",l,900,9,30,1,2,0,3,4,0,0,5,0,0\n'
    )
    frame = read(text).frame
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-07-14"]
    assert frame["text"].tolist() == ["#quit, now"]


def test_unverified_headers_are_told(read):
    found = read("Tweet id,Tweet text,time,impressions,engagements\n1,a,,5,2\n")
    assert any("Not verified" in note for note in found.accounts[0].notes)


def test_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Campaign name", "Ad group name", "By Day", "Cost",
                        "Impressions", "Clicks (destination)"])  # fmt: skip
    book.active.append(["Quit", "All", "2026-03-01", 12.5, 1000, 20])
    book.save(tmp_path / "t.xlsx")
    frame = read_exports([tmp_path / "t.xlsx"]).frame
    assert frame[["spend", "link_clicks"]].values.tolist() == [[12.5, 20]]


def test_a_cut_row_and_a_word_for_a_number_are_dropped_with_reasons(read):
    found = read(ADS + DAYS + "2026-03-03,2026-03-03,Quit,1,9,many,3\n2026-03-04,20")
    assert dict(found.accounts[0].rows_dropped) == {
        "'Impressions' is no number": 1,
        "fewer cells than the header: cut off": 1,
    }
    assert any("end of line" in note for note in found.accounts[0].notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html><body>Sign in</body></html>", "a web page"),
        ("", "is empty"),
        (ADS.replace("Amount spent (EUR)", "Ausgegeben") + DAYS,
         "closest to Meta Ads Manager.*missing: 'Amount spent.*'Ausgegeben'"),
        ("a,b\n1,2\n", "no line of it looks like"),
        (ADS + "2026-03-01,2026-03-01,Quit,1,9,many,3\n", "No row can be used"),
    ],
)  # fmt: skip
def test_refusals_speak(read, text, words):
    with pytest.raises(DataError, match=words):
        read(text)


def test_an_alias_file_extends_the_headers(read, tmp_path):
    own = tmp_path / "own.yml"
    own.write_text("Ausgegeben: Amount spent\nReichweite: reach\n")
    text = ADS.replace("Amount spent (EUR)", "Ausgegeben (EUR)")
    frame = read(text.replace("Reach", "Reichweite") + DAYS,
                 aliases=read_aliases(own)).frame  # fmt: skip
    assert frame[["spend", "reach"]].sum().tolist() == [19.75, 1700]


def test_a_copy_of_a_file_counts_once(tmp_path):
    (tmp_path / "a.csv").write_text(ADS + DAYS)
    shutil.copy(tmp_path / "a.csv", tmp_path / "b.csv")
    found = read_exports([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert found.frame["spend"].sum() == 19.75
    assert found.accounts[1].rows_dropped == (("the file is a copy of a.csv", 2),)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_command_writes_the_table_and_the_account(tmp_path, form):
    (tmp_path / "a.csv").write_text(ADS + DAYS)
    out = tmp_path / f"out.{form}"
    run = CliRunner().invoke(
        main, ["import", str(tmp_path / "a.csv"), "--out", str(out)]
    )
    assert run.exit_code == 0, run.output
    assert "2 rows read, 2 used" in run.output
    total = duckdb.sql(f"SELECT sum(spend), min(id) FROM '{out}'").fetchall()[0]
    assert total[0] == 19.75
    assert str(total[1]) == "120201"


def test_the_command_takes_followers(tmp_path):
    (tmp_path / "p.csv").write_text(
        POSTS + "122,Hi,03/09/2026 19:00,Photo,Lifetime,10,8,3,1,1,1\n"
    )
    out = str(tmp_path / "out.csv")
    words = ["import", str(tmp_path / "p.csv"), "--out", out, "--followers"]
    run = CliRunner().invoke(main, [*words, "facebook=12000"])
    assert run.exit_code == 0, run.output
    assert duckdb.sql(f"SELECT followers FROM '{out}'").fetchall() == [(12000,)]
    run = CliRunner().invoke(main, [*words, "facebook"])
    assert (run.exit_code, "facebook=12000" in run.output) == (2, True)


def test_the_command_refuses_in_a_sentence_and_writes_nothing(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    out = tmp_path / "out.csv"
    run = CliRunner().invoke(
        main, ["import", str(tmp_path / "a.csv"), "--out", str(out)]
    )
    assert run.exit_code == 2
    assert "not recognised" in run.output
    assert [p.name for p in Path(tmp_path).iterdir()] == ["a.csv"]


@pytest.mark.parametrize(("printed", "told"), [("2.0", False), ("2.0%", False),
                                                ("9.0", True)])  # fmt: skip
def test_printed_rates_show_whether_columns_stand_where_they_should(
    read, printed, told
):
    text = (
        "Campaign name,Ad group name,By Day,Cost,Impressions,Clicks (destination),"
        f"CTR (destination)\nQuit,All,2026-03-01,12.5,1000,20,{printed}\n"
    )
    notes = " ".join(read(text).accounts[0].notes)
    assert ("differs from its parts in 1 rows" in notes) == told


def test_letters_in_brackets_of_a_rate_are_no_currency(read):
    text = (
        "Campaign name,Ad group name,By Day,Cost,Impressions,CTR (destination),"
        "Conversion rate (CVR)\nQuit,All,2026-03-01,12.5,1000,2.0%,1.0%\n"
    )
    assert read(text).frame["currency"].isna().all()
