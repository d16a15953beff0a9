"""What a batch has done: a file that is only ever added to, and the inputs by hash."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from campaignbook.batch_table import Campaign, plain_plan, state
from campaignbook.errors import PlanError
from campaignbook.overrides import override
from campaignbook.report_folder import OURS, sync

NAME = "batch.json"
FIRST = {"campaignbook": 1, "ledger": "one line a report; the last one of an id counts"}
"""The first line of a ledger."""
TEMPLATES = Path(__file__).resolve().parents[2] / "notebooks" / "reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What came of one campaign.

    Attributes
    ----------
    id, plan : str
        The campaign and its plan file.
    inputs : str
        Hash of all that the report is made from.
    status : str
        ``done`` or ``failed``.
    results : str or None
        Hash of its results.json; None where it failed.
    problems : list of str
        Sentences; empty where it is done.
    seconds : float
        What it took.
    """

    id: str
    plan: str
    inputs: str
    status: str
    results: str | None = None
    problems: tuple[str, ...] = ()
    seconds: float = 0.0


class Ledger:
    """The ledger of a folder of reports, open for one batch.

    A line is on the disk before the next report is counted. What a dying computer
    leaves of a last line is no line.

    Raises
    ------
    PlanError
        The file is no ledger, or another batch is writing it.
    """

    def __init__(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.path = out / NAME
        self._file = self.path.open("a+b")
        try:
            self._lock(out)
            self._file.seek(0)
            self.entries = {e.id: e for e in self._read(self._file.read())}
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, entry: Entry) -> None:
        """Write an entry, and wait until it is on the disk."""
        self.entries[entry.id] = entry
        self._write(asdict(entry))

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(_line(line))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _lock(self, out: Path) -> None:
        try:
            import fcntl
        except ImportError:  # not on Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PlanError(
                f"{out}: another batch writes its reports there; wait for its end, or "
                "choose another folder with --out."
            ) from error

    def _read(self, content: bytes) -> Iterator[Entry]:
        lines = content.split(b"\n")
        whole, torn = lines[:-1], lines[-1]
        parsed = [_parsed(line) for line in whole]
        known = any(isinstance(p, dict) and p.get("ledger") for p in parsed[:1])
        begun = not torn.strip(b"\0") or _line(FIRST).startswith(torn)
        if not known and not any(map(_entry, parsed)) and (whole or not begun):
            raise PlanError(
                f"{self.path}: is there and is no ledger of a batch; move it away, or "
                "choose another folder with --out."
            )
        if not whole:
            self._file.truncate(0)
            self._write(FIRST)
            sync(self.path.parent)
        elif torn:
            self._file.truncate(len(content) - len(torn))
        yield from filter(None, map(_entry, parsed))


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:  # a line that the disk did not get whole
        return None


def _entry(parsed: Any) -> Entry | None:
    try:
        return Entry(**{**parsed, "problems": tuple(parsed["problems"])})
    except (TypeError, KeyError):
        return None


def up_to_date(entry: Entry | None, inputs: str, out: Path) -> bool:
    """Return whether a report is there, whole, and from the same inputs."""
    if entry is None or entry.status != "done" or entry.inputs != inputs:
        return False
    folder = out / entry.id
    whole = all((folder / name).is_file() for name in OURS)
    return whole and results_hash(folder) == entry.results


def results_hash(folder: Path) -> str:
    """Return the hash of a report's results."""
    return hashlib.sha256((folder / "results.json").read_bytes()).hexdigest()


def inputs_hash(
    campaign: Campaign,
    *,
    versions: Mapping[str, str],
    template: Path | None = None,
    level: float | None = None,
) -> str:
    """Return the hash of all that a report is made from.

    That is the plan's bytes and what replaces parts of it, every file that its
    evaluations name, the template, and what makes it (as `versions.versions` tells).
    """
    texts = named_files(campaign.plan, campaign.overrides)
    named = [campaign.plan.parent / t for t in texts]
    templates = [template] if template else sorted(TEMPLATES.glob("*.ipynb"))
    whole = {
        "versions": dict(versions),
        "plan": file_hash(campaign.plan),
        "overrides": campaign.overrides,
        "level": level,
        "templates": [file_hash(t) for t in templates],
        "files": [[p.name, file_hash(p)] for p in named],
    }
    text = json.dumps(whole, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def named_files(plan: Path, overrides: Mapping[str, Any]) -> list[str]:
    """Return the files that a plan's evaluations name, as they name them."""
    raw = plain_plan(plan)
    if not isinstance(raw, dict):
        return []
    try:
        raw = override(raw, overrides)
    except PlanError:
        pass  # the report will say so
    texts = sorted(set(_texts(raw.get("evaluations"))))
    return [t for t in texts if file_hash(plan.parent / t)]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str) and node and len(node) < 300 and "\0" not in node:
        yield node


def file_hash(path: Path) -> str | None:
    """Return the hash of a file's bytes; None where there is no such file."""
    return _hash_in(path, state(path))


@lru_cache(maxsize=1000)
def _hash_in(path: Path, state: tuple[int, int] | None) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
