"""Whether figures of a period can be relied on: its checks."""

from collections.abc import Iterator, Sequence

import pandas as pd

from campaignbook.export_dates import OPEN, READ
from campaignbook.kpi_rows import Counted, KpiData
from campaignbook.kpi_values import KpiValue
from campaignbook.kpis import words
from campaignbook.results import Check

FEW = 10
"""So few events, or so few of the others, are too few for a firm share."""


def kpi_checks(
    data: KpiData, counted: Counted, values: Sequence[KpiValue], money: str
) -> Iterator[Check]:
    """Yield the checks of an evaluation of indicators, `money` being their currency.

    Enough counted, the whole period, a complete last week, the same definition
    throughout, ids that are whole; one level, one currency and people counted once
    where that is in doubt.
    """
    yield _enough(values[0])
    yield _covered(counted)
    yield _last_week(counted)
    yield _same_definition(counted, values)
    yield _ids_whole(data)
    yield from _dates_in_order(data)
    yield from _one_level(data, counted)
    yield from _other_file(data, counted)
    if counted.unnamed:
        yield Check(
            name="one currency", answer="unknown",
            sentence=f"{', '.join(counted.unnamed)} names no currency; its money is "
            f"taken as {money}.",
        )  # fmt: skip
    for value in values:
        if value.refused:
            yield Check(
                name="people counted once", answer="no", sentence=value.sentence()
            )


def _enough(value: KpiValue) -> Check:
    name = "enough counted"
    if not value.kpi.counted or value.numerator is None:
        least, what = value.rows, "rows"
    elif value.numerator <= value.denominator / 2:
        least, what = value.numerator, "events"
    else:
        least, what = value.denominator - value.numerator, "without the event"
    if least >= FEW:
        return Check(
            name=name, answer="yes",
            sentence=f"{value.kpi.name} rests on {least:,.0f} {what}.",
        )  # fmt: skip
    return Check(
        name=name, answer="no",
        sentence=f"{value.kpi.name} rests on {least:,.0f} {what}: with fewer than "
        f"{FEW} the next period may look quite different.",
    )  # fmt: skip


def _covered(counted: Counted) -> Check:
    daily = counted.now[["source", "date"]][counted.now["level"].ne("post")].dropna()
    name = "whole period"
    if daily.empty:
        return Check(
            name=name, answer="unknown",
            sentence="No file has a row for each day, so that gaps cannot be seen.",
        )  # fmt: skip
    by_source = daily.groupby("source")["date"]
    short = [
        f"{source} ends on {last:%Y-%m-%d}"
        for source, last in by_source.max().items()
        if (pd.Timestamp(counted.end) - last).days >= 7
    ]
    if short:
        return Check(
            name=name, answer="no",
            sentence=f"The period ends on {counted.end}, but {'; '.join(short)}: the "
            "figures may not be of the whole period.",
        )  # fmt: skip
    return Check(
        name=name, answer="yes",
        sentence=f"The files with days reach the last week of the period "
        f"({counted.start} to {counted.end}).",
    )  # fmt: skip


def _last_week(counted: Counted) -> Check:
    missing = 6 - counted.end.weekday()
    if not missing:
        return Check(
            name="complete last week", answer="yes",
            sentence="The period ends with a Sunday: its last week is whole.",
        )  # fmt: skip
    return Check(
        name="complete last week", answer="no",
        sentence=f"The last week of the period has {7 - missing} of 7 days: its counts "
        "are lower for that alone, and its rates less certain.",
    )  # fmt: skip


