"""Contacts of a register to episodes, index stays and a rate."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import peereval as pe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTACTS = 1_000_000

# the Danish rule written by hand in one statement
BY_HAND = """
with placed as (
    select *, max(coalesce(discharged, timestamp '9999-12-31')) over (
        partition by person order by admitted, discharged rows between unbounded preceding and 1 preceding) as reach
    from '{path}'),
numbered as (
    select *, sum(case when reach is null or admitted > reach + interval 4 hour then 1 else 0 end) over (
        partition by person order by admitted, discharged rows unbounded preceding) as episode
    from placed),
stays as (
    select person, episode, min(admitted) as admitted, max(discharged) as discharged,
           arg_min(acute, admitted) as acute, arg_max(unit, discharged) as unit
    from numbered group by person, episode),
admissions as (select * from stays where discharged >= admitted + interval 12 hour),
judged as (
    select *, min(case when acute then admitted end) over (
        partition by person order by admitted rows between 1 following and unbounded following) as back
    from admissions)
select unit, avg(case when back <= discharged + interval 30 day then 1.0 else 0.0 end) as rate, count(*) as stays
from judged where discharged <= timestamp '2020-12-01' group by unit order by unit
"""


def register(path: Path) -> None:
    """Write synthetic contacts, four a person over ten years."""
    rng = np.random.default_rng(1)
    persons = rng.integers(0, CONTACTS // 4, CONTACTS)
    minute = np.int64(60_000_000)
    admitted = np.datetime64("2011-01-01", "us").astype(np.int64) + rng.integers(0, 3650 * 24 * 60, CONTACTS) * minute
    length = np.maximum(rng.lognormal(7.6, 1.4, CONTACTS), 30).astype(np.int64) * minute
    table = {
        "person": pa.array([f"p{number:08d}" for number in persons]),
        "admitted": pa.array(admitted, pa.timestamp("us")),
        "discharged": pa.array(admitted + length, pa.timestamp("us")),
        "acute": pa.array(rng.random(CONTACTS) < 0.8),
        "specialty": pa.array(["psychiatric"] * CONTACTS),
        "unit": pa.array([f"W{number}" for number in rng.integers(0, 40, CONTACTS)]),
    }
    pq.write_table(pa.table(table), path)


def cases() -> Iterator[tuple[str, dict[str, Callable[[], object]], int]]:
    """The whole way from a parquet file to a rate by unit."""
    warnings.simplefilter("ignore", pe.UnverifiedWarning)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.parquet"
        register(path)

        def ours() -> object:
            return pe.readmission_rate(pe.readmissions(pe.read_contacts(path), definition="dk-30"), by="unit").estimates

        def by_hand() -> object:
            return duckdb.sql(BY_HAND.format(path=path)).fetchall()

        yield f"readmission rate by unit, {CONTACTS:,} contacts", {"ours": ours, "DuckDB SQL by hand": by_hand}, 5
