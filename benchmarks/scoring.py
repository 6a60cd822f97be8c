"""Scoring the 29 items and seven scales of the ISMI for many respondents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import peereval as pe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESPONDENTS = 1_000_000


def cases() -> Iterator[tuple[str, dict[str, Callable[[], object]], int]]:
    """The same scores by idiomatic pandas and by numpy with the range check."""
    one = pe.instrument("ismi-29")
    coding = one.codings["1-4"]
    rng = np.random.default_rng(1)
    answers = rng.integers(1, 5, (RESPONDENTS, one.n_items)).astype(float)
    answers[rng.random(answers.shape) < 0.02] = np.nan
    frame = pd.DataFrame(answers, columns=list(one.item_columns))
    frame["round"] = pd.Categorical(["start"] * RESPONDENTS)
    turned = [f"ismi_{item:02d}" for item in coding.reversed]
    members = {name: [f"ismi_{item:02d}" for item in scale.items] for name, scale in one.scales.items()}

    def in_pandas() -> object:
        keyed = frame[list(one.item_columns)].copy()
        keyed[turned] = 5 - keyed[turned]
        return pd.DataFrame({name: keyed[columns].mean(axis=1) for name, columns in members.items()})

    def in_numpy() -> object:
        values = frame[list(one.item_columns)].to_numpy()
        if not (np.isnan(values) | ((values >= 1) & (values <= 4) & (values % 1 == 0))).all():
            raise ValueError
        keyed = values.copy()
        places = [item - 1 for item in coding.reversed]
        keyed[:, places] = 5 - keyed[:, places]
        return [np.nanmean(keyed[:, [item - 1 for item in scale.items]], axis=1) for scale in one.scales.values()]

    calls = {"ours": lambda: pe.score(frame, "ismi-29"), "idiomatic pandas": in_pandas, "numpy floor": in_numpy}
    yield f"score ismi-29, {RESPONDENTS:,} respondents", calls, 5
