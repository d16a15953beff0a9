"""Reports: a template is run for a plan and becomes one page, with its results."""

import html
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files as package_files
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import nbformat
import papermill
from nbconvert import HTMLExporter
from nbformat.reader import NotJSONError
from papermill.exceptions import PapermillExecutionError

from campaignbook.errors import DataError, PlanError, nearest
from campaignbook.files import read_plan, write_text
from campaignbook.kernels import execution_options, warm
from campaignbook.plan import CampaignPlan
from campaignbook.side_by_side_page import side_by_side_body, twin_plans

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "notebooks" / "reports" / "behaviour_change.ipynb"
SIDE_BY_SIDE = "side_by_side.html"
SOCIAL_MEDIA = TEMPLATE.with_name("social_media.ipynb")


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
) -> Report:
    """Write one campaign's report and return where it stands.

    Parameters
    ----------
    plan : str or Path
        The plan's YAML file.
    out : str or Path
        The report goes to a folder below it, named by the campaign's id.
    template : str or Path
        Notebook with a cell tagged ``parameters``; else that of `template_for`.
    level, overrides
        As in `files.read_plan`.

    Raises
    ------
    PlanError or DataError
        The input is wrong; nothing is written.
    ReportFailed
        A cell of the template failed; the notebook is kept, the cell marked.
    """
    warm()  # meanwhile
    read = read_plan(plan, overrides=overrides, level=level)
    folder = Path(out) / (read.id or Path(plan).stem)
    with tempfile.TemporaryDirectory() as work:
        results, notebook = Path(work) / "results.json", Path(work) / "report.ipynb"
        parameters = {
            "plan": os.path.relpath(plan),
            "results": results.as_posix(),
            "level": level,
            "overrides": _as_text(dict(overrides or {})),
        }
        try:
            run(template or template_for(read), notebook.as_posix(), parameters)
        except ReportFailed as error:
            kept = _move([notebook], folder)
            raise ReportFailed(f"{error} The notebook is kept: {kept[0]}") from error
        # the notebook ran in a folder of its own; opened again, it writes beside itself
        text = notebook.read_text(encoding="utf-8")
        write_text(notebook, text.replace(f"{Path(work).as_posix()}/", ""))
        page = Path(work) / "report.html"
        write_text(page, notebook_page(notebook, title=f"{read.name}: report"))
        _move([page, notebook, results], folder)
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return Report(id=folder.name, folder=folder, document=document)


def template_for(plan: CampaignPlan) -> Path:
    """Return the shipped template that fits a plan.

    A social media campaign with an evaluation of KPIs has its own; any other plan has
    that of behaviour change.
    """
    kpis = any(e.design == "kpis" for e in plan.evaluations)
    return SOCIAL_MEDIA if plan.kind == "social_media" and kpis else TEMPLATE


def run(
    template: str | Path, notebook: str | Path, parameters: Mapping[str, Any]
) -> None:
    """Execute a template with parameters into a notebook.

    Parameters
    ----------
    template, notebook : str or Path
        What is run, and where the executed notebook goes.
    parameters : mapping
        Plain data, by the names in the template's cell tagged ``parameters``.

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
        papermill.execute_notebook(
            str(template),
            str(notebook),
            parameters=dict(parameters),
            progress_bar=False,
            log_output=False,
            **execution_options(),
            # the kernel's own log would stand between the lines for the user
            extra_arguments=["--log-level=50"],
        )
    except PapermillExecutionError as error:
        kinds = {"PlanError": PlanError, "DataError": DataError}
        if error.ename in kinds:
            raise kinds[error.ename](*str(error.evalue).split("\n")) from error
        raise ReportFailed(
            f"a cell of {Path(template).name} failed: {error.ename}: {error.evalue}."
        ) from error


def notebook_page(notebook: str | Path, *, title: str) -> str:
    """Return an executed notebook as one HTML page without code or external links."""
    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        require_js_url="",
        mathjax_url="",
        jupyter_widgets_base_url="",
    )
    body, _ = exporter.from_notebook_node(nbformat.read(notebook, as_version=4))
    return page(title, body)


def page(title: str, body: str) -> str:
    """Return a whole HTML page around a body, with its style inside."""
    here = package_files("campaignbook")
    shell = Template(here.joinpath("page.html").read_text(encoding="utf-8"))
    style = here.joinpath("page.css").read_text(encoding="utf-8")
    return shell.substitute(title=html.escape(title), style=style, body=body)


def side_by_side_page(reports: Sequence[Report]) -> str | None:
    """Return a page that lays the shipped plans of one cause side by side.

    None unless the reports of both are among those given.
    """
    plans = twin_plans()
    known = {r.id: r for r in reports}
    if not all(p.id in known for p in plans):
        return None
    body = side_by_side_body(
        plans,
        links=[f"{quote(p.id)}/report.html" for p in plans],
        answers=[known[p.id].document["goals"][0]["sentence"] for p in plans],
    )
    return page("One cause, two plans", body)


def write_index(reports: Sequence[Report], out: Path) -> Path:
    """Write the list of reports, and the page on two of them; return its place."""
    twins = side_by_side_page(reports)
    if twins:
        write_text(out / SIDE_BY_SIDE, twins)
    index = out / "index.html"
    write_text(index, index_page(reports, side_by_side=bool(twins)))
    return index


def index_page(reports: Sequence[Report], *, side_by_side: bool = False) -> str:
    """Return a page that lists reports with their verdicts and links."""
    rows = []
    for report in reports:
        name = html.escape(report.document["plan"])
        link = f'<a href="{quote(report.id)}/report.html">{name}</a>'
        for goal in report.document["goals"] or [{}]:
            word = goal.get("verdict", "no goals yet")
            style = word.replace(" ", "-")
            which = html.escape(goal.get("id", ""))
            why = goal.get("sentence", "").split(": ", 1)[-1]
            why = html.escape(why[:1].upper() + why[1:])
            rows.append(
                f'<tr><th scope="row">{link}<br><small>{which}</small></th>'
                f'<td><span class="{style}">{html.escape(word)}</span></td>'
                f"<td>{why}</td></tr>"
            )
    twins = f'<p><a href="{SIDE_BY_SIDE}">One cause, two plans side by side</a></p>'
    body = (
        f"<h1>Campaign reports</h1>{twins if side_by_side else ''}"
        "<table><caption>Verdict for each goal</caption>"
        '<thead><tr><th scope="col">Campaign</th><th scope="col">Verdict</th>'
        f'<th scope="col">Why</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    return page("Campaign reports", body)


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


def _as_text(value: Any) -> Any:
    """Return plain data with dates as ISO text: a notebook cannot hold others."""
    if isinstance(value, dict):
        return {k: _as_text(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_as_text(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(_is_plain(v) for v in value)
    return value is None or isinstance(value, (str, int, float, bool))


def _move(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Put files into a folder, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    moved = []
    for path in paths:
        target = folder / path.name
        part = target.with_name(f".{target.name}.part")
        shutil.copyfile(path, part)
        os.replace(part, target)
        moved.append(target)
    return moved
