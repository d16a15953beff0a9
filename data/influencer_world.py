"""Simulated influencers: accounts, posts, followers by day, audiences, with the truth.

Nothing here is real: accounts and people were invented. One account bought followers;
all others are honest, and three of them have one number each that looks odd and is not.
"""

import numpy as np
import pandas as pd
from export_world import DAYS, SEED, stream

# --- true values; the codebook tells of them --------------------------------------

FRAUD, BOUGHT = "Glow Daily", {"2026-01-14": 48_000, "2026-03-25": 71_000}
VIRAL, WENT_ROUND = "Nurse Nell", {"2026-02-10": 3_400}
WHY = "Video shown on regional television"
NOT_KNOWN = "Smoke Free Sam"  # sent neither a series nor where the followers live
ABROAD = "Priya Plays"  # honest, but most followers live elsewhere
DOUBLE, OF = "Leeds Lately Extra", "Leeds Lately"  # only followers of the other follow
DOUBLE_SHARE = 0.3

# Account: platform, followers, fee, engagement rate, growth in 30 days, and the share
# of each group of people who follow it: young, parents, sport, locals.
ACCOUNTS = {
    "Tess and Co": ("Instagram", 212_000, 2600, 0.019, 0.010, (0.68, 0.10, 0.22, 0.05)),
    "Jonny Loud": ("TikTok", 395_000, 2400, 0.058, 0.015, (0.56, 0.06, 0.20, 0.05)),
    "Priya Plays": ("TikTok", 240_000, 2000, 0.066, 0.020, (0.53, 0.05, 0.20, 0.04)),
    "Mum in the Middle": (
        "Instagram", 61_000, 1500, 0.022, 0.008, (0.05, 0.54, 0.05, 0.09)),
    "Leeds Lately": ("Instagram", 44_000, 1200, 0.026, 0.006, (0.05, 0.10, 0.06, 0.52)),
    "Run with Ravi": (
        "Instagram", 27_500, 900, 0.030, 0.012, (0.07, 0.04, 0.45, 0.04)),
    "Kirkgate Cooks": (
        "Instagram", 18_300, 600, 0.027, 0.005, (0.04, 0.16, 0.04, 0.14)),
    "Nurse Nell": ("TikTok", 21_000, 450, 0.085, 0.012, (0.03, 0.08, 0.05, 0.10)),
    "Glow Daily": ("Instagram", 318_000, 1300, 0.0016, 0.004, (0.04, 0.03, 0.02, 0.01)),
    "Smoke Free Sam": ("TikTok", 7_900, 150, 0.11, 0.025, (0.05, 0.02, 0.03, 0.02)),
    "Terrace Talk": ("Instagram", 5_200, 120, 0.050, 0.010, (0.02, 0.01, 0.10, 0.05)),
    "Leeds Lately Extra": ("Instagram", 6_400, 200, 0.044, 0.004, ()),
}  # fmt: skip
POSTS, READ = 10, 200  # the fee is for as many posts; comments that were read
GENERIC, GENERIC_FRAUD = 0.10, 0.72  # share of comments that would fit under any post
HOME, HOME_ABROAD, HOME_FRAUD = 0.65, 0.18, 0.09  # share of followers in Great Britain

# Adults of Leeds who smoke, as the survey draws them: people each respondent stands
# for, respondents, and the share of each group.
AGES = {
    "under 35": (20, 1200, (0.60, 0.15, 0.25, 0.00)),
    "35 and over": (45, 800, (0.10, 0.32, 0.17, 0.41)),
}


