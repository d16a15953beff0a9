"""Reports a minute: what users do today, a pool of papermill's, and the batch.

    python tests/benchmarks/batch.py [--campaigns 40] [--many 400] [--baseline 40]

All ways make the same reports from the same template, plan and table, with different
targets, two at a time:

(a) ``papermill`` and ``jupyter nbconvert --to html`` in two shells;
(b) papermill's Python interface and the HTML exporter in a pool of processes;
(c) ``campaignbook batch``;
floor: the template's code as a plain script and the HTML export, in warm processes.

(a) and (b) are measured at ``--baseline`` campaigns and their cost a report is taken
as constant. (c) once warm is the slope from 10 to ``--many``. Run it on a machine that
does nothing else. The exit code is 1 when a bar is missed.
"""

import argparse
import contextlib
import csv
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "notebooks" / "reports" / "behaviour_change.ipynb"
BASE = ROOT / "data" / "plans" / "organ_donors.yml"
WORKERS = 2
FASTER = {("a", "campaigns"): 10, ("a", "many"): 18, ("b", "campaigns"): 6}
"""Bars: reports a minute of (c) over those of the others."""
FLOOR = 2.0
"""Bar: seconds a report of (c), once warm, over the floor."""
FLAT = 1.25
"""Bar: peak memory at many campaigns over that at ten."""


class Peak:
    """Watches the memory of this process's children: shared pages are counted once."""

    def __init__(self) -> None:
        self.bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(1):
            whole = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    whole += process.memory_full_info().pss
            self.bytes = max(self.bytes, whole)


def campaigns(count: int) -> Iterator[tuple[str, float]]:
    """Yield ids and targets."""
    for n in range(count):
        yield f"c-{n:04}", 0.28 + n / 100_000


def overrides(name: str, target: float) -> dict[str, object]:
    """Return what a campaign changes in the plan."""
    return {"id": name, "goals.registrations.target": target}


def shells(count: int, out: Path) -> None:
    """Make reports with papermill and nbconvert, in two shells."""
    lines: list[list[str]] = [[] for _ in range(WORKERS)]
    for n, (name, target) in enumerate(campaigns(count)):
        given = {"plan": str(BASE), "results": f"{out}/{name}.json"}
        given["overrides"] = overrides(name, target)
        lines[n % WORKERS] += [
            f"{sys.executable} -m papermill --no-progress-bar -k python3 {TEMPLATE} "
            f"{out}/{name}.ipynb -y '{json.dumps(given)}'",
            f"{sys.executable} -m jupyter nbconvert --to html {out}/{name}.ipynb",
        ]
    running = [
        subprocess.Popen(["sh", "-ec", "\n".join(w)], stderr=subprocess.DEVNULL)
        for w in lines
    ]
    if any([shell.wait() for shell in running]):
        raise SystemExit("(a) failed")


def _with_papermill(given: tuple[str, float, Path]) -> None:
    import papermill
    from nbconvert import HTMLExporter

    name, target, out = given
    file = f"{out}/{name}.ipynb"
    papermill.execute_notebook(
        str(TEMPLATE), file, kernel_name="python3", progress_bar=False,
        parameters={
            "plan": str(BASE),
            "results": f"{out}/{name}.json",
            "overrides": overrides(name, target),
        },
    )  # fmt: skip
    body, _ = HTMLExporter().from_filename(file)
    Path(f"{out}/{name}.html").write_text(body, encoding="utf-8")


