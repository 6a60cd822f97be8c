"""The catalogue: instruments by name."""

from __future__ import annotations

from functools import cache

import pandas as pd

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
    return _read(name)


def list_instruments() -> pd.DataFrame:
    """List the catalogue.

    Returns
    -------
    DataFrame
        One row an instrument: ``id``, ``name``, ``measures``, ``n_items``, ``scales`` (their names),
        ``licence`` (its class), ``unverified`` (facts that nobody has seen at their source) and ``version``.

    Examples
    --------
    >>> list_instruments()[["id", "n_items", "licence"]]
            id  n_items licence
    0  ismi-29       29     B/C
    1   qpr-15       15     A/B
    2   soc-13       13       C
    3    who-5        5       B
    """
    return pd.DataFrame([_row(_read(name)) for name in sorted(list_ids())])


def list_ids() -> frozenset[str]:
    """Give the ids of the catalogue."""
    return frozenset(definitions(*CATALOGUE))


def _row(one: Instrument) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "measures": one.measures,
        "n_items": one.n_items,
        "scales": ", ".join(one.scales),
        "licence": one.licence.kind,
        "unverified": ", ".join(one.unverified),
        "version": one.version,
    }


@cache
def _read(name: str) -> Instrument:
    return Instrument.model_validate(definition(*CATALOGUE, name, "instrument"))
