"""Contacts of a register to episodes, index stays and a rate."""

from __future__ import annotations

import os
import tempfile
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import peereval as pe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# PEEREVAL_CONTACTS=1000000,10000000,100000000 measures more
SIZES = [int(size) for size in os.environ.get("PEEREVAL_CONTACTS", "1000000").split(",")]
PANDAS_UP_TO = 1_000_000
END = datetime(2020, 12, 31)  # noqa: DTZ001 - registers hold local times

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


def with_pandas(path: Path) -> pd.DataFrame:
    """The same rule in vectorised pandas; no contact is open."""
    table = pd.read_parquet(path).sort_values(["person", "admitted", "discharged"], ignore_index=True)
    reach = table.groupby("person", sort=False)["discharged"].cummax()
    same = table["person"].eq(table["person"].shift())
    table["opens"] = ~same | (table["admitted"] > reach.shift() + pd.Timedelta("4h"))
    table["reach"], table["episode"] = reach, table["opens"].cumsum()
    table["unit"] = table["unit"].where(table["discharged"] == reach).ffill()
    closes = table["opens"].shift(-1, fill_value=True)
    stays = table.loc[closes, ["episode", "person", "unit", "reach"]].reset_index(drop=True)
    first = table.loc[table["opens"], ["admitted", "acute"]].reset_index(drop=True)
    stays = stays.join(first)
    stays = stays[stays["reach"] >= stays["admitted"] + pd.Timedelta("12h")].reset_index(drop=True)
    back = stays["admitted"].where(stays["acute"]).groupby(stays["person"], sort=False).shift(-1)
    stays["back"] = back.groupby(stays["person"], sort=False).bfill()
    counted = stays[stays["reach"] <= "2020-12-01"]
    readmitted = counted["back"] <= counted["reach"] + pd.Timedelta("30D")
    return readmitted.groupby(counted["unit"]).agg(["mean", "size"])


def register(path: Path, contacts: int) -> None:
    """Write synthetic contacts, four a person over ten years."""
    rng = np.random.default_rng(1)
    persons = rng.integers(0, contacts // 4, contacts)
    minute = np.int64(60_000_000)
    admitted = np.datetime64("2011-01-01", "us").astype(np.int64) + rng.integers(0, 3650 * 24 * 60, contacts) * minute
    length = np.maximum(rng.lognormal(7.6, 1.4, contacts), 30).astype(np.int64) * minute
    table = {
        "person": pa.array([f"p{number:08d}" for number in persons]),
        "admitted": pa.array(admitted, pa.timestamp("us")),
        "discharged": pa.array(admitted + length, pa.timestamp("us")),
        "acute": pa.array(rng.random(contacts) < 0.8),
        "specialty": pa.array(["psychiatric"] * contacts),
        "unit": pa.array([f"W{number}" for number in rng.integers(0, 40, contacts)]),
    }
    pq.write_table(pa.table(table), path)


def cases() -> Iterator[tuple[str, dict[str, Callable[[], object]], int]]:
    """The whole way from a parquet file to a rate by unit."""
    warnings.simplefilter("ignore", pe.UnverifiedWarning)
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "contacts.parquet"
            register(path, size)

            def ours(path: Path = path) -> object:
                stays = pe.readmissions(pe.read_contacts(path), definition="dk-30", followup_end=END)
                return pe.readmission_rate(stays, by="unit").estimates

            def by_hand(path: Path = path) -> object:
                return duckdb.sql(BY_HAND.format(path=path)).fetchall()

            calls = {"ours": ours, "DuckDB SQL by hand": by_hand}
            if size <= PANDAS_UP_TO:
                calls["pandas"] = lambda path=path: with_pandas(path)
            yield f"readmission rate by unit, {size:,} contacts", calls, 3
