"""Strata of index stays, such as age group and sex, and their sums over persons, made in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from peereval.admissions.engine import to_pandas
from peereval.admissions.rates import group_of
from peereval.errors import ColumnError, DesignError, InvalidValueError, UnsupportedInputError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pandas as pd

AGE_GROUP = "age_group"
GROUP = ["everybody", "group"]
"""The key of a group; that of everybody is told apart from one that is called so."""
_TAKEN = {*GROUP, "person", "cases", "rows", "with_case", "without_case", "weight", "numerator", "denominator"}
"""What sums and references are called, so no stratum can be."""


@dataclass(frozen=True, slots=True, eq=False)
class StratumSums:
    """Sums of cases and rows by group and stratum.

    Parameters
    ----------
    strata : DataFrame
        ``everybody``, ``group``, a column of text a stratum variable, ``cases`` and ``rows``, and the persons
        ``with_case`` and ``without_case``, who may be the same.
    persons : DataFrame
        ``everybody``, ``group`` and ``persons``.
    pairs : DataFrame
        Sums over persons of products of two strata, named with the ends ``_a`` and ``_b``: ``case_case``,
        ``case_row``, ``row_case`` and ``row_row``.
    """

    strata: pd.DataFrame
    persons: pd.DataFrame
    pairs: pd.DataFrame


def check_strata(table: ir.Table, strata: Sequence[str], by: str) -> None:
    """Refuse stratum columns that the index stays do not have, or that say the same as the groups.

    Parameters
    ----------
    table : ibis Table
        Index stays.
    strata : sequence of str
        The stratum columns; ``age_group`` may be made from ``age``.
    by : str
        The column of the groups.

    Raises
    ------
    UnsupportedInputError
        A single text was given for several names.
    ColumnError
        There is no such column.
    DesignError
        No stratum was given, or groups are among the strata.
    """
    if isinstance(strata, str):
        msg = "The strata are a single text."
        raise UnsupportedInputError(msg, hint=f"Give a tuple of columns: strata=({strata!r},).")
    if not strata or by in strata:
        found = f"{by!r} both as groups and as strata" if strata else "no strata"
        msg = f"Rates were to be standardised with {found}."
        raise DesignError(msg, hint="Name the columns, other than the groups, in which groups differ.")
    if taken := sorted(_TAKEN & set(strata)):
        msg = f"A stratum column is called {taken[0]!r}, as a column of the sums is."
        raise DesignError(msg, hint="Rename the column of the index stays.")
    for name in strata:
        wanted = "age" if name == AGE_GROUP and name not in table.columns else name
        if wanted not in table.columns:
            msg = f"The index stays have no column {wanted!r}, so rates cannot be standardised for {name!r}."
            from_persons = wanted in {"age", "sex"}
            hint = (
                "Give persons= to readmissions, or name other strata."
                if from_persons
                else nearest(wanted, table.columns)
            )
            raise ColumnError(msg, hint=hint)


def with_age_group(table: ir.Table, bands: Sequence[int]) -> ir.Table:
    """Add the age group at discharge, unless the index stays have one.

    Parameters
    ----------
    table : ibis Table
        Index stays with ``age`` in whole years.
    bands : sequence of int
        The first year of each age group after the youngest.

    Returns
    -------
    ibis Table
        With ``age_group``, such as ``"0-17"``, ``"18-24"`` and ``"65+"``; empty where the age is not known.

    Raises
    ------
    InvalidValueError
        The bands do not rise.
    """
    import ibis

    bands = list(bands)
    if not bands or bands[0] <= 0 or any(low >= high for low, high in pairwise(bands)):
        msg = f"The age bands are {bands}; expected years that rise, above 0."
        raise InvalidValueError(msg, hint="Name the first year of each band, such as (18, 25, 45, 65).")
    age = table["age"].cast("float64")
    labels = [f"{low}-{high - 1}" for low, high in pairwise([0, *bands])]
    below = [(age < high, label) for high, label in zip(bands, labels, strict=True)]
    unknown = (age.isnull() | age.isnan() | (age < 0), ibis.null("string"))
    return table.mutate(**{AGE_GROUP: ibis.cases(unknown, *below, else_=f"{bands[-1]}+")})


def stratum_sums(eligible: ir.Table, by: str, strata: Sequence[str]) -> StratumSums:
    """Sum the cases and rows of persons by group and stratum, without pulling rows.

    Parameters
    ----------
    eligible : ibis Table
        Index stays that count, with ``person``, ``readmitted`` and the columns below.
    by : str
        The column of the groups.
    strata : sequence of str
        The stratum columns.

    Returns
    -------
    StratumSums
        Sums of each group and of everybody.
    """
    cells = _cells(eligible, by, strata).cache()
    sums = cells.group_by(*GROUP, *strata).aggregate(
        cases=cells["cases"].sum(),
        rows=cells["rows"].sum(),
        with_case=(cells["cases"] > 0).sum(),
        without_case=(cells["rows"] > cells["cases"]).sum(),
    )
    persons = cells.group_by(*GROUP).aggregate(persons=cells["person"].nunique())
    # engines put texts in different orders
    ordered = to_pandas(sums).sort_values([*GROUP, *strata], ignore_index=True)
    return StratumSums(ordered, to_pandas(persons).sort_values([*GROUP], ignore_index=True), _pairs(cells, strata))


def _cells(eligible: ir.Table, by: str, strata: Sequence[str]) -> ir.Table:
    """Cases and rows of each person in each group and stratum, then in each stratum whatever the group."""
    import ibis

    keyed = eligible.mutate(
        everybody=ibis.literal(value=False),
        group=group_of(eligible, by),
        cases=ibis.ifelse(eligible["readmitted"], 1, 0),
        **{name: eligible[name].cast("string") for name in strata},
    )
    grouped = keyed.group_by(*GROUP, "person", *strata).aggregate(cases=keyed["cases"].sum(), rows=keyed.count())
    together = grouped.group_by("person", *strata).aggregate(cases=grouped["cases"].sum(), rows=grouped["rows"].sum())
    together = together.mutate(everybody=ibis.literal(value=True), group=group_of(together, None))
    # sums of whole numbers have other types in other engines
    parts = [
        part.select(*GROUP, "person", *strata, cases=part["cases"].cast("int64"), rows=part["rows"].cast("int64"))
        for part in (grouped, together)
    ]
    return ibis.union(*parts)


def _pairs(cells: ir.Table, strata: Sequence[str]) -> pd.DataFrame:
    one = cells.rename(**{f"{name}_a": name for name in (*strata, "cases", "rows")})
    other = cells.rename(**{f"{name}_b": name for name in (*strata, "cases", "rows")})
    both = one.join(other, [*GROUP, "person"])
    sums = both.group_by(*GROUP, *(f"{name}_{end}" for end in "ab" for name in strata)).aggregate(
        case_case=(both["cases_a"] * both["cases_b"]).sum(),
        case_row=(both["cases_a"] * both["rows_b"]).sum(),
        row_case=(both["rows_a"] * both["cases_b"]).sum(),
        row_row=(both["rows_a"] * both["rows_b"]).sum(),
    )
    return to_pandas(sums)
