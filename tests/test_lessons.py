"""The lessons' tables and live parts, without a browser and without a kernel."""

import re

import pytest

from campaignbook.distinction import label_campaign
from campaignbook.errors import DataError
from campaignbook.files import read_cases, read_plan
from campaignbook.forms import plan_form
from campaignbook.lesson_distinction import (
    by_criterion,
    case_names,
    case_story,
    contested,
    definitions,
    dimensions,
    find_case,
    sort_own_campaign,
)
from campaignbook.lesson_figures import counts_picture, published_picture
from campaignbook.lesson_goals import (
    check_statement,
    effects,
    plan_goals,
    read_as,
    try_a_goal,
)
from campaignbook.quiz import ask
from campaignbook.series import ask_each


def words_of(shown):
    text = getattr(shown, "data", shown)
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", text))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    return tmp_path / "my_campaign"


# --- the distinction --------------------------------------------------------------


def test_definitions_come_with_their_year():
    assert re.search(r"1971.*1994.*2006.*2013", words_of(definitions("social")))
    assert "Li, F." in words_of(definitions("social_media"))


def test_six_dimensions_side_by_side():
    assert dimensions().data.count("<tr>") == 7


def test_at_least_22_cases_with_facts_and_contested_ones_with_both_arguments():
    real = [n for n in case_names() if find_case(n).facts]
    assert len(real) >= 22
    for name in real:
        assert case_story(name).data.count("<tr>") >= 2
    disputed = [c for c in read_cases().cases if c.contested]
    assert len(disputed) >= 3
    for case in disputed:
        assert contested(case.id).data.count("<tr>") == 3
    assert "not contested" in words_of(contested("road-crew"))
    with pytest.raises(DataError, match="did you mean 'road-crew'"):
        find_case("road-crw")


def test_sorted_cases_are_counted_by_the_question_that_decides():
    for name, wanted in (("tips", True), ("truth", False)):
        case = find_case(name)
        reason = next(r.id for r in case.reasons if r.right == wanted)
        ask(name).check(case.label, reason)
    first = words_of(by_criterion()).split("1. Is success")[1].split("2. Does")[0]
    assert first.split()[-3:] == ["2", "1", "1"]


@pytest.mark.parametrize(
    ("answers", "kind", "said"),
    [
        ("yes yes yes no", "social", "Social marketing"),
        ("yes yes no no", "social", "Social advertising"),
        ("yes yes yes yes", "social", "Both"),
        ("no no no yes", "social_media", "Social media marketing"),
        ("no yes no no", None, "Neither"),
    ],
)
def test_own_campaign_sets_the_kind_of_the_plan(home, answers, kind, said):
    live = sort_own_campaign()
    assert "Answer all four" in live.said
    names = ["behaviour", "society", "tools", "platforms"]
    live.form.patch(**dict(zip(names, answers.split(), strict=True)))
    assert words_of(live.said).strip().startswith(said)
    if kind is None:
        assert "Leave kind unset" in live.said
        assert (
            not (home / "plan.yml").exists()
            or read_plan(home / "plan.yml").kind is None
        )
        return
    plan = read_plan(home / "plan.yml")
    assert plan.kind == kind
    channels = [c.name for c in plan.strategy.channels]
    assert channels == (["social media"] if said == "Both" else [])


def test_a_kind_that_no_longer_fits_is_taken_back(home):
    live = sort_own_campaign()
    live.form.patch(behaviour="no", society="no", tools="no", platforms="yes")
    live.form.patch(platforms="no")
    assert read_plan(home / "plan.yml").kind is None


def test_the_label_of_the_form_is_that_of_the_rubric():
    live = sort_own_campaign()
    for case in read_cases().cases:
        given = case.answers.model_dump()
        live.form.patch(**{k: "yes" if v else "no" for k, v in given.items()})
        first = label_campaign(case.answers).reason.partition(".")[0]
        assert first in words_of(live.said)


