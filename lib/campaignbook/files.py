"""The disk: plans in YAML, results in JSON, texts written whole or not at all."""

import json
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from campaignbook.benchmarks import BenchmarkTable
from campaignbook.distinction import CaseBook
from campaignbook.errors import PlanError, nearest
from campaignbook.overrides import override
from campaignbook.plan import CampaignPlan
from campaignbook.questions import QuestionBank
from campaignbook.reading import parse_data, parse_plan

DATA = Path(__file__).resolve().parents[2] / "data"
"""The workbook's own data."""

LARGEST_PLAN = 2_000_000
"""Bytes of the largest plan that is read."""
DEEPEST = 40
"""Levels of the most deeply nested plan that is read."""
MOST_NODES = 200_000
"""Values in the largest plan that is read, aliases written out."""


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


def read_questions() -> QuestionBank:
    """Return the questions and exercises of the workbook."""
    return parse_data(QuestionBank, read_data("questions"))


@cache
def read_benchmarks() -> BenchmarkTable:
    """Return the published effects of campaigns."""
    return parse_data(BenchmarkTable, read_data("benchmarks"))


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


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def results_text(results: Mapping[str, Any]) -> str:
    """Return results as JSON text: 12 significant digits, no clock, same bytes."""
    return json.dumps(_rounded(results), indent=1, ensure_ascii=False) + "\n"


def _rounded(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {k: _rounded(v) for k, v in node.items()}
    if isinstance(node, (list, tuple)):
        return [_rounded(v) for v in node]
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


class _Loader(yaml.CSafeLoader):
    """Loads plain data; what looks like a date and is none stays text, to be told."""

    def construct_yaml_timestamp(self, node: yaml.Node) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def read_value(text: str) -> Any:
    """Return one value as YAML reads it: a number, a date, a list, else text.

    Raises
    ------
    yaml.YAMLError
        If the text is no value.
    """
    return yaml.load(text, Loader=_Loader)


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_PLAN:
            raise PlanError(
                f"{path.name}: a plan of {size:,} bytes is not read; the most is "
                f"{LARGEST_PLAN:,}. Tables belong in files of their own."
            )
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        others = [p.name for p in path.parent.glob("*.y*ml")]
        hint = f" ({nearest(path.name, others)})" if others else ""
        raise PlanError(f"there is no plan {path}{hint}.") from error
    except UnicodeDecodeError as error:
        raise PlanError(
            f"{path.name}: not a text file in UTF-8; save the plan as UTF-8."
        ) from error
    except OSError as error:
        what = "is a folder; name the plan in it" if path.is_dir() else error.strerror
        raise PlanError(f"{path}: {what}.") from error


def read_yaml(path: Path) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """Return the plain data in a YAML file, and the line of each place in it."""
    text = _read_text(path)
    try:
        _refuse_depth(text)
        root = yaml.compose(text, Loader=_Loader)
        lines: dict[tuple[str | int, ...], int] = {}
        if root is not None:
            _walk(root, (), lines, {}, [])
        return yaml.load(text, Loader=_Loader), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "a character that YAML forbids"
        raise PlanError(
            f"{path.name}: {where}not readable as YAML: {problem}."
        ) from error


def _refuse_depth(text: str) -> None:
    """Raise PlanError for a nesting that would break the reader itself."""
    depth = 0
    opening = (yaml.SequenceStartEvent, yaml.MappingStartEvent)
    closing = (yaml.SequenceEndEvent, yaml.MappingEndEvent)
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, opening) - isinstance(event, closing)
        if depth > DEEPEST:
            raise PlanError(
                f"line {event.start_mark.line + 1}: the plan is nested too deeply "
                f"(more than {DEEPEST} levels)."
            )


def _walk(
    node: yaml.Node,
    place: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    sizes: dict[int, int],
    above: list[int],
) -> int:
    """Note the line of each place; return how many values stand below, written out."""
    if id(node) in above:
        raise PlanError(
            f"line {node.start_mark.line + 1}: the plan refers to itself; write the "
            "values out."
        )
    if id(node) in sizes:
        return sizes[id(node)]
    lines[place] = node.start_mark.line + 1
    inside, count = [*above, id(node)], 1
    if isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            count += _walk(value, (*place, i), lines, sizes, inside)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise PlanError(
                    f"line {key.start_mark.line + 1}: a key must be text, not a list "
                    "or mapping; write name: value."
                )
            if key.value in seen:
                raise PlanError(
                    f"line {key.start_mark.line + 1}: the key '{key.value}' stands "
                    "twice; keep one."
                )
            seen.add(str(key.value))
            below = (*place, str(key.value))
            count += _walk(value, below, lines, sizes, inside)
            lines[below] = key.start_mark.line + 1
    sizes[id(node)] = count
    if count > MOST_NODES:
        raise PlanError(
            f"the plan holds more than {MOST_NODES:,} values once its aliases (&, *) "
            "are written out; it is not read."
        )
    return count
