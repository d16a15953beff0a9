"""Pictures of audiences: sizes with intervals, profiles of classes, aim and breadth."""

import textwrap
from collections.abc import Sequence

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from campaignbook.audiences import GroupShares, SegmentSizes
from campaignbook.charts import BLUE, GREY, VERMILLION, draw_groups
from campaignbook.class_profiles import Profiles
from campaignbook.figures import Picture, show_figure
from campaignbook.results import Estimate, say
from campaignbook.targeting import Targeting


def sizes_picture(
    found: SegmentSizes, *, caption: str, order: Sequence[str] = ()
) -> Picture:
    """Return the share of each segment with its interval, the largest on top.

    `order` names the segments from top to bottom where they have an order of their own.
    """
    shares = {e.name: e for e in found.shares}
    told = [shares.pop(name) for name in order if name in shares]
    told = [*told, *shares.values()]
    return _shares_picture(told[::-1], measure="share of people", said=caption)


def shares_picture(found: GroupShares, *, measure: str, caption: str) -> Picture:
    """Return the share of each group who do something, with its interval."""
    return _shares_picture(found.shares[::-1], measure=measure, said=caption)


def class_sizes_picture(found: Profiles, *, caption: str) -> Picture:
    """Return the share of each class with its interval, the largest on top."""
    return _shares_picture(found.sizes[::-1], measure="share of people", said=caption)


def _shares_picture(shares: Sequence[Estimate], *, measure: str, said: str) -> Picture:
    rows = [
        {"name": e.name, "n": e.n, "mean": e.estimate, "ci_low": e.ci_low,
         "ci_high": e.ci_high}
        for e in shares
    ]  # fmt: skip
    figure = Figure(figsize=(6.6, 0.9 + 0.55 * len(rows)), layout="constrained")
    draw_groups(rows, unit="share", measure=measure, ax=figure.subplots())
    told = (f"{e.name}: {e.words()[0]} ({e.words()[1]})" for e in shares[::-1])
    return show_figure(figure, alt=f"{said} {'; '.join(told)}.", caption=said)


def draw_profiles(found: Profiles, *, ax: Axes) -> Axes:
    """Return the axes with a tile a class and question: the darker, the more.

    Of each question the answer is shown by which the classes differ most. The share
    stands in the tile, so that nothing hangs on the shade.
    """
    shown = telling_answers(found)
    shades = colormaps["Blues"]
    for y, (item, answer) in enumerate(shown):
        for x, name in enumerate(found.names):
            share = _share(found, name, item, answer)
            place = Rectangle((x, y), 1, 1, facecolor=shades(0.85 * share),
                              edgecolor="white", linewidth=2)  # fmt: skip
            ax.add_patch(place)
            ax.text(
                x + 0.5, y + 0.5, f"{100 * share:.0f}%", ha="center", va="center",
                fontsize=11, color="white" if share > 0.78 else "black",
            )  # fmt: skip
    ax.set(xlim=(0, len(found.names)), ylim=(len(shown), 0))
    heads = [textwrap.fill(n, 14) for n in found.names]
    ax.set_xticks([x + 0.5 for x in range(len(heads))], heads)
    rows = [f"{_words(item)}: {answer}" for item, answer in shown]
    ax.set_yticks([y + 0.5 for y in range(len(rows))], rows)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=10)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def profiles_picture(found: Profiles, *, caption: str) -> Picture:
    """Return the answers of each class as tiles with their share."""
    shown = telling_answers(found)
    size = (2.6 + 1.25 * len(found.names), 0.9 + 0.38 * len(shown))
    figure = Figure(figsize=size, layout="constrained")
    draw_profiles(found, ax=figure.subplots())
    told = [
        f"{name}: "
        + ", ".join(
            f"{_words(i)} {a} {100 * _share(found, name, i, a):.0f}%" for i, a in shown
        )
        for name in found.names
    ]
    alt = f"Share of each class who give an answer. {'; '.join(told)}."
    return show_figure(figure, alt=alt, caption=caption)


def telling_answers(found: Profiles) -> list[tuple[str, str]]:
    """Return for each question the answer by which the classes differ most.

    Of two that tie, such as yes and no, the last.
    """
    by_answer = found.rows.groupby(["item", "answer"], sort=False)["share"]
    apart = (by_answer.max() - by_answer.min()).round(9)
    return [
        (item, max(reversed(list(gaps.items())), key=lambda gap: gap[1])[0][1])
        for item, gaps in apart.groupby("item", sort=False)
    ]


def draw_targeting(ways: Sequence[Targeting], *, ax: Axes) -> Axes:
    """Return the axes with aim and breadth of each way, each with its interval."""
    for y, way in enumerate(reversed(ways)):
        for estimate, up, colour, marker in (
            (way.found, 0.12, BLUE, "o"),
            (way.meant, -0.12, VERMILLION, "s"),
        ):
            low, high = (100 * end for end in estimate.ends())
            ax.hlines(y + up, low, high, color=colour, linewidth=2)
            ax.plot(100 * (estimate.estimate or 0.0), y + up, marker, color=colour)
    for label, colour, marker in (
        ("of those meant, addressed", BLUE, "o"),
        ("of those addressed, meant", VERMILLION, "s"),
    ):
        ax.plot([], [], marker, color=colour, label=label)
    names = [textwrap.fill(w.name, 24) for w in reversed(ways)]
    ax.set_yticks(range(len(ways)), names)
    ax.set(xlim=(0, 103), ylim=(-0.5, len(ways) - 0.5), xlabel="share of people")
    ax.xaxis.set_major_formatter(PercentFormatter(100))
    ax.grid(axis="x", color=GREY, alpha=0.25)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def targeting_picture(ways: Sequence[Targeting], *, caption: str) -> Picture:
    """Return what each way to choose an audience finds, and how well it aims."""
    figure = Figure(figsize=(7.2, 1.2 + 0.55 * len(ways)), layout="constrained")
    draw_targeting(ways, ax=figure.subplots())
    alt = " ".join(
        f"{w.name}: {say(w.found.estimate or 0.0, 'share')} of those meant are "
        f"addressed, {say(w.meant.estimate or 0.0, 'share')} of those addressed are "
        "meant."
        for w in ways
    )
    return show_figure(figure, alt=alt, caption=caption)


def _share(found: Profiles, name: str, item: str, answer: str) -> float:
    rows = found.rows
    here = (rows["class"] == name) & (rows["item"] == item) & (rows["answer"] == answer)
    return float(rows.loc[here, "share"].iloc[0])


def _words(column: str) -> str:
    return column.replace("_", " ")
