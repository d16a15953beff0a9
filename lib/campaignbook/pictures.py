"""Pictures of results: charts, their captions, and their alternative texts."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import TightLayoutEngine

from campaignbook.charts import (
    draw_balance,
    draw_counterfactual,
    draw_effect,
    draw_events,
    draw_forest,
    draw_groups,
    draw_level,
    draw_series,
    draw_tornado,
)
from campaignbook.figures import Picture, show_figure
from campaignbook.goals import Goal
from campaignbook.results import Estimate, Evaluation, say, say_interval, say_number
from campaignbook.sensitivity import Tornado


def has_picture(evaluation: Evaluation) -> bool:
    """Return whether there is a level or an effect to be drawn."""
    first = evaluation.estimates[0]
    measured = evaluation.level is not None and evaluation.level.estimate is not None
    return measured or (first.estimate is not None and first.null_value is not None)


def goal_picture(goal: Goal, evaluation: Evaluation) -> Picture:
    """Return level, baseline, target and effect of a goal in one figure."""
    headline = evaluation.estimates[0]
    told = headline.estimate is not None and headline.null_value is not None
    effect = headline if told else None
    has_level = evaluation.level is not None and evaluation.level.estimate is not None
    heights = [2.3] * has_level + [1.3] * (effect is not None)
    figure = Figure(figsize=(5.4, sum(heights)), layout=_layout())
    grid = figure.subplots(
        len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    axes = list(grid[:, 0])
    alt = []
    if has_level:
        draw_level(goal, evaluation.level, ax=axes[0])
        alt.append(_level_alt(goal, evaluation.level))
    if effect is not None:
        wanted = goal.target if goal.target_is == "change" else None
        draw_effect(effect, wanted=wanted, ax=axes[-1])
        alt.append(f"Effect: {effect.sentence('estimate')}")
    noun = "the effect" if effect is not None and effect.assumptions else "its change"
    tail = "" if effect is None else f", and {noun} with its interval"
    caption = f"{_capital(goal.measure)}: where it stands{tail}."
    return show_figure(figure, alt=" ".join(alt), caption=caption)


def design_pictures(goal: Goal, evaluation: Evaluation) -> list[Picture]:
    """Return the figures of a design: series and events, arms, or before and after."""
    details, pictures = evaluation.details, []
    if details.get("series") and "control" in details["series"][0]:
        figure, ax = _single()
        draw_series(details, unit=goal.unit, measure=goal.measure, ax=ax)
        pictures.append(
            show_figure(
                figure,
                alt=_series_alt(details, goal),
                caption="The treated group and the comparison group over time.",
            )
        )
    if details.get("events"):
        figure, ax = _single()
        draw_events(details["events"], unit=goal.unit, ax=ax)
        pictures.append(
            show_figure(
                figure,
                alt=_events_alt(details["events"], goal.unit, evaluation),
                caption=(
                    "Treated minus comparison, period by period, against the last "
                    "period before the start. Left of the line there was no campaign "
                    "yet: the points should lie near zero."
                ),
            )
        )
    pictures += _more_pictures(goal, evaluation)
    groups = _groups(details)
    if groups:
        figure, ax = _single(0.9 + 0.5 * len(groups))
        draw_groups(groups, unit=evaluation.level.unit, measure=goal.measure, ax=ax)
        pictures.append(
            show_figure(
                figure,
                alt=_groups_alt(groups, evaluation),
                caption=f"{_capital(goal.measure)} by group, with intervals.",
            )
        )
    return pictures


def tornado_picture(found: Tornado) -> Picture | None:
    """Return what a return hangs on, or None where no bar could be drawn."""
    bars = [b for b in found.bars if b.swing is not None]
    if not bars:
        return None
    figure, ax = _single(1.2 + 0.36 * len(bars))
    draw_tornado(found, ax=ax)
    said = [
        f"{b.name.replace('_', ' ')}: {say_number(b.low_result)} to "
        f"{say_number(b.high_result)}"
        for b in bars
    ]
    alt = f"{found.what} at the low and high end of each assumption. {'; '.join(said)}."
    caption = f"What the {found.what.lower()} hangs on: one assumption at a time."
    return show_figure(figure, alt=alt, caption=caption)


def _more_pictures(goal: Goal, evaluation: Evaluation) -> list[Picture]:
    """Return a counterfactual, a forest of studies, or balance, where there is one."""
    details, unit = evaluation.details, evaluation.estimates[0].unit
    series, pictures = details.get("series") or [{}], []
    if "mean" in series[0]:
        pictures.append(_means_picture(goal, details))
    lines = {"observed": "counterfactual", "treated": "synthetic"}
    for seen, expected in lines.items():
        if seen not in series[0] or expected not in series[0]:
            continue
        figure, ax = _single()
        draw_counterfactual(
            details, seen=seen, expected=expected, unit=goal.unit,
            measure=goal.measure, ax=ax,
        )  # fmt: skip
        last = series[-1]
        alt = (
            f"{goal.measure} over time, and what was expected without the campaign "
            f"from {details.get('start')} on. In {last['period']}: "
            f"{say(last[seen], goal.unit)}, expected {say(last[expected], goal.unit)}."
        )
        caption = "What was measured, and what was expected without the campaign."
        pictures.append(show_figure(figure, alt=alt, caption=caption))
    if details.get("studies"):
        rows = [{**study, "mean": study["estimate"]} for study in details["studies"]]
        rows.append(_row_of(evaluation.estimates[0]))
        figure, ax = _single(0.9 + 0.42 * len(rows))
        draw_forest(rows, evaluation.estimates[0], measure=goal.measure, ax=ax)
        said = (f"{r['name']}: {say(r['mean'], unit, change=True)}" for r in rows)
        alt = "; ".join(said)
        caption = "Each study with its interval, and all together."
        pictures.append(show_figure(figure, alt=f"{alt}.", caption=caption))
    if details.get("balance"):
        rows = details["balance"] + details.get("balance_of_terms", [])
        figure, ax = _single(0.9 + 0.3 * len(rows))
        draw_balance(rows, ax=ax)
        left = [abs(r["after"]) for r in rows if r["after"] is not None]
        worst = f"the largest after it is {max(left):.2g}" if left else "none compares"
        alt = (
            f"Differences between the groups in {len(rows)} columns in standard "
            f"deviations, before and after weighting; {worst}."
        )
        caption = "How alike the groups are, before and after weighting."
        pictures.append(show_figure(figure, alt=alt, caption=caption))
    return pictures


def _means_picture(goal: Goal, details: dict[str, Any]) -> Picture:
    figure, ax = _single()
    draw_counterfactual(
        details, seen="observed", expected="mean", label="mean before and after",
        unit=goal.unit, measure=goal.measure, ax=ax,
    )  # fmt: skip
    before, after = (say(details[f"mean_{s}"], goal.unit) for s in ("before", "after"))
    alt = (
        f"{goal.measure} over time: {before} on average before {details['start']}, "
        f"{after} from then on."
    )
    caption = "What was measured, with the means before and after the start."
    return show_figure(figure, alt=alt, caption=caption)


def _row_of(pooled: Estimate) -> dict[str, Any]:
    return {
        "name": "pooled",
        "mean": pooled.estimate,
        "ci_low": pooled.ci_low,
        "ci_high": pooled.ci_high,
    }


def _groups(details: dict[str, Any]) -> list[dict[str, Any]]:
    if details.get("arms"):
        sides = {details["control"]: "control"}
        return [
            {**a, "name": _side(a["arm"], sides.get(a["arm"], "treated"))}
            for a in details["arms"]
        ]
    pair = [(k, details[k]) for k in ("before", "after") if k in details]
    return [{**g, "name": name, "mean": g["share"]} for name, g in pair]


def _side(arm: str, side: str) -> str:
    return arm if arm == side else f"{side}: {arm}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _layout() -> TightLayoutEngine:
    """Return what leaves room for the labels, in half of the constrained one's time."""
    return TightLayoutEngine(pad=0.3, rect=None)


