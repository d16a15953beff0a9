"""Rates of rows as a product of factors: platform, format, hour."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.kpis import Kpi, counts, parts
from campaignbook.row_groups import crossed, row_groups, weekdays

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
    use = counts(ab, kpi).to_numpy()
    ab = ab if use.all() else ab[use]
    if ab.empty or not (ab["a"].sum() > 0 and ab["b"].sum() > 0):
        return None
    a, b = ab["a"].to_numpy(), ab["b"].to_numpy()
    if kpi.aggregation == "mean_of_rates":
        a, b = a / b, np.ones(len(b))
    factors = list(dict.fromkeys(["platform", *factors]))
    told = [_common(*_levels(frame, f, use), a) for f in factors]
    levels = {
        f: dict(zip(names, np.bincount(codes).tolist(), strict=True))
        for f, (codes, names) in zip(factors, told, strict=True)
    }
    groups = crossed([codes for codes, _ in told], [len(names) for _, names in told])
    cells = groups.sums(
        {"n": 1.0, "a": a, "b": b, "aa": a * a, "ab": a * b, "bb": b * b}
    )
    x, places = _design(cells.index, levels)
    df = len(ab) - x.shape[1]
    beta = _solved(x, cells["a"].to_numpy(), cells["b"].to_numpy())
    if df < FEWEST or beta is None:
        return None
    rate = pd.Series(np.exp(x @ beta), cells.index)
    bread = np.linalg.inv(x.T @ ((rate * cells["b"]).to_numpy()[:, None] * x))
    within = np.einsum("ij,jk,ik->i", x, bread, x) * rate * cells["b"] / cells["n"]
    squares = cells["aa"] - 2 * rate * cells["ab"] + rate**2 * cells["bb"]
    meat = squares.clip(lower=0) / (1 - within).clip(lower=1e-6) ** 2
    covariance = bread @ (x.T @ (meat.to_numpy()[:, None] * x)) @ bread
    return RateModel(
        levels=levels, places=places, effects=beta, covariance=covariance,
        rows=len(ab), df=df, events=ab["a"],
        expected=rate.to_numpy()[groups.codes - 1] * ab["b"],
    )  # fmt: skip


def _design(
    cells: pd.MultiIndex, levels: dict[str, dict[str, int]]
) -> tuple[np.ndarray, dict[tuple[str, str], int]]:
    """Return the columns of the levels that can be told apart, and where each is."""
    columns, places = [np.ones(len(cells))], {}
    for place, (f, found) in enumerate(levels.items()):
        codes = cells.get_level_values(place).to_numpy()
        first = min(found, key=lambda k, found=found: (k in OTHERS, -found[k]))
        for code, k in enumerate(found):
            candidate = (codes == code).astype(float)
            whole = np.column_stack([*columns, candidate])
            if k != first and np.linalg.matrix_rank(whole) == whole.shape[1]:
                places[f, k] = len(columns)
                columns.append(candidate)
    return np.column_stack(columns), places


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


def _levels(
    frame: pd.DataFrame, factor: str, use: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the level of each row in use as a code, 0 where it has none; the names."""
    if factor not in CLOCK:
        groups = row_groups(frame[factor])
        return groups.codes[use], ["", *map(str, groups.keys)]
    when, told = frame["published"].to_numpy(), frame["published"].notna().to_numpy()
    if not told.any():
        return np.zeros(use.sum(), dtype=np.intp), [""]
    if factor == "weekday":
        return np.where(told, weekdays(when) + 1, 0)[use], ["", *WEEKDAYS]
    # a platform that tells days only has midnight for all of its hours
    minutes = when.astype("datetime64[m]").astype(np.int64) % (24 * 60)
    platforms = row_groups(frame["platform"]).codes
    tells = np.bincount(platforms, weights=told & (minutes > 0)) > 0
    tells[0] = False  # no platform
    hours = np.where(told & tells[platforms], minutes // 60 + 1, 0)
    return hours[use], ["", *map(str, range(24))]


def _common(
    codes: np.ndarray, names: list[str], events: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the levels, those that are too rare or without an event as one."""
    rows = np.bincount(codes, minlength=len(names))
    some = np.bincount(codes, weights=events, minlength=len(names))
    told = [i for i, name in enumerate(names) if name and rows[i] >= FEWEST]
    most = sorted((i for i in told if some[i] > 0), key=lambda i: (-rows[i], names[i]))
    kept = {names[i] for i in most[:MOST_LEVELS]}
    texts = [k if k == "" or k in kept else OTHERS[1] for k in names]
    here = sorted({texts[i] for i in np.flatnonzero(rows)})
    place = np.array([here.index(k) if k in here else 0 for k in texts], dtype=np.intp)
    return place[codes], here
