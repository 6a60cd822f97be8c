"""Linking two rounds of self-made codes, against the merges in pandas that look at the same codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import peereval as pe
from peereval.simulate.codes import CODE, simulate_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWERS = 100_000
SLIP = 0.05
PARTS = {"mother": 26, "father": 26, "month": 12, "day": 31, "phone": 100, "town": 200}


def cases() -> Iterator[tuple[str, dict[str, Callable[[], object]], int]]:
    """The links, and one merge on the whole code with one more for each part that is left out."""
    name = f"link {ANSWERS:,} x {ANSWERS:,} codes"
    yield f"{name}, telling", _calls(_telling(), list(PARTS)), 5
    yield f"{name}, crowded", _calls(simulate_codes(ANSWERS, answer=1.0, slip=SLIP, seed=1), list(CODE)), 3


def _telling() -> pd.DataFrame:
    """Codes of which hardly two persons have the same, as texts, each part with slips."""
    rng = np.random.default_rng(1)
    truth = {name: rng.integers(0, size, ANSWERS) for name, size in PARTS.items()}
    rounds = []
    for label in ("start", "later"):
        given = {
            name: np.where(rng.random(ANSWERS) < SLIP, rng.integers(0, PARTS[name], ANSWERS), part)
            for name, part in truth.items()
        }
        rounds.append(pd.DataFrame(given).astype(str).astype("string").assign(round=label))
    kind = pd.CategoricalDtype(["start", "later"], ordered=True)
    return pd.concat(rounds, ignore_index=True).astype({"round": kind})


def _calls(responses: pd.DataFrame, code: list[str]) -> dict[str, Callable[[], object]]:
    start, later = (part.reset_index(drop=True) for _, part in responses.groupby("round", observed=True))

    def exactly() -> object:
        return start.reset_index().merge(later.reset_index(), on=code)

    def and_one_pass_a_part() -> object:
        exact = exactly()
        passes = [
            start[others].reset_index().merge(later[others].reset_index(), on=others)
            for others in ([name for name in code if name != part] for part in code)
        ]
        return exact, passes

    return {
        "ours": lambda: pe.link_rounds(responses, code=code),
        "pandas: exact merge, then one a part": and_one_pass_a_part,
        "pandas: exact merge": exactly,
    }
