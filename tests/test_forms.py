"""Forms: any plan comes back unchanged, anything can be entered, nothing is lost."""

import datetime as dt
import html

import ipywidgets as widgets
import pytest
from conftest import ROOT
from hypothesis import given, settings
from test_plan import plans

from campaignbook.costs import Cost
from campaignbook.errors import PlanError
from campaignbook.evaluation.spec import DESIGN_KEYS, EvaluationSpec
from campaignbook.files import read_plan, write_plan
from campaignbook.form_drafts import as_data, as_draft, draft_of
from campaignbook.form_fields import asked
from campaignbook.forms import Form, plan_form
from campaignbook.goals import Goal
from campaignbook.plan import CampaignPlan
from campaignbook.strategies import Channel

GOAL = {
    "id": "quit", "type": "behaviour", "measure": "share who quit", "unit": "share",
    "direction": "increase", "baseline": 0.2, "target": 0.25,
}  # fmt: skip
NOW = dt.datetime(2027, 3, 1, 9, 30, 15)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Let the learner's files go to a folder of the test."""
    monkeypatch.setenv("CAMPAIGNBOOK_HOME", str(tmp_path))
    return tmp_path / "my_campaign"


def all_of(widget, kind=widgets.Widget):
    """Yield a widget and all that stand in it."""
    if isinstance(widget, kind):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from all_of(child, kind)


def named(form, description):
    """Return the only control or button with this label, "(needed)" left out."""
    found = [
        w
        for w in all_of(form.view)
        if getattr(w, "description", "").removesuffix(" (needed)") == description
    ]
    assert len(found) == 1, [getattr(w, "description", "") for w in all_of(form.view)]
    return found[0]


def said(form):
    notes = " ".join(w.value for w in all_of(form.view, widgets.HTML))
    return html.unescape(notes)


# --- plan -> form -> plan ---------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(plans())
def test_form_and_back_is_the_identity(plan):
    form = Form(plan)
    assert form.errors == {}
    assert as_data(CampaignPlan, form.draft) == as_data(CampaignPlan, draft_of(plan))
    form.patch(name=plan.name)
    assert form.model == plan and repr(form.model) == repr(plan)


@settings(max_examples=10, deadline=None)
@given(plans())
def test_drawing_a_form_changes_nothing(plan):
    form = Form(plan)
    before = form.draft
    assert form.view is form.view
    assert form.draft == before and form.model == plan and form.errors == {}


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "plans").glob("*.yml")))
def test_every_control_says_what_the_draft_holds(path):
    """What a control shows, entered again, is what was there."""
    form = Form(read_plan(path))
    before = form.model
    for control in all_of(form.view, widgets.ValueWidget):
        if hasattr(control, "description"):
            control.notify_change(
                {"name": "value", "old": None, "new": control.value, "type": "change",
                 "owner": control}
            )  # fmt: skip
    assert form.model == before
    assert form.errors == {}


def test_every_field_of_every_part_has_a_control_of_the_allowed_kinds():
    allowed = (
        widgets.Text, widgets.Textarea, widgets.Dropdown, widgets.DatePicker,
        widgets.Checkbox, widgets.BoundedIntText, widgets.HTML,
    )  # fmt: skip
    for path in (ROOT / "data" / "plans").glob("*.yml"):
        for control in all_of(Form(read_plan(path)).view, widgets.ValueWidget):
            assert isinstance(control, allowed), type(control)


def test_labels_and_help_come_from_the_model():
    form = Form(Goal(**GOAL))
    for field in asked(Goal):
        assert field.help in said(form)
    assert named(form, "Measure").description == "Measure (needed)"
    money = Form(
        CampaignPlan(name="a", currency="EUR", costs=(Cost(item="x", amount=1),))
    )
    assert "Total in the plan's currency (EUR)." in said(money)


@pytest.mark.parametrize("design", DESIGN_KEYS)
def test_an_evaluation_asks_what_its_design_takes(design):
    required, optional = DESIGN_KEYS[design]
    names = {f.name for f in asked(EvaluationSpec, {"design": design})}
    assert names == {
        *required, *optional, "id", "goal", "question", "design", "level", "power",
    }  # fmt: skip


