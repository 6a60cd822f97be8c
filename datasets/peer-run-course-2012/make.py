"""Write the printed means of the peer-run course trial to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

ROUNDS = ("baseline", "3-months", "6-months")
ARMS = ("peer-run course", "control")
UNUSABLE = "the transcribed mean equals the transcribed standard deviation in both arms"

# outcome, direction, then per arm (mean, standard deviation, n) at baseline, 3 months and 6 months.
# Loneliness at 6 months: no usable mean, see `reason`.
PRINTED = {
    "empowerment": (
        "higher is better",
        ((3.40, 0.49, 168), (3.55, 0.48, 136), (3.59, 0.50, 121)),
        ((3.37, 0.51, 165), (3.38, 0.53, 117), (3.40, 0.56, 99)),
    ),
    "hope": (
        "higher is better",
        ((2.78, 0.47, 168), (2.91, 0.47, 132), (2.97, 0.46, 120)),
        ((2.76, 0.48, 165), (2.79, 0.53, 118), (2.73, 0.48, 97)),
    ),
    "quality of life": (
        "higher is better",
        ((4.32, 0.88, 168), (4.49, 0.96, 124), (4.63, 0.97, 111)),
        ((4.23, 1.00, 165), (4.36, 1.07, 114), (4.39, 1.05, 97)),
    ),
    "self-efficacy": (
        "higher is better",
        ((4.38, 0.82, 168), (4.65, 0.81, 134), (4.71, 0.93, 121)),
        ((4.33, 0.89, 165), (4.35, 0.97, 116), (4.40, 0.88, 100)),
    ),
    "loneliness": (
        "higher is worse",
        ((6.40, 3.56, 168), (5.89, 3.61, 138), (None, 3.87, 125)),
        ((6.87, 3.40, 165), (6.27, 3.55, 122), (None, 3.68, 102)),
    ),
}


# Table 3: coefficient of the mixed model, its limits where they are printed, and p, at 3 and at 6 months
ADJUSTED = {
    "empowerment": ((0.12, 0.022, 0.22, 0.016), (0.13, 0.026, 0.23, 0.012)),
    "hope": ((0.10, None, None, 0.039), (0.17, None, None, 0.001)),
    "self-efficacy": ((0.23, 0.059, 0.40, 0.010), (0.21, 0.027, 0.39, 0.026)),
    "quality of life": ((0.064, None, None, 0.471), (0.11, None, None, 0.24)),
    "loneliness": ((0.066, None, None, 0.85), (-0.34, None, None, 0.35)),
}


def coefficients() -> pd.DataFrame:
    """One row an outcome and round: the printed coefficient of the mixed model, its limits and p."""
    rows = [
        (outcome, label, *cell)
        for outcome, cells in ADJUSTED.items()
        for label, cell in zip(ROUNDS[1:], cells, strict=True)
    ]
    names = ["outcome", "round", "estimate", "conf_low", "conf_high", "p_value"]
    return pd.DataFrame(rows, columns=names).astype({"outcome": "string", "round": "string"})


def outcomes() -> pd.DataFrame:
    """One row an outcome, round and arm: the printed mean, standard deviation and number."""
    rows = [
        (outcome, label, arm, *cell, direction, sd_as_mean(cell))
        for outcome, (direction, *arms) in PRINTED.items()
        for arm, cells in zip(ARMS, arms, strict=True)
        for label, cell in zip(ROUNDS, cells, strict=True)
    ]
    names = ["outcome", "round", "arm", "mean", "sd", "n", "direction", "mean_transcribed"]
    frame = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(("outcome", "round", "arm", "direction"), "string"))
    reason = pd.Series(UNUSABLE, index=frame.index).where(frame["mean"].isna())
    return frame.assign(reason=reason.astype("string"))


def sd_as_mean(cell: tuple[float | None, float, int]) -> float | None:
    """Give the mean as it is transcribed, where it is not usable: there it equals the standard deviation."""
    return cell[1] if cell[0] is None else cell[0]


if __name__ == "__main__":
    write_table(outcomes(), Path(__file__).parent / "outcomes.parquet")
    write_table(coefficients(), Path(__file__).parent / "coefficients.parquet")
