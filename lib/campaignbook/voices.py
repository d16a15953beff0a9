"""Competing voices: who is heard how much, and which topics nobody speaks of."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import (
    DataError,
    PlanError,
    as_found,
    is_number,
    refuse_level,
)
from campaignbook.evaluation.proportions import wilson
from campaignbook.results import Estimate, say
from campaignbook.scoring import Criterion, Ranking, rank_items
from campaignbook.tables import require_columns


def share_of_voice(
    table: pd.DataFrame,
    *,
    voice: str = "voice",
    mentions: str = "mentions",
    period: str | None = None,
    level: float = 0.95,
) -> tuple[Estimate, ...]:
    """Return each voice's share of all mentions with its interval, the largest first.

    Parameters
    ----------
    table : DataFrame
        Counts of mentions, a row a voice, or a voice and period.
    voice, mentions : str
        Columns: a name, a count.
    period : str, optional
        Column of the day or week. With it the interval allows for mentions that come in
        bursts; without it each mention counts as if it came by itself.
    level : float
        Of the intervals, 0-1.

    Raises
    ------
    DataError
        If a column, name or number is missing or below 0, nobody was mentioned, or
        there are fewer than 3 periods.

    Notes
    -----
    Share = own mentions / mentions of all voices that are listed; this book uses it so.
    Without periods Wilson's interval. With G periods the ratio of sums with the
    jackknife over periods and t(G - 1), on the scale of log odds.

    Examples
    --------
    >>> counts = pd.DataFrame({"voice": ["us", "them"], "mentions": [30, 70]})
    >>> print(share_of_voice(counts)[1].sentence("Our share"))
    Our share: 30.0% (95% interval 21.9% to 39.6%, n = 100).
    """
    refuse_level(level)
    named = [voice, *([period] if period else [])]
    require_columns(table, mentions, *named)
    lost = [n for n in named if table[n].isna().any()]
    if lost:
        raise DataError(*(f"'{n}' is missing in some rows; write it." for n in lost))
    counts = pd.to_numeric(table[mentions], "coerce")
    bad = int((~(counts >= 0) | np.isinf(counts)).sum())
    if bad:
        raise DataError(
            f"'{mentions}': {bad} values are missing or below 0; write 0 for none."
        )
    if not counts.sum():
        raise DataError(f"'{mentions}': nobody was mentioned, so there is no share.")
    if period is None:
        sums = counts.groupby(table[voice], sort=False).sum()
        grid = sums.to_numpy(float)[None, :]
        names = list(sums.index)
    else:
        wide = table.assign(_n=counts).pivot_table(
            index=period, columns=voice, values="_n", aggfunc="sum", fill_value=0,
            sort=False,
        )  # fmt: skip
        grid, names = wide.to_numpy(float), list(wide.columns)
        if len(grid) < 3:
            raise DataError(
                f"'{period}': {len(grid)} periods; bursts can be seen from 3 on. Leave "
                "the period out."
            )
    total = float(grid.sum())
    made = []
    for name, own in zip(names, grid.T, strict=True):
        share = float(own.sum() / total)
        if period is None:
            ends = wilson(own.sum(), total, level=level)
        else:
            ends = _jackknife(own, grid.sum(axis=1), level)
        made.append(
            Estimate(
                name="share of voice", group=str(name), estimate=share, unit="share",
                ci_low=ends[0], ci_high=ends[1], level=level, n=round(total),
                clusters=len(grid) if period else None, null_value=None,
                method="jackknife over periods, t" if period else "Wilson",
            )
        )  # fmt: skip
    return tuple(sorted(made, key=lambda e: -e.estimate))


def _jackknife(own: np.ndarray, all_: np.ndarray, level: float) -> tuple[float, float]:
    """Return the interval of a ratio of sums, a period left out at a time."""
    n, share = len(own), own.sum() / all_.sum()
    if not 0 < share < 1:
        return wilson(own.sum(), all_.sum(), level=level)
    left = (own.sum() - own) / np.maximum(all_.sum() - all_, 1e-300)
    odds = stats.logistic.ppf(np.clip(left, 1e-12, 1 - 1e-12))
    error = math.sqrt((n - 1) / n * ((odds - odds.mean()) ** 2).sum())
    middle = stats.logistic.ppf(share)
    width = stats.t.ppf(0.5 + level / 2, n - 1) * error
    low, high = stats.logistic.cdf([middle - width, middle + width])
    return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentGap:
    """A topic: how much it is asked for, and who speaks of it.

    Attributes
    ----------
    topic : str
        The topic.
    asked, told, own : float
        Share (0-1) of all questions that ask for it, of all posts that speak of it, and
        of our own posts that do.
    gap : float
        asked - told: above 0 it is asked for more than it is spoken of.
    silent : tuple of str
        Voices that do not speak of it at all.
    """

    topic: str
    asked: float
    told: float
    own: float
    gap: float
    silent: tuple[str, ...]


def content_gaps(
    posts: pd.DataFrame, asked: Mapping[str, float], *, own: str
) -> tuple[ContentGap, ...]:
    """Return the topics by how much more they are asked for than spoken of.

    Parameters
    ----------
    posts : DataFrame
        Counts of posts: a row a topic (its index), a column a voice.
    asked : mapping of str to float
        Questions of the audience by topic, counts or shares.
    own : str
        Our own column.

    Raises
    ------
    DataError
        If a topic is not in both, we are not among the voices, or there are no posts or
        questions.
    """
    lost = [str(t) for t in {*posts.index, *asked} if t not in asked]
    lost += [str(t) for t in asked if t not in posts.index]
    problems = [f"topic '{t}' is not in both posts and questions." for t in lost]
    twice = posts.index[posts.index.duplicated()].unique()
    problems += [f"topic '{t}' stands twice; add its posts up." for t in twice]
    if own not in posts.columns:
        named = ", ".join(f"'{c}'" for c in posts.columns)
        problems.append(f"voices: there is no '{own}'; known: {named}.")
    if problems:
        raise DataError(*problems)
    counts = posts.apply(pd.to_numeric, errors="coerce").astype(float)
    if not (counts >= 0).all(axis=None) or not counts.to_numpy().sum():
        raise DataError("posts: write counts of 0 or more, some of them above 0.")
    if not all(is_number(n, 0) for n in asked.values()) or not sum(asked.values()):
        raise DataError("questions: write 0 or more by topic, some of them above 0.")
    told = counts.sum(axis=1) / counts.to_numpy().sum()
    mine = counts[own] / max(counts[own].sum(), 1)
    wanted = {t: n / sum(asked.values()) for t, n in asked.items()}
    gaps = [
        ContentGap(
            topic=str(t), asked=wanted[t], told=float(told[t]), own=float(mine[t]),
            gap=float(wanted[t] - told[t]),
            silent=tuple(str(v) for v in counts.columns if counts.loc[t, v] == 0),
        )
        for t in counts.index
    ]  # fmt: skip
    return tuple(sorted(gaps, key=lambda g: -g.gap))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """A need of the audience, and how far somebody meets it already.

    Attributes
    ----------
    name : str
        The need, or the topic.
    need, served : float
        Share (0-1) of the audience that has it, and share of those who have it whom
        somebody serves well.
    """

    name: str
    need: float
    served: float

    @property
    def unmet(self) -> float:
        """Share of the audience that has the need and is not served."""
        return self.need * (1 - self.served)


def rank_opportunities(
    options: Sequence[Opportunity],
    *,
    seed: int,
    need: float = 1.0,
    neglect: float = 1.0,
) -> tuple[pd.DataFrame, Ranking]:
    """Return opportunities by need and neglect, and how stable the first place is.

    Parameters
    ----------
    options : sequence of Opportunity
        At least one.
    seed : int
        Of the drawn weightings.
    need, neglect : float
        Weights of the two criteria, 0 or more.

    Returns
    -------
    DataFrame
        A row an opportunity, the best first: ``opportunity``, ``need``, ``neglect``
        (1 - served), ``unmet`` (their product), ``rank``, ``first_near``,
        ``first_any``.
    Ranking
        With its sentence.

    Raises
    ------
    PlanError
        If a share is not 0-1, a name stands twice or a weight is wrong.
    """
    problems = [
        f"'{o.name}': {name} must be a share between 0 and 1, got {as_found(value)}; "
        "write 35% as 0.35."
        for o in options
        for name, value in (("need", o.need), ("served", o.served))
        if not is_number(value, 0, 1)
    ]
    names = [o.name for o in options]
    problems += [
        f"'{n}' stands {names.count(n)} times; give each need its own name."
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    if problems:
        raise PlanError(*problems)
    points = {o.name: {"need": o.need, "neglect": 1 - o.served} for o in options}
    weighted = [
        Criterion(name=name, weight=weight, low=0.0, high=1.0)
        for name, weight in (("need", need), ("neglect", neglect))
    ]
    ranking = rank_items(points, weighted, seed=seed)
    known = {o.name: o for o in options}
    rows = [
        {
            "opportunity": i.name, "need": known[i.name].need,
            "neglect": 1 - known[i.name].served, "unmet": known[i.name].unmet,
            "rank": i.rank, "first_near": i.first_near, "first_any": i.first_any,
        }
        for i in ranking.items
    ]  # fmt: skip
    return pd.DataFrame(rows), ranking


def gap_sentence(gaps: Sequence[ContentGap]) -> str:
    """Return the topic that is most asked for beyond what is said of it."""
    first = gaps[0] if gaps else None
    if first is None or first.gap <= 0:
        return "Every topic is spoken of as much as it is asked for."
    silent = f" Silent on it: {', '.join(first.silent)}." if first.silent else ""
    return (
        f"'{first.topic}' is {say(first.asked, 'share')} of the questions and "
        f"{say(first.told, 'share')} of the posts; of our own posts "
        f"{say(first.own, 'share')}.{silent}"
    )
