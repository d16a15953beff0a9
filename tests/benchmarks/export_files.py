"""Large exports of ten platforms, each in its form and from fixed seeds."""

from collections.abc import Sequence
from pathlib import Path

BROKEN = (
    "2026-01-05,Campaign 1,Ad set 1,Ad 1,7,many,10,3.50,1,0.1,1,0\n",
    "2026-01-05,Campaign 1,Ad set 1\n",
    "2026-13-05,Campaign 1,Ad set 1,Ad 1,7,1000,10,3.50,1,0.1,1,0\n",
)
"""Rows of which no number counts; each stands ten times among the others."""
PLAN = """campaignbook: 1
name: Large
kind: social_media
currency: EUR
goals:
  - {id: clicks, type: traffic, statement: Bring people to the page, measure: CTR,
     unit: share, direction: increase, target: 0.01}
evaluations:
  - {id: year, goal: clicks, question: Where do the ads stand?, design: kpis,
     kpis: [ctr, cpm, cpc], TOLD}
"""

DAY = "DATE '2026-01-01' + CAST(i % 364 AS INTEGER)"


def some(most: int, salt: int) -> str:
    """Return SQL for whole numbers from 0 to `most`, as if by chance."""
    return f"hash(i * 31 + {salt}) % {most + 1}"


def commas(sql: str) -> str:
    """Return SQL for a number with commas between thousands."""
    return f"format('{{:,}}', CAST({sql} AS BIGINT))"


COUNT, CLICKS = f"(1000 + {some(9000, 1)})", some(90, 2)
SPEND = f"({some(99999, 3)}) / 100.0"
ISO, SLASHED = f"strftime({DAY}, '%Y-%m-%d')", f"strftime({DAY}, '%m/%d/%Y')"
NAMED = f"strftime({DAY}, '%b %d, %Y')"
POST = "'Post number ' || i || ', with a comma'"
KIND = "['Photo', 'Reel', 'Link'][1 + i % 3]"

FORMS: dict[str, dict] = {
    "meta_ads": {
        "head": "Day,Campaign name,Ad set name,Ad name,Ad ID,Impressions,Reach,"
        "Amount spent (EUR),Link clicks,CTR (link click-through rate),Clicks (all),"
        "Leads",
        "cells": f"{ISO}, 'Campaign ' || (i // 364) % 50, "
        f"'Ad set ' || (i // 364) % 500, 'Ad ' || i // 364, "
        f"120200000000000000 + i // 364, {COUNT}, "
        f"100 + {some(899, 4)}, round({SPEND}, 2), {CLICKS}, "
        f"round(100.0 * ({CLICKS}) / {COUNT}, 6), ({CLICKS}) + {some(90, 5)}, "
        f"{some(3, 6)}",
        "end": "\n,,,,,9000000,,5000.00,90000,,,\n",
        "read": {},
        "sums": {"impressions": "Impressions", "link_clicks": "Link clicks",
                 "spend": "Amount spent (EUR)"},
        "named": "Ad ID",
    },
    "facebook_posts": {
        "head": "Post ID,Description,Publish time,Post type,Date,Views,Reach,"
        '"Reactions, Comments and Shares",Reactions,Comments,Shares',
        "cells": f"1220000000000 + i, {POST}, strftime({DAY} + to_hours(i % 24), "
        f"'%m/%d/%Y %H:%M'), {KIND}, 'Lifetime', {COUNT}, 100 + {some(899, 4)}, "
        f"{some(90, 5)}, {some(90, 6)}, {some(90, 7)}, {some(90, 8)}",
        "sums": {"views": "Views", "reactions": "Reactions"},
    },
    "instagram_posts": {
        "head": "Post ID,Description,Publish time,Post type,Date,Views,Reach,Likes,"
        "Shares,Follows,Comments,Saves",
        "cells": f"1790000000000 + i, {POST}, {SLASHED} || ' 19:00', {KIND}, "
        f"'Lifetime', {COUNT}, 100 + {some(899, 4)}, {some(90, 5)}, {some(90, 6)}, "
        f"{some(90, 7)}, {some(90, 8)}, {some(90, 9)}",
        "sums": {"views": "Views", "likes": "Likes"},
    },
    "ga4": {
        "before": "# ----\n# Traffic\n# Start date: 20260101\n# End date: 20261231\n",
        "head": "Session source / medium,Date,Sessions,Engaged sessions,"
        "Engagement rate,Total revenue",
        "cells": f"'source ' || i % 40 || ' / social', strftime({DAY}, '%Y%m%d'), "
        f"{COUNT}, {some(999, 5)}, round(({some(999, 5)}) / {COUNT}, 6), "
        f"round({SPEND}, 2)",
        "read": {"skiprows": 4},
        "sums": {"sessions": "Sessions", "revenue": "Total revenue"},
    },
    "linkedin_ads": {
        "before": "Campaign Performance Report (in UTC)\n\"Report Start: January 1, "
        '2026, Report End: December 31, 2026"\n\n',
        "head": "Start Date (in UTC),Account Name,Campaign Group Name,Campaign Name,"
        "Campaign ID,Currency,Total Spent,Impressions,Clicks,Clicks to Landing Page",
        "cells": f"{SLASHED}, 'We', 'Group', 'Campaign ' || i % 50, 900 + i % 50, "
        f"'EUR', {commas(COUNT)} || '.50', {commas(COUNT)}, 90 + {some(90, 5)}, "
        f"{CLICKS}",
        "end": '\nTotal,,,,,,"9,000.00","9,000",90,80\n',
        "read": {"skiprows": 2, "thousands": ","},
        "sums": {"impressions": "Impressions", "spend": "Total Spent"},
        "named": "Campaign ID",
    },
    "linkedin_page": {
        "head": "Post title,Post link,Post type,Campaign name,Posted by,Created date,"
        "Impressions,Views,Offsite Views,Clicks,Click through rate (CTR),Likes,"
        "Comments,Reposts,Follows,Engagement rate,Content Type",
        "cells": f"{POST}, 'https://post/' || i, 'Organic', '', 'We', {SLASHED}, "
        f"{COUNT}, {some(900, 5)}, 0, {CLICKS}, ({CLICKS}) / {COUNT}, {some(90, 6)}, "
        f"{some(90, 7)}, {some(90, 8)}, 0, 0.1, {KIND}",
        "sums": {"impressions": "Impressions", "likes": "Likes"},
    },
    "tiktok_ads": {
        "head": "Campaign name,Ad group name,Ad name,By Day,Cost,Impressions,"
        "Clicks (destination),CTR (destination),Reach",
        "cells": f"'Campaign ' || i % 50, 'Group', 'Ad ' || i // 364, {ISO}, "
        f"round({SPEND}, 2), {COUNT}, {CLICKS}, "
        f"round(100.0 * ({CLICKS}) / {COUNT}, 2) || '%', {some(900, 5)}",
        "sums": {"impressions": "Impressions", "spend": "Cost"},
    },
    "x_content": {
        "head": "Post id,Date,Post text,Post Link,Impressions,Likes,Engagements,"
        "Bookmarks,Shares,New follows,Replies,Reposts,Profile visits,Detail Expands,"
        "URL Clicks,Hashtag Clicks,Permalink Clicks",
        "cells": f"1940000000000 + i, strftime({DAY}, '%a, %b %d, %Y'), {POST}, 'l', "
        f"{COUNT}, {some(90, 5)}, 200 + {some(90, 6)}, 0, 1, 0, {some(9, 7)}, 4, 0, 0, "
        f"{CLICKS}, 0, 0",
        "sums": {"impressions": "Impressions", "likes": "Likes"},
    },
    "youtube": {
        "head": "Content,Video title,Video publish time,Duration,Views,"
        "Watch time (hours),Likes,Comments added,Shares,Impressions",
        "first": "Total,,,,99,1.5,9,9,9,9\n",
        "cells": f"'v-' || i, {POST}, {NAMED}, 90, {COUNT}, round({SPEND}, 2), "
        f"{some(90, 5)}, {some(90, 6)}, {some(90, 7)}, {COUNT} * 3",
        "sums": {"views": "Views", "watch_hours": "Watch time (hours)"},
        "named": "Video title",
    },
    "google_ads": {
        "before": "Campaign report\nJanuary 1, 2026 - December 31, 2026\n",
        "head": "Campaign,Day,Currency code,Cost,Impr.,Clicks,Conversions",
        "cells": f"'Campaign ' || i % 50, {ISO}, 'EUR', {commas(COUNT)} || '.25', "
        f"{commas(COUNT)}, {CLICKS}, '--'",
        "end": "\nTotal: Account,--,EUR,9.00,9,9,--\n",
        "encoding": "utf-16", "delimiter": "\t",
        "read": {"skiprows": 2, "thousands": ",", "na_values": ["--"],
                 "encoding": "utf-16", "sep": "\t"},
        "sums": {"impressions": "Impr.", "spend": "Cost"},
        "named": "Day",
    },
}  # fmt: skip
"""Of each kind: lines before the header, header, SQL for the cells of row i, lines at
the end; what `read_csv` must be told; columns that are summed; one that totals leave
empty."""


