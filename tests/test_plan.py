"""The plan: YAML and back without loss, every field told, problems in their place."""

import datetime as dt
from copy import deepcopy
from pathlib import Path
from typing import get_args

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from campaignbook.errors import PlanError
from campaignbook.evaluation.spec import DESIGN_KEYS
from campaignbook.files import plan_text, read_plan, write_plan
from campaignbook.overrides import override
from campaignbook.plan import CampaignPlan
from campaignbook.reading import parse_plan
from campaignbook.report import write_report

SHIPPED = sorted((Path(__file__).parents[1] / "data" / "plans").glob("*.yml"))
QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

# --- plan -> YAML -> plan ---------------------------------------------------------

# Texts that YAML takes for something else, or that break lines and quotes.
TRAPS = [
    *["no", "Yes", "on", "null", "~", "1e3", "1_000", "0x1F", "010", "12:30", ".inf"],
    *["2011-01-01", "2011-01-01 10:00", "=", "<<", "- a", "a: b", "# x", "&a", "*a"],
    *["!!int 5", "%", "@", "`", "'", '"', "{", "[x", "é 語 🙂", "a\nb", "a\n\n b"],
    *[" padded ", "end:", "\u00a0", "\u2028", "x" * 95, "a " * 48, "|", ">", "\ta"],
]  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"])
TEXT = st.sampled_from(TRAPS) | st.text(CHARACTERS, min_size=1, max_size=12)
ID = st.sampled_from(["no", "1e3", "2011-01-01", "12", "0x1F", "a.b", "null"])
ID |= st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)
NUMBER = st.floats(-1e12, 1e12) | st.integers(-(10**6), 10**6).map(float)
POSITIVE = st.floats(1e-9, 1e12) | st.integers(1, 10**9).map(float)
SHARE = st.floats(0, 1)
DATE = st.dates(dt.date(1000, 1, 1), dt.date(2999, 12, 31))
VALUE = st.booleans() | st.integers() | NUMBER | DATE | TEXT


def some(item, least=0):
    return st.lists(item, min_size=least, max_size=3)


def named(item):
    """Return lists whose items have different names."""
    return st.lists(
        item, max_size=3,
        unique_by=lambda i: (i if isinstance(i, str) else i["name"]).strip().casefold(),
    )  # fmt: skip


def mapping(required=None, **optional):
    return st.fixed_dictionaries(required or {}, optional=optional)


