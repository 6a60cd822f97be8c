"""Index stays followed in time: which can be, for how many whole days, and how each follow-up ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from peereval.admissions.engine import Source, as_table, to_pandas
from peereval.admissions.rates import (
    check_by,
    followup_end_of,
    group_of,
    reasons_of,
    time_precision,
)
from peereval.contracts import INDEX_STAYS, check_table
from peereval.errors import InvalidValueError
from peereval.results import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pandas as pd

LEVEL = 0.95
DEATHS_UNKNOWN = "No death after discharge is known; who has died is taken to be still waiting for readmission."
PERSONS_APART = "Persons are independent of one another, also those of the same unit."
_SECONDS_A_DAY = 86_400.0


def read_index(index: Source, columns: Sequence[str | None] = ()) -> ir.Table:
    """Open index stays and check them.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract.
    columns : sequence of str or None
        Other columns that it must have.

    Returns
    -------
    ibis Table
        The stays with known numbers of days, a ``reason`` for each that cannot be followed and none for the others, and
        ``nth`` (how many stays of the person that can be followed come before). Kept by the engine, since they are
        counted several times.
    """
    import ibis

    table = as_table(index, INDEX_STAYS)
    check_table(table, INDEX_STAYS)
    for name in columns:
        check_by(table, name)
    table = table.mutate(**{name: _known_days(table[name]) for name in ("followup_days", "days_to_readmission")})
    died = table["discharged_to"] == "died" if "discharged_to" in table.columns else ibis.literal(value=False)
    known = observed(table)
    judged = table.mutate(
        reason=ibis.cases(
            (known & died.fill_null(False), "died_in_stay"),  # noqa: FBT003 - Ibis takes it by position
            (known, ibis.null("string")),
            else_=table["reason"].fill_null("outcome_missing"),
        )
    )
    can = judged["reason"].isnull()
    alike = ibis.window(group_by=[judged["person"], can], order_by="episode")
    return judged.mutate(nth=ibis.row_number().over(alike)).cache()


def settings_of(table: ir.Table, definition: str | None, **asked: Any) -> dict[str, Any]:
    """Give what was asked, and what the stays are, for the settings of a result."""
    return {
        **asked,
        "definition": definition,
        "followup_end": followup_end_of(table),
        "time_precision": time_precision(table),
        "conf_level": LEVEL,
        "versions": versions(),
    }


def check_horizon(horizon: float | None) -> None:
    """Refuse a horizon that is no number of days above 0."""
    if horizon is not None and not (np.isfinite(horizon) and horizon > 0):
        msg = f"The horizon is {horizon!r}; expected a number of days above 0."
        raise InvalidValueError(msg)


def knows_deaths(table: ir.Table) -> bool:
    """Say whether a death after discharge is known."""
    return bool(table.filter(table["event"] == "died").count().to_pyarrow().as_py())


def followed_stays(table: ir.Table) -> tuple[ir.Table, dict[str, int]]:
    """Take the stays that can be followed from their discharge.

    Parameters
    ----------
    table : ibis Table
        As `read_index` gives it.

    Returns
    -------
    tuple
        The stays, and reason code to the number of others.
    """
    return table.filter(table["reason"].isnull()), reasons_of(table)


def first_stays(table: ir.Table) -> tuple[ir.Table, dict[str, int]]:
    """Take the first stay of each person that can be followed.

    Parameters
    ----------
    table : ibis Table
        As `read_index` gives it.

    Returns
    -------
    tuple
        The stays, and reason code to the number of others.
    """
    can, exclusions = followed_stays(table)
    later = int(can.filter(can["nth"] > 0).count().to_pyarrow().as_py())
    return can.filter(can["nth"] == 0), exclusions | ({"not_first_index_stay": later} if later else {})


def with_known_group(followed: ir.Table, by: str | None, exclusions: dict[str, int]) -> tuple[ir.Table, dict[str, int]]:
    """Leave out, and count, the stays whose group is not known, since they are no group to compare."""
    if by is None:
        return followed, exclusions
    missing = int(followed.filter(followed[by].isnull()).count().to_pyarrow().as_py())
    known = followed.filter(followed[by].notnull())
    return known, exclusions | ({"group_missing": missing} if missing else {})


def _known_days(column: ir.Value) -> ir.Value:
    """Numbers without not-a-number, which engines sort above all others."""
    import ibis

    days = column.cast("float64")
    return ibis.ifelse(days.isnan(), ibis.null("float64"), days)


def observed(table: ir.Table) -> ir.BooleanValue:
    """Whether the length of the follow-up and the outcome are known."""
    back = (table["event"] == "readmitted") & (table["days_to_readmission"] >= 0)
    known = (table["followup_days"] >= 0) & (table["event"].isin(["censored", "died"]) | back)
    return known.fill_null(False)  # noqa: FBT003 - Ibis takes it by position


def in_whole_days(followed: ir.Table, horizon: float | None) -> ir.Table:
    """Count each follow-up in whole days.

    Within three days is day 3; followed for 3.7 days is followed through day 3, and what comes later is not seen. Death
    is known by the day, whose end is that of the follow-up, so it falls on the last whole day; a readmission on that
    day came before it.

    Parameters
    ----------
    followed : ibis Table
        Stays that can be followed.
    horizon : float, optional
        Days after discharge beyond which nothing is looked at.

    Returns
    -------
    ibis Table
        The stays with ``day`` and ``status`` (readmitted, died or censored).
    """
    import ibis

    until, back = followed["followup_days"], followed["days_to_readmission"].ceil()
    # where follow-up ends with death, a readmission on the day of death is seen
    data = (followed["followup_end"].epoch_seconds() - followed["discharged"].epoch_seconds()) / _SECONDS_A_DAY
    seen = ibis.greatest(until, data.fill_null(until)).floor()
    returned = ((followed["event"] == "readmitted") & (back <= seen)).fill_null(False)  # noqa: FBT003 - Ibis takes it by position
    day = ibis.ifelse(returned, back, until.floor())
    status = ibis.cases(
        (returned, "readmitted"), ((followed["event"] == "died").fill_null(False), "died"), else_="censored"  # noqa: FBT003
    )  # fmt: skip
    if horizon is not None:
        status = ibis.ifelse(day <= horizon, status, "censored")
        day = ibis.least(day, horizon).cast("float64")
    return followed.mutate(day=day, status=status)


def daily_counts(followed: ir.Table, by: str | None, horizon: float) -> pd.DataFrame:
    """Count readmissions, deaths and ends of follow-up per group and day, in the engine.

    Parameters
    ----------
    followed : ibis Table
        Stays that can be followed.
    by : str, optional
        Column of the groups.
    horizon : float
        Where the count ends.

    Returns
    -------
    DataFrame
        ``group``, ``day``, ``readmitted``, ``died``, ``censored``, in the order of groups and days.
    """
    import ibis

    timed = in_whole_days(followed, horizon)
    keyed = timed.mutate(group=group_of(timed, by))
    counts = keyed.group_by("group", "day").aggregate(
        **{name: ibis.ifelse(keyed["status"] == name, 1, 0).sum() for name in ("readmitted", "died", "censored")}
    )
    return to_pandas(counts.order_by("group", "day"))
