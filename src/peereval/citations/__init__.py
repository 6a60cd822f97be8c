"""The references of what an analysis used, and the versions it ran with."""
