"""The building: imports point down, calculations are pure, and the house is tidy."""

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import LONGEST

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lib" / "campaignbook"

# From the ground up. A module may import from lower floors only.
FLOORS = [
    # Only the version: everyone may import it.
    {""},
    # 0: shared words
    {"period_texts"},
    {"errors", "results", "tables"},
    {"table_sql"},
    {"table_merging"},
    # 1a: what a plan says of an evaluation, then the shared arithmetic, the designs
    {
        "evaluation",
        "evaluation.parts",
        "costs",
        "ratios",
        "splits",
        "evaluation.detection",
        "row_groups",
    },
    {
        "money_figures",
        "assumptions",
        "evaluation.export_parts",
        "evaluation.covariates",
        "evaluation.proportions",
        "evaluation.bell_mccaffrey",
        "evaluation.donor_weights",
        "evaluation.headlines",
        "evaluation.group_time_covariates",
        "evaluation.pooling",
    },
    {"social_return", "cost_effectiveness", "sensitivity", "evaluation.spec"},
    {"returns"},
    {
        "evaluation.clusters",
        "evaluation.adjustment",
        "evaluation.series",
        "evaluation.treated_groups",
        "evaluation.units",
    },
    {
        "evaluation.arms",
        "evaluation.panels",
        "evaluation.covariate_sums",
        "evaluation.rank_tests",
        "evaluation.studies",
        "evaluation.observational_rows",
        "evaluation.observational_checks",
    },
    {
        "evaluation.comparisons",
        "evaluation.cluster_comparisons",
        "evaluation.panel_effects",
        "evaluation.group_time",
        "evaluation.start_dates",
        "evaluation.series_cells",
        "evaluation.donors",
        "evaluation.panel_regression",
        "evaluation.arm_regression",
    },
    {
        "evaluation.trial_checks",
        "evaluation.adjusted_trials",
        "evaluation.series_model",
        "evaluation.donor_checks",
        "evaluation.panel_levels",
    },
    {
        "evaluation.series_checks",
        "evaluation.attrition",
        "evaluation.trial_covariates",
    },
    {
        "evaluation.trials",
        "evaluation.difference_in_differences",
        "evaluation.interrupted_time_series",
        "evaluation.synthetic_control",
        "evaluation.observational",
        "evaluation.pre_post",
        "evaluation.pooled",
        "evaluation.power",
        "evaluation.re_aim",
        "economics",
    },
    {"further_figures", "evaluation.re_aim_spec"},
    {
        "evaluation.wanted",
        "evaluation.periods",
        "evaluation.staggered",
        "evaluation.drawn_tables",
        "evaluation.single_share",
    },
    {"evaluation.designs", "evaluation.simulated_power", "evaluation.visible_change"},
    {"evaluation.planned_power"},
    # 1b: questions, then the other topics
    {"formulas", "net_reach", "scoring", "utm", "surveys"},
    {"exchange", "perceptual_map", "raci", "ridge_logit"},
    {
        "questions",
        "reach_search",
        "reach_bounds",
        "answer_patterns",
        "design_choice",
        "naive_answers",
    },
    {
        "exercises",
        "benchmarks",
        "reach_choice",
        "partner_reach",
        "partner_choice",
        "latent_classes",
        "recomputed",
    },
    {
        "class_choice",
        "class_profiles",
        "class_prediction",
        "added_value",
        "numeric_segments",
        "beliefs",
        "targeting",
        "distinction",
        "goals",
        "social_media",
        "audiences",
        "strategies",
        "partnerships",
        "kpis",
        "enquiries",
    },
    {"kpi_values", "monitoring", "rate_model", "segment_choice", "influencers"},
    {"kpi_comparisons"},
    {"goal_types", "statement_numbers", "behaviour_choice", "content_calendar"},
    {"voices", "kpi_tree"},
    {"calendar_checks", "response_curves", "influencer_rates"},
    {"best_split", "fitted_curves", "influencer_signals"},
    {"allocation"},
    {"allocation_doubt"},
    {"platforms", "export_values"},
    {"export_frames", "export_dates"},
    {"influencer_findings"},
    {"kpi_rows"},
    {"kpi_checks"},
    {"kpi_evaluation", "kpi_findings", "kpi_money"},
    {"statements"},
    {"smart"},
    # 2: composition
    {"plan", "verdict", "power_check"},
    {
        "overrides",
        "plan_words",
        "advice",
        "relevance",
        "kpi_report",
        "evaluation_framework",
        "side_by_side",
    },
    {"reading", "campaign", "open_points"},
    # 3: disk, pictures
    {
        "text_files",
        "table_forms",
        "charts",
        "figures",
        "report_words",
        "markup",
        "memory",
    },
    {"files"},
    {"table_sources"},
    {"table_refusals"},
    {"export_blocks"},
    {"export_rows", "export_tables"},
    {"table_files", "exports", "tidy_files"},
    {"pictures", "kpi_files"},
    {
        "first_page",
        "calendar_picture",
        "calendar_files",
        "influencer_figures",
        "partner_figures",
        "kpi_pictures",
        "audience_pictures",
    },
    {"kpi_sections"},
    {"month_sections", "partner_sections", "side_by_side_page"},
    {"plan_sections"},
    # 4: screen, many, room, paper
    {"answers", "sections", "form_fields", "live"},
    {"form_drafts", "form_controls"},
    {"learner_files", "form_view"},
    {"quiz_items", "tries"},
    {"answer_sheets"},
    {"forms", "quiz", "lesson_figures", "book"},
    {"strategy_figures"},
    {"series"},
    {"lesson_strategies"},
    {
        "lesson_distinction",
        "lesson_goals",
        "lesson_social_media",
        "lesson_calendar",
        "lesson_influencers",
        "lesson_audiences",
        "lesson_partnerships",
        "lesson_designs",
    },
    {"forked_kernel"},
    {"forkserver", "voila_templates"},
    {"forked_process"},
    {"batch_table", "report_folder", "notebook_shell", "pages", "report_jobs"},
    {"kernels", "versions"},
    {"report", "batch_ledger", "batch_rows", "cluster_versions"},
    {"lesson_evaluation", "forked_report", "batch_index", "cluster_worker"},
    {"report_server"},
    {"cluster_jobs"},
    {"batch", "workshop", "documents", "speaking"},
    {"batch_command", "report_command"},
    # 5: the door
    {"cli", "__main__"},
]
FLOOR_OF = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}
PURE = {m for m, floor in FLOOR_OF.items() if floor <= FLOOR_OF["campaign"]}

