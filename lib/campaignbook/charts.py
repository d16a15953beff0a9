"""Charts: axes in, axes out, drawn from a result."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from campaignbook.goals import Goal
from campaignbook.results import Estimate, say, say_number
from campaignbook.sensitivity import Tornado

BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#D55E00", "#007A5A", "#555555"
"""Okabe and Ito's colours, green a shade darker for contrast; never colour alone."""

HALF_LETTER = 0.009
"""Half a letter's usual width, as a share of a chart's."""


def draw_level(goal: Goal, level: Estimate, *, ax: Axes) -> Axes:
    """Return the axes with baseline, level with interval, and target."""
    rows = [("measured", level.estimate, BLUE, "o")]
    if goal.target is not None and goal.target_is == "level":
        rows.append(("target", goal.target, VERMILLION, "D"))
    if goal.baseline is not None:
        rows.insert(0, ("baseline", goal.baseline, GREY, "s"))
    for y, (_, value, colour, marker) in enumerate(rows):
        ax.plot(value, y, marker=marker, color=colour, markersize=8, linestyle="")
        text = say(value, goal.unit)
        _write(ax, text, value, y)
    place = [r[0] for r in rows].index("measured")
    if level.ci_low is not None and level.ci_high is not None:
        ax.hlines(place, level.ci_low, level.ci_high, color=BLUE, linewidth=2.5)
    if rows[-1][0] == "target":
        ax.axvline(rows[-1][1], color=VERMILLION, linestyle="--", linewidth=1)
    return _finish(ax, [r[0] for r in rows], goal.unit, goal.measure, change=False)


def draw_effect(effect: Estimate, *, wanted: float | None, ax: Axes) -> Axes:
    """Return the axes with an effect, its interval, and the line of no effect."""
    low, high = effect.ends()
    ends = [v for v in (low, high, effect.estimate, effect.null_value) if _finite(v)]
    ends += [] if wanted is None else [wanted]
    span = (max(ends) - min(ends)) or 1.0
    shown = (max(low, min(ends) - 0.3 * span), min(high, max(ends) + 0.3 * span))
    if effect.ci_low is not None or effect.ci_high is not None:
        ax.hlines(0, *shown, color=BLUE, linewidth=2.5)
    for end, place, marker in ((low, shown[0], "<"), (high, shown[1], ">")):
        if not math.isfinite(end) and shown[0] != shown[1]:
            ax.plot(place, 0, marker=marker, color=BLUE, markersize=9)
    ax.plot(effect.estimate, 0, "o", color=BLUE, markersize=8)
    text = say(effect.estimate, effect.unit, change=effect.is_change)
    _write(ax, text, effect.estimate, 0)
    ax.axvline(effect.null_value, color="black", linewidth=1)
    if wanted is not None:
        ax.axvline(wanted, color=VERMILLION, linestyle="--", linewidth=1)
        ax.plot(wanted, 0, "D", color=VERMILLION, markersize=8)
    name = "effect" if effect.assumptions else "change"
    _finish(ax, [name], effect.unit, name, change=effect.is_change)
    return _note_null(ax, name)


def draw_series(details: dict[str, Any], *, unit: str, measure: str, ax: Axes) -> Axes:
    """Return the axes with both groups over time and a line where it started."""
    series = details["series"]
    periods = [s["period"] for s in series]
    at = range(len(periods))
    for key, colour, marker, style in (
        ("treated", BLUE, "o", "-"),
        ("control", GREY, "s", "--"),
    ):
        values = [math.nan if s[key] is None else s[key] for s in series]
        label = "comparison" if key == "control" else key
        many = len(periods) > 40
        ax.plot(
            at, values, color=colour, linestyle=style, label=label,
            marker="" if many else marker,
        )  # fmt: skip
    _mark_start(ax, periods, details.get("start"))
    _period_ticks(ax, periods)
    ax.legend(frameon=False, loc="best")
    ax.set_ylabel(_label(measure, unit))
    return _format(ax, ax.yaxis, unit, change=False)


