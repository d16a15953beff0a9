"""Forms and questions in a real JupyterLab: by keyboard alone, found again, for all."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from keyboard import focused, press_until

from campaignbook.files import read_plan, read_questions

pytestmark = [pytest.mark.browser, pytest.mark.notebook]
CELLS = (
    "from campaignbook.forms import plan_form\nfrom campaignbook.quiz import ask",
    "ask('difference-in-a-word')",
    "ask('engagement-by-reach')",
    "ask('tips')",
    "plan_form('name', 'period', 'goals', 'segments')",
)
QUESTION = next(q for q in read_questions().questions if q.id == "difference-in-a-word")
QUIZ, FORM = ".campaignbook-quiz", ".campaignbook-form"


@pytest.fixture(autouse=True)
def no_answers_yet(lab):
    """Let each test begin as a learner does; the server is the same."""
    shutil.rmtree(lab.learner, ignore_errors=True)


def opened(page, lab, *cells, name="form.ipynb"):
    """Open a notebook of these cells and run it."""
    page.set_viewport_size({"width": 1280, "height": 900})
    lab.write(name, *cells)
    lab.open(page, name)
    lab.run_all(page)
    page.wait_for_selector(FORM, timeout=60_000)
    page.wait_for_selector(QUIZ)


def to_label(page, text):
    """Go to the control with this label with the tabulator key."""
    press_until(page, "Tab", f"e.labels?.[0]?.textContent.startsWith({text!r})")


def to_button(page, text):
    """Go to the button with this text with the tabulator key."""
    press_until(page, "Tab", f"e.localName === 'button' && e.textContent === {text!r}")


def violations(page):
    """Return the ids of what axe finds, and what of it lies in an output."""
    found = Axe().run(page).response["violations"]
    nodes = [(v["id"], n["target"][0]) for v in found for n in v["nodes"]]
    inside = [
        (name, target)
        for name, target in nodes
        if page.evaluate(
            "t => !!document.querySelector(t)?.closest('.jp-OutputArea')", target
        )
    ]
    return {name for name, _ in nodes}, inside


def test_axe_finds_no_more_than_in_an_empty_notebook(page, lab):
    lab.write("empty.ipynb", "")
    lab.open(page, "empty.ipynb")
    baseline, _ = violations(page)
    assert "aria-input-field-name" in baseline, "axe looked at no notebook"
    opened(page, lab, *CELLS)
    for name in ("Add goal", "Add period", "Add segment"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("group", name="Segment 1").wait_for()
    ids, inside = violations(page)
    assert inside == []
    assert ids <= baseline
    # groups, notes and errors have their names for a screen reader
    measure = page.get_by_label("Measure (needed)")
    note = measure.get_attribute("aria-describedby")
    assert "What is counted." in page.locator(f"#{note}").inner_text()
    assert measure.get_attribute("aria-invalid") == "true"
    clipped = page.evaluate(
        """() => [...document.querySelectorAll('.jp-OutputArea :is(label, legend, '
            + 'button, p, span, .widget-html-content, input, select, textarea)')]
            .filter(e => e.offsetParent && (e.scrollWidth > e.clientWidth + 1
                && getComputedStyle(e).display !== 'inline' && e.localName !== 'select'
                || e.getBoundingClientRect().right
                   > e.closest('.jp-OutputArea').getBoundingClientRect().right))
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert clipped == []


