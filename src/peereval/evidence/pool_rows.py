"""The rows of a pool: studies with their weights, the pooled effect, heterogeneity, and the test between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.evidence.effects import with_intervals, with_ratios
from peereval.evidence.pooled import LEVEL

if TYPE_CHECKING:
    from peereval.evidence.pooled import Pooled


_ALWAYS = (
    "estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high", "n", "weight", "prediction_low",
    "prediction_high",
)  # fmt: skip


def pool_rows(pools: list[tuple[str | None, Pooled]]) -> pd.DataFrame:
    """Give the estimates of a pool, or of several by group.

    Parameters
    ----------
    pools : list of tuple
        The name of the group, or None, and its pool; *all* comes last.

    Returns
    -------
    DataFrame
        One row a study, pooled effect and number of heterogeneity.
    """
    if not pools:
        return pd.DataFrame({"term": [], "measure": [], "estimate": [], "conf_low": [], "conf_high": [], "part": []})
    measure = str(pools[0][1].rows["measure"].iloc[0])
    frames = []
    for name, found in pools:
        rows = [] if name == "all" else [_studies(found)]
        rows += [pd.DataFrame([{"term": "pooled", "part": "pooled", **pool_summary(found)}])]
        rows += [_heterogeneity(found)]
        # columns that are empty in all rows of a part would decide the type of those that are not
        frames += [part.assign(group=name) if name is not None else part for part in rows]
    together = pd.concat([part.dropna(axis=1, how="all") for part in frames], ignore_index=True)
    between = _between(pools)
    if between is not None:
        together = pd.concat([together, between], ignore_index=True)
    # too few studies, or none with an event, leave columns of which every part is empty
    together = together.assign(**dict.fromkeys((name for name in _ALWAYS if name not in together), np.nan))
    logged = together["measure"] == measure
    ratios = with_ratios(together[logged])
    return together.join(ratios[[name for name in ratios if name not in together]])


def _studies(found: Pooled) -> pd.DataFrame:
    columns = ["study", "outcome", "time", "measure", "n", "estimate", "variance", "weight"]
    rows = found.rows[columns].assign(conf_level=LEVEL, part="study").rename(columns={"study": "term"})
    complete = with_intervals(rows)
    return complete.drop(columns=[name for name in complete if str(name).startswith("ratio")])


def pool_summary(found: Pooled) -> dict[str, object]:
    """Give the pooled effect as a row.

    Parameters
    ----------
    found : Pooled
        The pool.

    Returns
    -------
    dict
        Column to value.
    """
    mean, rows = found.mean, found.rows
    persons = rows.groupby("unit")["n"].max()
    told = {name: rows[name].iloc[0] for name in ("outcome", "time") if len(set(rows[name])) == 1}
    return {
        **told, "measure": rows["measure"].iloc[0], "estimate": mean.estimate, "std_error": mean.std_error,
        "statistic": mean.statistic, "df": mean.df, "p_value": mean.p_value, "conf_low": mean.conf_low,
        "conf_high": mean.conf_high, "conf_level": LEVEL, "n": float(persons.sum(skipna=False)), "k": found.k,
        "prediction_low": found.prediction[0], "prediction_high": found.prediction[1],
    }  # fmt: skip


def _heterogeneity(found: Pooled) -> pd.DataFrame:
    differ = found.differ
    profile = {"conf_low": differ.tau_low, "conf_high": differ.tau_high, "conf_level": LEVEL}
    rows: list[dict[str, object]] = [
        {"measure": "q", "estimate": differ.q, "df": differ.df, "p_value": differ.p_value},
        {"measure": "i_squared", "estimate": differ.i_squared},
        {"measure": "h_squared", "estimate": differ.h_squared},
    ]
    if found.model == "random":
        rows += [
            {"measure": "i_squared_tau", "estimate": differ.i_squared_tau},
            {"measure": "tau_squared", "estimate": differ.tau_squared, **profile},
            {"measure": "hartung_knapp_factor", "estimate": found.factor},
        ]
    return pd.DataFrame(rows).assign(part="heterogeneity", term="heterogeneity", k=found.k)


def _between(pools: list[tuple[str | None, Pooled]]) -> pd.DataFrame | None:
    """Whether the groups' pooled effects differ: Cochran's Q of these with their standard errors."""
    from scipy.stats import chi2

    if pools[-1][0] != "all":
        return None
    y, error = (np.array([getattr(found.mean, name) for _, found in pools[:-1]]) for name in ("estimate", "std_error"))
    known = np.isfinite(error)
    w = error[known] ** -2.0
    q = float((w * (y[known] - (w * y[known]).sum() / w.sum()) ** 2).sum())
    df = int(known.sum()) - 1
    row = {"term": "between groups", "measure": "subgroup_difference", "estimate": q, "df": df, "part": "heterogeneity"}
    return pd.DataFrame([{**row, "p_value": float(chi2.sf(q, df))}])
