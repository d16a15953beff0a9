"""SMART: what a goal says of each letter, what is missing, and how to write it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from campaignbook.benchmarks import Benchmark, achievable
from campaignbook.goal_types import type_of
from campaignbook.results import Answer, Check, say
from campaignbook.statements import GoalParts

Kind = Literal["social", "social_media"]

LETTERS = {
    "S": "specific",
    "M": "measurable",
    "A": "achievable",
    "R": "relevant",
    "T": "time-bound",
}
"""The five letters and their words."""
ONLINE = ("awareness", "traffic", "leads", "sales")
"""Types of goals that social media marketing can have."""
DENOMINATORS = {
    "engagement rate": ("reach", "impressions", "followers"),
    "conversion rate": ("sessions", "clicks", "visitors"),
    "click-through rate": ("impressions",),
    "click-through": ("impressions",),
    "sign-up rate": ("visitors", "sessions", "clicks"),
}
"""Rates that are computed by different wholes, and these; the goal has to say which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter of SMART.

    Attributes
    ----------
    letter : str
        S, M, A, R or T.
    answer : {"yes", "no", "unknown"}
        Whether the goal has it.
    there, missing, write : str
        What the goal says; what it leaves out; what to write. Empty where nothing.
    """

    letter: str
    answer: Answer
    there: str = ""
    missing: str = ""
    write: str = ""

    def sentence(self) -> str:
        """Return the letter with its answer and everything that is to be said.

        Examples
        --------
        >>> Letter(letter="T", answer="no", missing="No date.", write="By when?"
        ...        ).sentence()
        'Time-bound: no. No date. By when?'
        """
        head = f"{LETTERS[self.letter].capitalize()}: {self.answer}."
        return " ".join(filter(None, [head, self.there, self.missing, self.write]))


def smart(
    parts: GoalParts,
    *,
    kind: Kind | None,
    benchmark: Benchmark | None = None,
    source: str = "",
    trend: float = 0.0,
    seen: Check | None = None,
    today: date | None = None,
) -> tuple[Letter, ...]:
    """Return the five letters of a goal, S to T.

    Parameters
    ----------
    parts : GoalParts
        What is known of the goal, from a plan or from a sentence.
    kind : {"social", "social_media"} or None
        The plan's kind: social marketing needs a behaviour, social media marketing
        awareness, traffic, leads or sales.
    benchmark : Benchmark, optional
        A published effect; `source` is how it is cited, `trend` as in `achievable`.
    seen : Check, optional
        The planned evaluation's check ``power``: whether it can see the change.
    today : date, optional
        With it a deadline that has passed is told.
    """
    return (
        _specific(parts, kind),
        _measurable(parts, seen),
        _achievable(parts, benchmark, source, trend),
        _relevant(parts, kind),
        _time_bound(parts, today),
    )


# --- the letters ------------------------------------------------------------------

_EVERYBODY = re.compile(
    r"^(?:the )?(?:general )?(?:public|population|everyone|everybody|people|all people|"
    r"adults|citizens|society|consumers|users|customers)$",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:healthi?er|health|well-?being|quality of life|better|greener|sustainab\w+|"
    r"success|performance|presence|image|lifestyles?|awareness)\b",
    re.IGNORECASE,
)


def _specific(parts: GoalParts, kind: Kind | None) -> Letter:
    there, missing, write = [], [], []
    told = type_of(parts.measure) if parts.measure else None
    asked = "behaviour" if kind == "social" else None
    if parts.measure is None:
        missing.append("What is to change is not said.")
        write.append(
            "Write what people will do, so that one could see it."
            if kind != "social_media"
            else "Write what is counted: visits, leads, people who remember the brand."
        )
    elif asked and told not in (None, "behaviour"):
        missing.append(f"'{parts.measure}' is {_article(told)}, not a behaviour.")
        write.append("Write what people do when they know or want it.")
    elif (told or parts.type) is None or (
        told is None and _VAGUE.search(parts.measure)
    ):
        missing.append(f"'{parts.measure}' does not say what anybody does.")
        write.append("Write what people will do, so that one could see it.")
    else:
        there.append(f"It counts: {parts.measure}.")
    if not parts.audience:
        missing.append("Whose it is, is not said.")
        write.append("Name the people: which ones, where.")
    elif _EVERYBODY.match(parts.audience):
        missing.append(f"'{parts.audience}' is everybody.")
        write.append("Choose a segment: smokers who have tried to quit, say.")
    else:
        there.append(f"It is about {parts.audience}.")
    return _letter("S", "no" if missing else "yes", there, missing, write)


def _measurable(parts: GoalParts, seen: Check | None) -> Letter:
    there, missing, write = [], [], []
    open_words = [q for q in parts.questions if "percentage points" in q]
    unit = parts.unit or "count"
    if parts.target is None:
        missing.append("No level is named that would be enough.")
        write += open_words or ["Write the level that is wanted: 35%."]
    else:
        change = parts.target_is == "change"
        what = "a change of" if change else "a target of"
        there.append(f"It names {what} {say(parts.target, unit, change=change)}.")
    if parts.baseline is None and parts.target_is != "change":
        missing.append("Where it stands today is not said.")
        write.append("Measure it before the start and write the baseline: from 31%.")
    elif parts.baseline is not None:
        there.append(f"It begins at {say(parts.baseline, unit)}.")
    for name, wholes in DENOMINATORS.items():
        words = (parts.measure or "").casefold()
        if name in words and not any(w.rstrip("s") in words for w in wholes):
            missing.append(f"The {name} has no denominator.")
            write.append(f"Write of what: by {' or by '.join(wholes)}.")
            break
    if missing:
        return _letter("M", "no", there, missing, write)
    if seen is not None and seen.answer != "yes":
        return _letter("M", "unknown", there, [seen.sentence], [])
    if seen is not None:
        there.append(seen.sentence)
    return _letter("M", "yes", there, [], [])


def _achievable(
    parts: GoalParts, benchmark: Benchmark | None, source: str, trend: float
) -> Letter:
    base, target = parts.baseline, parts.target
    if target is None or parts.unit != "share":
        why = "Only a change of a share can be set beside published effects."
        if target is None:
            why = "Without a target nothing can be compared."
        how = "Write from which share to which, or your own evidence."
        return _letter("A", "unknown", [], [why], [how])
    if parts.target_is == "change" and base is not None:
        target = base + target
    elif base is None:
        why = "Without a baseline the change that is asked for is unknown."
        return _letter("A", "unknown", [], [why], ["Write where it stands today."])
    if benchmark is None:
        why = "No published effect was chosen to compare with."
        how = "Choose the behaviour that comes nearest, or write your own evidence."
        return _letter("A", "unknown", [], [why], [how])
    found = achievable(base, target, benchmark, trend=trend, source=source)
    if found is None:
        why = f"The published effect on {benchmark.outcome} is not told from none."
        return _letter("A", "unknown", [], [why], ["Choose another one."])
    answer: Answer = {"green": "yes", "amber": "unknown", "red": "no"}[found.rating]
    better = base - found.published if target < base else base + found.published
    how = []
    if answer != "yes":
        level = say(min(max(better, 0.0), 1.0), "share")
        how = [f"A target of {level} would ask for what such campaigns reached."]
    return _letter("A", answer, [found.sentence], [], how)


def _relevant(parts: GoalParts, kind: Kind | None) -> Letter:
    told = (type_of(parts.measure) if parts.measure else None) or parts.type
    if kind is None or told is None:
        what = "the plan's kind" if kind is None else "what is to change"
        why = f"It cannot be told while {what} is not said."
        return _letter("R", "unknown", [], [why], [])
    if kind == "social":
        if told == "behaviour":
            there = "A behaviour is what social marketing is for."
            return _letter("R", "yes", [there], [], [])
        why = (
            f"Social marketing is for a behaviour; {_article(told)} is at best a step "
            "on the way (knowledge moves twice as far as behaviour, Anker et al. 2016)."
        )
        return _letter("R", "no", [], [why], ["Write the behaviour that follows."])
    if told in ONLINE:
        there = f"{_article(told).capitalize()} is what social media marketing is for."
        return _letter("R", "yes", [there], [], [])
    why = f"Social media marketing alone does not answer for {_article(told)}."
    how = "Write awareness, traffic, leads or sales; or plan it as social marketing."
    return _letter("R", "no", [], [why], [how])


def _time_bound(parts: GoalParts, today: date | None) -> Letter:
    if parts.deadline is None:
        open_words = [q for q in parts.questions if "has no date" in q]
        how = open_words or ["Write until when: by 30 June 2027."]
        return _letter("T", "no", [], ["No date is named."], how)
    day = f"{parts.deadline:%d %B %Y}".lstrip("0")
    if today is not None and parts.deadline < today:
        return _letter("T", "no", [], [f"{day} has passed."], ["Write a later date."])
    return _letter("T", "yes", [f"It ends on {day}."], [], [])


def _letter(
    letter: str, answer: Answer, there: list[str], missing: list[str], write: list[str]
) -> Letter:
    return Letter(
        letter=letter, answer=answer, there=" ".join(there), missing=" ".join(missing),
        write=" ".join(dict.fromkeys(write)),
    )  # fmt: skip


def _article(kind: str) -> str:
    return {"behaviour": "a behaviour", "attitude": "an attitude"}.get(kind, kind)
