"""Made-up codes of persons who answer several rounds, with slips and known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_PARTS = {
    "mother_initial": 20,
    "father_initial": 20,
    "birth_month": 12,
    "birth_day": 31,
    "siblings": 6,
    "town_initial": 20,
}
CODE = tuple(_PARTS)
"""The parts of the made-up codes."""


def simulate_codes(
    persons: int,
    *,
    rounds: Sequence[str] = ("start", "one-year"),
    answer: float = 0.7,
    slip: float = 0.05,
    seed: int,
) -> pd.DataFrame:
    """Make up the codes that persons give in several rounds.

    Parameters
    ----------
    persons : int
        How many persons there are.
    rounds : sequence of str
        The rounds in their order.
    answer : float
        The probability that a person answers a round.
    slip : float
        The probability that a part is given otherwise than it is, each by itself.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    DataFrame
        The *responses* contract with the columns of `CODE`, and ``true_person``, which linking must not see. Initials
        are as uneven as names are: the k-th is 1/k as common as the first.

    Examples
    --------
    >>> simulate_codes(3, answer=1.0, slip=0.0, seed=1)["true_person"].tolist()
    ['1', '3', '2', '3', '2', '1']
    """
    rng = np.random.default_rng(seed)
    chances = {name: _chances(name, size) for name, size in _PARTS.items()}
    truth = {name: rng.choice(len(chance), persons, p=chance) for name, chance in chances.items()}
    frames = []
    for label in rounds:
        who = rng.permutation(np.flatnonzero(rng.random(persons) < answer))
        given = {name: _slipped(truth[name][who], chance, slip, rng) for name, chance in chances.items()}
        frames.append(pd.DataFrame({"true_person": who + 1, "round": label, **given}))
    answers = pd.concat(frames, ignore_index=True)
    letters = {name: answers[name].map(lambda number: chr(ord("A") + number)) for name in CODE if "initial" in name}
    kind = pd.CategoricalDtype(list(rounds), ordered=True)
    return (
        answers.assign(**letters, origin="synthetic")
        .astype({"true_person": "string", "round": kind, "origin": "string"})
        .astype(dict.fromkeys(letters, "string"))
    )


def link_quality(linked: pd.DataFrame, *, truth: str = "true_person") -> dict[str, float]:
    """Compare the links between rounds with the truth, pair of rows by pair of rows.

    Parameters
    ----------
    linked : DataFrame
        What `link_rounds` gave, with a column of the truth.
    truth : str
        That column.

    Returns
    -------
    dict of str to float
        ``precision`` (of the links found, those that are true), ``recall`` (of the true ones, those found) and the
        three counts: ``links``, ``true_links`` and ``found_true``.

    Examples
    --------
    >>> rows = pd.DataFrame({"person": ["a", "a", "b", "c"], "true_person": ["1", "1", "2", "2"]})
    >>> link_quality(rows)
    {'precision': 1.0, 'recall': 0.5, 'links': 1, 'true_links': 2, 'found_true': 1}
    """
    found, true, both = (_pairs(linked, names) for names in (["person"], [truth], ["person", truth]))
    return {
        "precision": both / found if found else np.nan,
        "recall": both / true if true else np.nan,
        "links": found,
        "true_links": true,
        "found_true": both,
    }


def _chances(name: str, size: int) -> NDArray[np.float64]:
    weights = 1 / np.arange(1, size + 1) if "initial" in name or name == "siblings" else np.ones(size)
    chances: NDArray[np.float64] = weights / weights.sum()
    return chances


def _slipped(
    values: NDArray[np.int64], chance: NDArray[np.float64], slip: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    other = (values + rng.integers(1, len(chance), len(values))) % len(chance)
    return np.where(rng.random(len(values)) < slip, other, values)


def _pairs(rows: pd.DataFrame, names: list[str]) -> int:
    """How many pairs of rows agree in some columns; a person has at most one row a round."""
    size = rows.groupby(names, observed=True).size()
    return int((size * (size - 1) // 2).sum())
