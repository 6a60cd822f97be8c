"""Themes by group of informants: counted in coded interviews, reported or not in a published report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.errors import ColumnError, DesignError, nearest
from peereval.interviews.codings import (
    ALL,
    EXTENTS,
    as_words,
    check_codings,
    check_one_group,
    coded_informants,
    in_order,
    reported,
)
from peereval.interviews.informants import check_informants, numbers_of
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NO_KIND = ""
_CELL = ["term", "kind", "group"]
_CELLS = {
    (True, False): "reported",
    (False, True): "contradicted",
    (True, True): "reported and contradicted",
    (False, False): "not reported",
}


def theme_matrix(codings: pd.DataFrame, *, by: str = "role", informants: pd.DataFrame | None = None) -> Result:
    """Show which group spoke of which theme.

    Coded interviews (informants are filled in) give counts of informants. A published report gives groups only: its
    cells say *reported*, *contradicted* or *not reported*, with the extent and the pages, and no informants are
    invented. What a report does not say of a group may still have been said: silence is not absence.

    Parameters
    ----------
    codings : DataFrame
        The *codings* contract. A theme of two kinds (say a benefit and a challenge) is two rows of the matrix.
    by : str
        The column of the groups.
    informants : DataFrame, optional
        The *informants* contract: who was asked in each group. Without it n of each group is not known, since those
        who spoke of no theme are not among the codings.

    Returns
    -------
    Result
        One row a theme (``term``, with its ``kind``) and ``group``. Of coded interviews: ``informants_reporting``, and
        where anybody contradicts a theme also ``informants_contradicting``: ``numerator`` of ``denominator``
        informants, the share in ``estimate``, and all groups together as ``all``. Of a report:
        ``theme_in_report`` with ``answer``, ``extent`` (one, some, several, many, most, all: of those who report it, or
        where nobody does, of those who contradict it; empty where one of the statements does not say) and ``place``; the
        column ``n`` says how many informants were asked, where `informants` is given. Rows without a group, and in coded interviews
        rows without an informant, are left out and counted. The figure draws the themes of one kind with
        ``plot(kind="benefit")``.

    Raises
    ------
    ColumnError, MissingValueError, InvalidValueError
        A table does not keep to its contract, or there is no column `by`.
    DesignError
        An informant is in two groups, or is coded but stands not in `informants`; or more are coded than were asked.

    Examples
    --------
    >>> import pandas as pd
    >>> report = pd.DataFrame({"role": ["patient", "staff", "staff"], "theme": ["hope", "hope", "unclear role"],
    ...                        "kind": ["benefit", "benefit", "challenge"], "extent": ["most", None, "several"],
    ...                        "place": ["p. 12", "p. 20", "p. 21"]})
    >>> theme_matrix(report).to_frame()[["term", "group", "answer", "extent", "place"]]
               term    group        answer   extent  place
    0          hope  patient      reported     most  p. 12
    1          hope    staff      reported     <NA>  p. 20
    2  unclear role  patient  not reported     <NA>   <NA>
    3  unclear role    staff      reported  several  p. 21
    >>> coded = pd.DataFrame({"informant": ["i1", "i1", "i2"], "role": ["patient", "patient", "staff"],
    ...                       "theme": ["hope", "hope", "hope"]})
    >>> asked = pd.DataFrame({"informant": ["i1", "i2", "i3"], "role": ["patient", "staff", "staff"]})
    >>> theme_matrix(coded, informants=asked).to_frame()[["term", "group", "numerator", "denominator"]]
       term    group  numerator  denominator
    0  hope  patient          1          1.0
    1  hope    staff          1          2.0
    2  hope      all          2          3.0
    """
    check_codings(codings)
    _check_groups(codings, by)
    if informants is not None:
        check_informants(informants, by)
    counted = coded_informants(codings)
    no_informant = codings["informant"].isna() if counted else pd.Series(data=False, index=codings.index)
    no_group = codings[by].isna()
    cells = _with_cells(codings[~no_informant & ~no_group], by)
    asked = _asked(informants, by)
    groups = list(dict.fromkeys([*asked.index, *in_order(cells["group"])]))
    excluded = {"informant_missing": int((no_informant & ~no_group).sum()), "group_missing": int(no_group.sum())}
    if counted and informants is not None and "informant" in informants:
        _check_asked(cells, informants, by)
    found = _counts(cells, groups, asked) if counted else _answers(cells, groups, asked)
    return Result(
        kind="theme-matrix",
        title=f"Themes by {by}",
        estimates=found,
        method=_COUNTED if counted else _REPORTED,
        claim="description",
        estimand=f"Informants of each {by} who spoke of a theme." if counted else f"What the report says of each {by}.",
        assumptions=() if counted else ("Silence is not absence: a group may have said what the report does not say.",),
        settings={
            "by": by, "form": "coded interviews" if counted else "published report", "groups": groups,
            "versions": versions(), "data": data_facts(codings),
        },
        columns=_KIND if counted else {**_KIND, **_OF_REPORTS},
        exclusions={reason: count for reason, count in excluded.items() if count},
        origin=origin_of(codings),
    )  # fmt: skip


_COUNTED = (
    "For every theme and group the informants were counted with at least one statement coded with it. Informants are "
    "chosen, not drawn at random, so shares have no interval; an informant who does not speak of a theme has not denied it."
)
_REPORTED = (
    "For every theme and group it is noted whether the report says that the group reported or contradicted it, to which extent "
    "and where. The report gives no informants to a theme, so none are counted; not reported means that the report is silent, "
    "not that the group did not say it."
)
_KIND = {"kind": "benefit, challenge, proposal, dilemma or condition; empty where the codings do not say"}
_OF_REPORTS = {
    "answer": "reported, contradicted, reported and contradicted, or not reported",
    "extent": "how many of the group reported it, else contradicted it, where every statement of the cell says so: one, some, several, many, most, all",
    "place": "where the report says so",
}


def with_kind(codings: pd.DataFrame) -> pd.Series:
    """Give the kind of each coding, empty where it is not known.

    Parameters
    ----------
    codings : DataFrame
        The codings.

    Returns
    -------
    Series of str
        The kind.
    """
    if "kind" not in codings:
        return pd.Series(_NO_KIND, index=codings.index, dtype="string")
    return codings["kind"].astype("string").fillna(_NO_KIND)


def _check_groups(codings: pd.DataFrame, by: str) -> None:
    if by not in codings:
        msg = f"The codings have no column {by!r}."
        raise ColumnError(msg, hint=nearest(by, [str(name) for name in codings.columns]))
    check_one_group(codings, by, "codings")


def _with_cells(codings: pd.DataFrame, by: str) -> pd.DataFrame:
    return codings.assign(
        term=codings["theme"].astype("string"),
        kind=with_kind(codings),
        group=codings[by],
        is_reported=reported(codings),
    )


def _asked(informants: pd.DataFrame | None, by: str) -> pd.Series:
    """How many were asked in each group; missing where a row does not say."""
    if informants is None:
        return pd.Series(dtype=float)
    known = informants.assign(n=numbers_of(informants))[informants[by].notna()]
    return (
        known.groupby(by, sort=False, observed=True)["n"]
        .sum(min_count=1)
        .where(
            known.groupby(by, sort=False, observed=True)["n"].count()
            == known.groupby(by, sort=False, observed=True).size()
        )
    )


def _check_asked(cells: pd.DataFrame, informants: pd.DataFrame, by: str) -> None:
    group_of = informants.dropna(subset="informant").set_index("informant")[by]
    theirs = cells["informant"].map(group_of.astype("string"))
    wrong = theirs.isna() | theirs.ne(cells["group"].astype("string"))
    if wrong.any():
        n = cells.loc[wrong, "informant"].nunique()
        msg = f"{n} informant{'s' * (n > 1)} of the codings stand{'s' * (n == 1)} not in the table of informants, or under another {by!r}."
        raise DesignError(msg, hint="Use the same keys and groups in both tables.")


def _grid(cells: pd.DataFrame, groups: Sequence[str]) -> pd.MultiIndex:
    """Every theme and kind, in the order in which they first stand, in every group."""
    themes = cells[["term", "kind"]].drop_duplicates()
    crossed = themes.merge(pd.DataFrame({"group": groups}), how="cross")
    return pd.MultiIndex.from_frame(crossed[_CELL].astype("string"))


def _counts(cells: pd.DataFrame, groups: list[str], asked: pd.Series) -> pd.DataFrame:
    shown = [*groups, ALL] if len(groups) > 1 else groups
    n = asked.reindex(groups)
    n[ALL] = n.sum(skipna=False)
    grid = _grid(cells, shown)
    parts = []
    for measure, which in (("informants_reporting", True), ("informants_contradicting", False)):
        mine = cells[cells["is_reported"] == which]
        if measure == "informants_reporting" or len(mine):
            twice = pd.concat([mine.assign(group=mine["group"].astype("string")), mine.assign(group=ALL)])
            count = twice.groupby(_CELL)["informant"].nunique().reindex(grid, fill_value=0)
            parts.append(count.rename("numerator").reset_index().assign(measure=measure))
    found = pd.concat(parts, ignore_index=True)
    found["denominator"] = found["group"].map(n).astype(float)
    too_many = found.loc[found["numerator"] > found["denominator"], "group"]
    if len(too_many):
        msg = f"More informants of {too_many.iloc[0]!r} are coded than were asked by the table of informants."
        raise DesignError(msg, hint="Correct the number of informants, or the keys of those who are coded.")
    return found.assign(estimate=found["numerator"] / found["denominator"])


def _answers(cells: pd.DataFrame, groups: list[str], asked: pd.Series) -> pd.DataFrame:
    grid = _grid(cells, groups)
    by_cell = cells.assign(group=cells["group"].astype("string")).groupby(_CELL)
    said = by_cell["is_reported"].any().reindex(grid, fill_value=False)
    denied = (~by_cell["is_reported"].all()).reindex(grid, fill_value=False)
    answers: list[str] = [_CELLS[bool(yes), bool(no)] for yes, no in zip(said, denied, strict=True)]
    found = grid.to_frame(index=False).assign(measure="theme_in_report", answer=pd.array(answers, dtype="string"))
    # the extent is that of the answer: of those who contradict only where nobody reports
    of_answer = cells[cells["is_reported"] | ~by_cell["is_reported"].transform("any")]
    for name, rows, join in (("extent", of_answer, _extents), ("place", cells, _places)):
        texts = _texts_of_cells(rows, name, join).reindex(grid) if name in cells else pd.Series(pd.NA, index=grid)
        found[name] = pd.array(texts.to_list(), dtype="string")
    return found.assign(n=found["group"].map(asked).astype(float)) if len(asked) else found


def _texts_of_cells(rows: pd.DataFrame, name: str, join: Callable[[pd.Series], Any]) -> pd.Series:
    return rows.assign(group=rows["group"].astype("string")).groupby(_CELL)[name].agg(join)


def _extents(values: pd.Series) -> Any:
    # a word of extent beside a statement without one would be read as the extent of both
    if values.isna().any():
        return pd.NA
    return as_words(sorted(values.dropna().unique(), key=EXTENTS.index)) or pd.NA


def _places(values: pd.Series) -> Any:
    return as_words(list(values.dropna().unique())) or pd.NA
