"""From a plan on disk to its answers, and to results.json."""

from collections.abc import Mapping
from pathlib import Path

from campaignbook.campaign import CampaignResults, as_document, evaluate_campaign
from campaignbook.errors import CampaignError, DataError, PlanError
from campaignbook.files import read_plan, results_text, write_text
from campaignbook.kpi_files import read_kpi_data
from campaignbook.plan import CampaignPlan
from campaignbook.table_files import read_tables


def answer(
    plan: str | Path,
    *,
    level: float | None = None,
    overrides: Mapping[str, object] | None = None,
) -> CampaignResults:
    """Return all answers about the campaign in a plan file.

    Parameters
    ----------
    plan : str or Path
        The plan's YAML file; its tables are found relative to it.
    level : float, optional
        Confidence level (0-1) that beats the plan's.
    overrides : mapping, optional
        Dotted paths into the plan and new values.

    Raises
    ------
    PlanError or DataError
        Every problem at once.
    """
    path = Path(plan)
    try:
        read, problems = read_plan(path, overrides=overrides, level=level), []
    except PlanError as error:
        # what is wrong in the tables is told together with what is wrong in the plan
        if not isinstance(error.rest, CampaignPlan):
            raise
        read, problems = error.rest, list(error.problems)
    kind = PlanError if problems else DataError
    tables, told = read_tables(read, path.parent)
    exports, more = read_kpi_data(read, path.parent)
    told = [*told, *more]
    goals = {g.id for g in read.goals}
    readable = [
        s
        for s in read.evaluations
        if s.goal in goals
        and (s.data is None or s.id in tables)
        and (not s.exports or s.id in exports)
    ]
    rest = read.model_copy(update={"evaluations": tuple(readable)})
    try:
        results = evaluate_campaign(
            rest, tables, campaign_id=path.stem, kpi_data=exports
        )
    except CampaignError as error:
        kind = PlanError if isinstance(error, PlanError) else kind
        told = [*told, *error.problems]
    if problems or told:
        raise kind(*dict.fromkeys([*problems, *told]))
    return results


def write_results(results: CampaignResults, path: str | Path) -> None:
    """Write results.json: contract two, the same bytes for the same inputs."""
    write_text(path, results_text(as_document(results)))
