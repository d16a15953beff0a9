"""What a report says of influencers: size, rate, price, and what needs explaining."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from campaignbook.influencer_rates import engagement_rates, influencer_costs
from campaignbook.influencer_signals import account_signals, to_explain
from campaignbook.influencers import InfluencerBook
from campaignbook.results import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluencerTables:
    """The tables of influencers that a plan names.

    Attributes
    ----------
    accounts, posts, daily : pandas.DataFrame or None
        As `influencer_signals.account_signals` takes them.
    book : InfluencerBook
        Tiers, published rates, limits of the signals.
    """

    accounts: pd.DataFrame
    posts: pd.DataFrame | None
    daily: pd.DataFrame | None
    book: InfluencerBook


def influencer_findings(
    tables: InfluencerTables, *, level: float, currency: str
) -> list[dict[str, Any]]:
    """Return one row an account as plain data, those to be explained first.

    Raises
    ------
    DataError
        An impossible number; a post or a day of an account that is not there.
    """
    book = tables.book
    rates = engagement_rates(tables.accounts, book, posts=tables.posts, level=level)
    costs = influencer_costs(tables.accounts, level=level, currency=currency)
    signals = account_signals(
        tables.accounts, tables.daily, book=book, posts=tables.posts, level=level
    )
    said = {r["name"]: r["sentence"] for r in costs.to_dict("records")}
    sizes = {r["name"]: r for r in rates.to_dict("records")}
    return [
        {
            "name": row["name"],
            "tier": sizes[row["name"]]["tier"],
            "platform": sizes[row["name"]]["platform"],
            "several": bool(row["several"]),
            "sentence": row["sentence"],
            "rate": sizes[row["name"]]["sentence"],
            "cost": said[row["name"]],
            "signals": [asdict(c) for c in signals[row["name"]]],
        }
        for row in to_explain(signals, book).to_dict("records")
    ]


def influencer_check(found: Sequence[dict[str, Any]]) -> Iterator[Check]:
    """Yield whether any account has several signals at once; nothing without one."""
    several = [row["sentence"] for row in found if row["several"]]
    name = "influencers explained"
    if several:
        yield Check(name=name, answer="no", sentence=" ".join(several))
    elif found:
        yield Check(
            name=name, answer="yes",
            sentence=f"None of {len(found)} influencers has several signals at once.",
        )  # fmt: skip


def influencer_steps(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield whom to ask before a fee is paid."""
    for row in found:
        if row["several"]:
            yield f"{row['sentence']} Ask before anything more is paid."
