"""The book's notebooks in a real JupyterLab: run, read, answered by keyboard, kept."""

import json
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT
from keyboard import press_until
from playwright.sync_api import expect

from campaignbook.book import pages
from campaignbook.files import read_plan

pytestmark = [pytest.mark.browser, pytest.mark.notebook]
FILES = [p.file for p in pages()]


@pytest.fixture(scope="module")
def book(lab):
    """Return a JupyterLab with the book in it, for a learner who is new."""
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, lab.folder / name)
    shutil.rmtree(lab.learner, ignore_errors=True)
    return lab


def run(context, book, file, *, height=14_000):
    """Open a notebook anew, run it, and wait until it is done and without an error."""
    for old in context.pages:
        old.close()
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": height})
    book.open(page, f"notebooks/{file}")
    book.run_all(page)
    page.wait_for_timeout(1500)  # widgets are drawn after their cell is done
    errors = page.locator(".jp-OutputArea-output[data-mime-type*='error']")
    assert errors.count() == 0, errors.first.inner_text()
    return page


@pytest.fixture(scope="module")
def looked_at(browser, book):
    """Return, for each notebook, what axe finds, what is clipped, and its figures."""
    found = {}
    book.write("empty.ipynb", "")
    context = browser.new_context()
    page = context.new_page()
    book.open(page, "empty.ipynb")
    found[""] = {v["id"] for v in Axe().run(page).response["violations"]}
    for file in FILES:
        page = run(context, book, file)
        found[file] = {
            "axe": {v["id"] for v in Axe().run(page).response["violations"]},
            "clipped": page.evaluate(CLIPPED),
            "figures": page.evaluate(FIGURES),
            "outputs": page.locator(".jp-OutputArea-output").count(),
        }
    context.close()
    return found


CLIPPED = """() => [...document.querySelectorAll('.jp-OutputArea :is(label, legend, '
    + 'button, p, td, th, img, select, input, textarea, fieldset)')]
    .filter(e => e.offsetParent && e.getBoundingClientRect().right
        > e.closest('.jp-OutputArea').getBoundingClientRect().right + 1)
    .map(e => e.outerHTML.slice(0, 120))"""
FIGURES = """() => [...document.querySelectorAll('.jp-OutputArea img')].map(
    i => [i.naturalWidth, i.alt.length, !!i.closest('figure')])"""


@pytest.mark.parametrize("file", FILES)
def test_axe_finds_no_more_than_in_an_empty_notebook(looked_at, file):
    assert looked_at[file]["outputs"] > 5, "axe looked at no output"
    assert looked_at[""] and looked_at[file]["axe"] <= looked_at[""]


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_clipped_and_every_figure_is_described(looked_at, file):
    assert looked_at[file]["clipped"] == []
    for natural, described, framed in looked_at[file]["figures"]:
        assert natural > 0 and described > 20 and framed


def choose(page, label, letter):
    """Go to a list of choices with the tabulator key and choose by a letter."""
    press_until(page, "Tab", f"e.labels?.[0]?.textContent.startsWith({label!r})")
    page.keyboard.type(letter)


@pytest.mark.parametrize("file", FILES)
def test_first_question_is_answered_by_keyboard_and_found_again(context, book, file):
    page = run(context, book, file)
    page.locator(".jp-Cell").first.focus()
    press_until(page, "Tab", "e.type === 'radio'", most=400)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    quiz = page.locator(".campaignbook-quiz").first
    quiz.get_by_role("status").filter(has_text="Try 1").wait_for()
    chosen = quiz.locator("label:has(:checked)").text_content()
    quiz = run(context, book, file).locator(".campaignbook-quiz").first
    quiz.get_by_role("status").filter(has_text="Answered before. Try 1").wait_for()
    assert chosen
    assert quiz.locator("label:has(:checked)").text_content() == chosen


def test_the_own_campaign_is_sorted_by_keyboard_and_found_again(context, book):
    page = run(context, book, "01_distinction.ipynb")
    form = page.locator(".campaignbook-form").last
    form.get_by_label("1. Behaviour").focus()
    for label in ("1. Behaviour", "2. Society", "3. Tools", "4. Platforms"):
        choose(page, label, "y")
    page.get_by_role("status").filter(has_text="list social media among").wait_for()
    plan = read_plan(book.learner / "plan.yml")
    assert plan.kind == "social"
    assert [c.name for c in plan.strategy.channels] == ["social media"]

    # one of the series of cases, with the keyboard
    quiz = page.locator(".campaignbook-quiz").filter(has_text="Tips From Former").first
    quiz.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    press_until(page, "Tab", "e.name && e.name.endsWith('-1')")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    quiz.get_by_role("status").filter(has_text="Try 1").wait_for()
    press_until(page, "Tab", "e.textContent === 'Next'")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Question 2 of 24").wait_for()

    page = run(context, book, "01_distinction.ipynb")
    found = page.locator(".campaignbook-quiz").filter(has_text="Tips From Former").first
    found.get_by_role("status").filter(has_text="Answered before. Try 1").wait_for()
    assert "tips" in json.loads((book.learner / "answers.json").read_text())["tries"]
    page = run(context, book, "00_start_here.ipynb")
    assert page.get_by_text("strategy", exact=True).count()


