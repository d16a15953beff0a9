"""Surveys and settings that make no sense: a sentence each, never a wrong answer."""

import numpy as np
import pandas as pd
import pytest

from campaignbook.added_value import added_value
from campaignbook.audiences import segment_sizes, shares_by
from campaignbook.beliefs import doers_and_others, percentage_to_gain
from campaignbook.class_choice import choose_classes, class_stability
from campaignbook.class_prediction import cramers_v, predict_segment
from campaignbook.class_profiles import class_profiles, personas
from campaignbook.errors import CampaignError
from campaignbook.latent_classes import find_classes
from campaignbook.lesson_audiences import targeting_frame
from campaignbook.numeric_segments import compare_segment_numbers, numeric_segments
from campaignbook.scoring import Criterion, rank_items
from campaignbook.segment_choice import TARPARE, criteria_of, stages_of_change
from campaignbook.targeting import compare_targeting

RNG = np.random.default_rng(0)
ROWS = 200
SURVEY = pd.DataFrame(
    {
        "age": RNG.choice(["young", "old"], ROWS),
        "talks": RNG.choice(["yes", "no"], ROWS),
        "acts": RNG.choice([0, 1], ROWS),
        "x": RNG.normal(size=ROWS),
        "y": RNG.normal(size=ROWS),
        "weight": 1.0,
    }
)
SEGMENT = pd.Series(["a", "b"] * (ROWS // 2))
ITEMS = ["age", "talks"]


def all_analyses(table, weights=None):
    """Yield every analysis of a survey as a call, by name."""
    given = {"weights": weights} if weights else {}
    yes = table["age"] == "old"
    yield "sizes", lambda: segment_sizes(table, "age", **given)
    yield "shares", lambda: shares_by(table, "acts", "age", **given)
    yield "classes", lambda: find_classes(table, ITEMS, classes=2, **given)
    yield "number", lambda: choose_classes(table, ITEMS, **given)
    yield "scales", lambda: numeric_segments(table, ["x"], segments=2, **given)
    yield "numbers", lambda: compare_segment_numbers(table, ["x"], **given)
    yield "ways", lambda: compare_targeting(table, "acts", {"old": yes}, **given)
    yield "gain", lambda: percentage_to_gain(table, ["acts"], "acts", **given)
    yield "doers", lambda: doers_and_others(table, "acts", ["acts"], **given)
    yield "personas", lambda: personas(table, yes, ["age"], **given)
    if not weights:
        who = table["age"]
        yield "told", lambda: predict_segment(table, who, ["x"])
        yield "together", lambda: cramers_v(table, "age", who)
        yield "added", lambda: added_value(table, "acts", known=["x"], added=["y"])
        yield (
            "stages",
            lambda: stages_of_change(table, does="acts", months="x", plans="age"),
        )


@pytest.mark.parametrize(("name", "asked"), list(all_analyses(SURVEY.iloc[:0])))
def test_a_survey_without_rows_is_refused_by_every_analysis(name, asked):
    assert name
    with pytest.raises(CampaignError, match="the survey has no rows"):
        asked()


@pytest.mark.parametrize("weight", [-1.0, 0.0, np.nan, np.inf])
def test_impossible_weights_are_refused_by_every_analysis(weight):
    for name, asked in all_analyses(SURVEY.assign(weight=weight), "weight"):
        with pytest.raises(CampaignError, match="weights: ") as told:
            asked()
        assert "'weight'" in str(told.value), name


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: segment_sizes(SURVEY, []), "by: name at least one column"),
        (lambda: segment_sizes(SURVEY, "age", level=95), "Write 95% as 0.95"),
        (lambda: segment_sizes(SURVEY, "age", population=-5), "population: -5"),
        (
            lambda: segment_sizes(SURVEY.assign(c=np.nan), "age", clusters="c"),
            "200 people have no cluster",
        ),
        (lambda: find_classes(SURVEY, ITEMS, classes=1.5), "1.5 classes were asked"),
        (lambda: find_classes(SURVEY, ITEMS, classes=2, starts=0), "starts: 0"),
        (
            lambda: class_stability(find_classes(SURVEY, ITEMS, classes=2), times=0),
            "times: 0",
        ),
        (
            lambda: class_profiles(find_classes(SURVEY, ITEMS, classes=2), level=0),
            "level: it must lie between 0 and 1",
        ),
        (lambda: numeric_segments(SURVEY, ["x"], segments=2, starts=0), "starts: 0"),
        (
            lambda: numeric_segments(SURVEY.assign(x=np.inf), ["x"], segments=2),
            "holds 'inf' where a number",
        ),
        (lambda: compare_segment_numbers(SURVEY, ["x"], most=1), "most is 1"),
        (lambda: predict_segment(SURVEY, SEGMENT[:9], ["x"]), "speaks of 9 rows"),
        (
            lambda: predict_segment(
                SURVEY.assign(x=[np.inf, *range(1, ROWS)]), SEGMENT, ["x"]
            ),
            "'x' holds an infinite number",
        ),
        (lambda: cramers_v(SURVEY, "age", SEGMENT[:9]), "speaks of 9 rows"),
        (
            lambda: personas(SURVEY, SEGMENT.set_axis(SEGMENT.index + 1), ["age"]),
            "other rows than the survey",
        ),
        (
            lambda: added_value(SURVEY, "acts", known=["x"], added=[]),
            "added: name at least one",
        ),
        (
            lambda: compare_targeting(SURVEY, "acts", {"old": SURVEY["age"]}),
            "way 'old' holds '(old|young)' where true or false",
        ),
        (
            lambda: compare_targeting(
                SURVEY, "acts", {"all": [True] * ROWS}, costs={"all": np.nan}
            ),
            "costs nan a person; write 0 or more",
        ),
        (lambda: doers_and_others(SURVEY, "acts", []), "reasons: name at least one"),
        (
            lambda: stages_of_change(
                SURVEY.assign(m="long"), does="acts", months="m", plans="talks"
            ),
            "'m' holds 'long' where a number of months",
        ),
        (
            lambda: rank_items({"a": {"x": "many"}}, [Criterion(name="x")], seed=1),
            "'a': 'many' points for 'x'; give 1 to 5",
        ),
        (
            lambda: rank_items(
                {"a": {"x": 1}}, [Criterion(name="x", weight="1")], seed=1
            ),
            "its weight is '1'; write 0 or more",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(asked, said):
    with pytest.raises(CampaignError, match=said):
        asked()


def test_classes_and_segments_keep_the_rows_of_a_part_of_the_survey():
    part = SURVEY[SURVEY["acts"] == 1].sample(frac=1, random_state=1)
    found = find_classes(part, ITEMS, classes=2)
    beside = part.assign(segment=found.labels())
    assert beside["segment"].tolist() == [f"class {i + 1}" for i in found.members()]
    scales = numeric_segments(part, ["x", "y"], segments=2)
    assert part.assign(s=scales.labels())["s"].isna().sum() == 0
    assert scales.labels().index.equals(part.index)


def test_segments_and_ways_are_put_in_the_order_of_the_survey():
    mixed = SEGMENT.sample(frac=1, random_state=2)
    same = {"folds": 5, "seed": 1}
    assert predict_segment(SURVEY, mixed, ["x"], **same) == predict_segment(
        SURVEY, SEGMENT, ["x"], **same
    )
    assert cramers_v(SURVEY, "age", mixed) == cramers_v(SURVEY, "age", SEGMENT)
    old = SURVEY["age"] == "old"
    told = [
        compare_targeting(SURVEY, "acts", {"old": way})
        for way in (old, old.sample(frac=1, random_state=3), old.tolist())
    ]
    assert told[0] == told[1] == told[2]


def test_fewer_people_than_numbers_to_try_end_the_comparison():
    table = pd.DataFrame({"x": [1, 2, 3] * 10})
    assert compare_segment_numbers(table, ["x"])["segments"].tolist() == [2, 3]


def test_a_way_that_finds_nobody_meant_has_no_price():
    yes = SURVEY["acts"] == 0
    found = compare_targeting(SURVEY, "acts", {"wrong": yes}, costs={"wrong": 1})
    assert "no price by person meant" in found[0].sentence()
    shown = targeting_frame(found)["cost by person meant"].iloc[0]
    assert shown == "nobody meant was found"


def test_a_guess_that_is_worse_than_none_is_called_so():
    rng = np.random.default_rng(8)
    for seed in range(40):
        table = SURVEY.assign(x=rng.normal(size=ROWS))
        found = predict_segment(table, SEGMENT, ["x"], seed=seed)
        if found.gain.ci_high < 0:
            assert "worse than knowing nothing" in found.sentence()
            return
    pytest.fail("no draw was worse than knowing nothing")


def test_all_weightings_are_the_same_whatever_the_own_weights():
    points = {
        n: dict.fromkeys(TARPARE, 3) | {"total": p} for n, p in (("a", 1), ("b", 5))
    }
    points["a"]["equity"] = 5
    ranks = [
        rank_items(points, criteria_of(TARPARE, weights), seed=1)
        for weights in ({}, {"equity": 3}, {"equity": 1e300})
    ]
    shares = [{i.name: i.first_any for i in r.items} for r in ranks]
    assert shares[0] == shares[1] == shares[2]
    assert ranks[2].first == ("a",)
