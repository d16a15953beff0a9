"""The quiz: judged in Python, remembered in the learner's file, counted for a class."""

import csv
import html
import json
import re

import nbformat
import openpyxl
import pytest
from conftest import ROOT
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor

from campaignbook.answer_sheets import class_report, export_answers
from campaignbook.errors import DataError
from campaignbook.exercises import right_number
from campaignbook.files import read_cases, read_questions
from campaignbook.learner_files import learner_folder
from campaignbook.quiz import ask
from campaignbook.quiz_items import item_of, nouns_of, number_in
from campaignbook.tries import Tries, Try, open_tries, read_tries, write_tries

BANK, CASES = read_questions(), read_cases()
NOUNS = nouns_of(BANK, CASES)
QUESTION, EXERCISE, CASE = BANK.questions[0], BANK.exercises[0], CASES.cases[0]
RIGHT = next(o.id for o in QUESTION.options if o.right)
WRONG = next(o for o in QUESTION.options if o.misconception)


@pytest.fixture(autouse=True)
def answers(tmp_path, monkeypatch):
    """Let the answers go to a file of the test, and give its path."""
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    return learner_folder() / "answers.json"


def send(quiz, **message):
    """Let the page send a message."""
    quiz._handle_custom_msg(message, [])


def place(quiz, text):
    return quiz.groups[-1][1].index(text)


# --- asking -----------------------------------------------------------------------


def test_ids_are_used_once_over_questions_exercises_and_cases():
    assert len(NOUNS) == len([*BANK.questions, *BANK.exercises, *CASES.cases])


@pytest.mark.parametrize("name", NOUNS)
def test_nothing_on_the_page_tells_the_answer(name):
    quiz = ask(name)
    state = {k: v for k, v in quiz.get_state().items() if not k.startswith("_")}
    sent = json.dumps(state, default=str)
    noun = NOUNS[name]
    told = [w.feedback for w in getattr(noun, "wrong", [])]
    told += [o.feedback for o in getattr(noun, "options", getattr(noun, "reasons", []))]
    told += [noun.feedback] if hasattr(noun, "feedback") else []
    assert told and all(json.dumps(t)[1:-1] not in sent for t in told)
    assert "right" not in state and "misconception" not in sent
    assert (quiz.said, quiz.hint, quiz.state, quiz.chosen) == ("", "", "open", [])
    for _, options in quiz.groups:
        assert all(isinstance(text, str) for text in options), "texts only, no ids"


def test_options_stand_in_the_learners_own_order(answers):
    orders = set()
    for seed in range(12):
        write_tries(Tries(seed=seed), answers)
        first, again = ask(QUESTION.id).groups, ask(QUESTION.id).groups
        assert first == again
        assert sorted(first[0][1]) == sorted(o.text for o in QUESTION.options)
        orders.add(tuple(first[0][1]))
    assert len(orders) > 5


def test_the_seed_is_made_once_and_the_numbers_are_the_learners_own(answers):
    prompt = ask(EXERCISE.id).prompt
    seed = read_tries(answers).seed
    ask(QUESTION.id).check(RIGHT)
    assert read_tries(answers).seed == seed and ask(EXERCISE.id).prompt == prompt
    write_tries(Tries(seed=seed + 1), answers)
    assert ask(EXERCISE.id).prompt != prompt


def test_an_unknown_question_is_told():
    with pytest.raises(DataError, match=f"did you mean '{QUESTION.id}'"):
        ask(QUESTION.id[:-1])


# --- judging ----------------------------------------------------------------------


@pytest.mark.parametrize("option", QUESTION.options, ids=lambda o: o.id)
def test_every_option_has_its_own_feedback(option):
    quiz = ask(QUESTION.id)
    send(quiz, answer=[place(quiz, option.text)])
    assert quiz.state == ("right" if option.right else "wrong")
    assert option.feedback.removeprefix("Yes. ") in quiz.said


def test_tries_are_kept_with_their_misconception(answers):
    quiz = ask(QUESTION.id)
    send(quiz, answer=[place(quiz, WRONG.text)])
    quiz.check(RIGHT)
    saved = json.loads(answers.read_text())
    assert saved["campaignbook"] == 1
    assert saved["tries"][QUESTION.id] == [
        {
            "answer": [WRONG.id],
            "right": False,
            "misconception": WRONG.misconception,
        },
        {"answer": [RIGHT], "right": True},
    ]
    assert quiz.said.startswith("Try 2, right: ")


