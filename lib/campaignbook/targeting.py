"""Broad or narrow: whom a way to choose an audience reaches, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, as_found, is_number
from campaignbook.results import Estimate
from campaignbook.surveys import aligned, survey_share, survey_weights, yes_no


@dataclass(frozen=True, slots=True, kw_only=True)
class Targeting:
    """What a way to choose an audience reaches, and what it costs.

    Attributes
    ----------
    name : str
        The way to choose.
    reached : Estimate
        Share of everybody who are addressed, 0-1.
    meant : Estimate
        Share of those addressed who are meant, 0-1.
    found : Estimate
        Share of those meant who are addressed, 0-1.
    cost : Estimate or None
        Money by person meant who is addressed; None where no cost is known.
    """

    name: str
    reached: Estimate
    meant: Estimate
    found: Estimate
    cost: Estimate | None

    def sentence(self) -> str:
        """Return breadth, aim and cost of this way in words."""
        said = (
            f"{self.name}: addresses {self.reached.words()[0]} of people and "
            f"{self.found.words()[0]} of those who are meant; "
            f"{self.meant.words()[0]} of those addressed are meant "
            f"({self.meant.words()[1]})."
        )
        if self.cost is None:
            return said
        if self.cost.estimate is None:
            return f"{said} So no price by person meant can be told."
        size, interval = self.cost.words()
        return f"{said} Each of them costs {size} ({interval})."


def compare_targeting(
    table: pd.DataFrame,
    meant: str,
    ways: Mapping[str, pd.Series],
    *,
    costs: Mapping[str, float] | None = None,
    currency: str = "money",
    weights: str | None = None,
    level: float = 0.95,
) -> tuple[Targeting, ...]:
    """Return what each way to choose an audience reaches, in the order of the ways.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    meant : str
        Column of yes and no: whom the campaign is for.
    ways : mapping of str to pandas.Series of bool
        By name, who would be addressed; aligned with the rows.
    costs : mapping of str to float, optional
        Money by person addressed, by way. Narrow ways often cost more by person.
    currency : str
        Unit of the costs.
    weights : str, optional
        Column of sampling weights.

    Raises
    ------
    DataError
        If the survey is empty, nobody is meant, a way addresses nobody, is of other
        rows or not of true and false, or a cost is below 0 or of no way.

    Notes
    -----
    The cost by person meant is the cost by person addressed divided by the share of
    them who are meant; its interval is the map of that share's.

    Examples
    --------
    >>> people = pd.DataFrame({"smokes": [1, 1, 0, 0], "age": [20, 60, 60, 60]})
    >>> old = compare_targeting(people, "smokes", {"old": people["age"] > 40})[0]
    >>> round(old.meant.estimate, 3), old.found.estimate
    (0.333, 0.5)
    """
    weight, wanted = survey_weights(table, weights), yes_no(table, meant)
    known = ~np.isnan(wanted) & (weight > 0)
    is_meant = wanted == 1
    if not (known & is_meant).any():
        raise DataError(f"column '{meant}' says yes for nobody, so nobody is meant.")
    costs = dict(costs or {})
    _refuse_costs(costs, ways)
    found = []
    for name, chosen in ways.items():
        inside = _inside(table, name, chosen)
        if not (known & inside).any():
            raise DataError(f"way '{name}' addresses nobody; widen it.")
        parts = [
            survey_share(hits[rows], weight[rows], level=level)
            for hits, rows in (
                (inside, known), (is_meant, known & inside), (inside, known & is_meant),
            )
        ]  # fmt: skip
        reached, aimed, got = (
            p.estimate(n, level=level)
            for p, n in zip(parts, ("reached", "meant", "found"), strict=True)
        )
        cost = costs.get(name)
        made = None if cost is None else _cost(cost, aimed, currency)
        found.append(
            Targeting(name=name, reached=reached, meant=aimed, found=got, cost=made)
        )
    return tuple(found)


def _inside(table: pd.DataFrame, name: str, chosen: pd.Series) -> np.ndarray:
    """Return who would be addressed, as true and false in the order of the rows."""
    rows = aligned(table, chosen, f"way '{name}'")
    told = rows.dropna()
    if not told.isin([True, False]).all():
        raise DataError(
            f"way '{name}' holds {as_found(told[~told.isin([True, False])].iloc[0])} "
            "where true or false belongs; make it by a comparison."
        )
    return (rows.astype("boolean").fillna(False)).to_numpy(bool)


def _cost(cost: float, meant: Estimate, currency: str) -> Estimate:
    def by(share: float | None) -> float | None:
        return cost / share if share else None

    return Estimate(
        name="cost by person meant", estimate=by(meant.estimate),
        ci_low=by(meant.ci_high), ci_high=by(meant.ci_low), level=meant.level,
        null_value=None, n=meant.n, unit=currency,
        method="cost by person addressed, divided by the share who are meant",
    )  # fmt: skip


def _refuse_costs(costs: Mapping[str, float], ways: Mapping[str, object]) -> None:
    if not ways:
        raise DataError("ways: name at least one way to choose an audience.")
    for name, cost in costs.items():
        if name not in ways:
            raise DataError(f"costs: there is no way '{name}': {', '.join(ways)}.")
        if not is_number(cost, 0):
            raise DataError(
                f"costs: '{name}' costs {as_found(cost)} a person; write 0 or more."
            )
