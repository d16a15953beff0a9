"""Settings of power: what its formulas promise against the tests that are used."""

from functools import partial

import numpy as np
import pandas as pd
from scipy import stats
from validity_people import TRIAL, arms_of, asked, found_in
from validity_rows import Bar, Setting, rejects
from validity_time import people

from campaignbook.evaluation import power

RARE = 1e-6
"""Pairs of events that are rarer change no power: all of them weigh below .001."""


def power_of_shares(rng, *, control, change, n):
    """Return the exact power of the test of two shares of n people each."""
    spans, chances = [], []
    for p in (control, control + change):
        reach = 4.5 * (n * p * (1 - p)) ** 0.5
        spans.append(np.arange(max(0, int(n * p - reach)), int(n * p + reach) + 2))
        chances.append(stats.binom.pmf(spans[-1], n, p))
    chance = np.outer(*chances)
    found = 0.0
    for at in np.argwhere(chance > RARE):
        e0, e1 = (span[i] for span, i in zip(spans, at, strict=True))
        hit = rejects(arms_of(control=(n, e0), t=(n, e1))["difference"])
        found += hit * chance[tuple(at)]
    return {"power of difference": float(found)}


def power_of_means(rng, *, plan, change, n):
    sums, squares = people(rng, np.array([0.0, change]), np.full(2, float(n)))
    frame = pd.DataFrame({"arm": ["control", "t"], "n": float(n), "sum_y": sums})
    found = found_in(plan, cells=frame.assign(sum_y_y=squares), unit="kg")
    return {"power of difference": rejects(found["difference"])}


def power_of_clusters(rng, *, plan, change, clusters, icc, size):
    """Draw means of clusters of equal size, as many in each arm."""
    treated = np.arange(2 * clusters) < clusters
    means = icc**0.5 * rng.normal(size=2 * clusters) + change * treated
    n = np.full(2 * clusters, float(size))
    sums, squares = people(rng, means, n, (1 - icc) ** 0.5)
    frame = pd.DataFrame(
        {
            "arm": np.where(treated, "t", "control"),
            "cluster": [f"c{i:03}" for i in range(2 * clusters)],
            "n": n,
            "sum_y": sums,
            "sum_y_y": squares,
        }
    )
    found = found_in(plan, cells=frame, unit="kg")
    return {"power of difference": rejects(found["difference"])}


def within(promised, room):
    """Return the bar of a power: what the formula promises, give or take."""
    return {
        "power of difference": Bar(
            low=promised.power - room, high=min(1.0, promised.power + room)
        )
    }


def powers():
    for control, change, n in ((0.10, 0.06, 500), (0.02, 0.015, 2000)):
        yield Setting(
            design="power",
            name=f"two shares, {control:g} and {change:g} more, {n} an arm",
            draw=partial(power_of_shares, control=control, change=change, n=n),
            exact=True,
            bars=within(power.two_shares(control, change=change, n=n), 0.01),
        )
    plan = asked("randomized_trial", **TRIAL, outcome_type="mean")
    for change, n in ((0.15, 500), (0.10, 1500)):
        yield Setting(
            design="power",
            name=f"two means, {change:g} sd, {n} an arm",
            draw=partial(power_of_means, plan=plan, change=change, n=n),
            bars=within(power.two_means(change=change, n=n), 0.01),
        )
    plan = asked("randomized_trial", **TRIAL, outcome_type="mean", cluster="c")
    for clusters, change in ((4, 0.8), (6, 0.5), (15, 0.25)):
        drawn = {"clusters": clusters, "change": change, "icc": 0.05}
        yield Setting(
            design="power",
            name=f"{clusters} clusters an arm of 30, icc .05, {change:g} sd",
            draw=partial(power_of_clusters, plan=plan, size=30, **drawn),
            bars=within(power.cluster_trial(cluster_size=30, **drawn), 0.02),
        )


SETTINGS = list(powers())
