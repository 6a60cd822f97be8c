"""What results of different kinds count alike: the same group's size is told by none where one of them withholds it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peereval.results import Released

_SIZES = ("n", "n_persons", "denominator")
SAID = "{} rows without the size of their group because another result withholds it"
"""What is done, in words for the report."""


@cache
def same_counts() -> dict[str, str]:
    """Give the common name of measures whose numerator and denominator are the same counts."""
    return {measure: name for name, measures in _known()["same_counts"].items() for measure in measures}


def without_hidden_sizes(found: Sequence[Released], previous: Sequence[Released]) -> list[Released]:
    """Withhold the sizes of groups that another result, of this call or released earlier, withholds.

    Parameters
    ----------
    found : sequence of Released
        The results of one call, each protected.
    previous : sequence of Released
        Earlier releases of the same study.

    Returns
    -------
    list of Released
        The results in the same order; what they estimate stays.
    """
    safe = list(found)
    for population in _known()["sizes"].values():
        hidden = {key for one in (*previous, *found) for key in _hidden(one, population)}
        safe = [_without(one, population, hidden) if one.kind in population["kinds"] else one for one in safe]
    return safe


@cache
def _known() -> dict[str, Any]:
    return tomllib.loads((files("peereval.disclosure") / "populations.toml").read_text(encoding="utf-8"))


def _hidden(one: Released, population: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = one.estimates
    if not {"measure", population["count"]} <= set(rows):
        return []
    rows = rows[rows["measure"].isin(population["measures"]) & rows["withheld"] & rows[population["count"]].isna()]
    return _keys(rows, population["by"])


def _without(one: Released, population: dict[str, Any], hidden: set[tuple[str, str, str]]) -> Released:
    rows = one.estimates
    sizes = [name for name in _SIZES if name in rows]
    mine = np.array([key in hidden for key in _keys(rows, population["by"])], dtype=bool)
    told = mine & rows[sizes].notna().any(axis=1).to_numpy(dtype=bool)
    if not told.any():
        return one
    masked = rows.assign(**{name: rows[name].astype(float).mask(told) for name in sizes})
    return replace(one, estimates=masked, changes=(*one.changes, SAID.format(int(told.sum()))))


def _keys(rows: pd.DataFrame, by: str) -> list[tuple[str, str, str]]:
    """Source, group and round or period of each row; without a group it is everybody, days of follow-up are no period."""
    words = rows.reindex(columns=["source", "group", by]).astype("string")
    if by in rows and pd.api.types.is_numeric_dtype(rows[by]):
        words[by] = pd.NA
    words = words.fillna("")
    words["group"] = words["group"].replace("", "all")
    return list(words.itertuples(index=False, name=None))
