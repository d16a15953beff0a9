"""Settings of the designs with periods: panels, series, synthetic controls."""

from functools import lru_cache, partial

import numpy as np
import pandas as pd
from validity_rows import LEVEL, SIZE, Bar, Setting, covers, rejects

from campaignbook.evaluation import designs
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.tables import Cells, Table

SERIES = {t: Bar(low=low, high=0.98) for t, low in ((24, 0.9), (48, 0.92), (72, 0.935))}
"""Coverage by length: what short series allow. Above .98 they would say too little."""

CLUSTERS = ((4, 2), (6, 3), (10, 5), (20, 10), (20, 2), (40, 20), (50, 1))
"""Clusters, and how many are treated."""


def asked(design, *, time, **keys):
    """Return the evaluation that a plan would ask for."""
    return EvaluationSpec.model_validate(
        {"id": "drawn", "goal": "drawn", "level": LEVEL, "design": design}
        | {"data": {"file": "drawn.csv"}, "outcome": "y"}
        | {"time": {"column": "t", **time}, **keys}
    )


def found_in(frame, plan, *, unit="kg"):
    """Return {name: estimate} of a frame of cells."""
    cells = Cells(frame=frame, rows_read=len(frame))
    table = Table(file="drawn.csv", sha256="", cells={"y": cells})
    found, _ = designs.evaluate(plan, table, unit=unit, deadline=None)
    return {e.name: e for e in found.estimates}


def autocorrelated(rng, periods, rho, size=()):
    """Return (periods, *size) AR(1) errors with standard deviation 1."""
    shocks = rng.normal(size=(periods, *size))
    for t in range(1, periods):
        shocks[t] = rho * shocks[t - 1] + (1 - rho**2) ** 0.5 * shocks[t]
    return shocks


def people(rng, mean, n, spread=1.0):
    """Return sums and sums of squares of n people a cell, normal around its mean."""
    sums = n * mean + spread * np.sqrt(n) * rng.normal(size=n.shape)
    return sums, sums**2 / n + spread**2 * rng.chisquare(n - 1)


def sizes(rng, count, *, equal):
    """Return people a cluster and period: 30, or from some 5 to some 150."""
    if equal:
        return np.full(count, 30.0)
    return np.maximum(2, np.round(30 * np.exp(0.8 * rng.normal(size=count))))


@lru_cache
def keys_of(clusters, periods):
    """Return the key columns of a panel, cluster by cluster."""
    cluster = np.repeat([f"c{i:03}" for i in range(clusters)], periods)
    return pd.DataFrame(
        {
            "cluster": pd.Series(cluster, dtype=object),
            "period": pd.Series([str(t) for t in range(periods)] * clusters, dtype="O"),
        }
    )


# --- difference in differences --------------------------------------------------------


def drawn_panel(rng, clusters, treated, *, equal, periods=6):
    """Return cells of people in clusters with autocorrelated shocks."""
    own = rng.normal(size=clusters) + 0.5 * autocorrelated(
        rng, periods, 0.5, (clusters,)
    )
    n = np.repeat(sizes(rng, clusters, equal=equal), periods)
    is_treated = np.repeat(np.arange(clusters) < treated, periods)
    y, squares = people(rng, own.T.ravel(), n)
    return keys_of(clusters, periods).assign(
        treated=is_treated, n=n, sum_y=y, sum_y_y=squares
    )


def panel_size(rng, *, plan, clusters, treated, equal, measures):
    found = found_in(drawn_panel(rng, clusters, treated, equal=equal), plan)
    return {f"size of {m}": rejects(found.get(m)) for m in measures}


