"""Tests of comparisons of people who chose for themselves."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from causaldata import nhefs_complete
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation import observational
from campaignbook.evaluation.parts import Covariate
from campaignbook.table_files import read_rows

EXACT = 1e-9  # the same numbers in another order of summing or after Newton's steps
MEASURED = 1e-6  # methods.md: measured digits, relative
NAMES = ["aipw", "unadjusted", "ipw", "g_formula"]
X = [Covariate(column="a"), Covariate(column="b")]


def draw(n, seed, *, effect=1.0, varying=0.0):
    """Return people whose chance of taking part and outcome depend on a and b."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    treated = rng.random(n) < expit(-0.4 + 0.6 * a - 0.3 * b)
    y = 2 + a - b + (effect + varying * a) * treated + rng.normal(size=n)
    return pd.DataFrame({"y": y, "treated": treated, "a": a, "b": b})


def run(rows, covariates=X, **options):
    asked = {"treatment_name": "joined", "level": 0.95, "unit": "kg"} | options
    return observational.evaluate(rows, covariates=covariates, **asked)


def by_name(found):
    return {item.name: item for item in found}


# --- R3: smoking cessation and weight (NHEFS) -----------------------------------------

PLAIN = ["sex", "race", "age", "smokeintensity", "smokeyrs", "wt71"]
CONFOUNDERS = [
    *(Covariate(column=c) for c in PLAIN),
    *(Covariate(column=c, power=2) for c in PLAIN[2:]),
    *(Covariate(column=c, as_="category") for c in ("education", "exercise", "active")),
]
VARYING = Covariate(interact=("qsmk", "smokeintensity"))
R3 = {"aipw": 3.3732647, "unadjusted": 2.540581, "ipw": 3.4405354}


@pytest.fixture(scope="module")
def nhefs(tmp_path_factory):
    path = tmp_path_factory.mktemp("nhefs") / "nhefs.csv"
    categories = ["education", "exercise", "active"]
    table = nhefs_complete.load_pandas().data
    table[[*PLAIN, *categories, "qsmk", "wt82_71"]].to_csv(path, index=False)
    rows = read_rows(
        path,
        numbers={"y": "wt82_71", **{c: c for c in PLAIN}},
        texts={c: c for c in categories},
        flags={"treated": ("qsmk", (1,))},
    )
    assert (rows.rows_read, rows.rows_used, rows.rows_dropped) == (1566, 1566, ())
    return rows.frame


@pytest.mark.parametrize(
    ("covariates", "g_formula"),
    [(CONFOUNDERS, 3.4626218), ([*CONFOUNDERS, VARYING], 3.5173742)],
)
def test_r3_smoking_cessation(nhefs, covariates, g_formula):
    estimates, checks, level, details = run(
        nhefs, covariates, treatment_name="qsmk", rows_read=1629
    )
    assert [e.name for e in estimates] == NAMES
    found, wanted = by_name(estimates), {**R3, "g_formula": g_formula}
    for name, value in wanted.items():
        assert found[name].estimate == pytest.approx(value, rel=MEASURED), name
    assert [f"{end:.4f}" for end in found["unadjusted"].ends()] == ["1.6558", "3.4254"]
    assert f"{found['aipw'].std_error:.4f}" == "0.4728"
    assert f"{found['ipw'].std_error:.3f}" == "0.487"
    # What If, chapters 12 and 13, to the printed digit
    assert [f"{end:.1f}" for end in found["ipw"].ends()] == ["2.5", "4.4"]
    largest = [max(abs(d[k]) for d in details["balance"]) for k in ("before", "after")]
    assert [f"{size:.3f}" for size in largest] == ["0.282", "0.024"]
    of_terms = [abs(d["after"]) for d in details["balance_of_terms"]]
    assert len(details["balance"]) + len(of_terms) == 18 and max(of_terms) < 0.04
    answers = {c.name: c.answer for c in checks}
    assert answers.pop("unmeasured confounding") == "unknown"
    assert len(answers) == 6 and set(answers.values()) == {"yes"}
    assert (level.n, level.null_value) == (details["n_treated"], None) == (403, None)
    assert sum(details["propensity"]["treated"]) == 403
    assert sum(details["propensity"]["control"]) == details["n_control"] == 1163


# --- recovery ------------------------------------------------------------------------


