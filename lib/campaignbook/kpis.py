"""Key performance indicators: what each is made of, and what is published beside it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from campaignbook.errors import DataError, nearest
from campaignbook.questions import Id, Noun, Source, Text, reference_problems, refused
from campaignbook.results import Estimate, say_number, unit_words
from campaignbook.tables import require_columns

Aggregation = Literal["sum", "sum_over_sum", "mean_of_rates"]


class Kpi(Noun):
    """A key performance indicator and its convention.

    `numerator` and `denominator` are columns of the tidy table of exports; `counted`
    says that the numerator is so many of the denominator.
    """

    id: Id
    name: Text
    formula: Text
    numerator: tuple[Id, ...] = Field(min_length=1)
    denominator: Id | None = None
    times: float = Field(1.0, gt=0)
    aggregation: Aggregation
    unit: Literal["share", "money", "ratio", "count"]
    counted: bool = False
    convention: Text
    sources: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> "Kpi":
        return refused(self, self._problems())

    def _problems(self) -> Iterator[str]:
        if (self.denominator is None) != (self.aggregation == "sum"):
            yield f"{self.id}: a sum has no denominator, and a ratio has one"
        if self.counted and (self.unit != "share" or self.aggregation == "sum"):
            yield f"{self.id}: only a share is so many of its denominator"

    def shown(self) -> str:
        """Return how it is aggregated, in words.

        >>> Kpi(id="cpm", name="CPM", formula="-", numerator=["spend"], times=1000,
        ...     denominator="impressions", aggregation="sum_over_sum", unit="money",
        ...     convention="-").shown()
        'sum of spend / sum of impressions x 1000'
        """
        top = " + ".join(words(n) for n in self.numerator)
        if self.denominator is None:
            return f"sum of {top}"
        below = words(self.denominator)
        top = f"({top})" if len(self.numerator) > 1 else top
        factor = f" x {self.times:g}" if self.times != 1 else ""
        if self.aggregation == "mean_of_rates":
            return f"mean over rows of {top} / {below}{factor}"
        return f"sum of {top} / sum of {below}{factor}"


class KpiBenchmark(Noun):
    """A published figure for one kpi, with its denominator and date."""

    id: Id
    kpi: Id
    denominator: Id | None = None
    low: float
    high: float | None = None
    currency: str | None = None
    date: int = Field(ge=1990, le=2100)
    what: Text
    sources: tuple[Id, ...] = Field(min_length=1)


class Explained(Noun):
    """A figure that is asked for and not computed, with the reason."""

    id: Id
    name: Text
    text: Text
    sources: tuple[Id, ...] = Field(min_length=1)


class KpiBook(Noun):
    """The registry: indicators, published figures, what is not computed."""

    sources: dict[Id, Source]
    kpis: tuple[Kpi, ...]
    benchmarks: tuple[KpiBenchmark, ...]
    explained: tuple[Explained, ...]

    @model_validator(mode="after")
    def _sound(self) -> "KpiBook":
        lost = {b.kpi for b in self.benchmarks} - {k.id for k in self.kpis}
        if lost:
            told = "\n".join(f"there is no kpi '{k}'" for k in sorted(lost))
            raise PydanticCustomError("design_keys", "{problems}", {"problems": told})
        return refused(self, reference_problems(self.model_dump()))

    def kpi(self, name: str) -> Kpi:
        """Return an indicator by its id.

        Raises
        ------
        DataError
            It is not in the registry, or is explained there and not computed.
        """
        for known in self.explained:
            if known.id == name:
                raise DataError(f"kpis: '{name}' is not computed. {known.text}")
        return _named(name, self.kpis, "kpis")

    def benchmark(self, name: str) -> KpiBenchmark:
        """Return a published figure by its id, or raise DataError."""
        return _named(name, self.benchmarks, "benchmarks")

    def cite(self, names: tuple[str, ...]) -> str:
        """Return sources as they are cited; without one, that this book counts so."""
        cited = "; ".join(self.sources[n].cite() for n in names)
        return cited or "this book uses"


def words(metric: str) -> str:
    """Return a column's name as words."""
    return metric.replace("_", " ")


def parts(frame: pd.DataFrame, kpi: Kpi) -> pd.DataFrame:
    """Return numerator ``a`` and denominator ``b`` of each row of a tidy table.

    Several numerators are added, those that a row does not tell left out; a row that
    tells none of them has no ``a``. ``b`` is 1 where the indicator is a plain count.

    Raises
    ------
    DataError
        A column is not there.
    """
    if "posts" not in frame and "level" in frame:
        is_post = frame["level"].eq("post").fillna(False).astype(bool)
        frame = frame.assign(posts=is_post.astype(float).where(is_post))
    below = [] if kpi.denominator is None else [kpi.denominator]
    require_columns(frame, *kpi.numerator, *below)
    top = frame[kpi.numerator[0]].astype(float)
    if len(kpi.numerator) > 1:
        top = frame[[*kpi.numerator]].astype(float).sum(axis=1, min_count=1)
    b = frame[below[0]].astype(float) if below else 1.0
    return pd.DataFrame({"a": top, "b": b}, index=frame.index, copy=False)


