"""A goal in a unit that its evaluation cannot give is refused, never judged."""

import numpy as np
import pandas as pd
import pytest
import yaml

from campaignbook.answers import answer
from campaignbook.errors import CampaignError, PlanError
from campaignbook.evaluation.units import refuse_scale
from campaignbook.reading import parse_plan

RATIO = {"unit": "ratio", "target": 1.1, "target_is": "change"}
CALLS = {"unit": "calls", "target": 30, "target_is": "change"}
PANEL = {
    "design": "difference_in_differences", "data": {"file": "a.csv"}, "outcome": "y",
    "unit": "town", "treated": {"column": "town", "values": ["t0", "t1", "t2"]},
    "time": {"column": "month", "start": "2020-05"},
}  # fmt: skip
SERIES = {
    "design": "interrupted_time_series", "data": {"file": "a.csv"}, "outcome": "y",
    "time": {"column": "month", "start": "2020-05"},
}  # fmt: skip
COUNTED = {**SERIES, "outcome_type": "count"}
STUDIES = {"design": "pooled", "estimates": [{"name": "A", "estimate": 1.1}]}
TWO = {"before": {"n": 9, "events": 2}, "after": {"n": 9, "events": 4}}
ARMS = {"control": {"n": 9, "events": 2}, "A": {"n": 9, "events": 4}}
ALL = {"design": "proportion", "counts": {"all": {"n": 9, "events": 2}}}
DONORS = {**PANEL, "design": "synthetic_control", "treated": {"column": "town",
          "values": ["t0"]}}  # fmt: skip
CHOSEN = {
    "design": "observational", "data": {"file": "a.csv"}, "outcome": "y",
    "treatment": {"column": "arm", "treated": ["t"]},
}  # fmt: skip
BEFORE = {**SERIES, "design": "pre_post"}
PEOPLE = {
    "design": "randomized_trial", "data": {"file": "a.csv"}, "outcome": "y",
    "arms": {"column": "arm", "control": "c"}, "outcome_type": "mean",
}  # fmt: skip


def raw(goal, *specs):
    basis = {
        "id": "g",
        "type": "behaviour",
        "measure": "calls",
        "direction": "increase",
    }
    specs = [{"id": f"e{i}", "goal": "g", **spec} for i, spec in enumerate(specs)]
    return {"name": "Probe", "goals": [{**basis, **goal}], "evaluations": specs}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            SERIES,
            "_time_series' finds a difference; write outcome_type: count",
        ),
        (
            {**SERIES, "outcome_type": "mean"},
            "write outcome_type: count for events, or give",
        ),
        (PANEL, "'difference_in_differences' finds a difference; give the goal"),
        (STUDIES, "write measure: risk_ratio"),
        ({**STUDIES, "measure": "risk_difference"}, "write measure: risk_ratio"),
        ({"design": "pre_post", "counts": TWO}, "'pre_post' finds a difference"),
        (
            {"design": "randomized_trial", "counts": ARMS},
            "finds a difference; give the",
        ),
        (ALL, "'proportion' finds a share; give the goal the unit of its measure"),
        (DONORS, "'synthetic_control' finds a difference"),
        (CHOSEN, "'observational' finds a difference"),
    ],
)
@pytest.mark.parametrize("goal", [RATIO, {**RATIO, "unit": "Ratio"}, {"unit": "ratio"}])
def test_a_goal_in_ratios_needs_an_effect_as_a_ratio(goal, spec, words):
    with pytest.raises(PlanError, match=words):
        parse_plan(raw(goal, spec))
    beside = raw(goal, COUNTED, spec)  # its numbers would be called ratios
    with pytest.raises(PlanError, match=words):
        parse_plan(beside)


def test_an_effect_as_a_ratio_does_not_decide_a_change_in_a_unit():
    with pytest.raises(PlanError, match="outcome_type: mean here, or in the goal unit"):
        parse_plan(raw(CALLS, COUNTED))
    risks = {**STUDIES, "measure": "risk_ratio"}
    with pytest.raises(PlanError, match="write measure: risk_difference here"):
        parse_plan(raw(CALLS, risks))
    parse_plan(raw(CALLS, SERIES, COUNTED))  # shown beside what decides
    parse_plan(raw({**CALLS, "target_is": "level"}, COUNTED))
    parse_plan(raw({"unit": "calls"}, COUNTED))


