"""How many were eligible, were invited and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.contracts import INVITED, check_frame
from peereval.errors import InvalidValueError, nearest
from peereval.estimation.proportions import wilson_interval
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEVEL = 0.95


def share(numerator: int, denominator: float, *, interval: bool = True) -> dict[str, object]:
    """Give the cells of a share.

    Parameters
    ----------
    numerator : int
        The cases.
    denominator : float
        All of them; not-a-number where that is unknown, and then the share is unknown.
    interval : bool
        Whether it has Wilson's interval.

    Returns
    -------
    dict
        ``numerator``, ``denominator``, ``estimate`` and perhaps the limits.

    Examples
    --------
    >>> share(3, float("nan"))["estimate"]
    nan
    """
    cells: dict[str, object] = {
        "numerator": numerator,
        "denominator": denominator,
        "estimate": numerator / denominator if denominator else np.nan,
    }
    if not interval:
        return cells
    low, high = wilson_interval(numerator, denominator, level=LEVEL)
    level = LEVEL if denominator > 0 else np.nan
    return {**cells, "conf_low": float(low), "conf_high": float(high), "conf_level": level}


def check_invited(invited: pd.DataFrame, rounds: Sequence[str]) -> None:
    """Check a table of how many were eligible and invited.

    Parameters
    ----------
    invited : DataFrame
        The *invited* contract.
    rounds : sequence of str
        The rounds there are.

    Raises
    ------
    InvalidValueError
        A round that is not among `rounds`, a number below 0, or more invited than eligible.
    ColumnError, MissingValueError
        The table breaks its contract.

    Examples
    --------
    >>> check_invited(pd.DataFrame({"round": ["strat"], "invited": [10]}), ["start", "one-year"])
    Traceback (most recent call last):
    ...
    peereval.errors.InvalidValueError: PE103: The table of the invited has the round 'strat' in row 1, which no answer belongs to. Did you mean 'start'?
    """
    check_frame(invited, INVITED)
    labels = invited["round"].astype(str)
    if (strange := ~labels.isin(rounds)).any():
        first = labels[strange].iloc[0]
        where = row_numbers(np.flatnonzero(labels == first).tolist())
        msg = f"The table of the invited has the round {first!r} in {where}, which no answer belongs to."
        raise InvalidValueError(msg, hint=nearest(first, rounds))
    asked, eligible = invited["invited"].astype("float64"), _eligible(invited)
    for wrong, words in (
        ((asked < 0) | (eligible < 0), "a number below 0"),
        (asked > eligible, "more invited than eligible"),
    ):
        if wrong.any():
            msg = f"The table of the invited has {words} in {row_numbers(np.flatnonzero(wrong).tolist())}."
            raise InvalidValueError(msg, hint="Count again how many were eligible and invited in that round.")


def response_rows(
    answered: pd.Series, asked: pd.DataFrame | None, name: str, rounds: Sequence[str]
) -> Iterator[dict[str, object]]:
    """Give the response of a group: answered of invited and, where a table says it, invited of eligible.

    Parameters
    ----------
    answered : Series of str
        The round of each answer of the group.
    asked : DataFrame or None
        The group's rows of the table of the invited; None where the table does not tell groups apart.
    name : str
        The group.
    rounds : sequence of str
        The rounds in their order.

    Yields
    ------
    dict
        Rows with the measures ``invited`` and ``answered``.

    Raises
    ------
    InvalidValueError
        More answered a round than were invited.
    """
    for label in rounds:
        there = None if asked is None else asked[asked["round"].astype(str) == label]
        total = np.nan if there is None or there.empty else float(there["invited"].sum())
        count = int((answered == label).sum())
        if count > total:
            msg = f"{count} answered the round {label!r} (group {name!r}), but {total:.0f} were invited to it."
            raise InvalidValueError(
                msg, hint="Look for invitations that are missing, or rows of persons who were not asked."
            )
        if there is not None and len(there):
            of_eligible = share(int(total), float(_eligible(there).sum(skipna=False)))
            yield {"measure": "invited", "group": name, "round": label, **of_eligible}
        yield {"measure": "answered", "group": name, "round": label, **share(count, total)}


def _eligible(invited: pd.DataFrame) -> pd.Series:
    """How many were eligible in each row; unknown, not zero, where the table does not say."""
    if "eligible" not in invited.columns:
        return pd.Series(np.nan, index=invited.index)
    return invited["eligible"].astype("Float64").astype("float64")
