"""Indicators computed from the rows of a tidy table, each with its interval."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.evaluation.proportions import wilson
from campaignbook.kpis import Kpi, counts, parts, words
from campaignbook.ratios import fieller
from campaignbook.results import Estimate, say_number
from campaignbook.row_groups import one_group, row_groups
from campaignbook.tables import require_columns

UNIQUE = ("reach", "users")
"""Numbers of different people: the same person may be in two rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiValue:
    """An indicator over some rows, with what it was made of.

    Attributes
    ----------
    kpi : Kpi
        Which, with its convention.
    group : str or None
        Which rows, for example ``platform: meta``; None is all.
    numerator, denominator : float or None
        Their sums over the rows; None where they must not be added up, or are not
        there.
    rows : int
        Rows that tell both parts, but for those with nothing in them.
    interval : {"Wilson", "Fieller", "t", ""}
        Which interval it has.
    dispersion : float or None
        How many times more the rows differ than chance alone would make them; None
        where the numerator is not so many of the denominator, or one row only.
    estimate : Estimate
        The value; `estimate.estimate` None where it does not exist.
    refused : str
        Why not, then.
    """

    kpi: Kpi
    group: str | None
    numerator: float | None
    denominator: float | None
    rows: int
    interval: str
    dispersion: float | None
    estimate: Estimate
    refused: str = ""

    def sentence(self) -> str:
        """Return value, interval, parts and aggregation in words."""
        if self.refused:
            return f"{self.kpi.name}: {self.refused}"
        size, interval = self.estimate.words()
        where = "" if self.group is None else f" ({self.group})"
        made = ""
        if self.denominator is not None and self.kpi.denominator is not None:
            made = f": {say_number(self.numerator)} / {say_number(self.denominator)}"
        return (
            f"{self.kpi.name}{where}: {size} ({interval}; {self.kpi.shown()}{made}; "
            f"{self.rows} row{'s' * (self.rows != 1)})."
        )


def kpi_values(
    frame: pd.DataFrame,
    kpi: Kpi,
    *,
    by: str | None = None,
    level: float = 0.95,
    currency: str = "money",
) -> list[KpiValue]:
    """Return an indicator over all rows, or over each group of them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the tidy table of exports; at one level, so that none is in another.
    kpi : Kpi
        The indicator.
    by : str, optional
        Column whose values make groups; rows without one are in none.
    level : float
        Confidence level, 0-1.
    currency : str
        Unit of money.

    Raises
    ------
    DataError
        A column is missing.

    Notes
    -----
    A count of a count: Wilson's interval of numerator and denominator divided by the
    dispersion d = variance of the ratio over rows / binomial variance, where d > 1,
    with t of the rows in place of z (Rao & Scott); else Wilson's own. Any other ratio
    of sums: Fieller's, with the rows as pairs. A mean of rates: t over rows. Rows stand
    for the rows that could have been; an interval says how the value would move with
    other such rows, nothing more. Numbers that cannot be negative have no end below 0.

    References
    ----------
    Rao & Scott (1992), Biometrics 48:577-585. Cochran (1977), Sampling Techniques,
    ch. 6.
    """
    ab = parts(frame, kpi)
    if by is not None:
        require_columns(frame, by)
    use = counts(ab, kpi).to_numpy()
    ab = ab if use.all() else ab[use]
    a, b = ab["a"].to_numpy(), ab["b"].to_numpy()
    terms = {"n": 1.0, "a": a, "b": b}
    if kpi.aggregation == "mean_of_rates":
        rate = a / np.where(b > 0, b, np.nan)
        terms |= {"r": rate, "rr": rate * rate}
    elif kpi.aggregation == "sum_over_sum":
        terms |= {"aa": a * a, "ab": a * b, "bb": b * b}
    groups = one_group(len(ab)) if by is None else row_groups(frame.loc[use, by])
    sums, most = groups.sums(terms), groups.largest(b if kpi.denominator else a)
    rows = zip(sums.index, sums.to_dict("records"), most, strict=True)
    return [
        _value(kpi, by and f"{words(by)}: {_shown(key)}", row, top, level, currency)
        for key, row, top in rows
    ]


def kpi_value(frame: pd.DataFrame, kpi: Kpi, *, level: float = 0.95) -> KpiValue:
    """Return an indicator over all rows, or refuse.

    Raises
    ------
    DataError
        It needs the sum of people reached over several rows, or no row has its parts.
    """
    (found,) = kpi_values(frame, kpi, level=level)
    if found.refused:
        raise DataError(f"kpis.{kpi.id}: {found.refused}")
    return found


def reach_bounds(frame: pd.DataFrame, *, metric: str = "reach") -> tuple[float, float]:
    """Return (least, most) of the people behind several rows' own reach.

    All of them may be in the largest row, or no person in two rows.

    Raises
    ------
    DataError
        No row tells it.

    Examples
    --------
    >>> reach_bounds(pd.DataFrame({"reach": [300.0, 500.0, None]}))
    (500.0, 800.0)
    """
    require_columns(frame, metric)
    told = frame[metric].astype(float).dropna()
    if told.empty:
        raise DataError(f"no row tells its {words(metric)}.")
    return float(told.max()), float(told.sum())


def wrong_cpm(spend: float, impressions: float) -> dict[str, float]:
    """Return CPM as it is, and as a published training page prints it (x 100).

    >>> wrong_cpm(50.0, 10000)
    {'x 1000': 5.0, 'x 100, as misprinted': 0.5}
    """
    each = spend / impressions
    return {"x 1000": each * 1000, "x 100, as misprinted": each * 100}


