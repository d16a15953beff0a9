"""The design ``kpis``: indicators over the period, each with its doubt."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.goals import Goal, what_it_shows
from campaignbook.kpi_checks import kpi_checks
from campaignbook.kpi_rows import (
    Counted,
    KpiData,
    accounts,
    rows_of,
    told_once,
    with_weeks,
)
from campaignbook.kpi_values import KpiValue, kpi_values
from campaignbook.kpis import Kpi, beside_benchmark, words
from campaignbook.results import Evaluation


def evaluate_kpis(
    spec: EvaluationSpec,
    data: KpiData,
    *,
    goal: Goal,
    start: date | None,
    end: date | None,
    currency: str | None,
) -> tuple[Evaluation, Counted, list[dict[str, Any]]]:
    """Return what an evaluation of indicators finds, its rows and their account.

    Parameters
    ----------
    spec : EvaluationSpec
        Of the design ``kpis``; its first indicator is the goal's measure.
    data : KpiData
        What its files hold.
    goal : Goal
        Its unit must be that of the first indicator.
    start, end : datetime.date or None
        The plan's period.
    currency : str or None
        The plan's.

    Raises
    ------
    PlanError, DataError
        Every problem of the evaluation.

    Notes
    -----
    A level is told, no effect: no estimate has assumptions or a null value.
    """
    wanted = _registered(spec, data, goal)
    counted = rows_of(data, start=start, end=end)
    money = _money(spec, counted, currency)
    now = with_weeks(counted.now)
    problems, values = [], []
    for kpi in wanted:
        if {*kpi.numerator, kpi.denominator} - {*now, "posts", None}:
            problems.append(f"kpis.{kpi.id}: {_without_part(data, kpi)}")
            continue
        try:
            told_once(now, kpi, data.files)
            (whole,) = kpi_values(now, kpi, level=spec.level, currency=money)
        except DataError as error:
            problems += [f"kpis: {p}" for p in error.problems]
            continue
        if not whole.rows:
            problems.append(f"kpis.{kpi.id}: {_without_part(data, kpi)}")
        values.append(whole)
    problems += _fit_problems(goal, wanted[0], money, spec.id)
    benchmarks, more = _benchmarks(spec, data, values)
    problems += more
    if problems:
        raise DataError(*problems)
    groups = [
        v for by in spec.by for kpi in wanted
        for v in kpi_values(now, kpi, by=by, level=spec.level, currency=money)
        if v.estimate.estimate is not None
    ]  # fmt: skip
    level = values[0].estimate
    details = {
        "period": {
            "start": counted.start.isoformat(), "end": counted.end.isoformat(),
            "last_start": counted.last_start.isoformat(), "days": counted.days,
        },
        "currency": money,
        "kpis": [
            {**_row(v), "benchmarks": benchmarks.get(v.kpi.id, [])} for v in values
        ],
        "groups": [_row(v) for v in groups],
    }  # fmt: skip
    return (
        Evaluation(
            id=spec.id,
            goal=spec.goal,
            design=spec.design,
            estimates=tuple(v.estimate for v in (*values, *groups)),
            checks=tuple(kpi_checks(data, counted, values, money)),
            level=level if level.estimate is not None else None,
            details=details,
            sentence=values[0].sentence(),
        ),
        counted,
        accounts(data, counted, spec.id),
    )


def value_parts(value: KpiValue) -> dict[str, Any]:
    """Return an indicator's value as plain data, with what it was made of."""
    return _row(value)


def _row(value: KpiValue) -> dict[str, Any]:
    return {
        "id": value.kpi.id,
        "name": value.kpi.name,
        "group": value.group,
        "made": value.kpi.shown(),
        "numerator": value.numerator,
        "denominator": value.denominator,
        "aggregation": value.kpi.aggregation,
        "interval": value.interval,
        "rows": value.rows,
        "convention": value.kpi.convention,
        "refused": value.refused,
        "value": asdict(value.estimate),
    }


def _registered(spec: EvaluationSpec, data: KpiData, goal: Goal) -> list[Kpi]:
    """Return the indicators that the plan names, or raise with all that is wrong."""
    found, problems = [], []
    for name in dict.fromkeys(spec.kpis):
        try:
            found.append(data.book.kpi(name))
        except DataError as error:
            problems += error.problems
    for name in spec.benchmarks:
        try:
            data.book.benchmark(name)
        except DataError as error:
            problems += error.problems
    if found and goal.type == "behaviour":
        first = found[0]
        shows = what_it_shows(first.name) or what_it_shows(words(first.numerator[0]))
        if shows:
            problems.append(
                f"kpis: '{first.id}' cannot decide a goal of type behaviour: {shows}"
            )
    if problems:
        raise PlanError(*problems)
    return found


def _money(spec: EvaluationSpec, counted: Counted, currency: str | None) -> str:
    if counted.currency and currency and counted.currency != currency:
        raise PlanError(
            f"currency: the plan is in {currency}, the exports are in "
            f"{counted.currency}; write currency: {counted.currency}, or export them "
            f"in {currency}."
        )
    return counted.currency or currency or "money"


def _fit_problems(goal: Goal, kpi: Kpi, money: str, evaluation: str) -> list[str]:
    fitting = [money, "money"] if kpi.unit == "money" else [kpi.unit]
    if goal.unit in fitting:
        return []
    return [
        f"goals.{goal.id}.unit: the evaluation '{evaluation}' measures "
        f"'{kpi.id}' in {kpi.unit}, the goal is in '{goal.unit}'; write unit: "
        f"{fitting[0]}, or put another indicator first."
    ]


def _benchmarks(
    spec: EvaluationSpec, data: KpiData, values: Sequence[KpiValue]
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the sentence of each published figure by indicator, and what is wrong."""
    told: dict[str, list[str]] = {}
    problems = []
    for name in spec.benchmarks:
        benchmark = data.book.benchmark(name)
        found = [
            (v, *beside_benchmark(data.book, benchmark, v.kpi, v.estimate))
            for v in values
        ]
        fitting = [(v, said) for v, may, said in found if may]
        for v, said in fitting[:1]:
            told.setdefault(v.kpi.id, []).append(said)
        if not fitting and found:
            # the indicator that comes closest says why not
            same = [f for f in found if f[0].kpi.id == benchmark.kpi]
            said = (same or found)[0][2]
            problems.append(f"benchmarks.{name}: {said} Leave it out of benchmarks.")
    return told, problems


def _without_part(data: KpiData, kpi: Kpi) -> str:
    """Return what to export for an indicator that no row tells."""
    needed = {kpi.denominator} - {None, "posts"}
    holding = []
    for kind in data.platforms.kinds:
        has = {*kind.columns, *kind.sums}
        if needed <= has and has & {*kpi.numerator}:
            if "posts" != kpi.denominator or "post" in kind.levels:
                holding.append(kind.name)
    if kpi.denominator == "followers":
        return (
            f"no row of the exports tells both its parts ({kpi.shown()}), and no known "
            "export does; write them in the evaluation, for example followers: "
            "{facebook: 12000}."
        )
    if not holding:
        return (
            f"no row of the exports tells both its parts ({kpi.shown()}), and no known "
            "export does; leave it out of kpis."
        )
    return (
        f"no row of the exports tells both its parts ({kpi.shown()}). It would be in "
        f"an export of {'; '.join(holding)}."
    )
