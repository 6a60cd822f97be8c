"""Engines beside DuckDB for the tests: a local Spark session, a PostgreSQL server in a temporary folder."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

# words as a region's database sorts them, other than by bytes
DANISH = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=da-DK"]


@contextmanager
def spark():
    """Give a local Spark session behind Ibis, or skip."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install peereval[spark])")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and none is here (apt-get install openjdk-17-jre-headless)")
    import ibis
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    quiet = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        # for small tables, compiling each query takes longer than running it
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
    }
    session = SparkSession.builder.master("local[2]").config(map=quiet).getOrCreate()
    try:
        yield ibis.pyspark.connect(session)
    finally:
        session.stop()


@contextmanager
def postgres():
    """Give a PostgreSQL server of our own behind Ibis, or skip; it listens on a local socket only."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (pip install peereval[postgres])")
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not binaries:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    import ibis

    here = binaries[-1].parent
    # a socket's path may have 107 characters, so not pytest's folder
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        as_server = _as_server(folder)
        data = str(Path(folder) / "data")
        run = [
            *as_server,
            here / "initdb",
            "-D",
            data,
            "-U",
            "peereval",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            *DANISH,
        ]
        subprocess.run([*map(str, run)], check=True, capture_output=True, cwd=folder)
        control = [*as_server, str(here / "pg_ctl"), "-D", data, "-w", "-l", str(Path(folder) / "log")]
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        subprocess.run([*control, "-o", options, "start"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            connection = ibis.postgres.connect(host=folder, user="peereval", database="postgres")
            try:
                yield connection
            finally:
                connection.disconnect()
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder, stdout=subprocess.DEVNULL)


def _as_server(folder):
    """Give the words before a command of the server, which refuses to run as root."""
    if os.geteuid():
        return []
    import pwd

    if shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root, and setpriv is not here (apt-get install util-linux)")
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def put(engine, frame, folder):
    """Store a frame in an engine, with the types that parquet keeps, and give its table there; the folder is new."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    if engine.name == "pyspark":
        path = folder / "table.parquet"
        pq.write_table(table, path)
        return engine.read_parquet(str(path))
    return _copied(engine, table, folder.name)


def _copied(engine, table, name):
    """Rows by COPY, as a warehouse loads them; row by row a million takes minutes."""
    import ibis
    from pyarrow import csv

    text = io.BytesIO()
    csv.write_csv(table, text, csv.WriteOptions(include_header=False))
    there = engine.create_table(name, schema=ibis.memtable(table).schema())
    with engine.con.cursor() as cursor, cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT csv)') as rows:
        rows.write(text.getvalue())
    engine.con.commit()
    return there
