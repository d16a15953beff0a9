"""The distinction: four questions that tell the two disciplines apart, and cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from campaignbook.exercises import Judgement, judge_option
from campaignbook.questions import (
    Claim,
    Id,
    Misconception,
    Noun,
    Option,
    Source,
    Text,
    option_problems,
    reference_problems,
    refused,
)

Label = Literal["social marketing", "social media marketing", "both", "neither"]

QUESTIONS = {
    "behaviour": "Is success measured first by a behaviour of the audience?",
    "society": "Does the audience or society gain most, not the sponsor?",
    "tools": "Is there more than a message: an exchange, a segment, a marketing mix?",
    "platforms": "Are social platforms the main channel?",
}
"""The four questions, in the order in which they are asked."""


class Answers(Noun):
    """The answers to the four questions about one campaign."""

    behaviour: bool = Field(title="Question 1", description=QUESTIONS["behaviour"])
    society: bool = Field(title="Question 2", description=QUESTIONS["society"])
    tools: bool = Field(title="Question 3", description=QUESTIONS["tools"])
    platforms: bool = Field(title="Question 4", description=QUESTIONS["platforms"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """What the four answers make of a campaign.

    Attributes
    ----------
    label : str
        "social marketing", "social media marketing", "both" or "neither".
    borderline : bool
        Whether it is social advertising: social marketing that uses a message only.
    decided_by : tuple of int
        The numbers (1-4) of the questions that decided.
    reason : str
        Why, naming these questions.
    kind : str or None
        What to write as the plan's kind; None: leave it unset.
    kind_sentence : str
        What that means for the plan.
    warning : str or None
        What to think about before going on.
    """

    label: Label
    borderline: bool
    decided_by: tuple[int, ...]
    reason: str
    kind: Literal["social", "social_media"] | None
    kind_sentence: str
    warning: str | None = None


_YES = {
    1: "success is measured by a behaviour of the audience",
    2: "the audience or society gains most",
    3: "the campaign uses more than a message",
    4: "social platforms are the main channel",
}
_NO = {
    1: "success is not measured by a behaviour of the audience",
    2: "the sponsor gains most",
    3: "the campaign uses a message only",
    4: "social platforms are not the main channel",
}
_KINDS = {
    "social marketing": ("social", "Write kind: social in the plan."),
    "social media marketing": (
        "social_media",
        "Write kind: social_media in the plan.",
    ),
    "both": (
        "social",
        "Write kind: social in the plan, and list social media among its channels: the "
        "behaviour decides whether the campaign succeeds.",
    ),
    "neither": (
        None,
        "Leave kind unset: the campaign neither changes a behaviour for the good of "
        "people nor lives on social platforms, so neither set of checks fits it.",
    ),
}


def label_campaign(answers: Answers) -> Labelling:
    """Return the label that the four answers give, with the reason in words.

    Notes
    -----
    Derived for this book from the definitions of social marketing. A behaviour as the
    measure of success and a gain for people (1 and 2) make social marketing; social
    platforms as the main channel (4) make social media marketing. Tools beyond the
    message (3) tell social marketing from social advertising.

    Examples
    --------
    >>> label_campaign(
    ...     Answers(behaviour=True, society=True, tools=False, platforms=False)
    ... ).reason  # doctest: +NORMALIZE_WHITESPACE
    'Social advertising (borderline social marketing). Question 1, yes: success is
    measured by a behaviour of the audience. Question 2, yes: the audience or society
    gains most. Question 4, no: social platforms are not the main channel. Question 3,
    no: the campaign uses a message only.'
    """
    said = dict(enumerate(answers.model_dump().values(), start=1))
    social = said[1] and said[2]
    if social:
        label: Label = "both" if said[4] else "social marketing"
        decided = [1, 2, 4]
    else:
        label = "social media marketing" if said[4] else "neither"
        decided = [*(n for n in (1, 2) if not said[n]), 4]
    message_only = social and not said[3]
    borderline = message_only and not said[4]
    if borderline:
        decided.append(3)
    name = "social advertising (borderline social marketing)" if borderline else label
    parts = [
        f"Question {n}, {'yes' if said[n] else 'no'}: {(_YES if said[n] else _NO)[n]}."
        for n in decided
    ]
    kind, kind_sentence = _KINDS[label]
    return Labelling(
        label=label,
        borderline=borderline,
        decided_by=tuple(decided),
        reason=" ".join([f"{name.capitalize()}.", *parts]),
        kind=kind,
        kind_sentence=kind_sentence,
        warning=_MESSAGE_ONLY if message_only else None,
    )


_MESSAGE_ONLY = (
    "Question 3, no: a message alone is social advertising. Ask what else would make "
    "the behaviour easier: a product, a lower price, a better place, a chosen segment."
)


# --- cases and definitions --------------------------------------------------------


class Fact(Noun):
    """Something known about a campaign, with its source."""

    text: Text
    sources: tuple[Id, ...] = Field(min_length=1)


class Contest(Noun):
    """Another label that can be defended, with the arguments of both sides."""

    other: Label
    for_label: Text
    for_other: Text


class Case(Noun):
    """A campaign to be labelled, with the reason that decides."""

    id: Id
    name: Text
    organisation: Text
    year: int | None = Field(None, ge=1900, le=2100)
    facts: tuple[Fact, ...] = ()
    story: Text | None = None
    """What is told of a case that stands for many and is no real campaign."""
    answers: Answers
    label: Label
    contested: Contest | None = None
    reasons: tuple[Option, ...] = Field(min_length=4, max_length=4)

    @model_validator(mode="after")
    def _sound(self) -> "Case":
        return refused(self, self._problems())

    def _problems(self) -> Iterator[str]:
        given = label_campaign(self.answers)
        if given.label != self.label:
            yield f"the answers make it '{given.label}', not '{self.label}'"
        if self.contested and self.contested.other == self.label:
            yield "the other label is the label itself"
        if bool(self.facts) == bool(self.story):
            yield "give facts with their sources, or the story of a made-up case"
        yield from option_problems(self.reasons)


def judge_case(case: Case, label: Label, reason_id: str) -> Judgement:
    """Return what is said to a label and its reason; the reason decides.

    A label that can be defended (`case.contested`) counts as right with the right
    reason; the feedback then holds both arguments.

    Raises
    ------
    DataError
        If there is no such reason.
    """
    judged = judge_option(case.reasons, reason_id, where=f"case '{case.id}'")
    words = judged.feedback
    defended = case.contested is not None and label == case.contested.other
    if case.contested and judged.right:
        words += (
            f" This one is contested. For {case.label}: {case.contested.for_label} "
            f"For {case.contested.other}: {case.contested.for_other}"
        )
    elif judged.right and label != case.label:
        reason = label_campaign(case.answers).reason
        words += f" With this reason the label is {case.label}. {reason}"
    return Judgement(
        right=judged.right and (label == case.label or defended),
        feedback=words,
        misconception=judged.misconception,
    )


class Definition(Noun):
    """How one of the disciplines was defined, by whom and when."""

    id: Id
    of: Literal["social", "social_media"]
    text: Text
    sources: tuple[Id, ...]
    """Empty where the wording is this book's own."""
    note: str = ""


class Dimension(Noun):
    """One of the six sides on which the two disciplines are compared."""

    id: Literal["objective", "audience", "methods", "partners", "measures", "success"]
    question: Text
    social: Text
    social_media: Text
    claims: tuple[Claim, ...] = ()


class CaseBook(Noun):
    """The definitions, the six dimensions and the graded cases."""

    sources: dict[Id, Source]
    misconceptions: tuple[Misconception, ...]
    definitions: tuple[Definition, ...]
    dimensions: tuple[Dimension, ...] = Field(min_length=6, max_length=6)
    cases: tuple[Case, ...]

    @model_validator(mode="after")
    def _sound(self) -> "CaseBook":
        return refused(self, reference_problems(self.model_dump()))
