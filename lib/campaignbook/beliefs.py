"""Which belief to speak to, and what stands in the way: beliefs beside behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.results import Estimate, say, with_holm
from campaignbook.surveys import (
    influence_estimate,
    survey_difference,
    survey_share,
    survey_weights,
    yes_no,
)

FEWEST = 30
"""Holders, or others, below which this book does not rely on a belief's gain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What could be gained at most by a message about one belief.

    Attributes
    ----------
    name : str
        Column of the survey.
    held : Estimate
        Share who hold it.
    holders, others : Estimate
        Share who intend to act, among those who hold it and those who do not.
    gain : Estimate
        Share of holders who intend, minus that of everybody.
    """

    name: str
    held: Estimate
    holders: Estimate
    others: Estimate
    gain: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChoice:
    """Beliefs by what could be gained, the largest gain first.

    Attributes
    ----------
    intention : Estimate
        Share of everybody who intend to act.
    beliefs : tuple of Belief
        In order of their gain.
    """

    intention: Estimate
    beliefs: tuple[Belief, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a belief.

        Columns: ``belief``, ``held``, ``holders``, ``others`` (shares, 0-1), ``gain``
        (0-1, of everybody), ``ci_low``, ``ci_high``, ``p_holm``, ``n``.
        """
        rows = [
            (b.name, b.held.estimate, b.holders.estimate, b.others.estimate,
             b.gain.estimate, b.gain.ci_low, b.gain.ci_high, b.gain.p_holm, b.gain.n)
            for b in self.beliefs
        ]  # fmt: skip
        columns = ["belief", "held", "holders", "others", "gain", "ci_low", "ci_high"]
        return pd.DataFrame(rows, columns=[*columns, "p_holm", "n"])

    def sentence(self) -> str:
        """Return which belief promises most, and whether it is told from the next."""
        best = self.beliefs[0]
        size, interval = best.gain.words()
        low, _ = best.gain.ends()
        said = (
            f"'{self.intention.name}' is true of "
            f"{say(self.intention.estimate or 0.0, 'share')}. The belief with the "
            f"largest percentage to gain is '{best.name}': {size} "
            f"({interval})."
        )
        if low <= 0:
            return f"{said} That is not told from nothing."
        if len(self.beliefs) > 1 and self.beliefs[1].gain.ends()[1] > low:
            said += f" The next, '{self.beliefs[1].name}', may promise as much."
        return f"{said} They go together; a trial tells if the one brings the other."


def percentage_to_gain(
    table: pd.DataFrame,
    beliefs: Sequence[str],
    intention: str,
    *,
    weights: str | None = None,
    level: float = 0.95,
) -> MessageChoice:
    """Return what could be gained at most if everybody came to hold each belief.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    beliefs : sequence of str
        Columns of yes and no: who holds the belief.
    intention : str
        Column of yes and no: who intends to act.
    weights : str, optional
        Column of sampling weights.

    Raises
    ------
    DataError
        If a column holds anything but yes and no, or all or none hold a belief.

    Notes
    -----
    This book uses percentage to gain = intention among those who hold the belief minus
    intention among everybody, each row with an answer to both. The interval is
    linearised, with t; p is corrected by Holm's method for the number of beliefs. The
    largest of many gains is on average larger than it is in truth.

    References
    ----------
    Hornik & Woolf (1999), Social Marketing Quarterly 5(2):34-41.
    """
    if not beliefs:
        raise DataError("beliefs: name at least one column of yes and no.")
    weight = survey_weights(table, weights)
    intends = yes_no(table, intention)
    known = ~np.isnan(intends)
    if not (known & (weight > 0)).any():
        raise DataError(f"column '{intention}' holds no answer.")
    whole = survey_share(intends[known] == 1, weight[known], level=level)
    found = [_belief(table, b, intends, weight, level=level) for b in beliefs]
    gains = with_holm([b.gain for b in found])
    made = [
        Belief(name=b.name, held=b.held, holders=b.holders, others=b.others, gain=gain)
        for b, gain in zip(found, gains, strict=True)
    ]
    return MessageChoice(
        intention=whole.estimate(intention, level=level),
        beliefs=tuple(sorted(made, key=lambda b: -(b.gain.estimate or 0.0))),
    )


def _belief(
    table: pd.DataFrame,
    name: str,
    intends: np.ndarray,
    weight: np.ndarray,
    *,
    level: float,
) -> Belief:
    holds = yes_no(table, name)
    known = ~np.isnan(holds) & ~np.isnan(intends) & (weight > 0)
    h, y, w = holds[known] == 1, intends[known], weight[known]
    if not h.any() or h.all():
        raise DataError(
            f"belief '{name}' is held by {'all' if h.any() else 'none'} of the "
            f"{len(h)} who answered, so nothing can be compared; leave it out."
        )
    sides = [survey_share(y[m] == 1, w[m], level=level) for m in (h, ~h)]
    held = survey_share(h, w, level=level)
    everybody = float((w * y).sum() / w.sum())
    part = w * h
    influence = part * (y - sides[0].share) / part.sum()
    influence -= w * (y - everybody) / w.sum()
    return Belief(
        name=name,
        held=held.estimate(f"hold '{name}'", level=level),
        holders=sides[0].estimate("intend, of those who hold it", level=level),
        others=sides[1].estimate("intend, of the others", level=level),
        gain=influence_estimate(
            sides[0].share - everybody, influence, name=name, level=level,
            method="percentage to gain, linearised",
        ),
    )  # fmt: skip


def doers_and_others(
    table: pd.DataFrame,
    does: str,
    reasons: Sequence[str],
    *,
    weights: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return what those who do it name more, or less, often than those who do not.

    A barrier that only the others name stands in the way; a benefit that only those
    who do it name is one that the others do not see yet.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    does : str
        Column of yes and no: who does the behaviour.
    reasons : sequence of str
        Columns of yes and no: who names this barrier or benefit.

    Returns
    -------
    pandas.DataFrame
        One row a reason, the largest difference first: ``reason``, ``doers``,
        ``others`` (shares, 0-1), ``difference``, ``ci_low``, ``ci_high``, ``n``.

    Raises
    ------
    DataError
        If no reason is named, a column holds anything but yes and no, or nobody is on
        one side.
    """
    if not reasons:
        raise DataError("reasons: name at least one column of yes and no.")
    weight, doing = survey_weights(table, weights), yes_no(table, does)
    rows = []
    for name in reasons:
        said = yes_no(table, name)
        known = ~np.isnan(said) & ~np.isnan(doing) & (weight > 0)
        sides = [known & (doing == side) for side in (1, 0)]
        if not all(s.any() for s in sides):
            raise DataError(
                f"among those who answered '{name}' all do '{does}', or nobody does, "
                "so there is nobody to compare them with."
            )
        first, second = (
            survey_share(said[s] == 1, weight[s], level=level) for s in sides
        )
        gap = survey_difference(first, second, name=name, level=level)
        rows.append(
            (name, first.share, second.share, gap.estimate, gap.ci_low, gap.ci_high,
             gap.n)
        )  # fmt: skip
    columns = ["reason", "doers", "others", "difference", "ci_low", "ci_high", "n"]
    frame = pd.DataFrame(rows, columns=columns)
    order = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)
