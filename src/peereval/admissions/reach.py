"""How many of those who could meet a peer did, and how much they got."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.admissions.days import stays_of
from peereval.admissions.engine import Source, as_table, to_pandas
from peereval.admissions.rates import ALL, LEVEL, PERIODS, Period, check_by, group_of, reasons_of, table_origin
from peereval.admissions.sums import person_sums, squares_of
from peereval.contracts import ACTIVITIES, check_table
from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.estimation.proportions import design_effect_from_sums, wilson_interval
from peereval.estimation.ratios import ratio_interval
from peereval.results import Result, versions

if TYPE_CHECKING:
    import ibis.expr.types as ir


def peer_reach(episodes: Source, activities: Source, *, by: str | None = None, period: Period | None = None) -> Result:
    """Share of stays in which the person met a peer, and contacts and minutes per stay.

    Parameters
    ----------
    episodes : DataFrame, str, Path or ibis Table
        The *episodes* contract: the stays of those who could meet a peer. Stays that are still open are left out,
        counted, since they may yet meet one.
    activities : DataFrame, str, Path or ibis Table
        The *activities* contract with persons. A contact belongs to the stay that the person was in that day; on a day of
        discharge and new admission, to the later one.
    by : str, optional
        A column of `episodes` to count by, beside all stays.
    period : {"month", "quarter", "year"}, optional
        Count by the calendar period of the discharge as well, with its first day as ``time``.

    Returns
    -------
    Result
        A row a group (and period) for each measure: ``peer_reach`` (Wilson's interval on the number of stays over the
        design effect of persons, rule R12), ``peer_contacts_per_stay`` and, where minutes are given,
        ``peer_minutes_per_stay`` (over all stays, with the interval of a ratio by person).

    Raises
    ------
    ColumnError
        A table breaks its contract or lacks a column.
    InvalidValueError
        `period` is none of its words.

    Notes
    -----
    Reach says how many were reached, not what it did for them: stays with a contact are longer because they
    had more days to have one (see `with_exposure`).

    Examples
    --------
    >>> import pandas as pd
    >>> stays = pd.DataFrame({
    ...     "person": ["a", "b", "c"], "episode": 1, "n_contacts": 1,
    ...     "admitted": pd.to_datetime(["2019-01-01", "2019-01-01", "2019-01-09"]),
    ...     "discharged": pd.to_datetime(["2019-01-21", "2019-02-10", "2019-01-12"]),
    ... })
    >>> met = pd.DataFrame({
    ...     "person": ["a", "a", "c"], "date": pd.to_datetime(["2019-01-05", "2019-01-19", "2019-01-13"]),
    ... })
    >>> found = peer_reach(stays, met)
    >>> found.estimates[["measure", "numerator", "denominator", "estimate"]].round(2)
                      measure  numerator  denominator  estimate
    0              peer_reach        1.0            3      0.33
    1  peer_contacts_per_stay        2.0            3      0.67
    >>> dict(found.exclusions)
    {'activity_outside_stay': 1}
    """
    if period is not None and period not in PERIODS:
        msg = f"Stays are counted by {', '.join(PERIODS)}, not by {period!r}."
        raise InvalidValueError(msg, hint=nearest(period, PERIODS))
    stays = stays_of(episodes)
    check_by(stays, by)
    contacts = _contacts(activities)
    stays = _ended(stays)
    # joined once, then summed several times
    table = _with_dose(stays.filter(stays["reason"].isnull()), contacts, by, period).cache()
    groups = [] if by is None else [_estimates(table, "group", period)]
    together = pd.concat([*groups, _estimates(table, ALL, period)], ignore_index=True)
    return Result(
        kind="rates",
        title="Reach of peers",
        estimates=together,
        method=_METHOD,
        claim="description",
        estimand="Share of stays that have ended in which the person met a peer, and contacts and minutes per stay.",
        assumptions=("Every contact with a peer was written down.",),
        references=("Wilson 1927, Journal of the American Statistical Association 22:209",),
        settings={"by": by, "period": period, "conf_level": LEVEL, "versions": versions()},
        columns={"design_effect": "variance with persons as clusters over that of independent stays"},
        exclusions=reasons_of(stays) | _unused(contacts, table),
        origin=table_origin(stays),
    )


_METHOD = (
    "Reach is the number of stays with a peer contact between admission and discharge over all stays that ended, with Wilson's "
    "95 % interval on the number of stays divided by the design effect of persons (rule R12); contacts and minutes per stay "
    "have the 95 % interval of a ratio with persons as clusters."
)


def _contacts(source: Source) -> ir.Table:
    contacts = as_table(source, ACTIVITIES)
    check_table(contacts, ACTIVITIES)
    if "person" not in contacts.columns:
        msg = "The activities have no column 'person', so nobody knows in which stay they were."
        raise ColumnError(msg, hint="Without persons, count contacts and minutes by unit.")
    return contacts


def _ended(stays: ir.Table) -> ir.Table:
    import ibis

    reason = ibis.cases(
        (stays["reason"].notnull(), stays["reason"]),
        (stays["discharged"].isnull(), "still_admitted"),
        else_=ibis.null("string"),
    )
    return stays.mutate(reason=reason)


def _with_dose(stays: ir.Table, contacts: ir.Table, by: str | None, period: Period | None) -> ir.Table:
    """Contacts and minutes of each stay, 0 for those without any."""
    import ibis

    first = stays["admitted"].cast("date")
    each = ibis.window(group_by="person", order_by=["admitted", "episode"])
    named = stays.mutate(
        first=first, following=first.lead().over(each), last=stays["discharged"].cast("date"),
        group=group_of(stays, by),
        time=ibis.literal("") if period is None else stays["discharged"].truncate(PERIODS[period]).date().cast("string"),
    )  # fmt: skip
    minutes = contacts["minutes"].cast("float64") if "minutes" in contacts.columns else ibis.null("float64")
    said = contacts.select(who="person", day=contacts["date"].cast("date"), minutes=minutes)
    later = named["following"].isnull() | (said["day"] < named["following"])
    on = [named["person"] == said["who"], said["day"] >= named["first"], said["day"] <= named["last"], later]
    met = named.join(said, on)
    dose = met.group_by("person", "episode").aggregate(
        contacts=met.count(), minutes=met["minutes"].sum(), unknown=met.count(where=met["minutes"].isnull())
    )
    both = named.left_join(dose, ["person", "episode"])
    count = both["contacts"].fill_null(0)
    return both.select(
        "person", "group", "time", contacts=count, unknown=both["unknown"].fill_null(0),
        minutes=ibis.ifelse(count == 0, 0.0, both["minutes"]), has_minutes="minutes" in contacts.columns,
    )  # fmt: skip


def _estimates(table: ir.Table, group: str, period: Period | None) -> pd.DataFrame:
    import ibis

    named = table if group == "group" else table.mutate(group=ibis.literal(group))
    frames = [_shares(_sums(named.mutate(top=ibis.ifelse(named["contacts"] > 0, 1, 0))))]
    frames.append(_means(_sums(named.mutate(top=named["contacts"])), "peer_contacts_per_stay"))
    known = named.filter((named["unknown"] == 0) & named["has_minutes"])
    frames.append(_means(_sums(known.mutate(top=known["minutes"])), "peer_minutes_per_stay"))
    found = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    return found if period else found.drop(columns="time")


def _sums(stays: ir.Table) -> pd.DataFrame:
    each = stays.group_by("person", "group", "time").aggregate(top=stays["top"].sum(), bottom=stays.count())
    return person_sums(each, ["group", "time"])


def _shares(sums: pd.DataFrame) -> pd.DataFrame:
    effect = design_effect_from_sums(
        persons=sums["persons"], cases=sums["top"], rows=sums["bottom"], squares=squares_of(sums)
    )
    low, high = wilson_interval(sums["top"], sums["bottom"], design_effect=effect, level=LEVEL)
    found = _row(sums, "peer_reach")
    return found.assign(estimate=sums["top"] / sums["bottom"], conf_low=low, conf_high=high, design_effect=effect)


def _means(sums: pd.DataFrame, measure: str) -> pd.DataFrame:
    ratio, error, low, high = ratio_interval(
        persons=sums["persons"], top=sums["top"], bottom=sums["bottom"], squares=squares_of(sums), level=LEVEL
    )
    return _row(sums, measure).assign(estimate=ratio, std_error=error, conf_low=low, conf_high=high)


def _row(sums: pd.DataFrame, measure: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": sums["group"],
            "time": sums["time"],
            "measure": measure,
            "conf_level": LEVEL,
            "n_persons": sums["persons"].astype("int64"),
            "numerator": sums["top"],
            "denominator": sums["bottom"].astype("int64"),
        }
    )


def _unused(contacts: ir.Table, table: ir.Table) -> dict[str, int]:
    """Contacts that belong to no stay, and stays with a contact whose minutes are not known."""
    nobody, never = contacts["person"].isnull(), contacts["date"].isnull()
    counted = contacts.aggregate(
        rows=contacts.count(), nobody=contacts.count(where=nobody), never=contacts.count(where=never & ~nobody)
    )  # fmt: skip
    all_of, stays = to_pandas(counted).iloc[0], to_pandas(table.aggregate(
        inside=table["contacts"].sum(), unknown=table.count(where=(table["unknown"] > 0) & table["has_minutes"])
    )).iloc[0].fillna(0)  # fmt: skip
    found = {
        "activity_person_missing": int(all_of["nobody"]),
        "date_missing": int(all_of["never"]),
        "activity_outside_stay": int(all_of["rows"] - all_of["nobody"] - all_of["never"] - stays["inside"]),
        "minutes_missing": int(stays["unknown"]),
    }
    return {name: count for name, count in found.items() if count}
