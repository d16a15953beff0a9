"""Interrupted time series: level and slope of one series before and from a start."""

from collections.abc import Sequence
from functools import partial
from math import exp
from typing import Any

import numpy as np
from scipy import stats

from campaignbook.evaluation import series_checks
from campaignbook.evaluation.arms import log_reading, real_error, t_reading
from campaignbook.evaluation.series import SeriesFit, lags
from campaignbook.evaluation.series_cells import (
    OutcomeType,
    Series,
    level_in,
    read_series,
)
from campaignbook.evaluation.series_model import (
    CAMPAIGN,
    Asked,
    Columns,
    Terms,
    columns,
    fit,
    size_of,
)
from campaignbook.results import Check, Estimate
from campaignbook.tables import Cells


def evaluate(
    cells: Cells,
    *,
    periods: Sequence[str],
    start: str,
    end: str | None,
    last: str,
    level: float,
    unit: str,
    terms: Terms = "level+slope",
    season: int | None = None,
    outcome_type: OutcomeType = "mean",
    has_offset: bool = False,
    covariates: Sequence[str] = (),
    seed: int = 0,
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]:
    """Return estimates (headline first), checks, the level, details.

    Parameters
    ----------
    cells : Cells
        Columns ``period``, ``n``, ``sum_y``; with `has_offset` the population at risk
        ``sum_x``; for each covariate ``sum_z0``, ``sum_z1`` ...; for a controlled
        series ``comparison`` (bool, True without the campaign). Rows of a period are
        averaged (mean) or added (count).
    periods : sequence of str
        All period texts in time order.
    start, end : str
        First and last period of the campaign, inclusive (None: to the end).
    last : str
        The level is read in the last period with rows that is not after this one.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the outcome; the estimates of counts are ratios.
    terms : {"level", "level+slope"}
        What may change at the start; with ``level`` the model has no trend at all.
    season : int, optional
        Periods a year: a dummy for each, by the calendar where the texts tell it.
    outcome_type : {"mean", "count"}
        Means of numbers, or numbers of events.
    has_offset : bool
        Whether events are counted among a population at risk.
    covariates : sequence of str
        What ``sum_z0`` ... are called; a period's value is the mean of its rows.
    seed : int
        Not used: nothing is drawn.

    Raises
    ------
    DataError
        Where the table does not hold the series; the sentence says what to write.

    Notes
    -----
    Means: `series.prais_winsten`; counts: `series.poisson_fit`, where the effect over
    several periods is the geometric mean of their ratios. With a comparison the
    difference of the two series (counts: the log ratio, given their sum) is modelled,
    so a shock common to both cancels, and a covariate counts by its difference. After
    `end` the series has a level, and from three points on a slope, of its own.

    References
    ----------
    Wagner et al. (2002), Journal of Clinical Pharmacy and Therapeutics 27:299-309.
    Lopez Bernal, Cummins and Gasparrini (2018), Int. J. Epidemiology 47:2082-2093.
    """
    kind = {"outcome_type": outcome_type, "has_offset": has_offset}
    data = read_series(
        cells, periods=periods, start=start, end=end, covariates=len(covariates),
        least_before=series_checks.LEAST_BEFORE[terms], **kind,
    )  # fmt: skip
    asked = Asked(
        terms=terms, season=season, covariates=(*covariates,), level=level, unit=unit
    )
    model = columns(data, asked)
    head = fit(data, model)
    plain, robust = (fit(data, model, errors=e) for e in ("independent", "newey_west"))
    tell, how = partial(_estimate, data, asked), _method(data, asked, model, head)
    during, step = slice(data.first, data.stop), model.pick("level")
    estimates = [
        tell("effect_during", head, model.effect(during), how),
        tell("level_change", head, step, how),
    ]
    if terms == "level+slope":
        estimates.append(tell("slope_change", head, model.pick("slope"), how))
    if data.stop < len(data.own):
        after = model.effect(slice(data.stop, None))
        estimates.append(tell("effect_after", head, after, how))
    base = "Poisson regression, Pearson scale" if data.count else "least squares"
    estimates += [
        tell("ols", plain, step, f"{base}, level change; errors taken as independent"),
        tell(
            "newey_west",
            robust,
            step,
            f"{base}, level change; Newey-West errors with {lags(len(data.own))} lags, "
            "for comparison only: too sure of itself on short series",
        ),
    ]
    checks = (
        series_checks.enough_points(data),
        *series_checks.rows_a_period(data),
        series_checks.autocorrelation(data, head),
        series_checks.other_changes(data, asked),
        series_checks.before(data, asked),
        series_checks.spacing(data),
    )
    fits = (("headline", head), ("ols", plain))
    details = _details(data, model, head, level) | {
        "start": start,
        "end": end,
        "season": season,
        "covariates": [
            c for name, f in fits for c in _covariates(data, model, f, name)
        ],
    }
    measure = level_in(
        cells, periods=periods, last=last, level=level, unit=unit, **kind
    )
    return tuple(estimates), checks, measure, details


