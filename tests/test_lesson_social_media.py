"""The lesson on social media marketing: what its tables and forms say."""

import datetime as dt
import json
import re

import icalendar
import pandas as pd
import pytest
from conftest import ROOT

from campaignbook.calendar_checks import calendar_checks
from campaignbook.enquiries import answering
from campaignbook.errors import DataError
from campaignbook.exports import read_exports
from campaignbook.forms import plan_form
from campaignbook.influencer_rates import engagement_rates, influencer_costs
from campaignbook.influencer_signals import account_signals, to_explain
from campaignbook.kpi_files import read_influencer_book, read_kpis
from campaignbook.kpi_values import kpi_value, kpi_values, wrong_cpm
from campaignbook.lesson_calendar import (
    calendar_to_take,
    calendars,
    entries,
    link_to,
    plan_calendar,
    try_a_link,
)
from campaignbook.lesson_figures import weeks_picture
from campaignbook.lesson_influencers import (
    added,
    prices_of,
    rated,
    sets_beside,
    signals,
)
from campaignbook.lesson_social_media import (
    account_of,
    answered,
    benchmarks_beside,
    differences,
    first_lines,
    funnel,
    made_of,
    measured,
    not_computed,
    platform_files,
    quitline_months,
    side_by_side,
)
from campaignbook.monitoring import change_points, control_limits, differing, weekly
from campaignbook.net_reach import additions
from campaignbook.reach_choice import best_alone, best_set

EXPORTS = ROOT / "data" / "tables" / "exports"
KPIS = read_kpis()


def words_of(shown):
    text = getattr(shown, "data", shown)
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", text))


