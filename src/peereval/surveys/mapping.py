"""Which column of an export is what: a value that is written down once, in a study file or in a notebook."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

import pandas as pd
from pydantic import Field, field_validator

from peereval.instruments.key import Frozen
from peereval.surveys.patterns import Columns, Name
from peereval.surveys.questions import LocalItem, check_name

_EXACT = 2**53
"""Up to this number every whole number is a float of its own; no code is larger."""
Code = Annotated[int, Field(ge=-_EXACT, le=_EXACT)]
Cell = Code | Annotated[float, Field(allow_inf_nan=False)] | str


class KeyColumns(Frozen):
    """The table ``[survey.columns]``: the columns of the export that say who answered and when.

    Parameters
    ----------
    person, round, arm, unit, role : str, optional
        Columns of texts or numbers; without them, a column that bears the name itself is taken.
    date : str, optional
        A column of days or times: when the answers were given.
    left_programme, died : str, optional
        Columns of yes and no: 1 and 0, true and false, or texts that ``[survey.rename]`` names.
    """

    person: Name | None = None
    round: Name | None = None
    arm: Name | None = None
    unit: Name | None = None
    role: Name | None = None
    date: Name | None = None
    left_programme: Name | None = None
    died: Name | None = None


class KeyValues(Frozen):
    """The table ``[survey.rename]``: what the values of the export are called in the study.

    Parameters
    ----------
    round, arm, unit, role : dict of str to str
        Value in the export to name in the study. A table must name every value of its column.
    left_programme, died : dict of str to bool
        Text in the export to whether it means yes.
    """

    round: dict[str, str] = Field(default_factory=dict)
    arm: dict[str, str] = Field(default_factory=dict)
    unit: dict[str, str] = Field(default_factory=dict)
    role: dict[str, str] = Field(default_factory=dict)
    left_programme: dict[str, bool] = Field(default_factory=dict)
    died: dict[str, bool] = Field(default_factory=dict)


class SheetLayout(Frozen):
    """How the sheet of an export is laid out, without the local questions.

    Parameters
    ----------
    columns : KeyColumns
        Who answered, when.
    rename : KeyValues
        How values of these columns are renamed.
    items : dict of str to str or tuple of str
        Instrument to the columns of its items: all columns in the order of the items, or a pattern with ``{item}``,
        such as ``"Q5_{item}"`` or ``"qpr_{item:02d}"``. A wide file has ``{round}`` in it too: ``"who5_{item}_t{round}"``.
    item_columns : dict of str to str
        Column of the responses (``who5_01``) to column of the export, for items named one by one.
    codes : dict of str to dict of str to int
        Response texts (or codes to be changed) to codes. The key says where the table holds: an instrument, a
        column of the responses or a column of the export.
    missing : tuple
        Codes or texts that are no answer, in all items. One that is a legal answer of an item is refused.
    missing_in : dict of str to tuple
        The same for some columns; the key as in `codes`.
    keep : dict of str to str
        Further columns: name in the responses to column of the export.
    leave_out : tuple of str
        Columns that are knowingly not used; other columns that are not used are told.
    date_format : str, optional
        How dates are written, such as ``"%d-%m-%Y"``, where the cells do not show it.
    first_day : date, optional
        Start of the study; windows of rounds are measured from it instead of from a person's first date.
    """

    columns: KeyColumns = KeyColumns()
    rename: KeyValues = KeyValues()
    items: dict[str, Columns] = Field(default_factory=dict)
    item_columns: dict[str, Name] = Field(default_factory=dict)
    codes: dict[str, dict[str, Code]] = Field(default_factory=dict)
    missing: tuple[Cell, ...] = ()
    missing_in: dict[str, tuple[Cell, ...]] = Field(default_factory=dict)
    keep: dict[str, Name] = Field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    date_format: str | None = None
    first_day: date | None = None

    @field_validator("date_format")
    @classmethod
    def _names_a_day(cls, value: str | None) -> str | None:
        day = datetime(2001, 12, 31, tzinfo=UTC)
        try:
            whole = value is None or pd.to_datetime(day.strftime(value), format=value) == day.replace(tzinfo=None)
        except ValueError:
            whole = False
        if not whole:
            msg = 'write day, month and year, and no time zone, such as "%d-%m-%Y" or "%Y-%m-%d %H:%M"'
            raise ValueError(msg)
        return value

    @field_validator("item_columns")
    @classmethod
    def _item_names(cls, value: dict[str, str]) -> dict[str, str]:
        other = next((name for name in value if not re.fullmatch(r"[a-z0-9]+_\d{2,3}(_\w+)?", name)), None)
        if other is not None:
            msg = f"{other!r} is no column of an item; they are called <prefix>_<nn>, such as who5_01"
            raise ValueError(msg)
        return value


class SurveyMapping(SheetLayout):
    """Which column of an export is what.

    Without any columns, items or local questions the file is taken to be in the layout of the *responses* already,
    and all its columns are kept.

    Parameters
    ----------
    local : dict of str to LocalItem
        The unit's own questions by name. Their columns in the responses are called ``local_<name>``.

    Examples
    --------
    >>> mapping = SurveyMapping(
    ...     columns={"person": "respondent", "round": "runde"},
    ...     rename={"round": {"1": "start", "2": "one-year"}},
    ...     items={"who-5": "s_{item}"},
    ...     missing=[99],
    ... )
    >>> mapping.items["who-5"]
    's_{item}'
    """

    local: dict[str, LocalItem] = Field(default_factory=dict)

    @field_validator("local")
    @classmethod
    def _plain_names(cls, value: dict[str, LocalItem]) -> dict[str, LocalItem]:
        return {check_name(name): item for name, item in value.items()}

    @property
    def describes_columns(self) -> bool:
        """Whether it says anything of columns; otherwise the file is in the layout of the responses."""
        named = any(value is not None for value in self.columns.model_dump().values())
        return named or bool(self.items or self.item_columns or self.keep or self.local)
