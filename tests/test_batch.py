"""Many campaigns: each its report whole, whatever happens to the others."""

import contextlib
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import nbformat
import psutil
import pytest
from click.testing import CliRunner
from conftest import ROOT

from campaignbook.batch import Settings, run_batch
from campaignbook.batch_index import index_page, scale_of
from campaignbook.batch_rows import Line, summary
from campaignbook.batch_table import read_campaigns
from campaignbook.cli import main
from campaignbook.errors import PlanError
from campaignbook.report import TEMPLATE, write_report
from campaignbook.report_jobs import ReportJob, ReportProcesses
from campaignbook.versions import versions

PLANS = ROOT / "data" / "plans"
TIPS, DONORS = PLANS / "tips.yml", PLANS / "organ_donors.yml"
FILES = {"report.html", "report.ipynb", "results.json"}
pytestmark = pytest.mark.notebook


def batch(*words):
    """Return exit code and everything that the command printed."""
    done = CliRunner().invoke(main, ["batch", *map(str, words)])
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def warm():
    """Return processes that make reports, started once for the tests here."""
    with ReportProcesses(workers=2) as processes:
        yield processes


def write_table(path, rows, head):
    """Write rows of text as CSV and return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head.split(), *rows])
    return path


def targets(path, count):
    """Write a table of campaigns that differ in the target only."""
    rows = [[f"c-{n:04}", 0.32 + n / 10_000] for n in range(count)]
    return write_table(path, rows, "id goals.quit-attempts.target")


def template_with(folder, *sources):
    """Write the shipped template with more cells before its last one."""
    notebook = nbformat.read(TEMPLATE, as_version=4)
    notebook.cells[-1:-1] = [nbformat.v4.new_code_cell(s) for s in sources]
    path = folder / "template.ipynb"
    nbformat.write(notebook, path)
    return path


def whole(out):
    """Return the results of all reports that are there, by id; each must be whole."""
    folders = [p for p in out.iterdir() if p.is_dir() and not p.name.startswith(".")]
    for folder in folders:
        assert {p.name for p in folder.iterdir()} == FILES, folder
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert page.rstrip().endswith("</html>")
        nbformat.read(folder / "report.ipynb", as_version=4)
    return {p.name: (p / "results.json").read_bytes() for p in folders}


def rows_of(out):
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ledger(out):
    lines = (out / "batch.json").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[1:]]


# --- the same as one at a time ----------------------------------------------------


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Return a batch of two plans and a row of a table, and what was printed."""
    folder = tmp_path_factory.mktemp("three")
    head = "id evaluations.effect.level name"
    table = write_table(folder / "t.csv", [["other", "0.9", "=1+1"]], head)
    out = folder / "out"
    code, said = batch(TIPS, DONORS, "--table", table, "--base", DONORS, "--out", out)
    assert code == 0, said
    return out, said


def test_results_and_page_are_those_of_report_to_the_byte(three, shipped):
    out, _ = three
    for name in ("tips-from-former-smokers", "organ-donors"):
        for file in ("results.json", "report.html"):
            alone = (shipped[0] / name / file).read_bytes()
            assert (out / name / file).read_bytes() == alone, (name, file)


