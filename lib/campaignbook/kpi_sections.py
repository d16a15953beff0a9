"""The pieces of a social media report as HTML, each from the results alone."""

from collections.abc import Callable
from typing import Any

from campaignbook.campaign import CampaignResults
from campaignbook.kpi_pictures import weeks_picture
from campaignbook.kpi_report import compared
from campaignbook.markup import bullets, esc, nothing, table
from campaignbook.results import Estimate, Evaluation, say, say_number

MOST_PICTURES = 6
MOST_COLUMNS = 5
MOST_GROUPS = 20
"""With more groups the rest is in results.json."""


def kpi_table(results: CampaignResults) -> str:
    """Return each indicator beside the period before, with what it is made of."""

    def one(evaluation: Evaluation) -> str:
        period, target = evaluation.details["period"], _target(results, evaluation)
        rows = [
            _kpi_row(row, target if i == 0 else "")
            for i, row in enumerate(evaluation.details["kpis"])
        ]
        head = ["KPI", "This period", "Period before", "Difference", "Made of"]
        caption = (
            f"{period['start']} to {period['end']}, beside the {period['days']} days "
            f"before (from {period['last_start']} on); below each figure its "
            f"{100 * evaluation.estimates[0].level:g}% interval"
        )
        beside = [s for row in evaluation.details["kpis"] for s in row["benchmarks"]]
        return table(caption, head, rows) + (
            f"<p>Published figures:</p>{bullets(beside, '')}" if beside else ""
        )

    return each_of_kpis(results, one)


def kpi_groups(results: CampaignResults) -> str:
    """Return the indicators by platform, campaign and kind of post."""

    def one(evaluation: Evaluation) -> str:
        details = evaluation.details
        names = {row["id"]: row["name"] for row in details["kpis"]}
        found: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
        for row in details["groups"]:
            by, _, group = row["group"].partition(": ")
            found.setdefault(by, {}).setdefault(group, {})[row["id"]] = row["value"]
        parts = []
        for by, groups in found.items():
            told = [k for k in names if any(k in g for g in groups.values())]
            for some in _batches(told):
                own = {g: v for g, v in groups.items() if v.keys() & {*some}}
                rows = [
                    [esc(g), *(estimate_cell(v[k]) if k in v else "" for k in some)]
                    for g, v in list(own.items())[:MOST_GROUPS]
                ]
                head = [by.capitalize(), *(esc(names[k]) for k in some)]
                parts.append(table(f"By {by}", head, rows))
            if len(groups) > MOST_GROUPS:
                left = f"{len(groups) - MOST_GROUPS} more are in results.json."
                parts.append(nothing(left))
        return "".join(parts)

    return each_of_kpis(results, one)


def kpi_weeks(results: CampaignResults) -> str:
    """Return the rates by week with limits, and each change with its date."""

    def one(evaluation: Evaluation) -> str:
        series = evaluation.details["weeks"]
        whole = [s for s in series if s["platform"] is None or _alone(s, series)]
        drawn = sorted(whole, key=lambda s: not s["changes"])[:MOST_PICTURES]
        drawn = [s for s in whole if s in drawn]
        pictures = "".join(weeks_picture(s).html() for s in drawn)
        changes = [_change_words(s, c) for s in series for c in s["changes"]]
        odd = [
            f"{s['name']}{_where(s)}: outside the limits in the week of {w['week']} "
            f"({say(w['rate'], s['unit'])}; limits {say(w['low'], s['unit'])} to "
            f"{say(w['high'], s['unit'])})."
            for s in whole for w in s["weeks"] if w["outside"]
        ]  # fmt: skip
        none = "No change of a rate was found: the weeks differ as chance has it."
        return (
            f'{bullets([*changes, *odd], none)}<div class="pictures">{pictures}</div>'
        )

    return each_of_kpis(results, one)


def kpi_worked(results: CampaignResults) -> str:
    """Return the formats, hours, campaigns and posts that differ from others."""

    def one(evaluation: Evaluation) -> str:
        details = evaluation.details
        names = {row["id"]: row["name"] for row in details["kpis"]}
        alpha = 1 - evaluation.estimates[0].level
        groups = details["worked"]["groups"]
        firm = [g for g in groups if g["p_holm"] < alpha]
        rows = []
        for g in firm:
            one, against = compared(g["group"])
            rows.append(
                [esc(_capital(one)), esc(against), esc(names[g["name"]]),
                 f"{say_number(g['estimate'])} times", _interval(g), _p(g["p_holm"])]
            )  # fmt: skip
        head = ["Who", "Beside", "KPI", "Ratio", "Interval", "p"]
        made = nothing(
            "No format, hour or campaign differs from the others beyond chance."
        )
        if rows:
            made = table("What differs beyond chance (p by Holm)", head, rows)
        rest = len(groups) - len(firm)
        if rest and rows:
            made += nothing(
                f"{rest} more comparisons were made and show no difference beyond "
                "chance; all are corrected as one family."
            )
        return made + _posts(details["worked"]["posts"], names)

    return each_of_kpis(results, one)


