"""Audiences: who the campaign is for, in segments, and how large these are.

The rest of the topic stands in rooms beside this one: `latent_classes`, `class_choice`
and `class_profiles` (segments found in answers), `numeric_segments` (in numbers),
`class_prediction` and `added_value` (what one kind of segment tells of another),
`targeting` (broad or narrow), `beliefs` (which message), `segment_choice` (whom to
take).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field

from campaignbook.errors import DataError, as_found, is_number
from campaignbook.results import Estimate, say_number
from campaignbook.surveys import (
    group_names,
    kish_effective,
    survey_difference,
    survey_share,
    survey_weights,
    yes_no,
)
from campaignbook.tables import require_columns


class Segment(BaseModel, frozen=True, extra="forbid"):
    """A part of the audience that is alike in what matters for the behaviour."""

    name: str = Field(
        title="Name", description="What we call it.", min_length=1, max_length=200
    )
    basis: Literal["demographic", "psychographic", "behavioural"] = Field(
        "demographic", title="Basis", description="What makes its members alike."
    )
    size: float | None = Field(
        None, title="Size", description="How many people.", ge=0, allow_inf_nan=False
    )
    criteria: str = Field(
        "", title="Criteria", description="Who belongs to it.", max_length=1000
    )
    barriers: tuple[str, ...] = Field(
        (), title="Barriers", description="What keeps them from the behaviour."
    )
    benefits: tuple[str, ...] = Field(
        (), title="Benefits", description="What they would gain in their own eyes."
    )
    competition: tuple[str, ...] = Field(
        (), title="Competition", description="What they do instead."
    )
    scores: dict[str, float] = Field(
        {}, title="Scores", description="Points by criterion of choice."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSizes:
    """How large the segments of a survey are.

    Attributes
    ----------
    by : str
        What they are made by.
    shares : tuple of Estimate
        Share of the audience (0-1) by segment, the largest first; they sum to 1. Each
        `n` counts the people asked who belong to the segment.
    population : float or None
        People of the audience, where it is known.
    design_effect : float
        People asked by the people of a plain sample who would tell as much (Kish).
    missing : int
        Rows without an answer.
    """

    by: str
    shares: tuple[Estimate, ...]
    population: float | None
    design_effect: float
    missing: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row a segment: share and people, each with the interval's ends.

        Columns: ``segment``, ``n``, ``share``, ``ci_low``, ``ci_high`` and, where the
        population is known, ``people``, ``people_low``, ``people_high``.
        """
        frame = _frame(self.shares, "segment")
        if self.population is None:
            return frame
        names = {"share": "people", "ci_low": "people_low", "ci_high": "people_high"}
        return frame.assign(**{v: frame[k] * self.population for k, v in names.items()})

    def sentence(self) -> str:
        """Return the largest and the smallest segment, and what the weights cost."""
        told = [
            f"{e.name} with {e.words()[0]} ({e.words()[1]})"
            for e in (self.shares[0], self.shares[-1])
        ]
        said = f"By {self.by} the largest segment is {told[0]}"
        said += f", the smallest {told[1]}." if len(self.shares) > 1 else "."
        if self.design_effect > 1.005:
            worth = sum(e.n or 0 for e in self.shares) / self.design_effect
            said += (
                " Weights cost precision: the answers are worth those of "
                f"{say_number(round(worth))} people."
            )
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShares:
    """Who does something more often: its share by group.

    Attributes
    ----------
    outcome, by : str
        What they do, and what the groups are made by.
    shares : tuple of Estimate
        Share who do it (0-1) by group, in the groups' own order.
    gap : Estimate or None
        The highest share minus the lowest; None with one group.
    """

    outcome: str
    by: str
    shares: tuple[Estimate, ...]
    gap: Estimate | None

    def to_frame(self) -> pd.DataFrame:
        """Return one row a group: its people, share and interval's ends."""
        return _frame(self.shares, "group")

    def sentence(self) -> str:
        """Return the highest and the lowest group, and whether they are told apart."""
        if self.gap is None:
            return f"There is one group by {self.by} only."
        ranked = sorted(self.shares, key=lambda e: e.estimate or 0.0)
        size, interval = self.gap.words()
        said = (
            f"By {self.by}, '{self.outcome}' was highest for {ranked[-1].name} "
            f"({ranked[-1].words()[0]}) and lowest for {ranked[0].name} "
            f"({ranked[0].words()[0]}): {size} apart ({interval})."
        )
        return said if self.gap.ends()[0] > 0 else f"{said} They are not told apart."


