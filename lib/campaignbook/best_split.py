"""The best split of a budget over concave curves, and what it is split over."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from campaignbook.errors import PlanError, as_found, is_number
from campaignbook.response_curves import curves, marginal, money_at
from campaignbook.results import say_number
from campaignbook.strategies import FORMS, Response, convex


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Something that money can be spent on: a channel, or a behaviour of a segment.

    Attributes
    ----------
    name : str
        What it is.
    curve : Response
        What money brings there.
    current : float or None
        What is spent there now, in a period.
    low, high : float
        Least and most that may be spent.
    worth : float
        What one response counts beside those of the other uses.
    seen : (float, float) or None
        Least and most that was ever spent in a period; beyond it the curve is a guess.
    came : float or None
        What the money brought in a period, by the data.
    """

    name: str
    curve: Response
    current: float | None = None
    low: float = 0.0
    high: float = math.inf
    worth: float = 1.0
    seen: tuple[float, float] | None = None
    came: float | None = None


def best_split(
    forms: Sequence[str],
    scale: np.ndarray,
    shape: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    budget: float,
) -> np.ndarray:
    """Return the best amounts, shape (d, c), for d draws of c curves.

    Parameters
    ----------
    forms : sequence of str, length c
        Form of each curve.
    scale, shape : array, shape (d, c)
        Their parameters in each draw.
    low, high : array, shape (c,)
        Bounds, whose lower ones sum to no more than the budget.
    budget : float
        To be split in each draw.
    """
    if budget >= high.sum():
        return np.broadcast_to(high, scale.shape).copy()
    rest = budget - low.sum()
    start = low + rest / (2 * len(forms))
    most = over_forms(marginal, forms, scale, shape, np.minimum(start, high)).max(
        axis=1
    )
    end = np.minimum(high, low + rest)
    least = over_forms(marginal, forms, scale, shape, end).min(axis=1)
    ends = np.log(np.maximum([least, most], 1e-300))
    if rest <= 0:
        return np.broadcast_to(low, scale.shape).copy()
    for _ in range(90):
        middle = ends.mean(axis=0)
        money = over_forms(money_at, forms, scale, shape, np.exp(middle)[:, None])
        over = np.clip(money, low, high).sum(axis=1) > budget
        ends[0] = np.where(over, middle, ends[0])
        ends[1] = np.where(over, ends[1], middle)
    money = over_forms(money_at, forms, scale, shape, np.exp(ends[1])[:, None])
    return np.clip(money, low, high)


def over_forms(
    function: Callable[..., np.ndarray],
    forms: Sequence[str],
    scale: np.ndarray,
    shape: np.ndarray,
    x: np.ndarray,
) -> np.ndarray:
    """Return a function of response_curves over several forms, shape (d, c)."""
    out = np.empty_like(scale)
    wide = np.broadcast_to(x, scale.shape)
    for form in FORMS:
        at = np.array([f == form for f in forms])
        if at.any():
            made = curves(form, scale[:, at], shape[:, at])
            out[:, at] = function(made, wide[:, at])
    return out


def checked_budget(uses: Sequence[Use], budget: float | None) -> float:
    """Return the budget (without one, what is spent now), or raise PlanError.

    Every problem of uses and budget is told at once.
    """
    names = [u.name for u in uses]
    problems = [] if uses else ["channels: write at least one with its response."]
    problems += [
        f"channel '{n}' stands {names.count(n)} times; give each a name of its own."
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    for u in uses:
        steep = convex(u.curve)
        problems += [f"channel '{u.name}': {steep}."] if steep else []
        if not is_number(u.low, 0) or not (
            u.high == math.inf or is_number(u.high, u.low)
        ):
            problems.append(
                f"channel '{u.name}': it may take {as_found(u.low)} to "
                f"{as_found(u.high)}; write the least first, 0 or more."
            )
        if not is_number(u.worth) or not u.worth > 0:
            problems.append(
                f"channel '{u.name}': one response is worth {as_found(u.worth)}; write "
                "more than 0."
            )
        if u.current is not None and not is_number(u.current, 0):
            problems.append(
                f"channel '{u.name}': {as_found(u.current)} spent; write 0 or more."
            )
    if not all(is_number(u.low) and is_number(u.current or 0) for u in uses):
        raise PlanError(*problems)
    if budget is None:
        without = [u.name for u in uses if u.current is None]
        if without:
            named = ", ".join(f"'{n}'" for n in without)
            problems.append(
                f"budget: write it, since nothing is known of what {named} has now."
            )
        budget = sum(u.current or 0.0 for u in uses)
        if without:
            raise PlanError(*problems)
    least = sum(u.low for u in uses)
    if not is_number(budget) or not budget > 0:
        problems.append(f"budget: it is {as_found(budget)}; write an amount above 0.")
    elif budget < least:
        problems.append(
            f"budget: {say_number(budget)} is below the {say_number(least)} that the "
            "channels take at least together; raise it, or lower their least amounts."
        )
    if problems:
        raise PlanError(*problems)
    return float(budget)
