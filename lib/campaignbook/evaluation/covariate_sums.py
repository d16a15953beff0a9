"""Covariates as sums by cell: what to read for them, and categories as numbers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.evaluation.covariates import (
    constant,
    dummies,
    refuse_contradictions,
    term_name,
)
from campaignbook.evaluation.parts import Covariate
from campaignbook.tables import Cells, require_columns

MOST_LEVELS = 100
"""Levels of a category beside its first: their products are summed in every cell."""


def sums_to_read(
    covariates: Sequence[Covariate],
) -> tuple[dict[str, str | tuple[str, ...]], dict[str, str]]:
    """Return the numbers to sum and the keys to sum by.

    Powers and products are numbers of their own; a category splits the cells, until
    `with_terms` makes numbers of it. PlanError where a covariate contradicts itself.

    Examples
    --------
    >>> sums_to_read([
    ...     Covariate(column="age", power=2), Covariate(column="town", as_="category"),
    ... ])
    ({'z0': ('age', 'age')}, {'category1': 'town'})
    """
    refuse_contradictions(covariates)
    numbers: dict[str, str | tuple[str, ...]] = {}
    keys = {}
    for i, covariate in enumerate(covariates):
        if covariate.as_:
            keys[f"category{i}"] = covariate.column
        else:
            plain = covariate.column
            powered = (plain,) * covariate.power if covariate.power else plain
            numbers[f"z{i}"] = covariate.interact or powered
    return numbers, keys


def with_terms(
    cells: Cells, covariates: Sequence[Covariate]
) -> tuple[Cells, dict[str, str]]:
    """Return cells in which every covariate is a number, and what each is called.

    Parameters
    ----------
    cells : Cells
        Read by `sums_to_read`; with weights ``w`` all products are there weighted too.
    covariates : sequence of Covariate
        As in the plan.

    Returns
    -------
    Cells
        Levels of a category, but the first, are ``z1d0``, ``z1d1`` ...; cells that
        differed by it only are added up. The centre and the account stay.
    dict of str to str
        ``{"z0": "age^2", "z1d0": "town=York"}``, in the order of the plan.

    Raises
    ------
    DataError
        If a covariate is the same in every row, or a category has too many levels.
    """
    frame = cells.frame
    numbers, keys = sums_to_read(covariates)
    require_columns(frame, *keys, *(f"sum_{z}" for z in numbers))
    names: dict[str, str] = {}
    problems: list[str] = []
    for i, covariate in enumerate(covariates):
        if not covariate.as_:
            names[f"z{i}"] = term_name(covariate)
            if _is_constant(frame, f"z{i}"):
                problems += constant(names[f"z{i}"]).problems
            continue
        levels = dummies(frame[f"category{i}"], covariate.column)
        if len(levels) > MOST_LEVELS:
            problems.append(
                f"covariates: '{covariate.column}' has {len(levels) + 1:,} different "
                f"values, more than the {MOST_LEVELS} levels that are adjusted for; "
                "group them, or leave it out."
            )
            continue
        for j, (label, one) in enumerate(levels.items()):
            frame = _with_number(frame, f"z{i}d{j}", one)
            names[f"z{i}d{j}"] = label
    if problems:
        raise DataError(*problems)
    if keys:
        by = [c for c in frame if c != "n" and not c.startswith("sum_")]
        by = [c for c in by if c not in keys]
        sums = ["n", *(c for c in frame if c.startswith("sum_"))]
        # a copy lies in one piece: pandas warns of grouping many small ones
        frame = frame.copy().groupby(by, as_index=False, sort=False)[sums].sum()
    return replace(cells, frame=frame), names


def moments(
    frame: pd.DataFrame, names: Sequence[str], *, weight: str = ""
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows (c,), sums (c, m) and products (c, m, m) of numbers, by cell.

    `weight` is the name of the number that rows count by (``w``); left out, each
    counts once.
    """
    begin = f"sum_{weight}_" if weight else "sum_"
    n = frame[f"sum_{weight}" if weight else "n"].to_numpy(dtype=float)
    sums = np.empty((len(n), len(names)))
    products = np.empty((len(n), len(names), len(names)))
    for i, a in enumerate(names):
        sums[:, i] = frame[begin + a]
        for j, b in enumerate(names[: i + 1]):
            column = f"{begin}{a}_{b}"
            column = column if column in frame else f"{begin}{b}_{a}"
            products[:, i, j] = products[:, j, i] = frame[column]
    return n, sums, products


def _with_number(frame: pd.DataFrame, name: str, one: np.ndarray) -> pd.DataFrame:
    """Return a frame with a number that is 0 or 1 for all rows of a cell."""
    made = {f"sum_{name}": frame["n"] * one, f"sum_{name}_{name}": frame["n"] * one}
    known = [c[4:] for c in frame if c.startswith("sum_") and c.count("_") == 1]
    for other in known:
        made[f"sum_{other}_{name}"] = frame[f"sum_{other}"] * one
    if "sum_w" in frame:
        made[f"sum_w_{name}_{name}"] = frame["sum_w"] * one
        for other in [k for k in known if k != "w"]:
            column = f"sum_{other}_w" if f"sum_{other}_w" in frame else f"sum_w_{other}"
            made[f"sum_w_{other}_{name}"] = frame[column] * one
    return pd.concat([frame, pd.DataFrame(made, index=frame.index)], axis="columns")


def _is_constant(frame: pd.DataFrame, name: str) -> bool:
    columns = ("n", f"sum_{name}", f"sum_{name}_{name}")
    n, total, square = (frame[c].sum() for c in columns)
    return bool(square - total**2 / n <= 1e-13 * square)
