"""The book about itself: its notebooks, their words, the claims, the learner's way."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from IPython.display import HTML
from pydantic import Field, model_validator

from campaignbook.answer_sheets import export_answers
from campaignbook.files import read_data, read_questions
from campaignbook.form_drafts import problems_in
from campaignbook.learner_files import PlanFile, learner_folder
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.plan import CampaignPlan
from campaignbook.questions import Claim, Id, Noun, Source, Text, refused
from campaignbook.reading import parse_data
from campaignbook.tries import Tries, read_tries

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = {
    "student": "You bring nothing and learn it all: about 7 hours for the book.",
    "consultant": "You have a room of people, or a client, and about 3 hours.",
    "analyst": "You have data and a deadline: about 1.5 hours for the book.",
}
"""The three ways through the book."""
TITLES = {
    "00": "Start here", "01": "The distinction", "02": "Goals",
    "03": "Social media marketing", "04": "Audiences", "05": "Strategies",
    "06": "Partnerships", "07": "Evaluation",
}  # fmt: skip
"""The book's notebooks by number, those to come among them."""


class ClaimText(Noun):
    """A claim of the article that the book grew from, and where it is tried."""

    id: Claim
    text: Text
    notebooks: tuple[str, ...] = Field(min_length=1)
    too_simple: Text | None = None
    """The correction, where the claim is too simple."""
    source: Id | None = None


class ClaimList(Noun):
    """All claims, with the sources they name."""

    sources: dict[Id, Source]
    claims: tuple[ClaimText, ...]

    @model_validator(mode="after")
    def _sound(self) -> "ClaimList":
        lost = [c.source for c in self.claims if c.source not in {None, *self.sources}]
        return refused(self, (f"there is no source '{s}'" for s in lost))


