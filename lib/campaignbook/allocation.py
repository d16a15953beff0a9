"""Resource allocation: the best split of a budget, and how to know that it is one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.best_split import Use, best_split, checked_budget
from campaignbook.response_curves import brought, marginal
from campaignbook.results import Check, say_number

TOLERANCE = 1e-6
"""Marginal returns count as equal up to this share of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """One use of the money, now and at the best split.

    Attributes
    ----------
    name : str
        The use.
    current, optimal : float or None, float
        Money now and at the best split.
    came : float or None
        What the money brought by the data.
    response_now, response : float or None, float
        What the curve says that both bring, times the use's worth.
    marginal_now, marginal : float or None, float
        What one more unit of money would bring there.
    at : {"inside", "least", "most", "fixed"}
        Whether the best amount lies between the bounds or on one, or has no choice.
    """

    name: str
    current: float | None
    optimal: float
    came: float | None
    response_now: float | None
    response: float
    marginal_now: float | None
    marginal: float
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The best split of a budget.

    Attributes
    ----------
    allocations : tuple of Allocation
        In the order of the uses.
    budget : float
        Money to be spent in a period.
    marginal : float
        What the last unit of money brings, the same in every use that is not on a
        bound; 0 where all are at their most.
    checks : tuple of Check
        ``budget and bounds``, ``equal marginal returns`` (together the conditions of
        Karush, Kuhn and Tucker), ``spend seen before``.
    currency, unit : str
        Of money and response, in words.
    """

    allocations: tuple[Allocation, ...]
    budget: float
    marginal: float
    checks: tuple[Check, ...]
    currency: str
    unit: str

    @property
    def response(self) -> float:
        """What the best split brings."""
        return sum(a.response for a in self.allocations)

    @property
    def response_now(self) -> float | None:
        """What the money of now brings by the curves; None where it is not known."""
        now = [a.response_now for a in self.allocations]
        return None if None in now else sum(now)

    @property
    def gain(self) -> float | None:
        """What the best split brings more than the present one of the same budget."""
        now = [a.current for a in self.allocations]
        if None in now or not math.isclose(sum(now), self.budget, rel_tol=1e-9):
            return None
        return self.response - self.response_now

    def sentence(self) -> str:
        """Return what the best split brings, and its last unit of money."""
        money, unit = self.currency, self.unit
        more = ""
        if self.gain is not None:
            part = say_number(100 * self.gain / self.response_now, digits=1)
            more = (
                f", {say_number(self.gain)} ({part}%) more than the same money as it "
                "is split now"
            )
        spent = sum(a.optimal for a in self.allocations)
        last = "every use is at its most"
        last += ", and money is left over" if spent < self.budget else ""
        if self.marginal > 0:
            last = (
                f"the next of them would cost {say_number(1 / self.marginal)} {money}, "
                "wherever no bound holds the money"
            )
        return (
            f"By these curves {say_number(self.budget)} {money} bring up to "
            f"{say_number(self.response)} {unit}{more}; {last}."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a use: the fields of `Allocation`."""
        return pd.DataFrame(self.allocations)


def allocate(
    uses: Sequence[Use],
    *,
    budget: float | None = None,
    currency: str = "units of money",
    unit: str = "responses",
) -> Optimum:
    """Return the split of a budget that brings most, with its conditions checked.

    Parameters
    ----------
    uses : sequence of Use
        With concave curves.
    budget : float, optional
        Money in a period; without it, what is spent now.
    currency, unit : str
        Of money and response, in words.

    Raises
    ------
    PlanError
        All at once: a convex curve, a wrong bound or budget, a budget below the sum of
        the least amounts, a name that stands twice.

    Notes
    -----
    On concave curves a split is best exactly when all uses inside their bounds have one
    marginal return, none at its least has a larger one, and none at its most a smaller
    one (conditions of Karush, Kuhn and Tucker). The common marginal return is found by
    bisection: the lower it is, the more each use takes.

    References
    ----------
    Koopman, B. O. (1953), The optimum distribution of effort, Journal of the Operations
    Research Society of America 1, 52-63.

    Examples
    --------
    >>> from campaignbook.strategies import Response
    >>> a, b = (Use(name=n, curve=Response(form="log", scale=s, shape=10))
    ...         for n, s in (("a", 20), ("b", 10)))
    >>> [round(x.optimal, 6) for x in allocate([a, b], budget=40).allocations]
    [30.0, 10.0]
    """
    budget = checked_budget(uses, budget)
    low, high = (np.array([getattr(u, k) for u in uses]) for k in ("low", "high"))
    scale = np.array([[u.curve.scale * u.worth for u in uses]])
    shape = np.array([[u.curve.shape for u in uses]])
    forms = [u.curve.form for u in uses]
    best = best_split(forms, scale, shape, low, high, budget)[0]
    allocations = tuple(_row(u, float(x)) for u, x in zip(uses, best, strict=True))
    common = _common(allocations)
    checks = (
        _kept(uses, best, budget, currency),
        _equal(allocations, common, unit),
        _seen(uses, best, currency),
    )
    return Optimum(
        allocations=allocations, budget=budget, marginal=common, checks=checks,
        currency=currency, unit=unit,
    )  # fmt: skip


