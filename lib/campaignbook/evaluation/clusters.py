"""Inference for numbers that come in clusters: robust regression and t tests."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import special

from campaignbook.errors import DataError
from campaignbook.evaluation.bell_mccaffrey import (
    bell_mccaffrey,
    demeaned,
    orthonormal,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFit:
    """One regression coefficient with clustered standard errors.

    Attributes
    ----------
    estimate, cr1 : float
        The coefficient and its CR1 standard error, in the unit of the outcome.
    cr2, df : float or None
        CR2 standard error and its Satterthwaite degrees of freedom; None where the
        coefficient rests on one cluster alone.
    n, clusters : int
        Rows and clusters.
    """

    estimate: float
    cr1: float
    cr2: float | None
    df: float | None
    n: int
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A t test of an estimate against 0, in its unit; None where it does not exist."""

    estimate: float
    std_error: float | None
    statistic: float | None
    df: float | None
    p_value: float | None
    ci_low: float | None
    ci_high: float | None


def cluster_regression(
    design: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
    clusters: np.ndarray,
    *,
    column: int,
    absorb: np.ndarray | None = None,
    counted: int | None = None,
    rows: float | None = None,
    times: np.ndarray | None = None,
) -> ClusterFit:
    """Return one coefficient with CR1, CR2 and degrees of freedom, from cell sums.

    Parameters
    ----------
    design : ndarray, shape (cells, k)
        Regressors, constant within a cell.
    counts, sums : ndarray, shape (cells,)
        Rows of the cell (positive) and the sum of the outcome over them.
    clusters : ndarray of int, shape (cells,)
        Cluster of each cell.
    column : int
        Which coefficient.
    absorb : ndarray of int, shape (cells,), optional
        Codes from 0 of fixed effects nested in the clusters (panel units).
    counted, rows : int, float, optional
        Columns and rows that count in the correction of CR1; left out, all.
    times : ndarray, shape (cells,), optional
        How many clusters, alike, the cluster of each cell stands for; `counts` and
        `sums` are those of all of them. Left out, one.

    Raises
    ------
    DataError
        With one cluster, an absorbed effect in several of them, or no such coefficient.

    Notes
    -----
    The result is that of the regression on the rows behind the cells. CR1 is
    corrected by G/(G-1) (N-1)/(N-k) for G clusters and N rows; k is `counted`, or the
    independent columns of `design`, plus 1 for absorbed effects (nested in clusters).
    With Z an orthonormal basis of the weighted regressors and c = Z w the contrast,
    CR2 needs (I - Zg Zg')^(-1/2) cg for each cluster g on the positive eigenspace. It
    equals Zg (I - Zg'Zg)^(-1/2) w: the smaller matrix is decomposed, once for equal
    clusters. Time and memory are linear in the cells.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28:169-181.
    Pustejovsky and Tipton (2018), Journal of Business and Economic Statistics
    36:672-683.
    """
    owner, order = np.asarray(clusters), slice(None)
    if (owner[1:] < owner[:-1]).any():
        order = np.argsort(owner, kind="stable")
    owner, n = owner[order], np.asarray(counts, dtype=float)[order]
    x, y = np.asarray(design, dtype=float)[order], np.asarray(sums)[order] / n
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    alike = np.ones(len(n)) if times is None else np.asarray(times, dtype=float)[order]
    each, groups = alike[starts], round(alike[starts].sum())
    rows = float(n.sum()) if rows is None else rows
    if groups < 2:
        raise DataError("there is only one cluster; clustered inference needs two.")
    size = np.sqrt(np.einsum("ck,ck,c->k", x, x, n))
    if absorb is not None:
        codes = np.asarray(absorb)[order]
        x, y = demeaned(x, y, n, codes, owner)
    x, y = x * np.sqrt(n)[:, None], y * np.sqrt(n)
    basis, pick = orthonormal(x, size, column)
    contrast = x @ (basis @ pick)
    residual = y - x @ (basis @ (basis.T @ (x.T @ y)))
    score = np.add.reduceat(contrast * residual, starts)
    k = (basis.shape[1] if counted is None else counted) + (absorb is not None)
    # max: a regression with as many columns as rows has no residual, and cr1 is 0.
    correction = groups / (groups - 1) * (rows - 1) / max(rows - k, 1.0)
    one = np.sqrt(alike)
    cr2, df = bell_mccaffrey(
        x / one[:, None], basis, pick, residual / one, starts, times=each
    )
    return ClusterFit(
        estimate=float(contrast @ y),
        cr1=sqrt(correction * float(score @ (score / each))),
        cr2=cr2,
        df=df,
        n=round(rows),
        clusters=groups,
    )


def t_comparison(
    estimate: float, std_error: float | None, df: float | None, *, level: float
) -> Comparison:
    """Return the t test of an estimate against 0 with its interval at `level`."""
    if not std_error or df is None or df < 1:
        std_error = p = low = high = statistic = None
    else:
        statistic = estimate / std_error
        p = float(2 * special.stdtr(df, -abs(statistic)))
        half = float(special.stdtrit(df, (1 + level) / 2)) * std_error
        low, high = estimate - half, estimate + half
    return Comparison(
        estimate=estimate,
        std_error=std_error,
        statistic=statistic,
        df=df if std_error else None,
        p_value=p,
        ci_low=low,
        ci_high=high,
    )


def two_sample_t(
    values: np.ndarray,
    treated: np.ndarray,
    *,
    level: float,
    times: np.ndarray | None = None,
) -> Comparison:
    """Return treated minus control mean of cluster values, pooled variance, t(G-2).

    `values` (G,), `treated` (G,) bool with both sides (else DataError), `times` (G,)
    how many clusters each stands for. Where the variance is 0 or G = 2 no standard
    error exists.
    """
    values, treated = both_sides(values, treated)
    times = np.ones(len(values)) if times is None else times
    one, zero = (_moments(values[s], times[s]) for s in (treated, ~treated))
    df = round(one[0] + zero[0]) - 2
    error = sqrt((one[2] + zero[2]) / max(df, 1) * (1 / one[0] + 1 / zero[0]))
    estimate = one[1] - zero[1]
    return t_comparison(estimate, _unless_rounding(error, values), df, level=level)


def one_sample_t(
    values: np.ndarray, *, level: float, times: np.ndarray | None = None
) -> Comparison:
    """Return the mean of cluster values (G,) with t(G-1); DataError without any.

    `times` (G,) is how many clusters each value stands for.
    """
    values = np.asarray(values, dtype=float)
    if not len(values):
        raise DataError("there is no cluster value to take the mean of.")
    times = np.ones(len(values)) if times is None else times
    count, estimate, squares = _moments(values, times)
    df = round(count) - 1
    error = sqrt(squares / max(df, 1) / count)
    return t_comparison(estimate, _unless_rounding(error, values), df, level=level)


def both_sides(
    values: np.ndarray, treated: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and sides as arrays; DataError unless both sides occur."""
    values, treated = np.asarray(values, dtype=float), np.asarray(treated, dtype=bool)
    if treated.all() or not treated.any():
        raise DataError("a comparison needs treated and control clusters.")
    return values, treated


def _moments(values, times) -> tuple[float, float, float]:
    """Return how many values there are, their mean and their squared deviations."""
    count = float(times.sum())
    mean = float((times * values).sum() / count)
    return count, mean, float((times * (values - mean) ** 2).sum())


def _unless_rounding(error: float, values: np.ndarray) -> float | None:
    return error if error > 1e-14 * float(np.abs(values).max()) else None
