"""Numbers that several rooms need: intervals, design effects, effect sizes."""
