"""From a table's rows and the plan's covariates to the sample that is analysed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaignbook.errors import DataError, PlanError
from campaignbook.evaluation.adjustment import Estimand, Sample
from campaignbook.evaluation.covariates import expand, independent, standardised
from campaignbook.evaluation.parts import Covariate
from campaignbook.tables import require_columns

RESERVED = ("y", "treated", "weights")
"""Names of the outcome, of who took part, and of sampling weights in the rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A sample and what its columns are.

    Attributes
    ----------
    sample : Sample
        Outcome, treatment, standardised covariates and weights.
    matrix : numpy.ndarray, shape (n, k)
        The covariates' columns in their own units, without a constant.
    names : tuple of str, length k
        Their names; `numbers` are those that the plan names as they are, `dropped`
        those left out because they follow from the others, and `one_sided` those
        that do not vary in one of the groups.
    binary, weighted : bool
        Whether the outcome is 0 and 1; whether there are sampling weights.
    """

    sample: Sample
    matrix: np.ndarray
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    dropped: tuple[str, ...]
    one_sided: tuple[str, ...]
    binary: bool
    weighted: bool

    @property
    def sizes(self) -> tuple[int, int]:
        """Rows of those who took part and of those who did not."""
        took_part = int(self.sample.treated.sum())
        return took_part, len(self.sample.treated) - took_part


def read_question(
    rows: pd.DataFrame,
    covariates: Sequence[Covariate],
    *,
    treatment_name: str,
    estimand: Estimand,
    binary: bool | None,
) -> Question:
    """Return the question that `observational.evaluate` was asked; refuse bad rows.

    Raises
    ------
    PlanError, DataError
        As `observational.evaluate`.
    """
    plain, varying = _split(covariates, treatment_name)
    outcome, treated, weights = _columns(rows, treatment_name)
    whole, names = expand(rows, plain)
    kept = independent(whole)
    matrix = whole[:, kept]
    _refuse_few_rows(treated, 1 + matrix.shape[1])
    effect_matrix, _ = expand(rows, [Covariate(column=c) for c in varying])
    n = len(outcome)
    sample = Sample(
        outcome=outcome,
        treated=treated,
        terms=np.column_stack([np.ones(n), standardised(matrix)]),
        effect_terms=standardised(effect_matrix),
        weights=np.ones(n) if weights is None else weights / weights.mean(),
        estimand=estimand,
    )
    names_kept = tuple(n for n, k in zip(names, kept, strict=True) if k)
    still = [
        n
        for n, column in zip(names_kept, matrix.T, strict=True)
        if any(np.ptp(column[treated == part]) == 0 for part in (0, 1))
    ]
    as_they_are = {c.column for c in plain if not (c.as_ or c.power or c.interact)}
    return Question(
        sample=sample,
        matrix=matrix,
        names=names_kept,
        numbers=tuple(n for n in names_kept if n in as_they_are),
        dropped=tuple(n for n, k in zip(names, kept, strict=True) if not k),
        one_sided=tuple(still),
        binary=_is_binary(outcome, binary),
        weighted=weights is not None,
    )


def _split(
    covariates: Sequence[Covariate], treatment: str
) -> tuple[list[Covariate], list[str]]:
    """Return the covariates, and the columns with which the effect may vary."""
    plain, varying, problems = [], [], []
    for covariate in covariates:
        pair = covariate.interact or (covariate.column,)
        if treatment in pair:
            others = [c for c in pair if c != treatment]
            varying += others
            if not others:
                problems.append(
                    f"covariates: '{treatment}' is the treatment itself; leave it out."
                )
        else:
            plain.append(covariate)
        problems += [
            f"covariates: a covariate cannot be called '{c}' here; rename the column."
            for c in pair
            if c in RESERVED and c != treatment
        ]
    if problems:
        raise PlanError(*dict.fromkeys(problems))
    return plain, list(dict.fromkeys(varying))


def _columns(
    rows: pd.DataFrame, treatment: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    require_columns(rows, "y", "treated")
    outcome = rows["y"].to_numpy(dtype=float)
    treated = rows["treated"].to_numpy(dtype=float)
    weights = None
    if "weights" in rows.columns:
        weights = rows["weights"].to_numpy(dtype=float)
    if not (treated == 1).any() or not (treated == 0).any():
        who = "everybody" if len(rows) and (treated == 1).all() else "nobody"
        raise DataError(
            f"treatment: {who} took part by the column '{treatment}', so there are no "
            "two groups to compare; check treatment.treated, the values that mean yes."
        )
    if np.ptp(outcome) == 0:
        raise DataError(
            f"outcome: it is {outcome[0]:g} in every row; nothing can be compared."
        )
    if weights is not None and not (np.isfinite(weights) & (weights > 0)).all():
        raise DataError(
            f"weights: every weight must be more than 0, and the smallest is "
            f"{weights.min():g}; leave rows that should not count out of the table."
        )
    return outcome, treated, weights


def _is_binary(outcome: np.ndarray, asked: bool | None) -> bool:
    found = bool(np.isin(outcome, (0.0, 1.0)).all())
    if asked and not found:
        raise DataError(
            "outcome: it should be 0 and 1, and the column holds other numbers."
        )
    return found if asked is None else asked


def _refuse_few_rows(treated: np.ndarray, parameters: int) -> None:
    problems = [
        f"covariates: only {size} {'person' if size == 1 else 'people'} {who}, and the "
        f"models have {parameters} parameters; name fewer covariates or levels (each "
        "level of a category but one counts), or find more people."
        for who, size in (
            ("took part", int(treated.sum())),
            ("did not", int((1 - treated).sum())),
        )
        if size <= parameters
    ]
    if problems:
        raise DataError(*problems)
