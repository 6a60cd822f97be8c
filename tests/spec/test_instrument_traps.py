"""The errors that circulate about instruments: what goes in, and which error, warning or number comes out."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import peereval as pe
from peereval.errors import ChoiceError, CodingError, ColumnError, OutOfRangeError
from peereval.estimation.factors import Omega

pytestmark = pytest.mark.filterwarnings("ignore::peereval.errors.UnverifiedWarning")


def frame(name, values, **columns):
    """One round of answers, persons in rows."""
    one = pe.instrument(name)
    found = pd.DataFrame(np.asarray(values, float).reshape(-1, one.n_items), columns=list(one.item_columns))
    return found.assign(person=[str(row) for row in range(len(found))], round="start", **columns)


def scored(name, values, **options):
    return pe.score(frame(name, values), name, **options).set_index("scale")["score"]


def people(name, n=200, loading=0.7, seed=1):
    """Answers, as the form prints them, of persons who differ in one thing, by the catalogue's key."""
    one = pe.instrument(name)
    how = next(iter(one.codings.values()))
    rng = np.random.default_rng(seed)
    latent = loading * rng.normal(size=(n, 1)) + np.sqrt(1 - loading**2) * rng.normal(size=(n, one.n_items))
    steps = np.linspace(-1.5, 1.5, how.max - how.min)
    answers = (latent[:, :, None] > steps).sum(axis=2) + how.min
    turned = [item - 1 for item in how.reversed]
    answers[:, turned] = how.min + how.max - answers[:, turned]
    return answers.astype(float), how


def with_turned(name, items, **options):
    """The same answers with some items turned once more, as a wrong key does."""
    answers, how = people(name, **options)
    places = [item - 1 for item in items]
    answers[:, places] = how.min + how.max - answers[:, places]
    return frame(name, answers)


@pytest.mark.parametrize(
    ("name", "turned"),
    [
        ("core-om-position-codes", [30]),  # awell-score turns item 30 as well
        ("soc-13", [10]),  # a data set that reverses 1, 2, 3, 7 but not 10
        ("rses-order-a-0-3", [9]),  # a package that forgets item 9
        ("core-10-position-codes", [2, 3]),  # codes stored already turned, read as positions
        ("reqol-10-printed-codes", [3, 5, 7]),  # an app that turns 3, 5, 7 of codes that need no turning
    ],
)
def test_items_turned_by_mistake_raise_the_alarm(name, turned):
    one = pe.instrument(name)
    with pytest.warns(pe.ReverseKeyWarning) as caught:
        found = pe.reliability(with_turned(name, turned), name).estimates
    flagged = found.loc[found["flag"] == "runs against the rest", "term"]
    assert set(flagged) - {""} >= {one.item_columns[item - 1] for item in turned}
    assert all(one.item_columns[item - 1] in str(caught[0].message) for item in turned)


def test_half_the_items_turned_raise_the_alarm_in_either_half():
    # the note that circulates with the form of the CSQ-8: turn 2, 4, 5 and 8
    with pytest.warns(pe.ReverseKeyWarning) as caught:
        found = pe.reliability(with_turned("csq-8-printed-codes", [2, 4, 5, 8], n=200), "csq-8-printed-codes").estimates
    flagged = set(found.loc[found["flag"] == "runs against the rest", "term"])
    # neither half is the wrong one as seen from the items
    assert len(flagged) >= 4
    assert all(name in str(caught[0].message) for name in flagged)


def test_items_that_cancel_out_raise_the_alarm():
    # total variance 0: there is no alpha to compare with
    values = np.tile([[0.0], [1], [2], [3], [4]], (8, 1))
    one = pe.instrument("who-5").model_copy(update={"scales": {"raw": pair()}, "changes": (), "cutoffs": ()})
    answers = frame("who-5", np.hstack([values, 5 - values, values, values, values]))
    with pytest.warns(pe.ReverseKeyWarning, match="the items who5_01, who5_02 run against the rest of their scale"):
        found = pe.reliability(answers, one).estimates.set_index("measure")
    assert np.isnan(found.loc["alpha", "estimate"])


