"""What a check of a study shows and finds: no value that the study file does not name, and all that evaluating would refuse."""

from __future__ import annotations

import pandas as pd
import pytest
from pydantic import ValidationError

import peereval as pe
from peereval.errors import DesignError, IdentifierError, InvalidValueError
from peereval.surveys.item_file import read_item_file
from peereval.surveys.responses import to_responses
from peereval.surveys.sheet import Sheet
from peereval.surveys.windows import PlannedRound

pytestmark = pytest.mark.filterwarnings("ignore")
STUDY = """
[study]
title = "T"
programme = "P"
design = "panel"
{arms}
[[rounds]]
id = "start"
month = 0
[[rounds]]
id = "end"
month = 6
[survey]
file = "a.csv"
instruments = ["who-5"]
{more}
items = {{ "who-5" = "q{{item}}" }}
columns = {{ {columns} }}
[comparisons]
method = "paired-t"
"""
ARMS = 'allocation = "observed"\nreference_arm = "usual"\n'


def folder(tmp_path, rows, columns='person = "id"', arms="", more="", invited=None):
    (tmp_path / "a.csv").write_text("id;round;arm;died;q1;q2;q3;q4;q5\n" + "\n".join(rows) + "\n", encoding="utf-8")
    if invited:
        (tmp_path / "inv.csv").write_text(invited, encoding="utf-8")
        more += '\ninvited = "inv.csv"'
    path = tmp_path / "study.toml"
    path.write_text(STUDY.format(arms=arms, more=more, columns=columns), encoding="utf-8")
    return path


def rows(arm=lambda p, _: "usual" if p % 2 else "peer", died=lambda _p, _r: 0, who=lambda p, _: f"p{p}", n=12):
    return [
        f"{who(p, r)};{r};{arm(p, r)};{died(p, r)};{p % 5};1;2;3;{(p + len(r)) % 6}"
        for p in range(n)
        for r in ("start", "end")
    ]


def test_no_number_of_a_person_is_shown(tmp_path):
    lines = rows(arm=lambda p, _: f"{10 + p:02d}0190-1111")
    for columns in ('person = "id", arm = "arm"', 'round = "arm"'):
        text = pe.check_study(folder(tmp_path, lines, columns, ARMS)).text()
        assert "PE211" in text
        assert "0190" not in text


def test_free_text_and_codes_are_not_shown(tmp_path):
    lines = rows(arm=lambda p, _: "usual" if p else "Lone er syg")
    text = pe.check_study(folder(tmp_path, lines, 'person = "id", arm = "arm", round = "arm"', ARMS)).text()
    assert "Lone" not in text
    lines = [line.replace(";1;2;3;", ";1001234;2;3;") for line in rows()]
    text = pe.check_study(folder(tmp_path, lines)).text()
    assert "a number of 7 digits" in text
    assert "1001234" not in text


@pytest.mark.parametrize(
    "words",
    [
        {"column_labels": {"q1": "Asked of 1502761234"}},
        {"variable_value_labels": {"q1": {0.0: "never", 1.0: "150276-1234"}}},
    ],
)
def test_a_check_looks_into_the_questions_and_labels_of_a_file(tmp_path, words):
    """A number of a person in the words of an SPSS file stops a check as it stops reading, and is not shown."""
    import pyreadstat

    path = folder(tmp_path, rows())
    answers = pd.read_csv(tmp_path / "a.csv", sep=";").astype({"id": object, "round": object, "arm": object})
    pyreadstat.write_sav(answers, tmp_path / "a.sav", **words)
    path.write_text(path.read_text(encoding="utf-8").replace("a.csv", "a.sav"), encoding="utf-8")
    with pytest.raises(IdentifierError):
        pe.Study.from_toml(path).read()
    found = pe.check_study(path)
    assert [each.code for each in found.problems] == ["PE211"]
    assert "1234" not in found.text()
    assert not any(each.code == "columns" for each in found.findings)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"rows": rows(), "columns": 'unit = "id"'}, ""),
        ({"rows": rows(who=lambda p, _: "" if p == 3 else f"p{p}")}, ""),
        ({"rows": rows(), "invited": "round,invited\nstart,5\nend,12\n"}, "invited"),
        ({"rows": rows(), "invited": "round,invited,eligible\nstart,12,3\nend,12,12\n"}, "eligible"),
        (
            {"rows": rows(arm=lambda p, r: "usual" if (p + (r == "end")) % 2 else "peer"), "arms": ARMS},
            "more than one arm",
        ),
        ({"rows": rows(died=lambda p, _: int(p == 1))}, "died"),
    ],
)
def test_a_check_finds_what_evaluating_refuses(tmp_path, given, part):
    study = folder(tmp_path, **given)
    with pytest.raises(pe.PeerevalError):
        pe.Study.from_toml(study).evaluate()
    found = pe.check_study(study)
    assert not found.ok
    assert part in found.text()


def test_a_good_study_has_nothing_to_mend(tmp_path):
    assert pe.check_study(folder(tmp_path, rows())).ok


def panel():
    rounds = pd.Categorical(["start", "end"] * 3, categories=["start", "end"], ordered=True)
    return pd.DataFrame({"person": ["a", "a", "b", "b", "c", None], "round": rounds, "who5_01": 1})


def test_one_answer_without_a_person_does_not_make_the_rounds_anonymous():
    found = pe.attrition(panel(), baseline=["who5_01"])
    kept = found.estimates[found.estimates["measure"] == "retained"]
    assert kept[["numerator", "denominator"]].to_numpy().tolist() == [[2, 3]]
    assert found.exclusions == {"person_missing": 1}
    assert "anonymous" not in found.method
    assert "anonymous" in pe.attrition(panel().assign(person=None)).method


@pytest.mark.parametrize("by", ["person", "round"])
def test_persons_and_rounds_are_no_groups(by):
    with pytest.raises(DesignError, match="made already"):
        pe.attrition(panel(), by=by)


@pytest.mark.parametrize(
    "how",
    [
        {"date_format": "%Q"},
        {"date_format": "%d-%m-%Y %z"},
        {"missing": [10**400]},
        {"missing_in": {"who-5": [10**400]}},
        {"items": {"who-5": "q{item:99999999999d}"}},
    ],
)
def test_values_that_no_file_has_are_refused(how):
    with pytest.raises(ValidationError):
        pe.SurveyMapping(**how)


@pytest.mark.parametrize("form", ["%d-%m-%Y", "%Y-%m-%d %H:%M", "%d. %b %y", "%Y%m%d"])
def test_ordinary_dates_pass(form):
    assert pe.SurveyMapping(date_format=form).date_format == form


@pytest.mark.parametrize("how", [{"month": 10**7}, {"month": 1, "window": "99999 weeks"}])
def test_far_rounds_are_refused(how):
    with pytest.raises(ValidationError):
        PlannedRound(id="a", **how)


@pytest.mark.parametrize("rounds", ["start", ["start", "start"]])
def test_rounds_are_a_list_of_different_names(rounds):
    frame = pd.DataFrame({"round": ["start"], "who5_01": [1]})
    with pytest.raises(InvalidValueError):
        to_responses(Sheet(file="a.csv", source="csv", frame=frame), rounds=rounds)


@pytest.mark.parametrize("line", ["q1;who5_1", "q{1};who5_01", "q}1;who5_01"])
def test_odd_names_in_an_item_file(tmp_path, line):
    file = tmp_path / "items.csv"
    file.write_text(f"column;item\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidValueError, match=r"items\.csv: "):
        read_item_file(file)
