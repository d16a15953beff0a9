"""Several studies pooled: published and library numbers, laws, doubts, refusals."""

from math import exp, inf, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects, effectsize_2proportions

from campaignbook.errors import DataError
from campaignbook.evaluation.parts import Count, StudyEstimate, StudyTable
from campaignbook.evaluation.pooled import evaluate

EXACT = 1e-9  # the same formula in another order: rounding only

# Six standardised mean differences and their variances, in the form of Borenstein et
# al. (2009), ch. 14 (rounded there): compared with statsmodels only.
SCORES = {
    "Carroll": (0.095, 0.033),
    "Grant": (0.277, 0.031),
    "Peck": (0.367, 0.050),
    "Donat": (0.664, 0.011),
    "Stewart": (0.462, 0.043),
    "Young": (0.185, 0.023),
}

# Colditz et al. (1994): tuberculosis among vaccinated and others (events, n) each.
VACCINE = [
    (4, 123, 11, 139),
    (6, 306, 29, 303),
    (3, 231, 11, 220),
    (62, 13598, 248, 12867),
    (33, 5069, 47, 5808),
    (180, 1541, 372, 1451),
    (8, 2545, 10, 629),
    (505, 88391, 499, 88391),
    (29, 7499, 45, 7277),
    (17, 1716, 65, 1665),
    (186, 50634, 141, 27338),
    (5, 2498, 3, 2341),
    (27, 16913, 29, 17854),
]


def study(name, estimate, std_error=None, **interval):
    return StudyEstimate(name=name, estimate=estimate, std_error=std_error, **interval)


def table(name, e1, n1, e0, n0, treated="campaign"):
    counts = {treated: Count(n=n1, events=e1), "control": Count(n=n0, events=e0)}
    return StudyTable(name=name, counts=counts)


SCORE_STUDIES = [study(n, y, sqrt(v)) for n, (y, v) in SCORES.items()]
VACCINE_TABLES = [table(f"s{i}", *row) for i, row in enumerate(VACCINE)]


def run(estimates=(), tables=(), **options):
    """Return ({name: estimate}, {name: check}, details)."""
    options = {"level": 0.95, "unit": "points", **options}
    found, checks, level, details = evaluate(estimates, tables, **options)
    assert level is None
    return {e.name: e for e in found}, {c.name: c for c in checks}, details


def test_the_pooled_number_leads_and_each_study_follows():
    found, checks, details = run(SCORE_STUDIES)
    assert list(found) == ["pooled", *SCORES]
    assert list(checks) == ["studies", "heterogeneity"]
    assert found["Donat"].estimate == 0.664 and found["Donat"].n is None
    assert [s["name"] for s in details["studies"]] == list(SCORES)
    assert sum(s["weight"] for s in details["studies"]) == pytest.approx(1)
    assert found["pooled"].sentence().startswith("pooled: 0.3")


def test_two_studies_by_hand():
    """Variances 1 and 1, effects 1 and 5: mean 3, Q 8, tau2 7, HKSJ error 2, t(1)."""
    found, checks, details = run([study("a", 1, 1), study("b", 5, 1)])
    pooled = found["pooled"]
    assert (pooled.estimate, pooled.df) == (3, 1)
    assert (details["Q"], details["tau2"], details["I2"]) == pytest.approx(
        (8, 7, 7 / 8)
    )
    assert pooled.std_error == pytest.approx(2)
    half = 2 * stats.t.ppf(0.975, 1)
    assert pooled.ends() == pytest.approx((3 - half, 3 + half))
    assert details["z_high"] == pytest.approx(3 + 1.959963984540054 * 2)
    assert (details["prediction_low"], details["prediction_high"]) == (None, None)
    assert checks["studies"].answer == "unknown"
    assert checks["heterogeneity"].answer == "no"
    assert [s["weight"] for s in details["studies"]] == [0.5, 0.5]


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_statsmodels_finds_the_same(level):
    values, variances = map(np.array, zip(*SCORES.values(), strict=True))
    theirs = combine_effects(values, variances, method_re="dl", alpha=1 - level)
    # Its t intervals need the size of each study, so the t is ours: t(5) by hand.
    frame = theirs.summary_frame(alpha=1 - level)
    random, _, details = run(SCORE_STUDIES, level=level)
    fixed, *_ = run(SCORE_STUDIES, level=level, effects="fixed")
    for name, mine, df in (
        ("random effect wls", random["pooled"], 5),
        ("fixed effect", fixed["pooled"], None),
    ):
        row = frame.loc[name]
        assert mine.estimate == pytest.approx(row["eff"], abs=EXACT)
        assert mine.std_error == pytest.approx(row["sd_eff"], abs=EXACT)
        assert mine.df == df
    row = frame.loc["random effect wls"]
    half = row["sd_eff"] * stats.t.ppf((1 + level) / 2, 5)
    assert random["pooled"].ends() == pytest.approx(
        (row["eff"] - half, row["eff"] + half), abs=EXACT
    )
    row = frame.loc["fixed effect"]
    assert fixed["pooled"].ends() == pytest.approx(
        (row["ci_low"], row["ci_upp"]), abs=EXACT
    )
    assert details["Q"] == pytest.approx(theirs.q, abs=EXACT)
    assert details["tau2"] == pytest.approx(theirs.tau2, abs=EXACT)
    assert details["I2"] == pytest.approx(theirs.i2, abs=EXACT)
    weights = [s["weight"] for s in details["studies"]]
    assert weights == pytest.approx(list(theirs.weights_rel_re), abs=EXACT)


