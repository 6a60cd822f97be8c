"""Tables of how answers were linked across rounds."""

from __future__ import annotations

import pandas as pd

from peereval.reports.wording import about, share_with_interval

_CAPTION = "Links between two rounds: shares of the answers to each, and of the links"


def linked_answers(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give a table of the answers by how they were linked, and one of the links between each two rounds.

    Parameters
    ----------
    rows : DataFrame
        Released estimates of `linkage_summary`.

    Returns
    -------
    list of tuple of str and DataFrame
        Caption and cells; counts of answers, and shares of answers and of links.
    """
    tables = [("Answers by how they were linked", _ways(rows)), (_CAPTION, _pairs(rows))]
    return [(caption, cells) for caption, cells in tables if len(cells)]


def _ways(rows: pd.DataFrame) -> pd.DataFrame:
    ways = rows[rows["measure"] == "link_status"]
    if ways.empty:
        return ways
    words, labels = (list(dict.fromkeys(ways[name])) for name in ("label", "round"))
    cells = ways.assign(cell=[about(value) for value in ways["numerator"]])
    # a way that occurs in another round only is one of nobody in this
    wide = cells.set_index(["round", "label"])["cell"].unstack(fill_value="0").reindex(labels)[words]
    total = ways.drop_duplicates("round").set_index("round")["denominator"]
    wide.insert(0, "Answers", [about(total[label]) for label in labels])
    table = wide.rename(columns=str.capitalize).rename_axis(index="Round", columns=None).reset_index()
    return table.astype(str)


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    shares = rows[rows["measure"].isin(("linked_share", "exact_share", "false_link_rate")) & rows["term"].ne("all")]
    # the two rounds of a pair have a linked share each
    place = shares.groupby(["term", "measure"]).cumcount().astype(str)
    words = (shares["measure"] + place).map(_SHARES)
    cell = [share_with_interval(row) for _, row in shares.iterrows()]
    keyed = pd.DataFrame({"Rounds": shares["term"].astype(str), "word": words, "cell": cell})
    wide = keyed.set_index(["Rounds", "word"])["cell"].unstack().reindex(list(dict.fromkeys(keyed["Rounds"])))
    table = wide[[word for word in _SHARES.values() if word in wide]].rename_axis(columns=None).reset_index()
    return table.astype(str)


_SHARES = {
    "linked_share0": "Of the first",
    "linked_share1": "Of the second",
    "exact_share0": "Same code",
    "false_link_rate0": "May be false",
}
