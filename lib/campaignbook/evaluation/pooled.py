"""Several studies pooled: one effect, or a mean of effects that vary."""

from collections.abc import Mapping, Sequence
from math import exp, inf
from typing import Any

import numpy as np
from scipy import stats

from campaignbook.evaluation.arms import log_reading, t_reading
from campaignbook.evaluation.pooling import Effects, Pool, pool, prediction
from campaignbook.evaluation.studies import (
    RATIOS,
    EstimateLike,
    Measure,
    Study,
    TableLike,
    from_estimates,
    from_tables,
    refuse_few,
    refuse_options,
)
from campaignbook.results import Answer, Check, Estimate, say_interval

ASSUMPTIONS = (
    "each study measured the effect of its campaign without a bias of its own",
    "the studies are independent: nobody was counted in two of them",
    "no study is missing because of what it found",
)
"""What must hold for the pooled number to be an effect."""

_OF_EFFECTS = {
    "fixed": "all studies have the same effect",
    "random": "the studies are like a sample of the settings that are meant",
}
_ENOUGH, _SMALL, _LARGE, _UNLIKELY = 5, 0.4, 0.75, 0.1


def evaluate(
    estimates: Sequence[EstimateLike] = (),
    tables: Sequence[TableLike] = (),
    *,
    measure: Measure | None = None,
    effects: Effects = "random",
    level: float,
    unit: str,
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], None, dict[str, Any]]:
    """Return estimates (``pooled``, then each study), checks, no level, details.

    Parameters
    ----------
    estimates : sequence of estimate-like
        Published results: ``name``, ``estimate`` and ``std_error`` or ``ci_low`` and
        ``ci_high`` (``times`` standard errors from it, left out 1.96).
    tables : sequence of table-like
        Instead: ``name`` and ``counts`` of ``control`` and one treated group.
    measure : {"risk_difference", "risk_ratio", "odds_ratio"}, optional
        What is pooled; needed for `tables`. With `estimates` it says that they are
        shares or ratios (a rate or hazard ratio is read as a risk ratio); the standard
        error of a ratio is that of its log. Left out, they are in `unit`.
    effects : {"fixed", "random"}
        One effect for all, or effects that vary between studies.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the goal's measure; ratios and risk differences have their own.

    Raises
    ------
    DataError
        With fewer than two studies, equal names, or numbers that cannot be.

    Notes
    -----
    Ratios are pooled as logs and shown as ratios; tau2 stays on the log scale. The
    level of the measure is not known from effects alone, so there is none.

    References
    ----------
    Borenstein, Hedges, Higgins and Rothstein (2009), Introduction to Meta-Analysis,
    ch. 11-17. For the arithmetic see `pooling.pool`.
    """
    refuse_options(estimates, tables, measure=measure, effects=effects, unit=unit)
    silent: list[str] = []
    if tables:
        studies, silent = from_tables(tables, measure=measure)
    else:
        studies = from_estimates(estimates, measure=measure)
    refuse_few(studies, silent)
    found = pool(
        np.array([s.value for s in studies]),
        np.array([s.error for s in studies]),
        effects=effects,
    )
    ratio = measure in RATIOS
    unit = "ratio" if ratio else "share" if measure == "risk_difference" else unit
    n = [s.n for s in studies]
    common = {
        "ratio": ratio,
        "unit": unit,
        "level": level,
        "assumptions": (*ASSUMPTIONS, _OF_EFFECTS[effects]),
    }
    headline = _estimate(
        "pooled",
        (found.value, found.error, found.df),
        n=None if None in n else sum(n),
        clusters=len(studies),
        method=_method(found, effects, ratio),
        **common,
    )
    single = [
        _estimate(
            s.name,
            (s.value, s.error, inf),
            n=s.n,
            method=f"{s.source}; normal interval{' of the log' if ratio else ''}",
            **common,
        )
        for s in studies
    ]
    ends = prediction(found, level=level) if effects == "random" else None
    checks = (
        _studies(len(studies)),
        _heterogeneity(found, effects, _shown(ends, ratio), unit, level),
        *_cells(studies, silent, measure),
        *_symmetry(studies, ratio),
    )
    details = _details(found, single, ends, ratio=ratio, level=level)
    details |= {"effects": effects, "measure": measure, "left_out": silent}
    return (headline, *single), checks, None, details


def _estimate(
    name: str,
    numbers: tuple[float, float, float],
    *,
    ratio: bool,
    unit: str,
    level: float,
    **fields: Any,
) -> Estimate:
    value, error, df = numbers
    if ratio:
        read = log_reading(exp(value), error, df, level=level)
    else:
        read = {"estimate": value, "unit": unit}
        read |= t_reading(value, error, df, level=level)
    return Estimate(name=name, level=level, **read, **fields)


def _method(found: Pool, effects: Effects, ratio: bool) -> str:
    k = len(found.weights)
    scale = " of logs" if ratio else ""
    if effects == "fixed":
        return f"inverse-variance mean{scale} of {k} studies (one effect), z"
    how = "Hartung-Knapp-Sidik-Jonkman standard error"
    if not found.adjusted:
        how = "no variance between the studies seen, plain standard error"
    return (
        f"random-effects mean{scale} of {k} studies, tau2 by DerSimonian-Laird; {how}, "
        f"t({k - 1})"
    )


def _studies(k: int) -> Check:
    if k >= _ENOUGH:
        return Check(name="studies", answer="yes", sentence=f"{k} studies are pooled.")
    text = f"Only {k} studies are pooled: how much effects vary is hardly known."
    return Check(name="studies", answer="unknown", sentence=text)


def _heterogeneity(
    found: Pool,
    effects: Effects,
    ends: tuple[float, float] | None,
    unit: str,
    level: float,
) -> Check:
    """Answer by I2 (small to 40%, large from 75%) and the p of Q."""
    name = "heterogeneity"
    text = (
        f"{100 * found.i2:.0f}% of the variance is between studies (I2; Q "
        f"{found.q:.3g}, p {found.q_p:.2g})"
    )
    alike = found.i2 < _SMALL and found.q_p >= _UNLIKELY
    answer: Answer = "yes" if alike else "unknown"
    if alike and len(found.weights) < _ENOUGH:
        answer = "unknown"
        text += "; with so few studies that is weak evidence that they agree"
    elif not alike and effects == "fixed":
        answer = "no"
        text += "; one effect for all does not fit, so use effects: random"
    elif found.i2 >= _LARGE:
        answer = "no"
        text += "; the studies differ too much for one mean to stand for them"
    if ends is not None:
        ratio = unit == "ratio"
        shown = say_interval(*ends, unit, level, change=not ratio)
        text += f". For a new setting: {shown.replace('interval', 'prediction')}"
    return Check(name=name, answer=answer, sentence=f"{text}.")


def _cells(studies, silent, measure) -> list[Check]:
    if not any("counts" in s.source for s in studies):
        return []
    name, touched = "empty cells", [s.name for s in studies if s.corrected]
    if not touched and not silent:
        text = "Every study has people with and without an event in both groups."
        return [Check(name=name, answer="yes", sentence=text)]
    parts = []
    if touched:
        what = "variance" if measure == "risk_difference" else "counts"
        parts.append(
            f"0.5 is added to each cell of the {what} of {len(touched)} of "
            f"{len(studies)} studies, which have an empty one: {_listed(touched)}"
        )
    if silent:
        parts.append(
            f"{len(silent)} left out, as they hold no comparison: {_listed(silent)}"
        )
    text = f"{'; '.join(parts)}."
    return [Check(name=name, answer="unknown", sentence=text)]


def _symmetry(studies: Sequence[Study], ratio: bool) -> list[Check]:
    odd = [s.name for s in studies if s.lopsided]
    if not odd:
        return []
    text = (
        f"The interval is not symmetric around the estimate in {_listed(odd)}, so its "
        "standard error is a guess"
    )
    text += "." if ratio else "; if these are ratios, write measure: risk_ratio."
    return [Check(name="symmetric intervals", answer="unknown", sentence=text)]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{n}'" for n in names[:5]) + (" ..." if len(names) > 5 else "")


def _shown(ends: tuple[float, float] | None, ratio: bool) -> tuple[float, float] | None:
    if ends is None or not ratio:
        return ends
    return exp(ends[0]), exp(ends[1])


def _details(
    found: Pool,
    single: Sequence[Estimate],
    ends: tuple[float, float] | None,
    *,
    ratio: bool,
    level: float,
) -> Mapping[str, Any]:
    half = float(stats.norm.ppf((1 + level) / 2)) * found.plain_error
    plain = _shown((found.value - half, found.value + half), ratio)
    new = _shown(ends, ratio) or (None, None)
    return {
        "studies": [
            {
                "name": e.name,
                "estimate": e.estimate,
                "ci_low": e.ci_low,
                "ci_high": e.ci_high,
                "weight": float(w),
            }
            for e, w in zip(single, found.weights, strict=True)
        ],
        "Q": found.q,
        "Q_p": found.q_p,
        "tau2": found.tau2,
        "I2": found.i2,
        "prediction_low": new[0],
        "prediction_high": new[1],
        "z_low": plain[0],
        "z_high": plain[1],
    }
