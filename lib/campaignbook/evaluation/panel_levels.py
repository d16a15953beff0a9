"""Where the treated and the control group of a panel stand, period by period."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from campaignbook.evaluation.clusters import t_comparison
from campaignbook.evaluation.panel_effects import Words
from campaignbook.evaluation.panels import Panel, position
from campaignbook.results import Estimate


def level_of_treated(
    panel: Panel, centre: float, periods: Sequence[str], last: str, words: Words
) -> Estimate:
    """Return the mean of the treated group in the last used period up to `last`."""
    allowed = set(periods[: position(periods, last, "last") + 1])
    at = sum(p in allowed for p in panel.periods) - 1
    rows = panel.group & (panel.period == at)
    n = float(panel.counts[rows].sum())
    if at < 0 or n == 0:
        how = f"the treated group has no rows up to '{last}'"
        return Estimate(
            name="level",
            estimate=None,
            null_value=None,
            level=words.level,
            unit=words.unit,
            method=how,
        )
    mean = float(panel.sums[rows].sum()) / n
    cluster = panel.cluster[rows]
    how, error, df = f"mean of the treated group in '{panel.periods[at]}'", None, None
    how = f"weighted {how}" if panel.weighted else how
    times = np.ones(cluster.max() + 1)
    times[cluster] = panel.cell_times[rows]
    groups = round(times[np.unique(cluster)].sum())
    if panel.unit is not None:
        how += "; no interval, as its units are known and not sampled"
    elif groups > 1:
        parts = np.bincount(cluster, panel.sums[rows] - mean * panel.counts[rows])
        spread = parts @ (parts / times)
        error, df = sqrt(groups / (groups - 1) * spread / n**2), groups - 1
        how += f", t({df:,}) interval by {words.one}"
    elif n > 1 and not panel.weighted:
        spread = max(float(panel.squares[rows].sum()) - n * mean**2, 0.0)
        error, df = sqrt(spread / (n - 1) / n), n - 1
        how += f", t({df:,.0f}) interval over the rows of one {words.one}"
    t = t_comparison(mean, error, df, level=words.level)
    return Estimate(
        name="level",
        estimate=mean + centre,
        std_error=t.std_error,
        df=t.df,
        ci_low=None if t.ci_low is None else t.ci_low + centre,
        ci_high=None if t.ci_high is None else t.ci_high + centre,
        level=words.level,
        null_value=None,
        n=round(panel.rows[rows].sum()),
        clusters=groups,
        unit=words.unit,
        method=how,
    )


def series(panel: Panel, centre: float) -> list[dict[str, Any]]:
    """Return the treated and control mean of each period; None without rows."""
    means = {}
    for side, rows in (("treated", panel.side), ("control", ~panel.side)):
        n, s = panel.n[rows].sum(axis=0), panel.s[rows].sum(axis=0)
        means[side] = [
            float(b / a) + centre if a else None for a, b in zip(n, s, strict=True)
        ]
    pairs = zip(panel.periods, means["treated"], means["control"], strict=True)
    return [{"period": p, "treated": t, "control": c} for p, t, c in pairs]
