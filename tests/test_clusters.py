"""Cluster inference: dense formulas, scipy, and inversion by brute force."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.evaluation.clusters import (
    cluster_regression,
    one_sample_t,
    two_sample_t,
)
from campaignbook.evaluation.rank_tests import rank_test

EXACT = 1e-10  # the same number by another road: rounding only
SEEDS = range(6)


def dense(design, counts, sums, clusters, column):
    """Return estimate, CR2 and df with (cells, cells) matrices, as published."""
    root = np.sqrt(counts)
    x = design * root[:, None]
    bread = np.linalg.pinv(x.T @ x)
    e = (sums - counts * (design @ bread @ design.T @ sums)) / root
    contrast, maker = x @ bread[:, column], np.eye(len(x)) - x @ bread @ x.T
    scores, rows = [], []
    for g in np.unique(clusters):
        i = np.flatnonzero(clusters == g)
        values, vectors = np.linalg.eigh(maker[np.ix_(i, i)])
        good = values > 1e-10
        inverse = (vectors[:, good] / np.sqrt(values[good])) @ vectors[:, good].T
        half = inverse @ contrast[i]
        scores.append(e[i] @ half)
        rows.append(maker[:, i] @ half)
    q = np.array(rows) @ np.array(rows).T
    cr2, df = sqrt(np.square(scores).sum()), np.trace(q) ** 2 / (q**2).sum()
    return (bread @ design.T @ sums)[column], cr2, df


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("absorbed", [False, True])
def test_cr2_and_df_equal_the_dense_formulas(seed, absorbed):
    """Absorbing equals dummies: Pustejovsky and Tipton (2018), section 3."""
    rng = np.random.default_rng(seed)
    unit, time = (a.ravel() for a in np.mgrid[:20, :4])
    keep = rng.random(80) < 0.85
    unit, time = unit[keep], time[keep]
    clusters = unit % 7
    group = clusters < 3
    n = rng.integers(1, 9, len(unit)).astype(float)
    y = n * rng.normal(size=7)[clusters] + rng.normal(size=len(n))
    x = np.column_stack([time[:, None] == [1, 2, 3], group & (time > 1)]).astype(float)
    if absorbed:
        others = (unit[:, None] == np.arange(20)).astype(float)
        options = {"column": 3, "absorb": unit}
        design = x
    else:
        others = np.column_stack([np.ones(len(n)), group]).astype(float)
        options = {"column": 5}
        design = np.column_stack([others, x])
    full = np.column_stack([others, x])
    mixed = rng.permutation(len(n))
    if absorbed:
        options["absorb"] = unit[mixed]
    fit = cluster_regression(
        design[mixed], n[mixed], y[mixed], clusters[mixed], **options
    )
    expected = dense(full, n, y, clusters, full.shape[1] - 1)
    assert (fit.estimate, fit.cr2, fit.df) == pytest.approx(expected, rel=EXACT)


def test_many_clusters_need_no_square_matrix():
    clusters = np.repeat(np.arange(100_000), 2)
    after, group = np.tile([0, 1], 100_000), clusters % 2
    x = np.column_stack([np.ones(200_000), group, after, group * after])
    y = np.random.default_rng(0).normal(size=200_000)
    fit = cluster_regression(x, np.ones(200_000), y, clusters, column=3)
    assert fit.cr2 == pytest.approx(fit.cr1, rel=1e-4)


def test_t_tests_equal_scipy():
    values, treated = np.array([1.0, 4, 2, 8, 5]), np.array([1, 0, 1, 0, 0], dtype=bool)
    two = stats.ttest_ind(values[treated], values[~treated])
    ours = two_sample_t(values, treated, level=0.9)
    assert (ours.p_value, ours.df) == pytest.approx((two.pvalue, 3))
    assert (ours.ci_low, ours.ci_high) == pytest.approx(two.confidence_interval(0.9))
    assert one_sample_t(values, level=0.9).p_value == pytest.approx(
        stats.ttest_1samp(values, 0).pvalue
    )
    assert two_sample_t(values[:2], treated[:2], level=0.9).std_error is None


@pytest.mark.parametrize(("g", "m"), [(8, 4), (9, 3), (9, 6), (21, 1), (30, 29)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_interval_is_the_inverted_rank_test(g, m, level):
    rng = np.random.default_rng(g + m)
    values, treated = rng.normal(size=g), np.arange(g) < m
    test = rank_test(values, treated, level=level)
    if test.smallest_p > 1 - level:
        assert (test.ci_low, test.ci_high) == (None, None)
        return
    for end, inward in ((test.ci_low, 1), (test.ci_high, -1)):
        for step in (1e-6, 1e-3, 0.1):
            inside = rank_test(
                values - (end + inward * step) * treated, treated, level=level
            )
            beyond = rank_test(
                values - (end - inward * step) * treated, treated, level=level
            )
            assert inside.p_value > 1 - level + 1e-12 or step == 0.1
            assert beyond.p_value <= 1 - level + 1e-12


@pytest.mark.parametrize(
    ("g", "m", "p"), [(6, 3, 2 / 20), (6, 2, 1 / 15), (9, 1, 1 / 9)]
)
def test_smallest_p(g, m, p):
    test = rank_test(np.arange(g) ** 2.0, np.arange(g) < m, level=0.95)
    assert test.smallest_p == pytest.approx(p) and test.ci_low is None


def test_random_assignments_are_seeded_and_near_the_t_test():
    values, treated = np.random.default_rng(1).normal(size=60), np.arange(60) < 25
    one = rank_test(values, treated, level=0.95, seed=3)
    assert one == rank_test(values, treated, level=0.95, seed=3)
    assert not one.exact and one.assignments == 10_000
    t = two_sample_t(values, treated, level=0.95)
    assert (one.p_value, one.ci_low, one.ci_high) == pytest.approx(
        (t.p_value, t.ci_low, t.ci_high), abs=0.03
    )  # .03: 3 Monte-Carlo errors of p, and t against permutation ends


def test_equal_values_are_ties():
    test = rank_test(np.full(20, 0.1), np.arange(20) < 1, level=0.9)
    assert (test.p_value, test.ci_low, test.ci_high) == (1.0, 0.0, 0.0)


def test_effect_on_one_cluster_has_no_cr2():
    x = np.array([[1, 0, 0], [1, 0, 1], [1, 0, 0], [1, 0, 1], [1, 0, 0], [1, 1, 1]])
    y, clusters = np.array([1.0, 3, 2, 2, 5, 7]), np.array([0, 0, 1, 1, 2, 2])
    fit = cluster_regression(x, np.ones(6), y, clusters, column=1)
    assert (fit.cr2, fit.df) == (None, None) and fit.cr1 > 0


def test_refusals():
    x, one = np.array([[1.0, 1], [1, 1], [1, 1]]), np.ones(3)
    with pytest.raises(DataError, match="cannot be told apart"):
        cluster_regression(x, one, one, np.arange(3), column=1)
    with pytest.raises(DataError, match="only one cluster"):
        cluster_regression(x, one, one, np.zeros(3), column=1)
    with pytest.raises(DataError, match="several clusters"):
        cluster_regression(
            x, one, one, np.arange(3), column=1, absorb=np.array([0, 0, 1])
        )
    with pytest.raises(DataError, match="needs treated and control"):
        two_sample_t(one, one > 0, level=0.95)