def _same_definition(counted: Counted, values: Sequence[KpiValue]) -> Check:
    """Return whether the parts are told, or not, through the whole time."""
    name, odd = "same definition", []
    used = {m for v in values for m in (*v.kpi.numerator, v.kpi.denominator)}
    used &= {*counted.until.columns}
    frame = counted.until[["platform", "kind", "level", "date", *sorted(used)]]
    since = frame["date"] >= pd.Timestamp(counted.last_start)
    frame = frame if since.all() else frame[since]
    for (platform, kind), rows in frame.groupby(["platform", "kind"]):
        for metric in sorted(used):
            told = rows.loc[rows[metric].notna(), "date"]
            rest = rows.loc[rows[metric].isna(), "date"]
            if told.empty or rest.empty:
                continue
            if told.min() > rest.max() or told.max() < rest.min():
                edge = max(told.min(), rest.min())
                since = "only from" if told.min() > rest.max() else "no more from"
                odd.append(
                    f"{platform} ({kind}) tells {words(metric)} {since} "
                    f"{edge:%Y-%m-%d} on"
                )
    for platform, rows in frame[frame["level"] == "post"].groupby("platform"):
        kinds = rows.groupby("kind")["date"].min().sort_values()
        if len(kinds) > 1:
            odd.append(
                f"{platform} comes in two forms ({', '.join(kinds.index)}; the second "
                f"from {kinds.iloc[-1]:%Y-%m-%d} on)"
            )
    if odd:
        return Check(
            name=name, answer="no",
            sentence=f"{'; '.join(odd)}: before and after are not the same figure.",
        )  # fmt: skip
    return Check(
        name=name,
        answer="yes",
        sentence="Each figure is told, or not told, through the whole time.",
    )


def _one_level(data: KpiData, counted: Counted) -> Iterator[Check]:
    """Yield which rows of a file count that tells the same at several levels."""
    several = {
        f.file
        for f, lost in zip(data.files, counted.lost, strict=True)
        if any("another level" in why for why, _ in lost)
    }
    for name in sorted(several):
        kept = counted.now.loc[counted.now["source"].eq(name), "level"].unique()
        yield Check(
            name="counted once", answer="yes",
            sentence=f"{name} tells the same at several levels; only its rows by "
            f"{' and '.join(map(str, kept))} count, so that nothing counts twice. What "
            "belongs to none of these is left out.",
        )  # fmt: skip


def _other_file(data: KpiData, counted: Counted) -> Iterator[Check]:
    """Yield a check where two files of a kind tell the same campaign and time."""
    own_files = {(f.kind, f.file) for f in data.files}
    if len(own_files) == len({kind for kind, _ in own_files}):
        return
    now, names = counted.now, ["id", "campaign", "text", "date"]
    rows = now.loc[now["level"] != "post", ["kind", "level", "source", *names]]
    for (kind, level), own in rows.groupby(["kind", "level"], observed=True):
        files = own["source"].astype(str)
        if files.nunique() < 2:
            continue
        keys = [own[n] for n in names]
        twice = (
            files.groupby(keys, dropna=False, observed=True).transform("nunique") > 1
        )
        named, whole = {*files[twice]}, {*files[own["date"].isna()]}
        named |= {*files} if whole and {*files} - whole else set()
        if named:
            yield Check(
                name="told by one file", answer="unknown",
                sentence=f"{' and '.join(sorted(named))} ({kind}) tell the same "
                f"{level} and time: unless each holds other people or places, the "
                "numbers are counted twice. Leave one of them out of exports.",
            )  # fmt: skip


def _ids_whole(data: KpiData) -> Check:
    odd = [f"{f.file}: {n}" for f in data.files for n in f.notes if "destroyed" in n]
    if odd:
        return Check(name="ids whole", answer="no", sentence=" ".join(odd))
    return Check(
        name="ids whole", answer="yes",
        sentence="No id of a post or ad was destroyed by a spreadsheet program.",
    )  # fmt: skip


def _dates_in_order(data: KpiData) -> Iterator[Check]:
    told = [(f.file, n) for f in data.files for n in f.notes if n.startswith(READ)]
    if told:
        open_still = any(note.startswith(OPEN) for _, note in told)
        yield Check(
            name="order of day and month",
            answer="unknown" if open_still else "yes",
            sentence=" ".join(f"{file}: {note}" for file, note in told),
        )
