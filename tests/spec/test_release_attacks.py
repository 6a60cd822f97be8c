"""Released tables against the attacker: no withheld count is bounded more tightly than the policy's threshold."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from attacker import Attack, report

import peereval as pe
from peereval.disclosure.policy import disclosure_policy

POLICIES = ["standard", "nhs", "opensafely", "darwin", "acro", "dk", "se"]


def shares(counts, names="unit {}", **more):
    """Cases and persons of groups, and of all."""
    rows = [(names.format(place), *each) for place, each in enumerate(counts)]
    rows.append(("all", *np.sum(counts, axis=0).tolist()))
    frame = pd.DataFrame(rows, columns=["group", "numerator", "denominator"])
    return frame.assign(measure="readmission_rate", estimate=frame["numerator"] / frame["denominator"], **more)


def result(frame, **parts):
    given = {"kind": "rates", "title": "Readmission", "claim": "description", "method": "A share."}
    return pe.Result(**{**given, **parts}, estimates=frame)


# the last three are those in which the attacker found a group of one to four persons by the sizes of the others
TABLES = [
    [(12, 48), (3, 30), (20, 40)],
    [(2, 40), (3, 40)],
    [(4, 6), (9, 17), (7, 18), (20, 40)],
    [(2, 17), (14, 42), (4, 39), (1, 1)],
    [(11, 12), (1, 1)],
    [(18, 26), (9, 10), (4, 5), (1, 25)],
    [(21, 43), (10, 38), (0, 1)],
    [(2, 9), (1, 2), (19, 23)],
    [(8, 33), (4, 4)],
]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_no_withheld_count_is_bounded_tightly(table):
    attack = Attack().see(pe.release(result(shares(table)))[0])
    assert attack.hidden
    width, cell, bounds = attack.narrowest()
    assert width >= 5, (cell, bounds)


def test_the_attacker_has_teeth():
    """A table of which only the small count is withheld gives it away, and with whole numbers better than without."""
    frame = shares([(12, 48), (3, 30), (20, 40)])
    small = frame["group"] == "unit 1"
    shown = frame.assign(
        estimate=frame["estimate"].round(2).mask(small), numerator=(frame["numerator"] / 5).round().mul(5).mask(small),
        denominator=(frame["denominator"] / 5).round().mul(5), withheld=small,
    )  # fmt: skip
    attack = Attack().see(SimpleNamespace(estimates=shown))
    whole, linear = attack.narrowest()[0], attack.narrowest(whole=False)[0]
    assert whole < 5
    assert whole <= linear + 1e-6
    known = Attack().see(SimpleNamespace(estimates=shown), sizes={"unit 0": 48, "unit 1": 30, "unit 2": 40, "all": 118})
    assert known.bounds({("above", "", "", "", "", "readmission_rate", "", "", "", "unit 1"): 1}) == (3, 3)


@pytest.mark.parametrize("policy", POLICIES[1:])
@pytest.mark.filterwarnings("ignore::peereval.UnverifiedWarning")
def test_every_policy_keeps_its_own_threshold(policy):
    rule = disclosure_policy(policy)
    for table in ([(12, 48), (3, 30), (20, 40)], [(30, 60), (2, 50), (9, 44), (25, 80)]):
        safe = pe.release(result(shares(table)), policy=policy)[0]
        shown = safe.estimates[~safe.estimates["withheld"]]
        assert (shown["numerator"] % rule.rounding_base == 0).all()
        attack = Attack(policy).see(safe)
        assert attack.hidden
        assert attack.narrowest()[0] >= rule.threshold
        assert safe.policy == f"{policy} {rule.version}"


def few(region, count):
    """The region's answers of a few persons, so that there are small counts everywhere."""
    persons = region.responses["person"].drop_duplicates().head(count)
    return region.responses[region.responses["person"].isin(persons)]


def attacked(safe):
    """Those who answered at the start are those who may be retained and who have a level of each characteristic."""
    attack = Attack()
    for place, one in enumerate(safe):
        attack.see(one, str(place))
    counts = list(attack.variables)
    starters = {key[-1]: key for key in counts if key[0] == "above" and {"answered", "start"} <= set(key)}
    for key in counts:
        if key[0] == "below" and {"retained", "level"} & set(key) and key[-1] in starters:
            attack.add({key: 1, starters[key[-1]]: -1}, 0, 0)
    return attack.narrowest()


