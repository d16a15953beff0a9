"""Latent classes: groups of people who answer alike, found in the answers alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from campaignbook.answer_patterns import Patterns, answer_patterns
from campaignbook.errors import DataError, as_found, is_number
from campaignbook.results import say, say_number

SAMPLE = 4000
"""Patterns on which the starts are compared; the best one goes on with all."""

SMALLEST = 1e-12
"""Chances are kept above this, so that an answer never given has a logarithm."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentClasses:
    """Classes of people, the largest first.

    Attributes
    ----------
    patterns : Patterns
        The answers from which they were found.
    names : tuple of str, length k
        What the classes are called.
    shares : numpy.ndarray, shape (k,)
        Share of people in each class; they sum to 1.
    chances : numpy.ndarray, shape (k, c)
        Chance of each answer of each item in a class; they sum to 1 in each item.
    memberships : numpy.ndarray, shape (u, k)
        Chance of belonging to each class, by pattern.
    log_likelihood : float
        Of the answers, each person counted with the weight.
    """

    patterns: Patterns
    names: tuple[str, ...]
    shares: np.ndarray
    chances: np.ndarray
    memberships: np.ndarray
    log_likelihood: float

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.shares)

    @property
    def parameters(self) -> int:
        """Numbers that were estimated freely."""
        patterns = self.patterns
        free = patterns.indicators.shape[1] - len(patterns.items)
        return self.classes - 1 + self.classes * free

    @property
    def bic(self) -> float:
        """Bayesian information criterion (Schwarz 1978); the smaller the better."""
        people = self.patterns.effective
        return -2 * self.log_likelihood + self.parameters * math.log(people)

    @property
    def entropy(self) -> float:
        """How clearly people belong to one class: 1 is certain, 0 is a guess."""
        if self.classes == 1:
            return 1.0
        chance = np.clip(self.memberships, SMALLEST, 1)
        doubt = -(self.patterns.weights @ (self.memberships * np.log(chance))).sum()
        return float(1 - doubt / (self.patterns.weights.sum() * math.log(self.classes)))

    def members(self) -> np.ndarray:
        """Return the likeliest class of each row, from 0; -1 without any answer."""
        best = self.memberships.argmax(1)[self.patterns.row_of]
        return np.where(self.patterns.answered, best, -1)

    def labels(self) -> pd.Series:
        """Return the likeliest class of each row by name, missing without answers.

        With the table's index, so that it can be put beside its columns.
        """
        best = self.members()
        named = np.array(self.names, dtype=object)[best]
        found = pd.Series(named, index=self.patterns.index, dtype="string")
        return found.mask(best < 0)

    def sentence(self) -> str:
        """Return how many classes there are, how large, and how clear."""
        sizes = ", ".join(
            f"{n} ({say(float(s), 'share')})"
            for n, s in zip(self.names, self.shares, strict=True)
        )
        unclear = float(1 - self.memberships.max(1) @ self._spread())
        return (
            f"{self.classes} classes among {self.patterns.rows:,} people: {sizes}. "
            f"About {say(unclear, 'share')} of them would be put in the wrong class "
            f"(entropy {say_number(self.entropy)})."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row an item and answer, and a column with the chance by class."""
        patterns = self.patterns
        pairs = [
            (item, answer)
            for item, answers in zip(patterns.items, patterns.answers, strict=True)
            for answer in answers
        ]
        frame = pd.DataFrame(pairs, columns=["item", "answer"])
        columns = zip(self.names, self.chances, strict=True)
        return frame.assign(**dict(columns))

    def named(self, *names: str) -> "LatentClasses":
        """Return the same classes under names of your own, the largest class first.

        Raises
        ------
        DataError
            Unless there is one name for each class and no name twice.
        """
        if len(names) != self.classes or len(set(names)) != len(names):
            raise DataError(
                f"there are {self.classes} classes; give each a name of its own, "
                f"largest class first, and not {len(names)}: {', '.join(names)}."
            )
        return replace(self, names=names)

    def _spread(self) -> np.ndarray:
        return self.patterns.weights / self.patterns.weights.sum()


def find_classes(
    table: pd.DataFrame,
    items: Sequence[str],
    *,
    classes: int,
    weights: str | None = None,
    seed: int = 0,
    starts: int = 20,
) -> LatentClasses:
    """Return the latent classes that make the answers likeliest.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a person.
    items : sequence of str
        At least two columns with answers to choose from; missing answers may be empty.
    classes : int
        How many classes.
    weights : str, optional
        Column of sampling weights.
    seed : int
        Of the starts; the same seed, the same classes.
    starts : int
        Number of starts: the best of them is taken, as the likelihood has many tops.

    Raises
    ------
    DataError
        If the survey is empty, all answer alike, there are more classes than patterns
        of answers, or no whole number of starts.

    Notes
    -----
    Within a class the items are independent. Expectation and maximisation go over the
    distinct patterns of answers and not over people, which gives the same numbers.
    Missing answers are passed over, which is right when they are missing at random.
    With weights this is pseudo-likelihood, the weights summing to Kish's effective
    number of people.

    References
    ----------
    Goodman (1974), Biometrika 61:215-231; Dempster, Laird & Rubin (1977), JRSS B
    39:1-38.
    """
    patterns = answer_patterns(table, items, weights=weights)
    return fit_patterns(patterns, classes=classes, seed=seed, starts=starts)


def fit_patterns(
    patterns: Patterns, *, classes: int, seed: int = 0, starts: int = 20
) -> LatentClasses:
    """Return the same from answers that are patterns already."""
    distinct = len(patterns.indicators)
    if not is_number(classes, 1, distinct, whole=True):
        raise DataError(
            f"{as_found(classes)} classes were asked for, and people answer in "
            f"{distinct} different ways; write a whole number from 1 to {distinct}."
        )
    if not is_number(starts, 1, whole=True):
        raise DataError(f"starts: {as_found(starts)}; write a whole number from 1 on.")
    rng = np.random.default_rng(seed)
    few = patterns
    if distinct > SAMPLE:
        few = patterns.some(rng.choice(distinct, SAMPLE, replace=False))
    tries = [_start(few, classes, rng) for _ in range(starts if classes > 1 else 1)]
    ran = [_climb(few, *start, most=60, close=1e-6) for start in tries]
    best = max(ran, key=lambda found: found[2])
    shares, chances, _ = _climb(patterns, *best[:2], most=2000, close=1e-10)
    memberships, log_likelihood = _expect(patterns, shares, chances)
    order = np.argsort(-shares, kind="stable")
    return LatentClasses(
        patterns=patterns,
        names=tuple(f"class {i + 1}" for i in range(classes)),
        shares=shares[order],
        chances=chances[order],
        memberships=memberships[:, order],
        log_likelihood=log_likelihood,
    )


def memberships(found: LatentClasses, patterns: Patterns) -> np.ndarray:
    """Return the chances of other people's patterns, with the same answers, by class.

    Returns
    -------
    numpy.ndarray, shape (u, k)
    """
    return _expect(patterns, found.shares, found.chances)[0]


def _start(
    patterns: Patterns, classes: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return shares and chances that lean towards the answers of people by lot."""
    weights = patterns.weights / patterns.weights.sum()
    usual = patterns.normal(weights[None, :] @ patterns.indicators)
    drawn = rng.choice(len(weights), classes, replace=False, p=_positive(weights))
    lean = rng.uniform(0.2, 0.7, (classes, 1))
    chances = (1 - lean) * usual + lean * patterns.indicators[drawn]
    return np.full(classes, 1 / classes), patterns.normal(chances)


def _positive(weights: np.ndarray) -> np.ndarray:
    some = np.maximum(weights, SMALLEST)
    return some / some.sum()


def _climb(
    patterns: Patterns,
    shares: np.ndarray,
    chances: np.ndarray,
    *,
    most: int,
    close: float,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return shares, chances and log-likelihood where it rises no more.

    It ends when a round adds less than `close` for each person.
    """
    before = -math.inf
    for _ in range(most):
        belongs, now = _expect(patterns, shares, chances)
        if now - before < close * patterns.effective:
            break
        before = now
        shares, chances = _maximise(patterns, belongs)
    return shares, chances, now


def _expect(
    patterns: Patterns, shares: np.ndarray, chances: np.ndarray
) -> tuple[np.ndarray, float]:
    joint = patterns.indicators @ np.log(np.maximum(chances, SMALLEST)).T
    joint += np.log(np.maximum(shares, SMALLEST))
    top = joint.max(1, keepdims=True)
    np.exp(joint - top, out=joint)
    total = joint.sum(1, keepdims=True)
    joint /= total
    return joint, float(patterns.weights @ (top + np.log(total))[:, 0])


def _maximise(patterns: Patterns, belongs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    weighted = belongs * patterns.weights[:, None]
    sizes = weighted.sum(0)
    return sizes / sizes.sum(), patterns.normal(weighted.T @ patterns.indicators)
