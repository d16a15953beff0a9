"""What knowing more of people adds, when some of them are to be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import DataError, as_found, is_number, refuse_level
from campaignbook.results import Estimate, say
from campaignbook.ridge_logit import left_out, log_likelihood, refuse_few, terms_of
from campaignbook.surveys import yes_no

DRAWS = 1000
"""Draws of people with replacement from which an interval is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedValue:
    """What a segment adds to other knowledge, when some people are to be chosen.

    Attributes
    ----------
    known, added : tuple of str
        What is known anyway, and what is added.
    chosen : float
        Share of people that the campaign turns to, 0-1.
    everybody, without, beside : Estimate
        Share who act: of all, of those chosen by what is known, and of those chosen by
        both, each person judged by a model that never saw them.
    gain : Estimate
        The last minus the one before.
    ranking : Estimate
        Gain in the chance that one who acts is ranked above one who does not.
    p_value : float
        Of a likelihood ratio test that the addition tells nothing.
    """

    known: tuple[str, ...]
    added: tuple[str, ...]
    chosen: float
    everybody: Estimate
    without: Estimate
    beside: Estimate
    gain: Estimate
    ranking: Estimate
    p_value: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row a way to choose: ``chosen by``, ``share``, ``ci_low`` ..."""
        names = ["lot", ", ".join(self.known), ", ".join([*self.known, *self.added])]
        found = [self.everybody, self.without, self.beside]
        rows = [
            (name, e.estimate, e.ci_low, e.ci_high, e.n)
            for name, e in zip(names, found, strict=True)
        ]
        return pd.DataFrame(
            rows, columns=["chosen by", "share", "ci_low", "ci_high", "n"]
        )

    def sentence(self) -> str:
        """Return what the addition is worth, and whether it is told from nothing."""
        size, interval = self.gain.words()
        low, high = self.gain.ends()
        word = "More act" if low > 0 else "Fewer act" if high < 0 else (
            "That is not told from nothing"
        )  # fmt: skip
        return (
            f"Of the {say(self.chosen, 'share')} chosen by {', '.join(self.known)}, "
            f"{self.without.words()[0]} act; with {', '.join(self.added)} beside it, "
            f"{self.beside.words()[0]}. The difference is {size} ({interval}). {word}."
        )


def added_value(
    table: pd.DataFrame,
    outcome: str,
    *,
    known: Sequence[str],
    added: Sequence[str],
    chosen: float = 0.2,
    level: float = 0.95,
    folds: int = 10,
    seed: int = 0,
) -> AddedValue:
    """Return how many more act when people are chosen with more knowledge of them.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    outcome : str
        Column of yes and no: who acted.
    known, added : sequence of str
        Columns that are known anyway (age, gender, place), and those that might add.
    chosen : float
        Share of people that the campaign can turn to, 0-1.

    Raises
    ------
    DataError
        If a column is not there, nothing is added, `chosen` is no share, or nobody or
        everybody acts.

    Notes
    -----
    Two logits give each person a chance, in a fold that left the person out; those
    with the largest chances are chosen. Intervals: percentiles of 1,000 draws of
    people, the chances held as they are; sampling weights play no part. It says who
    acts, not whom a message moves: for that, messages have to be given out by lot.
    """
    refuse_level(level)
    if not added:
        raise DataError("added: name at least one column that might add something.")
    if not is_number(chosen) or not 0 < chosen < 1:
        raise DataError(
            f"chosen is {as_found(chosen)}: write the share of people to turn to, for "
            "example 0.2 for one in five."
        )
    acts = yes_no(table, outcome)
    both = [*known, *added]
    terms, kept = terms_of(table, both, ~np.isnan(acts))
    fewer, _ = terms_of(table[kept], known, np.ones(int(kept.sum()), dtype=bool))
    codes = acts[kept].astype(int)
    refuse_few(codes, len(np.unique(codes)), f"answers in column '{outcome}'")
    scores = np.stack(
        [left_out(t, codes, 2, folds=folds, seed=seed)[:, 1] for t in (fewer, terms)]
    )
    # ties are broken by the same lot for both
    scores = scores + 1e-9 * np.random.default_rng(seed).random(scores.shape[1])
    now = _told_by(scores, codes, chosen)
    rng, n = np.random.default_rng(seed + 1), len(codes)
    draws = [rng.integers(n, size=n) for _ in range(DRAWS)]
    drawn = np.stack([_told_by(scores[:, d], codes[d], chosen) for d in draws])
    tails = [(1 - level) / 2, (1 + level) / 2]
    ends = np.quantile(drawn, tails, axis=0)
    names = ["everybody", "without", "beside", "gain", "ranking"]
    made = {}
    for i, name in enumerate(names):
        change = name in ("gain", "ranking")
        made[name] = Estimate(
            name=name, estimate=float(now[i]), ci_low=float(ends[0, i]),
            ci_high=float(ends[1, i]), level=level,
            null_value=0.0 if change else None, n=n, unit="share",
            method=f"logit, {folds}-fold cross-validation, {DRAWS} draws of people",
        )  # fmt: skip
    rise = 2 * (log_likelihood(terms, codes) - log_likelihood(fewer, codes))
    more = terms.shape[1] - fewer.shape[1]
    return AddedValue(
        known=tuple(known), added=tuple(added), chosen=chosen, **made,
        p_value=float(stats.chi2.sf(max(rise, 0.0), max(more, 1))),
    )  # fmt: skip


def _told_by(scores: np.ndarray, codes: np.ndarray, chosen: float) -> list[float]:
    """Return who acts: of all, of those chosen by each score; gain; gain in rank."""
    most = max(1, round(chosen * len(codes)))
    shares, ranks = [], []
    acting = int(codes.sum())
    for score in scores:
        order = np.argsort(-score, kind="stable")
        shares.append(float(codes[order[:most]].mean()))
        places = np.empty(len(codes))
        places[order] = np.arange(len(codes), 0, -1)
        pairs = max(acting * (len(codes) - acting), 1)
        above = places[codes == 1].sum() - acting * (acting + 1) / 2
        ranks.append(float(above) / pairs)
    return [float(codes.mean()), *shares, shares[1] - shares[0], ranks[1] - ranks[0]]
