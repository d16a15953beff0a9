"""Widgets in a notebook: what their page needs, and what stands in their place."""

from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
from IPython.display import display

HERE = Path(__file__).parent
WIDGET = "application/vnd.jupyter.widget-view+json"


class Keyboard(anywidget.AnyWidget):
    """Mends the page that it is shown in; it is not seen itself.

    Notes
    -----
    JupyterLab moves to the next cell when an arrow key is pressed in a list of choices
    or a radio button of an output (ipywidgets issue 3912). Native widgets cannot name a
    group or join a note to its control; that is done here, too.
    """

    _esm = HERE / "keyboard.js"
    _css = HERE / "live.css"


def show_live(widget: ipywidgets.Widget, *, page: str, text: str) -> None:
    """Show a widget, and beside it what is seen where there is no live kernel.

    Parameters
    ----------
    widget : Widget
        What is shown in JupyterLab; its styles hide the rest there.
    page, text : str
        HTML and plain text for a stored page or a printed notebook.
    """
    instead = f'<div class="campaignbook-instead">{page}</div>'
    display({"text/html": instead, "text/plain": text}, raw=True)
    widget = ipywidgets.VBox([Keyboard(), widget])
    bundle: dict[str, Any] = widget._repr_mimebundle_()
    display({WIDGET: bundle[WIDGET], "text/plain": ""}, raw=True)
