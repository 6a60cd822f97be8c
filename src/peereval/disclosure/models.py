"""What protecting does to standardised rates, rates of events, ratios of hazards and other numbers that a model gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.disclosure.columns import INSIDE, LEAKS, LEAST
from peereval.disclosure.complements import HELD, flag, with_complements
from peereval.disclosure.counts import rounded
from peereval.disclosure.means import round_number, rounded_up, to_step

if TYPE_CHECKING:
    from peereval.disclosure.policy import Policy

_Z = 1.959964
_COUNTS = ("n", "n_persons", "n_events", "numerator", "denominator")
_NUMBERS = ("estimate", "conf_low", "conf_high", "before", "after")


def protect_models(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give what a model says of enough persons in each of its parts, rounded to a step of at most half a standard error.

    A standardised rate beside the crude one tells the cases of a stratum, and the standard error of a ratio of hazards
    how many events there were in each level. So the persons that such a number could tell of must be known, and be
    enough in every part: with and without the event in each stratum or level. Rates of groups are withheld further
    until those withheld cannot be computed from the rate of all.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``least_count`` (persons, in the smallest part), ``std_error`` or an interval, ``n_persons`` or
        ``n``, and perhaps ``df`` and the crude ``numerator`` and ``denominator`` of groups.
    policy : Policy
        What is small, the fewest persons and degrees of freedom, and the step.

    Returns
    -------
    DataFrame
        The rows with a column ``withheld``, without standard errors; counts rounded, p values rounded up.
    """
    persons = rows["n_persons" if "n_persons" in rows else "n"].astype(float)
    least = rows.get(LEAST, pd.Series(np.nan, index=rows.index)).astype(float)
    freedom = rows.get("df", pd.Series(np.nan, index=rows.index)).astype(float)
    step = steps_of(rows, policy)
    few = ~(least >= policy.threshold) | ~(persons >= policy.fewest_for_mean) | (freedom < policy.fewest_df)
    withheld = few | step.isna() | flag(rows, HELD)
    if {"numerator", "denominator"} <= set(rows):
        cells = [rows[name].fillna("") for name in ("source", "group", "time") if name in rows]
        # the ratio of a group tells its rate, which are of the same counts
        withheld = with_complements(rows, withheld.groupby(cells).transform("any"), policy)
    safe = rows.drop(columns=[*LEAKS, *INSIDE, "design_effect"], errors="ignore").assign(withheld=withheld)
    numbers = {name: to_step(safe[name], step) for name in _NUMBERS if name in safe}
    numbers |= {name: rounded(safe[name].astype(float), policy) for name in _COUNTS if name in safe}
    numbers |= {name: rounded_up(safe[name], policy) for name in ("p_value", "p_adjusted") if name in safe}
    safe = safe.assign(**{name: values.mask(withheld) for name, values in numbers.items()})
    # a change as a share is that of the numbers shown
    return safe.assign(relative=(safe["after"] / safe["before"] - 1).round(2)) if "relative" in safe else safe


def steps_of(rows: pd.DataFrame, policy: Policy) -> pd.Series:
    """Give the step of each row: 1, 2 or 5 times a power of ten, of at most half a standard error.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``std_error``, or with limits that tell it.
    policy : Policy
        How much of a standard error a step is.

    Returns
    -------
    Series of float
        Missing where nothing shows that persons differ.
    """
    error = rows.get("std_error", pd.Series(np.nan, index=rows.index)).astype(float)
    width = (rows["conf_high"].astype(float) - rows["conf_low"].astype(float)) / (2 * _Z)
    told = error.fillna(width)
    return round_number(policy.mean_step * told.where(told > 0))
