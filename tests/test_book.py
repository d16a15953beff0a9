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


def sections_of(notebook, claim):
    """Yield text and code of the parts of a notebook, from heading 2 to the next."""
    path = ROOT / "notebooks" / PAGES[notebook].file
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = [[]]
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("## "):
            parts.append([])
        parts[-1].append((cell, source))
    for part in parts:
        if any(f"claim:{claim}" in tags_of(cell) for cell, _ in part):
            texts = (s for c, s in part if c["cell_type"] == "markdown")
            yield "\n".join(texts), [s for c, s in part if c["cell_type"] == "code"]


def tags_of(cell):
    return cell["metadata"].get("tags", [])


CLAIMS = book.read_claims().claims


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.id)
def test_claim_has_its_place_in_each_of_its_notebooks(claim):
    """Its heading is there, and below it something that is not a question."""
    for number in claim.notebooks:
        found = list(sections_of(number, claim.id))
        for place in PAGES[number].claims[claim.id]:
            own = rf"^#+ {re.escape(place.heading)}$"
            assert any(re.search(own, text, re.MULTILINE) for text, _ in found)
        for _, code in found:
            assert [c for c in code if not c.startswith(("ask", "sources"))], number


@pytest.mark.parametrize(
    "claim", [c for c in CLAIMS if c.too_simple], ids=lambda c: c.id
)
def test_a_claim_that_is_too_simple_is_corrected_with_its_source(claim):
    source = book.read_claims().sources[claim.source]
    for number in claim.notebooks:
        for text, code in sections_of(number, claim.id):
            cited = source.author.split(",")[0]
            named = cited in text and (not source.year or str(source.year) in text)
            computed = [c for c in code if not c.startswith(("ask", "sources"))]
            if not ("**too simple**" in text and named and computed):
                continue
            page = (ROOT / "notebooks" / PAGES[number].file).read_text("utf-8")
            assert f'\\"{claim.source}\\"' in page, "not among the page's sources"
            return
    pytest.fail(f"{claim.id}: no notebook holds correction, source and number")


# The claims that the source says are too simple: the list may not lose one.
TOO_SIMPLE = {"C4", "C12", "C16", "C18", "C25", "C28"}


@pytest.mark.parametrize("notebook", book.pages(), ids=lambda p: p.file)
def test_notebook_tags_no_claim_that_is_not_its_own(notebook):
    number = notebook.number
    assert set(notebook.claims) == {c.id for c in CLAIMS if number in c.notebooks}


def test_start_page_links_the_claims_and_corrects_the_simple_ones():
    shown = book.claims_table().data
    assert {c.id for c in CLAIMS if c.too_simple} == TOO_SIMPLE
    assert all(c.source for c in CLAIMS if c.too_simple)
    assert shown.count("Too simple:") == len(TOO_SIMPLE)
    assert "not in this version" not in shown
    rows = shown.split("<tr>")[2:]
    assert len(rows) == 30
    for claim, row in zip(CLAIMS, rows, strict=True):
        wanted = [
            (
                f"{PAGES[n].file}#cell-id={place.cell}",
                f"{PAGES[n].title}: {place.heading}",
            )
            for n in claim.notebooks
            for place in PAGES[n].claims[claim.id]
        ]
        places = re.findall(r'<a href="([^"]+)">([^<]+)</a>', row)
        assert [(link, html.unescape(words)) for link, words in places] == wanted


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
        (hours,) = re.findall(r"about ([\d.]+) hours?", book.PATHS[name])
        assert abs(float(hours) - minutes / 60) <= 0.5


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
