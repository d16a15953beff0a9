"""What worked: ratios of rates between formats, hours and campaigns, and odd posts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.kpis import Kpi, only_parts, words
from campaignbook.rate_model import CLOCK, FEWEST, OTHERS, WEEKDAYS, fit_rates
from campaignbook.results import Estimate, holm, with_holm
from campaignbook.row_groups import row_groups, together

FEWEST_EVENTS = 5
"""Expected events from which on a post is judged."""
MOST_PAIRS = 4
"""With so many groups each pair is compared, with more each one and the rest."""


def compare_groups(
    frame: pd.DataFrame, kpi: Kpi, factors: Sequence[str], *, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Return by how many times groups differ, allowing for the other factors.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the tidy table.
    kpi : Kpi
        A rate; one by reach must be a mean over rows.
    factors : sequence of str
        Columns (``post_type``, ``campaign`` ...), or ``hour`` and ``weekday`` of
        ``published``. ``platform`` is always allowed for.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    tuple of Estimate
        Unit ``ratio``, null value 1, not corrected yet (`corrected`). Hours, weekdays
        and many groups against the rest; few groups in pairs, the higher rate by the
        lower. Empty where there is nothing to compare.

    Raises
    ------
    DataError
        The indicator is a sum, or would need a sum of people.

    Notes
    -----
    The rate of a row is a product of its factors: quasi-Poisson regression with log
    link and the denominator as offset (a mean of rates has none), whose solution is a
    ratio of sums where there is one factor. Variance between rows, HC3 sandwich; t with
    rows minus parameters. No cause is claimed: groups may differ in much else.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, ch. 9. MacKinnon & White
    (1985), Journal of Econometrics 29:305-325.
    """
    made = []
    frame = only_parts(frame, [kpi], *factors)
    nested = [f for f in factors if f not in CLOCK and _nested(frame, f)]
    crossed = [f for f in factors if f not in nested]
    if any(_varies(frame, f) for f in crossed):
        made += _compared(frame, kpi, crossed, level, where="")
    platforms = frame["platform"]
    for factor in nested:
        for platform in sorted(platforms.dropna().unique()):
            own = platforms == platform
            rows = frame if own.all() else frame[own]
            made += _compared(rows, kpi, [factor], level, where=str(platform))
    return tuple(made)


def corrected(estimates: Sequence[Estimate], *, level: float) -> tuple[Estimate, ...]:
    """Return ratios with Holm's p as one family, and intervals that agree with it.

    Each interval is at the level at which it leaves out 1 just where Holm's p is below
    1 - level; the estimate names it.
    """
    made = []
    for e in with_holm(estimates):
        alpha, low, high = _agreeing(e, level)
        made.append(replace(e, level=1 - alpha, ci_low=low, ci_high=high))
    return tuple(made)


def odd_posts(
    frame: pd.DataFrame, kpi: Kpi, factors: Sequence[str], *, level: float = 0.95
) -> tuple[Estimate, ...]:
    """Return the posts that differ from what their platform, format and hour have.

    Parameters
    ----------
    frame, kpi, factors
        As in `compare_groups`; rows that are no posts are left out.
    level : float
        Confidence level of the family of all posts, 0-1.

    Returns
    -------
    tuple of Estimate
        Ratio of each odd post to what was expected, the oddest first; ``group`` is its
        place in `frame` (the index, as text).

    Notes
    -----
    Externally studentised log ratios: each post against the spread of all others,
    which is chance (1 / expected) and a variance between posts. Where fewer than 5
    events are expected the log is too skewed, and the post is not judged. Holm's p
    below 1 - level, so that chance names a post in no more than 1 - level of reports.

    References
    ----------
    Cook & Weisberg (1982), Residuals and Influence in Regression, ch. 2.
    """
    frame = only_parts(frame, [kpi], *factors)
    posts = frame[frame["level"].eq("post").fillna(False).astype(bool)]
    model = fit_rates(posts, kpi, factors)
    if model is None:
        return ()
    use = model.expected >= FEWEST_EVENTS
    events, expected = model.events[use], model.expected[use].to_numpy()
    n, lost = len(events), len(model.effects)
    if n - lost < 2 * FEWEST:
        return ()
    gap = np.log((events.to_numpy() + 0.5) / (expected + 0.5))
    gap = gap - gap.mean()
    chance = 1 / (expected + 0.5)
    between = max(float((gap**2 - chance).mean()), 0.0)
    z = gap / np.sqrt(between + chance)
    spread = np.sqrt((np.sum(z**2) - z**2) / (n - lost - 1))
    t = z / (spread * math.sqrt(1 + 1 / n))
    df = n - lost - 1
    p = 2 * stats.t.sf(np.abs(t), df)
    # of a hundred thousand posts only the few that may be odd are looked at
    few = np.flatnonzero(p < 1 - level)
    p_holm = holm(p[few].tolist(), larger=n - len(few))
    made = [
        Estimate(
            name=kpi.id, estimate=math.exp(gap[i]), statistic=float(t[i]), df=df,
            std_error=abs(float(gap[i] / t[i])), null_value=1.0, level=level,
            p_value=float(p[i]), p_holm=adjusted,
            n=n, unit="ratio", group=str(events.index[i]),
            method=f"{kpi.shown()} of one post by that of its kind; externally "
            "studentised log ratio, Holm over all posts",
        )
        for i, adjusted in zip(few, p_holm, strict=True)
        if adjusted < 1 - level
    ]  # fmt: skip
    found = []
    for e in sorted(made, key=lambda e: e.p_value):
        alpha, low, high = _agreeing(e, level)
        found.append(replace(e, level=1 - alpha, ci_low=low, ci_high=high))
    return tuple(found)


