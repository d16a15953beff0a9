"""What an analysis gives back: estimates, checks, and the words that say them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One estimated number with its doubt.

    Attributes
    ----------
    name : str
        What is estimated, in the vocabulary of the design (``effect``, ``cr1`` ...).
    estimate : float or None
        In `unit`; None where it does not exist (a check says why).
    std_error, statistic, df : float or None
        In `unit`; the test statistic against `null_value`; its degrees of freedom.
    ci_low, ci_high : float or None
        Ends of the interval at `level`; None is unbounded or does not exist.
    level : float
        Confidence level, 0-1.
    p_value, p_holm : float or None
        Two-sided p, and p after Holm's correction for several comparisons.
    null_value : float or None
        The value that means "no effect": 0, or 1 for ratios; None where no effect
        is claimed (a share, a level).
    n, clusters : int or None
        Rows and clusters behind the number.
    unit : str
        ``share`` (0-1), ``ratio``, ``count``, ``money`` or any unit in words.
    group : str or None
        The group, outcome or arm the number is about.
    method : str
        How the number was made, so that it can be made again.
    assumptions : tuple of str
        What must hold for the number to be an effect. Empty: no causal word.
    """

    name: str
    estimate: float | None
    std_error: float | None = None
    statistic: float | None = None
    df: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    level: float
    p_value: float | None = None
    p_holm: float | None = None
    null_value: float | None = 0.0
    n: int | None = None
    clusters: int | None = None
    unit: str = "units"
    group: str | None = None
    method: str
    assumptions: tuple[str, ...] = ()

    def ends(self) -> tuple[float, float]:
        """Return (low, high) in `unit`, a missing end being infinite."""
        low = -math.inf if self.ci_low is None else self.ci_low
        high = math.inf if self.ci_high is None else self.ci_high
        return low, high

    def interval(self, apart_from: Sequence[float] = ()) -> str:
        """Return the interval in words, for example ``95% interval 0.3 to 3.8``.

        Parameters
        ----------
        apart_from : sequence of float
            Numbers told beside it, in `unit`: unequal ones look unequal.
        """
        return self.words(apart_from)[1]

    def words(self, apart_from: Sequence[float] = ()) -> tuple[str, str]:
        """Return the estimate with its unit, and the interval, in words."""
        others = [*apart_from, *([] if self.null_value is None else [self.null_value])]
        ends = [e for e in (self.ci_low, self.ci_high) if e is not None]
        values = [self.estimate or 0.0, *ends]
        texts = iter(
            numbers_apart([*values, *others], self.unit, change=self.is_change)
        )
        size = next(texts) + unit_words(self.unit, change=self.is_change)
        if not ends:
            return size, "no interval exists"
        sign = "%" if self.unit == "share" and not self.is_change else ""
        low = "unbounded below" if self.ci_low is None else next(texts) + sign
        high = "unbounded above" if self.ci_high is None else next(texts) + sign
        return size, f"{100 * self.level:g}% interval {low} to {high}"

    @property
    def is_change(self) -> bool:
        """Whether the number is a difference (not a level or a ratio)."""
        return self.null_value is not None and self.unit != "ratio"

    def sentence(self, subject: str | None = None) -> str:
        """Return size, interval and number of rows as one sentence.

        Examples
        --------
        >>> Estimate(name="B minus A", estimate=0.02, ci_low=0.003, ci_high=0.038,
        ...          level=0.95, n=2000, unit="share", method="Newcombe").sentence()
        'B minus A: 2.0 percentage points (95% interval 0.3 to 3.8, n = 2000).'
        """
        subject = subject or self.name
        if self.estimate is None:
            return f"{subject}: no estimate exists."
        rows = "" if self.n is None else f", n = {self.n}"
        size, interval = self.words()
        return f"{subject}: {size} ({interval}{rows})."


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A question about the evaluation with its answer; "yes" is the good one.

    Attributes
    ----------
    name : str
        What is asked, for example ``parallel pre-trends``.
    answer : {"yes", "no", "unknown"}
        Whether it holds.
    sentence : str
        What was found and what follows from it.
    """

    name: str
    answer: Answer
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one evaluation of a campaign found.

    Attributes
    ----------
    id, goal, design : str
        As in the plan.
    estimates : tuple of Estimate
        Headline first; empty where nothing could be estimated.
    checks : tuple of Check
        The design's own questions.
    level : Estimate or None
        The measure itself in the treated group, with its interval where there is
        one; None where the design does not give it.
    details : dict
        What the figures and the curious need; plain data only.
    sentence : str
        The headline in words.
    """

    id: str
    goal: str
    design: str
    estimates: tuple[Estimate, ...]
    checks: tuple[Check, ...] = ()
    level: Estimate | None = None
    details: dict[str, Any] = field(default_factory=dict)
    sentence: str = ""


