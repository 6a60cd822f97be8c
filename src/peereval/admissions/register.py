"""Registers as they are exported: which of their columns and codes is what, as a value."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from peereval.contracts import CONTACTS
from peereval.errors import ColumnError, UnverifiedWarning
from peereval.files import definition

if TYPE_CHECKING:
    import ibis.expr.types as ir

REGISTERS = ("peereval.admissions", "registers")
"""Where the registers are."""
_TIMES = ("admitted", "discharged")


class Register(BaseModel):
    """How a register names its columns and codes.

    Parameters
    ----------
    id, version, name : str
        Its name in calls, the version of this file, and its full name.
    dates_only : bool
        Whether it holds dates without times, so that days are counted.
    columns : dict of str to tuple of str
        Column of the *contacts* contract to the names that the register may give it, in any case.
    clock : dict of str to tuple of str
        Where the time of day of a date stands in a column of its own.
    codes : dict of str to tuple of str
        The codes of ``acute`` contacts, of ``psychiatric`` specialties, and of the ``contact_type`` that is used; a
        code that ends with a star stands for all that begin so.
    sentence, source : str
        The register in words, and where that is written.
    unverified : tuple of str
        Parts that nobody has seen at the source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    name: str
    dates_only: bool
    columns: dict[str, tuple[str, ...]]
    clock: dict[str, tuple[str, ...]] = {}
    codes: dict[str, tuple[str, ...]] = {}
    sentence: str
    source: str
    unverified: tuple[str, ...]


def register(name: str) -> Register:
    """Give a register by its name.

    Parameters
    ----------
    name : str
        ``"lpr2"``, ``"lpr3"`` or ``"par"``.

    Returns
    -------
    Register
        How it names its columns and codes.

    Raises
    ------
    UnknownNameError
        There is none of that name.

    Examples
    --------
    >>> register("par").dates_only
    True
    """
    return Register.model_validate(definition(*REGISTERS, name, "register"))


def from_register(table: ir.Table, name: str) -> ir.Table:
    """Translate a register's columns and codes to the *contacts* contract, in the engine.

    Parameters
    ----------
    table : ibis Table
        The register's rows; columns that the register's file does not name are kept.
    name : str
        Id of the register.

    Returns
    -------
    ibis Table
        The same rows. A specialty becomes *psychiatric* or *somatic*; a contact of another type than the one that is used
        has ``reason`` ``other_contact_type``.

    Raises
    ------
    ColumnError
        The persons, admissions or discharges are not found.

    Warns
    -----
    UnverifiedWarning
        A part of the register's file has not been seen at its source.
    """
    import ibis

    known = register(name)
    text = f"{known.id}: not verified at the source: {'; '.join(known.unverified)}."
    warnings.warn(UnverifiedWarning(text), stacklevel=3)
    found = {ours: _found(table, names) for ours, names in known.columns.items()}
    _check_found(found, known)
    values = {ours: _value(table, ours, theirs, known) for ours, theirs in found.items() if theirs}
    kept = [name for name in table.columns if name not in {*found.values(), *values}]
    table = table.select(*kept, **values)
    if "contact_type" in values:
        other = ~_one_of(table["contact_type"], known.codes["contact_type"])
        reason = ibis.ifelse(other.fill_null(True), "other_contact_type", ibis.null("string"))  # noqa: FBT003 - Ibis takes it by position
        table = table.mutate(reason=reason)
    return table.mutate(dates_only=ibis.literal(value=True)) if known.dates_only else table


def _found(table: ir.Table, names: tuple[str, ...]) -> str | None:
    there = {column.lower(): column for column in table.columns}
    return next((there[name.lower()] for name in names if name.lower() in there), None)


def _check_found(found: dict[str, str | None], known: Register) -> None:
    required = [column.name for column in CONTACTS.columns if column.required]
    missing = [ours for ours in required if not found.get(ours)]
    if missing:
        names = ", ".join(f"{' or '.join(known.columns[ours])} ({ours})" for ours in missing)
        msg = f"The {known.name} should have columns that are not there: {names}."
        raise ColumnError(msg, hint="Rename them, or read without a register after naming the columns yourself.")


def _value(table: ir.Table, ours: str, theirs: str, known: Register) -> Any:
    import ibis

    value = table[theirs]
    if ours in _TIMES:
        clock = _found(table, known.clock.get(ours, ()))
        if clock is None:
            return value.cast("timestamp(6)")
        day = value.cast("date").cast("string")
        return (day + " " + table[clock].cast("string")).cast("timestamp(6)")
    if ours == "acute":
        return _one_of(value, known.codes["acute"])
    if ours == "specialty":
        psychiatric = _one_of(value, known.codes["psychiatric"])
        return ibis.cases((psychiatric, "psychiatric"), (~psychiatric, "somatic"))
    return value.cast("float64") if ours == "age" else value.cast("string")


def _one_of(value: ir.Value, codes: tuple[str, ...]) -> ir.BooleanValue:
    text = value.cast("string").strip()
    known = text.isin([code for code in codes if not code.endswith("*")])
    for code in codes:
        if code.endswith("*"):
            known |= text.startswith(code[:-1])
    return known
