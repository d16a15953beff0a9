"""One or two series from cells, and where each period lies in time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.arms import t_reading
from campaignbook.evaluation.panels import position
from campaignbook.evaluation.treated_groups import refuse_doubled
from campaignbook.period_texts import numbers_in, places
from campaignbook.results import Estimate
from campaignbook.tables import Cells, require_columns

OutcomeType = Literal["mean", "count"]

_COMPACT_MONTH = re.compile(r"(1[5-9]|2\d)\d\d(0[1-9]|1[0-2])(\.0)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series of T periods and, where there is one, its comparison.

    Attributes
    ----------
    periods : list of str
        Those with data (in both series), in time order.
    steps, equal : ndarray of int, bool or None
        As `when` tells.
    left_out : int
        Periods of the table without data in one of the series.
    first, stop : int
        Positions of the first campaign period and of the first after the campaign
        (T where it goes on to the end).
    rows : ndarray, shape (S, T)
        Rows of the table behind each period, of one series or two.
    centre : float
        To be added to `own` and `other` for the unit of the outcome.
    own, other : ndarray, shape (T,)
        Centred means, or counts; `other` is None without a comparison.
    size, other_size : ndarray, shape (T,)
        Population at risk; 1 without.
    z, other_z : ndarray, shape (T, c)
        Covariates: means, with a comparison own minus other; and those of the other.
    count : bool
        Whether the outcome is a count.
    """

    periods: list[str]
    steps: np.ndarray
    equal: bool | None
    left_out: int
    first: int
    stop: int
    rows: np.ndarray
    centre: float
    own: np.ndarray
    other: np.ndarray | None
    size: np.ndarray
    other_size: np.ndarray
    z: np.ndarray
    other_z: np.ndarray
    count: bool


def read_series(
    cells: Cells,
    *,
    periods: Sequence[str],
    start: str,
    end: str | None = None,
    outcome_type: OutcomeType = "mean",
    has_offset: bool = False,
    covariates: int = 0,
    least_before: int = 2,
) -> Series:
    """Return the series that cells hold.

    Parameters
    ----------
    cells : Cells
        As in `interrupted_time_series.evaluate`.
    periods, start, end, outcome_type, has_offset
        As there.
    covariates : int
        How many ``sum_z`` columns to read.
    least_before : int
        Fewer periods before the start are refused.

    Raises
    ------
    DataError
        Where the table does not hold the series; the sentence says what to write.
    """
    frame, count = cells.frame, outcome_type == "count"
    sums = [
        *(["sum_x"] if has_offset else []),
        *(f"sum_z{i}" for i in range(covariates)),
    ]
    require_columns(frame, "period", "n", "sum_y", *sums)
    begin = position(periods, start, "time.start")
    finish = len(periods) - 1 if end is None else position(periods, end, "time.end")
    if finish < begin:
        raise DataError(
            f"time.end: '{end}' lies before time.start, '{start}'; write a later end."
        )
    side = np.zeros(len(frame), dtype=int)
    if controlled := "comparison" in frame:
        side = frame["comparison"].to_numpy(dtype=int)
        if side.all() or not side.any():
            found = "every row belongs" if side.all() else "no row belongs"
            raise DataError(
                f"comparison: {found} to the comparison series; write the values of "
                "the column that mark the series without the campaign, and only these."
            )
    code = pd.Index(periods).get_indexer(frame["period"])
    if (code < 0).any():
        lost = frame["period"].iloc[int((code < 0).argmax())]
        raise DataError(f"time.order: the period '{lost}' of the table is not listed.")
    cell = len(periods) * side + code

    def summed(name: str) -> np.ndarray:
        values = frame[name].to_numpy(dtype=float)
        total = np.bincount(cell, values, minlength=2 * len(periods))
        return total.reshape(2, -1)[: 1 + controlled]

    n, y = summed("n"), summed("sum_y")
    if "sum_y_y" in frame:
        refuse_doubled(n, y, summed("sum_y_y"), periods)
    used = (n > 0).all(axis=0)
    if count:
        y = y + n * cells.centre
        used &= (y != 0).any(axis=0) | (not controlled)
    at = np.flatnonzero(used)
    shown = [periods[i] for i in at]
    n, y = n[:, at], y[:, at]
    size = summed("sum_x")[:, at] if has_offset else np.ones_like(n)
    z = np.array([summed(f"sum_z{i}")[:, at] / n for i in range(covariates)])
    z = z.reshape(covariates, len(n), len(at)).transpose(1, 2, 0)
    if count:
        _refuse_counts(y, size, shown)
    first, stop = (int(np.searchsorted(at, i)) for i in (begin, finish + 1))
    if first < least_before or stop <= first:
        raise DataError(
            f"time.start: periods with data before '{start}': {first}, from it on: "
            f"{max(stop - first, 0)}; at least {least_before} before and 1 from it on "
            "are needed, so write another start or add rows."
        )
    values = y if count else y / n
    centre = 0.0 if count else float(cells.centre)
    if len(at) > 2 and np.ptp(values[0]) <= 1e-13 * np.abs(values[0] + centre).max():
        raise DataError(
            "outcome: every period has the same value, so there is nothing to explain; "
            "name a column that varies."
        )
    steps, equal = when(shown, periods)
    return Series(
        periods=shown,
        steps=steps,
        equal=equal,
        left_out=len(periods) - len(at),
        first=first,
        stop=stop,
        rows=n,
        centre=centre,
        own=values[0],
        other=values[1] if controlled else None,
        size=size[0],
        other_size=size[-1],
        z=z[0] - z[1] if controlled else z[0],
        other_z=z[-1],
        count=count,
    )


