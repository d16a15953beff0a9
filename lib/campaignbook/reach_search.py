"""The search for the set that reaches most: all sets at once, or step by step."""

from collections.abc import Sequence

import numpy as np

from campaignbook.net_reach import Audience

NEAR = 1e-9
"""Reaches are equal that differ by this share of all people or less."""


def best_of_all(
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
    cost, number = sums_of(price[free[:low]], firsts), np.bitwise_count(firsts)
    masks = sums_of(np.array([1 << i for i in free[:low]], dtype=np.uint64), firsts)
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
        best = first_of(missed, cost, masks, whole)
        ends.append((missed[best], spent + cost[best], chosen | masks[best]))
    missed, cost, found = (np.array(column) for column in zip(*ends, strict=True))
    return found[first_of(missed, cost, found, whole)], sets


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


def first_of(
    missed: np.ndarray, cost: np.ndarray, sets: np.ndarray, whole: float
) -> int:
    """Return where the fewest are missed: if equal the cheaper, smaller, earlier."""
    near = np.flatnonzero(missed <= missed.min() + NEAR * whole)
    cost = cost[near].round(9)
    order = np.lexsort((sets[near], np.bitwise_count(sets[near]), cost))
    return int(near[order[0]])


def affordable(
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


def sums_of(values: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return the sum of the values whose places are the bits of each set."""
    found = np.zeros(len(sets), dtype=values.dtype)
    for i, one in enumerate(values):
        found[sets >> sets.dtype.type(i) & sets.dtype.type(1) == 1] += one
    return found


def step_by_step(
    audience: Audience,
    start: np.uint64,
    price: np.ndarray,
    *,
    money: float,
    most: int,
) -> tuple[np.uint64, float]:
    """Return a good set that holds `start`, and what no affordable set can exceed."""
    free = money - float(price[members(start)].sum())
    slots = most - int(start).bit_count()
    upper, found = float(audience.people.sum()), []
    for per_cost in (False, True):
        chosen = start
        while True:
            added = gains(audience, chosen)
            bound = audience.reach(chosen) + most_gain(added, price, free, slots)
            upper = min(upper, bound)
            left = money - float(price[members(chosen)].sum())
            full = int(chosen).bit_count() >= most
            fits = (added > 0) & (price <= left) & (not full)
            if not fits.any():
                break
            worth = added / np.where(price > 0, price, 1e-12) if per_cost else added
            chosen |= np.uint64(1 << int(np.where(fits, worth, -1.0).argmax()))
        found.append(_exchanged(audience, chosen, start, price, money))
    best = max(found, key=audience.reach)
    added = gains(audience, best)
    bound = audience.reach(best) + most_gain(added, price, free, slots)
    return best, min(upper, bound)


def gains(audience: Audience, chosen: np.uint64) -> np.ndarray:
    """Return how many people each item would add to a set."""
    left = (audience.patterns & chosen) == 0
    patterns, people = audience.patterns[left], audience.people[left]
    bits = [np.uint64(1 << i) for i in range(len(audience.items))]
    return np.array([people[(patterns & bit) != 0].sum() for bit in bits])


def most_gain(added: np.ndarray, price: np.ndarray, free: float, slots: int) -> float:
    """Return the most that `slots` items, or `free` money on parts of items, add.

    As additions fall with every item that is there, no set adds more than the sum of
    what its items `added` alone.
    """
    by_number = float(np.sort(added)[::-1][:slots].sum())
    worth = np.divide(added, price, out=np.full(len(price), np.inf), where=price > 0)
    total, left = 0.0, free
    for i in np.argsort(-worth, kind="stable"):
        part = 1.0 if price[i] <= left else left / price[i]
        total += part * float(added[i])
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
        for out in members(chosen & ~start):
            rest = chosen & ~np.uint64(1 << int(out))
            left = money - float(price[members(rest)].sum())
            added = np.where(price <= left, gains(audience, rest), -1.0)
            into = int(added.argmax())
            now = audience.reach(rest | np.uint64(1 << into))
            if added[into] > 0 and now > reach * (1 + 1e-12):
                chosen, reach, better = rest | np.uint64(1 << into), now, True
                break
    return chosen


def members(mask: np.uint64) -> np.ndarray:
    """Return the places of the items of a bit mask."""
    return np.array([i for i in range(64) if int(mask) >> i & 1], dtype=int)
