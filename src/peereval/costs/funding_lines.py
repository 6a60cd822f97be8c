"""The budget lines of a programme's scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.errors import DesignError, UnsupportedInputError

if TYPE_CHECKING:
    from peereval.programmes.funding import Funding
    from peereval.programmes.programme import Programme

_KINDS: dict[str, Any] = {
    "scenario": "string", "line": "string", "period": "string", "amount": float, "currency": "string",
    "price_year": "Int64", "stated_total": bool, "positions": float, "origin": "string",
}  # fmt: skip


def lines_of(programme: Programme) -> tuple[pd.DataFrame, dict[str, int]]:
    """Read the budget lines of scenarios out of a programme's funding.

    Parameters
    ----------
    programme : Programme
        The programme.

    Returns
    -------
    tuple of DataFrame and dict of str to int
        *Budget lines*, one row a line and period, and how many lines of funding belong to no scenario.

    Raises
    ------
    UnsupportedInputError
        It is no programme.
    DesignError
        A scenario has money of two statuses, such as proposed and granted.

    Examples
    --------
    >>> from peereval.programmes.funding import Funding
    >>> from peereval.programmes.programme import Programme
    >>> more = Funding(purpose="ten more", amount=3e6, currency="DKK", start=2018, status="proposed", scenario="B", source="")
    >>> lines, left_out = lines_of(Programme(funding=(more,)))
    >>> lines[["scenario", "line", "period", "amount", "stated_total"]]
      scenario      line period     amount  stated_total
    0        B  ten more  2018-  3000000.0         False
    """
    if not hasattr(programme, "funding") or not hasattr(programme, "positions"):
        msg = f"Budget scenarios were given as {type(programme).__name__}."
        raise UnsupportedInputError(msg, hint="Give a table of budget lines, or a Programme.")
    wholes = {each.part_of for each in programme.funding if each.part_of}
    named = [each for each in programme.funding if each.scenario]
    # a subtotal is neither a part nor the total of the scenario
    kept = [each for each in named if not (each.part_of and each.id in wholes)]
    _check_statuses(kept)
    paid = {each.id: each.count for each in programme.positions if each.id}
    rows = [
        {
            "scenario": each.scenario, "line": each.purpose, "period": period, "amount": each.amount,
            "currency": each.currency, "price_year": each.price_level, "stated_total": each.id in wholes,
            "positions": _number(paid.get(each.id)), "origin": programme.origin,
        }
        for each in kept
        for period in each.years
    ]  # fmt: skip
    left_out = len(programme.funding) - len(named)
    return pd.DataFrame(rows, columns=list(_KINDS)).astype(_KINDS), {"scenario_missing": left_out}


def _number(count: tuple[float, float] | None) -> float:
    """A printed range of positions is no number to divide by."""
    return count[0] if count is not None and count[0] == count[1] else np.nan


def _check_statuses(lines: list[Funding]) -> None:
    for scenario in sorted({each.scenario for each in lines}):
        found = sorted({each.status for each in lines if each.scenario == scenario})
        if len(found) > 1:
            msg = f"The scenario {scenario!r} has money that is {' and money that is '.join(found)}; these are never added."
            raise DesignError(msg, hint="Give each status a scenario of its own.")
