"""How fast is a 2x2 difference in differences on a large table, and in what memory?

    python tests/benchmarks/scale.py [--rows N] [--clusters N] [--runs N] [--only-equal]

A table of people in clusters is made from a fixed seed and written as Parquet. The
package answers a plan about it the public way (`answers.answer`: plan, fingerprint,
reading, checks, CR1, CR2, t test of collapsed changes), statsmodels and pyfixest fit
the regression with CR1. Each run has a process of its own; its time is from file to
estimate, after imports, and its memory the peak of the whole process. The three take
turns, and medians are compared. The exit code is 1 when a bar is missed.

CR1 is G/(G-1) (N-1)/(N-k) times the sum over clusters in all three, with k = 4 columns:
statsmodels' default for `cov_type="cluster"`, and pyfixest's for `CRV1`. pandas reads
Parquet by pyarrow; where that is not installed DuckDB reads it into the same frame.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

ROWS, CLUSTERS, RUNS = 10_000_000, 1_000_000, 3
FASTER, MEGABYTES, EQUAL = 10.0, 600.0, 1e-10
"""Bars: times as fast as each rival, peak memory, relative difference of numbers."""
RIVALS = ("statsmodels", "pyfixest")

Run = dict[str, float]
PLAN = """campaignbook: 1
name: Scale
kind: social
purpose: Higher scores
goals:
  - {id: scores, type: behaviour, statement: Raise the scores, measure: score,
     unit: points, direction: increase, baseline: 1.0, target: 1.2}
evaluations:
  - id: effect
    goal: scores
    question: Did the campaign raise scores?
    design: difference_in_differences
    data: {file: people.parquet}
    outcome: y
    cluster: cluster
    treated: {column: treated, values: [1]}
    time: {column: post, start: 1}
"""


def make_table(folder: Path, *, rows: int, clusters: int) -> Path:
    """Write the plan and its table, rows in no order, and return the plan's path.

    Cluster effects have a standard deviation of 0.29, rows one of 0.29; the effect is
    0.3 points. Hashes of row and cluster numbers are the random numbers.
    """
    import duckdb

    share = "(hash({}) % 1000003) / 1000003.0"
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"COPY (SELECT cluster, CAST(cluster % 2 AS INTEGER) AS treated, post, "
            f"{share.format('cluster + 5')} + 0.3 * (cluster % 2) * post + "
            f"{share.format('i * 7 + 1')} AS y FROM (SELECT i, "
            f"CAST(hash(i) % {clusters} AS INTEGER) AS cluster, "
            f"CAST(hash(i + 987654321) % 2 AS INTEGER) AS post "
            f"FROM range({rows}) AS t(i))) TO '{folder / 'people.parquet'}' "
            "(FORMAT parquet)"
        )
    plan = folder / "plan.yml"
    plan.write_text(PLAN, encoding="utf-8")
    return plan


def measure(who: str, plan: Path) -> Run:
    """Return seconds, estimate and CR1 error of one run in this process."""
    table = plan.parent / "people.parquet"
    if who == "campaignbook":
        from campaignbook.answers import answer

        began = time.perf_counter()
        (evaluation,) = answer(plan).evaluations
        effect, cr1 = (
            next(e for e in evaluation.estimates if e.name == name)
            for name in ("effect", "cr1")
        )
        found = {"estimate": effect.estimate, "cr1": cr1.std_error}
        found |= {"cr2": effect.std_error, "df": effect.df}
    elif who == "statsmodels":
        import numpy as np
        import statsmodels.api as sm

        read = _reader()
        began = time.perf_counter()
        frame = read(table)
        both = frame["treated"] * frame["post"]
        design = [np.ones(len(frame)), frame["treated"], frame["post"], both]
        fit = sm.OLS(frame["y"].to_numpy(), np.column_stack(design)).fit(
            cov_type="cluster", cov_kwds={"groups": frame["cluster"].to_numpy()}
        )
        found = {"estimate": fit.params[3], "cr1": fit.bse[3]}
    else:
        import pyfixest as pf

        read = _reader()
        began = time.perf_counter()
        fit = pf.feols("y ~ treated * post", read(table), vcov={"CRV1": "cluster"})
        name = "treated:post"
        found = {"estimate": fit.coef()[name], "cr1": fit.se()[name]}
    seconds = time.perf_counter() - began
    return {"seconds": seconds, **{k: float(v) for k, v in found.items()}}


def _reader():
    """Return a function that reads Parquet into a pandas frame."""
    import pandas as pd

    if find_spec("pyarrow"):
        import pyarrow.parquet  # noqa: F401  its import is not what is measured

        return pd.read_parquet
    import duckdb

    return lambda path: duckdb.read_parquet(str(path)).df()


def own_process(who: str, plan: Path) -> Run:
    """Return a run in a process of its own, with the peak of its memory in MB."""
    command = [sys.executable, __file__, "--measure", who, str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{who} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_megabytes() -> float:
    """Return the peak memory of this process, imports and all, in MB."""
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def failures(found: Mapping[str, Sequence[Run]], *, only_equal: bool) -> list[str]:
    """Return a sentence for every bar that the runs by contender miss."""
    wrong, ours = [], found["campaignbook"]
    for rival in RIVALS:
        for number in ("estimate", "cr1"):
            theirs = found[rival][0][number]
            apart = max(abs(run[number] / theirs - 1) for run in ours)
            if not apart <= EQUAL:
                wrong.append(f"{number} is {apart:.1e} from that of {rival}.")
        times = median(found[rival], "seconds") / median(ours, "seconds")
        if not only_equal and not times >= FASTER:
            wrong.append(f"{times:.1f} times as fast as {rival}, not {FASTER:g}.")
    peak = max(run["megabytes"] for run in ours)
    if not only_equal and not peak <= MEGABYTES:
        wrong.append(f"{peak:.0f} MB at most, not {MEGABYTES:g}.")
    return wrong


def median(runs: Sequence[Run], number: str) -> float:
    """Return the median of a number over runs."""
    return statistics.median(run[number] for run in runs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the runs side by side and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--clusters", type=int, default=CLUSTERS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only-equal", action="store_true", help="no time, no memory")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.measure:
        who, plan = asked.measure
        run = measure(who, Path(plan))
        print(json.dumps({**run, "megabytes": peak_megabytes()}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        plan = make_table(Path(folder), rows=asked.rows, clusters=asked.clusters)
        names = ("campaignbook", *RIVALS)
        found: dict[str, list[Run]] = {name: [] for name in names}
        for _ in range(asked.runs):
            for name in names:
                found[name].append(own_process(name, plan))
    print(f"2x2 difference in differences, {asked.rows:,} rows of Parquet,")
    print(f"{asked.clusters:,} clusters; median of {asked.runs}, file to estimate\n")
    print(f"{'':14}{'seconds':>9}{'peak MB':>9}  {'estimate':<20}cr1")
    for name, runs in found.items():
        peak = max(run["megabytes"] for run in runs)
        print(
            f"{name:14}{median(runs, 'seconds'):9.2f}{peak:9.0f}  "
            f"{runs[0]['estimate']:<20.16g}{runs[0]['cr1']:.16g}"
        )
    ours = found["campaignbook"][0]
    print(f"\ncampaignbook: cr2 {ours['cr2']:.12g}, df {ours['df']:.6g}")
    for rival in RIVALS:
        times = median(found[rival], "seconds")
        times /= median(found["campaignbook"], "seconds")
        print(f"{times:.1f} times as fast as {rival}")
    wrong = failures(found, only_equal=asked.only_equal)
    for sentence in wrong:
        print(f"MISSED: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
