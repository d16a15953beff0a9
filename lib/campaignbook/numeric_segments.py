"""Segments from numeric scales: k-means, and whether there are segments at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, as_found, is_number
from campaignbook.results import say, say_number
from campaignbook.surveys import survey_weights
from campaignbook.tables import require_columns

COMPARED = 2000
"""People by lot on whom the silhouette is worked out, as it compares all pairs."""

CLEAR = 0.5
"""Mean silhouette from which this book calls segments clearly apart."""

WEAK = 0.25
"""Mean silhouette below which this book says that there are no segments."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NumericSegments:
    """Segments of people by their values on numeric scales, the largest first.

    Attributes
    ----------
    scales : tuple of str
        Columns of the table.
    shares : numpy.ndarray, shape (k,)
        Share of people in each segment.
    means : numpy.ndarray, shape (k, s)
        Mean of each scale by segment, in the scale's unit.
    everybody : numpy.ndarray, shape (s,)
        Mean of each scale over all people.
    members : numpy.ndarray of int, shape (n,)
        Segment of each row, from 0; -1 where a scale has no value.
    spread : float
        Weighted sum of squared distances to the segments' means, standardised.
    silhouette : float
        How much nearer people are to their own segment than to the next, -1 to 1;
        0 with one segment.
    index : pandas.Index, length n
        Of the rows.
    """

    scales: tuple[str, ...]
    shares: np.ndarray
    means: np.ndarray
    everybody: np.ndarray
    members: np.ndarray
    spread: float
    silhouette: float
    index: pd.Index

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the segments."""
        return tuple(f"segment {i + 1}" for i in range(len(self.shares)))

    def labels(self) -> pd.Series:
        """Return the segment of each row by name, missing where a scale is."""
        named = np.array([*self.names, ""], dtype=object)[self.members]
        found = pd.Series(named, index=self.index, dtype="string")
        return found.mask(self.members < 0)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a segment: ``segment``, ``share``, and each scale's mean."""
        frame = pd.DataFrame({"segment": self.names, "share": self.shares})
        return frame.assign(**dict(zip(self.scales, self.means.T, strict=True)))

    def sentence(self) -> str:
        """Return how many segments there are, and how far apart."""
        sizes = ", ".join(say(float(s), "share") for s in self.shares)
        if len(self.shares) == 1:
            return "One segment: everybody."
        if self.silhouette < WEAK:
            word = "hardly apart; this book does not call that segments"
        else:
            clear = self.silhouette >= CLEAR
            word = "clearly apart" if clear else "apart, with overlap"
        return (
            f"{len(self.shares)} segments of {sizes}, {word} (mean silhouette "
            f"{say_number(self.silhouette, digits=2)})."
        )


def numeric_segments(
    table: pd.DataFrame,
    scales: Sequence[str],
    *,
    segments: int,
    weights: str | None = None,
    seed: int = 0,
    starts: int = 20,
) -> NumericSegments:
    """Return the segments whose people lie nearest to their own mean (k-means).

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    scales : sequence of str
        Columns of numbers; each is standardised, so that no unit outweighs another.
        Rows without a value in one of them belong to no segment.
    segments : int
        How many.
    weights : str, optional
        Column of sampling weights.
    seed, starts : int
        Of the starts, and their number; the best is taken.

    Raises
    ------
    DataError
        If the survey is empty, a column holds no numbers or is constant, or there are
        fewer different people than segments.

    References
    ----------
    Lloyd (1982), IEEE Transactions on Information Theory 28:129-137; Arthur &
    Vassilvitskii (2007), SODA 1027-1035 (starts); Rousseeuw (1987), Journal of
    Computational and Applied Mathematics 20:53-65 (silhouette).
    """
    weight = survey_weights(table, weights)
    values, whole = _values(table, scales)
    weight, points = weight[whole], values[whole]
    if not weight.sum() > 0:
        raise DataError("nobody has a value on every scale and a weight above 0.")
    centre = np.average(points, axis=0, weights=weight)
    width = np.sqrt(np.average((points - centre) ** 2, axis=0, weights=weight))
    flat = [c for c, w in zip(scales, width, strict=True) if not w > 0]
    if flat:
        raise DataError(
            f"column '{flat[0]}' is the same for everybody, so it tells no segments "
            "apart; leave it out."
        )
    points = (points - centre) / width
    distinct = len(np.unique(points, axis=0))
    if not is_number(segments, 1, distinct, whole=True):
        raise DataError(
            f"{as_found(segments)} segments were asked for, and there are {distinct} "
            f"different people; write a whole number from 1 to {distinct}."
        )
    if not is_number(starts, 1, whole=True):
        raise DataError(f"starts: {as_found(starts)}; write a whole number from 1 on.")
    rng = np.random.default_rng(seed)
    tries = [_settle(points, weight, segments, rng) for _ in range(starts)]
    means, belongs, spread = min(tries, key=lambda found: found[2])
    sizes = np.bincount(belongs, weights=weight, minlength=segments)
    order = np.argsort(-sizes, kind="stable")
    members = np.full(len(table), -1)
    members[whole] = np.argsort(order)[belongs]
    return NumericSegments(
        scales=tuple(scales),
        shares=sizes[order] / sizes.sum(),
        means=means[order] * width + centre,
        everybody=centre,
        members=members,
        spread=spread,
        silhouette=_silhouette(points, belongs, rng),
        index=table.index,
    )


