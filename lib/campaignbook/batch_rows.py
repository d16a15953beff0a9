"""What a batch found, one line a goal, and the same as a table for a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

RISKY = tuple("=+-@\t\r")
"""A cell that begins so is a formula to a spreadsheet; such a text gets a mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One goal of one campaign.

    Attributes
    ----------
    id, name, kind : str
        The campaign's id, and what its plan says of it.
    status : str
        ``done``, ``failed`` or ``not run``.
    goal, verdict : str
        Empty where the campaign has no goals or no report.
    level : float or None
        The measure as it stands, in `unit`.
    effect, ci_low, ci_high, confidence, null_value, p_value : float or None
        The headline of the evaluation that decides the goal, in `unit`; None where the
        design measures no effect, and for an end that does not exist.
    unit : str
        ``share``, ``ratio``, ``count``, ``money`` or in words.
    n : int or None
        Rows that it rests on.
    cost, cost_per_outcome, roi : float or None
        Of the campaign as a whole, in its currency.
    sentence : str
        Why the verdict is what it is.
    problem : str
        What was wrong, where it failed.
    report : str
        Path of the report, relative to the folder of all.
    """

    id: str
    name: str = ""
    kind: str = ""
    status: str
    goal: str = ""
    verdict: str = ""
    level: float | None = None
    effect: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    confidence: float | None = None
    unit: str = ""
    null_value: float | None = None
    p_value: float | None = None
    n: int | None = None
    cost: float | None = None
    cost_per_outcome: float | None = None
    roi: float | None = None
    sentence: str = ""
    problem: str = ""
    report: str = ""


def lines_of(out: Path, name: str) -> list[Line]:
    """Return the lines of a report that is there, from its results.json."""
    text = (out / name / "results.json").read_text(encoding="utf-8")
    document = json.loads(text)
    money = document["economics"]
    common = {
        "id": name,
        "name": document["plan"] or "",
        "kind": document["kind"] or "",
        "status": "done",
        "cost": money["cost"],
        "cost_per_outcome": (money["cost_per_outcome"] or {}).get("estimate"),
        "roi": (money["roi"] or {}).get("estimate"),
        "report": f"{quote(name)}/report.html",
    }
    evaluations = {e["id"]: e for e in document["evaluations"]}
    return [
        Line(**common, **_goal(goal, evaluations.get(goal["evaluation"])))
        for goal in document["goals"]
    ] or [Line(**common)]


def failed_line(out: Path, name: str, problems: Iterable[str]) -> Line:
    """Return the line of a campaign without a report, or with one of former times."""
    there = (out / name / "report.html").is_file()
    old = ("The report in its folder is of an earlier time.",) if there else ()
    return Line(
        id=name,
        status="failed",
        problem=" ".join(_one_line(p) for p in (*problems, *old)),
        report=f"{quote(name)}/report.html" if there else "",
    )


def summary(lines: Sequence[Line]) -> str:
    """Return all lines as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(f.name for f in fields(Line))
    writer.writerows(map(_safe, asdict(line).values()) for line in lines)
    return text.getvalue()


def _goal(goal: dict[str, Any], evaluation: dict[str, Any] | None) -> dict[str, Any]:
    said = {
        "goal": goal["id"],
        "verdict": goal["verdict"],
        "level": goal["level"],
        "sentence": goal["sentence"],
    }
    if not evaluation or not evaluation["estimates"]:
        return said
    headline = evaluation["estimates"][0]
    said["unit"], said["n"] = headline["unit"], headline["n"]
    if headline["null_value"] is None:
        return said
    return said | {
        "effect": headline["estimate"],
        "confidence": headline["level"],
        **{k: headline[k] for k in ("ci_low", "ci_high", "null_value", "p_value")},
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in RISKY else value
