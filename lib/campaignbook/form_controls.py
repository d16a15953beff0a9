"""The controls of a form: which widget asks for a field, and what its value means."""

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import ipywidgets as widgets
import yaml

from campaignbook.files import value_text
from campaignbook.form_fields import Asked
from campaignbook.text_files import read_value

BREAK = "⏎"
"""Stands for a line break inside an entry of a list whose entries are lines."""


def control_for(field: Asked, held: Any) -> widgets.Widget:
    """Return the widget that asks for a field, showing what the draft holds.

    Notes
    -----
    Only controls that pass the accessibility checker are used; so there are no sliders,
    radio buttons and tags (which have no label, and lose a word that is not confirmed).
    Numbers that may be left empty, and shares, are text: a number box cannot be empty,
    and a bounded one turns a typed 35 into 1 without a word.
    """
    options = {
        "description": f"{field.title} (needed)" if field.required else field.title,
        "style": {"description_width": "initial"},
        "layout": {"width": "auto"},
    }
    given = field.default if held is None else held
    match field.kind:
        case "choice":
            words = [(_words(c), c) for c in field.choices]
            if given not in field.choices:
                words.insert(0, ("Please choose", ""))  # None would be shown blank
            value = given if given in field.choices else ""
            return widgets.Dropdown(options=words, value=value, **options)
        case "choices" | "texts" | "values":
            items = given if isinstance(given, (list, tuple)) else []
            text = value_text if field.kind == "values" else str
            value = "\n".join(text(i).replace("\n", BREAK) for i in items)
            return widgets.Textarea(value=value, rows=3, **options)
        case "flag":
            return widgets.Checkbox(value=bool(given), indent=False, **options)
        case "date":
            value = given if isinstance(given, date) else None
            return widgets.DatePicker(value=value, **options)
        case "whole" if _is_bounded(field) and isinstance(given, int):
            bounds = {"min": int(field.low), "max": int(field.high)}
            inside = min(max(given, bounds["min"]), bounds["max"])
            return widgets.BoundedIntText(value=inside, **bounds, **options)
        case "long text":
            return widgets.Textarea(value=_text_of(field, given), rows=2, **options)
    return widgets.Text(value=_text_of(field, given), **options)


def reading_of(field: Asked) -> Callable[[Any], Any]:
    """Return the function from a control's value to what the draft is to hold.

    Nothing entered is None. What cannot be read stays as it was typed, to be told.
    """
    if field.kind in ("whole", "number"):
        return _number
    if field.kind == "value":
        return _value
    if field.kind == "values":
        return lambda text: [_value(line) for line in _lines(text)] or None
    if field.kind in ("texts", "choices"):
        return lambda text: _lines(text) or None
    return lambda value: None if value == "" else value


def help_of(field: Asked) -> str:
    """Return the help text that stands below a control."""
    if field.kind == "choices":
        return f"{field.help} One a line: {', '.join(map(str, field.choices))}."
    if field.kind in ("texts", "values"):
        return f"{field.help} One a line."
    return field.help


def _lines(text: str) -> list[str]:
    """Return the lines that hold something."""
    lines = [line for line in text.split("\n") if line.strip()]
    return [line.replace(BREAK, "\n") for line in lines]


def _is_bounded(field: Asked) -> bool:
    bounds = (field.low, field.high)
    return None not in bounds and field.default is not None


def _text_of(field: Asked, given: Any) -> str:
    if given is None:
        return ""
    if field.kind == "value":
        return value_text(given)
    if isinstance(given, float) and given.is_integer() and abs(given) < 1e15:
        return str(int(given))
    return str(given)


def _number(text: Any) -> Any:
    """Return the number in a text, else the text as it stands."""
    if not isinstance(text, str):
        return text
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if math.isfinite(number) and "_" not in text:
            return number
    return text if text.strip() else None


def _value(text: str) -> Any:
    """Return a text as the plan file reads it: a number, a date, a list, else text."""
    if not text.strip():
        return None
    try:
        return read_value(text)
    except yaml.YAMLError:
        return text


def _words(choice: Any) -> str:
    return str(choice).replace("_", " ")
