"""Rows of a large table in groups: their sums, without a sort of the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class RowGroups:
    """Which group each row is in.

    Attributes
    ----------
    codes : numpy.ndarray
        Shape (rows,): 0 for a row without a group, else the place of its key in
        `keys`, from 1 on.
    keys : pandas.Index
        What the groups are called, in order.
    """

    codes: np.ndarray
    keys: pd.Index

    def sums(self, terms: Mapping[str, np.ndarray | float]) -> pd.DataFrame:
        """Return the sums of terms by group, missing numbers left out.

        Parameters
        ----------
        terms : mapping of str to numpy.ndarray or float
            By name: a number for each row, shape (rows,), or one for every row.
        """
        rows = np.bincount(self.codes, minlength=len(self.keys) + 1)
        made = {
            name: term * rows[1:] if np.ndim(term) == 0 else self._sums(term, rows)
            for name, term in terms.items()
        }
        return pd.DataFrame(made, index=self.keys)

    def _sums(self, term: np.ndarray, rows: np.ndarray) -> np.ndarray:
        if len(rows) == 2 and not rows[0]:  # all in one group
            return np.array([np.nansum(term)])
        found = np.bincount(self.codes, weights=term, minlength=len(rows))[1:]
        if np.isnan(found).any():
            return self._sums(np.nan_to_num(term, posinf=np.inf, neginf=-np.inf), rows)
        return found

    def largest(self, numbers: np.ndarray) -> np.ndarray:
        """Return the largest number of each group; those of no row are left out."""
        found = np.full(len(self.keys) + 1, -np.inf)
        np.maximum.at(found, self.codes, numbers)
        return found[1:]


def one_group(rows: int) -> RowGroups:
    """Return all rows as one group."""
    return RowGroups(codes=np.ones(rows, dtype=np.intp), keys=pd.Index(["all"]))


def row_groups(keys: pd.Series) -> RowGroups:
    """Return the groups that a column makes; rows without a value are in none.

    Categories stay in their order, those without a row are left out; other values are
    sorted.
    """
    if isinstance(keys.dtype, pd.CategoricalDtype):
        codes, names = keys.cat.codes.to_numpy().astype(np.intp), keys.cat.categories
        codes += 1
        here = np.bincount(codes, minlength=len(names) + 1)[1:] > 0
        if not here.all():
            place = np.append(0, np.cumsum(here))
            codes, names = place[codes], names[here]
    else:
        codes, names = pd.factorize(keys, sort=True)
        codes += 1
    return RowGroups(codes=codes, keys=pd.Index(names))


def crossed(codes: Sequence[np.ndarray], sizes: Sequence[int]) -> RowGroups:
    """Return the groups of rows that agree in several codes.

    Parameters
    ----------
    codes : sequence of numpy.ndarray
        Each of shape (rows,), from 0 on.
    sizes : sequence of int
        How many codes there may be.

    Returns
    -------
    RowGroups
        Its keys are rows of a MultiIndex of the codes, in order.
    """
    joint = np.ravel_multi_index(tuple(codes), tuple(sizes))
    rows = np.bincount(joint, minlength=int(np.prod(sizes)))
    (found,) = np.nonzero(rows)
    place = np.zeros(len(rows), dtype=np.intp)
    place[found] = np.arange(1, len(found) + 1)
    keys = pd.MultiIndex.from_arrays(np.unravel_index(found, tuple(sizes)))
    return RowGroups(codes=place[joint], keys=keys)


def together(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return which values of several columns stand together in a row, each once.

    Rows without a value in one of them are left out.

    >>> together(pd.DataFrame({"a": [1, 1, 2], "b": ["x", "x", None]}), ["a", "b"])
       a  b
    0  1  x
    """
    groups = [row_groups(frame[name]) for name in names]
    both = crossed([g.codes for g in groups], [len(g.keys) + 1 for g in groups])
    places = np.array([*both.keys], dtype=np.intp).reshape(-1, len(names))
    places = places[places.all(axis=1)] - 1
    return pd.DataFrame(
        {
            name: g.keys[places[:, i]]
            for i, (name, g) in enumerate(zip(names, groups, strict=True))
        }
    )


def mondays(days: pd.Series) -> pd.Series:
    """Return the Monday of each day's week.

    >>> mondays(pd.Series(pd.to_datetime(["2026-05-03", None])))[0]
    Timestamp('2026-04-27 00:00:00')
    """
    day = days.to_numpy().astype("datetime64[D]")
    monday = day - weekdays(day)
    return pd.Series(monday.astype(days.dtype), days.index, copy=False)


def weekdays(times: np.ndarray) -> np.ndarray:
    """Return the day of the week of each time, 0 for Monday; of none, anything.

    >>> weekdays(np.array(["2026-05-03T19:00"], dtype="datetime64[us]"))
    array([6])
    """
    day = times.astype("datetime64[D]").astype(np.int64)
    return (day + 3) % 7  # 1970-01-01 was a Thursday
