"""Indicators on disk: the registry, the exports of a plan, and its enquiries."""

from pathlib import Path
from typing import Any

import pandas as pd

from campaignbook.errors import CampaignError, DataError
from campaignbook.evaluation.export_parts import Enquiries, Influencers
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.exports import read_exports, read_platforms
from campaignbook.files import read_data
from campaignbook.influencer_findings import InfluencerTables
from campaignbook.influencers import InfluencerBook
from campaignbook.kpi_report import metrics_of
from campaignbook.kpi_rows import ExportFile, KpiData
from campaignbook.kpis import KpiBook, with_followers
from campaignbook.plan import CampaignPlan
from campaignbook.reading import parse_data
from campaignbook.table_files import fingerprint, read_rows
from campaignbook.table_forms import readable
from campaignbook.table_sources import opened
from campaignbook.tables import FALSE, TRUE, Rows, require_columns

NEEDED = {
    "accounts": ("name", "followers"),
    "posts": ("name", "engagements"),
    "followers": ("name", "date", "followers"),
}
"""Columns that each table of influencers must have."""
MESSAGES = ("received", "answered", "needs_answer", "topic")


def read_kpis() -> KpiBook:
    """Return the indicators, the published figures, and what is not computed."""
    return parse_data(KpiBook, read_data("kpis"))


def read_influencer_book() -> InfluencerBook:
    """Return sizes of accounts, published rates, and the limits of the signals."""
    return parse_data(InfluencerBook, read_data("influencers"))


def read_kpi_data(
    plan: CampaignPlan, folder: str | Path
) -> tuple[dict[str, KpiData], list[str]]:
    """Return what each evaluation of indicators reads, and what is wrong with it.

    Parameters
    ----------
    plan : CampaignPlan
        Its evaluations name files relative to `folder`.
    folder : str or Path
        Folder of the plan.

    Returns
    -------
    data : dict of str to KpiData
        By evaluation id; those that cannot be read are not in it.
    problems : list of str
        One sentence each, for all evaluations.
    """
    found, problems = {}, []
    for spec in plan.evaluations:
        if spec.design != "kpis" or not spec.exports:
            continue
        try:
            found[spec.id] = _read(spec, Path(folder))
        except CampaignError as error:
            problems += [f"evaluations.{spec.id}: {p}" for p in error.problems]
    return found, problems


def _read(spec: EvaluationSpec, folder: Path) -> KpiData:
    problems: list[str] = []
    exports = messages = influencers = None
    further, book = [], read_kpis()
    try:
        exports = read_exports(
            [folder / name for name in spec.exports], metrics=metrics_of(spec, book)
        )
    except CampaignError as error:
        problems += [f"exports: {p}" for p in error.problems]
    else:
        try:
            frame = with_followers(exports.frame, spec.followers or {})
        except CampaignError as error:
            problems += error.problems
    if spec.enquiries:
        try:
            messages, account = _messages(spec.enquiries, folder)
            further.append(account)
        except CampaignError as error:
            problems += [f"enquiries: {p}" for p in error.problems]
    if spec.influencers:
        try:
            influencers, more = _influencers(spec.influencers, folder)
            further += more
        except CampaignError as error:
            problems += [f"influencers: {p}" for p in error.problems]
    if problems:
        raise DataError(*problems)
    return KpiData(
        frame=frame.assign(table=exports.table.to_numpy()),
        files=tuple(
            ExportFile(
                file=a.file, kind=a.kind, sha256=a.sha256, rows_read=a.rows_read,
                rows_dropped=a.rows_dropped, notes=a.notes, span=a.span,
            )
            for a in exports.accounts
        ),
        book=book,
        platforms=read_platforms(),
        messages=messages,
        influencers=influencers,
        further=tuple(further),
    )  # fmt: skip