def draw_counterfactual(
    details: dict[str, Any],
    *,
    seen: str,
    expected: str,
    unit: str,
    measure: str,
    ax: Axes,
    label: str = "expected",
) -> Axes:
    """Return the axes with a series and what was expected, with its band if any.

    `label` tells what the second line is.
    """
    series = details["series"]
    periods, at = [s["period"] for s in series], list(range(len(series)))
    marker = "" if len(periods) > 40 else "o"
    values = [_or_nan(s[seen]) for s in series]
    ax.plot(at, values, color=BLUE, marker=marker, markersize=4, label="measured")
    other = [_or_nan(s[expected]) for s in series]
    ax.plot(at, other, color=VERMILLION, linestyle="--", label=label)
    if f"{expected}_low" in series[0]:
        low, high = ([_or_nan(s[f"{expected}_{e}"]) for s in series] for e in _ENDS)
        ax.fill_between(at, low, high, color=VERMILLION, alpha=0.15, linewidth=0)
    _mark_start(ax, periods, details.get("start"))
    _period_ticks(ax, periods)
    ax.legend(frameon=False, loc="best")
    ax.set_ylabel(_label(measure, unit))
    return _format(ax, ax.yaxis, unit, change=False)


def draw_forest(
    rows: Sequence[dict[str, Any]], pooled: Estimate, *, measure: str, ax: Axes
) -> Axes:
    """Return the axes with each study's estimate and interval, the pooled one last."""
    for y, row in enumerate(reversed(rows)):
        whole = row is rows[-1]
        colour = VERMILLION if whole else BLUE
        if row["ci_low"] is not None and row["ci_high"] is not None:
            ax.hlines(y, row["ci_low"], row["ci_high"], color=colour, linewidth=2)
        ax.plot(row["mean"], y, "D" if whole else "o", color=colour)
    if pooled.null_value is not None:
        ax.axvline(pooled.null_value, color="black", linewidth=1)
    names = [row["name"] for row in reversed(rows)]
    _finish(ax, names, pooled.unit, measure, change=pooled.is_change)
    if pooled.unit == "ratio":
        # a half and a double lie equally far from no effect
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: say_number(v)))
        ax.xaxis.set_minor_formatter(NullFormatter())
    return ax


def draw_balance(rows: Sequence[dict[str, Any]], *, ax: Axes) -> Axes:
    """Return the axes with standardised differences before and after weighting."""
    at = range(len(rows))
    before = [_or_nan(r["before"]) for r in rows]
    after = [_or_nan(r["after"]) for r in rows]
    ax.plot(before, at, "s", color=GREY, label="before")
    ax.plot(after, at, "o", color=BLUE, label="after weighting")
    for edge in (-0.1, 0.0, 0.1):
        ax.axvline(edge, color="black", linewidth=1, linestyle="-" if not edge else ":")
    _legend_above(ax)
    names = [r["name"] for r in rows]
    return _finish(ax, names, "standard deviations", "difference", change=True)


def draw_events(events: Sequence[dict[str, Any]], *, unit: str, ax: Axes) -> Axes:
    """Return the axes with the difference of each period and its interval."""
    for e in events:
        low, high = e["ci_low"], e["ci_high"]
        if low is not None and high is not None:
            ax.vlines(e["event"], low, high, color=BLUE, linewidth=2)
        ax.plot(e["event"], e["estimate"], "o", color=BLUE)
    ax.plot(-1, 0, "s", color=GREY)
    ax.axhline(0, color="black", linewidth=1)
    ax.axvline(-0.5, color="black", linewidth=1, linestyle=":")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("periods since the start")
    ax.set_ylabel(_label("difference", unit, change=True))
    return _format(ax, ax.yaxis, unit, change=True)


