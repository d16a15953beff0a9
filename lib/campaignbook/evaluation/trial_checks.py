"""The questions that every trial has to answer about itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation.arms import Arm, Kind, find_name, named_rows
from campaignbook.evaluation.cluster_comparisons import FEW, ClusterPair
from campaignbook.evaluation.rank_tests import RankTest
from campaignbook.results import Answer, Check
from campaignbook.tables import Cells, require_columns

MISMATCH_P = 0.001
"""Below this p the arms are not as large as planned."""


def sample_ratio(
    arms: Sequence[Arm],
    allocation: Mapping[str, float] | None,
    assigned: Mapping[str, int] | None = None,
    *,
    mixed: bool,
) -> Check:
    """Return whether the arms are as large as planned (chi-square, p of .001).

    Parameters
    ----------
    arms : sequence of Arm
        The compared arms; shares of other arms are left out of the comparison.
    allocation : mapping or None
        Planned share of each arm; None where the plan gives none.
    assigned : mapping or None
        All rows of each arm, also those that lost their outcome since.
    mixed : bool
        Whether clusters hold several arms, so that people were assigned.

    Raises
    ------
    DataError
        If a compared arm has no planned share.

    References
    ----------
    Fabijan et al. (2019), KDD '19:2156-2164 (sample ratio mismatch).
    """
    name = "sample ratio"
    if allocation is None:
        sentence = "The plan gives no allocation, so the sizes of the arms were not "
        return _check(name, "unknown", sentence + "compared with planned shares.")
    names = [arm.name for arm in arms]
    shares = {find_name(key, names): share for key, share in allocation.items()}
    lost = [
        f"allocation: no planned share for the arm '{key}' "
        f"({nearest(key, allocation)})."
        for key in names
        if key not in shares
    ]
    if lost:
        raise DataError(*lost)
    whole = not mixed and all(arm.clusters is not None for arm in arms)
    everybody = assigned or {a.name: a.n for a in arms}
    seen = [a.held if whole else everybody[a.name] for a in arms]
    planned = np.array([shares[key] for key in names])
    expected = planned / planned.sum() * sum(seen)
    p_value = float(stats.chisquare(seen, expected).pvalue)
    what = "clusters" if whole else "people"
    sizes = ", ".join(
        f"'{key}' {got:,} of {want:,.0f}"
        for key, got, want in zip(names, seen, expected, strict=True)
    )
    if p_value < MISMATCH_P:
        return _check(
            name,
            "no",
            f"The arms do not hold the planned shares of {what} ({sizes} expected, "
            f"p = {p_value:.2g}): find out who was lost or doubled before reading on.",
        )
    return _check(
        name,
        "yes",
        f"The arms hold the planned shares of {what} ({sizes} expected, "
        f"p = {p_value:.2g}).",
    )


def standardised_differences(
    balance: Mapping[str, Cells], *, control: str, treated: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the standardised mean difference of each covariate, each arm v control.

    The unit is the standard deviation, the root of the two arms' mean variance; the
    value is None where the arms differ and neither varies.

    References
    ----------
    Austin (2009), Statistics in Medicine 28:3083-3107.
    """
    found = []
    for covariate, cells in balance.items():
        require_columns(cells.frame, "sum_y", "sum_y_y")
        rows = named_rows(cells.frame, [control, *treated])
        sums = rows.groupby("arm")[["n", "sum_y", "sum_y_y"]].sum()
        mean, square = sums["sum_y"] / sums["n"], sums["sum_y_y"] / sums["n"]
        rounding = 1e-13 * square + 1e-24 * cells.centre**2
        variance = (square - mean**2).where(square - mean**2 > rounding, 0.0)
        for arm in treated:
            gap = float(mean[arm] - mean[control])
            unit = float(np.sqrt((variance[arm] + variance[control]) / 2))
            smd = gap / unit if unit else None
            if not unit and abs(gap) <= 1e-12 * abs(mean[control] + cells.centre):
                smd = 0.0
            found.append({"covariate": covariate, "arm": arm, "smd": smd})
    return found


