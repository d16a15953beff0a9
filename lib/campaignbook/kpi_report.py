"""An evaluation of indicators with all that a monthly report tells beside them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from campaignbook.costs import Value
from campaignbook.errors import DataError
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.goals import Goal
from campaignbook.influencer_findings import (
    InfluencerTables,
    audience_findings,
    influencer_check,
    influencer_findings,
    influencer_steps,
)
from campaignbook.kpi_evaluation import evaluate_kpis
from campaignbook.kpi_findings import before, enquiries, funnel, watched, what_worked
from campaignbook.kpi_money import PRICES, VALUED, money_of
from campaignbook.kpi_rows import KpiData
from campaignbook.kpis import KpiBook
from campaignbook.plan import CampaignPlan
from campaignbook.platforms import MONEY_METRICS
from campaignbook.power_check import can_see
from campaignbook.results import Evaluation, say

STEPS = ("sessions_per_click", "lead_rate", "conversion_rate")
"""What follows a link click in the funnel."""
METHODS = (
    "difference of two periods by MOVER",
    "limits of weeks by Laney's p' and u' charts, money and means by moving ranges",
    "changes by the splits of Scott and Knott, their dates by Hansen",
    "groups by log-linear regression (HC3), Holm over all comparisons",
    "posts by externally studentised log ratios, Holm over all posts",
)
"""How the findings beside the figures are made, in the words of `REFERENCES`."""


def metrics_of(spec: EvaluationSpec, book: KpiBook) -> set[str]:
    """Return the metrics of exports that the report of an evaluation looks at."""
    named = {"ctr", *STEPS, *PRICES, *spec.kpis}
    kpis = [VALUED, *(kpi for kpi in book.kpis if kpi.id in named)]
    parts = {m for kpi in kpis for m in (*kpi.numerator, kpi.denominator)}
    return {*parts, *MONEY_METRICS, "leads", "conversions", "followers"}


def kpi_report(
    plan: CampaignPlan, goal: Goal, spec: EvaluationSpec, data: KpiData
) -> tuple[Evaluation, list[dict[str, Any]]]:
    """Return an evaluation of indicators and the account of its files.

    Its ``details`` hold what `kpi_findings` and `kpi_money` tell: the period before,
    weeks, what differs, the funnel, money, enquiries; and ``steps``, what follows.
    """
    period, level = plan.period, spec.level
    evaluation, counted, accounts = evaluate_kpis(
        spec, data, goal=goal, currency=plan.currency,
        start=period.start if period else None, end=period.end if period else None,
    )  # fmt: skip
    details = evaluation.details
    money, book = details["currency"], data.book
    kpis = [book.kpi(name) for name in dict.fromkeys(spec.kpis)]
    now = evaluation.estimates[: len(kpis)]
    last = before(counted, kpis, now, money)
    more = {
        "kpis": [{**row, **last.get(row["id"], {})} for row in details["kpis"]],
        "weeks": watched(counted, kpis, level=level, currency=money),
        "worked": what_worked(counted, kpis, level=level),
        "funnel": funnel(
            counted, book.kpi("ctr"), [book.kpi(s) for s in STEPS], level=level
        ),
        "money": money_of(
            counted, book, costs=plan.costs, value=plan.value or Value(),
            currency=money, level=level,
        ),
        "enquiries": enquiries(data.messages, spec.enquiries, counted, level=level)
        if spec.enquiries else [],
        "influencers": _told(
            influencer_findings, data.influencers, level=level, currency=money
        )
        if data.influencers else [],
        "audiences": _told(audience_findings, data.influencers, level=level)
        if data.influencers else {},
    }  # fmt: skip
    details = {**details, **more, "methods": METHODS}
    details["steps"] = list(
        _steps(details, {k.id for k in kpis if k.unit == "money"}, level)
    )
    checks = (*evaluation.checks, *influencer_check(details["influencers"]))
    if spec.power is not None:
        checks = (*checks, *can_see(goal, spec).checks)
    return replace(evaluation, checks=checks, details=details), accounts


def _told(find: Callable[..., Any], tables: InfluencerTables, **how: Any) -> Any:
    """Return what is found in tables of influencers; an error names them."""
    try:
        return find(tables, **how)
    except DataError as error:
        raise DataError(*(f"influencers: {p}" for p in error.problems)) from error


def _steps(details: dict[str, Any], prices: set[str], level: float) -> Iterator[str]:
    """Yield what follows from the findings, the goal's own indicator first.

    A difference asks for a test: it is no proof that the format or hour made it.
    `prices` are the indicators that are better low.
    """
    first = details["kpis"][0]["id"]
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for row in details["worked"]["groups"]:
        if row["p_holm"] < 1 - level and row["estimate"] > 1:
            key = row["name"], row["group"].split(":")[0]
            if row["estimate"] > best.get(key, {"estimate": 1})["estimate"]:
                best[key] = row
    names = {row["id"]: row["name"] for row in details["kpis"]}
    ordered = sorted(best.values(), key=lambda row: row["name"] != first)
    yield from influencer_steps(details["influencers"], details["audiences"])
    yield from _own_money(details["money"])
    told: set[str] = set()
    for row in ordered:
        one, against = compared(row["group"])
        factor = row["group"].partition(": ")[0].rpartition(", ")[2]
        more = against if row["name"] in prices else one
        if more == "the others" or factor in told:
            continue
        told.add(factor)
        size, name = say(row["estimate"], "ratio"), names[row["name"]]
        whose = "" if more == one else f"{one} had "
        yield f"Try more of {more}: {whose}{size} times the '{name}' of {against}."
    if told:
        yield "Let chance decide which of the next posts and advertisements are so."
    for change in _firm_changes(details):
        yield (
            f"Find out what happened around {change['date']}: '{change['name']}' is "
            f"{say(change['after'] / change['before'], 'ratio')} times what it was."
        )
    for topic in details["enquiries"][:1]:
        if topic["backlog"]:
            yield (
                f"Answer what still waits for a reply ({topic['backlog']} of "
                f"{topic['needed']} messages), and plan who does it."
            )


def compared(group: str) -> tuple[str, str]:
    """Return both sides of a comparison in words.

    >>> compared("post type: Video against Photo")
    ('Video posts', 'Photo posts')
    >>> compared("hour: 19 against the rest")
    ('posts at 19 h', 'posts at other times')
    """
    where, _, rest = group.partition(": ")
    factor = where.rpartition(", ")[2]
    one, _, other = rest.rpartition(" against ")
    if factor == "hour":
        return f"posts at {one} h", "posts at other times"
    if factor == "weekday":
        return f"posts on {one}s", "posts on other days"
    said = [
        "the others" if side == "the rest"
        else f"{side} posts" if factor == "post type"
        else f"the campaign '{side}'"
        for side in (one, other)
    ]  # fmt: skip
    return said[0], said[1]


def _own_money(money: dict[str, Any]) -> Iterator[str]:
    back = money.get("back")
    if not back:
        return
    high, even = back["value"]["ci_high"], money["break_even"]
    if high is not None and high < even:
        yield (
            "Advertising brings back less than it costs at this margin: move money to "
            "where a lead costs least before spending more."
        )


def _firm_changes(details: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the changes within the period and the one before, each date once."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for series in details["weeks"]:
        for change in series["changes"]:
            if change["latest"] >= details["period"]["last_start"]:
                same = (series["id"], change["date"][:7])
                made.setdefault(same, {**change, "name": series["name"]})
    return [*made.values()]