def rows_of(shown):
    rows = re.findall(r"<tr>(.*?)</tr>", shown.data, re.DOTALL)[1:]
    return [
        [words_of(c).strip() for c in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", r)]
        for r in rows
    ]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    return tmp_path / "my_campaign"


@pytest.fixture(scope="module")
def tidy():
    return read_exports(platform_files(EXPORTS))


@pytest.fixture(scope="module")
def posts(tidy):
    return tidy.frame.query("kind in ('facebook_posts', 'instagram_posts')")


# --- indicators -------------------------------------------------------------------


def test_each_indicator_shows_both_sides_of_its_line():
    reach, ctr = rows_of(made_of("reach", "ctr"))
    assert reach[1:4] == ["reach", "nothing: a count", "not added up"]
    assert ctr[1:4] == ["link clicks", "impressions", "rate of the sums"]
    with pytest.raises(DataError, match="is not computed"):
        made_of("emv")


def test_a_value_stands_with_interval_and_parts_or_with_the_reason():
    frame = pd.DataFrame(
        {"spend": [10.0, 30.0, 20.0], "leads": [1.0, 0.0, 1.0],
         "reach": [300.0, 500.0, 100.0], "campaign": ["a", "a", "b"]}
    )  # fmt: skip
    (whole,) = rows_of(measured(frame, "cpl", caption="c", currency="EUR"))
    assert whole[:2] == ["Cost per lead", "30 EUR"] and whole[3] == "60 / 2"
    by = rows_of(measured(frame, "cpl", by="campaign", caption="c"))
    assert [r[1] for r in by] == ["40 GBP", "20 GBP"]
    (reach,) = rows_of(measured(frame, "reach", caption="c"))
    assert reach[1] == "no value" and "between 500 and 900" in reach[2]


def test_the_misprint_stands_beside_the_right_figure():
    found = dict(rows_of(side_by_side(wrong_cpm(50, 10_000), "CPM")))
    assert found == {"x 1000": "5", "x 100, as misprinted": "0.5"}


def test_a_benchmark_needs_the_same_denominator(posts):
    instagram = posts.query("platform == 'instagram'").assign(followers=6_400)
    for kpi, mark in (
        ("engagement_rate_reach", "✗"),
        ("engagement_rate_followers", "✓"),
    ):
        value = kpi_value(instagram, KPIS.kpi(kpi))
        ((may, why),) = rows_of(benchmarks_beside(value, "instagram_rival_iq"))
        assert may.startswith(mark) and "Rival IQ" in why


def test_media_values_are_explained_and_not_computed():
    text = words_of(not_computed())
    assert "Barcelona" in text and not re.search(r"\d+ (GBP|EUR|USD)", text)


def test_only_what_leaves_out_zero_differs(posts):
    facebook = posts.query("platform == 'facebook'")
    views = KPIS.kpi("engagement_rate_views")
    days = rows_of(differences(differing(facebook, views, "weekday"), "days"))
    assert [d[0] for d in days][::6] == ["Monday", "Sunday"]
    assert {d[-1] for d in days} == {"cannot be told from the rest"}
    kinds = rows_of(differences(differing(facebook, views, "post_type"), "kinds"))
    assert {k[0]: k[-1] for k in kinds}["Video"] == "differs"


def test_the_last_step_of_the_way_is_not_made_up():
    steps = funnel({"shown": 1000, "clicked": 10, "stopped": None}, "way")
    assert rows_of(steps)[1:] == [
        ["clicked", "10", "1.0%"],
        ["stopped", "no export tells it", ""],
    ]


# --- exports ----------------------------------------------------------------------


def test_every_row_of_every_file_is_in_the_account(tidy):
    rows = rows_of(account_of(tidy))
    for _, _, read, used, lost, _ in rows:
        dropped = sum(int(n) for n in re.findall(r"(\d+):", lost))
        assert int(read.replace(",", "")) == int(used.replace(",", "")) + dropped
    assert len({r[0] for r in rows}) == 12
    assert not [p for p in platform_files(EXPORTS) if "enquir" in p.name]


def test_first_lines_are_read_in_their_coding():
    text = words_of(first_lines(EXPORTS / "google_ads.csv", 3))
    assert "UTF-16" in text and "Campaign Day Currency code" in text


def test_the_change_that_was_simulated_is_drawn_with_its_date(posts):
    kpi = KPIS.kpi("applause_rate")
    weeks = weekly(posts, kpi)
    made = weeks_picture(
        control_limits(weeks, kpi), kpi, change_points(weeks), caption="c"
    )
    axes = made.figure.axes[0]
    assert [t.get_text() for t in axes.texts] == ["change: 2 Mar 2026"]
    assert "outside the limits: 16 Feb 2026;" in made.alt
    labels = [t.get_text() for t in axes.get_legend().get_texts()]
    assert "outside the limits" in labels and axes.get_ylim()[0] == 0


def test_the_first_change_of_the_calls_is_the_campaign():
    months, kpi = quitline_months()
    assert str(change_points(months)[0].date.date()) == "2020-07-01"
    made = weeks_picture(control_limits(months, kpi), kpi, caption="c", each="month")
    assert "in 60 months" in made.alt


def test_the_notebook_says_what_its_tables_say(tidy, posts):
    cells = json.loads((ROOT / "notebooks/03_social_media.ipynb").read_text("utf-8"))
    text = " ".join(
        "".join(c["source"]) for c in cells["cells"] if c["cell_type"] == "markdown"
    )
    meta = tidy.frame.query("kind == 'meta_ads'")
    for kpi in ("ctr", "cpl"):
        for value in kpi_values(meta, KPIS.kpi(kpi), by="campaign"):
            assert value.estimate.words()[0].split(" ")[0] in text
    change = change_points(weekly(posts, KPIS.kpi("applause_rate")))[0]
    told = f"{change.after:.0f} a post instead of {change.before:.0f}"
    assert told in text and f"(p = {change.p_value:g})" in text
    messages = pd.read_csv(
        EXPORTS / "enquiries.csv", parse_dates=["received", "answered"]
    )
    every = answering(messages, as_of=dt.datetime(2026, 5, 31, 23, 59))
    one = every[0]
    assert f"{one.needed} needed an answer; {one.answered} had one" in text
    low, high = (f"{100 * e:.1f}%" for e in one.response_rate.ends())
    assert f"from {low} to {high}" in text and f"{one.backlog} are still" in text
    assert rows_of(answered(every))[0][-1] == str(one.backlog)


# --- calendars --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ("social_media",
         ["every week has content", "approved before going out", "tagged links"]),
        ("social", ["tagged links", "behaviour, stage and barrier"]),
    ],
)  # fmt: skip
def test_the_made_up_calendars_have_the_faults_that_are_told(kind, faults):
    days = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 1, 31)}
    found = calendar_checks(
        getattr(calendars(), kind), kind=kind, today=dt.date(2026, 1, 10), **days
    )
    assert [c.name for c in found if c.answer == "no"] == faults


