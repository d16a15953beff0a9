"""The lesson on goals: sentences read, letters judged, the goals of the own plan."""

from functools import cache
from typing import Literal

from IPython.display import HTML
from pydantic import BaseModel, Field

from campaignbook.benchmarks import Benchmark
from campaignbook.errors import DataError, nearest
from campaignbook.files import read_benchmarks
from campaignbook.forms import Form, plan_form
from campaignbook.goals import Goal
from campaignbook.markup import esc, nothing, shown, table
from campaignbook.plan import CampaignPlan
from campaignbook.power_check import can_see
from campaignbook.report_words import ANSWERS
from campaignbook.results import Check
from campaignbook.series import Responding, respond
from campaignbook.smart import LETTERS, Letter, smart
from campaignbook.statements import GoalParts, parts_of, read_statement, said


@cache
def effects() -> dict[str, Benchmark]:
    """Return the published effects by their key."""
    return {b.id: b for b in read_benchmarks().benchmarks}


def cited(key: str) -> str:
    """Return how a published effect is cited; a DataError if there is none."""
    if key not in effects():
        raise DataError(f"there is no effect '{key}' ({nearest(key, effects())}).")
    sources = read_benchmarks().sources
    return "; ".join(sources[s].cite() for s in effects()[key].sources)


def read_as(sentence: str) -> HTML:
    """Return the parts that are read in a goal's sentence, and what it leaves open."""
    return shown(_read_as(read_statement(sentence)))


def _read_as(parts: GoalParts) -> str:
    rows = [[esc(name), esc(value)] for name, value in said(parts)]
    asked = "".join(f"<p>{esc(q)}</p>" for q in parts.questions)
    return table("What the sentence says", ["Part", "Read as"], rows) + asked


def letters(found: tuple[Letter, ...], caption: str = "The goal, by letter") -> HTML:
    """Return the letters of SMART as a table."""
    return shown(_letters(found, caption))


def _letters(found: tuple[Letter, ...], caption: str) -> str:
    rows = [
        [
            f"{f.letter} <small>{LETTERS[f.letter]}</small>",
            f'<span class="{f.answer}">{ANSWERS[f.answer]}</span>',
            esc(f.there),
            esc(f"{f.missing} {f.write}".strip()),
        ]
        for f in found
    ]
    head = ["Letter", "Answer", "What is there", "What is missing, and how to write it"]
    return table(caption, head, rows)


def check_statement(
    sentence: str,
    *,
    kind: Literal["social", "social_media"],
    effect: str | None = None,
    trend: float = 0.0,
    seen: Check | None = None,
) -> HTML:
    """Return a goal's sentence by letter, beside a published effect by its key.

    Raises
    ------
    DataError
        If there is no such effect.
    """
    source = cited(effect) if effect else ""
    found = smart(
        read_statement(sentence), kind=kind, source=source, trend=trend, seen=seen,
        benchmark=effects()[effect] if effect else None,
    )  # fmt: skip
    return letters(found, sentence)


EFFECTS = tuple(effects())


class WrittenGoal(BaseModel, frozen=True, extra="forbid"):
    """A goal in one sentence, to be checked."""

    statement: str = Field(
        "", title="Your goal", description="In one sentence.", max_length=1000
    )
    kind: Literal["social", "social_media"] = Field(
        "social",
        title="Kind",
        description="Social marketing or social media marketing.",
    )
    effect: Literal[EFFECTS] | None = Field(
        None, title="Published effect", description="The behaviour that comes nearest."
    )
    trend: float = Field(
        0.0, title="Trend", ge=-1, le=1,
        description="Change expected anyway, as a share: 0.01 is one point.",
    )  # fmt: skip


def try_a_goal(sentence: str = "") -> Responding:
    """Return a form for a goal's sentence; its letters follow."""

    def answer(goal: WrittenGoal) -> str:
        if not goal.statement.strip():
            return nothing("Write a sentence; its letters follow.")
        told = check_statement(
            goal.statement, kind=goal.kind, effect=goal.effect, trend=goal.trend
        )
        return _read_as(read_statement(goal.statement)) + told.data

    return respond(Form(WrittenGoal(statement=sentence)), answer)


def plan_goals() -> Responding:
    """Return the goals of the learner's plan as a form; their letters follow."""
    return respond(plan_form("goals", "period"), _goals_by_letter)


def _goals_by_letter(plan: CampaignPlan) -> str:
    parts = []
    for goal in plan.goals:
        key = goal.evidence.key if goal.evidence else None
        benchmark = effects().get(key or "")
        source = cited(key) if benchmark else ""
        kind = plan.kind or "social"
        found = smart(
            parts_of(goal), kind=kind, benchmark=benchmark, source=source,
            seen=_seen(plan, goal),
        )  # fmt: skip
        parts.append(_letters(found, goal.statement or goal.measure))
    return "".join(parts) or nothing("The plan has no goal that is in order yet.")


def _seen(plan: CampaignPlan, goal: Goal) -> Check | None:
    """Return whether the evaluation planned for a goal could see its change."""
    spec = next((s for s in plan.evaluations if s.goal == goal.id), None)
    if spec is None or (spec.power is None and not spec.counts):
        return None
    return next(iter(can_see(goal, spec).checks), None)
