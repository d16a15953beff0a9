"""The periods of a plan as its table writes them."""

from datetime import date

import pandas as pd

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.period_texts import places
from campaignbook.tables import Cells, find_period, order_periods


def periods_of(spec: EvaluationSpec, cells: Cells) -> list[str]:
    """Return the periods of a table in time order, by the rule of the plan."""
    place = f"evaluations.{spec.id}.time"
    found = cells.frame["period"].unique()
    if not isinstance(spec.time.order, str):
        return order_periods(found, spec.time.order, place=place)
    pairs = cells.frame[["period", "order"]].drop_duplicates()
    ranks = pd.to_numeric(pairs["order"], errors="coerce")
    if ranks.isna().any() or pairs["period"].duplicated().any():
        raise DataError(
            f"{place}.order: the column '{spec.time.order}' must hold one number for "
            "each period; it does not."
        )
    return list(pairs.assign(rank=ranks).sort_values("rank")["period"])


def period_of(spec: EvaluationSpec, key: str, value: object, periods: list[str]) -> str:
    """Return a period of the plan as the table writes it; DataError if absent."""
    at = find_period(periods, value)
    if at is not None:
        return periods[at]
    raise DataError(
        f"evaluations.{spec.id}.{key}: there is no period '{value}' in column "
        f"'{spec.time.column}' ({nearest(value, periods)})."
    )


def last_before(periods: list[str], deadline: date | None) -> str:
    """Return the last period that does not begin after the deadline."""
    if deadline is None:
        return periods[-1]
    at = places(periods)
    if None in at:
        return periods[-1]
    in_time = [p for p, found in zip(periods, at, strict=True) if found.day <= deadline]
    return in_time[-1] if in_time else periods[-1]


def spans_of(
    spec: EvaluationSpec, periods: list[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Return first and last period of each predictor, as the table writes them."""

    def known(value: object) -> str | None:
        return None if value is None else period_of(spec, "predictors", value, periods)

    return {p.column: (known(p.from_), known(p.to)) for p in spec.predictors}
