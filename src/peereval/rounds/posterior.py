"""How probable it is that persons improved on average, and by as much as matters: for samples too small for much else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import DesignError, InvalidValueError
from peereval.estimation.means import standard_deviation
from peereval.estimation.posterior import probability_above
from peereval.results import Result, data_facts, origin_of, versions
from peereval.rounds.bars import minimal_important_change
from peereval.rounds.persons import check_linked, exclusions_of, pairs_of, rows_of, scale_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peereval.instruments.model import Instrument

_ONE_IN_TWENTY = 1.6448536269514722
"""The normal quantile that leaves 5 % above it."""
_METHOD = (
    "The probability that the mean improvement of persons with both scores ({first} to {last}, {scale}, {direction}) exceeds "
    "0, and {important:g} points (the minimal important change), was computed by quadrature from the t likelihood of the mean "
    "under two priors: the reference prior, under which it is a tail of Student's t, and a sceptical normal prior about 0 "
    "with a standard deviation of {prior:.3g} points{why} (rule R3)."
)
_DEFAULT = ", which gives a mean improvement beyond the minimal important change a chance of 5 % beforehand"


def probability_of_change(
    scores: pd.DataFrame,
    instrument: str | Instrument,
    *,
    scale: str | None = None,
    reference_round: str | None = None,
    round: str | None = None,  # noqa: A002 - the field's word
    arm: str | None = None,
    minimal_important: float | None = None,
    prior_sd: float | None = None,
) -> Result:
    """Give the probability that the mean improved at all, and by the minimal important change, under two priors.

    Parameters
    ----------
    scores : DataFrame
        The *scores* contract, of linked rounds; `round` must be an ordered categorical.
    instrument : str or Instrument
        Id of the catalogue, or a definition of one's own.
    scale : str, optional
        The scale; the instrument's headline by default.
    reference_round, round : str, optional
        From when and until when; the first and the last round by default.
    arm : str, optional
        The column of `scores` by which persons are taken together.
    minimal_important : float, optional
        The minimal important change, in points; by default the one that the catalogue has.
    prior_sd : float, optional
        Standard deviation of the sceptical prior, in points. By default the one that leaves 5 % beyond the minimal
        important change.

    Returns
    -------
    Result
        Rows with ``measure``: ``probability_of_improvement`` and ``probability_of_important_improvement``, one a group and
        prior (``term``). Improvement is change for the better, whichever way the scale runs. Exclusions count scores of
        this scale at the two rounds; ``unpaired`` counts persons.

    Raises
    ------
    DesignError
        Persons are not known, or no minimal important change is.
    InvalidValueError, UnknownNameError, ChoiceError
        A round, arm or scale does not exist, a number is not above 0, or the catalogue has several minimal important
        changes.

    References
    ----------
    Box & Tiao 1973, Bayesian inference in statistical analysis; Spiegelhalter, Freedman & Parmar 1994, Journal of the Royal
    Statistical Society A 157:357.

    Examples
    --------
    >>> import peereval as pe
    >>> region = pe.simulate_study("region", seed=1)
    >>> scores = pe.score(region.responses, "qpr-15", coding="0-4")
    >>> few = scores[scores["person"].isin(sorted(scores["person"].unique())[:40])]
    >>> found = pe.probability_of_change(few, "qpr-15").estimates
    >>> found[["measure", "term", "estimate", "n"]].round(2)
                                    measure             term  estimate   n
    0            probability_of_improvement  reference prior      0.34  22
    1            probability_of_improvement  sceptical prior      0.38  22
    2  probability_of_important_improvement  reference prior      0.02  22
    3  probability_of_important_improvement  sceptical prior      0.00  22
    """
    check_linked(scores, None)
    one, name = scale_of(instrument, scale)
    mine, rounds = rows_of(scores, one, name, reference_round, round)
    important = _important(one, name, minimal_important)
    prior = (
        important / _ONE_IN_TWENTY if prior_sd is None else _above_zero("The standard deviation of the prior", prior_sd)
    )
    pairs, direction = pairs_of(mine, rounds, arm), one.scales[name].direction
    gains = (pairs["end"] - pairs["start"]) * (1 if direction == "higher is better" else -1)
    rows = [
        row
        for group in sorted(pairs["group"].unique()) or ["all"]
        for row in _rows(gains[pairs["group"] == group], str(group), important, prior)
    ]
    where = {"outcome": one.id, "scale": name, "contrast": f"{rounds[1]} - {rounds[0]}", "round": rounds[1]}
    return Result(
        kind="probability-of-change",
        title=f"Probability of a mean improvement on {one.id} {name}",
        estimates=pd.DataFrame(rows).assign(**where),
        method=_METHOD.format(
            first=rounds[0], last=rounds[1], scale=f"{one.id} {name}", direction=direction, important=important,
            prior=prior, why=_DEFAULT if prior_sd is None else "",
        ),
        claim="change",
        estimand="Mean improvement of persons who answer both rounds.",
        assumptions=(
            "Changes are normal; with few persons nothing else can be checked, and a single outlier moves the result.",
            "Only persons with both scores are used; who left may have changed otherwise.",
            "A probability under a prior is a statement about belief: who holds another prior comes to another one.",
        ),
        references=("Box & Tiao 1973, Bayesian inference in statistical analysis", "Spiegelhalter, Freedman & Parmar 1994, Journal of the Royal Statistical Society A 157:357"),
        settings={
            "instrument": one.id, "instrument_version": one.version, "scale": name, "arm": arm,
            "reference_round": rounds[0], "round": rounds[1], "minimal_important": important, "prior_sd": prior,
            "versions": versions(), "data": data_facts(scores),
        },
        exclusions=exclusions_of(mine, pairs, arm),
        origin=origin_of(scores),
    )  # fmt: skip


def _important(one: Instrument, scale: str, said: float | None) -> float:
    if said is not None:
        return _above_zero("The minimal important change", said)
    known = minimal_important_change(one, scale)
    if known is None:
        msg = f"The catalogue has no minimal important change of {one.id} {scale}."
        raise DesignError(msg, hint="Say minimal_important=… in points.")
    return known.value


def _above_zero(what: str, value: float) -> float:
    if not 0 < value < np.inf:
        msg = f"{what} is {value!r}; it is above 0."
        raise InvalidValueError(msg, hint="Say it in points.")
    return value


def _rows(gains: pd.Series, group: str, important: float, prior: float) -> Iterator[dict[str, object]]:
    values, n = gains.to_numpy(dtype=np.float64), len(gains)
    mean = float(values.mean()) if n else np.nan
    error = standard_deviation(values) / n**0.5 if n else np.nan
    for measure, threshold in (
        ("probability_of_improvement", 0.0),
        ("probability_of_important_improvement", important),
    ):
        for term, prior_sd in (("reference prior", None), ("sceptical prior", prior)):
            found = probability_above(threshold, mean=mean, std_error=error, n=n, prior_sd=prior_sd)
            yield {"measure": measure, "term": term, "group": group, "estimate": found, "n": n}
