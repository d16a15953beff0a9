"""Randomisation inference on one value a cluster."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb, floor

import numpy as np

from campaignbook.evaluation.clusters import both_sides

_MOST_ASSIGNMENTS = 20_000
_BATCH = 4_000_000


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
    values, treated = both_sides(values, treated)
    m, g = int(treated.sum()), len(values)
    side, s = (treated, m) if 2 * m <= g else (~treated, g - m)
    sets, exact = np.arange(g)[:, None], True
    if s > 1:
        sets, exact = _assignments(tuple(np.flatnonzero(side)), g, draws, seed)
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


@lru_cache(maxsize=1)
def _assignments(
    side: tuple[int, ...], g: int, draws: int, seed: int
) -> tuple[np.ndarray, bool]:
    """Return sets (assignments, s) of indices on the smaller side, and if all are.

    Kept for the next outcome or draw with the same sides.
    """
    s = len(side)
    if comb(g, s) <= _MOST_ASSIGNMENTS:
        return np.array(list(combinations(range(g), s))), True
    rng = np.random.default_rng(seed)
    sets, step = [np.array([side])], max(1, _BATCH // g)
    for begin in range(0, draws, step):
        noise = rng.random((min(step, draws - begin), g))
        sets.append(np.argpartition(noise, s - 1, axis=1)[:, :s])
    return np.concatenate(sets), False
