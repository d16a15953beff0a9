"""KPI tree: from the purpose down to the numbers of each day, and back up."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from campaignbook.errors import PlanError, as_found, is_number
from campaignbook.results import say, say_number

LEVELS = ("purpose", "behaviour", "step", "daily")
_DECIDES = {
    "purpose": "what it is all for: looked at once, at the end",
    "behaviour": "can decide whether the goal is met",
    "step": "tells where people are lost",
    "daily": "steers the work; decides nothing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One number of the tree, given or made of the numbers below it.

    Attributes
    ----------
    name : str
        What is counted, with its period.
    level : {"purpose", "behaviour", "step", "daily"}
        What it can decide.
    value : float or None
        The number, where it is given (only without `parts`).
    parts : tuple of Branch
        The numbers that it is made of.
    how : {"times", "plus"}
        Whether they are multiplied or added.
    unit : str
        ``share`` (0-1), ``count`` or any unit in words.
    """

    name: str
    level: str
    value: float | None = None
    parts: tuple["Branch", ...] = ()
    how: str = "times"
    unit: str = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A number at the bottom of the tree, and what hangs on it.

    Attributes
    ----------
    name : str
        Its name.
    value : float
        As it is given.
    unit : str
        Its unit.
    top_after : float
        The number at the top if this one alone were a tenth larger.
    needed : float or None
        What it alone would have to be for the target; None where it cannot do it.
    """

    name: str
    value: float
    unit: str
    top_after: float
    needed: float | None


def worked_out(branch: Branch) -> float:
    """Return a number of the tree from the numbers below it.

    Examples
    --------
    >>> clicks = Branch(name="clicks", level="daily", value=200)
    >>> rate = Branch(name="enrol", level="step", value=0.05, unit="share")
    >>> worked_out(Branch(name="enrolments", level="behaviour", parts=(clicks, rate)))
    10.0
    """
    if not branch.parts:
        return float(branch.value)
    values = [worked_out(p) for p in branch.parts]
    return math.prod(values) if branch.how == "times" else math.fsum(values)


def tree_frame(top: Branch) -> pd.DataFrame:
    """Return one row a number, from the top down, with its depth and what it decides.

    Raises
    ------
    PlanError
        Every fault of the tree at once.
    """
    _refuse(top)
    rows = []
    for branch, depth in _walk(top):
        made = {"times": " x ", "plus": " + "}[branch.how].join(
            p.name for p in branch.parts
        )
        rows.append(
            {
                "depth": depth,
                "number": branch.name,
                "level": branch.level,
                "value": say(worked_out(branch), branch.unit),
                "made of": made or "given",
                "what it can decide": _DECIDES[branch.level],
            }
        )
    return pd.DataFrame(rows)


def leaves(top: Branch, *, target: float) -> tuple[Leaf, ...]:
    """Return the numbers at the bottom: what each does for the top, and must be.

    Parameters
    ----------
    top : Branch
        The tree.
    target : float
        What the number at the top should be, above 0.

    Raises
    ------
    PlanError
        Every fault of the tree at once; a target that is not above 0.

    Notes
    -----
    The top is a straight line in each single number, so two values of it tell all. A
    share that would have to exceed 1, or a number below 0, cannot do it alone.
    """
    _refuse(top)
    if not is_number(target) or not target > 0:
        raise PlanError(f"target: it is {as_found(target)}; write a number above 0.")
    if top.unit == "share" and target > 1:
        raise PlanError(f"target: it is a share of {target:g}; write 35% as 0.35.")
    now, made = worked_out(top), []
    for branch, _ in _walk(top):
        if branch.parts:
            continue
        after = worked_out(_with(top, branch.name, 1.1 * branch.value))
        without = worked_out(_with(top, branch.name, 0.0))
        slope = (now - without) / branch.value if branch.value else 0.0
        needed = branch.value + (target - now) / slope if slope else None
        most = 1.0 if branch.unit == "share" else math.inf
        if needed is not None and not 0 <= needed <= most:
            needed = None
        made.append(
            Leaf(
                name=branch.name, value=float(branch.value), unit=branch.unit,
                top_after=after, needed=needed,
            )
        )  # fmt: skip
    return tuple(made)


def leaves_sentence(top: Branch, *, target: float) -> str:
    """Return which numbers could reach the target alone, and which could not."""
    found = leaves(top, target=target)
    now = worked_out(top)
    able = [
        f"{leaf.name} from {say(leaf.value, leaf.unit)} to "
        f"{say(leaf.needed, leaf.unit)}"
        for leaf in found
        if leaf.needed is not None
    ]
    unable = [leaf.name for leaf in found if leaf.needed is None]
    said = f"{top.name}: {say_number(now)} now, {say_number(target)} wanted."
    if able:
        said += f" One alone could do it: {'; or '.join(able)}."
    if unable:
        said += f" Not alone: {', '.join(unable)}."
    return said


def _walk(branch: Branch, depth: int = 0) -> Iterator[tuple[Branch, int]]:
    yield branch, depth
    for part in branch.parts:
        yield from _walk(part, depth + 1)


def _with(branch: Branch, name: str, value: float) -> Branch:
    if branch.name == name and not branch.parts:
        return Branch(name=name, level=branch.level, value=value, unit=branch.unit)
    parts = tuple(_with(p, name, value) for p in branch.parts)
    return Branch(
        name=branch.name, level=branch.level, parts=parts, how=branch.how,
        value=branch.value, unit=branch.unit,
    )  # fmt: skip


def _refuse(top: Branch) -> None:
    problems, names = [], [b.name for b, _ in _walk(top)]
    problems += [
        f"'{n}' stands {names.count(n)} times in the tree; give each its own name."
        for n in dict.fromkeys(names)
        if names.count(n) > 1
    ]
    for branch, _ in _walk(top):
        where = f"'{branch.name}'"
        if branch.level not in LEVELS:
            problems.append(f"{where}: level '{branch.level}'; write {_some(LEVELS)}.")
        if branch.how not in ("times", "plus"):
            problems.append(f"{where}: made by '{branch.how}'; write times or plus.")
        if branch.parts and branch.value is not None:
            problems.append(f"{where} has a value and parts; leave one of them out.")
        if not branch.parts and branch.value is None:
            problems.append(f"{where} has neither a value nor parts; write one.")
        if branch.value is not None and not is_number(branch.value, 0):
            problems.append(f"{where} is {as_found(branch.value)}; write 0 or more.")
        elif branch.unit == "share" and (branch.value or 0) > 1:
            problems.append(
                f"{where} is a share of {branch.value:g}; write 35% as 0.35."
            )
        lower = [
            p.name
            for p in branch.parts
            if {branch.level, p.level} <= {*LEVELS}
            and LEVELS.index(p.level) < LEVELS.index(branch.level)
        ]
        problems += [
            f"'{n}' stands below {where} and claims to decide more; turn them round."
            for n in lower
        ]
    if problems:
        raise PlanError(*problems)
    for branch, _ in _walk(top):
        if branch.unit == "share" and worked_out(branch) > 1:
            problems.append(
                f"'{branch.name}' is a share and its parts make {worked_out(branch):g} "
                "of it; no share is above 1."
            )
    if problems:
        raise PlanError(*problems)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names)
