"""Regression on one short series in time: errors that resemble their neighbours."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from statsmodels.genmod.generalized_linear_model import GLM, families

from campaignbook.errors import DataError

Errors = Literal["ar1", "independent", "newey_west"]

LEAST_RHO, MOST_RHO, MOST_MEMORY = -0.5, 0.95, 0.8
"""Limits of the autocorrelation that a fit works with, and of its memory in counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFit:
    """Coefficients of a regression on a series, with their covariance.

    Attributes
    ----------
    coefficients : ndarray, shape (k,)
        In the unit of the outcome; for counts on the log.
    covariance : ndarray, shape (k, k)
        Of the coefficients, by the fit's own rule.
    df : int
        Degrees of freedom for t: points minus coefficients.
    rho : float or None
        Correlation of neighbouring errors in the covariance; None where it has none.
    residuals : ndarray, shape (T,)
        What is left, of mean about 0; after taking out `rho` in `prais_winsten`.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    df: int
    rho: float | None
    residuals: np.ndarray

    def contrast(self, weights: np.ndarray) -> tuple[float, float]:
        """Return weights @ coefficients and its standard error, for weights (k,)."""
        w = np.asarray(weights, dtype=float)
        variance = float(w @ self.covariance @ w)
        return float(w @ self.coefficients), max(variance, 0.0) ** 0.5


def prais_winsten(
    y: np.ndarray,
    x: np.ndarray,
    *,
    steps: np.ndarray | None = None,
    seasonal: int = 0,
    iterations: int = 8,
) -> SeriesFit:
    """Return the regression of a series with AR(1) errors, first row kept.

    Parameters
    ----------
    y : ndarray, shape (T,)
        The series, in time order.
    x : ndarray, shape (T, k)
        Its columns, the constant among them.
    steps : ndarray of int, shape (T,), optional
        When each point was measured; left out, one after another without gaps.
    seasonal : int
        How many columns of `x` are dummies of a season.
    iterations : int
        Most rounds between coefficients and autocorrelation.

    Raises
    ------
    DataError
        With as many coefficients as points, or columns that cannot be told apart.

    Notes
    -----
    Residuals of a short series look less correlated than its errors are. The estimate
    rho is therefore raised to (rho + (m + 1) / T) / (1 - (m + 3) / T), which is right
    on average for the m = 4 columns level, slope and their changes (measured; T 24 to
    72). Further smooth columns each raise m by one; dummies of a season do not, as
    they take up as much negative as positive correlation. Fewer columns keep m = 4:
    the little too much rho that this leaves gives intervals that cover better
    (T 24, rho .6: .93 instead of .91 with two columns). The variance is divided by
    T - k, and t has T - k degrees of freedom. Across a gap of d steps neighbours
    correlate by rho^d.

    References
    ----------
    Prais and Winsten (1954), Cowles Commission Discussion Paper 383.
    """
    y, x, steps = _checked(y, x, steps)
    k = x.shape[1]
    rho, previous = 0.0, 0.0
    for _ in range(iterations):
        beta = _solve(*_whitened(y, x, steps, rho))[0]
        rho, previous = _correlation(y - x @ beta, steps), rho
        if abs(rho - previous) < 1e-4:
            break
    rho = _raised(rho, len(y), k - seasonal)
    ys, xs = _whitened(y, x, steps, rho)
    beta, inverse = _solve(ys, xs)
    left = ys - xs @ beta
    return SeriesFit(
        coefficients=beta,
        covariance=inverse * float(left @ left) / (len(y) - k),
        df=len(y) - k,
        rho=rho,
        residuals=left,
    )


def ols(
    y: np.ndarray,
    x: np.ndarray,
    *,
    errors: Errors = "independent",
    steps: np.ndarray | None = None,
    seasonal: int = 0,
) -> SeriesFit:
    """Return ordinary least squares of y (T,) on x (T, k), t(T-k).

    `errors` is what the covariance allows; the coefficients are the same. The other
    parameters, and what is raised, are those of `prais_winsten`.

    Notes
    -----
    ``newey_west`` takes `lags` lags and the correction T / (T - k). It is for
    comparison only: its intervals of a change of level cover .75 to .89 instead of
    .95 on 24 to 72 points. ``ar1``: see `poisson_fit`.

    References
    ----------
    Newey and West (1987), Econometrica 55:703-708.
    """
    y, x, steps = _checked(y, x, steps)
    beta = _solve(y, x)[0]
    return _with_errors(beta, y - x @ beta, x, steps, seasonal, errors)


def lags(t: int) -> int:
    """Return the lags that Newey-West uses for t points: 4 (t/100)^(2/9), floored.

    Examples
    --------
    >>> lags(24), lags(48), lags(192)
    (2, 3, 4)
    """
    return int(4 * (t / 100) ** (2 / 9))


def poisson_fit(
    counts: np.ndarray,
    x: np.ndarray,
    offset: np.ndarray | None = None,
    *,
    comparison: np.ndarray | None = None,
    errors: Errors = "ar1",
    steps: np.ndarray | None = None,
    seasonal: int = 0,
) -> SeriesFit:
    """Return a log-linear regression of counts, Pearson scale, t(T-k).

    Parameters
    ----------
    counts : ndarray, shape (T,)
        Events, in time order.
    x : ndarray, shape (T, k)
        Columns, the constant among them.
    offset : ndarray, shape (T,), optional
        Log of the population at risk; with `comparison`, log of the ratio of the two.
    comparison : ndarray, shape (T,), optional
        Events of a second series. Then the log ratio of the two is modelled, given
        their sum: the same as a joint Poisson regression with an effect of its own
        for each period, so a shock common to both leaves no trace.
    errors : {"ar1", "independent", "newey_west"}
        What the covariance allows, as in `ols`; the coefficients are the same.
    steps, seasonal
        As in `prais_winsten`.

    Raises
    ------
    DataError
        As `prais_winsten`, and where a part without any event has no finite ratio.

    Notes
    -----
    ``ar1``: Pearson residuals of neighbours correlate by rho, estimated and raised as
    in `prais_winsten` and not below 0. The covariance is phi B X'W^(1/2) R W^(1/2) X B
    with B = (X'WX)^-1 and phi = r'r / tr((I - H) R), the Pearson scale where rho is 0.
    Only the share s = 1 - 1/phi of the variance that is not Poisson's has a memory, so
    R = (rho m^(|i-j|-1)), m = rho/s from rho to .8 (measured, T 72: .93, with rho .90).

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, ch. 9.
    Zeger (1988), Biometrika 75:621-629.
    """
    counts, x, steps = _checked(counts, x, steps)
    total, outcome, family = None, counts, families.Poisson()
    if comparison is not None:
        total, family = counts + np.asarray(comparison, float), families.Binomial()
        outcome = np.column_stack([counts, total - counts])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they tell is refused just below
        found = GLM(outcome, x, family=family, offset=offset).fit(maxiter=100)
    mean = found.fittedvalues if total is None else total * found.fittedvalues
    weight = mean if total is None else mean * (1 - found.fittedvalues)
    if not (found.converged and np.isfinite(found.params).all() and min(weight) > 1e-7):
        raise DataError(
            "outcome: a part of the series (a time of year, or the time before, in or "
            "after the campaign) has no events at all, so no finite ratio exists; "
            "take longer periods, or leave 'season' out."
        )
    left = (counts - mean) / np.sqrt(weight)
    columns = x * np.sqrt(weight)[:, None]
    beta = np.asarray(found.params)
    return _with_errors(beta, left, columns, steps, seasonal, errors)


def _with_errors(beta, left, x, steps, seasonal, errors: Errors) -> SeriesFit:
    """Return coefficients with the covariance that residuals (T,) give for x (T, k)."""
    t, k = x.shape
    q, r = np.linalg.qr(x)
    middle, scale, rho = np.eye(k), float(left @ left) / (t - k), None
    if errors == "ar1":
        rho = max(_raised(_correlation(left, steps), t, k - seasonal), 0.0)
        beyond = max(1 - 1 / max(scale, 1.0), 1e-9)
        memory = max(rho, min(rho / beyond, MOST_MEMORY))
        apart = np.abs(steps[:, None] - steps)
        alike = np.where(apart, rho * memory ** np.maximum(apart - 1, 0), 1.0)
        middle = q.T @ alike @ q
        scale = float(left @ left) / (t - float(np.trace(middle)))
    elif errors == "newey_west":
        score, scale = q * left[:, None], t / (t - k)
        middle = score.T @ score
        for lag in range(1, lags(t) + 1):
            product = score[lag:].T @ score[:-lag]
            middle = middle + (1 - lag / (lags(t) + 1)) * (product + product.T)
    inverse = np.linalg.inv(r)
    return SeriesFit(
        coefficients=beta,
        covariance=scale * inverse @ middle @ inverse.T,
        df=t - k,
        rho=rho,
        residuals=left,
    )


def _checked(y, x, steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return floats; refuse too few points and columns that cannot be told apart."""
    y, x = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    t, k = x.shape
    if t <= k:
        raise DataError(
            f"data: the series has {t} points and the model {k} coefficients; take a "
            "longer series, or leave the season, covariates or the slope out."
        )
    size = np.linalg.norm(x, axis=0)
    if (size == 0).any() or np.linalg.matrix_rank(x / size, tol=1e-8) < k:
        raise DataError(
            "terms: level, slope, season and covariates cannot be told apart in this "
            "series; leave a covariate or the season out, or write terms: level."
        )
    return y, x, np.arange(t) if steps is None else np.asarray(steps)


def _whitened(y, x, steps, rho) -> tuple[np.ndarray, np.ndarray]:
    """Return series and columns with errors of equal variance and no correlation."""
    back = rho ** np.diff(steps)
    size = np.sqrt((1 - rho**2) / (1 - back**2)) if rho else np.ones(len(back))
    both, first = np.column_stack([y, x]), np.sqrt(1 - rho**2)
    later = size[:, None] * (both[1:] - back[:, None] * both[:-1])
    both = np.vstack([first * both[:1], later])
    return both[:, 0], both[:, 1:]


def _solve(y, x) -> tuple[np.ndarray, np.ndarray]:
    """Return least-squares coefficients and (X'X)^-1."""
    q, r = np.linalg.qr(x)
    inverse = np.linalg.inv(r)
    return inverse @ (q.T @ y), inverse @ inverse.T


def _correlation(left, steps) -> float:
    """Return the correlation of residuals one step apart."""
    near = np.diff(steps) == 1
    square = float(left @ left)
    if square == 0 or not near.any():
        return 0.0
    rho = float((left[1:] * left[:-1])[near].sum()) / square
    return float(np.clip(rho * (len(left) - 1) / near.sum(), -0.98, 0.98))


def _raised(rho: float, t: int, columns: int) -> float:
    m = max(4, columns)
    if t <= m + 3:
        return MOST_RHO
    return float(np.clip((rho + (m + 1) / t) / (1 - (m + 3) / t), LEAST_RHO, MOST_RHO))
