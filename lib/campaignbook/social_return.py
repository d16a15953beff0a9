"""Social return on investment: what the plan's own outcomes are worth over the years.

It is arithmetic on what the plan states: quantities, money proxies and deductions. It
measures nothing, and says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from campaignbook.costs import Sroi, SroiOutcome, kept_share
from campaignbook.money_figures import if_due, unhaired
from campaignbook.results import say_number

Timing = Literal["end_of_year", "start_of_year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialReturnRow:
    """One outcome in one year.

    Attributes
    ----------
    outcome : str
        As in the plan.
    year : int
        1 is the first.
    value : float
        After all deductions and drop-off, in money of that year.
    discount_factor : float
        What one unit of money of that year is worth today.
    present_value : float
        value x discount factor.
    """

    outcome: str
    year: int
    value: float
    discount_factor: float
    present_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialReturn:
    """Present value, ratio to the costs, and when the costs are back.

    Attributes
    ----------
    present_value, cost, net_present_value : float
        In the plan's currency; net is present value minus cost.
    ratio : float or None
        Present value for each unit of cost; None where nothing was spent.
    payback_years : float or None
        Years until the value adds up to the cost; None where it never does.
    rows : tuple of SocialReturnRow
        One an outcome and a year.
    discount_rate : float
        A year; 0.035 is 3.5%.
    timing : {"end_of_year", "start_of_year"}
        When a year's value is taken to arise.
    sentence : str
        The answer in words.
    """

    present_value: float
    cost: float
    ratio: float | None
    net_present_value: float
    payback_years: float | None
    rows: tuple[SocialReturnRow, ...]
    discount_rate: float
    timing: Timing
    sentence: str


def social_return(
    sroi: Sroi, cost: float, *, discount_rate: float, currency: str, causal: bool
) -> SocialReturn:
    """Return the social return of a plan's outcomes.

    Parameters
    ----------
    sroi : Sroi
        Outcomes with quantity, proxy and deductions; and the timing.
    cost : float
        All costs, in `currency`.
    discount_rate : float
        A year, 0-1.
    currency : str
        Three letters.
    causal : bool
        Whether the "if all of the change were due to the campaign" may be left out.

    Notes
    -----
    Value in year k = quantity x proxy x (1 - deadweight)(1 - displacement)(1 - due to
    others) x (1 - drop-off)^(k - 1): drop-off starts in year 2. Present value sums
    value / (1 + rate)^k, or ^(k - 1) where a year's value arises at its start. The
    ratio is present value by cost, as in the field's guides (not a return minus 1).

    References
    ----------
    The terms are those of the social value guides; the product form is this book's.

    Examples
    --------
    >>> outcome = {"name": "Quits", "quantity": 10, "proxy": 100, "years": 2}
    >>> found = social_return(Sroi(outcomes=[outcome]), 500, discount_rate=0.0,
    ...                       currency="EUR", causal=True)
    >>> found.ratio, found.payback_years
    (4.0, 0.5)
    """
    rows = tuple(
        _row(outcome, year, discount_rate, sroi.timing)
        for outcome in sroi.outcomes
        for year in range(1, outcome.years + 1)
    )
    present = sum(r.present_value for r in rows)
    payback = payback_time(yearly_values(rows), cost)
    return SocialReturn(
        present_value=present,
        cost=cost,
        ratio=present / cost if cost else None,
        net_present_value=unhaired(present - cost),
        payback_years=payback,
        rows=rows,
        discount_rate=discount_rate,
        timing=sroi.timing,
        sentence=_sentence(
            present, cost, payback, discount_rate, sroi.timing, currency, causal
        ),
    )


def discount_factor(year: int, rate: float, timing: Timing) -> float:
    """Return what one unit of money of that year is worth today.

    Examples
    --------
    >>> [discount_factor(year, 0.25, "end_of_year") for year in (1, 2)]
    [0.8, 0.64]
    """
    return float((1 + rate) ** -(year if timing == "end_of_year" else year - 1))


def yearly_values(rows: Sequence[SocialReturnRow]) -> list[float]:
    """Return the present value of each year, all outcomes together, from year 1."""
    last = max((r.year for r in rows), default=0)
    return [
        sum(r.present_value for r in rows if r.year == year)
        for year in range(1, last + 1)
    ]


def payback_time(values: Sequence[float], cost: float) -> float | None:
    """Return the years until yearly values add up to the cost, or None.

    Parameters
    ----------
    values : sequence of float
        Present value of each year, from year 1.
    cost : float
        Spent at the start.

    Notes
    -----
    Within a year the value is taken to come in evenly (linear interpolation).

    Examples
    --------
    >>> payback_time([100, 50], 125), payback_time([100, 50], 151)
    (1.5, None)
    """
    if cost <= 0:
        return 0.0
    back = 0.0
    for year, value in enumerate(values):
        if value > 0 and back + value >= cost:
            return year + (cost - back) / value
        back += value
    return None


def say_time(years: float) -> str:
    """Return years as people say them.

    >>> say_time(2.5), say_time(1.25), say_time(0.0006)
    ('2.5 years', '15 months', 'less than a month')
    """
    if years >= 2:
        return f"{say_number(years)} years"
    months = math.ceil(12 * years - 1e-9)
    return "less than a month" if 12 * years < 1 else f"{months} months"


def _row(
    outcome: SroiOutcome, year: int, rate: float, timing: Timing
) -> SocialReturnRow:
    full = outcome.quantity * outcome.proxy * kept_share(outcome)
    value = full * (1 - outcome.drop_off) ** (year - 1)
    factor = discount_factor(year, rate, timing)
    return SocialReturnRow(
        outcome=outcome.name,
        year=year,
        value=value,
        discount_factor=factor,
        present_value=value * factor,
    )


def _sentence(
    present: float,
    cost: float,
    payback: float | None,
    rate: float,
    timing: Timing,
    currency: str,
    causal: bool,
) -> str:
    when = timing.replace("_", " ")
    how = (
        f"On the plan's own quantities, proxies and deductions, discounted at "
        f"{100 * rate:.3g}% a year ({when})"
    )
    if not cost:
        return (
            f"{if_due(causal)}{say_number(present)} {currency} of social value; "
            f"nothing was spent, so a ratio does not exist. {how}."
        )
    back = (
        "the value never adds up to the cost"
        if payback is None
        else f"the cost is back after {say_time(payback)}"
    )
    return (
        f"{if_due(causal)}{say_number(present / cost)} {currency} of social value for "
        f"each 1 {currency} spent ({say_number(present)} for {say_number(cost)}, net "
        f"{say_number(unhaired(present - cost))}); {back}. {how}; nothing of it was "
        "measured here."
    )
