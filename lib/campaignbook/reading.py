"""From plain data to a plan: every problem at once, and what can be read in spite."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from campaignbook.errors import DataError, PlanError
from campaignbook.plan import CampaignPlan, evidence_problems, id_problems
from campaignbook.plan_words import OWN_RULES, Path, known_keys, sentences, shown
from campaignbook.questions import reference_problems

Model = TypeVar("Model", bound=BaseModel)

ROUNDS = 8
"""How often a faulty plan is read again without what was wrong in it."""


class _Kept(list):
    """A list that knows where its items stood before some were taken out."""

    def __init__(self, items: Sequence[Any], at: Sequence[int]) -> None:
        super().__init__(items)
        self.at = list(at)


def parse_plan(
    raw: object,
    *,
    lines: Mapping[Path, int] | None = None,
    benchmarks: Collection[str] | None = None,
) -> CampaignPlan:
    """Return the plan in plain data, or raise PlanError with every problem in it.

    Parameters
    ----------
    raw : object
        What the YAML file holds; must be a mapping.
    lines : mapping, optional
        Line of each path in the file, to be named in the sentences.
    benchmarks : collection of str, optional
        Keys of published effects that a goal's evidence may name; else any.

    Raises
    ------
    PlanError
        One sentence a problem: where, what was found, what to write instead. Its
        ``rest`` is the plan without its faulty parts, where one can be read.

    Notes
    -----
    A model's own rules speak only when its fields are right. So faulty fields are
    told, taken out, and the rest is read again; rules of a model that lost a field so
    are not asked. A key without a value counts as left out.
    """
    if not isinstance(raw, Mapping):
        found = "is empty; it" if raw is None else f"is {shown(raw)}, but"
        raise PlanError(
            f"the plan {found} must be a mapping of names to values, for example "
            "'name: My campaign'."
        )
    try:
        rest, told = CampaignPlan.model_validate(raw), []
    except ValidationError:
        rest, told = _read_faulty(raw)
    if benchmarks is not None:
        told += evidence_problems(raw.get("goals"), benchmarks)
    if rest is not None and not told:
        return rest
    placed = sorted(((_line(lines or {}, p), s) for p, s in told), key=itemgetter(0))
    spoken = (f"line {n}: {s}" if n < math.inf else s for n, s in placed)
    error = PlanError(*dict.fromkeys(spoken))
    error.rest = rest
    raise error


def parse_data(model: type[Model], raw: Mapping[str, Any]) -> Model:
    """Return the workbook's own data (questions, cases, benchmarks) as a model.

    DataError tells every problem at once, one sentence each, with the item's id.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = _by_place(error, raw)
        whole = [i for i in found.pop((), []) if i["type"] != "teaching"]
        told = [
            sentence
            for place, items in found.items()
            for sentence in sentences(items, place, raw, model=model)
        ]
        told += sentences(whole, (), raw, model=model)
        raise DataError(*dict.fromkeys([*told, *reference_problems(raw)])) from error


def placed_problems(
    raw: Mapping[str, Any], *, model: type[BaseModel] = CampaignPlan
) -> list[tuple[Path, str]]:
    """Return place and sentence of every problem in plain data, of a plan or a part.

    A key that is missing has the place where it would stand.
    """
    try:
        model.model_validate(raw)
    except ValidationError as error:
        if issubclass(model, CampaignPlan):
            return _read_faulty(raw)[1]
        places = _by_place(error, raw).items()
        return [
            told
            for place, items in places
            for told in _told(items, place, raw, model=model)
        ]
    return []


def _line(lines: Mapping[Path, int], place: Path) -> float:
    """Return the line of a place, or of what it stands in."""
    above = (place[:n] for n in range(len(place), -1, -1))
    return next((lines[p] for p in above if p in lines), math.inf)


def _read_faulty(
    raw: Mapping[str, Any],
) -> tuple[CampaignPlan | None, list[tuple[Path, str]]]:
    """Return the plan that is left, and all problems with their places in `raw`."""
    context: dict[str, Any] = {"goal_ids": _ids(raw, "goals"), "given": _given(raw)}
    data, told = _tracked(raw, ()), list(_id_problems(raw))
    taken: set[Path] = set()
    damaged: set[Path] = set()
    for _ in range(ROUNDS):
        try:
            plan = CampaignPlan.model_validate(data, context=context)
            return _sound(plan, data, told), list(dict.fromkeys(told))
        except ValidationError as error:
            out: list[Path] = []
            for place, items in _by_place(error, data).items():
                origin = _origin(place, data)
                if items[0]["type"] == "plan":
                    placed = items[0]["ctx"]["placed"]
                    told += [(_origin(p, data), s) for p, s in placed]
                    context["lenient"] = True
                    continue
                kept = [i for i in items if not _is_echo(i, origin, taken, damaged)]
                told += _told(kept, origin, raw)
                out += _to_take_out(place, items)
                if any(i["type"] != "extra_forbidden" for i in items):
                    damaged |= {origin[:n] for n in range(1, len(origin))}
            taken |= {_origin(p, data) for p in out}
            data = _without(data, out)
            data.setdefault("name", "?")
    return None, list(dict.fromkeys(told))


