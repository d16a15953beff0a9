"""The plan itself as a report shows it: goals, audience, offer, calendar, partners."""

from collections.abc import Sequence

from campaignbook.audiences import Segment
from campaignbook.campaign import CampaignResults
from campaignbook.content_calendar import activity_table
from campaignbook.goals import Goal
from campaignbook.markup import bullets, esc, facts, nothing, table
from campaignbook.open_points import open_points
from campaignbook.partner_sections import DASH, day, partners_section, tasks_section
from campaignbook.plan import CampaignPlan
from campaignbook.report_words import DESIGNS
from campaignbook.results import say, say_number
from campaignbook.social_media import Activity
from campaignbook.strategies import Strategy

MOST_ENTRIES = 60
"""With more, the calendar shows the first ones and says how many follow."""


def the_plan(results: CampaignResults) -> str:
    """Return all that the plan holds, part by part, and which parts it lacks."""
    plan = results.plan
    parts = {
        "Goals": _goals(plan.goals) if plan.goals else "",
        "Audience": _segments(plan.segments) if plan.segments else "",
        "Strategy": _strategy(plan.strategy, plan.currency or ""),
        "Calendar": _calendar(plan.activities) if plan.activities else "",
        "Partners": partners_section(plan) if plan.partners else "",
        "Who does what": tasks_section(plan) if plan.raci else "",
        "Evaluation": _evaluations(results) if plan.evaluations else "",
    }
    shown = "".join(
        f"<section><h3>{k}</h3>{v}</section>" for k, v in parts.items() if v
    )
    left = [name.lower() for name, part in parts.items() if not part]
    open_parts = nothing(f"Not in the plan yet: {', '.join(left)}.") if left else ""
    points = open_points(plan)
    told = f"<section><h3>Still open</h3>{bullets(points, '')}</section>"
    return shown + open_parts + (told if points else "")


def plan_before_data(results: CampaignResults) -> str:
    """Return the plan under its heading as long as no evaluation has data."""
    return "" if results.evaluations else _under_heading(results)


def plan_after_data(results: CampaignResults) -> str:
    """Return the plan under its heading once an evaluation has data."""
    return _under_heading(results) if results.evaluations else ""


def _under_heading(results: CampaignResults) -> str:
    lead = (
        "What the campaign sets out to do: goals, audience, offer, calendar, partners, "
        "and how it is found out."
    )
    return f"<h2>The plan</h2><p>{lead}</p>{the_plan(results)}"


def _goals(goals: Sequence[Goal]) -> str:
    rows = [
        [esc(g.statement or g.measure), esc(g.type), esc(g.measure),
         DASH if g.baseline is None else say(g.baseline, g.unit), _target(g),
         esc(g.audience) or DASH, day(g.deadline)]
        for g in goals
    ]  # fmt: skip
    head = ["Goal", "Type", "Measure", "Baseline", "Target", "Audience", "Until"]
    return table("What is to change", head, rows)


def _target(goal: Goal) -> str:
    if goal.target is None:
        return DASH
    if goal.target_is == "level":
        return say(goal.target, goal.unit)
    return f"a change of {say(goal.target, goal.unit, change=goal.unit != 'ratio')}"


def _segments(segments: Sequence[Segment]) -> str:
    rows = [
        [f"{esc(s.name)}<br><small>{esc(s.basis)}</small>",
         DASH if s.size is None else say_number(s.size), esc(s.criteria) or DASH,
         *(esc("; ".join(items)) or DASH
           for items in (s.barriers, s.benefits, s.competition))]
        for s in segments
    ]  # fmt: skip
    head = ["Segment", "People", "Who belongs to it", "Barriers", "Benefits",
            "What they do instead"]  # fmt: skip
    return table("For whom it is", head, rows)


def _strategy(strategy: Strategy, currency: str) -> str:
    said = [(k.capitalize(), v) for k, v in strategy.mix.model_dump().items() if v]
    if strategy.positioning:
        said.append(("Positioning", strategy.positioning))
    body = facts(said) if said else ""
    if strategy.competition:
        rows = [
            [esc(c.name), esc(c.kind), esc("; ".join(c.benefits)) or DASH,
             esc("; ".join(c.barriers)) or DASH]
            for c in strategy.competition
        ]  # fmt: skip
        head = ["Competition", "Kind", "What it gives", "What makes it hard"]
        body += table("What it competes with", head, rows)
    if strategy.channels:
        rows = [
            [esc(c.name), DASH if c.budget is None else
             f"{say_number(c.budget)} {esc(currency)}".strip()]
            for c in strategy.channels
        ]  # fmt: skip
        body += table("Ways to the audience", ["Channel", "Budget"], rows)
    return body


def _calendar(activities: Sequence[Activity]) -> str:
    entries = activity_table(activities)
    rows = [
        [day(e.date.date()),
         *(esc(v) or DASH for v in (e.channel, e.format, e.content, e.owner, e.status)),
         esc("; ".join(v for v in (e.segment, e.behaviour, e.barrier) if v)) or DASH]
        for e in entries.head(MOST_ENTRIES).itertuples()
    ]  # fmt: skip
    head = ["Date", "Channel", "Format", "Content", "Owner", "Status",
            "Segment, behaviour, barrier"]  # fmt: skip
    more = len(entries) - MOST_ENTRIES
    rest = nothing(f"{more} further entries are in the plan.") if more > 0 else ""
    return table("What goes out when", head, rows) + rest


def _evaluations(results: CampaignResults) -> str:
    plan: CampaignPlan = results.plan
    told = {e.id: e.sentence for e in results.planned}
    rows = [
        [esc(s.question or s.id), esc(s.goal), DESIGNS[s.design][0],
         esc(told.get(s.id, "The data are in: see above."))]
        for s in plan.evaluations
    ]  # fmt: skip
    head = ["Question", "Goal", "Design", "What it can see"]
    return table("How it is found out", head, rows)