def each_of_kpis(results: CampaignResults, one: Callable[[Evaluation], str]) -> str:
    """Return what `one` makes of each evaluation of indicators, under its question."""
    found = [e for e in results.evaluations if "kpis" in e.details]
    titles = {s.id: s.question or s.id for s in results.plan.evaluations}
    if not found:
        return nothing("The plan has no evaluation of KPIs with data.")
    if len(found) == 1:
        return one(found[0])
    made = ((titles[e.id], one(e)) for e in found)
    return "".join(f"<section><h3>{esc(t)}</h3>{m}</section>" for t, m in made if m)


def _batches(names: list[str]) -> list[list[str]]:
    """Return the names in so many a table as a narrow page holds."""
    return [names[i : i + MOST_COLUMNS] for i in range(0, len(names), MOST_COLUMNS)]


def _target(results: CampaignResults, evaluation: Evaluation) -> str:
    goal = next(g for g in results.plan.goals if g.id == evaluation.goal)
    return "" if goal.target is None else f"target {say(goal.target, goal.unit)}"


def _kpi_row(row: dict[str, Any], target: str) -> list[str]:
    aim = f"<br><small>{esc(target)}</small>" if target else ""
    if row["refused"]:
        why = f"<small>{esc(row['made'])}: {esc(row['refused'])}</small>"
        return [esc(row["name"]) + aim, "none", "none", "none", why]
    last = estimate_cell(row["last"]) if "last" in row else "none"
    change = estimate_cell(row["difference"]) if "difference" in row else "none"
    sums = ""
    if row["denominator"] is not None:
        sums = f": {say_number(row['numerator'])} / {say_number(row['denominator'])}"
    made = f"{row['made']}{sums}; {row['rows']:,} rows. {row['convention']}"
    return [
        esc(row["name"]) + aim, estimate_cell(row["value"]), last, change,
        f"<small>{esc(made)}</small>",
    ]  # fmt: skip


def estimate_cell(data: dict[str, Any]) -> str:
    """Return a number with its interval below it; `data` are those of an Estimate."""
    found = Estimate(**data)
    if found.estimate is None:
        return "none"
    size, interval = found.words()
    bounded = found.ci_low is not None or found.ci_high is not None
    ends = interval.split("interval ", 1)[-1] if bounded else ""
    return f"{esc(size)}<br><small>{esc(ends)}</small>" if ends else esc(size)


def _interval(data: dict[str, Any]) -> str:
    ends = (say_number(data["ci_low"]), say_number(data["ci_high"]))
    return f"{ends[0]} to {ends[1]}"


def _p(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


def _alone(series: dict[str, Any], all_series: list[dict[str, Any]]) -> bool:
    """Return whether a series of one platform is all that there is of its KPI."""
    return not any(s["id"] == series["id"] and s is not series for s in all_series)


def _where(series: dict[str, Any]) -> str:
    return f" ({series['platform']})" if series["platform"] else ""


def _change_words(series: dict[str, Any], change: dict[str, Any]) -> str:
    unit = series["unit"]
    said = (
        f"{series['name']}{_where(series)} changed in the week of {change['date']} "
        f"(between {change['earliest']} and {change['latest']}): from "
        f"{say(change['before'], unit)} to {say(change['after'], unit)}"
    )
    if change["ratio"] is None:
        return f"{said}."
    return (
        f"{said}, {say_number(change['ratio'])} times as much "
        f"({100 * change['level']:g}% interval {_interval(change)})."
    )


def _posts(posts: list[dict[str, Any]], names: dict[str, str]) -> str:
    if not posts:
        return nothing("No single post differs from the others of its kind.")
    rows = [
        [f"{esc(p['group'])}<br><small>{esc(p['text'])}</small>", esc(names[p["name"]]),
         f"{say_number(p['estimate'])} times", _interval(p), _p(p["p_holm"])]
        for p in posts
    ]  # fmt: skip
    head = ["Post", "KPI", "As expected of its kind", "Interval", "p"]
    return table("Single posts that differ (p by Holm)", head, rows)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


KPI_SECTIONS = {
    section.__name__: section
    for section in (kpi_table, kpi_groups, kpi_weeks, kpi_worked)
}
"""The sections by name."""
