"""Signals of an account that need an explanation: each one apart, never one score."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.proportions import wilson
from campaignbook.influencer_rates import engagement_rates
from campaignbook.influencers import (
    ASK,
    InfluencerBook,
    SignalLimits,
    checked_accounts,
)
from campaignbook.results import Answer, Check, say, say_interval, say_number
from campaignbook.tables import require_columns

SERIES = "Ask for a picture of the followers by day."


def account_signals(
    accounts: pd.DataFrame,
    daily: pd.DataFrame | None = None,
    *,
    book: InfluencerBook,
    posts: pd.DataFrame | None = None,
    level: float = 0.95,
) -> dict[str, tuple[Check, ...]]:
    """Return five questions about each account: "no" is what needs an explanation.

    Parameters
    ----------
    accounts : pandas.DataFrame
        See `influencers.checked_accounts`.
    daily : pandas.DataFrame, optional
        See `follower_steps`.
    book : InfluencerBook
        Published rates, and the limits (this book's judgement).
    posts : pandas.DataFrame, optional
        See `influencer_rates.engagement_rates`.
    level : float
        Confidence level of the intervals, 0-1.

    Returns
    -------
    dict of str to tuple of Check
        By account. A share answers yes or no where its whole interval is on one side
        of the limit, else "unknown"; so does a missing piece, with what to ask for.

    Raises
    ------
    DataError
        As `checked_accounts`, `engagement_rates` and `follower_steps`; or the series
        has an account that the table has not.

    Notes
    -----
    None of the signals proves that followers were bought: a video that went round the
    world, a move abroad or a give-away leave the same traces. They are listed apart,
    and counted, so that each can be asked about.
    """
    made = checked_accounts(accounts)
    rates = engagement_rates(made, book, posts=posts, level=level).to_dict("records")
    growth, jumps = pd.DataFrame(), {}
    if daily is not None:
        daily = daily.assign(name=daily["name"].astype(str))
        steps = follower_steps(daily, book.signals)
        growth, jumps = _growths(daily, steps), dict(list(steps.groupby("name")))
        unknown = sorted(set(growth.index) - set(made["name"]))
        if unknown:
            raise DataError(f"followers by day: no account is called {unknown}.")
    found = {}
    for one, rate in zip(made.to_dict("records"), rates, strict=True):
        name = one["name"]
        has_series = name in growth.index
        found[name] = (
            _rate(rate, book),
            _steps(jumps.get(name), has_series),
            _growth(growth.loc[name] if has_series else None, book.signals),
            _share(
                "comments in own words", one["comments_generic"], one["comments_read"],
                what="comments read would fit under any post, or stand there twice",
                limit=book.signals.generic_share, bad="above", level=level,
                ask=ASK["comments_generic"], explain="Ask who writes them.",
            ),
            _share(
                "followers in the home market", one["followers_home"],
                one["followers_placed"],
                what="followers whose place is known live where the campaign is",
                limit=book.signals.home_share, bad="below", level=level,
                ask=ASK["followers_home"],
                explain="Ask why they follow; they are no part of this audience.",
            ),
        )  # fmt: skip
    return found


def to_explain(
    found: Mapping[str, tuple[Check, ...]], book: InfluencerBook
) -> pd.DataFrame:
    """Return which accounts have signals to be explained, the most signals first.

    Columns `name`, `signals` (answered no), `open` (unknown), `several` (whether so
    many at once that they come before all else), `sentence`.
    """
    rows = []
    for name, checks in found.items():
        wrong = [c.name for c in checks if c.answer == "no"]
        left = [c.name for c in checks if c.answer == "unknown"]
        told = f"{name}: none of {len(checks)} signals needs an explanation"
        if wrong:
            verb = "needs" if len(wrong) == 1 else "need"
            not_so = "this is" if len(wrong) == 1 else "these are"
            told = (
                f"{name}: {len(wrong)} of {len(checks)} signals {verb} an explanation "
                f"({not_so} not so: {', '.join(wrong)})"
            )
        told += f"; not known yet: {', '.join(left)}." if left else "."
        rows.append(
            {
                "name": name, "signals": len(wrong), "open": len(left),
                "several": len(wrong) >= book.signals.several, "sentence": told,
            }
        )  # fmt: skip
    made = pd.DataFrame(
        rows, columns=["name", "signals", "open", "several", "sentence"]
    )
    return made.sort_values(
        "signals", ascending=False, kind="stable", ignore_index=True
    )


def follower_steps(daily: pd.DataFrame, limits: SignalLimits) -> pd.DataFrame:
    """Return the days on which an account's followers jumped.

    Parameters
    ----------
    daily : pandas.DataFrame
        One row an account and day: `name`, `date`, `followers`; and as far as known
        `event`, what happened on the day that would explain new followers.
    limits : SignalLimits
        From where on a change is a jump.

    Returns
    -------
    pandas.DataFrame
        Columns `name`, `date`, `change` (followers), `share` (of those before),
        `times` (by the usual spread), `event` (text; empty: not explained).

    Raises
    ------
    DataError
        A column is missing, a number of followers is not above 0, or an account has a
        day twice.

    Notes
    -----
    times = (change - median x days) / (spread x sqrt(days)), with the account's median
    change a day and its spread, 1.4826 x the median distance from it, but not less
    than chance alone makes (the square root of the median). Half of the days would have
    to jump before these two hide it; followers that arrive in many small parts do hide.
    An event explains the jumps of its day and of a few days after it.

    References
    ----------
    Hampel (1974), Journal of the American Statistical Association 69:383-393.
    """
    require_columns(daily, "name", "date", "followers")
    made = daily.assign(date=pd.to_datetime(daily["date"]))
    twice = made.duplicated(["name", "date"])
    if twice.any():
        first = made[twice].iloc[0]
        raise DataError(
            f"followers by day: '{first['name']}' has {first['date']:%Y-%m-%d} twice."
        )
    made = made.sort_values(["name", "date"], ignore_index=True)
    if not (made["followers"] > 0).all():
        first = made[~(made["followers"] > 0)].iloc[0]
        raise DataError(
            f"followers by day: '{first['name']}' has {first['followers']} on "
            f"{first['date']:%Y-%m-%d}; write a number above 0, or leave the day out."
        )
    by = made.groupby("name")
    change, days = by["followers"].diff(), by["date"].diff().dt.days
    a_day = change / days
    middle = a_day.groupby(made["name"]).transform("median")
    spread = (a_day - middle).abs().groupby(made["name"]).transform("median")
    spread = np.maximum(1.4826 * spread, np.sqrt(np.maximum(middle.abs(), 1)))
    made = made.assign(
        change=change, share=change / by["followers"].shift(),
        times=(change - middle * days) / (spread * np.sqrt(days)),
    )  # fmt: skip
    texts = made["event"] if "event" in made else pd.Series("", index=made.index)
    texts = texts.fillna("").astype(str).str.strip()
    since = made["date"].where(texts != "").groupby(made["name"]).ffill()
    recent = (made["date"] - since).dt.days <= limits.explained_days
    known = texts.where(texts != "").groupby(made["name"]).ffill()
    made["event"] = known.where(recent).fillna("")
    big = made["times"].abs() >= limits.step_times
    big &= made["share"].abs() >= limits.step_share
    columns = ["name", "date", "change", "share", "times", "event"]
    return made.loc[big, columns].reset_index(drop=True)


def _rate(row: Mapping[str, float], book: InfluencerBook) -> Check:
    name, times = "engagement fits the size", book.signals.rate_times
    answer: Answer = "unknown"
    told = row["sentence"]
    if math.isnan(row["rate"]) or math.isnan(row["published_low"]):
        return Check(name=name, answer=answer, sentence=told)
    low, high = row["published_low"] / times, row["published_high"] * times
    if row["high"] < low or row["low"] > high:
        answer = "no"
        side, ask = ("below", "why so few respond") if row["high"] < low else (
            "above", "what made so many respond")  # fmt: skip
        told += f" More than {times:g} times {side}: ask {ask}."
    elif low <= row["low"] and row["high"] <= high:
        answer = "yes"
    return Check(name=name, answer=answer, sentence=told)


def _steps(jumps: pd.DataFrame | None, has_series: bool) -> Check:
    name = "followers came without jumps"
    if not has_series:
        return Check(name=name, answer="unknown", sentence=f"No series. {SERIES}")
    if jumps is None or (jumps["event"] != "").all():
        why = "".join(
            f" {r.change:+,.0f} on {r.date:%Y-%m-%d} is explained: {r.event}."
            for r in (() if jumps is None else jumps.itertuples())
        )
        return Check(name=name, answer="yes", sentence=f"No unexplained jump.{why}")
    left = jumps[jumps["event"] == ""]
    said = "; ".join(
        f"{r.change:+,.0f} on {r.date:%Y-%m-%d} ({say(r.share, 'share')} in a day)"
        for r in left.head(5).itertuples()
    )
    more = f" and {len(left) - 5} more" if len(left) > 5 else ""
    return Check(name=name, answer="no", sentence=f"{said}{more}. Ask what happened.")


def _growths(daily: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return by account the `days` of its series and its `pace` in 30 days (0-1).

    Jumps that an event explains are taken off.
    """
    ordered = daily.assign(date=pd.to_datetime(daily["date"])).sort_values("date")
    by = ordered.groupby("name")
    days = (by["date"].last() - by["date"].first()).dt.days
    known = steps[steps["event"] != ""].groupby("name")["change"].sum()
    last = by["followers"].last().sub(known, fill_value=0).clip(lower=1)
    pace = (last / by["followers"].first()) ** (30 / days.where(days > 0)) - 1
    return pd.DataFrame({"days": days, "pace": pace})


def _growth(own: pd.Series | None, limits: SignalLimits) -> Check:
    name = "followers grow at a usual pace"
    if own is None:
        return Check(name=name, answer="unknown", sentence=f"No series. {SERIES}")
    if own["days"] < limits.least_days:
        told = f"A series of {own['days']:.0f} days tells no growth. {SERIES}"
        return Check(name=name, answer="unknown", sentence=told)
    told = f"{say(own['pace'], 'share')} growth in 30 days, over {own['days']:.0f} days"
    if abs(own["pace"]) > limits.growth_month:
        return Check(name=name, answer="no", sentence=f"{told}. Ask where from.")
    return Check(name=name, answer="yes", sentence=f"{told}.")


def _share(
    name: str, part: float, whole: float, *, what: str, limit: float, bad: str,
    level: float, ask: str, explain: str,
) -> Check:  # fmt: skip
    if not whole > 0 or math.isnan(part):
        return Check(name=name, answer="unknown", sentence=f"Not known. {ask}")
    low, high = wilson(part, whole, level=level)
    ends = say_interval(low, high, "share", level, change=False)
    size = say(part / whole, "share")
    told = f"{say_number(part)} of {say_number(whole)} {what} ({size}; {ends})"
    if (low > limit) if bad == "above" else (high < limit):
        return Check(
            name=name, answer="no",
            sentence=f"{told}: {bad} {say(limit, 'share')}. {explain}",
        )  # fmt: skip
    if (high <= limit) if bad == "above" else (low >= limit):
        return Check(name=name, answer="yes", sentence=f"{told}.")
    told += f": it may be {bad} {say(limit, 'share')}"
    return Check(name=name, answer="unknown", sentence=f"{told}. {ask}")
