"""Settings without periods: shares, trials, ratios, observed people, studies."""

from functools import partial

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit
from validity_rows import LEVEL, SIZE, Bar, Setting, covers, rejects
from validity_time import people, sizes

from campaignbook import ratios
from campaignbook.evaluation import designs
from campaignbook.evaluation.spec import EvaluationSpec
from campaignbook.evaluation.wanted import ASSIGNED
from campaignbook.tables import Cells, Rows, Table

COVERAGE = Bar(low=0.93, high=0.97)
"""Of intervals by t, Fieller or influence values, which are exact or nearly so."""

MEAN, LEAST, LEAST_EVENTS = Bar(low=0.945, high=0.97), Bar(low=0.83), Bar(low=0.91)
"""Of score intervals of shares: mean over n and p, smallest, smallest where np >= 1."""

EXACT = Bar(low=0.95, high=0.985)
"""Exact intervals of counts hold at least their level, and somewhat more."""


def asked(design, **keys):
    """Return the evaluation that a plan would ask for."""
    return EvaluationSpec.model_validate(
        {"id": "drawn", "goal": "drawn", "level": LEVEL, "design": design, **keys}
    )


def found_in(plan, *, unit="share", cells=None, rows=None):
    """Return {name: estimate} of a frame of cells, of rows, or of the plan alone."""
    table = None
    if cells is not None:
        arms = cells.groupby("arm", as_index=False)["n"].sum()
        held = [Cells(frame=f, rows_read=len(f)) for f in (cells, arms)]
        table = Table(
            file="", sha256="", cells={"y": held[0]}, beside={ASSIGNED: held[1]}
        )
    if rows is not None:
        held = {"y": Rows(frame=rows, rows_read=len(rows))}
        table = Table(file="", sha256="", rows=held)
    found, _ = designs.evaluate(plan, table, unit=unit, deadline=None)
    return {e.name: e for e in found.estimates}


def arms_of(**counts):
    """Return {name: estimate} of a trial by counts: control=(n, events), t=..."""
    held = {k: {"n": n, "events": int(e)} for k, (n, e) in counts.items()}
    return found_in(asked("randomized_trial", counts=held))


# --- shares, by enumeration -----------------------------------------------------------

PEOPLE = (20, 30, 50, 100, 200, 500, 1000, 2000)
SHARES = np.linspace(0.002, 0.5, 499)


def one_share(rng):
    """Return Wilson's coverage over all events, as mean and smallest by n and p."""
    coverage, many = [], []
    for n in PEOPLE:
        counts = [{"all": {"n": n, "events": e}} for e in range(n + 1)]
        found = [found_in(asked("proportion", counts=c))["share"] for c in counts]
        low, high = np.array([f.ends() for f in found]).T[:, :, None]
        chance = stats.binom.pmf(np.arange(n + 1)[:, None], n, SHARES)
        held = (low <= SHARES) & (SHARES <= high)
        coverage.append((chance * held).sum(axis=0))
        many.append(n * SHARES >= 1)
    coverage, many = np.array(coverage), np.array(many)
    return {
        "smallest mean coverage by n": float(coverage.mean(axis=1).min()),
        "largest mean coverage by n": float(coverage.mean(axis=1).max()),
        "smallest coverage": float(coverage.min()),
        "smallest coverage, np >= 1": float(coverage[many].min()),
    }


def two_shares(rng, *, n1, n0):
    """Return Newcombe's mean coverage of a difference over a grid of shares."""
    grid = np.linspace(0.02, 0.98, 25)
    chance = [stats.binom.pmf(np.arange(n + 1)[:, None], n, grid) for n in (n1, n0)]
    low, high = np.zeros((2, n1 + 1, n0 + 1))
    for e1 in range(n1 + 1):
        for e0 in range(n0 + 1):
            estimate = arms_of(control=(n0, e0), t=(n1, e1))["difference"]
            low[e1, e0], high[e1, e0] = estimate.ends()
    coverage = [
        float(a @ ((low <= p1 - p0) & (p1 - p0 <= high)) @ b)
        for p1, a in zip(grid, chance[0].T, strict=True)
        for p0, b in zip(grid, chance[1].T, strict=True)
    ]
    return {
        "mean coverage": float(np.mean(coverage)),
        "smallest coverage": float(np.min(coverage)),
    }


