"""Take the printed shares of children and young persons from the tables of the Danish answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from peereval.files import read_table, write_table

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent


def shares() -> pd.DataFrame:
    """One row an area and year: the printed share of admissions, in per cent."""
    printed = read_table(HERE.parent / "danish-readmissions-2010-2018" / "shares.parquet")
    young = printed[printed["table"] == "table 2"]
    return young.drop(columns=["table", "age_group"]).reset_index(drop=True)


if __name__ == "__main__":
    write_table(shares(), HERE / "shares.parquet")
