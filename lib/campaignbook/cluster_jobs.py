"""Reports made by a Dask cluster that the user has: the client's side.

The same face as `report_jobs.ReportProcesses`. Workers that see the client's files
under the same paths and with the same content (shared storage) read them there; others
get them sent. Reports come back as bytes and are put here, whole or not at all.
"""

import logging
import os
import queue
import time
import uuid
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import dask
import distributed
from distributed.comm import get_address_host_port
from distributed.scheduler import KilledWorker
from distributed.versions import VersionMismatchWarning

from campaignbook.batch_ledger import file_hash, named_files
from campaignbook.cluster_versions import NEEDED, differences
from campaignbook.cluster_worker import ClusterJob, Made, end_batch, make_report
from campaignbook.errors import PlanError
from campaignbook.report_jobs import Outcome, ReportJob
from campaignbook.versions import versions

CONNECT = 5
"""Seconds to reach a scheduler."""
NO_WORKERS = 30
"""Seconds to wait for a first worker, and for another where all are gone."""
FEW = 4
"""With as many reports a thread no process tries everything before the first."""
AHEAD = 2
"""Reports that a worker has for each thread, so that it need not wait for the next."""
LOOK = 5
"""Seconds between two looks at who the workers are."""
SMALL = 100_000
"""Bytes up to which a file is sent with each report; larger ones once a worker."""
LARGE_KEPT = 8
"""Larger files that are kept on the cluster for the next report."""
GIVE = "give the address that 'dask scheduler' printed, such as tcp://10.0.0.1:8786."
QUIET = (
    "distributed", "distributed.client", "distributed.gc", "tornado",
    "tornado.application",
)  # fmt: skip
"""Loggers with a level of their own that would write beside what we say."""


Ended = queue.SimpleQueue[distributed.Future]
"""Reports that have ended, in that order."""


class _Sent(NamedTuple):
    """A report that the cluster has been asked for."""

    place: int
    job: ReportJob
    asked: ClusterJob


