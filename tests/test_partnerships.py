"""Partnerships: stakeholders, agreements, who does what, places, and what one adds."""

import html
import json
import re
from datetime import date
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from audiences import PEOPLE, drawn_audience
from click.testing import CliRunner
from conftest import ROOT, prose_of
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from campaignbook.answers import answer
from campaignbook.cli import main
from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.proportions import wilson
from campaignbook.files import read_cases, read_plan, read_questions
from campaignbook.lesson_partnerships import plan_partners, plans_side_by_side
from campaignbook.net_reach import additions
from campaignbook.open_points import open_points, task_checks
from campaignbook.partner_choice import choose_partners
from campaignbook.partner_figures import (
    coverage_picture,
    draw_coverage,
    draw_stakeholders,
    stakeholder_picture,
)
from campaignbook.partner_reach import added_bounds, coverage
from campaignbook.partnerships import (
    FACTORS,
    Partner,
    agreement_checks,
    gives_and_gets,
    stakeholder_map,
)
from campaignbook.plan_sections import the_plan
from campaignbook.raci import Task, letters_of, raci_checks, raci_table
from campaignbook.reach_choice import best_alone, best_set
from campaignbook.scoring import rank_items
from campaignbook.segment_choice import criteria_of
from campaignbook.side_by_side import LEFT_OPEN, plan_dimensions

TODAY, END = date(2026, 1, 10), date(2026, 6, 30)
WHOLE = {"role": "r", "gives": "g", "gets": "s", "reach": 10, "cost": 1}
# Sums of the same numbers in another order.
CLOSE = 1e-9


def partner(name="Clinic", **more):
    return Partner(name=name, **{**WHOLE, "review_date": date(2026, 3, 1), **more})


# --- stakeholders and agreements --------------------------------------------------


@pytest.mark.parametrize(
    ("power", "interest", "place"),
    [
        (5, 5, "work closely"),
        (3, 3, "work closely"),
        (4, 2, "keep satisfied"),
        (2, 4, "keep informed"),
        (1, 2, "watch"),
        (None, 4, "not known"),
        (4, None, "not known"),
    ],
)
def test_place_by_power_and_interest(power, interest, place):
    one = partner(power=power, interest=interest)
    assert stakeholder_map([one])["place"].tolist() == [place]


def test_the_most_powerful_come_first_and_the_limit_can_be_moved():
    two = [partner("a", power=3, interest=5), partner("b", power=4, interest=1)]
    assert stakeholder_map(two)["name"].tolist() == ["b", "a"]
    moved = stakeholder_map(two, high=4).set_index("name")["place"]
    assert moved.to_dict() == {"b": "keep satisfied", "a": "keep informed"}
    assert len(stakeholder_map([])) == 0


def test_gives_and_gets_tell_what_is_left_to_agree():
    made = gives_and_gets([partner(), Partner(name="Mosque", gives="A room")])
    assert made["open"].tolist() == ["", "role, gets, reach, cost, review date"]
    assert made["gives"].tolist() == ["g", "A room"]


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"gives": " "}, "what each gives", "Clinic: Write what they bring"),
        ({"gets": ""}, "what each gets", "Write what they get"),
        ({"reach": None}, "reach of each", "Ask how many"),
        ({"review_date": None}, "a review date for each", "Set a review date"),
        (
            {"review_date": date(2026, 1, 9)},
            "no review is overdue",
            "before 2026-01-10",
        ),
        ({"review_date": date(2026, 7, 1)}, "reviews before the end", "2026-06-30"),
    ],
)
def test_agreement_checks(change, name, words):
    good = agreement_checks([partner()], today=TODAY, end=END)
    assert {c.answer for c in good} == {"yes"} and len(good) == 6
    made = agreement_checks([partner(**change)], today=TODAY, end=END)
    wrong = [c for c in made if c.answer == "no"]
    assert [c.name for c in wrong] == [name]
    assert words in wrong[0].sentence