def balance(differences: Sequence[Mapping[str, Any]]) -> Check:
    """Return whether the arms were alike before the campaign (0.1 and 0.25)."""
    if not differences:
        sentence = "The plan names no covariates, so the arms were not compared as "
        return _check("balance", "unknown", sentence + "they were at the start.")
    worst = max(differences, key=_size)
    size = _size(worst)
    where = f"'{worst['covariate']}' in arm '{worst['arm']}'"
    if not np.isfinite(size):
        sentence = f"{where} differs from the control arm in everybody."
        return _check("balance", "no", sentence)
    answer = "yes" if size <= 0.1 else "no" if size > 0.25 else "unknown"
    words = {
        "yes": "were alike at the start",
        "unknown": "differed somewhat at the start",
        "no": "were not alike at the start",
    }[answer]
    return _check(
        "balance",
        answer,
        f"The arms {words}: the largest difference from the control arm is "
        f"{size:.2f} standard deviations, of {where}.",
    )


def _size(difference: Mapping[str, Any]) -> float:
    smd = difference["smd"]
    return np.inf if smd is None else abs(smd)


def clusters(
    arm: Arm, control: Arm, rank: RankTest | None, *, level: float
) -> list[Check]:
    """Return whether there are clusters enough, and whether a rank test can tell."""
    pair = ClusterPair.of(arm, control)
    held = f"Clusters that hold the arm '{arm.name}': {pair.held[0]}, the arm "
    held += f"'{control.name}': {pair.held[1]}"
    fewest = min(pair.held)
    way = "the interval is the t of cluster means"
    if pair.mixed:
        way = "the interval is the t of differences within clusters"
    elif fewest == 1:
        way = "no clustered interval exists: the result is a rank among clusters"
    elif pair.count < 3:
        way = "no interval exists"
    answer = "yes" if fewest >= FEW else "unknown"
    found = [
        _check(
            "clusters",
            answer,
            f"{held}." if answer == "yes" else f"{held}; with fewer than {FEW}, {way}.",
        )
    ]
    found += _in_both(arm, control, pair.count)
    if rank is not None and (fewest == 1 or rank.smallest_p > 1 - level + 1e-12):
        reached = rank.smallest_p <= 1 - level + 1e-12
        sentence = (
            f"The {rank.assignments:,} assignments of these clusters can give p = "
            f"{rank.smallest_p:.2g} at best, "
        )
        sentence += (
            "so a rank test at this level exists."
            if reached
            else f"so a rank test in this design cannot reach {1 - level:.2g}."
        )
        found.append(_check("attainable p", "yes" if reached else "unknown", sentence))
    return found


def _in_both(arm: Arm, control: Arm, count: int) -> list[Check]:
    """Return a check where a few of the clusters stand in both arms."""
    shared = np.isin(arm.clusters.astype(str), control.clusters.astype(str))
    both = round(arm.times[shared].sum())
    if not 0 < both < count / 2:
        return []  # whole clusters were assigned, or people in most of them
    named = ", ".join(f"'{name}'" for name in arm.clusters[shared][:3])
    more = f" and {both - 3} more" if both > 3 else ""
    stand = "stands" if both == 1 else "stand"
    return [
        _check(
            "clusters in one arm",
            "unknown",
            f"{both:,} of {count:,} clusters {stand} in both arms ({named}{more}); "
            "where whole clusters were assigned, some rows have the wrong arm.",
        )
    ]


def events(arms: Sequence[Arm], kind: Kind) -> list[Check]:
    """Return whether each arm has events, which a ratio needs; nothing for means."""
    if kind == "mean":
        return []
    name = "events in every arm"
    none = [f"'{arm.name}'" for arm in arms if arm.total == 0]
    if none:
        sentence = (
            f"No events in arm {', '.join(none)}: a ratio with its interval does "
        )
        return [_check(name, "unknown", sentence + "not exist.")]
    every = [f"'{a.name}'" for a in arms if kind == "binary" and a.events == a.n]
    if every:
        sentence = f"An event in everybody of arm {', '.join(every)}: how much that "
        return [_check(name, "unknown", sentence + "varies cannot be seen.")]
    return [_check(name, "yes", "Every arm has events.")]


def spread(arms: Sequence[Arm], kind: Kind) -> list[Check]:
    """Return a check where an arm's rows cannot tell how much they vary."""
    single = [a.name for a in arms if a.n == 1 and a.spread is not None]
    if kind == "binary" or not single:
        return []
    named = ", ".join(f"'{name}'" for name in single)
    sentence = (
        f"One row only in arm {named}: its spread is unknown, no interval exists."
    )
    return [_check("rows in every arm", "unknown", sentence)]


def _check(name: str, answer: Answer, sentence: str) -> Check:
    return Check(name=name, answer=answer, sentence=sentence)
