"""Which p values a comparison of rounds may print (rule R10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError, nearest
from peereval.estimation.multiplicity import stepwise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Role: TypeAlias = Literal["primary", "secondary", "exploratory"]
Named: TypeAlias = tuple[str, str]
IN_POINTS = ("difference_in_change", "mean_change", "mean_difference", "overlapping_change")
"""Measures in points of the scale that carry its test, so that a margin can be held against them."""
TESTED = (
    *IN_POINTS,
    "log_odds_ratio_in_change",
    "risk_change",
    "risk_difference",
    "overlapping_risk_change",
    "log_odds_ratio",
    "net_rise",
    "superiority",
    "rank_biserial",
    "rounds_test",
)
"""Measures that carry the test of a scale; the first that occurs in it is tested."""


def roles_of(
    scales: list[Named], headline: Mapping[Named, bool], primary: Named | None, role: Mapping[Named, Role]
) -> dict[Named, Role]:
    """Give the role of every scale.

    Parameters
    ----------
    scales : list of tuple of str
        Instrument and scale.
    headline : mapping of tuple to bool
        Whether a scale is its instrument's main one.
    primary : tuple of str or None
        The primary outcome.
    role : mapping of tuple to str
        Roles that were said.

    Returns
    -------
    dict of tuple to str
        As said; else headline scales, or all if none is one, are secondary, and the others exploratory.

    Raises
    ------
    InvalidValueError
        A scale or a role does not exist.
    DesignError
        Two scales are primary.

    Examples
    --------
    >>> roles_of([("who-5", "total")], {("who-5", "total"): True}, None, {})
    {('who-5', 'total'): 'secondary'}
    """
    check_named("primary outcome", [] if primary is None else [primary], scales)
    check_named("outcome with a role", role, scales)
    for value in role.values():
        if value not in get_args(Role):
            msg = f"There is no role {value!r}."
            raise InvalidValueError(msg, hint=nearest(value, get_args(Role)))
    plain = {name: "secondary" if headline[name] or not any(headline.values()) else "exploratory" for name in scales}
    if not scales:
        return {}
    found: dict[Named, Role] = {**plain, **role, **({} if primary is None else {primary: "primary"})}  # type: ignore[dict-item]
    if list(found.values()).count("primary") > 1:
        named = ", ".join(":".join(name) for name, value in found.items() if value == "primary")
        msg = f"There is more than one primary outcome: {named}."
        raise DesignError(msg, hint="Name one before the data; the others are secondary.")
    return found


def check_named(what: str, named: Iterable[Named], scales: Collection[Named]) -> None:
    """Refuse a scale that is not among the scores.

    Parameters
    ----------
    what : str
        What the scales were named for.
    named : iterable of tuple of str
        Instrument and scale.
    scales : collection of tuple of str
        Those of the scores; where there are none, nothing can be checked.

    Raises
    ------
    InvalidValueError
        A scale does not exist.

    Examples
    --------
    >>> check_named("primary outcome", [("who-5", "total")], [("who-5", "total")])
    """
    for name in named if scales else ():
        if name not in scales:
            msg = f"The {what} {':'.join(name)!r} is not among the scores."
            raise InvalidValueError(msg, hint=nearest(":".join(name), {":".join(each) for each in scales}))


def with_decided_p(
    estimates: pd.DataFrame,
    *,
    last: str,
    adjust: Literal["none", "holm", "benjamini-hochberg"] = "holm",
    family: Mapping[Named, str] | None = None,
) -> pd.DataFrame:
    """Keep the p values that rule R10 allows, and adjust them.

    The primary scale at the last round is tested unadjusted; the secondary scales at that round are adjusted within
    their family; every other row keeps its interval and loses its p value. With two arms the difference in change is
    tested, otherwise the change; fits of completers beside a model keep the p value where their scale is tested.

    Parameters
    ----------
    estimates : DataFrame
        Rows of `compare_rounds`, with ``role``.
    last : str
        The round at which is tested.
    adjust : {"holm", "benjamini-hochberg", "none"}
        How.
    family : mapping of tuple to str, optional
        Instrument and scale to the family that is adjusted together; one family by default.

    Returns
    -------
    DataFrame
        The same rows with ``p_value`` and ``p_adjusted``.
    """
    if "p_value" not in estimates:
        return estimates.assign(p_value=np.nan, p_adjusted=np.nan)
    measure = estimates["measure"]
    rank = measure.map({name: place for place, name in enumerate(TESTED)})
    keys = [estimates["outcome"], estimates["scale"]]
    carries = rank.notna() & (rank == rank.groupby(keys).transform("min"))
    asked = (estimates["round"] == last) & (estimates["role"] != "exploratory")
    beside = measure.isin(["completers_change"]) & asked
    tested = carries & asked & estimates["p_value"].notna()
    decided = estimates.assign(p_value=estimates["p_value"].where(tested | beside), p_adjusted=np.nan)
    primary, others = tested & (estimates["role"] == "primary"), tested & (estimates["role"] == "secondary")
    decided.loc[primary, "p_adjusted"] = decided.loc[primary, "p_value"]
    names = pd.Series(list(zip(*keys, strict=True)), index=estimates.index)
    families = names.map(lambda name: (family or {}).get(name, ""))
    for _, rows in decided[others].groupby(families[others]):
        p = rows["p_value"].to_numpy(dtype=np.float64)
        decided.loc[rows.index, "p_adjusted"] = p if adjust == "none" or len(p) == 1 else stepwise(p, adjust)
    return decided