def test_agreements_on_the_last_day_and_without_an_end_or_partners():
    on_it = [partner(review_date=END)]
    assert {c.answer for c in agreement_checks(on_it, today=END, end=END)} == {"yes"}
    assert len(agreement_checks(on_it, today=TODAY)) == 5
    (nobody,) = agreement_checks([], today=TODAY)
    assert nobody.answer == "unknown"


@pytest.mark.parametrize(
    "use",
    [stakeholder_map, gives_and_gets, lambda p: agreement_checks(p, today=TODAY)],
)
def test_the_same_partner_twice_is_refused(use):
    with pytest.raises(PlanError, match="'clinic' stands 2 times"):
        use([partner("Clinic"), partner("clinic ")])


def test_a_limit_that_is_none_is_refused():
    with pytest.raises(PlanError, match="high is 1"):
        stakeholder_map([partner()], high=1)


def test_partners_are_scored_with_the_stability_of_their_rank():
    low, high = dict.fromkeys(FACTORS, 2), dict.fromkeys(FACTORS, 4)
    points = {"a": high | {"resources required": 1}, "b": low}
    made = rank_items(points, criteria_of(FACTORS), seed=1, draws=200)
    assert (made.first, made.items[0].first_any) == (("a",), 1.0)


# --- who does what ----------------------------------------------------------------

GOOD = {
    "Posts": {"Ann": "A", "Ben": "R", "Clinic": "C"},
    "Stand": {"Ben": "AR", "Clinic": "R"},
    "Phone line": {"Clinic": "AR", "Ann": "I"},
}


def test_table_of_who_does_what():
    table = raci_table(GOOD)
    assert table.columns.tolist() == ["Ann", "Ben", "Clinic"]
    assert table.loc["Stand"].tolist() == ["", "RA", "R"]
    checks = raci_checks(table, partners=["Clinic"])
    assert [c.answer for c in checks] == ["yes"] * 5


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"Stand": {"Ben": "R"}}, "one accountable for each task",
         "Nobody answers for 'Stand'."),
        ({"Posts": {"Ann": "A", "Dan": "AR"}}, "one accountable for each task",
         "Several answer for 'Posts'."),
        ({"Posts": {"Ann": "A", "Ben": "C"}}, "somebody responsible for each task",
         "Nobody does 'Posts'."),
        ({"Posts": {"Ann": "R", "Ben": "A"}}, "nobody answers for too much",
         "Ben answers for 67% of the tasks."),
        ({"Posts": {"Ann": "A", "Ben": "R", "Dan": ""}}, "everybody has a part",
         "'Dan' has no part in any task."),
    ],
)  # fmt: skip
def test_checks_of_who_does_what(change, name, words):
    made = raci_checks(raci_table(GOOD | change))
    wrong = {c.name: c.sentence for c in made if c.answer == "no"}
    assert wrong == {name: words}


def test_a_partner_without_a_task_is_named():
    (*_, last) = raci_checks(raci_table(GOOD), partners=["Clinics", "Ann"])
    assert last.answer == "no"
    assert last.sentence == "'Clinics' has no task (did you mean 'Clinic'?)."


@pytest.mark.parametrize("letters", ["X", "AA", "R/A"])
def test_other_letters_are_refused(letters):
    with pytest.raises(PlanError, match=f"'Ann' has '{letters}' for 'Posts'; write R"):
        raci_table({"Posts": {"Ann": letters}})
    with pytest.raises(PlanError, match="at least one task"):
        raci_table({})


def test_tasks_of_a_plan_become_letters():
    tasks = [
        Task(
            task="Posts", responsible="Ben", accountable=["Ann"], consulted=["Clinic"]
        ),
        Task(task="Stand", responsible=["Ben", "Clinic"], accountable="Ben"),
    ]
    table = raci_table(letters_of(tasks))
    assert table.loc["Posts"].to_dict() == {"Ben": "R", "Ann": "A", "Clinic": "C"}
    assert table.loc["Stand"].to_dict() == {"Ben": "RA", "Ann": "", "Clinic": "R"}
    with pytest.raises(PlanError, match="'posts' stands 2 times; write each task once"):
        letters_of([tasks[0], Task(task="posts ")])