def pair():
    """A scale of the first two items of the WHO-5."""
    raw = pe.instrument("who-5").scales["raw"]
    return raw.model_copy(update={"items": (1, 2), "min_answered": 2, "high": 10, "headline": True})


@pytest.mark.parametrize("name", ["core-om-position-codes", "soc-13", "rses-order-a-0-3", "ismi-29", "mspss"])
def test_the_right_key_raises_no_alarm(name):
    answers, _ = people(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pe.ReverseKeyWarning)
        pe.reliability(frame(name, answers), name)


def test_the_other_item_order_of_the_rses_raises_the_alarm():
    answers, _ = people("rses-order-a-0-3")
    with pytest.warns(pe.ReverseKeyWarning, match="rses_02|rses_03"):
        pe.reliability(frame("rses-order-b-0-3", answers), "rses-order-b-0-3")


def test_a_whole_scale_that_runs_against_the_others_raises_the_alarm():
    answers, how = people("ismi-29")
    resistance = [item - 1 for item in how.reversed]
    answers[:, resistance] = how.min + how.max - answers[:, resistance]
    with pytest.warns(pe.ReverseKeyWarning, match="the scales mean_without_SR, SR_reversed run against each other"):
        found = pe.reliability(frame("ismi-29", answers), "ismi-29").estimates
    whole = found[(found["measure"] == "scale_rest") & (found["scale"] == "SR_reversed")]
    assert whole["estimate"].iloc[0] < -0.5
    assert whole["flag"].iloc[0] == "runs against the rest"


def test_known_weak_items_do_not_cry_wolf_at_n_20(monkeypatch):
    # most of the time would go into omega, which the alarm does not look at
    monkeypatch.setattr("peereval.instruments.consistency.omega_hierarchical", lambda _: Omega(np.nan))
    unaware = pe.instrument("rogers-es-4-is-strongly-agree")
    weak = [7, 8, 10, 16, 17, 21, 22, 23]
    why = {"items": "7, 8, 10, 16, 17, 21-23", "why": "Seen in a paper of this test.", "verified": "V"}
    one = with_weak(unaware, why)

    def alarms(definition):
        count = 0
        for seed in range(24):
            answers, how = people(one.id, n=20, seed=seed)
            # items that go with nothing at all
            noise = np.random.default_rng(seed + 1000).integers(how.min, how.max + 1, (20, len(weak)))
            answers[:, [item - 1 for item in weak]] = noise
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                pe.reliability(frame(one.id, answers), definition)
            count += any(issubclass(each.category, pe.ReverseKeyWarning) for each in caught)
        return count

    aware = alarms(one)
    assert aware <= 3
    assert alarms(unaware) > 2 * aware + 5


def with_weak(one, said):
    content = one.model_dump(exclude_unset=True, mode="json")
    return pe.Instrument.model_validate(content | {"weak": [said]})


def test_a_weakness_from_memory_does_not_disarm_the_alarm():
    # the only two reversed items of the ISMI-10, turned by the survey tool before the export
    answers = with_turned("ismi-10", [2, 9], n=200, loading=0.6)
    one = with_weak(pe.instrument("ismi-10"), {"items": "2, 9", "why": "From memory.", "verified": "M+"})
    for definition in ("ismi-10", one):
        with pytest.warns(pe.ReverseKeyWarning, match="ismi_02, ismi_09"):
            pe.reliability(answers, definition)


def test_eleven_of_thirteen_items_turned_raise_the_alarm():
    # a Brazilian application turns 11 of the 13 items: seen from the rest, the other two stand out
    with pytest.warns(pe.ReverseKeyWarning):
        pe.reliability(with_turned("soc-13", [4, 5, 6, 8, 9, 11]), "soc-13")


