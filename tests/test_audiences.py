"""Segments and their sizes, broad and narrow, beliefs, stages: hand-worked and real."""

import math
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from campaignbook.audiences import Segment, segment_sizes, shares_by
from campaignbook.beliefs import doers_and_others, percentage_to_gain
from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.proportions import wilson
from campaignbook.scoring import rank_items
from campaignbook.segment_choice import (
    ANDREASEN,
    STAGES,
    TARPARE,
    criteria_of,
    segment_gaps,
    stages_of_change,
)
from campaignbook.surveys import (
    kish_effective,
    survey_share,
    survey_weights,
    yes_no,
)
from campaignbook.targeting import compare_targeting

sys.path.insert(0, str(ROOT / "data"))
import make_examples

SMOKERS = pd.read_csv(ROOT / "data" / "tables" / "smokers.csv")
NHEFS = pd.read_csv(ROOT / "data" / "tables" / "nhefs.csv")
LEVEL = 0.95
NOISE = 0.03  # 3 Monte-Carlo standard errors of a coverage of .95 in 500 draws


def people(**columns):
    return pd.DataFrame(columns)


# --- sizes ------------------------------------------------------------------------


def test_without_weights_a_share_is_wilsons():
    table = people(town=["York"] * 81 + ["Bath"] * 182)
    found = segment_sizes(table, "town", population=26_300)
    assert [e.name for e in found.shares] == ["Bath", "York"]
    york = found.to_frame().iloc[1]
    assert (york["ci_low"], york["ci_high"]) == pytest.approx(
        wilson(81, 263, level=LEVEL)
    )
    assert york["people"] == pytest.approx(8100)
    assert york["people_low"] == pytest.approx(26_300 * york["ci_low"])
    assert found.design_effect == 1 and "Weights" not in found.sentence()


def test_weights_move_the_share_and_widen_the_interval():
    # by hand: 2 of weight 3 against 6 of weight 1 is one half; Kish 12^2 / 24 = 6
    table = people(group=list("aabbbbbb"), w=[3, 3, 1, 1, 1, 1, 1, 1])
    found = segment_sizes(table, "group", weights="w")
    assert [e.estimate for e in found.shares] == [0.5, 0.5]
    assert found.design_effect == pytest.approx(8 / 6)
    # linearised: sum of (w (y - p) / W)^2 = (2 * 1.5^2 + 6 * 0.5^2) / 144
    effective = 0.25 / ((2 * 1.5**2 + 6 * 0.5**2) / 144)
    low, high = wilson(0.5 * effective, effective, level=LEVEL)
    assert found.shares[0].ci_low == pytest.approx(low)
    assert found.shares[0].ci_high == pytest.approx(high)
    assert "worth those of 6 people" in found.sentence()


def test_people_alike_within_clusters_tell_less():
    cluster = np.repeat(np.arange(20), 10)
    hits = cluster < 8
    whole = survey_share(hits, np.ones(200), level=LEVEL)
    by_town = survey_share(hits, np.ones(200), clusters=cluster, level=LEVEL)
    # everybody alike in a town: 20 people, less what t takes for 19 degrees of freedom
    cut = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 19)) ** 2
    assert by_town.effective == pytest.approx(19 * cut)
    assert whole.design_effect == pytest.approx(1) and by_town.design_effect > 10


