"""A survey export as it stands in its file: cells, labels and what was understood, before any column is given a meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Source: TypeAlias = Literal[
    "csv", "xlsx", "sav", "parquet", "redcap", "limesurvey", "qualtrics", "surveyxact", "enalyzer"
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """The rows of an export.

    Parameters
    ----------
    file : str
        The file's name, without its folder.
    source : str
        The kind of export that was recognised, or said.
    frame : DataFrame
        One row an answer sheet. Columns of numbers are numbers, dates are times in microseconds, all else is text;
        an empty cell is missing. Column names are unique.
    labels : mapping of str to mapping of float or str to str
        Column to code to the label that the source carries for it. Codes and labels are both kept: `frame` holds
        the codes, where the source has both.
    questions : mapping of str to str
        Column to the text that the source carries for it.
    missing : mapping of str to tuple
        Column to the codes that the source declares as missing; they are missing in `frame`.
    first_row : int
        Number of the first row of `frame` in the file, for messages.
    sha256 : str
        Hash of the file.
    notes : tuple of str
        What was understood of the file: encoding, separator, rows that were left out and why.
    """

    file: str
    source: Source
    frame: pd.DataFrame
    labels: Mapping[str, Mapping[float | str, str]] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, tuple[float | str, ...]] = field(default_factory=dict)
    first_row: int = 2
    sha256: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("labels", "questions", "missing"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
