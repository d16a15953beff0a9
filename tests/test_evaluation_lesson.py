"""The lesson on evaluation: designs by questions, naive answers, the own report."""

import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import ROOT, prose_of
from hypothesis import given
from hypothesis import strategies as st

from campaignbook import lesson_designs
from campaignbook import lesson_evaluation as lesson
from campaignbook.answers import answer
from campaignbook.cli import main
from campaignbook.design_choice import Situation, choose_design
from campaignbook.errors import DataError
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation_framework import framework_steps
from campaignbook.files import read_data, read_plan
from campaignbook.forms import plan_form
from campaignbook.lesson_designs import social_returns
from campaignbook.naive_answers import (
    as_if_many,
    before_and_after,
    clicks_and_lift,
    course_and_lift,
    false_alarms,
)
from campaignbook.net_reach import additions
from campaignbook.reading import parse_data
from campaignbook.recomputed import RecomputedBook

PLANS = ROOT / "data" / "plans"


@pytest.fixture(scope="module")
def donors():
    return answer(PLANS / "organ_donors.yml").evaluations[0]


@pytest.fixture(scope="module")
def orders():
    return answer(PLANS / "online_orders.yml").evaluations[0]


def one_state():
    """Return California's tobacco programme beside the mean of all other states."""
    did = {"evaluations.against-other-states.design": "difference_in_differences"}
    return answer(PLANS / "california_tobacco.yml", overrides=did).evaluations[0]


# --- the design -------------------------------------------------------------------

SITUATIONS = [
    ({"randomised"}, "randomized_trial"),
    ({"randomised", "in_groups", "comparison", "before"}, "randomized_trial"),
    ({"comparison", "before", "many"}, "difference_in_differences"),
    ({"comparison", "before"}, "difference_in_differences"),
    ({"comparison", "before", "many", "long_series"}, "difference_in_differences"),
    ({"comparison", "before", "long_series"}, "synthetic_control"),
    ({"before", "long_series"}, "interrupted_time_series"),
    ({"comparison", "described"}, "observational"),
    ({"before"}, "pre_post"),
    ({"before", "described"}, "pre_post"),
    ({"comparison"}, "proportion"),
    (set(), "proportion"),
]


@pytest.mark.parametrize(("yes", "design"), SITUATIONS)
def test_each_situation_has_its_design(yes, design):
    found = choose_design(Situation(**dict.fromkeys(yes, "yes")))
    assert found.design == design
    assert found.causal == (design not in ("pre_post", "proportion"))


@given(st.sets(st.sampled_from(sorted(Situation.model_fields))))
def test_every_situation_is_answered_with_keys_that_plans_have(yes):
    found = choose_design(Situation(**dict.fromkeys(yes, "yes")))
    assert set(found.keys) <= set(EvaluationSpec.model_fields)
    assert ("cluster" in found.keys) == ({"randomised", "in_groups"} <= yes)
    assert found.why and found.weakness and found.better


def test_few_places_are_told():
    few = choose_design(Situation(comparison="yes", before="yes"))
    assert "fewer than five" in few.weakness
    many = choose_design(Situation(comparison="yes", before="yes", many="yes"))
    assert "fewer than five" not in many.weakness


def test_an_unknown_question_is_refused_with_the_nearest():
    with pytest.raises(DataError, match=r"no question 'randomized'.*'randomised'"):
        lesson.design_for(randomized="yes")


# --- naive answers go wrong in the numbers ----------------------------------------


@pytest.mark.parametrize(
    ("looks", "published"),
    [(1, 0.05), (2, 0.083), (5, 0.142), (10, 0.193), (20, 0.248)],
)
def test_looks_raise_false_alarms_as_published(looks, published):
    """Armitage, McPherson and Rowe (1969), table 2."""
    found = false_alarms(looks)
    assert found.estimate == pytest.approx(published, abs=0.007)
    if looks > 1:
        assert found.ci_low > 0.05


def test_no_look_is_refused():
    with pytest.raises(DataError, match=r"0 looks.*at least one"):
        false_alarms(0)


