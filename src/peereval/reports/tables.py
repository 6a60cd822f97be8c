"""Released results to tables for print."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from peereval.reports.any_table import any_table
from peereval.reports.characteristics import described, lost, stayed_and_left
from peereval.reports.comparisons import balanced, compared_rounds
from peereval.reports.image_store import stored_tables
from peereval.reports.imputed import imputed_changes, tipping_points
from peereval.reports.languages import words
from peereval.reports.links import linked_answers
from peereval.reports.matrices import met_criteria, themes_beside_scores, themes_by_group
from peereval.reports.questions import answered_questions
from peereval.reports.wording import NOT_SHOWN, UNKNOWN, about, share_with_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from great_tables import GT

    from peereval.reports.languages import Words
    from peereval.results import Released

_CURVE_DAYS = (30, 90, 180, 360)


def tables_of(finding: Released) -> list[tuple[str, pd.DataFrame]]:
    """Give the printed tables of a released result.

    Parameters
    ----------
    finding : Released
        The result.

    Returns
    -------
    list of tuple of str and DataFrame
        Caption and cells (texts) of each table.

    Examples
    --------
    >>> import peereval as pe
    >>> [released] = pe.release(pe.attrition(pe.simulate_study("ward", seed=1).responses))
    >>> caption, cells = tables_of(released)[0]
    >>> cells.columns.tolist()
    ['Group', 'Round', 'Answered', 'Invited', 'Response']
    """
    return stored_tables(finding, lambda: _made(finding))


def _made(finding: Released) -> list[tuple[str, pd.DataFrame]]:
    tables = _TABLES.get(finding.kind, partial(any_table, title=finding.title))
    return [
        (f"{source}: {caption}" if source else caption, cells)
        for source, rows in by_source(finding)
        for caption, cells in tables(rows)
    ]


def by_source(finding: Released) -> list[tuple[str, pd.DataFrame]]:
    """Give the estimates of each source of bound results, so that no sum mixes two.

    Parameters
    ----------
    finding : Released
        The result.

    Returns
    -------
    list of tuple of str and DataFrame
        Label and rows; one with an empty label where nothing is bound.
    """
    rows = finding.estimates
    if "source" not in rows:
        return [("", rows)]
    return [(str(label), part.drop(columns="source")) for label, part in rows.groupby("source", sort=False)]


def as_gt(
    caption: str, cells: pd.DataFrame, identity: str, *, note: str | None = None, speech: Words | None = None
) -> GT:
    """Make a great_tables table of printed cells.

    Parameters
    ----------
    caption : str
        The caption.
    cells : DataFrame
        Texts.
    identity : str
        The id of the HTML element; the same id gives the same bytes.
    note : str, optional
        What stands under the caption.
    speech : Words, optional
        The language of the table; English without it.

    Returns
    -------
    GT
        The table; texts from data are escaped by it.
    """
    from great_tables import GT, loc, style

    spoken = speech or words("en")
    said = spoken_cells(cells, spoken)
    heads = dict(zip(cells.columns, said.columns, strict=True))
    subtitle = None if note is None else spoken.sentence(note)
    table = GT(said, id=identity).tab_header(title=spoken.sentence(caption), subtitle=subtitle).cols_align("left")
    numeric = [heads[name] for name in numeric_columns(cells)]
    table = table.cols_align("right", columns=numeric) if numeric else table
    return table.tab_style(style.text(weight="bold"), loc.column_labels())


def numeric_columns(cells: pd.DataFrame) -> list[str]:
    """Name the columns of a printed table that are aligned as numbers.

    Parameters
    ----------
    cells : DataFrame
        Texts in English, as `tables_of` gives them.

    Returns
    -------
    list of str
        Their names.

    Examples
    --------
    >>> numeric_columns(pd.DataFrame({"Group": ["12"], "n": ["12"]}))
    ['n']
    """
    return [str(name) for name in cells.columns if name not in _TEXT_COLUMNS and _has_numbers(cells[name])]


def _has_numbers(cells: pd.Series) -> bool:
    """Whether all cells that hold something begin with a number, or say that it is not shown or not known."""
    texts = cells.astype(str)
    filled = texts[texts != ""]
    return bool((filled.str.match(r"(?:n\s)?[^A-Za-z]*\d") | filled.isin([NOT_SHOWN, UNKNOWN])).all())


def spoken_cells(cells: pd.DataFrame, speech: Words) -> pd.DataFrame:
    """Put the heads and cells of a printed table into a language.

    Parameters
    ----------
    cells : DataFrame
        Texts in English, as `tables_of` gives them.
    speech : Words
        The language.

    Returns
    -------
    DataFrame
        The table; names from the data stay as they are.

    Examples
    --------
    >>> spoken_cells(pd.DataFrame({"Mean": ["1.5"]}), words("da"))
      Gennemsnit
    0        1,5
    """
    return cells.map(lambda cell: speech.sentence(str(cell))).rename(columns=lambda head: speech.sentence(str(head)))


_TEXT_COLUMNS = (
    "Criterion",
    "Said by",
    "State",
    "Status",
    "Term",
    "Theme",
    "Time",
    "Group",
    "Round",
    "Rounds",
    "Scale",
    "Rounds answered",
    "Characteristic",
    "Level",
    "Measured at the first round",
    "Mean",
    "Computed beside",
    "Equivalence",
    "Non-inferiority",
)


def _attrition(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    answered = rows[rows["measure"] == "answered"].set_index(["group", "round"])
    stayed = rows[rows["measure"] == "retained"].set_index(["group", "round"])
    cells = pd.DataFrame(
        {
            "Group": [group for group, _ in answered.index],
            "Round": [label for _, label in answered.index],
            **_eligible(rows, answered),
            "Answered": [about(value) for value in answered["numerator"]],
            "Invited": [UNKNOWN if pd.isna(value) else about(value) for value in answered["denominator"]],
            "Response": _responses(answered),
            "Stayed (of the first round)": [
                share_with_interval(stayed.loc[key]) if key in stayed.index else "" for key in answered.index
            ],
        }
    )
    patterns = rows[rows["measure"] == "pattern"]
    followed = cells if len(stayed) else cells.drop(columns="Stayed (of the first round)")
    return [("Answers per round", followed), *lost(rows), *_patterns(patterns), *stayed_and_left(rows)]


def _eligible(rows: pd.DataFrame, answered: pd.DataFrame) -> dict[str, list[str]]:
    """How many were eligible, where any round tells it; a number that is not known is not one that is withheld."""
    asked = rows[rows["measure"] == "invited"].set_index(["group", "round"])
    if asked["denominator"].isna().all():
        return {}
    found = asked[["denominator", "withheld"]].reindex(answered.index)
    withheld = found["withheld"].astype("boolean").fillna(value=False).astype(bool)
    unknown = found["denominator"].isna() & ~withheld
    return {
        "Eligible": [
            UNKNOWN if nobody_knows else about(value)
            for value, nobody_knows in zip(found["denominator"], unknown, strict=True)
        ]
    }


def _responses(answered: pd.DataFrame) -> list[str]:
    unknown = answered["denominator"].isna() & ~answered["withheld"].astype(bool)
    written = [share_with_interval(row) for _, row in answered.iterrows()]
    return [UNKNOWN if missing else text for text, missing in zip(written, unknown, strict=True)]


def _patterns(patterns: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    if patterns.empty:
        return []
    written = patterns.assign(count=[about(value) for value in patterns["numerator"]])
    wide = written.pivot_table(index="term", columns="group", values="count", aggfunc="first", sort=False).fillna("0")
    cells = wide.reset_index().rename(columns={"term": "Rounds answered"})
    cells.columns.name = None
    return [("Persons by the rounds they answered", cells.astype(str))]


def _rates(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    cells = pd.DataFrame(
        {
            "Group": rows["group"].to_list(),
            **({"Time": rows["time"].to_list()} if "time" in rows else {}),
            "Readmissions": [about(value) for value in rows["numerator"]],
            "Index stays": [about(value) for value in rows["denominator"]],
            "Persons": [about(value) for value in rows["n_persons"]],
            "Share with 95 % interval": [share_with_interval(row) for _, row in rows.iterrows()],
        }
    )
    return [("Index stays followed by a readmission", cells)]


def _survival(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    days = [day for day in _CURVE_DAYS if (rows["time"] == day).any()] if len(rows) else []
    cells = pd.DataFrame(
        [
            {"Group": name, **{f"{day} days": _at(part, day) for day in days}}
            for name, part in rows.groupby("group", sort=True)
        ]
    )
    return [("Not readmitted, by days since the first discharge", cells)]


def _at(curve: pd.DataFrame, day: int) -> str:
    return share_with_interval(curve[curve["time"] == day].iloc[0])


_TABLES: dict[str, Callable[[pd.DataFrame], list[tuple[str, pd.DataFrame]]]] = {
    "attrition": _attrition,
    "balance": balanced,
    "baseline": described,
    "fidelity": met_criteria,
    "imputation": imputed_changes,
    "likert": answered_questions,
    "linkage": linked_answers,
    "rounds": compared_rounds,
    "rates": _rates,
    "survival": _survival,
    "theme-matrix": themes_by_group,
    "joint-display": themes_beside_scores,
    "tipping_point": tipping_points,
}
