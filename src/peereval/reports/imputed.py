"""Tables of imputed changes and of tipping points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.reports.wording import about, number, with_interval

if TYPE_CHECKING:
    from collections.abc import Hashable


def imputed_changes(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give changes from imputed scores, and how many scores were imputed.

    Parameters
    ----------
    rows : DataFrame
        Estimates of a released result of `impute_rounds`.

    Returns
    -------
    list of tuple of str and DataFrame
        Captions and cells.
    """
    counts = rows[rows["measure"] == "imputed"]
    written = counts.assign(count=[about(value) for value in counts["numerator"]])
    wide = written.pivot_table(index=["group", "round"], columns="term", values="count", aggfunc="first", sort=False)
    cells = wide.reset_index().rename(columns=_heading).astype(str)
    cells.columns.name = None
    return [
        ("Changes with missing scores imputed, 95 % intervals", _changes(rows[rows["measure"] != "imputed"])),
        ("Scores observed and imputed", cells),
    ]


def tipping_points(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give the change without a shift and the tipping point; shifted estimates are not released.

    Parameters
    ----------
    rows : DataFrame
        Estimates of a released result of `tipping_point`.

    Returns
    -------
    list of tuple of str and DataFrame
        Caption and cells.
    """
    kept = rows[rows["delta"].eq(0)]
    tips = rows.loc[rows["measure"] == "tipping_point", "estimate"]
    points = ["none found" if pd.isna(value) else number(value, 1) for value in tips]
    return [
        ("Shift of imputed scores at which the interval includes 0", _changes(kept).assign(**{"Tipping point": points}))
    ]


def _changes(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Rounds": rows["contrast"].str.replace(" - ", " − ").to_list(),
            "Persons": [about(value) for value in rows["n"]],
            "Points": [with_interval(row) for _, row in rows.iterrows()],
        }
    )


def _heading(name: Hashable) -> str:
    return str(name).capitalize()
