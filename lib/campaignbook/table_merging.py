"""Millions of clusters merged into a few that have the same means and covariances."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from campaignbook.table_sql import sql_name, sql_text

MANY_CLUSTERS = 10_000
"""With fewer clusters each keeps its own cells."""
MOST_CELLS = 8
"""So many periods (or groups by periods), and so many groups, there may be."""
SUMS = ("n", "sum_y", "sum_y_y")


def clusters_query(
    marked: str, *, cluster: str, cells: pd.DataFrame, fixed: Sequence[str]
) -> str:
    """Return the SQL that counts clusters by the rows that they have in each cell.

    Parameters
    ----------
    marked : str
        From `table_sql.rows_query`, without the rows that cannot be used.
    cluster : str
        Name of the key that is merged.
    cells : pandas.DataFrame
        The cells of the table without clusters: texts of the other keys, flags
        (bool), ``n``, ``sum_y`` and ``sum_y_y``, as `cells_query` gives them.
    fixed : sequence of str
        Keys and flags of which a cluster is thought to have one value only.

    Notes
    -----
    One row for each vector of counts ``n0``, ``n1`` ... over the other keys and each
    set of values of the fixed ones (``kinds``: a bit for each, so a power of 2 where a
    cluster has one): ``clusters``, one of them as ``example``, the sums of ``s0``,
    ``s1`` ... and of their products. The s are a cluster's sums of ``y``, each row's
    less the mean of its cell, so that squares lose no digits.
    """
    kinds, places = _kinds(cells, fixed), _kinds(cells, _others(cells, fixed))
    sums, shifted = [], []
    for i, place in enumerate(places):
        where = f"FILTER (WHERE {_is(place)})"
        sums += [f"count(*) {where} AS n{i}", f"sum(y) {where} AS s{i}"]
        mean = [
            f"WHEN {1 << code} THEN {float(own['sum_y'].iloc[i] / own['n'].iloc[i])!r}"
            for code, own in _by_kind(cells, fixed)
            if own["n"].iloc[i] > 0
        ]
        shifted.append(f"n{i}, s{i} - n{i} * (CASE kinds {' '.join(mean)} END) AS s{i}")
    code = " ".join(f"WHEN {_is(kind)} THEN {1 << j}" for j, kind in enumerate(kinds))
    counts = ", ".join(["kinds", *(f"n{i}" for i in range(len(places)))])
    moments = [f"sum(s{i}) AS s{i}" for i in range(len(places))]
    moments += [
        f"sum(s{i} * s{j}) AS s{i}_{j}"
        for i in range(len(places))
        for j in range(i, len(places))
    ]
    by_cluster = (
        f"SELECT {sql_name(cluster)} AS cluster, bit_or(kind) AS kinds, "
        f"{', '.join(sums)} FROM (SELECT *, CAST(CASE {code} END AS UTINYINT) AS kind "
        f"FROM ({marked})) GROUP BY 1"
    )
    return (
        f"SELECT {counts}, count(*) AS clusters, min(cluster) AS example, "
        f"{', '.join(moments)} FROM (SELECT cluster, kinds, "
        f"{', '.join(shifted)} FROM ({by_cluster})) GROUP BY {counts} ORDER BY {counts}"
    )


def too_many(cells: pd.DataFrame, *, fixed: Sequence[str]) -> bool:
    """Return whether there are more cells than clusters are merged by."""
    others = _others(cells, fixed)
    return max(len(_kinds(cells, names)) for names in (fixed, others)) > MOST_CELLS


def are_fixed(patterns: pd.DataFrame) -> bool:
    """Return whether every cluster has one value of the keys thought to be fixed."""
    kinds = patterns["kinds"].to_numpy()
    return not (kinds & (kinds - 1)).any()


def can_be_merged(
    patterns: pd.DataFrame, cells: pd.DataFrame, *, fixed: Sequence[str]
) -> bool:
    """Return whether what is asked of clusters needs their first two moments only.

    Ranks need each of them: those of few clusters, and of a side with one only. So a
    set of cells that one cluster alone holds must lie within a set with the same flags
    that others hold.
    """
    if patterns["clusters"].sum() <= MANY_CLUSTERS:
        return False
    for code, own in _by_kind(cells, fixed):
        some = patterns[patterns["kinds"] == 1 << code]
        held, which = np.unique(_counts(some) > 0, axis=0, return_inverse=True)
        times = np.bincount(which.ravel(), some["clusters"])
        flags = own.drop(columns=[*SUMS, *fixed]).select_dtypes(bool).to_numpy()
        sides = [{tuple(f) for f in flags[mask]} for mask in held]
        for i in np.flatnonzero(times == 1):
            wider = (held | ~held[i]).all(axis=1) & (times > 1)
            if not any(sides[j] == sides[i] for j in np.flatnonzero(wider)):
                return False
    return True


def merged_clusters(
    patterns: pd.DataFrame,
    cells: pd.DataFrame,
    *,
    cluster: str,
    fixed: Sequence[str],
) -> pd.DataFrame:
    """Return cells of few clusters that stand for all, by what they are linear in.

    Parameters
    ----------
    patterns : pandas.DataFrame
        What `clusters_query` found, where they `are_fixed`.
    cells, cluster, fixed
        As in `clusters_query`.

    Returns
    -------
    pandas.DataFrame
        The columns of `cells` and `cluster` (codes), ``clusters`` (how many each
        stands for, not always a whole number) and ``example`` (one of them). Sums and
        counts are those of all clusters that a line stands for.

    Notes
    -----
    Clusters with the same counts differ in their sums only, and estimates, CR1, CR2,
    degrees of freedom and t tests see linear functions of these and their squares.
    The d sums of K clusters with mean m and covariance C = L L' are replaced by the 2d
    points m +- sqrt(d) L_j, each K / 2d times: the same mean and the same covariance,
    so the same results but for rounding.

    References
    ----------
    Julier and Uhlmann (2004), Proceedings of the IEEE 92:401-422 (sigma points).
    """
    parts, code = [], 0
    for kind, own in _by_kind(cells, fixed):
        some = patterns[patterns["kinds"] == 1 << kind]
        held = _counts(some) > 0
        means, squares = own["sum_y"] / own["n"], own["sum_y_y"] / own["n"]
        labels = own.drop(columns=[*SUMS])
        for mask in np.unique(held, axis=0):
            on, d = np.flatnonzero(mask), int(mask.sum())
            alike = some[(held == mask).all(axis=1)]
            example = alike["example"].astype(str).to_numpy()
            n, clusters = _counts(alike)[:, on], alike["clusters"].to_numpy(dtype=float)
            points = _points(alike, on) + (n * means.to_numpy()[on])[:, :, None]
            times = np.repeat(clusters / (2 * d), 2 * d)
            each, where = np.repeat(times, d), np.tile(on, len(times))
            n = np.repeat(n, 2 * d, axis=0).ravel() * each
            sums = {
                cluster: np.repeat(code + np.arange(len(times)), d),
                "clusters": each,
                "example": np.repeat(example, 2 * d * d),
                "n": n,
                "sum_y": points.mT.ravel() * each,
                "sum_y_y": n * squares.to_numpy()[where],
            }
            parts.append(labels.iloc[where].reset_index(drop=True).assign(**sums))
            code += len(times)
    return pd.concat(parts, ignore_index=True)


def _points(alike: pd.DataFrame, on: np.ndarray) -> np.ndarray:
    """Return the points (patterns, d, 2d) that stand for the sums in the cells `on`."""
    d, clusters = len(on), alike["clusters"].to_numpy(dtype=float)
    mean = alike[[f"s{i}" for i in on]].to_numpy() / clusters[:, None]
    pairs = [f"s{min(i, j)}_{max(i, j)}" for i in on for j in on]
    second = alike[pairs].to_numpy().reshape(-1, d, d) / clusters[:, None, None]
    values, vectors = np.linalg.eigh(second - mean[:, :, None] * mean[:, None, :])
    steps = vectors * np.sqrt(d * np.clip(values, 0, None))[:, None, :]
    return mean[:, :, None] + np.concatenate([steps, -steps], axis=2)


def _counts(patterns: pd.DataFrame) -> np.ndarray:
    names = [c for c in patterns if c[0] == "n"]
    return patterns[names].to_numpy(dtype=float)


def _others(cells: pd.DataFrame, fixed: Sequence[str]) -> list[str]:
    return [c for c in cells if c not in (*fixed, *SUMS)]


def _kinds(cells: pd.DataFrame, names: Sequence[str]) -> list[dict[str, object]]:
    """Return the values of the named columns that occur together; one without names."""
    return cells[list(names)].drop_duplicates().to_dict("records") if names else [{}]


def _by_kind(
    cells: pd.DataFrame, fixed: Sequence[str]
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield code and cells of each value of the fixed keys; n is 0 where none are."""
    others = _others(cells, fixed)
    places = pd.DataFrame(_kinds(cells, others), index=None)
    for code, kind in enumerate(_kinds(cells, fixed)):
        own = cells
        for name, value in kind.items():
            own = own[own[name] == value]
        if others:
            own = places.merge(own, on=others, how="left")
        own = own.fillna(dict.fromkeys(SUMS, 0.0))
        yield code, own.assign(**kind).reset_index(drop=True)


def _is(values: Mapping[str, object]) -> str:
    tests = [
        f"{sql_name(k)} = {sql_text(v)}"
        if isinstance(v, str)
        else f"{'' if v else 'NOT '}{sql_name(k)}"
        for k, v in values.items()
    ]
    return " AND ".join(tests) or "true"
