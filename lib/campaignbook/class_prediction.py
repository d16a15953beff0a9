"""How well one kind of segment tells another: who you are, and what you value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from campaignbook.errors import DataError, refuse_level
from campaignbook.results import Estimate, say
from campaignbook.ridge_logit import fitted, left_out, refuse_few, terms_of
from campaignbook.surveys import (
    aligned,
    group_names,
    influence_estimate,
    survey_weights,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How well some columns tell people's segment.

    Attributes
    ----------
    predictors : tuple of str
        What was known of each person.
    right : Estimate
        Share of people whose segment is told rightly by a model that never saw them.
    base : float
        Share that is right when everybody is put into the largest segment.
    gain : Estimate
        The first minus the second.
    mcfadden : float
        1 minus log-likelihood by that without predictors; 0 tells nothing.
    """

    predictors: tuple[str, ...]
    right: Estimate
    base: float
    gain: Estimate
    mcfadden: float

    def sentence(self) -> str:
        """Return what the predictors are worth, against no knowledge at all."""
        told = ", ".join(self.predictors)
        size, interval = self.gain.words()
        low, high = self.gain.ends()
        word = "" if low > 0 else " That may be nothing."
        word = " That is worse than knowing nothing." if high < 0 else word
        return (
            f"Knowing {told}, one tells the segment of "
            f"{say(self.right.estimate or 0.0, 'share')} of people; naming the largest "
            f"segment each time is right for {say(self.base, 'share')}. The gain is "
            f"{size} ({interval}, n = {self.gain.n}).{word}"
        )


def predict_segment(
    table: pd.DataFrame,
    segment: pd.Series,
    predictors: Sequence[str],
    *,
    level: float = 0.95,
    folds: int = 10,
    seed: int = 0,
) -> Prediction:
    """Return how well columns tell people's segment, on people left out of the fit.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    segment : pandas.Series, length n
        Segment of each row, missing where there is none; of the table's rows.
    predictors : sequence of str
        Columns; numbers enter with their square, texts as categories. Rows with a
        missing value are left out.
    folds, seed : int
        Parts into which people are put by lot; each is told by the others.

    Raises
    ------
    DataError
        If the survey is empty, a column is not there, the segments are of other rows,
        or fewer than two segments or 20 people are left.

    Notes
    -----
    A multinomial logit with a small ridge; sampling weights play no part. The interval
    of the gain is that of the mean of paired differences; it leaves out that the folds
    share people.
    """
    segment = aligned(table, segment, "the segment")
    terms, kept = terms_of(table, predictors, segment.notna().to_numpy())
    codes, names = pd.factorize(segment[kept], sort=True)
    refuse_few(codes, len(names), "segments")
    guessed = left_out(terms, codes, len(names), folds=folds, seed=seed)
    hit = (guessed.argmax(1) == codes).astype(float)
    largest = np.bincount(codes).argmax()
    plain = (codes == largest).astype(float)
    n, base = len(codes), float(plain.mean())
    right, gain = (
        influence_estimate(
            float(v.mean()), (v - v.mean()) / n, name=name, level=level,
            method=f"multinomial logit, {folds}-fold cross-validation",
        )
        for name, v in (("right", hit), ("gain", hit - plain))
    )  # fmt: skip
    shares = np.bincount(codes) / n
    empty = float(np.log(shares[codes]).sum())
    full = float(np.log(fitted(terms, codes, len(names))[np.arange(n), codes]).sum())
    return Prediction(
        predictors=tuple(predictors), right=right, base=base, gain=gain,
        mcfadden=max(0.0, 1 - full / empty),
    )  # fmt: skip


def cramers_v(
    table: pd.DataFrame, first: str, second: pd.Series, *, level: float = 0.95
) -> Estimate:
    """Return how strongly two groupings go together: 0 not at all, 1 fully.

    Raises
    ------
    DataError
        If the survey is empty, the column is not there, the segments are of other rows,
        or either makes one group only.

    Notes
    -----
    Corrected for the size that chance alone gives (Bergsma). The interval turns round
    the noncentral chi-square, and holds 0 where the test does not refuse it.

    References
    ----------
    Bergsma (2013), Journal of the Korean Statistical Society 42:323-328; Smithson
    (2003), Confidence Intervals, chapter 4.
    """
    survey_weights(table, None)
    refuse_level(level)
    second = aligned(table, second, "the segment")
    counts = pd.crosstab(group_names(table, [first]), second).to_numpy(float)
    rows, columns = counts.shape
    if min(rows, columns) < 2:
        raise DataError(
            f"'{first}' or the segments hold one group only, so nothing compares."
        )
    n = counts.sum()
    df = (rows - 1) * (columns - 1)
    expected = np.outer(counts.sum(1), counts.sum(0)) / n
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    phi2 = max(0.0, chi2 / n - df / (n - 1))
    short = min(r - (r - 1) ** 2 / (n - 1) for r in (rows, columns))
    low, high = (
        math.sqrt(_noncentral(chi2, df, tail) / n / (min(rows, columns) - 1))
        for tail in ((1 + level) / 2, (1 - level) / 2)
    )
    value = math.sqrt(phi2 / (short - 1))
    return Estimate(
        name=first, estimate=value, ci_low=min(low, value), ci_high=max(high, value),
        level=level, p_value=float(stats.chi2.sf(chi2, df)), null_value=None,
        n=round(n), unit="ratio", method="bias-corrected, noncentral chi-square",
    )  # fmt: skip


def _noncentral(chi2: float, df: int, tail: float) -> float:
    """Return the noncentrality under which chi2 lies at the tail; 0 if none does."""

    def off(noncentral: float) -> float:
        return float(stats.ncx2.cdf(chi2, df, noncentral)) - tail

    if stats.chi2.cdf(chi2, df) <= tail:
        return 0.0
    return float(optimize.brentq(off, 1e-9, chi2 + 20 * math.sqrt(chi2 + df) + 100))
