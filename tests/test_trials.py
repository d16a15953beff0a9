"""Tests of randomized trials from tables and from counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.api import WLS

from campaignbook.errors import DataError
from campaignbook.evaluation import proportions, trials
from campaignbook.evaluation.parts import Count
from campaignbook.results import holm
from campaignbook.tables import Cells

EXACT = 1e-12  # the same formula in another order: rounding only
ROWS = 1e-9  # sums of squares by cell against rows: a few digits of sixteen are lost


def cells(frame, *keys, centre=0.0, **numbers):
    """Return the cells that the door makes of rows: numbers as y=..., x=..."""
    used = frame.rename(columns={old: new for new, old in numbers.items()})
    used = used.assign(n=1, y=used["y"] - centre)
    for a in numbers:
        used[f"sum_{a}"] = used[a]
        for b in numbers:
            if a <= b:
                used[f"sum_{a}_{b}"] = used[a] * used[b]
    sums = used.groupby(list(keys))[[c for c in used if c[:4] in ("n", "sum_")]].sum()
    return Cells(frame=sums.reset_index(), centre=centre, rows_read=len(frame))


def evaluate(table, kind="binary", **options):
    """Return the findings of a table of cells with the arms c and t."""
    asked = {"control": "c", "treated": ["t"], "headline": "t", "level": 0.95}
    tables = table if isinstance(table, dict) else {"y": table}
    asked |= {"outcome_type": kind, "unit": "kg"} | options
    return trials.evaluate(tables, **asked)


def counted(kind="binary", *, options=None, **groups):
    """Return the findings of counts: c=(n, events), t=(n, events) ..."""
    counts = {name: Count(n=n, events=e) for name, (n, e) in groups.items()}
    treated = [name for name in counts if name != "c"]
    asked = {"control": "c", "treated": treated, "headline": treated[0], "unit": "kg"}
    asked |= {"outcome_type": kind, "level": 0.95} | (options or {})
    return trials.evaluate_counts(counts, **asked)


def named(found):
    """Return estimates by name, or checks by name."""
    return {item.name: item for item in found}


def people(n=60, *, seed=0, clusters=None, arms=("c", "t")):
    """Return rows with an arm, a mean m, a binary b, a count k and exposure w."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"arm": np.resize(arms, n), "m": rng.normal(5, 2, n)})
    frame["b"] = (rng.random(n) < 0.4).astype(float)
    frame["w"] = rng.uniform(0.5, 3, n)
    frame["k"] = rng.poisson(frame["w"])
    if clusters:
        number = np.arange(n) % clusters
        frame["cluster"] = [f"v{i}" for i in number]
        frame["arm"] = np.array(arms)[number % len(arms)]
        frame["m"] += rng.normal(0, 1, clusters)[number]
    return frame


def test_resume_audit_r6():
    estimates, checks, level, _ = counted(c=(2435, 157), t=(2435, 235))
    difference, ratio = estimates
    assert round(difference.estimate, 7) == 0.0320329
    assert round(difference.statistic, 6) == 4.108412
    assert f"{difference.p_value:.3e}" == "3.984e-05"
    assert [round(x, 6) for x in difference.ends()] == [0.016782, 0.047383]
    assert round(ratio.estimate, 6) == 1.496815
    assert [round(x, 6) for x in ratio.ends()] == [1.232790, 1.817387]
    assert (ratio.unit, ratio.null_value, difference.unit) == ("ratio", 1, "share")
    assert difference.assumptions and difference.n == 4870
    assert (level.name, level.null_value) == ("level", None)
    assert level.ends() == proportions.wilson(235, 2435, level=0.95)
    assert named(checks)["balance"].answer == "unknown"


def thornton():
    from causaldata import thornton_hiv

    data = thornton_hiv.load_pandas().data.dropna(subset=["got", "any"])
    data = data.rename(columns={"villnum": "cluster"})
    return data.assign(arm=data["any"].map({0.0: "c", 1.0: "t"}))