def test_earlier_answers_are_found_again():
    ask(QUESTION.id).check(WRONG.id)
    again = ask(QUESTION.id)
    assert again.state == "wrong" and again.said.startswith("Answered before. Try 1")
    assert again.groups[0][1][again.chosen[0]] == WRONG.text


@pytest.mark.parametrize("sent", [[], [-1], [4], ["0"], [None], "x"])
def test_no_choice_or_nonsense_is_no_try(answers, sent):
    quiz = ask(QUESTION.id)
    send(quiz, answer=sent)
    assert quiz.said == "Choose an answer first."
    assert read_tries(answers).tries == {}


def test_the_hint_comes_when_it_is_wished_for(answers):
    quiz = ask(QUESTION.id)
    send(quiz, wish="hint")
    assert quiz.hint == QUESTION.hint
    assert read_tries(answers).tries == {}, "a hint is no try"


def test_a_number_is_judged_with_the_learners_own_figures(answers):
    quiz = ask(EXERCISE.id)
    right = right_number(EXERCISE, read_tries(answers).seed)
    send(quiz, answer=["a lot"])
    assert "is not a number" in quiz.said and quiz.state == "open"
    send(quiz, answer=[f"{right * 3:.6g}"])
    assert quiz.state == "wrong"
    send(quiz, answer=[f"{right:.6g}"])
    assert quiz.state == "right"
    assert ask(EXERCISE.id).chosen == [f"{right:.6g}"]


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        *[("0.05", "share", 0.05), ("5%", "share", 0.05), ("5 %", "per cent", 5)],
        *[("12,000", "euros", 12000), ("1,234,567.5", "euros", 1234567.5)],
        *[("0,25", "share", 0.25), ("1 200", "people", 1200), (".5", "share", 0.5)],
        *[("\u22122", "people", -2), ("1e3", "people", 1000)],
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, unit, number):
    assert number_in(text, unit=unit) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize("text", ["", "abc", "1,2,3", "nan", "inf", "0x1F", "1_000"])
def test_what_is_no_number(text):
    with pytest.raises(DataError, match="is not a number"):
        number_in(text, unit="share")


def test_a_case_asks_for_the_name_and_the_reason(answers):
    quiz = ask(CASE.id)
    reason = next(o for o in CASE.reasons if o.right)
    labels = quiz.groups[0][1]
    send(quiz, answer=[labels.index(CASE.label)])
    assert quiz.said == "Choose an answer first."
    send(quiz, answer=[labels.index(CASE.label), place(quiz, reason.text)])
    assert quiz.state == "right"
    other = next(n for n in labels if n not in (CASE.label, CASE.contested))
    send(quiz, answer=[labels.index(other), place(quiz, reason.text)])
    assert quiz.state == "wrong", "the right reason with another name"
    assert [t.answer for t in read_tries(answers).tries[CASE.id]] == [
        (CASE.label, reason.id),
        (other, reason.id),
    ]


def test_two_notebooks_keep_each_others_answers(answers):
    first, second = ask(QUESTION.id), ask(EXERCISE.id)
    second.check("1")
    first.check(RIGHT)
    assert set(read_tries(answers).tries) == {QUESTION.id, EXERCISE.id}


# --- without a kernel -------------------------------------------------------------


@pytest.mark.parametrize("name", [QUESTION.id, EXERCISE.id, CASE.id])
def test_a_page_without_a_kernel_shows_the_question(name, capsys, answers):
    printed = []
    for seed in (1, 2):
        write_tries(Tries(seed=seed), answers)
        ask(name)._ipython_display_()
        printed.append(re.sub("'model_id': '[^']*'", "", capsys.readouterr().out))
    assert printed[0] == printed[1], "stored pages do not depend on the learner"
    assert "Answer it in JupyterLab" in printed[0]
    for _, options in ask(name).groups:
        assert all(text.split("'")[0] in printed[0] for text in options)


@pytest.mark.notebook
def test_a_stored_page_shows_the_question():
    """Also as any other program makes it, with the state of the widgets inside."""
    cell = nbformat.v4.new_code_cell(
        f"from campaignbook.quiz import ask\nask({QUESTION.id!r})"
    )
    book = nbformat.v4.new_notebook(cells=[cell])
    ExecutePreprocessor(extra_arguments=["--log-level=50"]).preprocess(book, {})
    page, _ = HTMLExporter().from_notebook_node(book)
    shown = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    assert 'class="campaignbook-instead"' in shown
    for text in (QUESTION.text, *(o.text for o in QUESTION.options)):
        assert html.escape(text) in shown
    assert not [o.feedback for o in QUESTION.options if o.feedback in page]


