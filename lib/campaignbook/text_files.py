"""Texts on the disk: YAML as plain data with lines; files written whole."""

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

from campaignbook.errors import PlanError, nearest

LARGEST_PLAN = 2_000_000
"""Bytes of the largest plan that is read."""
DEEPEST = 40
"""Levels of the most deeply nested plan that is read."""
MOST_NODES = 200_000
"""Values in the largest plan that is read, aliases written out."""


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


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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
