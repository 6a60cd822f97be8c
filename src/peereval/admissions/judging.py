"""Stays judged by a readmission definition: which are index stays, and what followed."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from peereval.admissions.episodes import numbered, stay_order
from peereval.admissions.spans import FAR

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

    from peereval.admissions.definition import ReadmissionDefinition

_SECONDS_A_DAY = 86_400


def judged_stays(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.Table:
    """Judge stays by a definition.

    Parameters
    ----------
    stays : ibis Table
        As `episode_spans` gives them.
    rule : ReadmissionDefinition
        The definition.
    end : datetime
        Until when contacts were observed.

    Returns
    -------
    ibis Table
        The *index stays* contract, without ``definition`` and ``followup_end``.
    """
    stays = stays.mutate(admission=_is_admission(stays, rule), group=_group(stays, rule))
    stays = stays.mutate(counts=_counts(stays, rule, end))
    stays = _with_return(stays, rule)
    stays = stays.mutate(reason=_reason(stays, rule, end))
    year = stays[_YEAR[rule.year_of]].year().cast("string")
    stays = stays.mutate(in_window=_in_window(stays, rule), year=year)
    return _with_outcome(_counted_once(stays, rule), rule, end)


_INNER = {"back", "admission", "group", "counts", "next_admitted", "in_window", "gone", "dead"}
_YEAR = {"discharge": "discharged", "admission": "admitted"}


def _is_admission(stays: ir.Table, rule: ReadmissionDefinition) -> ir.BooleanValue:
    import ibis

    return stays["end"] >= stays["admitted"] + ibis.interval(seconds=round(rule.min_stay_hours * 3600))


def _group(stays: ir.Table, rule: ReadmissionDefinition) -> ir.StringValue:
    """The group of diagnoses that a stay belongs to."""
    import ibis

    cases = [(_begins(stays, codes), name) for name, codes in rule.diagnosis_groups.items()]
    return ibis.cases(*cases, else_=ibis.null("string")) if cases else ibis.literal("all")


def _begins(stays: ir.Table, codes: tuple[str, ...]) -> ir.BooleanValue:
    return reduce(or_, (stays["diagnosis"].startswith(code) for code in codes))


def _counts(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.BooleanValue:
    """Whether a stay can be somebody's readmission."""
    demands = [stays["admission"], stays["admitted"] <= end]
    if rule.readmission_specialty:
        demands.append(stays["specialty"] == rule.readmission_specialty)
    if rule.acute_only:
        demands.append(stays["acute"])
    if rule.readmission_diagnoses:
        demands.append(_begins(stays, rule.readmission_diagnoses))
    return reduce(lambda one, other: one & other, demands).fill_null(False)  # noqa: FBT003 - Ibis takes it by position


def _with_return(stays: ir.Table, rule: ReadmissionDefinition) -> ir.Table:
    """The beginning of the first later stay that counts as a readmission of each stay."""
    import ibis

    keys, order = _alike(rule), stay_order(stays)
    others = {}
    if rule.returned_through_day is not None:
        others["next_admitted"] = stays["admitted"].lead().over(ibis.window(group_by="person", order_by=order))
    admitted = ibis.ifelse(stays["counts"], stays["admitted"], ibis.null("timestamp(6)"))
    if rule.window_days[0] or rule.stays_overlap:
        return _first_late_enough(numbered(stays, **others), rule)
    if rule.next_stay_only:
        others["back"] = admitted.lead().over(ibis.window(group_by=keys, order_by=order))
    else:
        later = ibis.window(group_by=keys, order_by=order, following=(1, None))
        others["back"] = admitted.min().over(later)
    return numbered(stays, **others)


def _alike(rule: ReadmissionDefinition) -> list[str]:
    """What a stay and its readmission have in common."""
    return ["person", *(["group"] if rule.diagnosis_groups else []), *(["hospital"] if rule.same_hospital else [])]


def _first_late_enough(stays: ir.Table, rule: ReadmissionDefinition) -> ir.Table:
    """A window that opens later, or at the end of a stay that others overlap, passes over stays that begin before it.

    So each stay is compared with all that follow.
    """
    keys = _alike(rule)
    index = stays.select(*keys, "episode", opens=_moment(stays["discharged"], rule, rule.window_days[0]))
    later = stays.filter(stays["counts"]).select(*keys, "episode", "admitted")
    later = later.rename({f"{name}_later": name for name in (*keys, "episode")})
    follows = [later["episode_later"] > index["episode"], _after(later["admitted"], index["opens"], rule)]
    pairs = index.join(later, [*(index[name] == later[f"{name}_later"] for name in keys), *follows])
    found = pairs.group_by("person", "episode").aggregate(back=pairs["admitted"].min())
    return stays.left_join(found, ["person", "episode"]).drop("person_right", "episode_right")