def nested_size(rng, *, plan, clusters, treated, units):
    """Draw a panel of units that share the shocks of their cluster."""
    periods = 6
    shocks = rng.normal(size=clusters) + 0.5 * autocorrelated(
        rng, periods, 0.5, (clusters,)
    )
    keys = keys_of(clusters * units, periods).rename(columns={"cluster": "unit"})
    home = np.repeat(np.arange(clusters), units * periods)
    y = np.repeat(shocks.T, units, axis=0).ravel() + 0.5 * rng.normal(size=len(keys))
    frame = keys.assign(
        cluster=[f"k{i:03}" for i in home], treated=home < treated, n=1.0, sum_y=y
    )
    found = found_in(frame.assign(sum_y_y=y**2), plan)
    return {f"size of {m}": rejects(found.get(m)) for m in ("effect", "collapsed_t")}


def adjusted_size(rng, *, plan, clusters, treated, people_a_cell=10):
    """Draw people whose outcome follows a covariate that differs between clusters."""
    periods = 4
    shape = (clusters * periods, people_a_cell)
    shocks = autocorrelated(rng, periods, 0.5, (2, clusters)).transpose(1, 2, 0)
    own, other = shocks.reshape(2, -1, 1)
    z = other + rng.normal(size=shape)
    y = 0.5 * own + 0.7 * z + rng.normal(size=shape)
    sums = {"y": y, "y_y": y**2, "z0": z, "z0_z0": z**2, "y_z0": y * z}
    frame = keys_of(clusters, periods).assign(
        treated=np.repeat(np.arange(clusters) < treated, periods),
        n=float(people_a_cell),
        **{f"sum_{name}": values.sum(axis=1) for name, values in sums.items()},
    )
    return {"size of effect": rejects(found_in(frame, plan).get("effect"))}


def panels():
    plan = asked(
        "difference_in_differences",
        time={"start": 3},
        cluster="c",
        treated={"column": "c", "values": ["some"]},
    )
    for clusters, treated in CLUSTERS:
        rank = "placebo" if treated == 1 else "randomisation_inference"
        measures = ("effect", "collapsed_t", rank)
        drawn = {"clusters": clusters, "treated": treated, "measures": measures}
        for equal in (True, False):
            yield Setting(
                design="difference_in_differences",
                name=f"{clusters} ({treated}) {'equal' if equal else 'unequal'}",
                draw=partial(panel_size, plan=plan, equal=equal, **drawn),
                bars={f"size of {m}": SIZE for m in measures},
            )
    adjusted = asked(
        "difference_in_differences",
        time={"start": 2},
        cluster="c",
        treated={"column": "c", "values": ["some"]},
        covariates=["z"],
    )
    yield Setting(
        design="difference_in_differences",
        name="20 (10) with a covariate",
        draw=partial(adjusted_size, plan=adjusted, clusters=20, treated=10),
        bars={"size of effect": SIZE},
    )
    nested = plan.model_copy(update={"unit": "u"})
    drawn = {"clusters": 20, "treated": 10, "units": 5}
    yield Setting(
        design="difference_in_differences",
        name="20 (10) of 5 panel units each",
        draw=partial(nested_size, plan=nested, **drawn),
        bars={f"size of {m}": SIZE for m in ("effect", "collapsed_t")},
    )


# --- different start dates ------------------------------------------------------------

STARTS, NEVER = (3, 5, 8), 99


def staggered_coverage(rng, *, plan, counts):
    """Draw effects that grow with time and differ by start date."""
    periods, clusters = 10, sum(counts)
    start = np.repeat([*STARTS, NEVER], counts)
    first, period = np.repeat(start, periods), np.tile(np.arange(periods), clusters)
    on = period >= first
    effect = np.where(on, (1.1 - 0.1 * first) * (1.0 + period - first), 0.0)
    shocks = autocorrelated(rng, periods, 0.5, (clusters,)).T.ravel()
    y = np.repeat(rng.normal(size=clusters), periods) + 0.2 * period + shocks + effect
    texts = np.where(first == NEVER, "", first.astype(str)).astype(object)
    keys = keys_of(clusters, periods)
    frame = keys.assign(unit=keys["cluster"], start=texts, n=1.0, sum_y=y, sum_y_y=y**2)
    found = found_in(frame, plan)
    return {
        "coverage of effect": covers(found.get("effect"), float(effect[on].mean())),
        "size of event:-2": rejects(found.get("event:-2")),
    }


