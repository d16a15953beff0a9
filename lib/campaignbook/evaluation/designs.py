"""From an evaluation in the plan and its table to what the chosen design finds."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from campaignbook.errors import DataError, PlanError, nearest
from campaignbook.evaluation import (
    adjusted_trials,
    interrupted_time_series,
    observational,
    pooled,
    pre_post,
    proportions,
    staggered,
    synthetic_control,
    trials,
)
from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation.covariate_sums import with_terms
from campaignbook.evaluation.headlines import headline_words
from campaignbook.evaluation.periods import last_before, period_of, periods_of, spans_of
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation.trial_covariates import TrialCovariates
from campaignbook.evaluation.units import refuse_scale
from campaignbook.evaluation.wanted import ASSIGNED, plain_covariates, refuse_unbuilt
from campaignbook.results import Check, Estimate, Evaluation
from campaignbook.tables import Cells, Rows, Table, same_value

Answer = tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate | None, dict[str, Any]]
Used = dict[str, Cells | Rows]


def evaluate(
    spec: EvaluationSpec, table: Table | None, *, unit: str, deadline: date | None
) -> tuple[Evaluation, Used]:
    """Return what an evaluation finds, and the cells that it used.

    Parameters
    ----------
    spec : EvaluationSpec
        The question and its design.
    table : Table or None
        What its file holds; None for evaluations from counts.
    unit : str
        Unit of the goal's measure; a binary outcome is a share whatever it says.
    deadline : date or None
        The level is read in the last period not after it.

    Raises
    ------
    PlanError, DataError
        The design is not evaluated, or the table does not allow it.
    """
    refuse_unbuilt(spec)
    used, answer = _found(spec, table, unit, deadline)
    estimates, checks, level, details = answer
    if level is not None and unit not in (level.unit, "ratio"):
        raise PlanError(
            f"goals.{spec.goal}.unit: the evaluation '{spec.id}' measures a "
            f"{level.unit}, the goal is in '{unit}'; write unit: {level.unit}."
        )
    evaluation = Evaluation(
        id=spec.id,
        goal=spec.goal,
        design=spec.design,
        estimates=estimates,
        checks=checks,
        level=level,
        details=details,
        sentence=headline_words(estimates[0], details, spec.trend),
    )
    return evaluation, used


def _found(
    spec: EvaluationSpec, table: Table | None, unit: str, deadline: date | None
) -> tuple[Used, Answer]:
    """Return the data that the design used, and what it found."""
    if table is None:
        return {}, _from_the_plan(spec, unit)
    match spec.design:
        case "randomized_trial":
            return _trial(spec, table, unit)
        case "observational":
            first = spec.outcome_columns()[0]
            answers = {
                outcome: observational.evaluate(
                    rows.frame,
                    covariates=spec.covariates,
                    treatment_name=spec.treatment.column,
                    estimand=spec.estimand or "ATE",
                    level=spec.level,
                    unit=unit if outcome == first else "units of the outcome",
                    rows_read=rows.rows_read,
                )
                for outcome, rows in table.rows.items()
            }
            return dict(table.rows), trials.with_further_outcomes(answers)
        case _:
            return _over_time(spec, table, unit, deadline)


def _from_the_plan(spec: EvaluationSpec, unit: str) -> Answer:
    counts, level = spec.counts or {}, spec.level
    match spec.design:
        case "proportion":
            return proportions.evaluate_proportion(counts, level=level)
        case "pre_post":
            before, after = counts["before"], counts["after"]
            found = pre_post.evaluate_counts(
                before, after, level=level, trend=spec.trend
            )
            return (*found[:3], {**found[3], "trend": spec.trend})
        case "pooled":
            return pooled.evaluate(
                spec.estimates,
                spec.tables,
                measure=spec.measure,
                effects=spec.effects or "random",
                level=level,
                unit=unit,
            )
    return trials.evaluate_counts(
        counts,
        outcome_type=spec.outcome_type or "binary",
        level=level,
        unit=unit,
        allocation=spec.allocation,
        **_arms(spec, counts),
    )


def _trial(spec: EvaluationSpec, table: Table, unit: str) -> tuple[Used, Answer]:
    first = table.cells[spec.outcome_columns()[0]]
    arms = _arms(spec, first.frame["arm"].unique(), first.rows_dropped)
    listed = [arms["control"], *arms["treated"]]
    adjusted = spec.covariates if spec.strata else ()
    used = {o: with_terms(c, adjusted)[0] for o, c in table.cells.items()}
    used = {o: _only_arms(c, listed) for o, c in used.items()}
    used = {o: adjusted_trials.usable(c, listed[0]) for o, c in used.items()}
    _refuse_constant(used)
    if spec.outcome_type == "mean":
        name = next(iter(used))
        refuse_scale(f"column '{name}'", *used[name].range, unit=unit)
    beside = dict(table.beside)
    everybody = beside.pop(ASSIGNED).frame
    covariates = {}
    for outcome, cells in table.adjusted.items():
        with_all, names = with_terms(cells, spec.covariates)
        covariates[outcome] = TrialCovariates(cells=with_all, names=names)
    answer = trials.evaluate(
        used,
        covariates=covariates,
        outcome_type=spec.outcome_type,
        level=spec.level,
        unit="share" if spec.outcome_type == "binary" else unit,
        allocation=spec.allocation,
        balance=beside,
        assigned=dict(zip(everybody["arm"], everybody["n"].astype(int), strict=True)),
        **arms,
    )
    return used, answer


def _over_time(
    spec: EvaluationSpec, table: Table, unit: str, deadline: date | None
) -> tuple[Used, Answer]:
    """Evaluate each outcome of a design with periods; the first is primary."""
    used: Used = {}
    answers: dict[str, Answer] = {}
    for outcome, cells in table.cells.items():
        periods = periods_of(spec, cells)
        start = spec.time.start
        primary = outcome == spec.outcome_columns()[0]
        if primary and spec.outcome_type != "count":
            refuse_scale(f"column '{outcome}'", *cells.range, unit=unit)
        asked: dict[str, Any] = {
            "periods": periods,
            "last": last_before(periods, deadline),
            "level": spec.level,
            "unit": unit if primary else "units of the outcome",
        }
        used[outcome] = cells
        if start is not None:
            asked["start"] = period_of(spec, "time.start", start, periods)
        end = spec.time.end
        if end is not None:
            end = period_of(spec, "time.end", end, periods)
        if spec.design == "pre_post":
            used[outcome] = did.usable(cells, periods=periods, end=end)
            answers[outcome] = pre_post.evaluate_series(
                used[outcome], trend=spec.trend, **asked
            )
            continue
        asked["end"] = end
        if spec.design == "interrupted_time_series":
            answers[outcome] = interrupted_time_series.evaluate(
                cells,
                terms=spec.terms or "level+slope",
                season=spec.season,
                outcome_type=spec.outcome_type or "mean",
                has_offset=spec.offset is not None,
                covariates=plain_covariates(spec),
                **asked,
            )
            continue
        if start is None:
            used[outcome] = staggered.usable(cells, periods=periods, end=end)
            answers[outcome] = staggered.evaluate(
                used[outcome],
                unit_name=spec.cluster or spec.unit,
                weights=spec.weights is not None,
                covariates=spec.covariates,
                **asked,
            )
            continue
        used[outcome] = did.usable(cells, periods=periods, end=end)
        if spec.design == "synthetic_control":
            answers[outcome] = synthetic_control.evaluate(
                used[outcome],
                unit_name=spec.unit,
                predictors=table.beside,
                spans=spans_of(spec, periods),
                **asked,
            )
            continue
        answers[outcome] = did.evaluate(
            used[outcome],
            unit_name=spec.cluster or spec.unit,
            weights=spec.weights is not None,
            covariates=spec.covariates,
            **asked,
        )
    return used, trials.with_further_outcomes(answers)


def _arms(
    spec: EvaluationSpec,
    found: Iterable[object],
    dropped: tuple[tuple[str, int], ...] = (),
) -> dict[str, Any]:
    """Return control, treated and headline arm as the table writes them."""
    names = [str(f) for f in found]
    lost = "".join(f"; left out, {why}: {n:,} rows" for why, n in dropped)

    def known(value: object) -> str:
        for name in names:
            if same_value(name, value):
                return name
        raise DataError(
            f"evaluations.{spec.id}.arms: no row of the table is in the arm "
            f"'{value}' ({nearest(value, names)}){lost}."
        )

    control = known(spec.arms.control if spec.arms else "control")
    listed = spec.arms.treated if spec.arms else None
    others = [n for n in names if n != control]
    treated = [known(v) for v in listed] if listed else others
    headline = spec.arms.headline if spec.arms else None
    first = known(headline) if headline is not None else (treated or [control])[0]
    if not treated or control in treated or first not in treated:
        raise PlanError(
            f"evaluations.{spec.id}.arms: one arm is control and at least one other is "
            f"treated; found control '{control}' and treated {treated}{lost}."
        )
    return {"control": control, "treated": treated, "headline": first}


def _only_arms(cells: Cells, listed: list[str]) -> Cells:
    for arm in cells.frame["arm"].unique():
        if arm not in listed:
            close = nearest(arm, listed)
            meant = f"; {close}" if close.startswith("did") else ""
            why = f"arm '{arm}' is not part of the comparison{meant}"
            cells = cells.without(cells.frame["arm"] == arm, why)
    return cells


def _refuse_constant(used: Mapping[str, Cells]) -> None:
    for outcome, cells in used.items():
        n, y, squares = (cells.frame[c].sum() for c in ("n", "sum_y", "sum_y_y"))
        if squares - y**2 / n <= 1e-14 * squares:
            raise DataError(
                f"outcome: every row of '{outcome}' has the same value, so there is "
                "nothing to compare; name a column that varies."
            )
