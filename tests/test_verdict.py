"""Tests of the verdict: the rule of the design page, and sentences that obey it."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaignbook.goals import Goal
from campaignbook.results import Check, Estimate, Evaluation, say_number
from campaignbook.verdict import judge

ALONE = ["proportion", "kpis"]  # level only, and no causal word
UNITS = ["share", "count", "money", "litres a day"]
SHORT, REACHES, BOTH = "short of", "reaches", "both sides"
NO_FAIL, FAILED = "no check failed", "check that answered no"
CAUSAL = r"caused|led to|lifted|raised|lowered|effect|due to"
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?")
INTERVAL = re.compile(r"\((\d\d% interval .*? to .*?|no interval exists)\)")


def a_goal(target=0.3, *, change=False, down=False, unit="share"):
    """Return a goal; the target is put in unchecked, as the rule is for any number."""
    way = {"direction": "decrease" if down else "increase"}
    way["target_is"] = "change" if change else "level"
    basis = Goal(id="g", type="behaviour", measure="rate", unit=unit, **way)
    return basis.model_copy(update={"target": target})


def a_number(low, estimate, high, *, unit="share", null=0.0, causal=True, level=0.95):
    return Estimate(
        name="effect", estimate=estimate, ci_low=low, ci_high=high, unit=unit,
        null_value=null, level=level, method="m", assumptions=("a",) if causal else (),
    )  # fmt: skip


def found(effect=None, level=None, *, design="randomized_trial", answers=("yes",)):
    """Return an evaluation; the numbers as (low, estimate, high) or as Estimates."""
    effect = a_number(*effect) if isinstance(effect, tuple) else effect
    level = a_number(*level, null=None) if isinstance(level, tuple) else level
    return Evaluation(
        id="e", goal="g", design=design, level=level,
        checks=tuple(Check(name="balance", answer=a, sentence="") for a in answers),
        estimates=() if effect is None else (effect,),
    )  # fmt: skip


UP, WRONG = (0.01, 0.03, 0.05), (-0.05, -0.03, -0.01)
REACHED, MISSED = (0.31, 0.32, 0.33), (0.25, 0.27, 0.29)
POINT, RATIO = (None, 0.3, None), {"unit": "ratio", "null": 1.0}
MORE, LESS = a_number(1.004, 1.1, 1.2, **RATIO), a_number(None, 0.8, 0.9, **RATIO)
CASES = [
    (a_goal(), found(UP, (0.3, 0.31, None)), "met", True, "yes"),
    (a_goal(), found(UP, REACHED, answers=["no"]), "cannot tell", True, "unknown"),
    (a_goal(), found((None, 0.03, 0.05), REACHED), "cannot tell", True, "unknown"),
    (a_goal(), found(WRONG, REACHED), "cannot tell", True, "no"),
    (a_goal(), found(UP, (0.27, 0.29, 0.3)), "cannot tell", None, "yes"),
    (a_goal(), found(UP, MISSED), "not met", False, "yes"),
    (a_goal(), found(UP, (None, 0.2999, None)), "not met", False, "yes"),
    (a_goal(), found(WRONG, MISSED, answers=["no"]), "not met", False, "unknown"),
    (a_goal(), found(UP, REACHED, design="kpis"), "met", True, "unknown"),
    (a_goal(change=True), found(UP, design="kpis"), "cannot tell", None, "unknown"),
    (a_goal(0.01, change=True), found(UP), "met", None, "yes"),
    (a_goal(0.01, change=True), found(UP, answers=["no"]), "met", None, "unknown"),
    (a_goal(0.05, change=True), found(UP), "cannot tell", None, "yes"),
    (a_goal(0.06, change=True), found((None, 0, 0.05)), "not met", None, "unknown"),
    (a_goal(0.06, change=True), found((None, 0, None)), "cannot tell", None, "unknown"),
    (a_goal(-0.01, change=True, down=True), found(WRONG), "met", None, "yes"),
    (a_goal(down=True), found(LESS, POINT), "met", True, "yes"),
    (a_goal(None), found(UP, REACHED), "cannot tell", None, None),
    (a_goal(), None, "cannot tell", None, "unknown"),
]


def test_what_the_causal_reading_rests_on_is_told_where_it_is_not_known():
    for goal in (a_goal(), a_goal(0.01, change=True)):
        one = found(UP, REACHED, design="observational", answers=["unknown"])
        assert NO_FAIL in judge(goal, one).sentence
        check = Check(name="unmeasured confounding", answer="unknown", sentence="")
        verdict = judge(goal, replace(one, checks=(check,)))
        assert (verdict.verdict, verdict.due_to_campaign) == ("met", "yes")
        assert "direction, but unmeasured confounding is not known." in verdict.sentence
        assert NO_FAIL not in verdict.sentence
        known = replace(one, checks=(replace(check, answer="yes"),))
        assert NO_FAIL in judge(goal, known).sentence


@pytest.mark.parametrize(("goal", "evaluation", "word", "reached", "due"), CASES)
def test_hand_worked(goal, evaluation, word, reached, due):
    verdict = judge(goal, evaluation)
    assert (verdict.verdict, verdict.reached) == (word, reached)
    assert due in (None, verdict.due_to_campaign)
    assert verdict.evaluation == (evaluation and "e")


def turned(goal, number, *, point=False):
    """Return (low, high), the wished direction up, missing ends infinite."""
    ends = (number.ci_low, number.ci_high) if number else (None, None)
    low, high = [number.estimate] * 2 if point and ends == (None, None) else ends
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    return (low, high) if goal.direction == "increase" else (-high, -low)


def relation_of(low, high, target):
    return SHORT if high < target else REACHES if low >= target else BOTH


def oracle(goal, evaluation):
    """Return (verdict, reached, due) by the words of design.md, section 3."""
    up = 1 if goal.direction == "increase" else -1
    alone, target = evaluation.design in ALONE, up * goal.target
    effect = evaluation.estimates[0] if evaluation.estimates and not alone else None
    (low, high), null = turned(goal, effect), up * effect.null_value if effect else 0.0
    failed, due = "no" in [c.answer for c in evaluation.checks], "unknown"
    if effect and effect.assumptions and not failed:
        due = "yes" if low > null else "no" if high <= null else "unknown"
    if goal.target_is == "change":
        words = {REACHES: "met", SHORT: "not met", BOTH: "cannot tell"}
        return words[relation_of(low, high, target)], None, due
    if evaluation.level is None:
        return "cannot tell", None, None
    relation = relation_of(*turned(goal, evaluation.level, point=True), target)
    good = relation == REACHES and (alone or (low > null and not failed))
    word = "not met" if relation == SHORT else "met" if good else "cannot tell"
    return word, {REACHES: True, SHORT: False, BOTH: None}[relation], due


whole = st.integers(-(10**7), 10**7)
decimals = st.builds(lambda n, k: n / 10**k, whole, st.integers(0, 5))
shares = st.integers(0, 10**6).map(lambda n: n / 10**6)
ratios = st.integers(1, 3000).map(lambda n: n / 1000)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
STEPS = (0.04, 1e-6, 1e-4, 4e-4, 0.002, 0.3, 0.6, 0.0)


@st.composite
def cases(draw):
    """Return (goal, evaluation) with many ties and near ties."""
    flag, unit = st.booleans(), draw(st.sampled_from(UNITS))
    change, other = draw(flag), draw(st.sampled_from([False] * 3 + [True]))
    effect_unit, null = ("ratio", 1.0) if other else (unit, 0.0)
    unit = effect_unit if change else unit
    pools = {"share": shares, "ratio": ratios}
    target = draw(pools.get(unit, decimals))

    def number(mid, unit, null, causal):
        if draw(st.sampled_from(range(10))) == 9:
            return None
        signs = draw(st.sampled_from([(1,), (-1,), (-1, 1)]))
        steps = [s * n for n in STEPS for s in signs]
        close = [round(value + step, 9) for value in (mid, target) for step in steps]
        pool = st.sampled_from(close) | pools.get(unit, decimals)
        low, estimate, high = sorted(draw(st.tuples(pool, pool, pool)))
        low, high = (draw(st.sampled_from([e, e, e, None])) for e in (low, high))
        kind = {"unit": unit, "null": null, "causal": causal}
        return a_number(low, estimate, high, level=draw(levels), **kind)

    return a_goal(target, change=change, down=draw(flag), unit=unit), found(
        number(null, effect_unit, null, draw(flag)),
        number(target, unit, None, False),
        design=draw(st.sampled_from([*["randomized_trial"] * 6, *ALONE])),
        answers=draw(st.sampled_from([[], ["yes"], ["unknown"], ["yes", "no"]])),
    )


def parts(goal, evaluation):
    """Return (effect, number that the target is about, sign, verdict, sentence)."""
    told = evaluation.estimates and evaluation.design not in ALONE
    effect = evaluation.estimates[0] if told else None
    number = effect if goal.target_is == "change" else evaluation.level
    verdict = judge(goal, evaluation)
    sign = 1 if goal.direction == "increase" else -1
    return effect, number, sign, verdict, verdict.sentence


def mirrored(number):
    low, high = (e and -e for e in (number.ci_high, number.ci_low))
    null, size = number.null_value and -number.null_value, -number.estimate
    return replace(number, estimate=size, ci_low=low, ci_high=high, null_value=null)


law = settings(max_examples=150, deadline=None, report_multiple_bugs=False)


@law
@given(case=cases())
def test_verdict_is_the_oracles(case):
    verdict, (word, reached, due) = judge(*case), oracle(*case)
    assert (verdict.verdict, verdict.reached) == (word, reached)
    assert due is None or verdict.due_to_campaign == due
    assert verdict.sentence.startswith(f"{word.capitalize()}: ")
    (goal, evidence), turn = case, {"increase": "decrease", "decrease": "increase"}
    fields = {"target": -goal.target, "direction": turn[goal.direction]}
    effects = tuple(mirrored(e) for e in evidence.estimates)
    level = evidence.level and mirrored(evidence.level)
    evidence = replace(evidence, estimates=effects, level=level)
    other = judge(goal.model_copy(update=fields), evidence)
    for name in ("verdict", "reached", "due_to_campaign"):
        assert getattr(other, name) == getattr(verdict, name)


def reading(text):
    return float(text.replace(",", ""))


def all_of(number):
    """Return (number, unit) of all that is printed of an estimate, in its order."""
    pairs = [(e, number.unit) for e in (number.ci_low, number.ci_high) if e is not None]
    level = [(number.level, "share")] if pairs else []
    return [(number.estimate, number.unit), *level, *pairs]


def span(text, up):
    ends = text.replace("%", "").partition("interval ")[2].split(" to ")
    infinite = {"unbounded below": -math.inf, "unbounded above": math.inf}
    return sorted(up * (infinite[e] if e in infinite else reading(e)) for e in ends)


@law
@given(case=cases())
def test_printed_numbers_are_the_inputs_and_tell_the_same(case):
    goal, (effect, number, up, _, sentence) = case[0], parts(*case)
    wanted = [*all_of(number), (goal.target, goal.unit)] if number else []
    wanted += all_of(effect) if number and effect and number is not effect else []
    shown = NUMBER.findall(sentence.replace("holds 1, no effect", ""))
    for text, (value, unit) in zip(shown, wanted, strict=True):
        mantissa, _, power = text.partition("e")
        step = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
        value *= 100 if unit == "share" else 1
        assert abs(reading(text) - value) <= 0.5000001 * step, sentence
        assert unit == "share" or reading(text) == pytest.approx(value, rel=0.006)
    assume(number is not None)
    size, target = map(reading, NUMBER.findall(INTERVAL.sub("", sentence))[:2])
    order = (number.estimate > goal.target) - (number.estimate < goal.target)
    assert (size > target) - (size < target) == order, sentence
    spans = INTERVAL.findall(sentence)
    if (number.ci_low, number.ci_high) != (None, None):
        assert relation_of(*span(spans[0], up), up * target) in sentence, sentence
    if effect and (effect.ci_low, effect.ci_high) != (None, None):
        (low, high), null = span(spans[-1], up), up * effect.null_value
        assert low > null or "whole interval is in the wished" not in sentence, sentence
        assert high <= null or "No part of the interval" not in sentence, sentence
        assert low <= null <= high or "The interval holds" not in sentence, sentence


@law
@given(case=cases())
def test_words_are_said_only_when_true(case):
    goal, (effect, number, up, verdict, sentence) = case[0], parts(*case)
    failed, due = "no" in [c.answer for c in case[1].checks], verdict.due_to_campaign
    half = sentence.partition("Open: ")[2]
    assert ("target is reached" in half) == (bool(half) and verdict.reached is None)
    assert due == "unknown" or "the campaign did it" not in half, sentence
    named = re.search(f"Open: |{BOTH}|not measure|s none|[Nn]o interval", sentence)
    assert named or verdict.verdict != "cannot tell", sentence
    assume(number is not None)
    low, high = turned(goal, number, point=goal.target_is == "level")
    known = -low != math.inf or high != math.inf
    told = [r for r in (SHORT, REACHES, BOTH) if r in sentence]
    assert told == [relation_of(low, high, up * goal.target)] * known, sentence
    assert (NO_FAIL in sentence) == (due == "yes"), sentence
    assert failed or FAILED not in sentence, sentence
    if effect is None or not effect.assumptions:
        assert due == "unknown" and not re.search(CAUSAL, sentence), sentence
        return
    low, high = turned(goal, effect)
    assert due != "yes" or (low > up * effect.null_value and not failed)
    if re.search("no effect|holds zero|holds 1", sentence):
        assert low <= up * effect.null_value <= high, sentence
        assert (effect.ci_low, effect.ci_high) != (None, None), sentence


@pytest.mark.parametrize(
    ("goal", "evaluation", "false"),
    [
        (a_goal(), found(WRONG, REACHED), "Open: whether the campaign did it"),
        (a_goal(), found(a_number(*UP, causal=False), REACHED), FAILED),
        (a_goal(change=True), found((None, 0.1, None)), BOTH),
        (a_goal(change=True), found(None, POINT, design="kpis"), "due to the campaign"),
        (a_goal(), found(design="kpis"), "only its change"),
        (a_goal(), found(UP, (0.25, 0.27, 0.2999)), "30.0%), short of"),
        (a_goal(0.03, change=True), found((0.0296, 0.03, 0.04)), "3.0 to 4.0); the in"),
        (a_goal(), found(MORE, POINT), " 1 to"),
        (a_goal(1000.4, unit="kg"), found(UP, (None, 999.6, None)), "was 1000 kg, s"),
        (a_goal(0.0001), found(UP, (None, 0.0000999, None)), "was 0.0100%, short of"),
    ],
)
def test_sentence_does_not_say(goal, evaluation, false):
    assert false not in judge(goal, evaluation).sentence


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (a_number(0.0001, 0.0004, 0.0007), "0.040 percentage points; 0.010 to 0.070"),
        (a_number(-3.0, -2.5, 1e4, unit="kg"), "-2.5 kg; -3 to 10,000"),
        (a_number(0.31, 0.32, None, null=None), "32.0%; 31.0% to unbounded above"),
        (a_number(0.0003, 0.0004, 0.3, null=None), "0.040%; 0.030% to 30.0%"),
        (a_number(None, 15e6, 2e7, unit="m"), "15,000,000 m; unbounded below to 20,0"),
    ],
)
def test_estimates_speak(number, words):
    size, interval = words.split("; ")
    assert number.sentence("Rate").startswith(f"Rate: {size} (95% interval {interval}")


def test_nothing_is_said_as_nothing():
    assert a_number(None, None, None).sentence() == "effect: no estimate exists."
    assert a_number(None, 0.1, None).interval() == "no interval exists"
    assert [say_number(n) for n in (0.0, -0.0, -1e-12)] == ["0"] * 3
