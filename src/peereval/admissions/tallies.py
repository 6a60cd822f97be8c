"""Index stays tallied in the engine: how many persons have how many stays and readmissions.

The tally is small whatever the register's size, and all that a rate and its interval need is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peereval.admissions.engine import constant, to_pandas

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

_MARKS = ("definition", "followup_end", "origin")


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of index stays.

    Parameters
    ----------
    sums : DataFrame
        One row a ``group`` (and ``time``): ``persons``, ``cases``, ``rows``, and the sums over persons of
        ``cases_squared``, ``cases_by_rows`` and ``rows_squared``.
    exclusions : dict of str to int
        Rows that do not count, by reason code.
    rows : int
        All rows.
    marks : dict of str to list
        The values of ``definition``, ``followup_end`` and ``origin`` in the table, in order.
    """

    sums: pd.DataFrame
    exclusions: dict[str, int]
    rows: int
    marks: dict[str, list[Any]]


def tally(table: ir.Table, group: ir.Value | None, time: ir.Value | None, everybody: str) -> Tally:
    """Count index stays by person, and persons by what was counted.

    Parameters
    ----------
    table : ibis Table
        Index stays with ``person``, ``eligible``, ``readmitted`` and ``reason``, which is empty where a stay counts.
    group, time : ibis Value, optional
        The group and the period of each stay.
    everybody : str
        The name of the group of all stays.

    Returns
    -------
    Tally
        All in one execution.
    """
    import ibis

    known = {name: constant(table, name) for name in _MARKS if name in table.columns}
    keys: dict[str, ir.Value] = {name: table[name] for name, value in known.items() if value is None}
    counts = table["reason"].isnull()
    when = {} if time is None else {"time": _where(counts, time)}
    # the group of a stay that counts, by person; of the others the reason, for all persons together
    label = ibis.ifelse(counts, ibis.literal(everybody) if group is None else group, table["reason"])
    each = table.group_by(person=_where(counts, table["person"]), label=label, **when, **keys).aggregate(
        rows=table.count(), cases=table.count(where=counts & table["readmitted"])
    )
    among = [*when, *keys]
    counted = _of_persons(each, among, whole=group is None)
    if group is not None:
        counting = each.filter(each["person"].notnull())
        # engines add whole numbers in wider types, and floating-point numbers, exact up to 2^53, as they are
        sums = {name: counting[name].cast("float64").sum().cast("int64") for name in ("rows", "cases")}
        whole = counting.group_by("person", *among).aggregate(**sums)
        counted = counted.union(_of_persons(whole.mutate(label=ibis.literal(everybody)), among, whole=True))
    frame = to_pandas(counted)
    if when:
        frame["time"] = frame["time"].dt.strftime("%Y-%m-%d")
    marks = {name: [] if frame.empty else [value[0]] for name, value in known.items() if value is not None}
    marks |= {name: sorted(frame[name].dropna().unique()) for name in keys}
    left_out, counting = frame[~frame["counts"]], frame[frame["counts"]].rename(columns={"label": "group"})
    exclusions = {str(code): int(rows) for code, rows in left_out.groupby("label")["rows"].sum().items()}
    rows = int(counting.loc[counting["whole"], "rows"].mul(counting["persons"]).sum()) + sum(exclusions.values())
    return Tally(_sums(counting, list(when)), exclusions, rows, marks)


def _where(counts: ir.BooleanValue, value: ir.Value) -> ir.Value:
    import ibis

    return ibis.ifelse(counts, value, ibis.null(value.type()))


def _of_persons(each: ir.Table, among: list[str], *, whole: bool) -> ir.Table:
    import ibis

    names = ["whole", "counts", "label", *among, "rows", "cases"]
    known = each.mutate(counts=each["person"].notnull(), whole=ibis.literal(value=whole))
    return known.group_by(names).aggregate(persons=known.count()).select(*names, "persons")


def _sums(counting: pd.DataFrame, when: list[str]) -> pd.DataFrame:
    rows, cases, persons = (counting[name].astype("float64") for name in ("rows", "cases", "persons"))
    weighted = counting[["whole", "group", *when]].assign(
        persons=persons,
        cases=cases * persons,
        rows=rows * persons,
        cases_squared=cases**2 * persons,
        cases_by_rows=cases * rows * persons,
        rows_squared=rows**2 * persons,
    )
    return weighted.groupby(["whole", "group", *when], as_index=False).sum().drop(columns="whole")
