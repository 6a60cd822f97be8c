"""Reading a large CSV export, to a sheet and to checked responses, beside the parser that it stands on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

import peereval as pe
from peereval.surveys.exports import read_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESPONDENTS = 200_000
ROUNDS = ("start", "half-year", "one-year")
INSTRUMENTS = ("ras-41", "soc-29", "ucla-20-v3", "phq-9", "gad-7", "who-5")
MISSING = 99
MAPPING = pe.SurveyMapping(
    columns={"person": "respondent", "round": "runde"},
    items={name: f"{name}_{{item}}" for name in INSTRUMENTS},
    missing=[MISSING],
)
COLUMNS = 2 + sum(pe.instrument(name).n_items for name in INSTRUMENTS)


def made_export(place: Path) -> None:
    """Write person, round and legal answers, one in twenty empty and one in twenty declared missing, as Danish Excel does."""
    rng = np.random.default_rng(1)
    rows = RESPONDENTS * len(ROUNDS)
    columns = {
        "respondent": np.repeat([f"{number:07d}" for number in range(RESPONDENTS)], len(ROUNDS)),
        "runde": np.tile(ROUNDS, RESPONDENTS),
    }
    for name in INSTRUMENTS:
        key = pe.instrument(name)
        (coding,) = key.codings.values()
        for item in range(1, key.n_items + 1):
            answers = rng.integers(coding.min, coding.max, rows, endpoint=True)
            answers[rng.random(rows) < 0.05] = MISSING
            columns[f"{name}_{item}"] = pa.array(answers, mask=rng.random(rows) < 0.05)
    pc.write_csv(pa.table(columns), place, pc.WriteOptions(delimiter=";", quoting_style="none"))


def cases() -> Iterator[tuple[str, dict[str, Callable[[], object]], int]]:
    """The same file to a sheet, to responses whose answers are checked against their instruments, and to an Arrow table, which turns 0000007 into 7."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "export.csv")
        made_export(place)
        ways: dict[str, Callable[[], object]] = {
            "a sheet": lambda: read_sheet(place),
            "responses": lambda: pe.read_survey(place, mapping=MAPPING, rounds=ROUNDS),
        }
        for what, ours in ways.items():
            calls: dict[str, Callable[[], object]] = {
                "ours": ours,
                "pyarrow.csv.read_csv": lambda: pc.read_csv(place, parse_options=pc.ParseOptions(delimiter=";")),
            }
            yield f"CSV to {what}, {RESPONDENTS:,} × {len(ROUNDS)} rounds × {COLUMNS}", calls, 5
