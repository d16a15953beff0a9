"""Figures of the strategy lesson: curves, marginal returns, voices, a map."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from campaignbook.allocation import Allocation, Optimum
from campaignbook.charts import BLUE, GREY, VERMILLION
from campaignbook.figures import Picture, show_figure
from campaignbook.fitted_curves import FittedCurve
from campaignbook.perceptual_map import PerceptualMap
from campaignbook.response_curves import brought
from campaignbook.results import Estimate, say, say_number


def draw_curve(fit: FittedCurve, split: Allocation, *, ax: Axes) -> Axes:
    """Return the axes with the periods, the curve with its band, now and best."""
    most = 1.05 * max(fit.spend.max(), split.optimal)
    at = np.linspace(most / 200, most, 200)
    low, high = fit.band(at)
    base = fit.baseline
    ax.plot(
        fit.spend, fit.response, ".", color="#888888", markersize=4, label="one week"
    )
    ax.fill_between(at, base + low, base + high, color=BLUE, alpha=0.2, linewidth=0)
    ax.plot(at, base + brought(fit.curve, at), color=BLUE, label="curve, 95% interval")
    for money, marker, colour, name in (
        (split.current, "s", GREY, "now"),
        (split.optimal, "D", VERMILLION, "best split"),
    ):
        ax.plot(
            money, base + brought(fit.curve, money), marker, color=colour, markersize=8,
            markeredgecolor="white", linestyle="", label=name, zorder=4,
        )  # fmt: skip
    if split.optimal > fit.spend.max():
        ax.axvline(fit.spend.max(), color="black", linewidth=1, linestyle=":")
    ax.set_title(fit.channel, fontsize="medium", loc="left")
    ax.set(xlim=(0, None), ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    return _bare(ax)


def curves_picture(fits: Sequence[FittedCurve], optimum: Optimum) -> Picture:
    """Return the curve of each channel, with the money of now and of the best split."""
    columns = 2
    rows = -(-(len(fits) + 1) // columns)
    figure = Figure(figsize=(7.2, 2.3 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    axes = list(grid.flat)
    for fit, split, ax in zip(fits, optimum.allocations, axes, strict=False):
        draw_curve(fit, split, ax=ax)
    for ax in axes[len(fits) :]:
        ax.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    axes[len(fits)].legend(handles, labels, frameon=False, loc="center")
    figure.supxlabel(f"money in a week ({optimum.currency})", fontsize="medium")
    figure.supylabel(f"{optimum.unit} in a week", fontsize="medium")
    said = "; ".join(
        f"{a.name}: from {say_number(a.current)} to {say_number(a.optimal)}"
        for a in optimum.allocations
    )
    alt = (
        f"Response curves. Money now and at the best split, {optimum.currency}: {said}."
    )
    caption = (
        "What each channel brings for its money. Dotted: the most that was ever spent."
    )
    return show_figure(figure, alt=alt, caption=caption)


def draw_marginals(optimum: Optimum, *, money: float, ax: Axes) -> Axes:
    """Return the axes with what the next money brings in each use, now and at best."""
    for y, a in enumerate(optimum.allocations[::-1]):
        ends = [money * m for m in (a.marginal_now, a.marginal) if m is not None]
        ax.plot(ends, [y] * len(ends), color="#bbbbbb", linewidth=2, zorder=1)
    rows = range(len(optimum.allocations))
    for field, marker, colour, name in (
        ("marginal_now", "s", GREY, "now"),
        ("marginal", "D", VERMILLION, "best split"),
    ):
        values = [getattr(a, field) for a in optimum.allocations[::-1]]
        known = [(money * v, y) for v, y in zip(values, rows, strict=True) if v]
        ax.plot(
            *zip(*known, strict=True), marker, color=colour, markersize=8, label=name,
            linestyle="",
        )  # fmt: skip
    ax.axvline(money * optimum.marginal, color="black", linewidth=1, linestyle="--")
    ax.set_yticks(rows, [a.name for a in optimum.allocations[::-1]])
    ax.set_ylim(-0.6, len(optimum.allocations) - 0.4)
    ax.set_xlim(0, None)
    ax.set_xlabel(
        f"{optimum.unit} per {say_number(money)} {optimum.currency} more, at the rate "
        "of the next one\n(dashed: the same everywhere)"
    )
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return _bare(ax)


def marginals_picture(optimum: Optimum, *, money: float) -> Picture:
    """Return what the next money brings in each use, now and at the best split."""
    figure = Figure(
        figsize=(7.2, 1.3 + 0.42 * len(optimum.allocations)), layout="constrained"
    )
    draw_marginals(optimum, money=money, ax=figure.subplots())
    said = "; ".join(
        f"{a.name}: {say_number(money * a.marginal_now)} now, "
        f"{say_number(money * a.marginal)} at the best split"
        for a in optimum.allocations
    )
    alt = (
        f"{optimum.unit.capitalize()} per {say_number(money)} more, at the rate of the "
        f"next one. {said}."
    )
    caption = "Move money from left to right until the marks stand in one line."
    return show_figure(figure, alt=alt, caption=caption)


def draw_shares(
    estimates: Sequence[Estimate],
    *,
    label: str,
    ax: Axes,
    own: str | None = None,
    beside: Sequence[float] = (),
) -> Axes:
    """Return the axes with a share and its interval a row, the first on top.

    `beside` are shares of now, in the same order, drawn as squares.
    """
    rows = list(range(len(estimates)))[::-1]
    for y, e in zip(rows, estimates, strict=True):
        colour = VERMILLION if e.group == own else BLUE
        ax.hlines(y, e.ci_low, e.ci_high, color=colour, linewidth=2.5)
        ax.plot(e.estimate, y, "D" if e.group == own else "o", color=colour, ms=8)
        text = say(e.estimate, "share")
        ax.annotate(text, (e.estimate, y), (0, 8), textcoords="offset points",
                    ha="center", fontsize="small")  # fmt: skip
    if len(beside):
        ax.plot(beside, rows, "s", color=GREY, markersize=7, label="now", zorder=4)
        ax.plot([], [], "o-", color=BLUE, label="best, 95% interval")
        ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    ax.set_yticks(rows, [e.group for e in estimates])
    ax.set_ylim(-0.5, len(rows) - 0.2)
    ax.set_xlim(0, None)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel(label)
    return _bare(ax)


def shares_picture(
    estimates: Sequence[Estimate],
    *,
    label: str,
    caption: str,
    own: str | None = None,
    beside: Sequence[float] = (),
) -> Picture:
    """Return shares with their intervals as a picture."""
    figure = Figure(figsize=(7.2, 1.2 + 0.5 * len(estimates)), layout="constrained")
    draw_shares(estimates, label=label, ax=figure.subplots(), own=own, beside=beside)
    said = "; ".join(
        f"{e.group}: {say(e.estimate, 'share')} ({e.interval()})" for e in estimates
    )
    return show_figure(figure, alt=f"{label.capitalize()}. {said}.", caption=caption)


_MARGINS = (0.2, 0.12)
"""Room for the names around a map, as shares of its width and height."""


def draw_map(found: PerceptualMap, *, ax: Axes, own: str | None = None) -> Axes:
    """Return the axes with voices as points and images as words, axes to one scale."""
    ax.axhline(0, color="#bbbbbb", linewidth=1, zorder=0)
    ax.axvline(0, color="#bbbbbb", linewidth=1, zorder=0)
    words = [
        (x, y, str(n), "^", GREY, "italic") for n, x, y in found.columns.itertuples()
    ]
    voices = [
        (
            x,
            y,
            str(n),
            "D" if n == own else "o",
            VERMILLION if n == own else BLUE,
            "normal",
        )
        for n, x, y in found.rows.itertuples()
    ]
    points = pd.DataFrame(
        [*voices, *words], columns=["x", "y", "name", "marker", "colour", "style"]
    )
    for p, (dx, dy) in zip(points.itertuples(), _places(points), strict=True):
        ax.plot(p.x, p.y, p.marker, color=p.colour, markersize=8)
        ax.annotate(
            p.name, (p.x, p.y), (9 * dx, 11 * dy), textcoords="offset points",
            ha={1: "left", -1: "right", 0: "center"}[dx], va="center",
            fontstyle=p.style,
        )  # fmt: skip
    ax.margins(*_MARGINS)
    ax.set_aspect("equal", adjustable="box")
    first, second = (say(s, "share") for s in found.shown)
    ax.set(xlabel=f"axis 1: {first} of the differences", ylabel=f"axis 2: {second}")
    return _bare(ax)


def _places(points: pd.DataFrame) -> list[tuple[int, int]]:
    """Return where each name stands beside its point, so that no two overlap.

    Right, left, above and below are tried in turn; sizes are rough shares of the map.
    """
    wide, high = np.ptp(points["x"]) or 1.0, np.ptp(points["y"]) or 1.0
    taken = [(x, y, 0.02 * wide, 0.03 * high) for x, y in points[["x", "y"]].to_numpy()]
    places = []
    for p in points.itertuples():
        half = (0.012 * len(p.name) * wide, 0.03 * high)
        boxes = {
            (dx, dy): (
                p.x + dx * (half[0] + 0.03 * wide), p.y + dy * 0.06 * high, *half
            )
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        }  # fmt: skip
        free = [k for k, box in boxes.items() if not any(_meet(box, t) for t in taken)]
        places.append(free[0] if free else (1, 0))
        taken.append(boxes[places[-1]])
    return places


def _meet(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    apart = (abs(one[k] - two[k]) - one[k + 2] - two[k + 2] for k in (0, 1))
    return all(a < 0 for a in apart)


def map_picture(found: PerceptualMap, *, own: str | None = None) -> Picture:
    """Return a perceptual map as a picture."""
    spread = np.ptp(np.vstack([found.rows, found.columns]), axis=0)
    wide, high = spread * (1 + 2 * np.array(_MARGINS))
    figure = Figure(
        figsize=(7.2, float(np.clip(0.7 + 6.4 * high / (wide or 1.0), 3, 6))),
        layout="constrained",
    )
    draw_map(found, ax=figure.subplots(), own=own)
    near = "; ".join(
        f"{n} lies nearest to {found.nearest(n)}" for n in found.rows.index
    )
    alt = f"Map of voices and images. {near}. {found.sentence()}"
    caption = (
        "Voices near each other are seen alike. A voice and a word in the same "
        "direction from the middle go together."
    )
    return show_figure(figure, alt=alt, caption=caption)


def _bare(ax: Axes) -> Axes:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax
