"""Published results and counts of studies, read on the scale on which they pool."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log, sqrt
from typing import Literal, Protocol

import numpy as np
from scipy import stats

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation.pooling import Effects
from campaignbook.evaluation.proportions import CountLike

Measure = Literal["risk_difference", "risk_ratio", "odds_ratio"]

MEASURES: tuple[Measure, ...] = ("risk_difference", "risk_ratio", "odds_ratio")
RATIOS: tuple[Measure, ...] = ("risk_ratio", "odds_ratio")
"""Pooled as logs, shown as ratios."""

EFFECTS: tuple[Effects, ...] = ("fixed", "random")

_TIMES = float(stats.norm.ppf(0.975))
_LOPSIDED = 0.25


class EstimateLike(Protocol):
    """One study's published result, as `StudyEstimate` of the plan."""

    name: str
    estimate: float
    std_error: float | None
    ci_low: float | None
    ci_high: float | None
    times: float | None


class TableLike(Protocol):
    """One study's counts by group, one of them called ``control``."""

    name: str
    counts: Mapping[str, CountLike]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study on the scale on which it is pooled (the log for ratios).

    Attributes
    ----------
    name, source : str
        The study, and how its standard error is known.
    value, error : float
        Estimate and standard error, positive.
    n : int or None
        People, where the counts are known.
    lopsided : bool
        Whether its published interval is clearly not symmetric on this scale.
    corrected : bool
        Whether 0.5 was added to its cells.
    """

    name: str
    source: str
    value: float
    error: float
    n: int | None = None
    lopsided: bool = False
    corrected: bool = False


def from_estimates(
    estimates: Sequence[EstimateLike], *, measure: Measure | None
) -> list[Study]:
    """Return published results on their scale; DataError lists every wrong one.

    For a ratio, estimate and interval are ratios, and a standard error is that of the
    log. Without one it is the interval's width by 2 `times` (left out, 1.96).
    """
    problems: list[str] = []
    studies = []
    for given in estimates:
        wrong = list(_wrong(given, measure))
        problems += [f"estimates '{given.name}': {text}" for text in wrong]
        if not wrong:
            studies.append(_study(given, measure))
    if problems:
        raise DataError(*problems)
    return studies


def from_tables(
    tables: Sequence[TableLike], *, measure: Measure
) -> tuple[list[Study], list[str]]:
    """Return the studies of counts on their scale, and those that say nothing.

    Notes
    -----
    A study with an empty cell gets 0.5 in each of its four cells: for ratios
    everywhere, for the risk difference in its variance only. For ratios a study
    without any event (odds: or with nothing but events) says nothing and is left out.
    """
    problems, studies, silent = [], [], []
    for table in tables:
        wrong = _wrong_counts(table.counts)
        if wrong:
            problems.append(f"tables '{table.name}': {wrong}")
            continue
        control = table.counts["control"]
        (treated,) = (c for g, c in table.counts.items() if g != "control")
        none = treated.events == control.events == 0
        every = treated.events == treated.n and control.events == control.n
        if (none and measure in RATIOS) or (every and measure == "odds_ratio"):
            silent.append(table.name)
            continue
        studies.append(_counted(table.name, treated, control, measure))
    if problems:
        raise DataError(*problems)
    return studies, silent


def refuse_options(
    estimates: Sequence[EstimateLike],
    tables: Sequence[TableLike],
    *,
    measure: Measure | None,
    effects: Effects,
    unit: str,
) -> None:
    """Raise DataError where the options or the studies' names do not go together."""
    if bool(estimates) == bool(tables):
        raise DataError("pooled: give either estimates or tables of counts, not both.")
    if effects not in EFFECTS:
        raise DataError(
            f"effects: '{effects}' is not known ({nearest(effects, EFFECTS)})."
        )
    if measure is not None and measure not in MEASURES:
        raise DataError(
            f"measure: '{measure}' is not known ({nearest(measure, MEASURES)})."
        )
    if tables and measure is None:
        raise DataError(
            "measure: tables of counts need one; write risk_difference, risk_ratio or "
            "odds_ratio."
        )
    if unit == "ratio" and measure not in RATIOS:
        raise DataError(
            "measure: ratios are pooled as logs; write measure: risk_ratio (also for "
            "rate and hazard ratios) or odds_ratio."
        )
    names = [s.name for s in (*estimates, *tables)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(
            f"pooled: the study '{twice[0]}' is there twice; each needs its own name, "
            "and each group of people may be counted once."
        )
    if "pooled" in names:
        raise DataError("pooled: no study can be called 'pooled'; name it otherwise.")


def refuse_few(studies: Sequence[Study], silent: Sequence[str]) -> None:
    """Raise DataError unless two studies are left."""
    if len(studies) >= 2:
        return
    found = f"{len(studies)} study" if len(studies) == 1 else f"{len(studies)} studies"
    left = f" ({len(silent)} without any event left out)" if silent else ""
    raise DataError(
        f"pooled: there is nothing to pool in {found}{left}; give at least two."
    )


def _wrong(given: EstimateLike, measure: Measure | None) -> Iterator[str]:
    """Yield what is wrong with one published result."""
    low, high, error = given.ci_low, given.ci_high, given.std_error
    numbers = [
        x for x in (given.estimate, low, high, error, given.times) if x is not None
    ]
    if not all(map(isfinite, numbers)):
        yield "every number must be finite; leave out what is not known."
        return
    if error is not None and error <= 0:
        yield f"std_error is {error:g}; a standard error is above 0."
    if given.times is not None and given.times <= 0:
        yield f"times is {given.times:g}; write how many standard errors, as 1.96."
    if error is None and (low is None or high is None):
        yield "needs std_error, or both ci_low and ci_high."
        return
    bottom = given.estimate if low is None else low
    top = given.estimate if high is None else high
    if not bottom <= given.estimate <= top:
        yield (
            f"the interval {bottom:g} to {top:g} does not hold the estimate "
            f"{given.estimate:g}; copy all three again."
        )
    elif error is not None and None not in (low, high):
        yield from _contradiction(given, measure)
    elif error is None and bottom == top:
        yield f"the interval has no width, from {bottom:g} to {top:g}; copy it again."
    if measure in RATIOS and min(bottom, given.estimate) <= 0:
        yield (
            f"a {measure.replace('_', ' ')} and its interval lie above 0, got "
            f"{min(bottom, given.estimate):g}; write ratios, not their logs."
        )


def _contradiction(given: EstimateLike, measure: Measure | None) -> Iterator[str]:
    """Yield a sentence where standard error and interval cannot both be right."""
    low, high = given.ci_low, given.ci_high
    if measure in RATIOS:
        if low <= 0:
            return
        low, high = log(low), log(high)
    implied = (high - low) / (2 * (given.times or _TIMES))
    if not 2 / 3 <= implied / given.std_error <= 3 / 2:
        yield (
            f"std_error is {given.std_error:g}, but the interval {given.ci_low:g} to "
            f"{given.ci_high:g} means {implied:.3g}; copy both again, or give one."
        )


def _study(given: EstimateLike, measure: Measure | None) -> Study:
    read = log if measure in RATIOS else float
    value, scale = read(given.estimate), " of the log" if measure in RATIOS else ""
    if given.std_error is not None:
        source = f"published estimate and standard error{scale}"
        return Study(
            name=given.name, source=source, value=value, error=float(given.std_error)
        )
    low, high, times = read(given.ci_low), read(given.ci_high), given.times or _TIMES
    return Study(
        name=given.name,
        source=f"published interval; standard error{scale} = width / (2 x {times:.4g})",
        value=value,
        error=(high - low) / (2 * times),
        lopsided=abs((low + high) / 2 - value) > _LOPSIDED * (high - low) / 2,
    )


def _wrong_counts(counts: Mapping[str, CountLike]) -> str | None:
    if "control" not in counts:
        return f"counts needs the group 'control' ({nearest('control', counts)})."
    if len(counts) != 2:
        return (
            f"counts needs 'control' and one treated group, got {len(counts)} groups."
        )
    for group, c in counts.items():
        if not 0 <= c.events <= c.n or c.n < 1:
            return f"'{group}' has {c.events} events among {c.n} people; copy it again."
    return None


def _counted(
    name: str, treated: CountLike, control: CountLike, measure: Measure
) -> Study:
    cells = np.array(
        [
            [treated.events, treated.n - treated.events],
            [control.events, control.n - control.events],
        ],
        dtype=float,
    )
    empty = bool((cells == 0).any())
    whole = cells + 0.5 * empty
    n = whole.sum(axis=1)
    share = whole[:, 0] / n
    if measure == "risk_difference":
        value = treated.events / treated.n - control.events / control.n
        variance = float((share * (1 - share) / n).sum())
    elif measure == "risk_ratio":
        value = log(share[0] / share[1])
        variance = float((1 / whole[:, 0] - 1 / n).sum())
    else:
        value = log(whole[0, 0] * whole[1, 1] / (whole[0, 1] * whole[1, 0]))
        variance = float((1 / whole).sum())
    return Study(
        name=name,
        source=f"{measure.replace('_', ' ')} from counts",
        value=value,
        error=sqrt(variance),
        n=int(cells.sum()),
        corrected=empty,
    )
