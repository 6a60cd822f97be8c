"""Write the printed means of the trial of a peer-led group against self-stigma to tables, one a round."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

ROUNDS = ("start", "3-weeks", "6-weeks", "6-months")
ARMS = ("peer-led group", "treatment as usual")
# persons per arm at each round; those at 3 weeks are not in the transcription
N = ((23, None, 18, 20), (19, None, 17, 13))
# outcome, direction, lowest and highest score where they are known, then per arm (mean, standard deviation) at each round
PRINTED = {
    "recovery": (
        ("higher is better", None, None),
        ((15.3, 4.1), (16.1, 4.2), (17.8, 3.4), (17.3, 3.5)),
        ((16.3, 4.2), (15.9, 3.6), (16.1, 4.4), (15.7, 2.6)),
    ),
    "self-stigma": (
        ("higher is worse", None, None),
        ((17.3, 4.3), (15.3, 6.2), (14.6, 7.9), (15.4, 7.0)),
        ((17.3, 8.1), (16.9, 8.0), (19.1, 8.7), (18.3, 9.6)),
    ),
    "depression": (
        ("higher is worse", 0.0, 60.0),
        ((39.2, 7.4), (35.2, 8.8), (31.5, 8.5), (32.0, 7.6)),
        ((41.4, 7.2), (39.1, 10.2), (40.1, 10.1), (37.5, 9.8)),
    ),
    "hopelessness": (
        ("higher is worse", 0.0, 20.0),
        ((14.9, 3.6), (13.8, 3.9), (12.6, 3.6), (12.3, 4.2)),
        ((14.1, 4.5), (13.7, 4.6), (14.2, 5.0), (14.4, 3.0)),
    ),
}


def of_round(label: str) -> pd.DataFrame:
    """One row an outcome and arm of a round."""
    at = ROUNDS.index(label)
    rows = [
        (outcome, label, arm, *cells[at], numbers[at], *facts)
        for outcome, (facts, *arms) in PRINTED.items()
        for arm, cells, numbers in zip(ARMS, arms, N, strict=True)
    ]
    names = ["outcome", "round", "arm", "mean", "sd", "n", "direction", "lowest", "highest"]
    texts = ("outcome", "round", "arm", "direction")
    return pd.DataFrame(rows, columns=names).astype({**dict.fromkeys(texts, "string"), "n": "Int64"})


def start() -> pd.DataFrame:
    """The rows of the first round."""
    return of_round("start")


def after_3_weeks() -> pd.DataFrame:
    """The rows of the second round, without numbers."""
    return of_round("3-weeks")


def after_6_weeks() -> pd.DataFrame:
    """The rows of the third round."""
    return of_round("6-weeks")


def after_6_months() -> pd.DataFrame:
    """The rows of the fourth round."""
    return of_round("6-months")


if __name__ == "__main__":
    for make in (start, after_3_weeks, after_6_weeks, after_6_months):
        write_table(make(), Path(__file__).parent / f"{make.__name__}.parquet")
