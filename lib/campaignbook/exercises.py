"""Asking and judging: the learner's own order and numbers, and what an answer shows."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from campaignbook.errors import DataError, nearest
from campaignbook.formulas import FORMULAS, roles
from campaignbook.questions import GAP, Computed, Exercise, Option, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said to an answer.

    Attributes
    ----------
    right : bool
        Whether the answer is right.
    feedback : str
        What is said to the learner.
    misconception : str or None
        Id of the misconception that a wrong answer shows.
    """

    right: bool
    feedback: str
    misconception: str | None = None


def shuffled(question: Question, seed: int) -> tuple[Option, ...]:
    """Return the options in the order of this learner; the same seed, the same order.

    Raises
    ------
    DataError
        If the seed is negative.
    """
    return shuffle_options(question.options, question.id, seed)


def shuffle_options(
    options: tuple[Option, ...], name: str, seed: int
) -> tuple[Option, ...]:
    """Return options in a learner's order; `name` is the question's or case's id."""
    order = _generator(name, seed).permutation(len(options))
    return tuple(options[i] for i in order)


def judge(question: Question, option_id: str) -> Judgement:
    """Return what is said to the learner who chose an option.

    Raises
    ------
    DataError
        If there is no such option.
    """
    return judge_option(question.options, option_id, where=f"question '{question.id}'")


def judge_option(
    options: tuple[Option, ...], option_id: str, *, where: str
) -> Judgement:
    """Return what is said to the one who chose among options; `where` is for errors.

    Raises
    ------
    DataError
        If there is no such option.
    """
    for option in options:
        if option.id == option_id:
            return Judgement(
                right=option.right,
                feedback=option.feedback,
                misconception=option.misconception,
            )
    hint = nearest(option_id, [o.id for o in options])
    raise DataError(f"{where}: there is no option '{option_id}' ({hint}).")


def drawn(exercise: Exercise, seed: int) -> dict[str, float]:
    """Return the learner's own numbers; the same seed, the same numbers.

    Raises
    ------
    DataError
        If the seed is negative.
    """
    generator = _generator(exercise.id, seed)
    numbers = {}
    for name, draw in exercise.draws.items():
        steps = round((draw.high - draw.low) / draw.step)
        value = draw.low + draw.step * int(generator.integers(steps + 1))
        numbers[name] = float(f"{value:.12g}")
    return numbers


def asked(exercise: Exercise, seed: int) -> str:
    """Return the exercise's text with the learner's own numbers in it."""
    return _filled(exercise.text, exercise, drawn(exercise, seed))


def right_number(exercise: Exercise, seed: int) -> float:
    """Return the right answer, in the exercise's unit."""
    return computed(exercise.answer, drawn(exercise, seed))


def computed(made: Computed, numbers: Mapping[str, float]) -> float:
    """Return what a named formula makes of the drawn numbers."""
    named = {r: made.inputs.get(r, r) for r in roles(made.formula)}
    values = {r: numbers[n] if isinstance(n, str) else n for r, n in named.items()}
    return made.times * FORMULAS[made.formula](**values)


def judge_number(exercise: Exercise, seed: int, answer: float) -> Judgement:
    """Return what is said to a number; a typical wrong result is known by its value."""
    numbers = drawn(exercise, seed)
    if _near(answer, computed(exercise.answer, numbers), exercise.tolerance):
        return Judgement(
            right=True, feedback=_filled(exercise.feedback, exercise, numbers)
        )
    for wrong in exercise.wrong:
        if _near(answer, computed(wrong, numbers), exercise.tolerance):
            return Judgement(
                right=False,
                feedback=_filled(wrong.feedback, exercise, numbers),
                misconception=wrong.misconception,
            )
    hint = _filled(exercise.hint, exercise, numbers)
    return Judgement(right=False, feedback=f"Not yet. {hint}")


def _near(answer: float, value: float, tolerance: float) -> bool:
    return abs(answer - value) <= tolerance * abs(value)


def _generator(name: str, seed: int) -> np.random.Generator:
    if seed < 0:
        raise DataError(f"a seed must be 0 or more, got {seed}.")
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _filled(text: str, exercise: Exercise, numbers: Mapping[str, float]) -> str:
    """Return the text with {name} replaced by the number in words."""

    def words(match: re.Match[str]) -> str:
        value, percent = numbers[match[1]], exercise.draws[match[1]].percent
        return f"{value * 100:.6g}%" if percent else f"{value:,.12g}"

    return GAP.sub(words, text)