def shares():
    yield Setting(
        design="proportion",
        name=f"Wilson, n {PEOPLE[0]}-{PEOPLE[-1]}, p .002-.5",
        draw=one_share,
        exact=True,
        bars={
            "smallest mean coverage by n": MEAN,
            "largest mean coverage by n": MEAN,
            "smallest coverage": LEAST,
            "smallest coverage, np >= 1": LEAST_EVENTS,
        },
    )
    for n1, n0 in ((20, 20), (20, 60), (50, 50)):
        yield Setting(
            design="randomized_trial",
            name=f"two shares, Newcombe, n {n1} and {n0}",
            draw=partial(two_shares, n1=n1, n0=n0),
            exact=True,
            bars={"mean coverage": MEAN, "smallest coverage": LEAST},
        )


# --- trials ---------------------------------------------------------------------------

TRIAL = {
    "data": {"file": "drawn.csv"},
    "outcome": "y",
    "arms": {"column": "arm", "control": "control"},
}


def two_means(rng, *, plan, sizes, spreads):
    """Draw control and treated people without a difference."""
    n = np.array(sizes, dtype=float)
    sums, squares = people(rng, np.zeros(2), n, np.array(spreads))
    frame = pd.DataFrame({"arm": ["control", "t"], "n": n, "sum_y": sums})
    found = found_in(plan, cells=frame.assign(sum_y_y=squares), unit="kg")
    return {"coverage of difference": covers(found["difference"], 0.0)}


def clustered_shares(rng, *, plan, clusters, treated, equal, measures):
    """Draw clusters whose shares vary around .3 (intracluster correlation .05)."""
    n = sizes(rng, clusters, equal=equal)
    share = rng.beta(0.3 * 19, 0.7 * 19, size=clusters)
    events = rng.binomial(n.astype(int), share).astype(float)
    frame = pd.DataFrame(
        {
            "arm": np.where(np.arange(clusters) < treated, "t", "control"),
            "cluster": [f"c{i:03}" for i in range(clusters)],
            "n": n,
            "sum_y": events,
            "sum_y_y": events,
        }
    )
    found = found_in(plan, cells=frame)
    return {f"size of {m}": rejects(found.get(m)) for m in measures}


def two_rates(rng, *, n1, n0, rate):
    """Draw events of two populations at risk with the same rate."""
    held = {
        name: {"n": n, "events": int(rng.poisson(rate * n))}
        for name, n in (("control", n0), ("t", n1))
    }
    plan = asked("randomized_trial", counts=held, outcome_type="count")
    found = found_in(plan, unit="count")
    return {
        "coverage of rate_difference": covers(found["rate_difference"], 0.0),
        "coverage of rate_ratio": covers(found["rate_ratio"], 1.0),
    }


def trials():
    plan = asked("randomized_trial", **TRIAL, outcome_type="mean")
    for n, spreads in (((10, 10), (1.0, 1.0)), ((30, 10), (1.0, 3.0))):
        yield Setting(
            design="randomized_trial",
            name=f"two means, {n[0]} and {n[1]} people, sd {spreads[0]:g} and "
            f"{spreads[1]:g}",
            draw=partial(two_means, plan=plan, sizes=n, spreads=spreads),
            bars={"coverage of difference": COVERAGE},
        )
    yield Setting(
        design="randomized_trial",
        name="two rates, about 20 and 40 events",
        draw=partial(two_rates, n1=1000, n0=2000, rate=0.02),
        bars={f"coverage of rate_{m}": EXACT for m in ("difference", "ratio")},
    )
    plan = asked("randomized_trial", **TRIAL, outcome_type="binary", cluster="c")
    measures = ("difference", "risk_ratio", "collapsed_t", "randomisation_inference")
    for clusters, treated in ((6, 3), (10, 5), (20, 10), (20, 2), (40, 20), (20, 1)):
        equal = clusters < 10 or treated == 1
        kept = [m for m in measures if treated > 1 or m != "risk_ratio"]
        drawn = {"clusters": clusters, "treated": treated, "measures": kept}
        yield Setting(
            design="randomized_trial",
            name=f"clusters {clusters} ({treated}) {'equal' if equal else 'unequal'}",
            draw=partial(clustered_shares, plan=plan, equal=equal, **drawn),
            bars={f"size of {m}": SIZE for m in kept},
        )


