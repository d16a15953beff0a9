"""Difference-in-differences: treated and control clusters, before and from a start."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from campaignbook.errors import DataError
from campaignbook.evaluation.covariate_sums import with_terms
from campaignbook.evaluation.headlines import exact_fit
from campaignbook.evaluation.panel_effects import (
    ENOUGH,
    Found,
    Words,
    change,
    collapse,
    effects,
    events,
    slope_before,
)
from campaignbook.evaluation.panel_levels import level_of_treated, series
from campaignbook.evaluation.panel_regression import (
    PanelCovariates,
    listed,
    regression,
)
from campaignbook.evaluation.panels import Panel, make_panel, position
from campaignbook.evaluation.parts import Covariate
from campaignbook.results import Check, Estimate, holm, say
from campaignbook.tables import Cells


def usable(cells: Cells, *, periods: Sequence[str], end: str | None) -> Cells:
    """Return the cells up to the period `end`, the later ones counted as dropped.

    `periods` are all period texts in time order; DataError if `end` is not one.
    """
    if end is None:
        return cells
    later = list(periods[position(periods, end, "time.end") + 1 :])
    return cells.without(cells.frame["period"].isin(later), f"after the end ('{end}')")


def evaluate(
    cells: Cells,
    *,
    periods: Sequence[str],
    start: str,
    end: str | None,
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
        Columns ``cluster``, ``treated`` (bool), ``period``, ``n``, ``sum_y``,
        ``sum_y_y``; with ``unit`` it is a panel with one row a unit and period.
    periods : sequence of str
        All period texts in time order.
    start, end : str
        First and last treated period (None: no end); later ones are not used.
    last : str
        The level is read in the last used period that is not after this one.
    level : float
        Confidence level, 0-1.
    unit, unit_name : str
        Unit of the outcome; the word for a cluster (``State``).
    seed : int
        For randomisation inference where there are too many assignments.
    weights : bool
        Whether rows count by a sampling weight: ``sum_w`` and ``sum_w_y``, its sum
        and that of its product with the (centred) outcome, are columns too.
    covariates : sequence of Covariate
        Adjusted for; cells are read by `covariate_sums.sums_to_read`.

    Raises
    ------
    DataError
        Where the table does not hold the comparison; the sentence says what to write.

    Notes
    -----
    The headline is chosen by the number of clusters: CR2 with Satterthwaite degrees
    of freedom from 5 treated and 5 control clusters on, the t test of collapsed
    cluster changes below, the placebo test where one side has a single cluster.
    Covariates stand in the regression as the rows hold them. From the values of
    clusters they are taken off first, with slopes found within units (clusters of
    people), groups and periods: the effect cannot enter these, and with one treated
    unit they are those of the controls.

    References
    ----------
    Bertrand, Duflo and Mullainathan (2004), Quarterly Journal of Economics
    119:249-275. MacKinnon and Webb (2020), Journal of Econometrics 218:435-450.
    """
    first = position(periods, start, "time.start")
    if end is not None and position(periods, end, "time.end") < first:
        raise DataError(
            f"time.end: '{end}' lies before time.start, '{start}'; write a later end."
        )
    cells = usable(cells, periods=periods, end=end)
    cells, terms = with_terms(cells, covariates)
    panel = adjusted = make_panel(cells, periods=periods, start=start, weights=weights)
    words = Words(one=unit_name.lower(), unit=unit, level=level, seed=seed)
    beside = PanelCovariates.of(cells.frame, panel, terms) if terms else None
    if beside is not None:
        words = replace(words, beside=len(beside.names))
        adjusted = beside.taken_off(panel)
    found = collapse(adjusted, words)
    estimates = effects(panel, regression(panel, beside), found, words)
    by_event = events(adjusted, words)
    checks = (
        _pre_trends(adjusted, by_event, found, words),
        _cluster_check(panel, words, found, side="treated"),
        _cluster_check(panel, words, found, side="control"),
        *(exact_fit(estimates[0]) or [_attainable(found, estimates, words)]),
        _same_start(panel, words),
        _balanced(panel, found, words),
        *([] if beside is None else [_covariates(panel, beside, words)]),
    )
    measure = level_of_treated(panel, cells.centre, periods, last, words)
    details = _details(panel, cells.centre, by_event, found, end)
    details |= {} if beside is None else {"covariates": _slopes(beside)}
    return (*estimates, *by_event.values()), checks, measure, details


def _pre_trends(panel, by_event, found, words) -> Check:
    name, weak = (
        "parallel pre-trends",
        "seeing none is weak evidence that there is none",
    )
    before = {k: e for k, e in by_event.items() if k < 0 and e.estimate is not None}
    if not before:
        text = "Fewer than two periods before the start can be compared, so nothing "
        text += "can be said about trends before it."
        return Check(name=name, answer="unknown", sentence=text)
    p_values = [e.p_value for e in before.values()]
    if panel.start >= 3:
        trend = slope_before(panel, words)
        if trend.t is not None:
            p_values.append((trend.rank or trend.t).p_value)
    adjusted = [p for p in holm(p_values) if p is not None]
    event = max(before, key=lambda k: abs(before[k].estimate))
    largest = before[event]
    text = (
        f"The largest difference before the start is "
        f"{say(largest.estimate, words.unit, change=True)} in "
        f"'{panel.periods[panel.start + event]}' ({largest.interval()})"
    )
    if not adjusted:
        text += f"; no test of it exists, and {weak}."
        return Check(name=name, answer="unknown", sentence=text)
    alpha = 1 - words.level
    text += f"; smallest p of {len(adjusted)} tests after Holm {min(adjusted):.3g}"
    if min(adjusted) < alpha:
        text += ": treated and control moved apart before the start."
        return Check(name=name, answer="no", sentence=text)
    if found.alone and found.rank.smallest_p * len(adjusted) > alpha + 1e-12:
        text += f". With one {found.alone} {words.one} none can reach {alpha:.3g}, and "
        return Check(name=name, answer="unknown", sentence=f"{text}{weak}.")
    return Check(name=name, answer="yes", sentence=f"{text}; {weak}.")


