"""A study from its file to its report, and what a broken study is told."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

import peereval as pe
from peereval.errors import (
    ColumnError,
    DesignError,
    DestinationError,
    DuplicateError,
    EmptyRoundError,
    ImpossibleDateError,
    InvalidValueError,
    MissingFileError,
    NotReleasedError,
    OutOfRangeError,
    StudySyntaxError,
    UnknownKeyError,
    UnknownNameError,
    UnreadableFileError,
)
from peereval.files import read_table, write_table
from peereval.studies.folder import new_study
from peereval.studies.sections import rounds
from peereval.toml_keys import line_of

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture
def study(tmp_path, region_folder):
    """The study.toml of a fresh study folder with a synthetic region."""
    return shutil.copytree(region_folder, tmp_path / "region") / "study.toml"


@pytest.fixture
def ward_study(tmp_path):
    """The study.toml of a fresh study folder with a synthetic ward."""
    return new_study(tmp_path / "ward", preset="ward", seed=1)


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def change(study, name, how):
    file = study.parent / "data" / f"{name}.synthetic.parquet"
    write_table(how(read_table(file)), file, origin="synthetic")


def hospital_results(study):
    """What the section on hospital stays gives; the others take longer."""
    edit(study, "[report]\n", '[report]\nsections = ["hospital"]\n')
    found = pe.Study.from_toml(study).evaluate().results["hospital"]
    edit(study, 'sections = ["hospital"]\n', "")
    return found


def test_the_region_goes_the_whole_way(region_evaluation, tmp_path):
    evaluation = region_evaluation
    assert {name: len(found) for name, found in evaluation.results.items()} == {
        "programme": 0,
        "participation": 2,
        "questions": 0,
        "rounds": 1,
        "hospital": 2,
        "interviews": 0,
        "costs": 0,
    }
    assert all(isinstance(found, pe.Released) for part in evaluation.released.values() for found in part)
    assert all(found.origin == "synthetic" for part in evaluation.results.values() for found in part)
    assert evaluation.results["rounds"][0].claim == "association"
    rates = evaluation.results["hospital"][0].estimates
    assert rates["group"].tolist() == ["peer support", "usual care", "all"]
    assert evaluation.report(tmp_path / "report.html").stat().st_size > 50_000
    assert "Readmission within 30 days" in evaluation._repr_html_()


def test_the_ward_goes_the_whole_way(ward_study, tmp_path):
    evaluation = pe.Study.from_toml(ward_study).evaluate()
    assert evaluation.results["hospital"] == ()
    assert evaluation.results["rounds"][0].claim == "description"
    assert "Hospital stays" not in evaluation.report(tmp_path / "report.html").read_text(encoding="utf-8")


def test_sections_are_functions_that_a_notebook_can_call(study):
    from peereval.studies.sections import SECTIONS, participation

    read = pe.Study.from_toml(study)
    data = read.read()
    found, described = participation(read, data)
    assert described.kind == "baseline"
    assert found.kind == "attrition"
    assert [heading for heading, _ in SECTIONS.values()] == [
        "The programme",
        "Who answered",
        "The unit's own questions",
        "What changed",
        "Hospital stays",
        "What was said",
        "What it costs",
    ]


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_key(study):
    edit(study, "instruments = ", "instrumnets = ")
    with pytest.raises(UnknownKeyError) as caught:
        pe.Study.from_toml(study)
    line = next(n for n, text in enumerate(study.read_text(encoding="utf-8").splitlines(), 1) if "instrumnets" in text)
    assert (
        f"study.toml, line {line}: the key 'instrumnets' in [survey] is not known. Did you mean 'instruments'?"
        in str(caught.value)
    )


def test_an_unknown_key_in_a_round_and_at_the_top(study):
    edit(study, 'id = "half-year"', 'id = "half-year"\nmonths = 6')
    with pytest.raises(UnknownKeyError, match=r"the key 'months' in \[rounds\] is not known. Did you mean 'month'\?"):
        pe.Study.from_toml(study)
    edit(study, "\nmonths = 6", "")
    edit(study, "[disclosure]", "[disclosures]")
    with pytest.raises(UnknownKeyError, match=r"the key 'disclosures' is not known. Did you mean 'disclosure'\?"):
        pe.Study.from_toml(study)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('design = "panel"', 'design = "panl"', r"line \d+: study.design is 'panl'. Input should be 'panel'"),
        ("month = 6", 'month = "six"', r"line \d+: rounds.1.month is 'six'"),
        ('title = "Recovery mentors in a made-up region"\n', "", r"the key 'title' in \[study\] is missing"),
        ('allocation = "observed"\n', "", "allocation and reference_arm belong together"),
        ('primary = "qpr-15:total"', 'primary = "qpr-15"', r"line \d+: plan.primary is 'qpr-15'"),
    ],
)
def test_values_of_the_wrong_kind_are_told(study, old, new, message):
    edit(study, old, new)
    with pytest.raises(InvalidValueError, match=message):
        pe.Study.from_toml(study)


def test_a_missing_study_and_a_broken_one(study, tmp_path):
    with pytest.raises(MissingFileError, match="no file"):
        pe.Study.from_toml(tmp_path / "none.toml")
    edit(study, 'design = "panel"', 'design = "panel')
    with pytest.raises(StudySyntaxError, match=r"study\.toml: "):
        pe.Study.from_toml(study)


def test_a_missing_file_names_the_nearest(study):
    edit(study, "data/responses.synthetic.parquet", "data/response.synthetic.parquet")
    with pytest.raises(MissingFileError, match=r"Did you mean 'responses.synthetic.parquet'\?"):
        pe.Study.from_toml(study).evaluate()


def test_a_truncated_file(study):
    file = study.parent / "data" / "responses.synthetic.parquet"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(
        UnreadableFileError, match=r"responses.synthetic.parquet cannot be read \(1000 bytes\)"
    ) as caught:
        pe.Study.from_toml(study).evaluate()
    # what another package says is cut between words, and one sees that it was
    assert " … Export or copy the file again." in str(caught.value)


def test_a_truncated_contacts_file(study):
    file = study.parent / "data" / "contacts.synthetic.parquet"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UnreadableFileError, match=r"contacts.synthetic.parquet cannot be read \(1000 bytes\)"):
        pe.Study.from_toml(study).evaluate()


def test_a_wrong_column(study):
    change(study, "responses", lambda frame: frame.rename(columns={"round": "runde"}))
    with pytest.raises(ColumnError, match="the responses have no column 'round'"):
        pe.Study.from_toml(study).evaluate()


def test_an_answer_out_of_range(study):
    def spoil(frame):
        frame.loc[6, "who5_03"] = 9
        return frame

    change(study, "responses", spoil)
    with pytest.raises(OutOfRangeError, match="row 7, item who5_03: 9; allowed are whole numbers from 0 to 5"):
        pe.Study.from_toml(study).evaluate()


def test_a_person_twice_in_a_round(study):
    change(study, "responses", lambda frame: pd.concat([frame, frame.iloc[[0]]], ignore_index=True))
    with pytest.raises(DuplicateError) as caught:
        pe.Study.from_toml(study).evaluate()
    assert "(round 'start')" in str(caught.value)
    assert "S00" not in str(caught.value)


def test_a_round_that_nobody_answered(study):
    edit(study, "[survey]\n", '[[rounds]]\nid = "two-years"\nmonth = 24\n\n[survey]\n')
    with pytest.raises(
        InvalidValueError, match=r"line \d+: plan.round: .* tested at the last round, which is 'two-years'"
    ):
        pe.Study.from_toml(study)
    edit(study, 'round = "one-year"', 'round = "two-years"')
    with pytest.raises(EmptyRoundError, match="nobody answered the round 'two-years'"):
        pe.Study.from_toml(study).evaluate()


def test_a_round_that_is_not_declared(study):
    edit(study, '[[rounds]]\nid = "half-year"\nmonth = 6\n', "")
    with pytest.raises(InvalidValueError, match="rows belong to a round that is not declared"):
        pe.Study.from_toml(study).evaluate()


def backwards(frame):
    """Turn one contact round: the first that has ended becomes row 3."""
    ended = frame[frame["discharged"].notna()].iloc[[0]]
    turned = ended.assign(admitted=ended["discharged"], discharged=ended["admitted"])
    others = frame.drop(index=ended.index)
    return pd.concat([others.iloc[:2], turned, others.iloc[2:]], ignore_index=True)


def test_discharge_before_admission(study):
    change(study, "contacts", backwards)
    with pytest.raises(ImpossibleDateError, match="1 contact ends before it begins: row 3"):
        pe.Study.from_toml(study).evaluate()


def test_or_it_is_left_out_and_counted(study):
    change(study, "contacts", backwards)
    edit(study, 'definition = "dk-30"', 'definition = "dk-30"\nstrict = false')
    found = hospital_results(study)
    assert all(result.exclusions["discharged_before_admitted"] == 1 for result in found)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('definition = "dk-30"', 'definition = "dk-60"', UnknownNameError),
        ('policy = "standard"', 'policy = "strict"', UnknownNameError),
        ('"ismi-29", ', '"ismi-92", ', UnknownNameError),
        ('method = "auto"', 'method = "welch"', DesignError),
        ('reference_arm = "usual care"', 'reference_arm = "care as usual"', InvalidValueError),
    ],
)
def test_names_that_do_not_exist_or_do_not_fit(study, old, new, error):
    edit(study, old, new)
    with pytest.raises(error):
        pe.Study.from_toml(study).evaluate()


def test_a_policy_that_does_not_exist_is_told_before_any_data_are_read(study):
    edit(study, 'policy = "standard"', 'policy = "strict"')
    shutil.rmtree(study.parent / "data")
    with pytest.raises(UnknownNameError, match="strict"):
        pe.Study.from_toml(study).evaluate()


def test_units_outside_the_arms_are_shown_and_not_dropped(study):
    edit(study, '"Ward D" = "usual care"\n', "")
    rates = hospital_results(study)[0].estimates
    assert "other units" in rates["group"].tolist()


def test_units_outside_the_arms_are_named_in_the_results(study):
    everywhere = hospital_results(study)
    assert not any("Units without an arm" in note for found in everywhere for note in found.assumptions)
    edit(study, '"Ward D" = "usual care"\n', "")
    for found in hospital_results(study):
        assert "Units without an arm in the study file are counted as other units: Ward D." in found.assumptions


def test_a_stay_in_no_known_unit_is_of_no_known_arm(study):
    change(study, "contacts", lambda frame: frame.assign(unit=frame["unit"].mask(frame["unit"] == "Ward D")))
    edit(study, '"Ward D" = "usual care"\n', "")
    rates = hospital_results(study)[0].estimates
    assert rates["group"].tolist() == ["peer support", "unknown", "usual care", "all"]


def test_a_unit_that_no_contact_has_is_told_with_its_line_and_the_nearest(study):
    edit(study, '"Ward D" = "usual care"', '"Wart D" = "usual care"')
    line = next(n for n, text in enumerate(study.read_text(encoding="utf-8").splitlines(), 1) if "Wart D" in text)
    with pytest.raises(InvalidValueError) as caught:
        pe.Study.from_toml(study).evaluate()
    assert (f"study.toml, line {line}: the unit 'Wart D' in [units] does not occur in the contacts.") in str(
        caught.value
    )


def test_units_with_arms_need_the_column_unit(study):
    change(study, "contacts", lambda frame: frame.drop(columns="unit"))
    with pytest.raises(ColumnError, match=r"no column 'unit', which \[units\] of study.toml needs"):
        pe.Study.from_toml(study).evaluate()


def test_a_date_as_the_end_of_follow_up_covers_its_whole_day(study):
    to_the_second = hospital_results(study)
    edit(study, "2020-12-31T23:59:59", "2020-12-31")
    to_the_day = hospital_results(study)
    for first, second in zip(to_the_second, to_the_day, strict=True):
        pd.testing.assert_frame_equal(first.estimates, second.estimates)
        assert second.settings["followup_end"] == "2020-12-31"


@pytest.mark.parametrize("end", ["2020-12-31T23:59:59+01:00", "2020-12-31T23:59:59Z", '"2020-12-31"', "2020"])
def test_an_end_of_follow_up_that_is_no_local_time_is_refused(study, end):
    edit(study, "2020-12-31T23:59:59", end)
    with pytest.raises(InvalidValueError, match=r"line \d+: contacts.followup_end is .* a local time without offset"):
        pe.Study.from_toml(study)


def test_a_study_with_a_tiny_arm_shows_none_of_its_means(study):
    def shrink(frame):
        small = frame["arm"] == "usual care"
        keep = frame.loc[small, "person"].unique()[:3]
        return frame[~small | frame["person"].isin(keep)]

    change(study, "responses", shrink)
    edit(study, "[report]\n", '[report]\nsections = ["rounds"]\n')
    safe = pe.Study.from_toml(study).evaluate().released["rounds"][0].estimates
    tiny = safe[(safe["group"] == "usual care") & (safe["measure"] == "mean")]
    assert tiny["withheld"].all()
    assert tiny["estimate"].isna().all()


def test_a_study_without_any_contacts_rows(study, tmp_path):
    change(study, "contacts", lambda frame: frame.iloc[:0])
    edit(study, "[report]\n", '[report]\nsections = ["participation", "hospital"]\n')
    evaluation = pe.Study.from_toml(study).evaluate()
    assert all(result.estimates.empty for result in evaluation.results["hospital"])
    assert evaluation.report(tmp_path / "report.html").exists()


def test_a_study_with_one_person(ward_study, tmp_path):
    change(ward_study, "responses", lambda frame: frame.groupby("round", observed=True).head(1))
    evaluation = pe.Study.from_toml(ward_study).evaluate()
    assert evaluation.released["rounds"][0].estimates["estimate"].isna().all()
    assert evaluation.report(tmp_path / "report.html").exists()


def test_a_new_folder_is_never_written_over(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DestinationError, match="not an empty folder"):
        new_study(tmp_path / "mine")
    with pytest.raises(UnknownNameError):
        new_study(tmp_path / "other", preset="country")
    assert not (tmp_path / "other").exists()


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    first, second = (new_study(tmp_path / name, preset="ward", seed=3) for name in ("a", "b"))
    for file in sorted(path.relative_to(first.parent) for path in first.parent.rglob("*") if path.is_file()):
        assert (first.parent / file).read_bytes() == (second.parent / file).read_bytes()


def test_a_report_takes_released_results_only(region_evaluation, tmp_path):
    from peereval.reports.document import Chapter, write_report

    exact = region_evaluation.results["participation"]
    with pytest.raises(NotReleasedError, match="A Result is not a released result"):
        write_report([Chapter("Who answered", exact)], tmp_path / "report.html", title="t", programme="p")
    assert not (tmp_path / "report.html").exists()


def test_lines_of_keys_are_found_in_every_style_of_toml():
    text = 'a = 1\n[b]\n"c d" = 2\n[b.e]\nf=3\n[[g]]\nh = 1\n[[g]]\n  h = 2 # note\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("b",)) == 2
    assert line_of(text, ("b", "c d")) == 3
    assert line_of(text, ("b", "e", "f")) == 5
    assert line_of(text, ("g", 1, "h")) == 9
    assert line_of(text, ("nowhere",)) is None
    assert line_of(text, ()) is None


# studies on an export


EXPORT_STUDY = """
[study]
title = "A made-up house"
programme = "Peer support in one made-up house."
design = "panel"

