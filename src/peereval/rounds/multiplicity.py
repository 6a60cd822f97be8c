"""Which p values a comparison of rounds may print (rule R10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from peereval.estimation.multiplicity import stepwise

if TYPE_CHECKING:
    import pandas as pd

_TESTED = ("difference_in_change", "mean_change", "mean_difference")


def with_decided_p(estimates: pd.DataFrame, *, last: str) -> pd.DataFrame:
    """Keep the p values that rule R10 allows, and adjust them.

    The primary scale at the last round is tested unadjusted; the headline scales at that round (all scales, if
    none is a headline) are adjusted after Holm; every other row keeps its interval and loses its p value. With
    two arms the difference in change is tested, otherwise the change.

    Parameters
    ----------
    estimates : DataFrame
        Rows of `compare_rounds`, with ``primary`` and ``headline``.
    last : str
        The round at which is tested.

    Returns
    -------
    DataFrame
        The same rows with ``p_value`` and ``p_adjusted``.
    """
    measure = next((name for name in _TESTED if (estimates["measure"] == name).any()), None)
    if measure is None or "p_value" not in estimates:
        return estimates.assign(p_value=np.nan, p_adjusted=np.nan)
    tested = (estimates["measure"] == measure) & (estimates["round"] == last) & estimates["p_value"].notna()
    if estimates["headline"].any():
        tested &= estimates["headline"] | estimates["primary"]
    decided = estimates.assign(p_value=estimates["p_value"].where(tested), p_adjusted=np.nan)
    primary, others = tested & estimates["primary"], tested & ~estimates["primary"]
    decided.loc[primary, "p_adjusted"] = decided.loc[primary, "p_value"]
    decided.loc[others, "p_adjusted"] = stepwise(decided.loc[others, "p_value"].to_numpy(dtype=np.float64), "holm")
    return decided
