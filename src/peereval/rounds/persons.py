"""Each person's change, held against what measurement error alone would do and against what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import pandas as pd

from peereval.contracts import SCORES, check_frame
from peereval.errors import DesignError, InvalidValueError, UnknownNameError, nearest
from peereval.instruments.lookup import instrument as look_up
from peereval.instruments.model import Instrument
from peereval.panel import arms_of, round_order
from peereval.results import Result, origin_of
from peereval.rounds.bars import Source, minimal_important_change, reliability_study

if TYPE_CHECKING:
    from peereval.instruments.key import Direction
    from peereval.rounds.norms import ReliabilityStudy

Method: TypeAlias = Literal["jacobson-truax", "edwards-nunnally", "regression-based"]

Z = 1.959963984540054
"""The normal quantile that leaves 2.5 % on either side."""
_NOISE = 1e-9
"""What the last bits of a score may add to a change, in points."""


class Bars(NamedTuple):
    """What changes are held against.

    Parameters
    ----------
    instrument : Instrument
        The instrument.
    scale : str
        The scale.
    study : ReliabilityStudy
        Its precision.
    important : float or None
        The minimal important change, in points.
    """

    instrument: Instrument
    scale: str
    study: ReliabilityStudy
    important: float | None

    @property
    def direction(self) -> Direction:
        """Which way of the scale is good."""
        return self.instrument.scales[self.scale].direction

    @property
    def sign(self) -> int:
        """1 where higher is better, otherwise -1."""
        return 1 if self.direction == "higher is better" else -1

    @property
    def thresholds(self) -> dict[str, float]:
        """How far from what is predicted an end score must lie, in points, by method; those that can be computed."""
        error, study = self.study.error, self.study
        found = {"jacobson-truax": Z * 2**0.5 * error}
        if study.mean is not None and study.sd is not None and study.reliability is not None:
            found["edwards-nunnally"] = Z * error
            found["regression-based"] = Z * study.sd * (1 - study.reliability**2) ** 0.5
        return found

    def predicted(self, starts: pd.Series) -> pd.Series:
        """Give the scores that starts regress to: mean + reliability x (start - mean)."""
        mean, r = self.study.mean or 0.0, self.study.reliability or 0.0
        return mean + r * (starts - mean)


def person_changes(
    scores: pd.DataFrame,
    instrument: str | Instrument,
    *,
    reliability: Source,
    scale: str | None = None,
    reference_round: str | None = None,
    round: str | None = None,  # noqa: A002 - the field's word
    arm: str | None = None,
    minimal_important: float | None = None,
    linkage: Result | None = None,
) -> pd.DataFrame:
    """Tell of each person whether the change is reliable and whether it matters. For the researcher: never released.

    Parameters
    ----------
    scores, instrument, reliability, scale, reference_round, round, arm, minimal_important, linkage
        As in `peereval.reliable_change`.

    Returns
    -------
    DataFrame
        One row a person with both scores and a ``method`` (the three of `peereval.reliable_change`, and
        ``minimal-important``): ``person``, ``group`` (the arm, or *all*), ``start`` and ``end`` (points), ``change``,
        ``predicted`` (the end score without change), ``threshold`` (how far from it the end score must lie),
        ``category`` (improved, unchanged, worse), ``instrument``, ``scale``, ``direction`` and ``origin``.

    Raises
    ------
    DesignError, InvalidValueError, UnknownNameError, ChoiceError
        As `peereval.reliable_change` does.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> scores = pe.score(region.responses, "qpr-15", coding="0-4")
    >>> study = pe.ReliabilityStudy(source="made up", sd=10, mean=36, reliability=0.74, measure="retest", n=88)
    >>> changes = pe.person_changes(scores, "qpr-15", reliability=study)
    >>> changes.loc[changes["method"] == "jacobson-truax", ["start", "end", "change", "category"]].head(3)
       start   end  change   category
    0   35.0   9.0   -26.0      worse
    1   58.0  56.0    -2.0  unchanged
    2   51.0  43.0    -8.0  unchanged
    """
    check_linked(scores, linkage)
    one, name = scale_of(instrument, scale)
    mine, (first, last) = rows_of(scores, one, name, reference_round, round)
    bars = bars_of(one, name, reliability, mine.loc[mine["round"] == first, "score"].rename(first), minimal_important)
    pairs = pairs_of(mine, (first, last), arm)
    return categorised(pairs, bars).assign(origin=origin_of(scores))


def check_linked(scores: pd.DataFrame, linkage: Result | None) -> None:
    """Refuse results about single persons where rounds are not linked, or not well enough (rule R4).

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract.
    linkage : Result or None
        What `peereval.linkage_summary` gave, where rounds were linked by codes.

    Raises
    ------
    DesignError
        Persons are not known in every row, or more than 5 % of the links are estimated to be false.
    InvalidValueError
        `linkage` is another kind of result.
    """
    check_frame(scores, SCORES)
    if "person" not in scores.columns or scores["person"].isna().any():
        msg = "A person's change needs linked rounds, and persons are not known in every row of the scores."
        raise DesignError(msg, hint="Compare the rounds with compare_rounds(design='panel-unlinked') instead.")
    if linkage is None:
        return
    if not isinstance(linkage, Result) or "person_level" not in linkage.settings:
        msg = "What was given as linkage is not the result of linkage_summary."
        raise InvalidValueError(msg, hint="Say linkage=peereval.linkage_summary(linked).")
    if not linkage.settings["person_level"]:
        rate, limit = (linkage.settings[name] for name in ("false_link_rate", "false_link_limit"))
        found = "rounds are not linked" if rate is None else f"{rate:.1%} of the links are estimated to be false"
        msg = f"No result about single persons is given: {found}; the limit is {limit:.0%} (rule R4)."
        raise DesignError(msg, hint="Compare means with compare_rounds, or link with more parts of the code.")


def scale_of(instrument: Any, scale: str | None) -> tuple[Instrument, str]:
    """Give the instrument, and the scale that was asked for or its headline.

    Parameters
    ----------
    instrument : str or Instrument
        Id of the catalogue, or a definition of one's own.
    scale : str or None
        The scale.

    Returns
    -------
    Instrument and str
        Both.

    Raises
    ------
    UnknownNameError
        There is no such instrument or scale.
    InvalidValueError
        `instrument` is neither an id nor a definition.
    """
    if not isinstance(instrument, str | Instrument):
        msg = f"One instrument is asked for, an id or a definition; found {type(instrument).__name__}."
        raise InvalidValueError(msg, hint="Call it once for each instrument.")
    one = look_up(instrument) if isinstance(instrument, str) else instrument
    name = one.headline if scale is None else scale
    if name not in one.scales:
        msg = f"The instrument {one.id!r} has no scale {name!r}."
        raise UnknownNameError(msg, hint=nearest(name, one.scales))
    return one, name


def rows_of(
    scores: pd.DataFrame, one: Instrument, scale: str, reference_round: str | None, last: str | None
) -> tuple[pd.DataFrame, tuple[str, str]]:
    """Take the scores of one scale at two rounds.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract.
    one : Instrument
        The instrument.
    scale : str
        The scale.
    reference_round, last : str or None
        The rounds; the first and the last by default.

    Returns
    -------
    DataFrame and tuple of str
        The rows, scores missing or not, and the two rounds.

    Raises
    ------
    InvalidValueError
        A round does not exist, or the rounds have no order.
    DesignError
        Both rounds are the same.
    UnknownNameError
        The scale was not scored.
    """
    order = round_order(scores, "scores")
    first, later = reference_round or order[0], last or order[-1]
    for name in (first, later):
        if name not in order:
            msg = f"There is no round {name!r}."
            raise InvalidValueError(msg, hint=nearest(name, order))
    if first == later:
        msg = f"A change is between two rounds; both are {first!r}."
        raise DesignError(msg, hint="Say reference_round=… and round=….")
    mine = scores[(scores["instrument"] == one.id) & (scores["scale"] == scale)]
    if mine.empty and len(scores):
        known = set(scores["instrument"] + " " + scores["scale"])
        msg = f"The scores hold no scale {scale!r} of {one.id!r}."
        raise UnknownNameError(msg, hint=nearest(f"{one.id} {scale}", known))
    return mine[mine["round"].isin([first, later])], (first, later)


def bars_of(one: Instrument, scale: str, source: Source, starts: pd.Series, important: float | None) -> Bars:
    """Collect what changes of a scale are held against.

    Parameters
    ----------
    one : Instrument
        The instrument.
    scale : str
        The scale.
    source : str, ReliabilityStudy or Result
        Where the precision comes from.
    starts : Series of float
        Scores at the reference round, named after it.
    important : float or None
        The minimal important change; the catalogue's by default.

    Returns
    -------
    Bars
        The bars.

    Raises
    ------
    InvalidValueError
        The minimal important change is not above 0.
    """
    if important is not None and not 0 < important < np.inf:
        msg = f"The minimal important change is {important!r}; it is above 0, whichever way of the scale is good."
        raise InvalidValueError(msg, hint="Say it in points.")
    known = minimal_important_change(one, scale) if important is None else None
    study = reliability_study(source, one, scale, starts)
    return Bars(one, scale, study, known.value if known is not None else important)


def pairs_of(mine: pd.DataFrame, rounds: tuple[str, str], arm: str | None) -> pd.DataFrame:
    """Put both scores of a person side by side.

    Parameters
    ----------
    mine : DataFrame
        Scores of one scale at two rounds.
    rounds : tuple of str
        The two rounds.
    arm : str or None
        The column of the arms.

    Returns
    -------
    DataFrame
        ``person``, ``group``, ``start`` and ``end``: persons with both scores and, if asked for, an arm.
    """
    if arm is not None:
        arms_of(mine, arm, "scores")
        mine = mine[mine[arm].notna()]
    usable = mine[mine["score"].notna()].assign(group="all" if arm is None else mine[arm])
    first, later = (usable.loc[usable["round"] == name, ["person", "group", "score"]] for name in rounds)
    both = first.merge(later[["person", "score"]], on="person", suffixes=("_start", "_end"))
    return both.rename(columns={"score_start": "start", "score_end": "end"})


def exclusions_of(mine: pd.DataFrame, pairs: pd.DataFrame, arm: str | None) -> dict[str, int]:
    """Count what `pairs_of` leaves out.

    Parameters
    ----------
    mine : DataFrame
        Scores of one scale at two rounds.
    pairs : DataFrame
        What `pairs_of` made of them.
    arm : str or None
        The column of the arms.

    Returns
    -------
    dict of str to int
        Reason code to scores without an arm or a value; ``unpaired`` counts persons with one score only.
    """
    without = mine[arm].isna() if arm is not None else pd.Series(data=False, index=mine.index)
    missing = mine["score"].isna() & ~without
    reasons: Any = mine.loc[missing, "reason"].astype("string").fillna("outcome_missing").value_counts()
    scored = mine.loc[~missing & ~without, "person"].nunique()
    counts = {"arm_missing": int(without.sum()), "unpaired": scored - len(pairs)}
    counts |= {str(reason): int(count) for reason, count in reasons.items()}
    return {reason: count for reason, count in counts.items() if count}


def categorised(pairs: pd.DataFrame, bars: Bars) -> pd.DataFrame:
    """Sort persons into improved, unchanged and worse, by each bar.

    Parameters
    ----------
    pairs : DataFrame
        ``person``, ``group``, ``start`` and ``end``.
    bars : Bars
        What changes are held against.

    Returns
    -------
    DataFrame
        One row a person and bar, as `person_changes` documents.
    """
    regressed = bars.predicted(pairs["start"])
    against: dict[str, tuple[pd.Series, float]] = {
        method: (pairs["start"] if method == "jacobson-truax" else regressed, threshold)
        for method, threshold in bars.thresholds.items()
    }
    if bars.important is not None:
        # a change of exactly the minimal important one matters, one of exactly the reliable change is not beyond it
        against["minimal-important"] = (pairs["start"], bars.important)
    parts = [
        pairs.assign(
            change=pairs["end"] - pairs["start"], method=method, predicted=predicted, threshold=threshold,
            category=_category(bars.sign * (pairs["end"] - predicted), threshold, reached=method == "minimal-important"),
        )
        for method, (predicted, threshold) in against.items()
    ]  # fmt: skip
    where = {"instrument": bars.instrument.id, "scale": bars.scale, "direction": bars.direction}
    return pd.concat(parts, ignore_index=True).assign(**where)


def _category(gain: pd.Series, threshold: float, *, reached: bool) -> Any:
    bar = threshold - _NOISE if reached else threshold + _NOISE
    return np.select([gain > bar, gain < -bar], ["improved", "worse"], "unchanged")


METHODS: tuple[str, ...] = get_args(Method)
"""The three methods, in the order in which they are printed."""
