"""A random-effects meta-analysis beside statsmodels: the same moment estimator, the same Hartung-Knapp interval."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from subject import Subject

import peereval as pe

if TYPE_CHECKING:
    from pathlib import Path


def effects(size: int, _: Path) -> pd.DataFrame:
    """Made-up standardised differences of studies that differ."""
    rng = np.random.default_rng(1)
    variance = 4 / rng.integers(40, 400, size)
    estimate = 0.3 + 0.15 * rng.normal(size=size) + np.sqrt(variance) * rng.normal(size=size)
    return pd.DataFrame(
        {
            "study": [f"study {number}" for number in range(size)], "outcome": "recovery", "measure": "hedges_g",
            "time": "end", "direction": "higher is better", "scale": "SD", "estimate": estimate, "variance": variance,
            "n": np.round(4 / variance).astype(int),
        }
    )  # fmt: skip


def ours(frame: pd.DataFrame) -> pd.DataFrame:
    """The pooled effect, its prediction interval and heterogeneity; the factor of Hartung and Knapp as it is, as there."""
    return pe.pool(frame, method="dersimonian-laird", hartung_knapp="plain").estimates


def combined(frame: pd.DataFrame) -> Any:
    """statsmodels: the pooled effect, without a prediction interval."""
    from statsmodels.stats.meta_analysis import combine_effects

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = combine_effects(frame["estimate"].to_numpy(), frame["variance"].to_numpy(), method_re="dl", use_t=True)
        return found.summary_frame()


def same(mine: pd.DataFrame, theirs: pd.DataFrame, peer: str) -> None:
    """The pooled effect and its Hartung-Knapp interval."""
    pooled = mine[mine["term"] == "pooled"].iloc[0]
    found = theirs.loc["random effect wls"]
    given = [pooled[name] for name in ("estimate", "conf_low", "conf_high")]
    np.testing.assert_allclose(
        np.asarray(given, float), found[["eff", "ci_low", "ci_upp"]].to_numpy(), rtol=1e-8, err_msg=peer
    )


SUBJECTS = (
    Subject(
        what="pool, random effects", unit="studies", sizes=(20, 200, 2_000), make=effects, ours=ours,
        peers={"statsmodels combine_effects": combined}, same=same, rounds=7,
    ),
)  # fmt: skip
