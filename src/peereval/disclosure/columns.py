"""Columns that stay inside, and columns of numbers that say of what an estimate is."""

from __future__ import annotations

from peereval.disclosure.complements import HELD, TOLD, TOTAL_TOLD

LEAKS = (
    "std_error", "statistic", "df", "df_denominator", "expected_count", "variance", "weight", "ratio", "ratio_low",
    "ratio_high", "prediction_low", "prediction_high", "events_treatment", "n_treatment", "events_control", "n_control",
    "correction", "i_squared", "tau_squared",
)  # fmt: skip
"""Numbers that give away the exact count beside a rounded one."""
SAYS_WHICH = ("time", "conf_level", "delta")
"""Numbers that say what an estimate is of."""
LEAST = "least_count"
"""The persons in the smallest part of what a number is computed from, which says whether it may leave."""
PAID = "positions_paid"
"""How many positions a line of money pays for."""
INSIDE = (
    LEAST, PAID, "sd", "flag", "spacing", "two_valued", "fraction_missing_information", "monte_carlo_error", HELD, TOLD, TOTAL_TOLD,
)  # fmt: skip
"""What an analysis needs and a reader outside does not get."""
