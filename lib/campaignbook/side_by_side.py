"""A plan over the six dimensions in which the two disciplines differ."""

from collections.abc import Iterable, Mapping

from campaignbook.goals import Goal
from campaignbook.plan import CampaignPlan
from campaignbook.results import say, say_number

LEFT_OPEN = "The plan does not say."


def plan_dimensions(
    plan: CampaignPlan, *, designs: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what a plan says of objective, audience, methods, partners ... in words.

    Parameters
    ----------
    plan : CampaignPlan
        What is told.
    designs : mapping of str to str, optional
        Names of the designs in words.

    Returns
    -------
    dict of str to str
        By dimension, in the order of `cases.yml`: ``objective``, ``audience``,
        ``methods``, ``partners``, ``measures``, ``success``. What the plan leaves open
        says so.
    """
    mix, strategy = plan.strategy.mix, plan.strategy
    offers = [
        f"{name}: {text}"
        for name, text in (mix.model_dump().items() if mix else ())
        if text
    ]
    shown = list(dict.fromkeys(a.channel for a in plan.activities))
    channels = [c.name for c in strategy.channels] or shown
    through = [f"Channels: {', '.join(channels)}"] if channels else []
    by = {e.goal: e.design for e in reversed(plan.evaluations)}
    names = {g: (designs or {}).get(d, d.replace("_", " ")) for g, d in by.items()}
    found = {
        "objective": _joined([plan.purpose, *(g.statement for g in plan.goals)]),
        "audience": _joined([
            *dict.fromkeys(g.audience for g in plan.goals),
            *(f"{s.name} ({s.basis})" for s in plan.segments),
        ]),
        "methods": _joined([*offers, *through]),
        "partners": ", ".join(f"{p.name} ({p.kind})" if p.kind else p.name
                              for p in plan.partners),
        "measures": _joined(
            f"{g.measure}. How: {names.get(g.id, 'no evaluation yet')}"
            for g in plan.goals
        ),
        "success": _joined(map(_success, plan.goals)),
    }  # fmt: skip
    return {name: text or LEFT_OPEN for name, text in found.items()}


def _success(goal: Goal) -> str:
    if goal.target is None:
        return f"No target for '{goal.measure}'"
    change = goal.target_is == "change"
    size = say(goal.target, goal.unit, change=change)
    if goal.unit == "ratio" and change:
        size = f"{say_number(goal.target)} times"
    start = "" if goal.baseline is None else f" from {say(goal.baseline, goal.unit)}"
    until = "" if goal.deadline is None else f" by {goal.deadline.isoformat()}"
    how = "a change due to it of" if change else "to"
    return f"{goal.measure}: {goal.direction}{start} {how} {size}{until}"


def _joined(texts: Iterable[str]) -> str:
    said = (t.strip().rstrip(".") for t in texts if t and t.strip())
    return " ".join(f"{t[:1].upper()}{t[1:]}." for t in said)
