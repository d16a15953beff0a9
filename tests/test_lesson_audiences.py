"""The notebook on audiences: what it states holds in the numbers it computes."""

import ast
import html
import json
import re
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from campaignbook import lesson_audiences as lesson
from campaignbook.added_value import added_value
from campaignbook.audience_pictures import (
    class_sizes_picture,
    profiles_picture,
    sizes_picture,
    targeting_picture,
    telling_answers,
)
from campaignbook.audiences import segment_sizes, shares_by
from campaignbook.beliefs import doers_and_others, percentage_to_gain
from campaignbook.class_prediction import predict_segment
from campaignbook.class_profiles import class_profiles, personas
from campaignbook.forms import plan_form
from campaignbook.latent_classes import find_classes
from campaignbook.numeric_segments import compare_segment_numbers, numeric_segments
from campaignbook.scoring import rank_items
from campaignbook.segment_choice import (
    STAGES,
    TARPARE,
    criteria_of,
    stages_of_change,
)
from campaignbook.targeting import compare_targeting

sys.path.insert(0, str(ROOT / "data"))
import make_examples

NOTEBOOK = ROOT / "notebooks" / "04_audiences.ipynb"
SCALES = ["own place", "Clinton's place", "Dole's place", "party"]
NAMES = ("caring parents", "sociable", "settled", "weary of trying")


def words_of(shown):
    text = getattr(shown, "data", shown)
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text)
    return html.unescape(re.sub(r"\s+", " ", bare))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    return tmp_path / "my_campaign"


@pytest.fixture(scope="module")
def said():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    return " ".join(texts).replace("*", "")


@pytest.fixture(scope="module")
def survey():
    table = lesson.smokers()
    found = find_classes(table, lesson.QUESTIONS, classes=4, weights="weight")
    return table.assign(segment=found.named(*NAMES).labels()), found.named(*NAMES)


def states(said, *sentences):
    for sentence in sentences:
        assert sentence in said, f"the notebook no longer says: {sentence}"


# --- real data --------------------------------------------------------------------


def test_who_had_stopped(said):
    smokers = lesson.quitters()
    assert len(smokers) == 1566
    by = {c: shares_by(smokers, "stopped", c) for c in ("age group", "cigarettes")}
    old, young = (
        next(e for e in by["age group"].shares if e.name == name)
        for name in ("55-74", "25-39")
    )
    states(said, "Of 1,566 smokers of 1971", "35.6% against 20.4%")
    assert (old.words()[0], young.words()[0]) == ("35.6%", "20.4%")
    assert by["age group"].gap.ci_low > 0
    light, *heavier = by["cigarettes"].shares
    assert light.name == "1-10" and all(e.ci_high < light.ci_low for e in heavier)
    men = shares_by(smokers, "stopped", "gender")
    assert "highest for men" in men.sentence() and men.gap.ci_low > 0
    states(said, "10 a day or less had stopped more often", "men more often than women")
    for column in ("exercise", "usual day"):
        assert shares_by(smokers, "stopped", column).gap.ci_low < 0
    states(said, "in the next line nothing is told apart")


def test_lifestyle_adds_nothing_that_is_told_from_chance(said):
    found = added_value(
        lesson.quitters(), "stopped", known=["age", "gender", "school"],
        added=["exercise", "usual day"],
    )  # fmt: skip
    assert found.gain.ci_low < 0 < found.gain.ci_high and found.p_value > 0.05
    states(said, "Nothing is gained here that can be told from chance")


def test_voters_have_three_segments_that_demographics_do_not_tell(said):
    voters = lesson.voters()
    assert len(voters) == 944
    numbers = compare_segment_numbers(voters, SCALES)
    assert numbers.set_index("segments")["silhouette"].idxmax() == 3
    found = numeric_segments(voters, SCALES, segments=3)
    frame = found.to_frame().set_index("segment")
    third = frame.loc["segment 3"]
    assert third["Clinton's place"] > third["Dole's place"] + 1
    assert third["share"] == pytest.approx(1 / 6, abs=0.01)
    states(said, "one in six, placed Clinton to the right of Dole")
    known = ["age", "education", "income"]
    told = predict_segment(voters, found.labels(), known)
    assert told.gain.ci_low < 0.01 and told.gain.ci_high < 0.1
    votes = added_value(
        voters.assign(segment=found.labels()), "for Dole", known=known,
        added=["segment"],
    )  # fmt: skip
    assert votes.gain.ci_low > 0.2
    states(said, "A great deal. But the attitudes asked about are almost the vote")


