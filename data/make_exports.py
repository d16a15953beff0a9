"""Write the simulated account of export_world.py in the file form of each platform.

Run it from anywhere: python data/make_exports.py [FOLDER]. The files are kept in
data/tables/exports, and are the same at each run.
"""

import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pandas as pd
from enquiry_world import enquiries
from export_forms import commas, long, ratio, rows_of, short, text_of, workbook, zipped
from export_world import DAYS, NAME, SEED, simulate
from influencer_world import influencer_tables

EXPORTS = Path(__file__).parent / "tables" / "exports"
FIRST, LAST = DAYS[0], DAYS[-1]
CHANNEL = "Session primary channel group (Default Channel Group)"

# --- advertising ------------------------------------------------------------------


def meta_ads(t: pd.DataFrame) -> bytes:
    """Ads Manager by day: a byte order mark, the currency in the header."""
    columns = {
        "Campaign name": t["campaign"], "Ad set name": t["text"],
        "Day": t["date"].dt.strftime("%Y-%m-%d"), "Campaign ID": t["id"],
        "Campaign delivery": "active",
        "Results": t["leads"], "Result indicator": "actions:lead",
        "Reach": t["reach"], "Frequency": t["frequency"],
        "Impressions": t["impressions"], "Amount spent (GBP)": t["spend"],
        "CPM (cost per 1,000 impressions)":
            (1000 * t["spend"] / t["impressions"]).round(6),
        "Link clicks": t["link_clicks"],
        "CTR (link click-through rate)":
            100 * ratio(t["link_clicks"], t["impressions"], 8),
        "Clicks (all)": t["clicks"], "Leads": t["leads"],
        "Reporting starts": f"{FIRST:%Y-%m-%d}", "Reporting ends": f"{LAST:%Y-%m-%d}",
    }  # fmt: skip
    return text_of(rows_of(columns)).encode("utf-8-sig")


def linkedin_ads(t: pd.DataFrame) -> bytes:
    """Campaign Manager: three lines before the header, commas in numbers, a total."""
    numbers = {
        "Total Spent": t["spend"].map(lambda v: commas(v, 2)),
        "Impressions": t["impressions"].map(commas), "Clicks": t["clicks"].map(commas),
        "Clicks to Landing Page": t["link_clicks"].map(commas),
        "Conversions": t["conversions"].map(commas),
        "Total Conversion Value": t["conversion_value"].map(lambda v: commas(v, 2)),
    }  # fmt: skip
    columns = {
        "Start Date (in UTC)": [f"{d.month}/{d.day}/{d.year}" for d in t["date"]],
        "Account Name": NAME, "Campaign Group Name": t["text"],
        "Campaign Name": t["campaign"], "Campaign ID": t["id"],
        "Currency": t["currency"],
    }  # fmt: skip
    names = ["spend", "impressions", "clicks", "link_clicks", "conversions",
             "conversion_value"]  # fmt: skip
    sums = [commas(t[n].sum(), 2 * ("e" in n[3:5])) for n in names]
    before = [
        ["Campaign Performance Report (in UTC)"],
        [f"Report Start: {long(FIRST)}, Report End: {long(LAST)}"], [],
    ]  # fmt: skip
    after = [["Total", "", "", "", "", "", *sums]]
    return text_of([*before, *rows_of(columns | numbers), *after]).encode()


def tiktok_ads(t: pd.DataFrame) -> bytes:
    """TikTok's workbook: days as text, rates in percent with their sign."""
    columns = {
        "Campaign name": t["campaign"], "Ad group name": t["text"],
        "Primary status": "Active", "By Day": t["date"].dt.strftime("%Y-%m-%d"),
        "Cost": t["spend"],
        "CPC (destination)": (t["spend"] / t["link_clicks"]).round(2),
        "CPM": (1000 * t["spend"] / t["impressions"]).round(2),
        "Impressions": t["impressions"].astype(int),
        "Clicks (destination)": t["link_clicks"],
        "CTR (destination)":
            (100 * ratio(t["link_clicks"], t["impressions"])).map("{:.2f}%".format),
        "Reach": t["reach"].astype(int), "Frequency": t["frequency"],
        "Conversions": t["conversions"].astype(int),
        "Conversion rate (CVR)":
            (100 * ratio(t["conversions"], t["link_clicks"])).map("{:.2f}%".format),
        "2-second video views": t["video_views"],
    }  # fmt: skip
    return workbook({"Data": rows_of(columns)})


