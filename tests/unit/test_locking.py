"""One run at a time in a folder, and none kept out by one that has ended."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

from peereval.errors import DestinationError
from peereval.studies.locking import LOCK, alone

posix = pytest.mark.skipif(sys.platform == "win32", reason="asks for the lock as other systems do")


def test_a_second_run_is_told_who_works_there(tmp_path):
    secure = tmp_path / "ward" / "secure"
    with alone(secure), pytest.raises(DestinationError) as caught, alone(secure):
        pass
    assert caught.value.code == "PE402"
    assert str(caught.value).startswith("PE402: Another run works in ward (process ")
    assert "Wait until it has ended" in caught.value.hint


@pytest.mark.parametrize("end", [KeyboardInterrupt, RuntimeError])
def test_a_run_that_is_stopped_frees_the_folder(tmp_path, end):
    with pytest.raises(end), alone(tmp_path):
        raise end
    with alone(tmp_path):
        assert (tmp_path / LOCK).read_text(encoding="utf-8").startswith("process ")


@posix
def test_a_run_that_died_keeps_nobody_out(tmp_path):
    code = (
        "import fcntl, sys, time\n"
        f"file = open({str(tmp_path / LOCK)!r}, 'a')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "file.write('process 17, since yesterday'); file.flush()\n"
        "print('locked', flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(DestinationError, match=r"\(process 17, since yesterday\)"), alone(tmp_path):
            pass
        other.kill()
        other.wait()
        with alone(tmp_path):
            pass


def test_where_files_are_locked_by_bytes_the_byte_lies_beyond_what_is_written(tmp_path, monkeypatch):
    held, asked = set(), []

    def locking(number, kind, length):
        import os

        byte = os.lseek(number, 0, os.SEEK_CUR)
        asked.append((kind, byte, length))
        if kind == "free":
            held.discard(byte)
        elif byte in held:
            raise OSError(13, "Permission denied")
        else:
            held.add(byte)

    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK="lock", LK_UNLCK="free"))
    monkeypatch.setattr("peereval.studies.locking.sys", types.SimpleNamespace(platform="win32"))
    with alone(tmp_path):
        assert len((tmp_path / LOCK).read_bytes()) < 100
        with pytest.raises(DestinationError, match=r"\(process \d+, since "), alone(tmp_path):
            pass
    assert held == set()
    assert [kind for kind, *_ in asked] == ["lock", "lock", "free"]
    assert len({byte for _, byte, _ in asked}) == 1


def test_a_disk_that_knows_no_locks_is_told(tmp_path, monkeypatch):
    def none(_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("peereval.studies.locking._lock", none)
    with pytest.raises(DestinationError, match=r"lock cannot be locked: No locks available\."), alone(tmp_path):
        pass
    (tmp_path / "other" / LOCK).mkdir(parents=True)
    with pytest.raises(DestinationError, match="cannot be locked"), alone(tmp_path / "other"):
        pass
