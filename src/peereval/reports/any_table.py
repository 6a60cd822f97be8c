"""Tables of results of any kind: the columns that hold something, and each estimate with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.disclosure.policy import NEVER, treatment_of
from peereval.reports.wording import NBSP, NOT_SHOWN, about, percent, share_with_interval, with_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHARES = (
    "answered", "death_incidence", "directly_standardised_rate", "exact_share", "false_link_rate", "informants", "informants_reporting",
    "informants_contradicting", "indirectly_standardised_rate", "linked_share", "missing", "not_readmitted", "peer_reach", "probability_cost_effective", "readmission_incidence",
    "readmission_rate", "retained", "share_met", "share_met_at_least", "share_met_at_most", "share_yes", "top_box",
)  # fmt: skip
"""Measures that are read in per cent."""
MEASURES = {
    "bed_days_per_person_year": "Bed days per person and year",
    "community_days_per_person_year": "Days in the community per person and year",
    "death_incidence": "Died without readmission",
    "death_time_lost_difference": "Difference in time lost to death",
    "readmission_incidence": "Readmitted",
    "readmission_time_lost_difference": "Difference in time lost to readmission",
    "restricted_mean_time_difference": "Difference in mean time out of hospital",
    "stay_mean": "Mean, days",
    "stay_median": "Median, days",
    "stay_quartile_1": "First quartile, days",
    "stay_quartile_3": "Third quartile, days",
}
"""Measures in words, where the name of the measure does not say it."""
_MAIN = ("stay_median", "readmission_incidence", "bed_days_per_person_year")
"""Measures that are told first, where a result has them."""
_NUMBERS = (
    "estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "conf_low", "conf_high", "conf_level", "n",
    "n_persons", "numerator", "denominator",
)  # fmt: skip
_SILENT = (*_NUMBERS, "measure", "withheld", "headline", "primary", "role", "instrument", "scale", "reading", "order",
           "approximate", "basis", "time_scale")  # fmt: skip
"""Columns that are told in another way, or say nothing to a reader."""


def any_table(rows: pd.DataFrame, title: str) -> list[tuple[str, pd.DataFrame]]:
    """Give a table of released estimates of a kind that has no table of its own.

    Parameters
    ----------
    rows : DataFrame
        Released estimates.
    title : str
        The caption.

    Returns
    -------
    list of tuple of str and DataFrame
        One table: what distinguishes the rows, their measure, the value with its interval, and what it is counted
        from; none where there are no rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"group": ["ward A", "ward B"], "measure": "median", "estimate": [12.0, None],
    ...                      "conf_low": [10.0, None], "conf_high": [15.0, None], "n": [40.0, None],
    ...                      "withheld": [False, True]})
    >>> [(caption, cells)] = any_table(rows, "Days")
    >>> cells["Value"].str.replace(NBSP, " ").tolist(), cells["n"].str.replace(NBSP, " ").tolist()
    (['12 (10 to 15)', 'not shown'], ['≈ 40', 'not shown'])
    """
    if rows.empty:
        return []
    rows = _measured(rows)
    rows = rows[~_never_given(rows)]
    if rows.empty:
        return []
    records: list[dict[str, Any]] = [dict(row) for _, row in rows.iterrows()]
    texts = {heading(name): [_text(row[name], name) for row in records] for name in _shown(rows)}
    measured = (
        {"Measure": [MEASURES.get(row["measure"], heading(row["measure"])) for row in records]}
        if len(set(rows["measure"])) > 1
        else {}
    )
    counts = {head: cells for head, cells in _counts(rows, records) if any(cells)}
    values = ["" if _counted_only(row) else value_of(row) for row in records]
    told = {"Value": values} if any(values) else {}
    return [(title, pd.DataFrame({**texts, **measured, **told, **counts}))]


def _never_given(rows: pd.DataFrame) -> pd.Series:
    """Rows that no policy gives out, of which the notes below the table say so."""
    treated = treatment_of()
    never = rows["measure"].map(lambda name: treated.get(str(name)) in NEVER)
    return never.astype(bool) & rows["withheld"].astype(bool)


def _counted_only(row: Mapping[str, Any]) -> bool:
    """Whether a row holds a count, which has its own column, and no estimate."""
    return not row["withheld"] and pd.isna(row.get("estimate")) and not pd.isna(row.get("numerator"))


def heading(name: object) -> str:
    """Give the name of a column or measure as a heading.

    Parameters
    ----------
    name : str
        Such as ``"bed_days_change"``.

    Returns
    -------
    str
        Such as ``"Bed days change"``.

    Examples
    --------
    >>> heading("bed_days_change")
    'Bed days change'
    """
    return str(name).replace("_", " ").capitalize()


def _measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a kind without measures are of one."""
    return rows if "measure" in rows else rows.assign(measure="")


def _shown(rows: pd.DataFrame) -> list[str]:
    filled = [str(name) for name in rows if name not in _SILENT and (rows[name].notna() & rows[name].ne("")).any()]
    return [name for name in filled if not _repeats(rows, name)]


