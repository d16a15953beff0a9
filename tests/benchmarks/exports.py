"""How fast do large exports become indicators and a report, and in what memory?

    python tests/benchmarks/exports.py [--rows N] [--runs N] [--only-equal]

Two jobs are made from fixed seeds: one export of Meta Ads by day and ad, with its traps
(byte order mark, currency in the header, broken rows, a row of totals), and ten exports
of ten platforms with a tenth of the rows each. campaignbook imports them and computes
indicators by campaign and by week, each with its interval; pandas reads them with
`read_csv` as somebody would who knows every file, and groups. The whole report of a
plan with the job's exports follows. Each run has a process of its own; its time is from
file to figures, after imports, and its memory the peak of the whole process. The
report's time is that of the command, and its memory that of all its processes (what
they share counted once). Sums must be equal. The exit code is 1 when a bar is missed.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from export_files import FORMS, make_files

ROWS, RUNS = 2_000_000, 3
SECONDS, MEGABYTES, EQUAL = 15.0, 1000.0, 1e-9
"""Bars: seconds of a job, peak memory, relative difference of sums."""
Run = dict[str, object]

# --- the contenders ---------------------------------------------------------------


def measure(who: str, job: str, folder: Path) -> Run:
    """Return seconds and sums of one job in this process."""
    if who == "campaignbook":
        import campaignbook.exports
        import campaignbook.kpi_files
        import campaignbook.kpi_rows
        import campaignbook.kpi_values  # noqa: F401  imports are not what is measured

        work = our_large if job == "large" else our_ten
    else:
        import pandas  # noqa: F401

        work = pandas_large if job == "large" else pandas_ten
    began = time.perf_counter()
    sums = work(folder)
    return {"seconds": time.perf_counter() - began, "sums": sums}


def our_large(folder: Path) -> dict[str, float]:
    """Return the parts of indicators by campaign and week, as we sum them."""
    from campaignbook.exports import read_exports
    from campaignbook.kpi_files import read_kpis
    from campaignbook.kpi_rows import with_weeks
    from campaignbook.kpi_values import kpi_values

    frame, book, sums = (
        with_weeks(read_exports([folder / "meta.csv"]).frame),
        read_kpis(),
        {},
    )
    for by in ("campaign", "week"):
        for kpi in (book.kpi("ctr"), book.kpi("cpm")):
            for value in kpi_values(frame, kpi, by=by, currency="EUR"):
                if value.estimate.ci_low is None:
                    raise RuntimeError(f"{value.group} has no interval.")
                group = value.group.removeprefix(f"{by}: ")
                sums[f"{group} {kpi.numerator[0]}"] = value.numerator
                sums[f"{group} {kpi.denominator}"] = value.denominator
    return sums


def pandas_large(folder: Path) -> dict[str, float]:
    """Return the same sums as somebody takes them who knows the file's traps."""
    import pandas as pd

    frame = pd.read_csv(folder / "meta.csv", low_memory=False).dropna(subset=["Ad ID"])
    frame["Impressions"] = pd.to_numeric(frame["Impressions"], errors="coerce")
    day = pd.to_datetime(frame["Day"], format="%Y-%m-%d", errors="coerce")
    frame = frame[frame["Impressions"].notna() & day.notna()]
    week = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    weeks = week.dt.strftime("%Y-%m-%d")
    columns, sums = FORMS["meta_ads"]["sums"], {}
    for keys in (frame["Campaign name"], weeks[frame.index]):
        for group, row in frame.groupby(keys)[[*columns.values()]].sum().iterrows():
            sums |= {f"{group} {n}": float(row[c]) for n, c in columns.items()}
    return sums


def our_ten(folder: Path) -> dict[str, float]:
    """Return sums by kind of the ten exports, with indicators by platform."""
    from campaignbook.exports import read_exports
    from campaignbook.kpi_files import read_kpis
    from campaignbook.kpi_values import kpi_values

    frame = read_exports(sorted((folder / "ten").iterdir())).frame
    kpi_values(frame, read_kpis().kpi("ctr"), by="platform")
    names = sorted({n for form in FORMS.values() for n in form["sums"]})
    found = frame.groupby("kind", observed=True)[names].sum()
    return {f"{k} {n}": float(found.loc[k, n]) for k in FORMS for n in FORMS[k]["sums"]}


