"""The first sentence of an evaluation, and why it may have no interval."""

from collections.abc import Mapping
from typing import Any

from campaignbook.results import Check, Estimate


def headline_words(
    estimate: Estimate, details: Mapping[str, Any], trend: float | None
) -> str:
    """Return the headline of an evaluation as a sentence, arms and trend named."""
    subjects = {
        "effect": "Effect",
        "difference": "Treated minus control",
        "rate_difference": "Treated minus control",
        "change": "After minus before",
        "share": "Share",
        "effect_during": "Effect during the campaign",
        "average_effect": "Average effect",
        "aipw": "Adjusted difference",
        "pooled": "Pooled estimate",
    }
    subject = subjects.get(estimate.name, estimate.name)
    if "headline" in details:
        subject = f"'{details['headline']}' minus '{details['control']}'"
    if trend is not None:
        subject += ", beyond the trend expected anyway"
    return estimate.sentence(subject)


def exact_fit(headline: Estimate) -> list[Check]:
    """Return why a t test has no interval; nothing where it has, or has no estimate."""
    if headline.estimate is None or headline.p_value is not None:
        return []
    text = (
        "The numbers are fitted exactly, which measured ones hardly are: nothing is "
        "left by which chance could be judged, so no interval exists."
    )
    return [Check(name="chance", answer="unknown", sentence=text)]
