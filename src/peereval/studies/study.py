"""A study: its plan and its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.admissions.contacts import read_contacts
from peereval.admissions.readmission import readmissions
from peereval.contracts import INVITED, check_frame
from peereval.errors import ColumnError, InvalidValueError
from peereval.files import existing_file, read_table, read_toml
from peereval.instruments.scoring import score
from peereval.mentions import row_numbers
from peereval.studies.linking import linked_responses
from peereval.studies.reading import read_plan
from peereval.surveys.item_file import read_item_file
from peereval.surveys.local_items import score_local
from peereval.surveys.mapping import SheetLayout, SurveyMapping
from peereval.surveys.responses import read_survey
from peereval.toml_keys import line_of

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir

    from peereval.results import Result
    from peereval.studies.evaluation import Evaluation
    from peereval.studies.plan import Plan
    from peereval.surveys.questions import LocalItem

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
        responses = read_survey(
            self.file(survey.file),
            mapping=self.mapping,
            rounds=self.plan.rounds,
            source=survey.source,
            sheet=survey.sheet,
            answers=survey.answers,
            decimal=survey.decimal,
            text=survey.text,
            separator=survey.separator,
            allow_identifiers_in=survey.allow_identifiers_in,
        )
        self.check_arms(responses)
        linkage = None
        if survey.linking is not None:
            responses, linkage = linked_responses(responses, survey.linking, two_arms=self.two_arms)
        scores = score(responses, survey.instruments, coding=survey.coding)
        if self.local_items:
            scores = pd.concat([scores, score_local(responses, self.local_items)], ignore_index=True)
        return StudyData(responses, self.invited(), scores, self._index(), linkage)

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
            layout["item_columns"] = read_item_file(self.file(survey.item_file)) | survey.item_columns
        mapping = SurveyMapping(**layout, local=self.local_items)
        if survey.linking is None or not mapping.describes_columns:
            return mapping
        # a mapping keeps the columns it names, and the parts of the code are named here
        parts = {name: name for name in survey.linking.parts}
        return mapping.model_copy(update={"keep": parts | mapping.keep})

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

    def check_arms(self, responses: pd.DataFrame) -> None:
        """Check that the answers of a study with two arms belong to two, and one of them to the reference arm.

        Parameters
        ----------
        responses : DataFrame
            The *responses* contract.

        Raises
        ------
        ColumnError, InvalidValueError
            There is no column ``arm``, or it holds other arms. What it holds is not shown: it may be the wrong column.
        """
        reference = self.plan.study.reference_arm
        if reference is None:
            return
        if "arm" not in responses.columns:
            msg = "The study has two arms, but the responses have no column 'arm'."
            raise ColumnError(msg, hint="Name the column that holds the arm under [survey.columns].")
        count = responses["arm"].nunique()
        if not (responses["arm"] == reference).any():
            msg = f"No answer belongs to the reference arm {reference!r}; the column 'arm' holds {count} other texts."
            raise InvalidValueError(msg, hint="Look whether it is the right column, and how the arms are spelt in it.")
        if count != 2:  # noqa: PLR2004 - two arms
            msg = f"The answers belong to {count} arms; two are compared."
            raise InvalidValueError(msg, hint="Look whether the column 'arm' is the right one, and how it is spelt.")

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
        plan = self.plan.contacts
        if plan is None:
            return None
        contacts = read_contacts(self.file(plan.file), strict=plan.strict)
        self._check_units(contacts)
        return contacts

    def _index(self) -> ir.Table | None:
        plan, contacts = self.plan.contacts, self.contacts()
        if plan is None or contacts is None:
            return None
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
            others = sum(unit is not None and unit not in self.plan.units for unit in found)
            raise InvalidValueError(
                msg, hint=f"They have {others} units that [units] does not name; look at its spelling."
            )

    def _with_arm(self, index: ir.Table) -> ir.Table:
        """The arm of the unit of discharge; exposure is by unit, never by who met a peer (rule 4)."""
        import ibis

        if not self.plan.units:
            return index
        unit = index["unit"]
        cases = [(unit.isnull(), ibis.null("string")), *((unit == name, arm) for name, arm in self.plan.units.items())]
        return index.mutate(arm=ibis.cases(*cases, else_=OTHER_UNITS))
