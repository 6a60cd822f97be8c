"""Reading a large CSV export, to a sheet and to checked responses, beside the parser that it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
from subject import Subject

import peereval as pe
from peereval.surveys.exports import read_sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROUNDS = ("start", "half-year", "one-year")
INSTRUMENTS = ("ras-41", "soc-29", "ucla-20-v3", "phq-9", "gad-7", "who-5")
MISSING = 99
MAPPING = pe.SurveyMapping(
    columns={"person": "respondent", "round": "runde"},
    items={name: f"{name}_{{item}}" for name in INSTRUMENTS},
    missing=[MISSING],
)
COLUMNS = 2 + sum(pe.instrument(name).n_items for name in INSTRUMENTS)


def made_export(respondents: int, folder: Path) -> Path:
    """Write person, round and legal answers, one in twenty empty and one in twenty declared missing, as Danish Excel does."""
    rng = np.random.default_rng(1)
    rows = respondents * len(ROUNDS)
    columns = {
        "respondent": np.repeat([f"{number:07d}" for number in range(respondents)], len(ROUNDS)),
        "runde": np.tile(ROUNDS, respondents),
    }
    for name in INSTRUMENTS:
        key = pe.instrument(name)
        (coding,) = key.codings.values()
        for item in range(1, key.n_items + 1):
            answers = rng.integers(coding.min, coding.max, rows, endpoint=True)
            answers[rng.random(rows) < 0.05] = MISSING
            columns[f"{name}_{item}"] = pa.array(answers, mask=rng.random(rows) < 0.05)
    place = folder / "export.csv"
    pc.write_csv(pa.table(columns), place, pc.WriteOptions(delimiter=";", quoting_style="none"))
    return place


def same(ours: Any, theirs: pa.Table, peer: str) -> None:
    """Rows, and the sum of the answers to an item that are not declared missing."""
    rows = ours if isinstance(ours, pd.DataFrame) else ours.frame
    assert len(rows) == theirs.num_rows, peer
    item = f"{INSTRUMENTS[0]}_1"
    answers = theirs[item].to_pandas()
    mine = rows[item] if item in rows else rows[pe.instrument(INSTRUMENTS[0]).item_columns[0]]
    numbers = pd.to_numeric(mine, errors="coerce")
    assert numbers[numbers != MISSING].sum() == answers[answers != MISSING].sum(), peer


def arrow(place: Path) -> pa.Table:
    """The parser that ours stands on: no ids kept as text, no declared missing codes, no ranges checked."""
    return pc.read_csv(place, parse_options=pc.ParseOptions(delimiter=";"))


def subject(what: str, ours: Callable[[Path], Any]) -> Subject:
    """A way of reading beside the parser."""
    return Subject(
        what=f"CSV to {what}, 3 rounds × {COLUMNS} columns", unit="respondents", sizes=(5_000, 50_000),
        make=made_export, ours=ours, peers={"pyarrow.csv, as it stands": arrow}, same=same,
    )  # fmt: skip


SUBJECTS = (
    subject("a sheet", read_sheet),
    subject("responses", lambda place: pe.read_survey(place, mapping=MAPPING, rounds=ROUNDS)),
)
