"""RE-AIM: published numbers, hand-made ones, what is unknown, and refusals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaignbook.errors import CampaignError, DataError
from campaignbook.evaluation import re_aim
from campaignbook.evaluation.parts import Count
from campaignbook.results import Estimate

SEXES = {"sex": {"women": (200, 500), "men": (100, 500)}}


def effect(value=0.05, low=0.01, high=0.09, **fields):
    basis = {"name": "effect", "unit": "share", "level": 0.95, "method": "trial"}
    basis |= {"assumptions": ("chance decided",)} | fields
    return Estimate(estimate=value, ci_low=low, ci_high=high, **basis)


def everything():
    return [
        re_aim.reach(300, 1000, demographics=SEXES),
        re_aim.effectiveness(effect(), [effect(0.01, -0.01, 0.03, name="injuries")]),
        re_aim.adoption(Count(n=20, events=12), Count(n=80, events=33)),
        re_aim.implementation(
            Count(n=50, events=45), cost=12_000, currency="EUR", adaptations=["shorter"]
        ),
        re_aim.maintenance(
            Count(n=413_466, events=44_833), months=6, setting=Count(n=12, events=9)
        ),
    ]


def wilson_by_hand(k, n, z=1.959963984540054):
    middle, half = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    return (middle - half) / (n + z * z), (middle + half) / (n + z * z)


def test_change4life_still_there_after_six_months():
    """Published: 413,466 families joined, 44,833 still involved at six months."""
    part = everything()[4].part("people after 6 months")
    assert round(100 * part.value.estimate, 1) == 10.8
    ends = (part.value.ci_low, part.value.ci_high)
    assert ends == pytest.approx(wilson_by_hand(44_833, 413_466), rel=1e-9)
    assert "10.8%" in part.says() and part.remark == ""


@pytest.mark.parametrize("months", [None, 0, 5.9])
def test_too_early_is_no_maintenance(months):
    made = re_aim.maintenance(Count(n=10, events=5), months=months)
    assert "only from 6 months on" in made.sentence()


def test_reach_has_number_share_and_representativeness():
    made = re_aim.reach(300, 1000, demographics=SEXES)
    part = made.part("share of the audience").value
    assert part.estimate == 0.3 and part.n == 1000
    assert (part.ci_low, part.ci_high) == pytest.approx(wilson_by_hand(300, 1000))
    women = made.part("sex: women (reached minus audience)").value
    assert women.estimate == pytest.approx(200 / 300 - 0.5)
    known = [e - 0.5 for e in wilson_by_hand(200, 300)]
    assert [women.ci_low, women.ci_high] == pytest.approx(known)
    index = made.part("sex: index of dissimilarity").value
    assert index.estimate == pytest.approx(1 / 6)


def test_a_surveyed_audience_is_less_certain_than_a_known_one():
    ends = {}
    for audience_is in ("census", "sample"):
        made = re_aim.reach(demographics=SEXES, audience_is=audience_is)
        ends[audience_is] = made.part("sex: men (reached minus audience)").value.ends()
    assert ends["sample"][0] < ends["census"][0] < ends["census"][1] < ends["sample"][1]


def test_people_of_unknown_group_are_told():
    sexes = {"sex": {"women": (150, 500), "men": (100, 500)}}
    made = re_aim.reach(300, 1000, demographics=sexes)
    assert "the group of 50 people is unknown" in made.sentence()


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(50, 99)), min_size=2))
def test_differences_add_up_to_nothing_and_the_index_is_a_share(pairs):
    groups = {str(i): pair for i, pair in enumerate(pairs)}
    made = re_aim.reach(demographics={"age": groups})
    *gaps, index = (p.value.estimate for p in made.parts if p.name.startswith("age"))
    assert sum(gaps) == pytest.approx(0, abs=1e-12)
    assert 0 <= index < 1


def test_effect_and_harm_are_both_said():
    told = everything()[1].sentence()
    assert "effect: 5.0 percentage points" in told
    assert "negative effect, injuries: 1.0 percentage points" in told
    assert told.count("no change at all is not ruled out") == 1


def test_no_causal_word_without_a_design():
    made = re_aim.effectiveness(effect(assumptions=()))
    assert "the design does not say what caused it" in made.sentence()
    assert "negative effects: unknown" in made.sentence()


def test_unknown_says_unknown():
    makers = [re_aim.reach, re_aim.effectiveness, re_aim.adoption]
    makers += [re_aim.implementation, re_aim.maintenance]
    for made in (make() for make in makers):
        assert all(part.says() == "unknown" for part in made.parts)
        assert made.sentence().count("unknown") >= len(made.parts)
    table = re_aim.summary([])
    assert list(table["dimension"]) == [*re_aim.DIMENSIONS, "composite"]
    assert set(table["says"]) == {"unknown"}


def test_no_adaptation_is_not_an_unknown_one():
    part = re_aim.implementation(adaptations=[]).part("adaptations")
    assert part.says() == "none"


def test_summary_has_every_part_and_a_speculative_last_row():
    found = everything()
    table = re_aim.summary(found)
    assert len(table) == sum(len(d.parts) for d in found) + 1
    last = table.iloc[-1]
    assert "speculative" in last["part"] and last["dimension"] == "composite"
    assert last["estimate"] == pytest.approx(0.3 * 0.05)
    assert last["ci_low"] is None or math.isnan(last["ci_low"])
    assert "12,000 EUR" in set(table["says"]) and "shorter" in set(table["says"])


def test_a_product_with_a_ratio_or_an_unknown_is_none():
    ratio = re_aim.effectiveness(effect(1.2, 1.1, 1.3, unit="ratio", null_value=1.0))
    assert re_aim.impact([re_aim.reach(3, 10), ratio]) is None
    assert re_aim.impact([re_aim.reach(3), re_aim.effectiveness(effect())]) is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: re_aim.reach(11, 10), "11 of 10"),
        (lambda: re_aim.reach(0, 0), "0 of 0"),
        (lambda: re_aim.reach(-1), "-1 people"),
        (lambda: re_aim.reach(demographics={"sex": {"all": (1, 2)}}), "two groups"),
        (lambda: re_aim.reach(demographics={"sex": {}}), "two groups"),
        (lambda: re_aim.reach(9, demographics=SEXES), "not more than were reached"),
        (
            lambda: re_aim.reach(demographics={"a": {"x": (3, 2), "y": (1, 9)}}),
            "at most 2",
        ),
        (
            lambda: re_aim.reach(demographics={"a": {"x": (0, 2), "y": (0, 9)}}),
            "groups with people",
        ),
        (lambda: re_aim.adoption(Count(n=2, events=3)), "settings: 3 of 2"),
        (lambda: re_aim.implementation(cost=float("nan")), "cost is nan"),
        (lambda: re_aim.maintenance(months=-1), "-1 months"),
        (lambda: re_aim.reach().part("nmber"), "did you mean 'number'"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(DataError, match=words):
        make()


PLAN = """
campaignbook: 1
name: Practice
currency: EUR
goals: [{id: g, type: behaviour, measure: it, unit: share, direction: increase}]
costs: [{item: all, amount: 12000}]
evaluations:
  - &e
    {id: trial, goal: g, design: randomized_trial,
     counts: {control: {n: 500, events: 100}, A: {n: 500, events: 150}}}
  - {<<: *e, id: harm, counts: {control: {n: 500, events: 20}, A: {n: 500, events: 21}}}
