"""Made-up costs and bed days of persons in two arms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


def costs_of(plan: dict[str, Any], people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make up what a year of care cost each person.

    Parameters
    ----------
    plan : dict
        A simulation preset with a table ``costs``.
    people : DataFrame
        ``person``, ``arm`` and ``unit``.
    rng : numpy Generator
        Source of random numbers.

    Returns
    -------
    DataFrame
        One row a person: ``person``, ``arm``, ``unit``, ``cost`` (whole units of the currency), ``bed_days`` (days), and
        ``origin`` *synthetic*.
    """
    how, arms = plan["costs"], people["arm"]
    # a log-normal whose mean is that of the preset
    days = np.floor(arms.map(how["bed_days"]).to_numpy(float) * _varied(how["spread"], len(people), rng))
    other = how["other_care"] * _varied(how["spread"], len(people), rng)
    cost = days * how["bed_day_price"] + other + arms.map(how["peers"]).to_numpy(float)
    return people.assign(
        cost=np.round(cost), bed_days=days, origin=pd.array(["synthetic"] * len(people), dtype="string")
    )


def _varied(spread: float, persons: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Factors around 1: log-normal, with mean 1 and this standard deviation of the logarithm."""
    return rng.lognormal(-(spread**2) / 2, spread, persons)
