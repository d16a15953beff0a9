"""The first page of a report: the verdicts, one figure a goal, the numbers."""

from campaignbook.campaign import CampaignResults
from campaignbook.goals import Goal, what_it_shows
from campaignbook.markup import esc, facts
from campaignbook.pictures import goal_picture, has_picture
from campaignbook.report_words import KINDS, MARKS
from campaignbook.results import Evaluation, say
from campaignbook.verdict import Verdict


def headline(results: CampaignResults) -> str:
    """Return name, kind and one card with the verdict for each goal."""
    plan = results.plan
    kind = KINDS[plan.kind]
    purpose = f" · {esc(plan.purpose)}" if plan.purpose else ""
    cards = [
        _card(goal, verdict.verdict, verdict.sentence)
        for goal, verdict in zip(plan.goals, results.verdicts, strict=True)
    ] or ["<p>The plan has no goals yet.</p>"]
    return (
        f'<p class="campaign">{esc(plan.name)}</p>'
        f'<p class="kind">{kind}{purpose}</p>{"".join(cards)}'
    )


def at_a_glance(results: CampaignResults) -> str:
    """Return figure and numbers of each goal side by side: the page for no time."""

    def one(goal: Goal, verdict: Verdict) -> str:
        evaluation = results.deciding(goal.id)
        told = facts(facts_of(goal, evaluation))
        if len(results.plan.goals) > 1:
            name = f"<strong>{esc(goal.statement or goal.measure)}</strong>"
            told = f"<div><p>{name}</p>{told}</div>"
        if evaluation is None or not has_picture(evaluation):
            return told
        picture = goal_picture(goal, evaluation).html()
        return f'<div class="glance">{picture}{told}</div>'

    pairs = zip(results.plan.goals, results.verdicts, strict=True)
    money = results.economics
    paid = [] if money is None else [
        ("Cost", say(money.cost, f"{results.plan.currency}")),
        ("Cost per outcome", money.cost_per_outcome.sentence),
        ("Return", money.roi.sentence),
    ]  # fmt: skip
    return "".join([*(one(*pair) for pair in pairs), facts(paid) if paid else ""])


def facts_of(goal: Goal, evaluation: Evaluation | None) -> list[tuple[str, str]]:
    """Return what a reader with no time wants to know of a goal, with its doubt."""
    told = []
    if evaluation and evaluation.level and evaluation.level.estimate is not None:
        size, interval = evaluation.level.words()
        sampled = evaluation.level.ci_low is not None
        told.append(("Measured", f"{size} ({interval})" if sampled else size))
    if goal.target is not None:
        change = goal.target_is == "change"
        what = "Change wanted" if change else "Target"
        told.append((what, say(goal.target, goal.unit, change=change)))
    if goal.audience:
        told.append(("Audience", goal.audience))
    if goal.deadline:
        told.append(("Deadline", f"{goal.deadline:%d %B %Y}".lstrip("0")))
    first = evaluation.estimates[0] if evaluation else None
    if first and first.estimate is not None and first.null_value is not None:
        size, interval = first.words()
        name = "Effect" if first.assumptions else "Change"
        told.append((name, f"{size} ({interval})"))
    if evaluation and evaluation.checks:
        answers = [c.answer for c in evaluation.checks]
        counted = ((answers.count(a), a) for a in ("yes", "no", "unknown"))
        told.append(("Checks", ", ".join(f"{n} {a}" for n, a in counted if n)))
    elif evaluation is None and goal.evidence and goal.evidence.text:
        told.append(("What is known", goal.evidence.text))
    shows = what_it_shows(goal.measure)
    return [*told, ("What the measure shows", shows)] if shows else told


def _card(goal: Goal, word: str, sentence: str) -> str:
    style = word.replace(" ", "-")
    rest = sentence.split(": ", 1)[-1]
    statement = goal.statement or goal.measure
    return (
        f'<div class="card {style}"><p class="verdict"><span aria-hidden="true">'
        f"{MARKS[word]}</span> {word.capitalize()}</p>"
        f'<p class="goal">{esc(statement)}</p>'
        f"<p>{esc(rest[:1].upper() + rest[1:])}</p></div>"
    )
