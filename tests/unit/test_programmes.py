"""Programme files: read, refused, written back; positions, money and fidelity told from them."""

from __future__ import annotations

import math
import re
import tomllib

import pytest
from pydantic import ValidationError

import peereval as pe
from peereval.errors import (
    DesignError,
    DestinationError,
    InvalidValueError,
    MissingFileError,
    StudySyntaxError,
    UnknownKeyError,
    UnknownNameError,
)
from peereval.files import definitions
from peereval.programmes.criteria import CRITERIA, FIELDS, Criterion, Rule, fidelity_criteria
from peereval.programmes.programme import TIDIER

SCHEME = """
name = "Mentors"
began = 2013

[sources]
release = "A press release"
agenda = "An agenda"

[[partners]]
name = "Region"
kind = "region"

[[units]]
name = "wards"
kind = "inpatient"
workplaces = 10
partner = "Region"

[[units]]
name = "teams"
kind = "FACT"

[[positions]]
id = "all"
count = 43
date = 2018-05-01
source = "release"

[[positions]]
count = 23
date = 2018-05-01
unit = "wards"
part_of = "all"
source = "release"

[[positions]]
count = 20
date = 2018-05-01
unit = "teams"
part_of = "all"
source = "release"

[[positions]]
count = [7, 8]
date = 2019
status = "planned"
additional = true
source = "release"

[[positions]]
count = 35
approximate = true
hours_week = [20, 30]
full_time_hours = 37
date = "2017-04"
source = "agenda"
"""


def written(tmp_path, text):
    file = tmp_path / "programme.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def scheme(tmp_path):
    return pe.Programme.from_toml(written(tmp_path, SCHEME))


def position(count, date="2017", **more):
    return pe.Position(count=count, date=date, **{"source": "own", **more})


def line(amount, **more):
    given = {"purpose": "x", "currency": "DKK", "start": 2021, "end": 2021, "status": "proposed", "source": "own"}
    return pe.Funding(amount=amount, **{**given, **more})


def refused(tmp_path, text):
    with pytest.raises((UnknownKeyError, InvalidValueError)) as caught:
        pe.Programme.from_toml(written(tmp_path, text))
    return caught.value


def test_a_file_is_read_and_written_back_equal(scheme, tmp_path):
    scheme.to_toml(tmp_path / "again.toml")
    assert pe.Programme.from_toml(tmp_path / "again.toml") == scheme
    content = tomllib.loads((tmp_path / "again.toml").read_text(encoding="utf-8"))
    assert [each["count"] for each in content["positions"]] == [43, 23, 20, [7, 8], 35]
    assert content["began"] == "2013"
    assert "ended" not in content


def test_a_programme_is_shown_in_one_line(scheme):
    assert str(scheme) == repr(scheme) == "Programme('Mentors', 5 positions, 0 lines of funding)"


def test_the_items_of_tidier_that_are_empty_are_named(scheme):
    assert len(TIDIER) == 12
    assert scheme.missing_items() == TIDIER[1:]
    assert scheme.model_copy(update={"why": "  ", "mode": "talks"}).missing_items() == tuple(
        item for item in TIDIER if item not in ("name", "mode")
    )
    assert set(TIDIER) < set(pe.Programme.model_fields)


def test_writing_needs_a_folder(scheme, tmp_path):
    with pytest.raises(DestinationError, match="does not exist"):
        scheme.to_toml(tmp_path / "nowhere" / "programme.toml")


def test_a_file_that_is_not_there_or_broken_is_told(tmp_path):
    with pytest.raises(MissingFileError):
        pe.Programme.from_toml(tmp_path / "none.toml")
    with pytest.raises(StudySyntaxError, match=r"programme.toml.*line 1"):
        pe.Programme.from_toml(written(tmp_path, "name = x"))


def test_an_unknown_key_is_told_with_its_line_and_the_nearest(tmp_path):
    error = refused(tmp_path, 'name = "x"\n\n[[positions]]\ncuont = 2\ndate = 2018\nsource = "own"\n')
    assert isinstance(error, UnknownKeyError)
    assert "programme.toml, line 4: the key 'cuont' in [positions] is not known." in error.message
    assert error.hint == "Did you mean 'count'?"
    error = refused(tmp_path, 'name = "x"\n\n[[postions]]\ncount = 2\n')
    assert str(error) == "PE102: programme.toml, line 3: the key 'postions' is not known. Did you mean 'positions'?"


