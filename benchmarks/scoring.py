"""Scoring 30 items and three subscales, with reversed items and the half rule, for a million respondents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from subject import Subject

import peereval as pe

ITEMS = 30
TURNED = (3, 6, 10, 15)
SCALES = {"first": range(1, 11), "second": range(11, 21), "third": range(21, 31)}
HALF = 5

QUESTIONNAIRE = pe.Instrument.model_validate(
    {
        "id": "benchmark",
        "version": "1.0.0",
        "name": "Thirty items",
        "measures": "speed",
        "prefix": "item",
        "n_items": ITEMS,
        "missing_rule": "At least half of the items of a scale must be answered.",
        "licence": {"kind": "A", "text": "Made up."},
        "sources": ["made up"],
        "codings": {"1-4": {"min": 1, "max": 4, "reversed": ", ".join(map(str, TURNED))}},
        "scales": {
            name: {
                "items": f"{items[0]}-{items[-1]}", "method": "mean", "min_answered": HALF, "missing": "person mean",
                "low": 1.0, "high": 4.0, "direction": "higher is better", "headline": name == "first",
            }
            for name, items in SCALES.items()
        },
    }
)  # fmt: skip


def answers(respondents: int) -> pd.DataFrame:
    """Made-up answers, two in a hundred missing."""
    rng = np.random.default_rng(1)
    codes = rng.integers(1, 5, (respondents, ITEMS)).astype(float)
    codes[rng.random(codes.shape) < 0.02] = np.nan
    return pd.DataFrame(codes, columns=list(QUESTIONNAIRE.item_columns)).assign(
        round=pd.Categorical(["start"] * respondents)
    )


def in_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rule as one writes it with pandas, without a check of the range."""
    names = list(QUESTIONNAIRE.item_columns)
    keyed = frame[names].copy()
    turned = [names[item - 1] for item in TURNED]
    keyed[turned] = 5 - keyed[turned]
    parts = {name: keyed[[names[item - 1] for item in items]] for name, items in SCALES.items()}
    return pd.DataFrame({name: part.mean(axis=1).where(part.count(axis=1) >= HALF) for name, part in parts.items()})


def in_numpy(frame: pd.DataFrame) -> np.ndarray:
    """The floor: the range check and the rule on whole arrays, and nothing else."""
    codes = frame[list(QUESTIONNAIRE.item_columns)].to_numpy()
    missing = np.isnan(codes)
    if not (missing | ((codes >= 1) & (codes <= 4) & (np.floor(codes) == codes))).all():
        raise ValueError
    keyed = np.where(missing, 0.0, codes)
    places = [item - 1 for item in TURNED]
    keyed[:, places] = np.where(missing[:, places], 0.0, 5 - keyed[:, places])
    member = np.array([[float(item in items) for items in SCALES.values()] for item in range(1, ITEMS + 1)])
    total, count = keyed @ member, (~missing).astype(float) @ member
    return np.where(count >= HALF, total / np.maximum(count, 1), np.nan)


def same(ours: pd.DataFrame, theirs: Any, peer: str) -> None:
    """Every score of every respondent."""
    # scale after scale, each with all respondents
    mine = ours["score"].to_numpy(float, na_value=np.nan).reshape(len(SCALES), -1).T
    names = ours["scale"].drop_duplicates().tolist()
    wide = theirs if isinstance(theirs, np.ndarray) else theirs[names].to_numpy()
    np.testing.assert_allclose(mine, wide, rtol=1e-12, err_msg=peer)


SUBJECTS = (
    Subject(
        what="score 30 items, 3 scales", unit="respondents", sizes=(100_000, 1_000_000),
        make=lambda size, _: answers(size), ours=lambda frame: pe.score(frame, QUESTIONNAIRE),
        peers={"idiomatic pandas": in_pandas, "numpy floor": in_numpy}, same=same, rounds=5,
    ),
)  # fmt: skip