def test_tuberculosis_vaccine_as_published():
    """Log risk ratios by DerSimonian-Laird, as metafor prints them for dat.bcg."""
    found, checks, details = run(tables=VACCINE_TABLES, measure="risk_ratio")
    pooled = found["pooled"]
    assert round(log(pooled.estimate), 4) == -0.7141
    assert round(details["tau2"], 4) == 0.3088
    assert round(details["Q"], 3) == 152.233
    assert round(100 * details["I2"], 2) == 92.12
    plain = (log(details["z_high"]) - log(details["z_low"])) / 2 / 1.959964
    assert round(plain, 4) == 0.1787
    fixed, *_ = run(tables=VACCINE_TABLES, measure="risk_ratio", effects="fixed")
    assert round(log(fixed["pooled"].estimate), 4) == -0.4303
    assert (pooled.unit, pooled.null_value, pooled.clusters) == ("ratio", 1.0, 13)
    assert pooled.n == sum(r[1] + r[3] for r in VACCINE)
    assert details["prediction_low"] < pooled.ci_low < pooled.ci_high < 1
    assert details["prediction_high"] > 1
    assert checks["heterogeneity"].answer == "no"
    assert checks["empty cells"].answer == "yes"


@pytest.mark.parametrize(
    ("measure", "statistic"),
    [
        ("risk_difference", "diff"),
        ("risk_ratio", "risk-ratio"),
        ("odds_ratio", "odds-ratio"),
    ],
)
def test_counts_are_read_as_statsmodels_reads_them(measure, statistic):
    e1, n1, e0, n0 = np.array(VACCINE).T
    value, variance = effectsize_2proportions(e1, n1, e0, n0, statistic=statistic)
    found, _, _ = run(tables=VACCINE_TABLES, measure=measure)
    theirs = combine_effects(value, variance, method_re="dl")
    mean = theirs.mean_effect_re
    ratio = measure != "risk_difference"
    assert found["pooled"].estimate == pytest.approx(exp(mean) if ratio else mean)
    assert found["pooled"].unit == ("ratio" if ratio else "share")
    error = sqrt(variance[3]) * (exp(value[3]) if ratio else 1)
    assert found["s3"].std_error == pytest.approx(error)
    assert found["s3"].n == 13598 + 12867


def test_an_interval_stands_for_a_standard_error():
    direct = run([study("a", 2, 0.5), study("b", 3, 1)])
    width = 1.959963984540054
    read = run(
        [
            study("a", 2, ci_low=2 - width * 0.5, ci_high=2 + width * 0.5),
            study("b", 3, ci_low=3 - 2, ci_high=3 + 2, times=2),
        ]
    )
    assert read[0]["pooled"].estimate == pytest.approx(direct[0]["pooled"].estimate)
    assert read[0]["b"].std_error == pytest.approx(1)
    assert "published interval" in read[0]["b"].method
    assert "symmetric intervals" not in read[1]


