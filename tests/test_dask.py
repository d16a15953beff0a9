"""The same batch on a Dask cluster: equal results, whatever happens to the workers."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import distributed
import nbformat
import pytest
from click.testing import CliRunner
from conftest import ROOT
from test_batch import (
    DONORS,
    TIPS,
    children,
    rows_of,
    started,
    targets,
    template_with,
    whole,
)

from campaignbook.batch import run_batch
from campaignbook.batch_table import read_campaigns
from campaignbook.cli import main
from campaignbook.cluster_jobs import SMALL, ClusterProcesses
from campaignbook.cluster_versions import NEEDED, differences
from campaignbook.cluster_worker import ClusterJob
from campaignbook.errors import PlanError
from campaignbook.versions import versions

pytestmark = pytest.mark.notebook
LIBRARY = str(ROOT / "lib")
HIV = DONORS.with_name("hiv_results.yml")


def batch(*words):
    """Return exit code and everything that the command printed."""
    done = CliRunner().invoke(main, ["batch", *map(str, words)])
    return done.exit_code, done.output


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder, **environment):
        self.folder, self.workers = folder, []
        self.file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", 0, **environment)
        self.address = json.loads(awaited(self._described))["address"]

    def _described(self):
        return self.file.exists() and self.file.read_text()

    def _start(self, what, *words, **environment):
        words = ["--scheduler-file", self.file, "--no-dashboard", *words]
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", what, *map(str, words)],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": LIBRARY, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def add(self, count=1, **environment):
        """Start workers and give their processes."""
        words = ["--nthreads", 1, "--no-nanny", "--local-directory", self.folder]
        new = [self._start("worker", *words, **environment) for _ in range(count)]
        self.workers += new
        return new

    def alive(self):
        return [p for p in self.workers if p.poll() is None]

    def close(self):
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


def awaited(what, seconds=60):
    """Return what a function gives, once it gives something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.02)
    raise TimeoutError(what)


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    running = Cluster(folder)
    yield running
    running.close()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Return a cluster of two workers that the tests here share."""
    running = Cluster(tmp_path_factory.mktemp("pair"))
    running.add(2)
    yield running
    running.close()


def test_results_are_those_of_this_machine_though_a_worker_is_killed(
    pair, tmp_path, shipped
):
    out, victim = tmp_path / "out", pair.workers[0]
    campaigns = read_campaigns([TIPS, DONORS, HIV, TIPS.with_name("change4life.yml")])

    def kill(tally):
        if len(tally.done) == 1:
            victim.kill()

    with ClusterProcesses(pair.address) as processes:
        tally = run_batch(campaigns, out, processes=processes, progress=kill)
    assert victim.wait(10) == -signal.SIGKILL
    assert not tally.failed and tally.done == {c.id for c in campaigns}
    found = whole(out)
    assert found.keys() == tally.done
    for name in found:
        for file in ("results.json", "report.html"):
            alone = (shipped[0] / name / file).read_bytes()
            assert (out / name / file).read_bytes() == alone, (name, file)
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    words = [*(c.plan for c in campaigns), "--scheduler", pair.address, "--out", out]
    code, said = batch(*words)
    assert code == 0 and "4 up to date" in said


def blind(monkeypatch):
    """Let workers see nothing of this machine's disk."""
    monkeypatch.setattr(
        "campaignbook.cluster_jobs.ClusterJob",
        lambda **given: ClusterJob(**{**given, "folder": "/on/another/machine"}),
    )


def test_workers_without_our_disk_get_the_files(pair, tmp_path, shipped, monkeypatch):
    blind(monkeypatch)
    plans, tables = tmp_path / "plans", tmp_path / "tables"
    plans.mkdir()
    tables.mkdir()
    for path in (TIPS, DONORS, HIV):
        (plans / path.name).write_bytes(path.read_bytes())
    for name in ("organ_donors.csv", "hiv_results.csv"):
        (tables / name).write_bytes((ROOT / "data" / "tables" / name).read_bytes())
    assert (tables / "hiv_results.csv").stat().st_size > SMALL
    named_whole = DONORS.read_text().replace("../tables", str(tables))
    (plans / "w.yml").write_text(named_whole.replace("id: organ-donors", "id: w"))
    (plans / "wrong.yml").write_text("campaignbook: 1\nname: [")
    template = template_with(tmp_path, "if 'tips' in plan:\n    1 / 0")
    monkeypatch.chdir(tmp_path)
    words = ["plans", "--scheduler", pair.address, "--template", template]
    code, said = batch(*words, "--out", "out")
    assert code == 1 and "Traceback" not in said, said
    told = {r["id"]: r["problem"] for r in rows_of(tmp_path / "out")}
    assert "relative to the plan" in told["w"] and "YAML" in told["wrong"]
    tips = tmp_path / "out" / "tips-from-former-smokers"
    kept = os.path.relpath(tips / "report.ipynb")
    assert "ZeroDivisionError" in told[tips.name] and kept in told[tips.name]
    assert "papermill-error-cell" in (tips / "report.ipynb").read_text()
    for name in ("organ-donors", "hiv-results"):
        alone = (shipped[0] / name / "results.json").read_bytes()
        assert (tmp_path / "out" / name / "results.json").read_bytes() == alone
        notebook = nbformat.read(f"out/{name}/report.ipynb", as_version=4)
        given = notebook.metadata.papermill.parameters.plan
        assert given == f"plans/{name.replace('-', '_')}.yml"
    assert not [c for p in pair.alive() for c in children(p.pid)]


