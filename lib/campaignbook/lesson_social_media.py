"""The lesson on social media marketing: indicators with their parts, exports."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from IPython.display import HTML

from campaignbook.enquiries import Answering
from campaignbook.exports import Imported
from campaignbook.files import DATA
from campaignbook.kpi_files import read_kpis
from campaignbook.kpi_values import UNIQUE, KpiValue, kpi_values
from campaignbook.kpis import Kpi, beside_benchmark, words
from campaignbook.markup import esc, shown, table
from campaignbook.results import Estimate, say, say_number

OWN_TABLES = ("enquiries", "influencer", "audience")
"""How the names of tables begin that stand beside the exports."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOW = {
    "sum": "added up",
    "sum_over_sum": "rate of the sums",
    "mean_of_rates": "mean of the rows' own rates",
}
"""How the rows of a table come to one number, in words."""


# --- indicators with their parts --------------------------------------------------


def made_of(*names: str) -> HTML:
    """Return what indicators are made of, what to bear in mind, and whose they are."""
    book, rows = read_kpis(), []
    for kpi in map(book.kpi, names):
        top = " + ".join(map(words, kpi.numerator))
        below = words(kpi.denominator) if kpi.denominator else "nothing: a count"
        rows.append(
            [esc(kpi.name), esc(top), esc(below), _how(kpi),
             esc(kpi.convention), esc(book.cite(kpi.sources))]
        )  # fmt: skip
    head = ["Indicator", "Above the line", "Below the line", "Put together as",
            "Bear in mind", "Whose formula"]  # fmt: skip
    return shown(table("What each indicator is made of", head, rows))


def measured(
    frame: pd.DataFrame,
    *names: str,
    caption: str,
    by: str | None = None,
    currency: str = "GBP",
) -> HTML:
    """Return indicators of a tidy table with interval and parts, or why there is none.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the tidy table of exports, at one level.
    *names : str
        Ids of indicators in kpis.yml.
    caption : str
        Of the table.
    by : str, optional
        Column whose values make groups.
    currency : str
        Unit of money.

    Raises
    ------
    DataError
        There is no such indicator or column.
    """
    book = read_kpis()
    found = [
        value
        for name in names
        for value in kpi_values(frame, book.kpi(name), by=by, currency=currency)
    ]
    head = [
        "Indicator",
        "Value",
        "Interval",
        "Above / below",
        "Put together as",
        "Rows",
    ]
    return shown(table(caption, head, [_value_row(v) for v in found]))


def _value_row(found: KpiValue) -> list[str]:
    group = "" if found.group is None else f", {found.group.partition(': ')[2]}"
    name = f"{found.kpi.name}{group}"
    how = _how(found.kpi)
    if found.refused:
        return [esc(name), "no value", esc(found.refused), "", how, f"{found.rows:,}"]
    size, interval = _size_and_ends(found.estimate)
    parts = "each row's own"
    if found.kpi.denominator is None:
        parts = ""
    elif found.denominator is not None:
        parts = f"{say_number(found.numerator)} / {say_number(found.denominator)}"
    return [esc(name), esc(size), esc(interval), parts, how, f"{found.rows:,}"]


def _size_and_ends(found: Estimate) -> tuple[str, str]:
    """Return an estimate and its interval in words, without the level."""
    size, interval = found.words()
    return size, interval.removeprefix(f"{100 * found.level:g}% interval ")


def _how(kpi: Kpi) -> str:
    """Return how rows come to one number; numbers of people are not added up."""
    if kpi.aggregation == "sum" and kpi.numerator[0] in UNIQUE:
        return "not added up"
    return HOW[kpi.aggregation]


def side_by_side(results: Mapping[str, float | KpiValue], caption: str) -> HTML:
    """Return the same figure computed in several ways, one a row."""
    rows = []
    for way, result in results.items():
        if isinstance(result, KpiValue):
            size, interval = result.estimate.words()
            how = f"{result.kpi.shown()}; {interval}"
            rows.append([esc(HOW[result.kpi.aggregation]), esc(size), esc(how)])
        else:
            rows.append([esc(way), esc(say_number(result)), ""])
    head = ["Computed as", "Result", "How"]
    if not any(row[2] for row in rows):
        head, rows = head[:2], [row[:2] for row in rows]
    return shown(table(caption, head, rows))


def _group_name(group: str) -> str:
    by, _, key = group.partition(": ")
    if by == "weekday":
        return DAYS[int(key)]
    return f"{key} h" if by == "hour" else key


def benchmarks_beside(found: KpiValue, *names: str) -> HTML:
    """Return published figures beside a value, or why they may not stand there."""
    book = read_kpis()
    rows = []
    for name in names:
        may, said = beside_benchmark(
            book, book.benchmark(name), found.kpi, found.estimate
        )
        mark = "yes" if may else "no"
        sign = "✓ may stand beside" if may else "✗ may not"
        rows.append([f'<span class="{mark}">{sign}</span>', esc(said)])
    return shown(table("Published figures", ["May it?", "Why"], rows))


