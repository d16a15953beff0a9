"""The four questions over all sixteen combinations, and the graded cases."""

import itertools
import re
from typing import get_args

import pytest

from campaignbook.distinction import (
    QUESTIONS,
    Answers,
    CaseBook,
    Label,
    judge_case,
    label_campaign,
)
from campaignbook.errors import DataError
from campaignbook.files import read_cases
from campaignbook.reading import parse_data

BOOK = read_cases()
CASES = {c.id: c for c in BOOK.cases}

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


# --- the cases --------------------------------------------------------------------

each_case = pytest.mark.parametrize("case", BOOK.cases, ids=lambda c: c.id)


@each_case
def test_the_rubric_gives_the_label(case):
    assert label_campaign(case.answers).label == case.label


@each_case
def test_the_reason_decides(case):
    right = next(o for o in case.reasons if o.right)
    for option in case.reasons:
        judged = judge_case(case, case.label, option.id)
        assert judged.right == option.right
        assert judged.misconception == option.misconception
    for label in get_args(Label):
        judged = judge_case(case, label, right.id)
        other = case.contested.other if case.contested else None
        assert judged.right == (label in (case.label, other))


@each_case
def test_a_contested_case_is_answered_with_both_arguments(case):
    right = next(o for o in case.reasons if o.right)
    told = judge_case(case, case.label, right.id).feedback
    if case.contested:
        assert case.contested.for_label in told
        assert case.contested.for_other in told
    else:
        assert told == right.feedback


def test_a_wrong_label_with_the_right_reason_is_told_why():
    judged = judge_case(CASES["zombies"], "social marketing", "c")
    assert not judged.right
    assert "the label is social media marketing. " in judged.feedback
    assert "Question 1, no: " in judged.feedback


def test_an_unknown_reason_is_refused():
    with pytest.raises(DataError, match="case 'tips': there is no option 'e'"):
        judge_case(CASES["tips"], "both", "e")


def test_there_are_enough_real_cases_of_every_label():
    real = [c for c in BOOK.cases if c.facts]
    assert len(real) >= 22
    assert all(c.year and f.sources for c in real for f in c.facts)
    assert {c.label for c in real} == set(get_args(Label))
    assert sum(c.contested is not None for c in real) >= 4


def test_made_up_cases_say_so():
    assert all("no real one" in c.organisation for c in BOOK.cases if c.story)


def test_the_labels_are_those_of_the_codebook():
    """The labels as they were graded, by number of the list they come from."""
    graded = {
        "social marketing": (
            "tips truth verb click-it-or-ticket road-crew go-for-2-and-5 change4life "
            "dont-mess-with-texas"
        ),
        "both": (
            "finish-it this-girl-can dumb-ways-to-die stay-home vaccine-ads i-voted "
            "it-can-wait"
        ),
        "social media marketing": (
            "zombies ice-bucket dunk-in-the-dark bendgate food-bank-posts"
        ),
        "neither": "save-lids product-red pink-buckets visiting-hours",
    }
    wanted = {name: label for label, names in graded.items() for name in names.split()}
    assert {c.id: c.label for c in BOOK.cases} == wanted


@pytest.mark.parametrize("extreme", [max, min])
def test_length_does_not_give_the_right_reason_away(extreme):
    given_away = 0
    for case in BOOK.cases:
        length = extreme(len(o.text) for o in case.reasons)
        given_away += any(o.right and len(o.text) == length for o in case.reasons)
    assert given_away <= 0.4 * len(BOOK.cases)


def test_six_dimensions_stand_side_by_side():
    assert [d.id for d in BOOK.dimensions] == [
        "objective",
        "audience",
        "methods",
        "partners",
        "measures",
        "success",
    ]
    assert {d.of for d in BOOK.definitions} == {"social", "social_media"}
    assert {"C1", "C2", "C3"} <= {c for d in BOOK.dimensions for c in d.claims}


# --- refusals ---------------------------------------------------------------------


def case(**changes):
    reasons = [
        {"id": n, "text": n, "feedback": n, "misconception": "synonyms"} for n in "bcd"
    ]
    return {
        "id": "quit",
        "name": "Quit",
        "organisation": "A town",
        "year": 2020,
        "facts": [{"text": "Ten quit.", "sources": ["kite"]}],
        "answers": dict.fromkeys(QUESTIONS, True),
        "label": "both",
        "reasons": [{"id": "a", "text": "a", "feedback": "a", "right": True}, *reasons],
        **changes,
    }


def parsed(*cases):
    dimensions = [d.model_dump() for d in BOOK.dimensions]
    return parse_data(
        CaseBook,
        {
            "sources": {"kite": {"author": "Kite", "title": "A model"}},
            "misconceptions": [{"id": "synonyms", "text": "a", "correction": "b"}],
            "definitions": [],
            "dimensions": dimensions,
            "cases": list(cases),
        },
    )


def test_a_sound_case_is_read():
    assert parsed(case()).cases[0].label == "both"


def test_all_problems_are_told_at_once_with_the_case():
    contest = {"other": "both", "for_label": "x", "for_other": "y"}
    with pytest.raises(DataError) as caught:
        parsed(
            case(id="one", label="neither"),
            case(id="two", contested=contest),
            case(id="three", facts=[{"text": "Ten.", "sources": ["kit"]}]),
            case(id="four", year="long ago"),
        )
    told = "\n".join(caught.value.problems)
    assert "cases.one: the answers make it 'both', not 'neither'." in told
    assert "cases.two: the other label is the label itself." in told
    assert "cases.three: there is no source 'kit' (did you mean 'kite'?)." in told
    assert "cases.four.year: " in told
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"facts": []}, "give facts with their sources, or the story"),
        ({"story": "Once."}, "give facts with their sources, or the story"),
        ({"facts": [{"text": "Ten.", "sources": []}]}, "cases.quit.facts[1].sources"),
        ({"answers": {"behaviour": True}}, "the key 'society' is missing"),
        ({"label": "bothh"}, "'bothh' is not known (did you mean 'both'?)"),
    ],
)
def test_a_faulty_case_is_refused(changes, words):
    with pytest.raises(DataError, match=re.escape(words)):
        parsed(case(**changes))
