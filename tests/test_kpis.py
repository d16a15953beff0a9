"""Tests of the indicators: parts, intervals, refusals, and what is beside them."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.evaluation.proportions import wilson
from campaignbook.kpi_files import read_kpis
from campaignbook.kpi_values import (
    kpi_value,
    kpi_values,
    reach_bounds,
    two_aggregations,
    wrong_cpm,
)
from campaignbook.kpis import Kpi, KpiBook, beside_benchmark, parts, with_followers
from campaignbook.ratios import ratio_of_means
from campaignbook.reading import parse_data

EXACT = 1e-9  # rounding of sums
DRAWS = 400
COVERED = 0.95 - 3 * math.sqrt(0.05 * 0.95 / DRAWS)  # three Monte-Carlo errors
BOOK = read_kpis()


def rows(**columns):
    frame = pd.DataFrame(columns)
    return frame.assign(level=pd.array(["post"] * len(frame), dtype="string"))


# --- the registry -----------------------------------------------------------------

METRICS = {
    *("impressions", "reach", "frequency", "views", "clicks", "link_clicks"),
    *("reactions", "likes", "comments", "shares", "saves", "engagements", "follows"),
    *("unfollows", "spend", "conversions", "conversion_value", "leads", "purchases"),
    *("sessions", "engaged_sessions", "users", "key_events", "revenue"),
    *("video_views", "watch_hours", "subscribers", "followers"),
}


@pytest.mark.parametrize("kpi", BOOK.kpis, ids=lambda k: k.id)
def test_a_kpi_is_made_of_standard_names(kpi):
    assert {*kpi.numerator} <= METRICS
    assert kpi.denominator in {None, "posts", *METRICS}
    assert (kpi.times == 1000) == (kpi.id == "cpm")


def test_a_kpi_without_a_source_is_this_books():
    assert BOOK.cite(BOOK.kpi("cpa").sources) == "this book uses"
    assert "Metricool" in BOOK.cite(BOOK.kpi("roas").sources)


@pytest.mark.parametrize("name", ["emv", "ave"])
def test_what_is_only_explained_is_not_computed(name):
    with pytest.raises(DataError, match="is not computed"):
        BOOK.kpi(name)


def test_a_misspelt_kpi_is_refused_with_the_nearest():
    with pytest.raises(DataError, match="did you mean 'cpm'"):
        BOOK.kpi("cpmm")
    with pytest.raises(DataError, match="rival_iq_2024_tiktok"):
        BOOK.benchmark("rival_2024_tiktok")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"denominator": None}, "a ratio has one"),
        ({"aggregation": "sum"}, "a sum has no denominator"),
        ({"counted": True, "unit": "ratio"}, "only a share"),
        ({"sources": ["nobody"]}, "no source 'nobody'"),
    ],
)
def test_a_registry_that_contradicts_itself_is_refused(change, words):
    data = BOOK.model_dump()
    cpm = next(k for k in data["kpis"] if k["id"] == "frequency")
    cpm.update(change)
    with pytest.raises(DataError, match=words):
        parse_data(KpiBook, data)


def test_a_benchmark_of_no_kpi_is_refused():
    data = BOOK.model_dump()
    data["benchmarks"][0]["kpi"] = "nothing"
    with pytest.raises(DataError, match="no kpi 'nothing'"):
        parse_data(KpiBook, data)


# --- values -----------------------------------------------------------------------


def test_the_published_mistake_of_cpm():
    found = kpi_value(rows(spend=[30.0, 20.0], impressions=[4e3, 6e3]), BOOK.kpi("cpm"))
    assert found.estimate.estimate == pytest.approx(5.0)
    assert wrong_cpm(50.0, 1e4)["x 100, as misprinted"] == pytest.approx(0.5)


def test_the_two_aggregations_differ():
    # 10 of 100 and 10 of 1000: 20 / 1100, or the mean of 10% and 1%.
    frame = rows(likes=[10.0, 10.0], impressions=[100.0, 1000.0])
    frame = frame.assign(reactions=np.nan, comments=np.nan, shares=np.nan, saves=np.nan)
    found = two_aggregations(frame, BOOK.kpi("engagement_rate_impressions"))
    values = {how: v.estimate.estimate for how, v in found.items()}
    assert values == pytest.approx({"sum_over_sum": 20 / 1100, "mean_of_rates": 0.055})
    assert "mean over rows of" in found["mean_of_rates"].sentence()
    assert "20 / 1,100" in found["sum_over_sum"].sentence()
    assert found["mean_of_rates"].numerator is None


def test_one_row_of_a_count_has_wilsons_interval():
    frame = rows(link_clicks=[81.0], impressions=[263.0])
    found = kpi_value(frame, BOOK.kpi("ctr"))
    assert (found.estimate.ci_low, found.estimate.ci_high) == pytest.approx(
        wilson(81, 263, level=0.95)
    )
    assert found.interval == "Wilson" and found.dispersion is None
    assert "Wilson" in found.estimate.method


def test_rows_that_differ_by_more_than_chance_widen_it():
    # rates 0.1 and 0.3 of 100 each: p 0.2; sum of squared residuals 10^2 + 10^2;
    # d = 2/1 * 200 / (200 * 0.16) = 12.5, effective 3.2 of 16, t with 1 df.
    frame = rows(link_clicks=[10.0, 30.0], impressions=[100.0, 100.0])
    found = kpi_value(frame, BOOK.kpi("ctr"))
    assert found.dispersion == pytest.approx(12.5)
    t = stats.t.isf(0.025, 1)
    centre, n = 0.2, 16.0
    middle = (centre + t * t / (2 * n)) / (1 + t * t / n)
    half = t / (1 + t * t / n) * math.sqrt(0.16 / n + t * t / (4 * n * n))
    ends = (found.estimate.ci_low, found.estimate.ci_high)
    assert ends == pytest.approx((middle - half, middle + half), rel=1e-6)
    assert "12.5 times" in found.estimate.method


def test_money_has_fiellers_interval():
    spend, clicks = [12.0, 9.0, 11.0, 10.0], [4.0, 3.0, 3.0, 4.0]
    found = kpi_value(rows(spend=spend, link_clicks=clicks), BOOK.kpi("cpc"))
    known = ratio_of_means(spend, clicks, paired=True)
    assert (found.estimate.ci_low, found.estimate.ci_high) == pytest.approx(
        (known.low, known.high), rel=EXACT
    )
    assert found.interval == "Fieller" and found.estimate.estimate == pytest.approx(3.0)


def test_a_denominator_that_may_be_zero_leaves_the_interval_open():
    frame = rows(spend=[10.0, 10.0, 10.0], conversions=[0.5, 9.0, 0.1])
    found = kpi_value(frame, BOOK.kpi("cpa"))
    assert found.estimate.estimate is not None
    assert found.estimate.ci_high is None


def test_more_of_them_than_there_are_is_no_share_of_them():
    # Conversions of people who saw the advert and never clicked.
    frame = rows(conversions=[30.0, 20.0], link_clicks=[10.0, 15.0])
    assert kpi_value(frame, BOOK.kpi("conversion_rate")).interval == "Fieller"


def test_a_row_without_both_parts_is_not_counted():
    frame = rows(link_clicks=[5.0, np.nan, 7.0], impressions=[100.0, 100.0, np.nan])
    found = kpi_value(frame, BOOK.kpi("ctr"))
    assert (found.numerator, found.denominator, found.rows) == (5, 100, 1)


def test_money_spent_on_days_without_a_lead_is_part_of_the_cost():
    # 10 a day on four days, two leads: 20 for each, not 10.
    frame = rows(
        spend=[10.0] * 4 + [0.0], leads=[1.0, 0.0, 1.0, 0.0, 0.0], campaign=[*"aabbb"]
    )
    found = kpi_value(frame, BOOK.kpi("cpl"))
    assert (found.estimate.estimate, found.numerator, found.rows) == (20.0, 40.0, 4)
    wasted = frame.assign(leads=[1.0, 1.0, 0.0, 0.0, 0.0])
    some, none = kpi_values(wasted, BOOK.kpi("cpl"), by="campaign")
    assert some.estimate.estimate == 10.0 and none.estimate.estimate is None
    assert "nothing to divide by: 0 leads, 20 spend" in none.sentence()


def test_a_plain_count_has_no_interval():
    found = kpi_value(rows(sessions=[5.0, 6.0]), BOOK.kpi("sessions"))
    assert found.estimate.estimate == 11 and found.estimate.ci_low is None
    assert "no interval" in found.sentence()


def test_by_posts_only_posts_count():
    frame = rows(shares=[2.0, 4.0, 50.0])
    frame["level"] = pd.array(["post", "post", "day"], dtype="string")
    found = kpi_value(frame, BOOK.kpi("amplification_rate"))
    assert (found.estimate.estimate, found.rows) == (3.0, 2)


def test_groups_are_told_apart_and_named():
    frame = rows(
        link_clicks=[1.0, 2.0, 6.0],
        impressions=[10.0, 10.0, 20.0],
        platform=["meta", "meta", "x"],
        week=pd.to_datetime(["2026-03-02", "2026-03-09", None]),
    )
    found = kpi_values(frame, BOOK.kpi("ctr"), by="platform")
    assert [(v.group, v.estimate.estimate) for v in found] == [
        ("platform: meta", 0.15), ("platform: x", 0.3),
    ]  # fmt: skip
    weeks = [v.group for v in kpi_values(frame, BOOK.kpi("ctr"), by="week")]
    assert weeks == ["week: 2026-03-02", "week: 2026-03-09"]


def test_an_interval_of_clicks_covers_the_true_rate():
    rng = np.random.default_rng(4)
    plain, lumpy, truth = 0, 0, 0.02
    for _ in range(DRAWS):
        shown = rng.integers(500, 4000, 30).astype(float)
        even = rng.binomial(shown.astype(int), truth)
        rates = rng.beta(truth * 150, (1 - truth) * 150, 30)
        uneven = rng.binomial(shown.astype(int), rates)
        for clicks in (even, uneven):
            frame = rows(link_clicks=clicks.astype(float), impressions=shown)
            low, high = kpi_value(frame, BOOK.kpi("ctr")).estimate.ends()
            held = low <= truth <= high
            plain, lumpy = (
                plain + (held and clicks is even),
                lumpy + (held and clicks is uneven),
            )
    assert plain / DRAWS > COVERED
    assert (
        lumpy / DRAWS > COVERED - 0.02
    )  # a ratio of 30 uneven rows is a little biased


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(50, 500)), min_size=1, max_size=9
    ),
    st.integers(2, 5),
)
def test_the_order_of_rows_and_the_unit_of_money_do_not_matter(data, factor):
    spend, clicks = (np.array(c, dtype=float) for c in zip(*data, strict=True))
    frame = rows(spend=spend + 1, link_clicks=clicks)
    kpi = BOOK.kpi("cpc")
    first = kpi_value(frame, kpi).estimate
    turned = kpi_value(frame[::-1], kpi).estimate
    cents = kpi_value(frame.assign(spend=frame["spend"] * factor), kpi).estimate
    assert turned.estimate == pytest.approx(first.estimate, rel=EXACT)
    assert cents.estimate == pytest.approx(factor * first.estimate, rel=EXACT)


def test_the_table_given_comes_out_untouched():
    frame = rows(shares=[2.0, 4.0], likes=[1.0, np.nan], reactions=[np.nan, np.nan])
    before = frame.copy(deep=True)
    kpi_values(frame, BOOK.kpi("applause_rate"), by="level")
    pd.testing.assert_frame_equal(frame, before)


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="no column 'followers'"):
        frame = rows(reactions=[1.0], likes=[1.0], comments=[1.0], shares=[1.0])
        kpi_value(frame, BOOK.kpi("engagement_rate_followers"))


def test_followers_are_those_given_by_platform():
    frame = rows(
        platform=["facebook", "x", "facebook"], reactions=[5.0, 4.0, 15.0],
        likes=0.0, comments=0.0, shares=0.0, followers=[np.nan, np.nan, 500.0],
    )  # fmt: skip
    frame.loc[1, "level"] = "day"
    before = frame.copy(deep=True)
    made = with_followers(frame, {"facebook": 1000})
    assert made["followers"].tolist()[::2] == [1000, 500]
    assert made["followers"].isna().tolist() == [False, True, False]
    # mean of 5 / 1000 and 15 / 500
    found = kpi_value(made, BOOK.kpi("engagement_rate_followers"))
    assert found.estimate.estimate == pytest.approx(0.0175, rel=EXACT)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"facebok": 9}, "no post is of 'facebok'.*did you mean 'facebook'"),
        ({"facebook": 0}, "above 0"),
        ({"facebook": float("nan")}, "above 0"),
    ],
)
def test_followers_are_refused(given, words):
    frame = rows(platform=["facebook"], followers=[np.nan])
    with pytest.raises(DataError, match=words):
        with_followers(frame, given)


def test_parts_add_what_a_row_tells():
    frame = rows(
        reactions=[1.0, np.nan], likes=[np.nan, np.nan], impressions=[9.0, 9.0]
    ).assign(comments=np.nan, shares=[2.0, np.nan], saves=np.nan)
    found = parts(frame, BOOK.kpi("engagement_rate_impressions"))
    assert found["a"].tolist()[0] == 3.0 and np.isnan(found["a"].tolist()[1])


# --- reach ------------------------------------------------------------------------

REACHED = {"reach": [300.0, 500.0], "impressions": [600.0, 900.0]}


@pytest.mark.parametrize(
    ("name", "bounds"),
    [("reach", "between 500 and 800"), ("frequency", "between 1.88 and 3")],
)
def test_reach_is_never_added_up(name, bounds):
    with pytest.raises(DataError, match=bounds):
        kpi_value(rows(**REACHED), BOOK.kpi(name))
    (found,) = kpi_values(rows(**REACHED), BOOK.kpi(name))
    assert found.estimate.estimate is None and found.numerator is None


def test_one_row_has_its_own_reach():
    frame = rows(reach=[300.0], impressions=[600.0])
    assert kpi_value(frame, BOOK.kpi("frequency")).estimate.estimate == 2.0


def test_a_mean_of_rates_by_reach_needs_no_sum():
    frame = rows(likes=[30.0, 100.0], **REACHED).assign(
        reactions=np.nan, comments=np.nan, shares=np.nan, saves=np.nan
    )
    found = kpi_value(frame, BOOK.kpi("engagement_rate_reach"))
    assert found.estimate.estimate == pytest.approx(0.15)


@given(st.lists(st.sets(st.integers(0, 40), min_size=1), min_size=1, max_size=6))
def test_the_people_reached_lie_between_the_bounds(audiences):
    low, high = reach_bounds(rows(reach=[float(len(a)) for a in audiences]))
    assert low <= len(set().union(*audiences)) <= high


def test_no_reach_no_bounds():
    with pytest.raises(DataError, match="no row tells its reach"):
        reach_bounds(rows(reach=[np.nan]))


ENGAGED = "engagement_rate_impressions"

# --- benchmarks -------------------------------------------------------------------


def test_a_benchmark_of_the_same_parts_stands_beside_with_its_date():
    frame = rows(link_clicks=[100.0], impressions=[10_000.0])
    kpi = BOOK.kpi("ctr")
    may, said = beside_benchmark(
        BOOK, BOOK.benchmark("facebook_leads_ctr_2024"), kpi,
        kpi_value(frame, kpi).estimate,
    )  # fmt: skip
    assert may and ": 1% beside" in said and "2.53% of 2024" in said
    assert "per impressions" in said and "whole interval below" in said


@pytest.mark.parametrize(
    ("kpi", "benchmark", "unit", "words"),
    [
        (
            "engagement_rate_impressions",
            "rival_iq_2024_tiktok",
            "share",
            "not compared",
        ),
        (
            "engagement_rate_impressions",
            "instagram_hootsuite",
            "share",
            "no denominator",
        ),
        ("cpc_all", "facebook_leads_cpc_2024", "USD", "not compared"),
        ("cpc", "facebook_leads_cpc_2024", "EUR", "in USD"),
    ],
)
def test_a_benchmark_of_other_parts_does_not(kpi, benchmark, unit, words):
    made = BOOK.kpi(kpi)
    columns = {m: [5.0] for m in (*made.numerator, made.denominator)}
    (found,) = kpi_values(rows(**columns), made, currency=unit)
    may, said = beside_benchmark(BOOK, BOOK.benchmark(benchmark), made, found.estimate)
    assert not may and words in said


def test_a_custom_kpi_needs_no_code():
    kpi = Kpi(
        id="saves_rate", name="Saves", formula="saves / views", numerator=("saves",),
        denominator="views", aggregation="sum_over_sum", unit="share", counted=True,
        convention="own",
    )  # fmt: skip
    assert kpi_value(rows(saves=[1.0], views=[4.0]), kpi).estimate.estimate == 0.25
