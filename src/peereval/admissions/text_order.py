"""Texts in the same order on every engine."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir


def sortable(table: ir.Table, name: str) -> ir.Value:
    """Give a column as windows may order by it: PostgreSQL sorts texts by the language of the database, others by bytes.

    Parameters
    ----------
    table : ibis Table
        Any table.
    name : str
        One of its columns.

    Returns
    -------
    ibis Value
        The column; its bytes where it is a text in PostgreSQL.
    """
    value = table[name]
    if not value.type().is_string() or "postgres" not in {engine.name for engine in table._find_backends()[0]}:  # noqa: SLF001 - get_backend refuses tables without an engine
        return value
    return _bytes()(value, "UTF8")


@cache
def _bytes() -> Any:
    import ibis

    def convert_to(text: str, encoding: str) -> bytes:
        # PostgreSQL has a function of this name; what it does is
        return text.encode(encoding)

    return ibis.udf.scalar.builtin(convert_to)
