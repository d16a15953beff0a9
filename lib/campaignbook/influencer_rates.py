"""What an influencer's posts get and cost: engagement by followers, prices."""

import math
from collections.abc import Mapping

import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.proportions import wilson
from campaignbook.influencers import (
    ASK,
    READ,
    InfluencerBook,
    checked_accounts,
    tier_of,
)
from campaignbook.kpi_values import kpi_values
from campaignbook.kpis import Kpi
from campaignbook.results import Estimate, say, say_interval, say_number
from campaignbook.tables import require_columns

RATE = Kpi(
    id="engagement_rate", name="Engagement rate by followers",
    formula="engagements / (posts x followers)", numerator=("engagements",),
    denominator="followers", aggregation="sum_over_sum", unit="share", counted=True,
    convention="Followers once a post.",
)  # fmt: skip


def engagement_rates(
    accounts: pd.DataFrame,
    book: InfluencerBook,
    *,
    posts: pd.DataFrame | None = None,
    split: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return each account's tier and engagement rate beside the published ones.

    Parameters
    ----------
    accounts : pandas.DataFrame
        See `checked_accounts`.
    book : InfluencerBook
        Tiers and published rates.
    posts : pandas.DataFrame, optional
        One row a post: `name` of the account, `engagements`.
    split : str, optional
        Id of the split that names the tiers; else the first of the book.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    pandas.DataFrame
        Columns `name`, `platform`, `followers`, `tier`, `rate` (engagements of a post
        by followers, 0-1), `low`, `high`, `published_low`, `published_high`,
        `sentence`; empty where they do not exist.

    Raises
    ------
    DataError
        As `checked_accounts`; a post's account is not there; there is no such split.

    Notes
    -----
    Wilson's interval, wider by as much as the posts differ more than by chance where
    they are given (`kpi_values.kpi_values`); without them it holds chance only.
    Published rates disagree (`book.disagreement`), so that their range is no norm.
    """
    made = checked_accounts(accounts)
    used = book.splits[0] if split is None else book.split(split)
    rates, rows = _rates_by_posts(made, posts, level), []
    for one in made.to_dict("records"):
        rate, said = rates.get(one["name"]), ""
        seen = one["followers"] * one["posts"]
        if rate is None and seen > 0 and one["engagements"] >= 0:
            low, high = wilson(one["engagements"], seen, level=level)
            rate = Estimate(
                name=RATE.id, estimate=one["engagements"] / seen, ci_low=low,
                ci_high=high, level=level, null_value=None, unit="share",
                method="Wilson's interval",
            )  # fmt: skip
            said = " by chance alone"
        known = book.published(one["platform"], one["followers"])
        row = {
            "name": one["name"], "platform": one["platform"],
            "followers": one["followers"], "tier": tier_of(one["followers"], used),
            "rate": rate and rate.estimate, "low": rate and rate.ci_low,
            "high": rate and rate.ci_high,
            "published_low": known and known[0], "published_high": known and known[1],
        }  # fmt: skip
        rows.append({**row, "sentence": _rate_said(row, rate, said)})
    numbers = ["rate", "low", "high", "published_low", "published_high"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def _rates_by_posts(
    accounts: pd.DataFrame, posts: pd.DataFrame | None, level: float
) -> dict[str, Estimate]:
    if posts is None:
        return {}
    require_columns(posts, "name", "engagements")
    followers = accounts.set_index("name")["followers"]
    unknown = sorted(set(posts["name"].astype(str)) - set(followers.index))
    if unknown:
        raise DataError(f"posts: no account is called {unknown}.")
    rows = posts.assign(followers=posts["name"].astype(str).map(followers))
    more = rows[~rows["engagements"].between(0, rows["followers"])]
    if len(more):
        first = more.iloc[0]
        raise DataError(
            f"posts: '{first['name']}' has {first['engagements']} engagements of a "
            f"post and {first['followers']:,.0f} followers; look at them again."
        )
    found = kpi_values(rows, RATE, by="name", level=level)
    return {v.group.partition(": ")[2]: v.estimate for v in found}


def _rate_said(row: Mapping[str, object], rate: Estimate | None, chance: str) -> str:
    where = f"{row['tier']} account" + f" on {row['platform']}" * bool(row["platform"])
    if rate is None:
        return f"{row['name']} ({where}): no engagement rate. {ASK['engagements']}"
    size, ends = rate.words()
    beside = "no published rate to set beside it"
    if row["published_low"] is not None:
        low, high = (say(row[f"published_{e}"], "share") for e in ("low", "high"))
        beside = f"published {low}" + f" to {high}" * (low != high)
    return (
        f"{row['name']} ({where}): engagements of a post are {size} of the followers "
        f"({ends}{chance}); {beside}."
    )


def influencer_costs(
    accounts: pd.DataFrame, *, level: float = 0.95, currency: str = "money"
) -> pd.DataFrame:
    """Return what an engagement, an authentic one and a thousand impressions cost.

    Parameters
    ----------
    accounts : pandas.DataFrame
        See `checked_accounts`; the fee is for as many posts as the engagements are of.
    level : float
        Confidence level, 0-1.
    currency : str
        Unit of the fees, in words.

    Returns
    -------
    pandas.DataFrame
        Columns `name`, `fee`, `engagements`, `per_engagement`, `per_thousand`
        (impressions), `authentic` (share of comments that are not generic),
        `per_authentic`, `low`, `high` (its interval; `high` may be infinite),
        `sentence`. Empty where they do not exist.

    Raises
    ------
    DataError
        As `checked_accounts`.

    Notes
    -----
    per_authentic = fee / (engagements x authentic). The comments that were read are a
    sample: the ends are those of Wilson's interval of the share, turned round. That
    other engagements are as authentic as the comments is an assumption.
    """
    made, rows = checked_accounts(accounts), []
    for one in made.to_dict("records"):
        fee, share, ends = one["fee"], math.nan, (math.nan, math.nan)
        if one["comments_read"] > 0 and one["comments_generic"] >= 0:
            own = one["comments_read"] - one["comments_generic"]
            share = own / one["comments_read"]
            ends = wilson(own, one["comments_read"], level=level)
        each = _by(fee, one["engagements"])
        row = {
            "name": one["name"], "fee": fee, "engagements": one["engagements"],
            "per_engagement": each,
            "per_thousand": 1000 * _by(fee, one["impressions"]), "authentic": share,
            "per_authentic": _by(each, share), "low": _by(each, ends[1]),
            "high": math.inf if ends[0] == 0 and each > 0 else _by(each, ends[0]),
        }  # fmt: skip
        rows.append({**row, "sentence": _said(row, level, currency)})
    return pd.DataFrame(rows)


def _by(above: float, below: float) -> float:
    return above / below if below > 0 else math.nan


def _said(row: Mapping[str, float], level: float, currency: str) -> str:
    if math.isnan(row["per_engagement"]):
        asked = [ASK[c] for c in ("fee", "engagements") if math.isnan(row[c])]
        asked = asked or ["Nobody engaged with its posts."]
        return f"{row['name']}: no cost of an engagement. {' '.join(asked)}"
    each = say_number(row["per_engagement"])
    told = f"{row['name']}: {each} {currency} an engagement"
    if math.isnan(row["authentic"]):
        return f"{told}; which part is authentic is not known. {READ}"
    if row["authentic"] == 0:
        return f"{told}; no comment that was read is authentic."
    high = None if math.isinf(row["high"]) else row["high"]
    ends = say_interval(row["low"], high, currency, level, change=False)
    return f"{told}, {say_number(row['per_authentic'])} an authentic one ({ends})."
