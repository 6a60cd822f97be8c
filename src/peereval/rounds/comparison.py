"""What was asked of a comparison of rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from peereval.errors import DesignError

if TYPE_CHECKING:
    from peereval.rounds.rows import Arms, Rounds

Design: TypeAlias = Literal["panel", "panel-unlinked", "cross-section"]
Measurement: TypeAlias = Literal["scale", "ordinal", "yes-no"]
Allocation: TypeAlias = Literal["randomised", "observed"]
Baseline: TypeAlias = Literal["constrained", "response", "covariate"]
Units: TypeAlias = Literal["such", "these"]
Weighting: TypeAlias = Literal["overlap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was asked, the same for every scale.

    Parameters
    ----------
    design, measurement, allocation, baseline, covariates, unit, units, weighting, yes, seed
        As in `compare_rounds`.
    rounds : Rounds
        The rounds in their order, and the one of reference.
    arms : Arms or None
        The arms, if there are two.
    """

    design: Design
    rounds: Rounds
    arms: Arms | None = None
    measurement: Measurement = "scale"
    allocation: Allocation | None = None
    baseline: Baseline = "response"
    covariates: tuple[str, ...] = ()
    unit: str | None = None
    units: Units = "such"
    weighting: Weighting | None = None
    yes: float = 1.0
    seed: int = 0

    @property
    def two_arms(self) -> Arms:
        """The two arms.

        Raises
        ------
        DesignError
            There is one arm only.
        """
        if self.arms is None:
            msg = "Arms are compared, and none were said."
            raise DesignError(msg, hint="Say arm=, reference_arm= and allocation=.")
        return self.arms
