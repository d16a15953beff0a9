"""Randomized trials: arms compared with control, from cells or from counts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation import attrition, trial_checks
from campaignbook.evaluation.adjusted_trials import Strata
from campaignbook.evaluation.arms import Arm, Kind, arm_level, read_arms
from campaignbook.evaluation.attrition import Lost
from campaignbook.evaluation.cluster_comparisons import (
    compare_clusters,
    refuse_few_clusters,
)
from campaignbook.evaluation.comparisons import compare_people
from campaignbook.evaluation.proportions import CountLike
from campaignbook.evaluation.rank_tests import RankTest
from campaignbook.evaluation.trial_covariates import TrialCovariates
from campaignbook.results import Check, Estimate, with_holm
from campaignbook.tables import Cells

Findings = tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What a trial's plan asks, the same for every outcome."""

    control: str
    treated: tuple[str, ...]
    headline: str
    kind: Kind
    level: float
    unit: str
    seed: int
    strata: Strata | None = None
    assigned: Mapping[str, int] | None = None
    covariates: TrialCovariates | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.control, *self.treated)

    @property
    def measured(self) -> dict[str, Any]:
        return {"kind": self.kind, "level": self.level, "unit": self.unit}


def evaluate(
    cells_by_outcome: Mapping[str, Cells],
    *,
    control: str,
    treated: Sequence[str],
    headline: str,
    outcome_type: Kind,
    level: float,
    unit: str,
    allocation: Mapping[str, float] | None = None,
    seed: int = 0,
    balance: Mapping[str, Cells] | None = None,
    assigned: Mapping[str, int] | None = None,
    covariates: Mapping[str, TrialCovariates] | None = None,
) -> Findings:
    """Return (estimates, checks, level, details) of a trial from a table's cells.

    Parameters
    ----------
    cells_by_outcome : mapping of str to Cells
        Outcome columns, the deciding one first. Frames have the columns ``arm``,
        ``n``, ``sum_y``, ``sum_y_y``; where there are any, ``cluster``, ``stratum``
        and the population at risk ``sum_x``, ``sum_x_x``, ``sum_x_y`` (counts only).
    control, headline : str
        The arm that the others are compared with, and the arm that decides.
    treated : sequence of str
        All arms compared with control; rows of other arms are not used.
    outcome_type : {"binary", "mean", "count"}
        Shares of 0 and 1, means, or rates of counts.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the deciding outcome (shares are always ``share``).
    allocation : mapping, optional
        Planned share of each arm.
    seed : int
        For rank tests that draw assignments.
    balance : mapping of str to Cells, optional
        Covariates, each as the ``y`` of its own cells, compared for balance only.
    assigned : mapping of str to int, optional
        All rows of each arm, lost ones too.
    covariates : mapping of str to TrialCovariates, optional
        By outcome: what is adjusted for beside the headline.

    Raises
    ------
    DataError
        If an arm is missing, the outcome is not of its type or does not vary, there
        are fewer than 3 clusters, or the plan's arms contradict each other.

    Notes
    -----
    Each arm is compared with control on these two arms' rows only. Holm's correction
    is over the treated arms (``arm:...``) and over the outcomes (their headlines).
    """
    question = _ask(control, treated, headline, outcome_type, level, unit, seed)
    if not cells_by_outcome:
        raise DataError("outcome: a trial needs at least one outcome column.")
    arms_asked = {"control": control, "treated": question.treated}
    smd = trial_checks.standardised_differences(balance or {}, **arms_asked)
    answers = {}
    for outcome, cells in cells_by_outcome.items():
        arms = read_arms(cells, question.names, outcome=outcome, kind=outcome_type)
        strata = Strata.of(cells, question.names)
        beside = (covariates or {}).get(outcome)
        question = replace(
            question, strata=strata, assigned=assigned, covariates=beside
        )
        lost = Lost.of(cells, outcome, arms, assigned)
        answers[outcome] = _answer(question, arms, allocation, lost, smd)
        # the goal's unit is the first outcome's
        further = "share" if outcome_type == "binary" else "units of the outcome"
        question = replace(question, unit=further)
    return with_further_outcomes(answers)


def evaluate_counts(
    counts: Mapping[str, CountLike],
    *,
    control: str,
    treated: Sequence[str],
    headline: str,
    outcome_type: Kind,
    level: float,
    unit: str,
    allocation: Mapping[str, float] | None = None,
) -> Findings:
    """Return (estimates, checks, level, details) of a trial from counts by arm.

    Parameters
    ----------
    counts : mapping of str to count-like
        People ``n`` (for rates: population at risk) and ``events`` of each arm.
    control, treated, headline, outcome_type, level, unit, allocation
        As in `evaluate`; there are no means of counts.

    Raises
    ------
    DataError
        If an arm is missing or has no people, or a share's events exceed its people.

    Examples
    --------
    >>> from campaignbook.evaluation.parts import Count
    >>> counts = {"control": Count(n=2435, events=157), "A": Count(n=2435, events=235)}
    >>> estimates, *_ = evaluate_counts(counts, control="control", treated=["A"],
    ...     headline="A", outcome_type="binary", level=0.95, unit="share")
    >>> estimates[0].sentence()
    'difference: 3.2 percentage points (95% interval 1.7 to 4.7, n = 4870).'
    """
    question = _ask(control, treated, headline, outcome_type, level, unit, 0)
    if outcome_type == "mean":
        raise DataError(
            "counts: they hold events; write outcome_type: binary or count."
        )
    lost = [name for name in question.names if name not in counts]
    problems = [f"counts: no arm '{k}' ({nearest(k, counts)})." for k in lost]
    problems += [
        f"counts.{name}: {counts[name].events} events among {counts[name].n} people; "
        "a share needs people and no more events than people."
        for name in question.names
        if name in counts and not _possible(counts[name], outcome_type)
    ]
    if problems:
        raise DataError(*problems)
    arms = {}
    for name in question.names:
        n, events = counts[name].n, counts[name].events
        arms[name] = Arm(name=name, n=n, total=events, exposure=n)
    return _answer(question, arms, allocation, None, [])


