"""Who does what: responsible, accountable, consulted, informed (RACI)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

import pandas as pd
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from campaignbook.errors import PlanError, nearest, twice
from campaignbook.results import Check

LETTERS = {
    "R": "responsible: does it",
    "A": "accountable: answers for it",
    "C": "consulted: is asked before",
    "I": "informed: is told after",
}

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(lambda given: (given,) if isinstance(given, str) else given),
]
"""People or organisations; one alone needs no list."""


class Task(BaseModel, frozen=True, extra="forbid"):
    """Something that has to be done, and who has which part in it."""

    task: str = Field(
        title="Task", description="What has to be done.", min_length=1, max_length=500
    )
    responsible: Names = Field(
        (), title="Responsible", description="Who does it.", max_length=50
    )
    accountable: Names = Field(
        (), title="Accountable", description="The one who answers for it.",
        max_length=50,
    )  # fmt: skip
    consulted: Names = Field(
        (), title="Consulted", description="Who is asked before.", max_length=50
    )
    informed: Names = Field(
        (), title="Informed", description="Who is told after.", max_length=50
    )


def letters_of(tasks: Sequence[Task]) -> dict[str, dict[str, str]]:
    """Return a plan's tasks in letters, as `raci_table` takes them.

    Raises
    ------
    PlanError
        If a task stands twice.

    Examples
    --------
    >>> letters_of([Task(task="Posts", responsible=["Ann"], accountable=["Ann"])])
    {'Posts': {'Ann': 'RA'}}
    """
    problems = [
        sentence for _, sentence in twice("raci", "task", [t.task for t in tasks])
    ]
    if problems:
        raise PlanError(*problems)
    made: dict[str, dict[str, str]] = {}
    for one in tasks:
        given = made.setdefault(one.task, {})
        for letter, meaning in LETTERS.items():
            for who in dict.fromkeys(getattr(one, meaning.partition(":")[0])):
                given[who] = given.get(who, "") + letter
    return made


def raci_table(tasks: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Return tasks (rows) by people or organisations (columns), with their letters.

    Parameters
    ----------
    tasks : mapping of str to mapping of str to str
        By task and who: one of R, A, C and I, or two of them (``AR``).

    Returns
    -------
    pandas.DataFrame
        Letters in the order RACI; empty text where somebody has no part.

    Raises
    ------
    PlanError
        Every other letter, every letter that stands twice, and no task at all.

    Examples
    --------
    >>> table = raci_table({"Posts": {"Ann": "ar", "Clinic": "C"}})
    >>> table.loc["Posts"].tolist()
    ['RA', 'C']
    """
    problems = [] if tasks else ["who does what: write at least one task."]
    for task, given in tasks.items():
        for who, letters in given.items():
            said = letters.strip().upper()
            if set(said) - LETTERS.keys() or len(set(said)) < len(said):
                problems.append(
                    f"who does what: '{who}' has '{letters}' for '{task}'; write R, A, "
                    "C or I, or two of them such as AR."
                )
    if problems:
        raise PlanError(*problems)
    names = list(dict.fromkeys(who for given in tasks.values() for who in given))
    rows = [
        [_ordered(given.get(who, "").upper()) for who in names]
        for given in tasks.values()
    ]
    return pd.DataFrame(rows, index=list(tasks), columns=names)


def _ordered(letters: str) -> str:
    return "".join(one for one in LETTERS if one in letters)


def raci_checks(
    table: pd.DataFrame, *, partners: Sequence[str] = ()
) -> tuple[Check, ...]:
    """Return whether each task has one who answers for it and somebody who does it.

    Parameters
    ----------
    table : pandas.DataFrame
        As `raci_table` gives it.
    partners : sequence of str, optional
        Names of the plan's partners: each should have a part.

    Notes
    -----
    That one alone answers for a task is the field's rule; that nobody should answer for
    more than half of three tasks or more is this book's judgement.
    """
    has = {one: table.apply(lambda c, x=one: c.str.contains(x)) for one in LETTERS}
    accountable, responsible = has["A"].sum(axis=1), has["R"].sum(axis=1)
    none, many = _named(accountable == 0), _named(accountable > 1)
    said = [f"nobody answers for {none}"] if none else []
    said += [f"several answer for {many}"] if many else []
    load = has["A"].sum() / len(table)
    undone = _named(responsible == 0)
    heavy = load[load > 0.5] if len(table) >= 3 else load.iloc[:0]
    idle = _named(table.eq("").all())
    checks = [
        _check("one accountable for each task", said, "One answers for each task."),
        _check(
            "somebody responsible for each task",
            [f"nobody does {undone}"] if undone else [],
            "Each task has somebody who does it.",
        ),
        _check(
            "nobody answers for too much",
            [f"{n} answers for {share:.0%} of the tasks" for n, share in heavy.items()],
            "Nobody answers for more than half of the tasks.",
        ),
        _check(
            "everybody has a part",
            [f"{idle} has no part in any task"] if idle else [],
            "Everybody in the table has a part.",
        ),
    ]  # fmt: skip
    if partners:
        checks.append(_partners(table.columns, partners))
    return tuple(checks)


def _partners(names: Collection[str], partners: Sequence[str]) -> Check:
    left = [
        f"'{p}' has no task ({nearest(p, names)})" for p in partners if p not in names
    ]
    return _check(
        "each partner has a task", left, "Each partner of the plan has a task."
    )


def _check(name: str, problems: Sequence[str], good: str) -> Check:
    if not problems:
        return Check(name=name, answer="yes", sentence=good)
    told = "; ".join(problems)
    return Check(name=name, answer="no", sentence=f"{told[:1].upper()}{told[1:]}.")


def _named(mask: pd.Series) -> str:
    names = [f"'{n}'" for n in mask.index[mask]]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
