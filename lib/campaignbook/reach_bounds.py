"""Reach of a set whose overlap is not known, or known only for pairs: bounds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from campaignbook.errors import PlanError


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
    overlaps: Mapping[tuple[str, str], float] | None = None,
) -> ReachBounds:
    """Return the least and the most people that several items can reach together.

    Parameters
    ----------
    reaches : sequence of (name, people)
        For example ``[(p.name, p.reach) for p in plan.partners]``.
    population : float, optional
        All people there are to reach.
    overlaps : mapping of (name, name) to float, optional
        Overlap of pairs as a share (0-1) of the smaller of the two; pairs left out
        are unknown.

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
    (Hunter 1976, Journal of Applied Probability 13, 597-603).

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
    both = {
        frozenset(pair): share * min(size[pair[0]], size[pair[1]])
        for pair, share in (overlaps or {}).items()
    }
    low = max(size.values())
    low = max([low, *(sum(size[n] for n in pair) - b for pair, b in both.items())])
    if len(both) == len(list(combinations(size, 2))):
        low = max(low, total - sum(both.values()))
    most = math.inf if population is None else float(population)
    high = min(total - _largest_tree(size, both), most)
    if low > high * (1 + 1e-9):
        raise PlanError(
            f"the overlaps leave at least {low:,.0f} people but at most {high:,.0f}: "
            "they contradict the reaches or the population; look at them again."
        )
    return ReachBounds(low=low, high=high, total=total)


def _problems(
    reaches: Sequence[tuple[str, float | None]],
    population: float | None,
    overlaps: Mapping[tuple[str, str], float],
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
        if not 0 <= share <= 1:
            found.append(
                f"the overlap of '{named}' is {share}; write a share of the smaller "
                "one between 0 and 1, 35% as 0.35."
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
