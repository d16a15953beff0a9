"""Overlap of pairs, and bounds of the reach of a set where no more is known."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from campaignbook.errors import PlanError
from campaignbook.evaluation.proportions import wilson
from campaignbook.net_reach import audience_of

Overlap = float | tuple[float, float]
"""Share (0-1) of the smaller of two, or between which shares it is assumed to lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachBounds:
    """Between which numbers of people a reach lies.

    Attributes
    ----------
    low, high : float
        People, each counted once.
    total : float
        The sum of all reaches, which counts people more than once.
    """

    low: float
    high: float
    total: float

    def sentence(self) -> str:
        """Return the bounds in words."""
        return (
            f"Together they reach {self.low:,.0f} to {self.high:,.0f} people; the sum "
            f"of {self.total:,.0f} counts those twice whom two of them reach."
        )


def reach_bounds(
    reaches: Sequence[tuple[str, float | None]],
    *,
    population: float | None = None,
    overlaps: Mapping[tuple[str, str], Overlap] | None = None,
) -> ReachBounds:
    """Return the least and the most people that several items can reach together.

    Parameters
    ----------
    reaches : sequence of (name, people)
        For example ``[(p.name, p.reach) for p in plan.partners]``.
    population : float, optional
        All people there are to reach.
    overlaps : mapping of (name, name) to float or (float, float), optional
        Overlap of pairs as a share (0-1) of the smaller of the two, or the least and
        the most that is assumed of it; pairs left out are unknown.

    Raises
    ------
    PlanError
        If there are no items, a name stands twice, a reach is missing, not above 0 or
        above the population, or an overlap is not a share of a known pair.

    Notes
    -----
    Without overlaps: the largest single reach, and the smaller of sum and population.
    With them: the union of a known pair is a lower bound, and so is the sum of reaches
    less that of all overlaps where every pair is known (Bonferroni); the sum less the
    overlaps along the tree of pairs with the largest overlaps is an upper bound
    (Hunter 1976, Journal of Applied Probability 13, 597-603). Of an assumed range the
    lower bounds take the most, the upper bound the least.

    Examples
    --------
    >>> reach_bounds([("a", 100), ("b", 80)], population=150)
    ReachBounds(low=100.0, high=150.0, total=180.0)
    >>> reach_bounds([("a", 100), ("b", 80)], overlaps={("a", "b"): 0.5}).high
    140.0
    """
    problems = _problems(reaches, population, overlaps or {})
    if problems:
        raise PlanError(*problems)
    size = {name: float(reach) for name, reach in reaches}
    total = sum(size.values())
    least, most = (
        {
            frozenset(pair): overlap_ends(share)[end]
            * min(size[pair[0]], size[pair[1]])
            for pair, share in (overlaps or {}).items()
        }
        for end in (0, 1)
    )
    low = max(size.values())
    low = max([low, *(sum(size[n] for n in pair) - b for pair, b in most.items())])
    if len(most) == len(list(combinations(size, 2))):
        low = max(low, total - sum(most.values()))
    people = math.inf if population is None else float(population)
    high = min(total - _largest_tree(size, least), people)
    if low > high * (1 + 1e-9):
        raise PlanError(
            f"the overlaps leave at least {low:,.0f} people but at most {high:,.0f}: "
            "they contradict the reaches or the population; look at them again."
        )
    return ReachBounds(low=low, high=high, total=total)


def overlap_ends(share: Overlap) -> tuple[float, float]:
    """Return the least and the most of an overlap; the same twice where it is known."""
    return tuple(share) if isinstance(share, Sequence) else (share, share)