# --- in the plan ------------------------------------------------------------------

PLAN = """campaignbook: 1
name: x
goals:
  - {{id: one, type: leads, measure: m, unit: share, direction: increase}}
{rest}
"""
ANSWERED = (
    "evaluations: [{id: e, goal: one, design: randomized_trial, "
    "power: {n: 50, change: 0.2}}]"
)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("partners: [{name: Clinic}, {name: 'clinic '}]",
         "partners: 'clinic' stands 2 times; write each partner once."),
        ("raci: [{task: Posts}, {task: posts}]",
         "raci: 'posts' stands 2 times; write each task once."),
        ("raci: [{task: Posts, acountable: Ann}]",
         "unknown key 'acountable' (did you mean 'accountable'?)"),
        ("partners: [{name: Clinic, reach: -5}]", "partners.Clinic.reach: "),
    ],
)  # fmt: skip
def test_a_plan_with_impossible_partners_is_refused_when_it_is_read(
    plan_file, rest, words
):
    path = plan_file(PLAN.format(rest=f"{ANSWERED}\n{rest}"))
    with pytest.raises(PlanError, match=re.escape(words)):
        read_plan(path)
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == 2 and words in done.output
    done = CliRunner().invoke(main, ["report", str(path), "--out", str(path.parent)])
    assert done.exit_code == 2 and words in done.output


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("evaluations: []", "goals.one: no evaluation answers it; write one under"),
        ("partners: [{name: Clinic}, {name: Choir, reach: 5}]",
         "partners: 'Clinic' has no reach; write how many people of the audience"),
        ("partners: [{name: Clinic}, {name: Choir}]",
         "'Clinic', 'Choir' have no reach"),
        ("strategy: {channels: [{name: Radio, budget: 0}]}",
         "strategy.channels.Radio: the budget is 0; write an amount above 0"),
        ("raci: [{task: Posts, responsible: Ann, accountable: [Ann, Ben]}]",
         "raci: one accountable for each task: Several answer for 'Posts'."),
        ("raci: [{task: Posts, responsible: Ann}]", "Nobody answers for 'Posts'."),
    ],
)  # fmt: skip
def test_what_a_plan_leaves_open_is_told_in_a_sentence(plan_file, rest, words):
    given_one = "" if rest.startswith("evaluations") else ANSWERED
    path = plan_file(PLAN.format(rest=f"{given_one}\n{rest}"))
    found = answer(path)
    (said,) = open_points(found.plan)
    assert words in said
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == 0 and f"still open: {said}" in done.output
    assert words in html.unescape(the_plan(found))


def test_a_plan_that_leaves_nothing_open_says_nothing(plan_file):
    path = plan_file(PLAN.format(rest=ANSWERED))
    assert open_points(read_plan(path)) == ()
    assert "Still open" not in the_plan(answer(path))