def test_hiv_results_r2():
    data = thornton()
    rows = cells(data, "arm", y="got", centre=data["got"].mean())
    estimates, _, level, details = evaluate(rows)
    assert estimates[0].estimate == pytest.approx(0.4505518519, abs=1e-10)
    assert (estimates[0].n, estimates[0].clusters) == (2834, None)
    assert [a["events"] for a in details["arms"]] == [211, 1745]
    assert [a["n"] for a in details["arms"]] == [623, 2211]
    assert round(level.estimate, 5) == 0.78924
    data = data.dropna(subset=["cluster"])
    estimates, checks, *_ = evaluate(cells(data, "arm", "cluster", y="got"))
    found = named(estimates)
    assert round(found["difference"].estimate, 7) == 0.4519823
    assert found["cr1"].estimate == found["difference"].estimate
    assert round(found["cr1"].std_error, 7) == 0.0226860
    assert (found["cr1"].n, found["cr1"].clusters) == (2830, 119)
    assert "randomisation_inference" not in found  # arms vary within the villages
    assert "within clusters" in found["collapsed_t"].method
    assert named(checks)["clusters"].answer == "yes"


def test_counts_of_events_are_poisson():
    difference, other = counted("count", c=(40, 5), t=(50, 12))[0]
    assert (difference.name, other.name) == ("rate_difference", "rate_ratio")
    assert (
        difference.p_value
        == other.p_value
        == pytest.approx(2 * stats.binom.sf(11, 17, 50 / 90), rel=EXACT)
    )
    assert difference.ends() == proportions.rate_difference(12, 50, 5, 40, level=0.95)


def test_a_mean_is_welchs_t():
    data = people()
    (found,) = evaluate(cells(data, "arm", y="m", centre=5.0), "mean")[0]
    one, zero = (data.loc[data["arm"] == arm, "m"] for arm in "tc")
    wanted = stats.ttest_ind(one, zero, equal_var=False)
    interval = wanted.confidence_interval(0.95)
    assert found.statistic == pytest.approx(wanted.statistic, rel=ROWS)
    assert found.df == pytest.approx(wanted.df, rel=ROWS)
    assert found.p_value == pytest.approx(wanted.pvalue, rel=ROWS)
    assert found.ends() == pytest.approx((interval.low, interval.high), rel=ROWS)
    assert found.unit == "kg"


def test_rates_of_rows_use_the_ratio_estimator():
    data = people(400)
    estimates, _, level, _ = evaluate(cells(data, "arm", y="k", x="w"), "count")
    gap, error = 0.0, 0.0
    for arm, sign in (("t", 1), ("c", -1)):
        rows = data.loc[data["arm"] == arm]
        rate = rows["k"].sum() / rows["w"].sum()
        residual = rows["k"] - rate * rows["w"]
        gap += sign * rate
        error += 200 / 199 * (residual**2).sum() / rows["w"].sum() ** 2
    assert estimates[0].name == "rate_difference"
    assert estimates[0].estimate == pytest.approx(gap, rel=EXACT)
    assert estimates[0].std_error == pytest.approx(error**0.5, rel=ROWS)
    assert (estimates[1].name, estimates[1].unit) == ("rate_ratio", "ratio")
    assert level.ci_low < level.estimate < level.ci_high


