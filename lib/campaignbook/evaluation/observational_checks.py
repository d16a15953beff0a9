"""The questions that a comparison of people who chose for themselves has to answer."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from campaignbook.evaluation.adjustment import SURE, Estimand, e_value
from campaignbook.results import Answer, Check, Estimate

NEAR_SURE = 0.05
"""Chances of taking part below this, or above 1 minus this, have few counterparts."""

Weights = tuple[np.ndarray, np.ndarray]


def covariates(names: Sequence[str], dropped: Sequence[str]) -> Check:
    """Return whether anything was adjusted for, and which terms said nothing new."""
    name = "covariates"
    if not names:
        sentence = "The plan names no covariates, so nothing was adjusted for: the two "
        sentence += "groups may have differed in anything before."
        return _check(name, "no", sentence)
    some = ", ".join(f"'{n}'" for n in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    left = ", ".join(f"'{n}'" for n in dropped)
    left = f" Left out, because they follow from the others: {left}." if left else ""
    return _check(name, "yes", f"Adjusted for {some}{more}.{left}")


def overlap(
    chance: np.ndarray,
    treated: np.ndarray,
    *,
    estimand: Estimand,
    one_sided: Sequence[str],
) -> Check:
    """Return whether people of all kinds both took part and did not.

    Parameters
    ----------
    chance, treated : numpy.ndarray, shape (n,)
        Modelled chance of taking part, and whether the person did (0 or 1).
    estimand : {"ATE", "ATT"}
        For the effect on those who took part only their own chances near 1 matter.
    one_sided : sequence of str
        Columns that do not vary in one of the groups.

    Notes
    -----
    Yes up to 1 % outside .05 to .95, no above 10 %, or with more than 1 % of people
    about whom the model is sure.

    References
    ----------
    Crump, Hotz, Imbens & Mitnik (2009), Biometrika 96:187-199.
    """
    name = "overlap"
    if separated(chance, treated):
        return _check(
            name,
            "no",
            "The covariates tell exactly who took part, so nobody who did not is like "
            "anybody who did, and no adjusted effect exists; name fewer covariates, "
            "or compare with other people.",
        )
    low, high, asked = NEAR_SURE, 1 - NEAR_SURE, np.full(len(chance), True)
    who, where = "people", f"outside {low:.2f} to {high:.2f}"
    if estimand == "ATT":
        low, asked, who = -1.0, treated == 1, "people who took part"
        where = f"above {high:.2f}"
    seen = chance[asked]
    outside = float(((seen < low) | (seen > high)).mean())
    sure = float(((seen < min(low, SURE)) | (seen > 1 - SURE)).mean())
    answer: Answer = "yes" if outside <= 0.01 else "unknown"
    if outside > 0.10 or sure > 0.01:
        answer = "no"
    what = {
        "yes": "so there are comparable people on both sides",
        "unknown": "and for them hardly anybody on the other side is comparable",
        "no": "and for them nobody on the other side is comparable: the result rests "
        "on the regression alone",
    }[answer]
    sentence = (
        f"The modelled chances of taking part run from {chance.min():.2g} to "
        f"{chance.max():.2g}; {100 * outside:.3g}% of {who} have one {where}, {what}."
    )
    if one_sided:
        listed = ", ".join(f"'{n}'" for n in one_sided)
        sentence += f" In one of the groups {listed} does not vary."
        answer = "unknown" if answer == "yes" else answer
    return _check(name, answer, sentence)


def separated(chance: np.ndarray, treated: np.ndarray) -> bool:
    """Return whether the model tells everybody's part exactly."""
    return bool(np.abs(chance - treated).max() < SURE)


def differences(
    matrix: np.ndarray,
    names: Sequence[str],
    *,
    treated: np.ndarray,
    sampling: np.ndarray,
    weights: Weights | None,
) -> list[dict[str, Any]]:
    """Return each column's standardised mean difference before and after weighting.

    The unit is the standard deviation before weighting, the root of the two groups'
    mean variance, both times; None where neither group varies and they differ.

    References
    ----------
    Austin & Stuart (2015), Statistics in Medicine 34:3661-3679.
    """
    groups = sampling * treated, sampling * (1 - treated)
    found = []
    for name, column in zip(names, matrix.T, strict=True):
        means = [np.average(column, weights=g) for g in groups]
        spreads = [
            np.average((column - m) ** 2, weights=g)
            * (g > 0).sum()
            / ((g > 0).sum() - 1)
            for m, g in zip(means, groups, strict=True)
        ]
        unit = math.sqrt(sum(spreads) / 2)
        before = means[0] - means[1]
        after = None
        if weights is not None:
            one, other = (np.average(column, weights=w) for w in weights)
            after = one - other
        found.append(
            {"name": name, "before": _by(before, unit), "after": _by(after, unit)}
        )
    return found


def _by(gap: float | None, unit: float) -> float | None:
    if gap is None or (unit == 0 and gap != 0):
        return None
    return float(gap / unit) if unit else 0.0


