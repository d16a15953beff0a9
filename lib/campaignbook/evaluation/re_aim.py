"""RE-AIM: reach, effectiveness, adoption, implementation and maintenance.

What nobody measured says "unknown": a missing part is a finding, too. Glasgow et al.
(1999), American Journal of Public Health 89:1322-1327; the authors' authority is their
20-year review (2019), Frontiers in Public Health 7:64.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

import pandas as pd

from campaignbook.errors import DataError, nearest
from campaignbook.evaluation.parts import Count
from campaignbook.evaluation.proportions import CountLike, newcombe, share, wilson
from campaignbook.results import Estimate, say_number

DIMENSIONS = {
    "reach": "whom it reached",
    "effectiveness": "what it changed, wanted and unwanted",
    "adoption": "which settings and staff took part",
    "implementation": "what was delivered, at what cost",
    "maintenance": "what lasts",
}
"""The five, in their order, and what each asks."""
MONTHS = 6
"""Maintenance of individuals begins so many months after the programme."""
SHARE, _EFFECT = "share of the audience", "effect"
_PRODUCT = "reach x effectiveness (speculative)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One measure of a dimension; None is unknown, `told` is in the sentence, too."""

    name: str
    value: Estimate | str | None = None
    told: bool = True
    remark: str = ""

    def says(self) -> str:
        """Return the value in words: ``10.8% (95% interval ..., n = ...)``."""
        if isinstance(self.value, str):
            text = self.value
        elif self.value is None or self.value.estimate is None:
            text = "unknown"
        else:
            text = self.value.sentence("x").removeprefix("x: ").removesuffix(".")
        return f"{text}, {self.remark}" if self.remark else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One of the five `DIMENSIONS` with what is known of it."""

    name: str
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part:
        """Return the part of that name; a DataError if there is none."""
        for part in self.parts:
            if part.name == name:
                return part
        hint = nearest(name, [part.name for part in self.parts])
        raise DataError(f"{self.name}: there is no part '{name}' ({hint}).")

    def sentence(self) -> str:
        """Return the dimension in words, with each part that is told."""
        told = [f"{p.name}: {p.says()}" for p in self.parts if p.told]
        return f"{self.name.capitalize()}, {'; '.join(told)}."


def reach(
    reached: int | None = None,
    audience: int | None = None,
    *,
    demographics: Mapping[str, Mapping[str, tuple[int, int]]] | None = None,
    audience_is: Literal["census", "sample"] = "census",
    level: float = 0.95,
) -> Dimension:
    """Return number, share and representativeness of those reached.

    Parameters
    ----------
    reached, audience : int or None
        People (not views, not accounts) reached, and intended; None is unknown.
    demographics : mapping, optional
        For each demographic its groups, each with (reached, in the audience).
    audience_is : {"census", "sample"}
        Whether the audience's groups are known exactly (intervals: Wilson's of the
        share among those reached, minus the known share) or surveyed (Newcombe's).
    level : float
        Confidence level, 0-1.

    Notes
    -----
    A part larger than its whole or a demographic of one group is a DataError. The
    index of dissimilarity is half the sum of the absolute differences: the share of
    those reached who would have to be of another group (by chance alone above 0).

    Examples
    --------
    >>> sexes = {"women": (200, 500), "men": (100, 500)}
    >>> made = reach(300, 1000, demographics={"sex": sexes})
    >>> made.part("sex: index of dissimilarity").says()
    '16.7% (no interval exists, n = 300)'
    """
    if reached is not None and reached < 0:
        raise DataError(f"reach: {reached} people reached; write 0 or more.")
    number = None if reached is None else f"{say_number(reached)} people"
    known = reached is not None and audience is not None
    if known and not (audience > 0 and reached <= audience):
        raise DataError(f"reach: {reached} of {audience}; write a part of a whole.")
    count = Count(n=audience, events=reached) if known else None
    parts = [Part(name="number", value=number), _part(SHARE, count, level)]
    for name, groups in (demographics or {}).items():
        parts += _like_the_audience(name, groups, reached, audience_is, level)
    parts += [] if demographics else [Part(name="representativeness")]
    return Dimension(name="reach", parts=tuple(parts))


def effectiveness(
    effect: Estimate | None = None, negative: Sequence[Estimate] = ()
) -> Dimension:
    """Return the effect, and beside it the unwanted ones (none measured: unknown)."""
    harm = [_change(f"negative effect, {e.name}", e) for e in negative]
    parts = (_change(_EFFECT, effect), *(harm or [Part(name="negative effects")]))
    return Dimension(name="effectiveness", parts=parts)


def adoption(
    settings: CountLike | None = None,
    staff: CountLike | None = None,
    *,
    level: float = 0.95,
) -> Dimension:
    """Return the shares of settings and of staff (``n`` asked) that took part."""
    parts = (_part("settings", settings, level), _part("staff", staff, level))
    return Dimension(name="adoption", parts=parts)


def implementation(
    delivered: CountLike | None = None,
    *,
    cost: float | None = None,
    currency: str = "",
    adaptations: Sequence[str] | None = None,
    level: float = 0.95,
) -> Dimension:
    """Return fidelity (``events`` of ``n`` planned parts), cost and adaptations.

    `adaptations` are words, one text for each; empty is none, None is unknown. More
    than planned, or a cost that is no number from 0 on, is a DataError.
    """
    if cost is not None and not (isfinite(cost) and cost >= 0):
        raise DataError(f"implementation: the cost is {cost:g}; write 0 or more.")
    money = None if cost is None else f"{say_number(cost)} {currency}".strip()
    made = None if adaptations is None else "; ".join(adaptations) or "none"
    parts = (
        _part("delivered as planned", delivered, level),
        Part(name="cost", value=money),
        Part(name="adaptations", value=made),
    )
    return Dimension(name="implementation", parts=parts)


def maintenance(
    individual: CountLike | None = None,
    *,
    months: float | None = None,
    setting: CountLike | None = None,
    level: float = 0.95,
) -> Dimension:
    """Return the shares of people and settings (``n`` began) still doing it.

    Those who cannot be found after `months` belong to ``n``: they count as stopped.
    More than began, or months below 0, is a DataError.

    Examples
    --------
    >>> families = Count(n=413_466, events=44_833)
    >>> maintenance(families, months=6).part("people after 6 months").says()
    '10.8% (95% interval 10.7% to 10.9%, n = 413466)'
    """
    if months is not None and not months >= 0:
        raise DataError(f"maintenance: {months:g} months; write 0 or more.")
    when = "an unknown time" if months is None else f"{months:g} months"
    people = _part(f"people after {when}", individual, level)
    if individual is not None and (months is None or months < MONTHS):
        late = f"it is maintenance only from {MONTHS} months on"
        people = replace(people, remark=late)
    parts = (people, _part("settings", setting, level))
    return Dimension(name="maintenance", parts=parts)


def summary(found: Sequence[Dimension]) -> pd.DataFrame:
    """Return a row for each part of the five dimensions; what is not given is unknown.

    The last row is `impact`, which is speculative.
    """
    given = {dimension.name: dimension.parts for dimension in found}
    rows = [
        (name, part)
        for name, asks in DIMENSIONS.items()
        for part in given.get(name) or (Part(name=asks),)
    ]
    rows.append(("composite", Part(name=_PRODUCT, value=impact(found))))
    numbers = ("estimate", "ci_low", "ci_high", "level", "n")
    return pd.DataFrame(
        {"dimension": dimension, "part": part.name}
        | {number: getattr(part.value, number, None) for number in numbers}
        | {"says": part.says()}
        for dimension, part in rows
    )


def impact(found: Sequence[Dimension]) -> Estimate | None:
    """Return reach x effectiveness, which is speculative; None where one is unknown.

    Notes
    -----
    It is the change in the whole audience, if the effect is that among those reached
    and nobody else changed; no interval, no causal word. Glasgow et al. (2006), Health
    Education Research 21:688-694, call it speculative. With a ratio: None.
    """
    values = {part.name: part.value for d in found for part in d.parts}
    part, effect = values.get(SHARE), values.get(_EFFECT)
    if not (isinstance(part, Estimate) and isinstance(effect, Estimate)):
        return None
    if part.estimate is None or effect.estimate is None or not effect.is_change:
        return None
    return Estimate(
        name=_PRODUCT, estimate=part.estimate * effect.estimate, level=effect.level,
        unit=effect.unit, method="product of two estimates, speculative",
    )  # fmt: skip


def _like_the_audience(
    name: str,
    groups: Mapping[str, tuple[int, int]],
    reached: int | None,
    audience_is: str,
    level: float,
) -> list[Part]:
    those, everyone = (sum(pair[k] for pair in groups.values()) for k in (0, 1))
    place = f"demographics.{name}"
    if len(groups) < 2 or min(min(pair) for pair in groups.values()) < 0:
        raise DataError(f"{place}: write two groups or more, with counts of 0 or more.")
    if not (those and everyone) or those > (those if reached is None else reached):
        raise DataError(
            f"{place}: {those} people reached (reach says {reached}), {everyone} in "
            "the audience; write groups with people, not more than were reached."
        )
    gaps = []
    for group, (k, a) in groups.items():
        low, high = newcombe(k, those, a, everyone, level=level)
        if audience_is == "census":
            if k > a:
                raise DataError(f"{place}.{group}: {k} reached; write at most {a}.")
            low, high = (e - a / everyone for e in wilson(k, those, level=level))
        gaps += [Estimate(
            name="reached minus audience", group=group, unit="share", n=those,
            estimate=k / those - a / everyone, ci_low=low, ci_high=high, level=level,
            method=f"difference of shares; the audience is a {audience_is}",
        )]  # fmt: skip
    sizes = [abs(gap.estimate) for gap in gaps]
    largest = sizes.index(max(sizes))
    index = Estimate(
        name="index of dissimilarity", group=name, estimate=sum(sizes) / 2, n=those,
        level=level, null_value=None, unit="share", method="half the sum of the gaps",
    )  # fmt: skip
    missing = (reached or those) - those
    remark = f"the group of {say_number(missing)} people is unknown" if missing else ""
    parts = [
        Part(name=f"{name}: {gap.group} ({gap.name})", value=gap, told=i == largest)
        for i, gap in enumerate(gaps)
    ]
    return [*parts, Part(name=f"{name}: {index.name}", value=index, remark=remark)]


def _part(name: str, count: CountLike | None, level: float) -> Part:
    if count is None:
        return Part(name=name)
    if not (count.n > 0 and 0 <= count.events <= count.n):
        raise DataError(
            f"{name}: {count.events} of {count.n}; write a part of a whole."
        )
    return Part(name=name, value=share(count, name=name, level=level))


def _change(name: str, found: Estimate | None) -> Part:
    if found is None or found.estimate is None or found.null_value is None:
        return Part(name=name, value=found)
    low, high = found.ends()
    remarks = [] if found.assumptions else ["the design does not say what caused it"]
    if low <= found.null_value <= high:
        remarks.insert(0, "no change at all is not ruled out")
    return Part(name=name, value=found, remark=" and ".join(remarks))
