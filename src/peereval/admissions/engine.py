"""The one door to the engine that does the work on contacts.

Everything is written once as Ibis expressions. A pandas frame or a parquet path runs on Ibis's default back end,
which is DuckDB in this process; an Ibis table runs where it lives.
"""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from peereval.errors import MissingFileError, UnsupportedInputError
from peereval.files import parquet_origin

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

Source: TypeAlias = "pd.DataFrame | str | Path | ir.Table"
ROW = "row_number_in_source"
"""Column that numbers the rows of a frame or file from 1, for messages."""


def as_table(source: Source) -> ir.Table:
    """Make an Ibis table of what the caller has.

    Parameters
    ----------
    source : DataFrame, str, Path or ibis Table
        A frame, a parquet file or a pattern of parquet files, or a table of any Ibis back end.

    Returns
    -------
    ibis Table
        The same rows; those of a frame or file with a column `ROW`.

    Raises
    ------
    MissingFileError, UnreadableFileError
        The file is not there or no whole parquet file.
    UnsupportedInputError
        Something else was given.
    """
    import ibis

    if isinstance(source, ibis.Table):
        return source
    if isinstance(source, pd.DataFrame):
        return ibis.memtable(_arrow(source))
    if isinstance(source, str | Path):
        return _from_files(source)
    msg = f"Contacts cannot be read from {type(source).__name__}."
    raise UnsupportedInputError(msg, hint="Give a pandas frame, a parquet path or an Ibis table.")


def to_pandas(table: ir.Table) -> pd.DataFrame:
    """Pull a table's rows into pandas, with nullable text and flags.

    Parameters
    ----------
    table : ibis Table
        Any Ibis expression.

    Returns
    -------
    DataFrame
        Its rows.
    """
    frame: pd.DataFrame = table.to_pyarrow().to_pandas(types_mapper=_pandas_type)
    return frame


def given_back(table: ir.Table, source: Source, order: tuple[str, ...] = ()) -> Any:
    """Give a table back in the kind that the caller gave.

    Parameters
    ----------
    table : ibis Table
        The answer.
    source : DataFrame, str, Path or ibis Table
        What the caller gave.
    order : tuple of str
        The columns by which the rows of a frame are ordered; a table of an engine has no order.

    Returns
    -------
    DataFrame or ibis Table
        A frame for a frame, an Ibis table for a path or a table.
    """
    if not isinstance(source, pd.DataFrame):
        return table
    return to_pandas(table.order_by(*order) if order else table)


def _from_files(source: str | Path) -> ir.Table:
    import ibis

    paths = sorted(glob(str(source)))  # noqa: PTH207 - a pattern may be absolute if any(sign in str(source) for sign in "*?[") else [str(existing_file(source))]
    if not paths:
        msg = f"No file matches {source}."
        raise MissingFileError(msg, hint="Look at the folder and the pattern.")
    if any(not path.endswith(".parquet") for path in paths):
        msg = f"{Path(paths[0]).name} is no parquet file; contacts are read from .parquet."
        raise UnsupportedInputError(msg, hint="Read other files with pandas and give the frame.")
    origins = {parquet_origin(Path(path)) for path in paths}
    table = ibis.read_parquet(paths, file_row_number=True)
    table = table.mutate(**{ROW: table["file_row_number"] + 1}).drop("file_row_number")
    made = next((mark for mark in ("synthetic", "reconstructed") if mark in origins), None)
    return table if made is None else table.mutate(origin=ibis.literal(made))


def _arrow(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    numbered = frame.assign(**{ROW: range(1, len(frame) + 1)})
    table = pa.Table.from_pandas(numbered, preserve_index=False)
    return table.cast(pa.schema([_engine_type(field) for field in table.schema]))


def _engine_type(field: pa.Field) -> pa.Field:
    """Microseconds for times, plain text for categories, text for columns without any value."""
    import pyarrow as pa

    if pa.types.is_timestamp(field.type):
        return field.with_type(pa.timestamp("us", field.type.tz))
    if pa.types.is_dictionary(field.type) or pa.types.is_null(field.type) or pa.types.is_large_string(field.type):
        return field.with_type(pa.string())
    return field


def _pandas_type(kind: pa.DataType) -> object:
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.StringDtype()
    return pd.BooleanDtype() if pa.types.is_boolean(kind) else None
