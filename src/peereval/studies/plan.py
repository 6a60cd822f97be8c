"""What a study.toml may say."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator

from peereval.errors import nearest
from peereval.instruments.key import Frozen
from peereval.studies.analysis_plan import AnalysisPlan, ComparisonsPlan
from peereval.studies.materials import BUDGET_OF_PROGRAMME, ContactsPlan, CostsPlan, InterviewsPlan, ProgrammePlan
from peereval.studies.reporting import DisclosurePlan, GovernancePlan, ReportPlan
from peereval.surveys.layout import Answers  # noqa: TC001 - pydantic reads the annotation
from peereval.surveys.local_items import INSTRUMENT as LOCAL
from peereval.surveys.mapping import SheetLayout
from peereval.surveys.questions import LocalItem, check_name
from peereval.surveys.sheet import Source  # noqa: TC001 - pydantic reads the annotation
from peereval.surveys.windows import PlannedRound
from peereval.toml_keys import MisfitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from peereval.studies.analysis_plan import Contrast


class StudyPlan(Frozen):
    """The table ``[study]``.

    Parameters
    ----------
    title : str
        The report's title.
    programme : str
        The programme in a sentence.
    design : {"panel", "panel-unlinked", "cross-section"}
        Same persons, linked; same persons, no key; other persons each round.
    allocation : {"randomised", "observed"}, optional
        How persons came into two arms; left out with one arm.
    reference_arm : str, optional
        The arm that the other is compared with.
    """

    title: str
    programme: str
    design: Literal["panel", "panel-unlinked", "cross-section"]
    allocation: Literal["randomised", "observed"] | None = None
    reference_arm: str | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> StudyPlan:
        if (self.allocation is None) != (self.reference_arm is None):
            msg = "allocation and reference_arm belong together: give both for two arms, none for one"
            raise ValueError(msg)
        return self


class LinkingPlan(Frozen):
    """The table ``[survey.linking]``: answers without a key of persons, linked by a code that persons make up themselves.

    Parameters
    ----------
    parts : tuple of str
        The parts of the code: names under ``[survey.keep]``, or columns of the export.
    max_distance : {0, 1}
        In how many parts two codes of one person may differ.
    """

    parts: tuple[str, ...] = Field(min_length=1)
    max_distance: Literal[0, 1] = 1


class SurveyPlan(SheetLayout):
    r"""The table ``[survey]``.

    Beside the keys below it takes those of `SheetLayout`, which say how the columns of an export are laid out:
    ``columns``, ``rename``, ``items``, ``item_columns``, ``codes``, ``missing``, ``missing_in``, ``keep``,
    ``leave_out``, ``date_format`` and ``first_day``.

    Parameters
    ----------
    file : str
        The answers.
    source : str, optional
        The kind of export, where it is not to be recognised by its content.
    sheet : str, optional
        The sheet of a workbook.
    answers : {"values", "labels", "positions"}, optional
        For SurveyXact and Enalyzer: in which form the answers were exported.
    decimal : {",", "."}, optional
        The decimal mark of text cells, where the file leaves it open.
    separator : {";", ",", "\t", "|"}, optional
        The sign between the cells of a text file, where the file leaves it open.
    text : tuple of str
        Columns of the export that stay text as they are, whatever they look like.
    item_file : str, optional
        A CSV file with the columns ``column`` and ``item``: column of the export and column of the responses.
    allow_identifiers_in : tuple of str
        Columns whose numbers look like civil registration numbers and were looked at: they are none.
    linking : LinkingPlan, optional
        How the answers of a person are found in several rounds, where the export has no key of persons.
    invited : str, optional
        The table of how many were invited.
    instruments : tuple of str
        Ids of the catalogue.
    coding : dict of str to str
        Instrument to the coding of the data, where several circulate.
    """

    file: str
    source: Source | None = None
    sheet: str | None = None
    answers: Answers | None = None
    decimal: Literal[",", "."] | None = None
    separator: Literal[";", ",", "	", "|"] | None = None
    text: tuple[str, ...] = ()
    item_file: str | None = None
    allow_identifiers_in: tuple[str, ...] = ()
    linking: LinkingPlan | None = None
    invited: str | None = None
    instruments: tuple[str, ...] = Field(min_length=1)
    coding: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way_to_know_persons(self) -> SurveyPlan:
        if self.linking is not None and self.columns.person is not None:
            msg = "columns.person and linking are both given; a key of persons needs no linking"
            raise ValueError(msg)
        return self


class ItemsPlan(Frozen):
    """The table ``[items]``.

    Parameters
    ----------
    local : dict of str to LocalItem
        The unit's own questions by name: ``[items.local.<name>]``.
    """

    local: dict[str, LocalItem] = Field(default_factory=dict)

    @field_validator("local")
    @classmethod
    def _plain_names(cls, value: dict[str, LocalItem]) -> dict[str, LocalItem]:
        return {check_name(name): item for name, item in value.items()}


class Plan(Frozen):
    """A whole study.toml.

    Parameters
    ----------
    study : StudyPlan
        What is evaluated and by which design.
    plan : AnalysisPlan, optional
        What was decided before the data were read.
    rounds : tuple of PlannedRound
        The data-collection rounds in their order.
    survey : SurveyPlan
        The answers.
    items : ItemsPlan
        The unit's own questions.
    comparisons : ComparisonsPlan
        How rounds are compared, and what is adjusted for.
    contacts : ContactsPlan, optional
        The hospital contacts.
    units : dict of str to str
        Unit to arm, for contacts of two arms.
    programme : ProgrammePlan, optional
        The programme in a file of its own.
    interviews : InterviewsPlan, optional
        Who was asked, and what they said.
    costs : CostsPlan, optional
        What it costs.
    disclosure : DisclosurePlan
        The protection of small numbers.
    report : ReportPlan
        What stands in the report.
    governance : GovernancePlan, optional
        On what grounds data are held.
    """

    study: StudyPlan
    plan: AnalysisPlan | None = None
    rounds: tuple[PlannedRound, ...] = Field(min_length=1)
    survey: SurveyPlan
    items: ItemsPlan = ItemsPlan()
    comparisons: ComparisonsPlan = ComparisonsPlan()
    contacts: ContactsPlan | None = None
    units: dict[str, str] = Field(default_factory=dict)
    programme: ProgrammePlan | None = None
    interviews: InterviewsPlan | None = None
    costs: CostsPlan | None = None
    disclosure: DisclosurePlan = DisclosurePlan()
    report: ReportPlan = ReportPlan()
    governance: GovernancePlan | None = None

    @property
    def prespecified(self) -> dict[str, Any]:
        """What is decided before the data are read, by the way to each key."""
        parts = {
            "study": self.study.model_dump(mode="json", include={"design", "allocation", "reference_arm"}),
            "rounds": [each.id for each in self.rounds],
            "survey": self.survey.model_dump(mode="json", include={"instruments", "coding"}),
            "comparisons": self.comparisons.model_dump(mode="json"),
            "plan": {} if self.plan is None else self.plan.model_dump(mode="json"),
            "contacts": {} if self.contacts is None else self.contacts.model_dump(mode="json", include=_OF_CONTACTS),
        }
        return dict(_paths(parts))

    def hash(self) -> str:
        """Give a hash of what is decided before the data are read; files, titles and texts are not in it.

        Returns
        -------
        str
            SHA-256 in hexadecimal digits.

        Examples
        --------
        >>> import tempfile
        >>> import peereval as pe
        >>> from peereval.studies.folder import new_study
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     plan = pe.Study.from_toml(new_study(folder + "/ward", preset="ward", seed=1)).plan
        >>> retold = plan.model_copy(update={"report": plan.report.model_copy(update={"language": "da"})})
        >>> len(plan.hash()), retold.hash() == plan.hash()
        (64, True)
        >>> one_round = plan.model_copy(update={"rounds": plan.rounds[:1]})
        >>> one_round.hash() == plan.hash()
        False
        """
        return hash_of(self.prespecified)

    @model_validator(mode="after")
    def _fits_together(self) -> Plan:
        problem = next(_misfits(self), None)
        if problem is not None:
            raise problem
        return self


def hash_of(prespecified: Mapping[str, Any]) -> str:
    """Give the hash of what is decided before the data are read.

    Parameters
    ----------
    prespecified : mapping
        The way to each key and its value.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits; the order of keys does not matter.
    """
    return hashlib.sha256(json.dumps(dict(prespecified), sort_keys=True).encode()).hexdigest()


_OF_CONTACTS = {"definition", "outcomes", "horizon"}


def _paths(part: Any, way: str = "") -> Iterator[tuple[str, Any]]:
    """The way to each key that is filled, such as ``survey.coding.qpr-15``, with its value."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from _paths(value, f"{way}.{name}" if way else name)
    elif part is not None:
        yield way, part


