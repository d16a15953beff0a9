"""The content calendar as a picture: a grid of one month."""

import calendar
import datetime as dt
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from campaignbook.charts import BLUE, GREEN, GREY, VERMILLION
from campaignbook.errors import PlanError
from campaignbook.figures import Picture, show_figure
from campaignbook.social_media import Activity

SIGNS = tuple(
    (marker, colour)
    for marker, colour in zip(
        "osD^vpPXh*", (BLUE, VERMILLION, GREEN, GREY, "#8F4B76") * 2, strict=True
    )
)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST = 3
"""Entries of a day that are drawn; of more their number is told."""


def draw_month(
    activities: Sequence[Activity], *, year: int, month: int, ax: Axes
) -> Axes:
    """Return the axes with a month's days, and a marker and letters an entry."""
    letters = channel_letters(activities)
    signs = {c: SIGNS[i % len(SIGNS)] for i, c in enumerate(letters)}
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    for y, week in enumerate(weeks):
        for x, day in enumerate(week):
            inside = day.month == month
            shade = "white" if inside and x < 5 else "#f2f2f2"
            ax.add_patch(_box(x, y, shade))
            if not inside:
                continue
            ax.text(x + 0.05, y + 0.07, str(day.day), va="top", fontsize=10)
            entries = [a for a in activities if a.date == day]
            shown = entries if len(entries) <= MOST else entries[: MOST - 1]
            for i, entry in enumerate(shown):
                marker, colour = signs[entry.channel]
                at = y + 0.30 + 0.25 * i
                ax.plot(x + 0.40, at, marker, color=colour, markersize=8)
                ax.text(
                    x + 0.52, at, letters[entry.channel], va="center", fontsize=10,
                    fontweight="bold",
                )  # fmt: skip
            if len(entries) > MOST:
                more = f"+{len(entries) - len(shown)} more"
                ax.text(x + 0.33, y + 0.80, more, va="center", fontsize=9)
    for channel, (marker, colour) in signs.items():
        label = f"{letters[channel]}  {_short(channel)}"
        ax.plot([], [], marker, color=colour, markersize=8, label=label)
    ax.set(xlim=(0, 7), ylim=(len(weeks), 0))
    ax.set_xticks([x + 0.5 for x in range(7)], DAYS)
    ax.xaxis.tick_top()
    ax.set_yticks(
        [y + 0.5 for y in range(len(weeks))],
        [f"week {week[0].isocalendar().week}" for week in weeks],
    )
    ax.tick_params(length=0, labelsize=10)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.legend(
        frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize=10,
        title="channel", alignment="left",
    )  # fmt: skip
    return ax


def month_picture(activities: Sequence[Activity], *, year: int, month: int) -> Picture:
    """Return one month of the calendar as a picture.

    Raises
    ------
    PlanError
        If there is no such month.
    """
    if not (1 <= month <= 12 and 1 <= year <= 9998):
        raise PlanError(f"there is no month {month} of {year}; write 1 to 12.")
    inside = sorted(
        (a for a in activities if (a.date.year, a.date.month) == (year, month)),
        key=lambda a: (a.date, a.channel),
    )
    weeks = len(calendar.Calendar().monthdatescalendar(year, month))
    figure = Figure(figsize=(9.6, 0.6 + 0.92 * weeks), layout="constrained")
    draw_month(inside, year=year, month=month, ax=figure.subplots())
    named = f"{dt.date(year, month, 1):%B %Y}"
    said = "; ".join(
        f"{a.date.day}: {a.channel}{f' ({a.format})' if a.format else ''}"
        for a in inside
    )
    alt = f"Calendar of {named}. {said or 'No entries'}."
    noun = "entry" if len(inside) == 1 else "entries"
    return show_figure(figure, alt=alt, caption=f"{named}: {len(inside)} {noun}.")


def channel_letters(activities: Sequence[Activity]) -> dict[str, str]:
    """Return one or more letters for each channel, no two alike, by name.

    Examples
    --------
    >>> channel_letters([Activity(date=dt.date(2026, 1, 1), channel=c)
    ...                  for c in ("Radio", "Reddit", "Post")])
    {'Post': 'P', 'Radio': 'R', 'Reddit': 'Re'}
    """
    letters: dict[str, str] = {}
    for channel in sorted({a.channel for a in activities}, key=str.casefold):
        name = "".join(c for c in channel if c.isalnum()) or "?"
        tried = [name[:1].upper(), *(name[0].upper() + c for c in name[1:].lower())]
        tried += [f"{name[:1].upper()}{i}" for i in range(2, 200)]
        letters[channel] = next(t for t in tried if t not in letters.values())
    return letters


def _short(name: str) -> str:
    return name if len(name) <= 20 else f"{name[:18]}..."


def _box(x: int, y: int, shade: str) -> Rectangle:
    return Rectangle((x, y), 1, 1, facecolor=shade, edgecolor="#8a8a8a", linewidth=0.8)
