"""Which design can answer, by what can be arranged: seven questions, one design."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from campaignbook.evaluation.spec import DESIGN_KEYS, Design

YesNo = Literal["yes", "no"]


class Situation(BaseModel, frozen=True, extra="forbid"):
    """What can be arranged before a campaign, or is there after it."""

    randomised: YesNo = Field(
        "no", title="1. Chance",
        description="Can chance decide who gets the campaign, or gets it first?",
    )  # fmt: skip
    in_groups: YesNo = Field(
        "no", title="2. Groups",
        description="Does it go to whole places, classes or shops, not to persons?",
    )  # fmt: skip
    comparison: YesNo = Field(
        "no", title="3. Comparison",
        description="Are there people or places without it, measured in the same way?",
    )  # fmt: skip
    before: YesNo = Field(
        "no", title="4. Before",
        description="Was the outcome measured before the start, not only after?",
    )  # fmt: skip
    many: YesNo = Field(
        "no", title="5. Several places",
        description="At least five places with the campaign, and five without?",
    )  # fmt: skip
    long_series: YesNo = Field(
        "no", title="6. Long series",
        description="At least 24 points in time, such as two years of months?",
    )  # fmt: skip
    described: YesNo = Field(
        "no", title="7. Known people",
        description="Is it known what made people take part: age, habits, motives?",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignChoice:
    """A design, why it is the best that can be had, and what it cannot do.

    Attributes
    ----------
    design : str
        One of the plan's designs.
    why, weakness, better : str
        Sentences: what speaks for it, what it leaves open, what would be stronger.
    causal : bool
        Whether it can say that the campaign did it.
    keys : tuple of str
        Keys of the plan's evaluation that the design needs.
    """

    design: Design
    why: str
    weakness: str
    better: str
    causal: bool
    keys: tuple[str, ...]


def choose_design(situation: Situation) -> DesignChoice:
    """Return the design with the fewest assumptions that the situation allows.

    Notes
    -----
    The order is this book's, by what has to be assumed: chance; a comparison measured
    before and after; a long series; a comparison of described people; before and after
    alone; a single count. The limits of five places and 24 points are those below
    which intervals fail in simulation (see ``tests/benchmarks/validity.py``).

    Examples
    --------
    >>> choose_design(Situation(comparison="yes", before="yes", many="yes")).design
    'difference_in_differences'
    """
    yes = {k for k, v in situation.model_dump().items() if v == "yes"}
    compared = {"comparison", "before"} <= yes
    if "randomised" in yes:
        return _trial(yes)
    if compared and ("many" in yes or "long_series" not in yes):
        return _differences(yes)
    if compared:
        return _choice(
            "synthetic_control",
            "Few places have the campaign and many points in time are known. A mix of "
            "the other places that moved like yours before the start stands for it.",
            "One place can be odd by chance: with fewer than 19 places without the "
            "campaign no test at 5% exists.",
            "Start in several places, and let chance choose them.",
        )
    if "long_series" in yes and "before" in yes:
        return _choice(
            "interrupted_time_series",
            "The series before the start tells where it was heading. The gap "
            "after the start is the effect.",
            "Anything else that happened at the same time looks like the campaign.",
            "Add a series of a place without the campaign.",
        )
    if "comparison" in yes and "described" in yes:
        return _choice(
            "observational",
            "Those who took part are compared with others who were as likely to take "
            "part, by all that is known of them.",
            "What nobody wrote down, such as how much people wanted to change, stays "
            "in the difference.",
            "Measure before the start, or let chance decide who comes first.",
        )
    if "before" in yes:
        return _choice(
            "pre_post",
            "It shows how the measure changed. Nothing here tells why.",
            "There is no comparison group: what would have changed anyway is in it.",
            "Find a place without the campaign before you start.",
            causal=False,
        )
    return _choice(
        "proportion",
        "It shows where the measure stands now. Nothing here tells why.",
        "Without a measurement before and without a comparison, a level is all there "
        "is.",
        "Measure once before the start, in your place and in another.",
        causal=False,
    )


def _trial(yes: set[str]) -> DesignChoice:
    if "in_groups" not in yes:
        return _choice(
            "randomized_trial",
            "Chance makes the groups alike at the start, in all that is known and "
            "unknown.",
            "It answers for the people in it. Those who drop out can spoil it.",
            "Nothing is stronger. Ask before the start how many people it takes.",
        )
    few = "" if "many" in yes else " Fewer than five places in an arm see little."
    return _choice(
        "randomized_trial",
        "Chance makes the places alike at the start. Places are what is counted, so "
        "name them as cluster.",
        f"Many people in few places say less than it seems.{few}",
        "More places help more than more people in each.",
        also=("cluster",),
    )


def _differences(yes: set[str]) -> DesignChoice:
    few = (
        ""
        if "many" in yes
        else " With fewer than five places on a side only a very large effect is seen."
    )
    return _choice(
        "difference_in_differences",
        "What changed without the campaign is taken off what changed with it.",
        f"Both sides must have moved alike before the start; show that they did.{few}",
        "Let chance choose the places that start first.",
    )


def _choice(
    design: Design,
    why: str,
    weakness: str,
    better: str,
    *,
    causal: bool = True,
    also: tuple[str, ...] = (),
) -> DesignChoice:
    keys = (*DESIGN_KEYS[design][0], *also)
    return DesignChoice(
        design=design, why=why, weakness=weakness, better=better, causal=causal,
        keys=keys,
    )  # fmt: skip
