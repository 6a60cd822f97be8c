"""The one door to the engine that does the work on contacts.

Everything is written once as Ibis expressions. A pandas frame or a parquet path runs on Ibis's default back end,
which is DuckDB in this process; an Ibis table runs where it lives.
"""

from __future__ import annotations

from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from peereval.admissions.instants import refuse_instants
from peereval.admissions.sources import read_frame
from peereval.contracts import CONTACTS
from peereval.errors import ColumnError, MissingFileError, UnsupportedInputError
from peereval.files import existing_file, parquet_origin

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from peereval.contracts import Contract

Source: TypeAlias = "pd.DataFrame | str | Path | ir.Table"
ROW = "row_number_in_source"
"""Column that numbers the rows of a frame or file from 1, for messages."""
_MICROSECONDS = 6
_TYPES = {"time": "timestamp(6)", "flag": "boolean", "integer": "int64", "number": "float64"}


def as_table(source: Source, contract: Contract) -> ir.Table:
    """Make an Ibis table of what the caller has.

    Parameters
    ----------
    source : DataFrame, str, Path or ibis Table
        A frame, a file, a folder or pattern of parquet files, or a table of any Ibis back end.
    contract : Contract
        What the table should look like.

    Returns
    -------
    ibis Table
        The same rows; those of a frame or file with a column `ROW`. Times are in microseconds, and columns
        without any value have the contract's type.

    Raises
    ------
    MissingFileError, UnreadableFileError
        The file is not there or no whole parquet file.
    ColumnError
        A column of a frame holds values of several kinds.
    UnsupportedInputError
        Something else was given.
    """
    return _typed(_opened(source, contract), contract)


def _opened(source: Source, contract: Contract) -> ir.Table:
    import ibis

    if isinstance(source, ibis.Table):
        if contract is CONTACTS:
            refuse_instants(source)
        return source
    if isinstance(source, pd.DataFrame):
        return ibis.memtable(_arrow(source, contract))
    if isinstance(source, str | Path):
        return _from_files(source, contract)
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


def constant(table: ir.Table, name: str) -> tuple[Any] | None:
    """Give the value of a column that is the same in all rows by its making, without looking at any row.

    Parameters
    ----------
    table : ibis Table
        Any Ibis expression.
    name : str
        One of its columns.

    Returns
    -------
    tuple of one value, or None
        None where the rows would have to be asked.
    """
    import ibis.expr.operations as ops

    relation = table.op()
    while True:
        if isinstance(relation, ops.Project):
            value = relation.values[name]  # noqa: PD011 - Ibis's, not pandas'
            if isinstance(value, ops.Literal):
                return (value.value,)
            if not isinstance(value, ops.Field):
                return None
            relation, name = value.rel, value.name
        elif isinstance(relation, ops.Filter):
            relation = relation.parent
        else:
            return None


def _from_files(source: str | Path, contract: Contract) -> ir.Table:
    import ibis

    paths = _paths(source)
    if not paths:
        msg = f"No file matches {source}."
        raise MissingFileError(msg, hint="Look at the folder and the pattern.")
    others = [path for path in paths if not path.endswith(".parquet")]
    if others and len(paths) > 1:
        msg = f"{Path(others[0]).name} is one of {len(paths)} files; several files are read from .parquet only."
        raise UnsupportedInputError(msg, hint="Give one file, or put the frames together.")
    if others:
        return ibis.memtable(_arrow(read_frame(Path(others[0]), contract), contract))
    origins = {parquet_origin(Path(path)) for path in paths}
    _forget_files()
    table = ibis.read_parquet(paths, file_row_number=True)
    table = table.mutate(**{ROW: table["file_row_number"] + 1}).drop("file_row_number")
    made = next((mark for mark in ("synthetic", "reconstructed") if mark in origins), None)
    return table if made is None else table.mutate(origin=ibis.literal(made))


def _paths(source: str | Path) -> list[str]:
    """The files of a path, folder or pattern; a path that is no pattern must exist."""
    if Path(source).is_dir():
        return sorted(str(path) for path in Path(source).rglob("*.parquet"))
    if Path(source).is_file() or not any(sign in str(source) for sign in "*?["):
        return [str(existing_file(source))]
    return sorted(glob(str(source)))  # noqa: PTH207 - a pattern may be absolute


def _forget_files() -> None:
    """DuckDB keeps files in memory by the second of their last change: one rewritten within it would be read as it was."""
    import ibis

    engine = ibis.get_backend()
    if engine.name == "duckdb":
        engine.raw_sql("SET enable_external_file_cache = false")


def _typed(table: ir.Table, contract: Contract) -> ir.Table:
    """Times in microseconds, and columns without any value as the contract has them."""
    import ibis

    finer = {
        name: table[name].cast(ibis.dtype("timestamp(6)"))
        for name, kind in table.schema().items()
        if kind.is_timestamp() and kind.timezone is None and kind.scale not in (None, _MICROSECONDS)
    }
    finer |= {name: table[name].cast(ibis.dtype("timestamp(6)")) for name in _dates(table, contract)}
    wanted = {column.name: ibis.dtype(_TYPES.get(column.kind, "string")) for column in contract.columns}
    other = [
        name
        for name in wanted
        if name in table.columns and name not in finer and type(table[name].type()) is not type(wanted[name])
    ]
    if other:
        filled = table.aggregate(**{name: table[name].count() for name in other}).to_pyarrow().to_pylist()[0]
        finer |= {name: ibis.null(wanted[name]) for name in other if not filled[name]}
    times = [column.name for column in contract.columns if column.kind == "time" and column.name in table.columns]
    if times and set(times) == set(_dates(table, contract)):
        finer["dates_only"] = ibis.literal(value=True)
    return table.mutate(**finer) if finer else table


def _dates(table: ir.Table, contract: Contract) -> list[str]:
    """Columns of times that hold dates without a time of day."""
    times = [column.name for column in contract.columns if column.kind == "time" and column.name in table.columns]
    return [name for name in times if table[name].type().is_date()]


def _arrow(frame: pd.DataFrame, contract: Contract) -> pa.Table:
    import pyarrow as pa

    numbered = frame.assign(**{ROW: range(1, len(frame) + 1)})
    try:
        table = pa.Table.from_pandas(numbered, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Arrow's message quotes a cell
        raise _mixed(frame, contract) from None
    # times finer than a microsecond are cut, not refused
    return table.cast(pa.schema([_engine_type(field) for field in table.schema]), safe=False)


def _mixed(frame: pd.DataFrame, contract: Contract) -> ColumnError:
    name = next(name for name in frame.columns if not _is_one_kind(frame[name]))
    kinds = frame[name].reset_index(drop=True).dropna().map(lambda cell: type(cell).__name__).drop_duplicates()
    shown = ", ".join(f"{kind} in row {number}" for number, kind in zip(kinds.index + 1, kinds, strict=True))
    msg = f"The column {name!r} of the {contract.name} holds values that are not all of one kind: {shown}."
    return ColumnError(msg, hint="Make it text, a number, a flag or a time throughout, or drop it before reading.")


def _is_one_kind(column: pd.Series) -> bool:
    import pyarrow as pa

    try:
        pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True


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
