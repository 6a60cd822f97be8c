"""Two arms compared by printed means, against R's t.test of samples that have them (make_printed_means.R)."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import peereval as pe

CASES = {
    "admissions": ((0.89, 1.35, 38), (1.53, 1.54, 36)),
    "days": ((10.08, 17.31, 38), (19.08, 21.63, 36)),
    "hope": ((38.93, 5.34, 16), (35.06, 6.21, 17)),
}


def test_students_and_welchs_test_are_those_of_r(root):
    numbers = json.loads((root / "tests/oracles/printed_means.json").read_text(encoding="utf-8"))
    table = pd.DataFrame(
        [(name, arm, *cell) for name, cells in CASES.items() for arm, cell in zip("tc", cells, strict=True)],
        columns=["outcome", "arm", "mean", "sd", "n"],
    )
    found = pe.compare_printed_means(table, treatment="t", control="c").estimates.set_index(["outcome", "term"])
    names = ["estimate", "statistic", "df", "p_value", "conf_low", "conf_high"]
    for key, expected in numbers.items():
        assert found.loc[tuple(key.split()), names].tolist() == pytest.approx(expected, rel=1e-8)
    assert (found["p_one_sided"] * 2).tolist() == pytest.approx(found["p_value"].tolist())