@pytest.mark.parametrize("kind", ["binary", "mean", "count"])
def test_clusters_are_read_like_a_regression_of_rows(kind):
    data = people(240, clusters=24, seed=3)
    column = {"binary": "b", "mean": "m", "count": "k"}[kind]
    numbers = {"y": column} | ({"x": "w"} if kind == "count" else {})
    found = named(evaluate(cells(data, "arm", "cluster", **numbers), kind)[0])
    ratio = {"binary": ["risk_ratio"], "mean": [], "count": ["rate_ratio"]}[kind]
    first = "rate_difference" if kind == "count" else "difference"
    order = [first, *ratio, "cr1", "collapsed_t", "randomisation_inference"]
    assert list(found) == order
    weight = data["w"] if kind == "count" else np.ones(len(data))
    design = np.column_stack([np.ones(len(data)), data["arm"] == "t"]).astype(float)
    codes = data["cluster"].astype("category").cat.codes
    fit = WLS(data[column] / weight, design, weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    assert found["cr1"].estimate == pytest.approx(fit.params.iloc[1], rel=ROWS)
    assert found["cr1"].std_error == pytest.approx(fit.bse.iloc[1], rel=ROWS)
    assert found["cr1"].p_value == pytest.approx(fit.pvalues.iloc[1], rel=ROWS)
    assert found[first].estimate == found["cr1"].estimate
    assert found[first].df < 23 and "CR2" in found[first].method


def test_few_clusters_change_the_headline():
    data = people(80, clusters=8, seed=1)
    estimates, checks, *_ = evaluate(cells(data, "arm", "cluster", y="m"), "mean")
    found = named(estimates)
    means = data.groupby(["cluster", "arm"])["m"].mean().reset_index()
    one, zero = (means.loc[means["arm"] == arm, "m"] for arm in "tc")
    wanted = stats.ttest_ind(one, zero)
    assert found["difference"].p_value == pytest.approx(wanted.pvalue, rel=ROWS)
    assert found["difference"].df == 6
    assert found["difference"].std_error == found["collapsed_t"].std_error
    assert found["randomisation_inference"].p_value >= 2 / 70
    assert named(checks)["clusters"].answer == "unknown"
    alike = evaluate(cells(data.assign(b=0.0), "arm", "cluster", y="b"))[0]
    assert {e.ends() for e in alike} == {(-np.inf, np.inf)}


@pytest.mark.parametrize("clusters", [6, 16])
def test_a_clustered_ratio_has_the_doubt_of_its_clusters(clusters):
    """Equal clusters and arms: CR2 and, with few, the pooled t are the same by hand."""
    data = people(20 * clusters, clusters=clusters, seed=4)
    ratio = named(evaluate(cells(data, "arm", "cluster", y="b"))[0])["risk_ratio"]
    means = data.groupby(["arm", "cluster"])["b"].mean()
    c, t = (means[arm].to_numpy() / means[arm].mean() for arm in ("c", "t"))
    error = np.sqrt((c.var(ddof=1) + t.var(ddof=1)) / (clusters / 2))
    gap = np.log(means["t"].mean() / means["c"].mean())
    half = stats.t.ppf(0.975, clusters - 2) * error
    logs = np.log([ratio.estimate, *ratio.ends()])
    assert logs == pytest.approx([gap, gap - half, gap + half], rel=ROWS)
    assert ratio.df == pytest.approx(clusters - 2, rel=ROWS)
    assert ("cluster means" in ratio.method) == (clusters == 6)


def test_one_treated_cluster_is_a_rank_and_says_what_it_can_reach():
    data = people(90, clusters=9, seed=2)
    data["arm"] = np.where(data["cluster"] == "v0", "t", "c")
    table = cells(data, "arm", "cluster", y="m")
    estimates, checks, level, _ = evaluate(table, "mean")
    headline = estimates[0]
    assert headline.std_error is None and headline.ends() == (-np.inf, np.inf)
    assert named(estimates)["cr1"].p_value is None
    assert headline.p_value == named(estimates)["randomisation_inference"].p_value
    assert "cannot reach 0.05" in named(checks)["attainable p"].sentence
    assert (level.ci_low, level.ci_high, level.clusters) == (None, None, 1)
    estimates, checks, *_ = evaluate(table, "mean", level=0.8)
    assert named(checks)["attainable p"].answer == "yes"
    assert estimates[0].ci_low < estimates[0].estimate < estimates[0].ci_high


def test_size_with_few_clusters_is_what_it_says():
    rng, false = np.random.default_rng(7), 0
    for _ in range(200):
        size = rng.integers(5, 60, 14)
        shock = rng.normal(size=14) + rng.normal(size=14) / np.sqrt(size)
        frame = pd.DataFrame({"cluster": range(14), "n": size, "sum_y": size * shock})
        frame["arm"] = ["t"] * 5 + ["c"] * 9
        frame["sum_y_y"] = size * (shock**2 + 1)
        table = Cells(frame=frame, rows_read=int(size.sum()))
        false += evaluate(table, "mean")[0][0].p_value < 0.05
    # .05, and three standard errors of 200 draws.
    assert false / 200 <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5


def test_several_arms_and_outcomes_carry_holm():
    data = people(90, arms=("c", "t", "u"))
    data["z"] = 1 - data["b"]
    tables = {"b": cells(data, "arm", y="b"), "z": cells(data, "arm", y="z")}
    estimates, _, _, details = evaluate(tables, treated=["t", "u"], headline="u")
    names = ["difference", "risk_ratio", "arm:t", "arm:u", "difference"]
    assert [e.name for e in estimates] == names
    first, _, t, u, other = estimates
    assert (first.group, t.group, other.group) == (None, "t", "z")
    assert u.p_value == first.p_value
    assert [t.p_holm, u.p_holm] == holm([t.p_value, u.p_value])
    assert [first.p_holm, other.p_holm] == holm([first.p_value, other.p_value])
    assert other.estimate == pytest.approx(-first.estimate, abs=EXACT)
    assert [a["arm"] for a in details["arms"]] == ["c", "t", "u"]


@given(st.lists(st.floats(0, 1)), st.floats(0, 1))
def test_holm_needs_no_p_above_those_that_matter(p_values, limit):
    whole = dict(enumerate(holm(p_values)))
    few = [i for i, p in enumerate(p_values) if p < limit]
    found = holm([p_values[i] for i in few], larger=len(p_values) - len(few))
    assert found == [whole[i] for i in few]


@given(st.tuples(*[st.integers(1, 400), st.floats(0, 1)] * 2))
@settings(max_examples=60, deadline=None)
def test_laws_of_two_shares(drawn):
    n1, p1, n0, p0 = drawn
    c, t = (n0, int(p0 * n0)), (n1, int(p1 * n1))
    here, ratio = counted(c=c, t=t)[0]
    there, _ = counted(c=t, t=c)[0]
    assert here.estimate == pytest.approx(-there.estimate, abs=EXACT)
    assert here.ends() == pytest.approx(tuple(-x for x in there.ends()[::-1]), abs=ROWS)
    assert here.ci_low - EXACT <= here.estimate <= here.ci_high + EXACT
    frame = pd.DataFrame({"arm": ["c", "t"], "n": [c[0], t[0]], "sum_y": [c[1], t[1]]})
    rows = evaluate(Cells(frame=frame.assign(sum_y_y=frame["sum_y"]), rows_read=1))[0]
    assert rows[0] == here and rows[1] == ratio


def test_the_table_is_left_as_it_was():
    table = cells(people(120, clusters=12), "arm", "cluster", y="k", x="w")
    before = table.frame.copy(deep=True)
    evaluate(table, "count")
    pd.testing.assert_frame_equal(table.frame, before)


@pytest.mark.parametrize(
    ("column", "kind", "options", "words"),
    [
        ("m", "binary", {}, "outcome 'y': outcome_type binary needs 0 and 1.*mean"),
        ("arm2", "binary", {}, "write outcome_type: mean"),
        ("one", "mean", {}, "the value is the same in all rows of each arm"),
        (
            "b",
            "binary",
            {"control": "d"},
            "0 rows with the arm 'd'.*did you mean|known",
        ),
        ("b", "binary", {"treated": []}, "at least two arms"),
        ("b", "binary", {"treated": ["c", "t"]}, "'c' is the control arm"),
        ("b", "binary", {"headline": "x"}, "headline: 'x' is not a treated arm"),
        (
            "b",
            "binary",
            {"allocation": {"c": 0.5, "s": 0.5}},
            "planned share for .*'t'",
        ),
    ],
)
def test_refusals(column, kind, options, words):
    data = people().assign(one=7.3, arm2=lambda d: 1.0 + d["b"])
    with pytest.raises(DataError, match=words):
        evaluate(cells(data, "arm", y=column, centre=5.0), kind, **options)


def test_refusals_of_counts_and_clusters():
    with pytest.raises(DataError, match=r"counts\.t: 30 events among 20 people"):
        counted(c=(20, 3), t=(20, 30))
    with pytest.raises(DataError, match="no arm 'd'"):
        counted(c=(20, 3), t=(20, 3), options={"control": "d"})
    data = people(20, clusters=2)
    with pytest.raises(DataError, match="only 2 clusters"):
        evaluate(cells(data, "arm", "cluster", y="m"), "mean")
