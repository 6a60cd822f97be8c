"""What a study.toml may say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from peereval.errors import nearest
from peereval.rounds.comparison import Baseline, Units  # noqa: TC001 - pydantic reads the annotation
from peereval.rounds.equivalence import Margin  # noqa: TC001 - pydantic reads the annotation
from peereval.rounds.methods import METHODS
from peereval.rounds.rules import AUTO
from peereval.surveys.layout import Answers  # noqa: TC001 - pydantic reads the annotation
from peereval.surveys.mapping import SheetLayout
from peereval.surveys.questions import LocalItem, check_name
from peereval.surveys.sheet import Source  # noqa: TC001 - pydantic reads the annotation
from peereval.surveys.windows import PlannedRound


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudyPlan(_Strict):
    """The table ``[study]``.

    Parameters
    ----------
    title, programme : str
        The report's title, and the programme in a sentence.
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


class LinkingPlan(_Strict):
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
    method : str
        How rounds are compared: ``"auto"``, by the rules for the declared design, or a method that `compare_rounds` knows.
    covariates : tuple of str
        Columns of the answers to adjust for, such as names under ``[survey.keep]``; what a person answered at the first
        round holds for all rounds.
    unit : str, optional
        The column of the wards, teams or houses that persons belong to; a column of one's own as for covariates.
    units : {"such", "these"}
        Whether the result is to hold for such units or for these ones.
    baseline : {"constrained", "response", "covariate"}, optional
        How a mixed model takes the first round of two arms; by default as the rules say.
    margin : float or "minimal-important-change", optional
        The change that would matter, in points of the primary scale.
    primary : str, optional
        The outcome named before the data, as ``"instrument:scale"``.
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
    method: str = AUTO
    covariates: tuple[str, ...] = ()
    unit: str | None = None
    units: Units = "such"
    baseline: Baseline | None = None
    margin: Margin | None = None
    primary: str | None = Field(default=None, pattern=r"^[^:]+:[^:]+$")
    coding: dict[str, str] = Field(default_factory=dict)

    @field_validator("method")
    @classmethod
    def _known_method(cls, value: str) -> str:
        known = (AUTO, *METHODS)
        if value not in known:
            msg = f"there is no method {value!r}. {nearest(value, known)}"
            raise ValueError(msg.rstrip(" ."))
        return value

    @model_validator(mode="after")
    def _one_way_to_know_persons(self) -> SurveyPlan:
        if self.linking is not None and self.columns.person is not None:
            msg = "columns.person and linking are both given; a key of persons needs no linking"
            raise ValueError(msg)
        return self


class ItemsPlan(_Strict):
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


class ContactsPlan(_Strict):
    """The table ``[contacts]``.

    Parameters
    ----------
    file : str
        The hospital contacts: a parquet file or a pattern.
    definition : str
        Id of the readmission definition.
    followup_end : date or datetime
        Until when contacts were observed, in local time; a date stands for the whole of that day.
    strict : bool
        Whether a contact that ends before it begins stops the evaluation; otherwise it is left out, counted.
    """

    file: str
    definition: str
    followup_end: datetime | date
    strict: bool = True

    @field_validator("followup_end", mode="before")
    @classmethod
    def _local(cls, value: Any) -> Any:
        if not isinstance(value, date) or getattr(value, "tzinfo", None) is not None:
            msg = "write a date, or a local time without offset, and no quotes: 2020-12-31 or 2020-12-31T23:59:59"
            raise ValueError(msg)
        return value


class DisclosurePlan(_Strict):
    """The table ``[disclosure]``.

    Parameters
    ----------
    policy : str
        Id of the policy by which small numbers are protected.
    """

    policy: str = "standard"


class Plan(_Strict):
    """A whole study.toml.

    Parameters
    ----------
    study : StudyPlan
        What is evaluated and by which design.
    rounds : tuple of PlannedRound
        The data-collection rounds in their order.
    survey : SurveyPlan
        The answers.
    items : ItemsPlan
        The unit's own questions.
    contacts : ContactsPlan, optional
        The hospital contacts.
    units : dict of str to str
        Unit to arm, for contacts of two arms.
    disclosure : DisclosurePlan
        The protection of small numbers.
    """

    study: StudyPlan
    rounds: tuple[PlannedRound, ...] = Field(min_length=1)
    survey: SurveyPlan
    items: ItemsPlan = ItemsPlan()
    contacts: ContactsPlan | None = None
    units: dict[str, str] = Field(default_factory=dict)
    disclosure: DisclosurePlan = DisclosurePlan()

    @model_validator(mode="after")
    def _rounds_differ(self) -> Plan:
        names = [each.id for each in self.rounds]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            msg = f"two rounds are called {twice!r}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _only_a_panel_is_linked(self) -> Plan:
        if self.survey.linking is not None and self.study.design != "panel":
            msg = f'the design is {self.study.design!r}, but [survey.linking] finds the same persons again: say design = "panel"'
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _covariates_belong_to_persons(self) -> Plan:
        if self.survey.covariates and self.study.design != "panel":
            msg = f'the design is {self.study.design!r}, and covariates are taken from the first round of the same persons: they need design = "panel"'
            raise ValueError(msg)
        return self
