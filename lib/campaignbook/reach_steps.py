"""A good set found step by step, and what no affordable set can exceed."""

import numpy as np

from campaignbook.net_reach import Audience


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
