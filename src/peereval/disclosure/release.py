"""Results to released results: the only way out of the building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from peereval.disclosure.counts import masked
from peereval.disclosure.groupings import refuse_subtraction
from peereval.disclosure.policy import Policy, disclosure_policy, treatment_of
from peereval.disclosure.protection import TREATMENTS
from peereval.errors import NotReleasedError
from peereval.results import Released, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INSIDE = ("data",)
"""Settings that never leave, at any depth: fingerprints and exact counts of the data."""


def release(results: Result | Sequence[Result], *, policy: str = "standard") -> list[Released]:
    """Protect the small numbers of results, so that a report may print them.

    Each result is protected by itself: no withheld number can be computed from the others of its result. Between
    results only one thing is looked for, two groupings of one measure, and within this call only; what was released
    in earlier calls or elsewhere is not known here.

    Parameters
    ----------
    results : Result or sequence of Result
        What the analyses found.
    policy : str
        Id of the disclosure policy.

    Returns
    -------
    list of Released
        One for each result, in the same order. Rows that may not be shown have ``withheld`` true and no
        numbers; counts are rounded, shares given in whole per cent, means and effect sizes to a step of at most
        half a standard error, p values rounded up, curves given at fixed days; standard errors, degrees of freedom
        and standard deviations are dropped, exclusions masked, and the data's fingerprint and counts taken out of
        the settings, also of bound results.

    Raises
    ------
    NotReleasedError
        A result has a measure that no treatment is written for; or two results give one measure in different groups
        and a number that one of them withholds could be computed from the other.
    UnknownNameError
        There is no such policy.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = Result(
    ...     kind="rates", title="Readmission", claim="description", method="A share.",
    ...     estimates=pd.DataFrame({
    ...         "group": ["ward A", "ward B"], "measure": "readmission_rate", "estimate": [12 / 48, 3 / 30],
    ...         "numerator": [12, 3], "denominator": [48, 30],
    ...     }),
    ...     exclusions={"still_admitted": 2},
    ... )
    >>> [safe] = release(rates)
    >>> safe.to_frame()
        group           measure  estimate  numerator  denominator  withheld
    0  ward A  readmission_rate      0.25       10.0         50.0     False
    1  ward B  readmission_rate       NaN        NaN         30.0      True
    >>> dict(safe.exclusions)
    {'still_admitted': '<5'}
    """
    rule = disclosure_policy(policy)
    released = [_released(result, rule) for result in ([results] if isinstance(results, Result) else results)]
    refuse_subtraction(released)
    return released


def _released(result: Result, policy: Policy) -> Released:
    frame = result.estimates
    safe = _protected(frame, policy, result.title)
    return Released(
        kind=result.kind,
        title=result.title,
        estimates=safe,
        method=result.method,
        claim=result.claim,
        estimand=result.estimand,
        assumptions=result.assumptions,
        sensitivity=result.sensitivity,
        references=result.references,
        settings=_outside(result.settings),
        columns={
            **{name: meaning for name, meaning in result.columns.items() if name in safe},
            "withheld": "not shown: too small to release, or it would give away such a number",
        },
        origin=result.origin,
        exclusions={reason: masked(count, policy) for reason, count in result.exclusions.items()},
        policy=f"{policy.id} {policy.version}",
        changes=_changes(frame, safe),
    )


def _protected(frame: pd.DataFrame, policy: Policy, title: str) -> pd.DataFrame:
    if frame.empty:
        return frame.assign(withheld=pd.Series(dtype=bool))
    treatment = frame["measure"].map(treatment_of())
    if treatment.isna().any():
        measure = frame.loc[treatment.isna(), "measure"].iloc[0]
        msg = f"{title!r} has the measure {measure!r}, and no treatment is written for it."
        raise NotReleasedError(msg, hint="Add it to disclosure/treatments.toml with a test that attacks it.")
    parts = [TREATMENTS[name](part, policy) for name, part in frame.groupby(treatment, sort=False)]
    together = pd.concat(parts)
    return together.sort_index(kind="stable") if together.index.is_unique else together


def _outside(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without what stays inside; those of bound results stand a level deeper."""
    return {
        name: _outside(value) if isinstance(value, dict) else value
        for name, value in settings.items()
        if name not in _INSIDE
    }


def _changes(before: pd.DataFrame, after: pd.DataFrame) -> tuple[str, ...]:
    withheld = int(after["withheld"].sum())
    treatments = set(before["measure"].map(treatment_of())) if len(before) else set()
    said = [f"{withheld} of {len(after)} rows withheld"] if withheld else []
    return (*said, *dict.fromkeys(_SAID[name] for name in _SAID if name in treatments), "counts rounded")


_SAID = {
    "share": "shares in whole per cent",
    "participation": "shares in whole per cent",
    "linkage": "ways of linking given as counts only, other shares in whole per cent",
    "part": "levels and reasons given as counts only",
    "quantile": "medians and quartiles rounded to a step of at least the distance of neighbouring values",
    "mean": "means and effect sizes rounded to a step of at most half a standard error, p values rounded up",
    "curve": "curves given at fixed days",
    "coefficient": "reliabilities rounded and given without intervals",
    "test": "of tests only p values, rounded up",
    "theme": "shares in whole per cent",
    "report": "what only one informant said given without saying so",
}
"""What is done to each kind of measure, in words for the report."""