def test_tables_of_few_persons_of_the_region(region):
    responses = few(region, 24)
    safe = pe.release([pe.attrition(responses, arm="arm"), pe.baseline_table(responses, columns=["unit"], arm="arm")])
    assert sum(one.estimates["withheld"].sum() for one in safe) > 5
    width, cell, bounds = attacked(safe)
    assert width >= 5, (cell, bounds)


def test_rates_of_the_region_by_unit_by_acuteness_and_by_year(region_stays):
    stays = region_stays.execute() if hasattr(region_stays, "execute") else region_stays
    stays = stays[stays["person"].isin(stays["person"].drop_duplicates().head(60))]
    asked = [{"by": "unit"}, {"by": "acute"}, {"by": "unit", "period": "year"}, {"by": "unit", "period": "quarter"}]
    safe = pe.release([pe.readmission_rate(stays, **each) for each in asked])
    assert sum(one.estimates["withheld"].sum() for one in safe) > 5
    width, cell, bounds = attacked(safe)
    assert width >= 5, (cell, bounds)


def test_answers_of_the_ward(ward):
    safe = pe.release(
        [pe.attrition(ward.responses, invited=ward.invited), pe.baseline_table(ward.responses, columns=["who5_01"])]
    )
    assert attacked(safe)[0] >= 5


def test_options_of_a_question_of_few():
    answers = ["yes"] * 17 + ["no"] * 3 + ["partly"] * 11 + ["never"] * 2
    frame = pd.DataFrame({"group": "all", "outcome": "helped", "measure": "option", "term": ["yes", "no", "partly", "never"],
                          "numerator": [answers.count(each) for each in ("yes", "no", "partly", "never")], "denominator": 33})  # fmt: skip
    best = pd.DataFrame(
        {"group": ["all"], "outcome": "helped", "measure": "top_box", "numerator": [28], "denominator": [33]}
    )
    both = pd.concat([frame, best], ignore_index=True)
    safe = pe.release(result(both.assign(estimate=both["numerator"] / 33), kind="likert"))
    assert safe[0].estimates["withheld"].sum() > 2
    assert attacked(safe)[0] >= 5


def test_periods_do_not_give_away_what_is_withheld_in_one_of_them():
    """The years of a ward add up to the ward, which another result gives."""
    years = [[(12, 48), (3, 30), (20, 40)], [(15, 50), (14, 33), (22, 41)]]
    by_year = pd.concat(
        [shares(table, time=f"{2018 + place}-01-01") for place, table in enumerate(years)], ignore_index=True
    )
    whole = shares(np.sum(years, axis=0).tolist())
    safe = pe.release([result(whole), result(by_year)])
    assert not safe[0].estimates["withheld"].any()
    attack = Attack().see(safe[0], "whole").see(safe[1], "years")
    for side in ("above", "below"):
        for group in ("unit 0", "unit 1", "unit 2", "all"):
            name = ("", "", "", "readmission_rate", "", "")
            parts = {(side, "years", *name, f"{year}-01-01", group): 1 for year in (2018, 2019)}
            attack.add({**parts, (side, "whole", *name, "", group): -1}, 0, 0)
    width, cell, bounds = attack.narrowest()
    assert width >= 5, (cell, bounds)


BEFORE = [(12, 48), (3, 30), (20, 40), (26, 60)]
CHANGES = [
    (0, (1, 1)),
    (0, (4, 4)),
    (0, (-1, -1)),
    (2, (0, 1)),
    (2, (2, 6)),
    (3, (1, 9)),
    (1, (1, 1)),
    (1, (2, 2)),
    (3, (9, 20)),
]


