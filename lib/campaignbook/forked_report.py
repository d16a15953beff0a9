"""What a fork does to make one report, and how all that it has started ends."""

import contextlib
import ctypes
import gc
import json
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from dataclasses import asdict
from typing import Any, NoReturn

import psutil

from campaignbook.errors import CampaignError
from campaignbook.report import ReportFailed, write_report
from campaignbook.report_jobs import Outcome, ReportJob

SELDOM = 20_000
"""New objects between two searches for garbage: a report is soon over."""


def work(job: ReportJob) -> Outcome:
    """Make one report in this process, and return what came of it."""
    begun = time.monotonic()
    fault, problems, name = "report", (), None
    try:
        if job.folder is not None:
            os.chdir(job.folder)
        made = write_report(
            job.plan, job.out, template=job.template, level=job.level,
            overrides=job.overrides, kernel=False,
        )  # fmt: skip
        fault, name = None, made.folder.name
    except CampaignError as error:
        fault, problems = "input", error.problems
    except ReportFailed as error:
        problems = (_sentence(str(error)),)
    except BaseException as error:
        # whatever a cell or the disk does is told, and is the matter of one report
        said = filter(None, [type(error).__name__, str(error).strip()])
        problems = (_sentence(": ".join(said)),)
    return Outcome(
        status="failed" if fault else "done",
        id=name,
        fault=fault,
        problems=tuple(problems),
        seconds=round(time.monotonic() - begun, 3),
    )


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def make_in_fork(job: ReportJob, answers: int, folder: str, parent: int) -> NoReturn:
    """Make one report in the forked process, tell, and end without clearing up."""
    try:
        os.setsid()
        _die_with(parent)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        random.seed()
        gc.set_threshold(SELDOM)
        sys.path.insert(0, "")  # as in a kernel
        with warnings.catch_warnings():
            pass  # warnings that we have seen are told again
        outcome = work(job)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)  # an error, unless a cell has started something
            end_below(os.getpid())
        write(answers, asdict(outcome))
    finally:
        os._exit(1)


def _die_with(parent: int) -> None:
    """Let the system end this process when its parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def write(handle: int, answer: dict[str, Any]) -> None:
    """Write one line of JSON, all of it."""
    rest = json.dumps(answer).encode() + b"\n"
    while rest:
        rest = rest[os.write(handle, rest) :]


def end_below(pid: int) -> None:
    """End all that a process has started, also what has a session of its own."""
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()
