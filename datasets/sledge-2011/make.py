"""Write the printed means of the trial of recovery mentors to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

ARMS = ("peer mentor", "usual care")
# outcome over nine months, then per arm (mean, standard deviation, n)
PRINTED = {
    "rehospitalisations": ((0.89, 1.35, 38), (1.53, 1.54, 36)),
    "hospital days": ((10.08, 17.31, 38), (19.08, 21.63, 36)),
}


def outcomes() -> pd.DataFrame:
    """One row an outcome and arm: the printed mean, standard deviation and number."""
    rows = [(outcome, arm, *cell) for outcome, cells in PRINTED.items() for arm, cell in zip(ARMS, cells, strict=True)]
    names = ["outcome", "arm", "mean", "sd", "n"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(("outcome", "arm"), "string"))


if __name__ == "__main__":
    write_table(outcomes(), Path(__file__).parent / "outcomes.parquet")
