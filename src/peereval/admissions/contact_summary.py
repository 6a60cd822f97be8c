"""What a table of contacts holds, before anything is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.admissions.contacts import read_contacts
from peereval.admissions.engine import Source, as_table
from peereval.admissions.rates import reasons_of, table_origin, time_precision
from peereval.admissions.spans import FAR
from peereval.contracts import CONTACTS
from peereval.results import Result, versions

if TYPE_CHECKING:
    import ibis.expr.types as ir

_KINDS = {
    "usable": "contacts that can be used",
    "duplicate": "contacts that repeat another one in every column",
    "overlapping": "contacts that begin before an earlier contact of the person has ended, duplicates left out",
    "nested": "overlapping contacts that also end before it",
    "same_moment": "contacts that begin at the moment at which an earlier contact of the person ends",
    "open": "contacts without a discharge, still admitted when the data end",
    "same_day": "contacts that end on the day on which they began",
}
_METHOD = (
    "Contacts were checked against their contract and counted; of contacts that are alike in every column all but one "
    "are duplicates, and overlaps are counted among the others, in the order of admission."
)


def summarise_contacts(contacts: Source, *, register: str | None = None) -> Result:
    """Count what a table of contacts holds: duplicates, overlaps, open stays, and what cannot be used.

    Parameters
    ----------
    contacts : DataFrame, str, Path or ibis Table
        The *contacts* contract; contacts that break it are counted, not refused.
    register : {"lpr2", "lpr3", "par"}, optional
        The register that the rows come from, as in `read_contacts`.

    Returns
    -------
    Result
        Rows with ``measure`` ``contacts_of_kind``, one a kind of contact (``term``), with their number, the number of
        contacts they are part of, and their share. ``exclusions`` counts what cannot be used by reason code.
        ``settings["data"]`` has the first admission and the number of persons.

    Raises
    ------
    ColumnError
        A column is missing or holds another kind of value.

    Notes
    -----
    Counts of single contacts are for the eyes of those who hold the register: none of them is released.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> pe.summarise_contacts(region.contacts).estimates[["term", "numerator", "denominator"]].head(3)
              term  numerator  denominator
    0       usable       1257         1257
    1    duplicate         16         1257
    2  overlapping         96         1241
    """
    table = read_contacts(as_table(contacts, CONTACTS), register=register, strict=False).cache()
    used = table.filter(table["reason"].isnull())
    found = _counts(used, table)
    rows = pd.DataFrame(
        {"term": name, "measure": "contacts_of_kind", "numerator": found[name], "denominator": found[_OF[name]]}
        for name in _KINDS
    )
    return Result(
        kind="contacts",
        title="What the contacts hold",
        estimates=rows.assign(estimate=rows["numerator"] / rows["denominator"].where(rows["denominator"] > 0)),
        method=_METHOD,
        claim="description",
        estimand="Contacts of each kind.",
        assumptions=tuple(f"{name}: {meaning}." for name, meaning in _KINDS.items()),
        settings={
            "register": register,
            "time_precision": time_precision(table),
            "versions": versions(),
            "data": {"rows": found["rows"], "persons": found["persons"], "first_admission": found["first"]},
        },
        exclusions=reasons_of(table),
        origin=table_origin(table),
    )


_OF = (
    dict.fromkeys(_KINDS, "usable")
    | {"usable": "rows"}
    | dict.fromkeys(("overlapping", "nested", "same_moment"), "distinct")
)


def _counts(used: ir.Table, table: ir.Table) -> dict[str, Any]:
    import ibis

    columns = [name for name in used.columns if name != "reason"]
    distinct = used.group_by(columns).aggregate(times=used.count())
    end = distinct["discharged"].fill_null(ibis.timestamp(FAR))
    placed = distinct.mutate(end=end)
    before = ibis.window(group_by="person", order_by=["admitted", "end"], preceding=(None, 1))
    placed = placed.mutate(reach=placed["end"].max().over(before))
    begun = placed["admitted"] < placed["reach"]
    first = placed["admitted"].min()
    [found] = placed.aggregate(
        usable=placed["times"].sum().fill_null(0),
        distinct=placed.count(),
        overlapping=placed.count(where=begun),
        nested=placed.count(where=begun & (placed["end"] <= placed["reach"])),
        same_moment=placed.count(where=placed["admitted"] == placed["reach"]),
        persons=placed["person"].nunique(),
        first=first,
    ).to_pyarrow().to_pylist()  # fmt: skip
    same_day = used["admitted"].truncate("D") == used["discharged"].truncate("D")
    [more] = used.aggregate(open=used.count(where=used["discharged"].isnull()), same_day=used.count(where=same_day)).to_pyarrow().to_pylist()  # fmt: skip
    known: dict[str, Any] = found | more | {"rows": int(table.count().to_pyarrow().as_py())}
    day = None if known["first"] is None else f"{known['first']:%Y-%m-%d}"
    return known | {"duplicate": known["usable"] - known["distinct"], "first": day}
