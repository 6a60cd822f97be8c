"""Released results on disk: equal after reading, whole or as before, and nothing in them but what was released."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import DestinationError, MissingFileError, NotReleasedError, UnreadableFileError


@pytest.fixture(scope="module")
def safe(region, region_scores, region_stays):
    found = [
        pe.attrition(region.responses, arm="arm", invited=region.invited),
        pe.compare_rounds(
            region_scores,
            design="panel",
            method="paired-t",
            arm="arm",
            reference_arm="usual care",
            allocation="observed",
        ),
        pe.readmission_rate(region_stays, by="unit", period="year"),
        pe.time_to_readmission(region_stays, by="unit"),
    ]
    return pe.release(found)


def test_what_is_read_is_what_was_written(safe, tmp_path):
    again = pe.read_released(pe.write_released(safe, tmp_path / "new" / "rounds"))
    assert len(again) == len(safe)
    for one, other in zip(safe, again, strict=True):
        pd.testing.assert_frame_equal(one.estimates, other.estimates)
        for part in (
            "kind",
            "title",
            "method",
            "claim",
            "estimand",
            "assumptions",
            "sensitivity",
            "references",
            "origin",
            "policy",
            "changes",
        ):
            assert getattr(one, part) == getattr(other, part), part
        for part in ("settings", "columns", "exclusions"):
            assert dict(getattr(one, part)) == dict(getattr(other, part)), part


def test_a_folder_says_what_was_changed_and_why(safe, tmp_path):
    pe.write_released(safe, tmp_path)
    audit = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert [entry["title"] for entry in audit] == [one.title for one in safe]
    assert audit[3]["withheld"] == int(safe[3].estimates["withheld"].sum()) > 0
    page = (tmp_path / "audit.md").read_text(encoding="utf-8")
    assert all(one.title in page for one in safe)
    assert "Policy: Standard" in page


def test_writing_again_leaves_no_former_table_and_no_other_file_goes(safe, tmp_path):
    (tmp_path / "figure.svg").write_text("<svg/>", encoding="utf-8")
    pe.write_released(safe, tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    pe.write_released(safe[:1], tmp_path)
    after = {path.name for path in tmp_path.iterdir()}
    assert len([name for name in after if name.endswith(".parquet")]) == 1
    assert after < before
    assert "figure.svg" in after


def test_a_write_that_fails_leaves_the_former_results(safe, tmp_path, monkeypatch):
    pe.write_released(safe[:2], tmp_path)

    def full(*_, **__):
        msg = "audit.md cannot be written: No space left on device."
        raise DestinationError(msg)

    monkeypatch.setattr("peereval.disclosure.storage.write_text", full)
    with pytest.raises(DestinationError, match="No space"):
        pe.write_released(safe[2:], tmp_path)
    assert [one.kind for one in pe.read_released(tmp_path)] == [one.kind for one in safe[:2]]


def test_a_kind_is_no_way_out_of_the_folder(tmp_path):
    rows = pd.DataFrame({"measure": ["persons"], "estimate": [120.0]})
    found = pe.Result(
        kind="../../Odd kind", title="A | *title*\nof two lines", claim="description", method="None.", estimates=rows
    )
    place = pe.write_released(pe.release(found), tmp_path / "released")
    assert [path.name for path in tmp_path.iterdir()] == ["released"]
    assert pe.read_released(place)[0].kind == "../../Odd kind"
    assert "## A \\| \\*title\\* of two lines" in (place / "audit.md").read_text(encoding="utf-8")


def test_only_released_results_are_written(safe, tmp_path):
    with pytest.raises(NotReleasedError, match="A Result is not a released result"):
        pe.write_released(
            [
                *safe,
                pe.Result(
                    kind="rates", title="", claim="description", method="", estimates=safe[0].estimates.iloc[:0, :0]
                ),
            ],
            tmp_path,
        )
    assert not (tmp_path / "results.json").exists()


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"format": 2, "results": []}', '{"format": 1, "results": [{"table": "../x"}]}']
)
def test_a_broken_list_is_refused(content, tmp_path):
    (tmp_path / "results.json").write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="does not list released results"):
        pe.read_released(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(MissingFileError):
        pe.read_released(tmp_path)


def test_made_up_data_are_marked_in_each_file(safe, tmp_path):
    from peereval.files import parquet_origin

    pe.write_released(safe, tmp_path)
    assert {parquet_origin(path) for path in tmp_path.glob("*.parquet")} == {"synthetic"}