def test_tasks_are_entered_in_the_form_and_saved(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    form = plan_partners()
    task = {"task": "Posts", "responsible": ["Ann"], "accountable": ["Ann", "Ben"]}
    form.form.patch(raci=[task])
    assert "Several answer for &#x27;Posts&#x27;" in form.said
    saved = read_plan(tmp_path / "my_campaign" / "plan.yml")
    assert saved.raci[0].accountable == ("Ann", "Ben")
    one = {"name": "Clinic", "review_date": "2027-03-01"}
    form.form.patch(partners=[one, {"name": "clinic"}])
    assert any("stands 2 times" in e for e in form.form.errors.values())


# --- places -----------------------------------------------------------------------


@pytest.fixture
def places():
    return pd.DataFrame(
        {"place": ["North", "South", "East"], "people": [1000, 500, 200]}
    )


@pytest.fixture
def organisations():
    return pd.DataFrame(
        {
            "name": ["Clinic", "Mosque", "Clinic"],
            "place": ["North", "North", "South"],
            "reach": [400, 300, 500], "trust": [0.5, 0.9, np.nan],
        }
    )  # fmt: skip


def test_coverage_by_hand(organisations, places):
    before = organisations.copy(), places.copy()
    made = coverage(organisations, places).set_index("place")
    ends = ["low", "high", "trusted_low", "trusted_high"]
    assert made.loc["North", ends].tolist() == pytest.approx([0.4, 0.7, 0.27, 0.47])
    assert made.loc["South", ends].tolist() == [1, 1, 0, 1]  # trust is not told
    assert made.loc["East", ends].tolist() == [0, 0, 0, 0]
    assert made.loc["North", "sentence"] == (
        "North: 2 organisations reach 40.0% to 70.0% of 1,000 people; 27.0% to 47.0% "
        "are reached by one they trust."
    )
    assert "nobody reaches any of 200 people" in made.loc["East", "sentence"]
    asked = coverage(organisations.assign(asked=20), places).set_index("place")
    low, high = wilson(18, 20, level=0.95)
    assert asked.loc["North", "trusted_low"] == pytest.approx(0.3 * low)
    most = 0.4 * wilson(10, 20, level=0.95)[1] + 0.3 * high
    assert asked.loc["North", "trusted_high"] == pytest.approx(most)
    for one, was in zip((organisations, places), before, strict=True):
        pd.testing.assert_frame_equal(one, was)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"place": "West"}, "'Clinic' in West: the audience has no such place"),
        ({"reach": -1}, "'Clinic' in North reaches -1 of 1000 people"),
        ({"reach": 2000}, "'Mosque' in North reaches 2000 of 1000"),
        ({"trust": 1.2}, "the trust is 1.2; write a share"),
        ({"place": "North"}, "'Clinic' in North stands twice"),
    ],
)
def test_wrong_organisations_are_refused(organisations, places, change, words):
    with pytest.raises(DataError, match=words):
        coverage(organisations.assign(**change), places)


def test_a_wrong_audience_is_refused(organisations, places):
    with pytest.raises(DataError, match="'North' stands twice"):
        coverage(organisations, pd.concat([places, places.head(1)]))
    with pytest.raises(DataError, match="'East' has 0 people"):
        coverage(organisations, places.assign(people=[1000, 500, 0]))


# --- what one more adds -----------------------------------------------------------


def test_added_people_by_hand():
    rows = [("a", 100, 50), ("b", 80, 160), ("c", 60, None)]
    made = added_bounds(rows, population=200).set_index("name")
    # nothing known: all of b and c may be in a, and a's people in b and c
    assert made["added_low"].tolist() == [0, 0, 0]
    # b and c hold 80 at least, a and c 100, a and b 100, of 200
    assert made["added_high"].tolist() == [100, 80, 60]
    assert made["cost_low"].tolist()[:2] == [0.5, 2.0] and np.isinf(
        made["cost_high"]["a"]
    )
    assert np.isnan(made["cost_low"]["c"]) and np.isnan(made["cost_high"]["c"])
    pairs = {("a", "b"): 0.5, ("c", "b"): 0.25, ("a", "c"): 0.5}
    known = added_bounds(rows, overlaps=pairs).set_index("name")
    # a: 100 less 40 and 30; or less 55, as b and c share no more than 15 of them
    assert known.loc["a", ["added_low", "added_high"]].tolist() == [30, 45]
    assert known.loc["a", "sentence"] == (
        "a reaches 100 people and adds 30 to 45; each of these costs 1.11 to 1.67."
    )
    inside = added_bounds([("a", 100, 50), ("b", 80, 9)], overlaps={("a", "b"): 1.0})
    assert inside["sentence"][1].endswith("adds 0: its cost buys nobody new.")


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.floats(0, 1))
def test_added_bounds_hold_in_simulation(seed, n, known):
    hits, overlaps = drawn_audience(seed, n, known)
    rows = [(str(i), s, None) for i, s in enumerate(hits.sum(axis=0))]
    for given_overlaps in (None, overlaps):
        made = added_bounds(rows, population=PEOPLE, overlaps=given_overlaps)
        for i, row in enumerate(made.itertuples()):
            alone = (hits[:, i] & ~np.delete(hits, i, axis=1).any(axis=1)).sum()
            assert row.added_low - CLOSE <= alone <= row.added_high + CLOSE


