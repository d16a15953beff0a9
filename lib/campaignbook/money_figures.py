"""A figure of money with its doubt, and the words that all such figures share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from campaignbook.results import say_number

HEALTH = (
    ("QALY", "QALYs", r"qalys?|quality[- ]adjusted[- ]life[- ]years?"),
    (
        "DALY averted",
        "DALYs averted",
        r"dalys?|disability[- ]adjusted[- ]life[- ]years?",
    ),
    ("life-year", "life-years", r"life[- ]years?|years? of life"),
)
"""Outcomes with a name of their own: one, several, how a plan may write them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFigure:
    """A figure of the economics with the effect's interval carried through.

    Attributes
    ----------
    estimate, ci_low, ci_high : float or None
        In `unit`; an end that is None is unbounded, an estimate that is None does not
        exist; the sentence says which and why.
    unit : str
        ``outcomes``, ``<currency> per outcome``, ``<currency>``, ``years`` or
        ``ratio``.
    sentence : str
        The figure in words.
    """

    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    unit: str
    sentence: str


def missing_figure(unit: str, why: str) -> MoneyFigure:
    """Return a figure that does not exist, with the sentence that says why."""
    return MoneyFigure(estimate=None, unit=unit, sentence=why)


def mapped_figure(
    source: MoneyFigure,
    factor: float,
    shift: float,
    *,
    unit: str,
    subject: str,
    word: str = "",
    causal: bool,
    after: Sequence[str] = (),
) -> MoneyFigure:
    """Return factor x source + shift with its ends and its sentence.

    Parameters
    ----------
    source : MoneyFigure
        Must have an estimate.
    factor, shift : float
        The linear map.
    unit, word : str
        Unit of the new figure, and what follows its number in the sentence.
    subject : str
        What the sentence speaks of.
    causal : bool
        Whether the "if" may be left out.
    after : sequence of str
        Sentences to follow.

    Examples
    --------
    >>> source = MoneyFigure(estimate=2.0, ci_low=1.0, unit="outcomes", sentence="")
    >>> mapped_figure(source, 3, -1, unit="", subject="Return", causal=True).sentence
    'Return: 5 (interval 2 to unbounded above).'
    """
    estimate = unhaired(source.estimate * factor + shift)
    low, high = mapped(source.ci_low, source.ci_high, factor, shift)
    word = f" {word}" if word else ""
    said = (
        f"{subject}: {if_due(causal)}{say_number(estimate)}{word} "
        f"({interval_words(low, high, None)})."
    )
    return MoneyFigure(
        estimate=estimate, ci_low=low, ci_high=high, unit=unit,
        sentence=" ".join([said, *after]),
    )  # fmt: skip


def mapped(
    low: float | None, high: float | None, factor: float, shift: float
) -> tuple[float | None, float | None]:
    """Return the ends of factor x value + shift, the lower one first.

    >>> mapped(1.0, None, -2.0, 1.0)
    (None, -1.0)
    """
    ends = [None if e is None else e * factor + shift for e in (low, high)]
    if shift:
        ends = [None if e is None else unhaired(e) for e in ends]
    first, last = ends if factor >= 0 else ends[::-1]
    return first, last


def unhaired(value: float) -> float:
    """Return the value, or 0 where rounding left a hair's breadth beside it."""
    return 0.0 if abs(value) < 1e-12 else value


def if_due(causal: bool) -> str:
    """Return the clause without which a figure would claim too much."""
    return "" if causal else "If all of the change were due to the campaign: "


def interval_words(low: float | None, high: float | None, level: float | None) -> str:
    """Return the interval in words; a level is named where there is one."""
    name = "interval" if level is None else f"{100 * level:g}% interval"
    start = "unbounded below" if low is None else say_number(low)
    return (
        f"{name} {start} to {'unbounded above' if high is None else say_number(high)}"
    )


def outcome_words(measure: str, unit: str = "") -> tuple[str, str]:
    """Return what one outcome and several are called, from a goal's own words.

    Examples
    --------
    >>> outcome_words("QALYs gained", "count")
    ('QALY', 'QALYs')
    >>> outcome_words("quit attempts", "count")
    ('outcome', 'outcomes')
    """
    text = f"{measure} {unit}".casefold()
    for one, several, pattern in HEALTH:
        if re.search(rf"\b(?:{pattern})\b", text):
            return one, several
    return "outcome", "outcomes"
