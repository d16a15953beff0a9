"""Latent classes beside StepMix: the same log-likelihood, and the time it takes.

    python tests/benchmarks/latent_classes.py [--people N] [--shipped-only]

First the shipped survey of smokers (missing answers in it), then a simulated survey of
12 items with three answers and four classes. Both programs make starts from their own
seeds; StepMix makes one in the large survey. The exit code is 1 when a bar is missed.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from campaignbook.class_choice import adjusted_rand
from campaignbook.latent_classes import find_classes

SECONDS, CLOSE, FOUND = 3.0, 1e-8, 0.9
"""Bars: time for 100,000 people, relative difference, adjusted Rand index."""
SHIPPED = Path(__file__).parents[2] / "data" / "tables" / "smokers.csv"


def simulated(*, people: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return answers to 12 items of people in four classes, and the classes."""
    rng = np.random.default_rng(seed)
    member = rng.choice(4, people, p=[0.35, 0.3, 0.2, 0.15])
    usual = rng.integers(3, size=(12, 4))
    columns = {}
    for item in range(12):
        other = (usual[item, member] + rng.integers(1, 3, people)) % 3
        usually = rng.random(people) < 0.8
        columns[f"item_{item}"] = np.where(usually, usual[item, member], other)
    return pd.DataFrame(columns), member


def compared(
    name: str, table: pd.DataFrame, truth: np.ndarray, *, starts: int
) -> dict[str, object]:
    """Return log-likelihood, agreement with the truth and seconds of both."""
    from stepmix.stepmix import StepMix

    begin = time.perf_counter()
    ours = find_classes(table, list(table), classes=4)
    seconds = time.perf_counter() - begin
    codes = table.apply(lambda c: pd.Series(pd.factorize(c, sort=True)[0]))
    codes = codes.mask(codes < 0)
    other = StepMix(
        n_components=4, measurement="categorical_nan", n_init=starts, max_iter=3000,
        abs_tol=1e-10, random_state=0, progress_bar=0, verbose=0,
    )  # fmt: skip
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other.fit(codes)
        told = float(other.score(codes)) * len(codes)
        member = other.predict(codes)
    return {
        "survey": name, "people": len(table),
        "ours": ours.log_likelihood, "stepmix": told,
        "rand ours": adjusted_rand(truth, ours.members()),
        "rand stepmix": adjusted_rand(truth, np.asarray(member)),
        "seconds ours": seconds, "seconds stepmix": time.perf_counter() - begin,
    }  # fmt: skip


def main() -> int:
    """Compare, print the table, and return 1 when a bar is missed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--people", type=int, default=100_000)
    words.add_argument("--shipped-only", action="store_true")
    asked = words.parse_args()
    smokers = pd.read_csv(SHIPPED)
    items = smokers.loc[:, "family_first":"cooks"]
    truth = pd.factorize(smokers["true_class"])[0]
    rows = [compared("smokers", items, truth, starts=10)]
    if not asked.shipped_only:
        table, member = simulated(people=asked.people, seed=1)
        rows.append(compared("simulated", table, member, starts=1))
    frame = pd.DataFrame(rows)
    print(frame.T.to_string(header=False))
    off = (frame["ours"] / frame["stepmix"] - 1).abs()
    short = frame["rand stepmix"].ge(FOUND) & frame["rand ours"].lt(FOUND)
    slow = frame["people"].le(100_000) & frame["seconds ours"].gt(SECONDS)
    worse = (off > CLOSE) & (frame["ours"] < frame["stepmix"])
    return int((worse | short | slow).any())


if __name__ == "__main__":
    sys.exit(main())
