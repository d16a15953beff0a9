"""The tables of several exports as one tidy table, text held once."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from campaignbook.export_values import Column
from campaignbook.platforms import KEYS, METRICS

TIMES = ("date", "published")
MISSING_TEXT = -1

Part = Mapping[str, np.ndarray]


class Words(dict[str, int]):
    """Numbers for the texts of columns of many files; that of an empty text is -1."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __missing__(self, text: str) -> int:
        bare = text.strip()
        if bare != text:
            self[text] = code = self[bare]
            return code
        self[text] = code = len(self.texts) if text else -1
        if text:
            self.texts.append(text)
        return code

    def codes(self, column: Column) -> np.ndarray:
        """Return the numbers of a column's texts, row by row."""
        known = map(self.__getitem__, column.texts)
        return column.each(np.fromiter(known, np.int32, len(column.texts)))

    def categorical(self, codes: np.ndarray) -> pd.Categorical:
        """Return the texts for some numbers, those that occur in alphabetical order."""
        counts = np.bincount(codes + 1, minlength=len(self.texts) + 1)[1:]
        order = sorted(np.flatnonzero(counts), key=self.texts.__getitem__)
        ranks = np.full(len(self.texts) + 1, -1, dtype=np.int32)
        ranks[order] = np.arange(len(order))
        texts = pd.Index([self.texts[i] for i in order], dtype=object).astype("str")
        return pd.Categorical.from_codes(ranks[codes], texts)


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
        missing = np.nan if name in METRICS else np.int32(MISSING_TEXT)
        missing = np.datetime64("NaT", "us") if name in TIMES else missing
        pieces = [np.broadcast_to(missing, 0)]  # where there is no row, of this type
        for _, same, part, rows in parts:
            known = np.int32(words[name][same[name] or ""]) if name in same else missing
            pieces.append(part.pop(name, None))
            if pieces[-1] is None:
                pieces[-1] = np.broadcast_to(known, rows)
        made[name] = np.concatenate(pieces)
    undated = np.isnat(made["date"])
    made["date"][undated] = made["published"][undated]
    made["date"] = made["date"].astype("datetime64[D]").astype("datetime64[us]")
    return pd.DataFrame(made, copy=False)


def doubled_posts(coded: pd.DataFrame, words: Mapping[str, Words]) -> pd.Series:
    """Return which rows of posts stand again later: by id and day, else wholly."""
    doubled = pd.Series(False, index=coded.index)
    posts = coded[coded["level"] == words["level"]["post"]]
    named = posts[posts["id"] != MISSING_TEXT]
    again = named.duplicated(["platform", "kind", "id", "date"], keep="last")
    doubled[again.index] = again
    rest = posts[posts["id"] == MISSING_TEXT].drop(columns=["source", "table"])
    again = rest.duplicated(keep="last")
    doubled[again.index] = again
    return doubled


def tidy_table(coded: pd.DataFrame, words: Mapping[str, Words]) -> pd.DataFrame:
    """Return the tidy table with its texts: categories, each of which occurs.

    Metrics that no row tells are empty and take no memory.
    """
    empty = np.broadcast_to(np.array(np.nan), len(coded))
    made = {
        name: words[name].categorical(coded[name].to_numpy())
        if name in words
        else coded[name].array
        if name in coded
        else empty
        for name in (*KEYS, *METRICS)
    }
    return pd.DataFrame(made, copy=False)
