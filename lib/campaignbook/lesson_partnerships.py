"""The lesson on partnerships: who does what, the own partners, two plans compared."""

from datetime import date

import pandas as pd
from IPython.display import HTML

from campaignbook.files import read_cases, read_plan
from campaignbook.forms import plan_form
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.partner_figures import stakeholder_picture
from campaignbook.partner_reach import added_bounds
from campaignbook.partnerships import agreement_checks, stakeholder_map
from campaignbook.plan import CampaignPlan
from campaignbook.raci import LETTERS
from campaignbook.sections import check_rows
from campaignbook.series import Responding, respond
from campaignbook.side_by_side import plan_dimensions


def letters_table(raci: pd.DataFrame) -> HTML:
    """Return who does what: tasks by people, the letters of RACI in words."""
    rows = [
        [esc(task), *(esc(", ".join(LETTERS[x].split(":")[0] for x in v)) for v in row)]
        for task, row in zip(raci.index, raci.to_numpy(), strict=True)
    ]
    return shown(table("Who does what", ["Task", *map(esc, raci.columns)], rows))


def plans_side_by_side(first: str, second: str) -> HTML:
    """Return two plans, by their files, over the six dimensions of the distinction."""
    plans = [read_plan(path) for path in (first, second)]
    found = [plan_dimensions(p) for p in plans]
    rows = [
        [f"{esc(d.id.capitalize())}<br><small>{esc(d.question)}</small>",
         *(esc(one[d.id]) for one in found)]
        for d in read_cases().dimensions
    ]  # fmt: skip
    names = [esc(p.name) for p in plans]
    return shown(table("One cause, two plans", ["Dimension", *names], rows))


def plan_partners() -> Responding:
    """Return the partners of the learner's plan as a form; what follows is below."""
    return respond(plan_form("partners", "period"), _partnered)


def _partnered(plan: CampaignPlan) -> str:
    if not plan.partners:
        return nothing("The plan has no partner that is in order yet.")
    end = plan.period.end if plan.period else None
    checks = agreement_checks(plan.partners, today=date.today(), end=end)
    placed = [
        [esc(r.name), esc(r.place), esc(r.engagement)]
        for r in stakeholder_map(plan.partners).itertuples()
    ]
    parts = [
        table("Power and interest", ["Partner", "Place", "Engagement"], placed),
        stakeholder_picture(plan.partners).html(),
        check_rows(checks, "The agreements"),
    ]
    known = [(p.name, p.reach, p.cost) for p in plan.partners if p.reach]
    if known:
        told = added_bounds(known)["sentence"]
        parts.append(f"<p>What each adds to the others:</p>{bullets(told, '')}")
    return "".join(parts)