class ClusterProcesses:
    """Makes reports on a Dask cluster, as many at a time as its workers have threads.

    Parameters
    ----------
    address : str
        Of its scheduler, such as ``tcp://10.0.0.1:8786``.
    reports : int
        How many will be asked for; with many it pays to try everything once first.
    no_workers : float
        Seconds to wait for a worker where there is none.

    Raises
    ------
    PlanError
        On entering: there is no scheduler, no worker, or versions that differ. While it
        runs: the scheduler or all workers are gone, or a worker with other versions has
        joined.
    """

    def __init__(
        self, address: str, *, reports: int = 1, no_workers: float = NO_WORKERS
    ) -> None:
        self.address, self._reports, self._patience = address, reports, no_workers
        self._name = uuid.uuid4().hex
        self._versions = versions(*NEEDED)
        self._ships = False
        self._slots, self._looked = 1, float("-inf")
        self._large: dict[str, distributed.Future] = {}
        self._running: dict[distributed.Future, _Sent] = {}
        self._client: distributed.Client | None = None

    def __enter__(self) -> "ClusterProcesses":
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"})
        self._check_address()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", VersionMismatchWarning)
                self._client = distributed.Client(
                    self.address, timeout=CONNECT, set_as_default=False
                )
        except (OSError, ValueError, ImportError) as error:
            raise self._error(
                f"there is no Dask scheduler that answers within {CONNECT} seconds; "
                f"{GIVE}"
            ) from error
        try:
            self._check()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        client, self._client = self._client, None
        try:
            if client.status == "running":
                client.cancel(list(self._running), force=True)
                client.run(end_batch, self._name, on_error="ignore")
        except (OSError, TimeoutError):
            pass  # what is gone needs no end
        finally:
            self._running.clear()
            self._large.clear()
            client.close()

    def run(self, jobs: Iterable[ReportJob]) -> Iterator[tuple[int, Outcome]]:
        """Make reports; give each one's place in `jobs` and outcome as it ends."""
        waiting = enumerate(jobs)
        ended: Ended = queue.SimpleQueue()
        while True:
            room = AHEAD * self._threads() - len(self._running)
            for place, job in islice(waiting, max(0, room)):
                self._send(_Sent(place, job, self._asked(job)), ended)
            if not self._running:
                return
            future = self._next(ended)
            sent = self._running.pop(future)
            made = self._made(future)
            if isinstance(made, Outcome):
                yield sent.place, made
            elif made.versions:
                other = {made.worker: made.versions}
                raise self._error(*differences(other, self._versions))
            elif made.outcome is None:
                self._ships = True
                self._send(sent, ended)
            else:
                made.put(Path(sent.job.out))
                yield sent.place, made.outcome

    def _check_address(self) -> None:
        """Refuse what is no address: a client would take long, and leave a mess."""
        try:
            get_address_host_port(self.address)
            tls = distributed.Security().get_connection_args("client")["ssl_context"]
        except (ValueError, OSError) as error:
            raise self._error(f"{error}; {GIVE}") from error
        if self.address.startswith("tls:") and tls is None:
            raise self._error(
                "its certificates are not named in Dask's configuration "
                "(distributed.comm.tls)."
            )

    def _check(self) -> None:
        """Refuse a cluster without workers, or with other versions than ours."""
        self._await_worker()
        found = self._client.run(versions, *NEEDED, on_error="return")
        if problems := differences(found, self._versions):
            raise self._error(*problems)

    def _await_worker(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError:
            raise self._error(
                f"there is no worker, and none came within {self._patience:g} seconds; "
                f"start some with 'dask worker {self.address}' (where a cluster starts "
                "its workers itself, ask it for at least one)."
            ) from None

    def _threads(self) -> int:
        """Return how many reports are made at a time; looked up now and then."""
        if time.monotonic() - self._looked > LOOK:
            self._slots = sum(self._workers().values())
            self._looked = time.monotonic()
        return max(self._slots, 1)

    def _asked(self, job: ReportJob) -> ClusterJob:
        """Return a job with its files by name from our folder, and their hashes."""
        folder = Path.cwd()
        texts = named_files(Path(job.plan), job.overrides)
        paths = [job.plan, *(Path(job.plan).parent / text for text in texts)]
        paths += [job.template] if job.template else []
        return ClusterJob(
            job=replace(
                job,
                plan=_name(job.plan),
                template=job.template and _name(job.template),
            ),
            folder=str(folder),
            files={_name(p): known for p in paths if (known := file_hash(Path(p)))},
            fixed=tuple(text for text in texts if Path(text).is_absolute()),
            batch=self._name,
            versions=self._versions,
            warm=self._reports > FEW * self._threads(),
        )

    def _send(self, sent: _Sent, ended: Ended) -> None:
        future = self._client.submit(
            make_report,
            sent.asked,
            self._contents(sent.asked) if self._ships else None,
            key=f"campaignbook-report-{uuid.uuid4().hex}",
            pure=False,
        )
        self._running[future] = sent
        future.add_done_callback(ended.put)

    def _contents(self, asked: ClusterJob) -> dict[str, Any]:
        """Return files by hash: small ones as bytes, others as what the cluster has."""
        found: dict[str, Any] = {}
        for name, known in asked.files.items():
            path = Path(name)
            if known in self._large:
                found[known] = self._large[known] = self._large.pop(known)
            elif path.stat().st_size <= SMALL:
                found[known] = path.read_bytes()
            else:
                # a task, not scattered data: it is made again where its worker dies
                key = f"campaignbook-file-{known}-{self._name}"
                found[known] = self._large[known] = self._client.submit(
                    bytes, path.read_bytes(), key=key
                )
        while len(self._large) > LARGE_KEPT:
            del self._large[next(iter(self._large))]
        return found

    def _next(self, ended: Ended) -> distributed.Future:
        """Return a report that has ended, as long as there is a cluster."""
        while True:
            try:
                return ended.get(timeout=LOOK)
            except queue.Empty:
                if not self._workers():
                    self._await_worker()

    def _made(self, future: distributed.Future) -> Made | Outcome:
        """Return what came of a report, or why nothing did."""
        try:
            return future.result()
        except KilledWorker as error:
            return _failed(
                f"{error.allowed_failures + 1} workers ended while they had this "
                f"report, the last of them {error.last_worker.address}; it is given up."
            )
        except Exception as error:
            if future.status == "error":
                return _failed(f"The worker failed: {type(error).__name__}: {error}.")
            raise self._lost() from error

    def _workers(self) -> dict[str, int]:
        """Return the workers' threads by address."""
        try:
            return self._client.nthreads()
        except (OSError, ValueError, RuntimeError) as error:
            raise self._lost() from error

    def _lost(self) -> PlanError:
        return self._error(
            "the connection to the scheduler was lost. The same command goes on where "
            "it stopped."
        )

    def _error(self, *problems: str) -> PlanError:
        first, *rest = problems
        return PlanError(f"--scheduler {self.address}: {first}", *rest)


def _name(path: str | Path) -> str:
    """Return a file's name from our folder, with forward slashes."""
    return Path(os.path.relpath(path)).as_posix()


def _failed(problem: str) -> Outcome:
    return Outcome(status="failed", fault="report", problems=(problem,))
