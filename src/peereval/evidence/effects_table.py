"""The table of effects as a pool reads it: what it must hold, what may not be mixed, what cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.contracts import EFFECTS, check_frame
from peereval.errors import ColumnError, DesignError, InvalidValueError, UnsupportedInputError, nearest
from peereval.evidence.pooled import COUNTS, FROM_COUNTS
from peereval.evidence.regional import regional_effects
from peereval.mentions import row_numbers
from peereval.results import Released, Result, origin_of

if TYPE_CHECKING:
    from peereval.results import Origin

_POOLABLE = {"mantel-haenszel": ("log_odds_ratio", "log_risk_ratio", "risk_difference"), "peto": ("log_odds_ratio",)}
_DIRECTIONS = ("higher is better", "higher is worse")


def read_effects(effects: pd.DataFrame | Result | Released) -> tuple[pd.DataFrame, Origin]:
    """Read a table of effects, with the column ``unit``: what is independent of the rest, a cluster or else a study.

    Parameters
    ----------
    effects : DataFrame, Result or Released
        The table, a result of the kind *effects*, or bound released results with one measure.

    Returns
    -------
    tuple of DataFrame and str
        The table and where it comes from.

    Raises
    ------
    ColumnError, MissingValueError
        The table does not look as it should.
    UnsupportedInputError
        The result is of another kind.
    """
    if isinstance(effects, Released):
        effects = regional_effects(effects)
    if isinstance(effects, Result):
        if effects.kind != "effects":
            msg = f"A result of the kind {effects.kind!r} holds no effects of studies."
            raise UnsupportedInputError(msg, hint="Give what effect_size gave, or a table of effects.")
        frame, origin = effects.estimates, effects.origin
    else:
        frame, origin = effects.reset_index(drop=True), origin_of(effects)
    check_frame(frame, EFFECTS)
    unit = "cluster" if "cluster" in frame and frame["cluster"].notna().all() else "study"
    return frame.assign(unit=frame[unit].astype(str)), origin


def check_alike(frame: pd.DataFrame, by: str | None) -> None:
    """Check that effects are of one measure, direction and scale.

    Parameters
    ----------
    frame : DataFrame
        What `read_effects` gave.
    by : str or None
        The column of groups.

    Raises
    ------
    DesignError
        They are mixed.
    InvalidValueError, ColumnError
        A direction or variance is impossible, or there is no such column.
    """
    for name in ("measure", "direction", "scale"):
        found = sorted(set(frame[name].astype(str)))
        if len(found) > 1:
            msg = f"The effects have {len(found)} different values of {name!r}: {', '.join(map(repr, found))}."
            raise DesignError(msg, hint="Pool effects of one measure, direction and scale; convert or turn them first.")
    odd = sorted(set(frame["direction"].astype(str)) - set(_DIRECTIONS))
    if odd:
        msg = f"The effects have the direction {odd[0]!r}."
        raise InvalidValueError(msg, hint="It is 'higher is better' or 'higher is worse'.")
    if by is not None and by not in frame.columns:
        msg = f"The effects have no column {by!r} for the groups."
        raise ColumnError(msg, hint=nearest(by, map(str, frame.columns)))
    if by is not None and (frame[by] == "all").any():
        msg = f"The column {by!r} of the effects has a group 'all', which stands for all studies."
        raise InvalidValueError(msg, hint="Give it another name.")
    wrong = frame["variance"].notna() & (frame["variance"] <= 0)
    if wrong.any():
        msg = f"The variance in {row_numbers(np.flatnonzero(wrong).tolist())} of the effects is not above 0."
        raise InvalidValueError(msg, hint="Leave the cell empty where the variance is not known.")


def check_dependence(frame: pd.DataFrame, method: str, by: str | None) -> None:
    """Check that effects are independent, or that a cluster says which are not, and that counts are there to pool.

    Parameters
    ----------
    frame : DataFrame
        What `read_effects` gave.
    method : str
        How they are pooled.
    by : str or None
        The column of groups.

    Raises
    ------
    DesignError
        A study stands twice, or the method does not know the measure.
    ColumnError
        There are no counts.
    """
    if method in FROM_COUNTS:
        measure = str(frame["measure"].iloc[0]) if len(frame) else _POOLABLE[method][0]
        if measure not in _POOLABLE[method]:
            msg = f"The method {method!r} cannot pool {measure!r}."
            raise DesignError(msg, hint=f"It pools {', '.join(_POOLABLE[method])}.")
        missing = [name for name in COUNTS if name not in frame.columns]
        if missing:
            msg = f"The effects have no column {missing[0]!r}, which the method {method!r} needs."
            raise ColumnError(msg, hint="effect_size gives it from counts.")
    if "cluster" in frame and frame["cluster"].notna().all() and method not in FROM_COUNTS:
        return
    within = ["study"] if by is None else ["study", by]
    again = frame.duplicated(within, keep=False)
    if again.any():
        rows = row_numbers(np.flatnonzero(again).tolist())
        msg = f"The effects in {rows} share their study with another row, so they are not independent."
        hint = "Choose one of them, or say in a column 'cluster' (filled in every row) which are dependent."
        raise DesignError(msg, hint=hint if method not in FROM_COUNTS else f"{method!r} takes one row a study.")


def usable_effects(frame: pd.DataFrame, method: str, by: str | None) -> tuple[pd.DataFrame, dict[str, int]]:
    """Give the rows that can be pooled, and count why the others cannot, by the first reason that holds.

    Parameters
    ----------
    frame : DataFrame
        What `read_effects` gave.
    method : str
        How they are pooled.
    by : str or None
        The column of groups.

    Returns
    -------
    tuple of DataFrame and dict
        The rows, and reason code to number of rows.
    """
    reasons = {"withheld": frame["withheld"].astype(bool)} if "withheld" in frame else {}
    reasons |= {} if by is None else {"group_missing": frame[by].isna()}
    if method in FROM_COUNTS:
        reasons["counts_missing"] = frame[COUNTS].isna().any(axis=1)
    else:
        reasons |= {"effect_missing": frame["estimate"].isna(), "variance_missing": frame["variance"].isna()}
    left = pd.Series(data=False, index=frame.index)
    counts = {}
    for reason, holds in reasons.items():
        counts[reason] = int((holds & ~left).sum())
        left |= holds
    return frame[~left].reset_index(drop=True), {reason: count for reason, count in counts.items() if count}
