"""Survey answers: reading them, and who answered which rounds."""
