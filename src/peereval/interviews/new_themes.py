"""Saturation: how many new themes each further interview brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import InvalidValueError
from peereval.interviews.codings import check_codings, in_order, refuse_report
from peereval.results import Result, data_facts, origin_of, versions

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEVEL = 0.95


def saturation(codings: pd.DataFrame, *, seed: int = 0, permutations: int = 1000) -> Result:
    """Count the new themes of each informant, in the order of the interviews.

    Parameters
    ----------
    codings : DataFrame
        The *codings* contract, with informants. The order in which informants first stand in the table is taken as the
        order of the interviews.
    seed : int
        Seed of the permutations.
    permutations : int
        Random orders of the informants, at least 100.

    Returns
    -------
    Result
        Rows with ``interview`` (its number) and ``measure``: ``new_themes`` (themes that no earlier informant spoke of)
        and ``themes`` (those spoken of so far), with the mean over random orders in ``expected`` and the middle
        95 per cent of them in ``conf_low`` and ``conf_high``; whoever contradicts a theme
        has spoken of it. Rows without an informant are left out and counted.

    Raises
    ------
    DesignError
        The codings have no informants, as those of a published report.
    InvalidValueError
        There are fewer than 100 permutations.
    ColumnError, MissingValueError
        The table does not keep to the contract.

    Examples
    --------
    >>> import pandas as pd
    >>> codings = pd.DataFrame({"informant": ["i1", "i1", "i2", "i3"], "role": "patient",
    ...                         "theme": ["hope", "trust", "hope", "time"]})
    >>> found = saturation(codings, seed=1).estimates
    >>> found.loc[found["measure"] == "new_themes", ["interview", "estimate"]]
       interview  estimate
    0          1       2.0
    1          2       0.0
    2          3       1.0
    """
    check_codings(codings)
    refuse_report(codings, "Saturation")
    if permutations < _FEWEST:
        msg = f"permutations={permutations}; expected at least {_FEWEST}."
        raise InvalidValueError(msg, hint="1000 are usual.")
    known = codings[codings["informant"].notna()]
    spoke = spoken(known)
    cumulative = _so_far(spoke[np.newaxis])[0]
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(len(spoke)), (permutations, 1)), axis=1)
    by_chance = np.stack([_so_far(spoke[np.newaxis, order])[0] for order in orders])
    missing = int(codings["informant"].isna().sum())
    return Result(
        kind="saturation",
        title="New themes by interview",
        estimates=_rows(cumulative, by_chance),
        method=_METHOD.format(permutations),
        claim="description",
        estimand="Number of themes that the informants so far spoke of.",
        assumptions=_ASSUMPTIONS,
        references=("Guest, Bunce & Johnson 2006, Field Methods 18:59",),
        settings={
            "seed": seed, "permutations": permutations, "versions": versions(),
            "data": data_facts(codings) | {"informants": spoke.shape[0], "themes": spoke.shape[1]},
        },
        columns={"interview": "number of the interview in its order", "expected": "mean over random orders"},
        exclusions={"informant_missing": missing} if missing else {},
        origin=origin_of(codings),
    )  # fmt: skip


_FEWEST = 100
_METHOD = (
    "Themes were counted that no earlier informant had spoken of, in the order of the interviews. The band holds the middle 95 % of "
    "the numbers of themes in {0} random orders of the same informants: it shows what the order does, not how many themes further "
    "informants would bring."
)
_ASSUMPTIONS = (
    "Informants stand in the order in which they were asked; an informant without any theme stands in no row and is not counted.",
    "The codebook was not narrowed while the later interviews were coded: few new codes may mean few new themes, or less searching.",
)


def spoken(known: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which informant spoke of which theme.

    Parameters
    ----------
    known : DataFrame
        Codings with informants.

    Returns
    -------
    ndarray of bool
        Informants by themes, each in the order in which they first stand.
    """
    informants, themes = in_order(known["informant"]), in_order(known["theme"])
    found = np.zeros((len(informants), len(themes)), dtype=bool)
    places = [
        pd.Index(names).get_indexer(pd.Index(known[column]))
        for names, column in ((informants, "informant"), (themes, "theme"))
    ]
    found[places[0], places[1]] = True
    return found


def _so_far(spoke: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number of themes after each informant; the last two axes are informants and themes."""
    found: NDArray[np.int64] = np.logical_or.accumulate(spoke, axis=1).sum(axis=2)
    return found


def _rows(cumulative: NDArray[np.int64], by_chance: NDArray[np.int64]) -> pd.DataFrame:
    number = np.arange(1, len(cumulative) + 1)
    new = pd.DataFrame({"measure": "new_themes", "interview": number, "estimate": np.diff(cumulative, prepend=0)})
    low, high = np.quantile(by_chance, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    so_far = pd.DataFrame(
        {
            "measure": "themes", "interview": number, "estimate": cumulative, "expected": by_chance.mean(axis=0),
            "conf_low": low, "conf_high": high, "conf_level": _LEVEL,
        }
    )  # fmt: skip
    return pd.concat([new.astype({"estimate": float}), so_far.astype({"estimate": float})], ignore_index=True)
