"""Which set reaches most people under a budget: every set, or step by step."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from campaignbook.errors import PlanError, nearest
from campaignbook.net_reach import (
    MOST_SETS,
    Audience,
    NetReach,
    audience_of,
    found_set,
    net_reach,
    prices,
)


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
        Up to so many affordable sets all are compared; beyond, one is built.

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
    the cheaper, then the smaller set, then the one earlier in the table. Beyond
    `most_sets` the set grows by the most additional people, and once more by the most
    for its money; items are exchanged while that helps. Reach has falling additions,
    so what is left of the budget, spent on the additions at any set on the way, bounds
    what any set can reach (`upper`).

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
    spent = float(price[_members(start)].sum())
    if spent > money or int(start).bit_count() > most:
        raise PlanError(
            f"the required items cost {spent:g} and are {int(start).bit_count()}; that "
            "is beyond the budget or the number allowed: require fewer."
        )
    sets = _affordable(start, price, money=money, most=most, limit=most_sets)
    if sets is None:
        mask, upper = _step_by_step(audience, start, price, money=money, most=most)
        return found_set(audience, mask, price, sets=None, upper=upper)
    reach, cost = _reach_of_all(audience, sets), _cost_of_all(sets, price)
    near = np.flatnonzero(reach >= reach.max() - 1e-9 * audience.people.sum())
    order = np.lexsort((sets[near], np.bitwise_count(sets[near]), cost[near]))
    return found_set(audience, sets[near[order[0]]], price, sets=len(sets))


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


def _affordable(
    start: np.uint64, price: np.ndarray, *, money: float, most: int, limit: int
) -> np.ndarray | None:
    """Return all sets that hold `start` and may be bought; None beyond `limit`."""
    sets = np.array([start], dtype=np.uint64)
    cost = np.array([price[_members(start)].sum()])
    for i in range(len(price)):
        bit = np.uint64(1 << i)
        if start & bit:
            continue
        fits = (cost + price[i] <= money) & (np.bitwise_count(sets) < most)
        if len(sets) + fits.sum() > limit:
            return None
        sets = np.concatenate([sets, sets[fits] | bit])
        cost = np.concatenate([cost, cost[fits] + price[i]])
    return sets


def _reach_of_all(audience: Audience, sets: np.ndarray) -> np.ndarray:
    """Return the reach of many sets.

    People missed by a set are those whose pattern lies in its complement: sums over
    subsets, made for the first items at once and for each choice of the others apart.
    """
    n = len(audience.items)
    low = n if n <= 18 else 14
    below = np.uint64((1 << low) - 1)
    highs, at = np.unique(sets & ~below, return_inverse=True)
    order = np.argsort(at, kind="stable")
    missed = np.empty(len(sets))
    parts = np.split(order, np.cumsum(np.bincount(at, minlength=len(highs)))[:-1])
    for high, part in zip(highs, parts, strict=True):
        left = (audience.patterns & high) == 0
        patterns, people = audience.patterns[left] & below, audience.people[left]
        wanted = sets[part] & below
        if len(part) * (len(patterns) + 1000) < low << low:
            missed[part] = [people[(patterns & s) == 0].sum() for s in wanted]
            continue
        sums = np.bincount(patterns.astype(np.int64), people, 1 << low)
        for i in range(low):
            halves = sums.reshape(-1, 2, 1 << i)
            halves[:, 1] += halves[:, 0]
        missed[part] = sums[(~wanted & below).astype(np.int64)]
    return audience.people.sum() - missed


def _cost_of_all(sets: np.ndarray, price: np.ndarray) -> np.ndarray:
    cost = np.zeros(len(sets))
    for i, one in enumerate(price):
        cost += np.where(sets >> np.uint64(i) & np.uint64(1), one, 0.0)
    return cost.round(9)


def _step_by_step(
    audience: Audience,
    start: np.uint64,
    price: np.ndarray,
    *,
    money: float,
    most: int,
) -> tuple[np.uint64, float]:
    """Return a good set and what no affordable set can exceed."""
    free = money - float(price[_members(start)].sum())
    slots = most - int(start).bit_count()
    upper, found = float(audience.people.sum()), []
    for per_cost in (False, True):
        chosen = start
        while True:
            gains = _gains(audience, chosen)
            bound = audience.reach(chosen) + _most_gain(gains, price, free, slots)
            upper = min(upper, bound)
            left = money - float(price[_members(chosen)].sum())
            full = int(chosen).bit_count() >= most
            fits = (gains > 0) & (price <= left) & (not full)
            if not fits.any():
                break
            worth = gains / np.where(price > 0, price, 1e-12) if per_cost else gains
            chosen |= np.uint64(1 << int(np.where(fits, worth, -1.0).argmax()))
        found.append(_exchanged(audience, chosen, start, price, money))
    best = max(found, key=audience.reach)
    gains = _gains(audience, best)
    bound = audience.reach(best) + _most_gain(gains, price, free, slots)
    return best, min(upper, bound)


def _gains(audience: Audience, chosen: np.uint64) -> np.ndarray:
    """Return how many people each item would add to a set."""
    left = (audience.patterns & chosen) == 0
    patterns, people = audience.patterns[left], audience.people[left]
    bits = [np.uint64(1 << i) for i in range(len(audience.items))]
    return np.array([people[(patterns & bit) != 0].sum() for bit in bits])


def _most_gain(gains: np.ndarray, price: np.ndarray, free: float, slots: int) -> float:
    """Return the most that `slots` items, or `free` money on parts of items, add."""
    by_number = float(np.sort(gains)[::-1][:slots].sum())
    worth = gains / np.where(price > 0, price, 1e-300)
    total, left = 0.0, free
    for i in np.argsort(-worth, kind="stable"):
        part = 1.0 if price[i] <= left else left / price[i]
        total += part * float(gains[i])
        left -= part * price[i]
        if part < 1:
            break
    return min(by_number, total)


def _exchanged(
    audience: Audience,
    chosen: np.uint64,
    start: np.uint64,
    price: np.ndarray,
    money: float,
) -> np.uint64:
    """Return the set after all exchanges of one item for another that help."""
    reach, better = audience.reach(chosen), True
    while better:
        better = False
        for out in _members(chosen & ~start):
            rest = chosen & ~np.uint64(1 << int(out))
            left = money - float(price[_members(rest)].sum())
            gains = np.where(price <= left, _gains(audience, rest), -1.0)
            into = int(gains.argmax())
            now = audience.reach(rest | np.uint64(1 << into))
            if gains[into] > 0 and now > reach * (1 + 1e-12):
                chosen, reach, better = rest | np.uint64(1 << into), now, True
                break
    return chosen


def _members(mask: np.uint64) -> np.ndarray:
    return np.array([i for i in range(64) if int(mask) >> i & 1], dtype=int)
