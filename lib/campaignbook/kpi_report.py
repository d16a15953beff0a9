"""An evaluation of indicators with all that a monthly report tells beside them."""

from dataclasses import replace
from typing import Any

from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.goals import Goal
from campaignbook.kpi_evaluation import evaluate_kpis
from campaignbook.kpi_rows import KpiData
from campaignbook.plan import CampaignPlan
from campaignbook.power_check import can_see
from campaignbook.results import Evaluation


def kpi_report(
    plan: CampaignPlan, goal: Goal, spec: EvaluationSpec, data: KpiData
) -> tuple[Evaluation, list[dict[str, Any]]]:
    """Return an evaluation of indicators and the account of its files.

    Its ``details`` hold what `kpi_findings` tells: the period before, weeks, what
    differs, the funnel, money, enquiries.
    """
    period = plan.period
    evaluation, _, accounts = evaluate_kpis(
        spec, data, goal=goal, currency=plan.currency,
        start=period.start if period else None, end=period.end if period else None,
    )  # fmt: skip
    if spec.power is not None:
        power = can_see(goal, spec).checks
        evaluation = replace(evaluation, checks=(*evaluation.checks, *power))
    return evaluation, accounts