def two_aggregations(
    frame: pd.DataFrame, kpi: Kpi, *, level: float = 0.95
) -> dict[str, KpiValue]:
    """Return the rate of the sums and the mean of the rates, side by side."""
    return {
        how: kpi_value(frame, kpi.model_copy(update={"aggregation": how}), level=level)
        for how in ("sum_over_sum", "mean_of_rates")
    }


def _value(kpi, group, sums: Mapping[str, float], largest, level, currency) -> KpiValue:
    n, a, b = round(sums["n"]), sums["a"], sums["b"]
    unit = currency if kpi.unit == "money" else kpi.unit
    common = {"level": level, "null_value": None, "unit": unit, "group": group}
    refused, value, ends, interval, dispersion = "", None, (None, None), "", None
    no_people = kpi.aggregation != "mean_of_rates" and n > 1
    unique = [m for m in (*kpi.numerator, kpi.denominator) if m in UNIQUE]
    if n == 0:
        refused = f"no row tells both its parts ({kpi.shown()})."
    elif kpi.denominator and not b > 0:
        top = " + ".join(map(words, kpi.numerator))
        refused = (
            f"nothing to divide by: 0 {words(kpi.denominator)}, {say_number(a)} {top}."
        )
    elif no_people and unique:
        refused = _why_not(kpi, unique[0], a, b, largest)
    elif kpi.aggregation == "sum":
        value = a
    elif kpi.aggregation == "mean_of_rates":
        value = kpi.times * sums["r"] / n
        if n > 1:
            spread = max(sums["rr"] - sums["r"] ** 2 / n, 0.0) / (n - 1)
            half = float(stats.t.isf((1 - level) / 2, n - 1))
            half *= kpi.times * math.sqrt(spread / n)
            ends, interval = (value - half, value + half), "t"
    else:
        value = kpi.times * a / b
        if kpi.counted and 0 <= a <= b:
            dispersion = _dispersion(sums) if n > 1 and 0 < a < b else None
            ends, interval = _wilson(a, b, n, dispersion, level), "Wilson"
        elif n > 1:
            ends, interval = _fieller(kpi, sums, level), "Fieller"
    low, high = ends
    if low is not None and a >= 0:
        low = max(low, 0.0)
    said = {
        "Wilson": "Wilson's interval",
        "Fieller": "Fieller's interval over rows",
        "t": "t over rows",
    }.get(interval, "no interval")
    if dispersion is not None and dispersion > 1:
        said += f", rows differ {dispersion:.3g} times as much as by chance"
    estimate = Estimate(
        name=kpi.id, estimate=value, ci_low=low, ci_high=high, n=n,
        method=f"{kpi.shown()}; {said}", **common,
    )  # fmt: skip
    told = value is not None and kpi.aggregation != "mean_of_rates"
    return KpiValue(
        kpi=kpi, group=group, rows=n, interval=interval, dispersion=dispersion,
        numerator=a if told else None,
        denominator=b if told and kpi.denominator else None,
        estimate=estimate, refused=refused,
    )  # fmt: skip


def _why_not(kpi: Kpi, metric: str, a: float, b: float, largest: float) -> str:
    name = words(metric)
    if kpi.denominator is None:
        bounds, what = (largest, a), name
    else:
        bounds = (kpi.times * a / b, kpi.times * a / largest)
        what = kpi.name.lower()
    low, high = (say_number(v) for v in bounds)
    return (
        f"{name} is not added up, as one person may be in several rows; the {what} "
        f"lies between {low} and {high} (all people in the largest row, or nobody in "
        "two)."
    )


def _dispersion(sums: Mapping[str, float]) -> float:
    """Return the variance of the ratio over rows by the binomial variance."""
    n, a, b = sums["n"], sums["a"], sums["b"]
    p = a / b
    squares = max(sums["aa"] - 2 * p * sums["ab"] + p * p * sums["bb"], 0.0)
    return n / (n - 1) * squares / (b * p * (1 - p))


def _wilson(a, b, n, dispersion, level) -> tuple[float, float]:
    if dispersion is None or dispersion <= 1:
        return wilson(a, b, level=level)
    t, p, size = float(stats.t.isf((1 - level) / 2, n - 1)), a / b, b / dispersion
    middle = p + t * t / (2 * size)
    half = t * math.sqrt(p * (1 - p) / size + (t / (2 * size)) ** 2)
    whole = 1 + t * t / size
    return (middle - half) / whole, (middle + half) / whole


def _fieller(kpi: Kpi, sums, level) -> tuple[float | None, float | None]:
    n, a, b = sums["n"], sums["a"], sums["b"]
    below = n * (n - 1)
    found = fieller(
        a / n, b / n,
        max(sums["aa"] - a * a / n, 0.0) / below,
        max(sums["bb"] - b * b / n, 0.0) / below,
        covariance=(sums["ab"] - a * b / n) / below,
        df=n - 1, level=level,
    )  # fmt: skip
    if found.shape != "interval":
        return None, None
    ends = (found.low, found.high)
    return tuple(None if e is None else kpi.times * e for e in ends)


def _shown(key: object) -> str:
    return f"{key:%Y-%m-%d}" if isinstance(key, pd.Timestamp) else str(key)