TEXTS = some(TEXT)
GOAL = mapping(
    {
        "type": st.sampled_from(["behaviour", "awareness", "sales"]),
        "measure": TEXT, "unit": st.sampled_from(["count", "no", "1e3", "€"]),
        "direction": st.just("increase"),
    },
    statement=TEXT, audience=TEXT, baseline=st.floats(-9, 0), target=POSITIVE,
    target_is=st.sampled_from(["level", "change"]),
    deadline=st.dates(dt.date(2100, 1, 1), dt.date(2999, 1, 1)),
    evidence=mapping({"key": st.just("snyder_2007")}) | mapping({"text": TEXT}),
)  # fmt: skip
SEGMENT = mapping(
    {"name": TEXT}, size=POSITIVE, criteria=TEXT, barriers=TEXTS, benefits=TEXTS,
    competition=TEXTS, scores=st.dictionaries(TEXT, NUMBER, max_size=3),
    basis=st.sampled_from(["demographic", "psychographic"]),
)  # fmt: skip
RESPONSE = mapping({"form": st.just("log"), "scale": POSITIVE, "shape": POSITIVE})
STRATEGY = mapping(
    competition=some(
        TEXT | mapping({"name": TEXT}, kind=st.just("voice"), barriers=TEXTS)
    ),
    mix=mapping(product=TEXT, price=TEXT, place=TEXT, promotion=TEXT),
    positioning=TEXT,
    channels=named(TEXT | mapping({"name": TEXT}, budget=POSITIVE, response=RESPONSE)),
)
ACTIVITY = mapping(
    {"date": DATE, "channel": TEXT}, format=TEXT, content=TEXT, segment=TEXT,
    status=st.sampled_from(["draft", "published"]), utm_link=TEXT, barrier=TEXT,
)  # fmt: skip
PARTNER = mapping(
    {"name": TEXT}, kind=TEXT, reach=POSITIVE, cost=POSITIVE, power=st.integers(1, 5),
    review_date=DATE,
)  # fmt: skip
OUTCOME = {"name": TEXT, "quantity": POSITIVE, "proxy": NUMBER}
WORTH = mapping(
    people=POSITIVE, per_outcome=NUMBER, deadweight=SHARE, years=st.integers(1, 9),
    sroi=mapping({"outcomes": some(mapping(OUTCOME, drop_off=SHARE), 1)}),
    alternative=mapping({"cost": POSITIVE, "outcomes": NUMBER}),
)  # fmt: skip
FILE = mapping({"file": st.sampled_from(["no", "1e3", "a b.csv", "ü/語.parquet"])})
WHO = mapping({"column": TEXT, "values": some(VALUE, 1)})
WHEN = mapping({"column": TEXT, "start": VALUE}, end=VALUE, order=TEXT | some(VALUE, 2))
COVARIATE = TEXT | mapping({"column": TEXT}, power=st.integers(2, 5))
COVARIATE |= mapping({"column": TEXT, "as": st.just("category")})
COVARIATE |= mapping({"interact": st.lists(TEXT, min_size=2, max_size=2)})
COUNT = mapping({"n": st.integers(10, 10**9), "events": st.integers(0, 10)})
ESTIMATE = mapping({"name": TEXT, "estimate": NUMBER}, std_error=POSITIVE)
TWO = {"control": {"n": 9, "events": 0}, "no": {"n": 9, "events": 1}}
EVALUATION = {
    "proportion": mapping({"counts": mapping({"all": COUNT})}),
    "randomized_trial": mapping(
        {"data": FILE, "outcome": TEXT, "outcome_type": st.just("mean"),
         "arms": mapping({"column": TEXT}, control=VALUE, treated=some(VALUE, 1))},
        covariates=some(COVARIATE), cluster=TEXT, strata=TEXT, weights=TEXT,
    ) | mapping(
        {"counts": st.dictionaries(TEXT, COUNT, max_size=2).map(lambda c: c | TWO)},
        allocation=st.just({"control": 0.25, "no": 0.75}),
    ),
    "difference_in_differences": mapping(
        {"data": FILE, "outcome": TEXT, "time": WHEN, "treated": WHO, "unit": TEXT},
        cluster=TEXT, covariates=some(COVARIATE), level=st.floats(0.5, 0.99),
    ),
    "interrupted_time_series": mapping(
        {"data": FILE, "outcome": TEXT, "time": WHEN,
         "outcome_type": st.just("count")}, terms=st.just("level"),
        season=st.integers(2, 366), comparison=WHO, offset=TEXT,
    ),
    "synthetic_control": mapping(
        {"data": FILE, "outcome": TEXT, "time": WHEN, "treated": WHO, "unit": TEXT},
        predictors=some(mapping({"column": TEXT}, **{"from": VALUE, "to": VALUE})),
    ),
    "observational": mapping(
        {"data": FILE, "outcome": TEXT,
         "treatment": mapping({"column": TEXT, "treated": some(VALUE, 1)})},
        estimand=st.just("ATT"),
    ),
    "pre_post": mapping(
        {"counts": mapping({"before": COUNT, "after": COUNT})}, trend=st.floats(-1, 1)
    ),
    "pooled": mapping({"estimates": some(ESTIMATE, 1)}, effects=st.just("random"))
    | mapping({"tables": some(mapping(
        {"name": TEXT, "counts": st.dictionaries(TEXT, COUNT)}), 1)}),
    "kpis": mapping(
        {"exports": some(TEXT, 1), "kpis": some(TEXT, 1)}, benchmarks=TEXTS,
        by=st.lists(st.just("week"), max_size=1),
    ),
}  # fmt: skip


@st.composite
def plans(draw):
    goals = [
        {"id": i, **draw(GOAL)} for i in draw(st.lists(ID, max_size=3, unique=True))
    ]
    evaluations = []
    if goals:
        for i in draw(st.lists(ID, max_size=3, unique=True)):
            design = draw(st.sampled_from(sorted(EVALUATION)))
            goal = draw(st.sampled_from(goals))
            own = draw(mapping(question=TEXT, power=mapping(n=st.integers(2, 99))))
            rest = draw(EVALUATION[design])
            if rest.get("outcome_type") == "count" or "ratio" in rest.get(
                "measure", ""
            ):
                goal["target_is"] = "level"  # a change in this unit is no ratio
            evaluations.append(
                {"id": i, "goal": goal["id"], "design": design, **own, **rest}
            )
    start = draw(st.dates(dt.date(2000, 1, 1), dt.date(2099, 1, 1)))
    optional = mapping(
        id=ID, kind=st.just("social"), purpose=TEXT, segments=named(SEGMENT),
        strategy=STRATEGY, activities=some(ACTIVITY), partners=named(PARTNER),
        value=WORTH, costs=some(mapping({"item": TEXT, "amount": POSITIVE})),
        period=st.just({"start": start, "end": start}),
    )  # fmt: skip
    raw = {"name": draw(TEXT), "currency": "EUR", **draw(optional)}
    return parse_plan({**raw, "goals": goals, "evaluations": evaluations})


