"""Which partners to pay when nobody knows who overlaps: all sets under the budget."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from campaignbook.errors import PlanError
from campaignbook.reach_bounds import Overlap, ReachBounds, reach_bounds
from campaignbook.results import say_number

MOST = 12
"""Partners of which all sets are compared; 4,095 sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSet:
    """A set of partners with the bounds of its reach.

    Attributes
    ----------
    partners : tuple of str
        In the order in which they were given.
    bounds : ReachBounds
        Between which numbers of people their reach lies.
    cost : float
        Of all of them, in the money of the costs.
    sets, rivals : int
        How many affordable sets were compared, and how many of the others might
        reach more than this one reaches at least.
    """

    partners: tuple[str, ...]
    bounds: ReachBounds
    cost: float
    sets: int
    rivals: int

    def sentence(self) -> str:
        """Return the set, its reach, and whether another might reach more."""
        low, high = (f"{p:,.0f}" for p in (self.bounds.low, self.bounds.high))
        reach = low if low == high else f"{low} to {high}"
        sure = "no other set can reach more"
        if self.rivals:
            sure = f"{self.rivals:,} of {self.sets:,} sets might reach more than {low}"
        return (
            f"{', '.join(self.partners)}: {reach} people for {say_number(self.cost)}; "
            f"{sure}."
        )


def choose_partners(
    partners: Sequence[tuple[str, float | None, float | None]],
    *,
    budget: float,
    population: float | None = None,
    overlaps: Mapping[tuple[str, str], Overlap] | None = None,
    assumed: tuple[float, float] | None = None,
) -> tuple[PartnerSet, PartnerSet]:
    """Return the set that surely reaches most, and the one that might reach most.

    Parameters
    ----------
    partners : sequence of (name, people, cost)
        For example ``[(p.name, p.reach, p.cost) for p in plan.partners]``.
    budget : float
        What may be spent, in the money of the costs.
    population, overlaps
        See `reach_bounds.reach_bounds`.
    assumed : (float, float), optional
        The least and the most overlap of all pairs of which `overlaps` says nothing,
        as shares (0-1) of the smaller of two; without it they are unknown.

    Raises
    ------
    PlanError
        As `reach_bounds`; or the budget is not above 0, a cost is missing or below 0,
        nobody is affordable, or there are more than `MOST` partners.

    Notes
    -----
    All affordable sets are compared by the bounds of their reach: the first set has the
    largest lower bound, the second the largest upper bound. Equal: the other bound,
    then the cheaper, then the smaller set. Where who reaches whom is known, use
    `reach_choice.best_set`.

    Examples
    --------
    >>> rows = [("a", 100, 9), ("b", 80, 5), ("c", 60, 4)]
    >>> surest, hoped = choose_partners(rows, budget=9)
    >>> surest.partners, hoped.partners
    (('a',), ('b', 'c'))
    """
    _refuse(partners, budget, assumed)
    known = dict(overlaps or {})
    told = {frozenset(pair) for pair in known}
    names = [name for name, _, _ in partners]
    if assumed is not None:
        known |= {
            pair: assumed
            for pair in combinations(names, 2)
            if frozenset(pair) not in told
        }
    reach_bounds(
        [(n, r) for n, r, _ in partners], population=population, overlaps=known
    )
    found = list(_affordable(partners, budget, population, known))
    if not found:
        raise PlanError(
            f"the budget of {say_number(budget)} pays for nobody; the cheapest costs "
            f"{say_number(min(c for _, _, c in partners))}."
        )
    surest = max(found, key=lambda s: (s[1].low, s[1].high, -s[2], -len(s[0])))
    hoped = max(found, key=lambda s: (s[1].high, s[1].low, -s[2], -len(s[0])))
    return tuple(
        PartnerSet(
            partners=chosen, bounds=bounds, cost=cost, sets=len(found),
            rivals=sum(s[1].high > bounds.low for s in found if s[0] != chosen),
        )
        for chosen, bounds, cost in (surest, hoped)
    )  # fmt: skip


def _affordable(
    partners: Sequence[tuple[str, float, float]],
    budget: float,
    population: float | None,
    overlaps: Mapping[tuple[str, str], Overlap],
) -> Iterator[tuple[tuple[str, ...], ReachBounds, float]]:
    for k in range(1, len(partners) + 1):
        for some in combinations(partners, k):
            cost = sum(c for _, _, c in some)
            if cost > budget * (1 + 1e-12):
                continue
            names = tuple(n for n, _, _ in some)
            known = {p: s for p, s in overlaps.items() if set(p) <= set(names)}
            pairs = [(n, r) for n, r, _ in some]
            yield (
                names,
                reach_bounds(pairs, population=population, overlaps=known),
                cost,
            )


def _refuse(
    partners: Sequence[tuple[str, float | None, float | None]],
    budget: float,
    assumed: tuple[float, float] | None,
) -> None:
    problems = []
    if not 0 < budget < math.inf:
        problems.append(f"the budget is {budget}; write an amount above 0.")
    if len(partners) > MOST:
        problems.append(
            f"there are {len(partners)} partners; all sets of {MOST} at most are "
            "compared: leave out those that reach fewest."
        )
    if assumed is not None and not 0 <= assumed[0] <= assumed[1] <= 1:
        problems.append(
            f"the assumed overlap is {assumed[0]} to {assumed[1]}; write shares of the "
            "smaller one between 0 and 1, the least first."
        )
    for name, _, cost in partners:
        if cost is None:
            problems.append(f"'{name}' has no cost; write one, 0 if it takes none.")
        elif not 0 <= cost < math.inf:
            problems.append(f"the cost of '{name}' is {cost}; write 0 or more.")
    if problems:
        raise PlanError(*problems)