# Neighbours that may be imported all the same.
ALLOWED = {
    ("exports", "files"),
    ("__main__", "cli"),
}

IMPURE_MODULES = {
    "duckdb",
    "io",
    "ipywidgets",
    "matplotlib",
    "os",
    "pathlib",
    "random",
    "subprocess",
    "time",
}
IMPURE_CALLS = {"input", "open", "print"}
IMPURE_ENDINGS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "Timestamp.now",
    "Timestamp.today",
    "random.seed",
}

VISIBLE = {
    "README.md",
    "environment.yml",
    "LICENSE",
    "notebooks",
    "lib",
    "data",
    "tests",
}
# Made by using the workbook; ignored by git.
MADE = {"reports", "my_campaign"}


def name_of(path):
    """evaluation/trials.py -> evaluation.trials; a folder's __init__ is the folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text()) for name, path in SOURCES.items()}


def imports_of(name, tree, known):
    """Return (line, absolute module) of all imports; those inside functions count."""
    found = []
    package = f"campaignbook.{name}".rstrip(".")
    if name not in known or not known[name].endswith("__init__.py"):
        package = package.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")
                up = up[: len(up) - node.level + 1]
                base = ".".join([*up, *filter(None, [node.module])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                is_module = whole.removeprefix("campaignbook.") in known
                found.append((node.lineno, whole if is_module else base))
    return found


def uphill(name, tree, known):
    """Return a sentence for every import that does not point down."""
    problems = []
    for line, target in imports_of(name, tree, known):
        if target.split(".")[0] != "campaignbook":
            continue
        other = target.removeprefix("campaignbook").removeprefix(".")
        if other not in FLOOR_OF and other in known:
            continue  # test_module_has_a_floor tells
        elif other not in FLOOR_OF:
            problems.append(f"{name}, line {line}: there is no {target}")
        elif other == "errors" or (name, other) in ALLOWED:
            continue
        elif FLOOR_OF[other] >= FLOOR_OF[name]:
            problems.append(
                f"{name}, line {line}: may not import {other}, not below it"
            )
    return problems


def dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def impurities(name, tree, known):
    """Return a sentence for every touch of disk, clock, screen or global chance."""
    problems = [
        f"{name}, line {line}: imports {target}"
        for line, target in imports_of(name, tree, known)
        if target.split(".")[0] in IMPURE_MODULES
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            ending = ".".join(dotted(node).split(".")[-2:])
            if ending in IMPURE_ENDINGS:
                problems.append(f"{name}, line {node.lineno}: uses {ending}")
        elif isinstance(node, ast.Call) and dotted(node.func) in IMPURE_CALLS:
            problems.append(f"{name}, line {node.lineno}: calls {dotted(node.func)}()")
    return problems


KNOWN = {name: path.name for name, path in SOURCES.items()}


# --- imports ----------------------------------------------------------------------


def test_there_is_a_package():
    assert {"", "errors", "results", "tables", "evaluation"} <= SOURCES.keys()


def test_no_module_is_on_two_floors():
    assert sum(len(floor) for floor in FLOORS) == len(FLOOR_OF)


@pytest.mark.parametrize("name", SOURCES)
def test_module_has_a_floor(name):
    assert name in FLOOR_OF, (
        f"'{name}' is on no floor: give it one in FLOORS of this file and in the "
        "design, or move its functions to a module that is there."
    )


@pytest.mark.parametrize("name", [n for n in SOURCES if n in FLOOR_OF])
def test_imports_point_down(name):
    assert uphill(name, TREES[name], KNOWN) == []


@pytest.mark.parametrize("name", [n for n in SOURCES if n in PURE])
def test_calculations_are_pure(name):
    assert impurities(name, TREES[name], KNOWN) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("goals", "from campaignbook.plan import CampaignPlan"),
        ("goals", "from campaignbook import plan"),
        ("goals", "from . import plan"),
        ("goals", "import campaignbook.audiences"),
        ("goals", "def f():\n    from campaignbook.files import read_plan"),
        ("goals", "from campaignbook.unheard_of import x"),
        ("results", "from campaignbook.tables import Cells"),
        ("evaluation.trials", "from .power import detectable"),
        ("evaluation.trials", "from campaignbook.evaluation import designs"),
        ("report", "from campaignbook import batch"),
        ("files", "from campaignbook import exports"),
    ],
)
def test_the_check_sees_an_uphill_import(name, code):
    known = {**dict.fromkeys(FLOOR_OF, "x.py"), "evaluation": "__init__.py"}
    assert len(uphill(name, ast.parse(code), known)) == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("plan", "from campaignbook import __version__, goals"),
        ("tables", "from campaignbook.errors import DataError"),
        (
            "evaluation.designs",
            "from . import trials\nfrom .spec import EvaluationSpec",
        ),
        ("evaluation.trials", "from ..results import Estimate"),
        ("batch", "from campaignbook.report import run"),
        ("exports", "from campaignbook import files"),
        ("__main__", "from campaignbook.cli import main"),
    ],
)
def test_the_check_lets_a_downhill_import_pass(name, code):
    known = {**dict.fromkeys(FLOOR_OF, "x.py"), "evaluation": "__init__.py"}
    assert uphill(name, ast.parse(code), known) == []


@pytest.mark.parametrize(
    "code",
    [
        "import os.path",
        "from pathlib import Path",
        "import matplotlib.pyplot as plt",
        "open('x')",
        "from datetime import date\ndate.today()",
        "import datetime\ndatetime.datetime.now()",
        "import numpy as np\nnp.random.seed(1)",
        "print('x')",
    ],
)
def test_the_check_sees_an_impure_line(code):
    assert len(impurities("goals", ast.parse(code), {})) == 1


# --- the code ---------------------------------------------------------------------

PYTHON = [*SOURCES.values(), ROOT / "lib" / "start.py"]
INSIDE = [
    path
    for path in sorted(PACKAGE.rglob("*"))
    if path.is_file() and "__pycache__" not in path.parts
]


def shown(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", INSIDE, ids=shown)
def test_file_is_short(path):
    lines = len(path.read_bytes().splitlines())
    assert lines <= 300, f"{lines} lines: a module stops at 300"


@pytest.mark.parametrize("path", PYTHON, ids=shown)
def test_no_assert_bare_except_or_todo(path):
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, ast.Assert), f"assert in line {node.lineno}"
        bare = isinstance(node, ast.ExceptHandler) and node.type is None
        assert not bare, f"bare except in line {node.lineno}"
    assert not re.search(r"\bTODO\b", text)


# --- notebooks --------------------------------------------------------------------

NOTEBOOKS = [
    path
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]


def cells_of(path, kind):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        ("".join(cell["source"]), cell) for cell in cells if cell["cell_type"] == kind
    ]


def test_there_are_notebooks():
    assert ROOT / "notebooks" / "reports" / "behaviour_change.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=shown)
def test_notebook_is_stored_clean(path):
    code = cells_of(path, "code")
    assert code
    for source, cell in code:
        assert cell["outputs"] == [], f"outputs are stored: {source[:60]!r}"
        assert cell["execution_count"] is None, f"a count is stored: {source[:60]!r}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=shown)
def test_notebook_has_one_title(path):
    text = "\n".join(source for source, _ in cells_of(path, "markdown"))
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^ {0,3}# .+", text, flags=re.MULTILINE)) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=shown)
def test_notebook_names_the_common_kernel(path):
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert metadata["kernelspec"]["name"] == "campaignbook"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=shown)
def test_notebook_cells_are_small(path):
    for source, _ in cells_of(path, "code"):
        lines = len(source.strip("\n").splitlines())
        assert lines <= 15, f"{lines} lines: {source[:60]!r}"


# --- the folder -------------------------------------------------------------------

CACHES = {"__pycache__", "node_modules"}


def tracked_files():
    """Return what git tracks, or every file of the project where there is no git."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
        )
        names = [name for name in listed.stdout.decode().split("\0") if name]
        if listed.returncode == 0 and names:
            return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not path.is_relative_to(ROOT / ".venv")
        and path.relative_to(ROOT).parts[0] not in MADE
        and not any(
            part in CACHES or part.endswith((".egg-info", "_cache", "_checkpoints"))
            for part in path.relative_to(ROOT).parts
        )
    ]


