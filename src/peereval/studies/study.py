"""A study: its plan and its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peereval.admissions.contacts import read_contacts
from peereval.admissions.readmission import readmissions
from peereval.contracts import INVITED, check_frame
from peereval.errors import ColumnError, InvalidValueError, nearest
from peereval.files import existing_file, read_table, read_toml
from peereval.instruments.scoring import score
from peereval.studies.reading import line_of, read_plan
from peereval.surveys.exports import read_survey

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    import pandas as pd

    from peereval.studies.evaluation import Evaluation
    from peereval.studies.plan import Plan

OTHER_UNITS = "other units"
"""The group of stays in units that have no arm in ``[units]``."""


@dataclass(frozen=True, slots=True, eq=False)
class StudyData:
    """The tables that the sections of a study work on.

    Parameters
    ----------
    responses : DataFrame
        The *responses* contract.
    invited : DataFrame or None
        The *invited* contract.
    scores : DataFrame
        The *scores* contract.
    index : ibis Table or None
        The *index stays* contract, where the study has contacts, with a column ``arm``, where units have arms.
    """

    responses: pd.DataFrame
    invited: pd.DataFrame | None
    scores: pd.DataFrame
    index: ir.Table | None


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A study as its study.toml describes it.

    Parameters
    ----------
    path : Path
        The file.
    plan : Plan
        What it says.

    Examples
    --------
    >>> import tempfile
    >>> import peereval as pe
    >>> from peereval.studies.folder import new_study
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = pe.Study.from_toml(new_study(folder + "/ward", preset="ward", seed=1))
    >>> study.plan.study.design
    'panel-unlinked'
    """

    path: Path
    plan: Plan

    @classmethod
    def from_toml(cls, path: str | Path) -> Study:
        """Read a study from its study.toml.

        Parameters
        ----------
        path : str or Path
            The file; paths in it are read from its folder.

        Returns
        -------
        Study
            The study; its data are not read yet.

        Raises
        ------
        MissingFileError, StudySyntaxError, UnknownKeyError, InvalidValueError
            What is wrong with the file, and in which line.
        """
        place = existing_file(path)
        return cls(path=place, plan=read_plan(place))

    def read(self) -> StudyData:
        """Read, check and score the study's data.

        Returns
        -------
        StudyData
            The tables that the sections work on.

        Raises
        ------
        PeerevalError
            A file is missing, unreadable or breaks its contract; the message says where.
        """
        survey = self.plan.survey
        responses = read_survey(self._file(survey.file), rounds=[each.id for each in self.plan.rounds])
        scores = score(responses, survey.instruments, coding=survey.coding)
        return StudyData(responses, self._invited(), scores, self._index())

    def evaluate(self, *, progress: bool = False) -> Evaluation:
        """Run every section of the study and protect its results.

        Parameters
        ----------
        progress : bool
            Whether to show on the terminal what is being done.

        Returns
        -------
        Evaluation
            The results, and what was released of them.

        Raises
        ------
        PeerevalError
            The data break a contract, or an analysis does not fit the design.
        """
        from peereval.studies.evaluation import evaluate_study

        return evaluate_study(self, progress=progress)

    @property
    def two_arms(self) -> bool:
        """Whether the study compares two arms."""
        return self.plan.study.allocation is not None

    def _file(self, name: str) -> Path:
        return self.path.parent / name

    def _invited(self) -> pd.DataFrame | None:
        if self.plan.survey.invited is None:
            return None
        invited = read_table(self._file(self.plan.survey.invited))
        check_frame(invited, INVITED)
        return invited

    def _index(self) -> ir.Table | None:
        plan = self.plan.contacts
        if plan is None:
            return None
        contacts = read_contacts(self._file(plan.file), strict=plan.strict)
        self._check_units(contacts)
        index = readmissions(contacts, definition=plan.definition, followup_end=plan.followup_end)
        return self._with_arm(index).cache()

    def _check_units(self, contacts: ir.Table) -> None:
        """A unit of the plan that is not in the data is most likely spelt otherwise there."""
        if not self.plan.units:
            return
        if "unit" not in contacts.columns:
            msg = f"The contacts have no column 'unit', which [units] of {self.path.name} needs."
            raise ColumnError(msg, hint="Add the column, or take [units] out.")
        found = contacts.select("unit").distinct().to_pyarrow()["unit"].to_pylist()
        missing = [unit for unit in self.plan.units if found and unit not in found]
        if missing:
            line = line_of(read_toml(self.path)[1], ("units", missing[0]))
            where = f"{self.path.name}, line {line}" if line else self.path.name
            msg = f"{where}: the unit {missing[0]!r} in [units] does not occur in the contacts."
            raise InvalidValueError(msg, hint=nearest(missing[0], [unit for unit in found if unit is not None]))

    def _with_arm(self, index: ir.Table) -> ir.Table:
        """The arm of the unit of discharge; exposure is by unit, never by who met a peer (rule 4)."""
        import ibis

        if not self.plan.units:
            return index
        unit = index["unit"]
        cases = [(unit.isnull(), ibis.null("string")), *((unit == name, arm) for name, arm in self.plan.units.items())]
        return index.mutate(arm=ibis.cases(*cases, else_=OTHER_UNITS))