@QUICK
@given(plans())
@example(CampaignPlan(name="no"))
def test_yaml_and_back_is_the_identity(tmp_path_factory, plan):
    path = tmp_path_factory.getbasetemp() / "round_trip.yml"
    write_plan(plan, path)
    assert path.read_text(encoding="utf-8") == plan_text(plan)
    again = read_plan(path)
    assert again == plan
    # 1 == 1.0 == True: equal plans may still differ
    assert repr(again) == repr(plan)
    assert plan_text(again) == plan_text(plan)


def test_every_design_is_in_the_property():
    assert set(EVALUATION) == set(DESIGN_KEYS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_plan_and_back(path, tmp_path):
    plan = read_plan(path)
    write_plan(plan, tmp_path / "a.yml")
    assert read_plan(tmp_path / "a.yml") == plan
    assert "null" not in yaml.safe_dump(yaml.safe_load(plan_text(plan)))


def test_the_rarest_line_break_and_back():
    """A text of Windows read wrongly holds it in place of an ellipsis."""
    plan = CampaignPlan(name="wait\x85and see")
    assert parse_plan(yaml.safe_load(plan_text(plan))) == plan


# --- the format -------------------------------------------------------------------


def models(kind=CampaignPlan, seen=None):
    """Return every model that the plan is composed of."""
    seen = {} if seen is None else seen

    def walk(annotation):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation not in seen:
                models(annotation, seen)
        for inner in get_args(annotation):
            walk(inner)

    seen[kind] = True
    for info in kind.model_fields.values():
        walk(info.annotation)
    return list(seen)


def test_the_walk_finds_the_depths():
    names = {m.__name__ for m in models()}
    assert {"SroiOutcome", "Response", "StudyTable", "Predictor", "Count"} <= names


@pytest.mark.parametrize("model", models(), ids=lambda m: m.__name__)
def test_model_is_frozen_told_and_closed(model):
    assert model.model_config.get("frozen") and model.__doc__
    assert model.model_config.get("extra") == "forbid"
    for name, field in model.model_fields.items():
        assert field.title and field.description, f"{model.__name__}.{name}"


# --- overrides --------------------------------------------------------------------

RAW = {
    "name": "a",
    "goals": [{"id": "g", "target": 1}, {"id": "g.h", "target": 2}, {"id": "1.5"}],
    "partners": [{"name": "Red Cross", "cost": 5}],
    "value": None,
    "strategy": {"channels": [{"name": "web", "response": {"scale": 1}}]},
}


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("name", lambda d: d["name"]),
        ("value.people", lambda d: d["value"]["people"]),
        ("period.end", lambda d: d["period"]["end"]),
        ("goals.g.target", lambda d: d["goals"][0]["target"]),
        ("goals.g.h.target", lambda d: d["goals"][1]["target"]),
        ("goals.1.5.target", lambda d: d["goals"][2]["target"]),
        ("goals.g.evidence.key", lambda d: d["goals"][0]["evidence"]["key"]),
        ("partners.Red Cross.cost", lambda d: d["partners"][0]["cost"]),
        (
            "strategy.channels.web.response.scale",
            lambda d: d["strategy"]["channels"][0]["response"]["scale"],
        ),
    ],
)
def test_override_changes_one_place_and_not_its_input(path, read):
    raw = deepcopy(RAW)
    changed = override(raw, {path: "new"})
    assert raw == RAW
    assert read(changed) == "new"


def test_override_does_not_change_the_values_it_was_given():
    period = {"start": 1, "end": 2}
    override(RAW, {"period": period, "period.end": 3})
    assert period == {"start": 1, "end": 2}


def test_override_tells_all_paths_that_lead_nowhere():
    with pytest.raises(PlanError) as caught:
        override(RAW, {"goals.gg.target": 1, "name.x": 1, "partners.Red Crass.cost": 1})
    assert len(caught.value.problems) == 3
    assert "did you mean 'Red Cross'?" in str(caught.value)


def test_level_beats_plan_and_override():
    organ = next(p for p in SHIPPED if p.stem == "organ_donors")
    plan = read_plan(organ, level=0.9, overrides={"evaluations.effect.level": 0.8})
    assert [spec.level for spec in plan.evaluations] == [0.9]


@pytest.mark.notebook
def test_a_report_takes_a_date_as_override(tmp_path):
    tips = next(p for p in SHIPPED if p.stem == "tips")
    deadline = {"goals.quit-attempts.deadline": dt.date(2030, 1, 1)}
    assert write_report(tips, tmp_path, overrides=deadline).document["goals"]


@pytest.mark.parametrize("text", ["5", "{a: b}", "[5]", "text"])
def test_level_for_evaluations_that_are_none(tmp_path, text):
    (tmp_path / "p.yml").write_text(f"name: a\nevaluations: {text}\n")
    with pytest.raises(PlanError, match="evaluations"):
        read_plan(tmp_path / "p.yml", level=0.9)