[[rounds]]
id = "start"
month = 0

[[rounds]]
id = "half-year"
month = 6
window = "3 weeks"

[survey]
file = "svar.csv"
instruments = ["who-5"]
missing = [99]
leave_out = ["kommentar"]

[comparisons]
method = "paired-t"

[survey.columns]
person = "nr"
round = "runde"
date = "dato"

[survey.rename.round]
1 = "start"
2 = "half-year"

[survey.items]
who-5 = "s_{item}"

[survey.codes.who-5]
Altid = 5
"Sjældent" = 1

[items.local.met]
column = "mødt"
label = "Met a peer"
options = { 1 = "Nej", 2 = "Ja", 9 = "Ved ikke" }
dont_know = [9]
direction = "higher is better"
"""


def export_rows(persons=14):
    for person in range(1, persons + 1):
        first = ";".join(str((person + item) % 6) for item in range(3))
        yield f"{person:03d};1;{person:02d}-01-2024;{first};Altid;Sjældent;Nej;x"
        yield f"{person:03d};2;{person + 1:02d}-07-2024;{first};99;Altid;{'Ja' if person % 2 else 'Ved ikke'};x"


@pytest.fixture
def export_study(tmp_path):
    """A study on a semicolon-separated export with texts, in a folder of its own."""
    lines = ["nr;runde;dato;s_1;s_2;s_3;s_4;s_5;mødt;kommentar", *export_rows()]
    (tmp_path / "svar.csv").write_text("\n".join(lines) + "\n", encoding="cp1252")
    (tmp_path / "study.toml").write_text(EXPORT_STUDY, encoding="utf-8")
    return tmp_path / "study.toml"


def test_a_study_reads_an_export_by_its_mapping(export_study):
    study = pe.Study.from_toml(export_study)
    data = study.read()
    assert data.responses["person"].iloc[0] == "001"
    assert data.responses["who5_04"].isna().sum() == 14
    assert not data.responses["out_of_window"].any()
    assert study.local_items["met"].favourable == (2,)
    assert set(data.scores["instrument"]) == {"who-5", "local"}
    local = data.scores[data.scores["instrument"] == "local"]
    assert local["reason"].value_counts().to_dict() == {"dont_know": 7}
    evaluation = study.evaluate()
    assert evaluation.results["rounds"][1].estimates["outcome"].eq("local").all()
    assert evaluation.results["questions"][0].kind == "likert"
    report = evaluation.report(export_study.parent / "report.html").read_text(encoding="utf-8")
    assert "Met a peer: persons by the option they ticked" in report


def test_a_study_may_name_its_items_in_a_file(export_study):
    edit(export_study, '[survey.items]\nwho-5 = "s_{item}"\n', "")
    edit(export_study, "missing = [99]", 'missing = [99]\nitem_file = "items.csv"')
    rows = "".join(f"s_{item};who5_0{item}\n" for item in range(1, 6))
    (export_study.parent / "items.csv").write_text(f"column;item\n{rows}", encoding="utf-8-sig")
    data = pe.Study.from_toml(export_study).read()
    assert data.responses["who5_05"].tolist()[:2] == [1, 5]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('person = "nr"', 'persn = "nr"', r"line \d+: the key 'persn' in \[survey.columns\] is not known. Did you mean 'person'"),
        ('label = "Met a peer"', 'labl = "Met a peer"', r"line \d+: the key 'labl' in \[items.local.met\] is not known. Did you mean 'label'"),
        ('window = "3 weeks"', 'window = "3 months"', r"line 14: rounds.1.window is '3 months'. .*write a number of days or weeks"),
        ('who-5 = "s_{item}"', 'who-5 = "s_{nr}"', r"line \d+: survey.items.who-5 is 's_{nr}'. .*has a place {nr}; known here: {item}, {round}"),
        ('id = "half-year"', 'id = "start"', "two rounds are called 'start'"),
        ("[items.local.met]", '[items.local."Met peer"]', "a local question is named 'Met peer'"),
    ],
)  # fmt: skip
def test_keys_of_the_mapping_are_told_with_their_line(export_study, old, new, message):
    edit(export_study, old, new)
    with pytest.raises(pe.PeerevalError, match=message):
        pe.Study.from_toml(export_study)


def test_a_check_says_what_was_understood(export_study):
    found = pe.check_study(export_study)
    assert found.ok
    said = {(each.code, each.where): each.text for each in found.findings}
    assert said["source", "svar.csv"] == "csv, 28 rows, 10 columns"
    assert any("cp1252" in each.text for each in found.findings if each.code == "note")
    assert said["columns", "who-5"] == "5 items, from s_1 … s_5"
    assert said["missing", "svar.csv, column 's_4'"] == "set to missing (99: 14)"
    assert said["window", "svar.csv"] == "half-year: 0 of 14 out of their window"
    assert [each.text for each in found.findings if each.code == "answers"] == ["start: 14", "half-year: 14"]
    assert found.text().endswith("Nothing to mend.")
    assert "study.toml" in found._repr_html_()


def test_a_check_lists_all_problems_and_names_no_person(export_study):
    file = export_study.parent / "svar.csv"
    text = file.read_text(encoding="cp1252")
    spoiled = text.replace("001;1;01-01-2024;1", "001;1;01-01-2024;88").replace(
        "002;1;02-01-2024;2", "002;1;02-01-2024;7"
    )
    spoiled = (
        spoiled.replace("003;1;", "003;2;")
        .replace("004;2;05-07-2024", "004;2;05-12-2024")
        .replace("Nej;x", "Måske;x", 1)
    )
    file.write_text(spoiled, encoding="cp1252")
    edit(export_study, 'instruments = ["who-5"]', 'instruments = ["who-5", "qpr-15"]')
    edit(export_study, "[survey]", '[plan]\nprimary = "who-5:totl"\n\n[survey]')
    found = pe.check_study(export_study)
    listed = [(each.code, each.where, each.text) for each in found.problems]
    expected = [
        ("PE302", "study.toml", "which one the data hold was not said"),
        ("PE104", "study.toml", "the primary outcome 'who-5:totl' is not scored"),
        (
            "PE204",
            "svar.csv, column 's_1'",
            "7 in row 4 (who5_01); allowed are whole numbers from 0 to 5. Check the coding",
        ),
        (
            "PE204",
            "svar.csv, column 's_1'",
            "88 in row 2 (who5_01); allowed are whole numbers from 0 to 5. It often stands",
        ),
        ("PE302", "svar.csv, column 'mødt'", "1 cell holds a text without a code (row 2)"),
        ("PE205", "svar.csv", "rows 6, 7 (round 'half-year')"),
    ]
    assert len(listed) == len(expected)
    for (code, where, text), (its_code, its_where, part) in zip(listed, expected, strict=True):
        assert (code, where) == (its_code, its_where)
        assert part in text
    assert [(each.code, each.text) for each in found.findings if each.kind == "look" and each.code != "governance"] == [
        ("window", "half-year: 1 of 15 out of their window, 2 unknown")
    ]
    assert "Måske" not in found.text()
    assert found.text().endswith("6 problems to mend.")


def test_a_check_lists_all_keys_that_are_wrong(export_study):
    edit(export_study, "missing = [99]", "mising = [99]\nmethd = 1")
    edit(export_study, 'design = "panel"', 'design = "panl"')
    found = pe.check_study(export_study)
    assert [each.code for each in found.problems] == ["PE102", "PE102", "PE103"]


def test_a_check_lists_other_files_that_are_missing(study):
    edit(study, "data/responses.synthetic.parquet", "data/respons.parquet")
    edit(study, "data/invited.synthetic.parquet", "data/invitd.parquet")
    edit(study, '"Ward D" = ', '"Wart D" = ')
    found = pe.check_study(study)
    assert [(each.code, each.where) for each in found.problems] == [
        ("PE201", "data/respons.parquet"),
        ("PE201", "data/invitd.parquet"),
        ("PE103", "data/contacts.synthetic.parquet"),
    ]


def test_a_check_of_a_column_that_holds_something_else_shows_no_values(export_study):
    edit(export_study, 'who-5 = "s_{item}"', 'who-5 = ["nr2", "s_2", "s_3", "s_4", "s_5"]')
    file = export_study.parent / "svar.csv"
    lines = file.read_text(encoding="cp1252").splitlines()
    wide = [lines[0].replace("s_1", "nr2")] + [
        ";".join([*cells[:3], str(7000 + int(cells[0])), *cells[4:]])
        for cells in (line.split(";") for line in lines[1:])
    ]
    file.write_text("\n".join(wide), encoding="cp1252")
    found = [each for each in pe.check_study(export_study).problems if each.code == "PE204"]
    assert len(found) == 1
    assert "14 different values" in found[0].text
    assert "70" not in found[0].text


# how the rounds are compared


def test_rounds_are_compared_by_the_rules_where_no_method_is_said(export_study):
    edit(export_study, 'method = "paired-t"\n', "")
    study = pe.Study.from_toml(export_study)
    assert study.plan.comparisons.method == "auto"
    found, own = rounds(study, study.read())
    assert set(found.settings["methods"].values()) == {"mmrm"}
    assert found.estimates["outcome"].eq("who-5").all()
    # options are ordered answers, not points (rule R6)
    assert own.settings["measurement"] == "ordinal"
    assert set(own.settings["methods"]) == {"local:met"}
    assert own.estimates["outcome"].eq("local").all()


def test_a_method_that_does_not_exist_is_told_with_the_nearest(study):
    edit(study, 'method = "auto"', 'method = "paired-tt"')
    with pytest.raises(InvalidValueError, match=r"line \d+: comparisons.method .* Did you mean 'paired-t'\?"):
        pe.Study.from_toml(study)


@pytest.fixture
def adjusted_study(export_study):
    """The study on an export, adjusted for an age that is known of the first round only, and of two persons not at all."""
    file = export_study.parent / "svar.csv"
    head, *rows = file.read_text(encoding="cp1252").splitlines()
    age = [f"{20 + place % 9}" if place < 24 and place % 2 == 0 else "" for place in range(len(rows))]
    lines = [
        f"{head};alder;hus",
        *(f"{row};{each};{'NS'[place // 14]}" for place, (row, each) in enumerate(zip(rows, age, strict=True))),
    ]
    file.write_text("\n".join(lines) + "\n", encoding="cp1252")
    edit(
        export_study,
        'method = "paired-t"',
        'covariates = ["age"]\nunit = "house"\nunits = "these"',
    )
    edit(export_study, "[survey]\n", '[plan]\nmargin = 10\nprimary = "who-5:score_0_100"\n\n[survey]\n')
    edit(export_study, "[survey.items]", '[survey.keep]\nage = "alder"\nhouse = "hus"\n\n[survey.items]')
    return export_study


def test_what_the_study_file_says_of_the_comparison_is_done(adjusted_study):
    study = pe.Study.from_toml(adjusted_study)
    data = study.read()
    found, _ = rounds(study, data)
    asked = {name: found.settings[name] for name in ("covariates", "unit", "units", "margin")}
    assert asked == {
        "covariates": ["age"], "unit": "house", "units": "these", "margin": {"who-5:score_0_100": 10.0},
    }  # fmt: skip
    scored = data.scores[data.scores["score"].notna()]
    without = (scored["person"].isin(["013", "014"]) & scored["instrument"].eq("who-5")).sum()
    assert found.exclusions["covariate_missing"] == without > 0
    assert "equivalence" in set(found.estimates["measure"])
    assert "age" not in data.scores.columns


def test_covariates_need_persons(adjusted_study):
    edit(adjusted_study, 'design = "panel"', 'design = "cross-section"')
    with pytest.raises(InvalidValueError, match=r'covariates are taken from the first round .* design = "panel"'):
        pe.Study.from_toml(adjusted_study)


def test_what_needs_links_is_left_out_and_said_where_they_may_be_false(adjusted_study):
    from dataclasses import replace

    edit(adjusted_study, 'unit = "house"\nunits = "these"\n', "")
    study = pe.Study.from_toml(adjusted_study)
    data = study.read()
    linkage = pe.Result(
        kind="linkage", title="t", claim="description", method="m", estimates=pd.DataFrame(),
        settings={"person_level": False, "false_link_rate": 0.2},
    )  # fmt: skip
    found, own = rounds(study, replace(data, linkage=linkage))
    assert found.settings["design"] == own.settings["design"] == "panel-unlinked"
    assert found.settings["covariates"] == []
    assert "Since the rounds are not linked, not used: covariates (age)." in found.assumptions
