"""What follows from a goal: message, channel and resources in the same plan."""

from campaignbook.errors import PlanError, nearest
from campaignbook.goals import Goal
from campaignbook.plan import CampaignPlan
from campaignbook.results import Answer, Check, say_number


def what_follows(plan: CampaignPlan, goal_id: str) -> tuple[Check, ...]:
    """Return whether audience, message, channel and resources follow from a goal.

    Parameters
    ----------
    plan : CampaignPlan
        With its segments, strategy, activities and costs as far as they are written.
    goal_id : str
        Which goal.

    Raises
    ------
    PlanError
        If the plan has no such goal.

    Notes
    -----
    A plan that holds together reads from the goal down: the goal names who, the segment
    says what stands in their way, the message answers that, the channel is where they
    are, and the money goes there. Each check looks for that link and for nothing else.
    """
    goal = next((g for g in plan.goals if g.id == goal_id), None)
    if goal is None:
        known = [g.id for g in plan.goals]
        hint = nearest(goal_id, known) if known else "the plan has no goals"
        raise PlanError(f"goals: there is no goal '{goal_id}' ({hint}).")
    return (_audience(plan), _message(plan, goal), _channel(plan), _resources(plan))


def _audience(plan: CampaignPlan) -> Check:
    if not plan.segments:
        return _check("audience", "no", "No segment is described: who exactly is it?")
    bare = [s.name for s in plan.segments if not s.barriers and not s.benefits]
    if bare:
        names = ", ".join(f"'{n}'" for n in bare)
        return _check(
            "audience",
            "unknown",
            f"For {names} neither barriers nor benefits are written, so no message can "
            "answer them.",
        )
    said = f"{len(plan.segments)} segment{'s' * (len(plan.segments) > 1)}, each with "
    return _check("audience", "yes", f"{said}barriers or benefits.")


def _message(plan: CampaignPlan, goal: Goal) -> Check:
    if not plan.activities:
        return _check("message", "no", "The calendar is empty: what is said, and when?")
    social = goal.type == "behaviour"
    aimless = [a for a in plan.activities if not (a.behaviour if social else a.content)]
    if aimless:
        lack = "asks for no behaviour" if social else "says nothing yet"
        first = aimless[0]
        return _check(
            "message",
            "unknown",
            f"{len(aimless)} of {len(plan.activities)} entries of the calendar {lack} "
            f"(the first on {first.date.isoformat()}, {first.channel}).",
        )
    barriers = {b.casefold() for s in plan.segments for b in s.barriers}
    answered = {a.barrier.casefold() for a in plan.activities if a.barrier}
    open_ones = sorted(barriers - answered)
    if social and open_ones:
        names = ", ".join(f"'{b}'" for b in open_ones)
        return _check("message", "unknown", f"No entry answers the barrier {names}.")
    return _check("message", "yes", "Every entry of the calendar serves the goal.")


def _channel(plan: CampaignPlan) -> Check:
    channels = {c.name.casefold() for c in plan.strategy.channels}
    used = {a.channel.casefold() for a in plan.activities}
    if not channels:
        return _check("channel", "no", "The strategy names no channel.")
    stray = sorted(used - channels)
    idle = sorted(channels - used) if used else []
    if stray or idle:
        parts = [
            f"the calendar uses {_listed(stray)}, which the strategy does not name"
        ]
        parts = parts if stray else []
        parts += [f"nothing is planned for {_listed(idle)}"] if idle else []
        sentence = " and ".join(parts)
        return _check("channel", "unknown", f"{sentence[:1].upper()}{sentence[1:]}.")
    return _check("channel", "yes", f"{len(channels)} channels, each with a use.")


def _resources(plan: CampaignPlan) -> Check:
    budgets = [c.budget for c in plan.strategy.channels if c.budget is not None]
    cost = sum(c.amount for c in plan.costs)
    money = plan.currency or ""
    if not budgets and not plan.costs:
        return _check("resources", "no", "Neither costs nor budgets are written.")
    if budgets and plan.costs and sum(budgets) > cost:
        return _check(
            "resources",
            "no",
            f"The channels' budgets come to {say_number(sum(budgets))} {money}, the "
            f"costs to {say_number(cost)}: write all costs, or smaller budgets.",
        )
    without = [c.name for c in plan.strategy.channels if c.budget is None]
    if budgets and without:
        return _check("resources", "unknown", f"No budget for {_listed(without)}.")
    total = say_number(cost or sum(budgets))
    return _check(
        "resources", "yes", f"{total} {money} are planned.".replace("  ", " ")
    )


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{n}'" for n in names)


def _check(name: str, answer: Answer, sentence: str) -> Check:
    return Check(name=name, answer=answer, sentence=sentence)
