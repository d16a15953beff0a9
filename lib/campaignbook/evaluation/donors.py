"""The treated unit and its donors, read from cells as one matrix without gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.panels import position
from campaignbook.tables import Cells, require_columns

Span = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Donors:
    """Outcomes of the treated (the mean of its units) and of each donor.

    Attributes
    ----------
    units : tuple of str
        Name of each column of `outcomes` (U); the treated one first, then the donors
        in the order of their names.
    treated : tuple of str
        The treated units.
    periods : tuple of str
        The periods up to the end, in time order (P).
    start : int
        Position of the first treated period, at least 1.
    outcomes : ndarray, shape (P, U)
        In the unit of the outcome, not centred.
    predictors : ndarray, shape (K, U), or None
        Mean of each predictor over its span, in its own unit.
    dropped : tuple of str
        Donors left out because a value is missing.
    """

    units: tuple[str, ...]
    treated: tuple[str, ...]
    periods: tuple[str, ...]
    start: int
    outcomes: np.ndarray
    predictors: np.ndarray | None = None
    dropped: tuple[str, ...] = ()


def read_donors(
    cells: Cells, *, periods: Sequence[str], start: str, end: str | None
) -> Donors:
    """Return the outcomes of the treated and of all donors without gaps.

    Parameters
    ----------
    cells : Cells
        With ``unit``, ``treated`` (bool), ``period``, ``n`` and ``sum_y``; one row of
        the table a unit and period.
    periods : sequence of str
        All period texts in time order.
    start, end : str
        First and last treated period (None: no end); later ones are not used.

    Raises
    ------
    DataError
        Where there is no treated unit or no donor, a period is missing in a treated
        unit, or the start does not leave periods before it.
    """
    frame = cells.frame
    require_columns(frame, "unit", "treated", "period", "n", "sum_y")
    if frame.empty:
        raise DataError("data: no usable row is left; look at the dropped rows.")
    lost = frame.loc[~frame["period"].isin(periods), "period"]
    if len(lost):
        raise DataError(
            f"time.order: the period '{lost.iloc[0]}' of the table is not listed."
        )
    first = position(periods, start, "time.start")
    stop = len(periods) - 1 if end is None else position(periods, end, "time.end")
    if stop < first:
        raise DataError(
            f"time.end: '{end}' lies before time.start, '{start}'; write a later end."
        )
    frame = frame[frame["period"].isin(periods[: stop + 1])]
    there = set(frame["period"])
    shown = [p for p in periods if p in there]
    first = position(shown, start, "time.start")
    if first == 0:
        raise DataError(
            f"time.start: '{start}' is the first period of the table, so there is no "
            "period before it to fit; add earlier rows or write a later start."
        )
    treated = _treated_units(frame, shown, first)
    wide = _wide(frame, cells.centre, shown, single=True)
    holes = set(wide.columns[wide.isna().any()])
    for unit in treated:
        if unit in holes:
            missing = shown[int(wide[unit].isna().to_numpy().argmax())]
            raise DataError(
                f"unit: the treated unit '{unit}' has no value in '{missing}'; a "
                "synthetic control needs one in every period, so add the row or leave "
                "the period out for all units."
            )
    mine = set(treated)
    others = [u for u in wide.columns if u not in mine]
    complete = [u for u in others if u not in holes]
    if not complete:
        why = "no unit is untreated"
        if others:
            why = f"none of the {len(others)} untreated units has every period"
        raise DataError(
            f"unit: there is no donor ({why}); a synthetic control is made from "
            "untreated units with a value in every period, so add some."
        )
    outcomes = _joined(wide, treated, complete)
    if np.ptp(outcomes) <= 1e-14 * np.abs(outcomes).max():
        raise DataError(
            "outcome: every row has the same value, so there is nothing to compare; "
            "name a column that varies."
        )
    return Donors(
        units=(_name(treated), *complete),
        treated=tuple(treated),
        periods=tuple(shown),
        start=first,
        outcomes=outcomes,
        dropped=tuple(u for u in others if u in holes),
    )


def with_predictors(
    donors: Donors,
    predictors: Mapping[str, Cells],
    *,
    periods: Sequence[str],
    spans: Mapping[str, Span] | None = None,
) -> Donors:
    """Return the donors with the mean of each predictor over its span.

    Parameters
    ----------
    donors : Donors
        The outcomes; donors without a value of some predictor are dropped.
    predictors : mapping of str to Cells
        By name; with ``unit``, ``period``, ``n`` and ``sum_y``.
    periods : sequence of str
        All period texts in time order.
    spans : mapping of str to (from, to), optional
        First and last period by name, inclusive; None is the first period of all, and
        the last one before the start.

    Raises
    ------
    DataError
        If a span is empty or reaches the start, the treated have no value, or all
        units have the same one.
    """
    rows: dict[str, pd.Series] = {}
    for name, cells in predictors.items():
        span = _span(name, (spans or {}).get(name, (None, None)), donors, periods)
        require_columns(cells.frame, "unit", "period", "n", "sum_y")
        frame = cells.frame[cells.frame["period"].isin(span)]
        # Periods weigh alike, however many rows each holds; gaps are left out.
        means = _wide(frame, cells.centre, span).mean(axis=0)
        absent = [u for u in donors.treated if pd.isna(means.get(u))]
        if absent:
            raise DataError(
                f"predictors.{name}: the treated unit '{absent[0]}' has no value from "
                f"'{span[0]}' to '{span[-1]}'; write another from and to, or leave it "
                "out."
            )
        rows[name] = means
    wide = pd.DataFrame(rows).T
    treated, others = list(donors.treated), list(donors.units[1:])
    wide = wide.reindex(columns=[*treated, *others])
    holes = set(wide.columns[wide.isna().any()])
    complete = [u for u in others if u not in holes]
    if not complete:
        raise DataError(
            f"predictors: none of the {len(others)} donors has a value of every "
            "predictor; leave out the one that is missing most."
        )
    values = _joined(wide, treated, complete)
    for name, row in zip(rows, values, strict=True):
        if np.ptp(row) <= 1e-12 * np.abs(row).max():
            raise DataError(
                f"predictors.{name}: all units have the same value, so it cannot tell "
                "donors apart; leave it out."
            )
    keep = [0, *(i + 1 for i, u in enumerate(others) if u not in holes)]
    return replace(
        donors,
        units=tuple(donors.units[i] for i in keep),
        outcomes=donors.outcomes[:, keep],
        predictors=values,
        dropped=(*donors.dropped, *(u for u in others if u in holes)),
    )


def _wide(
    frame: pd.DataFrame, centre: float, periods: Sequence[str], *, single: bool = False
) -> pd.DataFrame:
    """Return means, periods down and units across, in the order of their names.

    With `single`, several rows of one unit and period are refused.
    """
    unit, units = pd.factorize(frame["unit"], sort=True)
    place = pd.Index(periods).get_indexer(frame["period"]) * len(units) + unit
    shape = len(periods), len(units)
    n, sums = (
        np.bincount(place, frame[c], minlength=shape[0] * shape[1]).reshape(shape)
        for c in ("n", "sum_y")
    )
    many = np.argwhere(n > 1)
    if single and len(many):
        at, who = many[0]
        more = f" and {len(many) - 1} more" if len(many) > 1 else ""
        raise DataError(
            "unit: a synthetic control has one row a unit and period, but there are "
            f"more for ('{units[who]}', '{periods[at]}'){more}; remove the duplicates, "
            "or average the rows by unit and period first."
        )
    means = sums / np.where(n > 0, n, np.nan) + centre
    return pd.DataFrame(means, index=list(periods), columns=units)


def _joined(
    wide: pd.DataFrame, treated: Sequence[str], donors: Sequence[str]
) -> np.ndarray:
    mean = wide[list(treated)].mean(axis=1).to_numpy(dtype=float)
    return np.column_stack([mean, wide[list(donors)].to_numpy(dtype=float)])


def _name(treated: Sequence[str]) -> str:
    return treated[0] if len(treated) == 1 else f"mean of {len(treated)} treated units"


def _treated_units(frame: pd.DataFrame, shown: Sequence[str], first: int) -> list[str]:
    """Return the units that are ever treated; refuse other starts than the plan's."""
    flag = frame["treated"].to_numpy(dtype=bool)
    if not flag.any():
        raise DataError(
            "treated: no row holds one of the treated values; write values that occur "
            "in the column."
        )
    treated = sorted(frame.loc[flag, "unit"].unique())
    status = set(frame.loc[~flag, "unit"]) & set(treated)
    rank = {p: i for i, p in enumerate(shown)}
    now = frame[flag]
    for unit in sorted(status):
        begins = min(now.loc[now["unit"] == unit, "period"], key=rank.__getitem__)
        if begins != shown[first]:
            raise DataError(
                f"time.start: '{unit}' is first treated in '{begins}', "
                f"but the plan says '{shown[first]}'; write the same start, and "
                "evaluate units of different starts one start at a time."
            )
    return treated


def _span(name: str, span: Span, donors: Donors, periods: Sequence[str]) -> list[str]:
    place = f"predictors.{name}"
    start = position(periods, donors.periods[donors.start], "time.start")
    begin, end = span
    low = 0 if begin is None else position(periods, begin, f"{place}.from")
    high = start - 1 if end is None else position(periods, end, f"{place}.to")
    if high >= start:
        raise DataError(
            f"{place}.to: '{periods[high]}' is not before time.start, "
            f"'{periods[start]}'; what the campaign may have changed cannot predict, "
            "so write an earlier period."
        )
    if low > high:
        raise DataError(
            f"{place}.from: '{periods[low]}' lies after '{periods[high]}', its last "
            "period; write an earlier one."
        )
    return list(periods[low : high + 1])
