"""Made-up informants and what they spoke of: themes only, no statement is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator


def informants_of(plan: dict[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """Make up who was interviewed.

    Parameters
    ----------
    plan : dict
        A simulation preset with a table ``interviews``.
    rng : numpy Generator
        Source of random numbers.

    Returns
    -------
    DataFrame
        The *informants* contract, with ``origin`` *synthetic*.
    """
    how = plan["interviews"]
    asked = pd.DataFrame(how["asked"])
    frame = asked.loc[asked.index.repeat(asked["informants"])].reset_index(drop=True)
    minutes = np.round(rng.normal(frame["minutes"], how["minutes_sd"]) / 5) * 5
    return pd.DataFrame(
        {
            "informant": pd.array([f"I{number:03d}" for number in range(1, len(frame) + 1)], dtype="string"),
            **{name: frame[name].astype("string") for name in ("role", "method", "recruited_by")},
            "minutes": np.maximum(minutes, 10.0),
            "origin": pd.array(["synthetic"] * len(frame), dtype="string"),
        }
    )


def codings_of(plan: dict[str, Any], informants: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make up who spoke of which theme.

    Parameters
    ----------
    plan : dict
        A simulation preset with a table ``interviews``.
    informants : DataFrame
        As `informants_of` gives them.
    rng : numpy Generator
        Source of random numbers.

    Returns
    -------
    DataFrame
        The *codings* contract, with ``origin`` *synthetic*: one row an informant and theme.
    """
    return pd.concat(_themes(plan["interviews"], informants, rng), ignore_index=True)


def _themes(how: dict[str, Any], informants: pd.DataFrame, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
    for theme in how["themes"]:
        share = informants["role"].map(theme["shares"]).to_numpy(float)
        said = informants[rng.random(len(informants)) < share]
        texts = {name: pd.array([theme[source]] * len(said), dtype="string") for name, source in _OF_THEME.items()}
        yield said[["informant", "role", "method", "origin"]].assign(**texts)


_OF_THEME = {"theme": "name", "kind": "kind"}
