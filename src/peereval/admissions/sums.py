"""Sums over persons, made in the engine, from which rates and their intervals come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.admissions.engine import to_pandas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir
    import pandas as pd


def person_sums(table: ir.Table, keys: Sequence[str]) -> pd.DataFrame:
    """Sum what happened and the time in which it could, with the squares that persons as clusters need.

    Parameters
    ----------
    table : ibis Table
        One row a ``person`` (and key), with the numbers ``top`` and ``bottom``; who is not known is counted as nobody.
    keys : sequence of str
        Columns such as ``group`` and ``time``.

    Returns
    -------
    DataFrame
        One row a key in order: ``persons``, ``with_top`` (those with any), ``top``, ``bottom``, ``top_squared``, ``top_by_bottom``, ``bottom_squared``.
    """
    top, bottom = table["top"].cast("float64"), table["bottom"].cast("float64")
    sums = table.group_by(*keys).aggregate(
        persons=table["person"].count(),
        with_top=(table["person"].notnull() & (top > 0)).sum(),
        top=top.sum(),
        bottom=bottom.sum(),
        top_squared=(top * top).sum(),
        top_by_bottom=(top * bottom).sum(),
        bottom_squared=(bottom * bottom).sum(),
    )
    return to_pandas(sums).sort_values(list(keys), ignore_index=True)


def squares_of(sums: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Give the sums of squares in the order in which intervals take them."""
    return sums["top_squared"], sums["top_by_bottom"], sums["bottom_squared"]


def added(*counts: Mapping[str, int]) -> dict[str, int]:
    """Add counts by reason code of several tables."""
    total: dict[str, int] = {}
    for each in counts:
        for reason, count in each.items():
            total[reason] = total.get(reason, 0) + count
    return total
