"""Net reach: how many people a set of channels, partners or influencers reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.proportions import wilson
from campaignbook.results import Estimate, say, say_number
from campaignbook.tables import require_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class NetReach:
    """A set of items with the people that at least one of them reaches.

    Attributes
    ----------
    items : tuple of str
        The set, in the order of the table's columns.
    reach, upper : float
        People; `upper` is what no affordable set can exceed (`reach`, if exact).
    cost : float
        What the set costs, in the unit of the costs.
    audience : float
        All people of the table, reached or not.
    sets : int or None
        How many affordable sets were compared; None if they were too many.
    """

    items: tuple[str, ...]
    reach: float
    upper: float
    cost: float
    audience: float
    sets: int | None

    @property
    def gap(self) -> float:
        """The share of `upper`, 0-1, by which the set may fall short of the best."""
        return (self.upper - self.reach) / self.upper if self.upper else 0.0

    def sentence(self) -> str:
        """Return the set, its reach and how sure it is that no other reaches more."""
        named = ", ".join(self.items) or "nobody"
        share = self.reach / self.audience if self.audience else 0.0
        sure = (
            f"the best of {self.sets:,} sets"
            if self.sets is not None
            else f"found step by step: no set reaches more than {self.upper:,.0f}, "
            f"so it is short of the best by {say(self.gap, 'share')} at most"
        )
        price = f" for {say_number(self.cost)}" if self.cost else ""
        return (
            f"{named}: {self.reach:,.0f} of {self.audience:,.0f} people "
            f"({say(share, 'share')}){price}; {sure}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """People grouped by which items reach them.

    Attributes
    ----------
    items : tuple of str
        Names of the items; item i is bit i of a pattern.
    patterns : array of uint64, each once
        The items that reach a group, as a bit mask.
    people : array of float, as long
        How many people are in each group.
    """

    items: tuple[str, ...]
    patterns: np.ndarray
    people: np.ndarray

    def mask(self, names: Sequence[str]) -> np.uint64:
        """Return the bit mask of items by name."""
        return np.uint64(sum(1 << self.items.index(n) for n in names))

    def reach(self, chosen: np.uint64) -> float:
        """Return how many people the items of a bit mask reach."""
        return float(self.people[(self.patterns & chosen) != 0].sum())


def audience_of(table: pd.DataFrame, *, people: str = "people") -> Audience:
    """Return the audience that a table of patterns describes.

    Parameters
    ----------
    table : DataFrame
        A row a group of people (or a person), a column of 0 and 1 an item.
    people : str
        The column with the size of each group; without it each row is one person.

    Raises
    ------
    DataError
        If a name stands twice, an item is not 0 or 1, a group has less than no people,
        or there are no items, more than 60 of them, or no people.
    """
    names = [str(c) for c in table.columns if c != people]
    problems = [
        f"the item '{n}' stands {names.count(n)} times; give each a name of its own."
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    if problems:
        raise DataError(*problems)
    if not 1 <= len(names) <= 60:
        raise DataError(
            f"the table of patterns has {len(names)} items; it takes 1 to 60 columns."
        )
    problems = [
        f"the item '{n}' has values other than 0 and 1; write 1 for reached, 0 for not."
        for n in names
        if not table[n].isin([0, 1]).all()
    ]
    weight = np.ones(len(table))
    if people in table.columns:
        weight = pd.to_numeric(table[people], errors="coerce").to_numpy(float)
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        problems.append(
            f"the column '{people}' has a value that is no number of people; "
            "write 0 or more."
        )
    elif weight.sum() <= 0:
        problems.append("the table of patterns has no people: nobody can be reached.")
    if problems:
        raise DataError(*problems)
    bits = np.left_shift(np.uint64(1), np.arange(len(names), dtype=np.uint64))
    masks = (table[names].to_numpy(np.uint64) * bits).sum(axis=1, dtype=np.uint64)
    patterns, at = np.unique(masks, return_inverse=True)
    sums = np.bincount(at, weight, len(patterns))
    return Audience(items=tuple(names), patterns=patterns, people=sums)


def net_reach(
    table: pd.DataFrame,
    items: Sequence[str],
    *,
    costs: Mapping[str, float] | None = None,
    people: str = "people",
) -> NetReach:
    """Return how many people a given set of items reaches, each counted once.

    Raises
    ------
    DataError
        If the table is not one of patterns, or lacks an item.
    PlanError
        If a cost is negative or missing.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [10, 40, 5]})
    >>> net_reach(table, ["a", "b"]).reach
    55.0
    """
    audience = audience_of(table, people=people)
    require_columns(table, *items)
    price = prices(audience.items, costs)
    mask = audience.mask(list(dict.fromkeys(items)))
    return found_set(audience, mask, price, sets=1)


def share_reached(
    table: pd.DataFrame,
    items: Sequence[str],
    *,
    people: str = "people",
    level: float = 0.95,
) -> Estimate:
    """Return the share (0-1) of an audience that a set reaches, with its interval.

    The rows are the respondents of a survey, each standing for so many `people`.

    Raises
    ------
    DataError
        As `net_reach`.

    Notes
    -----
    Wilson's interval at the effective number of respondents, (sum of weights)^2 / sum
    of their squares. That they were drawn by chance is assumed, and that the set was
    not chosen by their answers: of many sets the best one looks a little too good.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.
    """
    found = net_reach(table, items, people=people)
    weight = np.ones(len(table))
    if people in table.columns:
        weight = table[people].to_numpy(float)
    size = weight.sum() ** 2 / (weight**2).sum()
    share = found.reach / found.audience
    low, high = wilson(share * size, size, level=level)
    return Estimate(
        name="share_reached", estimate=share, ci_low=low, ci_high=high, level=level,
        null_value=None, n=len(table), unit="share",
        method="Wilson's interval at the effective number of respondents",
    )  # fmt: skip


def prices(items: Sequence[str], costs: Mapping[str, float] | None) -> np.ndarray:
    """Return the cost of each item, 0 where there are no costs at all.

    Raises
    ------
    PlanError
        If an item has no cost or one that is not a number of 0 or more.
    """
    if costs is None:
        return np.zeros(len(items))
    problems = [f"'{n}' has no cost; write 0 if it is free." for n in items
                if n not in costs]  # fmt: skip
    problems += [
        f"the cost of '{n}' is {costs[n]}; write a number of 0 or more."
        for n in items
        if n in costs and not 0 <= costs[n] < np.inf
    ]
    if problems:
        raise PlanError(*problems)
    return np.array([float(costs[n]) for n in items])


def found_set(
    audience: Audience,
    mask: np.uint64,
    price: np.ndarray,
    *,
    sets: int | None,
    upper: float | None = None,
) -> NetReach:
    """Return the items of a bit mask with their reach and cost."""
    at = [i for i in range(len(audience.items)) if int(mask) >> i & 1]
    reach = audience.reach(mask)
    return NetReach(
        items=tuple(audience.items[i] for i in at),
        reach=reach,
        upper=reach if upper is None else max(upper, reach),
        cost=float(price[at].sum()),
        audience=float(audience.people.sum()),
        sets=sets,
    )


def additions(
    table: pd.DataFrame,
    items: Sequence[str],
    *,
    costs: Mapping[str, float] | None = None,
    people: str = "people",
) -> pd.DataFrame:
    """Return what each item adds to the reach of a set, the most adding first.

    Columns: `item`, `alone` (people it reaches), `added` (not reached by those above
    it), `only_it` (reached by no other of the set), `cost`, `cost_per_person` and
    `cost_per_additional` (cost over `added`; empty where it adds nobody).

    Raises
    ------
    DataError, PlanError
        As `net_reach`.
    """
    whole = net_reach(table, items, costs=costs, people=people)
    audience = audience_of(table, people=people)
    price = dict(zip(audience.items, prices(audience.items, costs), strict=True))
    bit = {n: audience.mask([n]) for n in whole.items}
    left, reached, rows = list(whole.items), np.uint64(0), []
    before = 0.0
    while left:
        best = max(left, key=lambda n: audience.reach(reached | bit[n]))
        left.remove(best)
        reached |= bit[best]
        now = audience.reach(reached)
        others = [n for n in whole.items if n != best]
        rows.append(
            {
                "item": best,
                "alone": audience.reach(bit[best]),
                "added": now - before,
                "only_it": whole.reach - audience.reach(audience.mask(others)),
                "cost": price[best],
            }
        )
        before = now
    made = pd.DataFrame(rows, columns=["item", "alone", "added", "only_it", "cost"])
    return made.assign(
        cost_per_person=made["cost"] / made["alone"].where(made["alone"] > 0),
        cost_per_additional=made["cost"] / made["added"].where(made["added"] > 0),
    )
