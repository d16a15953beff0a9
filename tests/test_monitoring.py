"""Tests of monitoring and of enquiries: limits, changes, differences, replies."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.enquiries import answering, business_hours
from campaignbook.errors import DataError
from campaignbook.evaluation.proportions import wilson
from campaignbook.kpi_files import read_kpis
from campaignbook.monitoring import change_points, control_limits, differing, weekly

BOOK = read_kpis()
CTR = BOOK.kpi("ctr")
MONDAY = pd.Timestamp("2026-01-05")


def weeks_of(clicks, shown):
    weeks = pd.DataFrame({"a": np.array(clicks, float), "b": np.array(shown, float)})
    start = pd.date_range(MONDAY, periods=len(weeks), freq="7D")
    return weeks.assign(week=start, rate=weeks["a"] / weeks["b"])


def posts(seed, *, video=0.0, number=240):
    rng = np.random.default_rng(seed)
    kinds = np.array(["photo", "text", "video"])[rng.integers(0, 3, number)]
    shown = rng.integers(500, 3000, number)
    rate = rng.beta(6, 294, number) + np.where(kinds == "video", video, 0.0)
    return pd.DataFrame(
        {
            "post_type": kinds, "level": "post",
            "impressions": shown.astype(float),
            "link_clicks": rng.binomial(shown, rate).astype(float),
            "date": pd.NaT,
            "published": MONDAY + pd.to_timedelta(rng.integers(0, 2400, number), "h"),
        }
    )  # fmt: skip


# --- weeks ------------------------------------------------------------------------


def test_a_week_begins_on_monday_and_rows_without_a_date_are_in_none():
    days = pd.to_datetime(["2026-01-05", "2026-01-11", "2026-01-12", None])
    frame = pd.DataFrame({"date": days, "link_clicks": [1.0, 2.0, 4.0, 8.0]})
    frame = frame.assign(impressions=10.0, published=pd.NaT)
    found = weekly(frame, CTR)
    assert found["week"].tolist() == [MONDAY, MONDAY + pd.Timedelta(days=7)]
    assert found["rate"].tolist() == [0.15, 0.4]


def test_limits_by_hand():
    # 10% of 100: z 0, 1/3, 0, 1/3; mean moving range 1/3 keeps the factor at 1.
    found = control_limits(weeks_of([10, 11, 10, 9], [100] * 4), CTR)
    assert found["high"].tolist() == pytest.approx([0.19] * 4)
    assert found["low"].tolist() == pytest.approx([0.01] * 4)
    assert not found["outside"].any()


def test_money_has_the_limits_of_a_chart_of_individuals():
    # prices 4, 6, 4, 6: mean 5, mean moving range 2, limits 5 +- 3 * 2 / 1.128
    found = control_limits(weeks_of([40, 60, 40, 60], [10] * 4), BOOK.kpi("cpc"))
    assert found["high"].tolist() == pytest.approx([5 + 6 / 1.128] * 4)
    assert found["low"].tolist() == [0] * 4


def test_another_mix_of_platforms_makes_no_change():
    """Two platforms whose rates stay; after the first week one of them posts alone."""
    frame = pd.DataFrame(
        {
            "platform": ["a", "b", "a", "a", "b", "b"], "published": pd.NaT,
            "date": MONDAY + pd.to_timedelta([0, 0, 7, 7, 14, 14], unit="D"),
            "link_clicks": [1.0, 30.0, 1.0, 1.0, 30.0, 30.0], "impressions": 100.0,
            "reach": 1.0, "level": "post",
        }
    )  # fmt: skip
    assert weekly(frame, CTR)["rate"].tolist() == pytest.approx([0.155, 0.01, 0.3])
    assert weekly(frame, CTR, mix="platform")["rate"].tolist() == pytest.approx(
        [93 / 600] * 3
    )
    by_row = CTR.model_copy(update={"aggregation": "mean_of_rates"})
    assert weekly(frame, by_row, mix="platform")["rate"].tolist() == pytest.approx(
        [93 / 600] * 3
    )


def test_a_week_out_of_line_is_outside():
    clicks = [100, 102, 99, 101, 98, 100, 103, 160, 100, 99, 101, 100]
    found = control_limits(weeks_of(clicks, [1000] * 12), CTR)
    assert found.index[found["outside"]].tolist() == [7]


def test_large_weeks_that_always_differ_raise_no_alarm():
    rng = np.random.default_rng(2)
    shown = np.full(40, 1_000_000)
    weeks = weeks_of(rng.binomial(shown, rng.beta(200, 9800, 40)), shown)
    assert control_limits(weeks, CTR)["outside"].sum() <= 1


@pytest.mark.parametrize(
    ("kpi", "weeks", "words"),
    [
        ("ctr", weeks_of([0, 0], [9, 9]), "at least one event"),
        ("ctr", weeks_of([9, 9], [9, 9]), "100%"),
    ],
)
def test_limits_are_refused(kpi, weeks, words):
    with pytest.raises(DataError, match=words):
        control_limits(weeks, BOOK.kpi(kpi))


def test_reach_is_not_watched_by_week():
    with pytest.raises(DataError, match="reach is never added up"):
        weekly(posts(1), BOOK.kpi("frequency"))


# --- changes ----------------------------------------------------------------------


def test_a_change_is_found_with_its_date():
    rng = np.random.default_rng(7)
    rate = np.repeat([0.02, 0.03], [20, 16])
    shown = np.full(36, 20_000)
    (found,) = change_points(weeks_of(rng.binomial(shown, rate), shown))
    assert found.date == MONDAY + pd.Timedelta(weeks=20)
    assert (found.before, found.after) == pytest.approx((0.02, 0.03), rel=0.05)
    assert found.earliest <= found.date <= found.latest
    assert found.latest - found.earliest < pd.Timedelta(weeks=3)


def test_two_changes_are_found_in_order():
    rng = np.random.default_rng(9)
    shown = np.full(45, 20_000)
    rate = np.repeat([0.02, 0.035, 0.02], 15)
    found = change_points(weeks_of(rng.binomial(shown, rate), shown))
    assert [(c.date - MONDAY).days // 7 for c in found] == [15, 30]
    assert found[0].after == found[1].before


def test_chance_alone_seldom_makes_a_change():
    rng, wrong = np.random.default_rng(5), 0
    for _ in range(60):
        shown = rng.integers(5_000, 20_000, 24)
        weeks = weeks_of(rng.binomial(shown, rng.beta(40, 1960, 24)), shown)
        wrong += bool(change_points(weeks, draws=99))
    assert wrong <= 60 * 0.05 + 3 * np.sqrt(60 * 0.05 * 0.95)


# --- differences ------------------------------------------------------------------


def test_the_format_that_differs_is_named_with_the_true_difference():
    found = {e.group: e for e in differing(posts(3, video=0.01), CTR, "post_type")}
    video = found["post type: video"]
    assert video.p_holm < 0.05 and video.ci_low <= 0.01 <= video.ci_high
    assert video.ci_low > 0 and video.assumptions == ()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["post_type", "hour", "weekday"]))
def test_interval_and_corrected_p_agree(seed, by):
    for e in differing(posts(seed, video=0.004), CTR, by):
        assert (e.ci_low > 0 or e.ci_high < 0) == (e.p_holm < 0.05)


def test_formats_alike_are_seldom_called_different():
    wrong = sum(
        any(e.p_holm < 0.05 for e in differing(posts(s), CTR, "post_type"))
        for s in range(100)
    )
    assert wrong <= 100 * 0.05 + 3 * np.sqrt(100 * 0.05 * 0.95)


def test_groups_are_not_compared_by_a_mean_of_rates():
    with pytest.raises(DataError, match="rate of sums only"):
        differing(posts(1), BOOK.kpi("engagement_rate_reach"), "post_type")


# --- enquiries --------------------------------------------------------------------

OPEN = {"opens": dt.time(9), "closes": dt.time(17)}


def stamps(*texts):
    return pd.Series(pd.to_datetime(list(texts)))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-04 10:00", "2026-03-04 12:30", 2.5),
        ("2026-03-04 07:00", "2026-03-04 09:30", 0.5),
        ("2026-03-06 16:00", "2026-03-09 10:00", 2.0),  # over a weekend
        ("2026-03-07 10:00", "2026-03-08 12:00", 0.0),
        ("2026-03-02 09:00", "2026-03-09 09:00", 40.0),
    ],
)
def test_business_hours_by_hand(start, end, hours):
    assert business_hours(stamps(start), stamps(end), **OPEN)[0] == pytest.approx(hours)


@given(st.lists(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2040, 1, 1)),
                min_size=3, max_size=3))  # fmt: skip
def test_business_hours_add_up(times):
    a, b, c = (pd.Series([pd.Timestamp(t)]) for t in sorted(times))
    parts = [business_hours(x, y, **OPEN)[0] for x, y in ((a, b), (b, c), (a, c))]
    assert parts[0] + parts[1] == pytest.approx(parts[2], abs=1e-6)
    assert min(parts) >= -1e-6


def test_a_business_that_is_never_open_is_refused():
    with pytest.raises(DataError, match="never open"):
        business_hours(stamps("2026-03-04"), stamps("2026-03-05"),
                       opens=dt.time(17), closes=dt.time(9))  # fmt: skip


def messages():
    return pd.DataFrame(
        {
            "received": stamps(*["2026-03-04 10:00"] * 4, "2026-03-20 10:00"),
            "needs_answer": [True, True, True, False, True],
            "answered": stamps(
                "2026-03-04 11:00", "2026-03-04 13:00", None, None, "2026-03-20 11:00"
            ),
            "topic": ["price", "help", "help", "help", "price"],
        }
    )


def test_answers_are_counted_of_those_that_need_one():
    table, as_of = messages(), dt.datetime(2026, 3, 10)
    before = table.copy(deep=True)
    whole, helped, price = answering(table, as_of=as_of)
    assert (whole.messages, whole.needed, whole.answered, whole.backlog) == (4, 3, 2, 1)
    rate = whole.response_rate
    assert (rate.ci_low, rate.ci_high) == pytest.approx(wilson(2, 3, level=0.95))
    assert whole.first_reply.estimate == pytest.approx(2.0)
    assert whole.first_reply.ci_low is None  # two replies tell no interval
    assert [(t.topic, t.backlog) for t in (helped, price)] == [
        ("help", 1),
        ("price", 0),
    ]
    pd.testing.assert_frame_equal(table, before)


def test_the_interval_of_the_median_holds_it():
    rng, held = np.random.default_rng(8), 0
    for _ in range(200):
        wait = pd.to_timedelta(rng.exponential(2.0, 30), unit="h")
        start = pd.Series([pd.Timestamp("2026-03-02")] * 30)
        table = pd.DataFrame({"received": start, "answered": start + wait})
        table = table.assign(needs_answer=True, topic="help")
        reply = answering(
            table, as_of=dt.datetime(2027, 1, 1), opens=dt.time(0), days=range(7),
            closes=dt.time(23, 59),
        )[0].first_reply  # fmt: skip
        held += reply.ci_low <= 2 * np.log(2) <= reply.ci_high
    assert held / 200 >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


def test_an_answer_before_its_message_is_refused():
    table = messages().assign(answered=pd.Timestamp("2026-03-01"))
    with pytest.raises(DataError, match="answered before they were received"):
        answering(table, as_of=dt.datetime(2026, 3, 10))
