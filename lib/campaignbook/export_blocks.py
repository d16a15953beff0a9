"""Many rows of an export at once, where each of them is read one way only."""

import codecs
import csv
import io
from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from campaignbook.export_values import NOTHING, Column

FEED, RETURN, QUOTE = 10, 13, 34


def plain_rows(
    block: bytes, *, delimiter: str, width: int, header: str = "", comment: str = ""
) -> tuple[int, int]:
    r"""Return how many rows at the start of a block are plain, and their bytes.

    A plain row ends with a line feed and has `width` cells, of which the first is not
    empty; quotes stand around whole cells only. Its first cell is not `header` and does
    not begin with `comment`.

    Examples
    --------
    >>> plain_rows(b'1,2\n"a,b",3\n4\n5,6\n', delimiter=",", width=2)
    (2, 12)
    """
    if block.startswith(codecs.BOM_UTF8):
        return 0, 0
    lines = b"\n" + block
    marks = np.frombuffer(lines, np.uint8)
    returns = np.flatnonzero(marks == RETURN)
    odd = [returns[_next(marks, returns) != FEED]]
    edge = np.zeros(256, dtype=bool)
    edge[[FEED, QUOTE, ord(delimiter)]] = True
    edges = np.flatnonzero(
        (marks == FEED) | (marks == QUOTE) | (marks == ord(delimiter))
    )
    kinds = marks[edges]
    quoted = kinds == QUOTE
    quotes = edges[quoted]
    if len(quotes):
        outside = (np.cumsum(quoted) & 1) == 0
        edges, kinds = edges[outside & ~quoted], kinds[outside & ~quoted]
        opening, closing = quotes[::2], quotes[1::2]
        odd.append(opening[~edge[marks[opening - 1]]])
        following = _next(marks, closing)
        odd.append(closing[~edge[following] & (following != RETURN)])
    for start in _starts(header, comment, delimiter):
        at = lines.find(b"\n" + start.encode())
        if at >= 0:
            odd.append(np.array([at + 1]))
    feeds = np.flatnonzero(kinds == FEED)
    begins = edges[feeds] + 1
    rows = begins[:-1]
    cells = np.diff(feeds)
    first = marks[rows]
    first = np.where(first == QUOTE, _next(marks, rows), first)
    plain = (cells == width) & ~edge[first] & (np.diff(begins) < csv.field_size_limit())
    end = min((at.min() for at in odd if len(at)), default=len(marks))
    plain &= begins[1:] <= end
    count = len(plain) if plain.all() else int(np.argmin(plain))
    return count, int(begins[count]) - 1


def _starts(header: str, comment: str, delimiter: str) -> Iterator[str]:
    """Yield how a line begins whose first cell is a header's or begins a comment."""
    if header:
        yield header + delimiter
        yield '"{}"'.format(header.replace('"', '""'))
    if comment:
        yield comment
        yield '"' + comment.replace('"', '""')


def _next(marks: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return what follows some places; the last of all follows itself."""
    return marks[np.minimum(places + 1, len(marks) - 1)]


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
    # one more row: with it no column of truths is one of numbers
    rows = block + delimiter.join("1" * width).encode()

    def read(kinds: dict[int, type], **options: object) -> pd.DataFrame:
        frame = pd.read_csv(
            io.BytesIO(rows), header=None, names=range(width), usecols=[*kinds],
            dtype=kinds, delimiter=delimiter, keep_default_na=False,
            skip_blank_lines=False, low_memory=False, **options,
        )  # fmt: skip
        return frame.iloc[:-1]

    # text stays as it is: to make categories of it takes a sort
    kinds = {**dict.fromkeys(figures, float), **dict.fromkeys(texts, object)}
    missing = {i: [*NOTHING] for i in figures}
    try:
        frame = read(kinds, na_values=missing, decimal=decimal)
        exact = not np.isinf(frame[[*figures]].to_numpy()).any()
    except (ValueError, OverflowError):
        exact = False
    if not exact:
        frame = read(dict.fromkeys(kinds, object))
    return {i: _column(frame[i]) for i in kinds}


def _column(cells: pd.Series) -> Column | np.ndarray:
    return cells.to_numpy() if cells.dtype == float else Column.of(cells.to_numpy())
