"""Reports: one template, any plan; the same numbers and bytes by every way."""

import html
import json
import re
import shutil
import subprocess
import sys

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from click.testing import CliRunner
from conftest import ROOT

from campaignbook.answers import answer
from campaignbook.cli import main
from campaignbook.errors import PlanError
from campaignbook.files import read_cases
from campaignbook.report import (
    TEMPLATE,
    ReportFailed,
    run,
    side_by_side_page,
    write_report,
)
from campaignbook.report_words import REFERENCES
from campaignbook.sections import SECTIONS

PLANS = ROOT / "data" / "plans"
IDS = {
    *("organ-donors", "hiv-results", "splash-page", "tips-from-former-smokers"),
    *("california-tobacco", "smoking-and-weight", "quitline-calls", "online-orders"),
    *("change4life", "this-girl-can", "quit-page"),
}
pytestmark = pytest.mark.notebook


PLANNED = {"quit-in-leeds"}
"""Shipped plans whose evaluation has no data yet."""


def test_all_shipped_plans_get_a_report_and_a_verdict_line(shipped):
    out, printed = shipped
    assert {p.name for p in out.iterdir() if p.is_dir()} == IDS | PLANNED
    for name in IDS | PLANNED:
        files = {p.name for p in (out / name).iterdir()}
        assert files == {"report.html", "report.ipynb", "results.json"}
        document = json.loads((out / name / "results.json").read_text())
        for goal in document["goals"]:
            assert f"{name}, {goal['id']}: {goal['sentence']}" in printed
    index = (out / "index.html").read_text()
    assert all(f'href="{name}/report.html"' in index for name in IDS)


WITH_RE_AIM = {
    *("change4life", "smoking-and-weight", "tips-from-former-smokers", "quit-page"),
}
NOT_EVALUATED = "this-girl-can"
KEYS = {
    "document": "campaignbook id plan kind inputs evaluations goals economics "
    "next_steps",
    "evaluation": "id goal design estimates checks details sentence",
    "estimate": "name estimate std_error statistic df ci_low ci_high level p_value "
    "p_holm null_value n clusters unit group method assumptions",
    "goal": "id verdict level reached due_to_campaign evaluation sentence",
    "economics": "cost outcomes cost_per_outcome roi sroi",
}
KEYS = {name: words.split() for name, words in KEYS.items()}


def test_results_have_the_contract_keys(shipped):
    out, _ = shipped
    for name in IDS:
        document = json.loads((out / name / "results.json").read_text())
        more = ["re_aim"] if name in WITH_RE_AIM else []
        assert list(document) == KEYS["document"] + more
        assert list(document["economics"]) == KEYS["economics"]
        assert document["goals"]
        assert bool(document["evaluations"]) == (name != NOT_EVALUATED)
        for evaluation in document["evaluations"]:
            assert list(evaluation) == KEYS["evaluation"]
            assert all(list(e) == KEYS["estimate"] for e in evaluation["estimates"])
        assert all(list(g) == KEYS["goal"] for g in document["goals"])


def test_second_run_gives_the_same_bytes(shipped, tmp_path):
    out, _ = shipped
    again = write_report(PLANS / "organ_donors.yml", tmp_path)
    first = (out / "organ-donors" / "results.json").read_bytes()
    assert (again.folder / "results.json").read_bytes() == first


def test_page_has_no_code_no_external_link_and_described_figures(shipped):
    out, _ = shipped
    for name in IDS:
        page = (out / name / "report.html").read_text(encoding="utf-8")
        assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page)
        assert "url(" not in page and "@import" not in page and "<script" not in page
        assert "from campaignbook" not in page and page.count("<h1") == 1
        pictures = re.findall(r"<img [^>]*>", page)
        assert bool(pictures) == (name != NOT_EVALUATED)
        assert all(re.search(r'alt="[^"]{20,}"', p) for p in pictures)
        assert "<title>" in page and 'lang="en-GB"' in page


def test_views_words_and_a_count_stand_side_by_side(shipped):
    """This Girl Can: what was seen, what was said and what was measured."""
    page = (shipped[0] / "this-girl-can" / "report.html").read_text(encoding="utf-8")
    assert all(n in page for n in ("37 million views", "2.8 million", "148,700"))
    assert "how often a message was on a screen, not what anybody did" in page
    assert page.count("? </span>") + page.count("Cannot tell</p>") >= 3


