"""What a study may hold beside its survey: a programme, hospital contacts, interviews and costs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field, PositiveFloat, field_validator, model_validator

from peereval.instruments.key import Frozen

BUDGET_OF_PROGRAMME = "programme"
"""What a study file says where the budget is the funding of its programme."""
Outcome = Literal["readmission_rate", "time_to_readmission", "length_of_stay", "bed_days"]


class ProgrammePlan(Frozen):
    """The table ``[programme]``.

    Parameters
    ----------
    file : str
        The programme file (TOML): who, where, how many positions, how much money.
    fidelity : tuple of str
        Ids of the criteria by which the programme is judged, such as ``"nsph-2018"``.
    """

    file: str
    fidelity: tuple[str, ...] = ()


class ContactsPlan(Frozen):
    """The table ``[contacts]``.

    Parameters
    ----------
    file : str
        The hospital contacts: a file, or a folder or pattern of parquet files.
    definition : str
        Id of the readmission definition.
    followup_start : date, optional
        The first day on which contacts were observed; bed days are counted from it, and stays that were open then come
        under observation late.
    followup_end : date or datetime
        Until when contacts were observed, in local time; a date stands for the whole of that day.
    persons : str, optional
        The table of persons with birth, sex, death and emigration. Without it deaths after discharge are not known.
    outcomes : tuple of {"readmission_rate", "time_to_readmission", "length_of_stay", "bed_days"}
        What is computed.
    period : {"month", "quarter", "year"}, optional
        The readmission rate by calendar period of discharge as well.
    horizon : int
        Days after discharge at which the curves of time to readmission end.
    strict : bool
        Whether a contact that ends before it begins stops the evaluation; otherwise it is left out, counted.
    """

    file: str
    definition: str
    followup_start: date | None = None
    followup_end: datetime | date
    persons: str | None = None
    outcomes: tuple[Outcome, ...] = ("readmission_rate", "time_to_readmission")
    period: Literal["month", "quarter", "year"] | None = None
    horizon: int = Field(default=365, gt=0)
    strict: bool = True

    @field_validator("followup_end", mode="before")
    @classmethod
    def _local(cls, value: Any) -> Any:
        if not isinstance(value, date) or getattr(value, "tzinfo", None) is not None:
            msg = "write a date, or a local time without offset, and no quotes: 2020-12-31 or 2020-12-31T23:59:59"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _bed_days_have_a_window(self) -> ContactsPlan:
        if "bed_days" in self.outcomes and self.followup_start is None:
            msg = "bed_days are counted within a window: give followup_start, the first day on which contacts were observed"
            raise ValueError(msg)
        if self.followup_start is not None and self.followup_start > self.last_day:
            msg = "followup_start lies after followup_end"
            raise ValueError(msg)
        return self

    @property
    def last_day(self) -> date:
        """The last day on which contacts were observed."""
        return self.followup_end.date() if isinstance(self.followup_end, datetime) else self.followup_end


class InterviewsPlan(Frozen):
    """The table ``[interviews]``.

    Parameters
    ----------
    informants : str, optional
        The table of who was asked: one row an informant, or numbers by group and method.
    codings : str, optional
        The coded interviews: a table, or a REFI-QDA project (``.qdpx``).
    informant : {"case", "source"}
        Of a project: whether each case or each source (document) is an informant.
    role : str
        Of a project: the variable that holds the informant's role.
    method : str, optional
        Of a project: the variable that holds how informants were asked.
    by : str
        The column of the groups of informants.
    display : dict of str to str
        Theme to the outcome that it speaks to, as ``"instrument:scale"``: the joint display.
    """

    informants: str | None = None
    codings: str | None = None
    informant: Literal["case", "source"] = "case"
    role: str = "role"
    method: str | None = None
    by: str = "role"
    display: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something_to_count(self) -> InterviewsPlan:
        if self.informants is None and self.codings is None:
            msg = "give informants, codings or both"
            raise ValueError(msg)
        if self.display and self.codings is None:
            msg = "display puts themes beside scores, and needs codings"
            raise ValueError(msg)
        return self


class PersonCostsPlan(Frozen):
    """The table ``[costs.person_level]``: what each person cost, and gained.

    Parameters
    ----------
    file : str
        One row a person with the columns below; or, with a column ``mean_cost``, one row an arm as printed.
    treatment : str
        The arm in question; it is compared with ``reference_arm`` of ``[study]``.
    arm, cost : str
        The columns of the arm, and of what a person cost.
    effect : str
        The column of what a person gained; it also names the outcome.
    better : {"higher", "lower"}
        Whether more of the effect is better (points of recovery) or less (days in hospital).
    thresholds : tuple of float
        What one unit of effect may cost.
    currency : str
        ISO 4217 code, such as ``"DKK"``.
    price_year : int
        The year in whose prices costs are given.
    unit : str, optional
        The column of units, where these came into the arms.
    resamples : int, optional
        Bootstrap replicates; without them the intervals follow from the t test.
    seed : int
        Of the replicates.
    """

    file: str
    treatment: str
    arm: str = "arm"
    cost: str = "cost"
    effect: str = "effect"
    better: Literal["higher", "lower"]
    thresholds: tuple[float, ...] = Field(min_length=1)
    currency: str
    price_year: int
    unit: str | None = None
    resamples: int | None = Field(default=None, gt=0)
    seed: int = 0


class BreakEvenPlan(Frozen):
    """The table ``[costs.break_even]``: how many bed days must be saved.

    Parameters
    ----------
    annual_cost : float
        What the peers cost a year.
    bed_day_price : float
        What a bed day costs.
    currency : str
        ISO 4217 code.
    price_year : int
        The year in whose prices both are given.
    persons : float, optional
        Persons that the peers support in a year.
    """

    annual_cost: PositiveFloat
    bed_day_price: PositiveFloat
    currency: str
    price_year: int
    persons: PositiveFloat | None = None


class CostsPlan(Frozen):
    """The table ``[costs]``.

    Parameters
    ----------
    budget : str, optional
        The table of budget lines, or ``"programme"`` for the funding that the programme file holds by scenario.
    price_year : int, optional
        Bring the budget to the prices of this year.
    index : dict of int to float
        Year to the level of prices, for the budget.
    person_level : PersonCostsPlan, optional
        Costs and effects of persons in two arms.
    break_even : BreakEvenPlan, optional
        What must be saved.
    """

    budget: str | None = None
    price_year: int | None = None
    index: dict[int, float] = Field(default_factory=dict)
    person_level: PersonCostsPlan | None = None
    break_even: BreakEvenPlan | None = None

    @model_validator(mode="after")
    def _something_to_count(self) -> CostsPlan:
        if self.budget is None and self.person_level is None and self.break_even is None:
            msg = "give budget, person_level or break_even"
            raise ValueError(msg)
        if self.budget is None and (self.price_year is not None or self.index):
            msg = "price_year and index are of the budget, which is not given"
            raise ValueError(msg)
        return self
