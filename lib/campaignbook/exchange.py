"""Competing behaviours: what each gives and costs, what is lacking, and what helps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from campaignbook.errors import PlanError, as_found, is_number, nearest
from campaignbook.results import say_number

COMPONENTS = {
    "psychological capability": "Do they know how, and can they keep it in mind?",
    "physical capability": "Have they the strength and the skill?",
    "social opportunity": "Do the people around them allow and support it?",
    "physical opportunity": "Have they the time, the money, the place and the means?",
    "reflective motivation": "Do they want to, and do they plan to?",
    "automatic motivation": "Do habit, wish and feeling pull that way?",
}
"""What a behaviour takes (COM-B), as questions about the segment."""
_SURROUNDINGS = ("environmental restructuring", "enablement", "restriction")
_FUNCTIONS = {
    "psychological capability": ("education", "training", "enablement"),
    "physical capability": ("training", "enablement"),
    "social opportunity": ("modelling", *_SURROUNDINGS),
    "physical opportunity": _SURROUNDINGS,
    "reflective motivation": ("education", "persuasion", "incentivisation", "coercion"),
    "automatic motivation": (
        "persuasion", "incentivisation", "modelling", "environmental restructuring",
        "enablement", "coercion",
    ),
}  # fmt: skip
_MEANING = {
    "education": "explain",
    "persuasion": "move by words and pictures",
    "incentivisation": "give a reward",
    "coercion": "let it cost something not to",
    "training": "practise",
    "restriction": "make a rule against the other",
    "environmental restructuring": "change the place or the means",
    "modelling": "show somebody like them who does it",
    "enablement": "take a hindrance away",
}
_NOT_VOLUNTARY = ("coercion", "restriction")
TOOLS = {
    "forgetting": ("prompt at the place and moment",),
    "little motivation": ("commitment", "incentive", "norm"),
    "inconvenience": ("convenience: nearer, quicker, easier",),
    "not known": ("communication",),
    "nobody does it": ("norm", "social diffusion: let those who do be seen"),
}
"""Tools of community-based social marketing by kind of barrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A behaviour as the segment sees it: what it gives and what it costs.

    Attributes
    ----------
    name : str
        The behaviour.
    benefits, barriers : mapping of str to float
        By words: how much it weighs for the segment, from 0 to 10.
    """

    name: str
    benefits: Mapping[str, float]
    barriers: Mapping[str, float]

    @property
    def net(self) -> float:
        """Benefits less barriers; this book adds them up."""
        return sum(self.benefits.values()) - sum(self.barriers.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The desired behaviour beside those that compete with it.

    Attributes
    ----------
    desired : Offer
        What the campaign asks for.
    rivals : tuple of Offer
        What people do instead, the strongest first.
    """

    desired: Offer
    rivals: tuple[Offer, ...]

    @property
    def shortfall(self) -> float:
        """How much better the deal of the strongest rival is (negative: worse)."""
        return self.rivals[0].net - self.desired.net

    def sentence(self) -> str:
        """Return which behaviour has the better deal, and by how much."""
        rival, own = self.rivals[0], self.desired
        nets = f"({say_number(rival.net)} against {say_number(own.net)})"
        if self.shortfall < 0:
            return (
                f"'{own.name}' is the better deal than '{rival.name}' in the segment's "
                f"own eyes, by {say_number(-self.shortfall)} points {nets}; ask what "
                "still keeps them from it."
            )
        if self.shortfall == 0:
            return f"'{own.name}' and '{rival.name}' are equally good deals {nets}."
        first = self.levers().iloc[0]
        return (
            f"'{rival.name}' is the better deal in the segment's own eyes, by "
            f"{say_number(self.shortfall)} points {nets}. The largest lever: "
            f"{first['what to do']} '{first['of']}'."
        )

    def levers(self) -> pd.DataFrame:
        """Return what could turn the deal, the heaviest first."""
        rival, own = self.rivals[0], self.desired
        parts = (
            (0, "lower the barrier", own.name, own.barriers),
            (0, "match or outdo the benefit", rival.name, rival.benefits),
            (1, "keep and show the benefit", own.name, own.benefits),
            (1, "make felt the cost", rival.name, rival.barriers),
        )
        rows = [
            (group, -points, do, text, name)
            for group, do, name, texts in parts
            for text, points in texts.items()
        ]
        rows.sort(key=lambda row: row[:2])
        return pd.DataFrame(
            [(do, text, name, -points) for _, points, do, text, name in rows],
            columns=["what to do", "of", "behaviour", "points"],
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a behaviour: benefits, barriers and what remains."""
        offers = (self.desired, *self.rivals)
        return pd.DataFrame(
            {
                "behaviour": [o.name for o in offers],
                "gives": [sum(o.benefits.values()) for o in offers],
                "costs": [sum(o.barriers.values()) for o in offers],
                "remains": [o.net for o in offers],
            }
        )


def exchange(desired: Offer, rivals: Sequence[Offer]) -> Exchange:
    """Return the desired behaviour beside its rivals, the strongest first.

    Raises
    ------
    PlanError
        If there is no rival, or a weight is not from 0 to 10.

    References
    ----------
    National Social Marketing Centre, benchmark criteria: exchange and competition.

    Examples
    --------
    >>> walk = Offer(name="walk", benefits={"fresh air": 4}, barriers={"rain": 6})
    >>> ride = Offer(name="car", benefits={"quick": 7}, barriers={"traffic": 2})
    >>> exchange(walk, [ride]).shortfall
    7
    """
    problems = [
        f"'{offer.name}': '{text}' weighs {as_found(value)}; write 0 to 10."
        for offer in (desired, *rivals)
        for text, value in (*offer.benefits.items(), *offer.barriers.items())
        if not is_number(value, 0, 10)
    ]
    if not rivals:
        problems.append("competition: write what they do instead; something they do.")
    if problems:
        raise PlanError(*problems)
    ordered = tuple(sorted(rivals, key=lambda o: -o.net))
    return Exchange(desired=desired, rivals=ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a behaviour lacks in a segment, and which interventions this book uses.

    Attributes
    ----------
    lacking, unknown : tuple of str
        Components of COM-B that are not there, and those that nobody has asked about.
    functions : tuple of (str, tuple of str)
        Interventions with the lacking components that each serves, the widest first.
    """

    lacking: tuple[str, ...]
    unknown: tuple[str, ...]
    functions: tuple[tuple[str, tuple[str, ...]], ...]

    def sentence(self) -> str:
        """Return what is lacking and what would serve most of it."""
        if len(self.unknown) == len(COMPONENTS):
            return "Nothing is known yet: ask the segment first."
        ask = ", ".join(self.unknown)
        open_ones = f" Not known, so ask first: {ask}." if ask else ""
        if not self.lacking:
            return f"Nothing is lacking as far as it is known.{open_ones}"
        first, served = self.functions[0]
        only = ""
        if not any(c.endswith("motivation") for c in self.lacking + self.unknown):
            only = " The motivation is there: it is not persuasion that is missing."
        return (
            f"Lacking: {', '.join(self.lacking)}. {first.capitalize()} serves "
            f"{len(served)} of {len(self.lacking)}.{only}{open_ones}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row an intervention, with what it serves."""
        return pd.DataFrame(
            {
                "intervention": [f for f, _ in self.functions],
                "in plain words": [_MEANING[f] for f, _ in self.functions],
                "serves": [", ".join(served) for _, served in self.functions],
                "voluntary": [
                    "no: needs a rule" if f in _NOT_VOLUNTARY else "yes"
                    for f, _ in self.functions
                ],
            }
        )


def diagnose(there: Mapping[str, bool | None]) -> Diagnosis:
    """Return what is lacking for a behaviour, and the interventions for it.

    Parameters
    ----------
    there : mapping of str to bool or None
        By component of `COMPONENTS`: whether the segment has it; None or left out where
        it is not known.

    Raises
    ------
    PlanError
        If there is no such component, or an answer is none of the three.

    Notes
    -----
    Components and interventions are those of the behaviour change wheel. Which
    intervention serves which component is what this book uses, not a published table.

    References
    ----------
    Michie, S., van Stralen, M. M. and West, R. (2011), Implementation Science 6:42.

    Examples
    --------
    >>> diagnose({"physical opportunity": False}).functions[0][0]
    'environmental restructuring'
    """
    problems = [
        f"COM-B has no part '{n}' ({nearest(n, COMPONENTS)})."
        for n in there
        if n not in COMPONENTS
    ]
    problems += [
        f"{n}: {as_found(v)}; write True, False, or None where it is not known."
        for n, v in there.items()
        if v not in (True, False, None)
    ]
    if problems:
        raise PlanError(*problems)
    lacking = tuple(c for c in COMPONENTS if there.get(c) is False)
    unknown = tuple(c for c in COMPONENTS if there.get(c) is None)
    served = {
        f: tuple(c for c in lacking if f in _FUNCTIONS[c])
        for c in lacking
        for f in _FUNCTIONS[c]
    }
    ordered = sorted(served.items(), key=lambda s: (s[0] in _NOT_VOLUNTARY, -len(s[1])))
    return Diagnosis(lacking=lacking, unknown=unknown, functions=tuple(ordered))


def tools_for(kind: str) -> tuple[str, ...]:
    """Return the tools for a kind of barrier.

    Raises
    ------
    PlanError
        If there is no such kind in `TOOLS`.

    References
    ----------
    McKenzie-Mohr (2008), International Journal of Sustainability Communication
    3:108-118.

    Examples
    --------
    >>> tools_for("forgetting")
    ('prompt at the place and moment',)
    """
    if kind not in TOOLS:
        raise PlanError(f"barriers: '{kind}' is no kind ({nearest(kind, TOOLS)}).")
    return TOOLS[kind]
