"""Tables of a comparison of rounds, and of the balance of two arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.figures.selection import BESIDE, EFFECTS, POINTS, SIZES, level_measure, words_beside
from peereval.reports.wording import (
    NBSP,
    NOT_SHOWN,
    UNBROKEN_HYPHEN,
    about,
    number,
    p_value,
    share_with_interval,
    with_interval,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Tables = list[tuple[str, pd.DataFrame]]

DIFFERENCES = (*POINTS, *EFFECTS, "log_odds_ratio_in_change", "rounds_test")
"""Measures that compare rounds."""
_SHARES = "Share of yes with 95 % intervals, and persons"
_EFFECTS: dict[tuple[str, ...], tuple[str, str, int]] = {
    ("risk_change",): ("Changes in the share of yes with 95 % intervals", "Percentage points", 100),
    ("risk_difference",): ("Differences in the share of yes with 95 % intervals", "Percentage points", 100),
    ("net_rise",): (
        "Persons who rose minus persons who fell, with 95 % intervals", "Per cent of persons with both rounds", 100,
    ),
    ("superiority",): (
        "Probability that a later answer is higher, ties counting half, with 95 % intervals (0.5: no difference)",
        "Probability", 1,
    ),
    ("rank_biserial",): ("Rank-biserial correlations with 95 % intervals (0: no difference)", "Correlation", 1),
    ("log_odds_ratio", "log_odds_ratio_in_change"): (
        "Changes in the log odds of a higher answer, with 95 % intervals", "Log odds ratio", 1,
    ),
}  # fmt: skip
"""Effects without a unit of points: caption, heading, and what to multiply by."""


def compared_rounds(rows: pd.DataFrame) -> Tables:
    """Give levels and differences of the main scales, what was computed beside them, and then of the sub-scales.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `compare_rounds`.

    Returns
    -------
    list of tuple of str and DataFrame
        Captions and cells.
    """
    if rows.empty:
        return []
    main = rows["headline"].astype(bool) if rows["headline"].any() else pd.Series(data=True, index=rows.index)
    beside = [("What was computed beside the main analysis, last round, with 95 % intervals", _beside(rows[main]))]
    held = [("Equivalence: changes held against the change that would matter, with 90 % intervals", _held(rows[main]))]
    found = [*_of_scales("", rows[main]), *beside, *held, *_of_scales("Sub-scales: ", rows[~main])]
    return [(caption, cells) for caption, cells in found if len(cells)]


def _of_scales(words: str, rows: pd.DataFrame) -> Tables:
    tables = [
        _means(rows, observed=not words),
        (_SHARES, _levels(rows[rows["measure"] == "share_yes"], share_with_interval)),
        ("Differences with 95 % intervals", _changes(rows)),
        *((caption, _effects(rows, measures, heading, factor)) for measures, (caption, heading, factor) in _EFFECTS.items()),
        ("Tests of all rounds together", _whole(rows)),
    ]  # fmt: skip
    if (rows["measure"] == "share_yes").any():
        tables = [(caption.replace("a higher answer", "yes"), cells) for caption, cells in tables]
    return [(words + (caption[0].lower() + caption[1:] if words else caption), cells) for caption, cells in tables]


def _scales(rows: pd.DataFrame) -> pd.Categorical:
    """The names of the scales, in the order in which they come."""
    return pd.Categorical(rows["label"], list(dict.fromkeys(rows["label"])))


def _unbroken(labels: pd.Series) -> list[str]:
    return labels.astype(str).str.replace("-", UNBROKEN_HYPHEN).to_list()


def _means(rows: pd.DataFrame, *, observed: bool) -> tuple[str, pd.DataFrame]:
    """Means with their caption: those that a model estimates for everybody, and under them, if asked for, the observed ones."""
    means = rows[rows["measure"].isin(["estimated_mean", "mean"])]
    parts = means.groupby("label", sort=False)
    modelled = [label for label, part in parts if level_measure(part) == "estimated_mean"]
    by_model, estimated = means["label"].isin(modelled), means["measure"] == "estimated_mean"
    means = means[(estimated & by_model) | (~estimated & (~by_model | observed))]
    if not modelled:
        return "Mean scores with 95 % intervals, and persons", _levels(means, with_interval)
    if observed:
        means = means.assign(Mean=means["measure"].map({"estimated_mean": "estimated", "mean": "observed"}))
    how = "estimated by the model and observed" if observed else "estimated by the model"
    return f"Mean scores, {how}, with 95 % intervals, and persons", _levels(means, with_interval)


def _levels(rows: pd.DataFrame, write: Callable[[pd.Series], str]) -> pd.DataFrame:
    """One line a scale, arm and kind of mean, one column a round."""
    if rows.empty:
        return rows
    keys = ["Scale", *(["Group"] if "group" in rows else []), *(["Mean"] if "Mean" in rows else [])]
    cell = [_with_persons(row, write(row)) for _, row in rows.iterrows()]
    keyed = rows.assign(cell=cell, Scale=_scales(rows), Group=rows.get("group"))
    wide = keyed.pivot_table(index=keys, columns="round", values="cell", aggfunc="first", observed=True)
    cells = wide[list(dict.fromkeys(rows["round"]))].fillna("").reset_index().astype(str)
    cells["Scale"] = _unbroken(cells["Scale"])
    cells.columns.name = None
    return cells


def _with_persons(row: pd.Series, text: str) -> str:
    if row["withheld"]:
        return NOT_SHOWN
    return f"{text}, n {about(row['n'])}".replace(" ", NBSP).lstrip(f",{NBSP}")


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    """By scale, the arms under one another and their difference last."""
    by = ["order", "group"] if "group" in rows else ["order"]
    return rows.assign(order=_scales(rows)).sort_values(by, kind="stable", na_position="last")


def _changes(rows: pd.DataFrame) -> pd.DataFrame:
    keys = [name for name in ("label", "group", "contrast") if name in rows]
    changes = _sorted(rows[rows["measure"].isin(POINTS)])
    if changes.empty:
        return changes
    sizes = rows[rows["measure"].isin(SIZES)].drop_duplicates(keys)
    size = {_key(row, keys): with_interval(row) for _, row in sizes.iterrows()}
    return pd.DataFrame(
        {
            "Scale": _unbroken(changes["label"]),
            **_compared(changes),
            "Persons": [about(value) for value in changes["n"]],
            "Points": [with_interval(row) for _, row in changes.iterrows()],
            "Standard deviations": [size.get(_key(row, keys), "") for _, row in changes.iterrows()],
            **_tested(changes, "p_adjusted", "p, adjusted"),
        }
    )


def _key(row: pd.Series, names: list[str]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in names)


def _tested(rows: pd.DataFrame, column: str, heading: str) -> dict[str, list[str]]:
    """The p values, where any row is tested at all (rule R10)."""
    written = [p_value(value) for value in rows[column]]
    return {heading: written} if any(written) else {}


def _compared(changes: pd.DataFrame) -> dict[str, list[str]]:
    """Who is compared, and which rounds: a difference between arms names both in its contrast."""
    group = changes["group"] if "group" in changes else pd.Series(pd.NA, index=changes.index)
    arms, _, rounds = zip(
        *changes["contrast"].str.replace(" - ", " − ").map(lambda text: text.rpartition(": ")), strict=True
    )
    said = [name or ("" if pd.isna(arm) else str(arm)) for name, arm in zip(arms, group, strict=True)]
    named = {"Group": said} if any(said) else {}
    return {**named, "Rounds": list(rounds)}


def times(row: pd.Series, factor: int) -> pd.Series:
    """Give an estimate and its limits in another unit.

    Parameters
    ----------
    row : Series
        With ``estimate``, ``conf_low`` and ``conf_high``.
    factor : int
        Such as 100 for percentage points.

    Returns
    -------
    Series
        The row.
    """
    return pd.Series({**row, **{name: factor * row[name] for name in ("estimate", "conf_low", "conf_high")}})


def _effects(rows: pd.DataFrame, measures: tuple[str, ...], heading: str, factor: int) -> pd.DataFrame:
    found = _sorted(rows[rows["measure"].isin(measures)])
    if found.empty:
        return found
    return pd.DataFrame(
        {
            "Scale": _unbroken(found["label"]),
            **_compared(found),
            "Persons": [about(value) for value in found["n"]],
            heading: [with_interval(times(row, factor)) for _, row in found.iterrows()],
            **_tested(found, "p_adjusted", "p, adjusted"),
        }
    )


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    tests = _sorted(rows[rows["measure"] == "rounds_test"])
    if tests.empty:
        return tests
    return pd.DataFrame(
        {
            "Scale": _unbroken(tests["label"]),
            **_compared(tests),
            "Persons": [about(value) for value in tests["n"]],
            "p, adjusted": [p_value(value) for value in tests["p_adjusted"]],
        }
    )


def _beside(rows: pd.DataFrame) -> pd.DataFrame:
    last = rows.loc[rows["measure"].isin(POINTS), "round"].tail(1)
    found = _sorted(rows[rows["measure"].isin(BESIDE) & rows["round"].isin(last)])
    if found.empty:
        return found
    return pd.DataFrame(
        {
            "Scale": _unbroken(found["label"]),
            **_compared(found),
            "Computed beside": words_beside(found).to_list(),
            "Persons": [about(value) for value in found["n"]],
            "Points": [with_interval(row) for _, row in found.iterrows()],
            **_tested(found, "p_value", "p"),
        }
    )


def _held(rows: pd.DataFrame) -> pd.DataFrame:
    found = _sorted(rows[rows["measure"] == "equivalence"])
    if found.empty:
        return found
    worse = found["non_inferiority"].map({"not inferior": "shown", "not shown": "not shown"}).fillna("")
    return pd.DataFrame(
        {
            "Scale": _unbroken(found["label"]),
            **_compared(found),
            "Persons": [about(value) for value in found["n"]],
            "Points": [with_interval(row) for _, row in found.iterrows()],
            "Equivalence": [verdict(row) for _, row in found.iterrows()],
            **({"Non-inferiority": worse.mask(found["withheld"].astype(bool), "").to_list()} if any(worse) else {}),
        }
    )  # fmt: skip


def verdict(row: pd.Series) -> str:
    """Say how an interval lies to its margin.

    Parameters
    ----------
    row : Series
        A row ``equivalence``: ``verdict``, ``margin`` and ``withheld``.

    Returns
    -------
    str
        The words; none where the row is withheld.

    Examples
    --------
    >>> verdict(pd.Series({"verdict": "within the margin", "margin": 5.0, "withheld": False}))
    'within the margin of 5 points'
    >>> verdict(pd.Series({"verdict": "not shown", "margin": 5.0, "withheld": False}))
    'not shown to be within 5 points'
    """
    if row["withheld"]:
        return ""
    inside = row["verdict"] == "within the margin"
    return ("within the margin of {} points" if inside else "not shown to be within {} points").format(
        f"{row['margin']:g}"
    )


def balanced(rows: pd.DataFrame) -> Tables:
    """Give the distance of two arms in each covariate, before and after overlap weights.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `balance_table`.

    Returns
    -------
    list of tuple of str and DataFrame
        One table.
    """
    apart = rows[rows["measure"] == "standardised_difference"]
    if apart.empty:
        return []
    cells = [
        {
            "Characteristic": str(name),
            **{heading: _difference(part[part["term"] == term].iloc[0]) for term, heading in _WEIGHTS.items()},
            "Persons": about(part["n"].iloc[0]),
        }
        for name, part in apart.groupby("outcome", sort=False)
    ]
    return [("Standardised differences between the arms, before and after overlap weights", pd.DataFrame(cells))]


_WEIGHTS = {"unweighted": "Unweighted", "weighted": "With overlap weights"}


def _difference(row: pd.Series) -> str:
    return NOT_SHOWN if row["withheld"] else number(row["estimate"])
