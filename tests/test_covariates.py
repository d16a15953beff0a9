"""Tests of the columns that the plan's covariates stand for."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.covariate_sums import with_terms
from campaignbook.evaluation.covariates import (
    columns_to_read,
    design_matrix,
    expand,
    independent,
    standardised,
)
from campaignbook.evaluation.parts import Covariate
from campaignbook.tables import Cells

AGE, TOWN = Covariate(column="age"), Covariate(column="town", as_="category")
ROWS = pd.DataFrame(
    {
        "age": [20, 30, 50, 60],
        "town": ["York", "Bath", "York", "Leeds"],
        "grade": ["9", "10", "9", "11"],
        "dose": [0.5, 1.5, 1.0, 0.0],
        "same": 7,
    }
)


def test_each_form_has_its_columns():
    square = Covariate(column="age", power=2)
    product = Covariate(interact=("age", "dose"))
    before = ROWS.copy()
    matrix, names = expand(ROWS, [AGE, square, TOWN, product])
    assert names == ["age", "age^2", "town=Leeds", "town=York", "age x dose"]
    wanted = [
        [20, 400, 0, 1, 10],
        [30, 900, 0, 0, 45],
        [50, 2500, 0, 1, 50],
        [60, 3600, 1, 0, 0],
    ]
    assert matrix.tolist() == wanted
    pd.testing.assert_frame_equal(ROWS, before)


def test_numeric_levels_are_ordered_as_numbers():
    _, names = design_matrix(ROWS, [Covariate(column="grade", as_="category")])
    assert names == ["grade=10", "grade=11"]  # 9 is the first level
    rows = pd.DataFrame({"g": [1.0, 2.0, 2.5]})
    _, names = design_matrix(rows, [Covariate(column="g", as_="category")])
    assert names == ["g=2", "g=2.5"]


def test_no_covariates_are_no_columns():
    matrix, names = design_matrix(ROWS, [])
    assert matrix.shape == (4, 0) and names == []


def test_columns_that_follow_from_others_are_left_out():
    rows = ROWS.assign(
        months=ROWS["age"] * 12 + 1, york=(ROWS["town"] == "York").astype(int)
    )
    asked = [AGE, Covariate(column="months"), TOWN, Covariate(column="york"), AGE]
    _, names = design_matrix(rows, asked)
    assert names == ["age", "town=Leeds", "town=York"]
    assert expand(rows, asked)[1][1] == "months"


def test_dummies_for_every_level_leave_one_out():
    every = pd.get_dummies(ROWS["town"]).astype(float)
    _, names = design_matrix(every, [Covariate(column=c) for c in every])
    assert names == ["Bath", "Leeds"]


def test_a_square_of_years_is_kept():
    rows = pd.DataFrame({"year": np.arange(2005, 2025)})
    asked = [Covariate(column="year"), Covariate(column="year", power=2)]
    assert design_matrix(rows, asked)[1] == ["year", "year^2"]


@given(st.integers(0, 2**32 - 1))
def test_what_is_kept_spans_the_same(seed):
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(12, 3))
    matrix = np.column_stack(
        [base, base @ rng.normal(size=(3, 2)), rng.normal(size=12)]
    )
    matrix = matrix[:, rng.permutation(6)] + rng.normal(size=6)
    kept = independent(matrix)
    centred = matrix - matrix.mean(axis=0)
    assert kept.sum() == np.linalg.matrix_rank(centred, tol=1e-8) == 4
    assert np.linalg.matrix_rank(centred[:, kept], tol=1e-8) == 4


def test_standardised_columns():
    found = standardised(ROWS[["age", "same"]].to_numpy(dtype=float))
    assert found.mean(axis=0) == pytest.approx([0, 0])
    assert found.std(axis=0) == pytest.approx([1, 0])


def test_columns_to_read_leave_the_treatment_out():
    asked = [AGE, TOWN, Covariate(interact=("quit", "dose")), AGE]
    assert columns_to_read(asked, treatment_name="quit") == (["age", "dose"], ["town"])
    both = [TOWN, Covariate(column="town")]
    assert columns_to_read(both) == (["town"], [])


@pytest.mark.parametrize(
    ("covariate", "words"),
    [
        (Covariate(column="same"), "'same' holds the same value, 7.0, in every row"),
        (Covariate(column="same", as_="category"), "'same' holds the same value, 7"),
        (Covariate(column="town"), "'town' holds text; write {column: town, as: cat"),
        (Covariate(interact=("age", "town")), "'town' holds text"),
        (Covariate(column="agee"), "no column 'agee' .did you mean 'age'"),
        (Covariate(column="gap"), "'gap' has rows without a value"),
        (Covariate(column="gap", as_="category"), "'gap' has rows without a value"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(covariate, words):
    rows = ROWS.assign(gap=[1.0, np.nan, 2.0, 3.0])
    with pytest.raises(DataError, match=words):
        design_matrix(rows, [covariate])


def test_all_problems_are_told_at_once():
    asked = [Covariate(column="same"), AGE, Covariate(column="town")]
    with pytest.raises(DataError) as caught:
        design_matrix(ROWS, asked)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    "covariate",
    [
        Covariate(column="town", as_="category", power=2),
        Covariate(interact=("age", "dose"), power=2),
        Covariate(interact=("age", "dose"), as_="category"),
    ],
)
def test_contradictions_are_refused(covariate):
    with pytest.raises(PlanError, match="goes with"):
        design_matrix(ROWS, [covariate])


def test_a_category_with_a_level_a_row_is_refused_before_it_is_summed():
    names = [f"P{i:03}" for i in range(102)]
    frame = pd.DataFrame({"arm": "A", "category0": names, "n": 1})
    cells = Cells(frame=frame, rows_read=102)
    terms = [Covariate(column="id", as_="category")]
    with pytest.raises(DataError, match=r"'id' has 102 different .* 100 levels"):
        with_terms(cells, terms)
    kept, names = with_terms(replace(cells, frame=frame[:101]), terms)
    assert len(names) == 100 and kept.frame["n"].sum() == 101
