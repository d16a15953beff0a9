"""What can be wrong with a plan or a table, told in sentences."""

import math
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from numbers import Real


class CampaignError(Exception):
    """One or more problems, each a sentence: where, what was found, what to write.

    Parameters
    ----------
    *problems : str
        At least one sentence.

    Attributes
    ----------
    problems : tuple of str
        The sentences.
    rest : object
        What could be read all the same, to look for more problems; else None.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.rest: object = None


class PlanError(CampaignError):
    """The plan cannot be read or contradicts itself."""


class DataError(CampaignError):
    """A table cannot be read or does not hold what the plan says it holds."""


def nearest(name: object, known: Iterable[object]) -> str:
    """Return a short clause that helps with a misspelt name.

    Examples
    --------
    >>> nearest("taget", ["target", "baseline"])
    "did you mean 'target'?"
    >>> nearest("xyz", ["b", "a"])
    "known: 'b', 'a'"
    """
    names = list(dict.fromkeys(str(k) for k in known))
    folded = {n.casefold(): n for n in reversed(names)}
    close = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{folded[close[0]]}'?"
    shown = ", ".join(f"'{n}'" for n in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"known: {shown}{more}"


def is_number(
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    whole: bool = False,
) -> bool:
    """Return whether something is a finite number from `low` to `high`.

    Examples
    --------
    >>> is_number(3, 1), is_number("3"), is_number(float("nan")), is_number(0.5, 1)
    (True, False, False, False)
    """
    if not isinstance(value, Real) or not math.isfinite(value):
        return False
    return low <= value <= high and not (whole and value % 1)


def as_found(value: object) -> str:
    """Return what was found as an error tells it: numbers short, texts in quotes.

    Examples
    --------
    >>> as_found(2.50), as_found("much"), as_found(None)
    ('2.5', "'much'", 'nothing')
    """
    if value is None:
        return "nothing"
    return f"{value:g}" if isinstance(value, Real) else f"'{value}'"


def refuse_level(level: object) -> None:
    """Raise DataError unless a confidence level lies between 0 and 1."""
    if not is_number(level) or not 0 < level < 1:
        raise DataError(
            f"level: it must lie between 0 and 1, got {as_found(level)}. Write 95% as "
            "0.95."
        )


def twice(section: str, noun: str, names: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield place (from 0) and sentence of each name that stands more than once.

    Case and spaces around a name do not tell two apart; the place is that of its last.

    Examples
    --------
    >>> list(twice("partners", "partner", ["Clinic", "Choir", "clinic "]))
    [(2, "partners: 'clinic' stands 2 times; write each partner once.")]
    """
    folded = [n.strip().casefold() for n in names]
    for name in dict.fromkeys(folded):
        if folded.count(name) > 1:
            last = len(folded) - 1 - folded[::-1].index(name)
            told = f"stands {folded.count(name)} times; write each {noun} once."
            yield last, f"{section}: '{name}' {told}"
