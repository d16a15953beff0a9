"""What a plan leaves open although it can be read: where, and what to write."""

from collections.abc import Iterator, Sequence

from campaignbook.partnerships import agreement_checks
from campaignbook.plan import CampaignPlan
from campaignbook.raci import letters_of, raci_checks, raci_table
from campaignbook.results import Check

MOST_NAMED = 5
"""With more, the first ones are named and the others counted."""


def open_points(plan: CampaignPlan) -> tuple[str, ...]:
    """Return a sentence for each thing that a plan should hold and does not.

    Goals that no evaluation answers, partners without reach, channels with a budget of
    nothing, and what is wrong in the table of who does what.
    """
    return tuple(_points(plan))


def _points(plan: CampaignPlan) -> Iterator[str]:
    asked = {spec.goal for spec in plan.evaluations}
    for goal in plan.goals:
        if goal.id not in asked:
            yield (
                f"goals.{goal.id}: no evaluation answers it; write one under "
                f"evaluations with goal: {goal.id}, or no report can say whether it "
                "was met."
            )
    missing = [p.name for p in plan.partners if p.reach is None]
    if missing:
        has = "has" if len(missing) == 1 else "have"
        yield (
            f"partners: {_named(missing)} {has} no reach; write how many people of the "
            "audience they reach, for example reach: 500, or what they add stays "
            "unknown."
        )
    for channel in plan.strategy.channels:
        if channel.budget == 0:
            yield (
                f"strategy.channels.{channel.name}: the budget is 0; write an amount "
                "above 0, or leave the budget out."
            )
    for check in task_checks(plan):
        if check.answer == "no":
            yield f"raci: {check.name}: {check.sentence}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"'{n}'" for n in names[:MOST_NAMED]) + more


def task_checks(plan: CampaignPlan) -> tuple[Check, ...]:
    """Return the checks of who does what; none where the plan has no tasks."""
    if not plan.raci:
        return ()
    partners = [p.name for p in plan.partners]
    return raci_checks(raci_table(letters_of(plan.raci)), partners=partners)


def partner_checks(plan: CampaignPlan) -> tuple[Check, ...]:
    """Return the checks of a plan's agreements, as far as they need no today."""
    if not plan.partners:
        return ()
    return agreement_checks(plan.partners, end=plan.period.end if plan.period else None)