def test_a_qpr_coded_from_1_must_be_said():
    with pytest.raises(CodingError, match="0-4, 1-5"):
        scored("qpr-15", [5] * 15)
    with pytest.raises(OutOfRangeError, match="allowed are whole numbers from 0 to 4"):
        scored("qpr-15", [5] * 15, coding="0-4")
    assert scored("qpr-15", [5] * 15, coding="1-5")["total"] == 60
    assert pe.instrument("qpr-15").scales["total"].direction == "higher is better"


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("rses-order-a-0-3", 5),  # a form that sums five of the ten items
        ("rogers-es-4-is-strongly-agree", 25),  # the revision of 2010
        ("rogers-es-4-is-strongly-agree", 27),  # an item list that lost one
        ("rsa-r-32", 36),  # the administrator's form
        ("rsa-r-32", 40),  # the family's form
        ("hhi", 30),  # the Hope Scale that bears the index's name
        ("inspire-support", 21),  # before 2012
        ("who-5", 6),
    ],
)
def test_another_number_of_items_is_another_instrument(name, columns):
    one = pe.instrument(name)
    names = [f"{one.prefix}_{item:02d}" for item in range(1, columns + 1)]
    answers = pd.DataFrame(1, index=[0], columns=names).assign(person="a", round="start")
    with pytest.raises(ColumnError, match=r"another version of the instrument|lack"):
        pe.score(answers, name)
    with pytest.raises(ColumnError, match=f"{columns} columns were given"):
        pe.score(answers, name, items=names)


def test_an_item_that_stands_twice_is_refused():
    answers = frame("who-5", [1, 2, 3, 4, 5])
    with pytest.raises(ColumnError, match="'who5_04' was given for more than one item"):
        pe.score(answers, "who-5", items=["who5_01", "who5_02", "who5_04", "who5_04", "who5_05"])


def test_not_applicable_stored_as_a_sixth_point_is_no_answer():
    # N/A and "don't know" stored as 6 and 7 of a scale that ends at 5: they shrink the divisor
    found = pe.score(frame("rsa-r-32", [6, 7] + [3] * 30), "rsa-r-32").set_index("scale").loc["total_mean"]
    assert (found["score"], found["n_answered"]) == (3, 30)
    with pytest.raises(OutOfRangeError, match="row 1, item rsar_01: 8"):
        scored("rsa-r-32", [8] + [3] * 31)


def test_cut_offs_stand_on_the_scale_they_belong_to():
    who = pe.instrument("who-5")
    for band in who.cutoffs:
        scale = who.scales[band.scale]
        assert all(scale.low <= end <= scale.high for end in (band.low, band.high) if end is not None)
    assert {band.scale for band in who.cutoffs} == {"score_0_100"}


@pytest.mark.parametrize("name", pe.list_instruments()["id"])
def test_every_cut_off_and_change_lies_within_its_scale(name):
    one = pe.instrument(name)
    for band in one.cutoffs:
        scale = one.scales[band.scale]
        assert all(scale.low <= end <= scale.high for end in (band.low, band.high) if end is not None)
        assert band.low is not None or band.high is not None
    for change in one.changes:
        assert 0 < change.value < one.scales[change.scale].high - one.scales[change.scale].low


def test_licences_are_not_widened():
    assert "BY-ND" in pe.instrument("core-10-position-codes").licence.text
    assert "BY-ND" in pe.instrument("core-om-position-codes").licence.text


def test_a_short_warwick_scale_is_turned_by_its_table_person_by_person():
    found = scored("swemwbs", [4, 4, 4, 4, 4, 4, 5])
    assert found["raw"] == 29
    assert found["metric"] == 26.02
    assert scored("swemwbs", [1] * 7)["metric"] == 7.0
    assert scored("swemwbs", [5] * 7)["metric"] == 35.0
    assert np.isnan(scored("swemwbs", [4] * 6 + [np.nan])["metric"])


def test_a_core_10_of_eight_answers_is_no_score_and_an_empty_one_is_not_0():
    nine, eight = [2.0] * 9 + [np.nan], [2.0] * 8 + [np.nan] * 2
    assert scored("core-10-printed-codes", nine)["total"] == 20
    assert np.isnan(scored("core-10-printed-codes", eight)["total"])
    assert np.isnan(scored("core-10-printed-codes", [np.nan] * 10)["total"])