def test_weighted_interval_covers_what_it_promises():
    """500 samples in which the young weigh more and do it more often."""
    rng, held = np.random.default_rng(7), 0
    for _ in range(500):
        young = rng.random(200) < 0.3
        weight = np.where(young, 2.0, 1.0)  # asked half as often
        does = rng.random(200) < np.where(young, 0.4, 0.1)
        truth = (0.6 * 0.4 + 0.7 * 0.1) / 1.3
        found = survey_share(does, weight, level=LEVEL)
        held += found.low <= truth <= found.high
    assert held / 500 > LEVEL - NOISE


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(0, 99))
def test_shares_sum_to_one_and_lie_in_their_intervals(groups, seed):
    weight = np.random.default_rng(seed).uniform(0.1, 5, len(groups))
    table = people(group=groups, w=weight)
    before = table.copy()
    found = segment_sizes(table, "group", weights="w").to_frame()
    assert found["share"].sum() == pytest.approx(1)
    assert (found["ci_low"] <= found["share"] + 1e-9).all()
    assert (found["share"] <= found["ci_high"] + 1e-9).all()
    pd.testing.assert_frame_equal(table, before)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_effective_number_is_never_more_than_the_people(weights):
    assert kish_effective(np.array(weights)) <= len(weights) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (people(g=[], w=[]), "the survey has no rows"),
        (people(g=["a"], w=[-1]), "'-1' in row 1.*number of 0 or more"),
        (people(g=["a", "b"], w=[1, None]), "holds 'nan' in row 2"),
        (people(g=["a"], w=["many"]), "holds 'many'"),
        (people(g=["a"], w=[0.0]), "every value of column 'w' is 0"),
        (people(h=["a"], w=[1]), "no column 'g'"),
        (people(g=[None], w=[1]), "nobody has a value in g"),
    ],
)
def test_what_is_no_survey_is_refused(table, said):
    with pytest.raises(DataError, match=said):
        segment_sizes(table, "g", weights="w")


def test_one_cluster_and_no_yes_or_no_are_refused():
    with pytest.raises(DataError, match="in one cluster"):
        survey_share(np.ones(3, bool), np.ones(3), clusters=np.ones(3), level=LEVEL)
    with pytest.raises(DataError, match="'maybe' where yes or no belongs"):
        yes_no(people(x=["yes", "maybe"]), "x")
    assert yes_no(people(x=["Yes", "0", None, "TRUE"]), "x").tolist()[:2] == [1, 0]
    assert survey_weights(people(x=[1]), None).tolist() == [1]


# --- the simulated survey ---------------------------------------------------------


def test_weights_bring_back_the_ages_that_were_asked_less():
    truth = np.array(make_examples.SMOKERS["shares"]) @ np.array(make_examples.AGES)
    young = SimpleNamespace(plain=None, weighted=None)
    young.plain = segment_sizes(SMOKERS, "age_group")
    young.weighted = segment_sizes(SMOKERS, "age_group", weights="weight")
    ends = {
        how: next(e.ends() for e in found.shares if e.name == "18-34")
        for how, found in vars(young).items()
    }
    assert ends["weighted"][0] < truth[0] < ends["weighted"][1]
    assert ends["plain"][1] < truth[0], "unweighted, the young are too few"


def test_table_is_what_the_generator_writes():
    made = make_examples.smokers().to_csv(index=False, lineterminator="\n")
    assert made == (ROOT / "data" / "tables" / "smokers.csv").read_text()


# --- who does it, on real data ----------------------------------------------------


def quitters():
    cut = pd.cut(NHEFS["age"], [0, 39, 54, 99], labels=["25-39", "40-54", "55-74"])
    smoked = pd.cut(
        NHEFS["smokeintensity"], [0, 10, 20, 99], labels=["1-10", "11-20", "over 20"]
    )
    return NHEFS.assign(age_group=cut, cigarettes=smoked)


@pytest.mark.parametrize(
    ("by", "highest", "lowest", "apart"),
    [
        ("age_group", "55-74", "25-39", True),
        ("cigarettes", "1-10", "11-20", True),
        ("sex", "0", "1", True),
        ("exercise", "2", "0", False),
        ("active", "2", "0", False),
    ],
)
def test_who_stopped_smoking(by, highest, lowest, apart):
    table = quitters()
    found = shares_by(table, "qsmk", by)
    counts = table.groupby(by, observed=True)["qsmk"].agg(["sum", "count"])
    frame = found.to_frame().set_index("group")
    for name, (events, n) in zip(frame.index, counts.to_numpy(), strict=True):
        low, high = proportion_confint(events, n, method="wilson")
        assert frame.loc[name, "share"] == pytest.approx(events / n)
        assert frame.loc[name, ["ci_low", "ci_high"]].tolist() == pytest.approx(
            [low, high]
        )
    told = found.sentence()
    assert f"highest for {highest}" in told and f"lowest for {lowest}" in told
    assert (found.gap.ci_low > 0) == apart
    assert ("not told apart" in told) != apart


