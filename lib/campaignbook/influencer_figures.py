"""Figures of influencers: rates, followers by day, overlap, reach by budget."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from campaignbook.charts import BLUE, GREY, VERMILLION
from campaignbook.figures import Picture, show_figure
from campaignbook.results import say, say_number


def draw_rates(rates: pd.DataFrame, *, ax: Axes) -> Axes:
    """Return the axes with each account's rate, its interval, and the published ones.

    `rates` is as `influencer_rates.engagement_rates` gives it. The axis is by ratio.
    """
    shown = rates[rates["rate"] > 0].reset_index(drop=True)
    for y, row in enumerate(shown.itertuples()):
        if not math.isnan(row.published_low):
            ends = row.published_low, row.published_high
            ax.plot(ends, (y, y), color="#c9c9c9", linewidth=9, solid_capstyle="butt")
            ax.plot(ends, (y, y), "|", color=GREY, markersize=13)
        ax.hlines(y, row.low, row.high, color=BLUE, linewidth=2)
        ax.plot(row.rate, y, "o", color=BLUE, markersize=7)
    ax.plot([], [], "o-", color=BLUE, label="account, with interval")
    ax.plot([], [], "|-", color=GREY, label="published for its size")
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g}%"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    names = shown["name"] + " (" + shown["tier"] + ")"
    ax.set_yticks(range(len(shown)), names)
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="engagements of a post, share of the followers")
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return _open(ax, "top", "right", "left")


def draw_followers(daily: pd.DataFrame, steps: pd.DataFrame, *, ax: Axes) -> Axes:
    """Return the axes with one account's followers by day, and its jumps.

    `daily` and `steps` are rows of one account (`influencer_signals.follower_steps`).
    """
    made = daily.assign(date=pd.to_datetime(daily["date"])).sort_values("date")
    after = made.set_index("date")["followers"]
    ax.plot(made["date"], made["followers"], color=BLUE)
    for row in steps.itertuples():
        known = row.event != ""
        colour, marker = (GREY, "o") if known else (VERMILLION, "D")
        ax.plot(row.date, after[row.date], marker, color=colour, markersize=8)
        text = f"{row.change:+,.0f}\n{row.event if known else 'not explained'}"
        early = row.date < made["date"].iloc[len(made) // 3]
        ax.annotate(
            text, (row.date, after[row.date]), (9 if early else -9, 2), fontsize=9,
            textcoords="offset points", ha="left" if early else "right", va="bottom",
        )  # fmt: skip
    locator = AutoDateLocator(maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    ax.set(ylabel="followers", ylim=(0, 1.15 * made["followers"].max()))
    return _open(ax, "top", "right")


def draw_overlaps(matrix: pd.DataFrame, *, ax: Axes) -> Axes:
    """Return the axes with a square a pair, darker where more overlaps, and its number.

    `matrix` is as `reach_bounds.overlap_matrix` gives it.
    """
    values = matrix.to_numpy(float)
    shown = np.where(np.tri(len(values), k=-1, dtype=bool), values, np.nan)[1:, :-1]
    ax.imshow(shown, cmap="Greys", vmin=0, vmax=1)
    for (y, x), value in np.ndenumerate(shown):
        if not math.isnan(value):
            ax.text(
                x, y, f"{100 * value:.0f}", ha="center", va="center", fontsize=9,
                color="white" if value > 0.5 else "black",
            )  # fmt: skip
    names = list(matrix.index)
    ax.set_yticks(range(len(names) - 1), names[1:])
    ax.set_xticks(range(len(names) - 1), names[:-1], rotation=40, ha="right")
    ax.set_xlabel("share of the smaller audience that both reach (%)")
    ax.tick_params(length=0)
    return _open(ax, "top", "right", "left", "bottom")


def draw_reach(
    by_budget: pd.DataFrame,
    *,
    ax: Axes,
    ways: pd.DataFrame | None = None,
    currency: str = "money",
) -> Axes:
    """Return the axes with what the best set reaches at each budget.

    `by_budget` is as `reach_choice.reach_by_budget` gives it, and `ways` as
    `reach_choice.ways_of_choosing`: other choices, beside the points.
    """
    ax.plot(
        by_budget["budget"], by_budget["reach"], "o", color=BLUE, markersize=6,
        label="the best set for the budget",
    )  # fmt: skip
    if ways is not None:
        for row, marker in zip(ways.itertuples(), ("*", "s", "^"), strict=False):
            ax.plot(
                row.cost, row.reach, marker, color=VERMILLION, markersize=9,
                linestyle="", label=row.way,
            )  # fmt: skip
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    ax.set(
        xlabel=f"budget ({currency})",
        ylabel="people, each once",
        xlim=(0, None),
        ylim=(0, None),
    )
    ax.legend(frameon=False, loc="lower right", fontsize=9)
    return _open(ax, "top", "right")


def rates_picture(rates: pd.DataFrame) -> Picture:
    """Return each account's engagement rate beside the published ones as a picture."""
    figure = Figure(figsize=(8.2, 1.3 + 0.36 * len(rates)), layout="constrained")
    draw_rates(rates, ax=figure.subplots())
    caption = (
        "Engagement rate by followers, with its interval; grey: the published rates "
        "for this size, which disagree. The axis is by ratio."
    )
    return show_figure(figure, alt=" ".join(rates["sentence"]), caption=caption)