@pytest.mark.parametrize(("group", "more"), CHANGES, ids=str)
def test_an_earlier_release_and_this_one_do_not_tell_of_those_who_came_or_went(group, more):
    """The attacker knows that all other groups are as they were."""
    after = [
        (cases + more[0], size + more[1]) if place == group else (cases, size)
        for place, (cases, size) in enumerate(BEFORE)
    ]
    [then] = pe.release(result(shares(BEFORE)))
    [now] = pe.release(result(shares(after)), previous=[then])
    told, kept = ~_same(then, now), any("kept" in change for change in now.changes)
    frame = now.estimates
    # which of the rows that look alike were kept is not said, so they tell nothing of now
    frame.loc[~told & kept, ["estimate", "numerator", "denominator"]] = np.nan
    attack = Attack().see(then, "then").see(SimpleNamespace(estimates=frame), "now")
    if not kept:
        attack.unchanged("then", "now", but=[f"unit {group}"])
    # of a group that did not change, what was shown then is known
    shown = set(then.estimates.loc[~then.estimates["withheld"], "group"])
    attack.hidden = {key for key in attack.hidden if key[0] == "then" or key[-1] not in shown}
    width, cell, bounds = attack.narrowest()
    assert width >= 5, (cell, bounds)
    name = ("", "", "", "readmission_rate", "", "", "", f"unit {group}")
    if told[group]:
        cases = {("above", "now", *name): 1, ("above", "then", *name): -1}
        others = {
            ("below", "now", *name): 1,
            ("above", "now", *name): -1,
            ("below", "then", *name): -1,
            ("above", "then", *name): 1,
        }
        for parts, true in ((cases, more[0]), (others, more[1] - more[0])):
            low, high = attack.bounds(parts)
            assert low <= true <= high
            assert high - low >= 5 or not 0 < abs(true) < 5


def test_what_was_withheld_stays_withheld():
    """Unit 0 hid unit 1 then; now that unit 2 is smaller it would do so, and both releases together gave unit 1 away."""
    [then] = pe.release(result(shares([(12, 48), (3, 30), (20, 60), (40, 90)])))
    after = result(shares([(12, 48), (3, 30), (10, 30), (40, 90)]))
    [alone], [now] = pe.release(after), pe.release(after, previous=[then])
    assert alone.estimates["withheld"].tolist() == [False, True, True, False, False]
    assert now.estimates["withheld"].tolist() == [True, True, False, False, False]
    attack = Attack().see(then, "then").see(alone, "now")
    attack.unchanged("then", "now", but=["unit 2"])
    attack.hidden = {key for key in attack.hidden if key[-1] == "unit 1"}
    assert attack.narrowest()[0] < 5
    protected = Attack().see(then, "then").see(now, "now")
    protected.unchanged("then", "now", but=["unit 2"])
    protected.hidden = {key for key in protected.hidden if key[-1] == "unit 1"}
    assert protected.narrowest()[0] >= 5


def test_the_attackers_report_has_a_row_for_each_result(region_stays):
    safe = pe.release([result(shares([(12, 48), (3, 30), (20, 40)])), pe.readmission_rate(region_stays)])
    found = report(safe)
    assert found["counts attacked"].tolist() == [2, 0]
    assert found["narrowest, whole numbers"].tolist()[0] >= 5
    assert (found["narrowest, linear"] - found["narrowest, whole numbers"]).dropna().ge(-1e-6).all()


def test_an_earlier_release_may_come_from_disk(tmp_path):
    wards, arms = shares([(12, 48), (3, 30), (20, 40)]), shares([(15, 78), (20, 40)], "arm {}")
    pe.write_released(pe.release(result(wards)), tmp_path)
    [now] = pe.release(result(arms), previous=pe.read_released(tmp_path))
    assert now.estimates["withheld"].tolist() == [True, True, False]


def test_another_analysis_that_differs_by_few_is_withheld_and_not_given_the_old_numbers():
    one, other = (
        result(shares([(12, 48), (20, 60)])),
        result(shares([(14, 48), (20, 60)]), method="Another definition."),
    )
    first, second = pe.release([one, other])
    assert not first.estimates["withheld"].any()
    assert second.estimates["withheld"].tolist() == [True, True, True]
    assert pe.release([one, one])[1].estimates.equals(first.estimates)


def test_results_of_one_call_never_take_one_anothers_numbers():
    """Women and men, told apart by nobody: near counts are withheld, means stay as they are."""
    women, men = result(shares([(12, 48), (20, 60)])), result(shares([(13, 49), (20, 60)]))
    first, second = pe.release([women, men])
    assert not first.estimates["withheld"].any()
    assert second.estimates["withheld"].all()
    one, other = (mean_of(value, 40) for value in (50.0, 44.0))
    assert [safe.estimates["estimate"].tolist() for safe in pe.release([one, other])] == [[50.0], [44.0]]


def mean_of(value, n):
    rows = pd.DataFrame({"group": ["peer"], "measure": ["mean"], "estimate": [value], "std_error": [2.0], "n": [n],
                         "conf_low": [value - 4], "conf_high": [value + 4]})  # fmt: skip
    return result(rows, kind="rounds")


