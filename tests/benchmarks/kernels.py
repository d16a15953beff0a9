"""Kernels of the warm process beside ordinary ones: time and memory, in one run.

    python tests/benchmarks/kernels.py [--pages 1,10,30] [--repeats 5]

In the workbook's own environment (the kernel has to be installed). Memory is counted
in full: a kernel's private pages, and for Voilà the proportional share (PSS) of every
process, the server's and the warm one's with it. Exit code 1 when a bar is missed.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
import websocket
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "notebooks" / "02_goals.ipynb"
LAST = "Words learned"
"""What stands near the end of the page."""
OURS, ORDINARY = "campaignbook", "python3"
IMPORTS = (
    "import pandas, statsmodels.api, ipywidgets, matplotlib.pyplot as plt\n"
    "from campaignbook.sections import show\n"
)
FIGURE = IMPORTS + "plt.plot([1, 2]);"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: what an ordinary kernel takes, and what ours does."""

    what: str
    unit: str
    ordinary: float
    ours: float
    bar: float | None = None  # times less than the ordinary one
    most: float | None = None

    @property
    def holds(self) -> bool:
        enough = self.bar is None or self.ordinary / self.ours >= self.bar
        return enough and (self.most is None or self.ours <= self.most)

    def __str__(self) -> str:
        bars = [f"at least {self.bar:g} times"] if self.bar else []
        bars += [f"at most {self.most:g} {self.unit}"] if self.most else []
        end = (
            "" if not bars else f"  {', '.join(bars)}: {'yes' if self.holds else 'NO'}"
        )
        return (
            f"{self.what:<44}{self.ordinary:>9.2f}{self.ours:>9.2f} {self.unit:<3}"
            f"{self.ordinary / self.ours:>6.1f}{end}"
        )


def private(pid: int) -> float:
    """Return a process's private memory in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(x.split()[1]) for x in lines if x.startswith("Private_")) / 1024


def shares(pid: int) -> float:
    """Return the proportional memory (PSS) of a process and all below it, in MB."""
    total = 0.0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss / 2**20
    return total


# --- a kernel alone ---------------------------------------------------------------


def one_kernel(name: str) -> tuple[float, float, float]:
    """Return seconds to the first figure, MB after the imports, MB after the figure."""
    began = time.monotonic()
    manager, client = start_new_kernel(
        kernel_name=name, extra_arguments=["--log-level=50"]
    )
    try:
        client.execute_interactive(FIGURE, output_hook=lambda _: None)
        seconds = time.monotonic() - began
        after_figure = private(manager.provisioner.pid)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    manager, client = start_new_kernel(
        kernel_name=name, extra_arguments=["--log-level=50"]
    )
    try:
        client.execute_interactive(IMPORTS, output_hook=lambda _: None)
        return seconds, private(manager.provisioner.pid), after_figure
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def kernels_alone(repeats: int) -> list[Row]:
    """Measure both kinds by turns; medians."""
    from campaignbook.kernels import warm

    warm()
    one_kernel(OURS), one_kernel(ORDINARY)  # files read once, the warm process warm
    runs = [(one_kernel(ORDINARY), one_kernel(OURS)) for _ in range(repeats)]
    middle = [
        [median(run[kind][what] for run in runs) for kind in (0, 1)]
        for what in range(3)
    ]
    return [
        Row(what="start to first figure", unit="s", ordinary=middle[0][0],
            ours=middle[0][1]),
        Row(what="private memory, all imported", unit="MB", ordinary=middle[1][0],
            ours=middle[1][1], most=40),
        Row(what="private memory, first figure drawn", unit="MB",
            ordinary=middle[2][0], ours=middle[2][1]),
    ]  # fmt: skip


# --- servers ----------------------------------------------------------------------


@contextmanager
def server(
    module: str, folder: Path, *words: str, **variables: str
) -> Iterator[tuple[str, int]]:
    """Run a server in a folder; give its address and process id."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, "--no-browser", f"--port={port}", *words]
    env = {**os.environ, "CAMPAIGNBOOK_HOME": str(folder), **variables}
    process = subprocess.Popen(
        command, cwd=folder, env=env, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with suppress(OSError):
                read_page(f"{url}/?token=t")
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"{module} did not start.")
        yield url, process.pid
    finally:
        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        for one in [*below, process]:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                one.kill()
        process.wait()


