"""What a form looks like: groups and rows of native widgets, drawn from its draft."""

import html
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import ipywidgets as widgets
from pydantic import BaseModel

from campaignbook.form_controls import control_for, help_of, reading_of
from campaignbook.form_drafts import are_pairs, at
from campaignbook.form_fields import Asked, asked
from campaignbook.plan_words import Path

MOST_OPEN = 3
"""A list with more rows than this shows them closed, each with a button to open it."""


class Editable(Protocol):
    """What a view needs of a form."""

    draft: dict[str, Any]
    errors: dict[str, str]

    def put(self, place: Path, value: Any) -> None:
        """Change what is entered at a place."""

    def status(self) -> str:
        """Return the sentence at the foot."""

    def start_over(self, *, now: datetime) -> None:
        """Empty the form."""


class View:
    """The widgets of a form; `box` is what is shown.

    Parameters
    ----------
    form : Form
        Whose draft is shown and changed.
    model : type
        The model of the whole draft.
    shown : sequence of str
        Keys of the fields that are shown.
    """

    def __init__(
        self, form: Editable, model: type[BaseModel], shown: Sequence[str]
    ) -> None:
        self._form = form
        self._notes: dict[Path, tuple[widgets.HTML, str]] = {}
        fields = [f for f in asked(model) if f.name in shown]
        self._slots = {f.name: (f, _box([], "slot")) for f in fields}
        self._foot = widgets.HTML()
        _class(self._foot, "status")
        for name in self._slots:
            self.redraw(name)
        slots = [slot for _, slot in self._slots.values()]
        again = widgets.Button(description="Start over", icon="undo")
        again.on_click(lambda _: form.start_over(now=datetime.now()))
        self.box = _box([*slots, self._foot, again], "form")

    def redraw(self, name: str) -> None:
        """Draw one field of the whole anew, from the draft."""
        if name in self._slots:
            field, slot = self._slots[name]
            self._forget((name,))
            slot.children = [self._field(field, (name,))]

    def tell(self) -> None:
        """Show each problem beside its field, and how it stands at the foot."""
        places = {_dotted(p): p for p in self._notes}
        told: dict[Path, str] = {}
        elsewhere = []
        for name, sentence in self._form.errors.items():
            parts = name.split(".")
            above = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
            place = next((places[a] for a in above if a in places), None)
            if place is None:
                elsewhere.append(sentence if name else _beside(sentence))
            else:
                told[place] = f"{told.get(place, '')} {_beside(sentence)}".strip()
        for place, (note, help_text) in self._notes.items():
            _set(note, _note_html(help_text, told.get(place, "")))
        lines = "".join(f"<br>{html.escape(s)}" for s in elsewhere)
        _set(self._foot, f"{html.escape(self._form.status())}{lines}")

    # --- drawing ------------------------------------------------------------------

    def _field(self, field: Asked, place: Path) -> widgets.Widget:
        if field.kind == "parts" or field.named:
            return self._rows(field, place)
        if field.kind == "part":
            if field.default is None and not field.required:
                return self._rows(field, place)
            return self._group(field.title, field.help, field.item, place)
        return self._control(field, place)

    def _control(self, field: Asked, place: Path) -> widgets.Widget:
        control = control_for(field, at(self._form.draft, place))
        read = reading_of(field)
        control.observe(lambda c: self._form.put(place, read(c["new"])), "value")
        help_text = self._with_currency(help_of(field))
        return _box([control, self._note(place, help_text)], "field")

    def _group(
        self, title: str, help_text: str, model: type[BaseModel], place: Path
    ) -> widgets.Widget:
        """Return a titled group whose fields may depend on what is entered in it."""
        body = _box([], "body")
        drawn: dict[str, widgets.Widget] = {}

        def fill(_: Any = None) -> None:
            fields = list(asked(model, at(self._form.draft, place)))
            for name in drawn.keys() - {f.name for f in fields}:
                self._forget((*place, name))
                del drawn[name]
            for field in fields:
                if field.name not in drawn:
                    drawn[field.name] = self._field(field, (*place, field.name))
            body.children = [drawn[f.name] for f in fields]

        fill()
        if "design" in drawn:
            drawn["design"].children[0].observe(fill, "value")
        parts = [_legend(title), self._note(place, help_text), body]
        return _box(parts, "group")

    def _rows(self, field: Asked, place: Path) -> widgets.Widget:
        """Return rows with buttons to add and remove: many, or one that is optional.

        The button to add stays the same widget, so that the keyboard's focus stays.
        """
        rows = _box([], "body")
        single = field.kind == "part"
        add = widgets.Button(description=f"Add {field.row}", icon="plus")
        _class(add, "add")
        opened: set[int] = set()

        def count() -> int:
            held = at(self._form.draft, place)
            if single:
                return int(held is not None)
            return len(held) if isinstance(held, list) else 0

        def fill() -> None:
            self._forget(place, below_only=True)
            many = count() > MOST_OPEN
            rows.children = [
                closed(i) if many and i not in opened else row(i)
                for i in range(count())
            ]
            add.layout.display = "none" if single and count() else ""

        def row(i: int) -> widgets.Widget:
            where = place if single else (*place, i)
            title = field.title if single else f"{_capital(field.row)} {i + 1}"
            remove = widgets.Button(description=f"Remove {title.lower()}", icon="trash")
            _class(remove, "remove")
            remove.on_click(lambda _: take_out(i))
            return _box([self._row(field, where, title), remove], "row")

        def closed(i: int) -> widgets.Widget:
            title = f"{_capital(field.row)} {i + 1}"
            words = f"Open {title.lower()}: {_name_of(at(self._form.draft, place)[i])}"
            button = widgets.Button(description=words, layout={"width": "auto"})
            button.on_click(lambda _: open_row(i))
            return _box([button], "closed")

        def open_row(i: int) -> None:
            opened.add(i)
            rows.children = [
                row(i) if n == i else child for n, child in enumerate(rows.children)
            ]
            self.tell()

        def take_out(i: int) -> None:
            held = at(self._form.draft, place)
            left = None if single else [*held[:i], *held[i + 1 :]]
            opened.clear()
            self._form.put(place, left or None)
            fill()
            self.tell()

        def put_in(_: Any) -> None:
            n = count()
            if single:
                new: Any = {}
            else:
                held = at(self._form.draft, place) if n else []
                fresh = ["", None if field.item is None else {}] if field.named else {}
                new = [*held, fresh]
            opened.add(n)
            self._form.put(place, new)
            rows.children = [*rows.children, row(n)]
            add.layout.display = "none" if single else ""
            self.tell()

        add.on_click(put_in)
        fill()
        head = [] if single else [_legend(field.title)]
        note = [self._note(place, field.help)]
        return _box([*head, *note, rows, add], "group")

    def _row(self, field: Asked, where: Path, title: str) -> widgets.Widget:
        if not field.named:
            return self._group(title, "", field.item, where)
        name = Asked(
            name="name", title="Name", help="", kind="text", required=True, default=None
        )
        key = self._control(name, (*where, 0))
        if field.item is not None:
            return _box([key, self._group(title, "", field.item, (*where, 1))], "group")
        number = Asked(
            name="value", title="Number", help="", kind="number", required=True,
            default=None,
        )  # fmt: skip
        return _box([_legend(title), key, self._control(number, (*where, 1))], "group")

    def _note(self, place: Path, help_text: str) -> widgets.HTML:
        note = widgets.HTML(_note_html(help_text, ""))
        _class(note, "note")
        self._notes[place] = (note, help_text)
        return note

    def _forget(self, place: Path, *, below_only: bool = False) -> None:
        for known in [p for p in self._notes if p[: len(place)] == place]:
            if not (below_only and known == place):
                del self._notes[known]

    def _with_currency(self, text: str) -> str:
        currency = self._form.draft.get("currency")
        return (
            text.replace("plan's currency", f"plan's currency ({currency})")
            if (currency)
            else text
        )


