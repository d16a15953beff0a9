"""What reports are made with: this package's source, Python, and the libraries."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

from campaignbook import __version__
from campaignbook.report_jobs import LIBRARY

LIBRARIES = (
    "duckdb", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pydantic",
    "scipy", "statsmodels",
)  # fmt: skip
"""With another version of one of these a report may differ."""
SOURCES = ("lib/campaignbook/**/*.py", "notebooks/reports/*.ipynb", "data/*.yml")
"""What of this package a report is made with."""


def versions(*more: str) -> dict[str, str]:
    """Return the versions on which a report depends here, and `more`, by name."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    found["campaignbook"] = f"{__version__} (source {_source()})"
    for name in sorted((*LIBRARIES, *more)):
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
