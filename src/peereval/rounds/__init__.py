"""What changed between the rounds."""
