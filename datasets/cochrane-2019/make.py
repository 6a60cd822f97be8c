"""Rebuild the counts of four analyses from their printed risk ratios, and write the printed mean differences to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import peereval as pe
from peereval.files import write_table

# analysis: persons, risk ratio, its limits and, where it is printed, the risk of the control arm
RATIOS = {
    "admitted to hospital": (19, "0.44", ["0.11", "1.75"], "0.500"),
    "used emergency care": (57, "0.39", ["0.11", "1.32"], None),
    "saw primary care": (80, "1.77", ["1.09", "2.85"], None),
    "adverse event": (555, "1.52", ["0.43", "5.31"], "0.014"),
}
# outcome and time: persons, mean difference and its limits
DIFFERENCES = {
    "BSI severity, medium term": (458, -0.13, -0.25, -0.01),
    "BSI severity, long term": (440, 0.00, -0.11, 0.11),
    "VR-12": (158, -0.02, -3.96, 3.92),
    "CGI, 6 months": (216, -0.30, -0.53, -0.07),
    "CGI, 12 months": (216, 0.40, 0.15, 0.65),
}


def counts() -> pd.DataFrame:
    """One row an analysis and arm: the only whole numbers that give the printed risk ratio and interval."""
    rows = []
    for outcome, (n, ratio, interval, risk) in RATIOS.items():
        found = pe.reconstruct_counts(n, ratio, interval, control_risk=risk).estimates
        [table] = found[found["part"] == "table"].to_dict("records")
        rows += [
            (outcome, arm, int(table[f"events_{name}"]), int(table[f"n_{name}"]))
            for arm, name in (("peer support", "treatment"), ("control", "control"))
        ]
    frame = pd.DataFrame(rows, columns=["outcome", "arm", "events", "n"])
    return frame.astype({"outcome": "string", "arm": "string"})


def differences() -> pd.DataFrame:
    """One row an outcome and time: the printed mean difference and its limits."""
    rows = [(outcome, "mean_difference", *numbers[1:], numbers[0]) for outcome, numbers in DIFFERENCES.items()]
    frame = pd.DataFrame(rows, columns=["outcome", "measure", "estimate", "conf_low", "conf_high", "n"])
    return frame.astype({"outcome": "string", "measure": "string"})


if __name__ == "__main__":
    folder = Path(__file__).parent
    write_table(counts(), folder / "counts.reconstructed.parquet", origin="reconstructed")
    write_table(differences(), folder / "differences.parquet")
