"""Commands that speak: wrong input is a sentence and exit code 2, our fault is 3."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from campaignbook.errors import CampaignError


def speaking(command: Callable[..., None]) -> Callable[..., None]:
    """Turn wrong input into sentences and exit code 2, our faults into 3."""

    @wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        debug = click.get_current_context().find_root().params.get("debug")
        try:
            command(*args, **options)
        except CampaignError as error:
            if debug:
                raise
            for problem in error.problems:
                click.echo(problem, err=True)
            sys.exit(2)
        except Exception as error:
            if debug:
                raise
            click.echo(
                f"This is our fault, not yours: {error} "
                "(--debug before the command shows where).",
                err=True,
            )
            sys.exit(3)

    return wrapped
