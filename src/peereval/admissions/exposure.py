"""Who could meet a peer, and who met one: exposure that can be compared without immortal time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peereval.admissions.days import nights
from peereval.admissions.engine import ROW, Source, as_table, given_back
from peereval.admissions.stay_sample import IMMORTAL, LANDMARK
from peereval.contracts import ACTIVITIES, EPISODES, ROLLOUT, check_table
from peereval.errors import ColumnError, DesignError, ImpossibleDateError, InvalidValueError, MissingValueError

if TYPE_CHECKING:
    import ibis.expr.types as ir


def with_exposure(
    stays: Source, *, rollout: Source | None = None, activities: Source | None = None, landmark_days: int | None = None
) -> Any:
    """Say of each stay whether its unit had peers, or whether the person met one before a landmark.

    Parameters
    ----------
    stays : DataFrame, str, Path or ibis Table
        The *episodes* or *index stays* contract.
    rollout : DataFrame, str, Path or ibis Table, optional
        The *rollout* contract: when units had peers. A unit that stands nowhere had none. Stays bear the unit of
        the last contact; join with ``choose={"unit": "first"}`` where transfers may depend on peers.
    activities : DataFrame, str, Path or ibis Table, optional
        The *activities* contract with persons; needs `landmark_days`.
    landmark_days : int, optional
        Days after admission at whose end stays are divided by whether the person has met a peer. Only stays that last
        longer can be compared, from then on: the column ``landmark_days`` says so, and `length_of_stay` follows it.

    Returns
    -------
    DataFrame or ibis Table
        The stays, in their kind, with ``peer_unit`` (whether the unit had peers on the day of admission; empty where the
        unit is not known) for a rollout, and ``met_peer`` (empty for stays that ended by the landmark) and
        ``landmark_days`` for activities.

    Raises
    ------
    DesignError
        Activities without a landmark: recipients against non-recipients is a comparison by length of stay. Or
        nothing to attach.
    ColumnError
        A table breaks its contract, or has one of the new columns already.
    MissingValueError
        An activity has no person or date, or a row of the rollout no unit or first day.
    ImpossibleDateError
        Peers leave a unit before they come.
    InvalidValueError
        The landmark is not a number of days above 0.

    Notes
    -----
    Landmark analysis: Anderson, Cain & Gelber 1983, Journal of Clinical Oncology 1:710. Who meets a peer after the
    landmark counts as not having met one, and who meets one may differ in other ways, so the comparison is an
    association.

    Examples
    --------
    >>> import pandas as pd
    >>> stays = pd.DataFrame({
    ...     "person": ["a", "b"], "episode": 1, "n_contacts": 1, "unit": ["north", "south"],
    ...     "admitted": pd.to_datetime(["2019-01-01", "2019-01-01"]),
    ...     "discharged": pd.to_datetime(["2019-01-21", "2019-02-10"]),
    ... })
    >>> rollout = pd.DataFrame({"unit": ["north"], "peer_from": pd.to_datetime(["2018-10-01"])})
    >>> with_exposure(stays, rollout=rollout)[["person", "unit", "peer_unit"]]
      person   unit  peer_unit
    0      a  north       True
    1      b  south      False
    >>> met = pd.DataFrame({"person": ["b"], "date": pd.to_datetime(["2019-01-05"])})
    >>> with_exposure(stays, activities=met, landmark_days=7)[["person", "met_peer", "landmark_days"]]
      person  met_peer  landmark_days
    0      a     False              7
    1      b      True              7
    >>> with_exposure(stays, activities=met)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    peereval.errors.DesignError: PE301: Who met a peer during a stay had to stay long enough to meet one, ...
    """
    _check_asked(rollout, activities, landmark_days)
    table = as_table(stays, EPISODES)
    check_table(table, EPISODES)
    _check_new(table, rollout is not None, activities is not None)
    if rollout is not None:
        table = _with_rollout(table, rollout)
    if activities is not None and landmark_days is not None:
        table = _with_landmark(table, activities, landmark_days)
    table = table.drop(*({ROW} & set(table.columns)))
    return given_back(table, stays, order=("person", "episode"))


def _check_asked(rollout: object, activities: object, landmark_days: int | None) -> None:
    if rollout is None and activities is None:
        msg = "Neither a rollout nor activities were given."
        raise DesignError(msg, hint="Say when units had peers, or who met one up to which landmark.")
    if activities is not None and landmark_days is None:
        raise DesignError(
            IMMORTAL,
            hint="Compare units with and without peers (rollout=…), or say up to which day after admission a contact "
            "counts (landmark_days=7): stays that last longer are compared from then on.",
        )
    if landmark_days is not None and (activities is None or not landmark_days > 0 or landmark_days % 1):
        msg = f"The landmark is {landmark_days!r}; expected a whole number of days above 0, with activities."
        raise InvalidValueError(msg)


def _check_new(table: ir.Table, *asked: bool) -> None:
    new = [name for name, wanted in zip(("peer_unit", "met_peer"), asked, strict=True) if wanted]
    there = [name for name in (*new, *([LANDMARK] if "met_peer" in new else [])) if name in table.columns]
    if there:
        msg = f"The stays have a column {there[0]!r} already."
        raise ColumnError(msg, hint="Rename or drop it, so that it is known where the exposure comes from.")


def _with_rollout(table: ir.Table, source: Source) -> ir.Table:
    import ibis

    rollout = as_table(source, ROLLOUT)
    check_table(rollout, ROLLOUT)
    if "unit" not in table.columns:
        msg = "The stays have no column 'unit', by which the rollout says where peers were."
        raise ColumnError(msg, hint="Add the unit to the contacts.")
    given = rollout["peer_to"].cast("date") if "peer_to" in rollout.columns else ibis.null("date")
    spans = rollout.select(where="unit", since=rollout["peer_from"].cast("date"), until=given)
    wrong = {
        "unit": spans["where"].isnull(),
        "peer_from": spans["since"].isnull(),
        "peer_to": spans["until"] < spans["since"],
    }
    [found] = spans.aggregate(**{name: spans.count(where=bad) for name, bad in wrong.items()}).to_pyarrow().to_pylist()
    for name in ("unit", "peer_from"):
        if found[name]:
            msg = f"The column {name!r} of the rollout is empty in {found[name]} rows."
            raise MissingValueError(msg, hint="Fill it, or take out units that never had peers.")
    if found["peer_to"]:
        msg = f"Peers leave before they come in {found['peer_to']} rows of the rollout."
        raise ImpossibleDateError(msg, hint="Mend peer_from and peer_to.")
    day = table["admitted"].cast("date")
    on = [table["unit"] == spans["where"], day >= spans["since"], spans["until"].isnull() | (day <= spans["until"])]
    had = table.join(spans, on).select("person", "episode", peers=True).distinct()
    found = table.left_join(had, ["person", "episode"]).drop("person_right", "episode_right")
    value = ibis.ifelse(found["unit"].isnull(), ibis.null("boolean"), found["peers"].notnull())
    return found.mutate(peer_unit=value).drop("peers")


def _with_landmark(table: ir.Table, source: Source, days: int) -> ir.Table:
    import ibis

    activities = as_table(source, ACTIVITIES)
    check_table(activities, ACTIVITIES)
    if "person" not in activities.columns:
        msg = "The activities have no column 'person', so nobody knows who met a peer."
        raise ColumnError(msg, hint="Compare units with and without peers (rollout=…).")
    for name, what in (("person", "who met a peer"), ("date", "when a person met a peer")):
        empty = activities.count(where=activities[name].isnull()).to_pyarrow().as_py()
        if empty:
            msg = f"The column {name!r} of the activities is empty in {empty} rows, so {what} is not known."
            raise MissingValueError(msg, hint="Fill it, or leave out those rows and say how many they were.")
    contacts = activities.select(who="person", day=activities["date"].cast("date"))
    since = nights(table["admitted"], contacts["day"])
    during = table["discharged"].isnull() | (contacts["day"] <= table["discharged"].cast("date"))
    on = [table["person"] == contacts["who"], since >= 0, since <= days, during]
    met = table.join(contacts, on).select("person", "episode", met=True).distinct()
    found = table.left_join(met, ["person", "episode"]).drop("person_right", "episode_right")
    gone = nights(found["admitted"], found["discharged"]) <= days
    # a stay that ended before is in neither group
    value = ibis.ifelse(gone.fill_null(False), ibis.null("boolean"), found["met"].notnull())  # noqa: FBT003 - Ibis takes it by position
    return found.mutate(met_peer=value, **{LANDMARK: ibis.literal(int(days), "int64")}).drop("met")
