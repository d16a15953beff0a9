"""From an evaluation in the plan and its table to what the chosen design finds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from campaignbook.errors import DataError, PlanError, nearest
from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation import pre_post, proportions, trials
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.results import Check, Estimate, Evaluation
from campaignbook.tables import Cells, Table, order_periods, period_date, same_value

Answer = tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]

NOT_EVALUATED: dict[str, tuple[str, ...]] = {
    "randomized_trial": ("strata", "weights"),
    "difference_in_differences": ("covariates", "weights"),
    "pre_post": ("data",),
}
"""Keys of the plan's format that this version does not evaluate, by design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an evaluation reads: arguments of `table_files.read_cells` by column."""

    outcomes: dict[str, dict[str, Any]]
    balance: dict[str, dict[str, Any]] = field(default_factory=dict)


def columns_to_read(spec: EvaluationSpec) -> Wanted:
    """Return which columns an evaluation needs, and what they are to it.

    Raises
    ------
    PlanError
        The design, or one of its keys, is not evaluated in this version.
    """
    _refuse_unbuilt(spec)
    keys: dict[str, str] = {}
    flags: dict[str, tuple[str, tuple[object, ...]]] = {}
    numbers: dict[str, str] = {}
    balance: dict[str, dict[str, Any]] = {}
    if spec.design == "difference_in_differences":
        keys = {"cluster": spec.cluster or spec.unit, "period": spec.time.column}
        keys |= {"unit": spec.unit} if spec.unit else {}
        keys |= {"order": spec.time.order} if isinstance(spec.time.order, str) else {}
        treated = spec.treated
        flags = {"treated": (treated.column, treated.values)}  # noqa: PD011
        centred = True
    else:
        keys = {"arm": spec.arms.column}
        keys |= {"cluster": spec.cluster} if spec.cluster else {}
        numbers = {"x": spec.offset} if spec.offset else {}
        centred = spec.outcome_type == "mean"
        balance = {
            c.column: {"keys": {"arm": keys["arm"]}, "numbers": {"y": c.column}}
            for c in spec.covariates
            if c.column and not c.as_ and not c.power
        }
    outcomes = {
        outcome: {
            "keys": keys,
            "numbers": {"y": outcome, **numbers},
            "flags": flags,
            "centred": centred,
        }
        for outcome in spec.outcome_columns()
    }
    return Wanted(outcomes=outcomes, balance=balance)


def evaluate(
    spec: EvaluationSpec, table: Table | None, *, unit: str, deadline: date | None
) -> tuple[Evaluation, dict[str, Cells]]:
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
    _refuse_unbuilt(spec)
    used = dict(table.cells) if table else {}
    counts = spec.counts or {}
    match spec.design:
        case "proportion":
            answer = proportions.evaluate_proportion(counts, level=spec.level)
        case "pre_post":
            answer = pre_post.evaluate_counts(
                counts["before"], counts["after"], level=spec.level, trend=spec.trend
            )
        case "randomized_trial" if counts:
            answer = trials.evaluate_counts(
                counts,
                outcome_type=spec.outcome_type or "binary",
                level=spec.level,
                unit=unit,
                allocation=spec.allocation,
                **_arms(spec, counts),
            )
        case "randomized_trial":
            arms = _arms(spec, used[spec.outcome_columns()[0]].frame["arm"].unique())
            listed = [arms["control"], *arms["treated"]]
            used = {o: _only_arms(c, listed) for o, c in used.items()}
            answer = trials.evaluate(
                used,
                outcome_type=spec.outcome_type,
                level=spec.level,
                unit="share" if spec.outcome_type == "binary" else unit,
                allocation=spec.allocation,
                balance=table.balance,
                **arms,
            )
        case _:
            used, answer = _panel(spec, used, unit, deadline)
    estimates, checks, level, details = answer
    if level.unit != unit:
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
        sentence=_headline(estimates[0]),
    )
    return evaluation, used


def _panel(
    spec: EvaluationSpec, cells: Mapping[str, Cells], unit: str, deadline: date | None
) -> tuple[dict[str, Cells], Answer]:
    """Evaluate each outcome of a difference in differences; the first is primary."""
    used: dict[str, Cells] = {}
    answers: list[Answer] = []
    for outcome, whole in cells.items():
        _refuse_percent(outcome, whole, unit)
        periods = _periods(spec, whole)
        start = _period(spec, "start", spec.time.start, periods)
        end = _period(spec, "end", spec.time.end, periods) if spec.time.end else None
        used[outcome] = did.usable(whole, periods=periods, end=end)
        answers.append(
            did.evaluate(
                used[outcome],
                periods=periods,
                start=start,
                end=end,
                last=_last(periods, deadline),
                level=spec.level,
                unit=unit,
                unit_name=spec.cluster or spec.unit,
            )
        )
    return used, trials.with_further_outcomes(dict(zip(cells, answers, strict=True)))


