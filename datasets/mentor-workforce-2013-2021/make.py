"""There is no table to make: `programme.toml` holds what the sources print, entry by entry, with its place."""
