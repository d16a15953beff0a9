"""The four questions over all sixteen combinations, and the graded cases."""

import itertools

import pytest

from campaignbook.distinction import QUESTIONS, Answers, label_campaign

ALL = [
    Answers(**dict(zip(QUESTIONS, said, strict=True)))
    for said in itertools.product([True, False], repeat=4)
]


def name_of(answers):
    return "".join("y" if said else "n" for said in answers.model_dump().values())


everywhere = pytest.mark.parametrize("answers", ALL, ids=name_of)

# Written out by hand from the rule, in the order behaviour, society, tools, platforms.
LABELS = {
    "yyyy": "both",
    "yyyn": "social marketing",
    "yyny": "both",
    "yynn": "social marketing",
    "ynyy": "social media marketing",
    "ynyn": "neither",
    "ynny": "social media marketing",
    "ynnn": "neither",
    "nyyy": "social media marketing",
    "nyyn": "neither",
    "nyny": "social media marketing",
    "nynn": "neither",
    "nnyy": "social media marketing",
    "nnyn": "neither",
    "nnny": "social media marketing",
    "nnnn": "neither",
}
KINDS = {
    "social marketing": "social",
    "social media marketing": "social_media",
    "both": "social",
    "neither": None,
}


@everywhere
def test_the_label(answers):
    given = label_campaign(answers)
    assert given.label == LABELS[name_of(answers)]
    assert given.kind == KINDS[given.label]


@everywhere
def test_only_a_message_without_platforms_is_borderline(answers):
    assert label_campaign(answers).borderline == (name_of(answers) == "yynn")


@everywhere
def test_the_reason_names_the_questions_that_decided(answers):
    given = label_campaign(answers)
    said = name_of(answers)
    for number in range(1, 5):
        word = "yes" if said[number - 1] == "y" else "no"
        named = f"Question {number}, {word}:" in given.reason
        assert named == (number in given.decided_by)
        assert f"Question {number}, {'no' if word == 'yes' else 'yes'}" not in (
            given.reason
        )


@everywhere
def test_what_decided_decides_alone(answers):
    """Whatever the other answers are, those named give this label."""
    given = label_campaign(answers)
    said = name_of(answers)
    for other in ALL:
        if all(name_of(other)[n - 1] == said[n - 1] for n in given.decided_by):
            assert label_campaign(other).label == given.label


@everywhere
def test_the_plan_is_told_what_to_write(answers):
    given = label_campaign(answers)
    if given.kind is None:
        assert given.kind_sentence.startswith("Leave kind unset: ")
    else:
        assert f"kind: {given.kind} in the plan" in given.kind_sentence
    assert ("among its channels" in given.kind_sentence) == (given.label == "both")
    assert (given.warning is not None) == (name_of(answers) in ("yynn", "yyny"))


def test_social_advertising_is_called_so():
    given = label_campaign(
        Answers(behaviour=True, society=True, tools=False, platforms=False)
    )
    assert given.reason.startswith("Social advertising (borderline social marketing).")
    assert given.kind == "social"
    assert "social advertising" in given.warning