def _told(
    items: Sequence[Mapping[str, Any]],
    origin: Path,
    raw: Any,
    *,
    model: type[BaseModel] = CampaignPlan,
) -> Iterator[tuple[Path, str]]:
    keys = [i for i in items if i["type"] in ("missing", "extra_forbidden")]
    for item in keys:
        place = (*origin, item["loc"][-1])
        yield from ((place, s) for s in sentences([item], origin, raw, model=model))
    others = [i for i in items if i not in keys]
    yield from ((origin, s) for s in sentences(others, origin, raw, model=model))


def _is_echo(
    item: Mapping[str, Any],
    origin: Path,
    taken: set[Path],
    damaged: set[Path],
) -> bool:
    """Return whether an error only follows from another one."""
    if item["type"] == "missing":
        return (*origin, item["loc"][-1]) in taken
    return item["type"] in OWN_RULES and origin in damaged


def _to_take_out(place: Path, items: Sequence[Mapping[str, Any]]) -> list[Path]:
    unknown = [i["loc"][-1] for i in items if i["type"] == "extra_forbidden"]
    if len(unknown) == len(items):
        return [(*place, name) for name in unknown]
    return [place] if place else []


def _sound(
    plan: CampaignPlan, data: Any, told: Sequence[tuple[Path, str]]
) -> CampaignPlan:
    """Return the plan with those evaluations only in which nothing was wrong."""
    faulty = {p[1] for p, _ in told if len(p) > 1 and p[0] == "evaluations"}
    goals, specs = [g.id for g in plan.goals], [s.id for s in plan.evaluations]
    at = getattr(data.get("evaluations"), "at", [])
    sound = tuple(
        spec
        for i, spec in zip(at, plan.evaluations, strict=False)
        if i not in faulty and goals.count(spec.goal) <= 1 == specs.count(spec.id)
    )
    return plan.model_copy(update={"evaluations": sound})


def _id_problems(raw: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with the ids, also of parts that cannot be read."""
    goals, specs = _ids(raw, "goals"), _ids(raw, "evaluations")
    asked = _ids(raw, "evaluations", "goal")
    yield from id_problems(goals, specs or [], asked or [])


def _ids(raw: Mapping[str, Any], section: str, key: str = "id") -> list[str] | None:
    """Return the ids in a section; None where they cannot all be read."""
    items = raw.get(section) or []
    if not _is_list(items):
        return None
    ids = [g.get(key) if _is_map(g) else None for g in items]
    return ids if all(isinstance(i, str) for i in ids) else None


def _given(raw: Mapping[str, Any]) -> set[str]:
    return {str(k) for k, v in raw.items() if v is not None}


def _by_place(error: ValidationError, data: Any) -> dict[Path, list[Mapping[str, Any]]]:
    by_place: dict[Path, list[Mapping[str, Any]]] = {}
    for item in error.errors(include_url=False):
        loc = item["loc"]
        loc = loc[:-1] if item["type"] in ("missing", "extra_forbidden") else loc
        by_place.setdefault(_existing(loc, data), []).append(item)
    return by_place


def _existing(loc: Path, data: Any) -> Path:
    """Return the part of a place that is in the data, not in pydantic's unions."""
    node, path = data, []
    for part in loc:
        if _is_map(node) and part in node:
            node = node[part]
        elif _is_list(node) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def _origin(place: Path, data: Any) -> Path:
    """Return where a place of the thinned data stands in the plan."""
    node, path = data, []
    for part in place:
        path.append(node.at[part] if isinstance(node, _Kept) else part)
        node = node[part] if not _is_map(node) or part in node else None
    return tuple(path)


def _tracked(node: Any, place: Path) -> Any:
    """Return a copy whose lists know their places, without keys that have no value."""
    if _is_map(node):
        known = known_keys(CampaignPlan, place) if None in node.values() else ()
        return {
            k: _tracked(v, (*place, k))
            for k, v in node.items()
            if v is not None or k not in known
        }
    if _is_list(node):
        items = [_tracked(v, (*place, i)) for i, v in enumerate(node)]
        return _Kept(items, range(len(node)))
    return node


def _without(node: Any, places: Sequence[Path]) -> Any:
    """Return a copy of the data without what stands at the places."""
    gone = {p[0] for p in places if len(p) == 1}
    below: dict[str | int, list[Path]] = {}
    for place in places:
        if len(place) > 1:
            below.setdefault(place[0], []).append(place[1:])
    if _is_map(node):
        return {
            k: _without(v, below[k]) if k in below else v
            for k, v in node.items()
            if k not in gone
        }
    if isinstance(node, _Kept):
        left = [i for i in range(len(node)) if i not in gone]
        items = [_without(node[i], below[i]) if i in below else node[i] for i in left]
        return _Kept(items, [node.at[i] for i in left])
    return node


def _is_map(node: object) -> bool:
    return isinstance(node, Mapping)


def _is_list(node: object) -> bool:
    return isinstance(node, (list, tuple))
