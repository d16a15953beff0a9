"""From a plan and its tables to the answer: evaluations, verdicts, money."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from campaignbook.advice import next_steps
from campaignbook.costs import Value
from campaignbook.economics import Economics, assess, total_cost
from campaignbook.errors import CampaignError, DataError, PlanError
from campaignbook.evaluation.designs import evaluate
from campaignbook.evaluation.re_aim import Dimension
from campaignbook.evaluation.re_aim_spec import assess as assess_re_aim
from campaignbook.further_figures import FurtherFigures, further_figures
from campaignbook.kpi_report import kpi_report
from campaignbook.kpi_rows import KpiData
from campaignbook.money_figures import outcome_words
from campaignbook.plan import CampaignPlan
from campaignbook.power_check import can_see, with_power
from campaignbook.results import Evaluation
from campaignbook.tables import Cells, Rows, Table
from campaignbook.verdict import LEVEL_ONLY, Verdict, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignResults:
    """All answers about one campaign.

    Attributes
    ----------
    id : str
        Names the output folder.
    plan : CampaignPlan
        What was asked.
    inputs : tuple of dict
        Account of each table that was read: file, fingerprint, rows read, used and
        dropped with reasons, and the evaluation and outcome that it was read for.
    evaluations : tuple of Evaluation
        Those with data, as in the plan.
    planned : tuple of Evaluation
        Those without data yet: no estimates, only the check ``power``.
    verdicts : tuple of Verdict
        One a goal.
    economics : Economics or None
        None where the plan has no costs.
    further : FurtherFigures or None
        The figures beside them that the plan asks for.
    re_aim : tuple of Dimension
        The five dimensions; empty where the plan says nothing of them.
    next_steps : tuple of str
        What follows from the verdicts and the checks.
    """

    id: str
    plan: CampaignPlan
    inputs: tuple[dict[str, Any], ...]
    evaluations: tuple[Evaluation, ...]
    verdicts: tuple[Verdict, ...]
    economics: Economics | None
    further: FurtherFigures | None
    re_aim: tuple[Dimension, ...]
    next_steps: tuple[str, ...]
    planned: tuple[Evaluation, ...] = ()

    def deciding(self, goal_id: str) -> Evaluation | None:
        """Return the evaluation that decides a goal: the first that names it."""
        return next((e for e in self.evaluations if e.goal == goal_id), None)


def evaluate_campaign(
    plan: CampaignPlan,
    tables: Mapping[str, Table],
    *,
    campaign_id: str,
    kpi_data: Mapping[str, KpiData] | None = None,
) -> CampaignResults:
    """Return all answers about a campaign.

    Parameters
    ----------
    plan : CampaignPlan
        What was asked.
    tables : mapping of str to Table
        By evaluation id, as `table_files.read_tables` makes it.
    campaign_id : str
        Used where the plan has no id.
    kpi_data : mapping of str to KpiData, optional
        The same for evaluations of indicators, as `kpi_files.read_kpi_data` makes it.

    Raises
    ------
    PlanError or DataError
        Every problem of every evaluation at once.
    """
    plan = _in_currency(plan)
    goals = {g.id: g for g in plan.goals}
    evaluations, planned, inputs = [], [], []
    problems: list[CampaignError] = []
    for spec in plan.evaluations:
        goal, table = goals[spec.goal], tables.get(spec.id)
        if spec.planned:
            planned.append(can_see(goal, spec))
            continue
        try:
            if spec.design == "kpis":
                evaluation, accounts = kpi_report(
                    plan, goal, spec, (kpi_data or {})[spec.id]
                )
                evaluations.append(evaluation)
                inputs += accounts
                continue
            evaluation, used = evaluate(
                spec, table, unit=goal.unit, deadline=goal.deadline
            )
        except CampaignError as error:
            problems.append(_placed(error, spec.id))
            continue
        evaluations.append(with_power(goal, spec, evaluation))
        inputs += [_account(spec.id, table, o, c) for o, c in used.items() if table]
    try:
        re_aim = _re_aim(plan, evaluations)
    except PlanError as error:
        problems.append(error)
    if problems:
        kind = PlanError if isinstance(problems[0], PlanError) else DataError
        raise kind(*dict.fromkeys(p for e in problems for p in e.problems))
    deciding = {g: next((e for e in evaluations if e.goal == g), None) for g in goals}
    verdicts = tuple(judge(goals[g], e) for g, e in deciding.items())
    economics, further = _economics(plan, deciding)
    return CampaignResults(
        id=plan.id or campaign_id,
        plan=plan,
        inputs=tuple(inputs),
        evaluations=tuple(evaluations),
        verdicts=verdicts,
        economics=economics,
        further=further,
        re_aim=re_aim,
        next_steps=next_steps(plan, verdicts, evaluations, planned=planned),
        planned=tuple(planned),
    )


def as_document(results: CampaignResults) -> dict[str, Any]:
    """Return the results as plain data, in the form of results.json, version 1."""
    plan, money = results.plan, results.economics
    cost = total_cost(plan.costs) if plan.costs else None
    empty: dict[str, Any] = {"outcomes": {}, "cost_per_outcome": {}, "roi": {}}
    economics = {"cost": cost, **empty} if money is None else asdict(money)
    re_aim = {d.name: [asdict(p) for p in d.parts] for d in results.re_aim}
    sroi = results.further.social_return_data() if results.further else {}
    return {
        "campaignbook": 1,
        "id": results.id,
        "plan": plan.name,
        "kind": plan.kind,
        "inputs": list(results.inputs),
        "evaluations": [
            _evaluation_data(e) for e in (*results.evaluations, *results.planned)
        ],
        "goals": [asdict(v) for v in results.verdicts],
        "economics": {**economics, "sroi": sroi},
        "next_steps": list(results.next_steps),
        **({"re_aim": re_aim} if re_aim else {}),
    }


def _re_aim(
    plan: CampaignPlan, evaluations: Sequence[Evaluation]
) -> tuple[Dimension, ...]:
    if plan.re_aim is None:
        return ()
    return assess_re_aim(
        plan.re_aim,
        evaluations,
        cost=total_cost(plan.costs) if plan.costs else None,
        currency=plan.currency or "",
        level=min((s.level for s in plan.evaluations), default=0.95),
    )


def _placed(error: CampaignError, evaluation: str) -> CampaignError:
    """Return the error with its evaluation named in each sentence."""
    return type(error)(
        *(
            p
            if p.startswith(("evaluations.", "goals."))
            else f"evaluations.{evaluation}.{p}"
            for p in error.problems
        )
    )


def _evaluation_data(evaluation: Evaluation) -> dict[str, Any]:
    data = asdict(evaluation)
    level = data.pop("level")
    sentence = data.pop("sentence")
    data["details"] = {**data["details"], "level": level}
    return {**data, "sentence": sentence}


def _in_currency(plan: CampaignPlan) -> CampaignPlan:
    """Return the plan with its currency for goals whose unit is just money."""
    own = {"unit": plan.currency or "money"}
    goals = [g.model_copy(update=own) if g.unit == "money" else g for g in plan.goals]
    return plan.model_copy(update={"goals": tuple(goals)})


def _account(
    evaluation: str, table: Table, outcome: str, cells: Cells | Rows
) -> dict[str, Any]:
    return {
        "file": table.file,
        "sha256": table.sha256,
        "rows_read": cells.rows_read,
        "rows_used": cells.rows_used,
        "rows_dropped": [{"reason": r, "rows": n} for r, n in cells.rows_dropped],
        "evaluation": evaluation,
        "outcome": outcome,
    }


def _economics(
    plan: CampaignPlan, deciding: Mapping[str, Evaluation | None]
) -> tuple[Economics | None, FurtherFigures | None]:
    """Return the money of the first goal that has an effect."""
    if not plan.costs:
        return None, None
    effect, causal, decided = None, False, None
    for goal in plan.goals:
        evaluation = deciding[goal.id]
        if evaluation and evaluation.design not in LEVEL_ONLY and evaluation.estimates:
            effect, decided = evaluation.estimates[0], goal
            no = any(c.answer == "no" for c in evaluation.checks)
            causal = bool(effect.assumptions) and not no
            break
    value = plan.value or Value()
    is_money = decided is not None and decided.unit in ("money", plan.currency)
    common = {
        "direction": decided.direction if decided else "increase",
        "currency": plan.currency or "",
        "causal": causal,
        "words": outcome_words(decided.measure, decided.unit)
        if decided
        else ("outcome", "outcomes"),
    }
    economics = assess(plan.costs, value, effect, **common)
    further = further_figures(
        plan.costs, value, economics, effect,
        sells=plan.kind == "social_media"
        and decided is not None
        and (decided.type == "sales" or is_money),
        money_unit=is_money,
        **common,
    )  # fmt: skip
    return economics, further
