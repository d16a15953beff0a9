"""What a start date is compared with where units differ in covariates before it."""

import numpy as np

from campaignbook.errors import DataError


def adjusted_sums(
    n: np.ndarray,
    s: np.ndarray,
    x: np.ndarray,
    base: int,
    *,
    own: np.ndarray,
    never: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return sums less what covariates in a base period tell, and the slopes' doubt.

    Parameters
    ----------
    n, s : ndarray, shape (units, P)
        Rows (or weights) and sums of the outcome.
    x : ndarray, shape (units, P, k)
        Covariates, 0 without a row.
    base : int
        The period before the start.
    own, never : ndarray of bool, shape (units,)
        Who starts then, and who never does.

    Returns
    -------
    sums : ndarray, shape (units, P)
        The change of a mean of these is that of the outcome less slope x covariate.
    parts : ndarray, shape (never units, P)
        Influence of each control, through the slopes, on what the start is compared
        with.

    Raises
    ------
    DataError
        If there are too few never-treated units for the slopes.

    Notes
    -----
    The slopes of each period are those of the change since `base` on the covariates
    in `base`, among the never-treated (outcome regression). With a constant in it the
    difference of the two sides' changes is that of the treated less its prediction.

    References
    ----------
    Callaway and Sant'Anna (2021), Journal of Econometrics 225:200-230, section 2.3.
    """
    k, sums = x.shape[2], s.copy()
    parts = np.zeros((int(never.sum()), n.shape[1]))
    for period in range(n.shape[1]):
        there = (n[:, period] > 0) & (n[:, base] > 0)
        mine, theirs = there & own, there & never
        if period == base or not mine.any() or not theirs.any():
            continue
        if theirs.sum() < k + 3:
            raise DataError(
                f"covariates: {int(theirs.sum())} never-treated units are too few for "
                f"{k} covariate(s); leave some out, or add units that never start."
            )
        w, z = n[theirs, period], x[theirs, base]
        change = s[theirs, period] / w - s[theirs, base] / n[theirs, base]
        mean = w @ z / w.sum()
        z, change = z - mean, change - w @ change / w.sum()
        size = np.sqrt(w @ z**2)
        size[size == 0] = 1.0
        inverse = np.linalg.pinv((z / size).T @ (z / size * w[:, None]), rcond=1e-10)
        inverse /= np.outer(size, size)
        slope = inverse @ (z.T @ (w * change))
        sums[:, period] -= n[:, period] * ((x[:, base] - mean) @ slope)
        gap = n[mine, period] @ (x[mine, base] - mean) / n[mine, period].sum()
        parts[theirs[never], period] = w * (z @ inverse @ gap) * (change - z @ slope)
    return sums, parts
