"""Published effects of campaigns: what a goal may hope for, with the source."""

from typing import Literal

from pydantic import Field, model_validator

from campaignbook.formulas import points_at
from campaignbook.questions import Id, Noun, Source, Text, reference_problems, refused


class Benchmark(Noun):
    """A published effect of campaigns on one kind of outcome."""

    id: Id = Field(title="Key", description="Used as the key of a plan's evidence.")
    outcome: Text = Field(title="Outcome", description="What was to change.")
    type: Literal["behaviour", "knowledge", "attitude"] = Field(
        "behaviour", title="Type", description="Type of the goal it fits."
    )
    r: float | None = Field(
        None, title="Correlation", description="Mean effect as r.", gt=-1, lt=1
    )
    points: float | None = Field(
        None,
        title="Change",
        description="Published change as a share (0.05 = 5 points).",
        gt=-1,
        lt=1,
    )
    studies: int | None = Field(
        None, title="Studies", description="Campaigns or studies pooled.", ge=1
    )
    sources: tuple[Id, ...] = Field(
        title="Sources", description="Keys of sources.yml.", min_length=1
    )
    note: str = Field("", title="Note", description="What to bear in mind.")


def expected_change(benchmark: Benchmark, *, baseline: float) -> float | None:
    """Return the change that a benchmark lets one expect, as a share; None without r.

    A published change is taken as it stands; else `points_at` turns r into one at the
    goal's own baseline (0-1).

    Raises
    ------
    DataError
        If the baseline is not between 0 and 1.
    """
    if benchmark.points is not None:
        return benchmark.points
    return None if benchmark.r is None else points_at(benchmark.r, baseline)


class BenchmarkTable(Noun):
    """All benchmarks, with the sources they name."""

    sources: dict[Id, Source]
    benchmarks: tuple[Benchmark, ...]

    @model_validator(mode="after")
    def _sound(self) -> "BenchmarkTable":
        return refused(self, reference_problems(self.model_dump()))
