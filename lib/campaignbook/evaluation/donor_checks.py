"""What must be asked of a synthetic control before its gap is believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from campaignbook.evaluation.donor_weights import Fit, Placebo, rmspe
from campaignbook.evaluation.donors import Donors
from campaignbook.results import Answer, Check, say, say_apart, say_number

_GOOD_FIT, _BAD_FIT, _LASTING = 0.5, 0.75, 0.5
_MUCH, _NEARLY_ALL = 0.7, 0.95
_FEW_PERIODS, _ENOUGH_PERIODS = 5, 10
_ENOUGH_DONORS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A fitted synthetic control with its placebos; the treated comes first.

    Attributes
    ----------
    donors : Donors
        The table it was made from, with U units and P periods.
    fits : list of Fit
        Each unit made from all the others.
    gaps : ndarray, shape (P, U)
        Unit minus its synthetic control, in the unit of the outcome.
    errors, ratios : ndarray, shape (U,)
        RMSPE before the start, and that from the start on divided by it.
    whole, effect : Placebo
        The rank of the ratio of RMSPE, and the test of the mean gap with its interval.
    left_out : list of (str, float)
        Average effect without each donor that has weight.
    one, unit : str
        The word for a panel unit; the unit of the outcome.
    level : float
        Confidence level, 0-1.
    """

    donors: Donors
    fits: list[Fit]
    gaps: np.ndarray
    errors: np.ndarray
    ratios: np.ndarray
    whole: Placebo
    effect: Placebo
    left_out: list[tuple[str, float]]
    one: str
    unit: str
    level: float

    @property
    def estimate(self) -> float:
        """The mean gap of the treated from the start on."""
        return float(self.gaps[self.donors.start :, 0].mean())

    @property
    def smallest_p(self) -> float:
        """The smallest p that a rank among these units can give."""
        return 1 / len(self.donors.units)

    @property
    def attainable(self) -> bool:
        """Whether that p reaches 1 - level."""
        return self.smallest_p <= 1 - self.level + 1e-12


def all_checks(found: Found) -> tuple[Check, ...]:
    """Return every check of a synthetic control; "yes" is the good answer."""
    several = [_several(found)] if len(found.donors.treated) > 1 else []
    endless = found.attainable and None in (found.effect.ci_low, found.effect.ci_high)
    return (
        _fit(found),
        _weights(found),
        _attainable(found),
        *([_endless(found)] if endless else []),
        _periods(found),
        _donors(found),
        _leave_one_out(found),
        _agree(found),
        *several,
    )


def _fit(found: Found) -> Check:
    """Answer by RMSPE over the sd of the treated, and by what of the gap lasts."""
    name, first = "pre-period fit", found.donors.start
    if first < 2:
        text = "One period before the start cannot show whether the fit holds."
        return Check(name=name, answer="unknown", sentence=text)
    gap, series = found.gaps[:first, 0], found.donors.outcomes[:first, 0]
    error, spread = float(rmspe(gap[:, None])[0]), float(series.std(ddof=1))
    size = say(error, found.unit, change=True)
    text = f"Before the start the synthetic control misses by {size} (RMSPE)"
    if error <= found.errors.min() and error < found.errors[0]:
        text += ", that is, not at all"
        if len(found.donors.units) > first:
            text += (
                "; with so many donors for so few periods chance alone can do this, "
                "and other weights may fit as well."
            )
            return Check(name=name, answer="unknown", sentence=text)
        return Check(name=name, answer="yes", sentence=f"{text}.")
    if spread > 0:
        apart = say_number(error / spread)
        text += f", {apart} of the treated's own standard deviation then"
    answer: Answer = "unknown"
    if error <= _GOOD_FIT * spread:
        answer = "yes"
        text += f" (good up to {_GOOD_FIT:g})."
    elif error > _BAD_FIT * spread and _lasting_share(gap) > _LASTING:
        answer = "no"
        text += (
            ", and most of the squared gap is a lasting difference or a trend: no "
            "weighting of these donors is like the treated."
        )
    else:
        text += f" (good up to {_GOOD_FIT:g}); the gap may be noise or a poor fit."
    return Check(name=name, answer=answer, sentence=text)


def _lasting_share(gap: np.ndarray) -> float:
    """Return the share of the squared gap in its mean (from 6 periods on, a line)."""
    line = np.vander(np.arange(len(gap)), 2 if len(gap) >= 6 else 1)
    fitted = line @ np.linalg.lstsq(line, gap, rcond=None)[0]
    return float(fitted @ fitted / (gap @ gap))