def test_another_design_draws_other_fields():
    form = Form(CampaignPlan(name="a", goals=(Goal(**GOAL),)), fields=["evaluations"])
    named(form, "Add evaluation").click()
    assert not [w for w in all_of(form.view) if getattr(w, "value", 0) == "Season"]
    named(form, "Design").value = "interrupted_time_series"
    assert named(form, "Season").value == ""
    named(form, "Design").value = "proportion"
    with pytest.raises(AssertionError):
        named(form, "Season")


# --- what can be entered ----------------------------------------------------------


def test_a_new_row_may_be_incomplete_and_loses_nothing():
    form = Form(CampaignPlan(name="a"), fields=["goals"])
    named(form, "Add goal").click()
    assert form.model == CampaignPlan(name="a")
    assert form.errors["goals.0.measure"] == "Measure is still needed."
    named(form, "Measure").value = "share who quit"
    assert form.draft["goals"] == [{"measure": "share who quit"}]
    assert "goals.0.measure" not in form.errors
    assert named(form, "Type").label == "Please choose"
    for label, value in {"Id": "quit", "Type": "behaviour", "Unit": "share"}.items():
        named(form, label).value = value
    assert form.model.goals == ()
    named(form, "Direction").value = "increase"
    assert form.errors == {}
    assert form.model.goals[0].measure == "share who quit"


def test_a_wrong_number_is_told_in_words_and_stays_as_typed():
    form = Form(Goal(**GOAL))
    named(form, "Target").value = "30"
    assert len(form.errors) == 1
    wrong = "Target must be a share between 0 and 1, got 30; write 30% as 0.3."
    assert wrong in said(form)
    named(form, "Target").value = "a third"
    assert "must be a number; got 'a third'" in form.errors["target"]
    assert form.model.target == 0.25 and form.draft["target"] == "a third"
    named(form, "Target").value = ""
    assert form.errors == {} and form.model.target is None


@pytest.mark.parametrize(
    ("label", "value", "held"),
    [
        ("Baseline", "0.125", 0.125),
        ("Deadline", dt.date(2028, 1, 1), dt.date(2028, 1, 1)),
        ("Target is a", "change", "change"),
        ("Audience", "adults\nwho smoke", "adults\nwho smoke"),
    ],
)
def test_controls_change_the_model(label, value, held):
    form = Form(Goal(**GOAL))
    control = named(form, label)
    control.value = value
    field = next(f.name for f in asked(Goal) if f.title == label)
    assert getattr(form.model, field) == held


def test_lists_are_entered_line_by_line():
    segment = {"name": "s", "barriers": ["no time", "a\nb"]}
    form = Form(CampaignPlan(name="a", segments=(segment,)), fields=["segments"])
    control = named(form, "Barriers")
    assert len(control.value.split("\n")) == 2
    control.value += "\n\n too dear "
    assert form.model.segments[0].barriers == ("no time", "a\nb", " too dear ")
    control.value = " "
    assert form.model.segments[0].barriers == ()


def test_values_are_read_as_the_plan_file_reads_them():
    time = {"column": "q", "order": ["Q1", "Q2"], "start": dt.date(2027, 1, 1)}
    spec = {
        "id": "e", "goal": "quit", "design": "difference_in_differences",
        "data": {"file": "a.csv"}, "outcome": "y", "time": time, "unit": "u",
        "treated": {"column": "s", "values": ["1", 1, True, dt.date(2027, 1, 1)]},
    }  # fmt: skip
    plan = CampaignPlan(name="a", goals=(Goal(**GOAL),), evaluations=(spec,))
    form = Form(plan, fields=["evaluations"])
    values = named(form, "Values")
    assert values.value == "'1'\n1\ntrue\n2027-01-01"
    values.value += "\nnorth"
    read = form.model.evaluations[0].treated.values
    assert repr(read) == "('1', 1, True, datetime.date(2027, 1, 1), 'north')"
    assert named(form, "Order").value == "[Q1, Q2]"
    named(form, "Order").value = "[2027-01-01, Q"
    assert form.draft["evaluations"][0]["time"]["order"] == "[2027-01-01, Q"


