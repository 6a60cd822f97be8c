"""Take the printed shares of children and young persons from the tables of the Danish answer."""

from __future__ import annotations

from pathlib import Path

from peereval.files import read_table, write_table

HERE = Path(__file__).parent

if __name__ == "__main__":
    shares = read_table(HERE.parent / "danish-readmissions-2010-2018" / "shares.parquet")
    young = shares[shares["table"] == "table 2"].drop(columns=["table", "age_group"])
    write_table(young.reset_index(drop=True), HERE / "shares.parquet")
