"""Arms of a trial compared within strata, with plain covariates, from cell moments."""

from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.arm_regression import fit_arms
from campaignbook.evaluation.arms import ASSUMPTIONS, named_rows, real_error, t_reading
from campaignbook.evaluation.cluster_comparisons import FEW
from campaignbook.evaluation.clusters import Comparison, t_comparison
from campaignbook.results import Check, Estimate
from campaignbook.tables import Cells

_PLAIN = "; not adjusted for strata"
_NONE = (
    "strata: no stratum holds the control arm and another one, so nothing can be "
    "compared within strata; leave strata out or name a column with larger strata."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strata:
    """Cells of a trial by stratum and arm, and by cluster where there are any.

    `frame` has the columns ``stratum``, ``arm`` (the plan's names), ``n``, sums of
    ``y`` and of the `covariates` (``z0``, ``z1`` ...) with all their products.
    """

    frame: pd.DataFrame
    covariates: tuple[str, ...] = ()

    @classmethod
    def of(cls, cells: Cells, names: tuple[str, ...]) -> "Strata | None":
        """Return the strata of the named arms; None where cells have no stratum."""
        if "stratum" not in cells.frame:
            return None
        found = [c[4:] for c in cells.frame if c.startswith("sum_z")]
        covariates = tuple(c for c in found if "_" not in c)
        return cls(frame=named_rows(cells.frame, names), covariates=covariates)

    def adjusted(
        self, found: tuple[Estimate, ...], arm: str, control: str
    ) -> tuple[Estimate, ...]:
        """Return a comparison's estimates with the headline adjusted for strata.

        Parameters
        ----------
        found : tuple of Estimate
            The comparison of the two arms without strata, the headline first.
        arm, control : str
            The two arms.

        Returns
        -------
        tuple of Estimate
            The adjusted headline, ``unadjusted``, then the others, ``cr1`` and, where
            it exists, ``collapsed_t`` adjusted. With fewer than 5 clusters in an arm
            the headline is ``collapsed_t``, without it not adjusted.

        Raises
        ------
        DataError
            If no stratum holds both arms, or covariates leave no difference to see.

        Notes
        -----
        The difference is the arm's coefficient beside covariates and stratum dummies,
        with people its variance the sum of those within stratum and arm (a cell of one
        row takes its arm's). Strata with one arm are used for covariates' slopes only.

        References
        ----------
        Bell and McCaffrey (2002), Survey Methodology 28:169-181; Imbens and Rubin
        (2015), Causal Inference for Statistics, ch. 9.
        """
        first, level, rows = found[0], found[0].level, self._pair(arm, control)[0]
        used = self._pair(arm, control)[1] if self.covariates else rows
        fit = fit_arms(used, (used["arm"] == arm).to_numpy(), self.covariates)
        size = float((rows["sum_y"] / rows["n"]).abs().max())
        common: dict[str, Any] = {"unit": first.unit, "level": level, "n": fit.n}
        common |= {"clusters": fit.clusters, "assumptions": ASSUMPTIONS}
        strata = rows["stratum"].nunique()
        what = f"difference within {strata} strata by regression with a dummy each"
        if self.covariates:
            what += f" and {len(self.covariates)} covariate(s)"
        read = t_reading(fit.estimate, real_error(fit.error, size), fit.df, level=level)
        way = "clustered variance CR2" if fit.clusters else "variance within their arms"
        method = f"{what}; {way}, t with Satterthwaite's degrees of freedom"
        if not read:
            method += "; too few rows for an interval"
        headline = {"estimate": fit.estimate, "method": method, **read}
        readings: dict[str, dict[str, Any]] = {}
        if fit.clusters:
            fewest = rows.groupby("arm")["cluster"].nunique().min()
            error = real_error(fit.cr1, size)
            cr1 = t_reading(fit.estimate, error, fit.clusters - 1, level=level)
            method = f"{what}; clustered variance CR1, whose correction counts every "
            method += f"column (k = {fit.k}, all dummies), t with clusters - 1"
            if fewest == 1:
                cr1, method = {"std_error": error}, f"{method}; one cluster in an arm"
            readings["cr1"] = {"estimate": fit.estimate, "method": method, **cr1}
            collapsed = _collapsed(rows, arm, level=level)
            if collapsed is not None:
                method = "difference of cluster means within strata, clusters alike, "
                method += "no covariates, pooled variance, t with clusters - strata - 1"
                readings["collapsed_t"] = {**asdict(collapsed), "method": method}
            if fewest < FEW or not read:
                headline = readings.get("collapsed_t") if fewest > 1 else None
        others = [
            Estimate(name=e.name, **readings[e.name], **common)
            if e.name in readings
            else replace(e, method=e.method + _PLAIN)
            for e in found[1:]
        ]
        plain = replace(first, name="unadjusted")
        if headline is None:
            return (replace(first, method=first.method + _PLAIN), plain, *others)
        return (Estimate(name=first.name, **headline, **common), plain, *others)

    def check(self, headline: Estimate, arm: str, control: str) -> Check:
        """Return whether the headline compares within strata that hold both arms."""
        kept, rows = self._pair(arm, control)
        strata, lost = kept["stratum"].nunique(), int(rows["n"].sum() - kept["n"].sum())
        sentence = f"The arms are compared within {strata} strata that hold both"
        few = headline.method.endswith(_PLAIN)
        if few:
            sentence = "Too few clusters: the result is not adjusted for strata"
        if lost:
            sentence += f"; {lost:,} rows in strata with one arm tell nothing of it"
        answer = "unknown" if few or lost else "yes"
        return Check(name="strata", answer=answer, sentence=f"{sentence}.")

    def _pair(self, arm: str, control: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return two arms' cells in strata with both, and all; DataError without."""
        rows = self.frame[self.frame["arm"].isin([arm, control])]
        kept = rows[rows.groupby("stratum")["arm"].transform("nunique") == 2]
        if kept.empty:
            raise DataError(_NONE)
        return kept, rows


def usable(cells: Cells, control: str) -> Cells:
    """Return cells of strata that hold control and another arm, the others counted.

    Cells without strata are returned as they are, and so are those with covariates,
    whose slopes every stratum shows. DataError if no stratum holds two arms.
    """
    frame = cells.frame
    if "stratum" not in frame:
        return cells
    own = (frame["arm"] == control).groupby(frame["stratum"]).transform("any")
    single = ~own | (frame.groupby("stratum")["arm"].transform("nunique") < 2)
    if single.all():
        raise DataError(_NONE)
    why = "the stratum does not hold two arms to compare"
    return cells if "sum_z0" in frame else cells.without(single, why)


def _collapsed(rows: pd.DataFrame, arm: str, *, level: float) -> Comparison | None:
    """Return the t test of cluster means within strata; None where there is none."""
    sums = rows.groupby(["cluster", "stratum", "arm"], as_index=False)
    sums = sums[["n", "sum_y"]].sum()
    codes = pd.factorize(sums["stratum"])[0]
    count = np.bincount(codes)
    df = len(sums) - len(count) - 1
    if sums["cluster"].duplicated().any() or df < 1:
        return None  # a cluster with both arms or in several strata, or too few
    values = (sums["sum_y"] / sums["n"]).to_numpy()
    one = (sums["arm"] == arm).to_numpy(dtype=float)
    y, x = (v - (np.bincount(codes, v) / count)[codes] for v in (values, one))
    estimate = float(x @ y / (x @ x))
    error = sqrt(((y - estimate * x) ** 2).sum() / df / (x @ x))
    error = real_error(error, float(np.abs(values).max()))
    return t_comparison(estimate, error, df, level=level)