def balance(found: Sequence[dict[str, Any]]) -> Check:
    """Return whether weighting made the groups alike (0.1 and 0.25)."""
    name = "balance"
    known = [d for d in found if d["after"] is not None and d["before"] is not None]
    if not known:
        sentence = "The groups could not be compared after weighting."
        return _check(name, "no" if found else "unknown", sentence)
    worst, first = (
        max(known, key=lambda d, k=k: abs(d[k])) for k in ("after", "before")
    )
    size = abs(worst["after"])
    answer: Answer = "yes" if size <= 0.1 else "no" if size > 0.25 else "unknown"
    words = {
        "yes": "are alike",
        "unknown": "still differ somewhat",
        "no": "are still not alike",
    }[answer]
    return _check(
        name,
        answer,
        f"After weighting, the groups {words}: the largest difference is {size:.2g} "
        f"standard deviations ('{worst['name']}'); before weighting it was "
        f"{abs(first['before']):.2g} ('{first['name']}').",
    )


def sample_sizes(weights: Weights, treated: np.ndarray) -> tuple[dict[str, Any], Check]:
    """Return how many equally weighted people the weighted ones are worth, and a check.

    Notes
    -----
    Yes from half of each group on, no below a tenth of one.

    References
    ----------
    Kish (1965), Survey Sampling, ch. 11.
    """
    worth, heaviest, shares = {}, [], []
    for name, weight, part in zip(("treated", "control"), weights, (1, 0), strict=True):
        worth[name] = float(weight.sum() ** 2 / (weight**2).sum())
        heaviest.append(float(weight.max() / weight.sum()))
        shares.append(worth[name] / int((treated == part).sum()))
    answer: Answer = "yes" if min(shares) >= 0.5 else "unknown"
    answer = "no" if min(shares) < 0.1 else answer
    sentence = (
        f"Weighted, those who took part are worth {worth['treated']:,.0f} people "
        f"({100 * shares[0]:.0f}% of them), the others {worth['control']:,.0f} "
        f"({100 * shares[1]:.0f}%); the largest weight is {100 * max(heaviest):.2g}% "
        "of its group's."
    )
    if answer != "yes":
        sentence += " A few people carry much of the result."
    return worth, _check("effective sample size", answer, sentence)


def rows_for_the_models(smaller: int, parameters: int) -> Check:
    """Return whether the smaller group has ten people a parameter.

    References
    ----------
    Peduzzi et al. (1996), Journal of Clinical Epidemiology 49:1373-1379.
    """
    each = smaller / parameters
    answer: Answer = "yes" if each >= 10 else "unknown"
    sentence = (
        f"The smaller group has {smaller:,} people for {parameters} parameters, "
        f"{each:.3g} each"
    )
    few = "; with fewer than 10 the interval may be too narrow."
    return _check(
        "rows for the models", answer, sentence + ("." if each >= 10 else few)
    )


def complete_rows(used: int, read: int) -> Check:
    """Return whether rows were lost; above 5 % nobody knows what they would change."""
    share = 1 - used / read
    sentence = f"{read - used:,} of {read:,} rows ({100 * share:.3g}%) were not used"
    if share <= 0.05:
        return _check("complete rows", "yes", f"{sentence}.")
    why = ", and whether they differ from the others is not known."
    return _check("complete rows", "unknown", sentence + why)


def events(outcome: np.ndarray, treated: np.ndarray) -> Check | None:
    """Return a check where a group of 0 and 1 does not vary; else None."""
    for part, who in ((1, "took part"), (0, "did not take part")):
        mean = outcome[treated == part].mean()
        if mean in (0, 1):
            found = f"{'Nobody' if mean == 0 else 'Everybody'} who {who} has the "
            found += "outcome, so how much that varies cannot be seen."
            return _check("events in every arm", "unknown", found)
    return None


def unmeasured(
    headline: Estimate, *, binary: bool, baseline: float, spread: float
) -> tuple[dict[str, float] | None, Check]:
    """Return E-values of the estimate and of its interval's near end, and a check.

    Parameters
    ----------
    headline : Estimate
        A difference.
    binary : bool
        Whether it is a difference of shares.
    baseline, spread : float
        Mean of the outcome without taking part, and its standard deviation.

    Notes
    -----
    A difference of means d, in standard deviations, stands for a risk ratio of
    exp(0.91 d).

    References
    ----------
    VanderWeele & Ding (2017), Annals of Internal Medicine 167:268-274.
    """
    name = "unmeasured confounding"
    sentence = "No test can show that the groups did not differ in something else."
    size = headline.estimate
    if size is None or headline.std_error is None:
        return None, _check(name, "unknown", sentence)
    low, high = headline.ends()
    near = 0.0 if low <= 0 <= high else low if low > 0 else high
    if binary:
        ratios = [1 + x / baseline if baseline else 0.0 for x in (size, near)]
    else:
        ratios = [math.exp(min(0.91 * x / spread, 700.0)) for x in (size, near)]
    if not all(0 < r < math.inf for r in ratios):
        return None, _check(name, "unknown", sentence)
    values = {
        k: e_value(r) for k, r in zip(("estimate", "near_end"), ratios, strict=True)
    }
    about = "" if binary else "about "
    sentence += (
        " An unmeasured common cause could explain the whole difference if it made "
        f"both taking part and the outcome {about}{values['estimate']:.3g} times as "
        "likely, beyond the covariates"
    )
    sentence += (
        f"; {values['near_end']:.3g} times would let the interval reach zero."
        if near
        else "; the interval holds zero as it is."
    )
    return values, _check(name, "unknown", sentence)


def _check(name: str, answer: Answer, sentence: str) -> Check:
    return Check(name=name, answer=answer, sentence=sentence)
