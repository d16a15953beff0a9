"""Two arms of a trial compared where clusters of people were assigned."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.arms import (
    ASSUMPTIONS,
    Arm,
    Kind,
    log_reading,
    real_error,
    t_reading,
)
from campaignbook.evaluation.clusters import (
    ClusterFit,
    Comparison,
    cluster_regression,
    one_sample_t,
    two_sample_t,
)
from campaignbook.evaluation.rank_tests import RankTest, rank_test
from campaignbook.results import Estimate

FEW = 5
"""With fewer clusters in an arm, the t of cluster means is the headline."""

MANY = 1000
"""With more clusters a rank test adds nothing to the t tests."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterPair:
    """Two arms as cells of (cluster, arm); one cell may stand alone in its cluster.

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (cells,)
        Cluster of each cell, from 0.
    treated : numpy.ndarray of bool, shape (cells,)
        Whether the cell is of the treated arm.
    sizes, sums : numpy.ndarray, shape (cells,)
        Rows (or population at risk, scaled to the number of rows) and, on the same
        scale, the sum of the outcome.
    times : numpy.ndarray, shape (codes,)
        How many clusters alike each code stands for; the sums are theirs.
    held : tuple of int
        Clusters that hold the treated and the control arm.
    """

    codes: np.ndarray
    treated: np.ndarray
    sizes: np.ndarray
    sums: np.ndarray
    times: np.ndarray
    held: tuple[int, int]

    @classmethod
    def of(cls, arm: Arm, control: Arm) -> "ClusterPair":
        """Return the pair of two arms that hold clusters."""
        names = np.concatenate([arm.clusters, control.clusters])
        sizes = np.concatenate([arm.sizes, control.sizes])
        scale = (arm.n + control.n) / sizes.sum()
        codes, known = pd.factorize(names)
        times = np.empty(len(known))
        times[codes] = np.concatenate([arm.times, control.times])
        return cls(
            codes=codes,
            treated=np.arange(len(names)) < len(arm.sizes),
            sizes=sizes * scale,
            sums=np.concatenate([arm.sums, control.sums]) * scale,
            times=times,
            held=(arm.held, control.held),
        )

    @property
    def count(self) -> int:
        """Number of clusters."""
        return round(self.times.sum())

    @property
    def mixed(self) -> bool:
        """Whether a cluster holds both arms."""
        return len(self.times) < len(self.codes)

    @property
    def means(self) -> np.ndarray:
        """Outcome by exposure of each cell, shape (cells,)."""
        return self.sums / self.sizes

    def collapsed(self, *, level: float) -> Comparison | None:
        """Return the t test of cluster means, of differences where arms are mixed."""
        if not self.mixed:
            known = {"level": level, "times": self.times[self.codes]}
            return two_sample_t(self.means, self.treated, **known)
        values = np.full((2, len(self.times)), np.nan)
        values[self.treated.astype(int), self.codes] = self.means
        within = values[1] - values[0]
        both = ~np.isnan(within)
        if both.sum() < 2:
            return None
        return one_sample_t(within[both], level=level, times=self.times[both])

    def ranked(self, *, level: float, seed: int) -> RankTest | None:
        """Return the rank test of cluster means; None where it does not apply."""
        if self.mixed or (self.count > MANY and min(self.held) > 1):
            return None
        if np.ptp(self.means) <= 1e-13 * np.abs(self.means).max():
            return None  # all clusters alike: no ranks, and no interval
        return rank_test(self.means, self.treated, level=level, seed=seed)

    def regressed(self, sums: np.ndarray) -> ClusterFit:
        """Return the regression of sums (cells,) on the arm, by cluster."""
        design = np.column_stack([np.ones_like(self.sizes), self.treated])
        known = {"column": 1, "times": self.times[self.codes]}
        return cluster_regression(design, self.sizes, sums, self.codes, **known)

    def log_ratio(
        self, *, level: float
    ) -> tuple[float | None, float | None, float | None]:
        """Return the ratio of the arms, its log's standard error and df.

        The difference of the outcome by its arm's mean has the variance of the log
        (delta method). With fewer than 5 clusters in an arm it is the ratio of the
        means of cluster means, its error that of their t test; else CR2.
        """
        few, sides = min(self.held) < FEW, (self.treated, ~self.treated)
        mean, base = (
            self.means[s].mean() if few else self.sums[s].sum() / self.sizes[s].sum()
            for s in sides
        )
        if not base > 0:
            return None, None, None
        ratio = float(mean / base)
        if not mean > 0 or min(self.held) == 1:
            return ratio, None, None
        relative = self.sums / np.where(self.treated, mean, base)
        if few:
            found = replace(self, sums=relative).collapsed(level=level)
            error, df = (found.std_error, found.df) if found else (None, None)
        else:
            fit = self.regressed(relative)
            error, df = fit.cr2, fit.df
        return ratio, real_error(error, 1.0), df


