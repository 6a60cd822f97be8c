"""What study.toml may say: the plan before the data, sections, governance, templates, schema, and what bad input is told."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from datetime import date

import jsonschema
import pandas as pd
import pytest

import peereval as pe
from peereval.disclosure.storage import write_released
from peereval.errors import (
    ColumnError,
    DestinationError,
    InvalidValueError,
    MissingValueError,
    UnknownKeyError,
    UnreadableFileError,
)
from peereval.files import read_table, write_table
from peereval.instruments.lookup import list_instruments
from peereval.simulate.study import programme_file, study_file
from peereval.studies.folder import new_study
from peereval.studies.joint_displays import displays_of_released
from peereval.studies.plan_checks import governance_findings, plan_findings, risk_findings
from peereval.studies.prespecification import departures, record_plan, recorded_plan
from peereval.studies.reading import parse_plan
from peereval.studies.reporting import SectionName
from peereval.studies.schema import FILE, schema_text, study_schema, study_tables
from peereval.studies.sections import SECTIONS, costs, hospital, interviews, programme, rounds, wanted_sections

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


@pytest.fixture(scope="module")
def region_folder(tmp_path_factory):
    """A study folder of the region, not to be changed."""
    return new_study(tmp_path_factory.mktemp("region") / "region", preset="region", seed=1)


@pytest.fixture
def study(region_folder, tmp_path):
    """The study.toml of a copy of the region's folder."""
    import shutil

    return shutil.copytree(region_folder.parent, tmp_path / "region") / "study.toml"


@pytest.fixture
def ward(tmp_path):
    """The study.toml of a synthetic ward."""
    return new_study(tmp_path / "ward", preset="ward", seed=1)


def edit(path, *pairs):
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return path


def change(study, name, how):
    file = study.parent / "data" / f"{name}.synthetic.parquet"
    write_table(how(read_table(file)), file, origin="synthetic")


def contacts_only(study):
    return pe.Study.from_toml(study).tables(survey=False)


# the plan before the data


def test_the_plan_is_stored_before_the_data_are_read_and_departures_are_listed(study):
    first = pe.Study.from_toml(study)
    assert departures(first) == []
    record_plan(first)
    stored = recorded_plan(first)
    assert stored["hash"] == first.plan.hash()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", stored["stored"])
    edit(
        study,
        ('primary = "qpr-15:total"', 'primary = "soc-13:total"\nmargin = 4'),
        ("covariates = []", 'covariates = ["unit"]'),
        ('title = "Recovery mentors in a made-up region"', 'title = "Another title"'),
        ('definition = "dk-30"', 'definition = "nhs-28"'),
    )
    now = pe.Study.from_toml(study)
    record_plan(now)
    assert recorded_plan(now) == stored
    when = f"Since the data were first read, on {stored['stored'][:10]}: "
    assert departures(now) == [
        f"{when}comparisons.covariates was not given, and is unit.",
        f"{when}plan.primary was qpr-15:total, and is soc-13:total.",
        f"{when}contacts.definition was dk-30, and is nhs-28.",
        f"{when}plan.margin was not given, and is 4.0.",
    ]
    look = list(plan_findings(now))
    assert [each.kind for each in look] == ["understood", "look", "look", "look", "look"]
    assert stored["stored"] in look[0].text


def test_reading_stores_the_plan_and_checking_does_not(ward):
    assert {"plan", "answers"} <= {each.code for each in pe.check_study(ward).findings}
    assert not (ward.parent / "secure" / "plan.json").exists()
    pe.Study.from_toml(ward).read()
    assert (ward.parent / "secure" / "plan.json").exists()


def test_data_are_not_read_where_the_plan_cannot_be_stored(ward):
    (ward.parent / "secure").write_text("a file", encoding="utf-8")
    with pytest.raises(DestinationError, match="Before data are read, the plan is stored there"):
        pe.Study.from_toml(ward).read()


def test_a_plan_that_was_changed_by_hand_is_told(ward):
    read = pe.Study.from_toml(ward)
    record_plan(read)
    edit(ward.parent / "secure" / "plan.json", ("qpr-15:total", "who-5:score_0_100"))
    with pytest.raises(UnreadableFileError, match="its hash does not fit its plan"):
        departures(read)
    assert [each.code for each in pe.check_study(ward).problems] == ["PE202"]


