"""A simulated account on every platform, as tidy tables, with its true effects.

Nothing here is real: "Breathe Easy Leeds" was invented. `simulate` gives one table for
each kind of export, with the standard names of platforms.yml and, beside them, the few
further numbers that a platform's file prints. `make_exports.py` writes the files. Each
table has a random stream of its own, so that a new one leaves the others as they are.
"""

import string
from dataclasses import dataclass

import numpy as np
import pandas as pd

SEED = 20251103
DAYS = pd.date_range("2025-11-03", "2026-05-31")
NAME, CURRENCY = "Breathe Easy Leeds (simulated)", "GBP"

# --- true effects; the codebook tells of them -------------------------------------

FORMATS = {"Photo": 1.0, "Link": 2 / 1.3, "Video": 2.0}  # engagement rate, times
BEST_HOUR, BEST_HOUR_EFFECT = 19, 1.5  # engagement rate, times
CHANGE, CHANGE_EFFECT = pd.Timestamp("2026-03-02"), 0.7  # reach of a post, times
VALUE = 20.0  # what the account told two platforms that a conversion is worth


@dataclass(frozen=True)
class Page:
    """Posts: how many, their mean reach, and the engagement rate of a photo by it."""

    posts: int
    reach: float
    rate: float
    formats: tuple[str, ...]
    parts: dict[str, float]


@dataclass(frozen=True)
class Ads:
    """A campaign: a day's impressions, and the rates of each step after them."""

    kind: str
    name: str
    id: str
    impressions: float
    cost: float  # of a thousand impressions
    clicks: float  # link clicks, of impressions
    conversions: float | None  # of link clicks; None where nobody counts them


PAGES = {
    "facebook_posts": Page(
        99, 2400, 0.030, ("Photo", "Link", "Video"),
        {"reactions": 0.76, "comments": 0.14, "shares": 0.10},
    ),
    "instagram_posts": Page(
        72, 1800, 0.045, ("Photo", "Video"),
        {"likes": 0.80, "comments": 0.08, "shares": 0.05, "saves": 0.07},
    ),
    "x_content": Page(
        60, 1500, 0.020, ("",),
        {"likes": 0.40, "comments": 0.06, "sent_on": 0.04, "saves": 0.05,
         "follows": 0.02, "link_clicks": 0.15, "reposts": 0.10, "visits": 0.08,
         "expands": 0.08, "hashtags": 0.01, "permalinks": 0.01},
    ),
    "linkedin_page": Page(
        36, 1300, 0.025, ("Photo", "Link", "Video"),
        {"likes": 0.78, "comments": 0.12, "shares": 0.10},
    ),
    "youtube": Page(
        24, 900, 0.020, ("Video",), {"likes": 0.80, "comments": 0.12, "shares": 0.08}
    ),
}  # fmt: skip
CAMPAIGNS = (
    Ads("meta_ads", "Stories", "120210000000000101", 4000, 4.0, 0.009, 0.04),
    Ads("meta_ads", "Feed", "120210000000000102", 4200, 6.0, 0.012, 0.02),
    Ads("linkedin_ads", "Employers", "601234567", 1400, 18.0, 0.005, 0.03),
    Ads("linkedin_ads", "Pharmacists", "601234568", 900, 22.0, 0.006, 0.05),
    Ads("tiktok_ads", "Short clips", "", 5000, 3.0, 0.008, 0.015),
    Ads("google_ads", "Search", "", 700, 60.0, 0.050, 0.06),
    Ads("google_ads", "Display", "", 2500, 2.0, 0.003, None),
)
TEXTS = (
    "Day 1 is the hardest. We are here, every evening until 8.",
    "Free patches for four weeks, no appointment needed",
    '"I thought I would miss it. I don\'t." Sam, 47, stopped in March',
    "What a packet a day costs: £5,475 a year; a holiday for three",
    "Cravings last about five minutes 💨\nHere is what to do with them.",
    "Quit with a friend; both of you get the app, free",
    "Your lungs after 2 weeks, 3 months, 1 year",
    "Drop in: Kirkgate Market, Saturday, 10 to 4",
)


def stream(name: str, seed: int = SEED) -> np.random.Generator:
    """Return the random numbers of one table, whatever the others draw."""
    return np.random.default_rng([seed, *name.encode()])


