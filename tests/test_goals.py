"""Tests of goals: what is refused, what is accepted, and the words that help."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from campaignbook.goals import Evidence, Goal, what_it_shows

LEVEL = {"target_is": "level"}
CHANGE = {"target_is": "change"}
DOWN = {"direction": "decrease"}


def goal(**fields):
    basis = {
        "id": "registrations",
        "type": "behaviour",
        "measure": "registration rate",
        "unit": "share",
        "direction": "increase",
    }
    return Goal(**(basis | fields))


def refusal(**fields):
    """Return the one message with which a goal is refused."""
    with pytest.raises(ValidationError) as caught:
        goal(**fields)
    (problem,) = caught.value.errors()
    return problem["msg"]


@pytest.mark.parametrize(
    "fields",
    [
        {"baseline": 0.27, "target": 0.30},
        {"baseline": 0.30, "target": 0.27} | DOWN,
        {"baseline": 0.0, "target": 1.0},
        {"baseline": 0.27},
        {"target": 0.30},
        {"target": 0.03} | CHANGE,
        {"target": -0.03} | CHANGE | DOWN,
        {"baseline": 0.27, "target": 0.03} | CHANGE,
        {"unit": "count", "baseline": 27, "target": 30},
        {"unit": "money", "baseline": -5, "target": 0},
        {"unit": "cigarettes a day", "baseline": 12, "target": 9.5} | DOWN,
        {"unit": "cigarettes a day", "target": -2.5} | CHANGE | DOWN,
        {"unit": "ratio", "target": 1.2} | CHANGE,
        {"evidence": {"key": "snyder_2007"}, "deadline": "2012-03-31"},
    ],
)
def test_valid_goals_are_accepted(fields):
    made = goal(**fields)
    for name in ("baseline", "target", "direction", "unit", "target_is"):
        assert getattr(made, name) == fields.get(name, getattr(made, name))


def test_what_is_left_out():
    made = goal(deadline="2012-03-31")
    assert (made.baseline, made.target, made.target_is) == (None, None, "level")
    assert (made.audience, made.statement, made.evidence) == ("", "", None)
    assert made.deadline == date(2012, 3, 31)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"baseline": 27}, "baseline must be a share between 0 and 1, got 27"),
        ({"baseline": 27}, "write 27% as 0.27"),
        ({"target": 30}, "target must be a share between 0 and 1, got 30"),
        ({"target": 2.5}, "write 2.5% as 0.025"),
        ({"target": 3} | CHANGE, "target must be a share between -1 and 1, got 3"),
        ({"target": -3} | CHANGE | DOWN, "write -3% as -0.03"),
    ],
)
def test_percent_is_refused_with_the_share_to_write(fields, words):
    assert words in refusal(**fields)


def test_both_percents_are_told_together():
    message = refusal(baseline=27, target=30)
    assert "27% as 0.27" in message and "30% as 0.3" in message


@settings(max_examples=100, deadline=None)
@given(value=st.floats(-1e4, 1e4), field=st.sampled_from(["baseline", "target"]))
def test_the_share_to_write_would_be_accepted(value, field):
    """A remedy that is itself refused is no remedy."""
    try:
        goal(**{field: value})
    except ValidationError as error:
        assert not 0 <= value <= 1
        offered = re.findall(r"as (-?[\d.e+-]+)$", error.errors()[0]["msg"])
        for share in offered:
            assert getattr(goal(**{field: float(share)}), field) == float(share)
    else:
        assert 0 <= value <= 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"baseline": 0.30, "target": 0.27}, ["0.27 is not above", "0.3", "increase"]),
        ({"baseline": 0.27, "target": 0.27}, ["not above", "target_is: change"]),
        ({"baseline": 0.27, "target": 0.03}, ["not above", "target_is: change"]),
        ({"baseline": 0.27, "target": 0.30} | DOWN, ["0.3 is not below", "decrease"]),
        ({"unit": "count", "baseline": 9, "target": 8}, ["8 is not above", "9"]),
    ],
)
def test_target_on_the_wrong_side_is_refused(fields, words):
    message = refusal(**fields)
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"target": -0.03}, ["wrong direction", "above 0", "direction: decrease"]),
        ({"target": 0.0}, ["wrong direction", "above 0"]),
        ({"target": 0.03} | DOWN, ["wrong direction", "below 0", "increase"]),
        ({"target": 0.0} | DOWN, ["wrong direction", "below 0"]),
    ],
)
def test_change_in_the_wrong_direction_is_refused(fields, words):
    message = refusal(**(fields | CHANGE))
    assert all(word in message for word in words), message


def test_a_ratio_means_no_change_at_one():
    """A ratio of 0.8 is a decrease and one of 0.9 no increase: its null value is 1."""
    ratio = {"unit": "ratio"} | CHANGE
    assert goal(target=0.8, **(ratio | DOWN)).target == 0.8
    assert "1" in refusal(target=0.9, **ratio)


number = st.integers(0, 10**6).map(lambda n: n / 10**6)


@settings(max_examples=100, deadline=None)
@given(
    baseline=st.none() | number,
    target=st.none() | number,
    unit=st.sampled_from(["share", "count", "money", "litres"]),
    direction=st.sampled_from(["increase", "decrease"]),
    is_change=st.booleans(),
)
def test_accepted_exactly_when_the_target_is_on_the_wished_side(
    baseline, target, unit, direction, is_change
):
    start = 0 if is_change else baseline
    wished = target is None or start is None
    wished = wished or (target > start if direction == "increase" else target < start)
    fields = {
        "baseline": baseline,
        "target": target,
        "unit": unit,
        "direction": direction,
        "target_is": "change" if is_change else "level",
    }
    if wished:
        assert goal(**fields).target == target
    else:
        assert direction in refusal(**fields)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"taget": 0.3}, "taget"),
        ({"target": float("nan")}, "target"),
        ({"baseline": float("inf")}, "baseline"),
        ({"direction": "up"}, "direction"),
        ({"type": "fame"}, "type"),
        ({"id": "a b"}, "id"),
        ({"measure": ""}, "measure"),
        ({"unit": ""}, "unit"),
        ({"target_is": "percentage"}, "target_is"),
        ({"deadline": "soon"}, "deadline"),
    ],
)
def test_other_refusals_name_the_field(fields, place):
    with pytest.raises(ValidationError) as caught:
        goal(**fields)
    assert [problem["loc"][0] for problem in caught.value.errors()] == [place]


@pytest.mark.parametrize("evidence", [{}, {"key": "snyder_2007", "text": "We know."}])
def test_evidence_is_a_key_or_words(evidence):
    with pytest.raises(ValidationError, match="either key or text"):
        Evidence(**evidence)


def test_goals_are_frozen():
    made = goal(baseline=0.27, target=0.30)
    with pytest.raises(ValidationError, match="frozen"):
        made.target = 0.2
    with pytest.raises(ValidationError, match="frozen"):
        Evidence(text="We know.").text = "We do not."
    assert made == goal(baseline=0.27, target=0.30)
    assert hash(made) == hash(goal(baseline=0.27, target=0.30))


@pytest.mark.parametrize("model", [Goal, Evidence])
def test_every_field_speaks(model):
    for name, field in model.model_fields.items():
        assert field.title and field.description, name
    schema = model.model_json_schema()
    assert schema["additionalProperties"] is False
    assert all(
        "title" in p and "description" in p for p in schema["properties"].values()
    )


ATTENTION = (
    "video views|number of views|Views|video_views|VideoViews|views per post|"
    "page views in March|total views on YouTube|views of the video|likes|"
    "likes per post|likes/post|likes & shares|followers|new followers per week|"
    "engagement|engagement rate|engagement with posts|page impressions|reach|"
    "reach of the posts|reach (people)|people reached|post shares|number of shares|"
    "retweets|comments on posts|link clicks|click-through rate|cost per click|"
    "people who like our posts|share of women who saw the campaign|"
    "people who follow us|likes per view"
)
NOT_ATTENTION = (
    "share of smokers who quit|number of people who reach work by bike|"
    "children who like fruit|views on smoking|political views|women\u2019s views|"
    "views of women on vaccination|sign-ups per click|"
    "purchases per 1,000 impressions|share of followers who registered|"
    "quit rate among people reached|community engagement|engagement in sport|"
    "physical activity and engagement|market share|share of trips by bike|"
    "shares of cycling in all trips|followers of the diet|"
    "comments on the draft plan|pupils reach a grade of 4|"
    "medicine kept out of reach|impressions of the service|"
    "people who share needles|likes and dislikes|"
    "people who watched the video and quit|people who follow the campaign advice|"
    "employees who click phishing links|share who do it"
)


@pytest.mark.parametrize("measure", ATTENTION.split("|"))
def test_attention_is_no_behaviour(measure):
    message = refusal(measure=measure, unit="count")
    for words in (measure, "37 million", "2.8 million", "148,700", "the behaviour"):
        assert words in message
    assert "not what anybody did" in what_it_shows(measure)
    assert what_it_shows(measure.upper()) or measure == "VideoViews"
    assert goal(type="awareness", measure=measure, unit="count").measure == measure


@pytest.mark.parametrize("measure", NOT_ATTENTION.split("|"))
def test_what_sounds_like_attention_is_accepted(measure):
    assert goal(measure=measure).measure == measure
    assert what_it_shows(measure) is None


def test_attention_and_a_percent_are_told_together_in_short_lines():
    long = {"measure": "likes " * 33, "audience": "women " * 50}
    lines = refusal(baseline=27, **long).split("\n")
    assert len(lines) == 2 and max(map(len, lines)) < 370
    assert "share of women who do it" in refusal(measure="likes", audience="women")
