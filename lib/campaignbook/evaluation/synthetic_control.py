"""Synthetic control: one treated unit beside a weighted mean of untreated donors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from campaignbook.evaluation import panel_effects
from campaignbook.evaluation.donor_checks import Found, all_checks
from campaignbook.evaluation.donor_weights import (
    errors_before,
    fit_all,
    fit_unit,
    placebo_test,
    rank_of_first,
    rmspe,
)
from campaignbook.evaluation.donors import Donors, Span, read_donors, with_predictors
from campaignbook.evaluation.panels import position
from campaignbook.evaluation.rank_tests import rank_test
from campaignbook.results import Check, Estimate
from campaignbook.tables import Cells

ASSUMPTIONS = (
    "same path: without the campaign, the treated would have gone on like the weighted "
    "donors, as before the start",
    "no anticipation: nothing changed because of the campaign before it started",
    "no spill-over: the campaign did not reach the donors",
    "no other change at the same time that touched only the treated or only a donor",
    "any unit might as well have been the treated one (for p and interval)",
)
"""What must hold for the gap to be the campaign's effect."""

_WEIGHTED = 1e-4


def evaluate(
    cells: Cells,
    *,
    periods: Sequence[str],
    start: str,
    end: str | None,
    last: str,
    level: float,
    unit: str,
    unit_name: str,
    predictors: Mapping[str, Cells] | None = None,
    spans: Mapping[str, Span] | None = None,
    seed: int = 0,
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]:
    """Return estimates (headline first), checks, the level of the treated, details.

    Parameters
    ----------
    cells : Cells
        Columns ``unit``, ``treated`` (bool: ever, or from the start on), ``period``,
        ``n``, ``sum_y``; one row of the table a unit and period.
    periods : sequence of str
        All period texts in time order.
    start, end : str
        First and last treated period (None: no end); later ones are not used.
    last : str
        The level is read in the last used period that is not after this one.
    level : float
        Confidence level, 0-1.
    unit, unit_name : str
        Unit of the outcome; the word for a panel unit (``State``).
    predictors : mapping of str to Cells, optional
        What is matched instead of all outcomes before the start, by name: ``unit``,
        ``period``, ``n``, ``sum_y``.
    spans : mapping of str to (from, to), optional
        Periods over which a predictor is averaged; left out, all before the start.
    seed : int
        For the search of the predictors' importance.

    Raises
    ------
    DataError
        Where the table does not hold the comparison; the sentence says what to write.

    Notes
    -----
    Several treated units are averaged into one. Every unit is fitted from all the
    others, the treated one among them, so that all have the same chance to look
    extreme (Abadie et al. 2010). ``p_value`` of the average effect is the rank of
    the ratio of RMSPE after and before the start. The interval inverts the same test
    for the mean gap, because a ratio of RMSPE makes it ever shorter, in the end empty,
    the more the effect changes over time. For one period the two agree.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical
    Association 105:493-505. Abadie (2021), Journal of Economic Literature 59:391-425.
    """
    donors = read_donors(cells, periods=periods, start=start, end=end)
    if predictors:
        donors = with_predictors(donors, predictors, periods=periods, spans=spans)
    found = _fitted(donors, level, unit, unit_name.lower(), seed)
    estimates = (_average(found), *_by_period(found), _did(found))
    level_then = _level(found, periods, last)
    return estimates, all_checks(found), level_then, _details(found, predictors, end)


def _fitted(donors: Donors, level, unit, one, seed) -> Found:
    y, first = donors.outcomes, donors.start
    how = {"predictors": donors.predictors, "seed": seed}
    fits = fit_all(y[:first], **how)
    gaps = y - y @ np.column_stack([f.weights for f in fits])
    gaps[np.abs(gaps) <= 1e-13 * np.abs(y).max()] = 0.0  # what rounding leaves
    errors = errors_before(gaps[:first], y)
    ratios = rmspe(gaps[first:]) / errors
    reliance = np.array([f.weights[0] for f in fits])
    means = gaps[first:].mean(axis=0)
    left_out = []
    for j in np.flatnonzero(fits[0].weights > _WEIGHTED):
        pool = [i for i in range(1, len(donors.units)) if i != j]
        if pool:
            w = fit_unit(y[:first], 0, pool, **how).weights
            gap = float((y[first:, 0] - y[first:] @ w).mean())
            left_out.append((donors.units[j], gap))
    return Found(
        donors=donors,
        fits=fits,
        gaps=gaps,
        errors=errors,
        ratios=ratios,
        whole=rank_of_first(ratios),
        effect=placebo_test(means, errors, reliance, level=level),
        left_out=left_out,
        one=one,
        unit=unit,
        level=level,
    )


