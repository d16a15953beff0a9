"""A folder of files that is there whole or not at all."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

OURS = {"report.html", "report.ipynb", "results.json"}
"""What a new report replaces; other files in its folder stay."""


def put_folder(files: Iterable[Path], folder: Path) -> None:
    """Put files into a folder in the place of the report that it holds.

    Until the last file is on the disk the folder is what it was, and a computer that
    stops at any moment leaves the old report, the new one, or none.

    Parameters
    ----------
    files : iterable of Path
        They are copied.
    folder : Path
        Made where it is not there. Files in it that are no report stay in it.
    """
    new, old = (folder.with_name(f".{folder.name}.{end}") for end in ("new", "old"))
    _mend(folder, old)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, new / file.name)
        sync(new / file.name)
    sync(new)
    if folder.exists():
        os.rename(folder, old)
    os.rename(new, folder)
    _mend(folder, old)
    sync(folder.parent)


def _mend(folder: Path, old: Path) -> None:
    """Bring back what a folder held beside its report before it was replaced."""
    if not old.exists():
        return
    if not folder.exists():
        os.rename(old, folder)
        return
    for path in old.iterdir():
        if path.name not in OURS and not (folder / path.name).exists():
            os.rename(path, folder / path.name)
    shutil.rmtree(old)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk, where the system can tell."""
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
