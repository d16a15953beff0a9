"""Effects adjusted for covariates: weighting, regression, and both at once.

Every estimate comes with its influence values, one a row: how far that row moves it.
Their spread is its standard error.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from campaignbook.errors import DataError
from campaignbook.evaluation.covariates import independent

Estimand = Literal["ATE", "ATT"]

SURE = 1e-6
"""A modelled chance of taking part this near 0 or 1 is one that the data call sure."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """People, some of whom took part.

    Attributes
    ----------
    outcome : numpy.ndarray, shape (n,)
        In its unit.
    treated : numpy.ndarray, shape (n,)
        1 for those who took part, else 0.
    terms : numpy.ndarray, shape (n, k)
        A constant and the standardised covariates.
    effect_terms : numpy.ndarray, shape (n, m)
        Standardised columns with which the effect may vary in the pooled regression.
    weights : numpy.ndarray, shape (n,)
        Sampling weights with mean 1.
    estimand : {"ATE", "ATT"}
        Effect on everybody, or on those who took part.
    """

    outcome: np.ndarray
    treated: np.ndarray
    terms: np.ndarray
    effect_terms: np.ndarray
    weights: np.ndarray
    estimand: Estimand

    @property
    def target(self) -> np.ndarray:
        """Weight of each row in the population that the effect is about, mean 1."""
        if self.estimand == "ATE":
            return self.weights
        weight = self.weights * self.treated
        return weight / weight.mean()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Influence:
    """An estimate and what each row contributes to its doubt.

    Attributes
    ----------
    estimate : float
        In the unit of the outcome.
    values : numpy.ndarray, shape (n,)
        Influence values; their mean is 0 up to rounding.
    used : int
        Degrees of freedom that the variance of `values` has spent.
    df : int
        Degrees of freedom of the t interval: rows minus all parameters.
    """

    estimate: float
    values: np.ndarray
    used: int = 1
    df: int

    @property
    def std_error(self) -> float:
        """Standard error, in the unit of the outcome."""
        n = len(self.values)
        return float(np.sqrt((self.values**2).sum() / (n * (n - self.used))))


def propensity(sample: Sample) -> np.ndarray:
    """Return each row's modelled chance of taking part: logistic regression.

    Raises
    ------
    DataError
        If the regression does not settle.

    Notes
    -----
    Newton's method with halved steps, with sampling weights; equal to statsmodels'
    ``Logit`` without them. Where covariates tell exactly who took part, chances are
    driven to 0 and 1 until they no longer matter: see `SURE`.

    References
    ----------
    Albert & Anderson (1984), Biometrika 71:1-10 (separation).
    """
    x, t, s = sample.terms, sample.treated, sample.weights

    def log_likelihood(b: np.ndarray) -> float:
        score = x @ b
        return float(s @ (t * score - np.logaddexp(0, score)))

    b, reached = np.zeros(x.shape[1]), log_likelihood(np.zeros(x.shape[1]))
    for _ in range(100):
        chance = expit(x @ b)
        gradient = x.T @ (s * (t - chance))
        information = (x * (s * chance * (1 - chance))[:, None]).T @ x
        step = np.linalg.lstsq(information, gradient)[0]
        gain = float(gradient @ step)
        while log_likelihood(b + step) < reached - 1e-9 and gain > 1e-9:
            step, gain = step / 2, gain / 2
        b = b + step
        reached = log_likelihood(b)
        if gain < 1e-10:
            return expit(x @ b)
    raise DataError(
        "covariates: the model of who took part does not settle; name fewer covariates."
    )


def inverse_weights(
    sample: Sample, chance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights (n,) of those who took part and of those who did not.

    Each is 0 in the other group. With ATT those who took part stand for themselves.
    """
    t, s = sample.treated, sample.weights
    with np.errstate(divide="ignore"):
        one, other = 1 / chance, 1 / (1 - chance)
    if sample.estimand == "ATT":
        one, other = np.ones_like(chance), chance * other
    return np.where(t == 1, s * one, 0.0), np.where(t == 0, s * other, 0.0)