def _repeats(rows: pd.DataFrame, name: str) -> bool:
    """Whether a column of numbers says what the estimate says."""
    if not pd.api.types.is_float_dtype(rows[name]) or "estimate" not in rows:
        return False
    return bool((rows[name].isna() | rows[name].eq(rows["estimate"])).all())


_CODES = ("outcome", "interval")
"""Columns that hold names of columns and codes of the program, which are read as words; names from the data stay as they are."""


def _text(value: Any, column: str) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.10g}"
    return str(value).replace("_", " ") if column in _CODES else str(value)


def _counts(rows: pd.DataFrame, records: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    if {"numerator", "denominator"} <= set(rows):
        yield "Count", [part_of(row) for row in records]
    for name, head in (("n", "n"), ("n_persons", "Persons")):
        if name in rows and rows[name].notna().any():
            yield head, [_count(row, name) for row in records]


def part_of(row: Mapping[str, Any] | pd.Series) -> str:
    r"""Write a count and what it is a part of.

    Parameters
    ----------
    row : mapping
        With ``numerator`` and ``denominator``.

    Returns
    -------
    str
        The text; empty where neither is known.

    Examples
    --------
    >>> part_of({"numerator": 15.0, "denominator": 30.0})
    '≈\xa015 of\xa0≈\xa030'
    """
    if pd.isna(row["numerator"]) and pd.isna(row["denominator"]):
        return ""
    if pd.isna(row["denominator"]):
        return about(row["numerator"])
    return f"{about(row['numerator'])} of{NBSP}{about(row['denominator'])}"


def _count(row: Mapping[str, Any], name: str) -> str:
    return "" if pd.isna(row[name]) and not row["withheld"] else about(row[name])


def value_of(row: Mapping[str, Any]) -> str:
    r"""Write what a row says: a share in per cent, another estimate with its interval, or a count.

    Parameters
    ----------
    row : mapping
        A row of released estimates.

    Returns
    -------
    str
        The text; *not shown* where it is withheld, empty where the row holds no number.

    Examples
    --------
    >>> value_of({"measure": "readmission_rate", "estimate": 0.2, "withheld": False})
    '20\xa0%'
    """
    if row["withheld"]:
        return NOT_SHOWN
    filled = {"estimate": None, "conf_low": None, "conf_high": None, **row}
    if pd.isna(filled["estimate"]):
        count = row.get("numerator")
        return "" if pd.isna(count) else about(count)
    if row["measure"] not in SHARES:
        return with_interval(filled)
    return percent(filled["estimate"]) if pd.isna(filled["conf_low"]) else share_with_interval(filled)


def main_measure(rows: pd.DataFrame) -> str:
    """Give the measure whose numbers are told in words.

    Parameters
    ----------
    rows : DataFrame
        Released estimates; at least one row.

    Returns
    -------
    str
        Its name; the first one, unless another says most.
    """
    there = set(rows["measure"])
    return next((name for name in _MAIN if name in there), str(rows["measure"].iloc[0]))


_MONEY = (
    "amount", "total_of_parts", "cost_per_position", "line_cost", "total_cost", "cost_per_unit", "cost_per_bed", "mean_cost",
    "incremental_cost", "incremental_net_benefit", "gross_benefit", "net_benefit", "net_saving",
)  # fmt: skip
"""Measures in units of the currency."""


def _with_unit(row: Mapping[str, Any]) -> str:
    """The value, with the currency of an amount, whose column a sentence does not show."""
    value, currency = value_of(row), row.get("currency")
    return f"{value}{NBSP}{currency}" if value and row["measure"] in _MONEY and isinstance(currency, str) else value


_NAMES = ("label", "outcome", "group", "contrast", "round", "term", "time", "kind")


def main_numbers(rows: pd.DataFrame, most: int = 8) -> list[str]:
    """Say the main numbers of some rows in words, for readers who do not see the figure.

    Parameters
    ----------
    rows : DataFrame
        Released estimates.
    most : int
        How many rows are told.

    Returns
    -------
    list of str
        What tells each row from the others, and its value: the rows of the main measure.

    Examples
    --------
    >>> rows = pd.DataFrame({"group": ["ward A", "ward B"], "measure": "readmission_rate", "estimate": [0.2, 0.3],
    ...                      "withheld": False})
    >>> [text.replace(NBSP, " ") for text in main_numbers(rows)]
    ['ward A: 20 %', 'ward B: 30 %']
    """
    if rows.empty:
        return []
    known = _measured(rows)
    mine = known[known["measure"] == main_measure(known)].head(most)
    telling = [name for name in _NAMES if name in mine and len(set(mine[name].astype(str))) > 1]
    parts = (
        (", ".join(_text(row[name], name) for name in telling), _with_unit(dict(row))) for _, row in mine.iterrows()
    )
    return [f"{name}: {value}" if name else value for name, value in parts if value]