def test_what_the_plan_says_is_done(study):
    edit(
        study,
        ("# margin = 5.0", 'margin = 5.0\nreference_round = "half-year"'),
        ("# families = {", "families = {"),
        ('method = "auto"', 'method = "paired-t"\nadjust = "benjamini-hochberg"'),
    )
    read = pe.Study.from_toml(study)
    found = rounds(read, read.tables(contacts=False))[0]
    rows = found.estimates[found.estimates["measure"] == "difference_in_change"]
    primary = rows.loc[rows["role"] == "primary", "outcome"]
    assert set(primary) == {"qpr-15"}
    assert found.settings["reference_round"] == "half-year"
    assert found.settings["margin"] == {"qpr-15:total": 5.0}
    assert found.settings["adjust"] == "benjamini-hochberg"
    tested = rows[rows["role"].eq("secondary") & rows["round"].eq("one-year")].set_index("outcome")["p_adjusted"]
    p = rows[rows["round"].eq("one-year") & rows["role"].ne("exploratory")].set_index("outcome")["p_value"]
    # soc-13 and who-5 are a family of two, ismi-29 stands alone
    assert tested["ismi-29"] == pytest.approx(p["ismi-29"])
    assert tested[["who-5", "soc-13"]].max() == pytest.approx(p[["who-5", "soc-13"]].max())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('round = "one-year"', 'round = "half-year"', r"line \d+: plan.round: .* tested at the last round, which is 'one-year'"),
        ('round = "one-year"', 'reference_round = "one-year"', r"plan.reference_round: 'one-year' is no round before the last"),
        ('contrast = "difference_in_change"', 'contrast = "mean_change"', r"plan.contrast: this design gives 'difference_in_change'"),
        ('primary = "qpr-15:total"', 'primary = "local:met"', r"plan.contrast: the primary outcome has ordered options"),
        ("# margin = 5.0", 'families = { a = ["qpr-15:total"] }', "tested by itself, in no family"),
        ("# margin = 5.0", 'families = { a = ["who-5:s"], b = ["who-5:s"] }', "'who-5:s' stands in two families"),
        ('language = "en"', 'language = "no"', r"line \d+: report.language is 'no'. Input should be 'en', 'da' or 'sv'"),
        ('language = "en"', 'sections = ["round"]', r"line \d+: report.sections.0 is 'round'"),
        ('language = "en"', 'sections = ["rounds", "costs"]', r"the section 'costs' is wanted, but there is no \[costs\]"),
        ('language = "en"', 'sections = ["questions"]', r"there is no \[items.local.<name>\]"),
        ('language = "en"', 'sections = ["rounds", "rounds"]', "a section stands twice"),
        ('outcomes = ["readmission_rate", "time_to_readmission"]', 'outcomes = ["bed_days"]', "give followup_start"),
        ('definition = "dk-30"', 'definition = "dk-30"\nfollowup_start = 2021-01-01', "followup_start lies after followup_end"),
        ('purpose = "quality work"', 'purpose = "quality"', "governance.purpose is 'quality'"),
        ("[disclosure]", "[interviews]\n[disclosure]", "give informants, codings or both"),
        ("[disclosure]", '[costs]\nbudget = "programme"\n[disclosure]', r"costs.budget: .* there is no \[programme\]"),
        ("[disclosure]", "[costs]\nprice_year = 2020\n[disclosure]", "give budget, person_level or break_even"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_told(study, old, new, message):
    with pytest.raises(InvalidValueError, match=message):
        pe.Study.from_toml(edit(study, (old, new)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# margin = 5.0", "margn = 5.0", r"line \d+: the key 'margn' in \[plan\] is not known. Did you mean 'margin'\?"),
        ("[governance]", "[governence]", r"the key 'governence' is not known. Did you mean 'governance'\?"),
        ('invited = "', 'primary = "a:b"\ninvited = "', r"the key 'primary' in \[survey\] is not known. It stands in \[plan\]"),
        ('invited = "', 'method = "auto"\ninvited = "', r"the key 'method' in \[survey\] .* It stands in \[comparisons\] or"),
        ('legal_basis = "', 'approved = "x"\nlegal_basis = "', r"Did you mean 'approval'\?"),
    ],
)  # fmt: skip
def test_unknown_keys_are_told_with_the_nearest_or_their_table(study, old, new, message):
    with pytest.raises(UnknownKeyError, match=message):
        pe.Study.from_toml(edit(study, (old, new)))


# what a check warns of


def look(study, code):
    read = pe.Study.from_toml(study)
    responses = read_table(read.file(read.plan.survey.file))
    found = [*plan_findings(read), *governance_findings(read), *risk_findings(read, responses)]
    return [each.text for each in found if each.kind == "look" and each.code == code]


def test_a_check_warns_of_a_missing_plan_and_of_governance(ward):
    text = ward.read_text(encoding="utf-8")
    without = re.sub(r"\[plan\]\n(.+\n)+", "", text)
    ward.write_text(without[: without.index("[governance]")], encoding="utf-8")
    assert "name the primary outcome before data are read" in look(ward, "plan")[0]
    assert "there is none" in look(ward, "governance")[0]
    over = '[governance]\npurpose = "research"\nlegal_basis = "consent"\ndeletion_date = 2020-01-01\n'
    ward.write_text(text[: text.index("[governance]")] + over, encoding="utf-8")
    approval, deletion = look(ward, "governance")
    assert "research needs an approval" in approval
    assert "2020-01-01, which has passed" in deletion
    today = ward.read_text(encoding="utf-8").replace("2020-01-01", date.today().isoformat())
    ward.write_text(today + 'approval = "1-23"\n', encoding="utf-8")
    assert look(ward, "governance") == []


@pytest.mark.parametrize(
    ("name", "items"),
    [("phq-9", "9"), ("core-om-printed-codes", "6, 9, 16, 22, 24, 34"), ("core-10-printed-codes", "6")],
)
def test_a_check_warns_of_risk_items_in_anonymous_rounds(ward, name, items):
    edit(ward, ('instruments = ["who-5", "qpr-15"]', f'instruments = ["who-5", "qpr-15", "{name}"]'))
    [text] = look(ward, "risk")
    where = "anonymous in: start, half-year, one-year"
    assert f"{name} asks about a risk to life (item {items}), and answers are {where}" in text


def test_risk_items_are_no_warning_where_persons_are_known(study):
    edit(study, ('"who-5", "qpr-15"', '"phq-9", "who-5", "qpr-15"'))
    assert look(study, "risk") == []
    change(study, "responses", lambda frame: frame.assign(person=frame["person"].mask(frame["round"] == "one-year")))
    [text] = look(study, "risk")
    assert "anonymous in: one-year." in text


def test_the_risk_items_of_core_are_those_of_its_risk_scale():
    for name in ("core-om-printed-codes", "core-om-position-codes"):
        one = pe.instrument(name)
        assert one.risk.items == one.scales["R"].items
    assert "core-10-position-codes" in set(list_instruments()["id"])


# sections


def test_sections_are_those_that_the_report_asks_for(study):
    assert list(SECTIONS) == ["programme", "participation", "questions", "rounds", "hospital", "interviews", "costs"]
    assert set(SECTIONS) == set(SectionName.__args__)
    edit(study, ('# sections = ["participation", "rounds", "hospital"]', 'sections = ["hospital", "participation"]'))
    read = pe.Study.from_toml(study)
    assert list(wanted_sections(read)) == ["hospital", "participation"]


def test_hospital_outcomes_with_persons(study):
    write_table(pe.simulate_study("region", seed=1).persons, study.parent / "data/persons.parquet", origin="synthetic")
    edit(
        study,
        ("# persons =", "persons ="),
        ('outcomes = ["readmission_rate", "time_to_readmission"]', 'outcomes = ["readmission_rate", "time_to_readmission", "length_of_stay", "bed_days"]\nperiod = "year"\nhorizon = 90'),
        ('definition = "dk-30"', 'definition = "dk-30"\nfollowup_start = 2019-01-15'),
    )  # fmt: skip
    read = pe.Study.from_toml(study)
    found = hospital(read, contacts_only(study))
    rate, series, curve, stays, beds = found
    assert set(series.estimates["time"].str[:4]) == {"2019", "2020"}
    assert rate.estimates["denominator"].iloc[-1] == series.estimates.query("group == 'all'")["denominator"].sum()
    assert set(curve.estimates["measure"]) == {"readmission_incidence", "death_incidence"}
    assert curve.estimates["time"].max() <= 90
    assert stays.settings["data_start"] == "2019-01-15"
    assert {"peer support", "usual care"} <= set(beds.estimates["group"])
    assert any("Arms are those of the unit of discharge" in note for note in beds.assumptions)
    assert all(each.origin == "synthetic" for each in found)


def test_bed_days_of_everybody_take_those_without_a_stay(study):
    people = pe.simulate_study("region", seed=1).persons
    nobody = pd.DataFrame(
        {"person": ["X1"], "born": pd.to_datetime(["1980-01-01"]), "sex": ["female"], "origin": ["synthetic"]}
    )
    write_table(
        pd.concat([people, nobody], ignore_index=True), study.parent / "data/persons.parquet", origin="synthetic"
    )
    text = study.read_text(encoding="utf-8").replace("# persons =", "persons =")
    text = text.replace(
        'outcomes = ["readmission_rate", "time_to_readmission"]', 'outcomes = ["bed_days"]\nfollowup_start = 2019-01-15'
    )
    study.write_text(re.sub(r"\[units\]\n(.+\n)+", "", text), encoding="utf-8")
    read = pe.Study.from_toml(study)
    [found] = hospital(read, contacts_only(study))
    assert found.estimates["n_persons"].iloc[0] == len(people) + 1


PROGRAMME = """
name = "Mentors"
why = "hope"
[[positions]]
id = "p"
date = "2020"
count = 4
source = "contract"
[[funding]]
id = "pay"
purpose = "pay"
amount = 1000000
currency = "DKK"
start = 2020
end = 2020
status = "granted"
source = "budget"
"""


def test_the_programme_its_interviews_and_its_costs(study):
    data = study.parent / "data"
    (data / "programme.toml").write_text(PROGRAMME, encoding="utf-8")
    (data / "informants.csv").write_text("informant,role\ni1,patient\ni2,patient\ni3,staff\n", encoding="utf-8")
    (data / "codings.csv").write_text(
        "informant,role,theme,kind\ni1,patient,hope,benefit\ni3,staff,hope,benefit\n", encoding="utf-8"
    )
    (data / "budget.csv").write_text(
        "scenario,line,amount,currency,price_year\nA,pay,100,DKK,2020\nA,rent,20,DKK,2020\n", encoding="utf-8"
    )
    arms = "".join(f"p{n},{'peer support' if n % 2 else 'usual care'},{100 + n},{n % 5}\n" for n in range(40))
    (data / "costs.csv").write_text("person,arm,cost,days\n" + arms, encoding="utf-8")
    text = study.read_text(encoding="utf-8").replace('method = "auto"', 'method = "paired-t"')
    text = re.sub("instruments = .+", 'instruments = ["qpr-15"]', text)
    text = text.replace(
        '# sections = ["participation", "rounds", "hospital"]', 'sections = ["programme", "interviews", "costs"]'
    )
    for table in ("programme", "interviews", "costs"):
        text = text.replace(f"# [{table}]", f"[{table}]")
    for key in ("file", "fidelity", "informants", "codings", "display", "budget"):
        text = text.replace(f"\n# {key} =", f"\n{key} =")
    more = """
[costs.person_level]
file = "data/costs.csv"
treatment = "peer support"
effect = "days"
better = "lower"
thresholds = [50]
currency = "DKK"
price_year = 2020
[costs.break_even]
annual_cost = 500000
bed_day_price = 4000
currency = "DKK"
price_year = 2020
"""
    study.write_text(text + more, encoding="utf-8")
    read = pe.Study.from_toml(study)
    tables = read.tables(contacts=False)
    described = programme(read, tables)
    assert [each.kind for each in described] == ["staffing", "funding", "fidelity"]
    assert any("materials, procedures" in note for note in described[0].assumptions)
    asked, said, beside = interviews(read, tables)
    assert (asked.kind, said.kind, beside.kind) == ("informants", "theme-matrix", "joint-display")
    assert beside.settings["measure"] == "difference_in_change"
    assert said.estimates.query("group == 'patient'")["denominator"].tolist() == [2.0]
    budget, gained, needed = costs(read, tables)
    assert budget.estimates.query("measure == 'total_cost'")["estimate"].tolist() == [120.0]
    assert gained.claim == "association"
    assert gained.settings["better"] == "lower"
    assert needed.estimates["estimate"].tolist() == [125.0]
    # what stays inside is said, and what may leave leaves
    kept = "Computed, but given out under no policy of disclosure control: "
    assert any(note.startswith(kept) for note in beside.assumptions)
    assert not any(note.startswith(kept) for each in (*described, budget, gained, needed) for note in each.assumptions)
    released = pe.release([*described, asked, said, beside, budget, gained, needed])
    for exact, safe in zip([*described, asked, said, beside, budget, gained, needed], released, strict=True):
        shown = safe.estimates[~safe.estimates["withheld"].astype(bool)]
        inside = [
            note.removeprefix(kept).rstrip(".").split(", ") for note in exact.assumptions if note.startswith(kept)
        ]
        assert not set(shown["measure"].str.replace("_", " ")) & {name for names in inside for name in names}
    assert released[2].estimates["estimate"].notna().any()
    assert released[-1].estimates["estimate"].tolist() == [125.0]
    checked = pe.check_study(study)
    assert checked.ok
    assert {"programme", "interviews", "costs"} <= {each.code for each in checked.findings}


def test_themes_beside_scores_leave_as_they_follow_from_what_left(mixed_methods_evaluation):
    released = mixed_methods_evaluation.released
    display = next(each for each in released["interviews"] if each.kind == "joint-display")
    matrix = next(each for each in released["interviews"] if each.kind == "theme-matrix")
    [again] = pe.release(
        pe.joint_display(matrix, released["rounds"][0], display.settings["pairs"], measure="difference_in_change")
    )
    pd.testing.assert_frame_equal(display.estimates, again.estimates)
    assert display.estimates["meta_inference"].eq("agreement").all()
    assert not any("given out under no policy" in note for note in display.assumptions)
    # with no released scores to follow from it stays inside
    exact = mixed_methods_evaluation.results["interviews"]
    kept = displays_of_released(pe.release(exact), policy="standard", beside=released["participation"])
    assert kept[-1].estimates["withheld"].all()
    other = displays_of_released(pe.release(exact)[-1:], policy="standard", beside=released["rounds"])
    assert other[-1].estimates["withheld"].all()


def test_scores_of_an_earlier_release_do_not_stand_beside_themes_of_today(mixed_methods_evaluation, tmp_path):
    made = mixed_methods_evaluation
    study = pe.Study.from_toml(shutil.copytree(made.study.path.parent, tmp_path / "s") / "study.toml")
    earlier = study.file("released") / "confirmed" / "2020-01-01" / "rounds"
    earlier.mkdir(parents=True)
    write_released(made.released["rounds"], earlier)
    study.save("interviews", made.results["interviews"])
    assert study.released("interviews")[-1].estimates["withheld"].all()
    study.save("rounds", made.results["rounds"])
    study.save("interviews", made.results["interviews"])
    assert not study.released("interviews")[-1].estimates["withheld"].any()


def test_the_units_own_questions_are_named_by_their_words(mixed_methods_evaluation):
    own = mixed_methods_evaluation.results["rounds"][1].estimates
    assert set(own["label"]) == {"Had somebody to talk to who has been there", "Would recommend the ward to others"}
    assert set(own["scale"]) == {"met_a_peer", "would_recommend"}


def test_the_budget_may_be_that_of_the_programme(study):
    (study.parent / "data" / "programme.toml").write_text(
        PROGRAMME.replace('purpose = "pay"', 'purpose = "pay"\nscenario = "A"'), encoding="utf-8"
    )
    more = '\n[programme]\nfile = "data/programme.toml"\n[costs]\nbudget = "programme"\n'
    study.write_text(study.read_text(encoding="utf-8") + more, encoding="utf-8")
    read = pe.Study.from_toml(study)
    [budget] = costs(read, contacts_only(study))
    assert budget.estimates.query("measure == 'total_cost'")["estimate"].tolist() == [1e6]


# bad input


def test_a_unit_with_one_person_gives_nothing_away(study):
    """The unit's only stay is counted within its arm; no released row is of it alone."""

    def lonely(frame):
        return frame.assign(unit=frame["unit"].mask(frame["person"] == frame["person"].iloc[0], "Ward E"))

    change(study, "contacts", lonely)
    edit(study, ('"Ward D" = "usual care"', '"Ward D" = "usual care"\n"Ward E" = "hospice"'))
    read = pe.Study.from_toml(study)
    rate, curve = pe.release(hospital(read, contacts_only(study)))
    for found in (rate, curve):
        alone = found.estimates[found.estimates["group"] == "hospice"]
        numbers = [
            name for name in ("estimate", "conf_low", "numerator", "denominator", "n", "n_persons") if name in alone
        ]
        assert alone[numbers].isna().all(axis=None)
        assert not alone.empty or found is curve


def test_many_stays_of_one_person_are_one_person():
    """A unit of one person with 16 stays, of which 7 were followed by a readmission: many stays, but nobody to hide among."""
    first = pd.Timestamp("2018-01-01")
    of_many = pd.DataFrame({"number": range(360)}).assign(person=lambda t: "p" + (t["number"] % 60).astype(str))
    of_many["admitted"] = first + pd.to_timedelta(40 * (of_many["number"] // 60) + of_many["number"] % 7, unit="D")
    of_many["unit"] = of_many["number"].mod(2).map({0: "A", 1: "B"})
    of_one = pd.DataFrame({"number": range(16), "person": "x", "unit": "C"})
    of_one["admitted"] = first + pd.to_timedelta(45 * of_one["number"], unit="D")
    contacts = pd.concat([of_many, of_one]).assign(acute=True, specialty="psychiatric")
    contacts["discharged"] = contacts["admitted"] + pd.to_timedelta(3 + 22 * (contacts["number"] % 2), unit="D")
    rate = pe.readmission_rate(pe.readmissions(contacts, definition="dk-30"), by="unit")
    exact = rate.estimates.set_index("group").loc["C"]
    assert (exact["numerator"], exact["denominator"], exact["n_persons"]) == (7, 15, 1)
    [safe] = pe.release([rate])
    told = safe.estimates.set_index("group")
    numbers = ["estimate", "numerator", "denominator", "n_persons"]
    assert told.loc["C", numbers].isna().all()
    # with all and one of two others the unit would be known
    assert told.loc[["A", "B"], "numerator"].isna().any()
    assert told.loc[["A", "B"], "denominator"].isna().any()


def test_empty_contacts_give_empty_results(study):
    change(study, "contacts", lambda frame: frame.iloc[:0])
    edit(
        study,
        ('outcomes = ["readmission_rate", "time_to_readmission"]', 'outcomes = ["readmission_rate", "time_to_readmission", "length_of_stay", "bed_days"]'),
        ('definition = "dk-30"', 'definition = "dk-30"\nfollowup_start = 2019-01-15'),
    )  # fmt: skip
    read = pe.Study.from_toml(study)
    found = hospital(read, contacts_only(study))
    assert len(found) == 4
    assert all(each.estimates["estimate"].isna().all() for each in found)


def test_a_wrong_definition_is_told_with_the_nearest(study):
    found = pe.check_study(edit(study, ('definition = "dk-30"', 'definition = "dk30"')))
    assert any(
        "No readmission definition is called 'dk30'. Did you mean 'dk-30'?" in each.text for each in found.problems
    )


def test_a_person_who_is_not_among_the_persons_is_told_without_a_name(study):
    people = pe.simulate_study("region", seed=1).persons.iloc[1:]
    write_table(people, study.parent / "data/persons.parquet", origin="synthetic")
    read = pe.Study.from_toml(edit(study, ("# persons =", "persons =")))
    with pytest.raises(MissingValueError) as caught:
        read.tables(survey=False)
    assert "S0" not in str(caught.value)
    (study.parent / "data/persons.parquet").unlink()
    found = pe.check_study(study).problems
    assert [(each.code, each.where) for each in found] == [("PE201", "data/persons.parquet")]


def test_an_informants_table_of_another_kind_is_told(study):
    (study.parent / "data" / "informants.csv").write_text("name,group\na,b\n", encoding="utf-8")
    study.write_text(
        study.read_text(encoding="utf-8") + '\n[interviews]\ninformants = "data/informants.csv"\n', encoding="utf-8"
    )
    read = pe.Study.from_toml(study)
    with pytest.raises(ColumnError, match="role"):
        interviews(read, read.tables(survey=False, contacts=False))


# templates and schema


@pytest.mark.parametrize("language", ["en", "da", "sv"])
@pytest.mark.parametrize("preset", ["mixed-methods", "region", "ward"])
def test_templates_are_the_same_study_in_each_language(tmp_path, preset, language):
    path = new_study(tmp_path / language, preset=preset, seed=1, language=language)
    read = pe.Study.from_toml(path)
    english = tmp_path / "study.toml"
    english.write_text(study_file(preset), encoding="utf-8")
    plan, other = read.plan, pe.Study.from_toml(english).plan
    assert plan.report.language == language
    assert [each.month for each in plan.rounds] == [each.month for each in other.rounds]
    assert plan.survey == other.survey
    assert len(plan.units) == len(other.units)
    assert plan.plan.primary == other.plan.primary
    responses = read_table(read.file(plan.survey.file))
    assert responses["round"].unique().tolist() == [each.id for each in plan.rounds]
    if plan.study.reference_arm:
        assert set(responses["arm"]) == {plan.study.reference_arm, *plan.units.values()}
        assert set(read_table(read.file(plan.contacts.file))["unit"]) == set(plan.units)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#:schema ./peereval.schema.json\n")
    assert (path.parent / FILE).read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("language", ["en", "da", "sv"])
def test_the_parts_of_a_mixed_methods_study_fit_together(tmp_path, language):
    read = pe.Study.from_toml(new_study(tmp_path / language, seed=1, language=language))
    plan, described = read.plan, read.programme()
    assert set(wanted_sections(read)) == set(SECTIONS)
    assert {each.name for each in (read.path.parent / "notebooks").iterdir()} == {f"{name}.ipynb" for name in SECTIONS}
    own = read_table(read.file(plan.survey.file))
    assert all(set(own[item.column]) <= set(item.options) for item in plan.items.local.values())
    assert {plan.costs.person_level.treatment, plan.study.reference_arm} == set(
        read.table(plan.costs.person_level.file)["arm"]
    )
    granted = described.funding_totals().estimates.query("measure == 'total_of_parts'")
    assert granted["agreement"].tolist() == ["agrees"]
    assert plan.costs.break_even.annual_cost == granted["estimate"].item()
    assert set(plan.interviews.display) <= set(read.codings()["theme"])
    scales = (outcome.split(":") for outcome in plan.interviews.display.values())
    assert all(pe.instrument(name).scales[scale].headline for name, scale in scales)
    assert set(read.codings()["role"]) == set(read.informants()["role"])
    english = tmp_path / "programme.toml"
    english.write_text(programme_file("en"), encoding="utf-8")
    other = pe.Programme.from_toml(english)
    assert described.origin == "synthetic"
    assert described.missing_items() == other.missing_items()
    assert [each.count for each in described.positions] == [each.count for each in other.positions]
    assert [each.amount for each in described.funding] == [each.amount for each in other.funding]
    assert [each.criterion for each in described.answers] == [each.criterion for each in other.answers]


@pytest.mark.parametrize("language", ["en", "da", "sv"])
def test_what_a_template_comments_out_can_be_used(tmp_path, language):
    """Every key in a comment is read as well when its sign is taken off."""
    text = re.sub(r"^# (\[\w+\]|\w+ = .+)$", r"\1", study_file("region", language), flags=re.MULTILINE)
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    plan, problems = parse_plan(path)
    assert problems == []
    assert plan.interviews.display
    assert plan.costs.budget == "data/budget.csv"
    assert plan.contacts.persons == "data/persons.parquet"
    assert plan.plan.families
    jsonschema.validate(json.loads(json.dumps(tomllib.loads(text), default=str)), json.loads(schema_text()))


def test_the_shipped_schema_knows_every_key():
    shipped, made = json.loads(schema_text()), study_schema()
    keys = {name: list(part["properties"]) for name, part in made["$defs"].items()}
    assert {name: list(part["properties"]) for name, part in shipped["$defs"].items()} == keys
    assert list(shipped["properties"]) == list(made["properties"])
    told = [each for part in shipped["$defs"].values() for each in part["properties"].values()]
    assert all(each["description"] for each in told)
    with pytest.raises(jsonschema.ValidationError, match="languge"):
        jsonschema.validate({"report": {"languge": "da"}}, {**shipped, "required": []})


def test_every_key_has_a_type_and_a_meaning():
    tables = study_tables()
    assert {
        "[study]",
        "[plan]",
        "[[rounds]]",
        "[survey.columns]",
        "[units]",
        "[items.local.<name>]",
        "[costs.break_even]",
    } <= set(tables)
    for header, (meaning, keys) in tables.items():
        assert meaning.endswith("."), header
        for key in keys:
            assert key.kind, key
            assert key.meaning.endswith("."), key
    assert {key.name for key in tables["[contacts]"][1] if key.default == "required"} == {
        "file",
        "definition",
        "followup_end",
    }
