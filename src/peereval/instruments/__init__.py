"""Survey instruments: a catalogue of definitions, and the scoring of answers by them."""
