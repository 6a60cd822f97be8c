"""Interviews: informants, codings, themes, agreement between coders."""