def _agreeing(estimate: Estimate, level: float) -> tuple[float, float, float]:
    """Return 1 minus the level at which an interval agrees with Holm's p, its ends."""
    share = estimate.p_value / estimate.p_holm if estimate.p_holm else 1.0
    alpha = (1 - level) * share
    half = float(stats.t.isf(alpha / 2, estimate.df)) * estimate.std_error
    low, high = (estimate.estimate * math.exp(s * half) for s in (-1, 1))
    return alpha, low, high


def _varies(frame: pd.DataFrame, factor: str) -> bool:
    """Return whether a factor has levels to compare."""
    if factor in CLOCK:
        return bool(frame["published"].notna().any())
    return len(row_groups(frame[factor]).keys) > 1


def _nested(frame: pd.DataFrame, factor: str) -> bool:
    """Return whether each level stands on one platform only, of several."""
    if factor == "campaign":
        return True
    pairs = together(frame, ["platform", factor])
    return len(pairs["platform"].unique()) > 1 and pairs[factor].is_unique


def _compared(
    frame: pd.DataFrame, kpi: Kpi, factors: Sequence[str], level: float, *, where: str
) -> list[Estimate]:
    model = fit_rates(frame, kpi, factors)
    if model is None:
        return []
    made = []
    for f in factors:
        found = {k: n for k, n in model.levels[f].items() if k not in OTHERS}
        placed = [k for g, k in model.places if g == f and k in found]
        first = [k for k in found if k not in placed]
        # of several that cannot be told apart none is compared
        known = [*placed, *(first if len(first) == 1 else [])]
        if len(known) < 2:
            continue
        for k, others in _pairs(f, sorted(known, key=_in_order), found):
            gap, error = model.log_ratio({(f, o): w for o, w in others.items()})
            against = next((o for o, w in others.items() if w == -1), "the rest")
            if gap < 0 and against != "the rest":
                k, against, gap = against, k, -gap
            if not error > 0:
                continue
            t = gap / error
            name = f"{words(f)}: {k} against {against}"
            others = ", ".join(words(o) for o in ("platform", *factors) if o != f)
            made.append(
                Estimate(
                    name=kpi.id,
                    estimate=math.exp(gap),
                    std_error=error,
                    statistic=t,
                    df=model.df,
                    level=level,
                    p_value=float(2 * stats.t.sf(abs(t), model.df)),
                    null_value=1.0,
                    n=model.rows,
                    unit="ratio",
                    group=f"{where}, {name}" if where else name,
                    method=f"{kpi.shown()}, ratio allowing for {others}; log-linear "
                    "regression, variance between rows (HC3), t",
                )
            )
    return made


def _pairs(
    factor: str, known: Sequence[str], found: dict[str, int]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each comparison: a level, and the weights of all that it takes."""
    if factor not in CLOCK and len(known) <= MOST_PAIRS:
        for k, other in combinations(known, 2):
            yield k, {k: 1.0, other: -1.0}
        return
    for k in known:
        rest = float(sum(found[o] for o in known if o != k))
        yield k, {o: 1.0 if o == k else -found[o] / rest for o in known}


def _in_order(name: str) -> tuple[int, str]:
    if name in WEEKDAYS:
        return WEEKDAYS.index(name), ""
    return (int(name), "") if name.isdigit() else (0, name)