def test_published_ratios_are_pooled_as_logs():
    rows = [("a", 1.5, 1.2, 1.875), ("b", 0.8, 0.5, 1.28)]
    studies = [study(n, e, ci_low=lo, ci_high=hi) for n, e, lo, hi in rows]
    found, checks, _ = run(studies, measure="risk_ratio", effects="fixed")
    logs = [log(e) for _, e, _, _ in rows]
    errors = [log(hi / lo) / 2 / 1.959963984540054 for _, _, lo, hi in rows]
    weights = np.array(errors) ** -2.0
    mean = exp(np.average(logs, weights=weights))
    assert found["pooled"].estimate == pytest.approx(mean)
    assert found["a"].ends() == pytest.approx((1.2, 1.875))
    assert "symmetric intervals" not in checks
    _, checks, _ = run([study("a", 1.5, ci_low=1.0, ci_high=4.0), study("b", 2.0, 0.5)])
    assert checks["symmetric intervals"].answer == "unknown"
    assert "measure: risk_ratio" in checks["symmetric intervals"].sentence


def test_equal_studies_are_not_too_sure():
    """Hartung and Knapp's error would be 0 here; the plain one with t(k-1) stays."""
    found, _, details = run([study(n, 2.0, 1.0) for n in "abc"])
    pooled = found["pooled"]
    assert pooled.std_error == pytest.approx(sqrt(1 / 3))
    assert pooled.ci_high - 2 == pytest.approx(sqrt(1 / 3) * stats.t.ppf(0.975, 2))
    assert (details["Q"], details["I2"], details["tau2"]) == (0, 0, 0)
    assert "plain standard error" in pooled.method


def test_empty_cells_get_a_half_and_say_so():
    tables = [table("One", 0, 20, 5, 20), table("Two", 3, 30, 6, 30)]
    found, checks, _ = run(tables=tables, measure="odds_ratio")
    by_hand = 0.5 * 15.5 / (20.5 * 5.5)
    assert found["One"].estimate == pytest.approx(by_hand)
    assert found["Two"].estimate == pytest.approx(3 * 24 / (27 * 6))
    assert checks["empty cells"].answer == "unknown"
    assert "'One'" in checks["empty cells"].sentence
    share, *_ = run(tables=tables, measure="risk_difference")
    assert share["One"].estimate == pytest.approx(-0.25)
    assert share["One"].std_error > sqrt(0.25 * 0.75 / 20)


def test_a_study_without_events_says_nothing_about_a_ratio():
    tables = [*VACCINE_TABLES[:3], table("Nobody", 0, 50, 0, 50)]
    found, checks, details = run(tables=tables, measure="risk_ratio")
    without, *_ = run(tables=VACCINE_TABLES[:3], measure="risk_ratio")
    assert found["pooled"] == without["pooled"]
    assert details["left_out"] == ["Nobody"]
    assert "1 left out" in checks["empty cells"].sentence
    kept, *_ = run(tables=tables, measure="risk_difference")
    assert kept["Nobody"].estimate == 0 and kept["Nobody"].std_error > 0


def test_one_effect_for_unlike_studies_is_doubted():
    _, checks, _ = run(SCORE_STUDIES, effects="fixed")
    assert checks["heterogeneity"].answer == "no"
    assert "effects: random" in checks["heterogeneity"].sentence
    alike = [study(f"s{i}", 1 + 0.1 * i, 1) for i in range(6)]
    found, checks, _ = run(alike)
    assert {c.answer for c in checks.values()} == {"yes"}
    assert any("settings" in a for a in found["pooled"].assumptions)


# --- laws -------------------------------------------------------------------------

NUMBERS = st.lists(
    st.tuples(st.floats(-50, 50), st.floats(0.1, 10)), min_size=2, max_size=8
)
EFFECTS = st.sampled_from(["fixed", "random"])


def numbers(drawn, **options):
    studies = [study(f"s{i}", y, e) for i, (y, e) in enumerate(drawn)]
    return run(studies, **options)


@settings(max_examples=25, deadline=None)
@given(NUMBERS, EFFECTS, st.randoms(use_true_random=False))
def test_the_order_of_studies_changes_nothing(drawn, effects, random):
    mixed = list(drawn)
    random.shuffle(mixed)
    one, two = (numbers(d, effects=effects)[0]["pooled"] for d in (drawn, mixed))
    assert (one.estimate, *one.ends()) == pytest.approx(
        (two.estimate, *two.ends()), rel=1e-6, abs=1e-6
    )


@settings(max_examples=25, deadline=None)
@given(NUMBERS, EFFECTS)
def test_signs_turned_turn_the_answer(drawn, effects):
    one = numbers(drawn, effects=effects)[0]["pooled"]
    two = numbers([(-y, e) for y, e in drawn], effects=effects)[0]["pooled"]
    low, high = one.ends()
    assert (two.estimate, *two.ends()) == pytest.approx(
        (-one.estimate, -high, -low), rel=1e-6, abs=1e-6
    )
    assert low < one.estimate < high
    assert min(y for y, _ in drawn) - EXACT <= one.estimate
    assert one.estimate <= max(y for y, _ in drawn) + EXACT


