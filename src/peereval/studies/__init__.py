"""A whole evaluation from one file: study.toml in, results and a report out."""
