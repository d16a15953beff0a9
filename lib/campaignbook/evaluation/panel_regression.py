"""The regression of a panel on its effects, with covariates, from cell sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.arms import real_error
from campaignbook.evaluation.bell_mccaffrey import demeaned
from campaignbook.evaluation.clusters import ClusterFit, cluster_regression
from campaignbook.evaluation.covariate_sums import moments
from campaignbook.evaluation.panels import Panel

TOLD = 1e-10
"""A covariate with a smaller share of its squares left says nothing of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PanelCovariates:
    """Covariates of a panel that say something beside its effects.

    Attributes
    ----------
    names, absorbed, following : tuple of str
        The k that are used, those that the effects of the regression tell already,
        and those that follow from the ones before them.
    means : ndarray, shape (cells, k)
        Mean of each cell, less the mean of all.
    rows, outcomes, owner : ndarray, shapes (E, k), (E,) and (E,)
        Rows that stand for what varies within the cells of a cluster: their squares
        and products are those of the rows behind the cells.
    slopes : ndarray, shape (k,)
        Outcome by covariate within units, groups and periods; 0 where nothing is left.
    """

    names: tuple[str, ...]
    absorbed: tuple[str, ...]
    following: tuple[str, ...]
    means: np.ndarray
    rows: np.ndarray
    outcomes: np.ndarray
    owner: np.ndarray
    slopes: np.ndarray

    @classmethod
    def of(
        cls, frame: pd.DataFrame, panel: Panel, names: Mapping[str, str]
    ) -> "PanelCovariates":
        """Return the covariates of a panel made of the cells `frame`.

        Parameters
        ----------
        frame : pandas.DataFrame
            Cells in the panel's order, with sums and products of the covariates.
        panel : Panel
            Its cells.
        names : mapping of str to str
            Number in the frame and what it is called; at least one.

        Raises
        ------
        DataError
            If the covariates tell who is treated when.
        """
        weight = "w" if panel.weighted else ""
        n, s, products = moments(frame, [*names, "y"], weight=weight)
        scale = panel.counts.sum() / n.sum()
        k, called = len(names), np.array(list(names.values()))
        within = products - s[:, :, None] * s[:, None, :] / n[:, None, None]
        within *= scale
        means = s[:, :k] / n[:, None] - s[:, :k].sum(axis=0) / n.sum()
        if panel.unit is not None:
            within[:] = 0.0  # a cell is one row
        spread, y = within.sum(axis=0), panel.sums / panel.counts
        size = panel.counts @ means**2 + np.diag(spread)[:k]
        effect = (panel.group & (panel.period >= panel.start)).astype(float)
        found = np.column_stack([means, effect, y])
        extra = np.insert(np.insert(spread, k, 0.0, axis=0), k, 0.0, axis=1)
        gram = _left(panel, _effects(panel), found, panel.unit, extra)
        absorbed = np.diag(gram)[:k] <= TOLD * size
        kept = _independent(gram[:k, :k], size)
        told = gram[k, :k][kept]
        left = gram[k, k] - told @ _solved(gram[:k, :k], kept, told)
        if left <= 1e-8 * gram[k, k] and kept.any():
            raise DataError(
                f"covariates: {listed(called[kept])} and the fixed effects tell who "
                "is treated when, so no effect of the campaign can be seen beside "
                "them; leave out what follows the campaign."
            )
        means, both = means[:, kept], np.r_[kept, True]
        later = _effects(panel)[:, 0 if panel.unit is not None else 2 :]
        later = np.column_stack([later, later * panel.group[:, None]])
        home = 2 * panel.cluster + panel.group if panel.unit is None else panel.unit
        slope = _left(
            panel, later, np.column_stack([means, y]), home, spread[both][:, both]
        )
        slopes, some = np.zeros(kept.sum()), np.diag(slope)[:-1] > TOLD * size[kept]
        slopes[some] = _solved(slope[:-1, :-1], some, slope[:-1, -1][some])
        rows, outcomes, owner = _within(panel, within[:, both][:, :, both], size[kept])
        return cls(
            names=tuple(called[kept].tolist()),
            absorbed=tuple(called[absorbed].tolist()),
            following=tuple(called[~kept & ~absorbed].tolist()),
            means=means,
            rows=rows,
            outcomes=outcomes,
            owner=owner,
            slopes=slopes,
        )

    def taken_off(self, panel: Panel) -> Panel:
        """Return a panel whose sums are those of the outcome less slope x covariate."""
        return _with_sums(panel, panel.sums - panel.counts * (self.means @ self.slopes))

    def as_outcome(self, panel: Panel, which: int) -> Panel:
        """Return a panel with a covariate in place of the outcome."""
        return _with_sums(panel, panel.counts * self.means[:, which])


