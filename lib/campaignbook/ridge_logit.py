"""A multinomial logit with a small ridge: chances of people left out of the fit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import optimize, special

from campaignbook.errors import DataError
from campaignbook.surveys import survey_weights
from campaignbook.tables import require_columns

RIDGE = 1.0
"""Penalty on squared coefficients, so that a sure answer keeps a finite one."""

FEWEST = 20
"""People below which nothing is predicted."""


def terms_of(
    table: pd.DataFrame, columns: Sequence[str], usable: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return a constant and standardised columns, and which rows have them all.

    Numbers with more than two values enter with their square; texts and yes or no as
    categories.

    Returns
    -------
    terms : numpy.ndarray, shape (m, p)
        Of the rows that are usable and have no missing value.
    kept : numpy.ndarray of bool, shape (n,)

    Raises
    ------
    DataError
        If the survey is empty, a column is not there or holds an infinite number, or no
        row is left.
    """
    survey_weights(table, None)
    if not columns:
        raise DataError("name at least one column from which to tell.")
    require_columns(table, *columns)
    kept = usable & table[list(columns)].notna().all(axis=1).to_numpy()
    if not kept.any():
        raise DataError(
            f"no row has a value in every one of {', '.join(columns)}; leave out the "
            "column with the most missing answers."
        )
    parts = [np.ones((int(kept.sum()), 1))]
    for name in columns:
        column = table[name][kept]
        numeric = pd.api.types.is_numeric_dtype(column) and column.nunique() > 2
        if numeric:
            value = column.to_numpy(float)
            if not np.isfinite(value).all():
                raise DataError(
                    f"column '{name}' holds an infinite number; write what is known, "
                    "or leave it empty."
                )
            value = (value - value.mean()) / (value.std() or 1.0)
            parts.append(np.column_stack([value, value**2]))
        else:
            codes, names = pd.factorize(column, sort=True)
            parts.append((codes[:, None] == np.arange(1, len(names))).astype(float))
    return np.concatenate(parts, axis=1), kept


def refuse_few(codes: np.ndarray, groups: int, what: str) -> None:
    """Raise DataError unless there are two groups and enough people."""
    if groups < 2 or len(codes) < FEWEST:
        raise DataError(
            f"{len(codes)} people in {groups} {what} are left: to predict takes two "
            f"{what} and {FEWEST} people at least."
        )


def fitted(
    terms: np.ndarray, codes: np.ndarray, groups: int, *, ridge: float = RIDGE
) -> np.ndarray:
    """Return each row's chance of each group, by a model of these very rows.

    Parameters
    ----------
    terms : numpy.ndarray, shape (n, p)
        A constant first; it carries no penalty.
    codes : numpy.ndarray of int, shape (n,)
        Group of each row, 0 to groups - 1.
    """
    return _chances(terms, _coefficients(terms, codes, groups, ridge))


def log_likelihood(terms: np.ndarray, codes: np.ndarray) -> float:
    """Return the largest log-likelihood of two groups, without a penalty."""
    chance = fitted(terms, codes, 2, ridge=1e-8)
    return float(np.log(chance[np.arange(len(codes)), codes]).sum())


def left_out(
    terms: np.ndarray, codes: np.ndarray, groups: int, *, folds: int, seed: int
) -> np.ndarray:
    """Return each row's chance of each group, by a model that never saw the row.

    Raises
    ------
    DataError
        Unless there are at least two folds, and as many people.
    """
    if not 2 <= folds <= len(codes):
        raise DataError(
            f"folds is {folds}: write a number from 2 to the {len(codes)} people."
        )
    fold = np.random.default_rng(seed).permutation(len(codes)) % folds
    chances = np.empty((len(codes), groups))
    for part in range(folds):
        out = fold == part
        made = _coefficients(terms[~out], codes[~out], groups, RIDGE)
        chances[out] = _chances(terms[out], made)
    return chances


def _chances(terms: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    return special.softmax(terms @ coefficients, axis=1)


def _coefficients(
    terms: np.ndarray, codes: np.ndarray, groups: int, ridge: float
) -> np.ndarray:
    member = (codes[:, None] == np.arange(groups)).astype(float)
    penalty = np.full((terms.shape[1], 1), ridge)
    penalty[0] = 1e-8

    def off(flat: np.ndarray) -> tuple[float, np.ndarray]:
        beta = flat.reshape(terms.shape[1], groups)
        logs = special.log_softmax(terms @ beta, axis=1)
        loss = -(member * logs).sum() + (penalty * beta**2).sum() / 2
        return loss, (terms.T @ (np.exp(logs) - member) + penalty * beta).ravel()

    begin = np.zeros(terms.shape[1] * groups)
    options = {"maxiter": 500, "ftol": 1e-12, "gtol": 1e-7}
    found = optimize.minimize(off, begin, jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(terms.shape[1], groups)
