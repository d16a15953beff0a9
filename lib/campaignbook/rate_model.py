"""Rates of rows as a product of factors: platform, format, hour."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.kpis import Kpi, counts, parts

CLOCK = {"hour": "hour", "weekday": "day_of_week"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
            "Sunday")  # fmt: skip
FEWEST = 3
"""Rows that a level must have to be told apart."""
MOST_LEVELS = 24
"""So many levels of a factor are told apart, those with most rows."""
OTHERS = ("", "\0")
"""Levels that are never compared: none told, and all that are too rare."""
ROUNDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RateModel:
    """Rates of rows as a product of factors, fitted.

    Attributes
    ----------
    levels : dict of str to dict of str to int
        By factor: its levels and how many rows each has.
    places : dict of (str, str) to int
        Where in `effects` a level stands; the first of its factor is not there.
    effects, covariance : numpy.ndarray
        Logs of the ratios, shape (k,), and their covariance, shape (k, k).
    rows, df : int
        Rows, and rows minus parameters.
    events, expected : pandas.Series
        By row of the table: the numerator, and what the model expects.
    """

    levels: dict[str, dict[str, int]]
    places: dict[tuple[str, str], int]
    effects: np.ndarray
    covariance: np.ndarray
    rows: int
    df: int
    events: pd.Series
    expected: pd.Series

    def log_ratio(self, weights: dict[tuple[str, str], float]) -> tuple[float, float]:
        """Return a weighted sum of log effects and its standard error."""
        c = np.zeros(len(self.effects))
        for level, weight in weights.items():
            if level in self.places:
                c[self.places[level]] += weight
        variance = float(c @ self.covariance @ c)
        return float(c @ self.effects), math.sqrt(max(variance, 0.0))


def fit_rates(
    frame: pd.DataFrame, kpi: Kpi, factors: Sequence[str]
) -> RateModel | None:
    """Return the fitted model; None where the rows do not allow one.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the tidy table.
    kpi : Kpi
        A rate; one by reach must be a mean over rows.
    factors : sequence of str
        Columns, or ``hour`` and ``weekday`` of ``published``; ``platform`` is added.

    Raises
    ------
    DataError
        The indicator is a sum, or would need a sum of people.

    Notes
    -----
    Quasi-Poisson, log link, denominator as offset (a mean of rates has none). Rows of
    the same levels are summed first, so that millions of them take no matrix. Variance
    between rows, HC3 with the mean leverage of the rows of the same levels. A level
    whose effect cannot be told from the others' stands with the first of its factor.
    """
    if kpi.aggregation == "sum" or (
        kpi.aggregation == "sum_over_sum" and kpi.denominator == "reach"
    ):
        raise DataError(
            f"kpis.{kpi.id}: groups are compared by rates; a sum is none, and people "
            "are not added up."
        )
    ab = parts(frame, kpi)
    ab = ab[counts(ab, kpi)]
    if ab.empty or not (ab["a"].sum() > 0 and ab["b"].sum() > 0):
        return None
    by_row = kpi.aggregation == "mean_of_rates"
    a = ab["a"] / ab["b"] if by_row else ab["a"]
    b = 0 * ab["b"] + 1 if by_row else ab["b"]
    names = list(dict.fromkeys(["platform", *factors]))
    told = {f: _common(_levels(frame, f).loc[ab.index], a) for f in names}
    sums = pd.DataFrame({"n": 1.0, "a": a, "b": b, "aa": a * a, "ab": a * b,
                         "bb": b * b, **told}, copy=False)  # fmt: skip
    grouped = sums.groupby(names, sort=True, observed=True)
    cells = grouped.sum().reset_index()
    levels = {f: told[f].value_counts().sort_index().to_dict() for f in names}
    columns, places = [np.ones(len(cells))], {}
    for f in names:
        first = min(levels[f], key=lambda k, f=f: (k in OTHERS, -levels[f][k]))
        for k in levels[f]:
            candidate = (cells[f] == k).to_numpy(dtype=float)
            whole = np.column_stack([*columns, candidate])
            if k != first and np.linalg.matrix_rank(whole) == whole.shape[1]:
                places[f, k] = len(columns)
                columns.append(candidate)
    x = np.column_stack(columns)
    df = len(ab) - x.shape[1]
    beta = _solved(x, cells["a"].to_numpy(), cells["b"].to_numpy())
    if df < FEWEST or beta is None:
        return None
    rate = np.exp(x @ beta)
    bread = np.linalg.inv(x.T @ ((rate * cells["b"].to_numpy())[:, None] * x))
    within = np.einsum("ij,jk,ik->i", x, bread, x) * rate * cells["b"] / cells["n"]
    squares = cells["aa"] - 2 * rate * cells["ab"] + rate**2 * cells["bb"]
    meat = squares.clip(lower=0) / (1 - within).clip(lower=1e-6) ** 2
    covariance = bread @ (x.T @ (meat.to_numpy()[:, None] * x)) @ bread
    return RateModel(
        levels=levels, places=places, effects=beta, covariance=covariance,
        rows=len(ab), df=df, events=ab["a"],
        expected=rate[grouped.ngroup()] * ab["b"],
    )  # fmt: skip


def _solved(x: np.ndarray, y: np.ndarray, base: np.ndarray) -> np.ndarray | None:
    """Return the logs of the effects by Newton's steps; None where they have no end."""
    beta = np.zeros(x.shape[1])
    beta[0] = math.log(y.sum() / base.sum())
    for _ in range(ROUNDS):
        fitted = base * np.exp(x @ beta)
        step = np.linalg.solve(x.T @ (fitted[:, None] * x), x.T @ (y - fitted))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            return beta
    return None


def _levels(frame: pd.DataFrame, factor: str) -> pd.Series:
    """Return the level of each row as a category, empty where it has none."""
    if factor not in CLOCK:
        levels = frame[factor].astype("category").cat.remove_unused_categories()
        return levels.cat.add_categories([""]).fillna("")
    when = frame["published"]
    if factor == "weekday":
        return _numbered(when.dt.day_of_week, WEEKDAYS)
    # a platform that tells days only has midnight for all of its hours
    tells = (when.dt.hour + when.dt.minute > 0).groupby(frame["platform"])
    hours = when.dt.hour.where(tells.transform("any"))
    return _numbered(hours, [str(hour) for hour in range(24)])


def _numbered(numbers: pd.Series, names: Sequence[str]) -> pd.Series:
    codes = numbers.fillna(-1).to_numpy().astype(np.int8) + 1
    return pd.Series(pd.Categorical.from_codes(codes, ["", *names]), numbers.index)


def _common(levels: pd.Series, events: pd.Series) -> pd.Series:
    """Return the levels, those that are too rare or without an event as one."""
    levels = levels.cat.remove_unused_categories()
    rows = levels[levels != ""].value_counts()
    some = events.groupby(levels, observed=True).sum()
    kept = [k for k in rows.index if rows[k] >= FEWEST and some[k] > 0][:MOST_LEVELS]
    texts = [k if k in ("", *kept) else OTHERS[1] for k in levels.cat.categories]
    names = sorted(set(texts))
    codes = np.array([names.index(text) for text in texts])[levels.cat.codes]
    return pd.Series(pd.Categorical.from_codes(codes, names), levels.index)
