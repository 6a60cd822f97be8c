"""Which scales of a comparison of rounds are drawn, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.errors import InvalidValueError, nearest

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("estimated_mean", "mean", "share_yes")
"""What a round has a level of."""
POINTS = ("difference_in_change", "mean_change", "mean_difference")
"""Differences between rounds, in points."""
SIZES = ("change_over_baseline_sd", "hedges_g", "difference_over_baseline_sd")
"""Differences between rounds, in standard deviations."""
EFFECTS = ("risk_change", "risk_difference", "net_rise", "superiority", "rank_biserial", "log_odds_ratio")
"""Differences between rounds of ordered and yes/no answers."""
BESIDE = {
    "completers_change": "only persons with both rounds",
    "overlapping_change": "linked and unlinked (Derrick's test)",
    "unconstrained_difference": "arms with starts of their own",
    "covariate_adjusted_difference": "start score as a covariate",
    "jump_to_reference_difference": "who left taken as in the reference arm",
    "difference_if_correlated": "if rounds have a",
}
"""What the rules compute beside the main estimate, in words; the last goes on with the correlation."""


def names_of(rows: pd.DataFrame) -> pd.Series:
    """Give the scale of each row as ``"instrument:scale"``.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `compare_rounds`.

    Returns
    -------
    Series of str
        The names.
    """
    return rows["outcome"].astype(str) + ":" + rows["scale"].astype(str)


def chosen_scales(rows: pd.DataFrame, scale: str | None) -> pd.DataFrame:
    """Give the rows of one scale, or of all that are drawn where none is named.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `compare_rounds`.
    scale : str or None
        The scale, as `names_of` writes it.

    Returns
    -------
    DataFrame
        Its rows; without a name those of the headline scales, or of all, if none is one.

    Raises
    ------
    InvalidValueError
        There is no such scale.
    """
    if scale is None:
        return rows[rows["headline"].astype(bool)] if rows["headline"].any() else rows
    names = names_of(rows)
    if scale not in set(names):
        msg = f"There is no scale {scale!r} in this comparison."
        raise InvalidValueError(msg, hint=nearest(scale, set(names)))
    return rows[names == scale]


def one_scale(rows: pd.DataFrame, scale: str | None) -> pd.DataFrame:
    """Give the rows of one scale: the named one, else the primary one, else the only one that is drawn.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `compare_rounds`.
    scale : str or None
        The scale, as `names_of` writes it.

    Returns
    -------
    DataFrame
        Its rows.

    Raises
    ------
    InvalidValueError
        There is no such scale, or there are several and none is primary.
    """
    mine = chosen_scales(rows, scale)
    if scale is None and mine["primary"].any():
        mine = mine[mine["primary"].astype(bool)]
    several = sorted(set(names_of(mine)))
    if len(several) > 1:
        msg = f"This figure shows one scale, and there are {len(several)}."
        raise InvalidValueError(msg, hint=f"Say scale= with one of {', '.join(map(repr, several))}.")
    return mine


def groups_of(rows: pd.DataFrame) -> list[str | None]:
    """Give the arms of rows in alphabetical order.

    Parameters
    ----------
    rows : DataFrame
        Estimates of `compare_rounds`.

    Returns
    -------
    list of str or None
        The arms; None alone where there is one only.
    """
    return sorted(set(rows["group"].dropna())) or [None] if "group" in rows else [None]


def level_measure(rows: pd.DataFrame) -> str:
    """Choose which level of a scale is shown with intervals.

    Parameters
    ----------
    rows : DataFrame
        The rows of one scale.

    Returns
    -------
    str
        The first of `LEVELS` that has a number; a model may have no means, as where arms are told by their units, which are
        held fixed. Where none has, the first there is.
    """
    found = [name for name in LEVELS if (rows["measure"] == name).any()]
    known = [name for name in found if rows.loc[rows["measure"] == name, "estimate"].notna().any()]
    return (known or found)[0]


def words_beside(rows: pd.DataFrame) -> pd.Series:
    """Say what was computed beside a main estimate.

    Parameters
    ----------
    rows : DataFrame
        Rows with a measure of `BESIDE`.

    Returns
    -------
    Series of str
        The words.
    """
    said = rows["measure"].map(BESIDE)
    if "term" not in rows:
        return said
    fan = " " + rows["term"].fillna("").str.replace("correlation", "correlation of")
    return said + fan.where(rows["term"].notna(), "")
