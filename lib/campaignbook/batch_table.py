"""The campaigns of a batch: plan files, or a table with one row a campaign."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from campaignbook.errors import PlanError
from campaignbook.overrides import override
from campaignbook.text_files import read_value, read_yaml

SEPARATORS = ",;\t"
"""Between the cells of a table; the one that its first line has most of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign of a batch.

    Attributes
    ----------
    id : str
        Names its folder.
    plan : Path
        Its plan file.
    overrides : dict
        Dotted paths and new values, plain data.
    place : str
        Where the user finds it: a file, or a table's line.
    problems : tuple of str
        What is wrong with its row; it is then told and not run.
    """

    id: str
    plan: Path
    overrides: dict[str, Any] = field(default_factory=dict)
    place: str
    problems: tuple[str, ...] = ()


def read_campaigns(
    plans: Sequence[Path], table: Path | None = None, base: Path | None = None
) -> list[Campaign]:
    """Return the campaigns that plan files and a table name, in their order.

    Parameters
    ----------
    plans : sequence of Path
        Plan files, or folders of them.
    table : Path, optional
        A ``.csv`` or ``.tsv`` file with a column ``id``, a column ``plan`` (relative to
        the table) unless `base` is given, and columns that are dotted paths into the
        plan. An empty cell leaves what the plan says.
    base : Path, optional
        The plan of all rows that name none.

    Raises
    ------
    PlanError
        Everything that is wrong with the table as a whole, and ids that stand twice.
        What is wrong with one campaign is that campaign's.
    """
    problems: list[str] = []
    found = [_named(p) for p in _files(plans, problems)]
    if table is not None:
        found += _rows(table, base, problems)
    elif base is not None:
        problems.append("--base is the plan of a table's rows; name a --table too.")
    elif not plans:
        problems.append("nothing to do: name plans, or a --table of campaigns.")
    elif not found and not problems:
        problems.append(f"there is no plan in {', '.join(map(str, plans))}.")
    problems += _twice(found)
    if problems:
        raise PlanError(*dict.fromkeys(problems))
    return found


def as_text(value: Any) -> Any:
    """Return plain data with dates as ISO text, as JSON and a notebook hold it."""
    if isinstance(value, dict):
        return {k: as_text(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_text(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def plain_plan(path: Path) -> Any:
    """Return what a plan file holds as plain data; None where it cannot be read."""
    return _plain(path, state(path))


@lru_cache(maxsize=8)
def _plain(path: Path, state: tuple[int, int] | None) -> Any:
    try:
        return read_yaml(path)[0]
    except PlanError:
        return None


def state(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _files(plans: Iterable[Path], problems: list[str]) -> list[Path]:
    files: list[Path] = []
    for path in plans:
        if path.is_dir():
            inside = sorted(p for e in ("*.yml", "*.yaml") for p in path.glob(e))
            files += inside
            problems += [] if inside else [f"{path}: no *.yml is in this folder."]
        elif any(c in path.name for c in "*?[") and not path.exists():
            # where the shell leaves patterns to the program
            inside = sorted(path.parent.glob(path.name))
            files += inside
            problems += [] if inside else [f"{path}: no file is called like that."]
        else:
            files.append(path)
    return files


def _named(path: Path) -> Campaign:
    raw = plain_plan(path)
    name = raw.get("id") if isinstance(raw, dict) else None
    return Campaign(
        id=name if isinstance(name, str) and name else path.stem,
        plan=path,
        place=str(path),
    )


def _twice(campaigns: Iterable[Campaign]) -> list[str]:
    """Return a sentence for each id that stands twice; they would share a folder."""
    places: dict[str, list[Campaign]] = {}
    for campaign in campaigns:
        places.setdefault(campaign.id.casefold(), []).append(campaign)
    return [
        f"the id '{same[0].id}' stands {len(same)} times "
        f"({', '.join(c.place for c in same[:5])}{', ...' if same[5:] else ''}); "
        "give each campaign an id of its own: it names its folder."
        for same in places.values()
        if len(same) > 1
    ]


def _rows(table: Path, base: Path | None, problems: list[str]) -> list[Campaign]:
    head, lines = _cells(table, problems)
    if not head:
        return []
    told = len(problems)
    problems += [
        f"{table.name}: the column '{h}' stands twice; keep one."
        for h in sorted({h for h in head if h and head.count(h) > 1})
    ]
    if "" in head:
        problems.append(
            f"{table.name}: column {head.index('') + 1} has no name in the first line."
        )
    if "id" not in head:
        problems.append(
            f"{table.name}: there is no column 'id'; it names each campaign's folder."
        )
    if "plan" not in head and base is None:
        problems.append(
            f"{table.name}: there is no column 'plan'; add one with each row's plan "
            "file, or name the plan of all rows with --base."
        )
    if base is not None and not base.is_file():
        problems.append(f"--base {base}: there is no such plan.")
    elif base is not None and "plan" not in head:
        problems += _lost_columns(table, base, head)
    if not lines:
        problems.append(f"{table.name}: there is no row below the first line.")
    if len(problems) > told:
        return []
    return [c for n, row in lines if (c := _row(table, base, head, n, row, problems))]


def _cells(
    table: Path, problems: list[str]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the column names of a table, and its rows with their lines."""
    if table.suffix.lower() not in (".csv", ".tsv"):
        problems.append(
            f"{table}: a table of campaigns is a .csv or .tsv file; save it as CSV."
        )
        return [], []
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            comma = max(SEPARATORS, key=first.count)
            reader = csv.reader(file, delimiter=comma, strict=True)
            rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError:
        problems.append(
            f"{table.name}: not a text file in UTF-8; save it as CSV UTF-8."
        )
        return [], []
    except (OSError, csv.Error) as error:
        what = "there is no such table" if not table.exists() else str(error)
        problems.append(f"--table {table}: {what}.")
        return [], []
    rows = [
        (n, [c.strip() for c in row]) for n, row in rows if any(map(str.strip, row))
    ]
    if not rows:
        problems.append(f"{table.name}: the table is empty.")
        return [], []
    return rows[0][1], rows[1:]


