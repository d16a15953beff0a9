"""From a plan on disk to its answers, and to results.json."""

from collections.abc import Mapping
from pathlib import Path

from campaignbook.campaign import CampaignResults, as_document, evaluate_campaign
from campaignbook.files import read_plan, results_text, write_text
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
    read = read_plan(path, overrides=overrides, level=level)
    tables = read_tables(read, path.parent)
    return evaluate_campaign(read, tables, campaign_id=path.stem)


def write_results(results: CampaignResults, path: str | Path) -> None:
    """Write results.json: contract two, the same bytes for the same inputs."""
    write_text(path, results_text(as_document(results)))
