"""A system Chromium for the browser tests; in CI its absence is a failure."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Error

NAMES = ("chromium", "chromium-browser", "google-chrome")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def chromium_path():
    """Return the path of a Chromium, or skip with the reason."""
    found = next((path for n in NAMES if (path := shutil.which(n))), None)
    if found is None:
        reason = f"no Chromium on this machine (looked for {', '.join(NAMES)})"
        if os.environ.get("CAMPAIGNBOOK_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, chromium_path):
    """Start the system's Chromium, quietly and offline."""
    quiet = ["background-networking", "component-update", "sync"]
    args = [f"--disable-{word}" for word in quiet]
    args += ["--no-first-run", "--disable-quic"]
    args += ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium_path, "args": args}


def _accept(dialog):
    with suppress(Error):  # another listener of the same page may have been first
        dialog.accept()


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab, its folder, and the home of the learner's files."""

    url: str
    folder: Path

    @property
    def learner(self):
        return self.folder / "home" / "my_campaign"

    def write(self, name, *cells):
        """Write a notebook of code cells."""
        made = [nbformat.v4.new_code_cell(c) for c in cells]
        kernel = {"name": "campaignbook", "display_name": "", "language": "python"}
        book = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
        nbformat.write(book, self.folder / name)

    def open(self, page, name):
        """Open a notebook and wait until its kernel is there."""
        page.on("dialog", _accept)  # leave, unsaved or not
        page.goto(f"{self.url}/lab/tree/{name}?token=test&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
            "?.kernel?.status === 'idle'",
            timeout=60_000,
        )

    def run_all(self, page):
        """Run all cells, as the menu does, and wait until the last one is done.

        JupyterLab drops the command where the kernel is not yet there; so it is given
        again when nothing has begun after some seconds.
        """
        for tick in range(300):
            begun, done = page.evaluate(STATE)
            if done:
                return
            if not begun and tick % 12 == 0:
                page.evaluate(
                    "() => { jupyterapp.commands.execute('notebook:run-all-cells'); }"
                )
            page.wait_for_timeout(500)
        pytest.fail("the notebook did not run to its end")


STATE = """() => {
    const panel = jupyterapp.shell.currentWidget;
    const code = panel.content.widgets.map(w => w.model).filter(
        m => m.type === 'code' && m.sharedModel.source.trim());
    const counts = code.map(m => m.executionCount);
    const idle = panel.sessionContext.session?.kernel?.status === 'idle';
    return [counts.some(c => c !== null), idle && counts.every(c => c !== null)];
}"""
"""Whether a cell of the notebook has begun, and whether all are done."""


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Start JupyterLab in a folder of its own, and end it and its kernels."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "home").mkdir()
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        *[sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"],
        *["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"],
        *["--IdentityProvider.token=test", f"--ServerApp.root_dir={folder}"],
        *["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"],
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    places = {f"JUPYTER_{n}_DIR": folder / f".{n}" for n in ("CONFIG", "RUNTIME")}
    places |= {"JUPYTERLAB_WORKSPACES_DIR": folder / ".workspaces"}
    places |= {"CAMPAIGNBOOK_HOME": folder / "home"}
    path = os.pathsep.join([str(ROOT / "lib"), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, **{k: str(v) for k, v in places.items()}, "PYTHONPATH": path}
    log = (folder / ".log").open("w")
    server = subprocess.Popen(words, cwd=folder, env=env, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with suppress(OSError):
                urllib.request.urlopen(f"{url}/api/status?token=test", timeout=5)
                break
            if server.poll() is not None:
                pytest.fail(f"JupyterLab ended: {(folder / '.log').read_text()}")
            time.sleep(0.25)
        yield Lab(url=url, folder=folder)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(30)
        log.close()
