"""Many questions in one place, one at a time; and an answer that follows a form."""

from collections.abc import Callable, Sequence
from functools import partial

import ipywidgets as widgets
from pydantic import BaseModel

from campaignbook.forms import Form
from campaignbook.live import show_live
from campaignbook.markup import shown
from campaignbook.quiz import ask


class Series:
    """Questions of which one is seen at a time.

    Parameters
    ----------
    names : sequence of str
        Ids of questions, exercises or cases, in the order in which they are asked.

    Raises
    ------
    DataError
        If there is no such question, or none is named.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.questions = [ask(name) for name in names] or [ask("")]
        self.place = 0
        self._where = widgets.HTML()
        self._box = widgets.Box(layout=widgets.Layout(overflow="visible"))
        buttons = []
        for text, step in (("Previous", -1), ("Next", 1)):
            button = widgets.Button(description=text)
            button.on_click(partial(self._step, step))
            buttons.append(button)
        self.view = widgets.VBox(
            [self._box, widgets.HBox([*buttons, self._where])],
            layout=widgets.Layout(overflow="visible"),
        )
        self.go(0)

    def go(self, place: int) -> None:
        """Show the question at a place, from 0; beyond the ends, the one at the end."""
        self.place = min(max(place, 0), len(self.questions) - 1)
        self._box.children = [self.questions[self.place]]
        said = f"Question {self.place + 1} of {len(self.questions)}"
        self._where.value = f'<span role="status">{said}</span>'

    def _step(self, step: int, _: object) -> None:
        self.go(self.place + step)

    def _ipython_display_(self) -> None:
        page = "".join(q.page() for q in self.questions)
        text = "\n\n".join(q.text() for q in self.questions)
        show_live(self.view, page=page, text=text)


def ask_each(*names: str) -> Series:
    """Return questions to be shown by a notebook, one at a time.

    Raises
    ------
    DataError
        If there is no such question, or none is named.
    """
    return Series(names)


class Responding:
    """A form with an answer below it that follows every change.

    Parameters
    ----------
    form : Form
        What is entered.
    answer : callable
        From the form's model to HTML.
    """

    def __init__(self, form: Form, answer: Callable[[BaseModel], str]) -> None:
        self.form, self._answer = form, answer
        self._said = widgets.HTML()
        self.view = widgets.VBox([form.view, self._said])
        form.observe(self._tell, "model")
        self._tell()

    @property
    def said(self) -> str:
        """What stands below the form, as HTML."""
        return self._answer(self.form.model)

    def _tell(self, _: object = None) -> None:
        self._said.value = f'<div role="status">{shown(self.said).data}</div>'

    def _ipython_display_(self) -> None:
        show_live(
            self.view, page=f"{self.form.page()}{self.said}", text=self.form.text()
        )


def respond(form: Form, answer: Callable[[BaseModel], str]) -> Responding:
    """Return a form, to be shown by a notebook, whose answer follows every change."""
    return Responding(form, answer)
