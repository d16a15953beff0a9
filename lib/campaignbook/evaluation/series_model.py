"""The regression of a series: its columns, its fits, and what they say together."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from campaignbook.errors import DataError
from campaignbook.evaluation import series
from campaignbook.evaluation.series import Errors, SeriesFit
from campaignbook.evaluation.series_cells import Series

Terms = Literal["level", "level+slope"]

CAMPAIGN = ("level", "slope", "level after", "slope after")
"""Names of the columns that hold what a campaign changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a series.

    Attributes
    ----------
    terms : {"level", "level+slope"}
        What may change at the start.
    season : int or None
        Periods a year.
    covariates : tuple of str
        Their names.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the outcome.
    """

    terms: Terms
    season: int | None = None
    covariates: tuple[str, ...] = ()
    level: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a regression.

    Attributes
    ----------
    x : ndarray, shape (T, k)
        The constant first; covariates have mean 0 and are divided by `scale`.
    names : list of str
        ``constant``, ``trend``, those of `CAMPAIGN`, ``season:<phase>``, covariates.
    scale : ndarray, shape (k,)
        1 but for covariates.
    """

    x: np.ndarray
    names: list[str]
    scale: np.ndarray

    @property
    def seasonal(self) -> int:
        """How many columns are dummies of the season."""
        return sum(name.startswith("season:") for name in self.names)

    def pick(self, *names: str) -> np.ndarray:
        """Return weights (k,): 1 for the columns of these names, else 0."""
        return np.isin(self.names, names).astype(float)

    def effect(self, rows: slice) -> np.ndarray:
        """Return the weights (k,) of the campaign's mean effect over rows."""
        return self.x[rows].mean(axis=0) * self.pick(*CAMPAIGN)


def columns(data: Series, asked: Asked) -> Columns:
    """Return the columns of the model, those of the covariates last.

    A slope of its own needs two points in the campaign, and three after it. A
    covariate that does not vary is refused, or left out where it is a difference from
    the comparison series.

    Raises
    ------
    DataError
        A covariate does not vary, or the season is longer than the series.
    """
    t, season = len(data.own), asked.season
    if season is not None and season >= t:
        raise DataError(
            f"season: {season} periods are longer than the series, which has {t}; "
            "leave 'season' out or add periods."
        )
    at, steps = np.arange(t), data.steps
    during, after = (at >= data.first) & (at < data.stop), at >= data.stop
    since = [steps - steps[min(i, t - 1)] for i in (data.first, data.stop)]
    sloped, found = asked.terms == "level+slope", {"constant": np.ones(t)}
    if sloped:
        found["trend"] = since[0]
    if during.any():
        found["level"] = during
    if sloped and during.sum() > 1:
        found["slope"] = during * since[0]
    if after.any():
        found["level after"] = after
    if sloped and after.sum() > 2:
        found["slope after"] = after * since[1]
    if season is not None:
        phase = steps % season
        kinds = np.unique(phase)[1:]
        found |= {f"season:{kind}": phase == kind for kind in kinds}
    scale = np.ones(len(found))
    for name, values in zip(asked.covariates, data.z.T, strict=True):
        spread = float(values.std())
        if spread > 1e-12 * float(np.abs(values).max()):
            found[f"covariate:{name}"] = (values - values.mean()) / spread
            scale = np.r_[scale, spread]
        elif data.other is None:
            raise DataError(
                f"covariates: '{name}' has the same value in every period; leave it "
                "out."
            )
    x = np.column_stack([v.astype(float) for v in found.values()])
    return Columns(x=x, names=list(found), scale=scale)


def with_column(model: Columns, name: str, values: np.ndarray) -> Columns:
    """Return the columns and one more (T,), those left out that are all 0."""
    kept = model.x.any(axis=0)
    return Columns(
        x=np.column_stack([model.x[:, kept], values]),
        names=[*(n for n, k in zip(model.names, kept, strict=True) if k), name],
        scale=np.r_[model.scale[kept], 1.0],
    )


def fit(data: Series, model: Columns, *, errors: Errors = "ar1") -> SeriesFit:
    """Return the fit of a series on its columns (k), or of it against its comparison.

    Notes
    -----
    Means: ``ar1`` is `series.prais_winsten`, the others are least squares, of own
    minus other. Counts: `series.poisson_fit`, of own given the sum of both.
    """
    if data.count:
        offset = np.log(data.size)
        if data.other is not None:
            offset = offset - np.log(data.other_size)
        return series.poisson_fit(
            data.own,
            model.x,
            offset,
            comparison=data.other,
            errors=errors,
            steps=data.steps,
            seasonal=model.seasonal,
        )
    y = data.own if data.other is None else data.own - data.other
    if errors == "ar1":
        return series.prais_winsten(
            y, model.x, steps=data.steps, seasonal=model.seasonal
        )
    return series.ols(y, model.x, errors=errors)


def comparison_alone(data: Series) -> Series:
    """Return the comparison as a series of its own."""
    return replace(
        data, own=data.other, other=None, size=data.other_size, z=data.other_z
    )


def before_start(data: Series) -> Series:
    """Return the series up to the start, without any campaign."""
    upto = slice(data.first)
    parts = ("own", "size", "other_size", "steps", "z", "other_z", "periods")
    cut = {name: getattr(data, name)[upto] for name in parts}
    other = None if data.other is None else data.other[upto]
    rows = data.rows[:, upto]
    return replace(data, other=other, rows=rows, stop=data.first, **cut)


def size_of(data: Series) -> float:
    """Return how large the numbers of a fit are, to tell an error from rounding."""
    return 1.0 if data.count else float(np.abs(data.own + data.centre).max())
