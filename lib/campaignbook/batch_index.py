"""The page that lists the reports of a batch: sorts, filters, works without a net."""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from types import MappingProxyType

from campaignbook.batch_rows import Line
from campaignbook.pages import page
from campaignbook.results import say, say_interval

WORDS = ("met", "not met", "cannot tell", "no goals", "failed", "not run")
"""What a line can say, in the order in which they are sorted."""
NO_LINKS: Mapping[str, str] = MappingProxyType({})
WIDTH, HEIGHT = 160, 16
"""Pixels of a small picture."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The values at both ends of the pictures of one unit."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Return where a value stands, in pixels."""
        within = min(max(value, self.low), self.high)
        return round(4 + (WIDTH - 8) * (within - self.low) / (self.high - self.low), 1)


def index_page(lines: Sequence[Line], *, links: Mapping[str, str] = NO_LINKS) -> str:
    """Return a page with all lines: verdict, effect with interval, reason, link.

    `links` are further pages beside it, with their titles.
    """
    scales = {
        key: scale_of([x for x in lines if _key(x) == key])
        for key in {_key(x) for x in lines if x.effect is not None}
    }
    rows = "".join(_row(x, scales.get(_key(x))) for x in lines)
    here = files("campaignbook")
    style, script = (
        here.joinpath(f"batch_index.{end}").read_text(encoding="utf-8")
        for end in ("css", "js")
    )
    head = "".join(
        f'<th scope="col"{f" data-key={key}" if key else ""}>{word}</th>'
        for key, word in (
            ("campaign", "Campaign"), ("verdict", "Verdict"), ("effect", "Effect"),
            ("level", "Level"), ("", "Why"),
        )
    )  # fmt: skip
    body = (
        f"<style>{style}</style><h1>Campaign reports</h1><p>{_counted(lines)}</p>"
        f"{_links(links)}"
        f"{_controls(lines)}"
        '<table class="campaigns"><caption>One line a goal</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"{_legend() if scales else ''}<script>{script}</script>"
    )
    return page("Campaign reports", body)


def scale_of(lines: Iterable[Line]) -> Scale:
    """Return a scale for effects of one unit, which all their pictures share.

    It holds every estimate, the value of no effect, and the intervals, but for the ends
    of those that are far wider than usual: they would make all others too small.
    """
    shown = [x for x in lines if x.effect is not None]
    values = [v for x in shown for v in (x.effect, x.null_value or 0.0)]
    ends = [(x.effect, e) for x in shown for e in (x.ci_low, x.ci_high)]
    arms = [(effect, e - effect) for effect, e in ends if e is not None]
    if arms:
        most = 8 * statistics.median(abs(arm) for _, arm in arms)
        values += [effect + max(-most, min(arm, most)) for effect, arm in arms]
    low, high = min(values), max(values)
    return Scale(low, high) if high > low else Scale(low - 0.5, low + 0.5)


def picture(line: Line, scale: Scale) -> str:
    """Return an effect with its interval as a small drawing; its text stands beside."""
    middle, zero = HEIGHT / 2, scale.place(line.null_value or 0.0)
    ends = [
        scale.place(scale.low if line.ci_low is None else line.ci_low),
        scale.place(scale.high if line.ci_high is None else line.ci_high),
    ]
    arrows = ""
    if line.ci_low is None or line.ci_low < scale.low:
        arrows += f'<path d="M{ends[0]} {middle}l6 -4v8z"/>'
    if line.ci_high is None or line.ci_high > scale.high:
        arrows += f'<path d="M{ends[1]} {middle}l-6 -4v8z"/>'
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        f'<line x1="{zero}" x2="{zero}" y1="0" y2="{HEIGHT}" stroke="#767676"/>'
        f'<line x1="{ends[0]}" x2="{ends[1]}" y1="{middle}" y2="{middle}" '
        f'stroke="#1a1a1a" stroke-width="2"/>{arrows}'
        f'<circle cx="{scale.place(line.effect)}" cy="{middle}" r="4" fill="#0b5fa5"/>'
        "</svg>"
    )


def _key(line: Line) -> tuple[str, float | None]:
    return line.unit, line.null_value


def _word(line: Line) -> str:
    return line.status if line.status != "done" else line.verdict or "no goals"


def _counted(lines: Sequence[Line]) -> str:
    campaigns = len({x.id for x in lines})
    counts = Counter(map(_word, lines))
    said = ", ".join(f"{counts[w]} {w}" for w in WORDS if counts[w])
    return f"{campaigns} campaign{'s' * (campaigns != 1)}. Goals: {said}."


def _links(links: Mapping[str, str]) -> str:
    return "".join(
        f'<p><a href="{escape(to)}">{escape(title)}</a></p>'
        for to, title in links.items()
    )


def _controls(lines: Sequence[Line]) -> str:
    words = [w for w in WORDS if w in set(map(_word, lines))]
    options = "".join(f'<option value="{w}">{w.capitalize()}</option>' for w in words)
    return (
        '<div id="controls" hidden role="group" aria-label="Find and sort">'
        '<div><label for="search">Search</label><input id="search" type="search"></div>'
        '<div><label for="verdict">Show</label><select id="verdict">'
        f'<option value="">All</option>{options}</select></div>'
        '<div><label for="order">Sort by</label><select id="order">'
        '<option value="">As given</option><option value="campaign">Campaign</option>'
        '<option value="verdict">Verdict'
        '</option><option value="effect">Effect</option><option value="level">Level'
        '</option></select></div><p id="shown" role="status"></p></div>'
    )


def _row(line: Line, scale: Scale | None) -> str:
    word = _word(line)
    title = escape(line.name or line.id)
    name = f'<a href="{escape(line.report)}">{title}</a>' if line.report else title
    small = ", ".join(t for t in (line.id if line.name else "", line.goal) if t)
    why = line.problem or line.sentence.split(": ", 1)[-1]
    is_file = "." in why.split(" ", 1)[0].rstrip(".,:")
    told = escape(why if is_file else why[:1].upper() + why[1:])
    numbers = {"effect": line.effect, "level": line.level, "verdict": WORDS.index(word)}
    data = "".join(f' data-{k}="{"" if v is None else v}"' for k, v in numbers.items())
    level = "" if line.level is None else escape(say(line.level, line.unit))
    effect = "" if line.effect is None or scale is None else _effect(line, scale)
    return (
        f'<tr data-campaign="{title}" data-word="{word}"{data}>'
        f'<th scope="row">{name}<br><small>{escape(small)}</small></th>'
        f'<td data-label="Verdict"><span class="{word.replace(" ", "-")}">'
        f"{word.capitalize()}</span></td>"
        f'<td data-label="Effect">{effect}</td>'
        f'<td data-label="Level" class="number">{level}</td>'
        f'<td data-label="Why">{told}</td></tr>'
    )


def _effect(line: Line, scale: Scale) -> str:
    change = line.unit != "ratio"
    times = "" if change else " times"
    said = escape(say(line.effect, line.unit, change=change)) + times
    interval = "no interval"
    if line.confidence and not (line.ci_low is None and line.ci_high is None):
        interval = escape(
            say_interval(
                line.ci_low, line.ci_high, line.unit, line.confidence, change=change
            )
        )
    return f"{picture(line, scale)}{said}<br><small>{interval}</small>"


def _legend() -> str:
    return (
        "<p><small>Dot: the estimate. Line: its interval; an arrow means that it goes "
        "on. Grey stroke: no effect. Pictures of effects in the same unit share one "
        "scale.</small></p>"
    )
