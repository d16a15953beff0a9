"""What a period's exports show beside its figures: before, weeks, what worked."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
from scipy import stats

from campaignbook.enquiries import answering
from campaignbook.errors import DataError
from campaignbook.evaluation.export_parts import Enquiries
from campaignbook.kpi_comparisons import compare_groups, corrected, odd_posts
from campaignbook.kpi_rows import Counted
from campaignbook.kpi_values import KpiValue, kpi_values
from campaignbook.kpis import Kpi, counts, only_parts, parts
from campaignbook.monitoring import ChangePoint, change_points, control_limits, weekly
from campaignbook.rate_model import fit_rates
from campaignbook.results import Estimate

LEAST_DRAWS = 999
SHOWN_POSTS = 5
"""So many odd posts are named."""


def before(
    counted: Counted, kpis: Sequence[Kpi], now: Sequence[Estimate], currency: str
) -> dict[str, Any]:
    """Return each indicator of the period before, and the difference, by its id.

    Notes
    -----
    The interval of a difference is made of the two intervals by the square root rule
    (MOVER); a plain count has none.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27:1693-1702.
    """
    found = {}
    for kpi, value in zip(kpis, now, strict=True):
        (last,) = kpi_values(
            counted.last, kpi, level=value.level, currency=currency
        ) if len(counted.last) else (None,)  # fmt: skip
        if last is None or last.estimate.estimate is None or value.estimate is None:
            continue
        found[kpi.id] = {
            "last": asdict(last.estimate),
            "difference": asdict(difference(value, last.estimate)),
        }
    return found


def difference(now: Estimate, last: Estimate) -> Estimate:
    """Return now minus last, in their unit."""
    low = high = None
    gap = now.estimate - last.estimate
    ends = (now.ci_low, now.ci_high, last.ci_low, last.ci_high)
    if None not in ends:
        low = gap - math.hypot(now.estimate - ends[0], ends[3] - last.estimate)
        high = gap + math.hypot(ends[1] - now.estimate, last.estimate - ends[2])
    how = "interval by MOVER from both intervals" if low is not None else "no interval"
    return Estimate(
        name=now.name, estimate=gap, ci_low=low, ci_high=high, level=now.level,
        unit=now.unit, n=(now.n or 0) + (last.n or 0),
        method=f"this period minus the one before; {how}",
    )  # fmt: skip


def watched(
    counted: Counted, kpis: Sequence[Kpi], *, level: float, currency: str
) -> list[dict[str, Any]]:
    """Return the weeks of each rate with limits, and its changes with their date.

    Rates of several platforms stand together, each row beside the mean of its own
    platform, and apart. Changes are sought in all of them at the level of the family
    (Bonferroni). Weeks after the period are not looked at.
    """
    series = []
    frame = only_parts(counted.until, kpis)
    for kpi in kpis:
        try:
            whole = weekly(frame, kpi, mix="platform")
        except DataError:
            continue
        if whole.empty:
            continue
        telling = frame.loc[counts(parts(frame, kpi), kpi), "platform"].unique()
        apart = {
            str(p): weekly(frame[frame["platform"] == p], kpi)
            if len(telling) > 1 else whole
            for p in telling
        }  # fmt: skip
        apart = {p: w for p, w in sorted(apart.items()) if len(w)}
        series.append((kpi, None if len(apart) > 1 else next(iter(apart)), whole))
        series += [(kpi, p, w) for p, w in apart.items() if len(apart) > 1]
    family = 1 - (1 - level) / max(len(series), 1)
    draws = max(LEAST_DRAWS, 40 * len(series))
    made = []
    for kpi, platform, weeks in series:
        try:
            limited = control_limits(weeks, kpi)
        except DataError:
            continue
        rows = frame if platform is None else frame[frame["platform"] == platform]
        last = counted.end - dt.timedelta(days=counted.end.weekday())
        found = change_points(weeks, level=family, draws=draws)
        cuts = [frame["date"].min(), *(c.date for c in found), frame["date"].max()]
        made.append(
            {
                "id": kpi.id,
                "name": kpi.name,
                "unit": currency if kpi.unit == "money" else kpi.unit,
                "platform": platform,
                "weeks": [_week(w, last, counted.end) for _, w in limited.iterrows()],
                "changes": [
                    _change(
                        c, rows[rows["date"].between(*cuts[i : i + 3 : 2])], kpi, level
                    )
                    for i, c in enumerate(found)
                ],
            }
        )
    return made


def what_worked(
    counted: Counted, kpis: Sequence[Kpi], *, level: float
) -> dict[str, list[dict[str, Any]]]:
    """Return formats, hours, weekdays and campaigns that differ, and odd posts.

    Every comparison that was made is there, corrected as one family (Holm); posts are a
    family of their own for each indicator.
    """
    made, posts = [], []
    frame = counted.now
    for kpi in kpis:
        if kpi.aggregation == "sum":
            continue
        try:
            made += compare_groups(
                frame, kpi, ["post_type", "hour", "weekday"], level=level
            )
            made += compare_groups(frame, kpi, ["campaign"], level=level)
            found = odd_posts(frame, kpi, ["post_type", "hour"], level=level)
        except DataError:  # people are not added up
            continue
        posts += [_post(e, frame) for e in found[:SHOWN_POSTS]]
    rows = [asdict(e) for e in corrected(made, level=level)]
    return {"groups": rows, "posts": posts}


def funnel(
    counted: Counted, lead: Kpi, steps: Sequence[Kpi], *, level: float
) -> list[dict[str, Any]]:
    """Return the steps from being shown to acting, each with its own denominator.

    Parameters
    ----------
    counted : Counted
        The rows; of them the advertising, where there is any.
    lead : Kpi
        Link clicks by impressions; its sums are the first two steps.
    steps : sequence of Kpi
        What follows, by link clicks; where nothing tells both its parts it is left out.
        Sessions are joined to the clicks of the same campaign and day.
    level : float
        Confidence level, 0-1.
    """
    frame = only_parts(counted.now, [lead, *steps], "campaign")
    paid = frame[frame["level"].isin(["ad", "campaign", "account"])]
    (first,) = kpi_values(paid, lead, level=level)
    everything, frame = frame, paid if first.rows else frame
    visits = _visits(frame, everything)
    rows = []
    for kpi in (lead, *steps):
        (value,) = kpi_values(
            visits if "sessions" in kpi.numerator else frame, kpi, level=level
        )
        if value.rows and value.estimate.estimate is not None:
            rows.append(_step(value))
    return rows


def enquiries(
    messages: pd.DataFrame, asked: Enquiries, counted: Counted, *, level: float
) -> list[dict[str, Any]]:
    """Return how the period's messages were answered, by topic, as it ended."""
    ends = dt.datetime.combine(counted.end + dt.timedelta(days=1), dt.time())
    begins = dt.datetime.combine(counted.start, dt.time())
    own = messages[(messages["received"] >= begins) & (messages["received"] < ends)]
    if own.empty:
        return []
    return [
        asdict(a)
        for a in answering(
            own, as_of=ends, opens=_time(asked.opens), closes=_time(asked.closes),
            level=level,
        )
    ]  # fmt: skip


