"""The learner's answers on disk: every try kept, each learner's own seed."""

import json
import secrets
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from campaignbook.errors import DataError
from campaignbook.files import write_text
from campaignbook.questions import Noun


class Try(Noun):
    """One answer to one question, and what came of it."""

    answer: tuple[str, ...] = Field(min_length=1, max_length=2)
    right: bool
    misconception: str | None = None


class Tries(Noun):
    """What a learner's file holds: the seed of their order and numbers, their tries."""

    campaignbook: Literal[1] = 1
    seed: int = Field(ge=0)
    tries: dict[str, tuple[Try, ...]] = Field({})

    def with_try(self, item: str, one: Try) -> "Tries":
        """Return the tries with one more, the last of its question."""
        tries = {**self.tries, item: (*self.tries.get(item, ()), one)}
        return self.model_copy(update={"tries": tries})


def read_tries(path: Path) -> Tries:
    """Return what is in a learner's file.

    Raises
    ------
    DataError
        If it is none: the sentence says what was found.
    """
    try:
        return Tries.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: not a text file in UTF-8.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path.name}: not readable as JSON: {error}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(
            f"{path.name}: not a file of a learner's answers; {where} is missing or "
            "wrong."
        ) from error


def open_tries(path: Path) -> Tries:
    """Return the learner's answers; a file with a new seed is made where there is none.

    Raises
    ------
    DataError
        If the file is there and holds something else. It is left alone.
    """
    if not path.exists():
        write_tries(Tries(seed=secrets.randbelow(2**31)), path)
    return read_tries(path)


def add_try(path: Path, item: str, one: Try) -> Tries:
    """Save one more try, after those that other notebooks saved meanwhile."""
    tries = open_tries(path).with_try(item, one)
    write_tries(tries, path)
    return tries


def write_tries(tries: Tries, path: Path) -> None:
    """Write a learner's file, whole or not at all."""
    data: dict[str, Any] = tries.model_dump(mode="json", exclude_none=True)
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
