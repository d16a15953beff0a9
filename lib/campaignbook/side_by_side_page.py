"""Two plans of one cause side by side, as a page and as a notebook shows them."""

from collections.abc import Sequence
from pathlib import Path

from campaignbook.files import read_cases, read_plan
from campaignbook.markup import esc, table
from campaignbook.plan import CampaignPlan
from campaignbook.report_words import DESIGNS, KINDS
from campaignbook.side_by_side import plan_dimensions

PLANS = Path(__file__).resolve().parents[2] / "data" / "plans"
TWINS = ("quit_in_leeds", "quit_page")
"""The shipped plans of one cause: social marketing, then social media marketing."""
LEAD = (
    "Helping smokers to stop is planned twice here: as social marketing, which wants a "
    "behaviour to change, and as social media marketing, which wants people to ask for "
    "an appointment on a page. Read it line by line. What counts as success on one "
    "side says nothing on the other."
)
END = (
    "The two can work together: the page brings people to the appointment, and the "
    "appointment helps them to quit. Then the right plan is one channel of the left "
    "one, and it is judged by its own goal all the same."
)


def twin_plans() -> tuple[CampaignPlan, CampaignPlan]:
    """Return the two shipped plans of one cause."""
    first, second = (read_plan(PLANS / f"{name}.yml") for name in TWINS)
    return first, second


def dimensions_table(plans: Sequence[CampaignPlan], links: Sequence[str] = ()) -> str:
    """Return plans over the six dimensions, each beside what its discipline does.

    `links` are addresses of the plans' reports, in the same order.
    """
    designs = {design: name for design, (name, _) in DESIGNS.items()}
    found = [plan_dimensions(p, designs=designs) for p in plans]
    rows = [
        [f"{esc(d.id.capitalize())}<br><small>{esc(d.question)}</small>",
         *(f"{esc(said[d.id])}{_in_general(d, plan)}"
           for plan, said in zip(plans, found, strict=True))]
        for d in read_cases().dimensions
    ]  # fmt: skip
    if links:
        rows.append([
            "The whole document",
            *(f'<a href="{esc(to)}">{esc(p.name)}</a>'
              for p, to in zip(plans, links, strict=True)),
        ])  # fmt: skip
    head = [f"{esc(KINDS[p.kind])}: {esc(p.name)}" for p in plans]
    return table("One cause, two plans", ["Dimension", *head], rows)


def _in_general(dimension: object, plan: CampaignPlan) -> str:
    said = getattr(dimension, plan.kind) if plan.kind else ""
    return f"<br><small>In general: {esc(said)}</small>" if said else ""


def side_by_side_body(
    plans: Sequence[CampaignPlan],
    *,
    links: Sequence[str] = (),
    answers: Sequence[str] = (),
) -> str:
    """Return the page on two plans, without its shell.

    `answers` are what the reports say of the plans' goals, in the same order.
    """
    told = [[esc(p.name), esc(a)] for p, a in zip(plans, answers, strict=False)]
    ends = table("What each says of its goal today", ["Plan", "Answer"], told)
    return (
        f"<h1>One cause, two plans</h1><p>{esc(LEAD)}</p>"
        f"{dimensions_table(plans, links)}{ends if told else ''}<p>{esc(END)}</p>"
        + ('<p><a href="index.html">All reports</a></p>' if links else "")
    )
