"""Interviews: small tables in, tables out; what a report cannot say is not said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.disclosure.policy import treatment_of
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError, UnknownNameError
from peereval.reasons import REASONS

CODED = """
    theme | informant | role    | kind      | statement_id | answer
    hope  | i1        | patient | benefit   | s1           | reported
    hope  | i1        | patient | benefit   | s2           | reported
    time  | i1        | patient | challenge | s2           | reported
    hope  | i2        | patient | benefit   | s3           | contradicted
    time  | i3        | staff   | challenge | s4           |
    hope  | i3        | staff   | challenge | s4           |
    hope  |           | staff   | benefit   | s5           |
    hope  | i4        |         | benefit   | s6           |
"""
ASKED = """
    informant | role
    i1        | patient
    i2        | patient
    i3        | staff
    i5        | staff
    i6        | manager
"""
REPORT = """
    theme | role    | kind      | place | extent  | answer
    hope  | patient | benefit   | p. 4  | several |
    hope  | patient | benefit   | p. 2  | most    |
    time  | patient | challenge | p. 5  | one     | contradicted
    hope  | staff   | benefit   | p. 6  | all     | contradicted
    hope  | staff   | benefit   | p. 7  |         | reported
    time  |         | challenge | p. 8  |         |
"""
GROUPS = """
    role    | method      | n_informants | minutes | recruited_by
    patient | telephone   | 9            | 30      | region
    peer    | focus group | 7            | 90      | region
    staff   | focus group | 5            | 90      | region
    staff   | telephone   | 2            | 30      |
    manager | focus group | 3            | 90      | region
    manager | telephone   | 3            | 30      | region
