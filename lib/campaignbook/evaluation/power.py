"""What an evaluation can see: people or clusters, power, smallest visible change.

Each function takes two of change, number and power and solves for the third, all two
sided and with two groups of the same size. Its answer is arithmetic on what was
assumed: where the assumed spread is wrong, so is the answer.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from campaignbook.errors import PlanError
from campaignbook.evaluation.detection import (
    Detection,
    refuse_outside,
    refuse_spread,
    solve,
    t_power,
)
from campaignbook.results import say_number

Formula = Literal["pooled", "baseline"]


def two_shares(
    control: float,
    *,
    change: float | None = None,
    n: float | None = None,
    power: float | None = None,
    level: float = 0.95,
    formula: Formula = "pooled",
    direction: Literal["increase", "decrease"] = "increase",
) -> Detection:
    """Return people a group, power or the visible change of two shares.

    Parameters
    ----------
    control : float
        Share without the campaign, 0-1.
    change, n, power : float
        Exactly two of them: treated minus control, people a group, chance to see it.
    level : float
        Confidence level, 0-1.
    formula : {"pooled", "baseline"}
        Variance when nothing has changed: of the mean of the two shares, or of the
        control share alone (smaller numbers where the share rises towards a half).
    direction : {"increase", "decrease"}
        Where a change is sought, on which side of `control`.

    Raises
    ------
    PlanError
        Where a share leaves 0-1, not two of three are given, or nothing is enough.

    Notes
    -----
    power = Phi((|p1 - p0| sqrt(n) - z sqrt(2 v)) / sqrt(p0 q0 + p1 q1)), where v is
    p q of the mean share (pooled) or of the control share (baseline). An approximation
    that wants some ten events a group.

    References
    ----------
    Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, ch. 4;
    the pooled formula is that of R's ``power.prop.test``.

    Examples
    --------
    >>> round(two_shares(0.20, change=0.05, power=0.8, formula="baseline").n)
    1030
    """
    refuse_outside("the share without the campaign", control)
    room = 1 - control if direction == "increase" else control
    if change is not None and not 0 <= control + change <= 1:
        raise PlanError(
            f"power: a change of {change:g} from {control:g} leaves 0 to 1; write 5 "
            "percentage points as 0.05."
        )
    z = float(stats.norm.isf((1 - level) / 2))

    def chance(gap: float, size: float) -> float:
        treated = control + gap
        base = (control + treated) / 2 if formula == "pooled" else control
        none = z * math.sqrt(2 * base * (1 - base))
        spread = math.sqrt(control * (1 - control) + treated * (1 - treated))
        return float(stats.norm.cdf((abs(gap) * math.sqrt(size) - none) / spread))

    sign = 1 if direction == "increase" else -1
    return solve(
        chance, change, n, power, level, least=1.0, most=room * sign, unit="share",
        method=f"two proportions, {formula} variance",
    )  # fmt: skip


def two_means(
    *,
    std_dev: float = 1.0,
    change: float | None = None,
    n: float | None = None,
    power: float | None = None,
    level: float = 0.95,
    unit: str = "standard deviations",
) -> Detection:
    """Return people a group, power or the visible change of two means.

    Parameters
    ----------
    std_dev : float
        Of the outcome between people, in `unit`; left at 1, `change` is Cohen's d.
    change, n, power : float
        Exactly two of them, as in `two_shares`.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the change, in words.

    Notes
    -----
    Power of the t-test: noncentral t with 2n - 2 degrees of freedom and noncentrality
    change / (std_dev sqrt(2 / n)).

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, ch. 2.

    Examples
    --------
    >>> round(two_means(change=0.5, power=0.8).n, 3)
    63.766
    """
    refuse_spread(std_dev)

    def chance(gap: float, size: float) -> float:
        error = std_dev * math.sqrt(2 / size)
        return t_power(gap / error, 2 * size - 2, level)

    return solve(
        chance, change, n, power, level, least=2.0, most=math.inf, unit=unit,
        method="two means, noncentral t",
    )  # fmt: skip


def cluster_trial(
    *,
    icc: float,
    cluster_size: float,
    std_dev: float = 1.0,
    change: float | None = None,
    clusters: float | None = None,
    power: float | None = None,
    level: float = 0.95,
    unit: str = "standard deviations",
) -> Detection:
    """Return clusters a group, power or the visible change of a cluster trial.

    Parameters
    ----------
    icc : float
        Intracluster correlation, 0-1.
    cluster_size : float
        People a cluster; more people in the same clusters soon help no more.
    std_dev : float
        Of the outcome between people, in `unit`; for a share p, sqrt(p (1 - p)).
    change, clusters, power : float
        Exactly two of them; clusters are those of one group.
    level : float
        Confidence level, 0-1.
    unit : str
        Unit of the change.

    Notes
    -----
    The test of cluster means: their variance is std_dev^2 (icc + (1 - icc) / size);
    power is that of the noncentral t with G - 2 degrees of freedom, G all clusters. A
    design effect with z promises more than few clusters hold. Clusters of unequal size
    see less than this.

    References
    ----------
    Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials, ch. 5.
    """
    refuse_spread(std_dev)
    refuse_outside("the intracluster correlation", icc, ends=True)
    if cluster_size < 1:
        raise PlanError(f"power: a cluster holds at least 1, got {cluster_size:g}.")
    between = std_dev * math.sqrt(icc + (1 - icc) / cluster_size)

    def chance(gap: float, size: float) -> float:
        return t_power(gap / (between * math.sqrt(2 / size)), 2 * size - 2, level)

    return solve(
        chance, change, clusters, power, level, least=2.0, most=math.inf, unit=unit,
        counted="clusters", method="cluster means, noncentral t with clusters - 2",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertisingPower:
    """How many people an experiment with an advertisement takes.

    Attributes
    ----------
    lift : float
        Sales a person that reach the return that was asked for, in money.
    r_squared : float
        Share of the variance of sales that such a lift makes up.
    people_effect : float
        People, both groups together, to tell that lift from none.
    people_return : float
        People to tell that return from breaking even.
    power, level : float
        Chance to see it; confidence level.
    """

    lift: float
    r_squared: float
    people_effect: float
    people_return: float
    power: float
    level: float

    def sentence(self) -> str:
        """Return the numbers of people in words."""
        return (
            f"A lift of {say_number(self.lift)} a person makes up "
            f"{self.r_squared:.3g} of the variance of sales: to tell it from none "
            f"takes {self.people_effect:,.0f} people, to tell the return from breaking "
            f"even {self.people_return:,.0f} (power {100 * self.power:.3g}%, level "
            f"{100 * self.level:g}%)."
        )


def advertising(
    *,
    std_dev: float,
    cost: float,
    margin: float,
    return_goal: float,
    power: float = 0.8,
    level: float = 0.95,
) -> AdvertisingPower:
    """Return how many people it takes to see what an advertisement brings.

    Parameters
    ----------
    std_dev : float
        Of sales between people, in money.
    cost : float
        Of the advertisement, a person.
    margin : float
        Share of sales kept, 0-1.
    return_goal : float
        Return on investment that is asked for; 25% is 0.25.
    power, level : float
        Chance to see it; confidence level.

    Notes
    -----
    lift = cost (1 + goal) / margin; R2 = (lift / std_dev)^2 / 4 with halves of equal
    size. The return differs from breaking even by a lift of cost x goal / margin only.

    References
    ----------
    Lewis & Rao (2015), Quarterly Journal of Economics 130:1941-1973.
    """
    if not (cost > 0 and return_goal > 0 and 0 < margin <= 1):
        raise PlanError(
            "power: cost and return_goal must be above 0 and margin a share, got "
            f"{cost:g}, {return_goal:g} and {margin:g}."
        )
    lift, above = cost * (1 + return_goal) / margin, cost * return_goal / margin
    people = [
        2 * two_means(std_dev=std_dev, change=c, power=power, level=level).n
        for c in (lift, above)
    ]
    return AdvertisingPower(
        lift=lift, r_squared=(lift / std_dev) ** 2 / 4, people_effect=people[0],
        people_return=people[1], power=power, level=level,
    )  # fmt: skip


def error_of_difference(std_dev: float, people: int) -> float:
    """Return the standard error of a difference of means, halves of equal size.

    Examples
    --------
    >>> round(error_of_difference(75, 200_000), 5)
    0.33541
    """
    refuse_spread(std_dev)
    return 2 * std_dev / math.sqrt(people)
