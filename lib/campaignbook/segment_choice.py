"""Whom to take: criteria of choice, stages of change, and what a segment lacks."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from campaignbook.audiences import Segment
from campaignbook.errors import DataError, PlanError, nearest
from campaignbook.scoring import Criterion
from campaignbook.surveys import survey_weights, yes_no
from campaignbook.tables import require_columns

TARPARE: Mapping[str, str] = MappingProxyType(
    {
        "total": "how many people it holds",
        "at risk": "which share of them runs the risk",
        "persuasibility": "how ready they are to change",
        "accessibility": "how well they can be reached",
        "resources required": "what it takes to reach and serve them",
        "equity": "how much they deserve special regard",
    }
)
"""Criteria of Donovan, Egger & Francas (1999), with their meaning."""

ANDREASEN: Mapping[str, str] = MappingProxyType(
    {
        "size": "how many people it holds",
        "problem incidence": "which share of them has the problem",
        "problem severity": "how bad it is for them",
        "defencelessness": "how little they can help themselves",
        "reachability": "how well they can be reached",
        "general responsiveness": "how ready they are to change at all",
        "incremental costs": "what each further person costs",
        "responsiveness to the mix": "how ready they are for this offer",
        "organisational capabilities": "how well the organisation can serve them",
    }
)
"""Andreasen's nine factors, as Lee & Kotler present them, with their meaning."""

COST_TYPE = ("resources required", "incremental costs")
"""Criteria of which more is worse; their scores are turned round."""


def criteria_of(
    method: Mapping[str, str], weights: Mapping[str, float] | None = None
) -> tuple[Criterion, ...]:
    """Return a method's criteria for `scoring.rank_items`, on points from 1 to 5.

    Parameters
    ----------
    method : mapping of str to str
        `TARPARE` or `ANDREASEN`.
    weights : mapping of str to float, optional
        By criterion; those that are not named weigh 1.

    Raises
    ------
    PlanError
        If a weight is that of no criterion.

    Examples
    --------
    >>> [c.name for c in criteria_of(TARPARE) if c.cost]
    ['resources required']
    """
    weights = dict(weights or {})
    for name in weights:
        if name not in method:
            raise PlanError(
                f"weights: there is no criterion '{name}' ({nearest(name, method)})."
            )
    return tuple(
        Criterion(name=n, weight=weights.get(n, 1.0), cost=n in COST_TYPE)
        for n in method
    )


STAGES: Mapping[str, str] = MappingProxyType(
    {
        "precontemplation": "does not do it and does not plan to",
        "contemplation": "thinks of beginning within six months",
        "preparation": "plans to begin within a month",
        "action": "has done it for less than six months",
        "maintenance": "has done it for six months or more",
    }
)
"""Stages of change as this book counts them, in their order."""

PLANS = ("no", "within six months", "within a month")
"""What a person who does not do it yet can plan."""


def stages_of_change(
    table: pd.DataFrame, *, does: str, months: str, plans: str
) -> pd.Series:
    """Return each person's stage, missing where the answers do not tell it.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    does : str
        Column of yes and no: who does the behaviour.
    months : str
        Column of numbers: for how many months, of those who do it.
    plans : str
        Column of `PLANS`, of those who do not.

    Raises
    ------
    DataError
        If the survey is empty, a column is not there, `months` holds a text, or `plans`
        another one.

    Examples
    --------
    >>> people = pd.DataFrame({"does": [1, 0], "months": [2, None],
    ...                        "plans": [None, "within a month"]})
    >>> stages_of_change(people, does="does", months="months", plans="plans").tolist()
    ['action', 'preparation']
    """
    require_columns(table, months, plans)
    survey_weights(table, None)
    doing = yes_no(table, does)
    since = pd.to_numeric(table[months], errors="coerce").to_numpy(float)
    lost = np.isnan(since) & table[months].notna().to_numpy()
    if lost.any():
        raise DataError(
            f"column '{months}' holds '{table[months][lost].iloc[0]}' where a number "
            "of months belongs; leave it empty where it is not known."
        )
    planned = table[plans].astype("string").str.strip().str.casefold()
    strange = sorted(set(planned.dropna()) - set(PLANS))
    if strange:
        raise DataError(
            f"column '{plans}' holds '{strange[0]}'; the plans known here are "
            f"{', '.join(PLANS)}."
        )
    text = planned.fillna("").to_numpy(object)
    chosen = [
        *[(doing == 0) & (text == plan) for plan in PLANS],
        (doing == 1) & (since < 6),
        (doing == 1) & (since >= 6),
    ]
    found = np.select(chosen, list(STAGES), default="")
    named = pd.Series(found, index=table.index, dtype="string")
    return named.mask(named == "")


def segment_gaps(segment: Segment) -> list[str]:
    """Return what a segment of a plan does not say yet, one sentence each.

    >>> segment_gaps(Segment(name="The general public"))[0]
    "'The general public' is everybody: say who in it has a barrier of their own."
    """
    words = f"{segment.name} {segment.criteria}".casefold()
    gaps = []
    if any(w in words for w in ("general public", "everybody", "everyone")):
        gaps.append(
            f"'{segment.name}' is everybody: say who in it has a barrier of their own."
        )
    if not segment.criteria.strip():
        gaps.append("Criteria: by which question would you know who belongs to it?")
    if segment.size is None:
        gaps.append("Size: how many people are they? A rough number will do.")
    for field, ask in (
        ("barriers", "Barriers: what keeps them from the behaviour?"),
        ("benefits", "Benefits: what would they gain, in their own eyes?"),
        ("competition", "Competition: what do they do instead, and what does it give?"),
    ):
        if not getattr(segment, field):
            gaps.append(ask)
    if segment.basis == "demographic" and not segment.barriers:
        gaps.append(
            "Basis: age, gender and place tell who they are, not what stops them."
        )
    return gaps