POSITION = '[[positions]]\ncount = {count}\ndate = {date}\nsource = "own"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POSITION.format(count=-2, date=2018), "line 2: positions.0.count is -2. expected a number from 0 up"),
        (POSITION.format(count="[8, 7]", date=2018), "line 2: positions.0.count"),
        (POSITION.format(count=2, date='"2018-06-31"'), "line 3: positions.0.date is '2018-06-31'"),
        (POSITION.format(count=2, date="217"), "line 3: positions.0.date is 217"),
        (POSITION.format(count="inf", date="2018"), "line 2: positions.0.count"),
        (POSITION.format(count=2, date=2018) + "full_time_hours = inf", "line 5: positions.0.full_time_hours is inf"),
        (POSITION.format(count=2, date='"summer 2018"'), "line 3: positions.0.date"),
        ("began = 2018\n" + POSITION.format(count=2, date=2017), "line 4: positions.0.date: 2017 lies before the pro"),
        ('began = "2018-05"\nended = "2018-04"', "line 2: ended: 2018-04 lies before the programme began"),
        ('[[turnover]]\nstart = 2018\nend = 2017\nsource = "own"', "line 3: turnover.0.end: 2017 lies before the start"),
        ('[[funding]]\npurpose = "x"\ncurrency = "kr"\nstart = 2018\nstatus = "spent"\nsource = "own"', "line 3: funding"),
        ("[sources]\na = 'A'\n" + POSITION.format(count=2, date=2018), "line 6: positions.0.source: 'own' is not listed"),
        (POSITION.format(count=2, date=2018) + 'unit = "ward"\n[[units]]\nname = "wards"\nkind = "inpatient"',
         "line 5: positions.0.unit: 'ward' is not listed under units. Did you mean 'wards'?"),
        (POSITION.format(count=2, date=2018) + 'unit = "ward"', "the programme lists no units"),
        (POSITION.format(count=2, date=2018) + 'part_of = "a"', "line 5: positions.0.part_of: 'a' is no id of positions"),
        (POSITION.format(count=2, date=2018) + 'id = "a"\npart_of = "a"', "a part of this entry"),
        (2 * (POSITION.format(count=2, date=2018) + 'id = "a"\n'), "line 10: positions.1.id: 'a' stands twice"),
        (POSITION.format(count=2, date=2018) + 'id = "a"\n' + POSITION.format(count=1, date=2017) + 'part_of = "a"',
         "line 8: positions.1.date: 2017 is a part of 'a', which has 2018; two of these are never added"),
        (POSITION.format(count=2, date=2018) + 'id = "position 2"', "line 5: positions.0.id: 'position 2' is what entries"),
        ("[[positions]]\ncount = 2\ndate = 2018", "the key 'source' in [positions] is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, said):
    assert said in refused(tmp_path, text).message


def test_an_end_that_is_before_the_start_of_money_is_refused():
    with pytest.raises(ValidationError, match="2020 lies before the start"):
        pe.Programme(funding=(line(1.0, end=2020),))


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"currency": "EUR"}, "EUR is a part of 'a', which has DKK"),
        ({"price_level": 2021}, "2021 is a part of 'a', which has none"),
        ({"status": "granted"}, "granted is a part of 'a', which has proposed"),
        ({"scenario": "B"}, "B is a part of 'a', which has none"),
        ({"per": "period"}, "period is a part of 'a', which has year"),
        ({"end": 2022}, "2022 is not among the times of 'a'"),
        ({"end": None}, "2021- is not among the times of 'a'"),
    ],
)
def test_what_cannot_be_added_is_refused(more, found):
    with pytest.raises(ValidationError, match=found):
        pe.Programme(funding=(line(2.0, id="a"), line(1.0, part_of="a", **more)))


def test_wholes_that_are_parts_of_one_another_are_refused():
    with pytest.raises(ValidationError, match="over its own wholes"):
        pe.Programme(funding=(line(2.0, id="a", part_of="b"), line(1.0, id="b", part_of="a")))


