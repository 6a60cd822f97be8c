"""Who runs a programme, where peers work, what they do, and what holds them up."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from peereval.programmes.dates import When
from peereval.programmes.frozen import Frozen, Sourced


class Partner(Frozen):
    """Who runs a programme together with others.

    Parameters
    ----------
    name : str
        Its name.
    kind : {"region", "municipality", "user organisation", "research", "other"}
        What it is.
    """

    name: str
    kind: Literal["region", "municipality", "user organisation", "research", "other"] = "other"


class PeerModel(Frozen):
    """A way of working with peers.

    Parameters
    ----------
    name : str
        Its name.
    setting : str
        Where peers meet the people they support.
    role : {"supplementary", "conventional", ""}
        Whether peers come in addition to staff with tasks of their own, or fill an ordinary post; empty: not known.
    tasks, excluded_tasks : tuple of str
        What peers do, and what they do not do. A task that stands in neither is not known. Role boundaries are
        checked against them in the words of the criteria, such as ``"hand out medicine"``.
    target_group : str
        Whom they support.
    employer : str
        Who employs them.
    partner : str
        The partner that runs it; empty: all.

    Examples
    --------
    >>> PeerModel(name="ward", role="conventional", tasks=("lead group activities",)).excluded_tasks
    ()
    """

    name: str
    setting: str = ""
    role: Literal["supplementary", "conventional", ""] = ""
    tasks: tuple[str, ...] = ()
    excluded_tasks: tuple[str, ...] = ()
    target_group: str = ""
    employer: str = ""
    partner: str = ""


class Unit(Frozen):
    """A workplace of peers, or several of a kind.

    Parameters
    ----------
    name : str
        Its name.
    kind : str
        What it is.
    workplaces : int
        How many wards, teams or houses the entry stands for.
    beds : int, optional
        Its beds; left out: not known.
    partner : str
        The partner that it belongs to.

    Examples
    --------
    >>> Unit(name="Ward A", kind="inpatient open", beds=18).workplaces
    1
    """

    name: str
    kind: Literal[
        "inpatient", "inpatient open", "inpatient intensive", "outpatient", "FACT", "supported housing",
        "child and adolescent", "municipal", "centre", "other",
    ]  # fmt: skip
    workplaces: PositiveInt = 1
    beds: PositiveInt | None = None
    partner: str = ""


class Training(Sourced):
    """A course that belongs to the programme.

    Parameters
    ----------
    name : str
        Its name.
    participants : {"peers", "staff", "user organisations", "mixed"}
        Who takes it.
    weeks : float, optional
        How long it is, in weeks.
    sessions : int, optional
        How many meetings it has.
    led_by_lived_experience : bool, optional
        Whether most of those who lead it have lived experience.
    source, place, basis, note
        Who says so, as in `Position`.

    Examples
    --------
    >>> Training(name="basic course", participants="peers", weeks=5, source="handbook").weeks
    5.0
    """

    name: str
    participants: Literal["peers", "staff", "user organisations", "mixed"]
    weeks: NonNegativeFloat | None = None
    sessions: NonNegativeInt | None = None
    led_by_lived_experience: bool | None = None


class Supervision(Sourced):
    """Supervision of peers.

    Parameters
    ----------
    kind : str
        What it is called.
    by_lived_experience : bool, optional
        Whether the supervisor has lived experience.
    every_weeks : float, optional
        Weeks from one meeting to the next.
    start, end : str, optional
        First and last date, a year, a month or a day.
    planned, held : int, optional
        How many meetings were planned and how many were held between them.
    source, place, basis, note
        Who says so, as in `Position`.

    Examples
    --------
    >>> Supervision(kind="group", every_weeks=4, planned=12, held=9, source="minutes").held
    9
    """

    kind: str = ""
    by_lived_experience: bool | None = None
    every_weeks: NonNegativeFloat | None = None
    start: When | None = None
    end: When | None = None
    planned: NonNegativeInt | None = None
    held: NonNegativeInt | None = None


class Turnover(Sourced):
    """Peers who came and left.

    Parameters
    ----------
    start, end : str
        First and last date, a year, a month or a day.
    joined, left : int, optional
        How many came and how many left.
    source, place, basis, note
        Who says so, as in `Position`.

    Examples
    --------
    >>> Turnover(start="2017", end="2017", joined=4, left=2, source="personnel register").left
    2
    """

    start: When
    end: When
    joined: NonNegativeInt | None = None
    left: NonNegativeInt | None = None


class SickLeave(Sourced):
    """Sick leave of peers.

    Parameters
    ----------
    start, end : str
        First and last date, a year, a month or a day.
    long_term : int, optional
        How many peers were on long-term sick leave.
    days : float, optional
        Days of sick leave of all peers together.
    source, place, basis, note
        Who says so, as in `Position`.

    Examples
    --------
    >>> SickLeave(start="2016", end="2017", long_term=0, source="evaluation 2018").long_term
    0
    """

    start: When
    end: When
    long_term: NonNegativeInt | None = None
    days: NonNegativeFloat | None = None


class Round(Sourced):
    """A round of data collection.

    Parameters
    ----------
    id : str
        Its name in the data.
    month : float, optional
        Months after the programme began.
    date : str, optional
        When it took place, a year, a month or a day.
    groups, methods : tuple of str
        Who was asked, and how.
    source, place, basis, note
        Who says so, as in `Position`.

    Examples
    --------
    >>> Round(id="half-year", month=6, groups=("patients",), methods=("questionnaire",), source="handbook").month
    6.0
    """

    id: str
    month: NonNegativeFloat | None = None
    date: When | None = None
    groups: tuple[str, ...] = Field(default=())
    methods: tuple[str, ...] = Field(default=())


class Answer(Sourced):
    """A stated answer to a fidelity criterion.

    Parameters
    ----------
    criteria : str
        The set of criteria, such as ``"nsph-2018"``.
    criterion : str
        The criterion's id.
    met : bool
        Whether it is met.
    source, place, basis, note
        Who says so, as in `Position`.

    Examples
    --------
    >>> Answer(criteria="nsph-2018", criterion="cooperation-agreement", met=True, source="contract").met
    True
    """

    criteria: str
    criterion: str
    met: bool