TWO = [("a", 5, 1), ("b", 5, 1)]


def true_reach(hits, names):
    return hits[:, [int(n) for n in names]].any(axis=1).sum()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.floats(0, 1), st.booleans())
def test_sets_chosen_by_bounds_hold_in_simulation(seed, n, known, assume):
    """Against all sets of an audience that is known person by person."""
    hits, overlaps = drawn_audience(seed, n, known)
    whole = drawn_audience(seed, n, 1.0)[1]
    costs = np.random.default_rng(seed).integers(0, 10, n).tolist()
    names = [str(i) for i in range(n)]
    rows = list(zip(names, hits.sum(axis=0), costs, strict=True))
    budget = max(6, min(costs))
    assumed = (min(whole.values()), max(whole.values())) if assume and whole else None
    chosen = choose_partners(
        rows, budget=budget, population=PEOPLE, overlaps=overlaps, assumed=assumed
    )
    others = [
        s
        for k in range(1, n + 1)
        for s in combinations(names, k)
        if sum(costs[int(i)] for i in s) <= budget
    ]
    reached = {s: true_reach(hits, s) for s in others}
    for one in chosen:
        assert one.sets == len(others) and one.cost <= budget
        assert one.bounds.low - CLOSE <= reached[one.partners]
        assert reached[one.partners] <= one.bounds.high + CLOSE
    surest, hoped = chosen
    # what is promised at least is reached at least, and nothing beats the most hoped
    assert max(reached.values()) >= surest.bounds.low - CLOSE
    assert max(reached.values()) <= hoped.bounds.high + CLOSE
    if not surest.rivals:
        assert reached[surest.partners] == max(reached.values())


def test_assumed_overlaps_narrow_what_is_added():
    rows = [("a", 100, 9), ("b", 80, 5), ("c", 60, 4)]
    surest, hoped = choose_partners(rows, budget=9)
    told = "a: 100 people for 9; 1 of 4 sets might reach more than 100."
    assert surest.sentence() == told
    assert hoped.partners == ("b", "c")
    assert (hoped.bounds.low, hoped.bounds.high) == (80, 140)
    # 10% to 20% of the 60 overlap: 140 less 12, and 140 less 6
    surest, hoped = choose_partners(rows, budget=9, assumed=(0.1, 0.2))
    assert surest == hoped
    assert (surest.bounds.low, surest.bounds.high, surest.rivals) == (128, 134, 0)
    assert "128 to 134 people for 9; no other set can reach more" in surest.sentence()
    made = added_bounds(rows[1:], overlaps={("b", "c"): (0.1, 0.2)})
    assert made[["added_low", "added_high"]].to_numpy().tolist() == [[68, 74], [48, 54]]


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        ([("a", 5, 1)], {"budget": 0}, "the budget is 0; write an amount above 0"),
        ([("a", 5, 1)], {"budget": -3}, "the budget is -3"),
        ([("a", None, 1)], {"budget": 5}, "'a' has no reach"),
        ([("a", 5, None)], {"budget": 5}, "'a' has no cost"),
        ([("a", 5, -1)], {"budget": 5}, "cost of 'a' is -1"),
        ([("a", 5, 9)], {"budget": 5}, "pays for nobody; the cheapest costs 9"),
        ([("a", 5, 1), ("a", 5, 1)], {"budget": 5}, "'a' stands 2 times"),
        ([(f"p{i}", 5, 1) for i in range(13)], {"budget": 5}, "13 partners; all sets"),
        ([("a", 5, 1)], {"budget": 5, "assumed": (0.2, 1.2)}, "is 0.2 to 1.2; write"),
        (TWO, {"budget": 5, "overlaps": {("a", "b"): (0.5, 0.2)}},
         "overlap of 'a' and 'b' is 0.5 to 0.2"),
        (TWO, {"budget": 5, "overlaps": {("a", "b"): 1.5}},
         "overlap of 'a' and 'b' is 1.5; write a share"),
    ],
)  # fmt: skip
def test_wrong_sets_of_partners_are_refused(rows, more, words):
    with pytest.raises(PlanError, match=words):
        choose_partners(rows, **more)


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        ([("a", None, 5)], {}, "'a' has no reach"),
        ([("a", 5, -5)], {}, "cost of 'a' is -5"),
        ([("a", 5, 5), ("a", 5, 5)], {}, "'a' stands 2 times"),
        ([("a", 5, 5), ("b", 5, 5)], {"overlaps": {("a", "b"): 1.1}}, "is 1.1; write"),
        ([], {}, "nobody whose reach"),
    ],
)
def test_wrong_partners_are_refused(rows, more, words):
    with pytest.raises(PlanError, match=words):
        added_bounds(rows, **more)


