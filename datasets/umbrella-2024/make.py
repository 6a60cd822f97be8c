"""Write the pooled results of an umbrella review, as they are printed, to a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peereval.files import write_table

COLUMNS = (
    "study",
    "outcome",
    "time",
    "k",
    "n",
    "measure",
    "estimate",
    "conf_low",
    "conf_high",
    "q",
    "df",
    "i2",
    "tau2",
    "p_het",
    "z",
)

# One line a pooled result; an empty cell is not printed. Signs as printed: Lloyd-Evans 2014 gives differences in
# which negative values favour peer support.
PRINTED = """
Lloyd-Evans 2014|recovery|end|4|1066|SMD|-0.24|-0.39|-0.09|4.09|3|27||0.25|
Lloyd-Evans 2014|hope|end|4|1072|SMD|-0.14|-0.27|-0.02|3.21|3|7||0.36|
Lloyd-Evans 2014|depression and anxiety|end|3|861|SMD|-0.10|-0.24|0.03|1.97|2|0||0.37|
Lloyd-Evans 2014|quality of life|3-6 months|2|639|SMD|-0.24|-0.40|-0.08|0.00|1|0||0.98|
Lloyd-Evans 2014|depression and anxiety|6 months|2|721|SMD|-0.17|-0.32|-0.03|0.15|1|0||0.70|
Lloyd-Evans 2014|recovery|6 months|2|757|SMD|-0.23|-0.37|-0.09|0.71|1|0||0.40|
Lloyd-Evans 2014|hope|3-6 months|3|967|SMD|-0.24|-0.46|-0.02|5.74|2|65||0.06|
Lloyd-Evans 2014|empowerment|6 months|2|538|SMD|-0.25|-0.43|-0.07|1.13|1|12||0.29|
Fuhr 2014|hope|up to 6 months|3|967|SMD|0.24|0.02|0.46|5.74|2|65|0.02|0.06|2.16
Lyons 2021|recovery|end|5|1265|SMD|0.18|0.07|0.29|4.01|4|0|||
Lyons 2021|hope|end|3|1029|MD|0.18|-0.34|0.69|1.68|2|0|||
Peck 2023|recovery||6|1254|SMD|0.29|0.12|0.46|9.65|5|48|0.02|0.09|3.33
Peck 2023|hope||6|1155|SMD|0.31|0.13|0.49|9.30|5|46|0.02|0.10|3.35
Wang 2022|recovery|last|6|1385|SMD|0.21|0.05|0.36|8.46|5|41|0.01|0.13|2.67
Wang 2022|hope|last|4|1000|SMD|0.27|0.06|0.49|7.16|3|58|0.03|0.07|2.51
Sun 2022|recovery|end|3|197|SMD|0.14|-0.14|0.42|0.43|2|0||0.81|
Huang 2020|perinatal depression|end|9|1617|SMD|-0.37|-0.66|-0.08|49.37|8|84|0.14|<0.00001|2.47
Huang 2020|depression (events)|end|7|1644|RR|0.69|0.49|0.96|20.25|6|70|0.11|0.003|2.22
Fang 2022|perinatal depression|various|16|3154|SMD|-0.39|-0.54|-0.24|91.38|20|78||<0.00001|9.42
Høgh Egmose 2023|personal recovery|end|||SMD|0.20|0.11|0.29||||||
Høgh Egmose 2023|anxiety|end|||SMD|-0.21|-0.40|-0.02||||||
"""
WHOLE = ("k", "n", "df")
NUMBERS = ("estimate", "conf_low", "conf_high", "q", "i2", "tau2", "z")


def pooled() -> pd.DataFrame:
    """One row a pooled result; `analysis` names it, and p_het keeps its text because of the inequalities."""
    rows = [line.split("|") for line in PRINTED.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype("string").replace("", pd.NA)
    frame[list(NUMBERS)] = frame[list(NUMBERS)].astype("Float64").astype("float64")
    frame[list(WHOLE)] = frame[list(WHOLE)].astype("Int64")
    names = frame["study"] + ", " + frame["outcome"] + (", " + frame["time"]).fillna("")
    frame.insert(0, "analysis", names)
    return frame


if __name__ == "__main__":
    write_table(pooled(), Path(__file__).parent / "pooled.parquet")