def _single(height: float = 3.4) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.4, height), layout=_layout())
    return figure, figure.subplots()


def _level_alt(goal: Goal, level: Estimate) -> str:
    parts = [f"{goal.measure}: measured {say(level.estimate, goal.unit)}"]
    if level.ci_low is not None or level.ci_high is not None:
        parts.append(level.interval())
    if goal.baseline is not None:
        parts.append(f"baseline {say(goal.baseline, goal.unit)}")
    if goal.target is not None and goal.target_is == "level":
        parts.append(f"target {say(goal.target, goal.unit)}")
    return ", ".join(parts) + "."


def _series_alt(details: dict[str, Any], goal: Goal) -> str:
    def ends(key: str) -> str:
        values = [s for s in details["series"] if s[key] is not None]
        first, last = values[0], values[-1]
        return (
            f"{say(first[key], goal.unit)} in {first['period']} to "
            f"{say(last[key], goal.unit)} in {last['period']}"
        )

    return (
        f"{goal.measure} over time. Treated group: {ends('treated')}. Comparison "
        f"group: {ends('control')}. Start: {details.get('start')}."
    )


def _events_alt(
    events: Sequence[dict[str, Any]], unit: str, evaluation: Evaluation
) -> str:
    level = evaluation.estimates[0].level
    said = [
        f"{e['event']}: {say(e['estimate'], unit, change=True)} "
        f"({say_interval(e['ci_low'], e['ci_high'], unit, level, change=True)})"
        for e in events[:24]
    ]
    return "Difference by period since the start. " + "; ".join(said) + "."


def _groups_alt(groups: Sequence[dict[str, Any]], evaluation: Evaluation) -> str:
    unit, level = evaluation.level.unit, evaluation.level.level
    said = [
        f"{g['name']}: {say(g['mean'], unit)} "
        f"({say_interval(g['ci_low'], g['ci_high'], unit, level, change=False)})"
        for g in groups
    ]
    return "; ".join(said) + "."