def google_ads(t: pd.DataFrame) -> bytes:
    """Google's "Excel CSV": UTF-16, tabs, two lines before and totals after."""
    columns = {
        "Campaign": t["campaign"], "Day": t["date"].dt.strftime("%Y-%m-%d"),
        "Currency code": t["currency"],
        "Cost": t["spend"].map(lambda v: commas(v, 2)),
        "Impr.": t["impressions"].map(commas), "Clicks": t["clicks"].map(commas),
        "Avg. CPC": (t["spend"] / t["clicks"].where(t["clicks"] > 0)).map(
            lambda v: commas(v, 2)),
        "Conversions": t["conversions"].map(lambda v: commas(v, 2)),
        "Conv. value": t["conversion_value"].map(lambda v: commas(v, 2)),
    }  # fmt: skip
    spend, seen, clicks = (t[n].sum() for n in ("spend", "impressions", "clicks"))
    won = [commas(t[n].sum(), 2) for n in ("conversions", "conversion_value")]
    sums = [commas(spend, 2), commas(seen), commas(clicks), commas(spend / clicks, 2)]
    before = [["Campaign report"], [f"{long(FIRST)} - {long(LAST)}"]]
    after = [
        [f"Total: {of}", "--", "GBP", *sums, *won] for of in ("Campaigns", "Account")
    ]
    return text_of([*before, *rows_of(columns), *after], "\t").encode("utf-16")


# --- posts ------------------------------------------------------------------------


def facebook_posts(t: pd.DataFrame) -> bytes:
    """Business Suite: lifetime rows, one spelling of two, a post that stands twice."""
    columns = {
        "Post ID": t["id"], "Page ID": "100064000000001", "Page name": NAME,
        "Title": t["text"],
        "Publish time": t["published"].dt.strftime("%m/%d/%Y %H:%M"),
        "Permalink": "https://www.facebook.com/" + t["id"],
        "Post type": t["post_type"], "Date": "Lifetime",
        "Views": t["views"], "Reach": t["reach"],
        "Reactions, comments and shares": t["engagements"],
        "Reactions": t["reactions"], "Comments": t["comments"], "Shares": t["shares"],
        "Total clicks": t["clicks"], "3-Second Video Views": t["video_views"],
    }  # fmt: skip
    rows = rows_of(columns)
    return text_of([*rows[:11], rows[10], *rows[11:]]).encode("utf-8-sig")


def instagram_posts(t: pd.DataFrame) -> bytes:
    """Business Suite, Instagram."""
    columns = {
        "Post ID": t["id"], "Description": t["text"], "Duration (sec)": 0,
        "Publish time": t["published"].dt.strftime("%m/%d/%Y %H:%M"),
        "Permalink": "https://www.instagram.com/p/" + t["id"],
        "Post type": t["post_type"], "Date": "Lifetime", "Views": t["views"],
        "Reach": t["reach"], "Likes": t["likes"], "Shares": t["shares"],
        "Follows": t["follows"], "Comments": t["comments"], "Saves": t["saves"],
    }  # fmt: skip
    return text_of(rows_of(columns)).encode("utf-8-sig")


