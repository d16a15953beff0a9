"""Influencers: sizes of accounts, published rates, and the table of accounts."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from campaignbook.errors import DataError, nearest
from campaignbook.questions import Id, Noun, Source, Text, refused
from campaignbook.tables import require_columns

MOST = 1e10
"""No column holds more than this: there are not more people."""
SMALLER = "smaller"
"""The tier of accounts with fewer followers than the first tier asks."""


class Tier(Noun):
    """A size of account: from `least` followers up to the next tier."""

    name: Text
    least: int = Field(gt=0)


class Split(Noun):
    """One publisher's tiers."""

    id: Id
    name: Text
    date: int | None = Field(None, ge=1990, le=2100)
    note: str = ""
    tiers: tuple[Tier, ...] = Field(min_length=1)
    sources: tuple[Id, ...] = ()


class TierRates(Noun):
    """Published engagement rates (0-1) by platform and tier of a split."""

    id: Id
    split: Id
    denominator: Id
    date: int = Field(ge=1990, le=2100)
    note: str = ""
    sources: tuple[Id, ...] = Field(min_length=1)
    platforms: dict[Id, dict[str, float]]


class Disagreement(Noun):
    """A source that finds no difference between sizes, with its range of rates."""

    low: float = Field(gt=0, lt=1)
    high: float = Field(gt=0, lt=1)
    least: int = Field(gt=0)
    platforms: tuple[Id, ...]
    text: Text
    sources: tuple[Id, ...] = Field(min_length=1)


class SignalLimits(Noun):
    """From where on a number of an account needs an explanation: judgement."""

    rate_times: float = Field(gt=1)
    step_times: float = Field(gt=0)
    step_share: float = Field(gt=0, lt=1)
    explained_days: int = Field(ge=0)
    generic_share: float = Field(gt=0, lt=1)
    home_share: float = Field(gt=0, lt=1)
    growth_month: float = Field(gt=0)
    least_days: int = Field(gt=1)
    several: int = Field(ge=1)
    sources: tuple[Id, ...] = Field(min_length=1)


class InfluencerBook(Noun):
    """Tiers, published rates and the limits of signals, with their sources."""

    sources: dict[Id, Source]
    splits: tuple[Split, ...] = Field(min_length=1)
    rates: tuple[TierRates, ...]
    disagreement: Disagreement
    signals: SignalLimits

    @model_validator(mode="after")
    def _sound(self) -> "InfluencerBook":
        return refused(self, self._problems())

    def _problems(self) -> Iterator[str]:
        for split in self.splits:
            sizes = [t.least for t in split.tiers]
            if sizes != sorted(set(sizes)):
                yield f"splits.{split.id}: each tier must begin above the one before it"
        tiers = {s.id: {t.name for t in s.tiers} for s in self.splits}
        for one in self.rates:
            if one.split not in tiers:
                yield f"rates.{one.id}: there is no split '{one.split}'"
                continue
            for name in {n for by in one.platforms.values() for n in by}:
                if name not in tiers[one.split]:
                    yield f"rates.{one.id}: '{one.split}' has no tier '{name}'"
        for part in ("disagreement", "signals"):
            for name in set(getattr(self, part).sources) - self.sources.keys():
                yield f"{part}: there is no source '{name}'"

    def split(self, name: str) -> Split:
        """Return a split by its id, or raise DataError."""
        for one in self.splits:
            if one.id == name:
                return one
        hint = nearest(name, [s.id for s in self.splits])
        raise DataError(
            f"splits: there is no '{name}' in data/influencers.yml ({hint})."
        )

    def published(self, platform: str, followers: float) -> tuple[float, float] | None:
        """Return the lowest and highest published rate for an account, or None."""
        platform, found = platform.casefold(), []
        for rates in self.rates:
            tier = tier_of(followers, self.split(rates.split))
            found.append(rates.platforms.get(platform, {}).get(tier))
        other = self.disagreement
        if platform in other.platforms and followers >= other.least:
            found += [other.low, other.high]
        told = [rate for rate in found if rate is not None]
        return (min(told), max(told)) if told else None


def tier_of(followers: float, split: Split) -> str:
    """Return the name of an account's tier.

    Raises
    ------
    DataError
        Unless there are followers.

    Examples
    --------
    >>> tiers = [{"name": "nano", "least": 1000}, {"name": "micro", "least": 10000}]
    >>> split = Split(id="a", name="A", tiers=tiers)
    >>> [tier_of(n, split) for n in (999, 1000, 9999, 10000)]
    ['smaller', 'nano', 'nano', 'micro']
    """
    if not 0 < followers < math.inf:
        raise DataError(f"{followers} followers; write how many follow the account.")
    fitting = [tier.name for tier in split.tiers if tier.least <= followers]
    return fitting[-1] if fitting else SMALLER


READ = "Read comments under its last posts, 200 at least."
PLACES = "Ask for a picture of where the followers live."
ASK = {
    "posts": "Ask for the engagements of the last posts.",
    "engagements": "Ask for the engagements of the last posts.",
    "fee": "Ask for the fee.",
    "impressions": "Ask for a picture of the posts' impressions.",
    "comments_read": READ,
    "comments_generic": READ,
    "followers_placed": PLACES,
    "followers_home": PLACES,
}
"""What to do where a column, or an account's value in it, is missing."""
INSIDE = {"comments_generic": "comments_read", "followers_home": "followers_placed"}


def checked_accounts(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts with every column that there can be, numbers as numbers.

    Parameters
    ----------
    accounts : pandas.DataFrame
        One row an account: `name`, `followers`; and as far as they are known
        `platform`, `posts` and their `engagements` and `impressions`, the `fee` for as
        many posts, `comments_read` and how many of them are `comments_generic` (would
        fit under any post, or stand there twice), `followers_placed` (whose place is
        known) and how many of them are `followers_home`.

    Raises
    ------
    DataError
        Every impossible number, and every name that stands twice, at once.
    """
    require_columns(accounts, "name", "followers")
    made = accounts.assign(name=accounts["name"].astype(str))
    if "platform" not in made:
        made["platform"] = ""
    made["platform"] = made["platform"].fillna("").astype(str).str.strip()
    names = made["name"].tolist()
    problems = [
        f"'{n}' stands {names.count(n)} times; write each account once."
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    for column in ("followers", *ASK):
        given = made[column] if column in made else pd.Series(np.nan, index=made.index)
        made[column] = pd.to_numeric(given, errors="coerce").astype(float)
        least = 0 if column != "followers" else 1
        wrong = ~made[column].between(least, MOST) & (given.notna() | (least == 1))
        problems += [
            f"'{n}': {column.replace('_', ' ')} is {v}; write a number from {least} on."
            for n, v in zip(made.loc[wrong, "name"], given[wrong], strict=True)
        ]
    for part, whole in INSIDE.items():
        problems += [
            f"'{n}': {a:g} {part.replace('_', ' ')} of {b:g}: a share above 1; write "
            f"a part of them."
            for n, a, b in zip(made["name"], made[part], made[whole], strict=True)
            if a > b
        ]
    shares = made["engagements"] / (made["followers"] * made["posts"])
    problems += [
        f"'{n}': {e:,.0f} engagements are more than followers times posts; look at "
        "them again."
        for n, e in zip(
            made["name"], made["engagements"].where(shares > 1), strict=True
        )
        if e == e
    ]
    if problems:
        raise DataError(*problems)
    return made