def _average(found: Found) -> Estimate:
    donors, test = found.donors, found.effect
    matched = f"outcomes of {donors.start} periods"
    if donors.predictors is not None:
        matched = (
            f"{len(donors.predictors)} predictors, weighed by their pre-period fit"
        )
    several = f"{found.donors.units[0]} as one; " if len(donors.treated) > 1 else ""
    return _estimate(
        found,
        "average_effect",
        found.estimate,
        found.whole.p_value,
        test.ci_low,
        test.ci_high,
        f"synthetic control of {len(donors.units) - 1} donors; {several}weights by "
        f"nonnegative least squares on the {matched}; p: rank {found.whole.rank} of "
        f"{len(donors.units)} by the ratio of RMSPE after and before the start; "
        f"{_interval_words(found)}",
    )


def _by_period(found: Found) -> list[Estimate]:
    """Return the gap in each treated period with its own placebo test."""
    donors, reliance = found.donors, np.array([f.weights[0] for f in found.fits])
    estimates = []
    for period, gaps in zip(
        donors.periods[donors.start :], found.gaps[donors.start :], strict=True
    ):
        test = placebo_test(gaps, found.errors, reliance, level=found.level)
        method = (
            f"gap in '{period}'; p: rank {test.rank} of {len(gaps)} by gap over RMSPE "
            f"before the start, for this period alone; {_interval_words(found)}"
        )
        numbers = (float(gaps[0]), test.p_value, test.ci_low, test.ci_high)
        estimates.append(_estimate(found, f"ATT_{period}", *numbers, method))
    return estimates


def _did(found: Found) -> Estimate:
    y, first = found.donors.outcomes, found.donors.start
    change = y[first:].mean(axis=0) - y[:first].mean(axis=0)
    treated = np.arange(len(change)) == 0
    test = rank_test(change, treated, level=found.level)
    method = (
        "difference in differences: change of the treated minus the mean change of all "
        f"donors; placebo rank {test.rank} of {test.assignments}"
    )
    gap = float(change[0] - change[1:].mean())
    return _estimate(found, "did", gap, test.p_value, test.ci_low, test.ci_high, method)


def _interval_words(found: Found) -> str:
    if not found.attainable:
        return "no interval, as no p reaches the level"
    return "interval by inverting the placebo test of the mean gap over that RMSPE"


def _estimate(found: Found, name, estimate, p_value, low, high, method) -> Estimate:
    return Estimate(
        name=name,
        estimate=estimate,
        p_value=p_value,
        ci_low=low,
        ci_high=high,
        level=found.level,
        n=found.donors.outcomes.size,
        clusters=len(found.donors.units),
        unit=found.unit,
        method=method,
        assumptions=panel_effects.ASSUMPTIONS if name == "did" else ASSUMPTIONS,
    )


def _level(found: Found, periods: Sequence[str], last: str) -> Estimate:
    donors = found.donors
    allowed = set(periods[: position(periods, last, "last") + 1])
    at = sum(p in allowed for p in donors.periods) - 1
    value, how = None, f"the treated have no period up to '{last}'"
    if at >= 0:
        value = float(donors.outcomes[at, 0])
        how = f"{donors.units[0]} in '{donors.periods[at]}'; no interval, as it is "
        how += "known and not sampled"
    return Estimate(
        name="level",
        estimate=value,
        level=found.level,
        null_value=None,
        n=len(donors.treated) if at >= 0 else None,
        unit=found.unit,
        method=how,
    )


def _details(
    found: Found, predictors: Mapping[str, Cells] | None, end: str | None
) -> dict[str, Any]:
    donors, fit = found.donors, found.fits[0]
    synthetic = donors.outcomes[:, 0] - found.gaps[:, 0]
    order = sorted(range(1, len(donors.units)), key=lambda i: -fit.weights[i])
    ranked = sorted(range(len(donors.units)), key=lambda i: -found.ratios[i])
    matched = []
    if donors.predictors is not None:
        matched = [
            {
                "name": name,
                "weight": float(weight),
                "treated": float(row[0]),
                "synthetic": float(row @ fit.weights),
                "donors": float(row[1:].mean()),
            }
            for name, weight, row in zip(
                predictors or (), fit.importance, donors.predictors, strict=True
            )
        ]
    return {
        "weights": [
            {"unit": donors.units[i], "weight": float(fit.weights[i])} for i in order
        ],
        "series": [
            {"period": p, "treated": float(a), "synthetic": float(b)}
            for p, a, b in zip(
                donors.periods, donors.outcomes[:, 0], synthetic, strict=True
            )
        ],
        "placebo": [
            {
                "unit": donors.units[i],
                "ratio": float(found.ratios[i]),
                "treated": i == 0,
            }
            for i in ranked
        ],
        "rank": found.whole.rank,
        "pre_rmspe": float(rmspe(found.gaps[: donors.start])[0]),
        "average_effect_p": found.effect.p_value,
        "leave_one_out": [{"unit": u, "estimate": e} for u, e in found.left_out],
        "predictors": matched,
        "dropped": list(donors.dropped),
        "treated": list(donors.treated),
        "start": donors.periods[donors.start],
        "end": end,
    }