def test_means_are_kept_when_few_came_or_went():
    [then] = pe.release(mean_of(50.0, 40))
    [kept] = pe.release(mean_of(52.2, 42), previous=[then])
    assert kept.estimates["estimate"].tolist() == [50.0]
    assert any("kept" in change for change in kept.changes)
    [moved] = pe.release(mean_of(52.2, 60), previous=[then])
    assert moved.estimates["estimate"].tolist() == [52.0]


def _same(then, now):
    one, other = (safe.estimates.drop(columns="measure").set_index("group").astype(float) for safe in (then, now))
    return ((one == other) | (one.isna() & other.isna())).all(axis=1).to_numpy()


def test_without_the_earlier_release_one_person_more_is_seen():
    """So the test above is not passed by tables that tell nothing."""
    [then], [now] = (pe.release(result(shares(table))) for table in ([(12, 48), (20, 40)], [(13, 49), (20, 40)]))
    attack = Attack().see(then, "then").see(now, "now")
    attack.unchanged("then", "now", but=["unit 0"])
    name = ("", "", "", "readmission_rate", "", "", "", "unit 0")
    low, high = attack.bounds({("above", "now", *name): 1, ("above", "then", *name): -1})
    assert high - low < 5


def test_points_of_a_curve_are_kept_when_few_came_or_went():
    from peereval.estimation.survival import kaplan_meier

    def curve(events, followed):
        days, counts, ends = np.array([0, 29, 59, 365]), np.array([0, *events, 0]), np.array([0, 0, 0, followed])
        frame = kaplan_meier(*(each.astype(np.int64) for each in (days, counts, ends)))
        declared = {"n_events": "", "n_censored": ""}
        return result(frame.assign(measure="not_readmitted", group="all"), kind="survival", columns=declared)

    [then] = pe.release(curve([6, 7], 30))
    [now] = pe.release(curve([7, 7], 30), previous=[then])
    assert now.estimates["estimate"].tolist() == then.estimates["estimate"].tolist()
    [later] = pe.release(curve([16, 7], 60), previous=[then])
    assert later.estimates["estimate"].tolist()[1] == round(1 - 16 / 83, 2)


def two_kinds(first, second, measures=("readmission_rate", "directly_standardised_rate")):
    """Results of two kinds that count the same stays: crude and standardised rates."""
    frames = [
        table.assign(
            measure=measure, n_persons=table["denominator"], least_count=table["numerator"], conf_low=table["estimate"] - 0.1,
            conf_high=table["estimate"] + 0.1,
        )
        for table, measure in zip((first, second), measures, strict=True)
    ]  # fmt: skip
    declared = {"least_count": ""}
    kinds = ("rates", "standardised-rates")
    return [result(frame, kind=kind, columns=declared) for frame, kind in zip(frames, kinds, strict=True)]


KINDS = [[(12, 48), (3, 30), (20, 40), (26, 60)], [(30, 60), (2, 50), (9, 44), (25, 80)]]


@pytest.mark.parametrize("table", KINDS, ids=str)
@pytest.mark.parametrize("order", [1, -1], ids=["crude first", "standardised first"])
def test_two_kinds_of_results_of_the_same_stays_hide_the_same_groups(table, order):
    """The attacker takes what is shown in either of the two for what it is: the same counts."""
    both = two_kinds(shares(table), shares(table))[::order]
    attack, hidden = Attack(), []
    for place, safe in enumerate(pe.release(both)):
        frame = safe.estimates.assign(measure="readmission_rate")
        # the standardised rate is no share of the counts
        frame.loc[safe.estimates["measure"] != "readmission_rate", "estimate"] = np.nan
        attack.see(SimpleNamespace(estimates=frame), str(place))
        hidden.append(set(frame.loc[frame["withheld"], "group"]))
    attack.unchanged("0", "1")
    for side in ("above", "below"):
        name = ("", "", "", "readmission_rate", "", "", "", "all")
        attack.add({(side, "0", *name): 1, (side, "1", *name): -1}, 0, 0)
    assert all(hidden)
    width, cell, bounds = attack.narrowest()
    assert width >= 5, (cell, bounds)


