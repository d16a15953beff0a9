"""Goals written as one sentence, read into their parts; what is not said stays open."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Literal

from campaignbook.goal_types import GoalType, type_of
from campaignbook.goals import Goal
from campaignbook.statement_numbers import read_amounts, read_deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalParts:
    """The parts of a goal as far as they are known; None is not said.

    Attributes
    ----------
    type : str or None
        As in the plan: ``behaviour``, ``awareness`` ...
    measure : str or None
        What is counted, in words.
    unit : str or None
        ``share`` (0-1) or ``count``.
    direction : {"increase", "decrease"} or None
        Which way is good.
    baseline, target : float or None
        In `unit`.
    target_is : {"level", "change"} or None
        Whether the target is a level or a change.
    audience : str or None
        Whose behaviour it is.
    deadline : date or None
        Last day.
    questions : tuple of str
        What the words leave open, each with what to write instead.
    """

    type: GoalType | None = None
    measure: str | None = None
    unit: str | None = None
    direction: Literal["increase", "decrease"] | None = None
    baseline: float | None = None
    target: float | None = None
    target_is: Literal["level", "change"] | None = None
    audience: str | None = None
    deadline: date | None = None
    questions: tuple[str, ...] = ()


def parts_of(goal: Goal) -> GoalParts:
    """Return the parts of a plan's goal; an empty audience is not said."""
    known = {f.name for f in fields(GoalParts)} - {"questions", "audience"}
    given = {name: getattr(goal, name) for name in known}
    return GoalParts(**given, audience=goal.audience or None)


def read_statement(sentence: str) -> GoalParts:
    """Return what a goal's sentence says, and what it leaves open.

    Parameters
    ----------
    sentence : str
        In English.

    Notes
    -----
    Nothing is guessed: a part is read where the words say it in one of the common
    forms ("raise the share of X who Y from 31% to 35% by June 2027"), and is None
    elsewhere. "By 10%" may mean percentage points or a tenth more, so it becomes a
    question; "within a year" has no date until the plan has a start.

    Examples
    --------
    >>> found = read_statement("Raise the share of smokers in Leeds who try to quit "
    ...                        "from 31% to 35% by June 2027")
    >>> found.audience, found.measure, found.baseline, found.target, found.deadline
    ... # doctest: +NORMALIZE_WHITESPACE
    ('smokers in Leeds', 'share of smokers in Leeds who try to quit', 0.31, 0.35,
     datetime.date(2027, 6, 30))
    >>> read_statement("Sell 10% more tickets").questions[0][:36]
    'Is 10% meant as percentage points or'
    """
    text = " ".join(sentence.replace("\u2019", "'").strip(" .!").split())
    deadline, rest, questions = read_deadline(text)
    amounts = read_amounts(rest)
    rest = amounts.pop("rest")
    questions += amounts.pop("questions")
    direction = _direction(rest)
    if direction == "decrease" and amounts["target_is"] == "change":
        amounts["target"] = -amounts["target"]
    who = _who_does_what(rest)
    measure = who.get("measure") or _measure(rest)
    return GoalParts(
        type=type_of(measure or rest),
        measure=measure,
        direction=direction,
        audience=who.get("audience") or _audience(rest),
        deadline=deadline,
        questions=tuple(questions),
        **{**amounts, "unit": amounts["unit"] or who.get("unit")},
    )


def said(parts: GoalParts) -> Iterator[tuple[str, str]]:
    """Yield each part that is known, with its words, for a table."""
    for field in fields(parts):
        value = getattr(parts, field.name)
        if value is None or field.name == "questions":
            continue
        if isinstance(value, float) and parts.unit == "share":
            value = f"{100 * value:g}%"
        elif isinstance(value, float):
            value = f"{value:,g}"
        elif isinstance(value, date):
            value = f"{value:%d %B %Y}".lstrip("0")
        yield field.name.replace("_", " "), str(value)