def compare_clusters(
    arm: Arm, control: Arm, *, kind: Kind, level: float, unit: str, seed: int
) -> tuple[tuple[Estimate, ...], RankTest | None]:
    """Return the readings of two arms that clusters hold, the headline first.

    Parameters
    ----------
    arm, control : Arm
        With clusters; at least two between them.
    kind : {"binary", "mean", "count"}
        What the outcome is; counts are read as rates of the population at risk.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the difference.
    seed : int
        For a rank test that draws assignments.

    Returns
    -------
    tuple of Estimate
        ``difference`` or ``rate_difference``, then, as far as they exist,
        ``risk_ratio`` or ``rate_ratio``, ``cr1``, ``collapsed_t`` and
        ``randomisation_inference``.
    RankTest or None
        None where clusters hold both arms, or more than 1,000 clusters one arm each.

    Notes
    -----
    The headline is CR2 with Satterthwaite's degrees of freedom. With fewer than 5
    clusters in an arm it is the t of cluster means, which weighs clusters alike, and
    with one cluster in an arm the rank of that cluster among all. The ratio follows
    the same rule. Populations at risk are scaled to sum to the rows, so that CR1's
    correction counts rows.

    References
    ----------
    Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36:672-683;
    Hayes & Moulton (2017), Cluster Randomised Trials, ch. 10-11.
    """
    pair = ClusterPair.of(arm, control)
    common: dict[str, Any] = {
        "level": level,
        "n": arm.n + control.n,
        "clusters": pair.count,
        "assumptions": ASSUMPTIONS,
    }
    fit = pair.regressed(pair.sums)
    rate = kind == "count"
    what = {"binary": "shares", "mean": "means", "count": "rates"}[kind]
    rows = f"difference of two {what} by regression; clustered"
    size = float(np.abs(pair.means).max())
    cr1, cr2 = (
        t_reading(fit.estimate, real_error(error, size), df, level=level)
        for error, df in ((fit.cr1, pair.count - 1), (fit.cr2, fit.df))
    )
    method = f"{rows} variance CR1, t with clusters - 1"
    if min(pair.held) == 1:
        # An arm's only cluster has no residual: nothing shows how clusters differ.
        cr1 = {"std_error": cr1.get("std_error")}
        method += "; one cluster in an arm, so no interval"
    readings = {"cr1": {"estimate": fit.estimate, "method": method, **cr1}}
    collapsed = pair.collapsed(level=level)
    if collapsed is not None:
        readings["collapsed_t"] = _collapsed(collapsed, mixed=pair.mixed)
    rank = pair.ranked(level=level, seed=seed)
    if rank is not None:
        gap = pair.means[pair.treated].mean() - pair.means[~pair.treated].mean()
        readings["randomisation_inference"] = _ranked(rank, gap, pair, seed=seed)
    if min(pair.held) >= FEW and cr2:
        method = f"{rows} variance CR2, t with Satterthwaite's degrees of freedom"
        headline = {"estimate": fit.estimate, "method": method, **cr2}
    elif min(pair.held) == 1 and rank is not None:
        headline = readings["randomisation_inference"]
    elif collapsed is not None:
        headline = readings["collapsed_t"]
    else:
        method = "difference by regression; too few clusters for an interval"
        headline = {"estimate": fit.estimate, "method": method}
    name = "rate_difference" if rate else "difference"
    unit = "share" if kind == "binary" else unit
    first, *others = (
        Estimate(name=n, unit=unit, **fields, **common)
        for n, fields in {name: headline, **readings}.items()
    )
    if kind == "mean":
        return (first, *others), rank
    ratio = Estimate(
        name="rate_ratio" if rate else "risk_ratio",
        method=_ratio_method(pair),
        **log_reading(*pair.log_ratio(level=level), level=level),
        **common,
    )
    return (first, ratio, *others), rank


def _ratio_method(pair: ClusterPair) -> str:
    if min(pair.held) >= FEW:
        how = "ratio of the arms; variance CR2 of its log (delta method), t with "
        return f"{how}Satterthwaite's degrees of freedom"
    how = "ratio of means of cluster means, clusters alike"
    if min(pair.held) == 1:
        return f"{how}; one cluster in an arm, so no interval"
    return f"{how}; t of its log (delta method) with the df of collapsed_t"


def refuse_few_clusters(arms: Sequence[Arm]) -> bool:
    """Return whether clusters hold several arms; raise DataError below 3 clusters."""
    if arms[0].clusters is None:
        return False
    held = np.concatenate([arm.clusters for arm in arms])
    count = len(pd.unique(held))
    if count < 3:
        found = "is only 1 cluster" if count == 1 else f"are only {count} clusters"
        raise DataError(
            f"cluster: there {found}, and nothing can be said about "
            "chance with fewer than 3; leave 'cluster' out only if people were "
            "assigned one by one."
        )
    return count < len(held)


def _collapsed(found: Comparison, *, mixed: bool) -> dict[str, Any]:
    method = (
        "mean difference within clusters that hold both arms, t with clusters - 1"
        if mixed
        else "difference of cluster means, clusters alike, pooled variance, t with "
        "clusters - 2"
    )
    return {**asdict(found), "method": method}


def _ranked(
    found: RankTest, gap: float, pair: ClusterPair, *, seed: int
) -> dict[str, Any]:
    drawn = "all" if found.exact else f"drawn (seed {seed})"
    method = (
        f"rank {found.rank} of {found.assignments} assignments ({drawn}) of the "
        f"difference of cluster means, {pair.held[0]} treated and {pair.held[1]} "
        f"control clusters; smallest p {found.smallest_p:.3g}; interval by inverting "
        "the test"
    )
    return {
        "estimate": float(gap),
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "p_value": found.p_value,
        "method": method,
    }
