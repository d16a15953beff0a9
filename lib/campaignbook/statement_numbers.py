"""How much and until when: numbers and dates read from a goal's sentence."""

import re
from calendar import monthrange
from datetime import date
from typing import Any

# --- when -------------------------------------------------------------------------

_MONTHS = (
    "january february march april may june july august september october november "
    "december"
).split()
_MONTH = "|".join(f"{m[:3]}(?:{m[3:]})?" if len(m) > 3 else m for m in _MONTHS)
_WHEN = re.compile(
    r"[, ]*\b(?:by|until|before|in|at|on)? ?(?:the )?(?P<end>end of |start of )?"
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? )?(?:(?P<month>{_MONTH})\.?,? )?"
    r"(?:(?:Q|quarter )(?P<quarter>[1-4])[ /,]*)?(?P<year>20\d\d)\b(?!-)",
    re.IGNORECASE,
)
_ISO = re.compile(r"[, ]*\b(?:by|until|before|on)? ?(20\d\d-\d\d(?:-\d\d)?)\b")
_WITHIN = re.compile(
    r"[, ]*\b(?:within|in|over|during|after) (?:the )?(?:next |first |coming )?"
    r"(?P<n>\d+|an?|one|two|three|four|five|six|nine|ten|twelve)?[ -]?"
    r"(?P<span>days?|weeks?|months?|quarters?|years?)\b(?! of\b)",
    re.IGNORECASE,
)
_VAGUE_WHEN = re.compile(
    r"[, ]*\b(?:soon|as soon as possible|in the (?:near|long) (?:future|term|run)|"
    r"over time|eventually|by (?:the )?(?:next )?(?:spring|summer|autumn|winter))\b",
    re.IGNORECASE,
)


def read_deadline(text: str) -> tuple[date | None, str, list[str]]:
    """Return the last day that a sentence names, the other words, and what is open.

    A month, quarter or year ends on its last day; "within a year" is a question, as
    the sentence does not say from when.

    Examples
    --------
    >>> read_deadline("Cut litter by the end of Q3 2027")[:2]
    (datetime.date(2027, 9, 30), 'Cut litter')
    """
    if found := _ISO.search(text):
        year, month, *day = (int(p) for p in found[1].split("-"))
        last = day[0] if day else _last(year, month)
        if 1 <= month <= 12 and 1 <= last <= _last(year, month):
            return date(year, month, last), _cut(text, found), []
    dated = [m for m in _WHEN.finditer(text) if _is_date(m)]
    if dated:
        return _date_of(dated[-1]), _cut(text, dated[-1]), []
    for pattern in (_WITHIN, _VAGUE_WHEN):
        if found := pattern.search(text):
            said = found[0].strip(" ,")
            ask = f"'{said}' has no date; write one, for example by 30 June 2027."
            return None, _cut(text, found), [ask]
    return None, text, []


def _is_date(found: re.Match[str]) -> bool:
    """Return whether a year is a deadline and not, say, 2,000 people."""
    before = found[0].strip(" ,").casefold()
    return bool(found["month"] or found["quarter"]) or before.startswith(
        ("by", "until", "before", "in ", "end of", "at ", "the end")
    )


def _date_of(found: re.Match[str]) -> date:
    year = int(found["year"])
    first = (found["end"] or "").casefold().startswith("start")
    month = 1 if first else 12
    if found["quarter"]:
        month = 3 * int(found["quarter"]) - (2 if first else 0)
    if found["month"]:
        names = [m[:3] for m in _MONTHS]
        month = names.index(found["month"][:3].casefold()) + 1
    last = _last(year, month)
    day = int(found["day"] or (1 if first else last))
    return date(year, month, min(day, last))


def _last(year: int, month: int) -> int:
    return monthrange(year, month)[1] if 1 <= month <= 12 else 0


def _cut(text: str, found: re.Match[str]) -> str:
    return " ".join((text[: found.start()] + " " + text[found.end() :]).split())


