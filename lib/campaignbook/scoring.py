"""Points by criterion: a weighted ranking, and how far it hangs on the weights."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import PlanError, as_found, is_number, nearest
from campaignbook.results import say, say_number

NEAR = 50.0
"""How closely the weightings near the user's keep to them (see `rank_items`)."""
DRAWS = 10_000
_CHUNK = 500
_SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What items are scored on.

    Attributes
    ----------
    name : str
        As it stands in the items' points.
    weight : float
        How much it counts beside the others, 0 or more; any scale.
    cost : bool
        Whether many points are bad (effort, resources required): it is reversed.
    low, high : float
        Fewest and most points that can be given.
    """

    name: str
    weight: float = 1.0
    cost: bool = False
    low: float = 1.0
    high: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One item of a ranking.

    Attributes
    ----------
    name : str
        What was scored.
    score : float
        Weighted mean, from 0 (worst on every criterion) to 1 (best on every one).
    rank : int
        1 is best; equal scores share a rank.
    first_near, first_any : float
        Share of the weightings in which it comes first: of those near the user's, and
        of all there could be. Items that come first together share the weighting.
    error_near, error_any : float
        Their Monte-Carlo standard errors.
    """

    name: str
    score: float
    rank: int
    first_near: float
    error_near: float
    first_any: float
    error_any: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Items by their score, the best first.

    Attributes
    ----------
    items : tuple of Scored
        Best first; equals in the order in which they were given.
    draws : int
        Weightings drawn near the user's, and as many of all.
    spread : float
        Standard deviation of the weight of an average criterion, as a share of all
        weights (0-1), in the weightings near the user's.
    """

    items: tuple[Scored, ...]
    draws: int
    spread: float

    @property
    def first(self) -> tuple[str, ...]:
        """Names of the items that share the first place."""
        return tuple(i.name for i in self.items if i.rank == 1)

    def sentence(self) -> str:
        """Return who comes first, and how far that hangs on the weights."""
        best = self.items[0]
        if len(self.first) > 1:
            names = ", ".join(f"'{n}'" for n in self.first)
            return f"{names} share the first place with {best.score:.2f} of 1."
        if len(self.items) == 1:
            return f"'{best.name}' has {best.score:.2f} of 1; there is no other."
        near, anyhow = say(best.first_near, "share"), say(best.first_any, "share")
        rival = max(self.items[1:], key=lambda i: i.first_near)
        told = (
            f"'{best.name}' comes first with {best.score:.2f} of 1. It stays first in "
            f"{near} of the weightings near yours (Monte-Carlo error "
            f"{say_number(100 * best.error_near, digits=1)} points) and in {anyhow} of "
            "all weightings."
        )
        if best.first_near >= 0.95:
            return f"{told} The first place does not hang on the exact weights."
        return (
            f"{told} The first place hangs on the weights: next comes '{rival.name}', "
            f"first in {say(rival.first_near, 'share')} of those near yours."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row an item: the fields of `Scored`."""
        return pd.DataFrame(self.items)


def rank_items(
    points: Mapping[str, Mapping[str, float]],
    criteria: Sequence[Criterion],
    *,
    seed: int,
    draws: int = DRAWS,
    near: float = NEAR,
) -> Ranking:
    """Return the items by their weighted score, and how stable the first place is.

    Parameters
    ----------
    points : mapping of str to mapping of str to float
        By item and criterion, in the criteria's own scales.
    criteria : sequence of Criterion
        What they are scored on, with the user's weights.
    seed : int
        Of the drawn weightings.
    draws : int
        How many weightings are drawn near the user's, and of all.
    near : float
        The larger, the nearer: a criterion with the share w of all weights varies
        with the standard deviation sqrt(w (1 - w) / (near + 1)).

    Returns
    -------
    Ranking

    Raises
    ------
    PlanError
        Every missing, unknown or impossible number at once; weights that are negative
        or all zero.

    Notes
    -----
    score = sum(w s) / sum(w), where s = (points - low) / (high - low), and 1 - s for a
    cost-type criterion. Weightings near the user's are drawn from Dirichlet(near x w);
    a criterion with weight 0 keeps it. All weightings: Dirichlet(1, ..., 1), in which
    every split of the weights is equally likely. The standard error of a share of n
    draws is that of a proportion with two more on either side, so that it is not 0
    where an item never or always comes first.

    References
    ----------
    Lahdelma, R. and Salminen, P. (2001), SMAA-2: stochastic multicriteria acceptability
    analysis for group decision making, Operations Research 49, 444-454.

    Examples
    --------
    >>> criteria = [Criterion(name="size"), Criterion(name="effort", cost=True)]
    >>> points = {"a": {"size": 5, "effort": 1}, "b": {"size": 4, "effort": 3}}
    >>> ranking = rank_items(points, criteria, seed=1)
    >>> [(i.name, i.score, i.first_near) for i in ranking.items]
    [('a', 1.0, 1.0), ('b', 0.625, 0.0)]
    """
    table, weights = _checked(points, criteria)
    if not (is_number(draws, 1, whole=True) and is_number(near) and near > 0):
        raise PlanError(
            f"scores: {as_found(draws)} weightings, {as_found(near)} near yours; write "
            "at least 1 and more than 0."
        )
    scores = table @ weights
    near_rng, any_rng = (np.random.default_rng([seed, i]) for i in range(2))
    used = weights > 0
    drawn = np.zeros((draws, len(weights)))
    drawn[:, used] = near_rng.dirichlet(near * weights[used], draws)
    first_near = _first_shares(table, drawn)
    evenly = any_rng.dirichlet(np.ones(len(weights)), draws)
    first_any = _first_shares(table, evenly)
    above = scores[None, :] > scores[:, None] + _SAME
    ranks = 1 + above.sum(axis=1)
    items = [
        Scored(
            name=name, score=float(scores[i]), rank=int(ranks[i]),
            first_near=float(first_near[i]), error_near=_error(first_near[i], draws),
            first_any=float(first_any[i]), error_any=_error(first_any[i], draws),
        )
        for i, name in enumerate(points)
    ]  # fmt: skip
    mean = float(weights[used].mean())
    spread = math.sqrt(mean * (1 - mean) / (near + 1))
    ordered = tuple(sorted(items, key=lambda i: i.rank))
    return Ranking(items=ordered, draws=draws, spread=spread)


