"""What can go wrong, each kind with a stable code and a page in the documentation.

A message says what was found, where (file, line, row, column), what was expected, and the hint says what to do
next. A message never holds a person's id or free text.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class PeerevalError(Exception):
    """Something that the user of peereval can mend.

    Parameters
    ----------
    message : str
        What was found, where, and what was expected.
    hint : str, optional
        What to do next.

    Examples
    --------
    >>> error = ColumnError("The responses have no column 'round'.", hint="Rename 'runde' to 'round'.")
    >>> print(error)
    PE203: The responses have no column 'round'. Rename 'runde' to 'round'.
    """

    code: ClassVar[str] = "PE000"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.code}: {self.message} {self.hint}".rstrip()


class StudySyntaxError(PeerevalError):
    """A TOML file cannot be read because its syntax is broken.

    The message gives the line. The usual causes are a missing quotation mark, a key that stands twice in one
    table, and a Windows path in double quotes: write such paths with forward slashes.
    """

    code = "PE101"


class UnknownKeyError(PeerevalError):
    """A key stands in a file where no such key is known.

    The message names the key, the line and the nearest valid key. Unknown keys are refused, because a misspelt
    setting that is passed over gives a report with another meaning than the one that was asked for.
    """

    code = "PE102"


class InvalidValueError(PeerevalError):
    """A key has a value of the wrong kind, or a key that must be there is missing.

    The message names the key, what was found and what is allowed.
    """

    code = "PE103"


class UnknownNameError(PeerevalError):
    """A name is not in the catalogue that it was looked up in.

    Instruments, readmission definitions, disclosure policies, data sets and simulation presets are called by a
    name. The message lists the nearest names.
    """

    code = "PE104"


class MissingFileError(PeerevalError):
    """A file or folder is not where it was said to be.

    Paths in ``study.toml`` are read from the folder in which ``study.toml`` lies.
    """

    code = "PE201"


class UnreadableFileError(PeerevalError):
    """A file is there but cannot be read: truncated, empty, a folder, or of another format than its ending says.

    A parquet file that was copied while it was being written is the usual case. Export or copy it again. A text file
    with both UTF-8 and other letters is refused too, with the line: read in one encoding, half of its letters are wrong.
    """

    code = "PE202"


class ColumnError(PeerevalError):
    """A table lacks a column that it needs, or a column holds another kind of value than its contract says.

    The contracts of all tables stand in the documentation under *Tables*.
    """

    code = "PE203"


class OutOfRangeError(PeerevalError):
    """An answer lies outside the range in which its item is coded.

    The message gives the row number, the item, the coded value and the allowed range. Codes such as 9, 99 or -1
    often stand for *not answered*: set them to missing before scoring. They are never scored and never guessed.
    """

    code = "PE204"


class DuplicateError(PeerevalError):
    """Two rows of a table have the same key, for example one person twice in one round.

    Which of the two counts is a decision for a person: keep one, and say in the report which.
    """

    code = "PE205"


class ImpossibleDateError(PeerevalError):
    """A contact ends before it begins, or the end of follow-up lies in the future.

    For contacts the message gives row numbers and both times. Read with ``strict=False``, or set
    ``strict = false`` under ``[contacts]``, to leave such contacts out: they join no episode, and readmission
    results count them among their exclusions as ``discharged_before_admitted``.

    Without ``followup_end`` the latest time in the contacts is taken as the end of follow-up. A slip of the pen or
    a stand-in such as 2999-01-01 would make every stay look fully followed.
    """

    code = "PE206"


class EmptyRoundError(PeerevalError):
    """A round is declared in the study file, but no row of the survey belongs to it.

    Either the round's id is spelt otherwise in the data, or the round has not been held: take it out of
    ``study.toml`` until it has.
    """

    code = "PE207"


class MissingValueError(PeerevalError):
    """A column that must be filled in every row has empty cells.

    The message gives the column and the first row numbers.
    """

    code = "PE208"


class UnsupportedInputError(PeerevalError):
    """A function was given a kind of object or file that it does not take."""

    code = "PE209"


class LayoutError(PeerevalError):
    """A survey export is not one plain table, or it can be read in two ways.

    The message gives the file and, where there is one, the row and the column: rows of different length, a column
    that stands twice or has no name (merged header cells), numbers with both decimal marks, a number such as 1.234
    that may have decimals or thousands, dates in two formats, formulas and error values, hidden or several sheets, a
    value label of an SPSS file without a value, an export with labels where only codes can be scored, and files beyond
    every plausible size. Nothing is guessed: export again as the hint says, mend the cell, or say what is meant
    (``sheet=``, ``decimal=``, ``text=``).
    """

    code = "PE210"


class IdentifierError(PeerevalError):
    """A cell, name or label can be read as a Danish CPR number or a Swedish personnummer; such are not imported.

    The message gives columns, counts and row numbers, never the number. Take the numbers out of the file or replace
    them with `peereval.pseudonymise` first. Since newer CPR numbers have no check digit, about 3 % of random
    ten-digit numbers can be read as one, and 12 % of nine-digit ones (which may have lost a leading zero): phone
    numbers and long ids raise false alarms. Look at the column; if it holds other numbers, let it through by name,
    with ``allow_identifiers_in``, which is recorded.
    """

    code = "PE211"


class ExchangeFormatError(PeerevalError):
    """A project or codebook of a program for qualitative analysis breaks the REFI-QDA format.

    The message names the element: a coding or a set that refers to a code which is not in the codebook, two codes with
    one id, an attribute that must be there. Nothing is read in part: export the project again from the program that
    wrote it.
    """

    code = "PE212"


class DesignError(PeerevalError):
    """The analysis that was asked for does not fit the declared design.

    Examples: a paired method for rounds that are not linked, two arms without saying how persons came into
    them, a Kaplan-Meier curve where deaths are known.
    """

    code = "PE301"


class CodingError(PeerevalError):
    """An instrument's answers circulate in several codings, and the one in the data was not said or is unknown.

    A wrong guess would shift or reverse items twice, so there is no default. So is a cell of an export whose text has
    no code, or whose code lies outside those that the export itself labels: the message gives column and rows.
    """

    code = "PE302"


class NotScoredError(PeerevalError):
    """An instrument is listed in the catalogue, but its scores cannot be computed here.

    Weights or norms are proprietary, or no key was found. The message says which, and what to do instead.
    """

    code = "PE303"


class ChoiceError(PeerevalError):
    """A name stands for several instruments, and which one the data hold was not said.

    Two item orders are two instruments: the same columns under the other key give other scores. The message lists
    the ids and what tells them apart.
    """

    code = "PE304"


class ConvergenceError(PeerevalError):
    """A model has no best fit, or none that the search finds.

    Usual causes: two rounds of which one was copied into the other (perfectly correlated), fewer persons than the
    covariance has parameters, rounds that no person has in common, or an outcome that does not vary. The message says
    which was found.
    """

    code = "PE305"


class FormulaError(PeerevalError):
    """A model formula cannot be read, or cannot be followed with the data.

    A formula names the outcome, ``~``, and what it depends on: ``score ~ arm * round + age``.
    """

    code = "PE306"


class NotReleasedError(PeerevalError):
    """A result may not leave: it has not passed ``release``, or ``release`` cannot protect it.

    ``release`` refuses a measure that no policy knows to protect, and, with the policy *already-published*, whatever is no
    result of published figures. Two results that give one measure in different groups (by unit and by arm, say) are not
    refused: the later one is withheld where a number could be computed. To put several regions side by side, bind their
    results, so that each is a source.
    """

    code = "PE401"


class DestinationError(PeerevalError):
    """A file or folder cannot be written where it was asked for.

    Nothing is left half-written: files are written beside their place and moved there when they are whole.
    """

    code = "PE402"


class CellError(PeerevalError):
    """A cell of a section's notebook ended with an error that is not one of peereval's, or nothing was saved at its end.

    What the error says is not shown, since it may quote a cell of the data: only the name of its kind is. Open the
    notebook of that name in ``secure/``: the error stands below the cell that gave it, with all it says. Mend the
    notebook in ``notebooks/`` and evaluate again.
    """

    code = "PE403"


class PublishedFigureError(PeerevalError):
    """A row of a ``published.toml`` cannot be followed.

    Its function, arguments or selection do not exist, its printed figure is no plain number (separators of
    thousands, a decimal comma, an exponent, an inequality or a range), or the rounding of its inputs cannot be
    followed.
    """

    code = "PE501"


class PeerevalWarning(UserWarning):
    """Something the reader of a number should know."""

    code: ClassVar[str] = "PW000"


class UnverifiedWarning(PeerevalWarning):
    """A definition, an instrument or a published figure holds a fact that nobody has seen at its source.

    The warning names the fact. The numbers that depend on it are computed all the same.
    """

    code = "PW101"


class IgnoredAnswersWarning(PeerevalWarning):
    """Answers were given that the instrument's rule leaves out, for example ratings of items not marked as important."""

    code = "PW102"


