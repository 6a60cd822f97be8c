"""Readmission definitions as values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from peereval.admissions.joining import Chosen, Joining, JoiningRule, Within
from peereval.errors import InvalidValueError
from peereval.files import definition, definitions, read_toml

DEFINITIONS = ("peereval.admissions", "definitions")
"""Where the definitions are."""
Counted: TypeAlias = Literal["discharges", "persons_first", "persons_first_in_year", "persons_in_year"]
Days = Annotated[int, Field(ge=0)]
Hours = Annotated[float, Field(ge=0)]
_GIVEN: dict[str, ReadmissionDefinition] = {}


class ReadmissionDefinition(BaseModel):
    """What counts as a stay, as an index stay and as a readmission.

    Parameters
    ----------
    id, version, name : str
        Its name in calls, the version of this file, and its full name.
    applies_to_psychiatry : bool
        Whether it counts psychiatric readmissions at all; if not, comparisons say *not applicable*.
    not_applicable : str
        Why it does not.
    joining : str or float
        Contacts at most this many hours apart, or on the ``"same-day"``, belong to one stay.
    within : {"anywhere", "hospital"}
        Whether contacts of different hospitals are joined.
    transfer_gap_hours : float, optional
        The largest gap after a contact that ends with a transfer.
    choose : dict
        The contact that says each column of a stay, where it is another than usual.
    min_stay_hours : float
        Shorter stays are no admissions, neither index nor readmission.
    counted : {"discharges", "persons_first", "persons_first_in_year", "persons_in_year"}
        What the denominator counts: every discharge; the first of each person, ever or in each year; or persons
        with a discharge in the year, of whom it is asked whether any discharge was followed by a readmission.
    specialty, readmission_specialty : str
        The specialty of index stays and of readmissions; empty: any.
    diagnoses, excluded_diagnoses, readmission_diagnoses : tuple of str
        How the diagnosis of an index stay must begin, must not begin, and how that of a readmission must begin;
        empty: no demand.
    diagnosis_groups : dict of str to tuple of str
        Groups of diagnoses; an index stay belongs to one of them, and a readmission to the same one.
    same_hospital : bool
        Whether only a stay in the same hospital is a readmission.
    acute_only : bool
        Whether only stays that begin acutely count as readmissions; planned ones do not.
    next_stay_only : bool
        Whether only the stay that comes next can be the readmission.
    readmission_may_be_index : bool
        Whether a readmission may be an index stay. If not, a stay within the window of any earlier discharge that
        could be an index otherwise is none.
    excluded_discharges : tuple of str
        Ways of discharge that make a stay no index stay.
    returned_through_day : int, optional
        A stay after which another one begins by this day is no index stay (most likely a transfer).
    min_age, max_age : float, optional
        The ages of index stays, both included.
    window_days : tuple of int
        The first and the last day after discharge on which a readmission counts; the day of discharge is day 0.
    window_includes : tuple of bool
        Whether the first and the last day themselves count.
    days : {"exact", "calendar"}
        Whether days are counted to the minute or as calendar days.
    followup_needed : bool
        Whether a stay counts only if its whole window was observed.
    year_of : {"discharge", "admission"}
        What assigns a stay to a year.
    estimator : {"share", "kaplan_meier"}
        Whether the rate is a share of index stays or read from the curve at the end of the window.
    sentence : str
        The definition in words, for the methods section.
    source, seen : str
        Where it is written, and when it was read.
    mark : {"T", "M", "own"}
        T: read in the stored text of the source; M: written from memory, the source was not found; own: a
        definition of your own.
    unverified : tuple of str
        Parts that nobody has seen at the source.

    Examples
    --------
    >>> readmission_definition("dk-30").window_days
    (0, 30)
    >>> shorter = readmission_definition("dk-30").model_copy(update={"id": "ours-14", "window_days": (0, 14)})
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    name: str
    applies_to_psychiatry: bool = True
    not_applicable: str = ""
    joining: Joining
    within: Within = "anywhere"
    transfer_gap_hours: Hours | None = None
    choose: dict[str, Chosen] = {}
    min_stay_hours: Hours = 0.0
    counted: Counted = "discharges"
    specialty: str = "psychiatric"
    readmission_specialty: str = "psychiatric"
    diagnoses: tuple[str, ...] = ()
    excluded_diagnoses: tuple[str, ...] = ()
    readmission_diagnoses: tuple[str, ...] = ()
    diagnosis_groups: dict[str, tuple[str, ...]] = {}
    same_hospital: bool = False
    acute_only: bool = False
    next_stay_only: bool = False
    readmission_may_be_index: bool = True
    excluded_discharges: tuple[str, ...] = ()
    returned_through_day: Days | None = None
    min_age: Hours | None = None
    max_age: Hours | None = None
    window_days: tuple[Days, Days]
    window_includes: tuple[bool, bool] = (True, True)
    days: Literal["exact", "calendar"] = "exact"
    followup_needed: bool = True
    year_of: Literal["discharge", "admission"] = "discharge"
    estimator: Literal["share", "kaplan_meier"] = "share"
    sentence: str
    source: str
    seen: str
    mark: Literal["T", "M", "own"] = "own"
    unverified: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        if self.window_days[0] > self.window_days[1]:
            msg = f"the window ends on day {self.window_days[1]}, before it begins on day {self.window_days[0]}"
            raise ValueError(msg)
        if (self.window_days[0] or self.stays_overlap) and (self.next_stay_only or not self.readmission_may_be_index):
            msg = (
                "a window that begins after day 0, and stays of several hospitals that may overlap, look at all later "
                "stays, and readmissions may be index stays"
            )
            raise ValueError(msg)
        return self

    @property
    def stays_overlap(self) -> bool:
        """Whether a stay can begin during another one that it may be the readmission of."""
        return self.within == "hospital" and not self.same_hospital

    @property
    def joining_rule(self) -> JoiningRule:
        """Which contacts are one stay."""
        return JoiningRule(
            joining=self.joining, within=self.within, transfer_gap_hours=self.transfer_gap_hours, choose=self.choose
        )

    @property
    def needed_columns(self) -> tuple[str, ...]:
        """The columns of contacts, beyond person and times, that the definition looks at."""
        asked = {
            "acute": self.acute_only,
            "specialty": bool(self.specialty or self.readmission_specialty),
            "diagnosis": bool(
                self.diagnoses or self.excluded_diagnoses or self.readmission_diagnoses or self.diagnosis_groups
            ),
            "age": self.min_age is not None or self.max_age is not None,
            "discharged_to": bool(self.excluded_discharges) or self.transfer_gap_hours is not None,
            "hospital": self.same_hospital or self.within == "hospital",
        }
        return tuple(name for name, needed in asked.items() if needed)


