"""The disk: plans in YAML, results in JSON, texts written whole or not at all."""

import json
from collections.abc import Mapping
from functools import cache
from numbers import Integral
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from campaignbook.benchmarks import BenchmarkTable
from campaignbook.distinction import CaseBook
from campaignbook.overrides import override
from campaignbook.plan import CampaignPlan
from campaignbook.questions import QuestionBank
from campaignbook.reading import parse_data, parse_plan
from campaignbook.text_files import read_yaml, write_text

DATA = Path(__file__).resolve().parents[2] / "data"
"""The workbook's own data."""


def read_plan(
    path: str | Path,
    *,
    overrides: Mapping[str, object] | None = None,
    level: float | None = None,
) -> CampaignPlan:
    """Return the plan in a YAML file.

    Parameters
    ----------
    path : str or Path
        The file.
    overrides : mapping, optional
        Dotted paths and new values, as in ``goals.registrations.target: 0.31``.
    level : float, optional
        Confidence level (0-1) for all evaluations; beats the plan's.

    Raises
    ------
    PlanError
        Every problem at once, one sentence each.
    """
    raw, lines = read_yaml(Path(path))
    if isinstance(raw, dict) and (overrides or level is not None):
        raw = override(raw, overrides or {})
        specs = raw.get("evaluations") if level is not None else None
        for spec in specs if isinstance(specs, list) else ():
            if isinstance(spec, dict):
                spec["level"] = level
    known = [b.id for b in read_benchmarks().benchmarks]
    return parse_plan(raw, lines=lines, benchmarks=known)


def read_data(name: str) -> dict[str, Any]:
    """Return one of the workbook's own YAML files as plain data, with all sources."""
    sources = read_yaml(DATA / "sources.yml")[0]
    return {"sources": sources, **read_yaml(DATA / f"{name}.yml")[0]}


@cache
def read_questions() -> QuestionBank:
    """Return the questions and exercises of the workbook."""
    return parse_data(QuestionBank, read_data("questions"))


@cache
def read_benchmarks() -> BenchmarkTable:
    """Return the published effects of campaigns."""
    return parse_data(BenchmarkTable, read_data("benchmarks"))


@cache
def read_cases() -> CaseBook:
    """Return the graded cases of the workbook, with the definitions."""
    known = read_data("questions")["misconceptions"]
    return parse_data(CaseBook, {"misconceptions": known, **read_data("cases")})


def write_plan(plan: CampaignPlan, path: str | Path) -> None:
    """Write a plan as YAML, whole or not at all; empty sections are left out."""
    write_text(path, plan_text(plan))


def plan_text(plan: CampaignPlan) -> str:
    """Return a plan as YAML text; reading it gives the same plan."""
    data = plan.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    data = {"campaignbook": plan.campaignbook, **_plain(plan, data)}
    return yaml_text(data)


def yaml_text(data: Any) -> str:
    """Return plain data as YAML text, in the order that they have."""
    return yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88
    )


def value_text(value: Any) -> str:
    """Return one value on one line, as `read_value` reads it.

    Examples
    --------
    >>> value_text("Q1"), value_text("2"), value_text(2), value_text([1, "a"])
    ('Q1', "'2'", '2', '[1, a]')
    """
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=1e6
    )
    return text.removesuffix("...\n").rstrip("\n")


def results_text(results: Mapping[str, Any]) -> str:
    """Return results as JSON text: 12 significant digits, no clock, same bytes."""
    return json.dumps(_rounded(results), indent=1, ensure_ascii=False) + "\n"


def _rounded(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {k: _rounded(v) for k, v in node.items()}
    if isinstance(node, (list, tuple)):
        return [_rounded(v) for v in node]
    if isinstance(node, Integral) and not isinstance(node, bool):
        return int(node)  # numpy's too
    if isinstance(node, float):
        number = float(f"{node:.12g}")
        return number if abs(number) < float("inf") else None
    return node


def _plain(plan: BaseModel, data: dict[str, Any]) -> dict[str, Any]:
    dates = plan.model_dump(by_alias=True, exclude_defaults=True)

    def back(text: Any, value: Any) -> Any:
        if isinstance(text, dict):
            return {k: back(v, value[k]) for k, v in text.items()}
        if isinstance(text, list):
            return [back(t, v) for t, v in zip(text, value, strict=True)]
        return value

    return {k: back(v, dates[k]) for k, v in data.items()}


class _Dumper(yaml.SafeDumper):
    """Writes texts with rare line breaks in quotes, where they are escaped."""

    def represent_str(self, data: str) -> yaml.Node:
        style = '"' if any(c in data for c in "\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)
