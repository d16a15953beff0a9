"""What the people of a class are like: their answers with intervals, in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit, logit

from campaignbook.errors import DataError, refuse_level
from campaignbook.evaluation.proportions import wilson
from campaignbook.latent_classes import LatentClasses
from campaignbook.results import Estimate, say
from campaignbook.surveys import aligned, survey_share, survey_weights
from campaignbook.tables import require_columns

EDGE = 1e-3
"""A chance nearer to 0 or 1 than this counts as lying on the edge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """Size and answers of each class, each with its interval.

    Attributes
    ----------
    names : tuple of str, length k
        The classes.
    sizes : tuple of Estimate, length k
        Share of people in each.
    rows : pandas.DataFrame
        One row a class, item and answer: ``class``, ``item``, ``answer``, ``share``
        (0-1, of the class), ``ci_low``, ``ci_high``, ``everybody`` (0-1, of all).
    level : float
        Confidence level, 0-1.
    """

    names: tuple[str, ...]
    sizes: tuple[Estimate, ...]
    rows: pd.DataFrame
    level: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row a class, item and answer."""
        return self.rows.copy()

    def marked(self, name: str, *, most: int = 4) -> pd.DataFrame:
        """Return the answers by which a class differs most, the largest gap first.

        Only answers whose interval does not hold the share of everybody.
        """
        of_class = self.rows[self.rows["class"] == name]
        if of_class.empty:
            raise DataError(f"there is no class '{name}': {', '.join(self.names)}.")
        apart = (of_class["ci_low"] > of_class["everybody"]) | (
            of_class["ci_high"] < of_class["everybody"]
        )
        gap = (of_class["share"] - of_class["everybody"]).abs()
        ranked = of_class.assign(gap=gap)[apart].sort_values("gap", ascending=False)
        return ranked.drop_duplicates("item").drop(columns="gap").head(most)

    def sentence(self) -> str:
        """Return each class in words: its size, and what marks it."""
        told = []
        for name, size in zip(self.names, self.sizes, strict=True):
            marks = "; ".join(
                f"{row.item}: {row.answer} {say(row.share, 'share')} "
                f"(everybody {say(row.everybody, 'share')})"
                for row in self.marked(name, most=3).itertuples()
            )
            amount, interval = size.words()
            told.append(f"{name}, {amount} ({interval}): {marks or 'like everybody'}.")
        return " ".join(told)


def class_profiles(found: LatentClasses, *, level: float = 0.95) -> Profiles:
    """Return size and answers of each class with intervals.

    Notes
    -----
    The covariance is the sandwich of the observed information (Louis) and the squared
    scores, which holds under sampling weights. Intervals are made on the logit scale.
    Chances on the edge (nearer than 0.001 to 0 or 1) are taken as known by the
    others; their own interval is Wilson's for the people of the class.

    References
    ----------
    Louis (1982), JRSS B 44:226-233; White (1982), Econometrica 50:1-25.
    """
    refuse_level(level)
    z = float(stats.norm.ppf((1 + level) / 2))
    error = np.sqrt(np.maximum(np.diag(_covariance(found)), 0))
    patterns, classes = found.patterns, found.classes
    people = patterns.weights @ found.memberships
    sizes = tuple(
        _size(found, k, float(error[k]), z=z, level=level) for k in range(classes)
    )
    usual = patterns.normal(patterns.weights[None, :] @ patterns.indicators)[0]
    pairs = [
        (item, answer)
        for item, answers in zip(patterns.items, patterns.answers, strict=True)
        for answer in answers
    ]
    rows, width = [], len(pairs)
    for k, name in enumerate(found.names):
        for c, (item, answer) in enumerate(pairs):
            share = float(found.chances[k, c])
            spread = float(error[classes + k * width + c])
            low, high = _interval(share, spread, float(people[k]), z=z, level=level)
            rows.append((name, item, answer, share, low, high, float(usual[c])))
    columns = ["class", "item", "answer", "share", "ci_low", "ci_high", "everybody"]
    return Profiles(
        names=found.names, sizes=sizes, rows=pd.DataFrame(rows, columns=columns),
        level=level,
    )  # fmt: skip


def personas(
    table: pd.DataFrame,
    segment: pd.Series,
    traits: Sequence[str],
    *,
    weights: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what is commonest in each segment, counted and not made up.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    segment : pandas.Series
        Segment of each row, missing where there is none.
    traits : sequence of str
        Columns to tell of.

    Returns
    -------
    pandas.DataFrame
        One row a segment and trait: ``segment``, ``n``, ``trait``, ``commonest``,
        ``share`` (0-1), ``ci_low``, ``ci_high``. Where less than half give the
        commonest answer, a persona that tells it is wrong about most of its people.

    Raises
    ------
    DataError
        If a column is not there, the survey is empty, or the segments are of other
        rows.
    """
    require_columns(table, *traits)
    weight = survey_weights(table, weights)
    segment = aligned(table, segment, "the segment")
    rows = []
    for name in sorted(segment.dropna().unique()):
        inside = (segment == name).fillna(False).to_numpy(bool)
        for trait in traits:
            values = table[trait].to_numpy(object)
            asked = inside & table[trait].notna().to_numpy()
            sums = pd.Series(weight[asked]).groupby(values[asked]).sum()
            if sums.empty:
                continue
            top = sums.idxmax()
            share = survey_share(values[asked] == top, weight[asked], level=level)
            rows.append(
                (name, int(inside.sum()), trait, str(top), share.share, share.low,
                 share.high)
            )  # fmt: skip
    columns = ["segment", "n", "trait", "commonest", "share", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns)