def test_two_kinds_alone_would_give_a_small_group_away():
    """So the test above is not passed by tables that tell nothing: hidden behind one group here, behind another there."""
    table = shares([(12, 48), (3, 30), (20, 40), (26, 60)])
    attack = Attack()
    for place, other in enumerate(("unit 0", "unit 2")):
        withheld = table["group"].isin(["unit 1", other])
        shown = table.assign(
            estimate=table["estimate"].round(2).mask(withheld), numerator=(table["numerator"] / 5).round().mul(5).mask(withheld),
            denominator=(table["denominator"] / 5).round().mul(5), withheld=withheld,
        )  # fmt: skip
        attack.see(SimpleNamespace(estimates=shown), str(place))
    attack.unchanged("0", "1")
    name = ("", "", "", "readmission_rate", "", "", "", "unit 1")
    low, high = attack.bounds({("above", "0", *name): 1})
    alone = Attack().see(SimpleNamespace(estimates=shown)).bounds({("above", "", *name): 1})
    assert high - low < alone[1] - alone[0]


def test_an_earlier_release_of_another_kind_is_remembered():
    crude, standard = two_kinds(*[shares([(12, 48), (3, 30), (20, 60), (40, 90)])] * 2)
    [then] = pe.release(crude)
    moved = two_kinds(*[shares([(12, 48), (3, 30), (10, 30), (40, 90)])] * 2)[1]
    [alone], [now] = pe.release(moved), pe.release(moved, previous=[then])
    assert alone.estimates["withheld"].tolist() == [False, True, True, False, False]
    assert now.estimates["withheld"].tolist()[:2] == [True, True]
    assert pe.release([crude, standard])[1].estimates["withheld"].tolist() == then.estimates["withheld"].tolist()


@pytest.mark.parametrize("turned", [False, True], ids=["participation first", "change first"])
def test_the_size_of_a_group_is_withheld_in_every_kind_of_result(turned):
    """Of 40 persons of an arm two were lost: the n of the change would say that it is at most four."""
    from test_disclosure import two_rounds

    answers = two_rounds(40, 38).assign(arm="peer")
    compared = pe.compare_rounds(pe.score(answers, "who-5"), design="panel", method="paired-t")
    counted = pe.attrition(answers)
    safe = pe.release([compared, counted] if turned else [counted, compared])
    changes, counts = (safe[place].estimates for place in ((0, 1) if turned else (1, 0)))
    assert counts.loc[counts["measure"] == "retained", "withheld"].all()
    rows = changes.set_index(["measure", "round"])
    assert rows.loc[("mean_change", "one-year"), "n"].isna().all()
    assert rows.loc[("mean_change", "one-year"), "estimate"].notna().all()
    assert rows.loc[("mean", "start"), "n"].eq(40).all()
    assert any("without the size of their group" in change for one in safe for change in one.changes)
    [earlier] = pe.release(counted)
    [later] = pe.release(compared, previous=[earlier])
    assert later.estimates.set_index(["measure", "round"]).loc[("mean_change", "one-year"), "n"].isna().all()


def test_the_stays_of_a_ward_of_three_persons_are_told_by_no_result():
    rates = shares([(12, 48), (2, 4), (20, 40), (9, 17)])
    counted = rates.assign(n_persons=[30, 3, 25, 9, 67])
    lengths = pd.DataFrame({"group": [*rates["group"]], "measure": "stay_mean", "estimate": 12.3, "std_error": 1.3, "n": rates["denominator"],
                            "n_persons": counted["n_persons"], "conf_low": 9.8, "conf_high": 14.9})  # fmt: skip
    asked = [result(counted), result(lengths, kind="length-of-stay")]
    crude, stay = (safe.estimates.set_index("group") for safe in pe.release(asked))
    hidden = crude.index[crude["denominator"].isna()]
    assert set(hidden) >= {"unit 1", "unit 3"}
    assert stay.loc[hidden, ["n", "n_persons"]].isna().all(axis=None)
    assert stay.loc["unit 0", "estimate"] > 0


def test_staff_are_known_by_the_table_that_they_answered(ward):
    answers = ward.responses.assign(unit=np.where(np.arange(len(ward.responses)) % 2, "ward A", "ward B"))
    for role, known in (("staff", True), ("patient", False)):
        [safe] = pe.release(pe.attrition(answers.assign(role=role), by="unit"))
        rows = safe.estimates
        assert rows.loc[rows["group"] != "all", "withheld"].all() == known
        assert not rows.loc[rows["group"] == "all", "withheld"].any()
