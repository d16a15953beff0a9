"""A table with its own column names is answered and reported by a plan alone."""

import re

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure

from campaignbook.answers import answer
from campaignbook.charts import draw_forest
from campaignbook.results import Estimate
from campaignbook.sections import SECTIONS

GOAL = {
    "id": "ziel", "type": "behaviour", "measure": "Anteil der Radler", "unit": "share",
    "direction": "increase", "baseline": 0.2, "target": 0.3,
}  # fmt: skip
POINTS = {"unit": "points", "baseline": 50, "target": 55}
RATIO = {"unit": "ratio", "baseline": None, "target": 1.1, "target_is": "change"}
WHO = {"column": "Aktion?", "values": ["ja"]}
PANEL = {"data": {"file": "panel.csv"}, "outcome": "Quote", "unit": "Stadt (Name)"}
SINCE = {"column": "Monat", "start": "2020-04"}
SERIES = {"data": {"file": "reihe.xlsx", "sheet": "Zahlen"}, "outcome": "Wert"}
WEEKS = {"column": "Woche", "start": "2021-01", "end": "2021-06"}
PEOPLE = {"data": {"file": "leute.tsv"}, "outcome": "fuhr Rad"}
ARMS = {"column": "Brief", "control": "keiner", "treated": ["lang"]}
COUNTS = {"control": {"n": 90, "events": 0}, "kurz": {"n": 80, "events": 9}}
TOOK = {"column": "Brief", "treated": ["lang"]}
ALIKE = ["Alter", {"column": "Alter", "power": 2}, {"column": "Ort", "as": "category"}]
DID, ITS = "difference_in_differences", "interrupted_time_series"
RISKS = [{"name": n, "counts": COUNTS} for n in ("eins", "zwei")]

