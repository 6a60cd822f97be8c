"""The bars a person's change is held against: what is known of the scale's precision, and of what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from peereval.errors import ChoiceError, DesignError, InvalidValueError, UnknownNameError, nearest
from peereval.results import Result
from peereval.rounds.norms import ReliabilityStudy

if TYPE_CHECKING:
    import pandas as pd

    from peereval.instruments.model import Change, Instrument

Source: TypeAlias = str | ReliabilityStudy | Result


def minimal_important_change(one: Instrument, scale: str) -> Change | None:
    """Find the smallest change of a person that matters, as the catalogue knows it.

    Parameters
    ----------
    one : Instrument
        The instrument.
    scale : str
        The scale.

    Returns
    -------
    Change or None
        None where the catalogue has none.

    Raises
    ------
    ChoiceError
        The catalogue has several.

    Examples
    --------
    >>> import peereval as pe
    >>> minimal_important_change(pe.instrument("qpr-15"), "total").value
    5.0
    """
    known = [each for each in one.changes if each.scale == scale and each.kind == "minimal important"]
    if len(known) > 1:
        values = ", ".join(f"{each.value:g} ({each.source})" for each in known)
        msg = f"The catalogue has {len(known)} minimal important changes of {one.id} {scale}: {values}."
        raise ChoiceError(msg, hint="Say which one, with minimal_important=….")
    return known[0] if known else None


def reliability_study(source: Any, one: Instrument, scale: str, starts: pd.Series) -> ReliabilityStudy:
    """Give spread and reliability of one scale, both from one source.

    Parameters
    ----------
    source : ReliabilityStudy, str or Result
        As it is, a source of the catalogue, or what `peereval.reliability` found in the study.
    one : Instrument
        The instrument.
    scale : str
        The scale.
    starts : Series of float
        Scores of the study at the reference round; their mean goes with a reliability of the study.

    Returns
    -------
    ReliabilityStudy
        The source.

    Raises
    ------
    DesignError
        The source has no spread, or is about another instrument or scale.
    UnknownNameError
        The catalogue has no such source.
    InvalidValueError
        Something else was given.

    Examples
    --------
    >>> import pandas as pd
    >>> import peereval as pe
    >>> reliability_study("Shah 2018", pe.instrument("swemwbs"), "metric", pd.Series(dtype=float)).error
    1.03
    """
    if isinstance(source, ReliabilityStudy):
        return source
    if isinstance(source, str):
        return _of_catalogue(source, one, scale)
    if isinstance(source, Result) and source.kind == "reliability":
        return _of_study(source, one, scale, starts)
    msg = f"The reliability comes from {type(source).__name__}."
    raise InvalidValueError(
        msg, hint="Give a ReliabilityStudy, a source of the catalogue, or the result of peereval.reliability."
    )


def _of_catalogue(source: str, one: Instrument, scale: str) -> ReliabilityStudy:
    known = [each for each in one.reliability if each.scale == scale]
    mine = [each for each in known if source in each.source]
    if not mine:
        msg = f"The catalogue has no reliability of {one.id} {scale} from {source!r}."
        raise UnknownNameError(msg, hint=nearest(source, {each.source for each in known}))
    errors = [each for each in mine if each.measure == "sem" and each.to is None]
    if len(errors) != 1:
        msg = (
            f"The catalogue has no single standard error of measurement of {one.id} {scale} from {source!r}, and no "
            "standard deviation of that sample; one from elsewhere would not belong to its reliability."
        )
        raise DesignError(msg, hint="Look both up at the source: reliability=ReliabilityStudy(source=…, sd=…, …).")
    return ReliabilityStudy(source=errors[0].source, sem=errors[0].value, n=errors[0].n)


def _of_study(found: Result, one: Instrument, scale: str, starts: pd.Series) -> ReliabilityStudy:
    if found.settings.get("instrument") != one.id:
        msg = f"The reliability is that of {found.settings.get('instrument')!r}, the changes are those of {one.id!r}."
        raise DesignError(msg, hint="Estimate the reliability of the same instrument.")
    rows = found.estimates
    rows = rows[rows["scale"] == scale].assign(estimate=rows["estimate"].astype(float))
    again = rows["measure"].eq("retest_sem").any()
    names = ("retest_icc", "retest_sem") if again else ("alpha", "sem")
    if not again:
        rows = rows[rows["round"] == starts.name]
    known: dict[str, dict[Any, Any]] = {row["measure"]: row for row in rows.to_dict("records")}
    if not all(known.get(name, {}).get("estimate", 0.0) > 0 for name in names):
        msg = f"The reliability result has no {' and '.join(names)} above 0 of {one.id} {scale}" + (
            "." if again else f" at {starts.name!r}."
        )
        raise DesignError(msg, hint="Give a ReliabilityStudy, or the result of peereval.reliability(…, retest=…).")
    first, error = known[names[0]], known[names[1]]["estimate"]
    r, where = first["estimate"], "between rounds" if again else f"at {starts.name}"
    limits = (first["conf_low"], first["conf_high"])
    return ReliabilityStudy(
        source=f"this study ({'retest ICC' if again else 'alpha'} {where})",
        sd=error / np.sqrt(1 - r), reliability=r, measure="icc" if again else "alpha", mean=float(starts.mean()),
        n=int(first["n"]), limits=None if np.isnan(limits).any() else limits,
    )  # fmt: skip
