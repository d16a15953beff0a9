"""Learners' answers as sheets: a learner's own, and which false ideas a class holds."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from campaignbook.distinction import Case
from campaignbook.errors import DataError
from campaignbook.files import read_cases, read_questions, write_text
from campaignbook.learner_files import learner_folder
from campaignbook.markup import bullets, esc, table
from campaignbook.questions import Exercise, Misconception, Question
from campaignbook.quiz_items import item_of, nouns_of
from campaignbook.tries import Tries, read_tries

Nouns = Mapping[str, Question | Exercise | Case]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """How alive one misconception is in a class.

    Attributes
    ----------
    misconception, correction : str
        The false idea and what is true.
    asked : int
        Learners who answered a question in which it can be chosen.
    first : int
        Those who chose it at their first try.
    still : int
        Those whose last try still shows it.
    """

    misconception: str
    correction: str
    asked: int
    first: int
    still: int

    @property
    def share(self) -> float:
        """Share (0-1) of those asked who chose it first."""
        return self.first / self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """Which misconceptions are alive in a class, the most frequent first.

    Attributes
    ----------
    beliefs : tuple of Belief
        Those that at least one learner chose.
    learners : int
        Learners with at least one answer.
    skipped : tuple of str
        A sentence for each file that is not counted.
    """

    beliefs: tuple[Belief, ...]
    learners: int
    skipped: tuple[str, ...]

    def sentence(self) -> str:
        """Return how many learners are counted, and what is most alive."""
        told = f"{_count(self.learners, 'learner')} counted"
        if self.skipped:
            told += f", {_count(len(self.skipped), 'file')} left out"
        if not self.beliefs:
            return f"{told}. No misconception was chosen."
        top = self.beliefs[0]
        return (
            f"{told}. Most alive: “{top.misconception}” "
            f"({top.first} of {top.asked} at first, {top.still} still)."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a misconception; shares are 0-1."""
        names = ["misconception", "asked", "chose it first", "share", "still", "truth"]
        rows = [
            (b.misconception, b.asked, b.first, b.share, b.still, b.correction)
            for b in self.beliefs
        ]
        return pd.DataFrame(rows, columns=names)

    def _repr_html_(self) -> str:
        rows = [
            [
                esc(b.misconception),
                f"{b.first} of {b.asked}",
                f"{b.share:.0%}",
                str(b.still),
                esc(b.correction),
            ]
            for b in self.beliefs
        ]
        head = ["Misconception", "Chose it first", "Share", "Still, at last", "Truth"]
        listed = bullets(self.skipped, "") if self.skipped else ""
        shown = table("Misconceptions in this class", head, rows) if rows else ""
        return f"<p>{esc(self.sentence())}</p>{shown}{listed}"


def class_report(folder: str | Path) -> ClassReport:
    """Return which misconceptions are alive in a folder of learners' files.

    Parameters
    ----------
    folder : str or Path
        Holds one ``answers.json`` a learner, under any names, in folders or not.

    Raises
    ------
    DataError
        If there is no such folder, or no file in it.
    """
    paths = sorted(Path(folder).rglob("*.json"))
    if not paths:
        raise DataError(
            f"{folder}: there are no learners' files; collect each learner's "
            "my_campaign/answers.json there, under different names."
        )
    counted: dict[int, tuple[str, Tries]] = {}
    skipped = []
    for path in paths:
        try:
            tries = read_tries(path)
        except DataError as error:
            skipped += error.problems
            continue
        if not tries.tries:
            skipped.append(f"{path.name}: holds no answers yet.")
            continue
        other, known = counted.get(tries.seed, ("", None))
        if known is not None:
            fewer, more = sorted([(_tries(known), other), (_tries(tries), path.name)])
            skipped.append(
                f"{fewer[1]}: the same learner as {more[1]}, with "
                f"{'as many' if fewer[0] == more[0] else 'fewer'} answers."
            )
            if more[1] == other:
                continue
        counted[tries.seed] = (path.name, tries)
    bank, cases = read_questions(), read_cases()
    learners = [tries for _, tries in counted.values()]
    beliefs = beliefs_of(learners, nouns_of(bank, cases), bank.misconceptions)
    return ClassReport(
        beliefs=tuple(beliefs), learners=len(learners), skipped=tuple(skipped)
    )