def only_parts(frame: pd.DataFrame, kpis: Sequence[Kpi], *others: str) -> pd.DataFrame:
    """Return the columns of a tidy table that indicators, and their groups, need.

    Rows are then chosen without copying all that a platform tells.
    """
    wanted = {"platform", "level", "date", "published", "posts", *others}
    for kpi in kpis:
        wanted |= {*kpi.numerator, kpi.denominator}
    return frame[[name for name in frame.columns if name in wanted]]


def counts(ab: pd.DataFrame, kpi: Kpi) -> pd.Series:
    """Return which rows of `parts` count.

    A rate of sums keeps what a row adds above where it adds nothing below: a day's
    spend without a lead is part of the cost of the leads.
    """
    a, b = ab["a"].to_numpy(), ab["b"].to_numpy()
    some = b > 0
    if kpi.aggregation == "sum_over_sum":
        some |= (b == 0) & (a > 0)
    return pd.Series(some & ~np.isnan(a), ab.index, copy=False)


def with_followers(frame: pd.DataFrame, followers: Mapping[str, float]) -> pd.DataFrame:
    """Return a tidy table with the followers of its posts, where no row tells them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Tidy table of exports.
    followers : mapping of str to float
        Followers of the account by platform: one number for all of its posts, so that
        it says nothing of growth in between.

    Raises
    ------
    DataError
        A platform has no post in the table, or a number is not above 0.

    Examples
    --------
    >>> post = {"platform": ["x"], "level": ["post"], "followers": [None]}
    >>> with_followers(pd.DataFrame(post), {"x": 1200})["followers"].tolist()
    [1200.0]
    """
    posts = frame["platform"].where(frame["level"].eq("post").fillna(False))
    here = sorted(posts.dropna().unique())
    problems = [
        f"followers: no post is of '{name}' ({nearest(name, here)})."
        for name in followers
        if name not in here
    ]
    problems += [
        f"followers: {name} has {number}; write how many follow the account, above 0."
        for name, number in followers.items()
        if not number > 0
    ]
    if problems:
        raise DataError(*problems)
    given = posts.map(dict(followers)).astype(float)
    return frame.assign(followers=frame["followers"].astype(float).fillna(given))


def beside_benchmark(
    book: KpiBook, benchmark: KpiBenchmark, kpi: Kpi, found: Estimate
) -> tuple[bool, str]:
    """Return whether a published figure may stand beside a kpi, and what it says.

    Only the same parts allow it: same indicator, same denominator, same currency.
    Nothing is said of why the two differ.
    """
    cited = f"{book.cite(benchmark.sources)}, {benchmark.what}"
    made = book.kpi(benchmark.kpi)
    if benchmark.denominator is None:
        return False, (
            f"The published figure ({cited}) tells no denominator, so that it cannot "
            "stand beside any figure."
        )
    if (made.numerator, benchmark.denominator, made.aggregation) != (
        kpi.numerator, kpi.denominator, kpi.aggregation,
    ):  # fmt: skip
        return False, (
            f"'{kpi.name}' is the {kpi.shown()}. The published figure ({cited}) is the "
            f"{made.shown()}. They are not compared."
        )
    if benchmark.currency not in (None, found.unit):
        return False, (
            f"'{kpi.name}' is in {found.unit}, the published figure ({cited}) in "
            f"{benchmark.currency}. They are not compared."
        )
    if found.estimate is None:
        return False, f"'{kpi.name}' has no value to stand beside it ({cited})."
    low, high = benchmark.low, benchmark.high or benchmark.low
    texts = [_said(v, found.unit) for v in (low, high, found.estimate)]
    size = texts[0] if low == high else f"{texts[0]} to {texts[1]}"
    bottom, top = found.ends()
    where = (
        "whole interval below it" if top < low
        else "whole interval above it" if bottom > high
        else "interval and figure overlap"
    )  # fmt: skip
    if found.ci_low is None and found.ci_high is None:
        where = "no interval to compare"
    return True, (
        f"{kpi.name}: {texts[2]} beside the published {size} of {benchmark.date} "
        f"({cited}; per {words(benchmark.denominator)}): {where}."
    )


def _said(value: float, unit: str) -> str:
    number = 100 * value if unit == "share" else value
    return say_number(number) + unit_words(unit, change=False)


def _named(name: str, items: tuple, section: str):
    for item in items:
        if item.id == name:
            return item
    hint = nearest(name, [i.id for i in items])
    raise DataError(f"{section}: there is no '{name}' in data/kpis.yml ({hint}).")
