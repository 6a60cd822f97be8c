"""What a study.toml may say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


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


class RoundPlan(_Strict):
    """A table ``[[rounds]]``.

    Parameters
    ----------
    id : str
        The round's name in the data.
    month : int
        When it was planned, in months after the first.
    """

    id: str
    month: int


class SurveyPlan(_Strict):
    """The table ``[survey]``.

    Parameters
    ----------
    file : str
        The answers.
    invited : str, optional
        The table of how many were invited.
    instruments : tuple of str
        Ids of the catalogue.
    method : {"paired-t", "sign-flip", "welch"}
        How rounds are compared.
    primary : str, optional
        The outcome named before the data, as ``"instrument:scale"``.
    coding : dict of str to str
        Instrument to the coding of the data, where several circulate.
    """

    file: str
    invited: str | None = None
    instruments: tuple[str, ...] = Field(min_length=1)
    method: Literal["paired-t", "sign-flip", "welch"]
    primary: str | None = Field(default=None, pattern=r"^[^:]+:[^:]+$")
    coding: dict[str, str] = Field(default_factory=dict)


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
    rounds : tuple of RoundPlan
        The data-collection rounds in their order.
    survey : SurveyPlan
        The answers.
    contacts : ContactsPlan, optional
        The hospital contacts.
    units : dict of str to str
        Unit to arm, for contacts of two arms.
    disclosure : DisclosurePlan
        The protection of small numbers.
    """

    study: StudyPlan
    rounds: tuple[RoundPlan, ...] = Field(min_length=1)
    survey: SurveyPlan
    contacts: ContactsPlan | None = None
    units: dict[str, str] = Field(default_factory=dict)
    disclosure: DisclosurePlan = DisclosurePlan()
