"""Who was asked: informants by group, how they were asked, for how long, and who found and asked them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.contracts import INFORMANTS, check_frame
from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.interviews.codings import ALL, check_one_group, in_order
from peereval.mentions import row_numbers
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DESCRIBED = ("role", "method", "recruited_by", "interviewed_by", "record")
"""The columns that say who the informants were and how they were asked."""
UNKNOWN = "not known"
_COLUMNS = ["group", "outcome", "term", "measure", "estimate", "n", "numerator", "denominator"]


def informant_counts(informants: pd.DataFrame, *, by: str = "role") -> Result:
    """Count who was asked, and how; every total is the sum of its parts.

    Parameters
    ----------
    informants : DataFrame
        The *informants* contract: one row an informant, or one row a group and method with ``n_informants``.
    by : str
        The column of the groups.

    Returns
    -------
    Result
        Rows with ``measure``: ``informants_asked`` (in all: ``numerator``); ``informants`` (the level in ``term`` of
        the column in ``outcome``: `by` itself, and role, method, recruited_by, interviewed_by and record where the
        table has them, within each ``group`` and within ``all``; ``numerator`` of ``denominator`` informants, the
        share in ``estimate``; levels that the table leaves empty are *not known*); and ``minutes_shortest``,
        ``minutes_mean`` and ``minutes_longest`` of the interviews of a group (minutes; the mean is over informants,
        ``n`` of them with known minutes). Rows without a group or without a number are left out and counted.

    Raises
    ------
    ColumnError, DuplicateError
        The table does not keep to the contract, or has no column `by`; an informant stands in two rows.
    DesignError
        An informant is in two groups.
    InvalidValueError
        A row of one informant stands for several, a number of informants is no whole number above 0, or minutes are not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> asked = pd.DataFrame({"role": ["patient", "staff", "staff"], "method": ["telephone", "focus group", "telephone"],
    ...                       "n_informants": [9, 5, 2], "minutes": [30, 90, 30]})
    >>> found = informant_counts(asked).estimates
    >>> found.loc[found["measure"] == "informants", ["group", "outcome", "term", "numerator", "denominator"]]
         group outcome         term  numerator  denominator
    1      all    role      patient        9.0         16.0
    2      all    role        staff        7.0         16.0
    3      all  method    telephone       11.0         16.0
    4      all  method  focus group        5.0         16.0
    5  patient  method    telephone        9.0          9.0
    6  patient  method  focus group        0.0          9.0
    7    staff  method    telephone        2.0          7.0
    8    staff  method  focus group        5.0          7.0
    """
    check_informants(informants, by)
    weights = numbers_of(informants)
    no_group, no_number = informants[by].isna(), weights.isna()
    known = informants[~no_group & ~no_number].assign(n=weights)
    groups = in_order(known[by])
    excluded = {"group_missing": weights[no_group].fillna(1).sum(), "number_missing": (no_number & ~no_group).sum()}
    return Result(
        kind="informants",
        title="Who was asked",
        estimates=pd.DataFrame(list(_rows(known, by, groups)), columns=_COLUMNS),
        method=_METHOD.format(by),
        claim="description",
        estimand="Number of informants, and of minutes that they were asked.",
        assumptions=("Each informant is counted in one group; the members of a focus group are counted one by one.",),
        settings={"by": by, "groups": groups, "versions": versions(), "data": data_facts(informants)},
        exclusions={reason: int(count) for reason, count in excluded.items() if count},
        origin=origin_of(informants),
    )


_METHOD = (
    "Informants were counted by {0} and, within it, by how they were asked, who found them, who asked and what was kept; "
    "totals are the sums of these counts. Informants are chosen, not drawn at random, so shares have no interval."
)


def check_informants(informants: pd.DataFrame, by: str) -> None:
    """Check a table of informants.

    Parameters
    ----------
    informants : DataFrame
        The table.
    by : str
        The column of the groups.

    Raises
    ------
    ColumnError, DuplicateError
        It does not keep to the contract, or has no column `by`.
    DesignError
        An informant is in two groups.
    InvalidValueError
        A number of informants or of minutes is impossible.
    """
    check_one_group(informants, by, "informants")
    check_frame(informants, INFORMANTS)
    if by not in informants:
        msg = f"The informants have no column {by!r}."
        raise ColumnError(msg, hint=nearest(by, [str(name) for name in informants.columns]))
    if "n_informants" in informants:
        number = informants["n_informants"]
        wrong = (number < 1) | (number % 1 != 0) & number.notna()
        _refuse(wrong, "n_informants is no whole number above 0", "Leave the cell empty where the number is not known.")
        if "informant" in informants:
            one = informants["informant"].notna() & (number > 1)
            _refuse(
                one, "a row of one informant stands for several", "Leave the informant empty, or make one row each."
            )
    if "minutes" in informants:
        _refuse(informants["minutes"] <= 0, "minutes are not above 0", "Leave the cell empty where they are not known.")


def numbers_of(informants: pd.DataFrame) -> pd.Series:
    """Say how many informants each row stands for.

    Parameters
    ----------
    informants : DataFrame
        The table.

    Returns
    -------
    Series of float
        One where a row is an informant or the column ``n_informants`` is not there; missing where it is empty.
    """
    ones = pd.Series(1.0, index=informants.index)
    if "n_informants" not in informants:
        return ones
    number = informants["n_informants"].astype("Float64").astype(float)
    single = informants["informant"].notna() if "informant" in informants else ones.eq(0)
    return number.mask(number.isna() & single, 1.0)


def _refuse(wrong: pd.Series, told: str, hint: str) -> None:
    places = np.flatnonzero(wrong.fillna(value=False).to_numpy(dtype=bool)).tolist()
    if places:
        msg = f"In the informants, {row_numbers(places)}: {told}."
        raise InvalidValueError(msg, hint=hint)


def _rows(known: pd.DataFrame, by: str, groups: Sequence[str]) -> Iterator[dict[str, Any]]:
    total = known["n"].sum()
    yield {"group": ALL, "measure": "informants_asked", "numerator": total}
    yield from _levels(known, by, ALL, groups)
    described = [name for name in DESCRIBED if name in known and name != by]
    for group in (ALL, *groups):
        part = known if group == ALL else known[known[by] == group]
        for name in described:
            yield from _levels(part, name, group, _texts(known, name).unique().tolist())
    for group in (ALL, *groups):
        yield from _minutes(known if group == ALL else known[known[by] == group], group)


def _levels(part: pd.DataFrame, name: str, group: str, levels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A row a level, those of nobody too: a missing row would say of everybody else what their level is."""
    total = float(part["n"].sum())
    counts = part["n"].groupby(_texts(part, name), sort=False).sum().reindex(list(levels), fill_value=0.0)
    for level, count in counts.items():
        yield {
            "group": group, "outcome": name, "term": level, "measure": "informants",
            "estimate": count / total, "numerator": count, "denominator": total,
        }  # fmt: skip


def _texts(part: pd.DataFrame, name: str) -> pd.Series:
    return part[name].astype("string").fillna(UNKNOWN)


def _minutes(part: pd.DataFrame, group: str) -> Iterator[dict[str, Any]]:
    timed = part[part["minutes"].notna()] if "minutes" in part else part[:0]
    if timed.empty:
        return
    minutes, n = timed["minutes"].astype(float), timed["n"].astype(float)
    found = {"shortest": minutes.min(), "mean": float(np.average(minutes, weights=n)), "longest": minutes.max()}
    for name, value in found.items():
        yield {"group": group, "outcome": "minutes", "measure": f"minutes_{name}", "estimate": value, "n": n.sum()}