def doubly_robust(sample: Sample, chance: np.ndarray) -> Influence:
    """Return the augmented inverse-probability-weighted (AIPW) estimate.

    Notes
    -----
    A linear regression of the outcome on the covariates in each group on its own,
    plus the weighted mean of its residuals. Right if either the regressions or the
    model of taking part is; the influence values hold where both are. A linear
    regression is used for outcomes of 0 and 1 too: it exists without any event.

    References
    ----------
    Robins, Rotnitzky & Zhao (1994), JASA 89:846-866; Glynn & Quinn (2010), Political
    Analysis 18:36-56.
    """
    y, t, s = sample.outcome, sample.treated, sample.weights
    one, other = inverse_weights(sample, chance)
    without = sample.terms @ least_squares(sample.terms, y, s * (1 - t))
    share = 1.0
    if sample.estimand == "ATE":
        taking = sample.terms @ least_squares(sample.terms, y, s * t)
        parts = s * (taking - without) + one * (y - taking) - other * (y - without)
        counted = s
    else:
        share = float((s * t).mean())
        parts = (one - other) * (y - without)
        counted = s * t
    estimate = float(parts.mean() / share)
    return Influence(
        estimate=estimate,
        values=(parts - counted * estimate) / share,
        df=len(y) - 2 * sample.terms.shape[1],
    )


def weighted_difference(sample: Sample, chance: np.ndarray) -> Influence:
    """Return the difference of means weighted by inverse probabilities (Hajek).

    Notes
    -----
    Weights that sum to 1 in each group. The influence values stack the estimation of
    the chances on that of the means: taking them as known overstates the error.

    References
    ----------
    Lunceford & Davidian (2004), Statistics in Medicine 23:2937-2960.
    """
    y, t, x, s = sample.outcome, sample.treated, sample.terms, sample.weights
    one, other = inverse_weights(sample, chance)
    gap_one = one / one.mean() * (y - (one @ y) / one.sum())
    gap_other = other / other.mean() * (y - (other @ y) / other.sum())
    # How the weights follow the linear predictor: -(1 - chance), and chance (ATE) or 1.
    if sample.estimand == "ATE":
        drift = -gap_one * (1 - chance) - gap_other * chance
    else:
        drift = -gap_other
    slope = (drift[:, None] * x).mean(axis=0)
    information = (x * (s * chance * (1 - chance))[:, None]).T @ x / len(y)
    score = (s * (t - chance))[:, None] * x
    return Influence(
        estimate=float((one @ y) / one.sum() - (other @ y) / other.sum()),
        values=gap_one - gap_other + score @ np.linalg.lstsq(information, slope)[0],
        df=len(y) - x.shape[1],
    )


def standardisation(sample: Sample) -> Influence:
    """Return the g-formula: one regression, averaged over the covariates.

    Notes
    -----
    A linear regression of the outcome on taking part, the covariates, and taking part
    times `effect_terms`; the predicted difference averaged over the target
    population. The influence values are the delta method's with a sandwich variance.

    References
    ----------
    Hernan & Robins (2020), Causal Inference: What If, ch. 13.
    """
    y, t, s, target = sample.outcome, sample.treated, sample.weights, sample.target
    with_one = np.column_stack([np.ones(len(y)), sample.effect_terms])
    x = np.column_stack([sample.terms, t[:, None] * with_one])
    b = least_squares(x, y, s)
    effect = with_one @ b[sample.terms.shape[1] :]
    estimate = float(np.average(effect, weights=target))
    slope = np.zeros(x.shape[1])
    slope[sample.terms.shape[1] :] = (target[:, None] * with_one).mean(axis=0)
    information = (x * s[:, None]).T @ x / len(y)
    score = (s * (y - x @ b))[:, None] * x
    values = score @ np.linalg.lstsq(information, slope)[0]
    return Influence(
        estimate=estimate,
        values=values + target * (effect - estimate),
        used=x.shape[1],
        df=len(y) - x.shape[1],
    )


def least_squares(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the coefficients (k,) of a weighted regression; the first is a constant.

    Columns that say nothing new among the rows with weight get 0, so that a level
    that these rows do not know is predicted as the level left out.
    """
    used = weights > 0
    kept = np.concatenate([[True], independent(x[used, 1:])])
    root = np.sqrt(weights[used])[:, None]
    table = np.column_stack([x[used][:, kept], y[used]]) * root
    triangle = np.linalg.qr(table, mode="r")
    coefficients = np.zeros(x.shape[1])
    coefficients[kept] = np.linalg.lstsq(triangle[:, :-1], triangle[:, -1])[0]
    return coefficients


def e_value(ratio: float) -> float:
    """Return how strong an unmeasured common cause must be to explain a risk ratio.

    References
    ----------
    VanderWeele & Ding (2017), Annals of Internal Medicine 167:268-274.

    Examples
    --------
    >>> round(e_value(3.9), 2), e_value(1.0)
    (7.26, 1.0)
    """
    ratio = max(ratio, 1 / ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))
