"""Synthetic controls as arithmetic: donor weights, placebos and their rank test."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from scipy.optimize import minimize, nnls

from campaignbook.errors import DataError

_STARTS = 3
_STEP = 2.0
_TIE_BREAK = 1e-3
_LOG_RANGE = 8.0
_SMALLEST_FIT = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How one unit is made from others.

    Attributes
    ----------
    weights : ndarray, shape (U,)
        Weight of every unit, at least 0 with sum 1; 0 for the unit itself.
    importance : ndarray, shape (K,), or None
        Weight of each predictor, with sum 1; None without predictors.
    """

    weights: np.ndarray
    importance: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebo:
    """The rank of one unit among all, each fitted from the others.

    Attributes
    ----------
    p_value : float
        Share of the units whose statistic is at least that of the treated one.
    rank : int
        Number of these units, the treated one included.
    ci_low, ci_high : float or None
        Interval by inverting the test, in the unit of the outcome; None where it is
        unbounded or the smallest p exceeds 1 - level.
    """

    p_value: float
    rank: int
    ci_low: float | None = None
    ci_high: float | None = None


def simplex_weights(donors: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Return the weights, at least 0 with sum 1, whose mean of donors is nearest.

    Parameters
    ----------
    donors : ndarray, shape (T, J)
        One column a donor.
    treated : ndarray, shape (T,)
        What the weighted donors are to match.

    Returns
    -------
    ndarray, shape (J,)
        Not changed by adding one number to all values of a row.

    Raises
    ------
    DataError
        If the least squares do not end.

    Notes
    -----
    With D = donors - treated, nonnegative least squares of (0, h) on (D, h ... h)
    gives s w: for a given w the best s is that of ||D w||^2 alone, in which the
    criterion rises. Dividing by the sum is therefore exact for every height h, and a
    moderate h keeps the digits that a very heavy row would cost.

    References
    ----------
    Lawson and Hanson (1974), Solving Least Squares Problems, ch. 23. Abadie, Diamond
    and Hainmueller (2010), Journal of the American Statistical Association
    105:493-505.

    Examples
    --------
    >>> donors = np.array([[1.0, 3.0, 9.0], [2.0, 6.0, 1.0]])
    >>> simplex_weights(donors, np.array([2.0, 4.0])).round(6).tolist()
    [0.5, 0.5, 0.0]
    """
    return _nearest_to_zero(donors - treated[:, None])


def fit_unit(
    before: np.ndarray,
    target: int,
    pool: Sequence[int],
    *,
    predictors: np.ndarray | None = None,
    seed: int = 0,
) -> Fit:
    """Return one unit as a weighted mean of others.

    Parameters
    ----------
    before : ndarray, shape (T, U)
        Outcomes before the start, one column a unit.
    target : int
        Column of the unit that is fitted.
    pool : sequence of int
        Columns of the units it is made from.
    predictors : ndarray, shape (K, U), optional
        What is to be matched instead of the outcomes, each row in its own unit.
    seed : int
        For the starts of the search for the importance of the predictors.

    Notes
    -----
    With predictors (divided by their standard deviation over all units), Nelder-Mead
    searches the logs of their importance from equal ones and seeded starts, so that
    the weights that match the predictors best have the smallest error before the
    start. Weights that match equally well are told apart by that error.

    References
    ----------
    Abadie and Gardeazabal (2003), American Economic Review 93:113-132.
    """
    pool = np.asarray(pool, dtype=int)
    weights = np.zeros(before.shape[1])
    gaps = before[:, pool] - before[:, [target]]
    if predictors is None:
        weights[pool] = _nearest_to_zero(gaps)
        return Fit(weights=weights)
    spread = predictors.std(axis=1, ddof=1)[:, None]
    apart = (predictors[:, pool] - predictors[:, [target]]) / spread
    found, importance = _searched(gaps, apart, seed)
    weights[pool] = found
    return Fit(weights=weights, importance=importance)


def fit_all(
    before: np.ndarray, *, predictors: np.ndarray | None = None, seed: int = 0
) -> list[Fit]:
    """Return each unit made from all the others (arguments of `fit_unit`)."""
    units = range(before.shape[1])
    return [
        fit_unit(
            before, i, [j for j in units if j != i], predictors=predictors, seed=seed
        )
        for i in units
    ]


def rmspe(gaps: np.ndarray) -> np.ndarray:
    """Return the root mean squared gap of each column, shape (T, U) to (U,)."""
    return np.sqrt((gaps**2).mean(axis=0))


def errors_before(gaps: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Return the RMSPE before the start, never below 1e-8 of the outcomes' spread.

    An exact fit would make every ratio infinite; with the floor such units are ranked
    by their gaps after the start.
    """
    return np.maximum(rmspe(gaps), _SMALLEST_FIT * float(outcomes.std()))


def rank_of_first(statistics: np.ndarray) -> Placebo:
    """Return the rank test of the first of U statistics (large is extreme)."""
    rank = int((statistics >= statistics[0] * (1 - 1e-10)).sum())
    return Placebo(p_value=rank / len(statistics), rank=rank)


def placebo_test(
    effects: np.ndarray, errors: np.ndarray, reliance: np.ndarray, *, level: float
) -> Placebo:
    """Return the placebo test of |effect| / error of the first unit, inverted.

    Parameters
    ----------
    effects : ndarray, shape (U,)
        Mean gap of each unit after the start; the treated unit comes first.
    errors : ndarray, shape (U,)
        RMSPE of each unit before the start, positive.
    reliance : ndarray, shape (U,)
        Weight of the treated unit in the fit of each unit (0 for itself).
    level : float
        Confidence level, 0-1.

    Notes
    -----
    Taking an effect t off the treated makes its gap e1 - t, and that of another unit e
    into e + w t, where w is its weight on the treated: weights rest on the periods
    before the start. So the other one is at least as extreme for t between
    (e1 + k e)/(1 - k w) and (e1 - k e)/(1 + k w), with k the ratio of the errors; for
    k w >= 1 everywhere far out. All these intervals hold e1, and the ends of
    {t : p(t) > 1 - level} are order statistics of their ends. The mean gap is used,
    not the root mean square: the latter calls every constant effect impossible where
    the effect grew, and its interval then shrinks to nothing.

    References
    ----------
    Firpo and Possebom (2018), Journal of Causal Inference 6(2), on inverting the test.

    Examples
    --------
    >>> test = placebo_test(
    ...     np.array([-9.0, 1, -2, 3]), np.ones(4), np.zeros(4), level=0.75
    ... )
    >>> test.p_value, test.ci_low, test.ci_high
    (0.25, -12.0, -6.0)
    """
    plain = rank_of_first(np.abs(effects) / errors)
    needed = floor((1 - level) * len(effects) + 1e-9)
    if needed < 1:
        return plain
    k, w, own = errors[0] / errors[1:], reliance[1:], effects[0]
    bounded = k * w < 1 - 1e-12
    shrunk = np.where(bounded, 1 - k * w, 1.0)
    ends = np.sort(
        [(own + k * effects[1:]) / shrunk, (own - k * effects[1:]) / (1 + k * w)],
        axis=0,
    )
    low = np.sort(np.where(bounded, ends[0], -np.inf))[needed - 1]
    high = np.sort(np.where(bounded, ends[1], np.inf))[-needed]
    return Placebo(
        p_value=plain.p_value,
        rank=plain.rank,
        ci_low=float(low) if np.isfinite(low) else None,
        ci_high=float(high) if np.isfinite(high) else None,
    )


def _nearest_to_zero(gaps: np.ndarray) -> np.ndarray:
    """Return weights (J,) on the simplex with the smallest ||gaps @ weights||."""
    height = float(np.sqrt((gaps**2).mean())) or 1.0
    rows = np.vstack([gaps, np.full(gaps.shape[1], height)])
    aim = np.zeros(len(rows))
    aim[-1] = height
    try:
        found, _ = nnls(rows, aim, maxiter=30 * gaps.shape[1] + 100)
    except RuntimeError as error:
        raise DataError(
            "unit: the donor weights could not be found (the least squares did not "
            "end); use fewer donors, or periods without extreme values."
        ) from error
    return found / found.sum()


def _searched(
    gaps: np.ndarray, apart: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return donor weights and the predictors' importance."""
    count = len(apart)
    scale = float(np.sqrt((gaps**2).mean())) or 1.0
    # R of a QR decomposition has the same squares as all periods, in fewer rows.
    ties = np.linalg.qr(gaps, mode="r") * (_TIE_BREAK / scale / np.sqrt(len(gaps)))

    def importance(logs: np.ndarray) -> np.ndarray:
        logs = np.clip(logs - logs.max(), -_LOG_RANGE, 0)
        return np.exp(logs) / np.exp(logs).sum()

    def weights(logs: np.ndarray) -> np.ndarray:
        rows = np.sqrt(importance(logs))[:, None] * apart
        return _nearest_to_zero(np.vstack([rows, ties]))

    def error(logs: np.ndarray) -> float:
        return float(((gaps @ weights(logs)) ** 2).mean()) / scale**2

    best = np.zeros(count)
    if count > 1:
        rng = np.random.default_rng(seed)
        starts = [best, *rng.normal(0, 2, size=(_STARTS - 1, count))]
        # The default first simplex moves a coordinate of 0 by 0.00025: no search.
        around = [np.vstack([s, s + _STEP * np.eye(count)]) for s in starts]
        options = {"maxfev": 60 * count, "xatol": 0.1, "fatol": 1e-5}
        ends = [
            minimize(
                error,
                simplex[0],
                method="Nelder-Mead",
                options={**options, "initial_simplex": simplex},
            ).x
            for simplex in around
        ]
        best = min([best, *ends], key=error)
    return weights(best), importance(best)
