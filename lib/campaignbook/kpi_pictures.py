"""Figures of indicators by week, with their limits and changes."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from campaignbook.charts import BLUE, GREY, VERMILLION
from campaignbook.figures import Picture, show_figure
from campaignbook.results import say, say_number


def draw_weeks(series: dict[str, Any], *, ax: Axes) -> Axes:
    """Return the axes with a rate by week, its control limits and its changes.

    `series` is one of ``details["weeks"]`` of an evaluation of indicators. Weeks
    outside the limits have another marker, and an incomplete last week is hollow.
    """
    weeks = series["weeks"]
    at = range(len(weeks))
    rates = [w["rate"] for w in weeks]
    ax.fill_between(
        at, [w["low"] for w in weeks], [w["high"] for w in weeks], color=GREY,
        alpha=0.15, linewidth=0, step="mid", label="limits of chance",
    )  # fmt: skip
    ax.plot(at, [w["centre"] for w in weeks], color=GREY, linestyle="--", linewidth=1)
    ax.plot(at, rates, color=BLUE, linewidth=1.5, marker="o", markersize=4)
    odd = [i for i in at if weeks[i]["outside"]]
    if odd:
        ax.plot(
            odd, [rates[i] for i in odd], "D", color=VERMILLION, markersize=7,
            label="outside the limits",
        )  # fmt: skip
    if not weeks[-1]["whole"]:
        ax.plot(len(weeks) - 1, rates[-1], "o", color="white", markeredgecolor=BLUE)
    names = [w["week"] for w in weeks]
    for change in series["changes"]:
        place = names.index(change["date"]) - 0.5
        ax.axvline(place, color="black", linewidth=1)
        ax.annotate(
            f"change: {change['date']}", (place, 1), (0, 3), ha="center",
            xycoords=("data", "axes fraction"), textcoords="offset points",
        )  # fmt: skip
    step = max(1, -(-len(weeks) // 6))
    ax.set_xticks([*at][::step], [n[2:] for n in names[::step]])
    ax.set_xlabel("week that begins on (year-month-day)")
    share = series["unit"] == "share"
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: f"{100 * v:.3g}%" if share else say_number(v))
    )
    ax.set_ylim(0, None)
    ax.legend(frameon=False, loc="lower left")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def weeks_picture(series: dict[str, Any]) -> Picture:
    """Return a rate by week as a figure with its text."""
    figure = Figure(figsize=(5.4, 3.2), layout="constrained")
    draw_weeks(series, ax=figure.subplots())
    weeks, unit = series["weeks"], series["unit"]
    odd = [w["week"] for w in weeks if w["outside"]]
    changes = [
        f"change on {c['date']} from {say(c['before'], unit)} to "
        f"{say(c['after'], unit)}"
        for c in series["changes"]
    ]
    where = f" ({series['platform']})" if series["platform"] else ""
    first, last = (say(weeks[i]["rate"], unit) for i in (0, -1))
    alt = (
        f"{series['name']}{where} in {len(weeks)} weeks: {first} first, {last} "
        f"last; outside the limits: {', '.join(odd) or 'none'}; "
        f"{'; '.join(changes) or 'no change found'}."
    )
    return show_figure(figure, alt=alt, caption=f"{series['name']}{where} by week.")
