"""What an analysis gives back: estimates, checks, and the words that say them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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

    def interval(self) -> str:
        """Return the interval in words, for example ``95% interval 0.3 to 3.8``."""
        return say_interval(
            self.ci_low, self.ci_high, self.unit, self.level, change=self.is_change
        )

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
        size = say(self.estimate, self.unit, change=self.is_change)
        return f"{subject}: {size} ({self.interval()}{rows})."


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


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values after Holm's step-down correction; None stays None.

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
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[i] = largest
    return adjusted


def with_holm(estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Return the estimates with `p_holm` filled in, as one family."""
    adjusted = holm([e.p_value for e in estimates])
    return tuple(replace(e, p_holm=p) for e, p in zip(estimates, adjusted, strict=True))


def say_number(value: float) -> str:
    """Return a number as people write it: three meaningful digits, thousands apart.

    Examples
    --------
    >>> [say_number(v) for v in (0.03203, 12, 1234.5, -0.5, 15e6, 0.0)]
    ['0.032', '12', '1,234', '-0.5', '15,000,000', '0']
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else ("infinity" if value > 0 else "minus infinity")
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(digits, 9)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
    number, word = _words(value, unit, change)
    return f"{number}{word}"


def say_apart(values: Sequence[float], unit: str, *, change: bool) -> list[str]:
    """Return values in words, with enough digits that unequal ones look unequal.

    Examples
    --------
    >>> say_apart([0.2996, 0.3], "share", change=False)
    ['29.96%', '30.00%']
    """
    texts = [say(v, unit, change=change) for v in values]
    digits = 1
    while len(set(texts)) < len(set(values)) and digits < 15:
        digits += 1
        pairs = [_words(v, unit, change, digits) for v in values]
        texts = [f"{number}{word}" for number, word in pairs]
    return texts


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
    if low is None and high is None:
        return "no interval exists"
    start = "unbounded below" if low is None else _words(low, unit, change)[0]
    end = "unbounded above" if high is None else _words(high, unit, change)[0]
    sign = "%" if unit == "share" and not change else ""
    if sign:
        start += sign if low is not None else ""
        end += sign if high is not None else ""
    return f"{100 * level:g}% interval {start} to {end}"


def _words(
    value: float, unit: str, change: bool, digits: int | None = None
) -> tuple[str, str]:
    if unit == "share":
        points = 100 * value
        small = 0 < abs(points) < 0.095
        fitting = 1 - math.floor(math.log10(abs(points))) if small else 1
        text = f"{points:.{digits or fitting}f}"
        return text, " percentage points" if change else "%"
    number = say_number(value) if digits is None else f"{value:,.{digits}f}"
    if unit == "ratio":
        return f"{value:.3g}" if digits is None else number, ""
    return number, "" if unit == "count" else f" {unit}"