def test_the_gap_of_picked_groups_is_widened():
    rng, wrong = np.random.default_rng(3), 0
    for _ in range(120):
        table = people(g=rng.choice(list("abcdef"), 600), y=rng.integers(0, 2, 600))
        wrong += shares_by(table, "y", "g").gap.ci_low > 0
    assert wrong / 120 < 0.05 + 0.06
    one = shares_by(people(g=["a", "a"], y=[1, 0]), "y", "g")
    assert one.gap is None and "one group" in one.sentence()


# --- broad and narrow -------------------------------------------------------------


def test_narrow_ways_aim_better_and_find_fewer():
    table = people(
        smokes=[1] * 20 + [0] * 80, young=[1] * 15 + [0] * 5 + [1] * 5 + [0] * 75
    )
    ways = {"all": table["young"] >= 0, "young": table["young"] == 1}
    costs = {"all": 0.01, "young": 0.03}
    found = compare_targeting(table, "smokes", ways, costs=costs, currency="euros")
    wide, narrow = found
    assert (wide.reached.estimate, wide.meant.estimate, wide.found.estimate) == (
        1, 0.2, 1,
    )  # fmt: skip
    assert (narrow.reached.estimate, narrow.meant.estimate) == (0.2, 0.75)
    assert narrow.found.estimate == 0.75
    assert wide.cost.estimate == pytest.approx(0.05)
    assert narrow.cost.estimate == pytest.approx(0.04)
    low, high = wilson(15, 20, level=LEVEL)
    assert narrow.cost.ends() == pytest.approx((0.03 / high, 0.03 / low))
    assert "75.0% of those who are meant" in narrow.sentence()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"meant": "none"}, "nobody is meant"),
        ({"ways": {"x": pd.Series([False, False])}}, "'x' addresses nobody"),
        ({"ways": {"x": pd.Series([True])}}, "speaks of 1 rows"),
        ({"ways": {}}, "at least one way"),
        ({"costs": {"y": 1}}, "there is no way 'y'"),
        ({"costs": {"x": -1}}, "write 0 or more"),
    ],
)
def test_ways_that_cannot_be_compared_are_refused(change, said):
    table = people(smokes=[1, 0], none=[0, 0])
    asked = {"meant": "smokes", "ways": {"x": pd.Series([True, False])}} | change
    with pytest.raises(DataError, match=said):
        compare_targeting(table, **asked)


# --- beliefs ----------------------------------------------------------------------


def test_percentage_to_gain_by_hand():
    # 40 hold it, 24 of them intend; 60 do not, 12 of them intend: 60% - 36% = 24 points
    table = people(
        holds=[1] * 40 + [0] * 60, intends=[1] * 24 + [0] * 16 + [1] * 12 + [0] * 48
    )
    found = percentage_to_gain(table, ["holds"], "intends")
    best = found.beliefs[0]
    assert best.gain.estimate == pytest.approx(0.24)
    assert (best.holders.estimate, best.others.estimate) == (0.6, 0.2)
    assert best.held.estimate == 0.4 and found.intention.estimate == 0.36
    # (1 - h)(p1 - p0), the same in another form
    assert best.gain.estimate == pytest.approx(0.6 * (0.6 - 0.2))
    assert "24.0 percentage points" in found.sentence()


def test_gain_covers_the_truth_and_finds_the_strongest_belief():
    rng, held, first = np.random.default_rng(5), 0, 0
    for _ in range(200):
        one, two = rng.random((2, 400)) < [[0.35], [0.7]]
        y = rng.random(400) < 0.2 + 0.25 * one + 0.05 * two
        found = percentage_to_gain(people(one=one, two=two, y=y), ["one", "two"], "y")
        best = {b.name: b.gain for b in found.beliefs}["one"]
        held += best.ci_low <= 0.65 * 0.25 <= best.ci_high
        first += found.beliefs[0].name == "one"
    assert held / 200 > LEVEL - 0.047
    assert first / 200 > 0.95


