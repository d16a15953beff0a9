"""Cell sums by cluster and period, who belongs to the treated, and what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation.treated_groups import (
    ever_treated,
    group_of_people,
    refuse_duplicates,
    refuse_movers,
)
from campaignbook.tables import Cells, require_columns, same_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A table of cells with its treated group decided.

    Attributes
    ----------
    periods : list of str
        The periods that occur, in time order (P).
    start : int
        Position of the first treated period, at least 1.
    cluster, period : ndarray of int, shape (cells,)
        Codes; `period` is the position in `periods`.
    unit : ndarray of int, shape (cells,), or None
        Codes of the panel unit; None where rows are people.
    group : ndarray of bool, shape (cells,)
        Whether the cell belongs to the treated group (also before the start).
    counts, sums : ndarray, shape (cells,)
        Rows and sum of the (centred) outcome, by weights that sum to the rows.
    rows, squares : ndarray, shape (cells,)
        Rows and sum of squares, never weighted.
    owner, side : ndarray, shape (R,)
        Cluster code and group of each row of `n` and `s`.
    n, s, people : ndarray, shape (R, P)
        `counts`, `sums` and `rows` by cluster, group and period.
    times : ndarray, shape (R,)
        How many clusters alike each row stands for; all sums are theirs together.
    clusters : int
        Number of clusters.
    shared : bool
        Whether some cluster holds both treated and control.
    missing : int
        Unit-periods (cluster-periods without units) that do not occur.
    lapsed : int
        Rows of the treated group from the start on that the table flags untreated.
    weighted : bool
        Whether `counts` and `sums` hold weights.
    """

    periods: list[str]
    start: int
    cluster: np.ndarray
    period: np.ndarray
    unit: np.ndarray | None
    group: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    rows: np.ndarray
    squares: np.ndarray
    owner: np.ndarray
    side: np.ndarray
    n: np.ndarray
    s: np.ndarray
    people: np.ndarray
    times: np.ndarray
    clusters: int
    shared: bool
    missing: int
    lapsed: int
    weighted: bool

    @property
    def held(self) -> dict[str, int]:
        """How many clusters hold the treated and the control group."""
        sides = {"treated": self.side, "control": ~self.side}
        return {name: round(self.times[rows].sum()) for name, rows in sides.items()}

    @property
    def cell_times(self) -> np.ndarray:
        """How many clusters alike each cell stands for, shape (cells,)."""
        times = np.empty(self.owner.max() + 1)
        times[self.owner] = self.times
        return times[self.cluster]


def position(periods: Sequence[str], value: str, place: str) -> int:
    """Return where a period stands in `periods`; DataError naming `place` if absent."""
    for i, period in enumerate(periods):
        if same_value(period, value):
            return i
    raise DataError(
        f"{place}: '{value}' is not among the periods of the table "
        f"({nearest(value, periods)}); write one of them."
    )


