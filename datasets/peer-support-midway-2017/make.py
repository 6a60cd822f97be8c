"""Write the tables of the peer project's midway report from the lists beside this script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from peereval.files import read_table, write_table

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent


def informants() -> pd.DataFrame:
    """One row a group: who was asked, how, when, by whom."""
    return read_table(HERE / "informants.csv")


def workplaces() -> pd.DataFrame:
    """One row a workplace: how many colleagues of peers took part, by the footnote."""
    return read_table(HERE / "workplaces.csv")


def partners() -> pd.DataFrame:
    """One row a partner of the project."""
    return read_table(HERE / "partners.csv")


def roles() -> pd.DataFrame:
    """One row a way to use peers at a workplace."""
    return read_table(HERE / "roles.csv")


def tasks() -> pd.DataFrame:
    """One row a kind of task that suits peers, or a part of one."""
    return read_table(HERE / "tasks.csv")


def criteria() -> pd.DataFrame:
    """One row a criterion of employment."""
    return read_table(HERE / "criteria.csv")


def themes() -> pd.DataFrame:
    """One row a theme: what it claims."""
    return read_table(HERE / "themes.csv")


def codings() -> pd.DataFrame:
    """One row a point of the summary: which group, which theme, in our own words."""
    return read_table(HERE / "codings.csv")


if __name__ == "__main__":
    for table in (informants, workplaces, partners, roles, tasks, criteria, themes, codings):
        write_table(table(), HERE / f"{table.__name__}.parquet")
