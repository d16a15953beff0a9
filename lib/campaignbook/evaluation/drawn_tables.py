"""Noise drawn as series and panels, and how large a change each would have shown."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from campaignbook.errors import PlanError
from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation import interrupted_time_series as its
from campaignbook.evaluation.series_model import Terms
from campaignbook.results import Estimate
from campaignbook.tables import Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How large a change each drawn series would have shown.

    Attributes
    ----------
    up, down : ndarray, shape (draws,)
        Sorted: the smallest rise, and fall, whose whole interval leaves out none.
    reason : str
        Why no interval exists, where none does.
    """

    up: np.ndarray
    down: np.ndarray
    reason: str

    def chance(self, change: float) -> float:
        """Return the share of draws in which a change is seen."""
        needed = self.up if change > 0 else self.down
        return float((abs(change) > needed).mean())

    def smallest(self, power: float) -> float:
        """Return the smallest rise seen in a share `power` of the draws.

        Raises
        ------
        PlanError
            Where too many draws have no interval.
        """
        k = math.ceil(power * len(self.up) - 1e-9)
        last = float(self.up[k - 1])
        if math.isinf(last):
            raise PlanError(
                "power: this design can see no change, whatever its size: "
                f"{self.reason}."
            )
        after = float(self.up[k]) if k < len(self.up) else math.inf
        return last + min(1e-6 * abs(last) + 1e-300, (after - last) / 2)


@lru_cache(maxsize=64)
def drawn_series(
    before: int,
    after: int,
    correlation: float,
    season: int | None,
    terms: Terms,
    trend: float,
    level: float,
    draws: int,
    seed: int,
) -> Drawn:
    """Return what series with errors of size 1, each analysed, would have shown.

    The parameters are those of `simulated_power.interrupted_time_series`, `trend` in
    standard deviations.
    """
    t = before + after
    noise = _correlated(np.random.default_rng(seed), (draws, t), correlation)
    periods = [str(i) for i in range(t)]
    ask = {"periods": periods, "start": periods[before], "end": None, "unit": ""}
    ask |= {"last": periods[-1], "level": level, "terms": terms, "season": season}

    def one(values: np.ndarray) -> Estimate:
        frame = pd.DataFrame({"period": periods, "n": 1, "sum_y": values})
        return its.evaluate(Cells(frame=frame, rows_read=t), **ask)[0][0]

    return _drawn([one(y) for y in noise + trend * np.arange(t)])


@lru_cache(maxsize=64)
def drawn_panels(
    treated: int,
    control: int,
    before: int,
    after: int,
    size: int,
    panel: bool,
    moving: float,
    still: float,
    correlation: float,
    level: float,
    draws: int,
    seed: int,
) -> Drawn:
    """Return what tables of clusters by periods, each analysed, would have shown.

    Parameters
    ----------
    treated, control, before, after : int
        Clusters and periods.
    size : int
        People a cell.
    panel : bool
        Whether a cell is one row, of a unit in a period.
    moving, still : float
        Standard deviation of a cell's mean: of the cluster's shock, whose neighbours
        correlate by `correlation`, and of people.
    level, draws, seed
        As in `drawn_series`.
    """
    groups, t = treated + control, before + after
    rng, shape = np.random.default_rng(seed), (draws, groups, t)
    means = moving * _correlated(rng, shape, correlation)
    means += still * rng.standard_normal(shape)
    periods = [str(i) for i in range(t)]
    cluster = np.repeat([str(i) for i in range(groups)], t)
    keys = {"cluster": cluster, "treated": np.repeat(np.arange(groups) < treated, t)}
    keys |= {"period": periods * groups} | ({"unit": cluster} if panel else {})
    # only the level of the treated reads the spread within cells
    within = still**2 * size * (size - 1)
    ask = {"periods": periods, "start": periods[before], "end": None, "unit": ""}
    ask |= {"last": periods[-1], "level": level, "unit_name": "cluster"}

    def one(values: np.ndarray) -> Estimate:
        sums = {"n": size, "sum_y": size * values}
        sums["sum_y_y"] = size * values**2 + within
        cells = Cells(frame=pd.DataFrame(keys | sums), rows_read=size * groups * t)
        return did.evaluate(cells, **ask)[0][0]

    return _drawn([one(y) for y in means.reshape(draws, -1)])


def _drawn(found: list[Estimate]) -> Drawn:
    ends = np.array([e.ends() for e in found])
    reason = found[-1].method.rpartition("; ")[2]
    return Drawn(up=np.sort(-ends[:, 0]), down=np.sort(ends[:, 1]), reason=reason)


def _correlated(
    rng: np.random.Generator, shape: tuple[int, ...], correlation: float
) -> np.ndarray:
    """Return stationary AR(1) noise of variance 1 along the last axis."""
    noise = rng.standard_normal(shape)
    noise[..., 1:] *= math.sqrt(1 - correlation**2)
    return lfilter([1.0], [1.0, -correlation], noise, axis=-1)
