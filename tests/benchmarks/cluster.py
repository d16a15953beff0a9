"""What a cluster costs: the same batch on two processes here and on two Dask workers.

Run it with ``python tests/benchmarks/cluster.py [--campaigns 20] [--rounds 3]``. Both
sides are warm before the clock starts, and take turns, so that what else the machine
does weighs on both. It ends with code 1 if a report takes more than a tenth longer on
the cluster, in the median of the rounds. The bar is for the reports of ``batch.py``; a
report that is made in half the time is measured beside it: what the cluster adds to a
report, about 10 ms, weighs more there.
"""

import argparse
import csv
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from distributed import LocalCluster

from campaignbook.batch import run_batch
from campaignbook.batch_table import read_campaigns
from campaignbook.cluster_jobs import ClusterProcesses
from campaignbook.report_jobs import ReportProcesses

PLANS = Path(__file__).parents[2] / "data" / "plans"
USUAL, SMALL = "organ_donors", "tips"
GOALS = {USUAL: ("registrations", 0.28), SMALL: ("quit-attempts", 0.32)}
WORKERS, WARMING, BOUND = 2, 4, 1.10


def campaigns_of(folder, plan, count):
    """Return campaigns that differ in the target only."""
    table = folder / f"{count}.csv"
    goal, target = GOALS[plan]
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = [[f"c-{n:04}", target + n / 10_000] for n in range(count)]
        csv.writer(file).writerows([["id", f"goals.{goal}.target"], *rows])
    return read_campaigns([], table, PLANS / f"{plan}.yml")


def seconds_a_report(campaigns, processes):
    """Return the wall time of a batch by its number of reports."""
    with tempfile.TemporaryDirectory() as out:
        begun = time.perf_counter()
        tally = run_batch(campaigns, out, processes=processes)
        if tally.failed:
            sys.exit(f"failed: {tally.failed}")
        return (time.perf_counter() - begun) / len(campaigns)


def measured(plan, count, rounds):
    """Return seconds a report of each round, here and on the cluster."""
    here, there = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        ReportProcesses(workers=WORKERS, warm=True) as local,
        ClusterProcesses(cluster.scheduler_address, reports=count * rounds) as remote,
    ):
        for processes in (local, remote):
            seconds_a_report(campaigns_of(Path(folder), plan, WARMING), processes)
        campaigns = campaigns_of(Path(folder), plan, count)
        for _ in range(rounds):
            here.append(seconds_a_report(campaigns, local))
            there.append(seconds_a_report(campaigns, remote))
    return here, there


def main():
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print("plan          round  here (s a report)  cluster  ratio")
    ratios = {}
    for plan in (USUAL, SMALL):
        here, there = measured(plan, asked.campaigns, asked.rounds)
        for n, (one, two) in enumerate(zip(here, there, strict=True), 1):
            print(f"{plan:12}  {n:5}  {one:17.3f}  {two:7.3f}  {two / one:5.2f}")
        ratios[plan] = statistics.median(
            b / a for a, b in zip(here, there, strict=True)
        )
    ratio = ratios[USUAL]
    load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"median ratio {ratio:.2f}, at most {BOUND:.2f} is wanted{load}")
    print(f"with small reports: {ratios[SMALL]:.2f}")
    sys.exit(ratio > BOUND)


if __name__ == "__main__":
    main()
