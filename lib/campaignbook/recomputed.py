"""Published figures computed again from other published figures."""

from pydantic import Field, model_validator

from campaignbook.formulas import FORMULAS, roles
from campaignbook.questions import Id, Noun, Source, Text, refused


class Recomputed(Noun):
    """One published figure, and the arithmetic that should give it."""

    id: Id
    campaign: Text
    what: Text
    formula: str
    inputs: dict[str, float]
    says: Text
    """The published numbers that go in, in words."""
    published: float
    unit: Text
    within: float = Field(gt=0, lt=1)
    """How far, as a share, rounding in print may put the two apart."""
    fits: bool
    sources: tuple[Id, ...] = Field(min_length=1)

    @property
    def value(self) -> float:
        """What the arithmetic gives, in `unit`."""
        return FORMULAS[self.formula](**self.inputs)

    @property
    def agrees(self) -> bool:
        """Whether arithmetic and print agree within the rounding."""
        return abs(self.value - self.published) <= self.within * abs(self.published)

    @model_validator(mode="after")
    def _sound(self) -> "Recomputed":
        if self.formula not in FORMULAS:
            return refused(self, [f"{self.id}: there is no formula '{self.formula}'"])
        wanted = set(roles(self.formula))
        if wanted != set(self.inputs):
            return refused(self, [f"{self.id}: the formula takes {sorted(wanted)}"])
        if self.agrees != self.fits:
            said = "fits" if self.fits else "does not fit"
            told = f"{self.id}: the arithmetic gives {self.value:,.6g}"
            return refused(self, [f"{told}, and the table says that it {said}"])
        return self


class RecomputedBook(Noun):
    """All of them, with the sources they name."""

    sources: dict[Id, Source]
    cases: tuple[Recomputed, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sources(self) -> "RecomputedBook":
        lost = [s for c in self.cases for s in c.sources if s not in self.sources]
        return refused(self, (f"there is no source '{s}'" for s in lost))
