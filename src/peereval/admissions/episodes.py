"""Contacts that belong together, joined to episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from peereval.admissions.contacts import read_contacts
from peereval.admissions.definition import DEFINITIONS, readmission_definition
from peereval.admissions.engine import Source, as_table, given_back
from peereval.contracts import CONTACTS
from peereval.errors import InvalidValueError, nearest
from peereval.files import definitions

if TYPE_CHECKING:
    import ibis.expr.types as ir

Joining: TypeAlias = "str | float"

FAR = "9999-12-31 00:00:00"
"""The end of a stay that is still open, in running maxima."""

_OF_FIRST = ("acute", "specialty")
_OF_LAST = ("unit", "hospital", "discharged_to")


def episodes(contacts: Source, *, joining: Joining) -> Any:
    """Join the contacts of each person that overlap, touch, nest or lie close together.

    Parameters
    ----------
    contacts : DataFrame, str, Path or ibis Table
        The *contacts* contract. Those that `read_contacts` has not read are checked strictly now.
    joining : str or float
        The largest gap in hours between a discharge and the next admission; ``"same-day"`` to join when
        the next admission is on the calendar day of the discharge; or the id of a readmission definition, such
        as ``"dk-30"``, to join as it does. There is no default.

    Returns
    -------
    DataFrame or ibis Table
        The *episodes* contract, of the kind that was given. ``acute`` and ``specialty`` are those of the first
        contact; ``unit``, ``hospital`` and ``discharged_to`` those of the contact that ends last. Contacts
        whose ``reason`` is set join no episode.

    Raises
    ------
    InvalidValueError
        `joining` is a negative number or an unknown name.

    Examples
    --------
    >>> import pandas as pd
    >>> contacts = pd.DataFrame({
    ...     "person": ["a", "a", "a"],
    ...     "admitted": pd.to_datetime(["2020-03-01 10:00", "2020-03-03 12:00", "2020-03-09 08:00"]),
    ...     "discharged": pd.to_datetime(["2020-03-03 09:00", "2020-03-05 10:00", None]),
    ... })
    >>> episodes(contacts, joining=4)[["episode", "admitted", "discharged", "n_contacts"]]
       episode            admitted          discharged  n_contacts
    0        1 2020-03-01 10:00:00 2020-03-05 10:00:00           2
    1        2 2020-03-09 08:00:00                 NaT           1
    """
    checked = read_contacts(as_table(contacts, CONTACTS))
    return given_back(joined(checked, joining), contacts, order=("person", "episode"))


def joined(contacts: ir.Table, joining: Joining) -> ir.Table:
    """Join checked contacts of an Ibis table to episodes.

    Parameters
    ----------
    contacts : ibis Table
        Contacts with a column ``reason``.
    joining : str or float
        As in `episodes`.

    Returns
    -------
    ibis Table
        The *episodes* contract, in no order.
    """
    placed = _placed(contacts.filter(contacts["reason"].isnull()), _rule(joining))
    return _collapsed(placed)


def _rule(joining: Joining) -> float | None:
    """The largest gap in hours, or None for the same calendar day."""
    if joining == "same-day":
        return None
    if isinstance(joining, str):
        if joining not in definitions(*DEFINITIONS):
            msg = f"There is no joining rule {joining!r}."
            raise InvalidValueError(
                msg, hint=nearest(joining, ["same-day", *definitions(*DEFINITIONS)]) + " Or give hours."
            )
        return readmission_definition(joining).max_gap_hours
    if joining < 0:
        msg = f"The largest gap is {joining} hours; it cannot be negative."
        raise InvalidValueError(msg, hint="Use 0 to join only contacts that overlap or touch.")
    return float(joining)


def _placed(contacts: ir.Table, hours: float | None) -> ir.Table:
    """Give each contact its end, the number of its episode, and whether it is the episode's first."""
    import ibis

    table = contacts.mutate(end=contacts["discharged"].fill_null(ibis.timestamp(FAR)))
    order = _total_order(table)
    before = ibis.window(group_by="person", order_by=order, preceding=(None, 1))
    table = table.mutate(reach=table["end"].max().over(before))
    apart = (
        table["admitted"].date() > table["reach"].date()
        if hours is None
        else table["admitted"] > table["reach"] + ibis.interval(seconds=round(hours * 3600))
    )
    table = table.mutate(opens=table["reach"].isnull() | apart)
    upto = ibis.window(group_by="person", order_by=_total_order(table), preceding=None, following=0)
    return table.mutate(episode=ibis.ifelse(table["opens"], 1, 0).sum().over(upto))


def _total_order(table: ir.Table) -> list[Any]:
    """An order without ties, so that every engine numbers rows alike."""
    others = sorted(set(table.columns) - {"person", "admitted", "end", "discharged", "reach", "opens"})
    return [table["admitted"], table["end"], *(table[name] for name in others)]


def _collapsed(placed: ir.Table) -> ir.Table:
    import ibis

    latest = [column.desc() for column in (placed["end"], *_total_order(placed))]
    within = ibis.window(group_by=["person", "episode"], order_by=latest)
    table = placed.mutate(closes=ibis.row_number().over(within) == 0)
    stays = table.group_by("person", "episode").aggregate(
        admitted=table["admitted"].min(),
        end=table["end"].max(),
        n_contacts=table.count(),
        **_picked(table, _OF_FIRST, table["opens"]),
        **_picked(table, _OF_LAST, table["closes"]),
        **({"origin": table["origin"].max()} if "origin" in table.columns else {}),
    )
    open_stay = stays["end"] == ibis.timestamp(FAR)
    stays = stays.mutate(discharged=ibis.ifelse(open_stay, ibis.null("timestamp"), stays["end"]))
    leading = ["person", "episode", "admitted", "discharged", "n_contacts"]
    return stays.select(*leading, *(name for name in stays.columns if name not in {*leading, "end"}))


def _picked(table: ir.Table, names: tuple[str, ...], row: ir.BooleanValue) -> dict[str, ir.Value]:
    """The value of one row of each episode; flags and texts have different aggregates that every engine knows."""
    there = [name for name in names if name in table.columns]
    return {
        name: table[name].any(where=row) if table[name].type().is_boolean() else table[name].max(where=row)
        for name in there
    }
