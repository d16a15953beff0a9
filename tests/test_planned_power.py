"""Tests of power by simulation, of the check `power`, and of plans without data."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from campaignbook.answers import answer
from campaignbook.campaign import as_document
from campaignbook.cli import main
from campaignbook.errors import PlanError
from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation import interrupted_time_series as its
from campaignbook.evaluation import simulated_power
from campaignbook.evaluation.parts import Power
from campaignbook.evaluation.power import cluster_trial
from campaignbook.evaluation.proportions import wilson
from campaignbook.evaluation.single_share import half_width, one_share, people_for
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation.visible_change import sees
from campaignbook.goals import Goal
from campaignbook.power_check import can_see, change_asked
from campaignbook.results import Check, Estimate, Evaluation
from campaignbook.sections import checks_table
from campaignbook.tables import Cells

DRAWS = 250
CLUSTERS_WITHIN = 0.02  # the bar of methods.md section 3, plus Monte-Carlo error
EXACT_WITHIN = 0.03  # events are whole: exact power steps around the formula


def margin(share, draws=DRAWS):
    """Three Monte-Carlo standard errors."""
    return 3 * math.sqrt(share * (1 - share) / draws)


# --- by simulation ----------------------------------------------------------------


def test_two_periods_with_equal_clusters_are_the_t_test_of_changes():
    asked = {"change": 2.7, "clusters": 5}
    found = simulated_power.difference_in_differences(std_dev=1, draws=DRAWS, **asked)
    # a change is the difference of two values: its variance is twice theirs
    formula = cluster_trial(icc=0, cluster_size=1, std_dev=math.sqrt(2), **asked)
    assert 0.6 < formula.power < 0.9
    assert found.power == pytest.approx(
        formula.power, abs=CLUSTERS_WITHIN + margin(formula.power)
    )
    assert found.error == pytest.approx(margin(found.power) / 3)
    assert "5 clusters a group see" in found.sentence()
    assert "250 times" in found.sentence()


def test_people_shocks_and_periods_add_up():
    # 3 periods before, 2 after: variance of a change (shock2 + people)(1/3 + 1/2)
    found = simulated_power.difference_in_differences(
        std_dev=0.4, people=50, icc=0.1, shock=0.05, clusters=5, before=3, after=2,
        power=0.8, draws=DRAWS,
    )  # fmt: skip
    spread = math.sqrt((0.05**2 + 0.4**2 * 0.9 / 50) * (1 / 3 + 1 / 2))
    formula = cluster_trial(
        icc=0, cluster_size=1, std_dev=spread, change=found.change, clusters=5
    )
    assert formula.power == pytest.approx(0.8, abs=CLUSTERS_WITHIN + margin(0.8))


def test_an_interrupted_series_sees_what_was_promised():
    before, after, rho, step = 20, 10, 0.3, 3.0
    promised = simulated_power.interrupted_time_series(
        std_dev=2, before=before, after=after, autocorrelation=rho, terms="level",
        change=step, draws=DRAWS,
    ).power  # fmt: skip
    rng, t = np.random.default_rng(20260110), before + after
    seen = 0
    for _ in range(DRAWS):
        y = [rng.normal(0, 2)]
        for _ in range(t - 1):
            y.append(rho * y[-1] + rng.normal(0, 2 * math.sqrt(1 - rho**2)))
        y = np.array(y) + 50 + step * (np.arange(t) >= before)
        low, _ = its_interval(y, before, terms="level")
        seen += low > 0
    assert 0.3 < promised < 0.95
    assert seen / DRAWS == pytest.approx(promised, abs=math.sqrt(2) * margin(promised))


def its_interval(y, before, **how):
    periods = [str(i) for i in range(len(y))]
    frame = pd.DataFrame({"period": periods, "n": 1, "sum_y": y})
    return its.evaluate(
        Cells(frame=frame, rows_read=len(y)), periods=periods, start=periods[before],
        end=None, last=periods[-1], level=0.95, unit="kg", **how,
    )[0][0].ends()  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(step=st.floats(-5, 5), trend=st.floats(-1, 1), seed=st.integers(0, 99))
def test_a_step_moves_the_interval_of_a_series_by_itself(step, trend, seed):
    """What lets one draw answer for every change."""
    y = np.random.default_rng(seed).normal(size=30)
    moved = y + trend * np.arange(30) + step * (np.arange(30) >= 20)
    for plain, other in zip(its_interval(y, 20), its_interval(moved, 20), strict=True):
        assert other == pytest.approx(plain + step, abs=1e-7)


@settings(max_examples=8, deadline=None)
@given(
    step=st.floats(-5, 5),
    seed=st.integers(0, 99),
    treated=st.sampled_from([1, 3, 10]),
)
def test_an_effect_moves_the_interval_of_a_panel_by_itself(step, seed, treated):
    """Also where the headline is a rank test (one treated) or collapsed (three)."""
    rng, groups = np.random.default_rng(seed), 20 + treated
    frame = pd.DataFrame(
        {
            "cluster": np.repeat([f"c{i}" for i in range(groups)], 2),
            "treated": np.repeat(np.arange(groups) < treated, 2),
            "period": ["0", "1"] * groups,
            "n": 1,
            "sum_y": rng.normal(size=2 * groups),
        }
    )
    frame["unit"] = frame["cluster"]

    def ends(shift):
        y = frame["sum_y"] + shift * (frame["treated"] & (frame["period"] == "1"))
        cells = Cells(frame=frame.assign(sum_y=y, sum_y_y=y**2), rows_read=len(y))
        return did.evaluate(
            cells, periods=["0", "1"], start="1", end=None, last="1", level=0.9,
            unit="kg", unit_name="town",
        )[0][0].ends()  # fmt: skip

    for plain, other in zip(ends(0), ends(step), strict=True):
        assert other == pytest.approx(plain + step, abs=1e-7)


def test_the_visible_change_is_the_inverse_of_power_and_power_rises():
    asked = {"std_dev": 2, "before": 24, "after": 12, "draws": 100}
    smallest = simulated_power.interrupted_time_series(power=0.8, **asked)

    def power(change):
        return simulated_power.interrupted_time_series(change=change, **asked).power

    assert smallest.power == pytest.approx(0.8)
    assert power(smallest.change) == pytest.approx(0.8)
    assert power(0.98 * smallest.change) <= power(1.02 * smallest.change)
    chances = [power(c) for c in (0.5, 1, 2, 4, 8)]
    assert chances == sorted(chances)
    # noise has no direction
    assert power(-smallest.change) == pytest.approx(0.8, abs=margin(0.8, 50))
    assert smallest.change == pytest.approx(
        2 * simulated_power.interrupted_time_series(
            power=0.8, **asked | {"std_dev": 1}
        ).change
    )  # fmt: skip


def test_the_number_of_clusters_is_found():
    found = simulated_power.difference_in_differences(
        std_dev=1, change=1.9, power=0.8, draws=100
    )
    formula = cluster_trial(
        icc=0, cluster_size=1, std_dev=math.sqrt(2), change=1.9, power=0.8
    )
    assert found.solved == "n"
    assert found.power >= 0.8
    assert abs(found.n - formula.needed) <= 2


def test_the_number_of_points_is_found():
    asked = {"std_dev": 1, "after": 12, "terms": "level", "change": 1.2, "draws": 60}
    found = simulated_power.interrupted_time_series(power=0.8, **asked)
    assert found.power >= 0.8
    assert "points before the start and 12 from it on" in found.sentence()
    fewer = simulated_power.interrupted_time_series(
        before=math.floor(0.9 * found.n) - 1, **asked
    )
    assert fewer.power < 0.8


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: simulated_power.interrupted_time_series(
                std_dev=1, before=12, after=6, power=0.8, draws=5
            ),
            "no interval below 24 points",
        ),
        (
            lambda: simulated_power.interrupted_time_series(
                std_dev=1, before=12, after=6, change=9.0, draws=5
            ),
            "no change, whatever its size",
        ),
        (
            lambda: simulated_power.difference_in_differences(
                std_dev=1, clusters=1, control_clusters=9, power=0.8, draws=5
            ),
            "no p below 0.1 can occur",
        ),
        (
            lambda: simulated_power.difference_in_differences(std_dev=1, clusters=9),
            "exactly two",
        ),
        (
            lambda: simulated_power.difference_in_differences(
                std_dev=1, clusters=9, change=1, shock=-1
            ),
            "shock must be 0 or more",
        ),
        (
            lambda: simulated_power.difference_in_differences(
                std_dev=1, clusters=9, change=1, people=20, icc=1
            ),
            "nothing varies",
        ),
        (
            lambda: simulated_power.interrupted_time_series(
                std_dev=1, before=20, after=9, change=1, autocorrelation=1
            ),
            "between -1 and 1",
        ),
        (
            lambda: simulated_power.interrupted_time_series(
                std_dev=1, after=1, change=0.2, power=0.8, terms="level", draws=5
            ),
            "large enough",
        ),
    ],
)
def test_simulations_refuse_what_cannot_be(call, words):
    with pytest.raises(PlanError, match=words):
        call()


# --- one share --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "change", "n"), [(0.3, 0.05, 600), (0.5, -0.1, 200), (0.1, 0.05, 300)]
)
def test_one_share_is_what_wilson_sees(base, change, n):
    from scipy.stats import binom

    seen = 0.0
    for k in range(n + 1):
        low, high = wilson(k, n, level=0.95)
        seen += binom.pmf(k, n, base + change) * (low > base or high < base)
    promised = one_share(base, change=change, n=n).power
    assert promised == pytest.approx(seen, abs=EXACT_WITHIN)


def test_half_of_wilsons_interval():
    # 81 of 263: [.2553, .3662] (Newcombe 1998)
    assert half_width(81 / 263, 263) == pytest.approx((0.3662 - 0.2553) / 2, abs=1e-4)
    n = people_for(0.3, 0.02)
    assert half_width(0.3, n) <= 0.02 < half_width(0.3, n - 1)
    with pytest.raises(PlanError, match="write 3 percentage points"):
        people_for(0.3, 3)


# --- an evaluation with data ------------------------------------------------------


def found(**fields):
    head = Estimate(**{"name": "effect", "level": 0.95, "unit": "kg", "method": "t"}
                    | fields)  # fmt: skip
    return Evaluation(id="e", goal="g", design="observational", estimates=(head,))


def of_t(estimate, error=1.0, df=10, t=2.228139):
    return found(
        estimate=estimate, std_error=error, df=df,
        ci_low=estimate - t * error, ci_high=estimate + t * error,
    )  # fmt: skip


def test_the_smallest_change_is_two_quantiles_of_t():
    # t(10): .975 is 2.228139, .8 is 0.879058 (printed tables)
    check, details = sees(of_t(5.0, 2.0), change=7.0, sign=1)
    assert details["smallest_change"] == pytest.approx(2 * (2.228139 + 0.879058))
    assert check.answer == "yes"
    _, down = sees(of_t(5.0, 2.0), change=None, sign=-1)
    assert down["smallest_change"] == pytest.approx(-details["smallest_change"])


@settings(max_examples=20, deadline=None)
@given(estimate=st.floats(-50, 50), change=st.floats(0.1, 9))
def test_the_effect_that_was_found_does_not_matter(estimate, change):
    one = sees(of_t(estimate), change=change, sign=1)[1]
    other = sees(of_t(0.0), change=change, sign=1)[1]
    assert one["chance"] == pytest.approx(other["chance"], abs=1e-9)
    assert one["smallest_change"] == pytest.approx(other["smallest_change"])


def test_low_power_is_unknown_and_never_no():
    check, details = sees(of_t(5.0), change=1.0, sign=1)
    assert (check.answer, details["sees"]) == ("unknown", False)
    assert "weak evidence" in check.sentence
    assert "sees a change of 3.11 kg or more with a chance of 80%" in check.sentence


def test_another_power_and_level():
    asked = Power(power=0.9, level=0.9)
    details = sees(of_t(5.0), change=1.0, sign=1, power=asked)[1]
    # t(10): .95 is 1.812461, .9 is 1.372184
    assert details["smallest_change"] == pytest.approx(1.812461 + 1.372184)
    assert details["level"] == 0.9


def test_ratios_are_read_on_the_log():
    low, high = math.exp(-0.2), math.exp(0.2)
    head = {"unit": "ratio", "null_value": 1.0, "estimate": 1.0, "df": 10}
    ratio = found(std_error=0.2 / 2.228139, ci_low=low, ci_high=high, **head)
    wide = (2.228139 + 0.879058) * 0.2 / 2.228139
    assert sees(ratio, change=1.5, sign=1)[1]["smallest_change"] == pytest.approx(
        math.exp(wide)
    )
    check, details = sees(ratio, change=0.5, sign=-1)
    assert details["smallest_change"] == pytest.approx(math.exp(-wide))
    assert "or beyond" in check.sentence


def test_a_rank_test_tells_its_smallest_p_first():
    head = found(estimate=None, ci_low=None, ci_high=None)
    rank = Evaluation(
        id="e", goal="g", design="synthetic_control", estimates=head.estimates,
        checks=(Check(name="attainable p", answer="no", sentence="No p below .1."),),
    )  # fmt: skip
    check, details = sees(rank, change=1.0, sign=1)
    assert check.sentence.startswith("No p below .1. No interval exists")
    assert details["smallest_change"] is None


def test_a_placebo_interval_stands_for_the_first_quantile():
    # 12 clusters: t(10) as above; the interval reaches 6 down and 9 up
    head = found(estimate=1.0, ci_low=-5.0, ci_high=10.0, clusters=12).estimates[0]
    beside = Estimate(
        name="collapsed_t", estimate=1.0, std_error=2.0, level=0.95, method="t"
    )
    rank = Evaluation(
        id="e", goal="g", design="difference_in_differences", estimates=(head, beside)
    )
    up, down = (sees(rank, change=None, sign=s)[1] for s in (1, -1))
    assert up["smallest_change"] == pytest.approx(6 + 0.879058 * 2)
    assert down["smallest_change"] == pytest.approx(-(9 + 0.879058 * 2))
    # alone, its own width tells the error: 6 / 2.228139
    alone = sees(found(**{"estimate": 1.0, "ci_low": -5.0, "ci_high": 10.0,
                          "clusters": 12}), change=None, sign=1)[1]  # fmt: skip
    assert alone["smallest_change"] == pytest.approx(6 + 0.879058 * 6 / 2.228139)
    assert "rank test" in alone["method"]


def test_a_level_without_baseline_tells_its_width():
    level = found(
        estimate=0.31, ci_low=0.26, ci_high=0.37, null_value=None, n=263, unit="share"
    )
    check, _ = sees(level, change=None, sign=1)
    assert "263 people tell this share to about 5.6 percentage points" in check.sentence
    assert sees(level, change=0.1, sign=1, baseline=0.25)[1]["chance"] > 0.9
    kpi = found(estimate=3.0, null_value=None, unit="EUR")
    assert sees(kpi, change=None, sign=1) is None


# --- a plan without data ----------------------------------------------------------

GOAL = {
    "id": "g", "type": "behaviour", "measure": "share who walk", "unit": "share",
    "direction": "increase", "baseline": 0.20, "target": 0.25,
}  # fmt: skip


def foreseen(design, goal=None, **fields):
    power = fields.pop("power", {})
    spec = EvaluationSpec(id="e", goal="g", design=design, power=power, **fields)
    return can_see(Goal(**GOAL | (goal or {})), spec)


@pytest.mark.parametrize(
    ("design", "fields", "words"),
    [
        # 1,094 people a group see 5 points from 20% with power 80% (R9)
        ("randomized_trial", {"power": {"n": 1094}}, "1,094 people a group this"),
        ("randomized_trial", {}, "it takes 1,094 people a group"),
        ("pre_post", {}, "1,094 people a group .*two groups of different people"),
        (
            "observational",
            {"power": {"design_effect": 2.0}},
            r"it takes 2,188 people a group \(design effect 2\)",
        ),
        ("proportion", {"power": {"n": 600}}, "600 people in all"),
        ("pooled", {}, "nothing here can be planned"),
        ("kpis", {}, "counted, not sampled"),
        ("synthetic_control", {"power": {"control_clusters": 12}}, "takes 19 donors"),
        ("synthetic_control", {"power": {"control_clusters": 19}}, "can be reached"),
        ("synthetic_control", {}, "Write power.control_clusters"),
        (
            "randomized_trial",
            {"cluster": "town", "power": {"clusters": 12, "icc": 0.02}},
            "write power.cluster_size",
        ),
        (
            "difference_in_differences",
            {"power": {"clusters": 6, "cluster_size": 50}},
            "write power.shock",
        ),
        (
            "interrupted_time_series",
            {"power": {"before": 24, "after": 12}},
            "write power.std_dev",
        ),
        (
            "interrupted_time_series",
            {"outcome_type": "count", "power": {"before": 24, "after": 12}},
            "counts is not simulated",
        ),
        ("randomized_trial", {"goal": {"baseline": None}}, "a target and a baseline"),
        (
            "randomized_trial",
            {"goal": {"target": None}, "power": {"n": 100}},
            "not in the plan",
        ),
        (
            "randomized_trial",
            {"power": {"n": 100, "change": 0.1}},
            "the plan asks for 10.0",
        ),
    ],
)
def test_every_design_answers_before_there_are_data(design, fields, words):
    check = foreseen(design, **fields).checks[0]
    assert check.answer != "no"
    assert re.search(words, check.sentence), check.sentence


def test_enough_people_is_yes_and_too_few_unknown():
    assert foreseen("randomized_trial", power={"n": 1100}).checks[0].answer == "yes"
    few = foreseen("randomized_trial", power={"n": 1000})
    assert few.checks[0].answer == "unknown"
    assert few.details["power"]["sees"] is False
    assert few.details["power"]["chance"] == pytest.approx(0.76, abs=0.01)


def test_counts_are_people_too():
    counts = {"control": {"n": 1000, "events": 200}, "A": {"n": 3000, "events": 0}}
    spec = EvaluationSpec(id="e", goal="g", design="randomized_trial", counts=counts)
    # the harmonic mean of 1,000 and 3,000
    assert can_see(Goal(**GOAL), spec).details["power"]["number"] == 1500


@pytest.mark.parametrize(
    ("fields", "ratio", "asked"),
    [
        ({}, False, 0.05),
        ({}, True, 1.25),
        ({"target_is": "change", "target": 0.02}, False, 0.02),
        ({"baseline": None}, False, None),
        ({"target": None}, False, None),
        ({"unit": "ratio", "target_is": "change", "target": 1.3}, True, 1.3),
        ({"unit": "ratio", "target_is": "change", "target": 1.3}, False, None),
        ({"baseline": 0.0}, True, None),
    ],
)
def test_what_a_goal_asks_for(fields, ratio, asked):
    found = change_asked(Goal(**GOAL | fields), as_ratio=ratio)
    assert found == (None if asked is None else pytest.approx(asked))


# --- through a plan ---------------------------------------------------------------

PLAN = """
name: Walking
kind: social
goals:
  - {id: g, type: behaviour, measure: share who walk, unit: share,
     direction: increase, baseline: 0.2, target: 0.25}
