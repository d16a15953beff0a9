"""Shares in a survey: people stand for more or fewer others, and the doubt says so."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import DataError, refuse_level
from campaignbook.evaluation.proportions import newcombe, wilson
from campaignbook.results import Estimate, say_number
from campaignbook.tables import require_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyShare:
    """A share of a survey, and how many people of a plain sample it is worth.

    Attributes
    ----------
    share : float
        Weighted share, 0-1.
    low, high : float
        Ends of its interval, 0-1.
    n : int
        People asked.
    effective : float
        People of a simple random sample who would tell as much.
    """

    share: float
    low: float
    high: float
    n: int
    effective: float

    @property
    def design_effect(self) -> float:
        """By what the weights and clusters multiply the variance."""
        return self.n / self.effective

    def estimate(self, name: str, *, level: float) -> Estimate:
        """Return it as an Estimate that claims no effect."""
        method = "share of people, Wilson's score interval"
        if not math.isclose(self.effective, self.n):
            method += f" for {say_number(self.effective)} effective people"
        return Estimate(
            name=name, estimate=self.share, ci_low=self.low, ci_high=self.high,
            level=level, null_value=None, n=self.n, unit="share", method=method,
        )  # fmt: skip


def survey_weights(table: pd.DataFrame, weights: str | None) -> np.ndarray:
    """Return each person's weight, with mean 1; all 1 where no column is named.

    Raises
    ------
    DataError
        If the survey is empty, or a weight is missing, below 0 or no number, or all
        are 0.

    Examples
    --------
    >>> survey_weights(pd.DataFrame({"w": [1, 3]}), "w").tolist()
    [0.5, 1.5]
    """
    if table.empty:
        raise DataError(
            "the survey has no rows: there is nobody to describe. Check the file, or "
            "the condition by which rows were chosen."
        )
    if weights is None:
        return np.ones(len(table))
    require_columns(table, weights)
    values = pd.to_numeric(table[weights], errors="coerce").to_numpy(float)
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"weights: column '{weights}' holds '{table[weights].iloc[row]}' in row "
            f"{row + 1}, and {int(bad.sum())} such values in all. A weight tells for "
            "how many people a row stands: write a number of 0 or more."
        )
    if not values.any():
        raise DataError(
            f"weights: every value of column '{weights}' is 0, so nobody counts. Leave "
            "the weights out, or name the column that holds them."
        )
    return values / values.mean()


def kish_effective(weights: np.ndarray) -> float:
    """Return the number of people with equal weights who would tell as much.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.

    Examples
    --------
    >>> kish_effective(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def survey_share(
    hits: np.ndarray,
    weights: np.ndarray,
    *,
    clusters: np.ndarray | None = None,
    level: float,
) -> SurveyShare:
    """Return the weighted share of people for whom something holds.

    Parameters
    ----------
    hits : numpy.ndarray of bool, shape (n,)
        For whom it holds.
    weights : numpy.ndarray, shape (n,)
        0 or more, not all 0.
    clusters : numpy.ndarray, shape (n,), optional
        In which group (household, school, town) each person was found.
    level : float
        Confidence level, 0-1.

    Raises
    ------
    DataError
        If all people are in one cluster, a cluster is missing, no one carries a
        weight, or the level is no share.

    Notes
    -----
    The variance of a ratio of sums is linearised (Taylor); share (1 - share) divided
    by it is the effective number of people, for which Wilson's interval is taken. It is
    never more than the people asked. With clusters the number is further cut by the
    square of z to t with one degree of freedom less than clusters. Where all or none
    do, Kish's effective number is taken. Equal weights give Wilson's interval itself.

    References
    ----------
    Korn & Graubard (1998), Survey Methodology 24:193-201 (effective numbers).
    """
    refuse_level(level)
    total = weights.sum()
    if not total > 0:
        raise DataError(
            "nobody of this group carries a weight above 0, so it has no share."
        )
    share = min(1.0, float((weights * hits).sum() / total))
    parts, cut = weights * (hits - share) / total, 1.0
    if clusters is not None:
        codes = pd.factorize(clusters)[0]
        if (codes < 0).any():
            raise DataError(
                f"{int((codes < 0).sum())} people have no cluster; write one for each, "
                "or leave the clusters out."
            )
        parts = np.bincount(codes, weights=parts)
        if len(parts) < 2:
            raise DataError(
                "all people are in one cluster, so nothing shows how clusters differ. "
                "Name another column, or leave the clusters out."
            )
        parts = parts * math.sqrt(len(parts) / (len(parts) - 1))
        tail = (1 + level) / 2
        cut = (stats.norm.ppf(tail) / stats.t.ppf(tail, len(parts) - 1)) ** 2
    variance = float((parts**2).sum())
    known = 1e-12 < share < 1 - 1e-12 and variance > 0
    effective = share * (1 - share) / variance if known else kish_effective(weights)
    effective = min(effective * cut, float(len(hits)))
    low, high = wilson(share * effective, effective, level=level)
    return SurveyShare(
        share=share, low=low, high=high, n=len(hits), effective=effective
    )


def survey_difference(
    first: SurveyShare, second: SurveyShare, *, name: str, level: float
) -> Estimate:
    """Return the first share minus the second, as a comparison that claims no effect.

    Newcombe's interval for the two effective numbers; p is that of the same size.
    """
    e1, e0 = (s.share * s.effective for s in (first, second))
    low, high = newcombe(e1, first.effective, e0, second.effective, level=level)
    return Estimate(
        name=name, estimate=first.share - second.share, ci_low=low, ci_high=high,
        level=level, n=first.n + second.n, unit="share",
        method="difference of shares, Newcombe's hybrid score interval",
    )  # fmt: skip


def influence_estimate(
    value: float, influence: np.ndarray, *, name: str, level: float, method: str
) -> Estimate:
    """Return a number with the interval that its linearised parts give.

    Parameters
    ----------
    value : float
        A difference of shares, 0-1.
    influence : numpy.ndarray, shape (n,)
        How far each row moves it; they sum to 0.
    """
    refuse_level(level)
    n = len(influence)
    error = math.sqrt(float((influence**2).sum()) * n / max(n - 1, 1))
    reach = error * float(stats.t.ppf((1 + level) / 2, max(n - 1, 1)))
    p = float(2 * stats.t.sf(abs(value) / error, max(n - 1, 1))) if error > 0 else None
    return Estimate(
        name=name, estimate=value, std_error=error, ci_low=value - reach,
        ci_high=value + reach, level=level, p_value=p, n=n, unit="share", method=method,
    )  # fmt: skip


def yes_no(table: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column of yes and no as 1, 0 and NaN.

    Raises
    ------
    DataError
        If it is not there, or holds anything but 1 and 0, true and false, yes and no.
    """
    require_columns(table, column)
    if pd.api.types.is_bool_dtype(table[column]):
        return table[column].to_numpy(float, na_value=np.nan)
    known = {"1": 1.0, "1.0": 1.0, "true": 1.0, "yes": 1.0}
    known |= {"0": 0.0, "0.0": 0.0, "false": 0.0, "no": 0.0}
    texts = table[column].astype("string").str.strip().str.casefold()
    values = texts.map(known).to_numpy(float, na_value=np.nan)
    strange = sorted(set(texts[np.isnan(values)].dropna()))
    if strange:
        raise DataError(
            f"column '{column}' holds '{strange[0]}' where yes or no belongs; write 1 "
            "and 0, or yes and no, and leave missing answers empty."
        )
    return values


def group_names(table: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """Return one text a row that names its group, missing where a part is missing.

    >>> group_names(pd.DataFrame({"a": ["x"], "b": [1]}), ["a", "b"]).tolist()
    ['x, 1']
    """
    if not len(by):
        raise DataError("by: name at least one column by which to make groups.")
    require_columns(table, *by)
    parts = [table[c].map(_told, na_action="ignore").astype("string") for c in by]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + ", " + part
    return whole


def aligned(table: pd.DataFrame, values: object, what: str) -> pd.Series:
    """Return values, one for each row of the survey, in the order of its rows.

    A Series is put in order by its index, as pandas does; a list is taken as it is.

    Raises
    ------
    DataError
        If they are of another number of rows, or of other rows.
    """
    if len(values) != len(table):
        raise DataError(
            f"{what} speaks of {len(values)} rows, the survey has {len(table)}; make "
            "it from columns of the survey."
        )
    if not isinstance(values, pd.Series):
        return pd.Series(values, index=table.index)
    if values.index.equals(table.index):
        return values
    if values.index.is_unique and set(values.index) == set(table.index):
        return values.reindex(table.index)
    raise DataError(
        f"{what} speaks of other rows than the survey: their index differs. Make it "
        "from columns of the survey."
    )


def _told(value: object) -> str:
    return say_number(value) if isinstance(value, float) else str(value)
