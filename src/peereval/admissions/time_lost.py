"""Restricted mean time out of hospital, and the time lost to readmission and death."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.admissions.followed import (
    DEATHS_UNKNOWN,
    LEVEL,
    PERSONS_APART,
    check_horizon,
    daily_counts,
    first_stays,
    knows_deaths,
    read_index,
    settings_of,
    with_known_group,
)
from peereval.admissions.rates import definition_of, definition_parts, precision_notes, table_origin
from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.competing_risks import restricted_mean_lost
from peereval.results import Result

if TYPE_CHECKING:
    from peereval.admissions.engine import Source


def restricted_mean(index: Source, *, horizon: int, by: str | None = None, reference: str | None = None) -> Result:
    """Mean days out of hospital within a horizon after the first index discharge, and their difference.

    Unlike a hazard ratio it is a number of days, and asks for no proportional hazards.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract.
    horizon : int
        Days after discharge, named before the data are seen; in every group somebody must be followed so long.
    by : str, optional
        A column of `index` that was known at discharge, with a mean for each value.
    reference : str, optional
        The group that the others are compared with; without it the first in alphabetical order.

    Returns
    -------
    Result
        Rows with ``measure`` ``restricted_mean_time``: mean days until readmission (or death, where one is known) or the
        horizon, whichever comes first, with normal limits. Where a death is known also ``readmission_time_lost`` and
        ``death_time_lost``: the mean days within the horizon after each, which add up with the first to the horizon. Of
        other groups than the reference, rows with the same measures and ``_difference`` at the end, in the ``contrast``
        named. Days count until the first readmission; later ones are `recurrent_readmissions`.

    Raises
    ------
    ColumnError
        `index` breaks its contract or has no column `by`.
    DesignError
        The stays were judged by several definitions, or nobody of a group was followed until the horizon.
    InvalidValueError
        `horizon` is not above 0, or there is no group `reference`.

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.readmissions(region.contacts, persons=region.persons)
    >>> found = restricted_mean(stays, horizon=180).estimates
    >>> round(float(found["estimate"].sum()), 6)
    180.0
    """
    check_horizon(horizon)
    table = read_index(index, [by])
    dead = knows_deaths(table)
    said = definition_parts(definition_of(table))
    followed, exclusions = first_stays(table)
    followed, exclusions = with_known_group(followed, by, exclusions)
    daily = daily_counts(followed, by, horizon)
    base = _reference(daily, by, reference)
    return Result(
        kind="restricted-mean",
        title=f"Mean days out of hospital within {horizon} days",
        estimates=_estimates(daily, horizon, base, dead=dead),
        method=_METHOD.format(horizon) + (_LOST if dead else ""),
        claim="description" if by is None else "association",
        estimand=f"Mean days of persons until readmission{' or death' if dead else ''}, {horizon} days at most.",
        assumptions=(
            *(() if dead else (DEATHS_UNKNOWN,)),
            PERSONS_APART,
            *precision_notes(table),
            *said["unverified"],
        ),
        references=_REFERENCES[: 2 if dead else 1],
        settings=settings_of(table, said["id"], by=by, horizon=horizon, reference=base),
        columns={
            "least_count": "fewest persons with, or without, the event; it never leaves, and tells release whether the mean may"
        },
        exclusions=exclusions,
        origin=table_origin(table),
    )


_METHOD = (
    "The restricted mean time out of hospital is the area under the curve of persons without an event until {} days after "
    "the first index discharge, with the variance of Greenwood's type and normal 95 % limits (rules R13, R14)."
)
_LOST = " The time lost to readmission and to death is the area under the cumulative incidence of each."
_REFERENCES = (
    "Royston & Parmar 2013, BMC Medical Research Methodology 13:152",
    "Andersen 2013, Statistics in Medicine 32:5278",
)


def _reference(daily: pd.DataFrame, by: str | None, given: str | None) -> str | None:
    groups = sorted(set(daily["group"]))
    if given is not None and (by is None or given not in groups):
        msg = f"There is no group {given!r} to compare with."
        raise InvalidValueError(msg, hint=nearest(given, groups) if by is not None else "Say the column with by=.")
    return given if by is None or given is not None or not groups else groups[0]


def _estimates(daily: pd.DataFrame, horizon: int, base: str | None, *, dead: bool) -> pd.DataFrame:
    means = [
        row for name, part in daily.groupby("group", sort=True) for row in _means(part, str(name), horizon, dead=dead)
    ]
    rows = [*means, *_differences(means, base)]
    if not rows:
        return pd.DataFrame({name: [] for name in ("group", "measure", "time", "estimate", "n")})
    from scipy.stats import norm

    frame = pd.DataFrame(rows)
    # nothing that happened tells nothing of how much it varies
    frame["std_error"] = frame["std_error"].where(frame["std_error"] > 0)
    spread = norm.ppf((1 + LEVEL) / 2) * frame["std_error"]
    least = np.where(frame["measure"].str.endswith("_difference"), -horizon, 0)
    low, high = (frame["estimate"] + side * spread for side in (-1, 1))
    return frame.assign(
        time=horizon, conf_low=low.clip(lower=least), conf_high=high.clip(upper=horizon), conf_level=LEVEL
    )


def _means(part: pd.DataFrame, name: str, horizon: int, *, dead: bool) -> list[dict[str, Any]]:
    day, readmitted, died, censored = (part[each].to_numpy(dtype=np.int64) for each in ("day", "readmitted", "died", "censored"))  # fmt: skip
    if censored[-1] and day[-1] < horizon:
        msg = f"In the group {name!r} nobody was followed beyond day {day[-1]}; the horizon is day {horizon}."
        raise DesignError(msg, hint="Choose a horizon that every group reaches.")
    both = np.column_stack([readmitted, died])
    lost, error = restricted_mean_lost(day, both.sum(axis=1, keepdims=True), censored, cause=0, horizon=horizon)
    n = int(both.sum() + censored.sum())
    words = {"group": name, "n": n}
    least = _least(int(both.sum()), n)
    rows = [{**words, "measure": "restricted_mean_time", "estimate": horizon - lost, "std_error": error, **least}]
    for cause, measure in enumerate(("readmission_time_lost", "death_time_lost") if dead else ()):
        lost, error = restricted_mean_lost(day, both, censored, cause=cause, horizon=horizon)
        least = _least(int(both[:, cause].sum()), n)
        rows.append({**words, "measure": measure, "estimate": lost, "std_error": error, **least})
    return rows


def _least(events: int, persons: int) -> dict[str, int]:
    return {"least_count": min(events, persons - events)}


def _differences(means: list[dict[str, Any]], base: str | None) -> list[dict[str, Any]]:
    of = {row["measure"]: row for row in means if row["group"] == base}
    return [
        {
            "group": row["group"],
            "contrast": f"{row['group']} - {base}",
            "measure": f"{row['measure']}_difference",
            "estimate": row["estimate"] - of[row["measure"]]["estimate"],
            "std_error": _both(row["std_error"], of[row["measure"]]["std_error"]),
            "n": row["n"] + of[row["measure"]]["n"],
            "least_count": min(row["least_count"], of[row["measure"]]["least_count"]),
        }
        for row in means
        if base is not None and row["group"] != base
    ]


def _both(one: float, other: float) -> float:
    """The standard error of a difference; none where one of the means had nothing that varied."""
    return float(np.hypot(one, other)) if one and other else 0.0
