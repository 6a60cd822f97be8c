"""The Kaplan-Meier estimator on counts per day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


def kaplan_meier(
    day: NDArray[np.int64], n_events: NDArray[np.int64], n_censored: NDArray[np.int64], *, level: float = 0.95
) -> pd.DataFrame:
    """Share without an event, from the counts of events and ends of follow-up on each day.

    Those whose follow-up ends on a day are at risk on that day. Limits are Greenwood's on the log-log scale,
    R's ``survfit(..., conf.type = "log-log")``.

    Parameters
    ----------
    day : ndarray of int, shape (days,)
        Days in rising order, each once.
    n_events, n_censored : ndarray of int, shape (days,)
        Events and ends of follow-up on each day.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        ``time``, ``estimate``, ``conf_low``, ``conf_high``, ``n`` (at risk), ``n_events``, ``n_censored``;
        limits are not-a-number where the estimate is 0 or 1.

    Examples
    --------
    R: ``summary(survfit(Surv(c(1, 2, 2, 3, 4), c(1, 1, 0, 1, 0)) ~ 1, conf.type = "log-log"))``.

    >>> import numpy as np
    >>> found = kaplan_meier(np.array([1, 2, 3, 4]), np.array([1, 1, 1, 0]), np.array([0, 1, 0, 1]))
    >>> found[["time", "n", "estimate", "conf_low", "conf_high"]].round(4)
       time  n  estimate  conf_low  conf_high
    0     1  5       0.8    0.2038     0.9692
    1     2  4       0.6    0.1257     0.8818
    2     3  2       0.3    0.0123     0.7192
    3     4  1       0.3    0.0123     0.7192
    """
    from scipy.special import ndtri  # the normal quantile; scipy.stats takes a second to import

    # statsmodels' SurvfuncRight gives other standard errors for counts than for persons, so counts are worked on here
    leaving = n_events + n_censored
    at_risk = leaving.sum() - np.concatenate([[0], np.cumsum(leaving)[:-1]])
    share = np.cumprod(1 - n_events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(n_events / (at_risk * (at_risk - n_events)))
        spread = ndtri((1 + level) / 2) * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = share ** np.exp(spread), share ** np.exp(-spread)
    inside = (share > 0) & (share < 1)
    return pd.DataFrame(
        {
            "time": day,
            "estimate": share,
            "conf_low": np.where(inside, low, np.nan),
            "conf_high": np.where(inside, high, np.nan),
            "n": at_risk,
            "n_events": n_events,
            "n_censored": n_censored,
        }
    )
