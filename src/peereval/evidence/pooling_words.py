"""What the result of a pool says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.evidence.pooled import RANDOM

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from peereval.evidence.pooled import HartungKnapp, Pooled

_FEW_DF = 4
_NAMES = {
    "reml": "random effects, the variance between studies by restricted maximum likelihood",
    "dersimonian-laird": "random effects, the variance between studies after DerSimonian and Laird",
    "paule-mandel": "random effects, the variance between studies after Paule and Mandel",
    "fixed": "a common effect, weighted by inverse variances",
    "mantel-haenszel": "a common effect, counts weighted after Mantel and Haenszel",
    "peto": "a common effect, counts weighted after Peto",
}


_WEIGHTED = {
    "correlated": "Dependent effects of a cluster are averaged and count as one study with their mean variance",
    "independent": "Each of the dependent effects counts by its own variance",
}
"""How dependent effects are weighted."""


def method_sentence(method: str, hartung_knapp: HartungKnapp, working: str, pools: Sequence[Pooled]) -> str:
    """Say how studies were pooled.

    Parameters
    ----------
    method, hartung_knapp, working
        What was asked.
    pools : sequence of Pooled
        What came out.

    Returns
    -------
    str
        Sentences for the methods section, with the rule.
    """
    said = [f"The model has {_NAMES[method]} (rule R17)."]
    if any(found.model == "common" and method in RANDOM for found in pools):
        said.append("Where two studies or one are left, they are pooled to a common effect, and each is shown.")
    said += dict.fromkeys(_interval_words(method, hartung_knapp, working, found) for found in pools)
    said.append("I² and H² are computed from Q.")
    if any(found.prediction[0] == found.prediction[0] for found in pools):
        said.append("The prediction interval has t with k - 1 degrees of freedom.")
    return " ".join(said)


def _interval_words(method: str, hartung_knapp: HartungKnapp, working: str, found: Pooled) -> str:
    if found.robust:
        return f"{_WEIGHTED[working]}; standard errors are CR2 with Satterthwaite's degrees of freedom."
    if found.model == "random" and hartung_knapp:
        bound = "" if hartung_knapp == "plain" else ", its factor at least 1"
        return f"Intervals are those of Hartung and Knapp{bound}, with t and k - 1 degrees of freedom."
    return (
        "The interval of a common effect is normal."
        if method in RANDOM and found.model == "common"
        else "Intervals are normal."
    )


def pool_notes(usable: pd.DataFrame, pools: Sequence[Pooled]) -> tuple[str, ...]:
    """Say what a reader of a pool must know.

    Parameters
    ----------
    usable : DataFrame
        The pooled effects.
    pools : sequence of Pooled
        What came out.

    Returns
    -------
    tuple of str
        Notes.
    """
    notes = ["The pooled studies are taken as a fair sample of those that were done; unpublished ones are not there."]
    for name, called in (("outcome", "outcomes"), ("time", "times")):
        found = sorted(set(usable[name].astype(str)))
        if len(found) > 1:
            notes.append(f"The effects are of {len(found)} {called} ({', '.join(found)}), taken for one.")
    if any(found.robust and found.mean.df < _FEW_DF for found in pools):
        notes.append(
            f"Satterthwaite's degrees of freedom are below {_FEW_DF}: the interval of the pool is not reliable."
        )
    return tuple(notes)
