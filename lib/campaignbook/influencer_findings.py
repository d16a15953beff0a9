"""What a report says of influencers: size, rate, price, and what needs explaining."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from campaignbook.errors import DataError
from campaignbook.influencer_rates import engagement_rates, influencer_costs
from campaignbook.influencer_signals import account_signals, to_explain
from campaignbook.influencers import InfluencerBook
from campaignbook.net_reach import additions, audience_of
from campaignbook.reach_bounds import overlaps
from campaignbook.results import Check

MOST_PAIRS = 8
"""So many pairs of accounts are told, those with the largest overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluencerTables:
    """The tables of influencers that a plan names.

    Attributes
    ----------
    accounts, posts, daily : pandas.DataFrame or None
        As `influencer_signals.account_signals` takes them.
    book : InfluencerBook
        Tiers, published rates, limits of the signals.
    audiences : pandas.DataFrame or None
        A survey of who follows which account, as `reach_bounds.overlaps` takes it.
    """

    accounts: pd.DataFrame
    posts: pd.DataFrame | None
    daily: pd.DataFrame | None
    book: InfluencerBook
    audiences: pd.DataFrame | None = None


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


def audience_findings(tables: InfluencerTables, *, level: float) -> dict[str, Any]:
    """Return which accounts share their audience, and whom each alone reaches.

    Returns
    -------
    dict
        ``pairs``: the largest overlaps, share of the smaller audience (0-1) with its
        interval; ``accounts``: people each reaches, and how many of them no other
        does; empty where the plan names no survey.

    Raises
    ------
    DataError
        As `net_reach.audience_of`; or an account of the survey is not in the table.
    """
    if tables.audiences is None:
        return {}
    items = audience_of(tables.audiences).items
    unknown = [n for n in items if n not in set(tables.accounts["name"])]
    if unknown:
        raise DataError(
            f"audiences: '{unknown[0]}' is not among the accounts; write its name as "
            "it stands there."
        )
    found = overlaps(tables.audiences, level=level)
    found = found.nlargest(MOST_PAIRS, "share")
    reached = additions(tables.audiences, items).sort_values("only_it")
    pairs = ["first", "second", "share", "low", "high"]
    return {
        "pairs": found[pairs].to_dict("records"),
        "accounts": reached[["item", "alone", "only_it"]].to_dict("records"),
    }


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


def influencer_steps(
    found: Sequence[dict[str, Any]], audiences: dict[str, Any]
) -> Iterator[str]:
    """Yield whom to ask before a fee is paid, and whose fee buys nobody new."""
    for row in audiences.get("accounts", ()):
        if row["only_it"] == 0:
            yield (
                f"{row['item']} reaches nobody whom the other accounts do not reach, "
                "by the survey of followers: its fee would buy no additional person."
            )
    for row in found:
        if row["several"]:
            yield f"{row['sentence']} Ask before anything more is paid."
