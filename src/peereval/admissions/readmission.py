"""Index stays: every episode judged by a readmission definition."""

from __future__ import annotations

import warnings
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from peereval.admissions.contacts import examined
from peereval.admissions.definition import ReadmissionDefinition, as_definition
from peereval.admissions.engine import Source, as_table, given_back
from peereval.admissions.episodes import check_joining
from peereval.admissions.judging import judged_stays
from peereval.admissions.persons import read_persons, with_persons
from peereval.admissions.spans import episode_spans
from peereval.admissions.text_order import sortable
from peereval.contracts import CONTACTS
from peereval.errors import (
    ColumnError,
    DesignError,
    ImpossibleDateError,
    InvalidValueError,
    MissingValueError,
    UnverifiedWarning,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import ibis.expr.types as ir

    from peereval.admissions.joining import JoiningRule

_REFUSED_IF_EMPTY = ("acute", "specialty")
_MEANING = {column.name: column.meaning for column in CONTACTS.columns}


def readmissions(
    contacts: Source,
    *,
    definition: str | Path | ReadmissionDefinition = "dk-30",
    followup_end: date | None = None,
    persons: Source | None = None,
) -> Any:
    """Join contacts to stays and judge each stay by a readmission definition.

    Parameters
    ----------
    contacts : DataFrame, str, Path or ibis Table
        The *contacts* contract with the columns that the definition needs (for ``dk-30``: ``acute`` and
        ``specialty``). Contacts that `read_contacts` has not read are checked strictly now.
    definition : str, Path or ReadmissionDefinition
        Id of the definition, a TOML file of your own, or a definition; one of your own needs an id of its own.
    followup_end : date or datetime, optional
        Until when contacts were observed, in local time; a date stands for the whole of that day. Without it,
        the latest time in the contacts that can be used is taken.
    persons : DataFrame, str, Path or ibis Table, optional
        The *persons* contract, with every person of the contacts: stays get ``sex`` and ``age``, follow-up ends with
        death or emigration, and ``event`` says who died. The definition's rate is the same with and without.

    Returns
    -------
    DataFrame or ibis Table
        The *index stays* contract: every episode with the ``definition``, ``followup_end``, ``eligible``,
        ``reason``, ``readmitted``, ``days_to_readmission``, ``followup_days`` and ``event``. No episode is left
        out; a contact that `read_contacts` left out follows with its reason and a negative ``episode``, so that
        results count it.

    Raises
    ------
    ColumnError
        A column that the definition needs is missing.
    MissingValueError
        A contact does not say whether it was acute, or in which specialty (where the definition asks); or its person
        is not among the persons.
    DuplicateError
        A person has several rows.
    DesignError
        The definition does not apply to psychiatric stays.
    ImpossibleDateError
        The end of follow-up lies in the future, or a contact begins outside of its person's life.
    InvalidValueError
        `followup_end` has a time zone.

    Warns
    -----
    UnverifiedWarning
        A part of the definition has not been seen at its source.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> contacts = pd.DataFrame({
    ...     "person": ["a", "a"], "acute": [True, True], "specialty": ["psychiatric", "psychiatric"],
    ...     "admitted": pd.to_datetime(["2020-03-01 10:00", "2020-03-20 12:00"]),
    ...     "discharged": pd.to_datetime(["2020-03-10 12:00", "2020-06-01 10:00"]),
    ... })
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     stays = readmissions(contacts, definition="dk-30")
    >>> stays[["episode", "eligible", "reason", "readmitted", "days_to_readmission"]]
       episode  eligible              reason  readmitted  days_to_readmission
    0        1      True                <NA>        True                 10.0
    1        2     False  followup_too_short        <NA>                  NaN
    """
    rule = as_definition(definition)
    if not rule.applies_to_psychiatry:
        msg = f"{rule.id} does not apply to psychiatric stays: {rule.not_applicable}"
        raise DesignError(msg, hint="Use another definition; compare_definitions shows it as not applicable.")
    warn_unverified(rule)
    checked, found = examined(as_table(contacts, CONTACTS), also=what_rules_need([rule]))
    known = None if persons is None else read_persons(persons, checked)
    return given_back(index_stays(checked, found, rule, followup_end, known), contacts, order=("person", "episode"))


def warn_unverified(rule: ReadmissionDefinition) -> None:
    """Warn of the parts of a definition that nobody has seen at its source."""
    if rule.unverified:
        text = f"{rule.id}: not verified at the source: {'; '.join(rule.unverified)}."
        warnings.warn(UnverifiedWarning(text), stacklevel=3)


def what_rules_need(rules: Sequence[ReadmissionDefinition]) -> Callable[[ir.Table], dict[str, ir.Scalar]]:
    """Give what must be found out of contacts before definitions can judge them.

    Parameters
    ----------
    rules : sequence of ReadmissionDefinition
        The definitions.

    Returns
    -------
    callable
        Of checked contacts: the latest ``discharged`` and ``admitted``, and how often ``acute`` and ``specialty`` are
        empty where a definition asks for them.
    """
    asked = {name for rule in rules for name in rule.needed_columns}

    def of_contacts(contacts: ir.Table) -> dict[str, ir.Scalar]:
        used = contacts["reason"].isnull()
        last = {name: contacts[name].max(where=used) for name in ("discharged", "admitted")}
        there = [name for name in _REFUSED_IF_EMPTY if name in asked and name in contacts.columns]
        return last | {f"no_{name}": contacts.count(where=contacts[name].isnull() & used) for name in there}

    return of_contacts


def index_stays(
    checked: ir.Table,
    found: Mapping[str, Any],
    rule: ReadmissionDefinition,
    followup_end: date | None,
    persons: ir.Table | None = None,
    spans: Callable[[ir.Table, JoiningRule], ir.Table] = episode_spans,
) -> ir.Table:
    """Join and judge contacts that have been read.

    Parameters
    ----------
    checked : ibis Table
        Contacts with a column ``reason``.
    found : mapping
        What was found out of them, with `what_rules_need`.
    rule : ReadmissionDefinition
        The definition.
    followup_end : date, optional
        Until when contacts were observed.
    persons : ibis Table, optional
        What is known of persons.
    spans : callable, optional
        What joins the contacts, for a caller that keeps what it has joined.

    Returns
    -------
    ibis Table
        The *index stays* contract, in no order.
    """
    import ibis

    _check_needed(checked, found, rule, knows_age=persons is not None and "born" in persons.columns)
    end = _end(found, followup_end, dates_only="dates_only" in checked.columns)
    check_joining(checked, rule.joining_rule)
    usable = checked["reason"].isnull()
    stays = spans(checked.filter(usable), rule.joining_rule)
    stays = judged_stays(stays if persons is None else with_persons(stays, persons), rule, end)
    # without any, an engine need not look for them again
    stays = _with_left_out(stays, checked.filter(~usable)) if found["left_out"] else stays
    # without any contact there is no latest time
    seen = ibis.timestamp(end) if end > datetime.min else ibis.null("timestamp(6)")  # noqa: DTZ901 - naive times stay naive
    return stays.mutate(definition=ibis.literal(rule.id), followup_end=seen)


def _end(found: Mapping[str, Any], given: date | None, *, dates_only: bool) -> datetime:
    """The end of follow-up that was given, or else the latest time in the contacts."""
    if given is None:
        end = max(found[name] or datetime.min for name in ("discharged", "admitted"))  # noqa: DTZ901 - naive times stay naive
        return _last_moment(end.date()) if dates_only and end > datetime.min else end  # noqa: DTZ901 - naive times stay naive
    end = _last_moment(given)
    # a day's grace, since this clock may stand in another time zone than the register
    if end > datetime.now() + timedelta(days=1):  # noqa: DTZ005 - registers hold local times
        msg = f"The end of follow-up is {end:%Y-%m-%d %H:%M}, which lies in the future."
        raise ImpossibleDateError(msg, hint="Give the day until which contacts were observed.")
    return end


def _last_moment(given: date) -> datetime:
    if not isinstance(given, datetime):
        return datetime.combine(given, time.max)
    if given.tzinfo is not None:
        msg = f"The end of follow-up is {given.isoformat()}, with a time zone; contacts hold local times without one."
        raise InvalidValueError(msg, hint="Give the local time without a time zone, or the date.")
    return given


def _check_needed(
    contacts: ir.Table, found: Mapping[str, Any], rule: ReadmissionDefinition, *, knows_age: bool
) -> None:
    """Check that the contacts have what the definition looks at."""
    for name in rule.needed_columns:
        if name not in contacts.columns and not (name == "age" and knows_age):
            msg = f"The contacts have no column {name!r}, which the definition {rule.id} needs."
            raise ColumnError(msg, hint=f"Add it: {_MEANING[name]}.")
    for name in _REFUSED_IF_EMPTY:
        if name in rule.needed_columns and found[f"no_{name}"]:
            msg = f"The column {name!r} of the contacts is empty in {found[f'no_{name}']} rows; {rule.id} needs it in every row."
            raise MissingValueError(msg, hint="Fill it from the register; a guess would change the rate.")


def _with_left_out(stays: ir.Table, contacts: ir.Table) -> ir.Table:
    """Contacts that joined no stay, as rows of their own with numbers below 0."""
    import ibis

    each = ibis.window(group_by="person", order_by=[sortable(contacts, name) for name in sorted(contacts.columns)])
    numbered = contacts.mutate(
        episode=-1 - ibis.row_number().over(each), n_contacts=ibis.literal(1), eligible=ibis.literal(value=False)
    )
    known = {column.name for column in CONTACTS.columns} | {"reason", "episode", "n_contacts", "eligible"}
    there = known & set(numbered.columns)
    kinds = stays.schema().items()
    return stays.union(
        numbered.select(
            **{name: numbered[name].cast(kind) if name in there else ibis.null(kind) for name, kind in kinds}
        )
    )
