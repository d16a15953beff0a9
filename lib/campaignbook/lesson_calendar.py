"""The lesson on content calendars: two made-up ones, the learner's own, and links."""

from collections.abc import Iterable, Sequence
from datetime import date

from IPython.display import HTML
from pydantic import BaseModel, Field

from campaignbook.calendar_checks import calendar_checks
from campaignbook.calendar_files import write_calendar
from campaignbook.calendar_picture import month_picture
from campaignbook.content_calendar import activity_table, cadence
from campaignbook.errors import PlanError
from campaignbook.files import DATA, read_yaml
from campaignbook.forms import Form, plan_form
from campaignbook.learner_files import learner_folder
from campaignbook.markup import bullets, esc, nothing, shown, table
from campaignbook.plan import CampaignPlan
from campaignbook.reading import parse_data
from campaignbook.results import Check, say_number
from campaignbook.sections import check_rows
from campaignbook.series import Responding, respond
from campaignbook.social_media import Activity
from campaignbook.utm import Tags, tag_word, tagged_link

PAGE = "https://quit.example/start"
"""The made-up page to which the lesson's links lead."""
MOST_MONTHS = 3
"""So many months of the learner's calendar are drawn."""


class Calendars(BaseModel, frozen=True, extra="forbid"):
    """The two made-up calendars of the lesson, one a discipline."""

    social: tuple[Activity, ...]
    social_media: tuple[Activity, ...]


def calendars() -> Calendars:
    """Return the made-up calendars of one cause in both disciplines."""
    return parse_data(Calendars, read_yaml(DATA / "calendars.yml")[0])


def entries(activities: Sequence[Activity], *columns: str, caption: str) -> HTML:
    """Return entries of a calendar by date, with the columns that are named."""
    made = activity_table(activities)
    made = made.assign(date=made["date"].map(lambda d: f"{d:%a} {d.day} {d:%b}"))
    picked = made[["date", *columns]]
    rows = [[esc(v) for v in row] for row in picked.itertuples(index=False)]
    return shown(table(caption, [c.replace("_", " ") for c in picked], rows))


def checked(found: Iterable[Check], caption: str) -> HTML:
    """Return checks with their answers as a table."""
    return shown(check_rows(found, caption))


def plan_calendar() -> Responding:
    """Return goals, period and calendar of the learner's plan as a form.

    Its checks and its rhythm by channel follow.
    """
    return respond(plan_form("goals", "period", "activities"), _calendar_said)


def _calendar_said(plan: CampaignPlan) -> str:
    if not plan.activities:
        return nothing("The calendar is empty. Add an entry; its checks follow.")
    days = {"start": plan.period.start, "end": plan.period.end} if plan.period else {}
    found = calendar_checks(plan.activities, kind=plan.kind, today=date.today(), **days)
    rhythm = cadence(plan.activities, **days)
    rows = [[esc(say_number(v) if isinstance(v, float) else v) for v in row]
            for row in rhythm.itertuples(index=False)]  # fmt: skip
    head = [
        "Channel",
        "Entries",
        "Weeks",
        "A week",
        "Weeks without",
        "Longest gap, days",
    ]
    return check_rows(found, "Your calendar, checked") + table(
        "How often each channel speaks", head, rows
    )


def calendar_to_take() -> HTML:
    """Write the calendar of the learner's plan in three forms, and draw its months.

    They are not drawn while it is entered, as each letter would wait for them.
    """
    plan = plan_form("activities").model
    if not plan.activities:
        return shown(nothing("There is no calendar in your plan yet."))
    months = sorted({(a.date.year, a.date.month) for a in plan.activities})
    drawn = [
        month_picture(plan.activities, year=year, month=month).html()
        for year, month in months[:MOST_MONTHS]
    ]
    more = len(months) - MOST_MONTHS
    left = nothing(f"Later months are not drawn: {more}.") if more > 0 else ""
    written = calendar_written(plan.activities, plan.name, file="calendar").data
    return HTML(f"{written}{''.join(drawn)}{left}")


def calendar_written(activities: Sequence[Activity], name: str, *, file: str) -> HTML:
    """Write a calendar to the learner's folder in three forms, and return where."""
    folder = learner_folder()
    for_whom = {
        "ics": "calendar programs", "xlsx": "spreadsheets", "csv": "other programs",
    }  # fmt: skip
    said = []
    for ending, who in for_whom.items():
        made = write_calendar(activities, folder / f"{file}.{ending}", name=name)
        said.append(f"{folder.name}/{made.name}, for {who}")
    return shown(bullets(said, ""))


# --- links ------------------------------------------------------------------------


class LinkTags(BaseModel, frozen=True, extra="forbid"):
    """What a link is to say of where it stands."""

    address: str = Field(
        PAGE, title="Page", description="Where it leads.", max_length=1000
    )
    source: str = Field(
        "", title="Source", description="Where it stands: instagram, poster.",
        max_length=100,
    )  # fmt: skip
    medium: str = Field(
        "", title="Medium", description="What kind of place: social, email, print.",
        max_length=100,
    )  # fmt: skip
    campaign: str = Field(
        "", title="Campaign", description="For example january-2026.", max_length=100
    )
    content: str = Field(
        "", title="Content", description="Which of several: video-2. May stay empty.",
        max_length=100,
    )  # fmt: skip


def link_to(page: str = PAGE, **tags: str) -> str:
    """Return a link with its tags, as `utm.tagged_link`; the page is made up."""
    return tagged_link(page, Tags(**tags))


def try_a_link(**given: str) -> Responding:
    """Return a form for a link's tags; the link, or what it lacks, follows."""
    return respond(Form(LinkTags(**given)), _link_said)


def _link_said(wanted: LinkTags) -> str:
    if not (wanted.source or wanted.medium or wanted.campaign):
        return nothing("Fill in source, medium and campaign; the link follows.")
    tags = {f: getattr(wanted, f) for f in ("source", "medium", "campaign", "content")}
    try:
        link = link_to(wanted.address.strip(), **tags)
    except PlanError as error:
        suggested = {k: tag_word(v) for k, v in tags.items()}
        told = bullets(error.problems, "")
        if suggested != tags and all([*suggested.values()][:3]):
            words_of = ", ".join(v for v in suggested.values() if v)
            told += f"<p>As tags: {esc(words_of)}.</p>"
        return told
    return f"<p><strong>Your link:</strong> <code>{esc(link)}</code></p>"
