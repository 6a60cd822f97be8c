"""The tables of published evidence."""

from __future__ import annotations

from peereval.contracts.columns import ORIGIN, Column, Contract, maybe

EFFECTS = Contract(
    "effects",
    "one row an effect of a study: what a pool is made of",
    (
        Column("study", "text", "the study, such as its first author and year"),
        Column("outcome", "text", "what was measured"),
        Column("measure", "text", "the effect size: hedges_g, cohens_d, mean_difference, log_odds_ratio, …"),
        Column("time", "text", "when it was measured, such as 6 months or end of treatment"),
        Column("direction", "text", "what a positive estimate means: higher is better, or higher is worse"),
        Column("scale", "text", "the unit of the estimate: standard deviations of what, points of what, log, share"),
        Column("estimate", "number", "the effect in this unit, treatment minus control", nullable=True),
        Column("variance", "number", "its sampling variance, the squared standard error", nullable=True),
        Column("n", "number", "persons in both arms", nullable=True),
        maybe("cluster", "text", "what effects of the same persons share; effects of one cluster are dependent"),
        maybe("events_treatment", "number", "persons with the event in the treatment arm"),
        maybe("n_treatment", "number", "persons in the treatment arm"),
        maybe("events_control", "number", "persons with the event in the control arm"),
        maybe("n_control", "number", "persons in the control arm"),
        ORIGIN,
    ),
)
