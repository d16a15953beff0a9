"""Reports made by processes of their own: what is asked, and what came of it.

This side imports nothing heavy: the processes do (`report_server`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

LIBRARY = Path(__file__).resolve().parents[1]
CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"
"""Whether a process that has done its imports may be split into many."""
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
"""Each report has a core, and adds up in one order."""
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
"""Figures of matplotlib go into the notebook, as in a kernel."""
_START = (
    # quick imports: no search for garbage, and not the grammar of addresses that comes
    # with nbformat and takes a second
    "import gc, sys; gc.disable(); sys.modules['rfc3987_syntax'] = None; "
    "from campaignbook.report_server import main; main()"
)
READY = {"ready": True}
"""The first line of a process that makes reports, once its imports are done."""
TIMEOUT = 600
"""Seconds that a report may take, if nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportJob:
    """One report to be made; all values are plain data.

    Attributes
    ----------
    plan, out : str
        As in `report.write_report`.
    template, level, overrides
        As in `report.write_report`; dates as ISO text.
    timeout : float
        Seconds.
    memory : int or None
        Bytes that it may use beyond the program's own; None for no bound.
    folder : str or None
        Working folder of its process, from which relative paths count; None for ours.
    """

    plan: str
    out: str
    template: str | None = None
    level: float | None = None
    overrides: dict[str, Any] = field(default_factory=dict)
    timeout: float = TIMEOUT
    memory: int | None = None
    folder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a report.

    Attributes
    ----------
    status : str
        ``done`` or ``failed``.
    id : str or None
        Name of the report's folder; None where it failed.
    fault : str or None
        ``input`` where the plan or its data are wrong, else ``report``.
    problems : tuple of str
        Sentences; empty where it is done.
    seconds : float
        From its start to its end.
    """

    status: str
    id: str | None = None
    fault: str | None = None
    problems: tuple[str, ...] = ()
    seconds: float = 0.0


class ReportMaker(Protocol):
    """What makes the reports of a batch: processes here, or a cluster."""

    def run(self, jobs: Iterable[ReportJob]) -> Iterator[tuple[int, Outcome]]:
        """Make reports; give each one's place in `jobs` and outcome as it ends."""


class ReportProcesses:
    """Makes reports, each in a process of its own, split from one that is warm.

    Parameters
    ----------
    workers : int
        How many are made at a time.
    warm : bool
        Whether many will be asked for: it then pays to try everything once first.
    fork : bool
        False where processes cannot be split: each report then starts one.
    """

    def __init__(
        self, *, workers: int = 1, warm: bool = False, fork: bool = CAN_FORK
    ) -> None:
        self.workers, self._warm, self._fork = workers, warm, fork
        self._server: subprocess.Popen[str] | None = None
        self._alone: set[subprocess.Popen[str]] = set()
        self._ready = self._stopped = False

    def __enter__(self) -> "ReportProcesses":
        if self._fork:
            self._serve("--warm" if self._warm else "--many")
        return self

    def __exit__(self, *_: object) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        with suppress(BrokenPipeError):
            server.stdin.close()  # it ends with that, and its reports with it
        if not self._ready:
            server.kill()  # there is no report yet
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        _close(server)

    def stop(self) -> None:
        """End the reports that are being made, from another thread; they fail."""
        self._stopped = True
        if self._server is not None:
            with suppress(BrokenPipeError):
                self._server.stdin.close()
        for process in list(self._alone):
            process.kill()

    def run(self, jobs: Iterable[ReportJob]) -> Iterator[tuple[int, Outcome]]:
        """Make reports; give each one's place in `jobs` and outcome as it ends."""
        return self._split(jobs) if self._fork else self._single(jobs)

    def _split(self, jobs: Iterable[ReportJob]) -> Iterator[tuple[int, Outcome]]:
        waiting = enumerate(jobs)
        running: dict[int, ReportJob] = {}
        lost: set[int] = set()
        answer: dict[str, Any] | None = None
        while True:
            # before an answer is passed on: what is done with it takes its time
            for place, job in islice(waiting, self.workers - len(running)):
                running[place] = job
                self._ask(place, job)
            if answer is not None:
                yield answer.pop("place"), _outcome(answer)
            if not running:
                return
            line = self._server.stdout.readline()
            answer = json.loads(line) if line else None
            if answer == READY:
                self._ready, answer = True, None
                continue
            if answer:
                del running[answer["place"]]
                continue
            # the server itself is gone: each of its reports gets one more chance
            self._server.wait()
            _close(self._server)
            if not self._stopped:
                self._serve("--many")
            for place in [p for p in running if self._stopped or p in lost]:
                del running[place]
                yield place, _failed("The process that makes the reports was ended.")
            lost |= running.keys()
            for place, job in running.items():
                self._ask(place, job)

    def _serve(self, mode: str) -> None:
        self._ready, self._server = False, self._started(mode)

    def _ask(self, place: int, job: ReportJob) -> None:
        try:
            self._server.stdin.write(json.dumps({"place": place, **asdict(job)}) + "\n")
            self._server.stdin.flush()
        except BrokenPipeError:
            pass  # the answer will not come either, and that is seen to

    def _single(self, jobs: Iterable[ReportJob]) -> Iterator[tuple[int, Outcome]]:
        waiting = enumerate(jobs)
        with ThreadPoolExecutor(self.workers) as pool:
            running: dict[Any, int] = {}
            try:
                while True:
                    for place, job in islice(waiting, self.workers - len(running)):
                        running[pool.submit(self._once, job)] = place
                    if not running:
                        return
                    # not for ever: a signal that another thread got would not wake us
                    done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield running.pop(future), future.result()
            except BaseException:
                self.stop()  # the pool would wait for those that run
                raise

    def _once(self, job: ReportJob) -> Outcome:
        asked = json.dumps({"place": 0, **asdict(job)}) + "\n"
        process = self._started("--once")
        self._alone.add(process)
        try:
            if self._stopped:
                process.kill()
            said, _ = process.communicate(asked, timeout=job.timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return _failed(too_long(job.timeout), seconds=job.timeout)
        finally:
            self._alone.remove(process)
        if not said.strip():
            return _failed(ended(process.returncode))
        return _outcome(json.loads(said))

    def _started(self, mode: str) -> "subprocess.Popen[str]":
        path = os.pathsep.join([str(LIBRARY), *_own("PYTHONPATH")])
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _START, mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**ONE_THREAD, **os.environ, **INLINE, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for us; we end the server
        )


def _close(process: "subprocess.Popen[str]") -> None:
    with suppress(BrokenPipeError):
        process.stdin.close()
    process.stdout.close()


def too_long(seconds: float) -> str:
    """Return the sentence for a report that was given up."""
    return f"It took more than {seconds:g} seconds and was ended; see --timeout."


def ended(code: int) -> str:
    """Return the sentence for a report whose process ended by itself."""
    how = f"by signal {-code}" if code < 0 else f"with code {code}"
    return f"The process that made it was ended {how} before it was whole."


def _own(name: str) -> list[str]:
    return [os.environ[name]] if os.environ.get(name) else []


def _outcome(answer: dict[str, Any]) -> Outcome:
    answer.pop("place", None)
    return Outcome(**{**answer, "problems": tuple(answer["problems"])})


def _failed(problem: str, seconds: float = 0.0) -> Outcome:
    return Outcome(
        status="failed", fault="report", problems=(problem,), seconds=seconds
    )
