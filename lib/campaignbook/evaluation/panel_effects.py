"""The estimates of a difference in differences, from a panel of cell sums."""

import re
from dataclasses import dataclass, replace

import numpy as np

from campaignbook.errors import DataError
from campaignbook.evaluation.clusters import (
    ClusterFit,
    Comparison,
    one_sample_t,
    t_comparison,
    two_sample_t,
)
from campaignbook.evaluation.panels import Panel
from campaignbook.evaluation.rank_tests import RankTest, rank_test
from campaignbook.results import Estimate

ASSUMPTIONS = (
    "parallel trends: without the campaign, treated and control would have changed "
    "by the same amount",
    "no anticipation: nothing changed because of the campaign before it started",
    "no spill-over: the campaign did not reach the control group",
    "no other change at the same time that touched only the treated",
)
"""What must hold for the difference in differences to be the campaign's effect."""

UNCHANGED = "the campaign did not change the covariates"
"""What must hold as well where there are covariates."""

ENOUGH = 5
"""With fewer treated or control clusters the headline is not the CR2 interval."""

_MOST_RANKED = 1000
_SLOPES = "with slopes found within units or clusters, groups and periods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What every estimate and sentence needs.

    Attributes
    ----------
    one : str
        The word for a cluster; `many` is its plural.
    unit : str
        Unit of the outcome.
    level : float
        Confidence level, 0-1.
    seed : int
        For random assignments.
    beside : int
        How many covariates are adjusted for.
    """

    one: str
    unit: str
    level: float
    seed: int
    beside: int = 0

    @property
    def many(self) -> str:
        """The plural of the word for a cluster."""
        if re.search("[^aeiou]y$", self.one):
            return f"{self.one[:-1]}ies"
        return self.one + ("es" if re.search("(s|x|ch|sh)$", self.one) else "s")

    @property
    def off(self) -> str:
        """What a method says of covariates that were taken off the values."""
        if not self.beside:
            return ""
        return f"; {self.beside} covariate(s) taken off, {_SLOPES}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Treated minus control of one value a cluster.

    Attributes
    ----------
    t, rank : Comparison or None, RankTest or None
        None where one side has no cluster, or where no rank test was asked for.
    clusters, rows : int
        Clusters with a value, and the rows behind them.
    alone : str
        ``treated`` or ``control`` where that side has one cluster, else empty.
    """

    t: Comparison | None
    rank: RankTest | None = None
    clusters: int
    rows: int
    alone: str = ""


def change(
    panel: Panel, after: slice, before: slice, words: Words, *, ranked: bool = False
) -> Found:
    """Return the change between two spans of periods, treated minus control."""
    values = _means(panel, after) - _means(panel, before)
    rows = panel.people[:, after].sum(axis=1) + panel.people[:, before].sum(axis=1)
    return _compare(panel, values, rows, words, ranked=ranked)


def slope_before(panel: Panel, words: Words) -> Found:
    """Return the linear trend before the start, per period, treated minus control.

    Clusters with rows in every period before the start have a slope.
    """
    steps = np.arange(panel.start) - (panel.start - 1) / 2
    n, s = panel.n[:, : panel.start], panel.s[:, : panel.start]
    means = np.divide(s, n, out=np.full(n.shape, np.nan), where=n > 0)
    values = means @ (steps / (steps @ steps))
    return _compare(panel, values, panel.people[:, : panel.start].sum(axis=1), words)


def events(panel: Panel, words: Words) -> dict[int, Estimate]:
    """Return the estimate of each period against the last one before the start.

    Keys are event times: 0 is the start; -1, the reference, is left out.
    """
    reference = panel.start - 1
    found = {}
    for i, period in enumerate(panel.periods):
        if i == reference:
            continue
        one = change(panel, slice(i, i + 1), slice(reference, reference + 1), words)
        how = (
            f"mean in '{period}' minus mean in '{panel.periods[reference]}' of each "
            f"{words.one}, treated minus control, "
        )
        if one.rank:
            how += f"placebo over {one.clusters:,} {words.many}, {_say(one.rank)}"
            numbers = _by_rank(one)
        else:
            how += "t(G-1) within clusters" if panel.shared else "t(G-2)"
            numbers = _by_t(one.t) if one.t else {"estimate": None}
        event = i - panel.start
        how += words.off
        found[event] = _estimate(f"event:{event}", words, how, one, numbers)
    return found


def effects(
    panel: Panel, fit: ClusterFit, found: Found, words: Words
) -> list[Estimate]:
    """Return the estimates of the effect, headline first.

    `found` is the collapsed change. DataError where nothing gives an effect.
    """
    rank, collapsed = _ranked(found, words), _collapsed(panel, found, words)
    sides = min(panel.held.values())
    extra = [e for e in (collapsed, rank) if e is not None]
    if sides >= ENOUGH and fit.cr2 is not None:
        return [_headline(panel, fit, words), _cr1(panel, fit, found, words), *extra]
    if collapsed is None:
        raise DataError(
            f"time.start: there is no treated or no control {words.one} with rows both "
            f"before and from '{panel.periods[panel.start]}'; write another start or "
            "add the missing rows."
        )
    if found.alone:
        first = replace(rank, name="effect")
        return [first, _cr1(panel, fit, found, words), *extra]
    first, ranked = replace(collapsed, name="effect"), [] if rank is None else [rank]
    return [first, *ranked, _cr1(panel, fit, found, words), collapsed]