def simulate(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Return the tidy table of each kind of export, in the order of its file."""
    made = {kind: posts(kind, page, seed) for kind, page in PAGES.items()}
    for kind in dict.fromkeys(a.kind for a in CAMPAIGNS):
        own = [ads(a, seed) for a in CAMPAIGNS if a.kind == kind]
        table = pd.concat(own, ignore_index=True)
        made[kind] = table.sort_values("date", kind="stable", ignore_index=True)
    made["meta_daily"] = new_followers(seed)
    made["x_overview"] = x_days(made["x_content"], seed)
    made["ga4"] = visits(made, seed)
    return {
        kind: table.assign(kind=kind, platform=kind.split("_")[0])
        for kind, table in made.items()
    }


def posts(kind: str, page: Page, seed: int) -> pd.DataFrame:
    """Return the posts of a page; formats and hours are tried in all combinations."""
    rng, n = stream(kind, seed), page.posts
    tried = [(f, h) for f in page.formats for h in (8, 12, BEST_HOUR)]
    form, hour = zip(*(tried[i % len(tried)] for i in rng.permutation(n)), strict=True)
    day = DAYS[np.sort(rng.integers(0, len(DAYS), n))]
    dated_only = kind in ("x_content", "linkedin_page", "youtube")
    since = pd.to_timedelta(hour, "h") + pd.to_timedelta(rng.integers(0, 60, n), "min")
    published = day if dated_only else day + since
    mean = page.reach * np.where(day >= CHANGE, CHANGE_EFFECT, 1.0)
    reach = np.maximum(50, (mean * _about_one(rng, 0.35, n)).round())
    rate = page.rate * np.array([FORMATS.get(f, 1.0) for f in form])
    if not dated_only:
        rate = rate * np.where(np.array(hour) == BEST_HOUR, BEST_HOUR_EFFECT, 1.0)
    total = rng.poisson(reach * np.minimum(rate * _about_one(rng, 0.2, n), 0.5))
    shares = np.array([*page.parts.values()])
    split = rng.multinomial(total, shares / shares.sum())
    table = pd.DataFrame(split, columns=[*page.parts]).assign(
        level="post", published=published, date=day,
        id=_post_ids(kind, rng, n), text=rng.choice(TEXTS, n), engagements=total,
    )  # fmt: skip
    if len(page.formats) > 1:
        table["post_type"] = form
    return _SEEN[kind](table, reach, rng)


def _about_one(rng: np.random.Generator, spread: float, n: int) -> np.ndarray:
    """Return factors of mean 1."""
    return rng.lognormal(-(spread**2) / 2, spread, n)


def _post_ids(kind: str, rng: np.random.Generator, n: int) -> list[str]:
    if kind == "youtube":
        letters = np.array([*string.ascii_letters, *string.digits, *"-_"])
        return ["".join(row) for row in rng.choice(letters, (n, 11))]
    start, digits = {
        "facebook_posts": ("122158", 12), "instagram_posts": ("180", 14),
        "x_content": ("19", 17),
        "linkedin_page": ("https://www.linkedin.com/feed/update/urn:li:activity:7", 18),
    }[kind]  # fmt: skip
    return [start + "".join(map(str, row)) for row in rng.integers(0, 10, (n, digits))]


def _facebook(table, reach, rng) -> pd.DataFrame:
    clicks = rng.binomial(reach.astype(int), 0.02)
    video = np.where(table["post_type"] == "Video", (reach * 0.4).round(), np.nan)
    views = (reach * rng.uniform(1.1, 1.4, len(reach))).round()
    return table.assign(reach=reach, views=views, clicks=clicks, video_views=video)


def _instagram(table, reach, rng) -> pd.DataFrame:
    views = (reach * rng.uniform(1.1, 1.4, len(reach))).round()
    return table.assign(reach=reach, views=views, follows=rng.poisson(0.001 * reach))


def _x(table, reach, rng) -> pd.DataFrame:
    return table.assign(impressions=reach, shares=table["sent_on"] + table["reposts"])


def _linkedin(table, reach, rng) -> pd.DataFrame:
    clicks = rng.binomial(reach.astype(int), 0.015)
    video = np.where(table["post_type"] == "Video", (reach * 0.35).round(), np.nan)
    follows = rng.poisson(0.001 * reach)
    return table.assign(impressions=reach, clicks=clicks, views=video, follows=follows)


def _youtube(table, reach, rng) -> pd.DataFrame:
    won, lost = rng.poisson(0.004 * reach), rng.poisson(0.001 * reach)
    return table.assign(
        views=reach, watch_hours=(reach * rng.uniform(0.01, 0.03, len(reach))).round(4),
        impressions=(reach * rng.uniform(12, 20, len(reach))).round(),
        follows=won, unfollows=lost, subscribers=won - lost,
    )  # fmt: skip


_SEEN = {"facebook_posts": _facebook, "instagram_posts": _instagram, "x_content": _x,
         "linkedin_page": _linkedin, "youtube": _youtube}  # fmt: skip


def ads(campaign: Ads, seed: int) -> pd.DataFrame:
    """Return a campaign's days."""
    rng, n = stream(f"{campaign.kind} {campaign.name}", seed), len(DAYS)
    seen = (campaign.impressions * _about_one(rng, 0.15, n)).round()
    link = rng.binomial(seen.astype(int), campaign.clicks * _about_one(rng, 0.1, n))
    cost = (seen * campaign.cost / 1000 * _about_one(rng, 0.08, n)).round(2)
    table = pd.DataFrame(
        {"level": "campaign", "date": DAYS, "campaign": campaign.name,
         "currency": CURRENCY, "impressions": seen, "link_clicks": link, "spend": cost}
    )  # fmt: skip
    counted = np.nan
    if campaign.conversions is not None:
        counted = rng.binomial(link, campaign.conversions)
    if campaign.id:
        table["id"] = campaign.id
    if campaign.kind in ("meta_ads", "tiktok_ads"):
        table["reach"] = (seen / rng.uniform(1.05, 1.35, n)).round()
        table["frequency"] = (seen / table["reach"]).round(6)
        table["text"] = "Adults 25-54"  # the ad set
    if campaign.kind == "meta_ads":
        return table.assign(leads=counted, clicks=link + rng.poisson(0.5 * link))
    table["conversions"] = counted
    if campaign.kind == "tiktok_ads":  # its file tells no currency
        return table.drop(columns="currency").assign(
            video_views=rng.binomial(seen.astype(int), 0.45)
        )
    if campaign.kind == "linkedin_ads":
        table["text"] = "Quit at work"  # the campaign group
        table["clicks"] = link + rng.poisson(0.3 * link)
    else:  # every click on a Google ad is one on its link
        table = table.rename(columns={"link_clicks": "clicks"})
    return table.assign(conversion_value=VALUE * table["conversions"])


def new_followers(seed: int) -> pd.DataFrame:
    """Return new followers of the Facebook page by day."""
    follows = stream("meta_daily", seed).poisson(3, len(DAYS))
    return pd.DataFrame({"level": "day", "date": DAYS, "follows": follows})


def x_days(content: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the account's days on X: its posts, and what older ones still get."""
    rng, parts = stream("x_overview", seed), [*PAGES["x_content"].parts]
    by_day = content.assign(posts=1).groupby("date")[[*parts, "impressions", "posts"]]
    days = by_day.sum().reindex(DAYS, fill_value=0).rename_axis("date")
    days[parts] += rng.poisson(1, (len(DAYS), len(parts)))
    days["impressions"] += rng.poisson(40, len(DAYS))
    days["shares"] = days["sent_on"] + days["reposts"]
    return days.reset_index().assign(
        level="day", engagements=days[parts].sum(axis=1).to_numpy(),
        unfollows=rng.poisson(0.3, len(DAYS)),
        video_views=rng.binomial(days["impressions"].astype(int), 0.1),
    ).drop(columns="link_clicks")  # fmt: skip


def visits(made: dict[str, pd.DataFrame], seed: int) -> pd.DataFrame:
    """Return visits to the quit page: by channel, by day, and by campaign and day."""
    rng = stream("ga4", seed)
    paid = []
    for campaign in CAMPAIGNS:
        rows = made[campaign.kind].query("campaign == @campaign.name")
        clicks = rows["link_clicks" if "link_clicks" in rows else "clicks"].to_numpy()
        own = _sessions(rng, rng.binomial(clicks, 0.9), campaign.conversions or 0)
        paid.append(own.assign(campaign=campaign.name))
    other = {"Organic Search": 40, "Direct": 25, "Organic Social": 12, "Referral": 6}
    rest = {
        name: _sessions(rng, rng.poisson(mean, len(DAYS)), 0.05)
        for name, mean in other.items()
    }
    of = {c.name: "Paid Social" for c in CAMPAIGNS}
    of |= {"Search": "Paid Search", "Display": "Display"}
    by_campaign = pd.concat(paid).sort_values("date", kind="stable")
    counts = ["sessions", "users", "engaged_sessions", "key_events"]
    channels = by_campaign.groupby(by_campaign["campaign"].map(of))[counts].sum()
    channels = pd.concat(
        [channels, pd.DataFrame({n: t[counts].sum() for n, t in rest.items()}).T]
    ).sort_values("sessions", ascending=False)
    channels = channels.rename_axis("id").reset_index().assign(level="channel")
    days = pd.concat([by_campaign, *rest.values()]).groupby("date")[["sessions"]].sum()
    days = days.reset_index().assign(level="day")
    tables = [channels.assign(revenue=0.0), days,
              by_campaign.assign(level="campaign")]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def _sessions(rng, sessions: np.ndarray, converts: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"date": DAYS, "sessions": sessions, "users": rng.binomial(sessions, 0.95),
         "engaged_sessions": rng.binomial(sessions, 0.55),
         "key_events": rng.binomial(sessions, converts)}
    )  # fmt: skip