def test_the_survey_of_smokers_names_the_belief_of_its_codebook():
    beliefs = list(make_examples.BELIEFS)
    found = percentage_to_gain(SMOKERS, beliefs, "intends", weights="weight")
    assert found.beliefs[0].name == "help_makes_it_easier"
    many = make_examples.smokers(seed=1, people=100_000)
    truth = percentage_to_gain(many, beliefs, "intends", weights="weight")
    known = {b.name: b.gain.estimate for b in truth.beliefs}
    for belief in found.beliefs:
        assert belief.gain.ci_low < known[belief.name] < belief.gain.ci_high
    helps = make_examples.BELIEFS["help_makes_it_easier"]
    assert known["help_makes_it_easier"] == pytest.approx(
        (1 - helps[0]) * helps[1], abs=0.01
    )
    recovers = next(b for b in found.beliefs if b.name == "body_recovers")
    assert recovers.gain.ci_low < 0 < recovers.gain.ci_high
    reasons = doers_and_others(SMOKERS, "stopped", list(make_examples.REASONS))
    for row in reasons.itertuples():
        doing, others = make_examples.REASONS[row.reason]
        assert row.ci_low < doing - others < row.ci_high
    assert reasons["reason"].iloc[0] == "friends_smoke"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (people(b=[1, 1], y=[1, 0]), "held by all of the 2"),
        (people(b=[0, 0], y=[1, 0]), "held by none"),
        (people(b=[1, 0], y=[None, None]), "holds no answer"),
        (people(b=[1, 0], y=["perhaps", 0]), "'perhaps'"),
    ],
)
def test_beliefs_without_a_comparison_are_refused(table, said):
    with pytest.raises(DataError, match=said):
        percentage_to_gain(table, ["b"], "y")


def test_no_beliefs_and_no_doers_are_refused():
    with pytest.raises(DataError, match="at least one column"):
        percentage_to_gain(people(y=[1]), [], "y")
    with pytest.raises(DataError, match="nobody to compare"):
        doers_and_others(people(d=[0, 0], r=[1, 0]), "d", ["r"])


# --- stages and the segments of a plan --------------------------------------------


def test_each_answer_has_its_stage():
    table = people(
        does=[0, 0, 0, 1, 1, 1, 0],
        months=[None, None, None, 2, 6, None, None],
        plans=["no", "within six months", "Within a month", None, None, None, None],
    )
    found = stages_of_change(table, does="does", months="months", plans="plans")
    assert found.iloc[:5].tolist() == list(STAGES)
    assert found.iloc[5:].isna().all()
    with pytest.raises(DataError, match="'soon'"):
        stages_of_change(
            people(does=[0], months=[1], plans=["soon"]),
            does="does", months="months", plans="plans",
        )  # fmt: skip


def test_a_segment_is_asked_for_what_it_lacks():
    gaps = segment_gaps(Segment(name="The general public"))
    assert len(gaps) == 7 and "is everybody" in gaps[0]
    whole = Segment(
        name="Weary", basis="psychographic", size=3, criteria="tried often",
        barriers=("no hope",), benefits=("calm",), competition=("smoking on",),
    )  # fmt: skip
    assert segment_gaps(whole) == []
    assert math.isfinite(whole.size)


@pytest.mark.parametrize(
    ("method", "number", "cost"),
    [(TARPARE, 6, "resources required"), (ANDREASEN, 9, "incremental costs")],
)
def test_criteria_count_their_cost_the_other_way_round(method, number, cost):
    assert len(criteria_of(method)) == number
    cheap, dear = (dict.fromkeys(method, 3) | {cost: points} for points in (1, 5))
    found = rank_items({"dear": dear, "cheap": cheap}, criteria_of(method), seed=1)
    assert found.first == ("cheap",)
    only = criteria_of(method, dict.fromkeys(method, 0) | {cost: 2})
    assert rank_items({"a": dear, "b": cheap}, only, seed=1).items[0].score == 1
    with pytest.raises(PlanError, match="no criterion 'equty'"):
        criteria_of(TARPARE, {"equty": 2})