def test_the_wsas_runs_to_8_and_the_retired_have_a_scale_of_their_own():
    found = scored("wsas", [np.nan, 8, 8, 8, 8])
    assert np.isnan(found["total"])
    assert found["without_work_item"] == 32


@pytest.mark.parametrize(
    ("answers", "expected"),
    [([1] * 6, (3, 0, 3)), ([3] * 6, (3, 3, 0)), ([2] * 6, (6, 3, 3)), ([3, 2, 1, 1, 3, 2], (4, 2, 2))],
)
def test_more_or_less_always_counts_as_lonely(answers, expected):
    found = scored("djg-6", answers)
    assert (found["total"], found["emotional"], found["social"]) == expected


def test_a_missing_item_of_the_loneliness_scale_is_not_counted():
    found = scored("djg-6", [3, 3, np.nan, 1, 1, 1])
    assert found["total"] == 5
    assert np.isnan(found["emotional"])
    assert found["social"] == 3
    assert np.isnan(scored("djg-6", [3, np.nan, np.nan, 1, 1, 1])["total"])


def test_a_perfectly_satisfied_person_scores_32_under_the_key_of_her_codes_only():
    assert scored("csq-8-printed-codes", [4] * 8)["total"] == 32
    assert scored("csq-8-leftmost-is-1", [1, 4, 1, 4, 4, 1, 1, 4]).tolist() == [32, 12]
    assert scored("csq-8-leftmost-is-4", [4, 1, 4, 1, 1, 4, 4, 1]).tolist() == [32, 12]
    assert scored("csq-3-printed-codes", [4, 4, 4])["total"] == scored("csq-3-leftmost-is-1", [1, 1, 4])["total"] == 12
    # printed codes under the key of positions: the error that circulates
    assert scored("csq-8-leftmost-is-1", [4] * 8)["total"] == 20


@pytest.mark.parametrize(
    ("bare", "ids"),
    [
        ("ras-24", ["ras-24-grouped", "ras-24-sequential"]),
        ("rses", ["rses-order-a-0-3", "rses-order-b-1-4", "rses-printed-codes-0-3"]),
        ("rogers-es", ["rogers-es-4-is-strongly-agree", "rogers-es-1-is-strongly-agree"]),
        ("csq-8", ["csq-8-leftmost-is-1", "csq-8-leftmost-is-4", "csq-8-printed-codes"]),
        ("csq-3", ["csq-3-leftmost-is-1", "csq-3-printed-codes"]),
        ("core-10", ["core-10-position-codes", "core-10-printed-codes"]),
        ("k10", ["k10-1-5", "k10-0-4"]),
        ("mhi-5", ["mhi-5-coded-1-is-all-of-the-time", "mhi-5-coded-6-is-all-of-the-time"]),
        ("whodas-12", ["whodas-12-coded-1-5", "whodas-12-coded-0-4"]),
    ],
)
def test_a_bare_name_is_an_error_that_explains_the_choice(bare, ids):
    with pytest.raises(ChoiceError) as caught:
        pe.instrument(bare)
    for name in ids:
        assert name in str(caught.value)
        assert pe.instrument(name).choice.rstrip(".") in str(caught.value)


@pytest.mark.parametrize("turned", [[3, 5, 8, 9, 10], [2, 5, 6, 8, 9]])
def test_printed_codes_of_the_rses_need_no_order(turned):
    positions = np.array([3, 2, 1, 3, 0, 2, 3, 1, 0, 2])
    order = "a" if 10 in turned else "b"
    printed = [3 - code if item in turned else code for item, code in enumerate(positions, 1)]
    assert scored("rses-printed-codes-0-3", printed)["total"] == scored(f"rses-order-{order}-0-3", positions)["total"]


def test_a_coding_that_the_id_fixes_cannot_be_said_again():
    with pytest.raises(CodingError, match="names the coding already"):
        scored("k10-1-5", [3] * 10, coding="0-4")


