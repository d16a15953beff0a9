"""Many rows of an export at once, where each of them is read one way only."""

import codecs
import csv
import io
from collections.abc import Collection

import numpy as np
import pandas as pd

from campaignbook.export_values import NOTHING, Column

FEED, RETURN, QUOTE = 10, 13, 34


def plain_rows(
    block: bytes, *, delimiter: str, width: int, starts: Collection[str] = ()
) -> tuple[int, int]:
    r"""Return how many rows at the start of a block are plain, and their bytes.

    A plain row ends with a line feed and has `width` cells, of which the first is not
    empty; quotes stand around whole cells only. It begins with none of `starts`.

    Examples
    --------
    >>> plain_rows(b'1,2\n"a,b",3\n4\n5,6\n', delimiter=",", width=2)
    (2, 12)
    """
    if block.startswith(codecs.BOM_UTF8):
        return 0, 0
    lines = b"\n" + block
    marks = np.frombuffer(lines, np.uint8)
    feeds, gaps = marks == FEED, marks == ord(delimiter)
    returns = np.flatnonzero(marks == RETURN)
    following = marks[np.minimum(returns + 1, len(marks) - 1)]
    odd = [returns[following != FEED]]
    edge = np.zeros(256, dtype=bool)
    edge[[FEED, QUOTE, ord(delimiter)]] = True
    quotes = np.flatnonzero(marks == QUOTE)
    if len(quotes):
        outside = (np.cumsum(marks == QUOTE, dtype=np.uint8) & 1) == 0
        feeds, gaps = feeds & outside, gaps & outside
        opening, closing = quotes[::2], quotes[1::2]
        odd.append(opening[~edge[marks[opening - 1]]])
        following = marks[np.minimum(closing + 1, len(marks) - 1)]
        odd.append(closing[~edge[following] & (following != RETURN)])
    for word in filter(None, starts):
        cell = word.replace('"', '""').encode()
        found = [lines.find(opening + cell) for opening in (b"\n", b'\n"')]
        odd.append(np.array([at for at in found if at >= 0], dtype=int) + 1)
    begins = np.flatnonzero(feeds) + 1
    rows = begins[:-1]
    cells = np.diff(np.searchsorted(np.flatnonzero(gaps), begins)) + 1
    first = marks[rows]
    quoted = first == QUOTE
    first = np.where(quoted, marks[np.minimum(rows + 1, len(marks) - 1)], first)
    plain = (cells == width) & ~edge[first] & (np.diff(begins) < csv.field_size_limit())
    end = min((at.min() for at in odd if len(at)), default=len(marks))
    plain &= begins[1:] <= end
    count = len(plain) if plain.all() else int(np.argmin(plain))
    return count, int(begins[count]) - 1


def read_plain_rows(
    block: bytes,
    *,
    delimiter: str,
    width: int,
    texts: Collection[int],
    figures: Collection[int],
    decimal: str,
) -> dict[int, Column | np.ndarray]:
    """Return columns of plain rows: texts, and figures as numbers if all of them are.

    Parameters
    ----------
    block : bytes
        Rows that are plain (`plain_rows`), in UTF-8.
    delimiter : str
        What separates the cells.
    width : int
        Number of cells.
    texts, figures : collection of int
        Places of the columns that are wanted.
    decimal : str
        What separates decimals.
    """

    def read(kinds: dict[int, object], **options: object) -> pd.DataFrame:
        # one more row: with it no column is of numbers or truths that are texts
        row = ["1" if kinds.get(i) is float else "x" for i in range(width)]
        frame = pd.read_csv(
            io.BytesIO(block + delimiter.join(row).encode()), header=None,
            names=range(width), usecols=[*kinds], dtype=kinds, delimiter=delimiter,
            keep_default_na=False, skip_blank_lines=False, low_memory=False, **options,
        )  # fmt: skip
        return frame.iloc[:-1]

    kinds = {**dict.fromkeys(figures, float), **dict.fromkeys(texts, "category")}
    missing = {i: [*NOTHING] for i in figures}
    try:
        frame = read(kinds, na_values=missing, decimal=decimal)
        exact = not np.isinf(frame[[*figures]].to_numpy()).any()
    except (ValueError, OverflowError):
        exact = False
    if not exact:
        frame = read(dict.fromkeys(kinds, "category"))
    return {i: _column(frame[i]) for i in kinds}


def _column(cells: pd.Series) -> Column | np.ndarray:
    if cells.dtype == float:
        return cells.to_numpy()
    texts = cells.cat.categories.to_numpy(dtype=object).tolist()
    return Column(texts=texts, codes=cells.cat.codes.to_numpy())
