"""Figures of partnerships: stakeholders by power and interest, places covered."""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from campaignbook.charts import BLUE, GREEN, GREY
from campaignbook.figures import Picture, show_figure
from campaignbook.partnerships import ENGAGEMENT, HIGH, Partner, stakeholder_map
from campaignbook.results import say


def draw_stakeholders(stakeholders: pd.DataFrame, *, high: int, ax: Axes) -> Axes:
    """Return the axes with power by interest, and the engagement each corner asks for.

    `stakeholders` is as `partnerships.stakeholder_map` gives it with the same `high`;
    those of the same power and interest share a square.
    """
    edge, ends = high - 0.5, (0.5, 5.5)
    for line in (1.5, 2.5, 3.5, 4.5):
        style = {"color": GREY if line == edge else "#e4e4e4", "linewidth": 1}
        ax.axvline(line, **style)
        ax.axhline(line, **style)
    for (power, interest), (place, _) in ENGAGEMENT.items():
        x = (edge + ends[1 if interest else 0]) / 2
        ax.annotate(
            place, (x, ends[1] if power else ends[0]), (0, 3), va="bottom",
            textcoords="offset points", ha="center", color=GREY, style="italic",
        )  # fmt: skip
    told = stakeholders.dropna(subset=["power", "interest"])
    for (power, interest), here in told.groupby(["power", "interest"]):
        x, y = float(interest), float(power) + 0.3
        ax.plot(x, y, "o", color=BLUE, markersize=8)
        names = "\n".join(fill(name, 17) for name in here["name"])
        ax.annotate(names, (x, y), (0, -8), textcoords="offset points", ha="center",
                    va="top", fontsize=9)  # fmt: skip
    ax.set(xlabel="interest (1 to 5)", ylabel="power (1 to 5)", xlim=ends, ylim=ends)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(range(1, 6))
    return _open(ax)


def stakeholder_picture(partners: Sequence[Partner], *, high: int = HIGH) -> Picture:
    """Return the stakeholder map as a picture.

    Raises
    ------
    PlanError
        As `partnerships.stakeholder_map`.
    """
    found = stakeholder_map(partners, high=high)
    figure = Figure(figsize=(7.2, 5.4), layout="constrained")
    draw_stakeholders(found, high=high, ax=figure.subplots())
    said = [
        f"{place}: {', '.join(own['name'])}"
        for place, own in found.groupby("place", sort=False)
    ]
    alt = f"Partners by power and interest. {'; '.join(said) or 'No partners'}."
    caption = "Power and interest, and the engagement that each corner asks for."
    return show_figure(figure, alt=alt, caption=caption)


def draw_coverage(found: pd.DataFrame, *, ax: Axes) -> Axes:
    """Return the axes with a bar a place: from the least to the most people reached.

    `found` is as `partner_reach.coverage` gives it. Below it, those reached by
    somebody they trust.
    """
    rows = (
        ("", BLUE, -0.18, "reached"),
        ("trusted_", GREEN, 0.18, "by one they trust"),
    )
    for part, colour, shift, label in rows:
        low, high = found[f"{part}low"], found[f"{part}high"]
        at = [y + shift for y in range(len(found))]
        ax.barh(at, high - low, left=low, color=colour, alpha=0.35, height=0.3)
        marker = "|" if part else "o"
        for ends in (low, high):
            ax.plot(ends, at, marker, color=colour, markersize=9 if part else 6)
        ax.plot([], [], f"{marker}-", color=colour, label=label)
    ax.set_yticks(range(len(found)), found["place"])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(found) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set(xlabel="share of the audience, least to most", xlim=(0, 1.02))
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    ax.spines["left"].set_visible(False)
    return _open(ax)


def coverage_picture(found: pd.DataFrame) -> Picture:
    """Return the places covered as a picture."""
    figure = Figure(figsize=(7.2, 1.4 + 0.55 * len(found)), layout="constrained")
    draw_coverage(found, ax=figure.subplots())
    said = [
        f"{r.place}: {say(r.low, 'share')} to {say(r.high, 'share')}, trusted "
        f"{say(r.trusted_low, 'share')} to {say(r.trusted_high, 'share')}"
        for r in found.itertuples()
    ]
    alt = f"Share of the audience reached by place. {'; '.join(said)}."
    caption = (
        "Least and most that organisations reach together; who overlaps is not known."
    )
    return show_figure(figure, alt=alt, caption=caption)


def _open(ax: Axes) -> Axes:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax
