"""A study: its plan and its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.contracts import INVITED, PERSONS, check_frame
from peereval.errors import InvalidValueError
from peereval.files import existing_file, read_table
from peereval.mentions import row_numbers
from peereval.programmes.programme import Programme
from peereval.studies.arms import check_arms, check_units, with_arm
from peereval.studies.prespecification import record_plan
from peereval.studies.reading import read_plan
from peereval.surveys.mapping import SheetLayout, SurveyMapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import ibis.expr.types as ir

    from peereval.reports.background import Background, Chapter
    from peereval.results import Released, Result
    from peereval.studies.evaluation import Evaluation
    from peereval.studies.plan import Plan
    from peereval.surveys.questions import LocalItem


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
    linkage : Result or None
        What `linkage_summary` found, where the study links answers by a code.
    """

    responses: pd.DataFrame
    invited: pd.DataFrame | None
    scores: pd.DataFrame
    index: ir.Table | None
    linkage: Result | None = None


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

        Before data are read for the first time, what the study decides beforehand is stored in ``secure/plan.json``.

        Returns
        -------
        StudyData
            The tables that the sections work on.

        Raises
        ------
        PeerevalError
            A file is missing, unreadable or breaks its contract; the message says where.
        """
        record_plan(self)
        return self.tables()

    def tables(self, *, survey: bool = True, contacts: bool = True) -> StudyData:
        """Read, check and score the study's data without storing anything, as `check_study` does.

        Parameters
        ----------
        survey, contacts : bool
            Whether to read them; what is not read is empty.

        Returns
        -------
        StudyData
            As `read` gives it.

        Raises
        ------
        PeerevalError
            As in `read`.
        """
        from peereval.instruments.scoring import score
        from peereval.surveys.responses import read_survey

        index = self._index() if contacts else None
        if not survey:
            return StudyData(pd.DataFrame(), None, pd.DataFrame(), index)
        plan = self.plan.survey
        responses = read_survey(
            self.file(plan.file),
            mapping=self.mapping,
            rounds=self.plan.rounds,
            source=plan.source,
            sheet=plan.sheet,
            answers=plan.answers,
            decimal=plan.decimal,
            text=plan.text,
            separator=plan.separator,
            allow_identifiers_in=plan.allow_identifiers_in,
        )
        check_arms(self, responses)
        linkage = None
        if plan.linking is not None:
            from peereval.studies.linking import linked_responses

            responses, linkage = linked_responses(responses, plan.linking, two_arms=self.two_arms)
        scores = score(responses, plan.instruments, coding=plan.coding)
        if self.local_items:
            from peereval.surveys.local_items import score_local

            scores = pd.concat([scores, score_local(responses, self.local_items)], ignore_index=True)
        return StudyData(responses, self.invited(), scores, index, linkage)

    def section(self, name: str) -> list[Result]:
        """Compute a section of the study.

        Parameters
        ----------
        name : str
            Its id, such as ``"rounds"``.

        Returns
        -------
        list of Result
            What was found, with exact numbers: it stays inside.

        Raises
        ------
        UnknownNameError
            There is no such section.
        PeerevalError
            The data break a contract, or an analysis does not fit the design.

        Examples
        --------
        >>> import tempfile
        >>> import peereval as pe
        >>> from peereval.studies.folder import new_study
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     study = pe.Study.from_toml(new_study(folder + "/ward", preset="ward", seed=1))
        ...     results = study.section("participation")
        ...     place = study.save("participation", results)
        ...     place.name, [each.kind for each in study.released("participation")]
        ('participation', ['attrition', 'baseline'])
        """
        from peereval.studies.saving import compute_section

        return compute_section(self, name)

    def save(self, name: str, results: Result | Sequence[Result]) -> Path:
        """Protect the results of a section and write them to ``released/``, from which the report is written.

        Parameters
        ----------
        name : str
            The id of the section.
        results : Result or sequence of Result
            What was found.

        Returns
        -------
        Path
            The folder, in which only protected results stand. They are protected against what the other sections
            released, and against all that left earlier.

        Raises
        ------
        UnknownNameError
            There is no such section.
        NotReleasedError
            A result cannot be protected.
        DestinationError
            The folder cannot be written; what stood there before still stands.
        """
        from peereval.studies.saving import save_section

        return save_section(self, name, results)

    def released(self, name: str) -> list[Released]:
        """Read what a section released.

        Parameters
        ----------
        name : str
            The id of the section.

        Returns
        -------
        list of Released
            Its protected results; none where it has not been saved.

        Raises
        ------
        UnknownNameError
            There is no such section.
        """
        from peereval.studies.saving import released_results

        return released_results(self, name)

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
    def background(self) -> Background:
        """What the study says beside its results."""
        from peereval.studies.background import background_of

        return background_of(self)

    @property
    def chapters(self) -> list[Chapter]:
        """What the last run released, by chapter of the report."""
        from peereval.studies.evaluation import study_chapters
        from peereval.studies.saving import released_sections

        return study_chapters(self, released_sections(self.file("released")))

    @property
    def two_arms(self) -> bool:
        """Whether the study compares two arms."""
        return self.plan.study.allocation is not None

    @property
    def local_items(self) -> dict[str, LocalItem]:
        """The unit's own questions by name."""
        return self.plan.items.local

    @property
    def mapping(self) -> SurveyMapping:
        """Which column of the survey's file is what."""
        survey = self.plan.survey
        layout = {name: getattr(survey, name) for name in SheetLayout.model_fields}
        if survey.item_file is not None:
            from peereval.surveys.item_file import read_item_file

            layout["item_columns"] = read_item_file(self.file(survey.item_file)) | survey.item_columns
        mapping = SurveyMapping(**layout, local=self.local_items)
        if survey.linking is None or not mapping.describes_columns:
            return mapping
        # a mapping keeps the columns it names, and the parts of the code are named here
        parts = {name: name for name in survey.linking.parts}
        return mapping.model_copy(update={"keep": parts | mapping.keep})

    def _repr_html_(self) -> str:
        from peereval.studies.study_card import study_card

        return study_card(self)

    def file(self, name: str) -> Path:
        """Give the path of a file that the study names.

        Parameters
        ----------
        name : str
            As it stands in the study file.

        Returns
        -------
        Path
            The path, from the folder of the study file.
        """
        return self.path.parent / name

    def invited(self) -> pd.DataFrame | None:
        """Read how many were invited.

        Returns
        -------
        DataFrame or None
            The *invited* contract; None where the study has no such table.

        Raises
        ------
        PeerevalError
            The file is missing, unreadable or breaks its contract.
        """
        if self.plan.survey.invited is None:
            return None
        invited = read_table(self.file(self.plan.survey.invited))
        check_frame(invited, INVITED)
        declared = [each.id for each in self.plan.rounds]
        other = np.flatnonzero(~invited["round"].astype(str).isin(declared)).tolist()
        if other:
            msg = f"{self.plan.survey.invited}: a round that is not declared stands in {row_numbers(other)}."
            raise InvalidValueError(msg, hint=f"Declared are {', '.join(map(repr, declared))}.")
        return invited

    def contacts(self) -> ir.Table | None:
        """Read and check the hospital contacts.

        Returns
        -------
        ibis Table or None
            The *contacts* contract; None where the study has none.

        Raises
        ------
        PeerevalError
            The file is missing, unreadable or breaks its contract, or lacks a unit of ``[units]``.
        """
        from peereval.admissions.contacts import read_contacts

        plan = self.plan.contacts
        if plan is None:
            return None
        contacts = read_contacts(self.file(plan.file), strict=plan.strict)
        check_units(self, contacts)
        return contacts

    def persons(self) -> pd.DataFrame | None:
        """Read the table of persons.

        Returns
        -------
        DataFrame or None
            The *persons* contract; None where the study has none.

        Raises
        ------
        PeerevalError
            The file is missing, unreadable or breaks its contract.
        """
        plan = self.plan.contacts
        if plan is None or plan.persons is None:
            return None
        persons = self.table(plan.persons)
        check_frame(persons, PERSONS)
        return persons

    def programme(self) -> Programme | None:
        """Read the programme.

        Returns
        -------
        Programme or None
            The programme; None where the study names no file of it.

        Raises
        ------
        PeerevalError
            The file is missing or broken; the message says where.
        """
        return None if self.plan.programme is None else Programme.from_toml(self.file(self.plan.programme.file))

    def informants(self) -> pd.DataFrame | None:
        """Read who was asked in interviews.

        Returns
        -------
        DataFrame or None
            The *informants* contract; None where the study has no such table.

        Raises
        ------
        PeerevalError
            The file is missing or unreadable.
        """
        plan = self.plan.interviews
        return None if plan is None or plan.informants is None else self.table(plan.informants)

    def codings(self) -> pd.DataFrame | None:
        """Read the coded interviews.

        Returns
        -------
        DataFrame or None
            The *codings* contract; None where the study has none.

        Raises
        ------
        PeerevalError
            The file is missing, unreadable or breaks its contract.
        """
        from peereval.interviews.codings import read_codings

        plan = self.plan.interviews
        if plan is None or plan.codings is None:
            return None
        return read_codings(self.file(plan.codings), informant=plan.informant, role=plan.role, method=plan.method)

    def table(self, name: str) -> pd.DataFrame:
        """Read a table that the study names.

        Parameters
        ----------
        name : str
            The file, as it stands in the study file: ``.parquet`` or ``.csv``.

        Returns
        -------
        DataFrame
            The table as it stands in the file.

        Raises
        ------
        PeerevalError
            The file is missing or unreadable.
        """
        return read_table(self.file(name))

    def _index(self) -> ir.Table | None:
        from peereval.admissions.readmission import readmissions

        plan, contacts = self.plan.contacts, self.contacts()
        if plan is None or contacts is None:
            return None
        index = readmissions(
            contacts, definition=plan.definition, followup_end=plan.followup_end, persons=self.persons()
        )
        return with_arm(self, index).cache()
