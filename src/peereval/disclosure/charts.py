"""What protecting does to control charts of shares: their limits tell no more than the rounded size of a period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.disclosure.counts import rounded

if TYPE_CHECKING:
    from peereval.disclosure.policy import Policy

LIMITS = ["lower_limit", "upper_limit"]


def with_limits_of_rounded_sizes(rows: pd.DataFrame, safe: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Give the centre line in whole per cent, and the limits that a period of the rounded size would have.

    The limits of a period lie as far from the centre line as the root of its size tells, so that the exact ones would
    give the size away.

    Parameters
    ----------
    rows : DataFrame
        Charted shares with ``denominator``, ``centre``, limits and ``beyond_limits``.
    safe : DataFrame
        The same rows, protected as shares.
    policy : Policy
        How counts are rounded.

    Returns
    -------
    DataFrame
        The protected rows; a period that is withheld is not said to lie beyond its limits or inside them.
    """
    centre, size = rows["centre"].astype(float), rows["denominator"].astype(float)
    low, high = (rows[name].astype(float) for name in LIMITS)
    # a limit at 0 or 1 is cut off there, the other one is not
    apart = (
        pd.concat([centre - low, high - centre], axis=1).max(axis=1)
        * (size / rounded(size, policy).where(lambda n: n > 0)) ** 0.5
    )
    apart = apart.where(safe["denominator"].notna())
    limits = {
        "lower_limit": (centre - apart).clip(lower=0).round(2),
        "upper_limit": (centre + apart).clip(upper=1).round(2),
    }
    beyond = rows["beyond_limits"].astype("boolean").mask(safe["withheld"])
    return safe.assign(centre=centre.round(2), **limits, beyond_limits=beyond)
