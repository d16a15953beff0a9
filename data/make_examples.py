"""Write the tables of data/tables from packages with a licence that allows it.

Run it from anywhere: python data/make_examples.py. The tables are kept in the
repository, so only the packages of the test extra are needed, and only here.
"""

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


if __name__ == "__main__":
    TABLES.mkdir(exist_ok=True)
    for make in (organ_donors, hiv_results):
        make().to_csv(TABLES / f"{make.__name__}.csv", index=False, lineterminator="\n")
        print(f"wrote {make.__name__}.csv")
