"""Answers that go wrong: looks while a test runs, clicks, one place, before and after.

Each function gives the naive answer in numbers beside what is right, so that the error
is seen and not only told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from campaignbook.errors import DataError
from campaignbook.evaluation.comparisons import compare_shares
from campaignbook.evaluation.parts import Count
from campaignbook.evaluation.proportions import share
from campaignbook.results import Estimate, Evaluation, say


def false_alarms(
    looks: int, *, draws: int = 20_000, level: float = 0.95, seed: int = 20261101
) -> Estimate:
    """Return how often a test of nothing is called an effect at one of its looks.

    Parameters
    ----------
    looks : int
        How often the running result is looked at, at equal distances.
    draws : int
        Simulated tests in which the campaign does nothing.
    level : float
        Confidence level of each look (0-1); one look errs in 1 - level of tests.
    seed : int
        Of the simulation.

    Returns
    -------
    Estimate
        Share of tests (0-1) with at least one look beyond the limit; its Wilson
        interval is the uncertainty of the simulation.

    Raises
    ------
    DataError
        If there is no look or no draw.

    References
    ----------
    Armitage, McPherson & Rowe (1969), Journal of the Royal Statistical Society A
    132:235-244.

    Examples
    --------
    >>> round(false_alarms(1).estimate, 2), round(false_alarms(10).estimate, 2)
    (0.05, 0.19)
    """
    if looks < 1 or draws < 1:
        raise DataError(
            f"{looks} looks at {draws} tests: write at least one of each, for example "
            "looks=5."
        )
    rng = np.random.default_rng(seed)
    sums = rng.standard_normal((draws, looks)).cumsum(axis=1)
    z = np.abs(sums) / np.sqrt(np.arange(1, looks + 1))
    limit = NormalDist().inv_cdf((1 + level) / 2)
    called = Count(n=draws, events=int((z > limit).any(axis=1).sum()))
    found = share(called, name="false alarms", level=0.95)
    return replace(found, method=f"{draws:,} simulated tests, {found.method}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClicksAndLift:
    """A simulated advertisement: what its clicks claim, and what it added.

    Attributes
    ----------
    clicked, not_clicked : Count
        People shown the advertisement, and how many of them bought.
    shown, held_back : Count
        All who were shown it, and those whom chance held back.
    lift : Estimate
        Share who bought, shown minus held back (0-1).
    true_lift : float
        The share that the simulation really added (0-1).
    """

    clicked: Count
    not_clicked: Count
    shown: Count
    held_back: Count
    lift: Estimate
    true_lift: float

    @property
    def by_clicks(self) -> int:
        """Orders that a report by clicks puts down to the advertisement."""
        return self.clicked.events

    @property
    def added(self) -> tuple[float, float, float]:
        """Orders that it added, with the ends of their interval."""
        e = self.lift
        return tuple(x * self.shown.n for x in (e.estimate, e.ci_low, e.ci_high))

    def return_on(
        self, cost: float, *, per_order: float
    ) -> tuple[float, tuple[float, ...]]:
        """Return the return on `cost` by clicks, and by lift with its interval.

        `per_order` is what an order leaves after its own cost, in the money of `cost`.
        """
        if cost <= 0:
            raise DataError(f"the cost is {cost:g}; write what was spent, above 0.")
        by_lift = tuple((n * per_order - cost) / cost for n in self.added)
        return (self.by_clicks * per_order - cost) / cost, by_lift


def clicks_and_lift(
    n: int = 500_000,
    *,
    base: float = 0.02,
    lift: float = 0.0015,
    buyers_click: float = 0.25,
    others_click: float = 0.01,
    seed: int = 20261102,
) -> ClicksAndLift:
    """Return a simulated trial of an advertisement whose buyers like to click.

    Parameters
    ----------
    n : int
        People shown it; as many are held back by chance.
    base, lift : float
        Share who buy without it, and what it adds (0-1).
    buyers_click, others_click : float
        Share who click among people who would buy anyway, and among the others (0-1).
    seed : int
        Of the simulation.

    Notes
    -----
    Those whom the advertisement wins all click. The others click because they are
    interested, not the other way round; that is why clicks overstate.

    References
    ----------
    Lewis & Rao (2015), Quarterly Journal of Economics 130:1941-1973.
    """
    rng = np.random.default_rng(seed)
    anyway = int(rng.binomial(n, base))
    won = int(rng.binomial(n - anyway, lift / (1 - base)))
    of_buyers = int(rng.binomial(anyway, buyers_click)) + won
    of_others = int(rng.binomial(n - anyway - won, others_click))
    clicks = of_buyers + of_others
    shown = Count(n=n, events=anyway + won)
    held_back = Count(n=n, events=int(rng.binomial(n, base)))
    return ClicksAndLift(
        clicked=Count(n=clicks, events=of_buyers),
        not_clicked=Count(n=n - clicks, events=shown.events - of_buyers),
        shown=shown,
        held_back=held_back,
        lift=compare_shares(
            shown, held_back, name="lift", level=0.95,
            assumptions=("Chance decided who was shown the advertisement.",),
        ),
        true_lift=lift,
    )  # fmt: skip


def course_and_lift(n: int = 10_000, *, seed: int = 20261103) -> ClicksAndLift:
    """Return a simulated trial of a stop-smoking course to which chance invites.

    The same people as in `clicks_and_lift`, under other names: `clicked` came to the
    course, `shown` were invited, `held_back` were not, and an event is a person who
    quit. Half of those who would quit anyway come, and a quarter of the others.
    """
    return clicks_and_lift(
        n, base=0.1, lift=0.04, buyers_click=0.5, others_click=0.25, seed=seed
    )


def before_and_after(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return each side of a difference in differences before, after and its change.

    Parameters
    ----------
    evaluation : Evaluation
        Of the design difference_in_differences, with one start.

    Returns
    -------
    list of dict
        Group, before, after and change in words; the last row is the effect.

    Raises
    ------
    DataError
        If the evaluation has no two series and a start.

    Notes
    -----
    The means are of the series that the report draws, each period counted alike.
    """
    series, start = evaluation.details.get("series"), evaluation.details.get("start")
    if not series or start is None or "treated" not in series[0]:
        raise DataError(
            f"evaluation '{evaluation.id}' has no two series; name one of the design "
            "difference_in_differences with one start."
        )
    effect = evaluation.estimates[0]
    cut = [row["period"] for row in series].index(start)
    rows = []
    for name in ("treated", "control"):
        before = _mean(series[:cut], name)
        after = _mean(series[cut:], name)
        rows.append(
            {"group": name, "before": say(before, effect.unit),
             "after": say(after, effect.unit),
             "change": say(after - before, effect.unit, change=True)}
        )  # fmt: skip
    told = say(effect.estimate, effect.unit, change=True)
    return [*rows, {"group": "difference", "before": "", "after": "", "change": told}]


def _mean(rows: Sequence[dict[str, Any]], name: str) -> float:
    return float(np.mean([row[name] for row in rows]))


def as_if_many(evaluation: Evaluation) -> Estimate:
    """Return the headline with the interval that usual software prints: +-1.96 SE.

    Parameters
    ----------
    evaluation : Evaluation
        With an estimate named ``cr1``.

    Raises
    ------
    DataError
        If it has none.

    Notes
    -----
    The clustered standard error and a normal distribution, as if there were many
    clusters. With one treated place it calls four of five nothings an effect.
    """
    found = next((e for e in evaluation.estimates if e.name == "cr1"), None)
    if found is None or found.std_error is None:
        raise DataError(
            f"evaluation '{evaluation.id}' has no clustered standard error; name unit "
            "or cluster."
        )
    reach = NormalDist().inv_cdf((1 + found.level) / 2) * found.std_error
    z = found.estimate / found.std_error
    return replace(
        found, name="as if there were many places", statistic=z, df=None,
        ci_low=found.estimate - reach, ci_high=found.estimate + reach,
        p_value=2 * NormalDist().cdf(-abs(z)),
        method="clustered standard error with a normal distribution", assumptions=(),
    )  # fmt: skip
