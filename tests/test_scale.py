"""Large tables: equal to statsmodels and pyfixest, and no person leaves the table."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import scale
from click.testing import CliRunner

from campaignbook import table_files, table_merging
from campaignbook.cli import main

ID, VALUE = 918273645, 7.12345678  # of one person, in no other number


def test_equal_in_small():
    """The benchmark itself on 200,000 rows: no time or memory is judged."""
    small = ["--rows", "200000", "--clusters", "20000", "--runs", "1", "--only-equal"]
    done = subprocess.run(
        [sys.executable, scale.__file__, *small], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MISSED" not in done.stdout


def test_a_missed_bar_is_a_failure():
    run = {"seconds": 1.0, "megabytes": 500.0, "estimate": 0.3, "cr1": 0.1}
    rival = {**run, "seconds": 10.0, "megabytes": 3000.0}
    found = {"campaignbook": [run], "statsmodels": [rival], "pyfixest": [rival]}
    assert scale.failures(found, only_equal=False) == []
    for change in (
        {"seconds": 1.1},
        {"megabytes": 601.0},
        {"cr1": 0.1 + 1e-10},
        {"estimate": float("nan")},
    ):
        wrong = {**found, "campaignbook": [{**run, **change}]}
        assert scale.failures(wrong, only_equal=False)


@pytest.mark.parametrize("merging", [True, False])
def test_no_person_is_in_a_report(tmp_path, monkeypatch, merging):
    plan = scale.make_table(tmp_path, rows=60_000, clusters=6_000)
    table = tmp_path / "people.parquet"
    duckdb.sql(f"CREATE OR REPLACE TABLE t AS FROM read_parquet('{table}')")
    duckdb.sql(f"INSERT INTO t VALUES ({ID}, 1, 1, {VALUE})")
    duckdb.sql(f"COPY t TO '{table}' (FORMAT parquet)")
    if merging:
        monkeypatch.setattr(table_files, "EXACT_ROWS", 1000)
        monkeypatch.setattr(table_merging, "MANY_CLUSTERS", 1000)
    ran = CliRunner().invoke(main, ["report", str(plan), "--out", str(tmp_path / "o")])
    assert ran.exit_code == 0, ran.output
    written = [p for p in (tmp_path / "o").rglob("*") if p.is_file()]
    assert {"results.json", "report.ipynb", "report.html"} <= {p.name for p in written}
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert str(ID) not in text and str(VALUE) not in text, path.name
        # nor lists as long as the table: a report is as large for any number of rows
        assert Path(path).stat().st_size < 2_000_000
    assert len((tmp_path / "o" / "plan" / "results.json").read_text()) < 20_000
