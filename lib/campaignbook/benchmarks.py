"""Published effects of campaigns: what a goal may hope for, with the source."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from campaignbook.formulas import points_at
from campaignbook.questions import Id, Noun, Source, Text, reference_problems, refused
from campaignbook.results import say

Rating = Literal["green", "amber", "red"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Achievable:
    """The change that a goal asks for beside a published one.

    Attributes
    ----------
    asked, published : float
        Changes as shares, the trend taken off what is asked.
    rating : {"green", "amber", "red"}
        Up to the published effect, up to twice, beyond.
    sentence : str
        Both with the source's note.
    """

    asked: float
    published: float
    rating: Rating
    sentence: str


def achievable(
    baseline: float,
    target: float,
    benchmark: Benchmark,
    *,
    trend: float = 0.0,
    source: str = "",
) -> Achievable | None:
    """Return how a goal's change compares with a published effect; None without one.

    Parameters
    ----------
    baseline, target : float
        Shares (0-1).
    benchmark : Benchmark
        The published effect; its r is turned into points at this baseline.
    trend : float
        Change of the share that is expected without the campaign, with its sign.
    source : str
        How the effect is cited.

    Raises
    ------
    DataError
        If the baseline is not between 0 and 1.

    Notes
    -----
    Green up to the published effect, amber to twice, red above. At a low (or high)
    baseline the same r is fewer points. Where the share is to fall, the effect is read
    for those who do not do it, which is the same r. The marks are this book's choice.

    Examples
    --------
    >>> found = achievable(0.20, 0.30, Benchmark(id="a", outcome="smoking", r=0.05,
    ...                    sources=["x"]), trend=0.01)
    >>> found.rating, round(found.asked, 2), round(found.published, 3)
    ('red', 0.09, 0.041)
    """
    falls = target < baseline
    start = 1 - baseline if falls else baseline
    published = expected_change(benchmark, baseline=start)
    if published is None or published <= 0:
        return None
    wanted = baseline - target if falls else target - baseline
    asked = wanted - (-trend if falls else trend)
    rating: Rating = (
        "green" if asked <= published else "amber" if asked <= 2 * published else "red"
    )
    off = f" after the trend of {say(trend, 'share', change=True)}" if trend else ""
    beside = {
        "green": "within",
        "amber": "up to twice",
        "red": "more than twice",
    }[rating]
    cited = f" ({source})" if source else ""
    sentence = (
        f"The goal asks for {say(asked, 'share', change=True)}{off}; campaigns on "
        f"{benchmark.outcome} reached {say(published, 'share', change=True)} from such "
        f"a baseline{cited}: the goal is {beside} what was reached."
    )
    if asked <= 0:
        sentence = (
            f"The trend alone reaches the target{off}: the goal asks nothing of the "
            "campaign."
        )
    return Achievable(
        asked=asked, published=published, rating=rating, sentence=sentence
    )


class BenchmarkTable(Noun):
    """All benchmarks, with the sources they name."""

    sources: dict[Id, Source]
    benchmarks: tuple[Benchmark, ...]

    @model_validator(mode="after")
    def _sound(self) -> "BenchmarkTable":
        return refused(self, reference_problems(self.model_dump()))
