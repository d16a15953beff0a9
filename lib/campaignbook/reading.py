"""From plain data to a plan: every problem at once, each told in a sentence."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from campaignbook.errors import PlanError, nearest
from campaignbook.plan import CampaignPlan

Path = tuple[str | int, ...]


def parse_plan(raw: object, *, lines: Mapping[Path, int] | None = None) -> CampaignPlan:
    """Return the plan in plain data, or raise PlanError with every problem in it.

    Parameters
    ----------
    raw : object
        What the YAML file holds; must be a mapping.
    lines : mapping, optional
        Line of each path in the file, to be named in the sentences.

    Raises
    ------
    PlanError
        One sentence a problem: where, what was found, what to write instead.
    """
    if not isinstance(raw, Mapping):
        raise PlanError(
            "the plan must be a mapping of names to values ('name: My campaign'), "
            f"not {_shown(raw)}."
        )
    listed = raw.get("goals") if _is_list(raw.get("goals")) else []
    context = {"goal_ids": [g.get("id") for g in listed if _is_map(g)]}
    problems: list[str] = []
    data: Any = raw
    # a model's own rules speak only when its fields are right: so faulty fields are
    # told, taken out, and the rest is read again
    for _ in range(4):
        try:
            plan = CampaignPlan.model_validate(data, context=context)
            break
        except ValidationError as error:
            told, places = _problems(error, data, raw, lines or {})
            problems += told
            data = _without(data, places)
            plan = None
    if problems or plan is None:
        raise PlanError(*dict.fromkeys(problems))
    return plan


def override(raw: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, Any]:
    """Return plain plan data with some values replaced.

    Parameters
    ----------
    raw : mapping
        The plan as read from YAML; it is not changed.
    changes : mapping of str to object
        Dotted paths, list items by their id or name
        (``goals.registrations.target``), and their new values.

    Raises
    ------
    PlanError
        One sentence for each path that leads nowhere.
    """
    data, problems = _copy(dict(raw)), []
    for path, value in changes.items():
        try:
            _replace(data, path.split("."), value, path)
        except PlanError as error:
            problems += error.problems
    if problems:
        raise PlanError(*problems)
    return data


def _replace(node: Any, parts: Sequence[str], value: object, path: str) -> None:
    head, rest = parts[0], parts[1:]
    if isinstance(node, list):
        names = {str(v.get("id", v.get("name", ""))): v for v in node if _is_map(v)}
        # an id may itself hold dots
        for size in range(len(parts) - 1, 0, -1):
            name = ".".join(parts[:size])
            if name in names:
                return _replace(names[name], parts[size:], value, path)
        raise PlanError(
            f"-p {path}: nothing is called '{head}' there ({nearest(head, names)})."
        )
    if not _is_map(node):
        raise PlanError(f"-p {path}: there is nothing below '{head}' to set.")
    if not rest:
        node[head] = value
        return None
    return _replace(node.setdefault(head, {}), rest, value, path)


def _problems(
    error: ValidationError, data: Any, raw: Any, lines: Mapping[Path, int]
) -> tuple[list[str], list[Path]]:
    """Return the sentences of an error and the places to take out before reading on."""
    by_place: dict[Path, list[Mapping[str, Any]]] = {}
    for item in error.errors(include_url=False):
        by_place.setdefault(_existing(item["loc"], data), []).append(item)
    told = []
    for place, items in by_place.items():
        # what is missing here but not in the file was taken out: told already
        items = [
            item
            for item in items
            if item["type"] != "missing" or item["loc"] != _existing(item["loc"], raw)
        ]
        line = lines.get(place)
        start = f"line {line}: " if line else ""
        told += [f"{start}{s}" for s in _sentences(items, place, data)]
    unknown = [
        item["loc"]
        for item in error.errors(include_url=False)
        if item["type"] == "extra_forbidden"
    ]
    return told, [p for p in [*by_place, *unknown] if p]


def _without(node: Any, places: Sequence[Path]) -> Any:
    """Return a copy of plain data without what stands at the places."""
    gone = {p[0] for p in places if len(p) == 1}

    def inner(key: str | int, value: Any) -> Any:
        return _without(value, [p[1:] for p in places if len(p) > 1 and p[0] == key])

    if _is_map(node):
        return {k: inner(k, v) for k, v in node.items() if k not in gone}
    if _is_list(node):
        return [inner(i, v) for i, v in enumerate(node) if i not in gone]
    return node


_OWN = ("goal", "design_keys", "start", "covariate", "evidence", "plan")


def _sentences(
    items: Sequence[Mapping[str, Any]], place: Path, data: Any
) -> Iterator[str]:
    """Yield one sentence for each problem at one place of the plan."""
    where = _path_words(place, data)
    plain = []
    for item in items:
        kind, found, name = (
            item["type"],
            item.get("input"),
            ["", *item["loc"]][-1],
        )
        if kind in _OWN:
            start = "" if kind == "plan" else f"{where}: "
            for problem in item["msg"].split("\n"):
                yield f"{start}{problem.removesuffix('.')}."
        elif kind == "missing":
            yield f"{where}: the key '{name}' is missing; write {name}: and its value."
        elif kind == "extra_forbidden":
            known = nearest(name, _known_keys(item["loc"][:-1]))
            yield f"{where}: unknown key '{name}' ({known})."
        elif kind == "literal_error":
            expected = str((item.get("ctx") or {}).get("expected", ""))
            names = [a or b for a, b in re.findall(r"'([^']*)'|(\d+)", expected)]
            yield f"{where}: {_shown(found)} is not known ({nearest(found, names)})."
        elif kind.startswith("date"):
            plain.append("must be a date like 2026-03-31")
        elif kind in ("model_type", "dict_type", "model_attributes_type"):
            plain.append("must be names and values (name: value)")
        else:
            message = item["msg"].removeprefix("Input ").replace("should", "must", 1)
            message = re.sub(r", unable to parse.*|valid ", "", message)
            plain.append(message.replace("tuple", "list").replace("string", "text"))
    if plain:
        found = _shown(items[0].get("input"))
        yield f"{where}: {' or '.join(dict.fromkeys(plain))}; got {found}."


def _known_keys(loc: Path) -> list[str]:
    """Return the keys that the format knows at a place."""
    schema = CampaignPlan.model_json_schema()
    nodes = [schema]
    for part in loc:
        below = []
        for node in _resolved(nodes, schema):
            if isinstance(part, int):
                below.append(node.get("items", {}))
            elif part in node.get("properties", {}):
                below.append(node["properties"][part])
            elif _is_map(node.get("additionalProperties")):
                below.append(node["additionalProperties"])
        nodes = below or nodes
    keys = [k for n in _resolved(nodes, schema) for k in n.get("properties", {})]
    return list(dict.fromkeys(keys))


def _resolved(nodes: Sequence[Any], schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for node in nodes:
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[-1]
            found += _resolved([schema["$defs"][name]], schema)
        elif "anyOf" in node:
            found += _resolved(node["anyOf"], schema)
        else:
            found.append(node)
    return found


def _existing(loc: Path, raw: object) -> Path:
    """Return the part of a place that is in the data, not in pydantic's unions."""
    node, path = raw, []
    for part in loc:
        if _is_map(node) and part in node:
            node = node[part]
        elif _is_list(node) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def _path_words(place: Path, raw: object) -> str:
    node, words = raw, ""
    for part in place:
        node = node[part]
        if isinstance(part, int):
            name = node.get("id", node.get("name")) if _is_map(node) else None
            words += f"[{part + 1}]" if name is None else f".{name}"
        else:
            words += f".{part}" if words else str(part)
    return words or "plan"


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _copy(node: Any) -> Any:
    if _is_map(node):
        return {k: _copy(v) for k, v in node.items()}
    return [_copy(v) for v in node] if _is_list(node) else node


def _is_map(node: object) -> bool:
    return isinstance(node, Mapping)


def _is_list(node: object) -> bool:
    return isinstance(node, (list, tuple))
