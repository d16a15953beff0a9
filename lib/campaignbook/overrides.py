"""Values of a plan replaced by dotted paths, before it is read."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from campaignbook.errors import PlanError, nearest


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
    data, problems = deepcopy(dict(raw)), []
    for path, value in changes.items():
        try:
            _replace(data, path.split("."), deepcopy(value), path)
        except PlanError as error:
            problems += error.problems
    if problems:
        raise PlanError(*problems)
    return data


def _replace(node: Any, parts: Sequence[str], value: object, path: str) -> None:
    head, rest = parts[0], parts[1:]
    if isinstance(node, list):
        names = {
            str(v.get("id", v.get("name", ""))): v
            for v in node
            if isinstance(v, Mapping)
        }
        # an id may itself hold dots
        for size in range(len(parts) - 1, 0, -1):
            name = ".".join(parts[:size])
            if name in names:
                return _replace(names[name], parts[size:], value, path)
        if not rest and head in names:
            why = f"name what to change in '{head}', for example {path}.target=..."
        else:
            why = f"nothing is called '{head}' there ({nearest(head, names)})"
        raise PlanError(f"-p {path}: {why}.")
    if not isinstance(node, Mapping):
        above = path.removesuffix("." + ".".join(parts))
        raise PlanError(f"-p {path}: '{above}' is one value; nothing lies below it.")
    if not rest:
        node[head] = value
        return None
    if node.get(head) is None:
        node[head] = {}
    return _replace(node[head], rest, value, path)
