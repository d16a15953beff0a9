"""Group-time averages: each start date against the never-treated, and their doubt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from campaignbook.evaluation.clusters import Comparison, t_comparison
from campaignbook.evaluation.group_time_covariates import adjusted_sums
from campaignbook.evaluation.panels import Panel

FEW = 5
"""A start date with fewer clusters borrows its variance from the never-treated."""


Name = str | tuple[str, int]
"""``"effect"``, ``("group", start)`` or ``("event", period - start)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """An average of group-time effects with its test.

    Attributes
    ----------
    t : Comparison
        Estimate, interval and test, in the unit of the outcome; without an interval
        where the data give none.
    rows, clusters : int
        Rows in the periods that are compared, and clusters behind them.
    """

    t: Comparison
    rows: int
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A side's change since a base: values (P,), parts (entities, P), rows (P,)."""

    change: np.ndarray
    parts: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What a start date adds to each average.

    `own` (C, K) are its clusters' influences, `mirror` (C, K) those of the
    never-treated on what it is compared with, `share` (C,) its clusters' rows.
    """

    own: np.ndarray
    mirror: np.ndarray
    share: np.ndarray


def group_time_averages(
    panel: Panel,
    starts: np.ndarray,
    *,
    level: float,
    covariates: np.ndarray | None = None,
) -> dict[Name, Average]:
    """Return the averages of group-time effects that the data give.

    Parameters
    ----------
    panel : Panel
        All cells; `group` is True for those that are ever treated.
    starts : ndarray of int, shape (cells,)
        Position in ``panel.periods`` of the first treated period of the cell's unit
        (cluster without units), at least 1; ``len(panel.periods)`` is never.
    level : float
        Confidence level, 0-1.
    covariates : ndarray, shape (cells, k), optional
        Of panel units; those in the period before a start are adjusted for.

    Returns
    -------
    dict
        By `Name`; an average that no rows allow is left out.

    Notes
    -----
    The effect of start g in period t is the change of that group's mean from g - 1 to
    t minus the same change of the never-treated. Means weigh rows (the panel's
    counts); units count where they have a row in both periods. An average weighs the
    effects by the group's rows in t: it is the effect on an average treated row, and
    the weights are taken as given.

    The start dates and the never-treated are independent groups of clusters. The
    variance of each is the sum of its clusters' squared influences over 1 minus
    their share of the rows, which is CR2 of a mean (unbiased for equal clusters). A
    group of fewer than 5 clusters has too few to know its own: its variance is
    pooled with that of the never-treated clusters, seen through the same weights.
    The degrees of freedom are Satterthwaite's for the sum, borrowed parts counted
    with the never-treated. Where a cluster holds several groups the influences
    are summed by cluster first, and t has G-1 degrees of freedom.

    References
    ----------
    Callaway and Sant'Anna (2021), Journal of Econometrics 225:200-230.
    Satterthwaite (1946), Biometrics Bulletin 2:110-114.
    """
    width, never = len(panel.periods), len(panel.periods)
    entity = panel.cluster if panel.unit is None else panel.unit
    size = int(entity.max()) + 1
    start, home = np.full(size, never), np.zeros(size, dtype=int)
    start[entity], home[entity] = starts, panel.cluster
    place = entity * width + panel.period
    n, s, people = (
        np.bincount(place, v, minlength=size * width).reshape(size, width)
        for v in (panel.counts, panel.sums, panel.rows)
    )
    paired = panel.unit is not None
    groups = [int(g) for g in np.unique(start) if g < never]
    sides = {g: start == g for g in [*groups, never]}
    x = None
    if covariates is not None:
        x = np.zeros((size, width, covariates.shape[1]))
        x[entity, panel.period] = covariates
    changes = {}
    for g in groups:
        own, rest, sums, more = sides[g], sides[never], s, 0.0
        if x is not None:
            sums, more = adjusted_sums(n, s, x, g - 1, own=own, never=rest)
        other = _change(n[rest], sums[rest], g - 1, paired=paired)
        other = replace(other, parts=other.parts + more)
        changes[g] = [_change(n[own], sums[own], g - 1, paired=paired), other]
    known = {g: np.isfinite(b.change) * a.rows for g, (a, b) in changes.items()}
    weights = _averages(known, width)
    if not weights:
        return {}
    names = list(weights)
    estimates, rows = np.zeros(len(names)), np.zeros(len(names))
    met = np.zeros((len(names), width), dtype=bool)
    shares = {j: _shares(n[rest], home[rest], panel) for j, rest in sides.items()}
    clusters = np.tile(shares[never] > 0, (len(names), 1))
    parts = []
    for g, (own, other) in changes.items():
        w = np.array([weights[name][g] for name in names])
        estimates += w @ np.nan_to_num(own.change - other.change)
        parts.append(
            _Part(
                own=_by_cluster(own.parts @ w.T, home[sides[g]], panel),
                mirror=_by_cluster(other.parts @ w.T, home[sides[never]], panel),
                share=shares[g],
            )
        )
        used = w > 0
        used[used.any(axis=1), g - 1] = True
        met |= used
        rows += used @ people[sides[g]].sum(axis=0)
        clusters |= used.any(axis=1)[:, None] & (shares[g] > 0)
    rows += met @ people[sides[never]].sum(axis=0)
    error, df = _standard_errors(parts, shares[never])
    noise = 1e-13 * np.abs(panel.sums / panel.counts).max()
    return {
        name: Average(
            t=t_comparison(
                float(estimates[k]),
                float(error[k]) if error[k] > noise else None,
                float(df[k]),
                level=level,
            ),
            rows=round(rows[k]),
            clusters=int(clusters[k].sum()),
        )
        for k, name in enumerate(names)
    }


def _change(n: np.ndarray, s: np.ndarray, base: int, *, paired: bool) -> _Change:
    """Return the change of a side's mean since `base`, from n and s (entities, P)."""
    before, total = n[:, [base]], s[:, [base]]
    if paired:
        there = (n > 0) & (before > 0)
        n, s, before, total = n * there, s * there, before * there, total * there
    sizes, base_sizes = n.sum(axis=0), before.sum(axis=0)
    known = (sizes > 0) & (base_sizes > 0)
    sizes, base_sizes = np.maximum(sizes, 1e-300), np.maximum(base_sizes, 1e-300)
    mean, first = s.sum(axis=0) / sizes, total.sum(axis=0) / base_sizes
    parts = (s - mean * n) / sizes - (total - first * before) / base_sizes
    return _Change(
        change=np.where(known, mean - first, np.nan),
        parts=np.where(known, parts, 0.0),
        rows=np.where(known, n.sum(axis=0), 0.0),
    )


