"""REDCap: the raw export, one row a record and event or repeated instrument."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peereval.errors import LayoutError
from peereval.surveys.layout import Head, Header, Layout, plain_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from peereval.surveys.mapping import SurveyMapping
    from peereval.surveys.sheet import Sheet

_KEYS = {"redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"}
_REPEAT = {"redcap_repeat_instrument", "redcap_repeat_instance"}
_KEY_LABELS = {"Event Name", "Repeat Instrument", "Repeat Instance", "Complete?"}
_CHECKBOX = re.compile(r"(?P<field>\w+?)___\w+")
_STATUS: dict[float | str, str] = {0.0: "incomplete", 1.0: "unverified", 2.0: "complete"}
_STATUS_LABELS = {"Incomplete", "Unverified", "Complete"}
_BOX_LABELS = {"Checked", "Unchecked"}
_HINT = "Export it again as 'CSV / Microsoft Excel (raw data)': labels cannot be scored."


def _recognises(head: Head) -> bool:
    names = [name.strip() for name in head[0]]
    if _KEYS & set(names) or len(_KEY_LABELS & set(names)) > 1:
        return True
    forms = any(name.endswith("_complete") for name in names)
    boxes = any(_CHECKBOX.fullmatch(name) for name in names)
    return forms and (names[0] == "record_id" or boxes)


def _header(head: Head, file: str) -> Header:
    found = plain_header(head, file)
    labelled = sorted(_KEY_LABELS & set(found.names))
    if labelled and not _KEYS & set(found.names):
        msg = f"{file}: an export from REDCap with labels for names (column {labelled[0]!r})."
        raise LayoutError(msg, hint=_HINT)
    return found


def _finish(sheet: Sheet) -> Sheet:
    frame = sheet.frame
    forms = [name for name in frame.columns if name.endswith("_complete") and _is_status(frame[name])]
    fields = list(dict.fromkeys(found["field"] for name in frame.columns if (found := _CHECKBOX.fullmatch(name))))
    for name in frame.columns:
        _check_codes(sheet, name)
    notes = [f"Raw export from REDCap; forms: {', '.join(name.removesuffix('_complete') for name in forms) or 'none'}."]
    if fields:
        notes.append(f"Checkbox fields, one column an option: {', '.join(fields)}.")
    if "redcap_repeat_instrument" in frame.columns:
        repeated = int(frame["redcap_repeat_instrument"].notna().sum())
        notes.append(f"{repeated:,} of {len(frame):,} rows belong to a repeated instrument.")
    return replace(sheet, labels=dict.fromkeys(forms, _STATUS), notes=(*sheet.notes, *notes))


def answer_rows(sheet: Sheet, mapping: SurveyMapping) -> tuple[NDArray[np.bool_], list[str]]:
    """Tell which rows are answers of a round: not those of repeated instruments, which share its record and event.

    Parameters
    ----------
    sheet : Sheet
        Any export.
    mapping : SurveyMapping
        Which column is what. Where a key is read from ``redcap_repeat_instrument`` or ``redcap_repeat_instance``, the
        repeated rows are the answers, and all rows are kept; so they are if there are no others.

    Returns
    -------
    tuple of ndarray of bool and list of str
        Whether each row is kept, and a note of how many are not.

    Examples
    --------
    >>> from peereval.surveys.mapping import SurveyMapping
    >>> from peereval.surveys.sheet import Sheet
    >>> frame = pd.DataFrame({"record_id": ["a", "a"], "redcap_repeat_instrument": [None, "visit"]})
    >>> kept, notes = answer_rows(Sheet(file="a.csv", source="redcap", frame=frame), SurveyMapping())
    >>> kept.tolist(), notes
    ([True, False], ['Rows of repeated instruments that were left out: 1.'])
    """
    every = np.ones(len(sheet.frame), dtype=bool)
    named = _REPEAT & set(mapping.columns.model_dump().values())
    if sheet.source != "redcap" or "redcap_repeat_instrument" not in sheet.frame.columns or named:
        return every, []
    kept = sheet.frame["redcap_repeat_instrument"].isna().to_numpy()
    if kept.all() or not kept.any():
        return every, []
    return kept, [f"Rows of repeated instruments that were left out: {int((~kept).sum()):,}."]


def _is_status(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and bool(column.dropna().isin(list(_STATUS)).all())


def _check_codes(sheet: Sheet, name: str) -> None:
    words = _STATUS_LABELS if name.endswith("_complete") else _BOX_LABELS if _CHECKBOX.fullmatch(name) else None
    column = sheet.frame[name]
    if words is None or pd.api.types.is_numeric_dtype(column):
        return
    if column.notna().any() and column.dropna().isin(list(words)).all():
        row = sheet.first_row + int(column.notna().to_numpy().argmax())
        msg = f"{sheet.file}, row {row:,}, column {name!r}: a label, where a raw export from REDCap has a code."
        raise LayoutError(msg, hint=_HINT)


REDCAP = Layout(source="redcap", recognises=_recognises, header=_header, finish=_finish)
"""Recognised by REDCap's own columns (`redcap_event_name` and the like), or by forms with a record id or checkboxes."""
