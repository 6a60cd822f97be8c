"""Peers, staff and leaders are data subjects: their results are given for a region, not for a ward."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from peereval.results import Result

SAID = "{} rows withheld because peers, staff and leaders are given for the region only"
"""What is done, in words for the report."""


def below_region(result: Result, rows: pd.DataFrame) -> pd.Series:
    """Say which rows tell of peers, staff or leaders of a ward, team or other place below the region.

    Parameters
    ----------
    result : Result
        Its kind, the setting ``role`` or the roles in the table that it was computed from, say whom it counts; the
        setting ``by``, in which groups.
    rows : DataFrame
        Its rows with ``group`` and perhaps ``outcome``, such as a described column.

    Returns
    -------
    Series of bool
        Whether each row does.
    """
    known = _subjects()
    nowhere = pd.Series(data=False, index=rows.index)
    data = result.settings.get("data", {})
    roles = {result.settings.get("role"), *(data.get("roles", ()) if hasattr(data, "get") else ())}
    if result.kind not in known["kinds"] and roles.isdisjoint(known["roles"]):
        return nowhere
    by_place = result.settings.get("by") in known["places"] and "group" in rows
    grouped = rows["group"].ne("all").fillna(value=False).astype(bool) if by_place else nowhere
    return grouped | (rows["outcome"].isin(known["places"]) if "outcome" in rows else nowhere)


@cache
def _subjects() -> dict[str, list[str]]:
    text = (files("peereval.disclosure") / "data_subjects.toml").read_text(encoding="utf-8")
    return {name: list(values) for name, values in tomllib.loads(text).items()}