def test_no_answer_is_in_a_notebook():
    told = [o.feedback for q in BANK.questions for o in q.options]
    told += [e.feedback for e in BANK.exercises]
    told += [o.feedback for c in CASES.cases for o in c.reasons]
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert not [t for t in told if json.dumps(t)[1:-1] in text], path


# --- files ------------------------------------------------------------------------

BROKEN = {
    "no JSON": ("{", "not readable as JSON"),
    "a list": ("[]", "not a file of a learner's answers"),
    "another version": ('{"campaignbook": 2, "seed": 1}', "campaignbook"),
    "no seed": ('{"campaignbook": 1}', "seed"),
    "deep": ("[" * 100_000, "not readable as JSON"),
    "a try without a verdict": (
        '{"campaignbook": 1, "seed": 1, "tries": {"q": [{"answer": ["a"]}]}}',
        "tries.q.0.right",
    ),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_and_left_alone(answers, text, words):
    answers.parent.mkdir()
    answers.write_text(text)
    with pytest.raises(DataError, match=words):
        ask(QUESTION.id)
    assert answers.read_text() == text


def test_export_as_csv_and_xlsx(answers, tmp_path):
    ask(QUESTION.id).check(WRONG.id)
    ask(QUESTION.id).check(RIGHT)
    for formula in ("=1+1", "+1", "-1", "@a"):
        tries = open_tries(answers).with_try(
            f"{formula}q", Try(answer=(formula,), right=False)
        )
        write_tries(tries, answers)
    with export_answers(tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["question"], r["try"], r["right"]) for r in rows[:2]] == [
        (QUESTION.id, "1", "no"),
        (QUESTION.id, "2", "yes"),
    ]
    assert rows[0]["answer"] == WRONG.text and rows[0]["misconception"]
    assert all(not str(c).startswith(tuple("=+-@")) for r in rows for c in r.values())
    sheet = openpyxl.load_workbook(export_answers(tmp_path / "a.xlsx")).active
    cells = [c for row in sheet.iter_rows() for c in row]
    assert {c.data_type for c in cells} <= {"s", "inlineStr", "n"}
    assert "=1+1" in [c.value for c in cells]


def test_export_refusals(tmp_path):
    with pytest.raises(DataError, match="no answers yet"):
        export_answers(tmp_path / "a.csv")
    with pytest.raises(DataError, match="ends with"):
        export_answers(tmp_path / "a.pdf")


# --- a class ----------------------------------------------------------------------


def learner(folder, seed, *chosen, name=None):
    """Write a learner's file with these answers to the first question."""
    tries = Tries(seed=seed)
    for option in chosen:
        one = next(o for o in QUESTION.options if o.id == option)
        tries = tries.with_try(
            QUESTION.id,
            Try(answer=(option,), right=one.right, misconception=one.misconception),
        )
    write_tries(tries, folder / f"{name or seed}.json")


def test_class_report_counts_who_chose_what_first_and_last(tmp_path):
    learner(tmp_path, 1, WRONG.id, RIGHT)
    learner(tmp_path, 2, WRONG.id, WRONG.id)
    learner(tmp_path, 3, RIGHT)
    learner(tmp_path, 4, RIGHT, WRONG.id)
    learner(tmp_path, 5)
    learner(tmp_path, 1, WRONG.id, name="copy of 1")
    (tmp_path / "photo.json").write_text("?")
    report = class_report(tmp_path)
    assert report.learners == 4
    (belief,) = report.beliefs
    assert (belief.asked, belief.first, belief.still) == (4, 2, 2)
    assert belief.share == 0.5
    assert [s.split(":")[0] for s in report.skipped] == [
        "5.json", "copy of 1.json", "photo.json",
    ]  # fmt: skip
    assert report.sentence().startswith("4 learners counted, 3 files left out. ")
    frame = report.to_frame()
    assert frame.loc[0, ["chose it first", "still"]].tolist() == [2, 2]
    assert "photo.json" in report._repr_html_() and "<caption>" in report._repr_html_()


def test_class_report_of_nobody(tmp_path):
    with pytest.raises(DataError, match="no learners' files"):
        class_report(tmp_path / "empty")
    learner(tmp_path, 1, RIGHT)
    assert class_report(tmp_path).sentence().endswith("No misconception was chosen.")


def test_every_item_can_be_asked_and_says_something_to_every_answer():
    for name, noun in NOUNS.items():
        item = item_of(noun, seed=7)
        first = [g.options[0][0] for g in item.groups] or ["1"]
        assert item.judge(tuple(first)).feedback and item.prompt and item.hint, name
