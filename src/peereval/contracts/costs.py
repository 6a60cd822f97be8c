"""The table of a budget."""

from __future__ import annotations

from peereval.contracts.columns import ORIGIN, Column, Contract, maybe

BUDGET_LINES = Contract(
    "budget lines",
    "one row a line of a scenario's budget, or the total that the source itself prints",
    (
        Column("scenario", "text", "the scenario or proposal that the line belongs to"),
        Column("line", "text", "what the money is for"),
        Column("amount", "number", "money in whole units of the currency; empty where it is not known", nullable=True),
        Column("currency", "text", "ISO 4217 code, such as DKK"),
        Column(
            "price_year",
            "integer",
            "the year in whose prices the amount is; empty: the source does not say",
            nullable=True,
        ),
        maybe("period", "text", "the time that the money covers, such as 2021 or a year"),
        Column("stated_total", "flag", "true: the total as the source prints it, not one of its parts", required=False),
        maybe("positions", "number", "positions that the line pays for; on a stated total, those of the scenario"),
        maybe("units", "number", "wards, teams or houses that the line serves"),
        maybe("beds", "number", "beds that the line serves"),
        ORIGIN,
    ),
)
