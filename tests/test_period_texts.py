"""Periods as tables spell them: put in time order, found again, or refused."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.errors import DataError
from campaignbook.evaluation.periods import last_before, period_of
from campaignbook.evaluation.series_cells import when
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation.start_dates import start_ranks
from campaignbook.tables import Cells, find_period, order_periods

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
LONG = (
    "January February March April May June July August September October November "
    "December"
).split()
MONTHLY = {
    "2025-07": lambda y, m: f"{y}-{m:02}",
    "2025-7": lambda y, m: f"{y}-{m}",
    "Jul 2025": lambda y, m: f"{MONTHS[m - 1]} {y}",
    "JUL-2025": lambda y, m: f"{MONTHS[m - 1].upper()}-{y}",
    "July 2025": lambda y, m: f"{LONG[m - 1]} {y}",
    "2025 Jul": lambda y, m: f"{y} {MONTHS[m - 1]}",
    "07/2025": lambda y, m: f"{m:02}/{y}",
    "7/2025": lambda y, m: f"{m}/{y}",
    "07.2025": lambda y, m: f"{m:02}.{y}",
}
QUARTERLY = {
    "2025-Q1": lambda y, q: f"{y}-Q{q}",
    "2025Q1": lambda y, q: f"{y}Q{q}",
    "2025 q1": lambda y, q: f"{y} q{q}",
    "Q1 2025": lambda y, q: f"Q{q} {y}",
    "Q1-2025": lambda y, q: f"Q{q}-{y}",
}
DAILY = {
    "2025-12-31": "%Y-%m-%d",
    "2025/12/31": "%Y/%m/%d",
    "31.12.2025": "%d.%m.%Y",
    "31/12/2025": "%d/%m/%Y",
    "12/31/2025": "%m/%d/%Y",
    "31-12-2025": "%d-%m-%Y",
    "31 Dec 2025": "%d %b %Y",
    "Dec 31, 2025": "%b %d, %Y",
}


def spec(column="month"):
    return EvaluationSpec.model_construct(
        id="e", time=type("Time", (), {"column": column})()
    )


def months(spell, count=30):
    return [spell(2024 + i // 12, i % 12 + 1) for i in range(count)]


def days(form, count=60):
    return [(date(2025, 11, 1) + timedelta(i)).strftime(form) for i in range(count)]


@pytest.mark.parametrize("spell", MONTHLY.values(), ids=MONTHLY)
def test_months_are_ordered_and_spaced(spell):
    texts = months(spell)
    assert order_periods(sorted(texts)) == texts
    del texts[3:5]
    steps, equal = when(texts)
    assert equal
    assert steps.tolist() == [0, 1, 2, *range(5, 30)]


@pytest.mark.parametrize("spell", QUARTERLY.values(), ids=QUARTERLY)
def test_quarters_are_ordered_and_spaced(spell):
    texts = [spell(2023 + i // 4, i % 4 + 1) for i in range(10)]
    assert order_periods(sorted(texts)) == texts
    del texts[4]
    steps, equal = when(texts)
    assert (equal, steps.tolist()) == (True, [0, 1, 2, 3, *range(5, 10)])


@pytest.mark.parametrize("form", DAILY.values(), ids=DAILY)
def test_days_are_ordered_and_spaced(form):
    texts = days(form)
    assert order_periods(sorted(texts)) == texts
    assert np.array_equal(when(texts)[0], np.arange(60))
    assert last_before(texts, date(2025, 12, 5)) == texts[34]


@given(st.sets(st.dates(date(1990, 1, 1), date(2030, 12, 31)), min_size=2),
       st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))  # fmt: skip
def test_slashes_are_ordered_in_time_or_refused(found, form):
    found = sorted(found)
    texts = [d.strftime(form) for d in found]
    if any(d.day > 12 for d in found) or all(d.day == d.month for d in found):
        assert order_periods(sorted(texts)) == texts
    else:
        with pytest.raises(DataError, match="both readings are possible"):
            order_periods(texts)


def test_dates_that_contradict_each_other_are_refused():
    with pytest.raises(DataError, match=r"'31/12/2025'.*'12/30/2025'.*2025-12-31"):
        order_periods(["31/12/2025", "12/30/2025"])


def test_dates_that_can_be_read_both_ways_are_refused_in_a_sentence():
    found = [f"01/{m:02}/2025" for m in range(1, 13)]
    with pytest.raises(DataError) as caught:
        order_periods(found, place="evaluations.e.time")
    (told,) = caught.value.problems
    assert told.startswith("evaluations.e.time.column: ")
    assert "'01/02/2025'" in told
    assert "write 2025-12-31" in told
    assert "order: [" not in told


def test_an_order_decides_dates_that_can_be_read_both_ways():
    order = ["01/02/2025", "01/01/2025"]
    assert order_periods(["01/01/2025", "01/02/2025"], order) == order


def test_rows_without_values_do_not_unsettle_how_the_dates_are_read():
    column = ["01/07/2025", "15/07/2025", "01/08/2025", "01/10/2025"]
    texts = [t for t in column if t != "15/07/2025"]
    assert when(texts, column)[0].tolist() == [0, 1, 3]


@pytest.mark.parametrize(
    "found",
    [
        ["after", "before"],
        ["Q42010", "Q12011"],
        ["Smarch 2025", "Jan 2025"],
        ["2012-13", "2012-02"],
        ["31.02.2025", "01.03.2025"],
        ["2025-Q5", "2025-Q1"],
    ],
)
def test_a_refusal_shows_what_was_found_and_that_texts_have_no_order_in_time(found):
    with pytest.raises(DataError) as caught:
        order_periods(found)
    (told,) = caught.value.problems
    assert "in their own order, the earliest first" in told
    assert all(f"'{text}'" in told for text in found)
    assert "which is seldom their order in time" in told


def test_a_refusal_names_what_keeps_dates_from_ordering_themselves():
    with pytest.raises(DataError, match="'Total' is none"):
        order_periods([*months(MONTHLY["Jul 2025"]), "Total"])


def test_one_period_in_two_spellings_is_refused():
    with pytest.raises(DataError, match=r"'Jul 2025' and 'July 2025'.*same period"):
        order_periods(["Jul 2025", "July 2025", "Aug 2025"])


@pytest.mark.parametrize("spell", MONTHLY.values(), ids=MONTHLY)
@pytest.mark.parametrize("written", MONTHLY.values(), ids=MONTHLY)
def test_a_start_is_found_in_either_spelling(spell, written):
    periods = months(spell)
    assert period_of(spec(), "time.start", written(2025, 7), periods) == periods[18]
    assert period_of(spec(), "time.start", date(2025, 7, 1), periods) == periods[18]


@pytest.mark.parametrize("form", DAILY.values(), ids=DAILY)
@pytest.mark.parametrize("written", DAILY.values(), ids=DAILY)
def test_a_day_is_found_in_either_spelling(form, written):
    periods, wanted = days(form), date(2025, 11, 20)
    assert find_period(periods, wanted) == 19
    assert find_period(periods, "2025-11-20") == 19
    mixed = {form, written} == {"%d/%m/%Y", "%m/%d/%Y"}
    mixed |= {form, written} == {"%d-%m-%Y", "%m/%d/%Y"}
    assert find_period(periods, wanted.strftime(written)) == (None if mixed else 19)


def test_a_short_date_of_the_plan_is_read_as_the_column_is():
    assert find_period(days("%d/%m/%Y"), "5/12/2025") == 34
    assert find_period(days("%m/%d/%Y"), "12/5/2025") == 34


def test_a_quarter_or_year_is_not_its_first_month():
    periods = months(MONTHLY["Jul 2025"])
    assert find_period(periods, "2025-Q3") is None
    assert find_period(periods, "2025") is None
    with pytest.raises(DataError, match="no period '2025-Q3'"):
        period_of(spec(), "time.end", "2025-Q3", periods)


def test_a_month_finds_the_only_period_in_it():
    monthly = [f"2025-{m:02}-01" for m in range(1, 13)]
    assert find_period(monthly, "2025-07") == find_period(monthly, "Jul 2025") == 6
    assert find_period(days("%Y-%m-%d"), "2025-12") is None
    assert find_period(["Q2 2025", "Q3 2025"], "2025-07") is None
    assert find_period(["Q2 2025", "Q3 2025"], date(2025, 7, 1)) == 1


@pytest.mark.parametrize("written", ["%Y-%m-%d", "%d.%m.%Y", "%b %Y", "%m/%Y"])
def test_starts_of_a_column_may_be_spelt_otherwise(written):
    periods, start = months(MONTHLY["Jul 2025"]), date(2025, 7, 1).strftime(written)
    frame = pd.DataFrame([(c, s, p, 1) for p in periods
                          for c, s in [("a", start), ("b", "")]],
                         columns=["cluster", "start", "period", "n"])  # fmt: skip
    ranks = start_ranks(Cells(frame=frame, rows_read=60), periods=periods)
    assert {*ranks[frame["cluster"] == "a"]} == {18}
    assert {*ranks[frame["cluster"] == "b"]} == {30}