def test_clicks_claim_a_gain_where_chance_shows_a_loss():
    found = clicks_and_lift()
    by_clicks, (by_lift, low, high) = found.return_on(20_000, per_order=10)
    assert by_clicks > 0.5
    assert low < by_lift < high < 0
    assert found.lift.ci_low < found.true_lift < found.lift.ci_high
    rate = found.clicked.events / found.clicked.n
    assert rate > 20 * found.not_clicked.events / found.not_clicked.n
    with pytest.raises(DataError, match="cost is 0"):
        found.return_on(0, per_order=10)


def test_who_came_to_a_course_claims_more_than_chance_shows():
    found = course_and_lift()
    assert found.by_clicks > 1.5 * found.added[2]
    assert found.lift.ci_low < found.true_lift < found.lift.ci_high
    shown = lesson.course_beside_lift(found, cost=150_000, currency="EUR").data
    by_came, by_chance = 150_000 / found.by_clicks, 150_000 / found.added[0]
    assert f">{by_came:.0f}<" in shown and f">{by_chance:.0f} (95%" in shown
    assert "those invited with those whom chance did not invite" in shown
    nothing = course_and_lift(n=200, seed=9)
    assert nothing.added[1] < 0
    shown = lesson.course_beside_lift(nothing, cost=3_000, currency="EUR").data
    assert "to no end)" in shown


def test_the_interval_of_the_lift_holds_the_truth_as_often_as_promised():
    draws = [clicks_and_lift(n=50_000, seed=s) for s in range(400)]
    held = [d.lift.ci_low < d.true_lift < d.lift.ci_high for d in draws]
    # .95 less three standard errors of 400 draws
    assert sum(held) / len(held) >= 0.917
    assert sum(d.by_clicks > d.added[2] for d in draws) >= 390


def test_people_of_the_advertisement_are_counted_once():
    found = clicks_and_lift(n=10_000, seed=3)
    assert found.clicked.n + found.not_clicked.n == found.shown.n == 10_000
    assert found.clicked.events + found.not_clicked.events == found.shown.events


def test_one_state_as_if_there_were_many(donors):
    naive, right = as_if_many(donors), donors.estimates[0]
    assert naive.ci_high < 0 and naive.p_value < 0.001
    assert right.ci_low < 0 < right.ci_high and right.p_value > 0.1
    assert naive.estimate == pytest.approx(right.estimate, rel=1e-9)
    assert not naive.assumptions


def test_before_and_after_is_not_with_and_without(donors, orders):
    rows = before_and_after(donors)
    assert [r["change"].split()[0] for r in rows] == ["-0.9", "1.4", "-2.2"]
    rows = before_and_after(one_state())
    assert [r["change"].split()[0] for r in rows] == ["-55.9", "-28.5", "-27.3"]
    rows = before_and_after(orders)
    naive, anyway, effect = (float(r["change"].split()[0]) for r in rows)
    # the truth is 0.948 points: before and after misses it by more than a third
    assert naive > 1.35 * 0.948 and anyway > 0.3
    assert abs(effect - 0.948) < 0.06


def test_other_designs_have_no_two_sides():
    trial = answer(PLANS / "splash_page.yml").evaluations[0]
    with pytest.raises(DataError, match="no two series"):
        before_and_after(trial)
    with pytest.raises(DataError, match="no clustered standard error"):
        as_if_many(trial)


# --- the framework, and figures computed again ------------------------------------


def test_the_steps_have_the_framework_s_names():
    names = [s.name for s in framework_steps(read_plan(PLANS / "tips.yml"))]
    assert names == [
        "Assess the context", "Describe the program",
        "Focus the evaluation question and design", "Gather credible evidence",
        "Generate and support conclusions", "Act on findings",
    ]  # fmt: skip


def test_an_empty_plan_has_done_no_step(plan_file):
    plan = read_plan(plan_file("campaignbook: 1\nname: Nothing yet\n"))
    assert not any(s.done or s.there for s in framework_steps(plan))
    whole = lesson.framework_checklist(str(PLANS / "quitline_calls.yml")).data
    assert whole.count("✓ yes") == 2 and whole.count("✗ not yet") == 4