@pytest.mark.parametrize(("estimand", "seed"), [("ATE", 3), ("ATT", 4)])
def test_intervals_cover(estimand, seed):
    draws, n = 200, 200
    truth = 1.0
    if estimand == "ATT":
        many = draw(400_000, 5)
        truth += 0.5 * many.loc[many["treated"], "a"].mean()
    hits = dict.fromkeys(NAMES, 0)
    for i in range(draws):
        rows = draw(n, [seed, i], varying=0.5)
        for e in run(rows, estimand=estimand)[0]:
            hits[e.name] += e.ci_low <= truth <= e.ci_high
    widened = 3 * np.sqrt(0.95 * 0.05 / draws)
    for name in ("aipw", "ipw"):
        assert 0.93 - widened <= hits[name] / draws <= 0.97 + widened, name
    assert hits["unadjusted"] / draws < 0.5


@pytest.mark.parametrize("wrong", ["outcome", "taking part", "both"])
def test_one_model_may_be_wrong(wrong):
    rng = np.random.default_rng(6)
    n = 20_000
    a, b = rng.normal(size=(2, n))
    curve = a**2 - 1
    taking = a if wrong == "outcome" else curve
    treated = rng.random(n) < expit(taking)
    shape = a if wrong == "taking part" else curve + a
    rows = pd.DataFrame(
        {"y": 1.0 * treated + 2 * shape + b, "treated": treated, "a": a}
    )
    (aipw, unadjusted, *_), *_ = run(rows, X[:1])
    far = abs(aipw.estimate - 1) > 5 * aipw.std_error
    assert far == (wrong == "both")
    assert abs(unadjusted.estimate - 1) > 0.2 or wrong == "taking part"


def test_weights_are_copies_of_rows():
    rows = draw(120, 7)
    times = np.arange(120) % 3 + 1
    copies = rows.loc[rows.index.repeat(times)].reset_index(drop=True)
    for estimand in ("ATE", "ATT"):
        weighted, _, level, _ = run(rows.assign(weights=times), estimand=estimand)
        copied, _, of_copies, _ = run(copies, estimand=estimand)
        for one, other in zip(weighted, copied, strict=True):
            assert one.estimate == pytest.approx(other.estimate, rel=EXACT), one.name
            assert one.std_error > other.std_error  # but copies are no new people
        assert level.estimate == pytest.approx(of_copies.estimate, rel=EXACT)
    plain, *_ = run(rows)
    equal, *_ = run(rows.assign(weights=2.5))
    for one, other in zip(plain, equal, strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=EXACT)
        if one.name != "unadjusted":  # pooled variance without weights
            assert one.ends() == pytest.approx(other.ends(), rel=EXACT)


def test_shares():
    rows = draw(500, 8)
    rows = rows.assign(y=(rows["y"] > 2).astype(float))
    (aipw, *_), _, level, _ = run(rows)
    assert (aipw.unit, level.unit) == ("share", "share")
    assert "Wilson" in level.method and 0 < aipw.ci_low < aipw.ci_high < 1
    none = rows.assign(y=np.where(rows["treated"], rows["y"], 0.0))
    (aipw, *_), checks, *_ = run(none)
    assert aipw.estimate > 0
    assert by_name(checks)["events in every arm"].answer == "unknown"


# --- laws -----------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["ATE", "ATT"]))
def test_laws(seed, estimand):
    rows = draw(60, seed, varying=0.5)
    before = rows.copy()
    asked = [*X, Covariate(interact=("joined", "a"))]
    first, *_ = run(rows, asked, estimand=estimand)
    mixed, *_ = run(rows.sample(frac=1, random_state=1), asked, estimand=estimand)
    raised, *_ = run(rows.assign(y=rows["y"] + 100), asked, estimand=estimand)
    swapped, *_ = run(rows.assign(treated=~rows["treated"]), asked)
    pd.testing.assert_frame_equal(rows, before)
    for e, same, up, turned in zip(first, mixed, raised, swapped, strict=True):
        whole = pytest.approx([e.estimate, e.std_error, *e.ends()], rel=1e-6, abs=1e-7)
        assert [same.estimate, same.std_error, *same.ends()] == whole
        assert [up.estimate, up.std_error, *up.ends()] == whole
        if estimand == "ATE":
            back = [
                -turned.estimate,
                turned.std_error,
                *(-x for x in turned.ends()[::-1]),
            ]
            assert back == whole


# --- what goes wrong ------------------------------------------------------------------


