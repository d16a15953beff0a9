"""Questions about a series: enough points, its errors, its neighbours in time."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from campaignbook.errors import DataError
from campaignbook.evaluation.arms import real_error, t_reading
from campaignbook.evaluation.series import MOST_RHO, SeriesFit
from campaignbook.evaluation.series_cells import Series
from campaignbook.evaluation.series_model import (
    Asked,
    Columns,
    Terms,
    before_start,
    columns,
    comparison_alone,
    fit,
    size_of,
    with_column,
)
from campaignbook.results import Check, holm

ENOUGH, ENOUGH_BEFORE = 24, 8
"""Points in all below which no interval is given; points before that are wished."""
LEAST_BEFORE: dict[Terms, int] = {"level": 2, "level+slope": 4}
"""Points before the start below which the path before it is a guess: two a number."""

_CLEAR = 0.01
_SPARE = 6


def enough(data: Series) -> bool:
    """Return whether the series has the points that an interval needs."""
    return len(data.own) >= ENOUGH


def enough_points(data: Series) -> Check:
    """Return whether there are 24 points, 8 of them before the start (else no)."""
    name, t, since = "enough points", len(data.own), data.stop - data.first
    text = (
        f"{t} periods, {data.first} of them before the start and {since} from it "
        f"{'on' if data.stop == t else 'to the end of the campaign'}"
    )
    if not enough(data):
        text += (
            f"; below {ENOUGH} in all no interval keeps its promise, so none is given."
        )
        return Check(name=name, answer="no", sentence=text)
    if data.first < ENOUGH_BEFORE:
        text += f"; below {ENOUGH_BEFORE} before the start the path is hardly known."
        return Check(name=name, answer="no", sentence=text)
    if since < 2:
        text += "; few in the campaign, so much hangs on each of them."
        return Check(name=name, answer="unknown", sentence=text)
    return Check(name=name, answer="yes", sentence=f"{text}.")


def rows_a_period(data: Series) -> list[Check]:
    """Return what was made of several rows a period; nothing where each has one."""
    name, least, most = "rows a period", int(data.rows.min()), int(data.rows.max())
    if most == 1:
        return []
    made = "added up" if data.count else "averaged"
    if least > 1:
        span = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        text = f"Each period has {span} rows, which are {made}."
        return [Check(name=name, answer="yes", sentence=text)]
    several = (data.rows > 1).any(axis=0)
    count, first = int(several.sum()), int(several.argmax())
    text = (
        f"{count:,} of {len(several):,} periods {'has' if count == 1 else 'have'} more "
        f"than one row (first: {int(data.rows[:, first].max()):,} in "
        f"'{data.periods[first]}'), others one; the rows of a period are {made}, so "
        "remove those that stand there twice."
    )
    return [Check(name=name, answer="unknown", sentence=text)]


def autocorrelation(data: Series, head: SeriesFit) -> Check:
    """Return whether one correlation of neighbours describes the errors.

    Notes
    -----
    Ljung and Box (1978), Biometrika 65:297-303, on what is left after taking out the
    correlation, with a third of the points as lags and at most 12; p below .01 is
    told.
    """
    name, rho, left = "autocorrelation", head.rho, head.residuals
    text = (
        f"Errors of neighbouring periods correlate by {rho:.2f} (raised, as a short "
        "series shows too little of it); the interval allows for this"
    )
    if not enough(data):
        text = f"A correlation of errors cannot be told from {len(data.own)} points."
        return Check(name=name, answer="unknown", sentence=text)
    if real_error(float(np.abs(left).max()), size_of(data)) is None:
        text = (
            "The model fits every period exactly, which measured numbers hardly do: "
            "nothing is left by which chance could be judged, so no interval exists."
        )
        return Check(name=name, answer="unknown", sentence=text)
    if rho >= MOST_RHO:
        text += ", but errors so alike may drift for good: distrust the interval."
        return Check(name=name, answer="unknown", sentence=text)
    if data.count:
        left = left[1:] - rho * left[:-1]
    t, square = len(left), float(left @ left)
    lags = np.arange(1, min(12, t // 3) + 1)
    if square > 0:
        parts = np.array([float(left[k:] @ left[:-k]) for k in lags]) / square
        q = t * (t + 2) * float((parts**2 / (t - lags)).sum())
        if stats.chi2.sf(q, len(lags) - 1) < _CLEAR:
            text += (
                ", but more is left over several periods; a season or a covariate may "
                "be missing."
            )
            return Check(name=name, answer="unknown", sentence=text)
    return Check(name=name, answer="yes", sentence=f"{text}.")


def other_changes(data: Series, asked: Asked) -> Check:
    """Return whether a comparison series shows no change at the start."""
    name = "other changes at the same date"
    if data.other is None:
        text = (
            "There is no comparison series, so the table cannot tell whether something "
            "else changed at the start."
        )
        return Check(name=name, answer="unknown", sentence=text)
    alone = comparison_alone(data)
    p_values = _p_values(alone, asked, ("level", "slope")) if enough(data) else []
    if not p_values:
        text = "The comparison series is too short to tell whether it changed."
        return Check(name=name, answer="unknown", sentence=text)
    text = f"(smallest p after Holm {min(p_values):.3g})"
    if min(p_values) < 1 - asked.level:
        text = (
            f"The comparison series changed at the start too {text}: something else "
            "happened, or the campaign reached it."
        )
        return Check(name=name, answer="no", sentence=text)
    text = f"The comparison series shows no change at the start {text}."
    return Check(name=name, answer="yes", sentence=text)


def before(data: Series, asked: Asked) -> Check:
    """Return whether the periods before the start follow the line that is extended.

    With ``terms: level`` a trend is looked for, else a bend.
    """
    name = "pre-period fit"
    what = "trend" if asked.terms == "level" else "bend"
    cut = before_start(data)
    steps = (cut.steps - cut.steps.mean()) / max(float(np.ptp(cut.steps)), 1.0)
    extra = steps if what == "trend" else steps**2
    p_values = []
    if enough(data) and data.first >= ENOUGH_BEFORE:
        p_values = _p_values(cut, asked, (what,), extra)
    if not p_values:
        text = f"Too few periods before the start to look for a {what} in them."
        return Check(name=name, answer="unknown", sentence=text)
    p = p_values[0]
    if p < 1 - asked.level:
        text = f"The periods before the start show a {what} (p = {p:.3g}) that the "
        text += "model does not have, so it would go on wrongly without the campaign"
        text += "; write terms: level+slope." if what == "trend" else "."
        return Check(name=name, answer="no", sentence=text)
    text = f"No {what} is seen before the start (p = {p:.3g}), which is weak evidence."
    return Check(name=name, answer="yes", sentence=text)


def spacing(data: Series) -> Check:
    """Return whether the periods stand at equal distances, none missing."""
    name = "equal spacing"
    if data.equal is None:
        text = "The names of the periods do not tell their distance; it is taken as "
        return Check(name=name, answer="unknown", sentence=f"{text}equal.")
    if not data.equal:
        text = (
            "The distances between periods differ and are no whole steps; they are "
            "taken as equal, so slope, season and correlation are rough."
        )
        return Check(name=name, answer="unknown", sentence=text)
    gaps = np.diff(data.steps)
    missing = int(gaps.sum()) - len(gaps)
    if missing:
        at = int((gaps > 1).argmax())
        text = (
            f"Missing periods: {missing}, the first after '{data.periods[at]}'; slope, "
            "season and correlation count them as passed."
        )
        return Check(name=name, answer="unknown", sentence=text)
    return Check(name=name, answer="yes", sentence="No period is missing in between.")


def _p_values(
    data: Series, asked: Asked, names: Sequence[str], extra: np.ndarray | None = None
) -> list[float]:
    """Return p after Holm of the named columns; the last one may be `extra` (T,)."""
    try:
        model: Columns = columns(data, asked)
        if extra is not None:
            model = with_column(model, names[-1], extra)
        if len(data.own) - len(model.names) < _SPARE:
            return []
        found = fit(data, model)
    except DataError:  # the full series has an answer; this part of it has none
        return []
    p_values = []
    for name in names:
        value, error = found.contrast(model.pick(name))
        error = real_error(error, size_of(data))
        if error is None and found.df > 0:  # what is left is rounding: it fits exactly
            p_values.append(float(real_error(abs(value), size_of(data)) is None))
            continue
        p_values.append(t_reading(value, error, found.df, level=0.95).get("p_value"))
    return [p for p in holm(p_values) if p is not None]
