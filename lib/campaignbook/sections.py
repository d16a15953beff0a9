"""The pieces of a report as HTML, each from the results alone."""

import html
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from IPython.display import HTML

from campaignbook.advice import strengths, weaknesses
from campaignbook.campaign import CampaignResults
from campaignbook.economics import MoneyFigure
from campaignbook.goals import Goal
from campaignbook.pictures import design_pictures, goal_picture, has_picture
from campaignbook.report_words import (
    ANSWERS,
    DESIGNS,
    KINDS,
    MARKS,
    NAMES,
    REFERENCES,
)
from campaignbook.results import Estimate, Evaluation, say, say_number


def show(results: CampaignResults, section: str) -> HTML:
    """Return one section of a report (a function of this module), to be displayed."""
    return HTML(globals()[section](results))


def headline(results: CampaignResults) -> str:
    """Return name, kind and one card with the verdict for each goal."""
    plan = results.plan
    kind = KINDS[plan.kind]
    purpose = f" · {_esc(plan.purpose)}" if plan.purpose else ""
    cards = [
        _card(goal, verdict.verdict, verdict.sentence)
        for goal, verdict in zip(plan.goals, results.verdicts, strict=True)
    ] or ["<p>The plan has no goals yet.</p>"]
    return (
        f'<p class="campaign">{_esc(plan.name)}</p>'
        f'<p class="kind">{kind}{purpose}</p>{"".join(cards)}'
    )


def goal_figures(results: CampaignResults) -> str:
    """Return the figure of level, target and effect for each evaluated goal."""

    def one(goal: Goal) -> str:
        evaluation = results.deciding(goal.id)
        if evaluation is None or not has_picture(evaluation):
            return ""
        return goal_picture(goal, evaluation).html()

    return _joined(one(g) for g in results.plan.goals) or _none("No goal was measured.")


def next_steps(results: CampaignResults) -> str:
    """Return the next steps as a list."""
    return _list(results.next_steps, "Nothing follows yet.")


def design_figures(results: CampaignResults) -> str:
    """Return the figures of each evaluation under its question."""

    def one(evaluation: Evaluation) -> str:
        goal = next(g for g in results.plan.goals if g.id == evaluation.goal)
        return "".join(p.html() for p in design_pictures(goal, evaluation))

    return _by_evaluation(results, one)


def estimates_table(results: CampaignResults) -> str:
    """Return all estimates of each evaluation as a table."""

    def one(evaluation: Evaluation) -> str:
        rows = [_estimate_row(e) for e in evaluation.estimates]
        head = ["Estimate", "Size", "Interval", "p", "Rows", "Clusters", "How"]
        return _table(f"Estimates of '{evaluation.id}'", head, rows)

    return _by_evaluation(results, one)


def design_words(results: CampaignResults) -> str:
    """Return each design in plain words, with what it assumes."""

    def one(evaluation: Evaluation) -> str:
        name, words = DESIGNS[evaluation.design]
        assumptions = evaluation.estimates[0].assumptions
        said = f"<p><strong>{name}.</strong> {words}</p>"
        if not assumptions:
            return said + _none("Nothing here makes the number the campaign's effect.")
        must = "What must hold for the number to be the campaign's effect:"
        return f"{said}<p>{must}</p>{_list(assumptions, '')}"

    return _by_evaluation(results, one)


def checks_table(results: CampaignResults) -> str:
    """Return the checks of each evaluation with yes, no or unknown."""

    def one(evaluation: Evaluation) -> str:
        rows = [
            [
                _esc(c.name),
                f'<span class="{c.answer}">{ANSWERS[c.answer]}</span>',
                _esc(c.sentence),
            ]
            for c in evaluation.checks
        ]
        if not rows:
            return _none("This design has no checks of its own.")
        head = ["Check", "Answer", "What was found"]
        return _table(f"Checks of '{evaluation.id}'", head, rows)

    return _by_evaluation(results, one)


def money(results: CampaignResults) -> str:
    """Return cost, outcomes, cost per outcome and return, each with its sentence."""
    economics, plan = results.economics, results.plan
    if economics is None:
        return _none("The plan names no costs, so there is nothing to say about money.")
    names: list[tuple[str, MoneyFigure]] = [
        ("Outcomes", economics.outcomes),
        ("Cost per outcome", economics.cost_per_outcome),
        ("Return on investment", economics.roi),
    ]
    costs = [
        [_esc(c.item), f"{say_number(c.amount)} {plan.currency}"] for c in plan.costs
    ]
    costs.append(["Total", f"{say_number(economics.cost)} {plan.currency}"])
    figures = [[name, _esc(figure.sentence)] for name, figure in names]
    if results.further:
        figures += [[name, _esc(said)] for name, said in results.further.rows()]
    return _table("Costs", ["Item", "Amount"], costs) + _table(
        "What came of it", ["Figure", "Answer"], figures
    )


