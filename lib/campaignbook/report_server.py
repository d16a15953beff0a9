"""The process that makes reports for others: imports once, then one fork a report.

It reads a job a line from standard input, writes an outcome a line to standard output,
and ends, with all its reports, when its input does. A report that hangs, eats memory or
is killed costs itself only: it has its own process, session and temporary folder.
"""

import contextlib
import gc
import json
import os
import selectors
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import psutil

from campaignbook.errors import CampaignError
from campaignbook.files import read_plan
from campaignbook.forked_report import end_below, make_in_fork, work, write
from campaignbook.notebook_shell import shell
from campaignbook.report import (
    ROOT,
    SOCIAL_MEDIA,
    TEMPLATE,
    node_page,
    template_for,
)
from campaignbook.report_jobs import READY, Outcome, ReportJob, ended, too_long

TICK = 0.1
"""Seconds between two looks at time and memory."""
LOOK = 1.0
"""Seconds between two looks at the processes that a report has started."""
EXAMPLES = {TEMPLATE: "organ_donors", SOCIAL_MEDIA: "quit_page"}
"""Plans that are tried before the first report with a template, by template."""


@dataclass(slots=True)
class _Running:
    """A report that is being made."""

    place: int
    job: ReportJob
    pid: int
    pipe: int
    folder: str
    base: int  # bytes that it shares with us
    begun: float = field(default_factory=time.monotonic)
    said: bytes = b""
    below: int = 0  # bytes of the processes that it has started
    look: float = 0.0  # when they are looked for again


class _Server:
    def __init__(self, answers: int, *, warm: bool) -> None:
        self._answers = answers
        self._untried = dict(EXAMPLES) if warm else {}
        self._selector = selectors.DefaultSelector()
        self._running: dict[int, _Running] = {}
        self._heard = b""

    def serve(self) -> None:
        """Make reports until the input ends."""
        self._selector.register(0, selectors.EVENT_READ)
        try:
            while True:
                wait = TICK if self._running else None
                for key, _ in self._selector.select(wait):
                    if key.fd in self._running:
                        self._listen(self._running[key.fd])
                    elif not self._hear():
                        return
                for one in list(self._running.values()):
                    self._look_after(one)
        finally:
            for one in list(self._running.values()):
                self._end(one)

    def _hear(self) -> bool:
        chunk = os.read(0, 1 << 16)
        *lines, self._heard = (self._heard + chunk).split(b"\n")
        for line in lines:
            asked = json.loads(line)
            self._begin(asked.pop("place"), ReportJob(**asked))
        return bool(chunk)

    def _begin(self, place: int, job: ReportJob) -> None:
        if example := self._untried.pop(_template(job), None):
            _try_once(_template(job), example)
        read, write_end = os.pipe()
        folder, us = tempfile.mkdtemp(prefix="campaignbook-"), os.getpid()
        base = psutil.Process().memory_info().rss
        pid = os.fork()
        if not pid:
            make_in_fork(job, write_end, folder, us)
        os.close(write_end)
        self._running[read] = _Running(
            place=place, job=job, pid=pid, pipe=read, folder=folder, base=base
        )
        self._selector.register(read, selectors.EVENT_READ)

    def _listen(self, one: _Running) -> None:
        chunk = os.read(one.pipe, 1 << 16)
        one.said += chunk
        if one.said.endswith(b"\n"):
            self._end(one)
            self._tell(one, json.loads(one.said))
        elif not chunk:
            self._fail(one, ended(self._end(one)))

    def _look_after(self, one: _Running) -> None:
        """End a report that takes too long or too much."""
        if one.pipe not in self._running:
            return
        job = one.job
        if time.monotonic() - one.begun > job.timeout:
            self._end(one)
            self._fail(one, too_long(job.timeout))
        elif job.memory is not None and self._memory(one) > job.memory:
            self._end(one)
            megabytes = f"{job.memory / 1e6:,.0f} MB"
            self._fail(
                one,
                f"It took more than {megabytes} of memory and was ended; see --memory.",
            )

    def _memory(self, one: _Running) -> int:
        """Return the bytes of a report's process, and now and then of those below."""
        used = 0
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(one.pid)
            used = process.memory_info().rss - one.base
            if time.monotonic() > one.look:
                one.look = time.monotonic() + LOOK
                one.below = sum(map(_own_memory, process.children(recursive=True)))
        return used + one.below

    def _end(self, one: _Running) -> int:
        """End a report's process and all that it started; return its exit code."""
        status = _ended_by_itself(one.pid)
        if status is None:
            end_below(one.pid)
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(one.pid, signal.SIGKILL)
        if status is None:
            status = os.waitpid(one.pid, 0)[1]
        self._selector.unregister(one.pipe)
        os.close(one.pipe)
        del self._running[one.pipe]
        shutil.rmtree(one.folder, ignore_errors=True)
        return os.waitstatus_to_exitcode(status)

    def _fail(self, one: _Running, problem: str) -> None:
        seconds = round(time.monotonic() - one.begun, 3)
        failed = Outcome(
            status="failed", fault="report", problems=(problem,), seconds=seconds
        )
        self._tell(one, asdict(failed))

    def _tell(self, one: _Running, outcome: dict[str, Any]) -> None:
        write(self._answers, {"place": one.place, **outcome})


def _own_memory(process: psutil.Process) -> int:
    """Return the bytes that a process shares with no other."""
    with contextlib.suppress(psutil.Error):
        return process.memory_full_info().uss
    return 0


def _ended_by_itself(pid: int) -> int | None:
    """Return the status of a process that closed its pipe; None if it goes on."""
    for _ in range(20):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.001)
    return None


def _template(job: ReportJob) -> Path:
    """Return the shipped template that a report will be made with, or one like it."""
    return TEMPLATE if job.template else _fitting(job.plan, job.folder)


@cache
def _fitting(plan: str, folder: str | None) -> Path:
    with contextlib.suppress(CampaignError):  # the report itself will tell it
        return template_for(read_plan(Path(folder or "", plan)))
    return TEMPLATE


def _try_once(template: Path, example: str) -> None:
    """Do once what every report does: caches, fonts, late imports, HTML templates."""
    notebook = nbformat.read(template, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        names: dict[str, Any] = {}
        given = {
            "plan": f"{ROOT}/data/plans/{example}.yml",
            "results": f"{folder}/results.json",
        }
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            exec(cell.source, names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= given
    node_page(notebook, title="")
    _freeze()


def _freeze() -> None:
    """Let the collector leave alone what is there: forks then go on sharing it."""
    gc.collect()
    gc.freeze()
    gc.enable()


def main() -> None:
    """Serve; ``--once`` makes one report in this process and ends."""
    mode = sys.argv[1]
    answers = os.dup(1)
    os.dup2(2, 1)  # what is printed here is no answer
    if mode == "--once":
        asked = json.loads(sys.stdin.readline())
        gc.enable()
        sys.path.insert(0, "")
        job = ReportJob(**{k: v for k, v in asked.items() if k != "place"})
        write(answers, asdict(work(job)))
        os._exit(0)
    shell()
    _freeze()
    with contextlib.suppress(BrokenPipeError):  # nobody may be there any more
        write(answers, READY)
    _Server(answers, warm=mode == "--warm").serve()
    os._exit(0)
