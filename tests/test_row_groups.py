"""Rows in groups: the same sums as pandas' own, missing numbers and keys left out."""

import numpy as np
import pandas as pd
import pytest

from campaignbook.row_groups import crossed, mondays, row_groups

ROWS = 5_000


@pytest.fixture
def table():
    """Return rows with keys of three sorts, some of them missing, and two numbers."""
    rng = np.random.default_rng(3)
    names = pd.Series(rng.choice(["b", "a", "d"], ROWS))
    days = pd.Timestamp("2025-12-20") + pd.to_timedelta(rng.integers(0, 40, ROWS), "D")
    missing = rng.random(ROWS) < 0.1
    return pd.DataFrame(
        {
            "text": names.mask(missing),
            "category": pd.Categorical(names.mask(missing), ["a", "c", "b", "d"]),
            "day": pd.Series(days).mask(missing),
            "x": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS)),
        }
    )


@pytest.mark.parametrize("key", ["text", "category", "day"])
def test_sums_are_those_of_pandas(table, key):
    groups = row_groups(table[key])
    found = groups.sums({"n": 1.0, "x": table["x"].to_numpy()})
    theirs = table.groupby(key, observed=True)["x"].agg(["size", "sum"])
    assert [*found.index] == [*theirs.index]
    assert found["n"].to_numpy() == pytest.approx(theirs["size"].to_numpy())
    assert found["x"].to_numpy() == pytest.approx(theirs["sum"].to_numpy())


def test_largest_is_that_of_pandas(table):
    told = table.dropna()
    found = row_groups(told["text"]).largest(told["x"].to_numpy())
    assert found.tolist() == told.groupby("text")["x"].max().tolist()


def test_crossed_codes_make_one_group_for_each_pair_that_is_there():
    one, two = np.array([0, 2, 2, 0]), np.array([1, 0, 0, 0])
    groups = crossed([one, two], [3, 2])
    assert [*groups.keys] == [(0, 0), (0, 1), (2, 0)]
    assert groups.sums({"n": 1.0})["n"].tolist() == [1, 1, 2]


def test_week_starts_on_its_monday_and_no_day_has_none(table):
    found = mondays(table["day"])
    assert found.isna().equals(table["day"].isna())
    told = table["day"].dropna()
    theirs = told - pd.to_timedelta(told.dt.day_of_week, unit="D")
    assert (found.dropna() == theirs).all()
    assert found.dropna().dt.day_name().unique().tolist() == ["Monday"]
