"""Who belongs to the treated group of a panel, and what is refused.

Entities (units, clusters) and periods are codes (cells,), with the names of either.
"""

import numpy as np

from campaignbook.errors import DataError


def refuse_duplicates(unit, units, period, periods, counts) -> None:
    """Raise DataError where a unit has several rows in a period."""
    pair = unit * len(periods) + period
    rows = np.bincount(pair, counts)
    many = np.flatnonzero(rows > 1)
    if len(many):
        named = ", ".join(
            f"('{units[p // len(periods)]}', '{periods[p % len(periods)]}')"
            for p in many[:3]
        )
        more = f" and {len(many) - 3} more" if len(many) > 3 else ""
        raise DataError(
            f"unit: a panel has one row a unit and period, but {named}{more} occur "
            "more than once; remove the duplicates, or leave 'unit' out and name the "
            "cluster if the rows are people."
        )


def refuse_doubled(n, y, squares, periods) -> None:
    """Raise DataError where a series has one row a period but some stand twice, alike.

    `n`, `y` and `squares` (series, periods) are rows, their sum and that of squares.
    Rows that all hold the same number (an event a row) do not tell.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        means = y / n
        alike = squares - y * means <= 1e-15 * squares
    for rows, mean, same in zip(n, means, alike, strict=True):
        found = rows > 0
        many = np.flatnonzero((rows > 1) & same)
        if not len(many) or np.median(rows[found]) > 1 or np.ptp(mean[found]) == 0:
            continue
        named = ", ".join(f"'{periods[i]}' ({rows[i]:.0f} rows)" for i in many[:3])
        more = f" and {len(many) - 3} more" if len(many) > 3 else ""
        raise DataError(
            f"time: the series has one row a period, but in {named}{more} rows with "
            "the same outcome stand more than once; remove the duplicates, or, if "
            "they are parts of a period, put them together into one row yourself."
        )


def refuse_movers(unit, units, cluster, clusters) -> None:
    """Raise DataError where a unit lies in several clusters."""
    home = np.empty(len(units), dtype=cluster.dtype)
    home[unit] = cluster
    moved = np.flatnonzero(home[unit] != cluster)
    if len(moved):
        i = moved[0]
        raise DataError(
            f"cluster: unit '{units[unit[i]]}' lies in '{clusters[cluster[i]]}' and in "
            f"'{clusters[home[unit[i]]]}'; a unit must stay in one cluster, so name a "
            "column that does not change within a unit."
        )


def ever_treated(entity, names, flag, period, start, periods) -> np.ndarray:
    """Return whether each cell's entity is ever treated; refuse staggered starts."""
    ever = np.bincount(entity, flag, minlength=len(names)) > 0
    never = np.bincount(entity, ~flag, minlength=len(names)) == 0
    if not (ever & ~never).any():
        return flag
    first = np.full(len(names), len(periods))
    np.minimum.at(first, entity[flag], period[flag])
    late = ~flag & ever[entity] & (period >= start) & (period < first[entity])
    wrong = (flag & (period < start)) | late
    if not wrong.any():
        return ever[entity]
    one = entity[wrong.argmax()]
    others = np.flatnonzero(ever & (first != first[one]))
    if not len(others):
        raise DataError(
            f"time.start: the table's treated units start at '{periods[first[one]]}', "
            f"but the plan says '{periods[start]}'; write the same."
        )
    raise DataError(
        f"treated: '{names[one]}' is first treated in '{periods[first[one]]}' and "
        f"'{names[others[0]]}' in '{periods[first[others[0]]]}'; for different start "
        "dates name their column as time.start_column, without treated and time.start."
    )


def group_of_people(cluster, names, flag, period, start, periods) -> np.ndarray:
    """Return the treated group of cells where rows are people in clusters."""
    kind = 4 * cluster + 2 * flag + (period >= start)
    has = np.bincount(kind, minlength=4 * len(names)).reshape(-1, 4) > 0
    both = has[:, :2].any(axis=1) & has[:, 2:].any(axis=1)
    half = np.flatnonzero(both & ~has.all(axis=1))
    if not len(half):
        return flag
    moment = cluster * len(periods) + period
    on, off = (
        np.bincount(moment, f, minlength=moment.max() + 1) for f in (flag, ~flag)
    )
    if not ((on > 0) & (off > 0)).any():
        return ever_treated(cluster, names, flag, period, start, periods)
    raise DataError(
        f"treated: cluster '{names[half[0]]}' holds treated and control rows, but not "
        "both of them both before and from the start; name a column that tells the "
        "group of a row at all times."
    )
