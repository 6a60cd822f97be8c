"""Write the tables of the recovery mentors' evaluation from the lists beside this script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from peereval.files import read_table, write_table

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent


def informants() -> pd.DataFrame:
    """One row a group and method: who was asked, how, for how long."""
    return read_table(HERE / "informants.csv")


def themes() -> pd.DataFrame:
    """One row a theme: what it claims."""
    return read_table(HERE / "themes.csv")


def codings() -> pd.DataFrame:
    """One row a point of the report: which group, which theme, in our own words."""
    return read_table(HERE / "codings.csv")


if __name__ == "__main__":
    for table in (informants, themes, codings):
        write_table(table(), HERE / f"{table.__name__}.parquet")
