"""A tidy table of exports on disk: CSV or Parquet."""

from pathlib import Path

import duckdb
import pandas as pd

from campaignbook.errors import DataError
from campaignbook.platforms import METRICS


def refuse_form(path: Path) -> None:
    """Raise DataError where a tidy table cannot be written to a file of this name."""
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise DataError(f"--out {path.name}: write to a .csv or .parquet file.")


def write_tidy(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a tidy table as CSV or Parquet, whole or not at all."""
    path = Path(path)
    refuse_form(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    form = "CSV, HEADER" if path.suffix.lower() == ".csv" else "PARQUET"
    types = ", ".join(
        f'CAST("{name}" AS {_sql_type(name)}) AS "{name}"' for name in frame
    )
    target = str(part).replace("'", "''")
    try:
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.register("tidy", frame)
            connection.execute(
                f"COPY (SELECT {types} FROM tidy) TO '{target}' ({'FORMAT '}{form})"
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _sql_type(name: str) -> str:
    if name in METRICS:
        return "DOUBLE"
    return {"date": "DATE", "published": "TIMESTAMP"}.get(name, "VARCHAR")