re_aim:
  reach:
    reached: 300
    audience: 1000
    demographics:
      sex: {women: {reached: 200, audience: 500}, men: {reached: 100, audience: 500}}
  effectiveness: {negative: [harm]}
  adoption: {settings: {n: 20, events: 12}}
  implementation: {delivered: {n: 50, events: 45}, adaptations: [shorter]}
  maintenance: {individual: {n: 100, events: 40}, months: 6}
"""


def test_a_plan_gives_the_five_dimensions(results_of, plan_file):
    found = results_of(plan_file(PLAN))["re_aim"]
    assert list(found) == list(re_aim.DIMENSIONS)
    said = {p["name"]: p["value"] for parts in found.values() for p in parts}
    assert said["share of the audience"]["estimate"] == 0.3
    assert said["sex: index of dissimilarity"]["estimate"] == pytest.approx(1 / 6)
    assert said["effect"]["estimate"] == pytest.approx(0.1)
    assert said["negative effect, harm"]["estimate"] == pytest.approx(0.002)
    assert said["cost"] == "12,000 EUR" and said["adaptations"] == "shorter"
    assert said["staff"] is None


def test_a_survey_tells_the_share_and_not_the_number(results_of, plan_file):
    asked = PLAN.replace("reached: 300\n", "asked: {n: 250, events: 75}\n")
    parts = results_of(plan_file(asked))["re_aim"]["reach"]
    told = {p["name"]: p for p in parts}
    share = told["share of the audience"]
    assert told["number"]["value"] is None and share["remark"] == "by a survey"
    assert share["value"]["estimate"] == 0.3 and share["value"]["n"] == 250
    ends = (share["value"]["ci_low"], share["value"]["ci_high"])
    assert ends == pytest.approx(wilson_by_hand(75, 250), rel=1e-9)
    assert [p["name"] for p in parts][:2] == ["number", "share of the audience"]


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("negative: [harm]", "negative: [harms]", "no evaluation 'harms'.*'harm'"),
        ("audience: 1000", "audience: 200", "re_aim.reach: 300 of 200.*part of a"),
        ("events: 40}", "events: 140}", "re_aim.maintenance.*140 of 100"),
        ("events: 12}", "event: 12}", "did you mean 'events'"),
        ("reached: 100,", "reached: 500,", "re_aim.reach.demographics.sex: 700 people"),
        (
            "    audience: 1000\n",
            "    audience: 1000\n    asked: {n: 90, events: 30}\n",
            "re_aim.reach: the share stands twice; leave out asked, or",
        ),
        (
            "    audience: 1000\n",
            "    asked: {n: 30, events: 90}\n",
            "re_aim.reach.*90 of 30",
        ),
    ],
)
def test_a_faulty_plan_is_told(results_of, plan_file, right, wrong, words):
    assert right in PLAN
    with pytest.raises(CampaignError, match=words):
        results_of(plan_file(PLAN.replace(right, wrong)))


def test_all_faults_are_told_at_once(results_of, plan_file):
    faulty = PLAN.replace("audience: 1000", "audience: 200")
    with pytest.raises(CampaignError) as told:
        results_of(plan_file(faulty.replace("events: 12}", "events: 21}")))
    assert len(told.value.problems) == 2
