"""Synthetic control: published numbers, laws, error rates, doubts, refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.errors import DataError
from campaignbook.evaluation import donor_weights
from campaignbook.evaluation.donor_weights import placebo_test, simplex_weights
from campaignbook.evaluation.synthetic_control import evaluate
from campaignbook.tables import Cells

TABLE = Path(__file__).parents[1] / "data" / "tables" / "california_prop99.csv"
EXACT = 1e-9  # the same number by another road: rounding only
SOLVED = 1e-6  # least squares that end within the solver's tolerance
DRAWS = 200
BAR = 0.06 + 3 * (0.06 * 0.94 / DRAWS) ** 0.5  # three Monte-Carlo standard errors


def to_cells(rows, *, value="y", centre=None):
    """Return rows with unit, period, treated and a value as cells of one row each."""
    centre = float(rows[value].mean()) if centre is None else centre
    keys = {k: rows[k].astype(str) for k in ("unit", "period")}
    if "treated" in rows:
        keys["treated"] = rows["treated"].astype(bool)
    frame = pd.DataFrame({**keys, "n": 1, "sum_y": rows[value] - centre})
    return Cells(frame=frame, centre=centre, rows_read=len(rows))


def long(outcomes):
    """Return a matrix of periods by units as rows; unit u00 is treated."""
    periods, units = outcomes.shape
    return pd.DataFrame(
        {
            "unit": [f"u{j:02d}" for _ in range(periods) for j in range(units)],
            "period": np.repeat(np.arange(periods), units),
            "y": outcomes.ravel(),
        }
    ).assign(treated=lambda d: d["unit"] == "u00")


def run(cells, *, start, **changes):
    """Return ({name: estimate}, {name: check}, level, details)."""
    periods = sorted(cells.frame["period"].unique(), key=float)
    last = periods[-1] if periods else "0"
    options = {"start": str(start), "end": None, "last": last, "level": 0.95}
    options |= {"periods": periods, "unit": "kg", "unit_name": "State", **changes}
    found, checks, level, details = evaluate(cells, **options)
    return {e.name: e for e in found}, {c.name: c for c in checks}, level, details


def factors(seed, *, units=25, periods=12):
    """Return (periods, units): two factors with shared loadings, and noise."""
    rng = np.random.default_rng(seed)
    paths = rng.normal(size=(periods, 2)).cumsum(axis=0)
    loads = rng.normal(1, 0.5, size=(2, units))
    return 10 + paths @ loads + rng.normal(size=(periods, units))


@pytest.fixture(scope="module")
def prop99():
    table = pd.read_csv(TABLE, dtype={"year": str})
    rows = table.rename(columns={"state": "unit", "year": "period", "cigsale": "y"})
    return to_cells(rows.assign(treated=rows["unit"] == "California"))


def test_the_table_is_the_published_one(prop99):
    frame = prop99.frame
    assert (len(frame), frame["unit"].nunique(), frame["period"].nunique()) == (
        1209,
        39,
        31,
    )
    table = pd.read_csv(TABLE, dtype=str)
    assert list(table.columns) == ["state", "year", "cigsale"]
    assert table.equals(table.sort_values(["state", "year"], ignore_index=True))


def test_california_as_published(prop99):
    """methods.md R4 (Abadie et al. 2010; Arkhangelsky et al. 2021)."""
    found, checks, level, details = run(prop99, start=1989, unit="packs")
    weights = {w["unit"]: round(w["weight"], 4) for w in details["weights"]}
    assert list(weights.items())[:4] == [
        ("Utah", 0.3939),
        ("Montana", 0.2318),
        ("Nevada", 0.2049),
        ("Connecticut", 0.1091),
    ]
    assert sum(w["weight"] for w in details["weights"]) == pytest.approx(1, abs=EXACT)
    effect = found["average_effect"]
    assert round(effect.estimate, 4) == -19.5136
    assert round(found["ATT_2000"].estimate, 4) == -26.5966
    assert round(details["pre_rmspe"], 4) == 1.6564
    assert round(found["did"].estimate, 4) == -27.3491
    assert effect.p_value == pytest.approx(3 / 39)
    assert effect.ci_low < effect.estimate < 0 < effect.ci_high
    assert (effect.n, effect.clusters, effect.unit) == (1209, 39, "packs")
    assert (effect.std_error, effect.statistic, effect.df) == (None, None, None)
    assert list(found) == [
        "average_effect",
        *(f"ATT_{year}" for year in range(1989, 2001)),
        "did",
    ]
    by_year = [e.estimate for n, e in found.items() if n.startswith("ATT_")]
    assert np.mean(by_year) == pytest.approx(effect.estimate, abs=EXACT)
    assert level.estimate == pytest.approx(41.59999847, abs=EXACT)
    assert (level.ci_low, level.null_value) == (None, None)
    assert [p["unit"] for p in details["placebo"]][:3] == [
        "Missouri",
        "Virginia",
        "California",
    ]
    assert {c.answer for c in checks.values()} == {"yes"}


def test_a_synthetic_series_is_the_weighted_donors(prop99):
    *_, details = run(prop99, start=1989)
    frame = prop99.frame.assign(y=prop99.frame["sum_y"] + prop99.centre)
    wide = frame.pivot_table(index="period", columns="unit", values="y")
    weights = pd.Series({w["unit"]: w["weight"] for w in details["weights"]})
    for row in details["series"]:
        made = (wide.loc[row["period"], weights.index] * weights).sum()
        assert row["synthetic"] == pytest.approx(made, abs=EXACT)
        assert row["treated"] == pytest.approx(wide.loc[row["period"], "California"])


def test_weights_are_recovered():
    rng = np.random.default_rng(2)
    donors = rng.normal(20, 3, (30, 12))
    true = np.r_[0.5, 0.3, 0.2, np.zeros(9)]
    assert simplex_weights(donors, donors @ true) == pytest.approx(true, abs=SOLVED)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(1, 40))
def test_weights_are_optimal(seed, periods, donors):
    """At the optimum no donor lowers the squared gap: its gradient is not below."""
    rng = np.random.default_rng(seed)
    y = rng.normal(50, 4, (periods, donors))
    gaps = y - rng.normal(50, 4, periods)[:, None]
    w = simplex_weights(y, y[:, 0] - gaps[:, 0])
    assert (w >= 0).all() and w.sum() == pytest.approx(1, abs=EXACT)
    gradient = gaps.T @ (gaps @ w)
    size = float((gaps**2).sum())
    assert gradient.min() >= float(w @ gradient) - SOLVED * size


def test_no_slsqp_behind_it():
    assert "SLSQP" not in Path(donor_weights.__file__).read_text(encoding="utf-8")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_donors_and_rows_changes_nothing(seed, random):
    y = factors(seed, units=8, periods=9)
    order = list(range(1, 8))
    random.shuffle(order)
    rows = long(y)
    names = {f"u{j:02d}": f"u{i:02d}" for i, j in enumerate([0, *order])}
    renamed = rows.assign(unit=rows["unit"].map(names)).sample(frac=1, random_state=1)
    first, *_, details = run(to_cells(rows), start=6, level=0.8)
    second, *_, others = run(to_cells(renamed), start=6, level=0.8)
    for name, estimate in first.items():
        numbers = (estimate.estimate, *estimate.ends(), estimate.p_value)
        other = second[name]
        assert numbers == pytest.approx(
            (other.estimate, *other.ends(), other.p_value), abs=SOLVED
        )
    weights = {names[w["unit"]]: w["weight"] for w in details["weights"]}
    assert weights == pytest.approx(
        {w["unit"]: w["weight"] for w in others["weights"]}, abs=SOLVED
    )


def test_centre_and_unit_of_the_outcome_only_rescale():
    rows = long(factors(3))
    plain = run(to_cells(rows, centre=0.0), start=9)
    centred = run(to_cells(rows), start=9)
    turned = run(to_cells(rows.assign(y=5 - 100 * rows["y"])), start=9)
    for name, estimate in plain[0].items():
        assert centred[0][name].estimate == pytest.approx(estimate.estimate, abs=EXACT)
        other = turned[0][name]
        assert other.estimate == pytest.approx(-100 * estimate.estimate, abs=SOLVED)
        assert other.p_value == estimate.p_value
        low, high = estimate.ends()
        assert other.ends() == pytest.approx((-100 * high, -100 * low), abs=SOLVED)
    assert centred[2].estimate == pytest.approx(plain[2].estimate, abs=EXACT)
    assert centred[3]["series"][0]["synthetic"] == pytest.approx(
        plain[3]["series"][0]["synthetic"], abs=EXACT
    )


def test_placebo_holds_its_size():
    """25 units alike, one called treated: its p is uniform on 1/25 ... 1."""
    some, many, missed = 0, 0, 0
    for seed in range(DRAWS):
        cells = to_cells(long(factors(seed)))
        effect = run(cells, start=10)[0]["average_effect"]
        some += effect.p_value <= 0.05
        many += effect.p_value <= 0.2
        low, high = effect.ends()
        missed += not low <= 0 <= high
    assert some / DRAWS <= BAR and missed / DRAWS <= BAR
    assert many / DRAWS == pytest.approx(0.2, abs=3 * (0.2 * 0.8 / DRAWS) ** 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_is_the_inverted_test(seed):
    """Taking an effect outside the interval off the treated is significant."""
    y = factors(seed, units=20, periods=30)
    y[24:, 0] += 3
    effect = run(to_cells(long(y)), start=24)[0]["average_effect"]
    for end, out in ((effect.ci_low, -1), (effect.ci_high, 1)):
        for step, rejected in ((out, True), (-out, False)):
            moved = y.copy()
            moved[24:, 0] -= end + 1e-4 * step
            details = run(to_cells(long(moved)), start=24)[3]
            assert (details["average_effect_p"] <= 0.05) is rejected
    assert effect.ci_low <= effect.estimate <= effect.ci_high


def test_an_end_is_unbounded_where_a_placebo_rests_on_the_treated():
    effects, errors = np.array([5.0, 1, 1]), np.array([2.0, 1, 1])
    test = placebo_test(effects, errors, np.array([0, 0.6, 0.1]), level=0.5)
    assert (test.ci_low, test.ci_high) == (None, None)
    calm = placebo_test(effects, errors, np.array([0, 0.1, 0.1]), level=0.5)
    assert calm.ci_low < 5 < calm.ci_high


def test_an_effect_that_grows_still_has_an_interval():
    """The ratio of RMSPE alone would call every constant effect impossible here."""
    y = factors(1, periods=30)
    y[24:, 0] += np.linspace(0, 400, 6)
    effect = run(to_cells(long(y)), start=24)[0]["average_effect"]
    assert 0 < effect.ci_low < effect.estimate < effect.ci_high


def test_an_effect_that_turns_is_told_apart_from_an_average():
    y = factors(1, periods=28)
    y[24:, 0] += [90, 90, -90, -90]
    found, checks, *_ = run(to_cells(long(y)), start=24)
    effect, check = found["average_effect"], checks["placebo tests agree"]
    assert effect.p_value <= 0.05 and effect.ci_low < 0 < effect.ci_high
    assert check.answer == "unknown" and "changed over time" in check.sentence
    assert found["ATT_24"].ci_low > 0 > found["ATT_27"].ci_high


def test_the_end_bounds_what_is_used():
    y = factors(5)
    found, _, level, details = run(to_cells(long(y)), start=8, end="9", last="11")
    cut, *_ = run(to_cells(long(y[:10])), start=8)
    assert found["average_effect"].estimate == pytest.approx(
        cut["average_effect"].estimate, abs=SOLVED
    )
    assert [n for n in found if n.startswith("ATT")] == ["ATT_8", "ATT_9"]
    assert level.estimate == pytest.approx(y[9, 0], abs=EXACT)
    assert (details["start"], details["end"]) == ("8", "9")


def test_a_status_column_is_read_as_ever_treated():
    rows = long(factors(4))
    status = rows.assign(treated=rows["treated"] & (rows["period"] >= 9))
    assert run(to_cells(status), start=9) == run(to_cells(rows), start=9)


def test_several_treated_are_averaged_into_one():
    y = factors(6)
    rows = long(y)
    two = rows.assign(treated=rows["unit"].isin(["u00", "u01"]))
    found, checks, level, details = run(to_cells(two), start=9)
    mean = np.column_stack([y[:, :2].mean(axis=1), y[:, 2:]])
    alone, *_ = run(to_cells(long(mean)), start=9)
    assert found["average_effect"].estimate == pytest.approx(
        alone["average_effect"].estimate, abs=SOLVED
    )
    assert "mean of 2 treated units as one" in found["average_effect"].method
    assert checks["one treated unit"].answer == "unknown"
    assert details["treated"] == ["u00", "u01"] and level.n == 2


def predictors_of(y, start):
    rng = np.random.default_rng(0)
    rows = long(y)
    level = rows.assign(y=np.tile(y[:start].mean(axis=0), len(y)))
    noise = rows.assign(y=np.tile(rng.normal(size=y.shape[1]), len(y)))
    named = {"level": level, "outcome": rows, "noise": noise}
    return {k: to_cells(v.drop(columns="treated")) for k, v in named.items()}


def test_predictors_are_matched_and_weighed():
    y = factors(7, units=9, periods=14)
    y[:, 0] = y[:, 1:4] @ [0.5, 0.3, 0.2]
    options = {"predictors": predictors_of(y, 10), "spans": {"outcome": ("4", "4")}}
    cells = to_cells(long(y))
    found, _, _, details = run(cells, start=10, level=0.8, **options)
    table = {p["name"]: p for p in details["predictors"]}
    assert list(table) == ["level", "outcome", "noise"]
    assert sum(p["weight"] for p in table.values()) == pytest.approx(1, abs=EXACT)
    assert table["outcome"]["treated"] == pytest.approx(y[4, 0], abs=EXACT)
    for name in ("level", "outcome"):
        row = table[name]
        far = abs(row["donors"] - row["treated"])
        assert abs(row["synthetic"] - row["treated"]) < 0.2 * far
    plain, *_, outcomes_only = run(cells, start=10, level=0.8)
    assert outcomes_only["pre_rmspe"] == pytest.approx(0, abs=SOLVED)
    assert details["pre_rmspe"] < 0.35 * y[:10, 0].std()
    assert "3 predictors" in found["average_effect"].method
    assert plain["did"].estimate == pytest.approx(found["did"].estimate, abs=EXACT)
    again, *_ = run(cells, start=10, level=0.8, **options)
    assert again == found


def test_a_donor_without_a_predictor_is_dropped_and_counted():
    y = factors(7, units=7, periods=8)
    named = predictors_of(y, 5)
    frame = named["level"].frame
    gone = Cells(
        frame=frame[frame["unit"] != "u03"], centre=named["level"].centre, rows_read=1
    )
    _, checks, _, details = run(
        to_cells(long(y)), start=5, predictors={"level": gone}, spans=None
    )
    assert details["dropped"] == ["u03"]
    assert "left out for missing values: 1 ('u03')" in checks["donors"].sentence


def test_what_was_given_is_untouched():
    cells = to_cells(long(factors(8)))
    before = cells.frame.copy()
    run(cells, start=9)
    pd.testing.assert_frame_equal(cells.frame, before)


# --- doubts -----------------------------------------------------------------------


def test_fewer_than_19_donors_have_no_5_percent_test():
    found, checks, *_ = run(to_cells(long(factors(1, units=19))), start=9)
    assert checks["attainable p"].answer == "no"
    assert "no 5% test" in checks["attainable p"].sentence
    assert "fewer than 19 donors" in checks["attainable p"].sentence
    effect = found["average_effect"]
    assert (effect.ci_low, effect.ci_high) == (None, None)
    assert effect.p_value >= 1 / 19
    enough, checks, *_ = run(to_cells(long(factors(1, units=20))), start=9)
    assert checks["attainable p"].answer == "yes"
    assert enough["average_effect"].ci_low is not None


def test_a_treated_unit_outside_the_donors_fits_badly():
    y = factors(2)
    y[:, 0] += 100
    _, checks, *_ = run(to_cells(long(y)), start=9)
    assert checks["pre-period fit"].answer == "no"
    assert "lasting difference" in checks["pre-period fit"].sentence


def test_an_interval_without_ends_is_explained():
    y = factors(2, units=21)
    y[:, 0] += 100
    found, checks, *_ = run(to_cells(long(y)), start=9)
    assert found["average_effect"].ends() == (-np.inf, np.inf)
    assert found["average_effect"].p_value is not None
    check = checks["interval with ends"]
    assert check.answer == "no" and "Placebos made from 'u00'" in check.sentence
    resting = int(check.sentence.split("extreme: ")[1].split()[0])
    assert 1 <= resting <= 20
    y[:, 0] = y[:, 1]  # an exact copy: its own placebo rests on it alone
    found, checks, *_ = run(to_cells(long(y)), start=9)
    assert found["average_effect"].estimate == 0.0
    assert "extreme: 1 of 20" in checks["interval with ends"].sentence
    usual = run(to_cells(long(factors(2, units=21))), start=9)
    assert None not in (usual[0]["average_effect"].ci_low,)
    assert "interval with ends" not in usual[1]
    few = run(to_cells(long(y[:, :10])), start=9)[1]
    assert "interval with ends" not in few and few["attainable p"].answer == "no"


def test_all_weight_on_one_donor_is_told():
    y = factors(2)
    y[:, 0] = y[:, 1] + 0.01 * np.sin(np.arange(12))
    found, checks, *_ = run(to_cells(long(y)), start=9)
    check = checks["weight on few donors"]
    assert check.answer == "no" and "'u01'" in check.sentence
    assert np.isfinite(found["average_effect"].estimate)


def test_a_single_donor_is_answered_with_warnings():
    found, checks, *_, details = run(to_cells(long(factors(2, units=2))), start=9)
    assert details["weights"] == [{"unit": "u01", "weight": 1.0}]
    assert checks["leave one donor out"].answer == "unknown"
    assert checks["weight on few donors"].answer == "no"
    assert checks["donors"].answer == "unknown"
    assert found["average_effect"].p_value >= 0.5


def test_an_exact_fit_of_many_donors_is_doubted():
    found, checks, *_ = run(to_cells(long(factors(1, periods=4))), start=2)
    assert checks["pre-period fit"].answer == "unknown"
    assert "chance alone" in checks["pre-period fit"].sentence
    assert checks["enough periods before"].answer == "no"
    assert 0 < found["average_effect"].p_value <= 1


def test_a_sign_that_hangs_on_one_donor_is_told():
    y = np.linspace(0, 1, 10)[:, None] ** 2 + np.array([0.0, -1, 1, 3])
    y += 0.05 * np.random.default_rng(0).normal(size=y.shape)
    y[6:, 1] -= 6
    _, checks, *_, details = run(to_cells(long(y)), start=6)
    gaps = [d["estimate"] for d in details["leave_one_out"]]
    assert min(gaps) < 0 < max(gaps)
    assert checks["leave one donor out"].answer == "no"


def test_donors_with_gaps_are_dropped_and_counted():
    rows = long(factors(3))
    hole = (rows["unit"] == "u05") & (rows["period"] == 2)
    _, checks, _, details = run(to_cells(rows[~hole]), start=9)
    assert details["dropped"] == ["u05"]
    assert checks["donors"].answer == "unknown"
    without, *_ = run(to_cells(rows[rows["unit"] != "u05"]), start=9)
    found, *_ = run(to_cells(rows[~hole]), start=9)
    assert found["average_effect"].estimate == pytest.approx(
        without["average_effect"].estimate, abs=SOLVED
    )


# --- refusals ---------------------------------------------------------------------

ROWS = long(factors(9, units=6, periods=8))
TREATED = ROWS["treated"]


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        (ROWS[TREATED], {}, "there is no donor .no unit is untreated"),
        (ROWS.assign(treated=True), {}, "there is no donor"),
        (ROWS[TREATED | (ROWS["period"] > 0)], {}, "none of the 5 untreated units"),
        (ROWS.assign(treated=False), {}, "no row holds one of the treated values"),
        (ROWS[~(TREATED & (ROWS["period"] == 3))], {}, "'u00' has no value in '3'"),
        (ROWS, {"start": "99"}, "time.start: '99' is not among the periods"),
        (ROWS, {"start": "0"}, "no period before it"),
        (ROWS, {"end": "2"}, "'2' lies before time.start, '5'"),
        (ROWS, {"end": "77"}, "time.end: '77'"),
        (ROWS, {"start": "4"}, "'u00' is first treated in '5'"),
        (pd.concat([ROWS, ROWS[:1]]), {}, "more for .'u00', '0'.; remove"),
        (ROWS.assign(y=3.0), {}, "every row has the same value"),
        (ROWS[:0], {}, "no usable row is left"),
        (ROWS, {"periods": ["4", "5"]}, "the period '0' of the table is not listed"),
        (
            ROWS,
            {"predictors": {"y": to_cells(ROWS)}, "spans": {"y": ("2", "6")}},
            "predictors.y.to: '6' is not before time.start",
        ),
        (
            ROWS,
            {"predictors": {"y": to_cells(ROWS)}, "spans": {"y": ("4", "2")}},
            "predictors.y.from: '4' lies after '2'",
        ),
        (
            ROWS,
            {"predictors": {"y": to_cells(ROWS)}, "spans": {"y": ("x", None)}},
            "predictors.y.from: 'x' is not among the periods",
        ),
        (
            ROWS,
            {"predictors": {"y": to_cells(ROWS.assign(y=1.0))}},
            "predictors.y: all units have the same value",
        ),
        (
            ROWS,
            {"predictors": {"y": to_cells(ROWS[~TREATED])}},
            "predictors.y: the treated unit 'u00' has no value",
        ),
        (
            ROWS,
            {"predictors": {"y": to_cells(ROWS[TREATED])}},
            "none of the 5 donors has a value of every predictor",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(rows, options, words):
    if options.get("start") == "4":
        rows = rows.assign(treated=TREATED & (rows["period"] >= 5))
    with pytest.raises(DataError, match=words):
        run(to_cells(rows, centre=0.0), **{"start": "5", **options})