_UP = re.compile(
    r"\b(?:increas\w*|rais\w+|grow\w*|boost\w*|improv\w+|expand\w*|doubl\w+|more|gain\w*|"
    r"win|lift\w*|strengthen\w*|higher|get|attract\w*|generat\w+|reach|persuad\w+|"
    r"encourag\w+|help|convinc\w+|motivat\w+|rises?)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:decreas\w*|reduc\w+|cut\w*|lower\w*|fewer|less|halv\w+|drop\w*|shrink\w*|"
    r"bring down|minimis\w+|minimiz\w+|falls?)\b",
    re.IGNORECASE,
)


def _direction(text: str) -> Literal["increase", "decrease"] | None:
    up, down = _UP.search(text), _DOWN.search(text)
    if down and (not up or down.start() < up.start()):
        return "decrease"
    return "increase" if up else None


# --- who does what ----------------------------------------------------------------

_SHARE = r"(?:share|percentage|proportion|rate|per ?cent|%)"
_WHO = re.compile(
    rf"\b(?P<how>{_SHARE}|number|count) of (?:the )?(?P<who>[^,]+?) "
    r"(?P<does>who [^,]+|that [^,]+|\w+ing (?!in\b)[^,]+)$",
    re.IGNORECASE,
)
_MAKE = re.compile(
    r"\b(?:get|help|persuade|encourage|convince|motivate|enable) (?:more )?"
    r"(?P<who>[^,]+?) (?:in)?to (?P<does>[^,]+)$",
    re.IGNORECASE,
)
_MORE_DO = re.compile(r"^(?P<n>more|fewer) (?P<who>[^,]+?) (?P<does>who [^,]+)$", re.I)
_AMONG = re.compile(r"\b(?:among|amongst) (?:the )?(?P<who>[^,]+)", re.IGNORECASE)
_FOR = re.compile(
    r"\b(?:for|in) (?:the )?(?P<who>[^,]*\b(?:people|adults?|parents?|"
    r"women|men|girls|boys|children|pupils|students?|smokers?|drivers?|drinkers?|"
    r"residents?|households?|families|teenagers?|youths?|adolescents|workers?|"
    r"employees|patients?|mothers|fathers|cyclists|commuters|tenants|farmers|voters|"
    r"visitors|customers|buyers|subscribers|owners|professionals|managers|public|"
    r"population|everyone|everybody|year-olds)\b[^,]*)",
    re.IGNORECASE,
)
_EVERY = re.compile(r" (?:a|per|each|every) (?:day|week|month|quarter|year)\b.*$")


def _who_does_what(text: str) -> dict[str, str]:
    if found := _WHO.search(text):
        is_share = not re.match("number|count", found["how"], re.IGNORECASE)
        unit = "share" if is_share else "count"
        how = "share" if is_share else "number"
        who, does = found["who"].strip(), found["does"].strip()
        return {"audience": who, "measure": f"{how} of {who} {does}", "unit": unit}
    for pattern in (_MAKE, _MORE_DO):
        if found := pattern.search(text):
            who, does = found["who"].strip(), found["does"].strip()
            joined = does if pattern is _MORE_DO else f"who {does}"
            return {"audience": who, "measure": f"number of {who} {joined}"}
    return {}


def _audience(text: str) -> str | None:
    found = _AMONG.search(text) or _FOR.search(text)
    return _EVERY.sub("", found["who"]).strip() if found else None


_LEAD = re.compile(
    r"^(?:(?:we (?:want|aim|plan|will)|our (?:goal|aim) is|the (?:goal|aim) is) ?)?"
    r"(?:to )?(?:increase|raise|grow|boost|improve|reduce|cut|lower|decrease|get|win|"
    r"gain|attract|generate|double|halve|reach|more|fewer)\b ?(?:the |our )?",
    re.IGNORECASE,
)


def _measure(text: str) -> str | None:
    """Return what is to rise or fall, where the sentence begins with that."""
    lead = _LEAD.match(text)
    if not lead:
        return None
    rest = text[lead.end() :]
    if among := _AMONG.search(rest) or _FOR.search(rest):
        rest = rest[: among.start()]
    return re.sub(r"^(?:more|additional|new) ", "", rest.strip()) or None
