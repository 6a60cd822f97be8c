"""Readers of exports: whatever the bytes and the cells, a sheet or an error of ours; and what was written is read."""

from __future__ import annotations

import csv
import io
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from peereval.errors import PeerevalError
from peereval.surveys.cells import Reading, read_cells
from peereval.surveys.delimited import check_quotes
from peereval.surveys.distinct import distinct
from peereval.surveys.exports import read_sheet
from peereval.surveys.sheet import Sheet

MAKE = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "spec/make_exports.py")))
TOOLS = ("redcap", "limesurvey", "qualtrics", "surveyxact", "enalyzer", "csv", None)
BOOK = MAKE.workbook([["id", "x", "d"], ["007", 1.5, "2026-01-05"], ["012", None, "2026-01-06"]])
SAV = MAKE.sav()
PARQUET = MAKE.parquet()

CELLS = st.one_of(
    st.sampled_from([
        "", " ", "NA", "N/A", "-oth-", "007", "0", "1", "-9", "1,5", "1.5", "1.234", ".5", "1e-05", "nan", "1e999", "2026-01-05",
        "05-01-2026", "13/01/2026", "01-13-2026", "2026-02-30", "A1", "Complete", "Checked", '{"ImportId":"QID1"}', '"', ";", "é",
        "9999-12-31", "0001-01-01", "12345678901234567890", "TRUE", "=1+1", "#N/A", "\n",
    ]),
    st.text(max_size=6),
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from([
        "", "id", "x", "record_id", "redcap_event_name", "who5_complete", "box___1", "Event Name", "Complete?", "submitdate",
        "lastpage", "submitdate. Date submitted", "StartDate", "ResponseID", "Finished", "Status", "V1", "sep=;",
    ]),
    st.text(max_size=4),
)  # fmt: skip


