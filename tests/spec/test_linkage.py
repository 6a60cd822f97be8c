"""Linking rounds: answers in, persons out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.contracts import LINKED, check_frame
from peereval.errors import ColumnError, DesignError, DuplicateError, InvalidValueError
from peereval.reasons import REASONS
from peereval.simulate.codes import CODE, link_quality, simulate_codes

ROUNDS = pd.CategoricalDtype(["start", "half-year", "one-year"], ordered=True)
PARTS = ["mother", "month", "town"]


def answers(table, text):
    return table(text).astype({"round": ROUNDS})


def persons(linked):
    """The persons as numbers in the order in which they appear."""
    return (pd.factorize(linked["person"])[0] + 1).tolist()


def linked_as(table, text):
    """Link the rows of a table that says in its columns `who` and `why` what must come out."""
    given = answers(table, text)
    found = pe.link_rounds(given.drop(columns=["who", "why"]), code=PARTS)
    assert found["reason"].tolist() == given["why"].tolist()
    assert persons(found) == given["who"].tolist()
    assert found["linked"].tolist() == [why.startswith("linked") for why in given["why"]]
    return found


def test_equal_codes_then_codes_with_one_part_different(table):
    linked_as(
        table,
        """
        round    | mother | month | town   | who | why
        start    | A      | 3     | Aarhus | 1   | linked_exact
        start    | K      | 11    | Vejle  | 2   | linked_one_part
        start    | B      | 7     | Odense | 3   | no_match
        one-year | A      | 3     | Aarhus | 1   | linked_exact
        one-year | K      | 12    | Vejle  | 2   | linked_one_part
        one-year | B      | 8     | Ribe   | 4   | no_match
        """,
    )


def test_a_code_that_two_rows_of_a_round_share_is_linked_nowhere(table):
    linked_as(
        table,
        """
        round     | mother | month | town   | who | why
        start     | A      | 3     | Aarhus | 1   | ambiguous_code
        half-year | A      | 3     | Aarhus | 2   | duplicate_code
        half-year | A      | 3     | Aarhus | 3   | duplicate_code
        one-year  | A      | 3     | Aarhus | 4   | ambiguous_code
        """,
    )


def test_ties_stay_unlinked(table):
    linked_as(
        table,
        """
        round    | mother | month | town   | who | why
        start    | A      | 3     | Aarhus | 1   | ambiguous_code
        one-year | A      | 4     | Aarhus | 2   | ambiguous_code
        one-year | B      | 3     | Aarhus | 3   | ambiguous_code
        """,
    )


def test_a_chain_within_two_rounds_stays_unlinked(table):
    linked_as(
        table,
        """
        round    | mother | month | town   | who | why
        start    | A      | 3     | Aarhus | 1   | ambiguous_code
        one-year | A      | 3     | Vejle  | 2   | ambiguous_code
        start    | A      | 5     | Vejle  | 3   | ambiguous_code
        one-year | B      | 5     | Vejle  | 4   | ambiguous_code
        """,
    )


def test_a_chain_over_three_rounds_stays_unlinked(table):
    linked_as(
        table,
        """
        round     | mother | month | town   | who | why
        start     | A      | 3     | Aarhus | 1   | links_disagree
        half-year | A      | 3     | Vejle  | 2   | links_disagree
        one-year  | A      | 4     | Vejle  | 3   | links_disagree
        """,
    )


def test_three_rounds_are_linked_where_all_links_agree(table):
    found = linked_as(
        table,
        """
        round     | mother | month | town   | who | why
        start     | A      | 3     | Aarhus | 1   | linked_exact
        half-year | A      | 3     | Aarhus | 1   | linked_exact
        one-year  | A      | 4     | Aarhus | 1   | linked_one_part
        start     | K      | 1     | Odense | 2   | linked_one_part
        half-year | K      | 2     | Odense | 2   | linked_one_part
        one-year  | K      | 5     | Odense | 2   | linked_one_part
        start     | Z      | 9     | Ribe   | 3   | linked_exact
        one-year  | Z      | 9     | Ribe   | 3   | linked_exact
        """,
    )
    check_frame(found, LINKED)


def test_links_that_lead_to_two_rows_of_a_round_leave_only_equal_codes(table):
    # row 3 is near rows 1 and 2, which are equal, but in the second round another row is near it too
    linked_as(
        table,
        """
        round     | mother | month | town   | who | why
        start     | A      | 3     | Aarhus | 1   | linked_exact
        half-year | A      | 3     | Aarhus | 1   | linked_exact
        one-year  | A      | 4     | Aarhus | 2   | links_disagree
        half-year | B      | 4     | Aarhus | 3   | ambiguous_code
        """,
    )


def test_a_missing_part_is_a_part_that_differs(table):
    linked_as(
        table,
        """
        round    | mother | month | town   | who | why
        start    | A      | 3     | Aarhus | 1   | linked_one_part
        one-year | A      |       | Aarhus | 1   | linked_one_part
        start    | K      |       | Odense | 2   | linked_one_part
        one-year | K      |       | Odense | 2   | linked_one_part
        start    | Z      |       |        | 3   | code_missing
        one-year | Z      |       |        | 4   | code_missing
        start    |        | 5     | Ribe   | 5   | no_match
        one-year | X      |       | Ribe   | 6   | no_match
        """,
    )


def test_a_row_that_is_linked_exactly_is_no_candidate_for_others(table):
    linked_as(
        table,
        """
        round    | mother | month | town   | who | why
        start    | A      | 3     | Aarhus | 1   | linked_exact
        one-year | A      | 3     | Aarhus | 1   | linked_exact
        one-year | A      | 3     | Vejle  | 2   | linked_one_part
        start    | A      | 5     | Vejle  | 2   | linked_one_part
        """,
    )


def test_codes_must_be_equal_where_no_part_may_differ(table):
    given = answers(
        table,
        """
        round    | mother | month | town
        start    | A      | 3     | Aarhus
        one-year | A      | 3     | Aarhus
        start    | K      | 11    | Vejle
        one-year | K      | 12    | Vejle
        start    | K      |       | Vejle
        """,
    )
    found = pe.link_rounds(given, code=PARTS, max_distance=0)
    assert found["reason"].tolist() == ["linked_exact"] * 2 + ["no_match"] * 2 + ["code_missing"]
    one_column = given.assign(code=given["mother"] + given["month"].astype("string"))
    assert pe.link_rounds(one_column, code=["code"], max_distance=0)["linked"].sum() == 2


def test_parts_are_compared_without_case_outer_spaces_and_ways_to_write_a_letter():
    given = pd.DataFrame(
        {
            "round": pd.Categorical(["start", "one-year"], categories=ROUNDS.categories, ordered=True),
            "mother": [" å", "A\u030a"],
            "month": pd.Series([3, "3"], dtype=object),
            "town": ["Århus", "ÅRHUS "],
        }
    )
    assert pe.link_rounds(given, code=PARTS)["reason"].tolist() == ["linked_exact"] * 2
    assert "without case and outer spaces" in pe.linkage_summary(pe.link_rounds(given, code=PARTS)).method
    plain = given.assign(mother=["å", "a"], town=["Århus", "Arhus"])
    assert not pe.link_rounds(plain, code=PARTS)["linked"].any()


def test_rounds_are_linked_by_an_id(table):
    given = answers(
        table,
        """
        round     | ticket
        start     | 7
        half-year | 7
        start     | 9
        one-year  |
        """,
    )
    found = pe.link_rounds(given, person="ticket")
    assert found["reason"].tolist() == ["linked_id", "linked_id", "no_match", "person_missing"]
    assert persons(found) == [1, 1, 2, 3]
    assert found["ticket"].equals(given["ticket"])


def test_a_key_of_persons_is_replaced_by_a_new_one(region):
    found = pe.link_rounds(region.responses, person="person")
    assert not set(found["person"]) & set(region.responses["person"])
    assert found.groupby("person").ngroups == region.responses["person"].nunique()
    assert (pd.factorize(found["person"])[0] == pd.factorize(region.responses["person"])[0]).all()


def test_anonymous_rounds_stay_unlinked_and_say_so(ward):
    given = ward.responses.drop(columns="person", errors="ignore")
    found = pe.link_rounds(given)
    assert found["person"].isna().all()
    assert not found["linked"].any()
    assert set(found["reason"]) == {"anonymous"}
    assert set(pe.attrition(found).estimates["measure"]) == {"answered"}
    summary = pe.linkage_summary(found)
    assert summary.settings["person_level"] is False
    assert summary.settings["false_link_rate"] is None
    assert "anonymous" in summary.method


def test_the_callers_frame_is_left_alone_and_every_row_keeps_its_place():
    given = simulate_codes(60, seed=3).set_index(np.arange(1000, 1000 + len(simulate_codes(60, seed=3))))
    before = given.copy()
    found = pe.link_rounds(given, code=CODE)
    pd.testing.assert_frame_equal(given, before)
    pd.testing.assert_frame_equal(found[given.columns], given)


def test_keys_are_new_repeatable_and_of_one_table_only():
    given = simulate_codes(80, seed=4)
    keys = pe.link_rounds(given, code=CODE)["person"]
    assert keys.str.fullmatch("[0-9a-f]{16}").all()
    assert keys.equals(pe.link_rounds(given, code=CODE)["person"])
    assert not set(keys) & set(pe.link_rounds(given, code=CODE, seed=1)["person"])
    assert not set(keys) & set(pe.link_rounds(simulate_codes(80, seed=5), code=CODE)["person"])


def test_every_reason_is_declared():
    found = pe.link_rounds(simulate_codes(800, rounds=list(ROUNDS.categories), seed=5), code=CODE[:3])
    assert len(set(found["reason"])) > 3
    assert set(found["reason"]) <= set(REASONS)


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ({"code": ["mother", "moon"]}, ColumnError, "no column 'moon' to link by"),
        ({"person": "id"}, ColumnError, "no column 'id' to link by"),
        ({"code": PARTS, "person": "mother"}, InvalidValueError, "Both a code and an id"),
        ({"code": PARTS, "max_distance": 2}, InvalidValueError, "max_distance is 2"),
        ({"code": ["mother"]}, InvalidValueError, "1 different parts .1 named.; expected 2 or more"),
        ({"code": []}, InvalidValueError, "0 different parts"),
        ({"code": ["mother", "mother"]}, InvalidValueError, "1 different parts .2 named."),
        ({"person": "mother"}, DuplicateError, "the first are rows 1, 2"),
    ],
)
def test_what_cannot_be_linked_is_refused(table, how, kind, words):
    given = answers(
        table,
        """
        round | mother | month | town
        start | A      | 3     | Aarhus
        start | A      | 3     | Aarhus
        """,
    )
    with pytest.raises(kind, match=words):
        pe.link_rounds(given, **how)


def test_persons_that_are_there_are_not_replaced_unasked(region):
    with pytest.raises(DesignError, match="have a column 'person' already"):
        pe.link_rounds(region.responses)
    linked = pe.link_rounds(region.responses, person="person")
    with pytest.raises(ColumnError, match="have a column 'linked' already"):
        pe.link_rounds(linked, person="person")


def test_rounds_need_an_order(table):
    with pytest.raises(InvalidValueError, match="has no order"):
        pe.link_rounds(
            table("""
            round | mother
            start | A
            """)
        )


def test_nobody_gives_an_empty_table_and_an_empty_count():
    nobody = simulate_codes(5, seed=1).iloc[:0]
    found = pe.link_rounds(nobody, code=CODE)
    assert found.columns.tolist() == [*nobody.columns, "person", "linked", "reason", "linked_by"]
    assert pe.linkage_summary(found).estimates["estimate"].isna().all()


def test_match_rates_count_links_of_each_pair_of_rounds(table, as_text):
    given = answers(
        table,
        """
        round     | mother | month | town
        start     | A      | 3     | Aarhus
        half-year | A      | 3     | Aarhus
        one-year  | A      | 4     | Aarhus
        start     | K      | 1     | Odense
        half-year | K      | 1     | Odense
        half-year | Z      | 9     | Ribe
        one-year  | X      |       |
        """,
    )
    found = pe.linkage_summary(pe.link_rounds(given, code=PARTS))
    rows = found.estimates
    shares = rows[rows["measure"] == "linked_share"][["term", "round", "numerator", "denominator"]]
    assert as_text(shares.astype({"numerator": int})) == as_text(
        table("""
        term                 | round     | numerator | denominator
        start + half-year    | start     | 2         | 2
        start + half-year    | half-year | 2         | 3
        start + one-year     | start     | 1         | 2
        start + one-year     | one-year  | 1         | 2
        half-year + one-year | half-year | 1         | 3
        half-year + one-year | one-year  | 1         | 2
        """)
    )
    exact = rows[rows["measure"] == "exact_share"].set_index("term")["estimate"]
    assert exact.to_dict() == {"start + half-year": 1.0, "start + one-year": 0.0, "half-year + one-year": 0.0}
    status = rows[rows["measure"] == "link_status"].set_index(["round", "term"])["numerator"]
    assert status.to_dict() == {
        ("start", "linked_exact"): 2,
        ("half-year", "linked_exact"): 2,
        ("half-year", "no_match"): 1,
        ("one-year", "code_missing"): 1,
        ("one-year", "linked_one_part"): 1,
    }
    assert dict(found.exclusions) == {"no_match": 1, "code_missing": 1}
    assert found.claim == "description"


def test_wilsons_interval_of_a_match_rate():
    # R: prop.test(8, 47, correct = FALSE)$conf.int gives 0.0889 and 0.3014
    label = ["start"] * 47 + ["one-year"] * 8
    code = [f"c{row}" for row in range(47)] + [f"c{row}" for row in range(8)]
    given = pd.DataFrame({"round": pd.Categorical(label, ["start", "one-year"], ordered=True), "code": code})
    rows = pe.linkage_summary(pe.link_rounds(given, code=["code"], max_distance=0)).estimates
    first = rows[(rows["measure"] == "linked_share") & (rows["round"] == "start")].iloc[0]
    assert (round(first["conf_low"], 4), round(first["conf_high"], 4)) == (0.0889, 0.3014)


def test_by_an_id_no_link_is_taken_as_false(region):
    found = pe.linkage_summary(pe.link_rounds(region.responses, person="person"))
    assert found.settings["false_link_rate"] == 0.0
    assert found.settings["person_level"] is True
    assert found.origin == "synthetic"
    assert set(found.estimates["measure"]) == {"linked_share", "link_status"}
    stayed = pe.attrition(region.responses).estimates
    stayed = stayed[stayed["measure"] == "retained"].set_index("round")["numerator"]
    later = found.estimates[found.estimates["term"].isin(["start + half-year", "start + one-year"])]
    for label, count in stayed.items():
        assert later.loc[later["round"] == label, "numerator"].tolist() == [count]


def test_changed_rows_are_not_summarised():
    linked = pe.link_rounds(simulate_codes(100, seed=6), code=CODE)
    with pytest.raises(InvalidValueError, match="have changed since"):
        pe.linkage_summary(linked[~(linked["linked"] & (linked["round"] == "start"))])
    with pytest.raises(ColumnError, match="linked responses have no column 'linked_by'"):
        pe.linkage_summary(linked.drop(columns="linked_by"))
    other = pe.link_rounds(simulate_codes(100, seed=7), code=CODE, max_distance=0)
    with pytest.raises(DesignError, match="by 2 rules"):
        pe.linkage_summary(pd.concat([linked, other]))


def test_match_rates_can_be_released():
    found = pe.linkage_summary(pe.link_rounds(simulate_codes(300, seed=8), code=CODE))
    [safe] = pe.release(found)
    rows = safe.estimates
    shown = rows[rows["measure"] == "linked_share"]
    assert (shown["numerator"] % 5 == 0).all()
    assert rows.loc[rows["measure"] == "false_link_rate", "estimate"].notna().all()
    assert safe.settings["false_link_rate"] == found.settings["false_link_rate"]


@pytest.mark.parametrize(("slip", "precision", "recall"), [(0.05 / 6, 0.98, 0.96), (0.05, 0.98, 0.80)])
def test_precision_and_recall_on_codes_with_slips(slip, precision, recall):
    """Known truth: 5 % of the codes with a slip (0.05 / 6 of their parts), and 5 % of the parts.

    With 5 % of the parts given otherwise in each round, 11 % of the pairs differ in two parts or more, which no rule
    for one part can find.
    """
    found = [link_quality(pe.link_rounds(simulate_codes(600, slip=slip, seed=seed), code=CODE)) for seed in range(20)]
    assert sum(each["found_true"] for each in found) / sum(each["links"] for each in found) > precision
    assert sum(each["found_true"] for each in found) / sum(each["true_links"] for each in found) > recall


@pytest.mark.parametrize(("parts", "answer"), [(6, 0.7), (4, 0.7), (4, 0.3), (3, 0.3)])
def test_the_false_link_rate_lies_at_or_above_the_truth_and_well_below_one(parts, answer):
    """Known truth: telling and weak codes; the estimate errs towards more false links, by at most a factor of 2.5."""
    true, said = [], []
    for seed in range(8):
        linked = pe.link_rounds(simulate_codes(500, answer=answer, seed=seed), code=CODE[:parts])
        true.append(1 - link_quality(linked)["precision"])
        said.append(pe.linkage_summary(linked).settings["false_link_rate"])
    assert np.mean(true) * 0.9 - 0.003 < np.mean(said) < np.mean(true) * 2.5 + 0.005


def test_a_weak_code_allows_no_result_about_single_persons():
    linked = pe.link_rounds(simulate_codes(400, answer=0.3, seed=1), code=CODE[:3])
    found = pe.linkage_summary(linked)
    assert found.settings["person_level"] is False
    rate = found.estimates[(found.estimates["measure"] == "false_link_rate") & (found.estimates["term"] == "all")]
    assert rate["estimate"].iloc[0] > found.settings["false_link_limit"] == 0.05


def test_the_estimate_depends_on_its_seed_only():
    linked = pe.link_rounds(simulate_codes(200, seed=2), code=CODE[:4])
    one, same, other = (pe.linkage_summary(linked, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.estimates, same.estimates)
    assert not one.estimates.equals(other.estimates)
    assert one.settings["seed"] == 1
