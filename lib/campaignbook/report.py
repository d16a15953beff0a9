"""Reports: a template is run for a plan and becomes one page, with its results."""

import json
import os
import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import papermill
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbformat import NotebookNode
from nbformat.reader import NotJSONError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from campaignbook.batch_table import as_text
from campaignbook.errors import DataError, PlanError, nearest
from campaignbook.files import read_plan, write_text
from campaignbook.kernels import execution_options, warm
from campaignbook.notebook_shell import ENGINE, KERNELS
from campaignbook.pages import page
from campaignbook.plan import CampaignPlan
from campaignbook.report_folder import put_folder
from campaignbook.side_by_side_page import side_by_side_body, twin_plans

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "notebooks" / "reports" / "behaviour_change.ipynb"
SOCIAL_MEDIA = TEMPLATE.with_name("social_media.ipynb")
SHOWN = [
    "text/html", "text/markdown", "image/svg+xml", "text/latex", "image/png",
    "image/jpeg", "text/plain",
]  # fmt: skip
"""Forms of an output, the best first; widgets need a server, which a page has not."""
NO_ALT = '<img alt="A picture without a description"'


class ReportFailed(Exception):
    """A template failed for a reason that is not the user's; its notebook is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where a report stands, and what it says of each goal.

    Attributes
    ----------
    id : str
        The campaign's id.
    folder : Path
        Holds report.html, report.ipynb and results.json.
    document : dict
        What results.json holds.
    """

    id: str
    folder: Path
    document: dict[str, Any]


def write_report(
    plan: str | Path,
    out: str | Path,
    *,
    template: str | Path | None = None,
    level: float | None = None,
    overrides: Mapping[str, object] | None = None,
    kernel: bool = True,
) -> Report:
    """Write one campaign's report and return where it stands.

    Parameters
    ----------
    plan : str or Path
        The plan's YAML file.
    out : str or Path
        The report goes to a folder below it, named by the campaign's id: whole or not
        at all.
    template : str or Path
        Notebook with a cell tagged ``parameters``; else that of `template_for`.
    level, overrides
        As in `files.read_plan`.
    kernel
        As in `run`.

    Raises
    ------
    PlanError or DataError
        The input is wrong; nothing is written.
    ReportFailed
        A cell of the template failed; the notebook is kept, the cell marked.
    """
    if kernel:
        warm()  # meanwhile
    read = read_plan(plan, overrides=overrides, level=level)
    folder = Path(out) / (read.id or Path(plan).stem)
    with tempfile.TemporaryDirectory() as work:
        results, notebook = Path(work) / "results.json", Path(work) / "report.ipynb"
        parameters = {
            "plan": os.path.relpath(plan),
            "results": results.as_posix(),
            "level": level,
            "overrides": as_text(dict(overrides or {})),
        }
        chosen = template or template_for(read)
        try:
            ran = run(chosen, notebook.as_posix(), parameters, kernel=kernel)
        except ReportFailed as error:
            put_folder([notebook], folder)
            kept = folder / notebook.name
            raise ReportFailed(f"{error} The notebook is kept: {kept}") from error
        if not results.exists():
            raise PlanError(
                f"{Path(chosen).name} wrote no results; let a cell of it call "
                "write_results(found, results)."
            )
        # the notebook ran in a folder of its own; opened again, it writes beside itself
        text = nbformat.writes(ran).replace(f"{Path(work).as_posix()}/", "")
        write_text(notebook, f"{text}\n")
        page = Path(work) / "report.html"
        write_text(page, node_page(ran, title=f"{read.name}: report"))
        put_folder([page, notebook, results], folder)
        document = json.loads(results.read_text(encoding="utf-8"))
    return Report(id=folder.name, folder=folder, document=document)


def template_for(plan: CampaignPlan) -> Path:
    """Return the shipped template that fits a plan.

    A social media campaign with an evaluation of KPIs has its own; any other plan has
    that of behaviour change.
    """
    kpis = any(e.design == "kpis" for e in plan.evaluations)
    return SOCIAL_MEDIA if plan.kind == "social_media" and kpis else TEMPLATE