def _estimate(
    data: Series,
    asked: Asked,
    name: str,
    found: SeriesFit,
    weights: np.ndarray,
    how: str,
) -> Estimate:
    common = {
        "name": name,
        "level": asked.level,
        "n": round(data.rows.sum()),
        "assumptions": _assumptions(data, asked),
    }
    if not weights.any():
        how = "the campaign has one period, so it has no slope"
        unit = {"unit": "ratio", "null_value": 1.0} if data.count else {}
        return Estimate(
            estimate=None, method=how, **({"unit": asked.unit} | unit), **common
        )
    value, error = found.contrast(weights)
    if not series_checks.enough(data):
        how, error = f"{how}; no interval below {series_checks.ENOUGH} points", None
    if data.count:
        fields = log_reading(exp(value), error, found.df, level=asked.level)
    else:
        error = real_error(error, size_of(data))
        value = value if real_error(abs(value), size_of(data)) else 0.0
        read = t_reading(value, error, found.df, level=asked.level)
        fields = {"estimate": value, "unit": asked.unit, **read}
    return Estimate(method=how, **common, **fields)


def _method(data: Series, asked: Asked, model: Columns, head: SeriesFit) -> str:
    if data.count:
        what = "Poisson regression with Pearson scale"
        what += " of the log ratio to the comparison" if data.other is not None else ""
    else:
        what = "Prais-Winsten regression"
        what += " of the difference to the comparison" if data.other is not None else ""
    extra = [f"season of {asked.season}"] if asked.season else []
    extra += [n[10:] for n in model.names if n.startswith("covariate:")]
    left = [c for c in asked.covariates if f"covariate:{c}" not in model.names]
    text = f"{what} on {' and '.join(asked.terms.split('+'))} over {len(data.own)} "
    text += f"periods{', with ' + ', '.join(extra) if extra else ''}; errors of "
    text += f"neighbours correlated by {head.rho:.2f}, t(T-k)"
    same = ", ".join(left)
    return f"{text}; the same for both series, so left out: {same}" if left else text


def _assumptions(data: Series, asked: Asked) -> tuple[str, ...]:
    path = "level, without any trend," if asked.terms == "level" else "level and trend"
    alone = (
        f"without the campaign the series would have kept its {path} of before",
        "nothing else that moves the outcome changed at the start",
    )
    against = (
        "without the campaign the distance between the two series would have kept its "
        f"{path} of before",
        "nothing else changed at the start that touched only one of the two series",
        "no spill-over: the campaign did not reach the comparison",
    )
    return (
        *(alone if data.other is None else against),
        "no anticipation: nothing changed because of the campaign before it started",
        "the outcome was measured in the same way before and after the start",
    )


def _details(
    data: Series, model: Columns, head: SeriesFit, level: float
) -> dict[str, Any]:
    """Return the series with its fit and its path without the campaign, in its unit."""
    without = model.x * (1 - model.pick(*CAMPAIGN))
    spread = np.sqrt(np.einsum("tk,kj,tj->t", without, head.covariance, without))
    half = float(stats.t.ppf((1 + level) / 2, head.df)) * spread
    path, fitted = without @ head.coefficients, model.x @ head.coefficients
    parts = {"fitted": fitted, "counterfactual": path}
    if series_checks.enough(data):
        parts["counterfactual_low"] = path - half
        parts["counterfactual_high"] = path + half
    other = data.other
    if data.count:
        other = None if other is None else other / data.other_size
        parts = {
            k: np.exp(v) * (1 if other is None else other) for k, v in parts.items()
        }
    else:
        add = data.centre + (0 if other is None else other)
        parts = {k: v + add for k, v in parts.items()}
    parts["observed"] = data.own / data.size + data.centre
    names = (
        *("observed", "fitted", "counterfactual"),
        *("counterfactual_low", "counterfactual_high"),
    )
    return {
        "series": [
            {"period": period}
            | {n: float(parts[n][i]) if n in parts else None for n in names}
            for i, period in enumerate(data.periods)
        ],
        "periods": data.periods,
        "rho": head.rho,
        "comparison": None
        if other is None
        else [float(v) + data.centre for v in other],
    }


def _covariates(
    data: Series, model: Columns, found: SeriesFit, name: str
) -> list[dict[str, Any]]:
    """Return the coefficients of the covariates in their own unit (counts: logs)."""
    rows = []
    for column, scale in zip(model.names, model.scale, strict=True):
        if column.startswith("covariate:"):
            value, error = found.contrast(model.pick(column) / scale)
            row = {"fit": name, "name": column[10:], "estimate": value}
            enough = series_checks.enough(data)
            rows.append(row | {"std_error": error if enough else None})
    return rows
