"""The same contacts on another engine: Spark gives the same index stays as DuckDB."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

import peereval as pe
from peereval.admissions.engine import to_pandas

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore::Warning")]


@pytest.fixture(scope="module")
def spark():
    """A local Spark session behind Ibis."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install peereval[spark])")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and none is here")
    import ibis
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield ibis.pyspark.connect(session)
    session.stop()


def test_spark_gives_the_same_index_stays(spark, region, region_stays, tmp_path):
    path = tmp_path / "contacts.parquet"
    region.contacts.to_parquet(path)
    there = pe.readmissions(spark.read_parquet(str(path)), definition="dk-30")
    columns = [name for name in region_stays.columns if name in there.columns]
    found = to_pandas(there.select(*columns).order_by("person", "episode"))
    assert set(columns) == set(region_stays.columns)
    pd.testing.assert_frame_equal(found, region_stays[columns], check_dtype=False)


def test_spark_keeps_the_contacts_that_were_left_out(spark, region, tmp_path):
    contacts = region.contacts.copy()
    contacts.loc[[3, 8], "discharged"] = contacts.loc[[3, 8], "admitted"] - pd.Timedelta("1h")
    path = tmp_path / "contacts.parquet"
    contacts.to_parquet(path)
    there = pe.readmissions(pe.read_contacts(spark.read_parquet(str(path)), strict=False))
    here = pe.readmissions(pe.read_contacts(contacts, strict=False))
    found = to_pandas(there.select(*here.columns).order_by("person", "episode"))
    pd.testing.assert_frame_equal(found, here, check_dtype=False)
    for analysis in (pe.readmission_rate, pe.time_to_readmission):
        assert analysis(there, by="acute").exclusions == analysis(here, by="acute").exclusions
        assert analysis(there, by="acute").estimates.equals(analysis(here, by="acute").estimates)


def test_spark_gives_the_same_rate(spark, region, region_stays, tmp_path):
    path = tmp_path / "contacts.parquet"
    region.contacts.to_parquet(path)
    there = pe.readmissions(spark.read_parquet(str(path)), definition="dk-30")
    found = pe.readmission_rate(there, by="unit").estimates
    pd.testing.assert_frame_equal(found, pe.readmission_rate(region_stays, by="unit").estimates, check_dtype=False)