# design, its keys, what else the goal is; the design is in the name for the reader
# fmt: off
PLANS = {
    "share": ("proportion", {"counts": {"all": {"n": 50, "events": 0}}}, {}),
    "trial of counts": ("randomized_trial", {"counts": COUNTS}, {}),
    "trial of people": ("randomized_trial", {**PEOPLE, "arms": ARMS,
        "outcome_type": "binary", "cluster": "Haus", "covariates": ["Alter"]}, {}),
    "trial in strata": ("randomized_trial", {**PEOPLE, "arms": ARMS, "strata": "Ort",
        "outcome": "Fahrten", "outcome_type": "count"},
        {"unit": "rides", "baseline": 1, "target": 2}),
    "panel": (DID, {**PANEL, "treated": WHO, "time": SINCE, "cluster": "Stadt (Name)",
        "covariates": ["Regen"], "weights": "Leute"}, {}),
    "panel of one": (DID, {**PANEL, "time": SINCE,
        "treated": {"column": "Stadt (Name)", "values": ["Köln"]}}, {}),
    "staggered": (DID, {**PANEL, "covariates": ["Regen"],
        "time": {"column": "Monat", "start_column": "ab"}}, {}),
    "series": (ITS, {**SERIES, "time": WEEKS, "season": 12, "covariates": ["Regen"]},
        POINTS),
    "series of counts": (ITS, {**SERIES, "outcome": "Fälle", "outcome_type": "count",
        "time": WEEKS, "offset": "Leute",
        "comparison": {"column": "wo", "values": ["dort"]}}, RATIO),
    "donors": ("synthetic_control", {**PANEL, "data": {"file": "panel.parquet"},
        "treated": {"column": "Stadt (Name)", "values": ["Köln"]}, "time": SINCE,
        "predictors": [{"column": "Regen", "to": "2020-02"}]}, {}),
    "chosen": ("observational", {**PEOPLE, "treatment": TOOK, "covariates": ALIKE}, {}),
    "chosen, on the treated": ("observational", {**PEOPLE, "treatment": TOOK,
        "covariates": ALIKE, "estimand": "ATT", "weights": "Tage"}, {}),
    "perfect separation": ("observational", {**PEOPLE, "treatment": TOOK,
        "covariates": ["verrät"]}, {}),
    "before and after": ("pre_post", {"trend": 0.02, "counts": {
        "before": {"n": 90, "events": 20}, "after": {"n": 80, "events": 30}}}, {}),
    "before and after in a series": ("pre_post", {**SERIES, "time": WEEKS}, POINTS),
    "studies": ("pooled", {"estimates": [
        {"name": "A", "estimate": 0.05, "std_error": 0.02},
        {"name": "B", "estimate": 0.02, "ci_low": -0.02, "ci_high": 0.06}]},
        {"target": 0.05, "target_is": "change"}),
    "studies of counts": ("pooled", {"tables": RISKS, "measure": "odds_ratio",
        "effects": "fixed"}, RATIO),
}
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with tables in the forms that spreadsheets leave behind."""
    here, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(11)
    towns = ["Köln", "Bonn", "Trier", *(f"Ort {i}" for i in range(21))]
    at = pd.MultiIndex.from_product([range(24), range(8)]).to_frame(index=False)
    town, month = at[0].to_numpy(), at[1].to_numpy()
    panel = pd.DataFrame({
        "Stadt (Name)": np.array(towns)[town],
        "Monat": [f"2020-{m + 1:02d}" for m in month],
        "Aktion?": np.where(town < 8, "ja", "nein"),
        "ab": np.where(town < 4, "2020-03", np.where(town < 8, "2020-05", None)),
        "Regen": rng.normal(50, 9, len(at)).round(1),
        "Leute": 100 + 10 * town,
        "Quote": (0.2 + 0.01 * month + 0.06 * ((town < 8) & (month > 2))
                  + rng.normal(0, 0.01, len(at))).round(4),
    })  # fmt: skip
    panel = panel.sample(frac=1, random_state=1)
    text = panel.to_csv(sep=";", decimal=",", index=False)
    (here / "panel.csv").write_bytes(text.encode("utf-16"))
    duckdb.sql(f"COPY panel TO '{here / 'panel.parquet'}' (FORMAT parquet)")
    weeks = pd.period_range("2018-01", periods=48, freq="M").astype(str)
    late = np.arange(48) >= 36
    series = pd.DataFrame({
        "Woche": weeks, "wo": "hier", "Leute": 9000,
        "Wert": (50 + 6 * late + rng.normal(0, 1, 48)).round(2),
        "Fälle": rng.poisson(80 * np.exp(0.3 * late)),
        "Regen": rng.normal(50, 9, 48).round(1),
    })  # fmt: skip
    other = series.assign(wo="dort", Fälle=rng.poisson(80, 48), Wert=None)
    both = pd.concat([series, other])
    both.to_excel(here / "reihe.xlsx", sheet_name="Zahlen", index=False)
    n = 320
    arm = np.where(np.arange(n) // 8 % 2, "lang", "keiner")
    age = rng.integers(18, 80, n)
    people = pd.DataFrame({
        "Brief": arm, "Haus": [f"H{i // 8}" for i in range(n)], "Alter": age,
        "Ort": rng.choice(["Nord", "Süd"], n),
        "verrät": 10 * (arm == "lang") + age / 99,
        "Fahrten": rng.poisson(1 + (arm == "lang")), "Tage": rng.uniform(1, 2, n),
        "fuhr Rad": (rng.random(n) < 0.3 + 0.2 * (arm == "lang")).astype(int),
    })  # fmt: skip
    people.to_csv(here / "leute.tsv", sep="\t", index=False, encoding="utf-8-sig")
    return here


def answered(folder, design, keys, goal, **plan):
    """Return the results of a plan with one evaluation, through its file."""
    goal = {k: v for k, v in {**GOAL, **goal}.items() if v is not None}
    spec = {"id": "e", "goal": "ziel", "design": design, **keys}
    whole = {"name": "Probe", "goals": [goal], "evaluations": [spec], **plan}
    path = folder / "plan.yml"
    path.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return answer(path)


@pytest.mark.parametrize("name", PLANS)
def test_every_design_runs_through_a_plan_alone_up_to_its_report(folder, name):
    results = answered(folder, *PLANS[name])
    (evaluation,), (verdict,) = results.evaluations, results.verdicts
    pages = {name: section(results) for name, section in SECTIONS.items()}
    assert verdict.verdict in pages["headline"].casefold()
    for estimate in evaluation.estimates:
        low, high = estimate.ends()
        assert estimate.estimate is None or low <= estimate.estimate <= high
    assert evaluation.estimates[0].method in pages["methods"].replace("&#x27;", "'")
    words = " ".join([evaluation.sentence, *(c.sentence for c in evaluation.checks)])
    assert not re.search(r"\de\+|nan|None|0\.0000000", words), words


def test_the_plans_cover_every_design_of_the_format():
    from campaignbook.evaluation.spec import DESIGN_KEYS

    assert {design for design, *_ in PLANS.values()} == {*DESIGN_KEYS} - {"kpis"}


def test_perfect_separation_is_a_result_without_an_effect(folder):
    results = answered(folder, *PLANS["perfect separation"])
    (evaluation,) = results.evaluations
    assert evaluation.estimates[0].estimate is None
    assert "no estimate exists" in evaluation.sentence
    assert results.verdicts[0].verdict == "cannot tell"
    assert "cannot be estimated" in results.verdicts[0].sentence
    assert "none compares" in SECTIONS["design_figures"](results)
    assert "compare with people who are more like" in SECTIONS["next_steps"](results)


WITHOUT_NOISE = {
    "panel": (DID, {"unit": "ort", "treated": {"column": "wer", "values": [1]},
        "time": {"column": "t", "start": 12}}),
    "one start date": (DID, {"unit": "ort", "time": {"column": "t",
        "start_column": "ab"}}),
    "series": (ITS, {"time": {"column": "t", "start": 12}}),
    "before and after in a series": ("pre_post", {"time": {"column": "t",
        "start": 12}}),
    "chosen": ("observational", {"treatment": {"column": "wer", "treated": [1]},
        "covariates": ["t"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_NOISE)
def test_numbers_without_noise_have_no_interval_and_a_check_says_why(folder, name):
    town, month = (g.ravel() for g in np.meshgrid(range(12), range(24), indexing="ij"))
    late, one = month >= 12, town < 6
    design, keys = WITHOUT_NOISE[name]
    y = 3.1 * (late & one if "unit" in keys else one if design[0] == "o" else late)
    ab = np.where(one, 12, np.nan)
    table = pd.DataFrame({"ort": town, "t": month, "wer": 1 * one, "ab": ab, "y": y})
    table.to_csv(folder / "genau.csv", index=False)
    whole = {**keys, "data": {"file": "genau.csv"}, "outcome": "y"}
    results = answered(folder, design, whole, POINTS)
    (evaluation,) = results.evaluations
    headline = evaluation.estimates[0]
    assert headline.estimate == pytest.approx(3.1)
    assert headline.std_error is headline.ci_low is headline.p_value is None
    told = [c for c in evaluation.checks if "no interval exists" in c.sentence]
    assert any("exactly" in c.sentence for c in told)
    assert "3.1 points (no interval exists" in evaluation.sentence
    assert results.verdicts[0].verdict == "not met"  # far below 55


def test_rounding_is_told_as_no_difference():
    two = Estimate(
        name="e", estimate=9e-16, ci_low=-0.475, ci_high=0.475, level=0.95,
        unit="kg", method="",
    )  # fmt: skip
    assert two.sentence("A") == "A: 0 kg (95% interval -0.475 to 0.475)."


def test_no_change_of_a_share_beyond_all_people_is_seen(folder):
    few = {"counts": {k: {"n": 1, "events": i} for i, k in enumerate(COUNTS)}}
    (evaluation,) = answered(folder, "randomized_trial", few, {}).evaluations
    text = evaluation.checks[-1].sentence
    assert "No possible change is seen" in text and "160" not in text
    all_ = {"counts": {k: {"n": 90, "events": 90 * i} for i, k in enumerate(COUNTS)}}
    (evaluation,) = answered(folder, "randomized_trial", all_, {}).evaluations
    assert "No interval exists" not in evaluation.checks[-1].sentence


def test_a_series_before_and_after_ends_where_the_plan_says(folder):
    whole, keys, goal = PLANS["before and after in a series"]
    (series,) = answered(folder, whole, keys, goal).evaluations
    used = series.details["series"]
    assert used[-1]["period"] == "2021-06"
    after = [s["observed"] for s in used if s["period"] >= "2021-01"]
    assert series.details["mean_after"] == pytest.approx(np.mean(after))
    told = answered(folder, whole, {**keys, "trend": 2}, goal).verdicts[0].sentence
    assert "change beyond the trend expected anyway is" in told


def test_a_published_effect_is_cited_beside_what_the_goal_asks_for(folder):
    evidence = {"evidence": {"key": "snyder_2007"}}
    page = SECTIONS["methods"](answered(folder, *PLANS["share"][:2], evidence))
    assert "asks for 10.0 percentage points" in page
    assert "reached 5.0 percentage points" in page
    assert "(Snyder, L. B. 2007)" in page
    assert "Journal of Nutrition Education and Behavior" in page
    change = {**evidence, "unit": "kg", "baseline": None}
    page = SECTIONS["methods"](answered(folder, *PLANS["studies"][:2], change))
    assert "reached a change of 5.0 percentage points (Snyder, L. B. 2007)" in page


def test_ratios_are_drawn_on_a_scale_where_half_and_double_are_alike():
    ends = {"unit": "ratio", "null_value": 1.0, "level": 0.95, "ci_low": 0.5}
    pooled = Estimate(name="pooled", estimate=2.0, ci_high=8.0, method="", **ends)
    rows = [{"name": "pooled", "mean": 2.0, "ci_low": 0.5, "ci_high": 8.0}]
    ax = draw_forest(rows, pooled, measure="quits", ax=Figure().subplots())
    one, half, double = (ax.transData.transform((v, 0))[0] for v in (1, 0.5, 2))
    assert double - one == pytest.approx(one - half)
    ax.figure.canvas.draw()
    shown = [t.get_text() for t in ax.get_xticklabels() if t.get_text()]
    assert {"0.5", "1", "2", "5"} <= set(shown)
