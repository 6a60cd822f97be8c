"""Made-up studies with known truth."""