# --- the simulated survey ---------------------------------------------------------


def test_broad_and_narrow_are_as_the_text_says(said, survey):
    table, _ = survey
    ways = {
        "everybody": table["age"] > 0,
        "age": table["age group"] == "35-54",
        "tried": table["tries"].isin(["some", "many"]),
    }
    costs = {"everybody": 0.010, "age": 0.015, "tried": 0.012}
    for meant in ("intends", "signed up"):
        found = compare_targeting(table, meant, ways, costs=costs, weights="weight")
        everybody, age, tried = found
        assert everybody.found.estimate == 1
        assert age.found.ci_high < 0.5 < tried.found.ci_low
        assert tried.meant.ci_low > everybody.meant.ci_high
        assert age.meant.ci_low < everybody.meant.ci_high
        assert age.cost.ci_low > everybody.cost.ci_high
        if meant == "intends":
            assert tried.found.estimate == pytest.approx(2 / 3, abs=0.04)
    states(said, "loses more than half of them and aims hardly better")
    states(said, "loses a third and aims better", "who is meant costs more")


def test_classes_personas_and_stages_are_as_the_text_says(said, survey):
    table, classes = survey
    true = {"parents": 0, "sociable": 1, "settled": 2, "weary": 3}
    right = table["true class"].map(true).to_numpy() == classes.members()
    assert np.mean(right) > 0.95
    states(said, "nineteen of twenty people stand in the class")
    traits = ["age group", "gender", "tries"]
    told = personas(table, table["segment"], traits, weights="weight")
    weary = told[told["segment"] == "weary of trying"].set_index("trait")["share"]
    assert weary["age group"] < 0.4 and 0.5 < weary["gender"] < 0.6
    assert weary["tries"] > 0.9
    states(said, "nine in ten", "little more than half", "fewer than four in ten")
    stage = stages_of_change(
        table, does="stopped", months="months stopped", plans="plans"
    )
    sizes = segment_sizes(table.assign(stage=stage), "stage", weights="weight")
    share = sizes.to_frame().set_index("segment")["share"]
    assert share["contemplation"] + share["preparation"] == pytest.approx(
        0.25, abs=0.02
    )
    states(said, "about a quarter of all")


def test_beliefs_and_barriers_are_as_the_text_says(said, survey):
    table, _ = survey
    stop = percentage_to_gain(table, lesson.BELIEFS, "intends", weights="weight")
    assert stop.beliefs[0].name == "help makes it easier"
    assert stop.beliefs[0].gain.ci_low > max(b.gain.ci_high for b in stop.beliefs[1:])
    recovers = next(b for b in stop.beliefs if b.name == "body recovers")
    assert recovers.held.estimate > 0.7 and recovers.gain.ci_low < 0
    states(said, "those who believe it are hardly keener")
    page = percentage_to_gain(table, lesson.BELIEFS, "signed up", weights="weight")
    assert all(b.gain.ci_low < 0 for b in page.beliefs)
    assert sum(b.gain.p_holm < 0.05 for b in page.beliefs) == 1
    assert page.beliefs[-1].gain.p_holm < 0.05
    states(said, "None of the four promises anything", "its p is below 0.05")
    friends = doers_and_others(table, "stopped", lesson.REASONS, weights="weight")
    row = friends.set_index("reason").loc["friends smoke"]
    assert (round(row["doers"], 1), round(row["others"], 1)) == (0.2, 0.6)


