"""Money of a period by the exports: what was spent, what came back, at what cost."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from campaignbook.costs import Cost, Value
from campaignbook.kpi_rows import Counted
from campaignbook.kpi_values import kpi_values
from campaignbook.kpis import Kpi, KpiBook
from campaignbook.results import Estimate, say_number
from campaignbook.returns import cost_parts

PRICES = ("cpl", "cpa", "cpc", "cpm")
"""Indicators of price that a report shows where the exports tell them."""
ATTRIBUTED = (
    "The platforms attribute what came back: they count every lead or sale after a "
    "click or a view, also those that would have come anyway. It is no evidence of a "
    "return."
)
VALUED = Kpi(
    id="return", name="Return on ad spend", formula="attributed value / spend",
    numerator=("valued",), denominator="spend", aggregation="sum_over_sum",
    unit="ratio", convention="As the platforms attribute it.",
)  # fmt: skip


def money_of(
    counted: Counted,
    book: KpiBook,
    *,
    costs: Sequence[Cost],
    value: Value,
    currency: str,
    level: float,
) -> dict[str, Any]:
    """Return spend, return on it with the break-even, return on all costs, prices.

    Parameters
    ----------
    counted : Counted
        The rows of the period.
    book : KpiBook
        The registry.
    costs, value : sequence of Cost, Value
        Of the plan: costs of the same period; margin, and what a lead is worth where
        the exports do not tell the value of conversions.
    currency : str
        Of the money.
    level : float
        Confidence level, 0-1.

    Notes
    -----
    Return on ad spend = attributed value / spend, Fieller's interval over rows; it
    breaks even at 1 / margin. Return on investment = (value x margin - cost) / cost,
    with labour; spend and cost are known, so that its interval is the linear map of
    the first one's ends. Empty where no row tells a spend.
    """
    frame = counted.now
    if not frame["spend"].notna().any():
        return {}
    valued = _valued(frame, value.per_outcome)
    (back,) = kpi_values(valued, VALUED, level=level)
    spent = float(frame["spend"].sum())
    parts = cost_parts(costs, currency=currency)
    other = max(parts.without_labour, spent)
    cost = other + parts.labour
    told: dict[str, Any] = {
        "currency": currency, "spend": spent, "labour": parts.labour, "cost": cost,
        "planned": parts.without_labour if costs else None,
        "break_even": 1 / value.margin, "margin": value.margin, "prices": [],
        "back": None, "roi": None, "sentences": [],
    }  # fmt: skip
    for name in PRICES:
        (price,) = kpi_values(frame, book.kpi(name), level=level, currency=currency)
        if price.estimate.estimate is not None and price.rows:
            told["prices"].append({"name": price.kpi.name, **_told(price)})
    if back.estimate.estimate is None or not back.rows:
        told["sentences"].append(
            "No row tells what its leads or conversions are worth; write "
            "value: {per_outcome: ...} in the plan, or export their value."
        )
        return told
    told["back"] = _told(back)
    roi = _mapped(back.estimate, back.denominator * value.margin / cost, -1.0)
    told["roi"] = asdict(roi)
    told["sentences"] += [*_sentences(back.estimate, roi, told), ATTRIBUTED]
    if (valued["valued"].notna() & frame["conversion_value"].isna()).any():
        told["sentences"].append(
            f"A lead or conversion whose value no export tells counts "
            f"{say_number(value.per_outcome)} {currency} here (per_outcome of the "
            "plan); the KPI of the exports alone leaves such rows out."
        )
    part = back.denominator / spent
    if part < 0.995:
        told["sentences"].append(
            f"For {100 * part:.0f}% of the spend a value is known; the rest is a cost "
            "without one."
        )
    return told


def _valued(frame: pd.DataFrame, per_outcome: float | None) -> pd.DataFrame:
    """Return the rows with ``valued``: their own value, else that of their leads."""
    own = frame["conversion_value"]
    if per_outcome is not None:
        own = own.fillna(frame["leads"].fillna(frame["conversions"]) * per_outcome)
    return frame.assign(valued=own)


def _mapped(source: Estimate, factor: float, shift: float) -> Estimate:
    ends = [
        None if e is None else e * factor + shift
        for e in (source.ci_low, source.ci_high)
    ]
    return Estimate(
        name="roi", estimate=source.estimate * factor + shift, ci_low=ends[0],
        ci_high=ends[1], level=source.level, null_value=None, n=source.n, unit="ratio",
        method="(attributed value x margin - cost) / cost; ends of the return on ad "
        "spend carried through",
    )  # fmt: skip


def _told(value) -> dict[str, Any]:
    return {
        "made": value.kpi.shown(), "numerator": value.numerator,
        "denominator": value.denominator, "value": asdict(value.estimate),
    }  # fmt: skip


def _sentences(back: Estimate, roi: Estimate, told: dict[str, Any]) -> list[str]:
    currency, even = told["currency"], told["break_even"]
    size, interval = back.words([even])
    low, high = back.ends()
    where = (
        "the whole interval reaches that" if low >= even
        else "the whole interval stays below that" if high < even
        else "the interval leaves open whether it is reached"
    )  # fmt: skip
    gain, its = roi.words([0.0])
    word = (
        "money is kept" if roi.ends()[0] > 0
        else "more was spent than kept" if roi.ends()[1] < 0
        else "whether money is kept is open"
    )  # fmt: skip
    labour = "labour included" if told["labour"] else "no labour is in the plan's costs"
    return [
        f"Return on ad spend: {size} {currency} for each 1 {currency} ({interval}). It "
        f"breaks even at {say_number(even)} (1 / margin {say_number(told['margin'])}): "
        f"{where}.",
        f"Return on investment: {gain} for each 1 {currency} of all costs "
        f"({say_number(told['cost'])} {currency}, {labour}; {its}): {word}.",
    ]
