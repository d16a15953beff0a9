"""The plan's evaluations: which design, on which data, with which columns."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from campaignbook.errors import nearest
from campaignbook.evaluation.export_parts import Enquiries, FileName, Influencers
from campaignbook.evaluation.parts import (
    Arms,
    ByName,
    Column,
    Comparison,
    Count,
    Covariate,
    Data,
    Id,
    Power,
    Predictor,
    StudyEstimate,
    StudyTable,
    Time,
    Treated,
    Treatment,
)

Design = Literal[
    "proportion", "randomized_trial", "difference_in_differences",
    "interrupted_time_series", "synthetic_control", "observational", "pre_post",
    "pooled", "kpis",
]  # fmt: skip


def _covariate(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class EvaluationSpec(BaseModel, frozen=True, extra="forbid"):
    """One evaluation: a question, a design and the columns that answer it."""

    id: Id = Field(title="Id", description="Short name.", max_length=60)
    goal: Id = Field(title="Goal", description="Id of the goal it decides.")
    question: str = Field(
        "", title="Question", description="What is asked, in words.", max_length=500
    )
    design: Design = Field(title="Design", description="How the answer is found.")
    data: Data | None = Field(None, title="Data", description="The table.")
    outcome: Column | None = Field(
        None, title="Outcome", description="Column with the outcome."
    )
    outcomes: Annotated[tuple[Column, ...], Field(min_length=1)] | None = Field(
        None, title="Outcomes", description="Several outcomes; the first decides."
    )
    outcome_type: Literal["binary", "mean", "count"] | None = Field(
        None, title="Type of outcome", description="binary (0 or 1), mean or count."
    )
    level: float = Field(
        0.95, title="Level", description="Confidence level.", ge=0.5, lt=1
    )
    unit: Column | None = Field(
        None, title="Unit", description="Column with the panel unit."
    )
    treated: Treated | None = Field(
        None, title="Treated", description="Who had the campaign."
    )
    time: Time | None = Field(None, title="Time", description="Periods and start.")
    cluster: Column | None = Field(
        None, title="Cluster", description="Column with what was assigned together."
    )
    strata: Column | None = Field(
        None, title="Strata", description="Column with the strata of a trial."
    )
    covariates: tuple[Annotated[Covariate, BeforeValidator(_covariate)], ...] = Field(
        (), title="Covariates", description="Columns to adjust for."
    )
    weights: Column | None = Field(
        None, title="Weights", description="Column of sampling weights."
    )
    offset: Column | None = Field(
        None, title="Population at risk", description="Column; logged by us."
    )
    arms: Arms | None = Field(None, title="Arms", description="Arms of a trial.")
    allocation: ByName[float] | None = Field(
        None, title="Planned shares", description="Planned share of each arm."
    )
    counts: ByName[Count] | None = Field(
        None, title="Counts", description="People and events by group."
    )
    trend: float | None = Field(
        None, title="Trend", description="Change expected without the campaign."
    )
    terms: Literal["level", "level+slope"] | None = Field(
        None, title="Terms", description="What may change at the start."
    )
    season: int | None = Field(
        None, title="Season", description="Periods a year, 12 for months.", ge=2, le=366
    )
    comparison: Comparison | None = Field(
        None, title="Comparison", description="Series without the campaign."
    )
    predictors: tuple[Predictor, ...] = Field(
        (), title="Predictors", description="Columns matched before the start."
    )
    treatment: Treatment | None = Field(
        None, title="Treatment", description="Who took part."
    )
    estimand: Literal["ATE", "ATT"] | None = Field(
        None, title="Estimand", description="ATE: all people; ATT: those who took part."
    )
    estimates: tuple[StudyEstimate, ...] = Field(
        (), title="Estimates", description="Published results to pool."
    )
    tables: tuple[StudyTable, ...] = Field(
        (), title="Tables", description="Published counts to pool."
    )
    measure: Literal["risk_difference", "risk_ratio", "odds_ratio"] | None = Field(
        None, title="Measure", description="What is pooled from tables."
    )
    effects: Literal["fixed", "random"] | None = Field(
        None, title="Effects", description="fixed or random effects."
    )
    exports: tuple[FileName, ...] = Field(
        (), title="Exports", description="Platform exports, relative to the plan."
    )
    by: tuple[Literal["platform", "campaign", "week", "post_type"], ...] = Field(
        (), title="By", description="How KPIs are broken down."
    )
    kpis: tuple[str, ...] = Field((), title="KPIs", description="Ids of KPIs.")
    benchmarks: tuple[str, ...] = Field((), title="Benchmarks", description="Ids.")
    followers: dict[str, float] | None = Field(
        None, title="Followers", description="Of the account, by platform."
    )
    enquiries: Enquiries | None = Field(
        None, title="Enquiries", description="Messages and when they were answered."
    )
    influencers: Influencers | None = Field(
        None, title="Influencers", description="Tables of their accounts."
    )
    power: Power | None = Field(
        None, title="Power", description="What it should be able to see."
    )

    @model_validator(mode="after")
    def _keys_of_the_design(self) -> "EvaluationSpec":
        # without data, `power` alone makes a plan that can be judged
        required, optional = DESIGN_KEYS[self.design]
        given = self.model_fields_set - _COMMON
        given = {k for k in given if getattr(self, k) not in (None, ())}
        allowed = (*required, *optional)
        problems = [
            f"design '{self.design}' takes no key '{key}' ({nearest(key, allowed)})"
            for key in sorted(given.difference(allowed))
        ]
        if not self.planned:
            problems += [
                f"design '{self.design}' needs the key '{key}'"
                for key in required
                if key not in given and not (key == "outcome" and self.outcomes)
            ]
            problems += list(_own_rules(self))
        if problems:
            raise PydanticCustomError(
                "design_keys", "{problems}", {"problems": "\n".join(problems)}
            )
        return self

    @property
    def planned(self) -> bool:
        """Whether it has no data yet, and tells what it is to see, or to count."""
        sources = (self.data, self.counts, self.estimates, self.tables, self.exports)
        told = self.power is not None or (self.design == "kpis" and self.kpis)
        return bool(told) and not any(sources)

    def outcome_columns(self) -> tuple[str, ...]:
        """Return the outcome columns, the deciding one first."""
        return self.outcomes or ((self.outcome,) if self.outcome else ())


_COMMON = {"id", "goal", "question", "design", "level", "power"}

DESIGN_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "proportion": (("counts",), ()),
    "randomized_trial": (
        (),
        (
            *("data", "outcome", "outcomes", "arms", "counts", "outcome_type"),
            *("allocation", "cluster", "strata", "covariates", "offset", "weights"),
        ),
    ),
    "difference_in_differences": (
        ("data", "outcome", "time"),
        ("outcomes", "unit", "treated", "cluster", "covariates", "weights"),
    ),
    "interrupted_time_series": (
        ("data", "outcome", "time"),
        ("terms", "season", "offset", "outcome_type", "covariates", "comparison"),
    ),
    "synthetic_control": (
        ("data", "outcome", "unit", "treated", "time"),
        ("predictors",),
    ),
    "observational": (
        ("data", "outcome", "treatment"),
        ("outcomes", "covariates", "estimand", "weights"),
    ),
    "pre_post": ((), ("counts", "data", "outcome", "time", "trend")),
    "pooled": ((), ("estimates", "tables", "measure", "effects")),
    "kpis": (
        ("exports", "kpis"),
        ("by", "benchmarks", "followers", "enquiries", "influencers"),
    ),
}
"""Keys that each design needs, and those it may have beside the common ones."""


def _own_rules(spec: EvaluationSpec) -> list[str]:
    """Return what a table of needed and allowed keys cannot say."""
    problems = []
    counts = spec.counts or {}
    binary = spec.outcome_type != "count"
    problems += [
        f"counts.{name}: {c.events} events among {c.n} people; events cannot exceed n"
        for name, c in counts.items()
        if binary and c.events > c.n
    ]
    if spec.offset and spec.outcome_type != "count":
        problems.append("an offset belongs to counts; write outcome_type: count")
    if spec.outcome and spec.outcomes:
        problems.append("give either outcome or outcomes, not both")
    match spec.design:
        case "proportion" if counts and set(counts) != {"all"}:
            problems.append("counts needs the one group 'all': {all: {n: , events: }}")
        case "randomized_trial":
            problems += _trial_rules(spec)
        case "difference_in_differences" if spec.time:
            staggered = spec.time.start_column is not None
            if not staggered and spec.time.start is None:
                problems.append("time needs a start (or start_column)")
            if staggered and spec.treated:
                problems.append("with time.start_column leave 'treated' out")
            if not staggered and not spec.treated:
                problems.append("needs the key 'treated'")
            if not (spec.unit or spec.cluster):
                problems.append(
                    "needs 'unit' (one row a unit and period) or 'cluster' (rows are "
                    "people)"
                )
        case "interrupted_time_series" | "synthetic_control" if spec.time:
            if spec.time.start is None:
                problems.append("time needs a start")
            if spec.outcome_type == "binary":
                problems.append("outcome_type is mean (also of 0 and 1) or count")
        case "pre_post":
            if bool(counts) == bool(spec.data):
                problems.append(
                    "needs either counts: {before: , after: } or data with outcome "
                    "and time"
                )
            if counts and set(counts) != {"before", "after"}:
                problems.append("counts needs the two groups 'before' and 'after'")
            if spec.data and not (spec.outcome and spec.time and spec.time.start):
                problems.append("with data it needs outcome and time with a start")
        case "pooled" if bool(spec.estimates) == bool(spec.tables):
            problems.append("needs either estimates or tables")
    return problems


def _trial_rules(spec: EvaluationSpec) -> list[str]:
    problems = []
    counts = spec.counts or {}
    if bool(counts) == bool(spec.data):
        problems.append("needs either data or counts, not both and not neither")
    if spec.data:
        if not spec.outcome_columns():
            problems.append("needs the key 'outcome'")
        if spec.arms is None or spec.arms.column is None:
            problems.append("needs arms: {column: , control: }")
        if spec.outcome_type is None:
            problems.append("needs the key 'outcome_type': binary, mean or count")
    if counts:
        arms = spec.arms or Arms()
        named = [("control", arms.control), ("headline", arms.headline)]
        named += [("treated", t) for t in arms.treated or ()]
        problems += [
            f"arms.{key} '{name}' is not one of the counts ({nearest(name, counts)})"
            for key, name in named
            if name is not None and str(name) not in counts
        ]
        if len(counts) < 2:
            problems.append("counts needs at least two arms")
        if spec.outcome_type == "mean":
            problems.append("counts hold events: outcome_type binary or count")
    for name, share in (spec.allocation or {}).items():
        if not 0 < share < 1:
            problems.append(f"allocation.{name} is {share}; write a share, 50% as 0.5")
    shares = (spec.allocation or {}).values()
    if shares and max(shares) < 1 and abs(sum(shares) - 1) > 1e-6:
        problems.append("the shares of allocation must sum to 1")
    return problems
