"""Times that each Spark session would show in a zone of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peereval.errors import ColumnError

if TYPE_CHECKING:
    import ibis.expr.types as ir


def refuse_instants(contacts: ir.Table) -> None:
    """Refuse a Spark table whose times are instants: registers hold local times, and Ibis shows instants as those of UTC.

    Parameters
    ----------
    contacts : ibis Table
        As the caller gave it. Other engines tell the types apart, and the contract refuses a time zone there. Contacts
        that have been read before, and dates, whose times of day nobody counts, are not looked at.

    Raises
    ------
    ColumnError
        A column has Spark's type ``TIMESTAMP`` instead of ``TIMESTAMP_NTZ``.
    """
    engine = contacts.get_backend()
    if engine.name != "pyspark" or {"reason", "dates_only"} & set(contacts.columns):
        return
    instants = [name for name, kind in engine.raw_sql(engine.compile(contacts)).dtypes if kind == "timestamp"]
    if instants:
        msg = (
            f"The column {instants[0]!r} of the contacts is a TIMESTAMP of Spark, an instant; local times are expected."
        )
        raise ColumnError(
            msg, hint="In Spark SQL: CAST(from_utc_timestamp(…, 'Europe/Copenhagen') AS TIMESTAMP_NTZ), or your zone."
        )