def test_dates_and_optional_numbers_can_be_emptied():
    form = Form(Goal(**GOAL, deadline=dt.date(2028, 1, 1)))
    named(form, "Deadline").value = None
    named(form, "Baseline").value = " "
    assert (form.model.deadline, form.model.baseline) == (None, None)


def test_rows_are_removed_and_the_others_keep_what_they_hold():
    costs = tuple(Cost(item=i, amount=1) for i in "abc")
    form = Form(CampaignPlan(name="a", currency="EUR", costs=costs), fields=["costs"])
    named(form, "Remove cost 2").click()
    assert [c.item for c in form.model.costs] == ["a", "c"]
    items = [
        w for w in all_of(form.view) if getattr(w, "description", "")[:4] == "Item"
    ]
    items[1].value = "d"
    assert [c.item for c in form.model.costs] == ["a", "d"]


def test_an_optional_part_is_added_and_removed():
    form = Form(CampaignPlan(name="a"), fields=["period"])
    named(form, "Add period").click()
    assert set(form.errors) == {"period.start", "period.end"}
    named(form, "Start").value = named(form, "End").value = dt.date(2027, 1, 1)
    assert form.model.period.end == dt.date(2027, 1, 1)
    named(form, "End").value = dt.date(2026, 1, 1)
    assert "before the start" in said(form) and form.model.period.end.year == 2027
    named(form, "Remove period").click()
    assert form.model.period is None and form.errors == {}


def test_named_rows_keep_a_doubled_name_until_it_is_mended():
    form = Form(CampaignPlan(name="a", segments=({"name": "s"},)), fields=["segments"])
    add = named(form, "Add entry")
    for name, number in (("reach", "3"), ("reach", "4")):
        add.click()
        controls = [w for w in all_of(form.view, widgets.Text)]
        controls[-2].value, controls[-1].value = name, number
    assert form.draft["segments"][0]["scores"] == [["reach", 3], ["reach", 4]]
    assert "name 'reach' is used 2 times" in said(form)
    controls[-2].value = "need"
    assert form.model.segments[0].scores == {"reach": 3, "need": 4}


def test_many_rows_are_closed_and_opened_one_by_one():
    channels = tuple(Channel(name=f"channel {i}") for i in range(50))
    plan = CampaignPlan(name="a", strategy={"channels": channels})
    form = Form(plan, fields=["strategy"])
    few = len(list(all_of(form.view)))
    named(form, "Open channel 7: channel 6").click()
    assert len(list(all_of(form.view))) > few
    named(form, "Budget").value = "12"
    assert form.model.strategy.channels[6].budget == 12
    assert few < 250, "fifty rows are not all drawn"


def test_a_fault_in_one_section_does_not_hold_up_another():
    form = Form(CampaignPlan(name="a"))
    form.patch(costs=[{"item": "x"}], purpose="Fewer smokers", goals=[GOAL])
    assert set(form.errors) == {"costs.0.amount"}
    assert form.model.purpose == "Fewer smokers" and form.model.goals[0].id == "quit"
    assert form.model.costs == ()


def test_faults_between_sections_are_told_in_the_plan_readers_words():
    form = Form(CampaignPlan(name="a", goals=(Goal(**GOAL),)))
    spec = {"id": "e", "goal": "quite", "design": "proportion"}
    form.patch(evaluations=[{**spec, "counts": {"all": {"n": 9, "events": 1}}}])
    assert "did you mean 'quit'?" in form.errors["evaluations.0.goal"]
    assert form.model.evaluations == ()


def test_unknown_fields_are_refused():
    with pytest.raises(PlanError, match="did you mean 'goals'"):
        Form(CampaignPlan(name="a"), fields=["goal"])
    with pytest.raises(PlanError, match="did you mean 'purpose'"):
        Form(CampaignPlan(name="a")).patch(purpos="x")


# --- the learner's files ----------------------------------------------------------


def test_opening_a_form_writes_nothing(home):
    assert plan_form("goals").view
    assert not home.exists()


