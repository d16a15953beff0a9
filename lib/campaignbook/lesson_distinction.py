"""The lesson on the distinction: its tables, and the learner's own campaign sorted."""

from typing import Literal

from IPython.display import HTML
from pydantic import BaseModel, Field

from campaignbook.distinction import QUESTIONS, Answers, Case, Labelling, label_campaign
from campaignbook.errors import DataError, nearest
from campaignbook.exercises import judge_option
from campaignbook.files import read_cases
from campaignbook.forms import Form, plan_form
from campaignbook.learner_files import learner_folder
from campaignbook.markup import esc, nothing, shown, table
from campaignbook.series import Responding, respond
from campaignbook.tries import Tries, read_tries


def definitions(of: Literal["social", "social_media"]) -> HTML:
    """Return how a discipline was defined, by whom and when, oldest first."""
    book = read_cases()
    rows = []
    for one in (d for d in book.definitions if d.of == of):
        cited = [book.sources[s].cite() for s in one.sources] or ["this book"]
        rows.append([esc("; ".join(cited)), esc(one.text), esc(one.note)])
    name = {"social": "Social marketing", "social_media": "Social media marketing"}[of]
    return shown(table(f"{name}, defined", ["Who, when", "Definition", "Note"], rows))


def dimensions() -> HTML:
    """Return the two disciplines side by side over the six dimensions."""
    rows = [
        [
            f"{esc(d.id.capitalize())}<br><small>{esc(d.question)}</small>",
            esc(d.social),
            esc(d.social_media),
        ]
        for d in read_cases().dimensions
    ]
    head = ["Dimension", "Social marketing", "Social media marketing"]
    return shown(table("One cause, two disciplines", head, rows))


def labelled(found: Labelling) -> HTML:
    """Return a label with its reason, and what it means for the plan."""
    return shown(_labelled(found))


def _labelled(found: Labelling) -> str:
    first, _, why = found.reason.partition(". ")
    parts = [why, found.kind_sentence, *filter(None, [found.warning])]
    rest = "".join(f"<p>{esc(p)}</p>" for p in parts)
    return f"<p><strong>{esc(first)}</strong></p>{rest}"


def find_case(name: str) -> Case:
    """Return a graded case by its id; a DataError if there is none."""
    known = {c.id: c for c in read_cases().cases}
    if name not in known:
        raise DataError(f"there is no case '{name}' ({nearest(name, known)}).")
    return known[name]


def case_story(name: str) -> HTML:
    """Return what is known of a case, each fact with its source."""
    case, sources = find_case(name), read_cases().sources
    rows = [
        [esc("; ".join(sources[s].cite() for s in f.sources)), esc(f.text)]
        for f in case.facts
    ]
    when = f", {case.year}" if case.year else ""
    caption = f"{case.name} ({case.organisation}{when})"
    return shown(table(caption, ["Source", "What is known"], rows))


def contested(name: str) -> HTML:
    """Return both arguments on a contested case, side by side."""
    case = find_case(name)
    if case.contested is None:
        return shown(nothing(f"{case.name} is not contested: it is {case.label}."))
    both = case.contested
    rows = [
        [esc(case.label), esc(both.for_label)],
        [esc(both.other), esc(both.for_other)],
    ]
    return shown(
        table(f"{case.name}: two views", ["Label", "What speaks for it"], rows)
    )


def case_names() -> tuple[str, ...]:
    """Return the ids of all graded cases, in the order of the book."""
    return tuple(c.id for c in read_cases().cases)


def by_criterion() -> HTML:
    """Return how the learner sorted the cases, by the question that decides them."""
    path = learner_folder() / "answers.json"
    tries = read_tries(path) if path.exists() else Tries(seed=0)
    rows = []
    for number, question in enumerate(QUESTIONS.values(), start=1):
        cases = [
            c
            for c in read_cases().cases
            if number in label_campaign(c.answers).decided_by
        ]
        if not cases:
            continue
        last = [(c, tries.tries[c.id][-1]) for c in cases if tries.tries.get(c.id)]
        reasons = [
            judge_option(c.reasons, t.answer[1], where=c.id).right for c, t in last
        ]
        rows.append(
            [f"{number}. {esc(question)}", str(len(cases)), str(len(last)),
             str(sum(t.right for _, t in last)), str(sum(reasons))]
        )  # fmt: skip
    head = ["Question", "Cases it decides", "You sorted", "Right", "Right reason"]
    return shown(table("Your cases by the question that decides", head, rows))


YesNo = Literal["yes", "no"]


class OwnCampaign(BaseModel, frozen=True, extra="forbid"):
    """The four questions about the learner's own campaign."""

    behaviour: YesNo | None = Field(
        None, title="1. Behaviour", description=QUESTIONS["behaviour"]
    )
    society: YesNo | None = Field(
        None, title="2. Society", description=QUESTIONS["society"]
    )
    tools: YesNo | None = Field(None, title="3. Tools", description=QUESTIONS["tools"])
    platforms: YesNo | None = Field(
        None, title="4. Platforms", description=QUESTIONS["platforms"]
    )


def sort_own_campaign() -> Responding:
    """Return the four questions as a form; their answers set the kind of the plan."""
    return respond(Form(OwnCampaign()), _sorted)


def _sorted(own: OwnCampaign) -> str:
    given = own.model_dump()
    if None in given.values():
        return nothing("Answer all four questions; the label follows.")
    found = label_campaign(Answers(**{k: v == "yes" for k, v in given.items()}))
    plan = plan_form("kind", "strategy")
    if plan.model.kind != found.kind:
        plan.patch(kind=found.kind)
    if found.label == "both":
        _add_channel(plan)
    return _labelled(found)


def _add_channel(plan: Form) -> None:
    """Put social media among the channels of the plan, once."""
    channels = plan.model.strategy.channels
    if not any("social media" in c.name.casefold() for c in channels):
        more = [*(c.model_dump() for c in channels), {"name": "social media"}]
        plan.patch(strategy={**plan.model.strategy.model_dump(), "channels": more})
