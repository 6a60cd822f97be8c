"""Write the printed means of the HARP trial to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

ROUNDS = ("baseline", "3-months", "6-months")
# persons randomised; the numbers at each round are not transcribed
N = {"peer-led programme": 198, "usual care": 202}
# outcome, lowest and highest score (of a mean of answers 1 to 5), then per arm (mean, standard deviation) at each round
PRINTED = {
    "recovery": (
        (1.0, 5.0),
        ((3.72, 0.62), (3.89, 0.55), (3.87, 0.61)),
        ((3.66, 0.57), (3.70, 0.68), (3.74, 0.59)),
    ),
    "physical quality of life": (
        (None, None),
        ((32.73, 10.92), (34.49, 11.15), (35.42, 11.02)),
        ((32.74, 11.29), (33.89, 10.41), (34.25, 11.52)),
    ),
    "mental quality of life": (
        (None, None),
        ((32.05, 11.79), (34.49, 11.15), (36.64, 12.28)),
        ((32.04, 11.36), (34.25, 11.97), (34.54, 11.82)),
    ),
}


def outcomes() -> pd.DataFrame:
    """One row an outcome, round and arm: the printed mean and standard deviation, and the number randomised."""
    rows = [
        (outcome, label, arm, *cell, N[arm], *ends)
        for outcome, (ends, *arms) in PRINTED.items()
        for arm, cells in zip(N, arms, strict=True)
        for label, cell in zip(ROUNDS, cells, strict=True)
    ]
    names = ["outcome", "round", "arm", "mean", "sd", "n", "lowest", "highest"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(("outcome", "round", "arm"), "string"))


if __name__ == "__main__":
    write_table(outcomes(), Path(__file__).parent / "outcomes.parquet")
