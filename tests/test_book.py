"""The book about itself: claims have their place, words a meaning, answers count."""

import html
import json
import re

import openpyxl
import pytest
from conftest import ROOT

from campaignbook import book
from campaignbook.files import read_questions
from campaignbook.forms import plan_form
from campaignbook.quiz import ask

PAGES = {p.number: p for p in book.pages()}


def words_of(shown):
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", shown.data)
    return html.unescape(re.sub(r"\s+", " ", bare))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    return tmp_path / "my_campaign"


# --- claims -----------------------------------------------------------------------


def test_all_thirty_claims_are_there():
    assert [c.id for c in book.read_claims().claims] == [f"C{i}" for i in range(1, 31)]


@pytest.mark.parametrize("claim", book.read_claims().claims, ids=lambda c: c.id)
def test_claim_has_its_place_in_every_notebook_that_is_there(claim):
    assert set(claim.notebooks) <= set(book.TITLES)
    for number in claim.notebooks:
        if number in PAGES:
            assert claim.id in PAGES[number].claims


@pytest.mark.parametrize("notebook", book.pages(), ids=lambda p: p.file)
def test_notebook_tags_no_claim_that_is_not_its_own(notebook):
    number, claims = notebook.number, book.read_claims().claims
    assert set(notebook.claims) == {c.id for c in claims if number in c.notebooks}


def test_start_page_links_the_claims_and_corrects_the_simple_ones():
    shown = book.claims_table().data
    assert shown.count("Too simple:") == sum(
        c.too_simple is not None for c in book.read_claims().claims
    )
    assert '<a href="01_distinction.ipynb">The distinction</a>' in shown
    for link in re.findall(r'href="([^"]+)"', shown):
        assert (ROOT / "notebooks" / link).exists()


def test_titles_are_those_of_the_notebooks():
    assert {n: p.title for n, p in PAGES.items()} == {
        n: t for n, t in book.TITLES.items() if n in PAGES
    }


# --- paths, words, progress -------------------------------------------------------


def test_paths_name_each_notebook_that_is_on_them():
    text = words_of(book.paths_table())
    for name in book.PATHS:
        minutes = sum(p.minutes.get(name, 0) for p in book.pages())
        assert minutes > 0 and f"{minutes} minutes" in text


def test_every_notebook_teaches_words_and_the_glossary_has_them_all():
    text = words_of(book.glossary())
    for page in book.pages():
        assert len(page.words) >= 4, page.file
        for word, meaning in page.words.items():
            assert word in text and len(meaning) > 15


def test_no_word_is_explained_in_two_ways():
    seen = {}
    for page in book.pages():
        for word, meaning in page.words.items():
            assert seen.setdefault(word.casefold(), meaning) == meaning


def test_progress_counts_answers_and_parts_of_the_plan(home):
    assert "You have not begun a plan" in words_of(book.progress())
    question = next(q for q in read_questions().questions if q.topic == "distinction")
    right = next(o.id for o in question.options if o.right)
    wrong = next(o.id for o in question.options if not o.right)
    quiz = ask(question.id)
    quiz.check(wrong)
    assert "1 not right yet" in words_of(book.progress())
    quiz.check(right)
    assert "The distinction 1 of" in words_of(book.progress())
    plan_form("name", "purpose").patch(purpose="Fewer smokers")
    assert "purpose written" in words_of(book.progress())
    plan_form("goals").patch(goals=[{"id": "a"}])
    assert "goals something is missing or wrong" in words_of(book.progress())


def test_progress_knows_every_topic_of_the_questions():
    text = words_of(book.progress())
    asked = len([*read_questions().questions, *read_questions().exercises])
    assert sum(int(n) for n in re.findall(r"0 of (\d+)", text)) == asked


def test_answers_can_be_taken_along(home):
    assert "no answers yet" in words_of(book.answers_to_take())
    question = read_questions().questions[0]
    ask(question.id).check(question.options[0].id)
    assert "answers.xlsx" in words_of(book.answers_to_take())
    sheet = openpyxl.load_workbook(home / "answers.xlsx").active
    text = json.dumps([[str(c) for c in r] for r in sheet.iter_rows(values_only=True)])
    assert question.text[:40] in text
    assert json.loads((home / "answers.json").read_text())["tries"][question.id]


# --- no answers in the notebooks --------------------------------------------------


@pytest.mark.parametrize("notebook", book.pages(), ids=lambda p: p.file)
def test_no_answer_key_in_a_notebook(notebook):
    text = json.dumps(
        json.loads((ROOT / "notebooks" / notebook.file).read_text(encoding="utf-8")),
        ensure_ascii=False,
    )
    assert "right: true" not in text and '"right"' not in text
    for question in read_questions().questions:
        for option in question.options:
            assert option.feedback not in text
            told = option.right and len(option.text) > 20 and option.text in text
            assert not told, option.text