def _weights(found: Found) -> Check:
    name, weights = "weight on few donors", found.fits[0].weights
    top = int(weights.argmax())
    count = int((weights > 1e-4).sum())
    text = (
        f"'{found.donors.units[top]}' has the largest weight, {100 * weights[top]:.3g}%"
        f", and {count} of {len(weights) - 1} donors have any"
    )
    if weights[top] > _NEARLY_ALL:
        text += f": this compares with one {found.one}, whatever befell it."
        return Check(name=name, answer="no", sentence=text)
    if weights[top] > _MUCH:
        text += f": what befell this {found.one} counts for most of the comparison."
        return Check(name=name, answer="unknown", sentence=text)
    return Check(name=name, answer="yes", sentence=f"{text}.")


def _attainable(found: Found) -> Check:
    count, alpha = len(found.donors.units) - 1, 1 - found.level
    text = (
        f"With {count} donor{'s' * (count > 1)} the smallest p of the placebo test is "
        f"{found.smallest_p:.3g}"
    )
    if found.attainable:
        return Check(name="attainable p", answer="yes", sentence=f"{text}.")
    needed = ceil(1 / alpha - 1e-9) - 1
    text += (
        f": no {100 * alpha:.3g}% test and no {100 * found.level:g}% interval exists "
        f"with fewer than {needed} donors."
    )
    return Check(name="attainable p", answer="no", sentence=text)


def _endless(found: Found) -> Check:
    """Return why no end of the interval exists although a test does."""
    reliance = np.array([fit.weights[0] for fit in found.fits[1:]])
    rests = (reliance * found.errors[0] >= found.errors[1:] * (1 - 1e-9)).sum()
    treated = found.donors.units[0]
    text = (
        f"Placebos made from '{treated}' so largely, and so much better matched (or "
        f"as well) before the start, that an effect of any size would make them as "
        f"extreme: {rests} of {len(reliance)}. So the interval of the average effect "
        "has no end on either side."
    )
    return Check(name="interval with ends", answer="no", sentence=text)


def _periods(found: Found) -> Check:
    first = found.donors.start
    text = f"{first} period{'s' if first > 1 else ''} before the start"
    answer: Answer = "yes"
    if first < _FEW_PERIODS:
        answer = "no"
        text += f", fewer than {_FEW_PERIODS}: the fit may be chance"
    elif first < _ENOUGH_PERIODS:
        answer = "unknown"
        text += f", fewer than {_ENOUGH_PERIODS}: a good fit is weak evidence"
    return Check(name="enough periods before", answer=answer, sentence=f"{text}.")


def _donors(found: Found) -> Check:
    count, dropped = len(found.donors.units) - 1, found.donors.dropped
    text = f"{count} donor{'s' if count > 1 else ''}"
    answer: Answer = "yes"
    if count < _ENOUGH_DONORS:
        answer = "unknown"
        text += f", fewer than {_ENOUGH_DONORS}: there is little to choose from"
    if dropped:
        answer = "unknown"
        named = ", ".join(f"'{d}'" for d in dropped[:3])
        named += " ..." if len(dropped) > 3 else ""
        text += f"; left out for missing values: {len(dropped)} ({named})"
    return Check(name="donors", answer=answer, sentence=f"{text}.")


def _leave_one_out(found: Found) -> Check:
    name = "leave one donor out"
    if not found.left_out:
        text = "There is no other donor to take the place of the only one."
        return Check(name=name, answer="unknown", sentence=text)
    gaps = [gap for _, gap in found.left_out]
    low, high = _apart([min(gaps), max(gaps)], found.unit)
    text = f"Without one of the weighted donors the average effect is {low} to {high}"
    if min(gaps) * found.estimate <= 0 or max(gaps) * found.estimate <= 0:
        text += ": its sign hangs on a single donor."
        return Check(name=name, answer="no", sentence=text)
    return Check(name=name, answer="yes", sentence=f"{text}: the sign stays.")


def _agree(found: Found) -> Check:
    """Answer whether the two placebo statistics decide alike at the level."""
    alpha = 1 - found.level + 1e-12
    some, average = found.whole.p_value <= alpha, found.effect.p_value <= alpha
    text = (
        f"p {found.whole.p_value:.3g} by the ratio of RMSPE (some effect in some "
        f"period), {found.effect.p_value:.3g} by the mean gap (the average effect, as "
        "its interval)"
    )
    if some == average:
        return Check(name="placebo tests agree", answer="yes", sentence=f"{text}.")
    text += (
        ": the effect changed over time and its average is open."
        if some
        else ": the average is told from zero by the second alone; read it with care."
    )
    return Check(name="placebo tests agree", answer="unknown", sentence=text)


def _several(found: Found) -> Check:
    text = (
        f"{len(found.donors.treated)} treated units are averaged into one; an average "
        "is steadier than the single donors it is ranked among, so p is a rough guide."
    )
    return Check(name="one treated unit", answer="unknown", sentence=text)


def _apart(values: Sequence[float], unit: str) -> list[str]:
    return say_apart(values, unit, change=True)
