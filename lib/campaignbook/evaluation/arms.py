"""The arms of a trial as sums, and two of them compared where people were assigned."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation import proportions
from campaignbook.evaluation.clusters import t_comparison
from campaignbook.results import Estimate
from campaignbook.tables import Cells, require_columns, same_value

Kind = Literal["binary", "mean", "count"]

ASSUMPTIONS = (
    "the arms were assigned at random",
    "what one person or cluster got did not change the outcome of another",
    "the outcome was measured alike in all arms",
)
"""What must hold for a trial's difference to be an effect."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arm:
    """One arm of a trial as sums.

    Attributes
    ----------
    name : str
        As in the plan.
    n : int
        Rows (people).
    total : float
        Sum of the outcome, in its unit.
    exposure : float
        Population at risk; rows where no other is given.
    spread : float or None
        Sum of squared residuals outcome - mean x exposure; None where only counts
        are known.
    clusters : numpy.ndarray of object, shape (c,), or None
        Names of the clusters that hold the arm.
    sizes, sums, times : numpy.ndarray, shape (c,), or None
        Exposure and sum of the outcome by cluster, and how many alike it stands for.
    """

    name: str
    n: int
    total: float
    exposure: float
    spread: float | None = None
    clusters: np.ndarray | None = None
    sizes: np.ndarray | None = None
    sums: np.ndarray | None = None
    times: np.ndarray | None = None

    @property
    def held(self) -> int | None:
        """Number of clusters."""
        return None if self.times is None else round(self.times.sum())

    @property
    def mean(self) -> float:
        """Outcome by exposure: a share, a mean or a rate."""
        return self.total / self.exposure

    @property
    def events(self) -> int:
        """The sum of the outcome as a whole number."""
        return round(self.total)

    @property
    def variance(self) -> float | None:
        """Variance of the mean between rows; None with one row or counts only."""
        if self.spread is None or self.n < 2:
            return None
        return self.spread / self.exposure**2 * self.n / (self.n - 1)


def find_name(text: str, names: Sequence[str]) -> str | None:
    """Return the plan's name that a table's text means, or None.

    Examples
    --------
    >>> find_name("1.0", ["0", "1"]), find_name("false", ["False"]), find_name("a", [])
    ('1', 'False', None)
    """
    for name in names:
        word = name.strip().casefold()
        meant = {"true": True, "false": False}.get(word, name)
        if same_value(text, name) or same_value(text, meant):
            return name
    return None


