"""Settings, their bars, and the rows that say whether a setting is inside its bar."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from campaignbook.results import Estimate

LEVEL = 0.95
"""Level of every interval, and 1 minus that of every test."""

Draw = Callable[[np.random.Generator], Mapping[str, float | bool | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Between which shares of the draws a measure must lie; None is no end."""

    low: float | None = None
    high: float | None = None

    def widened(self, draws: int | None) -> tuple[float, float]:
        """Return the ends, three Monte-Carlo standard errors wider; None: exact."""
        low, high = (0.0 if self.low is None else self.low), self.high
        high = 1.0 if high is None else high
        if draws is None:
            return low, high
        return low - 3 * error(low, draws), high + 3 * error(high, draws)

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f">= {self.low:g}" if self.high is None else f"<= {self.high:g}"
        return f"{self.low:.4g} to {self.high:.4g}"


SIZE = Bar(high=0.07)
"""False positives at 5% where clusters are few; what holds up has .04 to .065."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way to draw data and to evaluate them, with a bar for each measure.

    Attributes
    ----------
    design, name : str
        The plan's design (or what else is measured), and the setting in words.
    draw : callable
        From a generator to measure: a hit (or none), None where nothing was found.
    bars : mapping of str to Bar
        By measure; exactly those that `draw` returns.
    exact : bool
        Whether `draw` gives the shares themselves, by enumeration.
    """

    design: str
    name: str
    draw: Draw
    bars: Mapping[str, Bar]
    exact: bool = False

    @property
    def key(self) -> str:
        """Name of the setting among all: it also seeds the draws."""
        return f"{self.design}, {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was measured in a setting; `compared` of `draws` gave a hit or none."""

    design: str
    setting: str
    measure: str
    hits: float
    compared: int
    draws: int
    bar: Bar
    exact: bool = False

    @property
    def value(self) -> float:
        """Share of hits; nan where nothing was compared."""
        return self.hits / self.compared if self.compared else float("nan")

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of `value`; 0 by enumeration."""
        return 0.0 if self.exact else error(self.value, self.compared)

    @property
    def inside(self) -> bool:
        """Whether every draw was compared and the value is inside the widened bar."""
        if not 0 < self.compared == self.draws:
            return False
        low, high = self.bar.widened(None if self.exact else self.compared)
        return low <= self.value <= high


def error(share: float, draws: int) -> float:
    """Return the Monte-Carlo standard error of a share; nan without draws."""
    return (share * (1 - share) / draws) ** 0.5 if draws else float("nan")


def rows_of(setting: Setting, found: Sequence[Mapping]) -> list[Row]:
    """Return a row a measure; one that no draw returned has compared nothing."""
    rows = []
    for measure in [*setting.bars, *(found[0] if found else ())]:
        if any(r.measure == measure for r in rows):
            continue
        values = [f.get(measure) for f in found]
        known = [float(v) for v in values if v is not None]
        row = Row(
            design=setting.design,
            setting=setting.name,
            measure=measure,
            hits=sum(known),
            compared=len(known),
            draws=len(found),
            bar=setting.bars.get(measure, Bar(low=1.0, high=0.0)),  # no bar: outside
            exact=setting.exact,
        )
        rows.append(row)
    return rows


def covers(estimate: Estimate | None, truth: float) -> bool | None:
    """Return whether an interval holds the truth; None where there is none."""
    if estimate is None or (estimate.ci_low is None and estimate.ci_high is None):
        return None
    low, high = estimate.ends()
    return low <= truth <= high


def rejects(estimate: Estimate | None) -> bool | None:
    """Return whether a test calls it an effect; None where there is no p.

    The p of a rank test that cannot reach 1 - level is above it: no rejection.
    """
    if estimate is None or estimate.p_value is None:
        return None
    return estimate.p_value <= 1 - LEVEL + 1e-12
