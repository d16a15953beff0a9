"""Goals: what is to change, by how much, for whom and until when."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Evidence(BaseModel, frozen=True, extra="forbid"):
    """What makes a goal look achievable: a published effect, or the author's words."""

    key: str | None = Field(
        None, title="Benchmark", description="Key of a published effect."
    )
    text: str | None = Field(
        None, title="In words", description="Own evidence.", max_length=2000
    )

    @model_validator(mode="after")
    def _something(self) -> "Evidence":
        if (self.key is None) == (self.text is None):
            raise PydanticCustomError("evidence", "write either key or text")
        return self


class Goal(BaseModel, frozen=True, extra="forbid"):
    """What the campaign wants to have changed, by how much and until when."""

    id: Id = Field(title="Id", description="Short name, used by evaluations.")
    type: Literal[
        "behaviour", "knowledge", "attitude", "awareness", "traffic", "leads", "sales"
    ] = Field(title="Type", description="What kind of thing is to change.")
    statement: str = Field(
        "", title="Statement", description="The goal in one sentence.", max_length=1000
    )
    measure: str = Field(
        title="Measure", description="What is counted.", min_length=1, max_length=200
    )
    unit: str = Field(
        title="Unit",
        description="share (0-1), count, money, or any unit in words.",
        min_length=1,
        max_length=60,
    )
    direction: Literal["increase", "decrease"] = Field(
        title="Direction", description="Which way is good."
    )
    baseline: float | None = Field(
        None,
        title="Baseline",
        description="Level before the campaign; a share is 0-1.",
        allow_inf_nan=False,
    )
    target: float | None = Field(
        None,
        title="Target",
        description="Level (or change) that is wanted; a share is 0-1.",
        allow_inf_nan=False,
    )
    target_is: Literal["level", "change"] = Field(
        "level",
        title="Target is a",
        description="level, or change due to the campaign.",
    )
    audience: str = Field(
        "", title="Audience", description="Whose behaviour it is.", max_length=500
    )
    deadline: date | None = Field(None, title="Deadline", description="Until when.")
    evidence: Evidence | None = Field(
        None, title="Evidence", description="Why it can be reached."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "Goal":
        problems = _vanity_problems(self)
        problems += _share_problems(self) or _direction_problems(self)
        if problems:
            raise PydanticCustomError(
                "goal", "{problems}", {"problems": "\n".join(problems)}
            )
        return self


# What a campaign itself puts online, and where.
_PLATFORM = (
    "(?:social media|facebook|instagram|you ?tube|tik ?tok|twitter|linked ?in|"
    "snapchat|pinterest|threads|online)"
)
_MEDIUM = (
    f"(?:{_PLATFORM}|(?:posts?|tweets?|videos?|films?|clips?|reels?|stor(?:y|ies)|"
    "pages?|profiles?|accounts?|channels?|ads?|adverts?|advertisements?|banners?|"
    "content|messages?|links?|buttons?|campaigns?|websites?|sites?|hashtags?))"
)
_OWN = rf"(?:(?:the|our|its|this|each|every|all|a|an|campaign) )*{_MEDIUM}\b"
# A noun is counted where it ends the measure or such words follow; "of" and "on" only
# with something that was put online: "views on smoking" are an attitude.
_COUNTED = (
    r"(?=$| ?[,;(]| (?:in|during|within|over|at|until|and|or|plus|so far|to date|"
    r"counts?|across|(?:a|each|this) (?:day|week|month|year|post|video))\b"
    r"| (?:received|gained|earned|generated)\b(?! on| about)"
    rf"| (?:of|on|with) {_OWN})"
)
_NUMBER = (
    r"(?:^|[,;(] ?|\b(?:numbers? of|counts? of|total|average|mean|daily|weekly|monthly|"
    rf"unique|organic|paid|new|million|thousand|\d) |\b{_MEDIUM} )"
)
_OPINION = (
    "political|religious|moral|personal|positive|negative|favourable|favorable|world|"
    "with|and|their|own|changed|parents|first|good|bad"
)
_PEOPLE = (
    "people|persons|individuals|users|accounts|women|men|girls|boys|adults|parents|"
    "families|households|audience|viewers|residents|citizens|target group|members"
)


def _not_after(words: str) -> str:
    return "".join(rf"(?<!\b{word} )" for word in words.split("|"))


_NO_OPINION = rf"(?<!'s )(?<!s' ){_not_after(_OPINION)}\b"
_NO_PLACE = _not_after("within|out of|easy|in|to") + r"\b"
_NO_DEED = _not_after("public|written|hateful|abusive|racist|sexist") + r"\b"
_SEEN = "how often a message was on a screen"
_FOLLOWED = "how many accounts asked to see more"
_TAPPED = "how often a post was answered with a tap or a remark"
_OPENED = "how often a link was opened"
_NOUNS = {
    _SEEN: (
        rf"{_NO_OPINION}(?:views|impressions|watch time){_COUNTED}",
        r"\b(?:view|impression) (?:count|rate)\b|\bview ?through\b",
        rf"{_NO_PLACE}reach(?: rate)?{_COUNTED}",
        r"^(?:(?:number|share|percentage|proportion) of (?:the )?)?(?:\w+ )?"
        rf"(?:{_PEOPLE}) reached(?! (?:the|an?|their|home|work|school|age|\d+)\b)",
        rf"\b{_MEDIUM} (?:plays|hits){_COUNTED}",
    ),
    _FOLLOWED: (
        rf"\bfollowers{_COUNTED}",
        r"\bfollower (?:count|number|growth|rate)",
        rf"\b{_MEDIUM} (?:fans|subscribers){_COUNTED}",
    ),
    _TAPPED: (
        rf"\blikes(?! and dislikes){_COUNTED}",
        rf"{_NO_DEED}(?:comments|retweets|reposts){_COUNTED}",
        rf"{_NUMBER}(?:shares|reactions|engagements){_COUNTED}",
        rf"(?:{_NUMBER}|\b(?:user|audience|fan|follower|brand|digital) )"
        rf"engagement(?! in\b)(?: rate)?{_COUNTED}",
        rf"{_not_after('care|treatment')}\bengagement (?:rate|score)s?"
        rf"(?! (?:in|with) (?!{_OWN}))",
        rf"\b{_MEDIUM} (?:interactions|mentions|saves){_COUNTED}",
        r"\b(?:like|share|comment) count\b",
    ),
    _OPENED: (
        rf"(?<!phishing )\bclicks{_COUNTED}",
        r"\bclick ?(?:through )?(?:rate|count)|\bclickthroughs?\b|\bctr\b",
    ),
}
_VERBS = {
    _SEEN: "(?:saw|see|seen|view(?:ed)?|watch(?:ed)?)",
    _FOLLOWED: "(?:follow|subscribe)(?:e?d)?",
    _TAPPED: "(?:liked?|shared?|comment(?:ed)?|react(?:ed)?|engaged?)",
    _OPENED: "click(?:ed)?",
}
_ALSO = "(?:(?:have|has|had|were|was|are|ever|also) )*"
_ITS_OBJECT = (
    r"(?: on| with| to| for)? (?:us$|(?:our|the|this|its|your) (?:\w+ )?"
    rf"{_MEDIUM}(?=$|[,;(]| (?:on|of|in|at|or|from|during|this|each|a|every|per)\b))"
)
_PRICE = re.compile(
    r"\b(?:costs?|price|spend) per (?:[\d,.]+ |thousand )?"
    r"(view|impression|like|follower|share|comment|engagement|click)"
)
_CLAUSE = re.compile(r" (?:who|that|which|whose|leading to|ending in|followed by) ")
_SOURCE = re.compile(r" (?:per|from|among|after|by|via|through|because of|due to) ")


def what_it_shows(measure: str) -> str | None:
    """Return what a measure of attention can and cannot show; None for any other.

    Parameters
    ----------
    measure : str
        What is counted, in words, or the name of a column.

    Notes
    -----
    Reach, views, impressions, likes, followers, shares, comments, engagement and
    clicks are told by phrases in English, not by single words: "video views" is
    attention, "views on smoking" an attitude, "sign-ups per click" a behaviour with
    its denominator. Other languages and invented names pass.

    Examples
    --------
    >>> what_it_shows("video views")
    'It can show how often a message was on a screen, not what anybody did.'
    >>> what_it_shows("share of smokers who quit")
    """
    can = _attention(measure)
    return can and f"It can show {can}, not what anybody did."


def _attention(measure: str) -> str | None:
    """Return what a measure of attention can show; None for any other measure."""
    if " " not in measure.strip():
        measure = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", measure)
    words = measure.casefold().replace("\u2019", "'").replace(":", ",")
    words = re.sub(r"[&+]", " and ", words).replace("/", " per ")
    words = " ".join(re.sub(r"[\s_.#-]+", " ", words).split())
    words = re.sub(r"\b(click|view) through\b", r"\1through", words)
    first, *clause = _CLAUSE.split(words, maxsplit=1)
    if clause:
        does = {c: f"{_ALSO}(?:{verb}){_ITS_OBJECT}" for c, verb in _VERBS.items()}
        does[_SEEN] += f"|{_ALSO}(?:reached|exposed)(?:$| (?:by|to) )"
        found = (c for c, verb in does.items() if re.match(verb, clause[0]))
        return None if " and " in clause[0] else next(found, None)
    if priced := _PRICE.search(words):
        return _noun(f"{priced[1]}s")
    return _noun(_SOURCE.split(first, maxsplit=1)[0])


def _noun(words: str) -> str | None:
    found = (
        c for c, nouns in _NOUNS.items() if any(re.search(n, words) for n in nouns)
    )
    return next(found, None)


def _vanity_problems(goal: Goal) -> list[str]:
    can = _attention(goal.measure) if goal.type == "behaviour" else None
    if can is None:
        return []
    measure, who = " ".join(goal.measure.split()), " ".join(goal.audience.split())
    measure = measure if len(measure) <= 40 else f"{measure[:36]} ..."
    who = who if 0 < len(who) <= 30 else "the audience"
    return [
        f"measure '{measure}' can show {can}, not what anybody did: This Girl Can had "
        "37 million views, 2.8 million women said they did more, and the Active People "
        "Survey counted 148,700 more in the same period; write the behaviour, for "
        f"example share of {who} who do it, or type: awareness"
    ]


def _share_problems(goal: Goal) -> list[str]:
    if goal.unit != "share":
        return []
    lowest = -1 if goal.target_is == "change" else 0
    fields = [("baseline", goal.baseline, 0), ("target", goal.target, lowest)]
    problems = []
    for name, value, low in fields:
        if value is None or low <= value <= 1:
            continue
        hint = "100% is 1"
        if low <= value / 100 <= 1:
            hint = f"write {value:g}% as {value / 100:g}"
        problems.append(
            f"{name} must be a share between {low} and 1, got {value:g}; {hint}"
        )
    return problems


def _direction_problems(goal: Goal) -> list[str]:
    if goal.target is None:
        return []
    sign = 1 if goal.direction == "increase" else -1
    if goal.target_is == "change":
        none = 1 if goal.unit == "ratio" else 0
        if sign * (goal.target - none) > 0:
            return []
        below = "above" if sign > 0 else "below"
        return [
            f"target {goal.target:g} is a change in the wrong direction; to "
            f"{goal.direction}, write a change {below} {none}, or direction: "
            f"{'decrease' if sign > 0 else 'increase'}"
        ]
    if goal.baseline is None or sign * (goal.target - goal.baseline) > 0:
        return []
    side = "above" if sign > 0 else "below"
    return [
        f"target {goal.target:g} is not {side} the baseline {goal.baseline:g}, but the "
        f"direction is {goal.direction}; write a target {side} the baseline, or "
        "target_is: change when the target is a change"
    ]
