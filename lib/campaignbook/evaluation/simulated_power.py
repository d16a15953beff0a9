"""Power of designs over time: series are drawn, and the very analysis looks at them."""

import math
from collections.abc import Callable

from campaignbook.errors import PlanError
from campaignbook.evaluation.detection import (
    Detection,
    refuse_outside,
    refuse_spread,
    what_is_asked,
)
from campaignbook.evaluation.drawn_tables import Drawn, drawn_panels, drawn_series
from campaignbook.evaluation.power import two_means
from campaignbook.evaluation.series_checks import ENOUGH
from campaignbook.evaluation.series_model import Terms

MOST = 2000
"""Points a side, or clusters a group, at which the search gives up."""
CLOSE = 0.05
"""The search stops when it knows the number to this share of itself."""


def interrupted_time_series(
    *,
    std_dev: float,
    before: int | None = None,
    after: int | None = None,
    autocorrelation: float = 0.0,
    season: int | None = None,
    terms: Terms = "level+slope",
    trend: float = 0.0,
    change: float | None = None,
    power: float | None = None,
    level: float = 0.95,
    unit: str = "standard deviations",
    draws: int = 500,
    seed: int = 0,
) -> Detection:
    """Return points, power or the visible change of an interrupted time series.

    Parameters
    ----------
    std_dev : float
        Of a period's value around its course (trend and season), in `unit`.
    before, after : int, optional
        Points before the start and from it on. One that is left out is found; both:
        as many on each side.
    autocorrelation : float
        Of neighbouring points, beyond trend and season; -1 to 1.
    season, terms
        As in the module `interrupted_time_series`.
    trend : float
        Change a period without the campaign, in `unit`. With ``level+slope`` it makes
        no difference; with ``level`` it is taken for an effect.
    change, power : float
        Mean change during the campaign, a step, and the chance to see it; two of
        change, power and all points are given.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the change.
    draws, seed : int
        Series drawn, and where the draws begin: the same for all numbers compared.

    Raises
    ------
    PlanError
        Where not two of three are given, or nothing is enough; below 24 points, where
        the analysis gives no interval, always.

    Notes
    -----
    Each series is analysed by that module's ``evaluate`` (means; not counts).
    A step lies in the span of its columns, so it moves estimate and interval by
    itself: one draw answers for every change, and power rises with the change. A
    change is seen when the whole interval lies on its side of none.

    References
    ----------
    Zhang, Wagner and Ross-Degnan (2011), Journal of Clinical Epidemiology
    64:1252-1261 (power of interrupted time series by simulation).
    """
    refuse_spread(std_dev)
    if not -1 < autocorrelation < 1:
        raise PlanError(
            "power: autocorrelation must lie between -1 and 1, got "
            f"{autocorrelation:g}."
        )

    def drawn(n: int) -> Drawn:
        sides = (n if before is None else before, n if after is None else after)
        course = (autocorrelation, season, terms, trend / std_dev)
        return drawn_series(*sides, *course, level, draws, seed)

    given = [side for side in (before, after) if side is not None]
    counted = "points before the start"
    per = f"and {f'{after:,}' if after else 'as many'} from it on"
    if before and not after:
        counted, per = "points from the start on", f"and {before:,} before it"
    least = ENOUGH - given[0] if given else ENOUGH // 2
    return _answer(
        drawn, change, before if len(given) == 2 else None, power, level,
        scale=std_dev, least=max(least, 1), first=max(ENOUGH, 2 * (season or 0)),
        unit=unit, counted=counted, per=per, draws=draws, seed=seed,
    )  # fmt: skip