def linkedin_page(t: pd.DataFrame) -> bytes:
    """LinkedIn's workbook of a page: a sheet of days before that of all posts."""
    engaged = t[["clicks", "likes", "comments", "shares", "follows"]].sum(axis=1)
    columns = {
        "Post title": t["text"], "Post link": t["id"], "Post type": "Organic",
        "Campaign name": None, "Posted by": NAME,
        "Created date": t["published"].dt.strftime("%m/%d/%Y"),
        "Audience": "All followers", "Impressions": t["impressions"].astype(int),
        "Views": t["views"], "Offsite Views": 0, "Clicks": t["clicks"],
        "Click through rate (CTR)": ratio(t["clicks"], t["impressions"]),
        "Likes": t["likes"], "Comments": t["comments"], "Reposts": t["shares"],
        "Follows": t["follows"], "Engagement rate": ratio(engaged, t["impressions"]),
        "Content Type": t["post_type"],
    }  # fmt: skip
    names = ["impressions", "clicks", "likes", "comments", "shares"]
    days = t.groupby("date")[names].sum().reindex(DAYS, fill_value=0)
    days.columns = [f"{name.capitalize()} (total)" for name in names]
    dated = {"Date": days.index.strftime("%m/%d/%Y"), **days.astype(int)}
    return workbook({"Metrics": rows_of(dated), "All posts": rows_of(columns)})


def x_content(t: pd.DataFrame) -> bytes:
    """X, content: days as "Tue, Jul 14, 2026"."""
    columns = {
        "Post id": t["id"], "Date": _x_days(t["published"]), "Post text": t["text"],
        "Post Link": "https://x.com/breatheeasyleeds/status/" + t["id"],
        "Impressions": t["impressions"], "Likes": t["likes"],
        "Engagements": t["engagements"], "Bookmarks": t["saves"],
        "Shares": t["sent_on"], "New follows": t["follows"], "Replies": t["comments"],
        "Reposts": t["reposts"], "Profile visits": t["visits"],
        "Detail Expands": t["expands"], "URL Clicks": t["link_clicks"],
        "Hashtag Clicks": t["hashtags"], "Permalink Clicks": t["permalinks"],
    }  # fmt: skip
    return text_of(rows_of(columns)).encode()


def _x_days(days: pd.Series) -> list[str]:
    return [f"{d:%a}, {short(d)}" for d in days]


def x_overview(t: pd.DataFrame) -> bytes:
    """X, overview."""
    columns = {
        "Date": _x_days(t["date"]), "Impressions": t["impressions"],
        "Likes": t["likes"], "Engagements": t["engagements"],
        "Bookmarks": t["saves"], "Shares": t["sent_on"], "New follows": t["follows"],
        "Unfollows": t["unfollows"], "Replies": t["comments"], "Reposts": t["reposts"],
        "Profile visits": t["visits"], "Create Post": t["posts"],
        "Video views": t["video_views"], "Media views": t["video_views"],
    }  # fmt: skip
    return text_of(rows_of(columns)).encode()


def youtube(t: pd.DataFrame) -> bytes:
    """YouTube's zip file: the total comes first; a chart's table lies beside it."""
    seconds = (3600 * t["watch_hours"] / t["views"]).round().astype(int)
    columns = {
        "Content": t["id"], "Video title": t["text"],
        "Video publish time": t["published"].map(short), "Duration": 95,
        "Views": t["views"], "Watch time (hours)": t["watch_hours"],
        "Average view duration": [f"0:{s // 60:02}:{s % 60:02}" for s in seconds],
        "Likes": t["likes"], "Comments added": t["comments"], "Shares": t["shares"],
        "Subscribers": t["subscribers"], "Subscribers gained": t["follows"],
        "Subscribers lost": t["unfollows"], "Impressions": t["impressions"],
    }  # fmt: skip
    header, *rows = rows_of(columns)
    added = {n: sum(r[i] for r in rows) for i, n in enumerate(header)
             if n not in header[:4] and n != "Average view duration"}  # fmt: skip
    total = [added.get(name, "") for name in header]
    total[0], total[5] = "Total", round(total[5], 4)
    chart = [["Date", "Views"], *([f"{d:%Y-%m-%d}", 0] for d in DAYS)]
    return zipped({
        "Table data.csv": text_of([header, total, *rows]).encode("utf-8-sig"),
        "Chart data.csv": text_of(chart).encode("utf-8-sig"),
    })  # fmt: skip


