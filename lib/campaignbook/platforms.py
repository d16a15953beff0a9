"""What is known of the platforms' exports, and which of them a header belongs to."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import BaseModel

from campaignbook.errors import nearest

KEYS = tuple(
    "platform kind level id date published campaign text post_type currency source"
    .split()
)  # fmt: skip
"""What a row of the tidy table is of; all text, but for the two times."""

METRICS = tuple(
    "impressions reach frequency views clicks link_clicks reactions likes comments "
    "shares saves engagements follows unfollows spend conversions conversion_value "
    "leads purchases sessions engaged_sessions users key_events revenue video_views "
    "watch_hours subscribers followers".split()
)
"""Metrics of the tidy table: counts, money in the row's currency, hours."""

MONEY_METRICS = ("spend", "conversion_value", "revenue")
"""Metrics whose header may name a currency; elsewhere (CTR) is none."""

MONEY = re.compile(r"\s*\(([A-Z]{3})\)\s*$")


class _Noun(BaseModel, frozen=True, extra="forbid"):
    """Frozen, and no unknown key."""


class Rate(_Noun):
    """A rate that the platform prints: a part of a whole, in percent or as a share."""

    part: str
    whole: str
    unit: Literal["percent", "fraction"]


class Totals(_Noun):
    """How a row of totals is known: a word that a cell starts with, and where."""

    words: tuple[str, ...]
    where: tuple[str, ...]

    def hold(self, cell: str) -> bool:
        """Return whether a cell is the word, or starts with it and a colon."""
        return cell.strip().casefold().partition(":")[0] in self.words


class Kind(_Noun):
    """One kind of export; the head of data/platforms.yml tells of each key."""

    id: str
    platform: str
    name: str
    needs: tuple[tuple[str, ...], ...]
    levels: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    dates: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    rates: dict[str, Rate] = {}
    sums: dict[str, tuple[str, ...]] = {}
    totals: Totals | None = None
    comments: str = ""
    charts: dict[str, str] = {}
    left_out: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()

    @cached_property
    def numeric(self) -> frozenset[str]:
        """The columns that hold numbers: metrics, and parts of sums."""
        return frozenset(METRICS).union(*self.sums.values())

    @cached_property
    def known(self) -> frozenset[str]:
        """All headers that this kind may have, as `plain` writes them."""
        listed = [*sum(self.columns.values(), ()), *self.left_out, *self.rates]
        return frozenset(plain(name) for name in listed)


