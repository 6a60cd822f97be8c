"""The catalogue: instruments by name."""

from __future__ import annotations

from functools import cache

import pandas as pd

from peereval.errors import ChoiceError
from peereval.files import definition, definitions
from peereval.instruments.model import Instrument

CATALOGUE = ("peereval.instruments", "catalogue")
"""Where the instruments are."""


def instrument(name: str) -> Instrument:
    """Give an instrument of the catalogue.

    Parameters
    ----------
    name : str
        Its id, such as ``"who-5"``.

    Returns
    -------
    Instrument
        Its definition: items, codings, scales, missing rule, licence and sources.

    Raises
    ------
    ChoiceError
        The name stands for several orders or codings; the message says how to tell them apart.
    UnknownNameError
        The catalogue has no such instrument.

    Examples
    --------
    >>> who5 = instrument("who-5")
    >>> who5.item_columns
    ('who5_01', 'who5_02', 'who5_03', 'who5_04', 'who5_05')
    >>> instrument("who5")
    Traceback (most recent call last):
    ...
    peereval.errors.UnknownNameError: PE104: No instrument is called 'who5'. Did you mean 'who-5'?
    """
    if name not in list_ids():
        _explain_choice(name)
    return _read(name)


def list_instruments() -> pd.DataFrame:
    """List the catalogue.

    Returns
    -------
    DataFrame
        One row an instrument: ``id``, ``name``, ``measures``, ``n_items``, ``scales`` (their names),
        ``family`` (the name that several orders or codings share), ``licence`` (its class), ``languages``
        (of which a validation was seen),
        ``unverified`` (facts that nobody has seen at their source), ``refused`` (why it is listed but not scored)
        and ``version``.

    Examples
    --------
    >>> catalogue = list_instruments().set_index("id")
    >>> catalogue.loc[["qpr-15", "who-5"], ["n_items", "licence", "languages"]]
            n_items licence   languages
    id
    qpr-15       15     A/B  sv, nb, en
    who-5         5       B          sv
    """
    return pd.DataFrame([_row(one) for one in _all()])


def list_ids() -> frozenset[str]:
    """Give the ids of the catalogue."""
    return frozenset(definitions(*CATALOGUE))


def _all() -> list[Instrument]:
    return [_read(name) for name in sorted(list_ids())]


def _explain_choice(name: str) -> None:
    members = [one for one in _all() if one.family == name]
    if not members:
        return
    msg = f"{name!r} alone does not say which item order or coding the data hold."
    raise ChoiceError(msg, hint=" ".join(f"{one.id}: {one.choice.rstrip('.')}." for one in members))


def _row(one: Instrument) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "measures": one.measures,
        "n_items": one.n_items,
        "scales": ", ".join(one.scales),
        "family": one.family,
        "licence": one.licence.kind,
        "languages": ", ".join(one.languages),
        "unverified": ", ".join(one.unverified),
        "refused": one.refused,
        "version": one.version,
    }


@cache
def _read(name: str) -> Instrument:
    return Instrument.model_validate(definition(*CATALOGUE, name, "instrument"))


def scale_label(name: str, scale: str) -> str:
    """Give the short name of a scale, for tables and figures.

    Parameters
    ----------
    name : str
        Id of the instrument, which need not be in the catalogue.
    scale : str
        The scale.

    Returns
    -------
    str
        The instrument's id in capitals, alone for its headline scale.

    Examples
    --------
    >>> scale_label("who-5", "score_0_100"), scale_label("core-om-printed-codes", "risk")
    ('WHO-5', 'CORE-OM-PRINTED-CODES risk')
    """
    known = _read(name).scales.get(scale) if name in list_ids() else None
    short = name.upper()
    return short if known is not None and known.headline else f"{short} {scale.replace('_', ' ')}"