def difference_in_differences(
    *,
    std_dev: float,
    clusters: int | None = None,
    control_clusters: int | None = None,
    before: int = 1,
    after: int = 1,
    people: float | None = None,
    icc: float = 0.0,
    shock: float = 0.0,
    autocorrelation: float = 0.0,
    change: float | None = None,
    power: float | None = None,
    level: float = 0.95,
    unit: str = "standard deviations",
    draws: int = 500,
    seed: int = 0,
) -> Detection:
    """Return clusters, power or the visible change of a difference in differences.

    Parameters
    ----------
    std_dev : float
        Of the outcome between people; without `people`, of one unit's value in one
        period beyond its level (a panel with one row a unit and period).
    clusters, control_clusters : int, optional
        Treated and control ones; the latter left out: as many as treated.
    before, after : int
        Periods before the start and from it on.
    people : float, optional
        People a cluster and period.
    icc : float
        Intracluster correlation, 0-1; this part of the spread stays the same over
        time and cancels.
    shock : float
        Standard deviation of what moves a whole cluster in one period, in `unit`.
        More people do not help against it; without it power looks too good.
    autocorrelation : float
        Of the shocks of neighbouring periods, -1 to 1 (without `people`, of the
        values).
    change, power : float
        The effect and the chance to see it; two of change, power, clusters are given.
    level, unit, draws, seed
        As in `interrupted_time_series`.

    Raises
    ------
    PlanError
        Where not two of three are given, or nothing is enough.

    Notes
    -----
    Each table is analysed by that module's ``evaluate``: CR2 from 5 clusters
    a side on, t of cluster changes below, the placebo rank with one. An effect moves
    estimate and interval by itself, so that one draw answers for every change.

    References
    ----------
    Bertrand, Duflo and Mullainathan (2004), Quarterly Journal of Economics
    119:249-275; Burlig, Preonas and Woerman (2020), Journal of Development Economics
    144:102458 (power with serial correlation).
    """
    refuse_spread(std_dev)
    refuse_outside("the intracluster correlation", icc, ends=True)
    if shock < 0 or not -1 < autocorrelation < 1 or min(before, after) < 1:
        raise PlanError(
            "power: shock must be 0 or more, autocorrelation between -1 and 1, and at "
            f"least 1 period on each side; got {shock:g}, {autocorrelation:g}, "
            f"{before} and {after}."
        )
    if people is None:
        moving, still, size = std_dev, 0.0, 1
    else:
        moving, size = shock, max(round(people), 1)
        still = std_dev * math.sqrt((1 - icc) / size)
    scale = math.hypot(moving, still)
    if scale == 0:
        raise PlanError("power: with icc 1 and no shock nothing varies; write shock.")

    def drawn(n: int) -> Drawn:
        shape = (n, n if control_clusters is None else control_clusters, before, after)
        noise = (moving / scale, still / scale, autocorrelation)
        return drawn_panels(*shape, size, people is None, *noise, level, draws, seed)

    first = 10
    if change:  # the t test of changes would take as many, were shocks independent
        spread = scale * math.sqrt(1 / before + 1 / after)
        first = math.ceil(
            two_means(std_dev=spread, change=change, power=power or 0.8).n
        )
    even = control_clusters is None or control_clusters == clusters
    return _answer(
        drawn, change, clusters, power, level, scale=scale, least=2, first=first,
        unit=unit, counted="clusters" if even else "treated clusters",
        per="a group" if even else f"and {control_clusters:,} control ones",
        draws=draws, seed=seed,
    )  # fmt: skip


def _answer(
    drawn: Callable[[int], Drawn],
    change: float | None,
    n: int | None,
    power: float | None,
    level: float,
    *,
    scale: float,
    least: int,
    first: int,
    unit: str,
    counted: str,
    per: str,
    draws: int,
    seed: int,
) -> Detection:
    """Return the answer; what is drawn has errors of size 1, in `scale`."""
    solved = what_is_asked(change, n, power, level)
    if n is None:
        n = _needed(drawn, abs(change) / scale, power, least, first)
    found = drawn(n)
    if change is None:
        change = scale * found.smallest(power)
    chance = found.chance(change / scale)
    if chance == 0:
        found.smallest(min(0.5, level))  # refuses where no interval exists
    return Detection(
        change=change, n=n, power=chance, level=level, solved=solved, counted=counted,
        unit=unit, per=per, error=math.sqrt(chance * (1 - chance) / draws),
        method=f"simulated {draws:,} times with the analysis itself, seed {seed}",
    )  # fmt: skip


def _needed(
    drawn: Callable[[int], Drawn], change: float, power: float, least: int, first: int
) -> int:
    """Return the number from which a change is seen, to 5% or one.

    The visible change falls about as 1 / sqrt(number), which tells where to look next.
    """
    low, high, n = least - 1, None, min(max(first, least), MOST)
    while high is None or high - low > max(1, CLOSE * high):
        visible = drawn(n).smallest(power)
        if visible <= change:
            high = n
        elif n >= MOST:
            raise PlanError("power: no number and no change is large enough for this.")
        else:
            low = n
        guess = math.ceil(n * (visible / change) ** 2)
        guess = min(max(guess, n // 3, low + 1), 4 * n, MOST)
        if high is not None and guess >= high:
            guess = max(low + 1, math.floor(high * (1 - CLOSE)), (low + high) // 2)
            guess = min(guess, high - 1)
        n = guess
    return high
