"""What an evaluation reads from its table, and what this version does not evaluate."""

from dataclasses import dataclass, field
from typing import Any

from campaignbook.errors import PlanError
from campaignbook.evaluation.covariate_sums import sums_to_read
from campaignbook.evaluation.covariates import columns_to_read
from campaignbook.evaluation.spec import EvaluationSpec

Arguments = dict[str, Any]
ASSIGNED = ""
"""Name, which no column has, of the count of all rows of each arm of a trial."""

NOT_EVALUATED: dict[str, tuple[str, ...]] = {
    "randomized_trial": ("weights",),
}
"""Keys of the plan's format that this version does not evaluate, by design."""
DID = "difference_in_differences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is read, as arguments of `table_files.read_cells` and `read_rows`.

    Attributes
    ----------
    cells : dict of str to dict
        By outcome: its sums.
    rows : dict of str to dict
        By outcome: its rows, for designs that need each of them.
    beside : dict of str to dict
        Sums of other columns: a trial's covariates, predictors of a synthetic control.
    adjusted : dict of str to dict
        By outcome: sums of a trial's rows that have all covariates too.
    """

    cells: dict[str, Arguments] = field(default_factory=dict)
    rows: dict[str, Arguments] = field(default_factory=dict)
    beside: dict[str, Arguments] = field(default_factory=dict)
    adjusted: dict[str, Arguments] = field(default_factory=dict)

    @property
    def flags(self) -> dict[str, tuple[str, tuple[object, ...]]]:
        """Columns that tell who, with the values that the plan names."""
        reads = [*self.cells.values(), *self.rows.values()]
        return {k: v for read in reads for k, v in (read.get("flags") or {}).items()}


def what_to_read(spec: EvaluationSpec) -> Wanted:
    """Return which columns an evaluation needs, and what they are to it.

    Raises
    ------
    PlanError
        The design, or one of its keys, is not evaluated in this version.
    """
    refuse_unbuilt(spec)
    order = spec.time and spec.time.order
    keys = {"period": spec.time.column} if spec.time else {}
    keys |= {"order": order} if isinstance(order, str) else {}
    beside: dict[str, Arguments] = {}
    adjusted: Arguments = {}
    match spec.design:
        case "difference_in_differences":
            keys["cluster"] = spec.cluster or spec.unit
            keys |= {"unit": spec.unit} if spec.unit else {}
            starts = spec.time.start_column
            who = {"keys": keys, "flags": _treated(spec)} if not starts else {}
            if starts:
                who = {"keys": {**keys, "start": starts}, "optional": ["start"]}
            terms = _adjusted_for(spec)
            who["keys"] |= terms.pop("keys")
            terms["numbers"] |= {"w": spec.weights} if spec.weights else {}
            read = {**who, **terms, "centred": True}
            if not (spec.unit or starts or spec.covariates):
                read["merge"] = "cluster"
        case "randomized_trial":
            keys = {"arm": spec.arms.column}
            beside = {
                c.column: {"keys": dict(keys), "numbers": {"y": c.column}}
                for c in spec.covariates
                if c.column and not c.as_ and not c.power
            }
            beside[ASSIGNED] = {"keys": dict(keys), "numbers": {}}
            keys |= {"cluster": spec.cluster} if spec.cluster else {}
            read = {"keys": keys, "centred": spec.outcome_type == "mean"}
            if not (spec.strata or spec.covariates or spec.offset):
                read["merge"] = "cluster"
            if spec.strata:
                terms = _adjusted_for(spec)
                keys |= {"stratum": spec.strata, **terms.pop("keys")}
                read |= terms
            elif spec.covariates and not spec.offset:
                terms = _adjusted_for(spec)
                adjusted = {**read, **terms, "keys": {**keys, **terms["keys"]}}
        case "interrupted_time_series":
            compared = spec.comparison
            flags = {}
            if compared:
                flags["comparison"] = (compared.column, tuple(compared.values))
            read = {
                "keys": keys,
                "numbers": {f"z{i}": c for i, c in enumerate(plain_covariates(spec))},
                "flags": flags,
                "centred": spec.outcome_type != "count",
            }
        case "synthetic_control":
            keys["unit"] = spec.unit
            beside = {
                p.column: {"keys": dict(keys), "numbers": {"y": p.column}}
                for p in spec.predictors
            }
            read = {"keys": keys, "flags": _treated(spec), "centred": True}
        case "observational":
            return Wanted(rows=_observed(spec))
        case _:
            read = {"keys": keys, "centred": True}
    if spec.outcome_type in ("binary", "count"):
        read["kinds"] = {"y": spec.outcome_type}
    at_risk = {"x": spec.offset} if spec.offset else {}
    others = {**at_risk, **read.pop("numbers", {})}
    asked = [(read, others)]
    if adjusted:
        asked.append((adjusted, adjusted.pop("numbers")))
    cells, *further = (
        {o: {**how, "numbers": {"y": o, **more}} for o in spec.outcome_columns()}
        for how, more in asked
    )
    return Wanted(cells=cells, beside=beside, adjusted=further[0] if further else {})


def plain_covariates(spec: EvaluationSpec) -> list[str]:
    """Return the columns of covariates that are adjusted for as they are.

    Raises
    ------
    PlanError
        A covariate is a power, a category or a product where only columns are taken.
    """
    odd = [c for c in spec.covariates if c.interact or c.as_ or c.power]
    if odd:
        raise PlanError(
            f"evaluations.{spec.id}.covariates: design '{spec.design}' takes plain "
            "columns only; put powers and products into columns of the table."
        )
    return [c.column for c in spec.covariates]


def refuse_unbuilt(spec: EvaluationSpec) -> None:
    """Raise PlanError for what the plan's format knows and this version does not."""
    where = f"evaluations.{spec.id}"
    problems = [
        f"{where}.{key}: not evaluated in this version for design '{spec.design}'; "
        "leave it out."
        for key in NOT_EVALUATED.get(spec.design, ())
        if getattr(spec, key) not in (None, ())
    ]
    if spec.time and spec.time.start_column and spec.design != DID:
        problems.append(
            f"{where}.time.start_column: different start dates are evaluated by the "
            f"design '{DID}' only; write start."
        )
    if spec.time and spec.time.start_column and spec.covariates and not spec.unit:
        problems.append(
            f"{where}.covariates: with different start dates they are adjusted for in "
            "panels only; name unit, or leave them out."
        )
    if spec.design == "randomized_trial" and spec.strata and spec.offset:
        problems.append(
            f"{where}.strata: rates of a population at risk are not adjusted for "
            "strata; leave strata or offset out."
        )
    if problems:
        raise PlanError(*problems)