def test_positions_stand_source_by_source(scheme):
    rows = scheme.staffing().estimates
    assert rows["term"].tolist() == ["all", "position 2", "position 3", "position 4", "position 5", "position 5", "all"]
    assert rows["measure"].tolist() == [
        "positions", "positions", "positions", "additional_positions", "positions", "full_time_equivalents", "positions_from_parts",
    ]  # fmt: skip
    # the middle of a range is nobody's figure
    assert rows["estimate"].tolist()[:3] == [43, 23, 20]
    assert rows["estimate"].isna().tolist() == [False, False, False, True, False, True, False]
    assert rows.loc[3, ["lowest", "highest"]].tolist() == [7, 8]
    assert rows["time"].tolist()[:4] == ["2018-05-01", "2018-05-01", "2018-05-01", "2019"]


def test_full_time_equivalents_run_over_the_printed_range(scheme):
    rows = scheme.staffing().estimates.set_index("measure")
    low, high = rows.loc["full_time_equivalents", ["lowest", "highest"]]
    assert (low, high) == pytest.approx((35 * 20 / 37, 35 * 30 / 37))
    assert (
        "full_time_equivalents"
        not in pe.Programme(positions=(position(2, hours_week=20),)).staffing().estimates["measure"].tolist()
    )


def test_parts_stand_beside_their_whole(scheme):
    row = scheme.staffing().estimates.iloc[-1]
    assert (row["estimate"], row["printed"], row["agreement"]) == (43, 43, "agrees")
    other = pe.Programme(
        positions=(position(43, id="all"), position(23, part_of="all"), position([19, 21], part_of="all"))
    )
    row = other.staffing().estimates.iloc[-1]
    assert (row["lowest"], row["highest"], row["agreement"]) == (42, 44, "agrees")
    other = pe.Programme(positions=(position(43, id="all"), position(20, part_of="all")))
    assert other.staffing().settings["data"]["contradictions"] == [
        "2017: the parts of all make 20 (own), printed is 43"
    ]
    other = pe.Programme(positions=(position((40, 43), id="all"), position(20, part_of="all")))
    assert other.staffing().settings["data"]["contradictions"] == [
        "2017: the parts of all make 20 (own), printed is another range"
    ]
    wards = {"unit": "wards", "part_of": "all"}
    other = pe.Programme(
        units=(pe.Unit(name="wards", kind="inpatient"),),
        positions=(position(43, id="all"), position(23, **wards), position(20, **wards)),
    )
    assert other.staffing().settings["data"]["contradictions"] == []


def test_sources_that_contradict_one_another_are_flagged_and_never_averaged():
    both = pe.Programme(positions=(position(25, source="a"), position([30, 35], source="b"), position(25, date="2018")))
    found = both.staffing()
    assert found.estimates["agreement"].tolist() == ["contradicts", "contradicts", ""]
    assert found.settings["data"]["contradictions"] == ["2017: 25 (a) against 30 to 35 (b)"]
    same = pe.Programme(positions=(position(25, source="a"), position([20, 30], source="b")))
    assert same.staffing().estimates["agreement"].tolist() == ["agrees", "agrees"]
    assert same.staffing().settings["data"]["contradictions"] == []


@pytest.mark.parametrize(
    "other",
    [{"role": "parent mentor"}, {"status": "planned"}, {"scenario": "B"}, {"scheme": "x"}, {"additional": True}, {"date": "2017-01"}],
)  # fmt: skip
def test_other_things_do_not_contradict(other):
    found = pe.Programme(positions=(position(25), position(30, **other))).staffing().estimates
    assert set(found["agreement"]) == {""}


def test_a_total_is_recomputed_from_its_parts_year_by_year():
    # the numbers of a Danish budget proposal, in which one line of 2022 cannot be right
    money = pe.Programme(
        funding=(
            line(2.3e6, id="teams", end=2022),
            line(2.1e6, part_of="teams", end=2022),
            line(0.2e6, part_of="teams"),
            line(2.1e6, part_of="teams", start=2022, end=2022),
        )
    )
    rows = money.funding_totals().estimates.query("measure == 'total_of_parts'").set_index("time")
    assert rows["estimate"].tolist() == [2.3e6, 4.2e6]
    assert rows["difference"].tolist() == [0, 1.9e6]
    assert rows["agreement"].tolist() == ["agrees", "contradicts"]
    assert rows["n"].tolist() == [2, 2]


