"""Response curves: what money brings, and the last unit of it; parameters from data."""

import math
from types import SimpleNamespace

import numpy as np
from scipy import optimize

from campaignbook.strategies import Response


def brought(curve: Response, money: float | np.ndarray) -> np.ndarray:
    """Return what the money brings, in the unit of the response.

    Notes
    -----
    log: scale x log(1 + money / shape). power: scale x money to the power of shape.
    saturation: scale x money / (shape + money), so that half of scale comes for shape.
    Scale and shape may be arrays where `curve` is any object that holds them.

    Examples
    --------
    >>> float(brought(Response(form="saturation", scale=100, shape=50), 50))
    50.0
    """
    x = np.asarray(money, dtype=float)
    if curve.form == "log":
        return curve.scale * np.log1p(x / curve.shape)
    if curve.form == "power":
        return curve.scale * x**curve.shape
    return curve.scale * x / (curve.shape + x)


def marginal(curve: Response, money: float | np.ndarray) -> np.ndarray:
    """Return what one more unit of money brings where so much is spent.

    The first unit on a power curve brings infinitely much.

    Examples
    --------
    >>> float(marginal(Response(form="saturation", scale=100, shape=50), 50))
    0.5
    """
    x = np.asarray(money, dtype=float)
    if curve.form == "log":
        return curve.scale / (curve.shape + x)
    if curve.form == "power":
        with np.errstate(divide="ignore"):
            return curve.scale * curve.shape * x ** (curve.shape - 1)
    return curve.scale * curve.shape / (curve.shape + x) ** 2


def money_at(curve: Response, margin: float | np.ndarray) -> np.ndarray:
    """Return how much to spend until one more unit brings no more than `margin`.

    It is 0 where already the first unit brings less.

    Examples
    --------
    >>> float(money_at(Response(form="saturation", scale=100, shape=50), 0.5))
    50.0
    """
    m = np.asarray(margin, dtype=float)
    if curve.form == "log":
        money = curve.scale / m - curve.shape
    elif curve.form == "power":
        with np.errstate(over="ignore"):  # more than any budget
            money = (curve.scale * curve.shape / m) ** (1 / (1 - curve.shape))
    else:
        money = np.sqrt(curve.scale * curve.shape / m) - curve.shape
    return np.maximum(money, 0.0)


def curves(form: str, scale: np.ndarray, shape: np.ndarray) -> SimpleNamespace:
    """Return many curves of one form, to be given to the functions above."""
    return SimpleNamespace(form=form, scale=scale, shape=shape)


# --- fitting ----------------------------------------------------------------------


def shape_of(form: str, theta: float | np.ndarray) -> np.ndarray:
    """Return the shape that a working parameter stands for."""
    return 1 / (1 + np.exp(-theta)) if form == "power" else np.exp(theta)


def mean_of(form: str, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return baseline and curve; ``free`` is a power curve of any exponent."""
    scale, shape = math.exp(theta[0]), float(shape_of(form, theta[1]))
    kind = "power" if form == "free" else form
    made = Response.model_construct(form=kind, scale=scale, shape=shape)
    base = math.exp(theta[2]) if len(theta) > 2 else 0.0
    return base + brought(made, x)


def slopes_of(form: str, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the derivatives of the mean by the working parameters, shape (n, k)."""
    scale, shape = math.exp(theta[0]), float(shape_of(form, theta[1]))
    own = mean_of(form, theta[:2], x)
    if form in ("power", "free"):
        turn = shape * (1 - shape) if form == "power" else shape
        by_shape = own * turn * np.log(np.maximum(x, 1e-300))
    elif form == "log":
        by_shape = -scale * x / (shape + x)
    else:
        by_shape = -scale * shape * x / (shape + x) ** 2
    base = [np.full_like(x, math.exp(theta[2]))] if len(theta) > 2 else []
    return np.column_stack([own, by_shape, *base])


def fit_parameters(
    form: str, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the working parameters and their sandwich covariance (HC3).

    Parameters
    ----------
    form : str
        One of `FORMS`, or ``free``.
    x, y : array, shape (n,)
        Money and response; periods without either say nothing of the curve.

    Notes
    -----
    Least squares, weighted anew by the mean until nothing moves: quasi-likelihood with
    a variance proportional to the mean.
    """
    if not y[x == 0].any():
        x, y = x[x > 0], y[x > 0]
    theta = _start(form, x, y)
    for _ in range(60):
        weight = 1 / np.sqrt(mean_of(form, theta, x))
        found = optimize.least_squares(
            lambda t, w=weight: w * (mean_of(form, t, x) - y),
            theta,
            jac=lambda t, w=weight: w[:, None] * slopes_of(form, t, x),
            bounds=(theta - 3, theta + 3),
            xtol=1e-12, ftol=1e-12, gtol=1e-12,
        )  # fmt: skip
        step, theta = np.abs(found.x - theta).max(), found.x
        if step < 1e-10:
            break
    weight = 1 / np.sqrt(mean_of(form, theta, x))
    slopes = weight[:, None] * slopes_of(form, theta, x)
    left = weight * (y - mean_of(form, theta, x))
    bread = np.linalg.pinv(slopes.T @ slopes)
    leverage = np.einsum("ni,ij,nj->n", slopes, bread, slopes)
    scores = slopes * (left / np.maximum(1 - leverage, 1e-6))[:, None]
    return theta, bread @ (scores.T @ scores) @ bread


def _start(form: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the best of a grid of shapes, each with the scale that suits it."""
    at_zero = y[x == 0]
    base = float(at_zero.mean()) if len(at_zero) else 0.0
    if form == "power":
        grid = np.linspace(-4, 4, 41)
    elif form == "free":
        grid = np.log(np.linspace(0.05, 4, 60))
    else:
        grid = np.log(x.max() * np.geomspace(1e-3, 1e3, 61))
    found = []
    for theta in grid:
        unit = mean_of(form, np.array([0.0, theta]), x)
        scale = max((y - base).sum(), 0.05 * y.sum()) / unit.sum()
        mean = base + scale * unit
        found.append(((y - mean) ** 2 / mean).sum())
    best = grid[int(np.argmin(found))]
    unit = mean_of(form, np.array([0.0, best]), x)
    scale = max((y - base).sum(), 0.05 * y.sum()) / unit.sum()
    known = [math.log(scale), best]
    return np.array([*known, math.log(base)] if base else known)
