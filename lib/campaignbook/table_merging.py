"""Millions of clusters merged into a few that have the same means and covariances."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from campaignbook.table_sql import sql_name, sql_text

MANY_CLUSTERS = 10_000
"""With fewer clusters each keeps its own cells."""
MOST_CELLS = 8
"""So many groups by periods (or arms) there may be."""
SUMS = ("n", "sum_y", "sum_y_y")


def clusters_query(
    marked: str, *, cluster: str, cells: pd.DataFrame, fixed: Sequence[str]
) -> str:
    """Return the SQL that gives each cluster's counts by cell and its sums.

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
    ``packed`` holds the counts of all cells in the bits of one number; ``s1``, ``s2``
    ... are the sums of ``y`` over the values of the other keys, but ``s0`` over all.
    """
    rows, bits = cells.drop(columns=[*SUMS]).to_dict("records"), _bits(cells)
    ones = " ".join(f"WHEN {_is(r)} THEN {1 << bits * c}" for c, r in enumerate(rows))
    places = _kinds(cells, _others(cells, fixed))
    parts = "".join(
        f", sum(CASE WHEN {_is(values)} THEN y ELSE 0 END) AS s{i}"
        for i, values in enumerate(places)
        if i
    )
    # floating-point sums of whole numbers below 2^53 are exact, and fast
    return (
        f"SELECT {sql_name(cluster)} AS cluster, CAST(sum(CAST(CASE {ones} END AS "
        f"DOUBLE)) AS BIGINT) AS packed, sum(y) AS s0{parts} FROM ({marked}) GROUP BY 1"
    )


def patterns_of(
    clusters: pd.DataFrame, cells: pd.DataFrame, fixed: Sequence[str]
) -> tuple[pd.DataFrame, np.ndarray] | None:
    """Return clusters by the rows that they have in each cell, with their moments.

    Parameters
    ----------
    clusters : pandas.DataFrame
        What `clusters_query` gives.
    cells, fixed
        As there.

    Returns
    -------
    patterns : pandas.DataFrame
        ``clusters`` (how many), one of them as ``example``, sums of ``s0``, ``s1`` ...
        and, as ``s0_1``, of their products. The s are a cluster's sums of ``y``, each
        row's less the mean of its cell, so that squares lose no digits.
    counts : ndarray, shape (patterns, cells)
        Rows of such a cluster in each cell.

    None where a cluster has more in a cell than fit into its bits: these then tell
    fewer rows than there are, or too many for the last cell.
    """
    which, packed = pd.factorize(clusters["packed"], sort=True)
    bits, times = _bits(cells), np.bincount(which)
    counts = np.asarray(packed)[:, None] >> bits * np.arange(len(cells))
    most = (1 << bits) - 1
    too_large = (counts[:, -1] > most).any()
    counts &= most
    if too_large or (times @ counts != cells["n"]).any():
        return None
    place = _places(cells, fixed)
    width = place.max() + 1
    usual = counts * (cells["sum_y"] / cells["n"]).to_numpy()
    sums = [clusters[f"s{i}"].to_numpy() for i in range(width)]
    sums[0] = sums[0] - sum(sums[1:])
    sums = [s - usual[:, place == i].sum(axis=1)[which] for i, s in enumerate(sums)]
    first = np.empty(len(times), dtype=np.int64)
    first[which[::-1]] = np.arange(len(which))[::-1]
    found = {"clusters": times, "example": clusters["cluster"].to_numpy()[first]}
    found |= {f"s{i}": np.bincount(which, s) for i, s in enumerate(sums)}
    for i in range(width):
        for j in range(i, width):
            found[f"s{i}_{j}"] = np.bincount(which, sums[i] * sums[j])
    return pd.DataFrame(found), counts.astype(float)


def too_many(cells: pd.DataFrame) -> bool:
    """Return whether there are more cells than clusters are merged by."""
    return len(cells) > MOST_CELLS


def are_fixed(counts: np.ndarray, cells: pd.DataFrame, fixed: Sequence[str]) -> bool:
    """Return whether every cluster has one value of the keys thought to be fixed."""
    kinds = _kinds(cells, fixed)
    kind = np.array([kinds.index(r) for r in cells[[*fixed]].to_dict("records")])
    held = np.column_stack([(counts[:, kind == k] > 0).any(axis=1) for k in set(kind)])
    return not fixed or bool((held.sum(axis=1) == 1).all())


def can_be_merged(
    patterns: pd.DataFrame, counts: np.ndarray, cells: pd.DataFrame
) -> bool:
    """Return whether what is asked of clusters needs their first two moments only.

    Ranks need each of them: those of few clusters, and of a side with one only. So a
    set of cells that one cluster alone holds must lie within a set with the same flags
    that others hold.
    """
    if patterns["clusters"].sum() <= MANY_CLUSTERS:
        return False
    held, which = np.unique(counts > 0, axis=0, return_inverse=True)
    times = np.bincount(which.ravel(), patterns["clusters"])
    flags = cells.drop(columns=[*SUMS]).select_dtypes(bool).to_numpy()
    sides = [{tuple(f) for f in flags[mask]} for mask in held]
    for i in np.flatnonzero(times == 1):
        wider = (held | ~held[i]).all(axis=1) & (times > 1)
        if not any(sides[j] == sides[i] for j in np.flatnonzero(wider)):
            return False
    return True


def merged_clusters(
    patterns: pd.DataFrame,
    counts: np.ndarray,
    cells: pd.DataFrame,
    *,
    cluster: str,
    fixed: Sequence[str],
) -> pd.DataFrame:
    """Return cells of few clusters that stand for all, by what they are linear in.

    Parameters
    ----------
    patterns : pandas.DataFrame
        From `patterns_of`.
    counts : ndarray, shape (patterns, cells)
        The same; they `are_fixed`.
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
    parts, code, held = [], 0, counts > 0
    n, y, squares = (cells[name].to_numpy(dtype=float) for name in SUMS)
    labels, place = cells.drop(columns=[*SUMS]), _places(cells, fixed)
    for mask in np.unique(held, axis=0):
        on, d = np.flatnonzero(mask), int(mask.sum())
        alike = (held == mask).all(axis=1)
        some, own = patterns[alike], counts[alike][:, on]
        clusters = some["clusters"].to_numpy(dtype=float)
        points = _points(some, place[on]) + (own * (y / n)[on])[:, :, None]
        times = np.repeat(clusters / (2 * d), 2 * d)
        each, where = np.repeat(times, d), np.tile(on, len(times))
        rows = np.repeat(own, 2 * d, axis=0).ravel() * each
        sums = {
            cluster: np.repeat(code + np.arange(len(times)), d),
            "clusters": each,
            "example": np.repeat(some["example"].astype(str).to_numpy(), 2 * d * d),
            "n": rows,
            "sum_y": points.mT.ravel() * each,
            "sum_y_y": rows * (squares / n)[where],
        }
        parts.append(labels.iloc[where].reset_index(drop=True).assign(**sums))
        code += len(times)
    return pd.concat(parts, ignore_index=True)


