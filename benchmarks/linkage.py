"""Linking two rounds of self-made codes, against the merges in pandas that look at the same codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from subject import Subject

import peereval as pe
from peereval.simulate.codes import CODE, simulate_codes

if TYPE_CHECKING:
    from collections.abc import Callable

SLIP = 0.05
PARTS = {"mother": 26, "father": 26, "month": 12, "day": 31, "phone": 100, "town": 200}


def telling(size: int) -> pd.DataFrame:
    """Codes of which hardly two persons have the same, as texts, each part with slips."""
    rng = np.random.default_rng(1)
    truth = {name: rng.integers(0, values, size) for name, values in PARTS.items()}
    rounds = []
    for label in ("start", "later"):
        given = {
            name: np.where(rng.random(size) < SLIP, rng.integers(0, PARTS[name], size), part)
            for name, part in truth.items()
        }
        rounds.append(pd.DataFrame(given).astype(str).astype("string").assign(round=label))
    kind = pd.CategoricalDtype(["start", "later"], ordered=True)
    return pd.concat(rounds, ignore_index=True).astype({"round": kind})


def merged(responses: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Rows of the two rounds with the same parts, those left out of codes that a round has twice."""
    start, later = (part.reset_index() for _, part in responses.groupby("round", observed=True))
    return start[["index", *on]].merge(later[["index", *on]], on=on)


def exact(code: list[str]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """One merge on the whole code: it finds no slips, and takes what is not unique."""
    return lambda responses: merged(responses, code)


def exact_then_one_a_part(code: list[str]) -> Callable[[pd.DataFrame], object]:
    """The merges in which the same neighbours would be looked for, without what follows."""
    return lambda responses: [merged(responses, code), *(merged(responses, [x for x in code if x != y]) for y in code)]


def same(ours: pd.DataFrame, theirs: Any, peer: str) -> None:
    """Those linked by equal codes are the pairs of the exact merge whose code stands once in each round."""
    pairs = theirs[0] if isinstance(theirs, list) else theirs
    once = pairs[~pairs["index_x"].duplicated(keep=False) & ~pairs["index_y"].duplicated(keep=False)]
    linked = np.flatnonzero(ours["reason"] == "linked_exact")
    assert set(linked) <= {*once["index_x"], *once["index_y"]}, peer
    assert len(linked) > len(once), peer


def subject(kind: str, code: list[str], make: Callable[[int], pd.DataFrame]) -> Subject:
    """Codes of a kind, linked and merged."""
    return Subject(
        what=f"link two rounds by {kind} codes", unit="answers a round", sizes=(10_000, 100_000),
        make=lambda size, _: make(size), ours=lambda responses: pe.link_rounds(responses, code=code),
        peers={"pandas: exact merge, then one a part": exact_then_one_a_part(code), "pandas: exact merge": exact(code)},
        same=same,
    )  # fmt: skip


SUBJECTS = (
    subject("telling", list(PARTS), telling),
    subject("crowded", list(CODE), lambda size: simulate_codes(size, answer=1.0, slip=SLIP, seed=1)),
)