def _box(children: Sequence[widgets.Widget], name: str) -> widgets.VBox:
    return _class(widgets.VBox(children), name)


def _class(widget: Any, name: str) -> Any:
    widget.add_class(f"campaignbook-{name}")
    return widget


def _legend(title: str) -> widgets.HTML:
    return _class(widgets.HTML(f"<strong>{html.escape(title)}</strong>"), "legend")


def _note_html(help_text: str, error: str) -> str:
    said = f"<span>{html.escape(help_text)}</span>" if help_text else ""
    if error:
        said += f' <span class="campaignbook-error">{html.escape(error)}</span>'
    return said


def _set(widget: widgets.HTML, value: str) -> None:
    if widget.value != value:
        widget.value = value


def _dotted(place: Path) -> str:
    return ".".join(map(str, place))


def _beside(sentence: str) -> str:
    """Return a sentence without the place in the file, beside which it stands."""
    place, colon, rest = sentence.partition(": ")
    return _capital(rest) if colon and " " not in place else sentence


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _name_of(row: Any) -> str:
    """Return how a closed row is told from the others."""
    if are_pairs([row]):
        return str(row[0])
    keys = ("name", "id", "item", "date", "column")
    named = (str(row[k]) for k in keys if k in row) if isinstance(row, dict) else ()
    return next(named, "not named yet")
