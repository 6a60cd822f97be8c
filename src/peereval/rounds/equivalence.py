"""Whether a change or a difference is too small to matter (rule R11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from peereval.errors import DesignError, InvalidValueError
from peereval.estimation.equivalence import equivalence, non_inferiority
from peereval.estimation.means import Estimate
from peereval.rounds.multiplicity import IN_POINTS
from peereval.rounds.scales import important_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from peereval.rounds.multiplicity import Named
    from peereval.rounds.scales import Described

Margin: TypeAlias = float | Literal["minimal-important-change"]
LEVEL = 0.90
"""Two one-sided tests at 5 % (Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15:657)."""
_KEPT = ("outcome", "scale", "group", "round", "contrast", "n", "flag", "method", "rule", "model")


def equivalence_rows(
    estimates: pd.DataFrame, margins: Mapping[Named, float], scales: Mapping[Named, Described], last: str
) -> list[dict[str, Any]]:
    """Hold the tested estimate of each scale against its margin.

    Parameters
    ----------
    estimates : DataFrame
        Rows of a comparison, with the tests' standard errors and degrees of freedom.
    margins : mapping of tuple to float
        Instrument and scale to points.
    scales : mapping of tuple to Described
        Which way is good.
    last : str
        The round at which is tested.

    Returns
    -------
    list of dict
        Rows ``equivalence`` with 90 % limits, ``margin``, ``verdict`` and, from the 95 % limits, ``non_inferiority``.
    """
    found = []
    for name, margin in margins.items():
        mine = estimates[
            (estimates["outcome"] == name[0]) & (estimates["scale"] == name[1]) & (estimates["round"] == last)
        ]
        measure = next((each for each in IN_POINTS if (mine["measure"] == each).any()), None)
        for row in mine[mine["measure"] == measure].to_dict("records"):
            kept: dict[str, Any] = {key: row[key] for key in _KEPT if key in row}
            found.append({**kept, "measure": "equivalence", **_held(row, margin, scales[name].better)})
    return found


def _held(row: Mapping[Any, Any], margin: float, better: int | None) -> dict[str, Any]:
    from scipy.stats import t

    half = float(t.ppf((1 + LEVEL) / 2, row.get("df", np.nan))) * row.get("std_error", np.nan)
    narrow = Estimate(
        row["estimate"], row["std_error"], conf_low=row["estimate"] - half, conf_high=row["estimate"] + half
    )
    whole = Estimate(row["estimate"], conf_low=row["conf_low"], conf_high=row["conf_high"])
    worse: str | None = None if better is None else non_inferiority(whole, margin, higher_is_better=better > 0)
    return {
        "estimate": narrow.estimate, "std_error": narrow.std_error, "df": row.get("df", np.nan), "conf_low": narrow.conf_low,
        "conf_high": narrow.conf_high, "conf_level": LEVEL, "margin": margin, "verdict": equivalence(narrow, margin),
        "non_inferiority": worse,
    }  # fmt: skip


def margins_of(margin: Margin | None, scales: Mapping[Named, Described], *, between_groups: bool) -> dict[Named, float]:
    """Give the margin of every scale that has one.

    Parameters
    ----------
    margin : float or "minimal-important-change" or None
        What was said. A number belongs to the primary scale, or to the only one.
    scales : mapping of tuple to Described
        The scales that are compared.
    between_groups : bool
        Whether arms are compared.

    Returns
    -------
    dict of tuple to float
        Points.

    Raises
    ------
    InvalidValueError
        The margin is no positive number, or no scale has a published change.
    DesignError
        One number is said for several scales, none of which is primary.
    """
    if margin is None or not scales:
        return {}
    if margin == "minimal-important-change":
        found = important_changes(scales, between_groups=between_groups)
        if not found:
            msg = "None of the scales has a published minimal important change."
            raise InvalidValueError(msg, hint="Say the margin in points of the scale.")
        return found
    if isinstance(margin, bool | str) or not 0 < margin < np.inf:
        msg = f"The margin is {margin!r}."
        raise InvalidValueError(msg, hint="Say points of the scale above 0, or 'minimal-important-change'.")
    named = [name for name, one in scales.items() if one.role == "primary"] or list(scales)
    if len(named) > 1:
        msg = f"One margin in points cannot hold for {len(named)} scales."
        raise DesignError(msg, hint="Name the primary outcome that it belongs to, or compare one scale.")
    return {named[0]: float(margin)}
