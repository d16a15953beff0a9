"""Campaign tags in links (UTM): built, read back and checked."""

import re
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from campaignbook.errors import PlanError

KNOWN = ("utm_source", "utm_medium", "utm_campaign", "utm_content")
NEEDED = KNOWN[:3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Where a visitor came from, as the tags of a link say it.

    Attributes
    ----------
    source, medium, campaign, content : str
        For example ``instagram``, ``social``, ``quit-2026``, ``video-2``; lower case,
        no spaces; `content` may be empty.
    """

    source: str
    medium: str
    campaign: str
    content: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """Return name and value of each tag that is not empty."""
        named = [(f"utm_{f.name}", getattr(self, f.name)) for f in fields(self)]
        return [(name, value) for name, value in named if value]


def tag_word(text: str) -> str:
    """Return a text as a tag: lower case, hyphens for all that is no letter or digit.

    Examples
    --------
    >>> tag_word(" Quit Week, May ")
    'quit-week-may'
    """
    return re.sub(r"[^\w.]+", "-", text.casefold()).strip("-")


def tagged_link(address: str, tags: Tags) -> str:
    """Return a link with its tags; other parts of its query stay as they are.

    Raises
    ------
    PlanError
        If the address has no ``http(s)`` or host, a tag is missing or not in lower
        case without spaces, or the address already has a tag that says otherwise.

    Examples
    --------
    >>> tagged_link("https://example.org/quit?a=1#top",
    ...             Tags(source="instagram", medium="social", campaign="quit"))
    'https://example.org/quit?a=1&utm_source=instagram&utm_medium=social&utm_campaign=quit#top'
    """
    problems = _address_problems(address)
    given = dict(tags.pairs())
    problems += _tag_problems(given)
    if problems:
        raise PlanError(*problems)
    parts = urlsplit(address)
    there = [p for p in parse_qsl(parts.query, keep_blank_values=True)]
    old = {name: value for name, value in there if name.startswith("utm_")}
    problems = [
        f"the link already says {name}={value}; take that away, or write the same."
        for name, value in old.items()
        if name in KNOWN and value != given.get(name)
    ]
    if problems:
        raise PlanError(*problems)
    more = urlencode(
        [(n, v) for n, v in given.items() if n not in old], quote_via=quote
    )
    query = "&".join(filter(None, [parts.query, more]))
    return urlunsplit(parts._replace(query=query))


def read_tags(link: str) -> Tags:
    """Return the tags of a link.

    Raises
    ------
    PlanError
        With every problem that `link_problems` finds.

    Examples
    --------
    >>> read_tags("https://a.org/?utm_source=x&utm_medium=social&utm_campaign=q").source
    'x'
    """
    problems = link_problems(link)
    if problems:
        raise PlanError(*problems)
    found = dict(parse_qsl(urlsplit(link).query))
    return Tags(**{n.removeprefix("utm_"): found[n] for n in KNOWN if n in found})


def link_problems(link: str) -> list[str]:
    """Return a sentence for each thing that is wrong with a tagged link."""
    problems = _address_problems(link)
    if problems:
        return problems
    pairs = parse_qsl(urlsplit(link).query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    problems = [
        f"the link has {name} {names.count(name)} times; keep one."
        for name in KNOWN
        if names.count(name) > 1
    ]
    return problems + _tag_problems({n: v for n, v in pairs if n in KNOWN})


def _address_problems(address: str) -> list[str]:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        sound = False
    if sound and not re.search(r"\s", address):
        return []
    return [f"'{address}' is no link; write it whole, as https://example.org/page."]


def _tag_problems(tags: dict[str, str]) -> list[str]:
    problems = [
        f"the link has no {n}; add it, as {n}=word." for n in NEEDED if not tags.get(n)
    ]
    return problems + [
        f"{n} is '{v}'; write lower case without spaces, as '{tag_word(v)}'."
        for n, v in tags.items()
        if v != v.lower() or re.search(r"\s", v)
    ]
