"""Contacts that belong together, joined to episodes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from peereval.admissions.contacts import read_contacts
from peereval.admissions.definition import DEFINITIONS, readmission_definition
from peereval.admissions.engine import Source, as_table, given_back
from peereval.admissions.joining import SAME_DAY, Chosen, Joining, JoiningRule, Within, joining_rule
from peereval.admissions.spans import FAR, episode_spans
from peereval.admissions.text_order import sortable
from peereval.contracts import CONTACTS
from peereval.errors import ColumnError, InvalidValueError, MissingValueError, nearest
from peereval.files import definitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

_AS_USUAL: Mapping[str, Chosen] = MappingProxyType({})


def episodes(
    contacts: Source,
    *,
    joining: Joining,
    within: Within = "anywhere",
    transfer_gap_hours: float | None = None,
    choose: Mapping[str, Chosen] = _AS_USUAL,
) -> Any:
    """Join the contacts of each person that overlap, touch, nest or lie close together.

    Parameters
    ----------
    contacts : DataFrame, str, Path or ibis Table
        The *contacts* contract. Those that `read_contacts` has not read are checked strictly now.
    joining : str or float
        The largest gap in hours between a discharge and the next admission; ``"same-day"`` to join when
        the next admission is on the calendar day of the discharge; or the id of a readmission definition, such
        as ``"dk-30"``, to join as it does (then nothing else is said). There is no default.
    within : {"anywhere", "hospital"}
        Whether contacts of different hospitals are joined.
    transfer_gap_hours : float, optional
        The largest gap in hours after a contact whose ``discharged_to`` is ``transfer``, where it is larger.
    choose : mapping of str to {"first", "last", "longest", "any"}, optional
        The contact that says a column of the episode. Unless it is named here, ``acute``, ``specialty``,
        ``diagnosis`` and ``age`` are those of the first contact, ``unit``, ``hospital`` and ``discharged_to`` those
        of the contact that ends last. ``{"acute": "any"}`` makes an episode acute if one of its contacts is.

    Returns
    -------
    DataFrame or ibis Table
        The *episodes* contract, of the kind that was given. Contacts whose ``reason`` is set join no episode.
        Among contacts that begin and end together, the other columns decide in alphabetical order.

    Raises
    ------
    InvalidValueError
        `joining` is a negative number or an unknown name, or another argument is not one of its words.
    ColumnError
        The contacts have no column that `within`, `transfer_gap_hours` or `choose` needs.
    MissingValueError
        Contacts shall be joined within hospitals, and a hospital is missing.

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
    rule = _rule(joining, within, transfer_gap_hours, choose)
    checked = read_contacts(as_table(contacts, CONTACTS))
    check_joining(checked, rule)
    return given_back(joined(checked, rule), contacts, order=("person", "episode"))


def joined(contacts: ir.Table, rule: JoiningRule) -> ir.Table:
    """Join checked contacts of an Ibis table to episodes.

    Parameters
    ----------
    contacts : ibis Table
        Contacts with a column ``reason``.
    rule : JoiningRule
        Which of them belong together.

    Returns
    -------
    ibis Table
        The *episodes* contract, in no order.
    """
    return numbered(episode_spans(contacts.filter(contacts["reason"].isnull()), rule))


def numbered(stays: ir.Table, **others: ir.Value) -> ir.Table:
    """Number the stays of each person, and say which are still open.

    Parameters
    ----------
    stays : ibis Table
        As `episode_spans` gives them.
    **others : ibis Value
        Other values that need the order of a person's stays: an engine sorts once for all of them.

    Returns
    -------
    ibis Table
        The *episodes* contract with the other values, in no order.
    """
    import ibis

    each = ibis.window(group_by="person", order_by=stay_order(stays))
    stays = stays.mutate(episode=ibis.row_number().over(each) + 1, **others)
    open_stay = stays["end"] == ibis.timestamp(FAR)
    stays = stays.mutate(discharged=ibis.ifelse(open_stay, ibis.null("timestamp(6)"), stays["end"]))
    leading = ["person", "episode", "admitted", "discharged", "n_contacts"]
    return stays.select(*leading, *(name for name in stays.columns if name not in {*leading, "end"}))


def stay_order(stays: ir.Table) -> list[ir.Value]:
    """Give what orders the stays of a person; within hospitals, two may begin and end together."""
    names = ["admitted", "end", *(["hospital"] if "hospital" in stays.columns else [])]
    return [sortable(stays, name) for name in names]


def check_joining(contacts: ir.Table, rule: JoiningRule) -> None:
    """Check that the contacts have what a joining rule needs, without pulling rows.

    Parameters
    ----------
    contacts : ibis Table
        Contacts with a column ``reason``.
    rule : JoiningRule
        Which of them belong together.

    Raises
    ------
    ColumnError
        A column is missing.
    MissingValueError
        A hospital is missing, and contacts shall be joined within hospitals.
    """
    needed = {"hospital": rule.within == "hospital", "discharged_to": rule.transfer_gap_hours is not None}
    for name in [*(name for name, asked in needed.items() if asked), *rule.choose]:
        if name not in contacts.columns:
            msg = f"The contacts have no column {name!r}, which the joining needs."
            raise ColumnError(msg, hint="Add it, or join without it.")
    if rule.within == "hospital":
        used = contacts.filter(contacts["reason"].isnull())
        empty = used.count(where=used["hospital"].isnull()).to_pyarrow().as_py()
        if empty:
            msg = f"The column 'hospital' of the contacts is empty in {empty} rows; joining within hospitals needs it."
            raise MissingValueError(msg, hint="Fill it from the register, or join over hospitals.")


def _rule(
    joining: Joining, within: Within, transfer_gap_hours: float | None, choose: Mapping[str, Chosen]
) -> JoiningRule:
    if not isinstance(joining, str) or joining == SAME_DAY:
        return joining_rule(joining, within, transfer_gap_hours, choose)
    if joining not in definitions(*DEFINITIONS):
        msg = f"There is no joining rule {joining!r}."
        hint = nearest(joining, [SAME_DAY, *definitions(*DEFINITIONS)]) + " Or give hours."
        raise InvalidValueError(msg, hint=hint)
    if (within, transfer_gap_hours, dict(choose)) != ("anywhere", None, {}):
        msg = f"The definition {joining} says wholly how contacts are joined."
        raise InvalidValueError(msg, hint="Give hours or 'same-day' to say more.")
    return readmission_definition(joining).joining_rule