def test_a_target_in_ratios_is_a_change():
    with pytest.raises(PlanError, match=r"target of 1.1 is read as a level.*target_is"):
        parse_plan(raw({"unit": "ratio", "target": 1.1}, COUNTED))


def test_what_goes_together_is_left_alone():
    parse_plan(raw(RATIO, COUNTED))
    parse_plan(raw(RATIO, {**STUDIES, "measure": "odds_ratio"}))
    planned = {"design": "interrupted_time_series", "power": {"power": 0.8}}
    parse_plan(raw(RATIO, planned))
    kpi = {"design": "kpis", "exports": ["a.csv"], "kpis": ["roas"]}
    parse_plan(raw({"unit": "ratio", "target": 3}, kpi))


@pytest.fixture(scope="module")
def shares(tmp_path_factory):
    """Return a folder with towns (a.csv), a series (s.csv) and people (p.csv)."""
    here, rng = tmp_path_factory.mktemp("shares"), np.random.default_rng(3)
    months = [f"20{20 + i // 12}-{i % 12 + 1:02d}" for i in range(30)]
    rows = [
        {"town": f"t{t}", "month": m, "y": 0.3 + 0.02 * rng.normal()}
        for t in range(12)
        for m in months
    ]
    pd.DataFrame(rows).to_csv(here / "a.csv", index=False)
    pd.DataFrame(rows[: len(months)]).to_csv(here / "s.csv", index=False)
    people = {"arm": np.tile(["c", "t"], 60), "y": rng.uniform(0.1, 0.9, 120)}
    pd.DataFrame(people).to_csv(here / "p.csv", index=False)
    return here


@pytest.mark.parametrize(
    ("spec", "file"),
    [
        (PANEL, "a.csv"),
        (DONORS, "a.csv"),
        (SERIES, "s.csv"),
        (BEFORE, "s.csv"),
        (CHOSEN, "p.csv"),
        (PEOPLE, "p.csv"),
    ],
    ids=lambda v: v["design"] if isinstance(v, dict) else v,
)
def test_percents_are_not_judged_by_a_column_of_shares(shares, spec, file):
    spec = {**spec, "data": {"file": file}}
    path = shares / "plan.yml"

    def told(unit, target):
        path.write_text(yaml.safe_dump(raw({"unit": unit, "target": target}, spec)))
        return answer(path).verdicts[0].sentence

    for unit in ("percent", "percentage points", "%", "per cent of adults"):
        with pytest.raises(CampaignError, match=r"are shares. Write unit: share"):
            told(unit, 35)
    assert "target of 95.0%" in told("share", 0.95)


@pytest.mark.parametrize(("spec", "file"), [(PANEL, "a.csv"), (CHOSEN, "p.csv")])
def test_a_further_outcome_has_a_unit_of_its_own(shares, spec, file):
    table = pd.read_csv(shares / file)
    table.assign(y=100 * table["y"], z=table["y"]).to_csv(shares / "two.csv")
    spec = {k: v for k, v in spec.items() if k != "outcome"}
    spec |= {"data": {"file": "two.csv"}, "outcomes": ["y", "z"]}
    path = shares / "plan.yml"
    path.write_text(yaml.safe_dump(raw({"unit": "percent", "target": 95}, spec)))
    assert "target of 95 percent" in answer(path).verdicts[0].sentence


def test_each_scale_has_its_own_unit():
    for unit, low, high in [
        ("percent", 3, 80), ("people", 0, 1), ("share", 0, 1), ("percent", -1, 0.5),
        ("ppm", 0.1, 0.2),
    ]:  # fmt: skip
        refuse_scale("y", low, high, unit=unit)
    with pytest.raises(CampaignError, match=r"share .0-1., but .* 3 to 80"):
        refuse_scale("y", 3, 80, unit="share")
