"""Rebuild the persons of the CORE trial from its published counts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

# arm: readmitted, not readmitted, outcome unknown (randomised minus those with the primary outcome)
COUNTS = {"peer-supported workbook": (64, 218 - 64, 221 - 218), "workbook by post": (83, 216 - 83, 220 - 216)}


def persons() -> pd.DataFrame:
    """One row a randomised person: the arm, and whether acute care was needed again within a year."""
    outcome: list[bool | None] = []
    arm: list[str] = []
    for name, (readmitted, not_readmitted, unknown) in COUNTS.items():
        outcome += [True] * readmitted + [False] * not_readmitted + [None] * unknown
        arm += [name] * (readmitted + not_readmitted + unknown)
    number = [f"R{place:03d}" for place in range(1, len(arm) + 1)]
    frame = pd.DataFrame({"person": number, "arm": arm}).astype("string")
    return frame.assign(readmitted=pd.array(outcome, dtype="boolean"))


if __name__ == "__main__":
    write_table(persons(), Path(__file__).parent / "persons.reconstructed.parquet", origin="reconstructed")
