"""What kind of thing a goal is about, told from its words."""

import re
from typing import Literal

from campaignbook.goals import what_it_shows

GoalType = Literal[
    "behaviour", "knowledge", "attitude", "awareness", "traffic", "leads", "sales"
]

_KINDS: dict[GoalType, str] = {
    "awareness": r"\baware(?:ness)?\b|\bvisibility\b|\brecogni[sz]\w+|\brecall\w*|"
    r"\bremember\w*|\bheard of\b|\bprofile\b|\bsee(?:n)? (?:the|our) \w+",
    "knowledge": r"\bknow(?:s|ing|ledge)?\b|\bunderstand\w*|\bliteracy\b|\blearn\w*|"
    r"\binform(?:ed)?\b|\beducat\w+",
    "attitude": r"\battitudes?\b|\bbeliev\w+|\bbeliefs?\b|\bopinions?\b|\bthink\w*|"
    r"\bfeel\w*|\bfavour\w*|\bintend\w*|\bintentions?\b|\bplan to\b|\bwilling\w*|"
    r"\bsupport for\b|\btrust\b|\bcare about\b|\bconcern\w*",
    "leads": r"\bleads?\b|\bsign[- ]?ups?\b|\bsubscri\w+|\benquir\w+|\binquir\w+|"
    r"\bregistrations? for (?:the|our) (?:newsletter|webinar|trial)|\bdownloads?\b|"
    r"\bnewsletter\b",
    "sales": r"\bsales\b|\brevenue\b|\borders?\b|\bpurchas\w+|\bbookings?\b|"
    r"\bturnover\b|"
    r"\bsell\b|\bsold\b|\btickets?\b",
    "traffic": r"\btraffic\b|\bwebsite visits?\b|\bvisits? (?:to|on) (?:the|our) "
    r"(?:web)?site|\bsessions?\b|\bpage ?views\b|\bvisitors (?:to|of) (?:the|our)|"
    r"\blink clicks?\b|\bclick[- ]through\b|\bclicks\b",
}
_DOES = re.compile(
    r"\b(?:who|that) (?!(?:are|is) (?:aware|of)\b)\w+|\b(?:use|usage|uptake|rate|"
    r"attempts?|attendance|registrations?|vaccinations?|screenings?|donors?|donations?|"
    r"recycling|littering|cycling|walking|smoking|drinking|eating|breastfeeding|visits?|"
    r"trips|servings?|consumption|testing|tests?|calls?|turnout|wearing|quitting)\b",
    re.IGNORECASE,
)


def type_of(measure: str) -> GoalType | None:
    """Return the type that the words of a measure tell, None where they do not.

    Awareness, knowledge and attitude are told first: "share of adults who know the
    signs of a stroke" is knowledge, however often people act on it.

    Examples
    --------
    >>> type_of("share of parents who know the rules"), type_of("share who cycle")
    ('knowledge', 'behaviour')
    >>> type_of("a better city")
    """
    words = measure.casefold()
    if what_it_shows(measure) and not re.search(_KINDS["traffic"], words):
        return "awareness"
    for kind in _KINDS_IN_ORDER:
        if re.search(_KINDS[kind], words):
            return kind
    return "behaviour" if _DOES.search(words) else None


_KINDS_IN_ORDER: tuple[GoalType, ...] = tuple(_KINDS)