def _averages(rows: Mapping[int, np.ndarray], width: int) -> dict[Name, dict]:
    """Return the weights of group-time effects, by start (P,), for each average."""
    period = np.arange(width)
    chosen = {"effect": {g: period >= g for g in rows}}
    for g in rows:
        chosen["group", g] = {h: (period >= h) & (h == g) for h in rows}
    for event in range(1 - max(rows), width - min(rows)):
        if event != -1:
            chosen["event", event] = {g: period == g + event for g in rows}
    found = {}
    for name, masks in chosen.items():
        total = sum(float(rows[g] @ mask) for g, mask in masks.items())
        if total > 0:
            found[name] = {g: rows[g] * mask / total for g, mask in masks.items()}
    return found


def _shares(n: np.ndarray, home: np.ndarray, panel: Panel) -> np.ndarray:
    """Return each cluster's share (C,) of the rows of one side."""
    rows = np.bincount(home, n.sum(axis=1), minlength=panel.clusters)
    return rows / rows.sum()


def _by_cluster(parts: np.ndarray, home: np.ndarray, panel: Panel) -> np.ndarray:
    """Return the sums (C, K) of parts (entities, K) over each cluster."""
    sums = np.zeros((panel.clusters, parts.shape[1]))
    np.add.at(sums, home, parts)
    return sums


def _standard_errors(
    parts: list[_Part], control_share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return standard errors and degrees of freedom, (K,) each; nan for none."""
    control = _scaled(sum(p.mirror for p in parts), control_share)
    sides = np.array([*(p.share > 0 for p in parts), control_share > 0])
    sizes, averages = sides.sum(axis=1), control.shape[1]
    none = np.full(averages, np.nan)
    if sizes[-1] < 2:
        return none, none
    if (sides.sum(axis=0) > 1).any():
        whole = sum(_scaled(p.own, p.share) for p in parts) - control
        alone = [
            p.mirror.any(axis=0) for p, m in zip(parts, sizes, strict=False) if m < 2
        ]
        error = np.where(np.any(alone, axis=0), np.nan, np.sqrt((whole**2).sum(axis=0)))
        return error, np.full(averages, sides.any(axis=0).sum() - 1.0)
    lent, own, squares = (
        (control**2).sum(axis=0),
        np.zeros(averages),
        np.zeros(averages),
    )
    there = (control_share**2).sum()
    for part, size in zip(parts, sizes, strict=False):
        variance = (_scaled(part.own, part.share) ** 2).sum(axis=0)
        if size >= FEW:
            own, squares = own + variance, squares + variance**2 / (size - 1)
            continue
        here, mirror = (part.share**2).sum(), _scaled(part.mirror, control_share)
        pooled = (size - 1) * variance / here
        pooled += (sizes[-1] - 1) * (mirror**2).sum(axis=0) / there
        lent += here * pooled / (size + sizes[-1] - 2)
    total = lent + own
    squares += lent**2 / (sizes[-1] - 1)
    return np.sqrt(total), total**2 / np.where(squares > 0, squares, 1.0)


def _scaled(parts: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return parts (C, K) over the root of 1 minus the share; a lone cluster's is 0."""
    left = np.where(share < 1, 1 - share, np.inf)
    return parts / np.sqrt(left)[:, None]
