"""Power of McNemar's mid-p test, by enumerating every outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from peereval.errors import InvalidValueError
from peereval.rounds.planning import check_numbers, check_one, plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.results import Result

    Numbers = NDArray[np.floating[Any]]

_MOST = 2_048
"""Persons up to whom all outcomes are enumerated."""


def power_of_mcnemar(
    *,
    gained: float,
    lost: float,
    n: int | None = None,
    power: float | None = None,
    level: float = 0.95,
) -> Result:
    """Plan a yes/no question asked of the same persons twice, tested by McNemar's mid-p test.

    Parameters
    ----------
    gained, lost : float
        Shares of the persons who will go from no to yes, and from yes to no.
    n : int, optional
        Persons with both answers: the power is computed.
    power : float, optional
        Wished power: the persons needed are computed.
    level : float
        Confidence level; the test is two-sided.

    Returns
    -------
    Result
        Rows with ``measure`` ``persons_with_both`` and ``power``.

    Raises
    ------
    InvalidValueError
        A number is impossible, the shares are equal, not exactly one of `n` and `power` is given, or more than 1,024
        persons would be needed.

    Notes
    -----
    The power is exact: the sum of the trinomial probabilities of all outcomes that the test rejects. It rises with n in a
    saw-tooth, so the number given is the smallest from which on, up to twice as many, it stays at what was wished.

    References
    ----------
    Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91 (the mid-p test).

    Examples
    --------
    >>> import peereval as pe
    >>> found = pe.power_of_mcnemar(gained=0.25, lost=0.10, power=0.8).estimates
    >>> found[["measure", "estimate"]].round(3)
                 measure  estimate
    0  persons_with_both   118.000
    1              power     0.803
    """
    check_numbers({"gained": (gained, -1e-12, 1), "lost": (lost, -1e-12, 1), "level": (level, 0, 1)})
    check_numbers({"gained + lost": (gained + lost, 0, 1 + 1e-12)})
    check_one("n", n, "power", power)
    if gained == lost:
        msg = f"As many are expected to gain as to lose ({gained:g}), so there is nothing to find."
        raise InvalidValueError(msg, hint="Say the smallest difference that would matter.")
    if n is None:
        check_numbers({"power": (power, 0, 1)})
        n, found = _smallest(gained, lost, float(power or np.nan), level)
    else:
        check_numbers({"n": (n, 0, _MOST + 1)})
        found = float(_powers(np.array([n]), gained, lost, level)[0])
    return plan(
        "Power of McNemar's mid-p test",
        {"persons_with_both": n, "power": found},
        f"Exact power of McNemar's two-sided mid-p test at the level {1 - level:.3g}, if {gained:.1%} go from no to yes and "
        f"{lost:.1%} from yes to no, by enumeration (rule R7).",
        {"gained": gained, "lost": lost, "level": level},
    )


def _smallest(gained: float, lost: float, power: float, level: float) -> tuple[int, float]:
    size = 64
    while size <= _MOST:
        powers = _powers(np.arange(1, size + 1), gained, lost, level)
        short = np.flatnonzero(powers < power)
        last = int(short[-1]) + 1 if len(short) else 0
        if last < size // 2:
            return last + 1, float(powers[last])
        size *= 2
    msg = f"More than {_MOST // 2:,} persons would be needed for a power of {power:g}."
    raise InvalidValueError(msg, hint="Look at the shares; they are said as 0.2, not as 20.")


def _powers(sizes: NDArray[np.int64], gained: float, lost: float, level: float) -> Numbers:
    """The power of each number of persons: that given the discordant ones, over their binomial number."""
    from scipy.stats import binom

    discordant = np.arange(int(sizes.max()) + 1)
    given = _given(discordant, gained / (gained + lost), level)
    powers: Numbers = binom.pmf(discordant, sizes[:, None], gained + lost) @ given
    return powers


def _given(discordant: NDArray[np.int64], share: float, level: float) -> Numbers:
    """Probability that the test rejects, given how many changed their answer."""
    from scipy.stats import binom

    # mid-p is cdf(count - 1) + cdf(count), so the largest count it rejects is the quantile of half the level, or one less
    limit = binom.ppf((1 - level) / 2, discordant, 0.5)
    mid_p = binom.cdf(limit - 1, discordant, 0.5) + binom.cdf(limit, discordant, 0.5)
    limit = np.where(mid_p <= 1 - level, limit, limit - 1)
    rejected: Numbers = binom.cdf(limit, discordant, share) + binom.sf(discordant - limit - 1, discordant, share)
    return rejected