def test_nothing_to_adjust_for_is_no_effect():
    estimates, checks, *_ = run(draw(200, 9), [])
    for e in estimates:
        assert e.estimate == pytest.approx(estimates[1].estimate, rel=EXACT)
        assert e.assumptions == ()
    assert by_name(checks)["covariates"].answer == "no"
    assert "overlap" not in by_name(checks)


def test_covariates_that_say_nothing_new_are_told():
    rows = draw(200, 10).assign(twice=lambda r: 2 * r["a"])
    plain, *_ = run(rows)
    estimates, checks, *_ = run(rows, [*X, Covariate(column="twice")])
    assert estimates == plain
    assert "from the others: 'twice'" in by_name(checks)["covariates"].sentence


def test_perfect_separation_is_a_result_with_its_warning():
    rows = draw(200, 11).assign(treated=lambda r: r["a"] > 0.2)
    (aipw, unadjusted, ipw, g_formula), checks, level, details = run(rows)
    assert [e.estimate for e in (aipw, ipw, g_formula)] == [None] * 3
    assert unadjusted.estimate is not None and level.estimate is not None
    check = by_name(checks)["overlap"]
    assert check.answer == "no" and "tell exactly who took part" in check.sentence
    assert details["largest_weight"] is None


def test_overlap_answers_as_chances_grow_sure():
    answers, worth = [], []
    for strength in (0.5, 1.4, 3.0):
        rng = np.random.default_rng(12)
        a = rng.normal(size=2000)
        treated = rng.random(2000) < expit(strength * a)
        rows = pd.DataFrame(
            {"y": a + rng.normal(size=2000), "treated": treated, "a": a}
        )
        _, checks, _, details = run(rows, X[:1])
        answers.append(by_name(checks)["overlap"].answer)
        worth.append(details["effective_sample_size"]["treated"])
    assert answers == ["yes", "unknown", "no"]
    assert all(more > less for more, less in pairwise(worth))


def test_a_level_in_one_group_only_is_told_not_refused():
    rows = draw(400, 13).assign(town=lambda r: np.where(r.index % 40 == 0, "B", "A"))
    rows.loc[(rows["town"] == "B"), "treated"] = True
    town = Covariate(column="town", as_="category")
    (aipw, *_), checks, *_ = run(rows, [*X, town])
    assert aipw.ci_low < 1 < aipw.ci_high
    check = by_name(checks)["overlap"]
    assert check.answer == "no" and "'town=B' does not vary" in check.sentence


@pytest.mark.parametrize(
    ("change", "covariates", "error", "words"),
    [
        ({"treated": True}, X, DataError, "everybody took part by the column 'joined'"),
        ({"treated": False}, X, DataError, "nobody took part"),
        ({"y": 3.0}, X, DataError, "outcome: it is 3 in every row"),
        ({"weights": 0.0}, X, DataError, "every weight must be more than 0"),
        ({"a": 1.0}, X, DataError, "column 'a' holds the same value"),
        ({}, [Covariate(column="joined")], PlanError, "is the treatment itself"),
        ({}, [Covariate(column="weights")], PlanError, "cannot be called 'weights'"),
        ({}, [Covariate(column="c")], DataError, "no column 'c'"),
        ({"c": range(30)}, [Covariate(column="c", as_="category")], DataError, "only"),
    ],
)
def test_refusals(change, covariates, error, words):
    with pytest.raises(error, match=words):
        run(draw(30, 14).assign(**change), covariates)


def test_refusals_of_units():
    rows = draw(50, 15)
    with pytest.raises(DataError, match=r"Write 35% as 0\.35"):
        run(rows, unit="share")
    with pytest.raises(DataError, match="should be 0 and 1"):
        run(rows, binary=True)


# --- the door -------------------------------------------------------------------------


def test_rows_are_read_in_order_with_an_account(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "Age,age,reason,quit\n40, x ,1,yes\nNA,y,2,no\n30,,3,no\n20,z,4,no\n"
    )
    rows = read_rows(
        path,
        numbers={"Age": "Age", "reason": "reason"},
        flags={"treated": ("quit", ("yes",))},
    )
    assert rows.frame["Age"].tolist() == [40, 30, 20]
    assert rows.frame["treated"].tolist() == [True, False, False]
    assert rows.rows_dropped == (("no value in 'Age'", 1),)
    assert (rows.rows_read, rows.rows_used) == (4, 3)
    with pytest.raises(DataError, match="'age' must hold numbers; data row 1"):
        read_rows(path, numbers={"y": "age"})
    with pytest.raises(DataError, match="no column 'agee'"):
        read_rows(path, numbers={"y": "agee"})
