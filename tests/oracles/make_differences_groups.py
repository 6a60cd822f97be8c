"""Group-time effects of csdid (the port of the R package did by its authors) and p values of wildboottest, for panels of this folder.

``pip install csdid wildboottest`` in an environment of its own, then ``python make_differences_groups.py`` in this folder.
"""

from __future__ import annotations

import json
from pathlib import Path


def group_time(panel, weights, compared):
    """Give the summaries with the standard errors of the influence function."""
    from csdid.att_gt import ATTgt

    model = ATTgt(
        "outcome", "period", "number", "first", panel, control_group=[compared], weights_name=weights
    ).fit(est_method="reg", base_period="universal", bstrap=False)  # fmt: skip
    found = {}
    for kind in ("simple", "group", "dynamic"):
        model.aggte(typec=kind, bstrap=False, cband=False)
        parts = model.atte
        found[kind] = {"att": float(parts["overall_att"]), "std_error": float(parts["overall_se"])}
        if kind != "simple":
            found[kind] |= {"of": list(map(int, parts["egt"])), "each": list(map(float, parts["att_egt"]))}
    return found


def wild(panel):
    """Give the p value of 99,999 draws with Webb's weights and the null imposed."""
    import pandas as pd
    import statsmodels.formula.api as smf
    from wildboottest.wildboottest import wildboottest

    panel = panel.assign(on=(panel["period"] >= panel["start"]).astype(float))
    model = smf.ols("outcome ~ on + C(unit) + C(period)", data=panel)
    cluster = pd.Series(pd.factorize(panel["unit"])[0])
    found = wildboottest(
        model, B=99_999, cluster=cluster, param="on", weights_type="webb", seed=1, parallel=False, show=False
    )
    return float(found["p-value"].iloc[0])


def main():
    """Write differences_groups.json."""
    import pandas as pd

    panel = pd.read_csv("panel_staggered.csv")
    panel = panel.assign(first=panel["start"].fillna(0), number=pd.factorize(panel["unit"])[0])
    found = {
        f"{weights or 'none'} {compared}": group_time(panel, weights, compared)
        for weights in (None, "n")
        for compared in ("nevertreated", "notyettreated")
    }
    one = pd.read_csv("panel_one_start.csv")
    one = one.assign(outcome=one["outcome"] + 2.0 * (one["period"] >= one["start"]))
    found["wild, after 2 is added in treated periods"] = wild(one)
    Path("differences_groups.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
