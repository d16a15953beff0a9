"""The command ``campaignbook batch``."""

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

import click
import psutil
from tqdm import tqdm

from campaignbook.batch import Settings, Tally, run_batch
from campaignbook.batch_table import read_campaigns
from campaignbook.errors import PlanError
from campaignbook.report_jobs import TIMEOUT, ReportMaker
from campaignbook.speaking import speaking

TOLD = 50
"""With more failed campaigns the rest is in the summary only."""
STOPPED = 130
"""Exit code of a batch that was stopped, as shells have it."""


@click.command()
@click.argument("plans", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="A .csv with one row a campaign: id, plan, and dotted paths into the plan "
    "(goals.registrations.target). An empty cell leaves what the plan says.",
)
@click.option(
    "--base",
    type=click.Path(path_type=Path),
    help="The plan of the table's rows that name none.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 512),
    help="Reports made at a time; one a core, if nothing is said.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Make the reports on the workers of a Dask cluster: the address of its "
    "scheduler, such as tcp://10.0.0.1:8786.",
)
@click.option("--fresh", is_flag=True, help="Make reports that are up to date, too.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=TIMEOUT,
    show_default=True,
    help="Seconds that a report may take.",
)
@click.option(
    "--memory",
    type=click.IntRange(1),
    help="MB that a report may use beyond the program; a fair share of what is free, "
    "if nothing is said.",
)
@click.option(
    "--template", type=click.Path(path_type=Path), help="Another report notebook."
)
@click.option(
    "--level", type=click.FloatRange(0.5, 1, max_open=True), help="Confidence, 0-1."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder for the reports.",
)
@speaking
def batch(
    plans: tuple[Path, ...],
    table: Path | None,
    base: Path | None,
    workers: int | None,
    scheduler: str | None,
    fresh: bool,
    timeout: float,
    memory: int | None,
    template: Path | None,
    level: float | None,
    out: Path,
) -> None:
    """Write a report for each of many PLANS, or for each row of a table.

    A second call does what is missing, and what changed: plans, tables, template or
    version. A campaign that fails costs only its own report; summary.csv and index.html
    say why.
    """
    if workers and scheduler:
        raise PlanError(
            "--workers counts reports made here, --scheduler has them made elsewhere; "
            "give one of the two."
        )
    campaigns = read_campaigns(plans, table, base)
    if template is not None and not template.is_file():
        raise PlanError(f"there is no template {template}.")
    workers = workers or _cores()
    settings = Settings(
        workers=workers,
        fresh=fresh,
        timeout=timeout,
        memory=_memory(memory, workers, scheduler),
        template=template,
        level=level,
    )
    before = signal.signal(signal.SIGTERM, _stop)
    bar = _Bar(len(campaigns))
    try:
        with _makers(scheduler, len(campaigns)) as processes:
            tally = run_batch(
                campaigns, out, settings, processes=processes, progress=bar.show
            )
    except KeyboardInterrupt:
        bar.close()
        _tell(bar.tally, out)
        click.echo("Stopped. The same command goes on where it stopped.", err=True)
        sys.exit(STOPPED)
    except OSError as error:
        raise PlanError(f"--out {out}: {error}.") from error
    finally:
        signal.signal(signal.SIGTERM, before)
    bar.close()
    _tell(tally, out)
    sys.exit(1 if tally.failed else 0)


class _Bar:
    """Done, failed and time left, on the error stream."""

    def __init__(self, total: int) -> None:
        self.tally = Tally(asked=total, kept=0, failed={}, done=set())
        self._bar: tqdm | None = None

    def show(self, tally: Tally) -> None:
        self.tally = tally
        if self._bar is None:
            if not tally.left:
                return  # all is up to date
            self._bar = tqdm(
                total=tally.left,
                file=sys.stderr,
                mininterval=0.2 if sys.stderr.isatty() else 10,
                bar_format="{desc} {percentage:3.0f}%|{bar:30}| {elapsed}, {remaining} "
                "left",
            )
        done, failed = len(tally.done), len(tally.failed)
        self._bar.set_description_str(
            f"{done} done, {failed} failed, {tally.left} to do", refresh=False
        )
        self._bar.update(done + failed - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()


def _tell(tally: Tally, out: Path) -> None:
    for name, problems in list(tally.failed.items())[:TOLD]:
        click.echo(f"{name}: {' '.join(' '.join(problems).split())}", err=True)
    if len(tally.failed) > TOLD:
        more = len(tally.failed) - TOLD
        click.echo(f"{more} more are in {out / 'summary.csv'}.", err=True)
    counts = {
        "done": len(tally.done),
        "failed": len(tally.failed),
        "up to date": tally.kept,
        "not run": tally.left,
    }
    said = ", ".join(f"{n} {word}" for word, n in counts.items() if n)
    click.echo(f"{tally.asked} campaign{'s' * (tally.asked != 1)}: {said}.")
    if (index := out / "index.html").exists():
        click.echo(f"All reports: {index}")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _makers(
    scheduler: str | None, reports: int
) -> AbstractContextManager[ReportMaker | None]:
    """Return what makes the reports; None where the batch starts its own processes."""
    if scheduler is None:
        return nullcontext()
    try:
        from campaignbook.cluster_jobs import ClusterProcesses
    except ImportError as error:
        raise PlanError(
            f"--scheduler needs the packages dask and distributed ({error}); install "
            'them with: pip install -e "lib[cluster]".'
        ) from error
    return ClusterProcesses(scheduler, reports=reports)


def _memory(megabytes: int | None, workers: int, scheduler: str | None) -> int | None:
    """Return the bytes that a report may use; each worker of a cluster has its own."""
    if megabytes is not None:
        return megabytes * 10**6
    return None if scheduler else _share(workers)


def _share(workers: int) -> int:
    """Return the bytes that each of the reports may use, so that all have room."""
    return int(0.9 * psutil.virtual_memory().available / workers)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
