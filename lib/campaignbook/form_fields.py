"""What a form asks: the fields of a model, read from its types, titles and bounds."""

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from campaignbook.errors import PlanError, nearest
from campaignbook.evaluation.spec import DESIGN_KEYS, EvaluationSpec

Kind = Literal[
    "text", "long text", "choice", "choices", "flag", "whole", "number", "date",
    "texts", "value", "values", "part", "parts", "named parts", "named numbers",
]  # fmt: skip
LONG = 500
"""Texts that may have this many characters or more get several lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One field of a model, as a form asks for it.

    Attributes
    ----------
    name : str
        Its key in the plan file.
    title, help : str
        Label and the sentence beside it.
    kind : str
        What is entered; "value" is a number, date or text, "part" a group of fields,
        "parts" rows of them, "named parts" and "named numbers" rows with a name each.
    required : bool
        Whether something must be entered.
    default : object
        What holds where nothing is entered.
    choices : tuple of str
        The words to choose from.
    low, high : float or None
        Bounds of a number.
    item : type or None
        Model of a part or of each row.
    """

    name: str
    title: str
    help: str
    kind: Kind
    required: bool
    default: Any
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    item: type[BaseModel] | None = None

    @property
    def row(self) -> str:
        """What one row is called, as in "Add goal"."""
        if self.item is None:
            return "entry"
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in _name(self.item))
        return words.strip()

    @property
    def named(self) -> bool:
        """Whether each row has a name in place of a number."""
        return self.kind in ("named parts", "named numbers")


def asked(model: type[BaseModel], data: object = None) -> Iterator[Asked]:
    """Yield the fields of a model, in its order.

    Parameters
    ----------
    model : type
        A pydantic model.
    data : mapping, optional
        What has been entered so far: of an evaluation only the fields are asked that
        its design takes, and those that are filled in already.
    """
    wanted = _wanted(model, data if isinstance(data, Mapping) else {})
    for one in _fields(model):
        if wanted is None or one.name in wanted:
            yield one


def field_of(model: type[BaseModel], name: str) -> Asked:
    """Return one field of a model by its key, or raise PlanError with the nearest."""
    fields = {one.name: one for one in asked(model)}
    if name not in fields:
        raise PlanError(f"there is no field '{name}' ({nearest(name, fields)}).")
    return fields[name]


@cache
def _fields(model: type[BaseModel]) -> tuple[Asked, ...]:
    """Return all fields but those that have one value only: the format's number."""
    fields = [_asked(f.alias or name, f) for name, f in model.model_fields.items()]
    return tuple(f for f in fields if f.choices[1:] or f.kind != "choice")


def _wanted(model: type[BaseModel], data: Mapping[str, Any]) -> set[str] | None:
    if not issubclass(model, EvaluationSpec):
        return None
    required, optional = DESIGN_KEYS.get(str(data.get("design")), ((), ()))
    common = {"id", "goal", "question", "design", "level", "power"}
    return {*common, *required, *optional, *data}


def _asked(name: str, field: FieldInfo) -> Asked:
    kind, rest = _bare(field.annotation)
    notes = [*field.metadata, *rest]
    item = _model(kind)
    return Asked(
        name=name,
        title=field.title or name.replace("_", " ").capitalize(),
        help=field.description or "",
        kind=_kind(kind, notes),
        required=field.is_required(),
        default=None if field.is_required() else field.get_default(),
        choices=_choices(kind),
        low=next((n.ge for n in notes if isinstance(n, Ge)), None),
        high=next((n.le for n in notes if isinstance(n, Le)), None),
        item=item,
    )


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    """Return a type without Annotated and "or None", and the notes found on the way."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        kind, notes = _bare(inside[0])
        for note in inside[1:]:
            notes += note.metadata if isinstance(note, FieldInfo) else [note]
        return kind, notes
    if origin in (typing.Union, types.UnionType):
        others = [a for a in inside if a is not type(None)]
        if len(others) == 1:
            return _bare(others[0])
    return annotation, []


def _kind(kind: Any, notes: list[Any]) -> Kind:
    simple: dict[Any, Kind] = {bool: "flag", int: "whole", float: "number"}
    origin = typing.get_origin(kind)
    if kind in simple:
        return simple[kind]
    if kind is date:
        return "date"
    if kind is str:
        most = [n.max_length for n in notes if isinstance(n, MaxLen)]
        return "long text" if most and min(most) >= LONG else "text"
    if origin is Literal:
        return "choice"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "part"
    if origin is dict:
        return "named parts" if _model(kind) else "named numbers"
    if origin is tuple:
        inside, _ = _bare(typing.get_args(kind)[0])
        if _model(kind):
            return "parts"
        if typing.get_origin(inside) is Literal:
            return "choices"
        return "texts" if inside is str else "values"
    return "value"


def _model(kind: Any) -> type[BaseModel] | None:
    """Return the model in a type: itself, or that of its items."""
    if typing.get_origin(kind) in (tuple, dict):
        place = 1 if typing.get_origin(kind) is dict else 0
        kind, _ = _bare(typing.get_args(kind)[place])
    is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
    return kind if is_model else None


def _choices(kind: Any) -> tuple[Any, ...]:
    if typing.get_origin(kind) is tuple:
        kind, _ = _bare(typing.get_args(kind)[0])
    return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()


def _name(model: type[BaseModel]) -> str:
    return model.__name__.removesuffix("Spec")
