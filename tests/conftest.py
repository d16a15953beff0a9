"""What several test files share: the shipped reports, written once."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from campaignbook.answers import answer, write_results
from campaignbook.cli import main

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shipped(tmp_path_factory):
    """Return the folder with the reports of all shipped plans, and what was printed."""
    out = tmp_path_factory.mktemp("shipped") / "reports"
    run = CliRunner().invoke(main, ["report", "--out", str(out)])
    assert run.exit_code == 0, run.output
    return out, run.output


@pytest.fixture
def results_of(tmp_path):
    """Return a function that gives what results.json holds for a plan file."""

    def results_of(plan, **options):
        path = tmp_path / "results.json"
        write_results(answer(plan, **options), path)
        return json.loads(path.read_text(encoding="utf-8"))

    return results_of


@pytest.fixture
def plan_file(tmp_path):
    """Return a function that writes a plan's text into a file and gives its path."""

    def plan_file(text, name="plan.yml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return plan_file