evaluations:
"""


@pytest.fixture
def plan_of(tmp_path):
    def write(*evaluations):
        path = tmp_path / "plan.yml"
        path.write_text(PLAN + "\n".join(f"  - {e}" for e in evaluations))
        return path

    return write


AHEAD = "{id: trial, goal: g, design: randomized_trial, power: {n: 1000}}"
COUNTED = (
    "{id: counted, goal: g, design: randomized_trial, counts: {control: {n: %d, "
    "events: %d}, A: {n: %d, events: %d}}%s}"
)


def test_a_plan_without_data_is_told_what_it_will_see(plan_of):
    path = plan_of(AHEAD)
    told = CliRunner().invoke(main, ["check", str(path)])
    assert told.exit_code == 0
    assert "trial, no data yet: With 1,000 people a group" in told.output
    results = answer(path)
    assert results.evaluations == ()
    assert results.verdicts[0].verdict == "cannot tell"
    assert "which it sees with a chance of 76%" in results.next_steps[0]
    assert "before the launch" in results.next_steps[0]
    assert "With 1,000 people a group" in checks_table(results)
    data = as_document(results)["evaluations"][0]
    assert (data["id"], data["estimates"]) == ("trial", ())
    assert data["details"]["power"]["sees"] is False


def test_an_evaluation_without_data_and_power_is_still_refused(plan_of):
    with pytest.raises(PlanError, match="needs either data or counts"):
        answer(plan_of("{id: a, goal: g, design: randomized_trial}"))
    with pytest.raises(PlanError, match="takes no key 'season'"):
        answer(plan_of("{id: a, goal: g, design: pooled, season: 12, power: {}}"))


def test_low_power_does_not_take_a_verdict_away(plan_of):
    """30% against 20%, 300 each: seen, though 5 points were unlikely to be."""
    results = answer(plan_of(COUNTED % (300, 60, 300, 120, "")))
    check = results.evaluations[0].checks[-1]
    assert (check.name, check.answer) == ("power", "unknown")
    assert results.verdicts[0].verdict == "met"


def test_the_key_power_is_answered_beside_the_result(plan_of):
    power = ", power: {n: 2000, change: 0.04, power: 0.9}"
    results = answer(plan_of(COUNTED % (1000, 200, 1000, 260, power)))
    check, details = results.evaluations[0].checks[-1], results.evaluations[0].details
    assert check.sentence.startswith("As planned: With 2,000 people a group")
    assert "With the data: This evaluation sees a change of" in check.sentence
    assert "the plan asks for 4.0 percentage points" in check.sentence
    # the formula at the control share, whatever the treated share is
    again = answer(plan_of(COUNTED % (1000, 200, 1000, 400, power)))
    assert again.evaluations[0].details["power"] == details["power"]


def test_a_target_that_is_a_change_takes_more_to_be_shown(plan_of):
    path = plan_of(COUNTED % (1000, 200, 1000, 260, ""))
    text = path.read_text().replace("target: 0.25", "target: 0.05, target_is: change")
    path.write_text(text)
    found = answer(path).evaluations[0]
    details = found.details["power"]
    assert details["change_to_meet"] == pytest.approx(0.05 + details["smallest_change"])
    assert "To show the target itself" in found.checks[-1].sentence
