"""Pieces of HTML from plain values; every text of a user is escaped here."""

import html
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
from IPython.display import HTML


def esc(value: Any) -> str:
    """Return a value as text that HTML shows and never reads.

    >>> esc("a < b")
    'a &lt; b'
    """
    return html.escape(str(value))


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with caption and scopes; `rows` are HTML already.

    On a narrow screen each cell shows its column's name before it.
    """
    top = "".join(f'<th scope="col">{h}</th>' for h in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>'
        + "".join(
            f'<td data-label="{h}">{v}</td>'
            for h, v in zip(head[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{esc(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return names and texts as a list of terms.

    >>> facts([("Target", "30%")])
    '<dl class="facts"><dt>Target</dt><dd>30%</dd></dl>'
    """
    listed = "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in rows)
    return f'<dl class="facts">{listed}</dl>'


def bullets(items: Iterable[str], otherwise: str) -> str:
    """Return texts as a list, or a sentence where there are none."""
    listed = "".join(f"<li>{esc(i)}</li>" for i in items)
    return f"<ul>{listed}</ul>" if listed else nothing(otherwise)


def nothing(sentence: str) -> str:
    """Return the sentence that stands where there is nothing to show."""
    return f'<p class="none">{esc(sentence)}</p>'


def shown(body: str) -> HTML:
    """Return HTML as a notebook shows it, with a style that beats JupyterLab's."""
    return HTML(f'<style>{_style()}</style><div class="campaignbook">{body}</div>')


def show_frame(frame: pd.DataFrame, caption: str) -> HTML:
    """Return a frame as a table that a screen reader can tell: every column has a name.

    >>> "<caption>Rates</caption>" in show_frame(pd.DataFrame({"a": [1]}), "Rates").data
    True
    """
    rows = [[esc(_told(v)) for v in row] for row in frame.itertuples(index=False)]
    head = [esc(str(c).replace("_", " ")) for c in frame.columns]
    return shown(table(caption, head, rows))


def _told(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else value
    return f"{value:,.6g}" if isinstance(value, float) else value


@cache
def _style() -> str:
    text = files("campaignbook").joinpath("notebook.css").read_text(encoding="utf-8")
    return " ".join(text.split())