def influencer_tables(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of their files."""
    daily = follower_days(seed)
    return {
        "influencers": influencers(seed),
        "influencer_posts": influencer_posts(seed),
        "influencer_followers": daily.assign(
            date=daily["date"].dt.strftime("%Y-%m-%d")
        ),
        "audience_patterns": audience(seed),
    }


def influencer_posts(seed: int = SEED) -> pd.DataFrame:
    """Return the engagements of each account's posts."""
    tables = []
    for name, (_, followers, _, rate, *_) in ACCOUNTS.items():
        rng = stream(f"posts of {name}", seed)
        own = rate * rng.lognormal(-(0.3**2) / 2, 0.3)
        each = own * rng.lognormal(-(0.35**2) / 2, 0.35, POSTS)
        made = {"name": name, "post": range(1, POSTS + 1)}
        tables.append(
            pd.DataFrame(made | {"engagements": rng.poisson(each * followers)})
        )
    return pd.concat(tables, ignore_index=True)


def influencers(seed: int = SEED) -> pd.DataFrame:
    """Return the accounts with what they ask and what their posts had."""
    rng, rows = stream("influencers", seed), []
    had = influencer_posts(seed).groupby("name")["engagements"].sum()
    for name, (platform, followers, fee, *_) in ACCOUNTS.items():
        placed = min(followers, 1000)
        generic = GENERIC_FRAUD if name == FRAUD else GENERIC * rng.lognormal(0, 0.4)
        home = {FRAUD: HOME_FRAUD, ABROAD: HOME_ABROAD}.get(name)
        home = HOME + rng.uniform(-0.15, 0.15) if home is None else home
        seen = (0.05 if name == FRAUD else 0.45) * rng.lognormal(0, 0.2)
        rows.append(
            {
                "name": name, "platform": platform, "followers": followers,
                "fee": fee, "posts": POSTS, "engagements": had[name],
                "impressions": round(followers * POSTS * seen),
                "comments_read": READ, "comments_generic": rng.binomial(READ, generic),
                "followers_placed": placed,
                "followers_home": rng.binomial(placed, home),
            }
        )  # fmt: skip
    made = pd.DataFrame(rows)
    for column in ("followers_placed", "followers_home"):
        made[column] = made[column].astype("Int64").mask(made["name"] == NOT_KNOWN)
    return made


def follower_days(seed: int = SEED) -> pd.DataFrame:
    """Return the followers of each account by day; what was bought leaves again."""
    tables = []
    for name, (_, last, _, _, growth, _) in ACCOUNTS.items():
        if name == NOT_KNOWN:
            continue
        rng = stream(f"followers of {name}", seed)
        jumps = {FRAUD: BOUGHT, VIRAL: WENT_ROUND}.get(name, {})
        extra = np.zeros(len(DAYS))
        for day, number in jumps.items():
            since = (DAYS - pd.Timestamp(day)).days.to_numpy()
            left = np.where(since >= 0, 0.996 ** np.maximum(since, 0), 0.0)
            extra += number * (left if name == FRAUD else since >= 0)
        start = (last - extra[-1]) / (1 + growth) ** (len(DAYS) / 30)
        mean = start * growth / 30 * (1 + growth) ** (np.arange(len(DAYS)) / 30)
        grown = rng.poisson(mean * rng.gamma(4, 1 / 4, len(DAYS))).cumsum()
        event = np.where(name == VIRAL, DAYS.isin(pd.to_datetime([*jumps])), False)
        tables.append(
            pd.DataFrame(
                {"name": name, "date": DAYS, "event": np.where(event, WHY, ""),
                 "followers": (start + grown + extra).round().astype(int)}
            )
        )  # fmt: skip
    columns = ["name", "date", "followers", "event"]
    return pd.concat(tables, ignore_index=True)[columns]


def audience(seed: int = SEED) -> pd.DataFrame:
    """Return a survey: which accounts each respondent follows, 1 or 0."""
    rng, tables = stream("audience", seed), []
    shares = np.array([own[-1] for n, own in ACCOUNTS.items() if n != DOUBLE])
    names = [n for n in ACCOUNTS if n != DOUBLE]
    for people, number, groups in AGES.values():
        group = rng.choice(len(groups), number, p=groups)
        follows = rng.random((number, len(names))) < shares[:, group].T
        table = pd.DataFrame(follows.astype(int), columns=names)
        table[DOUBLE] = table[OF] * (rng.random(number) < DOUBLE_SHARE)
        tables.append(table.assign(people=people))
    return pd.concat(tables, ignore_index=True)[[*ACCOUNTS, "people"]]


def true_patterns() -> pd.DataFrame:
    """Return every combination of accounts, with how many people truly have it."""
    names = [n for n in ACCOUNTS if n != DOUBLE]
    sets = (np.arange(1 << len(names))[:, None] >> np.arange(len(names))) & 1
    shares = np.array([ACCOUNTS[n][-1] for n in names])
    people = np.zeros(len(sets))
    for each, number, groups in AGES.values():
        for group, part in enumerate(groups):
            p = shares[:, group]
            people += each * number * part * np.where(sets, p, 1 - p).prod(axis=1)
    made = pd.DataFrame(sets, columns=names)
    both = [made.assign(**{DOUBLE: 0}, people=people * (1 - DOUBLE_SHARE * made[OF])),
            made[made[OF] == 1].assign(**{DOUBLE: 1}, people=people[made[OF] == 1]
                                       * DOUBLE_SHARE)]  # fmt: skip
    return pd.concat(both, ignore_index=True)[[*ACCOUNTS, "people"]]
