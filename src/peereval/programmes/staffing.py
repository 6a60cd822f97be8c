"""Positions over time: what each source counts, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.results import Result, data_facts, versions

if TYPE_CHECKING:
    from peereval.programmes.programme import Programme

_THING = ["scheme", "group", "unit", "status", "scenario", "measure", "time"]
"""What two sources must agree in to count the same thing."""


def positions_over_time(programme: Programme) -> Result:
    """Count positions over time, as `Programme.staffing` describes.

    Parameters
    ----------
    programme : Programme
        The programme.

    Returns
    -------
    Result
        The positions.
    """
    rows = _agreed(_entries(programme))
    found = pd.concat([rows, *(part for part in (_full_time(rows), _from_parts(rows)) if len(part))], ignore_index=True)
    return Result(
        kind="staffing",
        title=f"Positions of {programme.name or 'the programme'}",
        estimates=found.drop(columns=["share_low", "share_high"]).rename(columns={"part_of": "whole"}),
        method=_METHOD,
        claim="description",
        estimand="positions at a date, as each source counts them",
        settings={
            "programme": programme.name,
            "versions": versions(),
            # numbers in words: they stay inside with the rest of what is known of the data
            "data": {**data_facts(rows), "contradictions": _contradictions(found)},
        },
        columns=_COLUMNS,
        origin=programme.origin,
    )


_METHOD = (
    "Positions stand as each source prints them, with its date; sources are neither averaged nor added. Two entries for the same "
    "scheme, role, unit, status and date contradict one another where their ranges do not meet. Where an entry has parts, their sum "
    "stands beside it. Full-time equivalents are positions times hours a week over full-time hours, from the lowest to the highest, "
    "and not given where hours are not known."
)
_COLUMNS = {
    "scheme": "the scheme, where a programme has several",
    "lowest": "the lowest number that the source allows",
    "highest": "the highest number that the source allows",
    "printed": "beside a sum of parts: the number that the source prints for the whole",
    "status": "employed, planned or proposed",
    "scenario": "the scenario that proposes it",
    "basis": "printed in the source, or inferred from it",
    "approximate": "whether the source says about",
    "agreement": "agrees or contradicts: with other entries for the same thing and date, or of parts with their whole",
    "said_by": "who says it: a label of the programme's sources",
    "place": "where in the source",
    "whole": "the entry of which this one is a part",
}


def _entries(programme: Programme) -> pd.DataFrame:
    rows = [
        (
            each.id or f"position {number}", each.role, each.unit,
            "additional_positions" if each.additional else "positions", each.date, *each.count, *(each.hours_share or _UNKNOWN),
            each.scheme, each.status, each.scenario, each.basis, each.approximate, each.source, each.place, each.part_of,
        )
        for number, each in enumerate(programme.positions, start=1)
    ]  # fmt: skip
    names = [
        "term", "group", "unit", "measure", "time", "lowest", "highest", "share_low", "share_high",
        "scheme", "status", "scenario", "basis", "approximate", "said_by", "place", "part_of",
    ]  # fmt: skip
    numbers = ["lowest", "highest", "share_low", "share_high"]
    kinds = dict.fromkeys(names, "string") | dict.fromkeys(numbers, "float64") | {"approximate": "bool"}
    return _with_estimate(pd.DataFrame(rows, columns=names).astype(kinds))


_UNKNOWN = (np.nan, np.nan)


def _with_estimate(rows: pd.DataFrame) -> pd.DataFrame:
    """A number where a single one is said; the middle of a range would be nobody's figure."""
    return rows.assign(estimate=rows["lowest"].where(np.isclose(rows["lowest"], rows["highest"])))


def _agreed(rows: pd.DataFrame) -> pd.DataFrame:
    thing = rows.groupby(_THING, dropna=False).ngroup()
    # parts that are told apart from their whole, or from one another, by nothing but their number are other things
    same_as_whole = rows["part_of"].map(dict(zip(rows["term"], thing, strict=True))).fillna(-1).eq(thing)
    same_as_part = (rows["part_of"] != "") & rows.assign(thing=thing)[["thing", "part_of"]].duplicated(keep=False)
    compared = rows[~(same_as_whole | same_as_part).astype(bool)]
    same = compared.groupby(_THING, dropna=False)
    alone = same["term"].transform("size") < 2  # noqa: PLR2004 - one says nothing of another
    apart = same["lowest"].transform("max") > same["highest"].transform("min")
    said = _verdict(apart).mask(alone, "").reindex(rows.index, fill_value="")
    return rows.assign(agreement=said, printed=np.nan)


def _verdict(apart: pd.Series) -> pd.Series:
    return pd.Series(np.where(apart, "contradicts", "agrees"), index=apart.index, dtype="string")


def _full_time(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows[rows["share_low"].notna()]
    share = {"lowest": known["lowest"] * known["share_low"], "highest": known["highest"] * known["share_high"]}
    additional = known["measure"].eq("additional_positions").to_numpy(bool)
    measure = np.where(additional, "additional_full_time_equivalents", "full_time_equivalents")
    return _with_estimate(known.assign(**share, measure=measure, agreement=""))


def _from_parts(rows: pd.DataFrame) -> pd.DataFrame:
    sums = rows[rows["part_of"] != ""].groupby("part_of")[["lowest", "highest"]].sum()
    whole = rows[rows["term"].isin(sums.index)]
    added = sums.loc[whole["term"]].set_index(whole.index)
    apart = (added["lowest"] > whole["highest"]) | (added["highest"] < whole["lowest"])
    beside = {"printed": whole["estimate"], "agreement": _verdict(apart)}
    return _with_estimate(whole.assign(**added, **beside, measure="positions_from_parts"))


def _contradictions(rows: pd.DataFrame) -> list[str]:
    """Each thing that is said in two ways, in a sentence."""
    against = rows[rows["agreement"] == "contradicts"]
    number = against["lowest"].map("{:g}".format).astype("string")
    ranged = number + " to " + against["highest"].map("{:g}".format).astype("string")
    said = number.mask(against["estimate"].isna(), ranged) + " (" + against["said_by"] + ")"
    parts = against["measure"] == "positions_from_parts"
    printed = against["printed"].map("{:g}".format).astype("string").mask(against["printed"].isna(), "another range")
    sums = against["time"] + ": the parts of " + against["term"] + " make " + said + ", printed is " + printed
    things = against.assign(said=said)[~parts].groupby(_THING, dropna=False, sort=False)["said"].agg(" against ".join)
    dated = things.index.get_level_values("time") + ": " + things.to_numpy(str)
    return [*dated, *sums[parts]]