def pandas_ten(folder: Path) -> dict[str, float]:
    """Return the same sums file by file."""
    import pandas as pd

    sums = {}
    for kind, form in FORMS.items():
        frame = pd.read_csv(folder / "ten" / f"{kind}.csv", **form.get("read", {}))
        if "named" in form:
            frame = frame.dropna(subset=[form["named"]])
        for name, column in form["sums"].items():
            sums[f"{kind} {name}"] = float(frame[column].sum())
    return sums


# --- processes --------------------------------------------------------------------


def own_process(who: str, job: str, folder: Path) -> Run:
    """Return a run in a process of its own, with the peak of its memory in MB."""
    command = [sys.executable, __file__, "--measure", who, job, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{who} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def report(job: str, folder: Path) -> Run:
    """Return seconds and memory of the whole report of the plan of a job."""
    import psutil

    plan = str(folder / f"{job}.yml")
    command = [sys.executable, "-m", "campaignbook", "report", plan]
    began, peak = time.perf_counter(), 0
    running = subprocess.Popen(
        [*command, "--out", str(folder / "out")], stdout=subprocess.PIPE, text=True
    )
    said: list[str] = []
    listener = threading.Thread(target=lambda: said.append(running.stdout.read()))
    listener.start()
    while running.poll() is None:
        try:
            first = psutil.Process(running.pid)
            family = [first, *first.children(recursive=True)]
            peak = max(peak, sum(map(memory, family)))
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.05)
    listener.join()
    if running.returncode:
        raise RuntimeError(f"the report failed:\n{''.join(said)}")
    return {"seconds": time.perf_counter() - began, "megabytes": peak / 1e6, "sums": {}}


def memory(process: Any) -> int:
    """Return the bytes of a process, of what it shares its own part where told."""
    told = process.memory_full_info()
    return getattr(told, "pss", 0) or told.rss


def peak_megabytes() -> float:
    """Return the peak memory of this process, imports and all, in MB."""
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def failures(
    found: Mapping[tuple[str, str], Sequence[Run]], *, only_equal: bool
) -> list[str]:
    """Return a sentence for every bar that the runs by job and contender miss."""
    wrong = []
    for (job, who), runs in found.items():
        if who == "pandas":
            continue
        theirs = found[job, "pandas"][0]["sums"] if (job, "pandas") in found else {}
        for run in runs:
            ours = run["sums"]
            if ours.keys() != theirs.keys():
                wrong.append(f"{job}: other groups than those of pandas.")
                continue
            apart = [
                n for n in ours if not abs(ours[n] - theirs[n]) <= EQUAL * theirs[n]
            ]
            wrong += [f"{job}: {n} is {ours[n]}, not {theirs[n]}." for n in apart[:5]]
        if only_equal:
            continue
        for number, bar in (("seconds", SECONDS), ("megabytes", MEGABYTES)):
            if not median(runs, number) <= bar:
                wrong.append(
                    f"{job}: {median(runs, number):.1f} {number}, not {bar:g}."
                )
    return wrong


def median(runs: Sequence[Run], number: str) -> float:
    """Return the median of a number over runs."""
    return statistics.median(run[number] for run in runs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the runs side by side and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only-equal", action="store_true", help="no time, no memory")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.measure:
        who, job, folder = asked.measure
        run = measure(who, job, Path(folder))
        print(json.dumps({**run, "megabytes": peak_megabytes()}))
        return 0
    found: dict[tuple[str, str], list[Run]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, rows=asked.rows)
        for _ in range(asked.runs):
            for job in ("large", "ten"):
                for who in ("campaignbook", "pandas"):
                    run = own_process(who, job, folder)
                    found.setdefault((job, who), []).append(run)
                if not asked.only_equal:
                    whole = (f"report of {job}", "campaignbook")
                    found.setdefault(whole, []).append(report(job, folder))
    print(f"one export of {asked.rows:,} rows (large), ten of a tenth each (ten);")
    print(f"median of {asked.runs}\n\n{'':32}{'seconds':>9}{'peak MB':>9}")
    for (job, who), runs in found.items():
        seconds, peak = median(runs, "seconds"), median(runs, "megabytes")
        print(f"{job:18}{who:14}{seconds:9.2f}{peak:9.0f}")
    wrong = failures(found, only_equal=asked.only_equal)
    for sentence in wrong:
        print(f"MISSED: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
