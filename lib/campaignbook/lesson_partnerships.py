"""The lesson on partnerships: who does what, the own partners, two plans compared."""

from datetime import date

import pandas as pd
from IPython.display import HTML

from campaignbook.files import read_plan
from campaignbook.forms import plan_form
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.partner_figures import stakeholder_picture
from campaignbook.partner_reach import added_bounds
from campaignbook.partner_sections import check_rows, tasks_section
from campaignbook.partnerships import agreement_checks, stakeholder_map
from campaignbook.plan import CampaignPlan
from campaignbook.raci import LETTERS
from campaignbook.series import Responding, respond
from campaignbook.side_by_side_page import dimensions_table


def letters_table(raci: pd.DataFrame) -> HTML:
    """Return who does what: tasks by people, the letters of RACI in words."""
    words = {letter: text.partition(":")[0] for letter, text in LETTERS.items()}
    rows = [
        [esc(task), *(", ".join(words[x] for x in v) for v in row)]
        for task, row in zip(raci.index, raci.to_numpy(), strict=True)
    ]
    return shown(table("Who does what", ["Task", *map(esc, raci.columns)], rows))


def plans_side_by_side(first: str, second: str) -> HTML:
    """Return two plans, by their files, over the six dimensions of the distinction."""
    return shown(dimensions_table([read_plan(path) for path in (first, second)]))


def plan_partners() -> Responding:
    """Return the own plan's partners and tasks as a form; what follows is below."""
    return respond(plan_form("partners", "raci", "period"), _partnered)


def _partnered(plan: CampaignPlan) -> str:
    parts = [] if plan.partners else [nothing("The plan has no partner in order yet.")]
    if plan.partners:
        end = plan.period.end if plan.period else None
        checks = agreement_checks(plan.partners, today=date.today(), end=end)
        placed = [
            [esc(r.name), esc(r.place), esc(r.engagement)]
            for r in stakeholder_map(plan.partners).itertuples()
        ]
        parts += [
            table("Power and interest", ["Partner", "Place", "Engagement"], placed),
            stakeholder_picture(plan.partners).html(),
            check_rows(checks, "The agreements"),
        ]
    known = [(p.name, p.reach, p.cost) for p in plan.partners if p.reach]
    if known:
        told = added_bounds(known, currency=plan.currency or "")["sentence"]
        parts.append(f"<p>What each adds to the others:</p>{bullets(told, '')}")
    if plan.raci:
        parts.append(tasks_section(plan))
    return "".join(parts)
