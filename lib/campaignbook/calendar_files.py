"""The content calendar as files: for calendar programs, and as tables."""

import datetime as dt
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import icalendar

from campaignbook.content_calendar import COLUMNS, activity_table
from campaignbook.errors import PlanError
from campaignbook.social_media import Activity
from campaignbook.text_files import write_bytes, write_text

EVENT_STATUS = {"concept": "TENTATIVE", "draft": "TENTATIVE", "review": "TENTATIVE"}


def calendar_ics(activities: Sequence[Activity], *, name: str) -> str:
    """Return the calendar in the form of RFC 5545, an all-day event an activity.

    The same activities give the same text: the time stamp is the activity's date, the
    identifier its date, channel, format and content (and a number if these repeat).
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//campaignbook//content calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    seen: Counter[str] = Counter()
    for activity in sorted(activities, key=lambda a: (a.date, a.channel)):
        key = "\x1f".join(
            [name, str(activity.date), activity.channel, activity.format,
             activity.content]
        )  # fmt: skip
        seen[key] += 1
        code = hashlib.sha256(f"{key}\x1f{seen[key]}".encode()).hexdigest()[:32]
        calendar.add_component(_event(activity, f"{code}@campaignbook"))
    return calendar.to_ical().decode()


def _event(activity: Activity, uid: str) -> icalendar.Event:
    day = activity.date
    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstamp", dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC))
    event.add("dtstart", day)
    event.add("dtend", day + dt.timedelta(days=1))
    words = filter(None, [activity.format, _first_line(activity.content)])
    event.add("summary", f"{activity.channel}: {', '.join(words)}".rstrip(": "))
    told = {
        field: getattr(activity, field) for field in COLUMNS if field not in ("date",)
    }
    lines = [f"{field.replace('_', ' ')}: {text}" for field, text in told.items()]
    event.add(
        "description", "\n".join(line for line in lines if not line.endswith(": "))
    )
    event.add("categories", [activity.channel])
    event.add("status", EVENT_STATUS.get(activity.status, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    return event


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 60 else f"{line[:57].rstrip()}..."


def calendar_xlsx(activities: Sequence[Activity]) -> bytes:
    """Return the calendar as a workbook: a header, frozen; no text is a formula."""
    import openpyxl  # slow to import, and rarely needed
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    long_ago = dt.datetime(2000, 1, 1)
    book.properties.created = book.properties.modified = long_ago
    sheet = book.active
    sheet.title = "calendar"
    for c, name in enumerate(COLUMNS, start=1):
        sheet.cell(1, c, name.replace("_", " ")).font = Font(bold=True)
    table = activity_table(activities)
    for r, row in enumerate(table.itertuples(index=False), start=2):
        for c, value in enumerate(row, start=1):
            if isinstance(value, str):
                cell = sheet.cell(r, c, openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub(
                    " ", value))  # fmt: skip
                cell.data_type = "s"  # else "=1+1" would be computed
                cell.quotePrefix = value[:1] in "=+-@" and value != ""
            else:
                sheet.cell(r, c, value.date()).number_format = "yyyy-mm-dd"
    for c, name in enumerate(COLUMNS, start=1):
        letter = openpyxl.utils.get_column_letter(c)
        sheet.column_dimensions[letter].width = 50 if name == "content" else 16
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def calendar_csv(activities: Sequence[Activity]) -> str:
    """Return the calendar as comma-separated text, to be read by programs.

    Text that a spreadsheet would compute (it starts with = + - @) has an apostrophe
    before it.
    """
    table = activity_table(activities)
    texts = [c for c in COLUMNS if c != "date"]
    safe = {
        c: table[c].map(lambda t: f"'{t}" if t[:1] in tuple("=+-@\t\r") else t)
        for c in texts
    }
    return table.assign(**safe).to_csv(index=False, lineterminator="\n")


def write_calendar(
    activities: Sequence[Activity], path: str | Path, *, name: str = "Calendar"
) -> Path:
    """Write the calendar as ``.ics``, ``.csv`` or ``.xlsx``, and return its path.

    Raises
    ------
    PlanError
        If the calendar is empty or the ending is another.
    """
    path = Path(path)
    if not activities:
        raise PlanError("activities: the calendar is empty; write when what goes out.")
    ending = path.suffix.lower()
    if ending == ".ics":
        write_bytes(path, calendar_ics(activities, name=name).encode())
    elif ending == ".csv":
        write_text(path, calendar_csv(activities))
    elif ending == ".xlsx":
        write_bytes(path, calendar_xlsx(activities))
    else:
        raise PlanError(f"'{path.name}': a calendar is written as .ics, .csv or .xlsx.")
    return path
