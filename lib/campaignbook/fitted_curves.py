"""Response curves fitted to what was spent and what came, with their doubt."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from campaignbook.errors import DataError, PlanError, refuse_level
from campaignbook.response_curves import (
    brought,
    fit_parameters,
    shape_of,
    slopes_of,
)
from campaignbook.results import Estimate, say_number
from campaignbook.strategies import FORMS, Response
from campaignbook.tables import require_columns

STRAIGHT = 20.0
"""A curve that bends only beyond so many times the most spent is a straight line."""
_NEARLY_ONE = 0.98
FLAT = 0.02
"""A curve that rises by less than this share over all amounts seen does not rise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCurve:
    """A response curve fitted to the periods of one channel.

    Attributes
    ----------
    channel : str
        Its name.
    curve : Response
        The curve that fits best: what the money brings in a period.
    baseline : float
        What comes in a period without money, in the unit of the response; 0 unless
        the table has periods without money in which something came.
    theta, covariance : array, shape (k,) and (k, k)
        Working parameters, with their covariance: log scale; log shape (power: logit of
        the shape); log baseline, where there is one.
    df : int
        Periods less parameters.
    spend, response : array, shape (n,)
        The data, in the units of money and response.
    estimates : tuple of Estimate
        ``scale``, ``shape`` and, where there is one, ``baseline``.
    """

    channel: str
    curve: Response
    baseline: float
    theta: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    df: int
    spend: np.ndarray = field(repr=False)
    response: np.ndarray = field(repr=False)
    estimates: tuple[Estimate, ...]

    @property
    def fitted(self) -> np.ndarray:
        """What the curve says of each period; its sum is that of the data."""
        return self.baseline + brought(self.curve, self.spend)

    @property
    def dispersion(self) -> float:
        """Variance of the response by its expectation; 1 under Poisson's law."""
        at = self.fitted > 0
        left = (self.response - self.fitted)[at] ** 2 / self.fitted[at]
        return float(left.sum() / self.df)

    def drawn(
        self, draws: int, *, seed: int | Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return scales and shapes that the data allow, each of shape (draws,)."""
        rng = np.random.default_rng(seed)
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        normal = rng.standard_normal((draws, len(self.theta))) @ root.T
        wide = np.sqrt(self.df / rng.chisquare(self.df, draws))
        theta = self.theta + normal * wide[:, None]
        return np.exp(theta[:, 0]), shape_of(self.curve.form, theta[:, 1])

    def band(self, money: np.ndarray, *, level: float = 0.95) -> np.ndarray:
        """Return low and high end of what the money brings, shape (2, n)."""
        x = np.maximum(np.asarray(money, dtype=float), 1e-9)
        slopes = slopes_of(self.curve.form, self.theta[:2], x)
        relative = slopes / brought(self.curve, x)[:, None]
        inner = self.covariance[:2, :2]
        spread = np.sqrt(np.einsum("ni,ij,nj->n", relative, inner, relative))
        width = stats.t.ppf(0.5 + level / 2, self.df) * spread
        return brought(self.curve, x) * np.exp([-width, width])

    def sentence(self) -> str:
        """Return where the curve bends, and how well the data fix it."""
        shape = self.estimates[1]
        size, interval = shape.words()
        if self.curve.form == "power":
            low, times, high = (
                say_number(2**e) for e in (shape.ci_low, shape.estimate, shape.ci_high)
            )
            return (
                f"{self.channel}: twice the money brings {times} times as much "
                f"({100 * shape.level:g}% interval {low} to {high})."
            )
        where = "half of all that it can bring comes for"
        where = where if self.curve.form == "saturation" else "the curve bends at about"
        return f"{self.channel}: {where} {size} ({interval})."


def fit_curves(
    table: pd.DataFrame,
    *,
    form: str = "saturation",
    channel: str = "channel",
    spend: str = "spend",
    response: str = "response",
    level: float = 0.95,
    currency: str = "units of money",
    unit: str = "responses",
) -> tuple[FittedCurve, ...]:
    """Return the response curve of each channel, in the order of the table.

    Parameters
    ----------
    table : DataFrame
        A row a channel and period.
    form : {"log", "power", "saturation"}
        Of all curves. It is an assumption, tested only where the money varied.
    channel, spend, response : str
        Its columns: a name, money (0 or more), what came (0 or more).
    level : float
        Of the intervals, 0-1.
    currency, unit : str
        Of money and response, in words.

    Raises
    ------
    DataError
        All at once: a column, name or number that is missing or below 0, a channel
        without spend or with too few amounts, or one whose response does not flatten or
        does not rise.
    PlanError
        If there is no such form.

    Notes
    -----
    Quasi-likelihood with a variance proportional to the mean, as counts have it: the
    fitted curve so reproduces the total of the data exactly. The covariance is the
    sandwich with leverages (HC3), with t, so that another variance does no harm. First
    a power curve with a free exponent is fitted; where the whole interval of the
    exponent is above 1, the response is convex.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989), Generalized Linear Models, chapter 9.
    """
    if form not in FORMS:
        raise PlanError(f"form: '{form}' is not known; write {', '.join(FORMS)}.")
    refuse_level(level)
    require_columns(table, channel, spend, response)
    columns = (spend, response)
    fits, problems = [], []
    nameless = int(table[channel].isna().sum())
    if nameless:
        problems.append(
            f"'{channel}': {nameless} rows name none; write whose money it is."
        )
    for name, rows in table.groupby(channel, sort=False):
        x, y = (pd.to_numeric(rows[c], "coerce").to_numpy(float) for c in columns)
        problem = _unusable(x, y, columns) or _bends_up(x, y, level)
        if problem is None:
            theta, covariance = fit_parameters(form, x, y)
            shape = float(shape_of(form, theta[1]))
            most = _NEARLY_ONE if form == "power" else STRAIGHT * x.max()
            problem = _straight(x) if shape > most else _flat(form, theta, x)
        if problem is not None:
            problems.append(f"channel '{name}': {problem}")
            continue
        words = {"scale": unit, "shape": "count" if form == "power" else currency}
        fits.append(_fitted(str(name), form, theta, covariance, x, y, level, words))
    if not len(table):
        problems.append("the table of spending has no rows; write a row a period.")
    if problems:
        raise DataError(*problems)
    return tuple(fits)


def _fitted(
    name: str, form: str, theta: np.ndarray, covariance: np.ndarray, x: np.ndarray,
    y: np.ndarray, level: float, words: dict[str, str],
) -> FittedCurve:  # fmt: skip
    df = len(x) - len(theta)
    width = stats.t.ppf(0.5 + level / 2, df) * np.sqrt(np.diag(covariance))
    ends = np.array([theta - width, theta, theta + width])
    values = np.exp(ends)
    values[:, 1] = shape_of(form, ends[:, 1])
    estimates = tuple(
        Estimate(
            name=part, estimate=float(at), ci_low=float(low), ci_high=float(high),
            df=df, level=level, null_value=None, n=len(x), group=name,
            unit=words.get(part, words["scale"]),
            method=f"{form} curve by quasi-likelihood, HC3, t",
        )
        for part, (low, at, high) in zip(
            ("scale", "shape", "baseline"), values.T, strict=False
        )
    )  # fmt: skip
    curve = Response(form=form, scale=values[1, 0], shape=values[1, 1])
    return FittedCurve(
        channel=name, curve=curve, theta=theta, covariance=covariance, df=df,
        spend=x, response=y, estimates=estimates,
        baseline=float(values[1, 2]) if len(theta) > 2 else 0.0,
    )  # fmt: skip


# --- what cannot be fitted --------------------------------------------------------


def _unusable(x: np.ndarray, y: np.ndarray, columns: tuple[str, str]) -> str | None:
    for values, column in zip((x, y), columns, strict=True):
        bad = int((~(np.isfinite(values) & (values >= 0))).sum())
        if bad:
            return (
                f"{bad} values of '{column}' are missing or below 0; write 0 where "
                "nothing was spent or came, and leave out what is not known."
            )
    if not x.any():
        return (
            "nothing was ever spent there, so what money brings is not known; leave it "
            "out, or try some money first."
        )
    if not y[x > 0].any():
        return "its money brought nothing; leave it out."
    amounts = len(np.unique(x[x > 0]))
    if amounts < 3 or len(x) < 6:
        return (
            f"it has {amounts} different amounts in {len(x)} periods; a curve needs at "
            "least 3 amounts and 6 periods."
        )
    return None


def _bends_up(x: np.ndarray, y: np.ndarray, level: float) -> str | None:
    theta, covariance = fit_parameters("free", x, y)
    t = stats.t.ppf(0.5 + level / 2, len(x) - len(theta))
    low = theta[1] - t * math.sqrt(covariance[1, 1])
    if low <= 1e-4:  # exact data on a straight line have no interval
        return None
    return (
        f"its response grows faster than its money (exponent {math.exp(theta[1]):.2f}, "
        f"{100 * level:g}% interval from {math.exp(low):.2f} on). On a convex curve "
        "there is no best amount; set it by a bound."
    )


def _straight(x: np.ndarray) -> str:
    return (
        f"up to {say_number(x.max())} its response shows no bend, so the data do not "
        "say where to stop; set its amount by a bound, or try more money."
    )


def _flat(form: str, theta: np.ndarray, x: np.ndarray) -> str | None:
    seen = x[x > 0]
    shape = float(shape_of(form, theta[1]))
    made = Response.model_construct(form=form, scale=1.0, shape=shape)
    least, most = brought(made, np.array([seen.min(), seen.max()]))
    on_edge = form != "power" and shape < 1e-6 * seen.min()
    if least < (1 - FLAT) * most and not on_edge:
        return None
    return (
        f"from {say_number(seen.min())} to {say_number(seen.max())} its response does "
        "not rise with its money, so the data do not say what the first money brings; "
        "set its amount by a bound, or try less money."
    )
