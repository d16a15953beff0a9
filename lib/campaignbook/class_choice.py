"""How many classes there are, and whether they would be found again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.answer_patterns import Patterns, answer_patterns
from campaignbook.errors import DataError, as_found, is_number
from campaignbook.latent_classes import LatentClasses, fit_patterns, memberships
from campaignbook.results import say_number

FIRM, LOOSE = 0.8, 0.6
"""Agreement from which this book calls classes firm; below the second, loose."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassChoice:
    """Classes in different numbers, side by side.

    Attributes
    ----------
    tried : tuple of LatentClasses
        With 1, 2 ... classes.
    """

    tried: tuple[LatentClasses, ...]

    @property
    def best(self) -> LatentClasses:
        """The one with the smallest BIC."""
        return min(self.tried, key=lambda found: found.bic)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a number of classes: BIC, above the best, entropy, smallest.

        Columns: ``classes``, ``log_likelihood``, ``parameters``, ``bic``,
        ``above_best`` (BIC minus the smallest BIC), ``entropy``, ``smallest_share``.
        """
        least = self.best.bic
        rows = [
            {
                "classes": found.classes,
                "log_likelihood": found.log_likelihood,
                "parameters": found.parameters,
                "bic": found.bic,
                "above_best": found.bic - least,
                "entropy": found.entropy,
                "smallest_share": float(found.shares.min()),
            }
            for found in self.tried
        ]
        return pd.DataFrame(rows)

    def sentence(self) -> str:
        """Return which number the criterion chooses, and how clearly."""
        ranked = sorted(self.tried, key=lambda found: found.bic)
        chosen = ranked[0].classes
        if len(ranked) == 1:
            return f"Only {_classes(chosen)} was tried, so nothing was chosen."
        gap = ranked[1].bic - ranked[0].bic
        said = (
            f"BIC is smallest with {_classes(chosen)}, by {say_number(gap)} before "
            f"{_classes(ranked[1].classes)}."
        )
        if chosen == 1:
            said += " These answers do not show that there are different classes."
        elif chosen == self.tried[-1].classes:
            said += " It is the largest number tried: try more."
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Whether classes are found again.

    Attributes
    ----------
    classes : int
        How many.
    by_seed : tuple of float
        Adjusted Rand index of the classes of other starts with those of the first.
    by_half : tuple of float
        The same of the classes that two halves of the people find, by split.
    """

    classes: int
    by_seed: tuple[float, ...]
    by_half: tuple[float, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return mean and least agreement, by what was changed."""
        rows = [
            {"changed": what, "times": len(v), "mean": float(np.mean(v)),
             "least": min(v)}
            for what, v in (("starts", self.by_seed), ("people", self.by_half))
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def sentence(self) -> str:
        """Return how much the classes hang on chance."""
        seeds, halves = float(np.mean(self.by_seed)), float(np.mean(self.by_half))
        word = "firm" if halves >= FIRM else "loose" if halves < LOOSE else "so-so"
        return (
            f"With other starts the {_classes(self.classes)} agree to "
            f"{say_number(seeds, digits=2)}, with other people to "
            f"{say_number(halves, digits=2)} (1 is the same, 0 is chance): this book "
            f"calls that {word}."
        )


def choose_classes(
    table: pd.DataFrame,
    items: Sequence[str],
    *,
    most: int = 6,
    weights: str | None = None,
    seed: int = 0,
    starts: int = 20,
) -> ClassChoice:
    """Return the classes in every number from 1 to `most`, to be compared by BIC.

    With fewer patterns of answers than `most` it goes up to their number; the other
    parameters are those of `latent_classes.find_classes`.

    Raises
    ------
    DataError
        As `find_classes`, or if `most` is below 1.

    References
    ----------
    Nylund, Asparouhov & Muthen (2007), Structural Equation Modeling 14:535-569.
    """
    if not is_number(most, 1, whole=True):
        raise DataError(
            f"most is {as_found(most)}: write how many classes to try, 1 or more."
        )
    patterns = answer_patterns(table, items, weights=weights)
    last = min(most, len(patterns.indicators))
    tried = [
        fit_patterns(patterns, classes=k, seed=seed, starts=starts)
        for k in range(1, last + 1)
    ]
    return ClassChoice(tried=tuple(tried))


def class_stability(
    found: LatentClasses, *, seed: int = 0, times: int = 5, starts: int = 10
) -> Stability:
    """Return whether the classes are found again with other starts and other people.

    People are split by lot into two halves; each half finds classes of its own and
    all are put into the classes of both. Sampling weights play no part in it.

    Parameters
    ----------
    found : LatentClasses
        What is tried again.
    seed : int
        Of the lots.
    times : int
        Number of starts, and of splits.
    starts : int
        Starts in each search.

    Raises
    ------
    DataError
        If a half holds fewer patterns than classes, or there is no time to try.
    """
    if not is_number(times, 1, whole=True):
        raise DataError(f"times: {as_found(times)}; write a whole number from 1 on.")
    patterns, first, rng = found.patterns, found.members(), np.random.default_rng(seed)
    asked = np.flatnonzero(patterns.answered)
    by_seed, by_half = [], []
    for _ in range(times):
        again = fit_patterns(
            patterns, classes=found.classes, seed=int(rng.integers(2**31)),
            starts=starts,
        )  # fmt: skip
        by_seed.append(adjusted_rand(first[asked], again.members()[asked]))
        order = rng.permutation(asked)
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        sides = [_half(patterns, rows, found.classes, rng, starts) for rows in halves]
        one, two = (side[patterns.row_of[asked]] for side in sides)
        by_half.append(adjusted_rand(one, two))
    return Stability(
        classes=found.classes, by_seed=tuple(by_seed), by_half=tuple(by_half)
    )


def _half(
    patterns: Patterns,
    rows: np.ndarray,
    classes: int,
    rng: np.random.Generator,
    starts: int,
) -> np.ndarray:
    """Return the class of every pattern, as some of the people find them."""
    part = patterns.of_rows(rows)
    found = fit_patterns(
        part, classes=classes, seed=int(rng.integers(2**31)), starts=starts
    )
    return memberships(found, patterns).argmax(1)


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Return how far two groupings of the same people agree: 1 the same, 0 by chance.

    Raises
    ------
    DataError
        Unless both hold as many people, and at least two.

    References
    ----------
    Hubert & Arabie (1985), Journal of Classification 2:193-218.

    Examples
    --------
    >>> adjusted_rand(np.array([1, 1, 2, 2]), np.array(["b", "b", "a", "a"]))
    1.0
    >>> round(adjusted_rand(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])), 6)
    -0.5
    """
    if len(first) != len(second) or len(first) < 2:
        raise DataError(
            f"two groupings of {len(first)} and {len(second)} people cannot be "
            "compared; both must hold the same people, two or more."
        )
    counts = pd.crosstab(np.asarray(first), np.asarray(second)).to_numpy(float)
    both, one, two = (
        (c * (c - 1)).sum() for c in (counts, counts.sum(1), counts.sum(0))
    )
    expected = one * two / (len(first) * (len(first) - 1))
    most = (one + two) / 2
    return 1.0 if most == expected else float((both - expected) / (most - expected))


def _classes(number: int) -> str:
    return f"{number} class" if number == 1 else f"{number} classes"