def test_a_part_without_an_amount_counts_with_its_own_parts():
    money = pe.Programme(
        funding=(
            line(10.0, id="all"), line(None, id="pay", part_of="all"), line(3.0, part_of="pay"), line(4.0, part_of="pay"),
            line(3.0, part_of="all"),
        )
    )  # fmt: skip
    rows = money.funding_totals().estimates.set_index("term")
    assert rows.loc["all", ["estimate", "difference", "agreement"]].tolist() == [10.0, 0.0, "agrees"]
    assert rows.loc["pay", "estimate"] == 7.0
    assert rows.loc["pay", "agreement"] == ""


def test_a_sum_with_an_unknown_part_is_not_known():
    money = pe.Programme(funding=(line(10.0, id="all"), line(None, part_of="all"), line(3.0, part_of="all")))
    row = money.funding_totals().estimates.iloc[0]
    assert math.isnan(row["estimate"])
    assert row["agreement"] == ""


def test_money_for_a_period_stands_in_one_row():
    assert line(4e6, start=2015, end=2017, per="period").years == ("2015/2017",)
    assert line(4e6, per="period").years == ("2021",)
    assert line(7e6, start=2018, end=None).years == ("2018-",)
    assert line(7e6, end=2023).years == ("2021", "2022", "2023")


def test_positions_leave_rounded_and_those_of_a_few_do_not():
    both = pe.Programme(
        positions=(position(26, source="a", note="26 of them"), position(31, source="b"), position(3, id="pay")),
        funding=(line(7.25e6), line(1.5e6, id="pay")),
    )
    staff, money = pe.release([both.staffing(), both.funding_totals()])
    assert staff.estimates["lowest"].tolist()[:2] == [25, 30]
    assert staff.estimates["withheld"].tolist()[:3] == [False, False, True]
    assert money.estimates["withheld"].tolist() == [False, True]
    assert money.estimates["estimate"].tolist()[0] == 7.25e6
    for released in (staff, money):
        told = re.findall(r"[0-9.]+", str((released.estimates.to_dict(), released.settings)))
        assert not {"26", "26.0", "31", "31.0", "1500000.0"} & set(told)
    [released] = pe.release([both.fidelity("nsph-2018")])
    assert not released.estimates["withheld"].any()


def test_nothing_gives_empty_results_with_settings():
    empty = pe.Programme()
    for found in (empty.staffing(), empty.funding_totals()):
        assert len(found.estimates) == 0
        assert found.settings["data"]["rows"] == 0


def test_made_up_programmes_say_so():
    made_up = pe.Programme(origin="synthetic", positions=(position(2),))
    assert {made_up.staffing().origin, made_up.funding_totals().origin, made_up.fidelity("nsph-2018").origin} == {
        "synthetic"
    }


def statuses(programme):
    return programme.fidelity("nsph-2018").estimates.dropna(subset="status").set_index("term")["status"]


def test_an_empty_programme_meets_nothing_and_misses_nothing():
    found = pe.Programme().fidelity("nsph-2018")
    criteria = found.estimates.query("measure == 'criterion'")
    assert set(criteria["status"]) == {"unknown"}
    assert (criteria["ask"].str.len() > 10).all()
    shares = found.estimates.query("term == 'all'").set_index("measure")["estimate"]
    assert math.isnan(shares["share_met"])
    assert shares[["share_met_at_least", "share_met_at_most"]].tolist() == [0, 1]
    assert found.exclusions == {"criterion_unknown": len(criteria)}
    assert "stops at page 26" in found.method


