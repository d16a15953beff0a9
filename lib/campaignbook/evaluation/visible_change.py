"""Which change an evaluation with data can see, by its own standard error."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scipy import stats

from campaignbook.errors import PlanError
from campaignbook.evaluation.detection import Detection, told
from campaignbook.evaluation.parts import Power
from campaignbook.evaluation.power import two_shares
from campaignbook.evaluation.single_share import half_width, one_share
from campaignbook.results import Answer, Check, Estimate, Evaluation, say

WEAK = "An interval that holds no effect is then weak evidence against one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far an evaluation sees.

    Attributes
    ----------
    smallest : float
        Change seen with the power asked for, in the unit of the estimate; infinite
        where none is.
    chance : callable
        Chance of seeing a change, as a function of it.
    level : float
        Confidence level, 0-1.
    how : str
        What it rests on, in words.
    """

    smallest: float
    chance: Callable[[float], float]
    level: float
    how: str


def sees(
    evaluation: Evaluation,
    *,
    change: float | None,
    sign: int,
    baseline: float | None = None,
    power: Power | None = None,
    asks: str = "the goal asks for",
) -> tuple[Check, dict[str, Any]] | None:
    """Return whether an evaluation can see a change, and the numbers.

    Parameters
    ----------
    evaluation : Evaluation
        Its headline, the first estimate, is what is asked about.
    change : float or None
        Change to be seen, in the unit of the headline (a ratio where that is one).
    sign : int
        1 or -1: where a change is sought, up or down.
    baseline : float or None
        For designs that measure a level only: what the level is told from.
    power : Power, optional
        Chance and level asked for; else 80% and the evaluation's level.
    asks : str
        Who asks for `change`, in words.

    Returns
    -------
    check and details, or None
        ``power``: yes where `change` is seen with the chance asked for; else unknown,
        never no, as an effect that was seen all the same has been seen. None where a
        level is measured that is no share of people.

    Notes
    -----
    The smallest change is (t_(1 - a/2) + t_power) x standard error (Bloom 1995).
    Where the interval is no t interval, its own distance from the estimate to the end
    in question stands for the first term. Shares of people: `power.two_shares` at the
    control share, with the harmonic mean of the two groups.

    This is a statement about the design. The effect that was found is nowhere put in
    for the true one: such "observed power" only says the p-value again in other words
    (Hoenig & Heisey 2001).

    References
    ----------
    Bloom (1995), Evaluation Review 19:547-556.
    Hoenig and Heisey (2001), The American Statistician 55:19-24.
    """
    plan, head = power or Power(), evaluation.estimates[0]
    if head.null_value is None and (head.unit != "share" or not head.n):
        return None
    reach = _reach(evaluation, plan, sign, baseline)
    details: dict[str, Any] = {
        "change_asked": change, "power": plan.power, "level": head.level,
        "smallest_change": None, "chance": None, "sees": None,
    }  # fmt: skip
    if reach is None:
        text = _without(evaluation, head)
        return Check(name="power", answer="unknown", sentence=text), details
    first = f"{_attainable(evaluation)} " if head.std_error is None else ""
    details |= {"level": reach.level, "method": reach.how}
    how = f"(level {100 * reach.level:g}%; {reach.how})"
    chance = None if change is None else reach.chance(change)
    answer: Answer = "unknown"
    if chance is not None:
        details["chance"], details["sees"] = chance, chance >= plan.power
        answer = "yes" if chance >= plan.power else "unknown"
    if math.isinf(reach.smallest):
        text = f"No possible change is seen with a chance of {100 * plan.power:.3g}%"
    else:
        details["smallest_change"] = reach.smallest
        asked = (reach.smallest, change, chance, plan.power, head.unit, asks)
        text = f"This evaluation {told(*asked)}"
    text = f"{first}{text} {how}.".lstrip()
    if details["sees"] is False:
        text += f" {WEAK}"
    return Check(name="power", answer=answer, sentence=text), details


