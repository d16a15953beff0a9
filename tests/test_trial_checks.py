"""Tests of the questions that a trial has to answer about itself."""

import numpy as np
import pandas as pd
import pytest

from campaignbook.errors import DataError
from campaignbook.evaluation import trial_checks, trials
from campaignbook.evaluation.arms import Arm
from campaignbook.evaluation.parts import Count
from campaignbook.tables import Cells


def arm(name, n, *, events=5, clusters=None):
    """Return an arm with equal clusters, if any."""
    if clusters is None:
        return Arm(name=name, n=n, total=events, exposure=n)
    sizes = np.full(len(clusters), n / len(clusters))
    held = np.array(list(clusters), dtype=object)
    by_cluster = {"sizes": sizes, "sums": sizes, "times": np.ones(len(held))}
    return Arm(name=name, n=n, total=events, exposure=n, clusters=held, **by_cluster)


@pytest.mark.parametrize(
    ("sizes", "allocation", "answer"),
    [
        ((500, 505), {"c": 0.5, "t": 0.5}, "yes"),
        ((500, 250), {"c": 2 / 3, "t": 1 / 3}, "yes"),
        ((500, 400), {"c": 0.5, "t": 0.5}, "no"),
        ((500, 505), {"c": 0.4, "t": 0.4, "other": 0.2}, "yes"),
        ((500, 400), None, "unknown"),
    ],
)
def test_sample_ratio(sizes, allocation, answer):
    arms = [arm("c", sizes[0]), arm("t", sizes[1])]
    check = trial_checks.sample_ratio(arms, allocation, mixed=False)
    assert check.answer == answer


def test_sample_ratio_counts_what_was_assigned():
    half = {"c": 0.5, "t": 0.5}
    arms = [arm("c", 900, clusters="abc"), arm("t", 300, clusters="def")]
    check = trial_checks.sample_ratio(arms, half, mixed=False)
    assert check.answer == "yes" and "clusters" in check.sentence
    assert trial_checks.sample_ratio(arms, half, mixed=True).answer == "no"
    with pytest.raises(DataError, match="no planned share for the arm 't'"):
        trial_checks.sample_ratio(arms, {"c": 0.5, "s": 0.5}, mixed=False)


@pytest.mark.parametrize(
    ("shift", "answer"), [(0.0, "yes"), (0.15, "unknown"), (0.5, "no")]
)
def test_balance_names_the_worst(shift, answer):
    # Two arms of 100 with variance 1: the shift is the standardised difference.
    frame = pd.DataFrame({"arm": ["c", "t"], "n": 100, "sum_y": [0.0, 100 * shift]})
    frame["sum_y_y"] = 100.0 + frame["sum_y"] ** 2 / 100
    age = Cells(frame=frame, centre=40.0, rows_read=200)
    even = frame.assign(sum_y=0.0, sum_y_y=100.0)
    tables = {"size": Cells(frame=even, rows_read=200), "age": age}
    found = trial_checks.standardised_differences(tables, control="c", treated=["t"])
    assert [d["smd"] for d in found] == pytest.approx([0, shift])
    check = trial_checks.balance(found)
    assert check.answer == answer
    assert not shift or "'age' in arm 't'" in check.sentence


def test_balance_without_variation_or_covariates():
    assert trial_checks.balance([]).answer == "unknown"
    frame = pd.DataFrame({"arm": ["c", "t"], "n": 9, "sum_y": [0.0, 9], "sum_y_y": 9.0})
    frame["sum_y_y"] = frame["sum_y"]
    table = {"sex": Cells(frame=frame, rows_read=18)}
    found = trial_checks.standardised_differences(table, control="c", treated=["t"])
    assert found == [{"covariate": "sex", "arm": "t", "smd": None}]
    assert trial_checks.balance(found).answer == "no"


def test_clusters_are_never_a_no():
    few = arm("t", 40, clusters="abcd")
    many = arm("c", 60, clusters="efghij")
    (check,) = trial_checks.clusters(few, many, None, level=0.95)
    assert check.answer == "unknown" and "t of cluster means" in check.sentence
    (check,) = trial_checks.clusters(
        many, arm("t", 9, clusters="uvwxyz"), None, level=0.9
    )
    assert check.answer == "yes"


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("efghij", []),
        ("aefghi", ["1 of 11 clusters stands in both arms ('a')"]),
        ("abefgh", ["2 of 10 clusters stand in both arms ('a', 'b')"]),
        ("abcdef", []),  # people in each cluster were assigned
    ],
)
def test_few_clusters_in_both_arms_are_told(control, said):
    treated, control = arm("t", 60, clusters="abcdwx"), arm("c", 60, clusters=control)
    checks = trial_checks.clusters(treated, control, None, level=0.95)
    found = [c for c in checks if c.name == "clusters in one arm"]
    assert [c.sentence.split(";")[0] for c in found] == said
    assert all(c.answer == "unknown" for c in found)


def test_an_arm_without_events_has_no_ratio():
    counts = {"c": Count(n=20, events=0), "t": Count(n=20, events=4)}
    estimates, checks, *_ = trials.evaluate_counts(
        counts,
        control="c",
        treated=["t"],
        headline="t",
        outcome_type="binary",
        level=0.95,
        unit="share",
    )
    found = {check.name: check for check in checks}
    assert found["events in every arm"].answer == "unknown"
    assert "'c'" in found["events in every arm"].sentence
    assert (estimates[1].estimate, estimates[1].ends()) == (None, (-np.inf, np.inf))
    assert estimates[0].ci_low < 0.2 < estimates[0].ci_high


def test_one_row_has_no_spread():
    frame = pd.DataFrame(
        {"arm": ["c", "t"], "n": [1, 9], "sum_y": [3.0, 18], "sum_y_y": [9.0, 40]}
    )
    estimates, checks, *_ = trials.evaluate(
        {"y": Cells(frame=frame, rows_read=10)},
        control="c",
        treated=["t"],
        headline="t",
        outcome_type="mean",
        level=0.95,
        unit="kg",
    )
    assert estimates[0].estimate == -1 and estimates[0].std_error is None
    assert "One row only in arm 'c'" in checks[-1].sentence
