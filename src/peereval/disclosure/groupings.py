"""Two groupings of one measure, of which one gives away what the other withholds."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from peereval.errors import NotReleasedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from peereval.results import Released

_SUM = ("source", "outcome", "scale", "measure", "round", "term", "time")
"""The columns that name one sum; its members are groups."""


def refuse_subtraction(released: Sequence[Released]) -> None:
    """Refuse results of one kind that give the same measure in different groups, where a group is withheld.

    Wards and arms have the same total: what one grouping withholds, the sums of the other may give away. The same
    groups in both are no second grouping, and a part of the groups adds nothing, as long as both withhold the same.

    Parameters
    ----------
    released : sequence of Released
        The results of one call, each protected by itself.

    Raises
    ------
    NotReleasedError
        Two of them cannot leave together.
    """
    for (first, one), (second, other) in combinations(enumerate(released, start=1), 2):
        measure = _given_away(one.estimates, other.estimates) if one.kind == other.kind else None
        if measure is not None:
            msg = (
                f"Results {first} and {second} both give {measure!r}, in different groups, and a number that is "
                "withheld in one could be computed from the other."
            )
            hint = "Release one of the two groupings only; releasing them in two calls protects nothing."
            raise NotReleasedError(msg, hint=hint)


def _given_away(one: pd.DataFrame, other: pd.DataFrame) -> str | None:
    """The first measure of which a withheld group could be computed, if there is one."""
    keys = [name for name in _SUM if name in one and name in other]
    if one.empty or other.empty:
        return None
    cells = _cells(one, keys).merge(_cells(other, keys), on=[*keys, "group"], how="outer", indicator=True)
    shared = cells["_merge"] == "both"
    hidden = cells[["withheld_x", "withheld_y"]].fillna(value=False).astype(bool)
    said = cells[keys].assign(
        one=cells["withheld_x"].notna(),
        other=cells["withheld_y"].notna(),
        only_one=cells["_merge"] == "left_only",
        only_other=cells["_merge"] == "right_only",
        hidden=hidden.any(axis=1),
        contradicted=shared & (hidden["withheld_x"] != hidden["withheld_y"]),
    )
    sums = said.groupby(keys, sort=False).any().reset_index()
    crossed = sums["only_one"] & sums["only_other"] & sums["hidden"]
    found = sums[sums["one"] & sums["other"] & (crossed | sums["contradicted"])]
    return str(found["measure"].iloc[0]) if len(found) else None


def _cells(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The withheld flag of each group of each sum; a missing word is empty, a missing group is everybody."""
    named = rows[keys].astype("string").fillna("")
    group = rows["group"].fillna("all") if "group" in rows else "all"
    return (
        named.assign(group=group, withheld=rows["withheld"].astype(bool))
        .groupby([*keys, "group"], as_index=False)
        .any()
    )
