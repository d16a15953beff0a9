"""Answers of a survey as distinct patterns: who answers alike is counted together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.surveys import kish_effective, survey_weights
from campaignbook.tables import require_columns

MOST_ANSWERS = 20
"""With more, a column holds numbers or free text and not answers to choose from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patterns:
    """The distinct patterns of answers, and how many people gave each.

    Attributes
    ----------
    items : tuple of str
        Columns of the survey.
    answers : tuple of tuple of str
        The answers of each item, in the order of the columns of `indicators`.
    indicators : numpy.ndarray, shape (u, c)
        1 where a pattern holds an answer; all 0 in an item without one.
    weights : numpy.ndarray, shape (u,)
        People by pattern; they sum to `effective`.
    squares : numpy.ndarray, shape (u,)
        Sum of the squared weights of the people of each pattern, in the same measure.
    row_of : numpy.ndarray of int, shape (n,)
        Pattern of each row.
    answered : numpy.ndarray of bool, shape (n,)
        Whether the row holds any answer.
    index : pandas.Index, length n
        Of the rows.
    """

    items: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    indicators: np.ndarray
    weights: np.ndarray
    squares: np.ndarray
    row_of: np.ndarray
    answered: np.ndarray
    index: pd.Index

    @property
    def rows(self) -> int:
        """People with at least one answer."""
        return int(self.answered.sum())

    @property
    def effective(self) -> float:
        """Kish's effective number of people; without weights, those with answers."""
        return float(self.weights.sum())

    @property
    def starts(self) -> np.ndarray:
        """First column of each item in `indicators`."""
        return np.cumsum([0, *(len(a) for a in self.answers[:-1])])

    def normal(self, counts: np.ndarray) -> np.ndarray:
        """Return counts (k, c) so divided that each item's answers sum to 1.

        Where a class has no answer at all in an item, all answers are as likely.
        """
        sizes = [len(a) for a in self.answers]
        counts = np.maximum(counts, 1e-300)
        sums = np.add.reduceat(counts, self.starts, axis=1)
        return counts / np.repeat(sums, sizes, axis=1)

    def some(self, chosen: np.ndarray) -> "Patterns":
        """Return the same with some of the patterns only; rows are not kept."""
        none = np.zeros(0, dtype=int)
        return replace(
            self,
            indicators=self.indicators[chosen],
            weights=self.weights[chosen],
            squares=self.squares[chosen],
            row_of=none,
            answered=none.astype(bool),
            index=self.index[none],
        )

    def of_rows(self, chosen: np.ndarray) -> "Patterns":
        """Return the patterns of some rows; a mask, every row with a weight of 1."""
        counts = np.bincount(self.row_of[chosen], minlength=len(self.weights))
        kept = np.flatnonzero(counts)
        place = np.zeros(len(counts), dtype=int)
        place[kept] = np.arange(len(kept))
        part = self.some(kept)
        return replace(
            part,
            weights=counts[kept].astype(float),
            squares=counts[kept].astype(float),
            row_of=place[self.row_of[chosen]],
            answered=self.answered[chosen],
            index=self.index[chosen],
        )


def answer_patterns(
    table: pd.DataFrame, items: Sequence[str], *, weights: str | None = None
) -> Patterns:
    """Return the answers of a survey as patterns.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    items : sequence of str
        At least two columns with 2 to `MOST_ANSWERS` different answers.
    weights : str, optional
        Column of sampling weights.

    Raises
    ------
    DataError
        If the survey is empty, a column is not there or holds no answers to choose
        from, or all people answer alike.
    """
    items = tuple(items)
    require_columns(table, *items)
    person = survey_weights(table, weights)
    if len(set(items)) < max(2, len(items)):
        raise DataError(
            "items: classes are found in how answers go together; name at least two "
            "columns, none of them twice."
        )
    coded = [_coded(table[i]) for i in items]
    _refuse_no_choice(items, coded)
    codes = np.stack([code for code, _ in coded])
    answered = (codes >= 0).any(0)
    key, distinct = _keys(codes)
    if len(distinct) < 2:
        raise DataError(
            "every person gives the same answers, so there are no classes to tell "
            "apart. Choose items on which people differ."
        )
    person = np.where(answered, person, 0.0)
    person = person * kish_effective(person) / person.sum()
    first = codes[:, distinct].T
    columns = [first[:, j, None] == np.arange(len(v)) for j, (_, v) in enumerate(coded)]
    return Patterns(
        items=items,
        answers=tuple(tuple(_told(v) for v in values) for _, values in coded),
        indicators=np.concatenate(columns, axis=1).astype(float),
        weights=np.bincount(key, weights=person),
        squares=np.bincount(key, weights=person**2),
        row_of=key,
        answered=answered,
        index=table.index,
    )


def _coded(column: pd.Series) -> tuple[np.ndarray, Sequence]:
    """Return each row's answer as a number, -1 without one, and the answers."""
    plain = column.astype("string") if column.dtype == object else column
    return pd.factorize(plain, sort=True)


def _told(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


def _keys(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's pattern as a number, and a row that shows each pattern."""
    key = np.zeros(codes.shape[1], dtype=np.int64)
    for code in codes:
        key = key * (int(code.max()) + 2) + code + 1
        if key.max() > 2**40:
            key = np.unique(key, return_inverse=True)[1]
    _, first, key = np.unique(key, return_index=True, return_inverse=True)
    return key, first


def _refuse_no_choice(items: Sequence[str], coded: Sequence[tuple]) -> None:
    problems = []
    for item, (_, values) in zip(items, coded, strict=True):
        if len(values) == 0:
            problems.append(f"item '{item}' has no answer at all; leave it out.")
        elif len(values) > MOST_ANSWERS:
            problems.append(
                f"item '{item}' has {len(values)} different answers. Put them into at "
                f"most {MOST_ANSWERS} groups, or use k-means for numbers."
            )
    if problems:
        raise DataError(*problems)
