"""Run by `spss.py` in a process of its own: an SPSS file on standard input to an Arrow stream on standard output.

The parser is written in C and can crash on a damaged file; here that ends this process, not the notebook.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

ENCODING = "WINDOWS-1252"
"""In which texts are read where the file names no encoding, or one that does not fit."""
MAX_COLUMNS = 2_000
DESCRIPTION = b"spss"


def parse(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the columns and what the file says of them.

    Parameters
    ----------
    data : bytes
        The file's content.

    Returns
    -------
    tuple of dict and dict
        Column to values, without rows where there are far too many columns; and the description: encoding, and by
        column its kind, label, value labels and declared missing values.
    """
    from pyreadstat import ReadstatError, read_sav

    def read(*, rows: bool, encoding: str | None) -> tuple[Any, Any]:
        return read_sav(
            io.BytesIO(data), user_missing=True, disable_datetime_conversion=True, output_format="dict",
            metadataonly=not rows, encoding=encoding,
        )  # fmt: skip

    encoding = None
    try:
        columns, meta = read(rows=False, encoding=None)
        if len(meta.column_names) <= MAX_COLUMNS:
            columns, meta = read(rows=True, encoding=None)
    except ReadstatError:
        encoding = ENCODING
        columns, meta = read(rows=True, encoding=ENCODING)
    return columns, {
        "encoding": encoding or meta.file_encoding,
        "names": meta.column_names,
        "kinds": meta.original_variable_types,
        "questions": {name: text for name, text in meta.column_names_to_labels.items() if text},
        "labels": {name: list(each.items()) for name, each in meta.variable_value_labels.items()},
        "missing": {
            name: [(each["lo"], each["hi"]) for each in ranges] for name, ranges in meta.missing_ranges.items()
        },
    }


def main() -> None:
    """Read the file from standard input, write the table to standard output."""
    import pyarrow as pa

    columns, description = parse(sys.stdin.buffer.read())
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    table = table.replace_schema_metadata({DESCRIPTION: json.dumps(description).encode()})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    sys.stdout.buffer.write(sink.getvalue())


if __name__ == "__main__":
    main()