def run(
    template: str | Path,
    notebook: str | Path,
    parameters: Mapping[str, Any],
    *,
    kernel: bool = True,
) -> NotebookNode:
    """Execute a template with parameters into a notebook, and return it.

    Parameters
    ----------
    template, notebook : str or Path
        What is run, and where the executed notebook goes.
    parameters : mapping
        Plain data, by the names in the template's cell tagged ``parameters``.
    kernel : bool
        Whether a kernel runs the cells. Without one this process does, which must be
        there for nothing else; a template of another language gets one all the same.

    Raises
    ------
    PlanError
        An unknown parameter, a value that is not plain data, or no parameters cell:
        papermill itself would run on with the template's own values.
    PlanError or DataError
        Raised by a cell because the input is wrong.
    ReportFailed
        A cell failed for another reason; the notebook holds the error.
    """
    _refuse_parameters(template, parameters)
    try:
        ran = papermill.execute_notebook(
            str(template),
            str(notebook),
            parameters=dict(parameters),
            progress_bar=False,
            log_output=False,
            **_ways_to_run(template, kernel),
            # the kernel's own log would stand between the lines for the user
            extra_arguments=["--log-level=50"],
        )
    except PapermillExecutionError as error:
        kinds = {"PlanError": PlanError, "DataError": DataError}
        if error.ename in kinds:
            raise kinds[error.ename](*str(error.evalue).split("\n")) from error
        said = ": ".join(filter(None, [error.ename, str(error.evalue).strip()]))
        raise ReportFailed(
            f"a cell of {Path(template).name} failed: {said.removesuffix('.')}."
        ) from error
    for cell in ran.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"  # else by chance, and the page with it
    return ran


def node_page(notebook: NotebookNode, *, title: str) -> str:
    """Return an executed notebook as one HTML page without code or external links."""
    # HTMLExporter's own would take the page apart once more, to mark what has no text
    body, _ = TemplateExporter.from_notebook_node(_exporter(), notebook)
    return page(title, re.sub(r"<img(?![^>]*\balt=)", NO_ALT, body))


@cache
def _exporter() -> HTMLExporter:
    """Return the exporter; to compile its templates takes longer than a page."""
    return HTMLExporter(
        config=Config({"NbConvertBase": {"display_data_priority": SHOWN}}),
        filters={"highlight_code": Highlight2HTML()},
        template_name="basic",
        exclude_input=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        require_js_url="",
        mathjax_url="",
        jupyter_widgets_base_url="",
        # the others change nothing that is shown, and each checks the whole notebook
        default_preprocessors=["nbconvert.preprocessors.CoalesceStreamsPreprocessor"],
    )


def side_by_side_page(documents: Sequence[Mapping[str, Any]]) -> str | None:
    """Return a page that lays the shipped plans of one cause side by side.

    None unless the results of both are among those given.
    """
    plans = twin_plans()
    known = {d["id"]: d for d in documents}
    if not all(p.id in known for p in plans):
        return None
    body = side_by_side_body(
        plans,
        links=[f"{quote(p.id)}/report.html" for p in plans],
        answers=[known[p.id]["goals"][0]["sentence"] for p in plans],
    )
    return page("One cause, two plans", body)


def _ways_to_run(template: str | Path, kernel: bool) -> dict[str, Any]:
    """Return papermill's options for a kernel, or for a shell of this process."""
    spec = nbformat.read(template, as_version=4).metadata.get("kernelspec", {})
    if spec.get("name", "python3") not in KERNELS:
        return {}
    if kernel:
        return execution_options()
    # the notebook is written once, at its end
    return {"engine_name": ENGINE, "request_save_on_cell_execute": False}


def _refuse_parameters(template: str | Path, parameters: Mapping[str, Any]) -> None:
    if not Path(template).is_file():
        raise PlanError(f"there is no template {template}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            known = papermill.inspect_notebook(str(template))
    except (NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise PlanError(f"{template} is not a notebook (.ipynb).") from error
    if not known:
        raise PlanError(
            f"{Path(template).name} has no cell tagged 'parameters', so no plan can be "
            "given to it."
        )
    problems = [
        f"{Path(template).name} takes no parameter '{name}' ({nearest(name, known)})."
        for name in parameters
        if name not in known
    ]
    problems += [
        f"the value of '{name}' must be plain data (text, number, list, mapping)."
        for name, value in parameters.items()
        if not _is_plain(value)
    ]
    if problems:
        raise PlanError(*problems)


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(_is_plain(v) for v in value)
    return value is None or isinstance(value, (str, int, float, bool))