def with_further_outcomes(answers: Mapping[str, Findings]) -> Findings:
    """Return the first outcome's findings with the other outcomes' headlines.

    Parameters
    ----------
    answers : mapping of str to findings
        By outcome, the deciding one first; with one there is nothing to add.

    Returns
    -------
    findings
        The first's; its headline and those added, each with its outcome as `group`,
        have p-values after Holm's correction.
    """
    first = next(iter(answers.values()))
    if len(answers) == 1:
        return first
    estimates, *rest = first
    named = list(answers.items())[1:]
    others = (replace(f[0][0], group=outcome) for outcome, f in named)
    headline, *further = with_holm([estimates[0], *others])
    return ((headline, *estimates[1:], *further), *rest)


def _possible(count: CountLike, kind: Kind) -> bool:
    most = count.n if kind == "binary" else np.inf
    return count.n > 0 and 0 <= count.events <= most


def _ask(control, treated, headline, kind, level, unit, seed) -> _Question:
    """Return the question, or raise DataError where the arms contradict themselves."""
    treated, problems = tuple(dict.fromkeys(treated)), []
    if not treated:
        problems.append("arms: a trial needs at least two arms; name a treated arm.")
    if control in treated:
        problems.append(f"arms.treated: '{control}' is the control arm; leave it out.")
    if treated and headline not in treated:
        why = f"is not a treated arm ({nearest(headline, treated)})."
        problems.append(f"arms.headline: '{headline}' {why}")
    if problems:
        raise DataError(*problems)
    return _Question(
        control=control,
        treated=treated,
        headline=headline,
        kind=kind,
        level=level,
        unit="share" if kind == "binary" else unit,
        seed=seed,
    )


def _compare(
    question: _Question, arm: Arm, control: Arm
) -> tuple[tuple[Estimate, ...], RankTest | None]:
    asked = question.measured
    if arm.clusters is None:
        found, rank = compare_people(arm, control, **asked), None
    else:
        found, rank = compare_clusters(arm, control, seed=question.seed, **asked)
    if question.strata is not None:
        found = question.strata.adjusted(found, arm.name, control.name)
    return found, rank


def _answer(
    question: _Question,
    arms: Mapping[str, Arm],
    allocation: Mapping[str, float] | None,
    lost: Lost | None,
    smd: list[dict[str, Any]],
) -> Findings:
    """Return the findings about one outcome of arms that have been read."""
    asked = [arms[name] for name in question.names]
    arm, control = arms[question.headline], arms[question.control]
    mixed = refuse_few_clusters(asked)
    estimates, rank = _compare(question, arm, control)
    if question.covariates is not None:
        estimates = question.covariates.beside(estimates, arm.name, control.name)
    family = []
    if len(question.treated) > 1:
        for name in question.treated:
            found = _compare(question, arms[name], control)[0][0]
            family.append(replace(found, name=f"arm:{name}", group=name))
    bounds = attrition.bounds(lost, arm, control, estimates[0], kind=question.kind)
    checks = [
        trial_checks.sample_ratio(asked, allocation, question.assigned, mixed=mixed),
        trial_checks.balance(smd),
        attrition.check(lost, bounds, estimates[0]),
    ]
    if arm.clusters is not None:
        checks += trial_checks.clusters(arm, control, rank, level=question.level)
    else:
        checks += trial_checks.spread(asked, question.kind)
    checks += trial_checks.events(asked, question.kind)
    if question.strata is not None:
        checks.append(question.strata.check(estimates[0], arm.name, control.name))
    details = {
        "arms": [_describe(a, question) for a in asked],
        "control": question.control,
        "headline": question.headline,
        "smd": smd,
        "attrition_bounds": None if bounds is None else asdict(bounds),
    }
    level = arm_level(arm, **question.measured)
    return (*estimates, *with_holm(family)), tuple(checks), level, details


def _describe(arm: Arm, question: _Question) -> dict[str, Any]:
    found = arm_level(arm, **question.measured)
    plain = {"arm": arm.name, "n": arm.n, "clusters": found.clusters}
    plain |= {"mean": found.estimate, "ci_low": found.ci_low, "ci_high": found.ci_high}
    return plain if question.kind == "mean" else {**plain, "events": arm.events}