def test_an_entry_of_the_calendar_is_checked_drawn_and_found_again(context, book):
    page = run(context, book, "03_social_media.ipynb")
    page.get_by_role("button", name="Add activity").focus()
    page.keyboard.press("Enter")
    entry = page.get_by_role("group", name="Activity 1")
    entry.get_by_label("Date (needed)").fill("2027-03-01")
    entry.get_by_label("Channel (needed)").focus()
    page.keyboard.type("Radio")
    page.keyboard.press("Tab")
    said = page.get_by_role("status").filter(has_text="Your calendar, checked")
    said.filter(has_text="one channel (Radio)").wait_for()

    page = run(context, book, "03_social_media.ipynb")
    entry = page.get_by_role("group", name="Activity 1")
    assert entry.get_by_label("Channel (needed)").input_value() == "Radio"
    page.get_by_text("my_campaign/calendar.ics").wait_for()
    assert page.locator("img[alt*='March 2027. 1: Radio']").count() == 1


def test_a_goal_is_written_judged_and_found_again(context, book):
    page = run(context, book, "02_goals.ipynb")
    sentence = page.get_by_label("Your goal").first
    sentence.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Get more parents in Hull to read to their children by May 2027")
    page.keyboard.press("Tab")
    letters = page.get_by_role("status").filter(has_text="What the sentence says")
    letters.filter(has_text="31 May 2027").wait_for()
    assert "parents in Hull" in letters.inner_text()

    press = page.get_by_role("button", name="Add goal")
    press.focus()
    page.keyboard.press("Enter")
    goal = page.get_by_role("group", name="Goal 1")
    goal.wait_for()
    for label, words in (("Id (needed)", "read"), ("Measure (needed)", "who read")):
        goal.get_by_label(label).first.focus()
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.locator(".campaignbook-status").filter(has_text="missing").wait_for()
    draft = book.learner / "draft.yml"
    for _ in range(60):  # each letter is saved, one after the other
        page.wait_for_timeout(250)
        if "who read" in draft.read_text(encoding="utf-8"):
            break
    page = run(context, book, "02_goals.ipynb")
    goal = page.get_by_role("group", name="Goal 1")
    assert goal.get_by_label("Measure (needed)").first.input_value() == "who read"


def test_a_segment_is_written_by_keyboard_and_found_again(context, book):
    page = run(context, book, "04_audiences.ipynb")
    page.get_by_role("button", name="Add segment").focus()
    page.keyboard.press("Enter")
    segment = page.get_by_role("group", name="Segment 1")
    segment.get_by_label("Name (needed)").focus()
    page.keyboard.type("Night nurses who smoke")
    page.keyboard.press("Tab")
    said = page.get_by_role("status").filter(has_text="Night nurses who smoke")
    said.filter(has_text="Barriers: what keeps them").wait_for()
    assert "Give two segments points" in said.inner_text()

    page = run(context, book, "04_audiences.ipynb")
    segment = page.get_by_role("group", name="Segment 1")
    name = segment.get_by_label("Name (needed)")
    assert name.input_value() == "Night nurses who smoke"


def test_a_diagnosis_and_a_budget_are_tried_by_keyboard(context, book):
    page = run(context, book, "05_strategies.ipynb")
    page.get_by_label("Psychological capability").focus()
    choose(page, "Psychological capability", "y")
    choose(page, "Physical opportunity", "no")
    said = page.get_by_role("status").filter(has_text="Lacking: physical opportunity")
    said.wait_for()
    budget = page.get_by_label("Budget", exact=True).first
    budget.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("8000")
    page.keyboard.press("Tab")
    best = page.get_by_role("status").filter(has_text="8,000 of 8,000 GBP are used")
    best.wait_for()
    assert "where the curve is a guess" in best.inner_text()


def test_a_claim_leads_to_the_heading_where_it_is_tried(context, book):
    page = run(context, book, "00_start_here.ipynb", height=900)
    page.get_by_role("link", name="Strategies: From the barrier to the tool").click()
    heading = page.get_by_role("heading", name="From the barrier to the tool")
    expect(heading).to_be_in_viewport()
