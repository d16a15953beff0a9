"""Many campaigns at once: each its report, a ledger to go on from, a list of all."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from campaignbook.batch_index import index_page
from campaignbook.batch_ledger import (
    Entry,
    Ledger,
    inputs_hash,
    results_hash,
    up_to_date,
)
from campaignbook.batch_rows import Line, failed_line, lines_of, summary
from campaignbook.batch_table import Campaign
from campaignbook.report_jobs import (
    TIMEOUT,
    Outcome,
    ReportJob,
    ReportMaker,
    ReportProcesses,
)
from campaignbook.text_files import write_text
from campaignbook.versions import versions

FEW = 4
"""With as many reports it pays to try everything once before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a batch is run, alike for all its campaigns.

    Attributes
    ----------
    workers : int
        Reports that are made at a time.
    fresh : bool
        Whether reports that are up to date are made again.
    timeout : float
        Seconds that a report may take.
    memory : int or None
        Bytes that a report may use beyond the program's own.
    template, level
        As in `report.write_report`.
    """

    workers: int = 1
    fresh: bool = False
    timeout: float = TIMEOUT
    memory: int | None = None
    template: Path | None = None
    level: float | None = None


@dataclass(slots=True)
class Tally:
    """How far a batch is.

    Attributes
    ----------
    asked, kept : int
        All campaigns, and those whose report was up to date.
    failed : dict of str to tuple of str
        Sentences by campaign.
    done : set of str
        Campaigns whose report was made now.
    """

    asked: int
    kept: int
    failed: dict[str, tuple[str, ...]]
    done: set[str]

    @property
    def left(self) -> int:
        """How many are still to be made."""
        return self.asked - self.kept - len(self.failed) - len(self.done)


def run_batch(
    campaigns: Sequence[Campaign],
    out: str | Path,
    settings: Settings = Settings(),
    *,
    processes: ReportMaker | None = None,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Write a report for each campaign that has none, or an old one.

    Parameters
    ----------
    campaigns : sequence of Campaign
        As `batch_table.read_campaigns` gives them.
    out : str or Path
        Folder for the reports, ``batch.json``, ``summary.csv`` and ``index.html``.
    settings : Settings
        How.
    processes : ReportMaker, optional
        Those that run already, here or on a cluster; else they are started, and ended
        at the end.
    progress : callable
        Is told the tally at the start and after each report.

    Raises
    ------
    PlanError
        The folder holds something else, or another batch writes there.

    Notes
    -----
    Whatever ends it, even KeyboardInterrupt, the list and the summary are written, and
    the same call goes on where it stopped.
    """
    out = Path(out)
    with Ledger(out) as ledger:
        made_with = versions()
        inputs = {
            c.id: inputs_hash(
                c, versions=made_with, template=settings.template, level=settings.level
            )
            for c in campaigns
        }
        kept = {
            c.id
            for c in campaigns
            if not settings.fresh
            and not c.problems
            and up_to_date(ledger.entries.get(c.id), inputs[c.id], out)
        }
        tally = Tally(asked=len(campaigns), kept=len(kept), failed={}, done=set())
        todo = [c for c in campaigns if c.id not in kept]
        progress(tally)
        try:
            for campaign, outcome in _outcomes(todo, out, settings, processes):
                ledger.add(_entry(campaign, outcome, inputs[campaign.id], out))
                if outcome.status == "done":
                    tally.done.add(campaign.id)
                else:
                    tally.failed[campaign.id] = outcome.problems
                progress(tally)
        finally:
            lines = [x for c in campaigns for x in _lines(c, out, tally, kept)]
            write_text(out / "summary.csv", summary(lines))
            write_text(out / "index.html", index_page(lines))
    return tally


def _outcomes(
    campaigns: Sequence[Campaign],
    out: Path,
    settings: Settings,
    processes: ReportMaker | None,
) -> Iterator[tuple[Campaign, Outcome]]:
    for campaign in campaigns:
        if campaign.problems:
            yield (
                campaign,
                Outcome(status="failed", fault="input", problems=campaign.problems),
            )
    sound = [c for c in campaigns if not c.problems]
    if not sound:
        return
    jobs = (
        ReportJob(
            plan=str(c.plan),
            out=str(out),
            template=str(settings.template) if settings.template else None,
            level=settings.level,
            overrides=c.overrides,
            timeout=settings.timeout,
            memory=settings.memory,
        )
        for c in sound
    )
    workers = min(settings.workers, len(sound))
    with (
        nullcontext(processes)
        if processes
        else ReportProcesses(workers=workers, warm=len(sound) > FEW)
    ) as running:
        for place, outcome in running.run(jobs):
            yield sound[place], _placed(outcome, sound[place])


def _placed(outcome: Outcome, campaign: Campaign) -> Outcome:
    """Return an outcome that says which row of a table a problem of its plan is in."""
    if outcome.fault != "input" or campaign.place == str(campaign.plan):
        return outcome
    where = f"{campaign.place}, over {campaign.plan.name}"
    return replace(outcome, problems=tuple(f"{where}: {p}" for p in outcome.problems))


def _entry(campaign: Campaign, outcome: Outcome, inputs: str, out: Path) -> Entry:
    done = outcome.status == "done"
    return Entry(
        id=campaign.id,
        plan=str(campaign.plan),
        inputs=inputs,
        status=outcome.status,
        results=results_hash(out / campaign.id) if done else None,
        problems=outcome.problems,
        seconds=outcome.seconds,
    )


def _lines(
    campaign: Campaign, out: Path, tally: Tally, kept: set[str]
) -> Sequence[Line]:
    if campaign.id in tally.failed:
        return [failed_line(out, campaign.id, tally.failed[campaign.id])]
    if campaign.id in kept or campaign.id in tally.done:
        return lines_of(out, campaign.id)
    return [Line(id=campaign.id, status="not run")]
