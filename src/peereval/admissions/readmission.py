"""Index stays: every episode judged by a readmission definition."""

from __future__ import annotations

import warnings
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from peereval.admissions.contacts import read_contacts
from peereval.admissions.definition import ReadmissionDefinition, readmission_definition
from peereval.admissions.engine import Source, as_table, given_back
from peereval.admissions.episodes import joined
from peereval.contracts import CONTACTS
from peereval.errors import (
    ColumnError,
    ImpossibleDateError,
    InvalidValueError,
    MissingValueError,
    UnverifiedWarning,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

_SECONDS_A_DAY = 86_400


def readmissions(contacts: Source, *, definition: str = "dk-30", followup_end: date | None = None) -> Any:
    """Join contacts to stays and judge each stay by a readmission definition.

    Parameters
    ----------
    contacts : DataFrame, str, Path or ibis Table
        The *contacts* contract with the columns that the definition needs (for ``dk-30``: ``acute`` and
        ``specialty``). Contacts that `read_contacts` has not read are checked strictly now.
    definition : str
        Id of the definition.
    followup_end : date or datetime, optional
        Until when contacts were observed, in local time; a date stands for the whole of that day. Without it,
        the latest time in the contacts that can be used is taken.

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
        A contact does not say whether it was acute, or in which specialty.
    ImpossibleDateError
        The end of follow-up lies in the future.
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
    import ibis

    rule = readmission_definition(definition)
    if rule.unverified:
        warnings.warn(
            UnverifiedWarning(f"{rule.id}: not verified at the source: {'; '.join(rule.unverified)}."),
            stacklevel=2,
        )
    checked = read_contacts(as_table(contacts, CONTACTS))
    end = _end(checked.filter(checked["reason"].isnull()), rule, followup_end)
    stays = _judged(joined(checked, rule.max_gap_hours), rule, end)
    stays = _with_left_out(stays, checked.filter(checked["reason"].notnull()))
    # without any contact there is no latest time
    seen = ibis.timestamp(end) if end > datetime.min else ibis.null("timestamp(6)")  # noqa: DTZ901 - naive times stay naive
    stays = stays.mutate(definition=ibis.literal(rule.id), followup_end=seen)
    return given_back(stays, contacts, order=("person", "episode"))


def _end(contacts: ir.Table, rule: ReadmissionDefinition, given: date | None) -> datetime:
    """The end of follow-up that was given, or else the latest time in the contacts; never one in the future."""
    latest = _checked_latest(contacts, rule)
    column = max(latest, key=lambda name: latest[name])
    end = latest[column] if given is None else _last_moment(given)
    # a day's grace, since this clock may stand in another time zone than the register
    if end <= datetime.now() + timedelta(days=1):  # noqa: DTZ005 - registers hold local times
        return end
    if given is not None:
        msg = f"The end of follow-up is {end:%Y-%m-%d %H:%M}, which lies in the future."
        raise ImpossibleDateError(msg, hint="Give the day until which contacts were observed.")
    msg = f"The latest time in the column {column!r} of the contacts is {end:%Y-%m-%d %H:%M}, which lies in the future."
    raise ImpossibleDateError(
        msg, hint="Mend it, or say with followup_end=date(…) until which day contacts were observed."
    )


def _last_moment(given: date) -> datetime:
    if not isinstance(given, datetime):
        return datetime.combine(given, time.max)
    if given.tzinfo is not None:
        msg = f"The end of follow-up is {given.isoformat()}, with a time zone; contacts hold local times without one."
        raise InvalidValueError(msg, hint="Give the local time without a time zone, or the date.")
    return given


def _checked_latest(contacts: ir.Table, rule: ReadmissionDefinition) -> dict[str, datetime]:
    """Check what the definition needs, and give the latest admission and discharge, in one pass."""
    needed = [name for name, asked in (("acute", rule.acute_only), ("specialty", bool(rule.specialty))) if asked]
    for name in needed:
        if name not in contacts.columns:
            msg = f"The contacts have no column {name!r}, which the definition {rule.id} needs."
            hint = "Add it: 'acute' holds true or false, 'specialty' holds psychiatric or somatic."
            raise ColumnError(msg, hint=hint)
    last = {name: contacts[name].max() for name in ("discharged", "admitted")}
    empty = {name: contacts.count(where=contacts[name].isnull()) for name in needed}
    [found] = contacts.aggregate(**last, **empty).to_pyarrow().to_pylist()
    for name in needed:
        if found[name]:
            msg = (
                f"The column {name!r} of the contacts is empty in {found[name]} rows; {rule.id} needs it in every row."
            )
            raise MissingValueError(msg, hint="Fill it from the register; a guess would change the rate.")
    return {name: found[name] or datetime.min for name in last}  # noqa: DTZ901 - naive times stay naive


def _with_left_out(stays: ir.Table, contacts: ir.Table) -> ir.Table:
    """Contacts that joined no stay, as rows of their own with numbers below 0."""
    import ibis

    each = ibis.window(group_by="person", order_by=sorted(contacts.columns))
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


def _judged(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.Table:
    import ibis

    stays = stays.mutate(admission=_is_admission(stays, rule))
    counts = stays["admission"] & (stays["specialty"] == rule.specialty) & (stays["admitted"] <= end)
    if rule.acute_only:
        counts &= stays["acute"]
    later = ibis.window(group_by="person", order_by="admitted", following=(1, None))
    stays = stays.mutate(back=ibis.ifelse(counts, stays["admitted"], ibis.null("timestamp")))
    stays = stays.mutate(back=stays["back"].min().over(later))
    stays = stays.mutate(reason=_reason(stays, rule, end))
    return _with_outcome(stays, rule, end)


def _is_admission(stays: ir.Table, rule: ReadmissionDefinition) -> ir.BooleanValue:
    import ibis

    shortest = ibis.interval(seconds=round(rule.min_stay_hours * 3600))
    return stays["discharged"].isnull() | (stays["discharged"] >= stays["admitted"] + shortest)


def _reason(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.StringValue:
    import ibis

    window = ibis.interval(days=rule.window_days)
    cases = [
        (stays["discharged"].isnull() | (stays["discharged"] > end), "still_admitted"),
        (~stays["admission"], "stay_too_short"),
        (stays["specialty"] != rule.specialty, "not_psychiatric"),
    ]
    if rule.excluded_discharges and "discharged_to" in stays.columns:
        cases.append((stays["discharged_to"].isin(rule.excluded_discharges), "excluded_discharge"))
    cases.append((stays["discharged"] + window > ibis.timestamp(end), "followup_too_short"))
    return ibis.cases(*cases, else_=ibis.null("string"))


def _with_outcome(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.Table:
    import ibis

    eligible = stays["reason"].isnull()
    in_window = (stays["back"] <= stays["discharged"] + ibis.interval(days=rule.window_days)).fill_null(False)  # noqa: FBT003 - Ibis takes it by position
    observed = eligible | (stays["reason"] == "followup_too_short")
    event = ibis.ifelse(stays["back"].isnull(), "censored", "readmitted")
    return stays.mutate(
        eligible=eligible,
        readmitted=ibis.ifelse(eligible, in_window, ibis.null("boolean")),
        days_to_readmission=ibis.ifelse(observed, _days(stays["discharged"], stays["back"]), ibis.null("float64")),
        followup_days=ibis.ifelse(observed, _days(stays["discharged"], ibis.timestamp(end)), ibis.null("float64")),
        event=ibis.ifelse(observed, event, ibis.null("string")),
    ).drop("back", "admission")


def _days(start: ir.TimestampValue, stop: ir.TimestampValue) -> ir.FloatingValue:
    # engines round differences of times differently; seconds since the epoch are the same everywhere
    return (stop.epoch_seconds() - start.epoch_seconds()) / float(_SECONDS_A_DAY)
