"""Results to released results: the only way out of the building."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from peereval.disclosure.policy import Policy, disclosure_policy, treatment_of
from peereval.disclosure.protection import TREATMENTS, masked
from peereval.errors import NotReleasedError
from peereval.results import Released, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

_INSIDE = ("data",)
"""Settings that never leave: fingerprints and exact counts of the data."""


def release(results: Result | Sequence[Result], *, policy: str = "standard") -> list[Released]:
    """Protect the small numbers of results, so that a report may print them.

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
        numbers; counts are rounded, shares given in whole per cent, standard errors and degrees of
        freedom dropped, exclusions masked, and the data's fingerprint and counts taken out of the settings.

    Raises
    ------
    NotReleasedError
        A result has a measure that no treatment is written for.
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
    return [_released(result, rule) for result in ([results] if isinstance(results, Result) else results)]


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
        settings={name: value for name, value in result.settings.items() if name not in _INSIDE},
        columns={
            **result.columns,
            "withheld": f"not shown: a count below {policy.threshold} or too few persons",
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


def _changes(before: pd.DataFrame, after: pd.DataFrame) -> tuple[str, ...]:
    withheld = int(after["withheld"].sum())
    merged = len(before) - len(after)
    said = [f"{withheld} of {len(after)} rows withheld"] if withheld else []
    return (
        *said,
        *((f"{merged} steps of curves merged",) if merged > 0 else ()),
        "counts rounded, shares in whole per cent",
    )