@dataclass(frozen=True, slots=True)
class Place:
    """A heading, and the id of the cell that it opens: a link can lead to that."""

    heading: str
    cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a notebook says of itself.

    Attributes
    ----------
    number, file, title : str
        "01", its file name, its first heading.
    minutes : dict of str to int
        By path of `PATHS`; a path that leaves it out is not there.
    claims : dict of str to tuple of Place
        Claims that its cells carry as tags, each with the headings they stand under.
    words : dict of str to str
        Its "words learned" with their meaning.
    """

    number: str
    file: str
    title: str
    minutes: dict[str, int]
    claims: dict[str, tuple[Place, ...]]
    words: dict[str, str]


@cache
def pages(folder: Path = NOTEBOOKS) -> tuple[Page, ...]:
    """Return the topic notebooks of the book, in their order."""
    return tuple(_page(p) for p in sorted(folder.glob("[0-9][0-9]_*.ipynb")))


def _page(path: Path) -> Page:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    heading = next(t for t in texts if t.startswith("# ")).splitlines()[0]
    learned = next((t for t in texts if t.startswith("## Words learned")), "")
    found = re.findall(r"^- \*\*(.+?)\*\*: (.+)$", learned, re.MULTILINE)
    return Page(
        number=path.name[:2],
        file=path.name,
        title=heading.removeprefix("# "),
        minutes=notebook["metadata"].get("campaignbook", {}).get("minutes", {}),
        claims=_places(cells),
        words=dict(found),
    )


def _places(cells: list[dict]) -> dict[str, tuple[Place, ...]]:
    """Return each claim that cells carry, with the headings they stand under."""
    place, found = Place("", ""), {}
    for cell in cells:
        if cell["cell_type"] == "markdown":
            own = re.match(r"#{2,3} (.+)", "".join(cell["source"]))
            place = Place(own[1], cell["id"]) if own else place
        for tag in cell["metadata"].get("tags", []):
            if tag.startswith("claim:"):
                claim = tag.removeprefix("claim:")
                found[claim] = (*found.get(claim, ()), place)
    return found


def read_claims() -> ClaimList:
    """Return the claims of the article that the book grew from."""
    return parse_data(ClaimList, read_data("claims"))


# --- what the start page shows ----------------------------------------------------


def paths_table() -> HTML:
    """Return the three paths: notebooks as links, with minutes."""
    rows = []
    for name, who in PATHS.items():
        on_it = [p for p in pages() if name in p.minutes]
        links = "<br>".join(
            f"{_link(p.file, p.title)}, {p.minutes[name]} minutes" for p in on_it
        )
        whole = sum(p.minutes[name] for p in on_it)
        rows.append([f"{name.capitalize()}", esc(who), links, f"{whole} minutes"])
    head = ["You are a", "You bring", "Your way", "In all"]
    return shown(table("Three paths through the book", head, rows))


def claims_table() -> HTML:
    """Return the claims, where each is tried, and what is too simple about it."""
    known = {p.number: p for p in pages()}
    listed, rows = read_claims(), []
    for claim in listed.claims:
        places = [
            _link(
                f"{known[n].file}#cell-id={place.cell}",
                f"{known[n].title}: {place.heading}",
            )
            for n in claim.notebooks
            for place in known[n].claims[claim.id]
        ]
        text = esc(claim.text)
        if claim.too_simple:
            source = listed.sources.get(claim.source or "")
            cited = f" ({esc(source.cite())})" if source else ""
            text += f"<br><strong>Too simple:</strong> {esc(claim.too_simple)}{cited}"
        rows.append([claim.id, text, "<br>".join(places)])
    head = ["Claim", "In our words", "Where you try it"]
    return shown(table("Claims, and the place of each", head, rows))


def sources(*names: str) -> HTML:
    """Return works as a list, by their keys in sources.yml."""
    known = read_claims().sources
    return shown(bullets((known[n].whole() for n in names), ""))


def glossary() -> HTML:
    """Return the words of all notebooks, in the order of the alphabet."""
    words = {
        word: (meaning, page) for page in reversed(pages())
        for word, meaning in page.words.items()
    }  # fmt: skip
    rows = [
        [
            esc(word),
            esc(words[word][0]),
            _link(words[word][1].file, words[word][1].title),
        ]
        for word in sorted(words, key=str.casefold)
    ]
    return shown(table("Words", ["Word", "Meaning", "Where it is used"], rows))


def progress() -> HTML:
    """Return how far the learner is: questions answered, parts of the plan written."""
    folder = learner_folder()
    rows = [
        [esc(topic), f"{right} of {asked}", esc(more)]
        for topic, right, asked, more in _answered(folder / "answers.json")
    ]
    head = ["Topic", "Right at the last try", "Still to do"]
    answered = table("Questions", head, rows)
    if not (folder / "plan.yml").exists() and not (folder / "draft.yml").exists():
        return shown(answered + nothing("You have not begun a plan yet."))
    draft, _ = PlanFile(folder).read()
    wrong = {str(place[0]) for place in problems_in(CampaignPlan, draft) if place}
    parts = [
        [esc(name), "something is missing or wrong" if name in wrong else "written"]
        for name in draft
        if draft[name] and name not in ("campaignbook", "id")
    ]
    return shown(answered + table("Your plan", ["Part", "State"], parts))


def answers_to_take() -> HTML:
    """Write the learner's answers as a spreadsheet, and return where it stands."""
    folder = learner_folder()
    if not (folder / "answers.json").exists():
        return shown(nothing("There are no answers yet."))
    sheet = export_answers(folder / "answers.xlsx")
    said = f"{folder.name}/{sheet.name} for a spreadsheet, {folder.name}/answers.json"
    return shown(f"<p>Your answers: {esc(said)} for other programs.</p>")


def _answered(path: Path) -> list[tuple[str, int, int, str]]:
    tries = read_tries(path) if path.exists() else Tries(seed=0)
    bank = read_questions()
    found = []
    for number, title in TITLES.items():
        topic = "_".join(title.casefold().removeprefix("the ").split()[:2])
        topic = "social_media" if topic.startswith("social") else topic
        ids = [q.id for q in (*bank.questions, *bank.exercises) if q.topic == topic]
        if number == "00" or not ids:
            continue
        last = [tries.tries[i][-1] for i in ids if tries.tries.get(i)]
        right, wrong = sum(t.right for t in last), sum(not t.right for t in last)
        open_ones = len(ids) - len(last)
        more = [f"{open_ones} not answered"] if open_ones else []
        more += [f"{wrong} not right yet"] if wrong else []
        found.append((title, right, len(ids), ", ".join(more) or "nothing"))
    return found


def _link(file: str, title: str) -> str:
    return f'<a href="{esc(file)}">{esc(title)}</a>'
