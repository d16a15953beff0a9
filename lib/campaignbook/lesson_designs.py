"""The lesson on designs: each on data, what it can see before, what it said after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from IPython.display import HTML

from campaignbook.answers import answer
from campaignbook.campaign import CampaignResults
from campaignbook.costs import Sroi
from campaignbook.markup import esc, shown, table
from campaignbook.report_words import DESIGNS
from campaignbook.results import Evaluation, say, say_number
from campaignbook.social_return import SocialReturn, social_return

PROP_99 = "california_tobacco"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnData:
    """A design on data that are shipped with the book.

    Attributes
    ----------
    design : str
        One of the plan's designs.
    plan : str
        Name of a shipped plan whose first evaluation is of this design.
    data : str
        What the data are, with their source.
    """

    design: str
    plan: str
    data: str


EXAMPLES = (
    OnData(design="randomized_trial", plan="hiv_results",
           data="A reward for coming to hear a test result, Malawi (Thornton 2008)"),
    OnData(design="difference_in_differences", plan="organ_donors",
           data="Organ donors in 27 states, six quarters (Kessler and Roth 2014)"),
    OnData(design="synthetic_control", plan=PROP_99,
           data="Cigarettes in 39 states, 31 years (Abadie et al. 2010)"),
    OnData(design="interrupted_time_series", plan=PROP_99,
           data="The same: California beside the mean of all other states"),
    OnData(design="observational", plan="smoking_and_weight",
           data="Weight of 1,566 smokers, 1971 to 1982 (Hernán and Robins)"),
    OnData(design="pre_post", plan="tips",
           data="Smokers before and after Tips (McAfee et al. 2013)"),
    OnData(design="proportion", plan="change4life",
           data="Families of Change4Life who stayed six months (NSMC)"),
)  # fmt: skip
"""The designs that the seven questions lead to, each on data of real campaigns."""


def one_series(folder: str) -> CampaignResults:
    """Return California's tobacco programme as an interrupted time series.

    `folder` holds the shipped plans. The mean of all other states is the comparison.
    """
    states = pd.read_csv(f"{folder}/../tables/california_prop99.csv")["state"]
    series = {
        "id": "series", "goal": "packs", "design": "interrupted_time_series",
        "question": "Did sales leave the path that they were on beside other states?",
        "data": {"file": "../tables/california_prop99.csv"}, "outcome": "cigsale",
        "time": {"column": "year", "start": 1989},
        "comparison": {
            "column": "state",
            "values": sorted(set(states) - {"California"}),
        },
    }  # fmt: skip
    return answer(f"{folder}/{PROP_99}.yml", overrides={"evaluations": [series]})


def designs_on_data(folder: str) -> HTML:
    """Return each design with its data, what it says, and whether it can say why."""
    rows = []
    for one in EXAMPLES:
        found = _answered(one, folder)
        first = found.estimates[0]
        size, interval = first.words()
        wrong = [c.name for c in found.checks if c.answer == "no"]
        can = "no: a level or a change, and nothing about why"
        if first.assumptions:
            can = "yes, if its assumptions hold"
            can = f"not here; answered no: {', '.join(wrong)}" if wrong else can
        said = f"{size} ({interval})"
        rows.append([esc(t) for t in (DESIGNS[one.design][0], one.data, said, can)])
    head = ["Design", "Data", "What it says", "Can it say that the campaign did it?"]
    return shown(table("Seven designs on data of real campaigns", head, rows))


def _answered(one: OnData, folder: str) -> Evaluation:
    if one.design == "interrupted_time_series":
        return one_series(folder).evaluations[0]
    return answer(f"{folder}/{one.plan}.yml").evaluations[0]


def power_and_verdict(plans: Mapping[str, CampaignResults]) -> HTML:
    """Return what was asked, what could be seen, what was found and the verdict.

    `plans` are results by the name that the table gives them; the first evaluation and
    goal of each are told.
    """
    rows = []
    for name, found in plans.items():
        goal, verdict = found.plan.goals[0], found.verdicts[0]
        evaluation = [*found.evaluations, *found.planned][0]
        power = evaluation.details.get("power") or {}
        rows.append([
            esc(name), *_seen(power, goal.unit), _found(evaluation),
            esc(verdict.verdict),
        ])  # fmt: skip
    head = ["Campaign", "Change asked for", "Smallest change it sees",
            "Chance to see what was asked", "What was found", "Verdict"]  # fmt: skip
    return shown(table("Power before, verdict after", head, rows))


def _seen(power: Mapping[str, object], unit: str) -> Sequence[str]:
    changes = [power.get("change_asked"), power.get("smallest_change")]
    said = [
        "not said" if c is None else esc(say(c, unit, change=unit != "ratio"))
        for c in changes
    ]
    chance = power.get("chance")
    if chance is None:
        return [*said, "not known"]
    words = f"{100 * chance:.0f}%"
    words = "over 99%" if chance > 0.99 else "under 1%" if chance < 0.01 else words
    return [*said, words]


def _found(evaluation: Evaluation) -> str:
    if not evaluation.estimates:
        return "no data yet"
    size, interval = evaluation.estimates[0].words()
    return f"{esc(size)} ({esc(interval)})"


SROI = {
    "outcomes": [
        {"name": "People who stay stopped", "quantity": 100, "proxy": 500,
         "deadweight": 0.2, "due_to_others": 0.25, "drop_off": 0.1, "years": 3},
        {"name": "People who are well enough to work", "quantity": 40, "proxy": 1200,
         "deadweight": 0.3, "due_to_others": 0.1, "displacement": 0.05,
         "drop_off": 0.2, "years": 5},
    ]
}  # fmt: skip
"""Outcomes of a stop-smoking course, made up for the example."""
SROI_COST = 60_000


def social_returns() -> dict[str, SocialReturn]:
    """Return the course's social return as assumed, and with other assumptions."""
    cases = {
        "as assumed": {},
        "twice as many would have stopped anyway": "deadweight",
        "it lasts one year": "years",
        "both": ("deadweight", "years"),
    }
    found = {}
    for name, changed in cases.items():
        outcomes = []
        for one in SROI["outcomes"]:
            own = dict(one)
            if "deadweight" in changed:
                own["deadweight"] *= 2
            if "years" in changed:
                own["years"] = 1
            outcomes.append(own)
        found[name] = social_return(
            Sroi(outcomes=outcomes), SROI_COST, discount_rate=0.035, currency="EUR",
            causal=True,
        )  # fmt: skip
    return found


def sroi_table() -> HTML:
    """Return the course's outcomes, and its return under four sets of assumptions."""
    parts = ("deadweight", "due_to_others", "displacement", "drop_off")
    outcomes = [
        [esc(one["name"]), str(one["quantity"]), f"{say_number(one['proxy'])} EUR",
         *(say(one.get(part, 0.0), "share") for part in parts), str(one["years"])]
        for one in SROI["outcomes"]
    ]  # fmt: skip
    assumed = table(
        "What the course is assumed to bring (made up)",
        ["Outcome", "People", "Worth a year", "Deadweight", "Due to others",
         "Moved elsewhere", "Drop-off a year", "Years"],
        outcomes,
    )  # fmt: skip
    rows = [
        [esc(name.capitalize()), f"{say_number(found.present_value)} EUR",
         f"{found.ratio:.2f}"]
        for name, found in social_returns().items()
    ]  # fmt: skip
    head = [
        "Assumption", "Value in today's money",
        f"Divided by {say_number(SROI_COST)} EUR of cost",
    ]  # fmt: skip
    returns = table("Social return on investment (made up)", head, rows)
    return shown(assumed + returns)