def level_in(
    cells: Cells,
    *,
    periods: Sequence[str],
    last: str,
    level: float,
    unit: str,
    outcome_type: OutcomeType = "mean",
    has_offset: bool = False,
) -> Estimate:
    """Return the measure of the series in the last period with rows up to `last`.

    Means have a t interval where a period has several rows and ``sum_y_y`` is there;
    counts, and rates with an offset, have none.
    """
    frame = cells.frame
    if "comparison" in frame:
        frame = frame[~frame["comparison"].to_numpy(dtype=bool)]
    rank = pd.Index(periods).get_indexer(frame["period"])
    there = rank[rank <= position(periods, last, "last")]
    common = {"name": "level", "level": level, "unit": unit, "null_value": None}
    if not len(there):
        how = f"the series has no rows up to '{last}'"
        return Estimate(estimate=None, method=how, **common)
    sums = ("n", "sum_y", "sum_y_y", "sum_x")
    rows = {
        c: frame[c].to_numpy()[rank == there.max()].sum() for c in sums if c in frame
    }
    n, total, where = rows["n"], rows["sum_y"], f"in '{periods[int(there.max())]}'"
    common["n"] = round(n)
    if outcome_type == "count":
        total = float(total + n * cells.centre)
        rate, kind = (total / rows["sum_x"], "rate") if has_offset else (total, "count")
        return Estimate(estimate=float(rate), method=f"{kind} {where}", **common)
    mean, fields, how = float(total / n), {}, f"mean {where}"
    if n > 1 and "sum_y_y" in rows:
        spread = max(float(rows["sum_y_y"]) - n * mean**2, 0.0)
        fields = t_reading(mean, (spread / (n - 1) / n) ** 0.5, n - 1, level=level)
        for end in ("ci_low", "ci_high"):
            if end in fields:
                fields[end] += cells.centre
        fields.pop("statistic", None), fields.pop("p_value", None)
        how += f", t({n - 1:,.0f}) interval over its rows"
    return Estimate(estimate=mean + cells.centre, method=how, **common, **fields)


def when(
    periods: Sequence[str], among: Sequence[str] = ()
) -> tuple[np.ndarray, bool | None]:
    """Return the step of each period, and whether they stand at equal distances.

    Parameters
    ----------
    periods, among : sequence of str
        At least two texts in time order (months also as 202001), and all periods of
        the table, where these are some of them.

    Returns
    -------
    steps : ndarray of int, shape (T,)
        From 0; the commonest distance is one step, so a missing period leaves a gap.
    equal : bool or None
        False: distances are no whole steps, and the periods are taken one after
        another. None: the texts do not tell (names).

    Examples
    --------
    >>> when(["2020-01", "2020-02", "2020-04"])
    (array([0, 1, 3]), True)
    >>> when(["spring", "autumn"])
    (array([0, 1]), None)
    """
    plain = np.arange(len(periods))
    place = _places(periods, among)
    if place is None:
        return plain, None
    gaps = np.diff(place)
    sizes, often = np.unique(gaps.round(6), return_counts=True)
    unit = float(sizes[often.argmax()])
    if often.max() == 1:  # months written as decimals of a year are rounded
        unit = float(np.sort(gaps)[(len(gaps) - 1) // 2])
    if unit <= 0:
        return plain, None
    whole = np.round(gaps / unit)
    if (whole < 1).any() or (np.abs(gaps / unit - whole) > 0.1).any():
        return plain, False
    return np.r_[0, np.cumsum(whole).astype(int)], True


def _places(periods: Sequence[str], among: Sequence[str]) -> np.ndarray | None:
    """Return where each period lies in time, in any unit; None where it is a name."""
    texts = [p.strip() for p in periods]
    if all(_COMPACT_MONTH.fullmatch(p) for p in texts):
        return np.array([12.0 * int(p[:4]) + int(p[4:6]) for p in texts])
    if (numbers := numbers_in(texts)) is not None:
        return np.array(numbers)
    dates = [place and place.day for place in places(texts, among)]
    if None in dates:
        return None
    months = np.array([12.0 * d.year + d.month for d in dates])
    if len({d.day for d in dates}) == 1 and (np.diff(months) > 0).all():
        return months
    return np.array([float(d.toordinal()) for d in dates])


def _refuse_counts(y, size, periods) -> None:
    """Refuse what is no count, and a population at risk that is not above 0."""
    wrong = ((y < 0) | (np.abs(y - np.round(y)) > 1e-6)).any(axis=0)
    if wrong.any():
        i = int(wrong.argmax())
        bad = next(v for v in y[:, i] if v < 0 or abs(v - round(v)) > 1e-6)
        raise DataError(
            f"outcome: {bad:.6g} in '{periods[i]}' is not a count; counts are whole "
            "numbers from 0 on, so write outcome_type: mean for anything else."
        )
    if (size <= 0).any():
        i = int((size <= 0).any(axis=0).argmax())
        raise DataError(
            f"offset: in '{periods[i]}' the population at risk is {size[:, i].min():g};"
            " write how many people the events are counted among, or leave it out."
        )
