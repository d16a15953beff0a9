"""People who chose for themselves: those who took part and the others, made alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from campaignbook.evaluation import adjustment, proportions
from campaignbook.evaluation import observational_checks as checks
from campaignbook.evaluation.adjustment import Estimand, Influence
from campaignbook.evaluation.arms import real_error, t_reading
from campaignbook.evaluation.headlines import exact_fit
from campaignbook.evaluation.observational_rows import Question, read_question
from campaignbook.evaluation.parts import Count, Covariate
from campaignbook.evaluation.units import refuse_scale
from campaignbook.results import Check, Estimate

Findings = tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]

ASSUMPTIONS = (
    "people who took part and people who did not differed before only in the named "
    "covariates and by chance",
    "everybody could have taken part, and everybody could have not",
    "taking part did not change the covariates",
    "one person's taking part did not change another's outcome",
    "the outcome was measured alike in both groups",
)
"""What must hold for an adjusted difference to be an effect, whatever the estimator."""

_OUTCOME = "the regression of the outcome on the covariates has the right form"
_TAKING = "the model of who took part has the right form"
_HOW = {
    "aipw": (
        "augmented inverse probability weighting (AIPW): linear regression of the "
        "outcome in each group, logistic regression of taking part",
        f"{_OUTCOME}, or {_TAKING}",
    ),
    "ipw": (
        "inverse probability weighting, weights summing to 1 in each group (Hajek), "
        "logistic regression of taking part, its estimation stacked",
        _TAKING,
    ),
    "g_formula": (
        "standardisation (g-formula): one linear regression of the outcome, averaged "
        "over the covariates; sandwich variance (delta method)",
        _OUTCOME,
    ),
}


def evaluate(
    rows: pd.DataFrame,
    *,
    covariates: Sequence[Covariate],
    treatment_name: str,
    estimand: Estimand = "ATE",
    level: float,
    unit: str,
    binary: bool | None = None,
    rows_read: int | None = None,
) -> Findings:
    """Return (estimates, checks, level, details) of the design ``observational``.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a person, without missing values: ``y`` (number), ``treated`` (bool),
        the covariates by their own names and, where there are any, ``weights``
        (sampling weights, more than 0).
    covariates : sequence of Covariate
        As in the plan. ``interact`` with the treatment lets the effect vary with the
        other column in the regression of ``g_formula``; nowhere else.
    treatment_name : str
        What the plan calls the column of the treatment.
    estimand : {"ATE", "ATT"}
        The mean effect on everybody, or on those who took part.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the outcome; outcomes of 0 and 1 are always a ``share``.
    binary : bool, optional
        Whether the outcome is 0 and 1; left out: whether it holds nothing else.
    rows_read : int, optional
        Rows of the file, to say how many could not be used.

    Raises
    ------
    PlanError, DataError
        Nobody or everybody took part, the outcome is constant, a group has no more
        people than parameters, or a column does not hold what it should.

    Notes
    -----
    Estimates, headline first: ``aipw``, ``unadjusted`` (two means, Student's t),
    ``ipw``, ``g_formula``; standard errors are those of influence values, intervals
    are t with rows minus parameters. The regression of AIPW is one a group, so that
    every effect may vary with every covariate in it. Where the covariates tell
    exactly who took part, the adjusted estimates do not exist and a check says so.
    Without covariates all of them are the difference of means, and no effect.

    References
    ----------
    Hernan & Robins (2020), Causal Inference: What If, ch. 12-13.
    """
    question = read_question(
        rows,
        covariates,
        treatment_name=treatment_name,
        estimand=estimand,
        binary=binary,
    )
    sample = question.sample
    unit = _unit(question, unit)
    shown = {"level": level, "unit": unit, "n": len(rows)}
    chance = adjustment.propensity(sample)
    exists = not checks.separated(chance, sample.treated)
    found: dict[str, Influence | None] = dict.fromkeys(_HOW)
    pair = None
    if exists:
        pair = adjustment.inverse_weights(sample, chance)
        found = {
            "aipw": adjustment.doubly_robust(sample, chance),
            "ipw": adjustment.weighted_difference(sample, chance),
            "g_formula": adjustment.standardisation(sample),
        }
    aipw, ipw, g_formula = (_adjusted(question, k, v, shown) for k, v in found.items())
    answers, more = _ask(question, chance, pair, aipw)
    answers += exact_fit(aipw)
    if rows_read:
        answers.append(checks.complete_rows(len(rows), rows_read))
    took_part, others = question.sizes
    details = {
        "estimand": estimand,
        **more,
        "propensity": _histogram(chance, sample.treated),
        "n_treated": took_part,
        "n_control": others,
    }
    unadjusted = _unadjusted(question, shown)
    estimates = (aipw, unadjusted, ipw, g_formula)
    return estimates, tuple(answers), _level(question, shown), details


def _unit(question: Question, unit: str) -> str:
    outcome = question.sample.outcome
    refuse_scale("outcome", outcome.min(), outcome.max(), unit=unit)
    return "share" if question.binary else unit


def _adjusted(
    question: Question, name: str, found: Influence | None, shown: dict[str, Any]
) -> Estimate:
    """Return an adjusted estimate with its t interval, or one that does not exist."""
    how, form = _HOW[name]
    if not question.names:
        how = "difference of two means (no covariates to adjust for)"
    method = f"{how}; {question.sample.estimand}; "
    method += "sampling weights; " if question.weighted else ""
    if found is None:
        method += "none, because the covariates tell exactly who took part"
        return Estimate(name=name, estimate=None, method=method, **shown)
    error = real_error(found.std_error, float(np.abs(question.sample.outcome).max()))
    return Estimate(
        name=name,
        estimate=found.estimate,
        method=method + "t with rows minus parameters",
        assumptions=(*ASSUMPTIONS, form) if question.names else (),
        **shown,
        **t_reading(found.estimate, error, found.df, level=shown["level"]),
    )


def _unadjusted(question: Question, shown: dict[str, Any]) -> Estimate:
    """Return the plain difference of means: what it would be without any adjustment."""
    sample = question.sample
    t, y, s = sample.treated, sample.outcome, sample.weights
    one, other = s * t, s * (1 - t)
    means = [float(np.average(y, weights=w)) for w in (one, other)]
    values = one / one.mean() * (y - means[0]) - other / other.mean() * (y - means[1])
    n, df = len(y), len(y) - 2
    error = float(np.sqrt((values**2).sum() / (n * (n - 1))))
    method = "difference of two weighted means, linearised variance; t"
    if not question.weighted:
        square = ((y - np.where(t == 1, *means)) ** 2).sum() / df
        error = float(np.sqrt(square * (1 / t.sum() + 1 / (1 - t).sum())))
        method = "difference of two means; Student's t, variance pooled"
    error = real_error(error, float(np.abs(y).max()))
    return Estimate(
        name="unadjusted",
        estimate=means[0] - means[1],
        method=method,
        **shown,
        **t_reading(means[0] - means[1], error, df, level=shown["level"]),
    )


def _level(question: Question, shown: dict[str, Any]) -> Estimate:
    """Return the mean outcome of those who took part."""
    sample, level = question.sample, shown["level"]
    y, s = (v[sample.treated == 1] for v in (sample.outcome, sample.weights))
    n = len(y)
    if question.binary and not question.weighted:
        count = Count(n=n, events=int(y.sum()))
        return proportions.share(count, name="level", level=level)
    mean = float(np.average(y, weights=s))
    values = s / s.mean() * (y - mean)
    error = real_error(float(np.sqrt((values**2).sum() / (n * (n - 1)))), abs(mean))
    fields = t_reading(mean, error, n - 1, level=level)
    if fields and question.binary:
        fields["ci_low"] = max(0.0, fields["ci_low"])
        fields["ci_high"] = min(1.0, fields["ci_high"])
    return Estimate(
        name="level",
        estimate=mean,
        null_value=None,
        method="mean of those who took part, t with rows - 1",
        **{k: fields.get(k) for k in ("std_error", "df", "ci_low", "ci_high")},
        **(shown | {"n": n}),
    )


def _ask(
    question: Question,
    chance: np.ndarray,
    pair: checks.Weights | None,
    headline: Estimate,
) -> tuple[list[Check], dict[str, Any]]:
    """Return the checks, and what they found in numbers."""
    sample, names = question.sample, question.names
    t, y = sample.treated, sample.outcome
    smd = checks.differences(
        question.matrix, names, treated=t, sampling=sample.weights, weights=pair
    )
    e_values, unmeasured = checks.unmeasured(
        headline,
        binary=question.binary,
        baseline=float(np.average(y, weights=sample.weights * (1 - t))),
        spread=float(y.std(ddof=1)),
    )
    worth, sizes = checks.sample_sizes(pair, t) if pair else (None, None)
    answers = [checks.covariates(names, question.dropped)]
    if names:
        answers += [
            checks.overlap(
                chance, t, estimand=sample.estimand, one_sided=question.one_sided
            ),
            checks.balance(smd),
            sizes,
            checks.rows_for_the_models(min(question.sizes), 1 + len(names)),
        ]
    answers.append(checks.events(y, t) if question.binary else None)
    found = {
        "balance": [d for d in smd if d["name"] in question.numbers],
        "balance_of_terms": [d for d in smd if d["name"] not in question.numbers],
        "effective_sample_size": worth,
        "largest_weight": float(max(w.max() for w in pair)) if pair else None,
        "e_value": e_values,
    }
    return [a for a in (*answers, unmeasured) if a is not None], found


def _histogram(chance: np.ndarray, treated: np.ndarray) -> dict[str, list[float]]:
    """Return how many of each group have a chance in each of 20 equal bins."""
    edges = np.linspace(0, 1, 21)
    counts = {
        name: np.histogram(chance[treated == part], edges)[0].tolist()
        for name, part in (("treated", 1), ("control", 0))
    }
    return {"edges": [round(e, 2) for e in edges.tolist()], **counts}