def test_entries_show_the_columns_that_are_asked_for():
    rows = rows_of(entries(calendars().social, "barrier", caption="c"))
    assert rows[0] == ["Fri 2 Jan", "fear of failing again"]


def test_the_calendar_of_the_plan_is_judged_drawn_and_taken_along(home):
    live = plan_calendar()
    assert "calendar is empty" in live.said
    assert "no calendar" in words_of(calendar_to_take())
    entry = {"date": "2027-03-01", "channel": "Radio", "content": "=1+1"}
    plan_form("kind").patch(kind="social")
    live = plan_calendar()
    live.form.patch(
        period={"start": "2027-03-01", "end": "2027-04-04"},
        activities=[entry, {**entry, "date": "2027-04-02", "channel": "<b>"}],
    )
    said = live.said
    assert "<figure>" not in said and "<b>" not in said
    assert "behaviour, stage and barrier" in said and "week" in words_of(said)
    taken = calendar_to_take()
    assert words_of(taken).count("my_campaign/calendar.") == 3
    assert taken.data.count("<figure>") == 2
    kept = icalendar.Calendar.from_ical((home / "calendar.ics").read_bytes())
    assert [str(e.decoded("dtstart")) for e in kept.walk("VEVENT")] == [
        "2027-03-01", "2027-04-02",
    ]  # fmt: skip
    assert {"calendar.csv", "calendar.xlsx"} <= {p.name for p in home.iterdir()}


def test_a_link_is_built_or_its_faults_are_told():
    live = try_a_link()
    assert "Fill in" in live.said
    live.form.patch(source="Poster", medium="print", campaign="Quit Week")
    assert "As tags: poster, print, quit-week." in words_of(live.said)
    live.form.patch(source="poster", campaign="quit-week", content="<i>")
    assert "<i>" not in live.said
    live.form.patch(content=None)
    link = link_to(source="poster", medium="print", campaign="quit-week")
    assert link.replace("&", "&amp;") in live.said


# --- influencers ------------------------------------------------------------------


@pytest.fixture(scope="module")
def accounts():
    return pd.read_csv(EXPORTS / "influencers.csv")


def test_the_account_with_bought_followers_is_the_first_to_be_asked(accounts):
    book = read_influencer_book()
    days = pd.read_csv(EXPORTS / "influencer_followers.csv")
    posts = pd.read_csv(EXPORTS / "influencer_posts.csv")
    rows = rows_of(rated(engagement_rates(accounts, book, posts=posts)))
    assert len(rows) == len(accounts)
    assert next(r for r in rows if r[0] == "Glow Daily")[4] == "0.17% (0.14% to 0.22%)"
    found = account_signals(accounts, days, book=book, posts=posts)
    named = rows_of(signals(to_explain(found, book)))
    assert [r[:3] for r in named] == [
        ["Glow Daily", "4", "0"], ["Priya Plays", "1", "0"],
        ["Smoke Free Sam", "0", "3"],
    ]  # fmt: skip
    dearest = rows_of(prices_of(influencer_costs(accounts)))[0]
    assert dearest[0] == "Glow Daily" and dearest[-1].startswith("1.01 (0.796 to")


def test_the_best_three_are_not_the_three_largest(accounts):
    audience = pd.read_csv(EXPORTS / "audience_patterns.csv")
    fees = dict(zip(accounts["name"], accounts["fee"], strict=True))
    best = best_set(audience, at_most=3, budget=7_000, costs=fees)
    largest = best_alone(audience, at_most=3, costs=fees)
    rows = rows_of(sets_beside(audience, {"largest": largest, "best": best}))
    assert [r[1] for r in rows] == [
        "Tess and Co, Jonny Loud, Priya Plays",
        "Tess and Co, Mum in the Middle, Leeds Lately",
    ]
    assert rows[1][-1] == "55.2% (95% interval 52.8% to 57.5%)"
    four = [*best.items, "Leeds Lately Extra"]
    last = rows_of(added(additions(audience, four, costs=fees)))[-1]
    assert last == ["Leeds Lately Extra", "3,180", "0", "nobody is added"]
