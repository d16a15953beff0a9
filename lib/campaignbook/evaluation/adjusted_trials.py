"""Arms of a trial compared within strata, with plain covariates, from cell moments."""

from dataclasses import asdict, dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from campaignbook.errors import DataError
from campaignbook.evaluation.arms import ASSUMPTIONS, named_rows, real_error, t_reading
from campaignbook.evaluation.bell_mccaffrey import orthonormal
from campaignbook.evaluation.cluster_comparisons import FEW
from campaignbook.evaluation.clusters import Comparison, t_comparison
from campaignbook.evaluation.covariate_sums import moments
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
        fit = _fit(used, (used["arm"] == arm).to_numpy(), self.covariates)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """The arm's coefficient; `k` columns, their dummies among them."""

    estimate: float
    error: float | None
    df: float | None
    cr1: float | None
    n: int
    k: int
    clusters: int | None


def _fit(rows: pd.DataFrame, treated: np.ndarray, covariates: tuple[str, ...]) -> _Fit:
    """Return the fit of cells; by Frisch and Waugh, stratum means stand for dummies."""
    n, arm = rows["n"].to_numpy(dtype=float), treated.astype(float)
    _, sums, products = moments(rows, [*covariates, "y"])
    s = np.column_stack([n * arm, sums])
    w = np.empty((len(n), s.shape[1], s.shape[1]))
    w[:, 0, :] = w[:, :, 0] = s * arm[:, None]
    w[:, 1:, 1:] = products
    size = np.sqrt(np.einsum("cii->i", w))[:-1]
    strata = pd.factorize(rows["stratum"], sort=True)[0]
    held = np.bincount(strata, n)
    mean = (_added(strata, s) / held[:, None])[strata]
    both = s[:, :, None] * mean[:, None, :]
    w += n[:, None, None] * mean[:, :, None] * mean[:, None, :] - both - both.mT
    s -= n[:, None] * mean
    gram = w.sum(axis=0)
    kept = np.diag(gram)[:-1] > 1e-12 * size**2  # others are constant within strata
    values, vectors = np.linalg.eigh(gram[:-1, :-1] * np.outer(kept, kept))
    root = (vectors * np.sqrt(np.clip(values, 0, None))).T * kept
    basis, pick = orthonormal(root, size, 0)
    slope, weight = basis @ (basis.T @ gram[:-1, -1]), basis @ pick
    total, k, cr1, groups = float(n.sum()), len(pick) + len(held), None, None
    x, line = w[:, :-1, :-1], np.r_[-slope, 1.0]
    if "cluster" in rows:
        codes = pd.factorize(rows["cluster"], sort=True)[0]
        groups = int(codes.max()) + 1
        if groups < 2:
            raise DataError("there is only one cluster; clustered inference needs two.")
        cross = _added(codes, w[:, :-1] @ line) @ basis
        factor = groups / (groups - 1) * (total - 1) / max(total - k, 1.0)
        cr1 = sqrt(factor * ((cross @ pick) ** 2).sum())
        inner, place = basis.T @ _added(codes, x) @ basis, codes * len(held) + strata
        cells = np.column_stack([n, s @ line, s[:, :-1] @ basis])
        error, df = _cr2(pick, cross, inner, place, cells, held)
    else:
        squares = np.einsum("i,cij,j->c", line, w, line) - (s @ line) ** 2 / n
        share = np.einsum("i,cij,j->c", weight, x, weight)
        error, df = _people(treated, n - 1, np.clip(squares, 0, None), share)
    t = {"estimate": float(slope[0]), "error": error, "df": df, "cr1": cr1}
    return _Fit(**t, n=round(total), k=k, clusters=groups)


def _people(treated, free, squares, share) -> tuple[float | None, float | None]:
    """Return the error from variances within stratum and arm, and its df."""
    variance = below = 0.0
    for side in (treated, ~treated):
        f, total = free[side], free[side].sum()
        if not total:
            return None, None
        part = share[side] * squares[side] / np.maximum(f, 1)
        pooled = share[side][f == 0].sum() * squares[side].sum() / total
        variance += part[f > 0].sum() + pooled
        below += (part**2 / np.maximum(f, 1))[f > 0].sum() + pooled**2 / total
    return sqrt(variance), float(variance**2 / below) if below > 0 else None


def _cr2(pick, cross, inner, place, cells, held) -> tuple[float | None, float | None]:
    """Return CR2 and df as `bell_mccaffrey` does, Qg'Qg from moments.

    Q has the columns of the basis and one for each stratum that cluster g touches.
    """
    (groups, r), strata = cross.shape, len(held)
    found, which = np.unique(place, return_inverse=True)
    owner, stratum = found // strata, found % strata
    cells = _added(which, cells) / np.sqrt(held[stratum])[:, None]
    share, left, tilt = cells[:, 0] / np.sqrt(held[stratum]), cells[:, 1], cells[:, 2:]
    touched, starts = np.bincount(owner), np.searchsorted(owner, np.arange(groups))
    variance = trace = squares = 0.0
    parts = []
    for m in np.unique(touched):
        group, own = np.flatnonzero(touched == m), np.arange(r, r + m)
        at = starts[group][:, None] + np.arange(m)
        square = np.zeros((len(group), r + m, r + m))
        square[:, :r, :r], square[:, own, own] = inner[group], share[at]
        square[:, r:, :r], square[:, :r, r:] = tilt[at], tilt[at].mT
        values, vectors = np.linalg.eigh(square)
        inside = np.einsum("gij,i->gj", vectors[:, :r, :], pick)
        null = 1 - values <= 1e-10
        if ((inside**2 * null).sum(axis=1) > 1e-12 * (pick @ pick)).any():
            return None, None
        inside = np.where(null, 0.0, inside / np.sqrt(np.where(null, 1.0, 1 - values)))
        half = np.einsum("gij,gj->gi", vectors, inside)
        variance += (
            (np.hstack([cross[group], left[at]]) * half).sum(axis=1) ** 2
        ).sum()
        t = np.einsum("gij,gj->gi", square, half)
        norm, shared = (half * t).sum(axis=1), (t**2).sum(axis=1)
        trace += (norm - shared).sum()
        squares += (norm * (norm - 2 * shared)).sum()
        basis = np.broadcast_to(np.arange(r), (len(group), r))
        columns = np.hstack([basis, r + stratum[at]])
        parts.append((t.ravel(), np.repeat(group, r + m), columns.ravel()))
    data, lines, columns = (np.concatenate(p) for p in zip(*parts, strict=True))
    table = sparse.csr_array((data, (lines, columns)), shape=(groups, r + strata))
    squares += ((table.T @ table).data ** 2).sum()
    return sqrt(variance), float(trace**2 / squares) if squares > 0 else None


def _added(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return sums of `values` (cells, ...) by code."""
    flat = values.reshape(len(values), -1).T
    added = np.column_stack([np.bincount(codes, v) for v in flat])
    return added.reshape(-1, *values.shape[1:])