def segment_sizes(
    table: pd.DataFrame,
    by: str | Sequence[str],
    *,
    weights: str | None = None,
    clusters: str | None = None,
    population: float | None = None,
    level: float = 0.95,
) -> SegmentSizes:
    """Return how large each segment is, with an interval.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    by : str or sequence of str
        Columns that make the segments; with several, each combination is one.
    weights, clusters : str, optional
        Columns of the sampling weights, and of the groups in which people were found.
    population : float, optional
        People of the audience.

    Raises
    ------
    DataError
        If the survey is empty, a column is not there, the weights are no weights, or
        the population is no number above 0.

    Notes
    -----
    Wilson's interval for the effective number of people: `surveys.survey_share`.
    """
    names = [by] if isinstance(by, str) else list(by)
    weight = survey_weights(table, weights)
    if population is not None and not is_number(population, 1):
        raise DataError(
            f"population: {as_found(population)}; write how many people the audience "
            "holds, 1 or more."
        )
    segment = group_names(table, names)
    known = segment.notna().to_numpy()
    if not (known & (weight > 0)).any():
        raise DataError(f"nobody has a value in {', '.join(names)}.")
    segment, weight = segment[known].to_numpy(), weight[known]
    cluster = None
    if clusters is not None:
        require_columns(table, clusters)
        cluster = table[clusters][known].to_numpy()
    found = []
    for name in sorted(set(segment)):
        inside = segment == name
        share = survey_share(inside, weight, clusters=cluster, level=level)
        found.append(replace(share.estimate(name, level=level), n=int(inside.sum())))
    return SegmentSizes(
        by=" and ".join(names),
        shares=tuple(sorted(found, key=lambda e: -(e.estimate or 0.0))),
        population=population,
        design_effect=len(weight) / kish_effective(weight),
        missing=int((~known).sum()),
    )


def shares_by(
    table: pd.DataFrame,
    outcome: str,
    by: str | Sequence[str],
    *,
    weights: str | None = None,
    level: float = 0.95,
) -> GroupShares:
    """Return who does something, by group, each share with its interval.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    outcome : str
        Column of yes and no.
    by : str or sequence of str
        Columns that make the groups.
    weights : str, optional
        Column of sampling weights.

    Raises
    ------
    DataError
        If a column is not there, or `outcome` holds anything but yes and no.

    Notes
    -----
    The gap is that of two groups picked because they lie apart; its interval is
    widened (Bonferroni) for all pairs that could have been picked.
    """
    names = [by] if isinstance(by, str) else list(by)
    weight, does = survey_weights(table, weights), yes_no(table, outcome)
    group = group_names(table, names)
    known = group.notna().to_numpy() & ~np.isnan(does) & (weight > 0)
    if not known.any():
        raise DataError(f"nobody has a value in {outcome} and {', '.join(names)}.")
    group, weight, does = group[known].to_numpy(), weight[known], does[known] == 1
    found = {
        name: survey_share(does[group == name], weight[group == name], level=level)
        for name in sorted(set(group))
    }
    ranked = sorted(found.values(), key=lambda s: s.share)
    pairs = len(list(combinations(found, 2)))
    gap = None
    if pairs:
        wide = 1 - (1 - level) / pairs
        gap = survey_difference(ranked[-1], ranked[0], name="gap", level=wide)
        method = f"{gap.method}, widened for {pairs} pairs (Bonferroni)"
        gap = replace(gap, level=level, method=method)
    return GroupShares(
        outcome=outcome, by=" and ".join(names), gap=gap,
        shares=tuple(s.estimate(n, level=level) for n, s in found.items()),
    )  # fmt: skip


def _frame(shares: Sequence[Estimate], what: str) -> pd.DataFrame:
    rows = [(e.name, e.n, e.estimate, *e.ends()) for e in shares]
    return pd.DataFrame(rows, columns=[what, "n", "share", "ci_low", "ci_high"])