def write_export(
    kind: str, path: Path, *, rows: int, broken: Sequence[str] = ()
) -> None:
    """Write an export of a kind in its form, broken rows spread among the others."""
    import duckdb

    form = FORMS[kind]
    mark, encoding = form.get("delimiter", ","), form.get("encoding", "utf-8-sig")
    ends = [rows * (i + 1) // max(len(broken), 1) for i in range(max(len(broken), 1))]
    part = path.with_suffix(".part")
    with (
        path.open("w", encoding=encoding, newline="") as file,
        duckdb.connect(config={"threads": 1}) as connection,
    ):
        file.write(form.get("before", ""))
        file.write(form["head"].replace(",", mark) + "\n" + form.get("first", ""))
        for begin, end, odd in zip([0, *ends], ends, broken or [""], strict=False):
            connection.execute(
                f"COPY (SELECT {form['cells']} FROM range({begin}, {end}) AS t(i)) "
                f"TO '{part}' (HEADER false, DELIMITER '{mark}')"
            )
            with part.open(encoding="utf-8", newline="") as text:
                while block := text.read(1 << 20):
                    file.write(block)
            file.write(odd)
        file.write(form.get("end", "").replace(",", mark).lstrip("\n"))
    part.unlink()


def make_files(folder: Path, *, rows: int) -> None:
    """Write the large export, the ten exports, and a plan for each of both jobs."""
    (folder / "ten").mkdir()
    write_export("meta_ads", folder / "meta.csv", rows=rows, broken=BROKEN * 10)
    for kind in FORMS:
        write_export(kind, folder / "ten" / f"{kind}.csv", rows=rows // 10)
    ten = ", ".join(f"ten/{kind}.csv" for kind in sorted(FORMS))
    for job, told in (
        ("large", "exports: [meta.csv], by: [campaign, week]"),
        ("ten", f"exports: [{ten}], by: [platform, week]"),
    ):
        plan = PLAN.replace("TOLD", told)
        (folder / f"{job}.yml").write_text(plan, encoding="utf-8")