class ReverseKeyWarning(PeerevalWarning):
    """An item, or a whole scale, runs against the rest: the key may not be that of the data.

    The usual causes are an export with printed codes scored as position codes (or the reverse), the other item
    order of the same instrument, and items that the survey tool has turned already. Look at the item's
    distribution, and at the form, before any score is used.
    """

    code = "PW103"


class UnusedColumnsWarning(PeerevalWarning):
    """Columns of an export go nowhere: neither the mapping nor their name says what they hold.

    They are left out of the responses. Name those that are knowingly not used under ``leave_out``, and those that
    later analyses need under ``keep``; ``peereval check`` lists them all.
    """

    code = "PW104"


class SchemaVersionWarning(PeerevalWarning):
    """A parquet file of responses was written in an older layout.

    Columns may have meant something else then. Reading the export again is the safe way.
    """

    code = "PW105"


class AliasedColumnsWarning(PeerevalWarning):
    """Columns of a design are sums of others, so their coefficients cannot be estimated.

    The warning names them. The usual cause is a round that was observed in one arm only; two covariates that say the
    same are another. Those coefficients stay empty, and so do means that would need them.
    """

    code = "PW106"


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known names are nearest to one that is unknown.

    Parameters
    ----------
    name : str
        The name that was not found.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str
        A sentence for the hint of an error.

    Examples
    --------
    >>> nearest("who5", ["who-5", "qpr-15"])
    "Did you mean 'who-5'?"
    >>> nearest("xyz", ["who-5", "qpr-15"])
    "Known: 'qpr-15', 'who-5'."
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return "Known: " + ", ".join(repr(each) for each in names) + "."