def _cluster_check(panel: Panel, words: Words, found: Found, *, side: str) -> Check:
    count = panel.held[side]
    text = f"{count:,} {side} {words.one if count == 1 else words.many}"
    name = f"{side} clusters"
    if count >= ENOUGH:
        return Check(name=name, answer="yes", sentence=f"{text}.")
    if found.alone and count == 1:
        text += (
            ": no clustered interval exists; the placebo test over all "
            f"{words.many}, with an interval by inverting it, replaces it."
        )
    else:
        text += (
            f", fewer than {ENOUGH}: a clustered regression would be too sure; the "
            f"t test of one change a {words.one} replaces it."
        )
    return Check(name=name, answer="unknown", sentence=text)


def _attainable(found: Found, estimates: list[Estimate], words: Words) -> Check:
    name, alpha, rank = "attainable p", 1 - words.level, found.rank
    placebo = estimates[0].method.startswith("placebo")
    if rank is None:
        text = "The headline is a t test, which can reach any p."
        return Check(name=name, answer="yes", sentence=text)
    text = (
        f"The smallest p that {rank.assignments:,} assignments can give is "
        f"{rank.smallest_p:.3g}"
    )
    if rank.smallest_p <= alpha + 1e-12:
        return Check(name=name, answer="yes", sentence=f"{text}.")
    text += f", above {alpha:.3g}: at this level the rank test cannot show an effect"
    if placebo:
        return Check(name=name, answer="no", sentence=f"{text}, whatever its size.")
    text += "; the t test of the headline can, and leans on its assumptions."
    return Check(name=name, answer="unknown", sentence=text)


def _same_start(panel: Panel, words: Words) -> Check:
    name, start = "same start for all treated", panel.periods[panel.start]
    if panel.lapsed:
        text = (
            f"All treated start in '{start}', but {panel.lapsed:,} of their later rows "
            "are flagged untreated; they are counted as treated, so write time.end."
        )
        return Check(name=name, answer="unknown", sentence=text)
    return Check(name=name, answer="yes", sentence=f"All treated start in '{start}'.")


def _balanced(panel: Panel, found: Found, words: Words) -> Check:
    kind = words.one if panel.unit is None else "unit"
    left = panel.clusters - found.clusters
    parts = [f"missing {kind}-periods: {panel.missing:,}"]
    if left:
        parts.append(
            f"{words.many} that hold only one side of the comparison: {left:,}, left "
            "out of the collapsed one"
        )
    if panel.missing or left:
        text = f"{'; '.join(parts).capitalize()}."
        return Check(name="balanced panel", answer="unknown", sentence=text)
    text = f"Every {kind} has rows in every period."
    return Check(name="balanced panel", answer="yes", sentence=text)


def _covariates(panel: Panel, beside: PanelCovariates, words: Words) -> Check:
    """Return what was adjusted for, and whether the campaign may have changed it."""
    name, text = "covariates", "None of the covariates is adjusted for"
    if beside.names:
        text = f"Adjusted for {listed(beside.names)}"
    if beside.absorbed:
        text += f"; {listed(beside.absorbed)} left out, as the fixed effects tell all "
        text += "of it (constant within a unit, or alike for all in a period)"
    if beside.following:
        text += f"; {listed(beside.following)} left out, as it follows from the others"
    after, before = slice(panel.start, None), slice(panel.start)
    moves = [
        change(beside.as_outcome(panel, i), after, before, words)
        for i in range(len(beside.names))
    ]
    p_values = holm([(m.rank or m.t).p_value if m.t else None for m in moves])
    moved = [
        covariate
        for covariate, p in zip(beside.names, p_values, strict=True)
        if p is not None and p < 1 - words.level
    ]
    if moved:
        text += f". From the start on {listed(moved)} moved otherwise among the treated"
        text += ": if the campaign did that, adjusting hides a part of its effect"
    every = beside.names and not (beside.absorbed or beside.following or moved)
    return Check(name=name, answer="yes" if every else "unknown", sentence=f"{text}.")


def _slopes(beside: PanelCovariates) -> list[dict[str, Any]]:
    """Return the covariates that are adjusted for, with the slopes taken off."""
    pairs = zip(beside.names, beside.slopes, strict=True)
    return [{"covariate": name, "slope": float(slope)} for name, slope in pairs]


def _details(panel, centre, by_event, found, end) -> dict[str, Any]:
    return {
        "series": series(panel, centre),
        "events": [
            {
                "event": k,
                "period": panel.periods[panel.start + k],
                "estimate": e.estimate,
                "ci_low": e.ci_low,
                "ci_high": e.ci_high,
            }
            for k, e in by_event.items()
        ],
        "start": panel.periods[panel.start],
        "end": end,
        "treated_clusters": panel.held["treated"],
        "control_clusters": panel.held["control"],
        "periods": panel.periods,
        "rank": None if found.rank is None else found.rank.rank,
        "assignments": None if found.rank is None else found.rank.assignments,
    }
