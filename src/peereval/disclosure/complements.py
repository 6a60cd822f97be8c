"""Members of a sum that must be withheld too, so that a withheld one cannot be computed from a total and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from peereval.disclosure.policy import treatment_of

if TYPE_CHECKING:
    from peereval.disclosure.policy import Policy


HELD, TOLD, TOTAL_TOLD = "held", "told", "total_told"
"""Flags of rows: withheld in an earlier release; shown in one; the total of their sum was shown in one."""


class _Sum(NamedTuple):
    """Rows that add up: the members, and the row of their total, if it is a row."""

    members: pd.Index
    total: pd.Index


def with_complements(rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.Series:
    """Withhold further members until those withheld can no longer be computed.

    Members add up in three ways: groups to the group ``all``, parts (patterns of rounds, levels, reasons for being
    lost) to the persons of their group, and periods of the calendar to the whole time, which other results give; in
    each source of bound results by itself. The withheld
    members of a sum must be at least two and together hold at least `Policy.fewest_hidden` cases and as many
    others, and without the largest of them at least `Policy.threshold` persons; the smallest are added until they
    do. Where no member is left, the total is withheld. What an earlier release has shown hides nothing, and a total
    that it has shown is known.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``measure``, ``numerator`` and ``denominator``; perhaps with the flags of earlier releases.
    withheld : Series of bool
        What is withheld so far.
    policy : Policy
        How much must be hidden together.

    Returns
    -------
    Series of bool
        What is withheld in the end.
    """
    before = pd.Series(data=False, index=rows.index)
    while not withheld.equals(before):
        before = withheld
        for each in _sums(rows):
            withheld = _widened(each, rows, withheld, policy)
    return withheld


def _sums(rows: pd.DataFrame) -> list[_Sum]:
    none, sums = rows.index[:0], []
    for part in over_groups(rows):
        is_total = part["group"] == "all"
        if is_total.any() or flag(part, TOTAL_TOLD).any():
            sums.append(_Sum(part.index[~is_total], part.index[is_total]))
    parts = rows[are_parts(rows)]
    wholes = [_Sum(part.index, none) for part in _apart(parts, ("outcome", "measure", "round", "group", "time"))]
    if "time" in rows and pd.api.types.is_string_dtype(rows["time"]):
        wholes += [_Sum(part.index, none) for part in _apart(rows, ("outcome", "measure", "round", "term", "group"))]
    return sums + wholes


def over_groups(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Give the rows of each sum over groups, with that of all where there is one."""
    return _apart(rows, ("outcome", "scale", "measure", "round", "term", "time")) if "group" in rows else []


def _apart(rows: pd.DataFrame, names: tuple[str, ...]) -> list[pd.DataFrame]:
    keys = [name for name in ("source", *names) if name in rows]
    return [part for _, part in rows.groupby(keys, dropna=False)] if len(rows) else []


def are_parts(rows: pd.DataFrame) -> pd.Series:
    """Whether rows are parts of a whole: their terms add up to the persons of their group."""
    return rows["measure"].map(treatment_of()).isin(["part", "pattern"]) | rows["measure"].isin(
        ["option", "link_status"]
    )


def _widened(one: _Sum, rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.Series:
    if not withheld[one.members].any():
        return withheld
    cases = rows.loc[one.members, "numerator"].astype(float)
    total = rows.loc[one.members, "denominator"].astype(float)
    others = total - cases
    # of a part the others are the other parts, and an unknown denominator gives nothing away
    others = others.where(others.notna() & ~are_parts(rows.loc[one.members]), np.inf)
    hidden = withheld[one.members].copy()
    # the smallest first; a member of nobody only where there is no other
    free = ~hidden & ~flag(rows.loc[one.members], TOLD)
    candidates = cases[free].replace(0, np.inf).sort_values(kind="stable").index.tolist()
    while hidden.any() and not _enough(cases[hidden], others[hidden], total[hidden], policy):
        if not candidates:
            return withheld.where(~withheld.index.isin([*one.members, *one.total]), other=True)
        hidden[candidates.pop(0)] = True
    return withheld.where(~withheld.index.isin(hidden.index[hidden]), other=True)


def flag(rows: pd.DataFrame, name: str) -> pd.Series:
    """Give a flag of the rows, false where they have none of that name."""
    return rows[name] if name in rows else pd.Series(data=False, index=rows.index)


def _enough(cases: pd.Series, others: pd.Series, total: pd.Series, policy: Policy) -> bool:
    if len(cases) < 2 or min(cases.sum(), others.sum()) < policy.fewest_hidden:  # noqa: PLR2004 - one alone is the rest of the sum
        return False
    # the largest could be known but for what the others can hold
    return bool(total.isna().any()) or total.sum() - total.max() >= policy.threshold
