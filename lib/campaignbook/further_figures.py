"""What a report says of money beyond the four figures of `economics`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from campaignbook.cost_effectiveness import Incremental, compare_with_alternative
from campaignbook.costs import Cost, Value
from campaignbook.economics import Economics
from campaignbook.results import Estimate
from campaignbook.returns import (
    CostParts,
    ReturnOnAdSpend,
    SeveralYears,
    cost_parts,
    return_on_ad_spend,
    several_years,
)
from campaignbook.sensitivity import MonteCarlo, Tornado, monte_carlo, tornado
from campaignbook.social_return import SocialReturn, social_return


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherFigures:
    """Figures beside the economics; what the plan does not ask for is None.

    Attributes
    ----------
    costs : CostParts
        With and without labour.
    ad_spend : ReturnOnAdSpend or None
        Of a social media campaign that sells.
    several_years : SeveralYears or None
        Value over the years, with payback.
    alternative : Incremental or None
        Beside the plan's alternative.
    social_return : SocialReturn or None
        Of the plan's own outcomes and proxies.
    tornado, monte_carlo : Tornado, MonteCarlo or None
        Of the social return where the plan has one, else of the ROI.
    """

    costs: CostParts
    ad_spend: ReturnOnAdSpend | None
    several_years: SeveralYears | None
    alternative: Incremental | None
    social_return: SocialReturn | None
    tornado: Tornado | None
    monte_carlo: MonteCarlo | None

    def rows(self) -> list[tuple[str, str]]:
        """Return name and sentence of each figure that exists."""
        found = [
            ("Return on ad spend", self.ad_spend),
            ("Over the years", self.several_years),
            ("Against the alternative", self.alternative),
            ("Social return on investment", self.social_return),
            ("What it hangs on", self.tornado),
            ("If all assumptions vary", self.monte_carlo),
        ]
        labour = [("Labour", self.costs.sentence())] if self.costs.labour else []
        return labour + [(name, f.sentence) for name, f in found if f is not None]

    def social_return_data(self) -> dict[str, Any]:
        """Return the ``sroi`` of results.json as plain data, empty where none is."""
        found = self.social_return
        if found is None:
            return {}
        return {
            **asdict(found),
            "tornado": asdict(self.tornado) if self.tornado else None,
            "monte_carlo": asdict(self.monte_carlo) if self.monte_carlo else None,
        }


def further_figures(
    costs: Sequence[Cost],
    value: Value,
    economics: Economics,
    effect: Estimate | None,
    *,
    direction: Literal["increase", "decrease"],
    currency: str,
    causal: bool,
    sells: bool = False,
    money_unit: bool = False,
    words: tuple[str, str] = ("outcome", "outcomes"),
) -> FurtherFigures:
    """Return the figures beside the economics that the plan asks for.

    Parameters
    ----------
    costs, value, effect, direction, currency, causal, words
        As given to `economics.assess`.
    economics : Economics
        What that returned.
    sells : bool
        Whether it is a social media campaign whose goal is sales or money.
    money_unit : bool
        Whether the outcomes are money already.
    """
    common = {"currency": currency, "causal": causal}
    cost, outcomes = economics.cost, economics.outcomes
    ad_spend = years = beside = social = None
    if sells:
        ad_spend = return_on_ad_spend(
            costs, value, outcomes, money_unit=money_unit, **common
        )
    if outcomes.estimate is not None and value.per_outcome is not None:
        years = several_years(cost, value, outcomes, **common)
    if value.alternative:
        beside = compare_with_alternative(
            cost, outcomes, value.alternative, words=words, **common
        )
    if value.sroi:
        social = social_return(
            value.sroi, cost, discount_rate=value.discount_rate, **common
        )
    about = {
        "causal": causal,
        "effect": None if social else effect,
        "direction": direction,
    }
    return FurtherFigures(
        costs=cost_parts(costs, currency=currency),
        ad_spend=ad_spend,
        several_years=years,
        alternative=beside,
        social_return=social,
        tornado=tornado(value, cost, **about),
        monte_carlo=monte_carlo(value, cost, **about),
    )
