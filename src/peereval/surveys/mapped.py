"""An export with a meaning given to its columns, and all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import ColumnError, InvalidValueError
from peereval.surveys.codes import as_written, check_tables, missing_of, read_codes, table_of
from peereval.surveys.keys import as_flags, as_text, as_times
from peereval.surveys.mapping import SurveyMapping
from peereval.surveys.placing import FLAGS, TEXTS, TIMES, place_columns
from peereval.surveys.problems import Problem, shown_values
from peereval.surveys.redcap import answer_rows
from peereval.surveys.round_checks import names_of, no_round, order_of, twice, undeclared, without_answers
from peereval.surveys.windows import PlannedRound, out_of_window, replaced_flags
from peereval.surveys.wordings import unlabelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from peereval.surveys.placing import Place, Placed
    from peereval.surveys.sheet import Sheet

_FIRST = ("person", "round", "arm", "unit", "role", "date", "left_programme", "died", "out_of_window")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mapped:
    """An export with a meaning given to its columns, and all that is wrong with it.

    Parameters
    ----------
    responses : DataFrame
        The *responses*, as far as they could be made.
    placed : Placed
        Which columns go where, and which go nowhere.
    rows : ndarray of int
        Number of the row in the file that each row of `responses` comes from.
    missing : dict of str to dict of str to int
        Column of the file to missing code to the number of cells that held it.
    problems : tuple of Problem
        What must be mended.
    notes : tuple of str
        What was done to keys, and which rows were left out.
    """

    responses: pd.DataFrame
    placed: Placed
    rows: NDArray[np.int64]
    missing: Mapping[str, Mapping[str, int]]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()


def map_sheet(
    sheet: Sheet, mapping: SurveyMapping | None = None, *, rounds: Sequence[str | PlannedRound] | None = None
) -> Mapped:
    """Give the columns of an export their meaning, and collect what is wrong instead of stopping at it.

    Parameters
    ----------
    sheet, mapping, rounds
        As in `to_responses`.

    Returns
    -------
    Mapped
        The responses as far as they could be made, and all problems.

    Examples
    --------
    >>> from peereval.surveys.sheet import Sheet
    >>> sheet = Sheet(file="a.csv", source="csv", frame=pd.DataFrame({"round": ["start"], "who5_01": ["Never"]}))
    >>> [problem.text for problem in map_sheet(sheet, rounds=["start", "end"]).problems]
    ['1 cell holds a text without a code (row 2).', "nobody answered the round 'end': no row of the survey belongs to it."]
    """
    layout = mapping or SurveyMapping()
    names = names_of(rounds)
    written = list(layout.rename.round) or names or []
    placed = place_columns(sheet.file, list(map(str, sheet.frame.columns)), layout, written)
    work = _Work(sheet, layout, written if placed.wide else [])
    work.problems += [*placed.problems, *check_tables(sheet.file, placed.places, layout)]
    for place in placed.places:
        work.add(place)
    work.add_round(names)
    work.carry_arms()
    work.add_windows([each for each in rounds or () if isinstance(each, PlannedRound)])
    return Mapped(
        responses=work.frame_in_order(), placed=placed, rows=work.rows, missing=work.missing,
        problems=tuple(work.problems), notes=tuple(work.notes),
    )  # fmt: skip


class _Work:
    """The columns of the responses while they are made."""

    def __init__(self, sheet: Sheet, layout: SurveyMapping, written: Sequence[str]) -> None:
        self.sheet, self.layout, self.written = sheet, layout, written
        kept, self.notes = answer_rows(sheet, layout)
        # a frame of a million answers is not copied to leave out no row
        self.frame = sheet.frame if kept.all() else sheet.frame[kept]
        self.frame = self.frame.reset_index(drop=True)
        self.file_rows = np.flatnonzero(kept) + sheet.first_row
        self.rows = np.tile(self.file_rows, max(len(written), 1))
        self.columns: dict[str, pd.Series] = {}
        self.missing: dict[str, dict[str, int]] = {}
        self.problems: list[Problem] = []
        self.items: list[str] = []

    def add(self, place: Place) -> None:
        """Read the column of the file, or the one of each round, into a column of the responses."""
        if place.part in ("item", "local"):
            self.items.append(place.target)
            parts = [self._codes(place, column) for column in place.source]
        elif place.target in TIMES:
            parts = [self._times(column) for column in place.source]
        elif place.target in FLAGS:
            parts = [self._flags(place.target, column) for column in place.source]
        else:
            parts = [self._texts(column) if place.target in TEXTS else self.frame[column] for column in place.source]
        whole = self._stacked(parts)
        if place.target in TEXTS and place.target != "round":
            whole = self._renamed(as_text(whole), place.target, place.source[0])
        self.columns[place.target] = whole

    def add_round(self, names: Sequence[str] | None) -> None:
        """Put the rounds in their order, or say why that cannot be done."""
        if self.written:
            here = pd.Series(np.repeat(np.array(self.written, dtype=object), len(self.frame)), dtype="string")
            self.columns["round"] = here
        if "round" not in self.columns:
            self._say_no_round()
            return
        found = self.columns["round"]
        order = order_of(found, names, self.layout)
        texts = self._renamed(as_text(found), "round", self.layout.columns.round or "round")
        if order is None:
            text = "the file does not say in which order the rounds were held."
            self.problems.append(Problem(InvalidValueError, self.sheet.file, text, "Say rounds=['start', …]."))
            return
        known = pd.Categorical(texts.where(texts.isin(order)), categories=order, ordered=True)
        self.columns["round"] = pd.Series(known, index=texts.index)
        filled = self._answered() if self.written else None
        self.problems += [
            *undeclared(texts, order, self.rows, self.sheet.file, self.layout.rename.round),
            *without_answers(texts, order, filled, self.sheet.file),
            *twice(self.columns, self.rows, self.sheet.file),
        ]

    def carry_arms(self) -> None:
        """Give all rows of a person the arm that some of them hold: a person is in one arm throughout."""
        if not {"person", "arm"} <= set(self.columns):
            return
        arms = self.columns["arm"]
        of_person = arms.groupby(self.columns["person"])
        lost = arms.isna() & (of_person.transform("nunique") == 1)
        if lost.any():
            self.columns["arm"] = arms.where(~lost, of_person.transform("first"))
            self.notes.append(
                f"Rows without an arm that were given the one of the person's other rows: {int(lost.sum()):,}."
            )

    def _say_no_round(self) -> None:
        """Nothing holds the round; unless a column that was said to hold it is not there, which has been told."""
        if self.layout.columns.round is None and not any("{round}" in problem.text for problem in self.problems):
            hint = no_round(list(map(str, self.frame.columns)))
            text = "the responses have no column 'round'."
            self.problems.append(Problem(ColumnError, self.sheet.file, text, hint))

    def add_windows(self, planned: Sequence[PlannedRound]) -> None:
        """Flag the answers that were given out of the window of their round."""
        if "round" not in self.columns or not any(each.window for each in planned):
            return
        keys = {key: self.columns[key] for key in ("person", "round", "date") if key in self.columns}
        first_day, file = self.layout.first_day, self.sheet.file
        flags, problems = out_of_window(pd.DataFrame(keys), planned, first_day=first_day, file=file)
        if "out_of_window" in self.columns and not problems:
            self.notes += replaced_flags(self.columns["out_of_window"], flags)
        self.columns["out_of_window"] = flags
        self.problems += problems

    def frame_in_order(self) -> pd.DataFrame:
        """Give the responses: who and when first, then the answers, at last whether they are made up."""
        last = ("origin",)
        others = [name for name in self.columns if name not in (*_FIRST, *last)]
        order = [name for name in (*_FIRST, *others, *last) if name in self.columns]
        return pd.DataFrame({name: self.columns[name] for name in order}, index=pd.RangeIndex(len(self.rows)))

    def _answered(self) -> pd.Series | None:
        """Whether any item of a row was answered; None where there are no items to tell by."""
        items = [self.columns[name].notna() for name in self.items]
        return pd.concat(items, axis=1).any(axis=1) if items else None

    def _where(self, column: str) -> str:
        return f"{self.sheet.file}, column {column!r}"

    def _codes(self, place: Place, column: str) -> pd.Series:
        table, missing = table_of(place, column, self.layout), missing_of(place, column, self.layout)
        read = read_codes(self.frame[column], table, missing, rows=self.file_rows, where=self._where(column))
        if read.missing:
            self.missing[column] = read.missing
        self.problems += read.problems
        # a table says of each code what it means, whatever the file's labels say
        if not read.problems and not table:
            empty = {as_written(code) for code in (*missing, *self.sheet.missing.get(column, ()))}
            labels = self.sheet.labels.get(column, {})
            self.problems += unlabelled(
                self.frame[column], labels, empty, rows=self.file_rows, where=self._where(column)
            )
        return read.codes

    def _times(self, column: str) -> pd.Series:
        times, problems = as_times(self.frame[column], self.file_rows, self._where(column), self.layout.date_format)
        self.problems += problems
        return times

    def _flags(self, key: str, column: str) -> pd.Series:
        table = getattr(self.layout.rename, key, {})
        flags, problems = as_flags(self.frame[column], table, self.file_rows, self._where(column))
        self.problems += problems
        return flags

    def _texts(self, column: str) -> pd.Series:
        """Give a column of keys without what makes two of one key: spaces around it."""
        cells = self.frame[column]
        if not isinstance(cells.dtype, pd.StringDtype):
            return cells
        bare = cells.str.strip()
        changed = int((bare != cells)[cells.notna()].sum())
        if changed:
            self.notes.append(f"Cells of {column!r} whose spaces at the ends were taken off: {changed:,}.")
        return bare.mask(bare == "")

    def _stacked(self, parts: Sequence[pd.Series]) -> pd.Series:
        """The rounds of a wide file under one another; what stands once is said of each round."""
        if not self.written:
            return parts[0]
        return pd.concat(parts if len(parts) > 1 else [*parts] * len(self.written), ignore_index=True)

    def _renamed(self, texts: pd.Series, key: str, column: str) -> pd.Series:
        table: dict[str, str] = getattr(self.layout.rename, key, {})
        if not table:
            return texts
        unknown = set(texts.dropna().unique()) - set(table) - set(table.values())
        if unknown:
            count = int(texts.isin(unknown).sum())
            cells = "1 cell holds" if count == 1 else f"{count} cells hold"
            text = f"{cells} {shown_values(unknown)}, which the table rename.{key} does not name."
            self.problems.append(
                Problem(InvalidValueError, self._where(column), text, f"It names {', '.join(map(repr, table))}.")
            )
        return texts.map(table).astype("string").fillna(texts)
