"""Which behaviour to ask for: what it does, who would take it up, who already has."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from campaignbook.errors import PlanError


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviourOption:
    """One behaviour that a campaign could ask for.

    Attributes
    ----------
    name : str
        An end in itself, and not to be divided further: "insulate the attic".
    impact : float
        What it does for the purpose when one person does it, in any unit, 0 or more.
    probability : float
        Share (0-1) of those who do not do it that could be won.
    penetration : float
        Share (0-1) of the audience that does it already.
    """

    name: str
    impact: float
    probability: float
    penetration: float


def rank_behaviours(options: Sequence[BehaviourOption]) -> pd.DataFrame:
    """Return the behaviours by what can still be gained, the largest first.

    Parameters
    ----------
    options : sequence of BehaviourOption
        At least one.

    Returns
    -------
    pandas.DataFrame
        One row a behaviour: ``behaviour``, ``impact``, ``probability``,
        ``penetration``, ``gain`` (in the unit of impact, a person of the audience) and
        ``rank`` (1 is best; equal gains share a rank).

    Raises
    ------
    PlanError
        Every share outside 0-1 and every negative impact at once.

    Notes
    -----
    This book uses gain = impact x probability x (1 - penetration): what one person's
    change is worth, times the share of those who do not do it yet that can be won. The
    three characteristics are those of community-based social marketing.

    References
    ----------
    McKenzie-Mohr (2008), International Journal of Sustainability Communication
    3:108-118.

    Examples
    --------
    >>> heat = BehaviourOption(name="turn the heating down", impact=4, probability=0.3,
    ...                        penetration=0.5)
    >>> roof = BehaviourOption(name="insulate the attic", impact=20, probability=0.05,
    ...                        penetration=0.2)
    >>> rank_behaviours([heat, roof])[["behaviour", "gain"]].values.tolist()
    [['insulate the attic', 0.8], ['turn the heating down', 0.6]]
    """
    problems = [
        f"behaviour '{o.name}': {name} must be a share between 0 and 1, got {value:g}; "
        f"write 35% as 0.35."
        for o in options
        for name, value in (
            ("probability", o.probability), ("penetration", o.penetration),
        )
        if not 0 <= value <= 1
    ]  # fmt: skip
    problems += [
        f"behaviour '{o.name}': impact is {o.impact:g}; write 0 or more."
        for o in options
        if not o.impact >= 0
    ]
    if not options:
        problems.append("behaviours: write at least one that people could do.")
    if problems:
        raise PlanError(*problems)
    table = pd.DataFrame(
        {
            "behaviour": [o.name for o in options],
            "impact": [o.impact for o in options],
            "probability": [o.probability for o in options],
            "penetration": [o.penetration for o in options],
        }
    )
    gain = table["impact"] * table["probability"] * (1 - table["penetration"])
    ranked = table.assign(gain=gain, rank=gain.rank(ascending=False, method="min"))
    ranked = ranked.astype({"rank": int})
    return ranked.sort_values("rank", kind="stable").reset_index(drop=True)
