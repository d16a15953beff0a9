"""Perceptual map: voices and what they are linked with, in one picture of two axes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.results import Check, say


@dataclass(frozen=True, slots=True, kw_only=True)
class PerceptualMap:
    """Rows and columns of a table of counts as points (correspondence analysis).

    Attributes
    ----------
    rows, columns : DataFrame
        Principal coordinates ``x`` and ``y`` by name.
    shown : tuple of float
        Share (0-1) of the differences in the table that each of the two axes shows.
    inertia : float
        All of them: chi-squared by the number of mentions.
    check : Check
        Whether the voices differ by more than chance.
    """

    rows: pd.DataFrame
    columns: pd.DataFrame
    shown: tuple[float, float]
    inertia: float
    check: Check

    def sentence(self) -> str:
        """Return how much of the table the map shows, and whether it means anything."""
        both = say(sum(self.shown), "share")
        return f"The two axes show {both} of the differences. {self.check.sentence}"

    def nearest(self, name: str) -> str:
        """Return the row that lies nearest to another row."""
        at = self.rows.loc[name, ["x", "y"]]
        others = self.rows.drop(index=name)[["x", "y"]]
        return str(((others - at) ** 2).sum(axis=1).idxmin())


def perceptual_map(counts: pd.DataFrame) -> PerceptualMap:
    """Return a map of voices (rows) and attributes (columns) from counts of mentions.

    Parameters
    ----------
    counts : DataFrame
        How many people link a voice with an attribute; at least 3 of each.

    Raises
    ------
    DataError
        If there are too few rows or columns, a count is missing or below 0, a row or
        column has none, or a name stands twice.

    Notes
    -----
    Singular value decomposition of the standardised residuals (p - r c) / sqrt(r c);
    coordinates are scaled by the singular values on both sides. Distances between
    rows can be read, and between columns; a row and a column lie in the same direction
    when they go together. The signs of the axes are free: the largest column is put
    to the right, or up.

    References
    ----------
    Greenacre, M. J. (1984), Theory and Applications of Correspondence Analysis.
    """
    values = counts.apply(pd.to_numeric, errors="coerce").to_numpy(float)
    problems = []
    if min(values.shape) < 3:
        problems.append(
            f"the map has {values.shape[0]} voices and {values.shape[1]} attributes; "
            "it takes at least 3 of each."
        )
    if not (np.isfinite(values) & (values >= 0)).all():
        problems.append("write a count of 0 or more in every cell.")
    else:
        for axis, names in ((1, counts.index), (0, counts.columns)):
            empty = [str(n) for n, s in zip(names, values.sum(axis=axis), strict=True)
                     if s == 0]  # fmt: skip
            problems += [f"'{n}' has no mention; leave it out." for n in empty]
    for names in (counts.index, counts.columns):
        twice = names[names.duplicated()].unique()
        problems += [f"'{n}' stands twice; give each its own name." for n in twice]
    if problems:
        raise DataError(*problems)
    p = values / values.sum()
    r, c = p.sum(axis=1), p.sum(axis=0)
    expected = np.outer(r, c)
    u, s, vt = np.linalg.svd((p - expected) / np.sqrt(expected), full_matrices=False)
    rows, columns = u * s / np.sqrt(r)[:, None], vt.T * s / np.sqrt(c)[:, None]
    rows, columns = rows[:, :2], columns[:, :2]
    flip = np.sign(columns[np.abs(columns).argmax(axis=0), [0, 1]])
    flip = np.where(flip == 0, 1.0, flip)
    inertia = float((s**2).sum())
    whole = inertia if inertia > 0 else 1.0
    return PerceptualMap(
        rows=pd.DataFrame(rows * flip, index=counts.index, columns=["x", "y"]),
        columns=pd.DataFrame(columns * flip, index=counts.columns, columns=["x", "y"]),
        shown=(float(s[0] ** 2 / whole), float(s[1] ** 2 / whole)),
        inertia=inertia,
        check=_differ(inertia, values.sum(), values.shape, expected.min()),
    )


def _differ(inertia: float, n: float, shape: tuple[int, int], least: float) -> Check:
    chi_squared = inertia * n
    p = float(stats.chi2.sf(chi_squared, (shape[0] - 1) * (shape[1] - 1)))
    name, said = (
        "voices differ",
        f"chi-squared {chi_squared:.1f}, p {max(p, 0.001):.3f}",
    )
    said = said.replace("p 0.001", "p below 0.001") if p < 0.001 else said
    if least * n < 1:
        sentence = (
            f"Some counts are too small to tell the picture from chance ({said})."
        )
        return Check(name=name, answer="unknown", sentence=sentence)
    if p < 0.05:
        sentence = f"The voices differ by more than chance ({said})."
        return Check(name=name, answer="yes", sentence=sentence)
    sentence = f"Chance alone could draw such a picture ({said}): do not read it."
    return Check(name=name, answer="no", sentence=sentence)
