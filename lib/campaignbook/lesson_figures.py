"""Figures of the lessons: counts of a whole, published effects, weeks and limits."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from campaignbook.benchmarks import Benchmark, expected_change
from campaignbook.charts import BLUE, GREEN, GREY, VERMILLION
from campaignbook.figures import Picture, show_figure
from campaignbook.kpis import Kpi
from campaignbook.monitoring import ChangePoint
from campaignbook.results import say

STYLES = (("-", BLUE), ("--", VERMILLION), (":", GREEN), ("-.", GREY))


def draw_counts(counts: Mapping[str, int], *, whole: int, ax: Axes) -> Axes:
    """Return the axes with a bar for each count of a whole, the first on top."""
    names, values = list(counts), list(counts.values())
    at = range(len(names))
    ax.barh(at, [whole] * len(names), color="#ececec", height=0.6)
    ax.barh(at, values, color=BLUE, height=0.6)
    for y, value in zip(at, values, strict=True):
        text = f"{value} ({100 * value / whole:.0f}%)"
        ax.annotate(text, (whole, y), (4, 0), textcoords="offset points", va="center")
    ax.set_yticks(at, names)
    ax.invert_yaxis()
    ax.set(xlabel="campaigns", xlim=(0, whole))
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def counts_picture(
    counts: Mapping[str, int], *, whole: int, what: str, caption: str
) -> Picture:
    """Return counts of a whole as a picture; `what` is counted."""
    figure = Figure(figsize=(7.2, 0.9 + 0.42 * len(counts)), layout="constrained")
    draw_counts(counts, whole=whole, ax=figure.subplots())
    said = "; ".join(f"{name}: {n}" for name, n in counts.items())
    return show_figure(figure, alt=f"Of {whole} {what}: {said}.", caption=caption)


def draw_published(
    benchmarks: Sequence[Benchmark], *, ax: Axes, baseline: float | None = None
) -> Axes:
    """Return the axes with the change that published effects are at each baseline."""
    at = np.linspace(0.01, 0.95, 95)
    for (line, colour), benchmark in zip(STYLES, benchmarks, strict=False):
        points = [expected_change(benchmark, baseline=float(b)) for b in at]
        ax.plot(100 * at, points, line, color=colour, label=benchmark.outcome)
    if baseline is not None:
        ax.axvline(100 * baseline, color="black", linewidth=1)
        ax.annotate(
            "your baseline", (100 * baseline, 1), (0, 3), ha="center",
            xycoords=("data", "axes fraction"), textcoords="offset points",
        )  # fmt: skip
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
    ax.xaxis.set_major_formatter(PercentFormatter(100))
    ax.set(
        xlabel="share who do it without the campaign", ylim=(0, None), xlim=(0, 100),
        ylabel="change (percentage points)",
    )  # fmt: skip
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def published_picture(
    benchmarks: Sequence[Benchmark], *, baseline: float | None = None
) -> Picture:
    """Return published effects at each baseline as a picture, with yours marked."""
    figure = Figure(figsize=(8.2, 3.4), layout="constrained")
    draw_published(benchmarks, ax=figure.subplots(), baseline=baseline)
    at = 0.2 if baseline is None else baseline
    said = "; ".join(
        f"{b.outcome}: {say(expected_change(b, baseline=at), 'share', change=True)}"
        for b in benchmarks
    )
    alt = f"Change that published effects are at a baseline of {say(at, 'share')}. "
    caption = "The same effect is fewer points where few, or nearly all, do it already."
    return show_figure(figure, alt=f"{alt}{said}.", caption=caption)


def draw_weeks(
    limits: pd.DataFrame,
    kpi: Kpi,
    changes: Sequence[ChangePoint],
    *,
    ax: Axes,
    each: str = "week",
) -> Axes:
    """Return the axes with a rate by week, its control limits and its changes."""
    factor = 100 if kpi.unit == "share" else 1
    at = limits["week"]
    rate, low, high = (factor * limits[c] for c in ("rate", "low", "high"))
    ax.fill_between(at, low, high, step="mid", color=GREY, alpha=0.15, linewidth=0)
    for edge, label in ((low, None), (high, "control limits")):
        ax.step(at, edge, where="mid", color=GREY, linewidth=1, label=label)
    ax.plot(at, rate, "-o", color=BLUE, markersize=5, linewidth=1, label=f"each {each}")
    out = limits["outside"]
    if out.any():
        ax.plot(
            at[out], rate[out], "D", color=VERMILLION, markersize=9,
            label="outside the limits",
        )  # fmt: skip
    edges = [at.iloc[0], *(c.date for c in changes), at.iloc[-1]]
    means = [c.before for c in changes] + [changes[-1].after] if changes else []
    for i, mean in enumerate(means):
        label = "mean of the stretch" if i == 0 else None
        ends = (edges[i], edges[i + 1])
        ax.hlines(factor * mean, *ends, color="black", linestyle="--", label=label)
    for change in changes:
        ax.axvline(change.date, color="black", linewidth=1)
        ax.annotate(
            f"change: {_day(change.date)}", (change.date, 1), (0, 3), ha="center",
            xycoords=("data", "axes fraction"), textcoords="offset points",
        )  # fmt: skip
    unit = " (%)" if kpi.unit == "share" else ""
    top = 1.06 * max(rate.max(), high.max())
    ax.set(ylabel=f"{kpi.name.lower()}{unit}", ylim=(0, top))
    months = max(1, len(set(at.dt.to_period("M"))) // 7)
    ax.xaxis.set_major_locator(MonthLocator(interval=months))
    ax.xaxis.set_major_formatter(DateFormatter("%b %Y"))
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def weeks_picture(
    limits: pd.DataFrame,
    kpi: Kpi,
    changes: Sequence[ChangePoint] = (),
    *,
    caption: str,
    each: str = "week",
) -> Picture:
    """Return a rate by week with its limits and changes as a picture.

    Parameters
    ----------
    limits : pandas.DataFrame
        As `monitoring.control_limits` gives it.
    kpi : Kpi
        What the rate is.
    changes : sequence of ChangePoint
        As `monitoring.change_points` finds them.
    caption : str
        What stands below.
    each : str
        What a point is: a week, or a month.
    """
    figure = Figure(figsize=(8.2, 3.4), layout="constrained")
    draw_weeks(limits, kpi, changes, ax=figure.subplots(), each=each)
    unit = "share" if kpi.unit == "share" else "ratio"
    out = limits[limits["outside"]]
    said = [
        f"{kpi.name} in {len(limits)} {each}s from {_day(limits['week'].iloc[0])}: "
        f"{say(limits['rate'].min(), unit)} to {say(limits['rate'].max(), unit)}",
        "outside the limits: "
        + (", ".join(_day(w) for w in out["week"]) or f"no {each}"),
    ]
    said += [
        f"from {_day(c.date)} on {say(c.after, unit)} instead of {say(c.before, unit)}"
        for c in changes
    ]
    return show_figure(figure, alt=f"{'; '.join(said)}.", caption=caption)


def _day(when: pd.Timestamp) -> str:
    return f"{when.day} {when:%b %Y}"