def not_computed() -> HTML:
    """Return what is asked for and not computed, with the reason and its sources."""
    book = read_kpis()
    rows = [[esc(e.name), esc(e.text), esc(book.cite(e.sources))]
            for e in book.explained]  # fmt: skip
    head = ["Figure", "Why it is not computed here", "Source"]
    return shown(table("Asked for, and not computed", head, rows))


def differences(found: Iterable[Estimate], caption: str) -> HTML:
    """Return how groups differ from the rest, each with its interval."""
    rows = []
    for one in found:
        low, high = one.ends()
        size, interval = _size_and_ends(one)
        interval += f" <small>(at {100 * one.level:.1f}%)</small>"
        word = "cannot be told from the rest" if low <= 0 <= high else "differs"
        rows.append([esc(_group_name(one.group)), esc(size), interval, word])
    head = ["Group", "Minus the rest", "Interval", "So it"]
    return shown(table(caption, head, rows))


def quitline_months() -> tuple[pd.DataFrame, Kpi]:
    """Return simulated calls to a quitline by month, and what they are.

    Columns as `monitoring.weekly` gives them; ``week`` is the first of the month.
    """
    calls = Kpi(
        id="calls", name="Calls of 1,000 smokers", formula="calls / smokers x 1000",
        numerator=("calls",), denominator="smokers", times=1000, unit="ratio",
        aggregation="sum_over_sum", convention="All calls, also a person's second.",
    )  # fmt: skip
    read = pd.read_csv(DATA / "tables" / "quitline_calls.csv", parse_dates=["month"])
    months = read.set_axis(["week", "a", "b"], axis=1).astype({"a": float, "b": float})
    return months.assign(rate=1000 * months["a"] / months["b"]), calls


# --- exports ----------------------------------------------------------------------


def first_lines(path: str | Path, most: int = 5) -> HTML:
    """Return the first lines of a text export, as they stand in the file."""
    raw = Path(path).read_bytes()
    coding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    lines = raw.decode(coding).splitlines()[:most]
    text = "\n".join(line if len(line) < 170 else f"{line[:167]}..." for line in lines)
    style = "white-space: pre-wrap; overflow-wrap: anywhere; word-break: normal"
    written = coding.removesuffix("-sig").upper()
    return shown(
        f"<p>{esc(Path(path).name)}, written as {written}:</p>"
        f'<pre style="{style}">{esc(text)}</pre>'
    )


def platform_files(folder: str | Path) -> list[Path]:
    """Return the exports in a folder by name; tables of the book's own are none."""
    return [p for p in sorted(Path(folder).iterdir())
            if not p.name.startswith(OWN_TABLES)]  # fmt: skip


def account_of(imported: Imported) -> HTML:
    """Return what became of each row of each file."""
    rows = []
    for one in imported.accounts:
        lost = "; ".join(f"{n:,}: {why}" for why, n in one.rows_dropped) or "none"
        rows.append(
            [esc(one.file), esc(one.kind), f"{one.rows_read:,}", f"{one.rows_used:,}",
             esc(lost), esc(" ".join(one.notes))]
        )  # fmt: skip
    head = ["File", "Recognised as", "Rows", "Used", "Left out, and why", "Note"]
    return shown(table("The account of every row", head, rows))


def answered(found: Iterable[Answering]) -> HTML:
    """Return how messages were answered, in all and by topic."""
    rows = []
    for one in found:
        counts = (one.messages, one.needed, one.answered)
        told = [_with_ends(one.response_rate), _with_ends(one.first_reply)]
        rows.append([esc(one.topic), *map(str, counts), *told, str(one.backlog)])
    head = ["Topic", "Messages", "Needed an answer", "Had one",
            "Response rate (95% interval)", "First reply, median business hours "
            "(95% interval)", "Still waiting"]  # fmt: skip
    return shown(table("How messages were answered", head, rows))


def _with_ends(found: Estimate | None) -> str:
    if found is None:
        return "none"
    size, ends = _size_and_ends(found)
    return esc(f"{size.removesuffix(found.unit).strip()} ({ends})")


def funnel(steps: Mapping[str, float | None], caption: str) -> HTML:
    """Return steps of a way with the share of each in the one before; None: unknown."""
    rows, before = [], None
    for name, number in steps.items():
        share = ""
        if number is not None and before:
            share = say(number / before, "share")
        size = "no export tells it" if number is None else f"{number:,.0f}"
        rows.append([esc(name), size, share])
        before = number
    return shown(table(caption, ["Step", "How many", "Of the step before"], rows))