def test_top_holds_only_what_the_map_shows():
    top = {path.relative_to(ROOT).parts[0] for path in tracked_files()}
    visible = {name for name in top if not name.startswith(".")}
    assert visible <= VISIBLE, f"not on the map: {sorted(visible - VISIBLE)}"
    present = {path.name for path in ROOT.iterdir()}
    assert VISIBLE <= present, f"missing: {sorted(VISIBLE - present)}"


def test_what_the_reader_makes_is_ignored():
    lines = (ROOT / ".gitignore").read_text().splitlines()
    for name in [*MADE, ".venv"]:
        assert {f"{name}/", f"/{name}/"} & set(lines), f"{name}/ is not ignored"
    # A bare "reports/" would ignore notebooks/reports as well.
    assert "/reports/" in lines or "!notebooks/reports/" in lines


def test_no_file_names_a_registry():
    # Put together here, so that this file does not name one itself.
    hosts = ["py" + "pi", "python" + "hosted", "npm" + "js", "debian" + r"\.org"]
    address = rf"https?://[^\s\"'<>)]*({'|'.join(hosts)})"
    bare = rf"\b({'|'.join(hosts[:3])})\.(org|com)\b|\b{hosts[3]}\b"
    pattern = re.compile(f"{address}|{bare}".encode(), re.IGNORECASE)
    files = tracked_files()
    assert PACKAGE / "__init__.py" in files
    found = {shown(p): m[0] for p in files if (m := pattern.search(p.read_bytes()))}
    assert found == {}


def test_files_that_begin_first_are_there():
    here = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert {*LONGEST} <= here