def test_a_goal_without_a_target_is_asked_for_one_and_not_for_more_data(shipped):
    document = json.loads((shipped[0] / "change4life" / "results.json").read_text())
    assert [s[:14] for s in document["next_steps"]] == ["Write a target"]


def test_every_headline_names_the_source_of_its_method(shipped):
    told = 0
    for name in IDS - {NOT_EVALUATED}:
        folder = shipped[0] / name
        page = (folder / "report.html").read_text(encoding="utf-8")
        document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        for evaluation in document["evaluations"]:
            method = evaluation["estimates"][0]["method"]
            cited = [html.escape(t) for word, t in REFERENCES.items() if word in method]
            assert cited and all(text in page for text in cited), method
            told += 1
    assert told >= len(IDS) - 1


def test_re_aim_says_what_is_known_and_what_is_not(shipped):
    folder = shipped[0] / "change4life"
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert list(document["re_aim"]) == [
        *("reach", "effectiveness", "adoption", "implementation", "maintenance")
    ]
    lasting = document["re_aim"]["maintenance"][0]["value"]
    assert lasting["estimate"] == pytest.approx(44_833 / 413_466)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "People after 6 months: 10.8%" in page and "Staff: unknown" in page
    month = (shipped[0] / "quit-page" / "report.html").read_text(encoding="utf-8")
    assert "Delivered as planned: 83.0%" in month and "Settings: unknown" in month
    without = (shipped[0] / "splash-page" / "report.html").read_text(encoding="utf-8")
    assert "does not say whom the campaign reached" in without