def test_another_weighting_brings_another_segment_to_the_top(said):
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = next(
        "".join(c["source"]) for c in cells if "given = {" in "".join(c["source"])
    )
    points = ast.literal_eval(code.split("points = ")[1].split("given = ")[0])
    given = {name: dict(zip(TARPARE, p, strict=True)) for name, p in points.items()}
    first = [
        rank_items(given, criteria_of(TARPARE, weights), seed=1).first
        for weights in ({}, {"persuasibility": 3})
    ]
    assert first == [("weary of trying",), ("caring parents",)]
    states(said, "persuasibility counts three times as much, another one wins")


# --- what the lesson shows --------------------------------------------------------


def test_pictures_tell_what_they_show(survey):
    table, classes = survey
    found = class_profiles(classes)
    shown = telling_answers(found)
    assert [item for item, _ in shown] == list(lesson.QUESTIONS)
    assert ("smoke free home", "yes") in shown and ("tries", "many") in shown
    picture = profiles_picture(found, caption="Classes.")
    ax = picture.figure.axes[0]
    texts = [t.get_text() for t in ax.texts]
    assert len(texts) == 4 * 12 and texts[0] == "92%"
    labels = [t.get_text() for t in ax.get_yticklabels()]
    assert labels[0] == "family first: agree"
    assert "weary of trying" in picture.alt
    sizes = class_sizes_picture(found, caption="Sizes.")
    assert sizes.alt.startswith("Sizes. caring parents: 28.1%")
    ages = sizes_picture(segment_sizes(table, "age group"), caption="Ages.")
    assert len(ages.figure.axes[0].collections) == 3
    ways = compare_targeting(table, "intends", {"all": table["age"] > 0})
    ax = targeting_picture(ways, caption="Aim.").figure.axes[0]
    assert ax.lines[0].get_xdata()[0] == 100


def test_results_are_told_in_words(survey):
    table, _ = survey
    shown = words_of(lesson.told(segment_sizes(table, "gender"), "By gender"))
    assert "By gender the largest segment is" in shown and "people asked" in shown
    gains = percentage_to_gain(table, lesson.BELIEFS, "intends", weights="weight")
    assert "14.0 points" in words_of(lesson.told(gains, "Beliefs"))
    frame = pd.DataFrame({"a": ["<b>", None], "share": [0.5, float("nan")]})
    assert "&lt;b&gt;" in lesson.in_words(frame, "Escaped").data
    assert "50.0%" in words_of(lesson.in_words(frame, "Escaped"))
    assert "turned round" in words_of(lesson.criteria_table(TARPARE, "Six"))
    points = {n: dict.fromkeys(TARPARE, p) for n, p in (("a", 5), ("b", 2))}
    ranked = rank_items(points, criteria_of(TARPARE), seed=1)
    assert "'a' comes first" in words_of(lesson.ranking_told(ranked, "Two"))


def test_the_plans_segments_are_asked_for_what_they_lack_and_ranked(home):
    live = lesson.plan_segments()
    assert "no segment" in live.said
    first = {"name": "Everybody", "scores": dict.fromkeys(TARPARE, 2.0)}
    live.form.patch(segments=[first])
    assert "is everybody" in words_of(live.said)
    assert "Give two segments points" in words_of(live.said)
    second = {
        "name": "Weary", "basis": "psychographic", "criteria": "tried", "size": 900,
        "barriers": ["no hope"], "benefits": ["breath"], "competition": ["smoking"],
        "scores": dict.fromkeys(TARPARE, 4.0) | {"resources required": 2.0},
    }  # fmt: skip
    live.form.patch(segments=[first, second])
    told = words_of(live.said)
    assert "says all that a segment has to say" in told
    assert "'Weary' comes first" in told or "&#x27;Weary&#x27; comes first" in told
    assert "Weary" in (home / "plan.yml").read_text(encoding="utf-8")
    wrong = second | {"scores": dict.fromkeys(TARPARE, 40.0)}
    live.form.patch(segments=[first, wrong])
    assert "40" in words_of(live.said)
    assert plan_form("segments").model.segments[1].name == "Weary"


