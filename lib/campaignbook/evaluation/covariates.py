"""What to adjust for: from the plan's covariates to columns of numbers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.parts import Covariate
from campaignbook.tables import require_columns

DEPENDENT = 1e-9
"""A column whose new part is smaller than this share of it says nothing new."""


def columns_to_read(
    covariates: Sequence[Covariate], *, treatment_name: str | None = None
) -> tuple[list[str], list[str]]:
    """Return the columns to read as numbers, and those to read as text.

    A column that is used as category only is text; the treatment itself, which may
    stand in an interaction, is neither.

    Examples
    --------
    >>> columns_to_read([
    ...     Covariate(column="age"), Covariate(column="town", as_="category"),
    ...     Covariate(interact=("quit", "dose")),
    ... ], treatment_name="quit")
    (['age', 'dose'], ['town'])
    """
    numbers, texts = [], []
    for covariate in covariates:
        (texts if covariate.as_ else numbers).extend(_columns(covariate))
    numbers = [c for c in dict.fromkeys(numbers) if c != treatment_name]
    return numbers, [c for c in dict.fromkeys(texts) if c not in numbers]


def design_matrix(
    rows: pd.DataFrame, covariates: Sequence[Covariate]
) -> tuple[np.ndarray, list[str]]:
    """Return the covariates as columns of a regression, and the columns' names.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row a person, without missing values; columns by their own names.
    covariates : sequence of Covariate
        As in the plan.

    Returns
    -------
    matrix : numpy.ndarray, shape (n, k)
        In the columns' own units and without a constant: a regression adds its own,
        and is steadier on `standardised` columns. Columns that follow from those
        before them are left out; `expand` gives them all.
    names : list of str, length k
        ``age``, ``age^2``, ``town=Leeds`` (each level but the first), ``age x dose``.

    Raises
    ------
    DataError, PlanError
        A column is not there, is constant, holds text or no value where numbers
        belong, or a covariate contradicts itself; all problems at once.

    Examples
    --------
    >>> rows = pd.DataFrame({"age": [20, 30, 50], "town": ["York", "Bath", "York"]})
    >>> matrix, names = design_matrix(rows, [
    ...     Covariate(column="age"), Covariate(column="town", as_="category"),
    ... ])
    >>> names, matrix.tolist()
    (['age', 'town=York'], [[20.0, 1.0], [30.0, 0.0], [50.0, 1.0]])
    """
    matrix, names = expand(rows, covariates)
    kept = independent(matrix)
    return matrix[:, kept], [n for n, k in zip(names, kept, strict=True) if k]


def refuse_contradictions(covariates: Sequence[Covariate]) -> None:
    """Raise PlanError for a power or category of what is no plain column."""
    problems = [
        f"covariates: {' x '.join(_columns(c))} is a "
        f"{'product' if c.interact else 'category'}; power goes with a plain column."
        for c in covariates
        if c.power and (c.interact or c.as_)
    ]
    problems += [
        f"covariates: as: category goes with column, not with interact: "
        f"[{', '.join(c.interact)}]."
        for c in covariates
        if c.as_ and c.interact
    ]
    if problems:
        raise PlanError(*dict.fromkeys(problems))


def expand(
    rows: pd.DataFrame, covariates: Sequence[Covariate]
) -> tuple[np.ndarray, list[str]]:
    """Return what `design_matrix` returns, with the columns that it leaves out."""
    refuse_contradictions(covariates)
    problems: list[str] = []
    require_columns(rows, *dict.fromkeys(c for v in covariates for c in _columns(v)))
    parts: list[np.ndarray] = []
    names: list[str] = []
    for covariate in covariates:
        try:
            found = _terms(rows, covariate)
        except DataError as error:
            problems += error.problems
            continue
        names += found
        parts += found.values()
    if problems:
        raise DataError(*dict.fromkeys(problems))
    return np.column_stack(parts) if parts else np.empty((len(rows), 0)), names


def independent(matrix: np.ndarray) -> np.ndarray:
    """Return which columns say something new beside a constant and those before them.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (n, k)
        Columns in order of precedence.

    Returns
    -------
    numpy.ndarray of bool, shape (k,)
        False for constant columns too.

    Notes
    -----
    Each column is centred and the whole reduced to its triangle (QR), in which
    Gram-Schmidt, done twice ("twice is enough"), takes the columns one by one.

    References
    ----------
    Giraud, Langou & Rozloznik (2005), Computers & Mathematics 50:1069-1075.

    Examples
    --------
    >>> independent(np.array([[1.0, 2, 5], [2, 4, 5], [3, 6, 5]])).tolist()
    [True, False, False]
    """
    kept = np.zeros(matrix.shape[1], dtype=bool)
    centred = matrix - matrix.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    varies = np.flatnonzero(size > 1e-13 * np.linalg.norm(matrix, axis=0))
    triangle = np.linalg.qr(centred[:, varies] / size[varies], mode="r")
    basis = np.empty((len(triangle), 0))
    for i, column in zip(varies, triangle.T, strict=True):
        rest = column
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        left = np.linalg.norm(rest)
        if left > DEPENDENT:
            kept[i] = True
            basis = np.column_stack([basis, rest / left])
    return kept


def standardised(matrix: np.ndarray) -> np.ndarray:
    """Return the columns with mean 0 and standard deviation 1 (constant ones: 0)."""
    spread = matrix.std(axis=0)
    return (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _columns(covariate: Covariate) -> tuple[str, ...]:
    return covariate.interact or (covariate.column,)


def _terms(rows: pd.DataFrame, covariate: Covariate) -> dict[str, np.ndarray]:
    """Return the columns that one covariate stands for, by name."""
    if covariate.as_:
        return dummies(rows[covariate.column], covariate.column)
    label = term_name(covariate)
    if covariate.interact:
        first, second = covariate.interact
        return {label: _numbers(rows[first], first) * _numbers(rows[second], second)}
    values = _numbers(rows[covariate.column], covariate.column)
    return {label: values ** (covariate.power or 1)}


def term_name(covariate: Covariate) -> str:
    """Return what the column of a plain covariate, power or product is called."""
    if covariate.interact:
        return " x ".join(covariate.interact)
    power = f"^{covariate.power}" if covariate.power else ""
    return f"{covariate.column}{power}"


def _numbers(values: pd.Series, column: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(
            f"covariates: the column '{column}' holds text; write "
            f"{{column: {column}, as: category}}, or a column of numbers."
        )
    numbers = values.to_numpy(dtype=float)
    if not np.isfinite(numbers).all():
        raise DataError(f"covariates: the column '{column}' has rows without a value.")
    if numbers.size and np.ptp(numbers) == 0:
        raise constant(column, numbers[0])
    return numbers


def dummies(values: pd.Series, column: str) -> dict[str, np.ndarray]:
    """Return a column of 0 and 1 for each level but the first, by name.

    DataError if the column has one level only, or rows without a value.
    """
    if values.isna().any():
        raise DataError(f"covariates: the column '{column}' has rows without a value.")
    texts = values.map(_level).to_numpy(dtype=object)
    levels = sorted(set(texts))
    if all(_is_number(level) for level in levels):
        levels = sorted(levels, key=float)
    if len(levels) == 1:
        raise constant(column, levels[0])
    return {f"{column}={v}": (texts == v).astype(float) for v in levels[1:]}


def _level(value: object) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _is_number(text: str) -> bool:
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def constant(column: str, value: object = None) -> DataError:
    """Return what is said of a covariate that is the same in every row."""
    shown = "" if value is None else f", {value},"
    return DataError(
        f"covariates: the column '{column}' holds the same value{shown} in every "
        "row; there is nothing to adjust for, so leave it out."
    )