@pytest.mark.parametrize(
    ("parts", "criterion", "status"),
    [
        ({"positions": (position(2, hours_week=20, full_time_hours=37),)}, "half-time", "met"),
        ({"positions": (position(2, hours_week=18.5, full_time_hours=37),)}, "half-time", "met"),
        ({"positions": (position(2, hours_week=18, full_time_hours=37),)}, "half-time", "not met"),
        ({"positions": (position(2, hours_week=(15, 25), full_time_hours=37),)}, "half-time", "unknown"),
        ({"positions": (position(2, hours_week=18),)}, "half-time", "unknown"),
        # those that were there before, or are only planned, say nothing of those who are there
        ({"positions": (position(2, hours_week=10, full_time_hours=37), position(2, date="2018", hours_week=20, full_time_hours=37))},
         "half-time", "met"),
        ({"positions": (position(2, status="planned", hours_week=20, full_time_hours=37),)}, "half-time", "unknown"),
        ({"training": (pe.Training(name="a", participants="peers", weeks=5, source="own"),)}, "five-week-course", "met"),
        ({"training": (pe.Training(name="a", participants="peers", weeks=2, source="own"),)}, "five-week-course", "not met"),
        ({"training": (pe.Training(name="a", participants="staff", weeks=5, source="own"),)}, "five-week-course", "unknown"),
        ({"training": (pe.Training(name="a", participants="peers", weeks=2, source="own"),
                       pe.Training(name="b", participants="mixed", weeks=6, source="own"))}, "five-week-course", "met"),
        ({"training": (pe.Training(name="a", participants="staff", sessions=2, source="own"),)}, "staff-trained", "met"),
        ({"supervision": (pe.Supervision(by_lived_experience=True, source="own"),)}, "supervisor-with-lived-experience", "met"),
        ({"supervision": (pe.Supervision(by_lived_experience=True, source="own"), pe.Supervision(source="own"))},
         "supervisor-with-lived-experience", "unknown"),
        ({"supervision": (pe.Supervision(by_lived_experience=False, source="own"), pe.Supervision(source="own"))},
         "supervisor-with-lived-experience", "not met"),
    ],
)  # fmt: skip
def test_rules_tell_a_criterion_from_the_fields(parts, criterion, status):
    assert statuses(pe.Programme(**parts))[criterion] == status


@pytest.mark.parametrize(
    ("positions", "status"),
    [
        ((position(20, unit="wards"), position(2, unit="team")), "met"),
        ((position(19, unit="wards"), position(2, unit="team")), "not met"),
        ((position(20, unit="wards"),), "unknown"),
        # two roles of a source add up, two sources do not
        (
            (position(12, unit="wards"), position(8, unit="wards", role="parent mentor"), position(2, unit="team")),
            "met",
        ),
        ((position(12, unit="wards"), position(24, unit="wards", source="b"), position(2, unit="team")), "unknown"),
    ],
)
def test_two_peers_a_workplace(positions, status):
    units = (pe.Unit(name="wards", kind="inpatient", workplaces=10), pe.Unit(name="team", kind="FACT"))
    assert statuses(pe.Programme(units=units, positions=positions))["two-peers-a-workplace"] == status


@pytest.mark.parametrize(
    ("models", "medicine", "everyday"),
    [
        ([{}], "unknown", "unknown"),
        ([{"tasks": ("hand out medicine", "support everyday life")}], "not met", "met"),
        ([{"excluded_tasks": ("hand out medicine", "support everyday life")}], "met", "not met"),
        ([{"excluded_tasks": ("hand out medicine",)}, {}], "unknown", "unknown"),
        ([{"tasks": ("hand out medicine",)}, {}], "not met", "unknown"),
    ],
)
def test_role_boundaries_are_told_from_the_tasks_of_all_models(models, medicine, everyday):
    made = tuple(pe.PeerModel(name=str(number), **each) for number, each in enumerate(models))
    found = pe.Programme(models=made).role_boundaries("nsph-2018").estimates.set_index("term")["status"]
    assert (found["no-medicine"], found["everyday-life"]) == (medicine, everyday)
    assert "half-time" not in found.index


def test_a_stated_answer_tells_what_fields_do_not():
    def answer(criterion, *, met):
        return pe.Answer(criteria="nsph-2018", criterion=criterion, met=met, source="manager")

    stated = pe.Programme(
        positions=(position(2, hours_week=10, full_time_hours=37),),
        answers=(answer("half-time", met=True), answer("cooperation-agreement", met=True)),
    )
    rows = stated.fidelity("nsph-2018").estimates.set_index("term")
    columns = ["status", "stated", "told_by", "said_by"]
    # fields come first, and the answer that they speak against stays in sight
    assert rows.loc["half-time", columns].tolist() == ["not met", "met", "the programme's fields", "manager"]
    assert rows.loc["cooperation-agreement", columns].tolist() == ["met", "met", "a stated answer", "manager"]
    shares = rows.loc["all"].set_index("measure")
    assert shares["numerator"].tolist() == [1, 1, len(rows) - 9 - 1]
    assert shares.loc["share_met", "estimate"] == 0.5


