"""Start dates that a table gives unit by unit: read, put in order, and refused."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, nearest
from campaignbook.tables import Cells, find_period, require_columns

PLACE = "time.start_column"
"""Where the plan names the column."""


def with_period_before(cells: Cells, *, periods: Sequence[str]) -> Cells:
    """Return the cells without units treated from the first period of the table on.

    They are counted as dropped. `periods` are all period texts in time order.
    DataError where no treated unit would be left, a start is not among the periods,
    or a unit (cluster, where rows are people) has several.
    """
    require_columns(cells.frame, "cluster", "start", "period", "n")
    shown = shown_periods(cells.frame, periods)
    first = _positions(cells.frame, periods)
    _refuse_changes(cells.frame, first, periods)
    always = pd.Series(first <= periods.index(shown[0]), index=cells.frame.index)
    if always.any() and not (~always & (first < len(periods))).any():
        raise DataError(
            f"{PLACE}: every treated unit starts in '{shown[0]}', the first period of "
            "the table, so there is no period before it to compare with; add earlier "
            "rows."
        )
    return cells.without(always, "treated from the first period on")


def with_treated(cells: Cells, *, periods: Sequence[str]) -> tuple[Cells, list[str]]:
    """Return the cells with who is ever ``treated``, and the start dates in order.

    A start without rows is the next period that has some. DataError as `start_ranks`.
    """
    ranks = start_ranks(cells, periods=periods)
    shown = shown_periods(cells.frame, periods)
    treated = ranks < len(shown)
    starts = [shown[i] for i in np.unique(ranks[treated])]
    return replace(cells, frame=cells.frame.assign(treated=treated)), starts


def start_ranks(cells: Cells, *, periods: Sequence[str]) -> np.ndarray:
    """Return each cell's start as a position among the periods that occur.

    The number of those periods means never. DataError where nothing, or everything,
    is treated at some time.
    """
    first = _positions(cells.frame, periods)
    shown = shown_periods(cells.frame, periods)
    # Where a start has no rows, the next period that has some is the first treated.
    ranks = np.searchsorted([periods.index(p) for p in shown], first)
    _refuse_one_side(ranks < len(shown), shown)
    return ranks


def shown_periods(frame: pd.DataFrame, periods: Sequence[str]) -> list[str]:
    """Return the periods that occur; DataError if there is none or one not listed."""
    if frame.empty:
        raise DataError("data: no usable row is left; look at the dropped rows.")
    seen = set(frame["period"])
    if lost := sorted(seen.difference(periods)):
        raise DataError(
            f"time.order: the period '{lost[0]}' of the table is not listed."
        )
    return [p for p in periods if p in seen]


def _positions(frame: pd.DataFrame, periods: Sequence[str]) -> np.ndarray:
    """Return where each cell's start stands in `periods`; their number for never."""
    codes, names = pd.factorize(frame["start"], use_na_sentinel=False)
    texts = ["" if pd.isna(name) else str(name).strip() for name in names]
    places, problems = {"": len(periods)}, []
    for text in dict.fromkeys(texts):
        at = places[text] if text in places else find_period(periods, text)
        if at is None:
            problems.append(
                f"{PLACE}: the start '{text}' is not among the periods of the table "
                f"({nearest(text, periods)}); write the first treated period as the "
                "time column writes it, or nothing for never."
            )
        places[text] = at
    if problems:
        raise DataError(*problems)
    return np.array([places[text] for text in texts], dtype=int)[codes]


def _refuse_changes(frame: pd.DataFrame, first: np.ndarray, periods) -> None:
    """Refuse units (clusters, where rows are people) with more than one start."""
    key = "unit" if "unit" in frame else "cluster"
    pairs = pd.DataFrame({"name": frame[key], "first": first}).drop_duplicates()
    twice = pairs[pairs["name"].duplicated(keep=False)]
    if twice.empty:
        return
    name = twice["name"].iloc[0]
    named = [
        "never" if at == len(periods) else f"'{periods[at]}'"
        for at in sorted(twice.loc[twice["name"] == name, "first"])
    ]
    raise DataError(
        f"{PLACE}: {key} '{name}' has the starts {' and '.join(named)}; a {key} has "
        "one start, written in all of its rows, also those before it (never: empty in "
        "all of them)."
    )


def _refuse_one_side(treated: np.ndarray, shown: list[str]) -> None:
    if not treated.any():
        raise DataError(
            f"{PLACE}: nothing starts between '{shown[0]}' and '{shown[-1]}'; write "
            "the first treated period of each treated unit."
        )
    if treated.all():
        raise DataError(
            f"{PLACE}: every unit is treated at some time, so none shows what would "
            "have happened; add units that are never treated, their start empty (or "
            "write a time.end before the last start)."
        )
