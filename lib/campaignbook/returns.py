"""Returns beside the ROI: with and without labour, on ad spend, over several years."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaignbook.costs import Cost, Value
from campaignbook.money_figures import (
    MoneyFigure,
    if_due,
    mapped_figure,
    missing_figure,
)
from campaignbook.results import say_number
from campaignbook.social_return import discount_factor, payback_time, say_time

NO_VALUE = (
    "What an outcome is worth is not in the plan; write value: {per_outcome: ...}."
)
NOT_ATTRIBUTED = (
    "This counts the additional revenue that the evaluation found. The attributed "
    "revenue of a platform's own report counts every sale after a view or a click, "
    "also those that would have come anyway, and is no evidence of a return."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostParts:
    """Costs with and without people's working time, in `currency`."""

    total: float
    labour: float
    without_labour: float
    currency: str

    def sentence(self) -> str:
        """Return both sums in words.

        Examples
        --------
        >>> cost_parts([Cost(item="Ads", amount=80)], currency="EUR").sentence()
        'Cost: 80 EUR; no item is marked as labour.'
        """
        total = f"Cost: {say_number(self.total)} {self.currency}"
        if not self.labour:
            return f"{total}; no item is marked as labour."
        return (
            f"{total} with labour, {say_number(self.without_labour)} {self.currency} "
            f"without (labour {say_number(self.labour)} {self.currency})."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOnAdSpend:
    """Additional revenue for each unit of money spent.

    Attributes
    ----------
    without_labour, with_labour : MoneyFigure
        On the spending alone, and on all costs; ``ratio``.
    break_even : float
        The return on ad spend from which money is kept: 1 / margin.
    sentence : str
        Both, the break-even, and what attributed revenue is.
    """

    without_labour: MoneyFigure
    with_labour: MoneyFigure
    break_even: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralYears:
    """The value over all years, beside the first-year ROI of the contract.

    Attributes
    ----------
    years : int
        How long an outcome lasts.
    present_value, net_present_value : MoneyFigure
        In the plan's currency; net is present value minus cost.
    roi : MoneyFigure
        Net present value by cost, ``ratio``.
    payback : MoneyFigure
        Years until the value adds up to the cost: the ends are those of the effect's
        interval; no estimate where it never does, no upper end where it may never.
    sentence : str
        All of it in words.
    """

    years: int
    present_value: MoneyFigure
    net_present_value: MoneyFigure
    roi: MoneyFigure
    payback: MoneyFigure
    sentence: str


def cost_parts(costs: Sequence[Cost], *, currency: str) -> CostParts:
    """Return the costs with and without labour.

    Examples
    --------
    >>> cost_parts([Cost(item="Ads", amount=80), Cost(item="Staff", amount=20,
    ...             labour=True)], currency="EUR").without_labour
    80.0
    """
    labour = float(sum(c.amount for c in costs if c.labour))
    spent = float(sum(c.amount for c in costs if not c.labour))
    return CostParts(
        total=spent + labour, labour=labour, without_labour=spent, currency=currency
    )


def return_on_ad_spend(
    costs: Sequence[Cost],
    value: Value,
    outcomes: MoneyFigure,
    *,
    currency: str,
    causal: bool,
    money_unit: bool = False,
) -> ReturnOnAdSpend:
    """Return ROAS with and without labour, and the break-even.

    Parameters
    ----------
    costs, value : sequence of Cost, Value
        Of a social media plan that sells.
    outcomes : MoneyFigure
        `Economics.outcomes`: sales, or money where `money_unit`.
    currency : str
        Three letters.
    causal : bool
        Whether the "if" may be left out.
    money_unit : bool
        Whether the outcomes are money already; then one is worth 1 unless the plan
        says otherwise.

    Notes
    -----
    ROAS = outcomes x value of one / spending; break-even ROAS = 1 / margin, because
    only the margin of a revenue is kept. ROI = ROAS x margin - 1 on the same costs.
    """
    parts = cost_parts(costs, currency=currency)
    worth = 1.0 if money_unit and value.per_outcome is None else value.per_outcome

    def on(cost: float, what: str) -> MoneyFigure:
        subject = f"Return on ad spend, {what}"
        if outcomes.estimate is None:
            return missing_figure("ratio", f"{subject}: {outcomes.sentence}")
        if worth is None:
            return missing_figure("ratio", f"{subject}: {NO_VALUE}")
        if not cost:
            return missing_figure("ratio", f"{subject}: nothing was spent.")
        word = f"{currency} of revenue for each 1 {currency}"
        return mapped_figure(
            outcomes, worth / cost, 0.0, unit="ratio", subject=subject, word=word,
            causal=causal,
        )  # fmt: skip

    spent, total = (
        on(parts.without_labour, "without labour"),
        on(parts.total, "with labour"),
    )
    break_even = 1 / value.margin
    even = (
        f"It breaks even at {say_number(break_even)} (1 / margin "
        f"{say_number(value.margin)}): {_beside(total, break_even)}."
    )
    both = [spent.sentence, total.sentence] if parts.labour else [total.sentence]
    return ReturnOnAdSpend(
        without_labour=spent,
        with_labour=total,
        break_even=break_even,
        sentence=" ".join([*both, even, NOT_ATTRIBUTED]),
    )


def several_years(
    cost: float, value: Value, outcomes: MoneyFigure, *, currency: str, causal: bool
) -> SeveralYears:
    """Return the value of the outcomes over `value.years`, and the payback time.

    Parameters
    ----------
    cost : float
        All costs, in `currency`.
    value : Value
        Its years, drop-off, discount rate and (where it has a social return) timing.
    outcomes : MoneyFigure
        `Economics.outcomes`.
    currency : str
        Three letters.
    causal : bool
        Whether the "if" may be left out.

    Notes
    -----
    Year k brings outcomes x value of one x margin x (1 - drop-off)^(k - 1), discounted
    as in `social_return`. All figures but payback are linear in the outcomes, so their
    intervals are the maps of its ends. The ROI of the contract stays: one year, not
    discounted.
    """
    if outcomes.estimate is None or value.per_outcome is None:
        why = outcomes.sentence if outcomes.estimate is None else NO_VALUE
        money, ratio = missing_figure(currency, why), missing_figure("ratio", why)
        return SeveralYears(
            years=value.years, present_value=money, net_present_value=money, roi=ratio,
            payback=missing_figure("years", why), sentence=why,
        )  # fmt: skip
    timing = value.sroi.timing if value.sroi else "end_of_year"
    worth = value.per_outcome * value.margin
    yearly = [
        (1 - value.drop_off) ** (k - 1)
        * discount_factor(k, value.discount_rate, timing)
        for k in range(1, value.years + 1)
    ]
    factor = worth * sum(yearly)
    common = {"causal": causal}
    over = "one year" if value.years == 1 else f"{value.years} years"
    present = mapped_figure(
        outcomes, factor, 0.0, unit=currency, subject=f"Value over {over}",
        word=currency, **common,
    )  # fmt: skip
    net = mapped_figure(
        outcomes, factor, -cost, unit=currency, subject=f"Net value over {over}",
        word=currency, **common,
    )  # fmt: skip
    roi = missing_figure("ratio", "Nothing was spent, so a return does not exist.")
    if cost:
        roi = mapped_figure(
            outcomes, factor / cost, -1.0, unit="ratio", word="for each 1 spent",
            subject=f"Return over {over}", **common,
        )  # fmt: skip
    payback = _payback(outcomes, [worth * y for y in yearly], cost, causal)
    how = (
        f"Drop-off {100 * value.drop_off:.3g}% a year from year 2, discounted at "
        f"{100 * value.discount_rate:.3g}% a year ({timing.replace('_', ' ')})."
    )
    said = " ".join([present.sentence, roi.sentence, payback.sentence, how])
    return SeveralYears(
        years=value.years, present_value=present, net_present_value=net, roi=roi,
        payback=payback, sentence=said,
    )  # fmt: skip


def _payback(
    outcomes: MoneyFigure, yearly: Sequence[float], cost: float, causal: bool
) -> MoneyFigure:
    """Return the years to get the cost back, by the outcomes and by their ends."""

    def years(count: float | None) -> float | None:
        return (
            None if count is None else payback_time([count * y for y in yearly], cost)
        )

    best, worst = outcomes.ci_high, outcomes.ci_low
    if sum(yearly) < 0:
        best, worst = worst, best
    middle, slow = years(outcomes.estimate), years(worst)
    fast = 0.0 if best is None else years(best)
    if middle is None:
        perhaps = (
            "" if fast is None or best is None
            else f"; at the better end of the interval after {say_time(fast)}"
        )  # fmt: skip
        said = f"the value never adds up to the cost{perhaps}"
        return missing_figure("years", f"Payback: {if_due(causal)}{said}.")
    late = "never" if slow is None else say_time(slow)
    return MoneyFigure(
        estimate=middle, ci_low=fast, ci_high=slow, unit="years",
        sentence=f"Payback: {if_due(causal)}{say_time(middle)} (interval "
        f"{say_time(fast)} to {late}).",
    )  # fmt: skip


def _beside(figure: MoneyFigure, bar: float) -> str:
    if figure.estimate is None:
        return "whether it does cannot be told"
    low, high = figure.ci_low, figure.ci_high
    if low is not None and low >= bar:
        return "the whole interval reaches that"
    if high is not None and high < bar:
        return "the whole interval stays below"
    side = "reaches it" if figure.estimate >= bar else "stays below"
    return f"the estimate {side}, the interval leaves it open"
