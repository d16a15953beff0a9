"""Difference-in-differences with different start dates: group-time averages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from campaignbook.errors import DataError
from campaignbook.evaluation import difference_in_differences as did
from campaignbook.evaluation.covariate_sums import with_terms
from campaignbook.evaluation.group_time import FEW, Average, Name, group_time_averages
from campaignbook.evaluation.panel_effects import ASSUMPTIONS, Words
from campaignbook.evaluation.panel_levels import level_of_treated, series
from campaignbook.evaluation.panel_regression import listed
from campaignbook.evaluation.panels import Panel, make_panel
from campaignbook.evaluation.parts import Covariate
from campaignbook.evaluation.start_dates import (
    PLACE,
    start_ranks,
    with_period_before,
    with_treated,
)
from campaignbook.results import Check, Estimate, say, with_holm
from campaignbook.tables import Cells, require_columns

_ALIKE = "trends are parallel among units that are alike in the covariates before it"
_BESIDE = (
    "less what {} covariate(s) before the start tell of it among the never-treated; "
)


def usable(cells: Cells, *, periods: Sequence[str], end: str | None) -> Cells:
    """Return the cells that can be compared, the others counted as dropped.

    Left out are periods after `end`, and units treated from the first period of the
    table on. DataError as in `evaluate`.
    """
    kept = with_period_before(cells, periods=periods)
    return did.usable(kept, periods=periods, end=end)


def evaluate(
    cells: Cells,
    *,
    periods: Sequence[str],
    end: str | None = None,
    last: str,
    level: float,
    unit: str,
    unit_name: str,
    seed: int = 0,
    weights: bool = False,
    covariates: Sequence[Covariate] = (),
) -> tuple[tuple[Estimate, ...], tuple[Check, ...], Estimate, dict[str, Any]]:
    """Return estimates (headline first), checks, the level of the treated, details.

    Parameters
    ----------
    cells : Cells
        Columns ``cluster``, ``period``, ``n``, ``sum_y``, ``sum_y_y`` and ``start``,
        the first treated period of the row's unit (cluster, where rows are people)
        as the table writes it, empty for never; with ``unit`` it is a panel with one
        row a unit and period.
    periods : sequence of str
        All period texts in time order.
    end : str, optional
        Last treated period; later ones are not used, and what starts later counts
        as never treated.
    last : str
        The level is read in the last used period that is not after this one.
    level : float
        Confidence level, 0-1.
    unit, unit_name : str
        Unit of the outcome; the word for a cluster (``State``).
    seed : int
        For randomisation inference where all start at once; else nothing is random.
    weights : bool
        Whether rows count by a sampling weight (``sum_w``, ``sum_w_y``), as there.
    covariates : sequence of Covariate
        Of the units of a panel, as they are in the period before each start.

    Raises
    ------
    DataError
        Where the table does not hold the comparison; the sentence says what to write.

    Notes
    -----
    Two-way fixed effects is wrong where effects grow or differ by start date: it
    takes the treated as controls. Here the controls are never treated. Estimates are
    ``effect``, then ``group:<start>`` (mean of a start date) and ``event:<k>`` (mean
    k periods after the start, against the last period before it). With one start date
    `difference_in_differences` answers instead (but for covariates of several treated
    clusters, of which it takes none that is constant within a unit).

    References
    ----------
    Callaway and Sant'Anna (2021), Journal of Econometrics 225:200-230.
    Goodman-Bacon (2021), Journal of Econometrics 225:254-277.
    """
    require_columns(cells.frame, "cluster", "period", "start", "n", "sum_y", "sum_y_y")
    cells = usable(cells, periods=periods, end=end)
    cells, starts = with_treated(cells, periods=periods)
    lone = cells.frame.groupby("treated")["cluster"].nunique().min() == 1
    if len(starts) == 1 and (lone or not covariates):
        told = {"unit": unit, "unit_name": unit_name, "seed": seed}
        asked = {"level": level, "weights": weights, "covariates": covariates, **told}
        when = {"periods": periods, "start": starts[0], "end": end, "last": last}
        return did.evaluate(cells, **when, **asked)
    cells, terms = with_terms(cells, covariates)
    ranks = start_ranks(cells, periods=periods)
    treated = cells.frame["treated"].to_numpy(dtype=bool)
    panel = make_panel(cells, periods=periods, start=starts[0], weights=weights)
    words = Words(one=unit_name.lower(), unit=unit, level=level, seed=seed)
    values = None
    if terms:
        words = replace(words, beside=len(terms))
        sums = cells.frame[[f"sum_{z}" for z in terms]].to_numpy(dtype=float)
        values = sums / panel.rows[:, None]
    averages = group_time_averages(panel, ranks, level=level, covariates=values)
    if "effect" not in averages:
        raise DataError(
            f"{PLACE}: no start date has rows in the period before it and from it on, "
            f"beside {words.many} that are never treated; add the missing rows."
        )
    rule = _inference(panel, ranks)
    labels = {g: f"group:{panel.periods[g]}" for g in np.unique(ranks[treated])}
    estimates = {
        k: _estimate(k, a, labels, words, rule, weights) for k, a in averages.items()
    }
    before = {k: e for k, e in estimates.items() if k[0] == "event" and k[1] < 0}
    before = dict(zip(before, with_holm(list(before.values())), strict=True))
    estimates |= before
    lost = [panel.periods[g] for g in labels if ("group", g) not in averages]
    checks = (
        _pre_trends(before, words),
        _clusters(panel, words, treated=True, rule=rule),
        _clusters(panel, words, treated=False, rule=rule),
        _starts(panel, labels, lost),
        _balanced(panel, words),
        *([_covariates(terms)] if terms else []),
    )
    centre = float(cells.centre)
    begun = replace(panel, group=panel.period >= ranks)
    measure = level_of_treated(begun, centre, periods, last, words)
    details = _details(panel, centre, estimates, ranks, end)
    return (*estimates.values(),), checks, measure, details


def _inference(panel: Panel, ranks: np.ndarray) -> str:
    """Return which rule of `group_time_averages` the clusters ask for.

    ``shared``: some hold several start dates, or also the never-treated; ``few``: some
    start date has too few clusters for a variance of its own; else ``own``.
    """
    pairs = np.unique(np.column_stack([panel.cluster, ranks]), axis=0)
    if len(pairs) > panel.clusters:
        return "shared"
    sizes = np.unique(pairs[pairs[:, 1] < len(panel.periods), 1], return_counts=True)[1]
    return "few" if (sizes < FEW).any() else "own"


def _estimate(name: Name, average: Average, labels, words: Words, rule, weighted):
    """Return an average of group-time effects as an estimate, with how it was made."""
    rows = "rows and their weights" if weighted else "rows"
    what = {
        "effect": "over all start dates and their periods from the start on",
        "group": "over the periods from this start on",
        "event": "over the start dates",
    }
    kind, at = (name, 0) if isinstance(name, str) else name
    label = {"effect": "effect", "group": labels.get(at), "event": f"event:{at}"}[kind]
    how = (
        "group-time average (change since the last period before the start, minus "
        f"that of {words.many} never treated), weighted by treated {rows} "
        f"{what[kind]}; {_BESIDE.format(words.beside) if words.beside else ''}"
        f"influence functions by {words.one} with CR2's factor"
    )
    if rule == "few":
        how += f", start dates with fewer than {FEW} pooled with the never-treated"
    how += ", t(G-1)" if rule == "shared" else ", Satterthwaite t"
    if average.t.std_error is None:
        how += "; no interval exists"
    return Estimate(
        name=label,
        level=words.level,
        unit=words.unit,
        method=how,
        assumptions=ASSUMPTIONS + (_ALIKE,) * (words.beside > 0),
        n=average.rows,
        clusters=average.clusters,
        **{field: getattr(average.t, field) for field in average.t.__slots__},
    )


def _pre_trends(before: Mapping[Name, Estimate], words: Words) -> Check:
    name = "parallel pre-trends"
    weak = "seeing none is weak evidence that there is none"
    if not before:
        text = "No start date has two periods before it, so nothing can be said about "
        return Check(name=name, answer="unknown", sentence=f"{text}trends before it.")
    largest = max(before.values(), key=lambda e: abs(e.estimate))
    text = (
        "The largest mean difference before the start is "
        f"{say(largest.estimate, words.unit, change=True)}, "
        f"{-int(largest.name.partition(':')[2])} periods before it "
        f"({largest.interval()})"
    )
    tested = [e.p_holm for e in before.values() if e.p_holm is not None]
    if not tested:
        text += f"; no test of it exists, and {weak}."
        return Check(name=name, answer="unknown", sentence=text)
    text += f"; smallest p of {len(tested)} tests after Holm {min(tested):.3g}"
    if min(tested) < 1 - words.level:
        text += ": treated and never-treated moved apart before the start."
        return Check(name=name, answer="no", sentence=text)
    return Check(name=name, answer="yes", sentence=f"{text}; {weak}.")


def _clusters(panel: Panel, words: Words, *, treated: bool, rule: str) -> Check:
    side = "treated" if treated else "control"
    count = int((panel.side == treated).sum())
    text = f"{count:,} {'' if treated else 'never-'}treated "
    text += words.one if count == 1 else words.many
    if treated and rule == "few":
        text += (
            f"; some start dates have fewer than {FEW}, so their spread is taken to be "
            "like that of the never-treated"
        )
    if count == 1:
        text += f": with one {side} {words.one} no interval exists"
    elif count < FEW:
        text += f"; with fewer than {FEW} intervals are wide and lean on normality"
    answer = "yes" if count >= FEW else "unknown"
    return Check(name=f"{side} clusters", answer=answer, sentence=f"{text}.")


def _starts(panel: Panel, labels: Mapping[int, str], lost: list[str]) -> Check:
    name, dates = "same start for all treated", [panel.periods[g] for g in labels]
    text = f"All treated start in '{dates[0]}'"
    if len(dates) > 1:
        text = (
            f"{len(dates)} different start dates, '{dates[0]}' to '{dates[-1]}', are "
            "handled by group-time averages: each is compared with the never-treated"
        )
    if lost:
        text += f". Without rows to compare, so left out: {', '.join(lost)}"
        return Check(name=name, answer="unknown", sentence=f"{text}.")
    return Check(name=name, answer="yes", sentence=f"{text}.")


def _balanced(panel: Panel, words: Words) -> Check:
    kind = words.one if panel.unit is None else "unit"
    if panel.missing == 0:
        text = f"Every {kind} has rows in every period."
        return Check(name="balanced panel", answer="yes", sentence=text)
    text = f"Missing {kind}-periods: {panel.missing:,}"
    if panel.unit is not None:
        text += "; a unit counts where it has a row in both periods that are compared"
    return Check(name="balanced panel", answer="unknown", sentence=f"{text}.")


def _covariates(terms: Mapping[str, str]) -> Check:
    text = f"Adjusted for {listed(terms.values())} as they were in the period before "
    text += "each start, with slopes found among the never-treated."
    return Check(name="covariates", answer="yes", sentence=text)


def _details(panel, centre, estimates, ranks, end) -> dict[str, Any]:
    def ends(estimate: Estimate) -> dict[str, float | None]:
        return {k: getattr(estimate, k) for k in ("estimate", "ci_low", "ci_high")}

    by = {
        kind: {k[1]: e for k, e in estimates.items() if k[0] == kind}
        for kind in ("group", "event")
    }
    return {
        "series": series(panel, centre),
        "events": [
            {"event": k, "period": None, **ends(e)} for k, e in by["event"].items()
        ],
        "groups": [
            {
                "start": panel.periods[g],
                "clusters": len(np.unique(panel.cluster[ranks == g])),
                **ends(e),
            }
            for g, e in by["group"].items()
        ],
        "start": panel.periods[panel.start],
        "end": end,
        "treated_clusters": int(panel.side.sum()),
        "control_clusters": int((~panel.side).sum()),
        "periods": panel.periods,
        "rank": None,
        "assignments": None,
    }
