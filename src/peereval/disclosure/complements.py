"""Members of a sum that must be withheld too, so that a withheld one cannot be computed from a total and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from peereval.disclosure.policy import treatment_of

if TYPE_CHECKING:
    from peereval.disclosure.policy import Policy


class _Sum(NamedTuple):
    """Rows that add up: the members, and the row of their total, if it is a row."""

    members: pd.Index
    total: pd.Index


def with_complements(rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.Series:
    """Withhold further members until those withheld can no longer be computed.

    Members add up in two ways: groups to the group ``all``, and parts (patterns of rounds, levels, reasons for being
    lost) to the persons of their group, in each source of bound results by itself. The withheld
    members of a sum must be at least two and together hold at least `Policy.fewest_hidden` cases and as many
    others; the smallest are added until they do. Where no member is left, the total is withheld.

    Parameters
    ----------
    rows : DataFrame
        Estimates with ``measure``, ``numerator`` and ``denominator``.
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
    bound = [name for name in ("source",) if name in rows]
    keys = [*bound, *(name for name in ("outcome", "measure", "round", "term") if name in rows)]
    sums = []
    if "group" in rows and rows["group"].eq("all").any():
        for _, part in rows.groupby(keys, dropna=False):
            is_total = part["group"] == "all"
            sums.append(_Sum(part.index[~is_total], part.index[is_total]))
    parts = rows[are_parts(rows)]
    none = rows.index[:0]
    if parts.empty:
        return sums
    wholes = [*bound, *(name for name in ("outcome", "measure", "round", "group") if name in rows)]
    return sums + [_Sum(part.index, none) for _, part in parts.groupby(wholes, dropna=False)]


def are_parts(rows: pd.DataFrame) -> pd.Series:
    """Whether rows are parts of a whole: their terms add up to the persons of their group."""
    return rows["measure"].map(treatment_of()).isin(["part", "pattern"]) | rows["measure"].isin(
        ["option", "link_status"]
    )


def _widened(one: _Sum, rows: pd.DataFrame, withheld: pd.Series, policy: Policy) -> pd.Series:
    cases = rows.loc[one.members, "numerator"].astype(float)
    others = rows.loc[one.members, "denominator"].astype(float) - cases
    # of a part the others are the other parts, and an unknown denominator gives nothing away
    others = others.where(others.notna() & ~are_parts(rows.loc[one.members]), np.inf)
    hidden = withheld[one.members].copy()
    # the smallest first; a member of nobody only where there is no other
    candidates = cases[~hidden].replace(0, np.inf).sort_values(kind="stable").index.tolist()
    while hidden.any() and not _enough(cases[hidden], others[hidden], policy):
        if not candidates:
            return withheld.where(~withheld.index.isin([*one.members, *one.total]), other=True)
        hidden[candidates.pop(0)] = True
    return withheld.where(~withheld.index.isin(hidden.index[hidden]), other=True)


def _enough(cases: pd.Series, others: pd.Series, policy: Policy) -> bool:
    return len(cases) > 1 and cases.sum() >= policy.fewest_hidden and others.sum() >= policy.fewest_hidden
