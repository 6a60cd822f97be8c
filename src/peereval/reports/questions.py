"""Tables of the unit's own questions: a row a round and group, a column an option."""

from __future__ import annotations

import pandas as pd

from peereval.reports.wording import UNKNOWN, about, share_with_interval


def answered_questions(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give one table a question.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `answer_distribution`.

    Returns
    -------
    list of tuple of str and DataFrame
        Caption and cells; counts of each option, the favourable share, and how many of the invited answered.
    """
    return [
        (f"{part['label'].iloc[0]}: persons by the option they ticked", _table(part))
        for _, part in rows.groupby("outcome", sort=False)
    ]


def _table(part: pd.DataFrame) -> pd.DataFrame:
    keys = ["group", "round"]
    options = part[part["measure"] == "option"]
    cells = options.assign(cell=[about(value) for value in options["numerator"]])
    terms, bars = list(dict.fromkeys(options["term"])), options[keys].drop_duplicates()
    wide = cells.set_index([*keys, "term"])["cell"].unstack().reindex(pd.MultiIndex.from_frame(bars))[terms]
    best = part[part["measure"] == "top_box"].set_index(keys)
    answered = part[part["measure"] == "answered"].set_index(keys).reindex(wide.index)
    invited = [UNKNOWN if _unknown(row) else about(row["denominator"]) for _, row in answered.iterrows()]
    table = wide.reset_index().rename(columns={"group": "Group", "round": "Round"})
    table.columns.name = None
    if len(best):
        table["Favourable"] = [share_with_interval(row) for _, row in best.reindex(wide.index).iterrows()]
    table["Answered"] = [about(value) for value in answered["numerator"]]
    return table.assign(Invited=invited).astype(str)


def _unknown(row: pd.Series) -> bool:
    return bool(pd.isna(row["denominator"])) and not row["withheld"]
