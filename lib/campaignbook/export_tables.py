"""One table of an export: its rows of text become columns of the tidy table."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import chain, islice

import numpy as np
import pandas as pd

from campaignbook.export_values import (
    days,
    decimal_of,
    ids,
    joined,
    kept_cells,
    numbers,
    one_period,
    rates_differ,
    told_days,
)
from campaignbook.platforms import KEYS, METRICS, Header, plain

TEXTS = ("campaign", "text", "post_type", "currency")
MANY_LINES = 20  # more of them in one row are rows that a quotation mark took in
A_CENTURY = 36_525  # days
SAMPLE = 20_000  # cells that are looked at for what separates decimals


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
    ) -> None:
        self.header, self.before, self.unknown = header, tuple(before), ""
        self.rows_read = preamble
        self.dropped: Counter[str] = Counter()
        if preamble:
            self.dropped["line before the header"] = preamble
        self._likely = "," if delimiter == ";" else "."
        self._decimal: str | None = None
        self._parts: list[dict[str, object]] = []
        self._texts: dict[str, str | None] = {}
        self._notes = [*notes, *header.notes]
        self._destroyed, self._odd_rates = 0, Counter()
        self._examples: dict[str, str] = {}
        self._chart = self._charted()
        self.first_cells = {header.names[0]}

    def stranger(
        self, cells: Sequence[str], before: Sequence[Sequence[str]]
    ) -> "TableReader":
        """Return a reader for a further table of the file that is not known."""
        other = TableReader(self.header, self.before, len(before), ",", ())
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
        self._parts = []
        self.dropped = Counter({reason: self.rows_read})

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
        if whole:
            self._take([list(column) for column in zip(*whole, strict=True)])

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

    def _totals(self, columns: list[list[str]]) -> np.ndarray:
        totals, places = self.header.kind.totals, self.header.places
        found = np.zeros(len(columns[0]), dtype=bool)
        if totals is None:
            return found
        numeric = {i for n, i in places.items() if n in self.header.kind.numeric}
        if "any" in totals.where:
            looked = set(range(len(columns))) - numeric
        else:
            looked = {places[w] for w in totals.where if w in places}
            looked |= {0} - numeric if "first" in totals.where else set()
        for i in looked:
            words = {cell for cell in set(columns[i]) if totals.hold(cell)}
            if words:
                found |= np.array([cell in words for cell in columns[i]])
        return found

    def _take(self, columns: list[list[str]]) -> None:
        places, kind = self.header.places, self.header.kind
        metrics = {n: columns[i] for n, i in places.items() if n in kind.numeric}
        if self._chart and "charted" in places:
            metrics[self._chart] = columns[places["charted"]]
        if self._decimal is None:
            few = -(-SAMPLE // max(len(metrics), 1))
            cells = chain.from_iterable(islice(c, few) for c in metrics.values())
            self._decimal = decimal_of(cells, likely=self._likely)
        rows = len(columns[0])
        why = np.full(rows, None, dtype=object)
        why[self._totals(columns)] = "row of totals"
        part: dict[str, object] = {}
        for name, cells in metrics.items():
            values = numbers(cells, decimal=self._decimal)
            self._blame(why, ~np.isfinite(values) & ~np.isnan(values), name, cells)
            part[name] = values
        for name, forms in (("date", kind.dates), ("published", kind.times),
                            ("period_end", kind.dates)):  # fmt: skip
            if name in places:
                part[name], odd = days(columns[places[name]], forms)
                self._blame(why, odd, name, columns[places[name]])
        if "nth_day" in places:
            part["date"] = self._nth(columns[places["nth_day"]], why)
        for name in TEXTS:
            if name in places:
                part[name] = self._interned(columns[places[name]])
        if "id" in places:
            part["id"], lost = ids(columns[places["id"]])
            self._destroyed += lost
        self._nameless(why, part, columns)
        kept = why == None  # noqa: E711  (an array of objects)
        self.dropped.update(Counter(why[~kept].tolist()))
        self._compare_rates(part, columns, kept)
        part = {n: kept_cells(v, kept) for n, v in part.items()} if why.any() else part
        self._parts.append(part | {"rows": int(kept.sum())})

    def _blame(
        self, why: np.ndarray, odd: np.ndarray, name: str, cells: Sequence[str]
    ) -> None:
        fresh = odd & (why == None)  # noqa: E711
        if fresh.any():
            places, numeric = self.header.places, self.header.kind.numeric
            header = self.header.names[places.get(name, places.get("charted", 0))]
            form = "number" if name in numeric else "date in the platform's form"
            reason = f"'{header.strip()}' is no {form}"
            why[fresh] = reason
            self._examples.setdefault(reason, cells[int(np.argmax(fresh))])

    def _nth(self, cells: Sequence[str], why: np.ndarray) -> np.ndarray:
        counts = numbers(cells)
        fine = (counts >= 0) & (counts < A_CENTURY) & (counts == np.floor(counts))
        self._blame(why, ~fine & ~np.isnan(counts), "nth_day", cells)
        start = told_days(chain.from_iterable(self.before))[0]
        dates = np.full(len(cells), "NaT", dtype="datetime64[us]")
        if start:
            first = np.datetime64(start, "us")
            dates[fine] = first + counts[fine].astype("timedelta64[D]")
        else:
            note = "Days are numbered and the file does not say from when: no dates."
            self._notes += [] if note in self._notes else [note]
        return dates

    def _interned(self, cells: Sequence[str]) -> list[str | None]:
        """Return texts, of which each is held once."""
        if len(self._texts) > 200_000:
            self._texts = {}
        for cell in set(cells) - self._texts.keys():
            self._texts[cell] = cell.strip() or None
        return [self._texts[cell] for cell in cells]

    def _nameless(
        self, why: np.ndarray, part: dict[str, object], columns: list[list[str]]
    ) -> None:
        """Drop rows that name nothing where the table names something: totals."""
        places = self.header.places
        named = [places[n] for n in ("id", "campaign", "text") if n in places]
        free = why == None  # noqa: E711
        if self.header.level == "day":
            if "date" in part:
                why[free & np.isnat(part["date"]) & ("nth_day" not in places)] = (
                    "no date"
                )
        elif named and any("" in columns[i] for i in named):
            rows = zip(*(columns[i] for i in named), strict=True)
            empty = np.array([not any(map(str.strip, cells)) for cells in rows])
            why[free & empty] = "names nothing: a total"

    def _compare_rates(
        self, part: dict[str, object], columns: list[list[str]], kept: np.ndarray
    ) -> None:
        for name, place in self.header.rates.items():
            rate = self.header.kind.rates[name]
            if rate.part not in part or rate.whole not in part:
                continue
            odd = rates_differ(
                columns[place], part[rate.part], part[rate.whole],
                percent=rate.unit == "percent", decimal=self._decimal or ".",
            )  # fmt: skip
            self._odd_rates[name] += int((odd & kept).sum())

    def notes(self) -> tuple[str, ...]:
        """Return what to bear in mind, one sentence each."""
        told = list(self._notes)
        if self._destroyed:
            told.append(
                f"{self._destroyed:,} ids were destroyed by a spreadsheet program (as "
                "1.22158E+17): left empty; download the export again."
            )
        for reason, cell in self._examples.items():
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
        names = self.header.names
        if (
            "period_end" not in self.header.places
            or place is None
            or (plain(names[place]) == "day")
        ):
            return None
        return one_period(self._parts)

    def frame(self, *, source: str) -> pd.DataFrame:
        """Return the rows that were kept, with all columns of the tidy table."""
        kind, rows = self.header.kind, sum(p["rows"] for p in self._parts)
        constant = {"platform": kind.platform, "kind": kind.id, "source": source,
                    "level": self.header.level}  # fmt: skip
        if "currency" not in self.header.places:
            constant["currency"] = self.header.currency
        made: dict[str, object] = {}
        for name in KEYS:
            if name in constant:
                one = pd.array([constant[name]], dtype="string")
                whole = pd.Series(one.take(np.zeros(rows, dtype=int)))
            elif name in ("date", "published"):
                whole = pd.Series(joined(self._parts, name, rows, "datetime64[us]"))
            else:
                whole = pd.Series(
                    joined(self._parts, name, rows, object), dtype="string"
                )
            made[name] = whole
        if self._aggregate() is not None:
            made["date"] = pd.Series(np.full(rows, "NaT", dtype="datetime64[us]"))
        made["date"] = made["date"].fillna(made["published"]).dt.normalize()
        for name in METRICS:
            made[name] = joined(self._parts, name, rows, float)
        for total, parts in self.header.sums.items():
            made[total] = sum(joined(self._parts, p, rows, float) for p in parts)
        return pd.DataFrame(made, copy=False)