def _misfits(plan: Plan) -> Iterator[MisfitError]:
    """What does not fit together in a study file, by the key at fault."""
    design, names = plan.study.design, [each.id for each in plan.rounds]
    twice = next((place for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        yield MisfitError(("rounds", twice, "id"), f"two rounds are called {names[twice]!r}")
    if plan.survey.linking is not None and design != "panel":
        what = f'the design is {design!r}, but [survey.linking] finds the same persons again: say design = "panel"'
        yield MisfitError(("survey", "linking"), what)
    if plan.comparisons.covariates and design != "panel":
        what = f'the design is {design!r}, and covariates are taken from the first round of the same persons: they need design = "panel"'
        yield MisfitError(("comparisons", "covariates"), what)
    if plan.plan is not None:
        contrast = contrast_of(design, two_arms=plan.study.allocation is not None)
        yield from _misfits_of_analysis(plan.plan, names, contrast=contrast)
    if plan.costs is not None:
        yield from _misfits_of_costs(plan, plan.costs)
    for place, name in enumerate(plan.report.sections or ()):
        if not _has_data_for(plan, name):
            what = f"the section {name!r} is wanted, but there is no [{_NEEDS[name]}]"
            yield MisfitError(("report", "sections", place), what)


_NEEDS = {
    "programme": "programme", "questions": "items.local.<name>", "hospital": "contacts", "interviews": "interviews", "costs": "costs",
}  # fmt: skip
"""The table that a section is made of; the others are made of the survey, which is always there."""


def _has_data_for(plan: Plan, section: str) -> bool:
    if section == "questions":
        return bool(plan.items.local)
    return section not in _NEEDS or getattr(plan, _NEEDS[section]) is not None


def contrast_of(design: str, *, two_arms: bool) -> Contrast:
    """Give what is tested in a design (rule R10).

    Parameters
    ----------
    design : {"panel", "panel-unlinked", "cross-section"}
        The design.
    two_arms : bool
        Whether two arms are compared.

    Returns
    -------
    str
        The measure that carries the test of a scale.

    Examples
    --------
    >>> contrast_of("panel-unlinked", two_arms=False)
    'mean_difference'
    """
    if two_arms:
        return "difference_in_change"
    return "mean_change" if design == "panel" else "mean_difference"


def _misfits_of_analysis(asked: AnalysisPlan, names: list[str], *, contrast: Contrast) -> Iterator[MisfitError]:
    if asked.round is not None and asked.round != names[-1]:
        yield MisfitError(
            ("plan", "round"), f"the outcome is tested at the last round, which is {names[-1]!r}, not {asked.round!r}"
        )
    if asked.reference_round is not None and asked.reference_round not in names[:-1]:
        what = f"{asked.reference_round!r} is no round before the last; {nearest(asked.reference_round, names[:-1])}"
        yield MisfitError(("plan", "reference_round"), what.rstrip(" ."))
    if asked.contrast is not None and asked.contrast != contrast:
        yield MisfitError(("plan", "contrast"), f"this design gives {contrast!r}, not {asked.contrast!r}")
    if asked.primary.startswith(f"{LOCAL}:"):
        for name in (name for name in ("contrast", "margin") if getattr(asked, name) is not None):
            yield MisfitError(
                ("plan", name), "the primary outcome has ordered options, not points: leave it out (rule R6)"
            )
    outcomes = [outcome for family in asked.families.values() for outcome in family]
    if asked.primary in outcomes:
        yield MisfitError(
            ("plan", "families"), f"the primary outcome {asked.primary!r} is tested by itself, in no family"
        )


def _misfits_of_costs(plan: Plan, costs: CostsPlan) -> Iterator[MisfitError]:
    if costs.budget == BUDGET_OF_PROGRAMME and plan.programme is None:
        yield MisfitError(("costs", "budget"), "the budget is to be the programme's, but there is no [programme]")
    persons = costs.person_level
    if persons is not None and plan.study.reference_arm is None:
        what = "costs are compared between two arms: give allocation and reference_arm in [study]"
        yield MisfitError(("costs", "person_level"), what)
    if persons is not None and persons.treatment == plan.study.reference_arm:
        yield MisfitError(("costs", "person_level", "treatment"), "it is the reference arm itself")