def _periods(spec: EvaluationSpec, cells: Cells) -> list[str]:
    place = f"evaluations.{spec.id}.time"
    found = cells.frame["period"].unique()
    if not isinstance(spec.time.order, str):
        return order_periods(found, spec.time.order, place=place)
    pairs = cells.frame[["period", "order"]].drop_duplicates()
    ranks = pd.to_numeric(pairs["order"], errors="coerce")
    if ranks.isna().any() or pairs["period"].duplicated().any():
        raise DataError(
            f"{place}.order: the column '{spec.time.order}' must hold one number for "
            "each period; it does not."
        )
    return list(pairs.assign(rank=ranks).sort_values("rank")["period"])


def _period(spec: EvaluationSpec, key: str, value: object, periods: list[str]) -> str:
    for period in periods:
        if same_value(period, value):
            return period
    raise DataError(
        f"evaluations.{spec.id}.time.{key}: there is no period '{value}' in column "
        f"'{spec.time.column}' ({nearest(value, periods)})."
    )


def _last(periods: list[str], deadline: date | None) -> str:
    """Return the last period that does not begin after the deadline."""
    if deadline is None:
        return periods[-1]
    dates = [period_date(p) for p in periods]
    if any(d is None for d in dates):
        return periods[-1]
    in_time = [p for p, d in zip(periods, dates, strict=True) if d <= deadline]
    return in_time[-1] if in_time else periods[-1]


def _arms(spec: EvaluationSpec, found: Iterable[object]) -> dict[str, Any]:
    """Return control, treated and headline arm as the table writes them."""
    names = [str(f) for f in found]

    def known(value: object) -> str:
        for name in names:
            if same_value(name, value):
                return name
        raise DataError(
            f"evaluations.{spec.id}.arms: no row of the table is in the arm "
            f"'{value}' ({nearest(value, names)})."
        )

    control = known(spec.arms.control if spec.arms else "control")
    listed = spec.arms.treated if spec.arms else None
    treated = [known(v) for v in listed] if listed else _others(names, control)
    headline = spec.arms.headline if spec.arms else None
    first = known(headline) if headline is not None else (treated or [control])[0]
    if not treated or control in treated or first not in treated:
        raise PlanError(
            f"evaluations.{spec.id}.arms: one arm is control and at least one other is "
            f"treated; found control '{control}' and treated {treated}."
        )
    return {"control": control, "treated": treated, "headline": first}


def _others(names: list[str], control: str) -> list[str]:
    return [n for n in names if n != control]


def _only_arms(cells: Cells, listed: list[str]) -> Cells:
    for arm in cells.frame["arm"].unique():
        if arm not in listed:
            mask = cells.frame["arm"] == arm
            cells = cells.without(mask, f"arm '{arm}' is not part of the comparison")
    return cells


def _refuse_percent(outcome: str, cells: Cells, unit: str) -> None:
    if unit != "share":
        return
    means = cells.frame["sum_y"] / cells.frame["n"] + cells.centre
    if means.min() < 0 or means.max() > 1:
        raise DataError(
            f"column '{outcome}': the goal's unit is share (0-1), but the column "
            f"holds values from {means.min():.4g} to {means.max():.4g}. Write 35% as "
            "0.35, or another unit in the goal."
        )


def _refuse_unbuilt(spec: EvaluationSpec) -> None:
    built = (
        *("proportion", "pre_post", "randomized_trial"),
        "difference_in_differences",
    )
    where = f"evaluations.{spec.id}"
    if spec.design not in built:
        raise PlanError(
            f"{where}.design: '{spec.design}' is not evaluated in this version; it "
            f"evaluates {', '.join(built)}."
        )
    problems = [
        f"{where}.{key}: not evaluated in this version for design '{spec.design}'; "
        "leave it out."
        for key in NOT_EVALUATED.get(spec.design, ())
        if getattr(spec, key) not in (None, ())
    ]
    if spec.time and spec.time.start_column:
        problems.append(
            f"{where}.time.start_column: different start dates are not evaluated in "
            "this version; evaluate the units of one start date at a time, with "
            "'start'."
        )
    if problems:
        raise PlanError(*problems)


def _headline(estimate: Estimate) -> str:
    subjects = {
        "effect": "Effect",
        "difference": "Treated minus control",
        "rate_difference": "Treated minus control",
        "change": "After minus before",
        "share": "Share",
    }
    return estimate.sentence(subjects.get(estimate.name, estimate.name))
