"""What is decided before the data are read: the primary outcome, and how rounds are compared."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from peereval.errors import nearest
from peereval.instruments.key import Frozen
from peereval.rounds.comparison import Baseline, Units, Weighting
from peereval.rounds.equivalence import Margin
from peereval.rounds.rules import AUTO

Outcome = Annotated[str, Field(pattern=r"^[^:]+:[^:]+$")]
"""An outcome: ``"instrument:scale"``."""
Contrast = Literal["difference_in_change", "mean_change", "mean_difference"]


class AnalysisPlan(Frozen):
    """The table ``[plan]``: what the study was to answer, written before the data are read.

    Parameters
    ----------
    primary : str
        The outcome that is tested, as ``"instrument:scale"`` (rule R10); a question of the unit's own is
        ``"local:<name>"``.
    round : str, optional
        The round at which it is tested: the last one. A round that is added later is then refused until this is changed
        as well, and the report says so.
    reference_round : str, optional
        The round that others are compared with; the first by default.
    contrast : {"difference_in_change", "mean_change", "mean_difference"}, optional
        What is tested: the difference of the arms in change, the change of the same persons, or the difference of
        rounds that are not linked. It must be what the design can give.
    margin : float or "minimal-important-change", optional
        The change that would matter, in points of the primary scale (rule R11).
    families : dict of str to tuple of str
        Name to secondary outcomes whose p values are adjusted together; by default all of them are.
    """

    primary: Outcome
    round: str | None = None
    reference_round: str | None = None
    contrast: Contrast | None = None
    margin: Margin | None = None
    families: dict[str, tuple[Outcome, ...]] = Field(default_factory=dict)

    @field_validator("families")
    @classmethod
    def _one_family_each(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        named = [outcome for outcomes in value.values() for outcome in outcomes]
        twice = next((outcome for outcome in named if named.count(outcome) > 1), None)
        if twice is not None:
            msg = f"{twice!r} stands in two families"
            raise ValueError(msg)
        return value


class ComparisonsPlan(Frozen):
    """The table ``[comparisons]``: how rounds are compared, and what is adjusted for.

    Parameters
    ----------
    method : str
        ``"auto"``, by the rules for the declared design, or a method that `compare_rounds` knows.
    covariates : tuple of str
        Columns of the answers to adjust for, such as names under ``[survey.keep]``; what a person answered at the first
        round holds for all rounds.
    unit : str, optional
        The column of the wards, teams or houses that persons belong to; a column of one's own as for covariates.
    units : {"such", "these"}
        Whether the result is to hold for such units or for these ones.
    baseline : {"constrained", "response", "covariate"}, optional
        How a mixed model takes the reference round of two arms; by default as the rules say.
    weighting : {"overlap"}, optional
        Weigh persons of observed arms by the probability of the other arm, given the covariates.
    adjust : {"holm", "benjamini-hochberg", "none"}
        How p values of secondary outcomes are adjusted.
    seed : int
        Seed of random sign flips.
    """

    method: str = AUTO
    covariates: tuple[str, ...] = ()
    unit: str | None = None
    units: Units = "such"
    baseline: Baseline | None = None
    weighting: Weighting | None = None
    adjust: Literal["holm", "benjamini-hochberg", "none"] = "holm"
    seed: int = 0

    @field_validator("method")
    @classmethod
    def _known_method(cls, value: str) -> str:
        if value == AUTO:
            return value
        # only a method that is named needs the room of all of them
        from peereval.rounds.methods import METHODS

        known = (AUTO, *METHODS)
        if value not in known:
            msg = f"there is no method {value!r}. {nearest(value, known)}"
            raise ValueError(msg.rstrip(" ."))
        return value