def regression(panel: Panel, beside: PanelCovariates | None = None) -> ClusterFit:
    """Return the effect from a regression on group (or unit) and period effects.

    `beside` are covariates that stand in it too, as the rows behind the cells hold
    them. Errors that are nothing but rounding are 0.
    """
    effect = panel.group & (panel.period >= panel.start)
    columns, counts, sums = [_effects(panel)], panel.counts, panel.sums
    cluster, times, k = panel.cluster, panel.cell_times, 0
    if beside is not None:
        columns.append(beside.means)
        k = len(beside.names)
    design = np.column_stack([*columns, effect]).astype(float, copy=False)
    if beside is not None and len(beside.rows):
        more = np.zeros((len(beside.rows), design.shape[1]))
        more[:, -1 - k : -1] = beside.rows
        design, sums = np.vstack([design, more]), np.r_[sums, beside.outcomes]
        counts = np.r_[counts, np.ones(len(more))]
        cluster = np.r_[cluster, beside.owner]
        times = np.r_[times, np.ones(len(more))]
    fit = cluster_regression(
        design,
        counts,
        sums,
        cluster,
        column=design.shape[1] - 1,
        absorb=panel.unit,
        counted=None if panel.unit is None else 1 + k,
        rows=float(panel.counts.sum()),
        times=times,
    )
    size = float(np.abs(panel.sums / panel.counts).max())
    return fit if real_error(fit.cr1, size) else replace(fit, cr1=0.0, cr2=0.0)


def _effects(panel: Panel) -> np.ndarray:
    """Return the columns of group and period effects; units are absorbed."""
    dummies = panel.period[:, None] == np.arange(1, len(panel.periods))
    first = [] if panel.unit is not None else [np.ones(len(dummies)), panel.group]
    return np.column_stack([*first, dummies]).astype(float, copy=False)


def _left(panel, fixed, columns, codes, extra) -> np.ndarray:
    """Return squares and products of columns that fixed and absorbed effects leave.

    `extra` are those within cells, which no effect touches.
    """
    x, q = np.column_stack([fixed, columns]), fixed.shape[1]
    if codes is not None:
        own = demeaned(x[:, :-1], x[:, -1], panel.counts, codes, panel.cluster)
        x = np.column_stack(own)
    gram = x.T @ (x * panel.counts[:, None])
    told = np.diag(gram)[:q] > 0
    cross = gram[:q, q:]
    return gram[q:, q:] - cross[told].T @ _solved(gram, told, cross[told]) + extra


def _solved(gram, kept, right) -> np.ndarray:
    """Return gram[kept, kept]^-1 right, solved on its own scale."""
    some = np.flatnonzero(kept)
    scale = 1 / np.sqrt(np.diag(gram)[some])
    both = np.outer(scale, scale)
    square = gram[np.ix_(some, some)] * both
    return (np.linalg.pinv(square, rcond=TOLD, hermitian=True) * both) @ right


def _independent(gram, size) -> np.ndarray:
    """Return which columns (k,) have squares left beside those before them."""
    kept = np.zeros(len(size), dtype=bool)
    for j in range(len(size)):
        rest = gram[j, j] - gram[j, kept] @ _solved(gram, kept, gram[kept, j])
        kept[j] = rest > TOLD * size[j]
    return kept


def _within(panel, within, size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows, outcomes and their cluster with the moments within its cells."""
    k = len(size)
    if panel.unit is not None or not k:
        return np.empty((0, k)), np.empty(0), np.empty(0, dtype=int)
    flat = within.reshape(len(within), -1).T
    whole = np.column_stack([np.bincount(panel.cluster, v) for v in flat])
    whole, root = whole.reshape(-1, k + 1, k + 1), np.sqrt(size)
    values, vectors = np.linalg.eigh(whole[:, :k, :k] / np.outer(root, root))
    real = values > 1e-14
    length = np.sqrt(np.where(real, values, 1.0))
    outcomes = np.einsum("gij,gi->gj", vectors, whole[:, :k, k] / root) / length
    rows = vectors.mT * length[:, :, None] * root
    owner = np.broadcast_to(np.arange(len(whole))[:, None], real.shape)
    return rows[real], outcomes[real], owner[real]


def _with_sums(panel: Panel, sums: np.ndarray) -> Panel:
    known, cell = 2 * panel.owner + panel.side, 2 * panel.cluster + panel.group
    place = np.searchsorted(known, cell) * len(panel.periods) + panel.period
    s = np.bincount(place, sums, minlength=panel.s.size).reshape(panel.s.shape)
    return replace(panel, sums=sums, s=s)


def listed(names: Iterable[str]) -> str:
    """Return names in quotes, with commas."""
    return ", ".join(f"'{name}'" for name in names)
