"""One table of an export: its rows of text become columns of the tidy table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain

import numpy as np

from campaignbook.export_blocks import read_plain_rows
from campaignbook.export_dates import DateOrder
from campaignbook.export_frames import TIMES, Words, halved
from campaignbook.export_values import (
    Column,
    all_bare,
    all_blank,
    any_text,
    days_after,
    decimal_of,
    ids,
    numbers,
    one_period,
    rates_differ,
    told_days,
)
from campaignbook.platforms import Header, plain

TEXTS = ("campaign", "text", "post_type", "currency")
MANY_LINES = 20  # more of them in one row are rows that a quotation mark took in
A_CENTURY = 36_525  # days
SAMPLE = 20_000  # cells that are looked at for what separates decimals

Cells = Mapping[int, Column | np.ndarray]


class TableReader:
    """Takes rows chunk by chunk, counts what it drops, gives the tidy table.

    It is the one thing here that changes: files are too long to be held as text.
    """

    def __init__(
        self,
        header: Header,
        before: Sequence[Sequence[str]],
        preamble: int,
        delimiter: str,
        notes: Sequence[str],
        words: Mapping[str, Words],
    ) -> None:
        self.header, self.before, self.unknown = header, tuple(before), ""
        self.rows_read = preamble
        self.dropped: Counter[str] = Counter()
        if preamble:
            self.dropped["line before the header"] = preamble
        self._delimiter, self._decimal = delimiter, ""
        self._words = words
        self._parts: list[dict[str, np.ndarray]] = []
        self._ends: dict[str, set[date | None]] = {"date": set(), "period_end": set()}
        self._notes = [*notes, *header.notes]
        self._destroyed, self._odd_rates, self.dates = 0, Counter(), DateOrder()
        self._examples: dict[str, str] = {}
        self._chart, places = self._charted(), header.places
        self._metrics = {n: i for n, i in places.items() if n in header.kind.numeric}
        if self._chart and "charted" in places:
            self._metrics[self._chart] = places["charted"]
        self._figures = {*self._metrics.values(), *header.rates.values()}
        self._texts = {*places.values(), *header.looked_for_totals} - self._figures
        # rows wait until there are enough to see how numbers are written
        self._waiting: list[list[str]] = []
        self._enough = -(-SAMPLE // max(len(self._metrics), 1))

    def stranger(
        self, cells: Sequence[str], before: Sequence[Sequence[str]]
    ) -> "TableReader":
        """Return a reader for a further table of the file that is not known."""
        other = TableReader(self.header, self.before, len(before), ",", (), self._words)
        named = ", ".join(f"'{c}'" for c in cells if c.strip())
        other.unknown = f"in a table that is not known ({named[:80]})"
        other._notes = []
        return other

    def _charted(self) -> str | None:
        """Return what a daily chart counts: the lines above its header say it."""
        above = " ".join(chain.from_iterable(self.before)).casefold()
        charts = self.header.kind.charts
        return next((m for word, m in charts.items() if word in above), None)

    def drop_all(self, reason: str) -> None:
        """Drop all rows for one reason."""
        self._parts, self._waiting = [], []
        self.dropped = Counter({reason: self.rows_read})

    @property
    def takes_blocks(self) -> bool:
        """Whether it knows the table, and has seen how it writes numbers."""
        return bool(self._decimal)

    def add(self, rows: list[list[str]]) -> None:
        """Take some rows."""
        self.rows_read += len(rows)
        if self.unknown:
            if rows:
                self.dropped[self.unknown] += len(rows)
            return
        width = len(self.header.names)
        whole = [row for row in rows if len(row) == width]
        if len(whole) < len(rows):
            whole = [kept for row in rows if (kept := self._fitted(row, width))]
        self._waiting += whole
        if self._decimal or len(self._waiting) >= self._enough:
            self.take_waiting()

    def take_waiting(self) -> None:
        """Take the rows that wait: at the end of a table there come no more."""
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        cells = {i: [row[i] for row in rows] for i in self._texts | self._figures}
        if not self._decimal:
            self._see(cells)
        self._take({i: Column.of(c) for i, c in cells.items()}, len(rows))

    def _see(self, cells: Mapping[int, Sequence[str]]) -> None:
        """See how the first rows write numbers."""
        seen = (cells[i][: self._enough] for i in self._metrics.values())
        likely = "," if self._delimiter == ";" else "."
        self._decimal = decimal_of(chain.from_iterable(seen), likely=likely)
        bare = {i for i in self._figures if all_bare(cells[i], self._decimal)}
        self._texts, self._figures = self._texts | (self._figures - bare), bare

    def add_block(self, block: bytes, rows: int) -> None:
        """Take some rows that are plain."""
        self.rows_read += rows
        cells = read_plain_rows(
            block, delimiter=self._delimiter, width=len(self.header.names),
            texts=self._texts, figures=self._figures, decimal=self._decimal,
        )  # fmt: skip
        self._take(cells, rows)

    def _fitted(self, row: list[str], width: int) -> list[str] | None:
        """Return a row as wide as the header; None where it is not whole."""
        if len(row) >= width and not any(map(str.strip, row[width:])):
            return row[:width]
        totals = self.header.kind.totals
        if totals and any(map(totals.hold, row)):
            reason = "row of totals"
        elif sum(cell.count("\n") for cell in row) > MANY_LINES:
            reason = "runs over many lines: a quotation mark is missing or too much"
        elif len(row) < width:
            reason = "fewer cells than the header: cut off"
        else:
            reason = "more cells than the header"
        self.dropped[reason] += 1
        return None

    def _take(self, cells: Cells, rows: int) -> None:
        places, kind = self.header.places, self.header.kind
        why = np.full(rows, "", dtype=object)
        looked = [cells[i] for i in self.header.looked_for_totals]
        why[any_text(looked, kind.totals and kind.totals.hold, rows)] = "row of totals"
        part: dict[str, np.ndarray] = {}
        for name, i in self._metrics.items():
            part[name] = numbers(cells[i], decimal=self._decimal)
            self._blame(why, np.isinf(part[name]), name, cells[i])
        ends = {}
        for name, forms in (("date", kind.dates), ("published", kind.times),
                            ("period_end", kind.dates)):  # fmt: skip
            if name in places:
                column = cells[places[name]]
                ends[name], odd = self.dates.days(column, forms)
                self._blame(why, odd, name, column)
        part |= {n: v for n, v in ends.items() if n in TIMES}
        if "nth_day" in places:
            part["date"] = self._nth(cells[places["nth_day"]], why)
        for name in TEXTS:
            if name in places:
                part[name] = self._words[name].codes(cells[places[name]])
        if "id" in places:
            whole, lost = ids(cells[places["id"]])
            part["id"] = self._words["id"].codes(whole)
            self._destroyed += lost
        self._nameless(why, part, cells)
        kept = why == ""
        self._compare_rates(part, cells, kept)
        if not kept.all():
            self.dropped.update(Counter(why[~kept].tolist()))
            part = {n: v[kept] for n, v in part.items()}
        for name, found in self._ends.items():
            if name in ends and len(found) < 2:
                found.update(np.unique(ends[name][kept]).tolist())
        for total, parts in self.header.sums.items():
            if all(p in part for p in parts):
                part[total] = np.sum([part[p] for p in parts], axis=0)
        self._parts.append(
            {n: halved(v) if v.dtype == float else v for n, v in part.items()}
        )

    def _blame(
        self, why: np.ndarray, odd: np.ndarray, name: str, column: Column | np.ndarray
    ) -> None:
        fresh = odd.any() and odd & (why == "")
        if np.any(fresh):
            places, numeric = self.header.places, self.header.kind.numeric
            header = self.header.names[places.get(name, places.get("charted", 0))]
            form = "number" if name in numeric else "date in the platform's form"
            reason = f"'{header.strip()}' is no {form}"
            why[fresh] = reason
            first = column.codes[np.argmax(fresh)]
            self._examples.setdefault(reason, column.texts[first])

    def _nth(self, column: Column, why: np.ndarray) -> np.ndarray:
        counts = numbers(column)
        fine = (counts >= 0) & (counts < A_CENTURY) & (counts == np.floor(counts))
        self._blame(why, ~fine & ~np.isnan(counts), "nth_day", column)
        start = told_days(chain.from_iterable(self.before))[0]
        note = "Days are numbered and the file does not say from when: no dates."
        if not start and note not in self._notes:
            self._notes.append(note)
        return days_after(start, np.where(fine, counts, np.nan))

    def _nameless(
        self, why: np.ndarray, part: Mapping[str, np.ndarray], cells: Cells
    ) -> None:
        """Drop rows that name nothing where the table names something: totals."""
        places = self.header.places
        names = [cells[places[n]] for n in ("id", "campaign", "text") if n in places]
        if self.header.level == "day":
            if "date" in part and "nth_day" not in places:
                why[np.isnat(part["date"]) & (why == "")] = "no date"
        elif names:
            why[all_blank(names) & (why == "")] = "names nothing: a total"

    def _compare_rates(
        self, part: Mapping[str, np.ndarray], cells: Cells, kept: np.ndarray
    ) -> None:
        for name, place in self.header.rates.items():
            rate = self.header.kind.rates[name]
            if rate.part not in part or rate.whole not in part:
                continue
            odd = rates_differ(
                cells[place], part[rate.part], part[rate.whole],
                percent=rate.unit == "percent", decimal=self._decimal,
            )  # fmt: skip
            self._odd_rates[name] += int((odd & kept).sum())

    def notes(self) -> tuple[str, ...]:
        """Return what to bear in mind, one sentence each."""
        told = [*self._notes, *self.dates.told]
        if self._destroyed:
            told.append(
                f"{self._destroyed:,} ids were destroyed by a spreadsheet program (as "
                "1.22158E+17): left empty; download the export again."
            )
        for reason, cell in sorted(self._examples.items()):
            told.append(f"The first row of which {reason} has '{cell[:60]}'.")
        for name, rows in self._odd_rates.items():
            if rows:
                told.append(f"'{name}' differs from its parts in {rows:,} rows: see "
                            "that the columns are whole.")  # fmt: skip
        if "charted" in self.header.places and not self._chart:
            told.append("The lines above the header do not say what the chart counts; "
                        "name it in an alias file, as 'Primary: follows'.")  # fmt: skip
        if self._aggregate() is not None:
            told.append("The file is one period without days: its rows have no date.")
        return tuple(told)

    def span(self) -> tuple[date, date] | None:
        """Return first and last day of a table that is one period without days."""
        if any(name in self.header.places for name in ("nth_day", "published")):
            return None
        if "date" in self.header.places:
            return self._aggregate()
        first, last = told_days(chain.from_iterable(self.before))
        return (first, last) if first and last else None

    def _aggregate(self) -> tuple[date, date] | None:
        """Return the period of several days that all rows share, if they do."""
        place = self.header.places.get("date")
        if place is None or plain(self.header.names[place]) == "day":
            return None
        return one_period(*self._ends.values())

    def constants(self) -> dict[str, str | None]:
        """Return the keys that are the same in all rows."""
        header = self.header
        same = {"platform": header.kind.platform, "kind": header.kind.id,
                "level": header.level, "currency": header.currency}  # fmt: skip
        return {n: v for n, v in same.items() if n not in header.places}

    def take_out(self) -> list[dict[str, np.ndarray]]:
        """Return the rows that were kept, in parts, and let go of them.

        Texts are numbers of `Words`.
        """
        self.take_waiting()
        parts, self._parts = self._parts, []
        if self._aggregate() is not None:
            parts = [{n: v for n, v in p.items() if n != "date"} for p in parts]
        return parts