def test_by_keyboard_alone_and_found_again(page, lab):
    opened(page, lab, *CELLS, name="keys.ipynb")
    page.locator(".jp-Cell").nth(1).focus()
    active = "() => [...document.querySelectorAll('.jp-Cell')].findIndex(" + (
        "c => c.classList.contains('jp-mod-active'))"
    )
    before = page.evaluate(active)

    # a question: arrows move between the answers, not between the cells
    press_until(page, "Tab", "e.type === 'radio'")
    page.keyboard.press("Space")
    wrong = next(o for o in QUESTION.options if not o.right)
    press_until(page, "ArrowDown", f"e.labels[0].textContent === {wrong.text!r}")
    assert page.evaluate(active) == before
    press_until(page, "Tab", "e.textContent === 'Hint'")
    page.keyboard.press("Space")
    hint = page.get_by_role("status").filter(has_text=QUESTION.hint)
    hint.wait_for()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    said = page.get_by_role("status").filter(has_text="Try 1, not right")
    said.wait_for()
    assert wrong.feedback in said.inner_text()

    # the number exercise, with Enter in the field
    press_until(page, "Tab", "e.inputMode === 'decimal'")
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Try 1").nth(1).wait_for()

    # the form: what is right, and what is not
    to_label(page, "Name")
    page.keyboard.press("Control+a")
    page.keyboard.type("Fewer smokers")
    to_button(page, "Add goal")
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Goal 1").wait_for()
    assert focused(page, "e.textContent") == "Add goal", "the focus stays"
    page.keyboard.press("Shift+Tab")
    press_until(
        page, "Shift+Tab", "e.labels?.[0]?.textContent.startsWith('Id (needed)')"
    )
    page.keyboard.type("quit")
    for label, letter in (("Type", "b"), ("Direction", "i")):
        to_label(page, label)
        page.keyboard.press("ArrowDown")
        page.keyboard.press(letter)
        if label == "Type":
            to_label(page, "Measure")
            page.keyboard.type("share who quit")
            to_label(page, "Unit")
            page.keyboard.type("share")
    status = page.locator(".campaignbook-status")
    status.filter(has_text="All of it is in order").wait_for()
    to_label(page, "Target")
    page.keyboard.type("a third")
    status.filter(has_text="1 entry is missing or wrong").wait_for()
    assert page.evaluate(active) >= before
    plan = read_plan(lab.learner / "plan.yml")
    assert plan.name == "Fewer smokers"
    assert plan.goals[0].type == "behaviour" and plan.goals[0].direction == "increase"

    # a reload and another run lose nothing
    opened(page, lab, *CELLS, name="keys.ipynb")
    page.get_by_role("status").filter(has_text="Answered before. Try 1").nth(
        1
    ).wait_for()
    assert page.get_by_label(wrong.text).is_checked()
    assert page.locator(f"{QUIZ} input[inputmode=decimal]").input_value() == "0.5"
    assert page.get_by_label("Name (needed)").first.input_value() == "Fewer smokers"
    assert page.get_by_label("Target", exact=True).input_value() == "a third"
    answers = json.loads((lab.learner / "answers.json").read_text())
    assert list(answers["tries"]) == [QUESTION.id, "engagement-by-reach"]


def test_the_own_report_is_made_with_one_key(page, lab):
    lab.write(
        "report.ipynb",
        "from campaignbook.forms import plan_form\n"
        "from campaignbook.lesson_evaluation import own_report\n"
        "plan_form('name').patch(name='Breathe')\nown_report()",
    )
    lab.open(page, "report.ipynb")
    lab.run_all(page)
    page.get_by_role("button", name="Make the report").press("Enter")
    page.get_by_role("link", name="Open the report").wait_for(timeout=180_000)
    report = lab.learner / "reports" / "plan" / "report.html"
    assert "Breathe" in report.read_text(encoding="utf-8")
    # the link opens it beside the notebook
    page.get_by_role("link", name="Open the report").press("Enter")
    shown = page.frame_locator(".jp-HTMLViewer iframe")
    shown.get_by_text("Did the campaign meet its goals?").wait_for(timeout=30_000)
    assert shown.get_by_text("Breathe").first.is_visible()


def test_the_lab_command_opens_the_start_page(tmp_path):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "campaignbook", "lab", "--no-browser"]
    words += ["--allow-root", f"--port={port}", "--IdentityProvider.token="]
    server = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(200):
            with suppress(OSError), urllib.request.urlopen(url, timeout=5) as page:
                assert page.url.endswith("/lab/tree/notebooks/00_start_here.ipynb")
                break
            assert server.poll() is None, server.stderr.read()
            time.sleep(0.25)
        else:
            pytest.fail("JupyterLab did not start")
    finally:
        server.terminate()
        server.communicate(timeout=30)