def followers_picture(daily: pd.DataFrame, steps: pd.DataFrame, name: str) -> Picture:
    """Return an account's followers by day as a picture, with its jumps marked."""
    own, jumps = (t[t["name"] == name] for t in (daily, steps))
    figure = Figure(figsize=(8.2, 3.4), layout="constrained")
    draw_followers(own, jumps, ax=figure.subplots())
    first, last = (own["followers"].iloc[i] for i in (0, -1))
    said = [
        f"{r.change:+,.0f} on {r.date:%Y-%m-%d} ({r.event or 'not explained'})"
        for r in jumps.itertuples()
    ]
    alt = f"Followers of {name} by day, {first:,} to {last:,}. "
    alt += f"Jumps: {'; '.join(said)}." if said else "No jumps."
    return show_figure(figure, alt=alt, caption=f"{name}: followers by day.")


def overlaps_picture(matrix: pd.DataFrame) -> Picture:
    """Return the overlap of each pair as a picture with its numbers."""
    size = 2.6 + 0.42 * len(matrix)
    figure = Figure(figsize=(size + 1.2, size), layout="constrained")
    draw_overlaps(matrix, ax=figure.subplots())
    pairs = {pair: matrix.loc[pair] for pair in combinations(matrix.index, 2)}
    top = sorted(pairs, key=lambda pair: -np.nan_to_num(pairs[pair]))[:5]
    said = "; ".join(f"{a} with {b}: {say(pairs[a, b], 'share')}" for a, b in top)
    alt = f"Overlap of {len(matrix)} audiences, as a share of the smaller. {said}."
    caption = "How much of the smaller audience both reach, in per cent."
    return show_figure(figure, alt=alt, caption=caption)


def reach_picture(
    by_budget: pd.DataFrame,
    *,
    ways: pd.DataFrame | None = None,
    currency: str = "money",
) -> Picture:
    """Return what the best set reaches at each budget as a picture."""
    figure = Figure(figsize=(8.2, 3.8), layout="constrained")
    draw_reach(by_budget, ax=figure.subplots(), ways=ways, currency=currency)
    said = [f"{say_number(r.budget)}: {r.reach:,.0f}" for r in by_budget.itertuples()]
    alt = f"People reached by the best set, by budget. {'; '.join(said)}."
    for r in () if ways is None else ways.itertuples():
        alt += f" {r.way.capitalize()}: {r.reach:,.0f} for {say_number(r.cost)}."
    caption = "The most people that each of these budgets can reach, each counted once."
    gap = by_budget["gap"].max()
    if gap > 0:
        caption = (
            "Sets found step by step, each person counted once: the most that a budget "
            f"can reach is larger by {say(gap / (1 - gap), 'share')} at most."
        )
    return show_figure(figure, alt=alt, caption=caption)


def _open(ax: Axes, *sides: str) -> Axes:
    for side in sides:
        ax.spines[side].set_visible(False)
    return ax
