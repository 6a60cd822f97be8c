"""Protecting the small numbers of a large set of results; no other program does the same on such tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from subject import Subject

import peereval as pe

if TYPE_CHECKING:
    from pathlib import Path

YEARS = 3


def results(size: int, _: Path) -> list[pe.Result]:
    """Rates of units, one result a year, made up so that every fifth is too small to be shown."""
    rng = np.random.default_rng(1)
    units = [f"unit {number:04d}" for number in range(size)]
    return [_rates(units, year, rng) for year in range(2011, 2011 + YEARS)]


def _rates(units: list[str], year: int, rng: np.random.Generator) -> pe.Result:
    stays = rng.integers(30, 400, len(units))
    back = np.where(rng.random(len(units)) < 0.2, rng.integers(1, 5, len(units)), rng.binomial(stays, 0.3))
    rows = pd.DataFrame(
        {
            "group": units, "measure": "readmission_rate", "estimate": back / stays, "numerator": back,
            "denominator": stays, "n_persons": np.round(stays * 0.8).astype(int),
        }
    )  # fmt: skip
    return pe.Result(
        kind="rates", title=f"Readmission {year}", claim="description", method="A share.", estimates=rows,
        origin="synthetic",
    )  # fmt: skip


SUBJECTS = (
    Subject(
        what=f"release rates of {YEARS} years", unit="units", sizes=(10, 40), make=results, ours=pe.release,
    ),
)  # fmt: skip