def _reach(
    evaluation: Evaluation, plan: Power, sign: int, baseline: float | None
) -> Reach | None:
    head = evaluation.estimates[0]
    level = plan.level or head.level
    wished = {"level": level, "direction": "increase" if sign > 0 else "decrease"}
    try:
        if head.null_value is None:
            if baseline is None:
                return None
            return _by_shares(
                lambda **k: one_share(baseline, n=head.n, **k, **wished),
                (baseline, sign), plan.power, level, f"{head.n:,} people",
            )  # fmt: skip
        groups = _groups(evaluation) if "Newcombe" in head.method else None
        if groups is not None and 0 < groups[0] < 1:
            share, n1, n0 = groups
            n = 2 / (1 / n1 + 1 / n0)
            return _by_shares(
                lambda **k: two_shares(share, n=n, **k, **wished), (share, sign),
                plan.power, level, f"{n1:,} people against {n0:,}",
            )  # fmt: skip
    except PlanError:
        return None
    return _by_interval(evaluation, plan, sign)


def _by_shares(
    detect: Callable[..., Detection],
    start: tuple[float, int],
    power: float,
    level: float,
    how: str,
) -> Reach:
    share, sign = start
    room = (1 - share if sign > 0 else share) * (1 - 1e-9)

    def chance(change: float) -> float:
        return detect(change=sign * min(abs(change), room)).power

    # where not even the largest change is enough, `detect` would refuse
    enough = chance(room) >= power
    smallest = detect(power=power).change if enough else math.inf
    return Reach(smallest=smallest, chance=chance, level=level, how=how)


def _by_interval(evaluation: Evaluation, plan: Power, sign: int) -> Reach | None:
    head, ratio = evaluation.estimates[0], evaluation.estimates[0].unit == "ratio"
    end = head.ci_low if sign > 0 else head.ci_high
    if end is None or head.estimate is None:
        return None
    if ratio and (end <= 0 or head.estimate <= 0):
        return None
    size = math.log if ratio else float
    distance = abs(size(head.estimate) - size(end))
    if distance == 0 and head.ci_low is not None and head.ci_high is not None:
        distance = abs(size(head.ci_high) - size(head.ci_low))  # at the range's edge
    df, level = head.df or math.inf, head.level
    error, how, by_t = _error(evaluation, ratio), "by its own standard error", False
    if head.std_error is None and head.clusters:
        df, how = max(head.clusters - 2, 1), "by the distances of the rank test"
    crit = float(stats.t.ppf((1 + level) / 2, df))
    if error is None:
        error = distance / crit
        how = how if head.clusters else "by the width of its interval"
    else:
        by_t = math.isclose(distance, crit * error, rel_tol=1e-6)
    if not error > 0:
        return None
    if by_t and plan.level is not None:
        level = plan.level
        distance = float(stats.t.ppf((1 + level) / 2, df)) * error
    visible = distance + float(stats.t.ppf(plan.power, df)) * error

    def chance(change: float) -> float:
        return float(stats.t.cdf((abs(size(change)) - distance) / error, df))

    smallest = math.exp(sign * visible) if ratio else sign * visible
    if head.unit == "share" and visible >= 1:
        smallest = math.inf
    return Reach(smallest=smallest, chance=chance, level=level, how=how)


def _error(evaluation: Evaluation, ratio: bool) -> float | None:
    """Return the headline's standard error, of its log for a ratio; None without."""
    head = evaluation.estimates[0]
    if head.std_error is not None and "Newcombe" not in head.method:
        return head.std_error / head.estimate if ratio else head.std_error
    beside = (e for e in evaluation.estimates if e.name == "collapsed_t")
    return next((e.std_error for e in beside), None)


def _groups(evaluation: Evaluation) -> tuple[float, int, int] | None:
    """Return the share without the campaign, and people with and without it."""
    found = evaluation.details
    if "before" in found and "after" in found:
        before, after = found["before"], found["after"]
        return before["share"], after["n"], before["n"]
    arms = {a["arm"]: a for a in found.get("arms", ())}
    if not arms:
        return None
    one, other = arms[found["headline"]], arms[found["control"]]
    return other["mean"], one["n"], other["n"]


def _attainable(evaluation: Evaluation) -> str:
    told_by = (c.sentence for c in evaluation.checks if "attainable" in c.name)
    return next(told_by, "")


def _without(evaluation: Evaluation, head: Estimate) -> str:
    """Return why nothing can be told of an evaluation."""
    if head.null_value is None:
        half = half_width(head.estimate, head.n, level=head.level)
        width = say(half, "share", change=True)
        return (
            f"{head.n:,} people tell this share to about {width} on either side; which "
            "change that can see is open, as the goal names no baseline between 0 and "
            "1 that it could be told from."
        )
    text = "No interval exists, so no change of any size can be told from none."
    return f"{_attainable(evaluation)} {text}".strip()
