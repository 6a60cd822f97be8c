"""Write the printed shares of the Danish answer to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

YEARS = range(2010, 2019)
# the titles of the tables have not been seen: what each counts is inferred from their order and their levels
TABLES = {"table 1": "all ages", "table 2": "children and young", "table 3": "adults"}
PRINTED = {
    "table 1": """
        Hele landet  18.5 19.2 19.6 20.7 20.7 21.4 22.6 22.6 22.7
        Nordjylland  13.9 14.5 14.0 14.0 13.1 14.1 15.1 15.0 16.8
        Midtjylland  20.1 19.2 19.9 21.3 20.4 23.0 23.4 24.2 22.9
        Syddanmark   16.5 17.7 18.4 17.5 17.6 19.1 21.8 22.4 23.6
        Hovedstaden  20.9 22.1 22.2 24.0 23.8 23.2 24.6 24.3 23.7
        Sjælland     15.2 16.5 17.2 19.3 21.4 21.4 21.3 20.1 21.3
        """,
    "table 2": """
        Hele landet  12.1 13.7 14.0 14.1 15.2 16.9 17.8 16.5 17.9
        Nordjylland   7.6 12.9 13.9  5.8  6.9  9.4 10.9  6.7 12.4
        Midtjylland  12.1 12.2 13.3 13.4 14.5 21.2 20.5 16.9 17.5
        Syddanmark    8.1 13.4 14.6 11.5 13.1 18.8 23.7 21.6 23.5
        Hovedstaden  17.6 15.3 14.6 18.3 19.7 16.9 16.4 16.3 15.7
        Sjælland      8.5 13.2 13.0 12.8 11.3 11.3 12.8 14.8 17.8
        """,
    "table 3": """
        Hele landet  19.0 19.7 20.1 21.2 21.2 21.8 23.0 23.1 23.1
        Nordjylland  14.5 14.6 14.0 14.8 13.5 14.4 15.5 15.8 17.1
        Midtjylland  20.7 19.8 20.4 21.9 21.0 23.1 23.6 24.9 23.4
        Syddanmark   17.1 18.0 18.7 17.9 17.9 19.2 21.6 22.4 23.6
        Hovedstaden  21.1 22.5 22.8 24.4 24.2 23.8 25.2 25.0 24.4
        Sjælland     15.9 16.9 17.6 19.9 22.5 22.5 22.2 20.7 21.7
        """,
}


def shares() -> pd.DataFrame:
    """One row a table, area and year: the printed share of admissions, in per cent."""
    rows = [
        (table, TABLES[table], area, year, float(share))
        for table, text in PRINTED.items()
        for area, printed in (line.strip().split("  ", 1) for line in text.strip().splitlines())
        for year, share in zip(YEARS, printed.split(), strict=True)
    ]
    names = ["table", "age_group", "area", "year", "percent"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[:3], "string"))


if __name__ == "__main__":
    write_table(shares(), Path(__file__).parent / "shares.parquet")
