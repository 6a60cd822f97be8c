"""Released results to a report that may leave the building."""
