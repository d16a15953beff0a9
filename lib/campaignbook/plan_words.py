"""What is wrong with a plan, in words: where, what was found, what to write."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from campaignbook.errors import nearest
from campaignbook.plan import CampaignPlan

Path = tuple[str | int, ...]
_PATTERNS = {
    "id": (
        "must be a short name of letters, digits, '-', '_' and '.', beginning with a "
        "letter or digit"
    ),
    "currency": "must be three capital letters, for example EUR",
}

OWN_RULES = ("goal", "design_keys", "start", "covariate", "evidence", "teaching")
"""Types of the errors that the models raise in sentences of their own."""


def sentences(
    items: Sequence[Mapping[str, Any]],
    place: Path,
    data: Any,
    *,
    model: type[BaseModel] = CampaignPlan,
) -> Iterator[str]:
    """Yield one sentence for each problem at one place of the plan.

    `items` are pydantic's errors there; `place` is in `data`, the plan as plain data;
    `model` is what the data are read as.
    """
    where = path_words(place, data)
    plain = []
    for item in items:
        kind, found, name = (
            item["type"],
            item.get("input"),
            ["", *item["loc"]][-1],
        )
        if kind in OWN_RULES:
            for problem in item["msg"].split("\n"):
                yield f"{where}: {problem.removesuffix('.')}."
        elif kind == "missing":
            yield f"{where}: the key '{name}' is missing; write {name}: and its value."
        elif kind == "extra_forbidden":
            known = nearest(name, known_keys(model, item["loc"][:-1]))
            above = f"{where}." if place else ""
            yield f"{above}{name}: unknown key '{name}' ({known})."
        elif kind == "literal_error":
            expected = str((item.get("ctx") or {}).get("expected", ""))
            names = [a or b for a, b in re.findall(r"'([^']*)'|(\d+)", expected)]
            yield f"{where}: {shown(found)} is not known ({nearest(found, names)})."
        elif kind == "list_type" and "[" in item["msg"]:
            plain.append(item["msg"])
        elif kind.startswith("date"):
            plain.append("must be a date like 2026-03-31")
        elif kind.startswith("int_"):
            plain.append("must be a whole number")
        elif kind == "string_pattern_mismatch":
            plain.append(_PATTERNS.get(str(name), _PATTERNS["id"]))
        elif kind.startswith("less_than") and _is_percent(found):
            message = item["msg"].removeprefix("Input ").replace("should", "must", 1)
            plain.append(f"{message}; write {found:g}% as {found / 100:g}")
        elif kind in ("model_type", "dict_type", "model_attributes_type"):
            plain.append("must be names and values (name: value)")
        else:
            message = item["msg"].removeprefix("Input ").replace("should", "must", 1)
            message = re.sub(r", unable to parse.*|valid ", "", message)
            plain.append(message.replace("tuple", "list").replace("string", "text"))
    if plain:
        found = shown(items[0].get("input"))
        yield f"{where}: {' or '.join(dict.fromkeys(plain))}; got {found}."


def known_keys(model: type[BaseModel], loc: Path) -> list[str]:
    """Return the keys that the format knows at a place."""
    schema = _schema(model)
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


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


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


def path_words(place: Path, raw: object) -> str:
    """Return a place in words, list items by id or name, else counted from 1."""
    node, words = raw, ""
    for part in place:
        node = node[part]
        if isinstance(part, int):
            name = node.get("id", node.get("name")) if _is_map(node) else None
            words += f"[{part + 1}]" if name is None else f".{name}"
        else:
            words += f".{part}" if words else str(part)
    return words or "plan"


def shown(value: object) -> str:
    """Return a value as it is quoted in a sentence, cut where it is long."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_percent(value: object) -> bool:
    return isinstance(value, (int, float)) and 1 < value <= 100


def _is_map(node: object) -> bool:
    return isinstance(node, Mapping)