# --- ratios, 10 a side ----------------------------------------------------------------


def ratio_of_sites(rng, *, means, spreads, paired):
    """Draw costs and outcomes of 10 sites a side, correlated by .5 where paired."""
    z = rng.normal(size=(2, 10))
    z[1] = 0.5 * z[0] + 0.75**0.5 * z[1] if paired else z[1]
    cost, outcome = (m + s * v for m, s, v in zip(means, spreads, z, strict=True))
    found = ratios.ratio_of_means(cost, outcome, paired=paired, level=LEVEL)
    return {"coverage of the ratio": found.holds(means[0] / means[1])}


def ratio_settings():
    kinds = {
        "paired": ((100, 10), (30, 3), True),
        "independent": ((100, 10), (30, 3), False),
        "independent, costs vary more": ((100, 10), (60, 2), False),
        "paired, denominator near 0": ((100, 2), (30, 4), True),
    }
    for name, (means, spreads, paired) in kinds.items():
        drawn = {"means": means, "spreads": spreads, "paired": paired}
        yield Setting(
            design="ratio",
            name=f"Fieller, 10 a side, {name}",
            draw=partial(ratio_of_sites, **drawn),
            bars={"coverage of the ratio": COVERAGE},
        )


# --- people who chose for themselves --------------------------------------------------


def chosen(rng, *, plan, n, curved, measures):
    """Draw people who take part by a and b; an effect of 1 + a / 2.

    `curved` is what a straight line does not fit: the outcome or the choice.
    """
    a, b = rng.normal(size=(2, n))
    bend = np.where(np.abs(a) > 1, 1.0, -0.5)
    score = -0.3 + 0.5 * a - 0.3 * b + (0.6 * bend if curved == "choice" else 0.0)
    treated = rng.random(n) < expit(score)
    y = a - b + (bend if curved == "outcome" else 0.0) + rng.normal(size=n)
    effect = np.ones(n) if "g_formula" in measures else 1 + a / 2
    y = y + effect * treated
    frame = pd.DataFrame({"y": y, "treated": treated, "a": a, "b": b})
    found = found_in(plan, rows=frame, unit="kg")
    return {f"coverage of {m}": covers(found.get(m), 1.0) for m in measures}


def observed():
    kinds = {
        "both models right": ("", ("aipw", "ipw", "g_formula")),
        "effects vary": ("", ("aipw", "ipw")),
        "outcome model wrong": ("outcome", ("aipw", "ipw")),
        "choice model wrong": ("choice", ("aipw",)),
    }
    plan = asked(
        "observational",
        data={"file": "drawn.csv"},
        outcome="y",
        treatment={"column": "joined", "treated": [1]},
        covariates=["a", "b"],
    )
    for name, (curved, measures) in kinds.items():
        yield Setting(
            design="observational",
            name=f"{name}, 400 people",
            draw=partial(chosen, plan=plan, n=400, curved=curved, measures=measures),
            bars={f"coverage of {m}": COVERAGE for m in measures},
        )


# --- studies --------------------------------------------------------------------------


def studies(rng, *, count, spread):
    """Draw studies of unequal size whose effects vary around 0.2."""
    errors = rng.uniform(0.05, 0.2, size=count)
    values = rng.normal(0.2, np.sqrt(spread**2 + errors**2))
    listed = [
        {"name": str(i), "estimate": v, "std_error": e}
        for i, (v, e) in enumerate(zip(values.tolist(), errors.tolist(), strict=True))
    ]
    found = found_in(asked("pooled", estimates=listed), unit="kg")
    return {"coverage of pooled": covers(found["pooled"], 0.2)}


def pooled():
    for count, spread in ((5, 0.1), (10, 0.1), (10, 0.3)):
        yield Setting(
            design="pooled",
            name=f"{count} studies, effects vary by {spread:g}",
            draw=partial(studies, count=count, spread=spread),
            bars={"coverage of pooled": COVERAGE},
        )


SETTINGS = [*shares(), *trials(), *ratio_settings(), *observed(), *pooled()]
