"""Two arms in a regression with strata and covariates, from the sums of cells."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from scipy import sparse

from campaignbook.errors import DataError
from campaignbook.evaluation.bell_mccaffrey import orthonormal
from campaignbook.evaluation.covariate_sums import moments


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFit:
    """The arm's coefficient; `k` columns, their dummies among them."""

    estimate: float
    error: float | None
    df: float | None
    cr1: float | None
    n: int
    k: int
    clusters: int | None


def fit_arms(
    rows: pd.DataFrame,
    treated: np.ndarray,
    covariates: tuple[str, ...],
    *,
    by_arm: bool = False,
) -> ArmFit:
    """Return the fit of cells; by Frisch and Waugh, stratum means stand for dummies.

    With `by_arm` each arm has slopes of its own, about the mean of all rows.
    """
    n, s, w = _columns(rows, treated.astype(float), covariates, by_arm=by_arm)
    size = np.sqrt(np.einsum("cii->i", w))[:-1]
    strata = pd.factorize(rows["stratum"], sort=True)[0]
    held = np.bincount(strata, n)
    mean = (_added(strata, s) / held[:, None])[strata]
    both = s[:, :, None] * mean[:, None, :]
    w += n[:, None, None] * mean[:, :, None] * mean[:, None, :] - both - both.mT
    s -= n[:, None] * mean
    gram = w.sum(axis=0)
    kept = np.diag(gram)[:-1] > 1e-12 * size**2  # others are constant within strata
    scale = kept / np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(gram[:-1, :-1] * np.outer(scale, scale))
    root = (vectors * np.sqrt(np.clip(values, 0, None))).T * (kept * size)
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
        free = n - 1 - len(covariates) * by_arm
        error, df = _people(treated, free, np.clip(squares, 0, None), share)
    t = {"estimate": float(slope[0]), "error": error, "df": df, "cr1": cr1}
    return ArmFit(**t, n=round(total), k=k, clusters=groups)


def _columns(rows, arm, covariates, *, by_arm):
    """Return rows, sums and products of arm, covariates (by arm too) and outcome."""
    n, sums, products = moments(rows, [*covariates, "y"])
    k = len(covariates)
    s, w = np.column_stack([n, sums]), np.empty((len(n), k + 2, k + 2))
    w[:, 0], w[:, :, 0], w[:, 1:, 1:] = s, s, products
    shift = np.eye(k + 2)
    shift[1:-1, 0] = -sums[:, :k].sum(axis=0) / n.sum()
    s, w = s @ shift.T, shift @ w @ shift.T
    z, own = np.arange(1, k + 1), np.ones((len(n), k))
    which = np.r_[0, z, z[: k * by_arm], k + 1]
    times = np.column_stack([arm, own, own[:, : k * by_arm] * arm[:, None], 1 + 0 * n])
    w = w[:, which][:, :, which] * times[:, :, None] * times[:, None, :]
    return n, s[:, which] * times, w


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
