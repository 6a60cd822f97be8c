"""Survival curves of rows that belong to persons: delayed entry, limits and restricted means by person.

The variance is the sum over persons of their squared influence (the infinitesimal jackknife; Therneau and Grambsch 2000,
Modeling Survival Data), as R's ``survfit(Surv(entry, time, event) ~ 1, cluster = person)`` has it. For one row a person
without delayed entry it is Greenwood's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import DesignError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredCurve:
    """A survival curve.

    Parameters
    ----------
    times : ndarray, shape (t,)
        Times with an event, rising.
    share : ndarray, shape (t,)
        Share still without the event just after each.
    at_risk, n_events : ndarray, shape (t,)
        Rows at risk at each time, and events.
    rows : tuple of ndarray
        Entry, time and event (1 or 0) of every row, and the number of its cluster.
    n_clusters : int
        How many clusters are numbered, those without a row included.
    """

    times: Numbers
    share: Numbers
    at_risk: Numbers
    n_events: Numbers
    rows: tuple[Numbers, Numbers, Numbers, NDArray[np.intp]]
    n_clusters: int

    def limits(self, level: float = 0.95) -> tuple[Numbers, Numbers]:
        """Give the limits of the share at each time, on the log-log scale; not-a-number where it is 0 or 1."""
        from scipy.special import ndtri  # the normal quantile; scipy.stats takes a second to import

        with np.errstate(divide="ignore", invalid="ignore"):
            spread = ndtri((1 + level) / 2) * self._log_errors() / np.abs(np.log(self.share))
            low, high = self.share ** np.exp(spread), self.share ** np.exp(-spread)
        inside = (self.share > 0) & (self.share < 1)
        return np.where(inside, low, np.nan), np.where(inside, high, np.nan)

    def _log_errors(self) -> Numbers:
        """Standard error of the logarithm of the share at each time."""
        if not self._spread:
            return np.full(len(self.times), np.nan)
        order = np.argsort(self.rows[1], kind="stable")
        entry, time, event, _ = (column[order] for column in self.rows)
        names, cluster = np.unique(self.rows[3][order], return_inverse=True)
        jump, hazard = self._steps()
        begins = np.searchsorted(time, self.times, side="left")
        ends = np.searchsorted(time, self.times, side="right")
        added = np.zeros(len(names))
        found = np.empty(len(self.times))
        # over the times, of which there are as many as days, and at each over the rows that are still there
        for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            here = cluster[begin:end][event[begin:end] > 0]
            there = cluster[begin:][entry[begin:] < self.times[place]]
            added += jump[place] * np.bincount(here, minlength=len(names))
            added -= hazard[place] * np.bincount(there, minlength=len(names))
            found[place] = np.sqrt((added**2).sum())
        return found

    @property
    def _spread(self) -> bool:
        """Whether there are two clusters at least, without which nothing can vary between them."""
        return bool((self.rows[3] != self.rows[3][:1]).any())

    def _steps(self) -> tuple[Numbers, Numbers]:
        """What an event, and a time at risk, add to the logarithm of the share; nothing once the share is 0."""
        after = self.at_risk - self.n_events
        jump = np.where(after > 0, 1 / np.maximum(after, 1), 0.0)
        return jump, self.n_events / self.at_risk * jump

    def quantile(self, p: float, limits: tuple[Numbers, Numbers]) -> tuple[float, float, float]:
        """Give the time by which a share `p` had the event, with limits.

        Parameters
        ----------
        p : float
            0.5 for the median.
        limits : tuple of ndarray
            Those of the share, from `limits`.

        Returns
        -------
        tuple of float
            Time and limits (where the limits of the share cross 1 - p); not-a-number where the curve stays above.
        """
        low, high = limits
        return self._crossing(self.share, p), self._crossing(low, p), self._crossing(high, p)

    def _crossing(self, curve: Numbers, p: float) -> float:
        near = 1e-8
        below = np.flatnonzero(curve <= 1 - p + near)
        if not below.size:
            return float("nan")
        first = int(below[0])
        flat = abs(curve[first] - (1 - p)) < near and first + 1 < len(curve)
        return float((self.times[first] + self.times[first + 1]) / 2 if flat else self.times[first])

    def restricted_mean(self, tau: float) -> tuple[float, Numbers]:
        """Give the area under the curve up to `tau`.

        Parameters
        ----------
        tau : float
            Where it ends.

        Returns
        -------
        estimate : float
            The mean of the time, or of `tau` where that is shorter.
        influence : ndarray, shape (n_clusters,)
            What each cluster adds to it; the sum of squares is the variance. Not-a-number for a single cluster.
        """
        entry, time, event, cluster = self.rows
        inside = self.times < tau
        times, share = self.times[inside], self.share[inside]
        edges = np.concatenate([[0.0], times, [tau]])
        pieces = np.concatenate([[1.0], share]) * np.diff(edges)
        after = np.concatenate([np.cumsum(pieces[:0:-1])[::-1], [0.0]])
        jump, hazard = (np.append(step[inside], 0.0) for step in self._steps())
        left = np.concatenate([[0.0], np.cumsum(hazard * after)])
        end, begin = (np.searchsorted(times, value, side="right") for value in (time, entry))
        happened = (event > 0) & (time < tau)
        own = np.where(happened, (jump * after)[np.where(happened, end - 1, 0)], 0.0)
        influence = -np.bincount(cluster, own - (left[end] - left[begin]), minlength=self.n_clusters)
        return float(pieces.sum()), influence.astype(np.float64) if self._spread else np.full(self.n_clusters, np.nan)


def clustered_curve(
    entry: Numbers, time: Numbers, event: Numbers, cluster: NDArray[np.intp], n_clusters: int
) -> ClusteredCurve:
    """Estimate a survival curve of rows that belong to clusters.

    Parameters
    ----------
    entry, time : ndarray, shape (rows,)
        When a row comes under observation (it is at risk after that) and when it leaves.
    event : ndarray, shape (rows,)
        Whether it leaves with the event (1) or is censored (0); an event comes before a censoring at the same time.
    cluster : ndarray of int, shape (rows,)
        Number of the person, from 0.
    n_clusters : int
        How many there are.

    Returns
    -------
    ClusteredCurve
        The Kaplan-Meier estimator.

    Raises
    ------
    DesignError
        With delayed entry, everybody at risk early had the event, and others came under observation later.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.array([1.0, 2, 2, 3, 4])
    >>> curve = clustered_curve(np.full(5, -1.0), time, np.array([1.0, 1, 0, 1, 0]), np.arange(5), 5)
    >>> curve.share.round(4).tolist(), [value.round(4).tolist() for value in curve.limits()]
    ([0.8, 0.6, 0.3], [[0.2038, 0.1257, 0.0123], [0.9692, 0.8818, 0.7192]])
    >>> mean, influence = curve.restricted_mean(4)
    >>> round(mean, 4), round(float((influence**2).sum() ** 0.5), 4)
    (2.7, 0.507)
    """
    times = np.unique(time[event > 0])
    ordered, entered = np.sort(time), np.sort(entry)
    gone = np.searchsorted(ordered, times, side="left")
    at_risk = np.searchsorted(entered, times, side="left") - gone
    # both ends of each time's events in the sorted times of events
    events = np.sort(time[event > 0])
    n_events = np.searchsorted(events, times, side="right") - np.searchsorted(events, times, side="left")
    emptied = np.flatnonzero(at_risk == n_events)
    if emptied.size and emptied[0] < len(times) - 1:
        first = int(emptied[0])
        msg = (
            f"All {at_risk[first]} stays under observation on day {times[first]:g} ended then, while others come under "
            "observation later: the curve would be 0 from there."
        )
        raise DesignError(msg, hint="Leave out stays that were open at the start: count from a later admission on.")
    share = np.cumprod(1 - n_events / at_risk)
    counts = at_risk.astype(np.float64), n_events.astype(np.float64)
    return ClusteredCurve(times, share, *counts, (entry, time, event, cluster), n_clusters)
