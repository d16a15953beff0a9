"""What the workers of a Dask cluster do: a batch's reports, as one machine does them.

Each report has a process of its own, split from a warm one, so that one that hangs,
eats memory or dies costs itself only, and no worker. A worker keeps as many warm
processes as it makes reports at a time (its threads), until the batch ends.
"""

import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock, Timer

import psutil
from distributed import Worker, get_worker

from campaignbook.batch_ledger import file_hash
from campaignbook.cluster_versions import NEEDED
from campaignbook.report_folder import OURS, put_folder
from campaignbook.report_jobs import Outcome, ReportJob, ReportProcesses
from campaignbook.versions import versions

ABANDONED = 600
"""Seconds without a report after which a batch's processes are ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterJob:
    """One report to be made on a cluster.

    Attributes
    ----------
    job : ReportJob
        Its files named from `folder`, with forward slashes.
    folder : str
        The client's working folder.
    files : dict of str to str
        Hashes of the plan and all that belongs to it, by their names from `folder`.
    fixed : tuple of str
        Files that the plan names by their whole path; they cannot be sent.
    batch : str
        The batch that it is of.
    versions : dict of str to str
        As `versions.versions` gives them for the client.
    warm : bool
        As in `ReportProcesses`.
    """

    job: ReportJob
    folder: str
    files: dict[str, str]
    fixed: tuple[str, ...] = ()
    batch: str
    versions: dict[str, str]
    warm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a worker gives back.

    Attributes
    ----------
    worker : str
        Its address.
    outcome : Outcome or None
        None where no report was tried.
    folder : str
        Name of the report's folder; empty where there is none.
    files : dict of str to bytes
        What the folder holds, by name.
    versions : dict of str to str
        Of a worker whose versions are not those of the client; else empty.
    """

    worker: str
    outcome: Outcome | None = None
    folder: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def put(self, out: Path) -> None:
        """Write the files as the report of their campaign, whole or not at all."""
        if not self.files:
            return
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, name) for name in sorted(OURS & self.files.keys())]
            for path in paths:
                path.write_bytes(self.files[path.name])
            put_folder(paths, out / Path(self.folder).name)


def make_report(asked: ClusterJob, contents: dict[str, bytes] | None = None) -> Made:
    """Make a report where the files are seen, or from their contents.

    Parameters
    ----------
    asked : ClusterJob
        What is made.
    contents : dict of str to bytes, optional
        The files' contents by hash; used where the worker does not see the same files.

    Returns
    -------
    Made
        Without an outcome where the files are not seen and no contents were given, or
        where the versions differ.
    """
    worker = get_worker()
    batch = _batch(asked, worker)
    if batch.versions != asked.versions:
        return Made(worker=worker.address, versions=batch.versions)
    with tempfile.TemporaryDirectory(dir=worker.local_directory) as made:
        folder = Path(asked.folder)
        if not _sees(asked):
            if contents is None:
                return Made(worker=worker.address)
            if asked.fixed:
                return Made(worker=worker.address, outcome=_unsent(asked.fixed))
            folder = _unpacked(asked, contents, Path(made, "in"))
        out = Path(made, "out")
        job = replace(
            asked.job,
            out=str(out),
            folder=str(folder),
            memory=asked.job.memory or batch.memory,
        )
        outcome = batch.make(job)
        kept = [p for p in out.glob("*") if not p.name.startswith(".")]
        files = {p.name: p.read_bytes() for f in kept for p in f.glob("*")}
        told = [p.replace(str(out), asked.job.out) for p in outcome.problems]
        return Made(
            worker=worker.address,
            outcome=replace(outcome, problems=tuple(told)),
            folder=kept[0].name if kept else "",
            files={name: files[name] for name in OURS & files.keys()},
        )


def end_batch(name: str) -> None:
    """End the processes of a batch here, and with them its reports."""
    with _lock:
        batch = _batches.pop(name, None)
    if batch is not None:
        batch.end()


def _sees(asked: ClusterJob) -> bool:
    folder = Path(asked.folder)
    return folder.is_dir() and all(
        file_hash(folder / name) == known for name, known in asked.files.items()
    )


def _unsent(fixed: tuple[str, ...]) -> Outcome:
    problem = (
        f"The worker does not see {', '.join(fixed)}; let the plan name it relative to "
        "the plan's own place, so that it can be sent."
    )
    return Outcome(status="failed", fault="input", problems=(problem,))


def _unpacked(asked: ClusterJob, contents: dict[str, bytes], root: Path) -> Path:
    """Write the files below a folder, as they lie to each other; return ours there."""
    up = max((name.split("/").count("..") for name in asked.files), default=0)
    folder = root.joinpath(*["in"] * up)
    folder.mkdir(parents=True)
    for name, known in asked.files.items():
        path = Path(os.path.normpath(folder / name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[known])
    return folder


class _Batch:
    """The warm processes of one batch on this worker."""

    def __init__(self, worker: Worker, *, warm: bool) -> None:
        self.versions, self.memory = versions(*NEEDED), _share(worker)
        self._warm, self._ended = warm, False
        self._lock = Lock()
        self._busy: set[ReportProcesses] = set()
        self._idle: set[ReportProcesses] = set()
        self._timer = Timer(ABANDONED, self._let_go)

    def make(self, job: ReportJob) -> Outcome:
        """Make one report; several threads may ask."""
        processes = self._taken()
        try:
            [(_, outcome)] = processes.run([job])
        finally:
            self._give_back(processes)
        return outcome

    def end(self) -> None:
        """End all processes, and their reports."""
        with self._lock:
            self._ended = True
            busy = list(self._busy)
        for processes in busy:
            processes.stop()
        self._let_go()

    def _taken(self) -> ReportProcesses:
        with self._lock:
            if self._ended:
                raise RuntimeError("the batch was ended")
            if self._idle:
                processes = self._idle.pop()
            else:
                processes = ReportProcesses(warm=self._warm).__enter__()
            self._busy.add(processes)
        return processes

    def _give_back(self, processes: ReportProcesses) -> None:
        with self._lock:
            self._busy.remove(processes)
            self._idle.add(processes)
            self._timer.cancel()
            self._timer = Timer(ABANDONED, self._let_go)
            self._timer.daemon = True
            self._timer.start()
        if self._ended:
            self._let_go()

    def _let_go(self) -> None:
        """End what is idle; also where nothing is asked for long: the client died."""
        with self._lock:
            self._timer.cancel()
            idle, self._idle = self._idle, set()
        for processes in idle:
            processes.__exit__()


_lock = Lock()
_batches: dict[str, _Batch] = {}


def _batch(asked: ClusterJob, worker: Worker) -> _Batch:
    with _lock:
        if asked.batch not in _batches:
            _batches[asked.batch] = _Batch(worker, warm=asked.warm)
        return _batches[asked.batch]


def _share(worker: Worker) -> int:
    """Return the bytes that each report may use, so that all of a worker have room."""
    room = psutil.virtual_memory().available
    limit = worker.memory_manager.memory_limit
    return int(0.9 * min(room, limit or room) / worker.state.nthreads)
