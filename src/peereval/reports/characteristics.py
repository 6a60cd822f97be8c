"""Tables of who the persons were: by arm, and of those who stayed and those who left."""

from __future__ import annotations

from math import isnan

import pandas as pd

from peereval.instruments.lookup import list_ids, scale_label
from peereval.reports.wording import NBSP, NOT_SHOWN, about, with_interval

_REASONS = {"died": "Died", "left_programme": "Left the programme", "reason_unknown": "Reason not known"}


def described(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give Table 1: a line a number or level, a column a group, and the standardised difference.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `baseline_table`.

    Returns
    -------
    list of tuple of str and DataFrame
        One table; none where nothing is described.
    """
    if rows.empty:
        return []
    groups = list(dict.fromkeys(rows["group"].dropna()))
    lines = [line for name, part in rows.groupby("outcome", sort=False) for line in _lines(str(name), part, groups)]
    cells = pd.DataFrame(lines).fillna("")
    return [(f"Who the persons were: {rows['round'].iloc[0]}", cells)]


def _lines(name: str, part: pd.DataFrame, groups: list[str]) -> list[dict[str, str]]:
    """The lines of one characteristic, the difference in the first."""
    apart = part[part["measure"].str.startswith("standardised_difference")]
    found = [
        *_line(part[part["measure"] == "mean"], "mean", groups),
        *_quartiles(part, groups),
        *(line for term, mine in part[part["measure"] == "level"].groupby("term", sort=False)
          for line in _line(mine, str(term), groups)),
        *_line(part[part["measure"] == "missing"], "missing", groups),
    ]  # fmt: skip
    for place, line in enumerate(found):
        line["Characteristic"] = _called(name) if place == 0 else ""
        if len(apart):
            line["Standardised difference"] = _number(apart.iloc[0]) if place == 0 else ""
    order = ["Characteristic", "Level", *groups, "Standardised difference"]
    return [{key: line[key] for key in order if key in line} for line in found]


def _called(name: str) -> str:
    """A scale as the tables of rounds call it; another characteristic as it is."""
    instrument, _, scale = name.partition(":")
    return scale_label(instrument, scale) if scale and instrument in list_ids() else name


def _line(mine: pd.DataFrame, word: str, groups: list[str]) -> list[dict[str, str]]:
    if mine.empty:
        return []
    by = {row["group"]: row for _, row in mine.iterrows()}
    return [{"Level": word, **{group: _cell(by[group]) for group in groups}}]


def _cell(row: pd.Series) -> str:
    if row["withheld"]:
        return NOT_SHOWN
    if row["measure"] == "mean":
        return f"{_number(row)}, n{NBSP}{about(row['n'])}"
    return f"{about(row['numerator'])} of{NBSP}{about(row['denominator'])}"


def _quartiles(part: pd.DataFrame, groups: list[str]) -> list[dict[str, str]]:
    found = {(row["group"], row["measure"]): row for _, row in part.iterrows()}
    if (groups[0], "median") not in found:
        return []
    cells = {}
    for group in groups:
        low, middle, high = (_short(found[group, name]) for name in ("quartile_1", "median", "quartile_3"))
        cells[group] = f"{middle} ({low} to {high})" if middle != NOT_SHOWN else NOT_SHOWN
    return [{"Level": "median (quartiles)", **cells}]


def _short(row: pd.Series) -> str:
    """A quartile with three digits: it was rounded to the spacing of the values, which is seldom a round number."""
    if row["withheld"]:
        return NOT_SHOWN
    value = float(row["estimate"])
    return "–" if isnan(value) else f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _number(row: pd.Series) -> str:
    """An estimate without an interval, with the decimals it was released with."""
    return with_interval({**row, "conf_low": None, "conf_high": None}) or "–"


def stayed_and_left(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give the table of what was measured at the first round of those who stayed and those who left.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `attrition`.

    Returns
    -------
    list of tuple of str and DataFrame
        One table, or none where nothing was compared.
    """
    if "outcome" not in rows or rows["outcome"].isna().all():
        return []
    cells = [
        {
            "Group": str(group),
            "Measured at the first round": _called(str(name)),
            **{word.title(): _cell(part[part["term"] == word].iloc[0]) for word in ("stayed", "left")},
            "Standardised difference": _number(part[part["measure"] == "standardised_difference"].iloc[0]),
        }
        for (group, name), part in rows.dropna(subset="outcome").groupby(["group", "outcome"], sort=False)
    ]
    return [("Those who stayed to the last round and those who left, at the first round", pd.DataFrame(cells))]


def lost(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give the table of why persons of the first round did not answer later ones.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `attrition`.

    Returns
    -------
    list of tuple of str and DataFrame
        One table, or none where no reasons are known.
    """
    mine = rows[rows["measure"] == "lost"]
    if mine.empty:
        return []
    cells = [
        {
            "Group": str(group),
            "Round": str(label),
            **{_REASONS[row["term"]]: about(row["numerator"]) for _, row in part.iterrows()},
        }
        for (group, label), part in mine.groupby(["group", "round"], sort=False)
    ]
    return [("Persons of the first round who did not answer, by reason", pd.DataFrame(cells))]
