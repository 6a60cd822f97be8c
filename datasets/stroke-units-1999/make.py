"""Write the printed lengths of stay, and the differences that follow from them, to tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import peereval as pe
from peereval.files import write_table

# study: persons, mean and standard deviation of days in hospital in specialist care; the same in routine care
PRINTED = {
    "Edinburgh": (155, 55, 47, 156, 75, 64),
    "Orpington, mild": (31, 27, 7, 32, 29, 4),
    "Orpington, moderate": (75, 64, 17, 71, 119, 29),
    "Orpington, severe": (18, 66, 20, 18, 137, 48),
    "Montreal, home": (8, 14, 8, 13, 18, 11),
    "Montreal, transfer": (57, 19, 7, 52, 18, 4),
    "Newcastle": (34, 52, 45, 33, 41, 34),
    "Umeå": (110, 21, 16, 183, 31, 27),
    "Uppsala": (60, 30, 27, 52, 23, 20),
}


def stays() -> pd.DataFrame:
    """One row a study and arm: persons, mean and standard deviation of the length of stay, in days."""
    rows = [
        (study, arm, float(mean), float(sd), n)
        for study, figures in PRINTED.items()
        for arm, (n, mean, sd) in (("specialist care", figures[:3]), ("routine care", figures[3:]))
    ]
    return pd.DataFrame(rows, columns=["study", "arm", "mean", "sd", "n"]).astype({"study": "string", "arm": "string"})


def effects() -> pd.DataFrame:
    """One row a study: the difference of the means in days, and its variance."""
    printed = stays().assign(outcome="length of stay", time="discharge", direction="higher is worse", scale="days")
    found = pe.effect_size(printed, formula="mean-difference", treatment="specialist care", control="routine care")
    return found.estimates[["study", "outcome", "measure", "time", "direction", "scale", "estimate", "variance", "n"]]


if __name__ == "__main__":
    folder = Path(__file__).parent
    write_table(stays(), folder / "stays.parquet")
    write_table(effects(), folder / "effects.parquet")
