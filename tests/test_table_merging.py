"""Clusters merged in large tables give the results that each of them would give."""

import dataclasses

import duckdb
import numpy as np
import pandas as pd
import pytest

from campaignbook import table_files, table_merging
from campaignbook.answers import answer
from campaignbook.errors import DataError
from campaignbook.table_files import read_cells

EXACT = 1e-10  # the same number by another road: rounding only
PLAN = """
campaignbook: 1
name: Large
kind: social
purpose: Higher scores
goals:
  - {{id: g, type: behaviour, statement: Raise it, measure: score, unit: points,
     direction: increase, baseline: 1, target: 2}}
evaluations:
  - id: e
    goal: g
    question: Did scores rise?
    design: difference_in_differences
    data: {{file: t.parquet}}
    outcome: y
    cluster: town
    treated: {{column: treated, values: [{treated}]}}
    time: {{column: period, start: {start}}}
"""


def people(*, clusters=1500, periods=2, seed=0, kind="group"):
    """Return rows of people in towns of unequal size, some without some period."""
    rng = np.random.default_rng(seed)
    town = rng.integers(0, clusters, 6 * clusters)
    period = rng.integers(0, periods, len(town))
    side = town % 3 == 0
    if kind == "arms":  # in every town both, before and after
        every = np.arange(clusters * periods * 2)
        town = np.concatenate([town, every % clusters])
        period = np.concatenate([period, every // clusters % periods])
        side = np.concatenate([side, every // clusters >= periods])
    now = side & (period >= periods - 1)
    y = 5 + rng.normal(size=clusters)[town] + 0.3 * now + rng.gamma(2, 1, len(town))
    flag = now if kind == "status" else side
    return pd.DataFrame(
        {"town": town + 7, "treated": flag.astype(int), "period": period, "y": y}
    )


@pytest.fixture
def table(tmp_path):
    """Return a function that writes rows as Parquet beside a plan."""

    def table(frame, *, start=1, treated=1):
        (tmp_path / "plan.yml").write_text(PLAN.format(start=start, treated=treated))
        path = tmp_path / "t.parquet"
        duckdb.sql("SELECT * FROM frame").write_parquet(str(path))
        return tmp_path / "plan.yml"

    return table


@pytest.fixture
def merging(monkeypatch):
    """Return a function that makes small tables large, and counts what is merged."""
    merged = []

    def counted(*args, **options):
        merged.append(1)
        return table_merging.merged_clusters(*args, **options)

    def merging():
        monkeypatch.setattr(table_files, "EXACT_ROWS", 100)
        monkeypatch.setattr(table_merging, "MANY_CLUSTERS", 1000)
        monkeypatch.setattr(table_files, "merged_clusters", counted)
        return merged

    return merging


def same(one, two):
    """Compare results number by number."""
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        return all(same(v, two[k]) for k, v in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, float):
        assert two == pytest.approx(one, rel=EXACT, abs=1e-13)
        return True
    assert one == two
    return True


def found(plan):
    (evaluation,) = answer(plan).evaluations
    return dataclasses.asdict(evaluation), answer(plan).inputs


TRIAL = """    design: randomized_trial
    outcome_type: {type}
    data: {{file: t.parquet}}
    outcome: y
    cluster: town
    arms: {{column: treated, control: 0, treated: [1]}}
    allocation: {{"0": 0.67, "1": 0.33}}
"""


@pytest.mark.parametrize("kind", ["group", "status", "arms"])
@pytest.mark.parametrize("periods", [2, 3])
def test_did_is_that_of_each_cluster(table, merging, kind, periods):
    plan = table(people(periods=periods, kind=kind), start=periods - 1)
    each = found(plan)
    merged = merging()
    assert same(each, found(plan))
    assert merged


@pytest.mark.parametrize("kind", ["group", "arms"])
@pytest.mark.parametrize("outcome", ["mean", "binary", "count"])
def test_a_trial_is_that_of_each_cluster(table, merging, kind, outcome):
    rows = people(kind=kind)
    made = {"mean": rows["y"], "count": rows["y"].round()}
    made["binary"] = (rows["y"] > rows["y"].median()).astype(float)
    plan = table(rows.assign(y=made[outcome]))
    text = plan.read_text().partition("    design:")[0]
    if outcome == "binary":
        text = text.replace("points", "share")
        text = text.replace("baseline: 1, target: 2", "baseline: 0.4, target: 0.5")
    plan.write_text(text + TRIAL.format(type=outcome))
    each = found(plan)
    merged = merging()
    assert same(each, found(plan))
    assert merged
    names = [e["name"] for e in each[0]["estimates"]]
    assert names[1].endswith("_ratio") or outcome == "mean"


def test_a_population_at_risk_keeps_every_cluster(table, merging):
    rows = people()
    plan = table(rows.assign(y=rows["y"].round(), at_risk=1 + rows["town"] % 5))
    text = plan.read_text().partition("    design:")[0]
    plan.write_text(f"{text}{TRIAL.format(type='count')}    offset: at_risk\n")
    each = found(plan)
    merged = merging()
    assert same(each, found(plan))
    assert not merged


@pytest.mark.parametrize(("outcome", "value"), [("binary", 0.5), ("count", -1.0)])
def test_one_wrong_row_of_many_is_found(table, merging, outcome, value):
    rows = people().assign(y=1.0)
    rows.loc[::2, "y"] = 0.0
    rows.loc[4321, "y"] = value
    plan = table(rows)
    text = plan.read_text().partition("    design:")[0].replace("points", "share")
    text = text.replace("baseline: 1, target: 2", "baseline: 0.4, target: 0.5")
    plan.write_text(text + TRIAL.format(type=outcome))
    merging()
    with pytest.raises(DataError, match=rf"data row 4322 holds '{value}' \(1 such"):
        answer(plan)


def test_texts_gaps_and_lost_rows(table, merging):
    rows = people()
    rows["town"] = rows["town"].map("Town {} ".format)
    rows["treated"] = rows["treated"].map({1: "yes", 0: " no"})
    rows.loc[::50, "y"] = np.nan
    rows.loc[3::77, "town"] = None
    rows.loc[5::91, "period"] = None
    plan = table(rows, treated='"yes"')
    each = found(plan)
    assert len(each[1][0]["rows_dropped"]) == 3
    merged = merging()
    assert same(each, found(plan))
    assert merged


def test_far_fewer_cells_than_clusters(table, merging):
    table_of = table(people(clusters=30_000)).parent / "t.parquet"
    merging()
    cells = read_cells(
        table_of,
        keys={"period": "period", "cluster": "town"},
        numbers={"y": "y"},
        flags={"treated": ("treated", (1,))},
        merge="cluster",
    )
    assert cells.rows_used == cells.rows_read == 180_000
    assert cells.frame["cluster"].nunique() < 2000


@pytest.mark.parametrize("treated", [1, 2])
def test_a_side_with_one_cluster_keeps_every_cluster(table, merging, treated):
    rows = people()
    towns = sorted(rows["town"].unique())[:treated]
    plan = table(rows.assign(treated=rows["town"].isin(towns).astype(int)))
    each = found(plan)
    merged = merging()
    assert same(each, found(plan))
    assert bool(merged) == (treated > 1)


def test_a_cluster_too_large_for_its_bits_keeps_every_cluster(table, merging):
    rows = people()
    one = rows[rows["town"] == rows["town"].iloc[0]]
    plan = table(pd.concat([rows, *[one] * 9000], ignore_index=True))
    each = found(plan)
    merged = merging()
    assert same(each, found(plan))
    assert not merged


def test_errors_name_a_cluster_of_the_table(table, merging):
    rows = people()
    before = rows[(rows["treated"] == 0) & (rows["period"] == 0)]
    town = before["town"].value_counts().idxmax()
    rows.loc[(before["town"] == town).idxmax(), "treated"] = 1
    plan = table(rows)
    told = rf"cluster '{town}' holds treated and control rows"
    with pytest.raises(DataError, match=told):
        answer(plan)
    merging()
    with pytest.raises(DataError, match=told):
        answer(plan)
