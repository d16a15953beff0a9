"""What is asked, of whatever kind: a question, a number exercise or a graded case."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from campaignbook.distinction import QUESTIONS, Case, CaseBook, Label, judge_case
from campaignbook.errors import DataError, nearest
from campaignbook.exercises import (
    Judgement,
    asked,
    judge,
    judge_number,
    shuffle_options,
)
from campaignbook.questions import Exercise, Question, QuestionBank

Answer = tuple[str, ...]
"""Ids of the chosen options, one a group; or the number as it was typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Options of which one is chosen: pairs of id and text, in the learner's order."""

    legend: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that is asked.

    Attributes
    ----------
    id, topic : str
        Which one it is, and where it belongs.
    prompt : str
        What is asked; in a number exercise with the learner's own figures.
    story : str
        What is told of a case.
    groups : tuple of Group
        What there is to choose from; empty where a number is asked.
    unit : str or None
        Unit of the number that is asked.
    hint : str
        Said before the answer to those who ask for it.
    judge : callable
        From an answer to what is said to it.
    """

    id: str
    topic: str
    prompt: str
    story: str = ""
    groups: tuple[Group, ...]
    unit: str | None
    hint: str
    judge: Callable[[Answer], Judgement]


def item_of(noun: Question | Exercise | Case, *, seed: int) -> Item:
    """Return what is asked of the learner with this seed."""
    if isinstance(noun, Exercise):
        return Item(
            id=noun.id,
            topic=noun.topic,
            prompt=asked(noun, seed),
            groups=(),
            unit=noun.unit,
            hint=noun.hint,
            judge=lambda answer: judge_number(
                noun, seed, number_in(answer[0], unit=noun.unit)
            ),
        )
    if isinstance(noun, Question):
        return Item(
            id=noun.id,
            topic=noun.topic,
            prompt=noun.text,
            groups=(_group("Your answer", noun, noun.options, seed),),
            unit=None,
            hint=noun.hint,
            judge=lambda answer: judge(noun, answer[0]),
        )
    labels = Group(
        legend="Which name fits?", options=tuple((n, n) for n in get_args(Label))
    )
    when = f", {noun.year}" if noun.year else ""
    return Item(
        id=noun.id,
        topic="distinction",
        prompt=f"{noun.name} ({noun.organisation}{when})",
        story=noun.story or " ".join(fact.text for fact in noun.facts),
        groups=(labels, _group("Which reason decides?", noun, noun.reasons, seed)),
        unit=None,
        hint=" ".join(f"{n}. {q}" for n, q in enumerate(QUESTIONS.values(), start=1)),
        judge=lambda answer: judge_case(noun, answer[0], answer[1]),
    )


def nouns_of(
    bank: QuestionBank, cases: CaseBook
) -> Mapping[str, Question | Exercise | Case]:
    """Return all that can be asked, by its id."""
    return {n.id: n for n in (*bank.questions, *bank.exercises, *cases.cases)}


def find_noun(
    name: str, nouns: Mapping[str, Question | Exercise | Case]
) -> Question | Exercise | Case:
    """Return what has this id, or raise DataError with the nearest."""
    if name not in nouns:
        raise DataError(f"there is no question '{name}' ({nearest(name, nouns)}).")
    return nouns[name]


def number_in(text: str, *, unit: str) -> float:
    """Return the number in a text, as people write it; 5% is 0.05 of a share.

    Raises
    ------
    DataError
        If there is none.

    Examples
    --------
    >>> [number_in(text, unit="share") for text in ("1,200", "0,05", "5 %", "-2.5")]
    [1200.0, 0.05, 0.05, -2.5]
    >>> number_in("5%", unit="per cent")
    5.0
    """
    bare = re.sub(r"[\s\u202f\u00a0]", "", text).replace("\u2212", "-")
    in_percent = bare.endswith("%")
    bare = bare.removesuffix("%")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", bare):
        bare = bare.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?", bare, re.IGNORECASE):
        raise DataError(
            f"'{text}' is not a number; write digits only, for example 0.05 or 1,200."
        )
    return float(bare) / (100 if in_percent and unit.startswith("share") else 1)


def _group(legend: str, noun: Question | Case, options: tuple, seed: int) -> Group:
    order = shuffle_options(options, noun.id, seed)
    return Group(legend=legend, options=tuple((o.id, o.text) for o in order))
