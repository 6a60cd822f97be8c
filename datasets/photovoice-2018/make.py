"""Write the printed means of the photovoice trial to tables, one a round."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

ROUNDS = ("before", "10-weeks", "end", "3-months-later")
ARMS = ("photovoice", "control")
# outcome, direction, scale of the catalogue (instrument, scale), then per arm (mean, standard deviation, n) at each round
PRINTED = {
    "empowerment": (
        ("higher is better", "rogers-es-1-is-strongly-agree", "total_mean"),
        ((2.86, 0.30, 24), (3.02, 0.34, 23), (2.98, 0.34, 22), (2.96, 0.34, 22)),
        ((2.84, 0.21, 27), (2.85, 0.21, 25), (2.92, 0.24, 26), (2.88, 0.29, 25)),
    ),
    "internalised stigma": (
        ("higher is worse", "ismi-29", "total_mean"),
        ((2.11, 0.50, 24), (1.93, 0.43, 23), (1.86, 0.44, 22), (1.92, 0.50, 22)),
        ((2.16, 0.43, 26), (2.17, 0.44, 25), (2.23, 0.41, 26), (2.08, 0.43, 25)),
    ),
    "work hope": (
        ("higher is better", None, None),
        ((4.38, 1.13, 24), (4.63, 1.21, 23), (4.64, 1.29, 22), (4.67, 1.24, 22)),
        ((4.16, 0.79, 27), (4.26, 0.96, 25), (4.29, 1.15, 26), (4.58, 0.94, 25)),
    ),
    "vocational identity": (
        ("higher is better", None, None),
        ((7.79, 5.02, 24), (8.61, 4.49, 23), (9.09, 5.08, 22), (9.23, 5.05, 22)),
        ((7.04, 5.31, 27), (6.88, 4.48, 24), (6.77, 4.99, 26), (8.32, 5.17, 25)),
    ),
    "work motivation": (
        ("higher is better", None, None),
        ((3.09, 0.59, 21), (3.11, 0.67, 21), (3.15, 0.58, 21), (3.17, 0.60, 21)),
        ((2.96, 0.47, 23), (2.97, 0.49, 23), (3.09, 0.55, 24), (3.04, 0.50, 24)),
    ),
}


def outcomes() -> pd.DataFrame:
    """One row an outcome, round and arm."""
    rows = [
        (outcome, label, arm, *cell, *facts)
        for outcome, (facts, *arms) in PRINTED.items()
        for arm, cells in zip(ARMS, arms, strict=True)
        for label, cell in zip(ROUNDS, cells, strict=True)
    ]
    names = ["outcome", "round", "arm", "mean", "sd", "n", "direction", "instrument", "scale"]
    texts = ("outcome", "round", "arm", "direction", "instrument", "scale")
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(texts, "string"))


def of_round(label: str) -> pd.DataFrame:
    """The rows of one round."""
    rows = outcomes()
    return rows[rows["round"] == label].reset_index(drop=True)


def before() -> pd.DataFrame:
    """The rows of the first round."""
    return of_round("before")


def after_10_weeks() -> pd.DataFrame:
    """The rows of the second round."""
    return of_round("10-weeks")


def end() -> pd.DataFrame:
    """The rows of the third round."""
    return of_round("end")


def three_months_later() -> pd.DataFrame:
    """The rows of the fourth round."""
    return of_round("3-months-later")


if __name__ == "__main__":
    for make in (before, after_10_weeks, end, three_months_later):
        write_table(make(), Path(__file__).parent / f"{make.__name__}.parquet")
