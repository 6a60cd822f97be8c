"""Write the printed counts of readmissions in the pilot of peer support after discharge to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table


def readmissions() -> pd.DataFrame:
    """One row a count: persons readmitted, of those whom the count may be about."""
    rows = [
        ("all, of 47 referrals", 8, 47),
        ("all, of 49 support packages", 8, 49),
        ("not for physical health, of 47 referrals", 4, 47),
        ("not for physical health, of 49 support packages", 4, 49),
    ]
    return pd.DataFrame(rows, columns=["outcome", "events", "n"]).astype({"outcome": "string"})


if __name__ == "__main__":
    write_table(readmissions(), Path(__file__).parent / "readmissions.parquet")