def test_published_figures_are_computed_again():
    book = lesson.read_recomputed()
    assert len(book.cases) >= 8
    assert [c.id for c in book.cases if not c.agrees] == ["bond-votes"]
    values = {c.id: round(c.value) for c in book.cases}
    assert values["tips-abstinent"] == 219_760 and values["bond-votes"] == 234_215
    shown = lesson.recomputed_cases().data
    assert shown.count("✓ yes") == len(book.cases) - 1 and "234,215" in shown


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("published", 500, "the table says that it fits"),
        ("formula", "rato", "no formula 'rato'"),
        ("inputs", {"part": 1}, "the formula takes"),
        ("sources", ["nobody"], "no source 'nobody'"),
    ],
)
def test_a_wrong_figure_is_refused(key, value, said):
    data = read_data("recomputed")
    case = next(c for c in data["cases"] if c["id"] == "tips-quit")
    with pytest.raises(DataError, match=said):
        parse_data(RecomputedBook, {**data, "cases": [{**case, key: value}]})


# --- the own report ---------------------------------------------------------------


def test_the_report_of_the_own_plan(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    mine = lesson.own_report()
    mine.make()
    assert "no plan yet" in mine.said
    goal = {
        "id": "quit", "type": "behaviour", "measure": "share who try to quit",
        "unit": "share", "direction": "increase", "baseline": 0.31, "target": 0.35,
    }  # fmt: skip
    plan_form("name", "goals").patch(name="Breathe", goals=[goal])
    mine.make()
    page = tmp_path / "my_campaign" / "reports" / "plan" / "report.html"
    assert "Open the report" in mine.said and "quit: " in mine.said
    assert "Breathe" in page.read_text(encoding="utf-8")
    plan = tmp_path / "my_campaign" / "plan.yml"
    lost = (
        "evaluations:\n- {id: e, goal: quit, design: pre_post, outcome: y,\n"
        "   data: {file: lost.csv}, time: {column: t, start: 3}}\n"
    )
    plan.write_text(plan.read_text(encoding="utf-8") + lost, encoding="utf-8")
    mine.make()
    assert "not ready" in mine.said and "lost.csv" in mine.said


SECTIONS_OF_NOTEBOOKS = (
    ("name", "purpose", "kind", "currency"), ("goals",), ("period", "activities"),
    ("segments",), ("strategy",), ("partners", "raci"),
    ("evaluations", "costs", "value", "re_aim"),
)  # fmt: skip
"""What the forms of notebooks 01 to 07 fill in, one after the other."""


@pytest.mark.notebook
@pytest.mark.parametrize("name", ["quit_in_leeds", "quit_page"])
def test_after_the_last_notebook_the_plan_is_complete(name, tmp_path, monkeypatch):
    """Entered form by form, the plan is the shipped one, and so is its document."""
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    whole = read_plan(PLANS / f"{name}.yml")
    data = whole.model_dump(mode="json", exclude_unset=True, by_alias=True)
    if name == "quit_page":
        data["evaluations"][0]["exports"] = []  # the period is to come
    for sections in SECTIONS_OF_NOTEBOOKS:
        form = plan_form(*sections)
        form.patch(**{s: data[s] for s in sections if s in data})
        assert not form.errors
    path = tmp_path / "my_campaign" / "plan.yml"
    mine = read_plan(path)
    for section in ("goals", "segments", "strategy", "activities", "partners", "raci"):
        assert getattr(mine, section) == getattr(whole, section), section
    words = ["report", str(path), "--out", str(tmp_path / "reports")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "reports" / "plan" / "report.html").read_text(encoding="utf-8")
    assert "Not in the plan yet" not in page
    assert "No evaluation of this goal has data yet" in page
    for goal in whole.goals:
        assert goal.statement in page
    for part in (*whole.partners, *whole.segments, *whole.strategy.channels):
        assert part.name in page
    for task in whole.raci:
        assert task.task in page


def test_the_form_of_evaluations_tells_what_they_will_see(tmp_path, monkeypatch):
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    goal = {
        "id": "quit", "type": "behaviour", "measure": "share who try to quit",
        "unit": "share", "direction": "increase", "baseline": 0.31, "target": 0.35,
    }  # fmt: skip
    plan_form("goals").patch(goals=[goal])
    form = lesson.plan_evaluations()
    assert "No evaluation says yet" in form.said
    spec = {
        "id": "e",
        "goal": "quit",
        "design": "randomized_trial",
        "power": {"n": 300},
    }
    form.form.patch(evaluations=[spec])
    assert "300 people" in form.said and "4.0 percentage points" in form.said


# --- what the notebook says -------------------------------------------------------


def words_of_money():
    """Return sentences on money in the notebook, each with whether it holds."""
    ad = clicks_and_lift().return_on(20_000, per_order=10)
    course = {k: round(v.ratio, 2) for k, v in social_returns().items()}
    low, high = (
        answer(PLANS / "tips.yml", overrides={"value.per_outcome": w}).economics.roi
        for w in (10, 100)
    )
    each = answer(PLANS / "online_orders.yml").economics.cost_per_outcome
    exports = ROOT / "data" / "tables" / "exports"
    fees = pd.read_csv(exports / "influencers.csv").set_index("name")["fee"].to_dict()
    four = ["Tess and Co", "Mum in the Middle", "Leeds Lately", "Leeds Lately Extra"]
    made = additions(pd.read_csv(exports / "audience_patterns.csv"), four, costs=fees)
    prices = made.set_index("item")["cost_per_additional"]
    back = 0.01 * 12 * made["added"].sum() / sum(fees[n] for n in four[:3]) - 1
    return {
        "returned +64%, by the comparison that chance decided -60%": (
            round(ad[0], 2),
            round(ad[1][0], 2),
        )
        == (0.64, -0.6),
        "returns 2.74 for each euro, or 0.63": course["as assumed"] == 2.74
        and course["both"] == 0.63,
        "Two thirds lost, or a gain of 2.4 times the cost": round(low.estimate, 2)
        == -0.66
        and round(high.estimate, 1) == 2.4,
        "10.7 dollars an order": round(each.estimate, 1) == 10.7,
        "costs 16 pence or more, and is worth 12": round(prices.min(), 2) == 0.16,
        "about a quarter less": -0.27 < back < -0.23,
        "The fourth adds nobody": made.set_index("item")["added"][four[3]] == 0,
    }


def words_of_power(donors, orders):
    """Return sentences on power in the notebook, each with whether it holds."""
    few = {"evaluations.neighbourhoods.power.clusters": 10}
    small = answer(PLANS / "quit_in_leeds.yml", overrides=few).planned[0]
    many = answer(PLANS / "quit_in_leeds.yml").planned[0]
    seen = donors.details["power"]
    hiv = answer(PLANS / "hiv_results.yml").evaluations[0].details["power"]
    return {
        "wants 3.4 points more smokers": round(many.details["power"]["change_asked"], 3)
        == 0.034,
        "a chance of 27% should not be": round(small.details["power"]["chance"], 2)
        == 0.27,
        "and one state can show 15 or more": round(100 * seen["smallest_change"]) == 15,
        "The test with the patches could see less than 0.1 points": orders.details[
            "power"
        ]["smallest_change"]
        < 0.001,
        "and half a point was asked for": orders.details["power"]["change_asked"]
        == 0.005,
        "The plan asked for 3 points": round(seen["change_asked"], 2) == 0.03,
        "It could see 6 points, 26 were asked for, and 45 came": (
            round(100 * hiv["smallest_change"]),
            round(100 * hiv["change_asked"]),
        )
        == (6, 26),
    }


# --- designs on data, and what could be seen --------------------------------------


def test_each_design_that_the_questions_lead_to_is_shown_on_real_data():
    shown = lesson_designs.designs_on_data(str(PLANS)).data
    assert {e.design for e in lesson_designs.EXAMPLES} == {d for _, d in SITUATIONS}
    rows = shown.split("<tr>")[2:]
    assert len(rows) == len(lesson_designs.EXAMPLES)
    for one, row in zip(lesson_designs.EXAMPLES, rows, strict=True):
        plan = answer(PLANS / f"{one.plan}.yml")
        if one.design != "interrupted_time_series":
            assert plan.evaluations[0].design == one.design
        assert "simulated" not in plan.plan.name
        causal = one.design not in ("pre_post", "proportion")
        assert causal == ("nothing about why" not in row)


def test_the_same_cigarettes_by_two_designs():
    """The mean of all states does not move like California, and the check says so."""
    series = lesson_designs.one_series(str(PLANS)).evaluations[0]
    right = answer(PLANS / "california_tobacco.yml").evaluations[0]
    assert {c.name: c.answer for c in series.checks}["pre-period fit"] == "no"
    assert series.estimates[0].estimate == pytest.approx(-5.25, abs=0.01)
    # Abadie et al. (2010), by outcomes alone: see test_published_targets
    assert right.estimates[0].estimate == pytest.approx(-19.5136, abs=1e-3)
    assert "So -5.25 is not to be believed" in prose_of("07_evaluation")


def test_power_stands_beside_the_verdict(donors):
    plans = {
        "few": answer(PLANS / "quit_in_leeds.yml"),
        "one": answer(PLANS / "organ_donors.yml"),
        "page": answer(PLANS / "quit_page.yml"),
    }
    few, one, page = lesson_designs.power_and_verdict(plans).data.split("<tr>")[2:]
    for said in ("3.4 percentage", "82%", "no data yet", "cannot tell"):
        assert said in few
    for said in ("3.0 percentage", "14.6 percentage", "under 1%", "not met"):
        assert said in one
    assert "not known" in page and "not met" in page


def words_of_one_state():
    """Return what 07 says of one state and of many areas, and whether it holds."""
    packs, tobacco = one_state(), answer(PLANS / "california_tobacco.yml")
    naive, right = as_if_many(packs), packs.estimates[0]
    mixture = tobacco.evaluations[0].estimates[0]
    areas = answer(PLANS / "online_orders.yml").evaluations[0].details
    widths = [e.ci_high - e.ci_low for e in (mixture, right)]
    return {
        "38 other states did not have it": packs.details["control_clusters"] == 38,
        "trusts the 1,209 rows": naive.n == 1209,
        f"From {naive.ci_low:.1f} to {naive.ci_high:.1f}: that would be a clear "
        "success": naive.ci_high < 0,
        "from 91 packs fewer to 33 packs more": (round(right.ci_low), round(
            right.ci_high)) == (-91, 33),
        "Four other states moved as far": packs.details["rank"] == 5,
        "The interval is narrower, and it still holds zero": widths[0] < widths[1]
        and mixture.ci_low < 0 < mixture.ci_high,
        'the honest answer to "did the programme do it?" is *cannot tell*':
        tobacco.verdicts[0].verdict == "cannot tell",
        "ran in 33 areas, and 67 had none": areas["treated_clusters"] == 33
        and areas["control_clusters"] == 67,
    }  # fmt: skip


def words_of_a_course():
    """Return what 07 says of a stop-smoking course, and whether it holds."""
    found = course_and_lift()
    rates = [round(100 * c.events / c.n) for c in (found.clicked, found.not_clicked)]
    costs = [round(150_000 / n) for n in (found.by_clicks, found.added[0])]
    weight = answer(PLANS / "smoking_and_weight.yml").evaluations[0].estimates
    return {
        "28 of 100 people who came have quit, against 7 of 100 who did not":
        rates == [28, 7],
        "10,000 smokers were invited, and 10,000 others were not":
        found.shown.n == found.held_back.n == 10_000,
        "By who came, a quit cost 179 euros. By the comparison that chance decided it "
        "cost 425":
        costs == [179, 425],
        "more than half of those who quit would have quit anyway":
        found.added[0] < found.by_clicks / 2,
        "larger by almost a kilogram":
        0.75 < weight[0].estimate - weight[1].estimate < 1,
    }  # fmt: skip


def words_of_re_aim():
    """Return what 07 says of RE-AIM in both disciplines, and whether it holds."""
    tips, page, families = (
        answer(PLANS / f"{n}.yml") for n in ("tips", "quit_page", "change4life")
    )
    told = {n: r.re_aim for n, r in (("tips", tips), ("page", page))}
    known = {
        n: {p.name: p for d in found for p in d.parts if p.value is not None}
        for n, found in told.items()
    }
    evaluation = page.evaluations[0]
    enquiries = evaluation.details["enquiries"][0]
    delivered = page.plan.re_aim.implementation.delivered
    checks = {c.name: c for c in evaluation.checks}
    kept = families.re_aim[-1].parts[0].value.estimate
    return {
        "78% of the smokers who were asked": round(
            100 * known["tips"]["share of the audience"].value.estimate) == 78,
        "More of them tried to quit than before": known["tips"]["effect"].value.ci_low
        > 0 and "does not say what caused it" in known["tips"]["effect"].remark,
        "The rest is *unknown*": set(known["tips"])
        == {"share of the audience", "effect", "cost"},
        "ten files from its platforms": len(page.plan.evaluations[0].exports) == 10,
        "141 messages needed an answer, and 117 got one":
        (enquiries["needed"], enquiries["answered"]) == (141, 117)
        == (delivered.n, delivered.events),
        "and still it cannot be said": checks["people counted once"].answer == "no"
        and set(known["page"]) == {"delivered as planned", "cost"},
        "about one of nine families": round(1 / kept) == 9,
    }  # fmt: skip


def test_many_places_make_the_two_intervals_alike(orders, donors):
    for found, alike in ((orders, True), (donors, False)):
        naive, right = as_if_many(found), found.estimates[0]
        widths = [e.ci_high - e.ci_low for e in (naive, right)]
        assert (widths[1] < 1.1 * widths[0]) == alike


def words_of_one_cause():
    """Return what 07 says of Tips and of the quit page, and 1 where it is so."""
    tips, page = (answer(PLANS / f"{n}.yml") for n in ("tips", "quit_page"))
    change = tips.evaluations[0].estimates[0].estimate
    now = page.evaluations[0].details["kpis"][0]
    returned = page.evaluations[0].details["money"]["roi"]
    earlier = now["value"]["estimate"] - now["difference"]["estimate"]
    still = now["difference"]["ci_low"] < 0 < now["difference"]["ci_high"]
    tried = "the share who tried was 3.7 points higher than before"
    return {
        tried: round(1000 * change) - 36,
        "The page stood still at 2.7%": round(1000 * now["value"]["estimate"]) - 26,
        "2.7%, against 2.8% in the period before": round(1000 * earlier) - 27,
        "stood still": int(still),
        "Neither can say what made it so": int(
            {v.due_to_campaign for v in (*tips.verdicts, *page.verdicts)} == {"unknown"}
        ),
        "values an appointment at 20 pounds": page.plan.value.per_outcome - 19,
        "it kept less than it spent": int(returned["ci_high"] < 0),
    }


def test_the_numbers_in_the_notebook_s_words(donors, orders):
    text = prose_of("07_evaluation")
    said = {
        **words_of_money(),
        **words_of_power(donors, orders),
        **words_of_one_state(),
        **words_of_a_course(),
        **words_of_re_aim(),
        "sales fell by 55.9 packs a person": 1,
        "theirs fell by 28.5": 1,
        "So about 27 packs are left, half of it": 1,
        "The difference is -27.3 packs a person": 1,
        "fell by 0.9 points": 1,
        "theirs rose by 1.4": 1,
        "So the gap is 2.2 points": 1,
        "With ten looks it is 19 of 100": round(100 * false_alarms(10).estimate) - 18,
        "almost 4,900 orders": 1,
        **words_of_one_cause(),
    }
    for words, one in said.items():
        assert words in text and one == 1
    cost = answer(PLANS / "tips.yml").economics.cost_per_outcome
    assert (round(cost.ci_low), round(cost.ci_high)) == (18, 81)
    assert "from 18 to 81 dollars" in text
    money = answer(PLANS / "online_orders.yml").economics
    assert 4850 < money.outcomes.estimate < 4900
    assert money.roi.estimate == pytest.approx(-0.25, abs=0.005)
