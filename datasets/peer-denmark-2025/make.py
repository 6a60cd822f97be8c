"""Write the printed means of the Danish PEER trial, and the printed difference, to two tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table


def means() -> pd.DataFrame:
    """One row an arm: the printed estimated mean at the end of the course and its 95 % interval."""
    rows = [
        ("personal recovery", "peer support", 37.3, 35.4, 39.1, 145, "qpr-15"),
        ("personal recovery", "service as usual", 32.1, 30.2, 34.1, 151, "qpr-15"),
    ]
    names = ["outcome", "arm", "mean", "conf_low", "conf_high", "n", "instrument"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(("outcome", "arm", "instrument"), "string"))


def difference() -> pd.DataFrame:
    """One row: the printed difference between the arms, its 95 % interval and its p."""
    rows = [("personal recovery", "higher is better", 5.1, 2.4, 7.8, "<.001", 145, 151)]
    names = ["outcome", "direction", "estimate", "conf_low", "conf_high", "p_value", "n_treatment", "n_control"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(("outcome", "direction", "p_value"), "string"))


if __name__ == "__main__":
    for name, table in (("means", means()), ("difference", difference())):
        write_table(table, Path(__file__).parent / f"{name}.parquet")
