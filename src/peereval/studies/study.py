"""A study: its plan and its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peereval.admissions.contacts import read_contacts
from peereval.admissions.readmission import readmissions
from peereval.contracts import INVITED, check_frame
from peereval.files import existing_file, read_table
from peereval.instruments.scoring import score
from peereval.studies.reading import read_plan
from peereval.surveys.exports import read_survey

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    import pandas as pd

    from peereval.studies.evaluation import Evaluation
    from peereval.studies.plan import Plan


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
        The *index stays* contract with a column ``arm``, where the study has contacts.
    impossible_contacts : int
        Contacts that were left out because they end before they begin.
    """

    responses: pd.DataFrame
    invited: pd.DataFrame | None
    scores: pd.DataFrame
    index: ir.Table | None
    impossible_contacts: int = 0


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
        index, impossible = self._index()
        return StudyData(responses, self._invited(), scores, index, impossible)

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

    def _index(self) -> tuple[ir.Table | None, int]:
        plan = self.plan.contacts
        if plan is None:
            return None, 0
        contacts = read_contacts(self._file(plan.file), strict=plan.strict)
        index = readmissions(contacts, definition=plan.definition, followup_end=plan.followup_end)
        impossible = 0 if plan.strict else int(contacts["reason"].notnull().sum().to_pyarrow().as_py() or 0)
        return self._with_arm(index).cache(), impossible

    def _with_arm(self, index: ir.Table) -> ir.Table:
        """The arm of the unit of discharge; exposure is by unit, never by who met a peer (rule 4)."""
        import ibis

        units = self.plan.units
        if not units or "unit" not in index.columns:
            return index
        cases = [(index["unit"] == unit, arm) for unit, arm in units.items()]
        return index.mutate(arm=ibis.cases(*cases, else_="other units"))
