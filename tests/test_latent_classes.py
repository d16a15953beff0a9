"""Classes found in answers: recovered, as often as there are, with honest doubt."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.vq import kmeans2
from test_audiences import SMOKERS, make_examples

from campaignbook.added_value import added_value
from campaignbook.answer_patterns import answer_patterns
from campaignbook.class_choice import adjusted_rand, choose_classes, class_stability
from campaignbook.class_prediction import cramers_v, predict_segment
from campaignbook.class_profiles import class_profiles, personas
from campaignbook.errors import DataError
from campaignbook.latent_classes import find_classes
from campaignbook.numeric_segments import compare_segment_numbers, numeric_segments
from campaignbook.ridge_logit import fitted, log_likelihood

ITEMS = list(make_examples.ITEMS)
STEPMIX = (
    -29449.214943
)  # tests/benchmarks/latent_classes.py --shipped-only, four classes
SHARES = np.array([0.5, 0.3, 0.2])
CHANCES = np.array(
    [
        [0.85, 0.80, 0.75, 0.90, 0.20, 0.15, 0.80, 0.30],
        [0.20, 0.25, 0.80, 0.30, 0.85, 0.80, 0.20, 0.70],
        [0.50, 0.15, 0.20, 0.15, 0.20, 0.85, 0.75, 0.80],
    ]
)


def survey(n, seed, *, missing=0.05):
    """Return yes-or-no answers of three classes with some missing, and the classes."""
    rng = np.random.default_rng(seed)
    member = rng.choice(3, n, p=SHARES)
    answers = (rng.random((n, 8)) < CHANCES[member]).astype(float)
    answers[rng.random((n, 8)) < missing] = np.nan
    return pd.DataFrame(answers, columns=list("abcdefgh")), member


@pytest.fixture(scope="module")
def smokers():
    return find_classes(SMOKERS, ITEMS, classes=4, weights="weight")


# --- recovery ---------------------------------------------------------------------


def test_the_classes_of_the_codebook_are_found():
    found = find_classes(SMOKERS, ITEMS, classes=4)
    assert adjusted_rand(SMOKERS["true_class"].to_numpy(), found.members()) >= 0.9
    assert found.log_likelihood == pytest.approx(STEPMIX, abs=1e-4)


def test_profiles_and_sizes_hold_the_truth(smokers):
    table = pd.crosstab(SMOKERS["true_class"], smokers.labels())
    named = smokers.named(*table.idxmax()[list(smokers.names)])
    found = class_profiles(named)
    truth = ["parents", "sociable", "settled", "weary"]
    shares = dict(zip(truth, make_examples.SMOKERS["shares"], strict=True))
    inside = [e.ci_low < shares[e.name] < e.ci_high for e in found.sizes]
    for row in found.to_frame().itertuples():
        answers, chances = make_examples.ITEMS[row.item]
        known = answers.index(row.answer)
        if known < len(chances):
            value = chances[known][truth.index(row[1])]
            inside.append(row.ci_low < value < row.ci_high)
    assert len(inside) == 4 + 4 * 22
    assert np.mean(inside) > 0.9
    assert "weary" in found.sentence()
    marks = found.marked("weary", most=2)
    assert marks["item"].tolist() == ["tries", "could_stop"]
    with pytest.raises(DataError, match="no class 'bored'"):
        found.marked("bored")


def test_intervals_of_profiles_cover_the_truth():
    held = []
    for seed in range(25):
        table, _ = survey(600, seed)
        found = find_classes(table, list(table), classes=3, starts=5)
        rows = class_profiles(found).to_frame()
        yes = rows[rows["answer"] == "1"]
        truth = CHANCES.ravel()
        held.append(((yes["ci_low"] < truth) & (truth < yes["ci_high"])).mean())
    assert 0.9 < np.mean(held) <= 0.985


def test_bic_chooses_the_true_number_in_19_of_20_surveys():
    right = 0
    for seed in range(20):
        table, _ = survey(800, 100 + seed)
        choice = choose_classes(table, list(table), most=4, starts=3)
        right += choice.best.classes == 3
    assert right >= 19
    frame = choice.to_frame()
    assert frame["classes"].tolist() == [1, 2, 3, 4]
    assert frame["above_best"].min() == 0
    assert "BIC is smallest with 3 classes" in choice.sentence()


def test_no_classes_are_found_where_there_are_none():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.integers(0, 3, (800, 6)), columns=list("abcdef"))
    choice = choose_classes(table, list(table), most=3, starts=5)
    assert choice.best.classes == 1
    assert "do not show that there are different classes" in choice.sentence()
    two = class_stability(choice.tried[1], times=2)
    assert np.mean(two.by_half) < 0.6 and "loose" in two.sentence()


def test_classes_of_a_large_survey_are_found():
    rng = np.random.default_rng(1)
    member = rng.choice(4, 100_000, p=[0.35, 0.3, 0.2, 0.15])
    usual = rng.integers(3, size=(4, 12))
    other = (usual[member] + rng.integers(1, 3, (100_000, 12))) % 3
    usually = rng.random((100_000, 12)) < 0.8
    table = pd.DataFrame(np.where(usually, usual[member], other))
    table.columns = [f"q{i}" for i in range(12)]
    found = find_classes(table, list(table), classes=4)
    assert adjusted_rand(member, found.members()) >= 0.9


# --- laws -------------------------------------------------------------------------


def test_one_class_is_the_table_of_answers():
    table, _ = survey(300, 2, missing=0)
    one = find_classes(table, list(table), classes=1)
    p = table.mean().to_numpy()
    expected = 300 * (p * np.log(p) + (1 - p) * np.log(1 - p)).sum()
    assert one.log_likelihood == pytest.approx(expected)
    assert one.parameters == 8 and one.entropy == 1
    assert one.bic == pytest.approx(-2 * expected + 8 * np.log(300))
    yes = one.to_frame().query("answer == '1'")
    assert yes["item"].tolist() == list(table)
    assert yes["class 1"].to_numpy() == pytest.approx(p)


def test_same_seed_same_classes_and_the_table_is_untouched():
    table, _ = survey(400, 3)
    before = table.copy()
    one, two = (find_classes(table, list(table), classes=3, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.memberships, two.memberships)
    pd.testing.assert_frame_equal(table, before)
    assert one.shares.sum() == pytest.approx(1)
    assert (np.diff(one.shares) <= 0).all(), "the largest class comes first"


def test_equal_weights_change_nothing_and_a_weight_of_two_is_two_people():
    table, _ = survey(400, 5, missing=0)
    plain = find_classes(table, list(table), classes=3)
    same = find_classes(table.assign(w=7), list(table), classes=3, weights="w")
    assert same.log_likelihood == pytest.approx(plain.log_likelihood)
    half = table.iloc[:200]
    twice = pd.concat([half, half, table.iloc[200:]])
    heavy = table.assign(w=[2] * 200 + [1] * 200)
    weighted = find_classes(heavy, list(table), classes=3, weights="w")
    doubled = find_classes(twice, list(table), classes=3)
    np.testing.assert_allclose(weighted.shares, doubled.shares, atol=1e-3)


def test_people_without_any_answer_belong_nowhere():
    table, _ = survey(200, 6)
    table.iloc[[0, 9]] = np.nan
    found = find_classes(table, list(table), classes=2)
    assert (found.members() == -1).sum() == 2 and found.labels().isna().sum() == 2
    assert found.patterns.rows == 198
    with pytest.raises(DataError, match="give each a name"):
        found.named("one")
    assert found.named("one", "two").labels().dropna().isin(["one", "two"]).all()


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), st.integers(0, 99))
def test_agreement_knows_no_names(groups, seed):
    first = np.array(groups)
    names = np.random.default_rng(seed).permutation(4)
    assert adjusted_rand(first, names[first]) == pytest.approx(1)


def test_agreement_as_published():
    # Hubert & Arabie's table, as in scikit-learn's documentation: 0.57
    assert adjusted_rand(np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1])) == (
        pytest.approx(0.5714285714)
    )
    with pytest.raises(DataError, match="groupings of 1 and 2"):
        adjusted_rand(np.array([1]), np.array([1, 2]))


@pytest.mark.parametrize(
    ("table", "classes", "said"),
    [
        (pd.DataFrame({"a": [], "b": []}), 2, "the survey has no rows"),
        (pd.DataFrame({"a": [1, 1], "b": [0, 0]}), 2, "gives the same answers"),
        (pd.DataFrame({"a": [1, 0], "b": [0, 0]}), 3, "3 classes.* in 2 different"),
        (pd.DataFrame({"a": [1, 0], "b": [0, 0]}), 0, "whole number from 1 to 2"),
        (pd.DataFrame({"a": range(30), "b": [0] * 30}), 2, "has 30 different answers"),
        (pd.DataFrame({"a": [1, 0], "b": [None] * 2}), 2, "'b' has no answer at all"),
        (pd.DataFrame({"a": [1, 0]}), 2, "no column 'b'"),
    ],
)
def test_answers_without_classes_are_refused(table, classes, said):
    with pytest.raises(DataError, match=said):
        find_classes(table, ["a", "b"], classes=classes)


@pytest.mark.parametrize("weights", [[-1, 1], [0, 0]])
def test_weights_that_are_none_are_refused(weights):
    table = pd.DataFrame({"a": [1, 0], "b": [0, 1], "w": weights})
    with pytest.raises(DataError, match="weights"):
        find_classes(table, ["a", "b"], classes=2, weights="w")
    with pytest.raises(DataError, match="at least two"):
        answer_patterns(table, ["a"])
    with pytest.raises(DataError, match="most is 0"):
        choose_classes(table, ["a", "b"], most=0)


def test_personas_are_counted():
    told = personas(SMOKERS, SMOKERS["true_class"], ["tries"], weights="weight")
    weary = told.set_index("segment").loc["weary"]
    assert weary["commonest"] == "many"
    part = SMOKERS[SMOKERS["true_class"].eq("weary") & SMOKERS["tries"].notna()]
    many = part["weight"][part["tries"] == "many"].sum() / part["weight"].sum()
    assert weary["share"] == pytest.approx(many)
    assert weary["ci_low"] < 0.9 < weary["ci_high"]


# --- numeric scales ---------------------------------------------------------------


def blobs(seed=0):
    rng = np.random.default_rng(seed)
    member = np.repeat([0, 1, 2], [150, 100, 50])
    centre = np.array([[0, 0], [5, 0], [0, 5]])[member]
    points = centre + rng.normal(size=(300, 2))
    return pd.DataFrame(points * [1, 100], columns=["x", "y"]), member


def test_numeric_segments_are_those_of_scipy():
    table, member = blobs()
    found = numeric_segments(table, ["x", "y"], segments=3)
    assert adjusted_rand(member, found.members) > 0.95
    points = ((table - table.mean()) / table.std(ddof=0)).to_numpy()
    _, labels = kmeans2(points, 3, minit="++", rng=np.random.default_rng(1))
    assert adjusted_rand(labels, found.members) == 1
    assert found.shares[0] == pytest.approx(0.5, abs=0.02)
    numbers = compare_segment_numbers(table, ["x", "y"], most=5)
    assert numbers.set_index("segments")["silhouette"].idxmax() == 3
    assert numbers["explained"].is_monotonic_increasing
    assert "apart" in found.sentence()


def test_a_cloud_is_not_called_segments():
    rng = np.random.default_rng(2)
    table = pd.DataFrame(rng.normal(size=(400, 6)), columns=list("abcdef"))
    table.loc[0, "a"] = np.nan
    found = numeric_segments(table, list("abcdef"), segments=3)
    assert "does not call that segments" in found.sentence()
    assert found.members[0] == -1 and pd.isna(found.labels()[0])
    one = numeric_segments(table, ["a"], segments=1)
    assert one.silhouette == 0 and one.sentence() == "One segment: everybody."


@pytest.mark.parametrize(
    ("columns", "segments", "said"),
    [
        ({"x": ["a", "b"]}, 2, "holds 'a' where a number"),
        ({"x": [1, 1]}, 2, "same for everybody"),
        ({"x": [1, 2]}, 3, "2 different people"),
        ({"x": [np.nan, np.nan]}, 1, "nobody has a value"),
    ],
)
def test_scales_without_segments_are_refused(columns, segments, said):
    with pytest.raises(DataError, match=said):
        numeric_segments(pd.DataFrame(columns), ["x"], segments=segments)
    with pytest.raises(DataError, match="at least one column"):
        numeric_segments(pd.DataFrame(columns), [], segments=segments)


# --- what one kind tells of the other ---------------------------------------------


def test_chances_are_those_of_a_multinomial_logit():
    rng = np.random.default_rng(4)
    terms = np.column_stack([np.ones(400), rng.normal(size=(400, 2))])
    codes = rng.integers(0, 3, 400)
    ours = fitted(terms, codes, 3, ridge=1e-8)
    theirs = sm.MNLogit(codes, terms).fit(disp=0).predict()
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    two = (codes > 0).astype(int)
    assert log_likelihood(terms, two) == pytest.approx(
        sm.Logit(two, terms).fit(disp=0).llf, abs=1e-5
    )


def test_age_tells_part_of_the_class_and_gender_nothing(smokers):
    labels = smokers.labels()
    told = predict_segment(SMOKERS, labels, ["age", "gender", "place"])
    assert 0.05 < told.gain.ci_low < told.gain.ci_high < 0.15
    assert told.base == pytest.approx(labels.value_counts(normalize=True).max())
    age, gender = (cramers_v(SMOKERS, c, labels) for c in ("age_group", "gender"))
    assert age.ci_low > 0.2 and gender.ci_low == 0
    # a perfect and an empty relation
    same = cramers_v(SMOKERS, "true_class", SMOKERS["true_class"])
    assert same.estimate == pytest.approx(1, abs=1e-3)
    nothing = predict_segment(SMOKERS, labels, ["gender"])
    assert "may be nothing" in nothing.sentence()


def test_cramers_v_covers_nothing_as_often_as_it_says():
    rng, held = np.random.default_rng(6), 0
    for _ in range(60):
        table = pd.DataFrame({"a": rng.integers(0, 3, 300)})
        found = cramers_v(table, "a", pd.Series(rng.integers(0, 4, 300)))
        held += found.ci_low == 0
    assert held / 60 > 0.89


def test_the_class_adds_to_demographics_here_and_lifestyle_does_not_there(smokers):
    table = SMOKERS.assign(segment=smokers.labels())
    known = ["age", "gender", "place"]
    found = added_value(table, "signed_up", known=known, added=["segment"])
    assert found.gain.ci_low > 0.03 and found.p_value < 1e-10
    assert found.gain.estimate == pytest.approx(
        found.beside.estimate - found.without.estimate
    )
    assert "More act" in found.sentence()
    nothing = table.assign(lot=np.random.default_rng(8).choice(list("abcd"), 3000))
    found = added_value(nothing, "signed_up", known=known, added=["lot"])
    assert found.gain.ci_low <= 0 <= found.gain.ci_high
    assert "not told from nothing" in found.sentence()
    assert found.to_frame()["chosen by"].iloc[0] == "lot"


def test_predictions_that_cannot_be_made_are_refused():
    table = pd.DataFrame({"x": range(30), "y": [0, 1] * 15, "one": [1] * 30})
    with pytest.raises(DataError, match="chosen is 2"):
        added_value(table, "y", known=["x"], added=["one"], chosen=2)
    with pytest.raises(DataError, match="two answers"):
        added_value(table, "one", known=["x"], added=["y"])
    with pytest.raises(DataError, match="at least one column"):
        predict_segment(table, table["y"], [])
    with pytest.raises(DataError, match="folds is 1"):
        predict_segment(table, table["y"], ["x"], folds=1)
    with pytest.raises(DataError, match="one group only"):
        cramers_v(table, "one", table["y"])
    with pytest.raises(DataError, match="no row has a value"):
        predict_segment(table.assign(x=np.nan), table["y"], ["x"])