def _lost_columns(table: Path, base: Path, head: Iterable[str]) -> list[str]:
    raw = plain_plan(base)
    paths = [h for h in head if h and h != "id"]
    if not isinstance(raw, dict):
        return []  # each report tells why the plan cannot be read
    try:
        override(raw, dict.fromkeys(paths))
    except PlanError as error:
        return [p.replace("-p ", f"{table.name}: column ", 1) for p in error.problems]
    return []


def _row(
    table: Path,
    base: Path | None,
    head: Sequence[str],
    line: int,
    row: Sequence[str],
    problems: list[str],
) -> Campaign | None:
    place = f"{table.name}, line {line}"
    if len(row) > len(head):
        problems.append(
            f"{place}: {len(row)} cells under {len(head)} columns; put quotes around a "
            "text that holds the separator."
        )
        return None
    cells = {h: c for h, c in zip(head, row, strict=False) if c}
    name, plan = cells.pop("id", ""), cells.pop("plan", "")
    if not name:
        problems.append(f"{place}: the id is empty.")
    if not plan and base is None:
        problems.append(f"{place}: the plan is empty; name one, or a --base for all.")
    if not name or not (plan or base):
        return None
    values, wrong = {"id": name}, []
    for path, text in cells.items():
        try:
            values[path] = as_text(read_value(text))
        except yaml.YAMLError:
            wrong.append(
                f"{place}, column '{path}': the value {text} cannot be read; put it in "
                "quotes."
            )
    return Campaign(
        id=name,
        plan=_beside(table, plan) if plan else base,
        overrides=values,
        place=place,
        problems=tuple(wrong),
    )


def _beside(table: Path, plan: str) -> Path:
    """Return the path of a plan that a table names: relative to it, else to us."""
    beside = table.parent / plan
    return Path(plan) if not beside.exists() and Path(plan).exists() else beside
