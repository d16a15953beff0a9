"""Voilà's pages: their kernel is ours, their templates are compiled once."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress

import jinja2
import nbformat
import pytest
from conftest import ROOT
from nbconvert import HTMLExporter
from traitlets.config import Config

from campaignbook import forked_process
from campaignbook.voila_templates import CACHE, CachedTemplates, MemoryCache


@pytest.fixture
def compiled(monkeypatch):
    """Return the names of all templates that are compiled from now on."""
    names, real = [], jinja2.Environment.compile

    def compile_(self, source, name=None, *args, **options):
        names.append(name)
        return real(self, source, name, *args, **options)

    monkeypatch.setattr(jinja2.Environment, "compile", compile_)
    return names


def test_a_second_page_compiles_nothing_and_is_the_same(compiled):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Goals")])
    plain, _ = HTMLExporter().from_notebook_node(book)
    assert len(compiled) > 3
    settings = Config(HTMLExporter={"preprocessors": [CachedTemplates]})
    CACHE._kept.clear()
    first, _ = HTMLExporter(config=settings).from_notebook_node(book)
    before = len(compiled)
    second, _ = HTMLExporter(config=settings).from_notebook_node(book)
    assert len(compiled) == before
    assert plain == first == second


def test_a_changed_template_is_compiled_anew(compiled):
    sources, cache = {"a": "one"}, MemoryCache()

    def shown():
        loader = jinja2.DictLoader(sources)
        environment = jinja2.Environment(loader=loader, bytecode_cache=cache)
        return environment.get_template("a").render()

    assert (shown(), shown()) == ("one", "one")
    assert compiled == ["a"]
    sources["a"] = "two"
    assert (shown(), shown()) == ("two", "two")
    assert compiled == ["a", "a"]


def read(url):
    with urllib.request.urlopen(url, timeout=120) as answer:
        return answer.read().decode()


@pytest.mark.skipif(not forked_process.POSSIBLE, reason="no safe fork here")
def test_a_page_of_voila_runs_in_a_kernel_of_ours(tmp_path):
    code = "import sys; print(f'modules: {len(sys.modules)}')"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    book.metadata["kernelspec"] = {
        "name": "campaignbook", "display_name": "", "language": "python",
    }  # fmt: skip
    nbformat.write(book, tmp_path / "page.ipynb")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "voila", "--no-browser", f"--port={port}"]
    settings = ROOT / "lib" / "etc" / "jupyter"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "page.ipynb"], cwd=tmp_path, stdout=log, stderr=log,
            env={**os.environ, "JUPYTER_CONFIG_PATH": str(settings)},
        )  # fmt: skip
    try:
        shown, end = "", time.monotonic() + 120
        while not shown and process.poll() is None and time.monotonic() < end:
            time.sleep(0.25)
            with suppress(OSError):
                shown = read(f"http://127.0.0.1:{port}/")
        said = re.search(r"modules: (\d+)", shown)
        assert said, (tmp_path / "log").read_text()
        assert int(said[1]) > 2000  # an ordinary one: about 900
    finally:
        process.terminate()
        process.wait(60)
