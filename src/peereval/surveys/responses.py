"""An export to the responses table: one row a person and round, keys as texts, answers as codes."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from peereval.contracts import RESPONSES, check_frame
from peereval.errors import UnusedColumnsWarning
from peereval.surveys.mapped import map_sheet
from peereval.surveys.mapping import SurveyMapping
from peereval.surveys.storage import PROVENANCE, Provenance, stored_facts
from peereval.surveys.wordings import labels_of, questions_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import pandas as pd

    from peereval.surveys.cells import Mark
    from peereval.surveys.delimited import Separator
    from peereval.surveys.layout import Answers
    from peereval.surveys.mapped import Mapped
    from peereval.surveys.sheet import Sheet, Source
    from peereval.surveys.windows import PlannedRound

_SHOWN_COLUMNS = 8


def read_survey(
    path: str | Path,
    *,
    mapping: SurveyMapping | None = None,
    rounds: Sequence[str | PlannedRound] | None = None,
    source: Source | None = None,
    sheet: str | None = None,
    answers: Answers | None = None,
    decimal: Mark | None = None,
    text: Collection[str] = (),
    separator: Separator | None = None,
    allow_identifiers_in: Collection[str] = (),
) -> pd.DataFrame:
    r"""Read survey answers from the file that the survey tool gave.

    Parameters
    ----------
    path : str or Path
        The file.
    mapping : SurveyMapping, optional
        Which column is what. Without it the file has the columns of the *responses* contract and items called
        ``<prefix>_<nn>``, and all its columns are kept.
    rounds : sequence of str or PlannedRound, optional
        The rounds in their order. Without it, the order is that of the mapping's names of rounds, or of the file's
        ordered categorical. Rounds with a window give the column ``out_of_window``.
    source : str, optional
        The kind of export, where it is not to be recognised by its content.
    sheet : str, optional
        The sheet of a workbook.
    answers : {"values", "labels", "positions"}, optional
        For SurveyXact and Enalyzer: in which form the answers were exported.
    decimal : {",", "."}, optional
        The decimal mark of text cells, where the file leaves it open.
    text : collection of str
        Columns that stay text as they are, whatever they look like. Persons, rounds, arms, units and roles do so anyway.
    separator : {";", ",", "\t", "|"}, optional
        The sign between the cells of a text file, where the file leaves it open.
    allow_identifiers_in : collection of str
        Columns whose numbers look like civil registration numbers and were looked at: they are none.

    Returns
    -------
    DataFrame
        The *responses* contract, with `round` as an ordered categorical. Rows are never left out. Its attributes say
        under ``"survey"`` which file it was read from and how, for `write_responses`, and keep what the export has of
        ``labels`` (column to code to text) and ``questions`` (column to text) for the columns in use.

    Raises
    ------
    PeerevalError
        The first thing that is wrong, with file, row and column: a column that is not there (`ColumnError`), a text
        without a code or a code outside those that the file labels (`CodingError`), a person twice in a round (`DuplicateError`), a round without answers
        (`EmptyRoundError`), a round that is not declared (`InvalidValueError`), a civil registration number.
        ``peereval check`` lists all.

    Warns
    -----
    UnusedColumnsWarning
        Columns of the file go nowhere.
    SchemaVersionWarning
        A parquet file was written in an older layout.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import peereval as pe
    >>> mapping = pe.SurveyMapping(
    ...     columns={"person": "respondent", "round": "runde"}, items={"who-5": "s_{item}"}, missing=[99],
    ...     rename={"round": {"1": "start", "2": "one-year"}},
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "export.csv")
    ...     lines = ["respondent,runde,s_1,s_2,s_3,s_4,s_5", "7,1,3,2,99,1,0", "7,2,4,4,3,5,5"]
    ...     _ = file.write_text("\n".join(lines), encoding="utf-8")
    ...     answers = pe.read_survey(file, mapping=mapping)
    >>> answers[["person", "round", "who5_01", "who5_03"]]
      person     round  who5_01  who5_03
    0      7     start        3      NaN
    1      7  one-year        4      3.0
    """
    from pathlib import Path as File

    from peereval.surveys.exports import read_sheet
    from peereval.surveys.identifiers import check_no_identifiers

    export = read_sheet(
        path, source=source, sheet=sheet, answers=answers, decimal=decimal, text=text, separator=separator, mapping=mapping
    )  # fmt: skip
    check_no_identifiers(
        export.frame,
        allow=allow_identifiers_in,
        first_row=export.first_row,
        questions=export.questions,
        labels=export.labels,
    )
    responses = to_responses(export, mapping, rounds=rounds)
    kept = stored_facts(File(path)) if export.source == "parquet" else {}
    as_it_was = bool(kept) and not (mapping and mapping.describes_columns)
    said = responses.attrs[PROVENANCE]
    # what peereval wrote is known by its first reading, and by what is told of this one alone
    new = [note for note in said["notes"][len(export.notes) :] if note not in kept.get("notes", ())]
    facts = {**kept, "notes": [*kept.get("notes", ()), *new]} if as_it_was else said
    allowed = {*facts.get("allowed_identifiers_in", ()), *allow_identifiers_in}
    responses.attrs[PROVENANCE] = Provenance(facts, allowed_identifiers_in=sorted(allowed))
    return responses


def to_responses(
    sheet: Sheet, mapping: SurveyMapping | None = None, *, rounds: Sequence[str | PlannedRound] | None = None
) -> pd.DataFrame:
    """Give the columns of an export their meaning.

    Parameters
    ----------
    sheet : Sheet
        The export.
    mapping : SurveyMapping, optional
        Which column is what, as in `read_survey`.
    rounds : sequence of str or PlannedRound, optional
        The rounds in their order.

    Returns
    -------
    DataFrame
        The *responses* contract.

    Raises
    ------
    PeerevalError
        The first thing that is wrong; the hint says how many more there are.

    Warns
    -----
    UnusedColumnsWarning
        Columns of the sheet go nowhere.

    Examples
    --------
    >>> import pandas as pd
    >>> from peereval.surveys.mapping import SurveyMapping
    >>> from peereval.surveys.sheet import Sheet
    >>> frame = pd.DataFrame({"id": ["a", "b"], "who5_01_t0": [1, 2], "who5_01_t1": [3, None]})
    >>> sheet = Sheet(file="wide.csv", source="csv", frame=frame)
    >>> mapping = SurveyMapping(columns={"person": "id"}, item_columns={"who5_01": "who5_01_{round}"})
    >>> to_responses(sheet, mapping, rounds=["t0", "t1"])
      person round  who5_01
    0      a    t0      1.0
    1      b    t0      2.0
    2      a    t1      3.0
    3      b    t1      NaN
    """
    mapped = map_sheet(sheet, mapping, rounds=rounds)
    if mapped.problems:
        first, others = mapped.problems[0], len(mapped.problems) - 1
        more = (
            f" {others} more {'problem was' if others == 1 else 'problems were'} found; peereval check lists all."
            if others
            else ""
        )
        raise replace(first, hint=(first.hint + more).strip()).error()
    check_frame(mapped.responses, replace(RESPONSES, key=()))
    if mapped.placed.unused:
        warnings.warn(UnusedColumnsWarning(_unused(sheet.file, mapped.placed.unused)), stacklevel=3)
    mapped.responses.attrs[PROVENANCE] = _provenance(sheet, mapping, mapped)
    return mapped.responses


def _unused(file: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN_COLUMNS]) + (", …" if len(names) > _SHOWN_COLUMNS else "")
    what = "1 column is" if len(names) == 1 else f"{len(names)} columns are"
    return f"{file}: {what} not used: {shown}."


def _provenance(sheet: Sheet, mapping: SurveyMapping | None, mapped: Mapped) -> Provenance:
    labels, of_labels = labels_of(sheet, mapped.placed.places, mapping or SurveyMapping())
    questions, of_questions = questions_of(sheet, mapped.placed.places)
    return Provenance(
        file=sheet.file,
        source=sheet.source,
        sha256=sheet.sha256,
        mapping={} if mapping is None else mapping.model_dump(mode="json", exclude_defaults=True),
        missing={column: dict(counts) for column, counts in mapped.missing.items()},
        unused=list(mapped.placed.unused),
        labels=labels,
        questions=questions,
        notes=[*sheet.notes, *mapped.notes, *of_labels, *of_questions],
    )