def readmission_definition(name: str) -> ReadmissionDefinition:
    """Give a readmission definition by its name.

    Parameters
    ----------
    name : str
        Its id, such as ``"dk-30"``, or that of one that was given in this session.

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
    >>> readmission_definition("dk-30").joining
    4.0
    """
    if name in _GIVEN:
        return _GIVEN[name]
    return ReadmissionDefinition.model_validate(definition(*DEFINITIONS, name, "readmission definition"))


def as_definition(given: str | Path | ReadmissionDefinition) -> ReadmissionDefinition:
    """Give the definition that a caller means; one of the caller's own is known by its id for the session.

    Parameters
    ----------
    given : str, Path or ReadmissionDefinition
        An id, a TOML file, or a definition.

    Returns
    -------
    ReadmissionDefinition
        The definition.

    Raises
    ------
    UnknownNameError
        There is none of that name.
    InvalidValueError
        The file is no definition, or the id of an official one is taken for another rule.
    """
    if isinstance(given, str) and not given.endswith(".toml"):
        return readmission_definition(given)
    if isinstance(given, ReadmissionDefinition):
        # a copy with other values has not been checked yet
        rule = _checked(given.model_dump(), given.id)
    else:
        rule = _checked(read_toml(Path(given))[0], Path(given).name)
    if rule.id in definitions(*DEFINITIONS):
        if rule == readmission_definition(rule.id):
            return rule
        msg = f"The definition is called {rule.id!r}, but differs from the official one of that name."
        raise InvalidValueError(msg, hint="Give it an id of its own.")
    _GIVEN[rule.id] = rule
    return rule


def _checked(content: dict[str, Any], name: str) -> ReadmissionDefinition:
    try:
        return ReadmissionDefinition.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        msg = f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}."
        raise InvalidValueError(msg, hint="The keys are those of ReadmissionDefinition.") from None
