"""The question bank: each question can be judged, and each number worked out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.errors import DataError
from campaignbook.exercises import (
    asked,
    computed,
    drawn,
    judge,
    judge_number,
    right_number,
    shuffled,
)
from campaignbook.files import read_questions
from campaignbook.questions import QuestionBank
from campaignbook.reading import parse_data

BANK = read_questions()
QUESTIONS = {q.id: q for q in BANK.questions}
EXERCISES = {e.id: e for e in BANK.exercises}


def option(name, **changes):
    return {"id": name, "text": f"Answer {name}", "feedback": "So.", **changes}


def question(**changes):
    options = [option("a", right=True)]
    options += [option(n, misconception="synonyms") for n in "bcd"]
    return {
        "id": "q",
        "topic": "goals",
        "text": "Which?",
        "hint": "Think.",
        "options": options,
        "sources": ["kite"],
        **changes,
    }


def exercise(**changes):
    return {
        "id": "e",
        "topic": "goals",
        "text": "{part} of {whole} people came. What share?",
        "hint": "Divide by {whole}.",
        "draws": {
            "part": {"low": 10, "high": 20, "step": 1},
            "whole": {"low": 1000, "high": 2000, "step": 500},
        },
        "answer": {"formula": "ratio"},
        "unit": "share",
        "feedback": "Right.",
        "wrong": [{"formula": "ratio", "times": 100, "feedback": "Percent."}],
        "sources": ["kite"],
        **changes,
    }


def bank(questions=(), exercises=()):
    return {
        "sources": {"kite": {"author": "Kite", "year": 2023, "title": "A model"}},
        "misconceptions": [{"id": "synonyms", "text": "Same.", "correction": "Not."}],
        "questions": list(questions),
        "exercises": list(exercises),
    }


def parsed(*questions, exercises=()):
    return parse_data(QuestionBank, bank(questions, exercises))


# --- judging ----------------------------------------------------------------------


@pytest.mark.parametrize("q", BANK.questions, ids=lambda q: q.id)
def test_each_option_is_judged_with_its_own_feedback(q):
    judged = {o.id: judge(q, o.id) for o in q.options}
    assert [j.right for j in judged.values()].count(True) == 1
    assert len({j.feedback for j in judged.values()}) == 4
    assert all(judged[o.id].misconception == o.misconception for o in q.options)


def test_an_unknown_option_is_refused():
    with pytest.raises(DataError, match="question 'q': there is no option 'z'"):
        judge(parsed(question()).questions[0], "z")


@given(st.integers(0, 10**9))
def test_shuffling_keeps_the_options_and_repeats_itself(seed):
    q = BANK.questions[0]
    assert sorted(o.id for o in shuffled(q, seed)) == ["a", "b", "c", "d"]
    assert shuffled(q, seed) == shuffled(q, seed)


def test_the_right_option_comes_to_stand_at_each_place():
    q = BANK.questions[0]
    places = {[o.right for o in shuffled(q, seed)].index(True) for seed in range(40)}
    assert places == {0, 1, 2, 3}


def test_two_questions_are_not_shuffled_alike():
    first, second = parsed(question(), question(id="r")).questions
    orders = [
        [[o.id for o in shuffled(q, seed)] for seed in range(20)]
        for q in (first, second)
    ]
    assert orders[0] != orders[1]


def test_a_negative_seed_is_refused():
    with pytest.raises(DataError, match="a seed must be 0 or more, got -1"):
        shuffled(BANK.questions[0], -1)


# --- numbers ----------------------------------------------------------------------

SEEDS = range(50)


@pytest.mark.parametrize("e", BANK.exercises, ids=lambda e: e.id)
def test_drawn_numbers_lie_on_their_grid(e):
    for seed in SEEDS:
        for name, value in drawn(e, seed).items():
            draw = e.draws[name]
            steps = (value - draw.low) / draw.step
            assert draw.low <= value <= draw.high + 1e-12
            assert steps == pytest.approx(round(steps), abs=1e-6)


@pytest.mark.parametrize("e", BANK.exercises, ids=lambda e: e.id)
def test_learners_have_their_own_numbers(e):
    assert drawn(e, 1) == drawn(e, 1)
    assert len({asked(e, seed) for seed in SEEDS}) > 10


@pytest.mark.parametrize("e", BANK.exercises, ids=lambda e: e.id)
def test_right_and_typical_wrong_results_are_told_apart(e):
    for seed in SEEDS:
        right = right_number(e, seed)
        assert judge_number(e, seed, right).right
        assert judge_number(e, seed, right * (1 + 0.9 * e.tolerance)).right
        assert not judge_number(e, seed, right * (1 + 1.1 * e.tolerance)).right
        feedback = set()
        for wrong in e.wrong:
            value = computed(wrong, drawn(e, seed))
            # The whole bands of accepted values must not touch.
            gap = abs(value - right) - e.tolerance * (abs(value) + abs(right))
            assert gap > 0, f"{wrong.formula} at seed {seed}: {value} and {right}"
            judged = judge_number(e, seed, value)
            assert not judged.right
            assert not judged.feedback.startswith("Not yet.")
            feedback.add(judged.feedback)
        assert len(feedback) == len(e.wrong), f"two wrong results meet at seed {seed}"


@pytest.mark.parametrize("e", BANK.exercises, ids=lambda e: e.id)
def test_no_gap_is_left_in_what_is_said(e):
    said = [asked(e, 7), judge_number(e, 7, right_number(e, 7)).feedback]
    said += [judge_number(e, 7, computed(w, drawn(e, 7))).feedback for w in e.wrong]
    said.append(judge_number(e, 7, 1e15).feedback)
    assert not [text for text in said if "{" in text]


def test_another_number_is_answered_with_the_hint():
    e = parsed(exercises=[exercise()]).exercises[0]
    whole = drawn(e, 5)["whole"]
    judged = judge_number(e, 5, 0.5)
    assert (judged.right, judged.misconception) == (False, None)
    assert judged.feedback == f"Not yet. Divide by {whole:,.0f}."


def test_no_number_at_all_is_not_right():
    assert not judge_number(BANK.exercises[0], 1, float("nan")).right


def test_shares_are_shown_in_percent():
    draws = {
        "part": {"low": 0.05, "high": 0.15, "step": 0.05, "percent": True},
        "whole": {"low": 10000, "high": 20000, "step": 10000},
    }
    e = parsed(exercises=[exercise(draws=draws)]).exercises[0]
    shown = {asked(e, seed).removesuffix(" people came. What share?") for seed in SEEDS}
    wanted = {f"{p}% of {w}" for p in (5, 10, 15) for w in ("10,000", "20,000")}
    assert shown == wanted


# --- refusals ---------------------------------------------------------------------


def test_all_problems_of_a_bank_are_told_at_once():
    bad = [
        question(id="one", topic="gaols"),
        question(id="two", options=[option(n, right=True) for n in "abcd"]),
        question(id="three", sources=["kit"]),
        question(id="three", hint=""),
    ]
    with pytest.raises(DataError) as caught:
        parsed(*bad)
    told = "\n".join(caught.value.problems)
    assert "questions.one.topic: 'gaols' is not known (did you mean 'goals'?)" in told
    assert "questions.two: exactly one option must be right, 4 are." in told
    assert "questions.three: there is no source 'kit' (did you mean 'kite'?)." in told
    assert "questions.three.hint: " in told
    assert "questions: the id 'three' stands 2 times." in told
    assert len(caught.value.problems) == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"options": [option("a", right=True)] * 4}, "two options have the same id"),
        ({"claims": ["C31"]}, "questions.q.claims"),
        ({"answer": "a"}, "unknown key 'answer'"),
        ({"sources": []}, "at least 1 item"),
        (
            {"options": [option("a", right=True), *map(option, "bcd")]},
            "option 'b' is wrong; name its misconception or a source",
        ),
        (
            {
                "options": [
                    option("a", right=True, misconception="synonyms"),
                    *[option(n, misconception="synonyms") for n in "bcd"],
                ]
            },
            "option 'a' is right and names a misconception",
        ),
        (
            {
                "options": [
                    option("a", right=True),
                    *[option(n, misconception="synonym") for n in "bcd"],
                ]
            },
            "there is no misconception 'synonym' (did you mean 'synonyms'?)",
        ),
    ],
)
def test_a_faulty_question_is_refused(changes, words):
    with pytest.raises(DataError, match=re.escape(words)):
        parsed(question(**changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"answer": {"formula": "rato"}}, "no formula 'rato' (did you mean 'ratio'?)"),
        ({"answer": {"formula": "__import__"}}, "no formula '__import__'"),
        ({"answer": {"formula": "difference"}}, "no number plays 'after'"),
        (
            {"answer": {"formula": "ratio", "inputs": {"top": "part"}}},
            "formula 'ratio' has no 'top'",
        ),
        ({"text": "{part} came."}, "the text does not show {whole}"),
        ({"hint": "Divide by {hole}."}, "{hole} is not drawn (did you mean 'whole'?)"),
        ({"wrong": []}, "at least 1 item"),
        (
            {
                "draws": {
                    "part": {"low": 1, "high": 10, "step": 4},
                    "whole": {"low": 1, "high": 2, "step": 1},
                }
            },
            "4 does not lead from 1 to 10",
        ),
    ],
)
def test_a_faulty_exercise_is_refused(changes, words):
    with pytest.raises(DataError, match=re.escape(words)):
        parsed(exercises=[exercise(**changes)])