def compare_segment_numbers(
    table: pd.DataFrame,
    scales: Sequence[str],
    *,
    most: int = 6,
    weights: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how far apart the segments are in each number from 2 to `most`.

    Columns: ``segments``, ``silhouette`` (the largest marks the best number),
    ``explained`` (share of the squared distances that the segments take away) and
    ``smallest_share``. With fewer different people than `most` it goes up to their
    number.

    Raises
    ------
    DataError
        As `numeric_segments`, or if `most` is below 2.
    """
    if not is_number(most, 2, whole=True):
        raise DataError(
            f"most is {as_found(most)}: write how many segments to try, 2 or more."
        )
    whole = numeric_segments(table, scales, segments=1, weights=weights, seed=seed)
    different = table.loc[whole.members >= 0, list(scales)].drop_duplicates()
    rows = []
    for k in range(2, min(most, len(different)) + 1):
        found = numeric_segments(table, scales, segments=k, weights=weights, seed=seed)
        rows.append(
            (k, found.silhouette, 1 - found.spread / whole.spread, found.shares.min())
        )
    columns = ["segments", "silhouette", "explained", "smallest_share"]
    return pd.DataFrame(rows, columns=columns)


def _values(table: pd.DataFrame, scales: Sequence[str]) -> tuple:
    if not scales:
        raise DataError("scales: name at least one column of numbers.")
    require_columns(table, *scales)
    columns = []
    for name in scales:
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
        lost = ~np.isfinite(numbers) & table[name].notna().to_numpy()
        if lost.any():
            raise DataError(
                f"column '{name}' holds '{table[name][lost].iloc[0]}' where a number "
                "belongs; for answers to choose from use latent classes."
            )
        columns.append(numbers)
    values = np.stack(columns, axis=1)
    return values, np.isfinite(values).all(1)


def _settle(
    points: np.ndarray, weight: np.ndarray, segments: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return means, members and spread where nobody changes the segment any more."""
    means = points[rng.choice(len(points), 1, p=weight / weight.sum())]
    while len(means) < segments:
        far = weight * _squares(points, means).min(1)
        pick = far if far.sum() > 0 else weight
        drawn = rng.choice(len(points), 1, p=pick / pick.sum())
        means = np.concatenate([means, points[drawn]])
    belongs = np.full(len(points), -1)
    for _ in range(300):
        squares = _squares(points, means)
        now = squares.argmin(1)
        if (now == belongs).all():
            break
        belongs = now
        for k in range(segments):
            inside = weight * (belongs == k)
            if inside.sum() > 0:
                means[k] = inside @ points / inside.sum()
    return means, belongs, float(weight @ squares.min(1))


def _squares(points: np.ndarray, means: np.ndarray) -> np.ndarray:
    return ((points[:, None, :] - means[None, :, :]) ** 2).sum(2)


def _silhouette(
    points: np.ndarray, belongs: np.ndarray, rng: np.random.Generator
) -> float:
    if len(points) > COMPARED:
        drawn = rng.choice(len(points), COMPARED, replace=False)
        points, belongs = points[drawn], belongs[drawn]
    groups, belongs = np.unique(belongs, return_inverse=True)
    if len(groups) < 2:
        return 0.0
    member = (belongs[:, None] == np.arange(len(groups))).astype(float)
    sums = np.sqrt(_squares(points, points)) @ member
    sizes = member.sum(0)
    own = sums[np.arange(len(points)), belongs] / np.maximum(sizes[belongs] - 1, 1)
    others = np.where(member > 0, np.inf, sums / sizes).min(1)
    wide = np.maximum(own, others)
    value = np.where(sizes[belongs] > 1, (others - own) / np.maximum(wide, 1e-300), 0.0)
    return float(value.mean())