def test_a_row_of_a_table_is_report_with_options(three, tmp_path):
    words = ["report", str(DONORS), "--out", str(tmp_path), "-p", "name==1+1"]
    words += ["-p", "id=other", "-p", "evaluations.effect.level=0.9"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    alone = (tmp_path / "other" / "results.json").read_bytes()
    assert (three[0] / "other" / "results.json").read_bytes() == alone


def test_with_a_kernel_the_report_is_the_same(three, tmp_path):
    """`write_report` in a process of others starts a kernel for the cells."""
    made = write_report(TIPS, tmp_path)
    for file in ("results.json", "report.html"):
        in_batch = (three[0] / made.id / file).read_bytes()
        assert (made.folder / file).read_bytes() == in_batch, file


def test_the_notebook_is_executed_and_leads_nowhere_on_this_disk(three):
    text = (three[0] / "organ-donors" / "report.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    assert all(c.metadata.papermill.status == "completed" for c in code)
    assert notebook.metadata.language_info.name == "python"
    assert 'results = "results.json"' in text.replace("\\", "")


def test_summary_has_a_line_a_goal_and_no_formula(three):
    rows = rows_of(three[0])
    names = ["tips-from-former-smokers", "organ-donors", "other"]
    assert [r["id"] for r in rows] == names
    other = rows[2]
    assert other["name"] == "'=1+1" and other["confidence"] == "0.9"
    document = json.loads((three[0] / "other" / "results.json").read_text())
    headline = document["evaluations"][0]["estimates"][0]
    for column, key in (("effect", "estimate"), ("ci_low", "ci_low"), ("n", "n")):
        assert float(other[column]) == headline[key]
    assert other["verdict"] == document["goals"][0]["verdict"]


# --- a second call ----------------------------------------------------------------


def test_a_second_call_does_what_changed_and_nothing_else(tmp_path, warm, monkeypatch):
    plans, tables = tmp_path / "plans", tmp_path / "tables"
    plans.mkdir()
    tables.mkdir()
    for path in (TIPS, DONORS):
        (plans / path.name).write_bytes(path.read_bytes())
    data = tables / "organ_donors.csv"
    data.write_bytes((ROOT / "data" / "tables" / data.name).read_bytes())
    template = template_with(tmp_path, "1 + 1")
    out = tmp_path / "out"

    def made(**given):
        settings = Settings(template=template, **given)
        tally = run_batch(read_campaigns([plans]), out, settings, processes=warm)
        assert not tally.failed
        return tally.done

    tips, donors = "tips-from-former-smokers", "organ-donors"
    assert made() == {tips, donors}
    assert made() == set()
    data.write_text(data.read_text().rstrip("\n") + "\n\n")
    assert made() == {donors}
    plan = plans / "tips.yml"
    plan.write_text(plan.read_text() + "\n# a word\n")
    assert made() == {tips}
    assert made(level=0.9) == {tips, donors}
    assert made() == {tips, donors}
    (out / tips / "results.json").write_text("{}")
    (out / donors / "report.html").unlink()
    (out / donors / "notes.txt").write_text("mine")
    assert made() == {tips, donors}
    assert (out / donors / "notes.txt").read_text() == "mine"
    template_with(tmp_path, "1 + 2")
    assert made() == {tips, donors}
    assert made(fresh=True) == {tips, donors}
    assert made() == set()
    library = shutil.copytree(ROOT / "data", tmp_path / "copy" / "data").parent / "lib"
    monkeypatch.setattr("campaignbook.versions.LIBRARY", library)
    assert made() == {tips, donors}
    assert made() == set()
    shown = library.parent / "data" / "benchmarks.yml"
    shown.write_text(shown.read_text() + "# another word\n")
    assert made() == {tips, donors}
    monkeypatch.setitem(versions.__globals__, "version", lambda name: "0.1")
    assert made() == {tips, donors}
    assert len(ledger(out)) == 20


@pytest.mark.parametrize("torn", [b'{"id": "tips-fr', b"\0\0\0\0", b"\0\0\n{"])
def test_a_torn_last_line_is_no_line(tmp_path, warm, torn):
    campaigns = read_campaigns([TIPS])
    assert run_batch(campaigns, tmp_path, processes=warm).done
    path = tmp_path / "batch.json"
    path.write_bytes(path.read_bytes() + torn)
    assert run_batch(campaigns, tmp_path, processes=warm).kept == 1
    fresh = Settings(fresh=True)
    assert run_batch(campaigns, tmp_path, fresh, processes=warm).done
    assert json.loads(path.read_bytes().splitlines()[-1])["status"] == "done"


@pytest.mark.parametrize("content", ["[1, 2]\n", "my notes", '{"a": 1}\n{"b": 2}\n'])
def test_a_file_that_is_no_ledger_is_left_alone(tmp_path, content):
    (tmp_path / "batch.json").write_text(content)
    code, said = batch(TIPS, "--out", tmp_path)
    assert code == 2 and "is no ledger of a batch" in said
    assert (tmp_path / "batch.json").read_text() == content


def test_two_batches_do_not_write_the_same_folder(tmp_path, warm):
    said = []

    def second(_):
        if not said:
            said.append(batch(TIPS, "--out", tmp_path))

    run_batch(read_campaigns([TIPS]), tmp_path, processes=warm, progress=second)
    assert said[0][0] == 2 and "another batch" in said[0][1]


# --- a bad campaign costs its own report ------------------------------------------

PLAN = """
campaignbook: 1
name: {name}
kind: social
period: {{start: 2020-01-01, end: 2020-12-31}}
goals:
  - {{id: g, type: behaviour, measure: rate, unit: share, direction: increase,
     baseline: 0.1, target: {target}}}
evaluations:
  - {{id: e, goal: {goal}, question: Q, design: proportion, {counts}}}
"""
SOUND = {"target": 0.2, "goal": "g", "counts": "counts: {all: {n: 100, events: 30}}"}
WRONG = {
    "yaml": "name: [",
    "empty": "",
    "key": PLAN.format(name="x", **SOUND) + "\nwhat: 1\n",
    "target": PLAN.format(name="x", **SOUND | {"target": 35}),
    "goal": PLAN.format(name="x", **SOUND | {"goal": "other"}),
    "file": DONORS.read_text()
    .replace("../tables/organ_donors.csv", "no.csv")
    .replace("id: organ-donors\n", ""),
}
SAID = {
    "yaml": "not readable as YAML",
    "empty": "the plan is empty",
    "key": "'what'|what:",
    "target": "35",
    "goal": "'other'",
    "file": "no.csv",
    "error": "ZeroDivisionError",
    "hang": "more than 15 seconds",
    "memory": "more than 200 MB of memory",
    "killed": "ended by signal 9",
}
DEEDS = """
import os, signal, time
name = os.path.basename(plan)
if name.startswith("error"):
    1 / 0
if name.startswith("hang"):
    time.sleep(1000)
if name.startswith("memory"):
    eaten = [bytearray(os.urandom(1000) * 10_000) for _ in range(400)]
    time.sleep(1000)
if name.startswith("killed"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def mixed(folder, sound, each):
    """Write plans: some sound, and of each way of being broken some."""
    folder.mkdir()
    for n in range(sound):
        (folder / f"sound-{n:04}.yml").write_text(PLAN.format(name=f"S{n}", **SOUND))
    for way in SAID:
        for n in range(each):
            text = WRONG.get(way, PLAN.format(name=way, **SOUND))
            (folder / f"{way}-{n}.yml").write_text(text)
    return template_with(folder.parent, DEEDS)


def run_mixed(folder, sound, each):
    """Run a batch of sound and broken plans; check all that it leaves."""
    template = mixed(folder / "plans", sound, each)
    out = folder / "out"
    code, said = batch(
        folder / "plans", "--out", out, "--template", template, "--workers", 2,
        "--timeout", 15, "--memory", 200,
    )  # fmt: skip
    assert code == 1
    made = {p.parent.name for p in out.glob("*/report.html")}
    assert made == {f"sound-{n:04}" for n in range(sound)}
    rows = {r["id"]: r for r in rows_of(out)}
    assert len(rows) == sound + each * len(SAID)
    index = (out / "index.html").read_text(encoding="utf-8")
    assert index.count('data-word="failed"') == each * len(SAID)
    for way, words in SAID.items():
        for n in range(each):
            name = f"{way}-{n}"
            assert rows[name]["status"] == "failed"
            assert re.search(words, rows[name]["problem"]), rows[name]
            [line] = [x for x in said.splitlines() if x.startswith(f"{name}: ")]
            assert re.search(words, line) and line.endswith(".")
    assert "Traceback" not in said
    assert f"{sound} done, {each * len(SAID)} failed" in said
    return out, template


def test_ten_ways_of_being_broken_cost_ten_reports(tmp_path, warm):
    out, template = run_mixed(tmp_path, 6, 1)
    failing = nbformat.read(out / "error-0" / "report.ipynb", as_version=4)
    assert "papermill-error-cell" in failing.cells[0].source
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    # the next call tries what failed again, and nothing else
    (tmp_path / "plans" / "yaml-0.yml").write_text(PLAN.format(name="y", **SOUND))
    settings = Settings(template=template, timeout=15, memory=200 * 10**6)
    campaigns = read_campaigns([tmp_path / "plans"])
    tally = run_batch(campaigns, out, settings, processes=warm)
    assert tally.done == {"yaml-0"} and tally.kept == 6
    assert tally.failed.keys() == {f"{way}-0" for way in SAID} - {"yaml-0"}


@pytest.mark.slow
def test_thousand_campaigns_of_which_thirty_are_broken(tmp_path):
    run_mixed(tmp_path, 970, 3)


def test_nothing_leaks_from_one_report_to_the_next(tmp_path, warm):
    source = (
        "import os, sys, matplotlib as m\n"
        "seen = [hasattr(sys, 'mark'), 'MARK' in os.environ]\n"
        "print('SEEN', *seen, m.rcParams['lines.linewidth'])\n"
        "sys.mark = os.environ['MARK'] = 'x'; m.rcParams['lines.linewidth'] = 9\n"
        "os.chdir('/')"
    )
    template = template_with(tmp_path, source)
    campaigns = read_campaigns([], targets(tmp_path / "t.csv", 4), TIPS)
    settings = Settings(template=template)
    out = tmp_path / "out"
    assert len(run_batch(campaigns, out, settings, processes=warm).done) == 4
    for page in out.glob("*/report.html"):
        seen = re.search(r"SEEN (\w+) (\w+) ([\d.]+)", page.read_text())
        assert seen.groups() == ("False", "False", "1.5")


def test_an_old_report_of_a_campaign_that_fails_now_is_told(tmp_path, warm):
    plan, out = tmp_path / "p.yml", tmp_path / "out"
    plan.write_text(PLAN.format(name="x", **SOUND))
    assert run_batch(read_campaigns([plan]), out, processes=warm).done == {"p"}
    plan.write_text(PLAN.format(name="x", **SOUND | {"target": 35}))
    assert run_batch(read_campaigns([plan]), out, processes=warm).failed.keys() == {"p"}
    assert (out / "p" / "report.html").exists()
    assert "of an earlier time" in rows_of(out)[0]["problem"]


def test_where_processes_cannot_be_split_each_report_starts_one(tmp_path):
    jobs = [
        ReportJob(plan=str(TIPS), out=str(tmp_path)),
        ReportJob(plan=str(PLANS / "no.yml"), out=str(tmp_path)),
        ReportJob(plan=str(TIPS), out=str(tmp_path), timeout=0.5),
    ]
    with ReportProcesses(workers=2, fork=False) as processes:
        found = dict(processes.run(jobs))
    assert found[0].status == "done" and (tmp_path / found[0].id).is_dir()
    assert found[1].fault == "input" and "no plan" in found[1].problems[0]
    assert "0.5 seconds" in found[2].problems[0]


STARTS = """
import subprocess, sys
name = os.path.basename(plan)
deed = "kept = b'x' * 300_000_000; " if name.startswith("memory") else ""
deed += "import time; time.sleep(1000)"
other = subprocess.Popen([sys.executable, "-c", deed, MARK], start_new_session=True)
if not name.startswith("stray"):
    other.wait()
"""


def test_what_a_report_starts_counts_as_its_own_and_ends_with_it(tmp_path, warm):
    mark = f"mark of {tmp_path}"
    template = template_with(tmp_path, "import os", f"MARK = {mark!r}\n{STARTS}")
    for name in ("memory", "hang", "stray"):
        text = PLAN.format(name=name, **SOUND)
        (tmp_path / f"{name}.yml").write_text(text)
    settings = Settings(template=template, timeout=15, memory=200 * 10**6)
    campaigns = read_campaigns([tmp_path])
    tally = run_batch(campaigns, tmp_path / "out", settings, processes=warm)
    assert tally.done == {"stray"}
    assert "more than 200 MB of memory" in tally.failed["memory"][0]
    assert "more than 15 seconds" in tally.failed["hang"][0]
    lines = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if mark in line]


def test_an_error_without_words_is_named(tmp_path, warm):
    template = template_with(tmp_path, "raise KeyboardInterrupt")
    settings = Settings(template=template)
    campaigns = read_campaigns([TIPS])
    tally = run_batch(campaigns, tmp_path / "out", settings, processes=warm)
    [[said]] = tally.failed.values()
    assert "failed: KeyboardInterrupt. The notebook is kept" in said


def test_reports_die_with_the_process_that_makes_them_and_are_made_again(tmp_path):
    first = tmp_path / "first"
    source = (
        "import os, pathlib, time\n"
        f"path = pathlib.Path({str(first)!r})\n"
        "if not path.exists():\n"
        "    path.write_text(str(os.getpid()))\n"
        "    time.sleep(1000)"
    )
    job = ReportJob(
        plan=str(TIPS), out=str(tmp_path), template=str(template_with(tmp_path, source))
    )

    def kill():
        while not (first.exists() and first.read_text()):
            time.sleep(0.01)
        psutil.Process(int(first.read_text())).parent().kill()

    killer = threading.Thread(target=kill)
    with ReportProcesses() as processes:
        killer.start()
        [(_, outcome)] = processes.run([job])
    killer.join()
    assert outcome.status == "done"
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(first.read_text())).wait(10)


# --- the batch itself is ended ----------------------------------------------------


def started(out, table, scheduler=None, **options):
    words = [sys.executable, "-m", "campaignbook", "batch", "--table", table]
    words += ["--base", TIPS, "--out", out]
    words += ["--scheduler", scheduler] if scheduler else ["--workers", "2"]
    return subprocess.Popen(
        list(map(str, words)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        **options,
    )


def reports_in(out):
    return len(list(out.glob("*/results.json")))


def await_report(out, process, count):
    """Wait until some reports are there."""
    while reports_in(out) < count and process.poll() is None:
        time.sleep(0.01)


def survive_kills(folder, *, kills, campaigns):
    """Kill a batch at random moments, let it go on each time, compare the end."""
    chance = random.Random(1)
    table = targets(folder / "t.csv", campaigns)
    calm = folder / "calm"
    assert batch("--table", table, "--base", TIPS, "--out", calm)[0] == 0
    out, made = folder / "out", 0
    for _ in range(kills):
        process = started(out, table)
        await_report(out, process, min(made + 1, campaigns))
        time.sleep(chance.uniform(0, 0.5))
        process.kill()
        process.communicate()
        made = reports_in(out)
        whole(out)
    process = started(out, table)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert whole(out) == whole(calm)
    done = [e["id"] for e in ledger(out) if e["status"] == "done"]
    assert set(done) == set(whole(calm))
    assert [r["id"] for r in rows_of(out)] == sorted(done := set(done))
    assert not [p for p in out.iterdir() if p.name.startswith(".")]


def test_a_killed_batch_goes_on_where_it_stopped(tmp_path):
    survive_kills(tmp_path, kills=2, campaigns=8)


@pytest.mark.slow
def test_a_batch_survives_twenty_kills(tmp_path):
    survive_kills(tmp_path, kills=20, campaigns=60)


def children(pid):
    return psutil.Process(pid).children(recursive=True)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly(tmp_path, signum):
    out = tmp_path / "out"
    process = started(out, targets(tmp_path / "t.csv", 40))
    await_report(out, process, 4)  # two of them are counted by then
    below = children(process.pid)
    process.send_signal(signum)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in said
    assert "goes on where it stopped" in said
    assert below and not [p for p in below if p.is_running()]
    rows = rows_of(out)
    assert len(rows) == 40 and rows[-1]["status"] == "not run"
    assert "Not run" in (out / "index.html").read_text()
    done = {r["id"] for r in rows if r["status"] == "done"}
    assert whole(out).keys() >= done and len(done) >= 2


def test_ctrl_c_while_the_imports_go_on(tmp_path):
    process = started(tmp_path / "out", targets(tmp_path / "t.csv", 4))
    while not (below := children(process.pid)):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in said, said
    assert "4 campaigns: 4 not run." in said
    # one that was just being started ends when it sees that nobody asks
    assert not psutil.wait_procs(below, timeout=20)[1]


def test_ctrl_c_where_processes_cannot_be_split(tmp_path):
    template = template_with(tmp_path, "import time; time.sleep(1000)")
    job = ReportJob(plan=str(TIPS), out=str(tmp_path), template=str(template))
    code = (
        "from campaignbook.report_jobs import ReportJob, ReportProcesses\n"
        "with ReportProcesses(workers=2, fork=False) as processes:\n"
        f"    list(processes.run([{job}] * 3))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "lib")},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while len(below := children(process.pid)) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert b"KeyboardInterrupt" in said
    assert not psutil.wait_procs(below, timeout=20)[1]


def test_a_killed_batch_leaves_no_process(tmp_path):
    out = tmp_path / "out"
    process = started(out, targets(tmp_path / "t.csv", 40))
    await_report(out, process, 1)
    below = children(process.pid)
    process.kill()
    process.communicate()
    assert below
    until = time.monotonic() + 20
    while any(p.is_running() for p in below) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [p for p in below if p.is_running()]


# --- tables of campaigns ----------------------------------------------------------


def test_a_table_names_plans_beside_it_and_leaves_what_it_does_not_say(tmp_path):
    (tmp_path / "own.yml").write_bytes(TIPS.read_bytes())
    path = tmp_path / "t.csv"
    path.write_text("id;plan;name;period.end\na;own.yml;;2012-06-01\nb;;B: 1;\n")
    first, second = read_campaigns([], path, TIPS)
    assert first.plan == tmp_path / "own.yml"
    assert first.overrides == {"id": "a", "period.end": "2012-06-01"}
    assert second.plan == TIPS and second.id == "b"


WRONG_TABLES = {
    "no id": ("plan\ntips.yml\n", None, r"no column 'id'"),
    "no plan": ("id,name\na,b\n", None, r"no column 'plan'.*--base"),
    "two": ("id,id\na,a\n", TIPS, r"'id' stands twice"),
    "unnamed": ("id,\na,1\n", TIPS, r"column 2 has no name"),
    "lost": ("id,goals.other.target\na,0.3\n", TIPS, r"column goals\.other\.target"),
    "cells": ("id,name\na,b,c\n", TIPS, r"line 2: 3 cells under 2 columns"),
    "no base": ("id\na\n", PLANS / "no.yml", r"--base .*no such plan"),
    "empty": ("", TIPS, r"table is empty"),
    "no rows": ("id,name\n", TIPS, r"no row below"),
    "id": ("id,name\n,b\n", TIPS, r"line 2: the id is empty"),
    "equal": ("id,name\na,b\nc,d\nA,e\n", TIPS, r"'a' stands 2 times.*line 2.*line 4"),
    "latin": ("id,name\na,\xe9\n".encode("latin-1"), TIPS, r"UTF-8"),
    "quotes": ('id,name\na,"b\n', TIPS, r"--table"),
}


@pytest.mark.parametrize(
    ("text", "base", "words"), WRONG_TABLES.values(), ids=WRONG_TABLES
)
def test_a_wrong_table_is_refused_before_anything_runs(tmp_path, text, base, words):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "tips.yml").write_bytes(TIPS.read_bytes())
    given = ["--table", path, *(["--base", base] if base else [])]
    code, said = batch(*given, "--out", tmp_path / "out")
    assert code == 2 and re.search(words, said), said
    assert not (tmp_path / "out").exists()


def test_all_problems_of_a_table_are_told_at_once(tmp_path):
    path = write_table(tmp_path / "t.csv", [["", "x"], ["a", ""], ["b"]], "id plan")
    (tmp_path / "x").write_text("")
    with pytest.raises(PlanError) as error:
        read_campaigns([], path)
    told = "\n".join(error.value.problems)
    assert "line 2: the id is empty" in told
    assert "line 3: the plan is empty" in told and "line 4" in told


def test_a_cell_that_cannot_be_read_is_its_rows_matter(tmp_path, warm):
    rows = [["bad", "[1, 2"], ["good", "Name"]]
    table = write_table(tmp_path / "t.csv", rows, "id name")
    out = tmp_path / "out"
    tally = run_batch(read_campaigns([], table, TIPS), out, processes=warm)
    assert tally.done == {"good"}
    [told] = tally.failed["bad"]
    assert "line 2, column 'name'" in told and "quotes" in told


def test_a_problem_of_a_row_names_the_row(tmp_path, warm):
    rows = [["a", "0.36"], ["b", "0.1"]]
    table = write_table(tmp_path / "t.csv", rows, "id goals.quit-attempts.target")
    campaigns = read_campaigns([], table, TIPS)
    tally = run_batch(campaigns, tmp_path / "out", processes=warm)
    assert tally.done == {"a"}
    [said] = tally.failed["b"]
    assert said.startswith("t.csv, line 3, over tips.yml: line ")
    assert "goals.quit-attempts" in said and "0.1" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "nothing to do"),
        (["--base", TIPS], "--table too"),
        ([TIPS, TIPS], "stands 2 times"),
        ([TIPS, "--template", "no.ipynb"], "no template"),
        ([TIPS, "--table", "no.csv", "--base", TIPS], "no such table"),
        ([TIPS, "--table", "no.pdf", "--base", TIPS], "save it as CSV"),
        (["no-*.yml"], "no file is called like that"),
    ],
)
def test_wrong_words_are_refused(tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    code, said = batch(*words)
    assert code == 2 and told in said, said
    assert not list(tmp_path.iterdir())


# --- the list of all --------------------------------------------------------------


def line(folder, effect=0.1, low=0.0, high=0.2, **more):
    given = {"verdict": "met", "goal": "g", "level": 0.3, "unit": "share"}
    numbers = {"effect": effect, "ci_low": low, "ci_high": high, "null_value": 0.0}
    rest = {"status": "done", "confidence": 0.95, "report": f"{folder}/report.html"}
    return Line(id=folder, **given | numbers | rest | more)


def test_the_list_shows_verdicts_intervals_and_what_went_wrong():
    lines = [
        line("a", name="A <b>"),
        line("b", verdict="not met", effect=-0.05, low=None, high=0.0),
        Line(id="c", status="failed", problem="no <plan>."),
        Line(id="e", status="failed", problem="t.csv, line 2: the id is empty."),
        Line(id="d", status="not run"),
    ]
    page = index_page(lines)
    assert "5 campaigns" in page and "1 met, 1 not met, 2 failed, 1 not run" in page
    assert "A &lt;b&gt;" in page and "No &lt;plan&gt;." in page and ">t.csv, " in page
    assert "10.0 percentage points" in page and "95% interval 0.0 to 20.0" in page
    assert page.count("<svg") == 2 and page.count("<circle") == 2
    assert not re.findall(r'(?:src|href)="(?!data:|#|[ab]/report\.html)[^"]*"', page)
    assert "http" not in page.replace("http-equiv", "")


def test_pictures_of_one_unit_share_a_scale_that_holds_what_is_usual():
    lines = [line(f"n{n}", n / 10, n / 10 - 0.01, n / 10 + 0.01) for n in range(5)]
    scale = scale_of([*lines, line("wide", 0.2, -50.0, None)])
    places = [scale.place(x.effect) for x in lines]
    assert places == sorted(places) and len(set(places)) == 5
    assert scale.low > -1 and scale.high < 1
    assert scale.low <= 0 - 0.01 and scale.high >= 0.41


def test_one_effect_without_an_interval_has_a_picture_too():
    assert index_page([line("a", 0.0, None, None)]).count("<circle") == 1


def test_a_summary_reads_back_what_was_found():
    [row] = csv.DictReader(
        summary([line("a", sentence='He said "no",\nso')]).splitlines(True)
    )
    assert row["effect"] == "0.1" and row["sentence"] == 'He said "no",\nso'


def test_settings_have_sound_defaults():
    assert Settings().timeout > 60 and not Settings().fresh
