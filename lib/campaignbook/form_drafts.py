"""What has been entered in a form: kept as it is, valid or not, and judged in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from campaignbook.form_fields import Asked, asked
from campaignbook.plan_words import Path
from campaignbook.reading import placed_problems

Draft = dict[str, Any]


def draft_of(model: BaseModel) -> Draft:
    """Return a model as a draft: plain data in which what is not given is left out."""
    data = model.model_dump(by_alias=True, exclude_defaults=True)
    return as_draft(type(model), data)


def as_draft(model: type[BaseModel], data: object) -> Any:
    """Return plain data as a draft: its mappings of names become rows of pairs.

    A row may be without a name, and two may have the same, as long as it is a draft.
    """
    if not isinstance(data, Mapping):
        return plain(data)
    fields = {one.name: one for one in asked(model, data)}
    return {
        k: part_of_draft(fields[k], v) if k in fields else plain(v)
        for k, v in data.items()
    }


def part_of_draft(field: Asked, data: object) -> Any:
    """Return the value of one field as it stands in a draft."""
    if field.named:
        pairs = list(data.items()) if isinstance(data, Mapping) else data
        if not are_pairs(pairs := plain(pairs)):
            return pairs
        item = field.item
        return [[k, v if item is None else as_draft(item, v)] for k, v in pairs]
    data = plain(data)
    if field.item is None:
        return data
    if field.kind == "parts" and isinstance(data, list):
        return [as_draft(field.item, v) for v in data]
    return as_draft(field.item, data)


def as_data(model: type[BaseModel], draft: object) -> Any:
    """Return a draft as plain data, as the plan's reader takes it."""
    if not isinstance(draft, Mapping):
        return draft
    fields = {one.name: one for one in asked(model, draft)}
    return {
        k: _part_of_data(fields[k], v) if k in fields else v for k, v in draft.items()
    }


def problems_in(model: type[BaseModel], draft: Draft) -> dict[Path, str]:
    """Return what is missing or wrong in a draft, in sentences, by place."""
    told, lacks = {}, dict(lacking(model, draft))
    for found, sentence in placed_problems(as_data(model, draft), model=model):
        place = _place_in(draft, found)
        # what is missing is told in the words of the form
        if place not in lacks:
            told[place] = f"{told[place]} {sentence}" if place in told else sentence
    return {**lacks, **told}


def lacking(
    model: type[BaseModel], draft: object, place: Path = ()
) -> Iterator[tuple[Path, str]]:
    """Yield place and sentence of what must be given and is not, and of names."""
    if not isinstance(draft, Mapping):
        return
    for field in asked(model, draft):
        here, value = (*place, field.name), draft.get(field.name)
        if value is None:
            if field.required:
                yield here, f"{field.title} is still needed."
        elif field.named and are_pairs(value):
            yield from _name_problems(field, value, here)
        elif field.kind == "parts" and isinstance(value, Sequence):
            for i, row in enumerate(value):
                yield from lacking(field.item, row, (*here, i))
        elif field.kind == "part":
            yield from lacking(field.item, value, here)


def _name_problems(
    field: Asked, pairs: Sequence[Any], here: Path
) -> Iterator[tuple[Path, str]]:
    times = Counter(name for name, _ in pairs)
    for i, (name, value) in enumerate(pairs):
        if not name:
            yield (*here, i, 0), f"{field.title}: each {field.row} needs a name."
        elif times[name] > 1:
            yield (
                (*here, i, 0),
                f"{field.title}: the name '{name}' is used {times[name]} times; give "
                "each its own.",
            )
        if field.item is not None:
            yield from lacking(field.item, value, (*here, i, 1))
        elif value is None:
            yield (*here, i, 1), f"{field.title}: a number is still needed."


def at(draft: Any, place: Path) -> Any:
    """Return what stands at a place of a draft, None where nothing does."""
    node = draft
    for part in place:
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            return None
    return node


def put(draft: Any, place: Path, value: Any) -> Any:
    """Return a draft with another value at a place; None takes a field out."""
    if not place:
        return value
    head, rest = place[0], place[1:]
    if isinstance(head, int):
        items = list(draft) if isinstance(draft, list) else []
        items += [None] * (head + 1 - len(items))
        items[head] = put(items[head], rest, value)
        return items
    entries = dict(draft) if isinstance(draft, Mapping) else {}
    if not rest and value is None:
        entries.pop(head, None)
        return entries
    return {**entries, head: put(entries.get(head), rest, value)}


def plain(node: Any) -> Any:
    """Return data without models and tuples."""
    if isinstance(node, BaseModel):
        return plain(node.model_dump(by_alias=True, exclude_defaults=True))
    if isinstance(node, Mapping):
        return {k: plain(v) for k, v in node.items()}
    if isinstance(node, (list, tuple)):
        return [plain(v) for v in node]
    return node


def _part_of_data(field: Asked, value: Any) -> Any:
    if field.named:
        if not are_pairs(value):
            return value
        item = field.item
        return {str(k or ""): v if item is None else as_data(item, v) for k, v in value}
    if field.kind == "parts" and isinstance(value, list):
        return [as_data(field.item, v) for v in value]
    return as_data(field.item, value) if field.kind == "part" else value


def _place_in(draft: Any, place: Path) -> Path:
    """Return a place of the plain data as a place in the draft."""
    node, found = draft, []
    for part in place:
        if isinstance(node, list) and isinstance(part, str) and are_pairs(node):
            i = next((i for i, pair in enumerate(node) if pair[0] == part), 0)
            found += [i, 1]
        else:
            found.append(part)
        node = at(draft, tuple(found))
    return tuple(found)


def are_pairs(node: object) -> bool:
    """Return whether something is rows of a name and what belongs to it."""
    return isinstance(node, list) and all(
        isinstance(v, list) and len(v) == 2 for v in node
    )
