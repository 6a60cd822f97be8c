"""A peer-support programme as a typed value, read from and written to TOML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from peereval.displays import card, shown_facts
from peereval.files import read_toml, write_text
from peereval.programmes.consistency import misfits
from peereval.programmes.dates import When, first_day
from peereval.programmes.frozen import Frozen
from peereval.programmes.funding import Funding
from peereval.programmes.organisation import (
    Answer,
    Partner,
    PeerModel,
    Round,
    SickLeave,
    Supervision,
    Training,
    Turnover,
    Unit,
)
from peereval.programmes.positions import Position
from peereval.results import Origin
from peereval.toml_keys import parsed

if TYPE_CHECKING:
    from peereval.results import Result

TIDIER = (
    "name", "why", "materials", "procedures", "provider", "mode", "place", "when_and_how_much", "tailoring", "modifications",
    "fidelity_planned", "fidelity_actual",
)  # fmt: skip
"""The twelve items of the TIDieR checklist (Hoffmann et al. 2014, BMJ), in its order."""
_ENTRIES = ("positions", "funding", "training", "supervision", "turnover", "sick_leave", "rounds", "answers")
"""What a programme lists, an entry a source and number."""


class Programme(Frozen):
    """A peer-support programme: what it is, where, by whom, with how many positions and how much money.

    Parameters
    ----------
    name, why, materials, procedures, provider, mode, place, when_and_how_much, tailoring, modifications : str
        The first ten items of the TIDieR checklist. Each may be empty; `missing_items` names those.
    fidelity_planned, fidelity_actual : str
        The last two items: how it was to be followed that the programme is carried out as described, and how well
        it was.
    began, ended : str, optional
        When: a year, a month or a day.
    origin : {"observed", "synthetic", "reconstructed"}
        Whether the programme exists.
    sources : dict of str to str
        Short label to full reference. Where there are any, every `source` is one of them.
    partners : tuple of Partner
        Who runs it.
    models : tuple of PeerModel
        Its ways of working with peers.
    units : tuple of Unit
        Where peers work.
    positions : tuple of Position
        How many peers there were at which date, one entry a source and number.
    funding : tuple of Funding
        Its money, line by line.
    training : tuple of Training
        Its courses.
    supervision : tuple of Supervision
        Supervision of peers, planned and held.
    turnover : tuple of Turnover
        Peers who came and left.
    sick_leave : tuple of SickLeave
        Sick leave of peers.
    rounds : tuple of Round
        Its rounds of data collection.
    answers : tuple of Answer
        Stated answers to fidelity criteria that nothing else in the file tells.

    References
    ----------
    Hoffmann TC et al. (2014). Better reporting of interventions: template for intervention description and replication
    (TIDieR) checklist and guide. BMJ 348.

    Examples
    --------
    >>> import peereval as pe
    >>> ward = pe.Programme(name="Peers on ward A", why="hope", began="2021")
    >>> ward.missing_items()[:3]
    ('materials', 'procedures', 'provider')
    """

    name: str = ""
    why: str = ""
    materials: str = ""
    procedures: str = ""
    provider: str = ""
    mode: str = ""
    place: str = ""
    when_and_how_much: str = ""
    tailoring: str = ""
    modifications: str = ""
    fidelity_planned: str = ""
    fidelity_actual: str = ""
    began: When | None = None
    ended: When | None = None
    origin: Origin = "observed"
    sources: dict[str, str] = Field(default_factory=dict)
    partners: tuple[Partner, ...] = ()
    models: tuple[PeerModel, ...] = ()
    units: tuple[Unit, ...] = ()
    positions: tuple[Position, ...] = ()
    funding: tuple[Funding, ...] = ()
    training: tuple[Training, ...] = ()
    supervision: tuple[Supervision, ...] = ()
    turnover: tuple[Turnover, ...] = ()
    sick_leave: tuple[SickLeave, ...] = ()
    rounds: tuple[Round, ...] = ()
    answers: tuple[Answer, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problem = next(misfits(self), None)
        if problem is not None:
            raise problem
        return self

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a programme file.

        Parameters
        ----------
        path : str or Path
            The file, in UTF-8.

        Returns
        -------
        Programme
            What it says.

        Raises
        ------
        MissingFileError, UnreadableFileError, StudySyntaxError
            The file is not there, is not UTF-8, or its syntax is broken.
        UnknownKeyError
            It has a key that is not known; the hint names the nearest.
        InvalidValueError
            A value is of the wrong kind or does not fit the others: a negative position, two currencies in one sum,
            a date before the programme began, an end before a start, a source that is not listed. The message names
            file, line and key.
        """
        place = Path(path)
        content, text = read_toml(place)
        found, problems = parsed(
            cls, content, file=place.name, text=text, hint="Add it; the page of the schema shows every key."
        )
        if found is None:
            raise problems[0]
        return found

    def to_toml(self, path: str | Path) -> None:
        """Write the programme to a file, whole or not at all; reading it again gives an equal programme.

        Parameters
        ----------
        path : str or Path
            The file.

        Raises
        ------
        DestinationError
            The folder does not exist or cannot be written.
        """
        import tomli_w

        write_text(tomli_w.dumps(self.model_dump(mode="json", exclude_defaults=True)), Path(path))

    def missing_items(self) -> tuple[str, ...]:
        """Name the items of the TIDieR checklist that are empty.

        Returns
        -------
        tuple of str
            Their names, in the order of the checklist.
        """
        return tuple(item for item in TIDIER if not getattr(self, item).strip())

    def staffing(self) -> Result:
        """Count positions over time, source by source.

        Returns
        -------
        Result
            One row an entry of `positions` (measure *positions*, or *additional_positions* where it comes on top);
            below, full-time equivalents where hours are known, and the sum of the parts of each entry that has
            parts. ``term`` is the entry's id, ``time`` its date, ``estimate`` the number where a single one is
            printed, ``lowest`` and ``highest`` its range; ``agreement`` says whether another source (or the parts)
            says the same of the same date; ``settings["data"]["contradictions"]`` says so in sentences. Sources are
            never averaged or added.

        Examples
        --------
        >>> import peereval as pe
        >>> scheme = pe.Programme(positions=(
        ...     pe.Position(count=25, date="2017", source="press release"),
        ...     pe.Position(count=35, date="2017", approximate=True, source="agenda"),
        ... ))
        >>> scheme.staffing().estimates[["time", "measure", "estimate", "agreement", "said_by"]]
           time    measure  estimate    agreement        said_by
        0  2017  positions      25.0  contradicts  press release
        1  2017  positions      35.0  contradicts         agenda
        """
        from peereval.programmes.staffing import positions_over_time

        return positions_over_time(self)

    def funding_totals(self) -> Result:
        """Put each line of money beside the sum of its parts, year by year.

        Returns
        -------
        Result
            One row a line and time. Lines with parts (measure *total_of_parts*) have the sum of their direct parts
            as ``estimate``, as printed wherever the parts print an amount, with ``printed`` and ``difference``
            (sum minus printed) beside; other lines (measure *amount*) have the printed amount. Amounts of two
            currencies, price levels or statuses are never added.

        Examples
        --------
        >>> import peereval as pe
        >>> line = {"currency": "DKK", "start": 2022, "end": 2022, "status": "proposed", "source": "proposal"}
        >>> teams = pe.Programme(funding=(
        ...     pe.Funding(id="teams", purpose="teams", amount=2.3e6, **line),
        ...     pe.Funding(part_of="teams", purpose="pay", amount=2.1e6, **line),
        ...     pe.Funding(part_of="teams", purpose="operation", amount=2.1e6, **line),
        ... ))
        >>> teams.funding_totals().estimates[["purpose", "estimate", "printed", "difference", "agreement"]]
             purpose   estimate    printed  difference    agreement
        0      teams  4200000.0  2300000.0   1900000.0  contradicts
        1        pay  2100000.0  2100000.0         NaN
        2  operation  2100000.0  2100000.0         NaN
        """
        from peereval.programmes.totals import totals_of_parts

        return totals_of_parts(self)

    def fidelity(self, criteria: str) -> Result:
        """Judge the programme by the criteria of a handbook.

        Parameters
        ----------
        criteria : str
            Their id, such as ``"nsph-2018"``.

        Returns
        -------
        Result
            One row a criterion (measure *criterion*; ``estimate`` 1 met, 0 not met, empty unknown) with ``status``,
            ``strength``, ``page``, what tells it, and what to ask next where it is unknown. What the programme's fields
            tell comes first, then its stated answers, unless they contradict one another. Below, over all criteria
            and by strength: the share met of those known (*share_met*), and what it would be if all unknown ones
            were not met (*share_met_at_least*) or met (*share_met_at_most*). `Result.exclusions` counts the unknown.

        Raises
        ------
        UnknownNameError
            There are no such criteria, or an answer of the programme names a criterion that they do not have.

        Examples
        --------
        >>> import peereval as pe
        >>> ward = pe.Programme(
        ...     positions=(pe.Position(count=2, date="2021", hours_week=20, full_time_hours=37, source="contract"),),
        ...     answers=(pe.Answer(criteria="nsph-2018", criterion="cooperation-agreement", met=False, source="manager"),),
        ... )
        >>> found = ward.fidelity("nsph-2018").estimates.set_index("term")["status"]
        >>> found[["half-time", "cooperation-agreement", "five-week-course"]].tolist()
        ['met', 'not met', 'unknown']
        """
        from peereval.programmes.judging import judged

        return judged(self, criteria, boundaries_only=False)

    def role_boundaries(self, criteria: str) -> Result:
        """Check the tasks of the programme's models against what peers shall and shall not do.

        A task that a model lists neither under `tasks` nor under `excluded_tasks` is unknown.

        Parameters
        ----------
        criteria : str
            The criteria, as in `fidelity`.

        Returns
        -------
        Result
            The rows of `fidelity` that are about tasks, and their shares.

        Raises
        ------
        UnknownNameError
            As in `fidelity`.

        Examples
        --------
        >>> import peereval as pe
        >>> ward = pe.Programme(models=(pe.PeerModel(name="ward", tasks=("hand out medicine",)),))
        >>> rows = ward.role_boundaries("nsph-2018").estimates
        >>> rows.loc[rows["status"] == "not met", "criterion"].tolist()
        ['Hands out no medicine.']
        """
        from peereval.programmes.judging import judged

        return judged(self, criteria, boundaries_only=True)

    def newest_positions(self, unit: str | None = None) -> tuple[Position, ...]:
        """Give the entries of employed peers at the latest date, without those that come on top of others.

        Parameters
        ----------
        unit : str, optional
            Only those of a unit.

        Returns
        -------
        tuple of Position
            All entries with that date, of whatever source.
        """
        there = [each for each in self.positions if each.status == "employed" and not each.additional]
        mine = [each for each in there if unit is None or each.unit == unit]
        latest = max((first_day(each.date) for each in mine), default=None)
        return tuple(each for each in mine if first_day(each.date) == latest)

    def __repr__(self) -> str:
        return f"Programme({self.name!r}, {len(self.positions)} positions, {len(self.funding)} lines of funding)"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        said = {item.replace("_", " "): getattr(self, item) for item in TIDIER if item != "name"}
        entries = {
            "when": " to ".join(str(when) for when in (self.began, self.ended) if when is not None),
            "partners": [each.name for each in self.partners],
            "ways of working": [each.name for each in self.models],
            "units": [each.name for each in self.units],
            "entries": [
                f"{len(getattr(self, kind))} of {kind.replace('_', ' ')}" for kind in _ENTRIES if getattr(self, kind)
            ],
            "not told (TIDieR)": ", ".join(self.missing_items()).replace("_", " "),
            "sources": list(self.sources.values()),
        }
        return card(self.name or "Programme without a name", [shown_facts(said | entries)], origin=self.origin)
