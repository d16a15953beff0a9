"""The lesson on strategies: its tables, and forms that answer at once."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

import pandas as pd
from IPython.display import HTML
from pydantic import BaseModel, Field

from campaignbook.allocation import Optimum, allocate
from campaignbook.allocation_doubt import uses_of
from campaignbook.best_split import Use
from campaignbook.errors import CampaignError
from campaignbook.exchange import COMPONENTS, TOOLS, diagnose
from campaignbook.files import DATA
from campaignbook.fitted_curves import FittedCurve, fit_curves
from campaignbook.forms import Form, plan_form
from campaignbook.kpi_tree import Branch, tree_frame
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.plan import CampaignPlan
from campaignbook.report_words import ANSWERS
from campaignbook.results import Check, Estimate, say, say_number
from campaignbook.series import Responding, respond
from campaignbook.strategies import strategy_checks
from campaignbook.voices import ContentGap

SOCIAL_MEDIA = ("Instagram", "TikTok")
"""The social media among the channels of the simulated table."""
_BOUND = {"least": "at its least", "most": "at its most", "fixed": "fixed"}


@cache
def fitted_channels() -> tuple[FittedCurve, ...]:
    """Return the curves of the simulated table of money and enrolments."""
    spending = pd.read_csv(DATA / "tables" / "channel_spending.csv")
    return fit_curves(
        spending, response="enrolments", currency="GBP", unit="enrolments"
    )


def checks(found: Sequence[Check], caption: str) -> HTML:
    """Return questions with their answers as a table."""
    return shown(_checks(found, caption))


def _checks(found: Sequence[Check], caption: str) -> str:
    rows = [
        [
            esc(c.name.capitalize()),
            f'<span class="{c.answer}">{ANSWERS[c.answer]}</span>',
            esc(c.sentence),
        ]
        for c in found
    ]
    return table(caption, ["Question", "Answer", "What was found"], rows)


def split(optimum: Optimum, *, money: float = 100) -> HTML:
    """Return a best split as a table; the next pound's rate is told per `money`."""
    return shown(_split(optimum, money))


def _split(optimum: Optimum, money: float = 100) -> str:
    known = optimum.response_now is not None
    rows = []
    for a in optimum.allocations:
        bound = f" ({_BOUND[a.at]})" if a.at in _BOUND else ""
        now = [_told(a.current), _told(a.response_now)] if known else []
        slopes = [_told(money * a.marginal_now)] if known else []
        rows.append(
            [esc(a.name), *now, esc(say_number(a.optimal) + bound), _told(a.response),
             *slopes, _told(money * a.marginal)]
        )  # fmt: skip
    totals = [say_number(optimum.budget), say_number(optimum.response)]
    spent = sum(a.current or 0 for a in optimum.allocations)
    before = [say_number(spent), say_number(optimum.response_now)] if known else []
    rows.append(["Together", *before, *totals, *[""] * (1 + known)])
    rate = f"Per {say_number(money)} {esc(optimum.currency)} more"
    head = ["Use of the money", "Best", "It brings", rate]
    if known:
        head = [
            "Use of the money", "Now", "It brings now", "Best", "It brings then",
            f"{rate}, now", f"{rate}, then",
        ]  # fmt: skip
    caption = f"Money in {optimum.currency}, what it brings in {optimum.unit}"
    note = f"{rate}: at the rate of the very next {esc(optimum.currency)}."
    return table(caption, head, rows) + f"<p>{note} {esc(optimum.sentence())}</p>"


def _told(value: float | None) -> str:
    return "" if value is None else esc(say_number(value))


def estimates(found: Sequence[Estimate], caption: str, *, what: str) -> HTML:
    """Return numbers with their intervals as a table, a row a group."""
    rows = [[esc(e.group), *(esc(text) for text in e.words())] for e in found]
    return shown(table(caption, [esc(what), "Estimate", "Interval"], rows))


def gaps(found: Sequence[ContentGap]) -> HTML:
    """Return topics by how much more they are asked for than spoken of."""
    rows = [
        [
            esc(g.topic), *(say(v, "share") for v in (g.asked, g.told, g.own)),
            say(g.gap, "share", change=True), esc(", ".join(g.silent)) or "nobody",
        ]
        for g in found
    ]  # fmt: skip
    head = [
        "Topic", "Of the questions", "Of all posts", "Of our posts", "Gap", "Silent",
    ]  # fmt: skip
    return shown(table("What is asked for, and what is spoken of", head, rows))


def tools() -> HTML:
    """Return the tools by kind of barrier."""
    rows = [[esc(kind.capitalize()), esc("; ".join(t))] for kind, t in TOOLS.items()]
    return shown(table("From the barrier to the tool", ["Barrier", "Tool"], rows))