def _time(hour: float) -> dt.time:
    return dt.time(int(hour), round(60 * (hour % 1)) % 60)


def _visits(paid: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return sessions beside the link clicks of the same campaign and day."""
    keys = ["campaign", "date"]
    clicks = paid.dropna(subset=["link_clicks", *keys])
    clicks = clicks.groupby(keys, as_index=False)["link_clicks"].sum()
    visits = frame.dropna(subset=["sessions", *keys])
    visits = visits.groupby(keys, as_index=False)["sessions"].sum()
    return clicks.merge(visits, on=keys)


def _step(value: KpiValue) -> dict[str, Any]:
    return {
        "name": value.kpi.name, "made": value.kpi.shown(),
        "numerator": value.numerator, "denominator": value.denominator,
        "value": asdict(value.estimate),
    }  # fmt: skip


def _week(week: pd.Series, last: dt.date, end: dt.date) -> dict[str, Any]:
    day = week["week"].date()
    return {
        "week": day.isoformat(),
        **{k: float(week[k]) for k in ("rate", "centre", "low", "high")},
        "outside": bool(week["outside"]),
        "whole": day != last or end.weekday() == 6,
    }  # fmt: skip


def _change(
    change: ChangePoint, rows: pd.DataFrame, kpi: Kpi, level: float
) -> dict[str, Any]:
    """Return a change with its ratio, all rows before and after it compared."""
    since = rows.assign(
        stretch=(rows["date"] >= change.date).map({True: "after", False: "before"})
    )
    told: dict[str, Any] = {"ratio": None, "ci_low": None, "ci_high": None}
    model = fit_rates(since, kpi, ["stretch"])
    if model is not None:
        gap, error = model.log_ratio(
            {("stretch", "after"): 1.0, ("stretch", "before"): -1.0}
        )
        half = float(stats.t.isf((1 - level) / 2, model.df)) * error
        told = {
            "ratio": math.exp(gap),
            "ci_low": math.exp(gap - half),
            "ci_high": math.exp(gap + half),
        }
    return {
        "date": f"{change.date:%Y-%m-%d}",
        "earliest": f"{change.earliest:%Y-%m-%d}",
        "latest": f"{change.latest:%Y-%m-%d}",
        "before": change.before, "after": change.after, "p_value": change.p_value,
        "level": level, **told,
    }  # fmt: skip


def _post(estimate: Estimate, frame: pd.DataFrame) -> dict[str, Any]:
    row = frame.loc[int(estimate.group)]
    when = row["published"] if pd.notna(row["published"]) else row["date"]
    text = "" if pd.isna(row["text"]) else str(row["text"])
    return {
        **asdict(estimate),
        "group": f"{row['platform']}, {when:%Y-%m-%d}",
        "text": text if len(text) <= 80 else f"{text[:77]}...",
    }