@st.composite
def grids(draw):
    """Names and rows of cells, the rows mostly as long as the names."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5))
    row = st.lists(CELLS, min_size=len(names), max_size=len(names))
    return [names, *draw(st.lists(st.one_of(row, row, row, st.lists(CELLS, max_size=6)), max_size=6))]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


def read_or_refuse(place, content, name, **how):
    """A sheet that keeps what it promises, or None where an error of ours came."""
    file = place / name
    file.write_bytes(content)
    try:
        found = read_sheet(file, **how)
    except PeerevalError as error:
        assert error.message  # noqa: PT017 - which error it is depends on the content
        return None
    assert isinstance(found, Sheet)
    assert found.frame.columns.is_unique
    for column in found.frame.columns:
        kind = found.frame[column].dtype
        assert kind in {np.dtype("int64"), np.dtype("float64"), np.dtype("M8[us]")} or isinstance(kind, pd.StringDtype)
    return found


def answers_for(source):
    return {"answers": "values"} if source in {"surveyxact", "enalyzer"} else {}


@given(content=st.binary(max_size=200), source=st.sampled_from(TOOLS))
@example(content=b'"', source=None)
@example(content=b"a;b\r1;2\r", source=None)
@example(content=b"sep=", source=None)
@example(content=b"sep=\n", source=None)
@example(content=b'sep="\na"b\n', source=None)
@example(content="sep=é\naéb".encode(), source=None)
@example(content=b"\r", source="qualtrics")
def test_bytes_of_any_kind(place, content, source):
    read_or_refuse(place, content, "any.csv", source=source, **answers_for(source))


@given(start=st.sampled_from([each() for each in MAKE.TEXTS]), data=st.data(), source=st.sampled_from(TOOLS))
def test_exports_with_bytes_changed(place, start, data, source):
    content = bytearray(start)
    for where in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[where] = data.draw(st.sampled_from(b'";,\n\r\t\0\xe6\x81 09A'))
    read_or_refuse(place, bytes(content), "export.csv", source=source, **answers_for(source))


@given(
    rows=grids(),
    separator=st.sampled_from(";,\t|"),
    source=st.sampled_from(TOOLS),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_grids_of_cells_as_text(place, rows, separator, source, encoding):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    content = text.getvalue().encode(encoding, "replace")
    read_or_refuse(place, content, "grid.csv", source=source, **answers_for(source))


VALUES = st.one_of(
    CELLS.map(lambda text: "".join(sign for sign in text if sign.isprintable() and sign < "\ud800")),
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.datetimes().filter(lambda t: t.year > 1900),
    st.dates().filter(lambda t: t.year > 1900), st.times(), st.timedeltas(),
)  # fmt: skip


@given(rows=st.lists(st.lists(VALUES, max_size=5), max_size=6), source=st.sampled_from([*TOOLS[:5], "xlsx", None]))
def test_grids_of_cells_in_a_workbook(place, rows, source):
    read_or_refuse(place, MAKE.workbook(rows), "grid.xlsx", source=source, **answers_for(source))


@given(data=st.data(), cut=st.integers(50, len(BOOK)))
def test_workbooks_with_bytes_changed(place, data, cut):
    content = bytearray(BOOK[:cut] if data.draw(st.booleans()) else BOOK)
    for where in data.draw(st.lists(st.integers(4, len(content) - 1), max_size=4)):
        content[where] = data.draw(st.integers(0, 255))
    read_or_refuse(place, bytes(content), "book.xlsx")


@given(data=st.data())
def test_parts_of_workbooks_with_bytes_changed(place, data):
    """Unpacked, changed and packed again, since a packed part that was changed fails at its checksum."""
    import zipfile

    content = zipfile.ZipFile(io.BytesIO(BOOK))
    parts = {name: bytearray(content.read(name)) for name in content.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    for where in data.draw(st.lists(st.integers(0, len(parts[name]) - 1), max_size=4)):
        parts[name][where] = data.draw(st.integers(0, 255))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for each, part in parts.items():
            archive.writestr(each, bytes(part))
    read_or_refuse(place, file.getvalue(), "book.xlsx")


@given(data=st.data())
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
def test_spss_files_with_bytes_changed(place, data):
    """Few, since each is read in a process of its own."""
    content = bytearray(SAV)
    for where in data.draw(st.lists(st.integers(4, len(content) - 1), min_size=1, max_size=6)):
        content[where] = data.draw(st.integers(0, 255))
    read_or_refuse(place, bytes(content), "made.sav")


@given(data=st.data())
def test_parquet_files_with_bytes_changed(place, data):
    content = bytearray(PARQUET)
    for where in data.draw(st.lists(st.integers(4, len(content) - 1), min_size=1, max_size=6)):
        content[where] = data.draw(st.integers(0, 255))
    read_or_refuse(place, bytes(content), "kept.parquet")


@given(
    values=st.lists(st.one_of(st.none(), st.integers(-999, 999), st.decimals(-99, 99, places=2)), min_size=1),
    mark=st.sampled_from(",."),
)
def test_numbers_are_those_of_float(values, mark):
    """The oracle is Python's own float, cell by cell."""
    texts = [None if value is None else str(value).replace(".", mark) for value in values]
    frame, _, _ = read_cells({"x": pa.chunked_array([pa.array(texts, pa.string())])}, Reading(file="f", first_row=2))
    expected = [np.nan if value is None else float(value) for value in values]
    np.testing.assert_array_equal(frame["x"].to_numpy(float), expected)


@given(
    cells=st.lists(st.one_of(st.none(), st.sampled_from(["1", "2", "10", "ø", "æ3"]), st.text(max_size=3)), max_size=40)
)
def test_distinct_values_put_together_again_are_the_cells(cells):
    cells = [None if not cell or "\0" in cell or not cell.isprintable() else cell for cell in cells]
    both = pa.chunked_array([pa.array([*cells, "1", *cells], pa.string())]).slice(len(cells) + 1)
    values, codes = distinct(both.combine_chunks())
    assert [*values.to_pylist(), None][-1] is None
    assert [[*values.to_pylist(), None][code] for code in codes] == cells
    assert len(set(values.to_pylist())) == len(values)


@given(rows=st.lists(st.lists(st.text('ab"\n;\r é', max_size=5), min_size=2, max_size=2), min_size=1))
def test_quotation_marks_as_they_are_written_pair(rows):
    text = io.StringIO()
    csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    check_quotes(text.getvalue().encode(), ";", "f", above=0)


@given(rows=st.lists(st.tuples(st.text("ab,\n", max_size=4), st.integers(0, 9)), min_size=1))
def test_what_was_written_is_read(place, rows):
    """The oracle is what Python's csv module wrote."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([["word", "x"], *rows])
    found = read_or_refuse(place, text.getvalue().encode(), "written.csv")
    words = [None if pd.isna(word) else word for word in found.frame["word"]]
    assert words == [word if word.strip() else None for word, _ in rows]
    assert found.frame["x"].tolist() == [x for _, x in rows]
