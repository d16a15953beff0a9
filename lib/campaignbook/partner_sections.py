"""The partners of a plan as a report shows them: agreements, reach, who does what."""

from collections.abc import Iterable, Sequence
from datetime import date

from campaignbook.markup import bullets, esc, table
from campaignbook.open_points import partner_checks, task_checks
from campaignbook.partner_figures import stakeholder_picture
from campaignbook.partner_reach import added_bounds
from campaignbook.partnerships import Partner, stakeholder_map
from campaignbook.plan import CampaignPlan
from campaignbook.raci import LETTERS
from campaignbook.reach_bounds import reach_bounds
from campaignbook.report_words import ANSWERS
from campaignbook.results import Check, say_number

DASH = "not said"
MOST_ADDED = 30
"""With more partners, what each adds to all the others is not told."""


def check_rows(checks: Iterable[Check], caption: str) -> str:
    """Return checks as a table: name, answer, what was found."""
    rows = [
        [
            esc(c.name),
            f'<span class="{c.answer}">{ANSWERS[c.answer]}</span>',
            esc(c.sentence),
        ]
        for c in checks
    ]
    return table(caption, ["Check", "Answer", "What was found"], rows)


def day(value: date | None) -> str:
    """Return a day that no line breaks."""
    if value is None:
        return DASH
    return f'<span class="nowrap">{value.isoformat()}</span>'


def partners_section(plan: CampaignPlan) -> str:
    """Return agreements with their checks, power and interest, and the reach."""
    partners = plan.partners
    known = any(p.power is not None and p.interest is not None for p in partners)
    return "".join([
        _agreements(partners, plan.currency or ""),
        check_rows(partner_checks(plan), "The agreements, checked"),
        _places(partners),
        stakeholder_picture(partners).html() if known else "",
        _reach(partners, plan.currency or ""),
    ])  # fmt: skip


def tasks_section(plan: CampaignPlan) -> str:
    """Return who does what, with its checks."""
    parts = [text.partition(":")[0] for text in LETTERS.values()]
    rows = [
        [esc(t.task), *(esc(", ".join(getattr(t, p))) or "nobody" for p in parts)]
        for t in plan.raci
    ]
    head = [text.capitalize() for text in LETTERS.values()]
    made = table("Tasks, and who has which part", ["Task", *head], rows)
    return made + check_rows(task_checks(plan), "Who does what, checked")


def _agreements(partners: Sequence[Partner], currency: str) -> str:
    def told(value: float | None) -> str:
        return DASH if value is None else say_number(value)

    rows = [
        [f"{esc(p.name)}<br><small>{esc(p.kind)}</small>",
         *(esc(text) or DASH for text in (p.role, p.gives, p.gets)),
         told(p.reach), told(p.cost), day(p.review_date)]
        for p in partners
    ]  # fmt: skip
    cost = f"Cost, {esc(currency)}" if currency else "Cost"
    head = ["Partner", "Role", "Gives", "Gets", "Reach (people)", cost, "Review"]
    return table("What is agreed with whom", head, rows)


def _places(partners: Sequence[Partner]) -> str:
    rows = [
        [esc(r.name), esc(r.place), esc(r.engagement)]
        for r in stakeholder_map(partners).itertuples()
    ]
    head = ["Partner", "Place", "Engagement"]
    return table("Engagement by power and interest", head, rows)


def _reach(partners: Sequence[Partner], currency: str) -> str:
    """Return what partners reach together and what each adds, overlap not known."""
    known = [(p.name, p.reach, p.cost) for p in partners if p.reach]
    if not known:
        return ""
    whole = reach_bounds([(name, reach) for name, reach, _ in known]).sentence()
    said = [f"{whole} How many that are is not known."]
    if 1 < len(known) <= MOST_ADDED:
        said += list(added_bounds(known, currency=currency)["sentence"])
    return f"<p>What they reach together:</p>{bullets(said, '')}"