def _treated(spec: EvaluationSpec) -> dict[str, tuple[str, tuple[object, ...]]]:
    return {"treated": (spec.treated.column, tuple(spec.treated.values))}


def _adjusted_for(spec: EvaluationSpec) -> Arguments:
    """Return keys and numbers to read for covariates that are adjusted for in sums."""
    numbers, keys = sums_to_read(spec.covariates)
    columns, texts = columns_to_read(spec.covariates)
    _refuse_outcome_as_covariate(spec, [*columns, *texts])
    return {"numbers": numbers, "keys": keys, "centred_too": tuple(numbers)}


def _observed(spec: EvaluationSpec) -> dict[str, Arguments]:
    treatment = spec.treatment
    numbers, texts = columns_to_read(spec.covariates, treatment_name=treatment.column)
    if spec.weights:
        numbers = [*numbers, spec.weights]
    named = {c: c for c in numbers}
    if spec.weights:
        named = {("weights" if c == spec.weights else c): c for c in numbers}
    _refuse_outcome_as_covariate(spec, [*numbers, *texts])
    return {
        outcome: {
            "numbers": {"y": outcome, **named},
            "texts": {c: c for c in texts},
            "flags": {"treated": (treatment.column, treatment.treated)},
        }
        for outcome in spec.outcome_columns()
    }


def _refuse_outcome_as_covariate(spec: EvaluationSpec, columns: list[str]) -> None:
    clash = set(spec.outcome_columns()) & set(columns)
    if clash:
        raise PlanError(
            f"evaluations.{spec.id}.covariates: the outcome '{min(clash)}' cannot be a "
            "covariate as well; leave it out."
        )
