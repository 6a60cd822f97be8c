"""Readmission rates of index stays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from peereval.admissions.definition import ReadmissionDefinition, readmission_definition
from peereval.admissions.engine import Source, as_table, to_pandas
from peereval.admissions.tallies import tally
from peereval.contracts import INDEX_STAYS, check_table
from peereval.errors import ColumnError, DesignError, InvalidValueError, nearest
from peereval.estimation.proportions import design_effect_from_sums, wilson_interval
from peereval.results import Result, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

LEVEL = 0.95
ALL = "all"
"""The group of everybody."""


Period: TypeAlias = Literal["month", "quarter", "year"]
PERIODS: Mapping[str, str] = MappingProxyType({"month": "M", "quarter": "Q", "year": "Y"})
"""Calendar periods, and what engines call them."""


def readmission_rate(index: Source, *, by: str | None = None, period: Period | None = None) -> Result:
    """Share of index stays that were followed by a readmission.

    Parameters
    ----------
    index : DataFrame, str, Path or ibis Table
        The *index stays* contract, as `readmissions` gives it. Sums are made in the engine; no row is pulled.
    by : str, optional
        A column of `index`, such as ``"unit"`` or ``"acute"``, to count by, beside all stays.
    period : {"month", "quarter", "year"}, optional
        Count by the calendar period of the discharge as well: a series, for control charts and before-after designs.

    Returns
    -------
    Result
        One row a group with ``measure`` ``readmission_rate``: numerator, denominator (eligible index stays),
        persons, design effect, and Wilson's interval on the denominator over the design effect (rule R12). With
        `period`, one row a group and period, with its first day as ``time``; a period without index stays has no row.
        A stay without an outcome and without a reason is left out as ``outcome_missing``, one without a person as
        ``person_missing``.

    Raises
    ------
    ColumnError
        `index` breaks its contract or has no column `by`.
    InvalidValueError
        `period` is not one of its words.
    DesignError
        The stays were judged by several definitions.

    Examples
    --------
    >>> import warnings
    >>> import peereval as pe
    >>> warnings.simplefilter("ignore", pe.UnverifiedWarning)
    >>> region = pe.simulate_study("region", seed=1)
    >>> stays = pe.readmissions(region.contacts, definition="dk-30")
    >>> rate = pe.readmission_rate(stays)
    >>> rate.estimates[["group", "numerator", "denominator", "estimate"]].round(3)
      group  numerator  denominator  estimate
    0   all        187          799     0.234
    """
    table = as_table(index, INDEX_STAYS)
    check_table(table, INDEX_STAYS)
    check_by(table, by)
    _check_period(period)
    table = with_reasons(table.select(_needed(table, by, period)))
    counted = tally(table, None if by is None else group_of(table, by), _time(table, period), ALL)
    rule = rule_of(counted.marks["definition"])
    said = definition_parts(rule)
    return Result(
        kind="rates",
        title="Readmission" if rule is None else f"Readmission within {rule.window_days[1]} days",
        estimates=_estimates(counted.sums),
        method=f"{_METHOD} {said['sentence']}".strip(),
        claim="description",
        estimand="Share of eligible index stays that were followed by a readmission within the definition's window.",
        assumptions=(
            "Deaths after discharge are not known and count as not readmitted.",
            *_by_note(by),
            *precision_notes(table),
            *said["unverified"],
        ),
        references=("Wilson 1927, Journal of the American Statistical Association 22:209", *said["sources"]),
        settings={
            "by": by,
            "period": period,
            "definition": said["id"],
            "followup_end": days_of(counted.marks["followup_end"]),
            "time_precision": time_precision(table),
            "conf_level": LEVEL,
            "versions": versions(),
            "data": {"rows": counted.rows},
        },
        columns={"design_effect": "variance with persons as clusters over that of independent stays"},
        exclusions=counted.exclusions,
        origin=origin_of(pd.DataFrame(counted.marks["origin"], columns=["origin"]))
        if "origin" in counted.marks
        else "observed",
    )


_METHOD = (
    "The readmission rate is the number of index stays with a readmission over all eligible index stays, with Wilson's "
    "95 % interval on the number of stays divided by the design effect of persons (rule R12)."
)


def definition_of(table: ir.Table) -> ReadmissionDefinition | None:
    """Give the definition that judged the index stays, or None where there are no stays."""
    return rule_of(to_pandas(table.select("definition").distinct().order_by("definition"))["definition"].tolist())


def rule_of(names: list[str]) -> ReadmissionDefinition | None:
    """Give the definition of that name, or None without one; stays of several are refused."""
    if len(names) > 1:
        msg = f"The index stays were judged by {len(names)} definitions ({', '.join(names)})."
        raise DesignError(msg, hint="Give the stays of one definition, as readmissions(…) returns them.")
    return readmission_definition(names[0]) if names else None


def followup_end_of(table: ir.Table) -> str | None:
    """Give the day on which the follow-up of the index stays ends; several where tables were put together."""
    return days_of(to_pandas(table.select("followup_end").distinct().order_by("followup_end"))["followup_end"].tolist())


def days_of(ends: list[Any]) -> str | None:
    """Write moments as days: the minute may be that of one person's discharge."""
    return ", ".join(dict.fromkeys(f"{end:%Y-%m-%d}" for end in ends if not pd.isna(end))) or None


