"""The simulated account, as a reader of the codebook: are its true effects found?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from simulated_exports import DATA, WRITE, export_world, name_of

from campaignbook.enquiries import answering
from campaignbook.exports import read_exports
from campaignbook.kpi_files import read_kpis
from campaignbook.kpi_values import kpi_values
from campaignbook.kpis import Kpi
from campaignbook.monitoring import change_points, control_limits, differing, weekly

FOLDER = DATA / "tables" / "exports"
BOOK = read_kpis()
WORLD = export_world
AT_19 = (2 + WORLD.BEST_HOUR_EFFECT) / 3  # posts at 8, 12 and 19 h, as many each
PER_POST = Kpi(
    id="views_per_post", name="Views per post", formula="views / posts",
    numerator=("views",), denominator="posts", aggregation="sum_over_sum",
    unit="ratio", convention="Times shown, so that they may be added up.",
)  # fmt: skip


@pytest.fixture(scope="module")
def frame():
    return read_exports([FOLDER / name_of(kind) for kind in WRITE]).frame


def of(frame, kind):
    rows = frame[frame["kind"] == kind].reset_index(drop=True)
    assert len(rows) > 20
    return rows


def holds(estimate, truth):
    return estimate.ci_low <= truth <= estimate.ci_high


@pytest.mark.parametrize("kind", ["facebook_posts", "instagram_posts"])
def test_the_engagement_rate_of_each_format(frame, kind):
    page = WORLD.PAGES[kind]
    found = kpi_values(
        of(frame, kind), BOOK.kpi("engagement_rate_reach"), by="post_type"
    )
    by_format = {v.group.removeprefix("post type: "): v.estimate for v in found}
    assert by_format.keys() == {*page.formats}
    for name, estimate in by_format.items():
        assert holds(estimate, page.rate * AT_19 * WORLD.FORMATS[name]), name
    assert by_format["Video"].ci_low > by_format["Photo"].ci_high


@pytest.mark.parametrize("kind", ["facebook_posts", "instagram_posts"])
def test_the_best_format_and_the_best_hour_differ_from_the_rest(frame, kind):
    kpi, rows = BOOK.kpi("engagement_rate_views"), of(frame, kind)
    for by, best in (("post_type", "post type: Video"), ("hour", "hour: 19")):
        above = [e.group for e in differing(rows, kpi, by) if e.ci_low > 0]
        assert above == [best]


def test_the_fall_of_reach_is_found_and_no_other_change(frame):
    posts = frame[frame["kind"].isin(["facebook_posts", "instagram_posts", "youtube"])]
    weeks = weekly(posts, PER_POST)
    (change,) = change_points(weeks)
    assert abs(change.date - WORLD.CHANGE) <= pd.Timedelta(weeks=2)
    assert change.after / change.before == pytest.approx(WORLD.CHANGE_EFFECT, abs=0.1)
    rates = weekly(posts, BOOK.kpi("engagement_rate_views"))
    assert (
        control_limits(rates, BOOK.kpi("engagement_rate_views"))["outside"].sum() <= 1
    )


def test_what_each_campaign_costs_and_brings(frame):
    names = {"lead_rate": "conversions", "conversion_rate": "conversions",
             "ctr": "clicks", "cpm": "cost"}  # fmt: skip
    for campaign in WORLD.CAMPAIGNS:
        if campaign.kind == "google_ads":
            continue  # its clicks are all clicks
        rows = of(frame, campaign.kind)
        rows = rows[rows["campaign"] == campaign.name]
        rate = "lead_rate" if campaign.kind == "meta_ads" else "conversion_rate"
        for name in (rate, "ctr", "cpm"):
            (found,) = kpi_values(rows, BOOK.kpi(name))
            truth = getattr(campaign, names[name])
            # 15 intervals at 95%: one at 99.9% each, so that all hold together
            (wide,) = kpi_values(rows, BOOK.kpi(name), level=0.999)
            assert holds(wide.estimate, truth), (campaign.name, name)
            assert found.estimate.estimate == pytest.approx(truth, rel=0.25)


def test_stories_bring_more_leads_of_a_click_than_the_feed(frame):
    found = kpi_values(of(frame, "meta_ads"), BOOK.kpi("lead_rate"), by="campaign")
    feed, stories = (v.estimate for v in found)
    assert holds(feed, 0.02)
    assert holds(stories, 0.04)
    assert stories.ci_low > feed.ci_high


def test_visits_are_near_the_clicks_that_led_to_them(frame):
    rows = of(frame, "ga4")
    by_channel = rows[rows["level"] == "channel"].set_index("id")["sessions"]
    social = frame[frame["kind"].isin(["meta_ads", "linkedin_ads", "tiktok_ads"])]
    clicks = social["link_clicks"].sum()
    share = by_channel["Paid Social"] / clicks
    assert abs(share - 0.9) < 4 * np.sqrt(0.9 * 0.1 / clicks)
    by_day = rows[rows["level"] == "day"]["sessions"].sum()
    assert by_day == by_channel.sum()


def test_enquiries_are_answered_as_the_codebook_says():
    table = pd.read_csv(FOLDER / "enquiries.csv", parse_dates=["received", "answered"])
    found = answering(table, as_of=dt.datetime(2026, 7, 1))[0]
    assert holds(found.response_rate, 0.843)
    assert holds(found.first_reply, 3.51)