def _after(moment: ir.TimestampValue, opens: ir.TimestampValue, rule: ReadmissionDefinition) -> ir.BooleanValue:
    return _day(moment, rule) >= opens if rule.window_includes[0] else _day(moment, rule) > opens


def _day(moment: ir.TimestampValue, rule: ReadmissionDefinition) -> ir.TimestampValue:
    """A moment as the definition counts it: to the minute, or its calendar day."""
    return moment.truncate("D") if rule.days == "calendar" else moment


def _moment(start: ir.TimestampValue, rule: ReadmissionDefinition, days: int) -> ir.TimestampValue:
    import ibis

    # an engine adds seconds to a local time faster than calendar days, with the same result
    return _day(start, rule) + ibis.interval(seconds=days * _SECONDS_A_DAY)


def _in_window(stays: ir.Table, rule: ReadmissionDefinition) -> ir.BooleanValue:
    first, last = (_moment(stays["discharged"], rule, days) for days in rule.window_days)
    back = _day(stays["back"], rule)
    before_last = back <= last if rule.window_includes[1] else back < last
    late_enough = _after(stays["back"], first, rule)
    return (before_last & late_enough).fill_null(False)  # noqa: FBT003 - Ibis takes it by position


def _reason(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.StringValue:
    import ibis

    cases: list[tuple[Any, str]] = [
        (stays["discharged"].isnull() | (stays["discharged"] > end), "still_admitted"),
        (~stays["admission"], "stay_too_short"),
    ]
    if rule.specialty:
        cases.append((stays["specialty"] != rule.specialty, "not_psychiatric"))
    cases += [*_diagnosis_reasons(stays, rule), *_age_reasons(stays, rule), *_discharge_reasons(stays, rule)]
    if rule.followup_needed:
        cases.append((_unobserved(stays, rule, end), "followup_too_short"))
    return ibis.cases(*cases, else_=ibis.null("string"))


def _diagnosis_reasons(stays: ir.Table, rule: ReadmissionDefinition) -> list[tuple[Any, str]]:
    cases: list[tuple[Any, str]] = []
    if rule.diagnoses or rule.excluded_diagnoses or rule.diagnosis_groups:
        cases.append((stays["diagnosis"].isnull(), "diagnosis_missing"))
    if rule.diagnoses:
        cases.append((~_begins(stays, rule.diagnoses), "other_diagnosis"))
    if rule.diagnosis_groups:
        cases.append((stays["group"].isnull(), "other_diagnosis"))
    if rule.excluded_diagnoses:
        cases.append((_begins(stays, rule.excluded_diagnoses), "excluded_diagnosis"))
    return cases


def _age_reasons(stays: ir.Table, rule: ReadmissionDefinition) -> list[tuple[Any, str]]:
    if rule.min_age is None and rule.max_age is None:
        return []
    cases: list[tuple[Any, str]] = [(stays["age"].isnull(), "age_missing")]
    if rule.min_age is not None:
        cases.append((stays["age"] < rule.min_age, "age_out_of_range"))
    if rule.max_age is not None:
        cases.append((stays["age"] > rule.max_age, "age_out_of_range"))
    return cases


def _discharge_reasons(stays: ir.Table, rule: ReadmissionDefinition) -> list[tuple[Any, str]]:
    import ibis

    cases: list[tuple[Any, str]] = []
    if rule.excluded_discharges:
        cases.append((stays["discharged_to"].isnull(), "discharge_missing"))
        cases.append((stays["discharged_to"].isin(rule.excluded_discharges), "excluded_discharge"))
    if rule.returned_through_day is not None:
        first_day_out = stays["discharged"].truncate("D") + ibis.interval(days=rule.returned_through_day + 1)
        cases.append((stays["next_admitted"] < first_day_out, "returned_at_once"))
    return cases


def _unobserved(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.BooleanValue:
    """Whether the window was not observed to its end; a calendar day is observed when it is over."""
    import ibis

    last = _moment(stays["discharged"], rule, rule.window_days[1])
    if rule.days == "calendar":
        days = 1 if rule.window_includes[1] else 0
        last = last + ibis.interval(days=days) - ibis.interval(microseconds=1)
    return last > ibis.timestamp(end)


def _counted_once(stays: ir.Table, rule: ReadmissionDefinition) -> ir.Table:
    """Which of the stays that could be index stays are, where not every one is."""
    if not rule.readmission_may_be_index:
        stays = _without_readmissions(stays, rule)
    if rule.counted == "discharges":
        return stays
    return _once_a_person(stays, rule)


def _without_readmissions(stays: ir.Table, rule: ReadmissionDefinition) -> ir.Table:
    import ibis

    could = stays["reason"].isnull() | (stays["reason"] == "followup_too_short")
    back = ibis.ifelse(could & stays["in_window"], stays["back"], ibis.null("timestamp(6)"))
    before = ibis.window(group_by=_alike(rule), order_by=["admitted", "episode"], preceding=(None, 1))
    stays = stays.mutate(could=could, returned=back.max().over(before))
    itself = stays["could"] & stays["counts"] & (stays["returned"] == stays["admitted"])
    reason = ibis.ifelse(itself.fill_null(False), "is_readmission", stays["reason"])  # noqa: FBT003 - Ibis takes it by position
    return stays.mutate(reason=reason).drop("returned", "could")


def _once_a_person(stays: ir.Table, rule: ReadmissionDefinition) -> ir.Table:
    import ibis

    any_stay = rule.counted == "persons_in_year"
    followed = ibis.literal(value=False) if any_stay else stays["reason"] == "followup_too_short"
    stays = stays.mutate(could=stays["reason"].isnull() | followed, back_first=ibis.ifelse(stays["in_window"], 0, 1))
    keys = ["person", "could"] if rule.counted == "persons_first" else ["person", "year", "could"]
    order = [*(["back_first"] if any_stay else []), "admitted", "episode"]
    stays = stays.mutate(rank=ibis.row_number().over(ibis.window(group_by=keys, order_by=order)))
    another = "another_stay_of_person" if any_stay else "not_first_of_person"
    reason = ibis.ifelse(stays["could"] & (stays["rank"] > 0), another, stays["reason"])
    return stays.mutate(reason=reason).drop("could", "rank", "back_first")


def _with_outcome(stays: ir.Table, rule: ReadmissionDefinition, end: datetime) -> ir.Table:
    import ibis

    eligible = stays["reason"].isnull()
    observed = eligible | (stays["reason"] == "followup_too_short")
    # whole seconds, since Spark has no others since the epoch
    back, seen = stays["back"], ibis.timestamp(end.replace(microsecond=0))
    event: ir.Value = ibis.ifelse(back.isnull(), "censored", "readmitted")
    if "gone" in stays.columns:
        gone = stays["gone"].fill_null(ibis.timestamp(FAR))
        before = back.notnull() & (back <= gone)
        event = ibis.cases((before, "readmitted"), ((gone <= seen) & stays["dead"], "died"), else_="censored")
        # who comes back after leaving the country was not followed until then
        back, seen = ibis.ifelse(before, back, ibis.null("timestamp(6)")), ibis.least(gone, seen)
        # a discharge may be written down after death
        seen = ibis.greatest(seen, stays["discharged"])
    days, followed = (_days(stays["discharged"], moment, rule) for moment in (back, seen))
    return stays.mutate(
        eligible=eligible,
        readmitted=ibis.ifelse(eligible, stays["in_window"], ibis.null("boolean")),
        days_to_readmission=ibis.ifelse(observed, days, ibis.null("float64")),
        followup_days=ibis.ifelse(observed, followed, ibis.null("float64")),
        event=ibis.ifelse(observed, event, ibis.null("string")),
    ).drop(*(_INNER & set(stays.columns)))


def _days(start: ir.TimestampValue, stop: ir.TimestampValue, rule: ReadmissionDefinition) -> ir.FloatingValue:
    # engines round differences of times differently; whole seconds since the epoch are the same everywhere
    seconds = _day(stop, rule).epoch_seconds() - _day(start, rule).epoch_seconds()
    # Spark takes a number with a point for a decimal and rounds what it divides
    return seconds.cast("float64") / _SECONDS_A_DAY
