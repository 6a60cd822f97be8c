"""Effects of one measure as effects of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from peereval.errors import DesignError
from peereval.evidence.effects import COLUMNS, with_intervals
from peereval.evidence.effects_table import read_effects
from peereval.results import Result, data_facts, versions

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    Found: TypeAlias = tuple[pd.Series, pd.Series]

Target: TypeAlias = Literal["cohens_d", "log_odds_ratio"]
LEVEL = 0.95
_FACTOR = float(np.sqrt(3) / np.pi)
"""Standard deviation 1 over that of the logistic distribution."""
_STANDARDISED = ("cohens_d", "hedges_g")
_SCALES = {"cohens_d": "SD of a latent outcome", "log_odds_ratio": "log"}
_WORDS = {
    "logistic": "d and the log odds ratio are converted by π/√3, as if the event were a cut through a logistic outcome.",
    "correlation": "d = 2r / √(1 - r²) with variance 4 Var(r) / (1 - r²)³, as if one variable divided persons into equal halves.",
}


def convert_effects(effects: pd.DataFrame | Result, *, to: Target) -> Result:
    """Convert effects to another measure: Cohen's d and log odds ratio to one another, Fisher's z to d.

    Parameters
    ----------
    effects : DataFrame or Result
        The table *effects*, or what `effect_size` gave with study, outcome, time and direction said.
    to : {"cohens_d", "log_odds_ratio"}
        The measure that is wanted. Hedges' g counts as d.

    Returns
    -------
    Result
        The effects with ``measure``, ``scale``, ``estimate``, ``variance`` and interval of the wanted measure, and
        ``converted_from``. The scale of a converted d is *SD of a latent outcome*, which `pool` keeps apart from
        the standard deviation of scores.

    Raises
    ------
    ColumnError, MissingValueError
        The table does not look as it should.
    DesignError
        There is no conversion between the two measures.

    Examples
    --------
    An odds ratio of 0.666 has a log of -0.407, and as d it is -0.224:

    >>> import pandas as pd
    >>> trial = pd.DataFrame({
    ...     "study": ["CORE"], "outcome": "readmission", "time": "1 year", "measure": "log_odds_ratio",
    ...     "scale": "log", "direction": "higher is worse", "estimate": -0.407, "variance": 0.0418, "n": 434,
    ... })
    >>> convert_effects(trial, to="cohens_d").estimates[["measure", "estimate", "variance"]].round(4)
        measure  estimate  variance
    0  cohens_d   -0.2244    0.0127
    """
    frame, origin = read_effects(effects)
    measures = sorted(set(frame["measure"].astype(str)))
    unknown = [name for name in measures if (name, to) not in _CONVERSIONS]
    if unknown:
        msg = f"There is no conversion of {unknown[0]!r} to {to!r}."
        raise DesignError(
            msg, hint="Known: cohens_d or hedges_g and log_odds_ratio to one another, fisher_z to cohens_d."
        )
    estimate, variance = frame["estimate"].astype(float), frame["variance"].astype(float)
    used = []
    for name in measures:
        word, formula = _CONVERSIONS[name, to]
        mine = frame["measure"] == name
        new, spread = formula(frame["estimate"], frame["variance"])
        estimate, variance = estimate.mask(mine, new), variance.mask(mine, spread)
        used.append(_WORDS[word])
    kept = frame[[name for name in _KEPT if name in frame]]
    rows = with_intervals(
        kept.assign(measure=to, scale=_SCALES[to], estimate=estimate, variance=variance, conf_level=LEVEL)
    ).assign(converted_from=frame["measure"].astype("string"))
    return Result(
        kind="effects",
        title=f"Effect sizes converted to {to}",
        estimates=rows,
        method=" ".join(dict.fromkeys(used)),
        claim="description",
        estimand="The effects, as another measure would give them if its assumption held.",
        assumptions=("A conversion stands for a distribution that nobody has seen; pool without it as well.",),
        references=("Hasselblad and Hedges 1995, Psychological Bulletin 117:167", "Borenstein et al. 2009, Introduction to Meta-Analysis"),
        settings={"to": to, "versions": versions(), "data": data_facts(frame)},
        columns={name: text for name, text in {**COLUMNS, "converted_from": "the measure that was converted"}.items() if name in rows},
        origin=origin,
    )  # fmt: skip


_KEPT = ("study", "outcome", "round", "time", "direction", "cluster", "n")


def _odds_to_d(estimate: pd.Series, variance: pd.Series) -> Found:
    return estimate * _FACTOR, variance * _FACTOR**2


def _d_to_odds(estimate: pd.Series, variance: pd.Series) -> Found:
    return estimate / _FACTOR, variance / _FACTOR**2


def _z_to_d(estimate: pd.Series, variance: pd.Series) -> Found:
    r = np.tanh(estimate)
    rest = 1 - r**2
    # Var(r) = (1 - r²)² Var(z)
    return 2 * r / rest**0.5, 4 * variance / rest


_CONVERSIONS: dict[tuple[str, str], tuple[str, Callable[[pd.Series, pd.Series], Found]]] = {
    ("log_odds_ratio", "cohens_d"): ("logistic", _odds_to_d),
    ("fisher_z", "cohens_d"): ("correlation", _z_to_d),
    **{(name, "log_odds_ratio"): ("logistic", _d_to_odds) for name in _STANDARDISED},
}
"""Measure and wanted measure to the assumption and the formula."""
