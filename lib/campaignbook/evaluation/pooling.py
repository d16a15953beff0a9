"""The weighted mean of several studies, with one effect or effects that vary."""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy import stats

Effects = Literal["fixed", "random"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The weighted mean of k studies, on the scale of their values.

    Attributes
    ----------
    value, error : float
        Pooled value and its standard error.
    df : float
        Degrees of freedom of its t interval; infinite is the normal law.
    plain_error : float
        Standard error 1 / sqrt(sum of weights), for the plain z interval.
    weights : ndarray, shape (k,)
        Share of each study, sum 1.
    q, q_p, i2, tau2 : float
        Cochran's Q, its p, the share of variance between studies (0-1), and that
        variance by DerSimonian and Laird.
    adjusted : bool
        Whether `error` is that of Hartung, Knapp, Sidik and Jonkman.
    """

    value: float
    error: float
    df: float
    plain_error: float
    weights: np.ndarray
    q: float
    q_p: float
    i2: float
    tau2: float
    adjusted: bool


def pool(values: np.ndarray, errors: np.ndarray, *, effects: Effects) -> Pool:
    """Return the inverse-variance mean of studies, with fixed or random effects.

    Parameters
    ----------
    values, errors : ndarray, shape (k,)
        Estimates and their standard errors (positive), on one scale; k at least 2.
    effects : {"fixed", "random"}
        One effect for all studies, or effects that vary between them.

    Notes
    -----
    Random effects: tau2 by DerSimonian and Laird, the standard error by Hartung,
    Knapp, Sidik and Jonkman, t(k-1). Where tau2 is 0 that error would be smaller than
    sampling alone explains; the plain one is kept, still with t(k-1).

    References
    ----------
    DerSimonian and Laird (1986), Controlled Clinical Trials 7:177-188. Hartung and
    Knapp (2001), Statistics in Medicine 20:3875-3889. Sidik and Jonkman (2002),
    Statistics in Medicine 21:3153-3159. Roever, Knapp and Friede (2015), BMC Medical
    Research Methodology 15:99, on the case of an interval that is too short.

    Examples
    --------
    >>> found = pool(np.array([1.0, 3.0]), np.array([1.0, 1.0]), effects="fixed")
    >>> found.value, round(found.error, 6), found.q
    (2.0, 0.707107, 2.0)
    """
    values, errors = np.asarray(values, dtype=float), np.asarray(errors, dtype=float)
    k, w = len(values), errors**-2.0
    mean = float(w @ values / w.sum())
    q = float(w @ (values - mean) ** 2)
    tau2 = max(0.0, (q - (k - 1)) / float(w.sum() - (w @ w) / w.sum()))
    df, error, adjusted = np.inf, None, False
    if effects == "random":
        w = 1 / (errors**2 + tau2)
        mean, df = float(w @ values / w.sum()), k - 1
        if tau2 > 0:
            adjusted = True
            error = sqrt(float(w @ (values - mean) ** 2) / (k - 1) / float(w.sum()))
    plain = 1 / sqrt(float(w.sum()))
    return Pool(
        value=mean,
        error=plain if error is None else error,
        df=df,
        plain_error=plain,
        weights=w / w.sum(),
        q=q,
        q_p=float(stats.chi2.sf(q, k - 1)),
        i2=max(0.0, 1 - (k - 1) / q) if q > 0 else 0.0,
        tau2=tau2,
        adjusted=adjusted,
    )


def prediction(found: Pool, *, level: float) -> tuple[float, float] | None:
    """Return the interval for the effect in a new setting, None below 3 studies.

    References
    ----------
    Higgins, Thompson and Spiegelhalter (2009), Journal of the Royal Statistical
    Society A 172:137-159: t(k-2) with variance tau2 + plain standard error squared.
    """
    k = len(found.weights)
    if k < 3:
        return None
    quantile = float(stats.t.ppf((1 + level) / 2, k - 2))
    half = quantile * sqrt(found.tau2 + found.plain_error**2)
    return found.value - half, found.value + half
