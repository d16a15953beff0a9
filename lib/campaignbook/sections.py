"""The pieces of a report as HTML, each from the results alone."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from IPython.display import HTML

from campaignbook.advice import strengths, weaknesses
from campaignbook.benchmarks import achievable
from campaignbook.campaign import CampaignResults
from campaignbook.economics import MoneyFigure
from campaignbook.evaluation.re_aim import DIMENSIONS
from campaignbook.files import read_benchmarks
from campaignbook.first_page import at_a_glance, headline
from campaignbook.goals import Goal
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.month_sections import MONTH_SECTIONS
from campaignbook.partner_sections import check_rows
from campaignbook.pictures import design_pictures, tornado_picture
from campaignbook.plan_sections import plan_after_data, plan_before_data, the_plan
from campaignbook.report_words import DESIGNS, NAMES, REFERENCES
from campaignbook.results import Estimate, Evaluation, say, say_number

MOST_EVENTS = 12
"""With more, the differences by period are shown in the figure only."""


def next_steps(results: CampaignResults) -> str:
    """Return the next steps as a list."""
    return bullets(results.next_steps, "Nothing follows yet.")


def design_figures(results: CampaignResults) -> str:
    """Return the figures of each evaluation under its question."""

    def one(evaluation: Evaluation) -> str:
        goal = next(g for g in results.plan.goals if g.id == evaluation.goal)
        shown = _joined(p.html() for p in design_pictures(goal, evaluation))
        return f'<div class="pictures">{shown}</div>' if shown else ""

    return _by_evaluation(results, one)


def estimates_table(results: CampaignResults) -> str:
    """Return all estimates of each evaluation as a table."""

    def one(evaluation: Evaluation) -> str:
        events = [e for e in evaluation.estimates if e.name.startswith("event:")]
        left_out = events if len(events) > MOST_EVENTS else []
        rows = [_estimate_row(e) for e in evaluation.estimates if e not in left_out]
        head = ["Estimate", "Size", "Interval", "p", "Rows", "Clusters", "How"]
        shown = table(f"Estimates of '{evaluation.id}'", head, rows)
        if not left_out:
            return shown
        rest = f"The differences of {len(events)} periods are in the figure above and"
        return shown + nothing(f"{rest} in results.json.")

    return _by_evaluation(results, one)


def other_estimates(results: CampaignResults) -> str:
    """Return the estimates of evaluations that are not of KPIs; nothing without one."""
    rest = tuple(e for e in results.evaluations if e.design != "kpis")
    if not rest:
        return ""
    whole = replace(results, evaluations=rest)
    return f"<h2>Other evaluations</h2>{estimates_table(whole)}"


def design_words(results: CampaignResults) -> str:
    """Return each design in plain words, with what it assumes."""

    def one(evaluation: Evaluation) -> str:
        name, words = DESIGNS[evaluation.design]
        assumptions = evaluation.estimates[0].assumptions
        said = f"<p><strong>{name}.</strong> {words}</p>"
        if not assumptions:
            return said + nothing(
                "Nothing here makes the number the campaign's effect."
            )
        must = "What must hold for the number to be the campaign's effect:"
        return f"{said}<p>{must}</p>{bullets(assumptions, '')}"

    return _by_evaluation(results, one)


def checks_table(results: CampaignResults) -> str:
    """Return the checks of each evaluation with yes, no or unknown."""

    def one(evaluation: Evaluation) -> str:
        if not evaluation.checks:
            return nothing("This design has no checks of its own.")
        return check_rows(evaluation.checks, f"Checks of '{evaluation.id}'")

    return _by_evaluation(results, one, planned=True)


def money(results: CampaignResults) -> str:
    """Return cost, outcomes, cost per outcome and return, each with its sentence."""
    economics, plan = results.economics, results.plan
    if economics is None:
        return nothing(
            "The plan names no costs, so there is nothing to say about money."
        )
    names: list[tuple[str, MoneyFigure]] = [
        ("Outcomes", economics.outcomes),
        ("Cost per outcome", economics.cost_per_outcome),
        ("Return on investment", economics.roi),
    ]
    costs = [
        [esc(c.item), f"{say_number(c.amount)} {plan.currency}"] for c in plan.costs
    ]
    costs.append(["Total", f"{say_number(economics.cost)} {plan.currency}"])
    figures = [[name, esc(figure.sentence)] for name, figure in names]
    if results.further:
        figures += [[name, esc(said)] for name, said in results.further.rows()]
    hangs_on = results.further.tornado if results.further else None
    picture = tornado_picture(hangs_on) if hangs_on else None
    return _joined([
        table("Costs", ["Item", "Amount"], costs),
        table("What came of it", ["Figure", "Answer"], figures),
        picture.html() if picture else "",
    ])  # fmt: skip


def strengths_and_weaknesses(results: CampaignResults) -> str:
    """Return what speaks for and against the campaign and its evaluation."""
    good = strengths(results.verdicts, results.evaluations)
    bad = weaknesses(results.verdicts, results.evaluations)
    return (
        f"<h3>Strengths</h3>{bullets(good, 'None that the data show.')}"
        f"<h3>Weaknesses and open questions</h3>{bullets(bad, 'None found.')}"
    )


def data_account(results: CampaignResults) -> str:
    """Return which rows of which file were read, used and dropped, and why."""
    rows = []
    for item in results.inputs:
        dropped = "; ".join(
            f"{esc(d['reason'])}: {d['rows']:,}" for d in item["rows_dropped"]
        )
        rows.append(
            [
                f"{esc(item['file'])}<br><small>{esc(item['evaluation'])}: "
                f"{esc(item['outcome'])}</small>",
                f"{item['rows_read']:,}",
                f"{item['rows_used']:,}",
                dropped or "none",
                f"<code>{item['sha256'][:12]}</code>",
            ]
        )
    if not rows:
        if not results.evaluations:
            return nothing("No evaluation has data yet.")
        return nothing("No file was read: the numbers are in the plan itself.")
    head = ["File", "Rows read", "Rows used", "Rows dropped, and why", "SHA-256"]
    return table("Account of the data", head, rows)


def methods(results: CampaignResults) -> str:
    """Return how each headline was computed, and what the plan says of its sources."""
    said = [f"{e.id}: {e.estimates[0].method}." for e in results.evaluations]
    beside = [t for e in results.evaluations for t in e.details.get("methods", ())]
    evidence = [
        f"{g.id}: {g.evidence.text or _published(g)}"
        for g in results.plan.goals
        if g.evidence
    ]
    used = " ".join(e.method for v in results.evaluations for e in v.estimates)
    used += " ".join(
        t for e in results.evaluations for t in e.details.get("methods", ())
    )
    used += " ".join(v.level.method for v in results.evaluations if v.level)
    cited = dict.fromkeys(text for word, text in REFERENCES.items() if word in used)
    parts = [bullets([*said, *beside], "Nothing was computed.")]
    if cited:
        parts.append(f"<p>Sources of the methods:</p>{bullets(cited, '')}")
    if evidence:
        parts.append(
            f"<p>What the plan says about its goals:</p>{bullets(evidence, '')}"
        )
    known = read_benchmarks()
    keys = {g.evidence.key for g in results.plan.goals if g.evidence}
    named = [s for b in known.benchmarks if b.id in keys for s in b.sources]
    if named:
        works = (known.sources[s].whole() for s in dict.fromkeys(named))
        parts.append(f"<p>Sources of published effects:</p>{bullets(works, '')}")
    return "".join(parts)


def _published(goal: Goal) -> str:
    """Return the published effect that a goal names, beside what the goal asks for."""
    known = read_benchmarks()
    named = next(b for b in known.benchmarks if b.id == goal.evidence.key)
    source = "; ".join(known.sources[s].cite() for s in named.sources)
    base, target = goal.baseline, goal.target
    if goal.unit == "share" and None not in (base, target):
        end = base + target if goal.target_is == "change" else target
        found = achievable(base, end, named, source=source)
        if found is not None:
            return found.sentence
    size = f" a correlation of {named.r:g}" if named.r is not None else ""
    if named.points is not None:
        size = f" a change of {say(named.points, 'share', change=True)}"
    return f"campaigns on {named.outcome} reached{size or ' no known size'} ({source})."


def re_aim(results: CampaignResults) -> str:
    """Return the five dimensions of RE-AIM; what nobody measured says unknown."""
    if not results.re_aim:
        return nothing(
            "The plan does not say whom the campaign reached, who took part in "
            "delivering it, what was delivered or what lasts (key re_aim). Whether it "
            "would work elsewhere is therefore unknown."
        )
    rows = [
        [f"{esc(d.name.capitalize())}<br><small>{esc(DIMENSIONS[d.name])}</small>",
         "<br>".join(f"{esc(p.name.capitalize())}: {esc(p.says())}" for p in d.parts)]
        for d in results.re_aim
    ]  # fmt: skip
    caption = f"{results.plan.name}: the five dimensions"
    return table(caption, ["Dimension", "What is known"], rows)


def whom_it_reached(results: CampaignResults) -> str:
    """Return RE-AIM under its heading; nothing if the plan does not tell it."""
    head = "<h2>Whom it reached, and what lasts</h2>"
    return head + re_aim(results) if results.re_aim else ""


def _estimate_row(e: Estimate) -> list[str]:
    name = NAMES.get(
        e.name,
        e.name.replace("arm:", "Arm ")
        .replace("event:", "Period ")
        .replace("group:", "Start in "),
    )
    # only the first line is the headline
    name = name.replace(" (headline)", "") if e.group else name
    group = f": {esc(e.group)}" if e.group and e.group not in e.name else ""
    size = "none" if e.estimate is None else say(e.estimate, e.unit, change=e.is_change)
    bounded = e.ci_low is not None or e.ci_high is not None
    interval = e.interval().split("interval ", 1)[-1] if bounded else "none"
    p = "" if e.p_value is None else _p_words(e.p_value)
    p += f"<br><small>Holm {_p_words(e.p_holm)}</small>" if e.p_holm is not None else ""
    rows = "" if e.n is None else f"{e.n:,}"
    clusters = "" if e.clusters is None else f"{e.clusters:,}"
    how = f"<small>{esc(e.method)}</small>"
    return [esc(name) + group, size, interval, p, rows, clusters, how]


def _p_words(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


def _by_evaluation(
    results: CampaignResults,
    one: Callable[[Evaluation], str],
    *,
    planned: bool = False,
) -> str:
    parts = []
    questions = {s.id: s.question for s in results.plan.evaluations}
    for evaluation in (*results.evaluations, *(results.planned if planned else ())):
        title = questions.get(evaluation.id) or evaluation.id
        body = one(evaluation)
        if body:
            parts.append(f"<section><h3>{esc(title)}</h3>{body}</section>")
    none = "Nothing of this kind belongs to the designs of this plan."
    return _joined(parts) or nothing(
        none if results.evaluations else "No evaluation has data yet."
    )


def _joined(parts: Iterable[str]) -> str:
    return "".join(p for p in parts if p)


SECTIONS = {
    section.__name__: section
    for section in (
        headline, at_a_glance, next_steps, design_figures, design_words, checks_table,
        estimates_table, money, re_aim, strengths_and_weaknesses, data_account, methods,
        other_estimates, whom_it_reached, the_plan, plan_before_data, plan_after_data,
    )
} | MONTH_SECTIONS  # fmt: skip
"""The sections by name, in the order of the reports."""


def show(results: CampaignResults, section: str) -> HTML:
    """Return one section of a report (a name of `SECTIONS`), to be displayed."""
    return shown(SECTIONS[section](results))
