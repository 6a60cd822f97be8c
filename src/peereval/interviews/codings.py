"""Codings: read from coded tables and from projects of programs for qualitative analysis, and checked."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from peereval.contracts import CODINGS, check_frame
from peereval.errors import (
    DesignError,
    InvalidValueError,
    LayoutError,
    PeerevalError,
    UnreadableFileError,
    UnsupportedInputError,
)
from peereval.files import existing_file, read_table
from peereval.interviews.archives import checked_parts
from peereval.interviews.project_codings import project_codings
from peereval.interviews.refi_qda import project_xml
from peereval.mentions import row_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KINDS = ("benefit", "challenge", "proposal", "dilemma", "condition")
EXTENTS = ("one", "some", "several", "many", "most", "all")
ANSWERS = ("reported", "contradicted")
ALL = "all"
"""All groups together."""
_ALLOWED = {"kind": KINDS, "extent": EXTENTS, "answer": ANSWERS}
_TABLES = (".csv", ".parquet", ".xlsx")


def read_codings(
    path: str | Path,
    *,
    informant: Literal["case", "source"] = "case",
    role: str | None = "role",
    method: str | None = None,
) -> pd.DataFrame:
    """Read codings from a table, or from a REFI-QDA project (``.qdpx``).

    NVivo, ATLAS.ti, MAXQDA, QualCoder and other programs write projects. A case is an informant and gives its name as
    the key: name cases by pseudonyms. A passage belongs to the case that refers to it, else to the case whose own
    passage lies around it, else to the case that refers to its source; where several do, such as the cases of a focus
    group, the informant stays empty. Role and method are variables of the case, else of the source. A passage that
    stands in the file several times, once for each code or coder, is one statement and has the id of its first
    appearance. What was said is never read into the table, nor are the notes.

    Parameters
    ----------
    path : str or Path
        A coded table with the columns of the *codings* contract (``.csv``, ``.parquet``, or ``.xlsx`` with one sheet),
        or a project.
    informant : {"case", "source"}
        Of a project: whether each case or each source (document) is an informant.
    role, method : str or None
        Of a project: the names of the variables that hold the informant's role and the method; None leaves the column
        empty.

    Returns
    -------
    DataFrame
        The *codings*. Of a project: ``informant``, ``role``, ``method``, ``theme`` (the code's name, with those above
        it where two codes share a name; codings of a code do not count for those above it), ``statement_id`` and
        ``coder`` (the user's name).

    Raises
    ------
    MissingFileError, UnreadableFileError, UnsupportedInputError
        The file is not there, is damaged, is of another kind, or is not safe to open.
    ExchangeFormatError
        The project breaks the format: a coding refers to a code that the codebook does not have, or two informants have
        the same name. Nothing is read then.
    UnknownNameError
        The project has no such variable, or no cases.
    LayoutError
        A workbook has several sheets.
    ColumnError, MissingValueError, InvalidValueError
        A column is missing, or holds what the contract does not allow.
    DesignError
        An informant has two roles.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "codings.csv"
    >>> themes = pd.DataFrame({"informant": ["i1", "i2"], "role": ["patient", "staff"], "theme": ["hope", "unclear role"],
    ...                        "kind": ["benefit", "challenge"]})
    >>> themes.to_csv(file, index=False)
    >>> read_codings(file)
      informant     role         theme       kind
    0        i1  patient          hope    benefit
    1        i2    staff  unclear role  challenge
    """
    place = existing_file(path)
    ending = place.suffix.lower()
    if ending == ".qdpx":
        found = project_codings(project_xml(place), place.name, informant=informant, role=role, method=method)
    elif ending in _TABLES:
        found = _read_workbook(place) if ending == ".xlsx" else read_table(place)
    else:
        msg = f"{place.name} is neither a project (.qdpx) nor a table ({', '.join(_TABLES)})."
        raise UnsupportedInputError(msg, hint="Export the project as REFI-QDA, or the coded segments as a table.")
    check_codings(found)
    return found


def check_codings(codings: pd.DataFrame) -> None:
    """Check a table of codings.

    Parameters
    ----------
    codings : DataFrame
        The table.

    Raises
    ------
    ColumnError, MissingValueError
        It does not keep to the *codings* contract.
    InvalidValueError
        A kind, extent or answer is not one of those allowed.
    DesignError
        An informant has two roles.
    """
    check_frame(codings, CODINGS)
    for name, allowed in _ALLOWED.items():
        if name in codings:
            wrong = codings[name].notna() & ~codings[name].isin(allowed)
            if wrong.any():
                msg = f"The column {name!r} of the codings holds something else in {_rows(wrong)}; allowed: {', '.join(allowed)}."
                raise InvalidValueError(msg, hint="Translate or correct the cells, or leave them empty.")
    check_one_group(codings, "role", "codings")


def check_one_group(table: pd.DataFrame, by: str, name: str) -> None:
    """Check that no informant is in two groups, and that no group is called like all of them together.

    Parameters
    ----------
    table : DataFrame
        A table with the column `by`, and perhaps ``informant``.
    by : str
        The column of the groups.
    name : str
        What the table is called in the message.

    Raises
    ------
    DesignError
        An informant is in two groups; the message gives rows, never the informant.
    InvalidValueError
        A group is called ``all``.
    """
    if by in table and table[by].eq(ALL).any():
        msg = f"A group of the {name} is called {ALL!r}, which stands for all groups together."
        raise InvalidValueError(msg, hint="Give it another name.")
    if "informant" not in table or by not in table:
        return
    known = table[table["informant"].notna() & table[by].notna()]
    several = known.groupby("informant", observed=True)[by].transform("nunique") > 1
    if several.any():
        first = known.loc[several, "informant"].iloc[0]
        where = pd.Series(table["informant"].eq(first).fillna(value=False) & table[by].notna())
        msg = f"An informant of the {name} stands under two values of {by!r}, in {_rows(where)}."
        raise DesignError(msg, hint="Give each informant one group; somebody asked in two roles is two informants.")


def coded_informants(codings: pd.DataFrame) -> bool:
    """Whether a table of codings tells who said what; a published report gives groups only.

    Parameters
    ----------
    codings : DataFrame
        The codings.

    Returns
    -------
    bool
        Whether any informant is filled in.
    """
    return "informant" in codings and bool(codings["informant"].notna().any())


def refuse_report(codings: pd.DataFrame, what: str) -> None:
    """Refuse to count where a published report gives groups, not informants.

    Parameters
    ----------
    codings : DataFrame
        The codings.
    what : str
        What was asked for.

    Raises
    ------
    DesignError
        No informant is filled in.
    """
    if not coded_informants(codings):
        msg = f"{what} needs coded interviews, with an informant in each row; these codings have none, as of a published report."
        raise DesignError(msg, hint="A report gives groups only: `theme_matrix` shows what it reports.")


def in_order(column: pd.Series) -> list[str]:
    """Give the different texts of a column in the order in which they first stand.

    Parameters
    ----------
    column : Series
        The column.

    Returns
    -------
    list of str
        Without missing values; of an ordered categorical its categories.
    """
    if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered:
        return [str(each) for each in column.dtype.categories]
    return [str(each) for each in column.dropna().unique()]


def reported(codings: pd.DataFrame) -> pd.Series:
    """Whether each row reports its theme, and does not contradict it.

    Parameters
    ----------
    codings : DataFrame
        The codings.

    Returns
    -------
    Series of bool
        True where the column ``answer`` is not there or empty.
    """
    if "answer" not in codings:
        return pd.Series(data=True, index=codings.index)
    return codings["answer"].fillna("reported").eq("reported").astype(bool)


def as_words(values: Sequence[str]) -> str:
    """Write a list in words.

    Parameters
    ----------
    values : sequence of str
        What is listed.

    Returns
    -------
    str
        Such as ``"patient, staff"``.
    """
    return ", ".join(values)


def _rows(where: pd.Series) -> str:
    return row_numbers(np.flatnonzero(where.to_numpy(dtype=bool)).tolist())


def _read_workbook(path: Path) -> pd.DataFrame:
    checked_parts(path)
    try:
        with warnings.catch_warnings():
            # the library speaks of styles that it leaves out
            warnings.simplefilter("ignore")
            sheets = pd.read_excel(path, sheet_name=None, dtype="string", keep_default_na=False, na_values=[""])
    except PeerevalError:
        raise
    except Exception:  # noqa: BLE001 - damaged workbooks fail in the parser in any way
        msg = f"{path.name} cannot be read as a workbook ({path.stat().st_size:,} bytes)."
        raise UnreadableFileError(msg, hint="Save it again as .xlsx, or as CSV UTF-8.") from None
    if len(sheets) != 1:
        msg = f"{path.name} has {len(sheets)} sheets; expected the coded table only."
        raise LayoutError(msg, hint="Save the sheet with the codings in a workbook of its own.")
    return next(iter(sheets.values()))