# --- goals ------------------------------------------------------------------------

GOOD = (
    "Raise the share of smokers in Leeds who try to quit from 31% to 35% by June 2027"
)


def test_a_sentence_is_shown_part_by_part():
    assert "deadline 30 June 2027" in words_of(read_as(GOOD))
    assert "percentage points or" in words_of(read_as("Sell 10% more tickets"))


def test_letters_follow_the_form():
    live = try_a_goal()
    assert "Write a sentence" in live.said
    live.form.patch(statement=GOOD, effect="snyder_2004_smoking")
    assert live.said.count("✓ yes") == 5
    live.form.patch(trend=-0.02)
    assert live.said.count("✓ yes") == 4 and "? unknown" in live.said
    live.form.patch(statement="<b>Be good</b>")
    assert "<b>" not in live.said


def test_an_unknown_effect_is_told():
    with pytest.raises(DataError, match="did you mean 'snyder_2007'"):
        check_statement(GOOD, kind="social", effect="snyder_2008")


def test_goals_of_the_plan_are_judged(home):
    live = plan_goals()
    assert "no goal that is in order" in live.said
    goal = {
        "id": "quit", "type": "behaviour",
        "measure": "share of smokers who try to quit", "unit": "share",
        "direction": "increase", "baseline": 0.31, "target": 0.35,
        "audience": "smokers in Leeds", "deadline": "2027-06-30",
        "evidence": {"key": "snyder_2004_smoking"},
    }  # fmt: skip
    live.form.patch(goals=[goal])
    assert live.said.count("✓ yes") == 5
    assert read_plan(home / "plan.yml").goals[0].target == 0.35


@pytest.mark.parametrize(("people", "answer"), [(100, "unknown"), (4000, "yes")])
def test_measurable_asks_whether_the_planned_evaluation_can_see_it(people, answer):
    goal = {
        "id": "quit", "type": "behaviour",
        "measure": "share of smokers who try to quit", "unit": "share",
        "direction": "increase", "baseline": 0.31, "target": 0.35,
        "audience": "smokers in Leeds", "deadline": "2027-06-30",
    }  # fmt: skip
    trial = {
        "id": "trial", "goal": "quit", "design": "randomized_trial",
        "outcome_type": "binary", "power": {"n": people},
    }  # fmt: skip
    plan_form("goals", "evaluations").patch(goals=[goal], evaluations=[trial])
    line = plan_goals().said.split("measurable")[1].split("achievable")[0]
    assert f'class="{answer}"' in line and "with a chance" in line


def test_figures_have_a_text_with_their_numbers():
    made = counts_picture({"a": 42, "b": 55}, whole=93, what="campaigns", caption="c")
    assert "42" in made.alt and "93" in made.alt
    axes = made.figure.axes[0]
    assert [t.get_text() for t in axes.texts] == ["42 (45%)", "55 (59%)"]
    chosen = [effects()["snyder_2004_smoking"], effects()["snyder_2004_seat_belts"]]
    drawn = published_picture(chosen, baseline=0.2)
    assert "4.1 percentage points" in drawn.alt
    lines = {line.get_label(): line for line in drawn.figure.axes[0].lines}
    styles = {lines[b.outcome].get_linestyle() for b in chosen}
    assert len(styles) == 2


# --- one question at a time -------------------------------------------------------


def test_a_series_shows_one_question_and_keeps_answers():
    shown = ask_each("difference-in-a-word", "consensus-definition")
    assert "Question 1 of 2" in shown._where.value
    first = shown._box.children[0]
    next_button = shown.view.children[1].children[1]
    next_button.click()
    assert shown._box.children[0] is not first and shown.place == 1
    next_button.click()
    assert shown.place == 1
    shown.view.children[1].children[0].click()
    assert shown._box.children[0] is first
    with pytest.raises(DataError, match="there is no question"):
        ask_each()
