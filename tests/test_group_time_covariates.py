"""Covariates with different start dates: prediction from the never-treated."""

import numpy as np
import pandas as pd
import pytest

from campaignbook.answers import answer
from campaignbook.errors import DataError
from campaignbook.evaluation import staggered
from campaignbook.evaluation.parts import Covariate
from campaignbook.tables import Cells

ROWS = 1e-9  # sums by cell against rows
OPTIONS = {"periods": list("012345"), "last": "5", "level": 0.95}
OPTIONS |= {"unit": "kg", "unit_name": "Town"}
TRUTH = 2.0


def panel(seed, *, units=120, trend=0.4, moves=False):
    """Return rows of units; who starts has a larger z, and z sets the trend."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=units)
    chance = rng.random(units) < 1 / (1 + np.exp(-z))
    start = np.where(chance, rng.choice([2, 4], units), 9)
    rows = pd.DataFrame(
        {"unit": np.repeat(np.arange(units), 6), "t": np.tile(range(6), units)}
    )
    rows["z"], rows["start"] = z[rows["unit"]], start[rows["unit"]]
    rows["z"] += moves * rng.normal(size=len(rows))
    rows["y"] = rng.normal(size=units)[rows["unit"]] + trend * rows["z"] * rows["t"]
    rows["y"] += TRUTH * (rows["t"] >= rows["start"]) + 0.5 * rng.normal(size=len(rows))
    return rows


def run(rows, *, covariates=True):
    frame = rows[["unit", "t"]].astype(str).set_axis(["unit", "period"], axis=1)
    y, z = rows["y"], rows["z"]
    frame = frame.assign(
        cluster=frame["unit"], start=rows["start"].replace({9: ""}).astype(str), n=1,
        sum_y=y, sum_y_y=y**2, sum_z0=z, sum_z0_z0=z**2, sum_y_z0=y * z,
    )  # fmt: skip
    named = [Covariate(column="z")] if covariates else []
    found, checks, *_ = staggered.evaluate(
        Cells(frame=frame, rows_read=len(frame)), covariates=named, **OPTIONS
    )
    return {e.name: e for e in found}, {c.name: c for c in checks}


def by_hand(rows):
    """Return the mean effect from a regression among controls, a start and a period."""
    y = rows.pivot_table(index="unit", columns="t", values="y")
    z = rows.pivot_table(index="unit", columns="t", values="z")
    start = rows.groupby("unit")["start"].first()
    total = weight = 0.0
    for g in (2, 4):
        for t in range(g, 6):
            change, base = y[t] - y[g - 1], z[g - 1]
            never = start == 9
            slope, first = np.polyfit(base[never], change[never], 1)
            gap = (change - first - slope * base)[start == g]
            total, weight = total + gap.sum(), weight + len(gap)
    return total / weight


@pytest.mark.parametrize("moves", [False, True])
def test_equals_the_prediction_by_hand(moves):
    rows = panel(1, moves=moves)
    found, checks = run(rows)
    assert found["effect"].estimate == pytest.approx(by_hand(rows), rel=ROWS)
    assert "1 covariate(s) before the start" in found["effect"].method
    assert "Adjusted for 'z'" in checks["covariates"].sentence


def test_without_the_covariate_the_effect_is_biased():
    rows = panel(2, units=400)
    found, checks = run(rows)
    plain, without = run(rows, covariates=False)
    assert found["effect"].ci_low < TRUTH < found["effect"].ci_high
    assert plain["effect"].ci_low > TRUTH
    assert checks["parallel pre-trends"].answer == "yes"
    assert without["parallel pre-trends"].answer == "no"


def test_the_interval_counts_the_doubt_of_the_slopes():
    draws = [run(panel(seed, units=60))[0]["effect"] for seed in range(150)]
    covered = np.mean([e.ci_low < TRUTH < e.ci_high for e in draws])
    assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 150)
    spread = np.std([e.estimate for e in draws])
    assert np.mean([e.std_error for e in draws]) == pytest.approx(spread, rel=0.15)


def test_shifting_a_covariate_changes_nothing():
    rows = panel(3)
    first, second = run(rows)[0], run(rows.assign(z=1000 - 3 * rows["z"]))[0]
    for name, estimate in first.items():
        assert second[name].estimate == pytest.approx(estimate.estimate, rel=1e-7)
        assert second[name].std_error == pytest.approx(estimate.std_error, rel=1e-7)


PLAN = """
name: Staggered
goals: [{id: g, type: behaviour, measure: it, unit: kg, direction: increase}]
evaluations:
  - {id: e, goal: g, design: difference_in_differences, data: {file: t.csv},
     outcome: y, UNIT, time: {column: t, start_column: start},
     covariates: [{column: z}, {column: kind, as: category}]}
"""


def test_a_plan_with_covariates_of_people_is_refused(plan_file, tmp_path):
    rows = panel(4).assign(kind=lambda r: r["unit"] % 3)
    rows["start"] = rows["start"].replace({9: ""})
    rows.to_csv(tmp_path / "t.csv", index=False)
    found = answer(plan_file(PLAN.replace("UNIT", "unit: unit"))).evaluations[0]
    assert "3 covariate(s)" in found.estimates[0].method
    with pytest.raises(DataError, match="in panels only; name unit"):
        answer(plan_file(PLAN.replace("UNIT", "cluster: unit")))


def test_too_few_controls():
    rows = panel(5, units=40)
    never = rows.loc[rows["start"] == 9, "unit"].unique()
    with pytest.raises(DataError, match="3 never-treated units are too few"):
        run(rows[~rows["unit"].isin(never[3:])])
