"""How fast is the best set of 25 partners found, and is it the best?

    python tests/benchmarks/net_reach.py [--patterns N] [--items N] [--runs N]

A table of weighted patterns is made from a fixed seed. Two questions are put: at most
five items, where a plain loop (itertools, numpy) looks at every set too and must find
the same one; and a budget that leaves millions of sets, which a loop would take hours
for: its time is told from its own time for one set. The two take turns, medians are
compared. The exit code is 1 when a bar is missed.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from campaignbook.reach_choice import best_set

PATTERNS, ITEMS, RUNS, FEW = 10_000, 25, 3, 5
SECONDS = 2.0
"""Bar for each question."""


def make_table(*, patterns: int, items: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return weighted patterns, items of different size, and their costs."""
    rng = np.random.default_rng(25)
    names = [f"partner {i + 1}" for i in range(items)]
    hit = rng.random((patterns, items)) < rng.uniform(0.02, 0.25, items)
    table = pd.DataFrame(hit.astype(int), columns=names)
    costs = dict(zip(names, rng.integers(5, 100, items).tolist(), strict=True))
    return table.assign(people=rng.integers(1, 500, patterns)), costs


def loop(table: pd.DataFrame, *, at_most: int) -> tuple[tuple[str, ...], float, int]:
    """Return the set that reaches most, its reach, and how many were looked at."""
    names = [c for c in table.columns if c != "people"]
    hit = table[names].to_numpy(bool)
    people = table["people"].to_numpy(float)
    best, found, sets = -1.0, (), 0
    for k in range(at_most + 1):
        for chosen in combinations(range(len(names)), k):
            reach = people[hit[:, chosen].any(axis=1)].sum()
            sets += 1
            if reach > best:
                best, found = reach, chosen
    return tuple(names[i] for i in found), float(best), sets


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both questions side by side and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patterns", type=int, default=PATTERNS)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--runs", type=int, default=RUNS)
    asked = parser.parse_args(arguments)
    table, costs = make_table(patterns=asked.patterns, items=asked.items)
    budget = 0.55 * sum(costs.values())
    seconds: dict[str, list[float]] = {"few": [], "budget": [], "loop": []}
    for _ in range(asked.runs):
        began = time.perf_counter()
        few = best_set(table, at_most=FEW)
        seconds["few"].append(time.perf_counter() - began)
        began = time.perf_counter()
        many = best_set(table, costs=costs, budget=budget)
        seconds["budget"].append(time.perf_counter() - began)
        began = time.perf_counter()
        items, reach, sets = loop(table, at_most=FEW)
        seconds["loop"].append(time.perf_counter() - began)
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"{asked.items} items, {asked.patterns:,} patterns; median of {asked.runs}\n")
    a_set = middle["loop"] / sets
    for name, made in (("few", few), ("budget", many)):
        slow = a_set * (made.sets or 0)
        print(
            f"{f'at most {FEW}' if name == 'few' else 'a budget':10} "
            f"{made.sets or 0:>12,} sets {middle[name]:8.2f} s; loop "
            f"{'' if name == 'few' else 'about '}{slow:,.1f} s "
            f"({slow / middle[name]:,.0f} times)"
        )
    print(f"\n{many.sentence()}")
    wrong = []
    if (few.items, few.sets) != (items, sets) or abs(few.reach - reach) > 1e-6:
        wrong.append(f"the loop finds {items}: {reach}; the package {few.sentence()}")
    if many.sets is None:
        wrong.append("the budget's best set is not proven.")
    for name in ("few", "budget"):
        if not middle[name] <= SECONDS:
            wrong.append(f"{name}: {middle[name]:.2f} s, not {SECONDS:g}.")
    for sentence in wrong:
        print(f"MISSED: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