def make_panel(
    cells: Cells, *, periods: Sequence[str], start: str, weights: bool = False
) -> Panel:
    """Return the cells as a panel with its treated group.

    Parameters
    ----------
    cells : Cells
        With ``cluster``, ``treated``, ``period``, ``n``, ``sum_y``, ``sum_y_y`` and,
        for a panel with one row a unit and period, ``unit``.
    periods, start : sequence of str, str
        All period texts in time order, and the first treated one.
    weights : bool
        Whether rows count by ``sum_w`` and ``sum_w_y``, sums of weight and product.

    Raises
    ------
    DataError
        Where the table does not hold a comparison of treated and control, before
        and after one start date.

    Notes
    -----
    A unit belongs to the treated group at all times. A flag that changes within a
    unit is read as a status (treated now), which must begin at `start` everywhere.
    Without units the same holds for a cluster, unless both groups occur in it both
    before and after (arms within clusters).
    """
    frame = cells.frame
    require_columns(frame, "cluster", "treated", "period", "n", "sum_y", "sum_y_y")
    if frame.empty:
        raise DataError("data: no usable row is left; look at the dropped rows.")
    period = pd.Index(periods).get_indexer(pd.Index(frame["period"]))
    if (period < 0).any():
        lost = frame["period"].iloc[int((period < 0).argmax())]
        raise DataError(f"time.order: the period '{lost}' of the table is not listed.")
    seen = np.bincount(period, minlength=len(periods)) > 0
    period = (np.cumsum(seen) - 1)[period]
    shown = [p for p, there in zip(periods, seen, strict=True) if there]
    first = position(shown, start, "time.start")
    if first == 0:
        raise DataError(
            f"time.start: '{start}' is the first period of the table, so there is no "
            "period before it to compare with; add earlier rows or write a later start."
        )
    cluster, clusters = _codes(frame["cluster"])
    alike = np.ones(len(clusters))
    if "clusters" in frame:
        clusters[cluster], alike[cluster] = frame["example"], frame["clusters"]
    flag = frame["treated"].to_numpy(dtype=bool)
    rows, sums, squares = (
        frame[c].to_numpy(dtype=float) for c in ("n", "sum_y", "sum_y_y")
    )
    spread = squares.sum() - sums.sum() ** 2 / rows.sum()
    counts, sums = _weighted(frame) if weights else (rows, sums)
    if not flag.any():
        text = "treated: no row holds one of the treated values; write values that "
        raise DataError(f"{text}occur in the column.")
    if len(clusters) < 2:
        raise DataError(
            f"cluster: '{clusters[0]}' is the only cluster; treated and control need "
            "at least one each, so name a column with more."
        )
    unit = None
    if "unit" in frame:
        unit, units = _codes(frame["unit"])
        refuse_duplicates(unit, units, period, shown, rows)
        group = ever_treated(unit, units, flag, period, first, shown)
        refuse_movers(unit, units, cluster, clusters)
    else:
        group = group_of_people(cluster, clusters, flag, period, first, shown)
    if group.all():
        raise DataError(
            "treated: every row belongs to the treated group; a difference in "
            "differences needs control rows, so write fewer values or add them."
        )
    if spread <= 1e-14 * squares.sum():
        raise DataError(
            "outcome: every row has the same value, so there is nothing to compare; "
            "name a column that varies."
        )
    for side, name in ((group, "treated"), (~group, "control")):
        for span, when in ((period < first, "before"), (period >= first, "from")):
            if not (side & span).any():
                raise DataError(
                    f"time.start: the {name} group has no rows {when} '{start}'; write "
                    "another start or add the missing rows."
                )
    cell = 2 * cluster + group
    there = np.bincount(cell, minlength=2 * len(clusters)) > 0
    lines, width = np.flatnonzero(there), len(shown)
    place = (np.cumsum(there) - 1)[cell] * width + period
    n, s, people = (
        np.bincount(place, v, minlength=len(lines) * width).reshape(-1, width)
        for v in (counts, sums, rows)
    )
    times = alike[lines // 2]
    missing = round(times @ (n == 0).sum(axis=1))
    if unit is not None:
        missing = len(units) * width - len(unit)
    return Panel(
        periods=shown,
        start=first,
        cluster=cluster,
        period=period,
        unit=unit,
        group=group,
        counts=counts,
        sums=sums,
        rows=rows,
        squares=squares,
        owner=lines // 2,
        side=lines % 2 == 1,
        n=n,
        s=s,
        people=people,
        times=times,
        clusters=round(alike.sum()),
        shared=len(lines) > len(clusters),
        missing=missing,
        lapsed=round(rows[group & ~flag & (period >= first)].sum()),
        weighted=weights,
    )


def _weighted(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and weighted sums (cells,), scaled to sum to the rows."""
    require_columns(frame, "sum_w", "sum_w_y")
    total, sums = (frame[c].to_numpy(dtype=float) for c in ("sum_w", "sum_w_y"))
    if (total <= 0).any():
        at = frame.iloc[int((total <= 0).argmax())]
        raise DataError(
            f"weights: the rows of '{at['cluster']}' in '{at['period']}' do not sum to "
            "more than 0; write positive weights, or remove rows without one."
        )
    scale = frame["n"].sum() / total.sum()
    return scale * total, scale * sums


def _codes(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return codes and names, in the order of the names where they are few."""
    codes, names = pd.factorize(column)
    names = np.asarray(names, dtype=object)
    if len(names) > 10_000:
        return codes, names
    order = np.argsort(names.astype(str), kind="stable")
    return np.argsort(order)[codes], names[order]
