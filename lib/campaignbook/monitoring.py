"""Watching indicators: weeks within limits, changes with their date, what differs."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.kpis import Kpi, counts, parts, words
from campaignbook.results import Estimate, with_holm
from campaignbook.row_groups import mondays, row_groups
from campaignbook.splits import best_splits, held_places
from campaignbook.tables import require_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """A week from which on a rate was another one.

    Attributes
    ----------
    date : pandas.Timestamp
        Monday of the first week with the new rate.
    before, after : float
        Rates of the stretches on both sides, to the next changes.
    p_value : float
        Of the permutation test that found it.
    earliest, latest : pandas.Timestamp
        Weeks between which the change lies, at the level of the test.
    """

    date: pd.Timestamp
    earliest: pd.Timestamp
    latest: pd.Timestamp
    before: float
    after: float
    p_value: float


def weekly(frame: pd.DataFrame, kpi: Kpi, *, mix: str | None = None) -> pd.DataFrame:
    """Return numerator ``a``, denominator ``b`` and ``rate`` by week (its Monday).

    Rows without a date (``date``, else ``published``) are in no week. A mean of rates
    has the sum of its rows' rates above, their number below.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the tidy table.
    kpi : Kpi
        A rate.
    mix : str, optional
        Column, for example ``platform``: each row stands beside the mean rate of its
        group, so that another mix of groups makes no change (indirect
        standardisation).

    Raises
    ------
    DataError
        A column is missing, or the indicator is a sum, or needs a sum of people.
    """
    require_columns(frame, "date", "published")
    by_reach = kpi.aggregation == "sum_over_sum" and kpi.denominator == "reach"
    if kpi.aggregation == "sum" or by_reach:
        raise DataError(
            f"kpis.{kpi.id}: only a rate can be watched by week, and reach is never "
            "added up."
        )
    when = frame["date"].fillna(frame["published"])
    ab = parts(frame, kpi)
    use = (when.notna() & counts(ab, kpi)).to_numpy()
    a, b = (ab[part].to_numpy()[use] for part in ("a", "b"))
    if kpi.aggregation == "mean_of_rates":
        a, b = a / b, np.ones(len(b))
    if mix is not None and a.sum() > 0:
        groups = row_groups(frame.loc[use, mix])
        sums = groups.sums({"a": a, "b": b})
        weight = np.append(np.nan, sums["a"] / sums["b"] * (b.sum() / a.sum()))
        weight = weight[groups.codes]
        if kpi.aggregation == "mean_of_rates":
            a = a / np.where(weight > 0, weight, 1.0)
        else:
            b = b * weight
    sums = row_groups(mondays(when[use])).sums({"a": a, "b": b})
    sums = sums.rename_axis("week").reset_index()
    sums = sums[sums["b"] > 0].reset_index(drop=True)
    return sums.assign(rate=kpi.times * sums["a"] / sums["b"])


def control_limits(weeks: pd.DataFrame, kpi: Kpi, *, sigmas: float = 3) -> pd.DataFrame:
    """Return the weeks with ``centre``, ``low``, ``high`` and ``outside``.

    Parameters
    ----------
    weeks : pandas.DataFrame
        As `weekly` gives it.
    kpi : Kpi
        A share of its denominator takes a p-chart, a rate of counts a u-chart, money
        and means of rates an individuals chart.
    sigmas : float
        Half the distance of the limits, in standard deviations.

    Raises
    ------
    DataError
        Fewer than two weeks, or no event at all.

    Notes
    -----
    Individuals: the standard deviation is the mean moving range / 1.128. Laney's p' and
    u': the standard deviation by chance times that of the weeks' z
    values (mean moving range / 1.128), at least 1, so that large denominators do not
    make every week an alarm.

    References
    ----------
    Laney (2002), Quality Engineering 14:531-537.
    """
    a, b = weeks["a"], weeks["b"]
    if len(weeks) < 2 or not a.sum() > 0:
        raise DataError(f"kpis.{kpi.id}: limits need two weeks and at least one event.")
    centre = a.sum() / b.sum()
    if kpi.unit == "money" or kpi.aggregation == "mean_of_rates":
        half = sigmas * float((a / b).diff().abs().mean()) / 1.128
        return _limited(weeks, kpi, centre, max(centre - half, 0.0), centre + half)
    variance = centre * (1 - centre) if kpi.counted else centre
    chance = np.sqrt(variance / b)
    if not variance > 0:
        raise DataError(f"kpis.{kpi.id}: every week is at 100%; there is no limit.")
    z = (a / b - centre) / chance
    wider = max(1.0, float(z.diff().abs().mean()) / 1.128)
    low = (centre - sigmas * wider * chance).clip(lower=0)
    high = centre + sigmas * wider * chance
    if kpi.counted:
        high = high.clip(upper=1)
    return _limited(weeks, kpi, centre, low, high)


def _limited(weeks: pd.DataFrame, kpi: Kpi, centre, low, high) -> pd.DataFrame:
    limits = {"centre": centre, "low": low, "high": high}
    made = weeks.assign(**{k: kpi.times * v for k, v in limits.items()})
    outside = (made["rate"] < made["low"]) | (made["rate"] > made["high"])
    return made.assign(outside=outside)


def change_points(
    weeks: pd.DataFrame, *, level: float = 0.95, draws: int = 999, seed: int = 1
) -> list[ChangePoint]:
    """Return where a weekly rate changed, by date.

    Parameters
    ----------
    weeks : pandas.DataFrame
        ``week``, ``a``, ``b``, ``rate``, in the order of time.
    level : float
        A split counts where its p is below 1 - level.
    draws, seed : int
        Permutations a test, and where they start.

    Notes
    -----
    Binary segmentation: the best split of a stretch (largest weighted sum of squares
    between its sides) is kept where fewer than 1 - level of the orders of its weeks
    have a better one, and both sides are split again. The change lies where the sum of
    squares left is not much larger than the smallest (Hansen). Weeks must be
    exchangeable where nothing changes: a trend or a season makes changes too. Nothing
    is said of causes.

    References
    ----------
    Scott & Knott (1974), Biometrics 30:507-512. Hansen (2000), Econometrica
    68:575-603.
    """
    b = weeks["b"].to_numpy(float)
    a = weeks["rate"].to_numpy(float) * b  # with the factor of the rate in it
    rng = np.random.default_rng(seed)
    found = sorted(best_splits(a, b, 0, len(b), 1 - level, draws, rng))
    ends = [0, *(at for at, _ in found), len(b)]
    held = [held_places(a, b, *ends[i : i + 3], level) for i in range(len(found))]
    return [
        ChangePoint(
            date=weeks["week"].iloc[at],
            earliest=weeks["week"].iloc[held[i][0]],
            latest=weeks["week"].iloc[held[i][1]],
            before=float(a[ends[i] : at].sum() / b[ends[i] : at].sum()),
            after=float(a[at : ends[i + 2]].sum() / b[at : ends[i + 2]].sum()),
            p_value=p,
        )
        for i, (at, p) in enumerate(found)
    ]


def differing(
    frame: pd.DataFrame, kpi: Kpi, by: str, *, level: float = 0.95, least: int = 3
) -> tuple[Estimate, ...]:
    """Return how each group's rate differs from the rest, after Holm's correction.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the tidy table, for example posts.
    kpi : Kpi
        A rate of sums.
    by : str
        A column (``post_type`` ...), or ``hour`` or ``weekday`` (0 is Monday) of
        ``published``.
    level : float
        Confidence level of the family, 0-1.
    least : int
        Rows that a group, and the rest, must have.

    Raises
    ------
    DataError
        A column is missing, or the indicator is no rate of sums.

    Notes
    -----
    Rows are the units: variance of a ratio of sums over rows, Welch's t. Each interval
    is at the level at which it leaves out 0 just where Holm's p is below 1 - level; the
    estimate names it. No cause is claimed: groups may differ in much else.

    References
    ----------
    Cochran (1977), Sampling Techniques, ch. 6; Welch (1947), Biometrika 34:28-35.
    """
    if kpi.aggregation != "sum_over_sum" or kpi.denominator == "reach":
        raise DataError(f"kpis.{kpi.id}: groups are compared by a rate of sums only.")
    clock = {"hour": "hour", "weekday": "day_of_week"}
    require_columns(frame, "published" if by in clock else by)
    keys = getattr(frame["published"].dt, clock[by]) if by in clock else frame[by]
    ab = parts(frame, kpi).assign(key=keys)
    ab = ab[counts(ab, kpi) & ab["key"].notna()]
    found = []
    for key in sorted(ab["key"].unique()):
        own = ab["key"] == key
        enough = min(own.sum(), (~own).sum()) >= max(least, 2)
        if enough and min(ab["b"][own].sum(), ab["b"][~own].sum()) > 0:
            group = f"{words(by)}: {int(key) if by in clock else key}"
            found.append(_difference(ab[own], ab[~own], kpi, group, level))
    return tuple(_widened(e, level) for e in with_holm(found))


def _difference(own, rest, kpi: Kpi, group: str, level: float) -> Estimate:
    (p1, v1, n1), (p0, v0, n0) = (_ratio(side, kpi.times) for side in (own, rest))
    error = math.sqrt(v1 + v0)
    df = t = p = None
    if error > 0:
        df = (v1 + v0) ** 2 / (v1**2 / (n1 - 1) + v0**2 / (n0 - 1))
        t = (p1 - p0) / error
        p = float(2 * stats.t.sf(abs(t), df))
    return Estimate(
        name=kpi.id, estimate=p1 - p0, std_error=error or None, statistic=t, df=df,
        level=level, p_value=p, n=n1 + n0, unit=kpi.unit, group=group,
        method=f"{kpi.shown()}, this group minus the rest; rows as units, Welch's t",
    )  # fmt: skip


def _ratio(rows: pd.DataFrame, times: float) -> tuple[float, float, int]:
    a, b, n = rows["a"], rows["b"], len(rows)
    ratio = a.sum() / b.sum()
    squares = float(((a - ratio * b) ** 2).sum())
    variance = n / (n - 1) * squares / b.sum() ** 2
    return float(times * ratio), times**2 * variance, n


def _widened(estimate: Estimate, level: float) -> Estimate:
    if estimate.p_value is None:
        return estimate
    share = estimate.p_value / estimate.p_holm if estimate.p_holm else 1.0
    alpha = (1 - level) * share
    half = float(stats.t.isf(alpha / 2, estimate.df)) * estimate.std_error
    return replace(
        estimate, level=1 - alpha, ci_low=estimate.estimate - half,
        ci_high=estimate.estimate + half,
    )  # fmt: skip