def pool(count: int, out: Path) -> None:
    """Make reports with papermill in a pool of processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(WORKERS) as workers:
        given = [(n, t, out) for n, t in campaigns(count)]
        workers.map(_with_papermill, given, chunksize=1)


def batch(count: int, out: Path) -> None:
    """Make reports with the batch."""
    table = out / "campaigns.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "goals.registrations.target"])
        writer.writerows(campaigns(count))
    words = [sys.executable, "-m", "campaignbook", "batch", "--table", str(table)]
    words += ["--base", str(BASE), "--workers", str(WORKERS), "--out", str(out / "r")]
    subprocess.run(words, check=True, capture_output=True)
    made = len(list(out.glob("r/*/report.html")))
    if made != count:
        raise SystemExit(f"(c) made {made} of {count} reports")


def _plain(given: tuple[str, float, Path]) -> float:
    """Run the template's code and export the page; return the seconds."""
    from campaignbook.report import node_page

    name, target, out = given
    template, executed = _parsed(TEMPLATE), _parsed(*out.glob("done/r/*/*.ipynb"))
    begun = time.perf_counter()
    names: dict[str, object] = {}
    for cell in (c for c in template.cells if c.cell_type == "code"):
        exec(cell.source, names)
        if "parameters" in cell.metadata.get("tags", []):
            names |= {"plan": str(BASE), "results": f"{out}/{name}.json"}
            names["overrides"] = overrides(name, target)
    (out / f"{name}.html").write_text(node_page(executed, title=name))
    return time.perf_counter() - begun


@cache
def _parsed(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def floor(count: int, out: Path) -> float:
    """Return the seconds a report that the template's code and the export take."""
    (out / "done").mkdir()
    batch(1, out / "done")
    context = multiprocessing.get_context("spawn")
    with context.Pool(WORKERS) as workers:
        given = [(n, t, out) for n, t in campaigns(count + 2 * WORKERS)]
        seconds = workers.map(_plain, given, chunksize=1)
    warm = seconds[2 * WORKERS :]
    return sum(warm) / len(warm)


def measured(way: Callable[[int, Path], None], count: int) -> tuple[float, int]:
    """Return the wall seconds of a way, and the peak of its memory in bytes."""
    with tempfile.TemporaryDirectory() as out, Peak() as peak:
        begun = time.perf_counter()
        way(count, Path(out))
        seconds = time.perf_counter() - begun
    return seconds, peak.bytes


def main() -> int:
    """Measure, print, and return 1 when a bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--campaigns", type=int, default=40)
    parser.add_argument("--many", type=int, default=400)
    parser.add_argument("--baseline", type=int, default=40)
    asked = parser.parse_args()
    library = str(ROOT / "lib")
    paths = [library, *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ |= {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}

    with tempfile.TemporaryDirectory() as out:
        least = floor(20, Path(out))
    each: dict[str, float] = {}
    print(f"{'way':24}{'reports':>8}{'wall s':>9}{'s a report':>12}{'floor x':>9}"
          f"{'peak MB':>9}")  # fmt: skip

    def tell(name: str, count: int, seconds: float, peak: int = 0) -> None:
        a_report = seconds * WORKERS / count
        print(f"{name:24}{count:8}{seconds:9.1f}{a_report:12.2f}{a_report / least:9.2f}"
              f"{peak / 1e6:9.0f}", flush=True)  # fmt: skip

    tell("floor", WORKERS, least)
    for name, way in (("a", shells), ("b", pool)):
        seconds, peak = measured(way, asked.baseline)
        each[name] = seconds / asked.baseline
        tell(f"({name}) {way.__name__}", asked.baseline, seconds, peak)
    ours: dict[str, tuple[int, float, int]] = {}
    counts = {"ten": 10, "campaigns": asked.campaigns, "many": asked.many}
    for name, count in counts.items():
        seconds, peak = measured(batch, count)
        ours[name] = count, seconds, peak
        tell("(c) batch", count, seconds, peak)

    (few, short, small), (many, long, large) = ours["ten"], ours["many"]
    warm = (long - short) / (many - few) * WORKERS
    tell("(c) once warm", WORKERS, warm)
    bars = [("floor", warm / least, FLOOR, True), ("memory", large / small, FLAT, True)]
    for (other, size), bar in FASTER.items():
        count, seconds, _ = ours[size]
        times = each[other] * count / seconds
        bars.append((f"({other}) at {count}", times, bar, False))
    missed = 0
    for name, found, bar, at_most in bars:
        holds = found <= bar if at_most else found >= bar
        missed += not holds
        word = "at most" if at_most else "at least"
        print(f"{name}: {found:.2f} times ({word} {bar}): {'yes' if holds else 'NO'}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