def _covariance(found: LatentClasses) -> np.ndarray:
    """Return the covariance of all shares: of the classes, then of their answers."""
    values = np.concatenate([found.shares, found.chances.ravel()])
    blocks = _blocks(found)
    free = np.concatenate(
        [b[values[b] > EDGE][:-1] if len(b) > 1 else b[:0] for b in blocks]
    ).astype(int)
    jacobian = np.zeros((len(values), len(values)))
    for b in blocks:
        p = np.where(values[b] > EDGE, values[b], 0.0)
        jacobian[np.ix_(b, b)] = np.diag(p) - np.outer(p, p)
    scores = _scores(found)
    weights, squares = found.patterns.weights, found.patterns.squares
    belongs = found.memberships
    mean = sum(belongs[:, [k]] * scores[k] for k in range(found.classes))
    known = mean.T @ (weights[:, None] * mean)
    for k in range(found.classes):
        known -= scores[k].T @ ((weights * belongs[:, k])[:, None] * scores[k])
    complete = np.zeros_like(known)
    people = _people(found)
    for b, n in zip(blocks, people, strict=True):
        complete[np.ix_(b, b)] = n * jacobian[np.ix_(b, b)]
    information = (complete + known)[np.ix_(free, free)]
    bread = np.linalg.pinv(information, hermitian=True)
    meat = (mean.T @ (squares[:, None] * mean))[np.ix_(free, free)]
    some = jacobian[:, free]
    return some @ bread @ meat @ bread @ some.T


def _blocks(found: LatentClasses) -> list[np.ndarray]:
    """Return the places of the numbers that sum to 1 together."""
    width = found.chances.shape[1]
    blocks = [np.arange(found.classes)]
    for k in range(found.classes):
        for start, answers in zip(
            found.patterns.starts, found.patterns.answers, strict=True
        ):
            begin = found.classes + k * width + start
            blocks.append(np.arange(begin, begin + len(answers)))
    return blocks


def _people(found: LatentClasses) -> list[float]:
    """Return how many people tell of each block."""
    patterns = found.patterns
    answered = np.add.reduceat(patterns.indicators, patterns.starts, axis=1)
    by_class = (patterns.weights[:, None] * found.memberships).T @ answered
    return [float(patterns.weights.sum()), *by_class.ravel().tolist()]


def _scores(found: LatentClasses) -> list[np.ndarray]:
    """Return for each class the scores (u, all logits) if all belonged to it."""
    patterns, classes = found.patterns, found.classes
    sizes = [len(a) for a in patterns.answers]
    answered = np.repeat(
        np.add.reduceat(patterns.indicators, patterns.starts, axis=1), sizes, axis=1
    )
    width = found.chances.shape[1]
    scores = []
    for k in range(classes):
        score = np.zeros((len(patterns.weights), classes + classes * width))
        score[:, :classes] = (np.arange(classes) == k) - found.shares
        begin = classes + k * width
        score[:, begin : begin + width] = (
            patterns.indicators - answered * found.chances[k]
        )
        scores.append(score)
    return scores


def _interval(
    share: float, error: float, people: float, *, z: float, level: float
) -> tuple[float, float]:
    if not EDGE < share < 1 - EDGE or not error > 0:
        inside = min(max(share, 0.0), 1.0)
        return wilson(inside * people, people, level=level) if people > 0 else (0.0, 1)
    reach = z * error / (share * (1 - share))
    return float(expit(logit(share) - reach)), float(expit(logit(share) + reach))


def _size(
    found: LatentClasses, k: int, error: float, *, z: float, level: float
) -> Estimate:
    share = float(found.shares[k])
    low, high = (1.0, 1.0)
    if found.classes > 1:
        low, high = _interval(share, error, found.patterns.effective, z=z, level=level)
    return Estimate(
        name=found.names[k], estimate=share, std_error=None if math.isnan(error) else
        error, ci_low=low, ci_high=high, level=level, null_value=None,
        n=int((found.members() == k).sum()), unit="share",
        method="latent classes, sandwich covariance, interval on the logit scale",
    )  # fmt: skip