def test_the_two_orders_of_the_ras_share_the_total_and_not_the_scales():
    answers = [(item * 7) % 5 + 1 for item in range(1, 25)]
    grouped, sequential = (scored(f"ras-24-{order}", answers) for order in ("grouped", "sequential"))
    assert grouped["total"] == sequential["total"]
    assert grouped["ask_help"] != sequential["ask_help"]


def test_ranges_are_those_of_the_form():
    assert pe.instrument("phq-9").scales["total"].high == 27
    assert pe.instrument("wsas").codings["0-8"].max == 8


def test_a_missing_answer_to_the_whodas_is_never_0():
    one_missing = [5.0] * 11 + [np.nan]
    found = scored("whodas-12-coded-1-5", one_missing)
    assert found["simple_sum_12_60"] == 60
    assert np.isnan(found["complex_0_100"])
    assert np.isnan(scored("whodas-12-coded-1-5", [5.0] * 10 + [np.nan] * 2)["simple_sum_12_60"])


def test_items_are_turned_by_the_range_of_the_form_not_of_the_answers():
    # nobody uses the ends: turning by the observed range would give other scores
    alone = scored("soc-13", [3] * 13)["total"]
    assert alone == 3 * 8 + 5 * 5
    with_others = pe.score(frame("soc-13", [[3] * 13, [7] * 13]), "soc-13")
    assert with_others.loc[with_others["person"] == "0", "score"].iloc[0] == alone


def test_a_missing_answer_is_never_filled_from_other_persons():
    with_gap = [2, np.nan, 4, 5, 3, 3, 3, 3, 3, 3]
    alone = scored("gse-10", np.clip(with_gap, 1, 4))["total"]
    crowd = pe.score(frame("gse-10", [np.clip(with_gap, 1, 4), [4] * 10, [4] * 10]), "gse-10")
    assert crowd.loc[crowd["person"] == "0", "score"].iloc[0] == alone


@pytest.mark.filterwarnings("default::peereval.errors.UnverifiedWarning")
def test_what_an_empty_item_of_the_honos_does_is_not_verified():
    with pytest.warns(pe.UnverifiedWarning, match="honos: not verified at the source: missing_rule"):
        scored("honos", [2] * 12)


def test_codes_that_are_no_answers_count_as_missing_where_they_may_stand():
    honos = pe.score(frame("honos", [9, 9] + [2] * 10), "honos").iloc[0]
    assert (honos["score"], honos["n_answered"], honos["n_items"]) == (20, 10, 12)
    gaf = pe.score(frame("gaf", [0]), "gaf").iloc[0]
    assert np.isnan(gaf["score"])
    assert gaf["reason"] == "not_answered"
    found = scored("eq-5d-5l", [1, 1, 1, 1, 1, 999])
    assert np.isnan(found["vas"])
    assert found["index_denmark_2021"] == 1
    with pytest.raises(OutOfRangeError, match="row 1, item eq5d_01: 999; allowed are whole numbers from 1 to 5"):
        scored("eq-5d-5l", [999, 1, 1, 1, 1, 50])


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("11111", (1, 1, 1, 0.9755)),
        ("55555", (-0.758, -0.453, -0.314, 0.2433)),
        ("21342", (0.466, 0.537328, 0.580, 0.6976)),
        ("12345", (-0.074, 0.13692, 0.220, 0.4972)),
        ("33333", (0.571, 0.539399, 0.701, 0.6153)),
    ],
)
def test_the_four_nordic_value_sets(profile, expected):
    found = scored("eq-5d-5l", [*map(int, profile), 50])
    names = ("denmark_2021", "norway_2024", "sweden_2022_stated", "sweden_2020_experience")
    assert [round(found[f"index_{name}"], 6) for name in names] == list(expected)


def test_a_missing_dimension_gives_no_index_and_no_value_set_is_a_default():
    found = scored("eq-5d-5l", [1, 1, np.nan, 1, 1, 80])
    assert found.drop("vas").isna().all()
    assert found["vas"] == 80
    assert pe.instrument("eq-5d-5l").headline == "vas"


