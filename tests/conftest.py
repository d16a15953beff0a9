"""What several test files share: the shipped reports, written once; our kernel."""

import json
import os
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner

from campaignbook.answers import answer, write_results
from campaignbook.cli import main

ROOT = Path(__file__).parents[1]
LONGEST = (
    "test_notebooks_in_lab.py", "test_batch.py", "test_notebooks.py",
    "test_kernels.py", "test_validity.py", "test_forms_in_lab.py",
)  # fmt: skip
"""Files that take longest: they begin first, so that no process waits for the last."""


@pytest.fixture(scope="session", autouse=True)
def kernel_installed(tmp_path_factory):
    """Let Jupyter find our kernel where the package is only on the path."""
    group = "jupyter_client.kernel_provisioners"
    if entry_points(group=group, name="campaignbook-provisioner"):
        return
    place = tmp_path_factory.mktemp("installed")
    metadata = place / "campaignbook-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: campaignbook\nVersion: 0\n")
    project = tomllib.loads((ROOT / "lib" / "pyproject.toml").read_text())["project"]
    lines = [f"{k} = {v}\n" for k, v in project["entry-points"][group].items()]
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{''.join(lines)}")
    sys.path.insert(0, str(place))
    for variable, path in {
        "PYTHONPATH": os.pathsep.join([str(place), str(ROOT / "lib")]),
        "JUPYTER_PATH": str(ROOT / "lib" / "share" / "jupyter"),
    }.items():
        known = os.environ.get(variable)
        os.environ[variable] = os.pathsep.join([path, *([known] if known else [])])


def prose_of(notebook):
    """Return the text cells of a notebook in one line."""
    path = ROOT / "notebooks" / f"{notebook}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    return " ".join(" ".join(texts).split())


def pytest_collection_modifyitems(items):
    """Put the files that take longest first."""
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


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
