"""What can be wrong with a plan or a table, told in sentences."""

from collections.abc import Iterable
from difflib import get_close_matches


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