# --- days and visits --------------------------------------------------------------


def meta_daily(t: pd.DataFrame) -> bytes:
    """Business Suite's chart: UTF-16, two lines that say what it counts."""
    rows = [
        '"Date","Primary"',
        *(f'"{d:%Y-%m-%dT00:00:00}","{n}"'
          for d, n in zip(t["date"], t["follows"], strict=True)),
    ]  # fmt: skip
    return "\n".join(["sep=,", '"Facebook follows"', *rows, ""]).encode("utf-16")


def ga4(t: pd.DataFrame) -> bytes:
    """Google Analytics: comments, three tables, rates as fractions, a grand total."""
    channel, day, campaign = (
        t[t["level"] == n] for n in ("channel", "day", "campaign")
    )
    head = [["# " + "-" * 40], ["# Traffic acquisition"], [f"# {NAME}"],
            ["# " + "-" * 40]]  # fmt: skip
    period = [["#"], [f"# Start date: {FIRST:%Y%m%d}"], [f"# End date: {LAST:%Y%m%d}"]]
    names = ["sessions", "users", "engaged_sessions", "key_events"]
    total = channel[[*names, "revenue"]].sum().to_frame().T
    tables = [
        _visits({CHANNEL: channel["id"]}, channel),
        [["", *_visits({}, total)[1], "Grand total"], []], period[1:],
        rows_of({"Nth day": [f"{i:04}" for i in range(len(day))],
                 "Sessions": day["sessions"].tolist()}), [[]], period[1:],
        _visits({"Session campaign": campaign["campaign"],
                 "Date": campaign["date"].dt.strftime("%Y%m%d")}, campaign),
    ]  # fmt: skip
    return text_of([*head, *period, *chain.from_iterable(tables)]).encode()


def _visits(keys: dict[str, object], t: pd.DataFrame) -> list[list[object]]:
    columns = keys | {
        "Sessions": t["sessions"], "Users": t["users"],
        "Engaged sessions": t["engaged_sessions"],
        "Engagement rate": ratio(t["engaged_sessions"], t["sessions"], 16),
        "Key events": t["key_events"],
        "Session key event rate": ratio(t["key_events"], t["sessions"], 16),
    }  # fmt: skip
    if t["revenue"].notna().all():
        columns["Total revenue"] = t["revenue"]
    return rows_of(columns)


# --- files --------------------------------------------------------------------------

FORMS: tuple[Callable[[pd.DataFrame], bytes], ...] = (
    meta_ads, facebook_posts, instagram_posts, meta_daily, ga4, linkedin_ads,
    linkedin_page, tiktok_ads, x_content, x_overview, youtube, google_ads,
)  # fmt: skip
ENDS = {"linkedin_page": ".xlsx", "tiktok_ads": ".xlsx", "youtube": ".zip"}


def own_tables(seed: int) -> dict[str, bytes]:
    """Return the enquiries and influencers as tables of the workbook's own form."""
    messages = enquiries(seed)
    for name in ("received", "answered"):
        messages[name] = messages[name].dt.strftime("%Y-%m-%d %H:%M")
    messages["needs_answer"] = messages["needs_answer"].astype(str).str.lower()
    made = (influencer_tables(seed) | {"enquiries": messages}).items()
    return {f"{k}.csv": text_of(rows_of({**t})).encode() for k, t in made}


def files(seed: int = SEED) -> dict[str, bytes]:
    """Return the content of each file by its name."""
    world = simulate(seed)
    kinds = {write.__name__: write for write in FORMS}
    made = {k + ENDS.get(k, ".csv"): write(world[k]) for k, write in kinds.items()}
    return made | own_tables(seed)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else EXPORTS
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (folder / name).write_bytes(content)
        print(f"wrote {name}")