def collapse(panel: Panel, words: Words) -> Found:
    """Return the change from all periods before to all from the start, ranked."""
    after, before = slice(panel.start, None), slice(panel.start)
    return change(panel, after, before, words, ranked=panel.clusters <= _MOST_RANKED)


def _means(panel: Panel, span: slice) -> np.ndarray:
    """Return the mean of each row of the panel over periods; nan without rows."""
    n, s = panel.n[:, span].sum(axis=1), panel.s[:, span].sum(axis=1)
    return np.divide(s, n, out=np.full(len(n), np.nan), where=n > 0)


def _compare(panel, values, rows, words, *, ranked=False) -> Found:
    """Compare one value a row of the panel; nan where it has none."""
    if panel.shared:
        wide = np.full((3, panel.owner.max() + 1), np.nan)
        wide[panel.side.astype(int), panel.owner] = values
        wide[2, panel.owner] = panel.times
        known = ~np.isnan(wide[1] - wide[0])
        if not known.any():
            return Found(t=None, clusters=0, rows=0)
        zero, one, times = wide[:, known]
        t = one_sample_t(one - zero, level=words.level, times=times)
        count = round(rows[known[panel.owner]].sum())
        return Found(t=t, clusters=round(times.sum()), rows=count)
    known = ~np.isnan(values)
    values, side, times = values[known], panel.side[known], panel.times[known]
    sizes = {"treated": round(times[side].sum()), "control": round(times[~side].sum())}
    clusters, count = sum(sizes.values()), round(rows[known].sum())
    if 0 in sizes.values():
        return Found(t=None, clusters=clusters, rows=count)
    alone = next((name for name, size in sizes.items() if size == 1), "")
    t, rank = two_sample_t(values, side, level=words.level, times=times), None
    if alone or ranked:
        rank = rank_test(values, side, level=words.level, seed=words.seed)
    return Found(t=t, rank=rank, clusters=clusters, rows=count, alone=alone)


def _headline(panel, fit, words) -> Estimate:
    t = t_comparison(fit.estimate, fit.cr2, fit.df, level=words.level)
    how = f"{_model(panel, words)}; CR2 standard error by {words.one}, Satterthwaite t"
    return _estimate("effect", words, how, _whole(fit), _by_t(t))


def _cr1(panel, fit, found, words) -> Estimate:
    k = "all columns"
    if panel.unit is not None:
        k = f"{2 + words.beside}: unit and period effects are not counted"
    how = (
        f"{_model(panel, words)}; CR1 standard error by {words.one}, corrected by "
        f"G/(G-1) (N-1)/(N-k), k = {k}"
    )
    if found.alone or fit.cr2 is None:
        side = found.alone or "treated"
        how += (
            f"; no interval: with one {side} {words.one} it would be far too narrow "
            "(in simulations it calls about 79% of true zeros an effect)"
        )
        numbers = {"estimate": fit.estimate, "std_error": fit.cr1}
    else:
        df = fit.clusters - 1
        t = t_comparison(fit.estimate, fit.cr1, df, level=words.level)
        how, numbers = f"{how}, t(G-1)", _by_t(t)
    return _estimate("cr1", words, how, _whole(fit), numbers)


def _collapsed(panel, found, words) -> Estimate | None:
    if found.t is None:
        return None
    how = f"a value a {words.one}; treated minus control {words.many}, t(G-2)"
    if panel.shared:
        how = f"treated minus control within each {words.one} that holds both, t(G-1)"
    how = f"{'weighted ' * panel.weighted}mean from the start on minus before, {how}"
    how += words.off
    return _estimate("collapsed_t", words, how, found, _by_t(found.t))


def _ranked(found, words) -> Estimate | None:
    if found.rank is None:
        return None
    name, how = "randomisation_inference", f"all {found.rank.assignments:,} assignments"
    if not found.rank.exact:
        drawn = found.rank.assignments - 1
        how = f"{drawn:,} random assignments (seed {words.seed}) and the observed one"
    how = f"difference of the changes of {words.many}, {how}"
    if found.alone:
        of = f"{found.clusters:,} {words.many} (one {found.alone})"
        name, how = "placebo", f"placebo over {of}"
    how += f", {_say(found.rank)}{words.off}"
    return _estimate(name, words, how, found, _by_rank(found))


def _say(rank: RankTest) -> str:
    text = f"rank {rank.rank:,} of {rank.assignments:,}"
    if rank.ci_low is None:
        return f"{text}; no interval, as no p below {rank.smallest_p:.3g} can occur"
    return f"{text}; interval by inverting the test"


def _model(panel: Panel, words: Words) -> str:
    groups = "unit" if panel.unit is not None else "group"
    what = f"{'weighted ' * panel.weighted}regression on {groups} and period effects"
    return f"{what} and {words.beside} covariate(s)" if words.beside else what


def _whole(fit: ClusterFit) -> Found:
    return Found(t=None, clusters=fit.clusters, rows=fit.n)


def _by_t(t: Comparison) -> dict[str, float | None]:
    return {name: getattr(t, name) for name in Comparison.__slots__}


def _by_rank(found: Found) -> dict[str, float | None]:
    numbers = {k: getattr(found.rank, k) for k in ("p_value", "ci_low", "ci_high")}
    return {"estimate": found.t.estimate, **numbers}


def _estimate(name, words, method, found, numbers) -> Estimate:
    return Estimate(
        name=name,
        level=words.level,
        unit=words.unit,
        method=method,
        assumptions=ASSUMPTIONS + (UNCHANGED,) * (words.beside > 0),
        n=found.rows,
        clusters=found.clusters,
        **numbers,
    )
