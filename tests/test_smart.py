"""SMART: thirty written goals with their letters, and the parts that are read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.benchmarks import Benchmark, achievable
from campaignbook.files import read_benchmarks
from campaignbook.goals import Goal
from campaignbook.results import Check
from campaignbook.smart import LETTERS, smart
from campaignbook.statements import parts_of, read_statement, said

SMOKING = "snyder_2004_smoking"
BELTS = "snyder_2004_seat_belts"
AVERAGE = "snyder_2007"

# kind of the plan, published effect, letters: y(es), n(o), ?; then the sentence
GOALS = [
    # good ones, social marketing
    ("social", SMOKING, "yyyyy",
     "Raise the share of smokers in Leeds who try to quit from 31% to 35% by June "
     "2027"),
    ("social", BELTS, "yyyyy",
     "Increase the percentage of drivers in Ohio who wear a seat belt from 68.5% "
     "to 77% by May 2027"),
    ("social", "snyder_2004_screening", "yyyyy",
     "Raise the proportion of women over 50 in Kent who attend screening from 60% "
     "to 63% by 31 March 2028"),
    ("social", SMOKING, "yyyyy",
     "By the end of 2027, cut the share of 15-year-olds in Utah who smoke from 12%"
     " to 10%"),
    # good ones, social media marketing (no published effect to compare with)
    ("social_media", None, "yy?yy",
     "Increase the click-through rate of our ads (link clicks by impressions) "
     "among first-time buyers from 0.9% to 1.2% by Q3 2027"),
    ("social_media", None, "yy?yy",
     "Raise the number of leads among architects from 40 to 60 a month by June "
     "2027"),
    ("social_media", None, "yy?yy",
     "Grow website traffic among students in Lyon from 12,000 to 15,000 sessions a"
     " month by December 2027"),
    ("social_media", None, "yy?yy",
     "Raise the share of homeowners in Kent who have heard of our brand from 12% "
     "to 18% by June 2027"),
    # in other words for the same thing
    ("social", SMOKING, "yyyyy",
     "Get the percentage of Leeds smokers who try to quit up from 31% to 35% by "
     "2027-06-30"),
    ("social", SMOKING, "yyyyy",
     "We want to increase the proportion of smokers in Leeds who make an attempt "
     "to quit from 31 per cent to 35 per cent until 30 June 2027"),
    ("social", SMOKING, "yyyyy",
     "The rate of smokers in Leeds who try to quit rises from 0.31 to 0.35 by 30 "
     "June 2027"),
    # vague
    ("social", None, "nn??n",
     "Make the city healthier"),
    ("social", None, "nn??y",
     "Improve public health by 2028"),
    ("social_media", None, "nn??n",
     "A stronger online presence"),
    ("social", None, "nn??n",
     "Promote sustainable lifestyles in our community soon"),
    # awareness or knowledge disguised as behaviour
    ("social", None, "ny?ny",
     "Raise the share of adults in Hull who are aware of the campaign from 20% to "
     "40% by May 2027"),
    ("social", "anker_2016_knowledge", "nyyny",
     "Increase the percentage of parents in Hull who know the signs of a stroke "
     "from 30% to 38% by May 2027"),
    ("social", None, "ny?ny",
     "Raise the number of video views among smokers in Leeds from 1,000 to 50,000 "
     "by May 2027"),
    ("social", SMOKING, "nyyny",
     "Raise the share of smokers in Leeds who intend to quit from 50% to 54% by "
     "May 2027"),
    # percent without a baseline
    ("social", SMOKING, "yn?yy",
     "Increase by 10% the share of smokers in Leeds who try to quit by June 2027"),
    ("social", SMOKING, "yn?yy",
     "Get 35% of smokers in Leeds to try to quit by June 2027"),
    # unreachable
    ("social", SMOKING, "yynyy",
     "Raise the share of smokers in Leeds who stop smoking from 10% to 50% by June"
     " 2027"),
    ("social", AVERAGE, "yynyy",
     "Raise the share of adults in Hull who cycle to work from 4% to 30% by June "
     "2027"),
    # ambitious: more than published, up to twice
    ("social", SMOKING, "yy?yy",
     "Raise the share of smokers in Leeds who try to quit from 31% to 38% by June "
     "2027"),
    # no date, or none that a calendar knows
    ("social", SMOKING, "yyyyn",
     "Raise the share of smokers in Leeds who try to quit from 31% to 35%"),
    ("social", SMOKING, "yyyyn",
     "Raise the share of smokers in Leeds who try to quit from 31% to 35% within a"
     " year"),
    # for everybody
    ("social", AVERAGE, "nyyyy",
     "Raise the share of the general public who eat fruit daily from 40% to 43% by"
     " June 2027"),
    # the other discipline's goal
    ("social_media", AVERAGE, "yyyny",
     "Raise the share of parents in Hull who read to their children from 40% to "
     "43% by June 2027"),
    ("social", None, "ny?ny",
     "Increase sales among students in Lyon from 200 to 260 tickets a month by "
     "June 2027"),
    # a rate without its denominator
    ("social_media", None, "yn?yy",
     "Raise the engagement rate among students in Lyon from 2% to 3% by June 2027"),
]  # fmt: skip


@pytest.fixture(scope="module")
def published():
    return {b.id: b for b in read_benchmarks().benchmarks}


def test_there_are_thirty_goals():
    assert len({g[3] for g in GOALS}) >= 30


@pytest.mark.parametrize(("kind", "key", "letters", "sentence"), GOALS)
def test_letters_of_written_goals(published, kind, key, letters, sentence):
    found = smart(
        read_statement(sentence), kind=kind, benchmark=published[key] if key else None
    )
    assert [f.letter for f in found] == list(LETTERS)
    short = "".join({"yes": "y", "no": "n", "unknown": "?"}[f.answer] for f in found)
    told = "\n".join(f.sentence() for f in found)
    assert short == letters, f"{told}\n{dict(said(read_statement(sentence)))}"
    for letter in found:
        assert (
            letter.there if letter.answer == "yes" else letter.missing or letter.write
        )


def test_parts_of_a_sentence():
    text = "Raise the share of smokers in Leeds who try to quit from 31% to 35% by 2027"
    assert dict(said(read_statement(text))) == {
        "type": "behaviour",
        "measure": "share of smokers in Leeds who try to quit",
        "unit": "share",
        "direction": "increase",
        "baseline": "31%",
        "target": "35%",
        "target is": "level",
        "audience": "smokers in Leeds",
        "deadline": "31 December 2027",
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("by June 2027", date(2027, 6, 30)),
        ("by 1 March 2028", date(2028, 3, 1)),
        ("until 2027-09", date(2027, 9, 30)),
        ("by 2028-02", date(2028, 2, 29)),
        ("before the end of Q1 2027", date(2027, 3, 31)),
        ("by 2027", date(2027, 12, 31)),
        ("within two years", None),
        ("by next summer", None),
        ("among 2030 households", None),
    ],
)
def test_deadlines(words, expected):
    assert read_statement(f"Get more tenants to recycle glass {words}").deadline == (
        expected
    )


@pytest.mark.parametrize("words", ["by 10%", "by 10 per cent", "10% more"])
def test_ten_per_cent_is_asked_and_not_guessed(words):
    found = read_statement(f"Raise sales {words} by June 2027")
    assert found.target is None and found.baseline is None
    assert "percentage points" in found.questions[0]
    letter = smart(found, kind="social_media")[1]
    assert letter.answer == "no" and "percentage points" in letter.write


def test_points_are_a_change():
    found = read_statement("Cut smoking by 3 percentage points among pupils by 2027")
    assert (found.target, found.target_is, found.unit) == (-0.03, "change", "share")
    assert found.audience == "pupils"


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text):
    found = read_statement(text)
    assert {f.answer for f in smart(found, kind="social")} <= {"yes", "no", "unknown"}


@given(low=st.integers(1, 98), gap=st.integers(1, 40))
def test_numbers_come_back_as_written(low, gap):
    high = min(low + gap, 99)
    text = f"Raise the share of smokers who try to quit from {low}% to {high}% by 2027"
    found = read_statement(text)
    assert (found.baseline, found.target) == (low / 100, high / 100)


def test_a_goal_of_the_plan_is_judged_like_its_sentence(published):
    goal = Goal(
        id="g", type="behaviour", measure="share of smokers who try to quit",
        unit="share", direction="increase", baseline=0.31, target=0.35,
        audience="smokers in Leeds", deadline=date(2027, 6, 30),
    )  # fmt: skip
    found = smart(parts_of(goal), kind="social", benchmark=published[SMOKING])
    assert [f.answer for f in found] == ["yes"] * 5


def test_an_evaluation_that_cannot_see_it_makes_it_hard_to_measure():
    parts = read_statement(GOALS[0][3])
    blind = Check(name="power", answer="unknown", sentence="It sees 9 points, not 4.")
    letter = smart(parts, kind="social", seen=blind)[1]
    assert letter.answer == "unknown" and "9 points" in letter.missing
    sharp = Check(name="power", answer="yes", sentence="It sees 2 points.")
    assert "2 points" in smart(parts, kind="social", seen=sharp)[1].there


def test_a_date_that_has_passed_is_no_deadline():
    parts = read_statement("Get more tenants to recycle by June 2020")
    assert smart(parts, kind="social", today=date(2026, 1, 1))[4].answer == "no"
    assert smart(parts, kind="social")[4].answer == "yes"


# --- achievable -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "r", "points"),
    # domain facts: r to percentage points at a baseline, printed to one decimal
    [
        *[(0.05, 0.05, 2.4), (0.10, 0.05, 3.2), (0.20, 0.05, 4.1), (0.50, 0.05, 5.0)],
        *[(0.90, 0.05, 2.8), (0.05, 0.15, 8.7), (0.20, 0.15, 13.3), (0.50, 0.15, 14.8)],
        *[(0.20, 0.04, 3.3), (0.20, 0.09, 7.7)],
    ],
)
def test_published_effect_at_the_goals_own_baseline(baseline, r, points):
    effect = Benchmark(id="a", outcome="it", r=r, sources=("x",))
    found = achievable(baseline, baseline + 0.01, effect)
    assert round(100 * found.published, 1) == points


@pytest.mark.parametrize(
    ("target", "rating"),
    [
        (0.24, "green"),
        (0.241, "green"),
        (0.25, "amber"),
        (0.28, "amber"),
        (0.29, "red"),
    ],
)
def test_green_up_to_the_published_effect_amber_to_twice(published, target, rating):
    assert achievable(0.20, target, published[SMOKING]).rating == rating


def test_the_trend_is_taken_off_first(published):
    smoking = published[SMOKING]
    assert achievable(0.20, 0.25, smoking).rating == "amber"
    helped = achievable(0.20, 0.25, smoking, trend=0.02)
    assert helped.rating == "green" and helped.asked == pytest.approx(0.03)
    against = achievable(0.20, 0.25, smoking, trend=-0.04)
    assert against.rating == "red" and against.asked == pytest.approx(0.09)
    falling = achievable(0.253, 0.18, smoking, trend=-0.057)
    assert falling.asked == pytest.approx(0.016)
    alone = achievable(0.20, 0.21, smoking, trend=0.03)
    assert "asks nothing of the campaign" in alone.sentence


def test_a_share_that_is_to_fall_mirrors_one_that_rises(published):
    up = achievable(0.30, 0.34, published[SMOKING])
    down = achievable(0.70, 0.66, published[SMOKING])
    assert up.published == pytest.approx(down.published)
    assert up.rating == down.rating