# --- how much ---------------------------------------------------------------------

_N = r"(\d[\d,]*(?:\.\d+)?)( ?(?:million|thousand|m|k)\b)?( ?%| per ?cent\b)?"
_THING = r"(?: ?(?!to\b)(?P<thing>[a-z]+))?"
_FROM_TO = re.compile(
    rf"\bfrom (?:about |some )?{_N}{_THING} to (?:about )?{_N}(?: ?(?P=thing))?",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\bby (\d+(?:\.\d+)?) (?:percentage points?|points?|pp)\b", re.IGNORECASE
)
_BY = re.compile(rf"\bby (?:about |at least )?{_N}", re.IGNORECASE)
_TO = re.compile(
    rf"\b(?:to|reach|reaches|of|at|below|above|under|over) (?:at least |at most )?{_N}"
    r"(?! (?:years?|hours?|minutes?|days?|times?|servings?|portions?|year-olds)\b)",
    re.IGNORECASE,
)
_MORE = re.compile(rf"\b{_N} (?:more|additional|extra|new|fewer|less)\b", re.IGNORECASE)
_COUNTED = re.compile(
    rf"^(?:to )?(?:get|generate|win|attract|reach|achieve|sell|gain) {_N}",
    re.IGNORECASE,
)
_WORDS = {"million": 1e6, "m": 1e6, "thousand": 1e3, "k": 1e3, "": 1.0}


def _number(digits: str, scale: str | None, percent: str | None) -> tuple[float, str]:
    value = float(digits.replace(",", "")) * _WORDS[(scale or "").strip().casefold()]
    return (round(value / 100, 12), "share") if percent else (value, "count")


def read_amounts(text: str) -> dict[str, Any]:
    """Return baseline, target, target_is, unit, the questions and the other words."""
    empty: dict[str, Any] = {
        "baseline": None, "target": None, "target_is": None, "unit": None,
        "questions": [],
    }  # fmt: skip
    if found := _FROM_TO.search(text):
        one, two = _number(*found.group(1, 2, 3)), _number(*found.group(5, 6, 7))
        unit = "share" if "share" in (one[1], two[1]) else two[1]
        low = one[0] if one[1] == unit else one[0] / 100
        share = unit == "share" or (not found["thing"] and max(one[0], two[0]) <= 1)
        return {
            **empty, "baseline": low, "target": two[0], "target_is": "level",
            "unit": "share" if share else found["thing"] or unit,
            "rest": _cut(text, found),
        }  # fmt: skip
    if found := _POINTS.search(text):
        return {
            **empty, "target": float(found[1]) / 100, "target_is": "change",
            "unit": "share", "rest": _cut(text, found),
        }  # fmt: skip
    for pattern in (_BY, _MORE):
        if found := pattern.search(text):
            value, unit = _number(*found.groups()[:3])
            rest = _cut(text, found)
            if pattern is _MORE:
                rest = f"{text[: found.start()]}more{text[found.end() :]}"
            if unit == "share":
                said = f"{100 * value:g}%"
                ask = (
                    f"Is {said} meant as percentage points or as {said} of today's "
                    "level? Write the level before and the level wanted: from 20% to "
                    "25%."
                )
                return {**empty, "questions": [ask], "rest": rest}
            return {
                **empty, "target": value, "target_is": "change", "unit": "count",
                "rest": rest,
            }  # fmt: skip
    for pattern in (_TO, _COUNTED):
        found = pattern.search(text)
        if not found:
            continue
        rest = _cut(text, found)
        if pattern is _COUNTED:  # the verb stays
            rest = f"{text[: found.start(1)]}{text[found.end() :].lstrip()}"
        value, unit = _number(*found.groups()[:3])
        return {
            **empty, "target": value, "target_is": "level", "unit": unit,
            "rest": rest,
        }  # fmt: skip
    return {**empty, "rest": text}
