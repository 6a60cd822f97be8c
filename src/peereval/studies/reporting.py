"""What a study file says of its report: what stands in it, by which policy, and on what grounds the data are held."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, field_validator

from peereval.instruments.key import Frozen

SectionName = Literal["participation", "questions", "rounds", "hospital", "programme", "interviews", "costs"]
Language = Literal["en", "da", "sv"]


class ReportPlan(Frozen):
    """The table ``[report]``.

    Parameters
    ----------
    language : {"en", "da", "sv"}
        The language of the report.
    sections : tuple of str, optional
        Which sections there are, in this order; by default all that the study has data for.
    subtitle : str, optional
        Stands below the title.
    authors : tuple of str
        Who made the evaluation; they stand below the title.
    """

    language: Language = "en"
    sections: tuple[SectionName, ...] | None = Field(default=None, min_length=1)
    subtitle: str | None = None
    authors: tuple[str, ...] = ()

    @field_validator("sections")
    @classmethod
    def _once(cls, value: tuple[SectionName, ...] | None) -> tuple[SectionName, ...] | None:
        if value is not None and len(set(value)) < len(value):
            msg = "a section stands twice"
            raise ValueError(msg)
        return value


class DisclosurePlan(Frozen):
    """The table ``[disclosure]``.

    Parameters
    ----------
    policy : str
        Id of the policy by which small numbers are protected.
    """

    policy: str = "standard"


class GovernancePlan(Frozen):
    """The table ``[governance]``: on what grounds data are held, printed in the report's appendix.

    Parameters
    ----------
    purpose : {"quality work", "research"}
        What the data are used for.
    legal_basis : str
        The law or consent that allows it.
    approval : str, optional
        Who approved it, with the case number; research needs one.
    processor : str, optional
        Who handles the data on the unit's behalf.
    deletion_date : date
        The day by which data of persons are deleted.
    """

    purpose: Literal["quality work", "research"]
    legal_basis: str = Field(min_length=1)
    approval: str | None = None
    processor: str | None = None
    deletion_date: date