def draw_tornado(found: Tornado, *, ax: Axes) -> Axes:
    """Return the axes with a bar for each assumption, the widest on top.

    Bars run from the return at the low end of the assumption to that at its high end;
    an unbounded one has no bar and is not drawn.
    """
    bars = [b for b in found.bars if b.swing is not None][::-1]
    for end, colour in (("low", GREY), ("high", BLUE)):
        widths = [getattr(b, f"{end}_result") - found.result for b in bars]
        label = f"assumption at its {end} end"
        ax.barh(
            range(len(bars)), widths, left=found.result, color=colour, height=0.6,
            label=label,
        )  # fmt: skip
    ax.axvline(found.result, color="black", linewidth=1)
    ax.axvline(found.break_even, color=VERMILLION, linestyle="--", linewidth=1)
    _legend_above(ax)
    label = f"{found.what} for each 1 spent; dashed: the cost is back"
    return _finish(
        ax, [b.name.replace("_", " ") for b in bars], "ratio", label, change=False
    )


def draw_groups(
    groups: Sequence[dict[str, Any]], *, unit: str, measure: str, ax: Axes
) -> Axes:
    """Return the axes with one point and interval a group."""
    for y, g in enumerate(groups):
        if g["ci_low"] is not None and g["ci_high"] is not None:
            ax.hlines(y, g["ci_low"], g["ci_high"], color=BLUE, linewidth=2.5)
        ax.plot(g["mean"], y, "o", color=BLUE, markersize=8)
        text = say(g["mean"], unit)
        _write(ax, text, g["mean"], y)
    names = [f"{g['name']} (n = {g['n']})" for g in groups]
    return _finish(ax, names, unit, measure, change=False)


def _legend_above(ax: Axes) -> None:
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


def _write(ax: Axes, text: str, x: float, y: float) -> None:
    """Write above a point, on white so that no line runs through the words."""
    ax.annotate(
        text,
        (x, y),
        (0, 8),
        textcoords="offset points",
        ha="center",
        bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0},
        zorder=5,
    )


def _note_null(ax: Axes, name: str) -> Axes:
    ax.set_xlabel(f"{ax.get_xlabel()}; the vertical line is no {name}")
    return ax


def _finish(
    ax: Axes, names: Sequence[str], unit: str, label: str, *, change: bool
) -> Axes:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(-0.6, len(names) - 0.3)
    ax.margins(x=0.15)
    ax.set_xlabel(_label(label, unit, change=change))
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    _keep_off_names(ax)
    return _format(ax, ax.xaxis, unit, change=change)


def _keep_off_names(ax: Axes) -> None:
    """Let words beside the left edge run to the right, where no name of a row is."""
    to_axes = ax.transData + ax.transAxes.inverted()
    for text in ax.texts:
        if to_axes.transform(text.xy)[0] < HALF_LETTER * len(text.get_text()):
            text.set_horizontalalignment("left")


def _format(ax: Axes, axis: Any, unit: str, *, change: bool) -> Axes:
    axis.set_major_locator(MaxNLocator(6))
    if unit == "share":
        sign = "" if change else "%"
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g}{sign}"))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _label(text: str, unit: str, *, change: bool = False) -> str:
    words = {"share": "percentage points" if change else "", "count": "", "ratio": ""}
    word = words.get(unit, unit)
    return textwrap.fill(f"{text} ({word})" if word else text, 42)


_ENDS = ("low", "high")


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _mark_start(ax: Axes, periods: Sequence[str], start: str | None) -> None:
    if start in periods:
        place = periods.index(start) - 0.5
        ax.axvline(place, color="black", linewidth=1)
        ax.annotate(
            "start", (place, 1), (0, 3), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center",
        )  # fmt: skip


def _period_ticks(ax: Axes, periods: Sequence[str]) -> None:
    step = max(1, math.ceil(len(periods) / 8))
    ticks = list(range(0, len(periods), step))
    ax.set_xticks(ticks, [periods[i] for i in ticks])
    if max(len(periods[i]) for i in ticks) * len(ticks) > 44:
        ax.tick_params(axis="x", rotation=30)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