def _messages(asked: Enquiries, folder: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    path = folder / asked.file
    with readable(path, asked.sheet) as file:
        rows = read_rows(
            file, numbers={}, texts={c: c for c in MESSAGES}, optional=["answered"]
        )
    frame = rows.frame.assign(
        received=_times(rows, "received", path),
        answered=_times(rows, "answered", path),
        needs_answer=_truths(rows, path),
    )
    return frame, _account(rows, path, "enquiries")


def _influencers(
    asked: Influencers, folder: Path
) -> tuple[InfluencerTables, list[dict[str, Any]]]:
    found, told, problems = {}, [], []
    for key, needed in NEEDED.items():
        name = getattr(asked, key)
        if name is None:
            continue
        try:
            found[key], account = _by_account(folder / name, needed)
            told.append({**account, "outcome": f"influencers: {key}"})
        except CampaignError as error:
            problems += [f"{key}: {p}" for p in error.problems]
    if asked.audiences is not None:
        try:
            found["audiences"], account = _audiences(folder / asked.audiences)
            told.append(account)
        except CampaignError as error:
            problems += [f"audiences: {p}" for p in error.problems]
    if problems:
        raise DataError(*problems)
    return (
        InfluencerTables(
            accounts=found["accounts"], posts=found.get("posts"),
            daily=found.get("followers"), book=read_influencer_book(),
            audiences=found.get("audiences"),
        ),
        told,
    )  # fmt: skip


def _audiences(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a survey of followers: numbers in every column."""
    with readable(path) as file:
        with opened(file, []) as source:
            columns = list(source.columns)
        rows = read_rows(file, numbers={c: c for c in columns}, texts={})
    return rows.frame[columns], _account(rows, path, "influencers: audiences")


def _by_account(
    path: Path, needed: tuple[str, ...]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a table of any columns beside ``name``: numbers, days, else text."""
    with readable(path) as file:
        with opened(file, ["name"]) as source:
            columns = {c: c for c in source.columns}
        rows = read_rows(file, numbers={}, texts=columns,
                         optional=[c for c in columns if c != "name"])  # fmt: skip
    made = rows.frame.replace("", pd.NA)
    try:
        require_columns(made, *needed)
    except DataError as error:
        raise DataError(*(f"{path.name}: {p}" for p in error.problems)) from error
    for column in made.columns.difference(["name", "platform", "post", "event"]):
        if column == "date":
            made[column] = _times(rows, column, path)
            continue
        values = pd.to_numeric(made[column], errors="coerce")
        odd = made.loc[values.isna() & made[column].notna(), column]
        if len(odd) and values.notna().any():
            raise DataError(f"{path.name}: '{odd.iloc[0]}' in '{column}' is no number.")
        made[column] = made[column] if len(odd) else values.astype(float)
    return made, _account(rows, path, "")


def _account(rows: Rows, path: Path, what: str) -> dict[str, Any]:
    return {
        "file": path.name,
        "sha256": fingerprint(path),
        "rows_read": rows.rows_read,
        "rows_used": rows.rows_used,
        "rows_dropped": [{"reason": r, "rows": n} for r, n in rows.rows_dropped],
        "outcome": what,
    }


def _times(rows: Rows, column: str, path: Path) -> pd.Series:
    texts = rows.frame[column].replace("", pd.NA)
    made = pd.to_datetime(texts, format="ISO8601", errors="coerce")
    odd = texts[made.isna() & texts.notna()]
    if len(odd):
        raise DataError(
            f"{path.name}: '{odd.iloc[0]}' in '{column}' is no time; write it as "
            "2026-03-02 14:30."
        )
    return made


def _truths(rows: Rows, path: Path) -> pd.Series:
    texts = rows.frame["needs_answer"].str.casefold()
    odd = texts[~texts.isin([*TRUE, *FALSE])]
    if len(odd):
        raise DataError(
            f"{path.name}: '{odd.iloc[0]}' in 'needs_answer' is neither true nor false."
        )
    return texts.isin(TRUE)