def definition_parts(rule: ReadmissionDefinition | None) -> dict[str, Any]:
    """Give what a definition adds to a result: its sentence, sources, unverified parts and id."""
    if rule is None:
        return {"sentence": "", "sources": (), "unverified": (), "id": None}
    unverified = tuple(f"Not verified at the source of {rule.id}: {part}." for part in rule.unverified)
    return {
        "sentence": rule.sentence,
        "sources": (rule.source,),
        "unverified": unverified,
        "id": f"{rule.id} {rule.version}",
    }


def time_precision(table: ir.Table) -> str:
    """Give whether the times of contacts are dates (day) or have a time of day (minute)."""
    return "day" if "dates_only" in table.columns else "minute"


def precision_notes(table: ir.Table) -> tuple[str, ...]:
    """Say what a definition in hours means for dates."""
    text = "The contacts hold dates only: gaps and stays are counted in days, so stays of the same day last 0 hours."
    return (text,) if time_precision(table) == "day" else ()


def check_by(table: ir.Table, by: str | None) -> None:
    """Refuse a grouping column that the index stays do not have."""
    if by is not None and by not in table.columns:
        msg = f"The index stays have no column {by!r} to group by."
        raise ColumnError(msg, hint=nearest(by, table.columns))


def _check_period(period: str | None) -> None:
    if period is not None and period not in PERIODS:
        msg = f"Index stays are counted by {', '.join(PERIODS)}, not by {period!r}."
        raise InvalidValueError(msg, hint=nearest(period, PERIODS))


def _needed(table: ir.Table, by: str | None, period: str | None) -> list[str]:
    used = {"person", "definition", "followup_end", "eligible", "readmitted", "reason", "origin", "dates_only", by}
    used |= {"discharged"} if period else set()
    return [name for name in table.columns if name in used]


def with_reasons(table: ir.Table) -> ir.Table:
    """Let a stay count when its outcome is known; every other one has a reason."""
    import ibis

    judged = table["eligible"].fill_null(False) & table["readmitted"].notnull()  # noqa: FBT003 - Ibis takes it by position
    counts = judged & table["person"].notnull()
    why = ibis.ifelse(judged, "person_missing", table["reason"].fill_null("outcome_missing"))
    reason = ibis.cases((counts, ibis.null("string")), else_=why)
    return table.mutate(eligible=counts, reason=reason)


def group_of(table: ir.Table, by: str | None) -> ir.Value:
    """Give the group of each row as text."""
    import ibis

    return ibis.literal(ALL) if by is None else table[by].cast("string").fill_null("unknown")


def reasons_of(table: ir.Table) -> dict[str, int]:
    """Count the rows of an Ibis table by reason code."""
    left_out = table.filter(table["reason"].notnull())
    counts = to_pandas(left_out.group_by("reason").aggregate(rows=left_out.count()).order_by("reason"))
    return {str(reason): int(rows) for reason, rows in zip(counts["reason"], counts["rows"], strict=True)}


def table_origin(table: ir.Table) -> Any:
    """Read from an Ibis table whether its rows are made up."""
    return origin_of(to_pandas(table.select("origin").distinct())) if "origin" in table.columns else "observed"


def _by_note(by: str | None) -> tuple[str, ...]:
    return (
        ()
        if by is None
        else (f"Stays are counted under the {by} of the discharge; groups are described, not compared.",)
    )


def _time(table: ir.Table, period: str | None) -> ir.Value | None:
    return None if period is None else table["discharged"].truncate(PERIODS[period])


def _estimates(sums: pd.DataFrame) -> pd.DataFrame:
    effect = design_effect_from_sums(
        persons=sums["persons"],
        cases=sums["cases"],
        rows=sums["rows"],
        squares=(sums["cases_squared"], sums["cases_by_rows"], sums["rows_squared"]),
    )
    low, high = wilson_interval(sums["cases"], sums["rows"], design_effect=effect, level=LEVEL)
    return pd.DataFrame(
        {
            "group": sums["group"],
            "measure": "readmission_rate",
            **({"time": sums["time"]} if "time" in sums else {}),
            "estimate": sums["cases"].astype(float) / sums["rows"].astype(float),
            "conf_low": low,
            "conf_high": high,
            "conf_level": LEVEL,
            "n_persons": sums["persons"].astype("int64"),
            "numerator": sums["cases"].astype("int64"),
            "denominator": sums["rows"].astype("int64"),
            "design_effect": effect,
        }
    )
