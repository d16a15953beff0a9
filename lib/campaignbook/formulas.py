"""Small formulas that exercises name by a key; no text is ever evaluated."""

import math
from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType

from campaignbook.errors import DataError


def ratio(part: float, whole: float) -> float:
    """Return part by whole: a share, a rate, a cost per outcome, a return on spend."""
    return part / whole


def product(first: float, second: float) -> float:
    """Return the product of two numbers, for example people times share."""
    return first * second


def difference(after: float, before: float) -> float:
    """Return after minus before."""
    return after - before


def relative_change(after: float, before: float) -> float:
    """Return the change as a share of where it began."""
    return (after - before) / before


def change_by_wanted(after: float, before: float, wanted: float) -> float:
    """Return the change as a share of the change that was wanted."""
    return (after - before) / wanted


def total(first: float, second: float) -> float:
    """Return the sum of two numbers."""
    return first + second


def cost_per_thousand(cost: float, count: float) -> float:
    """Return the cost of a thousand, in the money of the cost."""
    return cost / count * 1000


def sum_over_sum(part_a: float, whole_a: float, part_b: float, whole_b: float) -> float:
    """Return the rate of two posts together."""
    return (part_a + part_b) / (whole_a + whole_b)


def mean_of_rates(
    part_a: float, whole_a: float, part_b: float, whole_b: float
) -> float:
    """Return the mean of the rates of two posts, each post counted alike."""
    return (part_a / whole_a + part_b / whole_b) / 2


def share_of_change(before: float, after: float, share: float) -> float:
    """Return the part of a decline that is due to one cause, in the unit measured."""
    return (before - after) * share


def change_against_control(
    after: float, before: float, control_after: float, control_before: float
) -> float:
    """Return the difference in differences of four means."""
    return (after - before) - (control_after - control_before)


def return_on_investment(revenue: float, margin: float, cost: float) -> float:
    """Return the profit after the cost, by the cost; margin is a share (0-1)."""
    return (revenue * margin - cost) / cost


def profit(revenue: float, margin: float, spend: float, labour: float) -> float:
    """Return what is left of the margin after both costs; margin is a share (0-1)."""
    return revenue * margin - spend - labour


def break_even_return(margin: float) -> float:
    """Return the revenue by spend at which nothing is gained or lost."""
    return 1 / margin


def social_return(
    quantity: float,
    proxy: float,
    deadweight: float,
    due_to_others: float,
    cost: float,
) -> float:
    """Return the social value of a first year by the cost; the shares are 0-1."""
    return quantity * proxy * (1 - deadweight) * (1 - due_to_others) / cost


def net_reach(first: float, second: float, both: float) -> float:
    """Return how many people two channels reach, each person counted once."""
    return first + second - both


def cost_per_additional(cost: float, reach: float, both: float) -> float:
    """Return the cost of each person that only the added channel reaches."""
    return cost / (reach - both)


def cost_per_member(cost: float, reach: float, share: float) -> float:
    """Return the cost of each reached person who is in the segment (share 0-1)."""
    return cost / (reach * share)


def cost_share_of_reach(cost: float, reach: float, share: float) -> float:
    """Return cost by reach, times the share: `cost_per_member` done wrongly."""
    return cost / reach * share


def incremental_cost(
    cost: float, other_cost: float, outcomes: float, other_outcomes: float
) -> float:
    """Return the cost of each outcome that the dearer choice adds."""
    return (cost - other_cost) / (outcomes - other_outcomes)


def people_changed(people: float, share: float, deadweight: float) -> float:
    """Return the people who changed and would not have done so anyway."""
    return people * share * (1 - deadweight)


def net_saving(avoided: float, harm: float, price: float) -> float:
    """Return what was saved: harm avoided less the price of avoiding it."""
    return avoided * (harm - price)


def own_share(own: float, others: float) -> float:
    """Return what is ours of the whole, for example a share of voice."""
    return own / (own + others)


def last_unit(most: float, half: float, money: float) -> float:
    """Return what one more unit of money brings on a saturation curve."""
    return most * half / (half + money) ** 2


def average_unit(most: float, half: float, money: float) -> float:
    """Return what the units of money so far brought on average on such a curve."""
    return most / (half + money)


def people_needed(wanted: float, first: float, second: float) -> float:
    """Return how many have to be at the top of two steps (shares, 0-1)."""
    return wanted / (first * second)


def points_at(r: float, baseline: float) -> float:
    """Return the difference of two shares that has the correlation r, as a share.

    Parameters
    ----------
    r : float
        Correlation (phi) between being in the campaign and the behaviour, 0 <= r < 1.
    baseline : float
        Share (0-1) who do it without the campaign.

    Raises
    ------
    DataError
        If r or the baseline is out of range, or no share up to 1 has this r.

    Notes
    -----
    Two groups of equal size with the shares p0 and p0 + D have phi = (D / 2) / sqrt(m
    (1 - m)), m = p0 + D / 2. Solved for D, with q = r^2: D = [q (1 - 2 p0) + sqrt(q^2
    (1 - 2 p0)^2 + 4 (1 + q) q p0 (1 - p0))] / (1 + q). The rule of thumb "r = .09 is 9
    points" holds near a baseline of one half only.

    Examples
    --------
    >>> round(points_at(0.05, 0.5), 3), round(points_at(0.05, 0.1), 3)
    (0.05, 0.032)
    """
    if not 0 <= r < 1:
        raise DataError(f"r must be at least 0 and below 1, got {r}.")
    if not 0 <= baseline <= 1:
        raise DataError(
            f"the baseline must be a share between 0 and 1, got {baseline}. "
            "Write 35% as 0.35."
        )
    q, skew = r * r, 1 - 2 * baseline
    root = math.sqrt(q * q * skew * skew + 4 * (1 + q) * q * baseline * (1 - baseline))
    points = (q * skew + root) / (1 + q)
    if points > 1 - baseline:
        raise DataError(
            f"from a baseline of {baseline} no share up to 1 gives r = {r}; choose a "
            "lower baseline or a smaller r."
        )
    return points


FORMULAS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        formula.__name__: formula
        for formula in (
            ratio,
            product,
            difference,
            relative_change,
            change_by_wanted,
            total,
            cost_per_thousand,
            sum_over_sum,
            mean_of_rates,
            share_of_change,
            change_against_control,
            return_on_investment,
            profit,
            break_even_return,
            social_return,
            net_reach,
            cost_per_additional,
            cost_per_member,
            cost_share_of_reach,
            incremental_cost,
            people_changed,
            net_saving,
            own_share,
            last_unit,
            average_unit,
            people_needed,
            points_at,
        )
    }
)
"""The formulas by their names."""


def roles(formula: str) -> tuple[str, ...]:
    """Return the names of the numbers that a formula takes.

    Examples
    --------
    >>> roles("ratio")
    ('part', 'whole')
    """
    return tuple(signature(FORMULAS[formula]).parameters)
