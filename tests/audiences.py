"""Random audiences and who reaches them, for the tests of reach."""

from itertools import combinations

import numpy as np
import pandas as pd

PEOPLE = 40
"""People of an audience that is drawn person by person."""


def drawn_audience(seed, n, known):
    """Return who of n items reaches whom, and the overlaps of pairs that are known.

    Each pair is known with the chance `known`; its overlap is the share (0-1) of the
    smaller of the two. The first person is reached by all, so that nobody reaches none.
    """
    rng = np.random.default_rng(seed)
    hits = rng.random((PEOPLE, n)) < rng.random(n)
    hits[0] = True
    size = hits.sum(axis=0)
    overlaps = {
        (str(i), str(j)): (hits[:, i] & hits[:, j]).sum() / min(size[i], size[j])
        for i, j in combinations(range(n), 2)
        if rng.random() < known
    }
    return hits, overlaps


def drawn_patterns(seed, items, rows):
    """Return a table of weighted patterns, and whole costs of its items from 0 to 9."""
    rng = np.random.default_rng(seed)
    names = [f"i{k}" for k in range(items)]
    made = pd.DataFrame(rng.integers(0, 2, (rows, items)), columns=names)
    made["people"] = rng.integers(1, 100, rows)
    return made, dict(zip(names, rng.integers(0, 10, items).tolist(), strict=True))


def thin_patterns(seed, items, rows):
    """Return many items of which each reaches a tenth of the people."""
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(rng.random((rows, items)) < 0.1).astype(int)
    made.columns = [f"i{k}" for k in range(items)]
    return made.assign(people=rng.integers(1, 50, rows))
