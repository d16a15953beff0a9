"""A trial's difference adjusted for covariates, beside the one that is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaignbook.evaluation.arm_regression import fit_arms
from campaignbook.evaluation.arms import ASSUMPTIONS, named_rows, real_error, t_reading
from campaignbook.evaluation.cluster_comparisons import FEW
from campaignbook.results import Estimate
from campaignbook.tables import Cells

ENOUGH = 10
"""With fewer rows (or clusters) a covariate in an arm, arms share their slopes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialCovariates:
    """The rows of a trial that have all covariates, summed by arm and cluster.

    Attributes
    ----------
    cells : Cells
        With sums and products of the covariates, from `covariate_sums.with_terms`.
    names : mapping of str to str
        Number in the cells and what it is called; at least one.
    """

    cells: Cells
    names: Mapping[str, str]

    def beside(
        self, found: tuple[Estimate, ...], arm: str, control: str
    ) -> tuple[Estimate, ...]:
        """Return a comparison's estimates with ``adjusted`` after the headline.

        Raises
        ------
        DataError
            If no row of an arm has all covariates, or they tell the arm.

        Notes
        -----
        Each arm has slopes of its own about the mean of all rows, which cannot make
        the estimate less exact in large trials; in small ones arms share them. The
        variance is CR2 with Satterthwaite's degrees of freedom, with people that of
        the residuals within arms, as in Welch's t. With fewer than 5 clusters in an
        arm no interval is given. The headline stays as assignment alone makes it.

        References
        ----------
        Lin (2013), Annals of Applied Statistics 7:295-318.
        """
        return (found[0], self._adjusted(found[0], arm, control), *found[1:])

    def _adjusted(self, headline: Estimate, arm: str, control: str) -> Estimate:
        rows = named_rows(self.cells.frame, (arm, control)).assign(stratum="")
        sizes, held = rows.groupby("arm"), "cluster" in rows
        sizes = sizes["cluster"].nunique() if held else sizes["n"].sum()
        by_arm = bool(sizes.min() >= ENOUGH * len(self.names))
        one = (rows["arm"] == arm).to_numpy()
        fit = fit_arms(rows, one, tuple(self.names), by_arm=by_arm)
        method = f"difference by regression on {len(self.names)} covariate(s), "
        method += "slopes by arm (Lin 2013); " if by_arm else "slopes of both arms; "
        read: dict[str, Any] = {}
        if held and sizes.min() < FEW:
            method += f"no interval with fewer than {FEW} clusters in an arm"
        else:
            size = float((rows["sum_y"] / rows["n"]).abs().max())
            error = real_error(fit.error, size)
            read = t_reading(fit.estimate, error, fit.df, level=headline.level)
            method += "clustered variance CR2" if held else "variance within their arms"
            method += ", t with Satterthwaite's degrees of freedom"
        if headline.n is not None and headline.n > fit.n:
            method += f"; {headline.n - fit.n:,} rows lack a covariate"
        return Estimate(
            name="adjusted",
            estimate=fit.estimate,
            unit=headline.unit,
            level=headline.level,
            n=fit.n,
            clusters=fit.clusters,
            method=method,
            assumptions=ASSUMPTIONS,
            **read,
        )
