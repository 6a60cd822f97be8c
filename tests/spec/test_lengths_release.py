"""Lengths of stay and bed days, released: persons count, not stays, and no number is one person's."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

import peereval as pe


def stays(lengths):
    """Stays of persons, in a unit each: ``{unit: [[days of the first person's stays], …]}``."""
    rows = [
        {"unit": unit, "person": f"{unit}{number}", "episode": episode, "days": days}
        for unit, persons in lengths.items()
        for number, each in enumerate(persons)
        for episode, days in enumerate(each, start=1)
    ]
    frame = pd.DataFrame(rows).astype({"person": "string", "unit": "string"})
    admitted = pd.Timestamp("2019-01-01 10:00") + pd.to_timedelta(frame["episode"] * 60, unit="D")
    both = frame.assign(n_contacts=1, admitted=admitted, discharged=admitted + pd.to_timedelta(frame["days"], unit="D"))
    return both.drop(columns="days").astype({"admitted": "datetime64[us]", "discharged": "datetime64[us]"})


def released(found):
    [safe] = pe.release(found)
    return safe.estimates.set_index(["group", "measure"])


def spread(count, seed=1):
    """One stay each, of different lengths."""
    return [[int(days)] for days in np.random.default_rng(seed).integers(1, 45, count)]


def test_few_persons_with_many_stays_are_withheld():
    """Sixty stays of six persons are not sixty persons."""
    few = [[days, days + 3, *range(2, 10)] for days in range(4, 10)]
    rows = released(pe.length_of_stay(stays({"A": few, "B": spread(60)}), by="unit"))
    assert rows.loc["A", "withheld"].all()
    assert rows.loc["A", ["estimate", "conf_low", "conf_high", "n", "n_persons"]].isna().all(axis=None)
    assert not rows.loc["B"].drop(index="still_admitted")["withheld"].any()
    assert rows.loc[("B", "stay_median"), "n_persons"] == 60


def test_the_days_on_which_single_stays_end_are_not_listed():
    exact = pe.length_of_stay(stays({"A": spread(40)})).estimates
    assert (exact["measure"] == "still_admitted").sum() > 10
    [safe] = pe.release(pe.length_of_stay(stays({"A": spread(40)})))
    curve = safe.estimates.query("measure == 'still_admitted'")
    assert len(curve) == 1
    assert curve["time"].isna().all()


@pytest.mark.parametrize(
    ("count", "shown"), [(17, []), (20, ["stay_median"]), (44, ["stay_quartile_1", "stay_median", "stay_quartile_3"])]
)
def test_limits_have_persons_beyond_them(count, shown):
    rows = released(pe.length_of_stay(stays({"A": spread(count)}))).loc["all"].drop(index="still_admitted")
    limits = rows["conf_low"].notna()
    assert limits[limits].index.difference(["stay_mean"]).tolist() == sorted(shown)
    assert (rows.loc[rows.index != "stay_mean", "estimate"].dropna() % 1 == 0).all()


def test_the_longest_stay_of_all_moves_no_released_quartile():
    """An attacker who knows all stays but the longest learns nothing of it from the quartiles."""
    seen = set()
    for longest in (45, 90, 200, 365):
        rows = released(pe.length_of_stay(stays({"A": [*spread(59), [longest]]}))).loc["all"]
        seen.add(
            rows.loc[
                ["stay_quartile_1", "stay_median", "stay_quartile_3"], ["estimate", "conf_low", "conf_high"]
            ].to_csv()
        )
    assert len(seen) == 1


def test_groups_are_compared_where_both_are_large_enough():
    three = {"A": spread(40), "B": spread(40, 2), "C": spread(8, 3)}
    found = pe.length_of_stay(stays(three), by="unit", method="restricted-mean", tau=40)
    [safe] = pe.release(found)
    compared = safe.estimates.dropna(subset="contrast").set_index("contrast")
    assert compared["withheld"].to_dict() == {"B - A": False, "C - A": True}
    assert "std_error" not in safe.estimates


def test_stays_by_another_cluster_have_no_persons_and_do_not_leave():
    frame = stays({"A": spread(40)}).assign(team=lambda rows: "team " + (rows.index % 9).astype(str))
    safe = pe.release(pe.length_of_stay(frame, cluster="team"))[0].estimates
    assert safe["withheld"].all()


def test_bed_days_leave_as_rounded_means_without_sums():
    rows = released(
        pe.bed_days(
            stays({"A": spread(40), "B": spread(9, 2), "C": spread(12, 3), "D": spread(11, 4)}),
            start=date(2019, 1, 1),
            end=date(2019, 12, 31),
            by="unit",
        )
    )
    assert rows.loc["B", "withheld"].all()
    assert not rows.loc[["A", "C"], "withheld"].any()
    assert rows[["numerator", "denominator"]].isna().all(axis=None)
    assert not {"std_error"} & set(rows.columns)


def test_no_attacker_finds_the_bed_days_of_a_withheld_group():
    """The days of everybody less those of the others: a second group is withheld, so that only their sum is known."""
    lengths = {"A": spread(40), "B": spread(30, 2), "C": spread(9, 3)}
    found = pe.bed_days(stays(lengths), start=date(2019, 1, 1), end=date(2019, 12, 31), by="unit")
    withheld = released(found)["withheld"].xs("bed_days_per_person_year", level="measure")
    assert withheld.to_dict() == {"A": False, "B": True, "C": True, "all": False}
    two = pe.bed_days(
        stays({"A": spread(40), "C": spread(9, 3)}), start=date(2019, 1, 1), end=date(2019, 12, 31), by="unit"
    )
    assert released(two)["withheld"].all()


@pytest.mark.parametrize(
    ("sizes", "withheld"),
    [((40, 9), [False, True, True]), ((40, 5, 6), [False, True, True, False]), ((40, 12), [False] * 3)],
)
def test_the_mean_of_all_does_not_give_that_of_few_away(sizes, withheld):
    """The sum of everybody less that of those who are shown is that of the withheld: known to a fraction of their spread."""
    rows = [*((f"arm {place}", size) for place, size in enumerate(sizes)), ("all", sum(sizes))]
    frame = pd.DataFrame(rows, columns=["group", "n"]).assign(
        outcome="who-5", measure="mean", round="start", estimate=50.0
    )
    frame["std_error"] = 20 / frame["n"] ** 0.5
    [safe] = pe.release(
        pe.Result(kind="baseline", title="Start", claim="description", method="A mean.", estimates=frame)
    )
    assert safe.estimates["withheld"].tolist() == withheld