def test_stated_answers_that_contradict_one_another_tell_nothing():
    said = {"criteria": "nsph-2018", "criterion": "part-of-the-team"}
    both = (pe.Answer(met=True, source="manager", **said), pe.Answer(met=False, source="peer", **said))
    row = pe.Programme(answers=both).fidelity("nsph-2018").estimates.set_index("term").loc["part-of-the-team"]
    assert row[["status", "stated", "said_by", "told_by"]].tolist() == ["unknown", "met, not met", "manager, peer", ""]
    assert row["ask"]
    same = (both[0], pe.Answer(met=True, source="peer", **said))
    assert statuses(pe.Programme(answers=same))["part-of-the-team"] == "met"


def test_unknown_criteria_are_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="nsph-2018"):
        pe.Programme().fidelity("nsph-2081")
    wrong = pe.Programme(answers=(pe.Answer(criteria="nsph-2018", criterion="halftime", met=True, source="own"),))
    with pytest.raises(UnknownNameError, match="'half-time'"):
        wrong.fidelity("nsph-2018")
    others = pe.Programme(answers=(pe.Answer(criteria="ours", criterion="halftime", met=True, source="own"),))
    assert set(statuses(others)) == {"unknown"}


def test_criteria_are_whole():
    for name in definitions(*CRITERIA):
        found = fidelity_criteria(name)
        assert found.id == name
        ids, tasks = [each.id for each in found.criterion], [each.task for each in found.criterion if each.task]
        assert len(set(ids)) == len(ids)
        assert len(set(tasks)) == len(tasks)
        assert all(1 <= int(each.page) <= 26 for each in found.criterion)
        assert {each.rule.field for each in found.criterion if each.rule} <= set(FIELDS)


def test_criteria_that_cannot_be_told_are_refused():
    with pytest.raises(ValidationError, match="is no field"):
        Rule(field="hours", at_least=1, of="all")
    with pytest.raises(ValidationError, match="either what to ask, or a task"):
        Criterion(id="a", group="b", text="c", strength="shall", page="1", ask="d", task="e", does=True)


def test_amounts_of_two_currencies_are_drawn_in_two_panels():
    import matplotlib.pyplot as plt

    money = pe.Programme(funding=(line(2e6), line(1e6, currency="SEK"))).funding_totals()
    panels = money.plot()
    assert [panel.get_xlabel() for panel in panels] == ["DKK million", "SEK million"]
    with pytest.raises(DesignError):
        money.plot(ax=plt.subplots()[1])


def test_the_figure_of_positions_marks_what_is_inferred_and_what_contradicts(scheme):
    both = pe.Programme(
        positions=(position(25, source="a"), position(30, source="b", basis="inferred", approximate=True))
    )
    panel = both.staffing().plot()
    assert [text.get_text() for text in panel.get_legend().get_texts()] == [
        "a", "b", "number or date inferred", "contradict one another",
    ]  # fmt: skip
    assert [text.get_text() for text in panel.texts] == ["25", "≈ 30"]
    assert "1 entries that come on top" in scheme.staffing().plot().get_xlabel()


def test_numbers_of_the_same_date_stand_under_one_another_and_dates_need_no_language():
    panel = pe.Programme(positions=(position(6, source="a"), position(6, source="b"))).staffing().plot()
    assert [text.get_text() for text in panel.texts] == ["6", "6"]
    assert len({text.xyann for text in panel.texts}) == 2
    panel.figure.canvas.draw()
    dates = [label.get_text() for label in panel.get_xticklabels()]
    assert dates
    assert not any(letter.isalpha() for label in dates for letter in label)


@pytest.mark.parametrize(
    "found", [pe.Programme().staffing(), pe.Programme().funding_totals()], ids=["staffing", "funding"]
)
def test_nothing_to_draw_is_said(found):
    assert found.plot().texts[0].get_text().startswith("No ")
