"""Estimators broken on purpose, to see that the benchmark would notice."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from importlib import import_module
from math import inf, sqrt

import statsmodels.api as sm
from scipy import stats

Function = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A function of the package with something else in its place.

    Attributes
    ----------
    name : str
        What is wrong, in words.
    function : str
        ``module:function``, without the package's name.
    instead : callable
        From the function to what stands in its place.
    setting : str
        Key of the setting that must notice.
    draws : int
        How many draws that takes.
    """

    name: str
    function: str
    instead: Callable[[Function], Function]
    setting: str
    draws: int = 200


@contextmanager
def broken(mutation: Mutation) -> Iterator[list[int]]:
    """Replace the function wherever the package holds it; gives the number of calls."""
    module, _, name = mutation.function.partition(":")
    original = getattr(import_module(f"campaignbook.{module}"), name)
    wrong, calls = mutation.instead(original), [0]

    @wraps(original)
    def counted(*args, **options):
        calls[0] += 1
        return wrong(*args, **options)

    held = [
        (m, attribute)
        for key, m in list(sys.modules.items())
        if key.partition(".")[0] == "campaignbook"
        for attribute, value in list(vars(m).items())
        if value is original
    ]
    try:
        for m, attribute in held:
            setattr(m, attribute, counted)
        yield calls
    finally:
        for m, attribute in held:
            setattr(m, attribute, original)


def normal_t(original):
    """Return the t test with infinite degrees of freedom: z."""

    def t_comparison(estimate, std_error, df, *, level):
        return original(estimate, std_error, None if df is None else inf, level=level)

    return t_comparison


def without_clusters(original):
    """Return the reader of arms that drops the cluster of each row."""

    def read_arms(cells, names, **options):
        frame = cells.frame.drop(columns="cluster")
        return original(replace(cells, frame=frame), names, **options)

    return read_arms


def units_for_clusters(original):
    """Return the maker of panels that takes each unit for a cluster of its own."""

    def make_panel(cells, **options):
        frame = cells.frame.assign(cluster=cells.frame["unit"])
        return original(replace(cells, frame=frame), **options)

    return make_panel


def wald(original):
    """Return Wald's interval of a share."""

    def wilson(events, n, *, level):
        share = events / n
        z = float(stats.norm.isf((1 - level) / 2))
        half = z * sqrt(share * (1 - share) / n)
        return share - half, share + half

    return wilson


def independent_errors(original):
    """Return least squares in place of the regression with autocorrelated errors."""

    def prais_winsten(y, x, **options):
        return replace(ols(y, x, **options), rho=0.0)

    ols = import_module("campaignbook.evaluation.series").ols
    return prais_winsten


def textbook_autocorrelation(original):
    """Return Cochrane and Orcutt's regression, its autocorrelation not raised."""

    def prais_winsten(y, x, **options):
        found = sm.GLSAR(y, x, rho=1).iterative_fit(8)
        fitted = {"coefficients": found.params, "covariance": found.cov_params()}
        return replace(original(y, x, **options), **fitted)

    return prais_winsten


def newey_west(original):
    """Return least squares with Newey-West's errors."""

    def prais_winsten(y, x, **options):
        return replace(ols(y, x, errors="newey_west", **options), rho=0.0)

    ols = import_module("campaignbook.evaluation.series").ols
    return prais_winsten


def rank_among_others(original):
    """Return the placebo rank that does not count the treated unit itself."""

    def rank_of_first(statistics):
        found = original(statistics)
        others = len(statistics) - 1
        return replace(found, rank=found.rank - 1, p_value=(found.rank - 1) / others)

    return rank_of_first


MUTATIONS = {
    m.name: m
    for m in (
        Mutation(
            name="z for t",
            function="evaluation.clusters:t_comparison",
            instead=normal_t,
            setting="difference_in_differences, 4 (2) equal",
            draws=400,
        ),
        Mutation(
            name="no clusters in a trial",
            function="evaluation.arms:read_arms",
            instead=without_clusters,
            setting="randomized_trial, clusters 20 (10) unequal",
        ),
        Mutation(
            name="no clusters in a difference in differences",
            function="evaluation.panels:make_panel",
            instead=units_for_clusters,
            setting="difference_in_differences, 20 (10) of 5 panel units each",
        ),
        Mutation(
            name="Wald for Wilson",
            function="evaluation.proportions:wilson",
            instead=wald,
            setting="proportion, Wilson, n 20-2000, p .002-.5",
        ),
        Mutation(
            name="independent errors of a series",
            function="evaluation.series:prais_winsten",
            instead=independent_errors,
            setting="interrupted_time_series, means, T 72, rho 0.6",
        ),
        Mutation(
            name="Newey-West errors of a series",
            function="evaluation.series:prais_winsten",
            instead=newey_west,
            setting="interrupted_time_series, means, T 72, rho 0.6",
        ),
        Mutation(
            name="autocorrelation of a series as it looks",
            function="evaluation.series:prais_winsten",
            instead=textbook_autocorrelation,
            setting="interrupted_time_series, means, T 24, rho 0.6",
        ),
        Mutation(
            name="placebo rank without the treated unit",
            function="evaluation.donor_weights:rank_of_first",
            instead=rank_among_others,
            setting="synthetic_control, 5 donors",
        ),
    )
}
