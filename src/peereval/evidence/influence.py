"""How much a pool depends on each of its studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.evidence.effects import COLUMNS, with_ratios
from peereval.evidence.effects_table import read_effects, usable_effects
from peereval.evidence.pool_rows import pool_summary
from peereval.evidence.pooled import pool_studies
from peereval.evidence.pooling import DECLARED, pool
from peereval.results import Result

if TYPE_CHECKING:
    from peereval.evidence.pooled import HartungKnapp, Method, Pooled, Working

_COLUMNS = {
    **COLUMNS,
    **DECLARED,
    "i_squared": "I² of the others, from Q",
    "tau_squared": "variance between the others",
}


def leave_one_out(
    effects: pd.DataFrame | Result,
    *,
    method: Method = "reml",
    hartung_knapp: HartungKnapp = True,
    working: Working = "correlated",
) -> Result:
    """Pool the studies again without each of them.

    Parameters
    ----------
    effects : DataFrame or Result
        The table *effects*, as for `pool`.
    method, hartung_knapp, working
        As for `pool`.

    Returns
    -------
    Result
        One row a study (or cluster) left out, with the pooled effect of the others, ``k``, ``i_squared`` and
        ``tau_squared``; the first row is the pool of all.

    Raises
    ------
    PeerevalError
        As `pool` does.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({
    ...     "study": ["A", "B", "C", "D"], "outcome": "hope", "time": "6 months", "measure": "hedges_g",
    ...     "scale": "SD at the round", "direction": "higher is better",
    ...     "estimate": [0.1, 0.2, 0.3, 0.9], "variance": 0.04, "n": 100,
    ... })
    >>> leave_one_out(trials).estimates[["term", "estimate", "i_squared"]].round(2)
            term  estimate  i_squared
    0        all      0.38       0.69
    1  without A      0.47       0.72
    2  without B      0.43       0.77
    3  without C      0.40       0.79
    4  without D      0.20       0.00
    """
    whole = pool(effects, method=method, hartung_knapp=hartung_knapp, working=working)
    usable, _ = usable_effects(read_effects(effects)[0], method, None)
    units = list(dict.fromkeys(usable["unit"]))
    kept = {"all": usable, **{f"without {unit}": usable[usable["unit"] != unit] for unit in units}}
    rows = [
        {"term": term, **_row(pool_studies(part, method, hartung_knapp=hartung_knapp, working=working))}
        for term, part in kept.items()
        if len(part)
    ]
    empty = ["term", "measure", "estimate", "conf_low", "conf_high"]
    estimates = with_ratios(pd.DataFrame(rows, columns=None if rows else empty))
    return Result(
        kind="leave-one-out",
        title="Studies pooled without each of them",
        estimates=estimates,
        method=f"Each study is left out in turn. {whole.method}",
        claim="description",
        estimand=whole.estimand,
        assumptions=whole.assumptions,
        references=whole.references,
        settings=whole.settings,
        columns={name: text for name, text in _COLUMNS.items() if name in estimates},
        exclusions=whole.exclusions,
        origin=whole.origin,
    )


def _row(found: Pooled) -> dict[str, object]:
    return {**pool_summary(found), "i_squared": found.differ.i_squared, "tau_squared": found.differ.tau_squared}
