"""Who was lost from a trial, and what the result would be in the worst case."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

from scipy import stats

from campaignbook.evaluation.arms import Arm, Kind
from campaignbook.evaluation.comparisons import compare_people
from campaignbook.evaluation.trial_checks import MISMATCH_P
from campaignbook.results import Check, Estimate, say, say_interval
from campaignbook.tables import Cells

UNLIKE_LOSS = 0.05
LARGE_LOSS = 0.20
"""Lost outcomes above this share threaten the result, up to 5 % hardly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The rows of a trial without an outcome.

    Attributes
    ----------
    outcome : str
        Its column.
    rows, other, used : int
        Rows that lost it, were left out for other reasons, and were used.
    by_arm : mapping of str to (int, int)
        Rows that an arm lost for any reason, and all that were assigned to it.
    """

    outcome: str
    rows: int
    other: int
    used: int
    by_arm: Mapping[str, tuple[int, int]]

    @classmethod
    def of(
        cls,
        cells: Cells,
        outcome: str,
        arms: Mapping[str, Arm],
        assigned: Mapping[str, int] | None,
    ) -> "Lost":
        """Return what cells lost; `assigned` are all rows of each arm."""
        rows = sum(n for why, n in cells.rows_dropped if f"'{outcome}'" in why)
        every, known = sum(n for _, n in cells.rows_dropped), assigned or {}
        return cls(
            outcome=outcome,
            rows=rows,
            other=every - rows,
            used=cells.rows_used,
            by_arm={a: (known[a] - arms[a].n, known[a]) for a in arms if a in known},
        )

    @property
    def unlike(self) -> bool:
        """Whether arms lost different shares: 5 points, and chi-square p below .001."""
        shares = [gone / all_ for gone, all_ in self.by_arm.values()]
        if len(shares) < 2 or max(shares) - min(shares) <= UNLIKE_LOSS:
            return False
        table = [[gone, all_ - gone] for gone, all_ in self.by_arm.values()]
        return bool(stats.chi2_contingency(table).pvalue < MISMATCH_P)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Between which values the loss can have moved a difference.

    Attributes
    ----------
    low, high : float
        The difference in the worst and the best case, in its unit.
    ci_low, ci_high : float or None
        The low end of the worst case's interval, and the high end of the best one's.
    level_low, level_high : float or None
        The same of the headline arm's share among all who were assigned to it.
    rule : str
        What the cases suppose.
    """

    low: float
    high: float
    ci_low: float | None
    ci_high: float | None
    level_low: float | None = None
    level_high: float | None = None
    rule: str

    @property
    def holds(self) -> bool:
        """Whether no case turns the sign, each with its interval."""
        ends = (self.ci_low, self.ci_high)
        return None not in ends and (ends[0] > 0 or ends[1] < 0)


def bounds(
    lost: Lost | None, arm: Arm, control: Arm, headline: Estimate, *, kind: Kind
) -> Bounds | None:
    """Return the worst and best case of a difference; None where none is known.

    Parameters
    ----------
    lost : Lost or None
        None for counts, which do not tell who was lost.
    arm, control : Arm
        The two arms as they are used.
    headline : Estimate
        Their difference, adjusted or not.
    kind : {"binary", "mean", "count"}
        What the outcome is; rates have no bounds.

    Notes
    -----
    Shares: everybody lost from one arm is 0 and from the other 1, so nothing is
    supposed about them. The interval of each case is that of the imputed arms, as
    much wider as the headline's is than that of people (clusters, strata).

    Means: the arm that kept a larger share is cut back to the other's (Lee), which
    supposes that the campaign made people stay or leave, not both. Taking any share q
    of rows away moves a mean by at most its standard deviation times sqrt(q / (1-q))
    (Mallows and Richter), so sums tell this, if wider than the rows would; the ends
    of the interval move by the same.

    References
    ----------
    Horowitz and Manski (2000), Journal of the American Statistical Association
    95:77-84. Lee (2009), Review of Economic Studies 76:1071-1102. Mallows and Richter
    (1969), Annals of Mathematical Statistics 40:1922-1932.
    """
    pair = (arm, control)
    if lost is None or kind == "count" or headline.estimate is None:
        return None
    if not all(a.name in lost.by_arm for a in pair) or not lost.rows:
        return None
    (gone, everybody), (gone_control, everybody_control) = (
        lost.by_arm[a.name] for a in pair
    )
    if kind == "mean":
        return _trimmed(
            pair, arm.n / everybody, control.n / everybody_control, headline
        )
    options: dict[str, Any] = {"kind": kind, "level": headline.level, "unit": "share"}

    def case(mine: int, theirs: int) -> Estimate:
        full = replace(arm, n=everybody, total=arm.total + mine)
        other = replace(control, n=everybody_control, total=control.total + theirs)
        return compare_people(full, other, **options)[0]

    plain = compare_people(arm, control, **options)[0]
    worst, best = case(0, gone_control), case(gone, 0)
    moved = headline.estimate - plain.estimate
    low, high = worst.estimate + moved, best.estimate + moved
    ends: tuple[float | None, float | None] = (None, None)
    if headline.ci_low is not None and headline.ci_high is not None:
        wide = (headline.ci_high - headline.ci_low) / (plain.ci_high - plain.ci_low)
        down, up = worst.estimate - worst.ci_low, best.ci_high - best.estimate
        ends = (low - max(wide, 1.0) * down, high + max(wide, 1.0) * up)
    return Bounds(
        low=low,
        high=high,
        ci_low=ends[0],
        ci_high=ends[1],
        level_low=arm.total / everybody,
        level_high=(arm.total + gone) / everybody,
        rule=f"all lost in '{arm.name}' had 0 and all lost in '{control.name}' had 1, "
        "or the reverse (Horowitz and Manski 2000)",
    )


