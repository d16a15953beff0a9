"""Figures with the text for those who cannot see them."""

import base64
import html
import io
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

SVG = {
    "svg.hashsalt": "campaignbook",  # the same bytes each time
    "svg.fonttype": "none",  # words as words: small, sharp, and quick
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure with its alternative text and caption, shown alike everywhere."""

    figure: Figure
    alt: str
    caption: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.alt}

    def html(self) -> str:
        """Return a ``figure`` element with the picture inside, no file beside it."""
        if layout := self.figure.get_layout_engine():
            layout.execute(self.figure)  # savefig would do it twice, and draw twice
            self.figure.set_layout_engine(None)
        buffer = io.BytesIO()
        with rc_context(SVG):
            self.figure.savefig(buffer, format="svg", metadata={"Date": None})
        data = base64.b64encode(buffer.getvalue()).decode()
        return (
            f'<figure><img src="data:image/svg+xml;base64,{data}" '
            f'alt="{html.escape(self.alt)}">'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )


def show_figure(figure: Figure, *, alt: str, caption: str) -> Picture:
    """Return a figure to be shown by a notebook, with its alternative text.

    Raises
    ------
    ValueError
        If the alternative text is empty.
    """
    if not alt.strip():
        raise ValueError("a figure needs an alternative text: what does it show?")
    return Picture(figure=figure, alt=alt, caption=caption)
