"""Where a series of ratios changes: the arithmetic of splits."""

import math
from collections.abc import Iterator

import numpy as np

SHORTEST = 4
"""Weeks of the shortest stretch between two changes."""


def best_splits(
    a: np.ndarray,
    b: np.ndarray,
    start: int,
    end: int,
    alpha: float,
    draws: int,
    rng: np.random.Generator,
) -> Iterator[tuple[int, float]]:
    """Yield where a / b changes from `start` to `end`, with the p of each test.

    The best split is kept where fewer than `alpha` of the orders have a better one, and
    both sides are split again (binary segmentation).
    """
    if end - start < 2 * SHORTEST:
        return
    at, best = _best(a[start:end], b[start:end])
    orders = start + np.array([rng.permutation(end - start) for _ in range(draws)])
    _, squares = _between(a[orders], b[orders])
    better = int((squares.max(axis=1) >= best).sum())
    p = (1 + better) / (1 + draws)
    if best <= 0 or p >= alpha:
        return
    yield start + at, p
    yield from best_splits(a, b, start, start + at, alpha, draws, rng)
    yield from best_splits(a, b, start + at, end, alpha, draws, rng)


def held_places(
    a: np.ndarray, b: np.ndarray, start: int, at: int, end: int, level: float
) -> tuple[int, int]:
    """Return the first and last place at which the change may lie, at `level`.

    Hansen (2000): all places where (n x sum of squares left) is above that of the best
    one by no more than -2 log(1 - sqrt(level)) times it.
    """
    places, squares = _between(a[start:end], b[start:end])
    own, weight = a[start:end], b[start:end]
    whole = float(((own / weight - own.sum() / weight.sum()) ** 2 * weight).sum())
    left = whole - squares
    limit = -2 * math.log(1 - math.sqrt(level))
    least = left[places == at - start][0]
    allowed = start + places[(end - start) * (left - least) <= limit * least]
    return int(min(allowed.min(), at)), int(max(allowed.max(), at))


def _best(a: np.ndarray, b: np.ndarray) -> tuple[int, float]:
    """Return the best place to split, and the squares between its sides."""
    at, squares = _between(a, b)
    best = int(np.argmax(squares))
    return int(at[best]), float(squares[best])


def _between(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places to split the last axis, and the squares between their sides."""
    top, below = np.cumsum(a, axis=-1), np.cumsum(b, axis=-1)
    at = np.arange(SHORTEST, a.shape[-1] - SHORTEST + 1)
    left, all_top, whole = below[..., at - 1], top[..., -1:], below[..., -1:]
    right = whole - left
    gap = top[..., at - 1] / left - (all_top - top[..., at - 1]) / right
    return at, gap**2 * left * right / whole
