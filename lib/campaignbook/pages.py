"""The shell of every HTML page: title, style, body; no external part."""

import html
from importlib.resources import files
from string import Template


def page(title: str, body: str) -> str:
    """Return a whole HTML page around a body, with its style inside."""
    here = files("campaignbook")
    shell = Template(here.joinpath("page.html").read_text(encoding="utf-8"))
    style = here.joinpath("page.css").read_text(encoding="utf-8")
    return shell.substitute(title=html.escape(title), style=style, body=body)
