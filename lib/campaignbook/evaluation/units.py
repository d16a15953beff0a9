"""Whether the unit of a goal fits what its evaluation measures."""

import re

from campaignbook.errors import DataError
from campaignbook.evaluation.spec import EvaluationSpec

RATIO = "ratio"
_RATIO = re.compile(r"ratios?", re.IGNORECASE)
_PERCENT = re.compile(r"%|pct\b|per ?cent|pp\b", re.IGNORECASE)


def gives_ratio(spec: EvaluationSpec) -> bool:
    """Return whether the headline of an evaluation is a ratio, not a difference."""
    if spec.design == "pooled":
        return spec.measure in ("risk_ratio", "odds_ratio")
    return spec.design == "interrupted_time_series" and spec.outcome_type == "count"


def unit_problem(
    spec: EvaluationSpec, *, unit: str, change: float | None, level: float | None
) -> str | None:
    """Return what is wrong between the unit of a goal and the kind of effect.

    Parameters
    ----------
    spec : EvaluationSpec
        Of the goal; what is only planned, and indicators, have no effect to fit.
    unit : str
        Of the goal.
    change, level : float, optional
        The goal's target, as the one or the other, where this evaluation decides it.

    Examples
    --------
    >>> series = EvaluationSpec(
    ...     id="e", goal="g", design="interrupted_time_series", outcome="calls",
    ...     data={"file": "a.csv"}, time={"column": "month", "start": "2024-07"},
    ... )
    >>> unit_problem(series, unit="calls", change=30, level=None)
    >>> print(unit_problem(series, unit="ratio", change=1.1, level=None)[:48])
    evaluations.e: the goal 'g' is in the unit ratio
    """
    if spec.planned or spec.design == "kpis":
        return None
    where, asked = f"evaluations.{spec.id}", f"the goal '{spec.goal}'"
    wants = _RATIO.fullmatch(unit.strip()) is not None
    if not gives_ratio(spec):
        if not wants:
            return None
        how = {
            "interrupted_time_series": "write outcome_type: count for events, or ",
            "pooled": "write measure: risk_ratio or odds_ratio here, or ",
        }.get(spec.design, "")
        finds = "a share" if spec.design == "proportion" else "a difference"
        return (
            f"{where}: {asked} is in the unit ratio, which needs an effect as a ratio, "
            f"and design '{spec.design}' finds {finds}; {how}give the goal the unit "
            "of its measure (share, count ...) and a target in it."
        )
    if change is not None and unit != RATIO:
        key = "measure" if spec.design == "pooled" else "outcome_type"
        other = "risk_difference" if spec.design == "pooled" else "mean"
        written = getattr(spec, key)
        return (
            f"{where}.{key}: with '{written}' the effect is a ratio, and {asked} asks "
            f"for a change of {change:g} in the unit '{unit}'; write {key}: {other} "
            "here, or in the goal unit: ratio and how many times as much is wanted "
            "(1.1: a tenth more)."
        )
    if level is not None and wants:
        return (
            f"{where}: {asked} is in the unit ratio, and its target of {level:g} is "
            "read as a level, which is no ratio; write target_is: change in the goal, "
            "or the unit of its measure and a target in it."
        )
    return None


def refuse_scale(where: str, low: float, high: float, *, unit: str) -> None:
    """Raise DataError for percents where a share is meant, and shares for percents.

    Parameters
    ----------
    where : str
        The column, as the sentence begins.
    low, high : float
        Least and greatest value of the outcome.
    unit : str
        Of the goal.

    Examples
    --------
    >>> refuse_scale("column 'walks'", 0.2, 0.4, unit="share")
    >>> refuse_scale("column 'walks'", 20, 40, unit="percent")
    """
    if unit == "share" and (low < 0 or high > 1):
        raise DataError(
            f"{where}: the goal's unit is share (0-1), but the column holds values "
            f"from {low:.4g} to {high:.4g}. Write 35% as 0.35, or another unit in the "
            "goal."
        )
    if _PERCENT.match(unit.strip()) and 0 <= low <= high <= 1 and high > 0:
        raise DataError(
            f"{where}: the goal's unit is '{unit}', but the column holds values from "
            f"{low:.4g} to {high:.4g}, which are shares. Write unit: share, and 35% as "
            "0.35 in the goal; percents that are all below 1 divide by 100 first."
        )
