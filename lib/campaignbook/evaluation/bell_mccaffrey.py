"""Arrays behind clustered standard errors: a basis, and CR2 on it by cluster."""

from math import sqrt

import numpy as np

from campaignbook.errors import DataError

_ZERO = 1e-10
_BATCH = 4_000_000


def demeaned(
    x: np.ndarray, y: np.ndarray, n: np.ndarray, codes: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return x (cells, k) and cell means y (cells,) without their means by code.

    The means are weighted by the counts `n`. DataError if a code (from 0) occurs
    under more than one `owner` (its cluster).
    """
    home = np.zeros(codes.max() + 1, dtype=owner.dtype)
    home[codes] = owner
    if (home[codes] != owner).any():
        raise DataError("an absorbed effect lies in several clusters; it must be one.")
    total = np.bincount(codes, n)
    total[total == 0] = 1.0
    means = [(np.bincount(codes, n * v) / total)[codes] for v in (*x.T, y)]
    return x - np.column_stack(means[:-1]), y - means[-1]


def orthonormal(
    x: np.ndarray, size: np.ndarray, column: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return basis (k, r) with x @ basis orthonormal, and its row for the column.

    Columns of `x` (cells, k) whose norm has shrunk to rounding beside `size` (k,),
    their norm before demeaning, count as zero; r is the rank. DataError if the
    coefficient of `column` is not identified.
    """
    gram = x.T @ x
    norm = np.sqrt(np.diag(gram))
    scale = np.where(norm > 1e-9 * size, 1 / np.where(norm > 0, norm, 1.0), 0.0)
    values, vectors = np.linalg.eigh(gram * np.outer(scale, scale))
    kept = values > _ZERO * values[-1]
    if (vectors[column, kept] ** 2).sum() < 1 - 1e-7:
        raise DataError(
            "treated: the effect cannot be told apart from the other terms of the "
            "regression; add rows with and without treatment to each of them."
        )
    basis = scale[:, None] * vectors[:, kept] / np.sqrt(values[kept])
    return basis, basis[column]


def bell_mccaffrey(
    x: np.ndarray,
    basis: np.ndarray,
    pick: np.ndarray,
    residual: np.ndarray,
    starts: np.ndarray,
    *,
    times: np.ndarray,
) -> tuple[float | None, float | None]:
    """Return CR2 and its Satterthwaite degrees of freedom; None where none exist.

    Parameters
    ----------
    x, residual : ndarray, shapes (cells, k) and (cells,)
        Weighted regressors and residuals, both times sqrt(n), clusters together.
    basis, pick : ndarray, shapes (k, r) and (r,)
        From `orthonormal`.
    starts : ndarray of int, shape (G,)
        First cell of each cluster.
    times : ndarray, shape (G,)
        How many clusters alike it stands for; `x` and `residual` are those of one.

    Notes
    -----
    With u_g = (I - Zg Zg')^(-1/2) cg, t_g = Zg' u_g and s_g = u_g'u_g, the matrix
    whose trace squared over whose sum of squares is the df has s_g - t_g't_g on its
    diagonal and -t_g't_h beside it, so sums over clusters give both. They do not
    exist where a part of the contrast lies in the null space of I - Zg Zg'.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28:169-181.
    """
    sizes = np.diff(np.r_[starts, len(x)])
    variance = trace = squares = 0.0
    cross = np.zeros((len(pick), len(pick)))
    for size in np.unique(sizes):
        cells = starts[sizes == size][:, None] + np.arange(size)
        blocks = (x if cells.size == len(x) else x[cells]).reshape(len(cells), -1)
        first, which = _patterns(blocks)
        each = times[sizes == size]
        alike = np.bincount(which, each)
        block = blocks[first].reshape(len(first), size, -1) @ basis
        half, lost = _half(block, pick)
        if lost > 1e-6 * np.linalg.norm(pick):
            return None, None
        score = np.einsum("gm,gm->g", residual[cells], half[which])
        variance += float(score @ (each * score))
        t = np.einsum("pmr,pm->pr", block, half)
        own, shared = (half**2).sum(axis=1), (t**2).sum(axis=1)
        trace += float(alike @ (own - shared))
        squares += float(alike @ (own * (own - 2 * shared)))
        cross += (t * alike[:, None]).T @ t
    squares += float((cross**2).sum())
    return sqrt(variance), trace**2 / squares if squares > 0 else None


def _half(block, pick) -> tuple[np.ndarray, float]:
    """Return (I - Zg Zg')^(-1/2) cg (p, m), and the most that the null space takes."""
    p, m, r = block.shape
    half, lost, step = np.empty((p, m)), 0.0, max(1, _BATCH // min(m, r) ** 2)
    for part in (slice(i, i + step) for i in range(0, p, step)):
        z = block[part]
        wide = m <= r
        square = z @ z.mT if wide else z.mT @ z
        values, vectors = np.linalg.eigh(square)
        target = z @ pick if wide else np.broadcast_to(pick, (len(z), r))
        inside = np.einsum("pij,pi->pj", vectors, target)
        null = 1 - values <= _ZERO
        if null.any():
            lost = max(lost, float(np.sqrt((inside**2 * null).sum(axis=1)).max()))
        inside = np.where(null, 0.0, inside / np.sqrt(np.where(null, 1.0, 1 - values)))
        back = np.einsum("pij,pj->pi", vectors, inside)
        half[part] = back if wide else np.einsum("pmr,pr->pm", z, back)
    return half, lost


def _patterns(rows) -> tuple[np.ndarray, np.ndarray]:
    """Return first index and pattern of each row, for exactly equal rows."""
    weights = np.random.default_rng(0).uniform(1, 2, rows.shape[1])
    key = np.einsum("gc,c->g", rows, weights)
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    if len(first) < len(rows) and np.array_equal(rows[first][which], rows):
        return first, which
    return np.arange(len(rows)), np.arange(len(rows))
