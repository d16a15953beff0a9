"""What a plan says of RE-AIM, and the five dimensions made from it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from campaignbook.errors import CampaignError, DataError, PlanError, nearest
from campaignbook.evaluation import re_aim
from campaignbook.evaluation.parts import ByName, Count, Id
from campaignbook.results import Evaluation


class Group(BaseModel, frozen=True, extra="forbid"):
    """One group of a demographic: people reached, and people in the audience."""

    reached: int = Field(title="Reached", description="People reached.", ge=0)
    audience: int = Field(title="Audience", description="People intended.", ge=0)


class Reach(BaseModel, frozen=True, extra="forbid"):
    """Whom the programme reached: people, not views."""

    reached: int | None = Field(
        None, title="Reached", description="People (not views) reached.", ge=0
    )
    audience: int | None = Field(
        None, title="Audience", description="People intended.", ge=1
    )
    asked: Count | None = Field(
        None,
        title="Asked",
        description="Of a survey: n asked, events had been reached.",
    )
    audience_is: Literal["census", "sample"] = Field(
        "census",
        title="Audience is a",
        description="census: its groups are known exactly; sample: surveyed.",
    )
    demographics: ByName[
        Annotated[ByName[Group], Field(min_length=2, max_length=50)]
    ] = Field({}, title="Demographics", description="Groups, to compare who was.")


class Effectiveness(BaseModel, frozen=True, extra="forbid"):
    """What it changed, wanted and unwanted: ids of evaluations of the plan."""

    evaluation: Id | None = Field(
        None, title="Evaluation", description="Left out: the first that has an effect."
    )
    negative: tuple[Id, ...] = Field(
        (), title="Negative effects", description="Evaluations of unwanted effects."
    )


class Adoption(BaseModel, frozen=True, extra="forbid"):
    """Which settings and staff took part, of those that were asked."""

    settings: Count | None = Field(
        None, title="Settings", description="n asked, events took part."
    )
    staff: Count | None = Field(
        None, title="Staff", description="n asked, events took part."
    )


class Implementation(BaseModel, frozen=True, extra="forbid"):
    """What was delivered; its cost is that of the plan."""

    delivered: Count | None = Field(
        None, title="Delivered", description="n planned, events delivered as planned."
    )
    adaptations: tuple[str, ...] | None = Field(
        None, title="Adaptations", description="What was changed; [] is nothing."
    )


class Maintenance(BaseModel, frozen=True, extra="forbid"):
    """What lasts, in people and in settings."""

    individual: Count | None = Field(
        None, title="People", description="n began, events still do it."
    )
    months: float | None = Field(
        None, title="Months", description="After so many months.", ge=0
    )
    setting: Count | None = Field(
        None, title="Settings", description="n began, events still do it."
    )


class ReAim(BaseModel, frozen=True, extra="forbid"):
    """The five dimensions of RE-AIM; what is left out is unknown, and is said to be."""

    reach: Reach = Field(Reach(), title="Reach", description="Whom it reached.")
    effectiveness: Effectiveness = Field(
        Effectiveness(), title="Effectiveness", description="What it changed."
    )
    adoption: Adoption = Field(
        Adoption(), title="Adoption", description="Who took part in delivering it."
    )
    implementation: Implementation = Field(
        Implementation(), title="Implementation", description="What was delivered."
    )
    maintenance: Maintenance = Field(
        Maintenance(), title="Maintenance", description="What lasts."
    )

    def unknown_evaluations(
        self, known: Sequence[str]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield place and sentence of each evaluation that the plan does not have."""
        asked = self.effectiveness
        named = [(("evaluation",), asked.evaluation)] if asked.evaluation else []
        named += [(("negative", i), name) for i, name in enumerate(asked.negative)]
        for rest, name in named:
            if name not in known:
                hint = nearest(name, known) if known else "the plan has none"
                yield (
                    ("re_aim", "effectiveness", *rest),
                    f"re_aim.effectiveness.{rest[0]}: there is no evaluation '{name}' "
                    f"({hint}).",
                )


def assess(
    spec: ReAim,
    evaluations: Sequence[Evaluation],
    *,
    cost: float | None,
    currency: str,
    level: float,
) -> tuple[re_aim.Dimension, ...]:
    """Return the five dimensions of a plan, in their order.

    Parameters
    ----------
    spec : ReAim
        What the plan says.
    evaluations : sequence of Evaluation
        Those of the campaign, with the effects that `spec` names.
    cost : float or None
        Of the whole campaign, in `currency`.
    currency : str
        Three letters, or empty.
    level : float
        Confidence level, 0-1.

    Raises
    ------
    PlanError
        Every part that is larger than its whole, all at once.
    """
    adopted, done = spec.adoption, spec.implementation
    makers = {
        "reach": lambda: _reach(spec.reach, level),
        "effectiveness": lambda: _effectiveness(spec.effectiveness, evaluations),
        "adoption": lambda: re_aim.adoption(
            adopted.settings, adopted.staff, level=level
        ),
        "implementation": lambda: re_aim.implementation(
            done.delivered, cost=cost, currency=currency,
            adaptations=done.adaptations, level=level,
        ),
        "maintenance": lambda: re_aim.maintenance(
            spec.maintenance.individual, months=spec.maintenance.months,
            setting=spec.maintenance.setting, level=level,
        ),
    }  # fmt: skip
    found, problems = [], []
    for name, make in makers.items():
        try:
            found.append(make())
        except CampaignError as error:
            problems += [
                f"re_aim.{p}" if p.startswith(name) else f"re_aim.{name}.{p}"
                for p in error.problems
            ]
    if problems:
        raise PlanError(*problems)
    return tuple(found)


def _reach(told: Reach, level: float) -> re_aim.Dimension:
    groups = {
        name: {group: (g.reached, g.audience) for group, g in given.items()}
        for name, given in told.demographics.items()
    }
    made = re_aim.reach(
        told.reached, told.audience, demographics=groups,
        audience_is=told.audience_is, level=level,
    )  # fmt: skip
    if told.asked is None:
        return made
    if told.reached is not None and told.audience is not None:
        raise DataError(
            "reach: the share stands twice; leave out asked, or reached or audience."
        )
    survey = re_aim.reach(told.asked.events, told.asked.n, level=level)
    share = replace(survey.part(re_aim.SHARE), remark="by a survey")
    parts = tuple(share if p.name == share.name else p for p in made.parts)
    return replace(made, parts=parts)


def _effectiveness(
    asked: Effectiveness, evaluations: Sequence[Evaluation]
) -> re_aim.Dimension:
    by_id = {e.id: e for e in evaluations if e.estimates}
    effects = {
        name: e.estimates[0]
        for name, e in by_id.items()
        if e.estimates[0].null_value is not None
    }
    wanted = [n for n in effects if n not in asked.negative]
    first = asked.evaluation or next(iter(wanted), None)
    harm = [replace(effects[n], name=n) for n in asked.negative if n in effects]
    return re_aim.effectiveness(effects.get(first), harm)