def holm(p_values: Sequence[float | None], *, larger: int = 0) -> list[float | None]:
    """Return Holm's step-down p-values, so many `larger` left out; None stays None.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6:65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, None, 0.03])
    [0.03, 0.06, None, 0.06]
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) + larger - rank)))
        adjusted[i] = largest
    return adjusted


def with_holm(estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Return the estimates with `p_holm` filled in, as one family."""
    adjusted = holm([e.p_value for e in estimates])
    return tuple(replace(e, p_holm=p) for e, p in zip(estimates, adjusted, strict=True))


def say_number(value: float, *, digits: int | None = None) -> str:
    """Return a number as people write it: three meaningful digits, thousands apart.

    Parameters
    ----------
    value : float
        The number.
    digits : int, optional
        Decimal places, instead of as many as three meaningful digits take.

    Examples
    --------
    >>> [say_number(v) for v in (0.03203, 12, 999.6, -0.5, 15e6, 0.0)]
    ['0.032', '12', '1,000', '-0.5', '15,000,000', '0']
    """
    if not math.isfinite(value):
        return "infinity" if value > 0 else "minus infinity"
    if digits is not None:
        return _unsigned_zero(f"{value:,.{digits}f}")
    size = abs(value)
    places = 0 if size == 0 or size >= 1000 else 2 - math.floor(math.log10(size))
    text = f"{value:,.{min(max(places, 0), 9)}f}"
    return _unsigned_zero(text.rstrip("0").rstrip(".") if "." in text else text)


def say(value: float, unit: str, *, change: bool = False) -> str:
    """Return a value with its unit in words.

    Parameters
    ----------
    value : float
        In `unit`; a share is 0-1.
    unit : str
        ``share``, ``ratio``, ``count``, or any unit in words.
    change : bool
        Whether it is a difference: a difference of shares is in percentage points.

    Examples
    --------
    >>> say(0.264, "share"), say(-0.0225, "share", change=True), say(3.21, "kg")
    ('26.4%', '-2.2 percentage points', '3.21 kg')
    """
    return _number(value, unit, None) + unit_words(unit, change=change)


def say_apart(values: Sequence[float], unit: str, *, change: bool) -> list[str]:
    """Return values in words, with enough digits that unequal ones look unequal.

    >>> say_apart([0.2996, 0.3], "share", change=False)
    ['29.96%', '30.00%']
    """
    word = unit_words(unit, change=change)
    return [text + word for text in numbers_apart(values, unit, change=change)]


def numbers_apart(values: Sequence[float], unit: str, *, change: bool) -> list[str]:
    """Return the same without the unit's words."""
    texts = [_number(v, unit, None) for v in values]
    digits = max(1, *(len(t.partition(".")[2]) for t in texts))
    least = 1e-14 * max(map(abs, values))  # less than that is rounding
    unequal = 1 + sum(b - a > least for a, b in pairwise(sorted(values)))
    while len({_read(t) for t in texts}) < unequal and digits < 12:
        digits += 1
        texts = [_number(v, unit, digits) for v in values]
    return texts


def unit_words(unit: str, *, change: bool) -> str:
    """Return what follows a number in this unit."""
    if unit == "share":
        return " percentage points" if change else "%"
    return "" if unit in ("count", "ratio") else f" {unit}"


def say_interval(
    low: float | None, high: float | None, unit: str, level: float, *, change: bool
) -> str:
    """Return an interval in words; an end that does not exist is "unbounded".

    Examples
    --------
    >>> say_interval(0.003, 0.038, "share", 0.95, change=True)
    '95% interval 0.3 to 3.8'
    >>> say_interval(None, 2.0, "kg", 0.9, change=True)
    '90% interval unbounded below to 2'
    """
    return Estimate(
        name="", estimate=low or high, ci_low=low, ci_high=high, level=level,
        null_value=0.0 if change else None, unit=unit, method="",
    ).interval()  # fmt: skip


def _number(value: float, unit: str, digits: int | None) -> str:
    if unit != "share":
        return say_number(value, digits=digits)
    points = 100 * value
    small = 0 < abs(points) < 0.095
    fitting = min(1 - math.floor(math.log10(abs(points))), 12) if small else 1
    return _unsigned_zero(f"{points:.{digits or fitting}f}")


def _read(text: str) -> float:
    return float(text.replace("minus ", "-").replace(",", ""))


def _unsigned_zero(text: str) -> str:
    return text.removeprefix("-") if not text.strip("-0.,") else text