def overlaps(
    table: pd.DataFrame, *, people: str = "people", level: float = 0.95
) -> pd.DataFrame:
    """Return how far the audiences of each pair of items overlap, with intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a respondent of a survey, a column of 0 and 1 an item; and, if they do
        not all stand for as many, how many people each stands for (`people`).
    people : str
        That column; without it each stands for one.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    pandas.DataFrame
        One row a pair: `first`, `second`, `both` (people), `share` of the smaller of
        the two (0-1) with `low` and `high`, `jaccard` (both by either) with
        `jaccard_low` and `jaccard_high`. Empty where nobody is in the smaller one.

    Raises
    ------
    DataError
        As `net_reach.audience_of`.

    Notes
    -----
    Wilson's intervals of the respondents in the smaller audience, and in either; where
    they stand for unequal numbers, of as many as are worth as much (Kish: squared sum
    by sum of squares). They hold the chance of a random sample, not of people who
    chose to answer.

    References
    ----------
    Kish (1965), Survey Sampling.

    Examples
    --------
    >>> made = overlaps(pd.DataFrame({"a": [1, 1, 1, 0], "b": [1, 1, 0, 0]}))
    >>> made[["both", "share", "jaccard"]].round(3).values.tolist()
    [[2.0, 1.0, 0.667]]
    """
    items = audience_of(table, people=people).items
    hit = table[list(items)].to_numpy(float)
    weight = np.ones(len(table))
    if people in table.columns:
        weight = table[people].to_numpy(float)
    sums, squares = ((hit * w[:, None]).T @ hit for w in (weight, weight**2))
    rows = []
    for i, j in combinations(range(len(items)), 2):
        small = i if sums[i, i] <= sums[j, j] else j
        both = sums[i, j]
        either = (m[i, i] + m[j, j] - m[i, j] for m in (sums, squares))
        share = _share(both, sums[small, small], squares[small, small], level)
        jaccard = _share(both, *either, level)
        rows.append((items[i], items[j], both, *share, *jaccard))
    names = ["share", "low", "high", "jaccard", "jaccard_low", "jaccard_high"]
    return pd.DataFrame(rows, columns=["first", "second", "both", *names])


def _share(
    part: float, whole: float, squares: float, level: float
) -> tuple[float, float, float]:
    if not whole > 0:
        return math.nan, math.nan, math.nan
    n = whole**2 / squares
    return part / whole, *wilson(min(part / whole, 1.0) * n, n, level=level)


def overlap_matrix(found: pd.DataFrame, *, value: str = "share") -> pd.DataFrame:
    """Return one number of `overlaps` as a square table, 1 on its diagonal."""
    items = list(dict.fromkeys([*found["first"], *found["second"]]))
    made = pd.DataFrame(np.eye(len(items)), index=items, columns=items)
    for row in found.itertuples():
        made.loc[row.first, row.second] = getattr(row, value)
        made.loc[row.second, row.first] = getattr(row, value)
    return made


def _problems(
    reaches: Sequence[tuple[str, float | None]],
    population: float | None,
    overlaps: Mapping[tuple[str, str], Overlap],
) -> list[str]:
    names = [name for name, _ in reaches]
    found = [] if names else ["there is nobody whose reach could be counted."]
    found += [
        f"'{n}' stands {names.count(n)} times; count each once."
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    for name, reach in reaches:
        if reach is None:
            found.append(f"'{name}' has no reach; write how many people it reaches.")
        elif not 0 < reach < math.inf:
            found.append(f"the reach of '{name}' is {reach}; write people above 0.")
        elif population is not None and reach > population:
            found.append(
                f"'{name}' reaches {reach:,.0f} people of {population:,.0f}; write "
                "those of the audience only."
            )
    pairs = set()
    for pair, share in overlaps.items():
        named = "' and '".join(pair)
        if set(pair) - set(names) or len(set(pair)) != 2:
            found.append(f"the overlap of '{named}' is not of two of: {names}.")
        low, high = overlap_ends(share)
        if not 0 <= low <= high <= 1:
            told = share if low == high else f"{low} to {high}"
            found.append(
                f"the overlap of '{named}' is {told}; write a share of the smaller "
                "one between 0 and 1, 35% as 0.35, the least first."
            )
        if frozenset(pair) in pairs:
            found.append(f"the overlap of '{named}' is given twice; write it once.")
        pairs.add(frozenset(pair))
    return found


def _largest_tree(
    size: Mapping[str, float], both: Mapping[frozenset[str], float]
) -> float:
    """Return the sum of overlaps along the tree of pairs with the largest ones."""
    group = {name: name for name in size}
    total = 0.0
    for pair, people in sorted(both.items(), key=lambda item: -item[1]):
        first, second = (group[n] for n in sorted(pair))
        if first != second:
            total += people
            group = {n: first if g == second else g for n, g in group.items()}
    return total
