"""Questions in a notebook: answered with the keyboard, judged in Python, remembered."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from campaignbook.distinction import Case
from campaignbook.errors import DataError
from campaignbook.exercises import Judgement
from campaignbook.files import read_cases, read_questions
from campaignbook.learner_files import learner_folder
from campaignbook.live import HERE, show_live
from campaignbook.markup import esc
from campaignbook.questions import Exercise, Question
from campaignbook.quiz_items import Answer, Item, find_noun, item_of, nouns_of
from campaignbook.tries import Try, add_try, open_tries

PRINTED = 0
"""Seed of the order and numbers on a page without a kernel: the same for everybody."""


class Quiz(anywidget.AnyWidget):
    """One question; the page knows which options there are, not which one is right.

    Parameters
    ----------
    item : Item
        What is asked, in this learner's order and with their numbers.
    printed : Item
        The same as it stands on a page without a kernel.
    path : Path
        Where tries are saved.
    """

    _esm = HERE / "quiz.js"
    _css = HERE / "quiz.css"
    prompt = traitlets.Unicode().tag(sync=True)
    story = traitlets.Unicode().tag(sync=True)
    groups = traitlets.List().tag(sync=True)
    unit = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    chosen = traitlets.List().tag(sync=True)
    """Positions of the chosen options, or the number as it was typed."""
    hint = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    state = traitlets.Enum(["open", "right", "wrong"], "open").tag(sync=True)

    def __init__(self, item: Item, *, printed: Item, path: Path) -> None:
        super().__init__(
            prompt=item.prompt,
            story=item.story,
            groups=[[g.legend, [text for _, text in g.options]] for g in item.groups],
            unit=item.unit,
        )
        self._item, self._printed, self._path = item, printed, path
        self.on_msg(self._hear)
        earlier = open_tries(path).tries.get(item.id, ())
        if earlier:
            self._show(earlier[-1].answer, len(earlier), "Answered before. ")

    def check(self, *answer: str) -> None:
        """Judge an answer, say what there is to say, and save the try.

        Parameters
        ----------
        *answer : str
            Id of the chosen option (of a case: its name and the reason's id), or the
            number as it is typed.
        """
        try:
            if len(answer) != max(1, len(self._item.groups)):
                raise DataError("Choose an answer first.")
            judged = self._item.judge(answer)
        except DataError as error:
            self.said, self.state = str(error), "open"
            return
        one = Try(answer=answer, right=judged.right, misconception=judged.misconception)
        tries = add_try(self._path, self._item.id, one)
        self._show(answer, len(tries.tries[self._item.id]), "", judged)

    def ask_hint(self) -> None:
        """Show the hint."""
        self.hint = self._item.hint

    def _show(
        self, answer: Answer, number: int, before: str, judged: Judgement | None = None
    ) -> None:
        try:
            judged = judged or self._item.judge(answer)
            self.chosen = self._positions(answer)
        except (DataError, ValueError, IndexError):
            return  # the question has changed since it was answered
        self.state = "right" if judged.right else "wrong"
        word = "right" if judged.right else "not right"
        # the texts begin in different ways; what they begin with is said already
        words = re.sub(r"^(Yes|Right|Not yet|No)[.:] ", "", judged.feedback)
        self.said = f"{before}Try {number}, {word}: {words}"

    def _positions(self, answer: Answer) -> list[Any]:
        if not self._item.groups:
            return list(answer)
        groups = zip(self._item.groups, answer, strict=True)
        return [[i for i, _ in g.options].index(a) for g, a in groups]

    def _hear(self, _: Any, message: dict[str, Any], __: Any) -> None:
        """Take what the page sends: a wish for the hint, or an answer by positions."""
        if message.get("wish") == "hint":
            self.ask_hint()
            return
        sent = message.get("answer", [])
        if not self._item.groups:
            self.check(str(sent[0])[:40] if sent else "")
            return
        places = zip(self._item.groups, sent, strict=False)
        chosen = [
            g.options[p][0]
            for g, p in places
            if isinstance(p, int) and 0 <= p < len(g.options)
        ]
        self.check(*chosen)

    def page(self) -> str:
        """Return the question as HTML, for a page without a kernel."""
        return _page(self._printed)

    def text(self) -> str:
        """Return the question as plain text."""
        return _text(self._printed)

    def _ipython_display_(self) -> None:
        show_live(self, page=self.page(), text=self.text())


def ask(name: str) -> Quiz:
    """Return a question, number exercise or case, to be shown by a notebook.

    Parameters
    ----------
    name : str
        Its id in questions.yml or cases.yml.

    Raises
    ------
    DataError
        If there is none, or the learner's file of answers is broken.
    """
    noun = find_noun(name, _all_nouns())
    path = learner_folder() / "answers.json"
    item = item_of(noun, seed=open_tries(path).seed)
    return Quiz(item, printed=item_of(noun, seed=PRINTED), path=path)


@cache
def _all_nouns() -> Mapping[str, Question | Exercise | Case]:
    """Return all that can be asked; read once, for a notebook asks many times."""
    return nouns_of(read_questions(), read_cases())


def _page(item: Item) -> str:
    listed = "".join(
        f"<p>{esc(g.legend)}</p><ul>"
        + "".join(f"<li>{esc(text)}</li>" for _, text in g.options)
        + "</ul>"
        for g in item.groups
    )
    number = "" if item.unit is None else f"<p>{esc(_asked_number(item.unit))}</p>"
    story = f"<p>{esc(item.story)}</p>" if item.story else ""
    prompt = f"<p><strong>{esc(item.prompt)}</strong></p>{story}"
    return f"{prompt}{listed}{number}<p>{LIVE}</p>"


def _asked_number(unit: str) -> str:
    return f"Your answer is a number ({unit})."


def _text(item: Item) -> str:
    lines = [item.prompt, *filter(None, [item.story])]
    for group in item.groups:
        lines += [group.legend, *(f"  ( ) {text}" for _, text in group.options)]
    if item.unit is not None:
        lines.append(_asked_number(item.unit))
    return "\n".join([*lines, LIVE])


LIVE = "Answer it in JupyterLab, with a running kernel."
