"""Inference for numbers that come in clusters: robust regression, t and rank tests."""

from dataclasses import dataclass
from itertools import combinations
from math import comb, floor, sqrt

import numpy as np
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.evaluation.bell_mccaffrey import (
    bell_mccaffrey,
    demeaned,
    orthonormal,
)

_MOST_ASSIGNMENTS = 20_000
_BATCH = 4_000_000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """Randomisation inference on a difference of means.

    Attributes
    ----------
    p_value, smallest_p : float
        Two-sided p, and the smallest that these assignments can give.
    rank, assignments : int
        Assignments at least as extreme as the observed one, and all of them.
    exact : bool
        Whether every possible assignment was used (else random ones).
    ci_low, ci_high : float or None
        Interval by inverting the test; None when `smallest_p` exceeds 1 - level.
    """

    p_value: float
    smallest_p: float
    rank: int
    assignments: int
    exact: bool
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
    groups, rows = len(starts), float(n.sum()) if rows is None else rows
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
    cr2, df = bell_mccaffrey(x, basis, pick, residual, starts)
    return ClusterFit(
        estimate=float(contrast @ y),
        cr1=sqrt(correction * float(score @ score)),
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
        p = float(2 * stats.t.sf(abs(statistic), df))
        half = float(stats.t.ppf((1 + level) / 2, df)) * std_error
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
    values: np.ndarray, treated: np.ndarray, *, level: float
) -> Comparison:
    """Return treated minus control mean of cluster values, pooled variance, t(G-2).

    `values` and `treated` (G,), both sides (else DataError). No standard error exists
    where the variance is 0 or G = 2.
    """
    values, treated = _both_sides(values, treated)
    one, zero = values[treated], values[~treated]
    df = len(values) - 2
    squares = ((one - one.mean()) ** 2).sum() + ((zero - zero.mean()) ** 2).sum()
    error = sqrt(squares / max(df, 1) * (1 / len(one) + 1 / len(zero)))
    estimate = float(one.mean() - zero.mean())
    return t_comparison(estimate, _unless_rounding(error, values), df, level=level)


def one_sample_t(values: np.ndarray, *, level: float) -> Comparison:
    """Return the mean of cluster values (G,) with t(G-1); DataError without any."""
    values = np.asarray(values, dtype=float)
    if not len(values):
        raise DataError("there is no cluster value to take the mean of.")
    df = len(values) - 1
    error = sqrt(((values - values.mean()) ** 2).sum() / max(df, 1) / len(values))
    estimate = float(values.mean())
    return t_comparison(estimate, _unless_rounding(error, values), df, level=level)


def rank_test(
    values: np.ndarray,
    treated: np.ndarray,
    *,
    level: float,
    draws: int = 9999,
    seed: int = 0,
) -> RankTest:
    """Return the randomisation test of treated minus control mean of cluster values.

    Parameters
    ----------
    values : ndarray, shape (G,)
        One value a cluster, any unit.
    treated : ndarray of bool, shape (G,)
        Which were treated; both values must occur (DataError).
    level : float
        Confidence level, 0-1.
    draws, seed : int
        Random assignments beside the observed one, where more than 20,000 exist.

    Notes
    -----
    With one treated cluster this is the placebo test. With an effect t taken off the
    treated, assignment A has the statistic a - t c, |c| <= 1 (observed: c = 1). It is
    at least as extreme as the observed one for t in a closed interval around the
    estimate, so p(t) is the share of these intervals that hold t, and the ends of
    {t : p(t) > 1 - level} are order statistics of their ends.

    References
    ----------
    Imbens and Rubin (2015), Causal Inference for Statistics, ch. 5.
    """
    values, treated = _both_sides(values, treated)
    m, g = int(treated.sum()), len(values)
    side, s = (treated, m) if 2 * m <= g else (~treated, g - m)
    sets, exact = _assignments(side, s, draws, seed)
    shift = (1 if side is treated else -1) * (1 / s + 1 / (g - s))
    centred = values - values.mean()
    a, observed = shift * centred[sets].sum(axis=1), shift * centred[side].sum()
    hits = side[sets].sum(axis=1)
    c = hits / s - (s - hits) / (g - s)
    tie = 1e-10 * abs(observed) + 1e-14 * float(np.abs(values).max())
    rank = int((np.abs(a) >= abs(observed) - tie).sum())
    always = (hits == s) | ((hits == 0) & (2 * s == g))
    needed = floor((1 - level) * len(sets) + 1e-9) + 1 - int(always.sum())
    low = high = None
    if needed > 0:
        b, c = (a - observed * c)[~always], c[~always]
        ends = np.sort([b / (1 + c), -b / (1 - c)], axis=0)
        low = float(observed + np.partition(ends[0], needed - 1)[needed - 1])
        high = float(observed + np.partition(ends[1], -needed)[-needed])
        low, high = (0.0 if abs(end) <= 2 * tie else end for end in (low, high))
    return RankTest(
        p_value=rank / len(sets),
        smallest_p=int(always.sum()) / len(sets),
        rank=rank,
        assignments=len(sets),
        exact=exact,
        ci_low=low,
        ci_high=high,
    )


def _both_sides(values, treated) -> tuple[np.ndarray, np.ndarray]:
    values, treated = np.asarray(values, dtype=float), np.asarray(treated, dtype=bool)
    if treated.all() or not treated.any():
        raise DataError("a comparison needs treated and control clusters.")
    return values, treated


def _unless_rounding(error: float, values: np.ndarray) -> float | None:
    return error if error > 1e-14 * float(np.abs(values).max()) else None


def _assignments(side, s, draws, seed) -> tuple[np.ndarray, bool]:
    """Return sets (assignments, s) of indices on the smaller side, and if all are."""
    g = len(side)
    if s == 1:
        return np.arange(g)[:, None], True
    if comb(g, s) <= _MOST_ASSIGNMENTS:
        return np.array(list(combinations(range(g), s))), True
    rng = np.random.default_rng(seed)
    sets, step = [np.flatnonzero(side)[None, :]], max(1, _BATCH // g)
    for begin in range(0, draws, step):
        noise = rng.random((min(step, draws - begin), g))
        sets.append(np.argpartition(noise, s - 1, axis=1)[:, :s])
    return np.concatenate(sets), False