def test_executed_notebook_holds_the_run(shipped):
    out, _ = shipped
    notebook = nbformat.read(out / "organ-donors" / "report.ipynb", as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(c.execution_count for c in code)
    injected = [c for c in code if "injected-parameters" in c.metadata.get("tags", [])]
    assert len(injected) == 1 and 'results = "results.json"' in injected[0].source


CHANGES = [
    {"goals.registrations.target": 0.28},
    {"evaluations.effect.level": 0.9},
    {"evaluations.effect.outcome": "Drivers"},
]


def test_three_overrides_give_three_reports_and_plain_papermill_the_same(tmp_path):
    table = pd.read_csv(ROOT / "data" / "tables" / "organ_donors.csv")
    table = table.assign(Drivers=(table["Rate"] * 0.5 + 0.1).round(4))
    (tmp_path / "tables").mkdir()
    table.to_csv(tmp_path / "tables" / "organ_donors.csv", index=False)
    (tmp_path / "plans").mkdir()
    plan = str(shutil.copy(PLANS / "organ_donors.yml", tmp_path / "plans"))
    seen = set()
    for i, changes in enumerate(CHANGES):
        words = [f"-p{k}={v}" for k, v in changes.items()]
        out = tmp_path / str(i)
        done = CliRunner().invoke(main, ["report", plan, "--out", str(out), *words])
        assert done.exit_code == 0, done.output
        ours = (out / "organ-donors" / "results.json").read_bytes()
        theirs = tmp_path / f"plain{i}.json"
        papermill.execute_notebook(
            str(TEMPLATE),
            str(tmp_path / "plain.ipynb"),
            parameters={"plan": plan, "overrides": changes, "results": str(theirs)},
            progress_bar=False,
        )
        assert theirs.read_bytes() == ours
        seen.add(ours)
    assert len(seen) == len(CHANGES)


def test_papermill_command_as_the_readme_prints_it(tmp_path, shipped):
    command = [sys.executable, "-m", "papermill", str(TEMPLATE), "out.ipynb"]
    command += ["-p", "plan", str(PLANS / "tips.yml"), "--no-progress-bar"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    ours = shipped[0] / "tips-from-former-smokers" / "results.json"
    assert (tmp_path / "results.json").read_bytes() == ours.read_bytes()


def template_with(tmp_path, source):
    """Write the template with one more cell."""
    notebook = nbformat.read(TEMPLATE, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    path = tmp_path / "template.ipynb"
    nbformat.write(notebook, path)
    return path


def test_failing_cell_is_kept_and_marked(tmp_path):
    template = template_with(tmp_path, "1 / 0")
    with pytest.raises(ReportFailed, match=r"ZeroDivisionError.*notebook is kept"):
        write_report(PLANS / "tips.yml", tmp_path / "out", template=template)
    folder = tmp_path / "out" / "tips-from-former-smokers"
    assert [p.name for p in folder.iterdir()] == ["report.ipynb"]
    text = (folder / "report.ipynb").read_text()
    assert "ZeroDivisionError" in text and "papermill-error-cell" in text


def test_our_fault_is_exit_code_3(tmp_path):
    template = template_with(tmp_path, "raise KeyError('inside')")
    words = ["report", str(PLANS / "tips.yml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*words, "--template", str(template)])
    assert done.exit_code == 3 and "our fault" in done.output


def test_parameters_are_refused_before_anything_runs(tmp_path):
    out = tmp_path / "out.ipynb"
    with pytest.raises(PlanError, match=r"no parameter 'paln'.*did you mean 'plan'"):
        run(TEMPLATE, out, {"paln": "x"})
    with pytest.raises(PlanError, match="'level' must be plain data"):
        run(TEMPLATE, out, {"level": (0.9,)})
    assert not out.exists()


def test_the_whole_plan_is_in_the_report_before_there_are_data():
    found = answer(PLANS / "quit_in_leeds.yml")
    text = SECTIONS["the_plan"](found)
    parts = ("Goals", "Audience", "Strategy", "Calendar", "Partners", "Who does what")
    for part in (*parts, "Evaluation"):
        assert f"<h3>{part}</h3>" in text
    for said in (
        "31.1%", "34.5%", "Tried and failed", "fear of failing again", "quitting alone",
        "30,000 GBP", "A morning without a cigarette", "Harehills community centre",
        "keep informed", "2027-05-01", "Randomised trial", "with a chance of 82%",
    ):  # fmt: skip
        assert said in text
    assert "Not in the plan yet" not in text


def test_what_the_plan_lacks_is_named(plan_file):
    goal = "{id: g, type: leads, measure: m, unit: count, direction: increase}"
    plan = plan_file(f"campaignbook: 1\nname: x\ngoals: [{goal}]\n")
    text = SECTIONS["the_plan"](answer(plan))
    left = "audience, strategy, calendar, partners, who does what, evaluation."
    assert f"Not in the plan yet: {left}" in text
    assert "not said" in text


def test_a_goal_that_no_evaluation_answers_is_named(plan_file):
    goals = "\n".join(
        f"- {{id: {g}, type: leads, measure: m, unit: share, direction: increase}}"
        for g in ("one", "two")
    )
    spec = "{id: e, goal: one, design: randomized_trial, power: {n: 50, change: 0.2}}"
    plan = plan_file(
        f"campaignbook: 1\nname: x\ngoals:\n{goals}\nevaluations: [{spec}]\n"
    )
    text = SECTIONS["the_plan"](answer(plan))
    assert "goals.two: no evaluation answers it; write one under evaluations" in text
    assert "goals.one" not in text


AGREED = (
    "rooms and trained staff", "visits and training", "first appointments", "21,000",
    "Cost, GBP", "18,000", "2027-06-01", "Tobacco shops: Set a review date",
    "All reviews are due by 2027-12-31", "Together they reach 30,000 to 95,300 people",
    "Surgeries reaches 26,000 people and adds 0 to 26,000; each of these costs at "
    "least 0.346 GBP.",
)  # fmt: skip
TASKED = (
    "Accountable: answers for it", "Train the staff", "Ben, Surgeries",
    "One answers for each task.", "Each partner of the plan has a task.",
)  # fmt: skip


def test_agreements_and_tasks_are_in_the_document_with_their_checks(shipped):
    """Partnership agreement, review dates and RACI; the plan first without data."""
    page = (shipped[0] / "quit-in-leeds" / "report.html").read_text(encoding="utf-8")
    page = html.unescape(page)
    assert page.count(">The plan</h2>") == 1
    assert page.index(">The plan</h2>") < page.index("What the data show")
    assert "partners: 'Tobacco shops' has no reach; write how many" in page
    for said in (*AGREED, *TASKED):
        assert said in page, said
    page = (shipped[0] / "quit-page" / "report.html").read_text(encoding="utf-8")
    assert page.count(">The plan</h2>") == 1
    assert page.index(">The plan</h2>") > page.index("Strengths and weaknesses")
    for said in ("Publish the posts", "10,814", "I asked for an appointment", "Kim"):
        assert said in page, said
    assert "Not in the plan yet" not in page and "Still open" not in page


def test_a_page_lays_one_cause_s_two_plans_side_by_side(shipped):
    out, _ = shipped
    assert 'href="side_by_side.html"' in (out / "index.html").read_text("utf-8")
    page = html.unescape((out / "side_by_side.html").read_text(encoding="utf-8"))
    assert page.count("<h1") == 1 and "<title>One cause, two plans</title>" in page
    for dimension in read_cases().dimensions:
        row = page.split(f">{dimension.id.capitalize()}<br>")[1].split("</tr>")[0]
        assert row.count("<td") == 2 and row.count("In general: ") == 2
        assert dimension.question in row
        assert dimension.social in row and dimension.social_media in row
        assert "The plan does not say" not in row
    for link in re.findall(r'href="(?!data:|#)([^"]*)"', page):
        assert (out / link).is_file(), link
    for name in ("quit-in-leeds", "quit-page"):
        document = json.loads((out / name / "results.json").read_text())
        assert document["goals"][0]["sentence"] in page
    assert side_by_side_page([]) is None


def test_the_whole_plan_gets_its_verdict_once_there_are_data(tmp_path):
    """The plan of the book without data; then its trial comes back (simulated)."""
    rng = np.random.default_rng(27)
    places = np.repeat(np.arange(84), 120)
    arm = np.where(places < 42, "with", "later")
    tried = rng.random(places.size) < np.where(arm == "with", 0.40, 0.31)
    table = pd.DataFrame({"place": places, "arm": arm, "tried": tried.astype(int)})
    table.to_csv(tmp_path / "survey.csv", index=False)
    text = (PLANS / "quit_in_leeds.yml").read_text(encoding="utf-8")
    power = "    power: {clusters: 42, cluster_size: 120, icc: 0.005}\n"
    assert text.endswith(power)
    text += (
        "    data: {file: survey.csv}\n    outcome: tried\n    outcome_type: binary\n"
        "    cluster: place\n    arms: {column: arm, control: later, treated: [with]}\n"
    )
    plan = tmp_path / "plan.yml"
    plan.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["report", str(plan), "--out", str(tmp_path / "o")])
    assert done.exit_code == 0, done.output
    assert "quit-attempts: Met" in done.output
    page = (tmp_path / "o" / "quit-in-leeds" / "report.html").read_text("utf-8")
    assert "As planned: With 42 clusters a group" in page
    assert page.index(">The plan</h2>") > page.index("Strengths and weaknesses")
    for said in (*AGREED, *TASKED):
        assert said in page, said


def test_check_tells_which_rows_are_left_out_and_what_was_meant(tmp_path):
    text = (ROOT / "data" / "plans" / "hiv_results.yml").read_text(encoding="utf-8")
    table = ROOT / "data" / "tables" / "hiv_results.csv"
    rows = pd.read_csv(table, dtype=str)
    typed = rows["any"] == "1"
    rows["any"] = rows["any"].map({"0": "none", "1": "money"})
    rows.loc[typed.idxmax(), "any"] = "moneyy"
    rows.to_csv(tmp_path / "t.csv", index=False)
    text = re.sub(r"file: \S*hiv_results.csv", "file: t.csv", text)
    text = re.sub(r"control: \S+?([,}])", r"control: none\1", text)
    text = re.sub(r"treated: \[[^]]*\]", "treated: [money]", text)
    (tmp_path / "p.yml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["check", str(tmp_path / "p.yml")])
    assert done.exit_code == 0, done.output
    assert "rows of t.csv are left out (1,919: no value in 'any'" in done.output
    typo = "1: arm 'moneyy' is not part of the comparison; did you mean 'money'?"
    assert typo in done.output