def beliefs_of(
    learners: Sequence[Tries], nouns: Nouns, misconceptions: Sequence[Misconception]
) -> list[Belief]:
    """Return how alive each misconception is that somebody chose."""
    found = []
    for one in misconceptions:
        where = {i for i, noun in nouns.items() if one.id in _can_show(noun)}
        answered = [
            [tries for i, tries in learner.tries.items() if i in where and tries]
            for learner in learners
        ]
        firsts = [any(t[0].misconception == one.id for t in a) for a in answered]
        lasts = [any(t[-1].misconception == one.id for t in a) for a in answered]
        if any(firsts) or any(lasts):
            found.append(
                Belief(
                    misconception=one.text,
                    correction=one.correction,
                    asked=sum(map(bool, answered)),
                    first=sum(firsts),
                    still=sum(lasts),
                )
            )
    return sorted(found, key=lambda b: (-b.share, -b.first, b.misconception))


def export_answers(path: str | Path) -> Path:
    """Write the learner's own answers as a sheet, and return where it stands.

    Parameters
    ----------
    path : str or Path
        Ends with .csv or .xlsx. All data are in my_campaign/answers.json as well.

    Raises
    ------
    DataError
        If there are no answers yet, or the ending is another.
    """
    path, source = Path(path), learner_folder() / "answers.json"
    if path.suffix not in (".csv", ".xlsx"):
        raise DataError(f"{path.name}: write a name that ends with .csv or .xlsx.")
    if not source.exists():
        raise DataError("there are no answers yet; answer a question first.")
    bank, cases = read_questions(), read_cases()
    ideas = {m.id: m.text for m in bank.misconceptions}
    rows = list(_rows(read_tries(source), nouns_of(bank, cases), ideas))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        write_text(path, _csv_text(rows))
    else:
        _write_xlsx(rows, path)
    return path


def _rows(
    tries: Tries, nouns: Nouns, ideas: Mapping[str, str]
) -> Iterator[tuple[str | int, ...]]:
    yield "question", "topic", "asked", "try", "answer", "right", "misconception"
    for name, made in tries.tries.items():
        item = item_of(nouns[name], seed=tries.seed) if name in nouns else None
        texts = {i: t for g in item.groups for i, t in g.options} if item else {}
        for number, one in enumerate(made, start=1):
            yield (
                name,
                item.topic if item else "",
                item.prompt if item else "",
                number,
                "; ".join(texts.get(a, a) for a in one.answer),
                "yes" if one.right else "no",
                ideas.get(one.misconception or "", ""),
            )


def _csv_text(rows: Sequence[Sequence[str | int]]) -> str:
    """Return rows as CSV in which no cell is a formula to a spreadsheet."""
    text = io.StringIO()
    for row in rows:
        csv.writer(text, lineterminator="\n").writerow([_plain_cell(c) for c in row])
    return text.getvalue()


def _plain_cell(cell: str | int) -> str | int:
    risky = isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r")
    return f"'{cell}" if risky and cell else cell


def _write_xlsx(rows: Sequence[Sequence[str | int]], path: Path) -> None:
    import openpyxl  # slow to import, and rarely needed

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "answers"
    for r, row in enumerate(rows, start=1):
        for c, value in enumerate(row, start=1):
            cell = sheet.cell(r, c, value)
            if isinstance(value, str):
                cell.data_type = "s"  # else "=1+1" would be computed
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFG", (24, 14, 50, 6, 40, 8, 50), strict=True):
        sheet.column_dimensions[letter].width = width
    book.save(path)


def _can_show(noun: Question | Exercise | Case) -> set[str | None]:
    """Return the misconceptions that an answer to something can show."""
    if isinstance(noun, Exercise):
        return {wrong.misconception for wrong in noun.wrong}
    options = noun.reasons if isinstance(noun, Case) else noun.options
    return {option.misconception for option in options}


def _tries(tries: Tries) -> int:
    return sum(map(len, tries.tries.values()))


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'s' * (n != 1)}"
