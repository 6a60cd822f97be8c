"""Quartiles of the length of stay and their differences between groups, with persons resampled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peereval.admissions.stay_curves import LEVEL, QUANTILES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.admissions.stay_sample import StaySample

    Floats = NDArray[np.float64]

_RESAMPLES = 999


def quantile_differences(sample: StaySample, reference: str, seed: int) -> pd.DataFrame:
    """Give the quartiles of each group and their differences, with intervals from resampled clusters.

    With groups alone, quantile regression fits the quantiles of each group: the smallest length that at least
    that share of stays does not exceed.

    Parameters
    ----------
    sample : StaySample
        Stays that have all ended.
    reference : str
        The group that others are compared with.
    seed : int
        Of the resampling.

    Returns
    -------
    DataFrame
        Rows of estimates with percentile intervals.
    """
    sorted_stays = {name: _sorted(sample, name) for name in sample.groups}
    found = {name: _quantiles(*stays, np.ones(sample.n_clusters)) for name, stays in sorted_stays.items()}
    again = _resamples(sorted_stays, sample.n_clusters, seed)
    rows = []
    for name in sample.groups:
        n = int((sample.group == name).sum())
        for place, measure in enumerate(QUANTILES):
            words = {"measure": measure, "group": name, "n": n}
            rows.append(_resampled(found[name][place], again[name][:, place], **words))
    for name in (name for name in sample.groups if name != reference):
        n = int(np.isin(sample.group, [name, reference]).sum())
        for place, measure in enumerate(QUANTILES):
            words = {"measure": f"{measure}_difference", "group": name, "contrast": f"{name} - {reference}", "n": n}
            apart = again[name][:, place] - again[reference][:, place]
            rows.append(_resampled(found[name][place] - found[reference][place], apart, **words))
    return pd.DataFrame(rows)


def _sorted(sample: StaySample, name: str) -> tuple[Floats, NDArray[np.intp]]:
    """Days and clusters of a group, the shortest stay first."""
    inside = sample.group == name
    order = np.argsort(sample.time[inside], kind="stable")
    return sample.time[inside][order], sample.cluster[inside][order]


def _resamples(
    sorted_stays: dict[str, tuple[Floats, NDArray[np.intp]]], n_clusters: int, seed: int
) -> dict[str, Floats]:
    """The quartiles of each group when clusters are drawn again, one row a resample; missing for a single cluster."""
    rng = np.random.default_rng(seed)
    found = {name: np.full((_RESAMPLES, len(QUANTILES)), np.nan) for name in sorted_stays}
    several = {name: stays for name, stays in sorted_stays.items() if (stays[1] != stays[1][0]).any()}
    for place in range(_RESAMPLES):
        weights = np.bincount(rng.integers(n_clusters, size=n_clusters), minlength=n_clusters)
        for name, stays in several.items():
            found[name][place] = _quantiles(*stays, weights)
    return found


def _quantiles(time: Floats, cluster: NDArray[np.intp], weights: NDArray[Any]) -> Floats:
    mass = np.cumsum(weights[cluster])
    if not mass[-1] > 0:
        return np.full(len(QUANTILES), np.nan)
    # a hair less, so that a share which is reached exactly is not missed by rounding
    wanted = np.array(list(QUANTILES.values())) * mass[-1] * (1 - 1e-12)
    found: Floats = time[np.searchsorted(mass, wanted)]
    return found


def _resampled(value: float, again: Floats, **words: Any) -> dict[str, Any]:
    drawn = again[~np.isnan(again)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(drawn) else (np.nan, np.nan)
    error = float(drawn.std(ddof=1)) if len(drawn) > 1 else np.nan
    return {
        **words, "estimate": value, "std_error": error, "conf_low": low, "conf_high": high, "conf_level": LEVEL
    }  # fmt: skip
