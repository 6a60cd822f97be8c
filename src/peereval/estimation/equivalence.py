"""An interval held against a margin: what may be said of "no difference" (rule R11).

A 90 % interval inside ± the margin is the same as two one-sided tests at 5 % (Schuirmann 1987, Journal of Pharmacokinetics and
Biopharmaceutics 15:657). An interval that is not inside shows nothing; it is never evidence that there is no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from peereval.errors import InvalidValueError

if TYPE_CHECKING:
    from peereval.estimation.means import Estimate

Verdict: TypeAlias = Literal["within the margin", "not inferior", "not shown"]


def equivalence(estimate: Estimate, margin: float) -> Verdict:
    """Hold both limits against a margin.

    Parameters
    ----------
    estimate : Estimate
        With the limits that decide: those of the level 0.90 for tests at 5 %.
    margin : float
        The smallest difference that matters, above 0, in the unit of the estimate.

    Returns
    -------
    {"within the margin", "not shown"}
        *Not shown* also where there are no limits.

    Raises
    ------
    InvalidValueError
        The margin is not above 0.

    Examples
    --------
    >>> from peereval.estimation.means import Estimate
    >>> equivalence(Estimate(0.5, conf_low=-1.2, conf_high=2.2), 3.0)
    'within the margin'
    >>> equivalence(Estimate(0.5, conf_low=-2.9, conf_high=3.9), 3.0)
    'not shown'
    """
    _check(margin)
    return "within the margin" if -margin < estimate.conf_low and estimate.conf_high < margin else "not shown"


def non_inferiority(estimate: Estimate, margin: float, *, higher_is_better: bool) -> Verdict:
    """Hold the limit on the side of a loss against a margin.

    Parameters
    ----------
    estimate : Estimate
        New minus reference, with the limits that decide: those of the level 0.95 for a test at 2.5 %.
    margin : float
        The smallest loss that would not be put up with, above 0, in the unit of the estimate.
    higher_is_better : bool
        Which way is a gain.

    Returns
    -------
    {"not inferior", "not shown"}
        *Not shown* also where there are no limits.

    Raises
    ------
    InvalidValueError
        The margin is not above 0.

    Examples
    --------
    >>> from peereval.estimation.means import Estimate
    >>> found = Estimate(-0.5, conf_low=-2.5, conf_high=3.5)
    >>> non_inferiority(found, 3.0, higher_is_better=True), non_inferiority(found, 3.0, higher_is_better=False)
    ('not inferior', 'not shown')
    """
    _check(margin)
    clear = estimate.conf_low > -margin if higher_is_better else estimate.conf_high < margin
    return "not inferior" if clear else "not shown"


def _check(margin: float) -> None:
    if not margin > 0:
        msg = f"The margin is {margin:g}; expected a number above 0, in the unit of the estimate."
        raise InvalidValueError(msg, hint="The instrument's minimal important change is the usual margin.")