# --- what is refused before anything runs -----------------------------------------


def refused(*words, out):
    code, said = batch(TIPS, *words, "--out", out)
    assert code == 2 and not out.exists() and "Traceback" not in said, said
    return said


def test_other_versions_are_refused_with_who_has_what(cluster, tmp_path):
    other = cluster.folder / "other"
    (other / "pandas-1.2.3.dist-info").mkdir(parents=True)
    metadata = other / "pandas-1.2.3.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: pandas\nVersion: 1.2.3\n")
    empty = cluster.folder / "empty"
    (empty / "campaignbook").mkdir(parents=True)
    (empty / "campaignbook" / "__init__.py").touch()
    cluster.add(PYTHONPATH=os.pathsep.join([str(other), LIBRARY]))
    cluster.add(PYTHONPATH=str(empty))
    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    said = refused("--scheduler", cluster.address, out=tmp_path / "out")
    here = versions()["pandas"]
    assert re.search(rf"on worker tcp://\S+: pandas 1\.2\.3 \(here {here}\)\.", said)
    assert re.search(r"on worker tcp://\S+: this version .* is not installed", said)
    assert "requirements.lock" in said


def test_a_worker_with_other_versions_that_comes_later_is_refused(
    pair, tmp_path, monkeypatch
):
    """Those who were there at the start are compared before; here, none are."""
    monkeypatch.setattr(ClusterProcesses, "_check", lambda self: None)
    given = versions(*NEEDED) | {"pandas": "1.2.3"}
    monkeypatch.setattr("campaignbook.cluster_jobs.versions", lambda *_: given)
    words = ["--scheduler", pair.address, "--out", tmp_path / "out"]
    code, said = batch(TIPS, *words)
    assert code == 2 and "Traceback" not in said
    assert re.search(r"on worker tcp://\S+: pandas \S+ \(here 1\.2\.3\)\.", said)
    assert whole(tmp_path / "out") == {}


def test_differences_name_few_workers_of_many():
    ours = {"Python": "3.12", "pandas": "2.3"}
    found = {f"tcp://w:{n}": ours | {"Python": "3.11"} for n in range(5)}
    first, remedy = differences({**found, "tcp://w:9": ours}, ours)
    three = "tcp://w:0, tcp://w:1, tcp://w:2"
    assert first == f"on workers {three} and 2 more: Python 3.11 (here 3.12)."
    assert "same" in remedy
    assert differences({"tcp://w:9": ours}, ours) == []


def test_a_cluster_without_workers_is_refused(cluster):
    with (
        pytest.raises(PlanError, match=r"no worker, .*dask worker tcp://"),
        ClusterProcesses(cluster.address, no_workers=0.5),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:9", "no Dask scheduler that answers"),
        ("tcp://127.0.0.1", "missing port"),
        ("ftp://here:1", "unknown address scheme"),
        ("nowhere", "missing port"),
        ("", "missing port"),
        ("tls://127.0.0.1:9", "certificates are not named"),
    ],
)
def test_no_scheduler_is_refused(tmp_path, address, why):
    """In a process of its own: what the client says when it is thrown away counts."""
    words = [TIPS, "--scheduler", address, "--out", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-m", "campaignbook", "batch", *map(str, words)],
        env={**os.environ, "PYTHONPATH": LIBRARY},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert why in done.stderr and f"--scheduler {address}:" in done.stderr
    assert not (tmp_path / "out").exists()


def test_workers_here_and_a_scheduler_are_refused(tmp_path):
    words = ["--workers", 2, "--scheduler", "tcp://here:1"]
    assert "one of the two" in refused(*words, out=tmp_path / "out")


def test_without_the_packages_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    for name in ("cluster_jobs", "cluster_worker"):
        monkeypatch.delitem(sys.modules, f"campaignbook.{name}", raising=False)
    said = refused("--scheduler", "tcp://here:1", out=tmp_path / "out")
    assert "lib[cluster]" in said


# --- what ends it -----------------------------------------------------------------


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_leaves_nothing_on_the_cluster(pair, tmp_path):
    out = tmp_path / "out"
    table = targets(tmp_path / "t.csv", 200)
    process = started(out, table, scheduler=pair.address)
    awaited(lambda: list(out.glob("*/results.json")))
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in said, said
    assert "goes on where it stopped" in said
    awaited(lambda: not [c for p in pair.alive() for c in children(p.pid)], 10)
    assert rows_of(out)[-1]["status"] == "not run"
    whole(out)


@pytest.mark.slow
def test_a_lost_scheduler_is_told(cluster, tmp_path):
    cluster.add(1)
    out = tmp_path / "out"
    process = started(out, targets(tmp_path / "t.csv", 200), scheduler=cluster.address)
    awaited(lambda: list(out.glob("*/results.json")))
    cluster.scheduler.kill()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2 and "Traceback" not in said, said
    assert "connection to the scheduler was lost" in said
    whole(out)


@pytest.mark.slow
def test_a_report_that_kills_its_workers_is_given_up(tmp_path):
    running = Cluster(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1")
    running.add(2)
    source = "import psutil; psutil.Process().parent().parent().kill()"
    template = template_with(tmp_path, source)
    try:
        words = ["--scheduler", running.address, "--template", template]
        code, said = batch(TIPS, *words, "--out", tmp_path / "out")
    finally:
        running.close()
    assert code == 1 and "2 workers ended while they had this report" in said, said
