"""Write the printed means of the Recovery Workbook trial to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

ROUNDS = ("before", "after")
# outcome, scale of the catalogue (instrument, scale), items whose sum is a whole number (1: the score is a sum),
# then per arm its number and (mean, standard deviation) before and after; None is not transcribed
PRINTED = {
    "hope": (
        ("hhi", "total", 1),
        ("recovery workbook", 16, ((37.13, 6.53), (38.93, 5.34))),
        ("control", 17, ((36.00, 5.36), (35.06, 6.21))),
    ),
    "recovery": (
        ("ras-41", "total", 1),
        ("recovery workbook", 16, ((163.75, 22.60), (168.81, 20.11))),
        ("control", 17, ((156.41, 14.22), (149.11, 22.09))),
    ),
    "quality of life": (
        (None, None, None),
        ("recovery workbook", 16, ((20.34, 5.01), (21.60, 3.35))),
        ("control", 17, ((20.70, 4.13), (22.27, 4.91))),
    ),
    "empowerment": (
        ("rogers-es-1-is-strongly-agree", "total_sum", 1),
        ("recovery workbook", 16, ((55.93, None), (14.93, None))),
    ),
}


def outcomes() -> pd.DataFrame:
    """One row an outcome, round and arm: the printed mean and standard deviation, and the scale that it is on."""
    rows = [
        (outcome, label, arm, *cell, n, *scale)
        for outcome, (scale, *arms) in PRINTED.items()
        for arm, n, cells in arms
        for label, cell in zip(ROUNDS, cells, strict=True)
    ]
    names = ["outcome", "round", "arm", "mean", "sd", "n", "instrument", "scale", "items"]
    texts = ("outcome", "round", "arm", "instrument", "scale")
    return pd.DataFrame(rows, columns=names).astype({**dict.fromkeys(texts, "string"), "items": "Int64"})


if __name__ == "__main__":
    write_table(outcomes(), Path(__file__).parent / "outcomes.parquet")
