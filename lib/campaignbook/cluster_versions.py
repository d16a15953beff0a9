"""Whether all machines of a cluster make the same reports: versions, compared."""

import re
from collections.abc import Mapping

NEEDED = ("dask", "distributed")
"""Libraries that have to be the same, beside those that reports are made with."""
TOLD = 3
"""Workers named in a sentence about several."""
ABSENT = re.compile(r"No module named [\w.']+")
"""What a worker says that cannot find what it is asked to run."""
REMEDY = (
    "Give all machines the same Python, the same copy of this project and the packages "
    "of its lib/requirements.lock; else reports may differ."
)


def differences(
    workers: Mapping[str, dict[str, str] | Exception], ours: Mapping[str, str]
) -> list[str]:
    """Return what workers have that we have not, and what to do about it.

    Parameters
    ----------
    workers : mapping of str to dict or Exception
        Addresses, and what `versions.versions` gave there.
    ours : mapping of str to str
        What it gives here.

    Returns
    -------
    list of str
        A sentence for each way of being different; empty where all are the same.

    Examples
    --------
    >>> differences({"tcp://a:1": {"pandas": "2.3"}}, {"pandas": "2.4"})[0]
    'on worker tcp://a:1: pandas 2.3 (here 2.4).'
    """
    alike: dict[str, list[str]] = {}
    for address, found in workers.items():
        if what := _difference(found, ours):
            alike.setdefault(what, []).append(address)
    told = [f"on {_all(names)}: {what}." for what, names in alike.items()]
    return [*told, REMEDY] if told else []


def _difference(found: dict[str, str] | Exception, ours: Mapping[str, str]) -> str:
    if missing := isinstance(found, Exception) and ABSENT.search(str(found)):
        return f"this version of campaignbook is not installed ({missing[0]})"
    if isinstance(found, Exception):
        return f"no versions are told ({type(found).__name__}: {found})"
    other = [
        f"{name} {found.get(name, 'none')} (here {known})"
        for name, known in ours.items()
        if found.get(name) != known
    ]
    return ", ".join(other)


def _all(names: list[str]) -> str:
    more = len(names) - TOLD
    shown = ", ".join(names[:TOLD]) + (f" and {more} more" if more > 0 else "")
    return f"worker{'s' * (len(names) > 1)} {shown}"
