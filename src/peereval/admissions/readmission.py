"""Index stays: every episode judged by a readmission definition."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Any

from peereval.admissions.contacts import read_contacts
from peereval.admissions.definition import ReadmissionDefinition, readmission_definition
from peereval.admissions.engine import Source, as_table, given_back
from peereval.admissions.episodes import joined
from peereval.errors import ColumnError, MissingValueError, UnverifiedWarning

if TYPE_CHECKING:
    import ibis.expr.types as ir

_SECONDS_A_DAY = 86_400


def readmissions(contacts: Source, *, definition: str = "dk-30", followup_end: datetime | None = None) -> Any:
    """Join contacts to stays and judge each stay by a readmission definition.

    Parameters
    ----------
    contacts : DataFrame, str, Path or ibis Table
        The *contacts* contract with the columns that the definition needs (for ``dk-30``: ``acute`` and
        ``specialty``).
    definition : str
        Id of the definition.
    followup_end : datetime, optional
        Until when contacts were observed. Without it, the latest time in the contacts is taken.

    Returns
    -------
    DataFrame or ibis Table
        The *index stays* contract: every episode with the ``definition``, ``eligible``, ``reason``,
        ``readmitted``, ``days_to_readmission``, ``followup_days`` and ``event``. No episode is left out.

    Raises
    ------
    ColumnError
        A column that the definition needs is missing.
    MissingValueError
        A contact does not say whether it was acute, or in which specialty.

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
    rule = readmission_definition(definition)
    if rule.unverified:
        warnings.warn(
            UnverifiedWarning(f"{rule.id}: not verified at the source: {'; '.join(rule.unverified)}."),
            stacklevel=2,
        )
    checked = as_table(contacts)
    if "reason" not in checked.columns:
        checked = read_contacts(checked)
    latest = _checked_latest(checked, rule)
    end = latest if followup_end is None else followup_end
    stays = _judged(joined(checked, rule.max_gap_hours), rule, end)
    return given_back(stays, contacts, order=("person", "episode"))


def _checked_latest(contacts: ir.Table, rule: ReadmissionDefinition) -> datetime:
    """Check what the definition needs, and give the latest admission or discharge, in one pass."""
    import ibis

    needed = [name for name, asked in (("acute", rule.acute_only), ("specialty", bool(rule.specialty))) if asked]
    for name in needed:
        if name not in contacts.columns:
            msg = f"The contacts have no column {name!r}, which the definition {rule.id} needs."
            hint = "Add it: 'acute' holds true or false, 'specialty' holds psychiatric or somatic."
            raise ColumnError(msg, hint=hint)
    last = ibis.greatest(contacts["admitted"], contacts["discharged"].fill_null(contacts["admitted"])).max()
    empty = {name: contacts.count(where=contacts[name].isnull()) for name in needed}
    [found] = contacts.aggregate(latest=last, **empty).to_pyarrow().to_pylist()
    for name in needed:
        if found[name]:
            msg = (
                f"The column {name!r} of the contacts is empty in {found[name]} rows; {rule.id} needs it in every row."
            )
            raise MissingValueError(msg, hint="Fill it from the register; a guess would change the rate.")
    return found["latest"] or datetime.min  # noqa: DTZ901 - naive times stay naive


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
        definition=ibis.literal(rule.id),
        eligible=eligible,
        readmitted=ibis.ifelse(eligible, in_window, ibis.null("boolean")),
        days_to_readmission=ibis.ifelse(observed, _days(stays["discharged"], stays["back"]), ibis.null("float64")),
        followup_days=ibis.ifelse(observed, _days(stays["discharged"], ibis.timestamp(end)), ibis.null("float64")),
        event=ibis.ifelse(observed, event, ibis.null("string")),
    ).drop("back", "admission")


def _days(start: ir.TimestampValue, stop: ir.TimestampValue) -> ir.FloatingValue:
    # engines round differences of times differently; seconds since the epoch are the same everywhere
    return (stop.epoch_seconds() - start.epoch_seconds()) / float(_SECONDS_A_DAY)
