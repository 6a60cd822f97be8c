"""Readmission definitions as values."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from peereval.files import definition

DEFINITIONS = ("peereval.admissions", "definitions")
"""Where the definitions are."""


class ReadmissionDefinition(BaseModel):
    """What counts as a stay, as an index stay and as a readmission.

    Parameters
    ----------
    id, version, name : str
        Its name in calls, the version of this file, and its full name.
    max_gap_hours : float
        Contacts at most this far apart belong to one stay.
    min_stay_hours : float
        Shorter stays are no admissions, neither index nor readmission.
    window_days : int
        A readmission begins at most this many days after the discharge (to the minute).
    acute_only : bool
        Whether only stays that begin acutely count as readmissions.
    specialty : str
        The specialty of index stays and of readmissions.
    excluded_discharges : tuple of str
        Ways of discharge that make a stay no index stay.
    sentence : str
        The definition in words, for the methods section.
    source, seen : str
        Where it is written, and when it was read.
    unverified : tuple of str
        Parts that nobody has seen at the source.

    Examples
    --------
    >>> readmission_definition("dk-30").window_days
    30
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    name: str
    max_gap_hours: float
    min_stay_hours: float
    window_days: int
    acute_only: bool
    specialty: str
    excluded_discharges: tuple[str, ...]
    sentence: str
    source: str
    seen: str
    unverified: tuple[str, ...]


def readmission_definition(name: str) -> ReadmissionDefinition:
    """Give a readmission definition by its name.

    Parameters
    ----------
    name : str
        Its id, such as ``"dk-30"``.

    Returns
    -------
    ReadmissionDefinition
        The definition.

    Raises
    ------
    UnknownNameError
        There is none of that name.

    Examples
    --------
    >>> readmission_definition("dk-30").max_gap_hours
    4.0
    """
    return ReadmissionDefinition.model_validate(definition(*DEFINITIONS, name, "readmission definition"))
