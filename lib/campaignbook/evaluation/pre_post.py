"""Before and after, without a comparison: what changed, and why nobody knows why."""

from typing import Any

from campaignbook.evaluation import proportions
from campaignbook.evaluation.comparisons import compare_shares
from campaignbook.evaluation.proportions import CountLike
from campaignbook.results import Check, Estimate


def evaluate_counts(
    before: CountLike, after: CountLike, *, level: float, trend: float | None = None
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]:
    """Return (estimates, checks, level, details) of the design ``pre_post``.

    Parameters
    ----------
    before, after : count-like
        People ``n`` and their ``events`` at the two times; different people.
    level : float
        Confidence level, 0-1.
    trend : float, optional
        Change of the share expected without the campaign (0.01 is one percentage
        point up); taken off the change.

    Raises
    ------
    DataError
        If there are no people, or events exceed them.

    Notes
    -----
    ``change`` carries no assumptions, because none makes it an effect: whatever else
    happened between the two times is in it. The people asked before and after are
    taken as two samples; the same people asked twice need their answers in pairs.

    References
    ----------
    Shadish, Cook & Campbell (2002), Experimental and Quasi-Experimental Designs, ch. 4.

    Examples
    --------
    >>> from campaignbook.evaluation.parts import Count
    >>> estimates, checks, *_ = evaluate_counts(
    ...     Count(n=1000, events=280), Count(n=1000, events=330), level=0.95
    ... )
    >>> estimates[0].sentence()
    'change: 5.0 percentage points (95% interval 1.0 to 9.0, n = 2000).'
    >>> checks[0].answer
    'no'
    """
    change = compare_shares(after, before, name="change", level=level, expected=trend)
    checks = (
        Check(
            name="comparison group",
            answer="no",
            sentence="There is no comparison group, so whatever else changed between "
            "the two times is in the change too.",
        ),
        _trend(trend),
    )
    details = {"before": _describe(before, level), "after": _describe(after, level)}
    return (
        (change,),
        checks,
        proportions.share(after, name="level", level=level),
        details,
    )


def _trend(trend: float | None) -> Check:
    if trend is None:
        answer, sentence = "unknown", "The change expected anyway is not in the plan."
    else:
        answer = "yes"
        sentence = (
            f"The plan expects a change of {100 * trend:.3g} percentage points anyway; "
            "it is taken off, as if it were known exactly."
        )
    return Check(name="trend", answer=answer, sentence=sentence)


def _describe(count: CountLike, level: float) -> dict[str, Any]:
    found = proportions.share(count, name="share", level=level)
    return {
        "n": count.n,
        "events": count.events,
        "share": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
    }