def strengths_and_weaknesses(results: CampaignResults) -> str:
    """Return what speaks for and against the campaign and its evaluation."""
    good = strengths(results.verdicts, results.evaluations)
    bad = weaknesses(results.verdicts, results.evaluations)
    return (
        f"<h3>Strengths</h3>{_list(good, 'None that the data show.')}"
        f"<h3>Weaknesses and open questions</h3>{_list(bad, 'None found.')}"
    )


def data_account(results: CampaignResults) -> str:
    """Return which rows of which file were read, used and dropped, and why."""
    rows = []
    for item in results.inputs:
        dropped = "; ".join(
            f"{_esc(d['reason'])}: {d['rows']:,}" for d in item["rows_dropped"]
        )
        rows.append(
            [
                f"{_esc(item['file'])}<br><small>{_esc(item['evaluation'])}: "
                f"{_esc(item['outcome'])}</small>",
                f"{item['rows_read']:,}",
                f"{item['rows_used']:,}",
                dropped or "none",
                f"<code>{item['sha256'][:12]}</code>",
            ]
        )
    if not rows:
        if not results.evaluations:
            return _none("The plan has no evaluation yet, so there are no data.")
        return _none("No file was read: the numbers are in the plan itself.")
    head = ["File", "Rows read", "Rows used", "Rows dropped, and why", "SHA-256"]
    return _table("Account of the data", head, rows)


def methods(results: CampaignResults) -> str:
    """Return how each headline was computed, and what the plan says of its sources."""
    said = [f"{e.id}: {e.estimates[0].method}." for e in results.evaluations]
    evidence = [
        f"{g.id}: {g.evidence.text or g.evidence.key}"
        for g in results.plan.goals
        if g.evidence
    ]
    used = " ".join(e.method for v in results.evaluations for e in v.estimates)
    used += " ".join(v.level.method for v in results.evaluations if v.level)
    cited = [f"{word}: {text}" for word, text in REFERENCES.items() if word in used]
    parts = [_list(said, "Nothing was computed.")]
    if cited:
        parts.append(f"<p>Sources of the methods:</p>{_list(cited, '')}")
    if evidence:
        parts.append(f"<p>What the plan says about its goals:</p>{_list(evidence, '')}")
    return "".join(parts)


def _card(goal: Goal, word: str, sentence: str) -> str:
    style = word.replace(" ", "-")
    rest = sentence.split(": ", 1)[-1]
    statement = goal.statement or goal.measure
    return (
        f'<div class="card {style}"><p class="verdict"><span aria-hidden="true">'
        f"{MARKS[word]}</span> {word.capitalize()}</p>"
        f'<p class="goal">{_esc(statement)}</p>'
        f"<p>{_esc(rest[:1].upper() + rest[1:])}</p></div>"
    )


def _estimate_row(e: Estimate) -> list[str]:
    name = NAMES.get(
        e.name, e.name.replace("arm:", "Arm ").replace("event:", "Period ")
    )
    # only the first line is the headline
    name = name.replace(" (headline)", "") if e.group else name
    group = f": {_esc(e.group)}" if e.group and e.group not in e.name else ""
    size = "none" if e.estimate is None else say(e.estimate, e.unit, change=e.is_change)
    bounded = e.ci_low is not None or e.ci_high is not None
    interval = e.interval().split("interval ", 1)[-1] if bounded else "none"
    p = "" if e.p_value is None else _p_words(e.p_value)
    p += f"<br><small>Holm {_p_words(e.p_holm)}</small>" if e.p_holm is not None else ""
    rows = "" if e.n is None else f"{e.n:,}"
    clusters = "" if e.clusters is None else f"{e.clusters:,}"
    how = f"<small>{_esc(e.method)}</small>"
    return [_esc(name) + group, size, interval, p, rows, clusters, how]


def _p_words(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


def _by_evaluation(results: CampaignResults, one: Callable[[Evaluation], str]) -> str:
    parts = []
    questions = {s.id: s.question for s in results.plan.evaluations}
    for evaluation in results.evaluations:
        title = questions.get(evaluation.id) or evaluation.id
        body = one(evaluation)
        if body:
            parts.append(f"<section><h3>{_esc(title)}</h3>{body}</section>")
    return _joined(parts) or _none("No evaluation has data yet.")


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{h}</th>' for h in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(
            f'<td data-label="{h}">{v}</td>'
            for h, v in zip(head[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{_esc(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _list(items: Iterable[str], otherwise: str) -> str:
    listed = "".join(f"<li>{_esc(i)}</li>" for i in items)
    return f"<ul>{listed}</ul>" if listed else _none(otherwise)


def _none(sentence: str) -> str:
    return f'<p class="none">{_esc(sentence)}</p>'


def _joined(parts: Iterable[str]) -> str:
    return "".join(p for p in parts if p)


def _esc(value: Any) -> str:
    return html.escape(str(value))
