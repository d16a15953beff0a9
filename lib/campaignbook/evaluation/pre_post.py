"""Before and after, without a comparison: what changed, and why nobody knows why."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from campaignbook.evaluation import proportions, series, series_checks
from campaignbook.evaluation.arms import real_error, t_reading
from campaignbook.evaluation.comparisons import compare_shares
from campaignbook.evaluation.headlines import exact_fit
from campaignbook.evaluation.proportions import CountLike
from campaignbook.evaluation.series_cells import Series, level_in, read_series
from campaignbook.evaluation.series_model import Asked, Terms, columns, size_of
from campaignbook.results import Check, Estimate, say
from campaignbook.tables import Cells

_LINE = 8
"""Periods before the start that a line is fitted to, at least."""

_NO_COMPARISON = Check(
    name="comparison group",
    answer="no",
    sentence="There is no comparison group, so whatever else changed between the two "
    "times is in the change too.",
)


def evaluate_counts(
    before: CountLike, after: CountLike, *, level: float, trend: float | None = None
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]:
    """Return (estimates, checks, level, details) of the design ``pre_post``.

    Parameters
    ----------
    before, after : count-like
        People ``n`` and their ``events`` at the two times; different people.
    level : float
        Confidence level, 0-1.
    trend : float, optional
        Change of the share expected without the campaign (0.01 is one percentage
        point up); taken off the change.

    Raises
    ------
    DataError
        If there are no people, or events exceed them.

    Notes
    -----
    ``change`` carries no assumptions, because none makes it an effect: whatever else
    happened between the two times is in it. The people asked before and after are
    taken as two samples; the same people asked twice need their answers in pairs.

    References
    ----------
    Shadish, Cook & Campbell (2002), Experimental and Quasi-Experimental Designs, ch. 4.

    Examples
    --------
    >>> from campaignbook.evaluation.parts import Count
    >>> estimates, checks, *_ = evaluate_counts(
    ...     Count(n=1000, events=280), Count(n=1000, events=330), level=0.95
    ... )
    >>> estimates[0].sentence()
    'change: 5.0 percentage points (95% interval 1.0 to 9.0, n = 2000).'
    >>> checks[0].answer
    'no'
    """
    change = compare_shares(after, before, name="change", level=level, expected=trend)
    checks = (_NO_COMPARISON, _trend(trend))
    details = {"before": _describe(before, level), "after": _describe(after, level)}
    return (
        (change,),
        checks,
        proportions.share(after, name="level", level=level),
        details,
    )


def evaluate_series(
    cells: Cells,
    *,
    periods: Sequence[str],
    start: str,
    level: float,
    unit: str,
    last: str,
    trend: float | None = None,
    seed: int = 0,
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]:
    """Return (estimates, checks, level, details) of ``pre_post`` from a series.

    Parameters
    ----------
    cells : Cells
        Columns ``period``, ``n``, ``sum_y``; rows of a period are averaged.
    periods : sequence of str
        All period texts in time order.
    start : str
        First period that counts as after.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the outcome.
    last : str
        The level is read in the last period with rows that is not after this one.
    trend : float, optional
        Change of the mean, in `unit`, expected without the campaign; taken off.
    seed : int
        Not used: nothing is drawn.

    Raises
    ------
    DataError
        Without a period before the start or from it on.

    Notes
    -----
    ``change`` is the mean of the periods from the start minus the mean of those
    before, minus `trend`; ``share_left`` is what the trend leaves of it, as a share of
    the whole. Without a trend, and with eight periods before the start,
    ``change_beyond_trend`` is what a line through them, extended, leaves. Intervals
    are those of `series.ols` with AR(1) errors; below 24 periods there are none. No
    assumptions are listed, because none makes the change an effect.

    References
    ----------
    Shadish, Cook & Campbell (2002), Experimental and Quasi-Experimental Designs, ch. 4.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"period": ["1997", "2002"], "n": 1, "sum_y": [0.253, 0.180]}
    ... )
    >>> estimates, *_ = evaluate_series(
    ...     Cells(frame=frame, rows_read=2), periods=["1997", "2002"], start="2002",
    ...     level=0.95, unit="share", last="2002", trend=-0.057,
    ... )
    >>> [round(e.estimate, 3) for e in estimates]
    [-0.016, 0.219]
    """
    data = read_series(cells, periods=periods, start=start, least_before=1)
    ask = {"level": level, "unit": unit}
    whole, error, df, rho = _after_minus_before(data, "level", ask)
    anyway = trend or 0.0
    common = {"level": level, "n": round(data.rows.sum())}
    how = "mean from the start on minus mean before"
    by = _by(data, rho)
    taken = "" if trend is None else f", minus the trend of {trend:g} expected anyway"
    estimates = [
        Estimate(
            name="change",
            estimate=whole - anyway,
            unit=unit,
            method=f"{how}{taken}; {by}",
            **common,
            **t_reading(whole - anyway, error, df, level=level),
        )
    ]
    left, ends = None if trend is None else whole - trend, {}
    if trend is None and data.first >= _LINE:
        left, line_error, line_df, line_rho = _after_minus_before(
            data, "level+slope", ask
        )
        how = (
            "mean from the start on minus the line through the "
            f"{data.first} periods before, extended; {_by(data, line_rho)}"
        )
        estimates.append(
            Estimate(
                name="change_beyond_trend",
                estimate=left,
                unit=unit,
                method=how,
                **common,
                **t_reading(left, line_error, line_df, level=level),
            )
        )
    elif trend is not None:
        read = t_reading(whole, error, df, level=level)
        if read and read["ci_low"] * read["ci_high"] > 0:
            found = sorted(1 - trend / read[e] for e in ("ci_low", "ci_high"))
            ends = dict(zip(("ci_low", "ci_high"), found, strict=True))
    share = None if left is None or whole == 0 else left / whole
    if share is not None:
        how = "what the trend leaves of the change, as a share of the whole change"
        how += "; the trend is taken as known" if ends else "; no interval"
        extra = {"unit": "share", "null_value": None, "method": how}
        left_over = Estimate(
            name="share_left", estimate=share, **extra, **common, **ends
        )
        estimates.append(left_over)
    checks = (
        _NO_COMPARISON,
        _series_trend(data, trend, left, whole, unit),
        series_checks.enough_points(data),
        *series_checks.rows_a_period(data),
        *(exact_fit(estimates[0]) if series_checks.enough(data) else []),
        series_checks.spacing(data),
    )
    means = data.own + data.centre
    sides = [float(m.mean()) for m in (means[: data.first], means[data.first :])]
    details = {
        "series": [
            {"period": p, "observed": float(v), "mean": sides[i >= data.first]}
            for i, (p, v) in enumerate(zip(data.periods, means, strict=True))
        ],
        "start": start,
        "periods": data.periods,
        "mean_before": sides[0],
        "mean_after": sides[1],
        "trend": trend,
        "change": whole,
        "expected": None if left is None else whole - left,
        "left": left,
        "share_left": share,
        "rho": rho,
    }
    measure = level_in(cells, periods=periods, last=last, **ask)
    return tuple(estimates), checks, measure, details


def _after_minus_before(
    data: Series, terms: Terms, ask: dict[str, Any]
) -> tuple[float, float | None, int | None, float | None]:
    """Return the mean after minus what was before, its error, df and rho.

    With ``level`` that is the mean before, else the line through the periods before.
    """
    model = columns(data, Asked(terms=terms, **ask))
    weights = model.effect(slice(data.first, None))
    if not series_checks.enough(data):
        found = np.linalg.lstsq(model.x, data.own, rcond=None)[0]
        value = float(weights @ found)
        rounding = abs(value) <= 1e-13 * size_of(data)
        return 0.0 if rounding else value, None, None, None
    fit = series.ols(data.own, model.x, errors="ar1", steps=data.steps)
    value, error = fit.contrast(weights)
    return value, real_error(error, size_of(data)), fit.df, fit.rho


def _by(data: Series, rho: float | None) -> str:
    if rho is None:
        few = f"below {series_checks.ENOUGH}"
        return f"no interval, as {len(data.own)} periods are {few}"
    return f"errors of neighbouring periods correlated by {rho:.2f}, t(T-k)"


def _series_trend(
    data: Series, trend: float | None, left: float | None, whole: float, unit: str
) -> Check:
    if left is None:
        text = (
            "The change expected anyway is not in the plan, and the periods before "
            f"the start ({data.first}) are too few for a line."
        )
        return Check(name="trend", answer="unknown", sentence=text)
    expected, rest = (say(v, unit, change=True) for v in (whole - left, left))
    if trend is None:
        text = (
            f"The line through the {data.first} periods before the start, extended, "
            f"changes by {expected}; it leaves {rest}. It is not taken off the change."
        )
        return Check(name="trend", answer="unknown", sentence=text)
    text = (
        f"The plan expects a change of {expected} anyway; it is taken off, as if it "
        f"were known exactly, and leaves {rest}."
    )
    return Check(name="trend", answer="yes", sentence=text)


def _trend(trend: float | None) -> Check:
    if trend is None:
        answer, sentence = "unknown", "The change expected anyway is not in the plan."
    else:
        answer = "yes"
        sentence = (
            f"The plan expects a change of {100 * trend:.3g} percentage points anyway; "
            "it is taken off, as if it were known exactly."
        )
    return Check(name="trend", answer=answer, sentence=sentence)


def _describe(count: CountLike, level: float) -> dict[str, Any]:
    found = proportions.share(count, name="share", level=level)
    return {
        "n": count.n,
        "events": count.events,
        "share": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
    }
