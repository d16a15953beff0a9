"""Questions and number exercises, as they stand in the files of the workbook."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from campaignbook.errors import nearest
from campaignbook.formulas import FORMULAS, roles

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Claim = Annotated[str, StringConstraints(pattern=r"^C([1-9]|[12][0-9]|30)$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Topic = Literal[
    "distinction",
    "goals",
    "social_media",
    "audiences",
    "strategies",
    "partnerships",
    "evaluation",
]
GAP = re.compile(r"\{(\w+)\}")
"""Where a drawn number stands in a text."""


class Noun(BaseModel, frozen=True, extra="forbid"):
    """What all teaching nouns have in common: frozen, and no unknown key."""


class Source(Noun):
    """Where a fact was published."""

    author: Text
    year: int | None = Field(None, ge=1900, le=2100)
    title: Text

    def cite(self) -> str:
        """Return author and year as they stand in a text: ``Snyder, L. B. 2007``."""
        return f"{self.author} {self.year}" if self.year else self.author

    def whole(self) -> str:
        """Return author, year and title, as in a list of sources."""
        when = f" ({self.year})" if self.year else ""
        return f"{self.author}{when}: {self.title}."


class Misconception(Noun):
    """A false idea that readers bring along."""

    id: Id
    text: Text
    correction: Text


class Option(Noun):
    """An answer to choose, with what is said to those who choose it."""

    id: Id
    text: Text
    right: bool = False
    feedback: Text
    misconception: Id | None = None
    sources: tuple[Id, ...] = ()


def option_problems(options: tuple[Option, ...]) -> Iterator[str]:
    """Yield what is wrong with the options of one question, one sentence each."""
    right = sum(o.right for o in options)
    if right != 1:
        yield f"exactly one option must be right, {right} are"
    for what, values in (("id", [o.id for o in options]), ("text", _texts(options))):
        if len(set(values)) < len(values):
            yield f"two options have the same {what}"
    for option in options:
        if option.right and option.misconception:
            yield f"option '{option.id}' is right and names a misconception"
        if not (option.right or option.misconception or option.sources):
            yield f"option '{option.id}' is wrong; name its misconception or a source"


class Question(Noun):
    """A question with four options, one of them right."""

    id: Id
    topic: Topic
    text: Text
    hint: Text
    options: tuple[Option, ...] = Field(min_length=4, max_length=4)
    claims: tuple[Claim, ...] = ()
    sources: tuple[Id, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> "Question":
        return refused(self, option_problems(self.options))


class Draw(Noun):
    """The numbers from which a learner's own is drawn: low, low + step ... high."""

    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    step: float = Field(gt=0, allow_inf_nan=False)
    percent: bool = False
    """Whether a share (0-1) is shown in percent."""

    @model_validator(mode="after")
    def _sound(self) -> "Draw":
        steps = (self.high - self.low) / self.step
        bad = steps < 0.5 or abs(steps - round(steps)) > 1e-9 * max(steps, 1)
        problem = f"{self.step:g} does not lead from {self.low:g} to {self.high:g}"
        return refused(self, iter([problem] if bad else []))


class Computed(Noun):
    """A number made by a named formula from drawn numbers."""

    formula: str
    inputs: dict[str, str | float] = {}
    """Which drawn or fixed number plays a role that is not named like a draw."""
    times: float = Field(1.0, allow_inf_nan=False)


class Wrong(Computed):
    """A typical wrong result, and what is said to those who have it."""

    feedback: Text
    misconception: Id | None = None


class Exercise(Noun):
    """A question answered by a number, with the learner's own figures in it."""

    id: Id
    topic: Topic
    text: Text
    hint: Text
    draws: dict[str, Draw] = Field(min_length=1)
    answer: Computed
    unit: Text
    tolerance: float = Field(0.01, gt=0, lt=0.2)
    """Largest distance from the right answer, as a share of it."""
    feedback: Text
    wrong: tuple[Wrong, ...] = Field(min_length=1)
    claims: tuple[Claim, ...] = ()
    sources: tuple[Id, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> "Exercise":
        return refused(self, self._problems())

    def _problems(self) -> Iterator[str]:
        used = set(GAP.findall(self.text))
        for name in self.draws.keys() - used:
            yield f"the text does not show {{{name}}}"
        told = [self.feedback, self.hint, *(w.feedback for w in self.wrong)]
        gaps = used.union(*map(GAP.findall, told))
        for name in gaps - self.draws.keys():
            yield f"{{{name}}} is not drawn ({nearest(name, self.draws)})"
        for made in (self.answer, *self.wrong):
            if made.formula not in FORMULAS:
                known = nearest(made.formula, FORMULAS)
                yield f"there is no formula '{made.formula}' ({known})"
                continue
            for role in roles(made.formula):
                name = made.inputs.get(role, role)
                if isinstance(name, str) and name not in self.draws:
                    yield f"formula '{made.formula}': no number plays '{role}'"
            for role in made.inputs.keys() - set(roles(made.formula)):
                yield f"formula '{made.formula}' has no '{role}'"


class QuestionBank(Noun):
    """All questions and exercises, with the misconceptions and sources they name."""

    sources: dict[Id, Source]
    misconceptions: tuple[Misconception, ...]
    questions: tuple[Question, ...]
    exercises: tuple[Exercise, ...]

    @model_validator(mode="after")
    def _sound(self) -> "QuestionBank":
        return refused(self, reference_problems(self.model_dump()))


def refused(noun: Any, problems: Iterator[str]) -> Any:
    """Return the noun, or raise one error of pydantic's with a problem a line."""
    told = list(problems)
    if told:
        raise PydanticCustomError("teaching", "{told}", {"told": "\n".join(told)})
    return noun


def reference_problems(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the doubled ids and the sources and misconceptions that do not exist.

    `data` are the plain data of a file whose ``sources`` is a mapping and whose
    ``misconceptions`` is a list; faulty parts are passed over.
    """
    sources = data.get("sources") if isinstance(data.get("sources"), Mapping) else {}
    ids = {
        section: [i["id"] for i in items if isinstance(i, Mapping) and "id" in i]
        for section, items in data.items()
        if isinstance(items, (list, tuple))
    }
    known = {"sources": sources, "misconception": ids.get("misconceptions", [])}
    for section, names in ids.items():
        for name, count in Counter(map(str, names)).items():
            if count > 1:
                yield f"{section}: the id '{name}' stands {count} times."
        for item in data[section]:
            where = f"{section}.{item['id']}" if _named(item) else section
            for key, name in dict.fromkeys(_references(item)):
                if name not in known[key]:
                    what = key.removesuffix("s")
                    hint = nearest(name, known[key])
                    yield f"{where}: there is no {what} '{name}' ({hint})."


def _named(item: object) -> bool:
    return isinstance(item, Mapping) and "id" in item


def _references(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "sources" and isinstance(value, (list, tuple)):
                yield from ((key, str(name)) for name in value)
            elif key == "misconception" and value is not None:
                yield key, str(value)
            else:
                yield from _references(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _references(value)


def _texts(options: tuple[Option, ...]) -> list[str]:
    return [o.text.casefold() for o in options]
