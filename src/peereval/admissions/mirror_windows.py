"""Bed days of persons in the years around a day of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.admissions.engine import Source, as_table, to_pandas
from peereval.contracts import ACTIVITIES, PERSONS, check_table
from peereval.errors import ColumnError, DesignError, DuplicateError, MissingValueError

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

YEAR = 365
"""Days of a year before or after."""
_NEVER = pd.Timestamp("2999-12-31")


def first_days(first_contact: Source, comparator: Source | None) -> tuple[pd.DataFrame, dict[str, int]]:
    """Give the first day of each person, and the group.

    Parameters
    ----------
    first_contact, comparator : DataFrame, str, Path or ibis Table
        ``person`` and ``date``, any number of rows a person.

    Returns
    -------
    days : DataFrame
        ``person``, ``day`` and ``group`` (*peer* or *comparator*), one row a person.
    missing : dict of str to int
        Rows without a person or a day, by reason code.

    Raises
    ------
    ColumnError
        A column is missing.
    DesignError
        A person is in both groups.
    """
    given = {"peer": first_contact, **({} if comparator is None else {"comparator": comparator})}
    found, missing = [], {"person_missing": 0, "first_contact_missing": 0}
    for group, source in given.items():
        table = as_table(source, ACTIVITIES)
        check_table(table, ACTIVITIES)
        if "person" not in table.columns:
            msg = f"The first contacts of the {group} group have no column 'person'."
            raise ColumnError(msg, hint="Before and after are compared person by person.")
        nobody, never = table["person"].isnull(), table["date"].isnull()
        counted = to_pandas(table.aggregate(nobody=table.count(where=nobody), never=table.count(where=never & ~nobody)))
        missing["person_missing"] += int(counted["nobody"].iloc[0])
        missing["first_contact_missing"] += int(counted["never"].iloc[0])
        known = table.filter(~nobody & ~never)
        days = to_pandas(known.group_by("person").aggregate(day=known["date"].min().cast("date").cast("timestamp")))
        found.append(days.assign(group=group))
    frame = pd.concat(found, ignore_index=True)
    both = int(frame["person"].duplicated().sum())
    if both:
        msg = f"{both} persons are in both groups."
        raise DesignError(msg, hint="A person with a peer contact is no comparator: leave out one of the two rows.")
    return frame.sort_values(["group", "person"], ignore_index=True), {key: n for key, n in missing.items() if n}


def around(
    table: ir.Table,
    days: pd.DataFrame,
    persons: Source | None,
    *,
    length: int,
    same_day: float,
    data: tuple[date, date],
) -> pd.DataFrame:
    """Count the bed days of each person before and after.

    Parameters
    ----------
    table : ibis Table
        Stays with a ``reason``; only those of these persons are pulled.
    days : DataFrame
        As `first_days` gives them.
    persons : DataFrame, str, Path or ibis Table, optional
        The *persons* contract.
    length : int
        Days before and after.
    same_day : float
        Days of a stay that ends on the day of admission.
    data : tuple of date
        First and last day of the data.

    Returns
    -------
    DataFrame
        One row a person: ``group``, ``reason`` (empty where everything needed was observed), bed days ``naive_before``,
        ``naive_after``, ``before``, ``after`` (the stay of the first contact left out: before its admission, after its
        discharge), and ``earlier`` (the time before ``before``; missing where not observed).
    """
    import ibis
    import pyarrow as pa

    # Ibis' own conversion of frames warns under pandas 3
    mine = ibis.memtable(pa.Table.from_pandas(days[["person"]], preserve_index=False))
    after = _number(pd.Series([pd.Timestamp(data[1])]))[0] + 1
    stays = _stays(table, mine, days, after)
    day = _number(days["day"])
    index = (stays.began <= day[stays.place]) & (day[stays.place] <= stays.ended)
    into, out = day.copy(), day.copy()
    np.minimum.at(into, stays.place[index], stays.began[index])
    np.maximum.at(out, stays.place[index], stays.ended[index])
    always = np.ones(len(index), dtype=np.bool_)
    spent = partial(_spent, stays, len(days), length=length, same_day=same_day)
    frame = days[["group"]].assign(
        naive_before=spent(day - length, always),
        naive_after=spent(day, always),
        before=spent(into - length, ~index),
        after=spent(out, ~index),
        earlier=spent(into - 2 * length, ~index),
    )
    first = _number(pd.Series([pd.Timestamp(data[0])]))[0]
    frame["earlier"] = frame["earlier"].mask(pd.Series(into - 2 * length < first))
    checks = {
        "not_observed_yet": (day < first) | (day >= after),
        "baseline_too_short": into - length < first,
        **_ends(days, persons, mine, out + length),
        "still_admitted": np.bincount(stays.place[index & stays.still], minlength=len(days)) > 0,
        "followup_too_short": out + length > after,
    }
    reason = pd.Series(pd.NA, index=frame.index, dtype="string")
    for code, found in reversed(checks.items()):
        reason = reason.mask(pd.Series(found), code)
    return frame.assign(reason=reason)


@dataclass(frozen=True, slots=True, eq=False)
class _Stays:
    """Stays in numbers of days: whose, from, to, and whether they are still open."""

    place: NDArray[np.intp]
    began: NDArray[np.int64]
    ended: NDArray[np.int64]
    still: NDArray[np.bool_]


def _stays(table: ir.Table, mine: ir.Table, days: pd.DataFrame, after: np.int64) -> _Stays:
    used = table.filter(table["reason"].isnull()).semi_join(mine, "person")
    frame = to_pandas(used.select("person", admitted=_day_of(used["admitted"]), discharged=_day_of(used["discharged"])))
    still = frame["discharged"].isna().to_numpy(dtype=np.bool_)
    ended = np.where(still, after, _number(frame["discharged"]))
    place = pd.Index(days["person"]).get_indexer(pd.Index(frame["person"]))
    return _Stays(place, _number(frame["admitted"]), ended, still)


def _number(days: pd.Series) -> NDArray[np.int64]:
    """Days since 1970; a missing one is far away."""
    found: NDArray[np.int64] = days.fillna(_NEVER).to_numpy(dtype="datetime64[D]").astype(np.int64)
    return found


def _day_of(value: ir.Value) -> ir.Value:
    return value.cast("date").cast("timestamp")


def _spent(
    stays: _Stays, count: int, first: NDArray[np.int64], which: NDArray[np.bool_], *, length: int, same_day: float
) -> Floats:
    """Days of each person in the window that begins on a day of its own."""
    opens = first[stays.place]
    overlap = np.minimum(stays.ended, opens + length) - np.maximum(stays.began, opens)
    at_once = (stays.began == stays.ended) & (stays.began >= opens) & (stays.began < opens + length)
    inside = np.where(at_once, same_day, np.maximum(overlap, 0))
    return np.bincount(stays.place, np.where(which, inside, 0.0), minlength=count).astype(np.float64)


def _ends(
    days: pd.DataFrame, persons: Source | None, mine: ir.Table, needed: NDArray[np.int64]
) -> dict[str, NDArray[np.bool_]]:
    """Who died or left the country before the time after the first contact had passed."""
    if persons is None:
        return {}
    table = as_table(persons, PERSONS)
    check_table(table, PERSONS)
    known = [name for name in ("died", "emigrated") if name in table.columns]
    if not known:
        msg = "The persons have neither a column 'died' nor 'emigrated'."
        raise ColumnError(msg, hint="Add what is known of them, or leave persons out.")
    theirs = table.semi_join(mine, "person")
    frame = to_pandas(theirs.select("person", **{name: _day_of(theirs[name]) for name in known}))
    if frame["person"].duplicated().any():
        msg = f"{int(frame['person'].duplicated().sum())} persons have more than one row in the table of persons."
        raise DuplicateError(msg, hint="Keep one row a person.")
    unknown = int((~days["person"].isin(frame["person"])).sum())
    if unknown:
        msg = f"{unknown} persons with a first contact are not in the table of persons."
        raise MissingValueError(msg, hint="Add them: without a row nobody knows whether they have died.")
    ends = days[["person"]].merge(frame, on="person", how="left")
    return {f"{name}_in_followup": _number(ends[name]) < needed for name in known}