def _row(use: Use, optimal: float) -> Allocation:
    def at(function, money: float | None) -> float | None:
        return None if money is None else use.worth * float(function(use.curve, money))

    inside = use.low < optimal < use.high
    bound = "most" if optimal >= use.high else "least"
    bound = "fixed" if use.low == use.high else bound
    return Allocation(
        name=use.name, current=use.current, optimal=optimal,
        came=None if use.came is None else use.worth * use.came,
        response_now=at(brought, use.current), response=at(brought, optimal),
        marginal_now=at(marginal, use.current), marginal=at(marginal, optimal),
        at="inside" if inside else bound,
    )  # fmt: skip


def _common(allocations: Sequence[Allocation]) -> float:
    inside = [a.marginal for a in allocations if a.at == "inside"]
    if inside:
        return float(np.median(inside))
    return max((a.marginal for a in allocations if a.at == "least"), default=0.0)


# --- the conditions ---------------------------------------------------------------


def _kept(uses: Sequence[Use], best: np.ndarray, budget: float, money: str) -> Check:
    total = float(best.sum())
    inside = all(u.low <= x <= u.high for u, x in zip(uses, best, strict=True))
    said = f"{say_number(total)} of {say_number(budget)} {money} are used"
    if inside and math.isclose(total, budget, rel_tol=TOLERANCE):
        sentence = f"{said}, each amount within its bounds."
        return Check(name="budget and bounds", answer="yes", sentence=sentence)
    if inside and total < budget:
        sentence = f"{said}: every use is at its most, so the rest cannot be spent."
        return Check(name="budget and bounds", answer="unknown", sentence=sentence)
    return Check(name="budget and bounds", answer="no", sentence=f"{said}.")


def _equal(allocations: Sequence[Allocation], common: float, unit: str) -> Check:
    name, slack = "equal marginal returns", TOLERANCE * common
    wrong = [
        a.name
        for a in allocations
        if (a.at == "inside" and abs(a.marginal - common) > slack)
        or (a.at == "least" and a.marginal > common + slack)
        or (a.at == "most" and a.marginal < common - slack)
    ]
    if wrong:
        named = ", ".join(f"'{n}'" for n in wrong)
        sentence = f"Not the best split: moving money to or from {named} would help."
        return Check(name=name, answer="no", sentence=sentence)
    inside = sum(a.at == "inside" for a in allocations)
    bound = [a.name for a in allocations if a.at != "inside"]
    sentence = f"The last unit of money brings {say_number(common)} {unit} in "
    sentence += f"{inside} of {len(allocations)} uses"
    if bound:
        sentence += f"; {len(bound)} are held by a bound"
    return Check(name=name, answer="yes", sentence=f"{sentence}.")


def _seen(uses: Sequence[Use], best: np.ndarray, money: str) -> Check:
    name = "spend seen before"
    known = [(u, x) for u, x in zip(uses, best, strict=True) if u.seen is not None]
    if not known:
        sentence = "The curves are given: no data say how far they can be trusted."
        return Check(name=name, answer="unknown", sentence=sentence)
    beyond = [
        f"{u.name} ({say_number(x)}; seen {say_number(u.seen[0])} to "
        f"{say_number(u.seen[1])})"
        for u, x in known
        if not u.seen[0] * (1 - 1e-9) <= x <= u.seen[1] * (1 + 1e-9)
    ]
    if beyond:
        sentence = (
            f"Outside what was ever spent in a period ({money}), where the curve is "
            f"a guess: "
            f"{'; '.join(beyond)}. Go there in steps."
        )
        return Check(name=name, answer="no", sentence=sentence)
    sentence = "Every amount lies within what was spent in some period."
    return Check(name=name, answer="yes", sentence=sentence)