def figure_in_lab(url: str, name: str) -> float:
    """Return the seconds from asking JupyterLab for a kernel to its first figure."""
    began = time.monotonic()
    asked = urllib.request.Request(
        f"{url}/api/kernels?token=t",
        data=json.dumps({"name": name}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=120) as answer:
        kernel = json.load(answer)["id"]
    address = f"{url.replace('http', 'ws')}/api/kernels/{kernel}/channels?token=t"
    with closing(websocket.create_connection(address, timeout=120)) as socket_:
        content = {
            "code": FIGURE, "silent": False, "store_history": False,
            "user_expressions": {}, "allow_stdin": False, "stop_on_error": True,
        }  # fmt: skip
        header = {
            "msg_id": uuid.uuid4().hex, "msg_type": "execute_request",
            "username": "", "session": uuid.uuid4().hex, "version": "5.3", "date": "",
        }  # fmt: skip
        message = {
            "header": header, "parent_header": {}, "metadata": {},
            "content": content, "channel": "shell", "buffers": [],
        }  # fmt: skip
        socket_.send(json.dumps(message))
        while json.loads(socket_.recv()).get("msg_type") != "display_data":
            pass
    seconds = time.monotonic() - began
    end = urllib.request.Request(f"{url}/api/kernels/{kernel}?token=t", method="DELETE")
    urllib.request.urlopen(end, timeout=60).close()
    return seconds


def lab(repeats: int) -> list[Row]:
    """Measure fresh kernels in a running JupyterLab, by turns; medians."""
    options = ["--allow-root", "--IdentityProvider.token=t", "--LabApp.news_url=None"]
    with tempfile.TemporaryDirectory() as folder:
        with server("jupyterlab", Path(folder), *options) as (url, _):
            first = figure_in_lab(url, OURS)
            first_ordinary = figure_in_lab(url, ORDINARY)
            runs = [
                (figure_in_lab(url, ORDINARY), figure_in_lab(url, OURS))
                for _ in range(repeats)
            ]
    ordinary, ours = (median(run[kind] for run in runs) for kind in (0, 1))
    return [
        Row(what="JupyterLab: first kernel, server just up", unit="s",
            ordinary=first_ordinary, ours=first),
        Row(what="JupyterLab: first figure in a fresh kernel", unit="s",
            ordinary=ordinary, ours=ours, bar=8),
    ]  # fmt: skip


def pages_at_once(name: str, pages: int) -> tuple[float, float]:
    """Return seconds until Voilà has given all pages, and MB of all processes then."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "notebooks")
        folder.mkdir()
        Path(home, "data").symlink_to(ROOT / "data")
        text = PAGE.read_text(encoding="utf-8")
        book = folder / "page.ipynb"
        book.write_text(text.replace(f'"name": "{OURS}"', f'"name": "{name}"'))
        # an ordinary Voilà has none of our settings either
        variables = {} if name == OURS else {"JUPYTER_NO_CONFIG": "1"}
        with server("voila", folder, "page.ipynb", **variables) as (url, pid):
            # one page has been read when the server is up, with both kinds
            began = time.monotonic()
            with ThreadPoolExecutor(pages) as pool:
                got = list(pool.map(read_page, [url] * pages))
            seconds = time.monotonic() - began
            if not all(map(is_whole, got)):
                raise SystemExit("Voilà gave a page that is not whole.")
            return seconds, shares(pid)


def is_whole(page: str) -> bool:
    """Tell whether no cell failed, and the last one was run."""
    broken = "error when executing" in page or "Traceback" in page
    return "</html>" in page and LAST in page and not broken


def read_page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=900) as answer:
        return answer.read().decode()


def voila(counts: list[int]) -> list[Row]:
    """Measure pages at once with both kinds."""
    rows = []
    for pages in counts:
        ordinary, ours = pages_at_once(ORDINARY, pages), pages_at_once(OURS, pages)
        many = pages >= 30
        what = f"Voilà: {pages} page{'s at once' if pages > 1 else ''}"
        rows.append(Row(what=what, unit="s", ordinary=ordinary[0], ours=ours[0],
                        bar=3 if many else None))  # fmt: skip
        rows.append(Row(what=f"{what}, memory in all", unit="MB", ordinary=ordinary[1],
                        ours=ours[1], bar=3 if many else None))  # fmt: skip
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", default="1,10,30")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    counts = [int(n) for n in options.pages.split(",") if n]
    print(f"{'':<44}{ORDINARY:>9}{'ours':>9}    {'times':>6}")
    rows: list[Row] = []
    for measure in (
        lambda: kernels_alone(options.repeats),
        lambda: lab(options.repeats),
        lambda: voila(counts),
    ):
        found = measure()
        rows += found
        print("\n".join(map(str, found)), flush=True)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