def _first_shares(table: np.ndarray, weightings: np.ndarray) -> np.ndarray:
    """Return in which share of the weightings (rows) each item (row) comes first."""
    total = np.zeros(len(table))
    for start in range(0, len(weightings), _CHUNK):
        scores = weightings[start : start + _CHUNK] @ table.T
        first = scores >= scores.max(axis=1, keepdims=True) - _SAME
        total += (first / first.sum(axis=1, keepdims=True)).sum(axis=0)
    return total / len(weightings)


def _error(share: float, draws: int) -> float:
    held = (share * draws + 2) / (draws + 4)
    return math.sqrt(held * (1 - held) / (draws + 4))


def _checked(
    points: Mapping[str, Mapping[str, float]], criteria: Sequence[Criterion]
) -> tuple[np.ndarray, np.ndarray]:
    """Return points as 0 (worst) to 1 (best) by item, and weights that sum to 1."""
    names = [c.name for c in criteria]
    problems = [] if points else ["scores: write at least one item with its points."]
    problems += [] if criteria else ["criteria: write at least one."]
    problems += [
        f"criteria: '{n}' stands {names.count(n)} times; keep one."
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    for c in criteria:
        if not is_number(c.weight, 0):
            below = is_number(c.weight)
            problems.append(
                f"criterion '{c.name}': its weight is {as_found(c.weight)}; write 0 or "
                "more." + " Set cost: true where many points are bad." * below
            )
        if not (is_number(c.low) and is_number(c.high) and c.low < c.high):
            problems.append(
                f"criterion '{c.name}': the points run from {as_found(c.low)} to "
                f"{as_found(c.high)}; write the fewest first."
            )
    if criteria and all(c.weight == 0 for c in criteria):
        problems.append("criteria: all weights are 0; give one of them more.")
    for item, given in points.items():
        problems += _point_problems(item, given, criteria)
    if problems:
        raise PlanError(*problems)
    rows = [[(given[c.name] - c.low) / (c.high - c.low) for c in criteria]
            for given in points.values()]  # fmt: skip
    table = np.array(rows, dtype=float)
    reverse = np.array([c.cost for c in criteria])
    table[:, reverse] = 1 - table[:, reverse]
    weights = np.array([c.weight for c in criteria], dtype=float)
    weights = weights / weights.max()
    return table, weights / weights.sum()


def _point_problems(
    item: str, given: Mapping[str, float], criteria: Sequence[Criterion]
) -> list[str]:
    names = [c.name for c in criteria]
    problems = [
        f"'{item}': there is no criterion '{n}' ({nearest(n, names)})."
        for n in given
        if n not in names
    ]
    for c in criteria:
        value = given.get(c.name)
        if value is None:
            problems.append(
                f"'{item}': no points for '{c.name}'; give {c.low:g} to {c.high:g}."
            )
        elif not is_number(value, c.low, c.high):
            problems.append(
                f"'{item}': {as_found(value)} points for '{c.name}'; give {c.low:g} to "
                f"{c.high:g}."
            )
    return problems
