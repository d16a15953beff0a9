"""Do the intervals hold what they say? Coverage, size and power of every design.

    python tests/benchmarks/validity.py [--quick] [--draws N] [--workers N] [--only X]

Data are drawn from laws with a known truth and go through the functions that evaluate a
plan. Each share of hits is compared with its bar, widened by three Monte-Carlo standard
errors. Then the estimators are broken on purpose, one at a time: a break that no bar
sees has survived. The exit code is 1 when a row is outside its bar, nothing was
compared, or a break survived.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from multiprocessing import get_context
from zlib import crc32

import numpy as np
from validity_mutations import MUTATIONS, Mutation, broken
from validity_people import SETTINGS as WITHOUT_PERIODS
from validity_power import SETTINGS as OF_POWER
from validity_rows import Row, Setting, rows_of
from validity_time import SETTINGS as WITH_PERIODS

Breaks = dict[str, tuple[list[Row], int]]
"""By mutation: the rows of its setting, and the calls of the broken function."""

FULL, QUICK = 2000, 200
CHUNK = 50

SETTINGS = {s.key: s for s in (*WITHOUT_PERIODS, *OF_POWER, *WITH_PERIODS)}


def draw(task: tuple[str, int, int, str | None]) -> tuple[list[dict], int]:
    """Return what draws `first` to `stop` of a setting find, and the broken calls.

    Each draw has a stream of its own, made of the setting's name and its number, so
    that neither workers nor chunks change anything.
    """
    key, first, stop, mutation = task
    setting, seed = SETTINGS[key], crc32(key.encode())
    streams = [np.random.default_rng([seed, i]) for i in range(first, stop)]
    if mutation is None:
        return [dict(setting.draw(rng)) for rng in streams], 0
    with broken(MUTATIONS[mutation]) as calls:
        return [dict(setting.draw(rng)) for rng in streams], calls[0]


def tasks_of(setting: Setting, draws: int, mutation: str | None = None) -> list[tuple]:
    """Return the draws of a setting in chunks; one draw where it is exact."""
    draws = 1 if setting.exact else draws
    starts = range(0, draws, CHUNK)
    return [(setting.key, i, min(i + CHUNK, draws), mutation) for i in starts]


def run(tasks: Sequence[tuple], *, workers: int) -> list[tuple[list[dict], int]]:
    """Return what each task finds, in their order."""
    if workers < 2:
        return [draw(task) for task in tasks]
    with get_context("spawn").Pool(workers) as pool:
        return pool.map(draw, tasks, chunksize=1)


def measure(
    settings: Iterable[Setting],
    mutations: Iterable[Mutation],
    *,
    draws: int,
    workers: int = 1,
) -> tuple[list[Row], Breaks]:
    """Return the rows of all settings, and by mutation its rows and broken calls."""
    settings, mutations = list(settings), list(mutations)
    jobs = [(s, None, tasks_of(s, draws)) for s in settings]
    for m in mutations:
        setting = SETTINGS[m.setting]
        jobs.append((setting, m.name, tasks_of(setting, m.draws, m.name)))
    found = iter(run([t for *_, tasks in jobs for t in tasks], workers=workers))
    rows: list[Row] = []
    breaks: Breaks = {}
    for setting, mutation, tasks in jobs:
        parts = [next(found) for _ in tasks]
        made = rows_of(setting, [hit for hits, _ in parts for hit in hits])
        if mutation is None:
            rows += made
        else:
            breaks[mutation] = made, sum(calls for _, calls in parts)
    return rows, breaks


def fate(rows: Sequence[Row], calls: int) -> str:
    """Return ``caught``, ``survived``, or ``not reached`` where nothing was broken.

    A measure that disappears does not catch it: a value must be outside its bar.
    """
    known = [r for r in rows if r.compared == r.draws > 0]
    if not calls or not known:
        return "not reached"
    return "survived" if all(r.inside for r in known) else "caught"


def failures(rows: Sequence[Row], breaks: Breaks) -> list[str]:
    """Return a sentence for all that makes the benchmark fail."""
    found = [
        f"{r.design}, {r.setting}, {r.measure}: "
        + (
            f"{r.value:.4f} is outside {r.bar}."
            if r.compared == r.draws > 0
            else f"only {r.compared} of {r.draws} draws could be compared."
        )
        for r in rows
        if not r.inside
    ]
    found += [f"{name}: {how}." for name, how in fates(breaks) if how != "caught"]
    return found if rows else [*found, "Nothing was compared."]


def fates(breaks: Breaks) -> list[tuple[str, str]]:
    """Return each mutation with its fate."""
    return [(name, fate(*found)) for name, found in breaks.items()]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table for the screen."""
    head = ("design", "setting", "measure", "value", "MC error", "bar", "inside?")
    lines = [
        (
            *(r.design, r.setting, r.measure, f"{r.value:.4f}"),
            "exact" if r.exact else f"{r.error:.4f}",
            str(r.bar),
            "yes" if r.inside else "NO",
        )
        for r in rows
    ]
    widths = [max(len(line[i]) for line in (head, *lines)) for i in range(len(head))]
    texts = (
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        for line in (head, tuple("-" * w for w in widths), *lines)
    )
    return "\n".join(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} draws")
    parser.add_argument("--draws", type=int, help="draws a setting")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--only", default="", help="settings whose name holds this")
    asked = parser.parse_args(arguments)
    draws = asked.draws or (QUICK if asked.quick else FULL)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores
    began = time.perf_counter()
    settings = [s for key, s in SETTINGS.items() if asked.only in key]
    mutations = [m for m in MUTATIONS.values() if asked.only in m.setting]
    rows, breaks = measure(settings, mutations, draws=draws, workers=asked.workers)
    print(table(rows))
    print("\nBroken on purpose:")
    for (name, how), (made, calls) in zip(fates(breaks), breaks.values(), strict=True):
        values = ", ".join(f"{r.measure} {r.value:.3f}" for r in made if not r.inside)
        print(f"  {how:12}{name} ({MUTATIONS[name].setting}; {calls} calls) {values}")
    wrong = failures(rows, breaks)
    print(
        f"\n{len(rows)} rows of {len(settings)} settings, {draws} draws each, in "
        f"{time.perf_counter() - began:.0f} s; {len(wrong)} failures."
    )
    for sentence in wrong:
        print(f"  {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