class PlatformBook(_Noun):
    """All kinds of exports."""

    kinds: tuple[Kind, ...]

    @cached_property
    def known(self) -> frozenset[str]:
        """All headers of all kinds."""
        return frozenset().union(*(kind.known for kind in self.kinds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A line of a file that names the columns of a known export.

    Attributes
    ----------
    kind : Kind
        Whose export it is.
    names : tuple of str
        The cells of the line.
    places : mapping of str to int
        Where each standard column stands.
    rates : mapping of str to int
        Where each printed rate stands.
    sums : mapping of str to tuple of str
        Standard columns that the file does not have, and the parts they are sums of.
    level : str
        What one row is of.
    currency : str or None
        The currency in the header's names.
    notes : tuple of str
        What to bear in mind, one sentence each.
    """

    kind: Kind
    names: tuple[str, ...]
    places: Mapping[str, int]
    rates: Mapping[str, int]
    sums: Mapping[str, tuple[str, ...]]
    level: str
    currency: str | None
    notes: tuple[str, ...]

    @property
    def looked_for_totals(self) -> set[int]:
        """Where a word may stand that tells a row of totals."""
        totals = self.kind.totals
        where = totals.where if totals else ()
        numeric = {i for name, i in self.places.items() if name in self.kind.numeric}
        if "any" in where:
            return {*range(len(self.names))} - numeric
        first = {0} - numeric if "first" in where else set()
        return first | {self.places[w] for w in where if w in self.places}


def plain(name: str) -> str:
    """Return a header's name without capitals, odd blanks and a currency.

    Examples
    --------
    >>> plain("Amount Spent (EUR)"), plain("Start Date (in UTC)")
    ('amount spent', 'start date (in utc)')
    """
    return " ".join(MONEY.sub("", name.lstrip("\ufeff")).split()).casefold()


def recognise(
    cells: Sequence[str],
    book: PlatformBook,
    *,
    aliases: Mapping[str, str] | None = None,
) -> Header | None:
    """Return what a line means as a header; None where it is none.

    Parameters
    ----------
    cells : sequence of str
        The line.
    book : PlatformBook
        The known kinds.
    aliases : mapping of str to str, optional
        Headers of the user's own, as `plain` writes them, with the header of the
        platform or the standard name that each stands for.
    """
    names = [plain(cell) for cell in cells]
    given = [plain((aliases or {}).get(name, name)) for name in names]
    found = [(_fit(given, kind, aliases or {}), kind) for kind in book.kinds]
    best = max(found, key=lambda pair: pair[0], default=(0, None))
    if best[0] == 0 or best[1] is None:
        return None
    return _header(cells, names, given, best[1], aliases or {})


def _standard(kind: Kind, aliases: Mapping[str, str]) -> dict[str, str]:
    """Return the standard name of each header; aliases may name it themselves."""
    own = {a: a for a in map(plain, aliases.values()) if a in (*KEYS, *METRICS)}
    listed = {plain(n): s for s, names in kind.columns.items() for n in names}
    return {**own, **listed}


def _fit(given: Sequence[str], kind: Kind, aliases: Mapping[str, str]) -> int:
    """Return how many cells a kind knows; 0 where one that it needs is missing."""
    standard = _standard(kind, aliases)
    carried = {standard[name] for name in given if name in standard}
    for group in kind.needs:
        wanted = {plain(name) for name in group}
        by_alias = {standard.get(name) for name in wanted} if aliases else set()
        if not (wanted & set(given) or by_alias & carried):
            return 0
    return sum(name in kind.known or name in standard for name in given)


def _header(
    cells: Sequence[str],
    names: Sequence[str],
    given: Sequence[str],
    kind: Kind,
    aliases: Mapping[str, str],
) -> Header:
    first = {name: i for i, name in reversed(list(enumerate(given)))}
    places = {}
    for standard, listed in kind.columns.items():
        for name in (*map(plain, listed), *([standard] if aliases else ())):
            if name in first:
                places[standard] = first[name]
                break
    for alias in aliases.values():
        if alias in (*KEYS, *METRICS) and alias in first and alias not in kind.known:
            places.setdefault(alias, first[alias])
    level = next(
        (
            level
            for level, listed in kind.levels.items()
            if not listed or any(plain(n) in first for n in listed)
        ),
        list(kind.levels)[-1],
    )
    paid = [cells[places[name]].strip() for name in MONEY_METRICS if name in places]
    money = {m[1] for cell in paid if (m := MONEY.search(cell))}
    used = {*places.values()}
    known = kind.known
    strange = [
        c for i, c in enumerate(cells) if c.strip() and i not in used
        and given[i] not in known
    ]  # fmt: skip
    doubtful = [n for n in kind.unverified if plain(n) in first]
    twice = sorted({c.strip() for i, c in enumerate(cells) if names[i] and
                    names.index(names[i]) != i})  # fmt: skip
    notes = []
    if doubtful:
        notes.append(f"Not verified at a source: the header {_list(doubtful)}.")
    if strange:
        more = f" and {len(strange) - 12} more" * (len(strange) > 12)
        notes.append(
            f"Columns that are not known were left out: {_list(strange[:12])}{more}."
        )
    if twice:
        notes.append(f"Columns that stand twice, of which the first is read: "
                     f"{_list(twice[:12])}.")  # fmt: skip
    sums = {total: own for total, own in kind.sums.items() if total not in places}
    for total, own in sums.items():
        added = [cells[places[part]] for part in own if part in places]
        notes.append(f"The {total} are the sum of {_list(added)}.")
    if len(money) > 1:
        notes.append(f"The header names several currencies: {_list(sorted(money))}.")
    return Header(
        kind=kind,
        names=tuple(cells),
        places=places,
        rates={n: first[plain(n)] for n in kind.rates if plain(n) in first},
        sums=sums,
        level=level,
        currency=money.pop() if len(money) == 1 else None,
        notes=tuple(notes),
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"'{' '.join(n.split())[:60]}'" for n in names)


def closest(lines: Sequence[Sequence[str]], book: PlatformBook) -> str:
    """Return a sentence on the export that some lines come closest to."""
    best: tuple[int, Kind | None, Sequence[str]] = (0, None, ())
    for cells in lines:
        given = {plain(c) for c in cells if c.strip()}
        for kind in book.kinds:
            hits = len(given & kind.known)
            if hits > best[0]:
                best = (hits, kind, cells)
    hits, kind, cells = best
    if kind is None:
        names = ", ".join(k.name for k in book.kinds)
        return f"no line of it looks like the header of a known export ({names})"
    given = {plain(c) for c in cells}
    lost = [
        " or ".join(_list([name]) for name in group[:3])
        for group in kind.needs if not {*map(plain, group)} & given
    ]  # fmt: skip
    names = [n for listed in kind.columns.values() for n in listed]
    strange = [c for c in cells if c.strip() and plain(c) not in kind.known]
    told = f"it comes closest to {kind.name}, of which it has {hits} headers"
    told += f"; missing: {', '.join(lost)}" if lost else ""
    if strange:
        shown = [f"{_list([c])} ({nearest(c, names)})" for c in strange[:3]]
        told += f"; not known: {', '.join(shown)}"
        told += f" and {len(strange) - 3} more" if len(strange) > 3 else ""
    return told