def test_the_whoqol_gives_nothing_when_a_fifth_of_it_is_missing():
    answers = np.full(26, 3.0)
    answers[[0, 1, 7, 8, 11]] = np.nan
    found = scored("whoqol-bref-position-codes", answers)
    assert found["physical"] == 50
    assert np.isnan(found["environment"])
    answers[12] = np.nan
    assert scored("whoqol-bref-position-codes", answers).isna().all()


class TestInspire:
    """Only what the person marked as important counts."""

    def support(self, ratings, marks):
        names = [f"inspire_{item:02d}" for item in range(1, 21)]
        answers = pd.DataFrame([[*ratings, *marks]], columns=[*names, *(f"{name}_important" for name in names)])
        return pe.score(answers.assign(person="a", round="start"), "inspire-support").iloc[0]

    def test_the_denominator_is_what_was_marked(self):
        found = self.support([4, 2, *[np.nan] * 18], [1, 1, *[0] * 18])
        assert (found["score"], found["n_answered"], found["n_items"]) == (75, 2, 2)

    def test_nothing_marked_gives_no_score(self):
        found = self.support([np.nan] * 20, [0] * 20)
        assert np.isnan(found["score"])
        assert found["reason"] == "nothing_important"

    def test_nothing_filled_in_is_not_nothing_important(self):
        found = self.support([np.nan] * 20, [np.nan] * 20)
        assert (found["reason"], found["n_items"]) == ("not_answered", 20)

    @pytest.mark.parametrize("marks", [[np.nan] * 20, [0, *[np.nan] * 19]])
    def test_ratings_without_marks_give_no_score(self, marks):
        found = self.support([np.nan, 4, 2, *[np.nan] * 17], marks)
        assert np.isnan(found["score"])
        assert (found["reason"], found["n_answered"]) == ("marks_missing", 2)

    def test_a_tick_list_leaves_empty_what_is_not_ticked(self):
        with pytest.warns(pe.IgnoredAnswersWarning, match="1 ratings"):
            found = self.support([4, 2, 0, *[np.nan] * 17], [1, 1, *[np.nan] * 18])
        assert (found["score"], found["n_items"]) == (75, 2)

    @pytest.mark.parametrize(
        "marks",
        [
            pd.Series([True, True, *[False] * 18]),
            pd.Series([True, True, *[pd.NA] * 18], dtype="boolean"),
            pd.Series([True, 1, *[None] * 18], dtype=object),
            pd.Series([1, 1, *[pd.NA] * 18], dtype=object),
        ],
    )
    def test_marks_may_be_truth_values(self, marks):
        assert self.support([4, 2, *[np.nan] * 18], marks)["score"] == 75

    def test_marked_and_not_rated_is_a_missing_item(self):
        found = self.support([4, *[np.nan] * 19], [1, 1, *[0] * 18])
        assert (found["score"], found["n_answered"], found["n_items"]) == (100, 1, 2)

    def test_rated_and_not_marked_is_left_out_with_a_warning(self):
        with pytest.warns(pe.IgnoredAnswersWarning, match="1 ratings of items that were not marked"):
            found = self.support([4, 0, *[np.nan] * 18], [1, 0, *[0] * 18])
        assert found["score"] == 100

    def test_a_mark_is_1_or_0(self):
        with pytest.raises(OutOfRangeError, match="column inspire_01_important: 2"):
            self.support([4] * 20, [2] * 20)

    def test_without_the_marks_there_is_no_score(self):
        answers = frame("inspire-support", [4] * 20)
        with pytest.raises(ColumnError, match="what is important; the first is 'inspire_01_important'"):
            pe.score(answers, "inspire-support")


def test_ticks_exported_as_truth_values_are_marks():
    items = {f"inspire_{item:02d}": [4, 1] for item in range(1, 21)}
    ticks = {f"inspire_{item:02d}_important": [item <= 10, True] for item in range(1, 21)}
    numbers = {name: [int(mark) for mark in marks] for name, marks in ticks.items()}
    asked = {"round": ["start", "start"], **items}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told, same = (pe.score(pd.DataFrame({**asked, **marks}), "inspire-support") for marks in (ticks, numbers))
    assert told["score"].tolist() == same["score"].tolist() == [100.0, 25.0]
