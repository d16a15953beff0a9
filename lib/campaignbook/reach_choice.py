"""Which set reaches most people under a budget: every set, or step by step."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from campaignbook.errors import PlanError, nearest
from campaignbook.net_reach import (
    Audience,
    NetReach,
    audience_of,
    found_set,
    net_reach,
    prices,
)
from campaignbook.reach_steps import gains, members, most_gain, step_by_step

MOST_SETS = 1 << 25
"""Up to so many sets are looked at all at once."""
MOST_LISTED = 1_000_000
"""Up to so many affordable sets of more items are looked at one by one."""
NEAR = 1e-9
"""Reaches are equal that differ by this share of all people or less."""


def best_set(
    table: pd.DataFrame,
    *,
    costs: Mapping[str, float] | None = None,
    budget: float | None = None,
    at_most: int | None = None,
    required: Sequence[str] = (),
    people: str = "people",
    most_sets: int = MOST_SETS,
) -> NetReach:
    """Return the affordable set of items that reaches most people.

    Parameters
    ----------
    table : DataFrame
        Patterns: a column of 0 and 1 an item, and the size of each group (`people`).
    costs : mapping of str to float, optional
        What each item costs.
    budget : float, optional
        In the unit of the costs; above 0.
    at_most : int, optional
        Largest number of items.
    required : sequence of str
        Items that must be in the set.
    most_sets : int
        Up to so many sets of the items that the budget allows (left as it is: of 25)
        all are compared; with more items, up to a million affordable sets. Beyond, one
        set is built.

    Raises
    ------
    DataError
        If the table is not one of patterns.
    PlanError
        If a cost, the budget or the number is out of range, a required item is
        unknown, or the required items alone are too many or too dear.

    Notes
    -----
    The maximum coverage problem, known in market research as TURF (total unduplicated
    reach and frequency). The best set of k is in general not the k best. Equal reach:
    the cheaper, then the smaller set, then the one earlier in the table. All sets are
    compared by sums over subsets (Yates 1937); those that a bound excludes need none.
    Beyond `most_sets` the set grows by the most additional people, and once more by the
    most for its money; items are exchanged while that helps. Reach has falling
    additions, so what is left of the budget, spent on the additions at any set on the
    way, bounds what any set can reach (`upper`).

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 0, 0, 1], "c": [0, 0, 1, 0],
    ...                       "people": [60, 20, 30, 10]})
    >>> best_set(table, at_most=2).items, best_alone(table, at_most=2).items
    (('a', 'c'), ('a', 'b'))
    """
    audience = audience_of(table, people=people)
    price = prices(audience.items, costs)
    problems = [
        f"there is no item '{n}' to require ({nearest(n, audience.items)})."
        for n in required
        if n not in audience.items
    ]
    if budget is not None and not 0 < budget < np.inf:
        problems.append(f"the budget is {budget}; write an amount above 0.")
    if budget is not None and costs is None:
        problems.append("there is a budget but no costs; say what each item costs.")
    if at_most is not None and at_most < 1:
        problems.append(f"at_most is {at_most}; allow one item at least.")
    if problems:
        raise PlanError(*problems)
    money = np.inf if budget is None else budget * (1 + 1e-12)
    most = len(audience.items) if at_most is None else at_most
    start = audience.mask(list(dict.fromkeys(required)))
    spent = float(price[members(start)].sum())
    if spent > money or int(start).bit_count() > most:
        raise PlanError(
            f"the required items cost {spent:g} and are {int(start).bit_count()}; that "
            "is beyond the budget or the number allowed: require fewer."
        )
    free = [
        i for i in range(len(price))
        if not int(start) >> i & 1 and spent + price[i] <= money
    ]  # fmt: skip
    room = {"money": money - spent, "most": most - int(start).bit_count()}
    if 1 << len(free) <= most_sets:
        mask, sets = _best_of_all(audience, start, free, price, **room)
        return found_set(audience, mask, price, sets=sets)
    some = _affordable(start, free, price, **room, limit=min(most_sets, MOST_LISTED))
    if some is None:
        mask, upper = step_by_step(audience, start, price, money=money, most=most)
        return found_set(audience, mask, price, sets=None, upper=upper)
    people, patterns = audience.people, audience.patterns
    missed = np.array([people[(patterns & one) == 0].sum() for one in some])
    best = _first(missed, _sums(price, some), some, people.sum())
    return found_set(audience, some[best], price, sets=len(some))


def best_alone(
    table: pd.DataFrame,
    *,
    at_most: int,
    costs: Mapping[str, float] | None = None,
    people: str = "people",
) -> NetReach:
    """Return the items that reach most people each on its own: not the best set.

    Raises
    ------
    DataError, PlanError
        As `net_reach`.
    """
    audience = audience_of(table, people=people)
    alone = {n: audience.reach(audience.mask([n])) for n in audience.items}
    ranked = sorted(audience.items, key=lambda n: -alone[n])
    return net_reach(table, ranked[:at_most], costs=costs, people=people)


def _best_of_all(
    audience: Audience,
    start: np.uint64,
    free: Sequence[int],
    price: np.ndarray,
    *,
    money: float,
    most: int,
) -> tuple[np.uint64, int]:
    """Return the best of all sets of `start` and free items, and how many there are.

    A set misses the people whose pattern lies in its complement: for each choice of the
    last items, these sums over subsets are made for all choices of the first at once,
    unless the bound says that none of them can be the best.
    """
    left, alone = (audience.patterns & start) == 0, gains(audience, start)
    free = sorted(free, key=lambda i: alone[i])  # so that bounds tell most
    people, patterns = audience.people[left], np.zeros(left.sum(), dtype=np.int64)
    for j, i in enumerate(free):
        patterns |= (audience.patterns[left] >> np.uint64(i) & 1).astype(int) << j
    low = min(len(free), 18)
    firsts = np.arange(1 << low)
    cost, number = _sums(price[free[:low]], firsts), np.bitwise_count(firsts)
    masks = _sums(np.array([1 << i for i in free[:low]], dtype=np.uint64), firsts)
    is_first = np.isin(np.arange(len(price)), free[:low])
    ahead = []
    for last in range(1 << (len(free) - low)):
        items = [free[low + j] for j in members(last)]
        spent, slots = float(price[items].sum()), most - len(items)
        if spent <= money and slots >= 0:
            chosen = start | np.uint64(sum(1 << i for i in items))
            added = np.where(is_first, gains(audience, chosen), 0.0)
            bound = audience.reach(chosen)
            bound += most_gain(added, price, money - spent, slots)
            ahead.append((-bound, last, spent, slots, chosen))
    ends, sets, whole = [], 0, float(audience.people.sum())
    for bound, last, spent, slots, chosen in sorted(ahead):
        fits = (cost <= money - spent) & (number <= slots)
        sets += int(np.count_nonzero(fits))
        if ends and whole + bound > min(ends)[0] + NEAR * whole:
            continue
        rest = (patterns >> low & last) == 0
        missed = np.bincount(patterns[rest] & firsts[-1], people[rest], 1 << low)
        _add_subsets(missed)
        missed = np.where(fits, missed[::-1], np.inf)
        best = _first(missed, cost, masks, whole)
        ends.append((missed[best], spent + cost[best], chosen | masks[best]))
    missed, cost, found = (np.array(column) for column in zip(*ends, strict=True))
    return found[_first(missed, cost, found, whole)], sets


def _add_subsets(sums: np.ndarray) -> None:
    """Add to each place of 2^k the values of all places whose bits are among its own.

    The first bits are done in long steps, as short rows are slow.
    """
    for i in range(len(sums).bit_length() - 1):
        size = 1 << i
        if i < 4:
            for place in range(size):
                sums[size + place :: 2 * size] += sums[place :: 2 * size]
        else:
            halves = sums.reshape(-1, 2, size)
            halves[:, 1] += halves[:, 0]


def _first(missed: np.ndarray, cost: np.ndarray, sets: np.ndarray, whole: float) -> int:
    """Return where the fewest are missed: if equal the cheaper, smaller, earlier."""
    near = np.flatnonzero(missed <= missed.min() + NEAR * whole)
    cost = cost[near].round(9)
    order = np.lexsort((sets[near], np.bitwise_count(sets[near]), cost))
    return int(near[order[0]])


def _affordable(
    start: np.uint64,
    free: Sequence[int],
    price: np.ndarray,
    *,
    money: float,
    most: int,
    limit: int,
) -> np.ndarray | None:
    """Return all sets of `start` and free items in reach; None beyond `limit`."""
    sets, cost = np.array([start], dtype=np.uint64), np.zeros(1)
    number = np.zeros(1, dtype=int)
    for i in free:
        fits = (cost + price[i] <= money) & (number < most)
        if len(sets) + fits.sum() > limit:
            return None
        sets = np.concatenate([sets, sets[fits] | np.uint64(1 << i)])
        cost = np.concatenate([cost, cost[fits] + price[i]])
        number = np.concatenate([number, number[fits] + 1])
    return sets if len(sets) <= limit else None


def _sums(values: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return the sum of the values whose places are the bits of each set."""
    found = np.zeros(len(sets), dtype=values.dtype)
    for i, one in enumerate(values):
        found[sets >> sets.dtype.type(i) & sets.dtype.type(1) == 1] += one
    return found