@settings(max_examples=25, deadline=None)
@given(NUMBERS, st.floats(-50, 50))
def test_a_study_that_knows_nothing_changes_nothing(drawn, value):
    one = numbers(drawn, effects="fixed")[0]["pooled"]
    two = numbers([*drawn, (value, 1e9)], effects="fixed")[0]["pooled"]
    assert (two.estimate, *two.ends()) == pytest.approx(
        (one.estimate, *one.ends()), abs=1e-6
    )


# --- refusals ---------------------------------------------------------------------


class Raw:
    """A study that no form has checked."""

    def __init__(self, name, estimate, **given):
        self.name, self.estimate = name, estimate
        for key in ("std_error", "ci_low", "ci_high", "times"):
            setattr(self, key, given.get(key))


GOOD = study("good", 1.0, 0.5)


@pytest.mark.parametrize(
    ("studies", "options", "words"),
    [
        ([GOOD], {}, "nothing to pool in 1 study"),
        ([], {}, "either estimates or tables"),
        ([GOOD, GOOD], {}, "'good' is there twice"),
        ([GOOD, study("pooled", 1, 1)], {}, "no study can be called 'pooled'"),
        ([GOOD, Raw("x", 1, std_error=-1)], {}, "'x': std_error is -1; .* above 0"),
        ([GOOD, Raw("x", 1, std_error=0.0)], {}, "std_error is 0"),
        ([GOOD, Raw("x", 1, std_error=inf)], {}, "must be finite"),
        ([GOOD, Raw("x", 1, ci_low=0, ci_high=2, times=-2)], {}, "times is -2"),
        ([GOOD, study("x", 1)], {}, "needs std_error, or both ci_low and ci_high"),
        ([GOOD, study("x", 1, ci_low=0)], {}, "needs std_error, or both"),
        (
            [GOOD, study("x", 3, ci_low=0, ci_high=2)],
            {},
            "does not hold the estimate 3",
        ),
        ([GOOD, study("x", 1, ci_low=2, ci_high=0)], {}, "does not hold"),
        ([GOOD, study("x", 1, ci_low=1, ci_high=1)], {}, "no width"),
        (
            [GOOD, study("x", -0.2, 0.1)],
            {"measure": "risk_ratio"},
            "risk ratio and its interval lie above 0, got -0.2",
        ),
        (
            [GOOD, study("x", 2, ci_low=0, ci_high=4)],
            {"measure": "odds_ratio"},
            "odds ratio and its interval lie above 0, got 0",
        ),
        ([GOOD, study("x", 1, 1)], {"effects": "mixed"}, "'mixed' is not known"),
        (
            [GOOD, study("x", 1, 1)],
            {"measure": "risk_ration"},
            "did you mean 'risk_ratio'",
        ),
        ([GOOD, study("x", 1, 1)], {"unit": "ratio"}, "write measure: risk_ratio"),
    ],
)
def test_wrong_estimates_are_refused(studies, options, words):
    with pytest.raises(DataError, match=words):
        run(studies, **options)


def counts(**groups):
    return StudyTable(
        name="x", counts={g: Count(n=n, events=e) for g, (e, n) in groups.items()}
    )


@pytest.mark.parametrize(
    ("wrong", "options", "words"),
    [
        (counts(a=(1, 9), controls=(1, 9)), {}, "did you mean 'controls'"),
        (counts(control=(1, 9)), {}, "one treated group, got 1"),
        (counts(a=(1, 9), b=(1, 9), control=(1, 9)), {}, "one treated group, got 3"),
        (counts(a=(10, 9), control=(1, 9)), {}, "'a' has 10 events among 9 people"),
        (counts(a=(1, 9), control=(1, 9)), {"measure": None}, "tables of counts need"),
        (counts(a=(0, 9), control=(0, 9)), {}, "1 study .1 without any event"),
    ],
)
def test_wrong_counts_are_refused(wrong, options, words):
    with pytest.raises(DataError, match=words):
        run(tables=[VACCINE_TABLES[0], wrong], **{"measure": "risk_ratio", **options})


def test_all_problems_are_told_together():
    with pytest.raises(DataError) as told:
        run([study("x", 1), study("y", 3, ci_low=0, ci_high=1)])
    assert len(told.value.problems) == 2
