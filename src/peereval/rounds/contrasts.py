"""The rows of a comparison: one scale after another, one arm after another, one round after another."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from peereval.estimation.effect_sizes import average_sd, pooled_sd, standardised
from peereval.estimation.means import (
    Estimate,
    contrast_of_means,
    difference_of_means,
    mean_of,
    rarer_of_two,
    sign_flip_p,
    standard_deviation,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Values: TypeAlias = NDArray[np.float64]
    Row: TypeAlias = dict[str, object]

LEVEL = 0.95
FEWEST_FOR_SPREAD = 10
FEW = 20
FLAGS = {
    "fewer_than_10": "fewer than 10 persons (in an arm): no standard deviation and no interval; only a paired change has a p value, from sign flips (rule R3)",
    "fewer_than_20": "fewer than 20 persons (in an arm): read with care (rule R3)",
}
"""What a row may be flagged with."""


class Arms(NamedTuple):
    """Two arms of a comparison.

    Parameters
    ----------
    column : str
        The column of the scores that holds them.
    reference, other : str
        Changes of `other` are compared with those of `reference`.
    """

    column: str
    reference: str
    other: str


class Rounds(NamedTuple):
    """The rounds of a comparison.

    Parameters
    ----------
    order : list of str
        All rounds as they were held.
    reference : str
        The round that the others are compared with.

    Examples
    --------
    >>> rounds = Rounds(["start", "half-year", "one-year"], "half-year")
    >>> rounds.others, rounds.tested
    (['start', 'one-year'], 'one-year')
    """

    order: list[str]
    reference: str

    @property
    def others(self) -> list[str]:
        """The rounds that are compared with the reference round."""
        return [name for name in self.order if name != self.reference]

    @property
    def tested(self) -> str:
        """The round at which is tested: the last one held (rule R10)."""
        return self.order[-1]


def contrasts_of(usable: pd.DataFrame, rounds: Rounds, method: str, arms: Arms | None, seed: int) -> pd.DataFrame:
    """Compute all rows of a comparison.

    Parameters
    ----------
    usable : DataFrame
        Scores that are not missing, with a known arm.
    rounds : Rounds
        The rounds in their order, and the one of reference.
    method : str
        ``"paired-t"``, ``"sign-flip"`` or ``"welch"``.
    arms : Arms or None
        The arms, if there are two.
    seed : int
        Seed of random sign flips.

    Returns
    -------
    DataFrame
        One row an estimate, as `compare_rounds` documents them; no row where nobody has a score.
    """
    rows: list[Row] = []
    for (outcome, scale), part in usable.groupby(["instrument", "scale"], sort=False, observed=True):
        where = {"outcome": outcome, "scale": scale}
        for name in (None,) if arms is None else arms[1:]:
            mine = part if arms is None else part[part[arms.column] == name]
            keyed = where if name is None else {**where, "group": name}
            rows += ({**keyed, **row} for row in _within(mine, rounds, method, seed))
        if arms is not None:
            between = _unlinked_between if method == "welch" else _between
            rows += ({**where, **row} for row in between(part, rounds, arms))
    return pd.DataFrame(rows)


def _within(mine: pd.DataFrame, rounds: Rounds, method: str, seed: int) -> Iterator[Row]:
    yield from _means(mine, rounds)
    if method == "welch":
        yield from _unlinked(mine, rounds)
    else:
        yield from _paired(mine, rounds, method, seed)


def _means(mine: pd.DataFrame, rounds: Rounds) -> Iterator[Row]:
    for label in rounds.order:
        values = _values(mine, label)
        found = mean_of(values, level=LEVEL) if len(values) >= FEWEST_FOR_SPREAD else Estimate(_mean(values))
        sd = standard_deviation(values) if len(values) >= FEWEST_FOR_SPREAD else np.nan
        yield {
            "measure": "mean",
            "round": label,
            **_interval(found),
            "n": len(values),
            "sd": sd,
            **_two_valued(values),
            **_flag(len(values)),
        }


def _paired(mine: pd.DataFrame, rounds: Rounds, method: str, seed: int) -> Iterator[Row]:
    wide = mine.pivot(index="person", columns="round", values="score").reindex(columns=rounds.order)
    for label in rounds.others:
        both = _pairs(wide, rounds.reference, label)
        keyed: Row = {
            "round": label,
            "contrast": f"{label} - {rounds.reference}",
            "n": len(both),
            **_flag(len(both)),
        }
        change = both[:, 1] - both[:, 0]
        yield {"measure": "mean_change", **keyed, **_two_valued(change), **_test(_change(change, method, seed))}
        if len(both) >= FEWEST_FOR_SPREAD:
            for measure, size in _paired_sizes(both, mean_of(change, level=LEVEL)).items():
                yield {"measure": measure, **keyed, **_interval(size)}


def _change(differences: Values, method: str, seed: int) -> Estimate:
    if method == "paired-t" and len(differences) >= FEWEST_FOR_SPREAD:
        return mean_of(differences, level=LEVEL)
    return Estimate(_mean(differences), p_value=sign_flip_p(differences, seed=seed))


def _paired_sizes(both: Values, change: Estimate) -> dict[str, Estimate]:
    df = len(both) - 1
    average, share = average_sd(both[:, 0], both[:, 1])
    return {
        "change_over_baseline_sd": standardised(change, standard_deviation(both[:, 0]), df=df, level=LEVEL),
        "d_av": standardised(change, average, df=df, relative_variance=share, level=LEVEL),
    }


def _unlinked(mine: pd.DataFrame, rounds: Rounds) -> Iterator[Row]:
    first = _values(mine, rounds.reference)
    for label in rounds.others:
        later = _values(mine, label)
        fewest = min(len(first), len(later))
        found = difference_of_means(later, first, level=LEVEL)
        keyed: Row = {
            "round": label,
            "contrast": f"{label} - {rounds.reference}",
            "n": len(first) + len(later),
            **_flag(fewest),
        }
        if fewest < FEWEST_FOR_SPREAD:
            yield {"measure": "mean_difference", **keyed, "estimate": found.estimate}
            continue
        yield {"measure": "mean_difference", **keyed, **_test(found)}
        sds = np.array([standard_deviation(later), standard_deviation(first)])
        sizes = np.array([len(later), len(first)])
        size = standardised(found, pooled_sd(sds, sizes), df=float(sizes.sum() - 2), level=LEVEL)
        yield {"measure": "hedges_g", **keyed, **_interval(size)}


def _between(part: pd.DataFrame, rounds: Rounds, arms: Arms) -> Iterator[Row]:
    """Difference in change of two arms of persons with both rounds."""
    wide = part.pivot(index=["person", arms.column], columns="round", values="score").reindex(columns=rounds.order)
    arm = wide.index.get_level_values(arms.column)
    for label in rounds.others:
        both = [_pairs(wide[arm == name], rounds.reference, label) for name in (arms.other, arms.reference)]
        changes = [each[:, 1] - each[:, 0] for each in both]
        found = contrast_of_means(changes, (1, -1), level=LEVEL)
        yield from _between_rows(found, changes, (both[0][:, 0], both[1][:, 0]), rounds.reference, label, arms)


def _between_rows(
    found: Estimate, samples: list[Values], starts: tuple[Values, Values], first: str, label: str, arms: Arms
) -> Iterator[Row]:
    fewest = min(len(sample) for sample in samples)
    contrast = f"{arms.other} - {arms.reference}: {label} - {first}"
    keyed: Row = {"round": label, "contrast": contrast, "n": sum(map(len, samples)), **_flag(fewest)}
    if fewest < FEWEST_FOR_SPREAD:
        yield {"measure": "difference_in_change", **keyed, "estimate": found.estimate}
        return
    yield {"measure": "difference_in_change", **keyed, **_test(found)}
    sizes = np.array([len(start) for start in starts])
    sd = pooled_sd(np.array([standard_deviation(start) for start in starts]), sizes)
    size = standardised(found, sd, df=float(sizes.sum() - 2), level=LEVEL)
    yield {"measure": "difference_over_baseline_sd", **keyed, **_interval(size)}


def _unlinked_between(part: pd.DataFrame, rounds: Rounds, arms: Arms) -> Iterator[Row]:
    """Difference in differences of four independent samples: two arms in two rounds."""
    for label in rounds.others:
        cells = [(name, each) for name in (arms.other, arms.reference) for each in (label, rounds.reference)]
        samples = [_values(part[part[arms.column] == name], each) for name, each in cells]
        found = contrast_of_means(samples, (1, -1, -1, 1), level=LEVEL)
        yield from _between_rows(found, samples, (samples[1], samples[3]), rounds.reference, label, arms)


def _pairs(wide: pd.DataFrame, first: str, later: str) -> Values:
    return wide[[first, later]].dropna().to_numpy(dtype=np.float64)


def _values(mine: pd.DataFrame, label: str) -> Values:
    return mine.loc[mine["round"] == label, "score"].to_numpy(dtype=np.float64)


def _mean(values: Values) -> float:
    return float(values.mean()) if len(values) else np.nan


def _two_valued(values: Values) -> dict[str, object]:
    """The column that tells release that a mean is a share, where it is one."""
    rarer = rarer_of_two(values)
    return {} if np.isnan(rarer) else {"two_valued": rarer}


def _flag(n: int) -> dict[str, object]:
    if n >= FEW:
        return {"flag": pd.NA}
    return {"flag": "fewer_than_10" if n < FEWEST_FOR_SPREAD else "fewer_than_20"}


def _interval(found: Estimate) -> dict[str, object]:
    limits = {"conf_low": found.conf_low, "conf_high": found.conf_high, "conf_level": LEVEL}
    return {"estimate": found.estimate, "std_error": found.std_error, **limits}


def _test(found: Estimate) -> dict[str, object]:
    return {**asdict(found), "conf_level": LEVEL}