def test_ages_and_classes_serve_the_two_disciplines_as_the_text_says(said, survey):
    table, _ = survey

    def gap(outcome, by):
        found = shares_by(table, outcome, by, weights="weight")
        first = max(found.shares, key=lambda e: e.estimate).name
        assert found.gap.ci_low > 0, "groups are not told apart"
        return first, round(100 * found.gap.estimate)

    assert gap("signed up", "age group") == ("18-34", 7)
    assert gap("intends", "age group")[0] == "35-54"
    for outcome in ("signed up", "intends"):
        shares = shares_by(table, outcome, "age group", weights="weight").shares
        assert min(shares, key=lambda e: e.estimate).name == "55-79"
    states(said, "In both the oldest come last")
    assert gap("signed up", "segment") == ("weary of trying", 19)
    assert gap("intends", "segment") == ("weary of trying", 40)
    states(said, "Ages differed by 7 points at most; classes differ by 19 and by 40")


def test_what_is_called_true_of_the_survey_is_what_was_simulated(said, survey):
    table, _ = survey
    shares, ages = (
        np.array(x) for x in (make_examples.SMOKERS["shares"], make_examples.AGES)
    )
    by_age = shares @ ages
    assert by_age == pytest.approx([0.3075, 0.419, 0.2735])
    found = {
        e.name: e for e in segment_sizes(table, "age group", weights="weight").shares
    }
    plain = {e.name: e for e in segment_sizes(table, "age group").shares}
    assert found["35-54"].ci_high < by_age[1] < found["35-54"].ci_high + 0.005
    assert found["18-34"].ci_low < by_age[0] < found["18-34"].ci_high
    assert plain["18-34"].ci_high < by_age[0]
    states(said, "are 41.9% in truth", "31% are that young in truth")
    signs = np.array(make_examples.SMOKERS["signed_up"])
    in_truth = (shares * signs) @ ages / by_age
    assert round(100 * np.ptp(in_truth)) == 2 and in_truth[0] - in_truth[2] < 0.01
    states(
        said,
        "In truth no two ages lie more than 2 points apart, the youngest and the "
        "oldest less than 1, and yet chance made 7",
    )
    gaps = [
        round(100 * np.ptp(make_examples.SMOKERS[name]))
        for name in ("signed_up", "intends")
    ]
    assert gaps == [18, 44]
    states(said, "we made it, by 18 and by 44")
    design = segment_sizes(table, "age group", weights="weight").design_effect
    assert f"{design:.2f}" == "1.08" and round(len(table) / design) == 2781
    states(said, "3,000 divided by 2,781 is 1.08: the design effect")


def test_age_loses_in_both_disciplines_as_the_text_says(said, survey):
    table, _ = survey

    def way(segment, age):
        meant = table.assign(meant=table["segment"] == segment)
        ages = {age: table["age group"] == age}
        return compare_targeting(meant, "meant", ages, weights="weight")[0]

    ways = {age: way("weary of trying", age) for age in ("18-34", "35-54", "55-79")}
    assert max(ways, key=lambda age: ways[age].meant.estimate) == "55-79"
    assert ways["55-79"].meant.ci_low > ways["35-54"].meant.ci_high
    course, advert = ways["55-79"], way("sociable", "18-34")
    assert 0.33 < course.found.estimate < 0.4 and 0.22 < course.meant.estimate < 0.28
    assert 0.45 < advert.found.estimate < 0.55 and advert.meant.ci_high < 0.5
    states(said, "misses more than six in ten of the weary, and three in four who get")
    states(said, "misses half of the sociable, and more than half of those who see it")
    stages = stages_of_change(
        table, does="stopped", months="months stopped", plans="plans"
    )
    by_stage = shares_by(
        table.assign(stage=stages), "signed up", "stage", weights="weight"
    )
    ranked = [e.name for e in sorted(by_stage.shares, key=lambda e: -e.estimate)]
    assert set(ranked[:2]) == {"contemplation", "preparation"}
    assert ranked[-1] == "precontemplation" and by_stage.gap.ci_low > 0
    states(said, "Those who think of stopping come first, and those who do not")
    table = table.assign(stage=stages)
    picture = sizes_picture(
        segment_sizes(table, "stage"), caption="Stages.", order=list(STAGES)
    )
    labels = [x.get_text() for x in picture.figure.axes[0].get_yticklabels()]
    assert [x.split(" (")[0] for x in labels] == list(STAGES)[::-1]
