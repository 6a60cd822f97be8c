"""Contacts of a register to episodes, index stays and a rate."""

from __future__ import annotations

import os
import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from subject import Subject

import peereval as pe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# PEEREVAL_CONTACTS=1000000,10000000,100000000 measures more, from small to large
SIZES = tuple(int(size) for size in os.environ.get("PEEREVAL_CONTACTS", "100000,1000000").split(","))
OTHERS_UP_TO = 10_000_000
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
{last}
"""
RATE = """select unit, date_trunc('quarter', discharged) as quarter, count(*) as stays,
    avg(case when back <= discharged + interval 30 day then 1.0 else 0.0 end) as rate
from judged where discharged <= timestamp '2020-12-01' group by unit, quarter order by unit, quarter"""
# with what an interval that knows persons needs, as ours has
WITH_PERSONS = """, counted as (
    select person, unit, date_trunc('quarter', discharged) as quarter, count(*) as stays,
        count(*) filter (back <= discharged + interval 30 day) as cases
    from judged where discharged <= timestamp '2020-12-01' group by all)
select unit, quarter, count(*) as persons, sum(cases) as cases, sum(stays) as stays, sum(cases * cases) as cases2,
    sum(cases * stays) as both, sum(stays * stays) as stays2
from counted group by unit, quarter order by unit, quarter"""


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
    return readmitted.groupby([counted["unit"], counted["reach"].dt.to_period("Q")]).agg(["mean", "size"])


def with_polars(path: Path) -> pl.DataFrame:
    """The same rule as lazy polars expressions; no contact is open."""
    order = ["person", "admitted", "discharged"]
    table = pl.scan_parquet(path).sort(order)
    reach = pl.col("discharged").cum_max().over("person")
    table = table.with_columns(reach=reach).with_columns(before=pl.col("reach").shift().over("person"))
    opens = pl.col("before").is_null() | (pl.col("admitted") > pl.col("before") + pl.duration(hours=4))
    stays = (
        table.with_columns(episode=opens.cum_sum())
        .group_by("episode", maintain_order=True)
        .agg(
            pl.col("person", "admitted", "acute").first(),
            pl.col("unit").sort_by("discharged").last(),
            discharged=pl.col("discharged").max(),
        )
        .filter(pl.col("discharged") >= pl.col("admitted") + pl.duration(hours=12))
    )
    acute = pl.when(pl.col("acute")).then(pl.col("admitted"))
    judged = stays.with_columns(back=acute.shift(-1).fill_null(strategy="backward").over("person"))
    return (
        judged.filter(pl.col("discharged") <= datetime(2020, 12, 1))  # noqa: DTZ001 - registers hold local times
        .with_columns(again=(pl.col("back") <= pl.col("discharged") + pl.duration(days=30)).fill_null(value=False))
        .group_by("unit", quarter=pl.col("discharged").dt.truncate("1q"))
        .agg(pl.col("again").mean(), pl.len())
        .collect()
    )


MADE_UP = """
copy (
    with drawn as (
        select number, hash(number, 1) % {persons} as person, hash(number, 2) % (3650 * 24 * 60) as minute,
            sqrt(-2 * ln((hash(number, 3) % 1000000 + 1) / 1e6)) * cos(2 * pi() * (hash(number, 4) % 1000000) / 1e6) as normal
        from range({contacts}) as numbers(number)),
    timed as (select *, timestamp '2011-01-01' + to_minutes(minute::bigint) as admitted from drawn)
    select format('p{{:08d}}', person) as person, admitted,
        admitted + to_minutes(least(greatest(exp(7.6 + 1.4 * normal), 30), 400 * 24 * 60)::bigint) as discharged,
        hash(number, 5) % 10 < 8 as acute, 'psychiatric' as specialty, format('W{{}}', hash(number, 6) % 40) as unit
    from timed
) to '{path}' (format parquet)"""


def register(path: Path, contacts: int) -> None:
    """Write synthetic contacts, four a person over ten years."""
    duckdb.sql(MADE_UP.format(path=path, contacts=contacts, persons=contacts // 4))


def made(size: int, folder: Path) -> Path:
    """A register of a number of contacts in a parquet file."""
    path = folder / "contacts.parquet"
    register(path, size)
    return path


def ours(path: Path) -> pd.DataFrame:
    """The whole way from the file to a rate by unit and quarter, with its interval."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pe.UnverifiedWarning)
        stays = pe.readmissions(pe.read_contacts(path), definition="dk-30", followup_end=END)
        return pe.readmission_rate(stays, by="unit", period="quarter").estimates


def by_hand(last: str) -> Callable[[Path], pd.DataFrame]:
    """One statement of SQL, without the checks of what it reads."""
    return lambda path: duckdb.sql(BY_HAND.format(path=path, last=last)).df()


def same(mine: pd.DataFrame, theirs: Any, peer: str) -> None:
    """The number of stays and the rate of every unit and quarter."""
    rows = mine[mine["group"] != "all"].sort_values(["group", "time"])
    stays, rate = _stays_and_rate(theirs)
    np.testing.assert_array_equal(rows["denominator"].to_numpy(int), stays, err_msg=peer)
    np.testing.assert_allclose(rows["estimate"].to_numpy(float), rate, rtol=1e-12, err_msg=peer)


def _stays_and_rate(theirs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Sorted by unit and quarter, from what each of the peers gives."""
    if isinstance(theirs, pl.DataFrame):
        rows = theirs.sort("unit", "quarter")
        return rows["len"].to_numpy(), rows["again"].to_numpy()
    if "size" in theirs:
        rows = theirs.sort_index()
        return rows["size"].to_numpy(), rows["mean"].to_numpy()
    if "rate" in theirs:
        return theirs["stays"].to_numpy(), theirs["rate"].to_numpy()
    return theirs["stays"].to_numpy(), (theirs["cases"] / theirs["stays"]).to_numpy()


SUBJECTS = (
    Subject(
        what="readmission rate by unit and quarter", unit="contacts", sizes=SIZES, make=made, ours=ours,
        peers={
            "DuckDB SQL by hand": by_hand(RATE),
            "DuckDB SQL by hand, with persons": by_hand(WITH_PERSONS),
            "polars": with_polars,
            "pandas": with_pandas,
        },
        same=same, largest={"polars": OTHERS_UP_TO, "pandas": OTHERS_UP_TO},
    ),
)  # fmt: skip
