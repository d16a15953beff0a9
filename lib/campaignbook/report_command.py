"""What the command ``campaignbook report`` does."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from campaignbook.batch_index import index_page
from campaignbook.batch_rows import lines_of
from campaignbook.batch_table import as_text
from campaignbook.errors import PlanError
from campaignbook.report_jobs import Outcome, ReportJob, ReportProcesses
from campaignbook.text_files import write_text

SIDE_BY_SIDE = "side_by_side.html"
LONGEST = 24 * 3600
"""Seconds that a single report may take."""


def write_one(plan: Path, out: Path, **options: Any) -> None:
    """Write one report, and say its verdicts and where it is.

    Raises
    ------
    PlanError
        The input is wrong.
    RuntimeError
        The fault is ours.
    """
    if click.get_current_context().find_root().params["debug"]:
        from campaignbook.report import write_report

        write_report(plan, out, **options)  # with a kernel, and the traceback
    with ReportProcesses() as processes:
        [(_, outcome)] = processes.run([_job(plan, out, **options)])
    _tell(out, _whole(outcome))


def write_all(plans: Sequence[Path], out: Path, **options: Any) -> None:
    """Write the reports of plans, a page that lists them, and one on two of them."""
    names: dict[int, str] = {}
    with ReportProcesses(workers=2, warm=True) as processes:
        from campaignbook.report import side_by_side_page  # meanwhile

        with click.progressbar(
            length=len(plans), label="Reports", file=sys.stderr
        ) as bar:
            jobs = (_job(p, out, **options) for p in plans)
            for place, outcome in processes.run(jobs):
                names[place] = _whole(outcome)
                bar.update(1)
    made = [_tell(out, names[place]) for place in sorted(names)]
    links = {}
    twins = side_by_side_page(made)
    if twins:
        write_text(out / SIDE_BY_SIDE, twins)
        links = {SIDE_BY_SIDE: "One cause, two plans side by side"}
    lines = [line for one in made for line in lines_of(out, one["id"])]
    index = out / "index.html"
    write_text(index, index_page(lines, links=links))
    click.echo(f"All reports: {index}")


def _job(
    plan: Path,
    out: Path,
    *,
    template: Path | None,
    level: float | None,
    overrides: dict[str, Any],
) -> ReportJob:
    return ReportJob(
        plan=str(plan),
        out=str(out),
        template=str(template) if template else None,
        level=level,
        overrides=as_text(overrides),
        timeout=LONGEST,
    )


def _whole(outcome: Outcome) -> str:
    """Return the id of a report that was made; raise what was wrong."""
    if outcome.fault == "input":
        raise PlanError(*outcome.problems)
    if outcome.fault:
        raise RuntimeError(" ".join(outcome.problems).removesuffix("."))
    return outcome.id


def _tell(out: Path, name: str) -> dict[str, Any]:
    """Say a report's verdicts and where it is; return its results."""
    folder = out / name
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for goal in document["goals"]:
        click.echo(f"{name}, {goal['id']}: {goal['sentence']}")
    if not document["goals"]:
        click.echo(f"{name}: the plan has no goals yet.")
    click.echo(f"  {folder / 'report.html'}")
    return document
