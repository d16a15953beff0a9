"""Whether all machines of a cluster make the same reports: versions, compared."""

import hashlib
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from campaignbook import __version__
from campaignbook.report_jobs import LIBRARY

LIBRARIES = (
    "dask", "distributed", "duckdb", "matplotlib", "nbconvert", "numpy", "pandas",
    "papermill", "pydantic", "scipy", "statsmodels",
)  # fmt: skip
"""With another version of one of these a report may differ."""
SOURCES = ("lib/campaignbook/**/*.py", "notebooks/reports/*.ipynb", "data/*.yml")
"""What of this package a report is made with."""
TOLD = 3
"""Workers named in a sentence about several."""
ABSENT = re.compile(r"No module named [\w.']+")
"""What a worker says that cannot find what it is asked to run."""
REMEDY = (
    "Give all machines the same Python, the same copy of this project and the packages "
    "of its lib/requirements.lock; else reports may differ."
)


def versions() -> dict[str, str]:
    """Return the versions on which a report depends here, by name."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    found["campaignbook"] = f"{__version__} (source {_source()})"
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def _source() -> str:
    """Return the first digits of the hash of all that reports are made with."""
    whole = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(LIBRARY.parent.glob(pattern)):
            content = path.read_bytes().replace(b"\r\n", b"\n")
            whole.update(f"{path.name} {len(content)} ".encode() + content)
    return whole.hexdigest()[:8]


def differences(
    workers: Mapping[str, dict[str, str] | Exception], ours: Mapping[str, str]
) -> list[str]:
    """Return what workers have that we have not, and what to do about it.

    Parameters
    ----------
    workers : mapping of str to dict or Exception
        Addresses, and what `versions` gave there.
    ours : mapping of str to str
        What `versions` gives here.

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