def staggered():
    plan = asked("difference_in_differences", time={"start_column": "s"}, unit="c")
    for counts in ((10, 10, 10, 20), (4, 4, 4, 8), (3, 2, 2, 10)):
        yield Setting(
            design="different start dates",
            name=f"{'+'.join(map(str, counts[:3]))} treated, {counts[3]} never",
            draw=partial(staggered_coverage, plan=plan, counts=counts),
            bars={
                "coverage of effect": Bar(low=0.93, high=0.98),
                "size of event:-2": SIZE,
            },
        )


# --- interrupted time series ----------------------------------------------------------

LEVEL_CHANGE, SLOPE_CHANGE = 1.0, 0.05


def series_coverage(rng, *, plan, periods, rho):
    """Draw a level and a slope that change half-way; counts on the log, a tenth."""
    at, begin, count = np.arange(periods), periods // 2, plan.outcome_type == "count"
    effect = (at >= begin) * (LEVEL_CHANGE + SLOPE_CHANGE * (at - begin))
    path = 0.05 * at + effect + autocorrelated(rng, periods, rho)
    y = rng.poisson(100 * np.exp(path / 10)).astype(float) if count else 10 + path
    frame = pd.DataFrame({"period": [str(t) for t in at], "n": 1.0, "sum_y": y})
    found = found_in(frame, plan, unit="count" if count else "kg")
    truth = {"effect_during": float(effect[begin:].mean())}
    truth |= {"level_change": LEVEL_CHANGE, "slope_change": SLOPE_CHANGE}
    return {
        f"coverage of {m}": covers(found.get(m), np.exp(v / 10) if count else v)
        for m, v in truth.items()
    }


def series():
    kinds = [("mean", t, rho) for t in SERIES for rho in (0.0, 0.3, 0.6)]
    kinds += [("count", 48, rho) for rho in (0.0, 0.3, 0.6)]
    for kind, periods, rho in kinds:
        plan = asked(
            "interrupted_time_series", time={"start": periods // 2}, outcome_type=kind
        )
        measures = ("effect_during", "level_change", "slope_change")
        yield Setting(
            design="interrupted_time_series",
            name=f"{kind}s, T {periods}, rho {rho:g}",
            draw=partial(series_coverage, plan=plan, periods=periods, rho=rho),
            bars={f"coverage of {m}": SERIES[periods] for m in measures},
        )


# --- synthetic control ----------------------------------------------------------------

PLACEBO = Bar(high=0.06)


def placebo_size(rng, *, plan, units):
    """Draw two factors with random loadings: every unit is like every other."""
    periods = 12
    paths = rng.normal(size=(periods, 2)).cumsum(axis=0)
    y = 10 + paths @ rng.normal(1, 0.5, size=(2, units))
    y = (y + rng.normal(size=(periods, units))).T.ravel()
    frame = keys_of(units, periods).rename(columns={"cluster": "unit"})
    frame = frame.assign(treated=frame["unit"] == "c000", n=1.0, sum_y=y, sum_y_y=y**2)
    found = found_in(frame, plan)
    return {f"size of {m}": rejects(found.get(m)) for m in ("average_effect", "did")}


def placebos():
    plan = asked(
        "synthetic_control",
        time={"start": 8},
        unit="c",
        treated={"column": "c", "values": ["c000"]},
    )
    for units in (6, 21, 41):
        yield Setting(
            design="synthetic_control",
            name=f"{units - 1} donors",
            draw=partial(placebo_size, plan=plan, units=units),
            bars={f"size of {m}": PLACEBO for m in ("average_effect", "did")},
        )


SETTINGS = [*panels(), *staggered(), *series(), *placebos()]