# --- figures ----------------------------------------------------------------------


def test_stakeholders_stand_where_they_are():
    two = [partner("a", power=4, interest=2), partner("b", power=4, interest=2)]
    ax = draw_stakeholders(stakeholder_map(two), high=3, ax=Figure().subplots())
    said = [t.get_text() for t in ax.texts]
    assert said == ["work closely", "keep satisfied", "keep informed", "watch", "a\nb"]
    (dot,) = (line for line in ax.lines if line.get_marker() == "o")
    assert (dot.get_xdata()[0], round(dot.get_ydata()[0], 1)) == (2, 4.3)
    assert "keep satisfied: a, b" in stakeholder_picture(two).alt


def test_coverage_is_drawn_from_least_to_most(organisations, places):
    made = coverage(organisations, places)
    ax = draw_coverage(made, ax=Figure().subplots())
    first = ax.patches[0]
    assert (first.get_x(), first.get_width()) == pytest.approx((0.4, 0.3))
    assert "North: 40.0% to 70.0%, trusted 27.0% to 47.0%" in coverage_picture(made).alt


# --- the lesson -------------------------------------------------------------------

PLANS = ROOT / "data" / "plans"


def test_two_plans_stand_side_by_side_over_the_six_dimensions():
    social, online = (
        plan_dimensions(read_plan(PLANS / f"{name}.yml"))
        for name in ("quit_in_leeds", "quit_page")
    )
    assert list(social) == [d.id for d in read_cases().dimensions] == list(online)
    assert LEFT_OPEN not in (*social.values(), *online.values())
    assert "from 31.1% to 34.5% by 2027-12-31" in social["success"]
    assert "randomized trial" in social["measures"] and "kpis" in online["measures"]
    shown = plans_side_by_side(
        str(PLANS / "quit_in_leeds.yml"), str(PLANS / "quit_page.yml")
    )
    assert shown.data.count("<tr>") == 7
    assert "How: Randomised trial." in shown.data
    assert "In general: Those whom the audience believes" in shown.data


def test_what_a_plan_leaves_open_is_said(plan_file):
    plan = read_plan(plan_file("campaignbook: 1\nname: Nothing yet\n"))
    assert set(plan_dimensions(plan).values()) == {LEFT_OPEN}


