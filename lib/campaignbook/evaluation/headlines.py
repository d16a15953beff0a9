"""The first sentence of an evaluation."""

from collections.abc import Mapping
from typing import Any

from campaignbook.results import Estimate


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
