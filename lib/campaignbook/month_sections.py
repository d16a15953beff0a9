"""Money, funnel and enquiries of a social media report, and its first page."""

from typing import Any

from campaignbook.campaign import CampaignResults
from campaignbook.first_page import facts_of
from campaignbook.kpi_sections import KPI_SECTIONS, each_of_kpis, estimate_cell
from campaignbook.markup import bullets, esc, facts, nothing, table
from campaignbook.pictures import goal_picture, has_picture
from campaignbook.report_words import ANSWERS
from campaignbook.results import Estimate, Evaluation, say, say_number


def month_at_a_glance(results: CampaignResults) -> str:
    """Return figure and numbers of each goal, with money and enquiries beside them."""
    parts = []
    for goal in results.plan.goals:
        evaluation = results.deciding(goal.id)
        told = facts_of(goal, evaluation)
        if evaluation is not None and "kpis" in evaluation.details:
            told += _glance(evaluation.details)
        shown = facts(told)
        if evaluation is not None and has_picture(evaluation):
            picture = goal_picture(goal, evaluation).html()
            shown = f'<div class="glance">{picture}{shown}</div>'
        parts.append(shown)
    return "".join(parts)


def kpi_funnel(results: CampaignResults) -> str:
    """Return the steps from impressions to leads with their parts and intervals."""

    def one(evaluation: Evaluation) -> str:
        rows = [
            [esc(s["name"]), estimate_cell(s["value"]), f"{say_number(s['numerator'])}",
             f"{say_number(s['denominator'])}", _made(s)]
            for s in evaluation.details["funnel"]
        ]  # fmt: skip
        head = ["Step", "Share that goes on", "Went on", "Of", "Counted as"]
        if not rows:
            return nothing("No row tells impressions and link clicks.")
        return table("From seeing to acting", head, rows)

    return each_of_kpis(results, one)


def kpi_money(results: CampaignResults) -> str:
    """Return spend, prices with intervals, return with break-even and labour."""

    def one(evaluation: Evaluation) -> str:
        told = evaluation.details["money"]
        if not told:
            return nothing("No export tells what was spent.")
        currency = told["currency"]
        sums = [("Spent, by the exports", told["spend"]),
                ("Costs in the plan without labour", told["planned"]),
                ("Labour in the plan", told["labour"])]  # fmt: skip
        rows = [
            [name, f"{say_number(amount)} {currency}", ""]
            for name, amount in sums if amount is not None
        ]  # fmt: skip
        rows += [
            [esc(p["name"]), estimate_cell(p["value"]), _made(p)]
            for p in told["prices"]
        ]
        head = ["Money", "Amount", "Counted as"]
        return table("Spent, and at what price", head, rows) + bullets(
            told["sentences"], ""
        )

    return each_of_kpis(results, one)


def kpi_enquiries(results: CampaignResults) -> str:
    """Return how messages were answered, by topic."""

    def one(evaluation: Evaluation) -> str:
        rows = []
        for t in evaluation.details["enquiries"]:
            told = (t["response_rate"], t["first_reply"])
            answered, reply = (estimate_cell(e) if e else "" for e in told)
            rows.append(
                [esc(t["topic"]), f"{t['messages']:,}", f"{t['needed']:,}",
                 answered, reply,
                 f"{t['backlog']:,}"]
            )  # fmt: skip
        if not rows:
            return nothing(
                "The plan names no messages of this period (key enquiries), so how "
                "people were answered is unknown."
            )
        head = ["Topic", "Messages", "Need a reply", "Answered",
                "First reply, median business hours", "Waiting"]  # fmt: skip
        return table("Messages, as the period ended", head, rows)

    return each_of_kpis(results, one)


def kpi_influencers(results: CampaignResults) -> str:
    """Return the influencers with their signals, those to be explained first."""

    def one(evaluation: Evaluation) -> str:
        rows = []
        for row in evaluation.details["influencers"]:
            who = f"{esc(row['name'])}<br><small>{esc(row['tier'])}</small>"
            wrong = [
                f"{esc(s['name'])}: {ANSWERS[s['answer']]}"
                + (f"<br><small>{esc(s['sentence'])}</small>" if s["answer"] == "no"
                   else "")
                for s in row["signals"] if s["answer"] != "yes"
            ]  # fmt: skip
            said = (row[k].partition(": ")[2] for k in ("rate", "cost"))
            told = "<br>".join(f"<small>{esc(s[:1].upper() + s[1:])}</small>"
                               for s in said)  # fmt: skip
            rows.append([who, "<br>".join(wrong) or "none", told])
        if not rows:
            return nothing("The plan names no tables of influencers (key influencers).")
        several = [r["sentence"] for r in evaluation.details["influencers"]
                   if r["several"]]  # fmt: skip
        head = ["Account", "Signals that need an explanation", "Rate and price"]
        none = "No account has several signals at once."
        shown = bullets(several, none) + table("Influencers", head, rows)
        return shown + _audiences(evaluation.details["audiences"])

    return each_of_kpis(results, one)


def _audiences(found: dict[str, Any]) -> str:
    """Return the largest overlaps, and whom each account alone reaches."""
    if not found:
        return nothing("No survey tells whose followers are the same (key audiences).")
    pairs = [
        [f"{esc(p['first'])} and {esc(p['second'])}", say(p["share"], "share"),
         f"{say(p['low'], 'share')} to {say(p['high'], 'share')}"]
        for p in found["pairs"]
    ]  # fmt: skip
    alone = [
        [esc(a["item"]), say_number(a["alone"]), say_number(a["only_it"])]
        for a in found["accounts"]
    ]
    head = ["Accounts", "Share of the smaller audience in both", "Interval"]
    return table("The largest overlaps", head, pairs) + table(
        "Net reach of the accounts together",
        ["Account", "People it reaches", "Of these, reached by no other"], alone,
    )  # fmt: skip


def _made(row: dict[str, Any]) -> str:
    return f"<small>{esc(row['made'])}</small>"


def _glance(details: dict[str, Any]) -> list[tuple[str, str]]:
    told = []
    first = details["kpis"][0]
    if "difference" in first:
        before = Estimate(**first["last"]).words()[0]
        change, interval = Estimate(**first["difference"]).words()
        told.append(("Period before", f"{before}; difference {change} ({interval})"))
    money = details["money"]
    if money:
        told.append(("Spent", f"{say_number(money['spend'])} {money['currency']}"))
    if money and money["back"]:
        size, interval = Estimate(**money["back"]["value"]).words()
        even = f"breaks even at {say_number(money['break_even'])}"
        told.append(("Return on ad spend", f"{size} ({interval}); {even}"))
    if details["enquiries"]:
        whole = details["enquiries"][0]
        if whole["response_rate"]:
            size, interval = Estimate(**whole["response_rate"]).words()
            told.append(("Messages answered", f"{size} ({interval})"))
    return told


MONTH_SECTIONS = KPI_SECTIONS | {
    section.__name__: section
    for section in (
        month_at_a_glance,
        kpi_funnel,
        kpi_money,
        kpi_enquiries,
        kpi_influencers,
    )
}
"""All sections of the report of a period, by name."""