def _points(alike: pd.DataFrame, on: np.ndarray) -> np.ndarray:
    """Return points (patterns, d, 2d) that stand for the sums in the places `on`."""
    d, clusters = len(on), alike["clusters"].to_numpy(dtype=float)
    mean = alike[[f"s{i}" for i in on]].to_numpy() / clusters[:, None]
    pairs = [f"s{min(i, j)}_{max(i, j)}" for i in on for j in on]
    second = alike[pairs].to_numpy().reshape(-1, d, d) / clusters[:, None, None]
    values, vectors = np.linalg.eigh(second - mean[:, :, None] * mean[:, None, :])
    steps = vectors * np.sqrt(d * np.clip(values, 0, None))[:, None, :]
    return mean[:, :, None] + np.concatenate([steps, -steps], axis=2)


def _bits(cells: pd.DataFrame) -> int:
    """Return how many bits of a whole number below 2^53 each cell's count has."""
    return 52 // len(cells)


def _others(cells: pd.DataFrame, fixed: Sequence[str]) -> list[str]:
    return [c for c in cells if c not in (*fixed, *SUMS)]


def _kinds(cells: pd.DataFrame, names: Sequence[str]) -> list[dict[str, object]]:
    """Return the values of the named columns that occur together; one without names."""
    return cells[list(names)].drop_duplicates().to_dict("records") if names else [{}]


def _places(cells: pd.DataFrame, fixed: Sequence[str]) -> np.ndarray:
    """Return for each cell which values of the keys that are not fixed it has."""
    others = _others(cells, fixed)
    known = _kinds(cells, others)
    return np.array([known.index(r) for r in cells[others].to_dict("records")])


def _is(values: Mapping[str, object]) -> str:
    tests = [
        f"{sql_name(k)} = {sql_text(v)}"
        if isinstance(v, str)
        else f"{'' if v else 'NOT '}{sql_name(k)}"
        for k, v in values.items()
    ]
    return " AND ".join(tests) or "true"