def named_rows(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of the named arms, ``arm`` holding the plan's names.

    Raises
    ------
    DataError
        One sentence for each name that the table does not hold.
    """
    require_columns(frame, "arm", "n")
    if set(frame["arm"].unique()) == set(names) and (frame["n"] > 0).all():
        return frame
    texts = sorted(str(text) for text in frame.loc[frame["n"] > 0, "arm"].unique())
    meaning = {text: find_name(text, names) for text in texts}
    lost = [name for name in names if name not in meaning.values()]
    if lost:
        raise DataError(
            *(
                f"arms: the table has 0 rows with the arm '{name}' "
                f"({nearest(name, texts)})."
                for name in lost
            )
        )
    named = frame.assign(arm=frame["arm"].astype(str).map(meaning))
    return named.loc[named["arm"].notna() & (named["n"] > 0)]


def read_arms(
    cells: Cells, names: Sequence[str], *, outcome: str, kind: Kind
) -> dict[str, Arm]:
    """Return the named arms of a table of cells.

    Parameters
    ----------
    cells : Cells
        Columns ``arm``, ``n``, ``sum_y``, ``sum_y_y``; ``cluster`` and the exposure
        sums ``sum_x``, ``sum_x_x``, ``sum_x_y`` where there are any.
    names : sequence of str
        Arms as the plan names them.
    outcome : str
        Name of the outcome, for the error text.
    kind : {"binary", "mean", "count"}
        What the outcome is.

    Raises
    ------
    DataError
        If an arm has no rows, or the outcome of clusters not merged is not of `kind`.
    """
    require_columns(cells.frame, "sum_y", "sum_y_y")
    frame, c = named_rows(cells.frame, names), cells.centre
    n, y, squares = (_numbers(frame, k) for k in ("n", "sum_y", "sum_y_y"))
    raw, raw_squares = y + c * n, squares + 2 * c * y + c**2 * n
    exposed = kind == "count" and "sum_x" in frame
    size = _numbers(frame, "sum_x") if exposed else n
    if kind == "binary" and "clusters" not in frame:
        _refuse_other_than_0_and_1(n, raw, raw_squares, outcome)
    if kind == "count" and "clusters" not in frame and (raw < 0).any():
        raise DataError(f"outcome '{outcome}': a count cannot be below 0.")
    if exposed and (size <= 0).any():
        raise DataError(f"outcome '{outcome}': the population at risk must be above 0.")
    arms = {}
    for name in names:
        rows = (frame["arm"] == name).to_numpy()
        total, exposure = float(raw[rows].sum()), float(size[rows].sum())
        people = round(n[rows].sum())
        if exposed:
            rate = total / exposure
            cross = _numbers(frame, "sum_x_y")[rows].sum() + c * exposure
            spread = raw_squares[rows].sum() - 2 * rate * cross
            spread += rate**2 * _numbers(frame, "sum_x_x")[rows].sum()
            rounding = 1e-13 * raw_squares[rows].sum()
        else:
            spread = squares[rows].sum() - y[rows].sum() ** 2 / people
            # Below this, squares differ by rounding only: the arm is constant.
            rounding = 1e-13 * squares[rows].sum() + 1e-24 * people * c**2
        held: dict[str, np.ndarray] = {}
        if "cluster" in frame:
            codes, clusters = pd.factorize(frame["cluster"][rows], sort=True)
            held = {
                "clusters": clusters.to_numpy(dtype=object),
                "sizes": np.bincount(codes, size[rows]),
                "sums": np.bincount(codes, raw[rows]),
                "times": np.ones(len(clusters)),
            }
            if "clusters" in frame:
                held["times"][codes] = _numbers(frame, "clusters")[rows]
        arms[name] = Arm(
            name=name,
            n=people,
            total=total,
            exposure=exposure,
            spread=float(spread) if spread > rounding else 0.0,
            **held,
        )
    if kind == "mean" and not any(arm.spread for arm in arms.values()):
        raise DataError(
            f"outcome '{outcome}': the value is the same in all rows of each arm, so "
            "chance cannot be judged; name an outcome that varies."
        )
    return arms


def _numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    return frame[column].to_numpy(dtype=float)


def _refuse_other_than_0_and_1(
    n: np.ndarray, raw: np.ndarray, squares: np.ndarray, outcome: str
) -> None:
    rounding = 1e-8 * n
    whole = np.abs(raw - raw.round()) <= rounding
    same = np.abs(raw - squares) <= rounding
    if not (whole & same & (raw >= -rounding) & (raw <= n + rounding)).all():
        raise DataError(
            f"outcome '{outcome}': outcome_type binary needs 0 and 1, and the column "
            "holds other numbers; write outcome_type: mean."
        )


def t_reading(
    estimate: float, std_error: float | None, df: float | None, *, level: float
) -> dict[str, Any]:
    """Return the fields of an Estimate that follow from its t test against 0.

    An infinite `df` is the normal law. Without a standard error or degrees of freedom
    there is nothing to say: the dict is empty.
    """
    found = asdict(t_comparison(estimate, std_error, df, level=level))
    if found["std_error"] is None:
        return {}
    found["df"] = None if found["df"] == math.inf else found["df"]
    return {key: value for key, value in found.items() if key != "estimate"}


def log_reading(
    ratio: float | None, log_error: float | None, df: float | None, *, level: float
) -> dict[str, Any]:
    """Return the fields of an Estimate of a ratio, read on its log, null value 1.

    The standard error is the ratio's own (delta method); statistic and p are those of
    the log.
    """
    fields: dict[str, Any] = {"estimate": ratio, "unit": "ratio", "null_value": 1.0}
    if not ratio:
        return fields
    found = t_reading(math.log(ratio), log_error, df, level=level)
    if found:
        for end in ("ci_low", "ci_high"):
            found[end] = math.exp(found[end])
        found["std_error"] *= ratio
    return fields | found


def real_error(error: float | None, size: float) -> float | None:
    """Return a standard error, None where it is nothing but rounding."""
    return error if error is not None and error > 1e-13 * size else None


def arm_level(arm: Arm, *, kind: Kind, level: float, unit: str) -> Estimate:
    """Return an arm's share, mean or rate with its interval, named ``level``."""
    fields: dict[str, Any] = {}
    what = {"binary": "share", "mean": "mean", "count": "rate"}[kind]
    if arm.clusters is not None:
        error, df = _clustered_error(arm)
        fields = t_reading(arm.mean, error, df, level=level)
        method = f"{what}, clustered (linearised) variance, t with clusters - 1"
    elif kind == "binary":
        found = proportions.share(arm, name="level", level=level)
        return replace(found, group=arm.name)
    elif arm.variance is None and arm.spread is None:
        ends = proportions.poisson_rate(arm.events, arm.exposure, level=level)
        fields = dict(zip(("ci_low", "ci_high"), ends, strict=True))
        method = "rate, Garwood's exact interval"
    else:
        error = None if arm.variance is None else np.sqrt(arm.variance)
        fields = t_reading(arm.mean, error, arm.n - 1, level=level)
        method = f"{what}, variance between rows, t with rows - 1"
    if fields and kind != "mean":
        fields["ci_low"] = max(0.0, fields["ci_low"])
        fields["ci_high"] = min(np.inf if kind == "count" else 1.0, fields["ci_high"])
    fields = {key: fields.get(key) for key in ("std_error", "df", "ci_low", "ci_high")}
    return Estimate(
        name="level",
        estimate=arm.mean,
        level=level,
        null_value=None,
        n=arm.n,
        clusters=arm.held,
        unit=unit,
        group=arm.name,
        method=method,
        **fields,
    )


def _clustered_error(arm: Arm) -> tuple[float | None, int | None]:
    """Return the clustered standard error of an arm's mean, and clusters - 1."""
    if (g := arm.held) < 2:
        return None, None
    residual = arm.sums - arm.mean * arm.sizes
    error = np.sqrt(g / (g - 1) * (residual**2 / arm.times).sum()) / arm.exposure
    return real_error(float(error), abs(arm.mean)), g - 1