def test_each_change_is_saved_and_found_again(home):
    form = plan_form("goals")
    form.patch(goals=[GOAL])
    assert read_plan(home / "plan.yml") == form.model == plan_form().model
    named(form, "Target").value = "0.3"
    assert read_plan(home / "plan.yml").goals[0].target == 0.3
    assert [p.name for p in home.iterdir()] == ["plan.yml"]


def test_a_draft_that_is_not_in_order_is_found_again(home):
    form = plan_form("goals")
    form.patch(goals=[GOAL])
    named(form, "Target").value = "a third"
    named(form, "Add goal").click()
    again = plan_form("goals")
    assert again.draft == form.draft and again.errors == form.errors
    assert again.draft["goals"][0]["target"] == "a third"
    assert read_plan(home / "plan.yml").goals[0].target == 0.25
    again.patch(goals=[GOAL])
    assert [p.name for p in home.iterdir()] == ["plan.yml"]


def test_a_form_keeps_what_it_does_not_show(home):
    plan = read_plan(ROOT / "data" / "plans" / "organ_donors.yml")
    write_plan(plan, home / "plan.yml")
    plan_form("purpose").patch(purpose="Another")
    again = read_plan(home / "plan.yml")
    assert again == plan.model_copy(update={"purpose": "Another"})


def test_two_notebooks_do_not_overwrite_each_other(home):
    goals, segments = plan_form("goals"), plan_form("goals", "segments")
    segments.patch(segments=[{"name": "parents"}])
    goals.patch(goals=[GOAL])
    assert read_plan(home / "plan.yml").segments[0].name == "parents"
    assert segments.view
    segments.patch(segments=[{"name": "smokers"}])
    plan = read_plan(home / "plan.yml")
    assert (plan.goals[0].id, plan.segments[0].name) == ("quit", "smokers")
    assert named(segments, "Measure").value == "share who quit"


def test_a_plan_edited_by_hand_beats_an_older_draft_which_is_kept(home):
    plan_form().patch(name="Mine", goals=[{"id": "unfinished"}])
    write_plan(CampaignPlan(name="By hand"), home / "plan.yml")
    assert plan_form().model.name == "By hand"
    assert "unfinished" in (home / "draft-1.yml").read_text()


def test_a_plan_with_notes_is_set_aside_before_it_is_written(home):
    home.mkdir()
    (home / "plan.yml").write_text("# my note\nname: Mine\ngoals:\n- {id: q}\n")
    form = plan_form()
    assert form.draft["goals"] == [{"id": "q"}] and "goals.0.measure" in form.errors
    form.patch(goals=[GOAL])
    assert "# my note" in (home / "plan-1.yml").read_text()
    assert read_plan(home / "plan.yml").name == "Mine"


def test_a_file_that_is_no_plan_is_told_and_left_alone(home):
    home.mkdir()
    (home / "plan.yml").write_text("- a\n- b\n")
    with pytest.raises(PlanError, match="must be a mapping"):
        plan_form()
    assert (home / "plan.yml").read_text() == "- a\n- b\n"


def test_start_over_empties_what_is_shown_and_keeps_a_backup(home):
    form = plan_form("goals")
    form.patch(goals=[GOAL])
    plan_form("purpose").patch(purpose="Fewer smokers")
    form.start_over(now=NOW)
    plan = read_plan(home / "plan.yml")
    assert plan.goals == () and plan.purpose == "Fewer smokers"
    kept = home / "backups" / "2027-03-01 09.30.15" / "plan.yml"
    assert read_plan(kept).goals[0].id == "quit"
    assert "is kept in" in form.status()
    form.patch(goals=[GOAL])
    assert "is kept in" not in form.status()


def test_what_is_shown_without_a_kernel(home, capsys):
    plan_form("purpose").patch(purpose="Fewer <smokers>")
    plan_form("purpose")._ipython_display_()
    assert "purpose: Fewer <smokers>" in capsys.readouterr().out


def test_mappings_become_rows_and_back():
    data = {"name": "a", "segments": [{"name": "s", "scores": {"b": 1, "a": 2}}]}
    draft = as_draft(CampaignPlan, data)
    assert draft["segments"][0]["scores"] == [["b", 1], ["a", 2]]
    assert as_data(CampaignPlan, draft) == data
