"""The tables of several exports as one tidy table, text held once."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from campaignbook.export_values import Column
from campaignbook.platforms import KEYS, METRICS

TIMES = ("date", "published")
MISSING_TEXT = -1

Part = Mapping[str, np.ndarray]


class Words:
    """Numbers for the texts of a column of many files; an empty text has -1."""

    def __init__(self) -> None:
        self._numbers, self._next = {"": MISSING_TEXT}, 0

    def codes(self, column: Column) -> np.ndarray:
        """Return the numbers of a column's texts, row by row."""
        bare, first = map(str.strip, column.texts), self._next
        self._next += len(column.texts)  # numbers of texts that are known are left out
        found = map(self._numbers.setdefault, bare, range(first, self._next))
        return column.each(np.fromiter(found, np.int32, len(column.texts)))

    def code(self, text: str | None) -> np.int32:
        """Return the number of one text."""
        return self.codes(Column.of([text or ""]))[0]

    def categorical(self, codes: np.ndarray) -> pd.Categorical:
        """Return the texts for some numbers, those that occur in alphabetical order."""
        here = np.bincount(codes + 1, minlength=self._next + 1)[1:] > 0
        named = sorted(t for t, i in self._numbers.items() if i >= 0 and here[i])
        ranks = np.full(self._next + 1, MISSING_TEXT, dtype=np.int32)
        ranks[[self._numbers[text] for text in named]] = np.arange(len(named))
        return pd.Categorical.from_codes(ranks[codes], pd.Index(named, dtype="str"))


def coded_table(
    tables: Iterable[tuple[Mapping[str, str | None], Sequence[dict[str, np.ndarray]]]],
    words: Mapping[str, Words],
) -> pd.DataFrame:
    """Return tables as one, texts as numbers of `words`, with ``table``: which it was.

    Parameters
    ----------
    tables : iterable of (dict, list of dict)
        Of each table the keys that are the same in all of its rows, and its rows in
        parts, of which the columns are taken out.
    words : mapping of str to Words
        By column.

    Notes
    -----
    Metrics that no table tells have no column. A row without a day has that on which
    it was published.
    """
    parts = [
        (table, same, part, len(next(iter(part.values()))))
        for table, (same, inside) in enumerate(tables)
        for part in inside
    ]
    told = {name for *_, part, _ in parts for name in part}
    sizes = [n for *_, n in parts]
    made = {"table": np.repeat(np.array([i for i, *_ in parts], np.int32), sizes)}
    for name in (*KEYS, *(m for m in METRICS if m in told)):
        missing = np.float32(np.nan) if name in METRICS else np.int32(MISSING_TEXT)
        missing = np.datetime64("NaT", "us") if name in TIMES else missing
        pieces = [np.broadcast_to(missing, 0)]  # where there is no row, of this type
        for _, same, part, rows in parts:
            known = words[name].code(same[name]) if name in same else missing
            pieces.append(part.pop(name, None))
            if pieces[-1] is None:
                pieces[-1] = np.broadcast_to(known, rows)
        made[name] = np.concatenate(pieces)
    undated = np.isnat(made["date"])
    made["date"][undated] = made["published"][undated]
    made["date"] = made["date"].astype("datetime64[D]").astype("datetime64[us]")
    return pd.DataFrame(made, copy=False)


def halved(numbers: np.ndarray) -> np.ndarray:
    """Return numbers in half the memory where none of them loses a digit."""
    with np.errstate(over="ignore"):
        half = numbers.astype(np.float32)
    return half if np.array_equal(half, numbers, equal_nan=True) else numbers


def doubled_posts(coded: pd.DataFrame, words: Mapping[str, Words]) -> pd.Series:
    """Return which rows of posts stand again later: by id and day, else wholly."""
    doubled = np.zeros(len(coded), dtype=bool)
    posts = (coded["level"] == words["level"].code("post")).to_numpy()
    ids = coded["id"].to_numpy()
    named = posts & (ids != MISSING_TEXT)
    rest = posts & ~named
    # most ids stand once, and need not be compared
    often = np.bincount(ids[named], minlength=1) > 1
    named[named] = often[ids[named]]
    same = coded.loc[named, ["kind", "id", "date"]]
    doubled[named] = same.duplicated(keep="last")
    other = coded[rest].drop(columns=["source", "table"])
    doubled[rest] = other.duplicated(keep="last")
    return pd.Series(doubled, coded.index)


def repeated_rows(
    coded: pd.DataFrame, words: Mapping[str, Words], origin: Sequence[tuple[str, int]]
) -> pd.Series:
    """Return which rows that are no posts stand again, wholly equal, in a later file.

    `origin` tells for each table its kind and the place of its file. Equal rows of one
    file stay: a file may be broken down by what is not carried over.
    """
    repeated = pd.Series(False, index=coded.index)
    others = coded["level"] != words["level"].code("post")
    kinds: dict[str, dict[int, int]] = {}
    for table, (kind, file) in enumerate(origin):
        kinds.setdefault(kind, {})[table] = file
    for tables in kinds.values():
        if len({*tables.values()}) < 2:
            continue
        own = coded["table"].isin(tables) & others
        rows = coded[own].drop(columns=["source", "table"])
        same = pd.util.hash_pandas_object(rows, index=False)
        file = coded.loc[own, "table"].map(tables)
        repeated[own] = file < file.groupby(same).transform("max")
    return repeated


def tidy_table(
    coded: pd.DataFrame, words: dict[str, Words], metrics: Collection[str]
) -> pd.DataFrame:
    """Return the tidy table with its texts: categories, each of which occurs.

    Metrics that no row tells, and those that are not wanted, are empty and take no
    memory. The columns of `coded` and the `words` are taken out one by one, so that no
    text is held twice.
    """
    empty = np.broadcast_to(np.array(np.nan, np.float32), len(coded))
    for name in coded.columns.intersection(METRICS).difference(metrics):
        del coded[name]
    made = {}
    for name in (*KEYS, *METRICS):
        if name in words:
            codes = coded.pop(name).to_numpy()
            made[name] = words.pop(name).categorical(codes)
        elif name in TIMES:
            made[name] = coded.pop(name).array
        else:
            made[name] = coded.pop(name).to_numpy(float) if name in coded else empty
    return pd.DataFrame(made, copy=False)
