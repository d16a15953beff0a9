"""Which set reaches most people under a budget: every set, or step by step."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from campaignbook.errors import PlanError, nearest
from campaignbook.net_reach import (
    NetReach,
    audience_of,
    found_set,
    net_reach,
    prices,
)
from campaignbook.reach_search import (
    affordable,
    best_of_all,
    first_of,
    members,
    step_by_step,
    sums_of,
)

MOST_SETS = 1 << 25
"""Up to so many sets are looked at all at once."""
MOST_LISTED = 1_000_000
"""Up to so many affordable sets of more items are looked at one by one."""


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
        mask, sets = best_of_all(audience, start, free, price, **room)
        return found_set(audience, mask, price, sets=sets)
    some = affordable(start, free, price, **room, limit=min(most_sets, MOST_LISTED))
    if some is None:
        mask, upper = step_by_step(audience, start, price, money=money, most=most)
        return found_set(audience, mask, price, sets=None, upper=upper)
    people, patterns = audience.people, audience.patterns
    missed = np.array([people[(patterns & one) == 0].sum() for one in some])
    best = first_of(missed, sums_of(price, some), some, people.sum())
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


def ways_of_choosing(
    table: pd.DataFrame,
    *,
    costs: Mapping[str, float],
    budget: float,
    at_most: int | None = None,
    people: str = "people",
) -> pd.DataFrame:
    """Return what a budget reaches by three ways of choosing, the best set first.

    The others take items as long as the money lasts: the largest first, and the
    cheapest for each person it reaches alone. Columns `way`, `items`, `reach` (people),
    `cost`, `per_person` (cost; empty where nobody is reached), `gap` (share, 0-1, by
    which the best set may be short because not all sets were compared; else 0).

    Raises
    ------
    DataError, PlanError
        As `best_set`.
    """
    best = best_set(table, costs=costs, budget=budget, at_most=at_most, people=people)
    audience = audience_of(table, people=people)
    alone = {n: audience.reach(audience.mask([n])) for n in audience.items}
    orders = {
        "the largest first": lambda n: -alone[n],
        "the cheapest a person first": lambda n: costs[n] / max(alone[n], 1e-12),
    }
    made = {"the best set": best}
    for way, order in orders.items():
        taken: list[str] = []
        for name in sorted(audience.items, key=order):
            spent = sum(costs[n] for n in (*taken, name))
            if spent <= budget and len(taken) < (at_most or len(alone)):
                taken.append(name)
        made[way] = net_reach(table, taken, costs=costs, people=people)
    return pd.DataFrame(
        {
            "way": way, "items": ", ".join(r.items), "reach": r.reach, "cost": r.cost,
            "per_person": r.cost / r.reach if r.reach else np.nan, "gap": r.gap,
        }
        for way, r in made.items()
    )  # fmt: skip


def reach_by_budget(
    table: pd.DataFrame,
    *,
    costs: Mapping[str, float],
    budgets: Sequence[float],
    people: str = "people",
    most_sets: int = MOST_SETS,
) -> pd.DataFrame:
    """Return the best set for each budget, and what its last people cost.

    Columns `budget`, `reach` (people), `cost`, `items`, `gap` (share, 0-1, by which a
    set may be short of the best because not all were compared; else 0),
    `per_additional` (cost over people beyond the row before; empty where there are
    none). `most_sets` is as in `best_set`.

    Raises
    ------
    DataError, PlanError
        As `best_set`.
    """
    found = [
        best_set(table, costs=costs, budget=b, people=people, most_sets=most_sets)
        for b in sorted(budgets)
    ]
    made = pd.DataFrame(
        {
            "budget": b,
            "reach": r.reach,
            "cost": r.cost,
            "items": ", ".join(r.items),
            "gap": r.gap,
        }
        for b, r in zip(sorted(budgets), found, strict=True)
    )
    more = made["reach"].diff().fillna(made["reach"])
    spent = made["cost"].diff().fillna(made["cost"])
    return made.assign(per_additional=spent / more.where(more > 0))
