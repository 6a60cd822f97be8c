"""Tables of themes by group, and of the criteria that a programme meets."""

from __future__ import annotations

import pandas as pd

from peereval.reports.any_table import part_of
from peereval.reports.wording import NOT_SHOWN, about, with_interval

_IN_REPORT = "theme_in_report"
_CAPTIONS = {
    "informants_reporting": "Informants who spoke of each theme, of those asked",
    "informants_contradicting": "Informants who contradicted each theme, of those asked",
    _IN_REPORT: "What the report says of each theme",
}
_SHARES = {
    "share_met": "Of those known",
    "share_met_at_least": "If none of the unknown were met",
    "share_met_at_most": "If all of the unknown were met",
}


def themes_by_group(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give a row a theme and a column a group.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `theme_matrix`.

    Returns
    -------
    list of tuple of str and DataFrame
        Captions and cells; a table for those who spoke of a theme, and one for those who contradicted it.
    """
    return [
        (caption, _matrix(rows[rows["measure"] == measure]))
        for measure, caption in _CAPTIONS.items()
        if (rows["measure"] == measure).any()
    ]


def _matrix(mine: pd.DataFrame) -> pd.DataFrame:
    keyed = mine.assign(
        cell=[_cell(row) for _, row in mine.iterrows()],
        Theme=mine["term"].astype(str),
        Kind=mine["kind"].fillna("").astype(str),
    )
    order = keyed[["Theme", "Kind"]].drop_duplicates()
    wide = keyed.set_index(["Theme", "Kind", "group"])["cell"].unstack(fill_value="")
    groups = list(dict.fromkeys(keyed["group"]))
    cells = wide.reindex(pd.MultiIndex.from_frame(order))[groups].reset_index()
    cells.columns.name = None
    return cells if (cells["Kind"] != "").any() else cells.drop(columns="Kind")


def _cell(row: pd.Series) -> str:
    if row["withheld"]:
        return NOT_SHOWN
    if row["measure"] != _IN_REPORT:
        return part_of(row)
    extent = row.get("extent")
    return str(row["answer"]) if pd.isna(extent) or not extent else f"{row['answer']} ({extent})"


def themes_beside_scores(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give a row a theme and estimate: who spoke of it, what the scores say, and what the two say together.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `joint_display`.

    Returns
    -------
    list of tuple of str and DataFrame
        Caption and cells; none where all is withheld.
    """
    if rows["withheld"].all():
        return []
    named = rows["label"] if "label" in rows else rows["outcome"]
    told = rows.assign(withheld=rows["estimate"].isna())
    spoke = {"Informants": [about(n) for n in rows["informants_reporting"]]} if "informants_reporting" in rows else {}
    cells = {
        "Theme": rows["term"].astype(str),
        "Kind": rows["kind"].fillna("").astype(str),
        **spoke,
        "Scale": named.astype(str),
        "Compared": [_compared(row) for _, row in rows.iterrows()],
        "Points": [with_interval(row) for _, row in told.iterrows()],
        "Together": rows["meta_inference"].astype(str),
    }
    return [("Themes beside the scores that they speak to, with 95 % intervals", pd.DataFrame(cells))]


def _compared(row: pd.Series) -> str:
    """The arm of the row, if it is of one, and what was compared with what."""
    said = [str(row[name]) for name in ("group", "contrast") if isinstance(row.get(name), str)]
    return ", ".join(said).replace(" - ", " − ") or str(row.get("round", ""))


def met_criteria(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give the shares of criteria that are met, and then each criterion.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `Programme.fidelity`.

    Returns
    -------
    list of tuple of str and DataFrame
        Captions and cells.
    """
    each = rows[rows["measure"] == "criterion"]
    criteria = pd.DataFrame(
        {
            "Area": each["group"].astype(str),
            "Criterion": each["criterion"].astype(str),
            "Strength": each["strength"].astype(str),
            "State": each["status"].astype(str),
        }
    )
    shares = rows[rows["measure"].isin(_SHARES)]
    cells = [
        {
            "Criteria": str(term),
            **{head: _met(part, measure) for measure, head in _SHARES.items()},
        }
        for term, part in shares.groupby("term", sort=False)
    ]
    found = [("Criteria that are met", pd.DataFrame(cells)), ("Each criterion", criteria)]
    return [(caption, table) for caption, table in found if len(table)]


def _met(part: pd.DataFrame, measure: str) -> str:
    row = part[part["measure"] == measure].iloc[0]
    return f"{row['numerator']:.0f} of {row['denominator']:.0f}"