def _trimmed(
    pair: tuple[Arm, Arm], kept: float, kept_control: float, headline: Estimate
) -> Bounds | None:
    fuller, cut = (
        pair[kept < kept_control],
        1 - min(kept, kept_control) / max(kept, kept_control),
    )
    if fuller.spread is None or cut >= 1:
        return None
    shift = sqrt(fuller.spread / fuller.n * cut / (1 - cut))
    ends = headline.ci_low, headline.ci_high
    return Bounds(
        low=headline.estimate - shift,
        high=headline.estimate + shift,
        ci_low=None if ends[0] is None else ends[0] - shift,
        ci_high=None if ends[1] is None else ends[1] + shift,
        rule=f"any {100 * cut:.2g}% of '{fuller.name}' stayed only because of the arm "
        "they were in (Lee 2009, from sums)",
    )


def check(lost: Lost | None, found: Bounds | None, headline: Estimate) -> Check:
    """Return whether rows lost their outcome, and whether that can undo the result.

    Without bounds, or where they hold no difference too, it is "no" above 20 %, or if
    arms lost different shares.

    References
    ----------
    Schulz & Grimes (2002), Lancet 359:781-785 (the "five-and-twenty" rule).
    """
    if lost is None:
        text = "The plan gives counts, which do not tell how many people were lost."
        return _answered("unknown", text)
    rest = ""
    if lost.other:
        rest = f" {lost.other:,} more rows were left out for other reasons."
    if not lost.rows:
        return _answered("yes", f"No row lost the outcome '{lost.outcome}'.{rest}")
    share = lost.rows / (lost.used + lost.rows)
    text = f"{lost.rows:,} rows ({100 * share:.3g}%) have no outcome '{lost.outcome}'"
    answer = "unknown" if share <= LARGE_LOSS else "no"
    if lost.unlike:
        answer = "no"
        shares = (
            f"'{arm}' lost {gone:,} of {everybody:,} ({100 * gone / everybody:.3g}%)"
            for arm, (gone, everybody) in lost.by_arm.items()
        )
        text += f", and not alike in all arms: {', '.join(shares)}."
    elif share <= 0.05:
        text += ": few, but whether the arms lost different people is not known."
    elif answer == "unknown":
        text += ": enough to matter if the arms lost different people."
    else:
        text += ": so many that the arms may no longer be alike."
    if found is not None:
        text += f" {_bounds_words(found, headline)}"
        if found.holds:
            answer = "yes" if found.level_low is not None else "unknown"
    return _answered(answer, f"{text}{rest}")


def _bounds_words(found: Bounds, headline: Estimate) -> str:
    unit = headline.unit
    low, high = (say(v, unit, change=True) for v in (found.low, found.high))
    ends = found.ci_low, found.ci_high
    text = f"If {found.rule}, the difference lies between {low} and {high}"
    if None not in ends:
        text += f" ({say_interval(*ends, unit, headline.level, change=True)})"
    text += ": " + (
        "the worst case does not undo the result."
        if found.holds
        else "the loss alone could have made the result."
    )
    if found.level_low is not None:
        least, most = (say(v, unit) for v in (found.level_low, found.level_high))
        text += f" Among all who were assigned the level is {least} to {most}."
    return text


def _answered(answer: str, sentence: str) -> Check:
    return Check(name="attrition", answer=answer, sentence=sentence)
