"""The book's notebooks: the same bones, and the same answers run after run."""

import ast
import json
import re

import nbformat
import papermill
import pytest
from conftest import ROOT

from campaignbook.book import pages
from campaignbook.files import read_plan
from campaignbook.forms import plan_form

FOLDER = ROOT / "notebooks"
FILES = [p.file for p in pages()]
TWICE = ["06_partnerships.ipynb", "07_evaluation.ipynb"]
TOPICS = [f for f in FILES if not f.startswith("00")]


def cells_of(file, kind):
    cells = json.loads((FOLDER / file).read_text(encoding="utf-8"))["cells"]
    return [("".join(c["source"]), c) for c in cells if c["cell_type"] == kind]


@pytest.mark.parametrize("file", FILES)
def test_parameters_come_first_then_imports(file):
    code = cells_of(file, "code")
    assert code[0][1]["metadata"].get("tags") == ["parameters"]
    assert code[1][0].startswith(("from ", "import "))


@pytest.mark.parametrize("file", TOPICS)
def test_a_topic_has_the_bones_of_all_topics(file):
    text = "\n".join(source for source, _ in cells_of(file, "markdown"))
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert heads[-4:] == ["Check yourself", "Your plan", "Words learned", "Sources"]
    assert sum(h.startswith("Idea ") for h in heads) >= 2
    assert text.count("**Your turn") >= 3
    assert "After this page you will be able to" in text
    assert re.search(r"^\*\*For .+ About \d+ minutes", text, re.MULTILINE)


@pytest.mark.parametrize("file", TWICE)
def test_each_idea_is_done_for_both_disciplines(file):
    text = "\n".join(source for source, _ in cells_of(file, "markdown"))
    ideas = re.split(r"^## Idea \d+: ", text, flags=re.MULTILINE)[1:]
    assert len(ideas) >= 8
    for idea in ideas:
        idea = idea.split("\n## ")[0]
        both = "social marketing" in idea and "social media marketing" in idea
        again = re.search(r"^### The same idea in social", idea, re.MULTILINE)
        assert both or again, idea.splitlines()[0]


CAUSE = re.compile("smok|quit|cigarette|tobacco|nicotine", re.IGNORECASE)
"""Helping smokers to stop: the one cause of the notebooks named in `TWICE`."""
NAMES = {"social": "social marketing", "social_media": "social media marketing"}


def plans_of(source, known):
    """Return the plans that code reads or uses; note the names that stand for them."""
    used = set()
    for statement in ast.parse(source).body:
        found = set()
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and str(node.value).endswith(".yml"):
                found.add(str(node.value))
            if isinstance(node, ast.Name):
                found |= known.get(node.id, set())
        for target in getattr(statement, "targets", []):
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    known[name.id] = found
        used |= found
    return used


def disciplines_shown(idea, known):
    """Yield the discipline of each plan, and of each paragraph, on the one cause."""
    text = "\n".join(source for kind, source in idea if kind == "markdown")
    heads = re.findall(r"^### The same idea in (.+)$", text, re.MULTILINE)
    kinds = [k for k, name in NAMES.items() if name in heads]
    part = next((k for k in NAMES if kinds and k != kinds[0]), None)
    for kind, source in idea:
        if kind == "code":
            for path in plans_of(source, known):
                plan = read_plan(FOLDER / path)
                about = [plan.name, plan.purpose, *(g.statement for g in plan.goals)]
                if CAUSE.search(" ".join(t for t in about if t)):
                    yield plan.kind
            continue
        for paragraph in source.split("\n\n"):
            head = re.match(r"### The same idea in (.+)$", paragraph)
            if head:
                part = next(k for k, name in NAMES.items() if name == head[1])
            elif paragraph.startswith("### "):
                part = None
            elif CAUSE.search(paragraph):
                yield from {part, *(k for k, n in NAMES.items() if n in paragraph)}


@pytest.mark.parametrize("file", TWICE)
def test_each_idea_is_done_twice_for_the_same_cause(file):
    cells = json.loads((FOLDER / file).read_text(encoding="utf-8"))["cells"]
    ideas, known = [], {}
    for cell in cells:
        source = "".join(cell["source"])
        if source.startswith("## "):
            ideas.append([])
        if ideas:
            ideas[-1].append((cell["cell_type"], source))
    for idea in ideas:
        shown = set(disciplines_shown(idea, known))
        if idea[0][1].startswith("## Idea "):
            assert shown >= set(NAMES), (idea[0][1].splitlines()[0], shown)


@pytest.mark.parametrize("file", FILES)
def test_text_and_code_are_in_balance(file):
    code, text = cells_of(file, "code"), cells_of(file, "markdown")
    assert 0.6 <= len(text) / len(code) <= 2
    lines = sorted(len(source.splitlines()) for source, _ in code)
    assert lines[len(lines) // 2] <= 4


@pytest.mark.parametrize("file", FILES)
def test_no_function_and_no_network_in_a_notebook(file):
    for source, _ in cells_of(file, "code"):
        assert not re.search(r"^\s*(def|class) |https?://|%pip|!pip", source, re.M)


def run(file, out):
    """Run a notebook in a folder of its own; return what its cells show."""
    papermill.execute_notebook(
        str(FOLDER / file),
        str(out),
        cwd=str(FOLDER),
        progress_bar=False,
        log_output=False,
        extra_arguments=["--log-level=50"],
    )
    made = nbformat.read(out, as_version=4)
    shown = []
    for cell in made.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text
            data = output.get("data", {})
            shown.append({k: v for k, v in data.items() if k.startswith("text/")})
    return shown


@pytest.mark.notebook
@pytest.mark.parametrize("file", FILES)
def test_runs_top_to_bottom_twice_with_the_same_result(file, tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    first = run(file, tmp_path / "one.ipynb")
    assert any("text/html" in s for s in first)
    assert run(file, tmp_path / "two.ipynb") == first


@pytest.mark.notebook
def test_what_was_entered_is_there_again(tmp_path, monkeypatch):
    """A learner comes back: the start page and the form show what was entered."""
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    plan_form("name", "purpose").patch(name="Breathe", purpose="Fewer smokers")
    shown = json.dumps(run("00_start_here.ipynb", tmp_path / "out.ipynb"))
    assert "purpose" in shown and "You have not begun a plan" not in shown
    goal = {
        "id": "quit", "type": "behaviour", "measure": "share who try to quit",
        "unit": "share", "direction": "increase", "target": 0.35,
    }  # fmt: skip
    plan_form("goals").patch(goals=[goal])
    shown = json.dumps(run("02_goals.ipynb", tmp_path / "out.ipynb"))
    assert "share who try to quit" in shown
    assert read_plan(tmp_path / "my_campaign" / "plan.yml").name == "Breathe"