"""


def cells(result, *columns):
    frame = result.estimates[list(columns)]
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.astype(object).to_numpy()]


def test_informants_are_counted_by_theme_and_group(table):
    found = pe.theme_matrix(table(CODED), informants=table(ASKED))
    reporting = found.estimates.query("measure == 'informants_reporting'")
    assert reporting.set_index(["term", "kind", "group"])["numerator"].to_dict() == {
        ("hope", "benefit", "patient"): 1, ("hope", "benefit", "staff"): 0, ("hope", "benefit", "manager"): 0,
        ("hope", "benefit", "all"): 1, ("time", "challenge", "patient"): 1, ("time", "challenge", "staff"): 1,
        ("time", "challenge", "manager"): 0, ("time", "challenge", "all"): 2, ("hope", "challenge", "patient"): 0,
        ("hope", "challenge", "staff"): 1, ("hope", "challenge", "manager"): 0, ("hope", "challenge", "all"): 1,
    }  # fmt: skip
    assert reporting.groupby("group")["denominator"].first().to_dict() == {
        "patient": 2, "staff": 2, "manager": 1, "all": 5,
    }  # fmt: skip
    against = found.estimates.query("measure == 'informants_contradicting' and numerator > 0")
    assert against[["term", "group", "numerator"]].to_numpy().tolist() == [["hope", "patient", 1], ["hope", "all", 1]]
    assert dict(found.exclusions) == {"informant_missing": 1, "group_missing": 1}
    assert set(found.exclusions) <= set(REASONS)


def test_without_a_table_of_informants_n_is_not_known(table):
    found = pe.theme_matrix(table(CODED))
    assert found.estimates[["denominator", "estimate"]].isna().all(axis=None)


def test_a_report_gives_no_counts(table):
    found = pe.theme_matrix(table(REPORT))
    assert cells(found, "term", "group", "kind", "answer", "extent", "place") == [
        ("hope", "patient", "benefit", "reported", "several, most", "p. 4, p. 2"),
        ("hope", "staff", "benefit", "reported and contradicted", None, "p. 6, p. 7"),
        ("time", "patient", "challenge", "contradicted", "one", "p. 5"),
        ("time", "staff", "challenge", "not reported", None, None),
    ]
    assert not {"numerator", "denominator", "estimate", "n"} & set(found.estimates)
    assert "silent" in found.method
    assert "Silence is not absence" in found.assumptions[0]
    assert dict(found.exclusions) == {"group_missing": 1}


def test_a_report_says_how_many_were_asked_where_this_is_known(table):
    asked = table(GROUPS).assign(n_informants=[9, 7, None, 2, 3, 3])
    found = pe.theme_matrix(table(REPORT), informants=asked).estimates
    n = found.drop_duplicates("group").set_index("group")["n"]
    assert n[["patient", "peer", "manager"]].tolist() == [9, 7, 6]
    assert np.isnan(n["staff"])
    assert found.query("group == 'peer'")["answer"].eq("not reported").all()


def test_other_columns_make_groups_too(table):
    found = pe.theme_matrix(table(REPORT).assign(place=None, ward=["a", "a", "b", "b", "b", "b"]), by="ward")
    assert cells(found, "term", "group", "answer")[1] == ("hope", "b", "reported and contradicted")
    with pytest.raises(ColumnError, match=r"no column 'wards'. Did you mean 'ward'\?"):
        pe.theme_matrix(table(REPORT).assign(ward="a"), by="wards")


def test_an_empty_table_gives_an_empty_matrix(table):
    assert pe.theme_matrix(table(REPORT)[:0]).estimates.empty
    assert pe.theme_matrix(table(REPORT).assign(role=None)).estimates.empty


def test_an_informant_in_two_groups_is_refused_without_a_name(table):
    both = table(CODED).assign(role=["patient", "staff", *["patient"] * 6])
    with pytest.raises(DesignError, match="two values of 'role', in rows 1, 2, 3") as told:
        pe.theme_matrix(both)
    assert "i1" not in str(told.value)
    with pytest.raises(
        DesignError, match="An informant of the informants stands under two values of 'role', in rows 1, 3"
    ):
        pe.informant_counts(table(ASKED).assign(informant=["secret", "b", "secret", "d", "e"]))
    with pytest.raises(DuplicateError) as told:
        pe.informant_counts(table(ASKED).assign(informant=["secret", "secret", "c", "d", "e"]))
    assert "secret" not in str(told.value)


def test_an_informant_who_was_not_asked_is_refused(table):
    with pytest.raises(DesignError, match="1 informant of the codings stands not"):
        pe.theme_matrix(table(CODED), informants=table(ASKED)[1:])
    moved = table(ASKED).assign(role=["staff", "staff", "staff", "staff", "manager"])
    with pytest.raises(DesignError, match="2 informants of the codings stand not"):
        pe.theme_matrix(table(CODED), informants=moved)


def test_more_informants_than_were_asked_are_refused(table):
    asked = pd.DataFrame({"role": ["patient", "staff"], "n_informants": [1, 5]})
    both = pd.concat([table(CODED), table(CODED)[:1].assign(informant="i9")])
    with pytest.raises(DesignError, match="More informants of 'patient' are coded than were asked"):
        pe.theme_matrix(both, informants=asked)


def test_a_group_called_all_is_refused(table):
    with pytest.raises(InvalidValueError, match="is called 'all'"):
        pe.theme_matrix(table(REPORT).assign(role="all"))


def test_informants_are_counted_by_group_and_method(table):
    found = pe.informant_counts(table(GROUPS))
    rows = found.estimates
    assert rows.query("measure == 'informants_asked'")["numerator"].tolist() == [29]
    groups = rows.query("outcome == 'role'").set_index("term")
    assert groups["numerator"].to_dict() == {"patient": 9, "peer": 7, "staff": 7, "manager": 6}
    assert groups["denominator"].eq(29).all()
    methods = rows.query("outcome == 'method' and group == 'all'").set_index("term")["numerator"]
    assert methods.to_dict() == {"telephone": 14, "focus group": 15}
    nobody = rows.query("outcome == 'method' and group == 'patient'").set_index("term")["numerator"]
    assert nobody.to_dict() == {"telephone": 9, "focus group": 0}
    inside = rows.query("outcome == 'recruited_by' and group == 'staff'").set_index("term")["numerator"]
    assert inside.to_dict() == {"region": 5, "not known": 2}
    minutes = rows.query("outcome == 'minutes' and group == 'staff'").set_index("measure")
    assert minutes["estimate"].round(2).to_dict() == {
        "minutes_shortest": 30.0, "minutes_mean": round((5 * 90 + 2 * 30) / 7, 2), "minutes_longest": 90.0,
    }  # fmt: skip
    assert minutes["n"].eq(7).all()


def test_every_level_adds_up_to_its_group(table):
    rows = pe.informant_counts(table(GROUPS)).estimates.query("measure == 'informants'")
    sums = rows.groupby(["group", "outcome"])[["numerator", "denominator"]].agg(
        {"numerator": "sum", "denominator": "first"}
    )
    assert (sums["numerator"] == sums["denominator"]).all()


def test_groups_of_unknown_number_are_left_out_and_counted(table):
    unknown = table(GROUPS).assign(
        n_informants=[9, None, 5, 2, 3, 3], role=["patient", "peer", "staff", "staff", "manager", None]
    )
    found = pe.informant_counts(unknown)
    assert dict(found.exclusions) == {"group_missing": 3, "number_missing": 1}
    assert found.estimates["numerator"].iloc[0] == 19
    assert set(found.exclusions) <= set(REASONS)


def test_numbers_may_be_nullable_integers(table):
    known = table(GROUPS).assign(n_informants=pd.array([9, None, 5, 2, 3, 3], dtype="Int64"))
    assert pe.informant_counts(known).estimates["numerator"].iloc[0] == 22
    with pytest.raises(ColumnError, match="informants have no column 'ward'"):
        pe.informant_counts(known, by="ward")


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("n_informants", [0, 7, 5, 2, 3, 3], "row 1: n_informants is no whole number above 0"),
        ("n_informants", [9, 7.5, 5, 2, 3, 3], "row 2: n_informants is no whole number above 0"),
        ("minutes", [30, 90, 90, -1, 90, 30], "row 4: minutes are not above 0"),
        ("informant", ["a", None, None, None, None, None], "row 1: a row of one informant stands for several"),
    ],
)
def test_impossible_numbers_are_refused(table, column, values, told):
    with pytest.raises(InvalidValueError, match=told):
        pe.informant_counts(table(GROUPS).assign(**{column: values}))


def test_nobody_asked_is_an_empty_count(table):
    found = pe.informant_counts(table(GROUPS)[:0])
    assert found.estimates["numerator"].tolist() == [0]


def test_new_themes_follow_the_order_of_the_interviews(table):
    found = pe.saturation(table(CODED), seed=3).estimates
    assert found.query("measure == 'new_themes'")["estimate"].tolist() == [2, 0, 0, 0]
    so_far = found.query("measure == 'themes'")
    assert so_far["estimate"].tolist() == [2, 2, 2, 2]
    # of four informants two speak of both themes, two of one, so one interview gives 1.5 on average
    assert so_far["expected"].iloc[0] == pytest.approx(1.5, abs=0.05)
    assert so_far["expected"].iloc[-1] == 2
    assert so_far["conf_low"].iloc[0] == 1
    assert so_far["conf_high"].iloc[0] == 2
    again = pe.saturation(table(CODED), seed=3).estimates
    pd.testing.assert_frame_equal(found, again)


def test_themes_that_meet_are_counted_once_a_pair(table):
    by_statement = pe.co_occurrence(table(CODED))
    assert cells(by_statement, "term", "other", "numerator", "denominator") == [("hope", "time", 2, 6)]
    by_informant = pe.co_occurrence(table(CODED), on="informant")
    assert cells(by_informant, "numerator", "denominator", "estimate") == [(2, 4, 0.5)]
    assert dict(by_informant.exclusions) == {"informant_missing": 1}
    with pytest.raises(InvalidValueError, match="expected 'statement' or 'informant'"):
        pe.co_occurrence(table(CODED), on="page")
    with pytest.raises(ColumnError, match="no column 'statement_id'"):
        pe.co_occurrence(table(CODED).drop(columns="statement_id"))


@pytest.mark.parametrize("count", [pe.saturation, pe.co_occurrence, pe.agreement])
def test_a_report_is_refused_where_informants_would_be_counted(table, count):
    with pytest.raises(DesignError, match="published report"):
        count(table(REPORT).assign(statement_id="s1"))


def test_few_draws_are_refused(table):
    with pytest.raises(InvalidValueError, match="at least 100"):
        pe.saturation(table(CODED), permutations=10)
    with pytest.raises(InvalidValueError, match="at least 100"):
        pe.agreement(pd.concat([table(CODED).assign(coder=name) for name in "AB"]), resamples=10)


def change(low, high, reading="0 to 100, higher is better", scale="score", **more):
    return {
        "outcome": "who-5", "scale": scale, "measure": "mean_change", "estimate": (low + high) / 2, "conf_low": low,
        "conf_high": high, "n": 80, "reading": reading, **more,
    }  # fmt: skip


def scores(*rows):
    frame = pd.DataFrame(rows)
    declared = {name: name for name in ("reading", "label") if name in frame}
    return pe.Result(kind="rounds", title="Change", claim="change", method="A mean.", estimates=frame, columns=declared)


@pytest.mark.parametrize(
    ("kind", "low", "high", "reading", "expected"),
    [
        ("benefit", 2.0, 10.0, "higher is better", "agreement"),
        ("challenge", -9.0, -1.0, "higher is better", "agreement"),
        ("benefit", -9.0, -1.0, "lower is better", "agreement"),
        ("benefit", -9.0, -1.0, "1 to 4, higher is worse", "agreement"),
        ("challenge", -9.0, -1.0, "1 to 4, higher is worse", "dissonance"),
        ("benefit", -9.0, -1.0, "higher is better", "dissonance"),
        ("challenge", 2.0, 10.0, "higher is better", "dissonance"),
        ("benefit", -1.0, 10.0, "higher is better", "complementarity"),
        ("dilemma", 2.0, 10.0, "higher is better", "complementarity"),
        ("benefit", 2.0, 10.0, None, "not judged"),
        ("benefit", np.nan, 10.0, "higher is better", "not judged"),
    ],
)
def test_meta_inference_follows_the_rule(kind, low, high, reading, expected):
    codings = pd.DataFrame({"role": ["patient"], "theme": ["hope"], "kind": [kind]})
    found = pe.joint_display(codings, scores(change(low, high, reading)), {"hope": "who-5"})
    assert found.estimates["meta_inference"].tolist() == [expected]


def test_what_is_contradicted_or_not_said_does_not_agree(table):
    found = pe.joint_display(table(REPORT), scores(change(2.0, 9.0)), {"hope": "score", "trust": "who-5:score"})
    assert cells(found, "term", "groups_reporting", "groups_contradicting", "meta_inference") == [
        ("hope", "patient, staff", "staff", "complementarity"),
        ("trust", None, None, "silence"),
    ]
    assert "informants_reporting" not in found.estimates


def test_coded_interviews_are_counted_beside_the_scores(table):
    found = pe.joint_display(table(CODED), scores(change(2.0, 9.0)), {"hope": "score"}).estimates
    assert found[["kind", "informants_reporting", "informants_contradicting"]].to_numpy().tolist() == [
        ["benefit", 2, 1], ["challenge", 1, 0],
    ]  # fmt: skip


def test_pairs_must_be_clear(table):
    two = scores(change(2.0, 9.0), change(1.0, 2.0, scale="raw"))
    with pytest.raises(InvalidValueError, match="stands for 2 scales: who-5:score, who-5:raw"):
        pe.joint_display(table(REPORT), two, {"hope": "who-5"})
    with pytest.raises(UnknownNameError, match="no scale 'who-6'"):
        pe.joint_display(table(REPORT), two, {"hope": "who-6"})
    with pytest.raises(UnknownNameError, match="no measure 'risk_change'"):
        pe.joint_display(table(REPORT), two, {"hope": "who-5:raw"}, measure="risk_change")
    with pytest.raises(DesignError, match="'hazard_ratio' is no change or difference"):
        pe.joint_display(table(REPORT), two, {"hope": "who-5:raw"}, measure="hazard_ratio")
    with pytest.raises(DesignError, match="no estimates of scales"):
        pe.joint_display(table(REPORT), pe.theme_matrix(table(REPORT)), {"hope": "who-5"})
    with pytest.raises(InvalidValueError, match="no pairs"):
        pe.joint_display(table(REPORT), two, {})


def test_made_up_interviews_or_scores_make_a_made_up_display(table):
    codings = table(REPORT).assign(origin="synthetic")
    assert pe.joint_display(codings, scores(change(1.0, 2.0)), {"hope": "who-5"}).origin == "synthetic"


def many(n=40):
    """Interviews with 40 patients and 24 staff: two themes and who contradicts them."""
    asked = pd.DataFrame(
        {"informant": [f"i{place}" for place in range(n + 24)], "role": ["patient"] * n + ["staff"] * 24}
    )
    hope = asked[asked.index % 2 == 0].assign(
        theme="hope", kind="benefit", statement_id=lambda rows: "h" + rows["informant"]
    )
    rare = asked[asked.index.isin([0, 1, 2])].assign(
        theme="rare", kind="challenge", statement_id=lambda rows: "r" + rows["informant"]
    )
    return asked.astype("string"), pd.concat([hope, rare], ignore_index=True).astype("string")


def released_scores(*rows):
    """Scores as they are when they have left; one that is withheld has no numbers."""
    [safe] = pe.release(scores(*(row | {"std_error": 2.0} for row in rows)))
    return safe


def test_a_display_of_released_results_shows_what_they_show_and_leaves():
    asked, codings = many()
    [matrix] = pe.release(pe.theme_matrix(codings, informants=asked))
    left = released_scores(change(2.0, 10.0))
    shown = pe.joint_display(matrix, left, {"hope": "who-5", "rare": "who-5", "unheard": "who-5"})
    # of the theme that three spoke of nothing is known
    assert cells(shown, "term", "groups_reporting", "informants_reporting", "meta_inference") == [
        ("hope", "patient, staff", 30.0, "agreement"), ("rare", None, None, "not shown"), ("unheard", None, 0.0, "silence"),
    ]  # fmt: skip
    [safe] = pe.release(shown)
    assert not safe.estimates["withheld"].any()
    assert safe.changes == ("nothing, since it was computed from released numbers only",)
    assert cells(safe, "meta_inference") == cells(shown, "meta_inference")
    assert shown.estimates["estimate"].tolist() == [left.estimates["estimate"].item()] * 3


def test_a_score_that_is_withheld_is_not_judged_beside_a_theme():
    asked, codings = many()
    [matrix] = pe.release(pe.theme_matrix(codings, informants=asked))
    few = released_scores(change(2.0, 10.0) | {"n": 3})
    assert few.estimates["withheld"].all()
    shown = pe.joint_display(matrix, few, {"hope": "who-5", "unheard": "who-5"}).estimates
    assert shown["meta_inference"].tolist() == ["not shown", "silence"]
    assert shown["estimate"].isna().all()


def test_whether_a_few_contradict_is_not_told_by_what_themes_and_scores_say_together():
    asked, codings = many()
    against = codings[codings["theme"] == "hope"].assign(answer="reported")
    for few in (0, 2):
        against.loc[against.index[:few], "answer"] = "contradicted"
        [matrix] = pe.release(pe.theme_matrix(against, informants=asked))
        [row] = pe.joint_display(matrix, released_scores(change(2.0, 10.0)), {"hope": "who-5"}).estimates.to_dict(
            "records"
        )
        assert row["meta_inference"] == ("not shown" if few else "agreement")


def test_a_released_report_beside_released_scores(table):
    [matrix] = pe.release(pe.theme_matrix(table(REPORT), informants=table(GROUPS)))
    shown = pe.joint_display(matrix, released_scores(change(2.0, 10.0)), {"hope": "score", "time": "score"})
    assert cells(shown, "term", "groups_reporting", "groups_contradicting", "meta_inference") == cells(
        pe.joint_display(table(REPORT), scores(change(2.0, 10.0)), {"hope": "score", "time": "score"}),
        "term", "groups_reporting", "groups_contradicting", "meta_inference",
    )  # fmt: skip


def test_exact_and_released_numbers_do_not_stand_beside_one_another():
    asked, codings = many()
    [matrix] = pe.release(pe.theme_matrix(codings, informants=asked))
    with pytest.raises(DesignError, match="one is released and the other is not"):
        pe.joint_display(matrix, scores(change(2.0, 9.0)), {"hope": "who-5"})
    with pytest.raises(DesignError, match="one is released and the other is not"):
        pe.joint_display(codings, released_scores(change(2.0, 9.0)), {"hope": "who-5"})
    [informants] = pe.release(pe.informant_counts(asked))
    with pytest.raises(DesignError, match="of the kind 'informants', and no theme matrix"):
        pe.joint_display(informants, released_scores(change(2.0, 9.0)), {"hope": "who-5"})


def test_counts_of_informants_are_protected_as_small_numbers():
    asked, codings = many()
    [safe] = pe.release(pe.theme_matrix(codings, informants=asked))
    shown = safe.estimates.set_index(["term", "group"])
    assert shown.loc["hope", "numerator"].tolist() == [20, 10, 30]
    assert shown.loc["rare", "withheld"].tolist() == [True, True, True]
    assert shown.loc["rare", ["numerator", "estimate"]].isna().all(axis=None)


def test_of_groups_of_unknown_size_nothing_is_shown():
    _, codings = many()
    [safe] = pe.release(pe.theme_matrix(codings))
    assert safe.estimates["withheld"].all()
    assert safe.estimates["numerator"].isna().all()


def test_kinds_of_one_theme_are_protected_each():
    asked, codings = many()
    second = codings[codings["theme"] == "hope"].assign(kind="challenge")[:3]
    [safe] = pe.release(pe.theme_matrix(pd.concat([codings, second], ignore_index=True), informants=asked))
    shown = safe.estimates.set_index(["term", "kind", "group"]).sort_index()
    assert not shown.loc[("hope", "benefit"), "withheld"].any()
    assert shown.loc[("hope", "challenge"), "numerator"].isna().all()


def test_a_report_leaves_as_it_is_but_not_that_one_person_said_it(table):
    [safe] = pe.release(pe.theme_matrix(table(REPORT), informants=table(GROUPS)))
    shown = safe.estimates.set_index(["term", "group"])
    assert shown["answer"].notna().all()
    assert not shown["withheld"].any()
    assert pd.isna(shown.loc[("time", "patient"), "extent"])
    assert shown.loc[("hope", "patient"), "extent"] == "several, most"
    assert shown["n"].isin([5, 10]).all()


def test_who_was_asked_is_released_rounded(table):
    [safe] = pe.release(pe.informant_counts(table(GROUPS)))
    shown = safe.estimates
    assert shown.query("outcome == 'role'")["numerator"].tolist() == [10, 5, 5, 5]
    counts = shown[["numerator", "denominator", "n"]].astype(float)
    assert (counts.isna() | (counts % 5 == 0)).all(axis=None)
    assert shown.query("outcome == 'minutes'")["estimate"].isna().all()
    assert shown.query("outcome == 'method' and group == 'staff'")["withheld"].all()


def test_nothing_of_single_interviews_leaves():
    _, codings = many()
    results = [
        pe.saturation(codings, seed=1),
        pe.co_occurrence(codings, on="informant"),
        pe.joint_display(codings, scores(change(2.0, 9.0)), {"hope": "who-5"}),
    ]
    assert results[0].settings["data"]["informants"] == 33
    for safe in pe.release(results):
        assert "data" not in safe.settings
        left = safe.estimates.drop(columns=["withheld", "conf_level"], errors="ignore")
        assert safe.estimates["withheld"].all()
        assert left.select_dtypes("number").isna().all(axis=None)
    assert left[["groups_reporting", "groups_contradicting", "meta_inference"]].isna().all(axis=None)


def test_every_measure_has_a_treatment(table):
    coders = pd.concat([table(CODED).assign(coder=name) for name in "ABC"], ignore_index=True)
    results = [
        pe.theme_matrix(table(CODED)), pe.theme_matrix(table(REPORT)), pe.informant_counts(table(GROUPS)),
        pe.saturation(table(CODED)), pe.co_occurrence(table(CODED)), pe.agreement(coders, resamples=100),
        pe.agreement(coders[coders["coder"] != "C"], resamples=100),
    ]  # fmt: skip
    assert {name for each in results for name in each.estimates["measure"]} <= set(treatment_of())
