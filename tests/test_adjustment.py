"""Tests of the estimators behind adjusted effects, against other ways to them."""

import numpy as np
import pytest
from statsmodels.api import OLS, Logit, add_constant
from test_observational import draw

from campaignbook.evaluation import adjustment
from campaignbook.evaluation.covariates import standardised


def sample_of(rows, *, estimand="ATE", weights=None):
    terms = np.column_stack([np.ones(len(rows)), standardised(rows[["a", "b"]].values)])
    return adjustment.Sample(
        outcome=rows["y"].to_numpy(),
        treated=rows["treated"].to_numpy(dtype=float),
        terms=terms,
        effect_terms=terms[:, :0],
        weights=np.ones(len(rows)) if weights is None else weights,
        estimand=estimand,
    )


def test_chances_are_those_of_statsmodels():
    rows = draw(400, 1)
    by_statsmodels = Logit(rows["treated"], add_constant(rows[["a", "b"]])).fit(disp=0)
    found = adjustment.propensity(sample_of(rows))
    assert found == pytest.approx(by_statsmodels.predict(), abs=1e-8)


def test_influence_values_are_what_a_row_changes():
    # the jackknife needs no formula: leaving a row out moves the estimate by value/n
    rows = draw(150, 2, varying=0.5)
    for method in (adjustment.weighted_difference, adjustment.standardisation):
        for estimand in ("ATE", "ATT"):

            def estimate(part, method=method, estimand=estimand):
                sample = sample_of(part, estimand=estimand)
                if method is adjustment.standardisation:
                    return method(sample)
                return method(sample, adjustment.propensity(sample))

            whole = estimate(rows)
            left = [estimate(rows.drop(index=i)).estimate for i in rows.index]
            jackknife = np.sqrt(149 / 150 * ((left - np.mean(left)) ** 2).sum())
            assert whole.std_error == pytest.approx(jackknife, rel=0.06)


def test_regressions_are_those_of_statsmodels():
    rows = draw(300, 3)
    sample = sample_of(rows)
    names = ["treated", "a", "b"]
    fitted = OLS(rows["y"], add_constant(rows[names].astype(float))).fit(cov_type="HC1")
    found = adjustment.standardisation(sample)
    assert found.estimate == pytest.approx(fitted.params["treated"], rel=1e-9)
    assert found.std_error == pytest.approx(fitted.bse["treated"], rel=1e-9)


def test_sure_chances_settle():
    rows = draw(200, 4)
    sample = sample_of(rows.assign(treated=rows["a"] > 0))
    chance = adjustment.propensity(sample)
    assert chance == pytest.approx(sample.treated, abs=adjustment.SURE)


def test_unknown_columns_get_nothing():
    x = np.column_stack([np.ones(4), [1.0, 2, 3, 4], [0, 0, 0, 1.0]])
    y = np.array([2.0, 4, 6, 99])
    found = adjustment.least_squares(x, y, np.array([1.0, 1, 1, 0]))
    assert found == pytest.approx([0, 2, 0], abs=1e-9)