def tree(top: Branch) -> HTML:
    """Return a tree of numbers as a table, each set in by its depth."""
    frame = tree_frame(top)
    names = [
        f'<span style="display: block; padding-left: {1.2 * depth:g}em">'
        f"{esc(name)}</span>"
        for depth, name in zip(frame["depth"], frame["number"], strict=True)
    ]
    rest = frame.drop(columns=["depth", "number"]).itertuples(index=False)
    rows = [[n, *map(esc, row)] for n, row in zip(names, rest, strict=True)]
    head = ["Number", "Level", "Value", "Made of", "What it can decide"]
    return shown(table("From the purpose to the day", head, rows))


# --- your turn --------------------------------------------------------------------

Known = Literal["yes", "no", "not known"]


def _component(name: str) -> Field:
    return Field("not known", title=name.capitalize(), description=COMPONENTS[name])


class Lacking(BaseModel, frozen=True, extra="forbid"):
    """What a behaviour of the learner's choice takes, and what is there of it."""

    psychological_capability: Known = _component("psychological capability")
    physical_capability: Known = _component("physical capability")
    social_opportunity: Known = _component("social opportunity")
    physical_opportunity: Known = _component("physical opportunity")
    reflective_motivation: Known = _component("reflective motivation")
    automatic_motivation: Known = _component("automatic motivation")


def try_a_diagnosis(**there: str) -> Responding:
    """Return six questions on a behaviour as a form; what serves it follows."""
    return respond(Form(Lacking(**there)), _diagnosed)


def _diagnosed(answers: Lacking) -> str:
    words = {"yes": True, "no": False, "not known": None}
    given = answers.model_dump().items()
    found = diagnose({name.replace("_", " "): words[v] for name, v in given})
    said = f"<p>{esc(found.sentence())}</p>"
    if not found.functions:
        return said
    frame = found.to_frame()
    rows = [[esc(v) for v in row] for row in frame.itertuples(index=False)]
    head = [c.capitalize() for c in frame.columns]
    return said + table("What this book would use", head, rows)


class TriedBudget(BaseModel, frozen=True, extra="forbid"):
    """A weekly budget for the channels of the simulated table."""

    budget: float = Field(
        4000.0, title="Budget", description="GBP a week.", ge=1, le=1_000_000
    )
    social_media: Literal["with", "without"] = Field(
        "with", title="Social media", description="Instagram and TikTok."
    )
    pharmacies: float | None = Field(
        None, title="Pharmacies, at most", description="GBP a week; empty: no limit.",
        ge=0, le=1_000_000,
    )  # fmt: skip


def try_a_budget() -> Responding:
    """Return a budget as a form; the best split of it follows."""
    return respond(Form(TriedBudget()), _tried_budget)


def _tried_budget(tried: TriedBudget) -> str:
    bounds = {}
    if tried.social_media == "without":
        bounds = dict.fromkeys(SOCIAL_MEDIA, (0.0, 0.0))
    if tried.pharmacies is not None:
        bounds["pharmacies"] = (0.0, tried.pharmacies)
    return _best(uses_of(fitted_channels(), bounds=bounds), tried.budget)


def _best(
    uses: Sequence[Use], budget: float, currency: str = "GBP", unit: str = "enrolments"
) -> str:
    try:
        found = allocate(uses, budget=budget, currency=currency, unit=unit)
    except CampaignError as error:
        return bullets(error.problems, "")
    return _split(found) + _checks(found.checks, "Is it the best one?")


def niche_and_broad(uses: Sequence[Use], budgets: Sequence[float], unit: str) -> HTML:
    """Return the best split between two uses at several budgets."""
    rows = []
    for budget in budgets:
        found = allocate(uses, budget=budget, unit=unit)
        first, second = found.allocations
        rows.append(
            [say_number(budget), say_number(first.optimal), say_number(second.optimal),
             say(first.optimal / budget, "share"), say_number(1 / found.marginal)]
        )  # fmt: skip
    names = [esc(u.name) for u in uses]
    head = [
        "Budget", *names, f"Share of the {names[0]}", "The next one costs",
    ]  # fmt: skip
    return shown(table(f"Niche or broad? Money in GBP, {unit}", head, rows))


# --- the learner's plan -----------------------------------------------------------


def plan_strategy() -> Responding:
    """Return the strategy of the learner's plan as a form; what it lacks follows."""
    return respond(plan_form("strategy"), _strategy_answered)


def _strategy_answered(plan: CampaignPlan) -> str:
    strategy = plan.strategy
    told = _checks(strategy_checks(strategy), "What your strategy holds")
    ready = [c for c in strategy.channels if c.response and c.budget]
    if len(ready) < 2:
        return told + nothing(
            "Give two channels a budget and a response; the best split follows."
        )
    uses = [Use(name=c.name, curve=c.response, current=c.budget) for c in ready]
    budget = sum(u.current for u in uses)
    return told + _best(uses, budget, plan.currency or "money", "responses")
