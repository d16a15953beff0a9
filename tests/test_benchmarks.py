"""Published effects, and what a correlation means in percentage points."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.benchmarks import Benchmark, expected_change
from campaignbook.errors import DataError
from campaignbook.files import read_benchmarks
from campaignbook.formulas import points_at

TABLE = read_benchmarks()

# Rounded to a tenth of a point where they were worked out by hand.
ROUNDED = 0.0005


@pytest.mark.parametrize(
    ("r", "baseline", "points"),
    [
        (0.05, 0.05, 0.024),
        (0.05, 0.10, 0.032),
        (0.05, 0.20, 0.041),
        (0.05, 0.50, 0.050),
        (0.05, 0.90, 0.028),
        (0.15, 0.05, 0.087),
        (0.15, 0.10, 0.108),
        (0.15, 0.20, 0.133),
        (0.15, 0.50, 0.148),
        (0.15, 0.90, 0.073),
        (0.04, 0.20, 0.033),
        (0.09, 0.20, 0.077),
    ],
)
def test_points_at_known_baselines(r, baseline, points):
    assert points_at(r, baseline) == pytest.approx(points, abs=ROUNDED)


@given(st.floats(0.001, 0.2), st.floats(0.0, 0.9))
def test_the_points_give_the_correlation_back(r, baseline):
    try:
        change = points_at(r, baseline)
    except DataError:
        ceiling = (1 - baseline) / 2
        mean = baseline + ceiling
        assert ceiling / math.sqrt(mean * (1 - mean)) < r * (1 + 1e-9)
        return
    mean = baseline + change / 2
    # phi of a table of two equal groups
    assert change / 2 / math.sqrt(mean * (1 - mean)) == pytest.approx(r, rel=1e-9)


@pytest.mark.parametrize(
    ("r", "baseline", "words"),
    [
        (1.0, 0.5, "r must be at least 0 and below 1"),
        (-0.1, 0.5, "r must be at least 0"),
        (0.1, 35, "Write 35% as 0.35"),
        (0.5, 0.9, "choose a lower baseline or a smaller r"),
    ],
)
def test_points_are_refused_out_of_range(r, baseline, words):
    with pytest.raises(DataError, match=words):
        points_at(r, baseline)


def test_published_points_go_before_the_correlation():
    of = {b.id: b for b in TABLE.benchmarks}
    assert expected_change(of["snyder_2007"], baseline=0.1) == 0.05
    smoking = expected_change(of["snyder_2004_smoking"], baseline=0.2)
    assert smoking == pytest.approx(0.041, abs=ROUNDED)
    bare = Benchmark(id="x", outcome="x", sources=("y",))
    assert expected_change(bare, baseline=0.5) is None


def test_the_published_correlations_are_those_of_the_sources():
    r = {b.id: b.r for b in TABLE.benchmarks}
    assert {k.removeprefix("snyder_2004_"): v for k, v in r.items() if "2004" in k} == {
        "seat_belts": 0.15,
        "oral_health": 0.13,
        "alcohol": 0.09,
        "heart_disease": 0.05,
        "smoking": 0.05,
        "screening": 0.04,
        "sexual": 0.04,
    }
    assert r["anker_2016_knowledge"] == 2 * r["anker_2016_behaviour"] == 0.10


def test_every_benchmark_says_something():
    assert all(b.r is not None or b.points is not None for b in TABLE.benchmarks)