def test_the_own_partners_are_placed_checked_and_bounded(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    form = plan_partners()
    assert "no partner in order yet" in form.said
    one = {"name": "Clinic", "power": 4, "interest": 4, "reach": 500, "cost": 100}
    form.form.patch(partners=[one])
    assert "work closely" in form.said and "Set a review date" in form.said
    assert "adds 500; each of these costs 0.2" in form.said


PLAN_OF_LEEDS = read_plan(PLANS / "quit_in_leeds.yml")


def test_the_tasks_of_both_plans_are_in_order():
    for name in ("quit_in_leeds", "quit_page"):
        checks = task_checks(read_plan(PLANS / f"{name}.yml"))
        assert len(checks) == 5 and {c.answer for c in checks} == {"yes"}


def test_the_best_three_of_the_exercise_are_those_it_calls_right():
    people = pd.DataFrame(
        {"Ann": [1, 1, 1, 0, 0, 0, 0], "Ben": [1, 1, 0, 1, 0, 0, 0],
         "Cem": [1, 0, 0, 0, 1, 0, 0], "Dia": [0, 0, 0, 0, 0, 1, 0],
         "Eva": [0, 0, 0, 0, 0, 0, 1],
         "people": [35_000, 5_000, 10_000, 5_000, 5_000, 20_000, 15_000]}
    )  # fmt: skip
    found = best_set(people, at_most=3)
    (question,) = (q for q in read_questions().questions if q.id == "best-three")
    (right,) = (o for o in question.options if o.right)
    assert right.text == f"{found.items[0]}, {found.items[1]} and {found.items[2]}."
    assert f"{found.reach:,.0f}" in right.feedback
    assert best_alone(people, at_most=3).reach == 60_000


def test_the_notebook_s_statements_hold_in_its_tables():
    exports = ROOT / "data" / "tables" / "exports"
    audience = pd.read_csv(exports / "audience_patterns.csv")
    accounts = pd.read_csv(exports / "influencers.csv")
    fees = dict(zip(accounts["name"], accounts["fee"], strict=True))
    text = prose_of("06_partnerships")
    largest = best_alone(audience, at_most=3, costs=fees)
    best = best_set(audience, at_most=3, budget=7_000, costs=fees)
    assert best.reach > largest.reach and best.cost < largest.cost
    assert "Leeds Lately" in best.items
    steps = best_set(audience, at_most=3, budget=7_000, costs=fees, most_sets=0)
    assert steps.items == best.items and round(steps.upper) == 41_295
    assert "41,295" in text and "at most" in steps.sentence()
    rows = [(p.name, p.reach, p.cost) for p in PLAN_OF_LEEDS.partners if p.reach]
    asked = {"budget": 12_000, "population": 60_000}
    unknown = choose_partners(rows, **asked)[0]
    assumed = choose_partners(rows, **asked, assumed=(0.2, 0.5))[0]
    assert (unknown.bounds.low, unknown.bounds.high) == (30_000, 60_000)
    assert "30,000 to 60,000 is honest" in text
    assert assumed.bounds.low > unknown.bounds.low and assumed.rivals < unknown.rivals
    last = additions(audience, [*best.items, "Leeds Lately Extra"], costs=fees).iloc[-1]
    assert (last["item"], last["added"], last["cost"]) == ("Leeds Lately Extra", 0, 200)


def test_the_smaller_voice_is_believed_by_nearly_as_many():
    path = ROOT / "notebooks" / "06_partnerships.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    (table,) = ("".join(c["source"]) for c in cells if c["id"] == "voices-online")
    space = {"pd": pd}
    exec(table, space)
    young = space["voices"].query("place == 'Young parents'").set_index("name")
    believed = (young["reach"] * young["trust"]).round()
    text = prose_of("06_partnerships")
    assert young["reach"].to_dict() == {"Tess and Co": 6000, "Mum in the Middle": 2000}
    assert young["trust"].tolist() == [0.25, 0.7]
    assert believed.tolist() == [1500, 1400] and "1,500 people and 1,400" in text
    accounts = pd.read_csv(ROOT / "data" / "tables" / "exports" / "influencers.csv")
    fees = accounts.set_index("name")["fee"]
    assert fees[["Mum in the Middle", "Tess and Co"]].tolist() == [1500, 2600]
    assert "for a lower fee: 1,500 against 2,600 pounds" in text
